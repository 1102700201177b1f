#include "config.h"

#include "provider/provider-call.h"

#include "provider/format.h"

struct provider_call *
provider_call_start(struct loop *loop, const struct call_target *target,
    char *body, const struct call_callbacks *cb, void *arg)
{
	if (target->replay_dir != NULL || target->format == &replay_format)
		return replay_start(loop, target, body, cb, arg);
	return http_start(loop, target, body, cb, arg);
}

void
provider_call_cancel(struct provider_call *c)
{
	if (c != NULL)
		c->cancel(c);
}
