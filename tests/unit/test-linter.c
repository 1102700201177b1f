/* Which linter is for a file, and what linters print. */
#include "config.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/diagnose/linter.h"
#include "journal/event.h"
#include "tests/unit/unit.h"

static bool
has(void *arg, const char *folder, const char *name)
{
	const char *const *v = arg;
	AUTO_FREE char *path = xasprintf("%s/%s", folder, name);

	for (; *v != NULL; v++)
		if (strcmp(*v, path) == 0)
			return true;
	return false;
}

TEST(test_jobs)
{
	static const char *const files[] = { "sub/tsconfig.json", "/go.mod",
		NULL };
	static const struct {
		const char *file, *off;
		const char *want;	/* in the script; NULL: there is none */
		const char *not;
		bool one;
	} t[] = {
		{ "a/b.c", NULL, "f=./a/b.c\n", "cd --", true },
		{ "it's.py", NULL, "f=./'it'\"'\"'s.py'\n", NULL, true },
		{ "x.py", NULL, "echo '=pyright'", NULL, true },
		{ "x.py", "pyright", "echo '=ruff'", "echo '=pyright'", true },
		{ "x.txt", NULL, NULL, NULL, false },
		{ "x.h", NULL, "f=./x.h\n", NULL, true },
		{ "sub/deep/a.ts", NULL, "cd -- sub ||", NULL, false },
		{ "other/a.ts", NULL, NULL, NULL, false },
		{ "pkg/a.go", NULL, "cd -- pkg ||", NULL, false },
		{ "a.go", NULL, "go vet .", "cd --", false },
		{ "a.rs", NULL, NULL, NULL, false },
		{ "x/tsconfig.json", NULL, NULL, NULL, false },
		{ ".vscode/x.json", NULL, NULL, NULL, false },
		{ "a.sh", "bash -n", NULL, NULL, false },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct pathmap off = { 0 };
		struct linter_job j;
		bool any;

		if (t[i].off != NULL)
			pathmap_toggle(&off, t[i].off);
		any = linter_job(t[i].file, NULL, &off, has,
		    (void *)(uintptr_t)files, &j);
		if (any != (t[i].want != NULL))
			fail_msg("%s: %d", t[i].file, any);
		if (any && (strstr(j.script, t[i].want) == NULL ||
		    (t[i].not != NULL && strstr(j.script, t[i].not) != NULL)))
			fail_msg("%s: %s", t[i].file, j.script);
		assert_int_equal(any && j.file != NULL, t[i].one);
		if (any)
			linter_job_release(&j);
		pathmap_release(&off);
	}
}

TEST(test_own)
{
	static const char text[] = "[{\"name\":\"lint\",\"match\":[\"*.c\"],"
	    "\"command\":\"lint {path}\",\"timeout_ms\":1000},"
	    "{\"name\":\"all\",\"match\":[\"*.c\",\"*.h\"],"
	    "\"command\":\"make lint\",\"timeout_ms\":2000}]";
	AUTO_JSON cJSON *own = json_parse(text, strlen(text), JSON_NUL_REFUSE,
	    NULL);
	struct pathmap off = { 0 };
	struct linter_job j;

	assert_true(linter_job("a b.c", own, &off, has, NULL, &j));
	assert_non_null(strstr(j.script, "echo '=lint'\nlint 'a b.c'\n"));
	assert_string_equal(j.file, "a b.c");
	assert_int_equal(j.timeout_ms, 1000);
	linter_job_release(&j);
	assert_true(linter_job("x.h", own, &off, has, NULL, &j));
	assert_non_null(strstr(j.script, "echo '=all'\nmake lint\n"));
	assert_null(j.file);
	linter_job_release(&j);
	pathmap_toggle(&off, "lint");
	assert_true(linter_job("a.c", own, &off, has, NULL, &j));
	assert_non_null(strstr(j.script, "make lint"));
	linter_job_release(&j);
	pathmap_toggle(&off, "all");
	assert_true(linter_job("a.c", own, &off, has, NULL, &j));
	assert_non_null(strstr(j.script, "echo '=cc'"));
	linter_job_release(&j);
	pathmap_release(&off);
}

