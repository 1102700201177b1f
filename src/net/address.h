/*
 * address: an IP address, and whether it is public. The proxy checks each
 * address that a name resolves to, so that a project's commands can't reach
 * services of this host, its network or its cloud.
 */
#ifndef ASSENT_NET_ADDRESS_H
#define ASSENT_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "policy/net-allow.h"

struct sockaddr;

struct net_address {
	int		family;		/* AF_INET, AF_INET6 */
	unsigned char	bytes[16];	/* 4 of IPv4 */
};

#define NET_ADDRESS_TEXT 46		/* bytes of a text, with the NUL */

/* Parse an address strictly, as inet_pton(3) does: no 127.1, no 0x7f000001, no
 * zone. -1 if it isn't one. */
int	net_address_parse(struct net_address *, const char *);
int	net_address_from(struct net_address *, const struct sockaddr *);
/* The canonical text. */
void	net_address_text(const struct net_address *,
	    char out[NET_ADDRESS_TEXT]);
/* Why it isn't public, "private, RFC 1918", or that it is this machine's own or in
 * a network that it is connected to; NULL if it is public and elsewhere. An IPv4
 * address inside an IPv6 one is checked itself. */
const char *net_address_fault(const struct net_address *);

#define NET_HOST_MAX NET_ALLOW_HOST_MAX

struct net_authority {
	char		host[NET_HOST_MAX + 1];	/* lower case, without the
						   trailing dot; an IP address in
						   its canonical form */
	bool		v6;			/* ... of IPv6 */
	unsigned	port;
};

/* "host", "host:port", "[address]:port"; a port of 0 as default: it must have
 * one. */
int	net_authority_parse(struct net_authority *, const char *p, size_t n,
	    unsigned default_port);
/* "host:port" again; without the port if it is this one. */
void	net_authority_add(const struct net_authority *, struct buf *,
	    unsigned but_port);

#endif
