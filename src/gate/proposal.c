/*
 * Proposal: the changes to review, as the event that the journal stores and
 * every front end draws. It describes and doesn't decide, and it shows the blob
 * store's contents, which are what the gate would write.
 */

#include "config.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "gate/gate.h"
#include "gate/policy-table.h"
#include "journal/event.h"
#include "journal/fold.h"

#define REASON_PLACES 1000	/* for one edit */
#define REASON_SLIDE 1000	/* bytes */

struct reason_sides {
	const struct hunk_list *hunks;
	const struct buf *before, *after;
};

static const char *
reason_find(const struct buf *b, size_t from, const char *s, size_t n)
{
	const char *p = buf_str(b);

	return n == 0 || from > b->len ? NULL : memmem(p + from,
	    b->len - from, s, n);
}

static bool
reason_once(const struct buf *b, const char *s, size_t n, size_t *at)
{
	const char *hit = reason_find(b, 0, s, n);

	if (hit == NULL)
		return false;
	*at = (size_t)(hit - buf_str(b));
	return reason_find(b, *at + 1, s, n) == NULL;
}

static void
reason_add(char **words, const char *text)
{
	char *both;
	size_t n;

	if (*words == NULL)
		*words = xstrdup(text);
	else if (strstr(*words, text) == NULL) {
		n = strlen(*words);
		both = xasprintf("%s%s %s", *words, n > 0 && strchr(".!?",
		    (*words)[n - 1]) != NULL ? "" : ";", text);
		FREE_SET(*words, both);
	}
}

/* Can the n bytes at `at` be `gap` bytes further up or down, as the same text
 * goes on there? A diff of lines that were added or removed is the same then. */
static bool
reason_slides(
    const struct buf *b, size_t at, size_t n, size_t gap, bool down)
{
	const char *p = buf_str(b) + at;

	if (gap > REASON_SLIDE || gap > (down ? b->len - at - n : at))
		return false;
	return down ? memcmp(p, p + n, gap) == 0 :
	    memcmp(p - gap, p - gap + n, gap) == 0;
}

/* The hunks that change lines of the bytes between these two places of one side,
 * in either order. */
static void
reason_mark(const struct reason_sides *s, bool after, size_t one,
    size_t other, const char *text, char **words)
{
	const struct buf *b = after ? s->after : s->before;
	size_t from = MIN(one, other), to = MAX(one, other);
	const char *line = memrchr(buf_str(b), '\n', from);
	size_t i, at, len, gap, shift = 0;	/* unsigned wraparound is fine */
	bool down;

	from = line == NULL ? 0 : (size_t)(line - buf_str(b)) + 1;
	for (i = 0; i < s->hunks->len; i++) {
		const struct hunk *h = &s->hunks->v[i];

		if (h->kind != HUNK_TEXT)
			continue;
		at = after ? h->old_off + shift : h->old_off;
		len = after ? h->new_len : h->old_len;
		down = from > at + len;
		gap = down ? from - at - len : at > to ? at - to : 0;
		if (gap == 0 ||
		    (h->old_len == 0 && reason_slides(s->after,
		    h->old_off + shift, h->new_len, gap, down)) ||
		    (h->new_len == 0 && reason_slides(s->before, h->old_off,
		    h->old_len, gap, down)))
			reason_add(&words[i], text);
		shift += h->new_len - h->old_len;
	}
}

/* Is its position known? */
static bool
reason_place_one(
    const struct reason_sides *s, const cJSON *o, char **words)
{
	size_t old_len, new_len, pre = 0, post = 0, at;
	AUTO_FREE char *old = json_get_bytes(o, "old", &old_len);
	AUTO_FREE char *new = json_get_bytes(o, "new", &new_len);
	const char *text = json_str_or(o, "text", ""), *hit;
	int n = 0;
	bool known = false;

	if (old == NULL || new == NULL)
		return known;
	/* These may overlap: if the same text is before and after the change,
	 * the hunk may be at either. */
	while (pre < old_len && pre < new_len && old[pre] == new[pre])
		pre++;
	while (post < old_len && post < new_len &&
	    old[old_len - 1 - post] == new[new_len - 1 - post])
		post++;
	known = true;
	if (reason_once(s->before, old, old_len, &at))
		reason_mark(s, false, at + pre, at + old_len - post, text,
		    words);
	else if (reason_once(s->after, new, new_len, &at))
		reason_mark(s, true, at + pre, at + new_len - post, text,
		    words);
	else if ((known = json_bool(o, "all", false) && new_len > 0))
		for (at = 0; n++ < REASON_PLACES && (hit = reason_find(s->after,
		    at, new, new_len)) != NULL; at += new_len) {
			at = (size_t)(hit - buf_str(s->after));
			reason_mark(s, true, at + pre, at + new_len - post,
			    text, words);
		}
	return known;
}

