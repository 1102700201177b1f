#include "config.h"

#include "provider/dialect.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"

#define OLD "max_tokens"
#define NEW "max_completion_tokens"

/* clang-format off */
const struct dialect dialect_table[] = {
/* Requires the reasoning of each answer with calls, even if empty; its models
 * accept no images. */
{ .name = "deepseek", .hosts = "api.deepseek.com",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true, .reasoning = "reasoning_content",
  .fill_reasoning = true, .parallel_tool_calls = -1, .strict = -1 },
{ .name = "gemini", .hosts = "generativelanguage.googleapis.com",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .parallel_tool_calls = -1, .strict = -1,
  .images = true },
{ .name = "generic",
  .system_role = "system", .include_usage = true, .echo_reasoning = true,
  .parallel_tool_calls = -1, .strict = -1,
  .images = true },
/* Rejects unknown members of a message. */
{ .name = "groq", .hosts = "api.groq.com",
  .max_tokens = NEW, .system_role = "system", .include_usage = true,
  .parallel_tool_calls = -1, .strict = -1,
  .images = true },
{ .name = "llama.cpp",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true, .reasoning = "reasoning_content",
  .parallel_tool_calls = -1, .strict = -1,
  .images = true },
/* Rejects stream_options, and call ids other than nine letters and digits. */
{ .name = "mistral", .hosts = "api.mistral.ai|codestral.mistral.ai",
  .max_tokens = OLD, .system_role = "system", .echo_reasoning = true,
  .conversation = "prompt_cache_key",
  .short_ids = true, .parallel_tool_calls = -1, .strict = -1,
  .images = true },
{ .name = "ollama", .hosts = "ollama.com|localhost:11434|127.0.0.1:11434",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true, .reasoning = "reasoning",
  .parallel_tool_calls = -1, .strict = -1,
  .images = true },
{ .name = "openai", .hosts = "api.openai.com|openai.azure.com",
  .max_tokens = NEW, .system_role = "developer", .include_usage = true,
  .conversation = "prompt_cache_key",
  .parallel_tool_calls = -1, .strict = -1, .structured = true,
  .custom_tools = true,
  .images = true },
/* Its reasoning_details are sent back unchanged. */
{ .name = "openrouter", .hosts = "openrouter.ai",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true, .parallel_tool_calls = -1, .strict = -1,
  .conversation = "session_id", .cache_control = true,
  .images = true },
{ .name = "qwen",
  .hosts = "dashscope.aliyuncs.com|dashscope-intl.aliyuncs.com",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .parallel_tool_calls = -1, .strict = -1,
  .images = true },
{ .name = "vllm",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true, .parallel_tool_calls = -1, .strict = -1,
  .images = true },
{ .name = "xai", .hosts = "api.x.ai",
  .system_role = "system", .include_usage = true, .echo_reasoning = true,
  .conversation = "x-grok-conv-id",
  .parallel_tool_calls = -1, .strict = -1,
  .images = true },
{ .name = "zai", .hosts = "api.z.ai|open.bigmodel.cn",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true, .reasoning = "reasoning_content",
  .clear_thinking = true, .parallel_tool_calls = -1, .strict = -1,
  .images = true },
};
/* clang-format on */
const size_t dialect_table_len = MEM_COUNT(dialect_table);

/* The members that a configuration may have: words or booleans. */
static const struct dialect_word {
	const char	*name;
	const char	*words[4];	/* none: true or false */
	size_t		 at;
	bool		 tri;		/* an int that may be unset */
} dialect_members[] = {
	{ "cache_control", { NULL },
	    offsetof(struct dialect, cache_control), false },
	{ "clear_thinking", { NULL },
	    offsetof(struct dialect, clear_thinking), false },
	{ "conversation", { "prompt_cache_key", "session_id",
	    "x-grok-conv-id" },
	    offsetof(struct dialect, conversation), false },
	{ "echo_reasoning", { NULL },
	    offsetof(struct dialect, echo_reasoning), false },
	{ "fill_reasoning", { NULL },
	    offsetof(struct dialect, fill_reasoning), false },
	{ "images", { NULL },
	    offsetof(struct dialect, images), false },
	{ "include_usage", { NULL },
	    offsetof(struct dialect, include_usage), false },
	{ "max_tokens", { OLD, NEW },
	    offsetof(struct dialect, max_tokens), false },
	{ "parallel_tool_calls", { NULL },
	    offsetof(struct dialect, parallel_tool_calls), true },
	{ "reasoning", { "reasoning", "reasoning_content", "thinking" },
	    offsetof(struct dialect, reasoning), false },
	{ "short_ids", { NULL },
	    offsetof(struct dialect, short_ids), false },
	{ "strict", { NULL },
	    offsetof(struct dialect, strict), true },
	{ "structured", { NULL },
	    offsetof(struct dialect, structured), false },
	{ "system_role", { "developer", "system", "user" },
	    offsetof(struct dialect, system_role), false },
	{ "tool_choice", { "any", "auto", "required" },
	    offsetof(struct dialect, tool_choice), false },
};

