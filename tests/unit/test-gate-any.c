/*
 * The whole gate against chance: an agent that changes the stage, a person who
 * decides and one who saves in the real tree at every moment, over and over.
 * Whatever comes of it: what was taken is there as lines say it should be, what
 * was refused is not, what moved is the user's and is asked about again, nothing
 * else changed, and undoing all gives the tree that was before.
 *
 * SEED=n and ROUNDS=n in the environment; a failure prints the ones to give.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "gate/gate.h"
#include "gate/patch.h"
#include "tests/unit/gate-any.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"

#define ANY_ROUNDS	200
#define ANY_DECISIONS	3	/* in a round */

static struct {
	unsigned applied, refused, moved, undecided, edited, split, undone,
	    left, during, renamed, kept;
} tally;

/* ---- what may happen while apply runs ---- */

int __real_renameat2(int, const char *, int, const char *, unsigned);
int __wrap_renameat2(int, const char *, int, const char *, unsigned);

/* Set: the user saves during an apply. */
static struct {
	struct any	*a;
	char		*path;		/* the last that was saved */
	struct buf	 saved;
	const char	*const *paths;
	size_t		 len;
} under;

int
__wrap_renameat2(int fa, const char *from, int fb, const char *to,
    unsigned flags)
{
	struct any *a = under.a;
	struct stat st;

	if (a != NULL && under.path == NULL && under.len > 0 &&
	    any_chance(a, 30)) {
		under.path = xstrdup(under.paths[any_next(a,
		    (uint32_t)under.len)]);
		any_touch(a, under.path);
		any_user_saves(a, under.path);
		if (!any_read(a->root_fd, under.path, &st, &under.saved) ||
		    !S_ISREG(st.st_mode)) {	/* was no file to save */
			free(under.path);
			under.path = NULL;
		}
	}
	return __real_renameat2(fa, from, fb, to, flags);
}

/* ---- what a decision should make, by the lines alone ---- */

struct want_lines {
	const char	**p;
	size_t		*n;
	size_t		 len;
	bool		*gone;
	struct buf	*put;		/* before line i */
};

static void
want_lines_init(struct want_lines *w, const struct buf *b)
{
	const char *p = buf_str(b), *end = p + b->len;
	size_t max = 1;

	while (p < end)
		max += *p++ == '\n';
	memset(w, 0, sizeof(*w));
	w->p = xcalloc(max + 1, sizeof(*w->p));
	w->n = xcalloc(max + 1, sizeof(*w->n));
	w->gone = xcalloc(max + 1, sizeof(*w->gone));
	w->put = xcalloc(max + 1, sizeof(*w->put));
	for (p = buf_str(b); p < end; p += w->n[w->len++]) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		w->p[w->len] = p;
		w->n[w->len] = (size_t)((nl == NULL ? end : nl + 1) - p);
	}
}

static void
want_lines_release(struct want_lines *w)
{
	size_t i;

	for (i = 0; i <= w->len; i++)
		buf_release(&w->put[i]);
	free(w->p);
	free(w->n);
	free(w->gone);
	free(w->put);
}

/* Note what this hunk's text does; -1 if it is not of these lines. */
static int
want_hunk(struct want_lines *w, int start, int lines, const char *text,
    size_t len)
{
	size_t at = (size_t)start - (lines > 0);
	const char *p = text, *end = text + len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl == NULL ? end : nl + 1;
		size_t n = (size_t)(next - p) - 1;

		if (next < end && *next == '\\') {
			n--;	/* that newline is the patch's */
			nl = memchr(next, '\n', (size_t)(end - next));
			next = nl == NULL ? end : nl + 1;
		}
		if (*p == '+') {
			if (at > w->len)
				return -1;
			buf_add(&w->put[at], p + 1, n);
		} else {
			if (at >= w->len || w->n[at] != n ||
			    memcmp(w->p[at], p + 1, n) != 0 ||
			    (*p != ' ' && *p != '-'))
				return -1;
			w->gone[at] = w->gone[at] || *p == '-';
			at++;
		}
		p = next;
	}
	return 0;
}

static void
want_text(const struct want_lines *w, struct buf *out)
{
	size_t i;

	for (i = 0; i <= w->len; i++) {
		buf_add(out, buf_str(&w->put[i]), w->put[i].len);
		if (i < w->len && !w->gone[i])
			buf_add(out, w->p[i], w->n[i]);
	}
}

/* ---- one file's decision ---- */

enum any_mark { MARK_NOTHING, MARK_NO, MARK_YES, MARK_EDITED };

struct any_file {
	const struct stage_change *change;
	struct hunk_list	 l;
	struct buf		 before;
	enum any_mark		*mark;
	struct buf		*edit;
	char			**split;
	size_t			 split_len;
	struct stage_side	 write, rest;
	struct apply_op		*op;
	bool			 settled;
	/* A rename: the old name, and how it is described. */
	const char		*from;
	enum any_mark		 name;
	struct apply_op		*old;
};

