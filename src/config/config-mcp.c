/* The user's MCP servers, in the form that other agents use. */
#include "config.h"

#include "config/config-int.h"

#include <string.h>

#include "base/json.h"
#include "base/near.h"

#define MCP_NAME_MAX	24	/* the names of its tools begin with it */
#define MCP_TIMEOUT_MAX	86400

/* Its tools are "server__tool". */
static bool
config_mcp_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= MCP_NAME_MAX && strstr(name, "__") == NULL &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_-") == n;
}

static int
config_mcp_args(const cJSON *list)
{
	const cJSON *it;

	if (!cJSON_IsArray(list))
		return -1;
	cJSON_ArrayForEach(it, list)
		if (!cJSON_IsString(it))
			return -1;
	return 0;
}

/* Variables, whose values never reach a journal. */
static int
config_mcp_env(const cJSON *o)
{
	const cJSON *it;

	if (!cJSON_IsObject(o))
		return -1;
	cJSON_ArrayForEach(it, o)
		if (!cJSON_IsString(it) || it->string[0] == '\0' ||
		    strchr(it->string, '=') != NULL)
			return -1;
	return 0;
}

static int
config_mcp_trust(const cJSON *o)
{
	const cJSON *it;

	if (cJSON_IsString(o))
		return strcmp(o->valuestring, "ask") == 0 ||
		    strcmp(o->valuestring, "always") == 0 ? 0 : -1;
	if (!cJSON_IsObject(o))
		return -1;
	cJSON_ArrayForEach(it, o)
		if (!cJSON_IsString(it) || config_mcp_trust(it) < 0)
			return -1;
	return 0;
}

static int
config_mcp_member(const cJSON *it, struct err *e)
{
	static const char *const members[] = { "command", "args", "env",
		"sandbox", "timeout_s", "trust", "type" };
	struct near near = NEAR_INIT(it->string);
	size_t i;

	if (strcmp(it->string, "command") == 0)
		return cJSON_IsString(it) && it->valuestring[0] != '\0' ? 0 :
		    err_set(e, "must be a program");
	if (strcmp(it->string, "args") == 0)
		return config_mcp_args(it) == 0 ? 0 :
		    err_set(e, "must be a list of strings");
	if (strcmp(it->string, "env") == 0)
		return config_mcp_env(it) == 0 ? 0 :
		    err_set(e, "must be an object of strings");
	if (strcmp(it->string, "timeout_s") == 0)
		return cJSON_IsNumber(it) && it->valuedouble >= 1 &&
		    it->valuedouble <= MCP_TIMEOUT_MAX ? 0 :
		    err_set(e, "must be seconds, 1 to %d", MCP_TIMEOUT_MAX);
	if (strcmp(it->string, "sandbox") == 0)
		return cJSON_IsBool(it) ? 0 :
		    err_set(e, "must be true or false");
	if (strcmp(it->string, "trust") == 0)
		return config_mcp_trust(it) == 0 ? 0 :
		    err_set(e, "must be \"ask\", \"always\", or an object of "
		    "these by tool");
	if (strcmp(it->string, "type") == 0)
		return cJSON_IsString(it) && strcmp(it->valuestring,
		    "stdio") == 0 ? 0 : err_set(e, "must be \"stdio\"");
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		near_try(&near, members[i]);
	return near.known == NULL ? err_set(e,
	    "unknown (command, args, env, sandbox, timeout_s and trust are "
	    "known)") :
	    err_set(e, "unknown; did you mean \"%s\"?", near.known);
}

int
config_mcp(struct config *c, const cJSON *o, const char *file, struct err *e)
{
	const cJSON *s, *it, *next;

	if (!cJSON_IsObject(o))
		return err_set(e, "%s: mcpServers: must be an object", file);
	cJSON_ArrayForEach(s, o) {
		if (!config_mcp_name_ok(s->string))
			return err_set(e, "%s: mcpServers: invalid name "
			    "\"%.60s\": up to %d letters, digits, - and _",
			    file, s->string, MCP_NAME_MAX);
		for (next = s->next; next != NULL; next = next->next)
			if (strcmp(next->string, s->string) == 0)
				return err_set(e, "%s: mcpServers.%s: defined "
				    "twice", file, s->string);
		if (!cJSON_IsObject(s) || json_get(s, "command") == NULL)
			return err_set(e, "%s: mcpServers.%s: must be an "
			    "object with a command", file, s->string);
		if (json_get(s, "trust") != NULL && json_bool(s, "sandbox",
		    true))
			return err_set(e, "%s: mcpServers.%s.trust: only with "
			    "\"sandbox\": false", file, s->string);
		cJSON_ArrayForEach(it, s) {
			struct err why = ERR_INIT;

			if (config_mcp_member(it, &why) < 0)
				return err_set(e, "%s: mcpServers.%s.%.60s: %s",
				    file, s->string, it->string, why.text);
		}
	}
	cJSON_Delete(c->mcp_servers);
	c->mcp_servers = cJSON_Duplicate(o, 1);
	return 0;
}

cJSON *
config_mcp_start(const struct config *c)
{
	cJSON *o = cJSON_Duplicate(c->mcp_servers, 1), *it;

	cJSON_ArrayForEach(it, o)
		cJSON_DeleteItemFromObjectCaseSensitive(it, "env");
	return o;
}

cJSON *
config_mcp_secrets(const struct config *c)
{
	cJSON *o = NULL;
	const cJSON *it, *env;

	cJSON_ArrayForEach(it, c->mcp_servers) {
		env = json_get(it, "env");
		if (env == NULL || env->child == NULL)
			continue;
		if (o == NULL)
			o = cJSON_CreateObject();
		json_copy(o, it->string, env);
	}
	return o;
}

const cJSON *
config_mcp_servers(const struct config *c)
{
	return c->mcp_servers;
}
