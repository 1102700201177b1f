/*
 * server: the clients.  The first one is on descriptor 3, the others come
 * through the session's socket.  Each says hello, is sent the journal from
 * where it asks, and then every line as it comes.  A client holds no truth: it
 * may vanish at any moment.
 */
#include "config.h"

#include "core/core.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/compact.h"
#include "core/paths.h"
#include "core/route.h"
#include "core/run.h"
#include "journal/session.h"

#define SERVER_IN_MAX	((size_t)64 << 20)
#define SERVER_OUT_MAX	((size_t)512 << 20)
#define SERVER_FLUSH_MS	5000	/* at the end, for somebody to read on */

struct client {
	struct client		*next;
	struct server		*server;
	struct lineio		*io;
	struct loop_watch	*watch;
	char			 name[32];
	bool			 first;
	bool			 hello;		/* has said it */
	bool			 live;		/* gets new lines */
	bool			 dead;
};

struct server {
	struct loop		*loop;
	struct core		*core;
	struct client		*clients;
	struct loop_watch	*listen_watch;
	int			 listen_fd;
	char			*pending_key;	/* hello's, until start */
	unsigned		 serial;
	bool			 started;
	bool			 ending;
	int			 status;
	struct loop_timer	*end_timer;
	int			 flush_ms;
	size_t			 left;		/* unread at the last look */
};

static void client_ready(void *, int, unsigned);

static struct client *
server_add(struct server *s, int fd, bool first)
{
	struct client *cl = xcalloc(1, sizeof(*cl));

	cl->server = s;
	cl->first = first;
	cl->io = lineio_new_take(fd, SERVER_IN_MAX, SERVER_OUT_MAX);
	snprintf(cl->name, sizeof(cl->name), "%u", ++s->serial);
	cl->watch = loop_watch_new(s->loop, fd, LOOP_READ, client_ready, cl);
	cl->next = s->clients;
	s->clients = cl;
	return cl;
}

struct server *
server_new(struct loop *loop, int first_fd)
{
	struct server *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->listen_fd = -1;
	s->flush_ms = SERVER_FLUSH_MS;
	server_add(s, first_fd, true);
	return s;
}

void
server_set_core(struct server *s, struct core *c)
{
	s->core = c;
}

static void
server_forget_key(struct server *s)
{
	secret_free(s->pending_key);
	s->pending_key = NULL;
}

static void
client_free(struct client *cl)
{
	loop_watch_free(cl->watch);
	lineio_free(cl->io);
	free(cl);
}

void
server_free(struct server *s)
{
	struct client *cl;

	if (s == NULL)
		return;
	while ((cl = s->clients) != NULL) {
		s->clients = cl->next;
		(void)lineio_flush(cl->io);
		client_free(cl);
	}
	loop_watch_free(s->listen_watch);
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	loop_timer_free(s->end_timer);
	server_forget_key(s);
	free(s);
}

/* Drop the dead, and see whether anybody is left. */
static void
server_sweep(struct server *s)
{
	struct client **p = &s->clients, *cl;
	bool first_gone = false;

	while ((cl = *p) != NULL) {
		if (!cl->dead) {
			p = &cl->next;
			continue;
		}
		first_gone = first_gone || cl->first;
		*p = cl->next;
		client_free(cl);
	}
	if (s->ending) {
		if (s->clients == NULL)
			loop_stop(s->loop, s->status);
		return;
	}
	if (!s->started && s->clients == NULL)
		loop_stop(s->loop, 1);
	else if (s->started && first_gone && !s->core->linger) {
		if (s->core->active && !s->core->ended)
			core_interrupt(s->core, "hang-up");
		else
			server_end_when_flushed(s, 0);
	} else
		server_check_idle(s);
}

void
server_check_idle(struct server *s)
{
	/* Nobody to tell and nothing to do: resume brings it back. */
	if (s->started && s->clients == NULL && !s->ending &&
	    (core_is_waiting(s->core) || !s->core->active) &&
	    !run_is_busy(s->core))
		server_end_when_flushed(s, 0);
}

