/*
 * Apply, on real folders: the cases of tests/fixtures/diff through compose and
 * apply, the kinds of change, files that changed on disk, file systems that
 * refuse, and a crash at every step.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "gate/gate.h"
#include "tests/unit/gate-tree.h"
#include "tests/unit/rounds.h"

/* ---- system calls that fail or end the process when told to ---- */

int __real_renameat2(int, const char *, int, const char *, unsigned);
int __wrap_renameat2(int, const char *, int, const char *, unsigned);
int __real_linkat(int, const char *, int, const char *, int);
int __wrap_linkat(int, const char *, int, const char *, int);
int __real_unlinkat(int, const char *, int);
int __wrap_unlinkat(int, const char *, int);
int __real_renameat(int, const char *, int, const char *);
int __wrap_renameat(int, const char *, int, const char *);
int __real_fsync(int);
int __wrap_fsync(int);
int __real_fchmod(int, mode_t);
int __wrap_fchmod(int, mode_t);
ssize_t __real_write(int, const void *, size_t);
ssize_t __wrap_write(int, const void *, size_t);
int __real_mkdirat(int, const char *, mode_t);
int __wrap_mkdirat(int, const char *, mode_t);
int __real_openat(int, const char *, int, ...);
int __wrap_openat(int, const char *, int, ...);
int __real_statx(int, const char *, int, unsigned, struct statx *);
int __wrap_statx(int, const char *, int, unsigned, struct statx *);
int __real_fstat(int, struct stat *);
int __wrap_fstat(int, struct stat *);
int __real_fstatat(int, const char *, struct stat *, int);
int __wrap_fstatat(int, const char *, struct stat *, int);
int __real_fstatfs(int, struct statfs *);
int __wrap_fstatfs(int, struct statfs *);
int __real_nanosleep(const struct timespec *, struct timespec *);
int __wrap_nanosleep(const struct timespec *, struct timespec *);
int __real_symlinkat(const char *, int, const char *);
int __wrap_symlinkat(const char *, int, const char *);
int __real_blob_put(struct blob_store *, const void *, size_t,
    char hex[SHA256_HEX_SIZE], struct err *);
int __wrap_blob_put(struct blob_store *, const void *, size_t,
    char hex[SHA256_HEX_SIZE], struct err *);

static struct {
	int	 steps;		/* calls until the end; 0: never */
	int	 fail;		/* calls until one that fails; 0: none */
	int	 error;		/* with this */
	bool	 for_good;	/* and all that write, from then on */
	bool	 no_flags;	/* renameat2 with flags is EINVAL */
	bool	 no_links;	/* linkat is EPERM */
	bool	 no_inodes;	/* a file's number is that of its path */
	int	 naps;		/* waits for somebody who has a file open */
	int	 save_at;	/* calls until the user saves; 0: never */
	void	(*save)(void);
	ino_t	 far;		/* this folder is another file system */
	void	(*before_exchange)(void);
	const char *odd;		/* this file has the attribute */
	uint64_t attribute;
} wrap;

/* Ends the process, or true with errno if this call is the one to fail. */
static bool
wrap_step(void)
{
	if (wrap.steps > 0 && --wrap.steps == 0)
		_exit(9);
	if (wrap.save_at > 0 && --wrap.save_at == 0)
		wrap.save();
	if (wrap.fail == 0)
		return false;
	if (wrap.fail > 1) {
		wrap.fail--;
		return false;
	}
	wrap.fail = wrap.for_good ? 1 : 0;
	errno = wrap.error;
	return true;
}

static bool
wrap_is_far(int from, int to)
{
	struct stat a, b;

	return wrap.far != 0 && __real_fstat(from, &a) == 0 &&
	    __real_fstat(to, &b) == 0 &&
	    (a.st_ino == wrap.far) != (b.st_ino == wrap.far);
}

/* As file systems do it that make a number of the path. */
static ino_t
wrap_ino(int fd, const char *name)
{
	char self[64], path[PATH_MAX + 512], hex[SHA256_HEX_SIZE];
	ssize_t n;
	size_t len;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, path, PATH_MAX);
	len = n < 0 ? 0 : (size_t)n;
	len += (size_t)snprintf(path + len, 512, "%s%s", *name == '\0' ? "" :
	    "/", name);
	sha256_hex(path, len, hex);
	hex[12] = '\0';
	return (ino_t)strtoull(hex, NULL, 16);
}

int
__wrap_fstat(int fd, struct stat *st)
{
	int rc = __real_fstat(fd, st);

	if (rc == 0 && wrap.no_inodes)
		st->st_ino = wrap_ino(fd, "");
	return rc;
}

int
__wrap_fstatat(int fd, const char *name, struct stat *st, int flags)
{
	int rc = __real_fstatat(fd, name, st, flags);

	if (rc == 0 && wrap.no_inodes)
		st->st_ino = wrap_ino(fd, name);
	return rc;
}

int
__wrap_fstatfs(int fd, struct statfs *st)
{
	int rc = __real_fstatfs(fd, st);

	if (rc == 0 && wrap.no_inodes)
		st->f_type = FUSE_SUPER_MAGIC;
	return rc;
}

int
__wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
	wrap.naps++;
	return __real_nanosleep(t, left);
}

static ino_t
undo_ino(const struct tree *t)
{
	struct stat st;

	assert_int_equal(stat(t->undo, &st), 0);
	return st.st_ino;
}

int
__wrap_renameat2(int fa, const char *a, int fb, const char *b, unsigned flags)
{
	if (wrap_step())
		return -1;
	if (wrap_is_far(fa, fb)) {
		errno = EXDEV;
		return -1;
	}
	if (wrap.no_flags && flags != 0) {
		errno = EINVAL;
		return -1;
	}
	if (wrap.before_exchange != NULL && flags != 0)
		wrap.before_exchange();
	return __real_renameat2(fa, a, fb, b, flags);
}

int
__wrap_linkat(int fa, const char *a, int fb, const char *b, int flags)
{
	if (wrap_step())
		return -1;
	if (wrap.no_links || wrap_is_far(fa, fb)) {
		errno = wrap.no_links ? EPERM : EXDEV;
		return -1;
	}
	return __real_linkat(fa, a, fb, b, flags);
}

int
__wrap_unlinkat(int fd, const char *name, int flags)
{
	if (wrap_step() && !wrap.for_good)
		return -1;
	return __real_unlinkat(fd, name, flags);
}

int
__wrap_renameat(int fa, const char *a, int fb, const char *b)
{
	/* Back to the name that it had: that needs no room. */
	if (wrap_step() && !wrap.for_good)
		return -1;
	return __real_renameat(fa, a, fb, b);
}

int
__wrap_fsync(int fd)
{
	if (wrap_step())
		return -1;
	return __real_fsync(fd);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	/* Taking it back needs no room. */
	if (wrap_step() && !wrap.for_good)
		return -1;
	return __real_fchmod(fd, mode);
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	if (wrap_step())
		return -1;
	return __real_write(fd, p, n);
}

int
__wrap_mkdirat(int fd, const char *name, mode_t mode)
{
	if (wrap_step())
		return -1;
	return __real_mkdirat(fd, name, mode);
}

int
__wrap_symlinkat(const char *target, int fd, const char *name)
{
	if (wrap_step())
		return -1;
	return __real_symlinkat(target, fd, name);
}

int
__wrap_statx(int fd, const char *name, int flags, unsigned mask,
    struct statx *x)
{
	int rc = __real_statx(fd, name, flags, mask, x);

	if (rc == 0 && wrap.odd != NULL && strcmp(name, wrap.odd) == 0)
		x->stx_attributes |= wrap.attribute;
	return rc;
}

/* A step for aimed saves alone: what only reads can neither fail halfway nor
 * leave anything. */
int
__wrap_openat(int fd, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
		if (wrap_step())
			return -1;
	} else if (wrap.save_at > 0 && --wrap.save_at == 0) {
		wrap.save();
	}
	return __real_openat(fd, name, flags, mode);
}

int
__wrap_blob_put(struct blob_store *b, const void *p, size_t n,
    char hex[SHA256_HEX_SIZE], struct err *e)
{
	if (wrap_step())
		return err_sys(e, "cannot keep a content");
	return __real_blob_put(b, p, n, hex, e);
}

/* ---- the usual course ---- */

static int
setup(void **state)
{
	memset(&wrap, 0, sizeof(wrap));
	umask(022);
	*state = tree_new();
	return 0;
}

static int
teardown(void **state)
{
	memset(&wrap, 0, sizeof(wrap));
	tree_free(*state);
	return 0;
}

/* For tests of thousands of small steps: in memory, where making a file is
 * cheap. What they test is the order of steps, not the disk, unless they are
 * asked for by APPLY_TESTS. */
static char *usual_tmp;

static int
setup_fast(void **state)
{
	const char *tmp = getenv("TMPDIR");

	usual_tmp = xstrdup_null(tmp);
	if (access("/dev/shm", W_OK | X_OK) == 0 &&
	    getenv("APPLY_TESTS") == NULL)
		setenv("TMPDIR", "/dev/shm", 1);
	return setup(state);
}

static int
teardown_fast(void **state)
{
	int rc = teardown(state);

	if (usual_tmp != NULL)
		setenv("TMPDIR", usual_tmp, 1);
	else
		unsetenv("TMPDIR");
	free(usual_tmp);
	usual_tmp = NULL;
	return rc;
}

/* Prepare and commit; fails the test if prepare does. */
static void
apply_all(struct tree *t, struct apply_op *ops, size_t n)
{
	struct err e = ERR_INIT;
	struct apply_tx *tx;

	tx = apply_prepare(t->root_fd, t->undo, t->store, ops, n, &e);
	if (tx == NULL)
		fail_msg("prepare: %s", e.text);
	apply_commit_free(tx);
}

static void
assert_done(const struct apply_op *ops, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!ops[i].done || ops[i].changed_on_disk || ops[i].error != 0)
			fail_msg("%s: done %d changed %d error %d %s",
			    ops[i].path, ops[i].done, ops[i].changed_on_disk,
			    ops[i].error, ops[i].text == NULL ? "" :
			    ops[i].text);
}

