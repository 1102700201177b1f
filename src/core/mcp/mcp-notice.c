/*
 * What a server tells without being asked: how far a call is, and that its tools
 * have changed. The rest (its log, resources) is dropped. And what it asks.
 */
#include "config.h"

#include "core/mcp/mcp-int.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "policy/mask.h"
#include "core/core.h"
#include "core/status.h"
#include "rpc/rpc.h"

#define NOTICE_EVERY_MS	200
#define NOTICE_WORDS	((size_t)80)

/* "3 of 10", "30", with its words. */
static void
notice_progress(struct mcp_server *s, const cJSON *params)
{
	double at = json_num(params, "progress", -1);
	double total = json_num(params, "total", -1);
	const char *words = json_str_or(params, "message", "");
	struct mask_list secrets = { 0 };
	AUTO_BUF struct buf b = BUF_INIT(0), line = BUF_INIT(0);
	int64_t now = clock_mono_ms();

	if (s->core->mcp_call != s || !s->asked || json_int(params,
	    "progressToken", -1) != s->token || (s->shown_ms != 0 &&
	    now - s->shown_ms < NOTICE_EVERY_MS))
		return;
	s->shown_ms = now;
	buf_addf(&b, "running `%s`:", s->tool->name);
	if (at >= 0)
		buf_addf(&b, " %.10g", at);
	if (at >= 0 && total > 0)
		buf_addf(&b, " of %.10g", total);
	if (words[0] != '\0')
		buf_addf(&b, " %.*s", (int)utf8_cut(words, strlen(words),
		    NOTICE_WORDS), words);
	mcp_secrets(s->core, &secrets);
	mask_secrets(&line, buf_str(&b), b.len, &secrets);
	mask_list_release(&secrets);
	status_progress(s->core, buf_str(&line));
}

void
mcp_notice(void *arg, const char *method, const cJSON *params)
{
	struct mcp_server *s = arg;

	if (strcmp(method, "notifications/progress") == 0)
		notice_progress(s, params);
	else if (strcmp(method, "notifications/tools/list_changed") == 0)
		s->stale = true;
}

/* The server asks: where the project is, and whether we live. Nothing asks the
 * user or the model on its behalf. */
void
mcp_request(void *arg, const cJSON *id, const char *method,
    const cJSON *params)
{
	struct mcp_server *s = arg;
	cJSON *o, *root;

	(void)params;
	if (strcmp(method, "ping") == 0) {
		rpc_answer_take(s->rpc, id, cJSON_CreateObject());
	} else if (strcmp(method, "roots/list") == 0 && s->http == NULL) {
		AUTO_FREE char *uri = mcp_path_root(s);

		o = cJSON_CreateObject();
		root = cJSON_CreateObject();
		json_add_str(root, "uri", uri);
		json_add_str(root, "name", "project");
		cJSON_AddItemToArray(cJSON_AddArrayToObject(o, "roots"), root);
		rpc_answer_take(s->rpc, id, o);
	} else
		rpc_refuse(s->rpc, id, RPC_NO_METHOD,
		    "assent doesn't do this for a server");
}
