/*
 * System calls that no build needs: namespaces, mounts, keyrings, the machine.
 */
#include "config.h"

#include "tests/escape/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
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

#define CALL_MEMFD_SECRET 447	/* younger than some headers */
#define CALL_OPEN_TREE_ATTR 467
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
	{ "memfd_secret", CALL_MEMFD_SECRET },
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
ATTEMPT(call, name)
{
	size_t i;

	for (i = 0; i < sizeof(call_names) / sizeof(call_names[0]); i++)
		if (strcmp(call_names[i].name, name) == 0)
			return attempt_sys(syscall(call_names[i].nr, 0, 0, 0,
			    0, 0, 0));
	return ATTEMPT_NONE;
}

ATTEMPT(keyctl, v)
{
	(void)v;
	return attempt_sys(syscall(SYS_keyctl, 0, -3, 0));
}

ATTEMPT(add_key, v)
{
	(void)v;
	return attempt_sys(syscall(SYS_add_key, "user", "assent-test", "x", 1,
	    -3));
}

/* KEYCTL_LINK of the user's keyring to the process's. */
ATTEMPT(key_link, v)
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
ATTEMPT(tiocsti, high)
{
	char c = 'x';

	return attempt_sys(syscall(SYS_ioctl, 0, call_high(TIOCSTI, high),
	    &c));
}

ATTEMPT(tioclinux, high)
{
	char paste = 3;

	return attempt_sys(syscall(SYS_ioctl, 0, call_high(TIOCLINUX, high),
	    &paste));
}

ATTEMPT(setd, high)
{
	int discipline = 3;	/* PPP's, a module */

	return attempt_sys(syscall(SYS_ioctl, open("/dev/ptmx", O_RDWR |
	    O_NOCTTY), call_high(TIOCSETD, high), &discipline));
}

ATTEMPT(vlan, high)
{
	char nothing[64] = "";

	return attempt_sys(syscall(SYS_ioctl, 0, call_high(SIOCGIFVLAN, high),
	    nothing));
}

ATTEMPT(unshare, what)
{
	int flags = strcmp(what, "mount") == 0 ? CLONE_NEWNS :
	    strcmp(what, "net") == 0 ? CLONE_NEWNET : CLONE_NEWUSER;

	return attempt_sys(unshare(flags));
}

ATTEMPT(clone, high)
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

ATTEMPT(clone3, v)
{
	struct clone_args a = { .flags = CLONE_NEWUSER,
		.exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &a, sizeof(a));

	(void)v;
	if (pid == 0)
		_exit(0);
	return attempt_sys(pid);
}

ATTEMPT(setns, path)
{
	return attempt_sys(setns(open(*path == '\0' ? "/proc/1/ns/mnt" : path,
	    O_RDONLY), 0));
}

ATTEMPT(setns_pidfd, pid)
{
	int fd = (int)syscall(SYS_pidfd_open, strtol(pid, NULL, 10), 0);

	return fd < 0 ? errno : attempt_sys(setns(fd, CLONE_NEWNS));
}

ATTEMPT(mount, at)
{
	return attempt_sys(syscall(SYS_mount, "none", at, "tmpfs", 0, NULL));
}

ATTEMPT(remount, at)
{
	return attempt_sys(syscall(SYS_mount, NULL, at, NULL,
	    MS_REMOUNT | MS_BIND, NULL));
}

ATTEMPT(umount, at)
{
	return attempt_sys(umount2(at, MNT_DETACH));
}

ATTEMPT(chroot, at)
{
	return attempt_sys(chroot(at));
}

ATTEMPT(pivot, at)
{
	return attempt_sys(syscall(SYS_pivot_root, at, at));
}

ATTEMPT(sethostname, name)
{
	return attempt_sys(sethostname(name, strlen(name)));
}

ATTEMPT(setdomainname, name)
{
	return attempt_sys(setdomainname(name, strlen(name)));
}

/* Sets nothing new; to set at all takes the right to. */
ATTEMPT(adjtimex, v)
{
	struct timex t;

	(void)v;
	memset(&t, 0, sizeof(t));
	if (adjtimex(&t) < 0)
		return errno;
	t.modes = ADJ_FREQUENCY;
	return attempt_sys(adjtimex(&t));
}

ATTEMPT(memfd, v)
{
	(void)v;
	return attempt_sys(syscall(SYS_memfd_create, "x", 0));
}

/* The same kernel through another door. */
ATTEMPT(x32, v)
{
	(void)v;
#ifdef __x86_64__
	return attempt_sys(syscall(0x40000000 + SYS_getppid));
#else
	return ATTEMPT_NONE;
#endif
}

ATTEMPT(int80, v)
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
ATTEMPT(listener, v)
{
	(void)v;
	return attempt_sys(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, NULL));
}