/* `reasons` is an array of {text, old, new, all}: the reason, the old and new
 * text of the edit, and whether it replaced all occurrences; without old and
 * new it is about the file. words[] has one entry per hunk, initially NULL;
 * they and *file are malloc'ed, or stay NULL. Edits with nothing left are
 * skipped. */
static void
reason_place(const struct hunk_list *l, const struct buf *before,
    const struct buf *after, const cJSON *reasons, char **words, char **file)
{
	const struct reason_sides s = { l, before, after };
	const cJSON *o;

	cJSON_ArrayForEach(o, reasons)
		/* Others say who wrote it. */
		if (json_str(o, "text") != NULL &&
		    !reason_place_one(&s, o, words))
			reason_add(file, json_str_or(o, "text", ""));
}

#define PROPOSAL_KIND_TEXT "text"
#define PROPOSAL_IGNORED_SOME 20
#define PROPOSAL_IGNORED_MAX 50		/* folders and files to name */
#define PROPOSAL_HUNK_COST 128		/* JSON around a hunk's text */
/* JSON around a file's name, each byte of which may become six; and the limits
 * for all files and all refusals, in addition to PROPOSAL_TEXT_MAX. */
#define PROPOSAL_FILE_COST 512
#define PROPOSAL_FILES_MAX ((size_t)28 << 20)
#define PROPOSAL_REFUSED_MAX ((size_t)1 << 20)
#define PROPOSAL_MEANWHILE_MAX ((size_t)16 << 10)
#define PROPOSAL_REASON_MAX 2000

/* The inputs of a proposal besides the scan, the event that owns what is made,
 * and the text that still fits. */
struct proposal_about {
	struct event		*to;
	struct policy		*policy;
	struct blob_store	*store;
	enum hunk_diff		 diff;
	struct encodings	*declared;
	const cJSON		*reasons;
	const struct fold	*open;
	const char		*check;
	size_t			 left;
	struct pathmap		*names;	/* "DIR//" for each folder that was
					   read, "DIR//LOOK/NAME" */
};

/* Can this file change the result of the check: is it a test, or named
 * in the check's command? */
static bool
proposal_judges(const struct proposal_about *about, const char *path)
{
	return policy_is_test(about->policy, path) ||
	    test_input_names(about->check, path);
}

/* May tests that exist change by it? */
static bool
proposal_tests(const struct proposal_about *about, const struct stage_change *c)
{
	const struct test_change t = test_change(about->policy, about->store,
	    about->check, c);

	return t.role != TEST_CODE && t.existed;
}

static void
proposal_note(struct buf *note, const char *text)
{
	if (note->len > 0)
		buf_adds(note, "; ");
	buf_adds(note, text);
}

/* NULL: there is no file. */
static struct ev_side *
proposal_side(struct event *to, const struct stage_side *s)
{
	struct ev_side *v = s->exists ? ev_alloc(to, sizeof(*v)) : NULL;

	if (v != NULL)
		*v = (struct ev_side){ ev_text(to, s->hash),
			s->mode, EV_IS(s->size) };
	return v;
}

static bool
proposal_is_link(const struct stage_side *s)
{
	return s->exists && (s->mode & 0170000) == 0120000;
}

static const char *
proposal_status(const struct stage_change *c)
{
	if (!c->before.exists)
		return "added";
	if (!c->after.exists)
		return "deleted";
	if (proposal_is_link(&c->before) != proposal_is_link(&c->after))
		return "type";
	if (strcmp(c->before.hash, c->after.hash) == 0)
		return "mode";
	return proposal_is_link(&c->after) ? "symlink" : "modified";
}

