/*
 * Resources that you name in a message, as @SERVER:URI. They are read before the
 * next request, one by one, and the model gets them as data.
 */
#include "config.h"

#include "core/mcp/mcp.h"

#include <stdlib.h>
#include <string.h>

#include "base/fence.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/call-result.h"
#include "core/call-sandbox.h"
#include "core/capture.h"
#include "core/attach.h"
#include "core/core.h"
#include "core/mcp/mcp-int.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/status.h"

#define RESOURCE_MAX	10	/* of a message */
#define RESOURCE_TEXT	((size_t)30 << 10)
#define RESOURCE_MS	30000

void
mcp_resource_want(struct core *c, const char *text)
{
	struct mcp *m = c->mcp;
	const char *p = text;
	char *word;
	bool quoted;

	while ((word = attach_word(text, &p, &quoted)) != NULL) {
		size_t n = attach_resource(c, word), len = strlen(word);

		while (!quoted && len > 0 && strchr(".,;:!?", word[len - 1]))
			word[--len] = '\0';
		if (n > 0 && len > n + 1) {
			cJSON *o = cJSON_CreateObject();

			json_add_strn(o, "server", word, n);
			json_add_str(o, "uri", word + n + 1);
			if (m->wanted == NULL)
				m->wanted = cJSON_CreateArray();
			if (cJSON_GetArraySize(m->wanted) < RESOURCE_MAX)
				cJSON_AddItemToArray(m->wanted, o);
			else
				cJSON_Delete(o);
		}
		free(word);
	}
}

static void
resource_failed(struct core *c, const char *server, const char *uri,
    const char *why)
{
	AUTO_FREE char *text = xasprintf("@%s:%s can't be read: %s", server,
	    uri, why);
	AUTO_FREE char *told = xasprintf("[assent] %s", text);

	emit_note(c, "%s", text);
	emit_tell_model(c, told);
}

static void
resource_read(struct mcp_server *s, const cJSON *result)
{
	struct core *c = s->core;
	const char *uri = json_str_or(c->mcp->reading, "uri", "");
	struct capture_result cr;
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *about = NULL, *of = NULL;
	const cJSON *it;

	call_capture(c);
	cJSON_ArrayForEach(it, json_array(result, "contents"))
		mcp_part_add(s, it);
	call_captured(c, &c->capture, RESOURCE_TEXT, false, &cr);
	buf_release(&c->capture);
	of = xasprintf("@%s:%s", s->name, uri);
	about = xasprintf("%s, a resource of the MCP server %s", of, s->name);
	buf_adds(&b, "[assent]\n");
	fence_add(&b, about, cr.text, strlen(cr.text), FENCE_LEAST);
	capture_result_release(&cr);
	emit_note(c, "Read for the model, from MCP server %s: %s", s->name,
	    uri);
	emit_tell_model(c, buf_str(&b));
	mcp_part_images(s, of);
}

static void
resource_held(struct mcp_server *s, const cJSON *result, const char *why)
{
	(void)result;
	(void)why;
	json_drop(&s->core->mcp->reading);
	driver_soon(s->core);
}

static void
resource_answered(struct mcp_server *s, const cJSON *result, const char *why)
{
	if (why != NULL)
		resource_failed(s->core, s->name,
		    json_str_or(s->core->mcp->reading, "uri", ""), why);
	else
		resource_read(s, result);
	mcp_server_hold(s, resource_held);
}

/* The words may be somebody else's, as an issue's are in exec: where a tool would
 * be asked about, nobody is here to have typed it. */
static bool
resource_is_yours(const struct core *c, const struct mcp_server *s)
{
	return c->person || !mcp_host_is(s) ||
	    json_is(s->config, "trust", "always");
}

/* True: one is being read. */
bool
mcp_resource_next(struct core *c)
{
	struct mcp *m = c->mcp;
	struct mcp_server *s;
	const char *name, *uri;
	cJSON *params;

	while (m->reading == NULL && m->wanted != NULL &&
	    m->wanted->child != NULL) {
		m->reading = cJSON_DetachItemFromArray(m->wanted, 0);
		name = json_str_or(m->reading, "server", "");
		uri = json_str_or(m->reading, "uri", "");
		s = mcp_server_find(m, name);
		if (s == NULL || !mcp_server_runs(s) ||
		    !resource_is_yours(c, s)) {
			resource_failed(c, name, uri, s == NULL ||
			    !mcp_server_runs(s) ? "the server doesn't run" :
			    "the server is not sandboxed, and nobody is here to "
			    "allow it (\"trust\": \"always\" does)");
			json_drop(&m->reading);
			continue;
		}
		params = cJSON_CreateObject();
		json_add_str(params, "uri", uri);
		status_tell(c, "model", "reading @%s:%.100s", name, uri);
		mcp_server_wake(s);
		mcp_server_ask_take(s, "resources/read", params, RESOURCE_MS,
		    resource_answered);
	}
	return m->reading != NULL;
}
