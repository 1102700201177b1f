/*
 * assent-net: what its files share: a flow of bytes (flow.c), a dial to a host
 * (dial.c), a request to a service with a key (relay.c), a client's connection
 * (conn.c), and the proxy that has them.
 */
#ifndef ASSENT_NET_ASSENT_NET_H
#define ASSENT_NET_ASSENT_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"
#include "net/head.h"
#include "net/proxy.h"

struct loop_timer;
struct loop_watch;
struct net_conn;
struct net_dial;
struct net_relay;

enum net_limit {
	NET_LIMIT_CONNECT_MS,
	NET_LIMIT_CONNECTIONS,
	NET_LIMIT_CROWDED_MS,
	NET_LIMIT_HEAD_BYTES,
	NET_LIMIT_HEAD_MS,
	NET_LIMIT_IDLE_MS,
	NET_LIMIT_LINGER_MS,
	NET_LIMITS
};

/* What a listener with a key asks for. */
struct net_key {
	struct net_authority	 to;
	cJSON			*row;		/* paths, methods ... */
	char			*line;		/* a secret: the header */
	const char		*secret;	/* in it, */
	char			*plain;		/* or this with a name, in base64 */
	struct buf		 trusted;	/* certificates; empty: the
						   system's */
};

struct net_listener {
	struct net_listener	*next;
	int64_t			 call;
	int			 fd;
	struct loop_watch	*watch;
	char			*secret;	/* "assent:SECRET", or NULL */
	char			*name;		/* as the core names it; NULL: the
						   proxy */
	const char		*forward;	/* the same if bytes pass; NULL:
						   HTTP */
	struct net_key		*key;		/* or NULL */
};

struct net_proxy {
	struct loop		*loop;
	struct net_channel	*channel;
	int64_t			 limits[NET_LIMITS];
	struct net_listener	*listeners;
	struct net_conn		*conns;
	int64_t			 conns_len;
	int64_t			 last_id;
	struct buf		 trusted;	/* certificates, for the next key */
	int64_t			 silent_ms;	/* until when no answer is
						   expected about a name */
	struct loop_timer	*pause;		/* accept failed */
	bool			 begun;		/* a message came */
};

#define NET_FLOW_SIZE ((size_t)64 << 10)

enum net_flow_result {
	NET_FLOW_SOME,
	NET_FLOW_NOTHING,	/* not now */
	NET_FLOW_END,		/* by the other side */
	NET_FLOW_BROKEN,
};

struct net_flow {
	char	*p;
	size_t	 cap, from, to;	/* bytes from..to are here */
	bool	 ended;		/* no more come */
	bool	 passed;	/* ... which the reader knows */
	int64_t	 sent;		/* bytes that have left */
};

/* The user's own proxy. */
struct net_upstream {
	struct net_authority	 at;
	char			*name, *password;	/* secrets; NULL: none */
};

#define UPSTREAM_407 "the proxy %s needs a name and password, as in " \
	"http://NAME:PASSWORD@HOST:PORT (HTTP 407)"

struct net_dial_end {
	int		 fd;		/* connected, not blocking, the caller's;
					   -1: failed */
	bool		 proxied;	/* to the user's proxy */
	struct net_address address;
	bool		 refused;	/* no address is allowed */
	const char	*words;		/* why it failed; borrowed */
};

/* The dial is freed after the callback. */
typedef void net_dial_cb(void *arg, const struct net_dial_end *);

enum conn_state { CONN_HEAD, CONN_ASKED, CONN_DIALS, CONN_OPEN, CONN_DRAINS };

struct net_conn {
	struct net_conn		*next, **at;
	struct net_proxy	*proxy;
	struct net_listener	*listener;
	enum conn_state		 state;
	int64_t			 id;		/* 0: the user wasn't asked */
	bool			 reported;	/* its end */
	struct net_head		 head;		/* HTTP */
	struct net_upstream	*upstream;	/* NULL: none */
	bool			 proxied;	/* the host's end is the
						   upstream's */
	size_t			 head_seen;
	int64_t			 body;		/* bytes that may still pass up;
						   -1: any number */
	bool			 waits;		/* for `go`, once it is open */
	int			 client, host;
	bool			 host_broken;	/* not by an end */
	struct loop_watch	*client_watch, *host_watch;
	struct loop_timer	*timer;
	int64_t			 moved_ms;	/* when bytes last passed */
	struct net_dial		*dial;
	struct net_relay	*relay;		/* OPEN, with a key */
	struct net_flow		 up, down;
};

