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
#include <fcntl.h>
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
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "journal/task-usage.h"
#include "loop/loop.h"

/*
 * ---- the brief ----
 *
 * The session's brief (journal/reader.h) is kept up to date: of a long journal all
 * lines but the last MB. Where it can't be written, screens are sent the old lines.
 */

#define BRIEF_WRITE_WHOLE ((int64_t)1 << 20)	/* bytes of the last lines */
#define BRIEF_WRITE_MUCH ((int64_t)3 << 20)	/* with those: write some */
#define BRIEF_WRITE_STEP ((size_t)4 << 20)	/* bytes: some milliseconds */
#define BRIEF_WRITE_WAIT_MS 1000		/* a session that begins comes
						   first */

/* The lines from here on are whole: those that a screen begins with, and all
 * whose texts still count. */
static int64_t
brief_write_end(const struct core *c)
{
	const struct journal *j = c->journal;
	int64_t last = (int64_t)MEM_FIRST(j->offs_len, i,
	    j->chain.end - j->offs[i] <= BRIEF_WRITE_WHOLE) + 1;
	int64_t counts = task_usage_whole_from(&c->fold->facts.usage);

	return counts < last ? counts : last;
}

/* Go on after the lines that the file has. */
static void
brief_write_open(struct server *s)
{
	AUTO_CLOSE int dirfd =
	    open(s->core->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = dirfd < 0 ? -1 : openat(dirfd, "journal.jsonl",
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	brief_load(&s->brief.at, dirfd, fd, &s->brief.lines);
	s->brief.lines.max = 0;
	s->brief.open = true;
}

static bool
brief_write_line(void *arg, const char *line, size_t n)
{
	struct server *s = arg;
	struct server_brief *w = &s->brief;
	static const char end[] = "\"}";
	bool cut = w->at.seq + 1 != s->core->fold->output.seq &&
	    trim_line(&w->line, line, n, TRIM_SCREEN, TRIM_MIN);

	buf_add(&w->lines, cut ? w->line.p : line, cut ? w->line.len : n);
	buf_addc(&w->lines, '\n');
	w->at.seq++;
	w->at.end += (int64_t)n + 1;
	memcpy(w->at.h, line + n - (sizeof(end) - 1) - BRIEF_HEX, BRIEF_HEX);
	w->read += n;
	return w->at.seq < w->upto && w->read < BRIEF_WRITE_STEP;
}

/* In place of the file, so that one that is there is always complete: what a
 * power failure leaves of it has another sum. */
static bool
brief_write_file(struct server *s)
{
	static const char name[] = BRIEF_FILE ".new";
	struct server_brief *w = &s->brief;
	AUTO_CLOSE int dirfd =
	    open(s->core->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC |
	    O_CLOEXEC | O_NOFOLLOW, 0600);

	brief_mark(&w->lines, &w->at);
	return w->lines.len < BRIEF_MAX && fd >= 0 &&
	    fs_write_all(fd, w->lines.p, w->lines.len) == 0 &&
	    renameat(dirfd, name, dirfd, BRIEF_FILE) == 0;
}

static void
brief_write_step(void *arg)
{
	struct server *s = arg;
	struct server_brief *w = &s->brief;
	struct journal *j = s->core->journal;

	w->timer = NULL;
	if (!w->open)
		brief_write_open(s);
	w->upto = brief_write_end(s->core) - 1;
	if (w->upto > j->synced)
		w->upto = j->synced;
	w->read = 0;
	if (w->at.seq < w->upto) {
		w->fails = journal_read(j, w->at.seq + 1, brief_write_line, s,
		    NULL) < 0 || w->lines.len >= BRIEF_MAX;
		if (!w->fails && w->at.seq < w->upto) {
			w->timer = loop_timer_new(s->loop, 0,
			    brief_write_step, s);
			return;
		}
		w->fails = w->fails || !brief_write_file(s);
	}
	buf_release(&w->lines);
	buf_release(&w->line);
	w->open = false;
}

/* The journal has another line. */
static void
brief_write_soon(struct server *s)
{
	struct server_brief *w = &s->brief;

	if (w->timer == NULL && !w->fails && journal_bytes_from(
	    s->core->journal, w->at.seq + 1) >= BRIEF_WRITE_MUCH)
		w->timer = loop_timer_new(s->loop, BRIEF_WRITE_WAIT_MS,
		    brief_write_step, s);
}

/* ---- lines to clients, and the end ---- */

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

/* Shut its connection down. That makes the descriptor ready, so the loop frees
 * even a client that neither reads nor writes any more. */
static void
client_drop(struct client *cl)
{
	cl->dead = true;
	(void)shutdown(cl->io->fd, SHUT_RDWR);
}

/* Write what its socket takes. */
static void
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

/* The last line of a core that ends on purpose: without it, it has died. */
static cJSON *
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

/* Bytes of old lines that are still to be sent. */
static size_t
client_old_bytes_left(const struct client *cl)
{
	return cl->old == 0 ? 0 : 1 + (size_t)journal_bytes_from(
	    cl->server->core->journal, cl->old);
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

/* Exit if the clients were told that the core ends and have all lines. */
static void
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
server_end_flush(struct server *s)
{
	if (s->started)
		server_tell_ended(s);
	s->left = server_bytes_left(s);
	s->end_timer = loop_timer_new(s->loop, s->left == 0 ? 0 : s->flush_ms,
	    server_end_late, s);
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

/*
 * ---- the old lines ----
 *
 * What a client is sent when it comes: the journal's lines from where it asks,
 * then what is only in memory. Full-screen clients ask for trimmed lines
 * (journal/event.h), so that a long session costs neither side more than its
 * last lines. The lines that a screen shows first, and those whose text still
 * matters, are sent in full. Many lines go a piece at a time, as the client
 * takes them; what is new meanwhile is in the journal, and comes in its turn. A
 * client that does not keep up with what is new is brought to the end in the
 * same way, without a word.
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
	return rc == 0 && cl->old <= c->journal->chain.seq;
}

static void client_attach_more(struct client *);

static void
attach_late(void *arg)
{
	struct client *cl = arg;

	cl->old_timer = NULL;
	client_attach_more(cl);
	server_exit_if_flushed(cl->server);
}

/* All of it so far, in place of what the client may have. */
static void
client_send_partial(struct client *cl, const char *kind, const char *text)
{
	if (text != NULL && text[0] != '\0')
		server_reply(cl, EVENT_LINE(delta, .kind = kind,
		    .at = EV_IS(0), .text = { text, strlen(text) }));
}

void
client_answer_syncs(struct client *cl)
{
	for (; cl->state == CLIENT_LIVE && cl->owed > 0; cl->owed--)
		server_reply(cl, event_line(EVENT_SYNCED,
		    &(struct ev_synced){ }));
}

/* The client has all old lines: send the state that is only in memory. */
static void
client_go_live(struct client *cl)
{
	struct core *c = cl->server->core;
	bool behind = cl->state == CLIENT_BEHIND;
	cJSON *o;

	/* First to the others: the partial text below contains it. */
	delta_flush(c);
	cl->state = CLIENT_LIVE;
	client_send_partial(cl, "thinking", c->fold->partial.thinking.p);
	client_send_partial(cl, "text", c->fold->partial.text.p);
	client_send_partial(cl, "btw", c->fold->aside.text.p);
	PART_EACH(c, p)
		if ((*p)->present != NULL && (o = (*p)->present(c)) != NULL)
			server_reply(cl, o);
	if (!behind)
		server_reply(cl, event_line(EVENT_LIVE, &(struct ev_live){ }));
	client_answer_syncs(cl);
	if (cl->server->end_timer != NULL)
		server_reply(cl, server_ended_line(cl->server));
}

/* There may be room for more of them. */
static void
client_attach_more(struct client *cl)
{
	bool more;

	if (cl->old == 0 || cl->dead || cl->old_timer != NULL ||
	    cl->io->out.len - cl->io->sent >= ATTACH_WAIT)
		return;
	more = attach_step(cl);
	server_flush(cl);
	if (more || cl->io->out.len - cl->io->sent >= ATTACH_WAIT) {
		/* This client keeps up with what is read: read on in the loop's
		 * next round. */
		if (cl->io->out.len - cl->io->sent < ATTACH_WAIT)
			cl->old_timer = loop_timer_new(cl->server->loop, 0,
			    attach_late, cl);
		return;
	}
	cl->old = 0;
	client_go_live(cl);
	server_flush(cl);
}

void
server_attach(struct client *cl, int64_t from)
{
	struct core *c = cl->server->core;
	cJSON *o = EVENT_LINE(hello, .version = CORE_VERSION,
	    .protocol = SESSION_PROTOCOL, .session = c->id, .dir = c->dir);

	/* Lines that the client hasn't been sent yet are among them. */
	if (cl->old != 0 && from > cl->old)
		from = cl->old;
	json_add_int(o, "seq", c->journal->chain.seq);
	server_reply(cl, o);
	cl->old = from < 1 ? 1 : from;
	cl->state = CLIENT_OLD;
	client_attach_more(cl);
}

/* ---- connections ---- */

static void
client_ready(void *arg, int fd UNUSED, unsigned events)
{
	struct client *cl = arg;
	struct server *s = cl->server;
	const char *line;
	size_t n;
	int gone = 0;

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
server_accept(void *arg, int fd, unsigned events UNUSED)
{
	struct server *s = arg;
	int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (c < 0) {
		/* If there is no descriptor (EMFILE, ENFILE), the connection
		 * stays in the queue, and the socket stays ready. */
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
