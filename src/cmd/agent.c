/* See agent.h. */

#include "config.h"

#include "cmd/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"
#include "cmd/ask.h"
#include "cmd/setup.h"
#include "config/settings.h"
#include "front/message.h"
#include "front/print.h"
#include "git/worktrees.h"
#include "journal/session.h"
#include "policy/approve.h"

#define AGENT_FILE_MAX	((size_t)4 << 20)	/* of what is read here */

void
agent_release(struct agent *a)
{
	FREE_ALL(a->program, a->real, a->folder, a->version, a->state,
	    a->key_from);
}

/* ---- where it is ---- */

/* The version in this package.json; malloc'ed, or NULL. */
static char *
agent_version(const char *path)
{
	AUTO_BUF struct buf b = BUF_INIT(AGENT_FILE_MAX);
	AUTO_JSON cJSON *o = fs_read_file(AT_FDCWD, path, &b, NULL) < 0 ? NULL :
	    json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, NULL);

	return xstrdup_null(json_str(o, "version"));
}

/* Set folder and version: of the package that has its file. Its dependencies may lie
 * beside it, so that the folder is that of all packages; without a package it is
 * the file. Never the home, or a folder above it. */
static void
agent_package(struct agent *a)
{
	const char *set = getenv("HOME");
	/* A link may lead to it, as to the program. */
	AUTO_FREE char *home = set == NULL ? NULL : fs_realpath(set);
	AUTO_FREE char *at = xstrdup(a->real), *own = NULL;
	char *slash;

	while ((slash = strrchr(at, '/')) != NULL && slash > at) {
		AUTO_FREE char *json = NULL;

		*slash = '\0';
		if (home != NULL && fs_is_below(home, at))
			break;
		json = fs_join(at, "package.json");
		if (own == NULL && access(json, F_OK) == 0) {
			own = xstrdup(at);
			a->version = agent_version(json);
		}
		slash = strrchr(at, '/');
		if (strcmp(slash, "/node_modules") == 0 ||
		    strcmp(slash, "/.pnpm") == 0)
			FREE_SET(a->folder, xstrdup(at));
	}
	if (a->folder == NULL)
		a->folder = xstrdup(own == NULL ? a->real : own);
}

/* As PATH has it, in which no folder of the project is (setup_project). */
static char *
agent_program(const char *word)
{
	return word[0] != '/' ? setup_find(getenv("PATH"), &word, 1) :
	    access(word, X_OK) == 0 ? xstrdup(word) : NULL;
}

int
agent_find(struct agent *a, const struct setup *s, const cJSON *row, bool acp,
    struct err *e)
{
	const cJSON *argv = json_array(row, acp ? "acp" : "command");
	const char *file = json_str(json_get(row, "sign_in"), "file");

	memset(a, 0, sizeof(*a));
	a->row = row;
	a->name = row->string;
	if (argv != NULL)
		a->program = agent_program(argv->child->valuestring);
	if (a->program != NULL)
		a->real = fs_realpath(a->program);
	if (a->real != NULL)
		agent_package(a);
	if (json_bool(row, "state", false) && s->root != NULL) {
		AUTO_FREE char *project = worktrees_project(s->root);

		a->state = xasprintf("%s/agents/%s/%s", s->state_dir, a->name,
		    project);
	}
	if (a->state != NULL && file != NULL) {
		AUTO_CLOSE int dir = open(a->state, O_PATH | O_DIRECTORY |
		    O_NOFOLLOW | O_CLOEXEC);
		/* The agent may have made links there. */
		AUTO_CLOSE int fd = dir < 0 ? -1 : fs_open_regular(dir, file);

		a->signed_in = fd >= 0;
	}
	return config_agent_key(s->config, row, &a->key_from, e);
}

char *
agent_of_command(const struct setup *s, const char *word, struct err *e)
{
	AUTO_JSON cJSON *rows = config_agents(s->config, e);
	const cJSON *row;
	char *name = NULL;

	cJSON_ArrayForEach(row, rows) {
		const char *own = json_array(row, "command")->child->valuestring;
		AUTO_FREE char *program = NULL, *real = NULL, *typed = NULL;

		if (name != NULL || strcmp(basename(own), basename(word)) != 0)
			continue;
		/* A path may lead to another program of that name. */
		program = agent_program(own);
		real = program == NULL ? NULL : fs_realpath(program);
		typed = strchr(word, '/') == NULL ? xstrdup_null(real) :
		    fs_realpath(word);
		if (real != NULL && typed != NULL && strcmp(real, typed) == 0)
			name = xstrdup(row->string);
	}
	return name;
}

/* ---- what it is given ---- */

