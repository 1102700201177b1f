/*
 * broker: on level C, the calls of a payload that landlock doesn't decide. The
 * first process of a call, an ancestor of all that it runs, gets them by
 * seccomp's user notification and performs or refuses each itself: on a
 * descriptor that it opened beneath the folders that the payload may write, or
 * on its own copy of an address. It never looks at a call and then lets the
 * kernel carry it out, since the caller's memory may change in between.
 *
 * Order: broker_new, landlock_confine; then fork, and in the child payload_offer;
 * in the parent broker_serve whenever epoll is readable. seccomp_unotify(2).
 */
#ifndef ASSENT_SANDBOX_BROKER_H
#define ASSENT_SANDBOX_BROKER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/err.h"
#include "sandbox/request.h"

struct broker;
struct broker_call;

#define BROKER_ROOTS	3

struct broker_root {
	char	*path;		/* real */
	size_t	 len;
	int	 fd;		/* O_PATH */
};

/* An address of the internet; the family 0: none. */
union broker_inet {
	sa_family_t		 family;
	struct sockaddr		 any;
	struct sockaddr_in	 four;
	struct sockaddr_in6	 six;
};

/* A socket that we made for the payload. */
struct broker_socket {
	uint64_t		 inode;
	int			 domain;
	int			 fd;	/* ours, until it listens or is
					   connected; -1 */
	bool			 bound, listens, connected;
	bool			 used;		/* broker_socket_sweep */
	bool			 six;	/* for IPv6 alone, or not bound yet */
	union broker_inet	 at;	/* the port it took */
};

struct broker {
	int			 epoll;		/* broker_serve when readable */
	int			 listener;
	int			 channel[2];	/* the child's end is the second; it
						   must survive until
						   payload_offer */
	int			 landlock;	/* version */
	int			 port;		/* the proxy's, on 127.0.0.1:
						   the payload may connect to
						   it; 0: none */
	bool			 scoped;	/* signals of this process reach
						   nothing but what it runs: by
						   landlock, from version 6 on,
						   once it is confined */
	int64_t			 file_max;	/* bytes; RLIMIT_FSIZE is the
						   payload's */
	struct broker_root	 roots[BROKER_ROOTS];
	size_t			 roots_len;
	struct broker_socket	*sockets;	/* oldest first */
	size_t			 sockets_len, open_max;
	struct seccomp_notif	*notif;
	struct seccomp_notif_resp *resp;
	size_t			 notif_size, resp_size;
	int64_t			 count;		/* calls so far */
	void			*own;		/* scmp_filter_ctx of the
						   broker itself */
};

/* Performs a call: its value, or -errno. */
typedef int64_t broker_fn(struct broker_call *);

/* A call that the payload doesn't make itself. */
struct broker_row {
	const char	*name;
	int		 below;		/* landlock decides it from this version
					   on; 0: never */
	broker_fn	*fn;
};
/* Ends with a NULL name. */
extern const struct broker_row broker_rows[];

/* What the broker works on are the request's copy, home and tmp, by the names
 * that they have on the host. */
struct broker *broker_new(const struct request *, int landlock, struct err *);
void	broker_serve(struct broker *);

#endif
