/*
 * emit: lines to the journal, the fold, the context and the clients; and
 * streamed text, to clients only.
 */
#include "config.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "core/kernel/server.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "loop/loop.h"

void
emit_line(struct core *c, cJSON *line)
{
	AUTO_FREE char *s = json_print(line);

	fold_line(c->fold, line);
	server_send(c->server, s, strlen(s), 0, true);
	cJSON_Delete(line);
}

void
emit_early(struct core *c, cJSON *line)
{
	AUTO_FREE char *s = json_print(line);

	server_send(c->server, s, strlen(s), 0, false);
	cJSON_Delete(line);
}

_Noreturn void
emit_failed(struct core *c, const char *what, struct err *e)
{
	char *text;

	session_full_disk(e);
	text = xasprintf("can't %s (%s); nothing more was done. Once that is "
	    "fixed: assent resume %s", what, e->text, c->id);
	emit_early(c, EVENT_LINE(refused, .text = text, .exit = EV_IS(1)));
	fprintf(stderr, "assent-core: %s\n", text);
	server_free(c->server);
	_Exit(1);
}

int64_t
emit_made(struct core *c, const char *by, struct event *made)
{
	struct err e = ERR_INIT;

	/* journal_append calls start_on_line (start.c), which folds and sends. */
	if (journal_append(c->journal, made, by, &e) < 0)
		emit_failed(c, EMIT_JOURNAL, &e);
	/* invariant 3: no other line is appended during an append. */
	assert(made->seq == c->journal->chain.seq);
	return made->seq;
}

int64_t
emit_event(struct core *c, enum event_type type, const char *by,
    const void *members)
{
	AUTO_EVENT struct event made;

	event_make(&made, type, members);
	return emit_made(c, by, &made);
}

void
emit_sync(struct core *c)
{
	struct err e = ERR_INIT;

	if (journal_sync(c->journal, &e) < 0)
		emit_failed(c, EMIT_JOURNAL, &e);
	assert(c->journal->synced == c->journal->chain.seq);
}

/* The text, of any length, without a final newline; malloc'ed. */
static char * __attribute__((format(printf, 1, 0)))
emit_words(const char *fmt, va_list ap)
{
	char *text = xvasprintf(fmt, ap);
	size_t n = strlen(text);

	while (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	return text;
}

void
emit_answered(struct core *c, const cJSON *command, const char *client)
{
	const cJSON *seen = json_get(command, "seen");

	EMIT(c, "user", answer, .id = json_str(command, "id"),
	    .allow = json_bool(command, "allow", false),
	    .seen = { cJSON_IsBool(seen), cJSON_IsTrue(seen) },
	    .text = json_str(command, "text"), .client = client);
}

void
emit_unanswered(struct core *c, const char *id)
{
	EMIT(c, "core", answer, .id = id);
}

void
emit_note(struct core *c, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = emit_words(fmt, ap);
	va_end(ap);
	EMIT(c, "core", note, .text = text);
}

void
emit_error(struct core *c, const char *kind, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = emit_words(fmt, ap);
	va_end(ap);
	EMIT(c, "core", error, .kind = kind, .text = text);
}

void
emit_tell_model(struct core *c, const char *text)
{
	EMIT(c, "core", user_message, .text = text);
}

/* ---- streamed output ---- */

/*
 * What streams (text, thinking, a command's output) is gathered for a moment
 * and sent in few lines. Nothing of it is kept; of a flood of output only the
 * tail of each moment goes out, the whole is in the tool's result.
 */

#define DELTA_MS 50

static void
delta_send(struct core *c, const char *kind, struct buf *b)
{
	int64_t at = (int64_t)(c->calls.dropped + c->calls.capture.len) -
	    (int64_t)b->len;

	if (b->len == 0)
		return;
	/* Some output may have been skipped, and a client that attached late
	 * has none of it: say where this piece begins. */
	emit_line(c, EVENT_LINE(delta, .kind = kind,
	    .text = { buf_str(b), b->len },
	    .at = EV_KNOWN(b == &c->delta.output ? at : -1)));
	buf_clear(b);
	c->delta.sent_ms = clock_mono_ms();
}

void
delta_flush(struct core *c)
{
	loop_timer_free(&c->delta.timer);
	delta_send(c, "thinking", &c->delta.thinking);
	delta_send(c, "text", &c->delta.text);
	delta_send(c, "output", &c->delta.output);
	delta_send(c, "btw", &c->delta.aside);
}

static void
delta_time(void *arg)
{
	struct core *c = arg;

	c->delta.timer = NULL;
	delta_flush(c);
}

/* The first piece is sent together with all that has come by then. */
static void
delta_later(struct core *c)
{
	int64_t left = c->delta.sent_ms + DELTA_MS - clock_mono_ms();

	if (c->delta.timer == NULL)
		c->delta.timer = loop_timer_new(c->loop, left > 0 ? left : 0,
		    delta_time, c);
}

void
delta_add(struct core *c, struct buf *to, const char *p, size_t n)
{
	buf_add(to, p, n);
	delta_later(c);
}

/* The end of the running command's output so far, for a client that attaches
 * late. The whole is in out/ when the command has ended. */

#define OUTPUT_END ((size_t)32 << 10)

static cJSON *
output_end(struct core *c)
{
	const struct buf *b = &c->calls.capture;
	size_t n = MIN(b->len, OUTPUT_END);

	return !c->fold->output.running || b->len == 0 ? NULL :
	    EVENT_LINE(delta, .kind = "output",
	    .at = EV_IS((int64_t)(c->calls.dropped + b->len - n)),
	    .text = { buf_str(b) + b->len - n, n });
}

static void
emit_free(struct core *c)
{
	loop_timer_free(&c->delta.timer);
	buf_release(&c->delta.text);
	buf_release(&c->delta.thinking);
	buf_release(&c->delta.output);
	buf_release(&c->delta.aside);
}

/* A question whose asker was the old core has no more use. */
static void
emit_resumed(struct core *c)
{
	if (fold_ask_is(&c->fold->ask, ASK_DIES_WITH_CORE))
		emit_unanswered(c, c->fold->ask.id);
}

/* Questions that only the fold keeps. */
static unsigned
emit_facts(const struct core *c)
{
	return c->fold->ask.kind != ASK_NONE ? HAS_ASK : 0;
}

const struct core_part emit_part = {
	.facts = emit_facts, .has = HAS_ASK,
	.resumed = emit_resumed, .present = output_end, .free = emit_free,
};