static void
test_apply_kinds(void **state)
{
	struct tree *t = *state;
	struct apply_op ops[8];
	struct stat st;

	tree_put(t, "a.txt", 0644, "old\r\nno end");
	tree_put(t, "gone/deep/b", 0644, "bye\n");
	tree_put(t, "run.sh", 0640, "#!/bin/sh\n");
	tree_put(t, "was-file", 0644, "x\n");
	tree_link(t, "link", "a.txt");
	ops[0] = tree_op(t, "a.txt", 0644, "new\r\nstill no end");
	ops[1] = tree_op(t, "gone/deep/b", 0, NULL);
	ops[2] = tree_op(t, "run.sh", 0755, "#!/bin/sh\n");
	ops[3] = tree_op(t, "new/dir/c", 0755, "c\n");
	ops[4] = tree_op(t, "link", 0120000, "new/dir/c");
	ops[5] = tree_op(t, "new/l", 0120000, "dir");
	ops[6] = tree_op(t, "was-file", 0120000, "a.txt");
	ops[7] = tree_op(t, "empty", 0644, "");
	apply_all(t, ops, 8);
	assert_done(ops, 8);
	tree_check(t, "a.txt 644 <new\r\nstill no end>\n"
	    "empty 644 <>\n"
	    "link -> new/dir/c\n"
	    "new/dir/c 755 <c\n>\n"
	    "new/l -> dir\n"
	    "run.sh 750 <#!/bin/sh\n>\n"
	    "was-file -> a.txt\n");
	/* The emptied folders went with their last file. */
	assert_int_equal(fstatat(t->root_fd, "gone", &st, 0), -1);
	/* What was displaced is kept. */
	assert_true(tree_undo_has(t, "old\r\nno end"));
	assert_true(tree_undo_has(t, "bye\n"));
	apply_ops_release(ops, 8);
}

static void
test_apply_folder_and_file_swap(void **state)
{
	struct tree *t = *state;
	struct apply_op ops[6];

	tree_put(t, "a", 0644, "file\n");
	tree_put(t, "b/one", 0644, "1\n");
	tree_put(t, "b/two/three", 0644, "3\n");
	tree_link(t, "l", "b");
	ops[0] = tree_op(t, "a", 0, NULL);
	ops[1] = tree_op(t, "a/x/y", 0644, "y\n");
	ops[2] = tree_op(t, "b", 0644, "b is a file\n");
	ops[3] = tree_op(t, "b/one", 0, NULL);
	ops[4] = tree_op(t, "b/two/three", 0, NULL);
	ops[5] = tree_op(t, "l", 0, NULL);
	apply_all(t, ops, 6);
	assert_done(ops, 6);
	tree_check(t, "a/x/y 644 <y\n>\nb 644 <b is a file\n>\n");
	apply_ops_release(ops, 6);
	/* A folder that keeps something stays, and so does what is in it. */
	tree_put(t, "d/mine", 0644, "1\n");
	tree_put(t, "d/yours", 0644, "2\n");
	ops[0] = tree_op(t, "d", 0644, "file\n");
	ops[1] = tree_op(t, "d/mine", 0, NULL);
	apply_all(t, ops, 2);
	assert_true(ops[0].changed_on_disk && !ops[0].done);
	assert_true(ops[1].done);
	tree_check(t, "a/x/y 644 <y\n>\nb 644 <b is a file\n>\n"
	    "d/yours 644 <2\n>\n");
	apply_ops_release(ops, 2);
	/* A link where a folder is needed is not followed. */
	tree_link(t, "out", "/tmp");
	ops[0] = tree_op(t, "out/x", 0644, "x\n");
	apply_all(t, ops, 1);
	assert_true(ops[0].changed_on_disk && !ops[0].done);
	apply_ops_release(ops, 1);
}

static void
test_apply_keeps_what_a_file_has(void **state)
{
	struct tree *t = *state;
	struct apply_op op;
	struct stat st;
	char value[8];
	bool root = geteuid() == 0, attr;
	int fd;

	tree_put(t, "f", 04755, "old\n");
	fd = openat(t->root_fd, "f", O_RDONLY);
	if (root)
		assert_int_equal(fchown(fd, 1234, 2345), 0);
	assert_int_equal(fchmod(fd, 04775), 0);
	attr = fsetxattr(fd, "user.colour", "blue", 4, 0) == 0;
	close(fd);
	op = tree_op(t, "f", 0755, "new\n");
	apply_all(t, &op, 1);
	assert_done(&op, 1);
	fd = openat(t->root_fd, "f", O_RDONLY);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0775);	/* no setuid */
	if (root) {
		assert_int_equal(st.st_uid, 1234);
		assert_int_equal(st.st_gid, 2345);
	}
	if (attr)
		assert_int_equal(fgetxattr(fd, "user.colour", value,
		    sizeof(value)), 4);
	close(fd);
	apply_ops_release(&op, 1);
}

/* Set-group-id and the sticky bit stay, setuid goes, and that is said. */
static void
test_apply_mode_bits(void **state)
{
	static const struct {
		mode_t old;
		unsigned mode;		/* that is accepted */
		const char *text;
		mode_t want;
		bool told;
	} cases[] = {
		{ 02755, 0755, "new\n", 02755, false },
		{ 02775, 0755, "new\n", 02775, false },
		{ 02644, 0644, "new\n", 02644, false },
		{ 03755, 0755, "new\n", 03755, false },
		{ 04755, 0755, "new\n", 0755, true },
		{ 06755, 0755, "new\n", 02755, true },
		{ 02755, 0644, "old\n", 02644, false },
		{ 02755, 0644, "new\n", 02644, false },
		/* It isn't made a program with its group's rights. */
		{ 02644, 0755, "old\n", 0755, false },
		{ 02644, 0755, "new\n", 0755, true },
	};
	struct tree *t = *state;
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct apply_op op;
		struct stat st;

		tree_put(t, "f", 0644, "old\n");
		assert_int_equal(fchmodat(t->root_fd, "f", cases[i].old, 0),
		    0);
		op = tree_op(t, "f", cases[i].mode, cases[i].text);
		apply_all(t, &op, 1);
		assert_done(&op, 1);
		assert_int_equal(fstatat(t->root_fd, "f", &st, 0), 0);
		if ((st.st_mode & 07777) != cases[i].want ||
		    (op.text != NULL) != cases[i].told)
			fail_msg("%04o, %04o: %04o %s", cases[i].old,
			    cases[i].mode, st.st_mode & 07777, op.text);
		apply_ops_release(&op, 1);
		assert_int_equal(unlinkat(t->root_fd, "f", 0), 0);
	}
}

static void
test_apply_hard_links_are_told(void **state)
{
	struct tree *t = *state;
	struct apply_op op;

	tree_put(t, "f", 0644, "old\n");
	assert_int_equal(linkat(t->root_fd, "f", t->root_fd, "g", 0), 0);
	op = tree_op(t, "f", 0644, "new\n");
	apply_all(t, &op, 1);
	assert_done(&op, 1);
	assert_non_null(op.text);
	assert_non_null(strstr(op.text, "hard links"));
	tree_check(t, "f 644 <new\n>\ng 644 <old\n>\n");
	apply_ops_release(&op, 1);
}

/* ---- a file that changed on disk is refused; the rest applies ---- */

static void
test_apply_changed_before_prepare(void **state)
{
	struct tree *t = *state;
	struct apply_op ops[6];

	tree_put(t, "edited", 0644, "1\n");
	tree_put(t, "removed", 0644, "1\n");
	tree_put(t, "chmod", 0644, "1\n");
	tree_put(t, "deleted", 0644, "1\n");
	tree_put(t, "fine", 0644, "1\n");
	ops[0] = tree_op(t, "edited", 0644, "2\n");
	ops[1] = tree_op(t, "removed", 0644, "2\n");
	ops[2] = tree_op(t, "chmod", 0644, "2\n");
	ops[3] = tree_op(t, "deleted", 0, NULL);
	ops[4] = tree_op(t, "new", 0644, "2\n");
	ops[5] = tree_op(t, "fine", 0644, "2\n");
	tree_put(t, "edited", 0644, "mine\n");
	assert_int_equal(unlinkat(t->root_fd, "removed", 0), 0);
	assert_int_equal(fchmodat(t->root_fd, "chmod", 0755, 0), 0);
	tree_put(t, "deleted", 0644, "mine\n");
	tree_put(t, "new", 0644, "mine\n");
	apply_all(t, ops, 6);
	for (int i = 0; i < 5; i++) {
		assert_true(ops[i].changed_on_disk && !ops[i].done);
		assert_non_null(ops[i].text);
	}
	assert_true(ops[5].done);
	tree_check(t, "chmod 755 <1\n>\ndeleted 644 <mine\n>\n"
	    "edited 644 <mine\n>\nfine 644 <2\n>\nnew 644 <mine\n>\n");
	apply_ops_release(ops, 6);
}

static void
test_apply_changed_after_prepare(void **state)
{
	struct tree *t = *state;
	struct apply_op ops[6];
	struct apply_tx *tx;
	struct err e = ERR_INIT;

	tree_put(t, "a", 0644, "1\n");
	tree_put(t, "b", 0644, "1\n");
	tree_put(t, "c", 0644, "1\n");
	tree_put(t, "d", 0644, "1\n");
	tree_put(t, "p", 0644, "1\n");
	ops[0] = tree_op(t, "a", 0644, "2\n");
	ops[1] = tree_op(t, "b", 0, NULL);
	ops[2] = tree_op(t, "c", 0755, "1\n");
	ops[3] = tree_op(t, "d", 0644, "2\n");
	ops[4] = tree_op(t, "n/e", 0644, "2\n");
	ops[5] = tree_op(t, "p", 0644, "2\n");
	tx = apply_prepare(t->root_fd, t->undo, t->store, ops, 6, &e);
	assert_non_null(tx);
	assert_int_equal(fchmodat(t->root_fd, "p", 0600, 0), 0);
	tree_save(t, "a", "mine\n");	/* by rename, as editors do */
	tree_save(t, "b", "mine\n");
	tree_save(t, "c", "mine\n");
	assert_int_equal(unlinkat(t->root_fd, "d", 0), 0);
	tree_put(t, "n/e", 0644, "mine\n");
	apply_commit_free(tx);
	for (int i = 0; i < 6; i++)
		if (!ops[i].changed_on_disk || ops[i].done)
			fail_msg("%s was not refused", ops[i].path);
	tree_check(t, "a 644 <mine\n>\nb 644 <mine\n>\nc 644 <mine\n>\n"
	    "n/e 644 <mine\n>\np 600 <1\n>\n");
	apply_ops_release(ops, 6);
}

