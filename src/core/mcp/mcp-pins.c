/*
 * What each server's tools were when you first had them, or allowed a change:
 * mcp.json in the state directory, out of the sandbox's sight. A server is its
 * name and command line; with another command line it's a new one.
 */
#include "config.h"

#include "core/mcp/mcp-int.h"

#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/emit.h"
#include "journal/session.h"

#define PINS_BYTES	((size_t)16 << 20)

static cJSON *
mcp_pins_read(int dir)
{
	AUTO_BUF struct buf b = BUF_INIT(PINS_BYTES);
	cJSON *o = NULL;

	if (fs_read_file(dir, SESSION_MCP_FILE, &b, NULL) == 0)
		o = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, NULL);
	if (cJSON_IsObject(o))
		return o;
	cJSON_Delete(o);
	return cJSON_CreateObject();
}

static int
mcp_pins_dir(const struct core *c)
{
	return open(c->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The program and its arguments, without the rest of the configuration. */
static char *
mcp_pins_line(const struct mcp_server *s)
{
	AUTO_JSON cJSON *o = cJSON_CreateArray();
	char hex[SHA256_HEX_SIZE];
	AUTO_FREE char *text = NULL;

	cJSON_AddItemToArray(o, cJSON_Duplicate(json_get(s->config,
	    "command"), 1));
	cJSON_AddItemToArray(o, cJSON_Duplicate(json_get(s->config, "args"),
	    1));
	if (json_get(s->config, "url") != NULL)
		cJSON_AddItemToArray(o, cJSON_Duplicate(json_get(s->config,
		    "url"), 1));
	text = json_print(o);
	sha256_hex(text, strlen(text), hex);
	return xstrdup(hex);
}

void
mcp_pins_load(struct mcp_server *s)
{
	AUTO_CLOSE int dir = mcp_pins_dir(s->core);
	AUTO_JSON cJSON *all = dir < 0 ? NULL : mcp_pins_read(dir);
	AUTO_FREE char *line = mcp_pins_line(s);
	const cJSON *own = json_get(all, s->name);

	cJSON_Delete(s->pins);
	s->pins = json_is(own, "line", line) ?
	    cJSON_Duplicate(json_get(own, "tools"), 1) : NULL;
	s->known = s->pins != NULL;
	if (s->pins == NULL)
		s->pins = cJSON_CreateObject();
}

void
mcp_pins_set(struct mcp_server *s, const char *tool, const char *hash,
    const char *description, const char *schema)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "hash", hash);
	json_add_str(o, "description", description);
	json_add_str(o, "schema", schema);
	json_set_take(s->pins, tool, o);
}

void
mcp_pins_save(struct mcp_server *s)
{
	AUTO_CLOSE int dir = mcp_pins_dir(s->core);
	AUTO_JSON cJSON *all = dir < 0 ? NULL : mcp_pins_read(dir);
	AUTO_FREE char *line = mcp_pins_line(s), *text = NULL;
	struct err e = ERR_INIT;
	cJSON *own;

	/* Another session may have written other servers'. */
	if (all != NULL) {
		own = cJSON_CreateObject();
		json_add_str(own, "line", line);
		json_set_take(own, "tools", cJSON_Duplicate(s->pins, 1));
		json_set_take(all, s->name, own);
		text = json_print(all);
	}
	if (text == NULL)
		err_sys(&e, "cannot open %s", s->core->state_dir);
	else
		(void)fs_replace(dir, SESSION_MCP_FILE, text, strlen(text), 0600, &e);
	if (err_is_set(&e))
		emit_note(s->core, "MCP server %s: what its tools are was not "
		    "kept: %s", s->name, e.text);
}
