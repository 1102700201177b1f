#include "config.h"

#include "base/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"

#define ENDPOINT_BACKLOG 128

static int
endpoint_unix(struct endpoint *p, const char *path)
{
	AUTO_FREE char *plain = path[0] == '/' ? fs_normalize("/", path) : NULL;

	if (plain == NULL || strcmp(plain, path) != 0 || path[1] == '\0' ||
	    strlen(path) >= sizeof(p->un.sun_path))
		return -1;
	/* A symlink, which some programs use: the sandbox has it, too. */
	if (strncmp(path, "/var/run/", 9) == 0)
		path += 4;
	p->un.sun_family = AF_UNIX;
	memcpy(p->un.sun_path, path, strlen(path) + 1);
	p->len = sizeof(p->un);
	return 0;
}

/* Parse an address on the loopback, with the port in the only usual
 * spelling. */
static int
endpoint_inet(struct endpoint *p, const char *text)
{
	const char *colon = strrchr(text, ':');
	AUTO_FREE char *host = colon == NULL ? NULL : xmemdup(text,
	    (size_t)(colon - text));
	long port = colon == NULL || colon[1] < '1' || colon[1] > '9' ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1) ? 0 :
	    strtol(colon + 1, NULL, 10);

	if (port < 1 || port > 65535)
		return -1;
	if (strcmp(host, "[::1]") == 0) {
		p->six.sin6_family = AF_INET6;
		p->six.sin6_addr = in6addr_loopback;
		p->six.sin6_port = htons((uint16_t)port);
		p->len = sizeof(p->six);
		return 0;
	}
	p->four.sin_family = AF_INET;
	p->four.sin_port = htons((uint16_t)port);
	p->len = sizeof(p->four);
	return inet_pton(AF_INET, host, &p->four.sin_addr) == 1 &&
	    ntohl(p->four.sin_addr.s_addr) >> 24 == 127 ? 0 : -1;
}

int
endpoint_parse(struct endpoint *p, const char *text, struct err *e)
{
	static const char prefix[] = "unix:";
	size_t n = sizeof(prefix) - 1;

	memset(p, 0, sizeof(*p));
	if ((strncmp(text, prefix, n) == 0 ? endpoint_unix(p, text + n) :
	    endpoint_inet(p, text)) < 0)
		return err_set(e, "must be 127.0.0.1:PORT, [::1]:PORT or "
		    "unix:/PATH, not \"%.120s\"", text);
	return 0;
}

/* Choose an address of the session's own, outside 127.0.0.0/16, where other
 * programs have theirs. */
void
endpoint_own(struct endpoint *p, const char *session)
{
	uint64_t h = hash_bytes(HASH_BEGIN, session, strlen(session));

	memset(p, 0, sizeof(*p));
	p->four.sin_family = AF_INET;
	p->four.sin_addr.s_addr = htonl((uint32_t)(127 << 24 |
	    (1 + h % 254) << 16 | (h >> 16 & 0xff) << 8 |
	    (1 + (h >> 32) % 254)));
	p->len = sizeof(p->four);
}

void
endpoint_text(const struct endpoint *p, char text[ENDPOINT_TEXT])
{
	char host[INET_ADDRSTRLEN];

	(void)inet_ntop(AF_INET, &p->four.sin_addr, host, sizeof(host));
	snprintf(text, ENDPOINT_TEXT, "%s:%u", host,
	    (unsigned)ntohs(p->four.sin_port));
}

int
endpoint_listen(struct endpoint *at)
{
	int fd = socket(at->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1;

	/* Connections that have ended may hold the port: of an earlier call, in
	 * namespaces that are shared, or of a port that was closed. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, &at->any, at->len) < 0 ||
	    listen(fd, ENDPOINT_BACKLOG) < 0 ||
	    getsockname(fd, &at->any, &at->len) < 0) {
		fs_close(fd);
		return -1;
	}
	return fd;
}

int
endpoint_connect(const char *text, struct err *e)
{
	struct pollfd now = { .events = POLLOUT };
	socklen_t n = sizeof(errno);
	struct endpoint p;
	int fd;

	if (endpoint_parse(&p, text, e) < 0)
		return -1;
	fd = now.fd = socket(p.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, &p.any, p.len) == 0)
		return fd;
	/* The loopback has answered by now, unless the service is busy. */
	if (fd >= 0 && errno == EINPROGRESS && (poll(&now, 1, 0) == 0 ||
	    (getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &n) == 0 &&
	    errno == 0)))
		return fd;
	err_sys(e, "can't connect to %s", text);
	fs_close(fd);
	return -1;
}
