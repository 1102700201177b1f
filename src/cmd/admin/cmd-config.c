/* config: what your configuration has: hooks, keys, models, profiles. */

#include "config.h"

#include "cmd/cmd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "client/client.h"
#include "cmd/admin/trial.h"
#include "cmd/ask.h"
#include "cmd/setup.h"
#include "front/bindings.h"
#include "front/message.h"
#include "front/print.h"
#include "gate/policy-table.h"
#include "journal/command.h"
#include "journal/event.h"
#include "policy/hook-spec.h"
#include "tool/tool.h"

static int	hook_test(const struct setup *s, const cJSON *hook,
    char *const *words, size_t n);

/*
 * hooks test: one hook gets a sample of its event, in a session whose
 * copy is the project as it is. Nothing that it says or writes in the sandbox
 * has an effect.
 */

struct hook_test {
	const cJSON	*hook;
	bool		 failed;
};

/* ---- the sample ---- */

static cJSON *
hook_test_files(const struct setup *s, char *const *words, size_t n,
    cJSON *names)
{
	cJSON *list = cJSON_CreateArray(), *o;
	size_t i;

	for (i = 0; i < n; i++) {
		AUTO_FREE char *path = fs_inside(s->root, s->cwd, words[i]);

		o = cJSON_CreateObject();
		json_add_path(o, "path", path == NULL ? words[i] : path);
		cJSON_AddItemToArray(names, cJSON_CreateString(
		    json_str_or(o, "path", "")));
		json_add_str(o, "status", "modified");
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

static void
hook_test_tool(cJSON *input, const char *name, const cJSON *names, bool after)
{
	cJSON *tool = cJSON_AddObjectToObject(input, "tool"), *args, *o;
	const char *path = names->child->next == NULL ? NULL :
	    names->child->next->valuestring;

	JSON_ADD_TEXTS(tool, "id", "sample", "name", name);
	args = cJSON_AddObjectToObject(tool, "args");
	json_add_str(args, "path", path);
	if (path == NULL)
		json_add_str(args, "command", "true");
	if (!after)
		return;
	o = cJSON_AddObjectToObject(input, "result");
	json_add_bool(o, "ok", true);
	if (path == NULL)
		json_add_int(o, "exit", 0);
	json_add_str(o, "text", "");
}

static void
hook_test_plan(cJSON *input)
{
	cJSON *o = cJSON_AddObjectToObject(input, "plan"), *step;

	json_add_int(o, "version", 1);
	json_add_str(o, "goal", "a sample");
	step = cJSON_CreateObject();
	json_add_str(step, "title", "a step");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(o, "steps"), step);
	cJSON_AddArrayToObject(o, "files");
}

/* "hook_test" of the start object. */
static cJSON *
hook_test_sample(const struct setup *s, const cJSON *hook, char *const *words,
    size_t n)
{
	cJSON *o = cJSON_CreateObject(), *input, *names;
	bool after = hook_spec_is(hook, HOOK_AFTER_TOOL);
	bool tool = after || hook_spec_is(hook, HOOK_BEFORE_TOOL);
	const char *name = n == 0 ? "bash" : "edit";

	json_add_str(o, "event", json_str(hook, "event"));
	input = cJSON_AddObjectToObject(o, "input");
	names = cJSON_AddArrayToObject(o, "names");
	if (tool && n > 0 && tool_find(words[0]) != NULL) {
		name = *words++;
		n--;
	}
	if (tool)
		cJSON_AddItemToArray(names, cJSON_CreateString(name));
	json_set_take(input, "files", hook_test_files(s, words, n, names));
	if (tool)
		hook_test_tool(input, name, names, after);
	else if (hook_spec_is(hook, HOOK_PLAN))
		hook_test_plan(input);
	else if (hook_spec_is(hook, HOOK_BEFORE_APPLY))
		json_add_str(input, "by", "user");
	else if (hook_spec_is(hook, HOOK_PROPOSAL))
		json_add_bool(input, "final", true);
	else if (hook_spec_is(hook, HOOK_WAITS)) {
		JSON_ADD_TEXTS(input, "waits", "hunks",
		    "words", "2 hunks to review",
		    "attach", "ssh -t host assent resume ID");
		json_add_bool(input, "attached", false);
	}
	return o;
}

/* ---- the answer ---- */

static void
hook_test_finding(const struct ev_finding *f)
{
	AUTO_FREE char *text = xasprintf("%s:%lld: %s: %s%s%s%s", f->path,
	    (long long)f->line, f->severity, f->message,
	    f->rule == NULL ? "" : " (", ev_str(f->rule, ""),
	    f->rule == NULL ? "" : ")");

	print_text(stdout, "    ", "      ", text);
}

static void
hook_test_print(struct hook_test *t, const struct ev_hook *h)
{
	AUTO_FREE char *text = NULL;

	t->failed = !h->ok.on;
	text = t->failed ? xasprintf("failed: %s; that means %s", h->error,
	    h->decision) : xasprintf("%s%s%s", h->decision,
	    h->reason == NULL ? "" : ": ", ev_str(h->reason, ""));
	print_text(stdout, "  ", "    ", text);
	print_words(stdout, "  %lld.%02lld s%s", (long long)h->ms / 1000,
	    (long long)h->ms % 1000 / 10, json_bool(t->hook, "sandbox", true) ?
	    "" : ", as you, without the sandbox");
	if (h->context != NULL) {
		print_words(stdout, "  context for the model:");
		print_text(stdout, "    ", "    ", h->context);
	}
	MEM_EACH(h, findings, finding)
		hook_test_finding(finding);
	if (h->dropped > 0)
		print_words(stdout, "  %lld findings left out: no such file, "
		    "or too many", (long long)h->dropped);
	MEM_EACH(h, changed, file)
		print_words(stdout, "  changed %s, in the copy only",
		    file->path);
}

static bool
hook_test_line(void *arg, struct client *c, const struct event *l)
{
	struct hook_test *t = arg;
	bool done = l->type == EVENT_HOOK && ev_is(l->hook.status, "done");

	if (l->type == EVENT_LIVE &&
	    hook_spec_is(t->hook, HOOK_SESSION_END))
		(void)client_send(c, command_of("end"));
	if (done)
		hook_test_print(t, &l->hook);
	return done;
}

/* Run this hook of the configuration once, on a sample of its event that is
 * about these words (files, or a tool first), and print its answer. The exit
 * code. */
static int
hook_test(const struct setup *s, const cJSON *hook, char *const *words,
    size_t n)
{
	struct hook_test t = { .hook = hook };
	AUTO_JSON cJSON *sample = hook_test_sample(s, hook, words, n);
	cJSON *start, *list;
	AUTO_FREE char *about = NULL;
	const cJSON *names = json_get(sample, "names");

	if (!hook_spec_matches(hook, names)) {
		about = json_print(json_get(hook, "match"));
		return cmd_fail(EXIT_USAGE, "%s runs only for what its match "
		    "fits: %s; name such a file%s", json_str_or(hook, "name",
		    "?"), about, hook_spec_is(hook, HOOK_BEFORE_TOOL) ||
		    hook_spec_is(hook, HOOK_AFTER_TOOL) ? " or tool" : "");
	}
	start = setup_start(s, "interactive", NULL);
	list = cJSON_CreateArray();
	cJSON_AddItemToArray(list, cJSON_Duplicate(hook, 1));
	json_set_take(start, "hooks", list);
	cJSON_DeleteItemFromObjectCaseSensitive(start, "mcp_servers");
	/* These happen to this session, too. */
	if (!hook_spec_is(hook, HOOK_SESSION_START) &&
	    !hook_spec_is(hook, HOOK_SESSION_END))
		json_copy(start, "hook_test", sample);
	return trial_run(s, start, hook_test_line, &t) < 0 || t.failed ?
	    EXIT_ERROR : EXIT_DONE;
}

/*
 * `config hooks`: lists the user's hooks, tries one (cmd-config.c), or copies
 * those of a file into the user's config.json, after showing all of it: nothing
 * of a project's is started that the user hasn't read.
 */

static void
hooks_print(const cJSON *hook)
{
	const cJSON *it;
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_addf(&b, "%s  %s", json_str_or(hook, "event", "?"),
	    json_str_or(hook, "name", "?"));
	cJSON_ArrayForEach(it, json_array(hook, "match"))
		buf_addf(&b, "%s%s", it->prev->next == NULL ? "  match " :
		    ", ", it->valuestring);
	buf_addf(&b, "  %lld s%s%s", (long long)(json_int(hook, "timeout_ms",
	    0) / 1000), json_bool(hook, "block", false) ?
	    ", blocks if it fails" : "", json_bool(hook, "sandbox", true) ?
	    "" : ", as you, without the sandbox");
	print_words(stdout, "%s", buf_str(&b));
	print_text(stdout, "    ", "    ", json_str_or(hook, "command", ""));
	if (!json_bool(hook, "sandbox", true))
		print_words(stdout, "    runs in each project's folder: relative "
		    "paths, makefiles and the like are the project's own, and "
		    "run as you");
}

static int
hooks_list(const struct setup *s)
{
	const cJSON *list = json_array(s->config->values, "hooks"), *it;

	if (list == NULL || list->child == NULL) {
		print_words(stdout, "no hooks (see assent-config(5), HOOKS)");
		return EXIT_DONE;
	}
	cJSON_ArrayForEach(it, list)
		hooks_print(it);
	return EXIT_DONE;
}

struct hooks_add {
	const cJSON	*raw, *list;	/* as in the file, and as checked */
	const cJSON	*had;
};

static int
hooks_is_new(const cJSON *list, const cJSON *had, struct err *e)
{
	const cJSON *it, *old;

	cJSON_ArrayForEach(it, list)
		cJSON_ArrayForEach(old, had)
			if (json_is(old, "event", json_str(it, "event")) &&
			    json_is(old, "name", json_str(it, "name")))
				return err_set(e, "there is a hook \"%s\" for "
				    "%s; name the other differently",
				    json_str(it, "name"), json_str(it, "event"));
	return 0;
}

static int
hooks_save(cJSON *saved, void *arg, struct err *e)
{
	const struct hooks_add *a = arg;
	cJSON *to = cJSON_GetObjectItemCaseSensitive(saved, "hooks");
	AUTO_JSON cJSON *now = to == NULL ? NULL : hook_spec_list(to, e);
	const cJSON *it;

	if (err_is_set(e) || hooks_is_new(a->list, a->had, e) < 0 ||
	    hooks_is_new(a->list, now, e) < 0)
		return -1;
	if (to == NULL)
		to = cJSON_AddArrayToObject(saved, "hooks");
	cJSON_ArrayForEach(it, a->raw)
		cJSON_AddItemToArray(to, cJSON_Duplicate(it, 1));
	return 1;
}

bool
config_ask_add(bool yes, const char *what, const char *to,
    const struct buf *about)
{
	AUTO_FREE char *subject = ask_about(buf_str(about));
	AUTO_FREE char *question = xasprintf("add %s to %s: %s?", what, to,
	    subject);

	fflush(stdout);
	if (yes)
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		cmd_say("not added: nobody is here to be asked");
		return false;
	}
	if (ask_yes(question))
		return true;
	cmd_say("nothing added");
	return false;
}

