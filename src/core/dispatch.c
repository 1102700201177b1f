/*
 * Client messages: hello and start, then commands. The core obeys each command
 * or rejects it with a message.
 */
#include "config.h"

#include "core/server-int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/budget.h"
#include "core/call.h"
#include "core/run.h"
#include "core/compact.h"
#include "core/core.h"
#include "core/mcp/mcp.h"
#include "core/project/inspect.h"
#include "core/clean.h"
#include "core/committing.h"
#include "core/question-ask.h"
#include "core/evidence.h"
#include "core/include.h"
#include "core/plan.h"
#include "core/propose-mark.h"
#include "core/undo-part.h"
#include "core/undo.h"
#include "core/allow.h"
#include "core/hunk-context.h"
#include "core/output.h"
#include "core/paths.h"
#include "core/driver.h"
#include "core/say.h"
#include "core/set.h"
#include "core/start.h"
#include "core/syntax/syntax.h"
#include "core/failover.h"
#include "core/model.h"
#include "core/route.h"
#include "core/target.h"
#include "core/turn-ask.h"

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

/* The advice to resume is for a newer client: a newer release can always resume
 * the journal of an older one. */
static void
client_refuse_protocol(struct client *cl, const cJSON *m)
{
	const struct server *s = cl->server;
	char *text, *way = !s->started ? xstrdup("install assent and "
	    "assent-core from the same release") : xasprintf("start "
	    "assent %s, or stop the session's process (kill %ld) and continue "
	    "the session with assent resume %s", CORE_VERSION, (long)getpid(),
	    s->core->id);

	text = xasprintf("this session runs in assent %s (protocol %d), but "
	    "you started assent %s (protocol %lld): %s", CORE_VERSION,
	    SESSION_PROTOCOL,
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
	cl->state = CLIENT_OLD;
	cl->from = json_int(m, "from", 1);
	cl->cut = json_is(m, "lines", "cut");
	cJSON_ArrayForEach(it, json_get(m, "keys"))
		if (cJSON_IsString(it))
			failover_offer(s->core, it->string, it->valuestring);
	cJSON_ArrayForEach(it, json_get(m, "mcp_env"))
		mcp_offer(s->core, it->string, it);
	cJSON_ArrayForEach(it, json_get(m, "headers"))
		given_add(&s->core->headers, it->string, it);
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

static cJSON *
dispatch_changes(struct core *c, const cJSON *m, struct err *e)
{
	int64_t tx = json_int(m, "tx", 0);

	return tx == 0 ? undo_look(c) : undo_part_list(c, tx, e);
}

static int
dispatch_end(struct core *c, const cJSON *m, const char *client, struct err *e)
{
	(void)m;
	(void)e;
	driver_end(c, client);
	return 0;
}

static int
dispatch_typing(struct core *c, const cJSON *m, const char *client,
    struct err *e)
{
	(void)m;
	(void)client;
	(void)e;
	/* A message will follow: start the user's servers, inspect the project
	 * and connect to the model's server now, so that the request needn't
	 * wait for them. */
	mcp_ahead(c);
	inspect_ahead(c);
	turn_warm(c);
	return 0;
}

/* Who has to be there for a command. WITH_USER: a user at the front end;
 * WITH_MODEL: a model (a try and a replayed session have none); WITH_ANSWERS: a
 * model, or a recording of one. */
enum dispatch_who { NOBODY = 0, WITH_USER = 1, WITH_MODEL = 2,
	WITH_ANSWERS = 4 };

/* No worker runs in the staged copy. */
#define NO_WORKER	(IN(PHASE_IDLE) | IN(PHASE_MODEL) | IN(PHASE_RETRY))
#define OPEN_QUESTIONS	(HAS_LIMIT | HAS_ASK | HAS_PLAN)

/* Sorted by name. With neither act nor answer, dispatch_of_client() does it. */
static const struct dispatch_row {
	const char	*name;
	unsigned	 phases;	/* that allow it (phase.h) */
	unsigned	 needs;		/* facts, one of which must hold (allow.h);
					   0: none */
	unsigned	 bars;		/* facts that must not hold */
	unsigned	 who;		/* has to be there */
	int		(*act)(struct core *, const cJSON *, const char *client,
			    struct err *);
	/* Its result is sent to this client alone. */
	cJSON		*(*answer)(struct core *, const cJSON *, struct err *);
} dispatch_table[] = {
	{ "answer", IN_ANY, HAS_ASK, 0, WITH_USER, call_answer_ask, NULL },
	{ "around", IN_ANY, HAS_REVIEW, 0, NOBODY, NULL, hunk_context_lines },
	{ "attach", IN_ANY, 0, 0, NOBODY, NULL, NULL },
	{ "budget", IN_ANY, HAS_LIMIT, 0, WITH_USER, budget_command, NULL },
	{ "changes", IN_ANY, 0, 0, NOBODY, NULL, dispatch_changes },
	{ "clean", NO_WORKER, 0, HAS_RUN | HAS_DECISION, NOBODY, NULL,
	    clean_command },
	{ "code", IN_ANY, 0, 0, NOBODY, NULL, NULL },
	{ "colours", IN_ANY, HAS_REVIEW, 0, NOBODY, NULL, NULL },
	{ "comment", IN_ANY, HAS_REVIEW, 0, NOBODY, question_ask_comment, NULL },
	{ "commit", IN_ANY, 0, 0, NOBODY, committing_command, NULL },
	{ "compact", IN_ANY, 0, HAS_SUMMARY, WITH_MODEL, compact_command, NULL },
	{ "decide", IN_ANY, HAS_REVIEW, HAS_DECISION, NOBODY, propose_decide,
	    NULL },
	{ "end", IN_ANY, 0, 0, NOBODY, dispatch_end, NULL },
	{ "evidence", IN(PHASE_IDLE) | IN(PHASE_CHECK), 0, HAS_ASK | HAS_RUN | HAS_DECISION,
	    NOBODY, evidence_command, NULL },
	{ "file", IN_ANY, HAS_REVIEW, 0, NOBODY, NULL, hunk_context_file },
	{ "git", IN_ANY, 0, 0, NOBODY, committing_command,
	    NULL },
	{ "hide", IN_ANY, 0, HAS_DECISION | HAS_UNDO, NOBODY, include_command,
	    NULL },
	{ "include", IN_ANY, 0, HAS_DECISION | HAS_UNDO, NOBODY,
	    include_command, NULL },
	{ "interrupt", IN_ANY, 0, 0, NOBODY, driver_interrupt_one, NULL },
	{ "mark", IN_ANY, HAS_REVIEW, HAS_DECISION, NOBODY, propose_mark,
	    NULL },
	{ "model", IN_ANY, 0, 0, WITH_MODEL, model_switch, NULL },
	{ "new", IN(PHASE_IDLE), 0, OPEN_QUESTIONS | HAS_REVIEW | HAS_TASK,
	    WITH_ANSWERS, compact_new_task, NULL },
	{ "output", IN_ANY, 0, 0, NOBODY, NULL, output_piece },
	{ "paths", IN_ANY, 0, 0, NOBODY, NULL, paths_find },
	{ "plan", IN_ANY, HAS_PLAN | HAS_PLAN_LEFT, 0, NOBODY, plan_decide,
	    NULL },
	{ "propose", IN_ANY, HAS_TASK, HAS_PLANNING | HAS_ENDING, NOBODY,
	    driver_propose, NULL },
	{ "retry", IN_ANY, HAS_FAILED, HAS_PLAN_LEFT, NOBODY, say_again,
	    NULL },
	{ "run", IN_ANY, 0, HAS_UNDO, WITH_USER, run_command, NULL },
	{ "say", IN_ANY, 0, 0, NOBODY, driver_say_now, NULL },
	{ "set", IN_ANY, 0, 0, NOBODY, set_command, NULL },
	{ "split", IN_ANY, HAS_REVIEW, HAS_DECISION, NOBODY, propose_split,
	    NULL },
	{ "typing", IN_ANY, 0, 0, NOBODY, dispatch_typing, NULL },
	{ "undo", IN(PHASE_IDLE), 0, OPEN_QUESTIONS | HAS_RUN | HAS_REVIEW |
	    HAS_DECISION, NOBODY, undo_propose, NULL },
	{ "unqueue", IN_ANY, 0, 0, NOBODY, say_unqueue, NULL },
};

static int
dispatch_allowed(const struct core *c, const struct dispatch_row *k, struct err *e)
{
	if ((k->who & WITH_USER) != 0 && !c->person)
		return err_set(e, "this run is unattended: wait for its end, "
		    "then assent resume");
	if (((k->who & (WITH_MODEL | WITH_ANSWERS)) != 0 &&
	    c->context == NULL) || ((k->who & WITH_MODEL) != 0 &&
	    c->target.replay_dir != NULL))
		return err_set(e, "this session uses no model");
	return allow_command(c, k->phases, k->needs, k->bars, e);
}

/* A command that has to know its client, to answer it later. */
static int
dispatch_of_client(struct client *cl, const struct dispatch_row *k,
    const cJSON *m, struct err *e)
{
	if (strcmp(k->name, "colours") == 0)
		return syntax_command(cl->server->core, m, cl->serial, e);
	if (strcmp(k->name, "code") == 0)
		return syntax_code(cl->server->core, m, cl->serial, e);
	client_attach(cl, json_int(m, "from", 1));
	return 0;
}

static int
dispatch_command(struct client *cl, const char *type, const cJSON *m,
    struct err *e)
{
	const struct dispatch_row *k = MEM_FIND(dispatch_table, type);
	struct core *c = cl->server->core;
	cJSON *answer;

	if (k == NULL)
		return err_set(e, "unknown command \"%.40s\"", type);
	/* A command that can't run during an inspection of the project stops
	 * it. */
	if ((k->phases & IN(PHASE_LOOK)) == 0)
		inspect_give_way(c);
	if (dispatch_allowed(c, k, e) < 0)
		return -1;
	if (k->act != NULL)
		return k->act(c, m, cl->name, e);
	if (k->answer == NULL)
		return dispatch_of_client(cl, k, m, e);
	answer = k->answer(c, m, e);
	if (answer == NULL)
		return -1;
	client_send(cl, answer);
	return 0;
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
	else if (cl->state == CLIENT_NEW)
		client_refuse(cl, type, "say hello first", -1);
	else if (strcmp(type, "start") == 0)
		client_start(cl, m);
	else if (!cl->server->started)
		client_refuse(cl, type, "no session is started", -1);
	else if (dispatch_command(cl, type, m, &e) < 0)
		client_refuse(cl, type, e.text, e.sys == EALREADY ? 0 : -1);
	/* Wipe keys from the message and the input buffer: only the target and
	 * failover keep them. */
	json_wipe(m, "key");
	cJSON_ArrayForEach(it, json_get(m, "keys"))
		json_wipe(it, NULL);
	cJSON_ArrayForEach(it, json_get(m, "mcp_env"))
		mcp_env_wipe(it);
	cJSON_ArrayForEach(it, json_get(m, "headers"))
		mcp_env_wipe(it);
	if (json_str(m, "key") != NULL || json_get(m, "keys") != NULL ||
	    json_get(m, "mcp_env") != NULL || json_get(m, "headers") != NULL)
		lineio_wipe(cl->io);
	cJSON_Delete(m);
}
