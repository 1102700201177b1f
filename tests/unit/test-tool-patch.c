/* The V4A form: parsing it, and the resulting file. */
#include "config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "rounds.h"
#include "tests/messages.h"
#include "tests/unit/unit.h"
#include "tool-scratch.h"
#include "tool/v4a.h"

#define MAX ((size_t)1 << 20)
#define UPDATE "*** Begin Patch\n*** Update File: f\n"
#define END "*** End Patch\n"

/* Forms with something around them, with something left out, or in another
 * order. */
TEST(test_parse)
{
	/* want: for each file its letter and path; else the error has it */
	static const struct {
		const char *patch, *want, *error;
	} cases[] = {
		{ UPDATE "@@\n-a\n+b\n" END, "Mf", NULL },
		{ UPDATE "-a\n+b\n" END, "Mf", NULL },
		{ "*** Begin Patch\r\n*** Update File: f\r\n-a\r\n+b\r\n"
		  "*** End Patch\r\n",
		    "Mf", NULL },
		{ "  *** Begin Patch ***  \n*** Update File: f ***\n-a\n"
		  "*** End Patch ***",
		    "Mf", NULL },
		{ "apply_patch <<'EOF'\n" UPDATE "-a\n" END "EOF\n", "Mf",
		    NULL },
		{ "```patch\n" UPDATE "-a\n" END "```\n", "Mf", NULL },
		{ "*** Update File: f\n-a\n" END, "Mf", NULL },
		{ UPDATE "-a\n *** End Patch\n", "Mf", NULL },
		{ UPDATE "@@ -1,2 +1,2 @@\n-a\n" END, "Mf", NULL },
		{ UPDATE
		    "-a\n\n*** Delete File: d\n\n*** Add File: n\n+x\n\n" END,
		    "MfDdAn", NULL },
		{ UPDATE "*** Move to: g\n" END, "Mf>g", NULL },
		{ "*** Begin Patch\n*** Add File: n\n" END, "An", NULL },
		{ UPDATE
		    "*** Reason: why\n@@\n-a\n*** Reason: more\n@@\n-b\n" END,
		    "Mf", NULL },
		{ "", NULL, MSG_NO_BEGIN_PATCH },
		{ "-a\n+b\n", NULL, MSG_NO_BEGIN_PATCH },
		{ UPDATE "-a\n+b\n", NULL, "cut off" },
		{ "*** Begin Patch\n" END, NULL, "is empty" },
		{ UPDATE END, NULL, "changes nothing" },
		{ UPDATE "@@ x\n a\n" END, NULL, "changes nothing" },
		{ UPDATE "-a\nb\n" END, NULL,
		    "line 4 of the patch: in an "
		    "update, a line begins with" },
		{ "*** Begin Patch\n*** Add File: n\nx\n" END, NULL,
		    MSG_BEGINS_WITH },
		{ "*** Begin Patch\n*** Delete File: n\n-x\n" END, NULL,
		    MSG_HAS_NO_LINES },
		{ "*** Begin Patch\n-x\n" END, NULL, MSG_EXPECTED_UPDATE },
		{ "*** Begin Patch\n*** Update File:\n-x\n" END, NULL,
		    MSG_PATH_IS_MISSING },
		{ UPDATE "*** End of File\n" END, NULL, "follow the lines" },
		{ UPDATE "-a\n" UPDATE "-b\n" END, NULL, "a second time" },
		{ UPDATE "-a\n*** Move to: x\n" END, NULL, "is allowed once" },
	};
	size_t i, k;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct buf b = BUF_INIT(0);
		struct err e = ERR_INIT;
		struct v4a v;
		int rc = v4a_parse(&v, cases[i].patch,
		    strlen(cases[i].patch), &e);

		for (k = 0; k < v.len; k++) {
			buf_addf(&b, "%c%s", "ADM"[v.files[k].kind],
			    v.files[k].path);
			if (v.files[k].move != NULL)
				buf_addf(&b, ">%s", v.files[k].move);
		}
		if ((rc == 0) != (cases[i].want != NULL) || (rc == 0 ?
		    strcmp(buf_str(&b), cases[i].want) != 0 :
		    strstr(e.text, cases[i].error) == NULL))
			fail_msg("%s: %s %s", cases[i].patch, buf_str(&b),
			    e.text);
		buf_release(&b);
		v4a_release(&v);
	}
}

