/*
 * The screen without a terminal: journal lines and keys in, a grid and commands
 * out.  Above all: what must not decide, does not.
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
#include "base/sanitize.h"
#include "base/utf8.h"
#include "ui/editor.h"
#include "ui/keys.h"
#include "ui/state.h"

struct fix {
	struct ui	 ui;
	struct keys	*keys;
	struct buf	 sent;		/* commands, one a line */
};

static void
fix_send(void *arg, cJSON *take)
{
	struct fix *f = arg;
	char *s = json_print(take);

	buf_addf(&f->sent, "%s\n", s);
	free(s);
	cJSON_Delete(take);
}

static void
fix_key(void *arg, const struct key_event *ev)
{
	struct fix *f = arg;

	ui_key(&f->ui, ev);
}

static void
fix_init(struct fix *f, int rows, int cols)
{
	memset(f, 0, sizeof(*f));
	buf_init(&f->sent, 0);
	ui_init(&f->ui, fix_send, f);
	f->keys = keys_new(fix_key, f);
	f->ui.now = 100000;
	screen_resize(&f->ui.screen, rows, cols);
}

static void
fix_release(struct fix *f)
{
	keys_free(f->keys);
	ui_release(&f->ui);
	buf_release(&f->sent);
}

static void
fix_line(struct fix *f, const char *text)
{
	struct err e = ERR_INIT;
	cJSON *o = json_parse(text, strlen(text), JSON_NUL_REPLACE, &e);

	if (o == NULL)
		fail_msg("%s: %s", text, e.text);
	ui_line(&f->ui, o);
	cJSON_Delete(o);
}

/* The first `max` lines of a fixture; how many there were. */
static int
fix_load(struct fix *f, const char *name, int from, int max)
{
	const char *src = getenv("srcdir");
	char *path = xasprintf("%s/tests/fixtures/journal/%s",
	    src == NULL ? ".." : src, name), *line = NULL;
	FILE *file = fopen(path, "r");
	size_t cap = 0;
	ssize_t n;
	int i = 0;

	if (file == NULL)
		fail_msg("cannot open %s", path);
	for (; i < max && (n = getline(&line, &cap, file)) > 0; i++) {
		line[n - 1] = '\0';
		if (i >= from)
			fix_line(f, line);
	}
	free(line);
	fclose(file);
	free(path);
	return i;
}

static bool
fix_draw(struct fix *f)
{
	bool fresh;

	ui_draw(&f->ui);
	fresh = ui_written(&f->ui);
	if (fresh) {	/* the keys that are alive now */
		ui_draw(&f->ui);
		assert_false(ui_written(&f->ui));
	}
	return fresh;
}

/* Keys of a person: each some time after the last one, with a frame after
 * it. */
static void
fix_type(struct fix *f, const char *keys)
{
	for (; *keys != '\0'; keys++) {
		f->ui.now += 2000;
		keys_feed(f->keys, keys, 1, f->ui.now);
		fix_draw(f);
	}
}

static bool
fix_shows(const struct fix *f, const char *text)
{
	struct buf b = BUF_INIT(0);
	int y;
	bool found = false;

	for (y = 0; y < f->ui.screen.rows && !found; y++) {
		buf_clear(&b);
		screen_row(&f->ui.screen, y, &b);
		found = strstr(buf_str(&b), text) != NULL;
	}
	buf_release(&b);
	return found;
}

static void
fix_want_shown(const struct fix *f, const char *text)
{
	struct buf b = BUF_INIT(0);
	int y;

	if (fix_shows(f, text))
		return;
	for (y = 0; y < f->ui.screen.rows; y++) {
		buf_addf(&b, "# ");
		screen_row(&f->ui.screen, y, &b);
		buf_addc(&b, '\n');
	}
	fail_msg("not on the screen: %s\n%s", text, buf_str(&b));
}

static int
fix_count(const struct fix *f, const char *text)
{
	const char *p = buf_str(&f->sent);
	int n = 0;

	while ((p = strstr(p, text)) != NULL) {
		n++;
		p++;
	}
	return n;
}

