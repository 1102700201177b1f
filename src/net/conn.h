/*
 * conn: one client's connection: what it asks for, the core's answer, the
 * connection to the host, and bytes both ways.
 */
#ifndef ASSENT_NET_CONN_H
#define ASSENT_NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"

struct net_conn;
struct net_listener;
struct net_proxy;

/* Takes the descriptor. It frees itself when it ends. */
void	net_conn_new(struct net_proxy *, struct net_listener *, int fd);
/* Close all of a listener's. */
void	net_conn_free_all(struct net_proxy *, const struct net_listener *);
/* The one that waits for this answer; NULL: none. */
struct net_conn *net_conn_asked(struct net_proxy *, int64_t id);
/* `words` are for the client, if it is denied. `waits`: once connected, until
 * net_conn_go, which is for any id. */
void	net_conn_go(struct net_proxy *, int64_t id);
void	net_conn_answer(struct net_conn *, bool allow, bool waits,
	    const struct net_address *listed, size_t n, const char *words);

#endif
