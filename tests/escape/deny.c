/*
 * deny: runs its arguments under a filter that makes this host look like a
 * plain container: no new namespaces, no mounts.  clone3 is not there at all,
 * which is how such filters make programs take clone.
 */
#include "config.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <unistd.h>

#include <seccomp.h>

int
main(int argc, char **argv)
{
	static const unsigned flags[] = {
		CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
		CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET,
	};
	static const int calls[] = {
		SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(mount),
		SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(fsopen),
		SCMP_SYS(fsmount), SCMP_SYS(open_tree), SCMP_SYS(move_mount),
		SCMP_SYS(mount_setattr),
	};
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);
	size_t i;
	int rc;

	if (argc < 2 || c == NULL) {
		fprintf(stderr, "usage: deny COMMAND [ARGUMENT...]\n");
		return 2;
	}
	rc = seccomp_rule_add(c, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	for (i = 0; rc == 0 && i < sizeof(calls) / sizeof(calls[0]); i++)
		rc = seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
	for (i = 0; rc == 0 && i < sizeof(flags) / sizeof(flags[0]); i++)
		rc = seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM),
		    SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));
	if (rc < 0 || seccomp_load(c) < 0) {
		fprintf(stderr, "deny: cannot load the filter\n");
		return 2;
	}
	seccomp_release(c);
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
