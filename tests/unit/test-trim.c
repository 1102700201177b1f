/*
 * Lines without their large members: nothing else goes, and what they fold to is
 * the same but for the texts that are read again.
 */
#include "config.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "tests/unit/unit.h"

#include "fold-dump.h"

#define SMALL 3		/* more than "" */
#define TAIL ",\"prev\":\"ab\",\"h\":\"cd\"}"

static enum trim_for who = TRIM_SCREEN;

/* From storage of just this size, so that a look beyond it is found. */
static bool
cut(struct buf *b, const char *line, size_t n, size_t min)
{
	char *exact = xmalloc(n == 0 ? 1 : n);
	bool is;

	memcpy(exact, line, n);
	is = trim_line(b, exact, n, who, min);
	free(exact);
	return is;
}

static void
want_cut(const char *line, const char *want)
{
	struct buf b = BUF_INIT(0);

	if (!cut(&b, line, strlen(line), SMALL + 5))
		fail_msg("not cut: %s", line);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
want_whole(const char *line)
{
	struct buf b = BUF_INIT(0);

	if (cut(&b, line, strlen(line), SMALL + 5))
		fail_msg("cut: %s", line);
	buf_release(&b);
}

/* After trimming, it is still known what was made, and which calls lack a
 * result. */
TEST(test_core)
{
	who = TRIM_CORE;
	want_cut("{\"seq\":7,\"type\":\"tool_call\",\"args\":{\"path\":"
	    "\"a much longer path\",\"content\":\"a long \\\"text\\\\\"},"
	    "\"title\":\"t\"" TAIL,
	    "{\"seq\":7,\"type\":\"tool_call\",\"args\":{\"path\":"
	    "\"a much longer path\",\"content\":\"\"},\"title\":\"t\","
	    "\"cut\":{\"args\":57}}");
	want_cut("{\"seq\":7,\"type\":\"assistant_message\",\"calls\":["
	    "{\"id\":\"call number one\",\"arguments\":\"a long text\"},"
	    "{\"id\":\"arguments\",\"arguments\":\"short\"},"
	    "{\"arguments\":\"another text\"}],\"raw\":[1,2,3,4]" TAIL,
	    "{\"seq\":7,\"type\":\"assistant_message\",\"calls\":["
	    "{\"id\":\"call number one\",\"arguments\":\"\"},"
	    "{\"id\":\"arguments\",\"arguments\":\"short\"},"
	    "{\"arguments\":\"\"}],\"cut\":{\"calls\":120,\"raw\":9}}");
	want_whole("{\"seq\":7,\"type\":\"tool_call\",\"args\":{\"path\":"
	    "\"content\",\"old_string\":\"a long text\"}" TAIL);
	want_whole("{\"seq\":7,\"type\":\"evidence\",\"text\":"
	    "\"a long text\"" TAIL);
	who = TRIM_SCREEN;
}

TEST(test_whole)
{
	static const char line[] = "{\"seq\":7,\"type\":\"tool_call\",\"by\":"
	    "\"model\",\"args\":{\"a\":[\"\\\\\\\"\",2]},\"title\":\"t\"" TAIL;
	struct buf b = BUF_INIT(0);
	size_t n;

	/* Whole: lines that are decided about, short texts, and texts of no use
	 * to a screen. */
	want_whole("{\"seq\":7,\"type\":\"proposal\",\"text\":\"a long text\""
	    TAIL);
	want_whole("{\"seq\":7,\"type\":\"plan\",\"args\":\"a long text\"" TAIL);
	want_whole("{\"seq\":7,\"type\":\"user_message\",\"text\":"
	    "\"a long text\"" TAIL);
	want_whole("{\"seq\":7,\"type\":\"tool_result\",\"text\":\"short\"" TAIL);
	want_whole("{\"seq\":7,\"type\":\"tool_result\",\"note\":"
	    "\"a long text\"" TAIL);
	/* A member before `type` belongs to no type yet. */
	want_whole("{\"text\":\"a long text\",\"type\":\"tool_result\"" TAIL);
	want_whole("");
	want_whole("a long text, and no line at all");
	want_whole("{\"seq\":7,\"type\":\"tool_result\",\"text\":"
	    "\"a long text\"}");
	/* A piece of a line is no line. */
	for (n = 0; n + 1 < sizeof(line); n++)
		assert_false(cut(&b, line, n, SMALL + 5) &&
		    memmem(line, n, ",\"prev\":\"", 9) == NULL);
	assert_true(cut(&b, line, n, SMALL + 5));
	buf_release(&b);
}

/* As a client that attaches gets them, with everything left out that can be. */
static size_t
fold_cut(struct fold *f, char *text, const struct fold *whole)
{
	int64_t from = task_usage_whole_from(&whole->facts.usage);
	struct buf b = BUF_INIT(0);
	char *line, *save = NULL;
	size_t cuts = 0;
	cJSON *o;

	for (line = strtok_r(text, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		o = json_parse(line, strlen(line), JSON_NUL_REPLACE, NULL);
		assert_non_null(o);
		if (json_int(o, "seq", 0) < from && json_int(o, "seq", 0) !=
		    whole->output.seq && cut(&b, line, strlen(line), SMALL)) {
			cJSON_Delete(o);
			o = json_parse(b.p, b.len, JSON_NUL_REPLACE, NULL);
			assert_non_null(o);
			/* Nobody takes it for what is in the journal. */
			assert_null(json_get(o, "h"));
			assert_null(json_get(o, "prev"));
			cuts++;
		}
		fold_line(f, o);
		cJSON_Delete(o);
	}
	buf_release(&b);
	return cuts;
}

TEST(test_fold)
{
	size_t i, k, cuts = 0, away = 0;

	for (i = 0; i < MEM_COUNT(fixtures); i++) {
		struct fold *whole = fold_new(), *f = fold_new();
		struct buf in = BUF_INIT(0), a = BUF_INIT(0), b = BUF_INIT(0);
		char *copy;

		fixture_get(fixtures[i], ".jsonl", &in);
		copy = xstrdup(buf_str(&in));
		fold_lines(whole, copy);
		free(copy);
		cuts += fold_cut(f, in.p, whole);
		assert_int_equal(f->items_len, whole->items_len);
		for (k = 0; k < f->items_len; k++) {
			if (!f->items[k].text_dropped)
				continue;
			assert_null(f->items[k].text);
			f->items[k].text = xstrdup_null(whole->items[k].text);
			away++;
		}
		dump(&a, whole);
		dump(&b, f);
		assert_string_equal(buf_str(&b), buf_str(&a));
		assert_int_equal(f->facts.usage.context, whole->facts.usage.context);
		assert_int_equal(f->facts.usage.repeats, whole->facts.usage.repeats);
		assert_int_equal(f->output.text.len, whole->output.text.len);
		assert_int_equal(f->shown_seq, whole->shown_seq);
		fold_free(whole);
		fold_free(f);
		buf_release(&in);
		buf_release(&a);
		buf_release(&b);
	}
	assert_true(cuts > 20);
	assert_true(away > 10);
}
