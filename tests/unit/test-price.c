/* The cost of tokens: the table, the sum, the words. */
#include "config.h"

#include "base/json.h"
#include "base/mem.h"
#include "policy/price.h"
#include "shipped.h"
#include "tests/unit/unit.h"

static cJSON *
parse(const char *text)
{
	struct err e = ERR_INIT;
	cJSON *o = json_parse(text, strlen(text), JSON_NUL_REFUSE, &e);

	if (o == NULL)
		fail_msg("%s: %s", text, e.text);
	return o;
}

static const char table_text[] = "{\"prices\":["
    "{\"provider\":\"mine\",\"model\":\"*\",\"input\":0,\"output\":0},"
    "{\"host\":\"api.example.org\",\"model\":\"big-4\",\"input\":15,"
    "\"output\":75},"
    "{\"host\":\"api.example.org\",\"model\":\"big-4-5\",\"input\":5,"
    "\"cached\":0.5,\"cache_write\":6.25,\"output\":25},"
    "{\"host\":\"api.example.org\",\"model\":\"small*\",\"input\":0.25,"
    "\"output\":2},"
    "{\"host\":\"api.example.org\",\"model\":\"small-free\",\"input\":null,"
    "\"output\":null},"
    "{\"model\":\"tiers\",\"input\":1,\"cached\":0.1,\"output\":2,"
    "\"above\":{\"tokens\":1000,\"input\":10,\"output\":20}}]}";

/* The input price of what is found; -1: no price, -2: no row either. */
static int64_t
found(const cJSON *table, const char *provider, const char *url,
    const char *model)
{
	bool told = true;
	cJSON *o = price_find(table, provider, url, model, &told);
	int64_t v = o == NULL ? (told ? -1 : -2) : json_int(o, "input", -3);

	cJSON_Delete(o);
	return v;
}

TEST(test_find)
{
	static const char here[] = "https://api.example.org/v1";
	static const struct {
		const char *provider, *url, *model;
		int64_t input;
	} t[] = {
		{ "x", here, "big-4", 15000000 },
		{ "x", here, "big-4-20250514", 15000000 },
		{ "x", here, "big-4-2025-05-14", 15000000 },
		{ "x", here, "big-4-latest", 15000000 },
		{ "x", here, "big-4@2025", 15000000 },
		{ "x", here, "big-4-5", 5000000 },
		{ "x", here, "big-4-5-20250929", 5000000 },
		/* Another model, whatever its name begins with. */
		{ "x", here, "big-4-6", -2 },
		{ "x", here, "big-40", -2 },
		{ "x", here, "big-4-mini", -2 },
		{ "x", here, "big", -2 },
		{ "x", here, "small", 250000 },
		{ "x", here, "small-anything", 250000 },
		/* A row that says: not known. */
		{ "x", here, "small-free", -1 },
		/* Elsewhere the same name costs something else. */
		{ "x", "https://proxy.example.org/v1", "big-4", -2 },
		{ "x", "https://api.example.org.evil.net", "big-4", -2 },
		{ "x", "HTTPS://API.example.org:443/v1", "big-4", 15000000 },
		{ "x", NULL, "big-4", -2 },
		{ "x", "", "tiers", 1000000 },
		{ "mine", "http://127.0.0.1:1", "whatever/it:is", 0 },
		{ "mine", here, "big-4", 15000000 },
	};
	cJSON *table = parse(table_text);
	struct err e = ERR_INIT;
	size_t i;

	assert_int_equal(price_table_check(table, &e), 0);
	for (i = 0; i < MEM_COUNT(t); i++)
		if (found(table, t[i].provider, t[i].url, t[i].model) !=
		    t[i].input)
			fail_msg("%s at %s: %lld", t[i].model, t[i].url,
			    (long long)found(table, t[i].provider, t[i].url,
			    t[i].model));
	cJSON_Delete(table);
}

TEST(test_check)
{
	static const char *const bad[][2] = {
		{ "[]", "no list" },
		{ "{\"prices\":{}}", "no list" },
		{ "{\"prices\":[{}]}", "no \"model\"" },
		{ "{\"prices\":[{\"model\":\"a\",\"input\":1}]}", "both" },
		{ "{\"prices\":[{\"model\":\"a\",\"inputs\":1}]}", "inputs" },
		{ "{\"prices\":[{\"model\":\"a\",\"input\":-1,\"output\":1}]}",
		    "prices[0].input" },
		{ "{\"prices\":[{\"model\":\"a\",\"input\":\"1\","
		    "\"output\":1}]}", "prices[0].input" },
		{ "{\"prices\":[{\"model\":\"a\",\"input\":1e9,"
		    "\"output\":1}]}", "prices[0].input" },
		{ "{\"prices\":[{\"model\":\"a\",\"input\":1,\"output\":1,"
		    "\"above\":{\"input\":1,\"output\":1}}]}", "above" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(bad); i++) {
		cJSON *o = parse(bad[i][0]);
		struct err e = ERR_INIT;

		if (price_table_check(o, &e) == 0)
			fail_msg("%s", bad[i][0]);
		if (strstr(e.text, bad[i][1]) == NULL)
			fail_msg("%s: %s", bad[i][0], e.text);
		cJSON_Delete(o);
	}
}

TEST(test_text)
{
	static const char *const bad[] = { "", "3", "3/", "3//15", "3/4/5/6",
		"-1/2", "3/0.3/15x", "a/b" };
	struct price p;
	cJSON *o = price_from_text("3/0.30/15");
	size_t i;

	assert_true(price_read(o, &p));
	assert_int_equal(p.rates.input, 3000000);
	assert_int_equal(p.rates.cached, 300000);
	assert_int_equal(p.rates.output, 15000000);
	cJSON_Delete(o);
	o = price_from_text("0/15");
	assert_true(price_read(o, &p));
	assert_int_equal(p.rates.input, 0);
	assert_int_equal(p.rates.cached, PRICE_UNKNOWN);
	assert_int_equal(p.rates.output, 15000000);
	cJSON_Delete(o);
	for (i = 0; i < MEM_COUNT(bad); i++)
		if (price_from_text(bad[i]) != NULL)
			fail_msg("%s", bad[i]);
}

/* Each service's default model has a row: a price, or that there is none. */
TEST(test_defaults_have_a_row)
{
	cJSON *all = shipped("share/prices.json");
	cJSON *models = shipped("share/models.json");
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(models, "providers"))
		if (found(all, json_str(it, "name"), json_str(it, "base_url"),
		    json_str(it, "model")) == -2)
			fail_msg("%s", json_str(it, "name"));
	cJSON_Delete(all);
	cJSON_Delete(models);
}

/* Ours: well-formed, each row dated and with its source. */
TEST(test_shipped)
{
	cJSON *all = shipped("share/prices.json");
	const cJSON *it;
	struct err e = ERR_INIT;

	if (price_table_check(all, &e) < 0)
		fail_msg("%s", e.text);
	cJSON_ArrayForEach(it, json_array(all, "prices"))
		if (json_str(it, "host") == NULL ||
		    strlen(json_str_or(it, "dated", "")) < 7 ||
		    (strncmp(json_str_or(it, "source", ""), "https://", 8) != 0 &&
		    strncmp(json_str_or(it, "source", ""), "npm ", 4) != 0))
			fail_msg("%s", json_str_or(it, "model", "?"));
	assert_int_equal(found(all, "anthropic", "https://api.anthropic.com",
	    "claude-sonnet-4-5-20250929"), 3000000);
	assert_int_equal(found(all, "local", "http://127.0.0.1:8080/v1",
	    "gpt-5.1"), -2);
	cJSON_Delete(all);
}
