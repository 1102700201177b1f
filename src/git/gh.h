/*
 * gh: asks GitHub through the user's own `gh`, which knows the server and has the
 * login. It gets words and standard input, no shell and no terminal, and a time;
 * what it prints is bounded.
 */
#ifndef ASSENT_GIT_GH_H
#define ASSENT_GIT_GH_H

#include <stdbool.h>

#include "base/buf.h"

#define GH_SECONDS	120u
#define GH_SAID_MAX	((size_t)64 << 10)

/* Run it in the folder, for what isn't recorded because it changes nothing: did it
 * succeed? It prints to `out`, which has a maximum. */
bool	gh_ask(const char *dir, const char *const *args, struct buf *out);

#endif
