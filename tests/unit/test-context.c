/* The context as a function of the journal: what is sent, what goes, and that
 * the same lines always give the same bytes. */
#include "config.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/agent/say.h"
#include "core/context/context.h"
#include "journal/event.h"
#include "journal/summary.h"
#include "provider/dialect.h"
#include "tests/messages.h"
#include "tests/unit/unit.h"

/* ---- a journal that is made as the test goes ---- */

struct story {
	cJSON	*lines[4096];
	size_t	 len;
};

static cJSON *
story_line_take(struct story *s, cJSON *o, const char *by)
{
	json_add_int(o, "seq", (int64_t)s->len + 1);
	json_add_str(o, "by", by);
	assert_true(s->len < MEM_COUNT(s->lines));
	s->lines[s->len++] = o;
	return o;
}

static cJSON *
story_line(struct story *s, const char *type, const char *by)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", type);
	return story_line_take(s, o, by);
}

static void
story_say(struct story *s, const char *by, const char *text)
{
	json_add_str(story_line(s, "user_message", by), "text", text);
}

static void
story_begin_turn(struct story *s, int64_t tokens)
{
	json_add_int(story_line(s, "turn_start", "core"), "tokens", tokens);
}

static char story_fill = 'x';

/* An answer that calls `calls` tools, and their results of `bytes` each. */
static void
story_turn(struct story *s, int calls, size_t bytes)
{
	cJSON *o, *list = cJSON_CreateArray();
	char *text = xmalloc(bytes + 1), id[32];
	int i;

	memset(text, story_fill, bytes);
	text[bytes] = '\0';
	story_begin_turn(s, 0);
	o = story_line(s, "assistant_message", "model");
	json_add_str(o, "text", "I look at it.");
	for (i = 0; i < calls; i++) {
		cJSON *it = cJSON_CreateObject();

		/* Servers give the same ids again. */
		snprintf(id, sizeof(id), "c%d", i);
		json_add_str(it, "id", id);
		json_add_str(it, "name", "read");
		json_add_str(it, "arguments", "{\"path\":\"a.c\"}");
		json_add_bool(it, "complete", true);
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "calls", list);
	for (i = 0; i < calls; i++) {
		o = story_line(s, "tool_result", "core");
		snprintf(id, sizeof(id), "c%d", i);
		json_add_str(o, "id", id);
		json_add_bool(o, "ok", true);
		json_add_str(o, "text", text);
	}
	free(text);
}

static void
story_release(struct story *s)
{
	size_t i;

	for (i = 0; i < s->len; i++)
		cJSON_Delete(s->lines[i]);
	s->len = 0;
}

static void
story_event(struct context *c, const cJSON *line)
{
	AUTO_EVENT struct event e = { 0 };

	event_read(&e, line);
	context_event(c, &e);
}

/* Lines from..to of it. */
static struct context *
story_context(const struct story *s, size_t to, const char *format)
{
	struct context *c = context_new(&(struct context_options){
	    .format = provider_format_find(format), .model = "m" });
	size_t i;

	for (i = 0; i < to; i++)
		story_event(c, s->lines[i]);
	return c;
}

static void
story_feed(struct story *s, struct context *c, size_t *fed)
{
	for (; *fed < s->len; (*fed)++)
		story_event(c, s->lines[*fed]);
}

/* All messages, one a line; malloc'ed. */
static char *
story_bytes(struct context *c)
{
	struct buf b = BUF_INIT(0);
	struct request r = { 0 };
	size_t i;

	context_messages(c, &r);
	for (i = 0; i < r.messages_len; i++)
		buf_addf(&b, "%s\n", r.messages[i]);
	return buf_take(&b);
}

/* Each result comes right after the message with its call, and each call has
 * one; of the Chat format. */
