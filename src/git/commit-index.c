/*
 * The temporary index that git commits from, and the user's own, which gets the
 * same lines after. As with git commit -a, index.lock is there from before HEAD
 * moves: no other program can commit or stage meanwhile.
 */
#include "config.h"

#include "git/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "git/git-run.h"

#define INDEX_TRIES	10		/* for the lock ... */
#define INDEX_WAIT	100		/* ... with this pause, in ms */

/* ---- files ---- */

/* A new file with these bytes and mode. */
static int
index_write(const char *path, const struct buf *b, mode_t mode, struct err *e)
{
	AUTO_CLOSE int fd = -1;

	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(e, "can't remove %s", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || fs_write_all(fd, buf_str(b), b->len) < 0 ||
	    fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return err_sys(e, "can't write %s", path);
	return 0;
}

/* The user's index; if there is none, git makes one. */
static int
index_copy(const struct commit_plan *p, const char *to, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct stat st;

	if (stat(p->index, &st) < 0)
		return unlink(to) == 0 || errno == ENOENT ? 0 :
		    err_sys(e, "can't remove %s", to);
	return fs_read_file(AT_FDCWD, p->index, &b, e) < 0 ? -1 :
	    index_write(to, &b, st.st_mode & 0777, e);
}

static char *
index_lock_path(const struct commit_plan *p)
{
	return xasprintf("%s.lock", p->index);
}

/* The id of the session, whose folder has the scratch folder. */
static char *
index_session(const struct commit_plan *p)
{
	AUTO_FREE char *dir = xstrdup(p->scratch);
	char *end = strrchr(dir, '/'), *id;

	if (end != NULL)
		*end = '\0';
	id = strrchr(dir, '/');
	return xstrdup(id == NULL ? dir : id + 1);
}

/* Beside the index: two sessions may commit at once. */
static char *
index_place_path(const struct commit_plan *p)
{
	AUTO_FREE char *id = index_session(p);

	return xasprintf("%s.assent-%s", p->index, id);
}

/* ---- entries ---- */

int
commit_index_list(const struct commit_plan *p, const char *index,
    struct buf *out, struct err *e)
{
	static const char *const args[] = { "ls-files", "-s", "-t", "-z", NULL };
	const struct git_run g = commit_plan_git(p, index, NULL, out);

	return git_run_ok(&g, args, e);
}

static void
index_add_entry(struct buf *b, const char *name, const struct commit_side *s,
    const char *any_oid)
{
	/* As many digits as git's names have here. */
	if (s->mode == 0)
		buf_addf(b, "0 %0*d\t", (int)strlen(any_oid), 0);
	else
		buf_addf(b, "%o %s\t", s->mode, s->oid);
	(void)buf_add(b, name, strlen(name) + 1);
}

/* The files in the index file `index`, which has them as in HEAD, become what is
 * wanted: all that go first, so that a file can come where a folder was. */
static int
index_update(const struct commit_plan *p, const char *index, struct err *e)
{
	static const char *const args[] = { "update-index", "-z", "--index-info",
		NULL };
	AUTO_BUF struct buf in = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, index, &in, NULL);
	const struct commit_file *f;
	int adds;

	for (adds = 0; adds < 2; adds++)
		for (f = p->files; f < p->files + p->len; f++)
			if (!commit_side_equal(&f->want, &f->head) &&
			    (f->want.mode != 0) == adds)
				index_add_entry(&in, f->name, &f->want,
				    f->head.oid);
	return in.len == 0 ? 0 : git_run_ok(&g, args, e);
}

static int
index_make_temp(struct commit_plan *p, struct err *e)
{
	static const char *const head[] = { "read-tree", "-i", "-m", "HEAD",
		NULL };
	static const char *const empty[] = { "read-tree", "--empty", NULL };
	static const char *const write[] = { "write-tree", NULL };
	AUTO_FREE char *path = fs_join(p->scratch, COMMIT_INDEX);
	const struct git_run g = commit_plan_git(p, path, NULL, NULL);

	if (index_copy(p, path, e) < 0 ||
	    git_run_ok(&g, p->head == NULL ? empty : head, e) < 0 ||
	    index_update(p, path, e) < 0)
		return -1;
	FREE_SET(p->tree, git_run_line(&g, write, e));
	return p->tree == NULL ? -1 : 0;
}

