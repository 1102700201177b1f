/*
 * head: the head of a client's HTTP request, read strictly: what two programs
 * could read differently is refused, so that no second request can hide in the
 * first. The same for the framing of a body in chunks.
 */
#ifndef ASSENT_NET_HEAD_H
#define ASSENT_NET_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/address.h"

struct net_head {
	bool			 tunnel;	/* CONNECT */
	bool			 bodyless;	/* HEAD: the answer has none */
	struct net_authority	 to;
	char			*credentials;	/* of Proxy-Authorization: Basic,
						   decoded; NULL: none */
	struct buf		 request;	/* for the host, in origin form;
						   empty if it is a tunnel;
						   without Host if `to` is */
	int64_t			 body;		/* so many bytes follow; -1:
						   in chunks */
};

/* Of n bytes, of which the first *seen were looked at before: the head's length
 * with the empty line, 0 if its end is to come, -1 if no head has these
 * bytes. */
int64_t	net_head_find(const char *p, size_t n, size_t *seen);
/* Read a head found by net_head_find: what a proxy is sent, or an origin server,
 * where `to` stays empty. 0, or the status of the answer, with *e: then too,
 * release it. */
int	net_head_parse(struct net_head *, const char *p, size_t n, bool origin,
	    struct err *);
void	net_head_release(struct net_head *);
/* Of n bytes of a body: what is before the next chunk's, its length, with *size,
 * 0 after the last one; 0 if its end is to come, -1 if it isn't that. Extensions
 * and trailers aren't. */
int64_t	net_chunk_find(const char *p, size_t n, bool first, int64_t *size);

#endif
