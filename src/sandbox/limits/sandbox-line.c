/* The line that says how well a session is sandboxed; each limit with what
 * keeps
 * it, and never better than it is. */
#include "config.h"

#include "sandbox/sandbox.h"

#include "base/buf.h"

static void
line_memory(struct buf *b, int64_t bytes)
{
	if (bytes >= (int64_t)10 << 30)
		buf_addf(b, "%lldG", (long long)(bytes >> 30));
	else
		buf_addf(b, "%lldM", (long long)(bytes >> 20));
}

char *
sandbox_line(enum sandbox_level level, const struct sandbox_limits *l,
    const struct sandbox_kinds *k, bool landlock)
{
	static const char *const walls[] = {
		[SANDBOX_A] = "sandbox A · net none",
		[SANDBOX_B] = "sandbox B · project copied · net none",
		[SANDBOX_D] = "sandbox D · this container · net as its own",
		[SANDBOX_NONE] = "no sandbox · project copied · net open",
	};
	struct buf b = BUF_INIT(1024);

	buf_adds(&b, walls[level]);
	buf_adds(&b, " · mem ");
	line_memory(&b, l->memory_bytes);
	buf_addf(&b, " %s", sandbox_held_name(k->memory));
	if (l->cpu == 0)
		buf_adds(&b, " · cpu off");
	else
		buf_addf(&b, " · cpu %lld%% %s", (long long)l->cpu,
		    sandbox_held_name(k->cpu));
	buf_addf(&b, " · pids %lld %s", (long long)l->pids,
	    sandbox_held_name(k->pids));
	/* There it is the one wall that keeps writes in the copy. */
	if ((level == SANDBOX_D || level == SANDBOX_NONE) && !landlock)
		buf_adds(&b, " · landlock off");
	return buf_take(&b);
}
