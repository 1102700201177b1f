/* Texts that were begun and not sent; see composer.h. */

#include "config.h"

#include "ui/panes/composer.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "front/editor.h"
#include "front/plan-markdown.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/panes/ui-base.h"
#include "ui/text/input.h"

#define DRAFTS_MAX 64		/* then the oldest is dropped */

#define DRAFT_GONE "its hunk or plan is no longer open"

static void
draft_drop(struct drafts *d, struct draft *one)
{
	input_release(&one->input);
	free(one->id);
	memmove(one, one + 1, (size_t)(d->list + --d->list_len - one) *
	    sizeof(*one));
}

static void
drafts_release(struct ui *ui)
{
	MEM_EACH_BACK(&ui->drafts, list, one)
		draft_drop(&ui->drafts, one);
	free(ui->drafts.list);
	input_release(&ui->input);
	input_release(&ui->drafts.message);
	FREE_ALL(ui->purpose_id, ui->drafts.about, ui->drafts.begun);
}

/* Is a text with this purpose kept when the user leaves it? */
static bool
draft_is_kept(int purpose)
{
	return purpose != UI_SAY && purpose != UI_SEARCH;
}

bool
draft_is_own(const struct ui *ui)
{
	MEM_EACH(&ui->drafts, list, one)
		if (one->purpose != UI_SENT)
			return true;
	return !input_is_empty(&ui->input) ||
	    !input_is_empty(&ui->drafts.message) ||
	    (ui->say.walking && ui->say.draft.len > 0);
}

/* Is there any text that was begun and not sent? */
static bool
draft_is_any(const struct ui *ui)
{
	return draft_is_own(ui) || ui->drafts.list_len > 0 || ui->say.pending > 0;
}

static void
draft_put(struct drafts *d, int purpose, const char *id, struct input *in)
{
	struct draft *one;

	if (d->list_len == DRAFTS_MAX)
		draft_drop(d, d->list);
	one = GROW_ADD(d->list, d->list_len);
	one->purpose = purpose;
	one->id = xstrdup_null(id);
	one->input = *in;
	input_init(in);
}

static bool
draft_is_about(const struct draft *one, int purpose, const char *id)
{
	if (one->purpose != purpose || (one->id == NULL) != (id == NULL))
		return false;
	return id == NULL || strcmp(one->id, id) == 0;
}

/* The newest one about this object; NULL: none. */
static struct draft *
draft_find(const struct drafts *d, int purpose, const char *id)
{
	MEM_EACH_BACK(d, list, one)
		if (draft_is_about(one, purpose, id))
			return one;
	return NULL;
}

static bool
draft_take(struct drafts *d, int purpose, const char *id, struct input *in)
{
	struct draft *one = draft_find(d, purpose, id);

	if (one == NULL)
		return false;
	input_move(in, &one->input);
	draft_drop(d, one);
	return true;
}

/* Is this input the message `text`? "//x" is sent as "/x", "!!x" as "!x". */
static bool
draft_is_message(const struct input *in, const char *text)
{
	size_t len;
	AUTO_FREE char *whole = input_whole(in, false, &len);

	return strcmp(whole, text) == 0 || ((whole[0] == '/' ||
	    whole[0] == '!') && strcmp(whole + 1, text) == 0);
}

/* This message is in the journal: if a UI sent it before it ended, it is no longer
 * a draft. */
static void
draft_arrived(struct ui *ui, int64_t seq, const char *text)
{
	struct drafts *d = &ui->drafts;
	MEM_EACH(d, list, one)
		if (one->purpose == UI_SENT && one->id != NULL &&
		    strtoll(one->id, NULL, 10) < seq &&
		    draft_is_message(&one->input, text)) {
			draft_drop(d, one);
			return;
		}
}

/* ---- the object of a text ---- */

/* Is this hunk (id: "HUNK" or "HUNK:LINE") proposed and undecided? */
static bool
draft_has_hunk(const struct ui *ui, const char *id)
{
	const struct fold_hunk *h = NULL;
	AUTO_FREE char *hunk = xasprintf("%.*s", (int)strcspn(id, ":"), id);

	return fold_find_hunk(ui->fold, hunk, &h) != NULL &&
	    !h->decided;
}