/* Some of the lines, as a person might edit them; false: it does not fit. */
static bool
any_amend(struct any *a, const struct any_file *f, size_t i, struct buf *out)
{
	const struct hunk *h = &f->l.v[i];
	struct hunk_line *v;
	struct hunk made;
	struct err e = ERR_INIT;
	size_t n = hunk_text_cut(h->text, h->len, &v), k;
	bool last = false, crlf = false;

	for (k = 0; k < n; k++)
		crlf = crlf || v[k].p[v[k].bytes - 1] == '\r';
	for (k = 0; k < n; k++) {
		char sign = v[k].sign;

		if (sign == '+' && any_chance(a, 30))
			continue;
		if (sign == '-' && any_chance(a, 30))
			sign = ' ';
		else if (sign == ' ' && any_chance(a, 10))
			sign = '-';
		if (any_chance(a, 10))
			buf_addf(out, "+person-%u%s\n", any_next(a, 99),
			    crlf ? "\r" : "");
		buf_addc(out, sign);
		buf_add(out, v[k].p + 1, v[k].len - 1);
		last = v[k].bytes + 1 != v[k].len;
	}
	if (!last && any_chance(a, 20))
		buf_addf(out, "+at the end%s\n", crlf ? "\r" : "");
	free(v);
	if (hunk_amend(&made, h, &f->before, buf_str(out), out->len, &e) < 0)
		return false;
	hunk_release(&made);
	return true;
}

/* The marks of one file. `all`: MARK_NOTHING to make them by chance. */
static void
any_file_mark(struct any *a, struct any_file *f, enum any_mark all)
{
	uint32_t way = any_next(a, 10);
	size_t i;

	f->mark = xcalloc(f->l.len + 1, sizeof(*f->mark));
	f->edit = xcalloc(f->l.len + 1, sizeof(*f->edit));
	for (i = 0; i < f->l.len; i++) {
		f->mark[i] = all != MARK_NOTHING ? all :
		    way < 3 ? MARK_YES : way < 4 ? MARK_NO :
		    (enum any_mark)any_next(a, 4);
		if (f->mark[i] != MARK_EDITED)
			continue;
		if (f->l.v[i].kind != HUNK_TEXT ||
		    !any_amend(a, f, i, &f->edit[i]))
			f->mark[i] = MARK_YES;
		else
			tally.edited++;
	}
}

static void
any_file_open(struct any *a, struct any_file *f, const struct stage_change *c,
    bool split)
{
	struct err e = ERR_INIT;
	struct gate_split s = { .diff = HUNK_DIFF_MYERS };
	size_t i;

	memset(f, 0, sizeof(*f));
	f->change = c;
	if (gate_hunks(&f->l, a->s.blobs, c->path, &c->before, &c->after,
	    NULL, &f->before, &e) < 0)
		any_fail(a, "%s: %s", c->path, e.text);
	f->split = xcalloc(f->l.len + 1, sizeof(*f->split));
	for (i = 0; split && i < f->l.len; i++)
		if (any_chance(a, 30))
			f->split[f->split_len++] = xstrdup(f->l.v[i].id);
	if (f->split_len == 0)
		return;
	tally.split++;
	hunk_list_release(&f->l);
	buf_release(&f->before);
	s.ids = (const char *const *)f->split;
	s.len = f->split_len;
	if (gate_hunks(&f->l, a->s.blobs, c->path, &c->before, &c->after, &s,
	    &f->before, &e) < 0)
		any_fail(a, "%s: %s", c->path, e.text);
}

static void
any_file_release(struct any_file *f)
{
	size_t i;

	for (i = 0; i < f->l.len && f->edit != NULL; i++)
		buf_release(&f->edit[i]);
	for (i = 0; i < f->split_len; i++)
		free(f->split[i]);
	free(f->split);
	free(f->edit);
	free(f->mark);
	hunk_list_release(&f->l);
	buf_release(&f->before);
}

/* The text by the lines: with those hunks whose mark is in [low, high], and
 * unmarked ones if `open`. */
