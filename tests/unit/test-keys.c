/*
 * The decoder under what real terminals send: every key string of every
 * terminfo entry there is, cut at every byte with a timeout in between, must never
 * come out as a key that decides something.
 */
#include "config.h"

#include <dirent.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"
#include "ui/keys/key-code.h"
#include "ui/keys/keys.h"
#include "ui/term/terminal.h"

#include <curses.h>
#include <term.h>

/* setupterm keeps memory of a terminal that it then refuses, and we can't free
 * it; the leak sanitizer asks for this by name. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libtinfo.so\n";
}

static struct bindings *all;	/* the keys of the table */

struct log {
	struct buf	b;
	int		decisions;
	bool		marks;		/* ' marks keys that came together */
};

/* In how many contexts the key decides. The table is asked once for each. */
static int
key_decisions(uint32_t key)
{
	static struct { uint32_t key; int n; } known[256], *k;
	unsigned bit;

	k = &known[key % MEM_COUNT(known)];
	if (k->key == key)
		return k->n;
	k->key = key;
	k->n = 0;
	for (bit = 1; bit <= ACTION_CTX_PANE; bit <<= 1) {
		const struct action *a = bindings_find(all, bit, key);

		k->n += a != NULL && (a->flags & ACTION_DECIDES) != 0;
	}
	return k->n;
}

static void
log_event(void *arg, const struct key_event *ev)
{
	struct log *l = arg;
	char name[KEY_NAME_SIZE];

	if (l->b.len > 0)
		buf_addc(&l->b, ' ');
	if (ev->key == 0) {
		buf_adds(&l->b, ev->goes_on ? "+\"" : "\"");
		buf_add(&l->b, ev->text, ev->len);
		buf_addc(&l->b, '"');
		return;
	}
	key_name_text(ev->key, name);
	buf_adds(&l->b, name);
	if (ev->together && l->marks)
		buf_addc(&l->b, '\'');
	l->decisions += key_decisions(ev->key);
}

TEST(test_keys_cases)
{
	/* clang-format off */
	static const struct {
		const char *label, *in, *want;
	} cases[] = {
		{ "letters", "yA", "y A" },
		{ "controls", "\001\003\r\n\t\177\010",
		    "C-a C-c Enter C-j Tab Backspace Backspace" },
		{ "arrow", "\033[A", "Up" },
		{ "application arrow", "\033OA", "Up" },
		{ "control arrow", "\033[1;5A", "C-Up" },
		{ "linux function key", "\033[[A", "F1" },
		{ "page keys", "\033[5~\033[6~", "PageUp PageDown" },
		{ "alt letter", "\033y", "Alt-y" },
		{ "escape and interrupt", "\033\003", "Esc C-c" },
		{ "escape and suspend", "\033\032y", "Esc C-z y" },
		{ "alt enter", "\033\r", "Alt-Enter" },
		{ "shift enter, both ways", "\033[13;2u\033[27;2;13~",
		    "S-Enter S-Enter" },
		{ "keys that were asked for", "\033[27u\033[27;5u\033[99;5u"
		    "\033[121;3u\033[27;6;67~\033[9;2u\033[127;3u"
		    "\033[32;5u\033[91;5u\033[49;5u", "Esc Esc C-c Alt-y C-c S-Tab "
		    "Alt-Backspace C-Space Esc" },	/* C-1 is no key of ours */
		{ "a space with Shift", "I\033[32;2uam\033[32;130u\033[27;2;32~",
		    "I Space a m Space Space" },
		{ "keypad that types", "\033[57406u\033[57400;129u\033[57409u"
		    "\033[57410u\033[57411u\033[57412u\033[57413u"
		    "\033[57415u", "7 1 . / * - + =" },
		{ "the base layout decides commands", "\033[1089::99;5u"
		    "\033[1098::93;5u\033[1080::98;3u\033[1057:1057:99;6u",
		    "C-c C-] Alt-b C-c" },
		{ "usual layouts, if it isn't told", "\033[1089;5u"
		    "\033[27;5;1089~\033[968;5u\033[1489;5u\033[1098;5u"
		    "\033[12371;5u", "C-c C-c C-c C-c C-]" },
		{ "a Latin layout is the user's", "\033[97::113;5u"
		    "\033[228::39;3u", "C-a Alt-'" },
		{ "text is what is typed", "\033[97:65;2u\033[97;2u"
		    "\033[49:33;2u\033[97;;229u\033[1103::122;1;1103u"
		    "\033[0;;223u\033[0;;26085:26412u", "A A ! \xc3\xa5 "
		    "\xd1\x8f \xc3\x9f \xe6\x97\xa5 \xe6\x9c\xac" },
		{ "no text: controls, halves, codes of nothing",
		    "\033[0;;3u\033[0u\033[55296u\033[57344;;57344u\033[57455u"
		    "\033[1114112u\033[133u", "Esc" },
		{ "repeated and released", "\033[97;1:2u\033[97;1:3u"
		    "\033[1;1:2A\033[1;1:3A\033[3;5:1~\033[3;5:3~"
		    "\033[99;5:3u", "a Up C-Delete" },
		{ "Ctrl with a digit, as without the protocol",
		    "\033[47;5u\033[53;5u\033[50;5u\033[56;5u",
		    "C-_ C-] C-Space Backspace" },
		{ "Ctrl-Backspace", "\033[127;5u\033[127;2u\033[127;1:2u",
		    "C-Backspace Backspace Backspace" },
		{ "arrows of rxvt with Ctrl", "\033Od\033Oa\033[1;5D",
		    "C-Left C-Up C-Left" },
		{ "with Num Lock, or both locks", "\033[99;133u\033[13;130u"
		    "\033[1;129A\033[13;194u\033[99;1u\033[27;129u",
		    "C-c S-Enter Up S-Enter c Esc" },
		{ "keypad without Num Lock", "\033[57414u\033[57414;130u"
		    "\033[57417u\033[57426;5u\033[57427u\033[57358u",
		    "Enter S-Enter Left C-Delete" },
		{ "a letter in CSI u", "\033[121u", "y" },
		{ "alt arrow by two escapes", "\033\033[A", "Up" },
		{ "keypad gives nothing", "\033Oy", "" },
		{ "mouse report, old", "\033[M yA", "" },
		{ "mouse: other buttons, motion and releases", "\033[<1;1;1M"
		    "\033[<32;1;1M\033[<0;1;1m\033[<0;1M\033[<0;0;1M", "" },
		{ "focus", "\033[I\033[O", "" },
		{ "a key after the focus is lost", "\033[Oy\033[O\033[A",
		    "y Up" },
		{ "End of Terminology", "\033[OFy", "End y" },
		{ "answer to a status question", "\033[?1;2c", "" },
		{ "string reply", "\033]11;rgb:0/0/0\033\\y", "y" },
		{ "a paste after Alt-P", "\033P\033[200~yA\r\033[201~",
		  "\"yA\r\"" },
		{ "string reply with bell", "\033]0;yyy\007n", "n" },
		{ "device control", "\033P1$ryyy\033\\", "" },
		{ "utf-8", "\xc3\xa9\xe6\xbc\xa2", "\xc3\xa9 \xe6\xbc\xa2" },
		{ "bad utf-8", "\xff\xc3y", "y" },
		{ "8-bit CSI", "\x9b" "A", "Up" },
		{ "paste", "\033[200~yA\033[A\r\033[201~",
		    "\"yA\033[A\r\"" },
		{ "paste of lines after a key", "j\033[200~a\rb\rc\033[201~",
		    "j \"a\rb\rc\"" },
		{ "what follows a paste is text", "\033[200~x\033[201~y\r",
		    "\"x\" +\"y\" +\"\n\"" },
		{ "paste with half an end", "\033[200~a\033[201b\033[201~",
		    "\"a\033[201b\"" },
		{ "control key within a sequence", "\033[1;\003y",
		    "C-c y" },
		{ "endless parameters", "\033[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1"
		    ";1;1;1;1;1;1;1;1A", "" },
	};
	/* clang-format on */
	struct log log = { BUF_INIT(0), 0, false };
	struct keys *k;
	size_t i, j;
	int pieces;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		for (pieces = 0; pieces < 2; pieces++) {
			/* A paste comes out piece by piece: only whole. */
			if (pieces == 1 && strstr(cases[i].in, "[200~") != NULL)
				continue;
			k = keys_new(log_event, &log);
			buf_clear(&log.b);
			if (pieces == 0)
				keys_feed(k, cases[i].in, strlen(cases[i].in),
				    5000);
			for (j = 0; pieces == 1 && cases[i].in[j] != '\0'; j++)
				keys_feed(k, cases[i].in + j, 1,
				    5000 + (int64_t)j);
			if (strcmp(buf_str(&log.b), cases[i].want) != 0)
				fail_msg("%s: \"%s\"", cases[i].label,
				    buf_str(&log.b));
			keys_free(k);
		}
	}
	buf_release(&log.b);
}

