/*
 * rate-limit: the speed of the terminal's line, and how many of the written
 * bytes it is still transmitting.  Pure: no clock, no terminal.  Times are in
 * ms on the caller's clock, amounts in bytes.  On a fast line, or one of
 * unknown speed, everything may be sent at once.
 */
#ifndef ASSENT_UI_TERM_RATE_LIMIT_H
#define ASSENT_UI_TERM_RATE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATE_LIMIT_PIECE_MS	200	/* the line's time for a part of a
					   frame */
#define RATE_LIMIT_AHEAD_MS	20	/* send the next part if no more is
					   left */
#define RATE_LIMIT_ECHO_MS	250	/* likewise for an echo of what is
					   typed */
#define RATE_LIMIT_LOOK_MS	50	/* when to check a line that is late */
#define RATE_LIMIT_FAST	30000	/* bytes a second: no need to wait */

struct rate_limit {
	int64_t	speed;		/* bytes a second; 0: fast or unknown */
	int64_t	delay;		/* ms from us to the user and back */
	int64_t	owed;		/* not yet transmitted, at the time `at`, in
				   thousandths of a byte */
	int64_t	at;
};

/* `baud`: with 8 bits, a start and a stop bit; 0: unknown. */
void	rate_limit_init(struct rate_limit *, int64_t baud, int64_t delay);
bool	rate_limit_is_slow(const struct rate_limit *);
/* So many bytes were written. */
void	rate_limit_sent(struct rate_limit *, size_t bytes, int64_t now);
/* The kernel still has at least so many bytes: a line may be slower than its
 * setting, or stopped by flow control. */
void	rate_limit_left(struct rate_limit *, size_t bytes, int64_t now);
/* When the line needs no more than so many ms for the rest; a time in the past
 * if the line is fast. */
int64_t	rate_limit_when(const struct rate_limit *, int64_t left_ms);
/* From when on a key can be an answer to what was written until now. */
int64_t	rate_limit_answered(const struct rate_limit *, int64_t now);
/* The size of a part in bytes: at least 1. */
size_t	rate_limit_piece(const struct rate_limit *);

#endif
