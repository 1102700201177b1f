/* See client.h. */

#include "config.h"

#include "client/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/reader.h"

#define CLIENT_STOP_MS	4000	/* for the core to end what it does */
#define CLIENT_LOOK_MS	2000	/* without a line: look at the core */
#define CLIENT_STOPPED	2	/* looks: enough if it is stopped, */
#define CLIENT_HELLO	30	/* or hasn't even said hello */

/* ---- what is sent ---- */

int
client_fd(const struct client *c)
{
	return c->io->fd;
}

bool
client_is_sending(const struct client *c)
{
	return c->io->out.len > c->io->sent;
}

static void
client_flush(struct client *c)
{
	(void)lineio_flush(c->io);	/* reading finds out */
}

short
client_events(const struct client *c)
{
	return client_is_sending(c) ? POLLIN | POLLOUT : POLLIN;
}

int
client_send(struct client *c, cJSON *take)
{
	int rc = c->early == NULL ? lineio_send_take(c->io, take) :
	    cJSON_AddItemToArray(c->early, take) ? 0 : -1;

	client_flush(c);
	return rc;
}

void
client_go(struct client *c)
{
	AUTO_JSON cJSON *early = c->early;
	cJSON *one;

	c->early = NULL;
	while ((one = cJSON_DetachItemFromArray(early, 0)) != NULL)
		(void)client_send(c, one);
}

void
client_sync(struct client *c)
{
	(void)client_send(c, command_of("sync"));
	c->syncs++;
}

bool
client_is_synced(const struct client *c)
{
	return c->syncs == 0;
}

bool
client_interrupt(struct client *c)
{
	if (c->interrupts++ > 0)
		return false;
	(void)client_send(c, command_of("interrupt"));
	return true;
}

void
client_leave(struct client *c)
{
	c->left = true;
}

void
client_stop(struct client *c, int signo)
{
	if (signo == SIGTERM && c->leave_at == 0)
		c->leave_at = clock_mono_ms() + CLIENT_STOP_MS;
	if (client_interrupt(c))
		return;
	c->pid = 0;
	client_leave(c);
}

static bool
client_is_late(const struct client *c)
{
	return c->leave_at != 0 && clock_mono_ms() >= c->leave_at;
}

/* ---- what is asked, and what is shown meanwhile ---- */

enum review_wait
client_waits(const struct client *c)
{
	int i;

	for (i = REVIEW_ASK; i < REVIEW_WAITS; i++)
		if (c->review.waits[i])
			return (enum review_wait)i;
	return c->fold->proposal != NULL ? REVIEW_DIFF : REVIEW_NOTHING;
}

char *
client_waits_name(const struct client *c, enum review_wait kind)
{
	return c->review.waits[kind] || (kind == REVIEW_DIFF &&
	    c->fold->proposal != NULL) ? review_wait_name(&c->review, kind) :
	    NULL;
}

void
client_ask(struct client *c, enum review_wait kind)
{
	c->kind = kind;
	FREE_SET(c->asked, client_waits_name(c, kind));
}

bool
client_stands(struct client *c)
{
	AUTO_FREE char *now = NULL;

	if (c->asked == NULL)
		return false;
	now = client_waits_name(c, c->kind);
	if (c->hold || (now != NULL && strcmp(now, c->asked) == 0 &&
	    (c->ops->stands == NULL || c->ops->stands(c->arg))))
		return true;
	FREE_NULL(c->asked);
	if (c->ops->closed != NULL)
		c->ops->closed(c->arg);
	return false;
}

static void
client_show_held(struct client *c)
{
	while (c->live && c->asked == NULL && !c->hold &&
	    c->held->child != NULL) {
		AUTO_JSON cJSON *line = cJSON_DetachItemFromArray(c->held, 0);
		AUTO_EVENT struct event l = { 0 };

		event_read(&l, line);
		c->ops->show(c->arg, &l);
	}
}

void
client_hold(struct client *c, bool on)
{
	c->hold = on;
}

static void
client_show(struct client *c, const struct event *l)
{
	int past = c->live ? 0 : c->ops->past;

	if (c->ops->show == NULL)
		return;
	if (past == 0 && c->asked == NULL && !c->hold &&
	    c->held->child == NULL) {
		c->ops->show(c->arg, l);
		return;
	}
	cJSON_AddItemToArray(c->held, cJSON_Duplicate(l->line, 1));
	while (past > 0 && cJSON_GetArraySize(c->held) > past)
		cJSON_DeleteItemFromArray(c->held, 0);
}

/* ---- lines ---- */

int
client_exit(int64_t code)
{
	return code < 0 || code > 255 ? 1 : (int)code;
}

