#include "config.h"

#include "gate/product.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/glob.h"
#include "base/mem.h"
#include "base/pathmap.h"

/*
 * Patterns as in .gitignore, separated by spaces. Names that people also give
 * to sources count only next to one of the files of `beside` (space-separated;
 * a name with "./" is searched in the folder itself), or are left out.
 */
static const struct product_row {
	const char	*globs;
	const char	*beside;
} product_rows[] = {
	/* clang-format off */
	{ "__pycache__/ *.pyc *.pyo .pytest_cache/ .mypy_cache/ .ruff_cache/ "
	  ".tox/ .nox/ .hypothesis/ .pytype/ .pyre/ .ipynb_checkpoints/ "
	  ".coverage .coverage.* htmlcov/ *.egg-info/ .eggs/ .venv/", NULL },
	{ "venv/ env/", "./pyvenv.cfg" },
	{ "build/ dist/", "setup.py pyproject.toml build.gradle "
	  "build.gradle.kts pubspec.yaml" },
	{ "node_modules/ .eslintcache .stylelintcache *.tsbuildinfo "
	  ".nyc_output/ .parcel-cache/ .turbo/ .next/ .nuxt/ .svelte-kit/ "
	  ".angular/ .pnpm-store/", NULL },
	{ "dist/ coverage/", "package.json" },
	{ "*.o *.lo *.la *.gcno *.gcda *.gch *.pch *.dSYM/ a.out .libs/ "
	  ".deps/ CMakeFiles/ CMakeCache.txt cmake_install.cmake .ccache/ "
	  ".cache/", NULL },
	{ "target/", "Cargo.toml pom.xml build.sbt project.clj" },
	{ "*.class .gradle/ .kotlin/ .bloop/ .metals/", NULL },
	{ "dist-newstyle/ .stack-work/ *.hi *.dyn_hi *.dyn_o *.hie", NULL },
	{ "*.cmi *.cmo *.cmx *.cmt *.cmti *.beam", NULL },
	{ "_build/", "dune-project rebar.config mix.exs" },
	{ ".build/", "Package.swift" },
	{ ".lake/", "lakefile.lean lakefile.toml" },
	{ ".zig-cache/ zig-cache/ zig-out/ nimcache/ .dart_tool/ "
	  ".terraform/ .phpunit.result.cache .phpunit.cache/ "
	  ".php-cs-fixer.cache .rspec_status", NULL },
	{ ".DS_Store Thumbs.db *.swp", NULL },
	/* clang-format on */
};

#define PRODUCT_ROWS MEM_COUNT(product_rows)

struct product_rule {
	struct glob_list *globs;
	bool		 hide;
};

struct product_path {	/* in a pathmap */
	char		*path;
};

struct product_rules {
	struct glob_list *rows[PRODUCT_ROWS];
	struct glob_list *user;		/* of the settings */
	struct product_rule *rules;	/* of this session */
	size_t		 rules_len;
	struct pathmap	 written;
};

struct product_rules *
product_new(const char *const *globs)
{
	struct product_rules *n = xcalloc(1, sizeof(*n));
	size_t i;

	for (i = 0; i < PRODUCT_ROWS; i++) {
		const char *p = product_rows[i].globs;

		n->rows[i] = glob_list_new(false);
		while (*p != '\0') {
			size_t len = strcspn(p, " ");

			glob_list_add(n->rows[i], p, len);
			p += len;
			p += strspn(p, " ");
		}
	}
	n->user = glob_list_new(false);
	for (; globs != NULL && *globs != NULL; globs++)
		glob_list_add(n->user, *globs, strlen(*globs));
	return n;
}

void
product_free(struct product_rules *n)
{
	size_t i;

	if (n == NULL)
		return;
	for (i = 0; i < PRODUCT_ROWS; i++)
		glob_list_free(n->rows[i]);
	for (i = 0; i < n->rules_len; i++)
		glob_list_free(n->rules[i].globs);
	glob_list_free(n->user);
	free(n->rules);
	pathmap_release(&n->written);
	free(n);
}

void
product_add_rule(
    struct product_rules *n, bool hide, const char *glob, size_t len)
{
	struct product_rule *r;

	GROW(n->rules, n->rules_len);
	r = &n->rules[n->rules_len++];
	r->hide = hide;
	r->globs = glob_list_new(false);
	glob_list_add(r->globs, glob, len);
}

void
product_add_written(struct product_rules *n, const char *path)
{
	pathmap_add(&n->written, path, sizeof(struct product_path));
}

