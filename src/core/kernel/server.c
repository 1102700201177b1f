/*
 * server: the clients.  The first one is on descriptor 3, the others come
 * through the session's socket.  Each says hello, is sent the journal from
 * where it asks, and then every line as it comes.  A client holds no truth: it
 * may vanish at any moment. Its commands go from here to the part that has them
 * in its table, if the phase allows it (dispatch_line).
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
#include "core/agent/run.h"
#include "core/context/compact.h"
#include "core/kernel/core.h"
#include "core/mcp/mcp.h"
#include "core/net/network.h"
#include "core/project/project.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "journal/task-usage.h"
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

enum client_state {
	CLIENT_NEW,	/* has not said hello */
	CLIENT_OLD,	/* gets the old lines first, once the session runs */
	CLIENT_LIVE,	/* gets new lines */
	CLIENT_BEHIND,	/* too slow for new lines: gets them from
			   the journal, as old ones */
};

struct client {
	struct client		*next;
	struct server		*server;
	struct lineio		*io;
	struct loop_watch	*watch;
	unsigned		 serial;
	char			 name[32];
	bool			 first;
	enum client_state	 state;
	bool			 cut;		/* long members of old lines are
						   trimmed */
	int64_t			 from;		/* hello's: what it wants first */
	int64_t			 old;		/* the next old line that it is
						   sent; 0: it has all */
	struct loop_timer	*old_timer;
	int			 syncs;		/* commands `sync` that the next
						   step answers, */
	int			 owed;		/* and those that it did, until
						   the client is live */
	bool			 dead;
};

static void	client_attach_more(struct client *cl);

/*
 * brief-write: keeps the session's brief (journal/reader.h) up to date: of a long
 * journal all lines but the last MB. Where it can't be written, screens are sent
 * the old lines.
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

static void
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

static void
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

/* NULL: it is gone. */
static struct client *
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

/* `status`: the exit code of a core that cannot start; -1: it can. */
static void
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
client_attach_left(const struct client *cl)
{
	return cl->old == 0 ? 0 : 1 + (size_t)journal_bytes_from(
	    cl->server->core->journal, cl->old);
}

