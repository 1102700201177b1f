#include "config.h"

#include "cmd/setup.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/spawn.h"
#include "config/settings.h"
#include "gate/policy-table.h"
#include "git/git-run.h"

#define OWN_MAX		4096		/* files */
#define OWN_TEXT_MAX	((size_t)1 << 20)	/* of a script that is read */
#define OWN_READ_MAX	((size_t)4 << 20)	/* of all; of more, all of
						   the project is protected */
#define OWN_LINKS	40		/* that lead to one file */
#define OWN_DEPTH	4		/* words in words, scripts of scripts */
#define OWN_GIT_S	5		/* seconds that git may take */
#define OWN_CI_MAX	500		/* files below a protected name */
#define OWN_HOOKS_MAX	100		/* in git's folder of hooks; of more, all of the
					   project is protected */
#define OWN_LOOK_MAX	20000		/* links and folders below one */
#define OWN_PLACE_MAX	2000		/* files of own_places */
#define OWN_PLACE_TEXT	((size_t)256 << 10)	/* one that is longer isn't
						   read */

/* What separates the words of a command or of JSON (OWN_IN); in a shell also
 * what ends a command (OWN_BLANK). */
#define OWN_IN		" \t\r()<>`,:[]{}="
#define OWN_BLANK	OWN_IN "\n;&|"

/* What it builds or runs is in files that it looks for where it is started. */
struct own_builder {
	const char	*word;
	const char	*files[5];
};

static const struct own_builder own_builders[] = {
	{ "ant", { "build.xml" } },
	{ "bazel", { "BUILD", "BUILD.bazel", "MODULE.bazel", "WORKSPACE" } },
	{ "bun", { "package.json" } },
	{ "bunx", { "package.json" } },
	{ "bundle", { "Gemfile" } },
	{ "cargo", { "Cargo.toml", "build.rs" } },
	{ "cmake", { "CMakeLists.txt" } },
	{ "commitlint", { "package.json" } },
	{ "composer", { "composer.json" } },
	{ "docker", { "Dockerfile", "compose.yaml", "compose.yml",
	    "docker-compose.yml" } },
	{ "dune", { "dune", "dune-project" } },
	{ "eslint", { "package.json" } },
	{ "gmake", { "GNUmakefile", "Makefile", "makefile" } },
	{ "go", { "go.mod", "go.work" } },
	{ "gradle", { "build.gradle", "build.gradle.kts", "settings.gradle",
	    "settings.gradle.kts" } },
	{ "gradlew", { "build.gradle", "build.gradle.kts", "settings.gradle",
	    "settings.gradle.kts" } },
	{ "grumphp", { "composer.json", "grumphp.yml" } },
	{ "hatch", { "pyproject.toml" } },
	{ "husky", { "package.json" } },
	{ "invoke", { "tasks.py" } },
	{ "just", { "justfile", "Justfile", ".justfile" } },
	{ "lint-staged", { "package.json" } },
	{ "mage", { "magefile.go" } },
	{ "make", { "GNUmakefile", "Makefile", "makefile" } },
	{ "meson", { "meson.build" } },
	{ "mix", { "mix.exs" } },
	{ "mvn", { "pom.xml" } },
	{ "mvnw", { "pom.xml" } },
	{ "ninja", { "build.ninja" } },
	{ "nox", { "noxfile.py" } },
	{ "npm", { "package.json" } },
	{ "npx", { "package.json" } },
	{ "pdm", { "pyproject.toml" } },
	{ "pnpm", { "package.json" } },
	{ "poetry", { "pyproject.toml" } },
	{ "prettier", { "package.json" } },
	{ "pytest", { "conftest.py", "pyproject.toml", "pytest.ini",
	    "setup.cfg", "tox.ini" } },
	{ "rake", { "Rakefile" } },
	{ "ruff", { "pyproject.toml", "ruff.toml" } },
	{ "sbt", { "build.sbt" } },
	{ "swift", { "Package.swift" } },
	{ "task", { "Taskfile.yml", "Taskfile.yaml", "taskfile.yml",
	    "taskfile.yaml" } },
	{ "tox", { "tox.ini" } },
	{ "tsc", { "tsconfig.json" } },
	{ "uv", { "pyproject.toml" } },
	{ "yarn", { "package.json" } },
	{ "yorkie", { "package.json" } },
};

/* Prose: it is named, and never run. */
static const char *const own_prose[] = { ".adoc", ".md", ".mdc", ".rst" };

/* Files of the home, by name, in which the user's programs find others, and the
 * user's own scripts; patterns as in .gitignore, separated by spaces. */
