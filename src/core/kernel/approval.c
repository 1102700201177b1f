/* The approval mode: `set` with `approve`, and after a resume. */
#include "config.h"

#include "core/kernel/core.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/fold.h"
#include "policy/approve.h"

/* Use this approval mode from now on. */
static void
approval_set(struct core *c, const struct approve *mode, const char *by,
    const char *client)
{
	AUTO_FREE char *from = client == NULL ? NULL :
	    xasprintf("set by %s", client);
	AUTO(grants_release) struct grants grants = { 0 };
	cJSON *origins;

	c->approve = mode;
	/* The record of auto-approval includes where the mode comes from. */
	json_add_str(c->start, "approve", mode->name);
	origins = cJSON_GetObjectItemCaseSensitive(c->start, "origins");
	if (origins == NULL) {
		origins = cJSON_CreateObject();
		json_set_take(c->start, "origins", origins);
	}
	json_add_str(origins, "approve", from == NULL ? "default" : from);
	grants = grant_list(c->start);
	EMIT(c, by, mode, .approve = mode->name, .grants = grants.v,
	    .grants_len = grants.len, .client = client);
}

/* Restore the last approval mode; a mode for one run only is over. */
static void
approval_resumed(struct core *c)
{
	const struct approve *mode = approve_within(c->start,
	    c->fold->approve);

	/* The same run goes on, with the same flags. */
	if (json_str(c->start, "session") == NULL ||
	    json_bool(c->start, "go_on", false))
		return;
	if (mode == NULL || mode->at_end)
		approval_set(c, approve_find("ask"), "core", NULL);
	else
		c->approve = mode;
}

/* Client command. */
static int
approval_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *word = json_str_or(command, "approve", "");
	const struct approve *mode = approve_find(word);

	if (mode == NULL)
		return err_set(e, "unknown mode \"%s\"", word);
	if ((mode->where & APPROVE_SCREEN) == 0)
		return err_set(e, "\"%s\" is for unattended runs only", word);
	if (approve_within(c->start, word) != mode)
		return err_set(e, "the machine's configuration allows no more "
		    "than \"%s\"", approve_within(c->start, word)->name);
	approval_set(c, mode, "user", client);
	core_soon(c);
	return 0;
}

static const struct core_command approval_commands[] = {
	{ "set", IN_ANY, 0, 0, NOBODY, .has = "approve", .act = approval_command },
	{ 0 }
};

const struct core_part approval_part = {
	.begun = approval_resumed, .commands = approval_commands,
};
