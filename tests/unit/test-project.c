/* The guess at what shows success, and the map of a project's folders. */
#include "config.h"

#include <stdbool.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/project/project.h"
#include "policy/check-guess.h"
#include "scratch.h"
#include "tests/unit/unit.h"

static int
open_root(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

TEST(test_check)
{
	/* Files of one project: name, text, name, text. */
	static const struct {
		const char *files[4];
		const char *command, *from;
	} cases[] = {
		{ { "Makefile", "all:\ncheck: all\n\ttrue\n" }, "make check",
		    "Makefile" },
		{ { "Makefile", "all:\ntest :\n\ttrue" }, "make test",
		    "Makefile" },
		{ { "Makefile", "check" }, NULL, NULL },
		{ { "Makefile", "check:=yes\ncheckout: x\nchecks:\n" }, NULL,
		    NULL },
		{ { "Makefile", "\tcheck: no target\n# test:\n" }, NULL, NULL },
		{ { "Makefile", "" }, NULL, NULL },
		{ { "Makefile", "all:\n", "go.mod", "module x\n" },
		    "go test ./...", "go.mod" },
		{ { "Makefile", "check:", "go.mod", "module x\n" },
		    "make check", "Makefile" },
		{ { "package.json", "{\"scripts\":{\"test\":\"jest\"}}" },
		    "npm test", "package.json" },
		{ { "package.json", "{\"scripts\":{\"test\":\"jest\"}}",
		    "yarn.lock", "" }, "yarn test", "package.json" },
		{ { "package.json", "{\"scripts\":{\"test\":\"echo \\\"Error: "
		    "no test specified\\\" && exit 1\"}}" }, NULL, NULL },
		{ { "package.json", "{\"scripts\":{\"test\":[1]}}" }, NULL,
		    NULL },
		{ { "package.json", "[[[[" }, NULL, NULL },
		{ { "Cargo.toml", "" }, "cargo test", "Cargo.toml" },
		{ { "pyproject.toml", "[tool.pytest.ini_options]\n" },
		    "python3 -m pytest -q", "pyproject.toml" },
		{ { "pyproject.toml", "[project]\n", "tests", "" },
		    "python3 -m unittest discover", "pyproject.toml" },
		{ { "pyproject.toml", "[project]\n" }, NULL, NULL },
		{ { "README", "make check\n" }, NULL, NULL },
	};
	size_t i, k;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		const char *command, *from;
		char *dir = scratch_new();
		int root = open_root(dir);

		for (k = 0; k < 4 && cases[i].files[k] != NULL; k += 2)
			scratch_put(dir, cases[i].files[k],
			    cases[i].files[k + 1]);
		command = check_guess(root, &from);
		if ((command == NULL) != (cases[i].command == NULL) ||
		    (command != NULL && (strcmp(command, cases[i].command) !=
		    0 || strcmp(from, cases[i].from) != 0)))
			fail_msg("case %zu: %s of %s", i, command == NULL ?
			    "nothing" : command, from == NULL ? "" : from);
		close(root);
		scratch_free(dir);
	}
}

static bool
skip_build(void *arg, const char *path, bool is_dir)
{
	(void)arg;
	return is_dir && strcmp(path, "src/build") == 0;
}

static void
found_file(void *arg, int dir, const char *name, const char *path)
{
	struct buf *b = arg;
	struct stat st;

	assert_int_equal(fstatat(dir, name, &st, 0), 0);
	buf_addf(b, "%s ", path);
}

