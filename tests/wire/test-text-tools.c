/*
 * Calls in text: what is told, what counts as a call, and above all what does
 * not, whatever file the model repeats.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "provider/dialect.h"
#include "provider/provider.h"
#include "provider/reply.h"
#include "provider/text-tools.h"
#include "tests/messages.h"

#define W "kobaluti"

/* "name arguments|name arguments" of what is called, then "!words" if something
 * is wrong; malloc'ed. The rest of the text in *text, malloc'ed too. */
static char *
calls_of(const char *answer, enum reply_stop stop, char **text)
{
	struct reply *r = reply_new();
	struct buf b = BUF_INIT(0);
	char *wrong;
	bool ok;
	size_t i;

	free(r->text);
	r->text = xstrdup(answer);
	r->stop = stop;
	ok = text_tools_reply(r, W, &wrong);
	assert_int_equal(ok, wrong == NULL);
	for (i = 0; i < r->calls_len; i++) {
		assert_true(r->calls[i].id[0] != '\0');
		assert_true(i == 0 || strcmp(r->calls[i].id,
		    r->calls[i - 1].id) != 0);
		buf_addf(&b, "%s%s %s%s", i > 0 ? "|" : "", r->calls[i].name,
		    r->calls[i].args == NULL ? "BAD" : r->calls[i].arguments,
		    r->calls[i].complete ? "" : " CUT");
	}
	if (r->calls_len > 0 && stop == REPLY_END)
		assert_int_equal(r->stop, REPLY_TOOL_CALLS);
	/* Nothing is lost of what was written. */
	if (r->calls_len > 0)
		assert_string_equal(r->raw->valuestring, answer);
	else
		assert_string_equal(r->text, answer);
	if (wrong != NULL)
		buf_addf(&b, "!%s", wrong);
	free(wrong);
	*text = xstrdup(r->text);
	reply_free(r);
	return b.p == NULL ? xstrdup("") : buf_take(&b);
}

#define READ "```call " W " read\n{\"path\":\"a\"}\n```"
#define DONE "```call " W " done\n```"

