#include "config.h"

#include "git/commit.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"

#define LOAD_NAMES	200	/* of more files, all are listed */

bool
commit_side_equal(const struct commit_side *a, const struct commit_side *b)
{
	return a->mode == b->mode && (a->mode == 0 ||
	    strcmp(a->oid, b->oid) == 0);
}

static bool
side_is_file(const struct commit_side *s)
{
	return s->mode == 0100644 || s->mode == 0100755;
}

/* ---- HEAD and index ---- */

/* "MODE TYPE ID\tNAME" of ls-tree, "MODE ID STAGE\tNAME" of ls-files. */
static int
side_take_entry(struct commit_plan *p, const char *entry, bool is_head,
    struct err *e)
{
	const char *tab = strchr(entry, '\t');
	struct commit_side s = { 0 };
	struct commit_file *f;
	int stage = 0;

	if (tab == NULL || (is_head ? sscanf(entry, "%o %*s %64[0-9a-f]",
	    &s.mode, s.oid) != 2 : sscanf(entry, "%o %64[0-9a-f] %d", &s.mode,
	    s.oid, &stage) != 3))
		return err_set(e, "can't understand what git printed");
	f = MEM_SEARCH(p->files, p->len, tab + 1);
	if (f == NULL)
		return 0;	/* below it */
	if (stage != 0)
		return err_set(e, "%s has a merge conflict: resolve it first",
		    f->path);
	*(is_head ? &f->head : &f->index) = s;
	return 0;
}

static int
side_load(struct commit_plan *p, bool is_head, struct err *e)
{
	static const char *const head[] = { "ls-tree", "-r", "-z", "HEAD",
		"--" };
	static const char *const staged[] = { "ls-files", "-s", "-z", "--" };
	const char *args[LOAD_NAMES + MEM_COUNT(head) + 1] = { NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, NULL, &out);
	size_t i, n = is_head ? MEM_COUNT(head) : MEM_COUNT(staged);
	const char *at, *end;

	memcpy(args, is_head ? head : staged, n * sizeof(*args));
	/* Git compares each file with each name. */
	for (i = 0; p->len <= LOAD_NAMES && i < p->len; i++)
		args[n + i] = p->files[i].name;
	if (git_run_ok(&g, args, e) < 0)
		return -1;
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1)
		if (side_take_entry(p, at, is_head, e) < 0)
			return -1;
	return 0;
}

/* ---- the work tree ---- */

/* A folder, a device or nothing: none. */
static int
blobs_read_work(const struct commit_plan *p, struct commit_file *f,
    int root_fd, int scratch, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *name;
	AUTO_CLOSE int dir = fs_open_parent(root_fd, f->path, false, &name);
	AUTO_CLOSE int to = -1;
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!S_ISLNK(st.st_mode) && !S_ISREG(st.st_mode)))
		return 0;
	if (S_ISLNK(st.st_mode)) {
		if ((n = readlinkat(dir, name, target, sizeof(target))) < 0)
			return err_sys(e, "can't read %s", f->path);
		(void)buf_add(&b, target, (size_t)n);
	} else {
		AUTO_CLOSE int fd = openat(dir, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

		if (fd < 0 || fs_read_all(fd, &b) < 0)
			return err_sys(e, "can't read %s", f->path);
	}
	f->work.exists = true;
	f->work.mode = S_ISLNK(st.st_mode) ? 0120000 : (unsigned)st.st_mode;
	f->work.hash = xasprintf("work-%zu", (size_t)(f - p->files));
	to = openat(scratch, f->work.hash,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	return to >= 0 && fs_write_all(to, buf_str(&b), b.len) == 0 ? 0 :
	    err_sys(e, "can't write to %s", p->scratch);
}

/* ---- what git knows of the names ---- */

/* Its exit status with the names of these files, or of the new ones among them,
 * by -z --stdin. */
static int
blobs_ask(const struct commit_plan *p, const char *const *args, size_t from,
    size_t to, bool new_only, struct buf *out, struct err *e)
{
	AUTO_BUF struct buf in = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, &in, out);
	size_t i;

	for (i = from; i < to; i++)
		if (!new_only || (p->files[i].head.mode == 0 &&
		    p->files[i].index.mode == 0)) {
			/* Not the magic of a pathspec. */
			buf_adds(&in, "./");
			(void)buf_add(&in, p->files[i].name,
			    strlen(p->files[i].name) + 1);
		}
	return in.len == 0 ? 0 : git_run(&g, args, NULL, e);
}