/* A proposal of one file with n hunks of `lines` added lines. */
static void
fix_propose(struct fix *f, int64_t seq, int version, int n, int lines,
    const char *line)
{
	cJSON *o = cJSON_CreateObject(), *files = cJSON_CreateArray();
	cJSON *file = cJSON_CreateObject(), *hunks = cJSON_CreateArray();
	struct buf b = BUF_INIT(0);
	char id[20], *s;
	int i, j;

	json_add_int(o, "seq", seq);
	json_add_str(o, "type", "proposal");
	json_add_str(o, "by", "core");
	json_add_int(o, "proposal", version == 1 ? 0 : 50);
	json_add_int(o, "version", version);
	json_add_bool(o, "final", true);
	json_add_str(file, "path", "a.c");
	json_add_str(file, "status", "modified");
	for (i = 0; i < n; i++) {
		cJSON *h = cJSON_CreateObject();

		snprintf(id, sizeof(id), "%016x", i + 1);
		json_add_str(h, "id", id);
		json_add_int(h, "old_start", i * 100 + 1);
		json_add_int(h, "old_lines", 0);
		json_add_int(h, "new_start", i * 100 + 1);
		json_add_int(h, "new_lines", lines);
		buf_clear(&b);
		for (j = 0; j < lines; j++)
			buf_addf(&b, "+%s %d.%d\n", line, i, j);
		json_add_str(h, "text", buf_str(&b));
		cJSON_AddItemToArray(hunks, h);
	}
	json_set_take(file, "hunks", hunks);
	cJSON_AddItemToArray(files, file);
	json_set_take(o, "files", files);
	s = json_print(o);
	fix_line(f, s);
	free(s);
	cJSON_Delete(o);
	buf_release(&b);
}

static void
fix_live(struct fix *f)
{
	fix_line(f, "{\"type\":\"live\"}");
}

static void
test_panes(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_load(&f, "demo.jsonl", 0, 13);
	fix_live(&f);
	fix_draw(&f);
	fix_want_shown(&f, "Commas inside quotes belong to the field");
	fix_want_shown(&f, "y approve");
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"action\":\"approve\""), 1);
	assert_int_equal(fix_count(&f, "\"seen\":true"), 1);
	f.ui.now += 5000;
	fix_load(&f, "demo.jsonl", 13, 33);
	fix_draw(&f);
	fix_want_shown(&f, "evidence: make check: passed, \"3 passed\"");
	fix_want_shown(&f, "model says: parse_next looked");
	fix_want_shown(&f, "[JUDGES ITSELF");
	fix_want_shown(&f, "0/7 hunks");
	fix_type(&f, "2");
	fix_want_shown(&f, "[2 transcript]");
	fix_want_shown(&f, "# evidence: `make check` exit 0");
	fix_type(&f, "3");
	fix_want_shown(&f, "[3 output]");
	fix_type(&f, "1");
	fix_want_shown(&f, "[x] 1. Teach parse_next");
	fix_type(&f, "?");
	fix_want_shown(&f, "take this hunk");
	fix_type(&f, "4");
	fix_type(&f, "4z");
	assert_false(fix_shows(&f, "plan v1"));
	f.ui.now += 5000;
	fix_load(&f, "demo.jsonl", 33, 100);
	fix_draw(&f);
	fix_want_shown(&f, "[2 transcript]");
	fix_want_shown(&f, "Quotes keep their commas.");
	fix_release(&f);
}

static void
test_marks(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_propose(&f, 50, 1, 3, 4, "x");
	fix_live(&f);
	/* Not yet drawn: nothing can be decided. */
	f.ui.now += 5000;
	keys_feed(f.keys, "yaAxn", 5, f.ui.now);
	assert_string_equal(buf_str(&f.sent), "");
	/* The frame makes it possible; typed-ahead is to be thrown away. */
	assert_true(fix_draw(&f));
	assert_false(fix_draw(&f));
	fix_type(&f, "y");
	assert_string_equal(buf_str(&f.sent), "{\"type\":\"mark\","
	    "\"proposal\":50,\"version\":1,\"hunk\":\"0000000000000001\","
	    "\"mark\":\"yes\",\"seen\":true}\n");
	fix_want_shown(&f, "[y]");
	fix_want_shown(&f, "1/3 hunks");
	/* On to the next one. */
	fix_type(&f, "n");
	assert_int_equal(fix_count(&f, "\"hunk\":\"0000000000000002\","
	    "\"mark\":\"no\""), 1);
	fix_type(&f, "Kr");
	fix_type(&f, "why\r");
	assert_int_equal(fix_count(&f, "\"hunk\":\"0000000000000002\","
	    "\"mark\":\"no\",\"seen\":true,\"word\":\"why\""), 1);
	fix_type(&f, "KKu");
	assert_int_equal(fix_count(&f, "\"mark\":\"none\""), 1);
	fix_type(&f, "x");
	assert_int_equal(fix_count(&f, "\"type\":\"decide\""), 1);
	assert_int_equal(fix_count(&f, "\"all\""), 0);
	fix_release(&f);
}

