/* The line that says how well a session is caged; each limit with what keeps
 * it, and never better than it is. */
#include "config.h"

#include "cage/cage.h"

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
cage_line(enum cage_rung rung, const struct cage_limits *l,
    const struct cage_kinds *k, bool landlock)
{
	static const char *const walls[] = {
		[CAGE_A] = "cage A · net none",
		[CAGE_B] = "cage B · project copied · net none",
		[CAGE_D] = "cage D · this container · net as its own",
		[CAGE_NONE] = "no cage · project copied · net open",
	};
	struct buf b = BUF_INIT(1024);

	buf_adds(&b, walls[rung]);
	buf_adds(&b, " · mem ");
	line_memory(&b, l->memory_bytes);
	buf_addf(&b, " %s", cage_held_name(k->memory));
	if (l->cpu == 0)
		buf_adds(&b, " · cpu off");
	else
		buf_addf(&b, " · cpu %d%% %s", l->cpu,
		    cage_held_name(k->cpu));
	buf_addf(&b, " · pids %d %s", l->pids, cage_held_name(k->pids));
	/* There it is the one wall that keeps writes in the copy. */
	if ((rung == CAGE_D || rung == CAGE_NONE) && !landlock)
		buf_adds(&b, " · landlock off");
	return buf_take(&b);
}
