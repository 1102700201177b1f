/*
 * context-size: the size of the messages in tokens: the provider's count, and
 * an estimate for newer ones.
 */
#include "config.h"

#include "core/context-int.h"

#include <string.h>

#include "base/json.h"
#include "core/tokens.h"

#define CONTEXT_SCALE_MAX	4000

int64_t
context_scaled(const struct context *c, int64_t estimate)
{
	return estimate * c->scale / 1000;
}

int64_t
context_scaled_of(const struct context *c)
{
	return c->scale;
}

int64_t
context_tokens(const struct context *c, int64_t overhead)
{
	int64_t n = context_pending_tokens(c);
	size_t i;

	for (i = c->known < 0 ? 0 : c->known_len; i < c->len; i++)
		n += c->entries[i].tokens;
	for (i = 0; i < c->results_len; i++)
		if (c->results[i].text != NULL)
			n += tokens_estimate(c->results[i].text,
			    strlen(c->results[i].text));
	return c->known < 0 ? context_scaled(c, n + overhead) :
	    c->known + context_scaled(c, n);
}

static void
context_set_scale(struct context *c, int64_t scale)
{
	c->scale = scale < 1000 ? 1000 : scale > CONTEXT_SCALE_MAX ?
	    CONTEXT_SCALE_MAX : scale;
}

void
context_too_low(struct context *c, int64_t overhead, int64_t window)
{
	int64_t now;

	c->known = -1;
	now = context_tokens(c, overhead);
	if (now > 0 && now < window)
		context_set_scale(c, c->scale * window / now + 1);
}

void
context_learn(struct context *c, const cJSON *usage, size_t asked)
{
	int64_t in = json_int(usage, "input", -1);
	int64_t out = json_int(usage, "output", -1);

	c->known = -1;
	if (in <= 0 || out < 0 || in > INT64_MAX / 4 || out > INT64_MAX / 4 ||
	    c->asked_tokens <= 0 || in < c->asked_tokens / 4)
		return;
	c->known = in + out;
	c->known_len = c->len > asked ? asked + 1 : c->len;
	if (in > c->asked_tokens)
		context_set_scale(c, c->scale * in / c->asked_tokens + 1);
}
