/*
 * Client messages: hello and start, then commands. The core obeys each command
 * or rejects it with a message.
 */
#include "config.h"

#include "core/server/server-int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/budget/budget.h"
#include "core/call/call.h"
#include "core/call/run.h"
#include "core/context/compact.h"
#include "core/core.h"
#include "core/project/inspect.h"
#include "core/review/clean.h"
#include "core/review/comment.h"
#include "core/review/evidence.h"
#include "core/review/include.h"
#include "core/review/plan.h"
#include "core/review/propose-mark.h"
#include "core/review/undo.h"
#include "core/server/allow.h"
#include "core/server/hunk-context.h"
#include "core/server/output.h"
#include "core/server/paths.h"
#include "core/session/driver.h"
#include "core/session/say.h"
#include "core/session/set.h"
#include "core/session/start.h"
#include "core/turn/failover.h"
#include "core/turn/model.h"
#include "core/turn/route.h"
#include "core/turn/target.h"
#include "core/turn/turn-ask.h"

static void
client_start(struct client *cl, const cJSON *m)
{
	struct server *s = cl->server;
	struct err e = ERR_INIT;
	int exit_code = 1;

	if (s->started || !cl->first) {
		client_refuse(cl, "start", "the session is running", -1);
		return;
	}
	if (start_session(s->core, cJSON_Duplicate(m, 1), s->pending_key,
	    &exit_code, &e) < 0) {
		client_refuse(cl, "start", e.text, exit_code);
		server_end_when_flushed(s, exit_code);
		return;
	}
	server_forget_key(s);
	s->started = true;
	client_attach(cl, cl->from);
}

/* Check the client's secret, in constant time. The client that started the core
 * needs none. */
static bool
client_knows_secret(const struct client *cl, const cJSON *m)
{
	const char *said = json_str_or(m, "secret", "");
	const char *secret = cl->server->secret;
	unsigned char differs = 0;
	size_t i;

	if (cl->first)
		return true;
	if (secret[0] == '\0' || strlen(said) != strlen(secret))
		return false;
	for (i = 0; secret[i] != '\0'; i++)
		differs |= (unsigned char)(said[i] ^ secret[i]);
	return differs == 0;
}

/* A newer release can always resume the journal of an older one. */
static void
client_refuse_protocol(struct client *cl, const cJSON *m)
{
	const struct server *s = cl->server;
	char *text, *way = !s->started ? xstrdup("install assent and "
	    "assent-core from the same release") : xasprintf("use that "
	    "version, or stop it (kill %ld) and continue with assent resume "
	    "%s", (long)getpid(), s->core->id);

	text = xasprintf("this session runs in assent %s (protocol %d), this "
	    "is assent %s (protocol %lld): %s", CORE_VERSION, SESSION_PROTOCOL,
	    json_str_or(m, "version", "of an unknown version"),
	    (long long)json_int(m, "protocol", 0), way);
	client_refuse(cl, "hello", text, 1);
	free(text);
	free(way);
}

static void
client_hello(struct client *cl, const cJSON *m)
{
	struct server *s = cl->server;
	const char *key = json_str(m, "key");
	const cJSON *it;

	if (json_int(m, "protocol", 0) != SESSION_PROTOCOL) {
		client_refuse_protocol(cl, m);
		return;
	}
	if (!client_knows_secret(cl, m)) {
		client_refuse(cl, "hello", "wrong secret: send the contents "
		    "of the file \"secret\" in the session's folder", 1);
		return;
	}
	cl->hello = true;
	cl->from = json_int(m, "from", 1);
	cl->cut = strcmp(json_str_or(m, "lines", ""), "cut") == 0;
	cJSON_ArrayForEach(it, json_get(m, "keys"))
		if (cJSON_IsString(it))
			failover_offer(s->core, it->string, it->valuestring);
	if (json_str(m, "client") != NULL)
		snprintf(cl->name, sizeof(cl->name), "%.24s",
		    json_str(m, "client"));
	if (!s->started) {
		server_forget_key(s);
		s->pending_key = secret_dup(key);
		return;
	}
	/* Use the key only for its own provider. */
	if (key != NULL && s->core->target.key == NULL &&
	    model_is_chosen(s->core) &&
	    strcmp(json_str_or(m, "key_for", s->core->target.provider),
	    s->core->target.provider) == 0 &&
	    !failover_is_switched(s->core) && route_name(s->core) == NULL)
		target_set_key(&s->core->target, key);
	client_attach(cl, cl->from);
}