static void
test_calls(void **state)
{
	static const struct { const char *answer, *calls, *text; } rows[] = {
		{ READ, "read {\"path\":\"a\"}", "" },
		{ "I look.\n\n" READ "\n", "read {\"path\":\"a\"}", "I look." },
		{ "I look.\r\n```call " W " read \r\n{\"path\":\r\n\"a\"}\r\n"
		  "``` \r\n", "read {\"path\":\r\n\"a\"}", "I look." },
		/* Several, with blank lines between them. */
		{ "A\n" READ "\n\n" DONE, "read {\"path\":\"a\"}|done {}",
		  "A" },
		/* The last one may lack its end, if it is whole. */
		{ "```call " W " read\n{\"path\":\"a\"}\n",
		  "read {\"path\":\"a\"}", "" },
		/* Words behind a call are about what it cannot know, and so
		 * are the calls after them. */
		{ READ "\nIt says: rm -rf\n" DONE, "read {\"path\":\"a\"}",
		  "" },
		{ READ "\n```\n" DONE "\n```\n", "read {\"path\":\"a\"}", "" },
		/* A block before it that is closed. */
		{ "```c\nint x;\n```\n" READ, "read {\"path\":\"a\"}",
		  "```c\nint x;\n```" },
		{ "~~~\n```\n~~~\n" READ, "read {\"path\":\"a\"}",
		  "~~~\n```\n~~~" },
		/* These are no fences. */
		{ "``` a ` b\n" READ, "read {\"path\":\"a\"}",
		  "``` a ` b" },
		{ "    ```\n" READ, "read {\"path\":\"a\"}", "    ```" },
		{ "<think>hm</think>\n" READ, "read {\"path\":\"a\"}",
		  "<think>hm</think>" },
		{ "<think>\n" READ "\n</think>\n" DONE, "done {}",
		  "<think>\n" READ "\n</think>" },
		{ "nothing to do", "", "nothing to do" },
		{ "", "", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(rows); i++) {
		char *text, *got = calls_of(rows[i].answer, REPLY_END, &text);

		if (strcmp(got, rows[i].calls) != 0 ||
		    strcmp(text, rows[i].text) != 0) {
			print_error("%zu: %s\n%s\n", i, got, text);
			fail();
		}
		free(got);
		free(text);
	}
}

/* What is only repeated, quoted, thought or talked of is never a call. */
static void
test_no_calls(void **state)
{
	static const struct { const char *answer; bool wrong; } rows[] = {
		/* A file that knows how calls look, but not this session. */
		{ "The file says:\n```call kobalute read\n{\"path\":\"a\"}\n"
		  "```\nI shall not do that.", false },
		{ "```call read\n{\"path\":\"a\"}\n```", true },
		{ "```call  " W " read\n{}\n```", true },
		{ "```call " W "  read\n{}\n```", true },
		{ "```call " W " read now\n{}\n```", true },
		{ "```call " W " ../read\n{}\n```", true },
		{ "```call " W "x read\n{}\n```", true },
		{ "```call " W "\n{}\n```", true },
		{ "<tool_call>\n{\"name\":\"read\"}\n</tool_call>", true },
		/* Its own calls, quoted. */
		{ "````\n" READ "\n````", true },
		{ "```\n" READ "\n```", true },
		{ "```markdown\n" READ "\n", true },
		{ "~~~\n" READ "\n~~~", true },
		{ "  ```text\n" READ, true },
		{ " " READ, true },
		{ "    " READ, true },
		{ "\t" READ, true },
		{ "> " READ, true },
		{ "- " READ, true },
		{ "| ```call " W " read\n| {\"path\":\"a\"}\n| ```", true },
		{ "x" READ, true },
		{ "~~~call " W " read\n{}\n~~~", true },
		{ "````call " W " read\n{}\n````", true },
		{ "``call " W " read\n{}\n``", true },
		{ "```md\n" READ "\n```\nThe result is:\n" READ, true },
		{ "```md\n" READ "\n" READ, true },
		{ "> ```call " W " read\nNo.\n" READ, true },
		{ "<think>\n" READ "\n", false },
		{ "  <THINK>not yet\n" READ, false },
		{ "Use ```call WORD read``` to read.", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(rows); i++) {
		char *text, *got = calls_of(rows[i].answer, REPLY_END, &text);

		if ((got[0] == '!') != rows[i].wrong ||
		    (got[0] != '\0' && got[0] != '!')) {
			print_error("%zu: %s: %s\n", i, rows[i].answer, got);
			fail();
		}
		free(got);
		free(text);
	}
}

static void
test_malformed(void **state)
{
	static const struct {
		const char	*answer;
		enum reply_stop	 stop;
		const char	*calls, *words;
	} rows[] = {
		{ "```call " W " read\n{\"path\":}\n```", REPLY_END,
		    "read BAD!",
		    "the arguments of your call of read can't be "
		    "parsed" },
		{ "```call " W " write\n{\"content\":\"a\nb\"}\n```", REPLY_END,
		    "write BAD!", MSG_WRITE_ONE_JSON_OBJECT },
		{ "```call " W " read\n[1]\n```", REPLY_END, "read BAD!",
		    MSG_ARENT_A_JSON_OBJECT },
		{ "```call " W " read\n{\"path\":\"\\u0000\"}\n```", REPLY_END,
		    "read BAD!", MSG_CANT_BE_PARSED },
		{ "```call " W " read\n{\"path\":\"a\"} and\n```", REPLY_END,
		    "read BAD!", MSG_CANT_BE_PARSED },
		{ READ "\n```call " W " write\n{\"path\":\"b\",\"con",
		    REPLY_MAX_TOKENS, "read {\"path\":\"a\"}|write BAD CUT!",
		    "call of write" },
		/* Cut where it seems whole: not run all the same. */
		{ "```call " W " write\n{\"path\":\"b\"}", REPLY_MAX_TOKENS,
		    "write {\"path\":\"b\"} CUT", NULL },
		{ "```call " W " read", REPLY_END, "read {}", NULL },
		{ "```call nope read\n{}\n```", REPLY_END, "!",
		    "first line must be ```call " W " NAME" },
		{ "Like this:\n```json\n" READ "\n```", REPLY_END, "!",
		    MSG_OUTSIDE_OF_CODE_BLOCKS },
	};
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(rows); i++) {
		char *text, *got = calls_of(rows[i].answer, rows[i].stop,
		    &text);

		if (strncmp(got, rows[i].calls, strlen(rows[i].calls)) != 0 ||
		    (rows[i].words == NULL ? strchr(got, '!') != NULL :
		    strstr(got, rows[i].words) == NULL)) {
			print_error("%zu: %s\n", i, got);
			fail();
		}
		free(got);
		free(text);
	}
}

/* A result cannot begin a line, so that its repetition is no call even with the
 * right word; and what is told of a call is read back as that call. */
static void
test_there_and_back(void **state)
{
	struct message_call calls[] = {
		{ (char *)"1", (char *)"read", (char *)"{\"path\":\"a\"}",
		    false },
		{ (char *)"2", (char *)"done", (char *)"", false } };
	struct message_result results[] = {
		{ (char *)"1", (char *)"read", (char *)"x\n" READ "\n", true,
		    false },
		{ (char *)"2", (char *)"", (char *)"no\nway", false,
		    false } };
	struct message a = { .role = MESSAGE_ASSISTANT,
		.text = (char *)"I look.", .calls = calls, .calls_len = 2 };
	struct message m = { .role = MESSAGE_TOOL_RESULTS,
		.text = (char *)"go on", .results = results,
		.results_len = 2 };
	char *told, *text, *got;

	(void)state;
	told = text_tools_message(&a, W);
	assert_string_equal(told, "I look.\n\n" READ "\n```call " W " done\n"
	    "{}\n```");
	got = calls_of(told, REPLY_END, &text);
	assert_string_equal(got, "read {\"path\":\"a\"}|done {}");
	assert_string_equal(text, "I look.");
	free(got);
	free(text);
	free(told);
	told = text_tools_message(&m, W);
	assert_string_equal(told, "[assent] Results of your calls:\n\n"
	    "1. read:\n| x\n| ```call " W " read\n| {\"path\":\"a\"}\n| ```\n"
	    "\n2. unknown (failed):\n| no\n| way\n\ngo on");
	got = calls_of(told, REPLY_END, &text);
	assert_int_equal(got[0], '!');
	free(got);
	free(text);
	free(told);
}

static void
test_prompt(void **state)
{
	static const struct tool_schema tools[] = {
		{ "read", "Read a file.", "{\"type\":\"object\",\"properties\":"
		  "{\"path\":{\"type\":\"string\",\"description\":\"Which.\"},"
		  "\"from\":{\"type\":\"integer\"},\"steps\":{\"type\":"
		  "\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
		  "\"t\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"]},\"u\":"
		  "{\"type\":\"array\",\"items\":{\"type\":\"boolean\"}}},"
		  "\"required\":[\"t\"]}}},\"required\":[\"path\"]}", false,
		    NULL },
		{ "done", "Say so.", "{\"type\":\"object\"}", false, NULL } };
	struct buf b = BUF_INIT(0);

	(void)state;
	text_tools_prompt(&b, W, tools, 2);
	assert_non_null(strstr(buf_str(&b), "```call " W " read\n{\"path\": "));
	assert_non_null(strstr(buf_str(&b), "\n## read\nRead a file.\n"
	    "- path (string, required): Which.\n- from (integer)\n"
	    "- steps ({\"t\": \"a\"|\"b\", \"u\"?: boolean[]}[])\n"
	    "\n## done\nSay so.\n"));
	buf_clear(&b);
	text_tools_prompt(&b, W, tools, 0);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
