/*
 * Texts that were begun and not sent, in the session's folder: `typed-N`, one
 * JSON object, and `typed-N.K`, the bytes of a large paste, which is written
 * once. Each UI has its own number, held by a lock on byte N of `typed.lock`; a
 * new UI takes over the texts of numbers that are no longer locked. Private to
 * the user, like messages; text that begins with a space is not written, as in
 * the history.
 */
#include "config.h"

#include "ui/panes/draft.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "ui/panes/typing-data.h"
#include "ui/panes/ui-base.h"
#include "ui/text/input.h"

#define DRAFT_VERSION 1
#define DRAFT_SLOTS 16
#define DRAFT_PREFIX "typed-"

struct draft_file {
	char		*dir;
	int		 dirfd, lock;	/* -1: not open */
	int		 slot;		/* ours, or -1 */
	unsigned	 last;		/* number of the last paste */
	char		*text;		/* as in the file; NULL: none */
};

static const char *const draft_names[] = {	/* by enum ui_purpose */
	[UI_SAY] = "say", [UI_REJECT] = "refuse", [UI_RETURN] = "return",
	[UI_HIDE] = "hide", [UI_COMMENT] = "comment", [UI_EXTEND] = "extend",
	[UI_PLAN_TEXT] = "plan", [UI_SENT] = "sent",
};

struct draft_file *
draft_file_new(const char *dir)
{
	struct draft_file *d = xcalloc(1, sizeof(*d));

	d->dir = xstrdup(dir);
	d->dirfd = d->lock = d->slot = -1;
	return d;
}

void
draft_file_free(struct draft_file *d)
{
	if (d == NULL)
		return;
	if (d->lock >= 0)
		close(d->lock);
	if (d->dirfd >= 0)
		close(d->dirfd);
	free(d->text);
	free(d->dir);
	free(d);
}

static bool
draft_file_open(struct draft_file *d)
{
	if (d->dirfd < 0)
		d->dirfd = open(d->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dirfd >= 0 && d->lock < 0)
		d->lock = openat(d->dirfd, "typed.lock", O_RDWR | O_CREAT |
		    O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	return d->lock >= 0;
}

/* Lock this number, unless another UI has it. */
static bool
draft_file_hold(const struct draft_file *d, int slot)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
		.l_start = slot, .l_len = 1 };

	return fcntl(d->lock, F_OFD_SETLK, &l) == 0;
}

static void
draft_file_let_go(const struct draft_file *d, int slot)
{
	struct flock l = { .l_type = F_UNLCK, .l_whence = SEEK_SET,
		.l_start = slot, .l_len = 1 };

	(void)fcntl(d->lock, F_OFD_SETLK, &l);
}

static bool
draft_file_slot(struct draft_file *d)
{
	int i;

	if (d->slot >= 0)
		return true;
	if (!draft_file_open(d))
		return false;
	for (i = 0; i < DRAFT_SLOTS && d->slot < 0; i++)
		if (draft_file_hold(d, i))
			d->slot = i;
	return d->slot >= 0;
}

/* ---- reading ---- */

/* Read a regular file of that name, up to the maximum size of a text. */
static bool
draft_read(int dirfd, const char *name, struct buf *b)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY);
	struct stat st;
	bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    fs_read_all(fd, b) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

/* Is it the name of a paste's file of this number? */
static bool
draft_is_part(const char *name, int slot)
{
	AUTO_FREE char *prefix = xasprintf(DRAFT_PREFIX "%d.", slot);
	size_t n = strlen(prefix);

	return strncmp(name, prefix, n) == 0 && name[n] != '\0' &&
	    name[n + strspn(name + n, "0123456789")] == '\0';
}

/* Rebuild a text from its parts; false if it is empty. */
static bool
draft_load_parts(int dirfd, int slot, const cJSON *parts, struct input *in)
{
	const cJSON *it;
	struct buf b;
	const char *name;
	char *text;
	size_t n;

	cJSON_ArrayForEach(it, parts) {
		if ((name = json_str(it, "file")) != NULL) {
			buf_init(&b, INPUT_MAX);
			if (draft_is_part(name, slot) &&
			    draft_read(dirfd, name, &b))
				(void)input_attach_put(in, buf_str(&b), b.len);
			buf_release(&b);
		} else if ((text = json_get_bytes(it, "text", &n)) != NULL) {
			(void)input_insert(in, text, n);
			free(text);
		}
	}
	return !input_is_empty(in);
}

