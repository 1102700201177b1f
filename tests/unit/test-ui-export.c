/* Output and transcript in the pager and the clipboard: all of it, sanitized,
 * at the place that is shown; and never a part that is taken for the whole. */
#include "config.h"

#include "base/json.h"
#include "ui-fix.h"
#include "ui/app/decide.h"
#include "ui/keys/keys.h"
#include "ui/panes/panes.h"

#define HASH "00000000000000000000000000000000000000000000000000000000000000aa"

static void
add(struct fix *f, int seq, const char *type, const char *more)
{
	AUTO_FREE char *s = xasprintf("{\"seq\":%d,\"type\":\"%s\",%s}", seq,
	    type, more);

	fix_line(f, s);
}

/* "line 1\n" to "line n\n". */
static char *
lines(int n, size_t *len)
{
	struct buf b = BUF_INIT(0);
	int i;

	for (i = 1; i <= n; i++)
		buf_addf(&b, "line %d\n", i);
	*len = b.len;
	return buf_take(&b);
}

struct kept { char *text; size_t len, max; int asked; size_t largest; };

static char *
kept(void *arg, const char *sha256, size_t max, size_t *len)
{
	struct kept *k = arg;

	assert_string_equal(sha256, HASH);
	k->asked++;
	k->max = max;
	*len = k->len;
	return xmemdup(k->text, k->len);
}

static char *
piece(void *arg, const char *sha256, int64_t at, size_t n, size_t *len,
    int64_t *size)
{
	struct kept *k = arg;
	size_t rest = k->len - (size_t)at;

	assert_string_equal(sha256, HASH);
	assert_true(at >= 0 && at <= (int64_t)k->len);
	*len = n < rest ? n : rest;
	*size = (int64_t)k->len;
	if (*len > k->largest)
		k->largest = *len;
	return xmemdup(k->text + at, *len);
}

static const char *
line_of(void *arg, int64_t n, size_t *len)
{
	const char *s = n == 2 ?
	    "{\"seq\":2,\"type\":\"tool_call\",\"args\":{\"command\":"
	    "\"ma\\u001bke\"}}" :
	    "{\"seq\":3,\"type\":\"tool_result\",\"out\":{\"sha256\":\"" HASH "\"},"
	    "\"text\":\"short\"}";

	(void)arg;
	*len = strlen(s);
	return s;
}

/* The text that the pager got; the caller frees. */
static char *
paged(struct fix *f, const char *name)
{
	char *s;

	assert_int_equal(f->ui.want_edit, UI_LOOK_TEXT);
	assert_string_equal(f->ui.look.name, name);
	s = xasprintf("%d|%s", f->ui.look.line, f->ui.look.text);
	assert_null(strchr(s, '\x1b'));
	f->ui.want_edit = UI_EDIT_NONE;
	export_clear(&f->ui);
	return s;
}

static void
want_copied(struct fix *f, const char *text)
{
	assert_non_null(f->ui.look.copy);
	assert_int_equal(f->ui.look.copy_len, strlen(text));
	assert_memory_equal(f->ui.look.copy, text, strlen(text));
	export_clear(&f->ui);
}

static void
begin_output(struct fix *f)
{
	fix_init(f, 24, 80);
	fix_live(f);
	fix_type(f, "3");
	fix_draw(f);
}

