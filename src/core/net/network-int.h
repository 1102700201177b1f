/* Shared by the files of this folder. */
#ifndef ASSENT_CORE_NETWORK_INT_H
#define ASSENT_CORE_NETWORK_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "base/endpoint.h"
#include "core/net/network.h"
#include "net/address.h"
#include "net/proxy.h"
#include "policy/net-allow.h"

struct loop_timer;
struct loop_watch;

#define NETWORK_SECRET	16		/* bytes */

/* A running assent-net: its messages, described in src/net/proxy.h (NULL: not
 * started), and its process. */
struct network_process {
	struct net_channel	*channel;
	pid_t			 pid;
};

/* A connection that the proxy asked about, until it is closed. */
struct network_link {
	int64_t			 id;
	struct network_host	*host;
	bool			 waits;		/* for the answer */
};

/* A socket at which a command finds the proxy, or a forward. */
struct network_socket {
	int			 fd;		/* -1 */
	struct loop_watch	*first;		/* until somebody connects */
};

/* A service with a key. */
struct network_row {
	struct net_authority	 to;
	cJSON			*row;
	char			*secret;
};

/* The network of commands, c->network, or of an MCP server. */
struct network {
	struct core		*core;
	struct network		*next;		/* a server's */
	char			*server;	/* its name; NULL */
	network_waits_cb	*waits;		/* the same */
	void			*waits_arg;
	bool			 quiet;		/* it never asks */
	struct net_allow	 allow;		/* the user's settings, for
						   commands only; and
						   network_allow */
	struct net_allow	 until;		/* network_allow_until */
	char			*until_dir, *until_file;
	struct net_allow	 most;		/* the machine's limit, for
						   commands and all servers */
	bool			 limited;
	char			*forwards[ENDPOINT_MAX + 1];	/* the same; then
						   endpoints of keys */
	struct network_row	 keys[ENDPOINT_MAX];	/* of these */
	cJSON			*told;		/* registry_add; NULL: not yet */
	const char		**settings;	/* the same, for the spec */
	char			*missing;	/* why some aren't used */
	bool			 dropped;	/* no effect on this level */
	char			 secret[2 * NETWORK_SECRET + 1];
	struct network_process	 proxy;
	bool			 spoke;		/* the proxy has said something */
	/* number of the running command; 0: none, or without a socket */
	int64_t			 call;
	char			*call_id, *command;
	bool			 joined;	/* sandbox_spec.joins is set */
	/* for the proxy, and for each forward */
	struct network_socket	 sockets[1 + ENDPOINT_MAX];
	/* of this command, or server, and, until the proxy has ended them, earlier ones */
	struct network_host	**hosts;
	size_t			 hosts_len;
	struct network_link	*links;
	size_t			 links_len;
	int64_t			 calls;		/* so far */
	char			*refused;	/* network_refused */
	size_t			 refused_len;
	char			*unreached;	/* network_unreached */
	bool			 full;		/* it has NETWORK_HOSTS, and
						   wants more */
	bool			 direct_told;	/* network_direct_note */
	unsigned		 placeless;	/* bits: which forward was told of */
	char			*ask_id;	/* the open question, or NULL */
	struct network_host	*asked;		/* its host */
	struct loop_timer	*ask_timer;
	/* c->network only: the session's end waits for the counts */
	struct loop_timer	*over_timer;
};

enum network_verdict {		/* the user's, for this command */
	NETWORK_OPEN,
	NETWORK_ALLOWED,
	NETWORK_FORBIDDEN,
};

struct network_host {
	int64_t			 call;
	char			*call_id;
	char			*host;
	char			*name;		/* "host:port" */
	int			 port;		/* 0: a forward */
	const char		*by;		/* who allowed it; borrowed */
	enum network_verdict	 verdict;
	bool			 told;		/* a refusal was recorded */
	int64_t			 connections, sent, received;
};

/* ---- network.c ---- */

/* Its number in `forwards`, from 0; -1. */
int	network_find_forward(const struct network *, const char *forward);
/* The proxy has ended, so nobody accepts connections: shut these sockets. On
 * level C the broker keeps them, too, and clients would wait. */
void	network_shut_sockets(struct network *);
/* What n->server is, before its name: "" for another agent. */
const char *network_kind(const struct network *);
/* The proxy has said something: go on with the session's end, if it waits. */
void	network_counted(struct core *);

/* ---- network-proxy.c ---- */

/* Forget the hosts of this command and earlier ones, with their connections. */
void	network_hosts_drop(struct network *, int64_t call);
/* The same for all commands. */
void	network_ended_all(struct network *);
/* Start it; if there is no channel then, it couldn't be started. */
void	network_process_start(struct network_process *, struct loop *,
	    net_channel_cb *, void *arg, struct err *);
/* End it, with all its connections. */
void	network_process_end(struct network_process *);
void	network_proxy_start(struct network *, struct err *);
/* Does a connection wait for the user? */
unsigned network_facts(const struct core *);
bool	network_answer(struct core *, const cJSON *command, const char *client);
/* No question about a host needs an answer any more. */
void	network_ask_end(struct network *);

#endif
