/*
 * Sockets. We make each, so we know it by its inode, and hold it until it
 * listens or is connected; what comes after that needs nobody's consent. An
 * internet socket is tied to the loopback device, which a process without
 * capabilities cannot undo, and connects only to sockets that we made. Datagrams
 * carry an address that a filter cannot see, so such sockets aren't made at all.
 * Abstract names belong to the whole host, and are refused.
 *
 * What the payload has closed we may still hold: we let go of it when the same
 * address is wanted again, or when we hold too many.
 */

#include "config.h"

#include "sandbox/broker.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/tasks.h"

#define BROKER_SOCKETS	12288	/* that are remembered; more than are held and
				   have ports */
#define BROKER_PORTS	4096	/* that they take of the host's */

#define PORT_LISTENS	0x0a	/* TCP_LISTEN */

struct port {
	bool		 six;
	unsigned	 addr[4];	/* as the kernel prints it */
	unsigned	 port, state;
	unsigned long long inode;
};

static struct broker_socket *broker_socket_find(const struct broker *b,
    uint64_t inode);
static void	broker_socket_sweep(struct broker *b);

static bool
port_parse(const char *line, bool six, struct port *p)
{
	memset(p, 0, sizeof(*p));
	p->six = six;
	if (six)
		return sscanf(line, " %*u: %8x%8x%8x%8x:%x %*[^ ] %x %*s %*s "
		    "%*s %*s %*s %llu", &p->addr[0], &p->addr[1], &p->addr[2],
		    &p->addr[3], &p->port, &p->state, &p->inode) == 7;
	return sscanf(line, " %*u: %8x:%x %*[^ ] %x %*s %*s %*s %*s %*s %llu",
	    &p->addr[3], &p->port, &p->state, &p->inode) == 4;
}

/* Would a connection to this address find it? */
static bool
port_covers(const struct port *p, const struct port *want)
{
	static const unsigned any[4];

	if (p->state != PORT_LISTENS || p->port != want->port)
		return false;
	if (!p->six)
		return !want->six &&
		    (p->addr[3] == 0 || p->addr[3] == want->addr[3]);
	if (memcmp(p->addr, any, sizeof(any)) == 0)
		return true;
	if (want->six)
		return memcmp(p->addr, want->addr, sizeof(any)) == 0;
	/* ::ffff:a.b.c.d */
	return p->addr[0] == 0 && p->addr[1] == 0 &&
	    p->addr[2] == htonl(0xffff) &&
	    (p->addr[3] == 0 || p->addr[3] == want->addr[3]);
}

/* Is it this one of the list? By its inode alone it could be one that was closed:
 * the kernel gives the number to another after 2^32. */
static bool
port_is(const struct broker_socket *s, const struct port *p)
{
	if (s->at.family != (p->six ? AF_INET6 : AF_INET) ||
	    ntohs(s->at.four.sin_port) != p->port)
		return false;
	return p->six ? memcmp(&s->at.six.sin6_addr, p->addr, sizeof(p->addr)) ==
	    0 : s->at.four.sin_addr.s_addr == p->addr[3];
}

/* One list. *ours: a socket of ours takes such a connection; false: so does
 * somebody else's, or there is no telling. */
static bool
port_look(const struct broker *b, const char *list, bool six,
    const struct port *want, bool *ours)
{
	FILE *f = fopen(list, "re");
	const struct broker_socket *s;
	bool alone = true;
	char line[512];
	struct port p;

	/* A host without IPv6 has no second list. */
	if (f == NULL)
		return six && errno == ENOENT;
	while (alone && fgets(line, sizeof(line), f) != NULL) {
		/* The first line has the titles; after those that listen come
		 * the others. */
		if (!port_parse(line, six, &p))
			continue;
		if (p.state != PORT_LISTENS)
			break;
		if (!port_covers(&p, want))
			continue;
		s = broker_socket_find(b, p.inode);
		if (s == NULL || !port_is(s, &p))
			alone = false;
		else if (!six || want->six || !s->six)
			*ours = true;
	}
	alone = alone && ferror(f) == 0;
	(void)fclose(f);
	return alone;
}

