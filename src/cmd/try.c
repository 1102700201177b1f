/*
 * try: no model at all.  A command runs in the cage on a stage of the project,
 * and what it did to the files is reviewed like anything else.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "cmd/client.h"
#include "cmd/cmd.h"
#include "cmd/headless.h"
#include "cmd/setup.h"

static cJSON *
try_command(const struct cmd_args *a)
{
	cJSON *argv = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < a->operands_len; i++)
		cJSON_AddItemToArray(argv, cJSON_CreateString(a->operands[i]));
	return argv;
}

/* ask (default) or yes, from the flag alone: what exec does by default says
 * nothing about a command typed here. */
static const char *
try_approve(const struct cmd_args *a)
{
	const char *flag = cmd_flag(a, "approve");

	if (flag == NULL)
		return "ask";
	return strcmp(flag, "ask") == 0 || strcmp(flag, "yes") == 0 ? flag :
	    NULL;
}

int
cmd_try(const struct cmd_args *a)
{
	struct headless_options o = { .command = true };
	struct headless_result r = { 0 };
	struct client c = { 0 };
	struct setup s = { 0 };
	struct err e = ERR_INIT;
	const char *approve = try_approve(a);
	cJSON *start;
	size_t i;
	int code;

	if (a->operands_len == 0)
		return cmd_fail(EXIT_USAGE, "there is no command: "
		    "assent try -- make check");
	if (approve == NULL)
		return cmd_fail(EXIT_USAGE, "--approve must be ask or yes for "
		    "try, not \"%.40s\"", cmd_flag(a, "approve"));
	for (i = 0; i < a->operands_len; i++)
		if (!utf8_is_valid(a->operands[i], strlen(a->operands[i])))
			return cmd_fail(EXIT_USAGE, "the command is not text "
			    "in UTF-8: put it into a script");
	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "try")) != 0)
		goto out;
	o.person = headless_person() && strcmp(approve, "ask") == 0;
	start = setup_start(&s, "try", NULL, o.person, false);
	json_set_take(start, "approve", cJSON_CreateString(approve));
	json_set_take(start, "plan", cJSON_CreateString("skip"));
	json_set_take(start, "command", try_command(a));
	if (client_start(&c, start, NULL, &e) < 0) {
		code = cmd_fail(EXIT_ERROR, "%s", e.text);
		goto out;
	}
	code = headless_run(&c, &o, &r);
	if (json_array(r.end, "proposed") != NULL &&
	    json_array(r.end, "proposed")->child != NULL)
		cmd_say("not applied; to decide later: assent resume %s",
		    r.session);
out:
	headless_result_release(&r);
	setup_release(&s);
	return code;
}
