/* network-int: shared by network.c (connections, and their record) and
 * network-ask.c (the question to the user) only. */
#ifndef ASSENT_CORE_NET_NETWORK_INT_H
#define ASSENT_CORE_NET_NETWORK_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/net/network-host.h"
#include "policy/net-allow.h"

#define NETWORK_SECRET	16		/* bytes */

struct core;

/* A connection that the proxy asked about, until it is closed. */
struct network_link {
	int64_t			 id;
	struct network_host	*host;
	bool			 waits;		/* for the answer */
};

/* That of commands, c->network, and those of MCP servers (network-server.c). */
struct network {
	struct core		*core;
	struct network		*next;		/* a server's */
	char			*server;	/* its name; NULL */
	struct net_allow	 allow;		/* the user's settings; of
						   commands alone */
	bool			 dropped;	/* no effect on this level */
	char			 secret[2 * NETWORK_SECRET + 1];
	struct proxy_channel	*proxy;		/* NULL: not started */
	bool			 spoke;		/* the proxy has said something */
	/* the command that runs; 0: none, or without a socket */
	int64_t			 call;
	char			*call_id, *command;
	int			 listener;	/* -1 */
	/* until somebody connects */
	struct loop_watch	*knock;
	/* of this command, or server, and, until the proxy has ended them, earlier ones */
	struct network_host	**hosts;
	size_t			 hosts_len;
	struct network_link	*links;
	size_t			 links_len;
	int64_t			 calls;		/* so far */
	char			*refused;	/* network_refused */
	size_t			 refused_len;
	bool			 full;		/* it has NETWORK_HOSTS, and
						   wants more */
	bool			 direct_told;	/* network_direct_note */
	char			*ask_id;	/* the open question, or NULL */
	struct network_host	*asked;		/* what it is about */
	struct loop_timer	*ask_timer;
};

/* ---- network.c ---- */

/* One without settings. *to is set in any case. */
int	network_open_new(struct core *, struct network **to, struct err *);
void	network_free(struct network *);		/* NULL is fine */
/* Who uses it from here on: an id in the journal, and words for the user. */
void	network_set(struct network *, const char *id, const char *command);
/* It has this socket, until network_finish. */
void	network_listen(struct network *, int fd_take);
void	network_finish(struct network *);
/* Record that the host isn't allowed. */
void	network_forbidden(struct network *, struct network_host *,
	    const char *words);
/* Answer all connections to this host that wait; `refused`: why not, or NULL. */
void	network_reply_all(struct network *, const struct network_host *,
	    const char *refused);

/* ---- network-ask.c ---- */

/* Ask about the next host that a connection waits for, unless a question is
 * open. */
void	network_ask_next(struct network *);
/* Nobody needs the answer any more, nor one about another host. */
void	network_ask_end(struct network *);

#endif