SCRATCH_TEST(test_map)
{
	char *dir = *state, *map;
	int root = open_root(dir), i;
	AUTO_BUF struct buf found = BUF_INIT(0);

	map = map_make(root, skip_build, NULL, 4096, NULL, NULL);
	assert_string_equal(map, "");
	free(map);
	scratch_put(dir, "b.c", "");
	scratch_put(dir, "a.c", "");
	scratch_put(dir, "with\nnewline", "");
	scratch_put(dir, ".git/config", "");
	scratch_put(dir, "src/build/x.o", "");
	scratch_put(dir, "src/lib/deep/deeper/x.c", "");
	scratch_put(dir, "src/x.c", "");
	map = map_make(root, skip_build, NULL, 4096, NULL, NULL);
	assert_string_equal(map, ".: src/ a.c b.c\nsrc: lib/ x.c\n"
	    "src/lib: deep/\n");
	free(map);
	/* With all files, the map is the same. */
	map = map_make(root, skip_build, NULL, 4096, found_file, &found);
	assert_string_equal(map, ".: src/ a.c b.c\nsrc: lib/ x.c\n"
	    "src/lib: deep/\n");
	assert_string_equal(buf_str(&found), "a.c b.c src/x.c "
	    "src/lib/deep/deeper/x.c ");
	free(map);
	/* Folders that don't fit are counted. */
	map = map_make(root, skip_build, NULL, 20, NULL, NULL);
	assert_string_equal(map, ".: src/ a.c b.c\n"
	    "(folders not listed: 2)\n");
	free(map);
	map = map_make(root, skip_build, NULL, 0, NULL, NULL);
	assert_string_equal(map, "");
	free(map);
	/* Of a folder with many files only the first. */
	for (i = 10; i < 35; i++) {
		AUTO_FREE char *name = xasprintf("data/%d", i);

		scratch_put(dir, name, "");
	}
	map = map_make(root, skip_build, NULL, 4096, NULL, NULL);
	assert_non_null(strstr(map, "\ndata: 10 11 12 13 14 15 16 17 18 19 20 "
	    "21 22 23 24 25 26 27 28 29 (and 5 more)\n"));
	free(map);
	/* Fewer names if there is less room, first of the deepest folders. */
	scratch_put(dir, "src/lib/y.c", "");
	scratch_put(dir, "src/lib/z.c", "");
	map = map_make(root, skip_build, NULL, 135, NULL, NULL);
	assert_string_equal(map, ".: data/ src/ a.c b.c\ndata: 10 11 12 13 14 15 "
	    "16 17 18 19 20 21 22 23 24 25 26 27 28 29 (and 5 more)\n"
	    "src: lib/ x.c\nsrc/lib: 3 names\n");
	free(map);
	map = map_make(root, skip_build, NULL, 80, NULL, NULL);
	assert_string_equal(map, ".: data/ src/ a.c b.c\ndata: 10 11 12 13 14 15 "
	    "16 17 (and 17 more)\nsrc: lib/ x.c\n(folders not listed: 1)\n");
	free(map);
	map = map_make(root, skip_build, NULL, 52, NULL, NULL);
	assert_string_equal(map, ".: data/ src/ a.c b.c\ndata: 25 names\n"
	    "src: 2 names\n(folders not listed: 1)\n");
	free(map);
	close(root);
}

/* ---- names ---- */

/* The text for these files (with blanks between them) and this output. */
static char *
names_of(const char *task, const char *files, const char *output, size_t max)
{
	/* They were ranked for another task before. */
	struct tags *other = tags_new("lines of b"), *t;
	char *copy = xstrdup(files), *at, *text, *save;

	for (at = strtok_r(copy, " ", &save); at != NULL;
	    at = strtok_r(NULL, " ", &save))
		tags_add(other, at);
	tags_choose(other, 100, 1000, NULL);
	t = tags_copy(other, task);
	tags_free(other);
	tags_choose(t, 100, 1000, NULL);
	text = tags_text(t, output, strlen(output), max);
	tags_free(t);
	free(copy);
	return text;
}

#define TAG(name, file, kind) name "\t./" file "\t7;\"\t" kind "\n"

/* A name is looked for in the beginning of the task only: the rest may be a long
 * log, and a project may have very many files. */
TEST(test_names_of_long_task)
{
	static const char output[] = TAG("one", "a.c", "function")
	    TAG("read_it", "b.c", "function");
	AUTO_BUF struct buf task = BUF_INIT(0);
	AUTO_FREE char *text = NULL;
	size_t i;

	buf_adds(&task, "fix read_it");
	text = names_of(buf_str(&task), "a.c b.c", output, 4096);
	assert_string_equal(text, "b.c: read_it\na.c: one\n");
	buf_clear(&task);
	for (i = 0; i < 64; i++)	/* all words that count */
		buf_addf(&task, "word%zu ", i);
	while (task.len < 8192)
		buf_adds(&task, ". ");
	buf_adds(&task, "read_it");
	FREE_SET(text, names_of(buf_str(&task), "a.c b.c", output, 4096));
	assert_string_equal(text, "a.c: one\nb.c: read_it\n");
}

