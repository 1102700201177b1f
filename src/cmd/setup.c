/* The preparation of every session. */

#include "config.h"

#include "cmd/setup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/secret.h"
#include "base/url.h"
#include "base/spawn.h"
#include "base/utf8.h"
#include "client/client.h"
#include "cmd/agent.h"
#include "front/bindings.h"
#include "front/message.h"
#include "front/print.h"
#include "git/git-run.h"
#include "git/worktrees.h"
#include "journal/command.h"
#include "journal/session.h"
#include "policy/price.h"
#include "ui/app/app.h"

static const char *const branch_words[] = {
	[COMMIT_TASK] = "task", [COMMIT_DECISION] = "decision",
};

/* COMMIT_NEVER: it is none of them. */
static enum commit_when
branch_when(const char *word)
{
	size_t i;

	for (i = MEM_COUNT(branch_words); word != NULL && i-- > COMMIT_TASK;)
		if (strcmp(branch_words[i], word) == 0)
			return (enum commit_when)i;
	return COMMIT_NEVER;
}

static int
branch_parse(struct branch *b, const struct cmd_args *a)
{
	b->name = a->branch;
	b->when = a->commit != NULL ? branch_when(a->commit) :
	    a->branch != NULL ? COMMIT_TASK : COMMIT_NEVER;
	return a->commit == NULL || b->when != COMMIT_NEVER ? 0 :
	    cmd_fail(EXIT_USAGE, "--commit %s: decision or task", a->commit);
}

/* Read the branch from the settings of a session's start. */
static void
branch_read(struct branch *b, const cJSON *start)
{
	b->when = branch_when(json_str(start, "commit"));
	b->name = json_str(start, "branch");
}

/* Did the last run make it? A worktree is made on its branch. */
static bool
branch_is_made(const struct cmd_args *a, const char *root, const char *made)
{
	AUTO_FREE char *is = a->worktree == NULL ? NULL : git_run_ask(root,
	    "branch", "--show-current", NULL, NULL);

	return (made != NULL && strcmp(made, a->branch) == 0) ||
	    (is != NULL && strcmp(is, a->branch) == 0);
}

int
branch_make(const struct cmd_args *a, const char *root, const char *made,
    bool only_check)
{
	bool is = a->branch != NULL && git_state_has_branch(root, a->branch);
	const char *const args[] = { "switch", "-q", is ? a->branch : "-c",
		is ? NULL : a->branch, NULL };
	const struct git_run g = { .dir = root };
	struct err e = ERR_INIT;

	if (a->branch == NULL)
		return 0;
	if (is && !branch_is_made(a, root, made))
		err_set(&e, "a branch of this name already exists");
	else if (git_state_repository(root, &e) == 0 && !only_check)
		(void)git_run_ok(&g, args, &e);
	return !err_is_set(&e) ? 0 : cmd_fail(EXIT_USAGE, "--branch %s: %s",
	    a->branch, e.text);
}

/* Put the branch into the start object, for clients that attach later. */
static void
branch_add(const struct branch *b, cJSON *start)
{
	if (b->when != COMMIT_NEVER)
		json_add_str(start, "commit", branch_words[b->when]);
	json_add_str(start, "branch", b->name);
}

/* The model, its fallbacks and those for parts of the work; NULL after the
 * last. */
static struct config_model *
setup_model_at(const struct setup *s, size_t i)
{
	const struct config_model *m = i == 0 ? &s->model :
	    i <= s->routes_len ? &s->routes[i - 1].model : NULL;

	return (struct config_model *)(uintptr_t)m;
}

/*
 * Keeps keys from being sent unencrypted, over http://, to
 * another machine, unless the setting insecure_http allows it.
 */

int
insecure_http_check_key(const struct setup *s, const struct config_model *m,
    const char *url, struct err *e)
{
	AUTO_FREE char *where = NULL;

	if ((m->key == NULL && m->headers == NULL) || url == NULL ||
	    strncmp(url, "http://", 7) != 0 || url_is_local(url) ||
	    json_is(s->config->values, "insecure_http", "on"))
		return 0;
	where = url_origin(url);
	return err_misuse(e,
	    "%s for %s was not sent to %s: http:// isn't encrypted, "
	    "so others on the network can read it. Use https://, or allow it "
	    "with \"insecure_http\": \"on\" or --insecure-http",
	    m->key != NULL ? "the key" : "a header", m->provider, where);
}

