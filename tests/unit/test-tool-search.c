#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "tests/messages.h"
#include "tests/unit/rounds.h"
#include "tests/unit/tool-scratch.h"
#include "tool/impl.h"

SCRATCH_TEST(test_patterns)
{
	static const struct {
		const char *glob, *yes, *no;	/* separated by blanks */
	} cases[] = {
		{ "a{b,c}", "ab ac", "a abc a{b,c}" },
		{ "{a,b}/{c,d}.{h,hh}", "a/c.h b/d.hh", "a/b.h c/c.h" },
		{ "a{b,{c,d}e}f", "abf acef adef", "acf aef" },
		{ "a{,b}", "a ab", "b" },
		{ "a{b}", "a{b}", "ab" },
		{ "a{b,c", "a{b,c", "ab" },
		{ "src/**/*.{ts,tsx}", "src/a.ts src/x/y.tsx", "a.ts" },
		{ "#{a,b}", "#a #b", "a" },
	};
	struct scratch *s = *state;
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		AUTO_FREE char *args = xasprintf("{\"pattern\":\"%s\","
		    "\"path\":\"%zu\"}", cases[i].glob, i);
		const char *const sets[2] = { cases[i].no, cases[i].yes };
		AUTO_BUF struct buf want = BUF_INIT(0);
		int yes;

		for (yes = 0; yes < 2; yes++) {
			char *list = xstrdup(sets[yes]), *rest = list, *name;

			while ((name = strsep(&rest, " ")) != NULL) {
				AUTO_FREE char *path = xasprintf("%zu/%s", i,
				    name);

				put(s, path, "");
				if (yes == 1)
					buf_addf(&want, "%s\n", path);
			}
			free(list);
		}
		assert_string_equal(run_ok(s, "glob", args), buf_str(&want));
	}
}

SCRATCH_TEST(test_bad_patterns)
{
	char many[4096] = "{\"pattern\":\"";
	const size_t head = strlen(many);
	size_t i;

	for (i = 0; i < 20; i++)
		strncat(many, "{a,b}", 6);
	strncat(many, "\"}", 3);
	has(run_fail(*state, "glob", many, "bad_pattern"), "alternatives");
	memset(many + head, '*', sizeof(many) - head - 3);
	memcpy(many + sizeof(many) - 3, "\"}", 3);
	run_fail(*state, "glob", many, "bad_pattern");
}

/* ---- against git itself, by chance ---- */

static unsigned long long chance;

static size_t
any(size_t n)
{
	chance = chance * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(chance >> 33) % n;
}

/* Up to n of these words in a row. Never "a**": git cuts that after the "a", and
 * with a slash and a "b" behind it, it matches "ab". */
static void
any_words(struct buf *b, const char *const *words, size_t words_len, size_t n)
{
	size_t len = 1 + any(n);
	const char *word;

	for (; len > 0; len--) {
		word = words[any(words_len)];
		if (b->len == 0 || b->p[b->len - 1] != '*' || *word != '*')
			buf_adds(b, word);
	}
}

static bool
any_ignored(const struct glob_list *rules, const char *path)
{
	const char *slash = path;
	char *dir;
	bool ignored = false;

	while (!ignored && (slash = strchr(slash + 1, '/')) != NULL) {
		dir = xmemdup(path, (size_t)(slash - path));
		ignored = glob_list_match(rules, dir, true) == GLOB_YES;
		free(dir);
	}
	return ignored || glob_list_match(rules, path, false) == GLOB_YES;
}

