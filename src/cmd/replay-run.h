/*
 * replay-run: runs a recording again, in a fresh copy of the files it began with and
 * in a state folder of its own, with the recorded answers. It needs no key, no
 * network and no configuration, and never sees the real tree.
 */
#ifndef ASSENT_CMD_REPLAY_RUN_H
#define ASSENT_CMD_REPLAY_RUN_H

#include <cjson/cJSON.h>

#include "base/err.h"
#include "config/config.h"

/*
 * The `events` of the run, scrubbed as the recording is, and the events as
 * `recorded`, scrubbed here, too; the caller deletes. A recording that names a
 * commit finds it in the checkout `root`. The configuration says what the
 * sandbox must be, and the limits. NULL with *code and *e.
 */
cJSON	*replay_run(const cJSON *recording, const char *root,
	    const struct config *, int *code, struct err *e);

#endif
