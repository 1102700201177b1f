/*
 * Ports of the loopback, which are the host's. How many of them the payload has
 * taken: the kernel's list has only those at which somebody listens, so once
 * there are too many, each is tried; it is free if it can be bound.
 *
 * Who listens at an address: by the kernel's list of listening
 * sockets, /proc/net/tcp and tcp6 (proc_pid_net(5)). The list is read in pieces,
 * and may leave out one that is there; so there must be one of ours that takes
 * the connection, beside which the kernel allows no other's. In the time between
 * this look and the connection, ours may close and a program of the host take
 * its place; nothing else can.
 */
#include "config.h"

#include "sandbox/broker-priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PORT_LISTENS	0x0a	/* TCP_LISTEN */

struct port {
	bool		 six;
	unsigned	 addr[4];	/* as the kernel prints it */
	unsigned	 port, state;
	unsigned long long inode;
};

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

void
broker_add_port(struct broker *b, int port)
{
	b->port = port;
}

bool
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

bool
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

void
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