static const char own_places[] =
	"**/.ssh/config **/.ssh/rc **/.ssh/*.d/* **/bin/* "
	"**/fish/conf.d/* **/fish/functions/* **/.bashrc.d/* **/.zsh/* "
	"**/.oh-my-zsh/custom/ **/xonsh/rc.xsh **/powershell/*.ps1 "
	"**/.vim/plugin/ **/nvim/**/*.lua **/nvim/**/*.vim **/.emacs.d/**/*.el "
	"**/.doom.d/*.el **/Code*/User/ **/VSCodium/User/ **/Cursor/User/ "
	"**/.vscode-server/data/Machine/*.json **/zed/*.json **/helix/*.toml "
	"**/tmux/tmux.conf **/.wezterm.lua **/wezterm/*.lua **/gdb/gdbinit "
	"**/systemd/user/ **/autostart/*.desktop **/environment.d/* "
	"**/i3/config **/sway/config **/waybar/* **/direnv/direnvrc "
	"**/direnv/lib/*.sh **/starship.toml **/mise/*.toml "
	"**/.cargo/config.toml **/.gradle/init.gradle **/.mailcap "
	"**/.claude/settings*.json **/.cursor/mcp.json **/.codex/config.toml";

struct own {
	const char	*root, *home;
	const char	*base;		/* where words are names: git's are at
					   the top of the checkout */
	char		*also;		/* the last folder that a word named:
					   another base, or NULL */
	const struct own_builder *builder;	/* the last one, or NULL */
	const char	*suffix;	/* of the script that is read: ".py" */
	char		*top;		/* of the checkout; NULL: the root */
	char		*main;		/* what the root is in the checkout that
					   this is a worktree of, or NULL */
	const char	*by;
	bool		 alone;		/* only the programs, nothing beside */
	bool		 ci;		/* and each file named with a slash */
	bool		 place;		/* one of own_places: each path that it
					   names */
	struct glob_list *places;
	cJSON		*list;
	struct pathmap	 listed;	/* paths in the list */
	struct pathmap	 walked;	/* folders of the user's */
	struct pathmap	 read;		/* scripts; see own_read */
	struct pathmap	 placed;	/* words that are no place, in bases */
	int		 looked, depth, read_places;
	size_t		 read_bytes;
	char		*dir, *real;	/* the last folder, and where it leads */
	char		*diff;		/* git's diff.algorithm, or NULL */
};

/* Scripts that were read. One is read again only at a smaller depth, or
 * relative to another folder. */
struct own_read {
	char	*path;
	int	 depth;
};

static bool own_try(struct own *, const char *base, const char *text,
	    bool argument);
static void own_script(struct own *, const char *path);
static void own_links(struct own *, const char *dir, int depth);

/* ---- one file ---- */

/* Below the project, or the checkout whose worktree it is; "." is all of it. */
static char *
own_inside(const struct own *o, const char *path)
{
	char *in;

	if (strcmp(path, o->root) == 0)
		return xstrdup(".");
	in = fs_inside(o->root, o->root, path);
	return in == NULL && o->main != NULL && !fs_is_below(path, o->root) ?
	    fs_inside(o->main, o->main, path) : in;
}

static void
own_add(struct own *o, const char *path)
{
	AUTO_FREE char *in = own_inside(o, path);
	cJSON *one;

	/* A link to the project's root, or PATH, says nothing about what is
	 * used of it. */
	if (in == NULL || strcmp(in, ".git") == 0 ||
	    strncmp(in, ".git/", 5) == 0 ||
	    (strcmp(in, ".") == 0 && strcmp(o->by, "shell") == 0))
		return;
	/* Too many: then it is all of the project. */
	if (o->listed.len >= OWN_MAX)
		FREE_SET(in, xstrdup("."));
	if (pathmap_find(&o->listed, in) != NULL)
		return;
	(void)pathmap_add(&o->listed, in, sizeof(char *));
	one = cJSON_CreateObject();
	json_add_path(one, "path", in);
	json_add_str(one, "by", o->by);
	cJSON_AddItemToArray(o->list, one);
}

/* The absolute name that `text` is when it is used in `base`. malloc'ed. */
static char *
own_name(const struct own *o, const char *base, const char *text)
{
	return text[0] == '~' && (text[1] == '/' || text[1] == '\0') &&
	    o->home != NULL ? fs_normalize(o->home, text[1] == '/' ?
	    text + 2 : ".") : fs_normalize(base, text);
}