/* The first file's update of `file`. */
static enum edit_kind
apply(const char *patch, const char *file, struct edit_result *r)
{
	struct err e = ERR_INIT;
	struct v4a v;

	if (v4a_parse(&v, patch, strlen(patch), &e) < 0)
		fail_msg("%s: %s", patch, e.text);
	v4a_apply(r, &v.files[0], file, strlen(file), MAX);
	v4a_release(&v);
	return r->kind;
}

struct apply_case {
	const char	*file, *patch, *want;
	enum edit_kind	 kind;
};

static void
apply_cases(const struct apply_case *c, size_t n)
{
	for (; n > 0; n--, c++) {
		char *patch = xasprintf(UPDATE "%s" END, c->patch);
		struct edit_result r;

		if (apply(patch, c->file, &r) != c->kind ||
		    (r.kind == EDIT_OK && strcmp(buf_str(&r.content),
		    c->want) != 0) ||
		    (r.kind != EDIT_OK && r.content.len > 0))
			fail_msg("%s: %d '%s'", patch, r.kind,
			    buf_str(&r.content));
		buf_release(&r.content);
		free(patch);
	}
}

TEST(test_apply)
{
	static const struct apply_case cases[] = {
		{ "a\nb\nc\n", " a\n-b\n+B\n c\n", "a\nB\nc\n", EDIT_OK },
		{ "a\nb\nc\n", "@@ b\n-c\n+C\n", "a\nb\nC\n", EDIT_OK },
		{ "x\n}\ny\n}\n", "@@ y\n-}\n+]\n", "x\n}\ny\n]\n", EDIT_OK },
		{ "c\nf\nx\nc\ng\nx\n", "@@ c\n@@ g\n-x\n+X\n",
		    "c\nf\nx\nc\ng\nX\n", EDIT_OK },
		{ "x\ny\nx\n", "-x\n+1\n*** End of File\n", "x\ny\n1\n",
		    EDIT_OK },
		{ "x\ny\nx\n", "-x\n+1\n", "1\ny\nx\n", EDIT_OK },
		{ "x\ny\nx\n", "-x\n+1\n@@\n-x\n+2\n", "1\ny\n2\n", EDIT_OK },
		{ "a\n", "+b\n", "a\nb\n", EDIT_OK },
		{ "a\nb\n", "@@ a\n+1\n", "a\n1\nb\n", EDIT_OK },
		{ "", "+b\n", "b\n", EDIT_OK },
		/* The file's own blanks, line ends and last line stay. */
		{ "\ta  \nb\n", " a\n-b\n+B\n", "\ta  \nB\n", EDIT_OK },
		{ "a\r\nb\r\n", " a\n-b\n+1\n+2\n", "a\r\n1\r\n2\r\n",
		    EDIT_OK },
		{ "a\nb", "-b\n+c\n", "a\nc", EDIT_OK },
		{ "a\nb", " b\n+c\n", "a\nb\nc", EDIT_OK },
		{ "say \xe2\x80\x9chi\xe2\x80\x9d\n", "-say \"hi\"\n+ho\n",
		    "ho\n", EDIT_OK },
		/* A lone CR ends a line, unless the patch's lines have it. */
		{ "a\r\nb\rc\r\nd\r\n", " a\n-b\n+B\n c\n",
		    "a\r\nB\r\nc\r\nd\r\n", EDIT_OK },
		{ "a\r\nb\rc\r\nd\r\n", " b\n c\n-d\n+D\n",
		    "a\r\nb\rc\r\nD\r\n", EDIT_OK },
		{ "a\r\nb\rc\r\n", "-b\rc\n+x\n", "a\r\nx\r\n", EDIT_OK },
		{ "a\nb\rc\n", "-c\n+C\n", "a\nb\rC\n", EDIT_OK },
		{ "a\rb\rc", "-b\n+B\n", "a\rB\rc", EDIT_OK },
		{ "a\rb\r", "@@\n b\n+c\n", "a\rb\rc\r", EDIT_OK },
		{ "\xef\xbb\xbf" "a\rb", "-a\n+A\n", "\xef\xbb\xbf" "A\rb",
		    EDIT_OK },
		{ "a\r\nb\rc\r\n", "-x\n+y\n", NULL, EDIT_NOT_FOUND },
		/* Empty lines that lost their blank. */
		{ "a\n\nb\n", " a\n\n-b\n", "a\n\n", EDIT_OK },
		{ "a\nb\n", "-a\n\n@@\n-b\n+B\n\n", "B\n", EDIT_OK },
		/* Out of order, or with an anchor that is not there. */
		{ "a\nb\nc\n", "-c\n+C\n@@\n-a\n+A\n", "A\nb\nC\n", EDIT_OK },
		{ "a\nb\n", "@@ def b():\n-b\n+B\n", "a\nB\n", EDIT_OK },
		{ "b\nb\n", "@@ def b():\n-b\n+B\n", NULL, EDIT_NO_ANCHOR },
		{ "a\n", "-x\n+y\n", NULL, EDIT_NOT_FOUND },
		{ "a\nb\n", "-a\n+1\n@@\n-a\n+2\n", NULL, EDIT_OVERLAP },
		{ "a\n", "-a\n+a\n", NULL, EDIT_NO_CHANGE },
	};

	apply_cases(cases, MEM_COUNT(cases));
}

