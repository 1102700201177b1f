/*
 * review: your uncommitted changes on the review screen, without a model; what
 * you accept is staged in git's index.
 */
#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "git/git-run.h"

/* Is there anything to review: by `git status`, before a session begins. */
static int
review_check(const struct cmd_args *a, const struct setup *s, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = { .dir = a->operands_len > 0 ? s->cwd :
	    s->root, .trusts_repo = true, .out = &out };
	AUTO_FREE const char **args = xcalloc(a->operands_len + 6,
	    sizeof(*args));
	const char *at, *end;
	bool any = false, staged = false;

	memcpy(args, GIT_WORDS("status", "--porcelain", "-z", "--no-renames",
	    "--"), 5 * sizeof(*args));
	memcpy(args + 5, a->operands, a->operands_len * sizeof(*args));
	if (git_state_repository(s->root, e) < 0 || git_run_ok(&g, args, e) < 0)
		return -1;
	/* "XY NAME": X is of the index, Y of the file. */
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1) {
		if (at[0] == 'U' || at[1] == 'U' || strncmp(at, "AA", 2) == 0 ||
		    strncmp(at, "DD", 2) == 0)
			return err_set(e, "%s has conflicts: resolve them "
			    "first (git status)", at + 3);
		any = any || at[1] != ' ';
		staged = staged || at[1] == ' ';
	}
	return any ? 0 : err_misuse(e, "nothing to review: %s", staged ?
	    "all changes are staged" : "no uncommitted changes");
}

int
cmd_review_own(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	cJSON *start, *o;
	int code;

	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "review")) != 0)
		return code;
	if (review_check(a, &s, &e) < 0)
		return cmd_fail_err(&e);
	start = setup_start(&s, "review", &(struct setup_task){
	    .person = true, .keep_alive = true });
	json_set_take(start, "approve", cJSON_CreateString("ask"));
	json_set_take(start, "plan", cJSON_CreateString("skip"));
	o = cJSON_AddObjectToObject(start, "review");
	json_set_take(o, "paths", cJSON_CreateStringArray(
	    (const char *const *)a->operands, (int)a->operands_len));
	return cmd_begin(a, &s, start);
}
