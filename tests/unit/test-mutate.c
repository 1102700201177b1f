/* Which small change is made to a changed line, in each language; what would
 * not compile, or what no test can notice, is left as it is. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/diagnose/language.h"
#include "core/proof/mutate.h"
#include "gate/hunk.h"
#include "journal/event.h"
#include "tests/unit/unit.h"

struct change {
	struct buf	 texts[2];
	struct hunk_list list;
	struct change_text text;
};

static void
change_init(struct change *c, const char *path, const char *old,
    const char *new)
{
	struct hunk_side side[2];
	struct ev_hunk *h;
	size_t i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < 2; i++) {
		buf_adds(&c->texts[i], i == 0 ? old : new);
		side[i] = (struct hunk_side){ .exists = true, .mode = 0100644,
			.hash = i == 0 ? "a" : "b", .content = &c->texts[i] };
	}
	assert_int_equal(hunk_list_change(&c->list, path, &side[0], &side[1],
	    NULL, HUNK_DIFF_MYERS, NULL), 0);
	h = xcalloc(c->list.len + 1, sizeof(*h));
	c->text = (struct change_text){ .path = path, .before = &c->texts[0],
		.after = &c->texts[1], .hunks = h, .hunks_len = c->list.len };
	for (i = 0; i < c->list.len; i++)
		h[i] = (struct ev_hunk){
			.old_start = c->list.v[i].old_start,
			.old_lines = c->list.v[i].old_lines,
			.new_start = c->list.v[i].new_start,
			.new_lines = c->list.v[i].new_lines,
			.text = { c->list.v[i].text, c->list.v[i].len } };
}

static void
change_release(struct change *c)
{
	free((void *)(uintptr_t)c->text.hunks);
	hunk_list_release(&c->list);
	buf_release(&c->texts[0]);
	buf_release(&c->texts[1]);
}

/* The last line of a text with its small change; "" if it has none. */
static char *
changed(const char *path, const char *text)
{
	const char *last = strrchr(text, '\n');
	AUTO_FREE char *old = last == NULL ? xstrdup("") : xmemdup(text,
	    (size_t)(last + 1 - text));
	struct buf b = BUF_INIT(0);
	struct mutants out;
	struct change c;

	last = last == NULL ? text : last + 1;
	change_init(&c, path, old, text);
	mutate_find(&c.text, 1, 30, &out);
	assert_true(out.v_len <= 1);
	if (out.v_len == 1) {
		const struct mutant *m = &out.v[0];
		size_t at = m->at - (size_t)(last - text);

		buf_addf(&b, "%.*s%s%s", (int)at, last, m->with,
		    last + at + m->len);
	}
	mutants_release(&out);
	change_release(&c);
	return buf_take(&b);
}

struct row {
	const char *path, *text, *want;
};

static void
check(const struct row *t, size_t n)
{
	size_t i, wrong = 0;

	for (i = 0; i < n; i++) {
		AUTO_FREE char *got = changed(t[i].path, t[i].text);

		if (strcmp(got, t[i].want) == 0)
			continue;
		wrong++;
		print_error("%s: %s\ngot \"%s\", not \"%s\"\n", t[i].path,
		    t[i].text, got, t[i].want);
	}
	assert_int_equal(wrong, 0);
}