/* Is what listens at this address ours? */
static bool
broker_port_is_ours(const struct broker *b, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in *in = (const void *)ss;
	const struct sockaddr_in6 *in6 = (const void *)ss;
	struct port want = { .six = ss->ss_family == AF_INET6 };
	bool ours = false;

	want.port = ntohs(want.six ? in6->sin6_port : in->sin_port);
	if (want.six)
		memcpy(want.addr, &in6->sin6_addr, sizeof(want.addr));
	else
		memcpy(&want.addr[3], &in->sin_addr, sizeof(want.addr[3]));
	if (!want.six && (int)want.port == b->port &&
	    in->sin_addr.s_addr == htonl(INADDR_LOOPBACK))
		return true;
	return port_look(b, "/proc/self/net/tcp", false, &want, &ours) &&
	    port_look(b, "/proc/self/net/tcp6", true, &want, &ours) && ours;
}

/* ---- how many ---- */

static size_t
port_count(const struct broker *b)
{
	size_t n = 0, i;

	for (i = 0; i < b->sockets_len; i++)
		n += b->sockets[i].at.family != 0;
	return n;
}

/* Could somebody else take it? What has it without SO_REUSEADDR, as we here, has
 * it alone. */
static bool
port_is_free(const struct broker_socket *s)
{
	int fd = socket(s->domain, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo",
	    3) == 0 && bind(fd, &s->at.any, s->domain == AF_INET6 ?
	    sizeof(s->at.six) : sizeof(s->at.four)) == 0;

	if (fd >= 0)
		close(fd);
	return is;
}

/* May the payload take one more? False: EADDRINUSE, as if none were free. */
static bool
broker_port_allows(struct broker *b)
{
	size_t i;

	if (port_count(b) < BROKER_PORTS)
		return true;
	broker_socket_sweep(b);
	for (i = 0; i < b->sockets_len; i++) {
		struct broker_socket *s = &b->sockets[i];

		if (s->at.family != 0 && port_is_free(s))
			s->at.family = 0;
	}
	return port_count(b) < BROKER_PORTS;
}

/* It has been bound, or listens. */
static void
broker_port_take(struct broker_socket *s)
{
	socklen_t n = sizeof(s->at);
	int on = 0;

	s->bound = true;
	if (s->domain != AF_INET && s->domain != AF_INET6)
		return;
	if (getsockname(s->fd, &s->at.any, &n) < 0)
		memset(&s->at, 0, sizeof(s->at));
	n = sizeof(on);
	s->six = s->domain == AF_INET6 && (getsockopt(s->fd, IPPROTO_IPV6,
	    IPV6_V6ONLY, &on, &n) < 0 || on != 0);
}

#define SOCKET_TYPE	0xf	/* without the flags */
#define SOCKET_SOON_US	5000
#define SOCKET_MADE_MS	100	/* below the second after which TCP tries again */
#define SOCKET_QUEUE	4096	/* of a server, at least; the host may allow less */
#define SOCKET_SWEEP	20000	/* descriptors, in one look */

static struct broker_socket *
broker_socket_find(const struct broker *b, uint64_t inode)
{
	size_t i;

	for (i = b->sockets_len; i > 0; i--)
		if (b->sockets[i - 1].inode == inode)
			return &b->sockets[i - 1];
	return NULL;
}

