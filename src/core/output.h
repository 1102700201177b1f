/*
 * output: what the running command has printed so far, for a client that looks
 * for more than the end of it: a piece of the capture, as it came.  Nothing is
 * kept; the whole is in out/ when the command has ended.
 */
#ifndef ASSENT_CORE_OUTPUT_H
#define ASSENT_CORE_OUTPUT_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

/* The end of what the running command has printed, as a delta; NULL: nothing. */
cJSON	*output_end(struct core *);
/* A piece of all of it. */
cJSON	*output_piece(struct core *, const cJSON *command, struct err *);

#endif
