/*
 * err: the sentence that goes with a failure.  The caller owns a `struct err`
 * (zero it with ERR_INIT) and passes it down; the first error wins.  Functions
 * that take one return 0, or a negative value after having set it.
 */
#ifndef ASSENT_BASE_ERR_H
#define ASSENT_BASE_ERR_H

#include <stdbool.h>

struct err {
	int	sys;		/* errno of the failing call, or 0 */
	char	text[1024];	/* what failed, on what, why, what to do */
};

#define ERR_INIT { 0, "" }

/* Both return -1, so that `return err_set(...)` reads well. e may be NULL. */
int	err_set(struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* As err_set, with ": strerror(errno)" at the end; keeps errno in sys. */
int	err_sys(struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
bool	err_is_set(const struct err *);
void	err_clear(struct err *);

#endif