static void
socket_release(struct broker_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void
socket_forget(struct broker *b, struct broker_socket *s)
{
	socket_release(s);
	b->sockets_len--;
	memmove(s, s + 1, (size_t)(b->sockets + b->sockets_len - s) *
	    sizeof(*s));
}

static size_t
socket_held(const struct broker *b)
{
	size_t n = 0, i;

	for (i = 0; i < b->sockets_len; i++)
		n += b->sockets[i].fd >= 0;
	return n;
}

/* May the payload have one more? What it has closed we may still hold. */
static bool
socket_allows(struct broker *b)
{
	if (socket_held(b) >= b->open_max)
		broker_socket_sweep(b);
	return socket_held(b) < b->open_max;
}

/* Forget the oldest of those from which nothing follows any more: we don't hold
 * it, and it has no port, which counts. */
static void
socket_make_room(struct broker *b)
{
	size_t i = 0;

	while (i < b->sockets_len && (b->sockets[i].fd >= 0 ||
	    b->sockets[i].at.family != 0))
		i++;
	if (b->sockets_len == BROKER_SOCKETS && i < b->sockets_len)
		socket_forget(b, &b->sockets[i]);
}

static void
socket_remember_take(struct broker *b, int domain, int fd)
{
	struct broker_socket *s;
	struct stat st;

	if (fstat(fd, &st) < 0) {
		close(fd);
		return;
	}
	socket_make_room(b);
	GROW(b->sockets, b->sockets_len);
	s = &b->sockets[b->sockets_len++];
	memset(s, 0, sizeof(*s));
	s->inode = st.st_ino;
	s->domain = domain;
	s->fd = fd;
	s->six = domain == AF_INET6;
}

int64_t
broker_socket(struct broker_call *c)
{
	int domain = (int)c->args[0], type = (int)c->args[1];
	int kind = type & SOCKET_TYPE, fd, given;
	bool inet = domain == AF_INET || domain == AF_INET6;

	if (domain != AF_NETLINK && kind != SOCK_STREAM &&
	    (inet || kind != SOCK_SEQPACKET))
		return -EACCES;
	if (!socket_allows(c->b))
		return -EMFILE;
	fd = socket(domain, type | SOCK_CLOEXEC, (int)c->args[2]);
	if (fd < 0)
		return -errno;
	if (inet && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) < 0)
		given = -EACCES;
	else
		given = broker_give(c, fd, (type & SOCK_CLOEXEC) != 0);
	if (given < 0)
		close(fd);
	else
		socket_remember_take(c->b, domain, fd);
	return given;
}

/* The address in the caller's memory, whose length is its second argument. */
static int
socket_address(struct broker_call *c, struct sockaddr_storage *ss,
    socklen_t *len)
{
	uint64_t n = c->args[2];

	memset(ss, 0, sizeof(*ss));
	if (n < sizeof(sa_family_t) || n > sizeof(*ss))
		return -EINVAL;
	*len = (socklen_t)n;
	return broker_read(c, c->args[1], ss, (size_t)n);
}

/* The path in an address, terminated; NULL if there is none. */
static const char *
socket_path(const struct sockaddr_storage *ss, socklen_t len, char *out)
{
	const struct sockaddr_un *un = (const void *)ss;
	size_t n = len - offsetof(struct sockaddr_un, sun_path);

	if (len <= offsetof(struct sockaddr_un, sun_path) ||
	    len > sizeof(*un) || un->sun_path[0] == '\0')
		return NULL;
	memcpy(out, un->sun_path, n);
	out[n] = '\0';
	return out;
}

/* The umask of the caller. */
static mode_t
socket_umask(const struct broker_call *c)
{
	char text[1024], *p = NULL;
	int fd = broker_open(c, "status", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n > 0) {
		text[n] = '\0';
		p = strstr(text, "\nUmask:");
	}
	return p == NULL ? 077 : (mode_t)strtoul(p + 7, NULL, 8) & 0777;
}

/* Landlock, which restricts us as it does the caller, decides where. The kernel
 * resolves the path, so it must mean the same for us. */
