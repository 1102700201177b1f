#include "config.h"

#include "core/hook-session.h"

#include "base/json.h"
#include "base/mem.h"
#include "core/run.h"
#include "core/core.h"
#include "core/hook-int.h"
#include "core/project/inspect.h"
#include "core/evidence.h"
#include "core/driver.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"

/* The session is for trying one hook, on this sample of its event. */
static void
hook_session_sample(struct core *c, const cJSON *sample)
{
	size_t i;

	for (i = 0; i < hook_events_len; i++)
		if (json_is(sample, "event", hook_events[i].name))
			hook_queue(c, (enum hook_event)i, cJSON_Duplicate(
			    json_get(sample, "input"), 1), cJSON_Duplicate(
			    json_get(sample, "names"), 1), NULL);
}

void
hook_session_start(struct core *c, bool resumed)
{
	const cJSON *sample = json_get(c->start, "hook_test");
	cJSON *o;

	if (sample != NULL) {
		hook_session_sample(c, sample);
		return;
	}
	o = cJSON_CreateObject();
	json_add_str(o, "mode", json_str(c->start, "mode"));
	json_add_str(o, "task", json_str(c->start, "task"));
	json_add_bool(o, "resumed", resumed);
	hook_queue(c, HOOK_SESSION_START, o, NULL, NULL);
	driver_soon(c);
}

void
hook_session_plan(struct core *c, const cJSON *line)
{
	static const char *const same[] = { "version", "goal", "steps",
		"files", "check", "risks" };
	AUTO_FREE char *version = xasprintf("%lld", (long long)json_int(line,
	    "version", 0));
	cJSON *o = cJSON_CreateObject();

	JSON_COPY(cJSON_AddObjectToObject(o, "plan"), line, same);
	hook_queue(c, HOOK_PLAN, o, NULL, version);
}

bool
hook_session_is_over(const struct core *c)
{
	return c->hooks->over != NULL;
}

static void
hook_session_ended(struct core *c, const struct hook_verdict *v)
{
	(void)v;
	c->hooks->over(c);
}

bool
hook_session_end(struct core *c, void (*over)(struct core *))
{
	cJSON *o;

	if (c->hooks->over != NULL && !hook_is_running(c))
		return false;
	if (c->hooks->over != NULL || hook_is_running(c)) {
		hook_stop(c, "the session was ended");
		if (c->hooks->over != NULL)
			return true;
	}
	if (!hook_wants(c, HOOK_SESSION_END, NULL))
		return false;
	inspect_stop(c);
	evidence_cancel(c);
	/* A request or a command that still ends: nobody waits for it. */
	if (c->phase != PHASE_IDLE || run_is_on(c))
		return false;
	c->hooks->over = over;
	o = cJSON_CreateObject();
	json_add_str(o, "outcome", c->fold->outcome);
	json_add_int(o, "exit", c->exit_code);
	json_add_int(o, "open", fold_undecided(c->fold->proposal));
	hook_begin(c, HOOK_SESSION_END, o, NULL, NULL, hook_session_ended);
	return true;
}
