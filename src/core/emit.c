#include "config.h"

#include "core/emit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/server.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"

void
emit_line(struct core *c, cJSON *line)
{
	AUTO_FREE char *s = json_print(line);

	fold_line(c->fold, line);
	server_broadcast(c->server, s, strlen(s), 0);
	cJSON_Delete(line);
}

void
emit_add_seen(cJSON *fields, const cJSON *seen)
{
	if (cJSON_IsBool(seen))
		json_add_bool(fields, "seen", cJSON_IsTrue(seen));
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
	server_last_words(c->server, line, strlen(line));
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
	assert(seq == journal_seq(c->journal));
	return seq;
}

void
emit_sync(struct core *c)
{
	struct err e = ERR_INIT;

	if (journal_sync(c->journal, &e) < 0)
		emit_failed(c, &e);
	assert(journal_durable(c->journal) == journal_seq(c->journal));
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
	emit_add_seen(o, seen);
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
