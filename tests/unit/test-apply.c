/*
 * Apply, on real folders: the cases of tests/fixtures/diff through compose and
 * apply, the kinds of change, files that changed on disk, file systems that
 * refuse, and a crash at every step.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "gate/gate.h"
#include "tests/unit/gate-tree.h"
#include "tests/unit/unit.h"

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
int __real_fchown(int, uid_t, gid_t);
int __wrap_fchown(int, uid_t, gid_t);
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
	bool	 no_chown;	/* fchown is EPERM */
	mode_t	 made;		/* bits of all files that openat made */
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

int
__wrap_fchown(int fd, uid_t uid, gid_t gid)
{
	errno = EPERM;
	return wrap.no_chown ? -1 : __real_fchown(fd, uid, gid);
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

	if (rc == 0 && wrap.no_inodes)
		x->stx_ino = wrap_ino(fd, name);
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
		wrap.made |= mode;
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
	return tree_setup(state);
}

static int
teardown(void **state)
{
	memset(&wrap, 0, sizeof(wrap));
	return tree_teardown(state);
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

/* ---- what was there, what is accepted, what the user does meanwhile ---- */

static const struct apply_case {
	const char	*label, *before, *ops;
	const char	*meanwhile;	/* in place, before prepare */
	const char	*late;		/* by rename, before commit */
	const char	*fates;		/* of each op: done, changed on disk */
	const char	*after;
	const char	*kept;		/* in the undo folder */
	const char	*says;
	enum { CASE_USUAL, CASE_RENAMED, CASE_RECOVER, CASE_RENAMED_RECOVER }
			 how;		/* renamed: two halves of one */
} apply_cases[] = {
	{ .label = "each kind",
	  .before = "a.txt 644 <old\r\nno end>\ngone/deep/b 644 <bye\n>\n"
	    "run.sh 640 <#!/bin/sh\n>\nwas-file 644 <x\n>\nlink -> a.txt\n",
	  .ops = "a.txt 644 <new\r\nstill no end>\ngone/deep/b gone\n"
	    "run.sh 755 <#!/bin/sh\n>\nnew/dir/c 755 <c\n>\n"
	    "link -> new/dir/c\nnew/l -> dir\nwas-file -> a.txt\n"
	    "empty 644 <>\n",
	  .fates = "dddddddd",
	  .after = "a.txt 644 <new\r\nstill no end>\nempty 644 <>\n"
	    "link -> new/dir/c\nnew/dir/c 755 <c\n>\nnew/l -> dir\n"
	    "run.sh 750 <#!/bin/sh\n>\nwas-file -> a.txt\n",
	  .kept = "old\r\nno end" },
	{ .label = "a file becomes a folder, and the other way round",
	  .before = "a 644 <file\n>\nb/one 644 <1\n>\nb/two/three 644 <3\n>\n"
	    "l -> b\n",
	  .ops = "a gone\na/x/y 644 <y\n>\nb 644 <b is a file\n>\n"
	    "b/one gone\nb/two/three gone\nl gone\n",
	  .fates = "dddddd",
	  .after = "a/x/y 644 <y\n>\nb 644 <b is a file\n>\n" },
	{ .label = "a folder that keeps something stays",
	  .before = "d/mine 644 <1\n>\nd/yours 644 <2\n>\n",
	  .ops = "d 644 <file\n>\nd/mine gone\n",
	  .fates = "cd", .after = "d/yours 644 <2\n>\n" },
	{ .label = "a link where a folder is needed is not followed",
	  .before = "out -> /tmp\n", .ops = "out/x 644 <x\n>\n",
	  .fates = "c", .after = "out -> /tmp\n" },
	{ .label = "changed on disk before prepare; the rest applies",
	  .before = "chmod 644 <1\n>\ndeleted 644 <1\n>\nedited 644 <1\n>\n"
	    "fine 644 <1\n>\nremoved 644 <1\n>\n",
	  .ops = "edited 644 <2\n>\nremoved 644 <2\n>\nchmod 644 <2\n>\n"
	    "deleted gone\nnew 644 <2\n>\nfine 644 <2\n>\n",
	  .meanwhile = "edited 644 <mine\n>\nremoved gone\n"
	    "chmod 755 <1\n>\ndeleted 644 <mine\n>\nnew 644 <mine\n>\n",
	  .fates = "cccccd",
	  .after = "chmod 755 <1\n>\ndeleted 644 <mine\n>\n"
	    "edited 644 <mine\n>\nfine 644 <2\n>\nnew 644 <mine\n>\n" },
	{ .label = "changed on disk after prepare",
	  .before = "a 644 <1\n>\nb 644 <1\n>\nc 644 <1\n>\nd 644 <1\n>\n"
	    "p 644 <1\n>\n",
	  .ops = "a 644 <2\n>\nb gone\nc 755 <1\n>\nd 644 <2\n>\n"
	    "n/e 644 <2\n>\np 644 <2\n>\n",
	  .late = "a 644 <mine\n>\nb 644 <mine\n>\nc 644 <mine\n>\nd gone\n"
	    "n/e 644 <mine\n>\np 600 <1\n>\n",
	  .fates = "cccccc",
	  .after = "a 644 <mine\n>\nb 644 <mine\n>\nc 644 <mine\n>\n"
	    "n/e 644 <mine\n>\np 600 <1\n>\n" },
	{ .label = "the same change was already made",
	  .before = "a 644 <1\n>\nb 644 <1\n>\n",
	  .ops = "a 644 <2\n>\nb gone\nc 644 <3\n>\n",
	  .meanwhile = "a 644 <2\n>\nb gone\nc 644 <3\n>\n",
	  .fates = "ddd", .after = "a 644 <2\n>\nc 644 <3\n>\n" },
	{ .label = "the folder goes before commit",
	  .before = "d/a 644 <1\n>\nd/b 644 <1\n>\nz 644 <1\n>\n",
	  .ops = "d/a 644 <2\n>\nd/b gone\nd/new 644 <n\n>\nz 644 <2\n>\n",
	  .late = "d gone\n", .fates = "cccd", .after = "z 644 <2\n>\n",
	  .says = "folder of d/new was removed" },
	{ .label = "after a crash: done, edited since, not begun",
	  .before = "a 644 <1\n>\nb 644 <1\n>\nc 644 <1\n>\n",
	  .ops = "a 644 <2\n>\nb 644 <2\n>\nc 644 <2\n>\n",
	  .meanwhile = "a 644 <2\n>\nb 644 <mine\n>\n", .fates = "dcd",
	  .after = "a 644 <2\n>\nb 644 <mine\n>\nc 644 <2\n>\n",
	  .how = CASE_RECOVER },
	{ .label = "into a new folder, whose name is as long as the root's",
	  .before = "f 644 <1\n>\n", .ops = "f gone\nm/f 644 <1\n>\n",
	  .fates = "dd", .after = "m/f 644 <1\n>\n" },
#define RENAMED(word)	.label = "renamed: " word, .before = "a 644 <1\n>\n", \
	  .ops = "b 644 <1\n>\na gone\n"
	{ RENAMED("as shown"), .fates = "dd", .after = "b 644 <1\n>\n",
	  .how = CASE_RENAMED },
	{ RENAMED("the old one changed"), .meanwhile = "a 644 <mine\n>\n",
	  .fates = "cc", .after = "a 644 <mine\n>\n", .how = CASE_RENAMED },
	{ RENAMED("the new name is taken"), .meanwhile = "b 644 <mine\n>\n",
	  .fates = "cc", .after = "a 644 <1\n>\nb 644 <mine\n>\n",
	  .how = CASE_RENAMED },
	{ RENAMED("taken in the last moment"), .late = "b 644 <mine\n>\n",
	  .fates = "cc", .after = "a 644 <1\n>\nb 644 <mine\n>\n",
	  .how = CASE_RENAMED },
	{ RENAMED("half done, then a crash"), .meanwhile = "b 644 <1\n>\n",
	  .fates = "dd", .after = "b 644 <1\n>\n",
	  .how = CASE_RENAMED_RECOVER },
	{ RENAMED("not begun, then a crash"), .fates = "dd",
	  .after = "b 644 <1\n>\n", .how = CASE_RENAMED_RECOVER },
	{ RENAMED("a crash, and the name is taken"),
	  .meanwhile = "b 644 <mine\n>\n", .fates = "cc",
	  .after = "a 644 <1\n>\nb 644 <mine\n>\n",
	  .how = CASE_RENAMED_RECOVER },
};

static void
apply_case_run(const struct apply_case *c)
{
	struct tree *t = tree_new();
	struct apply_op ops[8];
	struct err e = ERR_INIT;
	struct apply_tx *tx;
	bool said = c->says == NULL;
	size_t n, i;

	print_message("# %s\n", c->label);
	tree_do(t, c->before, false);
	n = tree_ops(t, ops, c->ops);
	if (c->how == CASE_RENAMED || c->how == CASE_RENAMED_RECOVER) {
		ops[0].pair = &ops[1];
		ops[1].pair = &ops[0];
	}
	tree_do(t, c->meanwhile, false);
	if (c->how >= CASE_RECOVER) {
		apply_recover(t->root_fd, t->undo, t->store, ops, n,
		    APPLY_FINISH);
	} else {
		tx = apply_prepare(t->root_fd, t->undo, t->store, ops, n, &e);
		if (tx == NULL)
			fail_msg("%s", e.text);
		tree_do(t, c->late, true);
		apply_commit_free(tx);
	}
	for (i = 0; i < n; i++) {
		bool done = c->fates[i] == 'd';

		if (ops[i].done != done || ops[i].error != 0 ||
		    (!done && (ops[i].text == NULL ||
		    (c->how != CASE_RENAMED_RECOVER &&
		    !ops[i].changed_on_disk))))
			fail_msg("%s: done %d changed %d %s", ops[i].path,
			    ops[i].done, ops[i].changed_on_disk, ops[i].text);
		said = said || (ops[i].text != NULL &&
		    strstr(ops[i].text, c->says) != NULL);
	}
	assert_true(said);
	tree_check(t, c->after);
	/* An emptied folder goes with its last file. */
	assert_true(faccessat(t->root_fd, "gone", F_OK, 0) < 0);
	assert_true(c->kept == NULL || tree_undo_has(t, c->kept));
	apply_ops_release(ops, n);
	tree_free(t);
}

TEST_WITH(test_apply_cases, setup, teardown)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(apply_cases); i++)
		apply_case_run(&apply_cases[i]);
}

