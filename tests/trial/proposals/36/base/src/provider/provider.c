/*
 * The table of formats, the words used in the journal, and the messages for
 * failed requests.
 */
#include "config.h"

/* base_url without a user name and password. */
static char *
explain_url(const char *url)
{
	const char *host = strstr(url, "://"), *at;
	size_t n;

	if (host == NULL)
		return xstrdup(url);
	host += 3;
	n = strcspn(host, "/?#");
	at = memrchr(host, '@', n);
	if (at == NULL)
		return xstrdup(url);
	return xasprintf("%.*s%s", (int)(host - url), url, at + 1);
}