static void
any_check_side(struct any *a, const struct any_file *f, bool open,
    const struct stage_side *got, const char *which)
{
	const struct stage_change *c = f->change;
	struct want_lines w;
	struct buf text = BUF_INIT(0);
	struct stage_side want = c->before;
	bool mode = false, any = false, all = true;
	size_t i;

	want_lines_init(&w, &f->before);
	for (i = 0; i < f->l.len; i++) {
		const struct hunk *h = &f->l.v[i];
		bool take = f->mark[i] >= MARK_YES ||
		    (open && f->mark[i] == MARK_NOTHING);
		bool edited = f->mark[i] == MARK_EDITED;

		all = all && take && !edited;
		if (!take)
			continue;
		any = true;
		if (h->kind == HUNK_MODE)
			mode = true;
		if (h->kind == HUNK_TEXT && want_hunk(&w, h->old_start,
		    h->old_lines, edited ? buf_str(&f->edit[i]) : h->text,
		    edited ? f->edit[i].len : h->len) < 0)
			any_fail(a, "%s: hunk %zu is not of the file",
			    c->path, i);
	}
	if (all) {
		want = c->after;
	} else if (any) {
		want_text(&w, &text);
		want.exists = c->after.exists || text.len > 0;
		want.mode = mode || !c->before.exists ? c->after.mode :
		    c->before.mode;
		sha256_hex(buf_str(&text), text.len, want.hash);
	}
	if (!stage_side_equal(&want, got) && getenv("TRACE") != NULL) {
		for (i = 0; i < f->l.len; i++)
			fprintf(stderr, "mark %u @@ %d,%d\n<%s>\nedit <%s>\n",
			    f->mark[i], f->l.v[i].old_start,
			    f->l.v[i].old_lines, f->l.v[i].text,
			    buf_str(&f->edit[i]));
		fprintf(stderr, "want %d %o <%s> got %d %o %s\n", want.exists,
		    want.mode, buf_str(&text), got->exists, got->mode,
		    got->hash);
		fprintf(stderr, "before <%s>\n", buf_str(&f->before));
	}
	if (!stage_side_equal(&want, got))
		any_fail(a, "%s: %s is not what the lines say", c->path,
		    which);
	want_lines_release(&w);
	buf_release(&text);
}

static void
any_file_compose(struct any *a, struct any_file *f)
{
	struct gate_choice c = { .path = f->change->path,
		.before = f->change->before, .after = f->change->after,
		.split.ids = (const char *const *)f->split,
		.split.len = f->split_len };
	const char **yes = xcalloc(f->l.len + 1, sizeof(*yes));
	const char **no = xcalloc(f->l.len + 1, sizeof(*no));
	struct gate_edit *edits = xcalloc(f->l.len + 1, sizeof(*edits));
	struct err e = ERR_INIT;
	size_t i;

	for (i = 0; i < f->l.len; i++) {
		const char *id = f->l.v[i].id;

		switch (f->mark[i]) {
		case MARK_YES:
			yes[c.yes_len++] = id;
			break;
		case MARK_NO:
			no[c.no_len++] = id;
			break;
		case MARK_EDITED:
			edits[c.edits_len].id = id;
			edits[c.edits_len].text = buf_str(&f->edit[i]);
			edits[c.edits_len++].len = f->edit[i].len;
			break;
		default:
			break;
		}
	}
	c.yes = yes;
	c.no = no;
	c.edits = edits;
	if (gate_compose(a->s.blobs, &c, &f->write, &f->rest, &e) < 0) {
		/* Neighbours were edited so that both change a line. */
		if (c.edits_len == 0 || strstr(e.text, "same lines") == NULL)
			any_fail(a, "%s: %s", c.path, e.text);
		for (i = 0; i < f->l.len; i++)
			if (f->mark[i] == MARK_EDITED)
				f->mark[i] = MARK_YES;
		free(yes);
		free(no);
		free(edits);
		any_file_compose(a, f);
		return;
	}
	any_check_side(a, f, false, &f->write, "what is written");
	any_check_side(a, f, true, &f->rest, "what stays staged");
	free(yes);
	free(no);
	free(edits);
}

/* ---- a transaction, against the pictures before and after ---- */

static const struct any_entry *
any_at(const struct pathmap *m, const char *path)
{
	return pathmap_find(m, path);
}

/* Note which of the ops' paths are folders now; pictures have no empty ones. */
static void
any_folders(struct any *a, struct pathmap *m, const struct apply_op *ops,
    size_t n)
{
	struct stat st;
	size_t i;

	for (i = 0; i < n; i++)
		if (any_read(a->root_fd, ops[i].path, &st, NULL) &&
		    S_ISDIR(st.st_mode))
			pathmap_add(m, ops[i].path, sizeof(struct any_entry));
}

/* Is a file above the path, or is it a folder (also an empty one)? */
static bool
any_is_blocked(struct any *a, const struct pathmap *m, const char *path)
{
	void **v = pathmap_list(m);
	size_t i, n, len = strlen(path);
	struct stat st;
	bool yes = any_read(a->root_fd, path, &st, NULL) &&
	    S_ISDIR(st.st_mode);

	for (i = 0; v[i] != NULL && !yes; i++) {
		const char *p = ((struct any_entry *)v[i])->path;

		n = strlen(p);
		yes = (n < len && strncmp(p, path, n) == 0 &&
		    path[n] == '/') ||
		    (n > len && strncmp(p, path, len) == 0 && p[len] == '/');
	}
	free(v);
	return yes;
}