/* Each code of the protocol's own, in its order. */
TEST(test_keys_codes)
{
	int code;

	for (code = KEY_CODE_FIRST; code <= KEY_CODE_LAST; code++)
		if (key_of_code(code) < 0)
			fail_msg("%d has no row", code);
	assert_int_equal(key_of_code(KEY_CODE_FIRST - 1), -1);
	assert_int_equal(key_of_code(KEY_CODE_LAST + 1), -1);
	assert_int_equal(key_of_code(57408), '9');
	assert_int_equal(key_of_code(57375), KEYS_F12);
	assert_int_equal(key_of_code(57441), 0);	/* Shift alone */
}

TEST(test_keys_timeouts)
{
	struct log log = { BUF_INIT(0), 0, false };
	struct keys *k = keys_new(log_event, &log);

	assert_int_equal(keys_deadline(k), -1);
	keys_feed(k, "\033", 1, 100);
	assert_int_equal(keys_deadline(k), 100 + KEYS_ESC_MS);
	keys_tick(k, 99 + KEYS_ESC_MS);
	assert_string_equal(buf_str(&log.b), "");
	keys_tick(k, 100 + KEYS_ESC_MS);
	assert_string_equal(buf_str(&log.b), "Esc");
	assert_int_equal(keys_deadline(k), -1);
	/* A person's next key is that key. */
	keys_feed(k, "j", 1, 3000);
	assert_string_equal(buf_str(&log.b), "Esc j");
	/* Within the wait, Esc and the next key are one key with Alt. */
	keys_feed(k, "\033", 1, 4000);
	keys_feed(k, "y", 1, 4000 + KEYS_ESC_MS - 1);
	assert_string_equal(buf_str(&log.b), "Esc j Alt-y");
	/* The late rest of a paste's mark, or of an answer, belongs to it. */
	buf_clear(&log.b);
	keys_feed(k, "\033[20", 4, 10000);
	keys_feed(k, "0~yA\033[201~", 10, 20000);
	assert_string_equal(buf_str(&log.b), "\"yA\"");
	buf_clear(&log.b);
	keys_feed(k, "\033]11;rg", 8, 30000);
	keys_feed(k, "b:a/y/A\033\\", 9, 40000);
	keys_feed(k, "\033]11;rg", 8, 50000);
	keys_feed(k, "b:a/y/A\033[A", 10, 60000);
	assert_string_equal(buf_str(&log.b), "Up");
	buf_clear(&log.b);
	keys_feed(k, "\033]", 2, 90000);
	keys_feed(k, "y", 1, 100000);	/* by a person */
	assert_string_equal(buf_str(&log.b), "y");
	buf_clear(&log.b);
	/* A paste has no deadline, however slow the line. */
	buf_clear(&log.b);
	keys_feed(k, "\033[200~a", 7, 110000);
	assert_int_equal(keys_deadline(k), -1);
	keys_feed(k, "y", 1, 900000);
	keys_feed(k, "\033[201~", 6, 1900000);
	keys_feed(k, "n", 1, 1900000 + KEYS_PASTE_MS);
	assert_string_equal(buf_str(&log.b), "\"a\" y n");
	keys_free(k);
	buf_release(&log.b);
}

