#include "config.h"

#include "base/json.h"
#include "base/mem.h"

static bool
price_is_host(const char *host, const char *url)
{
	const char *p = url == NULL ? NULL : strstr(url, "://");
	size_t n;

	if (p == NULL)
		return false;
	p += 3;
	n = strcspn(p, ":/?#");
	return strlen(host) == n && strncasecmp(host, p, n) == 0;
}

