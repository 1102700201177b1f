/*
 * dial: a connection to a host by libcurl: it resolves the name and tries the
 * addresses. Each one is judged before anything is sent to it.
 */
#ifndef ASSENT_NET_DIAL_H
#define ASSENT_NET_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"
#include "net/authority.h"

struct loop;
struct net_dial;

struct net_dial_end {
	int		 fd;		/* connected, not blocking, the caller's;
					   -1: failed */
	struct net_address address;
	bool		 refused;	/* all addresses are ones that nobody
					   allowed */
	const char	*words;		/* why it failed; borrowed */
};

/* The dial is freed after the callback. */
typedef void net_dial_cb(void *arg, const struct net_dial_end *);

/* `listed`: addresses allowed though they aren't public; copied. */
struct net_dial *net_dial_new(struct loop *, const struct net_authority *,
	    const struct net_address *listed, size_t n, int64_t timeout_ms,
	    net_dial_cb *, void *arg);
void	net_dial_free(struct net_dial *);	/* cancels; NULL is fine */

#endif