static const struct apply_op *
any_op(const struct apply_op *ops, size_t n, const char *path)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(ops[i].path, path) == 0)
			return &ops[i];
	return NULL;
}

static void
any_check_path(struct any *a, const char *path, const struct apply_op *op,
    const struct any_entry *s0, const struct any_entry *s1,
    const struct any_entry *s2, bool blocked)
{
	bool under_it = under.path != NULL && strcmp(under.path, path) == 0;
	/* Saved below it: the user has made a folder of it. */
	bool above_it = under.path != NULL && fs_is_below(under.path, path);

	if (op == NULL || !op->done) {
		if (under_it ? s2 == NULL : !above_it && !any_same(s1, s2))
			any_fail(a, "%s was changed without being asked",
			    path);
		if (op != NULL && op->error == 0 && !op->changed_on_disk)
			any_fail(a, "%s: neither done nor refused", path);
		if (op != NULL && op->changed_on_disk && strstr(op->text,
		    "folder") != NULL)
			blocked = true;
		/* Neither half comes without the other. */
		if (op != NULL && op->pair != NULL && !op->pair->done)
			blocked = true;
		if (op != NULL && !under_it && !blocked &&
		    any_is(s0, &op->before) && any_is(s1, &op->before))
			any_fail(a, "%s was refused for nothing: %s", path,
			    op->text == NULL ? "" : op->text);
		return;
	}
	if (under_it)
		return;
	if (!any_is(s2, &op->after) && !(any_is(s0, &op->after) &&
	    any_same(s1, s2)))
		any_fail(a, "%s is not what was decided", path);
	if (!any_is(s1, &op->before) && !any_is(s1, &op->after) &&
	    !any_is(s0, &op->after))
		any_fail(a, "%s was written over what was not shown", path);
}

static bool
any_saved_the_same(const struct apply_op *ops, size_t n)
{
	const struct apply_op *op = any_op(ops, n, under.path);
	char hex[SHA256_HEX_SIZE];

	sha256_hex(buf_str(&under.saved), under.saved.len, hex);
	return op != NULL && op->done && op->before.exists &&
	    strcmp(op->before.hash, hex) == 0;
}

static void
any_check_tree(struct any *a, const struct apply_op *ops, size_t n,
    const struct pathmap *s0, const struct pathmap *s1,
    const struct pathmap *folders)
{
	struct pathmap s2 = { 0 }, all = { 0 };
	struct stat st;
	struct buf b = BUF_INIT(0);
	void **v;
	size_t i;

	any_picture(&s2, a->root_fd, "");
	if (any_count_temps(a->root_fd, ".") != 0)
		any_fail(a, "%s", "a temporary file was left");
	v = pathmap_list(s1);
	for (i = 0; v[i] != NULL; i++)
		pathmap_add(&all, *(char **)v[i], sizeof(struct any_entry));
	free(v);
	v = pathmap_list(&s2);
	for (i = 0; v[i] != NULL; i++)
		pathmap_add(&all, *(char **)v[i], sizeof(struct any_entry));
	free(v);
	for (i = 0; i < n; i++)
		pathmap_add(&all, ops[i].path, sizeof(struct any_entry));
	v = pathmap_list(&all);
	for (i = 0; v[i] != NULL; i++) {
		const char *path = *(char **)v[i];

		any_check_path(a, path, any_op(ops, n, path),
		    any_at(s0, path), any_at(s1, path), any_at(&s2, path),
		    under.path != NULL || any_at(folders, path) != NULL ||
		    any_is_blocked(a, s0, path) ||
		    any_is_blocked(a, s1, path));
	}
	free(v);
	/* A save during an apply wins, unless it was
	 * what had been seen all along. */
	if (under.path != NULL && !any_saved_the_same(ops, n) && any_read(a->root_fd, under.path, &st, &b) &&
	    S_ISREG(st.st_mode) && (b.len != under.saved.len ||
	    memcmp(buf_str(&b), buf_str(&under.saved), b.len) != 0))
		any_fail(a, "%s: a save under apply is lost", under.path);
	buf_release(&b);
	pathmap_release(&s2);
	pathmap_release(&all);
}

static void
any_users(struct any *a, uint32_t percent)
{
	while (any_chance(a, percent))
		any_user(a, any_path(a));
}

