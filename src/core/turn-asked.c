#include "config.h"

#include "core/turn-asked.h"

#include "base/json.h"
#include "core/core.h"
#include "core/target.h"
#include "provider/provider.h"

const char *
turn_phase(const struct core *c)
{
	return c->plan.mode == PLAN_LOOK ? "look" : c->task.planning ? "plan" :
	    "execute";
}

const struct core_target *
turn_asked(const struct core *c)
{
	return c->request.target != NULL ? c->request.target : &c->target;
}

void
turn_add_asked(const struct core *c, cJSON *o)
{
	cJSON *m = cJSON_CreateObject();

	json_add_str(m, "provider", turn_asked(c)->provider);
	json_add_str(m, "name", turn_asked(c)->model);
	json_set_take(o, "model", m);
}

const char *
turn_key_from(const struct core *c)
{
	const struct core_target *t = turn_asked(c);

	return t->key != NULL && t->key_from != NULL ? t->key_from :
	    t->key_env;
}

void
turn_over(struct core *c, const struct reply *r)
{
	const char *url = turn_asked(c)->base_url;

	/* phases: an answer can arrive in MODEL only. */
	assert(c->phase == PHASE_MODEL);
	c->request.call = NULL;
	phase_set(c, PHASE_IDLE);
	if (!r->error.refused && url != NULL)
		pathmap_add(&c->request.reached, url, sizeof(char *));
}

cJSON *
turn_usage(const struct usage *u)
{
	cJSON *o = cJSON_CreateObject();

	json_add_count(o, "input", u->input);
	json_add_count(o, "cached", u->cached);
	json_add_count(o, "cache_write", u->cache_write);
	if (u->write_1h > 0)
		json_add_int(o, "cache_write_1h", u->write_1h);
	json_add_count(o, "output", u->output);
	json_add_count(o, "reasoning", u->reasoning);
	return o;
}

void
turn_add_spent(struct core *c, cJSON *o, const struct usage *u,
    uint64_t answered)
{
	cJSON *guess = cJSON_CreateObject();
	struct price_usage paid = { u->input, u->cached, u->cache_write,
		u->output, u->write_1h };

	json_set_take(o, "usage", turn_usage(u));
	if (paid.input < 0) {
		paid.input = price_tokens_guess(c->request.bytes);
		json_add_int(guess, "input", paid.input);
	}
	if (paid.output < 0) {
		paid.output = price_tokens_guess(answered);
		json_add_int(guess, "output", paid.output);
	}
	if (guess->child != NULL)
		json_set_take(o, "guess", guess);
	else
		cJSON_Delete(guess);
	json_set_take(o, "cost_usd", money_to_json(turn_asked(c)->priced ?
	    price_of(&turn_asked(c)->price, &paid) : MONEY_UNKNOWN));
}
