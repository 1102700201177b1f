/*
 * selftest: the payload that the probe runs in a whole cage. It tries to get
 * out and prints one JSON object: what was tried, and whether it held.
 */
#ifndef ASSENT_CAGE_SELFTEST_H
#define ASSENT_CAGE_SELFTEST_H

#include "cage/request.h"

/* args: {"file":path, "socket":path, "abstract":name, "port":N, "pid":N,
 * "masked":relative path} are baits outside; each may be missing. Prints
 * {"held":{NAME:bool,...}}; `scratch` is left in the project with what it
 * tried to forge, for the probe to look at. */
_Noreturn void selftest_run(const struct request *);

#define SELFTEST_SCRATCH ".assent-selftest"

#endif
