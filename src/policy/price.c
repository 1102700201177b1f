#include "config.h"

#include "policy/price.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"

#define PRICE_MILLION MONEY_DOLLAR
#define PRICE_MAX_USD 1e6	/* per million tokens */
#define PRICE_TOKENS_MAX ((int64_t)1 << 40)

static const struct json_field price_fields[] = {
	JSON_FIELD(price_rates, input, JSON_INT64, "input", NULL),
	JSON_FIELD(price_rates, cached, JSON_INT64, "cached", NULL),
	JSON_FIELD(price_rates, cache_write, JSON_INT64, "cache_write", NULL),
	JSON_FIELD(price_rates, output, JSON_INT64, "output", NULL),
};

/* ---- the table ---- */

static int
price_check_rates(const cJSON *o, const char *where, int row, struct err *e)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(price_fields); i++) {
		const cJSON *v = json_get(o, price_fields[i].name);

		if (v == NULL || cJSON_IsNull(v))
			continue;
		if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0) ||
		    v->valuedouble > PRICE_MAX_USD)
			return err_set(e, "prices[%d].%s%s must be dollars "
			    "for a million tokens, or null", row, where,
			    price_fields[i].name);
	}
	return 0;
}

int
price_table_check(const cJSON *table, struct err *e)
{
	static const char *const known[] = { "above", "cache_write", "cached",
		"dated", "host", "input", "model", "output", "provider",
		"source" };
	const cJSON *rows = json_array(table, "prices"), *row, *it, *above;
	int n = 0;

	if (rows == NULL)
		return err_set(e, "there is no list \"prices\"");
	cJSON_ArrayForEach(row, rows) {
		if (json_str_or(row, "model", "")[0] == '\0')
			return err_set(e, "prices[%d] has no \"model\"", n);
		cJSON_ArrayForEach(it, row)
			if (MEM_FIND(known, it->string) == NULL)
				return err_set(e, "prices[%d] has the unknown "
				    "member \"%.40s\"", n, it->string);
		if (price_check_rates(row, "", n, e) < 0)
			return -1;
		if ((json_num(row, "input", -1) < 0) !=
		    (json_num(row, "output", -1) < 0))
			return err_set(e, "prices[%d] needs both \"input\" and "
			    "\"output\", or neither", n);
		above = json_get(row, "above");
		if (above != NULL && (json_int(above, "tokens", 0) <= 0 ||
		    json_num(above, "input", -1) < 0 ||
		    json_num(above, "output", -1) < 0))
			return err_set(e, "prices[%d].above needs \"tokens\", "
			    "\"input\" and \"output\"", n);
		if (price_check_rates(above, "above.", n, e) < 0)
			return -1;
		n++;
	}
	return 0;
}

static bool
price_all_digits(const char *s, size_t n)
{
	return strspn(s, "0123456789") >= n;
}

/* Suffixes of a model's name that mean the same model. */
static bool
price_is_snapshot(const char *s)
{
	if (*s == '\0' || *s == '@' || strcmp(s, "-latest") == 0)
		return true;
	if (*s++ != '-')
		return false;
	if (strlen(s) == 8)
		return price_all_digits(s, 8);
	return strlen(s) == 10 && price_all_digits(s, 4) && s[4] == '-' &&
	    price_all_digits(s + 5, 2) && s[7] == '-' &&
	    price_all_digits(s + 8, 2);
}

/* How many bytes of the name the row matches; 0 if it doesn't. */
static size_t
price_fits(const char *row, const char *model)
{
	size_t n = strlen(row);
	bool any = n > 0 && row[n - 1] == '*';

	if (any)
		n--;
	if (strncmp(row, model, n) != 0 ||
	    (!any && !price_is_snapshot(model + n)))
		return 0;
	/* If two matches are equally long, prefer the exact one. */
	return 2 * n + (any ? 1 : 2);
}

static bool
price_is_host(const char *host, const char *url)
{
	const char *p = url_host(url == NULL ? "" : url);
	size_t n = strcspn(p, ":/?#");

	return strlen(host) == n && strncasecmp(host, p, n) == 0;
}

static void
price_copy_rates(cJSON *to, const cJSON *row)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(price_fields); i++)
		if (json_num(row, price_fields[i].name, -1) >= 0)
			json_add_int(to, price_fields[i].name,
			    money_from_json(json_get(row, price_fields[i].name)));
}

static bool
price_applies(const cJSON *row, const char *provider, const char *base_url)
{
	const char *host = json_str(row, "host");
	const char *of = json_str(row, "provider");

	return (host == NULL || price_is_host(host, base_url)) &&
	    (of == NULL || strcmp(of, provider) == 0);
}

