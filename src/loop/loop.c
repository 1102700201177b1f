/*
 * The loop has two lists, and transfers (loop-transfer.c) once there are some.
 * Watches and timers freed during a round are only marked and removed at its
 * end, so that a callback may free anything, including itself.
 */
#include "config.h"

#include "loop/loop-int.h"

#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

struct loop_watch {
	struct loop_watch	*next;
	int			 fd;
	unsigned		 events;
	loop_fd_cb		*cb;
	void			*arg;
	bool			 dead;
};

struct loop_timer {
	struct loop_timer	*next;
	int64_t			 due_ms;
	bool			 idle;		/* ... once nothing is ready */
	loop_timer_cb		*cb;
	void			*arg;
	bool			 dead;
};

struct loop *
loop_new(void)
{
	return xcalloc(1, sizeof(struct loop));
}

/* Unlink and free entries marked dead. */
static void
loop_sweep(struct loop *l, bool all)
{
	struct loop_watch **w = &l->watches;
	struct loop_timer **t = &l->timers;

	while (*w != NULL) {
		struct loop_watch *it = *w;

		if (it->dead || all) {
			*w = it->next;
			free(it);
		} else
			w = &it->next;
	}
	while (*t != NULL) {
		struct loop_timer *it = *t;

		if (it->dead || all) {
			*t = it->next;
			free(it);
		} else
			t = &it->next;
	}
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	if (l->transfers != NULL)
		l->transfers->free(l);
	loop_sweep(l, true);
	FREE_ALL(l->fds, l);
}

struct loop_watch *
loop_watch_new(struct loop *l, int fd, unsigned events, loop_fd_cb *cb,
    void *arg)
{
	struct loop_watch *w = xcalloc(1, sizeof(*w));

	w->fd = fd;
	w->events = events;
	w->cb = cb;
	w->arg = arg;
	w->next = l->watches;
	l->watches = w;
	return w;
}

void
loop_watch_set(struct loop_watch *w, unsigned events)
{
	w->events = events;
}

void
loop_watch_free(struct loop_watch **w)
{
	if (*w != NULL)
		(*w)->dead = true;
	*w = NULL;
}

struct loop_timer *
loop_timer_new(struct loop *l, int64_t ms, loop_timer_cb *cb, void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	t->idle = ms == LOOP_IDLE;
	t->due_ms = clock_mono_ms() + (t->idle ? 0 : ms);
	t->cb = cb;
	t->arg = arg;
	t->next = l->timers;
	l->timers = t;
	return t;
}

void
loop_timer_free(struct loop_timer **t)
{
	if (*t != NULL)
		(*t)->dead = true;
	*t = NULL;
}

static int
loop_wait_ms(const struct loop *l, int timeout_ms)
{
	const struct loop_timer *t;
	int64_t now = clock_mono_ms(), wait = timeout_ms;

	for (t = l->timers; t != NULL; t = t->next) {
		int64_t left = t->due_ms > now ? t->due_ms - now : 0;

		if (!t->dead && (wait < 0 || left < wait))
			wait = left;
	}
	if (l->transfers != NULL)
		wait = l->transfers->wait_ms(l, wait);
	/* A maximum of a day makes the cast safe. */
	return wait > 86400000 ? 86400000 : (int)wait;
}

/* Timers that are due; those that wait for a quiet round only in one. */
static bool
loop_run_timers(struct loop *l, bool idle)
{
	int64_t now = clock_mono_ms();
	struct loop_timer *t;
	bool ran = false;

	for (t = l->timers; t != NULL; t = t->next) {
		if (t->dead || t->due_ms > now || t->idle != idle)
			continue;
		t->dead = ran = true;
		t->cb(t->arg);
	}
	return ran;
}

void
loop_once(struct loop *l, int timeout_ms)
{
	struct loop_watch *w;
	unsigned n = 0, i;
	int wait;
	bool quiet;

	loop_sweep(l, false);
	for (w = l->watches; w != NULL; w = w->next)
		n++;
	if (n > l->fds_cap) {
		l->fds = xreallocarray(l->fds, n, sizeof(*l->fds));
		l->fds_cap = n;
	}
	for (w = l->watches, i = 0; w != NULL; w = w->next, i++) {
		l->fds[i].fd = w->events == 0 ? -1 : w->fd;
		l->fds[i].events = (short)(
		    (w->events & LOOP_READ ? POLLIN : 0) |
		    (w->events & LOOP_WRITE ? POLLOUT : 0));
		l->fds[i].revents = 0;
	}
	wait = loop_wait_ms(l, timeout_ms);
	quiet = (l->transfers != NULL && l->transfers->looks(l) ?
	    l->transfers->poll(l, n, wait) : poll(l->fds, n, wait)) <= 0 &&
	    !l->fresh;
	/* Callbacks add watches only at the head, so this walk is safe. */
	for (w = l->watches, i = 0; w != NULL && i < n; w = w->next, i++) {
		/* Other events (hang up, error) wake the callback too. */
		short r = l->fds[i].revents;
		unsigned ev = 0;

		if (r & (POLLIN | POLLHUP | POLLERR | POLLNVAL))
			ev |= LOOP_READ & w->events;
		if (r & (POLLOUT | POLLHUP | POLLERR | POLLNVAL))
			ev |= LOOP_WRITE & w->events;
		if (ev != 0 && !w->dead)
			w->cb(w->arg, w->fd, ev);
	}
	if (l->transfers != NULL)
		l->transfers->run(l);
	if (!loop_run_timers(l, false) && quiet && !l->fresh)
		(void)loop_run_timers(l, true);
	loop_sweep(l, false);
}

int
loop_run(struct loop *l)
{
	l->stopped = false;
	while (!l->stopped)
		loop_once(l, -1);
	return l->status;
}

void
loop_stop(struct loop *l, int status)
{
	l->stopped = true;
	l->status = status;
}
