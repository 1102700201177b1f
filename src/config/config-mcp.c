/* The user's MCP servers, in the form that other agents use. */
#include "config.h"

#include "config/config-int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/secret.h"
#include "base/url.h"

#define MCP_NAME_MAX	24	/* the names of its tools begin with it */
#define MCP_TIMEOUT_MAX	86400

/* Its tools are "server__tool": the first "__" has to be its end, or another
 * server's tool could have the same name. */
static bool
config_mcp_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= MCP_NAME_MAX && strstr(name, "__") == NULL &&
	    name[n - 1] != '_' && strspn(name,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_-") == n;
}

static int
mcp_command(const cJSON *it, struct err *e)
{
	return cJSON_IsString(it) && it->valuestring[0] != '\0' ? 0 :
	    err_set(e, "must be a program");
}

static int
mcp_args(const cJSON *list, struct err *e)
{
	const cJSON *it = NULL;

	cJSON_ArrayForEach(it, list)
		if (!cJSON_IsString(it))
			break;
	return cJSON_IsArray(list) && it == NULL ? 0 :
	    err_set(e, "must be a list of strings");
}

/* Variables, whose values never reach a journal. */
static int
mcp_env(const cJSON *o, struct err *e)
{
	const cJSON *it = NULL;

	cJSON_ArrayForEach(it, o)
		if (!cJSON_IsString(it) || it->string == NULL ||
		    it->string[0] == '\0' || strchr(it->string, '=') != NULL)
			break;
	return cJSON_IsObject(o) && it == NULL ? 0 :
	    err_set(e, "must be an object of strings");
}

static int
mcp_timeout(const cJSON *it, struct err *e)
{
	return cJSON_IsNumber(it) && it->valuedouble >= 1 &&
	    it->valuedouble <= MCP_TIMEOUT_MAX ? 0 :
	    err_set(e, "must be seconds, 1 to %d", MCP_TIMEOUT_MAX);
}

static int
mcp_sandbox(const cJSON *it, struct err *e)
{
	return cJSON_IsBool(it) ? 0 : err_set(e, "must be true or false");
}

static int
mcp_type(const cJSON *it, struct err *e)
{
	static const char *const types[] = { "http", "stdio",
		"streamable-http" };

	return cJSON_IsString(it) && MEM_FIND(types, it->valuestring) != NULL ?
	    0 : err_set(e, "must be \"stdio\" or \"http\"");
}