static void
test_apply_same_change_already_made(void **state)
{
	struct tree *t = *state;
	struct apply_op ops[3];

	tree_put(t, "a", 0644, "1\n");
	tree_put(t, "b", 0644, "1\n");
	ops[0] = tree_op(t, "a", 0644, "2\n");
	ops[1] = tree_op(t, "b", 0, NULL);
	ops[2] = tree_op(t, "c", 0644, "3\n");
	tree_put(t, "a", 0644, "2\n");
	assert_int_equal(unlinkat(t->root_fd, "b", 0), 0);
	tree_put(t, "c", 0644, "3\n");
	apply_all(t, ops, 3);
	assert_done(ops, 3);
	tree_check(t, "a 644 <2\n>\nc 644 <3\n>\n");
	apply_ops_release(ops, 3);
}

/* The user saves between the exchange and the exchange back: the newest save
 * must stand, the one before it must be kept and told. */
static struct {
	struct tree	*t;
	int		 calls;
	pid_t		 pid;
} again;

static void
save_on_exchange(void)
{
	again.calls++;
	if (again.calls == 1)
		tree_save(again.t, "a", "first save\n");
	else if (again.calls == 2)
		tree_save(again.t, "a", "second save\n");
	else if (again.calls == 3)
		tree_save(again.t, "a", "third save\n");
}

static void
test_apply_saved_again_and_again(void **state)
{
	struct tree *t = *state;
	struct apply_op op;

	tree_put(t, "a", 0644, "1\n");
	op = tree_op(t, "a", 0644, "2\n");
	again.t = t;
	again.calls = 0;
	wrap.before_exchange = save_on_exchange;
	apply_all(t, &op, 1);
	wrap.before_exchange = NULL;
	assert_true(op.changed_on_disk && !op.done);
	assert_true(again.calls >= 3);
	assert_int_equal(wrap.naps, 0);	/* nobody else has one open */
	tree_check(t, "a 644 <third save\n>\n");
	assert_true(tree_undo_has(t, "second save\n"));
	assert_non_null(strstr(op.text, "undo folder"));
	apply_ops_release(&op, 1);
}

/* The second save is made in place, while our file stands there. */
static void
save_in_ours(void)
{
	if (++again.calls == 1)
		tree_save(again.t, "a", "first save\n");
	else if (again.calls == 2)
		tree_put(again.t, "a", 0644, "in ours\n");
}

static void
test_apply_saved_in_ours(void **state)
{
	struct tree *t = *state;
	struct apply_op op;

	tree_put(t, "a", 0644, "1\n");
	op = tree_op(t, "a", 0644, "2\n");
	again.t = t;
	again.calls = 0;
	wrap.before_exchange = save_in_ours;
	apply_all(t, &op, 1);
	wrap.before_exchange = NULL;
	assert_true(op.changed_on_disk && !op.done);
	assert_int_equal(wrap.naps, 0);
	tree_check(t, "a 644 <in ours\n>\n");
	assert_true(tree_undo_has(t, "first save\n"));
	assert_non_null(strstr(op.text, "undo folder"));
	apply_ops_release(&op, 1);
}

/* A save in place begins before the exchange, in another process, and ends
 * after it. */
