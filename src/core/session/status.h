/*
 * status: what is being done and whom it waits for, as clients are told.
 */
#ifndef ASSENT_CORE_SESSION_STATUS_H
#define ASSENT_CORE_SESSION_STATUS_H

#include <cjson/cJSON.h>

struct core;

/* Tell clients what is being done and waited for, if it changed. */
void	status_tell(struct core *, const char *state, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* "3 of 5 hunks to review". */
void	status_review(struct core *, const char *state);
/* What clients were told last, for one who comes now; NULL: nothing yet. */
cJSON	*status_line(const struct core *);

#endif
