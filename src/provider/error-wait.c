/*
 * error-wait: the wait that a server asks for, wherever it does: in headers, in
 * the details of Google's errors, or only in the message.
 */
#include "config.h"

#include "provider/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "base/json.h"
#include "base/mem.h"

#define WAIT_MOST_MS 1e12
#define WAIT_LIMITS_MS (2 * 60 * 1000)

/* A number of units, in milliseconds; -1 if it is none. */
static int64_t
error_wait_number(const char *s, double unit_ms)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || *end != '\0' || !(v >= 0))
		return -1;
	v *= unit_ms;
	return v > WAIT_MOST_MS ? (int64_t)WAIT_MOST_MS : (int64_t)(v + 0.5);
}

/* "812ms", "34.07s", "1h2m3s" at the start of s; -1 if there is none. */
static int64_t
error_wait_span(const char *s)
{
	static const struct {
		const char	*name;
		double		 ms;
	} units[] = {
		{ "ms", 1 }, { "h", 3600e3 }, { "m", 60e3 }, { "s", 1e3 },
	};
	double total = 0;
	char *end;
	size_t i;
	bool any = false;

	while (*s >= '0' && *s <= '9') {
		double v = strtod(s, &end);

		for (i = 0; i < MEM_COUNT(units); i++)
			if (strncmp(end, units[i].name,
			    strlen(units[i].name)) == 0)
				break;
		if (i == MEM_COUNT(units) || !(v >= 0))
			break;
		total += v * units[i].ms;
		any = true;
		s = end + strlen(units[i].name);
	}
	if (!any)
		return -1;
	return total > WAIT_MOST_MS ? (int64_t)WAIT_MOST_MS :
	    (int64_t)(total + 0.5);
}

int64_t
error_wait_header(const char *headers)
{
	char v[128];
	int64_t ms = -1;
	time_t when, now = time(NULL);

	if (provider_header_get(headers, "retry-after-ms", v, sizeof(v)))
		ms = error_wait_number(v, 1);
	if (ms >= 0 ||
	    !provider_header_get(headers, "retry-after", v, sizeof(v)))
		return ms;
	ms = error_wait_number(v, 1000);
	/* A date of another day: the clocks differ. */
	if (ms < 0 && (when = curl_getdate(v, NULL)) > now &&
	    when - now <= 24 * 60 * 60)
		ms = (int64_t)(when - now) * 1000;
	return ms;
}

/* "2026-11-20T08:00:05Z" from now on; -1 if it is no such time, or past. */
static int64_t
error_wait_until(const char *s)
{
	struct tm tm;
	double s_left;
	int n = 0;

	memset(&tm, 0, sizeof(tm));
	if (sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon,
	    &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &n) != 6 ||
	    n == 0 || strchr(s + n, 'Z') == NULL)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	s_left = difftime(timegm(&tm), time(NULL));
	/* A past time is no information, or the clocks differ. */
	if (!(s_left > 0))
		return -1;
	return s_left * 1000 > WAIT_MOST_MS ? (int64_t)WAIT_MOST_MS :
	    (int64_t)(s_left * 1000);
}

int64_t
error_wait_limits(const char *headers)
{
	/* The remaining amount, and when there is more. */
	static const char *const rows[][2] = {
		{ "x-ratelimit-remaining-requests",
		    "x-ratelimit-reset-requests" },
		{ "x-ratelimit-remaining-tokens",
		    "x-ratelimit-reset-tokens" },
		{ "anthropic-ratelimit-requests-remaining",
		    "anthropic-ratelimit-requests-reset" },
		{ "anthropic-ratelimit-tokens-remaining",
		    "anthropic-ratelimit-tokens-reset" },
		{ "anthropic-ratelimit-input-tokens-remaining",
		    "anthropic-ratelimit-input-tokens-reset" },
		{ "anthropic-ratelimit-output-tokens-remaining",
		    "anthropic-ratelimit-output-tokens-reset" },
	};
	int64_t most = -1, ms;
	char v[128];
	size_t i;

	for (i = 0; i < MEM_COUNT(rows); i++) {
		if (!provider_header_get(headers, rows[i][0], v, sizeof(v)) ||
		    strcmp(v, "0") != 0 || !provider_header_get(headers,
		    rows[i][1], v, sizeof(v)))
			continue;
		ms = error_wait_span(v);
		if (ms < 0)
			ms = error_wait_until(v);
		if (ms > most)
			most = ms;
	}
	return most > WAIT_LIMITS_MS ? -1 : most;
}

int64_t
error_wait_words(const char *message)
{
	static const char *const before[] = { "try again in ", "retry in " };
	const char *at;
	size_t i;

	for (i = 0; i < MEM_COUNT(before); i++)
		if ((at = strcasestr(message, before[i])) != NULL)
			return error_wait_span(at + strlen(before[i]));
	return -1;
}

int64_t
error_wait_details(const cJSON *details)
{
	const char *delay;
	const cJSON *it;

	cJSON_ArrayForEach(it, details)
		if ((delay = json_str(it, "retryDelay")) != NULL)
			return error_wait_span(delay);
	return -1;
}