static void
test_unseen(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_propose(&f, 50, 1, 2, 40, "x");
	fix_live(&f);
	fix_draw(&f);
	/* Not seen in full: a second key. */
	fix_type(&f, "y");
	fix_want_shown(&f, "take 1 hunk, of which 1 with 2");
	assert_string_equal(buf_str(&f.sent), "");
	/* The same key again is no second key. */
	fix_type(&f, "y");
	fix_want_shown(&f, "not done");
	fix_type(&f, "y\r");
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "yY");
	assert_int_equal(fix_count(&f, "0001\",\"mark\":\"yes\","
	    "\"seen\":false"), 1);
	/* A refusal asks nothing. */
	fix_type(&f, "n");
	assert_int_equal(fix_count(&f, "0002\",\"mark\":\"no\","
	    "\"seen\":false"), 1);
	/* Read it all: no second key. */
	fix_type(&f, "g      Gg");
	fix_want_shown(&f, "2/2 hunks · 1 refused");
	assert_false(fix_shows(&f, "unseen"));
	fix_type(&f, "Jy");
	assert_int_equal(fix_count(&f, "0001\",\"mark\":\"yes\","
	    "\"seen\":true"), 1);
	fix_release(&f);
}

static void
test_all(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_propose(&f, 50, 1, 3, 2, "x");
	fix_live(&f);
	fix_draw(&f);
	/* Always asked, though all of it was seen. */
	fix_type(&f, "A");
	fix_want_shown(&f, "take all 3 hunks");
	assert_string_equal(buf_str(&f.sent), "");
	/* The question goes when the proposal does. */
	fix_line(&f, "{\"seq\":60,\"type\":\"proposal\",\"proposal\":50,"
	    "\"version\":2,\"files\":[]}");
	fix_type(&f, "Y");
	assert_string_equal(buf_str(&f.sent), "");
	fix_propose(&f, 61, 1, 3, 2, "x");
	f.ui.now += 2000;
	fix_type(&f, "4AY");
	assert_int_equal(fix_count(&f, "\"mark\":\"yes\",\"seen\":true"), 3);
	fix_release(&f);
}

static void
test_two_keys_one_read(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_propose(&f, 50, 1, 4, 3, "x");
	fix_live(&f);
	fix_draw(&f);
	f.ui.now += 2000;
	/* The next hunk was on the screen, but not under the cursor. */
	keys_feed(f.keys, "yyyy", 4, f.ui.now);
	assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 1);
	fix_draw(&f);
	f.ui.now += 100;
	keys_feed(f.keys, "Jnn", 3, f.ui.now);
	assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 1);
	fix_release(&f);
}

/* What was typed before the question moves and writes, and decides nothing. */
static void
test_typed_ahead(void **state)
{
	static const char old[] = "yaAxnY";
	struct fix f;
	size_t i;

	(void)state;
	fix_init(&f, 24, 80);
	fix_propose(&f, 50, 1, 3, 4, "x");
	fix_live(&f);
	ui_draw(&f.ui);
	assert_false(fix_shows(&f, "y yes"));
	assert_true(ui_written(&f.ui));
	for (i = 0; i < sizeof(old) - 1; i++) {
		struct key_event ev = { (uint32_t)old[i], NULL, 0 };

		ui_key_old(&f.ui, &ev);
	}
	assert_string_equal(buf_str(&f.sent), "");
	ui_draw(&f.ui);
	assert_true(fix_shows(&f, "y yes"));
	assert_false(ui_written(&f.ui));
	/* A question that came up meanwhile stays unanswered. */
	fix_type(&f, "A");
	for (i = 0; i < sizeof(old) - 1; i++) {
		struct key_event ev = { (uint32_t)old[i], NULL, 0 };

		ui_key_old(&f.ui, &ev);
	}
	assert_string_equal(buf_str(&f.sent), "");
	fix_want_shown(&f, "take all 3 hunks");
	fix_release(&f);
}

