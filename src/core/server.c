/*
 * server: the clients.  The first one is on descriptor 3, the others come
 * through the session's socket.  Each says hello, is sent the journal from
 * where it asks, and then every line as it comes.  A client holds no truth: it
 * may vanish at any moment.
 */

#include "config.h"

#include "core/server.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/core.h"
#include "core/driver.h"
#include "core/propose.h"
#include "core/run.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "loop/loop.h"

#define SERVER_IN_MAX	((size_t)64 << 20)
/* What may wait for a client: then it gets no new lines until it has caught up.
 * An answer may be large, and another one asked for meanwhile; what a try's
 * command prints is kept nowhere else, and bounded by a limit. */
#define SERVER_BEHIND	((size_t)8 << 20)
#define SERVER_ANSWERS	((size_t)128 << 20)
#define SERVER_OUT_MAX	((size_t)512 << 20)
#define SERVER_ACCEPT_MS 250	/* until a descriptor may be free again */
#define SERVER_FLUSH_MS	5000	/* at the end, for somebody to read on */

static void client_ready(void *, int, unsigned);
static void	client_attach_more(struct client *cl);
static size_t	client_attach_left(const struct client *cl);

static void
server_add(struct server *s, int fd, bool first)
{
	struct client *cl = xcalloc(1, sizeof(*cl));

	cl->server = s;
	cl->first = first;
	cl->io = lineio_new_take(fd, SERVER_IN_MAX, SERVER_OUT_MAX);
	cl->serial = ++s->serial;
	snprintf(cl->name, sizeof(cl->name), "%u", cl->serial);
	cl->watch = loop_watch_new(s->loop, fd, LOOP_READ, client_ready, cl);
	cl->next = s->clients;
	s->clients = cl;
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
server_forget_key(struct server *s)
{
	secret_free(s->pending_key);
	s->pending_key = NULL;
}

static void
client_free(struct client *cl)
{
	loop_watch_free(cl->watch);
	loop_timer_free(cl->old_timer);
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
	fs_close(s->listen_fd);
	loop_timer_free(s->end_timer);
	loop_timer_free(s->listen_timer);
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
	else if (s->started)
		driver_client_gone(s->core, first_gone);
}

/* server.c */
/* Shut its connection down. That makes the descriptor ready, so the loop frees
 * even a client that neither reads nor writes any more. */
static void
client_drop(struct client *cl)
{
	cl->dead = true;
	(void)shutdown(cl->io->fd, SHUT_RDWR);
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
		    (lineio_pending(cl->io) > 0 ? LOOP_WRITE : 0));
}

static bool
client_is_try(const struct client *cl)
{
	const struct core *c = cl->server->core;

	return c != NULL && c->mode == MODE_TRY;
}

void
client_send(struct client *cl, cJSON *line_take)
{
	/* It asks, and does not read the answers. */
	if (lineio_pending(cl->io) >= SERVER_ANSWERS && !client_is_try(cl)) {
		cJSON_Delete(line_take);
		client_drop(cl);
		return;
	}
	if (lineio_send_take(cl->io, line_take) < 0)
		client_drop(cl);
	client_flush(cl);
}

void
server_answer(struct server *s, unsigned serial, cJSON *line_take)
{
	struct client *cl;

	for (cl = s->clients; cl != NULL; cl = cl->next)
		if (cl->serial == serial && !cl->dead) {
			client_send(cl, line_take);
			return;
		}
	cJSON_Delete(line_take);
}

void
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

/* A slow client gets no more new lines, but catches up from the journal as after
 * an attach; of streamed text it then gets the end only. */
static bool
client_falls_behind(struct client *cl, int64_t seq)
{
	if (lineio_pending(cl->io) < SERVER_BEHIND || client_is_try(cl))
		return false;
	cl->state = CLIENT_BEHIND;
	cl->old = seq > 0 ? seq : journal_seq(cl->server->core->journal) + 1;
	return true;
}

