/*
 * inspect: runs a program of assent's choice in the sandbox before a request,
 * in parallel to the loop, to collect facts for the model (symbols.c,
 * environment.c). One runs at a time. It is optional: if it fails, takes too
 * long or gets in the way, work continues without it.
 */
#ifndef ASSENT_CORE_PROJECT_INSPECT_H
#define ASSENT_CORE_PROJECT_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct core;

/* Called once for each inspection that began; `out` NULL: it failed, timed out
 * or was stopped. */
typedef void inspect_done(struct core *, const char *out, size_t n);

struct inspect_request {
	const cJSON	*argv;		/* an array of strings */
	int64_t		 ms;		/* time limit */
	size_t		 max;		/* limit on the output, in bytes */
	const char	*doing;		/* for the status line */
	inspect_done	*done;
};

/* True if it runs: the request to the model waits for it. */
bool	inspect_begin(struct core *, const struct inspect_request *);
/* Kill the running inspection, and drop those that are due. */
void	inspect_stop(struct core *);

#endif