/* A file or folder, which may not exist yet, and each link on the way to it. */
static void
own_path(struct own *o, const char *base, const char *text)
{
	AUTO_FREE char *path = own_name(o, base, text);
	char to[4096];
	int i;

	for (i = 0; i < OWN_LINKS; i++) {
		AUTO_FREE char *dir = xstrdup(path), *full = NULL;
		char *slash = strrchr(dir, '/');
		ssize_t n;

		own_add(o, path);
		*slash = '\0';
		if (o->dir == NULL || strcmp(o->dir, dir) != 0) {
			FREE_SET(o->real, fs_realpath(dir[0] == '\0' ? "/" :
			    dir));
			xstrset(&o->dir, dir);
		}
		if (o->real == NULL)
			return;
		full = fs_join(o->real, slash + 1);
		own_add(o, full);
		n = readlink(full, to, sizeof(to) - 1);
		if (n <= 0)
			return;
		to[n] = '\0';
		FREE_SET(path, fs_normalize(o->real, to));
	}
}

/* ---- words of commands ---- */

/* It runs or reads the file or folder that its first argument names. */
static bool
own_is_interpreter(const char *word)
{
	static const char *const names[] = { ".", "Rscript", "_.source",
		"ansible-playbook", "awk", "bash", "bun", "dash", "deno",
		"dofile", "dotenv", "dotenv_if_exists", "expand_path", "find",
		"fish", "from", "gawk", "go", "import", "julia", "ksh",
		"load-file", "load_prefix", "lua", "luafile", "m", "mawk",
		"node", "PATH_add", "path_add", "perl", "php", "pwsh", "pypy",
		"python", "require", "ruby", "run-parts", "runtime", "sed",
		"sh", "so", "source", "source_env", "source_env_if_exists",
		"tclsh", "ts-node", "tsx", "uv", "zsh" };
	AUTO_FREE char *name = xstrdup(basename(word));
	size_t n = strlen(name);

	/* "python3.12" */
	while (n > 1 && strchr("0123456789.", name[n - 1]) != NULL)
		name[--n] = '\0';
	return MEM_FIND(names, name) != NULL;
}

/* All of a folder: a program may load what is beside it. Not all of the project.
 * Of what CI names only an action's. */
static void
own_folder(struct own *o, const char *dir)
{
	static const char *const actions[] = { "action.yaml", "action.yml" };
	AUTO_FREE char *in = own_inside(o, dir);
	bool root = in == NULL || strcmp(in, ".") == 0;
	size_t i;

	if (!root && !o->alone)
		own_path(o, "/", dir);
	for (i = 0; in != NULL && o->ci && i < MEM_COUNT(actions); i++) {
		AUTO_FREE char *path = fs_join(dir, actions[i]);

		if (access(path, F_OK) < 0)
			continue;
		own_path(o, "/", root ? path : dir);
		own_script(o, path);
	}
}

/* "PATH_add bin": of a folder that a protected file names the programs. */
static void
own_programs(struct own *o, const char *dir)
{
	DIR *d = o->alone && strcmp(dir, o->root) != 0 &&
	    strcmp(dir, o->base) != 0 ? fs_opendir(dir) : NULL;
	struct dirent *de;
	int n = 0;

	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *path = fs_join(dir, de->d_name);

		if (n++ < OWN_CI_MAX && de->d_type != DT_DIR)
			(void)own_try(o, "/", path, false);
	}
}

/* Add the file that this word names; of a protected file's only a program, or an
 * interpreter's argument. */
static bool
own_try(struct own *o, const char *base, const char *text, bool argument)
{
	AUTO_FREE char *path = own_name(o, base, text);
	AUTO_FREE char *real = NULL, *in = NULL, *dir = NULL, *beside = NULL;
	bool runs, ci = o->ci;
	struct stat st;

	/* fs_realpath() looks at each folder above. */
	if (stat(path, &st) < 0 || (real = fs_realpath(path)) == NULL)
		return false;
	if (S_ISDIR(st.st_mode) && argument) {
		own_folder(o, path);
		own_programs(o, path);
	}
	runs = argument || (st.st_mode & 0111) != 0;
	if (!S_ISREG(st.st_mode) || (o->alone && !runs))
		return false;
	own_path(o, "/", path);
	in = own_inside(o, real);
	if (in == NULL || !runs)
		return true;
	dir = fs_normalize(path, "..");
	beside = fs_normalize(real, "..");
	own_folder(o, dir);
	own_folder(o, beside);
	/* What CI includes names programs, too. */
	o->ci = false;
	if (!o->alone || fs_has_ending(real, (const char *[]){ ".yaml",
	    ".yml" }, 2))
		own_script(o, real);
	o->ci = ci;
	return true;
}

/* What isn't there yet, such as the output of a build; or a folder. */
static void
own_missing(struct own *o, const char *base, const char *text)
{
	AUTO_FREE char *path = own_name(o, base, text);
	AUTO_FREE char *in = own_inside(o, path);

	if (in != NULL && (o->place || access(path, F_OK) < 0))
		own_path(o, "/", path);
}

