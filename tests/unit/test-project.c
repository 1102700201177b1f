/* The guess at what shows success, and the map of a project's folders. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "core/map.h"
#include "policy/criterion.h"
#include "scratch.h"

static int
open_root(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void
test_criterion(void **state)
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

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		const char *command, *from;
		char *dir = scratch_new();
		int root = open_root(dir);

		for (k = 0; k < 4 && cases[i].files[k] != NULL; k += 2)
			scratch_put(dir, cases[i].files[k],
			    cases[i].files[k + 1]);
		command = criterion_guess(root, &from);
		if ((command == NULL) != (cases[i].command == NULL) ||
		    (command != NULL && (strcmp(command, cases[i].command) !=
		    0 || strcmp(from, cases[i].from) != 0)))
			fail_msg("case %zu: %s of %s", i, command == NULL ?
			    "nothing" : command, from == NULL ? "" : from);
		close(root);
		scratch_free(dir);
	}
}

static void
test_criterion_is_a_file(void **state)
{
	char *dir = scratch_new(), *path = fs_join(dir, "go.mod");
	const char *from;
	int root = open_root(dir);

	(void)state;
	scratch_put(dir, "real", "module x\n");
	assert_int_equal(symlink("real", path), 0);
	assert_null(criterion_guess(root, &from));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_null(criterion_guess(root, &from));
	assert_null(from);
	close(root);
	free(path);
	scratch_free(dir);
}

static bool
skip_build(void *arg, const char *path, bool is_dir)
{
	(void)arg;
	return is_dir && strcmp(path, "src/build") == 0;
}

static void
test_map(void **state)
{
	char *dir = scratch_new(), *map;
	int root = open_root(dir);

	(void)state;
	map = map_make(root, skip_build, NULL, 4096);
	assert_string_equal(map, "");
	free(map);
	scratch_put(dir, "b.c", "");
	scratch_put(dir, "a.c", "");
	scratch_put(dir, "with\nnewline", "");
	scratch_put(dir, ".git/config", "");
	scratch_put(dir, "src/build/x.o", "");
	scratch_put(dir, "src/lib/deep/deeper/x.c", "");
	scratch_put(dir, "src/x.c", "");
	map = map_make(root, skip_build, NULL, 4096);
	assert_string_equal(map, ".: src/ a.c b.c\nsrc: lib/ x.c\n"
	    "src/lib: deep/\n");
	free(map);
	/* What does not fit is counted. */
	map = map_make(root, skip_build, NULL, 20);
	assert_string_equal(map, ".: src/ a.c b.c\n"
	    "(folders not listed: 2)\n");
	free(map);
	map = map_make(root, skip_build, NULL, 0);
	assert_string_equal(map, "");
	free(map);
	close(root);
	scratch_free(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_criterion),
		cmocka_unit_test(test_criterion_is_a_file),
		cmocka_unit_test(test_map),
	};

	return cmocka_run_group_tests_name("project", tests, NULL, NULL);
}