static void
server_send(struct server *s, const char *line, size_t n, int64_t seq,
    bool live)
{
	struct client *cl;

	for (cl = s->clients; cl != NULL; cl = cl->next) {
		if (cl->dead || (live && (cl->state != CLIENT_LIVE ||
		    client_falls_behind(cl, seq))))
			continue;
		if (lineio_send(cl->io, line, n) < 0)
			client_drop(cl);
		client_flush(cl);
	}
}

void
server_broadcast(struct server *s, const char *line, size_t n, int64_t seq)
{
	server_send(s, line, n, seq, true);
}

void
server_last_words(struct server *s, const char *line, size_t n)
{
	server_send(s, line, n, 0, false);
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
	AUTO_JSON cJSON *o = server_ended_line(s);
	AUTO_FREE char *line = json_print(o);

	server_broadcast(s, line, strlen(line), 0);
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
			n += lineio_pending(cl->io) +
			    client_attach_left(cl);
	}
	return n;
}

/* Exit if the core is ending and all clients have all lines. */
static void
server_go_if_taken(struct server *s)
{
	if (s->ending && server_left(s) == 0)
		loop_stop(s->loop, s->status);
}

/* Keep waiting for a slow client, but not for a stalled one. */
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

static void
client_ready(void *arg, int fd, unsigned events)
{
	struct client *cl = arg;
	struct server *s = cl->server;
	const char *line;
	size_t n;
	int gone = 0;

	(void)fd;
	if (events & LOOP_WRITE) {
		client_flush(cl);
		client_attach_more(cl);
	}
	if (events & LOOP_READ) {
		gone = lineio_read(cl->io);
		while (!cl->dead && (line = lineio_next(cl->io, &n)) != NULL)
			dispatch_line(cl, line, n);
	}
	if (gone < 0)
		cl->dead = true;
	server_go_if_taken(s);
	server_sweep(s);
}

static void
server_accept_again(void *arg)
{
	struct server *s = arg;

	s->listen_timer = NULL;
	loop_watch_set(s->listen_watch, LOOP_READ);
}

static void
server_accept(void *arg, int fd, unsigned events)
{
	struct server *s = arg;
	int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (c < 0) {
		/* Without a descriptor (EMFILE, ENFILE) it stays in the
		 * queue, and the socket stays ready. */
		if (errno != EAGAIN && errno != EINTR &&
		    errno != ECONNABORTED) {
			loop_watch_set(s->listen_watch, 0);
			s->listen_timer = loop_timer_new(s->loop,
			    SERVER_ACCEPT_MS, server_accept_again, s);
		}
		return;
	}
	if (!session_peer_is_us(c) || session_peer_is_below_us(c)) {
		close(c);
		return;
	}
	server_add(s, c, false);
}

int
server_listen(struct server *s, const char *dir, struct err *e)
{
	if (session_secret_make(dir, s->secret, e) < 0)
		return -1;
	s->listen_fd = session_listen(dir, e);
	if (s->listen_fd < 0)
		return -1;
	s->listen_watch = loop_watch_new(s->loop, s->listen_fd, LOOP_READ,
	    server_accept, s);
	return 0;
}

/*
 * server-present: what a client is sent once it has all old lines: what is only
 * in memory.  From then on it is live.
 */

static void
client_simple(struct client *cl, const char *type)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", type);
	client_send(cl, o);
}

/* All of it so far, in place of what the client may have. */
static void
client_send_partial(struct client *cl, const char *kind, const char *text)
{
	cJSON *o;

	if (text == NULL || text[0] == '\0')
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "type", "delta");
	json_add_str(o, "kind", kind);
	json_add_int(o, "at", 0);
	json_add_str(o, "text", text);
	client_send(cl, o);
}

/* The client has all old lines: send the state that is only in memory. */
static void
client_present(struct client *cl)
{
	struct core *c = cl->server->core;
	bool behind = cl->state == CLIENT_BEHIND;
	const struct core_part *const *p;
	cJSON *o;

	/* First to the others: the partial text below contains it. */
	delta_flush(c);
	cl->state = CLIENT_LIVE;
	client_send_partial(cl, "thinking", c->fold->partial.thinking.p);
	client_send_partial(cl, "text", c->fold->partial.text.p);
	for (p = core_parts; *p != NULL; p++)
		if ((*p)->present != NULL && (o = (*p)->present(c)) != NULL)
			client_send(cl, o);
	if (!behind)
		client_simple(cl, "live");
	if (cl->server->ending)
		client_send(cl, server_ended_line(cl->server));
}