/* ---- commands ---- */

/* Send the answer to this client alone; -1 if there is none. */
static int
client_answer(struct client *cl, cJSON *take)
{
	if (take == NULL)
		return -1;
	client_send(cl, take);
	return 0;
}

static int
dispatch_answer(struct client *cl, const cJSON *m, struct err *e)
{
	(void)e;
	call_answer_ask(cl->server->core, json_str_or(m, "id", ""),
	    json_bool(m, "allow", false), json_get(m, "seen"), cl->name);
	return 0;
}

static int
dispatch_around(struct client *cl, const cJSON *m, struct err *e)
{
	return client_answer(cl, hunk_context_lines(cl->server->core, m, e));
}

static int
dispatch_attach(struct client *cl, const cJSON *m, struct err *e)
{
	(void)e;
	client_attach(cl, json_int(m, "from", 1));
	return 0;
}

static int
dispatch_budget(struct client *cl, const cJSON *m, struct err *e)
{
	return budget_command(cl->server->core, m, cl->name, e);
}

static int
dispatch_changes(struct client *cl, const cJSON *m, struct err *e)
{
	(void)m;
	(void)e;
	return client_answer(cl, undo_look(cl->server->core));
}

static int
dispatch_clean(struct client *cl, const cJSON *m, struct err *e)
{
	(void)m;
	return client_answer(cl, clean_command(cl->server->core, e));
}

static int
dispatch_comment(struct client *cl, const cJSON *m, struct err *e)
{
	return comment_command(cl->server->core, m, cl->name, e);
}

static int
dispatch_compact(struct client *cl, const cJSON *m, struct err *e)
{
	return compact_command(cl->server->core, m, cl->name, e);
}

static int
dispatch_decide(struct client *cl, const cJSON *m, struct err *e)
{
	return propose_decide(cl->server->core, m, cl->name, e);
}

static int
dispatch_end(struct client *cl, const cJSON *m, struct err *e)
{
	(void)m;
	(void)e;
	driver_end(cl->server->core, cl->name);
	return 0;
}

static int
dispatch_evidence(struct client *cl, const cJSON *m, struct err *e)
{
	(void)m;
	return evidence_ask(cl->server->core, e);
}

static int
dispatch_file(struct client *cl, const cJSON *m, struct err *e)
{
	return client_answer(cl, hunk_context_file(cl->server->core, m, e));
}

static int
dispatch_hide(struct client *cl, const cJSON *m, struct err *e)
{
	return include_command(cl->server->core, m, true, cl->name, e);
}

static int
dispatch_include(struct client *cl, const cJSON *m, struct err *e)
{
	return include_command(cl->server->core, m, false, cl->name, e);
}

static int
dispatch_interrupt(struct client *cl, const cJSON *m, struct err *e)
{
	(void)m;
	(void)e;
	driver_interrupt_one(cl->server->core, cl->name);
	return 0;
}

static int
dispatch_mark(struct client *cl, const cJSON *m, struct err *e)
{
	return propose_mark(cl->server->core, m, cl->name, e);
}

static int
dispatch_model(struct client *cl, const cJSON *m, struct err *e)
{
	return model_switch(cl->server->core, m, cl->name, e);
}

static int
dispatch_new(struct client *cl, const cJSON *m, struct err *e)
{
	return compact_new_task(cl->server->core, m, cl->name, e);
}

static int
dispatch_output(struct client *cl, const cJSON *m, struct err *e)
{
	return client_answer(cl, output_piece(cl->server->core, m, e));
}

static int
dispatch_paths(struct client *cl, const cJSON *m, struct err *e)
{
	return client_answer(cl, paths_find(cl->server->core, m, e));
}

