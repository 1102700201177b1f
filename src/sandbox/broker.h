/*
 * broker: calls of a payload that another process makes, refuses or lets
 * through: on level C those that landlock doesn't decide; on any level those
 * that make a process, where nothing else limits them (forks.h). The
 * first process of a call, an ancestor of all that it runs, gets them by
 * seccomp's user notification and performs or refuses each itself: on a
 * descriptor that it opened beneath the folders that the payload may write, or
 * on its own copy of an address. It never checks a call and then lets the kernel
 * carry it out, since the caller's memory may change in between.
 *
 * Calls that landlock does decide it gets for a few names, which it serves
 * itself (broker-device.c). With any other name the kernel carries the call out
 * (BROKER_CONTINUE): the caller can change the name meanwhile, and gains
 * nothing, since landlock, and not the broker, refuses what it may not open.
 *
 * Order: broker_new, or, for forks alone, broker_new_forks; landlock_confine
 * (C); then fork, and in the child payload_offer; in the parent broker_serve
 * whenever epoll is readable. Once the broker is dead the kernel refuses all
 * these calls. seccomp_unotify(2).
 */
#ifndef ASSENT_SANDBOX_BROKER_H
#define ASSENT_SANDBOX_BROKER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <seccomp.h>

#include "base/err.h"
#include "sandbox/forks.h"
#include "sandbox/request.h"

#define BROKER_ROOTS	3	/* copy, home, tmp; of a bare request the first */
#define BROKER_TMP	2
#define BROKER_NAME	32

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

/* An instance of inotify that we made for the payload. */
struct broker_watcher {
	int			 fd;		/* the same one; -1: let go of, and
						   still open somewhere */
	uint64_t		 serial;	/* in the list of those alive */
	unsigned long		 ino;		/* what its first watch is on, by */
	unsigned		 dev;		/* which it is known */
	size_t			 added;		/* watches; or more: some are gone */
	ino_t			 holder;	/* the caller's folder in /proc */
	int			 at;		/* and its descriptor, last time */
	bool			 used;		/* watcher_sweep */
};

struct broker {
	int			 launcher;	/* opens terminals */
	size_t			 asked;		/* how many it was asked for */
	int			 epoll;		/* broker_serve when readable */
	int			 listener;
	int			 channel[2];	/* the child's end is the second; it
						   must survive until
						   payload_offer */
	int			 port;		/* the proxy's, on 127.0.0.1:
						   the payload may connect to
						   it; 0: none */
	bool			 scoped;	/* signals of this process reach
						   nothing but what it runs: by
						   landlock, from version 6 on,
						   once it is confined */
	int64_t			 file_max;	/* bytes; RLIMIT_FSIZE is the
						   payload's */
	struct forks		 forks;
	struct broker_root	 roots[BROKER_ROOTS];
	size_t			 roots_len;
	struct broker_socket	*sockets;	/* oldest first */
	size_t			 sockets_len, open_max;
	char			*shared;	/* folder of shared memory; NULL:
						   none yet */
	int			 shared_fd;	/* O_PATH */
	struct broker_watcher	*watchers;
	size_t			 watchers_len, watchers_read;
	uint64_t		 watchers_made;
	int			 alive;		/* an epoll that knows all of
						   them; nobody waits for it */
	bool			 reads;		/* the call may not write the
						   copy */
	struct seccomp_notif	*notif;
	struct seccomp_notif_resp *resp;
	size_t			 notif_size, resp_size;
	int64_t			 count;		/* calls so far */
	void			*own;		/* scmp_filter_ctx of the
						   broker itself (C) */
};

struct broker_call {
	struct broker	*b;
	uint64_t	 id;
	pid_t		 pid;		/* the calling thread */
	const uint64_t	*args;
	unsigned	 path;		/* which of them; broker_row */
	int		 mem;		/* its memory, once opened; -1 */
};

/* Performs a call: its value, -errno, or one of these. */
typedef int64_t broker_fn(struct broker_call *);
#define BROKER_CONTINUE	INT64_MIN	/* the kernel may carry it out */
#define BROKER_LATER	(INT64_MIN + 1)	/* broker_answer follows */

/* A call that the payload doesn't make itself. */
struct broker_row {
	const char	*name;
	int		 below;		/* landlock decides it from this version
					   on; 0: never */
	broker_fn	*fn;
	unsigned	 path;		/* of broker-device.c: the number of the
					   argument that is the first path */
	unsigned	 n;		/* only if all of these match */
	struct scmp_arg_cmp args[2];
};
/* Of level C; ends with a NULL name. */
extern const struct broker_row broker_rows[];
broker_fn broker_fork;

/* The broker works on the request's copy, home and tmp, by their paths on the
 * host. */
struct broker *broker_new(const struct sandbox_spec *, int landlock, struct err *);
/* It gets the calls that make a process, and nothing else. */
struct broker *broker_new_forks(struct err *);
void	broker_serve(struct broker *);
/* Nothing of the payload is alive: remove what it leaves. */
void	broker_end(struct broker *);

/* ---- for the parts of the broker ---- */

void	broker_answer(struct broker *, uint64_t id, int64_t result);
/* Open /proc/PID/NAME of the caller; -errno. */
int	broker_open(const struct broker_call *, const char *name, int flags);
/* A string in its memory, NUL included; 0 or -errno. */
int	broker_read_string(struct broker_call *, uint64_t at, char *p,
	    size_t size);
/* An O_PATH descriptor, owned by the caller, of what lies at the path in its
 * memory, if the payload may write it; -errno. Flags are AT_SYMLINK_NOFOLLOW and
 * AT_EMPTY_PATH. */
int	broker_path(struct broker_call *, int dirfd, uint64_t at, int flags);
/* "/proc/self/fd/N", for calls that take no descriptor. */
char	*broker_name(int fd, char out[BROKER_NAME]);
/* The umask of the caller. */
mode_t	broker_umask(const struct broker_call *);
/* Copy a descriptor into the caller. Its number there, or -errno. */
int	broker_give(const struct broker *, uint64_t id, int fd, bool cloexec);
/* Show all descriptors of the payload's processes: the link's text is "" where it
 * can't be read. False: that wasn't all. */
typedef void broker_look_fn(struct broker *, pid_t, const char *fd,
	    const char *link);
bool	broker_visit_fds(struct broker *, broker_look_fn *);

/* broker-device.c: what lies in /dev, which belongs to the whole host:
 * terminals, shared memory; and inotify. */
broker_fn broker_device_open, broker_device_link, broker_device_unlink,
	broker_device_rename, broker_device_renameat2, broker_inotify_init,
	broker_inotify_init1, broker_inotify_add_watch;
/* The launcher's answer about a terminal: its descriptor, which stays the
 * caller's, or -1 and an errno. */
void	broker_terminal(struct broker *, const void *p, size_t n, int fd,
	    int error);

#endif