static void
open_before_exchange(void)
{
	struct stat old, now;
	int ready[2];
	char c;

	if (++again.calls != 1)
		return;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	again.pid = fork();
	assert_true(again.pid >= 0);
	if (again.pid == 0) {
		int fd = openat(again.t->root_fd, "a", O_WRONLY | O_TRUNC);

		if (fd < 0 || fstat(fd, &old) < 0 ||
		    ftruncate(fd, 0) < 0 || write(fd, "1\n", 2) != 2 ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		do {
			if (fstatat(again.t->root_fd, "a", &now, 0) < 0)
				_exit(1);
		} while (now.st_ino == old.st_ino);
		if (ftruncate(fd, 0) < 0 || pwrite(fd, "mine\n", 5, 0) != 5)
			_exit(1);
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
}

static void
test_apply_saved_across_the_exchange(void **state)
{
	struct tree *t = *state;
	struct apply_op op;
	int status, fd;
	bool leases;

	tree_put(t, "a", 0644, "1\n");
	fd = openat(t->root_fd, "a", O_RDONLY | O_CLOEXEC);
	leases = fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
	close(fd);
	if (!leases) {
		print_message("skipped: no leases on this file system\n");
		skip();
	}
	op = tree_op(t, "a", 0644, "2\n");
	again.t = t;
	again.calls = 0;
	wrap.before_exchange = open_before_exchange;
	apply_all(t, &op, 1);
	wrap.before_exchange = NULL;
	assert_int_equal(waitpid(again.pid, &status, 0), again.pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(op.changed_on_disk && !op.done);
	tree_check(t, "a 644 <mine\n>\n");
	apply_ops_release(&op, 1);
}

/* The folder goes between prepare and commit. */
static void
test_apply_folder_vanished(void **state)
{
	struct tree *t = *state;
	struct apply_op ops[4];
	struct apply_tx *tx;
	struct err e = ERR_INIT;
	size_t i;

	tree_put(t, "d/a", 0644, "1\n");
	tree_put(t, "d/b", 0644, "1\n");
	tree_put(t, "z", 0644, "1\n");
	ops[0] = tree_op(t, "d/a", 0644, "2\n");
	ops[1] = tree_op(t, "d/b", 0, NULL);
	ops[2] = tree_op(t, "d/new", 0644, "n\n");
	ops[3] = tree_op(t, "z", 0644, "2\n");
	tx = apply_prepare(t->root_fd, t->undo, t->store, ops, 4, &e);
	assert_non_null(tx);
	assert_int_equal(fs_remove_tree(t->root_fd, "d", &e), 0);
	apply_commit_free(tx);
	for (i = 0; i < 3; i++)
		if (!ops[i].changed_on_disk || ops[i].error != 0 ||
		    ops[i].text == NULL)
			fail_msg("%s: %d %s", ops[i].path, ops[i].error,
			    ops[i].text);
	assert_non_null(strstr(ops[2].text, "folder of d/new was removed"));
	assert_done(&ops[3], 1);
	tree_check(t, "z 644 <2\n>\n");
	apply_ops_release(ops, 4);
	/* Asked again, it makes its folder. */
	ops[0] = tree_op(t, "d/new", 0644, "n\n");
	apply_all(t, ops, 1);
	assert_done(ops, 1);
	tree_check(t, "d/new 644 <n\n>\nz 644 <2\n>\n");
	apply_ops_release(ops, 1);
}

/* A writer that holds the old file open goes on writing to a file that is
 * kept, and the user is told. */
static int writer_fd;

static void
write_on_undo(void)
{
	if (++again.calls == 2)		/* verified, on its way to undo */
		assert_int_equal(write(writer_fd, "late\n", 5), 5);
}

static void
test_apply_writer_with_open_file(void **state)
{
	struct tree *t = *state;
	struct apply_op op;

	tree_put(t, "a", 0644, "1\n");
	op = tree_op(t, "a", 0644, "2\n");
	writer_fd = openat(t->root_fd, "a", O_WRONLY | O_APPEND);
	assert_true(writer_fd >= 0);
	again.calls = 0;
	wrap.before_exchange = write_on_undo;
	apply_all(t, &op, 1);
	wrap.before_exchange = NULL;
	close(writer_fd);
	assert_true(op.done);
	assert_true(tree_undo_has(t, "1\nlate\n"));
	assert_non_null(op.text);
	assert_non_null(strstr(op.text, "still writing"));
	apply_ops_release(&op, 1);
}

/* ---- another file than the one that was written ---- */

/* Another program puts its own in the place of each temporary file. */
static void
swap_temps(struct tree *t)
{
	int fd = openat(t->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fs_dir_take(fd);
	struct dirent *de;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL) {
		if (strncmp(de->d_name, ".assent-", 8) != 0)
			continue;
		tree_put(t, "foreign", 0644, "?\n");
		assert_int_equal(renameat(t->root_fd, "foreign", t->root_fd,
		    de->d_name), 0);
	}
	closedir(d);
}

static void
swap_before_exchange(void)
{
	if (++again.calls == 1)
		swap_temps(again.t);
}

static void
test_apply_swapped(void **state)
{
	static const char *const trees[] = {
		"a 644 <1\n>\n",	/* seen before anything is visible */
		"a 644 <?\n>\n",	/* seen and said when it is */
	};
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct tree *t = tree_new();
		bool late = i % 2 == 1, create = i >= 2;
		struct err e = ERR_INIT;
		struct apply_tx *tx;
		struct apply_op op;

		if (!create)
			tree_put(t, "a", 0644, "1\n");
		op = tree_op(t, "a", 0644, "2\n");
		tx = apply_prepare(t->root_fd, t->undo, t->store, &op, 1, &e);
		assert_non_null(tx);
		again.t = t;
		again.calls = late ? 0 : 1;
		wrap.before_exchange = swap_before_exchange;
		if (!late)
			swap_temps(t);
		apply_commit_free(tx);
		wrap.before_exchange = NULL;
		assert_false(op.done);
		assert_true(late ? op.changed_on_disk : op.error == ESTALE);
		assert_non_null(strstr(op.text, "another program"));
		tree_check(t, create && !late ? "" : trees[late]);
		assert_true(tree_undo_has(t, late ? "1\n" : "?\n") ||
		    (create && late));
		apply_ops_release(&op, 1);
		tree_free(t);
	}
}

/* What root makes in a user's folder is that user's, by the descriptor. */
static void
test_apply_as_root(void **state)
{
	static const char *const made[] = { "n", "n/d", "n/d/f", "l" };
	struct tree *t = *state;
	struct apply_op ops[2];
	struct stat st;
	size_t i;

	if (geteuid() != 0) {
		print_message("skipped: needs root\n");
		skip();
	}
	assert_int_equal(fchownat(t->root_fd, ".", 1234, 2345, 0), 0);
	ops[0] = tree_op(t, "n/d/f", 0644, "x\n");
	ops[1] = tree_op(t, "l", 0120000, "n/d/f");
	apply_all(t, ops, 2);
	assert_done(ops, 2);
	for (i = 0; i < MEM_COUNT(made); i++) {
		assert_int_equal(fstatat(t->root_fd, made[i], &st,
		    AT_SYMLINK_NOFOLLOW), 0);
		assert_int_equal(st.st_uid, 1234);
		assert_int_equal(st.st_gid, 2345);
	}
	apply_ops_release(ops, 2);
}

/* ---- poorer file systems ---- */

static void
test_apply_without_exchange(void **state)
{
	/* Without links; undo is far away; nor lasting inode numbers. */
	static const bool rows[][3] = {
		{ false, false, false }, { false, true, false },
		{ true, false, false }, { true, true, false },
		{ false, false, true }, { true, true, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(rows); i++) {
		struct tree *t = tree_new();
		struct apply_op ops[4];

		tree_put(t, "a", 0644, "1\n");
		tree_put(t, "b", 0644, "1\n");
		tree_put(t, "c", 0644, "1\n");
		ops[0] = tree_op(t, "a", 0644, "2\n");
		ops[1] = tree_op(t, "b", 0, NULL);
		ops[2] = tree_op(t, "n/x", 0644, "x\n");
		ops[3] = tree_op(t, "c", 0644, "2\n");
		tree_save(t, "c", "mine\n");
		wrap.no_flags = true;
		wrap.no_links = rows[i][0];
		wrap.far = rows[i][1] ? undo_ino(t) : 0;
		wrap.no_inodes = rows[i][2];
		apply_all(t, ops, 4);
		assert_done(ops, 3);
		assert_true(ops[3].changed_on_disk);
		tree_check(t, "a 644 <2\n>\nc 644 <mine\n>\n"
		    "n/x 644 <x\n>\n");
		memset(&wrap, 0, sizeof(wrap));
		apply_ops_release(ops, 4);
		tree_free(t);
	}
}

/* Whether names can be exchanged is tried where nobody watches. */
static void
test_apply_atomic(void **state)
{
	struct tree *t = *state;
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), i;
	char event[4096];

	tree_put(t, "a", 0644, "1\n");
	for (i = 0; i < 2; i++) {
		char *path = xasprintf("/proc/self/fd/%d", t->root_fd);

		assert_true(inotify_add_watch(watch, path, IN_CREATE |
		    IN_MOVE | IN_DELETE | IN_MODIFY | IN_ATTRIB) >= 0);
		free(path);
		wrap.no_inodes = true;	/* no file system that is known */
		wrap.no_flags = i == 1;
		assert_int_equal(apply_atomic(t->root_fd, t->undo), i == 1 ?
		    ATOMIC_NO : ATOMIC_YES);
		assert_int_equal(apply_atomic(t->root_fd, NULL),
		    ATOMIC_UNKNOWN);
		assert_true(read(watch, event, sizeof(event)) < 0);
		assert_int_equal(errno, EAGAIN);
	}
	close(watch);
	tree_check(t, "a 644 <1\n>\n");
}

/* One save of the user's, before the n-th call from the beginning of prepare to
 * the end of commit. */
#ifdef __SANITIZE_ADDRESS__
#define AIM_STRIDE	5	/* not before each of the calls */
#else
#define AIM_STRIDE	1
#endif

enum aim_how { AIM_RENAME, AIM_IN_PLACE, AIM_REMOVE, AIM_HOWS };

static struct {
	struct tree	*t;
	const char	*path;
	enum aim_how	 how;
	bool		 saved;
	pid_t		 child;		/* saves as soon as it may; 0: none */
} aim;

static const char aim_text[] = "mine and longer than the others\n";

/* Another process, which a lease may keep waiting until we are done. */
static void
aim_save_outside(void)
{
	int ready[2], fd;
	char c;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	aim.child = fork();
	assert_true(aim.child >= 0);
	if (aim.child == 0) {
		fd = openat(aim.t->root_fd, aim.path, O_WRONLY | O_CREAT |
		    O_TRUNC | O_NONBLOCK, 0644);
		if (fd < 0 && write(ready[1], "", 1) == 1)
			fd = openat(aim.t->root_fd, aim.path, O_WRONLY |
			    O_CREAT | O_TRUNC, 0644);
		if (fd < 0 || fs_write_all(fd, aim_text,
		    strlen(aim_text)) < 0 || fchmod(fd, 0644) < 0)
			_exit(1);
		_exit(0);	/* which closes the pipe */
	}
	close(ready[1]);
	assert_true(read(ready[0], &c, 1) >= 0);
	close(ready[0]);
}

static void
aim_save(void)
{
	aim.saved = true;
	if (aim.how == AIM_RENAME)
		tree_save(aim.t, aim.path, aim_text);
	else if (aim.how == AIM_REMOVE)
		(void)unlinkat(aim.t->root_fd, aim.path, 0);
	else if (wrap.no_links)
		aim_save_outside();
	else
		tree_put(aim.t, aim.path, 0644, aim_text);
}

/* False when there is no such step. */
static bool
aim_at(int n, const char *path, enum aim_how how, unsigned lacks)
{
	char *label = xasprintf("%s, step %d, how %d, lacks %u", path, n,
	    (int)how, lacks), *text, *want;
	struct tree *t = tree_new();
	struct apply_op ops[4];
	struct apply_tx *tx;
	struct err e = ERR_INIT;
	int status;
	size_t i;

	tree_put(t, "d/a", 0644, "1\n");
	tree_put(t, "d/b", 0644, "1\n");
	tree_put(t, "d/keep", 0644, "1\n");
	tree_link(t, "d/l", "a");
	ops[0] = tree_op(t, "d/a", 0644, "2\n2\n");
	ops[1] = tree_op(t, "d/b", 0, NULL);
	ops[2] = tree_op(t, "d/l", 0120000, "b");
	ops[3] = tree_op(t, "d/new", 0755, "n\n");
	wrap.no_flags = (lacks & 1) != 0;
	wrap.no_links = (lacks & 2) != 0;
	wrap.far = (lacks & 4) != 0 ? undo_ino(t) : 0;
	wrap.no_inodes = (lacks & 8) != 0;
	aim.t = t;
	aim.path = path;
	aim.how = how;
	aim.saved = false;
	aim.child = 0;
	wrap.save = aim_save;
	wrap.save_at = n;
	tx = apply_prepare(t->root_fd, t->undo, t->store, ops, 4, &e);
	if (tx == NULL)
		fail_msg("%s: %s", label, e.text);
	apply_commit_free(tx);
	memset(&wrap, 0, sizeof(wrap));
	if (aim.child != 0) {
		assert_int_equal(waitpid(aim.child, &status, 0), aim.child);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	text = tree_text(t);
	want = xasprintf("%s 644 <%s>\n", path, aim_text);
	if (strstr(text, ".assent-") != NULL)
		fail_msg("%s: a temporary file stays in\n%s", label, text);
	if (aim.saved && how != AIM_REMOVE && strstr(text, want) == NULL)
		fail_msg("%s: the save is lost: %s\n%s", label, ops[0].text,
		    text);
	for (i = 0; i < 4; i++) {
		struct stage_side now = tree_now(t, ops[i].path);

		if (ops[i].done == ops[i].changed_on_disk || ops[i].error != 0)
			fail_msg("%s: %s: done %d changed %d %s", label,
			    ops[i].path, ops[i].done, ops[i].changed_on_disk,
			    ops[i].text);
		if (strcmp(ops[i].path, path) != 0 && (!ops[i].done ||
		    !stage_side_equal(&now, &ops[i].after)))
			fail_msg("%s: %s is not written\n%s", label,
			    ops[i].path, text);
	}
	apply_ops_release(ops, 4);
	tree_free(t);
	free(label);
	free(text);
	free(want);
	return aim.saved;
}

static void
test_apply_aimed_saves(void **state)
{
	static const char *const paths[] = { "d/a", "d/b", "d/new" };
	/* Nothing; names cannot be exchanged; nor linked; undo is far away; inode
	 * numbers do not last. */
	static const unsigned lacks[] = { 0, 1, 3, 5, 8, 9 };
	unsigned saves = 0;
	int n, how;
	size_t i, k;

	(void)state;
	for (k = 0; k < MEM_COUNT(lacks); k++)
		for (i = 0; i < MEM_COUNT(paths); i++)
			for (how = 0; how < (i == 0 ? AIM_HOWS : AIM_REMOVE);
			    how++)
				for (n = 1; aim_at(n, paths[i],
				    (enum aim_how)how, lacks[k]);
				    n += AIM_STRIDE)
					saves++;
	print_message("aimed saves: %u\n", saves);
	assert_true(saves > 800 / AIM_STRIDE);
}

static void
test_apply_undo_on_another_file_system(void **state)
{
	struct tree *t = *state;
	struct apply_op ops[3];
	char hex[SHA256_HEX_SIZE];

	tree_put(t, "a", 0644, "1\n");
	tree_put(t, "b", 0644, "bb\n");
	ops[0] = tree_op(t, "a", 0644, "2\n");
	ops[1] = tree_op(t, "b", 0, NULL);
	wrap.far = undo_ino(t);
	apply_all(t, ops, 2);
	assert_done(ops, 2);
	tree_check(t, "a 644 <2\n>\n");
	sha256_hex("1\n", 2, hex);
	assert_true(blob_has(t->store, hex));
	apply_ops_release(ops, 2);
}

/* ---- refused by the system: a sentence, nothing changed ---- */

static void
refused(struct tree *t, struct apply_op *ops, size_t n, int error,
    const char *words)
{
	char *before = tree_text(t), *after;
	struct err e = ERR_INIT;
	struct apply_tx *tx;
	size_t i;

	tx = apply_prepare(t->root_fd, t->undo, t->store, ops, n, &e);
	if (tx != NULL) {
		apply_abort_free(tx);
		fail_msg("was not refused");
	}
	if (e.sys != error || strstr(e.text, words) == NULL)
		fail_msg("refused with %d: %s", e.sys, e.text);
	for (i = 0; i < n; i++)
		assert_true(!ops[i].done && !ops[i].changed_on_disk);
	after = tree_text(t);
	assert_string_equal(after, before);
	free(before);
	free(after);
}

/* Run `body` in a child; 0, 77 (skipped), or the test fails. */
static void
in_child(void (*body)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		/* A failure must end this process, not go on in it. */
		setenv("CMOCKA_TEST_ABORT", "1", 1);
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("skipped: this user may not mount\n");
		skip();
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
own_line(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!write(fd, text, strlen(text));
		close(fd);
	}
}

/* A mount namespace, in a user namespace where that is needed. */
static bool
own_mounts(void)
{
	char map[64];
	gid_t gid = getgid();

	if (unshare(CLONE_NEWNS) == 0)
		return true;
	snprintf(map, sizeof(map), "%u %u 1", getuid(), getuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	own_line("/proc/self/setgroups", "deny");
	own_line("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	own_line("/proc/self/gid_map", map);
	return true;
}

static void
body_full_disk(void)
{
	struct tree *t;
	struct apply_op ops[2];
	char *big = xmalloc((3 << 20) + 1);

	if (!own_mounts())
		_exit(77);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		_exit(77);
	t = tree_new();
	if (mount("none", t->root, "tmpfs", 0, "size=1m,mode=755") < 0) {
		tree_free(t);
		_exit(77);
	}
	tree_reopen(t);
	memset(big, 'x', 3 << 20);
	big[3 << 20] = '\0';
	tree_put(t, "a", 0644, "1\n");
	tree_put(t, "b", 0644, "1\n");
	ops[0] = tree_op(t, "a", 0644, "2\n");
	ops[1] = tree_op(t, "new/b", 0644, big);
	refused(t, ops, 2, ENOSPC, "the disk is full");
	apply_ops_release(ops, 2);
	ops[0] = tree_op(t, "a", 0644, "2\n");
	apply_all(t, ops, 1);	/* another file system than undo's, really */
	assert_done(ops, 1);
	tree_check(t, "a 644 <2\n>\nb 644 <1\n>\n");
	apply_ops_release(ops, 1);
	ops[0] = tree_op(t, "a", 0644, "3\n");
	ops[1] = tree_op(t, "b", 0, NULL);
	if (mount("none", t->root, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0) {
		refused(t, ops, 2, EROFS, "Read-only");
		refused(t, ops + 1, 1, EROFS, "Read-only");
	}
	apply_ops_release(ops, 2);
	close(t->root_fd);
	umount2(t->root, MNT_DETACH);
	tree_reopen(t);
	tree_free(t);
	free(big);
}

static void
test_apply_full_disk(void **state)
{
	(void)state;
	in_child(body_full_disk);
}

/* One of three cannot be written, which only the last step would meet: none is.
 * One that became a mount counts as changed. */
static void
test_apply_odd_file(void **state)
{
	struct tree *t = *state;
	struct apply_op ops[3];

	tree_put(t, "a", 0644, "1\n");
	tree_put(t, "b", 0644, "1\n");
	tree_put(t, "c", 0644, "1\n");
	ops[0] = tree_op(t, "a", 0644, "2\n");
	ops[1] = tree_op(t, "b", 0644, "2\n");
	ops[2] = tree_op(t, "c", 0, NULL);
	wrap.attribute = STATX_ATTR_IMMUTABLE;
	wrap.odd = "b";
	refused(t, ops, 3, EPERM, "immutable");
	wrap.odd = "c";
	refused(t, ops, 3, EPERM, "immutable");
	wrap.attribute = STATX_ATTR_APPEND;
	wrap.odd = "";		/* the folder */
	refused(t, ops, 3, EPERM, "immutable");
	wrap.attribute = STATX_ATTR_MOUNT_ROOT;
	wrap.odd = "b";
	apply_all(t, ops, 3);
	assert_true(ops[0].done && ops[2].done);
	assert_true(ops[1].changed_on_disk && !ops[1].done);
	assert_non_null(strstr(ops[1].text, "mount point"));
	tree_check(t, "a 644 <2\n>\nb 644 <1\n>\n");
	apply_ops_release(ops, 3);
}

static void
body_no_permission(void)
{
	struct tree *t;
	struct apply_op ops[3];

	if (geteuid() == 0 && (setgroups(0, NULL) < 0 ||
	    setresgid(65534, 65534, 65534) < 0 ||
	    setresuid(65534, 65534, 65534) < 0))
		_exit(77);
	t = tree_new();
	tree_put(t, "ok", 0644, "1\n");
	tree_put(t, "ro/a", 0644, "1\n");
	tree_put(t, "ro/b", 0644, "1\n");
	ops[0] = tree_op(t, "ok", 0644, "2\n");
	ops[1] = tree_op(t, "ro/a", 0644, "2\n");
	ops[2] = tree_op(t, "ro/b", 0, NULL);
	assert_int_equal(fchmodat(t->root_fd, "ro", 0555, 0), 0);
	refused(t, ops, 2, EACCES, "Permission denied");
	refused(t, ops + 2, 1, EACCES, "Permission denied");
	assert_int_equal(fchmodat(t->root_fd, "ro", 0755, 0), 0);
	apply_ops_release(ops, 3);
	ops[0] = tree_op(t, "ro/a", 0644, "2\n");
	assert_int_equal(fchmodat(t->root_fd, "ro/a", 0, 0), 0);
	assert_null(apply_prepare(t->root_fd, t->undo, t->store, ops, 1,
	    NULL));
	assert_int_equal(ops[0].error, EACCES);
	assert_int_equal(fchmodat(t->root_fd, "ro/a", 0644, 0), 0);
	apply_ops_release(ops, 1);
	tree_free(t);
}

static void
test_apply_no_permission(void **state)
{
	(void)state;
	in_child(body_no_permission);
}

static void
test_apply_paths(void **state)
{
	static const struct { const char *path; bool ok; } rows[] = {
		{ "a", true }, { "a/b.c", true }, { ".gitignore", true },
		{ "-rf", true }, { "new\nline", true }, { "\xff\x1b[1m", true },
		{ "git", true }, { "a.git", true }, { ".gitt", true },
		{ ".github/workflows/x.yml", true }, { "...", true },
		{ "", false }, { "/etc/passwd", false }, { "../oops", false },
		{ "a/../b", false }, { "a//b", false }, { "./a", false },
		{ "a/.", false }, { "a/", false }, { "..", false },
		{ ".git", false }, { ".git/hooks/x", false },
		{ "sub/.GIT/config", false }, { ".Git/x", false },
		{ ".git.", false }, { ".git /x", false }, { "GIT~1", false },
		{ ".git::$INDEX_ALLOCATION/x", false },
		{ "a/.git...........", false }, { "a/.git\\config", false },
		{ ".g\xe2\x80\x8cit/x", false }, { "\xef\xbb\xbf.git", false },
	};
	struct tree *t = *state;
	size_t i;

	for (i = 0; i < MEM_COUNT(rows); i++) {
		struct apply_op op = tree_op(t, rows[i].path, 0644, "x\n");
		struct err e = ERR_INIT;
		struct apply_tx *tx;

		tx = apply_prepare(t->root_fd, t->undo, t->store, &op, 1, &e);
		if ((tx != NULL) != rows[i].ok)
			fail_msg("%s: %s", rows[i].path, e.text);
		if (tx != NULL)
			apply_abort_free(tx);
		else
			assert_int_equal(op.error, EINVAL);
		apply_ops_release(&op, 1);
	}
	tree_check(t, "");
}

static void
test_apply_abort_leaves_nothing(void **state)
{
	struct tree *t = *state;
	struct apply_op ops[3];
	struct err e = ERR_INIT;
	struct apply_tx *tx;
	struct stat st;

	tree_put(t, "a", 0644, "1\n");
	assert_int_equal(mkdirat(t->root_fd, "mine", 0755), 0);
	ops[0] = tree_op(t, "a", 0644, "2\n");
	ops[1] = tree_op(t, "n/o/p", 0644, "p\n");
	ops[2] = tree_op(t, "mine/q", 0120000, "../a");
	tx = apply_prepare(t->root_fd, t->undo, t->store, ops, 3, &e);
	assert_non_null(tx);
	apply_abort_free(tx);
	tree_check(t, "a 644 <1\n>\n");
	assert_int_equal(fstatat(t->root_fd, "n", &st, 0), -1);
	assert_int_equal(fstatat(t->root_fd, "mine", &st, 0), 0);
	apply_ops_release(ops, 3);
}

/* ---- the cases of tests/fixtures/diff ---- */

/* {text|b64, mode?} put into the tree. */
static void
case_put(struct tree *t, const cJSON *files)
{
	const cJSON *f;

	cJSON_ArrayForEach(f, files) {
		struct buf b = BUF_INIT(0);

		if (!cJSON_IsObject(f))
			continue;
		tree_file_bytes(f, &b);
		tree_put_bytes(t, f->string, tree_file_mode(f), b.p, b.len);
		buf_release(&b);
	}
}

/* Which of the hunks the case takes; false: it takes none. */
static void
case_take(const cJSON *accept, const struct hunk_list *l, bool *take)
{
	size_t first = l->len > 0 && l->v[0].kind == HUNK_MODE ? 1 : 0, i;
	const cJSON *n;

	if (cJSON_IsString(accept)) {
		assert_string_equal(accept->valuestring, "all");
		for (i = 0; i < l->len; i++)
			take[i] = true;
		return;
	}
	cJSON_ArrayForEach(n, accept) {
		if (cJSON_IsString(n)) {
			assert_string_equal(n->valuestring, "mode");
			assert_int_equal(first, 1);
			take[0] = true;
		} else {
			i = first + (size_t)n->valueint - 1;
			assert_true(i < l->len);
			take[i] = true;
		}
	}
}

/* `want` (a file object or NULL) against `s`: what the op shall write. */
static void
case_file(struct tree *t, const cJSON *c, const char *path,
    struct apply_op *op)
{
	const cJSON *accept = json_get(json_get(c, "accept"), path);
	const cJSON *count = json_get(json_get(c, "hunks"), path);
	const cJSON *split = json_get(accept, "split_of_hunk");
	struct gate_choice choice = { .path = path };
	struct buf before = BUF_INIT(0);
	struct stage_side rest;
	struct err e = ERR_INIT;
	struct hunk_list l;
	char *cut[1] = { NULL };
	const char *yes[16];
	bool take[16] = { false };
	size_t i, text;

	choice.before = op->before;
	choice.after = op->after;
	if (gate_hunks(&l, t->store, path, &op->before, &op->after, NULL,
	    &before, &e) < 0)
		fail_msg("%s: %s", path, e.text);
	text = l.len - (l.len > 0 && l.v[0].kind == HUNK_MODE);
	if (count != NULL)
		assert_int_equal(text, count->valueint);
	if (split != NULL) {
		choice.split.ids = (const char *const *)cut;
		choice.split.len = 1;
		cut[0] = xstrdup(l.v[split->valueint - 1].id);
		hunk_split_ids(&l, choice.split.ids, 1, path, &before);
		assert_true(l.len > 1);
		accept = json_get(accept, "accept");
	}
	assert_true(l.len <= MEM_COUNT(take));
	case_take(accept, &l, take);
	for (i = 0; i < l.len; i++)
		if (take[i])
			yes[choice.yes_len++] = l.v[i].id;
	choice.yes = yes;
	if (gate_compose(t->store, &choice, &op->after, &rest, &e) < 0)
		fail_msg("%s: %s", path, e.text);
	/* Nothing was refused: the stage keeps all of it. */
	assert_true(stage_side_equal(&rest, &choice.after));
	free(cut[0]);
	hunk_list_release(&l);
	buf_release(&before);
}

/* git's diff of the case against ours: same but for the index lines and the
 * words after "@@". */
static void
case_patch(const cJSON *c, const struct buf *ours)
{
	struct buf want = BUF_INIT(0);
	size_t n = 0;
	char *theirs = json_get_bytes(c, "patch", &n);
	const char *p = theirs, *end = theirs + n;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = nl == NULL ? (size_t)(end - p) :
		    (size_t)(nl + 1 - p);
		const char *at = len > 4 && memcmp(p, "@@ ", 3) == 0 ?
		    strstr(p + 3, " @@") : NULL;

		if (at != NULL) {
			buf_add(&want, p, (size_t)(at + 3 - p));
			buf_addc(&want, '\n');
		} else if (len < 6 || memcmp(p, "index ", 6) != 0) {
			buf_add(&want, p, len);
		}
		p += len;
	}
	if (want.len != ours->len || memcmp(want.p, ours->p, want.len) != 0)
		fail_msg("patch\n%s\nis not\n%s", buf_str(ours),
		    buf_str(&want));
	buf_release(&want);
	free(theirs);
}

static void
case_refused(struct tree *t, const cJSON *c)
{
	const char *name = strstr(json_str(c, "patch"), "+++ b/") + 6;
	char *path = xmemdup(name, strcspn(name, "\n"));
	struct apply_op op = tree_op(t, path, 0644, "x\n");

	assert_string_equal(json_str(json_get(json_get(c, "expect"), "error"),
	    "kind"), "outside");
	refused(t, &op, 1, EINVAL, "outside the project");
	apply_ops_release(&op, 1);
	free(path);
}

static void
case_run(const cJSON *c)
{
	const cJSON *before = json_get(c, "before"), *f;
	const cJSON *after = json_get(c, "after");
	struct tree *t = tree_new(), *want = tree_new();
	struct buf patch = BUF_INIT(0);
	struct apply_op ops[8];
	char *got, *expected;
	size_t n = 0;

	case_put(t, before);
	if (json_get(json_get(c, "expect"), "error") != NULL) {
		case_refused(t, c);
		goto out;
	}
	cJSON_ArrayForEach(f, after) {
		ops[n] = tree_op_json(t, f->string, f);
		if (!stage_side_equal(&ops[n].before, &ops[n].after))
			n++;
		else
			apply_ops_release(&ops[n], 1);
	}
	cJSON_ArrayForEach(f, before)
		if (json_get(after, f->string) == NULL)
			ops[n++] = tree_op_json(t, f->string, NULL);
	for (size_t i = 0; i < n; i++) {
		struct err e = ERR_INIT;

		assert_int_equal(gate_patch(&patch, t->store, ops[i].path,
		    &ops[i].before, &ops[i].after, HUNK_DIFF_MYERS, false,
		    &e), 0);
		case_file(t, c, ops[i].path, &ops[i]);
	}
	case_patch(c, &patch);
	apply_all(t, ops, n);
	assert_done(ops, n);
	apply_ops_release(ops, n);
	case_put(want, json_get(json_get(c, "expect"), "tree"));
	got = tree_text(t);
	expected = tree_text(want);
	if (strcmp(got, expected) != 0)
		fail_msg("got\n%s\nwanted\n%s", got, expected);
	free(got);
	free(expected);
out:
	buf_release(&patch);
	tree_free(t);
	tree_free(want);
}

static void
test_apply_fixtures(void **state)
{
	const char *src = getenv("srcdir");
	char *path = fs_join(src == NULL ? "." : src,
	    "tests/fixtures/diff/cases.json");
	struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;
	cJSON *cases;
	const cJSON *c;
	int n = 0;

	(void)state;
	if (fs_read_file(AT_FDCWD, path, &b, &e) < 0)
		fail_msg("%s", e.text);
	cases = json_parse(b.p, b.len, JSON_NUL_REPLACE, &e);
	if (cases == NULL)
		fail_msg("%s", e.text);
	cJSON_ArrayForEach(c, cases) {
		print_message("case %s\n", json_str(c, "name"));
		case_run(c);
		n++;
	}
	assert_true(n >= 12);
	cJSON_Delete(cases);
	buf_release(&b);
	free(path);
}

/* ---- a crash at every step ---- */

#define CRASH_OLD "a 644 <1\n>\nd/gone 644 <g\n>\nl -> a\nm 644 <m\n>\n" \
	"z 755 <z\n>\n"
#define CRASH_NEW "a 644 <2\n>\nl -> n/x/y\nm 755 <m\n>\nn/x/y 644 <y\n>\n" \
	"z 755 <z\nz\n>\n"
#define CRASH_OPS 6

static void
crash_tree(struct tree *t, struct apply_op *ops)
{
	tree_put(t, "a", 0644, "1\n");
	tree_put(t, "d/gone", 0644, "g\n");
	tree_put(t, "m", 0644, "m\n");
	tree_put(t, "z", 0755, "z\n");
	tree_link(t, "l", "a");
	ops[0] = tree_op(t, "a", 0644, "2\n");
	ops[1] = tree_op(t, "d/gone", 0, NULL);
	ops[2] = tree_op(t, "l", 0120000, "n/x/y");
	ops[3] = tree_op(t, "m", 0755, "m\n");
	ops[4] = tree_op(t, "n/x/y", 0644, "y\n");
	ops[5] = tree_op(t, "z", 0755, "z\nz\n");
}

/* Prepare, mark, commit in a child that ends at step n. True: it crashed. */
static bool
crash_commit(struct tree *t, struct apply_op *ops, int steps)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct err e = ERR_INIT;
		struct apply_tx *tx;

		wrap.steps = steps;
		tx = apply_prepare(t->root_fd, t->undo, t->store, ops,
		    CRASH_OPS, &e);
		if (tx == NULL)
			_exit(1);
		tree_mark(t);	/* the journal's apply_begin */
		apply_commit_free(tx);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 1);
	return WEXITSTATUS(status) == 9;
}

static bool
crash_recover(struct tree *t, struct apply_op *ops, int steps)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		wrap.steps = steps;
		apply_recover(t->root_fd, t->undo, t->store, ops, CRASH_OPS,
		    APPLY_FINISH);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 9;
}

static void
crash_everywhere(bool no_flags, bool no_links, bool far_undo, int again_step)
{
	bool crashed = true;
	int n;

	for (n = 1; crashed; n++) {
		struct tree *t = tree_new();
		struct apply_op ops[CRASH_OPS];

		assert_true(n < 200);
		crash_tree(t, ops);
		wrap.no_flags = no_flags;
		wrap.no_links = no_links;
		wrap.far = far_undo ? undo_ino(t) : 0;
		crashed = crash_commit(t, ops, n);
		if (crashed && !tree_is_marked(t)) {
			/* Nothing was visible; the decision is done again. */
			char *text = tree_text_no_temps(t);

			assert_string_equal(text, CRASH_OLD);
			free(text);
			apply_all(t, ops, CRASH_OPS);
		} else if (crashed) {
			if (again_step > 0)
				crash_recover(t, ops, again_step);
			apply_recover(t->root_fd, t->undo, t->store, ops,
			    CRASH_OPS, APPLY_FINISH);
		}
		if (crashed)
			assert_done(ops, CRASH_OPS);
		tree_check(t, CRASH_NEW);	/* no temporary file either */
		apply_ops_release(ops, CRASH_OPS);
		tree_free(t);
		memset(&wrap, 0, sizeof(wrap));
	}
	assert_true(n > 15);
}

static void
test_apply_crash(void **state)
{
	(void)state;
	crash_everywhere(false, false, false, 0);
	crash_everywhere(false, false, true, 0);
	crash_everywhere(true, false, false, 0);
	crash_everywhere(true, false, true, 0);
	crash_everywhere(true, true, false, 0);
}

/* Under a sanitizer, where a fork takes ten times as long and memory is what is
 * looked at, fewer of them. */
#ifdef __SANITIZE_ADDRESS__
#define CRASH_STRIDE 6
#else
#define CRASH_STRIDE 2
#endif

static void
test_apply_crash_in_recovery(void **state)
{
	int m;

	(void)state;
	for (m = 1; m < 16; m += CRASH_STRIDE)
		crash_everywhere(false, false, false, m);
	for (m = 2; m < 16; m += 5)
		crash_everywhere(true, true, false, m);
}

/* What was built in the stage is newer than its source, whichever of the two
 * was written before the crash. */
static void
test_apply_crash_keeps_order(void **state)
{
	int n, status = 9;

	(void)state;
	for (n = 1; WEXITSTATUS(status) == 9 || n < 3; n++) {
		struct tree *t = tree_new();
		struct apply_op ops[2];
		struct err e = ERR_INIT;
		struct stat product, source;
		pid_t pid;

		assert_true(n < 100);
		tree_put(t, "d/product", 0644, "1\n");
		tree_put(t, "source", 0644, "1\n");
		ops[0] = tree_op(t, "d/product", 0644, "2\n");
		ops[1] = tree_op(t, "source", 0644, "2\n");
		ops[0].staged.tv_sec = 2000;
		ops[1].staged.tv_sec = 1000;
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct apply_tx *tx;

			wrap.steps = n;
			tx = apply_prepare(t->root_fd, t->undo, t->store, ops,
			    2, &e);
			if (tx == NULL)
				_exit(1);
			apply_commit_free(tx);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		apply_recover(t->root_fd, t->undo, t->store, ops, 2,
		    APPLY_FINISH);
		assert_done(ops, 2);
		assert_int_equal(fstatat(t->root_fd, "d/product", &product,
		    0), 0);
		assert_int_equal(fstatat(t->root_fd, "source", &source, 0), 0);
		if (product.st_mtim.tv_sec < source.st_mtim.tv_sec ||
		    (product.st_mtim.tv_sec == source.st_mtim.tv_sec &&
		    product.st_mtim.tv_nsec <= source.st_mtim.tv_nsec))
			fail_msg("step %d: the source is newer", n);
		apply_ops_release(ops, 2);
		tree_free(t);
	}
}

/* ---- one step fails ---- */

/* The store has every content that `a` ... had, or the undo folder has. */
static void
fail_nothing_lost(struct tree *t, const char *label)
{
	static const char *const had[] = { "1\n", "g\n", "z\n" };
	struct buf b = BUF_INIT(0);
	size_t i;

	tree_list(&b, t->root_fd, ".", "", true);
	tree_list(&b, AT_FDCWD, t->undo, "", true);
	for (i = 0; i < MEM_COUNT(had); i++) {
		char *want = xasprintf("<%s>", had[i]), hex[SHA256_HEX_SIZE];

		sha256_hex(had[i], strlen(had[i]), hex);
		if (strstr(buf_str(&b), want) == NULL &&
		    !blob_has(t->store, hex))
			fail_msg("%s: %s is lost", label, had[i]);
		free(want);
	}
	buf_release(&b);
}

/* Each file is old or new, as its op says. */
static void
fail_check_ops(struct tree *t, const struct apply_op *ops, const char *label)
{
	char *text = tree_text_no_temps(t);
	size_t i;

	for (i = 0; i < CRASH_OPS; i++) {
		struct stage_side now = tree_now(t, ops[i].path);

		if (ops[i].done ==
		    (ops[i].changed_on_disk || ops[i].error != 0) ||
		    (!ops[i].done && ops[i].text == NULL))
			fail_msg("%s: %s is neither done nor refused", label,
			    ops[i].path);
		if (!stage_side_equal(&now, ops[i].done ? &ops[i].after :
		    &ops[i].before))
			fail_msg("%s: %s is %s, but\n%s", label, ops[i].path,
			    ops[i].done ? "done" : ops[i].text, text);
	}
	free(text);
}

/* False when there are no more steps. */
static bool
fail_at(int n, int error, bool for_good, bool no_flags, bool far_undo)
{
	char *label = xasprintf("step %d, %s%s", n, strerror(error),
	    for_good ? " from then on" : ""), *text;
	struct tree *t = tree_new();
	struct apply_op ops[CRASH_OPS];
	struct err e = ERR_INIT;
	struct apply_tx *tx;
	bool any;

	crash_tree(t, ops);
	wrap.no_flags = no_flags;
	wrap.far = far_undo ? undo_ino(t) : 0;
	wrap.fail = n;
	wrap.error = error;
	wrap.for_good = for_good;
	tx = apply_prepare(t->root_fd, t->undo, t->store, ops, CRASH_OPS, &e);
	if (tx != NULL)
		apply_commit_free(tx);
	any = for_good ? wrap.fail == 1 : wrap.fail == 0;
	memset(&wrap, 0, sizeof(wrap));
	if (tx == NULL) {
		text = tree_text_no_temps(t);
		if (strcmp(text, CRASH_OLD) != 0)
			fail_msg("%s: refused, and changed\n%s", label, text);
		free(text);
		if (e.sys != error)
			fail_msg("%s: %d %s", label, e.sys, e.text);
	} else {
		fail_check_ops(t, ops, label);
	}
	fail_nothing_lost(t, label);
	/* With room again, what was not done is, and nothing is left. */
	apply_all(t, ops, CRASH_OPS);
	assert_done(ops, CRASH_OPS);
	tree_check(t, CRASH_NEW);
	apply_ops_release(ops, CRASH_OPS);
	tree_free(t);
	free(label);
	return any;
}

static void
test_apply_fails_at_any_step(void **state)
{
	static const int errors[] = { ENOSPC, EDQUOT, EROFS, EACCES, EXDEV,
		EIO };
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < MEM_COUNT(errors); i++)
		for (n = 1; fail_at(n, errors[i], false, false, false); n++)
			assert_true(n < 200);
	for (n = 1; fail_at(n, ENOSPC, true, false, false); n++)
		assert_true(n < 200);
	for (n = 1; fail_at(n, EROFS, true, false, false); n++)
		assert_true(n < 200);
	for (n = 1; fail_at(n, EIO, false, true, false); n++)
		assert_true(n < 200);
	for (n = 1; fail_at(n, ENOSPC, false, false, true); n++)
		assert_true(n < 200);
	for (n = 1; fail_at(n, EDQUOT, true, true, true); n++)
		assert_true(n < 200);
}

/* The crash comes when the user's save has come out and not gone back yet; a call
 * may have failed before (0: none). */
static void
crash_with_a_save(int n, bool no_flags, bool no_links, int fail)
{
	struct tree *t = tree_new();
	struct apply_op ops[2];
	struct err e = ERR_INIT;
	int status;
	pid_t pid;

	tree_put(t, "a", 0644, "1\n");
	tree_put(t, "b", 0644, "1\n");
	ops[0] = tree_op(t, "a", 0644, "2\n");
	ops[1] = tree_op(t, "b", 0, NULL);
	wrap.no_flags = no_flags;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct apply_tx *tx = apply_prepare(t->root_fd, t->undo,
		    t->store, ops, 2, &e);

		if (tx == NULL)
			_exit(1);
		tree_save(t, "a", "mine\n");
		tree_save(t, "b", "mine too\n");
		wrap.steps = n;
		wrap.no_links = no_links;
		wrap.fail = fail;
		wrap.error = EIO;
		apply_commit_free(tx);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 1);
	apply_recover(t->root_fd, t->undo, t->store, ops, 2, APPLY_FINISH);
	assert_true(ops[0].changed_on_disk && !ops[0].done);
	assert_true(ops[1].changed_on_disk && !ops[1].done);
	tree_check(t, "a 644 <mine\n>\nb 644 <mine too\n>\n");
	apply_ops_release(ops, 2);
	tree_free(t);
	memset(&wrap, 0, sizeof(wrap));
}