/* The bytes after a lone Esc, and how long after it. */
TEST(test_keys_after_esc)
{
	/* clang-format off */
	static const struct {
		const char *label, *in;
		int pause;
		bool asked;
		const char *want;
	} cases[] = {
		{ "a letter acts at once", "q", KEYS_ESC_MS, false, "Esc q" },
		{ "also one that decides", "y", 100, false, "Esc y" },
		{ "the rest of an arrow", "[Ay", 100, false, "Esc y" },
		{ "of one with parameters", "[1;5Ay", 900, false, "Esc y" },
		{ "of an application arrow", "OAy", 900, false, "Esc y" },
		{ "a second later they are keys", "[O", 1000 + KEYS_ESC_MS,
		    false, "Esc [ O" },
		{ "no question was asked", "]1", 100, false, "Esc ] 1" },
		{ "one was: its answer", "]11;rgb:y/A/y\007n", 100, true,
		    "Esc n" },
		{ "no answer begins like that", "]qy", 100, true, "Esc q y" },
		{ "a key, for all that", "n]", 100, true, "Esc n ]" },
		{ "nor may it take longer", "]", 1000 + KEYS_ESC_MS, true,
		    "Esc ]" },
		{ "Esc again", "\033", 100, false, "Esc Esc" },
		{ "twice within its wait", "\033\033", 100, false,
		    "Esc Esc Esc" },
		{ "an arrow with Alt", "\033\033[A", 100, false, "Esc Up" },
		{ "Ctrl-C", "\003", 100, false, "Esc C-c" },
	};
	/* clang-format on */
	struct log log = { BUF_INIT(0), 0, false };
	struct keys *k;
	size_t i, j;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		int64_t at = 1000 + cases[i].pause;

		k = keys_new(log_event, &log);
		keys_expect(k, cases[i].asked);
		buf_clear(&log.b);
		keys_feed(k, "\033", 1, 1000);
		keys_tick(k, 1000 + KEYS_ESC_MS);
		for (j = 0; cases[i].in[j] != '\0'; j++)
			keys_feed(k, cases[i].in + j, 1, at);
		keys_tick(k, at + KEYS_ESC_MS);
		if (strcmp(buf_str(&log.b), cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].label, buf_str(&log.b));
		keys_free(k);
	}
	buf_release(&log.b);
}

/* The line cut a character, and the rest came too late: the keys after it
 * count. */
TEST(test_keys_torn)
{
	static const char *const torn[] = { "\xe2\x80\x9d", "\xe2\x80\x9c",
		"\xf0\x9d\x84\x9e", "\xc3\x9d" };
	struct log log = { BUF_INIT(0), 0, false };
	struct keys *k;
	size_t i, cut, n;

	for (i = 0; i < MEM_COUNT(torn); i++)
		for (n = strlen(torn[i]), cut = 1; cut < n; cut++) {
			k = keys_new(log_event, &log);
			buf_clear(&log.b);
			keys_feed(k, torn[i], cut, 1000);
			keys_tick(k, 1000 + KEYS_WAIT_MS);
			keys_feed(k, torn[i] + cut, n - cut, 3000);
			keys_feed(k, "j", 1, 3100);
			keys_tick(k, 5000);
			keys_feed(k, "k", 1, 5100);
			if (strcmp(buf_str(&log.b), "j k") != 0)
				fail_msg("%zu, %zu: %s", i, cut,
				    buf_str(&log.b));
			keys_free(k);
		}
	buf_release(&log.b);
}

/* A terminal's answer, whole or cut anywhere, however late: no key. Only a lone
 * ESC is one. */
TEST(test_keys_answer)
{
	static const char *const answers[] = {
		"\033]11;rgb:ffff/eeee/dddd\007",
		"\033]11;rgb:ffff/eeee/dddd\033\\",
		("\x9d" "11;rgb:ffff/eeee/dddd\x9c"),
	};
	struct log log = { BUF_INIT(0), 0, false };
	struct keys *k;
	size_t i, cut, n;
	int64_t at;

	for (i = 0; i < MEM_COUNT(answers); i++) {
		n = strlen(answers[i]);
		for (cut = 0; cut < n; cut++) {
			if (answers[i][cut] == '\\')
				continue;	/* its ESC comes alone */
			k = keys_new(log_event, &log);
			keys_expect(k, true);
			buf_clear(&log.b);
			keys_feed(k, answers[i], cut, 1000);
			for (at = 1000; at < 1900; at += 100)
				keys_tick(k, at);
			/* A string that has begun may take any time. */
			at += cut > (i == 2 ? 1 : 2) ? 60000 : 0;
			keys_tick(k, at);
			keys_feed(k, answers[i] + cut, n - cut, at);
			keys_tick(k, at + KEYS_WAIT_MS);
			keys_feed(k, "n", 1, at + KEYS_WAIT_MS);
			if (strcmp(buf_str(&log.b), cut == 1 && i < 2 ?
			    "Esc n" : "n") != 0)
				fail_msg("%zu, %zu: %s", i, cut,
				    buf_str(&log.b));
			keys_free(k);
		}
	}
	buf_release(&log.b);
}

TEST(test_keys_esc_ms)
{
	static const char *const names[] = { "ESCDELAY", "SSH_TTY",
		"SSH_CONNECTION", "TMUX", "TERM" };
	static const struct { const char *set[MEM_COUNT(names)]; int want; }
	cases[] = {
		{ { NULL, NULL, NULL, NULL, "xterm" }, KEYS_ESC_MS },
		{ { NULL, NULL, NULL, NULL, NULL }, KEYS_ESC_MS },
		{ { NULL, "/dev/pts/1" }, KEYS_ESC_FAR_MS },
		{ { NULL, NULL, "a b" }, KEYS_ESC_FAR_MS },
		{ { NULL, NULL, NULL, "/tmp/x" }, KEYS_ESC_FAR_MS },
		{ { NULL, NULL, NULL, NULL, "tmux-256color" },
		    KEYS_ESC_FAR_MS },
		{ { NULL, NULL, NULL, NULL, "screen" }, KEYS_ESC_FAR_MS },
		{ { "60", "/dev/pts/1" }, 60 },
		{ { "0", "/dev/pts/1" }, KEYS_ESC_FAR_MS },
		{ { "1s" }, KEYS_ESC_MS },
		{ { "-3" }, KEYS_ESC_MS },
		{ { "99999999999999999999" }, KEYS_ESC_MAX_MS },
	};
	struct log log = { BUF_INIT(0), 0, false };
	struct keys *k;
	size_t i, j;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		for (j = 0; j < MEM_COUNT(names); j++)
			if (cases[i].set[j] == NULL)
				unsetenv(names[j]);
			else
				setenv(names[j], cases[i].set[j], 1);
		k = keys_new(log_event, &log);
		keys_feed(k, "\033", 1, 1000);
		if (keys_deadline(k) != 1000 + cases[i].want)
			fail_msg("%zu: %d", i, (int)keys_deadline(k) - 1000);
		keys_free(k);
	}
	for (j = 0; j < MEM_COUNT(names); j++)
		unsetenv(names[j]);
	setenv("ESCDELAY", "25", 1);
}

