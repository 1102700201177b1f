/*
 * What a client is sent when it comes: the journal's lines from where it asks,
 * then what is only in memory.  Who shows panes asks for lines that are cut
 * (journal/trim.h), so that a long session costs neither side more than its
 * last lines: whole are those that a screen begins with, and all whose texts
 * still count.  Many lines go a piece at a time, as the client takes them; what
 * is new meanwhile is in the journal, and comes in its turn.  A client that
 * does not keep up with what is new is brought to the end in the same way,
 * without a word.
 */
#include "config.h"

#include "core/server-int.h"

#include "base/json.h"
#include "core/core.h"
#include "core/brief-write.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/trim.h"

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

void
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

size_t
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
