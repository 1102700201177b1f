/*
 * deny: runs its arguments under a filter that makes this host look like
 * another.  Without options like a plain container: no new namespaces, no
 * mounts, and no clone3 at all, which is how such filters make programs take
 * clone.  With options only those calls are refused:
 *   --no CALL[=ERRNO]   a system call, "namespaces" for clone's flags and
 *                       unshare, or "filters" for seccomp; the errno is a name
 *                       or a number, else EPERM
 */
#include "config.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
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
deny_container(scmp_filter_ctx c)
{
	static const char *const calls[] = {
		"setns", "mount", "umount2", "pivot_root", "fsopen", "fsmount",
		"open_tree", "move_mount", "mount_setattr",
	};
	int rc = deny_namespaces(c, EPERM);
	size_t i;

	for (i = 0; rc == 0 && i < sizeof(calls) / sizeof(calls[0]); i++)
		rc = deny_call(c, calls[i], EPERM);
	return rc;
}

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
	if (strcmp(arg, "filters") == 0)
		return deny_filters(c, number);
	return deny_call(c, arg, number);
}

int
main(int argc, char **argv)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);
	int i, rc = 0;

	for (i = 1; rc == 0 && c != NULL && i + 1 < argc &&
	    strcmp(argv[i], "--no") == 0; i += 2)
		rc = deny_option(c, argv[i + 1]);
	if (i >= argc || c == NULL) {
		fprintf(stderr, "usage: deny [--no CALL[=ERRNO]]... COMMAND "
		    "[ARGUMENT...]\n");
		return 2;
	}
	if (rc == 0 && i == 1)
		rc = deny_container(c);
	if (rc < 0 || seccomp_load(c) < 0) {
		fprintf(stderr, "deny: cannot load the filter\n");
		return 2;
	}
	seccomp_release(c);
	execvp(argv[i], argv + i);
	perror(argv[i]);
	return 127;
}
