/*
 * Reads the user's and the project's file and profiles: checks every member against
 * the table, and lets a project only narrow what the user set.
 */

#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/secret.h"
#include "base/spawn.h"
#include "base/url.h"
#include "base/utf8.h"
#include "config/config-int.h"
#include "config/settings.h"
#include "policy/approve.h"
#include "provider/dialect.h"
#include "tool/tool.h"

static void
comments_blank(char *p, size_t from, size_t to)
{
	for (; from < to; from++)
		if (p[from] != '\n' && p[from] != '\r')
			p[from] = ' ';
}

/* The end of the string or comment at i, or i if there is none; n + 1: it has no
 * end. */
static size_t
comments_skip(const char *p, size_t n, size_t i)
{
	size_t from = i;

	if (p[i] == '"') {
		for (i++; i < n && p[i] != '"'; i++)
			if (p[i] == '\\')
				i++;
		return i >= n ? n + 1 : i + 1;
	}
	if (p[i] != '/' || i + 1 >= n)
		return i;
	if (p[i + 1] == '/') {
		while (i < n && p[i] != '\n')
			i++;
	} else if (p[i + 1] == '*') {
		for (i += 2; i + 1 < n && (p[i] != '*' || p[i + 1] != '/');)
			i++;
		i = i + 1 >= n ? n + 1 : i + 2;
	}
	return i < from ? from : i;
}

/* Replaces comments; *at is where one, or a string, has no end. */
static int
comments_strip(char *p, size_t n, size_t *at, struct err *e)
{
	size_t i, end;

	for (i = 0; i < n; i = end == i ? i + 1 : end) {
		end = comments_skip(p, n, i);
		*at = i;
		if (end > n)
			return err_set(e, p[i] == '"' ? "unterminated string" :
			    "unterminated comment");
		if (end > i && p[i] == '/')
			comments_blank(p, i, end);
	}
	return 0;
}

/* A comma between a value and the bracket that closes its list. */
static void
comments_commas(char *p, size_t n)
{
	size_t i, end, last = n, before = n;	/* what isn't space; n: none */

	for (i = 0; i < n; i = end == i ? i + 1 : end) {
		end = comments_skip(p, n, i);
		if (memchr(" \t\r\n", p[i], 4) != NULL)
			continue;
		if ((p[i] == '}' || p[i] == ']') && last < n && before < n &&
		    p[last] == ',' && strchr(",:[{", p[before]) == NULL)
			p[last] = ' ';
		before = last;
		last = i;
	}
}

/* "line 3, column 5: ..." */
static void
comments_place(const char *p, size_t at, const struct err *why, struct err *e)
{
	size_t i, line = 1, column = 1;

	for (i = 0; i < at; i++) {
		/* A character counts once. */
		column += ((unsigned char)p[i] & 0xc0) != 0x80;
		if (p[i] == '\n') {
			line++;
			column = 1;
		}
	}
	err_set(e, "line %zu, column %zu: %s", line, column, why->text);
}

cJSON *
config_json(char *p, size_t n, struct err *e)
{
	struct err why = ERR_INIT;
	cJSON *o = NULL;
	size_t at = 0;

	if (comments_strip(p, n, &at, &why) == 0) {
		comments_commas(p, n);
		o = json_parse_at(p, n, JSON_NUL_REFUSE, &at, &why);
	}
	if (o == NULL)
		comments_place(p, at, &why, e);
	return o;
}

enum config_where {
	WHERE_TOP, WHERE_SAVED, WHERE_EXEC, WHERE_PROJECT, WHERE_PROFILE,
	WHERE_MACHINE,
};
#define CONFIG_MAX_BYTES ((size_t)1 << 20)
#define PROJECT_FILE ".assent/config.json"

/* ---- storing one value ---- */

char *
config_where(const struct config *c, const char *setting)
{
	const char *from = json_str_or(c->origins, setting, "");

	/* Options and variables name it. */
	return strncmp(from, "--", 2) == 0 || strncmp(from, "ASSENT_", 7) == 0 ?
	    xstrdup(from) : xasprintf("%s: %s", from, setting);
}

void
config_set_take(struct config *c, const struct setting *s, cJSON *v,
    const char *origin)
{
	json_set_take(c->values, s->name, v);
	json_set_take(c->origins, s->name, cJSON_CreateString(origin));
}

void
config_list_append(struct config *c, const struct setting *s, cJSON *v,
    const char *origin)
{
	cJSON *old = cJSON_GetObjectItemCaseSensitive(c->values, s->name);
	cJSON *it;

	if (old == NULL) {
		config_set_take(c, s, v, origin);
		return;
	}
	while ((it = cJSON_DetachItemFromArray(v, 0)) != NULL)
		cJSON_AddItemToArray(old, it);
	cJSON_Delete(v);
}

/* Put our patterns in front of the user's: later ones win. */
static void
config_list_prepend(struct config *c, const struct setting *s, cJSON *v,
    const char *origin)
{
	AUTO_JSON cJSON *old =
	    cJSON_DetachItemFromObjectCaseSensitive(c->values, s->name);
	cJSON *it;

	while ((it = cJSON_DetachItemFromArray(old, 0)) != NULL)
		cJSON_AddItemToArray(v, it);
	config_set_take(c, s, v, origin);
}

