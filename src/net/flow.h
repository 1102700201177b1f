/*
 * flow: bytes on their way in one direction. It reads only into room that it
 * has, so a slow reader slows down the writer.
 */
#ifndef ASSENT_NET_FLOW_H
#define ASSENT_NET_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	bool	 passed;	/* ... which the reader was told */
	int64_t	 sent;		/* bytes that have left */
};

void	net_flow_release(struct net_flow *);
/* Once, and only if it has room; the first call makes it. */
enum net_flow_result net_flow_read(struct net_flow *, int fd);
enum net_flow_result net_flow_write(struct net_flow *, int fd);
/* Put these bytes instead of the first `drop`; add them at the end; drop. The
 * first two may go beyond NET_FLOW_SIZE. */
void	net_flow_put(struct net_flow *, size_t drop, const char *, size_t);
void	net_flow_add(struct net_flow *, const char *, size_t);
void	net_flow_drop(struct net_flow *, size_t);
size_t	net_flow_len(const struct net_flow *);
bool	net_flow_has_room(const struct net_flow *);

#endif
