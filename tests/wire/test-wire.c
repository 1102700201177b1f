/*
 * The decoders against samples of what servers send: the reply must be the one
 * in the .json beside the .sse, however the bytes are cut.  samples/ is written
 * for this project; recorded/ came off the wire of an aimock (whose answers are
 * known) and a llama-server (whose model makes noise).
 */
#include "config.h"

#include <dirent.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "provider/provider.h"
#include "provider/format.h"
#include "tests/unit/unit.h"

#define CUTS 60

struct seen {
	struct buf	text;
	struct buf	thinking;
};

static uint32_t
wire_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void
wire_delta(void *arg, enum delta_kind kind, const char *text, size_t n)
{
	struct seen *s = arg;

	if (kind == DELTA_TEXT)
		buf_add(&s->text, text, n);
	else if (kind == DELTA_THINKING)
		buf_add(&s->thinking, text, n);
}

/* step: 0 whole, 1 byte by byte, else random cuts from this seed. */
static struct reply *
wire_decode(const struct provider_format *f, const struct buf *in,
    uint32_t step, struct seen *seen)
{
	struct decoder *d = decoder_new(f, wire_delta, seen);
	uint32_t state = step;
	size_t i, n;

	for (i = 0; i < in->len; i += n) {
		n = step == 0 ? in->len : step == 1 ? 1 :
		    1 + wire_random(&state) % (step % 3 == 0 ? 9 : 700);
		if (n > in->len - i)
			n = in->len - i;
		decoder_feed(d, in->p + i, n);
	}
	return decoder_end_free(d);
}

/* The reply in the shape of the expectation files. */
static cJSON *
wire_dump(const struct reply *r)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray(), *u, *e;
	size_t i;

	json_add_str(o, "text", r->text);
	json_add_str(o, "thinking", r->thinking);
	json_add_str(o, "refusal", r->refusal);
	for (i = 0; i < r->calls_len; i++) {
		const struct reply_call *c = &r->calls[i];
		cJSON *co = cJSON_CreateObject();

		json_add_str(co, "id", c->id);
		json_add_str(co, "name", c->name);
		json_add_str(co, "raw", c->arguments);
		if (c->args == NULL)
			json_set_take(co, "arguments", cJSON_CreateNull());
		else
			json_set_take(co, "arguments",
			    cJSON_Duplicate(c->args, 1));
		json_add_bool(co, "complete", c->complete);
		cJSON_AddItemToArray(list, co);
	}
	json_set_take(o, "tool_calls", list);
	json_add_str(o, "stop", provider_stop_names[r->stop]);
	if (r->stop_raw == NULL)
		json_set_take(o, "stop_raw", cJSON_CreateNull());
	else
		json_add_str(o, "stop_raw", r->stop_raw);
	u = cJSON_CreateObject();
	json_add_count(u, "input", r->usage.input);
	json_add_count(u, "cached", r->usage.cached);
	json_add_count(u, "cache_write", r->usage.cache_write);
	json_add_count(u, "output", r->usage.output);
	json_add_count(u, "reasoning", r->usage.reasoning);
	json_set_take(o, "usage", u);
	if (r->error.kind == PROVIDER_OK) {
		json_set_take(o, "error", cJSON_CreateNull());
	} else {
		e = cJSON_CreateObject();
		json_add_str(e, "kind", provider_error_names[r->error.kind]);
		json_add_str(e, "message", r->error.message);
		json_add_bool(e, "retry", r->error.retry);
		json_set_take(o, "error", e);
	}
	return o;
}