/* Prepare and commit with the user at work. */
static void
any_apply(struct any *a, struct apply_op *ops, size_t n, bool quiet)
{
	struct pathmap s0 = { 0 }, s1 = { 0 }, folders = { 0 };
	const char **paths = xcalloc(n + 1, sizeof(*paths));
	struct err e = ERR_INIT;
	struct apply_tx *tx;
	size_t i;

	any_picture(&s0, a->root_fd, "");
	any_folders(a, &folders, ops, n);
	tx = apply_prepare(a->root_fd, a->undo, a->s.blobs, ops, n, &e);
	if (tx == NULL)
		any_fail(a, "prepare: %s", e.text);
	if (!quiet)
		any_users(a, 30);
	if (!quiet && any_chance(a, 30) && n > 0)
		any_user(a, ops[any_next(a, (uint32_t)n)].path);
	any_picture(&s1, a->root_fd, "");
	any_folders(a, &folders, ops, n);
	if (!quiet && any_chance(a, 20)) {
		for (i = 0; i < n; i++)
			paths[i] = ops[i].path;
		under.paths = paths;
		under.len = n;
		under.a = a;
	}
	apply_commit_free(tx);
	under.a = NULL;
	any_check_tree(a, ops, n, &s0, &s1, &folders);
	free(under.path);
	under.path = NULL;
	buf_release(&under.saved);
	pathmap_release(&s0);
	pathmap_release(&s1);
	pathmap_release(&folders);
	free(paths);
}

/* ---- a decision ---- */

/* Applied transactions, for undo. */
struct any_tx {
	struct any	*a;
	struct apply_op	*ops;
	size_t		 len;
};

static void
any_scan(struct any *a)
{
	struct err e = ERR_INIT;

	stage_scan_release(&a->s.scan);
	if (stage_after_call(a->s.st, &a->s.notes, &e) < 0 ||
	    stage_scan(a->s.st, &a->s.scan, &e) < 0)
		any_fail(a, "%s", e.text);
}

static void
any_before(struct any *a)
{
	struct err e = ERR_INIT;

	buf_clear(&a->s.notes);
	if (stage_before_call(a->s.st, false, &a->s.notes, &e) < 0)
		any_fail(a, "%s", e.text);
}

static const struct stage_change *
any_change(const struct any *a, const char *path)
{
	size_t i;

	for (i = 0; i < a->s.scan.changes_len; i++)
		if (strcmp(a->s.scan.changes[i].path, path) == 0)
			return &a->s.scan.changes[i];
	return NULL;
}

/* Every hunk that was proposed is applied, refused, still open, or in conflict
 * and asked about again. */
static void
any_check_stage(struct any *a, const struct any_file *v, size_t n,
    bool settled_all)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		const struct any_file *f = &v[i];
		bool moved = f->op != NULL && !f->op->done;
		const struct stage_change *now;
		const char *path;
		struct stage_side real;
		struct err e = ERR_INIT;

		if (f->change == NULL)	/* shown with its new name */
			continue;
		/* Without the new name it is the file of the old one. */
		path = f->from != NULL && f->name == MARK_NO && !moved ?
		    f->from : f->change->path;
		now = any_change(a, path);
		for (k = 0; k < f->l.len; k++) {
			if (moved)
				tally.moved++;
			else if (f->mark[k] >= MARK_YES)
				tally.applied++;
			else if (f->mark[k] == MARK_NO)
				tally.refused++;
			else
				tally.undecided++;
		}
		if (!settled_all)
			continue;
		if (stage_read_real(a->s.st, path, NULL, &real, &e) < 0)
			any_fail(a, "%s", e.text);
		if (moved && (now == NULL ? !stage_side_equal(&real,
		    &f->change->after) : !stage_side_equal(&now->after,
		    &f->change->after)) &&
		    staged_refused(&a->s, f->change->path) == NULL)
			any_fail(a, "%s moved and is not asked about again",
			    f->change->path);
		if (moved || !f->settled || S_ISDIR(real.mode))
			continue;	/* the user made a folder of it */
		if (now != NULL && !stage_side_equal(&now->after, &f->rest))
			any_fail(a, "%s: the stage is not what was left",
			    path);
		if (now == NULL && !stage_side_equal(f->op != NULL ?
		    &f->write : &f->change->before, &f->rest) &&
		    !stage_side_equal(&real, &f->rest) &&
		    staged_refused(&a->s, path) == NULL)
			any_fail(a, "%s: what was undecided is gone", path);
	}
}

/* TRACE=1: what was decided of a file and what came of it. */
static void
any_trace(struct any *a, const struct any_file *f)
{
	const struct stage_change *c = f->change, *now = any_change(a, c->path);
	struct stage_side real;
	size_t i;

	if (getenv("TRACE") == NULL ||
	    stage_read_real(a->s.st, c->path, NULL, &real, NULL) < 0)
		return;
	fprintf(stderr, "# %s: %.5s > %.5s%s, marks ", c->path,
	    c->before.hash, c->after.hash, c->changed_on_disk ? " moved" : "");
	for (i = 0; i < f->l.len; i++)
		fprintf(stderr, "%u", f->mark[i]);
	fprintf(stderr, "; write %.5s rest %.5s: %s%s%s; real %.5s staged "
	    "%.5s\n", f->write.hash, f->rest.hash, f->op == NULL ? "no op" :
	    f->op->done ? "done" : "not done", f->settled ? ", settled" : "",
	    f->op != NULL && f->op->text != NULL ? f->op->text : "",
	    real.hash, now == NULL ? "-" : now->after.hash);
}

