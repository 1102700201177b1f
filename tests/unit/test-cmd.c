/* The command line, and what a typed line at a question means. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "config/config-int.h"
#include "git/commit.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"

#define ARGS_MAX 12

/* Parse a command line given as words; what came of it, or the error. */
static int
parse(const char *const *words, const struct cmd_entry **c,
    struct cmd_args *a, struct err *e, char **argv)
{
	int argc = 0;

	argv[argc++] = (char *)(uintptr_t)"assent";
	while (words[argc - 1] != NULL) {
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
		argc++;
	}
	argv[argc] = NULL;
	*c = cmd_parse(argc, argv, a, e);
	return *c == NULL ? -1 : 0;
}

TEST(test_lines)
{
	static const struct {
		const char *label, *words[ARGS_MAX], *command, *operands,
		    *flags, *error;
	} cases[] = {
		{ "nothing", { NULL }, "", "", "", NULL },
		{ "task", { "fix the test", NULL }, "", "fix the test", "",
		  NULL },
		{ "task that is a command's name", { "--", "ls", NULL }, "",
		  "ls", "", NULL },
		{ "options after operands",
		  { "exec", "do it", "--max-turns", "5", "--json", NULL },
		  "exec", "do it", "max_turns=5", NULL },
		{ "options before the command",
		  { "--model", "exec/x", "exec", "do it", NULL }, "exec",
		  "do it", "model=exec/x", NULL },
		{ "-- ends options",
		  { "try", "--timeout", "2s", "--", "make", "--json", NULL },
		  "try", "make|--json", "timeout=2s", NULL },
		{ "a value that looks like an option",
		  { "exec", "--test", "--json", "x", NULL }, "exec", "x",
		  "test=--json", NULL },
		{ "mistyped command", { "exce", NULL }, NULL, NULL, NULL,
		  "did you mean \"exec\"?" },
		{ "a word alone", { "hello", NULL }, NULL, NULL, NULL,
		  "unknown command \"hello\" (see assent help; as a task: "
		  "assent -- hello)" },
		{ "a word of other programs", { "list", NULL }, NULL, NULL,
		  NULL, "unknown command \"list\"; use assent ls" },
		{ "another's option", { "-p", "say hi", NULL }, NULL, NULL,
		  NULL, "unknown option -p; use assent exec" },
		{ "as a task", { "--", "list", NULL }, "", "list", "", NULL },
		{ "with an option", { "--test", "y", "go", NULL }, "", "go",
		  "test=y", NULL },
		{ "mistyped option", { "exec", "--aprove", "yes", NULL }, NULL,
		  NULL, NULL, "did you mean --approve?" },
		{ "another command's option", { "ls", "--output", "x", NULL },
		  NULL, NULL, NULL,
		  "unknown option --output; use assent exec --output" },
		{ "the screen's option", { "exec", "--detach", "x", NULL },
		  NULL, NULL, NULL,
		  "unknown option --detach; use assent --detach" },
		{ "nobody's option", { "ls", "--outputs", NULL }, NULL, NULL,
		  NULL, "unknown option --outputs (see assent ls --help)" },
		{ "help on an option", { "help", "--approve", NULL }, "help",
		  "approve", "", NULL },
		{ "what is two things here", { "rewind", NULL }, NULL, NULL,
		  NULL, "use assent undo for files, assent fork for the "
		  "conversation" },
		{ "the beginning of one option", { "exec", "--js", NULL }, NULL,
		  NULL, NULL, "unknown option --js " },
		{ "of one, before the command", { "--mode", "exec", NULL },
		  NULL, NULL, NULL,
		  "unknown option --mode; did you mean --model?" },
		{ "missing value", { "exec", "--test", NULL }, NULL, NULL,
		  NULL, "--test needs a value: CMD" },
		{ "value where none goes", { "exec", "--json=1", NULL }, NULL,
		  NULL, NULL, "--json takes no value" },
		{ "too many operands", { "log", "a", "b", NULL }, NULL, NULL,
		  NULL, "unexpected argument \"b\"" },
	};
	size_t i, k;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		const struct cmd_entry *c;
		struct cmd_args a = { 0 };
		struct err e = ERR_INIT;
		struct buf got = BUF_INIT(0);
		char *argv[ARGS_MAX + 2] = { NULL };
		int rc;

		rc = parse(cases[i].words, &c, &a, &e, argv);
		if (cases[i].error != NULL) {
			if (rc == 0 || !strstr(e.text, cases[i].error))
				fail_msg("%s: %s", cases[i].label, e.text);
			continue;
		}
		if (rc < 0)
			fail_msg("%s: %s", cases[i].label, e.text);
		if (strcmp(c->name == NULL ? "" : c->name,
		    cases[i].command) != 0)
			fail_msg("%s: command %s", cases[i].label, c->name);
		for (k = 0; k < a.operands_len; k++)
			(void)buf_addf(&got, "%s%s", k > 0 ? "|" : "",
			    a.operands[k]);
		if (strcmp(buf_str(&got), cases[i].operands) != 0)
			fail_msg("%s: operands %s", cases[i].label,
			    buf_str(&got));
		buf_clear(&got);
		for (k = 0; k < a.flags_len; k++)
			(void)buf_addf(&got, "%s%s=%s", k > 0 ? "," : "",
			    a.flags[k].setting, a.flags[k].text);
		if (strcmp(buf_str(&got), cases[i].flags) != 0)
			fail_msg("%s: flags %s", cases[i].label,
			    buf_str(&got));
		buf_release(&got);
		cmd_args_release(&a);
	}
}

