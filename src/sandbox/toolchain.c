/*
 * The parts of the home that are shown: caches of tools, and toolchains. A
 * toolchain's row applies if an entry of PATH is at or below its trigger, or if
 * a symlink in an entry of PATH leads there; its folders are then shown
 * read-only, with files that contain credentials masked. The rest of the home
 * stays hidden. Paths are resolved without trusting the project.
 */

#include "config.h"

#include "sandbox/toolchain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

#define HOST_PATH_LINKS 40	/* as many as the kernel follows */

/* Join the folder `dir` (without links) and a component; "" is the top. */
static char *
host_path_step(const char *dir, const char *name)
{
	char *full = fs_normalize(dir[0] == '\0' ? "/" : dir, name);

	if (strcmp(full, "/") == 0)
		full[0] = '\0';
	return full;
}

/* Like realpath(3), malloc'ed; also NULL if any step of the way is in `root`, a
 * real path (NULL: there is no project). */
static char *
host_path_real(const char *path, const char *root)
{
	AUTO_CLOSE int plain = path[0] == '/' ? fs_open_plain(path) : -1;
	AUTO_FREE char *todo = xstrdup(path);
	char *done = xstrdup("");
	int left = HOST_PATH_LINKS;

	if (path[0] != '/')
		goto fail;
	if (plain >= 0) {
		FREE_SET(done, fs_normalize("/", path));
		if (root != NULL && fs_is_below(done, root))
			goto fail;
		return done;
	}
	for (;;) {
		char *name = todo + strspn(todo, "/"), *full, *rest;
		AUTO_FREE char *one = NULL;
		char text[PATH_MAX];
		size_t n = strcspn(name, "/");
		ssize_t len;

		if (n == 0)
			break;
		one = xmemdup(name, n);
		full = host_path_step(done, one);
		len = readlink(full[0] == '\0' ? "/" : full, text,
		    sizeof(text) - 1);
		if ((len < 0 && errno != EINVAL) || (len >= 0 && left-- == 0) ||
		    (root != NULL && fs_is_below(full, root))) {
			free(full);
			goto fail;
		}
		if (len < 0) {
			rest = xstrdup(name + n);
			FREE_SET(done, full);
		} else {
			text[len] = '\0';
			rest = xasprintf("%s%s", text, name + n);
			if (text[0] == '/')
				done[0] = '\0';
			free(full);
		}
		FREE_SET(todo, rest);
	}
	if (done[0] != '\0')
		return done;
	free(done);
	return xstrdup("/");
fail:
	free(done);
	return NULL;
}

char *
host_program(const char *name, const char *path, const char *project)
{
	char *copy = xstrdup(path), *save = NULL, *dir, *found = NULL;
	AUTO_FREE char *root = project == NULL ? NULL : fs_realpath(project);

	for (dir = strtok_r(copy, ":", &save); dir != NULL && found == NULL;
	    dir = strtok_r(NULL, ":", &save)) {
		char *full, *real;

		if (dir[0] != '/' || (project != NULL &&
		    fs_is_below(dir, project)))
			continue;
		full = fs_join(dir, name);
		real = access(full, X_OK) == 0 ? host_path_real(full, root) :
		    NULL;
		if (real != NULL)
			found = full;
		else
			free(full);
		free(real);
	}
	free(copy);
	return found;
}

/*
 * A table, instead of all of ~/.cache: browsers, mail programs and password
 * stores keep data there too.
 */

/* clang-format off */
const struct cachedir cachedirs[] = {
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
	{ NULL,				{ NULL } },
};
/* clang-format on */

char *
cachedir_layer(const char *path)
{
	char *name = xstrdup(path), *slash;

	for (slash = name; *slash != '\0'; slash++)
		if (*slash == '/')
			*slash = '%';
	return name;
}

/* Maximum number of symlinks followed in one entry of PATH. */
#define TOOLCHAIN_LINKS		512
#define TOOLCHAIN_WORDS_MAX	((size_t)64 << 10)

/*
 * Paths are below the home unless absolute. A trigger that ends in "*" means
 * each folder there, and shows the matching one. In a mask "*" is a glob's; a
 * "?" before it means: only if the file contains a credential.
 */
