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
 * variable that has it; borrowed. It may contain a password. NULL: none. */
const char *url_proxy(const char *url, const char **from);
/* Is it plain where its name and password end? A / in them is written %2F. */
bool	url_proxy_is_sound(const char *proxy);
/* "host:port", with the brackets of an IPv6 address; port 0: without it.
 * malloc'ed. */
char	*url_authority(const char *host, int port);
/* n bytes with their %XX decoded; malloc'ed. NULL: there is a % without two
 * digits, or a NUL. */
char	*url_decode(const char *p, size_t n);
/* The path of a file: URL, malloc'ed; NULL: it is none. */
char	*url_file(const char *url);
/* The system's file of certificates, for a libcurl that was built without a path
 * to it; NULL if it isn't where distributions have it. */
const char *url_certificates(void);

