/*
 * System calls that no build needs: namespaces, mounts, keyrings, the machine.
 */
#include "config.h"

#include "tests/escape/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <termios.h>
#include <unistd.h>

#define CALL_OPEN_TREE_ATTR 467	/* younger than some headers */
#define CALL_HIGH_BIT (1ul << 40)

static const struct {
	const char	*name;
	long		 nr;
} call_names[] = {
	{ "acct", SYS_acct }, { "bpf", SYS_bpf },
	{ "clock_settime", SYS_clock_settime },
	{ "delete_module", SYS_delete_module },
	{ "finit_module", SYS_finit_module }, { "fsconfig", SYS_fsconfig },
	{ "fsmount", SYS_fsmount }, { "fsopen", SYS_fsopen },
	{ "fspick", SYS_fspick }, { "init_module", SYS_init_module },
	{ "io_setup", SYS_io_setup },
	{ "io_uring_setup", SYS_io_uring_setup },
	{ "kexec_load", SYS_kexec_load },
#ifdef SYS_memfd_secret
	{ "memfd_secret", SYS_memfd_secret },
#endif
	{ "mount_setattr", SYS_mount_setattr },
	{ "move_mount", SYS_move_mount },
	{ "name_to_handle_at", SYS_name_to_handle_at },
	{ "open_by_handle_at", SYS_open_by_handle_at },
	{ "open_tree", SYS_open_tree },
	{ "open_tree_attr", CALL_OPEN_TREE_ATTR },
	{ "perf_event_open", SYS_perf_event_open },
	{ "quotactl", SYS_quotactl }, { "reboot", SYS_reboot },
	{ "request_key", SYS_request_key },
	{ "settimeofday", SYS_settimeofday }, { "swapon", SYS_swapon },
	{ "syslog", SYS_syslog }, { "userfaultfd", SYS_userfaultfd },
	{ "vhangup", SYS_vhangup },
};

/* With nothing in the arguments: whoever may call it gets another error. */
static int
try_call(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(call_names) / sizeof(call_names[0]); i++)
		if (strcmp(call_names[i].name, name) == 0)
			return attempt_sys(syscall(call_names[i].nr, 0, 0, 0,
			    0, 0, 0));
	return ATTEMPT_NONE;
}

static int
try_keyctl(const char *v)
{
	(void)v;
	return attempt_sys(syscall(SYS_keyctl, 0, -3, 0));
}

static int
try_add_key(const char *v)
{
	(void)v;
	return attempt_sys(syscall(SYS_add_key, "user", "assent-test", "x", 1,
	    -3));
}

/* KEYCTL_LINK of the user's keyring to the process's. */
static int
try_key_link(const char *v)
{
	(void)v;
	return attempt_sys(syscall(SYS_keyctl, 8, -4, -2));
}

static unsigned long
call_high(unsigned long request, const char *high)
{
	return strcmp(high, "high") == 0 ? request | 1ul << 32 : request;
}

/* Into a terminal of its own: whose else could it be? The answer is the
 * filter's, before anyone looks at the descriptor. */
static int
try_tiocsti(const char *high)
{
	char c = 'x';

	return attempt_sys(syscall(SYS_ioctl, 0, call_high(TIOCSTI, high),
	    &c));
}

static int
try_tioclinux(const char *high)
{
	char paste = 3;

	return attempt_sys(syscall(SYS_ioctl, 0, call_high(TIOCLINUX, high),
	    &paste));
}

static int
try_setd(const char *high)
{
	int discipline = 3;	/* PPP's, a module */

	return attempt_sys(syscall(SYS_ioctl, open("/dev/ptmx", O_RDWR |
	    O_NOCTTY), call_high(TIOCSETD, high), &discipline));
}

static int
try_unshare(const char *what)
{
	int flags = strcmp(what, "mount") == 0 ? CLONE_NEWNS :
	    strcmp(what, "net") == 0 ? CLONE_NEWNET : CLONE_NEWUSER;

	return attempt_sys(unshare(flags));
}