void
product_path_glob(struct buf *b, const char *path)
{
	buf_addc(b, '/');
	for (; *path != '\0'; path++) {
		if (strchr("*?[]\\ ", *path) != NULL)
			buf_addc(b, '\\');
		buf_addc(b, *path);
	}
}

/* Did the model write something in this folder? */
static bool
product_is_written_below(const struct product_rules *n, const char *dir)
{
	size_t len = strlen(dir), i;
	AUTO_FREE void **v = pathmap_list(&n->written);
	bool yes = false;

	for (i = 0; v[i] != NULL && !yes; i++) {
		const char *path = ((struct product_path *)v[i])->path;

		yes = strncmp(path, dir, len) == 0 && path[len] == '/';
	}
	return yes;
}

static bool
product_is_there(int fd, const char *path)
{
	int f = fd < 0 ? -1 : fs_open_beneath(fd, path, O_PATH | O_NOFOLLOW,
	    0);

	fs_close(f);
	return f >= 0;
}

/* Is one of the names next to `path`? */
static bool
product_beside(const char *names, int root, int staged, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t dir = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	bool yes = false;

	while (*names != '\0' && !yes) {
		size_t n = strcspn(names, " ");
		AUTO_FREE char *at = NULL;

		if (n > 2 && strncmp(names, "./", 2) == 0)
			at = xasprintf("%s%.*s", path, (int)n - 1, names + 1);
		else
			at = xasprintf("%.*s%.*s", (int)dir, path, (int)n,
			    names);
		yes =
		    product_is_there(root, at) || product_is_there(staged, at);
		names += n;
		names += strspn(names, " ");
	}
	return yes;
}

struct product_look {
	struct product_rules	*n;
	struct ignore	*ignore;
	int		 root, staged;
};

/* By the table and the settings: this path alone. If git tracks something below
 * a folder, it is the project's, whatever its name. */
static bool
product_table(const struct product_look *l, const char *path, bool is_dir)
{
	enum glob_verdict v = glob_list_match(l->n->user, path, is_dir);
	bool yes = v == GLOB_YES;
	size_t i;

	for (i = 0; i < PRODUCT_ROWS && v == GLOB_NONE && !yes; i++)
		yes = glob_list_match(l->n->rows[i], path, is_dir) ==
		    GLOB_YES && (product_rows[i].beside == NULL ||
		    product_beside(product_rows[i].beside, l->root, l->staged,
		    path));
	return yes && !ignore_has_tracked(l->ignore, path, is_dir);
}

/* The path or a folder above it. */
static bool
product_table_covers(
    const struct product_look *l, const char *path, bool is_dir)
{
	char *copy = xstrdup(path), *slash;
	bool yes = false;

	for (slash = strchr(copy, '/'); slash != NULL && !yes;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		yes = product_table(l, copy, true);
		*slash = '/';
	}
	free(copy);
	return yes || product_table(l, path, is_dir);
}

/* Does a setting make an exception for the path, or for the nearest folder
 * above it that any setting mentions? */
static bool
product_is_exempt(const struct product_rules *n, const char *path)
{
	enum glob_verdict v = glob_list_match(n->user, path, false);
	char *copy = xstrdup(path), *slash;

	while (v == GLOB_NONE && (slash = strrchr(copy, '/')) != NULL) {
		*slash = '\0';
		v = glob_list_match(n->user, copy, true);
	}
	free(copy);
	return v == GLOB_TAKEN_BACK;
}

enum product_why
product_find(struct product_rules *n, struct ignore *g, int root, int staged,
    const char *path, bool is_dir)
{
	const struct product_look l = { n, g, root, staged };
	size_t i;

	if (is_dir ? product_is_written_below(n, path) :
	    pathmap_find(&n->written, path) != NULL)
		return PRODUCT_NOT;
	for (i = n->rules_len; i-- > 0;) {
		const struct product_rule *r = &n->rules[i];

		if (!glob_list_covers(r->globs, path) && !(is_dir &&
		    glob_list_match(r->globs, path, true) == GLOB_YES))
			continue;
		return r->hide && !ignore_has_tracked(g, path, is_dir) ?
		    PRODUCT_HIDDEN : PRODUCT_NOT;
	}
	if (ignore_match(g, path, is_dir))
		return PRODUCT_GIT;
	if (product_table_covers(&l, path, is_dir) &&
	    !ignore_has_tracked(g, path, is_dir))
		return PRODUCT_CACHE;
	return is_dir || ignore_has_tracked(g, path, false) ||
	    product_is_exempt(n, path) ? PRODUCT_NOT : PRODUCT_BINARY;
}
