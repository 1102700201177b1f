/* clock: timestamps and durations in readable form. */
#ifndef ASSENT_BASE_CLOCK_H
#define ASSENT_BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_STAMP_SIZE sizeof("2026-01-02T03:04:05.678Z")

/* Now as RFC 3339 in UTC with milliseconds. */
void	clock_stamp(char out[CLOCK_STAMP_SIZE]);
/* Convert a stamp to milliseconds since 1970; 0 if it is malformed. */
int64_t	clock_stamp_ms(const char *);
/* Convert a stamp to the user's local time, without the date if that is today:
 * "15:20" or "2026-01-02 15:20"; "" if it is malformed. */
void	clock_local(const char *, char out[CLOCK_STAMP_SIZE]);
void	clock_local_ms(int64_t, char out[CLOCK_STAMP_SIZE]);
int64_t	clock_wall_ms(void);	/* since 1970 */
int64_t	clock_mono_ms(void);
/* "90", "2s", "500ms", "5m", "1h", "30d" in milliseconds; -1 for anything else.
 * A bare number is seconds. */
int64_t	clock_duration_ms(const char *);

#endif