FIX_TEST(test_output_whole)
{
	struct kept k = { 0 };
	char *s, *more;

	begin_output(f);
	k.text = lines(30000, &k.len);
	f->ui.transcript.source = (struct transcript_source){ NULL, kept, piece,
		&k };
	add(f, 2, "tool_call", "\"name\":\"bash\",\"id\":\"a\","
	    "\"title\":\"make\"");
	fix_stream(f, "output", k.text, k.len);
	fix_draw(f);
	more = xasprintf("\"name\":\"bash\",\"id\":\"a\",\"ok\":true,"
	    "\"text\":\"cut\",\"out\":{\"sha256\":\"" HASH "\","
	    "\"size\":%zu}", k.len);
	add(f, 3, "tool_result", more);
	free(more);
	fix_want_shown(f, "line 30000");
	fix_type(f, ":look-pager\r");
	assert_int_equal(k.asked, 1);
	assert_int_equal(k.max, EXPORT_OUTPUT_MAX);
	s = paged(f, "output.txt");
	/* At the line that is at the top of the pane. */
	assert_true(atol(s) > 29970 && atol(s) < 30000);
	more = xasprintf("line %ld", atol(s));
	fix_want_shown(f, more);
	free(more);
	more = xasprintf("line %ld", atol(s) - 1);
	assert_false(fix_shows(f, more));
	free(more);
	assert_non_null(strstr(s, "|line 1\nline 2\n"));
	assert_non_null(strstr(s, "\nline 30000\n"));
	free(s);
	/* Too long for the clipboard: what is seen, and that is said. */
	fix_see(f, "O", "copied the visible part");
	assert_true(f->ui.look.copy_len < 400);
	assert_string_equal(f->ui.look.copy + f->ui.look.copy_len - 11,
	    "line 30000\n");
	fix_release(f);
	free(k.text);
}

/* A command has printed these lines, and has ended. */
static void
begin_long(struct fix *f, struct kept *k)
{
	AUTO_FREE char *more = NULL;

	begin_output(f);
	f->ui.transcript.source = (struct transcript_source){ NULL, kept,
		piece, k };
	add(f, 2, "tool_call", "\"name\":\"bash\",\"id\":\"a\","
	    "\"title\":\"make\"");
	fix_stream(f, "output", k->text, k->len);
	more = xasprintf("\"name\":\"bash\",\"id\":\"a\",\"ok\":true,"
	    "\"text\":\"cut\",\"out\":{\"sha256\":\"" HASH "\","
	    "\"size\":%zu}", k->len);
	add(f, 3, "tool_result", more);
	fix_draw(f);
}

/* All that was printed is searched, in both directions and around the ends. */
FIX_TEST(test_output_search)
{
	struct kept k = { 0 };

	k.text = lines(400000, &k.len);
	/* Overwritten: not to be seen, so not found. */
	memcpy(strstr(k.text, "line 70\n"), "hid\rx7 ", 7);
	begin_long(f, &k);
	fix_type(f, "/line 399999\r");
	fix_searched(f);
	fix_want_shown(f, "line 399999");
	fix_type(f, "/line 77.\r");
	assert_true(fix_searched(f) > 2);
	fix_want_shown(f, "not found: line 77.");
	fix_want_shown(f, "line 399999");
	fix_type(f, "/line 77\r");
	fix_searched(f);
	fix_want_shown(f, "line 77");
	assert_false(fix_shows(f, "line 76"));
	assert_true(fix_shows(f, "line 78"));
	assert_int_equal(f->ui.panes[PANE_OUTPUT].top,
	    f->ui.panes[PANE_OUTPUT].found_item);
	fix_type(f, "n");
	fix_searched(f);
	assert_false(fix_shows(f, "line 77\n"));
	fix_want_shown(f, "line 770");
	fix_type(f, "n");
	fix_searched(f);
	fix_want_shown(f, "line 771");
	assert_false(fix_shows(f, "line 770"));
	/* Back, and over the beginning to the end. */
	fix_type(f, "NN");
	fix_searched(f);
	fix_want_shown(f, "line 78");
	fix_type(f, "N");
	fix_searched(f);
	fix_want_shown(f, "line 77999");
	fix_type(f, "/hid\r");
	fix_searched(f);
	fix_want_shown(f, "not found: hid");
	assert_true(k.largest < (size_t)2 << 20);
	/* A key gives it up. */
	fix_type(f, "/no such line\r");
	assert_true(f->ui.search.runs);
	fix_type(f, "k");
	assert_false(f->ui.search.runs);
	assert_int_equal(state_deadline(&f->ui), -1);
	fix_release(f);
	free(k.text);
}

static void
add_output_at(struct fix *f, size_t at, const char *p, size_t n)
{
	cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *s = NULL;

	json_add_str(o, "type", "delta");
	json_add_str(o, "kind", "output");
	json_add_int(o, "at", (int64_t)at);
	json_add_bytes(o, "text", p, n);
	s = json_print(o);
	fix_line(f, s);
	cJSON_Delete(o);
}