/* A folder with rules for each round, and one question for all their paths. */
SCRATCH_TEST(test_ignore_any)
{
	static const char *const rules[] = { "a", "b", "ab", "*", "?", "[ab]",
		"[!a]", "\\*", "a/", "/b", "/**/", "*.c", ".", "a*b", "/a/*",
		"/**/b" };
	static const char *const names[] = { "a", "b", "ab", "a.c", ".b",
		"a/", "b/", "ab/", "bab", "*" };
	unsigned long long rounds = rounds_of(200, 2000), r;
	struct scratch *s = *state;
	struct buf text = BUF_INIT(0), asked = BUF_INIT(0);
	struct buf told = BUF_INIT(0), want = BUF_INIT(0);
	char *name, *command;
	size_t i, n;
	int fd;

	chance = rounds_seed();
	for (r = 0; r < rounds; r++) {
		struct glob_list *globs = glob_list_new(false);
		char *base = xasprintf("r%llu", r);

		buf_clear(&text);
		for (i = any(6) + 1; i > 0; i--) {
			buf_adds(&text, any(4) == 0 ? "!" : "");
			any_words(&text, rules, MEM_COUNT(rules), 4);
			buf_addc(&text, '\n');
		}
		name = xasprintf("%s/.gitignore", base);
		put_bytes(s, name, buf_str(&text), text.len);
		free(name);
		glob_list_add_lines(globs, buf_str(&text), text.len);
		for (i = 0; i < 20; i++) {
			buf_clear(&text);
			any_words(&text, names, MEM_COUNT(names), 4);
			n = text.len;
			if (n == 0 || text.p[n - 1] == '/' ||
			    strstr(buf_str(&text), "//") != NULL)
				continue;
			name = xasprintf("%s/%s", base, buf_str(&text));
			buf_addf(&asked, "%s\n", name);
			if (any_ignored(globs, name + strlen(base) + 1))
				buf_addf(&want, "%s\n", name);
			free(name);
		}
		glob_list_free(globs);
		free(base);
	}
	put_bytes(s, "../out/asked", buf_str(&asked), asked.len);
	command = xasprintf("cd '%s' && git init -q . && git check-ignore "
	    "--no-index --stdin <'%s/asked' >'%s/told'", s->root, s->out,
	    s->out);
	assert_int_equal(system(command), 0);
	free(command);
	name = xasprintf("%s/told", s->out);
	fd = open(name, O_RDONLY);
	assert_true(fd >= 0 && fs_read_all(fd, &told) == 0);
	close(fd);
	free(name);
	if (strcmp(buf_str(&told), buf_str(&want)) != 0) {
		for (i = 0; told.p[i] == want.p[i]; i++)
			;
		while (i > 0 && told.p[i - 1] != '\n')
			i--;
		fail_msg("SEED=%llu: git: %.60s we: %.60s", rounds_seed(),
		    told.p + i, want.p + i);
	}
	buf_release(&text);
	buf_release(&asked);
	buf_release(&told);
	buf_release(&want);
}

SCRATCH_TEST(test_glob)
{
	struct scratch *s = *state;
	char *args;

	put(s, "a.c", "");
	put(s, "b.h", "");
	put(s, ".dot.c", "");
	put(s, "src/c.c", "");
	put(s, "src/deep/d.c", "");
	put(s, "src/deep/.gitignore", "skip*\n!skip2.c\n");
	put(s, "src/deep/skip1.c", "");
	put(s, "src/deep/skip2.c", "");
	put(s, "out/o.c", "");
	put(s, "out/in/o.c", "");
	put(s, ".gitignore", "out/\n*.log\n");
	put(s, "x.log", "");
	put(s, ".git/config.c", "");
	put(s, ".git/info/exclude", "private.c\n");
	put(s, "private.c", "");
	assert_int_equal(symlinkat("..", s->root_fd, "src/up"), 0);
	assert_int_equal(symlinkat("a.c", s->root_fd, "src/link.c"), 0);
	assert_int_equal(mkfifoat(s->root_fd, "fifo.c", 0600), 0);
	assert_string_equal(run_ok(s, "glob", "{\"pattern\":\"*.c\"}"),
	    ".dot.c\na.c\nsrc/c.c\nsrc/deep/d.c\nsrc/deep/skip2.c\n"
	    "src/link.c\n");
	assert_int_equal(json_int(s->reply, "count", 0), 6);
	assert_string_equal(run_ok(s, "glob", "{\"pattern\":\"src/*.c\"}"),
	    "src/c.c\nsrc/link.c\n");
	assert_string_equal(run_ok(s, "glob",
	    "{\"pattern\":\"./src/**/*.c\"}"),
	    "src/c.c\nsrc/deep/d.c\nsrc/deep/skip2.c\nsrc/link.c\n");
	assert_string_equal(run_ok(s, "glob",
	    "{\"pattern\":\"*.c\",\"path\":\"src/deep\"}"),
	    "src/deep/d.c\nsrc/deep/skip2.c\n");
	/* A folder that is ignored can be named. */
	assert_string_equal(run_ok(s, "glob",
	    "{\"pattern\":\"**\",\"path\":\"./out/\"}"),
	    "out/in/o.c\nout/o.c\n");
	assert_string_equal(run_ok(s, "glob",
	    "{\"pattern\":\"*.c\",\"path\":\"out/in\"}"), "out/in/o.c\n");
	args = xasprintf("{\"pattern\":\"%s/src/c.*\"}", s->root);
	has(run_ok(s, "glob", args), "/src/c.c\n");
	free(args);
	has(run_ok(s, "glob", "{\"pattern\":\"*.zzz\"}"),
	    "No file matches *.zzz; 4 ignored names were skipped.");
	run_fail(s, "glob", "{\"pattern\":\"/etc/*\"}", "outside");
	run_fail(s, "glob", "{\"pattern\":\"../*\"}", "outside");
	run_fail(s, "glob", "{\"pattern\":\"*\",\"path\":\"..\"}", "outside");
	run_fail(s, "glob", "{\"pattern\":\"*\",\"path\":\"a.c\"}",
	    "not_dir");
	run_fail(s, "glob", "{\"pattern\":\"*\",\"path\":\"none\"}",
	    "not_found");
	put(s, "odd\nname\x1b.txt", "");
	assert_string_equal(run_ok(s, "glob", "{\"pattern\":\"*.txt\"}"),
	    "odd\\nname\\x1b.txt\n");
}