/* Ids that the decoder makes itself differ from one run to the next. */
static void
wire_hide_ids(cJSON *dump, const cJSON *want)
{
	const cJSON *wanted = json_array(want, "tool_calls"), *w;
	cJSON *calls = cJSON_GetObjectItemCaseSensitive(dump, "tool_calls"), *c;
	const char *last = NULL;
	int i, n = cJSON_GetArraySize(calls);

	for (i = 0; i < n; i++) {
		c = cJSON_GetArrayItem(calls, i);
		w = cJSON_GetArrayItem(wanted, i);
		if (strcmp(json_str_or(w, "id", ""), "*") != 0)
			continue;
		assert_int_not_equal(strlen(json_str(c, "id")), 0);
		assert_true(last == NULL ||
		    strcmp(last, json_str(c, "id")) != 0);
		last = json_str(c, "id");
	}
	for (i = 0; i < n; i++) {
		c = cJSON_GetArrayItem(calls, i);
		w = cJSON_GetArrayItem(wanted, i);
		if (strcmp(json_str_or(w, "id", ""), "*") == 0 ||
		    (want == NULL && strncmp(json_str(c, "id"), REPLY_OWN_ID,
		    strlen(REPLY_OWN_ID)) == 0))
			json_add_str(c, "id", "*");
	}
}

/* The expectation with members of `change` in place, `raw` only where told. */
static bool
wire_matches(const cJSON *dump, const cJSON *want, const cJSON *change)
{
	static const char *const members[] = { "text", "thinking", "refusal",
		"tool_calls", "stop", "stop_raw", "usage", "error" };
	bool same = true;
	size_t i;

	for (i = 0; i < MEM_COUNT(members); i++) {
		const cJSON *w = json_get(change, members[i]);
		cJSON *g = cJSON_Duplicate(json_get(dump, members[i]), 1);
		int k;

		if (w == NULL)
			w = json_get(want, members[i]);
		for (k = 0; cJSON_IsArray(g) && k < cJSON_GetArraySize(g); k++)
			if (json_get(cJSON_GetArrayItem(w, k), "raw") == NULL)
				cJSON_DeleteItemFromObjectCaseSensitive(
				    cJSON_GetArrayItem(g, k), "raw");
		if (!cJSON_Compare(g, w, 1))
			same = false;
		cJSON_Delete(g);
	}
	return same;
}

static void
wire_check_want(const char *label, const cJSON *dump, const cJSON *want)
{
	const cJSON *other;
	bool ok = wire_matches(dump, want, NULL);
	char *got;

	cJSON_ArrayForEach(other, json_array(want, "also_ok"))
		ok = ok || wire_matches(dump, want, other);
	if (ok)
		return;
	got = json_print(dump);
	print_error("%s: got %s\n", label, got);
	free(got);
	fail();
}

/* The next request's message for this reply is the one in the sample. */
static void
wire_check_echo(const char *label, const struct provider_format *f,
    const struct reply *r, const cJSON *want)
{
	struct message m = { .role = MESSAGE_ASSISTANT, .text = r->text,
		.raw = r->raw, .raw_format = f->name, .raw_model = "m" };
	struct buf out = BUF_INIT(0);
	const cJSON *echo = json_get(want, "echo"), *got;
	cJSON *o;

	if (echo == NULL || cJSON_IsNull(echo))
		return;
	assert_non_null(r->raw);
	/* A message may be several items: as a list, whatever it is. */
	buf_addc(&out, '[');
	f->message(&out, &m, "m", NULL);
	buf_addc(&out, ']');
	o = json_parse(out.p, out.len, JSON_NUL_REFUSE, NULL);
	got = strcmp(f->name, "openai-responses") == 0 ? o :
	    cJSON_IsArray(echo) ? json_get(o->child, "content") : o->child;
	if (!cJSON_Compare(got, echo, 1)) {
		print_error("%s: sends back %s\n", label, out.p);
		fail();
	}
	/* To another model it goes without the signed blocks. */
	buf_clear(&out);
	f->message(&out, &m, "other", NULL);
	assert_null(strcasestr(out.p, "signature"));
	assert_null(strstr(out.p, "encrypted_content"));
	assert_null(strstr(out.p, "reasoning_content"));
	cJSON_Delete(o);
	buf_release(&out);
}

