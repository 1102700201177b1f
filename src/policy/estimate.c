#include "config.h"

#include "policy/estimate.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/money.h"

static cJSON *
estimate_range(int64_t low, int64_t high)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "low", low);
	json_add_int(o, "high", high);
	return o;
}

/* A turn's average times the turns, rounded up. */
static int64_t
estimate_of(int64_t sum, int64_t turns, int64_t n)
{
	return (int64_t)((double)sum / (double)turns * (double)n + 0.999);
}

static int64_t
estimate_cost(const struct estimate_past *p, int64_t n,
    const struct price *price)
{
	/* Turn by turn, because the price for long prompts depends on the
	 * single prompt. */
	struct price_usage turn = {
		.input = estimate_of(p->in, p->turns, 1),
		.cached = p->cached / p->turns, .cache_write = -1,
		.output = estimate_of(p->out, p->turns, 1),
	};
	int64_t one = price == NULL ? PRICE_UNKNOWN : price_of(price, &turn),
	    all;

	return one < 0 || __builtin_mul_overflow(one, n, &all) ?
	    PRICE_UNKNOWN : all;
}

static void
estimate_words(struct buf *b, const struct estimate_past *p, int64_t low,
    int64_t high)
{
	buf_addf(b, "%lld to %lld turns (from the shorter of %lld past task%s "
	    "here, up to the limit), with %lld tokens in and %lld out per turn "
	    "on average (%lld turn%s)", (long long)low, (long long)high,
	    (long long)p->tasks, p->tasks == 1 ? "" : "s",
	    (long long)estimate_of(p->in, p->turns, 1),
	    (long long)estimate_of(p->out, p->turns, 1),
	    (long long)p->turns, p->turns == 1 ? "" : "s");
}

cJSON *
estimate_make(const struct estimate_past *p, int64_t max_turns,
    const struct price *price)
{
	cJSON *o = cJSON_CreateObject(), *t;
	AUTO_BUF struct buf b = BUF_INIT(0);
	int64_t low, high = max_turns, cost_low, cost_high;

	json_add_int(o, "tasks", p->tasks);
	json_add_int(o, "past_turns", p->turns);
	if (p->tasks <= 0 || p->turns <= 0) {
		json_set_take(o, "turns", estimate_range(1, high));
		json_add_null(o, "tokens");
		json_add_null(o, "cost_usd");
		json_add_str(o, "text", "unknown: no task with known token "
		    "counts has ended in this project yet");
		return o;
	}
	low = p->turns_low < 1 ? 1 : p->turns_low;
	if (low > high)
		low = high;
	json_set_take(o, "turns", estimate_range(low, high));
	t = cJSON_CreateObject();
	json_set_take(t, "in", estimate_range(estimate_of(p->in, p->turns,
	    low), estimate_of(p->in, p->turns, high)));
	json_set_take(t, "out", estimate_range(estimate_of(p->out, p->turns,
	    low), estimate_of(p->out, p->turns, high)));
	json_set_take(o, "tokens", t);
	cost_low = estimate_cost(p, low, price);
	cost_high = estimate_cost(p, high, price);
	if (cost_low < 0 || cost_high < 0)
		json_add_null(o, "cost_usd");
	else {
		t = cJSON_CreateObject();
		json_set_take(t, "low", money_to_json(cost_low));
		json_set_take(t, "high", money_to_json(cost_high));
		json_set_take(o, "cost_usd", t);
	}
	estimate_words(&b, p, low, high);
	json_add_str(o, "text", buf_str(&b));
	return o;
}