SCRATCH_TEST(test_grep)
{
	struct scratch *s = *state;

	put(s, "a.txt", "one\ntwo\nthree\nfour\nfive\nsix\nseven\n");
	put(s, "src/b.c", "int two(void);\r\nint TWO;\r\n");
	put(s, "src/b.h", "two\n");
	put(s, ".gitignore", "out\n");
	put(s, "out/o.txt", "two\n");
	put_bytes(s, "bin", "two\0", 4);
	put(s, "latin", "gr\xfc\xdf two\n");
	put(s, "last", "no newline two");
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"two\"}"),
	    "a.txt\n2:two\nlast\n1:no newline two\nlatin\n"
	    "1:gr\\xFC\\xDF two\nsrc/b.c\n1:int two(void);\n"
	    "src/b.h\n1:two\n");
	assert_int_equal(json_int(s->reply, "count", 0), 5);
	assert_int_equal(json_int(s->reply, "files", 0), 5);
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"TWO\","
	    "\"ignore_case\":true,\"glob\":\"*.{c,h}\"}"),
	    "src/b.c\n1:int two(void);\n2:int TWO;\nsrc/b.h\n1:two\n");
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"two\","
	    "\"glob\":\"src/*.h\"}"), "src/b.h\n1:two\n");
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"two\","
	    "\"path\":\"out\"}"), "out/o.txt\n1:two\n");
	/* One file: without its name. */
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"t(?=h)\","
	    "\"path\":\"a.txt\"}"), "3:three\n");
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"two|six\","
	    "\"path\":\"a.txt\",\"context\":1}"),
	    "1-one\n2:two\n3-three\n--\n5-five\n6:six\n7-seven\n");
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"w\","
	    "\"glob\":\"[al]*t\",\"context\":1}"),
	    "a.txt\n1-one\n2:two\n3-three\nlast\n1:no newline two\n");
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"e\","
	    "\"path\":\"a.txt\",\"max\":2}"),
	    "1:one\n3:three\n[2 of 4 matching lines; the others: "
	    "a.txt 2. Narrow it with path, glob or a stricter pattern, or give "
	    "a larger max]\n");
	assert_true(json_bool(s->reply, "cut", false));
	/* As many as asked for, and no more: nothing is said. */
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"^f\","
	    "\"path\":\"a.txt\",\"max\":2}"), "4:four\n5:five\n");
	has(run_ok(s, "grep", "{\"pattern\":\"zzz\"}"),
	    "No match in 7 files; 1 ignored name was not searched.\n"
	    "[1 binary file was skipped]\n");
	has(run_ok(s, "grep", "{\"pattern\":\"a\\\\nb\",\"path\":\"src\"}"),
	    MSG_BACKSLASH_N_NEVER_MATCHES);
	has(run_fail(s, "grep", "{\"pattern\":\"a(b\"}", "bad_pattern"),
	    MSG_PUT_BACKSLASH_Q_BEFORE_IT);
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"\\\\Qo(v\"}"),
	    "src/b.c\n1:int two(void);\n");
	/* A name that looks like a line of another file. */
	put(s, "aa.txt", "word\n");
	put(s, "7:word", "word\n");
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"^word$\"}"),
	    "./7:word\n1:word\naa.txt\n1:word\n");
	unlinkat(s->root_fd, "7:word", 0);
	unlinkat(s->root_fd, "aa.txt", 0);
	/* A line begins after the byte order mark. */
	put(s, "src/bom", "\xef\xbb\xbf" "word\nword\n");
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"^word\","
	    "\"path\":\"src/bom\"}"), "1:word\n2:word\n");
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"^word$\","
	    "\"max\":1}"), "src/bom\n1:word\n[1 of 2 matching lines; "
	    "the others: src/bom 1. Narrow it with path, glob or a stricter "
	    "pattern, or give a larger max]\n");
	put(s, "key", "a: 1\nkey: |\n  -----BEGIN RSA PRIVATE KEY-----\n"
	    "  MIIEpAIBAAKCAQEAx3UbdVNSdRvZ\n  Zw==\n"
	    "  -----END RSA PRIVATE KEY-----\nb: 2\n");
	has(run_ok(s, "grep", "{\"pattern\":\"MIIE|Zw\",\"path\":\"key\"}"),
	    "No match");
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"key:|b:\","
	    "\"path\":\"key\",\"context\":2}"),
	    "1-a: 1\n2:key: |\n"
	    "3-  -----BEGIN RSA PRIVATE KEY-----\n"
	    "4-[masked by assent]\n5-[masked by assent]\n"
	    "6-  -----END RSA PRIVATE KEY-----\n7:b: 2\n");
	run_fail(s, "grep", "{\"pattern\":\"a\",\"path\":\"bin\"}", "binary");
	run_fail(s, "grep", "{\"pattern\":\"a\",\"path\":\"../x\"}",
	    "outside");
	run_fail(s, "grep", "{\"pattern\":\"a\",\"glob\":\"{a,b}{a,b}{a,b}"
	    "{a,b}{a,b}{a,b}{a,b}\"}", "bad_pattern");
	run_fail(s, "grep", "{\"pattern\":\"a\",\"path\":\"none\"}",
	    "not_found");
}