/* GNU screen sends Esc with the next key, which decides nothing. */
TEST(test_keys_held_esc)
{
	static const struct { const char *sty, *tmux, *in, *want; } cases[] = {
		{ "1.x", NULL, "\033q", "Esc q'" },
		{ "1.x", NULL, "\033\033\\", "Esc' Esc' \\'" },
		{ "1.x", NULL, "\033\r", "Esc Enter'" },
		{ "1.x", NULL, "\033\303\244", "Esc' \303\244'" },
		{ "1.x", NULL, "\033[A\033OB", "Up' Down'" },
		{ "1.x", NULL, "\033[1;3A", "Alt-Up" },
		{ "1.x", "/tmp/x", "\033q", "Alt-q" },
		{ NULL, NULL, "\033q", "Alt-q" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct log log = { BUF_INIT(0), 0, true };
		struct keys *k;

		if (cases[i].sty != NULL)
			setenv("STY", cases[i].sty, 1);
		if (cases[i].tmux != NULL)
			setenv("TMUX", cases[i].tmux, 1);
		k = keys_new(log_event, &log);
		keys_feed(k, cases[i].in, strlen(cases[i].in), 1000);
		assert_string_equal(buf_str(&log.b), cases[i].want);
		keys_free(k);
		buf_release(&log.b);
		unsetenv("STY");
		unsetenv("TMUX");
	}
}

/* Characters of one read while no text is typed: a paste, or a slow line. */
TEST(test_keys_at_once)
{
	/* clang-format off */
	static const struct { const char *label, *in, *want; } cases[] = {
		{ "a line", "add tests\r",
		    "a' d' d' Space' t' e' s' t' s' Enter'" },
		{ "two lines", "y\rx\r", "y' Enter' x' Enter'" },
		{ "by other line ends", "y\nx\n", "y' C-j' x' C-j'" },
		{ "held down", "yyyy", "y' y' y' y'" },
		{ "a space", "y J", "y' Space' J'" },
		{ "letters of other scripts", "\xc3\xa9\xc3\xa8",
		    "\xc3\xa9' \xc3\xa8'" },
		{ "a letter with a colour", "\033[32my\033[0m", "y'" },
		{ "an arrow and a key", "\033[By", "Down' y'" },
		{ "Tab and a key", "\ty", "Tab' y'" },
		{ "Enter, and what another program reads", "y\r\033[A",
		    "y' Enter' Up'" },
		{ "arrows", "\033[A\033[A\033[B", "Up' Up' Down'" },
		{ "control keys", "\025\t", "C-u' Tab'" },
		{ "Ctrl-C counts", "add\003", "a' d' d' C-c'" },
		/* One. */
		{ "one", "y", "y" },
		{ "an arrow", "\033[1;5A", "C-Up" },
		{ "a letter of two bytes", "\xc3\xa9", "\xc3\xa9" },
		{ "Alt and a letter", "\033y", "Alt-y" },
	};
	/* clang-format on */
	struct log log = { BUF_INIT(0), 0, true };
	struct keys *k;
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		k = keys_new(log_event, &log);
		buf_clear(&log.b);
		keys_feed(k, cases[i].in, strlen(cases[i].in), 5000);
		keys_tick(k, 5000 + KEYS_WAIT_MS);
		if (strcmp(buf_str(&log.b), cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].label, buf_str(&log.b));
		keys_free(k);
	}
	/* A paste whose end never comes: a key alone after a second of silence
	 * ends it, and not what comes sooner, or together. */
	k = keys_new(log_event, &log);
	buf_clear(&log.b);
	keys_feed(k, "\033[200~a\r", 8, 5000);
	keys_feed(k, "\003", 1, 5000 + KEYS_WAIT_MS - 1);
	keys_feed(k, "y\r", 2, 9000);
	keys_feed(k, "\003", 1, 9000 + KEYS_WAIT_MS);
	keys_feed(k, "y", 1, 9000 + KEYS_WAIT_MS);
	assert_string_equal(buf_str(&log.b), "\"a\r\" +\"\003\" +\"y\r\" C-c y");
	keys_free(k);
	/* Nor an end that is late. */
	k = keys_new(log_event, &log);
	buf_clear(&log.b);
	keys_feed(k, "\033[200~a", 7, 5000);
	keys_feed(k, "\033[201~", 6, 9000);
	keys_feed(k, "y", 1, 9000 + KEYS_PASTE_MS);
	assert_string_equal(buf_str(&log.b), "\"a\" y");
	keys_free(k);
	buf_release(&log.b);
}

/* A decoder that knows the terminal, and what it has said. */
struct trim {
	struct keys	*keys;
	struct log	 log;
};

static void
cut_begin(struct trim *c)
{
	memset(c, 0, sizeof(*c));
	buf_init(&c->log.b, 0);
	c->keys = keys_new(log_event, &c->log);
}

static void
cut_end(struct trim *c)
{
	keys_free(c->keys);
	buf_release(&c->log.b);
}

/* Cut at every byte, and all apart, with a short and a long pause. */
static void
trim_string(const char *term, const char *name, const char *s, struct trim *c)
{
	static const int64_t pauses[] = { 10, 900 };
	size_t n = strlen(s), cut, i, p;
	int64_t now;

	/* Sequences only: a terminal may well send "y" for the key y. */
	if (n < 2 || ((unsigned char)s[0] >= 0x20 &&
	    (unsigned char)s[0] < 0x7f))
		return;
	for (cut = 0; cut < 2 * (n + 1); cut++) {
		p = cut / (n + 1);
		/* Out of whatever it is in: no mouse report is longer. */
		keys_feed(c->keys, "\003\003\003\003", 4, 0);
		buf_clear(&c->log.b);
		c->log.decisions = 0;
		now = 10000;
		for (i = 0; i < n; i++) {
			keys_feed(c->keys, s + i, 1, now);
			if (cut % (n + 1) != n && cut % (n + 1) != i)
				continue;
			now += pauses[p];
			keys_tick(c->keys, now);
		}
		keys_tick(c->keys, now + 5 * KEYS_WAIT_MS);
		if (c->log.decisions > 0)
			fail_msg("%s %s cut at %zu for %d ms decides: %s", term,
			    name, cut % (n + 1), (int)pauses[p],
			    buf_str(&c->log.b));
	}
}