/* Also with another name, which makes it no other file. */
TEST_WITH(test_apply_keeps_what_a_file_has, setup, teardown)
{
	struct tree *t = *state;
	bool root = geteuid() == 0, attr;
	int renamed, fd;

	for (renamed = 0; renamed < 2; renamed++) {
		struct apply_op ops[2];
		struct stat st;
		char value[8];

		tree_put(t, "f", 04755, "old\n");
		fd = openat(t->root_fd, "f", O_RDONLY);
		if (root)
			assert_int_equal(fchown(fd, 1234, 2345), 0);
		assert_int_equal(fchmod(fd, 04775), 0);
		attr = fsetxattr(fd, "user.colour", "blue", 4, 0) == 0 &&
		    fsetxattr(fd, "user.overlay.x", "x", 1, 0) == 0;
		close(fd);
		ops[0] = tree_op(t, renamed ? "d/g" : "f", 0755,
		    "old\nnew\n");
		ops[1] = tree_op(t, "f", 0, NULL);
		if (renamed) {
			ops[0].pair = &ops[1];
			ops[1].pair = &ops[0];
		}
		apply_all(t, ops, renamed ? 2 : 1);
		assert_done(ops, renamed ? 2 : 1);
		fd = openat(t->root_fd, ops[0].path, O_RDONLY);
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0775);	/* no setuid */
		if (root) {
			assert_int_equal(st.st_uid, 1234);
			assert_int_equal(st.st_gid, 2345);
		}
		if (attr && !renamed)
			assert_int_equal(fgetxattr(fd, "user.colour", value,
			    sizeof(value)), 4);
		/* It was about the old content. */
		assert_true(fgetxattr(fd, "user.overlay.x", value,
		    sizeof(value)) < 0);
		close(fd);
		apply_ops_release(ops, 2);
	}
}