static void
story_check_pairs(const char *bytes)
{
	const char *p, *nl;
	int open = 0;

	for (p = bytes; *p != '\0'; p = nl + 1) {
		cJSON *o, *list = cJSON_CreateArray();
		const cJSON *it;

		nl = strchr(p, '\n');
		/* Results of one message are joined by commas. */
		o = json_parse(p, (size_t)(nl - p), JSON_NUL_REFUSE, NULL);
		if (o == NULL) {
			char *all = xasprintf("[%.*s]", (int)(nl - p), p);

			cJSON_Delete(list);
			list = json_parse(all, strlen(all), JSON_NUL_REFUSE,
			    NULL);
			free(all);
		} else
			cJSON_AddItemToArray(list, o);
		assert_non_null(list);
		cJSON_ArrayForEach(it, list) {
			if (strcmp(json_str_or(it, "role", ""), "tool") == 0) {
				assert_true(open > 0);
				open--;
				continue;
			}
			assert_int_equal(open, 0);
			open = cJSON_GetArraySize(json_array(it,
			    "tool_calls"));
		}
		cJSON_Delete(list);
	}
	assert_int_equal(open, 0);
}

/* The core's work before a turn, with a window of this size. */
static void
story_fit(struct story *s, struct context *c, size_t *fed, int64_t window)
{
	struct tokens_room room;
	struct ev_shortened cut = { 0 };
	AUTO_JSON cJSON *summary = NULL;
	char **said;
	int64_t upto;
	size_t n;

	tokens_room(&room, window, 8192, 0);
	if (context_shorten(c, &room, context_tokens(c, 0), &cut)) {
		story_line_take(s, event_line(EVENT_SHORTENED, &cut), "core");
		story_feed(s, c, fed);
	}
	free(cut.results);
	free(cut.images);
	if (context_tokens(c, 0) <= room.compact_at ||
	    (upto = context_cut(c, &room)) == 0)
		return;
	summary = context_mechanical(c, upto);
	said = context_said(c, upto, 2000, &n);
	story_line_take(s, EVENT_LINE(compaction, .why = "window",
	    .upto = upto, .said = (const char **)said, .said_len = n), "core");
	json_copy(s->lines[s->len - 1], "summary", summary);
	xfree_list(said, n);
	story_feed(s, c, fed);
}

/* ---- images ---- */

static int
story_load(void *arg, const char *hash, struct buf *b)
{
	const char *missing = arg;

	if (missing != NULL && strcmp(hash, missing) == 0)
		return -1;
	buf_addf(b, "<%s>", hash);
	return 0;
}

static void
story_show(struct story *s, const char *text, const char *path, int side)
{
	cJSON *o = story_line(s, "user_message", "user"), *im;

	json_add_str(o, "text", text);
	json_set_take(o, "images", cJSON_CreateArray());
	im = cJSON_CreateObject();
	json_add_str(im, "path", path);
	json_add_str(im, "kind", "png");
	json_add_str(im, "hash", path);
	json_add_int(im, "width", side);
	json_add_int(im, "height", side);
	json_add_int(im, "size", 1000);
	cJSON_AddItemToArray(cJSON_GetObjectItem(o, "images"), im);
}