static int
hooks_add(const struct setup *s, const struct cmd_args *a, const char *file)
{
	AUTO_FREE char *to = config_beside(s->config, CONFIG_SAVED);
	AUTO_JSON cJSON *raw = NULL, *list = NULL;
	AUTO_BUF struct buf about = BUF_INIT(0);
	struct err e = ERR_INIT;
	const cJSON *it;
	int n;

	raw = config_of_file(file, false, &e);
	if (raw == NULL || (list = hook_spec_list(raw, &e)) == NULL)
		return cmd_fail(EXIT_USAGE, "%s%s%s", raw == NULL ? "" : file,
		    raw == NULL ? "" : ": hooks: ", e.text);
	n = cJSON_GetArraySize(list);
	if (n == 0)
		return cmd_fail(EXIT_USAGE, "%s has no hooks", file);
	cJSON_ArrayForEach(it, list) {
		hooks_print(it);
		buf_addf(&about, "%s%s%s", about.len > 0 ? "; " : "",
		    json_bool(it, "sandbox", true) ? "" : "not sandboxed, ",
		    json_str_or(it, "command", ""));
	}
	if (!config_ask_add(a->yes, n == 1 ? "this hook" : "these hooks", to,
	    &about))
		return EXIT_ERROR;
	if (config_save(s->config, hooks_save, &(struct hooks_add){ .raw = raw,
	    .list = list, .had = json_array(s->config->values, "hooks") },
	    &e) < 0)
		return cmd_fail_err(&e);
	cmd_say("added %d hook%s to %s", n, n == 1 ? "" : "s", to);
	return EXIT_DONE;
}

