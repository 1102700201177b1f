#include "config.h"

#include "provider/dialect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/url.h"

#define OLD MAX_TOKENS_OLD
#define NEW MAX_TOKENS_NEW

/* clang-format off */
const struct dialect dialect_table[] = {
/* The service itself: gateways to it reject members that they don't know. */
{ .name = "anthropic", .hosts = "api.anthropic.com",
  .system_role = "system", .include_usage = true, .echo_reasoning = true,
  .eager = true, .diagnoses = true,
  .images = true },
/* Requires the reasoning of each answer with calls, even if empty; its models
 * accept no images. */
{ .name = "deepseek", .hosts = "api.deepseek.com",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true, .reasoning = "reasoning_content",
  .fill_reasoning = true },
{ .name = "gemini", .hosts = "generativelanguage.googleapis.com",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .levels = true,
  .images = true },
{ .name = "generic",
  .system_role = "system", .include_usage = true, .echo_reasoning = true,
  .images = true },
/* Rejects unknown members of a message. */
{ .name = "groq", .hosts = "api.groq.com",
  .max_tokens = NEW, .system_role = "system", .include_usage = true,
  .images = true },
{ .name = "llama.cpp",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true, .reasoning = "reasoning_content",
  .images = true },
/* Rejects stream_options, and call ids other than nine letters and digits. */
{ .name = "mistral", .hosts = "api.mistral.ai|codestral.mistral.ai",
  .max_tokens = OLD, .system_role = "system", .echo_reasoning = true,
  .conversation = "prompt_cache_key",
  .short_ids = true,
  .images = true },
{ .name = "ollama", .hosts = "ollama.com|localhost:11434|127.0.0.1:11434",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true, .reasoning = "reasoning",
  .images = true },
{ .name = "openai", .hosts = "api.openai.com|openai.azure.com",
  .max_tokens = NEW, .system_role = "developer", .include_usage = true,
  .conversation = "prompt_cache_key", .structured = true,
  .custom_tools = true,
  .images = true },
/* OpenRouter's reasoning_details are sent back unchanged. */
{ .name = "openrouter", .hosts = "openrouter.ai",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true,
  .conversation = "session_id", .cache_control = true, .routes = true,
  .images = true },
{ .name = "qwen",
  .hosts = "dashscope.aliyuncs.com|dashscope-intl.aliyuncs.com",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .images = true },
{ .name = "vllm",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true,
  .images = true },
{ .name = "xai", .hosts = "api.x.ai",
  .system_role = "system", .include_usage = true, .echo_reasoning = true,
  .header = "x-grok-conv-id",
  .images = true },
{ .name = "zai", .hosts = "api.z.ai|open.bigmodel.cn",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true, .reasoning = "reasoning_content",
  .clear_thinking = true,
  .images = true },
};
/* clang-format on */
const size_t dialect_table_len = MEM_COUNT(dialect_table);

static const struct dialect *
dialect_find(const char *name)
{
	return MEM_FIND_IN(dialect_table, dialect_table_len, name);
}

/* Is the host (with or without the port) this one, or a subdomain? */
static bool
dialect_host_is(const char *host, size_t n, const char *name, size_t len)
{
	return n >= len && strncasecmp(host + n - len, name, len) == 0 &&
	    (n == len || host[n - len - 1] == '.');
}

static const struct dialect *
dialect_of(const char *base_url)
{
	const char *host = url_host(base_url == NULL ? "" : base_url), *name;
	size_t i, len, n = strcspn(host, ":/?#"), all = strcspn(host, "/?#");

	for (i = 0; i < dialect_table_len; i++) {
		for (name = dialect_table[i].hosts; name != NULL; name =
		    name[len] == '|' ? name + len + 1 : NULL) {
			len = strcspn(name, "|");
			if (dialect_host_is(host, memchr(name, ':', len) !=
			    NULL ? all : n, name, len))
				return &dialect_table[i];
		}
	}
	return dialect_find("generic");
}

const struct dialect *
dialect_read(const char *name, const char *base_url, struct err *e)
{
	const struct dialect *d = name == NULL ? dialect_of(base_url) :
	    dialect_find(name);
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; d == NULL && i < dialect_table_len; i++)
		buf_addf(&b, "%s%s", i == 0 ? "" :
		    i + 1 == dialect_table_len ? " or " : ", ",
		    dialect_table[i].name);
	if (d == NULL)
		err_set(e, "must be %s", buf_str(&b));
	return d;
}

/*
 * Facts of the model table (share/models.json): the size of a model's window
 * and answers, and how to set its thinking. Defaults are cautious: see
 * facts_read.
 */

const char *const facts_effort_names[] = {
	[EFFORT_UNSET] = NULL, [EFFORT_OFF] = "off", [EFFORT_LOW] = "low",
	[EFFORT_MEDIUM] = "medium", [EFFORT_HIGH] = "high",
	[EFFORT_XHIGH] = "xhigh", [EFFORT_MAX] = "max",
};

static const char *const facts_kinds[] = {
	[THINKING_UNKNOWN] = NULL, [THINKING_NONE] = "none",
	[THINKING_ADAPTIVE] = "adaptive", [THINKING_BUDGET] = "budget",
	[THINKING_EFFORT] = "effort", [THINKING_LEVEL] = "level",
};

