/*
 * sendq: what is written for the terminal and has not got there.  Who writes
 * never waits: it goes into a file in memory, and from there as much as the
 * terminal takes at once.
 */
#ifndef ASSENT_UI_TERM_SENDQ_H
#define ASSENT_UI_TERM_SENDQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

struct sendq;

/*
 * For the terminal that `fd` is, which stays the caller's and as it is: other
 * programs share it, so that it is opened anew not to wait.  Where that cannot
 * be done small pieces go to `fd` itself, when it says that it has room.
 */
struct sendq *sendq_new(int fd, struct err *);
void	sendq_free(struct sendq *);
/* For curses, which writes by its descriptor alone. Nobody closes it. */
FILE	*sendq_file(struct sendq *);
void	sendq_add(struct sendq *, const void *, size_t n);
void	sendq_adds(struct sendq *, const char *);
/* Take the first of these bytes out of what is left. */
void	sendq_strip(struct sendq *, const char *s);
/* Give the terminal what it takes; true if nothing is left.  What it will never
 * take, as the line is gone, is dropped. */
bool	sendq_push(struct sendq *);
/* Is nothing left of what was added or pushed? */
bool	sendq_is_empty(const struct sendq *);
/* The same, waited for: until it has taken nothing for so many ms. */
bool	sendq_drain(struct sendq *, int ms);
/* What is left is not sent. */
void	sendq_drop(struct sendq *);
/* Bytes that the terminal has taken since this was last asked. */
size_t	sendq_gone(struct sendq *);
/* The terminal's own descriptor, for one that dies: it does not wait. */
int	sendq_fd(const struct sendq *);

#endif