static int
hooks_test(const struct setup *s, const struct cmd_args *a)
{
	const char *name = a->operands[1];
	const cJSON *it;
	int code = -1, got;

	/* Hooks of several events may share it. */
	cJSON_ArrayForEach(it, json_array(s->config->values, "hooks")) {
		if (!json_is(it, "name", name))
			continue;
		hooks_print(it);
		got = hook_test(s, it, a->operands + 2, a->operands_len - 2);
		code = got > code ? got : code;
	}
	return code >= 0 ? code : cmd_fail(EXIT_USAGE, "no hook is called %.40s (see assent "
	    "config hooks)", name);
}

static int
cmd_hooks(const struct cmd_args *a)
{
	const char *what = a->operands_len == 0 ? "" : a->operands[0];
	bool add = strcmp(what, "add") == 0, test = strcmp(what, "test") == 0;
	struct setup s = { 0 };
	int code = 0;

	if (test ? a->operands_len < 2 : a->operands_len != (add ? 2 : 0))
		return cmd_fail(EXIT_USAGE, "usage: assent config hooks [add "
		    "FILE | test NAME [FILE]...]");
	/* Only a session is of a project. */
	if (test)
		code = setup_project(&s, a);
	if (code == 0)
		code = setup_config(&s, a, "interactive");
	if (code != 0)
		return code;
	code = test ? hooks_test(&s, a) : add ?
	    hooks_add(&s, a, a->operands[1]) : hooks_list(&s);
	setup_release(&s);
	return code;
}