TEST(test_languages)
{
	static const struct row t[] = {
		{ "a.c", "\tif (a < b)", "\tif (a <= b)" },
		{ "a", "#!/usr/bin/python3\nif a < b:",
		  "if a <= b:" },
		{ "a.c", "\tif (a->n >= b && c)", "\tif (a->n > b && c)" },
		{ "a.c", "\tif (a == b)", "\tif (a != b)" },
		{ "a.c", "\tif (a && b)", "\tif (a || b)" },
		{ "a.c", "\t    b &&", "\t    b ||" },
		{ "a.c", "\tif (n >= N_MAX)", "\tif (!(n >= N_MAX))" },
		{ "a.c", "\tif (!a)", "\tif (a)" },
		{ "a.c", "\t} else if (f(a)) {", "\t} else if (!(f(a))) {" },
		{ "a.c", "\tn = a + b;", "\tn = a - b;" },
		{ "a.c", "\tn = a[i-1];", "\tn = a[i+1];" },
		{ "a.c", "\tx += 2;", "\tx -= 2;" },
		{ "a.c", "\treturn -1;", "\treturn 0;" },
		{ "a.c", "\treturn 1;", "\treturn 0;" },
		{ "a.c", "\treturn n > 0;", "\treturn n > 1;" },
		{ "a.c", "\treturn true;", "\treturn false;" },
		{ "a.c", "\tx = y[7];", "\tx = y[8];" },
		{ "a.c", "\tx = 1;\n\tadd(x, y);", "\twhile (0) add(x, y);" },
		{ "a.cc", "\tx = 1;\n\tthis->v.add(x);",
		  "\twhile (0) this->v.add(x);" },
		{ "a.py", "    if a <= b:", "    if a < b:" },
		{ "a.py", "    if a and b:", "    if a or b:" },
		{ "a.py", "    if a is not None:", "    if a is  None:" },
		{ "a.py", "    if a is None:", "    if a is not None:" },
		{ "a.py", "    elif f(a):", "    elif not (f(a)):" },
		{ "a.py", "    return n - 1", "    return n + 1" },
		{ "a.py", "    x = True", "    x = False" },
		{ "a.py", "    return f(x, 'a')", "    return None" },
		{ "a.py", "if x:\n    self.add(x)",
		  "    if False: self.add(x)" },
		{ "a.js", "  if (a === b) {", "  if (a !== b) {" },
		{ "a.tsx", "  return a || b", "  return a && b" },
		{ "a.ts", "  return f(a);", "  return [][0];" },
		{ "a.js", "  x()\n  await y.add(x)",
		  "  if (false) await y.add(x)" },
		{ "a.go", "\tif ok {", "\tif !(ok) {" },
		{ "a.go", "\tif v, ok := m[k]; ok {",
		  "\tif v, ok := m[k]; !(ok) {" },
		{ "a.go", "\tif err != nil {\n\t\treturn a, err",
		  "\t\treturn a, nil" },
		{ "a.go", "\tx := s[n-1]", "\tx := s[n+1]" },
		{ "a.go", "\tx++\n\ta.Add(x)", "\tif false { a.Add(x) }" },
		{ "a.rs", "    if x {", "    if !(x) {" },
		{ "a.rs", "    a - b", "    a + b" },
		{ "a.rs", "    y();\n    x.add(1);", "    x.add(0);" },
		{ "a.rs", "    y();\n    x.add(z);",
		  "    if false { x.add(z); }" },
		{ "A.java", "        return i > j;", "        return i >= j;" },
		{ "A.java", "    x = 1;\n    this.add(x);",
		  "    if (false) this.add(x);" },
		{ "a.kt", "    if (x) {", "    if (!(x)) {" },
		{ "a.rb", "  if x", "  if !(x)" },
		{ "a.rb", "  if i = a(/[;,]/)", "  unless i = a(/[;,]/)" },
		{ "a.rb", "  return a unless b", "  return a if b" },
		{ "a.rb", "  x\n  add(b)", "  add(b) if false" },
		{ "a.php", "    if (!$a) {", "    if ($a) {" },
		{ "a.php", "    return $this->a;", "    return null;" },
		{ "A.cs", "    if (a != b)", "    if (a == b)" },
		{ "a.sh", "if [ \"$a\" -lt 3 ]; then",
		  "if [ \"$a\" -le 3 ]; then" },
		{ "a.sh", "if grep -q x y; then", "if ! grep -q x y; then" },
		{ "a.sh", "if ! grep -q x y; then", "if  grep -q x y; then" },
	};

	check(t, MEM_COUNT(t));
}

