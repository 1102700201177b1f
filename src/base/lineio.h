/*
 * lineio: lines of JSON over a non-blocking stream, both directions, for the
 * socket between core and front ends.  The caller polls the descriptor.
 */
#ifndef ASSENT_BASE_LINEIO_H
#define ASSENT_BASE_LINEIO_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

struct lineio;

/* Takes the descriptor and makes it non-blocking. in_max: longest line that is
 * accepted; out_max: most bytes that may wait to be written. */
struct lineio *lineio_new_take(int fd, size_t in_max, size_t out_max);
void	lineio_free(struct lineio *);		/* closes; NULL is fine */
int	lineio_fd(const struct lineio *);

/* Read what is there. 0, or -1 at the end of the stream, on an error, or when
 * a line is longer than in_max; whole lines read before are still given. */
int	lineio_read(struct lineio *);
/* The next whole line without its newline (NUL-terminated), or NULL. Borrowed
 * until the next call. */
const char *lineio_next(struct lineio *, size_t *n);

/* Clear what was given so far: it held a secret. */
void	lineio_wipe(struct lineio *);

/* Queue a line (the newline is added). -1 when out_max would be passed: the
 * reader is too slow, drop it. */
int	lineio_send(struct lineio *, const char *line, size_t n);
/* Queue the object's text; it is taken (deleted). */
int	lineio_send_take(struct lineio *, cJSON *);
/* Write what can be written now. 0, or -1 when the peer is gone. */
int	lineio_flush(struct lineio *);
bool	lineio_wants_write(const struct lineio *);
/* How many bytes wait to be written. */
size_t	lineio_pending(const struct lineio *);

#endif