struct toolchain_row {
	const char	*trigger;
	const char	*show[4];
	const char	*mask[6];
};

/* clang-format off */
static const struct toolchain_row toolchain_rows[] = {
	{ ".asdf",		{ ".asdf" },
		{ "?.asdf/installs/nodejs/*/etc/npmrc" } },
	{ ".bun",		{ ".bun" },			{ NULL } },
	{ ".cabal/bin",		{ ".cabal/bin", ".cabal/packages",
				  ".cabal/store" },		{ NULL } },
	{ ".cargo",		{ ".cargo", ".rustup" },
		{ ".cargo/credentials", ".cargo/credentials.toml",
		  "?.cargo/config", "?.cargo/config.toml" } },
	{ ".composer/vendor",	{ ".composer/vendor" },		{ NULL } },
	{ ".conda",		{ ".conda" },
		{ ".conda/pkgs/urls", ".conda/pkgs/urls.txt" } },
	{ ".config/composer/vendor", { ".config/composer/vendor" }, { NULL } },
	{ ".config/yarn/global", { ".config/yarn/global" },	{ NULL } },
	{ ".deno",		{ ".deno" },			{ NULL } },
	{ ".dotnet",		{ ".dotnet" },			{ NULL } },
	{ ".elan",		{ ".elan" },			{ NULL } },
	{ ".fnm",		{ ".fnm" },
		{ "?.fnm/node-versions/*/installation/etc/npmrc" } },
	{ ".foundry",		{ ".foundry" },
		{ ".foundry/keystores" } },
	{ ".gem",		{ ".gem" },
		{ ".gem/credentials" } },
	{ ".ghcup",		{ ".ghcup" },			{ NULL } },
	{ ".goenv",		{ ".goenv" },			{ NULL } },
	{ ".guix-profile",	{ ".guix-profile" },		{ NULL } },
	{ ".jbang",		{ ".jbang" },			{ NULL } },
	{ ".jenv",		{ ".jenv" },			{ NULL } },
	{ ".julia/bin",		{ ".julia" },
		{ ".julia/servers", ".julia/secrets", ".julia/logs" } },
	{ ".juliaup",		{ ".juliaup", ".julia" },
		{ ".julia/servers", ".julia/secrets", ".julia/logs" } },
	{ ".krew/bin",		{ ".krew/bin", ".krew/store" },	{ NULL } },
	{ ".local/bin",		{ ".local/bin", ".local/lib",
				  ".local/share/uv",
				  ".local/share/pipx" },
		{ ".local/share/uv/credentials" } },
	{ ".local/opt/*",	{ NULL },			{ NULL } },
	{ ".local/share/*",	{ NULL },			{ NULL } },
	{ ".local/share/fnm",	{ ".local/share/fnm" },
		{ "?.local/share/fnm/node-versions/*/installation/etc/npmrc" } },
	{ ".local/share/gem",	{ ".local/share/gem" },
		{ ".local/share/gem/credentials" } },
	{ ".local/share/mise",	{ ".local/share/mise" },
		{ "?.local/share/mise/installs/node/*/etc/npmrc" } },
	{ ".local/share/pnpm",	{ ".local/share/pnpm" },	{ NULL } },
	{ ".local/share/rtx",	{ ".local/share/rtx" },		{ NULL } },
	{ ".local/share/uv",	{ ".local/share/uv" },
		{ ".local/share/uv/credentials" } },
	{ ".local/state/nix/profile", { ".local/state/nix/profile" },
								{ NULL } },
	{ ".luarocks",		{ ".luarocks" },
		{ ".luarocks/upload_config.lua" } },
	{ ".mix",		{ ".mix", ".hex" },
		{ ".hex/hex.config" } },
	{ ".moon",		{ ".moon" },			{ NULL } },
	{ ".n",			{ ".n" },
		{ "?.n/etc/npmrc" } },
	{ ".nimble",		{ ".nimble" },
		{ ".nimble/github_api_token" } },
	{ ".nix-profile",	{ ".nix-profile" },		{ NULL } },
	{ ".nodenv",		{ ".nodenv" },
		{ "?.nodenv/versions/*/etc/npmrc" } },
	{ ".npm-global",	{ ".npm-global" },
		{ ".npm-global/etc/npmrc" } },
	{ ".nvm",		{ ".nvm" },
		{ "?.nvm/versions/node/*/etc/npmrc" } },
	{ ".opam",		{ ".opam" },			{ NULL } },
	{ ".phpenv",		{ ".phpenv" },			{ NULL } },
	{ ".pixi",		{ ".pixi" },			{ NULL } },
	{ ".plenv",		{ ".plenv" },			{ NULL } },
	{ ".poetry",		{ ".poetry" },			{ NULL } },
	{ ".proto",		{ ".proto" },			{ NULL } },
	{ ".pub-cache",		{ ".pub-cache" },
		{ ".pub-cache/credentials.json" } },
	{ ".pyenv",		{ ".pyenv" },
		{ "?.pyenv/versions/*/pip.conf" } },
	{ ".rbenv",		{ ".rbenv" },			{ NULL } },
	{ ".rvm",		{ ".rvm" },			{ NULL } },
	{ ".rye",		{ ".rye" },
		{ ".rye/credentials" } },
	{ ".sdkman",		{ ".sdkman" },			{ NULL } },
	{ ".swiftly",		{ ".swiftly" },			{ NULL } },
	{ ".volta",		{ ".volta" },
		{ "?.volta/tools/image/node/*/etc/npmrc" } },
	{ ".yarn/bin",		{ ".yarn/bin" },		{ NULL } },
	{ "/home/linuxbrew/.linuxbrew", { "/home/linuxbrew/.linuxbrew" },
		{ "?/home/linuxbrew/.linuxbrew/etc/npmrc",
		  "?/home/linuxbrew/.linuxbrew/etc/gitconfig" } },
	{ ".linuxbrew",		{ ".linuxbrew" },
		{ "?.linuxbrew/etc/npmrc", "?.linuxbrew/etc/gitconfig" } },
	{ "anaconda3",		{ "anaconda3" },
		{ "anaconda3/.condarc", "anaconda3/pkgs/urls",
		  "anaconda3/pkgs/urls.txt", "?anaconda3/etc/conda/.condarc",
		  "?anaconda3/pip.conf" } },
	{ "bin",		{ "bin" },			{ NULL } },
	{ "go",			{ "go" },			{ NULL } },
	{ "mambaforge",		{ "mambaforge" },
		{ "mambaforge/.condarc", "mambaforge/pkgs/urls",
		  "mambaforge/pkgs/urls.txt", "?mambaforge/pip.conf" } },
	{ "micromamba",		{ "micromamba" },
		{ "micromamba/.condarc", "micromamba/pkgs/urls",
		  "micromamba/pkgs/urls.txt" } },
	{ "miniconda3",		{ "miniconda3" },
		{ "miniconda3/.condarc", "miniconda3/pkgs/urls",
		  "miniconda3/pkgs/urls.txt", "?miniconda3/pip.conf" } },
	{ "miniforge3",		{ "miniforge3" },
		{ "miniforge3/.condarc", "miniforge3/pkgs/urls",
		  "miniforge3/pkgs/urls.txt", "?miniforge3/pip.conf" } },
	{ "opt/*",		{ NULL },			{ NULL } },
	{ "sdk/*",		{ NULL },			{ NULL } },
};