static struct ev_hunk
proposal_hunk(struct event *to, const struct hunk *h, bool overwrites)
{
	return (struct ev_hunk){
		.id = ev_text(to, h->id),
		.old_start = h->old_start, .old_lines = h->old_lines,
		.new_start = h->new_start, .new_lines = h->new_lines,
		.text = { ev_copy(to, h->text, h->len), h->len },
		.function = h->function[0] == '\0' ? NULL :
		    ev_text(to, h->function),
		.overwrites = overwrites,
	};
}

void
gate_side(struct stage_side *to, const struct ev_side *from)
{
	*to = (struct stage_side){ .exists = from != NULL };
	if (from == NULL)
		return;
	snprintf(to->hash, sizeof(to->hash), "%s", ev_str(from->hash, ""));
	to->mode = from->mode;
	to->size = from->size.n;
}

/* These hunks as the file's, after the one of its new name, if it has one. */
static void
proposal_put_hunks(struct ev_proposed_file *f, struct event *to,
    const struct hunk_list *l, const bool *overwrites)
{
	struct ev_hunk *v = ev_alloc(to, (l->len + 1) * sizeof(*v));
	size_t n = f->from_bytes != NULL, i;

	if (n > 0)
		v[0] = f->hunks[0];
	for (i = 0; i < l->len; i++)
		v[n++] = proposal_hunk(to, &l->v[i], overwrites[i]);
	f->hunks = v;
	f->hunks_len = n;
}

/* Which hunks overwrite the user's newer lines, by what is known of the file;
 * malloc'ed. */
static bool *
proposal_overwrites(const struct ev_proposed_file *f,
    const struct stage_change *c, struct blob_store *store,
    const struct hunk_list *l, struct err *e)
{
	bool *v = xcalloc(l->len + 1, sizeof(*v));
	struct stage_side was;

	gate_side(&was, f->was);
	if (!f->changed_on_disk ||
	    gate_overwrites(store, c->path, &was, &c->before, l, v, e) == 0)
		return v;
	free(v);
	return NULL;
}

/* The hunks, split if requested, and which of them overwrite newer lines
 * (malloc'ed). */
static int
proposal_hunks(struct hunk_list *l, bool **overwrites,
    struct ev_proposed_file *f, const struct stage_change *c,
    const struct proposal_about *about, struct err *e)
{
	const struct gate_split split = { .ids = f->split,
		.len = f->split_len, .diff = about->diff,
		.declared = about->declared, .policy = about->policy,
		.encoding = f->encoding };

	if (gate_hunks(l, about->store, c->path, &c->before, &c->after, &split,
	    NULL, e) < 0)
		return -1;
	if (about->declared != NULL && l->encoding.name[0] != '\0')
		f->encoding = ev_text(about->to, l->encoding.name);
	*overwrites = proposal_overwrites(f, c, about->store, l, e);
	return *overwrites == NULL ? -1 : 0;
}

/* The rename itself, before the hunks of its contents: whole, without text. */
static void
proposal_rename_hunk(struct ev_proposed_file *f, struct event *to,
    const struct stage_change *from)
{
	struct hunk_side b = { true, from->before.mode, from->before.hash,
		NULL };
	struct hunk whole = { .kind = HUNK_WHOLE };
	AUTO_FREE char *both = xasprintf("%zu %s => %s", strlen(from->path),
	    from->path, f->path_bytes);

	/* Other hunks describe what else changes. */
	hunk_whole_id(whole.id, both, &b, &b);
	f->hunks = ev_alloc(to, sizeof(*f->hunks));
	f->hunks[f->hunks_len++] = proposal_hunk(to, &whole, false);
}

/* As much of the reason as there is room for; or NULL. */
static const char *
proposal_reason(struct proposal_about *about, const char *reason)
{
	AUTO_FREE char *s = NULL;

	if (reason == NULL || about->left < PROPOSAL_REASON_MAX)
		return NULL;
	s = utf8_cut_dup(reason, PROPOSAL_REASON_MAX);
	about->left -= utf8_cut(reason, strlen(reason), PROPOSAL_REASON_MAX);
	return ev_text(about->to, s);
}

/* Attach each of the model's reasons to its hunk, or to the file if it is about
 * all of it. The file has a hunk for each of the list, or one for all of it;
 * before them the renaming, if it is one. */
