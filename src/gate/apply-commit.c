/*
 * Commit: each prepared op becomes visible by one rename, and the displaced
 * file is compared with the one that was displayed. An op that fails here
 * leaves the user's file and reports the failure; the others continue.
 *
 * Recovery: after a crash between apply_begin and applied, each op's file is
 * new (done), still old, or anything else (the user's, left alone). As the user
 * decides, the old files are replaced from the blob store, the new ones are
 * restored from it, or all stay. Leftover temporary files are set aside, or
 * moved back if they contain a version that the user saved.
 */

#include "config.h"

#include "gate/apply.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "gate/manifest.h"

#define APPLY_BACK_MAX	1000	/* consecutive saves by the user that we give
				   way to */

/* As worktree_rename_new, after checking that the name is free: a save between
 * these two system calls would be lost. Only for a file that must not stay
 * missing. */
static int
worktree_rename_free(int from_fd, const char *from, int to_fd, const char *to)
{
	struct stat st;

	if (fstatat(to_fd, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
		errno = EEXIST;
	if (errno != ENOENT)
		return -1;
	return renameat(from_fd, from, to_fd, to);
}

/* Rename to a name that only we use. Atomic: a save at `from` until then comes
 * along. */
static int
worktree_move_aside(int from_fd, const char *from, int to_fd, const char *to)
{
	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (!worktree_is_unsupported(errno))
		return -1;
	return renameat(from_fd, from, to_fd, to);
}

/* Exchange two names in a folder. */
static int
worktree_exchange(int dirfd, const char *a, const char *b)
{
	return renameat2(dirfd, a, dirfd, b, RENAME_EXCHANGE);
}

static void
apply_error(struct apply_op *op, int error)
{
	op->error = error;
	apply_say(op, "cannot write %s: %s", op->path, apply_why(error));
}

/* What is there now, or what isn't any more, may be why. */
static void
apply_failed(struct apply_op *op, int error)
{
	if (error == ENOENT && !op->before.exists) {
		op->changed_on_disk = true;
		apply_say(op, "the folder of %s was removed meanwhile; nothing "
		    "was written", op->path);
	} else if (error == EEXIST || stage_is_missing(error))
		apply_changed(op, NULL);
	else
		apply_error(op, error);
}

/* Remove the path's empty folders, deepest first, up to but not including
 * `stop`. */
static void
apply_rmdirs(const struct apply_tx *tx, const char *path, const char *stop)
{
	AUTO_FREE char *dir = apply_dirname(path);

	while (strcmp(dir, ".") != 0 && strcmp(dir, stop) != 0) {
		const char *name;
		int fd = fs_open_parent(tx->root_fd, dir, false, &name);
		bool gone = fd >= 0 && unlinkat(fd, name, AT_REMOVEDIR) == 0;
		char *up;

		fs_close(fd);
		if (!gone)
			break;
		up = apply_dirname(dir);
		FREE_SET(dir, up);
	}
}

static bool
apply_tmp_is_ours(const struct apply_tx *tx, const char *name)
{
	return gate_is_temp(name) &&
	    strncmp(name + 8, tx->tag, APPLY_TAG) == 0;
}

/* ---- keeping displaced files ---- */

/* Make sure that the store has the content of `name`. */
static int
apply_store(const struct apply_tx *tx, int dirfd, const char *name,
    const struct worktree_state *s, struct err *e)
{
	char hex[SHA256_HEX_SIZE];
	char target[4096];
	struct stat st;
	ssize_t n;
	int rc;
	AUTO_CLOSE int fd = -1;

	if (s->other)
		return err_set(e, "%s is not a file", name);
	if (blob_has(tx->store, s->side.hash))
		return 0;
	if (s->side.mode == 0120000) {
		n = readlinkat(dirfd, name, target, sizeof(target));
		return n < 0 ? -1 : blob_put(tx->store, target, (size_t)n, hex,
		    e);
	}
	fd = fs_open_regular(dirfd, name);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "cannot read %s", name);
	rc = blob_put_file(tx->store, fd, st.st_size, hex, e);
	return rc == 1 ? err_set(e, "%s changes while it is being read",
	    name) : rc;
}

/*
 * Set aside the file at `name` (a temporary name): move it to the undo folder,
 * so that a program that has it open keeps writing to an existing file;
 * otherwise store it in the blob store and unlink it. If neither works, the
 * file stays at `name`, and the op says so. `known`: the content that was read
 * there, or NULL. `item`, then: remembers where the file went. `loud`: tell the
 * user.
 */
static void
apply_keep(const struct apply_tx *tx, int dirfd, const char *name,
    struct apply_op *op, const struct worktree_state *known,
    struct apply_item *item, bool loud)
{
	struct worktree_state s;
	struct err e = ERR_INIT;
	/* Its name has the random part of the temporary name. */
	AUTO_FREE char *undo = xasprintf("%.8s-%.200s",
	    name + 8 + 2 * APPLY_TAG, basename(op->path));

	if (worktree_move_aside(dirfd, name, tx->undo_fd, undo) == 0) {
		if (loud)
			apply_say(op, "another version of %s is kept as %s in "
			    "the session's undo folder", op->path, undo);
		if (item != NULL) {
			item->undo = xstrdup(undo);
			item->undo_st = known->st;
		}
		return;
	}
	if (errno == ENOENT)
		return;
	if (known != NULL)
		s = *known;
	else if (worktree_read(dirfd, name, false, &s) < 0)
		s.other = true;
	if (apply_store(tx, dirfd, name, &s, &e) == 0 &&
	    unlinkat(dirfd, name, 0) == 0) {
		if (loud)
			apply_say(op, "another version of %s is kept in the "
			    "session's objects as %.16s", op->path,
			    s.side.hash);
		return;
	}
	apply_say(op, "the former %s could not be moved away and is next to it "
	    "as %s", op->path, name);
}

/* ---- making it visible ---- */

/* Read the displaced file, which an exchange left at `tmp`, once no program
 * writes to it any more. */
static int
apply_read_out(int dirfd, const char *tmp, struct worktree_state *out)
{
	return worktree_read(dirfd, tmp, true, out);
}

/* Is the displaced file the one that was displayed, with the same mode and
 * owner? A file made private meanwhile must not be replaced by a public one. */
static bool
apply_is_before(const struct apply_item *it, const struct worktree_state *out)
{
	return stage_side_equal(&out->side, &it->op->before) &&
	    out->st.st_mode == it->was.st.st_mode &&
	    out->st.st_uid == it->was.st.st_uid &&
	    out->st.st_gid == it->was.st.st_gid;
}

/* Is it the file that we wrote, untouched, by its size and time? */
static bool
apply_is_untouched(const struct apply_item *it, const struct stat *st)
{
	return st->st_ino == it->made.st_ino &&
	    st->st_size == it->made.st_size &&
	    time_equal(&st->st_mtim, &it->made.st_mtim);
}

/* Is this file the one we wrote? By inode, and by content unless it has the
 * time we set. */
static bool
apply_is_made(const struct apply_item *it, int dirfd, const char *name)
{
	struct worktree_state now;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !worktree_is_same(dirfd, &st, &it->made))
		return false;
	return apply_is_untouched(it, &st) || (worktree_read(dirfd, name,
	    false, &now) == 0 && stage_side_equal(&now.side, &it->op->after));
}

