/* Messages that the other side hasn't read yet are queued. The limit is never
 * reached if it reads at all: each connection gets one answer. */
#include "config.h"

#include "net/proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fdpass.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"

/* NET_ALLOW_MAX addresses fit in. */
#define CHANNEL_MESSAGE_MAX ((size_t)64 << 10)
#define CHANNEL_QUEUE_MAX ((size_t)1 << 20)	/* bytes */
#define CHANNEL_ROUND 64			/* messages read at once */

struct channel_message {
	struct channel_message	*next;
	char			*text;
	int			 fd;	/* goes with it; -1 */
};

struct net_channel {
	struct loop		*loop;
	struct loop_watch	*watch;
	struct loop_timer	*end;	/* the callback is due */
	int			 fd;
	net_channel_cb		*cb;
	void			*arg;
	struct channel_message	*first, **last;
	size_t			 queued;
	bool			 ended;
	struct err		 why;
};

/* A message may have held a secret. */
static void
channel_wipe(cJSON *o)
{
	json_wipe(o, "secret");
	json_wipe(o, "proxy");
}

static void
channel_ended(void *arg)
{
	struct net_channel *ch = arg;

	ch->end = NULL;
	(void)ch->cb(ch->arg, NULL, NULL, &ch->why);
}

/* From the loop: the sender may still use the channel. `why` may be NULL. */
static void
channel_end(struct net_channel *ch, const char *why)
{
	if (ch->ended)
		return;
	ch->ended = true;
	if (why != NULL)
		err_set(&ch->why, "%s", why);
	loop_watch_set(ch->watch, 0);
	ch->end = loop_timer_new(ch->loop, 0, channel_ended, ch);
}

static void
channel_drop_first(struct net_channel *ch)
{
	struct channel_message *m = ch->first;

	ch->first = m->next;
	if (ch->first == NULL)
		ch->last = &ch->first;
	ch->queued -= strlen(m->text);
	fs_close(m->fd);
	explicit_bzero(m->text, strlen(m->text));
	FREE_ALL(m->text, m);
}

static void
channel_flush(struct net_channel *ch)
{
	struct channel_message *m;

	while ((m = ch->first) != NULL) {
		const struct iovec iov = { m->text, strlen(m->text) };

		if (fdpass_send(ch->fd, &iov, 1, &m->fd, m->fd >= 0) < 0) {
			if (errno != EAGAIN && errno != ENOBUFS)
				channel_end(ch, NULL);
			break;
		}
		channel_drop_first(ch);
	}
	if (ch->queued > CHANNEL_QUEUE_MAX)
		channel_end(ch, "the other side doesn't read");
	if (!ch->ended)
		loop_watch_set(ch->watch, LOOP_READ |
		    (ch->first == NULL ? 0 : LOOP_WRITE));
}

void
net_channel_send_take(struct net_channel *ch, cJSON *o, int fd)
{
	struct channel_message *m;

	if (!ch->ended) {
		m = xcalloc(1, sizeof(*m));
		m->text = json_print(o);
		m->fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
		*ch->last = m;
		ch->last = &m->next;
		ch->queued += strlen(m->text);
		channel_flush(ch);
	}
	channel_wipe(o);
	cJSON_Delete(o);
}

/* False: there is no more for now. */
static bool
channel_receive(struct net_channel *ch)
{
	char text[CHANNEL_MESSAGE_MAX];
	const struct iovec iov = { text, sizeof(text) };
	int fds[FDPASS_MAX], rc = -1;
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *o = NULL;
	ssize_t n = fdpass_receive(ch->fd, &iov, 1, fds);

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n > 0)
		o = json_parse(text, (size_t)n, JSON_NUL_REFUSE, &e);
	if (o != NULL && fds[1] >= 0)
		err_set(&e, "a message with two descriptors");
	else if (o != NULL)
		rc = ch->cb(ch->arg, o, &fds[0], &e);
	fdpass_close(fds);
	explicit_bzero(text, sizeof(text));
	channel_wipe(o);
	if (rc < 0)
		channel_end(ch, err_is_set(&e) ? e.text : NULL);
	return rc == 0;
}

static void
channel_ready(void *arg, int fd UNUSED, unsigned events)
{
	struct net_channel *ch = arg;
	int i;

	if ((events & LOOP_WRITE) != 0)
		channel_flush(ch);
	for (i = 0; (events & LOOP_READ) != 0 && i < CHANNEL_ROUND &&
	    !ch->ended && channel_receive(ch); i++)
		;
}

struct net_channel *
net_channel_new(struct loop *loop, int fd, net_channel_cb *cb, void *arg)
{
	struct net_channel *ch = xcalloc(1, sizeof(*ch));

	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
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
	while (ch->first != NULL)
		channel_drop_first(ch);
	loop_watch_free(&ch->watch);
	loop_timer_free(&ch->end);
	close(ch->fd);
	free(ch);
}
