/*
 * What a client is sent when it comes: the journal's lines from where it asks,
 * then what is only in memory. Full-screen clients ask for trimmed lines
 * (journal/event.h), so that a long session costs neither side more than its
 * last lines. The lines that a screen shows first, and those whose text still
 * matters, are sent in full. Many lines go a piece at a time, as the client
 * takes them; what is new meanwhile is in the journal, and comes in its turn. A
 * client that does not keep up with what is new is brought to the end in the
 * same way, without a word.
 */
#include "config.h"

#include "core/kernel/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/lineio.h"
#include "core/kernel/core.h"
#include "core/kernel/server-int.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "loop/loop.h"

size_t
client_old_bytes_left(const struct client *cl)
{
	return cl->old == 0 ? 0 : 1 + (size_t)journal_bytes_from(
	    cl->server->core->journal, cl->old);
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

static void
attach_late(void *arg)
{
	struct client *cl = arg;

	cl->old_timer = NULL;
	client_attach_more(cl);
	server_exit_if_flushed(cl->server);
}

void
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

	/* Those that it hasn't been sent yet are among them. */
	if (cl->old != 0 && from > cl->old)
		from = cl->old;
	json_add_int(o, "seq", c->journal->chain.seq);
	server_reply(cl, o);
	cl->old = from < 1 ? 1 : from;
	cl->state = CLIENT_OLD;
	client_attach_more(cl);
}
