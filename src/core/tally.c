#include "config.h"

#include "core/tally.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

struct tally {
	int	 answers;
	cJSON	*through;	/* rule -> files */
	bool	 ended;		/* agent_end was the last of the task */
};

struct tally *
tally_new(void)
{
	struct tally *t = xcalloc(1, sizeof(*t));

	t->through = cJSON_CreateObject();
	return t;
}

void
tally_free(struct tally *t)
{
	if (t == NULL)
		return;
	cJSON_Delete(t->through);
	free(t);
}

static bool
tally_is_answer(const cJSON *ev, const char *type)
{
	const char *status = json_str_or(ev, "status", "");

	if (strcmp(json_str_or(ev, "by", ""), "user") != 0)
		return false;
	if (strcmp(type, "plan") == 0)
		return strcmp(status, "approved") == 0 ||
		    strcmp(status, "returned") == 0;
	if (strcmp(type, "budget") == 0)
		return json_str(ev, "action") != NULL;
	return strcmp(type, "decision") == 0 || strcmp(type, "answer") == 0;
}

void
tally_event(struct tally *t, const cJSON *ev)
{
	const char *type = json_str_or(ev, "type", "");
	const cJSON *op;

	if (strcmp(type, "user_message") == 0 && t->ended &&
	    strcmp(json_str_or(ev, "by", ""), "user") == 0) {
		cJSON_Delete(t->through);
		t->through = cJSON_CreateObject();
		t->answers = 0;
		t->ended = false;
	} else if (strcmp(type, "agent_end") == 0)
		t->ended = true;
	else if (strcmp(type, "applied") == 0)
		cJSON_ArrayForEach(op, json_array(ev, "ops")) {
			const char *rule = json_str(op, "rule");

			if (rule != NULL && json_bool(op, "ok", false))
				json_add_int(t->through, rule,
				    json_int(t->through, rule, 0) + 1);
		}
	if (tally_is_answer(ev, type) && t->answers < INT_MAX - 1)
		t->answers++;
}

int
tally_prompts(const struct tally *t, bool waits)
{
	return t->answers + waits;
}

cJSON *
tally_let_through(const struct tally *t)
{
	return cJSON_Duplicate(t->through, 1);
}
