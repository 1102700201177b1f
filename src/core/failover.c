#include "config.h"

#include "core/failover.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "policy/mask.h"
#include "core/core.h"
#include "core/model.h"
#include "core/route.h"
#include "core/target.h"

struct failover_key {
	char	*provider, *key;	/* the key is a secret */
};

struct failover {
	struct model_place	*places;	/* [0] is for the first model */
	size_t			 len, at;
	struct failover_key	*keys;		/* keys that clients offered */
	size_t			 keys_len;
	bool			 home_due;
};

struct failover *
failover_new(void)
{
	return xcalloc(1, sizeof(struct failover));
}

static void
failover_clear(struct failover *f)
{
	size_t i;

	for (i = 0; i < f->len; i++)
		target_place_release(&f->places[i]);
	FREE_NULL(f->places);
	f->len = f->at = 0;
}

void
failover_free(struct failover *f)
{
	size_t i;

	if (f == NULL)
		return;
	failover_clear(f);
	for (i = 0; i < f->keys_len; i++) {
		secret_free(f->keys[i].key);
		free(f->keys[i].provider);
	}
	free(f->keys);
	free(f);
}

const char *
failover_key(const struct core *c, const char *provider)
{
	const struct failover *f = c->failover;
	const struct failover_key *k = MEM_FIND_IN(f->keys, f->keys_len,
	    provider);

	return k == NULL ? NULL : k->key;
}

void
failover_offer(struct core *c, const char *provider, const char *key)
{
	struct failover *f = c->failover;
	size_t i;

	if (failover_key(c, provider) != NULL)
		return;
	GROW(f->keys, f->keys_len);
	f->keys[f->keys_len].provider = xstrdup(provider);
	f->keys[f->keys_len++].key = secret_dup(key);
	for (i = 1; i < f->len; i++)
		if (i != f->at && f->places[i].target.key == NULL &&
		    strcmp(f->places[i].target.provider, provider) == 0)
			f->places[i].target.key = secret_dup(key);
	route_offer(c, provider, key);
}

void
failover_secrets(const struct core *c, struct mask_list *l)
{
	const struct failover *f = c->failover;
	size_t i;

	for (i = 0; i < f->keys_len; i++)
		mask_list_add(l, f->keys[i].key);
	for (i = 0; i < f->len; i++)
		mask_list_add(l, f->places[i].target.key);
}

int
failover_start(struct core *c, struct err *e)
{
	struct failover *f = c->failover;
	const cJSON *list = json_array(c->start, "failover"), *it;
	size_t n = (size_t)cJSON_GetArraySize(list);

	failover_clear(f);
	if (n == 0 || c->target.replay_dir != NULL)
		return 0;
	f->places = xcalloc(n + 1, sizeof(*f->places));
	f->len = 1;
	cJSON_ArrayForEach(it, list) {
		struct core_target *t = &f->places[f->len].target;

		f->places[f->len++].model = model_fields(it);
		if (target_read(t, it, e) < 0)
			return -1;
		t->key = secret_dup(failover_key(c, t->provider));
	}
	return 0;
}

/* Continue with another model; `why` is for the journal and the screen. */
static void
failover_go(struct core *c, size_t to, const char *why)
{
	struct failover *f = c->failover;
	cJSON *o = cJSON_CreateObject();
	size_t from = f->at;

	f->at = to;
	if (to > 0)
		json_add_bool(o, "failover", true);
	json_add_str(o, "text", why);
	model_exchange(c, &f->places[from], &f->places[to], o);
}

bool
failover_is_switched(const struct core *c)
{
	return c->failover->at > 0;
}

bool
failover_has_next(const struct core *c)
{
	return route_is_switched(c) || c->failover->at + 1 < c->failover->len;
}

bool
failover_next(struct core *c, const char *why)
{
	struct failover *f = c->failover;

	/* If the model that failed is a phase's own (route.h), go back to the
	 * main model before trying the fallbacks. */
	if (route_failed(c, why))
		return true;
	if (f->at + 1 >= f->len)
		return false;
	failover_go(c, f->at + 1, why);
	return true;
}

void
failover_home_soon(struct core *c)
{
	c->failover->home_due = true;
}

void
failover_home(struct core *c)
{
	struct failover *f = c->failover;

	if (f->home_due)
		route_again(c);
	if (f->home_due && f->at > 0 && f->len > 0)
		failover_go(c, 0, "the first model is asked again");
	f->home_due = false;
}

void
failover_chosen(struct core *c)
{
	struct failover *f = c->failover;

	if (f->at == 0 || f->len == 0)
		return;
	/* The user's choice replaces the first model; the fallback in use goes
	 * back to its place. */
	target_release(&f->places[0].target);
	f->places[f->at].target = c->target;
	memset(&c->target, 0, sizeof(c->target));
	f->at = 0;
}
