#include "config.h"

#include "core/source/source.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/dotgit.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "git/git-run.h"
#include "store/blob.h"

#define SOURCE_LOAD_MAX	HUNK_MAX_BYTES	/* contents that are read at once */
#define SOURCE_ALL_MAX	((int64_t)512 << 20)	/* and of all that is new */
#define SOURCE_NAMES_MAX ((size_t)64 << 20)	/* of the changes */
#define SOURCE_COMMIT	"Subproject commit "	/* as git diff shows a submodule */
#define SOURCE_DEPTH	100	/* folders, as in a copy */

/* An object of git's that is in the store. */
struct source_known {
	char	*oid;			/* the key */
	int64_t	 size;
	char	 hash[SHA256_HEX_SIZE];	/* "": it is too large to look at */
};

/* Git with new objects in our own folder. What is only read needs no program of
 * the repository's. */
static struct git_run
source_git(const struct source *s, const struct buf *in, struct buf *out)
{
	return (struct git_run){ .dir = s->root, .trusts_repo = !s->reads,
		.lazy = true, .index = s->copy, .objects = s->objects, .in = in,
		.out = out };
}

static char *
source_ask(const char *dir, const char *word, struct err *e)
{
	return git_run_line(&(const struct git_run){ .dir = dir,
	    .trusts_repo = true }, GIT_WORDS("rev-parse", word), e);
}

/* One process of a session at a time: what a killed one has started, which holds
 * the lock, too, may still write. */
static int
source_lock(struct source *s, struct err *e)
{
	s->lock = open(s->scratch, O_RDONLY | O_DIRECTORY);
	return s->lock < 0 || flock(s->lock, LOCK_EX) < 0 ?
	    err_sys(e, "can't lock %s", s->scratch) : 0;
}

