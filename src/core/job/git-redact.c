/*
 * Works line by line and without a git library: at worst, an unusual file is
 * shown with too much replaced. A backslash at the end continues a line, as in
 * git.
 */
#include "config.h"

#include "core/job/program.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "gate/manifest.h"
#include "policy/mask.h"

#define GIT_REDACT_TEXT "masked-by-assent"

#define GIT_REDACT_MAX	((size_t)4 << 20)	/* limit on one file */
#define GIT_REDACT_FILES	4096		/* limit per repository */
#define GIT_REDACT_DEPTH	6			/* modules in modules */
#define GIT_REDACT_USER	20	/* a user name this long is a token */

static const char *const git_redact_keys[] = {
	"apikey", "api-key", "api_key", "auth", "bearer", "clientkey", "cookie",
	"extraheader", "jwt", "pass", "pwd", "secret", "token",
};

/* Replaced in the value of any key. */
static const char *const git_redact_values[] = {
	"authorization", "basic ", "bearer ", "key=", "password=", "secret=",
	"sshpass", "token=",
};

/* Parts of a repository without configuration. */
static const char *const git_redact_passed[] = {
	"COMMIT_EDITMSG", "HEAD", "MERGE_MSG", "ORIG_HEAD", "index",
	"packed-refs",
};

#define GIT_REDACT_SPLIT "sharedindex."	/* the rest of a split index */

/* Folders of files that may have addresses: git pull writes its words to the
 * reflogs. */
static const char *const git_redact_texts[] = { "branches", "logs", "remotes" };

/* Keys of git-annex's remotes, and of git-crypt: as a whole. */
static const char *const git_redact_keyrings[] = {
	"annex/creds", "git-crypt/keys",
};

/* Copy a line, replacing what comes before "@" in an address. */
static bool
git_redact_urls(struct buf *out, const char *line)
{
	const char *p;
	bool found = false;

	while ((p = strstr(line, "://")) != NULL) {
		size_t host = strcspn(p + 3, "@/ \t\r\n\"'");
		bool user = p[3 + host] == '@';

		buf_add(out, line, (size_t)(p + 3 - line));
		line = p + 3;
		if (user && (memchr(line, ':', host) != NULL ||
		    host >= GIT_REDACT_USER)) {
			buf_adds(out, GIT_REDACT_TEXT);
			line += host;
			found = true;
		}
	}
	buf_adds(out, line);
	return found;
}

