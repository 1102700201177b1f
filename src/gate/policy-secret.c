/*
 * policy-secret: which files of the project are secret, by name or by a token
 * or private key in them. Found by a limited walk that is repeated when a
 * folder has changed; what couldn't be checked counts as secret.
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

struct policy_walk;

static void	policy_secret_add(struct policy *, const char *path);
static void	policy_secret_remove(struct policy *, const char *path);
static void	policy_walk_dir(struct policy_walk *, int fd, int depth,
    int ignored);

/* A file whose contents were checked. */
struct policy_look {
	uint64_t	 ino, dev;	/* ino 0: unused entry */
	int64_t		 size;
	struct timespec	 ctime;
	bool		 key;
};

#define POLICY_KEY_MIN	40	/* bytes; no key is shorter */
#define POLICY_WATCH	8000	/* files to check again before a call */

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

/* What we can't read, a command can't read either. */
static bool
policy_look(int dir, const char *name)
{
	AUTO_BUF struct buf b = BUF_INIT(KEYTEXT_FILE);
	enum keytext what = KEYTEXT_NO;
	char head[KEYTEXT_HEAD];
	AUTO_CLOSE int fd = fs_open_regular(dir, name);
	ssize_t n = fd < 0 ? -1 : fs_read(fd, head, sizeof(head));

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

/* Is it a small file that begins with a private key? `name` is relative to the
 * folder `dir`. Within this call's limit; -1 if more would have to be read. */
static int
policy_key_look(struct policy *p, int dir, const char *name)
{
	struct policy_look *known;
	struct timespec now;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode) || st.st_size < POLICY_KEY_MIN ||
	    st.st_size > (off_t)KEYTEXT_FILE)
		return false;
	policy_look_grow(p);
	known = policy_look_find(p, &st);
	/* If inode numbers aren't stable, another file may have this one. */
	if (known->ino != 0 && known->size == st.st_size &&
	    time_equal(&known->ctime, &st.st_ctim))
		return known->key;
	if (p->looks_left == 0)
		return -1;
	p->looks_left--;
	/* What changes within the same tick leaves the time as it is. */
	clock_gettime(CLOCK_REALTIME, &now);
	if (st.st_ctim.tv_sec >= now.tv_sec - 1)
		return policy_look(dir, name);
	p->looks_len += known->ino == 0;
	*known = (struct policy_look){
		.ino = st.st_ino, .dev = st.st_dev, .size = st.st_size,
		.ctime = st.st_ctim,
		.key = policy_look(dir, name),
	};
	return known->key;
}

/*
 * `watched` has a byte for each file, 'k' if it was a key, '-' if not and '?'
 * if it hasn't been checked, followed by its path and a NUL.
 */

static char
policy_key_mark(int is)
{
	return is < 0 ? '?' : is > 0 ? 'k' : '-';
}

/* The same for a file that policy_keys_again checks before each call, because
 * it can become a key, or cease to be one, without a trace in its folder. */
static bool
policy_key_watch(struct policy *p, int dir, const char *name, const char *path)
{
	int is;

	if (!policy_key_can_be(p, path))
		return false;
	is = policy_key_look(p, dir, name);
	/* The next call continues where this one had to stop. */
	if (is < 0 && p->watched_next == 0)
		p->watched_next = p->watched.len;
	buf_addc(&p->watched, policy_key_mark(is));
	buf_add(&p->watched, path, strlen(path) + 1);
	p->watched_len++;
	p->unlooked += is < 0;
	return is > 0;
}

/* Update the list of secrets for those files: in turn, if there are too many
 * for one call. */
static void
policy_keys_again(struct policy *p)
{
	size_t left, again = POLICY_WATCH;

	for (left = p->watched_len; left > 0; left--) {
		char *was = p->watched.p + p->watched_next, *path = was + 1;
		int is;

		/* First-time checks have a limit of their own. */
		if (*was != '?' && again-- == 0)
			return;
		is = policy_key_look(p, p->root, path);
		if (is < 0)
			return;
		if (is > 0 && *was != 'k')
			policy_secret_add(p, path);
		else if (is == 0 && *was == 'k')
			policy_secret_remove(p, path);
		p->unlooked -= *was == '?';
		*was = policy_key_mark(is);
		p->watched_next += strlen(path) + 2;
		if (p->watched_next == p->watched.len)
			p->watched_next = 0;
	}
}

#define POLICY_WALK_ENTRIES	1000000
#define POLICY_CUT_NAMES	5
#define POLICY_WALK_DEPTH	64
#define POLICY_IGNORED_DEPTH	2
#define POLICY_IGNORED_ENTRIES	2000
#define POLICY_GITS		256
#define POLICY_LOOKS		50000
#define POLICY_TOKEN_BYTES	((size_t)256 << 10)

struct policy_walk {
	struct policy	*p;
	struct buf	 path;
	size_t		 entries;
	size_t		 ignored;	/* entries visited in ignored folders */
	size_t		 cut;		/* folders not searched: hidden */
	struct buf	 cut_names;
};

