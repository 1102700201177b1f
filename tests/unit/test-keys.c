/*
 * The decoder under what real terminals send: every key string of several
 * terminfo entries, cut at every byte with a timeout in between, must never
 * come out as a key that decides something.
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
#include <curses.h>
#include <term.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ui/action.h"
#include "ui/keys.h"


struct log {
	struct buf	b;
	int		decisions;
};

static void
log_event(void *arg, const struct key_event *ev)
{
	struct log *l = arg;
	char name[KEYS_NAME_SIZE];
	unsigned bit;

	if (l->b.len > 0)
		buf_addc(&l->b, ' ');
	if (ev->key == 0) {
		buf_addc(&l->b, '"');
		buf_add(&l->b, ev->text, ev->len);
		buf_addc(&l->b, '"');
		return;
	}
	keys_name(ev->key, name);
	buf_adds(&l->b, name);
	for (bit = 1; bit <= ACTION_CTX_PANE; bit <<= 1) {
		const struct action *a = action_find(bit, ev->key);

		if (a != NULL && (a->flags & ACTION_DECIDES) != 0)
			l->decisions++;
	}
}

static void
test_keys_cases(void **state)
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
		{ "alt letter", "\033y", "M-y" },
		{ "alt enter", "\033\r", "M-Enter" },
		{ "shift enter, both ways", "\033[13;2u\033[27;2;13~",
		    "S-Enter S-Enter" },
		{ "a letter in CSI u decides nothing", "\033[121u", "" },
		{ "alt arrow by two escapes", "\033\033[A", "Up" },
		{ "keypad gives nothing", "\033Oy", "" },
		{ "mouse report, old", "\033[M yA", "" },
		{ "mouse report, new", "\033[<0;1;1M", "" },
		{ "focus", "\033[I\033[O", "" },
		{ "answer to a status question", "\033[?1;2c", "" },
		{ "string reply", "\033]11;rgb:0/0/0\033\\y", "y" },
		{ "string reply with bell", "\033]0;yyy\007n", "n" },
		{ "device control", "\033P1$ryyy\033\\", "" },
		{ "utf-8", "\xc3\xa9\xe6\xbc\xa2", "\xc3\xa9 \xe6\xbc\xa2" },
		{ "bad utf-8", "\xff\xc3y", "y" },
		{ "8-bit CSI", "\x9b" "A", "Up" },
		{ "paste", "\033[200~yA\033[A\r\033[201~",
		    "\"yA\033[A\r\"" },
		{ "what follows a paste is text", "\033[200~x\033[201~y\r",
		    "\"x\" \"y\" \"\n\"" },
		{ "paste with half an end", "\033[200~a\033[201b\033[201~",
		    "\"a\033[201b\"" },
		{ "control key within a sequence", "\033[1;\003y",
		    "C-c y" },
		{ "endless parameters", "\033[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1"
		    ";1;1;1;1;1;1;1;1A", "" },
	};
	/* clang-format on */
	struct log log = { BUF_INIT(0), 0 };
	struct keys *k;
	size_t i, j;
	int pieces;

	(void)state;
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

static void
test_keys_timeouts(void **state)
{
	struct log log = { BUF_INIT(0), 0 };
	struct keys *k = keys_new(log_event, &log);

	(void)state;
	assert_int_equal(keys_deadline(k), -1);
	keys_feed(k, "\033", 1, 100);
	assert_int_equal(keys_deadline(k), 100 + KEYS_WAIT_MS);
	keys_tick(k, 99 + KEYS_WAIT_MS);
	assert_string_equal(buf_str(&log.b), "");
	keys_tick(k, 100 + KEYS_WAIT_MS);
	assert_string_equal(buf_str(&log.b), "Esc");
	assert_int_equal(keys_deadline(k), -1);
	/* A person's next key is that key. */
	keys_feed(k, "j", 1, 3000);
	assert_string_equal(buf_str(&log.b), "Esc j");
	/* Within the wait it is one key with Alt. */
	keys_feed(k, "\033", 1, 4000);
	keys_feed(k, "y", 1, 4999);
	assert_string_equal(buf_str(&log.b), "Esc j M-y");
	/* A paste has no deadline, however slow the line. */
	buf_clear(&log.b);
	keys_feed(k, "\033[200~a", 7, 6000);
	assert_int_equal(keys_deadline(k), -1);
	keys_feed(k, "y", 1, 900000);
	keys_feed(k, "\033[201~", 6, 1900000);
	keys_feed(k, "n", 1, 1900000 + KEYS_PASTE_MS);
	assert_string_equal(buf_str(&log.b), "\"a\" \"y\" n");
	keys_free(k);
	buf_release(&log.b);
}

static void
test_keys_guess(void **state)
{
	static const struct { const char *label, *in, *want; } cases[] = {
		{ "a line at once", "yAy\r", "\"yAy\r\"" },
		{ "control keys with it", "yA\025x", "\"yA\025x\"" },
		{ "a few keys of a slow line", "jjy", "j j y" },
		{ "a key held down", "jjjjjjj", "j j j j j j j" },
		{ "arrows", "\033[A\033[A\033[B", "Up Up Down" },
		{ "Ctrl-C counts", "abcd\003", "a b c d C-c" },
	};
	struct log log = { BUF_INIT(0), 0 };
	struct keys *k;
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		k = keys_new(log_event, &log);
		keys_guess_pastes(k);
		buf_clear(&log.b);
		keys_feed(k, cases[i].in, strlen(cases[i].in), 5000);
		if (strcmp(buf_str(&log.b), cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].label, buf_str(&log.b));
		keys_free(k);
	}
	/* What stands behind it is of it, and then there are keys again. */
	k = keys_new(log_event, &log);
	keys_guess_pastes(k);
	buf_clear(&log.b);
	keys_feed(k, "abcd", 4, 5000);
	keys_feed(k, "y", 1, 5000 + KEYS_PASTE_MS - 1);
	keys_feed(k, "y", 1, 5000 + KEYS_PASTE_MS);
	assert_string_equal(buf_str(&log.b), "\"abcd\" \"y\" y");
	keys_free(k);
	buf_release(&log.b);
}

