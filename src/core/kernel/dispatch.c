/*
 * Client messages: hello and start, then commands. The core obeys each command
 * or rejects it with a message.
 */
#include "config.h"

#include "core/kernel/server.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/kernel/core.h"
#include "core/kernel/server-int.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"

/* A client reports that its work on the repository begins or ends. An
 * unfinished one is ended first: only one person at a time can answer for
 * it. */
static int
dispatch_commit(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	bool git = json_is(command, "type", "git");
	const char *what = git ? "git act" : "commit";
	const struct event *open = git ? c->fold->begun.git :
	    c->fold->begun.commit;
	const cJSON *begin = json_get(command, "begin"),
	    *end = json_get(command, "end");
	AUTO_FREE char *by = xasprintf("client:%s", client);
	AUTO_EVENT struct event ev = { 0 };

	if (cJSON_IsObject(begin) == cJSON_IsObject(end))
		return err_set(e, "a %s needs \"begin\" or \"end\"", what);
	if (begin != NULL && open != NULL)
		return err_set(e, "a %s of this session is already under way",
		    what);
	if (end != NULL && (open == NULL || open->seq !=
	    json_int(end, "begin", -1)))
		return err_set(e, "no such %s is under way", what);
	event_read_as(&ev, begin == NULL ? git ? EVENT_GIT_END :
	    EVENT_COMMITTED : git ? EVENT_GIT_BEGIN : EVENT_COMMIT_BEGIN,
	    begin == NULL ? end : begin);
	emit_event(c, ev.type, by, &ev.note);
	return 0;
}

/* ---- may a client's command run now? ---- */

/*
 * For each command its row (struct core_command) names the phases in which it
 * works, and facts that must or must not hold, such as an open proposal or a
 * decision that is still to be applied.
 */

/* The agent's work, by phase. */
static const char *const phase_words[] = {
	[PHASE_IDLE] = "idle",
	[PHASE_MODEL] = "thinking",
	[PHASE_RETRY] = "waiting to ask the model again",
	[PHASE_TOOL] = "running a tool",
	[PHASE_LOOK] = "looking at the project",
	[PHASE_CHECK] = "running the check",
	[PHASE_HOOK] = "running a hook",
};

struct fact_words {
	enum core_fact	 fact;
	const char	*missing;	/* error if a command needs the fact;
					   NULL: none does */
	const char	*first;		/* error if the fact blocks a command */
};

/* In the order of the enum. */
static const struct fact_words fact_words[] = {
	{ HAS_LIMIT, "the task isn't paused at a limit",
	    "the task is paused at a limit: say first how to continue" },
	{ HAS_ASK, "no command waits for your answer",
	    "a command waits for your answer: allow or reject it first" },
	{ HAS_PLAN, "no plan waits for your approval",
	    "decide the plan first: approve it, or send it back" },
	{ HAS_PLAN_LEFT, NULL,
	    "decide the plan first: approve it, or send it back" },
	{ HAS_DECISION, NULL,
	    "your decision is being applied: wait for it" },
	{ HAS_RUN, NULL,
	    "your command is running: wait for it, or interrupt it" },
	{ HAS_UNDO, NULL,
	    "review the open undo first" },
	{ HAS_REVIEW, "no proposal is open",
	    "review the open changes first" },
	{ HAS_SUMMARY, NULL,
	    "a summary is being made: wait for it" },
	{ HAS_FAILED, "nothing to retry: the model didn't fail and wasn't "
	    "interrupted", NULL },
	{ HAS_TASK, "no task is running",
	    "the task has not ended: wait for it, or interrupt it" },
	{ HAS_PLANNING, NULL, "approve the plan first: files written while "
	    "planning are thrown away" },
	{ HAS_ENDING, NULL, "the task is about to end; its changes are "
	    "proposed then" },
	{ HAS_OWN, FOLD_NO_DISCARD, NULL },
};

/* The facts of the parts that have one of `asked`, the others of these parts,
 * too. */
static unsigned
allow_facts(const struct core *c, unsigned asked)
{
	unsigned facts = 0;

	PART_EACH(c, p)
		if (((*p)->has & asked) != 0)
			facts |= (*p)->facts(c);
	return facts;
}

static const struct fact_words *
fact_lowest(unsigned facts)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(fact_words); i++)
		if ((facts & fact_words[i].fact) != 0)
			return &fact_words[i];
	return NULL;
}

/* May a command run now?  `phases`: IN() of those that allow it.  `needs`:
 * facts of which one has to hold (0: none has to).  `bars`: facts that must
 * not.  -1 with a sentence that says when it works. */
static int
allow_command(const struct core *c, unsigned phases, unsigned needs,
    unsigned bars, struct err *e)
{
	unsigned facts = allow_facts(c, needs | bars),
	    in_the_way = facts & bars;

	if (needs != 0 && (facts & needs) == 0)
		return err_set(e, "%s", fact_lowest(needs)->missing);
	if ((phases & IN(c->phase)) == 0)
		return err_set(e, "the agent is %s: wait for it, or interrupt "
		    "it", phase_words[c->phase]);
	if (in_the_way != 0)
		return err_set(e, "%s", fact_lowest(in_the_way)->first);
	return 0;
}

