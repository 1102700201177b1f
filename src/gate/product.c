/*
 * Which files are build products: by their content's first bytes, by git's rules
 * and the table, and those that only a command tells apart.
 */

#include "config.h"

#include "gate/product.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/glob.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "gate/ignore.h"
#include "gate/stage-priv.h"

#define S(text) text, sizeof(text) - 1

/* clang-format off */
static const struct {
	const char	*name;
	bool		 built;
	size_t		 at;
	const char	*bytes;
	size_t		 len;
	size_t		 more_at;	/* a second position, or 0 */
	const char	*more;
	size_t		 more_len;
} filetype_table[] = {
	{ "PNG image", false, 0, S("\x89PNG\r\n\x1a\n"), 0, NULL, 0 },
	{ "JPEG image", false, 0, S("\xff\xd8\xff"), 0, NULL, 0 },
	{ "GIF image", false, 0, S("GIF8"), 0, NULL, 0 },
	{ "WebP image", false, 0, S("RIFF"), 8, S("WEBP") },
	{ "WAV sound", false, 0, S("RIFF"), 8, S("WAVE") },
	{ "PDF document", false, 0, S("%PDF-"), 0, NULL, 0 },
	{ "ELF program or library", true, 0, S("\x7f" "ELF"), 0, NULL, 0 },
	{ "Mach-O program or library", true, 0, S("\xcf\xfa\xed\xfe"), 0, NULL, 0 },
	{ "Windows program or library", true, 0, S("MZ"), 0, NULL, 0 },
	{ "WebAssembly module", true, 0, S("\0asm"), 0, NULL, 0 },
	{ "Java class", true, 0, S("\xca\xfe\xba\xbe\0\0"), 0, NULL, 0 },
	{ "library archive (ar)", true, 0, S("!<arch>\n"), 0, NULL, 0 },
	{ "zip archive, or a format made of one", false, 0, S("PK\x03\x04"), 0,
	    NULL, 0 },
	{ "gzip data", false, 0, S("\x1f\x8b"), 0, NULL, 0 },
	{ "bzip2 data", false, 0, S("BZh"), 0, NULL, 0 },
	{ "xz data", false, 0, S("\xfd" "7zXZ\0"), 0, NULL, 0 },
	{ "zstd data", false, 0, S("\x28\xb5\x2f\xfd"), 0, NULL, 0 },
	{ "tar archive", false, 257, S("ustar"), 0, NULL, 0 },
	{ "SQLite database", false, 0, S("SQLite format 3\0"), 0, NULL, 0 },
	{ "TrueType font", false, 0, S("\0\x01\0\0\0"), 0, NULL, 0 },
	{ "WOFF font", false, 0, S("wOFF"), 0, NULL, 0 },
	{ "WOFF font", false, 0, S("wOF2"), 0, NULL, 0 },
	{ "Ogg sound or film", false, 0, S("OggS"), 0, NULL, 0 },
	{ "MP3 sound", false, 0, S("ID3"), 0, NULL, 0 },
	{ "git pack", false, 0, S("PACK\0\0\0"), 0, NULL, 0 },
	{ "text in UTF-16", false, 0, S("\xff\xfe"), 0, NULL, 0 },
	{ "text in UTF-16", false, 0, S("\xfe\xff"), 0, NULL, 0 },
};
/* clang-format on */

static int
filetype_is(const void *p, size_t n, size_t at, const char *bytes, size_t len)
{
	return n >= at && n - at >= len &&
	    memcmp((const char *)p + at, bytes, len) == 0;
}

/* The row, or -1. */
static int
filetype_find(const void *p, size_t n)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(filetype_table); i++)
		if (filetype_is(p, n, filetype_table[i].at,
		    filetype_table[i].bytes, filetype_table[i].len) &&
		    (filetype_table[i].more == NULL ||
		    filetype_is(p, n, filetype_table[i].more_at,
		    filetype_table[i].more, filetype_table[i].more_len)))
			return (int)i;
	return -1;
}

const char *
filetype_name(const void *p, size_t n)
{
	int i = filetype_find(p, n);

	return i < 0 ? NULL : filetype_table[i].name;
}

/* Programs, libraries, objects: what compilers and linkers write, and people
 * don't. */
static bool
filetype_is_built(const void *p, size_t n)
{
	int i = filetype_find(p, n);

	return i >= 0 && filetype_table[i].built;
}

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

/*
 * Binaries that a command created and git doesn't track are build products even
 * if no ignore rule matches; so are programs and libraries that the user had
 * built before, or half a build would be proposed and applied. A new one is a
 * change while the deletion of a binary is one: it may be the same under
 * another name.
 */

bool
stage_is_product(const struct stage *st, const char *path)
{
	return pathmap_find(&st->manifest.products, path) != NULL;
}

