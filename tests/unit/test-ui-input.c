/* Typing: the keys of the editor, pastes and attachments. */
#include "config.h"

#include "ui-fix.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "front/slash-command.h"
#include "scratch.h"
#include "ui/keys/keys.h"
#include "ui/panes/composer.h"
#include "ui/panes/transcript.h"
#include "ui/text/input.h"

static void
want_text(struct fix *f, const char *want, const char *label)
{
	const struct input *in = &f->ui.input;
	struct buf b = BUF_INIT(0);

	buf_add(&b, in->text.p, in->cursor);
	buf_addc(&b, '|');
	buf_add(&b, buf_str(&in->text) + in->cursor,
	    in->text.len - in->cursor);
	if (strcmp(buf_str(&b), want) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", label, buf_str(&b), want);
	buf_release(&b);
}

static void
press(struct fix *f, const char *keys)
{
	f->ui.now += 2000;
	for (; *keys != '\0'; keys++)
		keys_feed(f->keys, keys, 1, f->ui.now);
}

/* Ctrl-C clears a text first, and only then interrupts. */
FIX_TEST(test_clear)
{
	fix_init(f, 24, 80);
	fix_line(f, "{'type':'status','state':'model'}");
	fix_live(f);
	press(f, "i");
	fix_want_shown(f, "C-c interrupt");
	press(f, "one\012two");
	fix_want_shown(f, "C-c clear");
	press(f, "\003");
	fix_draw(f);
	want_text(f, "|", "cleared");
	fix_want_shown(f, "text cleared · Up brings it back");
	assert_string_equal(buf_str(&f->sent), "");
	press(f, "\033[A");
	want_text(f, "one\ntwo|", "brought back");
	press(f, "\003\037");
	want_text(f, "one\ntwo|", "undone");
	/* An unsent text that lies there doesn't count as typing. */
	press(f, "\033");
	keys_tick(f->keys, f->ui.now += 2000);
	press(f, "\003");
	assert_int_equal(fix_count(f, "'interrupt'"), 0);
	fix_want_shown(f, "again: interrupts, draft kept");
	press(f, "\003");
	assert_int_equal(fix_count(f, "'interrupt'"), 1);
	/* Keys stay keys. */
	want_text(f, "one\ntwo|", "kept");
	assert_false(f->ui.typing);
	press(f, "i\003\003");
	assert_true(f->ui.typing);
	assert_int_equal(fix_count(f, "'interrupt'"), 2);
}

/* A message typed where keys act, in the help or at the question how to leave
 * marks at most, and with an unmeant letter it is a message: slowly and in one
 * read, with an Enter or two. */
FIX_TEST(test_words_among_keys)
{
	static const char *const words[] = { "yes but wait", "Add a test", "any",
		"exit", "unquote it", "no yes" };
	const char *p;
	size_t i;
	int ms, enter;

	for (i = 0; i < 6 * MEM_COUNT(words); i++) {
		p = words[i / 6];
		fix_hunks(f, 24, 80, 1, 1);
		if (i % 3 == 1)
			fix_line(f, "{'seq':60,'type':'plan','by':'model',"
			    "'version':1,'status':'proposed','goal':'g',"
			    "'steps':[{'title':'s'}]}");
		else if (i % 3 == 2)
			fix_line(f, "{'seq':60,'type':'ask','id':'q1','host':"
			    "'e.example','port':80,'command':'e.example:80'}");
		fix_type(f, i % 3 == 0 ? "4" : i % 3 == 1 ? "1" : "\t");
		fix_stand(f);
		fix_want_shown(f, i % 3 == 0 ? "y accept" : i % 3 == 1 ?
		    "y approve" : "s this session");
		fix_type(f, i < 6 ? "?" : i < 12 ? "q" : "");
		buf_clear(&f->sent);
		for (ms = 150; i % 6 < 3 && *p != '\0'; p++) {
			keys_feed(f->keys, p, 1, f->ui.now += ms);
			fix_draw(f);
		}
		keys_feed(f->keys, p, strlen(p), f->ui.now += ms);
		for (enter = 150; enter <= 450; enter += 300) {
			keys_feed(f->keys, "\r", 1, f->ui.now += enter);
			fix_draw(f);
		}
		/* A first letter alone may open the editor. */
		assert_true(words[i / 6][0] == 'e' || f->ui.want_edit ==
		    UI_EDIT_NONE);
		assert_int_equal(fix_count(f, "'type'"), fix_count(f,
		    "'type':'mark'") + fix_count(f, "'type':'split'") +
		    fix_count(f, "'type':'around'") +
		    fix_count(f, "'type':'say'") +
		    fix_count(f, "'type':'colours'"));
		/* The text has the focus, and Enter is its own. */
		if (i % 6 == 0 && i / 6 != 2 && i / 6 != 3) {
			AUTO_FREE char *said = xasprintf("'text':'%s'",
			    words[i / 6]);

			assert_int_equal(fix_count(f, said), 1);
			assert_int_equal(review_effect(&f->ui.review).open, 1);
		}
	}
	/* Esc gives it up, and up brings it back; what it marked isn't meant, and
	 * x shows the row again. */
	fix_hunks(f, 24, 80, 2, 1);
	fix_type(f, "4");
	fix_stand(f);
	press(f, "y");
	fix_stand(f);
	press(f, "yes but");
	want_text(f, "yes but|", "a text has the focus");
	assert_int_equal(fix_count(f, "'mark':'none'"), 1);
	assert_false(fix_shows(f, "Enter writes"));
	fix_escape(f);
	assert_true(input_is_empty(&f->ui.input) && !f->ui.typing);
	fix_see(f, "x", "Enter writes 1 hunk");
	fix_see(f, "\033", "n reject");
	fix_see(f, "i\020", "> yes but");
	/* A reason that was begun right behind its letter: its second Enter writes
	 * nothing, and Esc makes a message of both. */
	fix_hunks(f, 24, 80, 1, 1);
	fix_type(f, "4");
	fix_stand(f);
	press(f, "remove this");
	fix_want_shown(f, "> emove this");
	fix_escape(f);
	want_text(f, "remove this|", "a text has the focus");
	assert_int_equal(fix_count(f, "'mark'"), 0);
	fix_hunks(f, 24, 80, 1, 1);
	fix_type(f, "4");
	fix_stand(f);
	press(f, "remove this\r");
	fix_stand(f);
	fix_type(f, "\r\r");
	assert_int_equal(fix_count(f, "'mark':'no'"), 1);
	assert_int_equal(fix_count(f, "'decide'"), 0);
	fix_type(f, "x\r");
	assert_int_equal(fix_count(f, "'decide'"), 1);
	/* Behind a digit a key opens; behind a letter it doesn't. */
	fix_start(f);
	press(f, "3");
	keys_feed(f->keys, "/", 1, f->ui.now += 50);
	fix_want_shown(f, "search>");
	/* Letters without a meaning are text from the first on. */
	fix_start(f);
	press(f, "hello");
	want_text(f, "hello|", "a text has the focus");
	/* A command that is asked for at once. */
	fix_start(f);
	press(f, ":/new\033");
	keys_feed(f->keys, "i", 1, f->ui.now += 50);
	assert_true(f->ui.typing);
	fix_start(f);
	press(f, "j");
	keys_feed(f->keys, "i", 1, f->ui.now += 700);
	assert_true(f->ui.typing);
}

/* Commands that users of other programs try. */
FIX_TEST(test_quit)
{
	fix_start(f);
	press(f, "i/nothing\r");
	assert_int_equal(fix_count(f, "'unknown':'unknown command /nothing"),
	    1);
	fix_line(f, "{'type':'refused','to':'say','text':'unknown command "
	    "/nothing'}");
	fix_draw(f);
	fix_want_shown(f, "unknown command /nothing");
	want_text(f, "/nothing|", "kept");
	press(f, "\025/quit\r");
	fix_stand(f);
	fix_want_shown(f, "Quit?");
	fix_want_shown(f, "Quit?  d: detach");
	press(f, "x");
	fix_draw(f);
	/* Still there, and in the message line. */
	assert_true(f->ui.typing);
	want_text(f, "|", "stays");
	press(f, "/quit\r");
	fix_stand(f);
	press(f, "d");
	assert_int_equal(f->ui.want.loop, UI_WANT_DETACH);
	press(f, "/new\r");
	assert_int_equal(fix_count(f, "{'type':'new'}"), 1);
}

/* C-d asks where nothing is typed, and is then an answer, but not while it is
 * held down; where q asked, it is none. */
FIX_TEST(test_end_of_input)
{
	int i;

	fix_start(f);
	fix_line(f, "{'seq':1,'type':'user_message','by':'user','text':'go'}");
	fix_line(f, "{'type':'status','state':'idle'}");
	press(f, "i\004");
	fix_want_shown(f, "Quit?  d: detach");
	for (i = 0; i < 40; i++) {
		keys_feed(f->keys, "\004", 1, f->ui.now += 30);
		fix_draw(f);
		assert_int_equal(f->ui.want.loop, UI_WANT_NONE);
	}
	fix_want_shown(f, "Quit?  d: detach");
	fix_wait(f, 700);
	press(f, "\004");
	assert_int_equal(f->ui.want.loop, UI_WANT_DETACH);
	f->ui.want.loop = UI_WANT_NONE;
	press(f, "\033");
	fix_escape(f);
	press(f, "q");
	fix_wait(f, 700);
	press(f, "\004");
	assert_int_equal(f->ui.want.loop, UI_WANT_NONE);
	fix_want_shown(f, "Quit?  d: detach");
	/* Where keys act, it moves. */
	press(f, "x");
	fix_stand(f);
	press(f, "\004");
	assert_false(fix_shows(f, "Quit?"));
	fix_see(f, "\003", "nothing is running · q leaves");
	fix_see(f, "i\003", "nothing is running · C-d leaves");
}

/* The question comes only where there is something to choose. */
FIX_TEST(test_leave)
{
	static const struct {
		const char *mode, *state, *keys;
		bool open, unsent, asks;
		enum ui_want want;
	} cases[] = {
		{ "interactive", "idle", "q", false, false, false, UI_WANT_DETACH },
		{ "interactive", "model", "q", false, false, true, UI_WANT_NONE },
		{ "interactive", "idle", "q", false, true, true, UI_WANT_NONE },
		{ "interactive", "idle", "q", true, false, true, UI_WANT_NONE },
		{ "interactive", "idle", "i\004", false, false, true,
		    UI_WANT_NONE },
		{ "review", "idle", "q", true, false, false, UI_WANT_DETACH },
		{ "review", "idle", "yq", true, false, false, UI_WANT_DETACH },
		{ "review", "evidence", "q", true, false, false, UI_WANT_DETACH },
		{ "try", "tool", "q", true, false, true, UI_WANT_NONE },
		{ "try", "idle", "q", true, false, false, UI_WANT_DETACH },
		{ "try", "idle", "q", false, false, false, UI_WANT_DETACH },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		AUTO_FREE char *mode = xasprintf("{'seq':1,'type':"
		    "'session_start','by':'core','mode':'%s'}", cases[i].mode);
		AUTO_FREE char *state = xasprintf("{'type':'status','state':"
		    "'%s'}", cases[i].state);

		fix_init(f, 24, 80);
		fix_line(f, mode);
		fix_line(f, "{'seq':2,'type':'user_message','by':'user',"
		    "'text':'go'}");
		fix_line(f, "{'seq':3,'type':'tool_call','by':'user','id':"
		    "'try','name':'argv','args':{'argv':['make']},'title':"
		    "'make'}");
		if (strcmp(cases[i].state, "tool") != 0)
			fix_line(f, "{'seq':4,'type':'tool_result','by':'core',"
			    "'id':'try','name':'argv','ok':true}");
		if (cases[i].open)
			fix_propose(f, 50, 1, 2, 2, "x");
		else
			fix_line(f, "{'seq':51,'type':'agent_end','by':'core',"
			    "'outcome':'done'}");
		fix_live(f);
		fix_line(f, state);
		f->ui.typing = false;
		if (cases[i].open)
			fix_review(f);
		else
			fix_stand(f);
		if (cases[i].unsent)
			press(f, "iand\033");
		fix_escape(f);
		press(f, cases[i].keys);
		if (f->ui.want.loop != cases[i].want || fix_shows(f, "Quit?") !=
		    cases[i].asks)
			fail_msg("case %zu: %d", i, (int)f->ui.want.loop);
	}
}

/* 'i' opens the input in each of them. */
FIX_TEST(test_keys)
{
	static const struct {
		const char *label, *keys, *want;
	} cases[] = {
		{ "newlines", "a\033\rb\nc", "a\nb\nc|" },
		{ "home, end", "bc\001a\005d", "abcd|" },
		{ "backspace over a wide one", "a漢\177", "a|" },
		{ "down", "ab\ncd\033[A\001\033[Bx", "ab\nx|cd" },
		{ "delete joins lines", "a\nb\033[A\004", "a|b" },
		{ "words back", "one two-three\033b\033b", "one |two-three" },
		{ "words on", "a b.c\001\033f\033f", "a b|.c" },
		{ "words by arrows", "one two\033[1;5D\033[1;3D\033[1;5C",
		    "one| two" },
		{ "words of other scripts", "größe 漢字\033b\033b", "|größe 漢字" },
		{ "a word on is cut", "one two\001\033d", "| two" },
		{ "by Alt-Backspace, too", "one two.three\033\177", "one |" },
		{ "to a blank is cut", "one two.three\027", "one |" },
		{ "cut and put", "one two\027\001\031", "two|one " },
		{ "cut in a row, put in one piece", "one two three\027\027\001\031",
		    "two three|one " },
		{ "forward and back in a row", "one two three\033b\033b\033d"
		    "\027\005\031", " threeone two|" },
		{ "two cuts apart", "one two\027\002\006\027x\031",
		    "xone |" },
		{ "to the start and back", "one two\033b\025\031\031",
		    "one one |two" },
		{ "to the end takes the newline last", "a\012b\033[A\001\013\013",
		    "|b" },
		{ "to the start takes the line break last",
		    "one\012two\025\025x\025\025y", "y|" },
		{ "over line breaks in a row, put in one piece",
		    "one\012two\025\025\025\031", "one\ntwo|" },
		{ "to the start of the first line", "one\001\025", "|one" },
		{ "undone", "one two\037", "one|" },
		{ "undone twice", "one two\037\037", "|" },
		{ "more than there was is undone", "x\037\037\037", "|" },
		{ "a cut is undone", "one two\027\037", "one two|" },
		{ "a key between ends the go", "ab\002c\037", "a|b" },
		{ "a put is undone", "one\027\031\037", "|" },
		/* One step for each character that a reader sees. */
		{ "a mark goes with its letter", "xe\xcc\x81\002", "x|e\xcc\x81" },
		{ "and is deleted with it", "xe\xcc\x81\177", "x|" },
		{ "a family is one", "a\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9"
		    "\177", "a|" },
		{ "a flag is one", "a\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\002",
		    "a|\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa" },
		{ "two flags are two", "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa"
		    "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\177",
		    "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa|" },
		{ "a word on, by Delete", "one two\001\033[3;5~", "| two" },
		{ "up keeps the column", "abc\012de\033[A", "ab|c\nde" },
		{ "of wide letters", "漢字x\012ab\033[A", "漢|字x\nab" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		fix_start(f);
		press(f, "i");
		press(f, cases[i].keys);
		fix_draw(f);
		want_text(f, cases[i].want, cases[i].label);
		assert_string_equal(buf_str(&f->sent), "");
	}
	/* The core prepares for a message, and is told so once. */
	fix_start(f);
	press(f, "i/he");
	assert_int_equal(f->told_typing, 0);
	press(f, "\025look at");
	assert_int_equal(f->told_typing, 1);
}

static void
paste(struct fix *f, const char *p, size_t n)
{
	size_t i, piece;

	f->ui.now += 2000;
	keys_feed(f->keys, "\033[200~", 6, f->ui.now);
	for (i = 0; i < n; i += piece) {
		piece = n - i < 4096 ? n - i : 4096;
		keys_feed(f->keys, p + i, piece, f->ui.now);
	}
	keys_feed(f->keys, "\033[201~", 6, f->ui.now);
	f->ui.now += 2000;
}

/* What can be done is made again only if another kind of text is typed. */
FIX_TEST(test_frames)
{
	static const struct {
		const char	*keys;
		enum frame	 frame;
	} cases[] = {
		{ "a", FRAME_ALL }, { "b", FRAME_LINE }, { "c", FRAME_LINE },
		{ "\001", FRAME_LINE }, { "!", FRAME_ALL }, { "d", FRAME_LINE },
		{ "\177", FRAME_LINE }, { "\177", FRAME_ALL },
		{ "\005", FRAME_LINE }, { "\025", FRAME_ALL },
		{ "/", FRAME_ALL }, { "q", FRAME_SAME }, { "\025", FRAME_ALL },
		/* A message, of two lines. */
		{ "a\012b\033[A\001", FRAME_ALL }, { "/", FRAME_LINE },
	};
	AUTO_FREE char *was = NULL;
	const struct screen *s;
	size_t i, n;

	fix_start(f);
	s = f->ui.screen;
	press(f, "i");
	fix_draw(f);
	for (i = 0; i < MEM_COUNT(cases); i++) {
		press(f, cases[i].keys);
		if (f->ui.want.frame != cases[i].frame)
			fail_msg("case %zu: frame %d", i, f->ui.want.frame);
		frame_draw(&f->ui, f->ui.want.frame);
		n = (size_t)s->rows * (size_t)s->cols *
		    sizeof(*s->cells);
		FREE_SET(was, xmemdup(s->cells, n));
		frame_draw(&f->ui, FRAME_ALL);
		if (memcmp(was, s->cells, n) != 0)
			fail_msg("case %zu: not all of it is drawn", i);
	}
}

/* No key is offered that sends a text which nobody reads. */
FIX_TEST(test_no_model)
{
	static const struct { const char *text; bool sends; } cases[] = {
		{ "hello", false }, { "!ls", false }, { "//commit", false },
		{ "/commit x", true }, { "", true },
	};
	size_t i;

	fix_init(f, 24, 80);
	fix_line(f, "{'seq':1,'type':'session_start','mode':'review'}");
	fix_live(f);
	fix_type(f, "i");
	for (i = 0; i < MEM_COUNT(cases); i++) {
		fix_type(f, "\025");
		fix_type(f, cases[i].text);
		if ((fix_shows(f, "Enter send") || fix_shows(f, "Enter run")) !=
		    cases[i].sends)
			fail_msg("\"%s\"", cases[i].text);
	}
}

/* A long paste is kept beside the text, and sent in its place. */
FIX_TEST(test_attachment)
{
	struct buf b = BUF_INIT(0);
	const char *p;
	int i;

	fix_start(f);
	for (i = 0; i < 81234; i++)
		buf_addf(&b, "line %d of what was pasted here, and some more "
		    "words\r\n", i);
	press(f, "ilook at ");
	paste(f, b.p, b.len);
	fix_want_shown(f,
	    "> look at [pasted 4.5 MB, 81,234 lines: line 0 of what");
	assert_int_equal(f->ui.input.text.len, 8 + 2);
	assert_string_equal(buf_str(&f->sent), "");
	press(f, " now");
	/* The paste is one character: deleted, restored. */
	press(f, "\002\002\002\002\177");
	assert_false(fix_shows(f, "pasted"));
	press(f, "\037");
	fix_want_shown(f, "[pasted 4.5 MB");
	/* A second one, smaller, and told apart. */
	buf_clear(&b);
	for (i = 0; i < 300; i++)
		buf_addf(&b, "%d\n", i);
	press(f, "\005");
	paste(f, b.p, b.len);
	fix_want_shown(f, "#2, 1.1 kB, 300 lines: 0...]");
	press(f, "\r");
	p = buf_str(&f->sent);
	assert_non_null(strstr(p, "\"text\":\"look at \\nline 0 of what was "
	    "pasted here, and some more words\\nline 1 "));
	assert_non_null(strstr(p, "line 81233 of what was pasted here, and "
	    "some more words\\n now\\n0\\n1\\n"));
	assert_non_null(strstr(p, "\\n299\\n\"}"));
	assert_int_equal(f->ui.input.text.len, 0);
	buf_release(&b);
}

FIX_TEST(test_paste_edges)
{
	char *big = xmalloc(9 << 20);

	fix_start(f);
	press(f, "i");
	/* A byte that represents attachments is an ordinary one when pasted. */
	paste(f, "a\xff\x80z", 4);
	want_text(f, "a\xef\xbf\xbd\x80z|", "the byte");
	/* A small paste is text, undone in one go. */
	press(f, "\025");
	paste(f, "one two\nthree", 13);
	want_text(f, "one two\nthree|", "small");
	press(f, "\037");
	want_text(f, "|", "undone");
	/* More than can be sent: what fits stays, and it is said. */
	memset(big, 'x', 9 << 20);
	paste(f, big, 9 << 20);
	fix_want_shown(f, "text too long");
	fix_want_shown(f, "[pasted 8.4 MB, 1 line: xxx");
	press(f, "\177");
	fix_draw(f);
	assert_int_equal(input_size(&f->ui.input), 0);
	/* There is room again. */
	paste(f, big, 5 << 20);
	fix_want_shown(f, "[pasted #2, 5.2 MB, 1 line: xxx");
	free(big);
}

/* ---- what was said ---- */

FIX_TEST(test_history)
{
	static const struct {
		const char *label, *keys, *want;
	} cases[] = {
		{ "the last", "\033[A", "two words|" },
		{ "the one before", "\033[A\033[A", "one|" },
		{ "not beyond the first", "\033[A\033[A\033[A", "one|" },
		{ "and back to what was typed", "dra\033[A\033[A\033[B\033[B",
		    "dra|" },
		{ "not from the middle of a text", "a\012b\033[A", "a|\nb" },
		{ "from its first line", "a\012b\033[A\033[A", "two words|" },
		{ "by C-p and C-n", "\020\020\016", "two words|" },
		{ "what is changed is new", "\033[A!\033[A\033[B",
		    "two words!|" },
		{ "an undo brings back what stood there", "abc\033[A\037",
		    "abc|" },
		{ "searched", "\022on\r", "|one" },
		{ "searched on", "\022o\022\r", "|one" },
		{ "searched back", "\022ox\177\r", "tw|o words" },
		{ "and left as it was", "dra\022one\007", "dra|" },
		{ "a move takes what was found", "\022wor\005", "two words|" },
		{ "not there", "dra\022zzz\r", "dra|" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		fix_start(f);
		press(f, "ione\r");
		press(f, "two words\r");
		/* Not twice, nor what begins with a blank. */
		press(f, "two words\r");
		press(f, " secret\r");
		assert_int_equal(fix_count(f, "'say'"), 4);
		press(f, cases[i].keys);
		fix_draw(f);
		want_text(f, cases[i].want, cases[i].label);
		assert_int_equal(fix_count(f, "'type'"), 4);
	}
	/* Text that is cut before another message is sent can be put in after
	 * it. */
	fix_start(f);
	press(f, "ilater\025first\r");
	press(f, "\031");
	want_text(f, "later|", "cut, and something else said");
	/* The text for a hunk isn't mixed with it. */
	fix_hunks(f, 24, 80, 2, 2);
	fix_draw(f);
	press(f, "isaid\r");
	fix_type(f, "\0334");
	fix_see(f, "r", "reason (");
	press(f, "\033[A");
	want_text(f, "|", "no history there");
	press(f, "never kept\r");
	assert_int_equal(fix_count(f, "never kept"), 1);
	assert_int_equal(f->ui.say.history.len, 1);
}

TEST(test_history_file)
{
	char dir[] = "/tmp/assent-history-XXXXXX";
	struct history h = { 0 }, other = { 0 };
	char *path, *below;
	struct stat st;
	FILE *file;

	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/a/b/history", dir);
	below = xasprintf("%s/a/b", dir);
	history_open(&h, path);
	history_open(&other, path);
	history_add(&h, "one\nof two \"lines\"");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	history_add(&other, "two");
	history_release(&h);
	history_release(&other);
	/* A torn line, and one that is no string. */
	file = fopen(path, "a");
	assert_non_null(file);
	fputs("[1]\n\"torn", file);
	fclose(file);
	history_open(&h, path);
	assert_int_equal(h.len, 2);
	assert_string_equal(h.texts[0], "one\nof two \"lines\"");
	assert_string_equal(h.texts[1], "two");
	history_add(&h, "three");
	history_release(&h);
	history_open(&h, path);
	assert_int_equal(h.len, 3);
	history_release(&h);
	/* A history that can't be written is this session's alone. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	history_open(&h, path);
	history_add(&h, "kept here");
	assert_int_equal(h.len, 1);
	assert_int_equal(h.fresh, 1);
	history_release(&h);
	assert_int_equal(fs_remove_tree(AT_FDCWD, dir, NULL), 0);
	free(path);
	free(below);
}

/* ---- commands ---- */

FIX_TEST(test_commands)
{
	static const struct {
		const char *label, *typed, *sent, *shown;
	} cases[] = {
		{ "undo", "/undo", "{\"type\":\"undo\"}\n", "" },
		{ "test", "/test", "{\"type\":\"evidence\"}\n",
		    "running the check" },
		{ "mode", "/mode small",
		    "{\"type\":\"set\",\"approve\":"
		    "\"small\"}\n",
		    "" },
		{ "no mode for a person", "/mode yes", "",
		    "/mode needs one of ask, small" },
		{ "perhaps a file's", "/udno x", "{\"type\":\"say\",\"text\":"
		    "\"/udno x\",\"slash\":true,\"unknown\":\"unknown "
		    "command /udno, did you mean /undo; see /help (// sends "
		    "it as text)\"}\n", "" },
		{ "perhaps a file's, of lines", "/udno\012x",
		    "{\"type\":\"say\",\"text\":\"/udno\\nx\",\"slash\":true}"
		    "\n", "" },
		{ "a path is no command", "/usr/bin/x is old", "",
		    "unknown command /usr/bin/x" },
		{ "words behind one that takes none", "/end of file", "",
		    "/end takes no words" },
		{ "quoted", "//undo", "{\"type\":\"say\",\"text\":\"/undo\"}\n",
		    "" },
		{ "lines are said", "/undo\012x",
		    "{\"type\":\"say\",\"text\":"
		    "\"/undo\\nx\"}\n",
		    "" },
		{ "a comment is said whole", "// a\012b",
		    "{\"type\":\"say\","
		    "\"text\":\"// a\\nb\"}\n",
		    "" },
		{ "run", "!make test",
		    "{\"type\":\"run\",\"command\":"
		    "\"make test\"}\n",
		    "[3 output]" },
		{ "lines are run as one", "! cat <<E\012x\012E",
		    "{\"type\":"
		    "\"run\",\"command\":\"cat <<E\\nx\\nE\"}\n",
		    "" },
		{ "said with its mark", "!!important",
		    "{\"type\":\"say\","
		    "\"text\":\"!important\"}\n",
		    "" },
		{ "nothing to run", "!  ", "", "! needs a command; for example, !make" },
		{ "no shell's history", "!!", "",
		    MSG_BANG_BANG_DOES_NOTHING_HERE },
		{ "not at the beginning", " !x",
		    "{\"type\":\"say\",\"text\":"
		    "\" !x\"}\n",
		    "" },
		{ "nothing is decided from here", "/send", "",
		    "only assent review has comments to send" },
		{ "not while hunks are open", "/new do it", "", "review the "
		    "open changes first · 4 shows them" },
		{ "to a pane", "/plan", "", "[1 plan]" },
		{ "to the changes", "/diff", "", "[4 diff]" },
		{ "help", "/help", "", MSG_ANY_OTHER_KEY_GOES_BACK },
	};
	size_t i, j;
	char *big;

	for (i = 0; i < slash_command_table_len; i++)
		assert_true(i == 0 || strcmp(slash_command_table[i - 1].name,
		    slash_command_table[i].name) < 0);
	for (i = 0; i < MEM_COUNT(cases); i++) {
		if (strncmp(cases[i].sent, "{\"type\":\"undo", 13) == 0) {
			fix_init(f, 24, 100);
			fix_live(f);
		} else
			fix_hunks(f, 24, 100, 2, 2);
		fix_draw(f);
		press(f, "i");
		/* One by one: several lines at once would be pasted. */
		for (j = 0; cases[i].typed[j] != '\0'; j++)
			keys_feed(f->keys, cases[i].typed + j, 1, f->ui.now);
		fix_draw(f);
		press(f, "\r");
		fix_draw(f);
		if (strcmp(buf_str(&f->sent), cases[i].sent) != 0)
			fail_msg("%s: %s", cases[i].label, buf_str(&f->sent));
		fix_want_shown(f, cases[i].shown);
		/* A command that failed can be edited. */
		if (strpbrk(cases[i].shown, "/!4") != NULL &&
		    cases[i].shown[0] != '[' && cases[i].sent[0] == '\0')
			assert_int_equal(f->ui.input.text.len,
			    strlen(cases[i].typed));
	}
	/* Text that was pasted and deleted doesn't make it a message. */
	fix_start(f);
	press(f, "i");
	big = xmalloc(70000);
	memset(big, 'x', 70000);
	paste(f, big, 70000);
	free(big);
	press(f, "\177/undo\r");
	assert_string_equal(buf_str(&f->sent), "{\"type\":\"undo\"}\n");
}

static bool
is_own_word(const char *word)
{
	size_t i;

	for (i = 0; i < slash_command_table_len; i++)
		if (strlen(slash_command_table[i].name) == strcspn(word, " ") &&
		    strncmp(slash_command_table[i].name, word,
		    strcspn(word, " ")) == 0)
			return true;
	return false;
}

/* What users of other agents type does what it means there, or says what does;
 * a command of a file with that name wins. */
FIX_TEST(test_others_words)
{
	static const struct {
		const char *typed, *sent, *shown;
	} cases[] = {
		{ "/cost", "", "session: " },
		{ "/run make x", "{'type':'run','command':'make x'}",
		    "[3 output]" },
		{ "/git status", "{'type':'run','command':'git status'}",
		    "[3 output]" },
		{ "/todos", "", "[1 plan]" },
		{ "/permissions later", "{'type':'set','approve':'ask'}", "" },
		{ "/permissions", "", "> /mode" },
		{ "/cost a lot", "", "/status takes no words" },
		{ "/keybindings", "", MSG_ANY_OTHER_KEY_GOES_BACK },
		{ "/usage 2", "{'type':'say','text':'/usage 2','slash':true,"
		    "'unknown':'/usage: here it is /status (// sends it as "
		    "text)'}", "" },
		{ "/vim", "{'type':'say','text':'/vim','slash':true,'unknown':"
		    "'/vim: there are no vi keys; C-g (input-editor) edits the "
		    "message in $EDITOR (// sends it as text)'}", "" },
	};
	size_t i;

	for (i = 0; i < slash_command_others_len; i++) {
		const struct slash_command_other *o = &slash_command_others[i];

		if ((i > 0 && strcmp(o[-1].name, o->name) >= 0) ||
		    is_own_word(o->name) ||
		    (o->is[0] == '/' && !is_own_word(o->is + 1)))
			fail_msg("the row of %s", o->name);
	}
	for (i = 0; i < MEM_COUNT(cases); i++) {
		fix_init(f, 24, 100);
		fix_live(f);
		fix_line(f, "{'seq':901,'by':'user','type':'user_message',"
		    "'text':'first'}");
		press(f, "i");
		/* A file's is sent; the core looks at those that aren't known. */
		fix_line(f, "{'type':'commands','commands':[{'name':'usage',"
		    "'about':'x','origin':'user','path':'x','seen':true}]}");
		press(f, cases[i].typed);
		press(f, "\r");
		fix_draw(f);
		if (cases[i].sent[0] == '\0' ? f->sent.len > 0 :
		    fix_count(f, cases[i].sent) != 1)
			fail_msg("%s: %s", cases[i].typed, buf_str(&f->sent));
		fix_want_shown(f, cases[i].shown);
	}
	fix_start(f);
	press(f, "i/cost\r");
	assert_int_equal(fix_count(f, "'unknown':'/cost: here it is /status"), 1);
}

/* In its session, the name of an agent's command is the agent's, with ':' it is
 * ours; what the agent does its own way says so. */
FIX_TEST(test_agent_commands)
{
	static const struct { const char *typed, *sent, *shown; } cases[] = {
		{ "/plan all of it", "{'type':'say','text':'/plan all of it'}",
		    "" },
		{ ":plan", "", "[1 plan]" },
		{ ":plan skip", "{'type':'set','plan':'skip'}", "" },
		{ ":-)", "{'type':'say','text':':-)'}", "" },
		{ ":greet", "{'type':'say','text':':greet'}", "" },
		{ "/undo", "{'type':'undo'}", "" },
		{ "/model x", "", "/model is for assent's own agent; in this "
		    "session small does that its own way" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		fix_init(f, 24, 100);
		fix_line(f, "{'seq':1,'by':'core','type':'session_start',"
		    "'mode':'interactive','settings':{'agent':{'name':'small'}"
		    "}}");
		fix_live(f);
		fix_line(f, "{'type':'commands','commands':[{'name':'greet',"
		    "'about':'x','origin':'agent','path':'','seen':true},"
		    "{'name':'plan','about':'think first','origin':'agent',"
		    "'path':'','seen':true}]}");
		fix_want_shown(f, "small");
		press(f, "i");
		press(f, cases[i].typed);
		press(f, "\r");
		fix_draw(f);
		if (cases[i].sent[0] == '\0' ? f->sent.len > 0 :
		    fix_count(f, cases[i].sent) != 1)
			fail_msg("%s: %s", cases[i].typed, buf_str(&f->sent));
		fix_want_shown(f, cases[i].shown);
	}
	fix_see(f, "\025/pl", "agent: think first");
	assert_false(fix_shows(f, "show the plan"));
}

/* A line that begins with '!' is run, and says so before it is sent; a paste of
 * several lines is not. */
FIX_TEST(test_run)
{
	static const char lines[] = "![badge](x)\n# A title";

	fix_init(f, 24, 100);
	fix_line(f, "{'type':'status','state':'idle'}");
	fix_live(f);
	press(f, "i");
	fix_want_shown(f, "! shell command");
	press(f, "\025\t!");
	want_text(f, "!|", "by its key");
	fix_want_shown(f, "run> !");
	press(f, "!");
	fix_want_shown(f, "> !!");
	assert_false(fix_shows(f, "run> !"));
	press(f, "\177\177");
	paste(f, lines, strlen(lines));
	press(f, "\r");
	fix_want_shown(f, MSG_NOT_RUN_IT_WAS_PASTED);
	assert_int_equal(f->sent.len, 0);
	/* A typed mark counts as such. */
	press(f, "\033[A\001\004!\r");
	assert_string_equal(buf_str(&f->sent), "{\"type\":\"run\","
	    "\"command\":\"[badge](x)\\n# A title\"}\n");
	buf_clear(&f->sent);
	/* A pasted line is as good as a typed one. */
	paste(f, "!make", 5);
	press(f, "\r");
	assert_string_equal(buf_str(&f->sent), "{\"type\":\"run\","
	    "\"command\":\"make\"}\n");
	buf_clear(&f->sent);
}

FIX_TEST(test_complete_commands)
{
	fix_hunks(f, 24, 80, 2, 2);
	fix_draw(f);
	press(f, "i/");
	fix_want_shown(f, "set the check; alone");
	/* A key does it. */
	assert_false(fix_shows(f, MSG_LIST_APPLIED_CHANGES));
	press(f, "m\t");
	want_text(f, "/mode |", "Tab completes");
	fix_want_shown(f, "small");
	/* Enter takes the marked row: what is whole then runs. */
	press(f, "\033[B\r");
	want_text(f, "|", "picked");
	assert_int_equal(fix_count(f, "'approve':'small'"), 1);
	press(f, "/he\r");
	want_text(f, "|", "taken");
	assert_int_equal(f->ui.help, HELP_KEYS);
	press(f, "\033");
	keys_tick(f->keys, f->ui.now += 2000);
	/* One that needs words is put there. */
	press(f, "/enc\r");
	want_text(f, "/encoding |", "put there");
	/* A key of the diff is text while a list is open: nothing is
	 * decided. */
	press(f, "\025/yanAx");
	want_text(f, "/yanAx|", "letters are letters");
	/* A text is left by Esc alone: Tab leads to no keys that decide. */
	press(f, "\025words \t");
	assert_true(f->ui.typing);
	press(f, "\025\t");
	assert_int_equal(f->ui.at, PANE_DIFF);
	assert_false(f->ui.typing);
}

FIX_TEST(test_complete_paths)
{
	fix_start(f);
	press(f, "imail me@here, or ");
	assert_string_equal(buf_str(&f->sent), "");
	press(f, "@");
	assert_string_equal(buf_str(&f->sent), "{\"type\":\"paths\",\"match\":"
	    "\"\"}\n");
	press(f, "par");
	assert_int_equal(fix_count(f, "'match':'par'"), 1);
	fix_want_shown(f, MSG_LOOKING_FOR_FILES);
	/* An answer to what was typed before is not shown. */
	fix_line(f, "{'type':'paths','match':'pa','paths':['x'],'more':0}");
	assert_int_equal(f->ui.say.complete.len, 0);
	/* Tab waits for the answer. */
	press(f, "\t");
	want_text(f, "mail me@here, or @par|", "not yet");
	fix_line(f, "{'type':'paths','match':'par','paths':['src/parse.c',"
	    "'src/parse.h'],'more':3}");
	want_text(f, "mail me@here, or src/parse.c |", "picked");
	press(f, "\025@zz");
	fix_line(f, "{'type':'paths','match':'zz','paths':[],'more':0}");
	fix_want_shown(f, "no such file");
	press(f, "\t");
	want_text(f, "@zz|", "nothing to take");
	/* Enter sends what is typed. */
	press(f, "\r");
	assert_int_equal(fix_count(f, "'text':'@zz'"), 1);
	/* A shell reads the name that a project chose. */
	press(f, "!cat @q");
	fix_line(f, "{\"type\":\"paths\",\"match\":\"q\","
	    "\"paths\":[\"q$(id)'s\",\"-q\",\"src/q-1.c\"],\"more\":0}");
	press(f, "\t");
	want_text(f, "!cat 'q$(id)'\"'\"'s' |", "one word");
	press(f, "@");
	fix_line(f, "{'type':'paths','match':'','paths':['-q','src/q-1.c'],"
	    "'more':0}");
	press(f, "\t");
	/* A Tab too many leads to no key that decides. */
	press(f, "\025!cat x\t");
	assert_true(f->ui.typing);
	fix_want_shown(f, MSG_NOTHING_TO_COMPLETE);
	press(f, "\025\t");
	fix_want_shown(f, "nothing waits for you");
	press(f, "\033");
	keys_tick(f->keys, f->ui.now += 2000);
	/* As in a shell: Tab lists a path that is begun, the next takes it. */
	press(f, "isee src/p\t");
	fix_line(f, "{'type':'paths','match':'src/p','paths':['src/parse.c',"
	    "'src/parse.h'],'more':0}");
	want_text(f, "see src/p|", "listed");
	fix_want_shown(f, "> src/parse.c");
	press(f, "arse.");
	fix_line(f, "{'type':'paths','match':'src/parse.',"
	    "'paths':['src/parse.c','src/parse.h'],'more':0}");
	press(f, "\033[B\t");
	want_text(f, "see src/parse.h |", "taken");
	press(f, "\025\033");
	keys_tick(f->keys, f->ui.now += 2000);
	/* The core has not seen all yet: it is asked again. */
	press(f, "i@qq");
	assert_int_equal(fix_count(f, "'match':'qq'"), 1);
	fix_line(f, "{'type':'paths','match':'qq','paths':[],'more':0,"
	    "'partial':true}");
	assert_int_equal(fix_count(f, "'match':'qq'"), 2);
}

/* A name that the project chose runs nothing: not by its first letter, nor
 * within quotes, where ours would end them. */
TEST(test_names_run_nothing)
{
	static const struct { const char *typed, *match, *name, *text; } t[] = {
		{ "@i", "i", "!id", "./!id |" },
		{ "see @i", "i", "!id", "see !id |" },
		{ "!cat \"a\" src/p", "src/p", "src/p$(id)",
		    "!cat \"a\" 'src/p$(id)' |" },
		{ "!./pro", "pro", "program", "!./program |" },
		{ "!echo \"see src/p", "src/p", "src/p$(id)", NULL },
		{ "!echo 'see @p", "p", "p$(id)", NULL },
		{ "!echo $'a\\' src/p", "src/p", "src/p$(id)", NULL },
		{ "!echo `ls src/p", "src/p", "src/p$(id)", NULL },
		{ "!echo \"see src/p", "src/p", "src/parse.c",
		    "!echo \"see src/parse.c |" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		AUTO_FREE char *line = xasprintf("{'type':'paths','match':'%s',"
		    "'paths':['%s'],'more':0}", t[i].match, t[i].name);
		AUTO_FREE char *same = xasprintf("%s|", t[i].typed);
		struct fix f = { 0 };

		fix_init(&f, 24, 80);
		fix_live(&f);
		press(&f, "i");
		press(&f, t[i].typed);
		press(&f, "\t");
		fix_line(&f, line);
		if (f.ui.say.complete.len > 0)
			press(&f, "\t");
		want_text(&f, t[i].text == NULL ? same : t[i].text,
		    t[i].typed);
		fix_draw(&f);
		if (t[i].text == NULL)
			fix_want_shown(&f, "close the open one first");
		fix_release(&f);
	}
}

/* ---- while the agent works ---- */

static void
said(struct fix *f, int seq, const char *text)
{
	AUTO_FREE char *line = xasprintf("{'seq':%d,'type':'user_message',"
	    "'by':'user','text':'%s'}", seq, text);

	fix_line(f, line);
}

FIX_TEST(test_queue)
{
	fix_start(f);
	said(f, 2, "do");
	/* It begins its turn. */
	fix_line(f, "{'type':'status','state':'model','doing':'starting MCP "
	    "servers'}");
	fix_want_shown(f, "starting MCP servers");
	assert_false(fix_shows(f, "queued"));
	fix_line(f, "{'seq':3,'type':'turn_start','by':'core','turn':1,"
	    "'phase':'execute'}");
	fix_line(f, "{'type':'status','state':'model','doing':''}");
	assert_false(fix_shows(f, "queued"));
	press(f, "iand this\r");
	assert_int_equal(fix_count(f, "interrupt"), 0);
	said(f, 4, "and this");
	fix_want_shown(f, "1 message queued");
	fix_want_shown(f, "queued: the model hasn't read it yet");
	fix_want_shown(f, "queued \xc2\xb7 Up takes it back");
	/* It was sent meanwhile. */
	buf_clear(&f->sent);
	press(f, "\033[A");
	want_text(f, "and this|", "taken back");
	fix_line(f, "{'type':'refused','to':'unqueue','text':'already sent'}");
	fix_want_shown(f, "already sent");
	want_text(f, "|", "refused");
	/* Another screen took it, after another one. */
	said(f, 5, "and that");
	press(f, "\033[A");
	fix_line(f, "{'seq':6,'type':'unqueued','by':'user','message':4,"
	    "'client':'another'}");
	want_text(f, "and that|", "not that one");
	fix_line(f, "{'seq':7,'type':'unqueued','by':'user','message':5,"
	    "'client':'another'}");
	want_text(f, "|", "another's");
	assert_false(fix_shows(f, "message queued"));
	/* It is ours. Until the core says so, nothing sends it twice. */
	said(f, 8, "and this");
	buf_clear(&f->sent);
	press(f, "\033[A\r\017");
	assert_string_equal(buf_str(&f->sent),
	    "{\"type\":\"unqueue\",\"message\":8}\n");
	fix_want_shown(f, "not sent: the message is still being taken back");
	fix_line(f, "{'seq':9,'type':'unqueued','by':'user','message':8,"
	    "'client':'no tty'}");
	assert_false(fix_shows(f, "hasn't read it"));
	fix_want_shown(f, "taken back \xc2\xb7 Enter sends it");
	want_text(f, "and this|", "stays");
	press(f, "\r");
	assert_int_equal(fix_count(f, "'say'"), 1);
	said(f, 10, "and this");
	fix_want_shown(f, "1 message queued");
	fix_line(f, "{'seq':11,'type':'turn_start','by':'core','turn':2,"
	    "'phase':'execute'}");
	assert_false(fix_shows(f, "queued"));
	press(f, "\017");
	fix_want_shown(f, "the line is empty");
	press(f, "stop that\017");
	assert_int_equal(fix_count(f, "{'type':'say','text':'stop that',"
	    "'interrupt':true}"), 1);
}

FIX_TEST(test_editor)
{
	struct buf b = BUF_INIT(0);
	size_t n;
	char *s;
	int i;

	for (i = 0; i < 300; i++)
		buf_addf(&b, "%d\n", i);
	fix_start(f);
	press(f, "isee ");
	paste(f, b.p, b.len);
	press(f, " now\007");
	assert_int_equal(f->ui.want_edit, UI_EDIT_TEXT);
	s = edit_message.text(&f->ui, &n, NULL, NULL);
	assert_string_equal(s, "see [pasted 1.1 kB, 300 lines: 0...] now\n");
	edit_message.done(&f->ui, "do [pasted 1.1 kB, 300 lines: 0...]\n", 36, 0, NULL);
	want_text(f, "do \xff\x80|", "written");
	free(s);
	/* At the paste: the paste. */
	press(f, "\007");
	s = edit_message.text(&f->ui, &n, NULL, NULL);
	assert_int_equal(n, b.len + 1);
	/* Left as it is it stays so, its own last end of a line too. */
	edit_message.done(&f->ui, s, n, 0, NULL);
	free(s);
	s = edit_message.text(&f->ui, &n, NULL, NULL);
	assert_int_equal(n, b.len + 1);
	assert_memory_equal(s, b.p, b.len);
	free(s);
	buf_release(&b);
}

/* A long line is broken at spaces, and the cursor is drawn on its character,
 * wherever it is. */
FIX_TEST(test_wrap)
{
	static const char text[] = "a sentence that has to be broken at its "
	    "words  and\tat a name-that-is-longer-than-any-row-of-this-screen "
	    "of it ";
	const struct screen *s;
	const struct cell *c;
	int cols, rows, y, x;
	size_t i;

	fix_init(f, 24, 24);
	fix_live(f);
	s = f->ui.screen;
	for (cols = 24; cols < 60; cols++) {
		f->ui.typing = true;
		screen_resize(f->ui.screen, 24, cols);
		input_set(&f->ui.input, text);
		rows = input_rows(&f->ui.input, "> ", cols, s->flags);
		for (i = 0; i < sizeof(text); i++) {
			f->ui.input.cursor = i;
			fix_draw(f);
			y = s->cursor_y;
			x = s->cursor_x;
			assert_in_range(y, s->rows - rows, s->rows - 1);
			assert_in_range(x, 2, cols - 1);
			c = screen_cell(s, y, x);
			if (strchr("\t ", text[i]) == NULL)
				assert_int_equal(c->text[0], text[i]);
			else
				assert_string_equal(c->text, " ");
			/* Only a word that is too long is cut. */
			if (i > 0 && x == 2 && strchr("\t ",
			    text[i - 1]) == NULL)
				assert_int_equal(screen_cell(s, y - 1,
				    cols - 2)->text[0], text[i - 1]);
		}
	}
}
