/*
 * money: integer millionths of a US dollar ("micro"), so that sums are exact.
 * An unknown amount is MONEY_UNKNOWN, never 0.
 */
#ifndef ASSENT_BASE_MONEY_H
#define ASSENT_BASE_MONEY_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

#define MONEY_DOLLAR ((int64_t)1000000)
#define MONEY_UNKNOWN ((int64_t)-1)

/* A number of dollars, or null if unknown; the caller deletes. */
cJSON	*money_to_json(int64_t micro);
/* Convert such a number, rounded to the nearest micro; unknown for anything
 * else, negative or absurdly large. */
int64_t	money_from_json(const cJSON *);
/* "2", "2.50", "$0.004"; -1 if it isn't an amount or has too many digits. */
int64_t	money_from_text(const char *);
/* "$0.42"; below ten cents "$0.0042", rounded up so that a cost never shows as
 * 0; "unknown". */
void	money_text(struct buf *, int64_t micro);

#endif
