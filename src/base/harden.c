#include "config.h"

#include "base/harden.h"

#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A limit of one byte is less than any core file; with 0 the kernel would still
 * start the handler of core_pattern, on the host, also for what runs in the
 * sandbox. */
void
harden_dumps(void)
{
#ifndef ASSENT_CORE_DUMPS
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 1, 1 });
#endif
}

void
harden_process(unsigned first)
{
	(void)syscall(SYS_close_range, first, ~0u, 0);
	(void)clearenv();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)!chdir("/");
	(void)setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 0, 0 });
	harden_dumps();
}

int
harden_rights(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	(void)syscall(SYS_capset, &head, none);
	return 0;
}