const char *
price_row_model(const cJSON *row, const char *provider, const char *base_url)
{
	const char *model = json_str(row, "model");

	if (model == NULL || strpbrk(model, "* ") != NULL ||
	    (json_get(row, "host") == NULL &&
	    json_get(row, "provider") == NULL) ||
	    !price_applies(row, provider, base_url))
		return NULL;
	return model;
}

cJSON *
price_find(const cJSON *table, const char *provider, const char *base_url,
    const char *model, bool *told)
{
	const cJSON *row, *best = NULL, *above;
	size_t most = 0, fits;
	cJSON *o, *m;

	cJSON_ArrayForEach(row, json_array(table, "prices")) {
		if (!price_applies(row, provider, base_url))
			continue;
		fits = price_fits(json_str_or(row, "model", ""), model);
		if (fits > most) {
			most = fits;
			best = row;
		}
	}
	*told = best != NULL;
	if (best == NULL || json_num(best, "input", -1) < 0 ||
	    json_num(best, "output", -1) < 0)
		return NULL;
	o = JSON_TEXTS("model", json_str(best, "model"));
	price_copy_rates(o, best);
	above = json_get(best, "above");
	if (above != NULL) {
		m = cJSON_AddObjectToObject(o, "above");
		json_add_int(m, "tokens", json_int(above, "tokens", 0));
		price_copy_rates(m, above);
	}
	JSON_ADD_TEXTS(o, "dated", json_str(best, "dated"),
	    "source", json_str(best, "source"));
	return o;
}

cJSON *
price_from_text(const char *text)
{
	static const char *const names[] = { "input", "cached", "output" };
	int64_t v[MEM_COUNT(names)];
	cJSON *o;
	size_t n, i;

	for (n = 0; n < MEM_COUNT(names) && *text != '\0'; n++) {
		size_t len = strcspn(text, "/");
		AUTO_FREE char *one = xmemdup(text, len);

		v[n] = money_from_text(one);
		if (v[n] < 0)
			return NULL;
		text += len + (text[len] == '/' && text[len + 1] != '\0');
	}
	if (*text != '\0' || n < 2)
		return NULL;
	o = cJSON_CreateObject();
	for (i = 0; i < n; i++)
		json_add_int(o, names[n == 2 && i == 1 ? 2 : i], v[i]);
	return o;
}

/* ---- what a session records ---- */

static bool
price_read_rates(const cJSON *o, struct price_rates *r)
{
	*r = (struct price_rates){ PRICE_UNKNOWN, PRICE_UNKNOWN, PRICE_UNKNOWN,
		PRICE_UNKNOWN };
	JSON_READ(r, o, price_fields);
	return r->input >= 0 && r->output >= 0;
}

bool
price_read(const cJSON *o, struct price *p)
{
	const cJSON *above = json_get(o, "above");

	memset(p, 0, sizeof(*p));
	if (!price_read_rates(o, &p->rates))
		return false;
	if (price_read_rates(above, &p->more))
		p->above = json_int(above, "tokens", 0);
	return true;
}

static bool
price_add(int64_t *sum, int64_t tokens, int64_t rate, int64_t instead)
{
	int64_t v;

	return !__builtin_mul_overflow(tokens, rate >= 0 ? rate : instead,
	    &v) && !__builtin_add_overflow(*sum, v, sum);
}

int64_t
price_of(const struct price *p, const struct price_usage *u)
{
	const struct price_rates *r = &p->rates;
	int64_t cached = u->cached > 0 ? u->cached : 0;
	int64_t write = u->cache_write > 0 ? u->cache_write : 0;
	int64_t hour = u->write_1h > 0 ? u->write_1h : 0;
	int64_t plain, sum = 0;

	if (u->input < 0 || u->output < 0 || u->input > PRICE_TOKENS_MAX ||
	    u->output > PRICE_TOKENS_MAX)
		return PRICE_UNKNOWN;
	if (p->above > 0 && u->input > p->above)
		r = &p->more;
	/* Cached tokens can't exceed the input. */
	if (cached > u->input)
		cached = u->input;
	if (write > u->input - cached)
		write = u->input - cached;
	if (hour > write)
		hour = write;
	plain = u->input - cached - write;
	if (!price_add(&sum, plain, r->input, 0) ||
	    !price_add(&sum, cached, r->cached, r->input) ||
	    !price_add(&sum, write - hour, r->cache_write, r->input) ||
	    !price_add(&sum, 2 * hour, r->input, 0) ||
	    !price_add(&sum, u->output, r->output, 0) ||
	    sum > INT64_MAX - PRICE_MILLION)
		return PRICE_UNKNOWN;
	return (sum + PRICE_MILLION / 2) / PRICE_MILLION;
}