/* NAME, attribute, value. */
static int
blobs_find_attributes(struct commit_plan *p, struct err *e)
{
	static const char *const args[] = { "check-attr", "-z", "--stdin",
		"ident", "working-tree-encoding", "eol", "text", "filter",
		NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	const char *at, *end, *v[3] = { "", "", "" };
	struct commit_file *f;
	size_t i;

	if (blobs_ask(p, args, 0, p->len, false, &out, e) != 0)
		return err_is_set(e) ? -1 : err_set(e, "git check-attr: it "
		    "failed");
	for (i = 0, at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1, i++) {
		v[i % 3] = at;
		if (i % 3 != 2 || strcmp(at, "unspecified") == 0 ||
		    (f = MEM_SEARCH(p->files, p->len, v[0] + strlen("./"))) == NULL)
			continue;
		if (strcmp(v[1], "text") == 0)
			f->is_text = strcmp(at, "auto") != 0;
		else if (strcmp(v[1], "eol") == 0)
			f->is_text = true;
		else if (strcmp(at, "unset") != 0) {
			f->is_filtered = true;
			/* Only git converts what has another encoding. */
			f->is_text = f->is_text || strcmp(v[1], "ident") != 0;
		}
	}
	return 0;
}

static int
blobs_find_ignored(struct commit_plan *p, struct err *e)
{
	static const char *const args[] = { "--no-literal-pathspecs",
		"check-ignore", "-z", "--stdin", NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	struct commit_file *f;
	const char *at, *end;
	size_t i;
	int rc = blobs_ask(p, args, 0, p->len, true, &out, e);
	bool many;

	/* 1: none is. More: one can't be, in a submodule or below a link, and
	 * git hasn't looked at the others. */
	for (i = 0, many = rc > 1; many && rc >= 0 && i < p->len; i++) {
		rc = blobs_ask(p, args, i, i + 1, true, &out, e);
		p->files[i].is_foreign = rc > 1 && p->files[i].work.exists;
	}
	if (rc < 0)
		return -1;
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1) {
		if ((f = MEM_SEARCH(p->files, p->len, at + strlen("./"))) != NULL)
			f->is_ignored = true;
	}
	return 0;
}

/* ---- their contents ---- */

static void
blobs_add(struct commit_plan *p, const struct fold_side *s)
{
	if (!s->exists)
		return;
	GROW(p->blobs, p->blobs_len);
	p->blobs[p->blobs_len++] = (struct commit_blob){ .name = s->hash };
}

/* Each name once. */
static void
blobs_list(struct commit_plan *p)
{
	size_t i, k, to = 0;

	for (i = 0; i < p->len; i++) {
		blobs_add(p, &p->files[i].work);
		for (k = 0; k < p->files[i].steps_len; k++) {
			blobs_add(p, p->files[i].steps[k].before);
			blobs_add(p, p->files[i].steps[k].after);
		}
	}
	MEM_SORT(p->blobs, p->blobs_len);
	for (i = 0; i < p->blobs_len; i++)
		if (to == 0 || strcmp(p->blobs[to - 1].name,
		    p->blobs[i].name) != 0)
			p->blobs[to++] = p->blobs[i];
	p->blobs_len = to;
}

/* A line of hash-object's input: quoted, since a folder may have any name. */
static int
blobs_add_path(const struct commit_plan *p, struct commit_blob *blob,
    struct buf *in, struct err *e)
{
	AUTO_FREE char *path = fs_join(p->scratch, blob->name);
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *at;

	if (fs_read_file(AT_FDCWD, path, &b, e) < 0)
		return -1;
	blob->has_cr = b.len > 0 && memchr(b.p, '\r', b.len) != NULL;
	buf_addc(in, '"');
	for (at = path; *at != '\0'; at++) {
		if (*at == '"' || *at == '\\' || *at == '\n')
			buf_addc(in, '\\');
		buf_addc(in, *at == '\n' ? 'n' : *at);
	}
	buf_adds(in, "\"\n");
	return 0;
}

static int
blobs_store(struct commit_plan *p, struct err *e)
{
	static const char *const args[] = { "hash-object", "-w", "--no-filters",
		"--stdin-paths", NULL };
	AUTO_BUF struct buf in = BUF_INIT(0), out = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, &in, &out);
	const char *at;
	size_t i, n;

	for (i = 0; i < p->blobs_len; i++)
		if (blobs_add_path(p, &p->blobs[i], &in, e) < 0)
			return -1;
	if (p->blobs_len == 0 || git_run_ok(&g, args, e) < 0)
		return p->blobs_len == 0 ? 0 : -1;
	for (i = 0, at = buf_str(&out); i < p->blobs_len; i++, at += n + 1) {
		n = strcspn(at, "\n");
		if (n == 0 || n >= sizeof(p->blobs[i].oid) || at[n] == '\0')
			return err_set(e, "can't understand what git printed");
		memcpy(p->blobs[i].oid, at, n);
	}
	return 0;
}

