/*
 * `config hooks`: lists the user's hooks, tries one (hook-test.c), or copies
 * those of a file into the user's config.json, after showing all of it: nothing
 * of a project's is started that the user hasn't read.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "front/print.h"
#include "front/review.h"
#include "cmd/cmd.h"
#include "cmd/hook-test.h"
#include "cmd/setup.h"
#include "policy/hook-spec.h"

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
	const cJSON *list = config_list(s->config, "hooks"), *it;

	if (list == NULL || list->child == NULL) {
		print_words(stdout, "no hooks (see assent-config(5), HOOKS)");
		return EXIT_DONE;
	}
	cJSON_ArrayForEach(it, list)
		hooks_print(it);
	return EXIT_DONE;
}

static int
hooks_add(const struct setup *s, const struct cmd_args *a, const char *file)
{
	AUTO_FREE char *to = config_saved(s->config);
	AUTO_JSON cJSON *raw = NULL, *list = NULL;
	struct err e = ERR_INIT;
	const cJSON *it;
	int n;

	raw = config_hooks_of(file, &e);
	if (raw == NULL || (list = hook_spec_list(raw, &e)) == NULL)
		return cmd_fail(EXIT_USAGE, "%s%s%s", raw == NULL ? "" : file,
		    raw == NULL ? "" : ": hooks: ", e.text);
	n = cJSON_GetArraySize(list);
	if (n == 0)
		return cmd_fail(EXIT_USAGE, "%s has no hooks", file);
	cJSON_ArrayForEach(it, list)
		hooks_print(it);
	if (!review_add(a->yes, n == 1 ? "this hook" : "these hooks", to))
		return EXIT_ERROR;
	if (config_save_hooks(s->config, raw, list, &e) < 0)
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
	cJSON_ArrayForEach(it, config_list(s->config, "hooks")) {
		if (!json_is(it, "name", name))
			continue;
		hooks_print(it);
		got = hook_test(s, it, a->operands + 2, a->operands_len - 2);
		code = got > code ? got : code;
	}
	return code >= 0 ? code : cmd_fail(EXIT_USAGE, "no hook is called %.40s (see assent "
	    "config hooks)", name);
}

int
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