static int
dispatch_plan(struct client *cl, const cJSON *m, struct err *e)
{
	return plan_decide(cl->server->core, (int)json_int(m, "version", 0),
	    json_str_or(m, "action", ""), json_str(m, "word"),
	    json_get(m, "plan"), json_get(m, "seen"), cl->name, e);
}

static int
dispatch_propose(struct client *cl, const cJSON *m, struct err *e)
{
	(void)m;
	return driver_propose(cl->server->core, e);
}

static int
dispatch_retry(struct client *cl, const cJSON *m, struct err *e)
{
	(void)m;
	return say_again(cl->server->core, cl->name, e);
}

static int
dispatch_run(struct client *cl, const cJSON *m, struct err *e)
{
	return run_command(cl->server->core, json_str_or(m, "command", ""),
	    cl->name, e);
}

static int
dispatch_say(struct client *cl, const cJSON *m, struct err *e)
{
	return driver_say_now(cl->server->core, json_str_or(m, "text", ""),
	    json_bool(m, "interrupt", false), cl->name, e);
}

static int
dispatch_set(struct client *cl, const cJSON *m, struct err *e)
{
	return set_command(cl->server->core, m, cl->name, e);
}

static int
dispatch_split(struct client *cl, const cJSON *m, struct err *e)
{
	return propose_split(cl->server->core, m, e);
}

static int
dispatch_typing(struct client *cl, const cJSON *m, struct err *e)
{
	(void)m;
	(void)e;
	inspect_ahead(cl->server->core);
	turn_warm(cl->server->core);
	return 0;
}

static int
dispatch_undo(struct client *cl, const cJSON *m, struct err *e)
{
	return undo_propose(cl->server->core, m, e);
}

/* What a command needs: PERSON: a user at the front end; ASKED: a model (a try
 * and a replayed session have none). */
enum dispatch_who { NOBODY = 0, PERSON = 1, ASKED = 2 };

#define NOT_AT_WORK	(IN(PHASE_IDLE) | IN(PHASE_MODEL) | IN(PHASE_RETRY))
#define OPEN_QUESTIONS	(HAS_LIMIT | HAS_ASK | HAS_PLAN)

/* Each command: the phases that allow it (phase.h), facts of which one must
 * hold (needs; 0: none) and facts that must not hold (bars), see allow.h.
 * Sorted by name. */
static const struct dispatch_row {
	const char	*name;
	unsigned	 phases, needs, bars;
	unsigned	 who;
	int		(*run)(struct client *, const cJSON *, struct err *);
} dispatch_table[] = {
	{ "answer", IN_ANY, HAS_ASK, 0, PERSON, dispatch_answer },
	{ "around", IN_ANY, HAS_REVIEW, 0, NOBODY, dispatch_around },
	{ "attach", IN_ANY, 0, 0, NOBODY, dispatch_attach },
	{ "budget", IN_ANY, HAS_LIMIT, 0, PERSON, dispatch_budget },
	{ "changes", IN_ANY, 0, 0, NOBODY, dispatch_changes },
	{ "clean", NOT_AT_WORK, 0, HAS_RUN | HAS_DECISION, NOBODY,
	    dispatch_clean },
	{ "comment", IN_ANY, HAS_REVIEW, 0, NOBODY, dispatch_comment },
	{ "compact", IN_ANY, 0, HAS_SUMMARY, ASKED, dispatch_compact },
	{ "decide", IN_ANY, HAS_REVIEW, HAS_DECISION, NOBODY, dispatch_decide },
	{ "end", IN_ANY, 0, 0, NOBODY, dispatch_end },
	{ "evidence", IN(PHASE_IDLE), 0, HAS_ASK | HAS_RUN | HAS_DECISION,
	    NOBODY, dispatch_evidence },
	{ "file", IN_ANY, HAS_REVIEW, 0, NOBODY, dispatch_file },
	{ "hide", IN_ANY, 0, HAS_DECISION | HAS_UNDO, NOBODY, dispatch_hide },
	{ "include", IN_ANY, 0, HAS_DECISION | HAS_UNDO, NOBODY,
	    dispatch_include },
	{ "interrupt", IN_ANY, 0, 0, NOBODY, dispatch_interrupt },
	{ "mark", IN_ANY, HAS_REVIEW, HAS_DECISION, NOBODY, dispatch_mark },
	{ "model", IN_ANY, 0, 0, ASKED, dispatch_model },
	{ "new", IN(PHASE_IDLE), 0, OPEN_QUESTIONS | HAS_REVIEW | HAS_TASK,
	    ASKED, dispatch_new },
	{ "output", IN_ANY, 0, 0, NOBODY, dispatch_output },
	{ "paths", IN_ANY, 0, 0, NOBODY, dispatch_paths },
	{ "plan", IN_ANY, HAS_PLAN | HAS_PLAN_LEFT, 0, NOBODY, dispatch_plan },
	{ "propose", IN_ANY, HAS_TASK, HAS_PLANNING | HAS_ENDING, NOBODY,
	    dispatch_propose },
	{ "retry", IN_ANY, HAS_FAILED, 0, NOBODY, dispatch_retry },
	{ "run", IN_ANY, 0, HAS_UNDO, PERSON, dispatch_run },
	{ "say", IN_ANY, 0, 0, NOBODY, dispatch_say },
	{ "set", IN_ANY, 0, 0, NOBODY, dispatch_set },
	{ "split", IN_ANY, HAS_REVIEW, HAS_DECISION, NOBODY, dispatch_split },
	{ "typing", IN_ANY, 0, 0, NOBODY, dispatch_typing },
	{ "undo", IN(PHASE_IDLE), 0, OPEN_QUESTIONS | HAS_RUN | HAS_REVIEW |
	    HAS_DECISION, NOBODY, dispatch_undo },
};