/* The keys of one entry; how many there were. */
static int
cut_entry(const char *term)
{
	int err, strings = 0;
	char *s, *end;
	struct trim c;
	size_t j;

	if (setupterm(term, 1, &err) != OK) {
		/* It has been read all the same, if it is of no use. */
		if (cur_term != NULL)
			del_curterm(cur_term);
		return 0;
	}
	/* Others are refused: --plain works there. */
	if (!tty_has_usual_keys()) {
		del_curterm(cur_term);
		return 0;
	}
	cut_begin(&c);
	for (j = 0; strnames[j] != NULL; j++) {
		if (strnames[j][0] != 'k')
			continue;
		s = tigetstr(strnames[j]);
		if (s == NULL || s == (char *)-1)
			continue;
		s = xstrdup(s);
		/* Padding is for what is sent to a terminal. */
		if ((end = strstr(s, "$<")) != NULL)
			*end = '\0';
		trim_string(term, strnames[j], s, &c);
		free(s);
		strings++;
	}
	del_curterm(cur_term);
	cut_end(&c);
	return strings;
}

/* Every terminal that this machine knows. */
TEST(test_keys_terminfo)
{
	static const char *const roots[] = { "/etc/terminfo", "/lib/terminfo",
		"/usr/share/terminfo", "/usr/lib/terminfo" };
	int entries = 0, strings = 0;
	struct dirent *letter, *entry;
	DIR *root, *dir;
	size_t i;
	int got;

	for (i = 0; i < MEM_COUNT(roots); i++) {
		if ((root = opendir(roots[i])) == NULL)
			continue;
		while ((letter = readdir(root)) != NULL) {
			char *path = xasprintf("%s/%s", roots[i],
			    letter->d_name);

			dir = letter->d_name[0] == '.' ? NULL : opendir(path);
			while (dir != NULL && (entry = readdir(dir)) != NULL) {
				if (entry->d_name[0] == '.')
					continue;
				got = cut_entry(entry->d_name);
				entries += got > 0;
				strings += got;
			}
			if (dir != NULL)
				closedir(dir);
			free(path);
		}
		closedir(root);
	}
	print_message("# %d keys of %d terminals\n", strings, entries);
	assert_true(strings > 0);
}

/* All short sequences there are, cut or not: no plain letter comes out of
 * what starts with CSI or SS3. */
TEST(test_keys_exhaustive)
{
	struct trim c;
	char s[5];
	int a, b;

	cut_begin(&c);
	for (a = 0x20; a < 0x7f; a++) {
		snprintf(s, sizeof(s), "\033O%c", a);
		trim_string("any", "SS3", s, &c);
		if (a >= 0x40) {
			snprintf(s, sizeof(s), "\033[%c", a);
			trim_string("any", "CSI", s, &c);
		}
		for (b = 0x40; a < 0x40 && b < 0x7f; b++) {
			snprintf(s, sizeof(s), "\033[%c%c", a, b);
			trim_string("any", "CSI", s, &c);
		}
	}
	cut_end(&c);
}

/* ---- for another program ---- */

struct raw {
	struct buf	 bytes, ours;	/* all; and those of C-] */
	int		 asked, released;
	bool		 pasted;
};

static void
raw_event(void *arg, const struct key_event *ev)
{
	struct raw *r = arg;

	buf_add(&r->bytes, ev->bytes, ev->bytes_len);
	if (ev->text != NULL)
		r->pasted = true;
	if (ev->key != (KEYS_CTRL | ']'))
		return;
	buf_add(&r->ours, ev->bytes, ev->bytes_len);
	r->asked += !ev->released;
	r->released += ev->released;
}

static void
raw_release(struct raw *r)
{
	buf_release(&r->bytes);
	buf_release(&r->ours);
}
AUTO_AT(raw_release, struct raw)

/* Cut there, or everywhere, with such a pause. */
static void
raw_feed(struct raw *r, const char *s, size_t cut, int64_t pause)
{
	struct keys *k = keys_new_raw(raw_event, r);
	size_t i, n = strlen(s);
	int64_t now = 1000;

	for (i = 0; i < n; i++) {
		keys_feed(k, s + i, 1, now);
		if (cut == n || cut == i)
			now += pause;
		keys_tick(k, now);
	}
	keys_tick(k, now + KEYS_WAIT_MS);
	keys_free(k);
}

/* Each byte is told once and in its order, whatever it is and wherever cut. */
TEST(test_keys_raw)
{
	static const char *const in[] = { "ab\r", "\033[A\033OA", "\033", "\033\033",
		"\033x\033P\033]\033O\033[", "\033[1;5", "\033[97;1:3u", "\303\251",
		"\303", "\342\202x", "\377\233", "\033[I\033[Ox", "\033[M !!x",
		"\033[<0;1;1M", "\033[200~a\033[A\r\035\033[201~b",
		"\033[200~\033[20\033[201~", "\033[201~x", "\033]11;x\033\\",
		"\033\003\033\032", "\033[1;\003", "\033[?1;2c", "\033[[A",
		"\033[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1"
		";1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1u" };
	static const int64_t pauses[] = { 1, 60, 999, 5000 };
	size_t i, cut, p;

	for (i = 0; i < MEM_COUNT(in); i++)
		for (cut = 0; cut <= strlen(in[i]); cut++)
			for (p = 0; p < MEM_COUNT(pauses); p++) {
				AUTO(raw_release) struct raw r = { .asked = 0 };

				/* That would end a paste. */
				if (pauses[p] > KEYS_WAIT_MS &&
				    strstr(in[i], "[200~") != NULL)
					continue;
				raw_feed(&r, in[i], cut, pauses[p]);
				if (strcmp(buf_str(&r.bytes), in[i]) != 0)
					fail_msg("%zu cut at %zu for %d ms", i,
					    cut, (int)pauses[p]);
			}
}