SCRATCH_TEST(test_grep_hard)
{
	struct scratch *s = *state;
	size_t n = (size_t)5 << 19, i;	/* more than two pieces */
	char *p = xmalloc(n);
	const char *text;

	/* A pattern that would run for ever. */
	memset(p, 'a', 63);
	p[63] = '!';
	put_bytes(s, "as", p, 64);
	has(run_fail(s, "grep", "{\"pattern\":\"^(a|aa)+$\"}", "bad_pattern"),
	    "too many steps at as line 1");
	/* Recursion, and a line that needs more than the JIT's stack. */
	memset(p, 'b', n);
	put_bytes(s, "as", p, n);
	run(s, "grep", "{\"pattern\":\"((?R)?b)*c\"}");
	run(s, "grep", "{\"pattern\":\"(a|b|(c))*d\"}");
	/* One endless line: found, and shown around the match. */
	memcpy(p + n - 3, "two", 3);
	put_bytes(s, "as", p, n);
	text = run_ok(s, "grep", "{\"pattern\":\"two\"}");
	has(text, "as\n1:\xe2\x80\xa6" "bbb");
	has(text, "btwo\n");
	assert_true(strlen(text) < 600);
	/* Lines across the pieces are counted and found whole. */
	for (i = 0; i + 10 <= n; i += 10)
		memcpy(p + i, "123456789\n", 10);
	memcpy(p + n - 10, "two345678\n", 10);
	put_bytes(s, "as", p, n / 10 * 10);
	memcpy(p + n / 10 * 10 - 10, "two345678\n", 10);
	put_bytes(s, "as", p, n / 10 * 10);
	run_ok(s, "grep", "{\"pattern\":\"^two345678$\"}");
	assert_int_equal(json_int(s->reply, "count", 0), 1);
	has(json_str(s->reply, "text"), "as\n262144:two345678\n");
	run_ok(s, "grep", "{\"pattern\":\"^123456789$\",\"max\":1000}");
	assert_int_equal(json_int(s->reply, "count", 0), 10000);
	has(json_str(s->reply, "text"), "\n1000:123456789\n[1000 of more than "
	    "10000 matching lines; the others: as 9000. Narrow it");
	run_ok(s, "grep", "{\"pattern\":\"[^1-9two]\"}");
	assert_int_equal(json_int(s->reply, "count", -1), 0);
	free(p);
}

