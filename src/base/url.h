/* url: what the host in a URL says about where a request goes. */
#ifndef ASSENT_BASE_URL_H
#define ASSENT_BASE_URL_H

#include <stdbool.h>

/* The host is this machine by its name: localhost, 127.x or [::1]. No name is
 * looked up, and an address of the local network is another machine's. */
bool	url_is_local(const char *url);
/* Scheme, host and port alone ("http://host:8080"), in lower case; malloc'ed. */
char	*url_origin(const char *url);

#endif