/* C-] in all its forms, cut at each byte, and its release. */
TEST(test_keys_raw_ours)
{
	static const struct { const char *in; int released; } forms[] = {
		{ "\035", 0 }, { "\033[93;5u", 0 }, { "\033[93;5:1u", 0 },
		{ "\033[93;133u", 0 }, { "\033[93;5:1u\033[93;5:3u", 1 },
		{ "\033[93::93;5u", 0 }, { "\033[27;5;93~", 0 },
		{ "\033[1098::93;5u", 0 }, { "\033[1098;5u", 0 },
		{ "\033[27;5;1098~", 0 }, { "\033[93:125:93;69:1u", 0 },
		{ "\033[53;5u", 0 },
	};
	size_t i, cut;

	for (i = 0; i < MEM_COUNT(forms); i++)
		for (cut = 0; cut <= strlen(forms[i].in); cut++) {
			AUTO(raw_release) struct raw r = { .asked = 0 };

			raw_feed(&r, forms[i].in, cut, KEYS_ESC_MS - 1);
			if (r.asked != 1 || r.released != forms[i].released ||
			    strcmp(buf_str(&r.ours), forms[i].in) != 0)
				fail_msg("%s cut at %zu", forms[i].in + 1, cut);
		}
}

/* None is in a paste, nor lost after it, wherever its marks are cut. */
TEST(test_keys_raw_paste)
{
	static const char in[] = "\033[200~x\035\033[93;5ur\033[201~";
	static const int64_t pauses[] = { 1, 999, 5000 };
	size_t cut, p;

	for (cut = 0; cut < sizeof(in) - 1; cut++)
		for (p = 0; p < MEM_COUNT(pauses); p++) {
			AUTO(raw_release) struct raw r = { .asked = 0 };
			struct keys *k = keys_new_raw(raw_event, &r);

			keys_feed(k, in, cut, 1000);
			keys_tick(k, 1000 + pauses[p]);
			keys_feed(k, in + cut, sizeof(in) - 1 - cut,
			    1000 + pauses[p]);
			assert_int_equal(r.asked, 0);
			assert_true(r.pasted);
			keys_feed(k, "\035", 1, 1000 + pauses[p]);
			if (r.asked != 1)
				fail_msg("cut at %zu for %d ms", cut,
				    (int)pauses[p]);
			keys_free(k);
		}
}

/* ---- a terminal that speaks the protocol ---- */

#define PRESS	1
#define RELEASE	3
#define FLAG_EVENTS	2
#define FLAG_ALTERNATES	4
#define FLAG_ALL	8
#define FLAG_TEXT	16

static const struct cap {
	int	 code, shifted, base;	/* 0: types nothing */
	char	 final;
	uint32_t key, with_ctrl;
} caps[] = {
	{ 97, 65, 97, 'u', 'a', KEYS_CTRL | 'a' },
	{ 93, 125, 93, 'u', ']', KEYS_CTRL | ']' },
	{ 49, 33, 49, 'u', '1', 0 },
	{ 32, 0, 32, 'u', ' ', KEYS_CTRL | ' ' },
	{ 1089, 1057, 99, 'u', 'c', KEYS_CTRL | 'c' },
	{ 1098, 1066, 93, 'u', ']', KEYS_CTRL | ']' },
	{ 12354, 0, 51, 'u', '3', KEYS_ESC },
	{ 57406, 0, 0, 'u', '7', KEYS_CTRL | '_' },
	{ 57421, 0, 0, 'u', KEYS_PAGEUP, KEYS_CTRL | KEYS_PAGEUP },
	{ 57441, 0, 0, 'u', 0, 0 },
	{ 1, 0, 0, 'A', KEYS_UP, KEYS_CTRL | KEYS_UP },
	{ 3, 0, 0, '~', KEYS_DELETE, KEYS_CTRL | KEYS_DELETE },
	{ 27, 0, 0, 'u', KEYS_ESC, KEYS_ESC },
};

struct press {
	const struct cap *cap;
	int	 modifiers, event;
};

static bool
press_is_text(const struct press *p)
{
	return p->cap->base != 0 && (p->modifiers & ~1) == 0;
}

static int
press_text(const struct press *p)
{
	return (p->modifiers & 1) != 0 && p->cap->shifted != 0 ?
	    p->cap->shifted : p->cap->code;
}

/* As that terminal sends it, with these flags. */
static void
press_encode(const struct press *p, unsigned flags, struct buf *b)
{
	const struct cap *c = p->cap;
	bool text = press_is_text(p);
	bool shifted = (p->modifiers & 1) != 0 && c->shifted != 0;
	bool event = (flags & FLAG_EVENTS) != 0 && p->event != PRESS;

	if (p->event == RELEASE && ((flags & FLAG_EVENTS) == 0 ||
	    (text && (flags & FLAG_ALL) == 0)))
		return;
	if (text && (flags & FLAG_ALL) == 0) {
		utf8_put(b, (uint32_t)press_text(p));
		return;
	}
	buf_addf(b, "\033[%d", c->code);
	if ((flags & FLAG_ALTERNATES) != 0 && c->base != 0 &&
	    (shifted || c->base != c->code)) {
		buf_addc(b, ':');
		if (shifted)
			buf_addf(b, "%d", c->shifted);
		if (c->base != c->code)
			buf_addf(b, ":%d", c->base);
	}
	text = text && (flags & FLAG_TEXT) != 0 && p->event != RELEASE;
	if (p->modifiers != 0 || event || text)
		buf_addf(b, ";%d", p->modifiers + 1);
	if (event)
		buf_addf(b, ":%d", p->event);
	if (text)
		buf_addf(b, ";%d", press_text(p));
	buf_addc(b, c->final);
}

static void
press_log(struct buf *b, uint32_t key, bool released)
{
	char name[KEY_NAME_SIZE];

	if (key == 0)
		return;
	key_name_text(key, name);
	buf_addf(b, "%s%s ", released ? "-" : "", name);
}