/* It was renamed: done, if it is what is visible there now. */
static void
apply_done(struct apply_item *it, int dirfd, const char *name)
{
	it->op->done = apply_is_made(it, dirfd, name);
	if (it->op->done)
		return;
	it->op->changed_on_disk = true;
	apply_say(it->op, "%s was written, but another program replaced it at "
	    "once; check it", it->op->path);
}

/* Rename the displaced file back, or keep it elsewhere. */
static void
apply_move_back(const struct apply_tx *tx, struct apply_op *op, int dirfd,
    const char *aside, const char *name)
{
	/* The last resort on a full disk: nothing new can be created, but this
	 * name existed. */
	if (worktree_rename_new(dirfd, aside, dirfd, name) == 0 ||
	    worktree_rename_free(dirfd, aside, dirfd, name) == 0)
		return;
	/* The user saved again: the newest version stays, and this one is set
	 * aside. */
	apply_keep(tx, dirfd, aside, op, NULL, NULL, true);
}

static void
apply_replace_plain(const struct apply_tx *tx, struct apply_item *it,
    int dirfd, const char *name)
{
	struct apply_op *op = it->op;
	struct worktree_state out;
	char aside[APPLY_TMP_SIZE];

	/* Don't replace a file that was changed on disk since. */
	apply_tmp_name(aside, tx, op->path);
	if (apply_read_out(dirfd, name, &out) < 0 ||
	    !apply_is_before(it, &out)) {
		apply_changed(op, &out);
		(void)unlinkat(dirfd, it->tmp, 0);
		return;
	}
	if (worktree_move_aside(dirfd, name, dirfd, aside) < 0) {
		apply_failed(op, errno);
		(void)unlinkat(dirfd, it->tmp, 0);
		return;
	}
	if (apply_read_out(dirfd, aside, &out) < 0 ||
	    !apply_is_before(it, &out))
		apply_changed(op, NULL);
	else if (worktree_rename_new(dirfd, it->tmp, dirfd, name) == 0) {
		apply_done(it, dirfd, name);
		apply_keep(tx, dirfd, aside, op, &out, it, !op->done);
		return;
	} else
		apply_failed(op, errno);
	(void)unlinkat(dirfd, it->tmp, 0);
	apply_move_back(tx, op, dirfd, aside, name);
}

