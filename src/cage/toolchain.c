/*
 * Toolchains that people install under their home.  A row applies when an
 * entry of PATH lies at or below its trigger; its folders are then shown
 * read-only, and the files in them that hold credentials are masked.  What has
 * no row stays out of sight, as the rest of the home does.
 */
#include "config.h"

#include "cage/toolchain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"

struct toolchain_row {
	const char	*trigger;	/* below the home */
	const char	*show[4];
	const char	*mask[4];
};

/* clang-format off */
static const struct toolchain_row toolchain_rows[] = {
	{ ".asdf",		{ ".asdf" },			{ NULL } },
	{ ".bun",		{ ".bun" },			{ NULL } },
	{ ".cabal/bin",		{ ".cabal/bin", ".cabal/packages",
				  ".cabal/store" },		{ NULL } },
	{ ".cargo",		{ ".cargo", ".rustup" },
				{ ".cargo/credentials",
				  ".cargo/credentials.toml" } },
	{ ".composer/vendor",	{ ".composer/vendor" },		{ NULL } },
	{ ".deno",		{ ".deno" },			{ NULL } },
	{ ".dotnet",		{ ".dotnet" },			{ NULL } },
	{ ".elan",		{ ".elan" },			{ NULL } },
	{ ".fnm",		{ ".fnm" },			{ NULL } },
	{ ".gem",		{ ".gem" },	{ ".gem/credentials" } },
	{ ".ghcup",		{ ".ghcup" },			{ NULL } },
	{ ".jenv",		{ ".jenv" },			{ NULL } },
	{ ".juliaup",		{ ".juliaup", ".julia" },
				{ ".julia/servers" } },
	{ ".krew/bin",		{ ".krew/bin", ".krew/store" },	{ NULL } },
	{ ".local/bin",		{ ".local/bin", ".local/lib",
				  ".local/share/uv",
				  ".local/share/pipx" },
				{ ".local/share/uv/credentials" } },
	{ ".local/share/fnm",	{ ".local/share/fnm" },		{ NULL } },
	{ ".local/share/mise",	{ ".local/share/mise" },	{ NULL } },
	{ ".local/share/pnpm",	{ ".local/share/pnpm" },	{ NULL } },
	{ ".n",			{ ".n" },			{ NULL } },
	{ ".nimble",		{ ".nimble" },
				{ ".nimble/github_api_token" } },
	{ ".nix-profile",	{ ".nix-profile" },		{ NULL } },
	{ ".nodenv",		{ ".nodenv" },			{ NULL } },
	{ ".npm-global",	{ ".npm-global" },
				{ ".npm-global/etc/npmrc" } },
	{ ".nvm",		{ ".nvm" },			{ NULL } },
	{ ".opam",		{ ".opam" },			{ NULL } },
	{ ".phpenv",		{ ".phpenv" },			{ NULL } },
	{ ".plenv",		{ ".plenv" },			{ NULL } },
	{ ".poetry",		{ ".poetry" },			{ NULL } },
	{ ".pub-cache",		{ ".pub-cache" },
				{ ".pub-cache/credentials.json" } },
	{ ".pyenv",		{ ".pyenv" },			{ NULL } },
	{ ".rbenv",		{ ".rbenv" },			{ NULL } },
	{ ".rvm",		{ ".rvm" },			{ NULL } },
	{ ".rye",		{ ".rye" },			{ NULL } },
	{ ".sdkman",		{ ".sdkman" },			{ NULL } },
	{ ".swiftly",		{ ".swiftly" },			{ NULL } },
	{ ".volta",		{ ".volta" },			{ NULL } },
	{ ".yarn/bin",		{ ".yarn/bin" },		{ NULL } },
	{ "anaconda3",		{ "anaconda3" },
				{ "anaconda3/.condarc" } },
	{ "go",			{ "go" },			{ NULL } },
	{ "mambaforge",		{ "mambaforge" },
				{ "mambaforge/.condarc" } },
	{ "miniconda3",		{ "miniconda3" },
				{ "miniconda3/.condarc" } },
	{ "miniforge3",		{ "miniforge3" },
				{ "miniforge3/.condarc" } },
	{ "sdk/go",		{ "sdk/go" },			{ NULL } },
};
/* clang-format on */

/* Does an entry of PATH lie at or below home/trigger? */
static bool
toolchain_is_on_path(const char *home, const char *trigger, const char *path)
{
	char *dir = fs_join(home, trigger);
	const char *c = path;
	bool found = false;

	while (!found && *c != '\0') {
		size_t n = strcspn(c, ":");
		char *one = xmemdup(c, n), *norm;

		if (one[0] == '/') {
			norm = fs_normalize("/", one);
			found = fs_is_below(norm, dir);
			free(norm);
		}
		free(one);
		c += n + (c[n] == ':');
	}
	free(dir);
	return found;
}

void
toolchain_each(const char *home, const char *path, toolchain_cb *cb, void *arg)
{
	size_t i, k;

	if (path == NULL)
		return;
	for (i = 0; i < MEM_COUNT(toolchain_rows); i++) {
		const struct toolchain_row *t = &toolchain_rows[i];

		if (!toolchain_is_on_path(home, t->trigger, path))
			continue;
		for (k = 0; k < MEM_COUNT(t->show) && t->show[k] != NULL; k++) {
			char *dir = fs_join(home, t->show[k]);
			struct stat st;

			/* A symlink (a home kept on another disk) is followed
			 * once, here; what it leads to is shown. */
			if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
				cb(arg, dir, false);
			free(dir);
		}
		for (k = 0; k < MEM_COUNT(t->mask) && t->mask[k] != NULL; k++) {
			char *file = fs_join(home, t->mask[k]);

			cb(arg, file, true);
			free(file);
		}
	}
}