/* Hidden at the top of every folder shown. */
static const char *const toolchain_credentials[] = {
	".condarc", ".credentials", ".env", ".git-credentials", ".netrc",
	".npmrc", ".pypirc", ".vault-token", ".yarnrc.yml", "auth.json",
	"auth.toml", "credentials", "credentials.json", "credentials.toml",
	"hosts.yml", "token", "token.json",
};

/* Below the home; never shown by a row with "*" nor by the user's list. */
static const char *const toolchain_private[] = {
	".Xauthority", ".android", ".aws", ".azure", ".bitcoin", ".boto",
	".claude", ".codex", ".config/BraveSoftware", ".config/assent",
	".config/chromium", ".config/containers", ".config/dart",
	".config/doctl", ".config/filezilla", ".config/gcloud", ".config/gh",
	".config/git", ".config/github-copilot", ".config/glab-cli",
	".config/google-chrome", ".config/hcloud", ".config/hub",
	".config/op", ".config/pip", ".config/pypoetry", ".config/rclone",
	".config/sops", ".dbus", ".docker", ".electrum", ".ethereum",
	".fly", ".git-credentials", ".gnupg", ".gradle/gradle.properties",
	".gsutil", ".ibmcloud", ".kube", ".local/share/assent",
	".local/share/containers", ".local/share/keyrings",
	".local/share/kwalletd", ".local/state/assent", ".m2/settings.xml",
	".minikube", ".mozilla", ".mutt", ".my.cnf", ".mylogin.cnf", ".netrc",
	".npmrc", ".oci", ".password-store", ".pgpass", ".pki", ".putty",
	".pypirc", ".s3cfg", ".ssh", ".subversion", ".terraform.d",
	".terraformrc", ".thunderbird", ".var", ".vault-token", ".wallet",
	"snap",
};
/* clang-format on */

