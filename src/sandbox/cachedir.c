/*
 * A table, instead of all of ~/.cache: browsers, mail programs and password
 * stores keep data there too.
 */
#include "config.h"

#include "sandbox/cachedir.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/host-path.h"

struct cachedir_row {
	const char	*path;		/* below the home */
	const char	*mask[3];	/* likewise: credentials */
};

/* clang-format off */
static const struct cachedir_row cachedir_rows[] = {
	{ ".bun/install/cache",		{ NULL } },
	{ ".bundle/cache",		{ NULL } },
	{ ".cabal/packages",		{ NULL } },
	{ ".cache/Cypress",		{ NULL } },
	{ ".cache/act",			{ NULL } },
	{ ".cache/bazelisk",		{ NULL } },
	{ ".cache/black",		{ NULL } },
	{ ".cache/cabal",		{ NULL } },
	{ ".cache/ccache",		{ NULL } },
	{ ".cache/clangd",		{ NULL } },
	{ ".cache/composer",		{ NULL } },
	{ ".cache/coursier",		{ NULL } },
	{ ".cache/deno",		{ NULL } },
	{ ".cache/electron",		{ NULL } },
	{ ".cache/electron-builder",	{ NULL } },
	{ ".cache/fontconfig",		{ NULL } },
	{ ".cache/go-build",		{ NULL } },
	{ ".cache/golangci-lint",	{ NULL } },
	{ ".cache/goimports",		{ NULL } },
	{ ".cache/hex",			{ NULL } },
	{ ".cache/huggingface",		{ ".cache/huggingface/token",
					  ".cache/huggingface/stored_tokens" } },
	{ ".cache/jedi",		{ NULL } },
	{ ".cache/matplotlib",		{ NULL } },
	{ ".cache/ms-playwright",	{ NULL } },
	{ ".cache/mypy",		{ NULL } },
	{ ".cache/nim",			{ NULL } },
	{ ".cache/node",		{ NULL } },
	{ ".cache/node-gyp",		{ NULL } },
	{ ".cache/numba",		{ NULL } },
	{ ".cache/pip",			{ NULL } },
	{ ".cache/pip-tools",		{ NULL } },
	{ ".cache/pipenv",		{ NULL } },
	{ ".cache/pnpm",		{ NULL } },
	{ ".cache/pre-commit",		{ NULL } },
	{ ".cache/prisma",		{ NULL } },
	{ ".cache/puppeteer",		{ NULL } },
	{ ".cache/pypoetry",		{ NULL } },
	{ ".cache/rebar3",		{ NULL } },
	{ ".cache/ruff",		{ NULL } },
	{ ".cache/sccache",		{ NULL } },
	{ ".cache/selenium",		{ NULL } },
	{ ".cache/torch",		{ NULL } },
	{ ".cache/turbo",		{ NULL } },
	{ ".cache/typescript",		{ NULL } },
	{ ".cache/uv",			{ NULL } },
	{ ".cache/virtualenv",		{ NULL } },
	{ ".cache/vcpkg",		{ NULL } },
	{ ".cache/yarn",		{ NULL } },
	{ ".cache/zig",			{ NULL } },
	{ ".cache/zls",			{ NULL } },
	{ ".cargo/git",			{ NULL } },
	{ ".cargo/registry",		{ NULL } },
	{ ".ccache",			{ NULL } },
	{ ".composer/cache",		{ NULL } },
	{ ".conan/data",		{ NULL } },
	{ ".conan2/p",			{ NULL } },
	{ ".conda/pkgs",		{ ".conda/pkgs/urls",
					  ".conda/pkgs/urls.txt" } },
	{ ".cpm",			{ NULL } },
	{ ".dub/packages",		{ NULL } },
	{ ".gradle/caches",		{ NULL } },
	{ ".gradle/native",		{ NULL } },
	{ ".gradle/wrapper",		{ NULL } },
	{ ".hex/packages",		{ NULL } },
	{ ".ivy2/cache",		{ NULL } },
	{ ".ivy2/local",		{ NULL } },
	{ ".julia/artifacts",		{ NULL } },
	{ ".julia/compiled",		{ NULL } },
	{ ".julia/packages",		{ NULL } },
	{ ".julia/registries",		{ NULL } },
	{ ".konan",			{ NULL } },
	{ ".local/share/pnpm/store",	{ NULL } },
	{ ".local/share/virtualenv",	{ NULL } },
	{ ".m2/repository",		{ NULL } },
	{ ".m2/wrapper",		{ NULL } },
	{ ".mix/archives",		{ NULL } },
	{ ".nimble/pkgs",		{ NULL } },
	{ ".nimble/pkgs2",		{ NULL } },
	{ ".node-gyp",			{ NULL } },
	{ ".npm/_cacache",		{ NULL } },
	{ ".npm/_npx",			{ NULL } },
	{ ".nuget/packages",		{ NULL } },
	{ ".pnpm-store",		{ NULL } },
	{ ".pub-cache/git",		{ NULL } },
	{ ".pub-cache/hosted",		{ NULL } },
	{ ".sbt/boot",			{ NULL } },
	{ ".sbt/launchers",		{ NULL } },
	{ ".stack/pantry",		{ NULL } },
	{ ".stack/programs",		{ NULL } },
	{ ".stack/snapshots",		{ NULL } },
	{ ".yarn/berry/cache",		{ NULL } },
	{ "go/pkg/mod",			{ NULL } },
	{ "go/pkg/sumdb",		{ NULL } },
};
/* clang-format on */

const char *
cachedir_path(size_t i)
{
	return i < MEM_COUNT(cachedir_rows) ? cachedir_rows[i].path : NULL;
}

static bool
cachedir_is_readable(const char *dir)
{
	struct stat st;

	return stat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
	    access(dir, R_OK | X_OK) == 0;
}

bool
cachedir_exists(const char *home, const char *path)
{
	AUTO_FREE char *dir = fs_join(home, path);

	return cachedir_is_readable(dir);
}

char *
cachedir_layer(const char *path)
{
	char *name = xstrdup(path), *slash;

	for (slash = name; *slash != '\0'; slash++)
		if (*slash == '/')
			*slash = '%';
	return name;
}

void
cachedir_each(const char *home, cachedir_cb *cb, void *arg)
{
	static const char top[] = ".cache/";
	AUTO(host_names_release) struct host_names in_home = { 0 };
	AUTO(host_names_release) struct host_names in_cache = { 0 };
	char *dir = fs_join(home, top);
	size_t i, k;

	host_names_read(&in_home, home);
	host_names_read(&in_cache, dir);
	free(dir);
	for (i = 0; i < MEM_COUNT(cachedir_rows); i++) {
		const struct cachedir_row *r = &cachedir_rows[i];

		if (strncmp(r->path, top, strlen(top)) == 0 ?
		    !host_names_have(&in_cache, r->path + strlen(top)) :
		    !host_names_have(&in_home, r->path))
			continue;
		dir = fs_join(home, r->path);
		if (!cachedir_is_readable(dir)) {
			free(dir);
			continue;
		}
		cb(arg, dir, false);
		free(dir);
		for (k = 0; k < MEM_COUNT(r->mask) && r->mask[k] != NULL;
		    k++) {
			AUTO_FREE char *file = fs_join(home, r->mask[k]);

			cb(arg, file, true);
		}
	}
}
