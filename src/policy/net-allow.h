/*
 * net-allow: the hosts that a session's commands may connect to. An entry is
 *
 *	HOST[:PORT]		without a port: 443 and 80
 *	*.example.org[:PORT]	each host below it at any depth, not itself
 *	127.0.0.1:8080, [::1]:8080
 *	npm			a list of hosts, of those that `profiles` names
 *
 * Names are compared in lower case and without a trailing dot; international
 * names are written in their xn-- form. A wildcard needs two labels after it,
 * and never matches an address. An IPv4 address that is written as IPv6
 * (::ffff:1.2.3.4) is the IPv4 one. Pure: nothing here resolves a name, so
 * whoever connects must also judge the address: only an entry that is this very
 * address allows a private one, by any name.
 */
#ifndef ASSENT_POLICY_NET_ALLOW_H
#define ASSENT_POLICY_NET_ALLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define NET_ALLOW_HOST_MAX 253	/* bytes of a name */
#define NET_ALLOW_MAX 1000	/* entries of a list */

enum net_allow_kind {
	NET_ALLOW_NAME,
	NET_ALLOW_BELOW,	/* *.host */
	NET_ALLOW_ADDRESS,
};

struct net_allow_entry {
	char			*text;	/* "*.example.org:443" */
	char			*host;	/* without "*." and brackets */
	char			*from;	/* who allowed it: "config", "--net",
					   "profile npm", "you" */
	enum net_allow_kind	 kind;
	int			 port;	/* 0: 443 and 80 */
};

/* Zeroed: empty. */
struct net_allow {
	struct net_allow_entry	*v;
	size_t			 len;
};

void	net_allow_release(struct net_allow *);

/* Add an entry, unless it is there: then it keeps its source. -1 with the error
 * ("must be ..."). `net_allow_check` only checks it. */
int	net_allow_add(struct net_allow *, const char *entry, const char *from,
	    struct err *);
int	net_allow_check(const char *entry, struct err *);

bool	net_allow_has_port(const struct net_allow_entry *, int port);
/* The first entry that allows this connection, or NULL; a host that is no name
 * or address is never allowed. IPv6 with or without brackets. */
const struct net_allow_entry *net_allow_find(const struct net_allow *,
	    const char *host, int port);

/* A host in the form that is compared and shown: a name, or an address without
 * brackets. False if it is neither. */
bool	net_allow_host(const char *host, char to[NET_ALLOW_HOST_MAX + 1]);

#endif
