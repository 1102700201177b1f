#include "config.h"

#include "core/mcp/mcp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/call-answer.h"
#include "core/call-fault.h"
#include "policy/mask.h"
#include "core/core.h"
#include "core/mcp/mcp-int.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/status.h"
#include "provider/provider.h"

static bool
mcp_is_starting(const struct mcp *m)
{
	size_t i;

	for (i = 0; i < m->servers_len; i++)
		if (m->servers[i]->starting)
			return true;
	return false;
}

/* Before the first request. */
static void
mcp_started(struct mcp_server *s, const cJSON *result, const char *why)
{
	AUTO_BUF struct buf note = BUF_INIT(0);
	struct core *c = s->core;

	(void)result;
	if (why != NULL) {
		buf_addf(&note, "MCP server %s %s; its tools are missing",
		    s->name, why);
		mcp_note(s, "failed", buf_str(&note));
		xstrset(&s->missing, buf_str(&note));
	} else {
		mcp_list_read(c->mcp, s, &note);
		mcp_note(s, "started", buf_str(&note));
	}
	if (!mcp_is_starting(c->mcp))
		driver_soon(c);
}

static struct mcp *
mcp_get(struct core *c)
{
	if (c->mcp == NULL)
		c->mcp = xcalloc(1, sizeof(*c->mcp));
	return c->mcp;
}

void
mcp_offer(struct core *c, const char *server, const cJSON *env)
{
	given_add(&mcp_get(c)->given, server, env);
}

void
mcp_env_wipe(cJSON *env)
{
	cJSON *it;

	cJSON_ArrayForEach(it, env)
		json_wipe(it, NULL);
}

void
mcp_secrets(const struct core *c, struct mask_list *l)
{
	if (c->mcp != NULL)
		given_secrets(&c->mcp->given, l);
}

static void
mcp_begin(struct core *c, const cJSON *servers)
{
	struct mcp *m = c->mcp;
	const cJSON *it;
	size_t i;

	m->begun = true;
	if (servers == NULL || servers->child == NULL ||
	    c->mode == MODE_DEMO || c->mode == MODE_TRY)
		return;
	cJSON_ArrayForEach(it, servers) {
		struct mcp_server *s = xcalloc(1, sizeof(*s));

		s->core = c;
		s->name = xstrdup(it->string);
		s->config = it;
		s->starting = true;
		buf_init(&s->printed, 0);
		GROW(m->servers, m->servers_len);
		m->servers[m->servers_len++] = s;
	}
	for (i = 0; i < m->servers_len; i++)
		mcp_server_start(m->servers[i], mcp_started);
}

/* A server has other tools now. */
static void
mcp_listed_again(struct mcp_server *s, const cJSON *result, const char *why)
{
	AUTO_BUF struct buf note = BUF_INIT(0), what = BUF_INIT(0);
	struct core *c = s->core;

	(void)result;
	if (why == NULL)
		mcp_list_update(c->mcp, s, &what);
	if (why != NULL || what.len > 0) {
		buf_addf(&note, why != NULL ? "MCP server %s %s" :
		    "MCP server %s has other tools: %s", s->name, why != NULL ?
		    why : buf_str(&what));
		mcp_note(s, why != NULL ? "failed" : "changed",
		    buf_str(&note));
	}
	/* Their texts may be others. */
	json_drop(&c->short_tools);
	if (!mcp_is_starting(c->mcp))
		driver_soon(c);
}

void
mcp_said(struct core *c)
{
	mcp_get(c)->said = true;
}

static void
mcp_refresh(struct mcp *m)
{
	size_t i;

	m->said = false;
	for (i = 0; i < m->servers_len; i++)
		if (m->servers[i]->stale && mcp_server_runs(m->servers[i]))
			mcp_server_list_again(m->servers[i], mcp_listed_again);
}

