/* url: where a request goes, by the host in its URL, and which certificates it
 * trusts. */
#ifndef ASSENT_BASE_URL_H
#define ASSENT_BASE_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Is the host this machine by name: localhost, 127.x or [::1]? Doesn't look up
 * names; an address on the local network is another machine. */
bool	url_is_local(const char *url);
/* Just scheme, host and port ("http://host:8080") in lower case; malloc'ed. */
char	*url_origin(const char *url);
/* The user's proxy for this URL, as curl reads it from the environment, and the
 * to it; NULL if it isn't where distributions have it. */
const char *url_certificates(void);