static bool
draft_load_one(struct ui *ui, int dirfd, int slot, const cJSON *one)
{
	const char *name = json_str_or(one, "for", "");
	struct input in;
	int i, purpose = -1;

	for (i = 0; i < (int)MEM_COUNT(draft_names); i++)
		if (draft_names[i] != NULL && strcmp(draft_names[i], name) == 0)
			purpose = i;
	if (purpose < 0)
		return false;
	input_init(&in);
	if (!draft_load_parts(dirfd, slot, json_array(one, "parts"), &in)) {
		input_release(&in);
		return false;
	}
	input_forget(&in);
	draft_put(&ui->drafts, purpose, json_str(one, "id"), &in);
	return true;
}

static bool
draft_load_slot(struct ui *ui, int dirfd, int slot)
{
	AUTO_FREE char *name = xasprintf(DRAFT_PREFIX "%d", slot);
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX_BYTES);
	AUTO_JSON cJSON *o = NULL;
	const cJSON *it;
	bool any = false;

	if (draft_read(dirfd, name, &b) && b.len > 0)
		o = json_parse(b.p, b.len, JSON_NUL_REFUSE, NULL);
	if (json_int(o, "version", 0) == DRAFT_VERSION)
		cJSON_ArrayForEach(it, json_array(o, "texts"))
			any = draft_load_one(ui, dirfd, slot, it) || any;
	return any;
}

