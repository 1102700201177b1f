/*
 * Merges defaults, files (config-file.c), variables and flags, in this order,
 * into one object of canonical values.  An unknown setting is an error:
 * ignoring it silently would be worse.
 */

#include "config.h"

#include "config/config-int.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/certificates.h"
#include "base/front-matter.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/url.h"
#include "base/utf8.h"
#include "config/settings.h"
#include "policy/approve.h"
#include "policy/net-allow.h"
#include "sandbox/sandbox-limits.h"

/*
 * Finds the project's directory.  A wrong answer could show the agent a whole
 * home directory, so unusual places are errors with a way out.
 */

/* Marks a work tree: a repository directory, or a file that points to one. */
static bool
project_is_top(const char *dir)
{
	struct stat st;
	AUTO_FREE char *git = fs_join(dir, ".git");
	AUTO_FREE char *head = fs_join(git, "HEAD");
	bool is_top = false;

	if (lstat(git, &st) == 0)
		is_top = S_ISREG(st.st_mode) || (S_ISDIR(st.st_mode) &&
		    lstat(head, &st) == 0);
	return is_top;
}

/* Does dir's .git belong to us or to the owner of the current directory?
 * Anybody may create /tmp/.git, above other users' projects. */
static bool
project_is_ours(const char *dir, const char *start)
{
	AUTO_FREE char *git = fs_join(dir, ".git");

	return fs_is_ours(git, start);
}

/* The top of the work tree that contains dir, else dir itself. */
static char *
project_top(const char *dir)
{
	char *p = xstrdup(dir), *slash;

	for (;;) {
		if (project_is_top(p) && (strcmp(p, dir) == 0 ||
		    project_is_ours(p, dir)))
			return p;
		slash = strrchr(p, '/');
		if (slash == NULL || slash == p)
			break;
		*slash = '\0';
	}
	free(p);
	return xstrdup(dir);
}

bool
project_has_git(const char *root)
{
	AUTO_FREE char *top = project_top(root);

	return project_is_top(top);
}

/* The real path if it exists, else the absolute one. */
static char *
project_real(const char *cwd, const char *path)
{
	AUTO_FREE char *text = NULL;
	char *real;

	if (path == NULL || *path == '\0')
		return NULL;
	text = fs_normalize(cwd, path);
	real = fs_realpath(text);
	return real != NULL ? real : xstrdup(text);
}

static bool
project_touches(const char *root, const char *own)
{
	return own != NULL && (fs_is_below(root, own) ||
	    fs_is_below(own, root));
}

static int
project_check(const char *root, const struct project_request *r,
    struct err *e)
{
	static const char way[] = "change to the project's directory, or use "
	    "--root DIR";
	AUTO_FREE char *home = project_real(r->cwd, r->home);
	AUTO_FREE char *state = project_real(r->cwd, r->state_dir);
	AUTO_FREE char *conf = project_real(r->cwd, r->config_dir);

	if (strcmp(root, "/") == 0)
		return err_set(e, "the whole file system can't be the project: "
		    "%s", way);
	if (home != NULL && strcmp(home, "/") != 0 && strcmp(root, home) == 0)
		return err_set(e,
		    "your home directory %s can't be the project: %s", root,
		    way);
	if (home != NULL && strcmp(home, "/") != 0 && fs_is_below(home, root))
		return err_set(e, "%s contains your home directory and can't "
		    "be the project: %s", root, way);
	if (project_touches(root, state))
		return err_set(e, "%s can't be the project, because assent "
		    "keeps its sessions in %s: %s", root, state, way);
	if (project_touches(root, conf))
		return err_set(e, "%s can't be the project, because assent's "
		    "configuration is in %s: %s", root, conf, way);
	return 0;
}

char *
project_find(const struct project_request *r, char **cwd_out, struct err *e)
{
	AUTO_FREE char *cwd = NULL, *given = NULL;
	char *root = NULL;
	struct stat st;

	*cwd_out = NULL;
	cwd = fs_realpath(r->cwd);
	if (cwd == NULL) {
		err_sys(e, "can't find the current directory %s", r->cwd);
		return NULL;
	}
	if (r->root != NULL) {
		given = fs_normalize(cwd, r->root);
		root = fs_realpath(given);
		if (root == NULL)
			err_sys(e, "can't find the directory %s", given);
		else if (stat(root, &st) < 0 || !S_ISDIR(st.st_mode)) {
			err_set(e, "%s isn't a directory", given);
			FREE_NULL(root);
		}
	} else
		root = project_top(cwd);
	if (root != NULL && project_check(root, r, e) < 0)
		FREE_NULL(root);
	if (root != NULL) {
		/* With --root the current directory may be anywhere. */
		*cwd_out = fs_is_below(cwd, root) ? xstrdup(cwd) :
		    xstrdup(root);
	}
	return root;
}

