#include "config.h"

#include "provider/http-stream.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "loop/loop.h"
#include "provider/error.h"
#include "provider/http-handle.h"

#define STREAM_CONNECT_MS	(15 * 1000)
#define STREAM_HEAD_MAX		((size_t)64 << 10)

struct http_stream {
	struct loop		*loop;
	struct http_stream_callbacks cb;
	void			*arg;
	CURL			*easy;
	bool			 in_loop;
	struct curl_slist	*lines;
	struct loop_timer	*failed;	/* it couldn't even start */
	char			*url;
	struct buf		 head;
	struct provider_error	 early;
	char			 words[CURL_ERROR_SIZE];
};

void
http_stream_free(struct http_stream *s)
{
	if (s == NULL)
		return;
	if (s->in_loop)
		loop_transfer_remove(s->loop, s->easy);
	loop_timer_free(s->failed);
	if (s->easy != NULL)
		curl_easy_cleanup(s->easy);
	http_handle_lines_free(s->lines);
	buf_release(&s->head);
	free(s->url);
	free(s);
}

long
http_stream_status(const struct http_stream *s)
{
	long status = 0;

	if (s->easy != NULL)
		curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

const char *
http_stream_head(const struct http_stream *s)
{
	return buf_str(&s->head);
}

static size_t
stream_on_head(char *p, size_t size, size_t n, void *arg)
{
	struct http_stream *s = arg;

	/* A new status line: the previous one was "100 Continue". */
	if (size * n >= 5 && memcmp(p, "HTTP/", 5) == 0)
		buf_clear(&s->head);
	return buf_add(&s->head, p, size * n) < 0 ? 0 : size * n;
}

static size_t
stream_on_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_stream *s = arg;

	return s->cb.body(s->arg, p, size * n) ? size * n : 0;
}

static void
stream_done(void *arg, void *easy, int code)
{
	struct http_stream *s = arg;

	(void)easy;
	s->in_loop = false;
	if (s->early.kind == PROVIDER_OK && code != CURLE_OK)
		http_handle_error((CURLcode)code, s->words, s->url, &s->early);
	s->cb.done(s->arg, s->early.kind == PROVIDER_OK ? NULL : &s->early);
	http_stream_free(s);
}

static void
stream_failed(void *arg)
{
	struct http_stream *s = arg;

	s->failed = NULL;
	stream_done(s, s->easy, CURLE_OK);
}

struct http_stream *
http_stream_new(struct loop *loop, const struct http_stream_ask *a,
    const struct http_stream_callbacks *cb, void *arg)
{
	struct http_stream *s = xcalloc(1, sizeof(*s));
	struct http_ask ask = {
		.url = a->url, .key = a->key, .format = a->format,
		.more = a->lines, .ca_file = a->ca_file, .connect_ms = STREAM_CONNECT_MS, .words = s->words,
		.on_head = stream_on_head, .on_body = stream_on_body,
		.arg = s,
	};

	s->loop = loop;
	s->cb = *cb;
	s->arg = arg;
	s->url = xstrdup(a->url);
	s->early.wait_ms = -1;
	buf_init(&s->head, STREAM_HEAD_MAX);
	s->easy = http_handle_new(loop, &ask, &s->lines, &s->early);
	if (s->early.kind == PROVIDER_OK) {
		if (a->body == NULL)
			curl_easy_setopt(s->easy, CURLOPT_HTTPGET, 1L);
		else
			curl_easy_setopt(s->easy, CURLOPT_COPYPOSTFIELDS,
			    a->body);
		curl_easy_setopt(s->easy, CURLOPT_TCP_KEEPALIVE, 1L);
		s->in_loop = loop_transfer_add(loop, s->easy, stream_done,
		    s) == 0;
	}
	if (!s->in_loop) {
		if (s->early.kind == PROVIDER_OK)
			provider_error_set(&s->early, PROVIDER_CONNECT, false,
			    "cannot start libcurl");
		s->failed = loop_timer_new(loop, 0, stream_failed, s);
	}
	return s;
}
