/*
 * Random files and random arguments, from a fixed seed, for every file tool.
 * Nothing is expected of the answers but their form (tool-scratch checks it:
 * valid UTF-8, bounded), that what lies outside the project stays as it is, and
 * that no temporary file is left.  Worth most when built with sanitizers.
 */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "tests/unit/rounds.h"
#include "tests/unit/tool-scratch.h"
#include "tool/impl.h"

#define ROUNDS 3000

static const char *const names[] = { "a", "b.c", "d/a", "d/e/b.c", "d",
	"../victim", "../out/x", "link", "d/up", "none", "none/x", ".", "..",
	"", "/", "~", "a/", "d//e/./b.c", "/assent/out/x", "x\ny",
	"\x1b[2J", ".gitignore", "d/.gitignore", "\xe2\x80\xae", ".git/x" };
static const char *const globs[] = { "*", "**", "**/*", "*.c", "[", "[a-",
	"{a,b}", "{{{,}}}", "d/**", "!a", "\\", "?", "/", "a{b", "[!a]", "**a",
	"{,{,{,}}}", "***/***", "[[:alpha:]", "", "../*" };
static const char *const regexes[] = { "a", "(", "(a+)+$", "^$", ".", "\\C",
	"(?R)", "[", "\\Q", "(?=a)", "\\K", "(?<=a)b", "\\x{e9}", "(*UTF)a",
	"(*FAIL)", "a{99999}", "(?i)A", "\\p{L}", "(.)\\1", "", "((((a)*)*)*)*b",
	"(*LIMIT_MATCH=1)a", "(?C1)a" };
static const char *const texts[] = { "", "a", "b\n", "\n", "\"", "'", " ",
	"a b", "\xe2\x80\x9c", "e\xcc\x81", "-", "\r\n", "a\n\n", "  \n",
	"\\xFF", "\xf0\x9f\x98\x80", "aaaa" };

#define PICK(seed, list) (list)[random_next(seed, MEM_COUNT(list))]

static void
random_file(struct scratch *s, uint64_t *seed)
{
	static const char *const good[] = { "a", "b.c", "d/a", "d/e/b.c",
		".gitignore", "d/.gitignore", "x\ny" };
	char bytes[600];
	size_t n = random_next(seed, sizeof(bytes)), i = 0, k;
	bool wild = random_next(seed, 4) == 0;

	while (i < n) {
		const char *t = random_next(seed, 3) == 0 ? PICK(seed, globs) :
		    PICK(seed, texts);

		if (wild)
			bytes[i++] = (char)random_next(seed, 256);
		else
			for (k = 0; t[k] != '\0' && i < n; k++)
				bytes[i++] = t[k];
		if (random_next(seed, 5) == 0 && i < n)
			bytes[i++] = '\n';
	}
	put_bytes(s, PICK(seed, good), bytes, n);
}

static void
random_member(cJSON *o, const char *key, uint64_t *seed)
{
	switch (random_next(seed, 16)) {
	case 0:
		json_set_take(o, key, cJSON_CreateNull());
		break;
	case 1:
		cJSON_AddNumberToObject(o, key, (double)random_next(seed, 2000) - 5.0);
		break;
	case 2:
		break;
	default:
		json_add_str(o, key,
		    strcmp(key, "path") == 0 ? PICK(seed, names) :
		    strcmp(key, "glob") == 0 ? PICK(seed, globs) :
		    strcmp(key, "pattern") != 0 ? PICK(seed, texts) :
		    random_next(seed, 2) == 0 ? PICK(seed, globs) :
		    PICK(seed, regexes));
		break;
	}
}

static char *
random_args(const char *tool, uint64_t *seed)
{
	static const char *const members[] = { "path", "content", "pattern",
		"glob", "old_string", "new_string", "from", "lines", "context",
		"max", "replace_all", "ignore_case" };
	const struct tool_entry *t = tool_find(tool);
	cJSON *o = cJSON_CreateObject();
	size_t i;
	char *text;

	for (i = 0; i < MEM_COUNT(members); i++) {
		char *quoted = xasprintf("\"%s\":", members[i]);
		bool known = strstr(t->schema, quoted) != NULL;

		free(quoted);
		if (!known && random_next(seed, 200) != 0)
			continue;
		if (i >= 10 && random_next(seed, 2) == 0)
			json_add_bool(o, members[i], random_next(seed, 2) == 0);
		else if (i >= 6 && random_next(seed, 2) == 0)
			json_add_int(o, members[i], random_next(seed, 30));
		else if (i < 6)
			random_member(o, members[i], seed);
	}
	text = json_print(o);
	cJSON_Delete(o);
	return text;
}

static void
check_no_temps(int dir)
{
	struct dirent *de;
	DIR *d = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC));

	assert_non_null(d);
	while ((de = readdir(d)) != NULL)
		if (strncmp(de->d_name, ".assent-", 8) == 0)
			fail_msg("left: %s", de->d_name);
	closedir(d);
}

SCRATCH_TEST(test_fuzz)
{
#define NAME(name) #name,
	static const char *const tools[] = { TOOL_FILES(NAME) };
	struct scratch *s = *state;
	uint64_t seed = 20260101;
	int round, ok = 0, dir;

	put(s, "../victim", "safe\n");
	put(s, "../out/x", "whole\n");
	put(s, "d/e/b.c", "text\n");
	assert_int_equal(symlinkat("d/a", s->root_fd, "link"), 0);
	assert_int_equal(symlinkat("../..", s->root_fd, "d/up"), 0);
	for (round = 0; round < ROUNDS; round++) {
		const char *tool = PICK(&seed, tools);
		char *args;

		if (round % 5 == 0)
			random_file(s, &seed);
		s->env.sandboxed = random_next(&seed, 2) == 0;
		args = random_args(tool, &seed);
		ok += json_bool(run(s, tool, args), "ok", false);
		free(args);
	}
	assert_true(ok > ROUNDS / 10);
	s->env.sandboxed = true;
	check_text(s, "../victim", "safe\n");
	check_text(s, "../out/x", "whole\n");
	check_no_temps(s->root_fd);
	dir = openat(s->root_fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_no_temps(dir);
	close(dir);
	check_no_temps(s->top_fd);
	assert_int_equal(faccessat(s->root_fd, ".git", F_OK, 0), -1);
}
