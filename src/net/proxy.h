/*
 * proxy: the commands' way to the hosts that the user allowed. It asks the core
 * about each connection and does what the core answers; it knows no rules.
 *
 * Messages, each one JSON object (net/channel.h); CALL and ID are integers:
 *
 *   core -> proxy
 *     {"limits":{...}}                     only as the first; net_limit_rows
 *     {"listen":CALL,"secret":"..."}       with a TCP socket that listens. With
 *                                          a secret each connection must present
 *                                          it as the password of "assent"
 *     {"end":CALL}                         close all of it
 *     {"answer":ID,"allow":true,"addresses":["fd00::1"]}
 *                                          addresses that needn't be public
 *         ... "wait":true                  once it is open, until "go"
 *     {"go":ID}                            pass bytes on
 *     {"answer":ID,"allow":false,"words":"..."}
 *   proxy -> core
 *     {"ask":ID,"call":CALL,"host":"registry.example","port":443}
 *     {"open":ID,"address":"192.0.2.1"}    connected
 *     {"failed":ID,"words":"...","refused":BOOL}
 *                                          refused: no address is public
 *     {"closed":ID,"sent":N,"received":N}  bytes to and from the host
 *     {"ended":CALL}                       the last message about it
 *
 * For each ID that was asked about there is one "failed" or "closed", when
 * nothing more passes; an answer may come too late. Anything else from the core
 * ends the process.
 *
 * Towards clients it is an HTTP proxy: CONNECT, or a request for http://.
 */
#ifndef ASSENT_NET_PROXY_H
#define ASSENT_NET_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct loop;
struct net_channel;
struct net_conn;

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

struct net_listener {
	struct net_listener	*next;
	int64_t			 call;
	int			 fd;
	struct loop_watch	*watch;
	char			*secret;	/* "assent:SECRET", or NULL */
};

struct net_proxy {
	struct loop		*loop;
	struct net_channel	*channel;
	int64_t			 limits[NET_LIMITS];
	struct net_listener	*listeners;
	struct net_conn		*conns;
	int64_t			 conns_len;
	int64_t			 last_id;
	struct loop_timer	*pause;		/* accept failed */
	bool			 begun;		/* a message came */
};

/* `fds`: how many descriptors the process may have open. */
struct net_proxy *net_proxy_new(struct loop *, int channel, int fds);
void	net_proxy_free(struct net_proxy *);
/* For net/conn.c: it was freed. */
void	net_proxy_conn_gone(struct net_proxy *);

#endif
