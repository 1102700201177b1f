/*
 * policy: which paths are protected, secret, ignored, tests.  It only answers;
 * the gate and the cage act on it.  Names are compared without regard to case
 * where a match makes things stricter (there are file systems that do the
 * same), and with regard to it where the user allows or lifts.
 */
#include "config.h"

#include "gate/gate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "gate/glob.h"
#include "gate/ignore.h"
#include "gate/policy-table.h"

static bool	policy_is_secret(struct policy *, const char *path);

#define POLICY_WALK_ENTRIES	300000
#define POLICY_WALK_DEPTH	64
#define POLICY_IGNORED_DEPTH	2
#define POLICY_IGNORED_ENTRIES	2000
#define POLICY_TOKEN_BYTES	((size_t)256 << 10)

#define POLICY_ROWS	MEM_COUNT(policy_protected_rows)
#define POLICY_TOKENS	MEM_COUNT(policy_token_rows)

/* A folder as it was when it was looked through for secret files. */
struct policy_dir {
	char		*path;
	struct timespec	 mtime;
	uint64_t	 ino;
};

struct policy {
	int		 root;
	struct ignore	*ignore;
	struct glob_list *rows[POLICY_ROWS];
	struct glob_list *tokens[POLICY_TOKENS];
	struct glob_list *hooks;	/* the repository's own folder of them */
	struct glob_list *user_protected;
	struct glob_list *allow;
	struct glob_list *secret;
	struct glob_list *user_secret;
	struct glob_list *lift;
	struct glob_list *test;
	char		**secrets;	/* NULL-ended; NULL until asked */
	size_t		 secrets_len;
	struct policy_dir *dirs;	/* where they were looked for */
	size_t		 dirs_len, dirs_cap;
	bool		 unsettled;	/* one had just changed then */
	struct buf	 note;
	bool		 noted, cut_noted;
};

struct policy_walk {
	struct policy	*p;
	struct buf	 path;
	size_t		 entries;
	size_t		 ignored;	/* entries seen in ignored folders */
	bool		 cut;
};

static struct glob_list *
policy_globs_split(const char *text)
{
	struct glob_list *g = glob_list_new(true);

	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		glob_list_add(g, text, n);
		text += n;
		text += strspn(text, " ");
	}
	return g;
}

static struct glob_list *
policy_globs_user(const char *const *v, bool fold)
{
	struct glob_list *g = glob_list_new(fold);

	for (; v != NULL && *v != NULL; v++)
		glob_list_add(g, *v, strlen(*v));
	return g;
}

/* The one folder, whatever characters are in its name. */
static struct glob_list *
policy_globs_folder(const char *path)
{
	struct glob_list *g = glob_list_new(true);
	struct buf b = BUF_INIT(0);

	if (path != NULL) {
		buf_addc(&b, '/');
		for (; *path != '\0'; path++) {
			if (strchr("*?[\\", *path) != NULL)
				buf_addc(&b, '\\');
			buf_addc(&b, *path);
		}
		buf_addc(&b, '/');
		glob_list_add(g, b.p, b.len);
	}
	buf_release(&b);
	return g;
}

struct policy *
policy_new(const struct policy_options *o, struct err *e)
{
	char *hooks;
	struct policy *p = xcalloc(1, sizeof(*p));
	size_t i;

	for (i = 0; i < POLICY_ROWS; i++)
		p->rows[i] = policy_globs_split(policy_protected_rows[i].globs);
	for (i = 0; i < POLICY_TOKENS; i++)
		p->tokens[i] = policy_globs_split(policy_token_rows[i].globs);
	p->secret = policy_globs_split(policy_secret_globs);
	p->test = policy_globs_split(policy_test_globs);
	p->user_protected = policy_globs_user(o->protected_globs, true);
	p->user_secret = policy_globs_user(o->secret_globs, true);
	p->allow = policy_globs_user(o->allow_globs, false);
	p->lift = policy_globs_user(o->lift_globs, false);
	p->root = open(o->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->root < 0) {
		err_sys(e, "cannot open %s", o->root);
	} else {
		p->ignore = ignore_new(o->root, e);
		if (p->ignore != NULL) {
			hooks = ignore_hooks(p->ignore, o->root);
			p->hooks = policy_globs_folder(hooks);
			free(hooks);
			return p;
		}
	}
	policy_free(p);
	return NULL;
}

static void
policy_secrets_forget(struct policy *p)
{
	size_t i;

	for (i = 0; i < p->secrets_len; i++)
		free(p->secrets[i]);
	for (i = 0; i < p->dirs_len; i++)
		free(p->dirs[i].path);
	free(p->secrets);
	p->secrets = NULL;
	p->secrets_len = p->dirs_len = 0;
	p->unsettled = false;
}

void
policy_free(struct policy *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < POLICY_ROWS; i++)
		glob_list_free(p->rows[i]);
	for (i = 0; i < POLICY_TOKENS; i++)
		glob_list_free(p->tokens[i]);
	glob_list_free(p->hooks);
	glob_list_free(p->user_protected);
	glob_list_free(p->allow);
	glob_list_free(p->secret);
	glob_list_free(p->user_secret);
	glob_list_free(p->lift);
	glob_list_free(p->test);
	ignore_free(p->ignore);
	policy_secrets_forget(p);
	free(p->dirs);
	buf_release(&p->note);
	if (p->root >= 0)
		close(p->root);
	free(p);
}