TEST(test_output)
{
	static const struct { const char *label, *text, *want; } t[] = {
		{ "gcc", "a.c: In function 'f':\na.c:3:5: error: 'y' undeclared\n"
		  "    3 | return y;\n      |        ^\n"
		  "a.c:2:1: note: each is reported once\n"
		  "b.h:7:9: fatal error: x.h: No such file\n"
		  "a.c:9: warning: no column\n",
		  "a.c:3 error 'y' undeclared\nb.h:7 error x.h: No such file\n"
		  "a.c:9 warning no column\n" },
		{ "twice", "a.c:1:1: error: x\na.c:1:9: error: x\n",
		  "a.c:1 error x\n" },
		{ "ruff", "a.py:1:8: F401 [*] `os` imported but unused\n"
		  "Found 1 error.\n",
		  "a.py:1 error F401 [*] `os` imported but unused\n" },
		{ "pyright", "/w/a.py\n  /w/a.py:2:9 - error: \"x\" is not "
		  "defined (reportUndefinedVariable)\n1 error, 0 warnings\n",
		  "/w/a.py:2 error \"x\" is not defined "
		  "(reportUndefinedVariable)\n" },
		{ "python", "Traceback (most recent call last):\n"
		  "  File \"<string>\", line 3, in <module>\n"
		  "  File \"a.py\", line 2\n    def f(:\n          ^\n"
		  "SyntaxError: invalid syntax\n",
		  "a.py:2 error SyntaxError: invalid syntax\n" },
		{ "tsc", "src/a.ts(3,7): error TS2322: Type 'string' is not "
		  "assignable to type 'number'.\n", "src/a.ts:3 error TS2322: "
		  "Type 'string' is not assignable to type 'number'.\n" },
		{ "cargo", "src/main.rs:2:18: error[E0308]: mismatched types\n"
		  "error: could not compile `x` due to 1 previous error\n",
		  "src/main.rs:2 error [E0308]: mismatched types\n" },
		{ "go", "# example.com/x\nvet: ./a.go:3:2: undefined: y\n"
		  "./b.go:5:1: unreachable code\n",
		  "./a.go:3 error undefined: y\n./b.go:5 error unreachable "
		  "code\n" },
		{ "bash", "a.sh: line 3: syntax error near unexpected token `fi'\n"
		  "a.sh: line 3: `fi'\n",
		  "a.sh:3 error syntax error near unexpected token `fi'\n" },
		{ "php", "PHP Parse error:  syntax error, unexpected end of file "
		  "in a.php on line 4\nErrors parsing a.php\n",
		  "a.php:4 error PHP Parse error:  syntax error, unexpected end "
		  "of file\n" },
		{ "ruby", "a.rb:2: syntax error, unexpected end-of-input\n",
		  "a.rb:2 error syntax error, unexpected end-of-input\n" },
		{ "node", "/w/a.js:2\nfunction (\n         ^\n\nSyntaxError: "
		  "Unexpected token '('\n    at wrapSafe (node:internal/"
		  "modules/cjs/loader:1378:20)\n",
		  "/w/a.js:2 error SyntaxError: Unexpected token '('\n" },
		{ "jq", "parse error: Expected another key at line 3, column 1\n",
		  "-:3 error parse error: Expected another key\n" },
		{ "json.tool", "Expecting ',' delimiter: line 2 column 5 (char 9)\n",
		  "-:2 error Expecting ',' delimiter\n" },
		{ "hostile", "a.c:1:1: error: \033[31mred\x07\r\na.c:99999999999: "
		  "error: far\na.c:1:1: error:\n",
		  "a.c:1 error ?[31mred?\n" },
		{ "nothing", "", "" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		struct linter_founds all = { 0 };

		linter_read(t[i].text, &all);
		MEM_EACH(&all, v, f)
			buf_addf(&b, "%s:%lld %s %s\n", f->path == NULL ? "-" :
			    f->path, (long long)f->line, f->severity,
			    f->message);
		if (strcmp(buf_str(&b), t[i].want) != 0)
			fail_msg("%s: %s", t[i].label, buf_str(&b));
		linter_founds_release(&all);
	}
}

/* Many lines, and long ones, in which much is tried. */
TEST(test_much)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct linter_founds all = { 0 };
	int i;

	for (i = 0; i < 100000; i++)
		buf_adds(&b, " in in on line :(");
	for (i = 0; i < 1000; i++)
		buf_addf(&b, "\na.c:%d:1: error: ", i + 1);
	for (i = 0; i < 100000; i++)
		buf_adds(&b, "\xc3\xa4");
	for (i = 0; i < 3000; i++)
		buf_addf(&b, "\na.c:%d:1: error: x", i + 1);
	linter_read(buf_str(&b), &all);
	assert_int_equal(all.v_len, LINTER_FOUND_MAX);
	MEM_EACH(&all, v, f)
		assert_true(strlen(f->message) <= 300);
	linter_founds_release(&all);
}
