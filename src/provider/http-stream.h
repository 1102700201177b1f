/*
 * http-stream: one HTTP request whose answer is handed on as it comes; for what
 * isn't a model's answer. The same rules: TLS is verified, no redirect is
 * followed, nothing blocks.
 */
#ifndef ASSENT_PROVIDER_HTTP_STREAM_H
#define ASSENT_PROVIDER_HTTP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "provider/provider.h"

struct http_stream;
struct loop;

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

#endif