/* A tool's effects; 0: it neither changes files nor runs commands. */
static unsigned
config_tool_effects(const char *name)
{
	const struct tool_entry *t = tool_find(name);

	return t == NULL ? TOOL_COMMAND : t->effects &
	    (TOOL_WRITES | TOOL_COMMAND);
}

int
config_tools_known(const cJSON *list, struct err *e)
{
	const cJSON *it;
	const char *near;

	cJSON_ArrayForEach(it, list) {
		if (tool_find(it->valuestring) != NULL)
			continue;
		if (strcmp(it->valuestring, "web_fetch") == 0)
			return err_set(e, "web_fetch was removed; use bash "
			    "(the model gets web pages with curl)");
		near = NEAR_IN(tool_table, tool_table_len, it->valuestring);
		return err_set(e, "unknown tool \"%.60s\"%s%s%s",
		    it->valuestring, near == NULL ? "" : "; did you mean \"",
		    near == NULL ? "" : near, near == NULL ? "" : "\"?");
	}
	return 0;
}

/* The names in both lists, and those of v that only read or report. */
static void
config_list_intersect(struct config *c, const struct setting *s, cJSON *v,
    const char *origin)
{
	cJSON *old = cJSON_GetObjectItemCaseSensitive(c->values, s->name);
	const cJSON *it;
	int i;

	if (old == NULL) {
		config_set_take(c, s, v, origin);
		return;
	}
	for (i = cJSON_GetArraySize(old) - 1; i >= 0; i--)
		if (!json_has(v, cJSON_GetArrayItem(old, i)->valuestring))
			cJSON_DeleteItemFromArray(old, i);
	cJSON_ArrayForEach(it, v)
		if (!json_has(old, it->valuestring) &&
		    config_tool_effects(it->valuestring) == 0)
			cJSON_AddItemToArray(old, cJSON_Duplicate(it, 1));
	cJSON_Delete(v);
}

/* "!glob" would cancel earlier patterns, including the user's. */
static int
config_no_taking_back(const cJSON *list, struct err *e)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, list)
		if (it->valuestring[0] == '!')
			return err_set(e, "this file can't exclude a "
			    "pattern (\"%.60s\")", it->valuestring);
	return 0;
}

/* A value of a project or the machine: it can only narrow the user's. Takes
 * v. */
static int
config_narrow(struct config *c, const struct setting *s, cJSON *v,
    const char *origin, struct err *e)
{
	const cJSON *old = json_get(c->values, s->name);

	/* No limit of the machine is a value of ours. */
	if ((s->flags & SETTING_HOSTS) != 0)
		cJSON_Delete(v);
	else if (strcmp(s->name, "text") == 0) {
		cJSON_Delete(c->project_text);
		c->project_text = v;
	} else if (s->type == SETTING_LIST) {
		if (config_no_taking_back(v, e) < 0) {
			cJSON_Delete(v);
			return -1;
		}
		config_list_append(c, s, v, origin);
	} else if (s->type == SETTING_TEXT)
		config_set_take(c, s, v, origin);
	else if (s->type == SETTING_APPROVE ? approve_find(v->valuestring) <=
	    approve_find(old->valuestring) : strstr(s->words, v->valuestring) <=
	    strstr(s->words, old->valuestring))
		/* The words are sorted from narrow to wide, and none is a part
		 * of another. */
		config_set_take(c, s, v, origin);
	else
		cJSON_Delete(v);
	return 0;
}

/* ---- the user's MCP servers, in the form that other agents use ---- */

#define MCP_NAME_MAX	24	/* the names of its tools begin with it */
#define MCP_TIMEOUT_MAX	86400

/* Its tools are "server__tool": the first "__" has to be its end, or another
 * server's tool could have the same name. */
bool
config_name_ok(const char *name)
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
int
config_variables_check(const cJSON *o, struct err *e)
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

static int
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

/* The server gets the token: only https, and no name or password in the URL. */
static int
mcp_url(const cJSON *it, struct err *e)
{
	const char *url = cJSON_IsString(it) ? it->valuestring : "";
	bool tls = strncmp(url, "https://", 8) == 0;

	if ((!tls && strncmp(url, "http://", 7) != 0) || *url_host(url) == '\0')
		return err_set(e, "must be a URL that starts with https://");
	if (url_has_user(url))
		return err_set(e, "can't contain a name or password, because "
		    "it is recorded; use headers or api_key_command");
	if (!tls && !url_is_local(url))
		return err_set(e, "must start with https://: http:// isn't "
		    "encrypted, and only for this machine (localhost)");
	return 0;
}

