/*
 * Who listens at an address of the loopback: by the kernel's list of listening
 * sockets, /proc/net/tcp and tcp6 (proc_pid_net(5)). In the time between this
 * look and the connection, one of ours may close and a program of the host take
 * its place; nothing else can.
 */
#include "config.h"

#include "sandbox/worker/broker-priv.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define PORT_LISTENS	0x0a	/* TCP_LISTEN */

struct port {
	unsigned	 addr[4];	/* as the kernel prints it */
	unsigned	 port, state;
	unsigned long long inode;
};

static bool
port_parse(const char *line, bool six, struct port *p)
{
	memset(p, 0, sizeof(*p));
	if (six)
		return sscanf(line, " %*u: %8x%8x%8x%8x:%x %*[^ ] %x %*s %*s "
		    "%*s %*s %*s %llu", &p->addr[0], &p->addr[1], &p->addr[2],
		    &p->addr[3], &p->port, &p->state, &p->inode) == 7;
	return sscanf(line, " %*u: %8x:%x %*[^ ] %x %*s %*s %*s %*s %*s %llu",
	    &p->addr[3], &p->port, &p->state, &p->inode) == 4;
}

/* Would a connection to this address find it? */
static bool
port_covers(const struct port *p, bool six, const unsigned want[4],
    bool want_six)
{
	static const unsigned any[4];

	if (p->state != PORT_LISTENS)
		return false;
	if (!six)
		return !want_six &&
		    (p->addr[3] == 0 || p->addr[3] == want[3]);
	if (memcmp(p->addr, any, sizeof(any)) == 0)
		return true;
	if (want_six)
		return memcmp(p->addr, want, sizeof(any)) == 0;
	/* ::ffff:a.b.c.d */
	return p->addr[0] == 0 && p->addr[1] == 0 &&
	    p->addr[2] == htonl(0xffff) &&
	    (p->addr[3] == 0 || p->addr[3] == want[3]);
}

bool
broker_port_is_ours(const struct broker *b, const struct sockaddr_storage *ss,
    bool *any)
{
	const struct sockaddr_in *in = (const void *)ss;
	const struct sockaddr_in6 *in6 = (const void *)ss;
	bool want_six = ss->ss_family == AF_INET6, ours = true;
	unsigned want[4] = { 0 }, port;
	char line[512];
	int six;

	port = ntohs(want_six ? in6->sin6_port : in->sin_port);
	if (want_six)
		memcpy(want, &in6->sin6_addr, sizeof(want));
	else
		memcpy(&want[3], &in->sin_addr, sizeof(want[3]));
	*any = false;
	for (six = 0; six < 2; six++) {
		FILE *f = fopen(six ? "/proc/self/net/tcp6" :
		    "/proc/self/net/tcp", "re");
		struct port p;

		while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
			/* The first line has the titles; after those that
			 * listen come the others. */
			if (!port_parse(line, six, &p))
				continue;
			if (p.state != PORT_LISTENS)
				break;
			if (p.port != port ||
			    !port_covers(&p, six, want, want_six))
				continue;
			*any = true;
			ours = ours &&
			    broker_socket_find(b, p.inode) != NULL;
		}
		if (f != NULL)
			(void)fclose(f);
	}
	return ours;
}