static const struct json_field facts_fields[] = {
	JSON_FIELD(model_facts, window, JSON_INT64, "window", NULL),
	JSON_FIELD(model_facts, output, JSON_INT64, "output", NULL),
	JSON_FIELD(model_facts, bound, JSON_FLAG, "bound", NULL),
	JSON_FIELD(model_facts, responses, JSON_FLAG, "responses", NULL),
	JSON_FIELD(model_facts, markers, JSON_FLAG, "markers", NULL),
	JSON_FIELD(model_facts, keep, JSON_FLAG, "keep", NULL),
	JSON_FIELD(model_facts, cache_ask, JSON_FLAG, "cache_ask", NULL),
};

void
facts_read(struct model_facts *f, const cJSON *row)
{
	const cJSON *it;

	memset(f, 0, sizeof(*f));
	JSON_READ(f, row, facts_fields);
	f->thinking = (enum thinking)MEM_WORD(facts_kinds,
	    json_str(row, "thinking"));
	cJSON_ArrayForEach(it, json_array(row, "effort")) {
		enum effort e = FACTS_EFFORT(cJSON_GetStringValue(it));

		if (e != EFFORT_UNSET)
			f->efforts |= EFFORT_BIT(e);
	}
	f->effort_default = FACTS_EFFORT(json_str(row, "effort_default"));
	snprintf(f->off, sizeof(f->off), "%s", json_str_or(row, "off", ""));
	f->apply_patch = json_is(row, "edit", "apply_patch");
}

enum effort
facts_effort(const struct model_facts *f, enum effort want)
{
	int e;

	if (want == EFFORT_UNSET || f->efforts == 0)
		return EFFORT_UNSET;
	for (e = (int)want; e >= EFFORT_OFF; e--)
		if ((f->efforts & EFFORT_BIT(e)) != 0)
			return (enum effort)e;
	for (e = (int)want; e <= EFFORT_MAX; e++)
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

bool
facts_marks(const struct model_facts *f, enum effort e)
{
	return f != NULL && f->markers && facts_effort(f, e) > EFFORT_OFF;
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

/* ---- validation ---- */

enum facts_type { FACT_WORD, FACT_TOKENS, FACT_BOOL, FACT_THINKING, FACT_EFFORT,
	FACT_EFFORTS, FACT_DATE, FACT_EDIT };

static const struct facts_member {
	const char	*name;
	enum facts_type	 type;
	const char	*must;
} facts_members[] = {
	{ "begins", FACT_WORD, "the beginning of a model's name" },
	{ "bound", FACT_BOOL, "true or false" },
	{ "cache_ask", FACT_BOOL, "true or false" },
	{ "cache_min", FACT_TOKENS, "a number of tokens" },
	{ "edit", FACT_EDIT, "edit or apply_patch" },
	{ "effort", FACT_EFFORTS, "a list of " EFFORT_WORDS },
	{ "effort_default", FACT_EFFORT, "one of " EFFORT_WORDS },
	{ "ends", FACT_DATE, "a date such as 2026-11-30" },
	{ "family", FACT_BOOL, "true or false" },
	{ "keep", FACT_BOOL, "true or false" },
	{ "markers", FACT_BOOL, "true or false" },
	{ "next", FACT_WORD, "a model's name" },
	{ "off", FACT_WORD, "a word" },
	{ "output", FACT_TOKENS, "a number of tokens" },
	{ "prompt", FACT_WORD, "a word" },
	{ "responses", FACT_BOOL, "true or false" },
	{ "source", FACT_WORD, "a text" },
	{ "thinking", FACT_THINKING, "none, adaptive, budget, effort or level" },
	{ "window", FACT_TOKENS, "a number of tokens" },
};

static bool
facts_member_is(enum facts_type type, const cJSON *v)
{
	const char *text = cJSON_GetStringValue(v);
	const cJSON *it;
	int y, m, d;

	switch (type) {
	case FACT_WORD:
		return text != NULL && text[0] != '\0';
	case FACT_TOKENS:
		return cJSON_IsNumber(v) && v->valuedouble >= 1;
	case FACT_BOOL:
		return cJSON_IsBool(v);
	case FACT_THINKING:
		return (enum thinking)MEM_WORD(facts_kinds, text) != THINKING_UNKNOWN;
	case FACT_EFFORT:
		return FACTS_EFFORT(text) != EFFORT_UNSET;
	case FACT_EFFORTS:
		cJSON_ArrayForEach(it, v)
			if (FACTS_EFFORT(cJSON_GetStringValue(it)) ==
			    EFFORT_UNSET)
				return false;
		return cJSON_IsArray(v);
	case FACT_DATE:
		return text != NULL && sscanf(text, "%4d-%2d-%2d", &y, &m,
		    &d) == 3;
	case FACT_EDIT:
		return text != NULL && (strcmp(text, "edit") == 0 ||
		    strcmp(text, "apply_patch") == 0);
	}
	return false;
}

static int
facts_unknown(const char *begins, const char *name, struct err *e)
{
	const char *near = NEAR_IN(facts_members, MEM_COUNT(facts_members),
	    name);

	return err_set(e, "%s: unknown member %.40s%s%s%s", begins, name,
	    near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
	    near == NULL ? "" : "?");
}

int
facts_validate(const cJSON *row, struct err *e)
{
	const char *begins = json_str_or(row, "begins", "");
	const cJSON *it;

	if (begins[0] == '\0')
		return err_set(e, "begins must be %s", facts_members[0].must);
	cJSON_ArrayForEach(it, row) {
		const struct facts_member *m = MEM_FIND(facts_members,
		    it->string);

		if (m == NULL)
			return facts_unknown(begins, it->string, e);
		if (!facts_member_is(m->type, it))
			return err_set(e, "%s: %s must be %s", begins,
			    it->string, m->must);
	}
	return 0;
}
