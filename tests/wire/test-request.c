/*
 * Requests: the body for one conversation in each format, byte for byte, and
 * every sampled answer sent back in the next request. WIRE_UPDATE=1 writes the
 * bodies anew; read the difference. With WIRE_BODIES every body is written into
 * that folder, as FORMAT@NAME, for test-shapes.py.
 */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "provider/dialect.h"
#include "provider/format.h"
#include "provider/provider.h"
#include "provider/schema.h"
#include "tests/unit/unit.h"

static const char *const formats[] = { "anthropic", "gemini", "openai-chat",
	"openai-responses" };

static char *
request_path(const char *rest)
{
	const char *src = getenv("srcdir");

	return xasprintf("%s/tests/wire/%s", src == NULL ? "." : src, rest);
}

static void
request_read(const char *path, struct buf *b)
{
	struct err e = ERR_INIT;

	buf_init(b, 0);
	if (fs_read_file(AT_FDCWD, path, b, &e) < 0) {
		print_error("%s\n", e.text);
		fail();
	}
}

static cJSON *
request_read_json(const char *path)
{
	struct buf b;
	cJSON *o;

	request_read(path, &b);
	o = json_parse(b.p, b.len, JSON_NUL_REPLACE, NULL);
	assert_non_null(o);
	buf_release(&b);
	return o;
}

/* For who looks at it with other eyes. */
static void
request_keep(const char *format, const char *label, const char *body)
{
	const char *folder = getenv("WIRE_BODIES");
	char *path;
	FILE *to;

	if (folder == NULL)
		return;
	path = xasprintf("%s/%s@%s", folder, format, label);
	to = fopen(path, "w");
	assert_non_null(to);
	fputs(body, to);
	assert_int_equal(fclose(to), 0);
	free(path);
}

/* ---- a conversation from a file ---- */

static void
request_message(const struct provider_format *f, const cJSON *o,
    const char *model, const struct dialect *dialect, struct buf *out)
{
	const char *role = json_str(o, "role");
	struct message m = { .role = role[0] == 'u' ? MESSAGE_USER :
		role[0] == 'a' ? MESSAGE_ASSISTANT : MESSAGE_TOOL_RESULTS };
	struct message_call calls[8];
	struct message_result results[8];
	struct message_image images[8];
	const cJSON *it;

	m.text = xstrdup_null(json_str(o, "text"));
	m.calls = calls;
	cJSON_ArrayForEach(it, json_get(o, "calls"))
		calls[m.calls_len++] = (struct message_call) {
			xstrdup(json_str(it, "id")),
			xstrdup(json_str(it, "name")),
			xstrdup(json_str(it, "arguments")), false };
	m.results = results;
	cJSON_ArrayForEach(it, json_get(o, "results"))
		results[m.results_len++] = (struct message_result) {
			xstrdup(json_str(it, "id")),
			xstrdup(json_str(it, "name")),
			xstrdup(json_str(it, "text")),
			json_bool(it, "ok", false), false };
	m.images = images;
	cJSON_ArrayForEach(it, json_get(o, "images"))
		images[m.images_len++] = (struct message_image) {
			json_str(it, "type"), json_str(it, "data") };
	f->message(out, &m, model, dialect);
	while (m.calls_len > 0) {
		m.calls_len--;
		free(calls[m.calls_len].id);
		free(calls[m.calls_len].name);
		free(calls[m.calls_len].arguments);
	}
	while (m.results_len > 0) {
		m.results_len--;
		free(results[m.results_len].id);
		free(results[m.results_len].name);
		free(results[m.results_len].text);
	}
	free(m.text);
}

static char *
request_body(const struct provider_format *f, const cJSON *o,
    const char *model, const struct dialect *dialect)
{
	struct request q = { .model = model, .dialect = dialect,
		.system = json_str(o, "system"),
		.conversation = json_str(o, "conversation"),
		.max_tokens = json_int(o, "max_tokens", 0),
		.effort = EFFORT_UNSET,
		.stable_len = (size_t)json_int(o, "stable", 0) };
	struct tool_schema tools[8];
	char *messages[16], *schemas[8];
	const cJSON *it;
	struct buf b = BUF_INIT(0), body = BUF_INIT(0);
	size_t i;

	cJSON_ArrayForEach(it, json_get(o, "tools")) {
		schemas[q.tools_len] = json_print(json_get(it, "parameters"));
		tools[q.tools_len] = (struct tool_schema) {
			json_str(it, "name"), json_str(it, "description"),
			schemas[q.tools_len], false, NULL };
		q.tools_len++;
	}
	q.tools = tools;
	cJSON_ArrayForEach(it, json_get(o, "messages")) {
		request_message(f, it, model, dialect, &b);
		messages[q.messages_len++] = buf_take(&b);
	}
	q.messages = (const char *const *)messages;
	f->request(&body, &q);
	for (i = 0; i < q.messages_len; i++)
		free(messages[i]);
	for (i = 0; i < q.tools_len; i++)
		free(schemas[i]);
	return buf_take(&body);
}

