/*
 * Sockets and what else programs talk through: networks, paths, abstract names,
 * System V and POSIX queues.
 */
#include "config.h"

#include "tests/escape/attempt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

ATTEMPT(tcp, port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtol(port, NULL, 10)),
		.sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return errno;
	return attempt_sys(connect(fd, (struct sockaddr *)&a, sizeof(a)));
}

/* The same server, by the address of the other family. */
ATTEMPT(tcp6, port)
{
	struct sockaddr_in6 a = {
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)strtol(port, NULL, 10)),
	};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd < 0 || inet_pton(AF_INET6, "::ffff:127.0.0.1",
	    &a.sin6_addr) != 1)
		return errno;
	return attempt_sys(connect(fd, (struct sockaddr *)&a, sizeof(a)));
}

static int
socket_send(const char *address, uint16_t port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons(port),
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &a.sin_addr) != 1)
		return errno;
	return attempt_sys(sendto(fd, "x", 1, 0, (struct sockaddr *)&a,
	    sizeof(a)));
}

ATTEMPT(udp, address)
{
	return socket_send(address, 53);
}

/* To a port here. Nobody need listen for it to be sent. */
ATTEMPT(udp_port, port)
{
	return socket_send("127.0.0.1", (uint16_t)strtol(port, NULL, 10));
}

static int
socket_unix(const char *name, size_t at)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t n = strlen(name);

	if (fd < 0)
		return errno;
	if (n + at >= sizeof(a.sun_path))
		return ENAMETOOLONG;
	memcpy(a.sun_path + at, name, n);
	return attempt_sys(connect(fd, (struct sockaddr *)&a, (socklen_t)
	    (offsetof(struct sockaddr_un, sun_path) + at + n)));
}

ATTEMPT(unix, name)
{
	return socket_unix(name, 0);
}

ATTEMPT(abstract, name)
{
	return socket_unix(name, 1);
}

ATTEMPT(socket, family)
{
	return attempt_sys(socket((int)strtol(family, NULL, 10), SOCK_STREAM,
	    0));
}

/* FAMILY/NUMBER, of datagrams, or FAMILY/NUMBER/TYPE */
ATTEMPT(protocol, numbers)
{
	char *end;
	int family = (int)strtol(numbers, &end, 10);
	int number = (int)strtol(end + 1, &end, 10);

	return attempt_sys(socket(family, *end == '\0' ? SOCK_DGRAM :
	    (int)strtol(end + 1, NULL, 10), number));
}

ATTEMPT(raw, v)
{
	(void)v;
	return attempt_sys(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

/* Every family but unix, the internet's and netlink. */
ATTEMPT(families, v)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW,
		SOCK_SEQPACKET };
	int family;
	size_t i;

	(void)v;
	for (family = 0; family < 64; family++)
		for (i = 0; i < 4; i++)
			if (family != AF_UNIX && family != AF_INET &&
			    family != AF_INET6 && family != AF_NETLINK &&
			    socket(family, types[i], 0) >= 0)
				return ATTEMPT_LEAK;
	return ATTEMPT_CLEAN;
}

ATTEMPT(interface, name)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	strncpy(r.ifr_name, name, sizeof(r.ifr_name) - 1);
	r.ifr_flags = IFF_UP;
	return attempt_sys(ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS,
	    &r));
}

/* Another route, asked for through netlink: the answer is in the reply. */
ATTEMPT(route, v)
{
	struct {
		struct nlmsghdr	 h;
		struct rtmsg	 m;
	} ask = {
		.h = { .nlmsg_len = sizeof(ask), .nlmsg_type = RTM_NEWROUTE,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.m = { .rtm_family = AF_INET },
	};
	struct {
		struct nlmsghdr	 h;
		struct nlmsgerr	 e;
		char		 rest[256];
	} reply;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	(void)v;
	if (fd < 0 || send(fd, &ask, sizeof(ask), 0) < 0)
		return errno;
	memset(&reply, 0, sizeof(reply));
	if (recv(fd, &reply, sizeof(reply), 0) < 0)
		return errno;
	return reply.h.nlmsg_type == NLMSG_ERROR ? -reply.e.error : 0;
}

ATTEMPT(queue, name)
{
	mqd_t q = mq_open(name, O_WRONLY | O_NONBLOCK);

	return q < 0 ? errno : attempt_sys(mq_send(q, "x", 1, 0));
}

/* A counter that the test has put into a segment. */
ATTEMPT(segment, id)
{
	char *p = shmat((int)strtol(id, NULL, 10), NULL, 0);

	if (p == (char *)-1)
		return errno;
	(*p)++;
	return attempt_sys(shmdt(p));
}

/* FAMILY/LEVEL/NAME, with a segment routing header, which is also an empty list
 * of IPv4 options. */
ATTEMPT(option, numbers)
{
	static const unsigned char value[24] = { 0, 2, 4 };
	int family, level, name, fd, rc;

	if (sscanf(numbers, "%d/%d/%d", &family, &level, &name) != 3)
		return EINVAL;
	fd = socket(family, SOCK_STREAM, 0);
	if (fd < 0)
		return errno;
	rc = attempt_sys(setsockopt(fd, level, name, value, sizeof(value)));
	close(fd);
	return rc;
}

/* A group of IPv4, on the device with this number. */
ATTEMPT(group, device)
{
	struct group_req g = {
		.gr_interface = (uint32_t)strtoul(device, NULL, 10),
	};
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)&g.gr_group;
	int fd = socket(AF_INET, SOCK_STREAM, 0), rc;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(0xefff0001);
	rc = attempt_sys(setsockopt(fd, IPPROTO_IP, MCAST_JOIN_GROUP, &g,
	    sizeof(g)));
	close(fd);
	return rc;
}
