/* The line that says how well a session is sandboxed; it names each limit that
 * the kernel doesn't enforce. */
#include "config.h"

#include "sandbox/sandbox.h"

#include "base/buf.h"

/* How a limit is enforced, unless by the kernel. */
static void
line_enforced(struct buf *b, enum limit_enforced how)
{
	if (how != ENFORCED_KERNEL)
		buf_adds(b, how == ENFORCED_OFF ? " (not enforced)" :
		    " (sampled)");
}

char *
sandbox_line(enum sandbox_level level, const struct sandbox_limits *l,
    const struct limit_enforcement *k, bool landlock)
{
	struct buf b = BUF_INIT(1024);

	buf_addf(&b, "%s · ", sandbox_levels[level].line);
	sandbox_limits_memory(&b, l);
	line_enforced(&b, k->memory);
	if (l->cpu == 0)
		buf_adds(&b, " · no CPU limit");
	else {
		buf_addf(&b, " · %lld%% CPU", (long long)l->cpu);
		line_enforced(&b, k->cpu);
	}
	buf_addf(&b, " · %lld processes", (long long)l->pids);
	line_enforced(&b, k->pids);
	/* At these levels only Landlock confines writes to the copy. */
	if (!sandbox_level_holds(level) && !landlock)
		buf_adds(&b, " · no Landlock");
	return buf_take(&b);
}