/* A client that the user made where the server's sign-in is. */
static int
mcp_oauth(const cJSON *o, struct err *e)
{
	static const char *const texts[] = { "clientId", "clientSecretEnv",
		"issuer" };
	const cJSON *it;

	if (!cJSON_IsObject(o))
		return err_set(e, "must be an object");
	cJSON_ArrayForEach(it, o) {
		if (MEM_FIND(texts, it->string) != NULL ?
		    cJSON_IsString(it) && it->valuestring[0] != '\0' :
		    strcmp(it->string, "callbackPort") == 0 &&
		    cJSON_IsNumber(it) && it->valuedouble >= 1 &&
		    it->valuedouble <= 65535)
			continue;
		return err_set(e, "%.60s isn't valid (clientId, "
		    "clientSecretEnv and issuer are texts, callbackPort is a "
		    "port)", it->string);
	}
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

int
config_key_command(const cJSON *v, struct err *e)
{
	const cJSON *it;

	if (!cJSON_IsString(v) && !cJSON_IsArray(v))
		return err_set(e, "must be a string or a list of strings");
	if (cJSON_IsArray(v) && mcp_args(v, e) < 0)
		return -1;
	it = cJSON_IsString(v) ? v : v->child;
	return it != NULL && it->valuestring[strspn(it->valuestring,
	    " \t\r\n")] != '\0' ? 0 : err_set(e, "must name a program");
}

int
config_member(const struct config_member *members, size_t n, const char *known,
    const cJSON *it, struct err *e)
{
	const struct config_member *row = MEM_FIND_IN(members, n, it->string);
	const char *near = NEAR_IN(members, n, it->string);

	if (row != NULL)
		return row->check(it, e);
	return near == NULL ? err_set(e, "unknown (%s)", known) :
	    err_set(e, "unknown; did you mean \"%s\"?", near);
}

static int
config_mcp_member(const cJSON *it, struct err *e)
{
	static const struct config_member members[] = {
		{ "api_key_command", config_key_command }, { "args", mcp_args },
		{ "command", mcp_command }, { "env", config_variables_check },
		{ "headers", config_headers }, { "oauth", mcp_oauth },
		{ "sandbox", mcp_sandbox },
		{ "timeout_s", mcp_timeout }, { "trust", mcp_trust },
		{ "type", mcp_type }, { "url", mcp_url },
	};

	return config_member(members, MEM_COUNT(members), "command, args, env, "
	    "sandbox, url, headers, oauth, api_key_command, timeout_s and trust "
	    "are known", it, e);
}

int
config_twice(const cJSON *item, const char *file, const char *prefix,
    struct err *e)
{
	const cJSON *it;

	for (it = item->next; it != NULL; it = it->next)
		if (strcmp(it->string, item->string) == 0)
			return err_set(e, "%s: %s%.60s: defined twice",
			    file, prefix, item->string);
	return 0;
}

static int
config_mcp(struct config *c, const cJSON *o, const char *file, struct err *e)
{
	const cJSON *s, *it;

	if (!cJSON_IsObject(o))
		return err_set(e, "%s: mcpServers: must be an object", file);
	cJSON_ArrayForEach(s, o) {
		if (!config_name_ok(s->string))
			return err_set(e, "%s: mcpServers: invalid name "
			    "\"%.60s\": up to %d letters, digits, - and _, "
			    "without __, and with no _ at its end", file,
			    s->string, MCP_NAME_MAX);
		if (config_twice(s, file, "mcpServers.", e) < 0)
			return -1;
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

/* ---- files ---- */

/* Settings that assent saves. */
static const char *const config_saves[] = { "encodings", "hooks", "mcpServers",
	"model", "net_allow", "processes_unheld", "toolchains" };

/* Members of the file that aren't settings. */
static const char *const config_special[] = { "agents", "providers", "exec",
	"keys", "mcpServers", "registries" };

/* Settings of older releases, and what to do instead. */
static const struct {
	const char	*name, *instead;
} config_gone[] = {
	{ "order", "files come by path, noted ones first" },
	{ "products", "what .gitignore or .git/info/exclude names isn't proposed" },
	{ "program_status", "the window's title says it (title)" },
	{ "worktree_setup", "use a hook of session_start" },
};

static int
config_unknown(const char *file, const char *prefix, const char *name,
    const char *near, struct err *e)
{
	if (near == NULL)
		return err_set(e, "%s: %s%.60s: unknown setting (see man "
		    "assent-config)", file, prefix, name);
	return err_set(e, "%s: %s%.60s: unknown setting; did you mean \"%s\"?",
	    file, prefix, name, near);
}

static int
config_unknown_setting(const char *file, const char *prefix, const char *key,
    struct err *e)
{
	struct near near = NEAR_INIT(key);
	size_t i;

	if (MEM_FIND(config_gone, key) != NULL)
		return err_set(e, "%s: %s%s was removed; %s", file, prefix,
		    key, MEM_FIND(config_gone, key)->instead);
	for (i = 0; i < setting_table_len; i++)
		near_try(&near, setting_table[i].name);
	for (i = 0; i < MEM_COUNT(config_special); i++)
		near_try(&near, config_special[i]);
	return config_unknown(file, prefix, key, near.known, e);
}

static bool
config_format_ok(const char *format)
{
#define FORMAT_IS(f, name, then) || strcmp(format, name) == 0
	return false FORMAT_TABLE(FORMAT_IS);
}

static int
config_dialect(const char *name, const char *format, const char *file,
    const char *prefix, struct err *e)
{
	struct err why = ERR_INIT;

	if (name == NULL)
		return 0;
	if (strcmp(format, "openai-chat") != 0 &&
	    strcmp(format, "anthropic") != 0)
		return err_set(e, "%s: %sdialect: needs the format openai-chat "
		    "or anthropic", file, prefix);
	if (dialect_read(name, NULL, &why) == NULL)
		return err_set(e, "%s: %sdialect: %s", file, prefix, why.text);
	return 0;
}

/* It is recorded, so it can't have a key. */
static int
config_path(const char *path, struct err *e)
{
	static const char *const keys[] = { "key=", "token=", "sig=",
		"secret=" };
	size_t i;

	for (i = 0; path[i] != '\0' && (unsigned char)path[i] > 0x20 &&
	    (unsigned char)path[i] < 0x7f && path[i] != '#'; i++)
		;
	if (path[0] != '/' || path[i] != '\0')
		return err_set(e, "must be a path with or without a query, such "
		    "as /deployments/{model}/chat/completions?api-version="
		    "2024-10-21");
	return !MEM_HAS_ANY(keys, path) ? 0 : err_set(e, "can't have a key, "
	    "because it is recorded");
}

static int
config_provider(const cJSON *p, const char *file, struct err *e)
{
	const cJSON *it;
	const char *format = json_str(p, "format");
	struct err why = ERR_INIT;
	char prefix[128];
	int rc = 0;

	snprintf(prefix, sizeof(prefix), "providers.%.60s.", p->string);
	if (!cJSON_IsObject(p))
		return err_set(e, "%s: providers.%.60s: must be an object",
		    file, p->string);
	if (json_is(p, "format", "replay"))
		return err_set(e, "%s: %sformat: replay was removed; use "
		    "assent exec --answers SESSION", file, prefix);
	cJSON_ArrayForEach(it, p) {
		if (MEM_FIND_IN(setting_providers, setting_providers_len,
		    it->string) == NULL)
			return config_unknown(file, prefix, it->string,
			    NEAR_IN(setting_providers, setting_providers_len,
			    it->string), e);
		if (config_twice(it, file, prefix, e) < 0)
			return -1;
		if (strcmp(it->string, "api_key_command") == 0)
			rc = config_key_command(it, &why);
		else if (strcmp(it->string, "headers") == 0)
			rc = config_headers(it, &why);
		else if (!cJSON_IsString(it) || it->valuestring[0] == '\0')
			rc = err_set(&why, "must be a string");
		else if (strcmp(it->string, "path") == 0)
			rc = config_path(it->valuestring, &why);
		else if (strcmp(it->string, "auth") == 0 &&
		    strcmp(it->valuestring, "bearer") != 0 &&
		    strcmp(it->valuestring, "api-key") != 0)
			rc = err_set(&why, "must be bearer or api-key");
		if (rc < 0)
			return err_set(e, "%s: %s%s: %s", file, prefix,
			    it->string, why.text);
	}
	if (format == NULL)
		return err_set(e, "%s: %sformat: missing; must be "
		    FORMAT_NAMES, file, prefix);
	if (!config_format_ok(format))
		return err_set(e, "%s: %sformat: must be " FORMAT_NAMES
		    ", not \"%.40s\"", file, prefix, format);
	if (json_str(p, "base_url") == NULL)
		return err_set(e, "%s: %sbase_url: missing; must be the "
		    "server's URL", file, prefix);
	return config_dialect(json_str(p, "dialect"), format, file, prefix, e);
}

static int
config_providers(struct config *c, const cJSON *o, const char *file,
    struct err *e)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, o) {
		if (it->string[0] == '\0' || strchr(it->string, '/') != NULL)
			return err_set(e, "%s: providers: invalid name "
			    "\"%.60s\"", file, it->string);
		if (config_twice(it, file, "providers.", e) < 0 ||
		    config_provider(it, file, e) < 0)
			return -1;
		json_copy(c->providers, it->string, it);
	}
	return 0;
}

/* The screen checks their meaning. */
static int
config_keys_take(struct config *c, const cJSON *o, const char *file,
    struct err *e)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, o)
		if (config_twice(it, file, "keys.", e) < 0)
			return -1;
	c->keys = cJSON_Duplicate(o, 1);
	return 0;
}

