#include "config.h"

#include "cmd/commit/commit-side.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "cmd/commit/commit-blobs.h"

#define LOAD_NAMES	200	/* in one command line */

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
	f = commit_plan_file(p, tab + 1);
	if (f == NULL)
		return 0;	/* below it */
	if (stage != 0)
		return err_set(e, "%s has a merge conflict: resolve it first",
		    f->path);
	if (s.mode == 040000)
		s.mode = 0;
	*(is_head ? &f->head : &f->index) = s;
	return 0;
}

static int
side_load_some(struct commit_plan *p, size_t from, size_t to, bool is_head,
    struct err *e)
{
	static const char *const head[] = { "ls-tree", "-z", "HEAD", "--" };
	static const char *const staged[] = { "ls-files", "-s", "-z", "--" };
	const char *args[LOAD_NAMES + 5];
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, NULL, &out);
	const char *at, *end;
	size_t i;

	memcpy(args, is_head ? head : staged, sizeof(head));
	for (i = from; i < to; i++)
		args[4 + i - from] = p->files[i].name;
	args[4 + to - from] = NULL;
	if (git_run_ok(&g, args, e) < 0)
		return -1;
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1)
		if (side_take_entry(p, at, is_head, e) < 0)
			return -1;
	return 0;
}

int
commit_side_load(struct commit_plan *p, struct err *e)
{
	size_t i, to;

	for (i = 0; i < p->len; i = to) {
		to = i + LOAD_NAMES < p->len ? i + LOAD_NAMES : p->len;
		if ((p->head != NULL && side_load_some(p, i, to, true,
		    e) < 0) || side_load_some(p, i, to, false, e) < 0)
			return -1;
	}
	return 0;
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
	const char *args[] = { "check-attr", "-z", "text", "eol", "filter", "--",
		f->name, NULL };
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, NULL, &b);
	const char *v[3] = { "", "", "" }, *at, *end;
	size_t i;

	f->is_raw_known = true;
	if (!side_is_file(&f->index))
		return 0;
	if (side_cat(p, &f->index, &b, e) < 0)
		return -1;
	if (b.len == 0 || memmem(b.p, b.len, "\r\n", 2) == NULL)
		return 0;
	buf_clear(&b);
	if (git_run_ok(&g, args, e) < 0)
		return -1;
	/* NAME, attribute, value, three times. */
	for (i = 0, at = buf_str(&b), end = at + b.len; at < end;
	    at += strlen(at) + 1, i++)
		if (i < 9 && i % 3 == 2)
			v[i / 3] = at;
	f->is_raw = (strcmp(v[0], "auto") == 0 ||
	    (strcmp(v[0], "unspecified") == 0 &&
	    strcmp(v[1], "unspecified") == 0)) &&
	    (strcmp(v[2], "unspecified") == 0 || strcmp(v[2], "unset") == 0);
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

int
commit_side_stored(struct commit_plan *p, struct commit_file *f,
    const struct fold_side *from, struct commit_side *s, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *path = NULL;
	const char *id;

	memset(s, 0, sizeof(*s));
	if (!from->exists)
		return 0;
	s->mode = side_mode(p, f, from->mode);
	if ((id = commit_blobs_find(p, f, from)) != NULL) {
		memcpy(s->oid, id, sizeof(s->oid));
		return 0;
	}
	path = fs_join(p->scratch, from->hash);
	if (fs_read_file(AT_FDCWD, path, &b, e) < 0)
		return -1;
	return side_store(p, f, &b, s, e);
}

/* ---- merging ---- */

/* In the scratch folder: the text of a merge with conflicts. */
#define SIDE_CONFLICT	"conflict"

static int
side_put(const struct commit_plan *p, const struct buf *b, const char *name,
    struct err *e)
{
	AUTO_CLOSE int dir = open(p->scratch,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? err_sys(e, "can't open %s", p->scratch) :
	    fs_replace(dir, name, buf_str(b), b->len, 0600, e);
}

static int
side_write(const struct commit_plan *p, const struct commit_side *s,
    const char *name, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	return side_cat(p, s, &b, e) < 0 ? -1 : side_put(p, &b, name, e);
}

static int
side_merge_text(const struct commit_plan *p, const struct commit_side *base,
    const struct commit_side *ours, const struct commit_side *theirs,
    struct commit_side *out, struct err *e)
{
	AUTO_FREE char *a = fs_join(p->scratch, "ours");
	AUTO_FREE char *b = fs_join(p->scratch, "base");
	AUTO_FREE char *c = fs_join(p->scratch, "theirs");
	const char *args[] = { "merge-file", "-p", "-q", a, b, c, NULL };
	AUTO_BUF struct buf text = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, NULL, &text);
	int rc;