/* What is likely wanted comes first, and no file hides the others. */
SCRATCH_TEST(test_grep_share)
{
	struct scratch *s = *state;
	AUTO_BUF struct buf many = BUF_INIT(0);
	const char *text;
	int i;

	for (i = 0; i < 300; i++)
		buf_addf(&many, "%s word %d\n", i % 3 == 0 ? "a" : "the", i);
	put(s, "tests/data/a.txt", buf_str(&many));
	put(s, "tests/deep/er/t.py", "word\n");
	put(s, "src/deep/b.c", "word\nword\n");
	put(s, "src/c.c", buf_str(&many));
	put(s, "z.c", "word\n");
	text = run_ok(s, "grep", "{\"pattern\":\"word\",\"max\":20}");
	assert_int_equal(json_int(s->reply, "count", 0), 604);
	assert_int_equal(json_int(s->reply, "files", 0), 5);
	assert_string_equal(text, "z.c\n1:word\n"
	    "src/c.c\n1:a word 0\n2:the word 1\n3:the word 2\n4:a word 3\n"
	    "5:the word 4\n6:the word 5\n7:a word 6\n8:the word 7\n"
	    "src/deep/b.c\n1:word\n2:word\ntests/deep/er/t.py\n1:word\n"
	    "tests/data/a.txt\n1:a word 0\n2:the word 1\n3:the word 2\n"
	    "4:a word 3\n5:the word 4\n6:the word 5\n7:a word 6\n"
	    "8:the word 7\n"
	    "[20 of 604 matching lines; the others: src/c.c 292, "
	    "tests/data/a.txt 292. Narrow it with path, glob or a stricter "
	    "pattern, or give a larger max]\n");
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"word\","
	    "\"files\":true}"), "z.c: 1\nsrc/c.c: 300\nsrc/deep/b.c: 2\n"
	    "tests/deep/er/t.py: 1\ntests/data/a.txt: 300\n");
	assert_false(json_bool(s->reply, "cut", true));
	assert_string_equal(run_ok(s, "grep", "{\"pattern\":\"word\","
	    "\"files\":true,\"max\":2,\"path\":\"src\"}"),
	    "src/c.c: 300\nsrc/deep/b.c: 2\n");
	has(run_ok(s, "grep", "{\"pattern\":\"word\",\"files\":true,"
	    "\"max\":3}"), "[303 of 604 matching lines are in these files; "
	    "301 in 2 more files. Narrow it");
	/* The share of bytes follows that of lines, also where the context has
	 * little room. */
	s->env.room = 600;
	text = run_ok(s, "grep", "{\"pattern\":\"word\"}");
	assert_in_range(strlen(text), 500, 900);
	has(text, "z.c\n1:word\n");
	has(text, "src/c.c\n1:a word 0\n");
	has(text, "tests/data/a.txt\n1:a word 0\n");
	has(text, "\n[" TOOL_SHARE_FULL "; ");
	s->env.room = 0;
}

/* ---- grep against matching each line, by chance ---- */

/* The matches of grep in a text of less than 200 lines, by the words of the
 * manual: each line is matched alone, and private keys are masked. */
