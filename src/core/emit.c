/*
 * The one way an event comes into the world: journal, then fold, then the
 * model's context, then the clients.
 */
#include "config.h"

#include "core/core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

void
core_send(struct core *c, cJSON *line)
{
	char *s = json_print(line);

	fold_line(c->fold, line);
	server_broadcast(c->server, s, strlen(s));
	free(s);
	cJSON_Delete(line);
}

/* The journal cannot be written: nothing more may happen. */
static _Noreturn void
core_die(struct core *c, const struct err *e)
{
	cJSON *o = cJSON_CreateObject();
	char *text = xasprintf("the journal cannot be written (%s); nothing "
	    "more was done. When that is mended: assent resume %s", e->text,
	    c->id);

	json_add_str(o, "type", "refused");
	json_add_str(o, "text", text);
	json_add_int(o, "exit", 1);
	core_send(c, o);
	fprintf(stderr, "assent-core: %s\n", text);
	server_free(c->server);
	_Exit(1);
}

int64_t
core_emit(struct core *c, const char *type, const char *by, cJSON *fields)
{
	struct err e = ERR_INIT;
	int64_t seq;

	/* journal_append calls core_line (start.c), which folds and sends. */
	if (journal_append(c->journal, type, by, fields, &seq, &e) < 0)
		core_die(c, &e);
	return seq;
}

void
core_sync(struct core *c)
{
	struct err e = ERR_INIT;

	if (journal_sync(c->journal, &e) < 0)
		core_die(c, &e);
}

void
core_note(struct core *c, const char *fmt, ...)
{
	cJSON *o = cJSON_CreateObject();
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	while (n > 0 && text[n - 1] == '\n')
		n--;
	json_add_strn(o, "text", text, (size_t)n);
	free(text);
	core_emit(c, "note", "core", o);
}

void
core_error(struct core *c, const char *kind, const char *fmt, ...)
{
	cJSON *o = cJSON_CreateObject();
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_add_str(o, "kind", kind);
	json_add_str(o, "text", text);
	core_emit(c, "error", "core", o);
}

void
core_status(struct core *c, const char *state, const char *fmt, ...)
{
	char waits[256];
	cJSON *o;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(waits, sizeof(waits), fmt, ap);
	va_end(ap);
	if (c->last_state != NULL && strcmp(c->last_state, state) == 0 &&
	    strcmp(c->last_waits, waits) == 0)
		return;
	free(c->last_state);
	free(c->last_waits);
	c->last_state = xstrdup(state);
	c->last_waits = xstrdup(waits);
	o = cJSON_CreateObject();
	json_add_str(o, "type", "status");
	json_add_str(o, "state", state);
	json_add_str(o, "waits_for", waits);
	core_send(c, o);
}

void
core_tell_model(struct core *c, const char *text)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "text", text);
	core_emit(c, "user_message", "core", o);
}
