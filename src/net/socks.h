/*
 * socks: a client's side of SOCKS 5 (RFC 1928, RFC 1929) up to its request:
 * only CONNECT.
 */
#ifndef ASSENT_NET_SOCKS_H
#define ASSENT_NET_SOCKS_H

#include <stddef.h>

#include "base/buf.h"
#include "net/authority.h"

#define NET_SOCKS_VERSION 5

/* Of an answer (RFC 1928, 6). */
enum net_socks_code {
	NET_SOCKS_OK = 0,
	NET_SOCKS_DENIED = 2,
	NET_SOCKS_UNREACHABLE = 4,
	NET_SOCKS_REFUSED = 5,
	NET_SOCKS_NO_COMMAND = 7,
	NET_SOCKS_NO_TYPE = 8,
};

enum net_socks_result {
	NET_SOCKS_MORE,		/* what comes next is to come */
	NET_SOCKS_ENDED,	/* send the answer, then close */
	NET_SOCKS_ASKS,		/* the request is complete */
};

struct net_socks {
	enum { NET_SOCKS_GREETING, NET_SOCKS_PASSWORD, NET_SOCKS_REQUEST } step;
	struct net_authority	 to;
};

/* Read on in n bytes, of which *used were needed; append answers. `secret` is
 * "user:password", or NULL: nobody needs one. */
enum net_socks_result net_socks_feed(struct net_socks *, const char *secret,
	    const char *p, size_t n, size_t *used, struct buf *answer);
void	net_socks_answer(struct buf *, enum net_socks_code);

#endif