static int
proposal_add_reasons(struct ev_proposed_file *f, const struct hunk_list *l,
    const struct stage_change *c, struct proposal_about *about,
    struct err *e)
{
	const cJSON *reasons = json_array(about->reasons, c->path), *it;
	AUTO_BUF struct buf before = BUF_INIT(0), after = BUF_INIT(0);
	char **words = xcalloc(l->len + 1, sizeof(*words)), *file = NULL;
	struct ev_hunk *h = f->hunks + (f->from_bytes != NULL);
	size_t i;
	int rc = 0;

	cJSON_ArrayForEach(it, reasons)
		if (json_str(it, "by") != NULL)
			f->written_by = ev_text(about->to,
			    json_str(it, "by"));
	if (reasons != NULL && !l->whole && c->before.exists)
		rc = gate_text(about->store, c->before.hash,
		    l->encoding.name, &before, e);
	if (rc == 0 && reasons != NULL && !l->whole && c->after.exists)
		rc = gate_text(about->store, c->after.hash, l->encoding.name,
		    &after, e);
	if (rc == 0)
		reason_place(l, &before, &after, reasons, words, &file);
	f->reason = proposal_reason(about, file);
	for (i = 0; i < l->len && h < f->hunks + f->hunks_len; i++, h++)
		h->reason = proposal_reason(about, words[i]);
	xfree_list(words, l->len);
	free(file);
	return rc;
}

int
proposal_resplit(struct event *to, struct ev_proposed_file *f,
    struct blob_store *store, const struct stage_change *c,
    enum hunk_diff diff, const cJSON *reasons, struct err *e)
{
	struct proposal_about about = { .to = to, .store = store,
		.diff = diff, .reasons = reasons, .left = PROPOSAL_TEXT_MAX };
	AUTO(hunk_list_release) struct hunk_list l = { 0 };
	AUTO_FREE bool *over = NULL;

	if (proposal_hunks(&l, &over, f, c, &about, e) < 0)
		return -1;
	proposal_put_hunks(f, to, &l, over);
	f->written_by = NULL;
	return proposal_add_reasons(f, &l, c, &about, e);
}

/* Is it free of NULs? *kind is its kind, or NULL. */
static bool
proposal_is_text(const struct stage_side *s, struct blob_store *store,
    const char **kind)
{
	AUTO_BUF struct buf b = BUF_INIT(HUNK_MAX_BYTES);
	bool text = true;

	*kind = NULL;
	/* Failing to read it loses nothing. */
	if (s->exists && s->size > 0) {
		text = s->size <= (int64_t)HUNK_MAX_BYTES &&
		    blob_get(store, s->hash, &b, NULL) == 0 &&
		    memchr(b.p, '\0', b.len) == NULL;
		if (b.len > 0)
			*kind = filetype_name(b.p, b.len);
	}
	return text;
}

/* The kind of a file that is shown without lines, from its new content, or from
 * the old one if it is deleted: "text" if only its size keeps it from having
 * hunks, none if it is too large to be looked at. */
static const char *
proposal_kind(const struct stage_change *c, struct blob_store *store)
{
	const struct stage_side *s = c->after.exists ? &c->after : &c->before;
	const struct stage_side *other = s == &c->after ? &c->before :
	    &c->after;
	const char *kind, *unused;

	return proposal_is_text(s, store, &kind) && kind == NULL &&
	    proposal_is_text(other, store, &unused) ? PROPOSAL_KIND_TEXT :
	    kind;
}

/* The length of the JSON of these bytes (json_add_bytes), without the key. */
static size_t
proposal_bytes_cost(const char *p, size_t n)
{
	size_t i, cost = 2;

	if ((n > 0 && memchr(p, '\0', n) != NULL) || !utf8_is_valid(p, n))
		return n + n / 3 + 6;	/* as base64 */
	for (i = 0; i < n; i++)
		cost += p[i] == '"' || p[i] == '\\' || p[i] == '\n' ||
		    p[i] == '\t' || p[i] == '\r' ? 2 :
		    (unsigned char)p[i] < 0x20 ? 6 : 1;
	return cost;
}

/* Where a link's lines are not shown: its name alone changes, it replaces what
 * isn't text, or there is no room. */
static void
proposal_note_target(struct buf *note, const struct stage_change *c,
    struct blob_store *store)
{
	AUTO_BUF struct buf target = BUF_INIT(0);