/* Set-group-id and the sticky bit stay; setuid goes, and a note says so. */
TEST_WITH(test_apply_mode_bits, setup, teardown)
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

TEST_WITH(test_apply_hard_links_are_told, setup, teardown)
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

/* The user saves between the exchange and the exchange back: the newest save
 * must be there, the one before it must be kept, which is said. */
static struct {
	struct tree	*t;
	const char	*saves[3];	/* one that begins with "i": in place */
	int		 calls;
	pid_t		 pid;
} again;

static void
save_on_exchange(void)
{
	const char *save = again.calls < 3 ? again.saves[again.calls] : NULL;

	again.calls++;
	if (save != NULL && save[0] == 'i')
		tree_put(again.t, "a", 0644, save);
	else if (save != NULL)
		tree_save(again.t, "a", save);
}

TEST_WITH(test_apply_saved_again, setup, teardown)
{
	static const char *const saves[][3] = {
		{ "first\n", "second\n", "third\n" },
		{ "first\n", "in ours\n", NULL },
	};
	struct tree *t = *state;
	size_t i;

	for (i = 0; i < MEM_COUNT(saves); i++) {
		bool three = saves[i][2] != NULL;
		struct apply_op op;

		tree_put(t, "a", 0644, "1\n");
		op = tree_op(t, "a", 0644, "2\n");
		again.t = t;
		again.calls = 0;
		memcpy(again.saves, saves[i], sizeof(saves[i]));
		wrap.before_exchange = save_on_exchange;
		apply_all(t, &op, 1);
		wrap.before_exchange = NULL;
		assert_true(op.changed_on_disk && !op.done);
		assert_int_equal(wrap.naps, 0);	/* nobody has one open */
		tree_check(t, three ? "a 644 <third\n>\n" :
		    "a 644 <in ours\n>\n");
		assert_true(tree_undo_has(t, three ? "second\n" : "first\n"));
		assert_non_null(strstr(op.text, "undo folder"));
		apply_ops_release(&op, 1);
	}
}