static void
agent_put(cJSON *list, const char *text)
{
	cJSON_AddItemToArray(list, cJSON_CreateString(text));
}

/* Once. */
static void
agent_add(cJSON *list, const char *text)
{
	if (!json_has(list, text))
		agent_put(list, text);
}

/* A value with "%s" for the address inside: with the path of the user's base_url
 * after that. */
static cJSON *
agent_filled(const char *value, const char *path)
{
	AUTO_FREE char *with = xasprintf("%%s%s", path);
	AUTO_FREE char *text = text_fill(value, "%s", with);

	return cJSON_CreateString(text);
}

/* The service of its key, as in the start object; NULL with *e. */
static cJSON *
agent_key(struct setup *s, const cJSON *row, struct err *e)
{
	static const char *const same[] = { "provider", "methods", "header" };
	const cJSON *key = json_get(row, "key"), *it;
	AUTO_FREE char *model = xasprintf("%s/any", json_str(key, "provider"));
	AUTO_FREE char *origin = NULL, *path = NULL;
	cJSON *o, *to;
	size_t n;

	config_model_release(&s->agent);
	if (config_model_find(s->config, model, &s->agent, e) < 0)
		return NULL;
	if (strncmp(s->agent.base_url, "https://", 8) != 0) {
		err_set(e, "%s is at %s, and a key is added only for https://; "
		    "set agents.%s.key to null to start it without a key",
		    s->agent.provider, s->agent.base_url, row->string);
		return NULL;
	}
	origin = url_origin(s->agent.base_url);
	path = xstrdup(url_host(s->agent.base_url) +
	    strcspn(url_host(s->agent.base_url), "/"));
	n = strlen(path);
	if (n > 0 && path[n - 1] == '/')
		path[n - 1] = '\0';
	o = cJSON_CreateObject();
	JSON_COPY(o, key, same);
	JSON_ADD_TEXTS(o, "host", url_host(origin),
	    "ca_file", s->agent.ca_file);
	to = cJSON_AddArrayToObject(o, "paths");
	cJSON_ArrayForEach(it, json_get(key, "paths")) {
		AUTO_FREE char *full = xasprintf("%s%s", path, it->valuestring);

		agent_put(to, full);
	}
	to = cJSON_AddArrayToObject(o, "args");
	cJSON_ArrayForEach(it, json_get(key, "args"))
		cJSON_AddItemToArray(to, agent_filled(it->valuestring, path));
	to = cJSON_AddObjectToObject(o, "env");
	cJSON_ArrayForEach(it, json_get(key, "env"))
		json_set_take(to, it->string, agent_filled(it->valuestring,
		    path));
	return o;
}

/* ---- what is left out ---- */

/* How many of them this member has: an object, whose lists count each. */
static int
agent_count_json(const cJSON *o)
{
	const cJSON *it;
	int n = 0;

	cJSON_ArrayForEach(it, o)
		n += cJSON_IsArray(it) ? cJSON_GetArraySize(it) : 1;
	return n;
}

/* In TOML, [NAME.one]. */
static int
agent_count_toml(const char *text, const char *name)
{
	const char *p = text, *end = text + strlen(text);
	AUTO_FREE char *head = xasprintf("[%s.", name);
	int n = 0;

	for (; p < end; p = mem_line_after(p, end))
		n += mem_starts(p, end, head) && memchr(p + strlen(head), '.',
		    (size_t)(mem_line_end(p, end) - p) - strlen(head)) == NULL;
	return n;
}

/* "2 hooks, 3 MCP servers" of the user's settings, which stay outside. */
static void
agent_left_out(const cJSON *row, struct buf *b)
{
	const char *home = getenv("HOME");
	AUTO_JSON cJSON *sums = cJSON_CreateObject();
	const cJSON *file, *it;

	cJSON_ArrayForEach(file, json_get(row, "settings")) {
		AUTO_FREE char *path = fs_join(home == NULL ? "/" : home,
		    file->string);
		AUTO_BUF struct buf text = BUF_INIT(AGENT_FILE_MAX);
		AUTO_FREE char *copy = NULL;
		AUTO_JSON cJSON *o = NULL;

		if (fs_read_file(AT_FDCWD, path, &text, NULL) < 0)
			continue;
		copy = xstrdup(buf_str(&text));
		o = config_json(copy, strlen(copy), NULL);
		cJSON_ArrayForEach(it, file)
			json_add_int(sums, it->valuestring, json_int(sums,
			    it->valuestring, 0) + (o != NULL ?
			    agent_count_json(json_get(o, it->string)) :
			    agent_count_toml(buf_str(&text), it->string)));
	}
	cJSON_ArrayForEach(it, sums)
		if (it->valueint > 0)
			buf_addf(b, "%s%d %s%s", b->len > 0 ? ", " : "",
			    it->valueint, it->string, it->valueint == 1 ? "" :
			    "s");
}

