/* The start object: everything the core needs to know about this run. */
#include "config.h"

#include "config/config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/utf8.h"
#include "config/config-int.h"
#include "policy/grant.h"
#include "sandbox/sandbox-limits.h"

void
config_start_limits(cJSON *o, const struct config *c)
{
	cJSON *limits = cJSON_CreateObject();
	const struct sandbox_limit *t = sandbox_limit_table;

	for (; t < sandbox_limit_table + sandbox_limit_table_len; t++)
		if (t->setting != NULL)
			json_copy(limits, t->name, json_get(c->values,
			    t->setting));
	json_set_take(o, "limits", limits);
}

static void
start_settings(cJSON *o, const struct config *c)
{
	const struct setting *s = setting_table;

	for (; s < setting_table + setting_table_len; s++) {
		const cJSON *v = json_get(c->values, s->name);
		bool money = s->type == SETTING_MONEY;
		AUTO_FREE char *key = NULL;

		if ((s->flags & SETTING_CORE) == 0 || v == NULL)
			continue;
		key = xasprintf("%s%s", s->name, money ? "_usd" :
		    s->type == SETTING_DURATION ? "_ms" : "");
		json_set_take(o, key, money ?
		    money_to_json(config_int(c, s->name, 0)) :
		    cJSON_Duplicate(v, true));
	}
}

cJSON *
config_start_model(const struct config_model *m)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "provider", m->provider);
	json_add_str(o, "name", m->name);
	json_add_str(o, "format", m->format);
	json_add_str(o, "base_url", m->base_url);
	json_add_str(o, "replay_dir", m->replay_dir);
	json_add_str(o, "dialect", m->dialect);
	json_add_str(o, "key_env", m->key_env);
	json_add_str(o, "key_from", m->key_from);
	json_add_str(o, "ca_file", m->ca_file);
	json_copy(o, "price", m->price);
	if (m->window > 0)
		json_add_int(o, "window", m->window);
	json_copy(o, "facts", m->facts);
	return o;
}

/* Variables that locate toolchains; their values are directories. */
static const char *const start_variables[] = {
	"ANDROID_HOME", "ASDF_DATA_DIR", "ASDF_DIR", "CARGO_HOME",
	"COMPOSER_HOME", "CONDA_PREFIX", "DENO_DIR", "DENO_INSTALL_ROOT",
	"DOTNET_ROOT", "ELAN_HOME", "GHCUP_INSTALL_BASE_PREFIX", "GOENV_ROOT",
	"GOPATH", "GOROOT", "GRADLE_HOME", "JAVA_HOME", "JDK_HOME",
	"KOTLIN_HOME", "M2_HOME", "MAVEN_HOME", "MISE_DATA_DIR",
	"NODENV_ROOT", "NVM_DIR", "OPAMROOT", "PNPM_HOME", "PYENV_ROOT",
	"RBENV_ROOT", "RUSTUP_HOME", "SCALA_HOME", "SDKMAN_DIR", "SDKROOT",
	"SWIFTLY_HOME_DIR", "VCPKG_ROOT", "VOLTA_HOME",
};

static void
start_environment(cJSON *o, const char *(*get)(const char *name))
{
	cJSON *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < sizeof(start_variables) / sizeof(start_variables[0]);
	    i++) {
		const char *v = get(start_variables[i]);
		AUTO_FREE char *text = NULL;

		if (v == NULL || v[0] != '/')
			continue;
		text = xasprintf("%s=%s", start_variables[i], v);
		if (utf8_is_valid(text, strlen(text)))
			cJSON_AddItemToArray(list, cJSON_CreateString(text));
	}
	json_set_take(o, "environment", list);
}

/* The sources of the settings that auto-approve something. */
static void
start_origins(cJSON *o, const struct config *c)
{
	cJSON *origins = cJSON_CreateObject();
	const char *name;
	size_t i;

	for (i = 0; (name = grant_setting(i)) != NULL; i++)
		json_add_str(origins, name, config_origin(c, name));
	json_set_take(o, "origins", origins);
}

/* The user's own prompts, if any. */
static void
start_prompts_dir(cJSON *o, const struct config *c)
{
	AUTO_FREE char *dir = config_beside(c, "prompts");
	struct stat st;

	if (dir != NULL && stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		json_add_str(o, "prompts_dir", dir);
}

cJSON *
config_start(const struct config *c, const struct config_model *m,
    const struct config_start *s)
{
	cJSON *o = cJSON_CreateObject(), *rest = NULL, *routes = NULL;
	size_t i;

	json_add_str(o, "type", "start");
	json_add_str(o, "root", s->root);
	json_add_str(o, "cwd", s->cwd);
	json_add_str(o, "mode", s->mode);
	json_add_str(o, "task", s->task);
	json_add_str(o, "session", s->session);
	json_add_str(o, "state_dir", s->state_dir);
	json_add_str(o, "home", s->home);
	json_add_str(o, "path", s->path);
	if (s->getenv != NULL)
		start_environment(o, s->getenv);
	if (m != NULL)
		json_set_take(o, "model", config_start_model(m));
	else
		json_add_null(o, "model");
	for (i = 0; m != NULL && i < s->rest_len; i++) {
		if (rest == NULL)
			rest = cJSON_AddArrayToObject(o, "failover");
		cJSON_AddItemToArray(rest, config_start_model(&s->rest[i]));
	}
	if (m != NULL && s->routes_len > 0)
		routes = cJSON_AddObjectToObject(o, "routes");
	for (i = 0; routes != NULL && i < s->routes_len; i++)
		json_set_take(routes, s->routes[i].name,
		    config_start_model(&s->routes[i].model));
	start_settings(o, c);
	if (config_str(c, "test") != NULL)
		json_add_str(o, "test_by", c->test_by);
	json_add_str(o, "user_text", config_str(c, "text"));
	if (c->profile != NULL) {
		cJSON *p = cJSON_CreateObject();

		json_add_str(p, "name", c->profile);
		json_add_str(p, "about", c->profile_about);
		json_add_str(p, "text", c->profile_text);
		json_add_str(p, "system", c->profile_system);
		json_set_take(o, "profile", p);
	}
	start_prompts_dir(o, c);
	json_copy(o, "project_text", c->project_text);
	if (c->mcp_servers != NULL)
		json_set_take(o, "mcp_servers", config_mcp_start(c));
	config_start_limits(o, c);
	start_origins(o, c);
	json_add_bool(o, "person", s->person);
	json_add_bool(o, "keep_alive", s->keep_alive);
	return o;
}