/* The undo folder is on another disk: the save that is replaced by a newer one
 * is kept in the store. */
TEST_WITH(test_apply_saved_again_far, setup, teardown)
{
	static const char *const saves[] = { "first\n", "second\n", "third\n" };
	struct tree *t = *state;
	char hex[SHA256_HEX_SIZE];
	struct apply_op op;

	tree_put(t, "a", 0644, "1\n");
	op = tree_op(t, "a", 0644, "2\n");
	again.t = t;
	again.calls = 0;
	memcpy(again.saves, saves, sizeof(saves));
	wrap.before_exchange = save_on_exchange;
	wrap.far = undo_ino(t);
	apply_all(t, &op, 1);
	tree_check(t, "a 644 <third\n>\n");
	sha256_hex("second\n", 7, hex);
	assert_true(blob_has(t->store, hex));
	assert_non_null(strstr(op.text, "objects"));
	apply_ops_release(&op, 1);
}

/* Another session's apply is under way in the same folder. */
TEST_WITH(test_apply_beside_another, setup, teardown)
{
	const char *const theirs = ".assent-000000000123456789abcdef.tmp";
	struct tree *t = *state;
	struct apply_op op;

	tree_put(t, "a", 0644, "1\n");
	tree_put(t, theirs, 0644, "theirs\n");
	assert_true(gate_is_temp(theirs));
	op = tree_op(t, "a", 0644, "2\n");
	apply_all(t, &op, 1);
	assert_done(&op, 1);
	assert_int_equal(faccessat(t->root_fd, theirs, F_OK, 0), 0);
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

TEST_WITH(test_apply_saved_across_the_exchange, setup, teardown)
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

/* A writer that holds the old file open goes on writing to a file that is
 * kept, and the user is told. */
static int writer_fd;

static void
write_on_undo(void)
{
	if (++again.calls == 2)		/* verified, on its way to undo */
		assert_int_equal(write(writer_fd, "late\n", 5), 5);
}

TEST_WITH(test_apply_writer_with_open_file, setup, teardown)
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

/* ---- a temporary file that another program replaces ---- */

/* Another program replaces each temporary file by its own. */
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

TEST_WITH(test_apply_swapped, setup, teardown)
{
	static const char *const trees[] = {
		"a 644 <1\n>\n",	/* seen before anything is visible */
		"a 644 <?\n>\n",	/* seen and said when it is */
	};
	size_t i;

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

/* Another program writes into the temporary file before it gets its time: also
 * as many bytes. */
TEST_WITH(test_apply_temp_written, setup, teardown)
{
	static const char *const texts[] = { "?\n", "longer\n" };
	struct tree *t = *state;
	size_t i;

	for (i = 0; i < MEM_COUNT(texts); i++) {
		struct err e = ERR_INIT;
		struct apply_tx *tx;
		struct apply_op op;
		int fd;

		tree_put(t, "a", 0644, "1\n");
		op = tree_op(t, "a", 0644, "2\n");
		tx = apply_prepare(t->root_fd, t->undo, t->store, &op, 1, &e);
		assert_non_null(tx);
		fd = openat(t->root_fd, tx->items[0].tmp, O_WRONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, texts[i], strlen(texts[i])),
		    strlen(texts[i]));
		assert_int_equal(futimens(fd, (struct timespec[2]){
		    { .tv_sec = 1000 }, { .tv_sec = 1000 } }), 0);
		close(fd);
		apply_commit_free(tx);
		assert_false(op.done);
		assert_int_equal(op.error, ESTALE);
		tree_check(t, "a 644 <1\n>\n");
		assert_true(tree_undo_has(t, texts[i]));
		apply_ops_release(&op, 1);
	}
}

/* Entries that root makes in a user's folder belong to that user. */
TEST_WITH(test_apply_as_root, setup, teardown)
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

/* Another owner or group since prepare: it isn't the file that was shown. */
TEST_WITH(test_apply_given_away, setup, teardown)
{
	static const struct { uid_t uid; gid_t gid; } to[] = {
		{ 1234, (gid_t)-1 }, { (uid_t)-1, 2345 },
	};
	struct tree *t = *state;
	struct err e = ERR_INIT;
	size_t i;

	if (geteuid() != 0) {
		print_message("skipped: needs root\n");
		skip();
	}
	for (i = 0; i < MEM_COUNT(to); i++) {
		struct apply_op op;
		struct apply_tx *tx;

		tree_put(t, "f", 0644, "old\n");
		op = tree_op(t, "f", 0644, "new\n");
		tx = apply_prepare(t->root_fd, t->undo, t->store, &op, 1, &e);
		assert_non_null(tx);
		assert_int_equal(fchownat(t->root_fd, "f", to[i].uid,
		    to[i].gid, 0), 0);
		apply_commit_free(tx);
		assert_true(op.changed_on_disk && !op.done);
		tree_check(t, "f 644 <old\n>\n");
		apply_ops_release(&op, 1);
	}
}

/* Its group can't be kept: another group doesn't get that one's rights. */
TEST_WITH(test_apply_of_another_group, setup, teardown)
{
	struct tree *t = *state;
	struct apply_op op;

	if (geteuid() != 0) {
		print_message("skipped: needs root\n");
		skip();
	}
	tree_put(t, "f", 0644, "old\n");
	assert_int_equal(fchownat(t->root_fd, "f", 0, 2345, 0), 0);
	assert_int_equal(fchmodat(t->root_fd, "f", 0660, 0), 0);
	op = tree_op(t, "f", 0644, "new\n");
	wrap.no_chown = true;
	apply_all(t, &op, 1);
	assert_done(&op, 1);
	assert_non_null(strstr(op.text, "could not be kept"));
	tree_check(t, "f 600 <new\n>\n");
	apply_ops_release(&op, 1);
}

/* Nobody else can read a private file's new content while it is written. */
TEST_WITH(test_apply_private, setup, teardown)
{
	struct tree *t = *state;
	struct apply_op op;

	tree_put(t, "f", 0600, "old\n");
	op = tree_op(t, "f", 0644, "new\n");
	wrap.made = 0;
	apply_all(t, &op, 1);
	assert_done(&op, 1);
	assert_int_equal(wrap.made, 0600);
	tree_check(t, "f 600 <new\n>\n");
	apply_ops_release(&op, 1);
}

/* A deletion that the folder forbids is found before anything is written. */
TEST_WITH(test_apply_in_a_folder_of_others, setup, teardown)
{
	struct tree *t = *state;
	struct err e = ERR_INIT;
	struct apply_op op;
	bool root = geteuid() == 0;

	tree_put(t, "f", 0644, "old\n");
	op = tree_op(t, "f", 0, NULL);
	assert_int_equal(chmod(t->root, 0555), 0);
	assert_int_equal(root ? chmod(t->dir, 0755) : 0, 0);
	assert_int_equal(root ? seteuid(1234) : 0, 0);
	assert_null(apply_prepare(t->root_fd, NULL, t->store, &op, 1, &e));
	assert_int_equal(root ? seteuid(0) : 0, 0);
	assert_int_equal(chmod(t->root, 0755), 0);
	assert_int_equal(op.error, EACCES);
	apply_ops_release(&op, 1);
}

/* ---- poorer file systems ---- */

/* Whether names can be exchanged is tried where nobody watches. */
TEST_WITH(test_apply_atomic, setup, teardown)
{
	struct tree *t = *state;
	int watch = unit_inotify(), i;
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
} aim;

static const char aim_text[] = "mine and longer than the others\n";

static void
aim_save(void)
{
	aim.saved = true;
	if (aim.how == AIM_RENAME)
		tree_save(aim.t, aim.path, aim_text);
	else if (aim.how == AIM_REMOVE)
		(void)unlinkat(aim.t->root_fd, aim.path, 0);
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
	wrap.far = (lacks & 4) != 0 ? undo_ino(t) : 0;
	wrap.no_inodes = (lacks & 8) != 0;
	aim.t = t;
	aim.path = path;
	aim.how = how;
	aim.saved = false;
	wrap.save = aim_save;
	wrap.save_at = n;
	tx = apply_prepare(t->root_fd, t->undo, t->store, ops, 4, &e);
	if (tx == NULL)
		fail_msg("%s: %s", label, e.text);
	apply_commit_free(tx);
	memset(&wrap, 0, sizeof(wrap));
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

TEST_WITH(test_apply_aimed_saves, setup_fast, teardown_fast)
{
	static const char *const paths[] = { "d/a", "d/b", "d/new" };
	/* Nothing; names cannot be exchanged; undo is far away; inode numbers do
	 * not last. */
	static const unsigned lacks[] = { 0, 1, 5, 8, 9 };
	unsigned saves = 0;
	int n, how;
	size_t i, k;

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
	if (tx != NULL)
		fail_msg("was not refused");
	if (e.sys != error || strstr(e.text, words) == NULL)
		fail_msg("refused with %d: %s", e.sys, e.text);
	for (i = 0; i < n; i++)
		assert_true(!ops[i].done && !ops[i].changed_on_disk);
	after = tree_text(t);
	assert_string_equal(after, before);
	free(before);
	free(after);
}

/* A file system where names can be neither exchanged, renamed without replacing
 * nor linked. */
TEST_WITH(test_apply_without_names, setup, teardown)
{
	struct tree *t = *state;
	struct apply_op ops[2];

	tree_put(t, "a", 0644, "1\n");
	ops[0] = tree_op(t, "a", 0644, "2\n");
	ops[1] = tree_op(t, "n/x", 0644, "x\n");
	wrap.no_flags = wrap.no_links = wrap.no_inodes = true;
	refused(t, ops, 2, EOPNOTSUPP, "without replacing");
	apply_ops_release(ops, 2);
}

/* One of three cannot be written, which only the last step would meet: none is.
 * One that became a mount counts as changed. */
TEST_WITH(test_apply_odd_file, setup, teardown)
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

TEST_WITH(test_apply_paths, setup, teardown)
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

		if ((apply_path_check(rows[i].path, &e) == 0) != rows[i].ok)
			fail_msg("%s: %s", rows[i].path, e.text);
		if (!rows[i].ok) {
			assert_null(apply_prepare(t->root_fd, t->undo,
			    t->store, &op, 1, NULL));
			assert_int_equal(op.error, EINVAL);
		}
		apply_ops_release(&op, 1);
	}
	tree_check(t, "");
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
crash_recover(struct tree *t, struct apply_op *ops, int steps,
    enum apply_recovery how)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		wrap.steps = steps;
		apply_recover(t->root_fd, t->undo, t->store, ops, CRASH_OPS,
		    how);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 9;
}