static bool
draft_has_limit(const struct ui *ui, const char *id)
{
	AUTO_FREE char *now = ui->fold->pause == NULL ? NULL :
	    review_wait_name(&ui->review, REVIEW_LIMIT);

	return now != NULL && strcmp(now, id) == 0;
}

static bool
draft_has_question(const struct ui *ui, const char *id)
{
	AUTO_FREE char *now = review_question(&ui->review);

	return ui->fold->ask.given != NULL && strcmp(now, id) == 0;
}

bool
draft_has_object(const struct ui *ui, int purpose, const char *id)
{
	switch (purpose) {
	case UI_REJECT:
	case UI_COMMENT:
	case UI_HUNK_TEXT:
		return id != NULL && draft_has_hunk(ui, id);
	case UI_RETURN:
	case UI_NOTE:
	case UI_PLAN_TEXT:
		return id != NULL &&
		    ui->fold->plan.status == FOLD_PLAN_PROPOSED &&
		    ui->fold->plan.version == (int)strtol(id, NULL, 10);
	case UI_SENT:
		/* An interrupting message is journaled when the interrupted
		 * step has ended. */
		return !ui->fold->live || ui_is_working(ui);
	case UI_EXTEND:
		return id != NULL && draft_has_limit(ui, id);
	case UI_ANSWER:
		return id != NULL && draft_has_question(ui, id);
	default:
		return true;
	}
}

/* ---- the input line for the model ---- */

static bool
draft_append(struct input *to, const struct input *from)
{
	size_t len;
	AUTO_FREE char *text = input_whole(from, false, &len);
	bool fits = input_size(to) + len < INPUT_MAX;

	if (fits) {
		to->cursor = to->text.len;
		fits = input_insert(to, "\n", 1) &&
		    input_insert(to, text, len);
	}
	return fits;
}

bool
draft_to_line(struct ui *ui, struct input *in, bool between)
{
	struct input *line = ui->purpose == UI_SAY ? &ui->input :
	    &ui->drafts.message;
	bool typed = ui->typing && ui->purpose == UI_SAY;

	if (!ui->say.walking && ui->say.prompt == NULL && (!typed || between)) {
		if (input_is_empty(line)) {
			input_move(line, in);
			return true;
		}
		if (!typed && draft_append(line, in)) {
			input_release(in);
			input_init(in);
			return true;
		}
	}
	draft_put(&ui->drafts, UI_SAY, NULL, in);
	return false;
}

bool
draft_text_to_line(struct ui *ui, const char *text, size_t len)
{
	AUTO(input_release) struct input in = { 0 };

	input_init(&in);
	(void)input_attach_put(&in, text, len);
	return draft_to_line(ui, &in, false);
}

char *
draft_text(const struct ui *ui, enum ui_purpose purpose, const char *id,
    size_t *len)
{
	const struct draft *one = draft_find(&ui->drafts, (int)purpose, id);

	return one == NULL ? NULL : input_whole(&one->input, false, len);
}

void
draft_text_put(struct ui *ui, enum ui_purpose purpose, const char *id,
    const char *text, size_t len)
{
	struct input in;

	input_init(&in);
	while (draft_take(&ui->drafts, (int)purpose, id, &in)) {
		input_release(&in);
		input_init(&in);
	}
	if (text != NULL && input_attach_put(&in, text, len))
		draft_put(&ui->drafts, (int)purpose, id, &in);
	input_release(&in);
}

static void
draft_tell(struct ui *ui, const char *why, bool there)
{
	if (there)
		ui_notice_as(ui, NOTICE_STAYS, "not sent: %s · press %s for "
		    "your text, now a message", why, ui_key_of(ui, ACTION_TYPE));
	else
		ui_notice_as(ui, NOTICE_STAYS, "not sent: %s · your text comes "
		    "back when the line is empty", why);
}

void
draft_astray(struct ui *ui, const char *text, const char *why)
{
	struct input in;

	input_init(&in);
	(void)input_insert(&in, text, strlen(text));
	draft_tell(ui, why, draft_to_line(ui, &in, false));
}