	if (proposal_is_link(&c->after) &&
	    blob_get(store, c->after.hash, &target, NULL) == 0) {
		proposal_note(note, "a symbolic link to ");
		json_path_text(note, buf_str(&target));
	}
}

/* Add the hunks; if their text doesn't fit, the change as a whole. */
static int
proposal_add_hunks(struct ev_proposed_file *f, const struct stage_change *c,
    struct proposal_about *about, struct buf *note, struct err *e)
{
	struct hunk_side b = { c->before.exists, c->before.mode,
		c->before.hash, NULL };
	struct hunk_side a = { c->after.exists, c->after.mode,
		c->after.hash, NULL };
	struct hunk whole = { .kind = HUNK_WHOLE };
	AUTO(hunk_list_release) struct hunk_list l = { 0 };
	AUTO_FREE bool *over = NULL;
	bool any = false, fits;
	size_t need = 0, i;

	if (proposal_hunks(&l, &over, f, c, about, e) < 0)
		return -1;
	if (l.encoding.name[0] != '\0') {
		AUTO_FREE char *text = xasprintf("encoding %s (%s)",
		    l.encoding.name, l.encoding.from);

		proposal_note(note, text);
	}
	f->mixes = l.mixes;
	f->misread = l.misread;
	if (err_is_set(&l.unconverted))
		proposal_note(note, l.unconverted.text);
	for (i = 0; i < l.len; i++) {
		any = any || over[i];
		need += proposal_bytes_cost(l.v[i].text, l.v[i].len) +
		    PROPOSAL_HUNK_COST;
	}
	/* No hunk overwrites what changed on disk: it needs no notice. */
	if (!any) {
		f->changed_on_disk = false;
		f->was = NULL;
	}
	fits = need <= about->left;
	f->binary = l.binary || !fits;
	f->kind = l.binary ? proposal_kind(c, about->store) :
	    fits ? NULL : PROPOSAL_KIND_TEXT;
	if (f->binary)
		proposal_note_target(note, c, about->store);
	if (fits) {
		about->left -= need;
		proposal_put_hunks(f, about->to, &l, over);
	} else {
		hunk_whole_id(whole.id, c->path, &b, &a);
		proposal_put_hunks(f, about->to,
		    &(struct hunk_list){ .v = &whole, .len = 1 }, &any);
		proposal_note(note, "this proposal is too large to show this "
		    "file's lines: accept or reject it as a whole");
	}
	return proposal_add_reasons(f, &l, c, about, e);
}

/* The rule that protects it, checked with the link's target if it is one. */
static int
proposal_add_protected(struct ev_proposed_file *f,
    const struct stage_change *c, struct policy *policy,
    struct blob_store *store, struct err *e)
{
	AUTO_BUF struct buf target = BUF_INIT(0);
	bool link = proposal_is_link(&c->after);

	if (link && blob_get(store, c->after.hash, &target, e) < 0)
		return -1;
	f->protected = policy_protected(policy, c->path, &c->before,
	    &c->after, link ? buf_str(&target) : NULL);
	return 0;
}

/* The third side of a conflict: the user's changes meanwhile. */
static int
proposal_add_meanwhile(struct ev_proposed_file *f, const struct stage_change *c,
    struct proposal_about *about, struct err *e)
{
	const struct gate_split split = { .diff = about->diff, .encoding =
		f->encoding };
	AUTO_BUF struct buf patch = BUF_INIT(PROPOSAL_MEANWHILE_MAX);
	struct err full = ERR_INIT;
	size_t need;

	if (stage_side_equal(&c->was, &c->before) ||
	    about->left < PROPOSAL_MEANWHILE_MAX ||
	    !blob_has(about->store, c->was.hash))
		return 0;
	if (gate_patch(&patch, about->store, c->path, &c->was, &c->before,
	    &split, 0, &full) < 0 && !patch.full)
		return err_set(e, "%s", full.text);
	f->meanwhile = (struct ev_bytes){ ev_copy(about->to, patch.p,
	    patch.len), patch.len };
	need = proposal_bytes_cost(buf_str(&patch), patch.len);
	about->left -= need < about->left ? need : about->left;
	return 0;
}

/* A name like this one in that folder ("", or with a slash at its end), of the
 * tree or new too, or NULL; borrowed. */