/* One op of a folder that becomes a file, or the other way round. */
static bool
any_has_swap(const struct stage_scan *s)
{
	size_t i, k;

	for (i = 0; i < s->changes_len; i++)
		for (k = 0; k < s->changes_len; k++) {
			size_t n = strlen(s->changes[i].path);

			if (strncmp(s->changes[i].path, s->changes[k].path,
			    n) == 0 && s->changes[k].path[n] == '/')
				return true;
		}
	return false;
}

/* The renames among the changes; `both` gets the change of the content. */
static struct rename_half *
any_renames(struct any *a, const struct stage_scan *scan,
    struct stage_change *both)
{
	struct policy_options o = { .root = a->s.root };
	struct err e = ERR_INIT;
	struct policy *p = policy_new(&o, &e);
	struct rename_half *h;
	size_t i;

	if (p == NULL)
		any_fail(a, "%s", e.text);
	h = rename_find(scan, p, a->s.blobs);
	policy_free(p);
	for (i = 0; i < scan->changes_len; i++) {
		both[i] = scan->changes[i];
		if (h[i].other >= 0 && both[i].after.exists)
			both[i].before = scan->changes[h[i].other].before;
	}
	return h;
}

/* The ops of what is taken. */
static void
any_file_ops(struct any_file *f, struct apply_op *ops, size_t *len)
{
	bool renames = f->from != NULL && f->name == MARK_YES;
	size_t k;

	for (k = 0; k < f->l.len && f->mark[k] < MARK_YES; k++)
		;
	if ((k == f->l.len && !renames) ||
	    (f->from != NULL && f->name == MARK_NOTHING))
		return;
	f->op = &ops[(*len)++];
	f->op->path = xstrdup(f->from != NULL && !renames ? f->from :
	    f->change->path);
	f->op->after = f->write;
	if (!renames) {
		f->op->before = f->change->before;
		tally.kept += f->from != NULL;
		return;
	}
	f->old = &ops[(*len)++];
	f->old->path = xstrdup(f->from);
	f->old->before = f->change->before;
	f->op->pair = f->old;
	f->old->pair = f->op;
	tally.renamed++;
}

static bool
any_file_settle(struct any *a, const struct any_file *f, bool whole,
    struct err *e)
{
	const struct stage_side none = { 0 };
	const struct stage_side *base = f->op != NULL ? &f->write :
	    &f->change->before;
	const char *path = f->change->path;

	if (f->from == NULL)
		return stage_rebase_file(a->s.st, path, base, &f->rest, whole,
		    e) == 0;
	if (f->name == MARK_NO)
		return stage_rebase_file(
			   a->s.st, path, &none, &none, false, e) == 0 &&
		       stage_rebase_file(
			   a->s.st, f->from, base, &f->rest, false, e) == 0;
	return stage_rebase_file(
		   a->s.st, path, &f->write, &f->rest, whole, e) == 0 &&
	       (!f->old->done || stage_rebase_file(a->s.st, f->from, &none,
				     &none, true, e) == 0);
}

static void
any_decide(struct any *a, enum any_mark all, bool quiet, struct any_tx *tx)
{
	struct stage_scan scan = a->s.scan;
	size_t n = scan.changes_len, i, len = 0;
	struct stage_change *both = xcalloc(n + 1, sizeof(*both));
	struct rename_half *half = any_renames(a, &scan, both);
	struct any_file *v = xcalloc(n + 1, sizeof(*v));
	struct apply_op *ops = xcalloc(n + 1, sizeof(*ops));
	bool swap = any_has_swap(&scan), settled = true;

	memset(&a->s.scan, 0, sizeof(a->s.scan));
	for (i = 0; i < n; i++) {
		struct any_file *f = &v[i];

		if (half[i].other >= 0 && !both[i].after.exists)
			continue;	/* with its new name */
		tally.during += scan.changes[i].changed_on_disk;
		any_file_open(a, f, &both[i], all == MARK_NOTHING);
		if (half[i].other >= 0) {
			f->from = scan.changes[half[i].other].path;
			f->name = all != MARK_NOTHING ? all :
			    any_chance(a, 60) ? MARK_YES :
			    any_chance(a, 60) ? MARK_NO : MARK_NOTHING;
		}
		any_file_mark(a, f, all);
		any_file_compose(a, f);
		any_file_ops(f, ops, &len);
	}
	if (!quiet)
		any_users(a, 30);
	if (len > 0)
		any_apply(a, ops, len, quiet);
	for (i = 0; i < n; i++) {
		struct any_file *f = &v[i];
		struct err e = ERR_INIT;
		bool whole = f->op != NULL;
		size_t k;

		if (f->change == NULL || (f->op != NULL && !f->op->done) ||
		    (f->from != NULL && f->name == MARK_NOTHING))
			continue;
		for (k = 0; k < f->l.len; k++)
			whole = whole && f->mark[k] != MARK_NO &&
			    f->mark[k] != MARK_EDITED;
		f->settled = any_file_settle(a, f, whole, &e);
		settled = settled && f->settled;
		if (!f->settled && !swap)
			any_fail(a, "settle: %s", e.text);
	}
	if (stage_scan(a->s.st, &a->s.scan, NULL) < 0)
		any_fail(a, "%s", "the stage cannot be read");
	for (i = 0; i < n; i++)
		if (v[i].change != NULL)
			any_trace(a, &v[i]);
	any_check_stage(a, v, n, settled && !swap);
	for (i = 0; i < n; i++)
		any_file_release(&v[i]);
	free(v);
	free(both);
	free(half);
	stage_scan_release(&scan);
	if (tx != NULL) {
		tx->a = a;
		tx->ops = ops;
		tx->len = len;
	} else {
		apply_ops_release(ops, len);
		free(ops);
	}
}