char *
project_alias(const char *root, const char *given)
{
	const char *pwd = getenv("PWD"), *below;
	AUTO_FREE char *full = fs_normalize(pwd == NULL ? "/" : pwd,
	    given == NULL ? "." : given), *real = fs_realpath(full);
	size_t n;

	if (real == NULL || !fs_is_below(real, root))
		return NULL;
	below = real + strlen(root);
	n = strlen(full) - MIN(strlen(full), strlen(below));
	if (strcmp(full + n, below) == 0)
		full[n] = '\0';
	FREE_SET(real, fs_realpath(full));
	return real != NULL && strcmp(real, root) == 0 &&
	    !fs_is_below(full, root) && utf8_is_valid(full, strlen(full)) ?
	    xstrdup(full) : NULL;
}

/*
 * The hosts that commands may connect to: the user's net_allow, and then those
 * of --net.  The setting ends as a list of objects, one an entry, that also say
 * who allowed it.
 */

static int
config_net_add(struct net_allow *to, const cJSON *list, const char *from,
    struct err *e)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, list)
		if (net_allow_add(to, it->valuestring, from, e) < 0)
			return -1;
	return 0;
}

static void
config_net_store(struct config *c)
{
	cJSON *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < c->net.len; i++)
		cJSON_AddItemToArray(list, JSON_TEXTS("entry",
		    c->net.v[i].text, "from", c->net.v[i].from));
	json_set_take(c->values, "net_allow", list);
}

/* After the files and variables; then --net adds to it. */
static int
config_net_settle(struct config *c, struct err *e)
{
	AUTO_FREE char *where = config_where(c, "net_allow");
	struct err why = ERR_INIT;

	if (config_net_add(&c->net, json_array(c->values, "net_allow"), "config",
	    &why) < 0)
		return err_set(e, "%s: %s", where, why.text);
	config_net_store(c);
	return 0;
}

static int
config_net_flag(struct config *c, const cJSON *list, const char *flag,
    struct err *e)
{
	/* The setting may be an empty list, a flag may not. */
	int rc = list->child == NULL ? net_allow_check("", e) :
	    config_net_add(&c->net, list, flag, e);

	config_net_store(c);
	return rc;
}

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
		why = (struct err)ERR_INIT;
		v = setting_from_text(s, text, &why);
		if (v == NULL)
			return err_set(e, "the variable %s %s", name,
			    why.text);
		config_set_take(c, s, v, name);
	}
	return 0;
}

#define CONFIG_COMMAND_MAX ((size_t)256 << 10)

cJSON *
config_command(const struct config *c, const char *name)
{
	static const char *const names[] = { "effort", "model", "plan" };
	AUTO_FREE char *file = xasprintf("commands/%s.md", name), *path = NULL;
	AUTO_BUF struct buf b = BUF_INIT(CONFIG_COMMAND_MAX);
	struct front_matter front;
	cJSON *o = NULL;
	size_t i;
	int fd;

	for (i = 0; file[i] != '\0'; i++)
		if (file[i] == ':')
			file[i] = '/';
	path = strstr(file, "..") != NULL ? NULL : config_beside(c, file);
	fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	(void)fs_read_all(fd, &b);
	close(fd);
	(void)front_matter_parse(&front, buf_str(&b), b.len, NULL);
	for (i = 0; i < MEM_COUNT(names); i++) {
		const char *v = front_matter_get(&front, names[i]);

		if (v != NULL && o == NULL)
			o = cJSON_CreateObject();
		if (v != NULL)
			json_add_str(o, names[i], v);
	}
	front_matter_release(&front);
	return o;
}

/* The model that a command names, as PROVIDER/MODEL; NULL and c->ignored if it is
 * none of the user's, such as another agent's. */
static cJSON *
config_command_model(struct config *c, const char *name, const char *model)
{
	struct config_model m;
	struct err e = ERR_INIT;
	AUTO_FREE char *full = NULL;

	c->held = true;
	if (config_model_find(c, model, &m, &e) == 0)
		full = xasprintf("%s/%s", m.provider, m.name);
	else
		c->ignored = xasprintf("commands/%s.md: its model is ignored: "
		    "%s", name, e.text);
	c->held = false;
	config_model_release(&m);
	return full == NULL ? NULL : cJSON_CreateString(full);
}