static char *
index_tree_of(const struct commit_plan *p, const char *commit, struct err *e)
{
	AUTO_FREE char *name = xasprintf("%s^{tree}", commit);
	const char *args[] = { "rev-parse", "--verify", "-q", name, NULL };
	const struct git_run g = commit_plan_git(p, NULL, NULL, NULL);

	return git_run_line(&g, args, e);
}

/* The files in which the tree differs from HEAD:
 * ":MODE MODE ID ID X\0NAME\0". */
static int
index_changes(const struct commit_plan *p, const char *to,
    struct commit_plan *changed, struct err *e)
{
	static const char *const empty[] = { "mktree", NULL };
	AUTO_BUF struct buf none = BUF_INIT(0), out = BUF_INIT(0);
	const struct git_run make = commit_plan_git(p, NULL, &none, NULL);
	const struct git_run g = commit_plan_git(p, NULL, NULL, &out);
	AUTO_FREE char *from = p->head == NULL ? git_run_line(&make, empty, e) :
	    index_tree_of(p, p->head, e);
	const char *args[] = { "diff-tree", "-r", "-z", "--raw", "--no-renames",
		"--no-abbrev", "--no-ext-diff", "--end-of-options", from,
		to, NULL };
	const char *at, *end;
	struct commit_file *f;

	if (from == NULL || to == NULL || git_run_ok(&g, args, e) < 0)
		return -1;
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1) {
		f = commit_plan_add(changed, NULL, NULL);
		if (sscanf(at, ":%o %o %64[0-9a-f] %64[0-9a-f]", &f->head.mode,
		    &f->want.mode, f->head.oid, f->want.oid) != 4)
			return err_set(e, "can't understand what git printed");
		at += strlen(at) + 1;
		f->path = xstrdup(at < end ? at : "");
		f->name = xstrdup(f->path);
	}
	MEM_SORT(changed->files, changed->len);
	return 0;
}

int
commit_index_build(struct commit_plan *p, struct commit_plan *changed,
    struct err *e)
{
	return index_make_temp(p, e) < 0 ? -1 :
	    index_changes(p, p->tree, changed, e);
}

/* ---- the lock ---- */

