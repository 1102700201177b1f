#include "config.h"

#include "core/net/proxy-channel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/spawn.h"

struct proxy_channel {
	pid_t			 pid;
	struct net_channel	*channel;
};

struct proxy_channel *
proxy_channel_new(struct loop *loop, net_channel_cb *cb, void *arg,
    struct err *e)
{
	AUTO_FREE char *path = self_program("assent-net", e);
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct proxy_channel *p;
	int pair[2];
	pid_t pid;

	if (path == NULL)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		err_sys(e, "proxy: socketpair");
		return NULL;
	}
	pid = spawn_bare(path, "assent-net", pair[1], null, null);
	if (pid < 0)
		err_sys(e, "proxy: cannot start %s", path);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return NULL;
	}
	p = xcalloc(1, sizeof(*p));
	p->pid = pid;
	p->channel = net_channel_new(loop, pair[0], cb, arg);
	return p;
}

void
proxy_channel_free(struct proxy_channel *p)
{
	if (p == NULL)
		return;
	net_channel_free(p->channel);
	/* It has nothing to save. */
	(void)kill(p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(p);
}

void
proxy_channel_send_take(struct proxy_channel *p, cJSON *o, int fd)
{
	net_channel_send_take(p->channel, o, fd);
}

void
proxy_channel_refuse(struct proxy_channel *p, int64_t id, const char *words)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "answer", id);
	json_add_bool(o, "allow", false);
	json_add_str(o, "words", words);
	proxy_channel_send_take(p, o, -1);
}
