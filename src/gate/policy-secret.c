/*
 * policy-secret: which files of the project are secret, by name or by a token
 * or private key in them. Two passes, both by count, so that a loop can do them
 * in steps: one over the names of all folders, the nearest first, one over the
 * contents of those files that can be a key. What is found is kept by folder: a
 * later search reads again only the folders that changed. What couldn't be
 * searched counts as secret.
 */

#include "config.h"

#include "gate/policy-int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/glob.h"
#include "base/mem.h"
#include "base/secret.h"
#include "gate/gate.h"
#include "gate/manifest.h"

/* A file whose contents were checked. */
struct policy_look {
	uint64_t	 ino, dev;	/* ino 0: unused entry */
	int64_t		 size;
	struct timespec	 ctime;
	bool		 key;
};

#define POLICY_KEY_MIN	40	/* bytes; no key is shorter */

/* Suffixes of names, sorted. */
static const char *const policy_plain_ends[] = {
	"adoc", "asm", "bash", "bat", "c", "cc", "clj", "cljs", "cmake", "coffee",
	"cpp", "cs", "css", "csv", "cu", "cxx", "d", "dart", "el", "elm", "erb",
	"erl", "ex", "exs", "f90", "fish", "fs", "gif", "go", "gradle", "graphql",
	"groovy", "h", "haml", "hh", "hpp", "hrl", "hs", "htm", "html", "hxx",
	"inc", "ipynb", "java", "jpeg", "jpg", "js", "jsx", "kt", "kts", "less",
	"lisp", "lua", "m", "m4", "md", "mdx", "mjs", "mk", "ml", "mli", "mm",
	"nim", "nix", "patch", "php", "pl", "pm", "png", "po", "proto", "ps1",
	"py", "pyi", "pyx", "r", "rb", "rs", "rst", "s", "sass", "scala", "scm",
	"scss", "sh", "sol", "sql", "svelte", "svg", "swift", "tcl", "tex", "ts",
	"tsx", "vb", "vim", "vue", "webp", "xhtml", "xml", "xsl", "zig", "zsh",
};

static bool
policy_name_is_plain(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dot = strrchr(slash == NULL ? path : slash, '.');

	return dot != NULL && MEM_SEARCH(policy_plain_ends,
	    MEM_COUNT(policy_plain_ends), dot + 1) != NULL;
}

/* This file's entry among the checked ones, or a free one. */
static struct policy_look *
policy_look_find(struct policy *p, const struct stat *st)
{
	uint64_t h = ((uint64_t)st->st_ino ^ (uint64_t)st->st_dev << 32) *
	    0x9e3779b97f4a7c15u;
	size_t i = (size_t)(h >> 20) & (p->looks_cap - 1);

	while (p->looks[i].ino != 0 && (p->looks[i].ino != st->st_ino ||
	    p->looks[i].dev != st->st_dev))
		i = (i + 1) & (p->looks_cap - 1);
	return &p->looks[i];
}

static void
policy_look_grow(struct policy *p)
{
	struct policy_look *old = p->looks, *to;
	size_t cap = p->looks_cap, i;

	if (2 * (p->looks_len + 1) <= cap)
		return;
	p->looks_cap = cap == 0 ? 256 : 2 * cap;
	p->looks = xcalloc(p->looks_cap, sizeof(*p->looks));
	for (i = 0; i < cap; i++) {
		struct stat st = { .st_ino = old[i].ino, .st_dev = old[i].dev };

		if (old[i].ino == 0)
			continue;
		to = policy_look_find(p, &st);
		*to = old[i];
	}
	free(old);
}

/* A command can give itself permission to read what is ours. */
static bool
policy_look(int dir, const char *name, const struct stat *st)
{
	AUTO_BUF struct buf b = BUF_INIT(KEYTEXT_FILE);
	enum keytext what = KEYTEXT_NO;
	char head[KEYTEXT_HEAD];
	AUTO_CLOSE int fd = fs_open_regular(dir, name);
	ssize_t n = fd < 0 ? -1 : fs_read(fd, head, sizeof(head));

	if (fd < 0)
		return errno == EACCES && st->st_uid == geteuid();
	if (n > 0)
		what = keytext_begins(head, (size_t)n,
		    (size_t)n < sizeof(head));
	if (what == KEYTEXT_MORE) {
		buf_add(&b, head, (size_t)n);
		(void)fs_read_all(fd, &b);
		what = keytext_begins(b.p, b.len, true);
	}
	return what == KEYTEXT_YES;
}

