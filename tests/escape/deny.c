/*
 * deny: runs its arguments under a filter that makes this host look like
 * another.  Without options there are no new namespaces, no mounts, and no
 * clone3 at all, which is how such filters make programs take clone.  With
 * options only those calls are refused:
 *   --no CALL[=ERRNO]   a system call, or a group: "namespaces" for clone's
 *                       flags and unshare, "mounts", "landlock", "filters"
 *                       for seccomp, or "listeners" for one that would answer
 *                       system calls; the errno is a name or a number, else
 *                       EPERM
 *   --as docker|podman  what that engine's default profile refuses to a
 *                       container that was given no capabilities; Podman's
 *                       lets it make namespaces and mounts, but not name the
 *                       host in them
 */
#include "config.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

static int
deny_call(scmp_filter_ctx c, const char *name, int number)
{
	int nr = seccomp_syscall_resolve_name(name);

	if (nr == __NR_SCMP_ERROR) {
		fprintf(stderr, "deny: there is no system call %s\n", name);
		return -1;
	}
	return seccomp_rule_add(c, SCMP_ACT_ERRNO((uint32_t)number), nr, 0);
}

static int
deny_namespaces(scmp_filter_ctx c, int number)
{
	static const unsigned flags[] = {
		CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
		CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET,
	};
	size_t i;
	int rc = deny_call(c, "unshare", number);

	for (i = 0; rc == 0 && i < sizeof(flags) / sizeof(flags[0]); i++)
		rc = seccomp_rule_add(c, SCMP_ACT_ERRNO((uint32_t)number),
		    SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));
	return rc < 0 ? rc : deny_call(c, "clone3", ENOSYS);
}

static int
deny_filters(scmp_filter_ctx c, int number)
{
	int rc = deny_call(c, "seccomp", number);

	return rc < 0 ? rc : seccomp_rule_add(c,
	    SCMP_ACT_ERRNO((uint32_t)number), SCMP_SYS(prctl), 1,
	    SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0));
}

static int
deny_calls(scmp_filter_ctx c, const char *const *calls, int number)
{
	int rc = 0;

	for (; rc == 0 && *calls != NULL; calls++)
		rc = deny_call(c, *calls, number);
	return rc;
}

static const char *const deny_mounts[] = {
	"mount", "umount2", "pivot_root", "fsopen", "fsconfig", "fsmount",
	"fspick", "open_tree", "move_mount", "mount_setattr", NULL,
};

static const char *const deny_landlock[] = {
	"landlock_create_ruleset", "landlock_add_rule",
	"landlock_restrict_self", NULL,
};

/* ---- container engines ---- */

/* System calls that both refuse to a process without capabilities. */
static const char *const deny_privileged[] = {
	"acct", "bpf", "chroot", "clock_settime", "delete_module",
	"fanotify_init", "finit_module", "get_mempolicy", "init_module",
	"ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load",
	"lookup_dcookie", "mbind", "migrate_pages", "move_pages",
	"open_by_handle_at", "perf_event_open", "process_madvise", "quotactl",
	"set_mempolicy", "setdomainname", "sethostname", "settimeofday",
	"swapoff", "swapon", "sysfs", "uselib", "userfaultfd", "ustat",
	"vhangup", NULL,
};

/* System calls that neither knows, and all that are too new for it. */
static const char *const deny_unknown[] = {
	"add_key", "io_uring_enter", "io_uring_register", "io_uring_setup",
	"request_key", NULL,
};

static const char *const deny_docker_only[] = {
	"keyctl", "pidfd_getfd", "reboot", "setns", "syslog", NULL,
};

static const char *const deny_podman_only[] = {
	"membarrier", "process_vm_readv", "process_vm_writev", "ptrace",
	"vmsplice", NULL,
};

/* Linux's own personalities, with and without 32-bit addresses. */
static int
deny_personalities(scmp_filter_ctx c, int number)
{
	struct scmp_arg_cmp others = SCMP_A0(SCMP_CMP_MASKED_EQ,
	    ADDR_NO_RANDOMIZE, ADDR_NO_RANDOMIZE);

	return seccomp_rule_add(c, SCMP_ACT_ERRNO((uint32_t)number),
	    SCMP_SYS(personality), 1, others);
}

