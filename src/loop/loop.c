/*
 * The loop has two lists and one curl multi handle. Watches and timers freed
 * during a round are only marked and removed at its end, so that a callback may
 * free anything, including itself.
 */
#include "config.h"

#include "loop/loop.h"

#include <poll.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/mem.h"

struct loop_watch {
	struct loop_watch	*next;
	struct loop		*loop;
	int			 fd;
	unsigned		 events;
	loop_fd_cb		*cb;
	void			*arg;
	bool			 dead;
};

struct loop_timer {
	struct loop_timer	*next;
	struct loop		*loop;
	int64_t			 due_ms;
	bool			 idle;		/* ... once nothing is ready */
	loop_timer_cb		*cb;
	void			*arg;
	bool			 dead;
};

struct transfer {
	struct transfer		*next;
	CURL			*easy;
	loop_transfer_cb	*cb;
	void			*arg;
};

struct loop {
	struct loop_watch	*watches;
	struct loop_timer	*timers;
	struct transfer		*transfers;
	int64_t			 rest_until;	/* no look at them before */
	bool			 fresh;		/* one hasn't been started */
	CURLM			*multi;
	struct curl_waitfd	*fds;
	size_t			 fds_cap;
	bool			 stopped;
	int			 status;
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
	while (l->transfers != NULL)
		loop_transfer_remove(l, l->transfers->easy);
	loop_sweep(l, true);
	if (l->multi != NULL) {
		curl_multi_cleanup(l->multi);
		curl_global_cleanup();
	}
	free(l->fds);
	free(l);
}

struct loop_watch *
loop_watch_new(struct loop *l, int fd, unsigned events, loop_fd_cb *cb,
    void *arg)
{
	struct loop_watch *w = xcalloc(1, sizeof(*w));

	w->loop = l;
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
loop_watch_free(struct loop_watch *w)
{
	if (w != NULL)
		w->dead = true;
}

struct loop_timer *
loop_timer_new(struct loop *l, int64_t ms, loop_timer_cb *cb, void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	t->loop = l;
	t->due_ms = clock_mono_ms() + ms;
	t->cb = cb;
	t->arg = arg;
	t->next = l->timers;
	l->timers = t;
	return t;
}

struct loop_timer *
loop_idle_new(struct loop *l, loop_timer_cb *cb, void *arg)
{
	struct loop_timer *t = loop_timer_new(l, 0, cb, arg);

	t->idle = true;
	return t;
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t != NULL)
		t->dead = true;
}

void *
loop_transfer_new(struct loop *l)
{
	if (l->multi == NULL) {
		if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, xmalloc, free,
		    xrealloc, xstrdup, xcalloc) != CURLE_OK)
			return NULL;
		if ((l->multi = curl_multi_init()) == NULL) {
			curl_global_cleanup();
			return NULL;
		}
	}
	return curl_easy_init();
}

int
loop_transfer_add(struct loop *l, void *easy, loop_transfer_cb *cb, void *arg)
{
	struct transfer *t;

	if (curl_multi_add_handle(l->multi, easy) != CURLM_OK)
		return -1;
	t = xcalloc(1, sizeof(*t));
	t->easy = easy;
	t->cb = cb;
	t->arg = arg;
	t->next = l->transfers;
	l->transfers = t;
	l->rest_until = 0;
	l->fresh = true;
	return 0;
}

void
loop_transfers_rest(struct loop *l, int64_t ms)
{
	l->rest_until = ms > 0 ? clock_mono_ms() + ms : 0;
}

static bool
loop_looks(const struct loop *l)
{
	return l->transfers != NULL && l->rest_until <= clock_mono_ms();
}

/* Remove it from the list and from curl; the caller frees the struct. */
static struct transfer *
loop_transfer_detach(struct loop *l, CURL *easy)
{
	struct transfer **p, *t;

	for (p = &l->transfers; (t = *p) != NULL; p = &t->next) {
		if (t->easy != easy)
			continue;
		*p = t->next;
		curl_multi_remove_handle(l->multi, easy);
		return t;
	}
	return NULL;
}

void
loop_transfer_remove(struct loop *l, void *easy)
{
	free(loop_transfer_detach(l, easy));
}

static void
loop_run_transfers(struct loop *l)
{
	CURLMsg *m;
	int running, left;

	if (!loop_looks(l))
		return;
	l->fresh = false;
	curl_multi_perform(l->multi, &running);
	while ((m = curl_multi_info_read(l->multi, &left)) != NULL) {
		AUTO_FREE struct transfer *t = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		t = loop_transfer_detach(l, m->easy_handle);
		if (t == NULL)
			continue;
		t->cb(t->arg, t->easy, (int)code);
	}
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
	if (l->transfers != NULL && l->rest_until > now &&
	    (wait < 0 || l->rest_until - now < wait))
		wait = l->rest_until - now;
	/* A maximum of a day makes the cast safe. */
	return wait > 86400000 ? 86400000 : (int)wait;
}

/* How many descriptors are ready, curl's included. */
static int
loop_poll(struct loop *l, unsigned n, int wait)
{
	int ready = 0;

	/* struct curl_waitfd and struct pollfd differ. Without transfers curl
	 * isn't needed and isn't started; with them it polls its own too. */
	if (loop_looks(l)) {
		curl_multi_poll(l->multi, l->fds, n,
		    wait < 0 ? 86400000 : wait, &ready);
	} else {
		struct pollfd *p = xreallocarray(NULL, n + 1, sizeof(*p));
		unsigned i;

		for (i = 0; i < n; i++) {
			p[i].fd = l->fds[i].fd;
			p[i].events = (short)(
			    (l->fds[i].events & CURL_WAIT_POLLIN ? POLLIN : 0) |
			    (l->fds[i].events & CURL_WAIT_POLLOUT ? POLLOUT :
			    0));
			p[i].revents = 0;
		}
		ready = poll(p, n, wait);
		if (ready > 0)
			for (i = 0; i < n; i++)
				l->fds[i].revents = p[i].revents;
		free(p);
	}
	return ready;
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
		    (w->events & LOOP_READ ? CURL_WAIT_POLLIN : 0) |
		    (w->events & LOOP_WRITE ? CURL_WAIT_POLLOUT : 0));
		l->fds[i].revents = 0;
	}
	quiet = loop_poll(l, n, loop_wait_ms(l, timeout_ms)) <= 0 && !l->fresh;
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
	loop_run_transfers(l);
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
