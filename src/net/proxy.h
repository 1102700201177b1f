/*
 * proxy: the commands' way to the hosts that the user allowed. It asks the core
 * about each connection and does what the core answers; it knows no rules.
 *
 * Messages, each one JSON object ; CALL and ID are integers:
 *
 *   core -> proxy
 *     {"limits":{...}}                     only as the first; net_limit_rows
 *     {"listen":CALL,"secret":"..."}       with a TCP socket that listens. With
 *                                          a secret each connection must present
 *                                          it as the password of "assent"
 *     {"listen":CALL,"forward":"127.0.0.1:5432"}
 *                                          with such a socket, or a unix one:
 *                                          bytes pass, in no protocol of ours
 *         ... "host":"api.example","paths":["/v1/"],
 *         "methods":["POST"],"header":"x-api-key: %s"
 *                                          not bytes: requests for this service,
 *                                          which get the header, with the secret
 *             ... "user":"me"              as the password of that name
 *             ... "registry":true,"fetch":true,"links":true
 *                                          few of its headers pass; git only
 *                                          fetches; in HTML and JSON the
 *                                          service's own address is the one here
 *             ... "below":"/npm/","others":"https://registry.example/"
 *                                          another path below it leads there
 *     {"certificates":true}                with a file of those that the next
 *                                          service is trusted by, instead of the
 *                                          system's
 *     {"end":CALL}                         close all of it
 *     {"answer":ID,"allow":true,"addresses":["fd00::1"]}
 *                                          addresses that needn't be public
 *         ... "wait":true                  once it is open, until "go"
 *         ... "proxy":"http://name:password@proxy.example:3128"
 *                                          through this one, unless the host has
 *                                          such an address
 *     {"go":ID}                            pass bytes on
 *     {"answer":ID,"allow":true,"wait":true}
 *                                          of a forward, with a socket to its
 *                                          service that may still be connecting
 *     {"answer":ID,"allow":false,"words":"..."}
 *   proxy -> core
 *     {"ask":ID,"call":CALL,"host":"registry.example","port":443}
 *     {"ask":ID,"call":CALL,"forward":"127.0.0.1:5432"}
 *     {"open":ID,"address":"192.0.2.1"}    connected; a forward without a key
 *                                          has no address
 *         ... "proxy":"proxy.example:3128" through it; the address is its
 *     {"failed":ID,"words":"...","refused":BOOL}
 *                                          refused: no address is public
 *     {"closed":ID,"sent":N,"received":N}  bytes to and from the host
 *     {"ended":CALL}                       the last message about it
 *
 * For each ID that was asked about there is one "failed" or "closed", when
 * nothing more passes; an answer may come too late. Anything else from the core
 * ends the process.
 *
 * Towards clients it is an HTTP proxy: CONNECT, or a request for http://. With a
 * key it is an origin server.
 */
#ifndef ASSENT_NET_PROXY_H
#define ASSENT_NET_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct loop;
struct net_channel;

/*
 * Messages between the core and the proxy, on a socket that keeps their
 * borders: each is one JSON object.
 */

/* `fd` came with the message, or is -1: the callback sets it to -1 if it keeps
 * it. -1 with *e: not a message of this protocol; the caller closes the
 * channel. NULL as the message, from the loop: it has ended, *e says why unless
 * the other side closed it, and it may be freed. */
typedef int net_channel_cb(void *arg, const cJSON *, int *fd, struct err *e);

/* Takes the descriptor. */
struct net_channel *net_channel_new(struct loop *, int fd_take,
	    net_channel_cb *, void *arg);
void	net_channel_free(struct net_channel *);
/* Takes the message; with a copy of the descriptor, or -1. */
void	net_channel_send_take(struct net_channel *, cJSON *, int fd);

/* Take from this process what it doesn't need. Call it first; one thread. Descriptors above 2 are closed. What this kernel
 * doesn't have is left out. How many descriptors may be open. */
int	net_confine(void);

#endif