static int
side_load_work(struct commit_plan *p, struct err *e)
{
	AUTO_CLOSE int root_fd = open(p->root,
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int scratch = open(p->scratch,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t i;

	if (root_fd < 0 || scratch < 0)
		return err_sys(e, "can't open %s", root_fd < 0 ? p->root :
		    p->scratch);
	for (i = 0; i < p->len; i++)
		if (blobs_read_work(p, &p->files[i], root_fd, scratch, e) < 0)
			return -1;
	blobs_list(p);
	return blobs_find_attributes(p, e) < 0 || blobs_find_ignored(p, e) < 0 ||
	    blobs_store(p, e) < 0 ? -1 : 0;
}

int
commit_side_load(struct commit_plan *p, bool work, struct err *e)
{
	return p->len > 0 && ((p->head != NULL && side_load(p, true, e) < 0) ||
	    side_load(p, false, e) < 0) ? -1 : work ? side_load_work(p, e) : 0;
}

/* The content of that name in the scratch folder, unless git has to convert it
 * for this file; else NULL. */
static const char *
blobs_find(const struct commit_plan *p, const struct commit_file *f,
    const struct fold_side *s)
{
	const struct commit_blob *b = MEM_SEARCH(p->blobs, p->blobs_len,
	    s->hash);

	/* Line endings are converted where there is a CR. */
	return b == NULL || (s->mode != 0120000 && (f->is_filtered ||
	    b->has_cr)) ? NULL : b->oid;
}

/* ---- contents ---- */

static int
side_cat(const struct commit_plan *p, const struct commit_side *s,
    struct buf *out, struct err *e)
{
	const char *args[] = { "cat-file", "blob", s->oid, NULL };
	const struct git_run g = commit_plan_git(p, NULL, NULL, out);

	return git_run_ok(&g, args, e);
}

/* `git add` keeps CRLF in a file that has it in the index, unless the file is
 * said to be text; hash-object doesn't know the index. */
static int
side_find_raw(struct commit_plan *p, struct commit_file *f, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	f->is_raw_known = true;
	if (f->is_text || !side_is_file(&f->index))
		return 0;
	if (side_cat(p, &f->index, &b, e) < 0)
		return -1;
	f->is_raw = b.len > 0 && memmem(b.p, b.len, "\r\n", 2) != NULL;
	return 0;
}

/* Store the content as `git add` would, and name it. */
static int
side_store(struct commit_plan *p, struct commit_file *f, const struct buf *b,
    struct commit_side *s, struct err *e)
{
	AUTO_FREE char *path = f == NULL ? NULL :
	    xasprintf("--path=%s", f->name);
	const char *args[] = { "hash-object", "-w", "--stdin", path, NULL };
	const struct git_run g = commit_plan_git(p, NULL, b, NULL);
	AUTO_FREE char *id = NULL;

	if (f != NULL && !f->is_raw_known && b->len > 0 &&
	    memmem(b->p, b->len, "\r\n", 2) != NULL &&
	    side_find_raw(p, f, e) < 0)
		return -1;
	if (f == NULL || s->mode == 0120000 || f->is_raw)
		args[3] = NULL;
	if ((id = git_run_line(&g, args, e)) == NULL)
		return -1;
	if (strlen(id) >= sizeof(s->oid))
		return err_set(e, "can't understand what git printed");
	memcpy(s->oid, id, strlen(id) + 1);
	return 0;
}

/* Without core.fileMode git keeps the mode that it knows. */
static unsigned
side_mode(const struct commit_plan *p, const struct commit_file *f,
    unsigned mode)
{
	if (mode == 0120000)
		return mode;
	if (!p->filemode)
		return side_is_file(&f->index) ? f->index.mode : 0100644;
	return (mode & 0100) != 0 ? 0100755 : 0100644;
}

/* That of an applied change or the work tree, whose content is in the scratch
 * folder. */
static int
side_stored(struct commit_plan *p, struct commit_file *f,
    const struct fold_side *from, struct commit_side *s, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *path = NULL;
	const char *id;

	memset(s, 0, sizeof(*s));
	if (!from->exists)
		return 0;
	s->mode = side_mode(p, f, from->mode);
	if ((id = blobs_find(p, f, from)) != NULL) {
		memcpy(s->oid, id, sizeof(s->oid));
		return 0;
	}
	path = fs_join(p->scratch, from->hash);
	if (fs_read_file(AT_FDCWD, path, &b, e) < 0)
		return -1;
	return side_store(p, f, &b, s, e);
}

/* ---- merging ---- */

#define SIDE_LINES_MAX	40	/* bytes of line numbers */

/* Lines, counted from 0, in the old and the new text: at to before end. */
struct side_hunk {
	size_t	at[2], end[2];
	uint64_t hash;		/* of its lines */
};

struct side_hunks {
	struct side_hunk	*v;
	size_t			 len, next;
	bool			 is_binary;
};

struct side_text {
	const struct buf *b;
	size_t		 at, line;	/* what was copied of it */
};

static void
side_hunks_release(struct side_hunks *h)
{
	free(h->v);
}

/* What differs between two files: "@@ -12,2 +13 @@". Of no lines the number is
 * that of the line before. */
static int
side_diff(const struct commit_plan *p, const struct commit_side *from,
    const struct commit_side *to, struct side_hunks *hunks, struct err *e)
{
	const char *args[] = { "diff", "-U0", "--inter-hunk-context=0",
		"--text", "--no-ext-diff", "--no-textconv", "--no-color",
		"--no-indent-heuristic", from->oid, to->oid, NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, NULL, &out);
	struct side_hunk *h;
	size_t n;
	char *at, *next;
	int k;

	if (strcmp(from->oid, to->oid) == 0)
		return 0;
	if (git_run_ok(&g, args, e) < 0)
		return -1;
	hunks->is_binary = memchr(buf_str(&out), '\0', out.len) != NULL;
	for (at = out.p; at != NULL && (at = strstr(at, "\n@@ -")) != NULL;) {
		GROW(hunks->v, hunks->len);
		h = &hunks->v[hunks->len++];
		for (k = 0; k < 2; k++) {
			at += strcspn(at, k == 0 ? "-" : "+") + 1;
			h->at[k] = strtoul(at, &at, 10);
			n = *at == ',' ? strtoul(at + 1, &at, 10) : 1;
			h->at[k] -= n > 0 && h->at[k] > 0;
			h->end[k] = h->at[k] + n;
		}
		at += strcspn(at, "\n");
		next = strstr(at, "\n@@ -");
		h->hash = hash_bytes(HASH_BEGIN, at, next == NULL ?
		    strlen(at) : (size_t)(next + 1 - at));
	}
	return 0;
}

/* Does one of `by` change these lines, put some beside them (`beside` 1), or
 * change any beside them (2)? They are asked about in their order. */
static bool
side_touches(struct side_hunks *by, size_t at, size_t end, int beside)
{
	const struct side_hunk *k;

	while (by->next < by->len && by->v[by->next].end[0] < at)
		by->next++;
	for (k = by->v + by->next; k < by->v + by->len && k->at[0] <= end; k++)
		if (beside == 2 || (beside == 1 && k->at[0] == k->end[0]) ||
		    (k->at[0] < end && at < k->end[0]) ||
		    (k->at[0] == at && k->end[0] == end))
			return true;
	return false;
}

/* Are all these lines changed? They are asked about in their order. */
static bool
side_covers(struct side_hunks *by, size_t at, size_t end)
{
	const struct side_hunk *k;

	while (by->next < by->len && by->v[by->next].end[0] <= at)
		by->next++;
	for (k = by->v + by->next; k < by->v + by->len && k->at[0] <= at; k++)
		at = k->end[0] > at ? k->end[0] : at;
	return at >= end;
}

/* After the question whether one touches it: is one the same? */
static bool
side_has(const struct side_hunks *by, const struct side_hunk *h)
{
	const struct side_hunk *k;

	for (k = by->v + by->next; k < by->v + by->len &&
	    k->at[0] <= h->at[0]; k++)
		if (k->at[0] == h->at[0] && k->end[0] == h->end[0] &&
		    k->hash == h->hash)
			return true;
	return false;
}

/* After that question: where the lines begin in the new text. */
static size_t
side_shift(const struct side_hunks *by, size_t at)
{
	size_t i = by->next;

	i += i < by->len && by->v[i].end[0] <= at;
	return i == 0 ? at : at - by->v[i - 1].end[0] + by->v[i - 1].end[1];
}

/* Append its lines up to this one, or skip them. */
static void
side_copy(struct buf *out, struct side_text *t, size_t to)
{
	size_t from = t->at;

	for (; t->line < to && t->at < t->b->len; t->line++)
		while (t->at < t->b->len && t->b->p[t->at++] != '\n')
			;
	if (out != NULL && from < t->at)
		(void)buf_add(out, t->b->p + from, t->at - from);
}

static size_t
side_offset(const struct buf *b, size_t line)
{
	struct side_text t = { .b = b };

	side_copy(NULL, &t, line);
	return t.at;
}

/* Does a hunk of `by` that begins or ends where `h` inserts its lines already
 * have these lines there? */
static bool
side_has_lines(const struct side_hunks *by, const struct buf *ours,
    const struct side_hunk *h, const struct buf *theirs)
{
	size_t from = side_offset(theirs, h->at[1]);
	size_t n = side_offset(theirs, h->end[1]) - from, at, end;
	const struct side_hunk *k;

	for (k = by->v + by->next; h->at[0] == h->end[0] && n > 0 &&
	    k < by->v + by->len && k->at[0] <= h->at[0]; k++) {
		if (k->at[0] != h->at[0] && k->end[0] != h->at[0])
			continue;
		at = side_offset(ours, k->at[1]);
		end = side_offset(ours, k->end[1]);
		if (end - at >= n && memcmp((k->at[0] == h->at[0] ?
		    ours->p + at : ours->p + end - n), theirs->p + from,
		    n) == 0)
			return true;
	}
	return false;
}

static int
side_pick(const struct commit_plan *p, const struct commit_side *base,
    const struct commit_side *ours, const struct commit_side *theirs,
    bool there, bool *some, struct commit_side *out, struct err *e)
{
	AUTO(side_hunks_release) struct side_hunks change = { 0 }, own = { 0 };
	AUTO(side_hunks_release) struct side_hunks all = { 0 };
	AUTO_BUF struct buf a = BUF_INIT(0), b = BUF_INIT(0), text = BUF_INIT(0);
	struct side_text onto = { .b = &a }, from = { .b = &b };
	const struct side_hunk *h;
	int beside;

	if (side_diff(p, base, theirs, &change, e) < 0 ||
	    side_diff(p, there ? theirs : base, ours, &own, e) < 0 ||
	    (there && side_diff(p, base, ours, &all, e) < 0) ||
	    side_cat(p, there ? base : ours, &a, e) < 0 ||
	    side_cat(p, theirs, &b, e) < 0)
		return -1;
	if (change.is_binary || own.is_binary)
		return 0;
	/* Nothing comes after a last line without a newline. */
	beside = (a.len > 0 && a.p[a.len - 1] != '\n') ||
	    (b.len > 0 && b.p[b.len - 1] != '\n') ? 2 : 0;
	for (h = change.v; h < change.v + change.len; h++) {
		if (side_touches(&own, h->at[there], h->end[there], beside) ||
		    (there && !side_covers(&all, h->at[0], h->end[0]))) {
			*some = *some || there || !side_has(&own, h);
			continue;
		}
		if (!there && side_has_lines(&own, &a, h, &b))
			continue;
		side_copy(&text, &onto, there ? h->at[0] :
		    side_shift(&own, h->at[0]));
		side_copy(NULL, &onto, onto.line + h->end[0] - h->at[0]);
		side_copy(NULL, &from, h->at[1]);
		side_copy(&text, &from, h->end[1]);
	}
	side_copy(&text, &onto, SIZE_MAX);
	return side_store((struct commit_plan *)(uintptr_t)p, NULL, &text, out,
	    e) < 0 ? -1 : 1;
}

int
commit_side_merge(const struct commit_plan *p, const struct commit_side *base,
    const struct commit_side *ours, const struct commit_side *theirs,
    bool there, bool *some, struct commit_side *out, struct err *e)
{
	struct commit_side got = *theirs;
	int rc = 1;

	if (commit_side_equal(ours, theirs))
		;
	else if (commit_side_equal(base, ours) || commit_side_equal(base, theirs))
		got = there ? *base : commit_side_equal(base, ours) ? *theirs :
		    *ours;
	else if (!side_is_file(base) || !side_is_file(ours) ||
	    !side_is_file(theirs))
		rc = 0;
	else {
		got.mode = (ours->mode == (there ? theirs : base)->mode ?
		    theirs : there ? base : ours)->mode;
		rc = side_pick(p, base, ours, theirs, there, some, &got, e);
	}
	if (rc == 1)
		*out = got;
	return rc;
}

/* Append the lines, in `work`, of what was applied between `before` and `after`
 * and isn't in `want`: "9, 12-14". */
static int
side_left(const struct commit_plan *p, const struct commit_side *before,
    const struct commit_side *after, const struct commit_side *want,
    const struct commit_side *work, struct buf *lines, struct err *e)
{
	AUTO(side_hunks_release) struct side_hunks change = { 0 }, all = { 0 };
	AUTO(side_hunks_release) struct side_hunks lack = { 0 }, own = { 0 };
	const struct side_hunk *h;
	size_t at, n;

	if (side_diff(p, before, after, &change, e) < 0 ||
	    side_diff(p, before, work, &all, e) < 0 ||
	    side_diff(p, after, want, &lack, e) < 0 ||
	    side_diff(p, after, work, &own, e) < 0)
		return -1;
	for (h = change.v; h < change.v + change.len; h++) {
		n = h->end[1] - h->at[1];
		/* The user has taken it back, or the commit has it? */
		if ((!side_touches(&all, h->at[0], h->end[0], 1) &&
		    (h->at[0] < h->end[0] ||
		    side_covers(&own, h->at[1], h->end[1]))) ||
		    !side_touches(&lack, h->at[1], h->end[1], n == 0 ? 2 : 0))
			continue;
		(void)side_touches(&own, h->at[1], h->end[1], 0);
		at = side_shift(&own, h->at[1]) + 1;
		if (lines->len < SIDE_LINES_MAX)
			buf_addf(lines, n > 1 ? "%s%zu-%zu" : "%s%zu",
			    lines->len > 0 ? ", " : "", at, at + n - 1);
	}
	return 1;
}

/* ---- which content each file gets ----
 *
 * HEAD's with the applied changes that are still in the work tree, and nothing
 * else. */

#define SELECT_TRIES	16	/* other changes of a file; of more, none is
				   named */

static void
select_need(struct commit_plan *p, int64_t tx)
{
	size_t i;

	for (i = 0; i < p->needed_len; i++)
		if (p->needed[i] == tx)
			return;
	GROW(p->needed, p->needed_len);
	p->needed[p->needed_len++] = tx;
}

/* The first step that is in the commit; NULL: there is none. */
static const struct commit_step *
select_first(const struct commit_file *f)
{
	size_t i;

	for (i = 0; i < f->steps_len; i++)
		if (f->steps[i].is_in)
			return &f->steps[i];
	return NULL;
}

/* Lines of it, or all of it, aren't in the commit: ": why", or the change with
 * which its lines overlap. */
static void
select_say(struct commit_plan *p, const struct commit_file *f,
    const char *lines, const char *why)
{
	bool mixed = why[0] != ':', many = strpbrk(lines, "-,") != NULL;
	struct buf *b = &p->left;

	buf_addf(b, "%snot committed: ", b->len > 0 ? "\n" : "");
	if (lines[0] != '\0')
		buf_addf(b, "line%s %s of ", many ? "s" : "", lines);
	json_path_text(b, f->path);
	buf_addf(b, "%s%s", !mixed ? "" : many ? " mix " : " mixes ", why);
	p->is_mixed = p->is_mixed || mixed;
	p->is_held = p->is_held || (mixed && f->is_renamed);
}

/* Is a folder above it a repository of its own, or the file itself one? */
static bool
select_is_foreign(const struct commit_plan *p, const struct commit_file *f)
{
	AUTO_FREE char *dir = xstrdup(f->name);
	char *slash;
	struct stat st;

	if (f->is_foreign || f->head.mode == 0160000 ||
	    f->index.mode == 0160000)
		return true;
	while ((slash = strrchr(dir, '/')) != NULL) {
		AUTO_FREE char *git = NULL;

		*slash = '\0';
		git = xasprintf("%s/%s/.git", p->top, dir);
		if (lstat(git, &st) == 0)
			return true;
	}
	return false;
}

/* HEAD's text with the applied changes, one after the other. Neighbours share a
 * content. */
static int
select_apply(struct commit_plan *p, struct commit_file *f, bool *some,
    struct err *e)
{
	struct commit_side before, after = { 0 };
	const struct fold_side *last = NULL;
	size_t i;
	int rc = 1;

	f->want = f->head;
	for (i = 0; i < f->steps_len && rc == 1; i++) {
		const struct commit_step *s = &f->steps[i];

		if (!s->is_in)
			continue;
		if (last != NULL && last->exists && s->before->exists &&
		    last->mode == s->before->mode &&
		    strcmp(last->hash, s->before->hash) == 0)
			before = after;
		else if (side_stored(p, f, s->before, &before, e) < 0)
			return -1;
		if (side_stored(p, f, s->after, &after, e) < 0)
			return -1;
		rc = commit_side_merge(p, &before, &f->want, &after, false,
		    some, &f->want, e);
		last = s->after;
	}
	return rc;
}

/* The lines that the commit hasn't; 1, or -1 with *e. */
static int
select_left(struct commit_plan *p, struct commit_file *f,
    const struct commit_side *work, struct buf *lines, struct err *e)
{
	struct commit_side before, after;
	size_t last = f->steps_len;

	while (!f->steps[--last].is_in)
		;
	buf_clear(lines);
	return side_stored(p, f, select_first(f)->before, &before,
	    e) < 0 || side_stored(p, f, f->steps[last].after, &after,
	    e) < 0 ? -1 : side_left(p, &before, &after, &f->want, work,
	    lines, e);
}

/* Less what the user has taken back, or changed again, by hand. 1, with the
 * lines that are left out; 0: nothing can be separated. */
static int
select_lines(struct commit_plan *p, struct commit_file *f,
    const struct commit_side *work, struct buf *lines, struct err *e)
{
	bool some = false, gone = false;
	int rc = select_apply(p, f, &some, e);
	const struct commit_side want = f->want;

	buf_clear(lines);
	if (rc != 1)
		return rc;
	rc = commit_side_merge(p, &f->head, work, &want, true, &gone, &f->want,
	    e);
	/* The user has staged just the applied lines: they are separate. */
	if ((rc == 0 || gone) && want.mode != 0 &&
	    commit_side_equal(&want, &f->index)) {
		f->want = want;
		return 1;
	}
	return rc == 1 && (some || gone) ? select_left(p, f, work, lines, e) :
	    rc;
}

/* The other changes that have to be in the commit, too, so that its lines can
 * be separated: 1. 0: that isn't the reason. Append what overlaps: "X with
 * change 4". */
static int
select_needed(struct commit_plan *p, struct commit_file *f,
    const struct commit_side *work, struct buf *mixes, struct err *e)
{
	AUTO_BUF struct buf lines = BUF_INIT(0);
	size_t i, k = 0, n = 0;
	int rc = 0;

	for (i = 0; i < f->steps_len; i++) {
		f->steps[i].is_tried = !f->steps[i].is_in;
		f->steps[i].is_in = true;
		n += f->steps[i].is_tried;
	}
	if (n > 0 && n <= SELECT_TRIES)
		rc = select_lines(p, f, work, &lines, e);
	if (rc != 1 || lines.len > 0) {
		buf_addf(mixes, "your edit%s with an accepted one",
		    n > SELECT_TRIES ? " or another change" : "");
		for (i = 0; i < f->steps_len; i++)
			f->steps[i].is_in = !f->steps[i].is_tried;
		return rc < 0 ? -1 : 0;
	}
	/* Without each of them in turn, the newest first. */
	for (i = f->steps_len, n = 0; i-- > 0;) {
		if (!f->steps[i].is_tried)
			continue;
		f->steps[i].is_in = false;
		if ((rc = select_lines(p, f, work, &lines, e)) < 0)
			return -1;
		n += f->steps[i].is_in = rc == 0 || lines.len > 0;
	}
	for (i = 0; i < f->steps_len; i++) {
		if (!f->steps[i].is_tried || !f->steps[i].is_in)
			continue;
		buf_addf(mixes, "%s%lld", k > 0 ? k + 1 == n ? " and " : ", " :
		    n == 1 ? "what you chose with change " :
		    "what you chose with changes ",
		    (long long)f->steps[i].tx);
		k++;
		select_need(p, f->steps[i].tx);
	}
	return n > 0;
}

/* An entry that only says that the file will be added counts as none. */
static const struct commit_side *
select_staged(const struct commit_file *f)
{
	return f->head.mode == 0 && f->index.mode != 0 &&
	    (strncmp(f->index.oid, "e69de29bb2d1", 12) == 0 ||
	    strncmp(f->index.oid, "473a0f4c3be8", 12) == 0) ? &f->head :
	    &f->index;
}

/* 1: it is in the commit; 0: it isn't; -1 with *e. */
static int
select_file(struct commit_plan *p, struct commit_file *f, bool whole,
    struct err *e)
{
	AUTO_BUF struct buf mixes = BUF_INIT(0), lines = BUF_INIT(0);
	struct commit_side work, before;
	bool some = false;
	int rc, needed;

	if (select_is_foreign(p, f)) {
		select_say(p, f, "", ": in another repository; commit it "
		    "there");
		return 0;
	}
	if (side_stored(p, f, &f->work, &work, e) < 0 ||
	    side_stored(p, f, select_first(f)->before, &before, e) < 0)
		return -1;
	if (commit_side_equal(&work, &f->head))
		return 0;
	if (f->is_ignored) {
		select_say(p, f, "", ": git ignores it");
		return 0;
	}
	rc = select_lines(p, f, &work, &lines, e);
	/* Neither in HEAD nor in the file: nothing to commit. */
	if (rc == 0 && commit_side_equal(&before, &work))
		return 0;
	if (rc < 0)
		return -1;
	if (rc == 1 && lines.len == 0 && commit_side_equal(&f->want, &f->head))
		return 0;
	if (whole) {
		f->has_own = rc == 0 || !commit_side_equal(&f->want, &work);
		f->want = f->after = work;
		return 1;
	}
	if (rc == 0 && work.mode == 0 && f->index.mode == 0) {
		select_say(p, f, "", ": you have removed or renamed it; "
		    "commit that with git");
		return 0;
	}
	if (rc == 0 && f->head.mode != 0 && select_first(f) != NULL &&
	    !select_first(f)->before->exists)
		buf_adds(&mixes, "HEAD's file with an accepted new one");
	else if (rc == 0 || lines.len > 0) {
		needed = select_needed(p, f, &work, &mixes, e);
		if (needed > 0)
			select_say(p, f, buf_str(&lines), buf_str(&mixes));
		if (needed != 0)
			return needed < 0 ? -1 : 0;
		if (rc == 1)
			rc = select_lines(p, f, &work, &lines, e);
	}
	if (rc == 1)
		rc = commit_side_merge(p, &f->head, select_staged(f), &f->want,
		    false, &some, &f->after, e);
	/* Only what of it could be added to the index. */
	if (rc == 1 && some && (rc = commit_side_merge(p, select_staged(f),
	    &f->head, &f->after, false, &some, &f->want, e)) == 1)
		rc = select_left(p, f, &work, &lines, e);
	if (rc == 0 || lines.len > 0) {
		select_say(p, f, buf_str(&lines), mixes.len > 0 ?
		    buf_str(&mixes) : "what you have staged with an accepted "
		    "edit");
		p->is_stuck = f->is_part = true;
	}
	return rc == 1 ? !commit_side_equal(&f->want, &f->head) : rc;
}

int
commit_side_select(struct commit_plan *p, bool whole, struct err *e)
{
	size_t i;
	int rc = 1;

	if (commit_side_load(p, true, e) < 0)
		return -1;
	for (i = 0; i < p->len && rc >= 0; i++) {
		rc = select_file(p, &p->files[i], whole, e);
		p->files[i].is_out = rc == 0;
	}
	return rc < 0 ? -1 : 0;
}