static const struct dispatch_row *
dispatch_find(const char *name)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(dispatch_table); i++)
		if (strcmp(dispatch_table[i].name, name) == 0)
			return &dispatch_table[i];
	return NULL;
}

static int
dispatch_allowed(const struct core *c, const struct dispatch_row *k, struct err *e)
{
	if ((k->who & PERSON) != 0 && !c->person)
		return err_set(e, "this session runs without a user: when it "
		    "has ended, resume it and try again");
	if ((k->who & ASKED) != 0 && (c->context == NULL ||
	    c->target.replay_dir != NULL))
		return err_set(e, "this session uses no model");
	return allow_command(c, k->phases, k->needs, k->bars, e);
}

static void
client_command(struct client *cl, const char *type, const cJSON *m)
{
	const struct dispatch_row *k = dispatch_find(type);
	struct err e = ERR_INIT;
	int rc;

	if (k == NULL)
		rc = err_set(&e, "unknown command \"%.40s\"", type);
	else {
		if ((k->phases & IN(PHASE_LOOK)) == 0)
			inspect_give_way(cl->server->core);
		rc = dispatch_allowed(cl->server->core, k, &e);
		if (rc == 0)
			rc = k->run(cl, m, &e);
	}
	if (rc < 0)
		client_refuse(cl, type, e.text, -1);
}

void
dispatch_line(struct client *cl, const char *line, size_t n)
{
	struct err e = ERR_INIT;
	cJSON *m = json_parse(line, n, JSON_NUL_REPLACE, &e);
	const char *type = json_str(m, "type");
	cJSON *it;

	if (type == NULL)
		client_refuse(cl, NULL, e.text[0] != '\0' ? e.text :
		    "a line without a type", -1);
	else if (strcmp(type, "hello") == 0)
		client_hello(cl, m);
	else if (!cl->hello)
		client_refuse(cl, type, "say hello first", -1);
	else if (strcmp(type, "start") == 0)
		client_start(cl, m);
	else if (!cl->server->started)
		client_refuse(cl, type, "no session is started", -1);
	else
		client_command(cl, type, m);
	/* Wipe keys from the message and the input buffer: only the target and
	 * failover keep them. */
	json_wipe(m, "key");
	cJSON_ArrayForEach(it, json_get(m, "keys"))
		json_wipe(it, NULL);
	if (json_str(m, "key") != NULL || json_get(m, "keys") != NULL)
		lineio_wipe(cl->io);
	cJSON_Delete(m);
}
