#include "config.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/call.h"
#include "core/core.h"
#include "core/server.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/reader.h"
#include "journal/task-usage.h"
#include "loop/loop.h"

void
emit_line(struct core *c, cJSON *line)
{
	AUTO_FREE char *s = json_print(line);

	fold_line(c->fold, line);
	server_send(c->server, s, strlen(s), 0, true);
	cJSON_Delete(line);
}

_Noreturn void
emit_failed(struct core *c, const struct err *e)
{
	cJSON *o = cJSON_CreateObject();
	char *line, *text = xasprintf("the journal fails (%s); nothing "
	    "more was done. When that is mended: assent resume %s", e->text,
	    c->id);

	json_add_str(o, "type", "refused");
	json_add_str(o, "text", text);
	json_add_int(o, "exit", 1);
	line = json_print(o);
	server_send(c->server, line, strlen(line), 0, false);
	fprintf(stderr, "assent-core: %s\n", text);
	server_free(c->server);
	_Exit(1);
}

int64_t
emit_event(struct core *c, enum event_type type, const char *by, cJSON *fields)
{
	struct err e = ERR_INIT;
	int64_t seq;

	/* journal_append calls start_on_line (start.c), which folds and sends. */
	if (journal_append(c->journal, type, by, fields, &seq, &e) < 0)
		emit_failed(c, &e);
	/* invariant 3: no other line is appended during an append. */
	assert(seq == c->journal->chain.seq);
	return seq;
}

void
emit_sync(struct core *c)
{
	struct err e = ERR_INIT;

	if (journal_sync(c->journal, &e) < 0)
		emit_failed(c, &e);
	assert(c->journal->synced == c->journal->chain.seq);
}

/* Add the formatted text, of any length and without a final newline, as "text",
 * and emit the event. */
static void __attribute__((format(printf, 4, 0)))
emit_words(struct core *c, enum event_type type, cJSON *fields, const char *fmt,
    va_list ap)
{
	AUTO_FREE char *text = xvasprintf(fmt, ap);
	size_t n = strlen(text);

	while (n > 0 && text[n - 1] == '\n')
		n--;
	json_add_strn(fields, "text", text, n);
	emit_event(c, type, "core", fields);
}

void
emit_answered(struct core *c, const char *id, bool allow, const cJSON *seen,
    const char *client)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "id", id);
	json_add_bool(o, "allow", allow);
	if (cJSON_IsBool(seen))
		json_copy(o, "seen", seen);
	json_add_str(o, "client", client);
	emit_event(c, EVENT_ANSWER, "user", o);
}

void
emit_note(struct core *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit_words(c, EVENT_NOTE, cJSON_CreateObject(), fmt, ap);
	va_end(ap);
}

void
emit_error(struct core *c, const char *kind, const char *fmt, ...)
{
	cJSON *o = cJSON_CreateObject();
	va_list ap;

	json_add_str(o, "kind", kind);
	va_start(ap, fmt);
	emit_words(c, EVENT_ERROR, o, fmt, ap);
	va_end(ap);
}

void
emit_tell_model(struct core *c, const char *text)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "text", text);
	emit_event(c, EVENT_USER_MESSAGE, "core", o);
}

/*
 * delta: what streams (text, thinking, a command's output) is gathered for a
 * moment and sent in few lines.  Nothing of it is kept; of a flood of output
 * only the tail of each moment goes out, the whole is in the tool's result.
 */

#define DELTA_MS 50
#define DELTA_OUTPUT_MAX ((size_t)64 << 10)

static void
delta_send(struct core *c, const char *kind, struct buf *b)
{
	cJSON *o;

	if (b->len == 0)
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "type", "delta");
	json_add_str(o, "kind", kind);
	/* Of a flood not all goes out, and who comes late has had none. */
	if (b == &c->delta.output && c->calls.capture.len >= b->len)
		json_add_int(o, "at", (int64_t)(c->calls.capture.len - b->len));
	/* Output may be cut within a character. */
	json_add_bytes(o, "text", buf_str(b), b->len);
	emit_line(c, o);
	buf_clear(b);
	c->delta.sent_ms = clock_mono_ms();
}

void
delta_flush(struct core *c)
{
	loop_timer_free(c->delta.timer);
	c->delta.timer = NULL;
	delta_send(c, "thinking", &c->delta.thinking);
	delta_send(c, "text", &c->delta.text);
	delta_send(c, "output", &c->delta.output);
}

static void
delta_time(void *arg)
{
	struct core *c = arg;

	c->delta.timer = NULL;
	delta_flush(c);
}

/* The first goes out with all else that has come by now. */
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

void
call_output(void *core, const char *p, size_t n)
{
	struct core *c = core;
	struct buf *b = &c->delta.output;

	capture_add(&c->calls.capture, p, n);
	/* try passes all of it through. */
	if (c->mode == MODE_TRY) {
		delta_add(c, b, p, n);
		if (b->len > DELTA_OUTPUT_MAX)
			delta_flush(c);
		return;
	}
	if (n > DELTA_OUTPUT_MAX) {
		p += n - DELTA_OUTPUT_MAX;
		n = DELTA_OUTPUT_MAX;
	}
	if (b->len + n > DELTA_OUTPUT_MAX)
		buf_consume(b, b->len + n - DELTA_OUTPUT_MAX);
	delta_add(c, b, p, n);
}