int
source_open(struct source *s, struct err *e)
{
	AUTO_FREE char *objects = NULL, *info = NULL, *alternate = NULL;
	AUTO_FREE char *root = fs_realpath(s->root);
	AUTO_CLOSE int fd = -1;

	s->scratch = fs_join(s->dir, "review");
	s->copy = fs_join(s->scratch, "index");
	s->objects = fs_join(s->scratch, "objects");
	info = fs_join(s->objects, "info");
	if (fs_mkdirs(info, 0700, e) < 0 || source_lock(s, e) < 0)
		return -1;
	s->top = source_ask(s->root, "--show-toplevel", e);
	/* core.worktree may be a folder of the user's. */
	if (s->top != NULL && !fs_is_below(root != NULL ? root : s->root,
	    s->top))
		return err_set(e, "git's work tree is elsewhere: %s", s->top);
	s->prefix = s->top == NULL ? NULL : source_ask(s->root, "--show-prefix",
	    e);
	if (s->prefix == NULL || index_file_find(&s->index, s->root, s->id,
	    e) < 0 || (objects = git_state_path(s->root, "objects", e)) == NULL)
		return -1;
	alternate = xasprintf("%s\n", objects);
	fd = open(info, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fs_replace(fd, "alternates", alternate, strlen(alternate), 0600,
	    e);
}

void
source_release(struct source *s)
{
	index_file_release(&s->index);
	FREE_ALL(s->top, s->prefix, s->scratch, s->copy, s->objects);
	pathmap_release(&s->known);
	fs_close(s->lock);
}

/* ---- what changed ---- */

struct source_side {
	struct stage_side	*to;
	char			 oid[65];
};

/* -1 with the first file that git couldn't merge. */
static int
source_merged(const struct source *s, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(0), name = BUF_INIT(0);
	const struct git_run g = source_git(s, NULL, &out);
	const char *tab;

	if (git_run_ok(&g, GIT_WORDS("ls-files", "-u", "-z"), e) < 0)
		return -1;
	tab = strchr(buf_str(&out), '\t');
	if (tab == NULL)
		return 0;
	json_path_text(&name, tab + 1);
	return err_set(e, "%s has conflicts: resolve them first (git status)",
	    buf_str(&name));
}

/* The tree of the copy of the index; malloc'ed. */
static char *
source_tree(const struct source *s, struct err *e)
{
	const struct git_run g = source_git(s, NULL, NULL);

	return git_run_line(&g, GIT_WORDS("write-tree"), e);
}

/* The tree of the user's index, which is copied. */
static char *
source_staged(const struct source *s, struct err *e)
{
	AUTO_FREE char *lock = xasprintf("%s.lock", s->copy);

	/* A git that was killed left this lock; the copy is ours alone. */
	(void)unlink(lock);
	return index_file_copy(&s->index, s->copy, e) < 0 ||
	    source_merged(s, e) < 0 ? NULL : source_tree(s, e);
}

/* The tree of the index, and the one after git add -A in the copy. */
static int
source_own(const struct source *s, char **before, char **after, struct err *e)
{
	const struct git_run g = source_git(s, NULL, NULL);
	AUTO_BUF struct buf said = BUF_INIT(1 << 16);
	int rc;

	if ((*before = source_staged(s, e)) == NULL)
		return -1;
	/* Its objects are ours alone, and hooks are for the user's index. */
	rc = git_run(&g, GIT_WORDS("-c", "core.hooksPath=/dev/null", "-c",
	    "core.safecrlf=false", "-c",
	    "core.splitIndex=false", "-c", "core.fsync=none", "-c",
	    "core.compression=0", "add", "-A", "--ignore-errors", "--",
	    "."), &said, e);
	/* 1: some file can't be read. */
	if (rc < 0 || rc > 1)
		return rc < 0 ? -1 : err_set(e, "git add: %s", buf_str(&said));
	*after = source_tree(s, e);
	return *after == NULL ? -1 : 0;
}

/* The two that a reading review compares. */
static int
source_range(const struct source *s, const cJSON *review, char **before,
    char **after, struct err *e)
{
	const char *to = json_str(review, "to");

	*before = xstrdup(json_str_or(review, "from", ""));
	*after = to != NULL ? xstrdup(to) : source_staged(s, e);
	return *after == NULL ? -1 : git_is_hash(*before) &&
	    git_is_hash(*after) ? 0 : err_set(e, "the session names no commit");
}

/* The differences to review, as git diff-tree prints them. */
static int
source_differences(struct source *s, struct buf *out, struct err *e)
{
	const cJSON *review = s->review;
	AUTO_FREE const char **paths = json_strings(json_array(review, "paths"),
	    NULL);
	AUTO_FREE char *before = NULL, *after = NULL;
	AUTO_FREE const char **args = NULL;
	struct git_run from = source_git(s, NULL, out);
	AUTO_BUF struct buf said = BUF_INIT(1 << 16);
	size_t n = 0, i;
	int rc;

	from.bounded = true;
	if ((s->reads ? source_range(s, review, &before, &after, e) :
	    source_own(s, &before, &after, e)) < 0)
		return -1;
	while (paths[n] != NULL)
		n++;
	args = xcalloc(n + 14, sizeof(*args));
	memcpy(args, GIT_WORDS("diff-tree", "-r", "-z", "--raw",
	    "--no-renames", "--no-abbrev", "--no-ext-diff", "--no-textconv",
	    s->reads ? "--ignore-submodules=none" : "-r", before, after,
	    "--"), 12 * sizeof(*args));
	for (i = 0; i < n; i++)
		args[12 + i] = paths[i];
	if (n == 0)
		args[12] = ".";
	else
		from.dir = s->cwd;
	rc = git_run(&from, args, &said, e);
	if (rc == 128 + SIGXFSZ || (rc == 128 &&
	    strcasestr(buf_str(&said), "out of memory") != NULL))
		return err_set(e, "too many files changed");
	return rc > 0 ? err_set(e, "git diff-tree: %s", buf_str(&said)) : rc;
}

/* The change that the next two words of `git diff-tree` name; in `sides` its
 * contents. NULL with *e. */
static const char *
source_change(const struct source *s, const char *at, const char *end,
    struct stage_change *to, struct source_side sides[2], struct err *e)
{
	size_t skip = strlen(s->prefix);
	const char *name = at + strlen(at) + 1;

	if (name >= end || sscanf(at, ":%o %o %64[0-9a-f] %64[0-9a-f]",
	    &to->before.mode, &to->after.mode, sides[0].oid, sides[1].oid) !=
	    4 || strncmp(name, s->prefix, skip) != 0) {
		err_set(e, "can't understand what git printed");
		return NULL;
	}
	to->path = xstrdup(name + skip);
	to->before.exists = to->before.mode != 0;
	to->after.exists = to->after.mode != 0;
	return name + strlen(name) + 1;
}

/* Find the objects' sizes, which are added to what is known. */
static int
source_sizes(struct source *s, const struct buf *oids, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = source_git(s, oids, &out);
	char *at, *line, oid[65];
	long long size;

	if (git_run_ok(&g, GIT_WORDS("cat-file",
	    "--batch-check=%(objectname) %(objectsize)"), e) < 0)
		return -1;
	/* Line by line: sscanf measures the whole text it gets. */
	for (at = out.p; (line = strsep(&at, "\n")) != NULL && *line != '\0';) {
		if (sscanf(line, "%64[0-9a-f] %lld", oid, &size) != 2)
			return err_set(e, "git lacks the object %.64s", line);
		((struct source_known *)pathmap_add(&s->known,
		    oid, sizeof(struct source_known)))->size = size;
	}
	return 0;
}

/* Store these contents, which git prints one after another. */
static int
source_load(struct source *s, const struct buf *oids, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = source_git(s, oids, &out);
	struct source_known *k;
	char *at, *end, *line, oid[65];

	if (oids->len == 0)
		return 0;
	if (git_run_ok(&g, GIT_WORDS("cat-file", "--batch"), e) < 0 ||
	    blob_batch(s->blobs, true, e) < 0)
		return -1;
	for (at = out.p, end = at + out.len; at < end; at += k->size + 1) {
		line = strsep(&at, "\n");
		k = sscanf(line, "%64[0-9a-f] blob ", oid) != 1 ? NULL :
		    pathmap_find(&s->known, oid);
		if (k == NULL || at == NULL || end - at <= k->size) {
			err_set(e, "can't understand what git printed");
			break;
		}
		if (blob_put(s->blobs, at, (size_t)k->size, k->hash, e) < 0)
			break;
	}
	return blob_batch(s->blobs, false, e) < 0 || err_is_set(e) ? -1 : 0;
}

/* Have all of these contents in the store, but those that are too large. */
static int
source_contents(struct source *s, struct source_side *v, size_t n,
    struct err *e)
{
	struct pathmap *known = &s->known;
	AUTO_BUF struct buf oids = BUF_INIT(0);
	struct source_known *k;
	int64_t sum = 0, all = 0;
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].to->exists && v[i].to->mode != SOURCE_MODULE &&
		    pathmap_find(known, v[i].oid) == NULL)
			buf_addf(&oids, "%s\n", v[i].oid);
	if (oids.len > 0 && source_sizes(s, &oids, e) < 0)
		return -1;
	buf_clear(&oids);
	for (i = 0; i < n; i++) {
		k = pathmap_find(known, v[i].oid);
		if (k == NULL || k->hash[0] != '\0' ||
		    k->size > (int64_t)HUNK_MAX_BYTES ||
		    all + k->size > SOURCE_ALL_MAX)
			continue;
		all += k->size;
		if (sum + k->size > (int64_t)SOURCE_LOAD_MAX) {
			if (source_load(s, &oids, e) < 0)
				return -1;
			buf_clear(&oids);
			sum = 0;
		}
		sum += k->size;
		buf_addf(&oids, "%s\n", v[i].oid);
	}
	return source_load(s, &oids, e);
}