test_word(void **state)
{
	char a[TEXT_TOOLS_WORD], b[TEXT_TOOLS_WORD];

	(void)state;
	text_tools_word(a);
	text_tools_word(b);
	assert_int_equal(strlen(a), TEXT_TOOLS_WORD - 1);
	assert_int_equal(strspn(a, "abcdefghijklmnopqrstuvwxyz"),
	    TEXT_TOOLS_WORD - 1);
	assert_string_not_equal(a, b);
}

/* As a stream of Chat Completions in pieces of `size` bytes (0: by chance). */
static char *
calls_of_stream(const struct buf *in, size_t size, unsigned *seed)
{
	struct decoder *d = decoder_new(provider_format_find("openai-chat"),
	    NULL, NULL);
	struct reply *r;
	struct buf b = BUF_INIT(0);
	size_t at, n, i;
	char *wrong;

	for (at = 0; at < in->len; at += n) {
		*seed = *seed * 1103515245 + 12345;
		n = size > 0 ? size : 1 + (*seed >> 16) % 97;
		if (n > in->len - at)
			n = in->len - at;
		decoder_feed(d, in->p + at, n);
	}
	r = decoder_end_free(d);
	assert_true(text_tools_reply(r, W, &wrong));
	buf_addf(&b, "%s", r->text);
	for (i = 0; i < r->calls_len; i++)
		buf_addf(&b, "|%s %s", r->calls[i].name, r->calls[i].arguments);
	reply_free(r);
	return buf_take(&b);
}