/* ---- consent ---- */

#define AGENT_AGREED	"agents.json"	/* in the state folder: name -> list */

/* What you agree to: the program, the key, what it is shown of your home, the
 * hosts. */
static cJSON *
agent_asks(const struct agent *a, const cJSON *key, const cJSON *hosts)
{
	AUTO_FREE char *use = key == NULL ? NULL : xasprintf("key for %s",
	    json_str(key, "provider"));
	cJSON *list = cJSON_CreateArray();
	const cJSON *it;

	agent_add(list, a->program);
	if (use != NULL)
		agent_add(list, use);
	cJSON_ArrayForEach(it, json_get(a->row, "read"))
		agent_add(list, it->valuestring);
	cJSON_ArrayForEach(it, hosts)
		agent_add(list, it->valuestring);
	return list;
}

static void
agent_sentence(struct buf *b, const struct agent *a, const cJSON *o,
    const cJSON *hosts)
{
	bool signs = json_get(o, "sign_in") != NULL;
	const cJSON *key = json_get(o, "key"), *it;

	buf_addf(b, "%s runs in the sandbox from %s", a->name, a->folder);
	if (signs)
		buf_adds(b, ", signs in there");
	else if (key != NULL)
		buf_addf(b, ", uses your key for %s without seeing it",
		    json_str(key, "provider"));
	buf_adds(b, signs || key != NULL ? ", and reaches " : " and reaches ");
	cJSON_ArrayForEach(it, hosts)
		buf_addf(b, "%s%s", it == hosts->child ? "" : it->next == NULL ?
		    " and " : ", ", it->valuestring);
	buf_addf(b, ". Any command or package that it runs can do the same: "
	    "send what it reads there%s.", signs ? ", and use up your plan" :
	    key != NULL ? ", and use up your key's budget" : "");
}

/* 0: the user agreed, now or earlier, to all of it; else the exit code. */
static int
agent_consent(const struct setup *s, const struct agent *a, const cJSON *o)
{
	AUTO_JSON cJSON *hosts = grant_agent_hosts(o);
	AUTO_JSON cJSON *asks = agent_asks(a, json_get(o, "key"), hosts);
	AUTO_JSON cJSON *all = session_file_read(s->state_dir, AGENT_AGREED);
	AUTO_BUF struct buf b = BUF_INIT(0), added = BUF_INIT(0);
	const char *terms = json_str(a->row, "terms");
	const cJSON *it, *old = json_array(all, a->name);
	struct err e = ERR_INIT;
	bool agreed = true;

	cJSON_ArrayForEach(it, asks) {
		if (json_has(old, it->valuestring))
			continue;
		agreed = false;
		buf_addf(&added, "%s%s", added.len > 0 ? ", " : "",
		    it->valuestring);
	}
	if (agreed || hosts->child == NULL ||
	    json_bool(a->row, "consent", false))
		return 0;
	agent_sentence(&b, a, o, hosts);
	if (old != NULL)
		buf_addf(&b, " New since you agreed: %s.", buf_str(&added));
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return cmd_fail(EXIT_USAGE, "not started, since nobody is here "
		    "to agree: %s Start it once on a terminal, or put "
		    "{\"agents\": {\"%s\": {\"consent\": true}}} in "
		    "config.json", buf_str(&b), a->name);
	if (terms != NULL)
		print_words(stderr, "%s", terms);
	print_words(stderr, "%s", buf_str(&b));
	if (!ask_yes("start it?"))
		return cmd_fail(EXIT_ERROR, "%s wasn't started", a->name);
	cJSON_ArrayForEach(it, old)
		agent_add(asks, it->valuestring);
	json_copy(all, a->name, asks);
	return fs_mkdirs(s->state_dir, 0700, &e) < 0 || session_file_write(
	    s->state_dir, AGENT_AGREED, all, &e) < 0 ? cmd_fail_err(&e) : 0;
}

/* ---- the start ---- */

/* What of the home and outside the system it is shown; what runs its script is one
 * of the toolchains. */
static void
agent_paths(cJSON *o, const struct agent *a)
{
	const char *home = getenv("HOME");
	cJSON *show = cJSON_AddArrayToObject(o, "show");
	cJSON *reads = cJSON_AddArrayToObject(o, "read");
	const cJSON *it;

	if (!fs_is_below(a->folder, "/usr"))
		agent_add(show, a->folder);
	cJSON_ArrayForEach(it, json_get(a->row, "read")) {
		AUTO_FREE char *path = fs_join(home == NULL ? "/" : home,
		    it->valuestring);

		if (home != NULL && access(path, R_OK) == 0)
			agent_add(reads, path);
	}
}

