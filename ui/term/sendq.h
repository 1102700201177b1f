/*
 * sendq: output that the terminal hasn't accepted yet.  Writing never blocks:
 * it goes into a file in memory, and from there to the terminal, as much as
 * that accepts at once.
 */
#ifndef ASSENT_UI_TERM_SENDQ_H
#define ASSENT_UI_TERM_SENDQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

struct buf;
struct sendq;

/*
 * For the terminal of `fd`, which isn't changed, since other programs share it:
 * the terminal is opened again, non-blocking.  If that fails, small pieces are
 * written to `fd` itself when poll says that it has room.
 */
struct sendq *sendq_new(int fd, struct err *);
void	sendq_free(struct sendq *);
/* For curses, which writes to its descriptor. Don't close it. */
FILE	*sendq_file(struct sendq *);
void	sendq_add(struct sendq *, const void *, size_t n);
void	sendq_adds(struct sendq *, const char *);
/* Take back all that wasn't sent yet, to be added again. */
void	sendq_take_back(struct sendq *, struct buf *out);
/* Remove the first occurrence of these bytes from the queue. */
void	sendq_strip(struct sendq *, const char *s);
/* Write as much as the terminal accepts; true if nothing is left.  If the
 * terminal is gone, the rest is dropped. */
bool	sendq_push(struct sendq *);
/* Is the queue empty? */
bool	sendq_is_empty(const struct sendq *);
/* Write all, waiting until the terminal has accepted nothing for so many ms. */
bool	sendq_drain(struct sendq *, int ms);
/* Drop the rest. */
void	sendq_drop(struct sendq *);
/* Bytes that the terminal has accepted since the last call. */
size_t	sendq_gone(struct sendq *);
/* The terminal's non-blocking descriptor, for a signal handler. */
int	sendq_fd(const struct sendq *);

#endif