TEST(test_golden)
{
	char *path = request_path("requests/conversation.json");
	cJSON *o = request_read_json(path), *parsed;
	size_t i;

	free(path);
	/* The core knows all values that the configuration accepts. */
#define FORMAT_KNOWN(f, name, then) \
	assert_ptr_equal(provider_format_find(name), &f);
	FORMAT_TABLE(FORMAT_KNOWN)
	for (i = 0; i < MEM_COUNT(formats); i++) {
		char *rest = xasprintf("requests/%s.json", formats[i]);
		char *body = request_body(provider_format_find(formats[i]), o,
		    json_str(o, "model"), NULL);
		struct buf want;
		FILE *to;

		path = request_path(rest);
		if (getenv("WIRE_UPDATE") != NULL) {
			to = fopen(path, "w");
			assert_non_null(to);
			fprintf(to, "%s\n", body);
			fclose(to);
		}
		parsed = json_parse(body, strlen(body), JSON_NUL_REFUSE, NULL);
		assert_non_null(parsed);
		cJSON_Delete(parsed);
		request_read(path, &want);
		want.p[--want.len] = '\0';
		assert_string_equal(body, want.p);
		buf_release(&want);
		free(body);
		free(path);
		free(rest);
	}
	cJSON_Delete(o);
}

/* ---- what was answered is sent back ---- */

/* Is `want` in the list, as it is? From *at on, which goes behind it. */
static bool
request_has(const cJSON *list, const cJSON *want, int *at)
{
	int n = cJSON_GetArraySize(list);

	while (*at < n)
		if (cJSON_Compare(cJSON_GetArrayItem(list, (*at)++), want, 1))
			return true;
	return false;
}

/* The provider's own blocks stand in the request, one by one, in their order
 * and as they came. */
static void
request_check_raw(const char *label, const char *format, const cJSON *body,
    const struct reply *r)
{
	const cJSON *list, *it;
	int at = 0;
	bool ok = true;

	if (strcmp(format, "openai-responses") == 0) {
		list = json_array(body, "input");
		cJSON_ArrayForEach(it, r->raw)
			ok = ok && request_has(list, it, &at);
	} else if (strcmp(format, "anthropic") == 0) {
		list = json_array(body, "messages");
		it = json_get(cJSON_GetArrayItem(list, 1), "content");
		ok = cJSON_Compare(it, r->raw, 1);
	} else {
		list = json_array(body, strcmp(format, "gemini") == 0 ?
		    "contents" : "messages");
		ok = request_has(list, r->raw, &at);
	}
	if (!ok) {
		print_error("%s: not sent back as it came\n", label);
		fail();
	}
}

/* Each call of the answer, and a result for each of them, by its id where the
 * format has ids. */
static void
request_check_calls(const char *label, const char *body, const struct reply *r)
{
	size_t i;

	for (i = 0; i < r->calls_len; i++) {
		const char *id = r->calls[i].id, *at;

		if (strncmp(id, REPLY_OWN_ID, strlen(REPLY_OWN_ID)) == 0) {
			assert_null(strstr(body, id));
			continue;
		}
		at = strstr(body, id);
		if (at == NULL || strstr(at + strlen(id), id) == NULL) {
			print_error("%s: no call or no result %s in %s\n",
			    label, id, body);
			fail();
		}
	}
}

static void
request_round(const char *label, const struct provider_format *f,
    const struct buf *in)
{
	struct decoder *d = decoder_new(f, NULL, NULL);
	struct message user = { .role = MESSAGE_USER };
	struct message answer = { .role = MESSAGE_ASSISTANT,
		.raw_format = f->name, .raw_model = "m" };
	struct message results = { .role = MESSAGE_TOOL_RESULTS };
	struct request q = { .model = "m", .max_tokens = 16 };
	const char *messages[3];
	struct buf b[3] = { BUF_INIT(0), BUF_INIT(0), BUF_INIT(0) };
	struct buf body = BUF_INIT(0);
	char text[] = "Hi", ok[] = "fine";
	const struct dialect *dialect = strcmp(f->name, "openai-responses") ==
	    0 ? MEM_FIND_IN(dialect_table, dialect_table_len,
			    "openai") : NULL;
	struct reply *r;
	cJSON *o;
	size_t i;

	decoder_feed(d, in->p, in->len);
	r = decoder_end_free(d);
	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED) {
		assert_null(r->raw);
		reply_free(r);
		return;
	}
	user.text = text;
	answer.text = r->text;
	answer.raw = r->raw;
	answer.calls_len = results.results_len = r->calls_len;
	answer.calls = xcalloc(r->calls_len + 1, sizeof(*answer.calls));
	results.results = xcalloc(r->calls_len + 1, sizeof(*results.results));
	for (i = 0; i < r->calls_len; i++) {
		answer.calls[i] = (struct message_call) { r->calls[i].id,
			r->calls[i].name, r->calls[i].arguments,
			r->calls[i].custom };
		results.results[i] = (struct message_result) { r->calls[i].id,
			r->calls[i].name, ok, true, r->calls[i].custom };
	}
	f->message(&b[0], &user, "m", dialect);
	f->message(&b[1], &answer, "m", dialect);
	f->message(&b[2], &results, "m", dialect);
	for (i = 0; i < 3; i++)
		messages[i] = buf_str(&b[i]);
	q.messages = messages;
	q.messages_len = r->calls_len > 0 ? 3 : 2;
	f->request(&body, &q);
	request_keep(f->name, label, buf_str(&body));
	o = json_parse(body.p, body.len, JSON_NUL_REFUSE, NULL);
	if (o == NULL) {
		print_error("%s: no JSON: %s\n", label, body.p);
		fail();
	}
	if (r->raw != NULL)
		request_check_raw(label, f->name, o, r);
	request_check_calls(label, body.p, r);
	cJSON_Delete(o);
	for (i = 0; i < 3; i++)
		buf_release(&b[i]);
	buf_release(&body);
	free(answer.calls);
	free(results.results);
	reply_free(r);
}

