/* A bucket that runs out at the speed of the line. */
#include "config.h"

#include "ui/pace.h"

#include <string.h>

#define PACE_BITS 10		/* of a byte */

void
pace_init(struct pace *p, int64_t baud, int64_t delay)
{
	memset(p, 0, sizeof(*p));
	p->delay = delay;
	if (baud <= 0 || baud / PACE_BITS >= PACE_FAST)
		return;
	p->speed = baud / PACE_BITS > 0 ? baud / PACE_BITS : 1;
}

bool
pace_is_slow(const struct pace *p)
{
	return p->speed > 0;
}

/* What is left of it; a clock that stands still lets nothing out. */
static int64_t
pace_owed(const struct pace *p, int64_t now)
{
	int64_t ms = now > p->at ? now - p->at : 0;

	return ms > p->owed / p->speed ? 0 : p->owed - ms * p->speed;
}

void
pace_sent(struct pace *p, size_t bytes, int64_t now)
{
	if (p->speed == 0)
		return;
	p->owed = pace_owed(p, now) + (int64_t)bytes * 1000;
	p->at = now > p->at ? now : p->at;
}

void
pace_left(struct pace *p, size_t bytes, int64_t now)
{
	int64_t owed = (int64_t)bytes * 1000, count;

	if (p->speed == 0)
		return;
	count = pace_owed(p, now);
	/* Nobody looks all the time at one that stands still. */
	if (owed > count + p->speed * PACE_AHEAD_MS &&
	    owed < p->speed * PACE_LOOK_MS)
		owed = p->speed * PACE_LOOK_MS;
	p->owed = owed > count ? owed : count;
	p->at = now > p->at ? now : p->at;
}

int64_t
pace_when(const struct pace *p, int64_t left_ms)
{
	int64_t over;

	if (p->speed == 0)
		return 0;
	over = p->owed - left_ms * p->speed;
	return over <= 0 ? p->at : p->at + (over + p->speed - 1) / p->speed;
}

int64_t
pace_answered(const struct pace *p, int64_t now)
{
	int64_t out = pace_when(p, 0);

	return (out > now ? out : now) + p->delay;
}

size_t
pace_piece(const struct pace *p)
{
	int64_t n = p->speed * PACE_PIECE_MS / 1000;

	return n > 0 ? (size_t)n : 1;
}
