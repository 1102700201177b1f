/*
 * Merges defaults, files (config-file.c), variables and flags, in this order,
 * into one
 * object of canonical values.  An unknown setting is an error: ignoring it
 * silently would be worse.
 */
#include "config.h"

#include "config/config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "config/config-int.h"
#include "policy/approve.h"

const char *
config_env(const struct config *c, const char *name)
{
	size_t i, n = strlen(name);

	for (i = 0; c->env != NULL && c->env[i] != NULL; i++)
		if (strncmp(c->env[i], name, n) == 0 && c->env[i][n] == '=')
			return c->env[i][n + 1] == '\0' ? NULL :
			    c->env[i] + n + 1;
	return NULL;
}

static int
config_variables(struct config *c, struct err *e)
{
	struct err why;
	size_t i, k;

	for (i = 0; i < setting_table_len; i++) {
		const struct setting *s = &setting_table[i];
		char name[64] = "ASSENT_";
		const char *text;
		cJSON *v;

		for (k = 0; s->name[k] != '\0' && k + 8 < sizeof(name); k++)
			name[k + 7] = (char)toupper((unsigned char)s->name[k]);
		text = config_env(c, name);
		if (text == NULL)
			continue;
		err_clear(&why);
		v = setting_from_text(s, text, &why);
		if (v == NULL)
			return err_set(e, "the variable %s %s", name,
			    why.text);
		config_set_take(c, s, v, name);
	}
	return 0;
}

static int
config_flags(struct config *c, const struct config_request *r, struct err *e)
{
	const struct setting *s;
	struct err why;
	size_t i;
	cJSON *v;

	for (i = 0; i < r->flags_len; i++) {
		s = setting_find(r->flags[i].setting);
		if (s == NULL)
			return err_set(e, "unknown setting %s",
			    r->flags[i].setting);
		err_clear(&why);
		v = setting_from_text(s, r->flags[i].text, &why);
		if (v == NULL)
			return err_set(e, "%s %s", r->flags[i].flag, why.text);
		if (strcmp(s->name, "net_allow") == 0) {
			int rc = config_net_flag(c, v, r->flags[i].flag, &why);

			cJSON_Delete(v);
			if (rc < 0)
				return err_set(e, "%s %s", r->flags[i].flag,
				    why.text);
		} else if (s->type == SETTING_LIST && strcmp(s->name, "tools") != 0)
			config_list_append(c, s, v, r->flags[i].flag);
		else
			config_set_take(c, s, v, r->flags[i].flag);
		if (strcmp(s->name, "test") == 0)
			c->test_by = "flag";
	}
	return 0;
}

static void
config_defaults(struct config *c)
{
	const struct setting *s;
	size_t i;

	for (i = 0; i < setting_table_len; i++) {
		s = &setting_table[i];
		if (s->def != NULL)
			config_set_take(c, s, setting_from_text(s, s->def,
			    NULL), "default");
	}
	/* With a user present the plan needs approval; in a pipeline it
	 * doesn't. */
	config_set_take(c, setting_find("plan"), cJSON_CreateString(
	    strcmp(c->mode, "interactive") == 0 ? "require" : "auto"),
	    "default");
}

static char *
config_file_path(const struct config *c)
{
	const char *p = config_env(c, "ASSENT_CONFIG"), *dir;
	AUTO_FREE char *base = NULL;

	if (p != NULL)
		return xstrdup(p);
	dir = config_env(c, "XDG_CONFIG_HOME");
	if (dir != NULL && dir[0] == '/')	/* relative: to be ignored */
		return fs_join(dir, "assent/config.json");
	dir = config_env(c, "HOME");
	if (dir == NULL)
		return NULL;
	base = fs_join(dir, ".config");
	return fs_join(base, "assent/config.json");
}

struct config *
config_load(const struct config_request *r, struct err *e)
{
	struct config *c = xcalloc(1, sizeof(*c));
	struct buf names = BUF_INIT(0);

	c->mode = xstrdup(r->mode);
	c->env = r->env;
	c->models = xstrdup_null(r->models);
	c->prices = xstrdup_null(r->prices);
	c->values = cJSON_CreateObject();
	c->origins = cJSON_CreateObject();
	c->providers = cJSON_CreateObject();
	c->key_box = config_keys_new();
	c->path = config_file_path(c);
	config_defaults(c);
	if (config_user_file(c, e) < 0 || config_profile(c, r, e) < 0 ||
	    config_project_file(c, r->root, e) < 0 ||
	    config_variables(c, e) < 0 || config_net_settle(c, e) < 0 ||
	    config_flags(c, r, e) < 0)
		goto fail;
	if (strcmp(c->mode, "interactive") == 0 &&
	    (approve_find(config_str(c, "approve"))->where &
	    APPROVE_SCREEN) == 0) {
		approve_names(&names, APPROVE_SCREEN, ", ");
		err_set(e, "%s: approve: \"%s\" works only with exec and try: "
		    "put it into \"exec\", or use one of %s", config_origin(c, "approve"),
		    config_str(c, "approve"), buf_str(&names));
		buf_release(&names);
		goto fail;
	}
	return c;
fail:
	config_free(c);
	return NULL;
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	free(c->mode);
	free(c->path);
	free(c->models);
	free(c->prices);
	free(c->profile);
	free(c->profile_about);
	free(c->profile_text);
	free(c->profile_system);
	cJSON_Delete(c->values);
	cJSON_Delete(c->origins);
	cJSON_Delete(c->providers);
	cJSON_Delete(c->project_text);
	cJSON_Delete(c->keys);
	cJSON_Delete(c->mcp_servers);
	net_allow_release(&c->net);
	config_keys_free(c->key_box);
	free(c);
}

const char *
config_str(const struct config *c, const char *name)
{
	return json_str(c->values, name);
}

int64_t
config_int(const struct config *c, const char *name, int64_t def)
{
	return json_int(c->values, name, def);
}

const cJSON *
config_list(const struct config *c, const char *name)
{
	return json_array(c->values, name);
}

const char *
config_origin(const struct config *c, const char *name)
{
	return json_str(c->origins, name);
}

const cJSON *
config_keys(const struct config *c)
{
	return c->keys;
}

char *
config_beside(const struct config *c, const char *name)
{
	const char *slash = c->path == NULL ? NULL : strrchr(c->path, '/');
	AUTO_FREE char *dir = NULL;

	if (c->path == NULL)
		return NULL;
	if (slash == NULL)
		return xstrdup(name);
	dir = xmemdup(c->path, (size_t)(slash - c->path));
	return fs_join(dir, name);
}

char *
config_saved(const struct config *c)
{
	return config_beside(c, CONFIG_SAVED);
}

const char *
config_path(const struct config *c)
{
	return c->path;
}