/* The same in each base; "helper" may be helper.py. */
static bool
own_try_bases(struct own *o, const char *text, bool argument)
{
	AUTO_FREE char *longer = o->suffix == NULL ? NULL :
	    xasprintf("%s%s", text, o->suffix);

	return own_try(o, o->base, text, argument) ||
	    (o->also != NULL && strchr("/~", text[0]) == NULL &&
	    own_try(o, o->also, text, argument)) ||
	    (longer != NULL && own_try(o, o->base, longer, true));
}

/* Add the file that this word names; true if it names one. `argument`: it is an
 * interpreter's argument, so it needs no slash. `after`: a variable or a
 * command's output comes right before it. */
static bool
own_word(struct own *o, const char *word, bool argument, bool after)
{
	const char *slash;
	/* Scripts that the file runs are read as always. */
	bool each = o->place && o->depth == 1;

	slash = strchr(word, '/');
	/* "uv run srv.py", but not "main", nor README.md. */
	if (slash == NULL && !argument && (strchr(word, '.') == NULL ||
	    (o->depth > 0 && (o->ci || fs_has_ending(word, own_prose,
	    MEM_COUNT(own_prose))))))
		return false;
	argument |= o->ci && !fs_has_ending(word, own_prose,
	    MEM_COUNT(own_prose));
	if (own_try_bases(o, word, argument))
		return true;
	if ((each || o->depth == 0) && (word[0] == '/' || word[0] == '~'))
		own_missing(o, o->base, word);
	/* In CI "/x" is below the top. */
	if (slash == NULL || (slash == word ? !after && !o->ci :
	    strchr(word, '$') == NULL))
		return false;
	slash += strspn(slash, "/");
	if (own_try_bases(o, slash, argument) ||
	    (o->home != NULL && own_try(o, o->home, slash, argument)))
		return true;
	if (each && o->home != NULL)
		own_missing(o, o->home, slash);
	return false;
}

/* A script names what isn't there yet: it would run that, too. */
static void
own_word_missing(struct own *o, const char *word, bool argument)
{
	size_t n = strcspn(word, "$*?[|;&<>\"'(): \t\n");

	if (o->depth == 0 || word[n] != '\0' || word[0] == '-' ||
	    (strchr(word, '/') == NULL && (!argument ||
	    strchr(word, '.') == NULL)))
		return;
	own_missing(o, o->base, word);
	if (o->also != NULL)
		own_missing(o, o->also, word);
}

static void
own_build(struct own *o, const char *base)
{
	size_t i;

	for (i = 0; base != NULL && !o->alone && o->builder != NULL &&
	    o->builder->files[i] != NULL; i++)
		own_path(o, base, o->builder->files[i]);
}

/* A program that builds; or a folder of the project, in which the next words may
 * be used ("cd x", "-C x", "X=x"). */
