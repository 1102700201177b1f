#include "config.h"

#include "core/turn/text-calls.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/call/call-tools.h"
#include "core/context/context.h"
#include "core/context/recall.h"
#include "core/core.h"
#include "core/session/emit.h"
#include "core/turn/model.h"
#include "provider/provider.h"
#include "provider/text-tools.h"

#define TEXT_CALLS_REPAIRS 2

void
text_calls_start(struct core *c)
{
	char word[TEXT_TOOLS_WORD];

	if (json_str(c->start, "call_word") == NULL) {
		text_tools_word(word);
		json_add_str(c->start, "call_word", word);
	}
	if (c->context != NULL)
		context_set_word(recall_context(c), json_str(c->start, "call_word"));
}

bool
text_calls_are_on(const struct core *c)
{
	return dialect_calls_in_text(&c->target.dialect) &&
	    json_str(c->start, "call_word") != NULL;
}

char *
text_calls_prompt(struct core *c, char *system_take)
{
	struct buf b = BUF_INIT(0);
	AUTO_FREE struct tool_schema *tools = NULL;
	size_t n;

	buf_adds(&b, system_take);
	free(system_take);
	tools = call_tools(c, &n);
	text_tools_prompt(&b, json_str(c->start, "call_word"), tools, n);
	return buf_take(&b);
}

char *
text_calls_read(struct core *c, struct reply *r)
{
	char *wrong;

	if (text_tools_reply(r, json_str(c->start, "call_word"), &wrong))
		c->text_faults = 0;
	else
		c->text_faults++;
	return wrong;
}

bool
text_calls_end(struct core *c, const char *wrong)
{
	if (wrong == NULL || c->text_faults <= TEXT_CALLS_REPAIRS)
		return false;
	emit_error(c, provider_error_name(PROVIDER_MALFORMED_CALL), "%s wrote "
	    "a tool call that cannot be read %d times in a row, and was told "
	    "each time what is wrong; the last time: %s. Go on to let it try "
	    "again, or choose another model with /model or --model.",
	    c->target.model, c->text_faults, wrong);
	c->text_faults = 0;
	phase_stop(c, STOP_PROVIDER);
	return true;
}

/* Does the server reject the tools? */
static bool
text_calls_refused(const struct provider_error *pe)
{
	static const char *const why[] = { "not support", "n't support",
		"unsupported", "not enabled", "requires --", "support tool",
		"not permitted" };
	size_t i;

	if (pe->status < 400 || pe->status == 401 || pe->status == 403 ||
	    pe->status == 429 || (strcasestr(pe->message, "tool") == NULL &&
	    strcasestr(pe->message, "function call") == NULL))
		return false;
	for (i = 0; i < MEM_COUNT(why); i++)
		if (strcasestr(pe->message, why[i]) != NULL)
			return true;
	return false;
}

/* The configured dialect, and whether calls are sent as text. */
static cJSON *
text_calls_dialect(const struct core *c)
{
	const cJSON *had = json_get(json_get(c->start, "model"), "dialect");
	cJSON *o = cJSON_IsObject(had) ? cJSON_Duplicate(had, 1) :
	    cJSON_CreateObject();

	if (cJSON_IsString(had))
		json_add_str(o, "like", had->valuestring);
	json_add_str(o, "tools", "text");
	return o;
}

bool
text_calls_instead(struct core *c, const struct provider_error *pe)
{
	cJSON *o, *m;

	if (text_calls_are_on(c) || !text_calls_refused(pe))
		return false;
	emit_note(c, "%s doesn't support tools (%s): they are described in text, "
	    "and calls are read from its answers", c->target.model,
	    pe->message);
	m = cJSON_Duplicate(json_get(c->start, "model"), 1);
	json_set_take(m, "dialect", text_calls_dialect(c));
	json_set_take(c->start, "model", cJSON_Duplicate(m, 1));
	c->target.dialect.tools = "text";
	o = cJSON_CreateObject();
	json_set_take(o, "model", m);
	model_add_role(c, o);
	emit_event(c, "model", "core", o);
	context_set_model(recall_context(c), c->target.format, c->target.model,
	    &c->target.dialect);
	return true;
}
