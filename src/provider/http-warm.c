/*
 * http-warm: opens the connection of the next request ahead of it, as far as
 * TLS, and sends no request: curl asks before it would send one, and is told to
 * stop. With HTTP/2 the connection stays for the request; with HTTP/1 curl
 * closes it, and what remains is the address, and the session of TLS 1.2.
 *
 * Sources: libcurl's manual pages, CURLOPT_PREREQFUNCTION.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "loop/loop.h"
#include "provider/http-handle.h"
#include "provider/provider-call.h"

#define WARM_CONNECT_MS 20000

struct provider_warm {
	struct loop		*loop;
	struct provider_warm	**owner;
	CURL			*easy;
	struct curl_slist	*lines;
	char			*url;
	char			 words[CURL_ERROR_SIZE];
};

void
provider_warm_free(struct provider_warm *w)
{
	if (w == NULL)
		return;
	*w->owner = NULL;
	if (w->easy != NULL) {
		loop_transfer_remove(w->loop, w->easy);
		curl_easy_cleanup(w->easy);
	}
	http_handle_lines_free(w->lines);
	free(w->url);
	free(w);
}

#if LIBCURL_VERSION_NUM >= 0x075000
static size_t
warm_sink(char *p, size_t size, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return size * n;
}

static int
warm_connected(void *arg, char *to, char *from, int to_port, int from_port)
{
	(void)arg;
	(void)to;
	(void)from;
	(void)to_port;
	(void)from_port;
	return CURL_PREREQFUNC_ABORT;
}

static void
warm_done(void *arg, void *easy, int code)
{
	(void)easy;
	(void)code;
	provider_warm_free(arg);
}

void
provider_warm(struct loop *loop, const struct call_target *t,
    struct provider_warm **owner)
{
	struct provider_error early = { 0 };
	struct provider_warm *w;
	struct http_ask ask = {
		.key = t->key, .format = t->format, .options = t->options,
		.ca_file = t->ca_file,
		.connect_ms = WARM_CONNECT_MS,
		.on_head = warm_sink, .on_body = warm_sink,
	};

	if (*owner != NULL || t->replay_dir != NULL || t->base_url == NULL ||
	    strncasecmp(t->base_url, "https:", 6) != 0)
		return;
	w = *owner = xcalloc(1, sizeof(*w));
	w->loop = loop;
	w->owner = owner;
	ask.url = w->url = http_handle_url(t->base_url, t->format->url_suffix,
	    t->model);
	ask.words = w->words;
	w->easy = http_handle_new(loop, &ask, &w->lines, &early);
	if (early.kind != PROVIDER_OK || curl_easy_setopt(w->easy,
	    CURLOPT_PREREQFUNCTION, warm_connected) != CURLE_OK ||
	    loop_transfer_add(loop, w->easy, warm_done, w) < 0)
		provider_warm_free(w);
}
#else
void
provider_warm(struct loop *loop, const struct call_target *t,
    struct provider_warm **owner)
{
	(void)loop;
	(void)t;
	(void)owner;
}
#endif
