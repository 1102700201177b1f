/*
 * http-handle: the easy handle of one request: its address, its header lines,
 * how the server is reached and checked; and what curl's own errors mean.
 * TLS is always verified, and a redirect never followed (the key would go with
 * it): there is no switch for either.
 *
 * Sources: libcurl's manual pages, curl_easy_setopt and the multi interface.
 */
#ifndef ASSENT_PROVIDER_HTTP_HANDLE_H
#define ASSENT_PROVIDER_HTTP_HANDLE_H

#include <stdint.h>

#include <curl/curl.h>

#include "provider/provider.h"

/* All are borrowed for the call; `words` (CURL_ERROR_SIZE bytes) and `arg` as
 * long as the handle lives. */
struct http_ask {
	const char			*url, *key;	/* key may be NULL */
	const struct provider_format	*format;
	unsigned			 options;	/* of the request */
	const char			*header;	/* one more, or NULL */
	const char			*proxy, *ca_file; /* as in call_target */
	int64_t				 connect_ms;
	char				*words;
	size_t	(*on_head)(char *, size_t, size_t, void *arg);
	size_t	(*on_body)(char *, size_t, size_t, void *arg);
	void				*arg;
};

/* NULL, or *early set, where it cannot be made; the caller frees both handle and
 * *lines, the lines by http_handle_lines_free, after the handle. */
CURL	*http_handle_new(struct loop *, const struct http_ask *,
	    struct curl_slist **lines,
	    struct provider_error *early);
/* Header lines hold the key: it is cleared. */
void	http_handle_lines_free(struct curl_slist *);

/* base_url and suffix, with the model where the suffix has {model}; malloc'ed.
 * A version (/v1, /v1beta) that stands in both counts once. */
char	*http_handle_url(const char *base, const char *suffix,
	    const char *model);

/* The proxy that is used for this URL, in words: its address without name and
 * password, and where it was named. `setting` as in call_target. malloc'ed. */
char	*http_handle_proxy_name(const char *setting, const char *url);
/* Nothing came that could be used: what curl says, as a kind. `words` may be
 * empty. */
void	http_handle_error(CURLcode, const char *words, const char *url,
	    struct provider_error *);

#endif