static void
request_rounds(const char *folder, const char *prefix, const char *format,
    int least)
{
	const struct provider_format *f = provider_format_find(format);
	char *path = request_path(folder);
	DIR *dir = opendir(path);
	struct dirent *de;
	int n = 0;

	assert_non_null(dir);
	while ((de = readdir(dir)) != NULL) {
		size_t len = strlen(de->d_name);
		struct buf in;
		char *file, *label;

		if (len < 4 || strcmp(de->d_name + len - 4, ".sse") != 0 ||
		    strncmp(de->d_name, prefix, strlen(prefix)) != 0)
			continue;
		file = fs_join(path, de->d_name);
		label = xasprintf("%s-%s", strrchr(folder, '/') + 1,
		    de->d_name);
		request_read(file, &in);
		request_round(label, f, &in);
		buf_release(&in);
		free(label);
		free(file);
		n++;
	}
	assert_true(n >= least);
	closedir(dir);
	free(path);
}

TEST(test_round_trip)
{
	static const char *const prefixes[] = { "messages-", "gemini-",
		"chat-", "responses-" };
	size_t i;

	for (i = 0; i < MEM_COUNT(formats); i++) {
		char *folder = xasprintf("samples/%s", formats[i]);

		request_rounds(folder, "", formats[i], 15);
		request_rounds("recorded/aimock", prefixes[i], formats[i], 6);
		free(folder);
		if (strcmp(formats[i], "gemini") != 0)
			request_rounds("recorded/llama-server", prefixes[i],
			    formats[i], 8);
	}
}

/* ---- models, and what a server refuses ---- */

/* The options that a refusal is about. */
TEST(test_refused)
{
	static const struct {
		const char *format;
		long status;
		const char *words;
		unsigned has, want;
	} cases[] = {
		{ "openai-responses", 400, "Unsupported parameter: "
		    "'reasoning.summary' is not supported with this model.",
		    REQUEST_ENCRYPTED | REQUEST_DISPLAY, REQUEST_DISPLAY },
		{ "openai-responses", 400, "The encrypted content gAAA... "
		    "could not be verified.", REQUEST_ENCRYPTED,
		    REQUEST_SIGNED },
		{ "openai-responses", 400, "Invalid value: "
		    "'configuration_update'. Supported values are: ...",
		    REQUEST_EFFORT | REQUEST_MARKERS, REQUEST_MARKERS },
		{ "openai-chat", 400, "Unsupported parameter: 'max_tokens' is "
		    "not supported with this model. Use "
		    "'max_completion_tokens' instead.", REQUEST_MAX_NAME,
		    REQUEST_MAX_NAME },
		{ "openai-chat", 422, "Unsupported parameter: stream_options",
		    REQUEST_USAGE | REQUEST_MAX_NAME, REQUEST_USAGE },
		/* Keeping thoughts and the amount of thinking share one
		 * member. */
		{ "openai-chat", 400, "Unrecognized request argument "
		    "supplied: thinking", REQUEST_EFFORT | REQUEST_KEEP,
		    REQUEST_EFFORT | REQUEST_KEEP },
		{ "openai-chat", 400, "Unknown field 'ttl'", REQUEST_CACHE_TTL |
		    REQUEST_CACHE_CONTROL, REQUEST_CACHE_TTL },
		/* A word inside of another one names nothing. */
		{ "openai-chat", 400, "a little too much: throttled until it "
		    "is settled", REQUEST_CACHE_TTL, 0 },
		{ "gemini", 400, "Thinking is not enabled for this model",
		    REQUEST_THINKING | REQUEST_EFFORT, REQUEST_THINKING },
		{ "gemini", 400, "Thinking level MINIMAL is not supported for "
		    "this model.", REQUEST_THINKING | REQUEST_EFFORT,
		    REQUEST_EFFORT },
		{ "anthropic", 400, "\"thinking.type.disabled\" is not "
		    "supported for this model. Use \"thinking.type.adaptive\" "
		    "and \"output_config.effort\" to control thinking",
		    REQUEST_THINKING, REQUEST_THINKING },
		{ "anthropic", 400, "thinking.adaptive.display: Extra inputs "
		    "are not permitted", REQUEST_THINKING | REQUEST_DISPLAY |
		    REQUEST_EFFORT, REQUEST_DISPLAY },
		{ "openai-responses", 400, "Invalid value: 'custom'. Supported "
		    "values are: 'function'.", REQUEST_STRICT |
		    REQUEST_CUSTOM, REQUEST_CUSTOM },
		{ "anthropic", 400, "tools.0.custom.eager_input_streaming: Extra "
		    "inputs are not permitted", REQUEST_EAGER | REQUEST_STRICT |
		    REQUEST_DIAGNOSTICS, REQUEST_EAGER },
		{ "anthropic", 400, "diagnostics: Extra inputs are not "
		    "permitted", REQUEST_EAGER | REQUEST_DIAGNOSTICS,
		    REQUEST_DIAGNOSTICS },
		{ "anthropic", 400, "thinking.adaptive.block_binding: Extra "
		    "inputs are not permitted", REQUEST_THINKING |
		    REQUEST_BINDING, REQUEST_BINDING },
		{ "anthropic", 400, "messages.1.content.0: `thinking` or "
		    "`redacted_thinking` blocks in the latest assistant "
		    "message cannot be modified.", REQUEST_THINKING,
		    REQUEST_SIGNED },
		{ "anthropic", 400, "messages.3.content.0.type: Expected "
		    "`thinking` or `redacted_thinking`, but found `tool_use`. "
		    "When `thinking` is enabled, a final `assistant` message "
		    "must start with a thinking block", REQUEST_THINKING,
		    REQUEST_THINKING },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct provider_error e = { .status = cases[i].status };
		unsigned got;

		snprintf(e.message, sizeof(e.message), "%s", cases[i].words);
		got = provider_refused(provider_format_find(cases[i].format),
		    &e, cases[i].has);
		if (got != cases[i].want)
			fail_msg("%s: %s: %x, not %x", cases[i].format,
			    cases[i].words, got, cases[i].want);
	}
}