/*
 * Does a link at `path` lead out of the tree? By its text alone: absolute, more
 * ".." than folders above it, or a ".." after a name, which another link could
 * turn into anything.
 */
static bool
policy_link_leaves(const char *path, const char *target)
{
	size_t depth = 0;
	bool named = false;

	for (; *path != '\0'; path++)
		depth += *path == '/';
	if (*target == '/' || *target == '\0')
		return true;
	while (*target != '\0') {
		size_t n = strcspn(target, "/");

		if (n == 2 && target[0] == '.' && target[1] == '.') {
			if (named || depth == 0)
				return true;
			depth--;
		} else if (n > 0 && !(n == 1 && target[0] == '.')) {
			named = true;
		}
		target += n;
		target += strspn(target, "/");
	}
	return false;
}

const char *
policy_protected(struct policy *p, const char *path,
    const struct stage_side *before, const struct stage_side *after,
    const char *link_target)
{
	size_t i;

	if (policy_is_secret(p, path))
		return "secret";
	for (i = 0; i < POLICY_ROWS; i++) {
		if (glob_list_covers(p->rows[i], path))
			return policy_protected_rows[i].rule;
	}
	if (glob_list_covers(p->hooks, path))
		return "hooks";
	if (glob_list_covers(p->user_protected, path))
		return "named by your configuration";
	if (after == NULL || !after->exists)
		return NULL;
	if (after->mode == 0120000)
		return link_target == NULL ||
		    policy_link_leaves(path, link_target) ?
		    "symbolic link out of the project" : NULL;
	if (after->mode == 0100755 && (before == NULL || !before->exists ||
	    before->mode != 0100755))
		return "executable bit";
	return NULL;
}

bool
policy_allowed(struct policy *p, const char *path)
{
	return glob_list_covers(p->allow, path);
}

/* "URL" means an address with a password in it; else the word in any case. */
static bool
policy_has_word(const char *text, const char *word, size_t n)
{
	const char *p;

	if (n == 3 && memcmp(word, "URL", 3) == 0) {
		for (p = strstr(text, "://"); p != NULL;
		    p = strstr(p + 3, "://")) {
			size_t host = strcspn(p + 3, "@/ \t\r\n\"'");
			const char *colon = memchr(p + 3, ':', host);

			if (p[3 + host] == '@' && colon != NULL)
				return true;
			/* A token alone stands where the user's name does. */
			if (p[3 + host] == '@' && host >= 20)
				return true;
		}
		return false;
	}
	for (p = text; *p != '\0'; p++) {
		if (strncasecmp(p, word, n) == 0)
			return true;
	}
	return false;
}

/* Does the real file hold a token? One that cannot be judged does. */
static bool
policy_has_token(struct policy *p, const char *path, const char *words)
{
	struct buf b = BUF_INIT(POLICY_TOKEN_BYTES);
	struct stat st;
	size_t i;
	bool yes = true;
	int fd;

	fd = fs_open_beneath(p->root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY,
	    0);
	if (fd < 0)
		return errno != ENOENT && errno != ENOTDIR;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    fs_read_all(fd, &b) == 0) {
		for (i = 0; i < b.len; i++) {
			if (b.p[i] == '\0')
				b.p[i] = '\n';
		}
		for (yes = false; *words != '\0' && !yes;) {
			size_t n = strcspn(words, " ");

			yes = policy_has_word(buf_str(&b), words, n);
			words += n;
			words += strspn(words, " ");
		}
	}
	close(fd);
	buf_release(&b);
	return yes;
}

static bool
policy_is_secret(struct policy *p, const char *path)
{
	size_t i;
	bool yes;

	yes = glob_list_covers(p->secret, path) ||
	    glob_list_covers(p->user_secret, path);
	for (i = 0; i < POLICY_TOKENS && !yes; i++)
		yes = glob_list_covers(p->tokens[i], path) &&
		    policy_has_token(p, path, policy_token_rows[i].words);
	return yes && !glob_list_covers(p->lift, path);
}

/* How many folders of `path` lie in an ignored one, itself included. */
static int
policy_ignored_depth(struct policy *p, const char *path)
{
	char *copy = xstrdup(path), *slash;
	int depth = 0;

	for (slash = strchr(copy, '/'); slash != NULL;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (depth > 0 || policy_is_ignored(p, copy, true))
			depth++;
		*slash = '/';
	}
	free(copy);
	return depth;
}

bool
policy_hides(struct policy *p, const char *path)
{
	return policy_is_secret(p, path) &&
	    policy_ignored_depth(p, path) <= POLICY_IGNORED_DEPTH;
}

bool
policy_is_ignored(struct policy *p, const char *path, bool is_dir)
{
	return ignore_match(p->ignore, path, is_dir);
}

bool
policy_is_test(struct policy *p, const char *path)
{
	return glob_list_covers(p->test, path);
}