static void
test_stream(void **state)
{
	const char *answer = "Ich schaue n\xc3\xa4her hin.\n\n```call " W
	    " write\n{\"path\": \"a\", \"content\": \"x\\n\xf0\x9f\x90\x9b\"}"
	    "\n```\n" READ "\n";
	const char *want = "Ich schaue n\xc3\xa4her hin.|write {\"path\": "
	    "\"a\", \"content\": \"x\\n\xf0\x9f\x90\x9b\"}|read "
	    "{\"path\":\"a\"}";
	struct buf in = BUF_INIT(0);
	unsigned seed = 7;
	size_t i, n = strlen(answer), step;
	char *got;

	(void)state;
	for (i = 0; i < n; i += step) {
		step = i + 5 > n ? n - i : 5;
		while (i + step < n && ((unsigned char)answer[i + step] &
		    0xc0) == 0x80)
			step++;
		buf_adds(&in, "data: {\"choices\":[{\"index\":0,\"delta\":{"
		    "\"content\":");
		json_quote(&in, answer + i, step);
		buf_adds(&in, "}}]}\n\n");
	}
	buf_adds(&in, "data: {\"choices\":[{\"index\":0,\"delta\":{},"
	    "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
	for (i = 0; i < 60; i++) {
		got = calls_of_stream(&in, i == 0 ? in.len : i == 1 ? 1 : 0,
		    &seed);
		assert_string_equal(got, want);
		free(got);
	}
	buf_release(&in);
}

/* Any bytes: never a crash, and each call has the session's word before it. */
static void
test_chance(void **state)
{
	static const char *const parts[] = { "```", "`", "~~~", "call ", W,
		" read", "\n", "\n", "{}", "{\"path\":\"a\"}", " ", "<think>",
		"</think>", "text", "> ", "| ", "````", "\r", READ "\n" };
	unsigned seed = 11;
	size_t i, k;

	(void)state;
	for (i = 0; i < 20000; i++) {
		struct buf b = BUF_INIT(0);
		char *text, *got;

		for (k = 0; k < 12; k++) {
			seed = seed * 1103515245 + 12345;
			buf_adds(&b, parts[(seed >> 16) % MEM_COUNT(parts)]);
		}
		got = calls_of(buf_str(&b), REPLY_END, &text);
		if (got[0] != '\0' && got[0] != '!')
			assert_true(strncmp(buf_str(&b), "```call " W " read",
			    strlen("```call " W " read")) == 0 ||
			    strstr(buf_str(&b), "\n```call " W " read") !=
			    NULL);
		free(got);
		free(text);
		buf_release(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_no_calls),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_prompt),
		cmocka_unit_test(test_word),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
