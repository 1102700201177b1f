/*
 * proxy-channel: the core's end of a running assent-net, the proxy of the
 * session's commands: its process and its messages, one JSON object each, over a
 * SOCK_SEQPACKET pair. The messages are described in src/net/proxy.h.
 */
#ifndef ASSENT_CORE_NET_PROXY_CHANNEL_H
#define ASSENT_CORE_NET_PROXY_CHANNEL_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct loop;
struct proxy_channel;

/* A message came; NULL: the proxy has ended, or sent what it may not. Then the
 * channel must be freed, which it may be in any call. */
typedef void proxy_channel_cb(void *arg, const cJSON *message);

struct proxy_channel *proxy_channel_new(struct loop *, proxy_channel_cb *,
	    void *arg, struct err *);
/* NULL is allowed. Ends the proxy, and with it all its connections. */
void	proxy_channel_free(struct proxy_channel *);
/* With a descriptor, or -1. A proxy that doesn't read is reported as ended, from
 * the loop. */
void	proxy_channel_send(struct proxy_channel *, const cJSON *message,
	    int fd);
/* Answer what it asked about with a refusal, in words for the client. */
void	proxy_channel_refuse(struct proxy_channel *, int64_t id,
	    const char *words);

#endif