/* False: it is too large. */
static bool
source_fill(const struct source *s, struct source_side *v)
{
	const struct source_known *k = pathmap_find(&s->known,
	    v->oid);
	AUTO_FREE char *text = NULL;

	if (!v->to->exists)
		return true;
	if (v->to->mode == SOURCE_MODULE) {
		text = xasprintf(SOURCE_COMMIT "%s\n", v->oid);
		v->to->size = (int64_t)strlen(text);
		return blob_put(s->blobs, text, strlen(text), v->to->hash,
		    NULL) == 0;
	}
	if (k == NULL || k->hash[0] == '\0')
		return false;
	memcpy(v->to->hash, k->hash, sizeof(k->hash));
	v->to->size = k->size;
	return true;
}

/* Git doesn't check out such a name, but a stranger's tree may have it. */
static bool
source_is_name(const char *path)
{
	AUTO_FREE char *all = xasprintf("/%s/", path);

	return strstr(all, "//") == NULL && strstr(all, "/./") == NULL &&
	    strstr(all, "/../") == NULL && !dotgit_in_path(path);
}

static bool
source_is_deep(const char *path)
{
	int n = 0;

	while (n <= SOURCE_DEPTH && (path = strchr(path, '/')) != NULL) {
		path++;
		n++;
	}
	return n > SOURCE_DEPTH;
}