/* Anthropic's own service is asked for arguments as they are made, and why its
 * cache missed; no other server, and not again once it has refused. */
TEST(test_own_service)
{
	static const struct {
		const char *dialect, *previous;
		unsigned without;
		const char *diagnostics;	/* NULL: none */
		bool eager;
	} cases[] = {
		{ "anthropic", NULL, 0, "null", true },
		{ "anthropic", "msg_1", 0, "\"msg_1\"", true },
		{ "anthropic", "msg_1", REQUEST_DIAGNOSTICS, NULL, true },
		{ "anthropic", "msg_1", REQUEST_EAGER, "\"msg_1\"", false },
		{ "generic", "msg_1", 0, NULL, false },
		{ NULL, "msg_1", 0, NULL, false },
	};
	static const char *const messages[] = { "{\"role\":\"user\","
		"\"content\":\"hi\"}" };
	const struct tool_schema tools[] = { { "look", "Looks.",
		"{\"type\":\"object\"}", false, NULL }, { "write", "Writes.",
		"{\"type\":\"object\"}", false, NULL } };
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct request q = { .model = "m", .tools = tools,
			.tools_len = 2, .max_tokens = 100,
			.messages = messages, .messages_len = 1,
			.previous = cases[i].previous,
			.without = cases[i].without,
			.dialect = cases[i].dialect == NULL ? NULL :
			MEM_FIND_IN(dialect_table, dialect_table_len,
			    cases[i].dialect) };
		struct buf b = BUF_INIT(0);
		unsigned options = anthropic_format.request(&b, &q);
		char *name = xasprintf("own-%zu.json", i);
		char *want = xasprintf("],\"diagnostics\":{"
		    "\"previous_message_id\":%s}}", cases[i].diagnostics);
		cJSON *o = json_parse(b.p, b.len, JSON_NUL_REFUSE, NULL);
		const cJSON *it;

		print_message("%s\n", b.p);
		request_keep("anthropic", name, b.p);
		assert_int_equal(strstr(b.p, want) != NULL,
		    cases[i].diagnostics != NULL);
		assert_int_equal(strstr(b.p, "diagnostics") != NULL,
		    cases[i].diagnostics != NULL);
		assert_int_equal((options & REQUEST_DIAGNOSTICS) != 0,
		    cases[i].diagnostics != NULL);
		assert_int_equal((options & REQUEST_EAGER) != 0,
		    cases[i].eager);
		assert_int_equal(cJSON_GetArraySize(json_get(o, "tools")), 2);
		cJSON_ArrayForEach(it, json_get(o, "tools"))
			assert_int_equal(json_bool(it, "eager_input_streaming",
			    false), cases[i].eager);
		cJSON_Delete(o);
		free(want);
		free(name);
		buf_release(&b);
	}
}

/* The ways to tell each family how much to think: the members of the request,
 * and the texts among its messages. */
