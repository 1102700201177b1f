/*
 * What goes out, and the parts of reading that the samples do not show: what
 * has to be sent back, limits, words for people.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "provider/error.h"
#include "provider/provider.h"
#include "provider/sse.h"

static const struct provider_format *
format(const char *name)
{
	const struct provider_format *f = provider_format_find(name);

	assert_non_null(f);
	return f;
}

static void
test_table(void **state)
{
	const char *const *names = provider_format_names();
	size_t i;

	(void)state;
	for (i = 0; names[i] != NULL; i++) {
		assert_string_equal(format(names[i])->name, names[i]);
		assert_true(i == 0 || strcmp(names[i - 1], names[i]) < 0);
	}
	assert_null(provider_format_find("nonesuch"));
}

/* ---- messages ---- */

static struct message_call calls[] = {
	{ (char *)(uintptr_t)"call_1", (char *)(uintptr_t)"read",
	    (char *)(uintptr_t)"{\"path\":\"a\"}" },
	{ (char *)(uintptr_t)"call_2", (char *)(uintptr_t)"bash",
	    (char *)(uintptr_t)"{\"command\":\"ls" },
};

static struct message_result results[] = {
	{ (char *)(uintptr_t)"call_1", (char *)(uintptr_t)"read",
	    (char *)(uintptr_t)"int\n\"x\"", true },
	{ (char *)(uintptr_t)"call_2", (char *)(uintptr_t)"bash",
	    (char *)(uintptr_t)"cut off", false },
	{ (char *)(uintptr_t)"call_3", (char *)(uintptr_t)"bash",
	    (char *)(uintptr_t)"Error: no", false },
	{ (char *)(uintptr_t)"call_4", (char *)(uintptr_t)"bash",
	    (char *)(uintptr_t)"", true },
};

#define TEXT(s) ((char *)(uintptr_t)(s))