static const char *
proposal_twin(struct proposal_about *about, const char *dir, const char *key,
    const char *name)
{
	AUTO_FREE char *all = xasprintf("%s/", dir);
	struct { char *path; } *it;
	const struct dirent *de;

	if (pathmap_find(about->names, all) == NULL) {
		AUTO_DIR DIR *d = fs_dir_take(fs_open_beneath(
		    about->policy->root, *dir == '\0' ? "." : dir,
		    O_RDONLY | O_DIRECTORY, 0));

		pathmap_add(about->names, all, sizeof(*it));
		while ((de = fs_dir_next(&d)) != NULL) {
			AUTO_FREE char *look = lookalike_name(de->d_name, NULL);
			AUTO_FREE char *path = xasprintf("%s/%s/%s", dir, look,
			    de->d_name);

			pathmap_add(about->names, path, sizeof(*it));
		}
	}
	it = pathmap_after(about->names, key);
	if (it != NULL && strncmp(it->path, key, strlen(key)) == 0 &&
	    strcmp(it->path + strlen(key), name) == 0)
		it = pathmap_after(about->names, it->path);
	return it != NULL && strncmp(it->path, key, strlen(key)) == 0 ?
	    it->path + strlen(key) : NULL;
}

/* What in a new file's path, its name or a new folder's, is easily taken for
 * another name. */
static void
proposal_note_name(struct buf *note, struct proposal_about *about,
    const char *path)
{
	const char *p = path, *name, *twin;
	size_t n;

	while ((n = strcspn(p, "/")) > 0) {
		AUTO_FREE char *dir = xmemdup(path, (size_t)(p - path));
		AUTO_FREE char *whole = xmemdup(path, (size_t)(p - path) + n);
		AUTO_FREE char *look = NULL, *key = NULL, *own = NULL;
		AUTO_CLOSE int old = -1;
		bool space;

		name = whole + (p - path);
		look = lookalike_name(name, &space);
		key = xasprintf("%s/%s/", dir, look);
		own = xasprintf("%s%s", key, name);
		p += n + (p[n] == '/');
		if ((!utf8_is_ascii(name, n) || space ||
		    strpbrk(name, " '\"") != NULL) && (old =
		    fs_open_beneath(about->policy->root, whole,
		    O_PATH | O_NOFOLLOW, 0)) < 0) {
			if (space)
				proposal_note(note, "name ends in a space");
			twin = proposal_twin(about, dir, key, name);
			if (twin != NULL) {
				proposal_note(note, "name looks like ");
				json_path_text(note, twin);
			}
		}
		pathmap_add(about->names, own, sizeof(char *));
	}
}

/* The entry of a change. For a rename (`from` is not NULL) under the new name:
 * then `c` is from the old file to the new one. */
static int
proposal_file(struct ev_proposed_file *f, const struct stage_change *c,
    const struct stage_change *from, const struct rename_half *half,
    struct proposal_about *about, struct err *e)
{
	struct event *to = about->to;
	const struct fold_file *was = about->open == NULL ? NULL :
	    fold_version_file(about->open, to->proposal.undo, c->path);
	AUTO_BUF struct buf note = BUF_INIT(0);
	mode_t is = from != NULL ? from->is : c->is, lost;
	const char *runs;
	size_t i;