/* May the keys of these models go to this address, too? A setup with `again`
 * continues without the key. 0, or the exit code after printing the error. */
static int
insecure_http_check_at(struct setup *s, struct config_model *m,
    const char *url)
{
	struct err e = ERR_INIT;

	if (insecure_http_check_key(s, m, url, &e) == 0)
		return 0;
	cmd_say("%s", e.text);
	if (!s->again)
		return EXIT_USAGE;
	secret_free(m->key);
	m->key = NULL;
	json_wipe(m->headers, NULL);
	json_drop(&m->headers);
	return 0;
}

/* A model in a session's journal, to whose address the keys would be sent. */
static int
insecure_http_check_recorded(struct setup *s, const cJSON *recorded)
{
	struct config_model *m;
	int code = 0;
	size_t i;

	for (i = 0; code == 0 && (m = setup_model_at(s, i)) != NULL; i++)
		if (m->provider != NULL && json_is(recorded, "provider",
		    m->provider))
			code = insecure_http_check_at(s, m, json_str(recorded,
			    "base_url"));
	return code;
}

/* All models of the setup, and of the session that goes on with its own. */
static int
insecure_http_check(struct setup *s)
{
	static const struct ev_session_start none;
	const struct ev_session_start *first = s->other_model ||
	    s->recorded == NULL ? &none : s->recorded;
	const cJSON *it;
	struct config_model *m;
	int code = 0;
	size_t i;

	for (i = 0; code == 0 && (m = setup_model_at(s, i)) != NULL; i++)
		code = insecure_http_check_at(s, m, m->base_url);
	if (code == 0)
		code = insecure_http_check_recorded(s, first->model);
	cJSON_ArrayForEach(it, json_array(first->settings, "failover"))
		if (code == 0)
			code = insecure_http_check_recorded(s, it);
	cJSON_ArrayForEach(it, json_get(first->settings, "routes"))
		if (code == 0)
			code = insecure_http_check_recorded(s, it);
	return code;
}

/* ---- model servers on this machine ---- */

#define LOCAL_MODELS	20	/* shown of one server */

static void
local_page(cJSON *pages, int port, const char *path, const char *post)
{
	cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *url = xasprintf("http://127.0.0.1:%d%s", port, path);

	JSON_ADD_TEXTS(o, "url", url, "post", post);
	cJSON_AddItemToArray(pages, o);
}

/* The core asks them. An answer, or null, for each; the caller deletes. */
static cJSON *
local_ask(cJSON *pages_take)
{
	static const char *const args[] = { "pages", NULL };
	struct err e = ERR_INIT;

	if (pages_take->child != NULL)
		return client_ask_core(args, pages_take, 0, &e);
	cJSON_Delete(pages_take);
	return NULL;
}

/* ---- the servers ---- */

/* The names of {"data": [{"id"}]}. */
static cJSON *
local_models(const cJSON *o)
{
	const cJSON *it;
	const char *name;
	cJSON *names = cJSON_CreateArray();

	cJSON_ArrayForEach(it, json_array(o, "data")) {
		name = json_str(it, "id");
		if (name != NULL && name[0] != '\0' &&
		    cJSON_GetArraySize(names) < LOCAL_MODELS)
			cJSON_AddItemToArray(names, cJSON_CreateString(name));
	}
	return names;
}

/* The servers that answer: [{"name", "port", "models": [...]}], each with at least
 * one model; the caller deletes. NULL: none. */
static cJSON *
local_find(const struct config *c)
{
	struct config_local v[CONFIG_LOCAL_MAX];
	cJSON *list = cJSON_CreateArray(), *pages = cJSON_CreateArray();
	cJSON *answers, *o, *names;
	size_t n = config_local(c, v), i;
	const cJSON *it;

	for (i = 0; i < n; i++)
		local_page(pages, v[i].port, "/v1/models", NULL);
	answers = local_ask(pages);
	it = answers == NULL ? NULL : answers->child;
	for (i = 0; i < n && it != NULL; i++, it = it->next) {
		names = local_models(it);
		if (names->child == NULL) {
			cJSON_Delete(names);
			continue;
		}
		o = JSON_TEXTS("name", v[i].name);
		json_add_int(o, "port", v[i].port);
		json_set_take(o, "models", names);
		cJSON_AddItemToArray(list, o);
	}
	cJSON_Delete(answers);
	if (list->child == NULL)
		json_drop(&list);
	return list;
}