static void
test_apply_crash_with_a_save(void **state)
{
	int n, fail;

	(void)state;
	for (n = 1; n < 16; n++) {
		crash_with_a_save(n, false, false, 0);
		crash_with_a_save(n, true, false, 0);
	}
	for (fail = 0; fail < 20; fail++)
		for (n = fail + 1; n < fail + 8; n++)
			crash_with_a_save(n, true, true, fail);
}

static void
test_apply_recover_conflict(void **state)
{
	struct tree *t = *state;
	struct apply_op ops[3];

	tree_put(t, "a", 0644, "1\n");
	tree_put(t, "b", 0644, "1\n");
	tree_put(t, "c", 0644, "1\n");
	ops[0] = tree_op(t, "a", 0644, "2\n");
	ops[1] = tree_op(t, "b", 0644, "2\n");
	ops[2] = tree_op(t, "c", 0644, "2\n");
	tree_put(t, "a", 0644, "2\n");		/* was done */
	tree_put(t, "b", 0644, "mine\n");	/* edited since */
	apply_recover(t->root_fd, t->undo, t->store, ops, 3,
		    APPLY_FINISH);
	assert_true(ops[0].done);
	assert_true(ops[1].changed_on_disk && !ops[1].done);
	assert_true(ops[2].done);
	tree_check(t, "a 644 <2\n>\nb 644 <mine\n>\nc 644 <2\n>\n");
	apply_ops_release(ops, 3);
}

