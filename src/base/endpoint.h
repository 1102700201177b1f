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

/* In this spelling alone. -1 with *e ("must be ..."). */
int	endpoint_parse(struct endpoint *, const char *, struct err *);
/* A socket that doesn't block; it may still be connecting. -1 with *e. */
int	endpoint_connect(const char *, struct err *);

#endif