/* Both may be NULL. */
static bool
index_is(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Nothing may have changed since the plan was made; git status may have written
 * the index anew. */
static int
index_check(const struct commit_plan *p, struct err *e)
{
	AUTO_FREE char *head = NULL, *ref = NULL;
	AUTO_BUF struct buf now = BUF_INIT(0);

	if (git_state_head(p->top, &head, &ref, e) < 0 ||
	    commit_index_list(p, NULL, &now, e) < 0)
		return -1;
	if (now.len == p->index_was.len &&
	    memcmp(buf_str(&now), buf_str(&p->index_was), now.len) == 0 &&
	    index_is(head, p->head) && index_is(ref, p->ref))
		return 0;
	return err_set(e, "somebody used git here meanwhile; try again");
}

/* Take index.lock. Another git may just be staging something. */
static int
index_take(const struct commit_plan *p, struct err *e)
{
	AUTO_FREE char *lock = index_lock_path(p), *path = index_place_path(p);
	AUTO_FREE char *id = index_session(p);
	AUTO_BUF struct buf mark = BUF_INIT(0);
	int rc, tries = INDEX_TRIES;

	/* The session's id in it is ours alone. Unlike open and write, a link
	 * is there as a whole or not at all, so that a dead assent's lock
	 * differs from another program's. */
	buf_adds(&mark, id);
	if (index_write(path, &mark, 0600, e) < 0)
		return -1;
	while ((rc = link(path, lock)) < 0 && errno == EEXIST && tries-- > 0)
		(void)poll(NULL, 0, INDEX_WAIT);
	if (rc < 0 && errno == EEXIST)
		err_set(e, "another git is using the index, or has died "
		    "(%s exists)", lock);
	else if (rc < 0)
		err_sys(e, "can't create %s", lock);
	(void)unlink(path);
	return rc;
}

int
commit_index_lock(const struct commit_plan *p, struct err *e)
{
	AUTO_FREE char *lock = index_lock_path(p);
	int rc = index_take(p, e);

	if (rc == 0 && (rc = index_check(p, e)) < 0)
		(void)unlink(lock);
	return rc;
}

/* ---- after git ---- */

/* What git committed from, with what hooks have staged there; NULL if it is
 * gone. */
static char *
index_temp_tree(const struct commit_plan *p)
{
	static const char *const args[] = { "write-tree", NULL };
	AUTO_FREE char *path = fs_join(p->scratch, COMMIT_INDEX);
	const struct git_run g = commit_plan_git(p, path, NULL, NULL);

	return access(path, F_OK) < 0 ? NULL : git_run_line(&g, args, NULL);
}

/* The first commit of this branch (or commit) after the old HEAD, if it is this
 * plan's: if that is sure, or if it has the tree. */
static int
index_find_on(const struct commit_plan *p, const char *tip, bool is_sure,
    bool is_locked, char **commit, struct err *e)
{
	AUTO_FREE char *range = p->head == NULL ? xstrdup_null(tip) :
	    xasprintf("%s..%s", p->head, tip == NULL ? "" : tip);
	const char *args[] = { "rev-list", "--first-parent", "--reverse",
		range, "--", NULL };
	AUTO_FREE char *with_hooks = NULL, *tree = NULL;
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, NULL, &out);

	if (tip == NULL)
		return 0;
	if (git_run_ok(&g, args, e) < 0)
		return -1;
	if (out.len == 0)
		return 0;
	*commit = xmemdup(out.p, strcspn(out.p, "\n"));
	if (is_sure || (is_locked && strcmp(*commit, tip) == 0))
		return 0;
	if ((tree = index_tree_of(p, *commit, e)) == NULL)
		return -1;
	if (strcmp(tree, p->tree) != 0 &&
	    ((with_hooks = index_temp_tree(p)) == NULL ||
	    strcmp(tree, with_hooks) != 0))
		FREE_NULL(*commit);
	return 0;
}

void
commit_index_hold(const struct commit_plan *p, const char *on, struct err *e)
{
	AUTO_FREE char *head = NULL, *ref = NULL, *made = NULL, *was =
	    git_run_ask(p->top, "rev-parse", "--verify", p->ref, NULL);
	const struct git_run g = commit_plan_git(p, NULL, NULL, NULL);
	const char *args[] = { "update-ref", "-m", "assent commit: not on this "
		"branch", "HEAD", p->head, NULL, NULL };

	if (on == NULL || p->head == NULL ||
	    git_state_head(p->top, &head, &ref, e) < 0 ||
	    index_is(ref, p->ref) || !index_is(was, p->head) ||
	    index_find_on(p, head, true, false, &made, e) < 0 ||
	    !index_is(made, head))
		return;
	args[5] = head;
	if (git_run_ok(&g, args, e) == 0)
		err_set(e, "HEAD moved to %s meanwhile: git switch %s",
		    ref == NULL ? "no branch" : ref, on);
}

/* The commit that this plan became: if HEAD is where it was, the first one after
 * it, if nobody else could commit or git has made one (it makes none where HEAD
 * has moved). It is on the branch that HEAD had, or on that which it has now:
 * *is_here. */
static int
index_find_commit(const struct commit_plan *p, bool is_locked, int status,
    char **commit, bool *is_here, struct err *e)
{
	AUTO_FREE char *head = NULL, *ref = NULL, *was = NULL;
	bool same;

	*is_here = true;
	if (git_state_head(p->top, &head, &ref, e) < 0)
		return -1;
	same = index_is(ref, p->ref);
	if (index_find_on(p, head, same && status == 0, same && is_locked,
	    commit, e) < 0)
		return -1;
	if (*commit != NULL || same || p->ref == NULL)
		return 0;
	*is_here = false;
	was = git_run_ask(p->top, "rev-parse", "--verify", p->ref, NULL);
	return index_find_on(p, was, false, false, commit, e);
}