/* The plan as the fold has it; NULL with *e. */
static cJSON *
plan_edit_now(const struct ui *ui, struct err *e)
{
	const char *json = ui->fold->plan.json;

	return json == NULL ? NULL : json_parse(json, strlen(json),
	    JSON_NUL_REPLACE, e);
}

/* Does the text say what the plan says now? */
static bool
plan_edit_is_plan(const struct ui *ui, const char *text, size_t len)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *now = plan_edit_now(ui, &e);

	return now != NULL && plan_markdown_is(text, len, now);
}

/* Has the plan or the hunk become what was edited, or was the hunk decided? */
static bool
draft_is_done(const struct ui *ui, const struct draft *one)
{
	const struct fold_hunk *h;
	size_t len;
	AUTO_FREE char *text = NULL;

	if (one->purpose == UI_HUNK_TEXT)
		return one->id != NULL &&
		    fold_find_hunk(ui->fold, one->id, &h) != NULL &&
		    (h->edit != NULL || h->decided);
	if (one->purpose != UI_PLAN_TEXT ||
	    draft_has_object(ui, one->purpose, one->id))
		return false;
	text = input_whole(&one->input, false, &len);
	return plan_edit_is_plan(ui, text, len);
}

static void
draft_settle(struct ui *ui, bool between)
{
	struct drafts *d = &ui->drafts;
	const char *why = DRAFT_GONE;
	bool any = false, there = true;
	struct input in;
	size_t i = 0;

	while (i < d->list_len) {
		struct draft *one = &d->list[i];

		if (draft_is_done(ui, one)) {
			draft_drop(d, one);
			continue;
		}
		if (draft_has_object(ui, one->purpose, one->id)) {
			i++;
			continue;
		}
		if (one->purpose == UI_SENT)
			why = "your message didn't arrive";
		in = one->input;
		input_init(&one->input);
		draft_drop(d, one);
		there = draft_to_line(ui, &in, between) && there;
		any = true;
	}
	if (any)
		draft_tell(ui, why, there);
}

/*
 * Texts that were begun and not sent, in the session's folder: `typed-0`, a JSON
 * object on each line, with one of them: all together may be longer than JSON
 * that is read. One UI at a time keeps texts, the first that has some; it holds
 * `typed.lock` until it has none or ends. Another one tells the user that theirs
 * aren't kept; when it gets the lock, it takes over the texts that are there.
 * Private to the user, like messages; text that begins with a space is not
 * written, as in the history.
 */

#define DRAFT_VERSION 1
#define DRAFT_FILES 16		/* release 0.2.0 had one for each UI */
#define DRAFT_PREFIX "typed-"

struct draft_file {
	char		*dir;
	int		 dirfd, lock;	/* -1: not open, not ours */
	bool		 other;		/* another UI has the lock, */
	bool		 told;		/* and the user knows */
	char		*text;		/* as in the file; NULL: none */
};

static const char *const draft_names[] = {	/* by enum ui_purpose */
	[UI_SAY] = "say", [UI_REJECT] = "refuse", [UI_RETURN] = "return",
	[UI_COMMENT] = "comment", [UI_EXTEND] = "extend",
	[UI_ANSWER] = "answer", [UI_NOTE] = "note",
	[UI_PLAN_TEXT] = "plan", [UI_HUNK_TEXT] = "hunk", [UI_SENT] = "sent",
};

void
draft_file_free(struct draft_file *d)
{
	if (d == NULL)
		return;
	fs_close(d->lock);
	fs_close(d->dirfd);
	FREE_ALL(d->text, d->dir, d);
}

/* ---- reading ---- */

/* Read a regular file of that name. */
static bool
draft_read(int dirfd, const char *name, struct buf *b)
{
	AUTO_CLOSE int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    fs_read_all(fd, b) == 0;
}

