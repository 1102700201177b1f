#include "config.h"

#include "git/index-file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "git/git-run.h"

#define INDEX_TRIES	10		/* for the lock ... */
#define INDEX_WAIT	100		/* ... with this pause, in ms */

/* A new file with these bytes and mode, and the time of `as` (NULL: now). */
static int
index_write(const char *path, const struct buf *b, mode_t mode,
    const struct stat *as, struct err *e)
{
	AUTO_CLOSE int fd = -1;

	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(e, "can't remove %s", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || fs_write_all(fd, buf_str(b), b->len) < 0 ||
	    fchmod(fd, mode) < 0 || fsync(fd) < 0 || (as != NULL &&
	    futimens(fd, (struct timespec[]){ as->st_atim, as->st_mtim }) < 0)) {
		err_sys(e, "can't write %s", path);
		if (fd >= 0)
			(void)unlink(path);
		return -1;
	}
	return 0;
}

int
index_file_find(struct index_file *f, const char *dir, const char *session,
    struct err *e)
{
	AUTO_FREE char *real = NULL;

	if (f->path == NULL && (f->path = git_state_path(dir, "index", e)) ==
	    NULL)
		return -1;
	/* git follows a symlinked .git or index, and so must the lock. */
	if ((real = fs_realpath(f->path)) != NULL)
		xstrset(&f->path, real);
	f->lock = xasprintf("%s.lock", f->path);
	f->place = xasprintf("%s.assent-%s", f->path, session);
	f->session = xstrdup(session);
	return 0;
}

void
index_file_release(struct index_file *f)
{
	FREE_ALL(f->path, f->lock, f->place, f->session);
	*f = (struct index_file){ .path = NULL };
}

int
index_file_copy(const struct index_file *p, const char *to, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct stat st;

	if (stat(p->path, &st) < 0)
		return unlink(to) == 0 || errno == ENOENT ? 0 :
		    err_sys(e, "can't remove %s", to);
	/* A file that was written after that may have other content, though its
	 * size and time in the index are the same: git looks then. */
	return fs_read_file(AT_FDCWD, p->path, &b, e) < 0 ? -1 :
	    index_write(to, &b, st.st_mode & 0777, &st, e);
}

/* Another git may just be staging something. */
int
index_file_lock(const struct index_file *p, struct err *e)
{
	AUTO_BUF struct buf mark = BUF_INIT(0);
	int rc, tries = INDEX_TRIES;

	/* The session's id in it is ours alone. Unlike open and write, a link
	 * is there as a whole or not at all, so that a dead assent's lock
	 * differs from another program's. */
	buf_adds(&mark, p->session);
	if (index_write(p->place, &mark, 0600, NULL, e) < 0)
		return -1;
	while ((rc = link(p->place, p->lock)) < 0 && errno == EEXIST &&
	    tries-- > 0)
		(void)poll(NULL, 0, INDEX_WAIT);
	if (rc < 0 && errno == EEXIST)
		err_set(e, "another git is using the index, or has died "
		    "(%s exists)", p->lock);
	else if (rc < 0)
		err_sys(e, "can't create %s", p->lock);
	(void)unlink(p->place);
	return rc;
}

int
index_file_is_locked(const struct index_file *p, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (access(p->lock, F_OK) < 0 && errno == ENOENT)
		return 0;
	return fs_read_file(AT_FDCWD, p->lock, &b, e) < 0 ? -1 :
	    strcmp(buf_str(&b), p->session) == 0;
}

/* ---- contents ---- */

void
index_contents_release(struct index_contents *c)
{
	xfree_list(c->names, c->len);
	free(c->sides);
}

void
index_contents_add(struct index_contents *c, const char *name,
    struct index_side *side)
{
	GROW(c->names, c->len);
	GROW(c->sides, c->len);
	c->names[c->len] = xstrdup(name);
	c->sides[c->len++] = side;
}

int
index_contents_write(struct index_contents *c, const struct buf *b,
    struct index_side *side, struct err *e)
{
	AUTO_FREE char *name = xasprintf("content-%zu", c->len),
	    *path = fs_join(c->dir, name);
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC |
	    O_NOFOLLOW | O_CLOEXEC, 0600);

	index_contents_add(c, name, side);
	return fd < 0 || fs_write_all(fd, buf_str(b), b->len) < 0 ?
	    err_sys(e, "can't write %s", path) : 0;
}

int
index_contents_store(const struct index_contents *c, const char *top,
    struct err *e)
{
	AUTO_BUF struct buf in = BUF_INIT(0), out = BUF_INIT(0);
	const struct git_run g = { .dir = top, .trusts_repo = true, .in = &in,
		.out = &out };
	const char *at;
	size_t i;

	for (i = 0; i < c->len; i++) {
		buf_addc(&in, '"');
		for (at = c->dir; *at != '\0'; at++)
			buf_addf(&in, strchr("\"\\\n", *at) == NULL ? "%c" :
			    "\\%03o", *at);
		buf_addf(&in, "/%s\"\n", c->names[i]);
	}
	if (in.len > 0 && git_run_ok(&g, GIT_WORDS("hash-object", "-w",
	    "--no-filters", "--stdin-paths"), e) < 0)
		return -1;
	for (i = 0, at = buf_str(&out); i < c->len; i++) {
		if (sscanf(at, "%64[0-9a-f]", c->sides[i]->oid) != 1)
			return err_set(e, "can't understand what git printed");
		at += strlen(c->sides[i]->oid) + 1;
	}
	return 0;
}

/* ---- entries ---- */

/* An entry of `ls-files -s` that is there already. */
struct index_has {
	char		*name;		/* the key */
	struct index_side is;
	bool		 goes;
};

