/* See model-about.h. */
#include "config.h"

#include "cmd/model-about.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "cmd/setup.h"
#include "config/config.h"
#include "policy/price.h"

const char *
model_about_count(int64_t n, char *to, size_t size)
{
	if (n <= 0)
		snprintf(to, size, "?");
	else if (n >= 1000000)
		snprintf(to, size, n % 1000000 < 100000 ? "%.0fM" : "%.1fM",
		    (double)n / 1e6);
	else
		snprintf(to, size, "%lldk", (long long)(n + 500) / 1000);
	return to;
}

void
model_about_offer(void *arg, struct buf *b)
{
	const struct setup *s = arg;

	config_model_names(s->config, b);
	if (s->local != NULL)
		buf_addf(b, "%s%s", b->len > 0 ? " " : "", s->local);
	config_model_known(s->config, b);
}

static void
model_about_price(const struct config_model *m, struct buf *b)
{
	struct price p;

	if (!price_read(m->price, &p)) {
		buf_adds(b, "price unknown\n");
		return;
	}
	money_text(b, p.rates.input);
	buf_adds(b, " in");
	if (p.rates.cached != PRICE_UNKNOWN) {
		buf_adds(b, ", ");
		money_text(b, p.rates.cached);
		buf_adds(b, " cached");
	}
	buf_adds(b, ", ");
	money_text(b, p.rates.output);
	buf_addf(b, " out, for a million tokens (%s)\n",
	    json_str_or(m->price, "dated", "undated"));
}

static void
model_about_facts(const struct config_model *m, struct buf *b)
{
	const char *def = json_str_or(m->facts, "effort_default", "");
	const char *ends = json_str(m->facts, "ends");
	char window[32], output[32];
	const cJSON *it;

	buf_addf(b, "context %s · output %s\n",
	    model_about_count(m->window, window, sizeof(window)),
	    model_about_count(json_int(m->facts, "output", 0), output,
	    sizeof(output)));
	model_about_price(m, b);
	if (json_array(m->facts, "effort") != NULL)
		buf_adds(b, "effort");
	cJSON_ArrayForEach(it, json_array(m->facts, "effort"))
		buf_addf(b, strcmp(it->valuestring, def) == 0 ? " [%s]" :
		    " %s", it->valuestring);
	if (json_array(m->facts, "effort") != NULL)
		buf_addc(b, '\n');
	if (ends != NULL)
		buf_addf(b, "until %s, then %s\n", ends,
		    json_str_or(m->facts, "next", "?"));
}

void
model_about(void *arg, const char *name, struct buf *b)
{
	const struct setup *s = arg;
	struct config_model m;
	struct err e = ERR_INIT;
	bool held = config_key_hold(s->config, true);

	if (config_model_find(s->config, name, &m, &e) == 0) {
		buf_addf(b, "%s\n", name);
		model_about_facts(&m, b);
		buf_addf(b, "%s at %s\n", m.format,
		    m.base_url == NULL ? "?" : m.base_url);
		if (m.key_from != NULL)
			buf_addf(b, "key: %s\n", m.key_from);
		if (m.notice != NULL)
			buf_addf(b, "%s\n", m.notice);
		config_model_release(&m);
	} else
		buf_addf(b, "%s\n", e.text);
	(void)config_key_hold(s->config, held);
}