static int64_t
socket_bind_path(struct broker_call *c, int fd, const char *path,
    const struct sockaddr_storage *ss, socklen_t len)
{
	int cwd, rc;

	if (strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/dev/fd/", 8) == 0)
		return -EACCES;
	cwd = broker_open(c, "cwd", O_PATH | O_DIRECTORY);
	if (cwd < 0)
		return -EACCES;
	rc = fchdir(cwd);
	close(cwd);
	if (rc == 0) {
		(void)umask(socket_umask(c));
		rc = bind(fd, (const struct sockaddr *)ss, len);
	}
	return rc < 0 ? -errno : 0;
}

/* Mark what a process has open; false: there is too much. */
static bool
socket_mark(struct broker *b, pid_t pid, size_t *left)
{
	char path[64], text[64];
	unsigned long long inode;
	struct broker_socket *s;
	struct dirent *de;
	ssize_t n;
	DIR *d;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	d = fs_opendir(path);
	while ((de = fs_dir_next(&d)) != NULL && *left > 0) {
		--*left;
		n = readlinkat(dirfd(d), de->d_name, text, sizeof(text) - 1);
		text[n < 0 ? 0 : n] = '\0';
		if (sscanf(text, "socket:[%llu]", &inode) == 1 &&
		    (s = broker_socket_find(b, inode)) != NULL)
			s->used = true;
	}
	if (d != NULL)
		closedir(d);
	return *left > 0;
}

/* One that is on its way from a process to another, or in one that can't be
 * inspected, is taken for closed: then it can't listen or be connected any
 * more. */
static void
broker_socket_sweep(struct broker *b)
{
	AUTO(tasks_release) struct tasks l = { 0 };
	size_t left = SOCKET_SWEEP, i;

	if (tasks_list_below(&l) < 0)
		return;
	for (i = 0; i < b->sockets_len; i++)
		b->sockets[i].used = false;
	for (i = 0; i < l.len; i++)
		if (l.v[i].below && !socket_mark(b, l.v[i].via, &left))
			return;
	for (i = 0; i < b->sockets_len; i++) {
		struct broker_socket *s = &b->sockets[i];

		if (!s->used)
			socket_release(s);
	}
}

/* What is in the way may be closed, but for us. */
static int
socket_bind_name(struct broker *b, const struct broker_socket *s,
    struct sockaddr_storage *ss, socklen_t len)
{
	const struct sockaddr *sa = (const struct sockaddr *)ss;

	/* The kernel ties the socket to this device instead, even where it then
	 * refuses the address. */
	if (ss->ss_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)ss)->sin6_scope_id = 0;
	if (bind(s->fd, sa, len) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	broker_socket_sweep(b);
	return bind(s->fd, sa, len) < 0 ? -errno : 0;
}

int64_t
broker_bind(struct broker_call *c)
{
	struct broker_socket *s = broker_socket_find(c->b, broker_inode(c,
	    (int)c->args[0]));
	char buf[sizeof(struct sockaddr_un)];
	struct sockaddr_storage ss;
	const char *path;
	socklen_t len;
	int64_t rc = socket_address(c, &ss, &len);

	if (rc < 0)
		return rc;
	if (s == NULL)
		return -EACCES;
	if (s->fd < 0 || s->bound || (ss.ss_family != s->domain &&
	    ss.ss_family != AF_UNSPEC))
		return -EINVAL;
	if (s->domain == AF_UNIX) {
		path = socket_path(&ss, len, buf);
		rc = path == NULL ? -EACCES :
		    socket_bind_path(c, s->fd, path, &ss, len);
	} else if (s->domain != AF_UNIX && s->domain != AF_NETLINK &&
	    !broker_port_allows(c->b))
		return -EADDRINUSE;
	else
		rc = socket_bind_name(c->b, s, &ss, len);
	if (rc == 0)
		broker_port_take(s);
	/* libc makes one for each look-up, and never listens. */
	if (rc == 0 && s->domain == AF_NETLINK)
		socket_release(s);
	return rc;
}

/* Also one without a port, to which the kernel gives one. */
int64_t
broker_listen(struct broker_call *c)
{
	uint64_t inode = broker_inode(c, (int)c->args[0]);
	struct broker_socket *s = broker_socket_find(c->b, inode);

	if (inode == 0)
		return -ENOTSOCK;
	/* One of a pair. */
	if (s == NULL || s->connected)
		return -EINVAL;
	/* shutdown() may have ended that, and then we can't begin anew. */
	if (s->listens)
		return s->at.family == 0 || broker_port_is_ours(c->b,
		    (const struct sockaddr_storage *)&s->at) ? 0 : -EINVAL;
	if (s->fd < 0)
		return -EACCES;
	/* The kernel may have chosen it a name, in a connection that failed. */
	if (s->domain == AF_UNIX && !s->bound)
		return -EINVAL;
	if (s->domain != AF_UNIX && !s->bound &&
	    !broker_port_allows(c->b))
		return -EADDRINUSE;
	/* Connections can't wait for room in it (socket_made). */
	if (listen(s->fd, s->domain == AF_UNIX ? (int)c->args[1] :
	    SOCKET_QUEUE) < 0)
		return -errno;
	broker_port_take(s);
	s->listens = true;
	socket_release(s);
	return 0;
}

/* ---- connections ---- */

/* 127.0.0.0/8 and ::1. The unspecified address means this host; an IPv4 address
 * in IPv6 becomes the former. False: it isn't the loopback's. */
static bool
socket_loopback(struct sockaddr_storage *ss, struct sockaddr_storage *plain)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)plain;

	*plain = *ss;
	if (ss->ss_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr))
		((struct sockaddr_in6 *)(void *)plain)->sin6_addr =
		    in6addr_loopback;
	else if (ss->ss_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		memset(plain, 0, sizeof(*plain));
		in->sin_family = AF_INET;
		in->sin_port = in6->sin6_port;
		memcpy(&in->sin_addr, &in6->sin6_addr.s6_addr[12], 4);
	}
	if (plain->ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(
		    &((struct sockaddr_in6 *)(void *)plain)->sin6_addr);
	if (in->sin_addr.s_addr == htonl(INADDR_ANY))
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return (ntohl(in->sin_addr.s_addr) >> 24) == 127;
}

