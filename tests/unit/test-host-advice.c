/* Advice on hosts made of a few files. */
#include "config.h"

#include <errno.h>

#include "sandbox/host-advice.h"
#include "tests/messages.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define WORKER "/usr/libexec/assent/assent-worker"

TEST(test_rows)
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
		{ "not built in", MSG_NAMESPACES_CLONE_IS_REFUSED, EINVAL,
		    "6.1", NULL, NULL, NULL },
		{ "docker", MSG_NAMESPACES_CLONE_IS_REFUSED, EPERM, "6.1",
		    ".dockerenv", "",
		    MSG_DOCKER_RUN_SECURITY_OPT_SECCOMP },
		{ "AppArmor", MSG_MOUNTS_CANNOT_MAKE_THEM_PRIVATE, EACCES,
		    "6.8.0-31-generic",
		    "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		    "1\n",
		    "'abi <abi/4.0>,' 'profile assent-worker \"" WORKER "\" "
		    "flags=(unconfined) {' userns, 'include if exists "
		    "<local/assent-worker>' '}' | sudo tee "
		    "/etc/apparmor.d/assent-worker" },
		{ "AppArmor, at the maps", MSG_USER_NAMESPACE_UID_MAP, EPERM,
		    "6.8.0-31-generic",
		    "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		    "1\n", "AppArmor restricts" },
		{ "AppArmor off", MSG_USER_NAMESPACE_UID_MAP, EPERM, "6.8",
		    "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		    "0\n", MSG_INSIDE_A_CONTAINER },
		{ "masked proc", "proc: cannot mount it", EPERM, "6.1",
		    NULL, NULL, MSG_HIDES_PARTS_OF_PROC },
		{ "group", "overlay: f belongs to another group", EOVERFLOW,
		    "6.1", NULL, NULL, "chgrp" },
		{ "no overlay", MSG_OVERLAY_CANNOT_MOUNT_IT, ENODEV, "6.1",
		    NULL, NULL, MSG_SUDO_MODPROBE_OVERLAY },
		{ "upper", MSG_OVERLAY_CANNOT_MOUNT_IT, EINVAL, "6.1",
		    ".dockerenv", "", MSG_VOLUME_OR_DEV_SHM },
		{ "old kernel", "root: cannot restrict /usr", ENOSYS,
		    "5.10.0-28-amd64", NULL, NULL,
		    "needs Linux 5.12 or newer, this is 5.10.0-28-amd64" },
		{ "neither", "root: cannot restrict /usr", ENOSYS, "6.1",
		    NULL, NULL, NULL },
		{ "forged", MSG_SELF_TEST_OVERLAY_MARKS_CAN, 0, "6.1", NULL,
		    NULL, MSG_NEWER_KERNELS_PREVENT },
		{ "noexec", "self-test: exec did not hold", 0, "6.1",
		    NULL, NULL, "XDG_STATE_HOME" },
		{ "self-test", "self-test: keyring did not hold", 0, "6.1",
		    NULL, NULL, NULL },
		{ "state", "state folder: cannot write in /x", EROFS, "6.1",
		    NULL, NULL, "XDG_STATE_HOME" },
		{ "noexec", "worker: cannot start " WORKER, EACCES, "6.1",
		    NULL, NULL, "noexec" },
		{ "another listener", MSG_SECCOMP_CANNOT_LOAD_THE_FILTER,
		    EBUSY, "6.1", NULL, NULL, "LXD" },
		{ "no landlock", MSG_LANDLOCK_THIS_KERNEL_HAS_NONE, 0, "6.1",
		    NULL, NULL, "CONFIG_SECURITY_LANDLOCK" },
		{ "Yama", "self-test: broker did not hold", 0, "6.1",
		    "proc/sys/kernel/yama/ptrace_scope", "2\n",
		    "sudo sysctl kernel.yama.ptrace_scope=1" },
		{ "Yama, for good", "self-test: broker did not hold", 0, "6.1",
		    "proc/sys/kernel/yama/ptrace_scope", "3\n",
		    "and reboot" },
		{ "no memory", MSG_MOUNTS_CANNOT_MAKE_THEM_PRIVATE, ENOMEM,
		    "6.1", NULL, NULL, NULL },
		{ "anything", "payload: fork", EAGAIN, "6.1", NULL, NULL, NULL },
	};
	size_t i;

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