static bool
policy_key_can_be(struct policy *p, const char *path)
{
	return !policy_name_is_plain(path) || !policy_is_tracked(p, path);
}

/* Is it a small file that begins with a private key? */
static bool
policy_key_look(struct policy *p, const char *path)
{
	struct policy_look *known;
	struct timespec now;
	struct stat st;

	if (fstatat(p->root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == EACCES;
	if (!S_ISREG(st.st_mode) || st.st_size < POLICY_KEY_MIN ||
	    st.st_size > (off_t)KEYTEXT_FILE)
		return false;
	policy_look_grow(p);
	known = policy_look_find(p, &st);
	/* If inode numbers aren't stable, another file may have this one. */
	if (known->ino != 0 && known->size == st.st_size &&
	    time_equal(&known->ctime, &st.st_ctim))
		return known->key;
	/* What changes within the same tick leaves the time as it is. */
	clock_gettime(CLOCK_REALTIME, &now);
	if (st.st_ctim.tv_sec >= now.tv_sec - 1)
		return policy_look(p->root, path, &st);
	p->looks_len += known->ino == 0;
	*known = (struct policy_look){
		.ino = st.st_ino, .dev = st.st_dev, .size = st.st_size,
		.ctime = st.st_ctim,
		.key = policy_look(p->root, path, &st),
	};
	return known->key;
}

#define POLICY_ENTRIES	1000000
#define POLICY_CUT_NAMES 5
#define POLICY_DEPTH	64
#define POLICY_IGNORED_DEPTH	2
#define POLICY_IGNORED_ENTRIES	2000
#define POLICY_GITS	256
#define POLICY_TOKEN_BYTES	((size_t)256 << 10)

/* "URL" means an address with a password in it; any other word matches in any
 * case. */
static bool
policy_has_word(const char *text, const char *word, size_t n)
{
	const char *p;

	if (n == 3 && memcmp(word, "URL", 3) == 0) {
		for (p = strstr(text, "://"); p != NULL;
		    p = strstr(p + 3, "://")) {
			size_t host = strcspn(p + 3, "@/ \t\r\n\"'");
			const char *colon = memchr(p + 3, ':', host);

			/* A token can be in place of the user name. */
			if (p[3 + host] == '@' && (colon != NULL || host >= 20))
				return true;
		}
		return false;
	}
	for (p = text; *p != '\0'; p++)
		if (strncasecmp(p, word, n) == 0)
			return true;
	return false;
}

/* Does the real file contain a token? Assume so if it can't be checked. */
static bool
policy_has_token(struct policy *p, const char *path, const char *words)
{
	AUTO_BUF struct buf b = BUF_INIT(POLICY_TOKEN_BYTES);
	size_t i, n;
	AUTO_CLOSE int fd = fs_open_regular(p->root, path);

	if (fd < 0)
		return errno != ENOENT && errno != ENOTDIR;
	if (fs_read_all(fd, &b) < 0)
		return true;
	for (i = 0; i < b.len; i++)
		if (b.p[i] == '\0')
			b.p[i] = '\n';
	MEM_EACH_WORD(words, n, words)
		if (policy_has_word(buf_str(&b), words, n))
			return true;
	return false;
}

bool
policy_is_named(const struct policy *p, const char *path)
{
	return secret_name(p->secret, p->user_secret, path) &&
	    !policy_lifts(p, path);
}

static bool
policy_may_hold(const struct policy *p, const char *path)
{
	size_t i;

	for (i = 0; i < POLICY_TOKENS; i++)
		if (glob_list_covers(p->globs->tokens[i], path))
			return true;
	return false;
}

/* In a repository that the sandbox doesn't know as one? */
static bool
policy_is_beside(struct policy *p, const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *file = slash == NULL ? xstrdup(name) :
	    xasprintf("%.*s/%s", (int)(slash - path), path, name);
	AUTO_FREE char *all = xasprintf("/%s", path);

	return strstr(all, "/.git/") == NULL &&
	    faccessat(p->root, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* By its name, or by a token in it. */
static bool
policy_is_told(struct policy *p, const char *path)
{
	size_t i;
	bool yes = policy_is_named(p, path);

	for (i = 0; i < POLICY_TOKENS && !yes; i++)
		yes = glob_list_covers(p->globs->tokens[i], path) &&
		    (policy_token_rows[i].beside == NULL ||
		    policy_is_beside(p, path, policy_token_rows[i].beside)) &&
		    policy_has_token(p, path, policy_token_rows[i].words) &&
		    !policy_lifts(p, path);
	return yes;
}

bool
policy_is_secret(struct policy *p, const char *path, const char *plain)
{
	return policy_is_told(p, path) ||
	    (plain != NULL && policy_is_named(p, plain)) ||
	    (policy_key_can_be(p, path) && policy_key_look(p, path) &&
	    !policy_lifts(p, path));
}

/* How many components of `path` are in an ignored folder, itself included. */
static int
policy_ignored_depth(struct policy *p, const char *path)
{
	AUTO_FREE char *copy = xstrdup(path);
	char *slash;
	int depth = 0;

	for (slash = strchr(copy, '/'); slash != NULL;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (depth > 0 || ignore_match(p->ignore, copy, true))
			depth++;
		*slash = '/';
	}
	return depth;
}

static void
policy_add(char ***v, size_t *len, const char *path)
{
	GROW_BY(*v, *len, 2);	/* with the NULL */
	(*v)[(*len)++] = xstrdup(path);
	(*v)[*len] = NULL;
}

static void
policy_dir_free(struct policy *p, struct policy_dir *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->kids_len; i++)
		policy_dir_free(p, d->kids[i]);
	for (i = 0; i < d->old_len; i++)
		policy_dir_free(p, d->old[i]);
	p->entries -= d->entries;
	buf_release(&d->found);
	FREE_ALL(d->path, d->kids, d->old, d);
}

/* Free the lists of what was found. */
static void
policy_lists_free(struct policy *p)
{
	xfree_list(p->secrets, p->secrets_len);
	xfree_list(p->gits, p->gits_len);
	xfree_list(p->linked, p->linked_len);
	p->secrets = p->gits = p->linked = NULL;
	p->secrets_len = p->gits_len = p->linked_len = 0;
}

void
policy_secrets_forget(struct policy *p)
{
	policy_lists_free(p);
	policy_dir_free(p, p->top);
	p->top = NULL;
	if (p->reading != NULL)
		closedir(p->reading);
	p->reading = NULL;
	p->dirs_len = p->unlooked = 0;
	p->searching = p->rules_changed = false;
}

bool
policy_is_whole(const struct policy *p)
{
	return p->secrets != NULL && !p->searching;
}

size_t
policy_searched(const struct policy *p)
{
	return (p->entries - p->unlooked) / 1000 * 1000;
}

/*
 * What was found in a folder: a byte and a path with its NUL, for each. 's' is a
 * secret, 'l' a link with a secret's name, 'g' a `.git`; a file that can become a
 * key, or cease to be one, without a trace in its folder is 'k' if it was one, '-'
 * if not and '?' if it hasn't been looked at.
 */
static void
policy_found(struct policy_dir *d, char kind, const char *path)
{
	buf_addc(&d->found, kind);
	buf_add(&d->found, path, strlen(path) + 1);
}

#define POLICY_WATCH	8000	/* files to look at again before a call */
#define POLICY_NEAR	64	/* names before one that was there, in its
				   folder's order */

/* By these the search goes. */
static bool
policy_is_rules(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash == NULL ? path : slash + 1, ".gitignore") == 0;
}

/* In this folder is one to be searched, or a file to be looked at each time: what
 * is known of it counts if it was there before. */
static void
policy_kid(struct policy_dir *d, const char *path, bool file, int ignored)
{
	struct policy_dir *k = NULL;
	size_t i;

	for (i = d->old_at; i < d->old_len && i < d->old_at + POLICY_NEAR &&
	    k == NULL; i++)
		if (strcmp(d->old[i]->path, path) == 0 &&
		    d->old[i]->file == file) {
			k = d->old[i];
			d->old[i] = d->old[d->old_at];
			d->old[d->old_at++] = NULL;
		}
	if (k == NULL) {
		k = xcalloc(1, sizeof(*k));
		k->path = xstrdup(path);
		k->file = file;
		k->above = d;
		k->depth = d->depth + 1;
	}
	/* For a token it may count what else is in the folder. */
	if (k->ignored != ignored || (file && !policy_is_rules(path)))
		k->ino = 0;
	k->ignored = ignored;
	*GROW_ADD(d->kids, d->kids_len) = k;
}

/* A regular file. */
static void
policy_read_file(struct policy *p, struct policy_dir *d, const char *path)
{
	if (policy_lifts(p, path))
		return;
	if (policy_is_named(p, path)) {
		policy_found(d, 's', path);
		return;
	}
	if (policy_may_hold(p, path))
		policy_kid(d, path, true, 0);
	if (policy_key_can_be(p, path)) {
		policy_found(d, '?', path);
		p->unlooked++;
	}
}

static void
policy_read_dir(struct policy *p, struct policy_dir *d, const char *path)
{
	int ignored = d->ignored + (d->ignored > 0 ||
	    ignore_match(p->ignore, path, true));

	/* Dependencies and what was built contain other people's test keys. */
	if (ignored > POLICY_IGNORED_DEPTH)
		return;
	if (d->depth < POLICY_DEPTH && p->entries < POLICY_ENTRIES) {
		policy_kid(d, path, false, ignored);
		return;
	}
	/* What wasn't searched may contain a secret: hide all of it, so that
	 * padding can't expose one. */
	policy_found(d, 's', path);
	if (p->cut++ < POLICY_CUT_NAMES)
		buf_addf(&p->cut_names, "%s%s", p->cut == 1 ? "" : ", ", path);
}

static void
policy_read_entry(struct policy *p, struct policy_dir *d, const char *name,
    unsigned char type)
{
	const bool git = strcmp(name, ".git") == 0;
	AUTO_FREE char *path = d->above == NULL ? xstrdup(name) :
	    fs_join(d->path, name);
	struct stat st;

	if (type == DT_UNKNOWN) {
		if (fstatat(dirfd(p->reading), name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0)
			return;
		type = S_ISDIR(st.st_mode) ? DT_DIR :
		    S_ISREG(st.st_mode) ? DT_REG : DT_LNK;
	}
	if (policy_is_rules(name))
		policy_kid(d, path, true, 0);
	/* The project's own is protected anyway. */
	if ((git ? d->depth > 0 : dotgit_in_path(name)) && type != DT_LNK)
		policy_found(d, 'g', path);
	if (type == DT_REG)
		policy_read_file(p, d, path);
	else if (type == DT_LNK && !git && policy_is_named(p, path))
		policy_found(d, 'l', path);
	else if (type == DT_DIR && !git)
		policy_read_dir(p, d, path);
}

/* One more name of the folder that is read; false: it has no more. */
static bool
policy_read(struct policy *p, struct policy_dir *d)
{
	size_t *left = d->ignored > 1 ? &d->above->left : &d->left;
	struct dirent *de;

	if (p->reading != NULL && d->ignored > 0 && *left == 0) {
		closedir(p->reading);
		p->reading = NULL;
	}
	if ((de = fs_dir_next(&p->reading)) == NULL)
		return false;
	*left -= d->ignored > 0;
	d->entries++;
	p->entries++;
	policy_read_entry(p, d, de->d_name, de->d_type);
	return true;
}

/* Is this folder or file as it was, or can't be read? Else begin to read it. */
static bool
policy_is_same(struct policy *p, struct policy_dir *d)
{
	struct timespec now;
	struct stat st = { 0 };
	/* No link leads there: the folders above were looked at. */
	bool there = fstatat(p->root, d->path, &st, AT_SYMLINK_NOFOLLOW) == 0;

	if (d->ino != 0 && st.st_ino == d->ino &&
	    time_equal(&st.st_ctim, &d->ctime))
		return true;
	p->changed = true;
	/* What changes within the same tick leaves the time as it is. */
	clock_gettime(CLOCK_REALTIME, &now);
	d->ino = st.st_ctim.tv_sec >= now.tv_sec - 1 ? 0 : st.st_ino;
	d->ctime = st.st_ctim;
	buf_clear(&d->found);
	if (d->file) {
		p->rules_changed = p->rules_changed || (p->secrets != NULL &&
		    policy_is_rules(d->path));
		if (there && policy_is_told(p, d->path))
			policy_found(d, 's', d->path);
		return true;
	}
	p->entries -= d->entries;
	if (d->ignored > 1)
		d->above->left += d->entries;
	d->entries = 0;
	d->left = POLICY_IGNORED_ENTRIES;
	d->old = d->kids;
	d->old_len = d->kids_len;
	d->kids = NULL;
	d->kids_len = d->old_at = 0;
	p->reading = fs_dir_take(fs_open_beneath(p->root, d->path, O_RDONLY |
	    O_DIRECTORY | O_NOFOLLOW, 0));
	if (p->reading != NULL)
		return false;
	/* Hide it: a command can give itself permission to read what is
	 * ours. */
	if (d->above != NULL && (there || errno == EACCES))
		policy_found(d, 's', d->path);
	d->ino = 0;
	return true;
}

/* It is searched: what it contains comes next. */
static void
policy_dir_done(struct policy *p, struct policy_dir *d)
{
	size_t i;

	for (i = 0; i < d->old_len; i++) {
		p->rules_changed = p->rules_changed || (d->old[i] != NULL &&
		    policy_is_rules(d->old[i]->path));
		policy_dir_free(p, d->old[i]);
	}
	FREE_NULL(d->old);
	d->old_len = 0;
	for (i = 0; i < d->kids_len; i++)
		*GROW_ADD(p->dirs, p->dirs_len) = d->kids[i];
	p->dirs_next++;
}

static void
policy_names(struct policy *p, size_t *n)
{
	struct policy_dir *d;

	for (; *n > 0 && p->dirs_next < p->dirs_len; --*n) {
		d = p->dirs[p->dirs_next];
		if (p->reading == NULL ? policy_is_same(p, d) :
		    !policy_read(p, d))
			policy_dir_done(p, d);
	}
}

/* Look into the next `n` files, from there on around: those of which only the
 * name is known, or others again. There are so many. Only a file itself tells that
 * it was changed: inotify of its folder misses what is written to a mapping, by
 * io_submit(2), and by a name that the file was given later elsewhere. */
static void
policy_look_into(struct policy *p, struct policy_at *next, bool again, size_t n)
{
	struct policy_dir *d;
	char *was, is;

	while (n > 0) {
		next->dir = next->dir < p->dirs_len ? next->dir : 0;
		d = p->dirs[next->dir];
		if (next->at >= d->found.len) {
			*next = (struct policy_at){ .dir = next->dir + 1 };
			continue;
		}
		was = d->found.p + next->at;
		if (again ? *was == 'k' || *was == '-' : *was == '?') {
			is = policy_key_look(p, was + 1) ? 'k' : '-';
			p->changed = p->changed || is != *was;
			*was = is;
			n--;
		}
		next->at += strlen(was) + 1;
	}
}

/* For a link with a secret's name, its target in the project is secret too,
 * unless git has it anyway. Any folder's change can move it. */
static void
policy_list_link(struct policy *p, const char *path)
{
	AUTO_FREE char *full = fs_join(p->root_path, path);
	AUTO_FREE char *real = fs_realpath(full);
	AUTO_FREE char *below = real == NULL ? NULL :
	    fs_inside(p->root_path, p->root_path, real);

	if (below == NULL || policy_is_tracked(p, below) ||
	    policy_lifts(p, below))
		return;
	policy_add(&p->linked, &p->linked_len, below);
	if (p->secrets != NULL)
		policy_add(&p->secrets, &p->secrets_len, below);
}

/* Make the lists of what was found. As long as files aren't looked at there is
 * none of secrets. */
static void
policy_list(struct policy *p)
{
	const char *was;
	size_t i, at;

	policy_lists_free(p);
	p->watched = 0;
	if (p->unlooked == 0)
		p->secrets = xcalloc(1, sizeof(*p->secrets));
	p->gits = xcalloc(1, sizeof(*p->gits));
	for (i = 0; i < p->dirs_len; i++)
		for (at = 0; at < p->dirs[i]->found.len; at += strlen(was) + 1) {
			was = p->dirs[i]->found.p + at;
			p->watched += strchr("k-?", *was) != NULL;
			if (*was == 'l' && p->root_path != NULL)
				policy_list_link(p, was + 1);
			/* If there are too many to read, hide them. */
			if (*was == 'g' && p->gits_len < POLICY_GITS)
				policy_add(&p->gits, &p->gits_len, was + 1);
			else if (p->secrets != NULL &&
			    strchr("skg", *was) != NULL)
				policy_add(&p->secrets, &p->secrets_len,
				    was + 1);
		}
}

static void
policy_begin(struct policy *p)
{
	if (p->top == NULL) {
		p->top = xcalloc(1, sizeof(*p->top));
		p->top->path = xstrdup(".");
	}
	p->dirs_len = 0;
	*GROW_ADD(p->dirs, p->dirs_len) = p->top;
	p->dirs_next = p->look.at = 0;
	p->searching = true;
	p->changed = false;
}

/* All is found. */
static void
policy_end(struct policy *p)
{
	p->searching = false;
	if (p->secrets == NULL || p->changed) {
		policy_list(p);
		p->again.at = 0;
	}
	if (p->cut == 0 || p->cut_noted)
		return;
	p->cut_noted = true;
	buf_addf(&p->cut_note, "the project is too large or deep to "
	    "search everywhere for secret files: commands cannot see "
	    "%s%s; use --root DIR for a part of the project",
	    buf_str(&p->cut_names), p->cut > POLICY_CUT_NAMES ? ", ..." : "");
}

/* Go on with the search by so many names, and so many files. */
static void
policy_go_on(struct policy *p, size_t names, size_t files)
{
	const bool held = p->held;

	if (p->rules_changed)
		policy_secrets_forget(p);
	if (!p->searching)
		policy_begin(p);
	if (p->dirs_next < p->dirs_len) {
		if (!held)
			policy_hold(p, true);
		policy_names(p, &names);
		if (!held)
			policy_hold(p, false);
		if (p->dirs_next < p->dirs_len)
			return;
		/* Those behind a link are known. */
		if (p->secrets == NULL)
			policy_list(p);
	}
	files = MIN(files, p->unlooked);
	policy_look_into(p, &p->look, false, files);
	p->unlooked -= files;
	if (p->unlooked == 0)
		policy_end(p);
}

bool
policy_search(struct policy *p, size_t n)
{
	if (!policy_is_whole(p))
		policy_go_on(p, n, n);
	return policy_is_whole(p);
}

const char *const *
policy_secrets(struct policy *p)
{
	const bool whole = policy_is_whole(p);

	do
		policy_go_on(p, SIZE_MAX, SIZE_MAX);
	while (p->rules_changed);
	/* Those that can become a key, or cease to be one: in turn, if there are
	 * too many for one call. */
	p->changed = false;
	if (whole)
		policy_look_into(p, &p->again, true, MIN(p->watched,
		    POLICY_WATCH));
	if (p->changed)
		policy_list(p);
	return (const char *const *)p->secrets;
}

bool
policy_hides(struct policy *p, const char *path)
{
	size_t i;

	if (policy_is_secret(p, path, NULL) &&
	    policy_ignored_depth(p, path) <= POLICY_IGNORED_DEPTH)
		return true;
	if (p->secrets == NULL)
		policy_go_on(p, SIZE_MAX, 0);
	for (i = 0; i < p->linked_len; i++)
		if (fs_is_below(path, p->linked[i]))
			return true;
	return false;
}


bool
policy_is_clear(struct policy *p, const char *path)
{
	/* A pipe that is opened to read wakes who waits to write to it. */
	AUTO_CLOSE int fd = fs_open_beneath(p->root, path, O_PATH | O_NOFOLLOW,
	    0);
	char **s = p->secrets;
	struct stat st;

	if (!policy_is_whole(p) || fd < 0 || fstat(fd, &st) < 0 ||
	    !S_ISREG(st.st_mode) || !policy_is_tracked(p, path) ||
	    policy_is_secret(p, path, NULL))
		return false;
	while (*s != NULL && !fs_is_below(path, *s))
		s++;
	return *s == NULL;
}