/* 0, or why it may not be connected to. */
static int
socket_allow_inet(struct broker_call *c, struct sockaddr_storage *ss,
    socklen_t len)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_storage plain;
	struct sockaddr_in *in = (void *)&plain;

	if (len < (ss->ss_family == AF_INET ? sizeof(struct sockaddr_in) :
	    offsetof(struct sockaddr_in6, sin6_scope_id)))
		return -EINVAL;
	if (!socket_loopback(ss, &plain))
		return -ENETUNREACH;
	/* For 0.0.0.0 the kernel would take the device's first address, and for
	 * :: an IPv4 one if the socket is bound to such. */
	if (ss->ss_family == plain.ss_family)
		*ss = plain;
	else
		memcpy(&in6->sin6_addr.s6_addr[12], &in->sin_addr, 4);
	return broker_port_is_ours(c->b, &plain) ? 0 : -ECONNREFUSED;
}

static void
socket_alarm(int sig)
{
	(void)sig;
}

/* A call that would wait ends with EINTR, and again every 5 ms: whether it blocks
 * is the payload's choice, which it can change at any time. */
static void
socket_hurry(bool on)
{
	const struct sigaction wakes = { .sa_handler = socket_alarm };
	const struct itimerval soon = { { 0, SOCKET_SOON_US },
		{ 0, SOCKET_SOON_US } }, never = { 0 };

	(void)sigaction(SIGALRM, &wakes, NULL);
	(void)setitimer(ITIMER_REAL, on ? &soon : &never, NULL);
}

