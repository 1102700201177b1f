/*
 * What clients say: hello and start, then commands, each of which the core obeys
 * or refuses with a sentence.
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
#include "core/review/clean.h"
#include "core/context/compact.h"
#include "core/server/paths.h"
#include "core/turn/route.h"
#include "core/call/run.h"

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
	if (core_start(s->core, cJSON_Duplicate(m, 1), s->pending_key,
	    &exit_code, &e) < 0) {
		client_refuse(cl, "start", e.text, exit_code);
		server_end_when_flushed(s, exit_code);
		return;
	}
	server_forget_key(s);
	s->started = true;
	client_attach(cl, 1);
}

/* Who started the core need not show that it may speak to it. Compared without
 * telling by the time how much was right. */
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

/* A journal of an older release can always be resumed. */
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
		client_refuse(cl, "hello", "this is not what the file "
		    "\"secret\" in the session's folder says: a front end that "
		    "can read it is listened to", 1);
		return;
	}
	cl->hello = true;
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
	/* Not to another provider than the one that it is for. */
	if (key != NULL && s->core->target.key == NULL &&
	    model_is_chosen(s->core) &&
	    strcmp(json_str_or(m, "key_for", s->core->target.provider),
	    s->core->target.provider) == 0 &&
	    !failover_is_away(s->core) && route_name(s->core) == NULL)
		core_set_key(s->core, key);
	client_attach(cl, json_int(m, "from", 1));
}

/* What this client alone has asked for; -1 if there is none. */
static int
client_answer(struct client *cl, cJSON *take)
{
	if (take == NULL)
		return -1;
	client_send(cl, take);
	return 0;
}

static void
client_command(struct client *cl, const char *type, const cJSON *m)
{
	struct core *c = cl->server->core;
	struct err e = ERR_INIT;
	int rc = 0;

	if (strcmp(type, "say") == 0)
		rc = core_say_now(c, json_str_or(m, "text", ""),
		    json_bool(m, "interrupt", false), cl->name, &e);
	else if (strcmp(type, "run") == 0)
		rc = run_command(c, json_str_or(m, "command", ""), cl->name,
		    &e);
	else if (strcmp(type, "compact") == 0)
		rc = compact_command(c, m, cl->name, &e);
	else if (strcmp(type, "model") == 0)
		rc = model_switch(c, m, cl->name, &e);
	else if (strcmp(type, "new") == 0)
		rc = compact_new_task(c, m, cl->name, &e);
	else if (strcmp(type, "mark") == 0)
		rc = propose_mark(c, m, cl->name, &e);
	else if (strcmp(type, "split") == 0)
		rc = propose_split(c, m, &e);
	else if (strcmp(type, "evidence") == 0)
		rc = evidence_ask(c, &e);
	else if (strcmp(type, "propose") == 0)
		rc = core_propose(c, &e);
	else if (strcmp(type, "retry") == 0)
		rc = core_ask_again(c, cl->name, &e);
	else if (strcmp(type, "undo") == 0)
		rc = undo_propose(c, m, &e);
	else if (strcmp(type, "clean") == 0)
		rc = client_answer(cl, clean_command(c, &e));
	else if (strcmp(type, "changes") == 0)
		client_send(cl, undo_look(c));
	else if (strcmp(type, "comment") == 0)
		rc = comment_command(c, m, cl->name, &e);
	else if (strcmp(type, "around") == 0)
		rc = client_answer(cl, hunk_context_lines(c, m, &e));
	else if (strcmp(type, "file") == 0)
		rc = client_answer(cl, hunk_context_file(c, m, &e));
	else if (strcmp(type, "output") == 0)
		rc = client_answer(cl, output_piece(c, m, &e));
	else if (strcmp(type, "paths") == 0)
		rc = client_answer(cl, paths_find(c, m, &e));
	else if (strcmp(type, "include") == 0 || strcmp(type, "hide") == 0)
		rc = include_command(c, m, strcmp(type, "hide") == 0,
		    cl->name, &e);
	else if (strcmp(type, "decide") == 0)
		rc = propose_decide(c, m, cl->name, &e);
	else if (strcmp(type, "plan") == 0)
		rc = plan_decide(c, (int)json_int(m, "version", 0),
		    json_str_or(m, "action", ""), json_str(m, "word"),
		    json_get(m, "plan"), json_get(m, "seen"), cl->name, &e);
	else if (strcmp(type, "interrupt") == 0)
		core_interrupt_one(c, cl->name);
	else if (strcmp(type, "answer") == 0)
		call_answer_ask(c, json_str_or(m, "id", ""),
		    json_bool(m, "allow", false), json_get(m, "seen"),
		    cl->name);
	else if (strcmp(type, "budget") == 0)
		rc = budget_command(c, m, cl->name, &e);
	else if (strcmp(type, "set") == 0)
		rc = core_set(c, m, cl->name, &e);
	else if (strcmp(type, "attach") == 0)
		client_attach(cl, json_int(m, "from", 1));
	else if (strcmp(type, "end") == 0) {
		core_end(c, cl->name);
	} else
		rc = err_set(&e, "unknown command \"%.40s\"", type);
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
	/* A key that came with it stays nowhere but in the target. */
	json_wipe(m, "key");
	cJSON_ArrayForEach(it, json_get(m, "keys"))
		json_wipe(it, NULL);
	if (json_str(m, "key") != NULL || json_get(m, "keys") != NULL)
		lineio_wipe(cl->io);
	cJSON_Delete(m);
}