/* ---- a round ---- */

static void
any_make_tree(struct any *a)
{
	uint32_t n = 3 + any_next(a, 10);

	while (n-- > 0) {
		struct buf b = BUF_INIT(0);
		const char *path = any_path(a);
		struct stat st;

		if (any_read(a->root_fd, path, &st, NULL))
			continue;
		any_content(a, &b);
		if (any_chance(a, 10))
			any_symlink(a->root_fd, path, any_target(a));
		else
			any_write(a->root_fd, path,
			    any_chance(a, 20) ? 0755 : 0644, &b, false);
		buf_release(&b);
	}
}

/* The user's words in a file are there after an undo, too, but for those that
 * the change itself brought. */
static void
any_check_words(struct any *a, const struct apply_op *op,
    const struct buf *before)
{
	struct buf now = BUF_INIT(0), ours = BUF_INIT(0);
	const char *path = op->path;
	struct stat st;
	unsigned i;

	(void)any_read(a->root_fd, path, &st, &now);
	if (op->after.exists &&
	    blob_get(a->s.blobs, op->after.hash, &ours, NULL) < 0)
		any_fail(a, "%s is not in the store", path);
	for (i = 0; i < a->users; i++) {
		char *word = xasprintf("user-%u-", i);

		if (memmem(buf_str(before), before->len, word,
		    strlen(word)) != NULL &&
		    memmem(buf_str(&ours), ours.len, word,
		    strlen(word)) == NULL &&
		    memmem(buf_str(&now), now.len, word, strlen(word)) == NULL)
			any_fail(a, "%s: undo lost %s", path, word);
		free(word);
	}
	buf_release(&now);
	buf_release(&ours);
}

static bool
any_takes_away(void *arg, const char *path)
{
	const struct any_tx *tx = arg;
	const struct apply_op *op = any_op(tx->ops, tx->len, path);
	struct stage_side now;

	return op != NULL && op->done && !op->before.exists &&
	    stage_read_real(tx->a->s.st, path, NULL, &now, NULL) == 0 &&
	    stage_side_equal(&now, &op->after);
}

static void
any_undo(struct any *a, struct any_tx *tx)
{
	struct buf *had = xcalloc(tx->len + 1, sizeof(*had));
	struct err e = ERR_INIT;
	struct stat st;
	size_t i;

	for (i = 0; i < tx->len; i++) {
		const struct apply_op *op = &tx->ops[i];
		struct stage_side now, want;

		(void)any_read(a->root_fd, op->path, &st, &had[i]);
		if (!op->done)
			continue;
		e = (struct err)ERR_INIT;
		if (stage_read_real(a->s.st, op->path, NULL, &now, &e) < 0)
			any_fail(a, "%s", e.text);
		if (!gate_reverse_fits(a->root_fd, op->path, &now,
		    any_takes_away, tx) || gate_reverse(a->s.blobs, op->path,
		    &op->before, &op->after, &now, &want, NULL, &e) < 0) {
			if (!any_is_touched(a, op->path))
				any_fail(a, "%s: %s", op->path, e.text);
			tally.left++;
			continue;
		}
		tally.undone++;
		if (stage_rebase_file(a->s.st, op->path, &now, &want, false,
		    &e) < 0 && !any_is_touched(a, op->path))
			any_fail(a, "%s: %s", op->path, e.text);
	}
	any_before(a);
	any_scan(a);
	any_decide(a, MARK_YES, true, NULL);
	for (i = 0; i < tx->len; i++) {
		any_check_words(a, &tx->ops[i], &had[i]);
		buf_release(&had[i]);
	}
	free(had);
}