/* --command: its settings come before those of flags. */
static int
config_command_set(struct config *c, const char *name, struct err *e)
{
	AUTO_JSON cJSON *own = name == NULL ? NULL : config_command(c, name);
	struct err why = ERR_INIT;
	const cJSON *it;

	cJSON_ArrayForEach(it, own) {
		const struct setting *s = MEM_SEARCH(setting_table,
		    setting_table_len, it->string);
		cJSON *v = strcmp(s->name, "model") == 0 ?
		    config_command_model(c, name, it->valuestring) :
		    setting_from_text(s, it->valuestring, &why);

		if (err_is_set(&why))
			return err_set(e, "commands/%s.md: %s %s", name,
			    s->name, why.text);
		if (v != NULL)
			config_set_take(c, s, v, "the command");
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
		s = MEM_SEARCH(setting_table, setting_table_len,
		    r->flags[i].setting);
		if (s == NULL)
			return err_set(e, "unknown setting %s",
			    r->flags[i].setting);
		why = (struct err)ERR_INIT;
		v = setting_from_text(s, r->flags[i].text, &why);
		if (v == NULL)
			return err_set(e, "%s %s", r->flags[i].flag, why.text);
		if ((s->flags & SETTING_HOSTS) != 0) {
			int rc = config_net_flag(c, v, r->flags[i].flag, &why);

			cJSON_Delete(v);
			if (rc < 0)
				return err_set(e, "%s %s", r->flags[i].flag,
				    why.text);
		} else if (s->type == SETTING_LIST &&
		    (s->flags & SETTING_TOOLS) == 0)
			config_list_append(c, s, v, r->flags[i].flag);
		else
			config_set_take(c, s, v, r->flags[i].flag);
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
	config_set_take(c, MEM_SEARCH(setting_table, setting_table_len,
	    "plan"), cJSON_CreateString(strcmp(c->mode, "interactive") == 0 ?
	    "require" : "auto"), "default");
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
	AUTO_BUF struct buf names = BUF_INIT(0);

	c->mode = xstrdup(r->mode);
	c->env = r->env;
	c->models = xstrdup_null(r->models);
	c->prices = xstrdup_null(r->prices);
	c->agents_path = xstrdup_null(r->agents);
	c->values = cJSON_CreateObject();
	c->origins = cJSON_CreateObject();
	c->providers = cJSON_CreateObject();
	c->key_box = xcalloc(1, sizeof(*c->key_box));
	c->path = config_file_path(c);
	config_defaults(c);
	if (config_files(c, r, e) < 0)
		goto fail;
	c->has_model = json_str(c->values, "model") != NULL;
	if (config_variables(c, e) < 0 || config_net_settle(c, e) < 0 ||
	    config_command_set(c, r->command, e) < 0 ||
	    config_flags(c, r, e) < 0 || config_machine(c, r, e) < 0)
		goto fail;
	if (strcmp(c->mode, "interactive") == 0 &&
	    (approve_find(json_str(c->values, "approve"))->where &
	    APPROVE_SCREEN) == 0) {
		AUTO_FREE char *where = config_where(c, "approve");

		approve_names(&names, APPROVE_SCREEN, ", ");
		err_set(e, "%s: \"%s\" works only with exec and try: "
		    "put it into \"exec\", or use one of %s", where,
		    json_str(c->values, "approve"), buf_str(&names));
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
	FREE_ALL(c->mode, c->path, c->models, c->prices, c->agents_path,
	    c->project_file, c->profile, c->profile_about, c->profile_text, c->profile_system,
	    c->ignored);
	cJSON_Delete(c->values);
	cJSON_Delete(c->origins);
	cJSON_Delete(c->providers);
	cJSON_Delete(c->project_text);
	cJSON_Delete(c->machine);
	cJSON_Delete(c->keys);
	cJSON_Delete(c->mcp_servers);
	cJSON_Delete(c->agents);
	cJSON_Delete(c->registries);
	net_allow_release(&c->net);
	config_keys_free(c->key_box);
	free(c);
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

/* The start object: everything the core needs to know about this run. */

/* The limits that are set. */
static void
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
		    money_to_json(json_int(c->values, s->name, 0)) :
		    cJSON_Duplicate(v, true));
	}
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
	cJSON *list = cJSON_AddArrayToObject(o, "environment");
	size_t i;

	for (i = 0; i < MEM_COUNT(start_variables); i++) {
		const char *v = get(start_variables[i]);
		AUTO_FREE char *text = NULL;

		if (v == NULL || v[0] != '/')
			continue;
		text = xasprintf("%s=%s", start_variables[i], v);
		if (utf8_is_valid(text, strlen(text)))
			cJSON_AddItemToArray(list, cJSON_CreateString(text));
	}
}

/* Once each; with the user's own, also the system's. */
static void
start_certificates(cJSON *o, const struct config_model *m,
    const char *(*get)(const char *name))
{
	AUTO_JSON cJSON *list = cJSON_CreateArray();
	const char *own = m == NULL ? NULL : m->ca_file, *v;
	size_t i;

	for (i = 0; i < CERTIFICATES_VARIABLES + 2; i++) {
		v = i < CERTIFICATES_VARIABLES ?
		    get(certificates_variables[i]) : own;
		if (i > CERTIFICATES_VARIABLES)
			v = list->child == NULL ? NULL : url_certificates();
		if (v != NULL && utf8_is_valid(v, strlen(v)) &&
		    !json_has(list, v))
			cJSON_AddItemToArray(list, cJSON_CreateString(v));
	}
	json_copy(o, "certificates", list->child == NULL ? NULL : list);
}

