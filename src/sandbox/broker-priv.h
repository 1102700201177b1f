/*
 * broker-priv: shared by broker.c, which receives calls and answers them, and
 * the files that perform them: broker-file.c, broker-socket.c with
 * broker-port.c, broker-signal.c. broker-target.c reads a caller's memory and
 * descriptors.
 */
#ifndef ASSENT_SANDBOX_BROKER_PRIV_H
#define ASSENT_SANDBOX_BROKER_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "sandbox/broker.h"

#define BROKER_ROOTS	3
#define BROKER_SOCKETS	12288	/* that are remembered; more than are held and
				   have ports */
#define BROKER_OPEN	4096	/* of those, that we hold at most: as many as
				   one process can have open */
#define BROKER_PORTS	4096	/* that they take of the host's */
#define BROKER_PREFIX	16	/* of abstract names */

/* The landlock that keeps signals and abstract sockets apart. */
#define BROKER_SCOPED	6

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
	int			 epoll, listener, channel[2];
	int			 landlock;	/* version */
	int			 port;		/* broker_add_port; 0: none */
	bool			 walled;
	int64_t			 file_max;	/* bytes; RLIMIT_FSIZE is the
						   payload's */
	struct broker_root	 roots[BROKER_ROOTS];
	size_t			 roots_len;
	struct broker_socket	*sockets;	/* oldest first */
	size_t			 sockets_len, open_max;
	char			 prefix[BROKER_PREFIX + 1];
	unsigned		 names;		/* chosen for the payload */
	struct seccomp_notif	*notif;
	struct seccomp_notif_resp *resp;
	size_t			 notif_size, resp_size;
	int64_t			 count;
	void			*own;		/* scmp_filter_ctx of the
						   broker itself */
};

struct broker_call {
	struct broker	*b;
	uint64_t	 id;
	pid_t		 pid;		/* the calling thread */
	const uint64_t	*args;
	int		 mem;		/* its memory, once opened; -1 */
};

/* ---- broker-target.c ---- */

/* Is the call still waiting, so that `pid` is still the same process? Ask after
 * opening anything of it, before using that. */
bool	broker_is_on(const struct broker_call *);
/* Copy from the caller's memory. 0 or -errno. */
int	broker_read(struct broker_call *, uint64_t at, void *, size_t);
int	broker_read_string(struct broker_call *, uint64_t at, char *, size_t);
int	broker_write(const struct broker_call *, uint64_t at, const void *,
	    size_t);
/* Open /proc/PID/NAME of the caller. */
int	broker_open(const struct broker_call *, const char *name, int flags);
/* The file of a descriptor of the caller's, if the payload may write it: an
 * O_PATH descriptor, owned by whoever asked. */
int	broker_file(struct broker_call *, int fd);
/* Likewise by a path in its memory; flags are AT_SYMLINK_NOFOLLOW and
 * AT_EMPTY_PATH. */
int	broker_path(struct broker_call *, int dirfd, uint64_t at, int flags);
/* Likewise by a path that was read. */
int	broker_path_of(struct broker_call *, int dirfd, const char *, int flags);
/* "/proc/self/fd/N", for calls that take no descriptor. */
#define BROKER_NAME	32
char	*broker_name(int fd, char out[BROKER_NAME]);
/* The inode of a socket of the caller's, 0 if that is something else. */
uint64_t broker_inode(const struct broker_call *, int fd);

/* ---- broker-file.c ---- */

broker_fn broker_chmod, broker_fchmod, broker_fchmodat, broker_fchmodat2,
    broker_chown, broker_lchown, broker_fchown, broker_fchownat, broker_utime,
    broker_utimes, broker_futimesat, broker_utimensat, broker_getxattr,
    broker_lgetxattr, broker_listxattr, broker_llistxattr, broker_truncate;

/* ---- broker-socket.c, broker-port.c ---- */

broker_fn broker_socket, broker_bind, broker_listen, broker_connect;
/* Let go of those that the payload has closed. */
void	broker_socket_sweep(struct broker *);
struct broker_socket *broker_socket_find(const struct broker *,
	    uint64_t inode);
/* Is what listens at this address ours? */
bool	broker_port_is_ours(const struct broker *,
	    const struct sockaddr_storage *);
/* May the payload take one more? False: EADDRINUSE, as if none were free. */
bool	broker_port_allows(struct broker *);
/* It has been bound, or listens. */
void	broker_port_take(struct broker_socket *);

/* ---- broker-signal.c ---- */

broker_fn broker_kill, broker_tkill, broker_tgkill;

/* ---- broker.c ---- */

/* Copy a descriptor into the caller. Its number there, or -errno. */
int	broker_give(struct broker_call *, int fd, bool cloexec);

#endif
