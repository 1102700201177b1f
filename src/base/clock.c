#include "config.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

void
clock_stamp(char out[CLOCK_STAMP_SIZE])
{
	struct timespec ts;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = strftime(out, CLOCK_STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, CLOCK_STAMP_SIZE - n, ".%03uZ",
	    (unsigned)(ts.tv_nsec / 1000000) % 1000u);
}

int64_t
clock_stamp_ms(const char *s)
{
	struct tm tm = { 0 };
	int ms = 0;

	if (sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d.%3d", &tm.tm_year, &tm.tm_mon,
	    &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms) < 6)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm) * 1000 + ms;
}

void
clock_local(const char *s, char out[CLOCK_STAMP_SIZE])
{
	clock_local_ms(clock_stamp_ms(s), out);
}

void
clock_local_ms(int64_t ms, char out[CLOCK_STAMP_SIZE])
{
	time_t at = (time_t)(ms / 1000), now = time(NULL);
	struct tm tm, today;

	out[0] = '\0';
	if (at == 0 || localtime_r(&at, &tm) == NULL ||
	    localtime_r(&now, &today) == NULL)
		return;
	(void)strftime(out, CLOCK_STAMP_SIZE, tm.tm_year == today.tm_year &&
	    tm.tm_yday == today.tm_yday ? "%H:%M" : "%Y-%m-%d %H:%M", &tm);
}

int64_t
clock_wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_duration_ms(const char *s)
{
	static const struct {
		const char	*unit;
		int64_t		 ms;
	} units[] = {
		{ "", 1000 },
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60 * 1000 },
		{ "h", 3600 * 1000 },
		{ "d", 24 * 3600 * 1000 },
	};
	char *end;
	long long v;

	if (*s < '0' || *s > '9')
		return -1;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (errno != 0 || v < 0 || v > 10 * 365 * 24 * 3600LL)
		return -1;
	return MEM_FIND(units, end) == NULL ? -1 :
	    (int64_t)v * MEM_FIND(units, end)->ms;
}
