/*
 * emit: the one way an event comes into the world: journal, then fold, then the
 * model's context, then the clients.
 */
#ifndef ASSENT_CORE_SESSION_EMIT_H
#define ASSENT_CORE_SESSION_EMIT_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct core;

/* Journal, fold, context, clients. `fields` is taken. A journal that cannot be
 * written ends the session: nothing may happen unrecorded. Returns seq. */
int64_t	emit_event(struct core *, const char *type, const char *by,
	    cJSON *fields);
void	emit_sync(struct core *);
/* A line that is not kept. Taken. */
void	emit_line(struct core *, cJSON *line);
void	emit_note(struct core *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	emit_error(struct core *, const char *kind, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Whether all of what is answered was on a screen, as the client said (NULL: it
 * did not), into the record. */
void	emit_add_seen(cJSON *fields, const cJSON *seen);
/* A person let a command run or did not. */
void	emit_answered(struct core *, const char *id, bool allow,
	    const cJSON *seen, const char *client);
/* What goes to the model as a message of ours. */
void	emit_tell_model(struct core *, const char *text);

#endif
