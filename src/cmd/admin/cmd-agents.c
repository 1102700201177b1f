/* agents: lists the agents of the rows: where each is, and how it signs in. */

#include "config.h"

#include "cmd/cmd.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/agent.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "front/print.h"
#include "journal/event.h"

/* How it gets to its service. */
static void
agents_sign_in(struct buf *b, const struct agent *a, const char *wrong)
{
	const char *provider = json_str(json_get(a->row, "key"), "provider");

	if (wrong != NULL)
		buf_adds(b, wrong);
	else if (a->key_from != NULL)
		buf_addf(b, "key for %s: %s", provider, a->key_from);
	else if (a->signed_in)
		buf_adds(b, "signed in for this project");
	else if (json_get(a->row, "sign_in") != NULL)
		buf_addf(b, "signs in when it starts%s%s", provider == NULL ?
		    "" : ", or: assent login ", ev_str(provider, ""));
	else if (provider != NULL)
		buf_addf(b, "no key: assent login %s", provider);
	else
		buf_adds(b, json_get(a->row, "hosts") != NULL ?
		    "asks you for a key when it starts" : "needs no sign-in");
}

static cJSON *
agents_json(const struct agent *a, const char *acp, const char *sign_in)
{
	static const char *const same[] = { "hosts", "terms" };
	cJSON *o = JSON_TEXTS("name", a->name, "program", a->program,
	    "version", a->version, "acp", acp, "signs_in", sign_in,
	    "key_from", a->key_from);

	json_add_bool(o, "signed_in", a->signed_in);
	json_add_str(o, "state", a->state);
	JSON_COPY(o, a->row, same);
	return o;
}

int
cmd_agents(const struct cmd_args *args)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO_JSON cJSON *rows = NULL, *all = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(all, "agents");
	struct err e = ERR_INIT;
	const cJSON *row;
	int code;

	if ((code = setup_project(&s, args)) != 0 ||
	    (code = setup_config(&s, args, "exec")) != 0)
		return code;
	if ((rows = config_agents(s.config, &e)) == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	cJSON_ArrayForEach(row, rows) {
		AUTO(agent_release) struct agent a = { .row = NULL };
		AUTO(agent_release) struct agent acp = { .row = NULL };
		AUTO_BUF struct buf b = BUF_INIT(0);
		struct err wrong = ERR_INIT;

		(void)agent_find(&acp, &s, row, true, &wrong);
		(void)agent_find(&a, &s, row, false, &wrong);
		agents_sign_in(&b, &a, err_is_set(&wrong) ? wrong.text : NULL);
		if (args->json)
			cJSON_AddItemToArray(list, agents_json(&a, acp.program,
			    buf_str(&b)));
		else if (a.program == NULL && acp.program == NULL)
			print_words(stdout, "%-9s not on your PATH", a.name);
		else
			print_words(stdout, "%-9s %-10s %s  %s", a.name,
			    ev_str(a.version, "-"), ev_str(a.program,
			    acp.program), buf_str(&b));
	}
	if (args->json)
		print_object(all);
	return EXIT_DONE;
}
