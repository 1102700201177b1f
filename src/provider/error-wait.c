/*
 * error-wait: the wait that a server asks for, wherever it says so: in headers,
 * in the details of Google's errors, or in nothing but the words.
 */
#include "config.h"

#include "provider/error.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "base/json.h"
#include "base/mem.h"

#define WAIT_MOST_MS 1e12

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

/* "812ms", "34.07s", "1h2m3s" at the beginning of s; -1 if there is none. */
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
	if (ms < 0 && (when = curl_getdate(v, NULL)) > now)
		ms = (int64_t)(when - now) * 1000;
	return ms;
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
