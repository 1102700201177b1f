/*
 * channel: messages between the core and the proxy, on a socket that keeps their
 * borders: each is one JSON object.
 */
#ifndef ASSENT_NET_CHANNEL_H
#define ASSENT_NET_CHANNEL_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct loop;
struct net_channel;

/* `fd` came with the message, or is -1: the callback sets it to -1 if it keeps
 * it. -1 with *e: this is no message of ours, and ends the channel. NULL as the
 * message, from the loop: it has ended, *e says why unless the other side closed
 * it, and it may be freed. */
typedef int net_channel_cb(void *arg, const cJSON *, int *fd, struct err *e);

/* Takes the descriptor. */
struct net_channel *net_channel_new(struct loop *, int fd_take,
	    net_channel_cb *, void *arg);
void	net_channel_free(struct net_channel *);
/* Takes the message; with a copy of the descriptor, or -1. */
void	net_channel_send_take(struct net_channel *, cJSON *, int fd);

#endif