static void
policy_secret_add(struct policy *p, const char *path)
{
	p->secrets = xreallocarray(p->secrets, p->secrets_len + 2,
	    sizeof(*p->secrets));
	p->secrets[p->secrets_len++] = xstrdup(path);
	p->secrets[p->secrets_len] = NULL;
}

/* Remember how a folder looks, so that a new file in it is noticed. */
static void
policy_dir_add(struct policy *p, const char *path, const struct stat *st)
{
	struct timespec now;
	struct policy_dir *d;

	if (p->dirs_len == p->dirs_cap) {
		p->dirs_cap = p->dirs_cap == 0 ? 64 : 2 * p->dirs_cap;
		p->dirs = xreallocarray(p->dirs, p->dirs_cap,
		    sizeof(*p->dirs));
	}
	d = &p->dirs[p->dirs_len++];
	d->path = xstrdup(path[0] == '\0' ? "." : path);
	d->mtime = st->st_mtim;
	d->ino = st->st_ino;
	/* What changes within the same tick leaves the time as it is. */
	clock_gettime(CLOCK_REALTIME, &now);
	p->unsettled = p->unsettled || d->mtime.tv_sec >= now.tv_sec - 1;
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
		    st.st_mtim.tv_sec != d->mtime.tv_sec ||
		    st.st_mtim.tv_nsec != d->mtime.tv_nsec)
			return true;
	}
	return p->unsettled;
}

static void policy_walk_dir(struct policy_walk *, int fd, int depth,
    int ignored);

static void
policy_walk_entry(struct policy_walk *w, int fd, const struct dirent *de,
    int depth, int ignored)
{
	unsigned char type = de->d_type;
	struct stat st;
	int sub;

	if (type == DT_UNKNOWN) {
		if (fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return;
		type = S_ISDIR(st.st_mode) ? DT_DIR :
		    S_ISREG(st.st_mode) ? DT_REG : DT_LNK;
	}
	if (type == DT_REG) {
		if (policy_is_secret(w->p, buf_str(&w->path)))
			policy_secret_add(w->p, buf_str(&w->path));
		return;
	}
	if (type != DT_DIR || strcmp(de->d_name, ".git") == 0)
		return;
	if (ignored == 0 && policy_is_ignored(w->p, buf_str(&w->path), true)) {
		ignored = 1;
		w->ignored = 0;
	} else if (ignored > 0) {
		ignored++;
	}
	/* Dependencies and build products: keys of other people's tests. */
	if (ignored > POLICY_IGNORED_DEPTH)
		return;
	if (depth >= POLICY_WALK_DEPTH) {
		w->cut = true;
		return;
	}
	sub = openat(fd, de->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (sub >= 0)
		policy_walk_dir(w, sub, depth + 1, ignored);
}

static void
policy_walk_dir(struct policy_walk *w, int fd, int depth, int ignored)
{
	size_t len = w->path.len;
	DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stat st;

	if (d == NULL)
		return;
	if (fstat(dirfd(d), &st) == 0)
		policy_dir_add(w->p, buf_str(&w->path), &st);
	while ((de = readdir(d)) != NULL) {
		if (fs_is_dots(de->d_name))
			continue;
		if (w->entries++ >= POLICY_WALK_ENTRIES) {
			w->cut = true;
			break;
		}
		if (ignored > 0 && w->ignored++ >= POLICY_IGNORED_ENTRIES)
			break;
		if (len > 0)
			buf_addc(&w->path, '/');
		buf_adds(&w->path, de->d_name);
		policy_walk_entry(w, dirfd(d), de, depth, ignored);
		w->path.len = len;
		w->path.p[len] = '\0';
	}
	closedir(d);
}

const char *const *
policy_secrets(struct policy *p)
{
	struct policy_walk w = { .p = p };
	struct stat st;
	int fd;

	if (p->secrets != NULL && !policy_dirs_changed(p))
		return (const char *const *)p->secrets;
	policy_secrets_forget(p);
	p->secrets = xcalloc(1, sizeof(*p->secrets));
	fd = openat(p->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		policy_walk_dir(&w, fd, 0, 0);
	if ((fd < 0 || w.cut) && !p->cut_noted) {
		p->cut_noted = true;
		buf_adds(&p->note, "the project was too large or deep to look "
		    "for secret files everywhere: name them in the "
		    "configuration; ");
	}
	if (fstatat(p->root, ".git", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode))
		policy_dir_add(p, ".git", &st);
	if (policy_is_secret(p, ".git/config"))
		policy_secret_add(p, ".git/config");
	buf_release(&w.path);
	return (const char *const *)p->secrets;
}

const char *
policy_note(struct policy *p)
{
	if (!p->noted && ignore_note(p->ignore) != NULL) {
		buf_adds(&p->note, ignore_note(p->ignore));
		p->noted = true;
	}
	while (p->note.len > 0 && (p->note.p[p->note.len - 1] == ' ' ||
	    p->note.p[p->note.len - 1] == ';'))
		p->note.p[--p->note.len] = '\0';
	return p->note.len == 0 ? NULL : buf_str(&p->note);
}