/* Folders with programs that may run: entries of PATH, and the targets of
 * symlinks in them. */
struct toolchain_entries {
	char		**v;
	size_t		 len;
	const char	**below;	/* of those in the home: their path below
					   it */
	size_t		 below_len;
};

static void
toolchain_add_take(struct toolchain_entries *t, char *dir)
{
	if (MEM_FIND_IN(t->v, t->len, dir) != NULL) {
		free(dir);
		return;
	}
	*GROW_ADD(t->v, t->len) = dir;
}

/* The folder of a symlink's target, if it is elsewhere. */
static void
toolchain_add_link(struct toolchain_entries *t, const char *root,
    const char *dir, const char *name)
{
	AUTO_FREE char *path = fs_join(dir, name);
	char *real = host_path_real(path, root), *slash;

	if (real != NULL && (slash = strrchr(real, '/')) != NULL &&
	    slash != real) {
		*slash = '\0';
		toolchain_add_take(t, real);
	} else
		free(real);
}

static void
toolchain_add_links(struct toolchain_entries *t, const char *root,
    const char *dir)
{
	AUTO_DIR DIR *d = fs_opendir(dir);
	struct dirent *de;
	int left = TOOLCHAIN_LINKS;

	while (d != NULL && left > 0 && (de = readdir(d)) != NULL) {
		struct stat st;

		if (de->d_type != DT_LNK && (de->d_type != DT_UNKNOWN ||
		    fstatat(dirfd(d), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0 || !S_ISLNK(st.st_mode)))
			continue;
		left--;
		toolchain_add_link(t, root, dir, de->d_name);
	}
}

static void
toolchain_collect(struct toolchain_entries *t,
    const struct toolchain_where *w)
{
	const char *c = w->path;
	AUTO_FREE char *root = NULL;

	while (*c != '\0') {
		size_t n = strcspn(c, ":");
		AUTO_FREE char *one = xmemdup(c, n);
		char *norm, *real;

		c += n + (c[n] == ':');
		norm = one[0] == '/' ? fs_normalize("/", one) : NULL;
		if (norm == NULL)
			continue;
		if (!fs_is_below(norm, w->home)) {
			toolchain_add_take(t, norm);
			continue;
		}
		if (root == NULL && w->root != NULL)
			root = fs_realpath(w->root);
		real = host_path_real(norm, root);
		if (real != NULL) {
			toolchain_add_links(t, root, norm);
			toolchain_add_take(t, real);
		}
		/* Leave out links into the project. */
		if (real != NULL || access(norm, F_OK) < 0)
			toolchain_add_take(t, norm);
		else
			free(norm);
	}
}

/* Below the home, unless it is absolute. */
static char *
toolchain_path(const char *home, const char *text)
{
	return text[0] == '/' ? xstrdup(text) : fs_join(home, text);
}

/* Does the file contain something like a credential? Assume so if it can't be
 * read or doesn't exist yet. */
static bool
toolchain_has_credential(const char *path)
{
	static const char *const words[] = {
		"_auth", "password", "secret", "token",
	};
	AUTO_BUF struct buf b = BUF_INIT(TOOLCHAIN_WORDS_MAX);
	/* It may be a FIFO: the core must not block. */
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	bool yes = true;
	size_t i;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    fs_read_all(fd, &b) == 0) {
		for (i = 0; i < b.len; i++)
			if (b.p[i] == '\0')
				b.p[i] = ' ';
		yes = false;
		for (i = 0; i < MEM_COUNT(words); i++)
			yes = yes || strcasestr(buf_str(&b), words[i]) != NULL;
		yes = yes || strchr(buf_str(&b), '@') != NULL;
	}
	return yes;
}