/* A line about the connection or the session's end. */
static void
client_note(struct client *c, const struct event *l)
{
	switch (l->type) {
	case EVENT_HELLO:
		xstrset(&c->session, l->hello.session);
		break;
	case EVENT_LIVE:
		c->live = true;
		break;
	case EVENT_SYNCED:
		c->syncs--;
		break;
	case EVENT_REFUSED:
		if (l->refused.exit.n <= 0)
			break;
		xstrset(&c->why, l->refused.text);
		c->code = client_exit(l->refused.exit.n);
		break;
	case EVENT_AGENT_END:
		c->code = client_exit(l->agent_end.exit);
		break;
	case EVENT_ENDED:
		c->ended = true;
		if (c->fold == NULL || !c->fold->ended)
			c->code = client_exit(l->ended.exit);
		break;
	default:
		break;
	}
}

static void
client_line(void *arg, const char *text, size_t n)
{
	struct client *c = arg;
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *line = json_parse(text, n, JSON_OWN, &e);
	AUTO_EVENT struct event l = { 0 };
	AUTO_FREE char *why = NULL;

	if (line == NULL) {
		why = xasprintf("the background process sent invalid JSON: %s",
		    e.text);
		line = EVENT_LINE(refused, .text = why);
		c->unread = true;
	}
	event_read(&l, line);
	c->text = text;
	c->text_len = n;
	if (c->ops->before != NULL)
		c->ops->before(c->arg, &l);
	client_note(c, &l);
	if (c->fold != NULL && !c->ops->folds) {
		review_before(&c->review, &l);
		fold_event(c->fold, &l);
		(void)review_after(&c->review, &l);
		review_update_waits(&c->review);
	}
	c->ops->line(c->arg, &l);
	c->text = NULL;
	client_show(c, &l);
}

void
client_open(struct client *c, struct fold *fold, const struct client_ops *ops,
    void *arg)
{
	c->fold = fold;
	c->review.fold = fold;
	c->ops = ops;
	c->arg = arg;
	c->left = false;
	if (c->held == NULL)
		c->held = cJSON_CreateArray();
}

void
client_read_past(struct client *c, const struct past *past,
    const char *session)
{
	AUTO_JSON cJSON *hello = command_text("hello", "session", session);
	AUTO_FREE char *text = NULL;

	client_flush(c);	/* the core begins meanwhile */
	json_add_str(hello, "dir", past->dir);
	text = json_print(hello);
	client_line(c, text, strlen(text));
	past_each(past, client_line, c);
}

int
client_read(struct client *c)
{
	const char *line;
	size_t n;
	int rc;

	client_flush(c);
	client_show_held(c);
	rc = lineio_read(c->io);
	while (!c->left && (line = lineio_next(c->io, &n)) != NULL)
		client_line(c, line, n);
	(void)client_stands(c);
	client_show_held(c);
	if (rc == 0 || c->left || c->end != CLIENT_RUNS)
		return rc;
	c->end = c->ended ? CLIENT_ENDED : c->why != NULL ? CLIENT_REFUSED :
	    CLIENT_GONE;
	if (c->end != CLIENT_REFUSED)
		xstrset(&c->why, c->ended ? "the session has ended" :
		    c->session == NULL ? "the background process didn't start" :
		    "the background process died");
	return rc;
}

/* ---- the loop ---- */

/* No line came for a while. The model or an apply may take long. */
static void
client_look(struct client *c)
{
	struct err e = ERR_INIT;
	bool stopped = client_check_stopped(c, false, &e) < 0;
	int most = stopped ? CLIENT_STOPPED : c->session == NULL &&
	    c->pid == 0 ? CLIENT_HELLO : c->waits;

	c->looks = most == 0 ? 0 : c->looks + 1;
	if (most == 0 || c->looks < most)
		return;
	if (!stopped)
		(void)client_check_stopped(c, true, &e);
	xstrset(&c->why, e.text);
	c->end = CLIENT_STUCK;
	c->pid = 0;
}

static int
client_until(int64_t at)
{
	int64_t left = at - clock_mono_ms();

	return left < 0 ? 0 : (int)left;
}

static int
client_wait_ms(const struct client *c)
{
	if (c->leave_at == 0)
		return c->ops->stays || c->asked != NULL ? -1 : CLIENT_LOOK_MS;
	return client_until(c->leave_at);
}

/* Until `round` has something to do; -1: it hasn't. */
static int
client_due_ms(const struct client *c)
{
	int64_t due = c->ops->due == NULL ? -1 : c->ops->due(c->arg);

	return due < 0 ? -1 : client_until(due);
}