static void
test_changed_text(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_propose(&f, 50, 1, 1, 3, "x");
	fix_live(&f);
	fix_draw(&f);
	/* Same id of another length: not what was seen. */
	fix_propose(&f, 51, 2, 1, 4, "x");
	f.ui.now += 2000;
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_int_equal(fix_count(&f, "\"seen\":true"), 0);
	fix_release(&f);
}

static void
test_focus(void **state)
{
	struct fix f;

	(void)state;
	/* An input that holds text keeps the focus. */
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_draw(&f);
	fix_type(&f, "ihello");
	f.ui.now += 60000;
	fix_propose(&f, 50, 1, 2, 2, "x");
	fix_draw(&f);
	fix_want_shown(&f, "proposal waits · Tab");
	fix_type(&f, "yay");
	assert_string_equal(buf_str(&f.sent), "");
	fix_want_shown(&f, "> helloyay");
	fix_type(&f, "\t");
	fix_want_shown(&f, "[4 diff]");
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"mark\":\"yes\""), 1);
	fix_release(&f);
	/* So does one that got a key within the last second. */
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_type(&f, "ia\177");
	f.ui.now += 500;
	fix_propose(&f, 50, 1, 2, 2, "x");
	fix_draw(&f);
	fix_want_shown(&f, "proposal waits · Tab");
	assert_int_equal(ui_deadline(&f.ui), f.ui.last_key + UI_QUIET_MS);
	/* Until the second is over. */
	f.ui.now = f.ui.last_key + UI_QUIET_MS;
	assert_true(ui_tick(&f.ui));
	assert_true(fix_draw(&f));
	fix_want_shown(&f, "[4 diff]");
	assert_int_equal(ui_deadline(&f.ui), -1);
	fix_release(&f);
	/* Who went elsewhere is not fetched. */
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_type(&f, "3");
	fix_propose(&f, 50, 1, 2, 2, "x");
	fix_type(&f, "2");
	assert_int_equal(ui_deadline(&f.ui), -1);
	f.ui.now += 60000;
	assert_false(ui_tick(&f.ui));
	fix_draw(&f);
	fix_want_shown(&f, "proposal waits · Tab");
	fix_release(&f);
	/* An idle one does not. */
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_type(&f, "i");
	f.ui.now += 5000;
	fix_propose(&f, 50, 1, 2, 2, "x");
	assert_true(fix_draw(&f));
	fix_want_shown(&f, "[4 diff]");
	fix_release(&f);
}

static void
test_paste(void **state)
{
	static const char paste[] = "\033[200~yyA\rY\nx\033[201~y\r";
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_propose(&f, 50, 1, 2, 2, "x");
	fix_live(&f);
	fix_draw(&f);
	f.ui.now += 5000;
	keys_feed(f.keys, paste, sizeof(paste) - 1, f.ui.now);
	fix_draw(&f);
	assert_string_equal(buf_str(&f.sent), "");
	fix_want_shown(&f, "> yyA");
	fix_type(&f, "!\r");
	assert_string_equal(buf_str(&f.sent), "{\"type\":\"say\",\"text\":"
	    "\"yyA\\nY\\nxy\\n!\"}\n");
	fix_release(&f);
}

static void
test_plan_rules(void **state)
{
	struct fix f;

	(void)state;
	/* Too small for the whole plan: a second key. */
	fix_init(&f, 9, 60);
	fix_load(&f, "demo.jsonl", 0, 13);
	fix_live(&f);
	f.ui.now += 5000;
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_string_equal(buf_str(&f.sent), "");
	f.ui.now += 5000;
	fix_draw(&f);
	fix_type(&f, "1y");
	fix_want_shown(&f, "approve this plan, of which you have not seen");
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "n   y");
	assert_int_equal(fix_count(&f, "\"action\":\"approve\""), 1);
	assert_int_equal(fix_count(&f, "\"seen\":true"), 1);
	fix_type(&f, "rmore tests\r");
	assert_int_equal(fix_count(&f, "\"action\":\"return\",\"word\":"
	    "\"more tests\""), 1);
	fix_type(&f, "e");
	assert_true(f.ui.want_edit);
	fix_release(&f);
}

