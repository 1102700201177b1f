/*
 * A server may answer with what it wants to know first. It's the same request
 * that it gets again then, as often as ROUND_MAX, and it isn't told apart from
 * one without questions: who waits for the answer gets the last one.
 *
 * Source: the Model Context Protocol, 2026-07-28, "Multi Round-Trip Requests".
 */
#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/mcp/mcp-int.h"

#define ROUND_MAX	10	/* of one request */
#define ROUND_ASKED	10	/* in one of those */

void
mcp_round_begin(struct mcp_server *s, const char *method, const cJSON *params,
    int64_t timeout_ms)
{
	static const char *const methods[] = { "prompts/get", "resources/read",
		"tools/call" };

	json_drop(&s->round.params);
	s->round.method = method;
	s->round.timeout_ms = timeout_ms;
	s->round.count = 0;
	if (!s->legacy && MEM_FIND(methods, method) != NULL)
		s->round.params = cJSON_Duplicate(params, 1);
}

static void
round_refuse(struct mcp_server *s, const char *what, const char *which)
{
	AUTO_FREE char *why = s->starting ? xasprintf("%s%.40s", what, which) :
	    xasprintf("the MCP server %s %s%.40s", s->name, what, which);

	mcp_server_next(s, NULL, why);
}

/* What one of its questions gets; NULL: it can't be answered. */
static cJSON *
round_answer(const struct mcp_server *s, const cJSON *asked)
{
	cJSON *o;

	if (json_is(asked, "method", "roots/list") && s->http == NULL)
		return mcp_server_roots(s);
	if (!json_is(asked, "method", "elicitation/create"))
		return NULL;
	o = cJSON_CreateObject();
	json_add_str(o, "action", "decline");
	return o;
}

static void
round_ask(struct mcp_server *s, const cJSON *result)
{
	const cJSON *asked = json_get(result, "inputRequests"), *it;
	const char *state = json_str(result, "requestState");
	cJSON *params = s->round.params, *answers = NULL, *answer;

	if (params == NULL || (asked == NULL && state == NULL) || (asked !=
	    NULL && (!cJSON_IsObject(asked) || cJSON_GetArraySize(asked) >
	    ROUND_ASKED))) {
		round_refuse(s, "asked for more in a way that the protocol "
		    "doesn't have", "");
		return;
	}
	if (++s->round.count > ROUND_MAX) {
		round_refuse(s, "asked for more again and again, and never "
		    "answered", "");
		return;
	}
	cJSON_DeleteItemFromObjectCaseSensitive(params, "inputResponses");
	cJSON_DeleteItemFromObjectCaseSensitive(params, "requestState");
	json_add_str(params, "requestState", state);
	if (asked != NULL)
		answers = cJSON_AddObjectToObject(params, "inputResponses");
	cJSON_ArrayForEach(it, asked) {
		if ((answer = round_answer(s, it)) == NULL) {
			round_refuse(s, "asked for what assent doesn't do: ",
			    json_str_or(it, "method", "?"));
			return;
		}
		json_set_take(answers, it->string, answer);
	}
	mcp_server_ask_again(s);
}

bool
mcp_round_take(struct mcp_server *s, const cJSON *result)
{
	const char *type = s->legacy ? NULL : json_str(result, "resultType");

	if (type == NULL || strcmp(type, "complete") == 0)
		return false;
	if (strcmp(type, "input_required") == 0)
		round_ask(s, result);
	else
		round_refuse(s, "answered with a kind of result that assent "
		    "doesn't know: ", type);
	return true;
}
