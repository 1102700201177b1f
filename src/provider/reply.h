/*
 * reply: what both decoders need to put a reply together.
 */
#ifndef ASSENT_PROVIDER_REPLY_H
#define ASSENT_PROVIDER_REPLY_H

#include "provider/provider.h"

/* Empty texts, nothing told about usage, no error. */
struct reply *reply_new(void);
/* A reply that is nothing but this error. */
struct reply *reply_new_error(const struct provider_error *);
/*
 * Add a call.  `whole`: the server said that the arguments are all there.  If
 * it did not, the call counts as complete only when they parse.  Cut JSON is
 * never mended: half a file written is worse than no file.
 */
void	reply_add_call(struct reply *, const char *id, const char *name,
	    const char *args, bool whole);
/* The last one came as plain text, of which its arguments were made. */
void	reply_call_custom(struct reply *, bool whole);
/* Of calls with the same id all but the first get another one: each has a result
 * of its own, and services refuse a history with two. The raw blocks, which name
 * the old ones, are dropped then. */
void	reply_part_ids(struct reply *);
/* No call of this reply may run. */
void	reply_break_calls(struct reply *);
/* `args` if it is the text of a JSON object, else "{}"; malloc'ed. Servers
 * that parse the history refuse anything else. */
char	*reply_echo_args(const char *args);
/* `name`, or "unknown" where a call came without one: the history is refused
 * with a call that has none. Borrowed. */
const char *reply_echo_name(const char *name);
/* An id for a call that came without a usable one, malloc'ed: nine letters and
 * digits, the one shape that every server takes. */
char	*reply_make_id(void);

#endif
