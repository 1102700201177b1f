/*
 * http-handle: the easy handle of one request: its URL, its headers, proxy and
 * certificates; and what curl's errors mean. TLS is always verified, and
 * redirects are never followed (the key would go along); neither can be
 * switched off.
 *
 * Sources: libcurl's manual pages, curl_easy_setopt and the multi interface.
 */
#ifndef ASSENT_PROVIDER_HTTP_HANDLE_H
#define ASSENT_PROVIDER_HTTP_HANDLE_H

#include <stdint.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "provider/provider.h"

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

#endif
