/*
 * selftest: the payload that the probe runs in a complete sandbox. It tries to
 * get out and prints one JSON object: what it tried, and whether the sandbox
 * held.
 */
#ifndef ASSENT_SANDBOX_SELFTEST_H
#define ASSENT_SANDBOX_SELFTEST_H

#include "sandbox/request.h"

/*
 * args are baits outside, each optional: {"file":path, "own":path of a file in
 * the real home, "socket":path, the session's if there is one,
 * "abstract":name, "port":N, "masked":relative path}, and "scratch":name of a
 * folder to create in the project. Prints {"held":{NAME:bool,...}}; what it
 * tried to forge stays in the scratch folder, for the probe to examine.
 */
_Noreturn void selftest_run(const struct sandbox_spec *);

/* The folder in the scratch folder, and the marks it gets. */
#define SELFTEST_INNER "inner"
#define SELFTEST_MARKS "user.overlay.opaque", "user.overlay.redirect", \
	"user.overlay.metacopy", "user.overlay.whiteout", \
	"trusted.overlay.opaque", "trusted.overlay.redirect"

#endif
