/*
 * server: the clients.  The first one is on descriptor 3, the others come
 * through the session's socket.  Each says hello, is sent the journal from
 * where it asks, and then every line as it comes.  A client holds no truth: it
 * may vanish at any moment. Its commands go from here to the part that has them
 * in its table, if the phase allows it (dispatch.c).
 */
#include "config.h"

#include "core/kernel/server.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/kernel/core.h"
#include "core/kernel/server-int.h"
#include "journal/event.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "loop/loop.h"

#define SERVER_IN_MAX	((size_t)64 << 20)
/* Limits on the bytes that wait for a client: beyond the first it gets no new
 * lines until it has caught up. An answer may be large, and another one asked
 * for meanwhile; output of a try's command is kept nowhere else, and bounded by
 * a limit. */
#define SERVER_BEHIND	((size_t)8 << 20)
#define SERVER_ANSWERS	((size_t)128 << 20)
#define SERVER_OUT_MAX	((size_t)512 << 20)
#define SERVER_ACCEPT_MS 250	/* until a descriptor may be free again */
#define SERVER_FLUSH_MS	5000	/* at the end, for somebody to read on */

void
server_forget_key(struct server *s)
{
	secret_free(s->pending_key);
	s->pending_key = NULL;
}

static void
client_free(struct client *cl)
{
	loop_watch_free(&cl->watch);
	loop_timer_free(&cl->old_timer);
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
	loop_watch_free(&s->listen_watch);
	fs_close(s->listen_fd);
	loop_timer_free(&s->end_timer);
	loop_timer_free(&s->listen_timer);
	loop_timer_free(&s->brief.timer);
	buf_release(&s->brief.lines);
	buf_release(&s->brief.line);
	server_forget_key(s);
	free(s);
}

/* Drop the dead, and see whether anybody is left. */
static void
server_remove_dead(struct server *s)
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
		if (s->clients == NULL && s->end_timer != NULL)
			loop_stop(s->loop, s->status);
		return;
	}
	if (!s->started && s->clients == NULL)
		loop_stop(s->loop, 1);
	else if (s->started)
		s->core->main->client_gone(s->core, first_gone);
}

void
client_drop(struct client *cl)
{
	cl->dead = true;
	(void)shutdown(cl->io->fd, SHUT_RDWR);
}

void
server_flush(struct client *cl)
{
	if (cl->dead)
		return;
	if (lineio_flush(cl->io) < 0)
		client_drop(cl);
	else
		loop_watch_set(cl->watch, LOOP_READ |
		    (cl->io->out.len > cl->io->sent ? LOOP_WRITE : 0));
}

static bool
client_is_try(const struct client *cl)
{
	const struct core *c = cl->server->core;

	return c != NULL && c->mode == MODE_TRY;
}

void
server_reply(struct client *cl, cJSON *line_take)
{
	/* It asks, and does not read the answers. */
	if (cl->io->out.len - cl->io->sent >= SERVER_ANSWERS &&
	    !client_is_try(cl)) {
		cJSON_Delete(line_take);
		client_drop(cl);
		return;
	}
	if (lineio_send_take(cl->io, line_take) < 0)
		client_drop(cl);
	server_flush(cl);
}

struct client *
server_client(const struct server *s, unsigned serial)
{
	struct client *cl;

	for (cl = s->clients; cl != NULL; cl = cl->next)
		if (cl->serial == serial && !cl->dead)
			return cl;
	return NULL;
}

void
server_answer(struct server *s, unsigned serial, cJSON *line_take)
{
	struct client *cl = server_client(s, serial);

	if (cl == NULL)
		cJSON_Delete(line_take);
	else
		server_reply(cl, line_take);
}

void
client_refuse(struct client *cl, const char *to, const char *text, int status)
{
	server_reply(cl, EVENT_LINE(refused, .to = to, .text = text,
	    .exit = EV_KNOWN(status)));
}

/* A slow client gets no more new lines, but catches up from the journal as after
 * an attach; of streamed text it then gets the end only. */
static bool
client_falls_behind(struct client *cl, int64_t seq)
{
	if (cl->io->out.len - cl->io->sent < SERVER_BEHIND || client_is_try(cl))
		return false;
	cl->state = CLIENT_BEHIND;
	cl->old = seq > 0 ? seq : cl->server->core->journal->chain.seq + 1;
	return true;
}

void
server_send(struct server *s, const char *line, size_t n, int64_t seq,
    bool live)
{
	struct client *cl;

	if (seq > 0)
		brief_write_soon(s);
	for (cl = s->clients; cl != NULL; cl = cl->next) {
		if (cl->dead || (live && (cl->state != CLIENT_LIVE ||
		    client_falls_behind(cl, seq))))
			continue;
		if (lineio_send(cl->io, line, n) < 0)
			client_drop(cl);
		server_flush(cl);
	}
}

cJSON *
server_ended_line(const struct server *s)
{
	return EVENT_LINE(ended, .exit = s->status);
}

static void
server_tell_ended(struct server *s)
{
	AUTO_JSON cJSON *o = server_ended_line(s);
	AUTO_FREE char *line = json_print(o);

	server_send(s, line, strlen(line), 0, true);
}

/* Bytes that the living clients have yet to take. */
static size_t
server_bytes_left(struct server *s)
{
	struct client *cl;
	size_t n = 0;

	for (cl = s->clients; cl != NULL; cl = cl->next) {
		server_flush(cl);
		if (!cl->dead)
			n += cl->io->out.len - cl->io->sent +
			    client_old_bytes_left(cl);
	}
	return n;
}

void
server_exit_if_flushed(struct server *s)
{
	if (s->end_timer != NULL && server_bytes_left(s) == 0)
		loop_stop(s->loop, s->status);
}

/* Keep waiting for a slow client, but not for a stalled one. */
static void
server_end_late(void *arg)
{
	struct server *s = arg;
	size_t left = server_bytes_left(s);

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
	if (!s->started || !s->core->main->end(s->core))
		server_end_flush(s);
}

void
server_end_flush(struct server *s)
{
	if (s->started)
		server_tell_ended(s);
	s->left = server_bytes_left(s);
	s->end_timer = loop_timer_new(s->loop, s->left == 0 ? 0 : s->flush_ms,
	    server_end_late, s);
}

/* ---- connections ---- */

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
		server_flush(cl);
		client_attach_more(cl);
	}
	if (events & LOOP_READ) {
		gone = lineio_read(cl->io);
		while (!cl->dead && (line = lineio_next(cl->io, &n)) != NULL)
			dispatch_line(cl, line, n);
	}
	if (gone < 0)
		cl->dead = true;
	server_exit_if_flushed(s);
	server_remove_dead(s);
}

/* ---- clients ---- */

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
	if (!session_peer_is_user(c)) {
		close(c);
		return;
	}
	server_add(s, c, false);
}

int
server_listen(struct server *s, const char *dir, struct err *e)
{
	s->listen_fd = session_listen(dir, s->secret, e);
	if (s->listen_fd < 0)
		return -1;
	s->listen_watch = loop_watch_new(s->loop, s->listen_fd, LOOP_READ,
	    server_accept, s);
	return 0;
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
