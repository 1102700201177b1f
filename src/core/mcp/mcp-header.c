/*
 * What is in a message, in HTTP's header, too: others on the way may read it
 * there. A value that a header can't have is in base64.
 *
 * Source: the Model Context Protocol, 2026-07-28, "Streamable HTTP", "Request
 * Metadata".
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/mcp/mcp-int.h"

#define HEADER_MARK	"x-mcp-header"
#define HEADER_MARKS	64	/* of a tool */
#define HEADER_B64	"=?base64?"

/* ---- which arguments ---- */

/* May this member of the schema be marked like this? */
static bool
header_fits(const cJSON *schema, const cJSON *list)
{
	static const char *const types[] = { "boolean", "integer", "string" };
	const char *name = json_str_or(schema, HEADER_MARK, "");
	const cJSON *it;

	cJSON_ArrayForEach(it, list)
		if (strcasecmp(json_str_or(it, "header", ""), name) == 0)
			return false;
	return name[0] != '\0' && strspn(name, "!#$%&'*+-.^_`|~0123456789"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") ==
	    strlen(name) && cJSON_GetArraySize(list) < HEADER_MARKS &&
	    MEM_FIND(types, json_str(schema, "type")) != NULL;
}

static bool header_marks(const cJSON *, const cJSON *, cJSON *);

static bool
header_members(const cJSON *members, const cJSON *path, cJSON *list)
{
	const cJSON *it;
	bool ok = true;

	cJSON_ArrayForEach(it, members) {
		AUTO_JSON cJSON *to = cJSON_Duplicate(path, 1);

		cJSON_AddItemToArray(to, cJSON_CreateString(
		    it->string == NULL ? "" : it->string));
		ok = ok && header_marks(it, to, list);
	}
	return ok;
}

/* Add the headers that `schema` asks for to the list. `path` has the names of
 * its member; NULL: it is no member of the arguments, and may ask for none. */
static bool
header_marks(const cJSON *schema, const cJSON *path, cJSON *list)
{
	const cJSON *it;
	cJSON *o;
	bool ok = true;

	if (json_get(schema, HEADER_MARK) != NULL) {
		if (path == NULL || !header_fits(schema, list))
			return false;
		o = cJSON_CreateObject();
		json_copy(o, "header", json_get(schema, HEADER_MARK));
		json_copy(o, "path", path);
		cJSON_AddItemToArray(list, o);
	}
	cJSON_ArrayForEach(it, schema)
		if (path == NULL || it->string == NULL ||
		    strcmp(it->string, "properties") != 0)
			ok = ok && header_marks(it, NULL, list);
		else
			ok = ok && header_members(it, path, list);
	return ok;
}

bool
mcp_header_read(const cJSON *schema, cJSON **list)
{
	AUTO_JSON cJSON *path = cJSON_CreateArray();
	bool ok;

	*list = cJSON_CreateArray();
	ok = header_marks(schema, path, *list);
	if (!ok || (*list)->child == NULL)
		json_drop(list);
	return ok;
}

/* ---- the lines ---- */

static void
header_line(struct buf *lines, const char *name, const char *value)
{
	size_t n = strlen(value), i = 0;

	while (i < n && value[i] >= ' ' && value[i] <= '~')
		i++;
	buf_adds(lines, name);
	buf_adds(lines, ": ");
	if (n == 0 || i < n || value[0] == ' ' || value[n - 1] == ' ' ||
	    strncmp(value, HEADER_B64, strlen(HEADER_B64)) == 0) {
		buf_adds(lines, HEADER_B64);
		b64_encode(lines, value, n);
		buf_adds(lines, "?=");
	} else
		buf_adds(lines, value);
	buf_addc(lines, '\0');
}

static void
header_param(struct buf *lines, const cJSON *mark, const cJSON *args)
{
	AUTO_FREE char *name = xasprintf("Mcp-Param-%s", json_str_or(mark,
	    "header", "")), *text = NULL;
	const cJSON *at = args, *it;

	cJSON_ArrayForEach(it, json_array(mark, "path"))
		at = json_get(at, it->valuestring);
	if (cJSON_IsBool(at) || cJSON_IsNumber(at))
		text = json_print(at);
	else if (cJSON_IsString(at))
		text = xstrdup(at->valuestring);
	if (text != NULL)
		header_line(lines, name, text);
}

void
mcp_header_add(struct buf *lines, const cJSON *message, const cJSON *marked)
{
	const cJSON *params = json_get(message, "params"), *it;
	const char *version = json_str(json_get(params, "_meta"),
	    MCP_META "protocolVersion");
	const char *method = json_str_or(message, "method", "");
	const char *name = json_str(params, strcmp(method, "resources/read") ==
	    0 ? "uri" : "name");

	if (version == NULL)
		return;
	header_line(lines, "MCP-Protocol-Version", version);
	header_line(lines, "Mcp-Method", method);
	if (name != NULL)
		header_line(lines, "Mcp-Name", name);
	if (strcmp(method, "tools/call") == 0)
		cJSON_ArrayForEach(it, marked)
			header_param(lines, it, json_get(params, "arguments"));
}