static void
wire_check_stream(const struct provider_format *f, const char *label,
    const struct buf *in, const cJSON *want)
{
	struct reply *r;
	struct seen seen = { BUF_INIT(0), BUF_INIT(0) };
	cJSON *dump, *first = NULL;
	char *text;
	uint32_t step;

	for (step = 0; step < 2 + CUTS; step++) {
		buf_clear(&seen.text);
		buf_clear(&seen.thinking);
		r = wire_decode(f, in, step, &seen);
		dump = wire_dump(r);
		wire_hide_ids(dump, want);
		text = xasprintf("%s%s", r->text,
		    f->name[0] == 'o' ? r->refusal : "");
		assert_string_equal(buf_str(&seen.text), text);
		assert_string_equal(buf_str(&seen.thinking), r->thinking);
		free(text);
		if (first == NULL) {
			first = dump;
			if (want != NULL) {
				wire_check_want(label, dump, want);
				wire_check_echo(label, f, r, want);
			}
		} else {
			if (!cJSON_Compare(first, dump, 1)) {
				print_error("%s: cut %u differs\n", label,
				    (unsigned)step);
				fail();
			}
			cJSON_Delete(dump);
		}
		reply_free(r);
	}
	cJSON_Delete(first);
	buf_release(&seen.text);
	buf_release(&seen.thinking);
}

static void
wire_check_http(const char *label, const cJSON *o)
{
	const cJSON *want = json_get(o, "expect"), *h;
	const char *body = json_str(o, "body");
	struct buf headers = BUF_INIT(0);
	struct provider_error e;
	double wait = json_num(want, "wait_s", -1);

	cJSON_ArrayForEach(h, json_get(o, "headers"))
		buf_addf(&headers, "%s: %s\r\n", h->string, h->valuestring);
	provider_error_from_body(&e, (long)json_int(o, "status", 0),
	    buf_str(&headers), body, strlen(body));
	if (strcmp(provider_error_names[e.kind], json_str(want, "kind")) != 0 ||
	    e.retry != json_bool(want, "retry", !e.retry) ||
	    e.window != json_int(want, "window", e.window) ||
	    e.output != json_int(want, "output", 0) ||
	    e.wait_ms != (wait < 0 ? -1 : (int64_t)(wait * 1000 + 0.5))) {
		print_error("%s: got %s, retry %d, wait %lld ms, window %lld\n",
		    label, provider_error_names[e.kind], e.retry,
		    (long long)e.wait_ms, (long long)e.window);
		fail();
	}
	buf_release(&headers);
}

static void
wire_read(int dirfd, const char *name, struct buf *b)
{
	struct err e = ERR_INIT;

	buf_init(b, 0);
	if (fs_read_file(dirfd, name, b, &e) < 0) {
		print_error("%s\n", e.text);
		fail();
	}
}

static cJSON *
wire_read_json(int dirfd, const char *name)
{
	struct buf b;
	cJSON *o;

	wire_read(dirfd, name, &b);
	o = json_parse(b.p, b.len, JSON_NUL_REPLACE, NULL);
	assert_non_null(o);
	buf_release(&b);
	return o;
}

static DIR *
wire_open(const char *sub)
{
	const char *src = getenv("srcdir");
	char *path = xasprintf("%s/tests/wire/%s", src == NULL ? "." : src,
	    sub);
	DIR *dir = opendir(path);

	if (dir == NULL)
		print_error("cannot open %s\n", path);
	assert_non_null(dir);
	free(path);
	return dir;
}

static bool
wire_ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n > k && strcmp(s + n - k, end) == 0;
}

