/*
 * compact: the model's window is kept from filling up.  Before each turn long old
 * outputs are shortened, and if that is not enough the oldest messages give way
 * to a summary.  The model is asked for it in a request of its own; where that
 * fails (an error, a refusal, an answer that is none) the summary is made from
 * the journal without it, and the screen says so.  What was done is a line of
 * the journal, of type `shortened` or `compaction`, and nothing else changes the
 * context: nothing leaves the journal.
 *
 * Called from the driver, while nothing is under way.
 */
#ifndef ASSENT_CORE_CONTEXT_COMPACT_H
#define ASSENT_CORE_CONTEXT_COMPACT_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "core/turn/tokens.h"
#include "provider/provider.h"

struct compact;
struct core;
struct core_target;

struct compact *compact_new(void);
void	compact_free(struct compact *);
/* A line of an old journal. */
void	compact_recall(struct core *, const cJSON *event);

/* The window of the present model, as it is known. */
void	compact_room(const struct core *, struct tokens_room *);
/* That of another one, or of the present. */
void	compact_room_of(const struct core *, const struct core_target *,
	    struct tokens_room *);
/* Tools are told in few words: the window is small, or the server has refused
 * a request that held little else. */
bool	compact_short_tools(const struct core *);
/* Another model: what was learned of the last one's window does not count. */
void	compact_forget(struct core *);

/* True if a summary is being made now: the turn has to wait. */
bool	compact_before_turn(struct core *);
/* True if not even the prompt fits into the window, and that was said. */
bool	compact_is_hopeless(struct core *);
/* The same as compact_before_turn, where a person has asked for it. */
bool	compact_if_asked(struct core *);
/*
 * The server says that the conversation does not fit (the error, or NULL if the
 * answer stopped for it).  True if `again` is called now or after a summary, once,
 * so that the same turn is asked with less.
 */
bool	compact_on_full(struct core *, const struct provider_error *,
	    void (*again)(struct core *));
/* The sentence for a person where that is of no use: what the server said, how
 * much assent itself needs, and what gives it more room. malloc'ed. */
char	*compact_explain(struct core *, const struct provider_error *);
/* The server does not take the images that were sent (the error): true if they
 * have been taken from the messages. */
bool	compact_no_images(struct core *, const struct provider_error *);
bool	compact_is_running(const struct core *);
void	compact_cancelled(struct core *);	/* with its request */

/* Clients' commands: `compact` (ask for one, or hand in an edited one), and
 * `new`: go on without what was said before. */
int	compact_command(struct core *, const cJSON *, const char *client,
	    struct err *);
int	compact_new_task(struct core *, const cJSON *, const char *client,
	    struct err *);

#endif
