/* What helps, on hosts made of a few files. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "sandbox/host-advice.h"
#include "tests/unit/scratch.h"
#include "tests/messages.h"

#define WORKER "/usr/libexec/assent/assent-worker"

static void
test_rows(void **state)
{
	static const struct {
		const char	*label, *step;
		int		 sys;
		const char	*release;
		const char	*file, *text;	/* of the host */
		const char	*says;		/* NULL: nothing helps */
	} cases[] = {
		{ "Debian's switch", MSG_NAMESPACES_CLONE_IS_REFUSED, EPERM,
		    "6.1.0-13-amd64",
		    "proc/sys/kernel/unprivileged_userns_clone", "0\n",
		    MSG_SUDO_SYSCTL_KERNEL_UNPRIVILEGED },
		{ "Debian's switch is on", MSG_NAMESPACES_CLONE_IS_REFUSED,
		    EPERM, "6.1.0-13-amd64",
		    "proc/sys/kernel/unprivileged_userns_clone", "1\n",
		    MSG_INSIDE_A_CONTAINER },
		{ "no user namespaces", MSG_NAMESPACES_CLONE_IS_REFUSED, ENOSPC,
		    "6.1", "proc/sys/user/max_user_namespaces", "0\n",
		    "sudo sysctl user.max_user_namespaces=10000" },
		{ "not built in", MSG_NAMESPACES_CLONE_IS_REFUSED, EINVAL,
		    "6.1", NULL, NULL, NULL },
		{ "docker", MSG_NAMESPACES_CLONE_IS_REFUSED, EPERM, "6.1",
		    ".dockerenv", "",
		    MSG_DOCKER_RUN_SECURITY_OPT_SECCOMP },
		{ "podman", MSG_MOUNTS_CANNOT_MAKE_THEM_PRIVATE, EPERM, "6.1",
		    "run/.containerenv", "",
		    MSG_PODMAN_RUN_SECURITY_OPT_SECCOMP },
		{ "AppArmor", MSG_MOUNTS_CANNOT_MAKE_THEM_PRIVATE, EACCES,
		    "6.8.0-31-generic",
		    "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		    "1\n",
		    "'abi <abi/4.0>,' 'profile assent-worker \"" WORKER "\" "
		    "flags=(unconfined) {' userns, '}' | sudo tee "
		    "/etc/apparmor.d/assent-worker" },
		{ "AppArmor, at the maps", MSG_USER_NAMESPACE_UID_MAP, EPERM,
		    "6.8.0-31-generic",
		    "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		    "1\n", "AppArmor restricts" },
		{ "AppArmor, but not it", MSG_OVERLAY_CANNOT_MOUNT_IT, EINVAL,
		    "6.8.0-31-generic",
		    "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		    "1\n", "XDG_STATE_HOME" },
		{ "AppArmor off", MSG_USER_NAMESPACE_UID_MAP, EPERM, "6.8",
		    "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		    "0\n", MSG_INSIDE_A_CONTAINER },
		{ "masked proc", "proc: cannot mount it", EPERM, "6.1",
		    NULL, NULL, MSG_HIDES_PARTS_OF_PROC },
		{ "mount below", "overlay: /x is mounted below the project",
		    EINVAL, "6.1", NULL, NULL, "unmount it" },
		{ "group", "overlay: f belongs to another group", EOVERFLOW,
		    "6.1", NULL, NULL, "chgrp" },
		{ "no overlay", MSG_OVERLAY_CANNOT_MOUNT_IT, ENODEV, "6.1",
		    NULL, NULL, MSG_SUDO_MODPROBE_OVERLAY },
		{ "overlay, old kernel", MSG_OVERLAY_CANNOT_MOUNT_IT, EPERM,
		    "5.4.0", NULL, NULL, "Linux 5.12" },
		{ "upper", MSG_OVERLAY_CANNOT_MOUNT_IT, EINVAL, "6.1",
		    ".dockerenv", "", MSG_VOLUME_OR_DEV_SHM },
		{ "old kernel", "root: cannot restrict /usr", ENOSYS,
		    "5.10.0-28-amd64", NULL, NULL,
		    "needs Linux 5.12 or newer, this is 5.10.0-28-amd64" },
		{ "old filter", "root: cannot restrict /usr", ENOSYS, "6.1",
		    "proc/self/status", "Name:\tx\nSeccomp:\t2\n",
		    MSG_NEWER_CONTAINER_ENGINE },
		{ "neither", "root: cannot restrict /usr", ENOSYS, "6.1",
		    NULL, NULL, NULL },
		{ "forged", MSG_SELF_TEST_OVERLAY_MARKS_CAN, 0, "6.1", NULL,
		    NULL, MSG_NEWER_KERNELS_PREVENT },
		{ "self-test", "self-test: home did not hold", 0, "6.1",
		    NULL, NULL, MSG_COMMANDS_WOULD_SEE_THE_STATE },
		{ "noexec", "self-test: exec did not hold", 0, "6.1",
		    NULL, NULL, "XDG_STATE_HOME" },
		{ "self-test", "self-test: keyring did not hold", 0, "6.1",
		    NULL, NULL, NULL },
		{ "owner", "owner: cannot become uid 7", EPERM, "6.1", NULL,
		    NULL, "CAP_SETUID" },
		{ "state", "state folder: cannot write in /x", EROFS, "6.1",
		    NULL, NULL, "XDG_STATE_HOME" },
		{ "noexec", "worker: cannot start " WORKER, EACCES, "6.1",
		    NULL, NULL, "noexec" },
		{ "filter", MSG_SECCOMP_CANNOT_LOAD_THE_FILTER, EINVAL, "6.1",
		    NULL, NULL, "CONFIG_SECCOMP_FILTER" },
		{ "another listener", MSG_SECCOMP_CANNOT_LOAD_THE_FILTER,
		    EBUSY, "6.1", NULL, NULL, "LXD" },
		{ "no landlock", MSG_LANDLOCK_THIS_KERNEL_HAS_NONE, 0, "6.1",
		    NULL, NULL, "CONFIG_SECURITY_LANDLOCK" },
		{ "landlock, old kernel", MSG_LANDLOCK_THIS_KERNEL_HAS_NONE, 0,
		    "5.12.3", NULL, NULL,
		    "level C needs Linux 5.13 or newer, this is 5.12.3" },
		{ "Yama", "self-test: broker did not hold", 0, "6.1",
		    "proc/sys/kernel/yama/ptrace_scope", "2\n",
		    "sudo sysctl kernel.yama.ptrace_scope=1" },
		{ "Yama, for good", "self-test: broker did not hold", 0, "6.1",
		    "proc/sys/kernel/yama/ptrace_scope", "3\n",
		    "and reboot" },
		{ "Yama, as usual", "self-test: broker did not hold", 0, "6.1",
		    "proc/sys/kernel/yama/ptrace_scope", "1\n",
		    "user notification" },
		{ "no memory", MSG_MOUNTS_CANNOT_MAKE_THEM_PRIVATE, ENOMEM,
		    "6.1", NULL, NULL, NULL },
		{ "anything", "payload: fork", EAGAIN, "6.1", NULL, NULL, NULL },
	};
	size_t i;

	(void)state;
	(void)unsetenv("KUBERNETES_SERVICE_HOST");
	for (i = 0; i < MEM_COUNT(cases); i++) {
		char *top = scratch_new(), *got;
		const struct host_advice_ask ask = {
			.step = cases[i].step, .sys = cases[i].sys,
			.worker = WORKER, .top = top,
			.release = cases[i].release,
		};

		if (cases[i].file != NULL)
			scratch_put(top, cases[i].file, cases[i].text);
		got = host_advice_for(&ask);
		if (cases[i].says == NULL ? got != NULL : got == NULL ||
		    strstr(got, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].label,
			    got == NULL ? "nothing" : got);
		free(got);
		scratch_free(top);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