/* What has no small change: it isn't code, or the change would not compile, or
 * nobody would miss it. */
TEST(test_none)
{
	static const struct row t[] = {
		{ "a.c", "#if A < B", "" },
		{ "a.c", "#define F(a) \\\n\tg(a + 1)", "" },
		{ "a.c", "\t/* a < b */", "" },
		{ "a.c", "\ts = \"a < b + 1\";", "" },
		{ "a.c", "\tassert(a < b);", "" },
		{ "a.c", "\tlog_info(a + 1);", "" },
		{ "a.c", "\tx = 1;\n\tfree(x);", "" },
		{ "a.c", "\tchar buf[64];", "" },
		{ "a.c", "\tchar a[64];", "" },
		{ "a.c", "\tp = malloc(n + 1);", "" },
		{ "a.c", "\tn = end - p;", "" },
		{ "a.c", "\tx = p->q;", "" },
		{ "a.c", "\tx = 0644;", "" },
		{ "a.c", "\tf(a,\n\t    g(b));", "" },
		{ "a.c", "int\nadd(int);", "" },
		{ "a.cc", "    if constexpr (a)", "" },
		{ "a.cc", "    if (auto a = f())", "" },
		{ "a.cc", "    std::vector<std::vector<int> > v;", "" },
		{ "a.py", "import a", "" },
		{ "a.py", "def f(a, *b):", "" },
		{ "a.py", "x = [\n    f(a)", "" },
		{ "a.py", "    return s + 'a'", "    return None" },
		{ "a.py", "if __name__ == '__main__':", "" },
		{ "a.py", "    sleep(3)", "" },
		{ "a.js", "  const x = /[1-9]/", "" },
		{ "a.ts", "  return null;", "" },
		{ "a.ts", "type A = Map<string, number>", "" },
		{ "a.go", "\ts := a + b", "" },
		{ "a.go", "\tx := a[1:]", "" },
		{ "a.rs", "    x: [u8; 4],", "" },
		{ "a.rs", "    let f = || x;", "" },
		{ "a.rs", "    if let Some(x) = y {", "" },
		{ "a.rs", "    true => 1,", "    true => 0," },
		{ "a.rs", "#[cfg(test)]\nfn a() { x == 1 }", "" },
		{ "A.java", "    case 3:", "" },
		{ "A.java", "    if (a instanceof B b && b.c) {", "" },
		{ "A.cs", "    if (x.TryGet(k, out var v) && v) {", "" },
		{ "a.rb", "class A < B", "" },
		{ "a.sh", "echo \"a && b\"", "" },
		{ "a.json", "  \"a\": 1", "" },
	};

	check(t, MEM_COUNT(t));
}

/* Each hunk has one before any has a second, and that which tells most. */
TEST(test_spread)
{
	const char *old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n";
	const char *new = "a\nreturn 1;\nif (x < 1)\nb\nc\nd\ne\nf\ng\nh\ni\n"
		"return 2;\nj\nk\n";
	static const char *const want[] = { "",
		"3 `<=` for `<`; ",
		"3 `<=` for `<`; 12 `3` for `2`; ",
		"2 `0` for `1`; 3 `<=` for `<`; 12 `3` for `2`; " };
	struct change c;
	size_t most, i;

	change_init(&c, "a.c", old, new);
	assert_int_equal(c.text.hunks_len, 2);
	for (most = 0; most < MEM_COUNT(want); most++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		struct mutants out;

		mutate_find(&c.text, 1, most, &out);
		for (i = 0; i < out.v_len; i++)
			buf_addf(&b, "%d %s; ", out.v[i].line, out.v[i].words);
		assert_string_equal(buf_str(&b), want[most]);
		mutants_release(&out);
	}
	c.text.test = true;
	{
		struct mutants out;

		mutate_find(&c.text, 1, 30, &out);
		assert_int_equal(out.v_len, 0);
	}
	change_release(&c);
}