/* The text after a section's name, which may be a key already. */
static char *
git_redact_section(char *p)
{
	bool quoted = false;

	for (; *p != '\0' && (quoted || *p != ']'); p++) {
		if (quoted && *p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
	}
	return p;
}

/* One line with its continuation lines, NUL-terminated, with its line end. */
static bool
git_redact_line(struct buf *out, char *line)
{
	size_t blanks = strspn(line, " \t");
	char *eq = strchr(line[blanks] == '[' ?
	    git_redact_section(line + blanks) : line, '=');
	bool hide;

	if (eq == NULL)
		return git_redact_urls(out, line);
	*eq = '\0';
	hide = line[blanks] != '#' && line[blanks] != ';' &&
	    MEM_HAS_ANY(git_redact_keys, line);
	hide = hide || MEM_HAS_ANY(git_redact_values, eq + 1) ||
	    /* The lines may be parts of one address. */
	    (strstr(eq + 1, "\\\n") != NULL && strstr(eq + 1, "://") != NULL);
	if (hide) {
		buf_addf(out, "%s= %s\n", line, GIT_REDACT_TEXT);
		return true;
	}
	*eq = '=';
	return git_redact_urls(out, line);
}

bool
git_redact_text(struct buf *out, const char *p, size_t n)
{
	AUTO_BUF struct buf first = BUF_INIT(0);
	size_t i = 0, len, before;
	bool found = false;

	while (i < n) {
		const char *end = NULL;
		AUTO_FREE char *line = NULL;

		for (len = 0; i + len < n; len = (size_t)(end + 1 - p) - i) {
			end = memchr(p + i + len, '\n', n - i - len);
			if (end == NULL) {
				len = n - i;
				break;
			}
			if (end == p || end[-1] != '\\') {
				len = (size_t)(end + 1 - p) - i;
				break;
			}
		}
		line = xmemdup(p + i, len);
		i += len;
		while (memchr(line, '\0', len) != NULL) {
			*(char *)memchr(line, '\0', len) = '?';
			found = true;
		}
		if (git_redact_line(&first, line))
			found = true;
	}
	before = out->len;
	mask_secrets(out, buf_str(&first), first.len, NULL);
	return found || out->len - before != first.len ||
	    (first.len > 0 && memcmp(out->p + before, first.p, first.len) !=
	    0);
}

/* What was looked at: for each a stage_id, with ino 0 if it wasn't there, its path
 * and a NUL. `st` may be NULL. */
static void
git_look_add(struct buf *looks, const char *path, const struct stat *st)
{
	struct stage_id id = { .ino = 0 };

	if (st != NULL)
		stage_id_make(&id, st);
	buf_add(looks, &id, sizeof(id));
	buf_add(looks, path, strlen(path) + 1);
}

bool
git_redact_holds(const struct buf *looks)
{
	const char *p = buf_str(looks), *end = p + looks->len, *path;
	struct stage_id then, id;
	struct stat st;
	bool is = true;

	for (; is && p < end; p = path + strlen(path) + 1) {
		path = p + sizeof(then);
		memcpy(&then, p, sizeof(then));
		is = stat(path, &st) < 0 ? then.ino == 0 :
		    (stage_id_make(&id, &st), stage_id_holds(&then, &id));
	}
	return is;
}

static void
git_redact_file(int dirfd, const char *dir, const char *name, bool texts,
    struct sandbox_cover **v, size_t *n)
{
	AUTO_BUF struct buf b = BUF_INIT(GIT_REDACT_MAX), out = BUF_INIT(0);
	struct stat st;
	AUTO_CLOSE int fd = openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool hide = false;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (fs_read_all(fd, &b) == 0) {
		hide = texts ? git_redact_urls(&out, buf_str(&b)) :
		    git_redact_text(&out, buf_str(&b), b.len);
	} else if (texts || strstr(name, "config") != NULL) {
		buf_adds(&out, "# too large to be looked through\n");
		hide = true;
	}
	if (hide) {
		size_t len = out.len;

		*GROW_ADD(*v, *n) = (struct sandbox_cover){
			fs_join(dir, name), buf_take(&out), len };
	}
}

static void
git_redact_keyring(const char *dir, const char *below, int *left,
    struct sandbox_cover **v, size_t *n, struct buf *looks)
{
	AUTO_FREE char *path = fs_join(dir, below);
	DIR *d = fs_opendir(path);
	struct dirent *de;
	struct stat st;

	git_look_add(looks, path, d != NULL && fstat(dirfd(d), &st) == 0 ?
	    &st : NULL);
	while ((de = fs_dir_next(&d)) != NULL) {
		if ((*left)-- <= 0 || fstatat(dirfd(d), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		*GROW_ADD(*v, *n) = (struct sandbox_cover){
			fs_join(path, de->d_name), xstrdup(""), 0 };
	}
}

/* A repository's own files, and those of its submodules and worktrees, whose
 * names may have slashes and so lie deeper; `texts`: all files. If they are logs,
 * of the refs in the folder `refs`, that is looked at in place of each: git locks
 * a ref there until its log is written. */
static void
git_redact_below(const char *dir, int depth, bool texts, const char *refs,
    int *left, struct sandbox_cover **v, size_t *n, struct buf *looks)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stat st;
	bool repository = d != NULL && !texts && (depth == 0 ||
	    faccessat(fd, "HEAD", F_OK, 0) == 0);
	size_t i;

	git_look_add(looks, dir, d != NULL && fstat(fd, &st) == 0 ? &st : NULL);
	for (i = 0; i < MEM_COUNT(git_redact_keyrings) && repository; i++)
		git_redact_keyring(dir, git_redact_keyrings[i], left, v, n,
		    looks);
	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *sub = fs_join(dir, de->d_name), *of = NULL;
		/* Of these there may be thousands. */
		int own = GIT_REDACT_FILES;
		bool text;

		if ((*left)-- <= 0 ||
		    fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode) && (texts || (repository &&
		    strncmp(de->d_name, GIT_REDACT_SPLIT,
		    strlen(GIT_REDACT_SPLIT)) != 0 &&
		    MEM_FIND(git_redact_passed, de->d_name) == NULL))) {
			if (refs == NULL)
				git_look_add(looks, sub, &st);
			git_redact_file(fd, dir, de->d_name, texts, v, n);
		}
		text = repository && MEM_FIND(git_redact_texts, de->d_name) !=
		    NULL;
		if (!S_ISDIR(st.st_mode) || depth >= GIT_REDACT_DEPTH ||
		    (repository && !text && strcmp(de->d_name, "modules") != 0 &&
		    strcmp(de->d_name, "worktrees") != 0))
			continue;
		if (refs != NULL) {
			of = fs_join(refs, de->d_name);
			git_look_add(looks, of, stat(of, &st) == 0 ? &st : NULL);
		} else if (text && strcmp(de->d_name, "logs") == 0)
			of = xstrdup(dir);
		git_redact_below(sub, depth + 1, texts || text, of, text ?
		    &own : left, v, n, looks);
	}
}

void
git_redact_add(const char *gitdir, struct sandbox_cover **v, size_t *n,
    struct buf *looks)
{
	int left = GIT_REDACT_FILES;

	git_redact_below(gitdir, 0, false, NULL, &left, v, n, looks);
}

void
git_redact_free(struct sandbox_cover *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		FREE_ALL(v[i].path, v[i].text);
	}
	free(v);
}