/* Given up: the shutdown makes its descriptor ready, and what then comes out of
 * the loop sweeps it away, also when it reads and says nothing any more. */
static void
client_drop(struct client *cl)
{
	cl->dead = true;
	(void)shutdown(lineio_fd(cl->io), SHUT_RDWR);
}

static void
client_flush(struct client *cl)
{
	if (cl->dead)
		return;
	if (lineio_flush(cl->io) < 0)
		client_drop(cl);
	else
		loop_watch_set(cl->watch, LOOP_READ |
		    (lineio_wants_write(cl->io) ? LOOP_WRITE : 0));
}

static void
client_send(struct client *cl, cJSON *line_take)
{
	if (lineio_send_take(cl->io, line_take) < 0)
		client_drop(cl);
	client_flush(cl);
}

static void
client_refuse(struct client *cl, const char *to, const char *text, int status)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", "refused");
	json_add_str(o, "to", to);
	json_add_str(o, "text", text);
	if (status >= 0)
		json_add_int(o, "exit", status);
	client_send(cl, o);
}

static void
server_send(struct server *s, const char *line, size_t n, bool live)
{
	struct client *cl;

	for (cl = s->clients; cl != NULL; cl = cl->next) {
		if (cl->dead || (live && !cl->live))
			continue;
		if (lineio_send(cl->io, line, n) < 0)
			client_drop(cl);
		client_flush(cl);
	}
}

void
server_broadcast(struct server *s, const char *line, size_t n)
{
	server_send(s, line, n, true);
}

void
server_last_words(struct server *s, const char *line, size_t n)
{
	server_send(s, line, n, false);
}

void
server_set_patience(struct server *s, int ms)
{
	s->flush_ms = ms;
}

/* The last line of a core that ends on purpose: without it, it has died. */
static cJSON *
server_ended_line(const struct server *s)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", "ended");
	json_add_int(o, "exit", s->status);
	return o;
}

static void
server_tell_ended(struct server *s)
{
	cJSON *o = server_ended_line(s);
	char *line = json_print(o);

	server_broadcast(s, line, strlen(line));
	free(line);
	cJSON_Delete(o);
}

/* What living clients have yet to take. */
static size_t
server_left(struct server *s)
{
	struct client *cl;
	size_t n = 0;

	for (cl = s->clients; cl != NULL; cl = cl->next) {
		client_flush(cl);
		if (!cl->dead)
			n += lineio_pending(cl->io);
	}
	return n;
}

/* A slow reader may take its time, one that stands still may not. */
static void
server_end_late(void *arg)
{
	struct server *s = arg;
	size_t left = server_left(s);

	s->end_timer = NULL;
	if (left == 0 || left >= s->left) {
		loop_stop(s->loop, s->status);
		return;
	}
	s->left = left;
	s->end_timer = loop_timer_new(s->loop, s->flush_ms, server_end_late,
	    s);
}

void
server_end_when_flushed(struct server *s, int status)
{
	if (s->ending)
		return;
	s->ending = true;
	s->status = status;
	if (s->started)
		server_tell_ended(s);
	s->left = server_left(s);
	s->end_timer = loop_timer_new(s->loop, s->left == 0 ? 0 : s->flush_ms,
	    server_end_late, s);
}

/* ---- what clients say ---- */

static void
client_replay_line(void *arg, const char *line, size_t n)
{
	struct client *cl = arg;

	if (lineio_send(cl->io, line, n) < 0)
		client_drop(cl);
}

static void
client_simple(struct client *cl, const char *type)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", type);
	client_send(cl, o);
}

/* What is only in memory: the text that is streaming, and what is waited for. */
static void
client_send_present(struct client *cl)
{
	struct core *c = cl->server->core;
	cJSON *o;

	if (c->fold->partial_text != NULL && c->fold->partial_text[0] != '\0') {
		o = cJSON_CreateObject();
		json_add_str(o, "type", "delta");
		json_add_str(o, "kind", "text");
		json_add_str(o, "text", c->fold->partial_text);
		client_send(cl, o);
	}
	if ((o = output_end(c)) != NULL)
		client_send(cl, o);
	if (c->last_state != NULL) {
		o = cJSON_CreateObject();
		json_add_str(o, "type", "status");
		json_add_str(o, "state", c->last_state);
		json_add_str(o, "waits_for", c->last_waits);
		if (retry_left_ms(c) > 0)
			json_add_int(o, "wait_ms", retry_left_ms(c));
		client_send(cl, o);
	}
	if ((o = run_queue_line(c)) != NULL)
		client_send(cl, o);
	client_simple(cl, "live");
	if (cl->server->ending)
		client_send(cl, server_ended_line(cl->server));
}

