/*
 * A hunk changed by a user: some of its lines, or an edited text.
 */
#include "config.h"

#include "base/buf.h"
#include "base/mem.h"
#include "gate/hunk.h"
#include "gate/patch.h"
#include "tests/unit/hunk-any.h"
#include "tests/unit/unit.h"

static struct buf
buf_of(const char *s)
{
	struct buf b = BUF_INIT(0);

	buf_adds(&b, s);
	return b;
}

/* Compose `before` with hunk 0 of `l` alone. */
static char *
compose_one(const struct buf *before, struct hunk_list *l, size_t at)
{
	struct buf out = BUF_INIT(0);
	bool *take = xcalloc(l->len, sizeof(*take));

	take[at] = true;
	if (hunk_compose(&out, before, l, take) < 0)
		fail_msg("cannot compose");
	free(take);
	buf_addc(&out, '\0');
	return buf_take(&out);
}

struct edit_case {
	const char *label, *text, *want;	/* a part of the error: "!..." */
};

#define EDIT_BEFORE "0\n1\n2\n3\n4\n5\n6\n7\n8\n\nend"
#define EDIT_AFTER "0\n1\n2\n3\nfour\n5\n6\n7\n8\n\nend"
/* shown:  1  2  3 -4 +four  5  6  7 */

static const struct edit_case edit_cases[] = {
	{ "another word", " 1\n 2\n 3\n-4\n+vier\n 5\n 6\n 7\n",
	  "0\n1\n2\n3\nvier\n5\n6\n7\n8\n\nend" },
	{ "more lines and comments", "# edit\n@@ -2,7 +2,7 @@\n 1\n 2\n 3\n"
	  "-4\n+IV\n+iv\n# no\n 5\n 6\n 7\n",
	  "0\n1\n2\n3\nIV\niv\n5\n6\n7\n8\n\nend" },
	{ "deletes context", " 1\n-2\n 3\n-4\n 5\n-6\n 7\n",
	  "0\n1\n3\n5\n7\n8\n\nend" },
	{ "adds at the top and the end", "+a\n 1\n 2\n 3\n 4\n 5\n 6\n 7\n+b",
	  "0\na\n1\n2\n3\n4\n5\n6\n7\nb\n8\n\nend" },
	{ "a plus line that looks like a comment",
	  " 1\n 2\n 3\n-4\n+#x\n 5\n 6\n 7\n",
	  "0\n1\n2\n3\n#x\n5\n6\n7\n8\n\nend" },
	{ "nothing left", " 1\n 2\n 3\n 4\n 5\n 6\n 7\n",
	  "!nothing is left" },
	{ "empty", "", "!7 of the file's lines are missing" },
	{ "a line lost", " 1\n 2\n 3\n+x\n 5\n 6\n 7\n",
	  "!line 5 is not what" },
	{ "context changed", " 1\n 2\n drei\n-4\n+x\n 5\n 6\n 7\n",
	  "!line 3 is not what" },
	{ "end cut off", " 1\n 2\n 3\n-4\n+x\n 5\n",
	  "!2 of the file's lines are missing" },
	{ "more than there is", " 1\n 2\n 3\n-4\n+x\n 5\n 6\n 7\n 8\n",
	  "!line 9: the hunk has no more lines" },
	{ "no sign", " 1\n 2\n 3\n-4\nfour\n 5\n 6\n 7\n",
	  "!line 5 starts with neither" },
	{ "a backslash first", "\\ No newline at end of file\n 1\n",
	  "!there is no line before it" },
	{ "two backslashes take no byte", " 1\n 2\n 3\n-4\n+ab\n"
	  "\\ x\n\\ y\n 5\n 6\n 7\n",
	  "!comes after a line that has no newline" },
	{ "no newline in the middle", " 1\n 2\n 3\n-4\n+x\n"
	  "\\ No newline at end of file\n 5\n 6\n 7\n",
	  "!comes after a line that has no newline" },
};

static void
edit_check(const char *old, const char *new, const struct edit_case *c)
{
	struct buf before = buf_of(old), after = buf_of(new);
	struct err e = ERR_INIT;
	struct hunk_list l;
	struct hunk h;
	char *got;
	int rc;

	assert_int_equal(hunk_list_make(&l, "f", &before, &after, &e), 0);
	rc = hunk_amend(&h, &l.v[0], &before, c->text, strlen(c->text), &e);
	if (c->want[0] == '!') {
		if (rc == 0 || strstr(e.text, c->want + 1) == NULL)
			fail_msg("%s: %d <%s>", c->label, rc, e.text);
	} else if (rc < 0) {
		fail_msg("%s: %s", c->label, e.text);
	} else {
		hunk_release(&l.v[0]);
		l.v[0] = h;
		got = compose_one(&before, &l, 0);
		if (strcmp(got, c->want) != 0)
			fail_msg("%s: <%s>", c->label, got);
		free(got);
	}
	hunk_list_release(&l);
	buf_release(&before);
	buf_release(&after);
}

TEST(test_hunk_edit)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(edit_cases); i++)
		edit_check(EDIT_BEFORE, EDIT_AFTER, &edit_cases[i]);
}

/* A typed line ends as all lines of the hunk do. */
TEST(test_hunk_edit_ends)
{
	static const struct edit_case cases[] = {
		{ "1\r\n2\r\nend", " 1\r\n-2\r\n+x\n+y\r\n end\n"
		    "\\ No newline at end of file\n", "1\r\nx\r\ny\r\nend" },
		{ "1\n2\r\nend", " 1\n-2\r\n+x\n end\n"
		    "\\ No newline at end of file\n", "1\nx\nend" },
		{ "2", "-2\n+x\n", "x\n" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++)
		edit_check(cases[i].label, "", &cases[i]);
}

/* Lines that the user types into a file that isn't UTF-8. */
TEST(test_hunk_edit_encoding)
{
	static const struct edit_case cases[] = {
		{ "UTF-8", " gr\xfc\xdf\n-b\n+\xc3\xbc\n c\n",
		  "!two encodings" },
		{ "one more line", " gr\xfc\xdf\n-b\n+B\n+\xe2\x80\x94\n c\n",
		  "!two encodings" },
		{ "the file's own", " gr\xfc\xdf\n-b\n+\xfc\n c\n",
		  "gr\xfc\xdf\n\xfc\nc\n" },
		{ "ASCII", " gr\xfc\xdf\n-b\n+x\n c\n", "gr\xfc\xdf\nx\nc\n" },
		/* A part that was already shown may stay. */
		{ "shown", " gr\xfc\xdf\n-b\n+\xc3\xa4\n+x\n c\n",
		  "gr\xfc\xdf\n\xc3\xa4\nx\nc\n" },
	};
	static const struct edit_case utf8 = { "in UTF-8",
		" gr\xc3\xbc\xc3\x9f\n-b\n+\xe2\x80\x94\n c\n",
		"gr\xc3\xbc\xc3\x9f\n\xe2\x80\x94\nc\n" };
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++)
		edit_check("gr\xfc\xdf\nb\nc\n", "gr\xfc\xdf\n\xc3\xa4\nc\n",
		    &cases[i]);
	/* A file in UTF-8 gets what is typed. */
	edit_check("gr\xc3\xbc\xc3\x9f\nb\nc\n",
	    "gr\xc3\xbc\xc3\x9f\nB\nc\n", &utf8);
}
