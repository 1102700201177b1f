/*
 * status: tells clients what is running and who has to act.
 */
#ifndef ASSENT_CORE_STATUS_H
#define ASSENT_CORE_STATUS_H

#include <cjson/cJSON.h>

struct core;

/* Tell clients the current work and open question, if changed. */
void	status_tell(struct core *, const char *state, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Other words for the current work, which goes on. */
void	status_progress(struct core *, const char *doing);
/* "3 of 5 hunks to review". */
void	status_review(struct core *, const char *state);
/* The last status, for a new client; NULL: none yet. */
cJSON	*status_line(const struct core *);

#endif