static int
config_agents_take(struct config *c, const cJSON *o, const char *file,
    struct err *e)
{
	c->agents = cJSON_Duplicate(o, 1);
	return config_agents_check(o, file, false, e);
}

/* The members that aren't settings. */
static int
config_parts(struct config *c, const cJSON *o, const char *file, struct err *e)
{
	static const struct {
		const char	*name;
		int		(*take)(struct config *, const cJSON *,
				    const char *, struct err *);
	} parts[] = {
		{ "providers", config_providers }, { "mcpServers", config_mcp },
		{ "keys", config_keys_take }, { "agents", config_agents_take },
		{ "registries", config_registries },
	};
	const cJSON *part;
	size_t i;

	for (i = 0; i < MEM_COUNT(parts); i++) {
		if ((part = json_get(o, parts[i].name)) == NULL)
			continue;
		if (!cJSON_IsObject(part))
			return err_set(e, "%s: %s: must be an object", file,
			    parts[i].name);
		if (parts[i].take(c, part, file, e) < 0)
			return -1;
	}
	return 0;
}

/* Merges the members of a file; `file` is for messages. */
static int
config_layer(struct config *c, const cJSON *o, const char *file,
    enum config_where where, struct err *e)
{
	static const struct { unsigned has; const char *why; }
	config_flag[] = {
		[WHERE_TOP] = { 0, "" },
		[WHERE_SAVED] = { 0, "put it in config.json" },
		[WHERE_EXEC] = { SETTING_EXEC, "exec can't have its own "
		    "value; set it at the top level" },
		[WHERE_PROJECT] = { SETTING_PROJECT, "a project can't set "
		    "this; put it in your own config.json" },
		[WHERE_PROFILE] = { SETTING_PROFILE, "a profile can't set "
		    "this" },
		[WHERE_MACHINE] = { SETTING_MACHINE, "this file can't set it; "
		    "it can have agents, approve, net_allow, protected, "
		    "sandbox_require and secret" },
	};
	const char *prefix = where == WHERE_EXEC ? "exec." : "";
	bool narrows = where == WHERE_PROJECT || where == WHERE_MACHINE;
	const struct setting *s;
	const cJSON *it;
	struct err why;
	cJSON *v;

