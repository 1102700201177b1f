/*
 * A server may answer a request with questions. Then it gets the same request
 * again, with the answers, at most ROUND_MAX times. The caller of
 * mcp_server_ask_take sees none of this, only the last result.
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
	AUTO_FREE char *why = s->starting ? xasprintf("%s%.100s", what, which) :
	    xasprintf("the MCP server %s %s%.100s", s->name, what, which);

	mcp_server_next(s, NULL, why);
}

static void round_next(struct mcp_server *);

/* The user's answer to the question of this name. */
static void
round_told(struct mcp_server *s, const cJSON *name, cJSON *answer_take,
    const char *why)
{
	if (why != NULL) {
		round_refuse(s, "asked something that was refused: ", why);
	} else if (answer_take != NULL) {
		json_set_take(cJSON_GetObjectItemCaseSensitive(s->round.params,
		    "inputResponses"), name->valuestring, answer_take);
		round_next(s);
	}
}

/* Answer what is still asked, and send the request again. */
static void
round_next(struct mcp_server *s)
{
	cJSON *params = s->round.params;
	cJSON *answers = cJSON_GetObjectItemCaseSensitive(params,
	    "inputResponses");

	while (s->round.asked != NULL && s->round.asked->child != NULL) {
		AUTO_JSON cJSON *it = cJSON_DetachItemFromArray(s->round.asked,
		    0);

		if (json_is(it, "method", "elicitation/create")) {
			mcp_ask(s, json_get(it, "params"), round_told,
			    cJSON_CreateString(it->string));
			return;
		}
		if (!json_is(it, "method", "roots/list") || s->http != NULL) {
			round_refuse(s, "asked for what assent doesn't do: ",
			    json_str_or(it, "method", "?"));
			return;
		}
		json_set_take(answers, it->string, mcp_server_roots(s));
	}
	mcp_server_ask_again(s);
}

static void
round_ask(struct mcp_server *s, const cJSON *result)
{
	const cJSON *asked = json_get(result, "inputRequests");
	const char *state = json_str(result, "requestState");
	cJSON *params = s->round.params;

	if (params == NULL || (asked == NULL && state == NULL) || (asked !=
	    NULL && (!cJSON_IsObject(asked) || cJSON_GetArraySize(asked) >
	    ROUND_ASKED))) {
		round_refuse(s, "asked for more in a way that the protocol "
		    "doesn't allow", "");
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
		cJSON_AddObjectToObject(params, "inputResponses");
	cJSON_Delete(s->round.asked);
	s->round.asked = cJSON_Duplicate(asked, 1);
	round_next(s);
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
