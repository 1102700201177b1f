/*
 * reply: helpers for all decoders to assemble a reply.
 */
#ifndef ASSENT_PROVIDER_REPLY_H
#define ASSENT_PROVIDER_REPLY_H

#include "provider/provider.h"

/* An API may omit the ids of calls. Such a call gets an id that begins with
 * this, for us, and is sent back without it. */
#define REPLY_OWN_ID "own-"

/* Empty texts, unknown usage, no error. */
struct reply *reply_new(void);
/* A reply with just this error. */
struct reply *reply_new_error(const struct provider_error *);
/*
 * Add a call. `whole`: the server said that the arguments are complete.
 * Otherwise the call is complete only if they parse. Cut JSON is never
 * repaired: half a file written is worse than no file.
 */
void	reply_add_call(struct reply *, const char *id, const char *name,
	    const char *args, bool whole);
/* The last call came as plain text, from which its arguments were made. */
void	reply_call_custom(struct reply *, bool whole);
/* If calls share an id, all but the first get a new one: each has a result of
 * its own, and services reject a history with duplicates. The raw blocks, which
 * have the old ids, are then dropped. */
void	reply_part_ids(struct reply *);
/* No call of this reply may run. */
void	reply_break_calls(struct reply *);
/* `args` if it is the text of a JSON object, else "{}"; malloc'ed. Servers that
 * parse the history reject anything else. */
char	*reply_echo_args(const char *args);
/* `name`, or "unknown" for a call without one, because servers reject a history
 * with nameless calls. Borrowed. */
const char *reply_echo_name(const char *name);
/* An id for a call that came without a usable one, malloc'ed: nine letters and
 * digits, a form that every server accepts. */
char	*reply_make_id(void);

#endif