/* The user's index gets what is in the commit: a new one beside it takes its
 * place. */
static int
index_install(struct commit_plan *p, struct commit_plan *now,
    const char *commit, struct err *e)
{
	static const char *const refresh[] = { "update-index", "-q",
		"--refresh", NULL };
	AUTO_FREE char *place = index_place_path(p);
	/* Of a git that was killed: it is ours alone, as its name is. */
	AUTO_FREE char *dead = xasprintf("%s.lock", place);
	const struct git_run g = commit_plan_git(p, place, NULL, NULL);
	/* With what a hook has staged there besides. */
	AUTO_FREE char *tree = index_temp_tree(p);

	if (tree == NULL)
		tree = index_tree_of(p, commit, e);
	(void)unlink(dead);
	/* The refresh saves the next git status some work; it fails where a
	 * file differs. */
	if (index_changes(p, tree, now, e) < 0 ||
	    commit_files_after(p, now, e) < 0 || index_copy(p, place, e) < 0 ||
	    index_update(now, place, e) < 0 || git_run(&g, refresh, NULL, e) < 0)
		return -1;
	return rename(place, p->index) == 0 ? 0 : err_sys(e, "can't replace %s",
	    p->index);
}

/* As index_install, but takes index.lock first unless is_locked, and removes it
 * at the end. */
static int
index_install_locked(struct commit_plan *p, const char *commit,
    bool is_locked, struct err *e)
{
	/* Of which only the index is read. */
	AUTO(commit_plan_release) struct commit_plan now = {
	    .top = xstrdup(p->top), .scratch = xstrdup(p->scratch) };
	AUTO_FREE char *lock = index_lock_path(p);
	struct err why = ERR_INIT;

	if ((!is_locked && index_take(p, &why) < 0) ||
	    index_install(p, &now, commit, &why) < 0)
		return err_set(e, "the commit is made, but not yet in the index: "
		    "%s; the next assent here updates it", why.text);
	return unlink(lock) == 0 ? 0 : err_sys(e, "can't remove %s", lock);
}

/* Is index.lock there, and the one that this plan took? */
static int
index_is_locked(const struct commit_plan *p, struct err *e)
{
	AUTO_FREE char *lock = index_lock_path(p), *id = index_session(p);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (access(lock, F_OK) < 0 && errno == ENOENT)
		return 0;
	return fs_read_file(AT_FDCWD, lock, &b, e) < 0 ? -1 :
	    strcmp(buf_str(&b), id) == 0;
}

/* The files that git says are in the commit. */
static size_t
index_count(const struct commit_plan *p, const char *commit)
{
	const char *args[] = { "diff-tree", "-r", "-z", "-M", "--root",
		"--no-commit-id", "--name-only", "--no-ext-diff", commit,
		NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, NULL, &out);
	size_t i, n = 0;

	if (git_run(&g, args, NULL, NULL) == 0)
		for (i = 0; i < out.len; i++)
			n += out.p[i] == '\0';
	/* A merge that was amended shows none. */
	return n > 0 ? n : p->len;
}

int
commit_index_finish(struct commit_plan *p, int status, char **commit,
    size_t *files, struct err *e)
{
	AUTO_FREE char *lock = index_lock_path(p);
	AUTO_FREE char *place = index_place_path(p);
	int is_locked = index_is_locked(p, e), rc;
	bool is_here;

	*commit = NULL;
	*files = 0;
	if (is_locked < 0 || index_find_commit(p, is_locked > 0,
	    status, commit, &is_here, e) < 0)
		return -1;
	if (*commit != NULL && is_here)
		rc = index_install_locked(p, *commit, is_locked > 0, e);
	else
		rc = is_locked == 0 || unlink(lock) == 0 ? 0 :
		    err_sys(e, "can't remove %s", lock);
	(void)unlink(place);
	if (rc == 0 && *commit != NULL)
		*files = index_count(p, *commit);
	return rc;
}
