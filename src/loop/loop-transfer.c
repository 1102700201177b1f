/*
 * The libcurl transfers of a loop, in one multi handle. curl polls the other
 * descriptors with its own.
 */
#include "config.h"

#include "loop/loop-int.h"

#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/url.h"

#define TRANSFER_WAIT_MS 86400000	/* "until something happens" */
#define TRANSFER_REST_BYTES 400

struct transfer {
	struct transfer		*next;
	CURL			*easy;
	loop_transfer_cb	*cb;
	void			*arg;
};

struct transfers {
	struct transfer		*first;
	int64_t			 rest_until;
	CURLM			*multi;
	struct curl_waitfd	*fds;
	unsigned		 fds_cap;
};

static const struct loop_transfers loop_transfers;

/* What holds for all of them; NULL: curl rejects it. */
static CURL *
transfer_safe(CURL *easy)
{
	int bad = 0;

#define SET(o, v) (bad |= curl_easy_setopt(easy, (o), (v)) != CURLE_OK)
	if (easy == NULL)
		return NULL;
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
#if LIBCURL_VERSION_NUM >= 0x075400
	if (curl_version_info(CURLVERSION_NOW)->cainfo == NULL)
		SET(CURLOPT_CAINFO, url_certificates());
#endif
#undef SET
	if (!bad)
		return easy;
	curl_easy_cleanup(easy);
	return NULL;
}

void *
loop_transfer_new(struct loop *l)
{
	CURLM *multi;

	if (l->data == NULL) {
		if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, xmalloc, free,
		    xrealloc, xstrdup, xcalloc) != CURLE_OK)
			return NULL;
		if ((multi = curl_multi_init()) == NULL) {
			curl_global_cleanup();
			return NULL;
		}
		l->data = xcalloc(1, sizeof(*l->data));
		l->data->multi = multi;
		l->transfers = &loop_transfers;
	}
	return transfer_safe(curl_easy_init());
}

int
loop_transfer_add(struct loop *l, void *easy, loop_transfer_cb *cb, void *arg)
{
	struct transfer *t;

	if (curl_multi_add_handle(l->data->multi, easy) != CURLM_OK)
		return -1;
	t = xcalloc(1, sizeof(*t));
	t->easy = easy;
	t->cb = cb;
	t->arg = arg;
	t->next = l->data->first;
	l->data->first = t;
	l->data->rest_until = 0;
	l->fresh = true;
	return 0;
}

void
loop_transfers_begin(struct loop *l)
{
	int running;

	curl_multi_perform(l->data->multi, &running);
}

void
loop_transfers_rest(struct loop *l, int64_t ms)
{
	l->data->rest_until = clock_mono_ms() + ms;
}

static bool
loop_polls_transfers(const struct loop *l)
{
	return l->data->first != NULL;
}

/* Sockets are ready from so many bytes on. */
static void
loop_transfers_want(struct transfers *d, int bytes)
{
	fd_set set[3] = { 0 };		/* to read, to write, and errors */
	int fd, last = -1;

	(void)curl_multi_fdset(d->multi, &set[0], &set[1], &set[2], &last);
	for (fd = 0; fd <= last; fd++)
		if (FD_ISSET(fd, &set[0]))
			(void)setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes,
			    sizeof(bytes));
}

/* Remove it from the list and from curl; the caller frees the struct. */
static struct transfer *
loop_transfer_detach(struct loop *l, CURL *easy)
{
	struct transfer **p, *t;

	if (l->data == NULL)
		return NULL;
	for (p = &l->data->first; (t = *p) != NULL; p = &t->next) {
		if (t->easy != easy)
			continue;
		*p = t->next;
		curl_multi_remove_handle(l->data->multi, easy);
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

	if (!loop_polls_transfers(l))
		return;
	l->fresh = false;
	curl_multi_perform(l->data->multi, &running);
	while ((m = curl_multi_info_read(l->data->multi, &left)) != NULL) {
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

static int64_t
loop_transfers_wait_ms(const struct loop *l, int64_t wait)
{
	int64_t left = l->data->rest_until - clock_mono_ms();

	return l->data->first != NULL && left > 0 &&
	    (wait < 0 || left < wait) ? left : wait;
}

/* How many descriptors are ready, curl's included. struct curl_waitfd and
 * struct pollfd differ. */
static int
loop_transfers_poll(struct loop *l, unsigned n, int wait)
{
	struct transfers *d = l->data;
	unsigned i;
	int ready = 0;
	bool rests = d->rest_until > clock_mono_ms();

	if (n > d->fds_cap) {
		d->fds = xreallocarray(d->fds, n, sizeof(*d->fds));
		d->fds_cap = n;
	}
	for (i = 0; i < n; i++) {
		d->fds[i].fd = l->fds[i].fd;
		d->fds[i].events = (short)(
		    (l->fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
		    (l->fds[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0));
		d->fds[i].revents = 0;
	}
	if (rests)
		loop_transfers_want(d, TRANSFER_REST_BYTES);
	curl_multi_poll(d->multi, d->fds, n, wait < 0 ? TRANSFER_WAIT_MS :
	    wait, &ready);
	if (rests)
		loop_transfers_want(d, 1);
	for (i = 0; i < n; i++)
		l->fds[i].revents = d->fds[i].revents;
	return ready;
}

static void
loop_transfers_free(struct loop *l)
{
	while (l->data->first != NULL)
		loop_transfer_remove(l, l->data->first->easy);
	curl_multi_cleanup(l->data->multi);
	curl_global_cleanup();
	free(l->data->fds);
	FREE_NULL(l->data);
}

static const struct loop_transfers loop_transfers = {
	loop_transfers_free, loop_polls_transfers, loop_transfers_poll,
	loop_transfers_wait_ms, loop_run_transfers,
};