static size_t
story_count(const char *bytes, const char *what)
{
	const char *p;
	size_t n = 0;

	for (p = bytes; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

/* An image that is shown is sent, counted by its pixels and not by its bytes,
 * and is the first to be trimmed; the same lines give the same bytes. */
TEST(test_images)
{
	struct story s = { .len = 0 };
	const struct context_options options = { .model = "m",
		.format = provider_format_find("openai-chat"),
		.load = story_load };
	struct context *c = context_new(&options), *again;
	struct tokens_room room;
	struct ev_shortened cut = { 0 };
	cJSON *o;
	char *now, *then;
	size_t fed = 0;
	int i;

	story_show(&s, "look: @a.png", "a.png", 1000);
	/* While the model is asked it is held, and goes along later. */
	story_turn(&s, 1, 400);
	story_begin_turn(&s, 0);
	story_show(&s, "and @b.png", "b.png", 100);
	story_feed(&s, c, &fed);
	assert_true(context_tokens(c, 0) >= 2500 + 300);
	assert_true(context_tokens(c, 0) < 3400);
	o = story_line(&s, "assistant_message", "model");
	json_add_str(o, "text", "I see.");
	story_feed(&s, c, &fed);
	now = story_bytes(c);
	/* "<a.png>" */
	assert_int_equal(story_count(now, "base64,PGEucG5nPg=="), 1);
	assert_int_equal(story_count(now, "base64,PGIucG5nPg=="), 1);
	assert_non_null(strstr(now, "[image a.png, PNG, 1000 x 1000]"));
	free(now);
	assert_int_equal(context_image_bytes(c), 2 * 1336);
	assert_true(context_images(c, &cut));
	assert_int_equal(cut.images_len, 2);
	free(cut.images);
	cut = (struct ev_shortened){ 0 };
	/* In a small window the first goes, before any output. */
	for (i = 0; i < 3; i++)
		story_turn(&s, 1, 1500);
	story_feed(&s, c, &fed);
	tokens_room(&room, 6500, 1000, 0);
	assert_false(context_shorten(c, &room, room.shorten_at, &cut));
	assert_true(context_shorten(c, &room, room.shorten_at + 1, &cut));
	assert_int_equal(cut.results_len, 0);
	assert_int_equal(cut.images_len, 1);
	assert_string_equal(cut.images[0].path, "a.png");
	story_line_take(&s, event_line(EVENT_SHORTENED, &cut), "core");
	free(cut.results);
	free(cut.images);
	story_feed(&s, c, &fed);
	now = story_bytes(c);
	assert_int_equal(story_count(now, "base64,"), 1);
	assert_non_null(strstr(now, "look: @a.png"));
	assert_non_null(strstr(now, "[image a.png, PNG, 1000 x 1000, no longer "
	    "shown, to make room"));
	/* Resumed. */
	again = context_new(&options);
	fed = 0;
	story_feed(&s, again, &fed);
	then = story_bytes(again);
	assert_string_equal(now, then);
	context_free(again);
	free(now);
	free(then);
	/* Another model, that takes none: in words, and back again. */
	context_set_model(c, provider_format_find("openai-chat"), "d",
	    MEM_FIND_IN(dialect_table, dialect_table_len,
			    "deepseek"));
	now = story_bytes(c);
	assert_null(strstr(now, "base64,"));
	assert_non_null(strstr(now, MSG_NOT_SHOWN_THIS_MODEL_TAKES));
	free(now);
	context_set_model(c, provider_format_find("anthropic"), "m", NULL);
	now = story_bytes(c);
	assert_int_equal(story_count(now, "\"data\":\"PGIucG5nPg==\""), 1);
	free(now);
	context_free(c);
	story_release(&s);
}

/* ---- what an image says of itself ---- */

/* ---- the tests ---- */

TEST(test_prefix)
{
	static const char *const formats[] = { "openai-chat", "anthropic" };
	struct story s = { .len = 0 };
	size_t k, fed, i;

	for (k = 0; k < MEM_COUNT(formats); k++) {
		struct context *c = story_context(&s, 0, formats[k]);
		char *before = xstrdup(""), *now;
		int breaks = 0, said = 0;

		fed = 0;
		story_say(&s, "user", "find the fault");
		for (i = 0; i < 80; i++) {
			size_t len = s.len;

			story_feed(&s, c, &fed);
			len = s.len;
			story_fit(&s, c, &fed, 8192);
			said += s.len > len;
			assert_true(context_tokens(c, 0) < 8192 * 3 / 4);
			if (i % 7 == 3)
				story_say(&s, "user", "and mind the tests");
			story_turn(&s, 1 + (int)(i % 3), 700 + 40 * i);
			story_feed(&s, c, &fed);
			now = story_bytes(c);
			if (strncmp(now, before, strlen(before)) != 0)
				breaks++;
			if (k == 0)
				story_check_pairs(now);
			free(before);
			before = now;
		}
		/* Only what a line says takes anything away. */
		assert_true(breaks > 2);
		assert_true(breaks <= said);
		/* From any line on, the same bytes come of the same lines. */
		for (i = 1; i <= s.len; i += 13) {
			struct context *a = story_context(&s, i, formats[k]);
			struct context *b = story_context(&s, i, formats[k]);
			char *x = story_bytes(a), *y = story_bytes(b);

			assert_string_equal(x, y);
			free(x);
			free(y);
			context_free(a);
			context_free(b);
		}
		context_free(c);
		c = story_context(&s, s.len, formats[k]);
		now = story_bytes(c);
		assert_string_equal(now, before);
		free(now);
		free(before);
		context_free(c);
		story_release(&s);
	}
}

/* The provider's count is used if it can be true; else the estimate stays. */
TEST(test_provider_counts)
{
	static const struct {
		const char *label;
		int64_t asked, in, out, want;	/* out -1: not said; want -1:
						   the estimate */
	} cases[] = {
		{ "counted", 1000, 4000, 50, 4050 },
		{ "fewer than estimated", 1000, 300, 0, 300 },
		{ "without what is cached", 1000, 249, 50, -1 },
		{ "no input", 1000, 0, 50, -1 },
		{ "no output", 1000, 4000, -1, -1 },
		{ "input too large", 1000, INT64_MAX / 2, 50, -1 },
		{ "output too large", 1000, 4000, INT64_MAX / 2, -1 },
		{ "nothing was asked", 0, 4000, 50, -1 },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct story s = { .len = 0 };
		struct context *c;
		cJSON *usage = cJSON_CreateObject();
		int64_t estimate;

		story_say(&s, "user", "go");
		story_begin_turn(&s, cases[i].asked);
		json_add_str(story_line(&s, "assistant_message", "model"),
		    "text", "I see.");
		c = story_context(&s, s.len, "openai-chat");
		estimate = context_tokens(c, 0);
		context_free(c);
		json_add_int(usage, "input", cases[i].in);
		if (cases[i].out >= 0)
			json_add_int(usage, "output", cases[i].out);
		json_set_take(s.lines[s.len - 1], "usage", usage);
		c = story_context(&s, s.len, "openai-chat");
		if (context_tokens(c, 0) != (cases[i].want < 0 ? estimate :
		    cases[i].want))
			fail_msg("%s: %lld", cases[i].label,
			    (long long)context_tokens(c, 0));
		context_free(c);
		story_release(&s);
	}
}

/* Results that keep to their share are not cut, whatever they are. */
TEST(test_share)
{
	static const int64_t windows[] = { 4096, 16384, 32768, 200000 };
	struct ev_shortened cut = { 0 };
	struct tokens_room room;
	size_t i, calls, share;

	for (i = 0; i < MEM_COUNT(windows); i++)
		for (calls = 1; calls < 5; calls++) {
			struct story s = { .len = 0 };
			struct context *c;

			story_say(&s, "user", "go");
			c = story_context(&s, s.len, "openai-chat");
			tokens_room(&room, windows[i], 8192, 1000);
			share = (size_t)context_share(c, &room, calls);
			assert_true(share * calls > (size_t)windows[i] / 2);
			context_free(c);
			story_fill = '7';
			story_turn(&s, (int)calls, share);
			story_fill = 'x';
			c = story_context(&s, s.len, "openai-chat");
			assert_false(context_shorten(c, &room,
			    context_tokens(c, 1000), &cut));
			context_free(c);
			story_release(&s);
		}
}

/* One result that is larger than the window is cut to its share. */
TEST(test_large_result)
{
	struct story s = { .len = 0 };
	struct context *c;
	struct tokens_room room;
	size_t fed;
	struct ev_shortened cut = { 0 };
	cJSON *o;
	char *now;

	story_say(&s, "user", "go");
	story_turn(&s, 3, 60000);
	o = cJSON_CreateObject();
	json_add_str(o, "sha256", "abc");
	json_set_take(s.lines[s.len - 1], "out", o);
	c = story_context(&s, s.len, "openai-chat");
	fed = s.len;
	story_fit(&s, c, &fed, 16384);
	assert_string_equal(json_str(s.lines[s.len - 1], "type"),
	    "shortened");
	tokens_room(&room, 16384, 8192, 0);
	assert_true(context_tokens(c, 0) < room.compact_at);
	now = story_bytes(c);
	/* The line that names the whole output was in the middle. */
	assert_int_equal(story_count(now, "[output shortened: 60000 bytes; "
	    "bytes "), 3);
	assert_int_equal(story_count(now, " of 60000 are left out here; the "
	    "whole output: read /assent/out/abc]"), 1);
	assert_int_equal(story_count(now, " of 60000 are left out here]"), 2);
	story_check_pairs(now);
	free(now);
	/* And it stays so: nothing more is cut. */
	assert_false(context_shorten(c, &room, context_tokens(c, 0), &cut));
	free(cut.results);
	context_free(c);
	story_release(&s);
}

/* What linters find goes with the result of the edit until that was sent, then
 * with the next one. */
TEST(test_diagnostics)
{
	struct story s = { .len = 0 };
	struct context *c;
	char *was, *now;
	size_t fed;

	story_say(&s, "user", "go");
	story_turn(&s, 2, 10);
	story_line_take(&s, EVENT_LINE(diagnostics, .checker = "cc",
	    .for_ = "c0", .text = "first fault"), "core");
	story_line_take(&s, EVENT_LINE(diagnostics, .checker = "cc"), "core");
	c = story_context(&s, fed = s.len, "openai-chat");
	was = story_bytes(c);
	assert_int_equal(story_count(was, "xxxxxxxxxx\\n\\nfirst fault"), 1);
	story_begin_turn(&s, 0);
	/* The call's result was sent. */
	story_line_take(&s, EVENT_LINE(diagnostics, .checker = "cc",
	    .for_ = "c0", .text = "second fault"), "core");
	story_feed(&s, c, &fed);
	now = story_bytes(c);
	assert_string_equal(now, was);
	free(now);
	story_turn(&s, 1, 10);
	story_begin_turn(&s, 0);
	story_feed(&s, c, &fed);
	now = story_bytes(c);
	assert_memory_equal(now, was, strlen(was));
	assert_int_equal(story_count(now, "second fault"), 1);
	story_check_pairs(now);
	FREE_ALL(was, now);
	context_free(c);
	story_release(&s);
}

/* A text for the model that sums up is never longer than it may be. */
TEST(test_tell)
{
	struct story s = { .len = 0 };
	struct context *c;
	size_t max;
	int i;

	story_say(&s, "user", "the task");
	for (i = 0; i < 30; i++)
		story_turn(&s, 2, 3000);
	c = story_context(&s, s.len, "openai-chat");
	for (max = 600; max < 300000; max *= 3) {
		struct buf b = BUF_INIT(0);

		context_tell(c, 100000, max, &b);
		assert_true(b.len <= max + 200);
		assert_true(b.len > max / 4 || max > 100000);
		buf_release(&b);
	}
	context_free(c);
	story_release(&s);
}

TEST(test_mechanical)
{
	struct story s = { .len = 0 };
	struct context *c;
	struct buf b = BUF_INIT(0);
	cJSON *o;
	int i;

	story_say(&s, "user", "keep the word osprey");
	for (i = 0; i < 3; i++)
		story_turn(&s, 1, 20);
	/* Calls about several files. */
	story_turn(&s, 2, 20);
	o = cJSON_GetArrayItem(json_get(s.lines[s.len - 3], "calls"), 0);
	json_add_str(o, "name", "apply_patch");
	json_add_str(o, "arguments", "{\"patch\":\"*** Begin Patch\\n"
	    "*** Delete File: gone.c\\n*** Add File: new.c\\n+x\\n"
	    "*** End Patch\"}");
	json_add_str(o->next, "arguments", "{\"paths\":\"gone.c\"}");
	story_say(&s, "core", "[assent] Rejected in a.c");
	c = story_context(&s, s.len, "openai-chat");
	o = context_mechanical(c, 1000);
	summary_text(&b, o);
	assert_non_null(strstr(buf_str(&b), "keep the word osprey"));
	assert_non_null(strstr(buf_str(&b), "a.c: read"));
	assert_non_null(strstr(buf_str(&b), "Rejected in a.c"));
	assert_non_null(strstr(buf_str(&b), "gone.c: apply_patch, read"));
	assert_non_null(strstr(buf_str(&b), "new.c: apply_patch"));
	/* A file is named once. */
	assert_null(strstr(strstr(buf_str(&b), "a.c: read") + 1,
	    "a.c: read"));
	cJSON_Delete(o);
	buf_release(&b);
	context_free(c);
	story_release(&s);
}

/* Of a command of the project's, only its name is the user's. */
TEST(test_command)
{
	static const char *const origins[] = { "project", "user" };
	struct story s = { 0 };
	struct context *c;
	char **said;
	cJSON *o;
	size_t i, n;

	for (i = 0; i < MEM_COUNT(origins); i++) {
		story_say(&s, "user", "/fix 12");
		o = cJSON_AddObjectToObject(s.lines[s.len - 1], "command");
		json_add_str(o, "origin", origins[i]);
		json_add_str(o, "text", "Fix it.");
		story_turn(&s, 0, 0);
	}
	c = story_context(&s, s.len, "openai-chat");
	said = context_said(c, (int64_t)s.len, 2000, &n);
	assert_string_equal(said[0], "/fix 12");
	assert_string_equal(said[1], "Fix it.");
	xfree_list(said, n);
	context_free(c);
	story_release(&s);
}

TEST(test_summary)
{
	static const struct {
		const char	*label, *text, *want;	/* NULL: refused */
	} cases[] = {
		{ "as asked",
		    "## Goals\n- win\n- soon\n\n## Files\n- a.c: main\n",
		    "## Goals\n- win\n- soon\n\n## Files\n- a.c: main\n" },
		{ "words before, a fence, headings marked otherwise, numbers, "
		    "lines that go on",
		    "Here it is:\n```markdown\n**Goals**\n1. win\n   at any "
		    "price\n2) soon\n### decisions and Facts:\n* no\n```\n",
		    "## Goals\n- win\n  at any price\n- soon\n\n"
		    "## Decisions and facts\n- no\n" },
		{ "text without bullets",
		    "# Progress\nIt builds.\nIt runs.\n",
		    "## Progress\n- It builds.\n  It runs.\n" },
		{ "headings with nothing below", "## Goals\n\n## Files\n",
		    NULL },
		{ "a file's name at the end of a bullet is no heading",
		    "## Goals\n- look at src/file.c:\n- win\n",
		    "## Goals\n- look at src/file.c:\n- win\n" },
		{ "a heading that wasn't asked for is text",
		    "## Goals\n- win\n## Files that changed\n- a.c\n",
		    "## Goals\n- win\n  ## Files that changed\n- a.c\n" },
		{ "the first heading in other words",
		    "# Summary\n## Goal\n- win\n## Progress\n- it runs\n",
		    "## Goals\n- win\n\n## Progress\n- it runs\n" },
		{ "no heading that was asked for", "## Goal\n- win\n", NULL },
		{ "only talk", "I will go on with the work now.", NULL },
		{ "nothing", "", NULL },
	};
	struct err e;
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct buf b = BUF_INIT(0);
		cJSON *o;

		e = (struct err)ERR_INIT;
		o = summary_parse(cases[i].text, strlen(cases[i].text), &e);
		summary_text(&b, o);
		if (cases[i].want == NULL ? o != NULL || !err_is_set(&e) :
		    strcmp(buf_str(&b), cases[i].want) != 0)
			fail_msg("%s: got %s", cases[i].label, buf_str(&b));
		/* Written and read again, it is the same. */
		if (o != NULL) {
			cJSON *again = summary_parse(buf_str(&b), b.len, &e);

			assert_true(cJSON_Compare(o, again, 1));
			cJSON_Delete(again);
		}
		cJSON_Delete(o);
		buf_release(&b);
	}
}

TEST(test_trim)
{
	cJSON *o = summary_new(NULL);
	struct buf b = BUF_INIT(0);
	char text[64];
	int i;

	summary_add(o, SUMMARY_GOALS, "the goal");
	summary_add(o, SUMMARY_DECISIONS, "a fact");
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "step %d of the work", i);
		summary_add(o, SUMMARY_PROGRESS, text);
	}
	summary_trim(o, 400);
	summary_text(&b, o);
	assert_true(b.len <= 400);
	assert_non_null(strstr(b.p, "the goal"));
	assert_non_null(strstr(b.p, "a fact"));
	assert_non_null(strstr(b.p, "step 99"));
	assert_null(strstr(b.p, "step 0 "));
	/* The goal is the last to go. */
	summary_trim(o, 1);
	buf_clear(&b);
	summary_text(&b, o);
	assert_string_equal(buf_str(&b), "## Goals\n- the goal\n");
	cJSON_Delete(o);
	buf_release(&b);
}