static void
own_place(struct own *o, const char *word)
{
	const struct own_builder *found = MEM_FIND(own_builders,
	    basename(word));
	const char *const bases[] = { o->also, o->base };
	AUTO_FREE char *key = xasprintf("%s\n%s\n%s", word, o->base,
	    o->also == NULL ? "" : o->also);
	char *dir = NULL;
	size_t i;

	/* Texts repeat their words. */
	if (pathmap_find(&o->placed, key) != NULL)
		return;
	for (i = 0; i < MEM_COUNT(bases) && dir == NULL; i++) {
		AUTO_FREE char *path = bases[i] == NULL ? NULL :
		    own_name(o, bases[i], word), *in = NULL;
		struct stat st;

		in = path == NULL ? NULL : own_inside(o, path);
		if (in != NULL && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			dir = xstrdup(path);
	}
	if (dir != NULL)
		FREE_SET(o->also, dir);
	if (found != NULL)
		o->builder = found;
	if (found != NULL || dir != NULL) {
		own_build(o, o->base);
		own_build(o, o->also);
	} else
		(void)pathmap_add(&o->placed, key, sizeof(char *));
}

/* A pattern stands for all of the folder before it: "x/"*, "x/$i", "x/[ab]".
 * "*.sh" is in the folder that was named last. */
static void
own_pattern(struct own *o, const char *word)
{
	AUTO_FREE char *dir = xmemdup(word, strcspn(word, "*?$")), *path = NULL;
	char *slash = strrchr(dir, '/');

	/* A setting "match" says nothing of a folder. */
	if (slash == NULL && word[0] == '*' && o->also != NULL &&
	    (o->depth > 0 || strcmp(o->by, "assent") != 0))
		own_folder(o, o->also);
	if (slash == NULL || slash == dir || (slash[1] != '\0' &&
	    strlen(dir) == strlen(word)))
		return;
	*slash = '\0';
	path = own_name(o, o->base, dir);
	own_folder(o, path);
	if (o->also != NULL) {
		FREE_SET(path, own_name(o, o->also, dir));
		own_folder(o, path);
	}
}

/* The next word of the text, without its quotes, into b; its end. */
static const char *
own_word_read(const char *p, struct buf *b)
{
	char quote = '\0';

	for (; *p != '\0' && (quote != '\0' ||
	    strchr(OWN_BLANK, *p) == NULL); p++) {
		if (quote == '\0' && (*p == '"' || *p == '\''))
			quote = *p;
		else if (*p == quote)
			quote = '\0';
		else if (*p == '\\' && p[1] == '\n')
			return p + 1;
		else if (*p == '\\' && quote != '\'' && p[1] != '\0')
			buf_addc(b, *++p);
		else
			buf_addc(b, *p);
	}
	return p;
}

/* "python3 -m a.b", "import a.b": below the folder in which it is run, a.py comes
 * before any other a, also a new one. */
static void
own_module(struct own *o, const char *word)
{
	AUTO_FREE char *dir = xmemdup(word, strcspn(word, ".")),
	    *file = xasprintf("%s.py", dir), *full = xasprintf("%s.py", word);
	const char *const bases[] = { o->base, o->also };
	size_t i;

	for (i = 0; word[i] != '\0'; i++)
		if (full[i] == '.')
			full[i] = '/';
	for (i = 0; i < MEM_COUNT(bases) && bases[i] != NULL; i++) {
		own_path(o, bases[i], file);
		own_path(o, bases[i], dir);
		(void)own_try(o, bases[i], full, true);
	}
}

static void
own_words(struct own *o, const char *p, int nested)
{
	static const char *const importing[] = { "from", "import" };
	bool argument = false, module = false, imports = false, after, found;
	const struct own_builder *builder = o->builder;
	char *also = o->also;

	o->also = also == NULL ? NULL : xstrdup(also);
	while (*p != '\0' && nested < OWN_DEPTH) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		size_t n = strspn(p, OWN_BLANK);
		const char *word;

		/* A list of JSON goes on in the next line. */
		if (strspn(p, OWN_IN) < n && memchr(p, ',', n) == NULL)
			argument = false;
		after = n > 0 && strchr(")`}", p[n - 1]) != NULL;
		p += n;
		/* A script's comment; not a wrapper's interpreter. */
		if (o->depth > 0 && *p == '#' && !(o->place && p[1] == '!')) {
			p += strcspn(p, "\n");
			continue;
		}
		p = own_word_read(p, &b);
		word = buf_str(&b) + strspn(buf_str(&b), "#!@");
		if (word[0] == '\0')
			continue;
		own_place(o, word);
		own_pattern(o, word);
		if (!o->alone && (module || imports))
			own_module(o, word);
		found = own_word(o, word, argument, after);
		if (!found)
			own_word_missing(o, word, argument);
		/* "import a, b" goes on. */
		argument = (!module && (!found || imports) && argument) ||
		    own_is_interpreter(word);
		imports = argument && (imports ||
		    MEM_FIND(importing, word) != NULL);
		module = argument && strcmp(word, "-m") == 0;
		if (word[strcspn(word, OWN_BLANK)] != '\0')
			own_words(o, word, nested + 1);
	}
	FREE_SET(o->also, also);
	o->builder = builder;
}

/* The files that a user's own script runs count as the user's, too. */
static void
own_script(struct own *o, const char *path)
{
	AUTO_BUF struct buf b = BUF_INIT(OWN_TEXT_MAX);
	AUTO_CLOSE int fd = o->depth >= OWN_DEPTH ? -1 :
	    open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	const char *suffix = o->suffix;
	AUTO_FREE char *key = xasprintf("%d%s\n%s", o->alone, o->base, path);
	struct own_read *r = pathmap_find(&o->read, key);
	char *also = o->also;
	struct stat st;

	if (r != NULL && r->depth <= o->depth)
		return;
	r = pathmap_add(&o->read, key, sizeof(*r));
	r->depth = o->depth;
	/* Of a longer one the beginning. */
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (fs_read_all(fd, &b) < 0 && b.len == 0))
		return;
	/* A program that was compiled. */
	if (memchr(b.p, '\0', b.len < 512 ? b.len : 512) != NULL)
		return;
	o->read_bytes += b.len;
	if (o->read_bytes > OWN_READ_MAX) {
		own_add(o, o->root);
		return;
	}
	o->depth++;
	o->suffix = strrchr(strrchr(path, '/'), '.');
	/* It may name what is beside it. */
	o->also = xmemdup(path, (size_t)(strrchr(path, '/') - path));
	own_words(o, buf_str(&b), 0);
	FREE_SET(o->also, also);
	o->suffix = suffix;
	o->depth--;
}