static int
try_clone(const char *high)
{
	unsigned long flags = CLONE_NEWUSER | SIGCHLD;
	long pid;

	if (strcmp(high, "high") == 0)
		flags |= CALL_HIGH_BIT;
	pid = syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
	if (pid == 0)
		_exit(0);
	return attempt_sys(pid);
}

static int
try_clone3(const char *v)
{
	struct clone_args a = { .flags = CLONE_NEWUSER,
		.exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &a, sizeof(a));

	(void)v;
	if (pid == 0)
		_exit(0);
	return attempt_sys(pid);
}

static int
try_setns(const char *path)
{
	return attempt_sys(setns(open(*path == '\0' ? "/proc/1/ns/mnt" : path,
	    O_RDONLY), 0));
}

static int
try_setns_pidfd(const char *pid)
{
	int fd = (int)syscall(SYS_pidfd_open, strtol(pid, NULL, 10), 0);

	return fd < 0 ? errno : attempt_sys(setns(fd, CLONE_NEWNS));
}

static int
try_mount(const char *at)
{
	return attempt_sys(syscall(SYS_mount, "none", at, "tmpfs", 0, NULL));
}

static int
try_remount(const char *at)
{
	return attempt_sys(syscall(SYS_mount, NULL, at, NULL,
	    MS_REMOUNT | MS_BIND, NULL));
}

static int
try_umount(const char *at)
{
	return attempt_sys(umount2(at, MNT_DETACH));
}

static int
try_chroot(const char *at)
{
	return attempt_sys(chroot(at));
}

static int
try_pivot(const char *at)
{
	return attempt_sys(syscall(SYS_pivot_root, at, at));
}

static int
try_sethostname(const char *name)
{
	return attempt_sys(sethostname(name, strlen(name)));
}

static int
try_setdomainname(const char *name)
{
	return attempt_sys(setdomainname(name, strlen(name)));
}

/* Sets nothing new; to set at all takes the right to. */
static int
try_adjtimex(const char *v)
{
	struct timex t;

	(void)v;
	memset(&t, 0, sizeof(t));
	if (adjtimex(&t) < 0)
		return errno;
	t.modes = ADJ_FREQUENCY;
	return attempt_sys(adjtimex(&t));
}

static int
try_memfd(const char *v)
{
	(void)v;
	return attempt_sys(syscall(SYS_memfd_create, "x", 0));
}

/* The same kernel through another door. */
static int
try_x32(const char *v)
{
	(void)v;
#ifdef __x86_64__
	return attempt_sys(syscall(0x40000000 + SYS_getppid));
#else
	return ATTEMPT_NONE;
#endif
}

static int
try_int80(const char *v)
{
	(void)v;
#ifdef __x86_64__
	{
		long rc = 20;	/* getpid of the old table */

		__asm__ volatile("int $0x80" : "+a"(rc) : : "memory", "r8",
		    "r9", "r10", "r11");
		return rc < 0 ? (int)-rc : 0;
	}
#else
	return ATTEMPT_NONE;
#endif
}

/* Ask for the calls that a filter hands over; there is no filter here. */
static int
try_listener(const char *v)
{
	(void)v;
	return attempt_sys(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, NULL));
}

const struct attempt attempt_calls[] = {
	{ "add_key", try_add_key }, { "adjtimex", try_adjtimex },
	{ "call", try_call }, { "chroot", try_chroot },
	{ "clone", try_clone }, { "clone3", try_clone3 },
	{ "int80", try_int80 }, { "key_link", try_key_link },
	{ "keyctl", try_keyctl }, { "memfd", try_memfd },
	{ "mount", try_mount }, { "pivot", try_pivot },
	{ "remount", try_remount }, { "setd", try_setd },
	{ "setdomainname", try_setdomainname },
	{ "listener", try_listener },
	{ "sethostname", try_sethostname }, { "setns", try_setns },
	{ "setns_pidfd", try_setns_pidfd }, { "tioclinux", try_tioclinux },
	{ "tiocsti", try_tiocsti }, { "umount", try_umount },
	{ "unshare", try_unshare }, { "x32", try_x32 }, { NULL, NULL },
};
