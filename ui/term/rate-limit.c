/* A leaky bucket with the speed of the line. */
#include "config.h"

#include "ui/term/rate-limit.h"

#include <string.h>

#define RATE_LIMIT_BITS 10		/* for a byte */

void
rate_limit_init(struct rate_limit *p, int64_t baud, int64_t delay)
{
	memset(p, 0, sizeof(*p));
	p->delay = delay;
	if (baud <= 0 || baud / RATE_LIMIT_BITS >= RATE_LIMIT_FAST)
		return;
	p->speed = baud / RATE_LIMIT_BITS > 0 ? baud / RATE_LIMIT_BITS : 1;
}

bool
rate_limit_is_slow(const struct rate_limit *p)
{
	return p->speed > 0;
}

/* The rest at this time; nothing was transmitted if the clock went back. */
static int64_t
rate_limit_owed(const struct rate_limit *p, int64_t now)
{
	int64_t ms = now > p->at ? now - p->at : 0;

	return ms > p->owed / p->speed ? 0 : p->owed - ms * p->speed;
}

void
rate_limit_sent(struct rate_limit *p, size_t bytes, int64_t now)
{
	if (p->speed == 0)
		return;
	p->owed = rate_limit_owed(p, now) + (int64_t)bytes * 1000;
	p->at = now > p->at ? now : p->at;
}

void
rate_limit_left(struct rate_limit *p, size_t bytes, int64_t now)
{
	int64_t owed = (int64_t)bytes * 1000, count;

	if (p->speed == 0)
		return;
	count = rate_limit_owed(p, now);
	/* Don't check a stopped line all the time. */
	if (owed > count + p->speed * RATE_LIMIT_AHEAD_MS &&
	    owed < p->speed * RATE_LIMIT_LOOK_MS)
		owed = p->speed * RATE_LIMIT_LOOK_MS;
	p->owed = owed > count ? owed : count;
	p->at = now > p->at ? now : p->at;
}

int64_t
rate_limit_when(const struct rate_limit *p, int64_t left_ms)
{
	int64_t over;

	if (p->speed == 0)
		return 0;
	over = p->owed - left_ms * p->speed;
	return over <= 0 ? p->at : p->at + (over + p->speed - 1) / p->speed;
}

int64_t
rate_limit_answered(const struct rate_limit *p, int64_t now)
{
	int64_t out = rate_limit_when(p, 0);

	return (out > now ? out : now) + p->delay;
}

size_t
rate_limit_piece(const struct rate_limit *p)
{
	int64_t n = p->speed * RATE_LIMIT_PIECE_MS / 1000;

	return n > 0 ? (size_t)n : 1;
}