/* ---- git ---- */

/* Its value is one name, of something that may not exist yet. */
static bool
own_is_path_key(const char *key)
{
	static const char *const ends[] = { "path", "file", "dir",
		"template" };
	size_t i, n = strlen(key), m;

	for (i = 0; i < MEM_COUNT(ends); i++) {
		m = strlen(ends[i]);
		if (n > m && strcasecmp(key + n - m, ends[i]) == 0)
			return true;
	}
	return false;
}

/* "core.editor" and its value, from a file, or elsewhere (NULL). */
static void
own_git_key(struct own *o, const char *key, const char *value,
    const char *file)
{
	AUTO_FREE char *dir = NULL;

	if (strncmp(key, "include", 7) == 0 && file != NULL) {
		dir = fs_normalize(o->base, file);
		*strrchr(dir, '/') = '\0';
	}
	if (own_is_path_key(key))
		own_path(o, dir == NULL || dir[0] == '\0' ? o->base : dir,
		    value);
	own_words(o, value, 0);
}

/* The files in a folder of git's: links may lead into the project. */
static void
own_git_folder(struct own *o, const char *dir, bool runs, int depth)
{
	DIR *d = fs_opendir(dir);
	struct dirent *de;

	own_path(o, "/", dir);
	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *path = fs_join(dir, de->d_name);

		if (fs_has_ending(path, (const char *[]){ ".git", ".sample" },
		    2))
			continue;
		own_path(o, "/", path);
		if (runs && de->d_type == DT_DIR) {
			if (depth > 0)
				own_git_folder(o, path, true, depth - 1);
		} else if (runs && o->looked++ < OWN_HOOKS_MAX)
			own_script(o, path);
		else if (runs)
			own_add(o, o->root);
	}
}

/* The checkout, and the one that it is a worktree of. */
static void
own_git_top(struct own *o, char *common)
{
	AUTO_FREE char *in = NULL;

	if (!fs_has_ending(common, (const char *[]){ "/.git" }, 1))
		return;
	*strrchr(common, '/') = '\0';
	if (common[0] == '\0' || strcmp(common, o->top) == 0)
		return;
	in = fs_inside(o->top, o->top, o->root);
	o->main = in == NULL ? xstrdup(common) : fs_join(common, in);
}

/* The repository's folders. False: git can't read it, or waits for a pipe in it,
 * and runs nothing that it names. */
static bool
own_git_folders(struct own *o)
{
	static const char *const args[] = { "rev-parse",
		"--path-format=absolute", "--git-common-dir", "--git-path",
		"hooks", "--git-path", "info", "--show-toplevel", NULL };
	AUTO_BUF struct buf out = BUF_INIT(1 << 16);
	const struct git_run g = { .dir = o->root, .trusts_repo = true,
		.out = &out, .seconds = OWN_GIT_S };
	char *v[4] = { NULL }, *save = NULL;
	size_t i;

	if (git_state_repository(o->root, NULL) < 0 ||
	    git_run(&g, args, NULL, NULL) != 0)
		return false;
	for (i = 0; i < 4; i++)
		v[i] = strtok_r(i == 0 ? out.p : NULL, "\n", &save);
	/* Of a name with a newline it can't be said which is which: then it is
	 * all of the project. */
	if (v[3] == NULL || strtok_r(NULL, "\n", &save) != NULL) {
		own_add(o, o->root);
		return true;
	}
	o->base = o->top = xstrdup(v[3]);
	own_git_top(o, v[0]);
	/* ".husky/_" runs what is in .husky. */
	if (fs_has_ending(v[1], (const char *[]){ "/_" }, 1) &&
	    strlen(v[1]) != strlen(o->top) + 2)
		v[1][strlen(v[1]) - 2] = '\0';
	own_git_folder(o, v[1], true, 1);
	own_git_folder(o, v[2], false, 0);
	return true;
}

static void
own_git(struct own *o)
{
	static const char *const args[] = { "config", "--list",
		"--show-origin", "-z", NULL };
	AUTO_BUF struct buf out = BUF_INIT((size_t)4 << 20);
	struct git_run g = { .dir = o->root, .trusts_repo = true,
		.out = &out, .seconds = OWN_GIT_S };
	const char *p, *end, *file;
	char *value;

	o->base = o->root;
	if (!own_git_folders(o))
		g.dir = "/";
	/* More than can be looked at may name anything. */
	if (git_run(&g, args, NULL, NULL) != 0 && out.len > 0)
		own_add(o, o->root);
	end = buf_str(&out) + out.len;
	for (p = buf_str(&out); p < end; p += strlen(p) + 1) {
		AUTO_FREE char *line = NULL;

		file = strncmp(p, "file:", 5) == 0 ? p + 5 : NULL;
		if (file != NULL)
			own_path(o, o->base, file);
		p += strlen(p) + 1;
		if (p >= end)
			break;
		line = xstrdup(p);
		value = strchr(line, '\n');
		if (value != NULL) {
			*value = '\0';
			own_git_key(o, line, value + 1, file);
			if (strcmp(line, "diff.algorithm") == 0)
				xstrset(&o->diff, value + 1);
		}
	}
}

