/*
 * lineio: lines of JSON in both directions over a non-blocking stream, the
 * socket between core and front ends. The caller polls the descriptor.
 */
#ifndef ASSENT_BASE_LINEIO_H
#define ASSENT_BASE_LINEIO_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

struct lineio {
	int		 fd;
	struct buf	 in;		/* full: a line was too long */
	size_t		 given;		/* how much of `in` was handed out, */
	size_t		 wiped;		/* and of that, how much is wiped */
	struct buf	 out;
	size_t		 sent;		/* how much of `out` was written */
};

/* Takes over the descriptor and makes it non-blocking. in_max: the longest
 * accepted line; out_max: how many bytes may wait to be written. */
struct lineio *lineio_new_take(int fd, size_t in_max, size_t out_max);
void	lineio_free(struct lineio *);		/* closes; NULL is fine */

/* Read what is available. 0, or -1 at the end of the stream, on an error, or if
 * a line is longer than in_max; complete lines read before that remain
 * available. */
int	lineio_read(struct lineio *);
/* The next complete line without its newline (NUL-terminated), or NULL. Valid
 * until the next call, which wipes it: it may have keys. */
const char *lineio_next(struct lineio *, size_t *n);

/* Queue a line (the newline is added). -1 if more than out_max bytes would
 * wait: the reader is too slow, drop it. */
int	lineio_send(struct lineio *, const char *line, size_t n);
/* Queue the object's text; deletes the object. */
int	lineio_send_take(struct lineio *, cJSON *);
/* Write as much as possible now. 0, or -1 if the peer is gone. */
int	lineio_flush(struct lineio *);

#endif