static int
toolchain_unread(const char *path UNUSED, int error)
{
	if (error == ENOMEM)
		mem_out();
	return 0;
}

/* List a mask's files. The home may have any character in its name. */
static void
toolchain_mask(const char *home, const char *text, toolchain_cb *cb, void *arg)
{
	bool ask = text[0] == '?';
	AUTO_FREE char *full = toolchain_path(home, text + ask);
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *s = full;
	glob_t g;
	size_t i;
	int rc;

	if (strchr(text, '*') == NULL) {
		if (!ask || toolchain_has_credential(full))
			cb(arg, full, true);
		return;
	}
	for (; *s != '\0'; s++) {
		if (strchr("?[\\", *s) != NULL || (*s == '*' &&
		    text[0] != '/' && (size_t)(s - full) < strlen(home)))
			buf_addc(&b, '\\');
		buf_addc(&b, *s);
	}
	rc = glob(buf_str(&b), GLOB_NOSORT, toolchain_unread, &g);
	if (rc == GLOB_NOSPACE)
		mem_out();
	if (rc == 0) {
		for (i = 0; i < g.gl_pathc; i++)
			if (!ask || toolchain_has_credential(g.gl_pathv[i]))
				cb(arg, g.gl_pathv[i], true);
		globfree(&g);
	}
}

static void
toolchain_show(const char *dir, toolchain_cb *cb, void *arg)
{
	struct stat st;
	size_t i;

	/* A symlink (a home on another disk) is followed once, here; its target
	 * is shown. */
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return;
	cb(arg, dir, false);
	for (i = 0; i < MEM_COUNT(toolchain_credentials); i++) {
		AUTO_FREE char *file = fs_join(dir, toolchain_credentials[i]);

		/* A missing file may appear before the call. */
		cb(arg, file, true);
	}
}

/* Does this contain keys or credentials, or is it inside a place that does, by
 * the table of such places? Both absolute. */
static bool
toolchain_is_private(const char *home, const char *path)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(toolchain_private); i++) {
		AUTO_FREE char *one = fs_join(home, toolchain_private[i]);

		if (fs_is_below(path, one) || fs_is_below(one, path))
			return true;
	}
	return false;
}

/* Show the folder that a trigger with "*" matches and that contains `entry`,
 * both below the home. */
static void
toolchain_star(const char *home, const char *trigger, const char *entry,
    toolchain_cb *cb, void *arg)
{
	size_t n = strlen(trigger) - 1;
	AUTO_FREE char *dir = NULL, *full = NULL;

	if (strncmp(entry, trigger, n) != 0 || entry[n] == '\0')
		return;
	dir = xmemdup(entry, n + strcspn(entry + n, "/"));
	full = fs_join(home, dir);
	if (!toolchain_is_private(home, full))
		toolchain_show(full, cb, arg);
}

static void
toolchain_row(const struct toolchain_row *r, const char *home,
    const struct toolchain_entries *t, toolchain_cb *cb, void *arg)
{
	bool star = r->trigger[strlen(r->trigger) - 1] == '*', found = false;
	bool absolute = r->trigger[0] == '/';
	size_t i, n = absolute ? t->len : t->below_len;

	for (i = 0; i < n && !found; i++) {
		const char *entry = absolute ? t->v[i] : t->below[i];

		if (star)
			toolchain_star(home, r->trigger, entry, cb, arg);
		else
			found = fs_is_below(entry, r->trigger);
	}
	if (!found)
		return;
	for (i = 0; i < MEM_COUNT(r->show) && r->show[i] != NULL; i++) {
		AUTO_FREE char *one = toolchain_path(home, r->show[i]);

		toolchain_show(one, cb, arg);
	}
	for (i = 0; i < MEM_COUNT(r->mask) && r->mask[i] != NULL; i++)
		toolchain_mask(home, r->mask[i], cb, arg);
}

