#include "config.h"

#include "provider/facts.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static const char *const facts_efforts[] = {
	[EFFORT_UNSET] = "", [EFFORT_OFF] = "off", [EFFORT_LOW] = "low", [EFFORT_MEDIUM] = "medium",
	[EFFORT_HIGH] = "high", [EFFORT_XHIGH] = "xhigh", [EFFORT_MAX] = "max",
};

static const char *const facts_kinds[] = {
	[THINKING_UNKNOWN] = "", [THINKING_NONE] = "none",
	[THINKING_ADAPTIVE] = "adaptive", [THINKING_BUDGET] = "budget",
	[THINKING_EFFORT] = "effort", [THINKING_LEVEL] = "level",
};

const char *
effort_name(enum effort e)
{
	return e < EFFORT_OFF || e > EFFORT_MAX ? NULL : facts_efforts[e];
}

static int
facts_word(const char *const *words, size_t n, const char *word)
{
	size_t i;

	for (i = 0; word != NULL && i < n; i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return -1;
}

enum effort
effort_find(const char *name)
{
	int i = facts_word(facts_efforts, MEM_COUNT(facts_efforts), name);

	return i < 0 ? EFFORT_UNSET : (enum effort)i;
}

void
facts_read(struct model_facts *f, const cJSON *row)
{
	const cJSON *it;
	int thinking = facts_word(facts_kinds, MEM_COUNT(facts_kinds),
	    json_str(row, "thinking"));

	memset(f, 0, sizeof(*f));
	f->window = json_int(row, "window", 0);
	f->output = json_int(row, "output", 0);
	f->thinking = thinking < 0 ? THINKING_UNKNOWN : (enum thinking)thinking;
	cJSON_ArrayForEach(it, json_array(row, "effort")) {
		enum effort e = effort_find(cJSON_GetStringValue(it));

		if (e != EFFORT_UNSET)
			f->efforts |= EFFORT_BIT(e);
	}
	f->effort_default = effort_find(json_str(row, "effort_default"));
	snprintf(f->off, sizeof(f->off), "%s", json_str_or(row, "off", ""));
	f->bound = json_bool(row, "bound", false);
	f->responses = json_bool(row, "responses", false);
	f->markers = json_bool(row, "markers", false);
	f->apply_patch = strcmp(json_str_or(row, "edit", ""),
	    "apply_patch") == 0;
	f->cache_min = json_int(row, "cache_min", 0);
}

enum effort
facts_effort(const struct model_facts *f, enum effort want)
{
	int e;

	if (want == EFFORT_UNSET || f->efforts == 0)
		return EFFORT_UNSET;
	for (e = want; e >= EFFORT_OFF; e--)
		if ((f->efforts & EFFORT_BIT(e)) != 0)
			return (enum effort)e;
	for (e = want; e <= EFFORT_MAX; e++)
		if ((f->efforts & EFFORT_BIT(e)) != 0)
			return (enum effort)e;
	return EFFORT_UNSET;
}

enum thinking
facts_thinking(const struct model_facts *f, enum thinking usual,
    enum effort *e)
{
	if (f == NULL || f->thinking == THINKING_UNKNOWN)
		return *e == EFFORT_UNSET ? THINKING_UNKNOWN : usual;
	*e = facts_effort(f, *e);
	return f->thinking;
}

int64_t
facts_budget(enum effort e, int64_t max_tokens)
{
	static const int64_t tokens[] = {
		[EFFORT_OFF] = 0, [EFFORT_LOW] = 2048, [EFFORT_MEDIUM] = 8192,
		[EFFORT_HIGH] = 16384, [EFFORT_XHIGH] = 24576,
		[EFFORT_MAX] = 24576,
	};

	if (e < EFFORT_OFF)
		return 0;
	return tokens[e] < max_tokens / 2 ? tokens[e] : max_tokens / 2;
}

int
facts_check(const cJSON *row, struct err *e)
{
	static const char *const numbers[] = { "window", "output", "cache_min" };
	const cJSON *it;
	size_t i;

	if (json_str(row, "begins") == NULL ||
	    json_str(row, "begins")[0] == '\0')
		return err_set(e, "begins must be the beginning of a model's "
		    "name");
	for (i = 0; i < MEM_COUNT(numbers); i++)
		if (json_get(row, numbers[i]) != NULL &&
		    json_int(row, numbers[i], 0) <= 0)
			return err_set(e, "%s: %s must be a number of tokens",
			    json_str(row, "begins"), numbers[i]);
	if (json_get(row, "thinking") != NULL && facts_word(facts_kinds,
	    MEM_COUNT(facts_kinds), json_str(row, "thinking")) <= 0)
		return err_set(e, "%s: thinking must be none, adaptive, budget, "
		    "effort or level", json_str(row, "begins"));
	if (json_get(row, "effort_default") != NULL &&
	    effort_find(json_str(row, "effort_default")) == EFFORT_UNSET)
		return err_set(e, "%s: effort_default must be one of %s",
		    json_str(row, "begins"), EFFORT_WORDS);
	cJSON_ArrayForEach(it, json_get(row, "effort"))
		if (effort_find(cJSON_GetStringValue(it)) == EFFORT_UNSET)
			return err_set(e, "%s: effort must be a list of %s",
			    json_str(row, "begins"), EFFORT_WORDS);
	return 0;
}
