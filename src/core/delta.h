/*
 * delta: what streams (text, thinking, a command's output) is gathered for a
 * moment and sent in few lines.  Nothing of it is kept; of a flood of output
 * only the tail of each moment goes out, the whole is in the tool's result.
 */
#ifndef ASSENT_CORE_DELTA_H
#define ASSENT_CORE_DELTA_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct core;
struct loop_timer;

/* Streamed text that the clients haven't got yet. */
struct core_delta {
	struct buf	 text, thinking, output;
	struct loop_timer *timer;
	int64_t		 sent_ms;	/* when the last went out */
};

/* `to`: c->delta.text or c->delta.thinking. */
void	delta_add(struct core *, struct buf *to, const char *, size_t);
void	delta_output(struct core *, const char *, size_t);
void	delta_flush(struct core *);	/* before the event that replaces it */
void	delta_drop(struct core *);

#endif
