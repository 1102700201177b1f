/* The usage and the limits of a task, from lines of a journal. */
#include "config.h"

#include "base/json.h"
#include "base/mem.h"
#include "journal/task-usage.h"
#include "tests/unit/unit.h"

static void
line(struct task_usage *s, const char *text)
{
	struct err e = ERR_INIT;
	cJSON *o = json_parse(text, strlen(text), JSON_NUL_REFUSE, &e);
	AUTO_EVENT struct event event = { 0 };

	if (o == NULL)
		fail_msg("%s: %s", text, e.text);
	event_read(&event, o);
	task_usage_event(s, &event);
	cJSON_Delete(o);
}

#define SAY "{\"type\":\"user_message\",\"by\":\"user\",\"text\":\"go\"}"

static void
start(struct task_usage *s, const char *settings)
{
	char *text = xasprintf("{\"type\":\"session_start\",\"settings\":{%s},"
	    "\"model\":{\"window\":1000}}", settings);

	memset(s, 0, sizeof(*s));
	line(s, text);
	line(s, SAY);
	free(text);
}

TEST(test_tokens_and_money)
{
	struct task_usage s;

	start(&s, "\"max_total_tokens\":1000,\"max_cost_usd\":0.5");
	line(&s, "{\"type\":\"turn_end\",\"usage\":{\"input\":300,"
	    "\"cached\":200,\"output\":50},\"cost_usd\":0.2}");
	assert_int_equal(limit_used(&s, LIMIT_TOKENS), 350);
	assert_int_equal(limit_used(&s, LIMIT_MONEY), 200000);
	assert_int_equal(s.context, 350);
	assert_false(s.context_guessed);
	assert_false(s.task.guessed);
	/* Text added to the conversation counts by an estimate. */
	line(&s, "{\"type\":\"tool_result\",\"text\":\"123456789\"}");
	assert_int_equal(s.context, 354);
	assert_true(s.context_guessed);
	assert_int_equal(limit_reached(&s), LIMIT_NONE);
	/* An answer that was cut off: an estimate, which doesn't count as
	 * context. */
	line(&s, "{\"type\":\"turn_end\",\"broken\":true,\"usage\":{"
	    "\"input\":null,\"output\":null},\"guess\":{\"input\":600,"
	    "\"output\":50},\"cost_usd\":0.1}");
	assert_int_equal(limit_used(&s, LIMIT_TOKENS), 1000);
	assert_int_equal(s.context, 354);
	assert_true(s.task.guessed);
	assert_int_equal(limit_reached(&s), LIMIT_TOKENS);
	line(&s, "{\"type\":\"budget\",\"what\":\"tokens\","
	    "\"action\":\"extend\",\"more\":5000}");
	assert_int_equal(limit_reached(&s), LIMIT_NONE);
	line(&s, "{\"type\":\"turn_end\",\"usage\":{\"input\":1,"
	    "\"output\":1},\"cost_usd\":0.2}");
	assert_int_equal(limit_reached(&s), LIMIT_MONEY);
	line(&s, "{\"type\":\"budget\",\"what\":\"money\","
	    "\"action\":\"extend\",\"more\":0.5}");
	assert_int_equal(limit_reached(&s), LIMIT_NONE);
	/* A limit on money can't apply to a model without a price: the user is
	 * asked, once. */
	line(&s, "{\"type\":\"turn_end\",\"usage\":{\"input\":1,"
	    "\"output\":1},\"cost_usd\":null}");
	assert_int_equal(limit_reached(&s), LIMIT_MONEY);
	line(&s, "{\"type\":\"budget\",\"what\":\"money\","
	    "\"action\":\"extend\",\"more\":1}");
	assert_int_equal(limit_reached(&s), LIMIT_NONE);
	free(s.last_call);
}

TEST(test_words)
{
	static const struct {
		enum limit_kind kind;
		int64_t v;
		const char *text;
	} t[] = {
		{ LIMIT_TURNS, 1, "1 turn" }, { LIMIT_TURNS, 30, "30 turns" },
		{ LIMIT_TOKENS, 1234567, "1,234,567 tokens" },
		{ LIMIT_TOKENS, 1000, "1,000 tokens" },
		{ LIMIT_MONEY, 2500000, "$2.50" },
		{ LIMIT_TIME, 12000, "12 s" }, { LIMIT_TIME, 90000, "1:30 min" },
		{ LIMIT_TIME, 3723000, "1:02:03 h" },
		{ LIMIT_REPEAT, 5, "5 times" },
	};
	static const struct {
		enum limit_kind kind;
		const char *text;
		int64_t v;
	} typed[] = {
		{ LIMIT_TURNS, "20", 20 }, { LIMIT_TURNS, " +20", 20 },
		{ LIMIT_TURNS, "0", -1 }, { LIMIT_TURNS, "-1", -1 },
		{ LIMIT_TURNS, "2x", -1 }, { LIMIT_TURNS, "", -1 },
		{ LIMIT_TURNS, "1m", -1 },
		{ LIMIT_TOKENS, "200k", 200000 }, { LIMIT_TOKENS, "2M", 2000000 },
		{ LIMIT_TOKENS, "2kk", -1 },
		{ LIMIT_TOKENS, "99999999999999999999", -1 },
		{ LIMIT_MONEY, "0.50", 500000 }, { LIMIT_MONEY, "$1", 1000000 },
		{ LIMIT_MONEY, "1k", -1 }, { LIMIT_TIME, "10m", 600000 },
		{ LIMIT_TIME, "10", 10000 }, { LIMIT_TIME, "soon", -1 },
	};
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		buf_clear(&b);
		limit_text(&b, t[i].kind, t[i].v);
		assert_string_equal(buf_str(&b), t[i].text);
	}
	for (i = 0; i < MEM_COUNT(typed); i++)
		if (limit_from_text(typed[i].kind, typed[i].text) !=
		    typed[i].v)
			fail_msg("\"%s\"", typed[i].text);
	buf_release(&b);
}