bool
local_print(FILE *f, const struct config *c, const char *title)
{
	AUTO_JSON cJSON *found = local_find(c);
	const cJSON *it, *name;

	if (found != NULL)
		fprintf(f, "%s\n", title);
	cJSON_ArrayForEach(it, found)
		cJSON_ArrayForEach(name, json_array(it, "models"))
			print_words(f, "  %s/%s (port %d)", json_str_or(it,
			    "name", ""), name->valuestring,
			    (int)json_int(it, "port", 0));
	return found != NULL;
}

/* ---- the context window ---- */

/* Find the window in Ollama's parameters: "num_ctx 8192", on a line of its
 * own. */
static int64_t
local_num_ctx(const char *text)
{
	const char *p = text == NULL ? NULL : strstr(text, "num_ctx");

	if (p == NULL || (p != text && p[-1] != '\n'))
		return 0;
	return strtoll(p + strlen("num_ctx"), NULL, 10);
}

/* Find the window in an answer to any of the questions. */
static int64_t
local_window_in(const cJSON *o, const char *model)
{
	const cJSON *list = json_array(o, "data"), *it;
	int64_t n;

	n = json_int(json_get(o, "default_generation_settings"), "n_ctx", 0);
	if (n <= 0)
		n = local_num_ctx(json_str(o, "parameters"));
	if (list == NULL)
		list = json_array(o, "models");
	cJSON_ArrayForEach(it, list) {
		if (n > 0 || (!json_is(it, "id", model) &&
		    !json_is(it, "name", model)))
			continue;
		n = json_int(it, "max_model_len", 0);
		if (n <= 0)
			n = json_int(it, "loaded_context_length", 0);
		if (n <= 0)
			n = json_int(it, "context_length", 0);
	}
	return n > 0 && n < INT64_C(1) << 40 ? n : 0;
}

/* The port of a URL of this machine, or 0. */
static int
local_port(const char *url)
{
	static const char *const hosts[] = { "http://127.0.0.1:",
		"http://localhost:" };
	size_t i, n;

	for (i = 0; url != NULL && i < MEM_COUNT(hosts); i++) {
		n = strlen(hosts[i]);
		if (strncmp(url, hosts[i], n) == 0)
			return (int)strtol(url + n, NULL, 10);
	}
	return 0;
}

/* The questions. Ollama's settings of a model come before those of the loaded
 * one. */
static const struct {
	const char	*name;
	const char	*path;
	bool		 post;		/* with the model's name */
} local_says[] = {
	{ "ollama", "/api/show", true },
	{ "ollama", "/api/ps", false },
	{ "llama.cpp", "/props", false },
	{ "lmstudio", "/api/v0/models", false },
	{ "vllm", "/v1/models", false },
};

/* Is the question of this row for a server of this name? One with another name
 * is asked all. */
static bool
local_is_asked(const char *name, size_t row)
{
	return strcmp(local_says[row].name, name) == 0 ||
	    MEM_FIND(local_says, name) == NULL;
}

static int64_t
local_window(const struct config *c, const struct config_model *m)
{
	struct config_local v[CONFIG_LOCAL_MAX];
	size_t n = config_local(c, v), i, row;
	int port = local_port(m->base_url);
	AUTO_JSON cJSON *o = NULL, *answers = NULL;
	cJSON *pages;
	const cJSON *it;
	int64_t window = 0;
	AUTO_FREE char *post = NULL;

	for (i = 0; i < n && v[i].port != port; i++)
		;
	if (port == 0 || i == n)
		return 0;
	o = JSON_TEXTS("model", m->name);
	post = json_print(o);
	pages = cJSON_CreateArray();
	for (row = 0; row < MEM_COUNT(local_says); row++)
		if (local_is_asked(v[i].name, row))
			local_page(pages, port, local_says[row].path,
			    local_says[row].post ? post : NULL);
	answers = local_ask(pages);
	cJSON_ArrayForEach(it, answers)
		if (window == 0)
			window = local_window_in(it, m->name);
	return window;
}

/* ---- the models that /model offers ---- */

const char *
model_about_count(int64_t n, char *to, size_t size)
{
	if (n <= 0)
		snprintf(to, size, "?");
	else if (n >= 1000000)
		snprintf(to, size, n % 1000000 < 100000 ? "%.0fM" : "%.1fM",
		    (double)n / 1e6);
	else
		snprintf(to, size, "%lldk", (long long)(n + 500) / 1000);
	return to;
}