void
policy_secrets_forget(struct policy *p)
{
	size_t i;

	for (i = 0; i < p->dirs_len; i++)
		free(p->dirs[i].path);
	xfree_list(p->secrets, p->secrets_len);
	xfree_list(p->gits, p->gits_len);
	xfree_list(p->linked, p->linked_len);
	p->secrets = p->gits = p->linked = NULL;
	p->secrets_len = p->gits_len = p->linked_len = p->dirs_len = 0;
	p->unsettled = false;
	buf_clear(&p->watched);
	p->unlooked = 0;
	p->watched_len = p->watched_next = 0;
}

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

static bool
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
	p->looks_left = 1;
	return policy_is_told(p, path) ||
	    (plain != NULL && policy_is_named(p, plain)) ||
	    (policy_key_can_be(p, path) && policy_key_look(p, p->root, path) >
	    0 && !policy_lifts(p, path));
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

bool
policy_hides(struct policy *p, const char *path)
{
	size_t i;

	if (policy_is_secret(p, path, NULL) &&
	    policy_ignored_depth(p, path) <= POLICY_IGNORED_DEPTH)
		return true;
	if (p->secrets == NULL)
		(void)policy_secrets(p);
	for (i = 0; i < p->linked_len; i++)
		if (fs_is_below(path, p->linked[i]))
			return true;
	return false;
}

static void
policy_add(char ***v, size_t *len, const char *path)
{
	GROW_BY(*v, *len, 2);	/* with the NULL */
	(*v)[(*len)++] = xstrdup(path);
	(*v)[*len] = NULL;
}

static void
policy_secret_add(struct policy *p, const char *path)
{
	policy_add(&p->secrets, &p->secrets_len, path);
}

static void
policy_secret_remove(struct policy *p, const char *path)
{
	size_t i, n = 0;

	if (policy_is_told(p, path))
		return;
	for (i = 0; i < p->secrets_len; i++)
		if (strcmp(p->secrets[i], path) == 0)
			free(p->secrets[i]);
		else
			p->secrets[n++] = p->secrets[i];
	p->secrets_len = n;
	p->secrets[n] = NULL;
}

static const struct timespec *
policy_time(const struct stat *st)
{
	return S_ISDIR(st->st_mode) ? &st->st_mtim : &st->st_ctim;
}

/* Remember a folder's state, to notice new files in it. */
static void
policy_dir_add(struct policy *p, const char *path, const struct stat *st)
{
	struct timespec now;
	struct policy_dir *d;

	GROW(p->dirs, p->dirs_len);
	d = &p->dirs[p->dirs_len++];
	d->path = xstrdup(path[0] == '\0' ? "." : path);
	d->time = *policy_time(st);
	d->ino = st->st_ino;
	/* A change within the same tick doesn't change the time. */
	clock_gettime(CLOCK_REALTIME, &now);
	p->unsettled = p->unsettled || d->time.tv_sec >= now.tv_sec - 1;
}

