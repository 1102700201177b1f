#include "config.h"

static const char *
url_host(const char *url)
{
	const char *host = strstr(url, "://");

	return host == NULL ? url : host + 3;
}

