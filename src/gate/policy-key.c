/*
 * policy-key: small files that begin with a private key are secret, whatever
 * their name. Each file is checked once, and again when it changes: before each
 * call we look for changes, in turn if there are many files. Files that git
 * tracks under the name of a program or text are exempt, because git's history
 * has them anyway and there may be many.
 */
#include "config.h"

#include "gate/policy-int.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/keytext.h"
#include "base/mem.h"

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

/* Within this call's limit; -1 if more would have to be read. */
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
	/* Without stable inode numbers another file may have this one. */
	if (known->ino != 0 && known->size == st.st_size &&
	    known->ctime.tv_sec == st.st_ctim.tv_sec &&
	    known->ctime.tv_nsec == st.st_ctim.tv_nsec)
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

bool
policy_holds_key(struct policy *p, int dir, const char *name, const char *path)
{
	return policy_key_can_be(p, path) && policy_key_look(p, dir, name) > 0;
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

bool
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

void
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