/* A file that was moved aside and could not go back is not put away at the next
 * apply: it is all there is. */
static void
test_apply_left_aside(void **state)
{
	struct tree *t = *state;
	char undo[SHA256_HEX_SIZE], path[SHA256_HEX_SIZE], *tmp;
	struct apply_op ops[2];

	tree_put(t, "a", 0644, "1\n");
	tree_put(t, "b", 0644, "1\n");
	ops[0] = tree_op(t, "a", 0644, "2\n");
	ops[1] = tree_op(t, "b", 0644, "2\n");
	sha256_hex(t->undo, strlen(t->undo), undo);
	sha256_hex("a", 1, path);
	tmp = xasprintf(".assent-%.8s%.8s01234567.tmp", undo, path);
	assert_int_equal(renameat(t->root_fd, "a", t->root_fd, tmp), 0);
	free(tmp);
	sha256_hex("other", 5, path);
	tmp = xasprintf(".assent-%.8s%.8s01234567.tmp", undo, path);
	tree_put(t, tmp, 0644, "1\n");	/* nobody's */
	free(tmp);
	apply_all(t, ops, 2);
	assert_done(ops, 2);
	tree_check(t, "a 644 <2\n>\nb 644 <2\n>\n");
	apply_ops_release(ops, 2);
}

