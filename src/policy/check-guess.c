/* A new kind of project is a row, with a function if the file's existence isn't
 * enough. */
#include "config.h"

#include "policy/check-guess.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

#define CHECK_GUESS_FILE_MAX ((size_t)256 << 10)

struct check_row {
	const char	*file;
	/* Does its text (n bytes) match the row? NULL: existence is enough. */
	bool		(*fits)(const char *text, size_t n, const char *word);
	const char	*word;		/* for `fits` */
	const char	*beside;	/* must exist too; or NULL */
	const char	*command;
};

/* Is there a line with `word`, optional spaces, and a colon that isn't ":="? */
static bool
check_has_target(const char *text, size_t n, const char *word)
{
	const char *s = text, *end = text + n, *t;
	size_t len = strlen(word);

	while (s != NULL && (size_t)(end - s) > len) {
		if (memcmp(s, word, len) == 0) {
			for (t = s + len; t < end && (*t == ' ' || *t == '\t');
			    t++)
				;
			if (t < end && *t == ':' &&
			    (t + 1 == end || t[1] != '='))
				return true;
		}
		s = memchr(s, '\n', (size_t)(end - s));
		if (s != NULL)
			s++;
	}
	return false;
}

static bool
check_has_word(const char *text, size_t n, const char *word)
{
	return memmem(text, n, word, strlen(word)) != NULL;
}

/* A script of this name other than the one `npm init` writes. */
static bool
check_has_script(const char *text, size_t n, const char *word)
{
	AUTO_JSON cJSON *o = json_parse(text, n, JSON_NUL_REPLACE, NULL);
	const char *script = json_str(json_get(o, "scripts"), word);

	return script != NULL && script[0] != '\0' &&
	    strstr(script, "no test specified") == NULL;
}

/* A project's own files come before those of its language. */
/* clang-format off */
static const struct check_row check_rows[] = {
	{ "GNUmakefile", check_has_target, "check", NULL,
	    "make check" },
	{ "GNUmakefile", check_has_target, "test", NULL, "make test" },
	{ "makefile", check_has_target, "check", NULL, "make check" },
	{ "makefile", check_has_target, "test", NULL, "make test" },
	{ "Makefile", check_has_target, "check", NULL, "make check" },
	{ "Makefile", check_has_target, "test", NULL, "make test" },
	{ "justfile", check_has_target, "test", NULL, "just test" },
	{ "Justfile", check_has_target, "test", NULL, "just test" },
	{ "package.json", check_has_script, "test", "pnpm-lock.yaml",
	    "pnpm test" },
	{ "package.json", check_has_script, "test", "yarn.lock",
	    "yarn test" },
	{ "package.json", check_has_script, "test", "bun.lock",
	    "bun run test" },
	{ "package.json", check_has_script, "test", "bun.lockb",
	    "bun run test" },
	{ "package.json", check_has_script, "test", NULL, "npm test" },
	{ "deno.json", NULL, NULL, NULL, "deno test" },
	{ "Cargo.toml", NULL, NULL, NULL, "cargo test" },
	{ "go.mod", NULL, NULL, NULL, "go test ./..." },
	{ "pytest.ini", NULL, NULL, NULL, "python3 -m pytest -q" },
	{ "pyproject.toml", check_has_word, "pytest", NULL,
	    "python3 -m pytest -q" },
	{ "setup.cfg", check_has_word, "[tool:pytest]", NULL,
	    "python3 -m pytest -q" },
	{ "tox.ini", check_has_word, "pytest", NULL,
	    "python3 -m pytest -q" },
	{ "conftest.py", NULL, NULL, NULL, "python3 -m pytest -q" },
	{ "pyproject.toml", NULL, NULL, "tests", "python3 -m unittest discover" },
	{ "setup.py", NULL, NULL, "tests", "python3 -m unittest discover" },
	{ "gradlew", NULL, NULL, NULL, "./gradlew test" },
	{ "mvnw", NULL, NULL, NULL, "./mvnw -q test" },
	{ "pom.xml", NULL, NULL, NULL, "mvn -q test" },
	{ "build.gradle", NULL, NULL, NULL, "gradle test" },
	{ "build.gradle.kts", NULL, NULL, NULL, "gradle test" },
	{ "mix.exs", NULL, NULL, NULL, "mix test" },
	{ "Gemfile", check_has_word, "rspec", NULL,
	    "bundle exec rspec" },
	{ "Rakefile", check_has_word, "test", NULL, "rake test" },
	{ "composer.json", check_has_script, "test", NULL,
	    "composer test" },
	{ "Package.swift", NULL, NULL, NULL, "swift test" },
	{ "dune-project", NULL, NULL, NULL, "dune test" },
	{ "stack.yaml", NULL, NULL, NULL, "stack test" },
	{ "cabal.project", NULL, NULL, NULL, "cabal test" },
	{ "build.zig", NULL, NULL, NULL, "zig build test" },
	{ "meson.build", check_has_word, "test(", NULL,
	    "(test -d build || meson setup build) && meson test -C build" },
	{ "CMakeLists.txt", check_has_word, "enable_testing", NULL,
	    "cmake -S . -B build && cmake --build build && "
	    "ctest --test-dir build --output-on-failure" },
	{ "CMakeLists.txt", check_has_word, "include(CTest)", NULL,
	    "cmake -S . -B build && cmake --build build && "
	    "ctest --test-dir build --output-on-failure" },
	{ "configure", NULL, NULL, "Makefile.am",
	    "(test -f Makefile || ./configure) && make check" },
};
/* clang-format on */

/* The start of a regular file; false if there is none. */
static bool
check_guess_read(int root, const char *name, struct buf *b)
{
	AUTO_CLOSE int fd = fs_open_regular(root, name);

	if (fd < 0)
		return false;
	return fs_read_all(fd, b) == 0 || b->full;
}

static bool
check_row_fits(const struct check_row *r, int root)
{
	AUTO_BUF struct buf b = BUF_INIT(CHECK_GUESS_FILE_MAX);
	struct stat st;

	if (fstatat(root, r->file, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode) || (r->beside != NULL &&
	    fstatat(root, r->beside, &st, AT_SYMLINK_NOFOLLOW) < 0))
		return false;
	if (r->fits == NULL)
		return true;
	return check_guess_read(root, r->file, &b) &&
	    r->fits(buf_str(&b), b.len, r->word);
}

const char *
check_guess(int root, const char **from)
{
	size_t i;

	*from = NULL;
	for (i = 0; i < MEM_COUNT(check_rows); i++) {
		if (!check_row_fits(&check_rows[i], root))
			continue;
		*from = check_rows[i].file;
		return check_rows[i].command;
	}
	return NULL;
}