static void
client_mask(struct client *c)
{
	const int *signo;
	sigset_t set;

	if (c->ops->signals == NULL || c->masked)
		return;
	sigemptyset(&set);
	for (signo = c->ops->signals; *signo != 0; signo++)
		sigaddset(&set, *signo);
	sigprocmask(SIG_BLOCK, &set, &c->mask);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	c->masked = true;
}

static void
client_read_signals(struct client *c)
{
	struct signalfd_siginfo si;

	while (read(c->signals, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (c->ops->signal != NULL)
			c->ops->signal(c->arg, (int)si.ssi_signo);
		else
			client_stop(c, (int)si.ssi_signo);
}

static bool
client_is_over(const struct client *c)
{
	return c->left || c->end != CLIENT_RUNS || client_is_late(c);
}

/* Is standard input wanted? */
static bool
client_types(const struct client *c)
{
	return c->ops->types != NULL && c->ops->types(c->arg);
}

static void
client_once(struct client *c)
{
	struct pollfd fds[4] = {
		{ c->io->fd, client_events(c), 0 },
		{ c->masked ? c->signals : -1, POLLIN, 0 },
		{ client_types(c) ? STDIN_FILENO : -1, POLLIN, 0 },
		{ -1, 0, 0 },
	};
	int ready, wait, due;
	bool early;

	if (c->ops->other != NULL)
		fds[3].fd = c->ops->other(c->arg, &fds[3].events);
	due = client_due_ms(c);
	wait = client_wait_ms(c);
	early = due >= 0 && (wait < 0 || due < wait);
	ready = poll(fds, MEM_COUNT(fds), early ? due : wait);
	if (ready < 0 && errno != EINTR) {
		c->end = CLIENT_GONE;
		xstrset(&c->why, strerror(errno));
	}
	if (ready == 0 && !early && c->leave_at == 0)
		client_look(c);
	if (ready <= 0)
		return;
	c->looks = 0;
	if (fds[1].revents != 0)
		client_read_signals(c);
	if (fds[0].revents != 0)
		(void)client_read(c);
	if (fds[2].revents != 0 && !client_is_over(c) && client_types(c))
		c->ops->typed(c->arg);
	if (fds[3].revents != 0 && !client_is_over(c))
		c->ops->ready(c->arg);
}

void
client_run(struct client *c)
{
	client_mask(c);
	(void)client_read(c);	/* lines that came with earlier ones */
	while (!client_is_over(c)) {
		client_show_held(c);
		if (c->ops->round != NULL)
			c->ops->round(c->arg);
		if (!client_is_over(c))
			client_once(c);
	}
}

/* ---- a command and its answer ---- */

struct client_request {
	struct client	*client;
	enum event_type	 answer;
	struct event	**got;
	struct err	*e;
	int		 rc;
};

static void
client_request_line(void *arg, const struct event *l)
{
	struct client_request *r = arg;

	if (l->type == EVENT_REFUSED)
		r->rc = err_set(r->e, "%s", l->refused.text);
	else if (l->type == r->answer)
		r->rc = 1;
	if (r->rc > 0 && r->got != NULL)
		event_keep_line(r->got, l);
	if (r->rc != 0)
		client_leave(r->client);
}

int
client_request(struct client *c, struct fold *fold, cJSON *take,
    enum event_type answer, struct event **got, struct err *e)
{
	static const struct client_ops ops = { .line = client_request_line };
	struct client_request r = { c, answer, got, e, 0 };

	if (take != NULL)
		(void)client_send(c, take);
	client_open(c, fold, &ops, &r);
	client_run(c);
	return c->end == CLIENT_STUCK ? err_set(e, "%s", c->why) : r.rc;
}

/* False: it hasn't ended, and we can't wait for it longer. */
static bool
client_core_ends(const struct client *c)
{
	struct pollfd p = { .fd = -1, .events = POLLIN };
	bool late;

	if (c->pid > 0 && c->leave_at != 0)
		p.fd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	late = p.fd >= 0 && poll(&p, 1, client_wait_ms(c)) <= 0;
	fs_close(p.fd);
	if (late)
		return false;
	if (c->pid > 0)
		(void)spawn_reap(c->pid);
	return true;
}

void
client_unmask(struct client *c)
{
	if (!c->masked)
		return;
	fs_close(c->signals);
	sigprocmask(SIG_SETMASK, &c->mask, NULL);
	c->masked = false;
}

bool
client_release(struct client *c)
{
	bool ended;

	if (c->io != NULL)
		client_flush(c);
	lineio_free(c->io);
	ended = client_core_ends(c);
	client_unmask(c);
	cJSON_Delete(c->held);
	cJSON_Delete(c->early);
	review_release(&c->review);
	FREE_ALL(c->session, c->why, c->asked);
	memset(c, 0, sizeof(*c));
	return ended;
}