/* ---- two halves of a renaming ---- */

static const struct {
	const char	*label;
	const char	*old, *new;	/* put before it is prepared, or NULL */
	const char	*new_late;	/* between that and commit */
	bool		 recover;	/* instead */
	bool		 done;
	const char	*tree;
} halves[] = {
	{ "as shown", NULL, NULL, NULL, false, true, "b 644 <1\n>\n" },
	{ "the old one changed", "mine\n", NULL, NULL, false, false,
	    "a 644 <mine\n>\n" },
	{ "the new name is taken", NULL, "mine\n", NULL, false, false,
	    "a 644 <1\n>\nb 644 <mine\n>\n" },
	{ "taken in the last moment", NULL, NULL, "mine\n", false, false,
	    "a 644 <1\n>\nb 644 <mine\n>\n" },
	{ "half done, then a crash", NULL, "1\n", NULL, true, true,
	    "b 644 <1\n>\n" },
	{ "not begun, then a crash", NULL, NULL, NULL, true, true,
	    "b 644 <1\n>\n" },
	{ "a crash, and the name is taken", NULL, "mine\n", NULL, true,
	    false, "a 644 <1\n>\nb 644 <mine\n>\n" },
};

static void
test_apply_halves(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(halves); i++) {
		struct tree *t = tree_new();
		struct apply_op ops[2];
		struct err e = ERR_INIT;
		struct apply_tx *tx;

		print_message("# %s\n", halves[i].label);
		tree_put(t, "a", 0644, "1\n");
		ops[0] = tree_op(t, "b", 0644, "1\n");
		ops[1] = tree_op(t, "a", 0, NULL);
		ops[0].pair = &ops[1];
		ops[1].pair = &ops[0];
		if (halves[i].old != NULL)
			tree_put(t, "a", 0644, halves[i].old);
		if (halves[i].new != NULL)
			tree_put(t, "b", 0644, halves[i].new);
		if (halves[i].recover) {
			apply_recover(t->root_fd, t->undo, t->store, ops, 2,
		    APPLY_FINISH);
		} else {
			tx = apply_prepare(t->root_fd, t->undo, t->store, ops,
			    2, &e);
			assert_non_null(tx);
			if (halves[i].new_late != NULL)
				tree_put(t, "b", 0644, halves[i].new_late);
			apply_commit_free(tx);
		}
		assert_int_equal(ops[0].done, halves[i].done);
		assert_int_equal(ops[1].done, halves[i].done);
		assert_true(halves[i].done || ops[1].changed_on_disk);
		tree_check(t, halves[i].tree);
		apply_ops_release(ops, 2);
		tree_free(t);
	}
}

