/*
 * delta: what streams (text, thinking, a command's output) is gathered for a
 * moment and sent in few lines.  Nothing of it is kept; of a flood of output
 * only the tail of each moment goes out, the whole is in the tool's result.
 */
#ifndef ASSENT_CORE_SERVER_DELTA_H
#define ASSENT_CORE_SERVER_DELTA_H

#include <stddef.h>

struct buf;
struct core;

/* `to`: c->delta.text or c->delta.thinking. */
void	delta_add(struct core *, struct buf *to, const char *, size_t);
void	delta_output(struct core *, const char *, size_t);
void	delta_flush(struct core *);	/* before the event that replaces it */
void	delta_drop(struct core *);

#endif