static const struct {
	const char	*label;
	struct message	 m;
	const char	*chat;
	const char	*anthropic;
} messages[] = {
	{ "user", { .role = MESSAGE_USER, .text = TEXT("fix \"it\"") },
	    "{\"role\":\"user\",\"content\":\"fix \\\"it\\\"\"}",
	    "{\"role\":\"user\",\"content\":[{\"type\":\"text\","
	    "\"text\":\"fix \\\"it\\\"\"}]}" },
	{ "user with bytes that are no text",
	    { .role = MESSAGE_USER, .text = TEXT("a\xff") },
	    "{\"role\":\"user\",\"content\":\"a\xef\xbf\xbd\"}",
	    "{\"role\":\"user\",\"content\":[{\"type\":\"text\","
	    "\"text\":\"a\xef\xbf\xbd\"}]}" },
	{ "user with nothing to say", { .role = MESSAGE_USER,
	    .text = TEXT(" \n") },
	    "{\"role\":\"user\",\"content\":\" \\n\"}",
	    "{\"role\":\"user\",\"content\":[{\"type\":\"text\","
	    "\"text\":\"(empty)\"}]}" },
	{ "answer", { .role = MESSAGE_ASSISTANT, .text = TEXT("ok") },
	    "{\"role\":\"assistant\",\"content\":\"ok\"}",
	    "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\","
	    "\"text\":\"ok\"}]}" },
	{ "calls without text, one of them cut",
	    { .role = MESSAGE_ASSISTANT, .text = TEXT(""), .calls = calls,
	    .calls_len = 2 },
	    "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":["
	    "{\"id\":\"call_1\",\"type\":\"function\",\"function\":"
	    "{\"name\":\"read\",\"arguments\":\"{\\\"path\\\":\\\"a\\\"}\"}},"
	    "{\"id\":\"call_2\",\"type\":\"function\",\"function\":"
	    "{\"name\":\"bash\",\"arguments\":\"{}\"}}]}",
	    "{\"role\":\"assistant\",\"content\":["
	    "{\"type\":\"tool_use\",\"id\":\"call_1\",\"name\":\"read\","
	    "\"input\":{\"path\":\"a\"}},"
	    "{\"type\":\"tool_use\",\"id\":\"call_2\",\"name\":\"bash\","
	    "\"input\":{}}]}" },
	{ "results and a word of the user",
	    { .role = MESSAGE_TOOL_RESULTS, .results = results,
	    .results_len = 4, .text = TEXT("stop") },
	    "{\"role\":\"tool\",\"tool_call_id\":\"call_1\","
	    "\"content\":\"int\\n\\\"x\\\"\"},"
	    "{\"role\":\"tool\",\"tool_call_id\":\"call_2\","
	    "\"content\":\"error: cut off\"},"
	    "{\"role\":\"tool\",\"tool_call_id\":\"call_3\","
	    "\"content\":\"Error: no\"},"
	    "{\"role\":\"tool\",\"tool_call_id\":\"call_4\","
	    "\"content\":\"\"},"
	    "{\"role\":\"user\",\"content\":\"stop\"}",
	    "{\"role\":\"user\",\"content\":["
	    "{\"type\":\"tool_result\",\"tool_use_id\":\"call_1\","
	    "\"content\":\"int\\n\\\"x\\\"\"},"
	    "{\"type\":\"tool_result\",\"tool_use_id\":\"call_2\","
	    "\"content\":\"cut off\",\"is_error\":true},"
	    "{\"type\":\"tool_result\",\"tool_use_id\":\"call_3\","
	    "\"content\":\"Error: no\",\"is_error\":true},"
	    "{\"type\":\"tool_result\",\"tool_use_id\":\"call_4\"},"
	    "{\"type\":\"text\",\"text\":\"stop\"}]}" },
};

static void
test_messages(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(messages); i++) {
		struct buf a = BUF_INIT(0), b = BUF_INIT(0);

		format("openai-chat")->message(&a, &messages[i].m, "m");
		format("anthropic")->message(&b, &messages[i].m, "m");
		if (strcmp(a.p, messages[i].chat) != 0 ||
		    strcmp(b.p, messages[i].anthropic) != 0) {
			print_error("%s:\n%s\n%s\n", messages[i].label, a.p,
			    b.p);
			fail();
		}
		buf_release(&a);
		buf_release(&b);
	}
}

/* ---- requests ---- */