/* Each stream and each error answer of a folder whose name begins so. */
static void
wire_run_samples(const char *sub, const char *prefix, const char *format,
    int least)
{
	const struct provider_format *f = provider_format_find(format);
	DIR *dir = wire_open(sub);
	struct dirent *de;
	struct buf in;
	cJSON *want;
	char *base;
	int n = 0;

	while ((de = readdir(dir)) != NULL) {
		bool http = strncmp(de->d_name, "http-", 5) == 0;

		if (strncmp(de->d_name + (http ? 5 : 0), prefix,
		    strlen(prefix)) != 0)
			continue;
		if (http) {
			want = wire_read_json(dirfd(dir), de->d_name);
			wire_check_http(de->d_name, want);
			cJSON_Delete(want);
			n++;
		} else if (wire_ends_with(de->d_name, ".sse")) {
			base = xasprintf("%.*s.json",
			    (int)strlen(de->d_name) - 4, de->d_name);
			want = wire_read_json(dirfd(dir), base);
			wire_read(dirfd(dir), de->d_name, &in);
			wire_check_stream(f, de->d_name, &in, want);
			buf_release(&in);
			cJSON_Delete(want);
			free(base);
			n++;
		}
	}
	assert_true(n >= least);
	closedir(dir);
}

TEST(test_samples)
{
	wire_run_samples("samples/openai-chat", "", "openai-chat", 50);
	wire_run_samples("samples/openai-responses", "", "openai-responses", 29);
	wire_run_samples("samples/gemini", "", "gemini", 30);
	wire_run_samples("samples/anthropic", "", "anthropic", 35);
}

/* Recordings are named for what was asked. */
static const struct {
	const char	*prefix, *format;
} wire_names[] = {
	{ "chat-", "openai-chat" }, { "gemini-", "gemini" },
	{ "messages-", "anthropic" }, { "responses-", "openai-responses" },
};

/* The mock sends known bytes: of each format six streams, one of them broken
 * off, and two error answers. */
TEST(test_recorded_golden)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(wire_names); i++)
		wire_run_samples("recorded/aimock", wire_names[i].prefix,
		    wire_names[i].format, 8);
}

static const struct {
	const char *format, *file;
} with_calls[] = {
	{ "anthropic", "samples/anthropic/parallel_tools.sse" },
	{ "anthropic", "samples/anthropic/thinking_tool.sse" },
	{ "openai-chat", "samples/openai-chat/parallel_tools.sse" },
	{ "openai-chat", "samples/openai-chat/deepseek_reasoning_tool.sse" },
	{ "openai-chat", "samples/openai-chat/tool_call.sse" },
	{ "openai-responses", "samples/openai-responses/parallel_tools.sse" },
	{ "openai-responses", "samples/openai-responses/reasoning_tool.sse" },
	{ "gemini", "samples/gemini/parallel_tools.sse" },
	{ "gemini", "samples/gemini/tool_call.sse" },
};

/* A stream cut at any byte: never a crash, never a good end before its time,
 * and no call of it may run. */
TEST(test_cut_anywhere)
{
	DIR *dir = wire_open("");
	size_t i, k, n;

	for (i = 0; i < MEM_COUNT(with_calls); i++) {
		const struct provider_format *f = provider_format_find(
		    with_calls[i].format);
		struct buf in;

		wire_read(dirfd(dir), with_calls[i].file, &in);
		for (n = 0; n < in.len; n++) {
			struct decoder *d = decoder_new(f, NULL, NULL);
			struct reply *r;

			decoder_feed(d, in.p, n);
			r = decoder_end_free(d);
			assert_true(r->stop == REPLY_TRUNCATED ||
			    r->stop == REPLY_TOOL_CALLS);
			assert_true(r->stop == REPLY_TOOL_CALLS ||
			    r->error.kind == PROVIDER_TRUNCATED);
			for (k = 0; k < r->calls_len; k++)
				assert_true(r->stop == REPLY_TOOL_CALLS ||
				    (!r->calls[k].complete &&
				    r->calls[k].args == NULL));
			reply_free(r);
		}
		buf_release(&in);
	}
	closedir(dir);
}