static int
deny_docker(scmp_filter_ctx c)
{
	int rc = deny_namespaces(c, EPERM);

	if (rc == 0)
		rc = deny_calls(c, deny_mounts, EPERM);
	if (rc == 0)
		rc = deny_calls(c, deny_privileged, EPERM);
	if (rc == 0)
		rc = deny_calls(c, deny_unknown, EPERM);
	if (rc == 0)
		rc = deny_calls(c, deny_docker_only, EPERM);
	if (rc == 0)
		rc = seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM),
		    SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_VSOCK, 0));
	return rc < 0 ? rc : deny_personalities(c, EPERM);
}

static int
deny_podman(scmp_filter_ctx c)
{
	int rc = deny_calls(c, deny_privileged, EPERM);

	if (rc == 0)
		rc = deny_calls(c, deny_podman_only, EPERM);
	if (rc == 0)
		rc = deny_calls(c, deny_unknown, ENOSYS);
	return rc < 0 ? rc : deny_personalities(c, ENOSYS);
}

static int
deny_as(scmp_filter_ctx c, const char *name)
{
	if (strcmp(name, "docker") == 0)
		return deny_docker(c);
	if (strcmp(name, "podman") == 0)
		return deny_podman(c);
	fprintf(stderr, "deny: there is no engine %s\n", name);
	return -1;
}

/* ---- */

static int
deny_errno(const char *s)
{
	static const struct {
		const char	*name;
		int		 number;
	} names[] = {
		{ "EACCES", EACCES }, { "EINVAL", EINVAL },
		{ "ENODEV", ENODEV }, { "ENOSPC", ENOSPC },
		{ "ENOSYS", ENOSYS }, { "EPERM", EPERM },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, s) == 0)
			return names[i].number;
	return (int)strtol(s, NULL, 10);
}

static int
deny_option(scmp_filter_ctx c, char *arg)
{
	char *equals = strchr(arg, '=');
	int number = EPERM;

	if (equals != NULL) {
		*equals = '\0';
		number = deny_errno(equals + 1);
	}
	if (number <= 0) {
		fprintf(stderr, "deny: %s: no such errno\n", equals + 1);
		return -1;
	}
	if (strcmp(arg, "namespaces") == 0)
		return deny_namespaces(c, number);
	if (strcmp(arg, "mounts") == 0)
		return deny_calls(c, deny_mounts, number);
	if (strcmp(arg, "landlock") == 0)
		return deny_calls(c, deny_landlock, number);
	if (strcmp(arg, "filters") == 0)
		return deny_filters(c, number);
	if (strcmp(arg, "listeners") == 0)
		return seccomp_rule_add(c, SCMP_ACT_ERRNO((uint32_t)number),
		    SCMP_SYS(seccomp), 1, SCMP_A1(SCMP_CMP_MASKED_EQ,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER));
	return deny_call(c, arg, number);
}

int
main(int argc, char **argv)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);
	int i, rc = 0;

	for (i = 1; rc == 0 && c != NULL && i + 1 < argc; i += 2)
		if (strcmp(argv[i], "--no") == 0)
			rc = deny_option(c, argv[i + 1]);
		else if (strcmp(argv[i], "--as") == 0)
			rc = deny_as(c, argv[i + 1]);
		else
			break;
	if (i >= argc || c == NULL) {
		fprintf(stderr, "usage: deny [--no CALL[=ERRNO]]... "
		    "[--as docker|podman] COMMAND [ARGUMENT...]\n");
		return 2;
	}
	if (rc == 0 && i == 1)
		rc = deny_namespaces(c, EPERM);
	if (rc == 0 && i == 1)
		rc = deny_calls(c, deny_mounts, EPERM);
	if (rc == 0 && i == 1)
		rc = deny_call(c, "setns", EPERM);
	if (rc < 0 || seccomp_load(c) < 0) {
		fprintf(stderr, "deny: cannot load the filter\n");
		return 2;
	}
	seccomp_release(c);
	execvp(argv[i], argv + i);
	perror(argv[i]);
	return 127;
}