/* `config models`: lists the available models and what is known about them. */

static void
models_print(const char *name, const cJSON *facts, int64_t window)
{
	char a[32], b[32];
	AUTO_BUF struct buf efforts = BUF_INIT(0);
	const cJSON *it;
	const char *def = json_str_or(facts, "effort_default", "");
	const char *ends = json_str(facts, "ends");

	cJSON_ArrayForEach(it, json_array(facts, "effort"))
		buf_addf(&efforts, strcmp(it->valuestring, def) == 0 ?
		    " [%s]" : " %s", it->valuestring);
	print_words(stdout, "  %-35s %6s %6s %s%s%s%s%s", name,
	    model_about_count(window > 0 ? window : json_int(facts, "window", 0), a,
	    sizeof(a)), model_about_count(json_int(facts, "output", 0), b,
	    sizeof(b)), efforts.len > 0 ? buf_str(&efforts) : " -",
	    ends == NULL ? "" : "  until ", ends == NULL ? "" : ends,
	    ends == NULL ? "" : ", then ",
	    ends == NULL ? "" : json_str_or(facts, "next", "?"));
}

static void
models_one(const struct setup *s, const char *name, bool notes)
{
	struct config_model m;
	struct err e = ERR_INIT;

	if (config_model_find(s->config, name, &m, &e) < 0) {
		print_words(stdout, "  %-36s %s", name, e.text);
		return;
	}
	models_print(name, m.facts, m.window);
	if (m.notice != NULL && notes)
		print_words(stdout, "  %-36s   %s", "", m.notice);
	config_model_release(&m);
}

/* The configured ones, and then all that their providers' keys are for. */
static void
models_configured(const struct setup *s)
{
	AUTO_BUF struct buf names = BUF_INIT(0);
	size_t configured;
	char *name, *rest = NULL;
	bool any = false, notes = true;

	config_model_names(s->config, &names);
	configured = names.len;
	config_model_known(s->config, &names);
	for (name = strtok_r((char *)(uintptr_t)buf_str(&names), " ", &rest);
	    name != NULL; name = strtok_r(NULL, " ", &rest)) {
		if (name == names.p + configured + (configured > 0)) {
			print_words(stdout, "\nwith your keys");
			notes = false;
		}
		if (!any)
			print_words(stdout, "configured%34s %6s  effort "
			    "([default])", "window", "output");
		any = true;
		if (name[strlen(name) - 1] != '/')
			models_one(s, name, notes);
		else
			print_words(stdout, "  %s...", name);
	}
	if (!any)
		print_words(stdout, "configured: none (assent login PROVIDER "
		    "stores a key)");
}