cJSON *
mcp_missing(const struct core *c)
{
	cJSON *list = NULL;
	size_t i;

	for (i = 0; c->mcp != NULL && i < c->mcp->servers_len; i++) {
		const struct mcp_server *s = c->mcp->servers[i];
		cJSON *o;

		if (s->missing == NULL)
			continue;
		if (list == NULL)
			list = cJSON_CreateArray();
		o = cJSON_CreateObject();
		json_add_str(o, "server", s->name);
		json_add_str(o, "text", s->missing);
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

/* The user said that the work needs all of them. True if it ends for that. */
static bool
mcp_is_unmet(struct core *c)
{
	AUTO_JSON cJSON *list = NULL;

	if (!json_bool(c->start, "require_mcp", false) ||
	    (list = mcp_missing(c)) == NULL)
		return false;
	FREE_SET(c->task.summary, xasprintf("what --require-mcp asks for isn't "
	    "met: %s", json_str_or(list->child, "text", "?")));
	phase_stop(c, STOP_UNMET);
	driver_soon(c);
	return true;
}

bool
mcp_before_turn(struct core *c)
{
	if (!mcp_get(c)->begun)
		mcp_begin(c, json_get(c->start, "mcp_servers"));
	else if (c->mcp->said && !mcp_is_starting(c->mcp))
		mcp_refresh(c->mcp);
	if (!mcp_is_starting(c->mcp))
		return mcp_is_unmet(c);
	status_tell(c, "model", "starting MCP servers");
	return true;
}

void
mcp_ahead(struct core *c)
{
	if (c->phase == PHASE_IDLE && !c->ending && !mcp_get(c)->begun)
		mcp_begin(c, json_get(c->start, "mcp_servers"));
}

const struct tool_entry *
mcp_tool(const struct core *c, const char *name)
{
	const struct mcp_tool *t = c->mcp == NULL ? NULL :
	    mcp_list_find(c->mcp, name);

	return t == NULL ? NULL : &t->entry;
}

size_t
mcp_tools_len(const struct core *c)
{
	return c->mcp == NULL ? 0 : c->mcp->tools_len;
}

bool
mcp_tools_are_short(const struct core *c)
{
	return mcp_tools_len(c) > MCP_TOOLS_FULL;
}

void
mcp_tool_show(struct core *c, const struct core_call *call, const cJSON *args)
{
	const struct tool_entry *t = mcp_tool(c, json_str_or(args, "name", ""));
	AUTO_FREE char *text = t == NULL ? NULL :
	    xasprintf("%s\nArguments: %s", t->description, t->schema);

	call_result(c, call->id, call->name, t != NULL, t != NULL ? NULL :
	    "not_found", t != NULL ? text : "no MCP server has a tool of this "
	    "name");
}

size_t
mcp_tools_fill(const struct core *c, struct tool_schema *v)
{
	size_t i, n = 0;

	for (i = 0; i < mcp_tools_len(c); i++) {
		const struct tool_entry *t = &c->mcp->tools[i]->entry;

		if (!call_tool_exists(c, t))
			continue;
		memset(&v[n], 0, sizeof(v[n]));
		v[n].name = t->name;
		v[n].description = t->description;
		v[n++].parameters = t->schema;
	}
	return n;
}

const char *
mcp_server_of(const struct core *c, const char *name)
{
	const cJSON *it;
	size_t n;

	cJSON_ArrayForEach(it, json_get(c->start, "mcp_servers")) {
		n = strlen(it->string);
		if (strncmp(name, it->string, n) == 0 &&
		    strncmp(name + n, "__", 2) == 0 &&
		    json_bool(it, "sandbox", true) &&
		    json_get(it, "url") == NULL)
			return it->string;
	}
	return NULL;
}

void
mcp_free(struct core *c)
{
	struct mcp *m = c->mcp;
	size_t i;

	if (m == NULL)
		return;
	c->mcp = NULL;
	c->mcp_call = NULL;
	for (i = 0; i < m->servers_len; i++)
		mcp_server_free(m->servers[i]);
	for (i = 0; i < m->tools_len; i++)
		mcp_list_free(m->tools[i]);
	given_release(&m->given);
	cJSON_Delete(m->wanted);
	cJSON_Delete(m->reading);
	free(m->servers);
	free(m->tools);
	free(m);
}