static void
agent_argv(cJSON *o, const struct agent *a, const char *const *args)
{
	const cJSON *it = json_array(a->row, args == NULL ? "acp" : "command");
	cJSON *argv = cJSON_AddArrayToObject(o, "argv");

	agent_put(argv, a->real);
	for (it = it->child->next; it != NULL; it = it->next)
		agent_put(argv, it->valuestring);
	if (args == NULL)
		return;
	cJSON_ArrayForEach(it, json_get(a->row, "args"))
		agent_put(argv, it->valuestring);
	for (; *args != NULL; args++)
		agent_put(argv, *args);
}

/* Make its folder, with the settings that it has no variable for. The agent may
 * have made links there, and changed its settings: neither is touched. */
static int
agent_state(const struct agent *a, struct err *e)
{
	AUTO_CLOSE int dir = fs_mkdirs(a->state, 0700, e) < 0 ? -1 :
	    open(a->state, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const cJSON *it;

	if (dir < 0)
		return err_is_set(e) ? -1 : err_sys(e, "can't open %s",
		    a->state);
	cJSON_ArrayForEach(it, json_get(a->row, "files")) {
		const char *name;
		AUTO_CLOSE int in = fs_open_parent(dir, it->string, true,
		    &name);
		AUTO_CLOSE int fd = in < 0 ? -1 : openat(in, name, O_WRONLY |
		    O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		AUTO_FREE char *text = cJSON_IsString(it) ?
		    xstrdup(it->valuestring) : json_print(it);

		if (fd >= 0 && fs_write_all(fd, text, strlen(text)) < 0)
			return err_sys(e, "can't write %s in %s", it->string,
			    a->state);
	}
	return 0;
}

static int
agent_begin(struct setup *s, const struct agent *a, const char *const *args,
    cJSON *start)
{
	static const char *const without_key[] = { "hosts", "sign_in" };
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_BUF struct buf left = BUF_INIT(0);
	struct err e = ERR_INIT;
	cJSON *key = NULL;
	const cJSON *it;
	int code;

	if (a->key_from != NULL && (key = agent_key(s, a->row, &e)) == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	json_add_str(o, "name", a->name);
	agent_argv(o, a, args);
	json_add_bool(o, "acp", args == NULL);
	if (key == NULL)
		JSON_COPY(o, a->row, without_key);
	json_copy(o, "env", json_get(a->row, "env"));
	cJSON_ArrayForEach(it, json_get(key, "env"))
		cJSON_DeleteItemFromObjectCaseSensitive(
		    cJSON_GetObjectItemCaseSensitive(o, "env"), it->string);
	if (key != NULL)
		json_set_take(o, "key", key);
	agent_paths(o, a);
	json_add_str(o, "state", a->state);
	if ((code = agent_consent(s, a, o)) != 0)
		return code;
	if (a->state != NULL && agent_state(a, &e) < 0)
		return cmd_fail_err(&e);
	agent_left_out(a->row, &left);
	if (left.len > 0) {
		cmd_say("%s: %s: not in the sandbox", a->name, buf_str(&left));
		json_add_str(o, "left_out", buf_str(&left));
	}
	json_copy(start, "agent", o);
	return 0;
}

int
agent_start(struct setup *s, const char *name, const char *const *args,
    cJSON *start)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *rows = config_agents(s->config, &e);
	const cJSON *row = json_get(rows, name), *argv;
	AUTO(agent_release) struct agent a = { .row = NULL };

	if (rows == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (row == NULL)
		return cmd_fail(EXIT_USAGE, "no agent is called %.40s%s (see "
		    "assent agents)", name, cJSON_IsArray(json_get(
		    s->config->machine, "agents")) ? ", or the machine's "
		    "configuration doesn't allow it" : "");
	argv = json_array(row, args == NULL ? "acp" : "command");
	if (argv == NULL)
		return cmd_fail(EXIT_USAGE, "%s doesn't speak the Agent Client "
		    "Protocol; use assent try -- %s", name,
		    json_array(row, "command")->child->valuestring);
	if (agent_find(&a, s, row, args == NULL, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (a.real == NULL)
		return cmd_fail(EXIT_USAGE, "%s isn't on your PATH; install "
		    "it, or set agents.%s.%s in config.json",
		    argv->child->valuestring, name, args == NULL ? "acp" :
		    "command");
	return agent_begin(s, &a, args, start);
}
