/*
 * gh: asks GitHub through the user's own `gh`, which knows the server and has the
 * login. It gets words and standard input, no shell and no terminal, and a time;
 * what it prints is bounded, and JSON from a stranger.
 */
#ifndef ASSENT_GIT_GH_H
#define ASSENT_GIT_GH_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "git/git-run.h"

#define GH_SECONDS	120u
#define GH_OUT_MAX	((size_t)48 << 20)
#define GH_SAID_MAX	((size_t)64 << 10)

enum gh_end {
	GH_DONE,
	GH_REFUSED,		/* this request, by the server: another one may
				   succeed */
	GH_FAILED,
	GH_INTERRUPTED,		/* by a signal */
};

/* Is it the number of a pull request? */
bool	gh_is_number(const char *);
/* How `gh` ended, by the exit status of git_run_shown (-1: *e says why it didn't
 * run), what it printed and what it said; with *e, which has the way out. */
enum gh_end gh_ended(int status, const struct buf *out,
	    const struct buf *said, struct err *);
/* Run it in the folder, for what isn't recorded because it changes nothing; it
 * prints to `out`, which has a maximum. */
enum gh_end gh_run(const char *dir, const char *const *args,
	    const struct buf *in, struct buf *out, struct err *);
/* The JSON that it prints; the caller deletes. NULL with *e. */
cJSON	*gh_json(const char *dir, const char *const *args,
	    const struct buf *in, struct err *);
/* The member `data` of the answer of GraphQL to a query about the node `id`, from
 * the cursor `after` on (NULL: from the first). */
cJSON	*gh_graphql(const char *dir, const char *host, const char *query,
	    const char *id, const char *after, struct err *);

#endif