	*f = (struct ev_proposed_file){
		.path_bytes = ev_text(to, c->path),
		.status = from != NULL ? "renamed" : proposal_status(c),
		.before = proposal_side(to, &c->before),
		.after = proposal_side(to, &c->after),
		.changed_on_disk = c->changed_on_disk,
		.was = c->changed_on_disk && !c->anywhere ?
		    proposal_side(to, &c->was) : NULL,
	};
	if (was != NULL && was->split_len > 0)
		f->split = ev_alloc(to, was->split_len * sizeof(*f->split));
	for (i = 0; was != NULL && i < was->split_len; i++)
		f->split[f->split_len++] = was->split[i];
	if (from != NULL) {
		f->from = f->from_bytes = ev_text(to, from->path);
		f->similarity = half->same;
		proposal_rename_hunk(f, to, from);
		proposal_note_target(&note, c, about->store);
	}
	if (from != NULL || !c->before.exists)
		proposal_note_name(&note, about, c->path);
	if (!c->before.exists && policy_is_sparse(about->policy, c->path))
		proposal_note(&note, "the last commit has it, outside the "
		    "sparse checkout");
	if (c->linked && c->after.exists &&
	    strcmp(c->before.hash, c->after.hash) != 0)
		proposal_note(&note, "it has other names (hard links), which "
		    "keep the old content");
	lost = c->after.exists ? is & ~stage_mode(is, c->after.mode) : 0;
	if ((lost & (S_ISUID | S_ISGID)) != 0)
		proposal_note(&note, (lost & S_ISUID) == 0 ? "loses its "
		    "set-group-id bit" : (lost & S_ISGID) == 0 ? "loses its "
		    "set-user-id bit" : "loses its set-user-id and "
		    "set-group-id bits");
	/* Proposed anyway: written on purpose, or included. */
	if (c->after.exists && ignore_match(about->policy->ignore, c->path,
	    false))
		proposal_note(&note, "ignored by git");
	if (proposal_add_protected(f, c, about->policy, about->store, e) < 0)
		return -1;
	if (from == NULL && half->held && f->protected == NULL)
		f->protected = policy_protected_cases[POLICY_MOVE].rule;
	if (c->after.exists && f->protected == NULL &&
	    (runs = policy_runs_at(about->policy, c->path)) != NULL) {
		proposal_note(&note, "runs at: ");
		buf_adds(&note, runs);
	}
	if ((from == NULL || !stage_side_equal(&c->before, &c->after)) &&
	    proposal_add_hunks(f, c, about, &note, e) < 0)
		return -1;
	if (c->conflict && f->changed_on_disk &&
	    proposal_add_meanwhile(f, c, about, e) < 0)
		return -1;
	f->judges = proposal_judges(about, c->path) ||
	    (from != NULL && proposal_judges(about, from->path));
	f->tests = proposal_tests(about, c) || (from != NULL &&
	    proposal_tests(about, from));
	if (note.len > 0)
		f->note = ev_copy(to, note.p, note.len);
	return 0;
}

/* Count this name's cost; false if it is too much. */
static bool
proposal_pay(size_t *left, const char *path)
{
	size_t cost = PROPOSAL_FILE_COST + 6 * strlen(path);

	if (cost > *left)
		return false;
	*left -= cost;
	return true;
}

/* The refused changes, as far as they can be listed; one line covers the
 * `later` changes that didn't fit. */
static void
proposal_refused(struct event *to, const struct stage_scan *scan, size_t later)
{
	struct ev_path_why *v = ev_alloc(to, (scan->refused_len + 2) *
	    sizeof(*v));
	size_t left = PROPOSAL_REFUSED_MAX, i, n;

	for (i = 0; i < scan->refused_len && proposal_pay(&left,
	    scan->refused[i].path); i++) {
		v[i].path_bytes = ev_text(to, scan->refused[i].path);
		v[i].why = ev_text(to, scan->refused[i].why);
	}
	n = i;
	if (i < scan->refused_len) {
		AUTO_FREE char *text = xasprintf("%zu more that cannot be "
		    "proposed", scan->refused_len - i);

		v[n++] = (struct ev_path_why){ ".", ".",
			ev_text(to, text) };
	}
	if (later > 0) {
		AUTO_FREE char *text = xasprintf("%zu more changed files are "
		    "too many for one review: they follow once these are "
		    "decided", later);

		v[n++] = (struct ev_path_why){ ".", ".",
			ev_text(to, text) };
	}
	to->proposal.refused = v;
	to->proposal.refused_len = n;
}

/* Length of the highest folder in `path` that is ignored; 0: none is,
 * and the file counts by itself. */
static size_t
proposal_ignored_top(struct policy *policy, const char *path,
    enum ignored *why)
{
	AUTO_FREE char *copy = xstrdup(path);
	char *slash;

	for (slash = strchr(copy, '/'); slash != NULL;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		*why = policy_ignores(policy, copy, true);
		if (*why != IGNORED_NOT)
			return (size_t)(slash - copy);
		*slash = '/';
	}
	*why = policy_ignores(policy, path, false);
	return 0;
}

#define PROPOSAL_STAGED_MAX 1000	/* to name, that a staged rule hides: no
					   other file takes their place */
#define PROPOSAL_RULE_MAX 200