/* The key that it means; 0: none. */
static uint32_t
press_key(const struct press *p)
{
	const struct cap *c = p->cap;
	uint32_t alt = (p->modifiers & 2) != 0 ? KEYS_ALT : 0;
	bool shift = (p->modifiers & 1) != 0, ctrl = (p->modifiers & 4) != 0;

	if (press_is_text(p))
		return (uint32_t)press_text(p);
	if (c->key == 0 || c->key == KEYS_ESC)
		return c->key;
	if (c->key >= KEYS_UP)
		return (ctrl ? c->with_ctrl : c->key) | alt |
		    (shift ? KEYS_SHIFT : 0);
	if (ctrl)
		return c->with_ctrl == 0 ? 0 : c->with_ctrl | alt;
	if (shift && c->key >= 'a' && c->key <= 'z')
		return (c->key - 'a' + 'A') | alt;
	/* The shifted key is of the user's own layout. */
	if (shift && c->shifted != 0 && c->code < 0x7f)
		return (uint32_t)c->shifted | alt;
	return c->key | alt;
}

struct heard {
	struct buf	 keys, bare;
};

static void
heard(void *arg, const struct key_event *ev)
{
	struct heard *h = arg;

	press_log(&h->keys, ev->key, ev->released);
	key_add_bare(&h->bare, ev->bytes, ev->bytes_len);
}

static void
press_any(struct press *p, uint64_t *seed)
{
	static const int events[] = { PRESS, PRESS, 2, RELEASE };

	p->cap = &caps[random_next(seed, MEM_COUNT(caps))];
	p->modifiers = (int)random_next(seed, 8);
	p->event = events[random_next(seed, MEM_COUNT(events))];
}

/* Keys by chance, with flags by chance: what is read is what was pressed, in
 * whatever pieces it comes; and without the base layout, the bytes are those of a
 * terminal that wasn't asked for it. */
TEST(test_keys_round_trip)
{
	unsigned long long i, rounds = rounds_of(2000, 200000);
	uint64_t seed = rounds_seed(), chance;
	size_t j, at, n;

	for (i = 0; i < rounds; i++) {
		struct buf sent = BUF_INIT(0), bare = BUF_INIT(0);
		struct buf want = BUF_INIT(0), one = BUF_INIT(0);
		struct heard h = { .keys = BUF_INIT(0) };
		struct keys *k = keys_new_raw(heard, &h);
		struct press p;
		unsigned flags;

		chance = seed + i;
		flags = 1 | random_next(&chance, 32);
		for (j = 0; j < 12; j++) {
			press_any(&p, &chance);
			buf_clear(&one);
			press_encode(&p, flags | FLAG_ALTERNATES, &one);
			if (one.len == 0)
				continue;
			buf_add(&sent, one.p, one.len);
			press_encode(&p, flags & ~(unsigned)FLAG_ALTERNATES,
			    &bare);
			press_log(&want, press_key(&p), p.event == RELEASE);
		}
		for (at = 0; at < sent.len; at += n) {
			n = 1 + random_next(&chance, 9);
			n = n > sent.len - at ? sent.len - at : n;
			keys_feed(k, sent.p + at, n, 1000);
		}
		if (strcmp(buf_str(&h.keys), buf_str(&want)) != 0 ||
		    strcmp(buf_str(&h.bare), buf_str(&bare)) != 0)
			fail_msg("SEED=%llu: flags %u: %s: %s, not %s",
			    (unsigned long long)seed + i, flags,
			    buf_str(&sent) + 1, buf_str(&h.keys),
			    buf_str(&want));
		keys_free(k);
		buf_release(&sent);
		buf_release(&bare);
		buf_release(&want);
		buf_release(&one);
		buf_release(&h.keys);
		buf_release(&h.bare);
	}
}

TEST(test_actions)
{
	struct buf b = BUF_INIT(0);
	size_t i, n;
	unsigned bit;
	const char *p;
	uint32_t key;
	char name[KEY_NAME_SIZE];

	for (i = 0; i < action_table_len; i++) {
		const struct action *a = &action_table[i];

		for (p = a->keys; *p != '\0'; p += n, p += strspn(p, " ")) {
			n = strcspn(p, " ");
			key = key_name_parse(p, n);
			if (key == 0)
				fail_msg("%s: no such key: %s", a->name, p);
			key_name_text(key, name);
			if (strlen(name) != n || memcmp(name, p, n) != 0)
				fail_msg("%s: %s reads %s", a->name, p, name);
			if ((a->flags & ACTION_DECIDES) != 0 &&
			    (key <= ' ' || key >= 0x7f))
				fail_msg("%s decides by %s", a->name, name);
			for (bit = 1; bit <= ACTION_CTX_PANE; bit <<= 1)
				if ((a->contexts & bit) != 0 &&
				    bindings_find(all, bit, key) != a)
					fail_msg("%s: key %s is taken by %s",
					    a->name, name,
					    bindings_find(all, bit, key)->name);
		}
	}
	bindings_list(all, &b);
	assert_non_null(strstr(b.p, "y                  diff       accept this hunk; "
	    "on"));
	assert_non_null(strstr(b.p, "(hunk-next hunk-previous)\n"));
	buf_release(&b);
}

