#include "config.h"

#include "core/net/proxy-channel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdpass.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/spawn.h"
#include "loop/loop.h"

#define PROXY_CHANNEL_MAX	16384	/* bytes of a message */
#define PROXY_QUEUE_MAX	((size_t)1 << 20)	/* bytes: it doesn't read */

/* What the socket has no room for yet: an answer for each of many connections. */
struct proxy_message {
	struct proxy_message	*next;
	char			*text;
	int			 fd;		/* goes with it; -1 */
};

struct proxy_channel {
	struct loop		*loop;
	pid_t			 pid;
	int			 fd;
	struct loop_watch	*watch;
	struct loop_timer	*failed;
	struct proxy_message	*first, **last;
	size_t			 queued;
	proxy_channel_cb	*cb;
	void			*arg;
};

static void
proxy_channel_ended(void *arg)
{
	struct proxy_channel *p = arg;

	p->failed = NULL;
	p->cb(p->arg, NULL);
}

/* From the loop: who is sending may still use the channel. */
static void
proxy_channel_fail(struct proxy_channel *p)
{
	loop_watch_free(p->watch);
	p->watch = NULL;
	if (p->failed == NULL)
		p->failed = loop_timer_new(p->loop, 0, proxy_channel_ended, p);
}

/* Send the first message. False: there is none, or no room for it. */
static bool
proxy_channel_send_first(struct proxy_channel *p)
{
	struct proxy_message *m = p->first;
	struct iovec iov = { m == NULL ? NULL : m->text,
		m == NULL ? 0 : strlen(m->text) };

	if (m == NULL)
		return false;
	if (fdpass_send(p->fd, &iov, 1, &m->fd, m->fd >= 0) < 0) {
		if (errno != EAGAIN)
			proxy_channel_fail(p);
		return false;
	}
	p->first = m->next;
	if (p->first == NULL)
		p->last = &p->first;
	p->queued -= iov.iov_len;
	fs_close(m->fd);
	free(m->text);
	free(m);
	return true;
}

static void
proxy_channel_flush(struct proxy_channel *p)
{
	while (proxy_channel_send_first(p))
		;
	if (p->queued > PROXY_QUEUE_MAX)
		proxy_channel_fail(p);
	if (p->watch != NULL)
		loop_watch_set(p->watch, LOOP_READ |
		    (p->first == NULL ? 0 : LOOP_WRITE));
}

static void
proxy_channel_read(struct proxy_channel *p, int fd)
{
	char text[PROXY_CHANNEL_MAX];
	struct iovec iov = { text, sizeof(text) };
	int fds[FDPASS_MAX];
	ssize_t n = fdpass_receive(fd, &iov, 1, fds);
	AUTO_JSON cJSON *m = NULL;

	fs_close(fds[0]);
	fs_close(fds[1]);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0)
		m = json_parse(text, (size_t)n, JSON_NUL_REFUSE, NULL);
	if (m == NULL)
		proxy_channel_fail(p);
	else
		p->cb(p->arg, m);
}

static void
proxy_channel_ready(void *arg, int fd, unsigned events)
{
	struct proxy_channel *p = arg;

	if ((events & LOOP_WRITE) != 0)
		proxy_channel_flush(p);
	/* Last: the channel may be freed. */
	if ((events & LOOP_READ) != 0 && p->watch != NULL)
		proxy_channel_read(p, fd);
}

struct proxy_channel *
proxy_channel_new(struct loop *loop, proxy_channel_cb *cb, void *arg,
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
	(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
	p = xcalloc(1, sizeof(*p));
	p->loop = loop;
	p->pid = pid;
	p->fd = pair[0];
	p->cb = cb;
	p->arg = arg;
	p->watch = loop_watch_new(loop, p->fd, LOOP_READ, proxy_channel_ready,
	    p);
	p->last = &p->first;
	return p;
}

void
proxy_channel_free(struct proxy_channel *p)
{
	struct proxy_message *m;

	if (p == NULL)
		return;
	while ((m = p->first) != NULL) {
		p->first = m->next;
		fs_close(m->fd);
		free(m->text);
		free(m);
	}
	loop_watch_free(p->watch);
	loop_timer_free(p->failed);
	close(p->fd);
	/* It has nothing to save. */
	(void)kill(p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(p);
}

void
proxy_channel_send(struct proxy_channel *p, const cJSON *message, int fd)
{
	struct proxy_message *m = xcalloc(1, sizeof(*m));

	m->text = json_print(message);
	m->fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	*p->last = m;
	p->last = &m->next;
	p->queued += strlen(m->text);
	proxy_channel_flush(p);
}

void
proxy_channel_refuse(struct proxy_channel *p, int64_t id, const char *words)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();

	json_add_int(o, "answer", id);
	json_add_bool(o, "allow", false);
	json_add_str(o, "words", words);
	proxy_channel_send(p, o, -1);
}