static int
cmd_models(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *table = NULL;
	const cJSON *row;
	int code;

	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "exec")) != 0)
		return code;
	table = config_model_list(s.config, &e);
	if (table == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	s.config->held = true;
	models_configured(&s);
	(void)local_print(stdout, s.config, "\non this machine");
	print_words(stdout, a->all ? "\nmodel table of %s (prefixes of names)" :
	    "\nassent config models --all lists the whole model table, of %s",
	    json_str_or(table, "dated", "?"));
	cJSON_ArrayForEach(row, json_array(table, "models"))
		if (a->all && !json_bool(row, "family", false))
			models_print(json_str_or(row, "begins", "?"), row, 0);
	return EXIT_DONE;
}

static int
config_print_keys(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO(bindings_free_at) struct bindings *bindings = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	int code;

	if ((code = setup_config(&s, a, "interactive")) != 0)
		return code;
	bindings = setup_bindings(&s);
	if (bindings == NULL)
		return EXIT_USAGE;
	bindings_list(bindings, &b);
	fputs(buf_str(&b), stdout);
	return EXIT_DONE;
}

static int
config_print_profiles(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO_BUF struct buf b = BUF_INIT(0);
	int code = setup_config(&s, a, "interactive");

	if (code != 0)
		return code;
	config_profile_list(s.config, &b);
	print_lines(stdout, b.p, b.len);
	return EXIT_DONE;
}

static void
protected_row(const char *rule, const char *why)
{
	print_words(stdout, "%s", rule);
	print_words(stdout, "  %s", why);
}

static int
config_print_protected(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	const cJSON *it;
	size_t i;
	int code;

	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "exec")) != 0)
		return code;
	printf("Changes to these paths are never auto-approved; with "
	    "--allow-protected GLOB, --approve yes accepts some.\n\n");
	for (i = 0; i < MEM_COUNT(policy_protected_rows); i++) {
		protected_row(policy_protected_rows[i].rule,
		    policy_protected_rows[i].why);
		print_words(stdout, "    %s", policy_protected_rows[i].globs);
	}
	for (i = 0; i < MEM_COUNT(policy_protected_cases); i++) {
		protected_row(policy_protected_cases[i].rule,
		    policy_protected_cases[i].why);
		if (i == POLICY_SECRET)
			print_words(stdout, "    %s", policy_secret_globs);
		if (i != POLICY_USER)
			continue;
		cJSON_ArrayForEach(it, json_array(s.config->values, "protected"))
			print_words(stdout, "    %s", it->valuestring);
	}
	return EXIT_DONE;
}

/* Each setting that has a value, and where it comes from. */
static int
config_print_json(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	const cJSON *it;
	cJSON *one;
	int code;

	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "exec")) != 0)
		return code;
	cJSON_ArrayForEach(it, s.config->values) {
		one = cJSON_AddObjectToObject(o, it->string);
		json_copy(one, "value", it);
		json_add_str(one, "from", json_str(s.config->origins,
		    it->string));
	}
	print_object(o);
	return EXIT_DONE;
}

int
cmd_config(const struct cmd_args *a)
{
	static const struct {
		const char *name;
		int (*run)(const struct cmd_args *);
		bool verbs;		/* add FILE, ... */
	} of[] = {
		{ "hooks", cmd_hooks, true },
		{ "keys", config_print_keys, false },
		{ "models", cmd_models, false },
		{ "profiles", config_print_profiles, false },
		{ "protected", config_print_protected, false },
		{ "skills", config_print_skills, false },
	};
	struct cmd_args rest = *a;
	size_t i;

	if (a->json)
		return a->operands_len == 0 ? config_print_json(a) :
		    cmd_fail(EXIT_USAGE, "--json is for all settings: assent "
		    "config --json");
	for (i = 0; a->operands_len > 0 && i < MEM_COUNT(of); i++) {
		if (strcmp(a->operands[0], of[i].name) != 0)
			continue;
		rest.operands++;
		rest.operands_len--;
		if (rest.operands_len > 0 && !of[i].verbs)
			return cmd_fail(EXIT_USAGE, "unexpected argument "
			    "\"%.60s\"", rest.operands[0]);
		return of[i].run(&rest);
	}
	return cmd_fail(EXIT_USAGE, "usage: assent config hooks | keys | "
	    "models | profiles | protected | skills (see assent config --help)");
}
