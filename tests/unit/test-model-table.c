/* The model table: the row for each name, messages about old and unknown
 * models, and that our own table is valid. */
#include "config.h"

#include "base/json.h"
#include "base/mem.h"
#include "config/config-int.h"
#include "provider/dialect.h"
#include "shipped.h"
#include "tests/messages.h"
#include "tests/unit/unit.h"

/* 2026-11-21, noon, UTC. */
#define NOW ((time_t)1795262400)
#define DAY 86400

TEST(test_shipped)
{
	cJSON *table = shipped("share/models.json");
	const cJSON *row, *other;
	struct err e = ERR_INIT;

	cJSON_ArrayForEach(row, json_array(table, "models")) {
		const char *begins = json_str_or(row, "begins", "?");
		const char *next = json_str(row, "next");
		int same = 0;

		if (facts_validate(row, &e) < 0)
			fail_msg("%s", e.text);
		if (!json_bool(row, "family", false) &&
		    json_str(row, "source") == NULL)
			fail_msg("%s has no source", begins);
		if ((json_str(row, "ends") == NULL) != (next == NULL))
			fail_msg("%s: ends and next go together", begins);
		cJSON_ArrayForEach(other, json_array(table, "models"))
			same += strcmp(json_str_or(other, "begins", ""),
			    begins) == 0;
		assert_int_equal(same, 1);
		if (next == NULL)
			continue;
		other = config_model_row(table, next);
		if (other == NULL || json_str(other, "ends") != NULL)
			fail_msg("%s: %s is no model to go on with", begins,
			    next);
	}
	/* The default model of a provider must be known, and not end soon. */
	cJSON_ArrayForEach(row, json_array(table, "providers")) {
		const char *model = json_str_or(row, "model", "?");

		other = config_model_row(table, model);
		if (other == NULL || json_bool(other, "family", false) ||
		    json_str(other, "ends") != NULL)
			fail_msg("%s is no good default: its row is missing, "
			    "or has \"family\" or \"ends\"", model);
	}
	cJSON_Delete(table);
}

TEST(test_row)
{
	static const char *const cases[][2] = {
		{ "claude-opus-5-5", "claude-opus-5-5" },
		{ "claude-opus-5-5-20260922", "claude-opus-5-5" },
		{ "anthropic/claude-opus-5.5", "claude-opus-5-5" },
		{ "Claude-Opus-5-5", "claude-opus-5-5" },
		{ "claude-opus-5", "claude-opus-5" },
		{ "claude-opus-7", "claude-opus-" },
		{ "claude-other-7", "claude-" },
		{ "gpt-6.1-sol", "gpt-6.1-sol" },
		{ "gpt-6.2-sol", "gpt-6" },
		{ "gpt-7-sol", "gpt-7" },
		{ "gpt-4", NULL },
		{ "deepseek/deepseek-v5-pro", "deepseek-v5" },
		{ "gpt-5-mini-2025-08-07", "gpt-5-mini" },
		{ "GPT-5-turbo", "gpt-5" },
		{ "gpt-5.9", "gpt-5." },
		{ "openai/gpt-oss-120b", "gpt-oss-" },
		{ "gemini-4-argon", "gemini-4-argon" },
		{ "qwen2.5-coder:7b", NULL },
		{ "", NULL },
	};
	cJSON *table = shipped("share/models.json");
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		const cJSON *row = config_model_row(table, cases[i][0]);
		const char *got = json_str(row, "begins");

		if ((got == NULL) != (cases[i][1] == NULL) ||
		    (got != NULL && strcmp(got, cases[i][1]) != 0))
			fail_msg("%s: %s", cases[i][0], got == NULL ? "none" :
			    got);
	}
	cJSON_Delete(table);
}

TEST(test_note)
{
	static const struct {
		const char *name;
		bool listed;
		int days;	/* from NOW */
		const char *want;
	} cases[] = {
		{ "claude-opus-5-5", true, 0, NULL },
		{ "claude-opus-5-5-20260922", true, 0, NULL },
		{ "claude-sonnet-4-5", true, -60, NULL },
		{ "claude-sonnet-4-5", true, 0,
		    "claude-sonnet-4-5 will be "
		    "discontinued on 2026-11-30: use claude-sonnet-5-5" },
		{ "claude-sonnet-4-5", false, 9, MSG_WILL_BE_DISCONTINUED },
		{ "claude-sonnet-4-5", true, 10,
		    "claude-sonnet-4-5 was "
		    "discontinued on 2026-11-30: use claude-sonnet-5-5" },
		{ "claude-opus-5-6", true, 0,
		    "claude-opus-5-6 isn't in the "
		    "model table of 2026-11-21; its limits" },
		{ "gemini-3.1-pro-preview-customtools", true, 0, NULL },
		{ "gpt-5.6", true, 0, NULL },
		{ "claude-opos-55", true, 0,
		    "claude-opos-55 isn't in the model "
		    "table of" },
		/* Not those rows' models, although they begin so. */
		{ "o30", false, 0, NULL },
		{ "gpt-50", false, 0, NULL },
		{ "claude-opus-4-10", false, 0, NULL },
		{ "gpt-5-mini", true, 0, "will be discontinued on 2026-12-11" },
		{ "xyz", true, 0, "xyz isn't in the model table" },
		{ "xyz", false, 0, NULL },
		{ "claude-opos-55", false, 0, NULL },
	};
	cJSON *table = shipped("share/models.json");
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		char *got = config_model_note(table, config_model_row(table,
		    cases[i].name), cases[i].name, cases[i].listed,
		    NOW + cases[i].days * DAY);

		if ((got == NULL) != (cases[i].want == NULL) || (got != NULL &&
		    strstr(got, cases[i].want) == NULL))
			fail_msg("%s, %d days on: %s", cases[i].name,
			    cases[i].days, got == NULL ? "nothing" : got);
		free(got);
	}
	cJSON_Delete(table);
}

TEST(test_check)
{
	static const char *const bad[][2] = {
		{ "{}", "begins" },
		{ "{\"begins\":\"\"}", "begins" },
		{ "{\"begins\":\"a\",\"window\":-1}", "a: window" },
		{ "{\"begins\":\"a\",\"output\":\"1\"}", "a: output" },
		{ "{\"begins\":\"a\",\"thinking\":\"deep\"}", "a: thinking" },
		{ "{\"begins\":\"a\",\"effort\":[\"low\",\"hi\"]}",
		  "a: effort must be a list of off|low" },
		{ "{\"begins\":\"a\",\"effort\":[1]}", "a: effort" },
		{ "{\"begins\":\"a\",\"effort_default\":\"x\"}",
		  "a: effort_default" },
		{ "{\"begins\":\"a\",\"effort\":\"high\"}", "a: effort must" },
		{ "{\"begins\":\"a\",\"windw\":1}",
		  "a: unknown member windw; did you mean window?" },
		{ "{\"begins\":\"a\",\"ends\":\"soon\"}", "a: ends must be a date" },
		{ "{\"begins\":\"a\",\"bound\":\"yes\"}", "a: bound must be true" },
		{ "{\"begins\":\"a\",\"edit\":\"patch\"}", "a: edit must be" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(bad); i++) {
		struct err e = ERR_INIT;
		cJSON *row = json_parse(bad[i][0], strlen(bad[i][0]),
		    JSON_NUL_REFUSE, &e);

		if (facts_validate(row, &e) == 0 ||
		    strstr(e.text, bad[i][1]) == NULL)
			fail_msg("%s: %s", bad[i][0], e.text);
		cJSON_Delete(row);
	}
}