/* ---- the command lines of documents ---- */

#define WORDS_MAX 32

/* Split a command as a shell does, up to what ends it ('\0': the text did); the
 * caller frees the words. */
static char
split_command(const char **text, char *words[WORDS_MAX])
{
	const char *p = *text;
	char quote, end;
	size_t n = 0;

	for (;;) {
		struct buf b = BUF_INIT(0);

		p += strspn(p, " \t");
		if (*p == '\0' || strchr("|;&#", *p) != NULL)
			break;
		for (quote = '\0'; *p != '\0' && (quote != '\0' ||
		    strchr(" \t|;&", *p) == NULL); p++) {
			if (*p == quote)
				quote = '\0';
			else if (quote == '\0' && (*p == '"' || *p == '\''))
				quote = *p;
			else
				buf_addc(&b, *p);
		}
		assert_true(n < WORDS_MAX - 1);
		words[n++] = b.len > 0 ? buf_take(&b) : xstrdup("");
	}
	words[n] = NULL;
	end = *p == '#' ? '\0' : *p;
	*text = p + strspn(p, "|;&");
	return end;
}

static bool
is_among(char *const *words, size_t n, const char *word)
{
	while (n > 0)
		if (words[--n] == word)
			return true;
	return false;
}

/* Each command of assent in this piece of a document is one that it accepts; how
 * many there are. */
static int
check_commands(const char *doc, const char *text)
{
	char *words[WORDS_MAX], *argv[WORDS_MAX], end;
	struct cmd_args a = { 0 };
	size_t argc, i;
	int n = 0;

	do {
		struct err e = ERR_INIT;

		end = split_command(&text, words);
		for (argc = 0; words[argc] != NULL; argc++)
			argv[argc] = words[argc];
		argv[argc] = NULL;
		if (argc > 0 && (strcmp(words[0], "assent") == 0 ||
		    strcmp(words[0], "build/assent") == 0)) {
			if (cmd_parse((int)argc, argv, &a, &e) == NULL)
				fail_msg("%s: %s ...: %s", doc, words[1],
				    e.text);
			cmd_args_release(&a);
			n++;
		}
		/* An option of one letter has become its name. */
		for (i = 0; i < argc; i++)
			if (argv[i] != NULL && argv[i][0] == '-' &&
			    !is_among(words, argc, argv[i]) &&
			    !is_among(argv, i, argv[i]))
				free(argv[i]);
		for (i = 0; i < argc; i++)
			free(words[i]);
	} while (end != '\0');
	return n;
}