static void
setup_model_names(void *arg, struct buf *b)
{
	const struct setup *s = arg;

	config_model_names(s->config, b);
	if (s->local != NULL)
		buf_addf(b, "%s%s", b->len > 0 ? " " : "", s->local);
}

/* It runs no key command. */
static void
model_about_offer(void *arg, struct buf *b)
{
	const struct setup *s = arg;

	setup_model_names(arg, b);
	config_model_known(s->config, b);
}

/* ---- the preparation ---- */

extern char **environ;

/* assent's configuration directory, existing or not; NULL without a home. */
static char *
setup_config_dir(void)
{
	const char *dir = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	AUTO_FREE char *base = NULL;

	if (dir != NULL && dir[0] == '/')
		return fs_join(dir, "assent");
	if (home == NULL || home[0] == '\0')
		return NULL;
	base = fs_join(home, ".config");
	return fs_join(base, "assent");
}

/* Go to the same place in the worktree; if there is none, s->root is NULL. */
static int
setup_worktree(struct setup *s, struct project_request *r,
    const struct cmd_args *a, struct err *e)
{
	AUTO_FREE char *root = s->root, *cwd = s->cwd, *at = NULL, *to = NULL;
	const struct config_request user = { .mode = "exec",
		.env = (const char *const *)environ };
	struct config *c = config_load(&user, e);
	int rc = c == NULL ? -1 : worktrees_open(root, a->worktree, a->branch,
	    json_array(c->values, "worktree_copy"), &at, &s->made, e);

	config_free(c);
	s->root = s->cwd = NULL;
	if (rc < 0)
		return -1;
	to = xasprintf("%s%s", at, fs_is_below(cwd, root) ?
	    cwd + strlen(root) : "");
	r->root = at;
	/* Where the user is may not be committed. */
	r->cwd = access(to, X_OK) == 0 ? to : at;
	s->root = project_find(r, &s->cwd, e);
	if (s->root != NULL)
		cmd_say("working in %s, %s", s->root, s->made.main != NULL ?
		    "at the last "
		    "commit; uncommitted changes aren't there" :
		    "as it was left");
	return s->root == NULL ? -1 : 0;
}

