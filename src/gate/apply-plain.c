/*
 * For file systems that can't exchange two names: FUSE, NFS, some overlays. The
 * old file is moved aside and checked there, and the new one is linked in,
 * which fails if something was saved meanwhile. Without links it is created
 * exclusively and copied. For a moment the name is missing, or its file
 * incomplete.
 */
#include "config.h"

#include "gate/apply-tx.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

/* Read the file's content or the link's target, and its state; -1 with
 * errno. */
static int
plain_read(int dirfd, const char *name, struct worktree_state *s, struct buf *b)
{
	char target[4096];
	struct err e = ERR_INIT;
	ssize_t n;

	if (worktree_read(dirfd, name, s) < 0)
		return -1;
	if (!s->side.exists || s->other) {
		errno = s->other ? EINVAL : ENOENT;
		return -1;
	}
	if (s->side.mode != 0120000) {
		if (fs_read_file(dirfd, name, b, &e) == 0)
			return 0;
		errno = e.sys == 0 ? EIO : e.sys;
		return -1;
	}
	n = readlinkat(dirfd, name, target, sizeof(target));
	if (n > 0)
		buf_add(b, target, (size_t)n);
	return n > 0 ? 0 : -1;
}

/* Is this a file system that can never exchange two names? */
static bool
plain_cannot_exchange(int fd)
{
	static const unsigned long kinds[] = { NFS_SUPER_MAGIC,
		CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC, V9FS_MAGIC };

	return fs_kind_is(fd, kinds, MEM_COUNT(kinds));
}

/* Try the exchange with two empty files, and remove them. */
static enum apply_atomic
plain_try_exchange(int fd, const char *own_dir)
{
	struct apply_tx *tx = apply_tx_new(fd, own_dir, NULL, NULL, 0);
	char name[2][APPLY_TMP_SIZE];
	enum apply_atomic found = ATOMIC_UNKNOWN;
	int file[2], i;

	for (i = 0; i < 2; i++) {
		apply_tmp_name(name[i], tx, "");
		file[i] = openat(fd, name[i], O_WRONLY | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (file[0] >= 0 && file[1] >= 0) {
		if (worktree_exchange(fd, name[0], name[1]) == 0)
			found = ATOMIC_YES;
		else if (worktree_is_unsupported(errno))
			found = ATOMIC_NO;
	}
	for (i = 0; i < 2; i++)
		if (file[i] >= 0) {
			(void)unlinkat(fd, name[i], 0);
			close(file[i]);
		}
	apply_tx_free(tx);
	return found;
}

enum apply_atomic
apply_atomic(int root_fd, const char *own_dir)
{
	enum apply_atomic found = ATOMIC_UNKNOWN;
	struct stat root, own;
	AUTO_CLOSE int fd = -1;

	if (fs_kind_is_known(root_fd))
		return ATOMIC_YES;
	if (plain_cannot_exchange(root_fd))
		return ATOMIC_NO;
	fd = own_dir == NULL ? -1 : open(own_dir, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &own) == 0 && fstat(root_fd, &root) == 0 &&
	    own.st_dev == root.st_dev)
		found = plain_try_exchange(fd, own_dir);
	return found;
}

/* Is the content of the first file the beginning, or all, of the second? */
static bool
plain_is_part(int dirfd, const char *name, const struct buf *whole)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	return fs_read_file(dirfd, name, &b, NULL) == 0 &&
	    b.len <= whole->len &&
	    memcmp(buf_str(&b), buf_str(whole), b.len) == 0;
}

/* Remove a failed copy, unless a user has changed or replaced it. */
static void
plain_drop(const struct apply_tx *tx, struct apply_op *op, int dirfd,
    const char *name, int fd, const struct buf *whole)
{
	char tmp[APPLY_TMP_SIZE];
	AUTO_CLOSE int pin = -1;

	apply_tmp_name(tmp, tx, op->path);
	if (worktree_move_aside(dirfd, name, dirfd, tmp) < 0)
		return;
	pin = worktree_open_path(dirfd, tmp);
	if (pin >= 0 && worktree_is_same_file(pin, fd) &&
	    plain_is_part(dirfd, tmp, whole))
		(void)unlinkat(dirfd, tmp, 0);
	else if (worktree_rename_free(dirfd, tmp, dirfd, name) < 0)
		apply_keep(tx, dirfd, tmp, op, NULL, NULL, true);
}

static int
plain_copy_new(const struct apply_tx *tx, struct apply_op *op, int from_fd,
    const char *from, int to_fd, const char *to)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct worktree_state s, now;
	struct worktree_new new = { .bytes = &b, .how = WORKTREE_LEASED,
		.old_fd = from_fd, .old_name = from, .old = &s, .fd = -1 };
	struct timespec times[2];
	int pin, rc, saved;

	rc = plain_read(from_fd, from, &s, &b);
	if (rc == 0) {
		new.mode = s.side.mode;
		rc = worktree_write_new(to_fd, to, &new);
	}
	saved = errno;
	if (rc < 0) {
		if (new.fd >= 0)
			plain_drop(tx, op, to_fd, to, new.fd, &b);
		goto out;
	}
	times[0] = times[1] = s.st.st_mtim;
	(void)utimensat(new.fd, "", times, AT_EMPTY_PATH);
	pin = worktree_open_path(to_fd, to);
	if (pin < 0 || !worktree_is_same_file(pin, new.fd) ||
	    worktree_read(to_fd, to, &now) < 0 || !worktree_is(&now, &s.side)) {
		saved = EEXIST;		/* overwritten by a save */
		rc = -1;
	} else if (worktree_read(from_fd, from, &now) == 0 &&
	    !worktree_is(&now, &s.side)) {
		/* A program is still writing to the moved file. */
		apply_keep(tx, from_fd, from, op, NULL, NULL, true);
	} else {
		(void)unlinkat(from_fd, from, 0);
	}
	if (rc == 0)
		rc = 1;
	fs_close(pin);
