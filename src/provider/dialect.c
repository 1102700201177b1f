#include "config.h"

#include "provider/dialect.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/hash.h"
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
  .fill_reasoning = true },
{ .name = "gemini", .hosts = "generativelanguage.googleapis.com",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
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
/* Its reasoning_details are sent back unchanged. */
{ .name = "openrouter", .hosts = "openrouter.ai",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true,
  .conversation = "session_id", .cache_control = true,
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
  .conversation = "x-grok-conv-id",
  .images = true },
{ .name = "zai", .hosts = "api.z.ai|open.bigmodel.cn",
  .max_tokens = OLD, .system_role = "system", .include_usage = true,
  .echo_reasoning = true, .reasoning = "reasoning_content",
  .clear_thinking = true,
  .images = true },
};
/* clang-format on */
const size_t dialect_table_len = MEM_COUNT(dialect_table);

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
