/*
 * authority: the host and port that a client names, in the one form in which they
 * are asked about, shown, resolved and sent on.
 */
#ifndef ASSENT_NET_AUTHORITY_H
#define ASSENT_NET_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "policy/net-allow.h"

#define NET_HOST_MAX NET_ALLOW_HOST_MAX

struct net_authority {
	char		host[NET_HOST_MAX + 1];	/* lower case, without the
						   trailing dot; an IP address in
						   its canonical form */
	bool		v6;			/* ... of IPv6 */
	unsigned	port;
};

/* A name of [a-z0-9._-] or an IP address. Refuses (-1) all that could be read
 * in two ways: numbers that only some take for an address, like 127.1. */
int	net_authority_host(struct net_authority *, const char *p, size_t n);
/* "host", "host:port", "[address]:port"; a port of 0 as default: it must have
 * one. */
int	net_authority_parse(struct net_authority *, const char *p, size_t n,
	    unsigned default_port);
/* "host:port" again; without the port if it is this one. */
void	net_authority_add(const struct net_authority *, struct buf *,
	    unsigned but_port);

#endif