/* A line with a NUL, which no patch can have, is never one of its lines; a result
 * that is too large isn't cut. */
TEST(test_bounds)
{
	static const char file[] = "a\0b\nc\n";
	struct err e = ERR_INIT;
	struct edit_result r;
	struct v4a v;

	assert_int_equal(v4a_parse(&v, UPDATE "-a\n+x\n@@\n-c\n+C\n" END,
	    strlen(UPDATE "-a\n+x\n@@\n-c\n+C\n" END), &e), 0);
	v4a_apply(&r, &v.files[0], file, sizeof(file) - 1, MAX);
	assert_int_equal(r.kind, EDIT_NOT_FOUND);
	assert_int_equal(r.at, 0);
	buf_release(&r.content);
	v4a_apply(&r, &v.files[0], "a\nc\n", 4, 3);
	assert_int_equal(r.kind, EDIT_TOO_LARGE);
	buf_release(&r.content);
	v4a_release(&v);
}

/* A chunk that fits only with other indentation. */
TEST(test_indentation)
{
	static const struct apply_case cases[] = {
		/* Added ones get the file's indentation, where that differs. */
		{ "\tif (x)\n\t\ty();\n", " if (x)\n-    y();\n+    z();\n+  {\n"
		    "+        w();\n+q();\n", "\tif (x)\n\t\tz();\n\t  {\n"
		    "\t\t\tw();\n\tq();\n", EDIT_OK },
		{ "  a:\n    b\n", " a:\n-  b\n+  c\n+    d\n+\n+e\n",
		    "  a:\n    c\n      d\n\n  e\n", EDIT_OK },
		{ "\ta\nb\n", " a\n-b\n+  c\n", "\ta\n  c\n", EDIT_OK },
		/* Right patches need nothing. */
		{ "def f():\n    a = 1\n", " def f():\n     a = 1\n+    b = 2\n"
		    "+    if b:\n+      c()\n", "def f():\n    a = 1\n"
		    "    b = 2\n    if b:\n      c()\n", EDIT_OK },
		/* Kept lines whose mark was lost: their first blank is taken
		 * for it, and the others are right. */
		{ "def f():\n    a = 1\n    return a\n", "@@ def f():\n"
		    "    a = 1\n+    b = 2\n    return a\n", "def f():\n"
		    "    a = 1\n    b = 2\n    return a\n", EDIT_OK },
		{ "def f():\n    a = 1\n", " def f():\n-    a = 1\n"
		    "+    a = 2\n", "def f():\n    a = 2\n", EDIT_OK },
		{ "if x:\r\n    a\r\n\r\n    b\r\n", "    a\n\n+    c\n    b\n",
		    "if x:\r\n    a\r\n\r\n    c\r\n    b\r\n", EDIT_OK },
		/* One wrong line among right ones. */
		{ "def f():\n    if x:\n        a()\n    b()\n", " def f():\n"
		    "     if x:\n-       a()\n+        if y:\n+            a()\n"
		    "+        else:\n+            c()\n     b()\n", "def f():\n"
		    "    if x:\n        if y:\n            a()\n        else:\n"
		    "            c()\n    b()\n", EDIT_OK },
		{ "\tif (x)\n        y();\n\tz();\n", " \tif (x)\n-\ty();\n"
		    "+\tw();\n \tz();\n", "\tif (x)\n\tw();\n\tz();\n", EDIT_OK },
		{ "        a\n    b\n", "     a\n         b\n+            c\n",
		    "        a\n    b\n            c\n", EDIT_OK },
		/* The indentation itself is changed. */
		{ "if x:\n    y\nz\n", " if x:\n-  y\n+    if z:\n+        y\n"
		    " z\n", "if x:\n    if z:\n        y\nz\n", EDIT_OK },
		/* They have the file's already. */
		{ "all:\n\tcc a\n", " all:\n-    cc a\n+\tcc b\n",
		    "all:\n\tcc b\n", EDIT_OK },
		/* One rule for all: tabs for blanks, another width, less. */
		{ "if x:\r\n\ty\r\n", " if x:\n-    y\n+    z\n+\n+      w\n",
		    "if x:\r\n\tz\r\n\r\n\t  w\r\n", EDIT_OK },
		{ "if x:\n  y\nz\n", " if x:\n-    y\n+    if w:\n+        y\n z\n",
		    "if x:\n  if w:\n    y\nz\n", EDIT_OK },
		{ "    a = 1\n", "-   a = 1\n+   b = 2\n", "    b = 2\n",
		    EDIT_OK },
		/* A narrower indentation may consist of other space
		 * characters. */
		{ "\xc2\xa0\xc2\xa0" "a\n", "   a\n+  b\n",
		    "\xc2\xa0\xc2\xa0" "a\n  b\n", EDIT_OK },
	};

	apply_cases(cases, MEM_COUNT(cases));
}