	cJSON_ArrayForEach(it, o) {
		bool special = MEM_FIND(config_special, it->string) != NULL;
		bool agents = where == WHERE_MACHINE &&
		    strcmp(it->string, "agents") == 0;

		if (config_twice(it, file, prefix, e) < 0)
			return -1;
		if (where == WHERE_PROFILE)
			special = strcmp(it->string, "about") == 0;
		s = MEM_SEARCH(setting_table, setting_table_len,
		    it->string);
		if (s == NULL && !(special && where != WHERE_EXEC))
			return config_unknown_setting(file, prefix, it->string,
			    e);
		if (where == WHERE_SAVED ? MEM_FIND(config_saves,
		    it->string) == NULL : (s == NULL ? !agents && (!special || narrows) :
		    (s->flags & config_flag[where].has)
		    != config_flag[where].has))
			return err_set(e, "%s: %s%s: %s", file, prefix,
			    it->string, config_flag[where].why);
		if (special)
			continue;
		why = (struct err)ERR_INIT;
		v = setting_from_json(s, it, &why);
		/* Now: merging another list may drop an unknown name unseen. */
		if (v != NULL && (s->flags & SETTING_TOOLS) != 0 &&
		    config_tools_known(v, &why) < 0)
			json_drop(&v);
		if (v == NULL)
			return err_set(e, "%s: %s%s: %s", file, prefix,
			    s->name, why.text);
		if (where == WHERE_PROFILE &&
		    (s->flags & SETTING_TOOLS) != 0) {
			config_list_intersect(c, s, v, file);
		} else if (where == WHERE_PROFILE && s->type == SETTING_LIST)
			config_list_prepend(c, s, v, file);
		else if (where == WHERE_SAVED && cJSON_IsArray(v))
			config_list_append(c, s, v, file);
		else if (where == WHERE_SAVED && cJSON_IsObject(v)) {
			/* Later ones of these win. */
			encodings_add(v, json_get(c->values, s->name));
			config_set_take(c, s, v, file);
		} else if (where == WHERE_SAVED && json_get(c->values,
		    s->name) != NULL)
			cJSON_Delete(v);
		else if (!narrows)
			config_set_take(c, s, v, file);
		else if (config_narrow(c, s, v, file, &why) < 0)
			return err_set(e, "%s: %s: %s", file, s->name,
			    why.text);
	}
	return 0;
}

/* Reads the file, up to the buffer's maximum: 1; 0 if it doesn't exist; or -1.
 * `beneath`: follow no links, because a project's file isn't trusted. */
static int
config_read(int dirfd, const char *path, const char *shown, bool beneath,
    struct buf *b, struct err *e)
{
	struct stat st;
	/* A project's file may be a FIFO, which must not block us. */
	AUTO_CLOSE int fd = beneath ?
	    fs_open_beneath(dirfd, path, O_RDONLY | O_NONBLOCK, 0) :
	    openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 :
		    err_sys(e, "can't open %s", shown);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, "%s is not a regular file", shown);
	return fs_read_all(fd, b) < 0 ? err_sys(e, "can't read %s", shown) : 1;
}

/* The same, parsed; NULL with *e, or without it if the file doesn't exist. */
static cJSON *
config_parse(int dirfd, const char *path, const char *shown, bool beneath,
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(CONFIG_MAX_BYTES);
	struct err why = ERR_INIT;
	cJSON *o = NULL;

	if (config_read(dirfd, path, shown, beneath, &b, e) < 1)
		;
	else if (b.len == 0 || (o = config_json(b.p, b.len, &why)) == NULL)
		err_set(e, "%s: %s", shown,
		    b.len == 0 ? "the file is empty; it needs at least {}"
			       : why.text);
	else if (!cJSON_IsObject(o)) {
		err_set(e, "%s: must be an object: { ... }", shown);
		json_drop(&o);
	}
	return o;
}