/* Did another program replace our temporary file? Then write nothing. */
static bool
apply_is_foreign(const struct apply_tx *tx, struct apply_item *it, int dirfd)
{
	struct stat st;

	if (apply_is_made(it, dirfd, it->tmp) || fstatat(dirfd, it->tmp, &st,
	    AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	it->op->error = ESTALE;
	apply_say(it->op, "cannot write %s: another program replaced the "
	    "temporary file; nothing was written", it->op->path);
	apply_keep(tx, dirfd, it->tmp, it->op, NULL, NULL, true);
	return true;
}

/* Is `tmp` the file `expect`, with its old content? */
static bool
apply_came_out(int dirfd, const char *tmp, int out, int expect,
    const struct stage_side *had)
{
	struct worktree_state s;

	if (out < 0 || !worktree_is_same_file(out, expect))
		return false;
	return (worktree_read(dirfd, tmp, true, &s) < 0 || s.other ||
		stage_side_equal(&s.side, had));
}

/*
 * `name` is ours (the inode `ours`), `tmp` what the user saved. Exchange them
 * back; if then something other than ours comes out, or ours with new content,
 * the user saved again in between, and that newest version must go back in
 * turn. The file left at `tmp` is set aside, never dropped.
 */
static void
apply_put_back(const struct apply_tx *tx, int dirfd, const char *name,
    const char *tmp, int ours, struct apply_op *op)
{
	AUTO_CLOSE int expect = dup(ours), put = worktree_open_path(dirfd, tmp);
	int out, i;
	struct stage_side had = op->after;
	struct worktree_state s;
	bool is_ours;

	/* Out of descriptors: exchange back once, without further checks. */
	if (put < 0 || expect < 0)
		(void)worktree_exchange(dirfd, tmp, name);
	for (i = 0; i < APPLY_BACK_MAX && put >= 0 && expect >= 0; i++) {
		if (worktree_read(dirfd, tmp, false, &s) < 0)
			memset(&s, 0, sizeof(s));
		if (worktree_exchange(dirfd, tmp, name) < 0) {
			/* The name is missing: give it the newest version we
			 * have. */
			if (errno != ENOENT ||
			    worktree_rename_new(dirfd, tmp, dirfd, name) < 0) {
				if (errno == EEXIST)
					continue;
				apply_error(op, errno);
			}
			break;
		}
		out = worktree_open_path(dirfd, tmp);
		if (apply_came_out(dirfd, tmp, out, expect, &had)) {
			close(out);
			break;
		}
		close(expect);
		expect = put;
		had = s.side;
		put = out;
	}
	is_ours = expect >= 0 && worktree_is_same_file(expect, ours) &&
	    worktree_read(dirfd, tmp, false, &s) == 0 &&
	    stage_side_equal(&s.side, &op->after);
	apply_keep(tx, dirfd, tmp, op, NULL, NULL, !is_ours);
}

static void
apply_replace(const struct apply_tx *tx, struct apply_item *it, int dirfd,
    const char *name)
{
	struct apply_op *op = it->op;
	struct worktree_state out;
	AUTO_CLOSE int own = it->fd >= 0 ? -1 :
	    worktree_open_path(dirfd, it->tmp);
	const int ours = it->fd >= 0 ? it->fd : own;

	if (ours < 0) {		/* the folder was replaced */
		apply_changed(op, NULL);
		return;
	}
	if (apply_is_foreign(tx, it, dirfd)) {
		;
	} else if (worktree_exchange(dirfd, it->tmp, name) < 0) {
		if (worktree_is_unsupported(errno)) {
			apply_replace_plain(tx, it, dirfd, name);
		} else {
			apply_failed(op, errno);
			(void)unlinkat(dirfd, it->tmp, 0);
		}
	} else if (apply_read_out(dirfd, it->tmp, &out) == 0 &&
	    apply_is_before(it, &out)) {
		apply_done(it, dirfd, name);
		apply_keep(tx, dirfd, it->tmp, op, &out, it, !op->done);
	} else {
		apply_changed(op, NULL);
		apply_put_back(tx, dirfd, name, it->tmp, ours, op);
	}
}

static void
apply_delete(const struct apply_tx *tx, struct apply_item *it, int dirfd,
    const char *name)
{
	struct apply_op *op = it->op;
	struct worktree_state out;

	apply_tmp_name(it->tmp, tx, op->path);
	if (worktree_move_aside(dirfd, name, dirfd, it->tmp) < 0) {
		if (errno == ENOENT)
			op->done = true;	/* gone already */
		else
			apply_error(op, errno);
		return;
	}
	if (apply_read_out(dirfd, it->tmp, &out) == 0 &&
	    stage_side_equal(&out.side, &op->before)) {
		op->done = true;
		apply_keep(tx, dirfd, it->tmp, op, &out, it, false);
		apply_rmdirs(tx, op->path, ".");
		it->deep = true;
		return;
	}
	apply_changed(op, NULL);
	apply_move_back(tx, op, dirfd, it->tmp, name);
}

/*
 * Change only the executable bit, on the file itself: other links and open
 * descriptors stay valid.
 */
static void
apply_mode(struct apply_item *it, int dirfd, const char *name)
{
	struct apply_op *op = it->op;
	struct worktree_state now;
	struct stat st;
	AUTO_CLOSE int fd = openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0 ||
	    worktree_read(dirfd, name, false, &now) < 0 ||
	    !apply_is_before(it, &now) || !worktree_is_same(fd, &now.st, &st)) {
		apply_changed(op, NULL);
	} else if (fchmod(fd, stage_mode(st.st_mode, op->after.mode)) < 0) {
		apply_error(op, errno);
	} else if (fsync(fd) < 0) {
		apply_error(op, errno);
		(void)fchmod(fd, st.st_mode & 07777);
	} else if (worktree_read(dirfd, name, false, &now) == 0 &&
		   worktree_is_same(fd, &now.st, &st) &&
		   stage_side_equal(&now.side, &op->after)) {
		op->done = true;
	} else {
		(void)fchmod(fd, st.st_mode & 07777);
		apply_changed(op, &now);
	}
}

/* Make the new folders that others are kept from. */
static void
apply_mkdirs(const struct apply_tx *tx, const struct apply_op *op)
{
	AUTO_FREE char *dir = xstrdup(op->path);
	char *slash = dir;

	for (; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
		AUTO_CLOSE int fd = -1, sub = -1;
		const char *name;
		unsigned bits;

		*slash = '\0';
		if ((bits = apply_hidden(op, dir)) == 0)
			continue;
		fd = fs_open_parent(tx->root_fd, dir, true, &name);
		if (fd < 0 || mkdirat(fd, name, 0777 & ~bits) < 0)
			continue;
		sub = fs_open_beneath(fd, name, O_RDONLY | O_DIRECTORY, 0);
		fs_chown_like(fd, sub);
	}
}

static void
apply_create(const struct apply_tx *tx, struct apply_item *it)
{
	struct apply_op *op = it->op;
	struct worktree_state now;
	const char *name;
	AUTO_CLOSE int to = -1;
	int saved;
	AUTO_CLOSE int from = apply_open_dir(tx, it->dir);

	if (from < 0)
		apply_failed(op, errno);
	if (from < 0 || apply_is_foreign(tx, it, from))
		return;
	apply_mkdirs(tx, op);
	to = fs_open_parent(tx->root_fd, op->path, true, &name);
	it->deep = true;
	if (to >= 0 && worktree_rename_new(from, it->tmp, to, name) == 0) {
		apply_done(it, to, name);
		return;
	}
	saved = errno;
	(void)unlinkat(from, it->tmp, 0);
	if (saved == EEXIST && to >= 0 && worktree_read(to, name, false,
	    &now) == 0 && stage_side_equal(&now.side, &op->after))
		op->done = true;
	else
		apply_failed(op, saved);
	if (!op->done)	/* only folders created for it */
		apply_rmdirs(tx, op->path, it->dir);
}

static void
apply_one(const struct apply_tx *tx, struct apply_item *it)
{
	const char *name;
	AUTO_CLOSE int fd = -1;

	assert(!it->op->done);	/* invariant 4: written once */
	if (it->op->changed_on_disk)
		return;		/* while it was prepared */
	/* invariant 2: what is put in place is a file of the apply's own. */
	assert(it->written == (it->kind == APPLY_CREATE ||
	    it->kind == APPLY_REPLACE));
	if (it->kind == APPLY_NOTHING) {
		it->op->done = true;
		return;
	}
	if (it->kind == APPLY_CREATE) {
		apply_create(tx, it);
		return;
	}
	fd = fs_open_parent(tx->root_fd, it->op->path, false, &name);
	if (fd < 0)
		apply_failed(it->op, errno);
	else if (it->kind == APPLY_REPLACE)
		apply_replace(tx, it, fd, name);
	else if (it->kind == APPLY_DELETE)
		apply_delete(tx, it, fd, name);
	else
		apply_mode(it, fd, name);
}

/* Sync a folder. If that fails, warn: the file is written, but may not survive
 * a power failure. */
static void
apply_sync_dir(struct apply_op *op, int fd)
{
	if (fsync(fd) < 0 && !worktree_is_unsupported(errno) && op->done)
		apply_say(op, "%s was written, but could be lost in a power "
		    "failure: %s", op->path, apply_why(errno));
}

/* Make the names durable: for many, sync the file system, otherwise each folder
 * once, and folders above if any were created or removed. */
static void
apply_sync(const struct apply_tx *tx)
{
	bool synced = tx->many && syncfs(tx->root_fd) == 0;
	struct pathmap seen = { .tree = NULL };
	size_t i;

	for (i = 0; i < tx->len; i++) {
		const struct apply_item *it = &tx->items[i];
		char *dir, *up;

		if (it->kind == APPLY_NOTHING || (synced && !it->far))
			continue;
		for (dir = apply_dirname(it->op->path);; dir = up) {
			if (pathmap_find(&seen, dir) == NULL) {
				AUTO_CLOSE int fd = apply_open_dir(tx, dir);

				pathmap_add(&seen, dir, sizeof(char *));
				if (fd >= 0)
					apply_sync_dir(it->op, fd);
			}
			if (!it->deep || strcmp(dir, ".") == 0)
				break;
			up = apply_dirname(dir);
			free(dir);
		}
		free(dir);
	}
	pathmap_release(&seen);
	if (tx->undo_fd >= 0)
		(void)fsync(tx->undo_fd);
}

/* Add other warnings for the user about an applied op. */
static void
apply_warn(const struct apply_tx *tx, struct apply_item *it)
{
	struct stat st;

	if (!it->op->done)
		return;
	if (it->kind == APPLY_REPLACE && it->was.st.st_nlink > 1)
		apply_say(it->op, "%s had other hard links; they keep the "
		    "old content", it->op->path);
	if (!it->kept_owner)
		apply_say(it->op, "the owner, group, set-user-id or "
		    "set-group-id bit of %s could not be kept", it->op->path);
	if (it->undo != NULL && fstatat(tx->undo_fd, it->undo, &st,
	    AT_SYMLINK_NOFOLLOW) == 0 &&
	    (st.st_size != it->undo_st.st_size ||
	    !time_equal(&st.st_mtim, &it->undo_st.st_mtim)))
		apply_say(it->op, "a program was still writing to the former "
		    "%s; what it wrote is kept as %s in the session's undo "
		    "folder", it->op->path, it->undo);
}

/* A name that gets a time. */
struct stamp {
	const struct apply_op	*op;
	const char		*dir, *name;
	struct apply_item	*item;		/* whose temporary file it is */
};

static int
stamp_compare(const void *a, const void *b)
{
	const struct timespec *s = &((const struct stamp *)a)->op->staged;
	const struct timespec *t = &((const struct stamp *)b)->op->staged;

	/* Files that differ from the staged ones are the newest. */
	if ((s->tv_sec == 0) != (t->tv_sec == 0))
		return s->tv_sec == 0 ? 1 : -1;
	if (s->tv_sec != t->tv_sec)
		return s->tv_sec < t->tv_sec ? -1 : 1;
	return s->tv_nsec < t->tv_nsec ? -1 : s->tv_nsec > t->tv_nsec;
}

/* If this fails a build may do too much, but nothing is lost. */
static void
stamp_one(const struct stamp *s, int fd, const struct timespec t[2])
{
	struct stat st;

	if (s->item == NULL) {
		(void)utimensat(fd, s->name, t, AT_SYMLINK_NOFOLLOW);
		return;
	}
	/* Not by its name, which another program may have taken; and not if one
	 * has written into it. */
	if (s->item->fd >= 0 && fstat(s->item->fd, &st) == 0 &&
	    apply_is_untouched(s->item, &st) &&
	    utimensat(s->item->fd, "", t, AT_EMPTY_PATH) == 0 &&
	    fstat(s->item->fd, &st) == 0) {
		s->item->made = st;
		return;
	}
	if (!apply_is_made(s->item, fd, s->name) ||
	    utimensat(fd, s->name, t, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (fstatat(fd, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		/* Setting the time has changed the recorded one. */
		s->item->made.st_mtim = st.st_mtim;
		if (worktree_is_same(fd, &st, &s->item->made))
			s->item->made = st;
	}
}

/* Set times in the staged order, so that files that a command built stay newer
 * than their sources. All are newer than everything in the tree: CLOCK_REALTIME
 * is finer than the kernel's own stamps, which are up to a tick older. */
static void
stamp_all(const struct apply_tx *tx, struct stamp *v, size_t n)
{
	struct timespec t[2];
	size_t i;
	AUTO_CLOSE int fd = -1;

	qsort(v, n, sizeof(*v), stamp_compare);
	clock_gettime(CLOCK_REALTIME, &t[1]);
	for (i = 0; i < n; i++) {
		if (i == 0 || strcmp(v[i].dir, v[i - 1].dir) != 0) {
			fs_close(fd);
			fd = apply_open_dir(tx, v[i].dir);
		}
		if (i > 0 && stamp_compare(&v[i - 1], &v[i]) != 0 &&
		    ++t[1].tv_nsec == 1000000000) {
			t[1].tv_nsec = 0;
			t[1].tv_sec++;
		}
		t[0] = t[1];
		if (fd >= 0)
			stamp_one(&v[i], fd, t);
	}
}

static void
apply_times(const struct apply_tx *tx)
{
	AUTO_FREE struct stamp *v = xcalloc(tx->len + 1, sizeof(*v));
	size_t i, n = 0;

	for (i = 0; i < tx->len; i++) {
		struct apply_item *it = &tx->items[i];

		if (it->written)
			v[n++] = (struct stamp){ it->op, it->dir, it->tmp, it };
	}
	stamp_all(tx, v, n);
}

/* After a recovery: set the times of everything written, in the staged
 * order. */
static void
apply_times_again(const struct apply_tx *tx)
{
	AUTO_FREE struct stamp *v = xcalloc(tx->ops_len + 1, sizeof(*v));
	char **dirs = xcalloc(tx->ops_len + 1, sizeof(*dirs));
	size_t i, n = 0;

	for (i = 0; i < tx->ops_len; i++) {
		const struct apply_op *op = &tx->ops[i];

		if (!op->done || !op->after.exists)
			continue;
		dirs[n] = apply_dirname(op->path);
		v[n] = (struct stamp){ op, dirs[n], basename(op->path),
		    NULL };
		n++;
	}
	stamp_all(tx, v, n);
	xfree_list(dirs, n);
}

void
apply_commit_free(struct apply_tx *tx)
{
	size_t i;

	apply_times(tx);
	/* Deletions first: they make room, such as a file for a folder. */
	for (i = 0; i < tx->len; i++)
		if (tx->items[i].kind == APPLY_DELETE &&
		    tx->items[i].op->pair == NULL)
			apply_one(tx, &tx->items[i]);
	for (i = 0; i < tx->len; i++)
		if (tx->items[i].kind != APPLY_DELETE)
			apply_one(tx, &tx->items[i]);
	for (i = 0; i < tx->len; i++) {
		struct apply_op *op = tx->items[i].op;

		if (tx->items[i].kind != APPLY_DELETE || op->pair == NULL)
			continue;
		if (op->pair->done)
			apply_one(tx, &tx->items[i]);
		else
			apply_changed(op, NULL);
	}
	apply_sync(tx);
	for (i = 0; i < tx->len; i++)
		apply_warn(tx, &tx->items[i]);
	apply_tx_free(tx);
}

/* If there is nothing at `name`, `tmp` was only moved aside: move it back. */
static bool
apply_recover_aside(const struct apply_tx *tx, struct apply_op *op, int dirfd,
    const char *tmp, const char *name)
{
	struct stat st;

	if (!op->before.exists || !op->after.exists ||
	    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT)
		return false;
	apply_move_back(tx, op, dirfd, tmp, name);
	return true;
}

/* Is it the beginning of what was there before? Then an undo of this apply was
 * cut off while it wrote that, and nobody saved it. */
static bool
apply_is_cut(const struct apply_tx *tx, const struct apply_op *op,
    const struct worktree_state *t)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	char hex[SHA256_HEX_SIZE];

	if (blob_get(tx->store, op->before.hash, &b, NULL) < 0 ||
	    (size_t)t->st.st_size >= b.len)
		return false;
	sha256_hex(buf_str(&b), (size_t)t->st.st_size, hex);
	return strcmp(hex, t->side.hash) == 0;
}

/*
 * Handle a temporary file of this op, found after a crash. If it is ours, or
 * the displaced file: set it aside. Any other content was saved by the user
 * when the crash came between the exchange and the exchange back: move it back
 * now.
 */
static void
apply_recover_temp(const struct apply_tx *tx, struct apply_op *op, int dirfd,
    const char *tmp)
{
	const char *name = basename(op->path);
	struct worktree_state t, now;

	if (worktree_read(dirfd, tmp, false, &t) < 0 || !t.side.exists)
		return;
	if ((op->after.exists && strcmp(t.side.hash, op->after.hash) == 0) ||
	    !op->before.exists) {
		/* We wrote it from the store, completely or partly. */
		if (!t.other && blob_has(tx->store, t.side.hash))
			(void)unlinkat(dirfd, tmp, 0);
		else
			apply_keep(tx, dirfd, tmp, op, &t, NULL, false);
		return;
	}
	if (apply_is_cut(tx, op, &t)) {
		apply_keep(tx, dirfd, tmp, op, NULL, NULL, true);
		return;
	}
	if (apply_recover_aside(tx, op, dirfd, tmp, name))
		return;
	if (strcmp(t.side.hash, op->before.hash) == 0 ||
	    worktree_read(dirfd, name, false, &now) < 0) {
		apply_keep(tx, dirfd, tmp, op, NULL, NULL, false);
		return;
	}
	if (!op->after.exists && !now.side.exists) {
		apply_changed(op, NULL);
		apply_move_back(tx, op, dirfd, tmp, name);
	} else if (op->after.exists &&
	    stage_side_equal(&now.side, &op->after)) {
		AUTO_CLOSE int ours = worktree_open_path(dirfd, name);

		apply_changed(op, NULL);
		apply_put_back(tx, dirfd, name, tmp, ours, op);
	} else {
		apply_keep(tx, dirfd, tmp, op, NULL, NULL, true);
	}
}

/* ---- all temporary files, reading each folder once ---- */

struct temp_op {
	char		 tag[APPLY_TAG + 1];	/* of its path */
	char		*dir;
	struct apply_op	*op;
};

struct temps {
	const struct apply_tx *tx;
	struct temp_op	*ops;		/* by tag */
	size_t		 len;
	char		**dirs;		/* sorted */
	size_t		 dirs_len;
	size_t		 found;
};

static int
temp_op_compare(const void *a, const void *b)
{
	return strcmp(((const struct temp_op *)a)->tag,
	    ((const struct temp_op *)b)->tag);
}

/* Where the temporary file of an op may be: in the folder of its path; for a
 * new file also above the folders that the op creates. */
static bool
temp_may_be_in(const struct temp_op *t, const char *dir)
{
	size_t n = strlen(dir);

	if (strcmp(t->dir, dir) == 0)
		return true;
	return !t->op->before.exists && (strcmp(dir, ".") == 0 ||
	    (strncmp(t->dir, dir, n) == 0 && t->dir[n] == '/'));
}

static struct apply_op *
temps_find(const struct temps *t, const char *dir, const char *name)
{
	struct temp_op key, *it;

	memcpy(key.tag, name + 8 + APPLY_TAG, APPLY_TAG);
	key.tag[APPLY_TAG] = '\0';
	it = bsearch(&key, t->ops, t->len, sizeof(key), temp_op_compare);
	while (it != NULL && it > t->ops &&
	    temp_op_compare(it - 1, &key) == 0)
		it--;
	for (; it != NULL && it < t->ops + t->len &&
	    temp_op_compare(it, &key) == 0; it++)
		if (temp_may_be_in(it, dir))
			return it->op;
	return NULL;
}

/* It belongs to none of the ops, or can't be read: keep its content. An op of
 * this folder says so if that fails. */
static void
temps_orphan(const struct temps *t, const char *dir, int dirfd,
    const char *name)
{
	struct worktree_state s;
	size_t i = 0;

	while (i + 1 < t->len && !temp_may_be_in(&t->ops[i], dir))
		i++;
	if (worktree_read(dirfd, name, false, &s) == 0 && !s.other &&
	    s.side.exists && blob_has(t->tx->store, s.side.hash))
		(void)unlinkat(dirfd, name, 0);
	else
		apply_keep(t->tx, dirfd, name, t->ops[i].op, NULL, NULL, false);
}

static bool
temps_is_gone(int dirfd, const char *name)
{
	return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
}

static void
temps_folder(struct temps *t, const char *dir)
{
	AUTO_CLOSE int fd = apply_open_dir(t->tx, dir);
	int n = 0, i;
	struct dirent *de;
	struct apply_op *op;
	AUTO_FREE char **names = NULL;
	DIR *d = fs_dir_take(fd < 0 ? -1 : openat(fd, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	while ((de = fs_dir_next(&d)) != NULL) {
		if (!apply_tmp_is_ours(t->tx, de->d_name))
			continue;
		*GROW_ADD(names, n) = xstrdup(de->d_name);
	}
	MEM_SORT(names, (size_t)n);
	for (i = 0; i < n; i++) {
		if ((op = temps_find(t, dir, names[i])) != NULL)
			apply_recover_temp(t->tx, op, fd, names[i]);
		if (!temps_is_gone(fd, names[i]))
			temps_orphan(t, dir, fd, names[i]);
		t->found += temps_is_gone(fd, names[i]);
		free(names[i]);
	}
}

static void
temps_add_dirs(struct temps *t, const struct temp_op *o)
{
	char *dir = xstrdup(o->dir);

	for (;; dir = apply_dirname(dir)) {
		*GROW_ADD(t->dirs, t->dirs_len) = dir;
		if (o->op->before.exists || strcmp(dir, ".") == 0)
			break;
	}
}

size_t
apply_recover_temps(const struct apply_tx *tx)
{
	struct temps t = { .tx = tx };
	char hex[SHA256_HEX_SIZE];
	size_t i;

	t.ops = xcalloc(tx->ops_len + 1, sizeof(*t.ops));
	for (i = 0; i < tx->ops_len; i++) {
		struct temp_op *o = &t.ops[t.len];

		if (tx->ops[i].error != 0)
			continue;
		t.len++;
		o->op = &tx->ops[i];
		o->dir = apply_dirname(o->op->path);
		sha256_hex(o->op->path, strlen(o->op->path), hex);
		memcpy(o->tag, hex, APPLY_TAG);
		temps_add_dirs(&t, o);
	}
	qsort(t.ops, t.len, sizeof(*t.ops), temp_op_compare);
	MEM_SORT(t.dirs, t.dirs_len);
	for (i = 0; i < t.dirs_len; i++)
		if (i == 0 || strcmp(t.dirs[i], t.dirs[i - 1]) != 0)
			temps_folder(&t, t.dirs[i]);
	for (i = 0; i < t.len; i++)
		free(t.ops[i].dir);
	xfree_list(t.dirs, t.dirs_len);
	free(t.ops);
	return t.found;
}

/* An op whose path the gate may not write to gets an error. */
static void
apply_recover_check(struct apply_op *ops, size_t n)
{
	struct err e = ERR_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		if (apply_path_check(ops[i].path, &e) < 0) {
			ops[i].error = EINVAL;
			apply_say(&ops[i], "%s", e.text);
			e = (struct err)ERR_INIT;
		}
	}
}

void
apply_look_all(int root_fd, struct apply_op *ops, size_t n,
    struct apply_stand *s)
{
	struct apply_tx *tx = apply_tx_new(root_fd, NULL, NULL, ops, n);
	struct worktree_state now;
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < n; i++) {
		int where = apply_path_check(ops[i].path, NULL) < 0 ?
		    APPLY_OTHER : apply_where(tx, &ops[i], &now);

		if (where == APPLY_WRITTEN)
			s->written++;
		else if (where == APPLY_OPEN)
			s->open++;
		else
			s->other++;
	}
	apply_tx_free(tx);
}

/* Is the content to write in the store? If not, report it. */
static bool
apply_recover_can(const struct apply_tx *tx, struct apply_op *op,
    const struct stage_side *want)
{
	if (!want->exists || blob_has(tx->store, want->hash))
		return true;
	op->error = ENOENT;
	apply_say(op, "%s was left as it is: the content that would be "
	    "written is not in the session's store", op->path);
	return false;
}

/* Mark the op as done or changed; true if it still has to be acted on. */
static bool
apply_recover_look(struct apply_tx *tx, struct apply_op *op,
    enum apply_recovery how)
{
	struct worktree_state now;
	int where = apply_where(tx, op, &now);

	op->done = where == APPLY_WRITTEN;
	if (where < 0)
		apply_error(op, errno);
	else if (where == APPLY_OTHER)
		apply_changed(op, &now);
	else if (where == APPLY_WRITTEN && !op->after.exists &&
	    how == APPLY_FINISH)
		apply_rmdirs(tx, op->path, ".");
	else if (where == APPLY_OPEN && how == APPLY_LEAVE)
		apply_say(op, "%s was not written before assent stopped, and "
		    "was left as it is", op->path);
	else if (where == APPLY_OPEN && how == APPLY_UNDO)
		apply_say(op, "%s is as it was before", op->path);
	if (where == APPLY_OPEN && how == APPLY_FINISH)
		return apply_recover_can(tx, op, &op->after);
	return where == APPLY_WRITTEN && how == APPLY_UNDO &&
	    apply_recover_can(tx, op, &op->before);
}

/* The other half of a rename, which may need to be redone too. */
static struct apply_op *
apply_recover_pair(const struct apply_op *op, struct apply_op *again,
    struct apply_op **from, size_t n)
{
	size_t i;

	for (i = 0; i < n && op->pair != NULL; i++)
		if (from[i] == op->pair)
			return &again[i];
	return op->pair;
}

/* The same op in reverse. */
static struct apply_op
apply_reverse(const struct apply_op *op)
{
	struct apply_op r = *op;

	r.before = op->after;
	r.after = op->before;
	r.done = false;
	memset(&r.staged, 0, sizeof(r.staged));	/* not as staged */
	return r;
}

/* Copy the result to the op that it belongs to. */
static void
apply_recover_take(struct apply_op *op, const struct apply_op *got,
    enum apply_recovery how, bool failed, const struct err *e)
{
	op->text = got->text;
	if (failed && got->error == 0) {
		op->error = e->sys == 0 ? EIO : e->sys;
		apply_say(op, "%s", e->text);
		return;
	}
	op->error = got->error;
	if (how == APPLY_FINISH) {
		op->done = got->done;
		op->changed_on_disk = got->changed_on_disk;
	} else if (got->done) {
		op->done = false;
		apply_say(op, "%s was restored", op->path);
	} else if (got->changed_on_disk) {
		op->done = false;
		op->changed_on_disk = true;
	}
}

size_t
apply_recover(int root_fd, const char *undo_dir, struct blob_store *store,
    struct apply_op *ops, size_t n, enum apply_recovery how)
{
	struct apply_tx *tx = apply_tx_new(root_fd, undo_dir, store, ops, n);
	AUTO_FREE struct apply_op *again = xcalloc(n + 1, sizeof(*again));
	AUTO_FREE struct apply_op **from = xcalloc(n + 1, sizeof(*from));
	struct apply_tx *redo = NULL;
	struct err e = ERR_INIT;
	size_t i, todo = 0, found;

	apply_recover_check(ops, n);
	found = apply_recover_temps(tx);
	for (i = 0; i < n && how != APPLY_SWEEP; i++) {
		if (ops[i].changed_on_disk || ops[i].error != 0 ||
		    !apply_recover_look(tx, &ops[i], how))
			continue;
		from[todo] = &ops[i];
		again[todo++] = how == APPLY_UNDO ? apply_reverse(&ops[i]) :
		    ops[i];
	}
	for (i = 0; i < todo; i++) {
		again[i].pair = apply_recover_pair(&again[i], again, from,
		    todo);
		/* Half a rename alone doesn't wait for the other half. */
		if (how == APPLY_UNDO && again[i].pair == from[i]->pair)
			again[i].pair = NULL;
	}
	if (todo > 0)
		redo = apply_prepare(root_fd, undo_dir, store, again, todo,
		    &e);
	if (redo != NULL)
		apply_commit_free(redo);
	for (i = 0; i < todo; i++)
		apply_recover_take(from[i], &again[i], how, redo == NULL, &e);
	if (todo > 0 && how == APPLY_FINISH)
		apply_times_again(tx);
	apply_tx_free(tx);
	return found;
}
