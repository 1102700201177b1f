/* See term-keys.h. */
#include "config.h"

#include "term/term-keys.h"

#include <string.h>
#include <sys/param.h>

#include "term/term.h"

#define TERM_KEYS_OTHER		4	/* its number among xterm's resources */
#define TERM_KEYS_NUMBERS	2
#define TERM_KEYS_NUMBER_MAX	9999

/* -1: missing. False: there is anything else, or more. */
static bool
term_keys_numbers(const char *p, size_t n, int out[TERM_KEYS_NUMBERS])
{
	const char *end = p + n;
	int i = 0;

	out[0] = out[1] = -1;
	for (; p < end; p++)
		if (*p == ';') {
			if (++i == TERM_KEYS_NUMBERS)
				return false;
		} else if (*p < '0' || *p > '9') {
			return false;
		} else {
			out[i] = MAX(out[i], 0) * 10 + (*p - '0');
			out[i] = MIN(out[i], TERM_KEYS_NUMBER_MAX);
		}
	return true;
}

static void
term_keys_push(struct term_keys_stack *s, uint8_t flags)
{
	if (s->top + 1 == TERM_KEYS_DEPTH)
		memmove(s->flags, s->flags + 1, TERM_KEYS_DEPTH - 1);
	else
		s->top++;
	s->flags[s->top] = flags;
}

static void
term_keys_pop(struct term_keys_stack *s, int n)
{
	if (n > s->top)
		memset(s, 0, sizeof(*s));
	else
		s->top -= n;
}

static void
term_keys_set(struct term_keys_stack *s, uint8_t flags, int mode)
{
	uint8_t *top = &s->flags[s->top];

	if (mode == 2)
		*top |= flags;
	else if (mode == 3)
		*top &= (uint8_t)~flags;
	else
		*top = flags;
}

static enum term_keys_did
term_keys_other(struct term_keys *k, const int n[TERM_KEYS_NUMBERS])
{
	if (n[0] >= 0 && n[0] != TERM_KEYS_OTHER)
		return TERM_KEYS_NOTHING;
	k->other = MIN(MAX(n[1], 0), TERM_OTHER_MAX);
	return TERM_KEYS_CHANGED;
}

enum term_keys_did
term_keys_csi(struct term_keys *k, bool alt, const char *seq, size_t n,
    char final)
{
	struct term_keys_stack *s = &k->of[alt ? 1 : 0];
	int v[TERM_KEYS_NUMBERS];
	uint8_t flags;

	if (n == 0 || !term_keys_numbers(seq + 1, n - 1, v))
		return TERM_KEYS_NOTHING;
	flags = (uint8_t)(MAX(v[0], 0) & TERM_KEYS_ALL);
	if (final == 'm' && seq[0] == '>')
		return term_keys_other(k, v);
	if (final != 'u')
		return TERM_KEYS_NOTHING;
	switch (seq[0]) {
	case '?':
		return n == 1 ? TERM_KEYS_ASKED : TERM_KEYS_NOTHING;
	case '>':
		term_keys_push(s, flags);
		return TERM_KEYS_CHANGED;
	case '<':
		term_keys_pop(s, v[0] < 0 ? 1 : v[0]);
		return TERM_KEYS_CHANGED;
	case '=':
		term_keys_set(s, flags, v[1]);
		return TERM_KEYS_CHANGED;
	default:
		return TERM_KEYS_NOTHING;
	}
}

unsigned
term_keys_flags(const struct term_keys *k, bool alt)
{
	const struct term_keys_stack *s = &k->of[alt ? 1 : 0];

	return s->flags[s->top];
}