/* ---- by chance ---- */

static uint32_t seed;

static unsigned
chance(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 16) % n;
}

#define LINES 30

/* Two texts and the patch that leads from one to the other: each line stays, goes
 * or is changed, others come between; with up to 3 lines around. */
static void
make(struct buf *old, struct buf *new, struct buf *patch)
{
	char lines[LINES][32];
	int what[LINES];	/* 0 stays, 1 goes, 2 is changed, 3 one comes
				   after it */
	int i, k, around = (int)chance(4), n = 1 + (int)chance(LINES), end = 0;
	bool any = false;

	for (i = 0; i < n; i++) {
		snprintf(lines[i], sizeof(lines[i]), "%s%d%s",
		    chance(3) ? "\t" : "", i, chance(5) ? " x" : "");
		what[i] = chance(4) ? 0 : 1 + (int)chance(3);
		any = any || what[i] != 0;
	}
	if (!any)
		what[0] = 2;
	buf_adds(patch, UPDATE);
	for (i = 0; i < n; i++) {
		buf_addf(old, "%s\n", lines[i]);
		if (what[i] == 0 || what[i] == 3)
			buf_addf(new, "%s\n", lines[i]);
		if (what[i] >= 2)
			buf_addf(new, "+%d\n", i);
	}
	for (i = 0; i < n; i++) {
		int from, to;

		if (what[i] == 0 || i < end)
			continue;
		from = i - around < end ? end : i - around;
		for (to = i + 1, k = 0; to < n && k <= around; to++)
			k = what[to] == 0 ? k + 1 : 0;
		if (k > around)
			to--;
		buf_adds(patch, "@@\n");
		for (k = from; k < to; k++) {
			buf_addf(patch, "%s%s\n", what[k] == 1 || what[k] ==
			    2 ? "-" : " ", lines[k]);
			if (what[k] >= 2)
				buf_addf(patch, "++%d\n", k);
		}
		end = to;
	}
	buf_adds(patch, END);
}

TEST(test_random)
{
	int round, first = (int)rounds_seed(), rounds = (int)rounds_of(3000, 100000), applied = 0;

	for (round = 0; round < rounds; round++) {
		struct buf old = BUF_INIT(0), new = BUF_INIT(0);
		struct buf patch = BUF_INIT(0);
		struct edit_result r;
		struct err e = ERR_INIT;
		struct v4a v;
		size_t cut;

		seed = (uint32_t)(first + round) * 7919u;
		make(&old, &new, &patch);
		if (apply(buf_str(&patch), buf_str(&old), &r) != EDIT_OK ||
		    strcmp(buf_str(&r.content), buf_str(&new)) != 0)
			fail_msg("round %d: %d\n%s\n%s", round, r.kind,
			    buf_str(&patch), buf_str(&r.content));
		buf_release(&r.content);
		/* Cut anywhere before its last line it isn't a patch. */
		cut = chance((unsigned)(patch.len - strlen(END)) + 5);
		assert_int_equal(v4a_parse(&v, buf_str(&patch), cut, &e), -1);
		v4a_release(&v);
		/* Mangled: it is refused, or the bytes that it does not name
		 * stay: no line is lost that it did not remove. */
		patch.p[chance((unsigned)patch.len)] = (char)chance(256);
		if (v4a_parse(&v, buf_str(&patch), patch.len, &e) == 0 &&
		    v.files[0].kind == V4A_UPDATE) {
			v4a_apply(&r, &v.files[0], buf_str(&old), old.len,
			    MAX);
			if (r.kind == EDIT_OK)
				applied++;
			else
				assert_int_equal(r.content.len, 0);
			buf_release(&r.content);
		}
		v4a_release(&v);
		buf_release(&old);
		buf_release(&new);
		buf_release(&patch);
	}
	assert_true(applied > 0);
}

