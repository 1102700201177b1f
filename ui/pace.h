/*
 * pace: how fast a line is, and how much of what was written to it is still on
 * its way.  It counts; no clock, no terminal.  Times are in ms on the caller's
 * clock, amounts in bytes.  On a line that is quick, or of which nothing is
 * known, everything may go out at once.
 */
#ifndef ASSENT_UI_PACE_H
#define ASSENT_UI_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACE_PIECE_MS	200	/* of a picture that goes out in pieces */
#define PACE_AHEAD_MS	20	/* on its way, when the next piece begins */
#define PACE_ECHO_MS	250	/* and when what was typed may still go out */
#define PACE_LOOK_MS	50	/* at a line that is behind its time */
#define PACE_FAST	30000	/* bytes a second: nothing to wait for */

struct pace {
	int64_t	speed;		/* bytes a second; 0: quick, or not known */
	int64_t	delay;		/* ms from us to a person and back */
	int64_t	owed;		/* thousandths of a byte, at that time: */
	int64_t	at;
};

/* `baud` of 8 bits with a start and a stop bit; 0: not known. */
void	pace_init(struct pace *, int64_t baud, int64_t delay);
bool	pace_is_slow(const struct pace *);
/* So much was written. */
void	pace_sent(struct pace *, size_t bytes, int64_t now);
/* So much of it, and not less, has yet to go, as the kernel counts it: a line
 * may be slower than it says, or be told to wait. */
void	pace_left(struct pace *, size_t bytes, int64_t now);
/* When no more than so many ms of it are on their way; the past, on a line that
 * is quick. */
int64_t	pace_when(const struct pace *, int64_t left_ms);
/* When a key can be an answer to what has been written by now. */
int64_t	pace_answered(const struct pace *, int64_t now);
/* Bytes of a piece: at least one. */
size_t	pace_piece(const struct pace *);

#endif