int
setup_project(struct setup *s, const struct cmd_args *a)
{
	struct project_request r = { .root = a->root };
	struct err e = ERR_INIT;
	AUTO_FREE char *cwd = NULL, *conf = NULL;
	int code = 0;

	memset(s, 0, sizeof(*s));
	if ((code = branch_parse(&s->branch, a)) != 0)
		return code;
	s->state_dir = session_state_dir(&e);
	if (s->state_dir == NULL || session_check(NULL, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	cwd = getcwd(NULL, 0);
	if (cwd == NULL) {
		err_sys(&e, "can't find the current directory");
		return cmd_fail_err(&e);
	}
	conf = setup_config_dir();
	r.cwd = cwd;
	r.home = getenv("HOME");
	r.state_dir = s->state_dir;
	r.config_dir = conf;
	s->root = project_find(&r, &s->cwd, &e);
	if (s->root != NULL && spawn_path_without(s->root) < 0)
		return cmd_fail(EXIT_ERROR, "can't set PATH: %m");
	if (s->root != NULL && a->worktree != NULL)
		(void)setup_worktree(s, &r, a, &e);
	if (s->root != NULL)
		s->alias = project_alias(s->root, a->root);
	if (s->root == NULL)
		code = cmd_fail(EXIT_USAGE, "%s", e.text);
	else if (!utf8_is_valid(s->root, strlen(s->root)) ||
	    !utf8_is_valid(s->cwd, strlen(s->cwd)))
		code = cmd_fail(EXIT_USAGE, "the name of this directory isn't "
		    "UTF-8, so a journal can't contain it; rename it, or "
		    "mount it under another name");
	return code;
}

static int
setup_check_tools(const struct setup *s)
{
	const cJSON *tools = json_array(s->config->values, "tools");
	AUTO_FREE char *where = config_where(s->config, "tools");
	struct err e = ERR_INIT;

	/* The tools of a profile and the user's may have none in common. */
	if (tools != NULL && tools->child == NULL)
		err_set(&e, "no tool is left; name some, such as "
		    "read,edit,bash, or omit it for all");
	if (err_is_set(&e) || config_tools_known(tools, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s: %s", where, e.text);
	return 0;
}

int
setup_config(struct setup *s, const struct cmd_args *a, const char *mode)
{
	struct config_request r = {
		.mode = mode, .root = s->root,
		.env = (const char *const *)environ,
		.flags = a->flags, .flags_len = a->flags_len,
		.command = a->command,
	};
	struct err e = ERR_INIT;

	s->agent_name = a->agent;
	if (s->recorded != NULL) {
		branch_read(&s->branch, s->recorded->settings);
		s->agent_name = json_str(json_get(s->recorded->settings,
		    "agent"), "name");
	}
	if (s->root == NULL || worktrees_check_root(s->root, &e) == 0)
		s->config = config_load(&r, &e);
	if (s->config == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (s->config->ignored != NULL)
		cmd_say("%s", s->config->ignored);
	return setup_check_tools(s);
}

/* A local server knows the size of its context window best. */
static void
setup_window(const struct setup *s, struct config_model *m)
{
	int64_t n;

	if (json_int(s->config->values, "context_window", 0) > 0)
		return;
	n = local_window(s->config, m);
	if (n > 0)
		m->window = n;
}

/* Name the models of servers on this machine, and how to use one. */
static void
setup_offer(const struct setup *s)
{
	const char *path = s->config->path;

	if (!local_print(stderr, s->config, "assent: model servers on this "
	    "machine:"))
		return;
	print_words(stderr, "to use one: assent --model NAME; to use it always: "
	    "\"model\": \"NAME\" in %s", path == NULL ? "config.json" : path);
}

/* Reject a limit that can't be enforced. */
static int
setup_check_price(const struct setup *s, const struct config_model *m)
{
	const char *limit = json_int(s->config->values, "max_cost", 0) > 0 ?
	    "max_cost" : "max_cost_day";
	AUTO_FREE char *where = config_where(s->config, limit);

	if (m->price != NULL || json_int(s->config->values, limit, 0) <= 0)
		return 0;
	return cmd_fail(EXIT_USAGE, "%s: the price of %s/%s is unknown: say "
	    "it (--price INPUT/CACHED/OUTPUT, in dollars per million tokens), "
	    "or limit tokens instead (--max-total-tokens N)", where,
	    m->provider, m->name);
}

/* The fallbacks and the models for parts of the work. In an existing session,
 * missing ones fail when they are needed, and the main model takes over. */
static int
setup_model_others(struct setup *s)
{
	struct err e = ERR_INIT;

	if (config_routes(s->config, &s->routes, &s->routes_len, &e) == 0)
		return 0;
	if (!s->again)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	cmd_say("%s", e.text);
	cmd_say(
	    "opening the session anyway; %s/%s replaces its other models if "
	    "they fail",
	    s->model.provider, s->model.name);
	return 0;
}

/* The chosen model and its fallbacks. */
static int
setup_model_found(struct setup *s)
{
	struct config_model *m;
	size_t i;
	int code;

	s->has_model = true;
	if ((code = setup_model_others(s)) != 0)
		return code;
	for (i = 0; code == 0 && (m = setup_model_at(s, i)) != NULL; i++) {
		setup_window(s, m);
		code = setup_check_price(s, m);
	}
	if (code != 0)
		return code;
	if (s->model.notice != NULL)
		cmd_say("%s", s->model.notice);
	return insecure_http_check(s);
}

static void
setup_ways(const struct config *c)
{
	fprintf(stderr,
	    "You can:\n"
	    "  assent demo                   watch a recorded session (no key, "
	    "no network)\n"
	    "  assent login anthropic        store a key (assent login lists "
	    "the services)\n"
	    "  export ANTHROPIC_API_KEY=...  or OPENAI_API_KEY, "
	    "GEMINI_API_KEY; then again\n"
	    "  assent --model ollama/NAME    use a local server (llama.cpp, "
	    "lmstudio, vllm)\n"
	    "  add another server            to %s:\n"
	    "    {\"model\": \"local/NAME\", \"providers\": {\"local\": {\n"
	    "      \"format\": \"openai-chat\", "
	    "\"base_url\": \"http://127.0.0.1:8080/v1\"}}}\n",
	    c->path == NULL ? "~/.config/assent/config.json" : c->path);
}

int
setup_model(struct setup *s, bool needed)
{
	struct err e = ERR_INIT;
	const char *name;
	bool none;

	if (s->agent_name != NULL) {
		/* A session that is there has only its root. */
		if (s->state_dir == NULL)
			s->state_dir = session_state_dir(&e);
		s->agent_start = cJSON_CreateObject();
		return agent_start(s, s->agent_name, NULL, s->agent_start);
	}
	if (config_model(s->config, &s->model, &none, &e) == 0)
		return setup_model_found(s);
	name = json_str(s->config->values, "model");
	if (needed || !none)
		cmd_say("%s", e.text);
	if (none && !needed && s->screen)
		return 0;
	if (none || (name != NULL && strpbrk(name, "/,") == NULL))
		setup_offer(s);
	if (none && !needed)
		return 0;
	if (none)
		setup_ways(s->config);
	return EXIT_USAGE;
}

int
setup_answers(struct setup *s, const char *from)
{
	bool file = strchr(from, '/') != NULL;
	struct config_model *m = &s->model;
	struct err e = ERR_INIT;
	AUTO_FREE char *id = file ? NULL : session_resolve(from, NULL, &e);
	AUTO_FREE char *dir = id == NULL ? NULL : session_dir(id, &e);
	AUTO_FREE char *path = file ? xstrdup(from) : dir == NULL ? NULL :
	    fs_join(dir, "journal.jsonl");

	m->answers = path == NULL ? NULL : fs_realpath(path);
	if (m->answers == NULL)
		return cmd_fail(EXIT_USAGE, "--answers: %s", err_is_set(&e) ?
		    e.text : strerror(errno));
	m->provider = xstrdup("answers");
	m->name = xstrdup(file ? strrchr(from, '/') + 1 : id);
	m->format = xstrdup("openai-chat");
	m->base_url = xstrdup("");
	m->price = cJSON_CreateObject();
	json_add_int(m->price, "input", 0);
	json_add_int(m->price, "output", 0);
	s->has_model = true;
	return 0;
}

static const char *
setup_getenv(const char *name)
{
	return getenv(name);
}

char *
setup_find(const char *path, const char *const *names, size_t n)
{
	const char *end;
	char *full;
	size_t i;

	for (; path != NULL && *path != '\0'; path = *end == '\0' ? end :
	    end + 1) {
		end = strchrnul(path, ':');
		for (i = 0; *path == '/' && i < n; i++) {
			full = xasprintf("%.*s/%s", (int)(end - path), path,
			    names[i]);
			if (access(full, X_OK) == 0)
				return full;
			free(full);
		}
	}
	return NULL;
}

static char *
setup_ctags(void)
{
	/* A look-alike fails in the sandbox. */
	static const char *const names[] = { "ctags-universal", "ctags" };

	return setup_find(getenv("PATH"), names, MEM_COUNT(names));
}

static cJSON *
setup_read_own(const struct setup *s, cJSON *o)
{
	static const char *const others[] = { "minimal", "patience" };
	AUTO_FREE char *diff = NULL;

	json_set_take(o, "own_files", own_files(s->root, s->config, &diff));
	json_add_str(o, "diff", MEM_FIND(others, diff) != NULL ? diff :
	    "myers");
	return o;
}

bool
setup_own(struct setup *s, cJSON *start, bool wait)
{
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX_BYTES);
	AUTO_JSON cJSON *o = NULL;

	if (s->own == 0 && (s->own_out = fs_memory(NULL, 0)) >= 0 &&
	    (s->own = fork()) == 0)
		_exit(dprintf(s->own_out, "%s", json_print(setup_read_own(s,
		    cJSON_CreateObject()))) < 0);
	if (s->own > 0 && waitpid(s->own, NULL, wait ? 0 : WNOHANG) == 0)
		return false;
	if (fs_memory_read(s->own_out, &b) == 0)
		o = json_parse(buf_str(&b), b.len, JSON_OWN, NULL);
	/* The process was killed: a session without it would protect less. */
	if (o == NULL)
		o = setup_read_own(s, cJSON_CreateObject());
	fs_close(s->own_out);
	json_copy(start, "own_files", json_get(o, "own_files"));
	json_copy(start, "diff", json_get(o, "diff"));
	return true;
}

cJSON *
setup_start(const struct setup *s, const char *mode,
    const struct setup_task *task)
{
	const struct setup_task none = { .text = NULL };
	const struct setup_task *t = task == NULL ? &none : task;
	struct config_start c = {
		.mode = mode, .root = s->root, .cwd = s->cwd,
		.state_dir = s->state_dir, .home = getenv("HOME"),
		.path = spawn_commands_path, .task = t->text,
		.person = t->person,
		.keep_alive = t->keep_alive, .getenv = setup_getenv,
		.routes = s->routes, .routes_len = s->routes_len,
	};
	cJSON *o = config_start(s->config, s->has_model ? &s->model : NULL,
	    &c);
	AUTO_FREE char *ctags =
	    json_is(s->config->values, "symbols", "on") ?
		setup_ctags() :
		NULL;

	JSON_ADD_TEXTS(o, "alias", s->alias, "ctags", ctags);
	json_copy(o, "agent", json_get(s->agent_start, "agent"));
	/* An agent of others plans as it likes, unless the user wants a plan. */
	if (s->agent_name != NULL && json_is(s->config->origins, "plan",
	    "default"))
		json_set_take(o, "plan", cJSON_CreateString("skip"));
	if (task == NULL)
		return o;
	branch_add(&s->branch, o);
	return t->later ? o : setup_read_own(s, o);
}

struct bindings *
setup_bindings(const struct setup *s)
{
	struct err e = ERR_INIT;
	struct bindings *b = bindings_new(s->config->keys,
	    s->config->path, &e);

	if (b == NULL)
		(void)cmd_fail(EXIT_USAGE, "%s", e.text);
	return b;
}

void
setup_likes(const struct setup *s, struct ui_likes *l)
{
	static const char *const colours[] = {
		[DRAW_COLOUR_NEVER] = "never", [DRAW_COLOUR_LIGHT] = "light",
		[DRAW_COLOUR_DARK] = "dark" };

	memset(l, 0, sizeof(*l));
	l->mouse = json_is(s->config->values, "mouse", "on");
	l->title = json_is(s->config->values, "title", "on");
	l->no_syntax = json_is(s->config->values, "syntax", "never");
	l->notify = json_array(s->config->values, "notify");
	l->paste_image = json_array(s->config->values, "paste_image");
	l->colour = (enum draw_colour)MEM_WORD(colours,
	    json_str(s->config->values, "colour"));
}

cJSON *
setup_hello(const struct setup *s)
{
	cJSON *o = command_of("hello"), *keys = cJSON_CreateObject();
	cJSON *headers = cJSON_CreateObject(), *env;
	cJSON *commands = cJSON_CreateObject();
	const cJSON *it;
	AUTO_FREE char *tokens = config_beside(s->config, CONFIG_TOKENS);
	const struct config_model *m;
	struct err e = ERR_INIT;
	size_t i;

	/* A command that is tried has no servers. */
	env = strcmp(s->config->mode, "try") == 0 ? NULL :
	    config_mcp_secrets(s->config, &e);
	config_registries_tell(s->config, o, &e);
	if (err_is_set(&e))
		cmd_say("%s", e.text);
	if (s->agent.key != NULL) {
		cJSON *key = cJSON_AddObjectToObject(o, "agent_key");

		json_add_str(key, "api_key", s->agent.key);
	}
	if (s->has_model && s->model.key != NULL) {
		JSON_ADD_TEXTS(o, "key", s->model.key,
		    "key_for", s->model.provider);
	}
	/* Add the keys of the other models, one for each provider. */
	for (i = 0; (m = setup_model_at(s, i)) != NULL; i++) {
		if (i > 0 && m->key != NULL &&
		    json_get(keys, m->provider) == NULL)
			json_add_str(keys, m->provider, m->key);
		json_copy(headers, m->provider, m->headers);
	}
	cJSON_ArrayForEach(it, s->config->providers)
		json_copy(commands, it->string, json_get(it,
		    "api_key_command"));
	json_set_take(o, "key_commands", commands);
	json_set_take(o, "keys", keys);
	json_set_take(o, "headers", headers);
	if (env != NULL)
		json_set_take(o, "mcp_env", env);
	JSON_ADD_TEXTS(o, "mcp_tokens", tokens, "client", s->client);
	if (s->cut)
		json_add_str(o, "lines", "cut");
	if (s->from > 0)
		json_add_int(o, "from", s->from);
	return o;
}

static int
setup_model_local(void *arg, char **first, struct buf *servers)
{
	struct setup *s = arg;
	AUTO_JSON cJSON *found = local_find(s->config);
	AUTO_BUF struct buf names = BUF_INIT(0);
	const cJSON *it, *name;
	int n = 0;

	*first = NULL;
	cJSON_ArrayForEach(it, found) {
		buf_addf(servers, "%s%s at 127.0.0.1:%d", servers->len > 0 ?
		    ", " : "", json_str_or(it, "name", ""),
		    (int)json_int(it, "port", 0));
		cJSON_ArrayForEach(name, json_array(it, "models")) {
			buf_addf(&names, "%s%s/%s", n > 0 ? " " : "",
			    json_str_or(it, "name", ""), name->valuestring);
			if (n++ == 0)
				*first = xstrdup(buf_str(&names));
		}
	}
	free(s->local);
	s->local = n > 0 ? buf_take(&names) : NULL;
	return n;
}

static cJSON *
setup_model_line(void *arg, const char *name, struct err *e)
{
	const struct setup *s = arg;
	struct config_model m;
	cJSON *o = NULL;

	if (config_model_find(s->config, name, &m, e) < 0)
		return NULL;
	if (insecure_http_check_key(s, &m, m.base_url, e) == 0) {
		setup_window(s, &m);
		o = command_model(config_start_model(&m), m.key,
		    m.headers);
	}
	config_model_release(&m);
	return o;
}

static cJSON *
setup_model_again(void *arg, struct err *e)
{
	const struct setup *s = arg;
	struct config_model m;
	bool none = false;
	AUTO_FREE char *name = NULL;

	if (config_model(s->config, &m, &none, e) < 0)
		return NULL;
	name = xasprintf("%s/%s", m.provider, m.name);
	config_model_release(&m);
	return setup_model_line(arg, name, e);
}

static int
setup_model_save(cJSON *saved, void *name, struct err *e UNUSED)
{
	if (json_get(saved, "model") != NULL)
		return 0;
	json_add_str(saved, "model", name);
	return 1;
}

/* Save the model, unless the files set one: the flag is for this run only. */
static int
setup_model_keep(void *arg, const char *name, struct err *e)
{
	const struct setup *s = arg;
	AUTO_FREE char *model = xstrdup(name);

	return s->config->has_model ? 0 : config_save(s->config,
	    setup_model_save, model, e);
}

struct setup_encoding {
	const char	*root;
	const cJSON	*rules;
};

static cJSON *
setup_member(cJSON *o, const char *key)
{
	cJSON *at = cJSON_GetObjectItemCaseSensitive(o, key);

	return at != NULL ? at : cJSON_AddObjectToObject(o, key);
}

/* Save encodings for the project. One that is taken back may have been saved
 * for all projects. */
static int
setup_encoding_save(cJSON *saved, void *arg, struct err *e UNUSED)
{
	const struct setup_encoding *a = arg;
	cJSON *own = setup_member(setup_member(setup_member(saved,
	    CONFIG_PROJECTS), a->root), "encodings");

	encodings_add(own, a->rules);
	if (cJSON_IsNull(a->rules->child))
		encodings_add(cJSON_GetObjectItemCaseSensitive(saved,
		    "encodings"), a->rules);
	return 1;
}

static int
setup_encoding(void *arg, cJSON *rules, struct err *e)
{
	const struct setup *s = arg;
	struct setup_encoding a = { s->root, rules };

	return config_save(s->config, setup_encoding_save, &a, e) < 0 ? -1 : 0;
}

static cJSON *
setup_command(void *arg, const char *name)
{
	const struct setup *s = arg;

	return config_command(s->config, name);
}

void
setup_models(struct setup *s, struct slash_command_models *m)
{
	m->names = setup_model_names;
	m->offer = model_about_offer;
	m->line = setup_model_line;
	m->local = setup_model_local;
	m->by_default = setup_model_again;
	m->keep = setup_model_keep;
	m->encoding = setup_encoding;
	m->own = setup_command;
	m->arg = s;
}

void
setup_release(struct setup *s)
{
	config_model_release(&s->model);
	config_model_release(&s->agent);
	cJSON_Delete(s->agent_start);
	config_routes_free(s->routes, s->routes_len);
	config_free(s->config);
	FREE_ALL(s->local, s->root, s->cwd, s->alias, s->state_dir);
	worktrees_settle(&s->made);
	memset(s, 0, sizeof(*s));
}
