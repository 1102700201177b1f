#include "config.h"

#include "sandbox/proxy-listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

#define PROXY_BACKLOG	128

const char *const proxy_variables[] = {
	"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy",
	"all_proxy", NULL
};

int
proxy_listen(int *port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* The kernel chooses the port: a project's programs listen at ports that
	 * they know. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) < 0 ||
	    listen(fd, PROXY_BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0) {
		fs_close(fd);
		return -1;
	}
	*port = ntohs(a.sin_port);
	return fd;
}

char *
proxy_address(int port, const char *secret)
{
	return xasprintf("http://%s%s%s127.0.0.1:%d",
	    secret == NULL ? "" : "assent:", secret == NULL ? "" : secret,
	    secret == NULL ? "" : "@", port);
}