static void
cut_string(const char *term, const char *name, const char *s)
{
	struct log log = { BUF_INIT(0), 0 };
	size_t n = strlen(s), cut;
	struct keys *k;
	int64_t now;

	/* Sequences only: a terminal may well send "y" for the key y. */
	if (n < 2 || s[0] != '\033')
		return;
	for (cut = 0; cut <= n; cut++) {
		k = keys_new(log_event, &log);
		now = 10000;
		if (cut == n) {	/* all apart */
			for (size_t i = 0; i < n; i++) {
				keys_feed(k, s + i, 1, now);
				now += 2 * KEYS_WAIT_MS;
				keys_tick(k, now);
			}
		} else {
			keys_feed(k, s, cut, now);
			keys_tick(k, now + 100);
			now += 2 * KEYS_WAIT_MS;
			keys_tick(k, now);
			keys_feed(k, s + cut, n - cut, now);
		}
		keys_tick(k, now + 5 * KEYS_WAIT_MS);
		if (log.decisions > 0)
			fail_msg("%s %s cut at %zu decides: %s", term, name,
			    cut, buf_str(&log.b));
		buf_clear(&log.b);
		keys_free(k);
	}
	buf_release(&log.b);
}

static void
test_keys_terminfo(void **state)
{
	static const char *const terms[] = { "xterm-256color", "xterm",
		"screen", "screen-256color", "tmux", "tmux-256color", "vt100",
		"vt220", "linux" };
	int err, strings = 0;
	size_t i, j;
	char *s;

	(void)state;
	for (i = 0; i < MEM_COUNT(terms); i++) {
		if (setupterm(terms[i], 1, &err) != OK) {
			print_message("# %s: no terminfo entry\n", terms[i]);
			continue;
		}
		for (j = 0; strnames[j] != NULL; j++) {
			if (strnames[j][0] != 'k')
				continue;
			s = tigetstr(strnames[j]);
			if (s == NULL || s == (char *)-1)
				continue;
			cut_string(terms[i], strnames[j], s);
			strings++;
		}
		/* With modifiers: not in the plain table. */
		for (j = 2; j <= 8; j++) {
			char seq[16];
			const char *p;

			for (p = "ABCDFHPQRS"; *p != '\0'; p++) {
				snprintf(seq, sizeof(seq), "\033[1;%zu%c", j,
				    *p);
				cut_string(terms[i], "modified", seq);
			}
		}
		del_curterm(cur_term);
	}
	assert_true(strings > 0);
}

/* All short sequences there are, cut or not: no plain letter comes out of
 * what starts with CSI or SS3. */
static void
test_keys_exhaustive(void **state)
{
	char s[5];
	int a, b;

	(void)state;
	for (a = 0x20; a < 0x7f; a++) {
		snprintf(s, sizeof(s), "\033O%c", a);
		cut_string("any", "SS3", s);
		if (a >= 0x40) {
			snprintf(s, sizeof(s), "\033[%c", a);
			cut_string("any", "CSI", s);
		}
		for (b = 0x40; a < 0x40 && b < 0x7f; b++) {
			snprintf(s, sizeof(s), "\033[%c%c", a, b);
			cut_string("any", "CSI", s);
		}
	}
}

static void
test_actions(void **state)
{
	struct buf b = BUF_INIT(0);
	size_t i, n;
	unsigned bit;
	const char *p;
	uint32_t key;
	char name[KEYS_NAME_SIZE];

	(void)state;
	for (i = 0; i < action_table_len; i++) {
		const struct action *a = &action_table[i];

		for (p = a->keys; *p != '\0'; p += n, p += strspn(p, " ")) {
			n = strcspn(p, " ");
			key = keys_parse(p, n);
			if (key == 0)
				fail_msg("%s: no such key: %s", a->name, p);
			keys_name(key, name);
			if (strlen(name) != n || memcmp(name, p, n) != 0)
				fail_msg("%s: %s reads %s", a->name, p, name);
			if ((a->flags & ACTION_DECIDES) != 0 &&
			    (key <= ' ' || key >= 0x7f))
				fail_msg("%s decides by %s", a->name, name);
			for (bit = 1; bit <= ACTION_CTX_PANE; bit <<= 1)
				if ((a->contexts & bit) != 0 &&
				    action_find(bit, key) != a)
					fail_msg("%s: key %s is taken by %s",
					    a->name, name,
					    action_find(bit, key)->name);
		}
	}
	action_list(&b);
	assert_non_null(strstr(b.p, "hunk-yes\ty\tdiff\ttake this hunk\n"));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_cases),
		cmocka_unit_test(test_keys_timeouts),
		cmocka_unit_test(test_keys_guess),
		cmocka_unit_test(test_keys_terminfo),
		cmocka_unit_test(test_keys_exhaustive),
		cmocka_unit_test(test_actions),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