/* Valid values of "keys", and the errors for others. */
TEST(test_bindings)
{
	/* clang-format off */
	static const struct {
		const char	*json;
		unsigned	 context;
		const char	*key;
		const char	*is;	/* the action, "" for none */
		const char	*error;	/* or what is said */
	} cases[] = {
		{ "{}", ACTION_CTX_DIFF, "y", "hunk-accept", NULL },
		{ "{\"hunk-accept\":\"t\",\"check\":\"y\"}",
		    ACTION_CTX_DIFF, "t", "hunk-accept", NULL },
		{ "{\"hunk-accept\":\"~\"}", ACTION_CTX_DIFF, "y", "", NULL },
		{ "{\"page-down\":\" C-d  PageDown \"}", ACTION_CTX_PANE,
		    "C-d", "page-down", NULL },
		{ "{\"inbox\":\"\"}", ACTION_CTX_PANE, "I", "", NULL },
		/* These were keys, and still are whose you bind. */
		{ "{}", ACTION_CTX_PLAN | ACTION_CTX_PANE, "F", "", NULL },
		{ "{}", ACTION_CTX_DIFF | ACTION_CTX_PANE, "h", "", NULL },
		{ "{}", ACTION_CTX_DIFF | ACTION_CTX_CHANGES | ACTION_CTX_PANE,
		    "p", "", NULL },
		{ "{}", ACTION_CTX_PANE, ".", "", NULL },
		{ "{}", ACTION_CTX_PAUSE | ACTION_CTX_PANE, "E", "", NULL },
		{ "{\"retry\":\".\"}", ACTION_CTX_PANE, ".", "retry", NULL },
		{ "{\"include\":\"p\"}", ACTION_CTX_DIFF | ACTION_CTX_PANE,
		    "p", "include", NULL },
		{ "{\"input-kill-word\":\"M-k\"}", ACTION_CTX_INPUT,
		    "Alt-k", "input-kill-word", NULL },
		{ "{\"zoom\":\"z\"}", 0, NULL, NULL,
		    "f: keys.zoom: no longer an action; panes need no zoom" },
		{ "{\"hunk-acceptt\":\"y\"}", 0, NULL, NULL,
		    "f: keys.hunk-acceptt: no such action; did you mean "
		    "\"hunk-accept\"? (assent config keys lists them)" },
		{ "{\"retry\":1}", 0, NULL, NULL,
		    "f: keys.retry: must be a string of keys" },
		{ "{\"retry\":\"Shft-z\"}", 0, NULL, NULL,
		    "f: keys.retry: \"Shft-z\" is not a key" },
		{ "{\"hunk-accept\":\"Enter\"}", 0, NULL, NULL,
		    "f: keys.hunk-accept: \"Enter\" can't decide" },
		{ "{\"hunk-accept\":\"Space\"}", 0, NULL, NULL,
		    "f: keys.hunk-accept: \"Space\" can't decide" },
		{ "{\"send\":\"C-x\"}", 0, NULL, NULL,
		    "f: keys.send: \"C-x\" can't decide" },
		{ "{\"input-send\":\"s\"}", 0, NULL, NULL,
		    "f: keys.input-send: \"s\" is a typing key" },
		{ "{\"quit\":\"\"}", 0, NULL, NULL,
		    "f: keys.quit: needs a key" },
		/* The user's own wins over the table's, */
		{ "{\"line-down\":\"k\"}", ACTION_CTX_PANE, "k",
		    "line-down", NULL },
		{ "{\"line-down\":\"k\"}", ACTION_CTX_PANE, "Up",
		    "line-up", NULL },
		{ "{\"line-down\":\"k\"}", ACTION_CTX_PANE, "j", "", NULL },
		{ "{\"hunk-next\":\"y\"}", ACTION_CTX_DIFF, "y",
		    "hunk-next", NULL },
		{ "{\"plan-approve\":\"z\"}", ACTION_CTX_PLAN, "z",
		    "plan-approve", NULL },
		{ "{\"plan-approve\":\"z\"}", ACTION_CTX_PANE, "z", "",
		    NULL },
		/* elsewhere the table's stays, */
		{ "{\"retry\":\"C-x\"}", ACTION_CTX_PICK, "C-x",
		    "background-stop", NULL },
		/* and nothing that decides gets a key by that: a pick is
		 * dropped where the user switches blanks. */
		{ "{\"hunk-next\":\"W\"}", ACTION_CTX_LINES |
		    ACTION_CTX_PANE, "W", "", NULL },
		{ "{\"line-down\":\"k\",\"line-up\":\"k\"}", 0, NULL,
		    NULL,
		    "f: keys: k is bound to both line-down and line-up" },
		{ "{\"retry\":\"Tab\"}", 0, NULL, NULL,
		    "f: keys: Tab is bound to retry and is the only key of "
		    "pane-next, which needs one" },
		{ "{\"retry\":\"Tab\",\"pane-next\":\"z\"}",
		    ACTION_CTX_PANE, "Tab", "retry", NULL },
		{ "{\"page-down\":\"n\"}", 0, NULL, NULL,
		    "f: keys: n is bound to both command-reject and page-down" },
	};
	/* clang-format on */
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		cJSON *o = json_parse(cases[i].json, strlen(cases[i].json),
		    JSON_NUL_REFUSE, NULL);
		const struct action *a;
		struct err e = ERR_INIT;
		struct bindings *b = bindings_new(o, "f", &e);

		assert_non_null(o);
		cJSON_Delete(o);
		if (cases[i].error != NULL) {
			if (b != NULL || strncmp(e.text, cases[i].error,
			    strlen(cases[i].error)) != 0)
				fail_msg("%s: %s", cases[i].json, e.text);
			continue;
		}
		if (b == NULL)
			fail_msg("%s: %s", cases[i].json, e.text);
		a = bindings_find(b, cases[i].context, key_name_parse(cases[i].key,
		    strlen(cases[i].key)));
		if (strcmp(a == NULL ? "" : a->name, cases[i].is) != 0)
			fail_msg("%s: %s is %s", cases[i].json, cases[i].key,
			    a == NULL ? "nothing" : a->name);
		bindings_free(b);
	}
}

/* A sequence that is forgotten half-way gives neither a key nor text. */
TEST(test_keys_forget)
{
	static const char *const begun[] = { "\033", "\033[", "\033O", "\033]",
		"\033[1;", "\303", "\033[200~", "\033[M" };
	struct log log = { BUF_INIT(0), 0, false };
	struct keys *k = keys_new(log_event, &log);
	size_t i;

	for (i = 0; i < MEM_COUNT(begun); i++) {
		keys_feed(k, begun[i], strlen(begun[i]), 1000);
		keys_forget(k);
		assert_int_equal(keys_deadline(k), -1);
		keys_feed(k, "j", 1, 1000);
		if (strcmp(buf_str(&log.b), "j") != 0)
			fail_msg("%zu: %s", i, buf_str(&log.b));
		buf_clear(&log.b);
	}
	keys_free(k);
	buf_release(&log.b);
}

int
main(void)
{
	int failed;

	all = bindings_new(NULL, "", NULL);
	setenv("ESCDELAY", "25", 1);	/* KEYS_ESC_MS, whatever runs this */
	unsetenv("STY");
	failed = unit_run();
	bindings_free(all);
	return failed;
}
