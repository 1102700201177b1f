#include "config.h"

#include "provider/listing.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "provider/error.h"
#include "provider/http-handle.h"
#include "provider/provider-call.h"

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
	char			*url;
	CURL			*easy;
	struct curl_slist	*lines;
	struct buf		 head, body;
	char			 words[CURL_ERROR_SIZE];
	bool			 running;
	CURLcode		 code;
	struct provider_error	 why;		/* couldn't be asked */
};

static size_t
listing_on_head(char *p, size_t size, size_t n, void *arg)
{
	struct listing *l = arg;

	return buf_add(&l->head, p, size * n) < 0 ? 0 : size * n;
}

static size_t
listing_on_body(char *p, size_t size, size_t n, void *arg)
{
	struct listing *l = arg;

	return buf_add(&l->body, p, size * n) < 0 ? 0 : size * n;
}

static void
listing_done(void *arg, void *easy, int code)
{
	struct listing *l = arg;

	(void)easy;
	l->code = (CURLcode)code;
	l->running = false;
	if (--l->of->left == 0)
		loop_stop(l->of->loop, 0);
}

/* `post` may be NULL. */
static void
listing_begin(struct listing *l, struct listings *of,
    const struct call_target *t, char *url_take, const char *post, size_t max)
{
	struct http_ask ask = {
		.url = url_take, .key = t->key, .format = t->format,
		.more = t->headers, .ca_file = t->ca_file,
		.connect_ms = LISTING_MS, .words = l->words,
		.on_head = listing_on_head, .on_body = listing_on_body,
		.arg = l,
	};

	memset(l, 0, sizeof(*l));
	l->of = of;
	l->url = url_take;
	l->code = CURLE_FAILED_INIT;
	l->why.wait_ms = -1;
	buf_init(&l->head, 1 << 18);
	buf_init(&l->body, max);
	l->easy = http_handle_new(of->loop, &ask, &l->lines, &l->why);
	if (l->why.kind == PROVIDER_OK && (post != NULL ?
	    curl_easy_setopt(l->easy, CURLOPT_COPYPOSTFIELDS, post) :
	    curl_easy_setopt(l->easy, CURLOPT_HTTPGET, 1L)) == CURLE_OK &&
	    loop_transfer_add(of->loop, l->easy, listing_done, l) == 0) {
		l->running = true;
		of->left++;
	}
}

static void
listing_late(void *arg)
{
	loop_stop(arg, 1);
}

/* Until all have answered, or the time is up. */
static void
listing_wait(struct listings *of, struct listing *v, size_t n, int64_t ms)
{
	struct loop_timer *late;
	size_t i;

	if (of->left == 0)
		return;
	late = loop_timer_new(of->loop, ms, listing_late, of->loop);
	if (loop_run(of->loop) == 0)
		loop_timer_free(late);
	for (i = 0; i < n; i++)
		if (v[i].running) {
			v[i].code = CURLE_OPERATION_TIMEDOUT;
			loop_transfer_remove(of->loop, v[i].easy);
		}
}

static long
listing_status(const struct listing *l)
{
	long status = 0;

	if (l->easy != NULL)
		curl_easy_getinfo(l->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static void
listing_release(struct listing *l)
{
	if (l->easy != NULL)
		curl_easy_cleanup(l->easy);
	http_handle_lines_free(l->lines);
	buf_release(&l->head);
	buf_release(&l->body);
	free(l->url);
}

int
listing_ask(const struct call_target *t, bool *rejected, struct err *e)
{
	struct listings of = { .loop = loop_new() };
	AUTO_JSON cJSON *list = NULL;
	struct listing l;
	long status;

	listing_begin(&l, &of, t, http_handle_url(t->base_url,
	    t->format->list_suffix, ""), NULL, LISTING_MAX);
	listing_wait(&of, &l, 1, LISTING_MS);
	status = listing_status(&l);
	if (l.code != CURLE_OK && l.why.kind == PROVIDER_OK)
		http_handle_error(l.code, l.words, l.url, &l.why);
	else if (l.why.kind == PROVIDER_OK && status != 200)
		provider_error_from_body(&l.why, status, buf_str(&l.head),
		    buf_str(&l.body), l.body.len);
	/* 403: a key that may not list models. */
	*rejected = status == 401 ||
	    (status == 400 && l.why.kind == PROVIDER_AUTH);
	if (l.why.kind == PROVIDER_OK && status == 200) {
		list = json_parse(buf_str(&l.body), l.body.len,
		    JSON_NUL_REPLACE, NULL);
		if (!cJSON_IsObject(list))
			err_set(e, "the answer isn't a list of models");
	} else {
		provider_error_mask(&l.why, t->key);
		provider_error_mask_lines(&l.why, t->headers);
		if (status > 0)
			err_set(e, "HTTP status %ld: %s", status,
			    l.why.message);
		else
			err_set(e, "%s", l.why.message);
	}
	listing_release(&l);
	loop_free(of.loop);
	return err_is_set(e) ? -1 : 0;
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
		listing_begin(&v[i++], &of, &t, xstrdup(json_str_or(it, "url",
		    "")), json_str(it, "post"), PAGE_MAX);
	listing_wait(&of, v, n, PAGES_MS);
	for (i = 0; i < n; i++) {
		o = v[i].code != CURLE_OK || listing_status(&v[i]) != 200 ?
		    NULL : json_parse(buf_str(&v[i].body), v[i].body.len,
		    JSON_NUL_REPLACE, NULL);
		if (!cJSON_IsObject(o)) {
			cJSON_Delete(o);
			o = cJSON_CreateNull();
		}
		cJSON_AddItemToArray(list, o);
		listing_release(&v[i]);
	}
	free(v);
	loop_free(of.loop);
	return list;
}
