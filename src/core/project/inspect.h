/*
 * inspect: a program of assent's own choice that runs in the sandbox before the
 * model
 * is asked, beside the loop, for what the model is told (symbols.c,
 * environment.c).  One runs at a time.  It is a help and nothing is owed for it:
 * where it fails, takes too long or stands in the way, the work goes on without.
 */
#ifndef ASSENT_CORE_PROJECT_INSPECT_H
#define ASSENT_CORE_PROJECT_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct core;

/* Called once for each look that began; `out` NULL: it failed, was late or was
 * stopped. */
typedef void inspect_done(struct core *, const char *out, size_t n);

struct inspect_request {
	const cJSON	*argv;		/* an array of strings */
	int64_t		 ms;		/* it is late after that */
	size_t		 max;		/* bytes of output that are kept */
	const char	*doing;		/* for the status line */
	inspect_done	*done;
};

/* True if it runs: the request to the model waits for it. */
bool	inspect_begin(struct core *, const struct inspect_request *);
/* What runs is killed, and what was due is not begun. */
void	inspect_stop(struct core *);

#endif
