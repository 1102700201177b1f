/*
 * emit: the only way to record an event: journal, then fold, then the model's
 * context, then the clients.
 */
#ifndef ASSENT_CORE_EMIT_H
#define ASSENT_CORE_EMIT_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "journal/event.h"

struct core;
struct err;

/* Journal, fold, context, clients. `fields` is taken. A journal that cannot be
 * written ends the session: nothing may happen unrecorded. Returns seq. */
int64_t	emit_event(struct core *, enum event_type type, const char *by,
	    cJSON *fields);
void	emit_sync(struct core *);
/* The journal can't be written or read: nothing more may happen. */
_Noreturn void emit_failed(struct core *, const struct err *);
/* Send a line that isn't journaled. Taken. */
void	emit_line(struct core *, cJSON *line);
void	emit_note(struct core *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	emit_error(struct core *, const char *kind, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Record whether the user had seen the whole question, as the client reported
 * (NULL: it didn't). */
void	emit_add_seen(cJSON *fields, const cJSON *seen);
/* The user allowed or denied a command. */
void	emit_answered(struct core *, const char *id, bool allow,
	    const cJSON *seen, const char *client);
/* Send the model a message from assent. */
void	emit_tell_model(struct core *, const char *text);

#endif