const struct dialect *
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

const struct dialect *
dialect_of(const char *base_url)
{
	const char *host = base_url == NULL ? NULL : strstr(base_url, "://");
	const char *name;
	size_t i, len, n, all;

	if (host == NULL)
		return dialect_find("generic");
	host += 3;
	all = strcspn(host, "/?#");
	n = strcspn(host, ":/?#");
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

/* ---- from a configuration ---- */

/* "must be a, b or c" */
static int
dialect_must(struct err *e, const char *name, const char *const *words,
    size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < n; i++) {
		buf_adds(&b, i == 0 ? "" : i + 1 == n ? " or " : ", ");
		buf_adds(&b, words[i]);
	}
	err_set(e, "%s%smust be %s", name, name[0] == '\0' ? "" : ": ",
	    buf_str(&b));
	return -1;
}

static int
dialect_must_be_row(struct err *e, const char *name)
{
	const char *names[MEM_COUNT(dialect_table)];
	size_t i;

	for (i = 0; i < dialect_table_len; i++)
		names[i] = dialect_table[i].name;
	return dialect_must(e, name, names, dialect_table_len);
}

static int
dialect_member(const cJSON *v, struct dialect *d, struct err *e)
{
	const struct dialect_word *m = MEM_FIND(dialect_members, v->string);
	size_t k;
	char *at;

	if (m == NULL)
		return err_set(e, "%.60s: unknown member", v->string);
	at = (char *)d + m->at;
	if (m->words[0] == NULL) {
		if (!cJSON_IsBool(v))
			return err_set(e, "%s: must be true or false",
			    v->string);
		if (m->tri)
			*(int *)(void *)at = cJSON_IsTrue(v);
		else
			*(bool *)(void *)at = cJSON_IsTrue(v);
		return 0;
	}
	for (k = 0; k < 4 && m->words[k] != NULL; k++) {
		if (cJSON_IsString(v) &&
		    strcmp(v->valuestring, m->words[k]) == 0) {
			*(const char **)(void *)at = m->words[k];
			return 0;
		}
	}
	return dialect_must(e, v->string, m->words, k);
}

int
dialect_read(const cJSON *v, const char *base_url, struct dialect *d,
    struct err *e)
{
	const cJSON *like = cJSON_IsObject(v) ? json_get(v, "like") : v, *it;
	const struct dialect *row = dialect_of(base_url);

	if (like != NULL) {
		row = cJSON_IsString(like) ? dialect_find(like->valuestring) :
		    NULL;
		if (row == NULL)
			return dialect_must_be_row(e, like == v ? "" : "like");
	}
	*d = *row;
	if (!cJSON_IsObject(v))
		return 0;
	cJSON_ArrayForEach(it, v)
		if (it != like && dialect_member(it, d, e) < 0)
			return -1;
	return 0;
}

bool
dialect_has_header(const struct dialect *d)
{
	return d != NULL && d->conversation != NULL &&
	    strncmp(d->conversation, "x-", 2) == 0;
}

/* ---- ids ---- */

const char *
dialect_id(const struct dialect *d, const char *id, char room[DIALECT_ID])
{
	static const char set[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	uint64_t h;
	size_t i;

	if (!d->short_ids || (strlen(id) == DIALECT_ID - 1 &&
	    strspn(id, set) == DIALECT_ID - 1))
		return id;
	/* It only needs to keep the calls of a conversation apart. */
	h = hash_bytes(HASH_BEGIN, id, strlen(id));
	for (i = 0; i + 1 < DIALECT_ID; i++) {
		room[i] = set[h % (sizeof(set) - 1)];
		h /= sizeof(set) - 1;
	}
	room[i] = '\0';
	return room;
}