/* The end of what the running command has printed so far, for a client that
 * comes late. The whole is in out/ when the command has ended. */

#define OUTPUT_END ((size_t)32 << 10)

static cJSON *
output_end(struct core *c)
{
	const size_t size = c->calls.capture.len;
	size_t n;
	cJSON *o;

	if (!c->fold->output.running)
		return NULL;
	n = size < OUTPUT_END ? size : OUTPUT_END;
	if (n == 0)
		return NULL;
	o = cJSON_CreateObject();
	json_add_str(o, "type", "delta");
	json_add_str(o, "kind", "output");
	json_add_int(o, "at", (int64_t)(size - n));
	json_add_bytes(o, "text", buf_str(&c->calls.capture) + size - n, n);
	return o;
}

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

struct brief_write {
	struct core		*core;
	struct loop_timer	*timer;
	int			 fd;		/* -1: not open yet, -2: it
						   can't be written */
	struct brief		 at;
	int64_t			 upto;		/* the last line of this step */
	size_t			 read;		/* bytes, in this step */
	size_t			 size;		/* of the file */
	struct buf		 batch, line;
};

static void
emit_init(struct core *c)
{
	struct brief_write *w = c->brief = xcalloc(1, sizeof(*w));

	w->core = c;
	w->fd = -1;
}

int64_t
brief_write_end(const struct core *c)
{
	const struct journal *j = c->journal;
	int64_t last = (int64_t)MEM_FIRST(j->offs_len, i,
	    j->chain.end - j->offs[i] <= BRIEF_WRITE_WHOLE) + 1;
	int64_t counts = task_usage_whole_from(&c->fold->spent);

	return counts < last ? counts : last;
}

/* Continue the file after what is sound of it. */
static void
brief_write_open(struct brief_write *w)
{
	AUTO_BUF struct buf text = BUF_INIT(0);
	AUTO_CLOSE int dirfd =
	    open(w->core->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = dirfd < 0 ? -1 : openat(dirfd, "journal.jsonl",
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	w->fd = fd < 0 ? -1 : openat(dirfd, BRIEF_FILE,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (w->fd >= 0) {
		brief_load(&w->at, dirfd, fd, &text);
		w->size = text.len;
		if (ftruncate(w->fd, (off_t)text.len) < 0) {
			close(w->fd);
			w->fd = -1;
		}
	}
	if (w->fd < 0)
		w->fd = -2;
}

static bool
brief_write_line(void *arg, const char *line, size_t n)
{
	struct brief_write *w = arg;
	static const char end[] = "\"}";
	bool cut = w->at.seq + 1 != w->core->fold->output.seq &&
	    trim_line(&w->line, line, n, TRIM_SCREEN, TRIM_MIN);

	buf_add(&w->batch, cut ? w->line.p : line, cut ? w->line.len : n);
	buf_addc(&w->batch, '\n');
	w->at.seq++;
	w->at.end += (int64_t)n + 1;
	memcpy(w->at.h, line + n - (sizeof(end) - 1) - BRIEF_HEX, BRIEF_HEX);
	w->read += n;
	return w->at.seq < w->upto && w->read < BRIEF_WRITE_STEP;
}

static void
brief_write_step(void *arg)
{
	struct brief_write *w = arg;
	struct journal *j = w->core->journal;
	bool is;

	w->timer = NULL;
	if (w->fd == -1)
		brief_write_open(w);
	w->upto = brief_write_end(w->core) - 1;
	if (w->upto > j->synced)
		w->upto = j->synced;
	if (w->fd < 0 || w->at.seq >= w->upto)
		return;
	w->read = 0;
	is = journal_read(j, w->at.seq + 1, brief_write_line, w, NULL) == 0;
	brief_mark(&w->at, &w->batch);
	w->size += w->batch.len;
	if (!is || w->size >= BRIEF_MAX ||
	    fs_write_all(w->fd, w->batch.p, w->batch.len) < 0) {
		close(w->fd);
		w->fd = -2;
	} else if (w->at.seq < w->upto)
		w->timer = loop_timer_new(w->core->loop, 0, brief_write_step,
		    w);
	buf_release(&w->batch);
	buf_release(&w->line);
}

/* The journal has another line. */
static void
emit_line_added(struct core *c, const cJSON *line, enum event_type type)
{
	struct brief_write *w = c->brief;

	(void)line;
	(void)type;
	if (c->resume == NULL && w->timer == NULL && w->fd != -2 &&
	    journal_bytes_from(c->journal, w->at.seq + 1) >= BRIEF_WRITE_MUCH)
		w->timer = loop_timer_new(c->loop, BRIEF_WRITE_WAIT_MS,
		    brief_write_step, w);
}

static void
emit_free(struct core *c)
{
	loop_timer_free(c->delta.timer);
	buf_release(&c->delta.text);
	buf_release(&c->delta.thinking);
	buf_release(&c->delta.output);
	loop_timer_free(c->brief->timer);
	fs_close(c->brief->fd);
	free(c->brief);
}

const struct core_part emit_part = {
	.init = emit_init, .line = emit_line_added, .present = output_end,
	.free = emit_free,
};