static void
test_ask_and_pause(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_line(&f, "{\"seq\":5,\"type\":\"ask\",\"id\":\"q1\",\"command\":"
	    "\"rm -rf build\\nmake\",\"why\":\"no cage\"}");
	f.ui.now += 5000;
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_string_equal(buf_str(&f.sent), "");
	f.ui.now += 5000;
	fix_draw(&f);
	fix_want_shown(&f, "  rm -rf build");
	fix_type(&f, "j");
	fix_want_shown(&f, "y allow");
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"id\":\"q1\",\"allow\":true,"
	    "\"seen\":true"), 1);
	fix_line(&f, "{\"seq\":6,\"type\":\"answer\",\"id\":\"q1\","
	    "\"allow\":true}");
	fix_draw(&f);
	fix_want_shown(&f, "[2 transcript]");
	f.ui.now += 5000;
	fix_line(&f, "{\"seq\":7,\"type\":\"budget\",\"what\":\"turns\","
	    "\"used\":30,\"limit\":30}");
	assert_true(fix_draw(&f));
	fix_want_shown(&f, "The limit on turns is reached: 30 of 30.");
	fix_type(&f, "w");
	assert_int_equal(fix_count(&f, "\"action\":\"wrap\""), 1);
	fix_release(&f);
}

static void
test_wrap(void **state)
{
	/* clang-format off */
	static const struct {
		const char *label, *in;
		int width;
		bool words, tail;
		const char *want;
	} cases[] = {
		{ "empty", "", 5, true, false, "" },
		{ "fits", "abcde", 5, false, false, "abcde" },
		{ "cut", "abcdef", 5, false, false, "abcde\\|f" },
		{ "words", "one two three", 8, true, false,
		    "one two \\|three" },
		{ "a word too long", "abcdefgh ij", 5, true, false,
		    "abcde\\|fgh \\|ij" },
		{ "lines", "a\nb\n", 5, false, false, "a|b" },
		{ "lines and a last one", "a\nb\n", 5, false, true, "a|b|" },
		{ "blank line", "a\n\nb", 5, true, false, "a||b" },
		{ "exact then newline", "abcde\nf", 5, false, false,
		    "abcde|f" },
		{ "blank at the edge", "abcde fg", 5, true, false,
		    "abcde\\|fg" },
		{ "blank at the edge of the line", "abcde \nfg", 5, true,
		    false, "abcde|fg" },
		{ "wide", "\xe6\xbc\xa2\xe6\xbc\xa2", 3, false, false,
		    "\xe6\xbc\xa2\\|\xe6\xbc\xa2" },
		{ "too narrow", "ab", 0, false, false, "a\\|b" },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct wrap w = { .p = cases[i].in, .n = strlen(cases[i].in),
			.width = cases[i].width, .words = cases[i].words,
			.tail = cases[i].tail };
		struct wrap_row r;
		struct buf b = BUF_INIT(0);
		bool first = true;

		while (wrap_next(&w, &r)) {
			buf_addf(&b, "%s%.*s%s", first ? "" : "|", (int)r.len,
			    w.p + r.start, r.more ? "\\" : "");
			first = false;
		}
		if (strcmp(buf_str(&b), cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].label, buf_str(&b));
		buf_release(&b);
	}
}

static void
test_long_lines(void **state)
{
	struct fix f;
	char *line = xmalloc(3001);

	(void)state;
	memset(line, 'x', 3000);
	line[3000] = '\0';
	fix_init(&f, 24, 80);
	fix_propose(&f, 50, 1, 1, 1, line);
	fix_live(&f);
	fix_draw(&f);
	fix_want_shown(&f, "xx\\");
	fix_type(&f, "y");
	fix_want_shown(&f, "1 line you have not seen");
	fix_type(&f, "n  G");
	assert_false(fix_shows(&f, "unseen"));
	/* Wrapped in another way it is still seen. */
	screen_resize(&f.ui.screen, 12, 40);
	fix_draw(&f);
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"mark\":\"yes\",\"seen\":true"), 1);
	fix_release(&f);
	free(line);
}

