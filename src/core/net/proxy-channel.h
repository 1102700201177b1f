/*
 * proxy-channel: the core's end of a running assent-net, the proxy of the
 * session's commands: its process and its messages, described in
 * src/net/proxy.h.
 */
#ifndef ASSENT_CORE_NET_PROXY_CHANNEL_H
#define ASSENT_CORE_NET_PROXY_CHANNEL_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "net/channel.h"

struct loop;
struct proxy_channel;

struct proxy_channel *proxy_channel_new(struct loop *, net_channel_cb *,
	    void *arg, struct err *);
/* NULL is allowed. Ends the proxy, and with it all its connections. */
void	proxy_channel_free(struct proxy_channel *);
/* As net_channel_send_take. */
void	proxy_channel_send_take(struct proxy_channel *, cJSON *, int fd);
/* Answer what it asked about with a refusal, in words for the client. */
void	proxy_channel_refuse(struct proxy_channel *, int64_t id,
	    const char *words);

#endif