	if (side_write(p, ours, "ours", e) < 0 ||
	    side_write(p, base, "base", e) < 0 ||
	    side_write(p, theirs, "theirs", e) < 0 ||
	    (rc = git_run(&g, args, NULL, e)) < 0)
		return -1;
	/* More than 127: it isn't text. */
	if (rc != 0)
		return side_put(p, &text, SIDE_CONFLICT, e);
	return side_store((struct commit_plan *)(uintptr_t)p, NULL, &text, out,
	    e) < 0 ? -1 : 1;
}

int
commit_side_merge(const struct commit_plan *p, const struct commit_side *base,
    const struct commit_side *ours, const struct commit_side *theirs,
    struct commit_side *out, struct err *e)
{
	AUTO_FREE char *conflict = fs_join(p->scratch, SIDE_CONFLICT);
	struct commit_side got = { 0 };
	const char *id = NULL;
	int rc = 1;

	(void)unlink(conflict);
	if (commit_side_equal(base, ours))
		got = *theirs;
	else if (commit_side_equal(base, theirs) ||
	    commit_side_equal(ours, theirs))
		got = *ours;
	else if (!side_is_file(base) || !side_is_file(ours) ||
	    !side_is_file(theirs))
		rc = 0;
	else {
		got.mode = base->mode == ours->mode ? theirs->mode :
		    ours->mode;
		if (strcmp(base->oid, ours->oid) == 0)
			id = theirs->oid;
		else if (strcmp(base->oid, theirs->oid) == 0 ||
		    strcmp(ours->oid, theirs->oid) == 0)
			id = ours->oid;
		if (id != NULL)
			memcpy(got.oid, id, sizeof(got.oid));
		else
			rc = side_merge_text(p, base, ours, theirs, &got, e);
	}
	if (rc == 1)
		*out = got;
	return rc;
}

/* The lines of the first conflict that are `theirs`; NULL if that isn't clear,
 * as where a line looks like a marker. */
static const char *
side_conflict_lines(const struct commit_plan *p, const char *text, size_t *n)
{
	AUTO_FREE char *begin = xasprintf("<<<<<<< %s/ours\n", p->scratch);
	AUTO_FREE char *end = xasprintf(">>>>>>> %s/theirs\n", p->scratch);
	const char *from = strstr(text, begin), *to, *line, *mid = NULL;

	if (from == NULL || (to = strstr(from, end)) == NULL)
		return NULL;
	for (line = from; line < to; line = strchr(line, '\n') + 1) {
		if (strncmp(line, "=======\n", 8) != 0)
			continue;
		if (mid != NULL)
			return NULL;
		mid = line + 8;
	}
	*n = mid == NULL ? 0 : (size_t)(to - mid);
	return mid;
}

size_t
commit_side_conflict(const struct commit_plan *p,
    const struct commit_side *work)
{
	AUTO_FREE char *path = fs_join(p->scratch, SIDE_CONFLICT);
	AUTO_BUF struct buf merged = BUF_INIT(0), b = BUF_INIT(0);
	const char *lines, *at, *found = NULL;
	size_t n, line = 1;

	if (!side_is_file(work) ||
	    fs_read_file(AT_FDCWD, path, &merged, NULL) < 0 ||
	    side_cat(p, work, &b, NULL) < 0)
		return 0;
	lines = side_conflict_lines(p, buf_str(&merged), &n);
	if (lines == NULL || n == 0)
		return 0;
	for (at = buf_str(&b); *at != '\0'; at++) {
		if ((at != b.p && at[-1] != '\n') ||
		    strncmp(at, lines, n) != 0)
			continue;
		if (found != NULL)
			return 0;	/* there twice */
		found = at;
	}
	for (at = b.p; found != NULL && at < found; at++)
		line += *at == '\n';
	return found == NULL ? 0 : line;
}
