#include "config.h"

#include "core/stage/beside.h"


#include "base/json.h"
#include "core/kernel/core.h"
#include "core/net/network.h"
#include "core/stage/program.h"
#include "core/stage/stages.h"
#include "sandbox/sandbox.h"

#define BESIDE_OUTPUT	((size_t)64 << 10)	/* the last bytes are kept */

void
beside_init(struct beside *b, struct core *c)
{
	b->core = c;
	buf_init(&b->out, 0);
}

bool
beside_may(const struct core *c)
{
	return task_runs(c) &&
	    (c->mode == MODE_INTERACTIVE || c->mode == MODE_EXEC) &&
	    c->plan.mode != PLAN_LOOK && c->review.staged > 0 &&
	    c->ending == ENDING_NOT;
}

static void
beside_close(struct beside *b)
{
	network_end(b->network);
	network_server_free(b->core, b->network);
	b->network = NULL;
	stages_drop(b->core, &b->stage, b->name);
}

void
beside_stop(struct beside *b)
{
	sandbox_call_cancel(&b->call);
	beside_close(b);
	buf_release(&b->out);
}

void
beside_sweep(struct beside *b)
{
	(void)stages_remove(b->core, b->name, NULL);
}

static void
beside_output(void *arg, const char *p, size_t n)
{
	struct beside *b = arg;

	buf_add(&b->out, p, n);
	if (b->out.len > 2 * BESIDE_OUTPUT)
		buf_consume(&b->out, b->out.len - BESIDE_OUTPUT);
}

static void
beside_net(void *arg, unsigned which, int fd_take)
{
	struct beside *b = arg;

	network_server_begin(b->network, which, fd_take);
}

static void
beside_done(void *arg, const struct sandbox_result *r)
{
	struct beside *b = arg;

	b->call = NULL;
	if (b->over != NULL)
		b->over(b->core);
	beside_close(b);
	b->ended(b->core, r);
	buf_release(&b->out);
}

int
beside_open(struct beside *b, struct err *e)
{
	b->stage = stages_scratch(b->core, b->name, e);
	return b->stage == NULL ? -1 : 0;
}

int
beside_start(struct beside *b, const char *command, struct err *e)
{
	static const struct sandbox_callbacks callbacks = {
		.output = beside_output, .done = beside_done, .net = beside_net,
	};
	AUTO_JSON cJSON *args = cJSON_CreateObject();
	struct program_plan plan = { .stage = b->stage, .spec.tool = "bash",
		.spec.args = args, .spec.limits.timeout_ms = b->most_ms };

	json_add_str(args, "command", command);
	if (program_plan_beside(b->core, &plan, e) < 0)
		return -1;
	if (b->net) {
		b->network = network_background_new(b->core, b->name, command);
		network_spec(b->network, &plan.spec);
	}
	plan.spec.low = true;
	b->call = sandbox_call_start(b->core->loop, &plan.spec, NULL,
	    &callbacks, b);
	return 0;
}