/* ---- values of another kind ---- */

/* Node *left of a tree, counted from its top; its parent in *up. */
static cJSON *
wire_node(cJSON *o, cJSON *parent, int *left, cJSON **up)
{
	cJSON *it, *found;

	if ((*left)-- == 0) {
		*up = parent;
		return o;
	}
	cJSON_ArrayForEach(it, o)
		if ((found = wire_node(it, o, left, up)) != NULL)
			return found;
	return NULL;
}

static cJSON *
wire_other(int n)
{
	static const char *const others[] = { "null", "true", "-7", "1e300",
		"\"x\"", "[]", "{}", "[[{}]]", "{\"\":\"\"}",
		"\"\\u0000\\ud800\"", "[null]", "9007199254740993" };

	return json_parse(others[(size_t)n % MEM_COUNT(others)],
	    strlen(others[(size_t)n % MEM_COUNT(others)]), JSON_NUL_REPLACE,
	    NULL);
}

/* The stream with node `at` of its event that begins at `data` changed; false if
 * the event has no such node. */
static bool
wire_change(const struct buf *in, const char *data, int at, int n,
    struct buf *out)
{
	size_t len = strcspn(data, "\r\n");
	cJSON *o = json_parse(data, len, JSON_NUL_REPLACE, NULL), *up = NULL;
	cJSON *node = o == NULL ? NULL : wire_node(o, NULL, &at, &up), *whole;
	char *text;

	if (node == NULL) {
		cJSON_Delete(o);
		return false;
	}
	whole = up == NULL ? wire_other(n) : o;
	if (up != NULL)
		cJSON_ReplaceItemViaPointer(up, node, wire_other(n));
	text = json_print(whole);
	buf_add(out, in->p, (size_t)(data - in->p));
	buf_adds(out, text);
	buf_add(out, data + len, in->len - (size_t)(data - in->p) - len);
	free(text);
	if (up == NULL)
		cJSON_Delete(whole);
	cJSON_Delete(o);
	return true;
}

/* Invariants of any stream. */
static void
wire_check_sound(const struct provider_format *f, const struct buf *in,
    const char *file)
{
	struct seen seen = { BUF_INIT(0), BUF_INIT(0) };
	struct reply *r = wire_decode(f, in, 0, &seen);
	bool broken = r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED;
	bool sound = broken == (r->error.kind != PROVIDER_OK);
	size_t i, j;

	for (i = 0; i < r->calls_len; i++) {
		const struct reply_call *c = &r->calls[i];

		sound = sound && c->id[0] != '\0' && c->name != NULL &&
		    (c->args == NULL || (cJSON_IsObject(c->args) && !broken)) &&
		    (c->args == NULL) == (c->args_error != NULL);
		for (j = 0; j < i; j++)
			sound = sound && strcmp(c->id, r->calls[j].id) != 0;
	}
	if (!sound) {
		print_error("%s: %.*s\n", file, (int)in->len, in->p);
		fail();
	}
	reply_free(r);
	buf_release(&seen.text);
	buf_release(&seen.thinking);
}

/* Each value of each event, one at a time, is replaced by one of another kind. */
TEST(test_other_kinds)
{
	DIR *dir = wire_open("");
	int n = 0, at;
	size_t i;

	for (i = 0; i < MEM_COUNT(with_calls); i++) {
		const struct provider_format *f = provider_format_find(
		    with_calls[i].format);
		const char *data;
		struct buf in;

		wire_read(dirfd(dir), with_calls[i].file, &in);
		data = buf_str(&in);
		while ((data = strstr(data, "data:")) != NULL) {
			data += 5;
			for (at = 0;; at++) {
				struct buf out = BUF_INIT(0);
				bool any = wire_change(&in, data, at, n++,
				    &out);

				if (any)
					wire_check_sound(f, &out,
					    with_calls[i].file);
				buf_release(&out);
				if (!any)
					break;
			}
		}
		buf_release(&in);
	}
	assert_true(n > 1000);
	closedir(dir);
}

