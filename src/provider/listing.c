/*
 * Asks a provider, or servers on this machine, for their models.
 *
 * Sources: https://platform.claude.com/docs/en/api/models-list,
 * https://platform.openai.com/docs/api-reference/models/list (also for
 * compatible servers), https://ai.google.dev/api/models#method:-models.list
 */
#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "provider/http.h"
#include "provider/provider.h"

#define LISTING_MS	20000
#define LISTING_MAX	((size_t)8 << 20)
#define PAGES_MS	3000	/* for all together: a server may be loading */
#define PAGE_MAX	((size_t)4 << 20)

/* Requests under way. */
struct listings {
	struct loop		*loop;
	int			 left;		/* still without an answer */
};

/* One request and its answer. */
struct listing {
	struct listings		*of;
	struct http_stream	*stream;	/* NULL: it's over */
	struct buf		 body;
	long			 status;
	struct provider_error	 why;		/* there is none */
};

static bool
listing_on_body(void *arg, const char *p, size_t n)
{
	struct listing *l = arg;

	return buf_add(&l->body, p, n) == 0;
}

static void
listing_done(void *arg, const struct provider_error *why)
{
	struct listing *l = arg;

	const char *head = http_stream_head(l->stream, &l->status);

	if (why != NULL)
		l->why = *why;
	else if (l->status != 200)
		provider_error_from_body(&l->why, l->status,
		    head, buf_str(&l->body), l->body.len);
	l->stream = NULL;
	if (--l->of->left == 0)
		loop_stop(l->of->loop, 0);
}

/* `post` may be NULL. */
static void
listing_begin(struct listing *l, struct listings *of,
    const struct call_target *t, const char *url, const char *post, size_t max)
{
	static const struct http_stream_callbacks cb = {
		.body = listing_on_body, .done = listing_done,
	};
	const struct http_stream_ask ask = {
		.url = url, .lines = t->headers, .body = post, .key = t->key,
		.auth = t->auth, .ca_file = t->ca_file, .format = t->format,
	};

	memset(l, 0, sizeof(*l));
	l->of = of;
	l->why.wait_ms = -1;
	buf_init(&l->body, max);
	l->stream = http_stream_new(of->loop, &ask, &cb, l);
	of->left++;
}

static void
listing_late(void *arg)
{
	loop_stop(arg, 1);
}

/* Wait until all have answered, or the time is up. */
static void
listing_wait(struct listings *of, struct listing *v, size_t n, int64_t ms)
{
	struct loop_timer *late;
	size_t i;

	if (of->left == 0)
		return;
	late = loop_timer_new(of->loop, ms, listing_late, of->loop);
	if (loop_run(of->loop) == 0)
		loop_timer_free(&late);
	for (i = 0; i < n; i++) {
		if (v[i].stream != NULL)
			provider_error_set(&v[i].why, PROVIDER_TIMEOUT, true,
			    "it doesn't answer");
		http_stream_free(v[i].stream);
	}
}

/* NULL: the answer is no object. */
static cJSON *
listing_take(struct listing *l)
{
	cJSON *o = l->why.kind != PROVIDER_OK ? NULL : json_parse(
	    buf_str(&l->body), l->body.len, JSON_NUL_REPLACE, NULL);

	if (!cJSON_IsObject(o))
		json_drop(&o);
	buf_release(&l->body);
	return o;
}

int
listing_ask(const struct call_target *t, bool *rejected, struct err *e)
{
	AUTO_FREE char *url = http_handle_url(t->base_url,
	    t->format->list_suffix, "");
	struct listings of = { .loop = loop_new() };
	AUTO_JSON cJSON *list = NULL;
	struct listing l;

	listing_begin(&l, &of, t, url, NULL, LISTING_MAX);
	listing_wait(&of, &l, 1, LISTING_MS);
	loop_free(of.loop);
	list = listing_take(&l);
	/* 403: a key that may not list models. */
	*rejected = l.status == 401 ||
	    (l.status == 400 && l.why.kind == PROVIDER_AUTH);
	if (list != NULL)
		return 0;
	provider_error_mask(&l.why, t->key, t->headers);
	if (l.why.kind == PROVIDER_OK)
		err_set(e, "the answer isn't a list of models");
	else if (l.status > 0)
		err_set(e, "HTTP status %ld: %s", l.status, l.why.message);
	else
		err_set(e, "%s", l.why.message);
	return -1;
}

cJSON *
listing_pages(const cJSON *pages)
{
	const struct call_target t = {
		.format = provider_format_find("openai-chat"),
	};
	size_t n = (size_t)cJSON_GetArraySize(pages), i = 0;
	struct listing *v = xcalloc(n + 1, sizeof(*v));
	struct listings of = { .loop = loop_new() };
	cJSON *list = cJSON_CreateArray(), *o;
	const cJSON *it;

	cJSON_ArrayForEach(it, pages)
		listing_begin(&v[i++], &of, &t, json_str_or(it, "url", ""),
		    json_str(it, "post"), PAGE_MAX);
	listing_wait(&of, v, n, PAGES_MS);
	for (i = 0; i < n; i++) {
		o = listing_take(&v[i]);
		cJSON_AddItemToArray(list, o == NULL ? cJSON_CreateNull() : o);
	}
	free(v);
	loop_free(of.loop);
	return list;
}