/* Remove the files of the number, except for the `keep`ed names in the text. */
static void
draft_sweep(const struct draft_file *d, int slot, const char *keep)
{
	char *prefix = xasprintf(DRAFT_PREFIX "%d", slot), *quoted;
	size_t n = strlen(prefix);
	const struct dirent *ent;
	DIR *dir;
	int fd = openat(d->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd < 0 ? NULL : fs_dir_take(fd);
	while (dir != NULL && (ent = readdir(dir)) != NULL) {
		if (strncmp(ent->d_name, prefix, n) != 0 ||
		    (ent->d_name[n] != '\0' && ent->d_name[n] != '.') ||
		    (keep != NULL && ent->d_name[n] == '\0'))
			continue;
		quoted = xasprintf("\"%s\"", ent->d_name);
		if (keep == NULL || strstr(keep, quoted) == NULL)
			(void)unlinkat(d->dirfd, ent->d_name, 0);
		free(quoted);
	}
	if (dir != NULL)
		closedir(dir);
	free(prefix);
}

/* The numbers that have a file, as bits. */
static unsigned
draft_file_used(struct draft_file *d)
{
	unsigned used = 0;
	int i;

	if (d->dirfd < 0)
		d->dirfd = open(d->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; d->dirfd >= 0 && i < DRAFT_SLOTS; i++) {
		AUTO_FREE char *name = xasprintf(DRAFT_PREFIX "%d", i);

		if (faccessat(d->dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			used |= 1u << i;
	}
	return used;
}

bool
draft_file_load(struct draft_file *d, struct ui *ui)
{
	unsigned used = draft_file_used(d), taken = 0;
	bool any = false;
	int i;

	if (used == 0 || !draft_file_slot(d))
		return false;
	for (i = 0; i < DRAFT_SLOTS; i++)
		if ((used & 1u << i) != 0 && (i == d->slot ||
		    draft_file_hold(d, i))) {
			any = draft_load_slot(ui, d->dirfd, i) || any;
			taken |= 1u << i;
		}
	/* Save the text under our number before the other file is removed. */
	if (any && !draft_file_save(d, ui))
		taken = 0;
	for (i = 0; i < DRAFT_SLOTS; i++)
		if ((taken & 1u << i) != 0 && i != d->slot) {
			draft_sweep(d, i, NULL);
			draft_file_let_go(d, i);
		}
	return any;
}

/* ---- writing ---- */

/* Write the paste's file, once; NULL if that fails. */
static char *
draft_save_part(struct draft_file *d, struct input_attach *a)
{
	unsigned number = a->kept != 0 ? a->kept : ++d->last;
	char *name = xasprintf(DRAFT_PREFIX "%d.%u", d->slot, number);

	if (a->kept == 0) {
		if (fs_replace(d->dirfd, name, buf_str(&a->text), a->text.len,
		    0600, NULL) < 0) {
			free(name);
			return NULL;
		}
		a->kept = number;
	}
	return name;
}

/* Store a text as parts; `p` belongs to the input, which has attachments. */
static void
draft_add(struct draft_file *d, cJSON *texts, int purpose, const char *id,
    struct input *in, const char *p, size_t n)
{
	cJSON *o, *parts, *part;
	const char *end = p + n, *atom;
	char *name;

	if (n == 0 || p[0] == ' ')
		return;
	o = cJSON_CreateObject();
	parts = cJSON_CreateArray();
	json_add_str(o, "for", draft_names[purpose]);
	json_add_str(o, "id", id);
	while (p < end) {
		atom = memchr(p, INPUT_ATOM, (size_t)(end - p));
		if (atom != p) {
			part = cJSON_CreateObject();
			json_add_bytes(part, "text", p,
			    (size_t)((atom == NULL ? end : atom) - p));
			cJSON_AddItemToArray(parts, part);
		}
		if (atom == NULL)
			break;
		name = draft_save_part(d,
		    &in->attach[(unsigned char)atom[1] - 0x80]);
		if (name != NULL) {
			part = cJSON_CreateObject();
			json_add_str(part, "file", name);
			cJSON_AddItemToArray(parts, part);
		}
		free(name);
		p = atom + 2;
	}
	json_set_take(o, "parts", parts);
	cJSON_AddItemToArray(texts, o);
}

static void
draft_add_all(struct draft_file *d, cJSON *texts, struct ui *ui)
{
	struct ui_say *s = &ui->say;
	struct input *say = ui->purpose == UI_SAY ? &ui->input :
	    &ui->saved_input;
	AUTO_FREE char *after = NULL;
	size_t i;

	for (i = 0; i < ui->drafts.len; i++) {
		struct draft *one = &ui->drafts.list[i];

		draft_add(d, texts, one->purpose, one->id, &one->input,
		    buf_str(&one->input.text), one->input.text.len);
	}
	if (draft_is_kept((int)ui->purpose))
		draft_add(d, texts, (int)ui->purpose, ui->purpose_id,
		    &ui->input, buf_str(&ui->input.text), ui->input.text.len);
	after = xasprintf("%lld", (long long)s->sent_after);
	for (i = 0; i < s->pending; i++)
		draft_add(d, texts, UI_SENT, after, &s->sent[i],
		    buf_str(&s->sent[i].text), s->sent[i].text.len);
	/* While the user looks at older texts, save the text to return to. */
	if (s->walking)
		draft_add(d, texts, UI_SAY, NULL, say, buf_str(&s->draft),
		    s->draft.len);
	else
		draft_add(d, texts, UI_SAY, NULL, say, buf_str(&say->text),
		    say->text.len);
}

bool
draft_file_save(struct draft_file *d, struct ui *ui)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject(), *texts = cJSON_CreateArray();
	AUTO_FREE char *text = NULL, *name = NULL;
	bool kept = false;

	if (draft_is_any(ui) && draft_file_slot(d))
		draft_add_all(d, texts, ui);
	if (cJSON_GetArraySize(texts) > 0) {
		json_add_int(o, "version", DRAFT_VERSION);
		json_set_take(o, "texts", texts);
		texts = NULL;
		text = json_print(o);
	}
	if (text == NULL) {
		if (d->text != NULL)
			draft_sweep(d, d->slot, NULL);
	} else if (d->text != NULL && strcmp(text, d->text) == 0) {
		kept = true;
	} else {
		name = xasprintf(DRAFT_PREFIX "%d", d->slot);
		kept = fs_replace(d->dirfd, name, text, strlen(text), 0600,
		    NULL) == 0;
		if (kept)
			draft_sweep(d, d->slot, text);
	}
	if (kept || text == NULL) {
		FREE_SET(d->text, text);
		text = NULL;
	}
	return kept;
}
