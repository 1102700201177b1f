/*
 * channel: messages between this process and the core, on a socket that keeps
 * their borders: each is one JSON object. It ends the loop when the core ends
 * it (0), or on anything that isn't a message (1, with a line on standard
 * error).
 */
#ifndef ASSENT_NET_CHANNEL_H
#define ASSENT_NET_CHANNEL_H

#include <cjson/cJSON.h>

#include "base/err.h"

#define NET_MESSAGE_MAX ((size_t)16 << 10)

struct loop;
struct net_channel;

/* `fd` came with the message, or is -1: the callback sets it to -1 if it keeps
 * it. -1 with *e: this is no message of ours. */
typedef int net_channel_cb(void *arg, const cJSON *, int *fd, struct err *e);

struct net_channel *net_channel_new(struct loop *, int fd, net_channel_cb *,
	    void *arg);
void	net_channel_free(struct net_channel *);
/* Takes the message. */
void	net_channel_send(struct net_channel *, cJSON *o_take);

#endif
