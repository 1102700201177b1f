/*
 * err: an error with its message. The caller owns a `struct err` (initialized
 * with ERR_INIT) and passes it down; the first error wins. Functions that take
 * one return 0, or a negative value after setting it.
 */
#ifndef ASSENT_BASE_ERR_H
#define ASSENT_BASE_ERR_H

#include <stdbool.h>

struct err {
	int	sys;		/* errno of the failing call, or 0 */
	bool	misuse;		/* nothing failed: what the user named, such as
				   a file or an option's value, is wrong */
	char	text[1024];	/* what failed, on which object, why, and the
				   way out */
};

#define ERR_INIT { 0, false, "" }

/* Both return -1, so that `return err_set(...)` reads well. e may be NULL. */
int	err_set(struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* Like err_set, with ": strerror(errno)" at the end; keeps errno in sys. */
int	err_sys(struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* Like err_set, and sets misuse. */
int	err_misuse(struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
bool	err_is_set(const struct err *);

#endif