/* ---- the shell and other programs ---- */

/* What a new shell, editor or debugger reads. */
static bool
own_is_start_file(const char *path)
{
	static const char *const files[] = { "/config.fish", "/init.el",
		"/init.lua", "/init.vim" };
	static const char *const dots[] = { "aliases", "conf", "emacs",
		"emacs.el", "env", "init", "login", "logout", "profile", "rc",
		"session" };

	return fs_has_ending(path, files, MEM_COUNT(files)) ||
	    (strrchr(path, '/')[1] == '.' &&
	    fs_has_ending(path, dots, MEM_COUNT(dots)));
}

/* Is it one of own_places, and does its text name the project? */
static bool
own_is_place(struct own *o, int dirfd, const char *path)
{
	const char *const names[] = { o->root, o->main };
	const char *name = strrchr(path, '/') + 1;
	AUTO_BUF struct buf b = BUF_INIT(OWN_PLACE_TEXT);
	bool yes = false;
	struct stat st;
	size_t i;

	if (!glob_list_covers(o->places, path + 1) ||
	    o->read_places++ >= OWN_PLACE_MAX ||
	    fstatat(dirfd, name, &st, 0) < 0 ||
	    st.st_size > (off_t)OWN_PLACE_TEXT ||
	    fs_read_file(dirfd, name, &b, NULL) < 0)
		return false;
	for (i = 0; i < MEM_COUNT(names) && names[i] != NULL; i++)
		yes |= strstr(buf_str(&b), strrchr(names[i], '/')) != NULL;
	return yes;
}

/* A link, or the links in a folder. */
static void
own_link(struct own *o, const char *path, int depth)
{
	struct stat st;

	if (++o->looked > OWN_LOOK_MAX || lstat(path, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode) && depth > 0 && strcmp(path, o->root) != 0)
		own_links(o, path, depth);
	/* It may lead to a program, to a folder, or nowhere. */
	else if (S_ISLNK(st.st_mode) && !own_try(o, "/", path, false))
		own_path(o, "/", path);
}

/* Links from a folder of the user's, and what its start files name; from home
 * only those with a dot. */
static void
own_links(struct own *o, const char *dir, int depth)
{
	bool walked = pathmap_find(&o->walked, dir) != NULL,
	    home = o->home != NULL && strcmp(dir, o->home) == 0;
	DIR *d = walked ? NULL : fs_opendir(dir);
	struct dirent *de;

	(void)pathmap_add(&o->walked, dir, sizeof(char *));
	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *path = NULL;

		if (home && de->d_name[0] != '.')
			continue;
		path = fs_join(dir, de->d_name);
		o->place = de->d_type != DT_DIR &&
		    own_is_place(o, dirfd(d), path);
		if (o->place || (de->d_type != DT_DIR &&
		    own_is_start_file(path))) {
			o->base = dir;
			own_script(o, path);
			o->base = o->root;
		}
		o->place = false;
		if (de->d_type != DT_REG)
			own_link(o, path, depth - 1);
	}
}

/* EDITOR, LESSOPEN, NODE_OPTIONS …: whatever names a file of the project. PATH
 * and the like name folders. */
static void
own_variables(struct own *o)
{
	size_t i;

	for (i = 0; environ[i] != NULL; i++)
		if (strchr(environ[i], '/') != NULL &&
		    strncmp(environ[i], "PATH=", 5) != 0 &&
		    strncmp(environ[i], "_=", 2) != 0)
			own_words(o, environ[i] + strcspn(environ[i], "="), 0);
}

