#include "config.h"

#include "core/set.h"

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/project/project-context.h"
#include "core/evidence-known.h"
#include "core/evidence.h"
#include "core/plan.h"
#include "core/propose-open.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/effort.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "policy/approve.h"
#include "policy/grant.h"

void
set_mode(struct core *c, const struct approve *mode, const char *by,
    const char *client)
{
	cJSON *o = cJSON_CreateObject(), *origins;
	AUTO_FREE char *from = NULL;

	c->approve = mode;
	/* The record of auto-approval includes where the mode comes from. */
	json_add_str(c->start, "approve", mode->name);
	origins = cJSON_GetObjectItemCaseSensitive(c->start, "origins");
	if (origins == NULL) {
		origins = cJSON_CreateObject();
		json_set_take(c->start, "origins", origins);
	}
	from = client == NULL ? NULL : xasprintf("set by %s", client);
	json_add_str(origins, "approve", from == NULL ? "default" : from);
	json_add_str(o, "approve", mode->name);
	json_set_take(o, "grants", grant_list(c->start));
	json_add_str(o, "client", client);
	emit_event(c, EVENT_MODE, by, o);
}

/* Use this command as the success check; `by` as in the start object. */
static void
set_check(struct core *c, const char *command, const char *by)
{
	AUTO_FREE char *old = c->check.command;

	c->check.command = xstrdup(command);
	xstrset(&c->check.by, by);
}

/* Alone, the command shows the success check, or the one that could be set. */
static int
set_check_show(struct core *c, struct err *e)
{
	const char *found;

	if (c->check.command != NULL)
		return err_set(e, "success check: %s (%s); /check COMMAND sets "
		    "another", c->check.command,
		    fold_check_source(c->check.by));
	if (c->project.context == NULL)
		project_context_take(c);
	found = json_str(json_get(c->project.context, "check"), "command");
	if (found == NULL)
		return err_set(e, "no success check is set: set one with "
		    "/check COMMAND");
	return err_set(e, "no success check is set; /check %s sets the project's",
	    found);
}

/* The user sets the success check, which overrides a plan's. */
static int
set_check_named(struct core *c, const char *command, const char *client,
    struct err *e)
{
	cJSON *o;

	if (command[0] == '\0')
		return set_check_show(c, e);
	if (c->phase == PHASE_CHECK)
		evidence_cancel(c);
	o = cJSON_CreateObject();
	json_add_str(o, "command", command);
	json_add_str(o, "check_by", "person");
	json_add_str(o, "client", client);
	set_check(c, command, "person");
	emit_event(c, EVENT_CHECK, "user", o);
	evidence_stale(c);
	c->check.due = propose_is_open(c);
	driver_soon(c);
	return 0;
}

int
set_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *word = json_str_or(command, "approve", "");
	const struct approve *mode = approve_find(word);

	if (json_str(command, "check") != NULL)
		return set_check_named(c, json_str(command, "check"),
		    client, e);
	if (json_str(command, "effort") != NULL)
		return effort_say(c, json_str(command, "effort"), client, e);
	if (json_str(command, "plan") != NULL)
		return plan_set(c, json_str(command, "plan"), client, e);
	if (mode == NULL)
		return err_set(e, "unknown mode \"%s\"", word);
	if ((mode->where & APPROVE_SCREEN) == 0)
		return err_set(e, "\"%s\" is for unattended runs only", word);
	set_mode(c, mode, "user", client);
	driver_soon(c);
	return 0;
}
