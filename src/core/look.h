/*
 * look: a program of assent's own choice that runs in the sandbox before the model
 * is asked, beside the loop, for what the model is told (symbols.c,
 * environment.c).  One runs at a time.  It is a help and nothing is owed for it:
 * where it fails, takes too long or stands in the way, the work goes on without.
 */
#ifndef ASSENT_CORE_LOOK_H
#define ASSENT_CORE_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct core;

/* Called once for each look that began; `out` NULL: it failed, was late or was
 * stopped. */
typedef void look_done(struct core *, const char *out, size_t n);

struct look_request {
	const cJSON	*argv;		/* an array of strings */
	int64_t		 ms;		/* it is late after that */
	size_t		 max;		/* bytes of output that are kept */
	const char	*doing;		/* for the status line */
	look_done	*done;
};

/* True if it runs: the request to the model waits for it. */
bool	look_begin(struct core *, const struct look_request *);
/* What runs is killed, and what was due is not begun. */
void	look_stop(struct core *);

#endif
