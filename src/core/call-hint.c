#include "config.h"

#include "core/call-hint.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/hint.h"
#include "core/core.h"
#include "core/net/network.h"
#include "sandbox/sandbox-limits.h"

static struct hint_about
call_about(struct core *c, const struct sandbox_result *r,
    const struct buf *output)
{
	struct hint_about a = {
		.exit = r->exit,
		.sandboxed = sandbox_level_holds(c->level),
		.elsewhere = sandbox_levels[c->level].brokers,
		/* What was hidden from the call. */
		.masked = policy_secrets_found(c->policy),
		.output = buf_str(output), .n = output->len,
		.home = json_str(c->start, "home"), .root = c->root,
	};

	return a;
}

char *
call_limit_hit(struct core *c, const struct sandbox_result *r)
{
	struct hint_about a = call_about(c, r, &c->capture);
	int64_t most = sandbox_limits_host(RLIMIT_NPROC, c->limits.pids);

	if (!r->built || r->killed != NULL || r->exit == 0)
		return NULL;
	/* Nobody counts what the kernel refuses. */
	if (c->enforced.pids == ENFORCED_KERNEL && hint_is_crowded(&a))
		return xasprintf("its limit is %lld processes and threads, and "
		    "its output says that it got no more; %s", (long long)most,
		    most == c->limits.pids ? "--pids raises it" :
		    "that is the host's limit (ulimit -Hu)");
	return NULL;
}

const char *
call_not_shown(struct core *c, const struct sandbox_result *r,
    const struct buf *output)
{
	struct hint_about a = call_about(c, r, output);

	return hint_not_shown(&a);
}

char *
call_hints(struct core *c, const struct sandbox_result *r, bool joined,
    const char *met)
{
	struct hint_about a = call_about(c, r, &c->capture);
	struct buf b = BUF_INIT(0);

	a.joined = joined;
	a.refused = network_refused(c, &a.refused_len);
	/* A limit has its own message. */
	if (met != NULL)
		buf_addf(&b, "(%s)\n", met);
	else if (r->killed == NULL)
		hint_add(&b, &a);
	return buf_take(&b);
}