/* With another name, and another content, it is the same file still. */
static void
test_apply_half_keeps(void **state)
{
	struct tree *t = *state;
	struct apply_op ops[2];
	struct err e = ERR_INIT;
	struct apply_tx *tx;
	struct stat was, now;

	tree_put(t, "a", 0640, "1\n");
	if (geteuid() == 0)
		assert_int_equal(fchownat(t->root_fd, "a", 12345, 12345, 0),
		    0);
	assert_int_equal(fstatat(t->root_fd, "a", &was, 0), 0);
	ops[0] = tree_op(t, "d/b", 0755, "1\n2\n");
	ops[1] = tree_op(t, "a", 0, NULL);
	ops[0].pair = &ops[1];
	ops[1].pair = &ops[0];
	tx = apply_prepare(t->root_fd, t->undo, t->store, ops, 2, &e);
	assert_non_null(tx);
	apply_commit_free(tx);
	assert_true(ops[0].done && ops[1].done);
	assert_int_equal(fstatat(t->root_fd, "d/b", &now, 0), 0);
	assert_int_equal(now.st_mode & 07777, 0750);
	assert_int_equal(now.st_uid, was.st_uid);
	assert_int_equal(now.st_gid, was.st_gid);
	tree_check(t, "d/b 750 <1\n2\n>\n");
	apply_ops_release(ops, 2);
}

/* ---- a person who saves all the time ---- */

#define RACE_SAVES	20
#define RACE_UID	28711	/* an ordinary user */

#define RACE_LINES	3000	/* of a save that takes many writes */
#define RACE_CHUNK	4096

enum race_how {
	RACE_IN_PLACE	= 1u << 0,	/* else a new file, renamed over */
	RACE_LARGE	= 1u << 1,	/* in many writes */
	RACE_USER	= 1u << 2,	/* the files are an ordinary user's */
};

static int
race_rounds(unsigned how)
{
	int n = (int)rounds_of(150, 1500);

	return (how & RACE_LARGE) != 0 ? n / 5 : n;
}

static char *
race_text(int save, unsigned how)
{
	struct buf b = BUF_INIT(0);
	int i;

	buf_addf(&b, "save %d\n", save);
	for (i = 0; (how & RACE_LARGE) != 0 && i < RACE_LINES; i++)
		buf_addf(&b, "%d of save %d\n", i, save);
	return buf_take(&b);
}

static void
race_write(struct tree *t, const char *name, const char *text)
{
	int fd = openat(t->root_fd, name, O_WRONLY | O_CREAT | O_TRUNC |
	    O_CLOEXEC, 0644);
	size_t len = strlen(text), at = 0;

	assert_true(fd >= 0);
	while (at < len) {
		size_t n = len - at > RACE_CHUNK ? RACE_CHUNK : len - at;

		assert_int_equal(fs_write_all(fd, text + at, n), 0);
		at += n;
	}
	close(fd);
}

/* Saves, numbered; then says so and waits for the next round. */
static void
race_writer(struct tree *t, int in, int out, unsigned how)
{
	int round, i;
	char c;

	if ((how & RACE_USER) != 0 && (setgroups(0, NULL) < 0 ||
	    setgid(RACE_UID) < 0 || setuid(RACE_UID) < 0))
		_exit(1);

	for (round = 0; round < race_rounds(how); round++) {
		if (read(in, &c, 1) != 1)
			_exit(1);
		for (i = 0; i < RACE_SAVES; i++) {
			char *text = race_text(round * RACE_SAVES + i, how);

			if ((how & RACE_IN_PLACE) != 0) {
				race_write(t, "f", text);
			} else {
				race_write(t, ".save~", text);
				if (renameat(t->root_fd, ".save~", t->root_fd,
				    "f") < 0)
					_exit(1);
			}
			free(text);
		}
		if (write(out, "", 1) != 1)
			_exit(1);
	}
	_exit(0);
}

/* "gate: " before what stands there, or away from it. */
static struct apply_op
race_op(struct tree *t)
{
	struct apply_op op = { .path = xstrdup("f") };
	struct buf b = BUF_INIT(0), new = BUF_INIT(0);

	/* FUSE finds files by name: one may go while it is opened. */
	while (fs_read_file(t->root_fd, "f", &b, NULL) < 0)
		buf_clear(&b);
	if (strncmp(buf_str(&b), "gate: ", 6) == 0)
		buf_adds(&new, buf_str(&b) + 6);
	else
		buf_addf(&new, "gate: %s", buf_str(&b));
	op.before = tree_side(t, 0644, buf_str(&b), b.len);
	op.after = tree_side(t, 0644, buf_str(&new), new.len);
	buf_release(&b);
	buf_release(&new);
	return op;
}

/* The whole last save is there, changed by us or not; or what it was written
 * into was displaced while it was open, and is kept. True: it is there. */
static bool
race_check(struct tree *t, int round, unsigned how)
{
	char *want = race_text((round + 1) * RACE_SAVES - 1, how);
	char *text = tree_text(t);
	struct buf kept = BUF_INIT(0);
	bool there = strstr(text, want) != NULL;

	assert_null(strstr(text, ".assent-"));
	tree_list(&kept, AT_FDCWD, t->undo, "", true);
	if (!there && ((how & RACE_IN_PLACE) == 0 ||
	    strstr(buf_str(&kept), want) == NULL))
		fail_msg("round %d lost a save: %.300s", round, text);
	buf_release(&kept);
	free(text);
	free(want);
	return there;
}

static void
race(struct tree *t, unsigned how)
{
	int to[2], from[2], round, status, flags;
	int done = 0, changed = 0, kept = 0;
	pid_t pid;

	tree_put(t, "f", 0644, "save -1\n");
	if ((how & RACE_USER) != 0) {
		assert_int_equal(fchownat(t->root_fd, ".", RACE_UID, RACE_UID,
		    0), 0);
		assert_int_equal(fchownat(t->root_fd, "f", RACE_UID, RACE_UID,
		    0), 0);
	}
	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(to[1]);
		close(from[0]);
		race_writer(t, to[0], from[1], how);
	}
	close(to[0]);
	close(from[1]);
	flags = fcntl(from[0], F_GETFL);
	for (round = 0; round < race_rounds(how); round++) {
		char c;

		fcntl(from[0], F_SETFL, flags | O_NONBLOCK);
		assert_int_equal(write(to[1], "", 1), 1);
		while (read(from[0], &c, 1) != 1) {
			struct apply_op op = race_op(t);
			struct err e = ERR_INIT;
			struct apply_tx *tx;

			tx = apply_prepare(t->root_fd, t->undo, t->store, &op,
			    1, &e);
			if (tx == NULL)
				fail_msg("%s", e.text);
			apply_commit_free(tx);
			assert_true(op.done != op.changed_on_disk);
			done += op.done;
			changed += op.changed_on_disk;
			apply_ops_release(&op, 1);
		}
		kept += !race_check(t, round, how);
	}
	close(to[1]);
	close(from[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	print_message("race: %d applied, %d refused, %d saves kept beside\n",
	    done, changed, kept);
}

static void
test_apply_race(void **state)
{
	race(*state, 0);
}

/* A save that has begun when the file is taken away from under it. */
static void
test_apply_race_in_place(void **state)
{
	race(*state, RACE_IN_PLACE);
}

/* Saves of many writes, so that half of one can be read. */
static void
test_apply_race_large(void **state)
{
	race(*state, RACE_LARGE);
}

static void
test_apply_race_large_in_place(void **state)
{
	race(*state, RACE_LARGE | RACE_IN_PLACE);
}

/* Root's gate in a user's folder. */
static void
test_apply_race_with_a_user(void **state)
{
	if (geteuid() != 0) {
		print_message("skipped: needs root\n");
		skip();
	}
	race(*state, RACE_USER | RACE_IN_PLACE);
}

static void
test_apply_race_with_a_user_who_renames(void **state)
{
	if (geteuid() != 0) {
		print_message("skipped: needs root\n");
		skip();
	}
	race(*state, RACE_USER);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define FAST(f) cmocka_unit_test_setup_teardown(f, setup_fast, teardown_fast)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_apply_kinds),
		T(test_apply_folder_and_file_swap),
		T(test_apply_keeps_what_a_file_has),
		T(test_apply_mode_bits),
		T(test_apply_hard_links_are_told),
		T(test_apply_changed_before_prepare),
		T(test_apply_changed_after_prepare),
		T(test_apply_same_change_already_made),
		T(test_apply_saved_again_and_again),
		T(test_apply_saved_in_ours),
		T(test_apply_saved_across_the_exchange),
		T(test_apply_folder_vanished),
		T(test_apply_writer_with_open_file),
		T(test_apply_swapped),
		T(test_apply_as_root),
		T(test_apply_without_exchange),
		T(test_apply_atomic),
		T(test_apply_undo_on_another_file_system),
		T(test_apply_full_disk),
		T(test_apply_odd_file),
		T(test_apply_no_permission),
		T(test_apply_paths),
		T(test_apply_abort_leaves_nothing),
		T(test_apply_fixtures),
		FAST(test_apply_fails_at_any_step),
		FAST(test_apply_crash),
		FAST(test_apply_crash_keeps_order),
		FAST(test_apply_crash_in_recovery),
		FAST(test_apply_crash_with_a_save),
		T(test_apply_recover_conflict),
		T(test_apply_left_aside),
		T(test_apply_halves),
		T(test_apply_half_keeps),
		FAST(test_apply_aimed_saves),
		FAST(test_apply_race),
		FAST(test_apply_race_in_place),
		FAST(test_apply_race_large),
		FAST(test_apply_race_large_in_place),
		FAST(test_apply_race_with_a_user),
		FAST(test_apply_race_with_a_user_who_renames),
	};

	/* Some of them on another file system, the one of TMPDIR. */
	cmocka_set_test_filter(getenv("APPLY_TESTS"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
