#include "config.h"

#include <fcntl.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "tests/unit/unit.h"
#include "tool/edit-match.h"

#define MAX ((size_t)64 << 20)

static const char *const kinds[] = {
	[EDIT_OK] = "ok", [EDIT_NOT_FOUND] = "not_found",
	[EDIT_AMBIGUOUS] = "ambiguous", [EDIT_NO_CHANGE] = "no_change",
	[EDIT_EMPTY_OLD] = "empty_old", [EDIT_TOO_LARGE] = "too_large",
	[EDIT_OVERLAP] = "overlap",
};

/* One edit. */
static void
edit_apply(struct edit_result *r, const char *file, size_t n,
    const char *old, size_t old_n, const char *new, size_t new_n,
    bool replace_all, size_t max)
{
	const struct edit_one one = { old, new, old_n, new_n, replace_all };

	edit_apply_list(r, file, n, &one, 1, max);
}

/* The shared cases; file_missing is the tool's, see test-tool-files. */
TEST(test_fixtures)
{
	const char *src = getenv("srcdir");
	char *path = fs_join(src == NULL ? "." : src,
	    "tests/fixtures/edit/cases.json");
	struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;
	const cJSON *c;
	cJSON *all;
	int n = 0;

	if (fs_read_file(AT_FDCWD, path, &b, &e) < 0)
		fail_msg("%s", e.text);
	all = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, &e);
	assert_non_null(all);
	cJSON_ArrayForEach(c, all) {
		const char *name = json_str(c, "name");
		const char *old = json_str(c, "old"), *new = json_str(c, "new");
		const cJSON *expect = json_get(c, "expect");
		const cJSON *error = json_get(expect, "error");
		const char *want = error == NULL ? "ok" :
		    json_str(error, "kind");
		struct edit_result r;
		size_t len = 0, out_len = 0;
		char *file = json_get_bytes(c, "file", &len);
		char *out = json_get_bytes(expect, "content", &out_len);

		if (file != NULL) {
			edit_apply(&r, file, len, old, strlen(old), new,
			    strlen(new), json_bool(c, "replace_all", false),
			    MAX);
			if (strcmp(kinds[r.kind], want) != 0)
				fail_msg("%s: %s", name, kinds[r.kind]);
			if (out != NULL && (r.content.len != out_len ||
			    memcmp(buf_str(&r.content), out, out_len) != 0))
				fail_msg("%s: got '%s'", name,
				    buf_str(&r.content));
			if (json_int(error, "count", -1) >= 0 &&
			    json_int(error, "count", -1) != (int64_t)r.count)
				fail_msg("%s: count %zu", name, r.count);
			buf_release(&r.content);
			n++;
		} else {
			assert_string_equal(want, "file_missing");
		}
		free(file);
		free(out);
	}
	assert_true(n >= 20);
	cJSON_Delete(all);
	buf_release(&b);
	free(path);
}

