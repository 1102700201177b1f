#include "config.h"

#include "core/call-tools.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/call-fault.h"
#include "core/edit-tools.h"
#include "core/compact.h"
#include "core/core.h"
#include "core/mcp/mcp.h"
#include "tool/tool.h"

#define SHORT_BYTES	100	/* limit on a description */
#define ADVICE_NAMES	50	/* of tools, in an error */

/* As many whole sentences as fit, but at least one. malloc'ed. */
static char *
short_words(const char *text)
{
	const char *p = text, *end = NULL;

	while ((p = strstr(p, ". ")) != NULL) {
		p++;
		if (end == NULL || (size_t)(p - text) <= SHORT_BYTES)
			end = p;
	}
	if (end == NULL || strlen(text) <= SHORT_BYTES)
		return xstrdup(text);
	return xmemdup(text, (size_t)(end - text));
}

/* The first line, or what fits of it. malloc'ed. */
static char *
short_line(const char *text)
{
	size_t n = strcspn(text, "\n");

	return n <= SHORT_BYTES ? xmemdup(text, n) :
	    xasprintf("%.*s...", (int)utf8_cut(text, n, SHORT_BYTES), text);
}

/* Remove descriptions at any depth, and what is below that depth. */
static void
short_schema(cJSON *schema, unsigned depth)
{
	cJSON *props = cJSON_GetObjectItemCaseSensitive(schema, "properties");
	cJSON *items = cJSON_GetObjectItemCaseSensitive(schema, "items"), *it;

	cJSON_DeleteItemFromObjectCaseSensitive(schema, "description");
	if (depth == 0) {
		cJSON_DeleteItemFromObjectCaseSensitive(schema, "properties");
		cJSON_DeleteItemFromObjectCaseSensitive(schema, "required");
		return;
	}
	cJSON_ArrayForEach(it, props)
		short_schema(it, depth - 1);
	if (items != NULL)
		short_schema(items, depth - 1);
}

/* The short texts of a tool, built once; one of many has a line. */
static const cJSON *
short_tool(struct core *c, const struct tool_schema *t, bool of_many)
{
	cJSON *o, *schema;
	char *text;

	if (c->short_tools == NULL)
		c->short_tools = cJSON_CreateObject();
	o = cJSON_GetObjectItemCaseSensitive(c->short_tools, t->name);
	if (o != NULL)
		return o;
	o = cJSON_CreateObject();
	text = of_many ? short_line(t->description) :
	    short_words(t->description);
	json_add_str(o, "description", text);
	free(text);
	schema = json_parse(t->parameters, strlen(t->parameters),
	    JSON_NUL_REFUSE, NULL);
	short_schema(schema, of_many ? 1 : JSON_MAX_DEPTH);
	text = json_print(schema);
	json_add_str(o, "parameters", text);
	free(text);
	cJSON_Delete(schema);
	json_set_take(c->short_tools, t->name, o);
	return o;
}

static void
short_tools(struct core *c, struct tool_schema *v, size_t n, bool of_many)
{
	const cJSON *o;
	size_t i;

	if (!of_many && !compact_short_tools(c))
		return;
	for (i = 0; i < n; i++) {
		o = short_tool(c, &v[i], of_many);
		v[i].description = json_str_or(o, "description", "");
		v[i].parameters = json_str_or(o, "parameters", "{}");
	}
}

struct tool_schema *
call_tools(struct core *c, size_t *n)
{
	struct tool_schema *v = xcalloc(tool_table_len + mcp_tools_len(c),
	    sizeof(*v));
	size_t i, servers;

	*n = 0;
	for (i = 0; i < tool_table_len; i++) {
		if (!call_tool_exists(c, &tool_table[i]) ||
		    !edit_tools_offered(c, &tool_table[i]))
			continue;
		v[*n].name = tool_table[i].name;
		v[*n].description = tool_table[i].description;
		v[*n].parameters = tool_table[i].schema;
		v[*n].grammar = tool_table[i].grammar;
		v[*n].strict = (tool_table[i].effects & TOOL_STRICT) != 0;
		(*n)++;
	}
	servers = mcp_tools_fill(c, v + *n);
	short_tools(c, v, *n, false);
	short_tools(c, v + *n, servers, mcp_tools_are_short(c));
	*n += servers;
	return v;
}

char *
call_tools_advice(struct core *c, const struct tool_entry *t)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE struct tool_schema *v = NULL;
	size_t i, n;

	if (t != NULL && call_tool_exists(c, t))
		return NULL;
	v = call_tools(c, &n);
	for (i = 0; i < n && i < ADVICE_NAMES; i++)
		buf_addf(&b, "%s%s", i == 0 ? "; there are: " : ", ",
		    v[i].name);
	if (n > ADVICE_NAMES)
		buf_addf(&b, " and %zu more", n - ADVICE_NAMES);
	return xstrdup(buf_str(&b));
}
