/*
 * The first messages to a server, until its version of the protocol is known:
 *
 *   server/discover -> it names MCP_VERSION -> greeted
 *                   -> refused, but it names MCP_VERSION -> once more
 *                   -> anything else -> initialize -> greeted
 *                   -> none: started again -> initialize -> greeted
 *
 * Some servers of older versions end when their first message isn't initialize,
 * and some say nothing; a new process finds out whether it was that. One that
 * refuses initialize, too, may only have been slow.
 *
 * Source: the Model Context Protocol, 2026-07-28, "Versioning and
 * Compatibility", "stdio" and "Streamable HTTP", each about older versions.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/kernel/core.h"
#include "core/mcp/mcp-int.h"
#include "rpc/rpc.h"

#define VERSION_LEGACY	"2025-06-18"	/* asked for by initialize */
#define VERSION_MS	30000
#define VERSION_PROBE_MS 10000
#define VERSION_PROBES	2
#define VERSION_ABOUT	100
#define VERSION_UNSUPPORTED (-32022)

static const char *const versions_legacy[] = { "2024-11-05", "2025-03-26",
	VERSION_LEGACY, "2025-11-25" };

static void mcp_version_probe(struct mcp_server *);

static void
version_us(cJSON *o, const char *key)
{
	cJSON *us = cJSON_AddObjectToObject(o, key);

	JSON_ADD_TEXTS(us, "name", "assent", "version", PACKAGE_VERSION);
}

static void
version_able(const struct mcp_server *s, cJSON *o, const char *key)
{
	cJSON *able = cJSON_AddObjectToObject(o, key);

	/* Elsewhere our paths mean nothing. */
	if (s->http == NULL)
		cJSON_AddObjectToObject(able, "roots");
	if (s->core->person) {
		able = cJSON_AddObjectToObject(able, "elicitation");
		cJSON_AddObjectToObject(able, "form");
		cJSON_AddObjectToObject(able, "url");
	}
}

void
mcp_version_meta(const struct mcp_server *s, cJSON *params)
{
	cJSON *meta = cJSON_GetObjectItemCaseSensitive(params, "_meta");

	if (s->legacy)
		return;
	if (meta == NULL)
		meta = cJSON_AddObjectToObject(params, "_meta");
	json_add_str(meta, MCP_META "protocolVersion", MCP_VERSION);
	version_us(meta, MCP_META "clientInfo");
	version_able(s, meta, MCP_META "clientCapabilities");
}

int64_t
mcp_version_ping(struct mcp_server *s, int64_t timeout_ms,
    void (*done)(void *, const cJSON *, const struct rpc_failure *))
{
	cJSON *params = s->legacy ? NULL : cJSON_CreateObject();

	if (params != NULL)
		mcp_version_meta(s, params);
	return rpc_ask_take(s->run.rpc, s->legacy ? "ping" : "server/discover",
	    params, timeout_ms, done, s);
}

static void
version_is(struct mcp_server *s, const char *version, const cJSON *result,
    const cJSON *about)
{
	xstrset(&s->version, version);
	FREE_SET(s->instructions, xstrdup_null(json_str(result,
	    "instructions")));
	if (about != NULL)
		FREE_SET(s->about, xasprintf("%s %s", json_str_or(about,
		    "name", ""), json_str_or(about, "version", "")));
	if (s->about != NULL)
		s->about[utf8_cut(s->about, strlen(s->about),
		    VERSION_ABOUT)] = '\0';
	mcp_server_greeted(s, json_get(result, "capabilities"));
}

static void
version_unknown(struct mcp_server *s, const char *version)
{
	AUTO_FREE char *why = xasprintf("speaks version \"%.20s\" of the "
	    "protocol, which assent doesn't know", version);

	mcp_server_ready(s, why);
}

/* ---- 2025-11-25 and older ---- */

static void
mcp_initialized(struct mcp_server *s, const cJSON *result, const char *why)
{
	const char *version = json_str_or(result, "protocolVersion", "");

	if (why != NULL && s->run.rpc != NULL && s->probes < VERSION_PROBES) {
		mcp_version_probe(s);
	} else if (why != NULL) {
		mcp_server_ready(s, why);
	} else if (MEM_FIND(versions_legacy, version) == NULL) {
		version_unknown(s, version);
	} else {
		(void)rpc_ask_take(s->run.rpc, "notifications/initialized", NULL, 0,
		    NULL, NULL);
		version_is(s, version, result, json_get(result, "serverInfo"));
	}
}

static void
mcp_initialize(struct mcp_server *s)
{
	cJSON *params = cJSON_CreateObject();

	s->legacy = true;
	json_add_str(params, "protocolVersion", VERSION_LEGACY);
	version_able(s, params, "capabilities");
	version_us(params, "clientInfo");
	mcp_server_ask_take(s, "initialize", params, VERSION_MS,
	    mcp_initialized);
}

/* ---- 2026-07-28 ---- */

/* One that we know, of those that it names; or the first one. */
static const char *
version_named(const cJSON *named)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, named)
		if (cJSON_IsString(it) && MEM_FIND(versions_legacy,
		    it->valuestring) != NULL)
			return it->valuestring;
	return named == NULL || !cJSON_IsString(named->child) ? NULL :
	    named->child->valuestring;
}

static void
mcp_discovered(struct mcp_server *s, const cJSON *result, const char *why)
{
	const struct rpc_failure *f = s->failure;
	const cJSON *named = f == NULL ? json_array(result,
	    "supportedVersions") : f->code == VERSION_UNSUPPORTED ?
	    json_array(f->data, "supported") : NULL;
	const char *version = version_named(named);
	const cJSON *info = json_get(json_get(result, "_meta"),
	    MCP_META "serverInfo");

	if (s->run.rpc == NULL) {
		s->legacy = true;
		mcp_server_launch(s);
	} else if (f != NULL && f->code == MCP_HTTP_FAILED) {
		mcp_server_ready(s, why);
	} else if (result != NULL && json_has(named, MCP_VERSION)) {
		version_is(s, MCP_VERSION, result, info);
	} else if (json_has(named, MCP_VERSION)) {
		if (s->probes < VERSION_PROBES)
			mcp_version_probe(s);
		else
			mcp_server_ready(s, why);
	} else if (version != NULL && MEM_FIND(versions_legacy, version) ==
	    NULL) {
		version_unknown(s, version);
	} else
		mcp_initialize(s);
}

static void
mcp_version_probe(struct mcp_server *s)
{
	s->legacy = false;
	s->probes++;
	mcp_server_ask_take(s, "server/discover", cJSON_CreateObject(),
	    MIN(VERSION_PROBE_MS, mcp_call_timeout_ms(s)), mcp_discovered);
}

void
mcp_version_begin(struct mcp_server *s)
{
	if (s->legacy)
		mcp_initialize(s);
	else
		mcp_version_probe(s);
}

/* ---- a request that is made again ---- */

/*
 * A server may answer a request with questions. Then it gets the same request
 * again, with the answers, at most ROUND_MAX times. The caller of
 * mcp_server_ask_take sees none of this, only the last result.
 *
 * Source: the Model Context Protocol, 2026-07-28, "Multi Round-Trip Requests".
 */

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