TEST(test_effort)
{
	static const char CLAUDE[] = "{\"role\":\"system\",\"content\":[],"
	    "\"output_config\":{\"effort\":\"";
	static const char GPT[] = "{\"type\":\"configuration_update\","
	    "\"reasoning\":{\"effort\":\"";
	static const struct {
		const char *format, *dialect, *row;
		enum effort effort;
		const char *has, *marker;	/* NULL: nothing of the kind */
	} cases[] = {
#define ALL "\"effort\":[\"off\",\"low\",\"medium\",\"high\",\"xhigh\",\"max\"]"
#define SOME "\"effort\":[\"low\",\"medium\",\"high\"]"
		/* A model that nothing is known of. */
		{ "anthropic", NULL, "{}", EFFORT_UNSET, NULL, NULL },
		{ "anthropic", NULL, "{}", EFFORT_HIGH, "\"thinking\":{"
		  "\"type\":\"adaptive\",\"display\":\"summarized\"},"
		  "\"output_config\":{\"effort\":\"high\"}", NULL },
		{ "openai-chat", NULL, "{}", EFFORT_LOW,
		  "\"reasoning_effort\":\"low\"", NULL },
		{ "openai-responses", NULL, "{}", EFFORT_MAX,
		  "\"reasoning\":{\"effort\":\"max\",\"summary\":\"auto\"}",
		  NULL },
		{ "gemini", NULL, "{}", EFFORT_UNSET,
		  "\"thinkingConfig\":{\"includeThoughts\":true}", NULL },
		/* Claude. */
		{ "anthropic", NULL, "{\"thinking\":\"adaptive\"," ALL
		  ",\"bound\":true,\"markers\":true}", EFFORT_HIGH,
		  "\"thinking\":{\"type\":\"adaptive\",\"display\":"
		  "\"summarized\",\"block_binding\":{"
		  "\"prefix_mismatch_behavior\":\"drop_block\"}},"
		  "\"output_config\":{\"effort\":\"low\"}", CLAUDE },
		{ "anthropic", NULL, "{\"thinking\":\"adaptive\"," ALL
		  ",\"markers\":true}", EFFORT_OFF,
		  "\"thinking\":{\"type\":\"disabled\"}", NULL },
		{ "anthropic", NULL, "{\"thinking\":\"adaptive\"," SOME "}",
		  EFFORT_MAX, "\"thinking\":{\"type\":\"adaptive\","
		  "\"display\":\"summarized\"},\"output_config\":{"
		  "\"effort\":\"high\"}", NULL },
		{ "anthropic", NULL, "{\"thinking\":\"adaptive\"," SOME "}",
		  EFFORT_UNSET, "\"thinking\":{\"type\":\"adaptive\","
		  "\"display\":\"summarized\"}", NULL },
		{ "anthropic", NULL, "{\"thinking\":\"budget\"," ALL "}",
		  EFFORT_OFF, NULL, NULL },
		{ "anthropic", NULL, "{\"thinking\":\"none\"}", EFFORT_HIGH,
		  NULL, NULL },
		/* GPT. */
		{ "openai-responses", NULL, "{\"thinking\":\"effort\"," ALL
		  ",\"markers\":true}", EFFORT_HIGH, "\"reasoning\":{"
		  "\"effort\":\"medium\",\"summary\":\"auto\"}", GPT },
		{ "openai-responses", NULL, "{\"thinking\":\"none\"}",
		  EFFORT_HIGH, NULL, NULL },
		{ "openai-chat", NULL, "{\"thinking\":\"effort\"," ALL
		  ",\"responses\":true}", EFFORT_HIGH,
		  "\"reasoning_effort\":\"none\"", NULL },
		{ "openai-chat", "openrouter", "{\"thinking\":\"adaptive\","
		  ALL "}", EFFORT_HIGH, "\"reasoning\":{\"effort\":\"high\"}",
		  NULL },
		{ "openai-chat", NULL, "{\"thinking\":\"adaptive\"," ALL
		  ",\"keep\":true,\"cache_ask\":true}",
		  EFFORT_HIGH, NULL, NULL },
		/* Others. */
		{ "openai-chat", NULL, "{\"thinking\":\"effort\"," ALL
		  ",\"off\":\"disabled\"}", EFFORT_OFF, "\"thinking\":{"
		  "\"type\":\"disabled\"}", NULL },
		{ "openai-chat", "zai", "{\"thinking\":\"effort\"," SOME
		  ",\"keep\":true}", EFFORT_HIGH, "\"thinking\":{\"type\":"
		  "\"enabled\",\"clear_thinking\":false},"
		  "\"reasoning_effort\":\"high\"", NULL },
		{ "openai-chat", "zai", "{\"thinking\":\"effort\"," ALL
		  ",\"keep\":true,\"off\":\"disabled\"}", EFFORT_OFF,
		  "\"thinking\":{\"type\":\"disabled\"},\"max", NULL },
		{ "gemini", NULL, "{\"thinking\":\"level\"," SOME "}",
		  EFFORT_MAX, "\"thinkingConfig\":{\"includeThoughts\":true,"
		  "\"thinkingLevel\":\"HIGH\"}", NULL },
		{ "gemini", NULL, "{\"thinking\":\"level\"," ALL
		  ",\"off\":\"minimal\"}", EFFORT_OFF, "\"thinkingConfig\":{"
		  "\"includeThoughts\":true,\"thinkingLevel\":\"MINIMAL\"}",
		  NULL },
		{ "gemini", NULL, "{\"thinking\":\"budget\"," ALL "}",
		  EFFORT_LOW, "\"thinkingConfig\":{\"includeThoughts\":true,"
		  "\"thinkingBudget\":2048}", NULL },
#undef ALL
#undef SOME
	};
	static const char *const never[] = { "thinking", "reasoning", "effort" };
	const struct tool_schema tool = { "look", "Looks.",
		"{\"type\":\"object\",\"properties\":{}}", false, NULL };
	size_t i, k;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		const struct provider_format *f =
		    provider_format_find(cases[i].format);
		cJSON *row = json_parse(cases[i].row, strlen(cases[i].row),
		    JSON_NUL_REFUSE, NULL), *o;
		struct message user = { .role = MESSAGE_USER, .text =
			xstrdup("hi") }, said = { .role = MESSAGE_ASSISTANT,
			.text = user.text, .effort = EFFORT_LOW };
		struct model_facts facts;
		struct request q = { .model = "m", .tools = &tool,
			.tools_len = 1, .max_tokens = 64000, .facts = &facts,
			.conversation = "c-1", .effort = cases[i].effort, .dialect =
			cases[i].dialect == NULL ? NULL :
			MEM_FIND_IN(dialect_table, dialect_table_len,
			    cases[i].dialect) };
		struct buf b = BUF_INIT(0);
		const char *messages[3];
		char *want;

		facts_read(&facts, row);
		if (!facts.markers)
			said.effort = EFFORT_UNSET;
		for (k = 0; k < 3; k++) {
			f->message(&b, k == 1 ? &said : &user, "m", NULL);
			messages[k] = buf_take(&b);
		}
		q.messages = messages;
		q.messages_len = 3;
		f->request(&b, &q);
		o = json_parse(b.p, b.len, JSON_NUL_REFUSE, NULL);
		assert_non_null(o);
		if (cases[i].has != NULL && strstr(b.p, cases[i].has) == NULL)
			fail_msg("%zu, %s: no %s in %s", i, cases[i].format,
			    cases[i].has, b.p);
		for (k = 0; cases[i].has == NULL && k < MEM_COUNT(never); k++)
			if (strstr(b.p, never[k]) != NULL)
				fail_msg("%zu, %s: %s", i, cases[i].format, b.p);
		/* One before the answer, and one at the end. */
		want = xasprintf("effort-%zu.json", i);
		request_keep(cases[i].format, want, b.p);
		free(want);
		want = cases[i].marker == NULL
			   ? xstrdup("")
			   : xasprintf("%s%s\"}}", cases[i].marker,
				 facts_effort_names[cases[i].effort]);
		assert_non_null(strstr(b.p, want));
		if (cases[i].marker != NULL) {
			char *old = xasprintf("%slow\"}},%s", cases[i].marker,
			    "{\"");

			assert_non_null(strstr(b.p, old));
			assert_true(strstr(b.p, old) < strstr(b.p, want));
			free(old);
		} else if (strstr(b.p, CLAUDE) != NULL ||
		    strstr(b.p, GPT) != NULL)
			fail_msg("%zu: %s", i, b.p);
		free(want);
		for (k = 0; k < 3; k++)
			free((char *)(uintptr_t)messages[k]);
		free(user.text);
		buf_release(&b);
		cJSON_Delete(o);
		cJSON_Delete(row);
	}
}