/* connect(2), but not for long: with EINTR the connection is still being made. */
static int
socket_connect_soon(int fd, const struct sockaddr_storage *ss, socklen_t len)
{
	int rc;

	socket_hurry(true);
	rc = connect(fd, (const struct sockaddr *)ss, len) < 0 ? errno : 0;
	socket_hurry(false);
	return rc;
}

/* Is it still being made? The kernel would go on trying for minutes, in which the
 * server may close and a program of the host take its port. */
static bool
socket_is_pending(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	uint8_t state;	/* the first of struct tcp_info */
	socklen_t n = sizeof(state);

	(void)poll(&p, 1, SOCKET_MADE_MS);
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &n) < 0 ||
	    state == TCP_SYN_SENT || state == TCP_SYN_RECV;
}

/* The kernel's answer to a connection that was begun. */
static int
socket_made(int fd, int rc)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	socklen_t n = sizeof(rc);

	if (socket_is_pending(fd)) {
		(void)connect(fd, &none, sizeof(none));
		return ECONNREFUSED;
	}
	if (rc == EINTR && getsockopt(fd, SOL_SOCKET, SO_ERROR, &rc, &n) < 0)
		rc = errno;
	return rc;
}

/* One to a server whose queue is full fails. */
static int64_t
socket_connect(struct broker_call *c, struct broker_socket *s,
    const struct sockaddr_storage *ss, socklen_t len)
{
	int rc = socket_connect_soon(s->fd, ss, len);

	if (rc == EINTR && s->domain == AF_UNIX)
		rc = EAGAIN;
	else if (rc == EINTR || rc == EINPROGRESS)
		rc = socket_made(s->fd, rc);
	if ((rc != 0 && rc != EINPROGRESS) || ss->ss_family == AF_UNSPEC)
		return -rc;
	/* If the payload has closed it, this closes it, and may linger. */
	socket_hurry(true);
	socket_release(s);
	socket_hurry(false);
	s->connected = true;
	if (!s->bound)
		socket_forget(c->b, s);
	return -rc;
}

static int64_t
socket_connect_path(struct broker_call *c, struct broker_socket *s,
    const char *path)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNIX };
	int fd = broker_path_of(c, AT_FDCWD, path, 0);
	int64_t rc;

	if (fd < 0)
		return fd;
	(void)broker_name(fd, ((struct sockaddr_un *)(void *)&ss)->sun_path);
	rc = socket_connect(c, s, &ss, sizeof(struct sockaddr_un));
	close(fd);
	return rc;
}

int64_t
broker_connect(struct broker_call *c)
{
	uint64_t inode = broker_inode(c, (int)c->args[0]);
	struct broker_socket *s = broker_socket_find(c->b, inode);
	char buf[sizeof(struct sockaddr_un)];
	struct sockaddr_storage ss;
	const char *path;
	socklen_t len;
	int rc = socket_address(c, &ss, &len);

	if (rc < 0)
		return rc;
	if (inode == 0)
		return -ENOTSOCK;
	/* Or one of a pair. */
	if (s == NULL || s->connected)
		return -EISCONN;
	if (s->fd < 0)
		return -EACCES;
	if (ss.ss_family == AF_UNSPEC)
		return socket_connect(c, s, &ss, len);
	if (ss.ss_family != s->domain)
		return -EAFNOSUPPORT;
	switch (s->domain) {
	case AF_UNIX:
		path = socket_path(&ss, len, buf);
		return path == NULL ? -ECONNREFUSED :
		    socket_connect_path(c, s, path);
	case AF_NETLINK:
		if (len < sizeof(struct sockaddr_nl) ||
		    ((struct sockaddr_nl *)(void *)&ss)->nl_pid != 0)
			return -EACCES;
		break;
	default:
		rc = socket_allow_inet(c, &ss, len);
		if (rc < 0)
			return rc;
	}
	return socket_connect(c, s, &ss, len);
}