/* A file, or a folder and each of its entries. */
static int
config_check_mine(const char *path, struct err *e)
{
	DIR *d = fs_opendir(path);
	const struct dirent *de;
	int rc = fs_check_own(path, e);

	while (rc == 0 && (de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *entry = fs_join(path, de->d_name);

		rc = fs_check_own(entry, e);
	}
	fs_close_dir_at(&d);
	return rc;
}

/* Settings beside the file may send the key elsewhere, too. */
static int
config_check_beside(const struct config *c, struct err *e)
{
	static const char *const own[] = { "keys", "models.json",
		CONFIG_TOKENS, "prices.json", "profiles", "prompts", CONFIG_SAVED };
	int rc = 0;
	size_t i;

	for (i = 0; i < MEM_COUNT(own) && rc == 0; i++) {
		AUTO_FREE char *path = config_beside(c, own[i]);

		rc = access(path, F_OK) != 0 ? 0 : config_check_mine(path, e);
	}
	return rc;
}

/* Saved settings count less than those that the user wrote. */
static int
config_saved_file(struct config *c, const char *root, struct err *e)
{
	AUTO_FREE char *path = config_beside(c, CONFIG_SAVED);
	AUTO_JSON cJSON *o = config_parse(AT_FDCWD, path, path, false, e);
	AUTO_JSON cJSON *projects = cJSON_DetachItemFromObjectCaseSensitive(o,
	    CONFIG_PROJECTS);
	AUTO_JSON cJSON *own = cJSON_CreateObject();

	if (o == NULL)
		return err_is_set(e) ? -1 : 0;
	json_copy(own, "encodings", json_get(json_get(projects, root == NULL ?
	    "" : root), "encodings"));
	/* Those saved for the project count more than those for all. */
	return config_layer(c, own, path, WHERE_SAVED, e) < 0 ||
	    config_layer(c, o, path, WHERE_SAVED, e) < 0 ? -1 :
	    config_parts(c, o, path, e);
}

static int
config_user_file(struct config *c, const char *root, struct err *e)
{
	const char *given = config_env(c, "ASSENT_CONFIG");
	AUTO_JSON cJSON *o = NULL;
	const cJSON *exec;
	int rc = 0;

	if (c->path == NULL)
		return 0;
	if (config_check_beside(c, e) < 0)
		return -1;
	o = config_parse(AT_FDCWD, c->path, c->path, false, e);
	if (o == NULL) {
		if (!err_is_set(e) && given != NULL)
			return err_set(e, "%s, from ASSENT_CONFIG, doesn't "
			    "exist", c->path);
		return err_is_set(e) ? -1 : config_saved_file(c, root, e);
	}
	exec = json_get(o, "exec");
	if (fs_check_own(c->path, e) < 0 ||
	    config_layer(c, o, c->path, WHERE_TOP, e) < 0)
		rc = -1;
	else if (exec != NULL && !cJSON_IsObject(exec))
		rc = err_set(e, "%s: exec: must be an object", c->path);
	else if (config_parts(c, o, c->path, e) < 0 ||
	    config_saved_file(c, root, e) < 0)
		rc = -1;
	/* Checked in every mode, used only by exec. */
	if (rc == 0 && exec != NULL) {
		AUTO_JSON cJSON *values = cJSON_Duplicate(c->values, 1);
		AUTO_JSON cJSON *origins = cJSON_Duplicate(c->origins, 1);
		struct config trial = { .values = values, .origins = origins };

		rc = config_layer(strcmp(c->mode, "exec") == 0 ? c : &trial,
		    exec, c->path, WHERE_EXEC, e);
	}
	return rc;
}

static int
config_project_file(struct config *c, const char *root, struct err *e)
{
	AUTO_JSON cJSON *o = NULL;
	AUTO_CLOSE int fd = -1;
	const char *shown;
	int rc = 0;

	if (root == NULL)
		return 0;
	fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "can't open %s", root);
	shown = c->project_file = fs_join(root, PROJECT_FILE);
	o = config_parse(fd, PROJECT_FILE, shown, true, e);
	if (o != NULL)
		rc = config_layer(c, o, shown, WHERE_PROJECT, e);
	else if (err_is_set(e))
		rc = -1;
	return rc;
}

int
config_machine(struct config *c, const struct config_request *r,
    struct err *e)
{
	const char *path = r->machine != NULL ? r->machine : CONFIG_MACHINE;
	AUTO_JSON cJSON *o = config_parse(AT_FDCWD, path, path, false, e);
	const cJSON *agents = json_get(o, "agents");
	struct err why = ERR_INIT;
	struct stat st;

	/* A limit must not be gone by mistake. */
	if (o == NULL && !err_is_set(e) && lstat(path, &st) == 0)
		return err_set(e, "%s is a link that leads nowhere", path);
	if (o == NULL)
		return err_is_set(e) ? -1 : 0;
	if (fs_check_own(path, e) < 0 ||
	    config_layer(c, o, path, WHERE_MACHINE, e) < 0 ||
	    (agents != NULL && (cJSON_IsArray(agents) ? mcp_args(agents, &why) :
	    config_agents_check(agents, path, false, e)) < 0))
		return err_is_set(&why) ? err_set(e, "%s: agents: %s", path,
		    why.text) : -1;
	c->machine = cJSON_Duplicate(o, 1);
	return 0;
}