/* Indented, after "$ ", or in backticks. */
TEST(test_documents)
{
	static const struct { const char *doc; int least; } docs[] = {
		{ "README.md", 10 }, { "INSTALL.md", 3 }, { "man/assent.1", 9 },
	};
	char *line, *save, *part, *rest;
	size_t i;
	int n;

	for (i = 0; i < MEM_COUNT(docs); i++) {
		AUTO_FREE char *path = fs_join(getenv("srcdir"), docs[i].doc);
		AUTO_BUF struct buf b = BUF_INIT(0);

		assert_int_equal(fs_read_file(AT_FDCWD, path, &b, NULL), 0);
		line = (char *)(uintptr_t)buf_str(&b);
		for (n = 0, save = NULL; (line = strtok_r(line, "\n", &save)) !=
		    NULL; line = NULL) {
			if (strncmp(line, "    ", 4) == 0 || *line == '\t')
				n += check_commands(docs[i].doc, line);
			else if (strncmp(line, "$ ", 2) == 0)
				n += check_commands(docs[i].doc, line + 2);
			else if (strstr(docs[i].doc, ".md") != NULL)
				for (rest = line; (part = strsep(&rest, "`")) !=
				    NULL && (part = strsep(&rest, "`")) != NULL;)
					n += check_commands(docs[i].doc, part);
		}
		if (n < docs[i].least)
			fail_msg("%s: %d command lines", docs[i].doc, n);
	}
}

/* Nothing in a message is an order but in the user's own words; done twice it is
 * the same. */
TEST(test_quote)
{
	static const struct {
		const char	*text, *quoted;	/* NULL: as it is */
	} cases[] = {
		{ "fix: a bug", NULL }, { "Fix 3 of #1", "Fix 3 of # 1" },
		{ "a\n\nChanges:\n\n- one: b\n", NULL },
		{ "a\n\nNo ci here [skipped: no", NULL },
		{ "a\n\nb/c /d x:y", NULL },
		{ "a\n\nb\nCo-Authored-By : M", "a\n\nb\n Co-Authored-By : M" },
		{ "a\n\nskip-checks:true", "a\n\n skip-checks:true" },
		{ "Fixes \"#1\"", "Fixes \"# 1\"" },
		{ "a\n\nThis closes: o/r#12.", "a\n\nThis closes: o/r# 12." },
		{ "a\n\nFIXED\ngh-7 G\\GH\\-8", "a\n\nFIXED\ngh- 7 G\\GH\\- 8" },
		{ "x fix:#1,#2 y !3", "x fix:# 1,# 2 y ! 3" },
		{ "close ABC-1 and A_2-3, not ABC-4",
		  "close ABC- 1 and A_2- 3, not ABC-4" },
		{ "**Closes** [it](https://x/o/r/issues/1), https://x/2 see "
		  "https://x/3", "**Closes** [it](https:// x/o/r/issues/1), "
		  "https:// x/2 see https://x/3" },
		{ "closes https&#58;//x/1", "closes https&# 58;//x/1" },
		{ "closes http and https:", NULL },
		{ "@1name, (@dave) \"@bob\" `@o/team` **@a** \\@b _@c_ @@d",
		  "@ 1name, (@ dave) \"@ bob\" `@ o/team` **@ a** \\@ b _@ c_ "
		  "@@ d" },
		{ "&commat;a &#64;b &#x40;c &num;1 &amp a && b",
		  "& commat;a &# 64;b &# x40;c & num;1 &amp a && b" },
		{ "a &lt;b&gt; &amp;&amp; &amp;commat;c", NULL },
		{ "&amp;@a &quot;#1&quot; @types/node",
		  "&amp;@ a &quot;# 1&quot; @ types/node" },
		{ "bob@example.org C#x", NULL },
		{ "a [skip ci] b", "a [ skip ci] b" },
		{ "***NO_CI***", "* **NO_CI***" },
		{ "fixup! x", "\"fixup!\" x" },
		{ "## amend! x", "## \"amend!\" x" },
		{ " fixup!\nx", " \"fixup!\"\nx" },
		{ "a\n\nfixup! x", NULL },
		{ "a\n\n(cherry picked from commit 1)",
		  "a\n\n (cherry picked from commit 1)" },
		{ "Fixes #9 [skip user] @me", NULL },
		{ "a\n\nBy-user: yes", NULL },
		{ "by: me", NULL }, { "drive-by fix", NULL },
		{ "a\n\nbors r+\nthe bors bot",
		  "a\n\n\"bors\" r+\nthe bors bot" },
	};
	char task[] = "Do it: Fixes #9 [skip user] for @me\nBy-user: yes\n";
	struct fold f = { .task.text = task };
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		const char *want = cases[i].quoted != NULL ? cases[i].quoted :
		    cases[i].text;
		AUTO_BUF struct buf b = BUF_INIT(0), again = BUF_INIT(0);

		commit_quote(&b, cases[i].text, &f, true);
		assert_string_equal(buf_str(&b), want);
		commit_quote(&again, want, &f, true);
		assert_string_equal(buf_str(&again), want);
	}
}