static void
client_attach(struct client *cl, int64_t from)
{
	struct core *c = cl->server->core;
	struct err e = ERR_INIT;
	cJSON *o = cJSON_CreateObject();

	/* What is on its way to the others is a part of what there is. */
	delta_flush(c);
	json_add_str(o, "type", "hello");
	json_add_str(o, "version", CORE_VERSION);
	json_add_str(o, "session", c->id);
	json_add_str(o, "dir", c->dir);
	json_add_int(o, "seq", journal_seq(c->journal));
	client_send(cl, o);
	if (journal_read(c->journal, from, client_replay_line, cl, &e) < 0)
		client_refuse(cl, "attach", e.text, -1);
	cl->live = true;
	client_send_present(cl);
	client_flush(cl);
}

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

static void
client_hello(struct client *cl, const cJSON *m)
{
	struct server *s = cl->server;
	const char *version = json_str_or(m, "version", "");
	const char *key = json_str(m, "key");
	const cJSON *it;

	if (strcmp(version, CORE_VERSION) != 0) {
		char *text = xasprintf("this session is run by assent %s, and "
		    "you are %s: use that version's assent, or end it there",
		    CORE_VERSION, version[0] == '\0' ? "unknown" : version);

		client_refuse(cl, "hello", text, 1);
		free(text);
		return;
	}
	cl->hello = true;
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
		rc = retry_now(c, &e);
	else if (strcmp(type, "undo") == 0)
		rc = undo_propose(c, m, &e);
	else if (strcmp(type, "changes") == 0)
		client_send(cl, undo_look(c));
	else if (strcmp(type, "comment") == 0)
		rc = comment_command(c, m, cl->name, &e);
	else if (strcmp(type, "around") == 0)
		rc = client_answer(cl, around_lines(c, m, &e));
	else if (strcmp(type, "file") == 0)
		rc = client_answer(cl, around_file(c, m, &e));
	else if (strcmp(type, "output") == 0)
		rc = client_answer(cl, output_piece(c, m, &e));
	else if (strcmp(type, "paths") == 0)
		rc = client_answer(cl, paths_find(c, m, &e));
	else if (strcmp(type, "promote") == 0 || strcmp(type, "hide") == 0)
		rc = promote_command(c, m, strcmp(type, "hide") == 0,
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

static void
client_line(struct client *cl, const char *line, size_t n)
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

static void
client_ready(void *arg, int fd, unsigned events)
{
	struct client *cl = arg;
	struct server *s = cl->server;
	const char *line;
	size_t n;
	int gone = 0;

	(void)fd;
	if (events & LOOP_WRITE)
		client_flush(cl);
	if (events & LOOP_READ) {
		gone = lineio_read(cl->io);
		while (!cl->dead && (line = lineio_next(cl->io, &n)) != NULL)
			client_line(cl, line, n);
	}
	if (gone < 0)
		cl->dead = true;
	if (s->ending && server_left(s) == 0)
		loop_stop(s->loop, s->status);
	server_sweep(s);
}

static void
server_accept(void *arg, int fd, unsigned events)
{
	struct server *s = arg;
	int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (c < 0)
		return;
	if (!session_peer_is_us(c) || session_peer_is_below_us(c)) {
		close(c);
		return;
	}
	server_add(s, c, false);
}

int
server_listen(struct server *s, const char *dir, struct err *e)
{
	s->listen_fd = session_listen(dir, e);
	if (s->listen_fd < 0)
		return -1;
	s->listen_watch = loop_watch_new(s->loop, s->listen_fd, LOOP_READ,
	    server_accept, s);
	return 0;
}
