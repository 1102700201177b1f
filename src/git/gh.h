/*
 * gh: asks GitHub through the user's own `gh`, which knows the server and has the
 * login. It gets words and standard input, no shell and no terminal, and a time;
 * what it prints is bounded.
 */
#ifndef ASSENT_GIT_GH_H
#define ASSENT_GIT_GH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "git/git-run.h"

#define GH_SECONDS	120u
#define GH_OUT_MAX	((size_t)1 << 20)
#define GH_SAID_MAX	((size_t)64 << 10)

enum gh_end {
	GH_DONE,
	GH_FAILED,
	GH_INTERRUPTED,		/* by a signal */
};

/* Is it the number of a pull request? */
bool	gh_is_number(const char *);
/* How `gh` ended, by the exit status of git_run_shown (-1: *e says why it didn't
 * run) and what it said; with *e, which has the way out. */
enum gh_end gh_ended(int status, const struct buf *said, struct err *);
/* Run it in the folder, for what isn't recorded because it changes nothing: did it
 * succeed? It prints to `out`, which has a maximum. */
bool	gh_ask(const char *dir, const char *const *args, struct buf *out);

#endif