/*
 * Profiles: settings for a kind of work in NAME.json, with instructions for the
 * model in NAME.md or a complete system prompt in NAME.system.md.  The built-in
 * ones are in share/profiles; the user's, in profiles/ next to config.json,
 * replace built-in ones of the same name.
 */

#define PROFILE_DEFAULT	"code"
#define PROFILE_NAME_MAX 40
#define PROFILE_TEXT_MAX ((size_t)64 << 10)

static bool
profile_name_ok(const char *name)
{
	const char *s;

	for (s = name; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_')
			return false;
	return s > name && s - name <= PROFILE_NAME_MAX;
}

/* The name from the flag, the variable or the user's file; borrowed. */
static const char *
profile_named(const struct config *c, const struct config_request *r,
    const char **from)
{
	const char *name;
	size_t i;

	for (i = r->flags_len; i > 0; i--)
		if (strcmp(r->flags[i - 1].setting, "profile") == 0) {
			*from = r->flags[i - 1].flag;
			return r->flags[i - 1].text;
		}
	*from = "ASSENT_PROFILE";
	name = config_env(c, *from);
	if (name != NULL)
		return name;
	*from = json_str(c->origins, "profile");
	return json_str(c->values, "profile");
}

/* The instructions for the model: *text malloc'ed, or NULL. */
static int
profile_text(int dirfd, const char *name, const char *end, const char *dir,
    char **text, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(PROFILE_TEXT_MAX);
	AUTO_FREE char *file = xasprintf("%s%s", name, end);
	AUTO_FREE char *path = fs_join(dir, file);
	int rc = config_read(dirfd, file, path, false, &b, e);

	*text = NULL;
	if (rc > 0 && (!utf8_is_valid(buf_str(&b), b.len) ||
	    memchr(buf_str(&b), '\0', b.len) != NULL))
		rc = err_set(e, "%s isn't UTF-8 text", path);
	else if (rc > 0)
		*text = buf_take(&b);
	return rc < 0 ? -1 : 0;
}

/* Reads it from this directory: 1, or 0 if it isn't there. */
static int
profile_from(struct config *c, const char *dir, const char *name,
    struct err *e)
{
	AUTO_FREE char *file = xasprintf("%s.json", name);
	AUTO_FREE char *shown = fs_join(dir, file);
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;
	AUTO_JSON cJSON *o = NULL;

	if (fd >= 0)
		o = config_parse(fd, file, shown, false, e);
	if (o != NULL) {
		rc = 1;
		c->profile = xstrdup(name);
		c->profile_about = xstrdup_null(json_str(o, "about"));
		if (config_layer(c, o, shown, WHERE_PROFILE, e) < 0 ||
		    profile_text(fd, name, ".md", dir, &c->profile_text,
		    e) < 0 ||
		    profile_text(fd, name, ".system.md", dir,
		    &c->profile_system, e) < 0)
			rc = -1;
	} else if (err_is_set(e))
		rc = -1;
	return rc;
}

/* Merges the profile named by flags, variables or the user's file. */
static int
config_profile(struct config *c, const struct config_request *r,
    struct err *e)
{
	const char *from, *name = profile_named(c, r, &from);
	char *dirs[2] = { NULL, NULL };
	int rc = 0;
	size_t i;

	if (!profile_name_ok(name))
		return err_set(e, "%s: profile: invalid name \"%.60s\" (use "
		    "letters, digits, - and _)", from, name);
	dirs[0] = config_beside(c, "profiles");
	dirs[1] = r->profiles != NULL ? xstrdup(r->profiles) :
	    self_find(SELF_SHARE, "profiles", NULL);
	for (i = 0; i < MEM_COUNT(dirs) && rc == 0; i++)
		if (dirs[i] != NULL)
			rc = profile_from(c, dirs[i], name, e);
	if (rc == 0 && strcmp(name, PROFILE_DEFAULT) != 0)
		rc = err_set(e, "%s: unknown profile \"%s\" (assent config "
		    "profiles lists them)", from, name);
	FREE_ALL(dirs[0], dirs[1]);
	return rc < 0 ? -1 : 0;
}

int
config_files(struct config *c, const struct config_request *r, struct err *e)
{
	return config_user_file(c, r->root, e) < 0 || config_profile(c, r, e) < 0 ||
	    config_project_file(c, r->root, e) < 0 ? -1 : 0;
}

/* ---- for a list of them ---- */

static bool
profile_is_one(const char *file)
{
	size_t n = strlen(file);
	AUTO_FREE char *name = n <= 5 ? NULL : xmemdup(file, n - 5);

	return name != NULL && strcmp(file + n - 5, ".json") == 0 &&
	    profile_name_ok(name);
}

/* A line for the file, unless one of the same name was in `over`. */
static void
profile_list_add(const char *dir, const char *over, const char *file,
    struct buf *b)
{
	AUTO_FREE char *path = fs_join(dir, file);
	AUTO_FREE char *first = over == NULL ? NULL : fs_join(over, file);
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *o = NULL;

	if (first != NULL && access(first, F_OK) == 0)
		return;
	o = config_parse(AT_FDCWD, path, path, false, &e);
	buf_addf(b, "%-11.*s %s\n", (int)strlen(file) - 5, file,
	    err_is_set(&e) ? e.text : json_str_or(o, "about", ""));
}

void
config_profile_list(const struct config *c, struct buf *b)
{
	AUTO_FREE char *mine = config_beside(c, "profiles");
	AUTO_FREE char *ours = self_find(SELF_SHARE, "profiles", NULL);
	const char *dirs[2] = { mine, ours };
	size_t i, k, n;

	buf_addf(b, "%-11s general work (the default)\n", PROFILE_DEFAULT);
	for (i = 0; i < MEM_COUNT(dirs); i++) {
		AUTO_CLOSE int fd = dirs[i] == NULL ? -1 : open(dirs[i],
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		char **v = fs_names(fd, SIZE_MAX, &n);

		for (k = 0; k < n; k++)
			if (profile_is_one(v[k]))
				profile_list_add(dirs[i], i == 0 ? NULL : mine,
				    v[k], b);
		xfree_list(v, n);
	}
}

int
config_save(const struct config *c, int change(cJSON *saved, void *arg,
    struct err *), void *arg, struct err *e)
{
	AUTO_FREE char *path = config_beside(c, CONFIG_SAVED);
	AUTO_FREE char *dir = config_beside(c, ".");
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_JSON cJSON *o = NULL;
	AUTO_CLOSE int fd = -1;
	AUTO_FREE char *text = NULL;
	int rc;

	if (path == NULL)
		return err_set(e, "there is no home directory to keep settings "
		    "in");
	if (fs_mkdirs(dir, 0700, e) < 0)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return err_sys(e, "can't lock %s", dir);
	o = config_parse(fd, CONFIG_SAVED, path, false, e);
	if (o == NULL && err_is_set(e))
		return -1;
	if (o == NULL)
		o = cJSON_CreateObject();
	if ((rc = change(o, arg, e)) <= 0)
		return rc;
	text = cJSON_Print(o);
	buf_addf(&b, "%s\n", text);
	if (b.len > CONFIG_MAX_BYTES)
		return err_set(e, "%s would be too large", path);
	return fs_replace(fd, CONFIG_SAVED, b.p, b.len, 0600, e) < 0 ? -1 : 1;
}

int
config_mcp_add(cJSON *saved, void *servers, struct err *e)
{
	cJSON *to = cJSON_GetObjectItemCaseSensitive(saved, "mcpServers");
	const cJSON *it, *from = servers;

	if (to == NULL)
		to = cJSON_AddObjectToObject(saved, "mcpServers");
	cJSON_ArrayForEach(it, from) {
		if (json_get(to, it->string) != NULL)
			return err_set(e, "mcpServers.%s: there is one of this "
			    "name", it->string);
		json_copy(to, it->string, it);
	}
	return 1;
}

int
config_mcp_check(const cJSON *servers, const char *file, struct err *e)
{
	struct config checked = { 0 };
	int rc = config_mcp(&checked, servers, file, e);

	cJSON_Delete(checked.mcp_servers);
	return rc;
}

cJSON *
config_of_file(const char *path, bool mcp, struct err *e)
{
	const char *name = mcp ? "mcpServers" : "hooks";
	AUTO_JSON cJSON *o = config_parse(AT_FDCWD, path, path, false, e);
	cJSON *member = cJSON_DetachItemFromObjectCaseSensitive(o, name);

	if (o == NULL && !err_is_set(e))
		err_set(e, "%s doesn't exist", path);
	else if (o != NULL && member == NULL)
		err_set(e, "%s has no %s", path, name);
	if (mcp && member != NULL && config_mcp_check(member, path, e) < 0)
		json_drop(&member);
	return member;
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

/* ---- agents ---- */

cJSON *
config_agents(const struct config *c, struct err *e)
{
	AUTO_FREE char *path = c->agents_path != NULL ?
	    xstrdup(c->agents_path) : self_find(SELF_SHARE, "agents.json", e);
	AUTO_JSON cJSON *o = path == NULL ? NULL : config_parse(AT_FDCWD, path,
	    path, false, e);
	const cJSON *only = json_get(c->machine, "agents");
	const cJSON *const layers[] = { json_get(o, "agents"),
		cJSON_IsArray(only) ? NULL : only, c->agents };
	cJSON *rows = cJSON_CreateObject();
	const cJSON *row, *it;
	size_t i;

	for (i = 0; i < MEM_COUNT(layers); i++)
		cJSON_ArrayForEach(row, layers[i]) {
			cJSON *to = cJSON_GetObjectItemCaseSensitive(rows,
			    row->string);

			/* A list: the machine allows these and no others. */
			if (cJSON_IsArray(only) && !json_has(only, row->string))
				continue;
			if (to == NULL)
				to = cJSON_AddObjectToObject(rows, row->string);
			/* null takes a member away. */
			cJSON_ArrayForEach(it, row) {
				cJSON_DeleteItemFromObjectCaseSensitive(to,
				    it->string);
				if (!cJSON_IsNull(it))
					json_copy(to, it->string, it);
			}
		}
	if (o == NULL || config_agents_check(rows, c->path == NULL ? path :
	    c->path, true, e) < 0)
		json_drop(&rows);
	return rows;
}