TEST(test_more)
{
	static const struct {
		const char	*label, *file, *old, *new;
		bool		 all;
		const char	*want;	/* the content, or a kind after '!' */
		bool		 fuzzy;
	} cases[] = {
		{ "overlapping places are two", "aaa", "aa", "b", false,
		    "!ambiguous", false },
		{ "nothing", "", "x", "y", false, "!not_found", false },
		{ "everything deleted", "x", "x", "", false, "", false },
		{ "quotes", "a \xe2\x80\x98x\xe2\x80\x99\n", "'x'", "y", false,
		    "a y\n", true },
		{ "fuzzy twice", "\xe2\x80\x9cx\xe2\x80\x9d \xe2\x80\x9ex\xe2"
		    "\x80\x9f", "\"x\"", "y", false, "!ambiguous", false },
		{ "minus", "1 \xe2\x88\x92 2", "1 - 2", "0", false, "0",
		    true },
		{ "composed in old", "re\xcc\x81sume\xcc\x81",
		    "r\xc3\xa9sum\xc3\xa9", "cv", false, "cv",
		    true },
		{ "decomposed in old", "r\xc3\xa9sum\xc3\xa9",
		    "re\xcc\x81sume\xcc\x81", "cv", false, "cv",
		    true },
		{ "hangul", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab = 1",
		    "\xed\x95\x9c = 1", "x", false, "x",
		    true },
		{ "blanks at line ends in old", "a\nb\n", "a  \nb", "c", false,
		    "c\n", true },
		{ "blanks that end old in a line", "\xe2\x80\x9c" "a\xe2\x80"
		    "\x9d  b\n", "\"a\" ", "x", false, "x b\n",
		    true },
		{ "but not elsewhere", "foobar\n", "foo ", "x", false,
		    "!not_found", false },
		{ "only blanks", "a\n", " ", "x", false, "!not_found", false },
		{ "blank line with blanks", "a\n  \nb\n", "a\n\nb", "x", false,
		    "x\n", true },
		{ "crlf: old in lf", "a\r\nb\r\n", "a\nb\n", "c\n", false,
		    "c\r\n", true },
		{ "crlf: given as crlf", "a\r\nb\r\n", "a\r\nb", "a\r\nc",
		    false, "a\r\nc\r\n", false },
		{ "crlf: delete a line", "a\r\nb\r\nc\r\n", "b\n", "", false,
		    "a\r\nc\r\n", true },
		{ "crlf cannot be turned by an edit", "a\r\n", "a\r\n", "a\n",
		    false, "!no_change", false },
		{ "mixed: as its line", "a\nb\r\nc\n", "b", "b\nx", false,
		    "a\nb\r\nx\r\nc\n", false },
		{ "mixed: last line", "a\nb\r\nc", "c", "c\nx", false,
		    "a\nb\r\nc\r\nx", false },
		{ "mixed: all", "q\nq\r\nq", "q", "p\np", true,
		    "p\np\np\r\np\r\np\r\np", false },
		{ "mixed: explicit", "a\r\nb\n", "a\r\n", "a\n", false,
		    "a\nb\n", false },
		{ "lone cr is no line end", "a\rb\nc\n", "a\rb", "x", false,
		    "x\nc\n", false },
		{ "stray bytes are no letters", "\xe2\x80\n", "-", "x", false,
		    "!not_found", false },
		/* The part that old and new have in common stays as in the
		 * file. */
		{ "quotes stay", "She said, \xe2\x80\x9cHello,\xe2\x80\x9d and "
		    "\xe2\x80\x98" "Bye\xe2\x80\x99 \xe2\x80\x93 twice.\n",
		    "She said, \"Hello,\" and 'Bye' - twice.",
		    "He said, \"Hi,\" and 'So long' - once.", false,
		    "He said, \xe2\x80\x9cHi,\xe2\x80\x9d and "
		    "\xe2\x80\x98So long\xe2\x80\x99 \xe2\x80\x93 once.\n",
		    true },
		{ "also where two words change", "\xe2\x80\x9cHello,\xe2\x80\x9d "
		    "twice.", "\"Hello,\" twice.", "\"Hi,\" once.", false,
		    "\xe2\x80\x9cHi,\xe2\x80\x9d once.", true },
		{ "a new text is as it is given", "a\xc2\xa0" "b\xe2\x80\x94" "c",
		    "a b-c", "x y z-w", false, "x y z-w", true },
		{ "but not what new has otherwise", "\xe2\x80\x9c" "a"
		    "\xe2\x80\x9d b", "\"a\" b", "'a' b", false, "'a' b",
		    true },
		{ "blanks and letters stay", "cafe\xcc\x81\xc2\xa0" "1  \r\nx\r\n",
		    "caf\xc3\xa9 1\nx", "caf\xc3\xa9 1\ny\nz", false,
		    "cafe\xcc\x81\xc2\xa0" "1  \r\ny\r\nz\r\n", true },
		{ "new blanks at a line end", "\xe2\x80\x98" "a\xe2\x80\x99\nb\n",
		    "'a'\nb", "'a'  \nb", false, "\xe2\x80\x98" "a\xe2\x80\x99"
		    "  \nb\n", true },
		{ "half a letter is none", "a\xc3\xa9\xe2\x80\x99\n",
		    "ae\xcc\x81'", "ae\xcc\x82'", false,
		    "ae\xcc\x82\xe2\x80\x99\n", true },
		{ "result too large", "aaaaaaaaaa", "a",
		    "aaaaaaaaaaaaaaaaaaaa", true, "!too_large", false },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		const char *want = cases[i].want;
		struct edit_result r;

		edit_apply(&r, cases[i].file, strlen(cases[i].file),
		    cases[i].old, strlen(cases[i].old), cases[i].new,
		    strlen(cases[i].new), cases[i].all, 100);
		if (want[0] == '!' && strcmp(kinds[r.kind], want + 1) != 0)
			fail_msg("%s: %s '%s'", cases[i].label, kinds[r.kind],
			    buf_str(&r.content));
		if (want[0] != '!' && (r.kind != EDIT_OK ||
		    strcmp(buf_str(&r.content), want) != 0))
			fail_msg("%s: %s '%s'", cases[i].label, kinds[r.kind],
			    buf_str(&r.content));
		if (want[0] != '!' && r.fuzzy != cases[i].fuzzy)
			fail_msg("%s: fuzzy %d", cases[i].label, r.fuzzy);
		buf_release(&r.content);
	}
}

