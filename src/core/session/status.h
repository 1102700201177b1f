/*
 * status: what is being done and whom it waits for, as clients are told.
 */
#ifndef ASSENT_CORE_SESSION_STATUS_H
#define ASSENT_CORE_SESSION_STATUS_H

#include <cjson/cJSON.h>

struct core;

/* Tell clients what is being done and waited for, if it changed. */
void	core_status(struct core *, const char *state, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* The same for one client, who comes now; NULL: nothing was told yet. */
/* "3 of 5 hunks to review". */
void	core_status_review(struct core *, const char *state);
cJSON	*core_status_line(const struct core *);

#endif
