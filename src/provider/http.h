/*
 * http: requests that aren't a model's call. TLS is always verified, and
 * redirects are never followed (the key would go along); neither can be switched
 * off.
 */
#ifndef ASSENT_PROVIDER_HTTP_H
#define ASSENT_PROVIDER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "provider/provider.h"

struct sockaddr;

/* base_url plus suffix, with the model for {model}; malloc'ed. A version (/v1,
 * /v1beta) in both counts once. */
char	*http_handle_url(const char *base, const char *suffix,
	    const char *model);

/* The proxy for this URL, for display: its address without name and password,
 * and where it is set. malloc'ed; NULL: none. */
char	*http_handle_proxy_name(const char *url);

/* One request whose answer is handed on as it comes; nothing blocks. */
struct http_stream_ask {
	const char		*url;
	const struct buf	*lines;		/* header lines, each with its
						   NUL; they may have a key */
	const char		*body;		/* of a POST, borrowed until it
						   is done; NULL: a GET */
	const char		*key, *auth, *header, *ca_file;	/* as in
						   call_target */
	unsigned		 options;
	const struct provider_format *format;	/* for its headers; or NULL */
	bool			 connect_only;	/* nothing is sent */
	long			 timeout_ms;	/* for all of it; 0: any */
};

struct http_stream_callbacks {
	/* Of the answer's body. False: enough of it. Don't cancel here. */
	bool	(*body)(void *arg, const char *p, size_t n);
	/* Once, last, from the loop: NULL, or why there is no whole answer. The
	 * stream frees itself after it. */
	void	(*done)(void *arg, const struct provider_error *why);
	/* May it connect there? NULL: anywhere. Through a proxy it isn't asked:
	 * the proxy finds the address. */
	bool	(*address)(void *arg, const struct sockaddr *);
};

/* Borrows the rest for the call. */
struct http_stream *http_stream_new(struct loop *,
	    const struct http_stream_ask *,
	    const struct http_stream_callbacks *, void *arg);
/* No callback after this; not in one. NULL is fine. */
void	http_stream_free(struct http_stream *);

/* In a callback: the answer's head, and its status; 0: there is no answer. */
const char *http_stream_head(const struct http_stream *, long *status);

/* Does the provider accept this key? Waits up to 20 s: for a process that does
 * nothing else. -1 with the message; *rejected: the key is why. */
int	listing_ask(const struct call_target *, bool *rejected, struct err *);
/* Ask [{"url", "post"}] in parallel, without key and proxy, for up to 3 s; POST
 * if there is something to post. [object or null], in the same order; the
 * caller deletes. */
cJSON	*listing_pages(const cJSON *);

#endif