out:
	fs_close(new.fd);
	errno = saved;
	return rc;
}

int
apply_rename_new(const struct apply_tx *tx, struct apply_op *op, int from_fd,
    const char *from, int to_fd, const char *to)
{
	if (worktree_rename_new(from_fd, from, to_fd, to) == 0)
		return 0;
	if (errno != EOPNOTSUPP)
		return -1;
	return plain_copy_new(tx, op, from_fd, from, to_fd, to);
}

void
apply_move_back(const struct apply_tx *tx, struct apply_op *op, int dirfd,
    const char *aside, const char *name)
{
	/* The last resort on a full disk: nothing new can be created, but this
	 * name existed. */
	if (apply_rename_new(tx, op, dirfd, aside, dirfd, name) >= 0 ||
	    worktree_rename_free(dirfd, aside, dirfd, name) == 0)
		return;
	/* The user saved again: the newest version stays, and this one is set
	 * aside. */
	apply_keep(tx, dirfd, aside, op, NULL, NULL, true);
}

void
apply_replace_plain(const struct apply_tx *tx, struct apply_item *it,
    int dirfd, const char *name)
{
	struct apply_op *op = it->op;
	struct worktree_state out;
	char aside[APPLY_TMP_SIZE];
	int rc;

	/* Don't replace a file that was changed on disk since. */
	if (apply_read_out(dirfd, name, &out) < 0 ||
	    !apply_is_before(it, &out)) {
		apply_changed(op, &out);
		(void)unlinkat(dirfd, it->tmp, 0);
		return;
	}
	apply_tmp_name(aside, tx, op->path);
	if (worktree_move_aside(dirfd, name, dirfd, aside) < 0) {
		if (errno == ENOENT)
			apply_changed(op, NULL);
		else
			apply_error(op, errno);
		(void)unlinkat(dirfd, it->tmp, 0);
		return;
	}
	if (apply_read_out(dirfd, aside, &out) < 0 ||
	    !apply_is_before(it, &out)) {
		apply_changed(op, NULL);
	} else if ((rc = apply_rename_new(tx, op, dirfd, it->tmp, dirfd,
	    name)) >= 0) {
		apply_done(it, dirfd, name, rc == 1);
		apply_keep(tx, dirfd, aside, op, &out, it, !op->done);
		return;
	} else if (errno == EEXIST) {
		/* The newest version stays; the displayed one is set aside. */
		apply_changed(op, NULL);
		(void)unlinkat(dirfd, it->tmp, 0);
		apply_keep(tx, dirfd, aside, op, &out, NULL, false);
		return;
	} else {
		apply_error(op, errno);
	}
	(void)unlinkat(dirfd, it->tmp, 0);
	apply_move_back(tx, op, dirfd, aside, name);
}

/* ---- after a crash ---- */

/* A partial copy: the beginning of the content being written or restored, with
 * the temporary mode; or all of it with that mode. */
static bool
plain_is_half(int dirfd, const char *name, const struct buf *whole,
    const struct stat *like)
{
	struct stat st;
	bool bare;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode))
		return false;
	bare = (st.st_mode & 07777) == 0600 && st.st_mode != like->st_mode;
	return (bare || (st.st_mode == like->st_mode &&
	    (size_t)st.st_size < whole->len)) &&
	    plain_is_part(dirfd, name, whole);
}

void
apply_recover_half(const struct apply_tx *tx, struct apply_op *op,
    int dirfd, const char *temp)
{
	AUTO_BUF struct buf whole = BUF_INIT(0), back = BUF_INIT(0);
	struct worktree_state was, now;
	char tmp[APPLY_TMP_SIZE];
	const char *name;
	bool is_new;
	AUTO_CLOSE int fd = -1;

	if (plain_read(dirfd, temp, &was, &back) < 0 ||
	    was.side.mode == 0120000)
		return;
	/* No temporary file exists before the old file has been moved aside. */
	is_new = op->after.exists &&
	    strcmp(was.side.hash, op->after.hash) == 0;
	if (op->before.exists == is_new)
		return;
	if (op->after.exists && op->after.mode != 0120000)
		(void)blob_get(tx->store, op->after.hash, &whole, NULL);
	fd = fs_open_parent(tx->root_fd, op->path, false, &name);
	if (fd >= 0 && worktree_read(fd, name, &now) == 0 && now.side.exists &&
	    (!worktree_is(&now, &op->before) ||
	    now.st.st_mode != was.st.st_mode) &&
	    (plain_is_half(fd, name, &whole, &was.st) ||
	    plain_is_half(fd, name, &back, &was.st))) {
		/* If the file is a user's after all, it is kept. */
		apply_tmp_name(tmp, tx, op->path);
		if (worktree_move_aside(fd, name, fd, tmp) == 0)
			apply_keep(tx, fd, tmp, op, NULL, NULL, false);
	}
}

void
apply_recover_dropped(const struct apply_tx *tx, struct apply_op *op,
    int dirfd, const char *temp, const char *other)
{
	AUTO_BUF struct buf whole = BUF_INIT(0);
	struct worktree_state s, o;

	if (plain_read(dirfd, temp, &s, &whole) == 0 &&
	    s.side.mode != 0120000 && worktree_read(dirfd, other, &o) == 0 &&
	    o.st.st_mode != s.st.st_mode && !worktree_is(&o, &op->before) &&
	    !worktree_is(&o, &op->after) &&
	    plain_is_half(dirfd, other, &whole, &s.st))
		apply_keep(tx, dirfd, other, op, NULL, NULL, false);
}

bool
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
