/*
 * money: whole millionths of a US dollar ("micro"), so that sums are exact.
 * What is not known is MONEY_UNKNOWN, never 0.
 */
#ifndef ASSENT_BASE_MONEY_H
#define ASSENT_BASE_MONEY_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

#define MONEY_DOLLAR ((int64_t)1000000)
#define MONEY_UNKNOWN ((int64_t)-1)

/* A number of dollars, null if it is not known; the caller deletes. */
cJSON	*money_to_json(int64_t micro);
/* From such a number, rounded to the nearest; unknown for anything else, for
 * less than 0, and beyond all sense. */
int64_t	money_from_json(const cJSON *);
/* "2", "2.50", "$0.004"; -1 if it is none, or has more digits than count. */
int64_t	money_from_text(const char *);
/* "$0.42"; below ten cents "$0.0042", rounded up: something never reads as
 * nothing; "unknown". */
void	money_text(struct buf *, int64_t micro);

#endif
