/*
 * replay-diff: compares two lists of events, apart from what differs from run to
 * run: times, durations, temporary names and addresses. The manual has the rule
 * (assent-journal(5), Recordings).
 */
#ifndef ASSENT_RECORD_REPLAY_DIFF_H
#define ASSENT_RECORD_REPLAY_DIFF_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

/* Appends what differs, as a diff for people; false: nothing. */
bool	replay_diff(const cJSON *recorded, const cJSON *replayed,
	    struct buf *out);

#endif