/* Rebuild a text from its parts; false if it is empty. */
static bool
draft_load_parts(const cJSON *parts, struct input *in)
{
	const cJSON *it;
	size_t n;

	cJSON_ArrayForEach(it, parts) {
		AUTO_FREE char *paste = json_get_bytes(it, "paste", &n);
		AUTO_FREE char *text = NULL;

		if (paste != NULL)
			(void)input_attach_put(in, paste, n);
		else if ((text = json_get_bytes(it, "text", &n)) != NULL)
			(void)input_insert(in, text, n);
	}
	return !input_is_empty(in);
}

static bool
draft_load_one(struct ui *ui, const cJSON *one)
{
	const char *name = json_str_or(one, "for", "");
	AUTO(input_release) struct input in = { 0 };
	const char *const *known = MEM_FIND(draft_names, name);

	if (known == NULL)
		return false;
	input_init(&in);
	if (!draft_load_parts(json_array(one, "parts"), &in))
		return false;
	input_forget(&in);
	draft_put(&ui->drafts, (int)(known - draft_names), json_str(one, "id"),
	    &in);
	return true;
}

static bool
draft_load_slot(struct ui *ui, int dirfd, int slot)
{
	AUTO_FREE char *name = xasprintf(DRAFT_PREFIX "%d", slot);
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *p, *end, *nl;
	const cJSON *it;
	bool any = false;

	if (!draft_read(dirfd, name, &b))
		return false;
	p = buf_str(&b);
	end = p + b.len;
	MEM_EACH_LINE(p, nl, end) {
		AUTO_JSON cJSON *o = json_parse(p, (size_t)(nl - p),
		    JSON_NUL_REFUSE, NULL);

		if (json_int(o, "version", 0) == DRAFT_VERSION)
			cJSON_ArrayForEach(it, json_array(o, "texts"))
				any = draft_load_one(ui, it) || any;
	}
	return any;
}

/* Load what is there, of all UIs. */
static void
draft_file_load(const struct draft_file *d, struct ui *ui)
{
	bool any = false;
	int i;

	for (i = 0; i < DRAFT_FILES; i++)
		any = draft_load_slot(ui, d->dirfd, i) || any;
	if (any && ui->purpose == UI_SAY && input_is_empty(&ui->input) &&
	    draft_take(&ui->drafts, UI_SAY, NULL, &ui->input))
		ui_notice(ui, "your unsent text is back%s%s",
		    ui->typing ? "" : " · ",
		    ui->typing ? "" : ui_key_of(ui, ACTION_TYPE));
}

/* Is the file ours? If it has become so, its texts are loaded. */
static bool
draft_file_take(struct draft_file *d, struct ui *ui)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (d->lock >= 0)
		return true;
	if (d->dirfd < 0)
		d->dirfd = open(d->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dirfd >= 0)
		d->lock = openat(d->dirfd, "typed.lock", O_RDWR | O_CREAT |
		    O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	d->other = d->lock >= 0 && fcntl(d->lock, F_OFD_SETLK, &l) < 0;
	if (d->other) {
		fs_close(d->lock);
		d->lock = -1;
	}
	if (d->lock < 0)
		return false;
	d->told = false;
	draft_file_load(d, ui);
	return true;
}

static void
draft_unlink(const struct draft_file *d, int slot)
{
	AUTO_FREE char *name = xasprintf(DRAFT_PREFIX "%d", slot);

	(void)unlinkat(d->dirfd, name, 0);
}

/* ---- writing ---- */

/* Store a text as parts; `p` belongs to the input, which has attachments. */
static void
draft_add(struct buf *b, int purpose, const char *id, struct input *in,
    const char *p, size_t n)
{
	AUTO_JSON cJSON *line = NULL;
	AUTO_FREE char *text = NULL;
	cJSON *o, *parts, *part;
	const char *end = p + n, *atom;
	const struct buf *paste;

	if (n == 0 || p[0] == ' ')
		return;
	o = cJSON_CreateObject();
	parts = cJSON_CreateArray();
	JSON_ADD_TEXTS(o, "for", draft_names[purpose], "id", id);
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
		paste = &in->attach[(unsigned char)atom[1] - 0x80].text;
		part = cJSON_CreateObject();
		json_add_bytes(part, "paste", buf_str(paste), paste->len);
		cJSON_AddItemToArray(parts, part);
		p = atom + 2;
	}
	json_set_take(o, "parts", parts);
	line = cJSON_CreateObject();
	json_add_int(line, "version", DRAFT_VERSION);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(line, "texts"), o);
	text = json_print(line);
	buf_adds(b, text);
	buf_addc(b, '\n');
}