static void
test_input(void **state)
{
	/* clang-format off */
	static const struct {
		const char *label, *keys, *want;
	} cases[] = {
		{ "typed", "ab", "ab" },
		{ "newlines", "a\033\rb\nc", "a\nb\nc" },
		{ "home, end", "bc\001a\005d", "abcd" },
		{ "kill to the end", "abc\002\002\013", "a" },
		{ "kill to the start", "abc\002\025", "c" },
		{ "kill a word", "one two \027", "one " },
		{ "backspace over a wide one", "a\xe6\xbc\xa2\177", "a" },
		{ "backspace over a combined one", "ae\xcc\x81\177", "a" },
		{ "up", "ab\ncd\033[Ax", "abx\ncd" },
		{ "down", "ab\ncd\033[A\001\033[Bx", "ab\nxcd" },
		{ "delete joins lines", "a\nb\033[A\004", "ab" },
	};
	/* clang-format on */
	struct fix f;
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		fix_init(&f, 24, 80);
		f.ui.typing = true;
		keys_feed(f.keys, cases[i].keys, strlen(cases[i].keys),
		    f.ui.now);
		fix_draw(&f);
		if (strcmp(buf_str(&f.ui.input.text), cases[i].want) != 0)
			fail_msg("%s: \"%s\"", cases[i].label,
			    buf_str(&f.ui.input.text));
		assert_true(f.ui.screen.cursor_y >= 0);
		fix_release(&f);
	}
}

/* The row of the cursor is in view, wherever it stands. */
static void
test_input_rows(void **state)
{
	struct fix f;
	struct buf b = BUF_INIT(0);
	int i;

	(void)state;
	fix_init(&f, 24, 80);
	f.ui.typing = true;
	for (i = 0; i < 20000; i++)
		buf_addf(&b, "line %d, long enough to be broken into two rows "
		    "of a screen that has eighty cells a row\n", i);
	buf_adds(&b, "last");
	input_insert(&f.ui.input, b.p, b.len);
	fix_draw(&f);
	fix_want_shown(&f, "last");
	assert_int_equal(f.ui.screen.cursor_x, 2 + 4);
	keys_feed(f.keys, "\033[A", 3, f.ui.now);
	fix_draw(&f);
	fix_want_shown(&f, "line 19999");
	f.ui.input.cursor = 0;
	fix_draw(&f);
	fix_want_shown(&f, "> line 0");
	assert_int_equal(f.ui.screen.cursor_x, 2);
	/* A full row: the cursor stands behind its last character. */
	input_set(&f.ui.input, "");
	for (i = 0; i < 77; i++)
		fix_type(&f, "x");
	assert_int_equal(f.ui.screen.cursor_x, 79);
	assert_int_equal(f.ui.screen.cursor_y, 23);
	buf_release(&b);
	fix_release(&f);
}

static void
fix_check_cells(const struct fix *f, const char *label)
{
	uint32_t cp;
	size_t i, used;
	int y, x;

	for (y = 0; y < f->ui.screen.rows; y++)
		for (x = 0; x < f->ui.screen.cols; x++) {
			const struct cell *c = screen_cell(&f->ui.screen, y,
			    x);

			for (i = 0; i < strlen(c->text); i += used) {
				used = utf8_next(c->text + i,
				    strlen(c->text) - i, &cp);
				if (used == 0 || (i == 0 &&
				    !sanitize_is_plain(cp,
				    f->ui.screen.flags)))
					fail_msg("%s: U+%04X at %d,%d",
					    label, cp, y, x);
			}
		}
}

/* Every state of every fixture at every odd size: no crash, no byte that could
 * move the cursor. */