static void
source_refuse(struct stage_scan *scan, struct stage_change *change,
    const char *why)
{
	*GROW_ADD(scan->refused, scan->refused_len) = (struct stage_named){
		.path = change->path, .why = xstrdup(why) };
	change->path = NULL;
}

int
source_scan(struct source *s, struct stage_scan *scan, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(SOURCE_NAMES_MAX);
	AUTO_FREE struct source_side *sides = NULL;
	const char *at, *end;
	size_t n = 0, i;
	int rc = 0;

	if (source_differences(s, &out, e) < 0)
		return -1;
	for (at = buf_str(&out), end = at + out.len; at < end; at++)
		n += *at == '\0';
	n /= 2;
	scan->changes = xcalloc(n + 1, sizeof(*scan->changes));
	sides = xcalloc(2 * n + 1, sizeof(*sides));
	for (at = buf_str(&out), i = 0; at != NULL && at < end; i++) {
		scan->changes_len++;
		sides[2 * i].to = &scan->changes[i].before;
		sides[2 * i + 1].to = &scan->changes[i].after;
		at = source_change(s, at, end, &scan->changes[i],
		    sides + 2 * i, e);
	}
	if (at == NULL || source_contents(s, sides, 2 * n, e) < 0)
		rc = -1;
	for (i = n = 0; rc == 0 && i < scan->changes_len; i++)
		if (!source_is_name(scan->changes[i].path))
			source_refuse(scan, &scan->changes[i], "git never "
			    "checks out this name");
		else if (source_is_deep(scan->changes[i].path))
			source_refuse(scan, &scan->changes[i],
			    "folders nested too deep");
		else if (source_fill(s, &sides[2 * i]) &&
		    source_fill(s, &sides[2 * i + 1]))
			scan->changes[n++] = scan->changes[i];
		else
			source_refuse(scan, &scan->changes[i], s->reads ?
			    "too large to show" :
			    "too large to show; git add stages it");
	if (rc == 0)
		scan->changes_len = n;
	MEM_SORT(scan->changes, scan->changes_len);
	for (i = 1; rc == 0 && i < scan->changes_len; i++)
		if (strcmp(scan->changes[i].path, scan->changes[i -
		    1].path) == 0)
			rc = err_set(e, "%s is in a damaged folder: see git "
			    "fsck", scan->changes[i].path);
	return rc;
}

/* ---- what is accepted ---- */

/* The object of this side: to be made, or of a submodule its text. */
static int
source_side(const struct source *s, const struct stage_side *side,
    struct index_contents *new, struct index_side *to, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *line;

	if (!side->exists)
		return 0;
	to->mode = side->mode;
	if (blob_get(s->blobs, side->hash, &b, e) < 0)
		return -1;
	if (side->mode != SOURCE_MODULE)
		return index_contents_write(new, &b, to, e);
	line = buf_str(&b);
	if (strncmp(line, SOURCE_COMMIT, strlen(SOURCE_COMMIT)) == 0)
		line += strlen(SOURCE_COMMIT);
	snprintf(to->oid, sizeof(to->oid), "%.*s", (int)strcspn(line, "\n"),
	    line);
	return git_is_hash(to->oid) ? 0 : err_set(e, "\"%.80s\" is no commit "
	    "of a submodule", to->oid);
}