/* ---- dialects ---- */

TEST(test_dialect_by_host)
{
	static const struct { const char *url, *name; } cases[] = {
		{ NULL, "generic" },
		{ "http://127.0.0.1:8080/v1", "generic" },
		{ "http://127.0.0.1:11434/v1", "ollama" },
		{ "http://localhost:11434", "ollama" },
		{ "https://API.Mistral.AI", "mistral" },
		{ "https://api.anthropic.com", "anthropic" },
		{ "https://api.anthropic.com.example/v1", "generic" },
		{ "https://eu.api.openai.com/v1", "openai" },
		{ "https://notapi.openai.com.example/v1", "generic" },
		{ "https://openrouter.ai:443/api/v1", "openrouter" },
		{ "https://api.z.ai/api/coding/paas/v4", "zai" },
		{ "https://example.org/api.groq.com", "generic" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++)
		if (strcmp(dialect_read(NULL, cases[i].url, NULL)->name,
		    cases[i].name) != 0)
			fail_msg("%s: %s", cases[i].url,
			    dialect_read(NULL, cases[i].url, NULL)->name);
	for (i = 1; i < dialect_table_len; i++)
		assert_true(strcmp(dialect_table[i - 1].name,
		    dialect_table[i].name) < 0);
}

/* The effect of each row on a request. */
TEST(test_dialect_requests)
{
	static const struct { const char *name, *has, *has_not; } cases[] = {
		{ "generic", "\"max_tokens\":1000", "tool_choice" },
		{ "generic", "include_usage", "parallel_tool_calls" },
		{ "generic", "\"role\":\"system\"", "strict" },
		{ "openai", "\"max_completion_tokens\":1000",
		    "\"max_tokens\"" },
		{ "openai", "\"role\":\"developer\"", "\"system\"" },
		{ "mistral", "\"max_tokens\":1000", "stream_options" },
		{ "mistral", "\"tool_calls\"", "call_1" },
		{ "deepseek", "\"reasoning_content\":\"\"", NULL },
		{ "groq", "\"max_completion_tokens\"", "reasoning" },
		{ "gemini", "\"max_tokens\":1000", "reasoning" },
		{ "llama.cpp", "\"max_tokens\":1000",
		    "max_completion_tokens" },
		{ "ollama", "include_usage", "max_completion_tokens" },
		{ "qwen", "\"role\":\"system\"", "reasoning" },
		{ "vllm", "\"max_tokens\":1000", "session" },
		{ "zai", "include_usage", "max_completion_tokens" },
		{ "anthropic", "include_usage", "diagnostics" },
		{ "generic", "\"model\"", "20260101-120000-1" },
		{ "mistral", "\"prompt_cache_key\":\"20260101-120000-1\"",
		    "cache_control" },
		{ "openrouter", "\"session_id\":\"20260101-120000-1\"",
		    "cache_control" },
		{ "xai", "\"model\"", "20260101-120000-1" },
	};
	char *path = request_path("requests/conversation.json");
	cJSON *o = request_read_json(path);
	const struct provider_format *f = provider_format_find("openai-chat");
	size_t i, k;

	for (k = 0; k < dialect_table_len; k++) {
		for (i = 0; i < MEM_COUNT(cases) && strcmp(cases[i].name,
		    dialect_table[k].name) != 0; i++)
			;
		if (i == MEM_COUNT(cases))
			fail_msg("no case of %s", dialect_table[k].name);
	}
	for (i = 0; i < MEM_COUNT(cases); i++) {
		char *body = request_body(f, o, "m-1",
		    MEM_FIND_IN(dialect_table, dialect_table_len,
			    cases[i].name));

		if (strstr(body, cases[i].has) == NULL ||
		    (cases[i].has_not != NULL &&
		    strstr(body, cases[i].has_not) != NULL))
			fail_msg("%s: %s", cases[i].name, body);
		free(body);
	}
	cJSON_Delete(o);
	free(path);
}

/* A tool with a grammar, where the service takes one: its call is plain text, and
 * goes back in the same form wherever that is known. */
TEST(test_custom_tool)
{
	const struct provider_format *f = provider_format_find(
	    "openai-responses");
	const struct tool_schema tool = { "apply_patch", "Patch.",
		"{\"type\":\"object\"}", false, "start: \"a\"\n" };
	char id[] = "call_A", name[] = "apply_patch", ok[] = "fine";
	char args[] = "{\"input\":\"*** \\\"x\\\"\\n\"}";
	struct message_call call = { id, name, args, true };
	struct message_result result = { id, name, ok, true, true };
	const struct message asked = { .role = MESSAGE_ASSISTANT,
		.calls = &call, .calls_len = 1 };
	const struct message answered = { .role = MESSAGE_TOOL_RESULTS,
		.results = &result, .results_len = 1 };
	static const struct { const char *dialect, *tool, *call, *result; } t[] = {
		{ "openai", "\"tools\":[{\"type\":\"custom\",\"name\":"
		    "\"apply_patch\",\"description\":\"Patch.\",\"format\":{"
		    "\"type\":\"grammar\",\"syntax\":\"lark\","
		    "\"definition\":\"start: \\\"a\\\"\\n\"}}]",
		    "{\"type\":\"custom_tool_call\",\"call_id\":\"call_A\","
		    "\"name\":\"apply_patch\",\"input\":\"*** \\\"x\\\"\\n\"}",
		    "{\"type\":\"custom_tool_call_output\",\"call_id\":"
		    "\"call_A\",\"output\":\"fine\"}" },
		{ "generic", "\"tools\":[{\"type\":\"function\",\"name\":"
		    "\"apply_patch\",\"description\":\"Patch.\",\"strict\":"
		    "false,\"parameters\":{\"type\":\"object\"}}]",
		    "{\"type\":\"function_call\",\"call_id\":\"call_A\","
		    "\"name\":\"apply_patch\",\"arguments\":\"{\\\"input\\\":"
		    "\\\"*** \\\\\\\"x\\\\\\\"\\\\n\\\"}\"}",
		    "{\"type\":\"function_call_output\",\"call_id\":"
		    "\"call_A\",\"output\":\"fine\"}" },
	};
	struct request q = { .model = "m", .max_tokens = 16, .tools = &tool,
		.tools_len = 1 };
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct buf b = BUF_INIT(0);

		q.dialect = MEM_FIND_IN(dialect_table, dialect_table_len,
			    t[i].dialect);
		f->request(&b, &q);
		if (strstr(b.p, t[i].tool) == NULL)
			fail_msg("%s", b.p);
		buf_clear(&b);
		f->message(&b, &asked, "m", q.dialect);
		assert_string_equal(b.p, t[i].call);
		buf_clear(&b);
		f->message(&b, &answered, "m", q.dialect);
		assert_string_equal(b.p, t[i].result);
		buf_release(&b);
	}
}