static void
product_add(struct stage_scan_state *s, const struct stage_id *id)
{
	struct manifest_product *p = pathmap_add(&s->products,
	    buf_str(&s->path), sizeof(*p));

	p->id = *id;
}

bool
stage_product_gone(struct stage_scan_state *s)
{
	const struct stage_id none = { 0 };

	if (!stage_is_product(s->st, buf_str(&s->path)))
		return false;
	product_add(s, &none);
	return true;
}

/* Does it begin like a program or library? If the user has that, it is a
 * product too, built before; a document or database that a command changes is a
 * change. */
static bool
product_is_built(int dirfd, const char *path)
{
	int fd = fs_open_beneath(dirfd, path, O_RDONLY | O_NONBLOCK |
	    O_NOCTTY | O_NOFOLLOW, 0);
	char head[8192];
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

	fs_close(fd);
	return n > 0 && memchr(head, '\0', (size_t)n) != NULL &&
	    filetype_is_built(head, (size_t)n);
}

/* If a command made it. */
static bool
product_is_unless_text(struct stage *st, const char *path)
{
	return st->o.product(st->o.policy, path, false) == PRODUCT_BINARY;
}

bool
stage_product_is_real(struct stage *st, const char *path)
{
	return product_is_unless_text(st, path) &&
	    product_is_built(st->root_fd, path);
}

/* A changed file stays a change. A former clean copy is the user's own, and so
 * is a deleted file, and is built again. */
static bool
product_is_change(const struct manifest_entry *m)
{
	return m->during || (m->base.exists && m->after.exists &&
	    !stage_side_equal(&m->base, &m->after));
}

/* Is it the clean copy that we put there? */
static bool
product_is_clean(struct stage *st, const struct manifest_entry *m,
    const struct stage_id *now)
{
	if (!m->after.exists || m->after_id.ino != 0)
		return m->after.exists && stage_id_equal(&m->after_id, now);
	/* No scan has seen it yet. */
	return m->after.size == now->size &&
	    stage_has_staged(st, m->path, &m->after);
}

bool
stage_product_see(struct stage_scan_state *s, int dirfd, const char *name,
    const struct stat *sb)
{
	const char *path = buf_str(&s->path);
	struct stage *st = s->st;
	const struct manifest_product *p = pathmap_find(
	    &st->manifest.products, path);
	const struct manifest_entry *m = manifest_find(&st->manifest, path);
	struct stage_id id;
	struct stat real;

	if (!S_ISREG(sb->st_mode))
		return false;
	stage_id_make(&id, sb);
	if (m != NULL && (product_is_change(m) ||
	    product_is_clean(st, m, &id)))
		return false;
	if (p == NULL && (stage_stat(st->root_fd, path, &real) == 0 ?
	    !product_is_built(st->root_fd, path) : st->view->lost(st, path)))
		return false;
	if (!product_is_unless_text(st, path) ||
	    !((p != NULL && stage_id_holds(&p->id, &id)) ||
	    fs_is_binary(dirfd, name)))
		return false;
	product_add(s, &id);
	return true;
}

/* Is a binary deleted: a document, which no program was made from, or a program
 * that wasn't built here? What the user had built is rebuilt. */
static void
product_look_deleted(struct stage *st, bool *document, bool *program)
{
	AUTO_FREE void **v = pathmap_list(&st->manifest.files);
	size_t i;

	for (i = 0; v[i] != NULL && !*program; i++) {
		const struct manifest_entry *m = v[i];

		if (m->seen != st->serial || !m->base.exists ||
		    m->base.mode == 0120000 || m->after.exists ||
		    !fs_is_binary(st->root_fd, m->path))
			continue;
		if (!product_is_built(st->root_fd, m->path))
			*document = true;
		else if (!product_is_unless_text(st, m->path))
			*program = true;
	}
}

void
stage_products_end(struct stage_scan_state *s)
{
	AUTO_FREE void **v = pathmap_list(&s->products);
	bool document = false, program = false;
	struct stage *st = s->st;
	struct stat sb, real;
	size_t i, len;

	if (s->products.len > 0)
		product_look_deleted(st, &document, &program);
	for (i = 0; v[i] != NULL && s->rc == 0; i++) {
		const struct manifest_product *p = v[i];
		bool change = (document || program) &&
		    !stage_is_product(st, p->path) &&
		    stage_stat(st->root_fd, p->path, &real) < 0 &&
		    (program || !product_is_built(st->staged_fd, p->path));

		if (p->id.ino == 0)	/* gone */
			continue;
		if (!stage_scan_push(s, p->path, &len))
			break;
		if (stage_stat(st->staged_fd, p->path, &sb) < 0)
			stage_scan_fail(s);
		else if (change)
			stage_scan_add_change(s, &sb);
		else
			stage_ignore(s, &sb);
		stage_scan_pop(s, len);
		if (change)
			pathmap_remove(&s->products, p->path);
	}
}
