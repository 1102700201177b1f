/*
 * sse: server-sent events from bytes, however they are cut.  Follows the WHATWG
 * HTML standard, section "Server-sent events", with two additions that servers
 * make necessary: `data: [DONE]` counts without its closing blank line, and a
 * line `error: ...` (old llama.cpp) is an event of that name.
 */
#ifndef ASSENT_PROVIDER_SSE_H
#define ASSENT_PROVIDER_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* event: "" when not named. data is NUL-terminated. */
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
	bool		 started;	/* the first line is behind us */
	bool		 after_cr;
	bool		 has_data;
	bool		 failed;	/* a limit was passed */
	bool		 stopped;	/* set by the callback: look at no more */
	bool		 foreign;	/* lines that are no SSE field came */
	/* Such lines, as far as they fit: Google's servers put the JSON of an
	 * error into a stream as it is. */
	struct buf	 bare;
};

void	sse_init(struct sse *, sse_event_cb *, void *arg);
void	sse_release(struct sse *);
/* -1 when a line or an event is too long; nothing more is taken then. */
int	sse_feed(struct sse *, const char *, size_t);
/* No more bytes: an unfinished event is dropped, except [DONE]. */
void	sse_end(struct sse *);

#endif