static void
draft_add_all(struct buf *b, struct ui *ui)
{
	struct ui_say *s = &ui->say;
	struct input *say = ui->purpose == UI_SAY ? &ui->input :
	    &ui->drafts.message;
	AUTO_FREE char *after = NULL;
	size_t i;

	MEM_EACH(&ui->drafts, list, one)
		draft_add(b, one->purpose, one->id, &one->input,
		    buf_str(&one->input.text), one->input.text.len);
	if (draft_is_kept((int)ui->purpose))
		draft_add(b, (int)ui->purpose, ui->purpose_id,
		    &ui->input, buf_str(&ui->input.text), ui->input.text.len);
	after = xasprintf("%lld", (long long)s->sent_after);
	for (i = 0; i < s->pending; i++)
		draft_add(b, UI_SENT, after, &s->sent[i],
		    buf_str(&s->sent[i].text), s->sent[i].text.len);
	/* While the user looks at older texts, save the text to return to. */
	if (s->walking)
		draft_add(b, UI_SAY, NULL, say, buf_str(&s->draft),
		    s->draft.len);
	else
		draft_add(b, UI_SAY, NULL, say, buf_str(&say->text),
		    say->text.len);
}

bool
draft_file_save(struct draft_file *d, struct ui *ui)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int i;

	if (draft_is_any(ui) && draft_file_take(d, ui))
		draft_add_all(&b, ui);
	else if (d->other && !d->told && draft_is_own(ui)) {
		d->told = true;
		ui_notice(ui, "another screen of this session has unsent text: "
		    "yours isn't kept when you leave");
	}
	if (b.len == 0) {
		if (d->text != NULL)
			draft_unlink(d, 0);
		FREE_NULL(d->text);
		fs_close(d->lock);
		d->lock = -1;
		return false;
	}
	if (d->text != NULL && strcmp(b.p, d->text) == 0)
		return true;
	if (fs_replace(d->dirfd, DRAFT_PREFIX "0", b.p, b.len, 0600, NULL) < 0)
		return false;
	for (i = 1; d->text == NULL && i < DRAFT_FILES; i++)
		draft_unlink(d, i);
	FREE_SET(d->text, buf_take(&b));
	return true;
}

struct draft_file *
draft_file_open(const char *dir, struct ui *ui)
{
	struct draft_file *d = xcalloc(1, sizeof(*d));

	d->dir = xstrdup(dir);
	d->dirfd = d->lock = -1;
	if (draft_file_take(d, ui))
		(void)draft_file_save(d, ui);
	return d;
}

/*
 * The input line for texts of all purposes: the current purpose, the text that
 * was interrupted by another, and the destination of each text.
 */

#define TYPING_NAME 24		/* bytes of a file's name in the prompt */

/* Name the hunk that the text is about: the cursor may be elsewhere. */
static void
typing_name(struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	AUTO_FREE char *id = ui->purpose_id == NULL ? NULL :
	    xmemdup(ui->purpose_id, strcspn(ui->purpose_id, ":")), *name;
	const struct fold_hunk *h = NULL;
	const struct fold_file *f = id == NULL || (ui->purpose != UI_REJECT &&
	    ui->purpose != UI_COMMENT) ? NULL :
	    fold_find_hunk(ui->fold, id, &h);

	FREE_NULL(ui->drafts.about);
	name = NULL;
	if (ui->purpose == UI_NOTE && id != NULL)
		ui->drafts.about = xasprintf("note (%s)> ",
		    ui->purpose_id + strlen(id) + 1);
	if (f == NULL)
		return;
	name = sanitize_dup(f->name, ui->screen->flags);
	ui->drafts.about = xasprintf("%s (%.*s, hunk %zu/%zu)> ", ui->purpose ==
	    UI_REJECT ? "reason" : "comment", (int)utf8_cut(name, strlen(name),
	    TYPING_NAME), name, h->place + 1, p->hunks_len);
}