/* The same answer from servers that don't stream. */
/* Why the cache missed, in the service's word, and its message's id. */
TEST(test_diagnosis)
{
	static const struct { const char *diagnostics, *miss; int64_t missed; }
	    cases[] = {
		{ "null", "", -1 }, { "{}", "pending", -1 }, { "7", "", -1 },
		{ "{\"cache_miss_reason\":null}", "pending", -1 },
		{ "{\"cache_miss_reason\":{\"type\":\"tools_changed\","
		  "\"cache_missed_input_tokens\":12400}}", "tools_changed",
		  12400 },
		{ "{\"cache_miss_reason\":{\"type\":\"unavailable\"}}",
		  "unavailable", -1 },
		{ "{\"cache_miss_reason\":{\"type\":5}}", "pending", -1 },
		/* A new word is kept as far as it is one. */
		{ "{\"cache_miss_reason\":{\"type\":\"moon_changed\\u001b[2J"
		  "\"}}", "moon_changed", -1 },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		char *body = xasprintf("{\"type\":\"message\",\"id\":\"msg_7\","
		    "\"content\":[{\"type\":\"text\",\"text\":\"Hi\"}],"
		    "\"stop_reason\":\"end_turn\",\"diagnostics\":%s}",
		    cases[i].diagnostics);
		struct reply *r = decoder_whole(&anthropic_format, body,
		    strlen(body), NULL, NULL);

		print_message("%s\n", body);
		assert_non_null(r);
		assert_string_equal(r->id, "msg_7");
		assert_string_equal(r->usage.miss, cases[i].miss);
		assert_int_equal(r->usage.missed, cases[i].missed);
		reply_free(r);
		free(body);
	}
}