static void
test_requests(void **state)
{
	static const char *const said[] = {
		"{\"role\":\"user\",\"content\":\"a\"}",
		"{\"role\":\"assistant\",\"content\":\"b\"}" };
	static const struct tool_schema tool = { "read", "Read \"it\"",
		"{\"type\":\"object\",\"properties\":{}}" };
	static const struct {
		const char	*label, *format, *model;
		size_t		 tools;
		const char	*want;
	} cases[] = {
		{ "chat", "openai-chat", "qwen3", 1,
		    "{\"stream\":true,\"stream_options\":{\"include_usage\":"
		    "true},\"max_tokens\":9,\"model\":\"qwen3\",\"tools\":[{"
		    "\"type\":\"function\",\"function\":{\"name\":\"read\","
		    "\"description\":\"Read \\\"it\\\"\",\"parameters\":{"
		    "\"type\":\"object\",\"properties\":{}}}}],\"messages\":["
		    "{\"role\":\"system\",\"content\":\"be \\\"good\\\"\"},"
		    "{\"role\":\"user\",\"content\":\"a\"},"
		    "{\"role\":\"assistant\",\"content\":\"b\"}]}" },
		{ "chat without tools, new name of the limit", "openai-chat",
		    "gpt-5.1", 0,
		    "{\"stream\":true,\"stream_options\":{\"include_usage\":"
		    "true},\"max_completion_tokens\":9,\"model\":\"gpt-5.1\","
		    "\"messages\":["
		    "{\"role\":\"system\",\"content\":\"be \\\"good\\\"\"},"
		    "{\"role\":\"user\",\"content\":\"a\"},"
		    "{\"role\":\"assistant\",\"content\":\"b\"}]}" },
		{ "anthropic", "anthropic", "claude", 1,
		    "{\"stream\":true,\"model\":\"claude\",\"max_tokens\":9,"
		    "\"cache_control\":{\"type\":\"ephemeral\"},"
		    "\"system\":[{\"type\":\"text\",\"text\":\"be "
		    "\\\"good\\\"\",\"cache_control\":{\"type\":\"ephemeral\""
		    "}}],\"tools\":[{\"name\":\"read\",\"description\":"
		    "\"Read \\\"it\\\"\",\"input_schema\":{\"type\":"
		    "\"object\",\"properties\":{}}}],\"messages\":["
		    "{\"role\":\"user\",\"content\":\"a\"},"
		    "{\"role\":\"assistant\",\"content\":\"b\"}]}" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct request q = { .model = cases[i].model,
			.system = "be \"good\"", .tools = &tool,
			.tools_len = cases[i].tools, .messages = said,
			.messages_len = 2, .max_tokens = 9 };
		struct buf b = BUF_INIT(0);
		cJSON *o;

		format(cases[i].format)->request(&b, &q);
		if (strcmp(b.p, cases[i].want) != 0) {
			print_error("%s:\n%s\n", cases[i].label, b.p);
			fail();
		}
		o = json_parse(b.p, b.len, JSON_NUL_REFUSE, NULL);
		assert_non_null(o);
		cJSON_Delete(o);
		buf_release(&b);
	}
}

static void
test_amend(void **state)
{
	static const struct {
		const char	*label, *model;
		long		 status;
		const char	*message;
		const char	*gone;	/* NULL: nothing to mend */
		const char	*there;
	} cases[] = {
		{ "no stream_options", "m", 422,
		    "Extra inputs are not permitted: stream_options",
		    "stream_options", "\"max_tokens\":9" },
		{ "wants the new name", "m", 400,
		    "Unsupported parameter: 'max_tokens' is not supported "
		    "with this model. Use 'max_completion_tokens' instead.",
		    "\"max_tokens\"", "\"max_completion_tokens\":9" },
		{ "wants the old name", "o3", 400,
		    "unknown field max_completion_tokens",
		    "max_completion_tokens", "\"max_tokens\":9" },
		{ "another complaint", "m", 400, "no such model", NULL, "" },
		{ "another status", "m", 500, "stream_options", NULL, "" },
		{ "nothing left to mend", "o3", 400,
		    "'max_tokens' is not supported", NULL, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct request q = { .model = cases[i].model,
			.max_tokens = 9 };
		struct provider_error e;
		struct buf b = BUF_INIT(0);
		char *body;

		provider_error_set(&e, PROVIDER_INVALID_REQUEST, false, "%s",
		    cases[i].message);
		e.status = cases[i].status;
		format("openai-chat")->request(&b, &q);
		body = format("openai-chat")->body_amend(b.p, &e);
		if ((body == NULL) != (cases[i].gone == NULL) ||
		    (body != NULL && (strstr(body, cases[i].gone) != NULL ||
		    strstr(body, cases[i].there) == NULL))) {
			print_error("%s: %s\n", cases[i].label,
			    body == NULL ? "NULL" : body);
			fail();
		}
		free(body);
		buf_release(&b);
	}
}

/* ---- what is sent back ---- */

#define CHAT(delta, finish) "data: {\"id\":\"c\",\"choices\":[{\"delta\":" \
	delta ",\"finish_reason\":" finish "}]}\n\n"
#define CHAT_CALL "{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\"," \
	"\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}"
#define CALL_BACK "\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\"," \
	"\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}"
#define BLOCK(i, block) "data: {\"type\":\"content_block_start\",\"index\":" \
	i ",\"content_block\":" block "}\n\n"
#define BLOCK_END(i) "data: {\"type\":\"content_block_stop\",\"index\":" i \
	"}\n\n"
#define START(id) "data: {\"type\":\"message_start\",\"message\":{\"id\":\"" \
	id "\"}}\n\n"
#define STOP(why) "data: {\"type\":\"message_delta\",\"delta\":{" \
	"\"stop_reason\":\"" why "\"}}\n\ndata: {\"type\":\"message_stop\"}\n\n"

static const struct {
	const char	*label, *format, *stream, *text, *back;
} echoes[] = {
	{ "reasoning without a call is not sent", "openai-chat",
	    CHAT("{\"reasoning_content\":\"hm\"}", "null")
	    CHAT("{\"content\":\"ok\"}", "\"stop\""), "ok",
	    "{\"role\":\"assistant\",\"content\":\"ok\"}" },
	{ "reasoning of Ollama", "openai-chat",
	    CHAT("{\"reasoning\":\"h\"}", "null")
	    CHAT("{\"reasoning\":\"m\"}", "null")
	    CHAT(CHAT_CALL, "\"tool_calls\""), "",
	    "{\"role\":\"assistant\",\"content\":\"\",\"reasoning\":\"hm\","
	    CALL_BACK "}]}" },
	{ "OpenRouter's details, joined by index", "openai-chat",
	    CHAT("{\"reasoning_details\":[{\"type\":\"reasoning.text\","
	    "\"text\":\"a\",\"index\":0,\"signature\":null}]}", "null")
	    CHAT("{\"reasoning_details\":[{\"type\":\"reasoning.text\","
	    "\"text\":\"b\",\"index\":0,\"signature\":\"s\"},"
	    "{\"type\":\"reasoning.encrypted\",\"data\":\"d\",\"index\":1}]}",
	    "null") CHAT("{\"content\":\"ok\"}", "\"stop\""), "ok",
	    "{\"role\":\"assistant\",\"content\":\"ok\","
	    "\"reasoning_details\":[{\"type\":\"reasoning.text\","
	    "\"index\":0,\"signature\":\"s\",\"text\":\"ab\"},"
	    "{\"type\":\"reasoning.encrypted\",\"index\":1,"
	    "\"data\":\"d\"}]}" },
	{ "a signature beside a call (Gemini)", "openai-chat",
	    CHAT("{\"tool_calls\":[{\"id\":\"call_1\",\"extra_content\":"
	    "{\"google\":{\"thought_signature\":\"x\"}},\"function\":{"
	    "\"name\":\"f\",\"arguments\":\"{}\"}}]}", "\"stop\""), "",
	    "{\"role\":\"assistant\",\"content\":\"\"," CALL_BACK
	    ",\"extra_content\":{\"google\":{\"thought_signature\":\"x\"}}}]"
	    "}" },
	{ "parts of Mistral", "openai-chat",
	    CHAT("{\"content\":[{\"type\":\"thinking\",\"thinking\":[{"
	    "\"type\":\"text\",\"text\":\"h\"}]}]}", "null")
	    CHAT("{\"content\":[{\"type\":\"text\",\"text\":\"o\"}]}",
	    "null") CHAT("{\"content\":\"k\"}", "\"stop\""), "ok",
	    "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\","
	    "\"thinking\":[{\"type\":\"text\",\"text\":\"h\"}]},"
	    "{\"type\":\"text\",\"text\":\"ok\"}]}" },
	{ "thinking without a signature, blocks that interleave",
	    "anthropic", START("a")
	    BLOCK("0", "{\"type\":\"thinking\",\"thinking\":\"h\"}")
	    BLOCK("1", "{\"type\":\"text\",\"text\":\"o\"}")
	    BLOCK("2", "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\","
	    "\"input\":{\"a\":1}}")
	    BLOCK("3", "{\"type\":\"future\",\"x\":1}")
	    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
	    "{\"type\":\"thinking_delta\",\"thinking\":\"m\"}}\n\n"
	    "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":"
	    "{\"type\":\"text_delta\",\"text\":\"k\"}}\n\n"
	    BLOCK_END("0") BLOCK_END("1") BLOCK_END("2") STOP("tool_use"),
	    "ok",
	    "{\"role\":\"assistant\",\"content\":["
	    "{\"type\":\"thinking\",\"thinking\":\"hm\"},"
	    "{\"type\":\"text\",\"text\":\"ok\"},"
	    "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":"
	    "{\"a\":1}}]}" },
	{ "the start told twice", "anthropic",
	    START("a") BLOCK("0", "{\"type\":\"text\",\"text\":\"o\"}")
	    START("a") "data: {\"type\":\"content_block_delta\",\"index\":0,"
	    "\"delta\":{\"type\":\"text_delta\",\"text\":\"k\"}}\n\n"
	    BLOCK_END("0") STOP("end_turn"), "ok",
	    "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\","
	    "\"text\":\"ok\"}]}" },
	{ "a proxy that asked again", "anthropic",
	    START("a") BLOCK("0", "{\"type\":\"text\",\"text\":\"lost\"}")
	    START("b") BLOCK("0", "{\"type\":\"text\",\"text\":\"ok\"}")
	    BLOCK_END("0") STOP("end_turn"), "ok",
	    "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\","
	    "\"text\":\"ok\"}]}" },
};

static void
test_echoes(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < MEM_COUNT(echoes); i++) {
		const struct provider_format *f = format(echoes[i].format);
		struct decoder *d = f->decoder_new(NULL, NULL);
		struct message_call *list;
		struct buf b = BUF_INIT(0);
		struct reply *r;
		struct message m = { .role = MESSAGE_ASSISTANT,
			.raw_format = f->name, .raw_model = "m" };

		f->decoder_feed(d, echoes[i].stream, strlen(echoes[i].stream));
		r = f->decoder_end_free(d);
		list = xcalloc(r->calls_len + 1, sizeof(*list));
		for (k = 0; k < r->calls_len; k++)
			list[k] = (struct message_call) { r->calls[k].id,
				r->calls[k].name, r->calls[k].arguments };
		m.text = r->text;
		m.calls = list;
		m.calls_len = r->calls_len;
		m.raw = r->raw;
		f->message(&b, &m, "m");
		if (r->error.kind != PROVIDER_OK ||
		    strcmp(r->text, echoes[i].text) != 0 ||
		    strcmp(buf_str(&b), echoes[i].back) != 0) {
			print_error("%s: %s, text \"%s\", back %s\n",
			    echoes[i].label,
			    provider_error_name(r->error.kind), r->text,
			    buf_str(&b));
			fail();
		}
		free(list);
		buf_release(&b);
		reply_free(r);
	}
}

/* An id that every answer of that server repeats is replaced. */
static void
test_short_id(void **state)
{
	static const char stream[] = CHAT("{\"tool_calls\":[{\"index\":0,"
	    "\"id\":\"0\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}"
	    "]}", "null") CHAT("{\"tool_calls\":[{\"index\":0,\"id\":\"0\","
	    "\"function\":{\"arguments\":\"}\"}}]}", "\"tool_calls\"");
	const struct provider_format *f = format("openai-chat");
	struct decoder *d = f->decoder_new(NULL, NULL);
	struct reply *r;

	(void)state;
	f->decoder_feed(d, stream, strlen(stream));
	r = f->decoder_end_free(d);
	assert_int_equal(r->calls_len, 1);
	assert_int_equal(strlen(r->calls[0].id), 9);
	assert_string_equal(r->calls[0].arguments, "{}");
	assert_true(r->calls[0].complete);
	reply_free(r);
}

/* Arguments that parse, and yet are none. */
static void
test_arguments(void **state)
{
	static const struct {
		const char *label, *arguments, *finish;
		bool complete, usable;
	} cases[] = {
		{ "whole", "{\\\"a\\\":1}", "\"tool_calls\"", true, true },
		{ "a list", "[1]", "\"tool_calls\"", true, false },
		{ "a NUL", "{\\\"a\\\":\\\"\\\\u0000\\\"}",
		    "\"tool_calls\"", true, false },
		{ "two values", "{}{}", "\"tool_calls\"", true, false },
		{ "none", "", "\"tool_calls\"", true, true },
		{ "none yet, at the limit", "", "\"length\"", false, false },
		{ "whole, at the limit", "{}", "\"length\"", true, true },
		{ "whole, and no end", "{}", "null", false, false },
	};
	const struct provider_format *f = format("openai-chat");
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct decoder *d = f->decoder_new(NULL, NULL);
		char *s = xasprintf(CHAT("{\"tool_calls\":[{\"index\":0,"
		    "\"id\":\"call_1\",\"function\":{\"name\":\"f\","
		    "\"arguments\":\"%s\"}}]}", "%s"), cases[i].arguments,
		    cases[i].finish);
		struct reply *r;

		f->decoder_feed(d, s, strlen(s));
		r = f->decoder_end_free(d);
		if (r->calls_len != 1 ||
		    r->calls[0].complete != cases[i].complete ||
		    (r->calls[0].args != NULL) != cases[i].usable ||
		    (r->calls[0].args == NULL) !=
		    (r->calls[0].args_error != NULL)) {
			print_error("%s\n", cases[i].label);
			fail();
		}
		reply_free(r);
		free(s);
	}
}