void
typing_begin(struct ui *ui, enum ui_purpose purpose, const char *id)
{
	if (purpose != UI_SAY && ui->purpose == UI_SAY) {
		input_release(&ui->drafts.message);
		ui->drafts.message = ui->input;
		input_init(&ui->input);
	}
	if (ui->purpose == UI_SAY)
		ui->waits.lent = purpose != UI_SAY && ui->typing;
	xstrset(&ui->purpose_id, id);
	ui->purpose = purpose;
	typing_name(ui);
	ui->typing = true;
	FREE_NULL(ui->drafts.begun);
	if (input_is_empty(&ui->input))
		(void)draft_take(&ui->drafts, (int)purpose, id, &ui->input);
	if (!input_is_empty(&ui->input))
		buf_clear(&ui->burst.letters);
}

void
typing_begin_with(struct ui *ui, enum ui_purpose purpose, const char *id,
    const char *text)
{
	typing_begin(ui, purpose, id);
	if (!input_is_empty(&ui->input))
		return;
	input_set(&ui->input, text);
	buf_clear(&ui->burst.letters);
	ui->drafts.begun = xstrdup(text);
}

/* The key that begins a text with this purpose. */
static enum action_id
typing_key(enum ui_purpose purpose)
{
	switch (purpose) {
	case UI_REJECT:
		return ACTION_REJECT_WORD;
	case UI_RETURN:
		return ACTION_PLAN_RETURN;
	case UI_NOTE:
		return ACTION_PLAN_NOTE;
	case UI_COMMENT:
		return ACTION_LINE_COMMENT;
	case UI_EXTEND:
		return ACTION_EXTEND_BY;
	case UI_ANSWER:
		return ACTION_ALLOW;
	default:
		return ACTION_TYPE;
	}
}

void
typing_end(struct ui *ui)
{
	struct input left;

	ui->typing = false;
	if (ui->purpose == UI_SAY)
		return;
	ui->typing = ui->waits.lent;
	ui->waits.lent = false;
	input_init(&left);
	if (draft_is_kept((int)ui->purpose) &&
	    !input_is_empty(&ui->input) && (ui->drafts.begun == NULL ||
	    strcmp(ui->drafts.begun, buf_str(&ui->input.text)) != 0)) {
		if (draft_has_object(ui, (int)ui->purpose, ui->purpose_id)) {
			draft_put(&ui->drafts, (int)ui->purpose,
			    ui->purpose_id, &ui->input);
			ui_notice(ui, "not sent · press %s for your text",
			    ui_way_of(ui, typing_key(ui->purpose)));
		} else
			input_move(&left, &ui->input);
	}
	input_release(&ui->input);
	ui->input = ui->drafts.message;
	input_init(&ui->drafts.message);
	ui->purpose = UI_SAY;
	FREE_NULL(ui->drafts.about);
	if (!input_is_empty(&left))
		draft_tell(ui, DRAFT_GONE, draft_to_line(ui, &left, false));
	input_release(&left);
}

/* ---- the plan in the user's editor, as Markdown: the edited text is kept until
 * it has become the plan's next version ---- */

static char *
plan_edit_id(int version)
{
	return xasprintf("%d", version);
}

/* The edited text with a comment above the line that can't be read. */
static char *
plan_edit_noted(const char *text, size_t *len, const cJSON *now)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct buf noted = BUF_INIT(0);
	const char *p, *end, *stop = text + *len;
	struct err why = ERR_INIT;
	AUTO_JSON cJSON *plan = NULL;
	int at;

	for (p = text; p < stop; p = end) {	/* without earlier ones */
		end = mem_line_after(p, stop);
		if (strncmp(p, PLAN_MARKDOWN_NOTE,
		    strlen(PLAN_MARKDOWN_NOTE)) != 0)
			buf_add(&b, p, (size_t)(end - p));
	}
	plan = plan_markdown_read(buf_str(&b), b.len, now, &at, &why);
	p = buf_str(&b);
	for (stop = p + b.len; plan == NULL && at > 1 && p < stop; at--) {
		end = mem_line_after(p, stop);
		buf_add(&noted, p, (size_t)(end - p));
		p = end;
	}
	if (plan == NULL)
		buf_addf(&noted, "%s%s -->\n", PLAN_MARKDOWN_NOTE, why.text);
	buf_add(&noted, p, (size_t)(stop - p));
	*len = noted.len;
	return buf_take(&noted);
}

