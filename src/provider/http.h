/*
 * http: requests that aren't a model's call, and the easy handle of all of them:
 * its URL, its headers, proxy and certificates; and what curl's errors mean. TLS
 * is always verified, and redirects are never followed (the key would go along);
 * neither can be switched off.
 *
 * Sources: libcurl's manual pages, curl_easy_setopt and the multi interface.
 */
#ifndef ASSENT_PROVIDER_HTTP_H
#define ASSENT_PROVIDER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>

#include "base/buf.h"
#include "base/err.h"
#include "provider/provider.h"

struct call_target;
struct http_stream;
struct loop;

/* Everything is borrowed for the call; `words` (CURL_ERROR_SIZE bytes) and
 * `arg` until the handle is freed. */
struct http_ask {
	const char			*url, *key;	/* key may be NULL */
	const struct provider_format	*format;	/* or NULL: `more` */
	const struct buf		*more;	/* header lines, each with its
						   NUL, instead of ours of the
						   same name; or NULL */
	unsigned			 options;	/* of the request */
	const char			*header;	/* an extra one, or
							   NULL */
	const char			*ca_file; /* as in call_target */
	int64_t				 connect_ms;
	char				*words;
	size_t	(*on_head)(char *, size_t, size_t, void *arg);
	size_t	(*on_body)(char *, size_t, size_t, void *arg);
	void				*arg;
};

/* NULL, or with *early set, on failure. The caller frees both handle and
 * *lines, the lines with http_handle_lines_free, after the handle. */
CURL	*http_handle_new(struct loop *, const struct http_ask *,
	    struct curl_slist **lines,
	    struct provider_error *early);
/* Header lines contain the key: wipe them. */
void	http_handle_lines_free(struct curl_slist *);

/* base_url plus suffix, with the model for {model}; malloc'ed. A version (/v1,
 * /v1beta) in both counts once. */
char	*http_handle_url(const char *base, const char *suffix,
	    const char *model);

/* The proxy for this URL, for display: its address without name and password,
 * and where it is set. `setting` as in call_target. malloc'ed; NULL: none. */
char	*http_handle_proxy_name(const char *url);
/* Nothing usable came: curl's error as a kind. `words` may be empty. */
void	http_handle_error(CURLcode, const char *words, const char *url,
	    struct provider_error *);

/* One request whose answer is handed on as it comes; nothing blocks. */
struct http_stream_ask {
	const char		*url;
	const struct buf	*lines;		/* header lines, each with its
						   NUL; they may have a key */
	const char		*body;		/* of a POST; NULL: a GET */
	const char		*key, *ca_file;	/* as in call_target */
	const struct provider_format *format;	/* for its headers; or NULL */
};

struct http_stream_callbacks {
	/* Of the answer's body. False: enough of it. Don't cancel here. */
	bool	(*body)(void *arg, const char *p, size_t n);
	/* Once, last, from the loop: NULL, or why there is no whole answer. The
	 * stream frees itself after it. */
	void	(*done)(void *arg, const struct provider_error *why);
};

/* Borrows all for the call. */
struct http_stream *http_stream_new(struct loop *,
	    const struct http_stream_ask *,
	    const struct http_stream_callbacks *, void *arg);
/* No callback after this; not in one. NULL is fine. */
void	http_stream_free(struct http_stream *);

/* In a callback; 0: there is no answer. */
long	http_stream_status(const struct http_stream *);
const char *http_stream_head(const struct http_stream *);

/* Does the provider accept this key? Waits up to 20 s: for a process that does
 * nothing else. -1 with the message; *rejected: the key is why. */
int	listing_ask(const struct call_target *, bool *rejected, struct err *);
/* Ask [{"url", "post"}] in parallel, without key and proxy, for up to 3 s; POST
 * if there is something to post. [object or null], in the same order; the
 * caller deletes. */
cJSON	*listing_pages(const cJSON *);

#endif