static long
peak(void)
{
	struct rusage r;

	assert_int_equal(getrusage(RUSAGE_SELF, &r), 0);
	return r.ru_maxrss;
}

/* Each version of a long text has its new lines alone. */
TEST(test_many_changes)
{
	enum { STEPS = 100, LINES = 20000, EACH = LINES / STEPS };
	static const struct fold_change change = { .tx = 1 };
	static const struct fold_change_file file = { .commit = NULL };
	AUTO_FREE struct commit_text *texts = xcalloc(2 * STEPS + 3,
	    sizeof(*texts));
	AUTO_FREE struct commit_step *steps = xcalloc(STEPS, sizeof(*steps));
	struct commit_file f = { .steps = steps, .steps_len = STEPS };
	AUTO_BUF struct buf want = BUF_INIT(0);
	struct buf text[STEPS + 1];
	size_t i, n, of;
	long before, grown;

	for (i = 0; i <= STEPS; i++) {
		buf_init(&text[i], 0);
		for (n = 0; n < LINES; n++)
			buf_addf(&text[i], n % EACH == 0 && n < i * EACH ?
			    "LINE %zu\n" : "line %zu\n", n);
	}
	for (i = 0; i < 2 * STEPS + 3; i++) {
		of = i < 2 ? 0 : (i - 1) / 2;
		texts[i] = (struct commit_text){ .mode = 0100644,
		    .p = buf_str(&text[of]), .len = text[of].len };
	}
	/* All but the last one. */
	for (i = 0; i < STEPS; i++)
		steps[i] = (struct commit_step){ .change = &change,
		    .file = &file, .is_chosen = i < STEPS - 1 };
	before = peak();
	assert_int_equal(commit_lines(&f, texts, &want), 0100644);
	grown = peak() - before;
	assert_int_equal(f.mix, MIX_NONE);
	assert_int_equal(want.len, text[STEPS - 1].len);
	assert_memory_equal(want.p, text[STEPS - 1].p, want.len);
#ifdef __SANITIZE_ADDRESS__
	grown = 0;	/* it keeps freed memory, too */
#endif
	assert_in_range(grown, 0, 25000);
	for (i = 0; i <= STEPS; i++)
		buf_release(&text[i]);
}

/* A text of a random history: whatever was chosen of it, and wherever the user
 * committed in between, no line is doubled, lost or moved that no step of it
 * added or took away. Lines are numbers, none of which comes back. */
