/* Which files a command reads to know what to run. See test-input.h. */
#include "config.h"

#include "gate/test-input.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * The files that a command reads to know what to run, by its name: changing one
 * of these changes the success check. "*" matches any beginning.
 */
static const struct test_input_row {
	const char	*command;
	const char	*files;
} test_input_rows[] = {
	{ "ant", "build.xml" },
	{ "bazel", "BUILD BUILD.bazel WORKSPACE MODULE.bazel *.bzl .bazelrc" },
	{ "bundle", "Gemfile Rakefile .rspec" },
	{ "cargo", "Cargo.toml build.rs" },
	{ "cmake", "CMakeLists.txt *.cmake CMakePresets.json" },
	{ "composer", "composer.json phpunit.xml" },
	{ "ctest", "CMakeLists.txt *.cmake" },
	{ "deno", "deno.json deno.jsonc" },
	{ "dotnet", "*.csproj *.sln Directory.Build.props" },
	{ "go", "go.mod go.work" },
	{ "gradle", "build.gradle build.gradle.kts settings.gradle" },
	{ "gradlew", "build.gradle build.gradle.kts settings.gradle" },
	{ "just", "justfile Justfile .justfile" },
	{ "make", "Makefile makefile GNUmakefile Makefile.am Makefile.in *.mk" },
	{ "meson", "meson.build meson_options.txt" },
	{ "mix", "mix.exs" },
	{ "mvn", "pom.xml" },
	{ "ninja", "build.ninja meson.build CMakeLists.txt" },
	{ "node", "package.json" },
	{ "npm", "package.json .npmrc" },
	{ "npx", "package.json .npmrc" },
	{ "phpunit", "phpunit.xml phpunit.xml.dist" },
	{ "pnpm", "package.json .npmrc" },
	{ "pytest", "pyproject.toml setup.cfg tox.ini pytest.ini conftest.py" },
	{ "python", "pyproject.toml setup.cfg setup.py conftest.py" },
	{ "python3", "pyproject.toml setup.cfg setup.py conftest.py" },
	{ "rake", "Rakefile" },
	{ "rspec", ".rspec Rakefile" },
	{ "swift", "Package.swift" },
	{ "tox", "tox.ini setup.cfg pyproject.toml" },
	{ "yarn", "package.json .yarnrc .yarnrc.yml" },
	{ "zig", "build.zig" },
};

static const char *
test_input_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* Is `name` (n bytes) one of the space-separated patterns? */
static bool
test_input_name_in(const char *patterns, const char *name)
{
	size_t len = strlen(name);

	while (*patterns != '\0') {
		size_t n = strcspn(patterns, " ");

		if (*patterns == '*') {
			if (len >= n - 1 && strncmp(name + len - (n - 1),
			    patterns + 1, n - 1) == 0)
				return true;
		} else if (len == n && strncmp(patterns, name, n) == 0) {
			return true;
		}
		patterns += n;
		patterns += strspn(patterns, " ");
	}
	return false;
}

static bool
test_input_word_names(const char *word, const char *path)
{
	size_t n, len = strlen(path), i;

	for (i = 0; i < MEM_COUNT(test_input_rows); i++)
		if (strcmp(test_input_base(word),
		    test_input_rows[i].command) == 0 &&
		    test_input_name_in(test_input_rows[i].files,
		    test_input_base(path)))
			return true;
	while (strncmp(word, "./", 2) == 0 || strncmp(word, "../", 3) == 0)
		word = strchr(word, '/') + 1;
	n = strlen(word);
	return n > 0 && len >= n && strcmp(path + len - n, word) == 0 &&
	    (len == n || path[len - n - 1] == '/');
}

bool
test_input_names(const char *command, const char *path)
{
	static const char blanks[] = " \t\r\n;|&()<>{}\"'`$=,";
	char *copy, *p, *save = NULL;
	bool yes = false;

	if (command == NULL)
		return false;
	copy = xstrdup(command);
	for (p = strtok_r(copy, blanks, &save); p != NULL && !yes;
	    p = strtok_r(NULL, blanks, &save))
		yes = test_input_word_names(p, path);
	free(copy);
	return yes;
}
