#include "config.h"

#include "term/term.h"

#include <sys/ioctl.h>
#include <sys/resource.h>

#include <seccomp.h>

#include "base/harden.h"
#include "base/mem.h"

#define CONFINE_MEMORY	((rlim_t)512 << 20)

/* All that it does from now on; nothing else is left to it, not even to look at a
 * file. */
static int
term_confine_calls(void)
{
	static const int calls[] = {
		SCMP_SYS(brk), SCMP_SYS(clock_gettime), SCMP_SYS(close),
		SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(futex),
		SCMP_SYS(madvise), SCMP_SYS(mmap), SCMP_SYS(mremap),
		SCMP_SYS(munmap), SCMP_SYS(poll), SCMP_SYS(ppoll),
		SCMP_SYS(read), SCMP_SYS(restart_syscall),
		SCMP_SYS(rt_sigreturn), SCMP_SYS(write),
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = filter == NULL ? -1 : 0;
	size_t i;

	for (i = 0; rc == 0 && i < MEM_COUNT(calls); i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl),
		    1, SCMP_A1_32(SCMP_CMP_EQ, TIOCSWINSZ, 0));
	if (rc == 0)
		rc = seccomp_load(filter);
	if (filter != NULL)
		seccomp_release(filter);
	return rc == 0 ? 0 : -1;
}

int
term_confine(void)
{
	struct rlimit memory = { CONFINE_MEMORY, CONFINE_MEMORY };

	harden_process(2);
#ifdef __SANITIZE_ADDRESS__
	/* Its own calls aren't ours to list. */
	(void)memory;
	(void)term_confine_calls;
	return 0;
#else
	(void)setrlimit(RLIMIT_AS, &memory);
	return harden_rights() < 0 ? -1 : term_confine_calls();
#endif
}