/* A tool whose schema the service promises to keep, where one does; and the
 * body for a server that will not have it. */
TEST(test_strict)
{
	static const char schema[] = "{\"type\":\"object\",\"properties\":{"
	    "\"goal\":{\"type\":\"string\",\"minLength\":1},\"steps\":{"
	    "\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":"
	    "\"object\",\"properties\":{\"n\":{\"type\":\"integer\"},"
	    "\"kind\":{\"type\":\"string\",\"enum\":[\"a\"]}},"
	    "\"required\":[\"n\"]}}},\"required\":[\"goal\"]}";
	static const char all[] = "{\"type\":\"object\",\"properties\":{"
	    "\"goal\":{\"type\":\"string\"},\"steps\":{\"items\":{"
	    "\"type\":\"object\",\"properties\":{\"n\":{\"type\":"
	    "\"integer\"},\"kind\":{\"enum\":[\"a\",null],\"type\":["
	    "\"string\",\"null\"]}},\"required\":[\"n\",\"kind\"],"
	    "\"additionalProperties\":false},\"type\":[\"array\",\"null\"]}"
	    "},\"required\":[\"goal\",\"steps\"],\"additionalProperties\":"
	    "false}";
	static const char some[] = "{\"type\":\"object\",\"properties\":{"
	    "\"goal\":{\"type\":\"string\"},\"steps\":{\"type\":\"array\","
	    "\"items\":{\"type\":\"object\",\"properties\":{\"n\":{"
	    "\"type\":\"integer\"},\"kind\":{\"type\":\"string\",\"enum\":["
	    "\"a\"]}},\"required\":[\"n\"],\"additionalProperties\":false}}"
	    "},\"required\":[\"goal\"],\"additionalProperties\":false}";
	static const struct {
		const char	*format, *dialect, *model;
		const char	*schema;
		const char	*has;		/* behind the name, or NULL */
	} rows[] = {
		{ "openai-chat", "openai", "m", all, "\"strict\":true" },
		{ "openai-chat", "generic", "m", schema, NULL },
		{ "openai-responses", "openai", "m", all, "\"strict\":true" },
		{ "openai-responses", "generic", "m", schema,
		  "\"strict\":false" },
		{ "anthropic", NULL, "claude-sonnet-4-5", some,
		  "\"strict\":true" },
		{ "anthropic", NULL, "claude-sonnet-4-20250514", schema, NULL },
		{ "anthropic", NULL, "other", schema, NULL },
	};
	struct tool_schema tools[] = { { "plan", "Plan.", schema, true, NULL },
		{ "any", "Any.", "{\"type\":\"object\"}", true,
		    NULL } };
	size_t i;

	assert_null(strict_schema("{\"type\":\"object\"}", true));
	assert_null(strict_schema("[]", true));
	for (i = 0; i < MEM_COUNT(rows); i++) {
		const struct provider_format *f =
		    provider_format_find(rows[i].format);
		struct provider_error pe = { .status = 400 };
		struct request q = { .model = rows[i].model, .tools = tools,
			.tools_len = 2, .max_tokens = 9,
			.effort = EFFORT_UNSET, .dialect =
			rows[i].dialect == NULL ? NULL :
			MEM_FIND_IN(dialect_table, dialect_table_len,
			    rows[i].dialect) };
		struct buf b = BUF_INIT(0);
		unsigned options;
		cJSON *o;

		options = f->request(&b, &q);
		o = json_parse(b.p, b.len, JSON_NUL_REFUSE, NULL);
		assert_non_null(o);
		cJSON_Delete(o);
		if (strstr(b.p, rows[i].schema) == NULL) {
			print_error("%s: %s\n", rows[i].format, b.p);
			fail();
		}
		if (rows[i].has != NULL)
			assert_non_null(strstr(b.p, rows[i].has));
		else
			assert_null(strstr(b.p, "\"strict\""));
		snprintf(pe.message, sizeof(pe.message), "tools.0.strict: "
		    "Extra inputs are not permitted");
		q.without = provider_refused(f, &pe, options);
		assert_int_equal(q.without, rows[i].has != NULL &&
		    strstr(rows[i].has, "true") != NULL ? REQUEST_STRICT : 0);
		buf_clear(&b);
		f->request(&b, &q);
		if (q.without != 0)
			assert_null(strstr(b.p, "\"strict\":true"));
		buf_release(&b);
	}
}