/* ---- limits ---- */

static void
limit_event(void *arg, const char *event, const char *data, size_t n)
{
	(void)event;
	(void)data;
	*(size_t *)arg += n;
}

static void
test_sse_limits(void **state)
{
	struct sse s;
	size_t got = 0, i;
	char *line = xmalloc(1 << 20);

	(void)state;
	memset(line, 'x', 1 << 20);
	sse_init(&s, limit_event, &got);
	for (i = 0; i < 64 && sse_feed(&s, line, 1 << 20) == 0; i++)
		;
	assert_int_equal(i, SSE_LINE_MAX >> 20);
	assert_int_equal(sse_feed(&s, "\n\n", 2), -1);
	sse_release(&s);
	/* Many lines of one event. */
	sse_init(&s, limit_event, &got);
	memcpy(line, "data: ", 6);
	line[(1 << 20) - 1] = '\n';
	for (i = 0; i < 64 && sse_feed(&s, line, 1 << 20) == 0; i++)
		;
	assert_true(i >= 31 && i <= 33);
	sse_release(&s);
	assert_int_equal(got, 0);
	free(line);
}

static void
test_too_many(void **state)
{
	static const struct {
		const char *format, *piece;
	} cases[] = {
		{ "openai-chat", CHAT("{\"tool_calls\":[{\"function\":{"
		    "\"name\":\"f\"}}]}", "null") },
		{ "anthropic", "data: {\"type\":\"content_block_start\","
		    "\"content_block\":{\"type\":\"text\"}}\n\n" },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		const struct provider_format *f = format(cases[i].format);
		struct decoder *d = f->decoder_new(NULL, NULL);
		struct reply *r;

		for (k = 0; k < 2000; k++)
			f->decoder_feed(d, cases[i].piece,
			    strlen(cases[i].piece));
		assert_true(f->decoder_is_done(d));
		r = f->decoder_end_free(d);
		assert_int_equal(r->stop, REPLY_ERROR);
		assert_int_equal(r->error.kind, PROVIDER_PROTOCOL);
		reply_free(r);
	}
}

