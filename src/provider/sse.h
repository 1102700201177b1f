/*
 * sse: parses server-sent events from bytes in arbitrary pieces. Follows the
 * WHATWG HTML standard, section "Server-sent events", with two additions that
 * servers require: `data: [DONE]` counts without its final blank line, and a
 * line `error: ...` (old llama.cpp) is an event of that name.
 */
#ifndef ASSENT_PROVIDER_SSE_H
#define ASSENT_PROVIDER_SSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* event: "" if unnamed. data is NUL-terminated. */
typedef void sse_event_cb(void *arg, const char *event, const char *data,
    size_t n);

#define SSE_LINE_MAX	((size_t)16 << 20)
#define SSE_EVENT_MAX	((size_t)32 << 20)
#define SSE_BARE_MAX	((size_t)64 << 10)

struct sse {
	sse_event_cb	*cb;
	void		*arg;
	struct buf	 line;
	struct buf	 data;
	struct buf	 event;
	bool		 started;	/* the first line is over */
	bool		 after_cr;
	bool		 has_data;
	bool		 failed;	/* a limit was exceeded */
	bool		 stopped;	/* set by the callback: stop parsing */
	bool		 foreign;	/* lines came that aren't SSE fields */
	/* Those lines, as far as they fit: Google's servers put the JSON of an
	 * error directly into a stream. */
	struct buf	 bare;
};

void	sse_init(struct sse *, sse_event_cb *, void *arg);
void	sse_release(struct sse *);
/* -1 if a line or event is too long; the rest is ignored then. */
int	sse_feed(struct sse *, const char *, size_t);
/* No more bytes: drop an unfinished event, except [DONE]. */
void	sse_end(struct sse *);

#endif
