/*
 * rate-limit: how fast a line is, and how much of what was written to it is
 * still on
 * its way.  It counts; no clock, no terminal.  Times are in ms on the caller's
 * clock, amounts in bytes.  On a line that is quick, or of which nothing is
 * known, everything may go out at once.
 */
#ifndef ASSENT_UI_TERM_RATE_LIMIT_H
#define ASSENT_UI_TERM_RATE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATE_LIMIT_PIECE_MS	200	/* of a picture that goes out in pieces */
#define RATE_LIMIT_AHEAD_MS	20	/* on its way, when the next piece begins */
#define RATE_LIMIT_ECHO_MS	250	/* and when what was typed may still go out */
#define RATE_LIMIT_LOOK_MS	50	/* at a line that is behind its time */
#define RATE_LIMIT_FAST	30000	/* bytes a second: nothing to wait for */

struct rate_limit {
	int64_t	speed;		/* bytes a second; 0: quick, or not known */
	int64_t	delay;		/* ms from us to a person and back */
	int64_t	owed;		/* thousandths of a byte, at that time: */
	int64_t	at;
};

/* `baud` of 8 bits with a start and a stop bit; 0: not known. */
void	rate_limit_init(struct rate_limit *, int64_t baud, int64_t delay);
bool	rate_limit_is_slow(const struct rate_limit *);
/* So much was written. */
void	rate_limit_sent(struct rate_limit *, size_t bytes, int64_t now);
/* So much of it, and not less, has yet to go, as the kernel counts it: a line
 * may be slower than it says, or be told to wait. */
void	rate_limit_left(struct rate_limit *, size_t bytes, int64_t now);
/* When no more than so many ms of it are on their way; the past, on a line that
 * is quick. */
int64_t	rate_limit_when(const struct rate_limit *, int64_t left_ms);
/* When a key can be an answer to what has been written by now. */
int64_t	rate_limit_answered(const struct rate_limit *, int64_t now);
/* Bytes of a piece: at least one. */
size_t	rate_limit_piece(const struct rate_limit *);

#endif
