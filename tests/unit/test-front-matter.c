/* Front matter as people write it, and what isn't any. */
#include "config.h"

#include "base/buf.h"
#include "base/front-matter.h"
#include "base/mem.h"
#include "tests/unit/unit.h"

TEST(test_values)
{
	static const struct { const char *label, *lines, *value; } t[] = {
		{ "plain", "k: Review a change\n", "Review a change" },
		{ "colons", "k: Use when: the user asks \"why: x\"\n",
		    "Use when: the user asks \"why: x\"" },
		{ "quote within", "k: Don't stop\n", "Don't stop" },
		{ "brackets", "k: [issue number] [--fast]\n",
		    "[issue number] [--fast]" },
		{ "comment", "k: haiku  # fast\n", "haiku" },
		{ "no comment", "k: C#, F# and a#b\n", "C#, F# and a#b" },
		{ "double", "k: \"a \\\"b\\\" \\u00e9: c # d\" # e\n",
		    "a \"b\" \xc3\xa9: c # d" },
		{ "single", "k: 'it''s \"so\": \\n'\n", "it's \"so\": \\n" },
		{ "bad escape", "k: \"C:\\dir\"\n", "C:\\dir" },
		{ "more than quotes", "k: \"a\" and \"b\"\n",
		    "\"a\" and \"b\"" },
		{ "open quote", "k: \"a\nother: b\"\n", "\"a" },
		{ "quotes of lines", "k: \"a\n  b\n\n  c\"\n", "a b\nc" },
		{ "empty", "k:\n", "" }, { "empty quotes", "k: \"\"\n", "" },
		{ "next line", "k:\n  Use when: x\n", "Use when: x" },
		{ "continued", "k: a\n  b # no\n\tc\n\n  d\n", "a b c\nd" },
		{ "folded", "k: >-\n  a # b\n  c: d\n\n  e\n    f\n  g\n\n",
		    "a # b c: d\ne   f g" },
		{ "literal", "k: |+ # x\n    a\n      b\n\n\n    c\n\n",
		    "a\n  b\n\n\nc" },
		{ "no block", "k: > 5 files\n", "> 5 files" },
		{ "rule in a block", "k: |\n  a\n  ---\n  b\n", "a\n---\nb" },
		{ "list", "k:\n  - Bash(git add:*)\n  - \"b # c\" # d\n"
		    "\n  # e\n  - f\n    g\n", "- Bash(git add:*) - \"b\n\n- f g" },
		{ "list, not indented", "k:\n- a\n# b\n- c\n", "- a\n- c" },
		{ "flow", "k: [Bash, \"Read\"] # x\n", "[Bash, \"Read\"]" },
		{ "mapping", "k:\n  author: x\n  tags:\n    - y\n", "" },
		{ "twice", "k: a\nk: b\n", "b" },
		{ "double key", "\"k\": \"a: b\"\n", "a: b" },
		{ "single key", "'k': a\n'other-key':\n  - b\n", "a" },
	};
	struct err e = ERR_INIT;
	struct front_matter fm;
	char *text, *crlf;
	size_t i, j, n;

	for (i = 0; i < MEM_COUNT(t); i++) {
		text = xasprintf("---\nfirst: 1\n%slast: 2\n--- \nbody\n---\n",
		    t[i].lines);
		assert_int_equal(front_matter_parse(&fm, text, strlen(text),
		    &e), 0);
		print_message("# %s\n", t[i].label);
		assert_string_equal(front_matter_get(&fm, "k"), t[i].value);
		assert_string_equal(front_matter_get(&fm, "last"), "2");
		assert_null(front_matter_get(&fm, "author"));
		assert_string_equal(text + fm.body, "body\n---\n");
		front_matter_release(&fm);

		/* The same from Windows. */
		n = strlen(text);
		crlf = xmalloc(4 + 2 * n);
		strcpy(crlf, "\xef\xbb\xbf");
		for (n = 3, j = 0; text[j] != '\0'; j++) {
			if (text[j] == '\n')
				crlf[n++] = '\r';
			crlf[n++] = text[j];
		}
		crlf[n] = '\0';
		assert_int_equal(front_matter_parse(&fm, crlf, n, &e), 0);
		assert_string_equal(front_matter_get(&fm, "k"), t[i].value);
		assert_string_equal(crlf + fm.body, "body\r\n---\r\n");
		front_matter_release(&fm);
		free(crlf);
		free(text);
	}
}

TEST(test_bad)
{
	static const struct {
		const char *text, *error, *k, *body;
	} t[] = {
		{ "", "", NULL, "" },
		{ "# Title\n---\nk: 1\n---\n", "", NULL,
		    "# Title\n---\nk: 1\n---\n" },
		{ "----\nk: 1\n---\n", "", NULL, "----\nk: 1\n---\n" },
		{ "---\n---\nbody", "", NULL, "body" },
		{ "---\nk: 1\n---", "", "1", "" },
		{ "\n \r\n---\nk: 1\n---\nbody", "", "1", "body" },
		{ "\n\n---\n\n1\n---\nbody", "line 5: no \"key: value\"",
		    NULL, "body" },
		{ "\n---\nk: 1\n", "line 2: no second line \"---\" ends what "
		    "begins here", NULL, "\n---\nk: 1\n" },
		{ "\n\nbody\n", "", NULL, "\n\nbody\n" },
		{ "---\n\"k: 2\n'k\": 3\n\"k\"4\n\"\": 1\n---\n",
		    "line 2: no \"key: value\"", NULL, "" },
		{ "---\n# x\n\nk: 1\nno key\nk2=1\n---\nbody",
		    "line 5: no \"key: value\"", "1", "body" },
		{ "---\n  - a\nk: |\n  b\n\nc\n---\n",
		    "line 2: no \"key: value\"", "b", "" },
		{ "---\nk: 1\nbody", "line 1: no second line \"---\" ends what "
		    "begins here", NULL, "---\nk: 1\nbody" },
		{ "---\nk: \xff\n---\nbody", "it isn't UTF-8 text", NULL,
		    "---\nk: \xff\n---\nbody" },
	};
	struct front_matter fm;
	const char *k;
	struct err e;
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		e = (struct err)ERR_INIT;
		assert_int_equal(front_matter_parse(&fm, t[i].text,
		    strlen(t[i].text), &e), *t[i].error != '\0' ? -1 : 0);
		assert_string_equal(e.text, t[i].error);
		k = front_matter_get(&fm, "k");
		assert_string_equal(k != NULL ? k : "-",
		    t[i].k != NULL ? t[i].k : "-");
		assert_string_equal(t[i].text + fm.body, t[i].body);
		front_matter_release(&fm);
	}
	assert_int_equal(front_matter_parse(&fm, "a\0b", 3, NULL), -1);
}

/* Time grows with the text, whatever is in it. */
TEST(test_long)
{
	static const char *const t[] = {
		"a: \"\n", "a: '\n", "a: ''' \" '\n", "a:\n", " -\n", "- [\n",
		" #", "a: |\n", "\n", "\\\"", "a: \" \\\n", "(",
	};
	struct buf b = BUF_INIT(0);
	struct front_matter fm;
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		buf_clear(&b);
		buf_adds(&b, "---\nk: ");
		while (b.len < 1 << 20)
			buf_adds(&b, t[i]);
		buf_adds(&b, "\n---\n");
		(void)front_matter_parse(&fm, b.p, b.len, NULL);
		assert_int_equal(fm.body, b.len);
		front_matter_release(&fm);
	}
	buf_release(&b);
}