/* ---- errors ---- */

static void
test_context_words(void **state)
{
	static const char *const words[] = {
		"Your input exceeds the context window of this model",
		"This model's maximum prompt length is 8 but the request "
		    "contains 9 tokens",
		"Please reduce the length of the messages or completion",
		"request (9412 tokens) exceeds the available context size",
		"tokens to keep from the initial prompt is greater than the "
		    "context length",
		"prompt token count of 9 exceeds the limit of 8",
		"invalid params, context window exceeds limit",
		"Your request exceeded model token limit: 8 (requested: 9)",
		"too large for model with 8 maximum context length",
		"input is too long for requested model",
	};
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(words); i++) {
		char *body = xasprintf("{\"error\":{\"message\":\"%s\"}}",
		    words[i]);
		struct provider_error e;

		format("openai-chat")->http_error(&e, 400, "", body,
		    strlen(body));
		if (e.kind != PROVIDER_CONTEXT_FULL || e.retry) {
			print_error("%s\n", words[i]);
			fail();
		}
		free(body);
	}
}

static void
test_error_bodies(void **state)
{
	static const struct {
		const char	*label, *body;
		long		 status;
		const char	*name;
		const char	*message;
	} cases[] = {
		{ "an error that is a string", "{\"error\":\"bad thing\"}",
		    400, "invalid_request", "bad thing" },
		{ "a list (Gemini)", "[{\"error\":{\"code\":400,\"message\":"
		    "\"m\"}}]", 400, "invalid_request", "m" },
		{ "detail (FastAPI)", "{\"detail\":\"Not Found\"}", 404,
		    "not_found", "Not Found" },
		{ "control characters and bad bytes",
		    "a\x1b[2J\x07" "b\xff\n", 500, "server",
		    "a [2J b\xef\xbf\xbd" },
		{ "nothing", "", 418, "invalid_request", "" },
		{ "arguments that llama.cpp cannot read",
		    "{\"error\":{\"code\":500,\"message\":\"Failed to parse "
		    "tool call arguments as JSON: x\",\"type\":"
		    "\"server_error\"}}", 500, "invalid_request",
		    "Failed to parse tool call arguments as JSON: x" },
		{ "credit", "{\"error\":{\"type\":\"invalid_request_error\","
		    "\"message\":\"Your credit balance is too low\"}}", 400,
		    "quota", "Your credit balance is too low" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct provider_error e;

		format("openai-chat")->http_error(&e, cases[i].status, "",
		    cases[i].body, strlen(cases[i].body));
		if (strcmp(provider_error_name(e.kind), cases[i].name) != 0 ||
		    strcmp(e.message, cases[i].message) != 0) {
			print_error("%s: %s, \"%s\"\n", cases[i].label,
			    provider_error_name(e.kind), e.message);
			fail();
		}
	}
}

static void
test_long_message(void **state)
{
	struct provider_error e;
	char body[2048];
	size_t i;

	(void)state;
	for (i = 0; i + 2 < sizeof(body); i += 2)
		memcpy(body + i, "\xc3\xa9", 2);
	format("openai-chat")->http_error(&e, 500, "", body, i);
	assert_true(strlen(e.message) <= 200);
	assert_true(strlen(e.message) >= 196);
	provider_error_set(&e, PROVIDER_SERVER, true, "%.900s", body);
	assert_true(strlen(e.message) < sizeof(e.message));
	assert_true((unsigned char)e.message[strlen(e.message) - 1] == 0xa9);
}

static void
test_mask(void **state)
{
	static const struct {
		const char *label, *key, *text, *want;
	} cases[] = {
		{ "in the middle", "sk-12345678", "bad sk-12345678!",
		    "bad [key]!" },
		{ "twice", "sk-12345678", "sk-12345678sk-12345678",
		    "[key][key]" },
		{ "cut at the end", "sk-12345678", "bad sk-1234",
		    "bad [key]" },
		{ "not there", "sk-12345678", "sky sk-1", "sky [key]" },
		{ "none", NULL, "text", "text" },
		{ "too short to be one", "ok", "ok ok", "ok ok" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct provider_error e;

		provider_error_set(&e, PROVIDER_AUTH, false, "%s",
		    cases[i].text);
		provider_error_mask(&e, cases[i].key);
		if (strcmp(e.message, cases[i].want) != 0) {
			print_error("%s: %s\n", cases[i].label, e.message);
			fail();
		}
	}
}

static void
test_explain(void **state)
{
	static const struct {
		const char			*label;
		enum provider_error_kind	 kind;
		long				 status;
		bool				 keyless;
		int64_t				 wait_ms;
		const char			*url;
		const char			*message;
		const char			*want;
	} cases[] = {
		{ "no key", PROVIDER_AUTH, 401, true, -1, "https://a.example",
		    "no key", "acme wants a key, and none was given "
		    "(HTTP 401): no key. Set ACME_KEY to your key and start "
		    "again." },
		{ "bad key", PROVIDER_AUTH, 401, false, -1,
		    "https://a.example", "bad key!", "acme refused the key "
		    "(HTTP 401): bad key! Check the key in ACME_KEY: it may "
		    "be mistyped, revoked, or for another service." },
		{ "a day", PROVIDER_RATE_LIMIT, 429, false, 86400000,
		    "https://a.example", "", "acme asks for fewer requests "
		    "(HTTP 429). It may work again in 24 h. Go on a little "
		    "later; if it keeps happening, choose another model with "
		    "--model or raise the account's limit." },
		{ "nobody there", PROVIDER_CONNECT, 0, false, -1,
		    "http://localhost:11434/v1", "Connection refused",
		    "cannot reach acme at http://localhost:11434/v1: "
		    "Connection refused. Is the local server running? Start "
		    "it (such as `ollama serve` or `llama-server -m "
		    "MODEL.gguf`), or correct base_url." },
		{ "far away", PROVIDER_CONNECT, 0, false, -1,
		    "https://me:pw@a.example/v1", "No route", "cannot reach "
		    "acme at https://a.example/v1: No route. Check the "
		    "network, the proxy variables (https_proxy, no_proxy) "
		    "and base_url." },
		{ "wrong place", PROVIDER_PROTOCOL, 200, false, -1,
		    "https://a.example", "Log in", "acme sent something that "
		    "is not its format: Log in. Check the provider's format "
		    "and base_url (https://a.example): is it the address of "
		    "the API, and not of a web page or a proxy?" },
		{ "a recording", PROVIDER_NOT_FOUND, 0, false, -1, NULL,
		    "the recording is at its end", "the recording is at its "
		    "end" },
	};
	size_t i;
	int kind;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct provider_error e;
		char *said;

		provider_error_set(&e, cases[i].kind, false, "%s",
		    cases[i].message);
		e.status = cases[i].status;
		e.keyless = cases[i].keyless;
		e.wait_ms = cases[i].wait_ms;
		said = provider_error_explain(&e, "acme", cases[i].url,
		    "ACME_KEY");
		if (strcmp(said, cases[i].want) != 0) {
			print_error("%s: %s\n", cases[i].label, said);
			fail();
		}
		free(said);
	}
	/* Every kind has its words, and no hole is left in any. */
	for (kind = PROVIDER_OK; kind <= PROVIDER_PROTOCOL; kind++) {
		struct provider_error e;
		char *said;

		provider_error_set(&e, (enum provider_error_kind)kind, false,
		    "%s", "words");
		e.status = 499;
		said = provider_error_explain(&e, NULL, NULL, NULL);
		assert_non_null(strstr(said, "words"));
		assert_null(strchr(said, '%'));
		free(said);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_amend),
		cmocka_unit_test(test_echoes),
		cmocka_unit_test(test_short_id),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_sse_limits),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_context_words),
		cmocka_unit_test(test_error_bodies),
		cmocka_unit_test(test_long_message),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_explain),
	};

	return cmocka_run_group_tests_name("provider", tests, NULL, NULL);
}