TEST(test_nearest)
{
	static const struct {
		const char *label, *file, *old, *want;
	} cases[] = {
		{ "an indented line", "a\nint x;\n\treturn x;\n}\n",
		    "int x;\n    return x;\n}", "2: int x;\n3: \treturn x;\n"
		    "4: }\nThe first difference: line 3 is `\\treturn x;`, "
		    "old_string has `    return x;`." },
		{ "one changed line", "alpha\nbeta gamma delta\nomega\n",
		    "beta gamma dalte", "2: beta gamma delta\nThe first" },
		{ "nothing like it", "alpha\nbeta\n", "zzzzzzzzz",
		    "Nothing in the file is similar" },
		{ "an empty file", "", "x", "Nothing in the file is similar" },
		{ "escapes are visible", "key\x1b[2J = value one\n",
		    "key = value two", "line 1 is `key\\x1b[2J = value one`" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct buf b = BUF_INIT(0);

		edit_nearest(&b, cases[i].file, strlen(cases[i].file),
		    cases[i].old, strlen(cases[i].old));
		if (strstr(buf_str(&b), cases[i].want) == NULL)
			fail_msg("%s: '%s'", cases[i].label, buf_str(&b));
		buf_release(&b);
	}
}

/* A text that is only added to stays as it is in the file, but for line ends as
 * CRLF, and for blanks at its end, which the file needn't have. */
static int
stays(const struct buf *file, const struct buf *old)
{
	struct buf new = BUF_INIT(0), left = BUF_INIT(0);
	struct edit_result r;
	const char *at;
	int rc = 0;

	buf_addf(&new, "%s<new>", buf_str(old));
	edit_apply(&r, buf_str(file), file->len, buf_str(old), old->len,
	    buf_str(&new), new.len, false, MAX);
	assert_int_equal(r.kind, EDIT_OK);
	at = strstr(buf_str(&r.content), "<new>");
	assert_non_null(at);
	buf_add(&left, r.content.p, (size_t)(at - r.content.p));
	buf_adds(&left, at + 5);
	if (strchr(" \t\xa0", old->p[old->len - 1]) == NULL &&
	    strchr(old->p, '\r') == NULL) {
		assert_string_equal(buf_str(&left), buf_str(file));
		rc = 1;
	}
	buf_release(&left);
	buf_release(&new);
	buf_release(&r.content);
	return rc;
}

/* Whatever the bytes: what is outside the span stays as it was. */
TEST(test_random)
{
	static const char *const parts[] = { "a", "b", " ", "\t", "\n", "\r\n",
		"\r", "\xe2\x80\x9c", "\"", "\xc2\xa0", "\xe2\x80\x94", "-",
		"\xc3\xa9", "e\xcc\x81", "\xcc\x81", "\xff", "\xe2", "\x80",
		"  \n", "\xe1\x84\x92", "\xe1\x85\xa1", "\xf0\x9f\x98\x80",
		"\xe2\x80\x8d", "\xef\xbb\xbf" };
	uint32_t seed = 12345;
	int round, fuzzy = 0, exact = 0, kept = 0;

	for (round = 0; round < 20000; round++) {
		struct buf t[3] = { BUF_INIT(0), BUF_INIT(0), BUF_INIT(0) };
		struct edit_result r;
		int k, i;
		static const int len[3] = { 12, 2, 3 };

		for (k = 0; k < 3; k++)
			for (i = 0; i < len[k]; i++) {
				seed = seed * 1664525u + 1013904223u;
				buf_adds(&t[k],
				    parts[(seed >> 16) % MEM_COUNT(parts)]);
			}
		edit_apply(&r, buf_str(&t[0]), t[0].len, buf_str(&t[1]),
		    t[1].len, "<new>", 5, false, MAX);
		if (r.kind == EDIT_OK) {
			const char *at = strstr(buf_str(&r.content), "<new>");
			size_t pre, post;

			assert_non_null(at);
			pre = (size_t)(at - buf_str(&r.content));
			post = r.content.len - pre - 5;
			assert_true(pre + post < t[0].len);
			assert_memory_equal(at - pre, buf_str(&t[0]), pre);
			assert_memory_equal(at + 5, buf_str(&t[0]) +
			    t[0].len - post, post);
			if (r.fuzzy)
				fuzzy++;
			else
				exact++;
		}
		if (r.fuzzy && r.kind == EDIT_OK)
			kept += stays(&t[0], &t[1]);
		buf_release(&r.content);
		for (k = 0; k < 3; k++)
			buf_release(&t[k]);
	}
	assert_true(fuzzy > 10 && exact > 10 && kept > 10);
}

/* Several edits, each looked for in the file as it was. */
TEST(test_list)
{
	/* edits: old, new, and "*" for all; want: the content, or the kind and
	 * the edit that failed. */
	static const struct {
		const char *file;
		struct { const char *old, *new, *all; } edits[4];
		const char *want;
		size_t at, other;
	} cases[] = {
		{ "a\nb\nc\n", { { "c", "3", NULL }, { "a", "1", NULL } },
		    "1\nb\n3\n", 0, 0 },
		{ "x\r\ny\r\nx\r\n", { { "x", "1\n2", "*" },
		    { "y", "z", NULL } }, "1\r\n2\r\nz\r\n1\r\n2\r\n", 0,
		    0 },
		{ "say \xe2\x80\x9chi\xe2\x80\x9d\nend\n", {
		    { "\"hi\"", "ho", NULL }, { "end", "END", NULL } },
		    "say ho\nEND\n", 0, 0 },
		/* CP932: the second byte of a character looks like an X. */
		{ "\x83X X", { { "X", "Y", "*" } }, "\x83X Y", 0, 0 },
		{ "\x83X", { { "X", "Y", NULL } }, "not_found", 0, 0 },
		{ "\xe3\x82\xb9X", { { "X", "Y", NULL } },
		    "\xe3\x82\xb9Y", 0, 0 },
		{ "a b c", { { "a", "1", NULL }, { "d", "2", NULL },
		    { "c", "3", NULL } }, "not_found", 1, 0 },
		{ "a b b", { { "a", "1", NULL }, { "b", "2", NULL } },
		    "ambiguous", 1, 0 },
		{ "abc", { { "bc", "1", NULL }, { "ab", "2", NULL } },
		    "overlap", 0, 1 },
		{ "abc", { { "abc", "1", NULL }, { "b", "2", NULL } },
		    "overlap", 1, 0 },
		{ "abc", { { "a", "1", NULL }, { "", "1", NULL } },
		    "empty_old", 1, 0 },
		{ "abc", { { "a", "1", NULL }, { "b", "b", NULL } },
		    "no_change", 1, 0 },
	};
	size_t i, len;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct edit_one v[4];
		struct edit_result r;

		for (len = 0; len < 4 && cases[i].edits[len].old != NULL;
		    len++)
			v[len] = (struct edit_one){ cases[i].edits[len].old,
			    cases[i].edits[len].new,
			    strlen(cases[i].edits[len].old),
			    strlen(cases[i].edits[len].new),
			    cases[i].edits[len].all != NULL };
		edit_apply_list(&r, cases[i].file, strlen(cases[i].file), v,
		    len, MAX);
		if (r.kind == EDIT_OK)
			assert_string_equal(buf_str(&r.content),
			    cases[i].want);
		else {
			if (strcmp(kinds[r.kind], cases[i].want) != 0)
				fail_msg("%zu: %s", i, kinds[r.kind]);
			assert_int_equal(r.at, cases[i].at);
			assert_int_equal(r.content.len, 0);
			if (r.kind == EDIT_OVERLAP)
				assert_int_equal(r.other, cases[i].other);
		}
		buf_release(&r.content);
	}
}
