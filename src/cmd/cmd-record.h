/* cmd-record: writes a recording of a session, from its journal, for replay. */
#ifndef ASSENT_CMD_CMD_RECORD_H
#define ASSENT_CMD_CMD_RECORD_H

#include <cjson/cJSON.h>

#include "base/err.h"
#include "record/recording.h"

/* For a session of this folder in this project, with git's names for the user. */
struct scrub *record_scrub(const char *dir, const char *root);
/* The events alone of a session in this folder, scrubbed. */
cJSON	*record_events(const char *dir, const struct scrub *, struct err *e);

#endif
