/*
 * endpoint: the address of a service on this machine, as text:
 * "127.0.0.1:5432", "[::1]:5432" or "unix:/run/postgresql/.s.PGSQL.5432".
 */
#ifndef ASSENT_BASE_ENDPOINT_H
#define ASSENT_BASE_ENDPOINT_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"

#define ENDPOINT_MAX 16		/* of a session */

struct endpoint {
	union {
		struct sockaddr		 any;
		struct sockaddr_in	 four;
		struct sockaddr_in6	 six;
		struct sockaddr_un	 un;	/* its path ends with a NUL */
	};
	socklen_t	 len;
};

/* Parse an address; only this spelling is accepted. -1 with *e ("must be
 * ..."). */
int	endpoint_parse(struct endpoint *, const char *, struct err *);
/* The address of 127.0.0.0/8 at which a session opens ports: its own, since
 * browsers share cookies among the ports of one address. */
void	endpoint_own(struct endpoint *, const char *session);
#define ENDPOINT_TEXT	24
/* An address of IPv4, with its port. */
void	endpoint_text(const struct endpoint *, char text[ENDPOINT_TEXT]);
/* A socket that listens there; port 0: at any, which is set. -1 with errno. */
int	endpoint_listen(struct endpoint *);
/* A socket that doesn't block; it may still be connecting. -1 with *e. */
int	endpoint_connect(const char *, struct err *);

#endif