static int
any_grep(struct buf *out, const pcre2_code *code, const char *path,
    const struct buf *text, int context)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	struct { const char *p; int n; bool hit; } lines[200];
	const char *p = buf_str(text), *end = p + text->len, *nl;
	struct keytext_lines key = { .left = 0 };
	int n, i, k, shown = 0, hits = 0;

	for (n = 0; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		assert_true(n < 200);
		lines[n].p = p;
		lines[n].n = (int)(nl - p) - (nl > p && nl[-1] == '\r');
		lines[n].hit = false;
		if (keytext_line(&key, p, (size_t)lines[n].n)) {
			lines[n].p = KEYTEXT_MARK;
			lines[n].n = (int)strlen(KEYTEXT_MARK);
		} else {
			lines[n].hit = pcre2_match(code, (PCRE2_SPTR)p,
			    (size_t)lines[n].n, 0, 0, data, NULL) >= 0;
		}
		hits += lines[n++].hit;
	}
	for (i = 0; i < n; i++) {
		for (k = i - context; k <= i + context; k++)
			if (k >= 0 && k < n && lines[k].hit)
				break;
		if (k > i + context)
			continue;
		if (shown == 0)
			buf_addf(out, "%s\n", path);
		else if (context > 0 && shown < i)
			buf_adds(out, "--\n");
		shown = i + 1;
		buf_addf(out, lines[i].hit ? "%d:" : "%d-", i + 1);
		tool_show_text(out, lines[i].p, (size_t)lines[i].n);
		buf_addc(out, '\n');
	}
	pcre2_match_data_free(data);
	return hits;
}

/* A word is one whatever is around it; a part of another name is none, nor is what
 * git ignores, a link or no text. */
SCRATCH_TEST(test_words)
{
	static const struct { const char *word, *yes, *no; } cases[] = {
		{ "TOKEN", "env.TOKEN.x;${TOKEN-};$TOKEN;X-TOKEN",
		  "TOKENS;MY_TOKEN;token;TOKEN\xc3\xa9;\xc3\x89TOKEN" },
		{ "a.net", "//a.net/;a.net.;x@a.net:80;.a.net",
		  "b.a.net;a.net.x;b-a.net;a.net-b;a.net.\xc3\xa9" },
		{ "foo", "foo;'foo';foo==1;pkg.foo", "foo-bar;my-foo;food" },
		{ "@x/y", "\"@x/y\";m@x/y", "@x/yz;x/y" },
		{ "/.aws/", "'$HOME/.aws/config';-/.aws/-", "/.awsome/;.aws" },
		{ "github.com/a/b", "github.com/a/b v1", "github.com/a/bc" },
		{ "zip\tx f", "zip", "zipp" },
		{ "zap\tx y", "", "zap" },
		{ "zup\tf\tzop zep", "zup zop zep;zep zop zup",
		  "zup zop;zop zep" },
	};
	struct scratch *s = *state;
	AUTO_JSON cJSON *args = cJSON_CreateObject();
	cJSON *words = cJSON_AddArrayToObject(args, "words");
	size_t i;
	int yes;

	put(s, ".gitignore", "ignored\n");
	for (i = 0; i < MEM_COUNT(cases); i++)
		cJSON_AddItemToArray(words, cJSON_CreateString(cases[i].word));
	for (i = 0; i < MEM_COUNT(cases); i++)
		for (yes = 0; yes < 2; yes++) {
			const char *rest = yes ? cases[i].yes : cases[i].no;
			const cJSON *found;
			size_t n;

			put(s, "ignored", cases[i].word);
			put_bytes(s, "binary", cases[i].word,
			    strlen(cases[i].word) + 1);
			for (; *rest != '\0'; rest += n + (rest[n] != '\0')) {
				AUTO_JSON cJSON *reply = cJSON_CreateObject();
				AUTO_FREE char *text = xasprintf("<%.*s>",
				    (int)(n = strcspn(rest, ";")), rest);

				put(s, "d/f", text);
				tool_words(&s->env, args, reply);
				found = cJSON_GetArrayItem(json_array(reply,
				    "found"), (int)i);
				if (cJSON_GetArraySize(found) != yes)
					fail_msg("%s: %s", cases[i].word, text);
				assert_false(json_bool(reply, "cut", true));
				if (yes)
					assert_string_equal(cJSON_GetArrayItem(
					    found, 0)->valuestring, "d/f");
			}
		}
}

