#include "config.h"

bool
url_is_local(const char *url)
{
	const char *host = url_host(url);
	size_t n = strcspn(host, ":/?#");

	if (strncmp(host, "[::1]", 5) == 0)
		return host[5] == '\0' || strchr(":/?#", host[5]) != NULL;
	return (n == 9 && strncasecmp(host, "localhost", 9) == 0) ||
	    (n == strspn(host, "0123456789.") && strncmp(host, "127.", 4) == 0);
}

/* Does no_proxy name this host, or a domain that it is in? */
static bool
url_has_no_proxy(const char *url)
{
	const char *host = url_host(url), *v = getenv("no_proxy");
	bool six = *host == '[';
	size_t n = strcspn(host += six, six ? "]" : ":/?#"), len;

	if (v == NULL)
		v = getenv("NO_PROXY");
	for (; v != NULL && *v != '\0'; v += len + (v[len] != '\0')) {
		while (*v == '.')
			v++;
		len = strcspn(v, ", \t");
		if (len == 1 && *v == '*')
			return true;
		if (len > 0 && len <= n &&
		    strncasecmp(host + n - len, v, len) == 0 &&
		    (len == n || host[n - len - 1] == '.'))
			return true;
	}
	return false;
}

