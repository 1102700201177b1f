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
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/spawn.h"
#include "config/settings.h"
#include "git/git-run.h"

#define OWN_MAX		4096	/* files; of more, all of the project is protected */
#define OWN_LINKS	40	/* that lead to one file */
#define OWN_DEPTH	4	/* words in words */
#define OWN_GIT_S	5	/* seconds that git may take */
#define OWN_LOOK_MAX	20000	/* links and folders below one */

/* What separates the words of a command or of JSON. */
#define OWN_BLANK	" \t\r\n()<>`,:[]{}=;&|"

struct own {
	const char	*root, *home;
	const char	*base;		/* where words are names: git's are at
					   the top of the checkout */
	char		*top;		/* of the checkout; NULL: the root */
	char		*main;		/* what the root is in the checkout that
					   this is a worktree of, or NULL */
	const char	*by;
	cJSON		*list;
	struct pathmap	 listed;	/* paths in the list */
	struct pathmap	 tried;		/* words that were looked at, and the
					   user's folders */
	int		 looked;
	char		*dir, *real;	/* the last folder, and where it leads */
	char		*diff;		/* git's diff.algorithm, or NULL */
};

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

/* A file, or what isn't there yet at an absolute name. */
static void
own_try(struct own *o, const char *base, const char *text)
{
	AUTO_FREE char *path = own_name(o, base, text);
	bool absolute = strchr("/~", text[0]) != NULL;
	AUTO_FREE char *key = xasprintf("%d%s", absolute, path);
	struct stat st;

	/* Many variables and settings have the same words. */
	if (pathmap_find(&o->tried, key) != NULL)
		return;
	(void)pathmap_add(&o->tried, key, sizeof(char *));
	if (stat(path, &st) == 0 ? !S_ISDIR(st.st_mode) : absolute)
		own_path(o, "/", path);
}

/* Add the file that this word names. `after`: a variable or a command's output
 * comes right before it. */
static void
own_word(struct own *o, const char *word, bool after)
{
	const char *slash = strchr(word, '/');

	own_try(o, o->base, word);
	/* "$PWD/x", "$HOME/x" */
	if (slash == NULL || (slash == word ? !after :
	    strchr(word, '$') == NULL))
		return;
	slash += strspn(slash, "/");
	own_try(o, o->base, slash);
	if (o->home != NULL)
		own_try(o, o->home, slash);
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

static void
own_words(struct own *o, const char *p, int nested)
{
	while (*p != '\0' && nested < OWN_DEPTH) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		size_t n = strspn(p, OWN_BLANK);
		bool after = n > 0 && strchr(")`}", p[n - 1]) != NULL;
		const char *word;

		p = own_word_read(p + n, &b);
		word = buf_str(&b) + strspn(buf_str(&b), "!@");
		if (word[0] == '\0')
			continue;
		own_word(o, word, after);
		if (word[strcspn(word, OWN_BLANK)] != '\0')
			own_words(o, word, nested + 1);
	}
}

/* ---- git ---- */

/* Does the key's name say that its value is a single path, of a file that may
 * not exist yet? */
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
own_git_folder(struct own *o, const char *dir, int depth)
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
		if (de->d_type == DT_DIR && depth > 0)
			own_git_folder(o, path, depth - 1);
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

	if (git_run(&g, args, NULL, NULL) != 0)
		return false;
	for (i = 0; i < 4; i++)
		v[i] = strtok_r(i == 0 ? out.p : NULL, "\n", &save);
	/* If a name contains a newline, the lines are ambiguous: take the whole
	 * project. */
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
	own_git_folder(o, v[1], 1);
	own_git_folder(o, v[2], 0);
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
	struct git_begun b;
	bool in;
	char *value;
	int rc;

	o->base = o->root;
	if (git_state_repository(o->root, NULL) < 0)
		g.dir = "/";
	/* Neither waits for the other. */
	b = git_run_begin(&g, args);
	in = g.dir == o->root && own_git_folders(o);
	rc = git_run_end(&g, b, NULL, NULL);
	if (!in && g.dir == o->root) {
		g.dir = "/";
		buf_clear(&out);
		rc = git_run(&g, args, NULL, NULL);
	}
	/* More than can be looked at may name anything. */
	if (rc != 0 && out.len > 0)
		own_add(o, o->root);
	end = buf_str(&out) + out.len;
	for (p = buf_str(&out); p < end; p += strlen(p) + 1) {
		AUTO_FREE char *line = NULL;

		file = strncmp(p, "file:", 5) == 0 ? p + 5 : NULL;
		if (file != NULL)
			own_try(o, o->base, file);
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

/* Links from a folder of the user's; from home only those with a dot. */
static void
own_links(struct own *o, const char *dir, int depth)
{
	bool walked = pathmap_find(&o->tried, dir) != NULL,
	    home = o->home != NULL && strcmp(dir, o->home) == 0;
	DIR *d = walked ? NULL : fs_opendir(dir);
	struct dirent *de;
	struct stat st;

	(void)pathmap_add(&o->tried, dir, sizeof(char *));
	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *path = fs_join(dir, de->d_name);

		if (de->d_type == DT_REG || (home && de->d_name[0] != '.') ||
		    ++o->looked > OWN_LOOK_MAX || lstat(path, &st) < 0)
			continue;
		if (S_ISLNK(st.st_mode))
			own_path(o, "/", path);
		else if (S_ISDIR(st.st_mode) && depth > 1 &&
		    strcmp(path, o->root) != 0)
			own_links(o, path, depth - 1);
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

cJSON *
own_files(const char *root, const struct config *c, char **diff)
{
	const char *env = getenv("HOME");
	AUTO_FREE char *home = env == NULL || env[0] != '/' ? NULL :
	    fs_normalize("/", env);
	AUTO_FREE char *saved = config_beside(c, CONFIG_SAVED);
	struct own o = { .root = root, .list = cJSON_CreateArray(),
		.home = home };

	o.by = "git";
	own_git(&o);
	o.by = "assent";
	o.base = root;
	own_assent(&o, c->path);
	own_assent(&o, saved);
	o.by = "shell";
	own_shell(&o);
	/* An editor or a pager is git's, too. */
	if (o.top != NULL && strcmp(o.top, root) != 0) {
		o.base = o.top;
		own_variables(&o);
	}
	pathmap_release(&o.listed);
	pathmap_release(&o.tried);
	FREE_ALL(o.top, o.main, o.dir, o.real);
	*diff = o.diff;
	return o.list;
}