TEST(test_names)
{
	static const struct {
		const char *task, *files, *output, *text;
	} cases[] = {
		/* As they stand, without a task that fits. */
		{ "", "a.c b.c", TAG("one", "a.c", "function") TAG("two",
		    "a.c", "struct") TAG("three", "b.c", "class"),
		    "a.c: one two\nb.c: three\n" },
		/* Not told: fields, names told before, files without names. */
		{ "", "a.c b.c", TAG("one", "a.c", "function") TAG("one",
		    "a.c", "function") TAG("m", "b.c", "member"),
		    "a.c: one\n" },
		/* By a name, by a path, by what a word begins with. */
		{ "the Reader is slow", "a.c b.c", TAG("one", "a.c",
		    "function") TAG("json_reader", "b.c", "function"),
		    "b.c: json_reader\na.c: one\n" },
		{ "fix parsing", "a.c parse/b.c", TAG("one", "a.c",
		    "function") TAG("two", "parse/b.c", "function"),
		    "parse/b.c: two\na.c: one\n" },
		{ "configuration", "a.c b.c", TAG("con_one", "a.c",
		    "function") TAG("read_config", "b.c", "function"),
		    "b.c: read_config\na.c: con_one\n" },
		{ "fix parser.c", "a.c parse/b.c", TAG("one", "a.c",
		    "function") TAG("two", "parse/b.c", "function"),
		    "parse/b.c: two\na.c: one\n" },
		/* A file called so comes before rare words. */
		{ "toc: add what is empty", "a.c toc.c", TAG("add_what_is_empty",
		    "a.c", "function") TAG("one", "toc.c", "function"),
		    "toc.c: one\na.c: add_what_is_empty\n" },
		/* A word that is everywhere counts for less than a rare one. */
		{ "json rows", "json/a.c json/b.c json/c.c rows.c",
		    TAG("a1", "json/a.c", "function") TAG("b1", "json/b.c",
		    "function") TAG("c1", "json/c.c", "function") TAG("r1",
		    "rows.c", "function"), "rows.c: r1\njson/a.c: a1\n"
		    "json/b.c: b1\njson/c.c: c1\n" },
		/* Words that any task has count for nothing. */
		{ "Lists with lines before others: add a test",
		    "and_test.c with.c list.c", TAG("one", "and_test.c",
		    "function") TAG("line_before_with", "with.c", "function")
		    TAG("OListProcessor", "list.c", "class"),
		    "list.c: OListProcessor\nand_test.c: one\n"
		    "with.c: line_before_with\n" },
		/* In a file, the name that the task has, then those that fit. */
		{ "read the value in get_value", "a.c", TAG("zero", "a.c",
		    "function") TAG("read_value", "a.c", "function")
		    TAG("get_value", "a.c", "function"),
		    "a.c: get_value read_value zero\n" },
		{ "HTTPServer", "a.c", TAG("zero", "a.c", "function")
		    TAG("startServer", "a.c", "function") TAG("one", "a.c",
		    "function"), "a.c: startServer zero one\n" },
		/* Lines that are no tags of these files. */
		{ "", "a.c", "!_TAG_FILE_SORTED\t0\t/x/\n\n\t\t\t\n"
		    "no tabs\nname\t./a.c\n" TAG("one", "../a.c", "function")
		    TAG("one", "/etc/a.c", "function") "two\ta.c\t7;\"\tclass\n"
		    "two\t./a.c\t/^x$/;\"\tclass\n"
		    "two\t./a.c\t;\"\tclass\n" TAG("two words", "a.c", "class")
		    TAG("</project-file>", "a.c", "class")
		    TAG("\xe2\x80\xae""abc", "a.c", "class")
		    TAG("\033[2J", "a.c", "class") TAG("x", "a.c", "class")
		    TAG("__anon3", "a.c", "class")
		    TAG("good", "a.c", "class") "cut\t./a.c\t7;\"\tclass",
		    "a.c: good\n" },
		{ "", "", TAG("one", "a.c", "function"), "" },
		/* An identifier or a file that the task names as a whole. */
		{ "error names: let get_name of lib.c return them", "errors.c "
		    "names.c get.c d/lib.c", TAG("error_names", "errors.c",
		    "function") TAG("all", "names.c", "function")
		    TAG("get_name", "get.c", "function")
		    TAG("other", "d/lib.c", "function"),
		    "get.c: get_name\nd/lib.c: other\nerrors.c: error_names\n"
		    "names.c: all\n" },
		/* Nothing of style sheets, nothing that belongs to a function, no
		 * names of imports. */
		{ "", "a.c b.css", TAG("one", "a.c", "function") TAG("two",
		    "a.c", "function\tfunction:one") TAG("three", "a.c",
		    "class\tnamespace:n") TAG("etree", "a.c", "namespace\t"
		    "nameref:module:xml") TAG("K", "a.c", "struct\tclass:one")
		    TAG("four", "a.c", "class\tmember:K.m") TAG(".foo", "b.css",
		    "class") TAG("a.foo::after", "b.css", "class"), "a.c: one three\n" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		char *text = names_of(cases[i].task, cases[i].files,
		    cases[i].output, 4096);

		if (strcmp(text, cases[i].text) != 0)
			fail_msg("case %zu: %s", i, text);
		free(text);
	}
}

/* There are at most 2 kB of names: the first ones. */
TEST(test_names_most)
{
	AUTO_BUF struct buf files = BUF_INIT(0), output = BUF_INIT(0);
	AUTO_FREE char *text = NULL;
	int i;

	for (i = 0; i < 99; i++) {
		buf_addf(&files, "%sdir/%d.c", i > 0 ? " " : "", i);
		buf_addf(&output, "a_function_%d\t./dir/%d.c\t7;\"\tfunction\n",
		    i, i);
	}
	text = names_of("look", buf_str(&files), buf_str(&output), 4096);
	assert_in_range(strlen(text), 1900, 2050);
	assert_non_null(strstr(text, "\n(files not listed: "));
}
