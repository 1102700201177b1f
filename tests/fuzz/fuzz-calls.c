/*
 * An answer with tool calls in its text: what is a call stands there as one, with
 * the session's word; nothing of the answer is lost; calls that are written down
 * are read back; and what is repeated of a result is none, whatever it is.
 *
 * Input: why the answer ended, then its text.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "base/json.h"
#include "base/mem.h"
#include "provider/reply.h"
#include "provider/text-tools.h"

#define WORD	"kobaluti"
#define OTHER	"zuvasepi"

static struct reply *
answer_new(const char *text, enum reply_stop stop, const char *word)
{
	struct reply *r = reply_new();
	char *wrong;
	bool ok;

	free(r->text);
	r->text = xstrdup(text);
	r->stop = stop;
	ok = text_tools_reply(r, word, &wrong);
	FUZZ_CHECK(ok == (wrong == NULL));
	free(wrong);
	return r;
}

/* Does a line begin so, at the margin, with nothing but blanks behind it? */
static bool
has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (;;) {
		const char *end = strchrnul(text, '\n');

		if ((size_t)(end - text) >= n && memcmp(text, line, n) == 0 &&
		    n + strspn(text + n, " \t\r") >= (size_t)(end - text))
			return true;
		if (*end == '\0')
			return false;
		text = end + 1;
	}
}

static void
check_calls(const struct reply *r, const char *answer)
{
	size_t i, j;

	for (i = 0; i < r->calls_len; i++) {
		const struct reply_call *c = &r->calls[i];
		char *line = xasprintf("```call %s %s", WORD, c->name);

		FUZZ_CHECK(c->name[0] != '\0' && has_line(answer, line));
		FUZZ_CHECK(c->id[0] != '\0');
		for (j = 0; j < i; j++)
			FUZZ_CHECK(strcmp(c->id, r->calls[j].id) != 0);
		FUZZ_CHECK((c->args == NULL) == (c->args_error != NULL));
		FUZZ_CHECK(c->args == NULL || cJSON_IsObject(c->args));
		free(line);
	}
}

/* What the model wrote is all there, and its words stand before the calls. */
static void
check_whole(const struct reply *r, const char *answer)
{
	size_t n = strlen(r->text);

	FUZZ_CHECK(strncmp(r->text, answer, n) == 0);
	if (r->calls_len == 0)
		FUZZ_CHECK(answer[n] == '\0' && r->raw == NULL);
	else
		FUZZ_CHECK(cJSON_IsString(r->raw) &&
		    strcmp(r->raw->valuestring, answer) == 0);
}

/* Sent back as text and read again. */
static void
check_again(const struct reply *r)
{
	struct message m = { .role = MESSAGE_ASSISTANT };
	struct reply *again;
	char *text;
	size_t i;

	m.calls_len = r->calls_len;
	m.calls = xcalloc(r->calls_len + 1, sizeof(*m.calls));
	for (i = 0; i < r->calls_len; i++)
		m.calls[i] = (struct message_call) { r->calls[i].id,
			r->calls[i].name, r->calls[i].arguments,
			r->calls[i].custom };
	text = text_tools_message(&m, WORD);
	again = answer_new(text, REPLY_END, WORD);
	FUZZ_CHECK(again->calls_len == r->calls_len);
	for (i = 0; i < r->calls_len; i++) {
		FUZZ_CHECK(strcmp(again->calls[i].name,
		    r->calls[i].name) == 0);
		FUZZ_CHECK(again->calls[i].args != NULL);
		if (r->calls[i].args != NULL)
			FUZZ_CHECK(cJSON_Compare(again->calls[i].args,
			    r->calls[i].args, 1));
	}
	reply_free(again);
	free(text);
	free(m.calls);
}

/* A file that holds all this, repeated by the model to the letter. */
static void
check_repeated(const char *answer)
{
	char id[] = "a", name[] = "read", *copy = xstrdup(answer), *text;
	struct message_result result = { id, name, copy, true, false };
	struct message m = { .role = MESSAGE_TOOL_RESULTS, .results = &result,
		.results_len = 1 };
	struct reply *r;

	text = text_tools_message(&m, WORD);
	r = answer_new(text, REPLY_END, WORD);
	FUZZ_CHECK(r->calls_len == 0);
	reply_free(r);
	free(text);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	static const enum reply_stop stops[] = { REPLY_END, REPLY_MAX_TOKENS,
		REPLY_STOP_SEQUENCE };
	struct fuzz_input in = { p, size };
	enum reply_stop stop = stops[fuzz_byte(&in) % 3];
	struct buf b = BUF_INIT(0);
	const char *answer;
	struct reply *r;

	buf_add(&b, in.p, in.len);
	answer = buf_str(&b);		/* as far as its first NUL */
	r = answer_new(answer, stop, WORD);
	check_calls(r, answer);
	check_whole(r, answer);
	check_again(r);
	check_repeated(answer);
	reply_free(r);
	if (strstr(answer, OTHER) == NULL) {
		r = answer_new(answer, stop, OTHER);
		FUZZ_CHECK(r->calls_len == 0);
		reply_free(r);
	}
	buf_release(&b);
	return 0;
}