/* A folder of the user's own, if it is there. */
static void
start_own_dir(cJSON *o, const struct config *c, const char *name,
    const char *member)
{
	AUTO_FREE char *dir = config_beside(c, name);
	struct stat st;

	if (dir != NULL && stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		json_add_str(o, member, dir);
}

/* The file of the user's own instructions, if any. */
static void
start_instructions(cJSON *o, const struct config *c)
{
	AUTO_FREE char *path = config_beside(c, "AGENTS.md");

	if (path != NULL && access(path, F_OK) == 0)
		json_add_str(o, "instructions", path);
}

void
config_skills(cJSON *o, const struct config *c, const char *home)
{
	AUTO_FREE char *own = config_beside(c, "skills");
	AUTO_FREE char *shared = home == NULL ? NULL :
	    fs_join(home, ".agents/skills");
	const char *const paths[] = { own, shared };
	cJSON *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < MEM_COUNT(paths); i++)
		if (paths[i] != NULL && access(paths[i], F_OK) == 0)
			cJSON_AddItemToArray(list,
			    cJSON_CreateString(paths[i]));
	if (list->child != NULL)
		json_set_take(o, "skills", list);
	else
		cJSON_Delete(list);
}

/* The MCP servers for the start object, without values that may be secret. */
static cJSON *
start_mcp(const struct config *c)
{
	cJSON *o = cJSON_Duplicate(c->mcp_servers, 1), *it;

	cJSON_ArrayForEach(it, o) {
		cJSON_DeleteItemFromObjectCaseSensitive(it, "env");
		cJSON_DeleteItemFromObjectCaseSensitive(it, "headers");
		cJSON_DeleteItemFromObjectCaseSensitive(it, "oauth");
		cJSON_DeleteItemFromObjectCaseSensitive(it, "api_key_command");
	}
	return o;
}

static void
start_routes(cJSON *o, const struct config_start *s)
{
	AUTO_JSON cJSON *rest = cJSON_CreateArray();
	AUTO_JSON cJSON *routes = cJSON_CreateObject();
	size_t i;

	for (i = 0; i < s->routes_len; i++) {
		cJSON *m = config_start_model(&s->routes[i].model);

		if (s->routes[i].name == NULL)
			cJSON_AddItemToArray(rest, m);
		else
			json_set_take(routes, s->routes[i].name, m);
	}
	json_copy(o, "failover", rest->child == NULL ? NULL : rest);
	json_copy(o, "routes", routes->child == NULL ? NULL : routes);
}

cJSON *
config_start(const struct config *c, const struct config_model *m,
    const struct config_start *s)
{
	AUTO_FREE char *commands = config_beside(c, "commands");
	const char *from = json_str(c->origins, "test");
	cJSON *o = JSON_TEXTS("type", "start", "root", s->root, "cwd", s->cwd,
	    "mode", s->mode, "task", s->task, "session", s->session,
	    "state_dir", s->state_dir, "home", s->home, "path", s->path);

	if (s->getenv != NULL) {
		start_environment(o, s->getenv);
		start_certificates(o, m, s->getenv);
	}
	if (m != NULL)
		json_set_take(o, "model", config_start_model(m));
	else
		json_set_take(o, "model", cJSON_CreateNull());
	if (m != NULL)
		start_routes(o, s);
	start_settings(o, c);
	if (from != NULL)
		json_add_str(o, "test_by", from[0] == '-' ? "flag" :
		    c->project_file != NULL && strcmp(from,
		    c->project_file) == 0 ? "project" : "config");
	json_add_str(o, "user_text", json_str(c->values, "text"));
	if (c->profile != NULL) {
		cJSON *p = cJSON_AddObjectToObject(o, "profile");

		JSON_ADD_TEXTS(p, "name", c->profile, "about", c->profile_about,
		    "text", c->profile_text, "system", c->profile_system);
	}
	start_own_dir(o, c, "prompts", "prompts_dir");
	/* It may be made later. */
	json_add_str(o, "commands_dir", commands);
	start_instructions(o, c);
	config_skills(o, c, s->home);
	json_copy(o, "project_text", c->project_text);
	json_copy(o, "machine", c->machine);
	if (c->mcp_servers != NULL)
		json_set_take(o, "mcp_servers", start_mcp(c));
	config_start_limits(o, c);
	json_copy(o, "origins", c->origins);
	json_add_bool(o, "person", s->person);
	json_add_bool(o, "keep_alive", s->keep_alive);
	return o;
}