static const char *
proposal_rule(struct event *to, struct buf *rule)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (rule->len == 0)
		return NULL;
	if (rule->len > PROPOSAL_RULE_MAX)
		buf_cut(rule, PROPOSAL_RULE_MAX);
	json_path_text(&b, buf_str(rule));
	return ev_copy(to, buf_str(&b), b.len);
}

/* The ignored files, which stay in the copy: a folder of nothing else as one entry,
 * other files one by one. */
static void
proposal_ignored_by(struct event *to, const struct stage_scan *scan,
    struct policy *policy)
{
	static const char *const whys[] = {
		[IGNORED_NOT] = "cache", [IGNORED_GIT] = "git",
		[IGNORED_STAGED] = "staged", [IGNORED_CACHE] = "cache",
	};
	struct ev_product *v = ev_alloc(to, (PROPOSAL_IGNORED_MAX +
	    PROPOSAL_STAGED_MAX) * sizeof(*v));
	enum ignored why;
	size_t i, n, k, named = 0, staged = 0;

	for (i = 0; i < scan->ignored_len && staged < PROPOSAL_STAGED_MAX;
	    i = k) {
		const char *name = scan->ignored[i];
		AUTO_BUF struct buf rule = BUF_INIT(0);

		k = i + 1;
		if (named - staged == PROPOSAL_IGNORED_MAX &&
		    policy_ignores(policy, name, false) != IGNORED_STAGED)
			continue;
		n = proposal_ignored_top(policy, name, &why);
		if (why == IGNORED_STAGED)
			n = policy_staged_rule(policy, name, &rule);
		staged += why == IGNORED_STAGED;
		for (; n > 0 && k < scan->ignored_len &&
		    strncmp(scan->ignored[k], name, n + 1) == 0; k++)
			;
		v[named++] = (struct ev_product){
			.path_bytes = ev_copy(to, name, n == 0 ? strlen(name) :
			    n + 1),
			.files = (int64_t)(k - i), .why = whys[why],
			.rule = proposal_rule(to, &rule),
		};
	}
	to->proposal.products = v;
	to->proposal.products_len = named;
}

/* The first of them, for display. */
static void
proposal_ignored(struct event *to, const struct stage_scan *scan)
{
	struct ev_proposal *p = &to->proposal;

	p->ignored = (int64_t)scan->ignored_all;
	p->ignored_some = ev_alloc(to, PROPOSAL_IGNORED_SOME *
	    sizeof(*p->ignored_some));
	while (p->ignored_some_len < scan->ignored_len &&
	    p->ignored_some_len < PROPOSAL_IGNORED_SOME) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		json_path_text(&b, scan->ignored[p->ignored_some_len]);
		p->ignored_some[p->ignored_some_len++] = ev_copy(to,
		    buf_str(&b), b.len);
	}
}

int
proposal_make(struct event *to, const struct stage_scan *scan,
    struct policy *policy, struct blob_store *store, enum hunk_diff diff,
    struct encodings *declared, const cJSON *reasons,
    const struct fold *open, const char *check, struct err *e)
{
	struct ev_proposal *p = &to->proposal;
	AUTO(pathmap_release) struct pathmap names = { NULL, 0 };
	struct proposal_about about = { to, policy, store, diff, declared,
		reasons, open, check, PROPOSAL_TEXT_MAX, &names };
	size_t room = PROPOSAL_FILES_MAX, i;
	AUTO_FREE struct rename_half *half = rename_find(scan, policy, store);
	int rc = 0;

	to->type = EVENT_PROPOSAL;
	*p = (struct ev_proposal){ .undo = p->undo, .files = ev_alloc(to,
	    (scan->changes_len + 1) * sizeof(*p->files)) };
	policy_hold(policy, true);
	for (i = 0; rc == 0 && i < scan->changes_len && proposal_pay(&room,
	    scan->changes[i].path); i++) {
		const struct stage_change *from = half[i].other < 0 ? NULL :
		    &scan->changes[half[i].other];
		struct stage_change c = scan->changes[i];

		if (from != NULL && !c.after.exists)
			continue;	/* with its new name */
		if (from != NULL)
			c.before = from->before;
		rc = proposal_file(&p->files[p->files_len++], &c, from,
		    &half[i], &about, e);
	}
	proposal_refused(to, scan, scan->changes_len - i);
	proposal_ignored(to, scan);
	proposal_ignored_by(to, scan, policy);
	policy_hold(policy, false);
	return rc;
}
