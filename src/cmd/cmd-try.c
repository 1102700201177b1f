/*
 * cmd-try: runs a command in the sandbox on a staged copy of the project,
 * without a model.  Its changes are reviewed as usual.
 */
#include "config.h"

#include "cmd/cmd-try.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/clean-session.h"
#include "front/client.h"
#include "policy/approve.h"

#define TRY_NAMED 3	/* files */

/* The mode, only from the flag: the setting is for exec, not for a command
 * typed here. NULL with *e. */
static const char *
try_approve(const struct cmd_args *a, const char *command, struct err *e)
{
	const char *flag = cmd_flag(a, "approve");
	const struct approve *mode = approve_find(flag);
	AUTO_BUF struct buf names = BUF_INIT(0);

	if (flag == NULL)
		return "ask";
	if (mode != NULL && (mode->where & APPROVE_TRY) != 0)
		return flag;
	approve_names(&names, APPROVE_TRY, " or ");
	err_set(e, "--approve must be %s for %s, not \"%.40s\"",
	    buf_str(&names), command, flag);
	return NULL;
}

int
try_check(const struct cmd_args *a, const char *name, struct select **choose,
    struct err *e)
{
	if (try_approve(a, name, e) == NULL)
		return -1;
	if (a->choices_len > 0 && cmd_flag(a, "approve") != NULL)
		return err_set(e, "--approve can't be combined with --accept");
	*choose = NULL;
	if (a->choices_len > 0)
		*choose = select_new(a->choices, a->choices_len, e);
	return a->choices_len > 0 && *choose == NULL ? -1 : 0;
}

cJSON *
try_start(const struct setup *s, const struct cmd_args *a,
    struct headless_options *o)
{
	const char *approve = try_approve(a, "try", NULL);
	cJSON *start;

	o->person = headless_person() && strcmp(approve, "ask") == 0 &&
	    o->choose == NULL;
	o->screen = o->person && cmd_has_screen(a);
	start = setup_session(s, "try", NULL, o->person, o->screen);
	/* The options answer for the user; the limits stay those of an
	 * unattended run. */
	if (o->choose != NULL)
		json_add_bool(start, "person", true);
	json_set_take(start, "approve", cJSON_CreateString(approve));
	json_set_take(start, "plan", cJSON_CreateString("skip"));
	return start;
}

/* What waits, since the other files may be written. */
static void
try_say_open(const struct headless_result *r)
{
	const cJSON *path, *proposed = json_array(r->end, "proposed");
	int n = cJSON_GetArraySize(proposed), i = 0;
	AUTO_BUF struct buf b = BUF_INIT(0);

	cJSON_ArrayForEach(path, proposed) {
		if (i++ == TRY_NAMED)
			break;
		buf_addf(&b, "%s%s", b.len > 0 ? ", " : "",
		    cJSON_IsString(path) ? path->valuestring : "?");
	}
	if (n > TRY_NAMED)
		buf_addf(&b, " and %d more", n - TRY_NAMED);
	if (n > 0)
		cmd_say("not applied: changes to %s; review later: assent "
		    "resume %s", buf_str(&b), r->session);
}

int
try_run(const struct headless_options *o, cJSON *start,
    struct headless_result *r)
{
	struct client c = { 0 };
	struct err e = ERR_INIT;
	int code;

	if (client_start(&c, start, NULL, &e) < 0)
		return cmd_fail_err(&e);
	code = headless_run(&c, o, r);
	if (r->screen)
		return cmd_review(&c, r);
	try_say_open(r);
	return code;
}

int
cmd_try(const struct cmd_args *a)
{
	struct headless_options o = { .command = true };
	AUTO(headless_result_release) struct headless_result r = { 0 };
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	AUTO(select_free_at) struct select *choose = NULL;
	cJSON *start;
	size_t i;
	int code;

	if (a->clean)
		return clean_session_session(a);
	if (a->operands_len == 0)
		return cmd_fail(EXIT_USAGE, "no command given; use assent "
		    "try -- make check");
	for (i = 0; i < a->operands_len; i++)
		if (!utf8_is_valid(a->operands[i], strlen(a->operands[i])))
			return cmd_fail(EXIT_USAGE, "the command isn't UTF-8 "
			    "text; put it into a script");
	if (try_check(a, "try", &choose, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "try")) != 0)
		return code;
	o.choose = choose;
	start = try_start(&s, a, &o);
	json_set_take(start, "command", cJSON_CreateStringArray(
	    (const char *const *)a->operands, (int)a->operands_len));
	if (a->include.len > 0)
		json_set_take(start, "include", cmd_included(a));
	return try_run(&o, start, &r);
}
