/* See channel.h. What the core doesn't read yet is queued, up to a limit that
 * an honest core never meets: it answers for each connection. */
#include "config.h"

#include "net/channel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"

#define CHANNEL_QUEUE_MAX ((size_t)1 << 20)	/* bytes */
#define CHANNEL_ROUND 64			/* messages read at once */
#define CHANNEL_FDS 8				/* one is right */

struct channel_message {
	struct channel_message	*next;
	char			*text;
};

struct net_channel {
	struct loop		*loop;
	struct loop_watch	*watch;
	int			 fd;
	net_channel_cb		*cb;
	void			*arg;
	struct channel_message	*first, **last;
	size_t			 queued;
	bool			 ended;
};

static void
channel_end(struct net_channel *ch, const char *why)
{
	if (ch->ended)
		return;
	ch->ended = true;
	loop_watch_set(ch->watch, 0);
	if (why != NULL)
		fprintf(stderr, "assent-net: %s\n", why);
	loop_stop(ch->loop, why == NULL ? 0 : 1);
}

/* 1: sent; 0: not now; -1: the core has gone. */
static int
channel_try(struct net_channel *ch, const char *text)
{
	for (;;) {
		if (send(ch->fd, text, strlen(text),
		    MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 1;
		if (errno == EINTR)
			continue;
		return errno == EAGAIN || errno == ENOBUFS ? 0 : -1;
	}
}

static void
channel_flush(struct net_channel *ch)
{
	struct channel_message *m;
	int rc = 1;

	while ((m = ch->first) != NULL &&
	    (rc = channel_try(ch, m->text)) == 1) {
		ch->first = m->next;
		ch->queued -= strlen(m->text);
		free(m->text);
		free(m);
	}
	if (ch->first == NULL)
		ch->last = &ch->first;
	if (rc < 0)
		channel_end(ch, NULL);
	else if (!ch->ended)
		loop_watch_set(ch->watch, LOOP_READ |
		    (ch->first == NULL ? 0 : LOOP_WRITE));
}

void
net_channel_send(struct net_channel *ch, cJSON *o_take)
{
	struct channel_message *m;

	if (!ch->ended) {
		m = xcalloc(1, sizeof(*m));
		m->text = json_print(o_take);
		*ch->last = m;
		ch->last = &m->next;
		ch->queued += strlen(m->text);
		channel_flush(ch);
		if (ch->queued > CHANNEL_QUEUE_MAX)
			channel_end(ch, "the core doesn't read");
	}
	cJSON_Delete(o_take);
}

/* The one descriptor of a message, or -1; others are closed. -1 if there are
 * others. */
static int
channel_take_fd(struct msghdr *h, int *fd)
{
	struct cmsghdr *cm;
	int fds[CHANNEL_FDS], rc = (h->msg_flags & MSG_CTRUNC) != 0 ? -1 : 0;
	size_t n, i;

	for (cm = CMSG_FIRSTHDR(h); cm != NULL; cm = CMSG_NXTHDR(h, cm)) {
		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(cm), n * sizeof(int));
		for (i = 0; i < n; i++) {
			if (*fd < 0) {
				*fd = fds[i];
				continue;
			}
			close(fds[i]);
			rc = -1;
		}
	}
	return rc;
}

static int
channel_receive(struct net_channel *ch, struct err *e)
{
	char text[NET_MESSAGE_MAX];
	union {
		struct cmsghdr	 head;
		char		 room[CMSG_SPACE(CHANNEL_FDS * sizeof(int))];
	} control;
	struct iovec io = { text, sizeof(text) };
	struct msghdr h = {
		.msg_iov = &io, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	AUTO_CLOSE int fd = -1;
	AUTO_JSON cJSON *o = NULL;
	ssize_t n = recvmsg(ch->fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int rc;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		channel_end(ch, NULL);
		return 0;
	}
	rc = channel_take_fd(&h, &fd);
	if (rc < 0 || (h.msg_flags & MSG_TRUNC) != 0)
		rc = err_set(e, "a message is too large");
	else if ((o = json_parse(text, (size_t)n, JSON_NUL_REFUSE, e)) == NULL)
		rc = -1;
	else
		rc = ch->cb(ch->arg, o, &fd, e);
	/* It may have held a secret. */
	explicit_bzero(text, (size_t)n);
	json_wipe(o, "secret");
	return rc < 0 ? -1 : 1;
}

static void
channel_ready(void *arg, int fd, unsigned events)
{
	struct net_channel *ch = arg;
	struct err e = ERR_INIT;
	int i, rc = 1;

	(void)fd;
	if ((events & LOOP_WRITE) != 0)
		channel_flush(ch);
	if ((events & LOOP_READ) == 0)
		return;
	for (i = 0; i < CHANNEL_ROUND && rc == 1 && !ch->ended; i++)
		rc = channel_receive(ch, &e);
	if (rc < 0)
		channel_end(ch, e.text);
}

struct net_channel *
net_channel_new(struct loop *loop, int fd, net_channel_cb *cb, void *arg)
{
	struct net_channel *ch = xcalloc(1, sizeof(*ch));

	ch->loop = loop;
	ch->fd = fd;
	ch->cb = cb;
	ch->arg = arg;
	ch->last = &ch->first;
	ch->watch = loop_watch_new(loop, fd, LOOP_READ, channel_ready, ch);
	return ch;
}

void
net_channel_free(struct net_channel *ch)
{
	struct channel_message *m;

	if (ch == NULL)
		return;
	while ((m = ch->first) != NULL) {
		ch->first = m->next;
		free(m->text);
		free(m);
	}
	loop_watch_free(ch->watch);
	free(ch);
}