int
config_headers(const cJSON *o, struct err *e)
{
	const cJSON *it;
	const unsigned char *p;

	if (!cJSON_IsObject(o))
		return err_set(e, "must be an object of strings");
	cJSON_ArrayForEach(it, o) {
		if (!cJSON_IsString(it))
			return err_set(e, "must be an object of strings");
		if (it->string[0] == '\0' ||
		    it->string[strspn(it->string, "abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] != '\0' ||
		    strcasecmp(it->string, "content-length") == 0 ||
		    strcasecmp(it->string, "transfer-encoding") == 0)
			return err_set(e, "\"%.60s\" can't be the name of a "
			    "header", it->string);
		for (p = (const unsigned char *)it->valuestring; *p != '\0'; p++)
			if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
				return err_set(e, "the value of %.60s has a "
				    "control character", it->string);
	}
	return 0;
}

/* What it gets leaves the machine: only encrypted, and without what belongs
 * into headers. */
static int
mcp_url(const cJSON *it, struct err *e)
{
	const char *url = cJSON_IsString(it) ? it->valuestring : "";
	size_t host = 0;

	if (strncmp(url, "https://", 8) == 0)
		host = 8;
	else if (strncmp(url, "http://", 7) == 0)
		host = 7;
	if (host == 0 || url[host] == '\0')
		return err_set(e, "must be a URL that starts with https://");
	if (memchr(url + host, '@', strcspn(url + host, "/?#")) != NULL)
		return err_set(e, "can't contain a name or password, because "
		    "it is recorded; use headers or api_key_command");
	if (host == 7 && !url_is_local(url))
		return err_set(e, "must start with https://: http:// isn't "
		    "encrypted, and only for this machine (localhost)");
	return 0;
}

static int
mcp_trust(const cJSON *o, struct err *e)
{
	static const char *const words[] = { "always", "ask" };
	const cJSON *it = cJSON_IsObject(o) ? o->child : o;

	for (; it != NULL; it = cJSON_IsObject(o) ? it->next : NULL)
		if (!cJSON_IsString(it) || MEM_FIND(words, it->valuestring) ==
		    NULL)
			return err_set(e, "must be \"ask\", \"always\", or an "
			    "object of these by tool");
	return 0;
}

static int
config_mcp_member(const cJSON *it, struct err *e)
{
	static const struct {
		const char	*name;
		int		(*check)(const cJSON *, struct err *);
	} members[] = {
		{ "api_key_command", key_command_check }, { "args", mcp_args },
		{ "command", mcp_command }, { "env", mcp_env },
		{ "headers", config_headers }, { "sandbox", mcp_sandbox },
		{ "timeout_s", mcp_timeout }, { "trust", mcp_trust },
		{ "type", mcp_type }, { "url", mcp_url },
	}, *row;
	struct near near = NEAR_INIT(it->string);
	size_t i;

	if ((row = MEM_FIND(members, it->string)) != NULL)
		return row->check(it, e);
	for (i = 0; i < MEM_COUNT(members); i++)
		near_try(&near, members[i].name);
	return near.known == NULL ? err_set(e,
	    "unknown (command, args, env, sandbox, url, headers, "
	    "api_key_command, timeout_s and trust are known)") :
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
			    "\"%.60s\": up to %d letters, digits, - and _, "
			    "without __, and with no _ at its end", file,
			    s->string, MCP_NAME_MAX);
		for (next = s->next; next != NULL; next = next->next)
			if (strcmp(next->string, s->string) == 0)
				return err_set(e, "%s: mcpServers.%s: defined "
				    "twice", file, s->string);
		if (!cJSON_IsObject(s) || (json_get(s, "command") == NULL) ==
		    (json_get(s, "url") == NULL))
			return err_set(e, "%s: mcpServers.%s: must be an "
			    "object with a command or a url", file, s->string);
		if (json_get(s, "trust") != NULL && json_get(s, "url") ==
		    NULL && json_bool(s, "sandbox", true))
			return err_set(e, "%s: mcpServers.%s.trust: only with "
			    "\"sandbox\": false or a url", file, s->string);
		cJSON_ArrayForEach(it, s) {
			struct err why = ERR_INIT;

			if (config_mcp_member(it, &why) < 0)
				return err_set(e, "%s: mcpServers.%s.%.60s: %s",
				    file, s->string, it->string, why.text);
		}
	}
	if (c->mcp_servers == NULL)
		c->mcp_servers = cJSON_CreateObject();
	cJSON_ArrayForEach(s, o)
		if (json_get(c->mcp_servers, s->string) == NULL)
			json_copy(c->mcp_servers, s->string, s);
	return 0;
}

cJSON *
config_mcp_start(const struct config *c)
{
	cJSON *o = cJSON_Duplicate(c->mcp_servers, 1), *it;

	cJSON_ArrayForEach(it, o) {
		cJSON_DeleteItemFromObjectCaseSensitive(it, "env");
		cJSON_DeleteItemFromObjectCaseSensitive(it, "headers");
		cJSON_DeleteItemFromObjectCaseSensitive(it, "api_key_command");
	}
	return o;
}

/* "Authorization", from the command that prints the key. */
static void
config_mcp_bearer(const struct config *c, const cJSON *s, cJSON *to,
    struct err *e)
{
	const cJSON *command = json_get(s, "api_key_command");
	struct err why = ERR_INIT;
	char *key, *value;

	if (command == NULL)
		return;
	key = key_command_run(command, config_env(c, "HOME"), c->quiet, &why);
	if (key == NULL) {
		err_set(e, "MCP server %s: %s", s->string, why.text);
		return;
	}
	value = xasprintf("Bearer %s", key);
	secret_free(key);
	json_add_str(to, "Authorization", value);
	explicit_bzero(value, strlen(value));
	free(value);
}

cJSON *
config_mcp_secrets(const struct config *c, struct err *e)
{
	cJSON *o = NULL, *to;
	const cJSON *it, *from, *one;

	cJSON_ArrayForEach(it, c->mcp_servers) {
		to = cJSON_CreateObject();
		from = json_get(it, json_get(it, "url") != NULL ? "headers" :
		    "env");
		cJSON_ArrayForEach(one, from)
			json_copy(to, one->string, one);
		config_mcp_bearer(c, it, to, e);
		if (to->child == NULL) {
			cJSON_Delete(to);
			continue;
		}
		if (o == NULL)
			o = cJSON_CreateObject();
		json_set_take(o, it->string, to);
	}
	return o;
}