/* Which of them are in the home? */
static void
toolchain_find_below(struct toolchain_entries *t, const char *home)
{
	size_t i, n = strlen(home);

	while (n > 0 && home[n - 1] == '/')
		n--;
	for (i = 0; i < t->len; i++) {
		if (strncmp(t->v[i], home, n) != 0 || t->v[i][n] != '/')
			continue;
		*GROW_ADD(t->below, t->below_len) = t->v[i] + n + 1;
	}
}

void
toolchain_each(const struct toolchain_where *w, toolchain_cb *cb, void *arg)
{
	struct toolchain_entries t = { 0 };
	size_t i;

	if (w->home != NULL && w->path != NULL) {
		toolchain_collect(&t, w);
		toolchain_find_below(&t, w->home);
	}
	for (i = 0; t.len > 0 && i < MEM_COUNT(toolchain_rows); i++)
		toolchain_row(&toolchain_rows[i], w->home, &t, cb, arg);
	for (i = 0; w->more != NULL && w->more[i] != NULL; i++)
		toolchain_show(w->more[i], cb, arg);
	xfree_list(t.v, t.len);
	free(t.below);
}

struct toolchain_find {
	const char	*path;
	bool		 found;
};

static void
toolchain_found(void *arg, const char *path, bool is_mask)
{
	struct toolchain_find *f = arg;

	f->found = f->found || (!is_mask && fs_is_below(f->path, path));
}

bool
toolchain_shows(const struct toolchain_where *w, const char *path)
{
	struct toolchain_find f = { path, false };

	toolchain_each(w, toolchain_found, &f);
	return f.found;
}

char *
toolchain_folder(const char *home, const char *path)
{
	static const char *const marks[] = { "node_modules", "package.json",
		"pyproject.toml", "pyvenv.cfg", "setup.py" };
	const char *modules = strstr(path, "/node_modules/");
	AUTO_FREE char *dot = fs_join(path, ".");
	size_t i, n = strlen(path), own = access(dot, F_OK) == 0 ? n :
	    (size_t)((modules != NULL ? modules : strrchr(path, '/')) - path);

	for (; modules == NULL && n > strlen(home); n--)
		for (i = 0; path[n] == '/' && i < MEM_COUNT(marks); i++) {
			AUTO_FREE char *mark = xasprintf("%.*s/%s", (int)n,
			    path, marks[i]);

			if (access(mark, F_OK) == 0)
				return xmemdup(path, n);
		}
	/* A whole folder such as ~/Documents is too much. */
	return own > strlen(home) && memchr(path + strlen(home) + 1, '/',
	    own - strlen(home) - 1) != NULL ? xmemdup(path, own) : NULL;
}

static int
toolchain_check(const char *home, const char *const *own, const char *path,
    struct err *e)
{
	static const char *const system[] = {
		"/boot", "/dev", "/etc", "/proc", "/root", "/run", "/sys",
		"/tmp", "/var",
	};
	size_t i;

	if (fs_is_below(home, path))
		return err_set(e, "it is the home, or contains it");
	if (toolchain_is_private(home, path))
		return err_set(e, "it holds keys or credentials");
	for (; own != NULL && *own != NULL; own++)
		if (fs_is_below(path, *own) || fs_is_below(*own, path))
			return err_set(e, "it holds assent's own files");
	if (fs_is_below(path, home))
		return 0;
	for (i = 0; i < MEM_COUNT(system); i++)
		if (fs_is_below(path, system[i]) ||
		    fs_is_below(system[i], path))
			return err_set(e, "it belongs to the system");
	return 0;
}

char *
toolchain_resolve(const char *home, const char *const *own, const char *text,
    struct err *e)
{
	AUTO_FREE char *real = NULL;
	char *path;

	if (text[0] == '~' && (text[1] == '/' || text[1] == '\0'))
		text = text[1] == '\0' ? "." : text + 2;
	path = fs_normalize(home, text);
	real = fs_realpath(path);
	/* A symlink's target is shown. */
	if (toolchain_check(home, own, path, e) == 0 &&
	    (real == NULL || toolchain_check(home, own, real, e) == 0))
		return path;
	free(path);
	return NULL;
}