/* Of a flood not all is sent, and what was not is no part of the end. */
FIX_TEST(test_output_flood)
{
	struct kept k = { 0 };
	size_t half;
	AUTO_FREE char *s = NULL;

	begin_output(f);
	f->ui.transcript.source = (struct transcript_source){ NULL, kept, piece,
		&k };
	k.text = lines(30000, &k.len);
	half = (size_t)(strstr(k.text, "line 20000\n") - k.text);
	add(f, 2, "tool_call", "\"name\":\"bash\",\"id\":\"a\","
	    "\"title\":\"make\"");
	add_output_at(f, 0, k.text, 70);
	add_output_at(f, half - 70, k.text + half - 70, 40);
	/* Nothing is there twice. */
	add_output_at(f, half - 50, k.text + half - 50, 20);
	add_output_at(f, half - 50, k.text + half - 50, 10);
	add_output_at(f, half - 50, k.text + half - 50, 50);
	assert_int_equal(f->ui.fold->output.text.len, 70);
	fix_draw(f);
	s = xasprintf("(%zu bytes before this)", half - 70);
	fix_want_shown(f, s);
	fix_want_shown(f, "line 19999");
	free(k.text);
}

static void
begin_transcript(struct fix *f)
{
	fix_init(f, 24, 80);
	fix_live(f);
	add(f, 1, "user_message", "\"by\":\"user\",\"text\":\"do\\u001b it\"");
	add(f, 2, "tool_call", "\"name\":\"bash\",\"id\":\"a\","
	    "\"title\":\"make\"");
	add(f, 3, "tool_result", "\"name\":\"bash\",\"id\":\"a\",\"ok\":true,"
	    "\"text\":\"short\\n> fake\"");
	add(f, 4, "assistant_message", "\"text\":\"It is **done**.\\n"
	    "+ fake\"");
	fix_draw(f);
}

FIX_TEST(test_transcript)
{
	AUTO_FREE char *s = NULL;

	begin_transcript(f);
	fix_type(f, ":look-pager\r");
	s = paged(f, "transcript.txt");
	assert_string_equal(s, "1|> \n  do^[ it\n\n* make\n  | short\n"
	    "  | > fake\n\n  \n  It is **done**.\n  + fake\n\n");
	/* Without a choice it is what the model said last. */
	fix_see(f, "O", "copied the last answer");
	want_copied(f, "It is **done**.\n+ fake");
}

FIX_TEST(test_transcript_entry)
{
	struct kept k = { 0 };
	AUTO_FREE char *s = NULL;

	begin_transcript(f);
	k.text = lines(3, &k.len);
	f->ui.transcript.source = (struct transcript_source){ line_of, kept,
		piece, &k };
	fix_type(f, "KK");
	fix_type(f, ":look-pager\r");
	s = paged(f, "entry.txt");
	assert_string_equal(s, "1|* make\n  : command: ma^[ke\n"
	    "  | line 1\n  | line 2\n  | line 3\n\n");
	assert_int_equal(k.max, EXPORT_OUTPUT_MAX);
	fix_see(f, "O", "copied the command (again: its output)");
	want_copied(f, "ma^[ke");
	fix_see(f, "O", "copied its output: 3 lines");
	want_copied(f, "line 1\nline 2\nline 3\n");
	/* The message is copied as it was typed, but for control characters. */
	fix_type(f, "K");
	fix_see(f, "O", "copied the message");
	want_copied(f, "do^[ it");
	/* One that waits for permission; nothing is answered. */
	fix_line(f, "{'seq':9,'type':'ask','id':'q1','command':'rm -r x\\nmake',"
	    "'why':'no sandbox'}");
	fix_review(f);
	fix_see(f, "O", "copied the command: 2 lines");
	want_copied(f, "rm -r x\nmake");
	assert_int_equal(fix_count(f, "'type':'answer'"), 0);
	fix_release(f);
	free(k.text);
}