/* Make the objects in the user's repository, and the entries, whose names the
 * caller frees. */
static int
source_entries(const struct source *s, const struct apply_op *ops, size_t n,
    struct index_entry *v, struct err *e)
{
	AUTO(index_contents_release) struct index_contents new = {
		.dir = s->scratch };
	size_t i;

	for (i = 0; i < n; i++)
		v[i].name = xasprintf("%s%s", s->prefix, ops[i].path);
	for (i = 0; i < n; i++)
		if (source_side(s, &ops[i].before, &new, &v[i].was, e) < 0 ||
		    source_side(s, &ops[i].after, &new, &v[i].now, e) < 0)
			return -1;
	return index_contents_store(&new, s->top, e);
}

int
source_fits(const struct source *s, const struct apply_op *ops, size_t n,
    bool committed, struct err *e)
{
	AUTO_FREE struct index_entry *v = xcalloc(n + 1, sizeof(*v));
	AUTO_BUF struct buf name = BUF_INIT(0);
	size_t i;
	int rc = source_entries(s, ops, n, v, e) < 0 ||
	    index_file_check(s->top, v, n, committed, e) < 0 ? -1 : 0;

	for (i = 0; i < n; i++) {
		if (rc == 0 && (v[i].stale || v[i].committed)) {
			json_path_text(&name, ops[i].path);
			rc = v[i].committed ? err_set(e, "%s is committed",
			    buf_str(&name)) : err_set(e, "%s changed in the "
			    "index since it was staged: git restore --staged "
			    "%s takes all of it out", buf_str(&name),
			    buf_str(&name));
		}
		free(v[i].name);
	}
	return rc;
}

void
source_stage(struct source *s, struct apply_op *ops, size_t n)
{
	AUTO_FREE struct index_entry *v = xcalloc(n + 1, sizeof(*v));
	struct err e = ERR_INIT;
	size_t i;
	int rc;

	if ((rc = source_entries(s, ops, n, v, &e)) == 0) {
		/* A core of this session that died left this lock. */
		if (index_file_is_locked(&s->index, NULL) > 0)
			(void)unlink(s->index.lock);
		rc = index_file_change(&s->index, s->top, v, n, &e);
	}
	for (i = 0; i < n; i++) {
		free(v[i].name);
		ops[i].done = rc == 0;
		ops[i].changed_on_disk = v[i].stale;
		ops[i].text = ops[i].done ? NULL : xstrdup(v[i].stale ?
		    "what is staged changed since it was shown" :
		    v[i].blocked ? "the index has a file and a folder of one "
		    "name then: stage what is deleted there, too" : rc > 0 ?
		    "not staged, since another file can't be" : e.text);
	}
}

/* ---- what is discarded ---- */

int
source_checked_out(const struct source *s, const char *path,
    const struct stage_side *side, struct stage_side *to, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0), out = BUF_INIT(0);
	AUTO_FREE char *oid = NULL, *name = xasprintf("--path=%s%s",
	    s->prefix, path);
	struct git_run g = source_git(s, &b, NULL);

	*to = *side;
	if (!side->exists || !S_ISREG(side->mode))
		return 0;
	g.dir = s->top;
	if (blob_get(s->blobs, side->hash, &b, e) < 0 || (oid = git_run_line(&g,
	    GIT_WORDS("hash-object", "-w", "--no-filters", "--stdin"), e)) ==
	    NULL)
		return -1;
	g.in = NULL;
	g.out = &out;
	if (git_run_ok(&g, GIT_WORDS("cat-file", "--filters", name, oid),
	    e) < 0)
		return -1;
	to->size = (int64_t)out.len;
	return blob_put(s->blobs, buf_str(&out), out.len, to->hash, e);
}