static void
dispatch_start(struct client *cl, const cJSON *m)
{
	struct server *s = cl->server;
	struct err e = ERR_INIT;
	int exit_code = 1;

	if (s->started || !cl->first) {
		client_refuse(cl, "start", "the session is running", -1);
		return;
	}
	if (s->core->main->start(s->core, cJSON_Duplicate(m, 1), s->pending_key,
	    &exit_code, &e) < 0) {
		session_full_disk(&e);
		client_refuse(cl, "start", e.text, exit_code);
		server_end_when_flushed(s, exit_code);
		return;
	}
	server_forget_key(s);
	s->started = true;
	server_attach(cl, cl->from);
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
	AUTO_FREE char *text = NULL, *way = !s->started ? xstrdup("install assent and "
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
}

static void
dispatch_hello(struct client *cl, const cJSON *m)
{
	struct server *s = cl->server;
	const char *key = json_str(m, "key");

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
	PART_EACH(s->core, p)
		if ((*p)->offer != NULL)
			(*p)->offer(s->core, m);
	if (json_str(m, "client") != NULL)
		snprintf(cl->name, sizeof(cl->name), "%.24s",
		    json_str(m, "client"));
	if (!s->started) {
		server_forget_key(s);
		s->pending_key = secret_dup(key);
		return;
	}
	server_attach(cl, cl->from);
}

/* ---- commands ---- */

static int
dispatch_typing(struct core *c, const cJSON *m UNUSED,
    const char *client UNUSED, struct err *e UNUSED)
{
	c->ahead = 2;
	core_soon(c);
	return 0;
}

static int
dispatch_attach(struct core *c, const cJSON *m, unsigned client,
    struct err *e UNUSED)
{
	struct client *cl = server_client(c->server, client);

	if (cl != NULL)
		server_attach(cl, json_int(m, "from", 1));
	return 0;
}

/* Tell the client later that what it sent before is done, and the step after
 * that. */
static int
dispatch_sync(struct core *c, const cJSON *m UNUSED, unsigned client,
    struct err *e UNUSED)
{
	struct client *cl = server_client(c->server, client);

	if (cl != NULL)
		cl->syncs++;
	core_soon(c);
	return 0;
}

void
server_stepped(struct server *s)
{
	struct client *cl;

	for (cl = s->clients; cl != NULL; cl = cl->next) {
		cl->owed += cl->syncs;
		cl->syncs = 0;
		client_answer_syncs(cl);
	}
}

static const struct core_command dispatch_commands[] = {
	{ "attach", IN_ANY, 0, 0, NOBODY, .serve = dispatch_attach },
	{ "commit", IN_ANY, 0, 0, NOBODY, .act = dispatch_commit },
	{ "git", IN_ANY, 0, 0, NOBODY, .act = dispatch_commit },
	{ "sync", IN_ANY, 0, 0, NOBODY, .serve = dispatch_sync },
	{ "typing", IN_ANY, 0, 0, NOBODY, .act = dispatch_typing },
	{ 0 }
};

const struct core_part dispatch_part = { .commands = dispatch_commands };

/* NULL: there is none. */
static const struct core_command *
dispatch_find(const struct core *c, const cJSON *m)
{
	const struct core_command *k;

	PART_EACH(c, p)
		for (k = (*p)->commands; k != NULL && k->name != NULL; k++)
			if (json_is(m, "type", k->name) && (k->has == NULL ||
			    json_get(m, k->has) != NULL))
				return k;
	return NULL;
}

static int
dispatch_allowed(const struct core *c, const struct core_command *k, struct err *e)
{
	if ((k->who & WITH_USER) != 0 && !c->person)
		return err_set(e, "this run is unattended: wait for its end, "
		    "then assent resume");
	if (((k->who & WITH_MODEL) != 0 && (c->context == NULL ||
	    c->target.answers != NULL)) || ((k->who & WITH_ANSWERS) != 0 &&
	    c->context == NULL && c->peer == NULL))
		return err_set(e, "this session uses no model");
	return allow_command(c, k->phases, k->needs, k->bars, e);
}

static int
dispatch_command(struct client *cl, const char *type, const cJSON *m,
    struct err *e)
{
	struct core *c = cl->server->core;
	const struct core_command *k = dispatch_find(c, m);
	/* These start no program at once. */
	static const char *const beside[] = { "attach", "end", "interrupt",
		"say", "sync", "typing" };
	cJSON *answer;

	if (k == NULL)
		return err_set(e, "unknown command \"%.40s\"", type);
	if (c->sandbox.untested != NULL && MEM_FIND(beside, type) == NULL)
		c->main->settle(c);
	PART_EACH(c, p)
		if ((*p)->command != NULL)
			(*p)->command(c, k->phases);
	if (dispatch_allowed(c, k, e) < 0)
		return -1;
	if (k->act != NULL)
		return k->act(c, m, cl->name, e);
	if (k->serve != NULL)
		return k->serve(c, m, cl->serial, e);
	answer = k->answer(c, m, e);
	if (answer == NULL)
		return -1;
	server_reply(cl, answer);
	return 0;
}

void
dispatch_line(struct client *cl, const char *line, size_t n)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *m = json_parse(line, n, JSON_NUL_REPLACE, &e);
	const char *type = json_str(m, "type");

	if (type == NULL)
		client_refuse(cl, NULL, e.text[0] != '\0' ? e.text :
		    "a line without a type", -1);
	else if (strcmp(type, "hello") == 0)
		dispatch_hello(cl, m);
	else if (cl->state == CLIENT_NEW)
		client_refuse(cl, type, "say hello first", -1);
	else if (strcmp(type, "start") == 0)
		dispatch_start(cl, m);
	else if (!cl->server->started)
		client_refuse(cl, type, "no session is started", -1);
	else if (dispatch_command(cl, type, m, &e) < 0)
		client_refuse(cl, type, e.text, e.sys == EALREADY ? 0 : -1);
	/* It may have keys, which only the parts that need them keep. lineio
	 * wipes the line itself. */
	json_wipe(m, NULL);
}