/* What living clients have yet to take. */
static size_t
server_left(struct server *s)
{
	struct client *cl;
	size_t n = 0;

	for (cl = s->clients; cl != NULL; cl = cl->next) {
		server_flush(cl);
		if (!cl->dead)
			n += cl->io->out.len - cl->io->sent +
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

/*
 * server-present: what a client is sent once it has all old lines: what is only
 * in memory.  From then on it is live.
 */

/* All of it so far, in place of what the client may have. */
static void
client_send_partial(struct client *cl, const char *kind, const char *text)
{
	if (text != NULL && text[0] != '\0')
		server_reply(cl, EVENT_LINE(delta, .kind = kind,
		    .at = EV_IS(0), .text = { text, strlen(text) }));
}

static void
client_answer_syncs(struct client *cl)
{
	for (; cl->state == CLIENT_LIVE && cl->owed > 0; cl->owed--)
		server_reply(cl, event_line(EVENT_SYNCED,
		    &(struct ev_synced){ }));
}

/* The client has all old lines: send the state that is only in memory. */
static void
client_present(struct client *cl)
{
	struct core *c = cl->server->core;
	bool behind = cl->state == CLIENT_BEHIND;
	cJSON *o;

	/* First to the others: the partial text below contains it. */
	delta_flush(c);
	cl->state = CLIENT_LIVE;
	client_send_partial(cl, "thinking", c->fold->partial.thinking.p);
	client_send_partial(cl, "text", c->fold->partial.text.p);
	PART_EACH(c, p)
		if ((*p)->present != NULL && (o = (*p)->present(c)) != NULL)
			server_reply(cl, o);
	if (!behind)
		server_reply(cl, event_line(EVENT_LIVE, &(struct ev_live){ }));
	client_answer_syncs(cl);
	if (cl->server->ending)
		server_reply(cl, server_ended_line(cl->server));
}

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
	server_go_if_taken(cl->server);
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
	client_present(cl);
	server_flush(cl);
}

/* Send it the old lines, from this one on. */
static void
server_attach(struct client *cl, int64_t from)
{
	/* Those that it hasn't been sent yet are among them. */
	if (cl->old != 0 && from > cl->old)
		from = cl->old;
	struct core *c = cl->server->core;
	cJSON *o = EVENT_LINE(hello, .version = CORE_VERSION,
	    .protocol = SESSION_PROTOCOL, .session = c->id, .dir = c->dir);

	json_add_int(o, "seq", c->journal->chain.seq);
	server_reply(cl, o);
	cl->old = from < 1 ? 1 : from;
	cl->state = CLIENT_OLD;
	client_attach_more(cl);
}

/*
 * Client messages: hello and start, then commands. The core obeys each command
 * or rejects it with a message.
 */

/* What the client does with the repository begins or ends. What began and
 * didn't end is ended first: only one person at a time can answer for it. */
static int
committing_command(struct core *c, const cJSON *command, const char *client,
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

/*
 * allow: decides whether a client's command works now.  For each command the
 * row (struct core_command) names the phases in which it works, and
 * facts that must or must not hold, such as an open proposal or a decision that
 * is still to be applied.
 */

/* What the agent is doing, by phase. */
static const char *const phase_words[] = {
	[PHASE_IDLE] = "idle",
	[PHASE_MODEL] = "thinking",
	[PHASE_RETRY] = "waiting to ask the model again",
	[PHASE_TOOL] = "running a tool",
	[PHASE_LOOK] = "looking at the project",
	[PHASE_CHECK] = "running the success check",
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
	    "review the open proposal first" },
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
};

static bool
allow_asks(const struct core *c)
{
	PART_EACH(c, p)
		if ((*p)->asks != NULL && (*p)->asks(c))
			return true;
	return false;
}

static unsigned
allow_facts(const struct core *c)
{
	bool failed = c->phase == PHASE_RETRY || (c->phase == PHASE_IDLE &&
	    c->fold->ended && fold_can_retry(c->fold));

	return ((c->waits & WAIT_LIMIT) != 0 ? HAS_LIMIT : 0u) |
	    (c->fold->ask.kind != ASK_NONE || (c->waits & WAIT_COMMAND) != 0 ||
	    c->runs->state == RUN_ASKS || allow_asks(c) ? HAS_ASK : 0u) |
	    ((c->waits & WAIT_PLAN) != 0 && task_runs(c) ?
	    HAS_PLAN : 0u) |
	    (!task_runs(c) &&
	    c->fold->plan.status == FOLD_PLAN_PROPOSED ? HAS_PLAN_LEFT : 0u) |
	    (c->decision.line != NULL ? HAS_DECISION : 0u) |
	    (c->runs->state != RUN_NONE ? HAS_RUN : 0u) |
	    (c->review.undoing != 0 ? HAS_UNDO : 0u) |
	    (c->fold->proposal != NULL ? HAS_REVIEW : 0u) |
	    (c->compact->running ? HAS_SUMMARY : 0u) |
	    (failed ? HAS_FAILED : 0u) |
	    (task_runs(c) ? HAS_TASK : 0u) |
	    (task_plans(c) && c->plan.mode != PLAN_LOOK ?
	    HAS_PLANNING : 0u) |
	    (c->task.stop != STOP_NONE ? HAS_ENDING : 0u);
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
	unsigned facts = allow_facts(c), in_the_way = facts & bars;

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
server_start_session(struct client *cl, const cJSON *m)
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
server_hello(struct client *cl, const cJSON *m)
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
dispatch_typing(struct core *c, const cJSON *m, const char *client,
    struct err *e)
{
	(void)m;
	(void)client;
	(void)e;
	/* The user's servers start, the project is inspected, and the model's
	 * server connected to, so that the request needn't wait for them. */
	PART_EACH(c, p)
		if ((*p)->ahead != NULL)
			(*p)->ahead(c);
	return 0;
}

static int
dispatch_attach(struct core *c, const cJSON *m, unsigned client, struct err *e)
{
	struct client *cl = server_client(c->server, client);

	(void)e;
	if (cl != NULL)
		server_attach(cl, json_int(m, "from", 1));
	return 0;
}

/* Its answer says that what the client sent before is done, and the step after
 * that. */
static int
dispatch_sync(struct core *c, const cJSON *m, unsigned client, struct err *e)
{
	struct client *cl = server_client(c->server, client);

	(void)m;
	(void)e;
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
	{ "commit", IN_ANY, 0, 0, NOBODY, .act = committing_command },
	{ "git", IN_ANY, 0, 0, NOBODY, .act = committing_command },
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
	if (((k->who & (WITH_MODEL | WITH_ANSWERS)) != 0 &&
	    c->context == NULL) || ((k->who & WITH_MODEL) != 0 &&
	    c->target.replay_dir != NULL))
		return err_set(e, "this session uses no model");
	return allow_command(c, k->phases, k->needs, k->bars, e);
}

static int
dispatch_command(struct client *cl, const char *type, const cJSON *m,
    struct err *e)
{
	struct core *c = cl->server->core;
	const struct core_command *k = dispatch_find(c, m);
	cJSON *answer;

	if (k == NULL)
		return err_set(e, "unknown command \"%.40s\"", type);
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

/* A line that a client sent. */
static void
dispatch_line(struct client *cl, const char *line, size_t n)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *m = json_parse(line, n, JSON_NUL_REPLACE, &e);
	const char *type = json_str(m, "type");

	if (type == NULL)
		client_refuse(cl, NULL, e.text[0] != '\0' ? e.text :
		    "a line without a type", -1);
	else if (strcmp(type, "hello") == 0)
		server_hello(cl, m);
	else if (cl->state == CLIENT_NEW)
		client_refuse(cl, type, "say hello first", -1);
	else if (strcmp(type, "start") == 0)
		server_start_session(cl, m);
	else if (!cl->server->started)
		client_refuse(cl, type, "no session is started", -1);
	else if (dispatch_command(cl, type, m, &e) < 0)
		client_refuse(cl, type, e.text, e.sys == EALREADY ? 0 : -1);
	/* It may have keys, which only the parts that need them keep. lineio
	 * wipes the line itself. */
	json_wipe(m, NULL);
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
	server_go_if_taken(s);
	server_sweep(s);
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
