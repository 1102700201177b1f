/* Bytes on their way in one direction. */
#include "config.h"

#include "net/assent-net.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

void
net_flow_release(struct net_flow *f)
{
	free(f->p);
	memset(f, 0, sizeof(*f));
}

size_t
net_flow_len(const struct net_flow *f)
{
	return f->to - f->from;
}

bool
net_flow_has_room(const struct net_flow *f)
{
	return !f->ended && (f->p == NULL || net_flow_len(f) < f->cap);
}

static enum net_flow_result
flow_failed(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ?
	    NET_FLOW_NOTHING : NET_FLOW_BROKEN;
}

enum net_flow_result
net_flow_read(struct net_flow *f, int fd)
{
	ssize_t n;

	if (f->p == NULL) {
		f->p = xmalloc(NET_FLOW_SIZE);
		f->cap = NET_FLOW_SIZE;
	}
	if (f->to == f->cap) {
		f->to = net_flow_len(f);
		memmove(f->p, f->p + f->from, f->to);
		f->from = 0;
	}
	n = recv(fd, f->p + f->to, f->cap - f->to, MSG_DONTWAIT);
	if (n < 0)
		return flow_failed();
	f->to += (size_t)n;
	return n == 0 ? NET_FLOW_END : NET_FLOW_SOME;
}

void
net_flow_drop(struct net_flow *f, size_t n)
{
	f->from += n;
	if (f->from == f->to)
		f->from = f->to = 0;
}

enum net_flow_result
net_flow_write(struct net_flow *f, int fd)
{
	ssize_t n = send(fd, f->p + f->from, net_flow_len(f),
	    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return flow_failed();
	net_flow_drop(f, (size_t)n);
	f->sent += n;
	return NET_FLOW_SOME;
}

void
net_flow_add(struct net_flow *f, const char *p, size_t n)
{
	if (f->cap - f->to < n) {
		f->cap = f->to + n > NET_FLOW_SIZE ? f->to + n : NET_FLOW_SIZE;
		f->p = xrealloc(f->p, f->cap);
	}
	memcpy(f->p + f->to, p, n);
	f->to += n;
}

void
net_flow_put(struct net_flow *f, size_t drop, const char *p, size_t n)
{
	size_t rest = net_flow_len(f) - drop;
	size_t cap = n + rest > NET_FLOW_SIZE ? n + rest : NET_FLOW_SIZE;
	char *all = xmalloc(cap);

	memcpy(all, p, n);
	if (rest > 0)
		memcpy(all + n, f->p + f->from + drop, rest);
	free(f->p);
	f->p = all;
	f->cap = cap;
	f->from = 0;
	f->to = n + rest;
}