static void
any_check_undone(struct any *a, const struct pathmap *first)
{
	struct pathmap now = { 0 };
	void **v;
	size_t i;

	any_picture(&now, a->root_fd, "");
	v = pathmap_list(first);
	for (i = 0; v[i] != NULL; i++) {
		const struct any_entry *x = v[i];

		if (!any_is_touched(a, x->path) &&
		    !any_same(x, any_at(&now, x->path)))
			any_fail(a, "%s is not as it was before", x->path);
	}
	free(v);
	v = pathmap_list(&now);
	for (i = 0; v[i] != NULL; i++) {
		const struct any_entry *x = v[i];

		if (!any_is_touched(a, x->path) &&
		    any_at(first, x->path) == NULL)
			any_fail(a, "%s is still there", x->path);
	}
	free(v);
	pathmap_release(&now);
}

static void
any_round(uint64_t seed, enum sandbox_view_kind view)
{
	struct any a = { .seed = seed, .round_seed = seed };
	struct any_tx tx[ANY_DECISIONS] = { { NULL, NULL, 0 } };
	struct pathmap first = { 0 };
	char *inside;
	int i, k;

	staged_init(&a.s, view, NULL);
	a.undo = fs_join(a.s.dir, "undo");
	assert_int_equal(mkdir(a.undo, 0700), 0);
	a.root_fd = a.s.st->root_fd;
	inside = fs_join(a.s.stage, view == SANDBOX_VIEW_COPY ? "copy" : "up");
	a.view_fd = open(inside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(a.view_fd >= 0);
	any_make_tree(&a);
	any_picture(&first, a.root_fd, "");
	for (i = 0; i < ANY_DECISIONS; i++) {
		any_users(&a, 20);
		any_before(&a);
		for (k = 1 + (int)any_next(&a, 5); k > 0; k--)
			any_agent(&a, any_path(&a));
		any_users(&a, 20);
		any_scan(&a);
		any_users(&a, 20);
		any_decide(&a, MARK_NOTHING, false, &tx[i]);
	}
	/* Open hunks are refused; one that can't be keeps its conflict. */
	for (i = 0; i < 3; i++) {
		any_before(&a);
		any_scan(&a);
		any_decide(&a, MARK_NO, true, NULL);
	}
	for (i = ANY_DECISIONS; i-- > 0;) {
		any_undo(&a, &tx[i]);
		apply_ops_release(tx[i].ops, tx[i].len);
		free(tx[i].ops);
	}
	any_check_undone(&a, &first);
	close(a.view_fd);
	free(inside);
	free(a.undo);
	pathmap_release(&first);
	pathmap_release(&a.touched);
	staged_release(&a.s);
}

/* Whiteouts and marks of opaque folders, which not every file system takes. */
static bool
any_can_overlay(void)
{
	char *dir = scratch_new();
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool can = mknodat(fd, "w", S_IFCHR | 0600, makedev(0, 0)) == 0 &&
	    fsetxattr(fd, "user.overlay.opaque", "y", 1, 0) == 0;

	close(fd);
	scratch_free(dir);
	return can;
}

TEST(test_gate_any)
{
	unsigned long long seed = rounds_seed(), i;
	unsigned long long rounds = rounds_of(ANY_ROUNDS, 5 * ANY_ROUNDS);
	bool overlay = any_can_overlay();

	print_message("SEED=%llu ROUNDS=%llu%s\n", seed, rounds,
	    overlay ? "" : ", copied view only");
	umask(022);
	for (i = 0; i < rounds; i++)
		any_round(seed + i, overlay && (seed + i) % 2 == 0 ?
		    SANDBOX_VIEW_OVERLAY : SANDBOX_VIEW_COPY);
	print_message("hunks: %u applied, %u refused, %u moved, %u open, "
	    "%u edited, %u files split, %u changed meanwhile, %u renamed, "
	    "%u under their old name; "
	    "%u files undone, %u left\n", tally.applied, tally.refused,
	    tally.moved, tally.undecided, tally.edited, tally.split,
	    tally.during, tally.renamed, tally.kept, tally.undone,
	    tally.left);
	if (rounds >= ANY_ROUNDS)
		assert_true(tally.applied > 0 && tally.refused > 0 &&
		    tally.moved > 0 && tally.undecided > 0 &&
		    tally.edited > 0 && tally.split > 0 &&
		    tally.during > 0 && tally.undone > 0 &&
		    tally.renamed > 0 && tally.kept > 0);
}

int
main(void)
{
	/* Thousands of small files: the disk's speed isn't tested. */
	if (access("/dev/shm", W_OK | X_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	return unit_run();
}
