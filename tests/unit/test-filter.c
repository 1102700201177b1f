/*
 * The filter of system calls: what a payload's process is answered, and that
 * the table has no misspelt names.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <seccomp.h>

#include "base/mem.h"
#include "sandbox/filter.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

static bool no_sockets;

static void
confine(void)
{
	struct filter_options o = { .own_ipc = true,
		.no_sockets = no_sockets };
	struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;

	if (filter_build(&o, &b, &e) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    filter_load(b.p, b.len, false, NULL, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		_exit(100);
	}
	buf_release(&b);
}

/* The exit status of `child`, in the filter. */
static int
confined(int (*child)(void))
{
	int st = 0;
	pid_t pid;

	if (prctl(PR_GET_SECCOMP) < 0) {
		print_message("skipped: system calls can't be filtered here\n");
		skip();
	}
	pid = fork();
	if (pid == 0) {
		confine();
		_exit(child());
	}
	assert_true(pid > 0 && waitpid(pid, &st, 0) == pid);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 255;
}

static int
answer(long nr)
{
	errno = 0;
	return syscall(nr, -1, 0, 0, 0, 0, 0) < 0 ? errno : 0;
}

/* Numbers that no kernel has yet, and those that libc tries first. */
static int
unknown(void)
{
	static const long young[] = { SYS_io_uring_setup, SYS_clone3,
		SYS_pidfd_getfd + 1000, 468, 470, 499, 511, 1000, 100000 };
	size_t i;

	for (i = 0; i < MEM_COUNT(young); i++)
		if (answer(young[i]) != ENOSYS) {
			fprintf(stderr, "%ld: %s\n", young[i],
			    strerror(errno));
			return 1;
		}
	return 0;
}

TEST(test_unknown)
{
	assert_int_equal(confined(unknown), 0);
}

static int
refused(void)
{
	if (mount("x", "/", "tmpfs", 0, NULL) == 0 || errno != EPERM)
		return 1;
	if (unshare(CLONE_NEWUSER) == 0 || errno != EPERM)
		return 2;
	if (syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) >= 0 ||
	    errno != EPERM)
		return 3;
	if (answer(SYS_bpf) != EPERM)
		return 4;
	if (personality(0x0400000) != -1)
		return 5;
	if (personality(0xffffffff) == -1 ||
	    personality(ADDR_NO_RANDOMIZE) == -1)
		return 6;
	return 0;
}

TEST(test_refused)
{
	assert_int_equal(confined(refused), 0);
}

static int scratch = -1;

#define FILTER_SETXATTRAT 463	/* since Linux 6.13 */

/* Space cannot be taken without being written, and libc's way still works. */
static int
reserved(void)
{
	struct { int16_t a[2]; int64_t start, len; int32_t b[6]; } space = {
		.len = 1 << 20,
	};
	int fd = openat(scratch, "reserved", O_RDWR | O_CREAT, 0600);
	struct fsxattr x = { .fsx_extsize = 1 << 20 };
	struct stat st;
	int rc;

	if (fallocate(fd, 0, 0, 1 << 20) == 0 || errno != EOPNOTSUPP)
		return 1;
	if (ioctl(fd, _IOW('X', 40, space), &space) == 0 ||
	    errno != EOPNOTSUPP)
		return 2;
	if (ioctl(fd, _IOW('X', 42, space), &space) == 0 ||
	    errno != EOPNOTSUPP)
		return 3;
	if (ioctl(fd, _IOW('X', 57, space), &space) == 0 ||
	    errno != EOPNOTSUPP)
		return 4;
	if (ioctl(fd, FS_IOC_FSSETXATTR, &x) == 0 || errno != EOPNOTSUPP)
		return 5;
	if (fsetxattr(fd, "user.a", "b", 1, 0) == 0 || errno != EOPNOTSUPP)
		return 7;
	if (answer(SYS_setxattr) != EOPNOTSUPP ||
	    answer(SYS_lsetxattr) != EOPNOTSUPP ||
	    answer(SYS_removexattr) != EOPNOTSUPP ||
	    answer(SYS_lremovexattr) != EOPNOTSUPP ||
	    answer(SYS_fremovexattr) != EOPNOTSUPP)
		return 8;
	/* Possibly unknown to this libseccomp. */
	rc = answer(FILTER_SETXATTRAT);
	if (rc != EOPNOTSUPP && rc != ENOSYS)
		return 9;
	rc = posix_fallocate(fd, 0, 100000);
#ifndef __GLIBC__
	if (rc == EOPNOTSUPP)	/* musl doesn't write zeroes instead */
		return 0;
#endif
	if (rc != 0 || fstat(fd, &st) < 0 || st.st_size != 100000)
		return 6;
	return 0;
}

SCRATCH_TEST(test_reserved)
{
	char *dir = *state;

	scratch = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(confined(reserved), 0);
	close(scratch);
}

static int
sockets(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return no_sockets ? fd >= 0 || errno != EACCES : fd < 0;
}

TEST(test_sockets)
{
	assert_int_equal(confined(sockets), 0);
	no_sockets = true;
	assert_int_equal(confined(sockets), 0);
	no_sockets = false;
}

/* On some machine that libseccomp knows. */
static bool
is_known(const char *name)
{
	static const uint32_t machines[] = { SCMP_ARCH_X86_64,
		SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, SCMP_ARCH_X86,
		SCMP_ARCH_PPC64LE, SCMP_ARCH_RISCV64 };
	/* Younger than libseccomp 2.5. */
	static const char *const young[] = { "fchmodat2", "futex_requeue",
		"futex_wait", "futex_wake", "getxattrat", "listxattrat",
		"map_shadow_stack", "mseal", "open_tree_attr",
		"removexattrat", "riscv_hwprobe", "setxattrat", "uprobe",
		"uretprobe" };
	size_t i;

	for (i = 0; i < MEM_COUNT(young); i++)
		if (strcmp(name, young[i]) == 0)
			return true;
	for (i = 0; i < MEM_COUNT(machines); i++)
		if (seccomp_syscall_resolve_name_arch(machines[i], name) !=
		    __NR_SCMP_ERROR)
			return true;
	return false;
}

TEST(test_names)
{
	size_t i, j;

	for (i = 0; filter_allowed[i] != NULL; i++) {
		if (!is_known(filter_allowed[i]))
			fail_msg("%s: no such call", filter_allowed[i]);
		for (j = 0; j < i; j++)
			if (strcmp(filter_allowed[i], filter_allowed[j]) == 0)
				fail_msg("%s: twice", filter_allowed[i]);
		for (j = 0; filter_refused[j].name != NULL; j++)
			if (strcmp(filter_allowed[i],
			    filter_refused[j].name) == 0)
				fail_msg("%s: allowed and refused",
				    filter_allowed[i]);
	}
	for (i = 0; filter_refused[i].name != NULL; i++)
		if (!is_known(filter_refused[i].name))
			fail_msg("%s: no such call", filter_refused[i].name);
}

TEST(test_malformed)
{
	static const char bad[] = "\x08\0\0\0" "1234567";
	struct err e = ERR_INIT;

	assert_int_equal(filter_load(bad, 0, false, NULL, &e), -1);
	assert_int_equal(filter_load(bad, 3, false, NULL, &e), -1);
	assert_int_equal(filter_load(bad, 11, false, NULL, &e), -1);
	assert_int_equal(filter_load("\0\0\0\0", 4, false, NULL, &e), -1);
}
