/*
 * assent-net: the proxy of a session, for commands in its sandbox. No arguments,
 * no environment; descriptor 0 is the channel to the core (net/proxy.h).
 */
#include "config.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "loop/loop.h"
#include "net/proxy.h"

static bool
main_has_channel(void)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &len) ==
	    0 && type == SOCK_SEQPACKET;
}

int
main(void)
{
	struct net_proxy *proxy;
	struct loop *loop;
	int fds, status;

	if (fs_hold_std() < 0)
		return 1;
	if (!main_has_channel()) {
		fputs("assent-net is started by assent; see assent(1)\n",
		    stderr);
		return 2;
	}
	fds = net_confine();
	loop = loop_new();
	proxy = net_proxy_new(loop, STDIN_FILENO, fds);
	status = loop_run(loop);
	net_proxy_free(proxy);
	loop_free(loop);
	return status;
}