static void
own_shell(struct own *o)
{
	static const struct {
		const char	*name;
		int		 depth;
	} folders[] = { { "$XDG_CONFIG_HOME", 4 }, { ".config", 4 },
	    { "bin", 1 }, { ".local/bin", 1 }, { ".vim/plugin", 3 },
	    { ".emacs.d/lisp", 2 }, { ".oh-my-zsh/custom", 3 }, { ".ssh", 2 },
	    { ".vscode-server/data/Machine", 1 }, { ".", 2 },
	    { "$ZDOTDIR", 1 } };
	const char *p = spawn_shell_path;
	size_t i;

	own_variables(o);
	while (p != NULL && *p != '\0') {
		AUTO_FREE char *dir = xmemdup(p, strcspn(p, ":"));

		if (dir[0] != '\0')
			own_path(o, o->root, dir);
		p += strcspn(p, ":");
		p += *p == ':';
	}
	/* Each folder is walked once: first where it is walked deepest. */
	for (i = 0; i < MEM_COUNT(folders); i++) {
		const char *name = folders[i].name, *v = name[0] == '$' ?
		    getenv(name + 1) : o->home;
		AUTO_FREE char *dir = v == NULL || v[0] != '/' ? NULL :
		    fs_normalize(v, name[0] == '$' ? "." : name);

		/* One with very much in it leaves the others their share. */
		o->looked = 0;
		if (dir != NULL)
			own_links(o, dir, folders[i].depth);
	}
}

/* All that its configuration runs: hooks, MCP servers, key commands, notify. */
static void
own_assent(struct own *o, const char *path)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)4 << 20);
	AUTO_JSON cJSON *config = NULL;
	AUTO_FREE char *words = NULL;

	if (path == NULL)
		return;
	own_path(o, "/", path);
	if (fs_read_file(AT_FDCWD, path, &b, NULL) < 0)
		return;
	config = json_parse(buf_str(&b), b.len, JSON_OWN, NULL);
	/* Names of files that it doesn't read. */
	cJSON_DeleteItemFromObjectCaseSensitive(config, "encodings");
	cJSON_DeleteItemFromObjectCaseSensitive(config, CONFIG_PROJECTS);
	words = config == NULL ? buf_take(&b) : json_print(config);
	own_words(o, words, 0);
	/* What starts outside the sandbox starts there. */
	if (o->home != NULL) {
		o->base = o->home;
		own_words(o, words, 0);
		o->base = o->root;
	}
}

/* The programs that protected files in this folder name; those themselves are
 * protected by their names. NULL: all files. */
static void
own_named(struct own *o, const char *dir, const struct glob_list *names,
    int depth)
{
	DIR *d = fs_opendir(dir);
	struct dirent *de;

	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *path = fs_join(dir, de->d_name);
		bool is_dir = de->d_type == DT_DIR;

		if (names != NULL && glob_list_match(names, de->d_name,
		    is_dir) != GLOB_YES)
			continue;
		if (names != NULL)
			o->looked = 0;
		if (is_dir && depth > 1)
			own_named(o, path, NULL, depth - 1);
		else if (!is_dir && o->looked++ < OWN_CI_MAX &&
		    !fs_has_ending(path, own_prose, MEM_COUNT(own_prose)))
			own_script(o, path);
	}
}

/* In base, by these rows of the table of protected names. */
static void
own_project(struct own *o, size_t row, size_t end)
{
	struct glob_list *names = glob_list_new(true);

	o->alone = true;
	o->ci = row < POLICY_CI_ROWS;
	for (; row < end; row++)
		glob_list_add_words(names, policy_protected_rows[row].globs);
	own_named(o, o->base, names, OWN_DEPTH);
	o->alone = o->ci = false;
	glob_list_free(names);
}

cJSON *
own_files(const char *root, const struct config *c, char **diff)
{
	const char *env = getenv("HOME");
	AUTO_FREE char *home = env == NULL || env[0] != '/' ? NULL :
	    fs_normalize("/", env);
	AUTO_FREE char *saved = config_beside(c, CONFIG_SAVED);
	struct own o = { .root = root, .list = cJSON_CreateArray(),
		.home = home, .places = glob_list_new(false) };

	glob_list_add_words(o.places, own_places);
	o.by = "git";
	own_git(&o);
	o.by = "assent";
	o.base = root;
	own_assent(&o, c->path);
	own_assent(&o, saved);
	o.by = "shell";
	own_shell(&o);
	o.by = "ci";
	if (o.top != NULL && strcmp(o.top, root) != 0) {
		own_project(&o, POLICY_CI_ROWS, POLICY_RUN_ROWS);
		/* An editor or a pager is git's, too. */
		o.by = "shell";
		o.base = o.top;
		own_variables(&o);
		o.by = "ci";
	}
	own_project(&o, 0, POLICY_CI_ROWS);
	own_project(&o, POLICY_CI_ROWS, POLICY_RUN_ROWS);
	pathmap_release(&o.listed);
	pathmap_release(&o.walked);
	pathmap_release(&o.read);
	pathmap_release(&o.placed);
	glob_list_free(o.places);
	FREE_ALL(o.top, o.main, o.dir, o.real);
	*diff = o.diff;
	return o.list;
}