static char *
plan_edit_text(struct ui *ui, size_t *len, int64_t *version, struct err *e)
{
	AUTO_JSON cJSON *now = plan_edit_now(ui, e);
	AUTO_FREE char *id = NULL, *draft = NULL;

	*version = ui->fold->plan.version;
	if (now == NULL)
		return NULL;
	id = plan_edit_id(ui->fold->plan.version);
	draft = draft_text(ui, UI_PLAN_TEXT, id, len);
	return draft == NULL ? plan_markdown(now, len) :
	    plan_edit_noted(draft, len, now);
}

bool
plan_edit_waits(const struct ui *ui)
{
	AUTO_FREE char *id = plan_edit_id(ui->fold->plan.version);

	return draft_find(&ui->drafts, UI_PLAN_TEXT, id) != NULL;
}

static void
plan_edit_keep(struct ui *ui, const char *text, size_t len, int64_t version)
{
	AUTO_FREE char *id = plan_edit_id((int)version);

	draft_text_put(ui, UI_PLAN_TEXT, id, text, len);
}

/* Send the edited text, or say why not, at its line. */
static void
plan_edit_send(struct ui *ui, const char *text, size_t len)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *now = plan_edit_now(ui, &e);
	int line = 0;
	AUTO_JSON cJSON *plan =
	    now == NULL ? NULL : plan_markdown_read(text, len, now, &line, &e);

	if (plan != NULL)
		ui_send(ui, review_plan(&ui->review, "edit", NULL, plan));
	else if (line > 0)
		ui_notice(ui, "line %d: %s · %s opens your edit", line, e.text,
		    ui_key_of(ui, ACTION_PLAN_EDIT));
	else
		ui_notice(ui, "%s · %s opens your edit", e.text,
		    ui_key_of(ui, ACTION_PLAN_EDIT));
}

static void
plan_edit_done(struct ui *ui, const char *text, size_t len, int64_t version,
    const char *why)
{
	AUTO_FREE char *id = plan_edit_id((int)version);

	if (text == NULL) {
		ui_notice(ui, "%s", why);
	} else if (!draft_has_object(ui, UI_PLAN_TEXT, id)) {
		draft_text_put(ui, UI_PLAN_TEXT, id, text, len);
		draft_settle(ui, false);
	} else if (plan_edit_is_plan(ui, text, len)) {
		draft_text_put(ui, UI_PLAN_TEXT, id, NULL, 0);
		ui_notice(ui, "plan unchanged · %s approves it",
		    ui_key_of(ui, ACTION_PLAN_APPROVE));
	} else {
		draft_text_put(ui, UI_PLAN_TEXT, id, text, len);
		plan_edit_send(ui, text, len);
	}
}

const struct ui_edit_ops edit_plan = {
	.name = "plan.md",
	.text = plan_edit_text,
	.done = plan_edit_done,
	.keep = plan_edit_keep,
};

static void
drafts_line(struct ui *ui, const struct event *e)
{
	if (e->type == EVENT_USER_MESSAGE)
		draft_arrived(ui, e->seq, ev_str(e->user_message.text, ""));
	/* A message returns a plan that waits. */
	else if (fold_plan_status(e) == FOLD_PLAN_RETURNED)
		draft_arrived(ui, e->seq, ev_str(e->plan.word, ""));
	/* Until the `live` line, the session's state is unknown. */
	if (ui->fold->live && (e->seq > 0 || e->type == EVENT_PROPOSAL ||
	    e->type == EVENT_LIVE))
		draft_settle(ui, e->type == EVENT_LIVE);
}

const struct ui_part part_drafts = {
	.line = drafts_line,
	.release = drafts_release,
};