static size_t
text_edit(uint64_t *seed, int *to, const int *from, size_t n, int *next)
{
	size_t at = random_next(seed, n + 1), add = random_next(seed, 3), i, k;
	bool cuts = random_next(seed, 2) > 0;

	for (i = k = 0; i <= n; i++) {
		for (; i == at && add > 0; add--)
			to[k++] = (*next)++;
		if (i < n && !(cuts && i == at))
			to[k++] = from[i];
	}
	return k;
}

TEST(test_any_commit)
{
	enum { STEPS = 4, TEXTS = 2 * STEPS + 3, MOST = 64 };
	static struct fold_change change[STEPS];
	static const struct fold_change_file file = { .commit = NULL };
	uint64_t seed = 1;
	int round, v[TEXTS][MOST], next;
	size_t len[TEXTS], i, k, at;

	for (round = 0; round < 20000; round++) {
		struct commit_text texts[TEXTS];
		struct commit_step steps[STEPS] = { 0 };
		struct commit_file f = { .steps = steps, .steps_len = STEPS };
		AUTO_BUF struct buf got = BUF_INIT(0);
		struct buf b[TEXTS];
		const char *p;

		next = 1000;
		for (len[0] = 0; len[0] < 6; len[0]++)
			v[0][len[0]] = next++;
		memcpy(v[1], v[0], sizeof(v[0]));
		len[1] = len[0];
		for (i = 2; i < TEXTS; i++)
			if (i % 2 == 0 && random_next(&seed, 3) > 0) {
				memcpy(v[i], v[i - 1], sizeof(v[i]));
				len[i] = len[i - 1];
			} else
				len[i] = text_edit(&seed, v[i], v[i - 1],
				    len[i - 1], &next);
		/* The user has committed all up to one of the steps. */
		at = 3 + 2 * random_next(&seed, STEPS);
		for (i = 0; i < 2 && random_next(&seed, 2) > 0; i++) {
			memcpy(v[i], v[at], sizeof(v[i]));
			len[i] = len[at];
		}
		for (i = 0; i < TEXTS; i++) {
			buf_init(&b[i], 0);
			for (k = 0; k < len[i]; k++)
				buf_addf(&b[i], "%d\n", v[i][k]);
			texts[i] = (struct commit_text){ .mode = 0100644,
			    .p = buf_str(&b[i]), .len = b[i].len };
		}
		for (i = 0; i < STEPS; i++) {
			change[i].tx = (int64_t)i + 1;
			steps[i].change = &change[i];
			steps[i].file = &file;
			steps[i].is_chosen = random_next(&seed, 2) > 0;
		}
		(void)commit_lines(&f, texts, &got);
		/* What is in the commit and not in HEAD, a chosen step has
		 * added, and what it lacks, one has removed. */
		for (k = 1000; k < (size_t)next; k++) {
			AUTO_FREE char *line = xasprintf("%zu\n", k);
			bool has = strstr(buf_str(&got), line) != NULL;

			if (has == (strstr(texts[0].p, line) != NULL))
				continue;
			/* It is in the texts from one on, up to another. */
			for (i = has ? 2 : TEXTS; has ? strstr(texts[i].p,
			    line) == NULL : i > 2 && strstr(texts[i - 1].p,
			    line) == NULL;)
				i = has ? i + 1 : i - 1;
			if (i % 2 == 0 || !steps[(i - 2) / 2].is_chosen)
				fail_msg("round %d: line %zu by text %zu",
				    round, k, i);
		}
		/* HEAD's lines in HEAD's order, each once. */
		for (i = at = 0; i < len[0]; i++) {
			AUTO_FREE char *line = xasprintf("%d\n", v[0][i]);

			p = strstr(buf_str(&got), line);
			if (p == NULL)
				continue;
			if ((size_t)(p - got.p) < at ||
			    strstr(p + 1, line) != NULL)
				fail_msg("round %d: line %s", round, line);
			at = (size_t)(p - got.p);
		}
		for (i = 0; i < TEXTS; i++)
			buf_release(&b[i]);
		buf_release(&f.lines);
	}
}
