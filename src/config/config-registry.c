/*
 * config-registry: the user's rows of registries and git hosts that want a
 * credential. A project has none: a row says where a key goes. Rows and keys
 * leave this file for the hello, and nothing else.
 */

#include "config.h"

#include "config/config-int.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"
#include "config/settings.h"

/* Nothing that JSON, TOML, XML or git could take for something else. */
#define REGISTRY_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789-._"

static int
registry_letters(const cJSON *it, const char *more, const char *what,
    struct err *e)
{
	AUTO_FREE char *ok = xasprintf(REGISTRY_LETTERS "%s", more);
	const char *s = cJSON_IsString(it) ? it->valuestring : "";

	return s[0] != '\0' && s[strspn(s, ok)] == '\0' ? 0 :
	    err_set(e, "must be %s", what);
}

static int
registry_url(const cJSON *it, struct err *e)
{
	static const char what[] = "https://HOST/PATH/: a host with or without a "
	    "port, and a path of plain letters, with / at its end";
	const char *url = cJSON_IsString(it) ? it->valuestring : "";
	const char *host = url_host(url), *path = strchr(host, '/');

	if (registry_letters(it, "~+@:/", what, e) < 0)
		return -1;
	return strncmp(url, "https://", 8) == 0 && host == url + 8 &&
	    path != NULL && path > host && strstr(path, "//") == NULL &&
	    strstr(path, "/.") == NULL && url[strlen(url) - 1] == '/' ? 0 :
	    err_set(e, "must be %s", what);
}

static int
registry_for(const cJSON *it, struct err *e)
{
	static const char *const words[] = { "cargo", "git", "maven", "npm",
		"other", "pip" };

	return cJSON_IsString(it) && MEM_FIND(words, it->valuestring) != NULL ?
	    0 : err_set(e, "must be cargo, git, maven, npm, pip or other");
}

static int
registry_header(const cJSON *it, struct err *e)
{
	const char *s = cJSON_IsString(it) ? it->valuestring : "";
	const char *at = strstr(s, ": "), *key = strchr(s, '%'), *p = s;

	while (*p >= ' ' && *p <= '~')
		p++;
	return *p == '\0' && at != NULL && at > s && key != NULL && at < key &&
	    strcmp(key, "%s") == 0 ? 0 : err_set(e, "must be \"NAME: %%s\"");
}

static int
registry_scope(const cJSON *it, struct err *e)
{
	return cJSON_IsString(it) && it->valuestring[0] != '@' ?
	    err_set(e, "must begin with @") :
	    registry_letters(it, "@", "a scope such as @corp", e);
}

static int
registry_user(const cJSON *it, struct err *e)
{
	return registry_letters(it, "~+@$\\/", "a name without spaces and :", e);
}

static int
registry_mirror(const cJSON *it, struct err *e)
{
	return registry_letters(it, "*!,:", "ids as in Maven's mirrorOf", e);
}

static int
registry_paths(const cJSON *v, struct err *e)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, v)
		if (!cJSON_IsString(it) || it->valuestring[0] != '/')
			break;
	return cJSON_IsArray(v) && v->child != NULL && it == NULL ? 0 :
	    err_set(e, "must be a list of paths, which begin with /");
}

static int
registry_text(const cJSON *it, struct err *e)
{
	return cJSON_IsString(it) && it->valuestring[0] != '\0' ? 0 :
	    err_set(e, "must be text");
}

static int
registry_check(const cJSON *row, const char **at, struct err *e)
{
	static const struct config_member members[] = {
		{ "api_key_command", config_key_command },
		{ "api_key_env", registry_text },
		{ "api_key_file", registry_text },
		{ "ca_file", registry_text }, { "env", config_variables_check },
		{ "for", registry_for }, { "header", registry_header },
		{ "mirror_of", registry_mirror }, { "others", registry_url },
		{ "paths", registry_paths }, { "scope", registry_scope },
		{ "url", registry_url }, { "user", registry_user },
	};
	static const char *const needed[] = { "for", "url" };
	const cJSON *it;
	size_t i;

	cJSON_ArrayForEach(it, row) {
		*at = it->string;
		if (config_member(members, MEM_COUNT(members), "see man "
		    "assent-config", it, e) < 0)
			return -1;
	}
	for (i = 0; i < MEM_COUNT(needed); i++) {
		*at = needed[i];
		if (json_get(row, needed[i]) == NULL)
			return err_set(e, "missing");
	}
	*at = "header";
	return json_get(row, "header") == NULL || json_get(row, "user") == NULL ?
	    0 : err_set(e, "not together with user");
}

int
config_registries(struct config *c, const cJSON *rows, const char *file,
    struct err *e)
{
	const cJSON *row;
	struct err why = ERR_INIT;
	const char *at = "";

	cJSON_ArrayForEach(row, rows) {
		if (!config_name_ok(row->string))
			return err_set(e, "%s: registries: invalid name "
			    "\"%.60s\": up to 24 letters, digits, - and _, "
			    "without __, and with no _ at its end", file,
			    row->string);
		if (config_twice(row, file, "registries.", e) < 0)
			return -1;
		if (!cJSON_IsObject(row))
			return err_set(e, "%s: registries.%s: must be an object",
			    file, row->string);
		if (registry_check(row, &at, &why) < 0)
			return err_set(e, "%s: registries.%s.%.60s: %s", file,
			    row->string, at, why.text);
	}
	c->registries = cJSON_Duplicate(rows, 1);
	return 0;
}

/* ---- their keys ---- */

int
config_registry_key(const struct config *c, const cJSON *row,
    struct config_model *m, struct err *e)
{
	struct err why = ERR_INIT;

	memset(m, 0, sizeof(*m));
	m->provider = xasprintf("registries.%s", row->string);
	if (config_key(c, row, m, &why) == 0 && (m->key != NULL || c->held))
		return 0;
	return m->key_from != NULL ? err_set(e, "%s: %s", m->provider, why.text) :
	    err_set(e, "%s: %s%s", m->provider, m->key_env == NULL ?
	    "set api_key_env, api_key_file or api_key_command" : m->key_env,
	    m->key_env == NULL ? "" : " isn't set");
}

void
config_registries_tell(const struct config *c, cJSON *hello, struct err *e)
{
	static const char *const told[] = { "env", "for", "header", "mirror_of",
		"others", "paths", "scope", "url", "user" };
	cJSON *rows, *keys;
	const cJSON *row;

	if (c->registries == NULL)
		return;
	rows = cJSON_AddObjectToObject(hello, "registries");
	keys = cJSON_AddObjectToObject(hello, "registry_keys");
	cJSON_ArrayForEach(row, c->registries) {
		cJSON *o = cJSON_AddObjectToObject(rows, row->string);
		AUTO_FREE char *ca_file = json_str(row, "ca_file") == NULL ?
		    NULL : config_endpoint_path(c, json_str(row, "ca_file"));
		struct config_model m;

		JSON_COPY(o, row, told);
		json_add_str(o, "ca_file", ca_file);
		(void)config_registry_key(c, row, &m, e);
		json_add_str(keys, row->string, m.key);
		config_model_release(&m);
	}
}