SCRATCH_TEST(test_grep_any)
{
	static const char *const regex[] = { "a", "b", "ab", "foo", "bar", "k",
		"s", "\xc3\xa9", ".", "\\.", "[ab]", "[^a]", "[[:alpha:]]",
		"\\s", "\\w", "\\d", "\\b", "\\K", "^", "$", "(", "(?:", "(?=",
		"(?!", "(?<=", "(?>", "(?i)", "(?|", ")", ")", ")", "|", "?",
		"*", "+", "+?", "{2}", "{0}", "{0,1}", "{1,}", "{,1}", "{",
		"}", "\\Q", "\\E", "\\1", "\\x61", "\\A", "\\z", "\n", "\\n",
		"\\R", "#", " " };
	static const char *const texts[] = { "a", "b", "ab", "foo", "bar", "k",
		"s", "K", "S", "A", "FOO", "\xe2\x84\xaa", "\xc5\xbf",
		"\xc3\xa9", "\xc3\x89", "\xc3", "\xff", ".", "*", "{2}", " ",
		"\n", "\n", "\n", "\r\n", "\r", "#",
		("\n-----BEGIN RSA PRIVATE KEY-----\n"
		"abMIIEpAIBAAKCAQEAx3UbdVNSdRvZ\nab==\n") };
	unsigned long long rounds = rounds_of(400, 20000), r;
	struct scratch *s = *state;
	struct buf files[5] = { BUF_INIT(0) }, pattern = BUF_INIT(0);
	struct buf want = BUF_INIT(0);
	size_t i;

	chance = rounds_seed();
	for (r = 0; r < rounds; r++) {
		uint32_t opts = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
		bool fold = any(3) == 0;
		int context = (int)any(4) - 1, rc, hits = 0;
		pcre2_code *code = NULL;
		char name[8];
		size_t at;
		cJSON *o;

		for (i = 0; i < MEM_COUNT(files) && r % 20 == 0; i++) {
			buf_clear(&files[i]);
			while (any(60) != 0 && files[i].len < 400)
				buf_adds(&files[i],
				    texts[any(MEM_COUNT(texts))]);
			snprintf(name, sizeof(name), "f%zu", i);
			put_bytes(s, name, buf_str(&files[i]), files[i].len);
		}
		while (code == NULL) {
			buf_clear(&pattern);
			for (i = 1 + any(7); i > 0; i--)
				buf_adds(&pattern,
				    regex[any(MEM_COUNT(regex))]);
			code = pcre2_compile((PCRE2_SPTR)buf_str(&pattern),
			    pattern.len, opts | (fold ? PCRE2_CASELESS : 0),
			    &rc, &at, NULL);
		}
		/* It finds "$" after "\xff", which PCRE2 without it doesn't. */
		(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
		buf_clear(&want);
		for (i = 0; i < MEM_COUNT(files); i++) {
			snprintf(name, sizeof(name), "f%zu", i);
			hits += any_grep(&want, code, name, &files[i],
			    context < 0 ? 0 : context);
		}
		pcre2_code_free(code);
		o = cJSON_CreateObject();
		json_add_str(o, "pattern", buf_str(&pattern));
		json_add_bool(o, "ignore_case", fold);
		json_add_int(o, "max", 1000);
		if (context >= 0)
			json_add_int(o, "context", context);
		cJSON_Delete(s->reply);
		s->reply = cJSON_CreateObject();
		tool_run("grep", &s->env, o, s->reply);
		cJSON_Delete(o);
		if (json_int(s->reply, "count", -1) != hits ||
		    (hits > 0 && strcmp(json_str_or(s->reply, "text", ""),
		    buf_str(&want)) != 0)) {
			const char *text = json_str_or(s->reply, "text", "?");

			for (at = 0; at < want.len && text[at] == want.p[at];)
				at++;
			fail_msg("SEED=%llu round %llu: %s%s, %d hits; it has "
			    "%.60s, not %.60s", rounds_seed(), r,
			    buf_str(&pattern), fold ? ", without case" : "",
			    hits, text + at, buf_str(&want) + at);
		}
	}
	for (i = 0; i < MEM_COUNT(files); i++)
		buf_release(&files[i]);
	buf_release(&pattern);
	buf_release(&want);
}