/*
 * What a client is sent when it comes: the journal's lines from where it asks,
 * then what is only in memory.  Who shows panes asks for lines that are cut
 * (journal/event.h), so that a long session costs neither side more than its
 * last lines: whole are those that a screen begins with, and all whose texts
 * still count.  Many lines go a piece at a time, as the client takes them; what
 * is new meanwhile is in the journal, and comes in its turn.  A client that
 * does not keep up with what is new is brought to the end in the same way,
 * without a word.
 */

#define ATTACH_STEP ((size_t)4 << 20)	/* bytes read: some milliseconds */
#define ATTACH_WAIT ((size_t)4 << 20)	/* bytes that may wait to be taken */

struct attach {
	struct client	*cl;
	int64_t		 whole_from, output;
	size_t		 bytes;
	struct buf	 line;
};

static bool
attach_line(void *arg, const char *line, size_t n)
{
	struct attach *a = arg;
	int64_t seq = a->cl->old++;

	a->bytes += n;
	if (seq < a->whole_from && seq != a->output &&
	    trim_line(&a->line, line, n, TRIM_SCREEN, TRIM_MIN)) {
		line = a->line.p;
		n = a->line.len;
	}
	if (lineio_send(a->cl->io, line, n) < 0)
		client_drop(a->cl);
	return !a->cl->dead && a->bytes < ATTACH_STEP;
}

/* The next old lines; false if there are no more. */
static bool
attach_step(struct client *cl)
{
	struct core *c = cl->server->core;
	struct attach a = { .cl = cl, .output = c->fold->output.seq,
		.line = BUF_INIT(0) };
	struct err e = ERR_INIT;
	int rc;

	if (cl->cut)
		a.whole_from = brief_write_end(c);
	rc = journal_read(c->journal, cl->old, attach_line, &a, &e);
	if (rc < 0)
		client_refuse(cl, "attach", e.text, -1);
	buf_release(&a.line);
	return rc == 0 && cl->old <= journal_seq(c->journal);
}

static void
attach_late(void *arg)
{
	struct client *cl = arg;

	cl->old_timer = NULL;
	client_attach_more(cl);
	server_go_if_taken(cl->server);
}

/* There may be room for more of them. */
static void
client_attach_more(struct client *cl)
{
	bool more;

	if (cl->old == 0 || cl->dead || cl->old_timer != NULL ||
	    lineio_pending(cl->io) >= ATTACH_WAIT)
		return;
	more = attach_step(cl);
	client_flush(cl);
	if (more || lineio_pending(cl->io) >= ATTACH_WAIT) {
		/* Who takes it as fast as it is read is not waited for. */
		if (lineio_pending(cl->io) < ATTACH_WAIT)
			cl->old_timer = loop_timer_new(cl->server->loop, 0,
			    attach_late, cl);
		return;
	}
	cl->old = 0;
	client_present(cl);
	client_flush(cl);
}

/* Bytes of old lines that are still to be sent. */
static size_t
client_attach_left(const struct client *cl)
{
	return cl->old == 0 ? 0 : 1 + (size_t)journal_bytes_from(
	    cl->server->core->journal, cl->old);
}

void
client_attach(struct client *cl, int64_t from)
{
	struct core *c = cl->server->core;
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", "hello");
	json_add_str(o, "version", CORE_VERSION);
	json_add_int(o, "protocol", SESSION_PROTOCOL);
	json_add_str(o, "session", c->id);
	json_add_str(o, "dir", c->dir);
	json_add_int(o, "seq", journal_seq(c->journal));
	client_send(cl, o);
	cl->old = from < 1 ? 1 : from;
	cl->state = CLIENT_OLD;
	client_attach_more(cl);
}