/* ---- the tool ---- */

static const char *
patch_args(const char *patch)
{
	static char *text;
	cJSON *o = cJSON_CreateObject();

	free(text);
	json_add_str(o, "input", patch);
	text = json_print(o);
	cJSON_Delete(o);
	return text;
}

SCRATCH_TEST(test_tool)
{
	struct scratch *s = *state;

	put(s, "a", "one\ntwo\n");
	put(s, "d", "gone\n");
	put(s, "m", "moved\n");
	has(run_ok(s, "apply_patch", patch_args("*** Begin Patch\n"
	    "*** Update File: a\n-two\n+2\n"
	    "*** Delete File: d\n"
	    "*** Update File: m\n*** Move to: sub/m2\n-moved\n+moved!\n"
	    "*** Add File: sub/n\n+new\n"
	    "*** Update File: a\n-one\n+1\n" END)),
	    "Success. Updated the following files:\nM a (line 2)\nD d\n"
	    "M m (line 1) -> sub/m2\nA sub/n\nM a (line 1)");
	check_text(s, "a", "1\n2\n");
	check_text(s, "sub/m2", "moved!\n");
	check_text(s, "sub/n", "new\n");
	assert_int_equal(faccessat(s->root_fd, "d", F_OK, 0), -1);
	assert_int_equal(faccessat(s->root_fd, "m", F_OK, 0), -1);
	/* One chunk of the last file fails: nothing is changed. */
	has(run_fail(s, "apply_patch", patch_args("*** Begin Patch\n"
	    "*** Add File: n2\n+x\n*** Delete File: sub/n\n"
	    "*** Update File: a\n-1\n+one\n@@\n-2;\n+two\n" END),
	    "not_found"), "a, chunk 2 of 2, line 8 of the patch: its kept and "
	    "removed lines aren't in the file. Nothing was changed.");
	check_text(s, "a", "1\n2\n");
	check_text(s, "sub/n", "new\n");
	assert_int_equal(faccessat(s->root_fd, "n2", F_OK, 0), -1);
	/* A patch that can't be parsed is answered with the form. */
	has(run_fail(s, "apply_patch", patch_args("a -> b"), "bad_patch"),
	    MSG_PATCH_HAS_THIS_FORM);
	run_fail(s, "apply_patch", "{}", "bad_args");
	run_fail(s, "apply_patch", patch_args("*** Begin Patch\n"
	    "*** Update File: none\n-1\n" END), "file_missing");
	run_fail(s, "apply_patch", patch_args("*** Begin Patch\n"
	    "*** Add File: .git/config\n+x\n" END), "denied");
	run_fail(s, "apply_patch", patch_args("*** Begin Patch\n"
	    "*** Add File: ../x\n+x\n" END), "outside");
	run_fail(s, "apply_patch", patch_args("*** Begin Patch\n"
	    "*** Add File: ok\n+x\n*** Update File: a\n"
	    "*** Move to: .git/x\n" END), "denied");
	run_fail(s, "apply_patch", patch_args("*** Begin Patch\n"
	    "*** Update File: a\n*** Move to: sub/n\n" END), "exists");
	run_fail(s, "apply_patch", patch_args("*** Begin Patch\n"
	    "*** Delete File: a\n*** Update File: a\n-1\n" END),
	    "file_missing");
	run_fail(s, "apply_patch", patch_args("*** Begin Patch\n"
	    "*** Delete File: sub\n" END), "is_dir");
	assert_int_equal(faccessat(s->root_fd, "ok", F_OK, 0), -1);
	check_text(s, "a", "1\n2\n");
	/* The first of several places is used, and the reply says so. */
	put(s, "two", "x\nx\n");
	has(run_ok(s, "apply_patch",
		patch_args("*** Begin Patch\n"
			   "*** Update File: two\n-x\n+y\n" END)),
	    MSG_MORE_THAN_ONE_PLACE);
	check_text(s, "two", "y\nx\n");
	/* A file of another mode keeps it, also under another name. */
	put(s, "run", "old\n");
	assert_int_equal(fchmodat(s->root_fd, "run", 0755, 0), 0);
	run_ok(s, "apply_patch", patch_args("*** Begin Patch\n"
	    "*** Update File: run\n*** Move to: run2\n-old\n+new\n" END));
	{
		struct stat st;

		assert_int_equal(fstatat(s->root_fd, "run2", &st, 0), 0);
		assert_int_equal(st.st_mode & 0777, 0755);
	}
	(void)patch_args("");
}