bool
index_side_is_empty(const char *oid)
{
	return strcmp(oid, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391") == 0 ||
	    strcmp(oid, "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f77491"
	    "20a303721813") == 0;
}

/* "MODE ID STAGE\tNAME", each ended by 0. */
static int
index_list(const char *dir, struct pathmap *all, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = { .dir = dir, .trusts_repo = true,
		.out = &out };
	const char *at, *end;
	struct index_side now;
	int name;

	if (git_run_ok(&g, GIT_WORDS("ls-files", "-s", "-z"), e) < 0)
		return -1;
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1) {
		if (sscanf(at, "%o %64[0-9a-f] %*d%n", &now.mode, now.oid,
		    &name) != 2 || at[name] != '\t')
			return err_set(e, "can't understand what git printed");
		((struct index_has *)pathmap_add(all, at + name + 1,
		    sizeof(struct index_has)))->is = now;
	}
	return 0;
}

static bool
index_entry_is(const struct index_has *has, const struct index_side *side)
{
	return side->mode == 0 ? has == NULL || index_side_is_empty(has->is.oid) :
	    has != NULL && has->is.mode == side->mode &&
	    strcmp(has->is.oid, side->oid) == 0;
}

/* To add a file, git takes out one with the name of its folder, and all that are
 * below its own name. */
static bool
index_is_blocked(const struct pathmap *all, const char *name)
{
	AUTO_FREE char *path = xasprintf("%s/", name);
	size_t n = strlen(path);
	const struct index_has *has = pathmap_after(all, path);

	while (has != NULL && has->goes && strncmp(has->name, path, n) == 0)
		has = pathmap_after(all, has->name);
	if (has != NULL && strncmp(has->name, path, n) == 0)
		return true;
	path[n - 1] = '\0';
	while (fs_up(path)) {
		has = pathmap_find(all, path);
		if (has != NULL && !has->goes)
			return true;
	}
	return false;
}

/* The names that the index has otherwise than HEAD; without a commit, all. */
static int
index_differs(const char *dir, struct pathmap *all, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(0), said = BUF_INIT(1 << 12);
	const struct git_run g = { .dir = dir, .trusts_repo = true,
		.out = &out };
	const char *at, *end;
	int rc = git_run(&g, GIT_WORDS("diff-index", "--cached", "--name-only",
	    "--no-renames", "-z", "HEAD"), &said, e);

	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1)
		(void)pathmap_add(all, at, sizeof(char *));
	return rc;
}

int
index_file_check(const char *dir, struct index_entry *v, size_t n,
    bool committed, struct err *e)
{
	AUTO(pathmap_release) struct pathmap all = { 0 }, staged = { 0 };
	struct index_has *has;
	size_t i;
	int bad = 0, rc = committed ? index_differs(dir, &staged, e) : 1;

	if (rc < 0 || index_list(dir, &all, e) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		has = pathmap_find(&all, v[i].name);
		v[i].stale = !index_entry_is(has, &v[i].was) &&
		    !index_entry_is(has, &v[i].now);
		v[i].committed = rc == 0 && index_entry_is(has, &v[i].was) &&
		    pathmap_find(&staged, v[i].name) == NULL;
		if (has != NULL)
			has->goes = v[i].now.mode == 0;
	}
	for (i = 0; i < n; i++) {
		v[i].blocked = !v[i].stale && v[i].now.mode != 0 &&
		    index_is_blocked(&all, v[i].name);
		bad += v[i].stale || v[i].blocked;
	}
	return bad;
}

/* All that go first, so that a file can come where a folder was. */
int
index_file_update(const char *index, const char *dir,
    const struct index_entry *v, size_t n, struct err *e)
{
	AUTO_BUF struct buf in = BUF_INIT(0);
	const struct git_run g = { .dir = dir, .trusts_repo = true,
		.index = index, .in = &in };
	size_t i;
	int adds;

	for (adds = 0; adds < 2; adds++)
		for (i = 0; i < n; i++)
			if ((v[i].now.mode != 0) == adds)
				/* With mode 0, which removes the entry, the id
				 * says nothing. */
				buf_addf(&in, "%o %s\t%s%c", v[i].now.mode,
				    adds ? v[i].now.oid : v[i].was.oid,
				    v[i].name, '\0');
	return n == 0 ? 0 : git_run_ok(&g, GIT_WORDS("update-index", "-z",
	    "--index-info"), e);
}

int
index_file_install(const struct index_file *f, const char *dir,
    const struct index_entry *v, size_t n, struct err *e)
{
	/* A git that was killed left it; its name is ours alone. */
	AUTO_FREE char *dead = xasprintf("%s.lock", f->place);
	const struct git_run g = { .dir = dir, .trusts_repo = true,
		.index = f->place };
	int rc;

	(void)unlink(dead);
	/* The refresh saves the next git status some work; it fails where a
	 * file differs. */
	if (index_file_copy(f, f->place, e) < 0 || index_file_update(f->place,
	    dir, v, n, e) < 0 || git_run(&g, GIT_WORDS("update-index", "-q",
	    "--refresh"), NULL, e) < 0)
		rc = -1;
	else if ((rc = rename(f->place, f->path)) < 0)
		err_sys(e, "can't replace %s", f->path);
	(void)unlink(f->place);
	return rc;
}

int
index_file_change(const struct index_file *f, const char *dir,
    struct index_entry *v, size_t n, struct err *e)
{
	int rc;

	if (index_file_lock(f, e) < 0)
		return -1;
	rc = index_file_check(dir, v, n, false, e);
	if (rc == 0)
		rc = index_file_install(f, dir, v, n, e);
	(void)unlink(f->lock);
	return rc > 0 ? 1 : rc;
}