static bool
policy_dirs_changed(const struct policy *p)
{
	struct stat st;
	size_t i;

	for (i = 0; i < p->dirs_len; i++) {
		const struct policy_dir *d = &p->dirs[i];

		if (fstatat(p->root, d->path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    st.st_ino != d->ino ||
		    !time_equal(policy_time(&st), &d->time))
			return true;
	}
	return p->unsettled;
}

/* For a link with a secret's name, its target in the project is secret too,
 * unless git has it anyway. */
static void
policy_walk_link(struct policy_walk *w)
{
	struct policy *p = w->p;
	const char *path = buf_str(&w->path), *below;
	AUTO_FREE char *full = NULL, *real = NULL;

	if (p->root_path == NULL || !policy_is_named(p, path))
		return;
	full = fs_join(p->root_path, path);
	real = fs_realpath(full);
	if (real != NULL && fs_is_below(real, p->root_path) &&
	    strlen(real) > strlen(p->root_path) + 1) {
		below = real + strlen(p->root_path) + 1;
		if (!policy_is_tracked(p, below) &&
		    !policy_lifts(p, below)) {
			policy_add(&p->secrets, &p->secrets_len, below);
			policy_add(&p->linked, &p->linked_len, below);
		}
	}
}

/* A regular file. */
static void
policy_walk_file(struct policy_walk *w, int fd, const char *name)
{
	struct policy *p = w->p;
	const char *path = buf_str(&w->path);
	const bool may = policy_may_hold(p, path);
	struct stat st;

	if (policy_lifts(p, path))
		return;
	/* Before reading it, so that later changes are noticed. */
	if (may && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		policy_dir_add(p, path, &st);
	if (policy_is_named(p, path) || policy_key_watch(p, fd, name, path) ||
	    (may && policy_is_told(p, path)))
		policy_secret_add(p, path);
}

static void
policy_walk_entry(struct policy_walk *w, int fd, const struct dirent *de,
    int depth, int ignored)
{
	unsigned char type = de->d_type;
	const bool git = strcmp(de->d_name, ".git") == 0;
	struct stat st;

	if (type == DT_UNKNOWN) {
		if (fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return;
		type = S_ISDIR(st.st_mode) ? DT_DIR :
		    S_ISREG(st.st_mode) ? DT_REG : DT_LNK;
	}
	/* The project's own is protected anyway. If there are too many to read,
	 * hide them. */
	if ((git ? depth > 0 : dotgit_in_path(de->d_name)) &&
	    type != DT_LNK) {
		if (w->p->gits_len < POLICY_GITS)
			policy_add(&w->p->gits, &w->p->gits_len,
			    buf_str(&w->path));
		else
			policy_add(&w->p->secrets, &w->p->secrets_len,
			    buf_str(&w->path));
	}
	if (type == DT_REG)
		policy_walk_file(w, fd, de->d_name);
	else if (type == DT_LNK && !git)
		policy_walk_link(w);
	if (type != DT_DIR || git)
		return;
	if (ignored == 0)
		w->ignored = 0;
	if (ignored > 0 || ignore_match(w->p->ignore, buf_str(&w->path), true))
		ignored++;
	/* Dependencies and what was built contain other people's test keys. */
	if (ignored > POLICY_IGNORED_DEPTH)
		return;
	if (depth >= POLICY_WALK_DEPTH || w->entries >= POLICY_WALK_ENTRIES) {
		/* What wasn't searched may contain a secret: hide all of it, so
		 * that padding can't expose one. */
		policy_add(&w->p->secrets, &w->p->secrets_len,
		    buf_str(&w->path));
		if (w->cut++ < POLICY_CUT_NAMES)
			buf_addf(&w->cut_names, "%s%s", w->cut == 1 ? "" : ", ",
			    buf_str(&w->path));
		return;
	}
	policy_walk_dir(w, openat(fd, de->d_name, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC), depth + 1, ignored);
}

static void
policy_walk_dir(struct policy_walk *w, int fd, int depth, int ignored)
{
	size_t len = w->path.len;
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stat st;

	if (d == NULL)
		return;
	if (fstat(dirfd(d), &st) == 0)
		policy_dir_add(w->p, buf_str(&w->path), &st);
	while ((de = fs_dir_next(&d)) != NULL) {
		w->entries++;
		if (ignored > 0 && w->ignored++ >= POLICY_IGNORED_ENTRIES)
			break;
		if (len > 0)
			buf_addc(&w->path, '/');
		buf_adds(&w->path, de->d_name);
		policy_walk_entry(w, dirfd(d), de, depth, ignored);
		buf_cut(&w->path, len);
	}
}

const char *const *
policy_secrets(struct policy *p)
{
	struct policy_walk w = { .p = p };
	bool held = p->held;

	p->looks_left = POLICY_LOOKS;
	if (p->secrets != NULL && !policy_dirs_changed(p)) {
		policy_keys_again(p);
		return (const char *const *)p->secrets;
	}
	policy_secrets_forget(p);
	p->secrets = xcalloc(1, sizeof(*p->secrets));
	p->gits = xcalloc(1, sizeof(*p->gits));
	if (!held)
		policy_hold(p, true);
	policy_walk_dir(&w, openat(p->root, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC), 0, 0);
	if (!held)
		policy_hold(p, false);
	if (w.cut > 0 && !p->cut_noted) {
		p->cut_noted = true;
		buf_addf(&p->cut_note, "the project is too large or deep to "
		    "search everywhere for secret files: commands cannot see "
		    "%s%s; use --root DIR for a part of the project",
		    buf_str(&w.cut_names), w.cut > POLICY_CUT_NAMES ?
		    ", ..." : "");
	}
	if (p->unlooked > 0 && !p->many_noted) {
		p->many_noted = true;
		buf_addf(&p->cut_note, "%stoo many files to check all of them for "
		    "private keys: commands can read a file until it is "
		    "checked; list secret files in the setting secret",
		    p->cut_note.len > 0 ? "; " : "");
	}
	buf_release(&w.cut_names);
	buf_release(&w.path);
	return (const char *const *)p->secrets;
}

bool
policy_is_clear(struct policy *p, const char *path)
{
	/* A pipe that is opened to read wakes who waits to write to it. */
	AUTO_CLOSE int fd = fs_open_beneath(p->root, path, O_PATH | O_NOFOLLOW,
	    0);
	char **s = p->secrets;
	struct stat st;

	if (s == NULL || fd < 0 || fstat(fd, &st) < 0 ||
	    !S_ISREG(st.st_mode) || !policy_is_tracked(p, path) ||
	    policy_is_secret(p, path, NULL))
		return false;
	while (*s != NULL && !fs_is_below(path, *s))
		s++;
	return *s == NULL;
}