/* ---- flow.c ---- */

void	net_flow_release(struct net_flow *);
size_t	net_flow_len(const struct net_flow *);
bool	net_flow_has_room(const struct net_flow *);
/* Once, and only if it has room; the first call makes it. */
enum net_flow_result net_flow_read(struct net_flow *, int fd);
void	net_flow_drop(struct net_flow *, size_t n);
enum net_flow_result net_flow_write(struct net_flow *, int fd);
void	net_flow_add(struct net_flow *, const char *p, size_t n);
/* Replace the first `drop` bytes by these. The result may be longer than
 * NET_FLOW_SIZE. */
void	net_flow_put(struct net_flow *, size_t drop, const char *p, size_t n);

/* ---- dial.c ---- */

void	upstream_free(struct net_upstream *);
/* NULL if this isn't the address of a proxy. The default port is 1080, as for
 * curl. */
struct net_upstream *upstream_new(const char *url);
void	net_dial_free(struct net_dial *);
/* `listed`: addresses that are allowed though they aren't public; copied. If
 * there is an upstream, which is borrowed, the host's name is looked up only to
 * check its addresses; if none is refused, the upstream gets the name. `tunnel`:
 * with CONNECT. */
struct net_dial *net_dial_new(struct net_proxy *, const struct net_authority *,
	    bool tunnel, const struct net_upstream *,
	    const struct net_address *listed, size_t n, net_dial_cb *,
	    void *arg);

/* ---- relay.c ---- */

/* Of the core's message; NULL if it isn't one. */
struct net_key *net_key_new(const cJSON *listen);
void	net_key_free(struct net_key *);
#define HTTP_ELSEWHERE 307
/* Is the key for this request? 0, or the status and words of an answer; of
 * HTTP_ELSEWHERE they are an address. */
int	net_key_check(const struct net_key *, const struct net_head *,
	    struct err *);
/* Ask the service, by a connection to it, what the client asks. conn_relayed
 * follows. */
struct net_relay *net_relay_new(struct net_conn *, int fd_take);
/* Bytes have come in `up`, or left `down`. */
void	net_relay_go_on(struct net_relay *);
/* Bytes to and from the service. */
void	net_relay_count(const struct net_relay *, int64_t *sent,
	    int64_t *received);
void	net_relay_free(struct net_relay *);

/* ---- conn.c ---- */

/* Close all connections of a listener. */
void	net_conn_free_all(struct net_proxy *, const struct net_listener *);
struct net_conn *conn_find(const struct net_proxy *, int64_t id);
/* Pass bytes on from here. */
void	conn_begin_passing(struct net_conn *);
/* Choose the events to wait for. */
void	conn_watch_update(struct net_conn *);
/* The relay has ended, and is freed here. 0: its answer has been passed on, as
 * far as it came; else the status of ours. */
void	conn_relayed(struct net_conn *, int status, const char *words);
/* Answer a connection. `words`: for the client, if it is denied. `waits`: once
 * connected, wait for proxy_let_pass, which may name any id. */
void	net_conn_answer(struct net_conn *, bool allow, bool waits,
	    const char *proxy, const struct net_address *listed, size_t n,
	    const char *words);
/* Answer a forward's connection with the socket to its service, which may still
 * be connecting; without a socket it is refused. */
void	conn_answer_forward(struct net_conn *, bool waits, int *fd);
/* It frees itself when it ends. */
void	net_conn_new(struct net_proxy *, struct net_listener *, int fd_take);

/* ---- assent-net.c ---- */

/* Accept clients as long as there may be more. */
void	proxy_listen_again(struct net_proxy *);

#endif
