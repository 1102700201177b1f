#include "config.h"

#include "core/tokens.h"

int64_t
tokens_estimate(const char *text, size_t n)
{
	int64_t sixths = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned char ch = (unsigned char)text[i];

		if (ch >= 0x80)
			sixths += 3;
		else if (ch >= '0' && ch <= '9')
			sixths += 4;
		else if (ch == ' ' || ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z'))
			sixths += 2;
		else
			sixths += 3;
	}
	return (sixths + 5) / 6;
}

/* In a small window the answer gets at most a quarter; in a large one an eighth
 * is reserved, and the answer gets all that the prompt leaves free. */
#define TOKENS_SMALL		65536
#define TOKENS_RESERVE		(TOKENS_SMALL / 4)

static int64_t
tokens_reserve(int64_t window, int64_t output)
{
	int64_t share = window <= TOKENS_SMALL ? window / 4 : window / 8;

	if (window > TOKENS_SMALL && share < TOKENS_RESERVE)
		share = TOKENS_RESERVE;
	return output > 0 && output < share ? output : share;
}

void
tokens_room(struct tokens_room *r, int64_t window, int64_t max_output,
    int64_t overhead)
{
	if (window < TOKENS_WINDOW_MIN)
		window = TOKENS_WINDOW_MIN;
	r->window = window;
	r->reserve = tokens_reserve(window, max_output);
	r->output = max_output > r->reserve ? max_output : r->reserve;
	r->prompt = window - r->reserve;
	r->rest = r->prompt - overhead;
	if (r->rest < r->prompt / 4)
		r->rest = r->prompt / 4;
	r->shorten_at = r->prompt - r->rest * 30 / 100;
	r->shorten_to = r->prompt - r->rest * 50 / 100;
	r->compact_at = r->prompt - r->rest * 15 / 100;
	r->keep = r->rest * 25 / 100;
	r->results = r->rest * 75 / 100;
}

int64_t
tokens_answer(const struct tokens_room *r, int64_t prompt)
{
	int64_t left = r->window - prompt - prompt / 16;

	if (r->window <= TOKENS_SMALL || left < r->reserve)
		return r->reserve;
	return left < r->output ? left : r->output;
}