TEST(test_whole)
{
#define CALL(args) "{\"path\":\"" args "\"}"
#define QUOTED(args) "\"{\\\"path\\\":\\\"" args "\\\"}\""
	static const struct {
		const char	*format;
		const char	*body;
	} rows[] = {
		{ "anthropic", "{\"type\":\"message\",\"id\":\"m\",\"content\":["
		    "{\"type\":\"thinking\",\"thinking\":\"hm\","
		    "\"signature\":\"s\"},{\"type\":\"text\",\"text\":\"Hi\"},"
		    "{\"type\":\"tool_use\",\"id\":\"toolu_1\","
		    "\"name\":\"read\",\"input\":" CALL("a") "},"
		    "{\"type\":\"tool_use\",\"id\":\"toolu_2\","
		    "\"name\":\"read\",\"input\":" CALL("b") "}],"
		    "\"stop_reason\":\"tool_use\",\"usage\":{"
		    "\"input_tokens\":5,\"output_tokens\":7}}" },
		{ "gemini", "[{\"candidates\":[{\"content\":{\"parts\":["
		    "{\"thought\":true,\"text\":\"hm\"},{\"text\":\"Hi\"}]}}]},"
		    "{\"candidates\":[{\"content\":{\"parts\":["
		    "{\"functionCall\":{\"name\":\"read\",\"args\":" CALL("a")
		    "}},{\"functionCall\":{\"name\":\"read\",\"args\":"
		    CALL("b") "}}]},\"finishReason\":\"STOP\"}],"
		    "\"usageMetadata\":{\"promptTokenCount\":5,"
		    "\"candidatesTokenCount\":7}}]" },
		{ "openai-chat", "{\"object\":\"chat.completion\",\"choices\":["
		    "{\"message\":{\"content\":\"Hi\",\"refusal\":null,"
		    "\"reasoning_content\":\"hm\",\"tool_calls\":["
		    "{\"id\":\"call_1\",\"function\":{\"name\":\"read\","
		    "\"arguments\":" QUOTED("a") "}},{\"id\":\"call_1\","
		    "\"function\":{\"name\":\"read\",\"arguments\":" QUOTED("b")
		    "}}]}}],\"usage\":{\"prompt_tokens\":5,"
		    "\"completion_tokens\":7}}" },
		{ "openai-responses", "{\"object\":\"response\","
		    "\"status\":\"completed\",\"error\":null,\"output\":["
		    "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":["
		    "{\"type\":\"summary_text\",\"text\":\"hm\"}]},"
		    "{\"type\":\"message\",\"content\":[{\"type\":"
		    "\"output_text\",\"text\":\"Hi\"}]},"
		    "{\"type\":\"function_call\",\"call_id\":\"call_1\","
		    "\"name\":\"read\",\"arguments\":" QUOTED("a") "},"
		    "{\"type\":\"function_call\",\"call_id\":\"call_2\","
		    "\"name\":\"read\",\"arguments\":" QUOTED("b") "}],"
		    "\"usage\":{\"input_tokens\":5,\"output_tokens\":7}}" },
	};
	static const char *const none[] = { "", "{", "[]", "{}", "\"x\"",
		"{\"error\":{\"message\":\"no\"}}", "<html>" };
	static const struct {
		const char	*format;
		const char	*body;
		enum reply_stop	 stop;
	} ends[] = {
		{ "gemini", "{\"promptFeedback\":{\"blockReason\":"
		    "\"SAFETY\"}}", REPLY_CONTENT_FILTER },
		{ "openai-chat", "{\"choices\":[{\"message\":{\"content\":"
		    "\"Hi\"}}]}", REPLY_END },
		{ "openai-responses", "{\"type\":\"x\",\"output\":[]}",
		    REPLY_END },
		{ "openai-chat", "{\"choices\":[{\"message\":{\"content\":"
		    "\"Hi\"},\"finish_reason\":\"length\"}]}",
		    REPLY_MAX_TOKENS },
	};
	size_t i, k;

	for (i = 0; i < MEM_COUNT(rows); i++) {
		const struct provider_format *f =
		    provider_format_find(rows[i].format);
		struct seen seen = { BUF_INIT(0), BUF_INIT(0) };
		struct reply *r = decoder_whole(f, rows[i].body,
		    strlen(rows[i].body), wire_delta, &seen);

		print_message("%s\n", rows[i].format);
		assert_non_null(r);
		assert_int_equal(r->error.kind, PROVIDER_OK);
		assert_int_equal(r->stop, REPLY_TOOL_CALLS);
		assert_string_equal(r->text, "Hi");
		assert_string_equal(buf_str(&seen.text), "Hi");
		assert_string_equal(r->thinking, "hm");
		assert_int_equal(r->usage.input, 5);
		assert_int_equal(r->usage.output, 7);
		assert_int_equal(r->calls_len, 2);
		for (k = 0; k < 2; k++) {
			assert_true(r->calls[k].complete);
			assert_string_equal(r->calls[k].name, "read");
			assert_string_equal(json_str(r->calls[k].args, "path"),
			    k == 0 ? "a" : "b");
		}
		reply_free(r);
		buf_release(&seen.text);
		buf_release(&seen.thinking);
		for (k = 0; k < MEM_COUNT(none); k++)
			assert_null(decoder_whole(f, none[k], strlen(none[k]),
			    NULL, NULL));
	}
	for (i = 0; i < MEM_COUNT(ends); i++) {
		struct reply *r = decoder_whole(provider_format_find(
		    ends[i].format), ends[i].body, strlen(ends[i].body), NULL,
		    NULL);

		print_message("%s\n", ends[i].body);
		assert_non_null(r);
		assert_int_equal(r->error.kind, PROVIDER_OK);
		assert_int_equal(r->stop, ends[i].stop);
		reply_free(r);
	}
#undef CALL
#undef QUOTED
}