static void
crash_everywhere(bool no_flags, bool far_undo, int again_step)
{
	bool crashed = true;
	int n;

	for (n = 1; crashed; n++) {
		struct tree *t = tree_new();
		struct apply_op ops[CRASH_OPS];

		assert_true(n < 200);
		crash_tree(t, ops);
		wrap.no_flags = no_flags;
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
				crash_recover(t, ops, again_step, APPLY_FINISH);
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

TEST_WITH(test_apply_crash, setup_fast, teardown_fast)
{
	crash_everywhere(false, false, 0);
	crash_everywhere(false, true, 0);
	crash_everywhere(true, false, 0);
	crash_everywhere(true, true, 0);
}

/* Under a sanitizer, where a fork takes ten times as long and memory is what is
 * looked at, fewer of them. */
#ifdef __SANITIZE_ADDRESS__
#define CRASH_STRIDE 6
#else
#define CRASH_STRIDE 2
#endif

TEST_WITH(test_apply_crash_in_recovery, setup_fast, teardown_fast)
{
	int m;

	for (m = 1; m < 16; m += CRASH_STRIDE)
		crash_everywhere(false, false, m);
	for (m = 2; m < 16; m += 5)
		crash_everywhere(true, false, m);
}

/* An undo of a half-written apply is cut off, too, and then all is left: each
 * file is as it was or as it was to be. */
TEST_WITH(test_apply_crash_in_undo, setup_fast, teardown_fast)
{
	bool crashed = true;
	size_t i;
	int n, m = 1;

	for (n = 1; crashed; n += m == 1, m = m < 16 ? m + CRASH_STRIDE : 1) {
		struct tree *t = tree_new();
		struct apply_op ops[CRASH_OPS];

		crash_tree(t, ops);
		crashed = crash_commit(t, ops, n);
		if (crashed && tree_is_marked(t)) {
			crash_recover(t, ops, m, APPLY_UNDO);
			apply_recover(t->root_fd, t->undo, t->store, ops,
			    CRASH_OPS, APPLY_LEAVE);
		}
		for (i = 0; i < CRASH_OPS; i++) {
			struct stage_side now = tree_now(t, ops[i].path);

			if (!stage_side_equal(&now, &ops[i].before) &&
			    !stage_side_equal(&now, &ops[i].after))
				fail_msg("steps %d and %d: %s is neither",
				    n, m, ops[i].path);
		}
		apply_ops_release(ops, CRASH_OPS);
		tree_free(t);
		memset(&wrap, 0, sizeof(wrap));
	}
}

/* Products built in the copy are newer than their source, whichever of
 * the two was written before the crash. */
TEST_WITH(test_apply_crash_keeps_order, setup_fast, teardown_fast)
{
	int n, status = 9;

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

TEST_WITH(test_apply_fails_at_any_step, setup_fast, teardown_fast)
{
	static const struct {
		int error;
		bool for_good, no_flags, far_undo;
	} rows[] = {
		{ ENOSPC, false, false, false }, { EDQUOT, false, false, false },
		{ EROFS, false, false, false }, { EACCES, false, false, false },
		{ EXDEV, false, false, false }, { EIO, false, false, false },
		{ ENOSPC, true, false, false }, { EROFS, true, false, false },
		{ EIO, false, true, false }, { ENOSPC, false, false, true },
		{ EDQUOT, true, true, true },
	};
	size_t i;
	int n;

	for (i = 0; i < MEM_COUNT(rows); i++)
		for (n = 1; fail_at(n, rows[i].error, rows[i].for_good,
		    rows[i].no_flags, rows[i].far_undo); n++)
			assert_true(n < 200);
}

/* The crash comes when the user's save has come out and not gone back yet; a call
 * may have failed before (0: none). */
static void
crash_with_a_save(int n, bool no_flags, int fail)
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

TEST_WITH(test_apply_crash_with_a_save, setup_fast, teardown_fast)
{
	int n, fail;

	for (n = 1; n < 16; n++) {
		crash_with_a_save(n, false, 0);
		crash_with_a_save(n, true, 0);
	}
	for (fail = 0; fail < 20; fail++)
		for (n = fail + 1; n < fail + 8; n++)
			crash_with_a_save(n, true, fail);
}

/* After a crash one content is lost: the other file gets its own. */
TEST_WITH(test_apply_recover_without_a_content, setup, teardown)
{
	struct tree *t = *state;
	struct apply_op ops[2];

	tree_put(t, "a", 0644, "1\n");
	tree_put(t, "b", 0644, "1\n");
	ops[0] = tree_op(t, "a", 0644, "2\n");
	ops[1] = tree_op(t, "b", 0644, "2\n");
	memset(ops[0].after.hash, '0', 64);
	apply_recover(t->root_fd, t->undo, t->store, ops, 2, APPLY_FINISH);
	assert_int_equal(ops[0].error, ENOENT);
	assert_done(&ops[1], 1);
	tree_check(t, "a 644 <1\n>\nb 644 <2\n>\n");
	apply_ops_release(ops, 2);
}

/* A file that was moved aside and could not go back is not put away at the next
 * apply: it is all there is. */
TEST_WITH(test_apply_left_aside, setup, teardown)
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

/* A save that a crash left aside comes back; the other file is still written. */
TEST_WITH(test_apply_save_left_aside, setup, teardown)
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
	tree_put(t, "a", 0644, "2\n");
	tree_put(t, tmp, 0644, "save\n");
	free(tmp);
	apply_all(t, ops, 2);
	assert_true(ops[0].changed_on_disk && !ops[0].done);
	assert_done(&ops[1], 1);
	tree_check(t, "a 644 <save\n>\nb 644 <2\n>\n");
	apply_ops_release(ops, 2);
}

int
main(void)
{
	/* Some of them on another file system, the one of TMPDIR. */
	cmocka_set_test_filter(getenv("APPLY_TESTS"));
	return unit_run();
}