static void
test_sizes(void **state)
{
	static const char *const names[] = { "demo.jsonl", "hostile.jsonl",
		"open.jsonl", "stops.jsonl" };
	static const struct { int rows, cols; } sizes[] = {
		{ 1, 1 }, { 2, 3 }, { 3, 10 }, { 5, 7 }, { 12, 40 },
		{ 24, 80 }, { 50, 200 },
	};
	struct fix f;
	size_t i, j;
	int line, n;
	const char *p;

	(void)state;
	for (i = 0; i < MEM_COUNT(names); i++) {
		fix_init(&f, 24, 80);
		n = fix_load(&f, names[i], 0, 1000);
		fix_release(&f);
		fix_init(&f, 24, 80);
		fix_live(&f);
		for (line = 0; line < n; line++) {
			fix_load(&f, names[i], line, line + 1);
			f.ui.screen.flags = line % 2 == 0 ? 0 : SANITIZE_ASCII;
			for (j = 0; j < MEM_COUNT(sizes); j++) {
				screen_resize(&f.ui.screen, sizes[j].rows,
				    sizes[j].cols);
				for (p = "14Jj3?q2"; *p != '\0'; p++) {
					f.ui.now += 2000;
					keys_feed(f.keys, p, 1, f.ui.now);
					fix_draw(&f);
					fix_check_cells(&f, names[i]);
				}
			}
		}
		fix_release(&f);
	}
}

/* Random keys, without those that say yes: nothing says yes. */
static void
test_random(void **state)
{
	static const char *const keys[] = { "j", "k", "J", "K", "\033[A",
		"\033[B", "\033", "[", "O", "\t", "1", "2", "3", "4", "z",
		"?", "i", "\r", "\033[200~yA\r\033[201~", " ", "b", "g", "G",
		"q", "c", "n", "d", "r", "u", "x", "\177", "\001", "Y",
		"\033[1;5A", "\033OA" };
	struct fix f;
	unsigned seed = 12345;
	int i, rows, cols;

	(void)state;
	fix_init(&f, 24, 80);
	fix_load(&f, "open.jsonl", 0, 1000);
	fix_live(&f);
	for (i = 0; i < 20000; i++) {
		const char *k;

		seed = seed * 1103515245 + 12345;
		k = keys[(seed >> 16) % MEM_COUNT(keys)];
		f.ui.now += (seed >> 8) % 3 * 700;
		keys_feed(f.keys, k, strlen(k), f.ui.now);
		keys_tick(f.keys, f.ui.now + 1);
		if ((seed >> 12) % 64 == 0) {
			rows = (int)((seed >> 20) % 60);
			cols = (int)((seed >> 14) % 120);
			screen_resize(&f.ui.screen, rows, cols);
		}
		if ((seed >> 10) % 4 != 0)
			fix_draw(&f);
		f.ui.want = UI_WANT_NONE;
	}
	assert_int_equal(fix_count(&f, "\"mark\":\"yes\""), 0);
	assert_int_equal(fix_count(&f, "\"approve\""), 0);
	fix_release(&f);
}

static void
test_editor_text(void **state)
{
	struct err e = ERR_INIT;
	static const char in[] = "{\"goal\":\"a\\u202eb\\u009b"
	    "\\ud83d\\ude00\\udb40\\udc41\\u001b\"}";
	cJSON *o = json_parse(in, strlen(in), JSON_NUL_REFUSE, &e), *back;
	char *text;

	(void)state;
	assert_non_null(o);
	text = editor_text(o);
	assert_non_null(strstr(text, "a\\u202eb\\u009b\xf0\x9f\x98\x80"
	    "\\udb40\\udc41\\u001b"));
	back = json_parse(text, strlen(text), JSON_NUL_REFUSE, &e);
	assert_non_null(back);
	assert_true(cJSON_Compare(o, back, true));
	cJSON_Delete(o);
	cJSON_Delete(back);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_input_rows),
		cmocka_unit_test(test_panes),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_two_keys_one_read),
		cmocka_unit_test(test_typed_ahead),
		cmocka_unit_test(test_changed_text),
		cmocka_unit_test(test_focus),
		cmocka_unit_test(test_paste),
		cmocka_unit_test(test_plan_rules),
		cmocka_unit_test(test_ask_and_pause),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_editor_text),
	};

	return cmocka_run_group_tests_name("ui", tests, NULL, NULL);
}
