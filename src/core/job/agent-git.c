/*
 * The agent's copy of .git. What is copied is the user's, and may be hostile: only
 * regular files are read, and no link is followed. Later the folder is the
 * agent's: it is only emptied and written, beneath its descriptor, and never
 * read.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "core/job/agent-int.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "gate/stage.h"
#include "sandbox/mount-plan.h"
#include "sandbox/sandbox.h"

#define AGENT_GIT_FILE	((size_t)64 << 20)	/* of one that is read */
#define AGENT_GIT_DEPTH	16
#define AGENT_GIT_REFS	200000

/* The user's repository: of this work tree, and what all of its work trees
 * have. */
struct agent_repository {
	char	*own, *common;
	int	 own_fd, common_fd;
};

static void
agent_repository_release(struct agent_repository *r)
{
	FREE_ALL(r->own, r->common);
	fs_close(r->own_fd);
	fs_close(r->common_fd);
}

/* False: there is none, or not one that is known. */
static bool
agent_repository_open(struct agent_repository *r, const char *root)
{
	AUTO_FREE char *path = fs_join(root, ".git");
	struct stat st;

	*r = (struct agent_repository){ .own_fd = -1, .common_fd = -1 };
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		r->own = xstrdup(path);
		r->common = xstrdup(path);
	} else
		r->common = gitlink_find(root, &r->own);
	if (r->common == NULL)
		return false;
	r->own_fd = open(r->own, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	r->common_fd = open(r->common, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	return r->own_fd >= 0 && r->common_fd >= 0;
}

/* ---- HEAD ---- */

static int
agent_git_read(int dirfd, const char *name, struct buf *b)
{
	AUTO_CLOSE int fd = fs_open_regular(dirfd, name);

	return fd < 0 ? -1 : fs_read_all(fd, b);
}

/* The commit that a text names at its beginning; malloc'ed, or NULL. */
static char *
agent_git_id(const char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return (n == 40 || n == 64) && (text[n] == '\0' ||
	    isspace((unsigned char)text[n])) ? xmemdup(text, n) : NULL;
}

/* The commit of a ref that is a file, or in packed-refs; malloc'ed, "": there is
 * none. */
static char *
agent_git_ref(const struct agent_repository *r, const char *ref)
{
	AUTO_BUF struct buf b = BUF_INIT(AGENT_GIT_FILE);
	AUTO_FREE char *mark = xasprintf(" %s\n", ref);
	const char *at;
	char *id = NULL;

	if (agent_git_read(r->common_fd, ref, &b) == 0)
		id = agent_git_id(buf_str(&b));
	buf_clear(&b);
	if (id == NULL && agent_git_read(r->common_fd, "packed-refs", &b) == 0 &&
	    (at = strstr(buf_str(&b), mark)) != NULL) {
		while (at > buf_str(&b) && at[-1] != '\n')
			at--;
		id = agent_git_id(at);
	}
	return id != NULL ? id : xstrdup("");
}

/* The commit that is checked out, "" for a branch without one, and in *head what
 * HEAD says; malloc'ed. NULL: unknown. */
static char *
agent_git_head(const struct agent_repository *r, char **head)
{
	AUTO_BUF struct buf b = BUF_INIT(4096);

	if (agent_git_read(r->own_fd, "HEAD", &b) < 0)
		return NULL;
	while (b.len > 0 && isspace((unsigned char)b.p[b.len - 1]))
		b.p[--b.len] = '\0';
	*head = xstrdup(buf_str(&b));
	return strncmp(*head, "ref: refs/", 10) == 0 ?
	    agent_git_ref(r, *head + 5) : agent_git_id(*head);
}

/* ---- copying ---- */

struct agent_git_copy {
	int		 left;		/* entries */
	struct err	*e;
};

static int
agent_git_mkdir(int to, const char *name)
{
	int fd = mkdirat(to, name, 0755) < 0 && errno != EEXIST ? -1 :
	    fs_open_beneath(to, name, O_RDONLY | O_DIRECTORY, 0);

	if (fd >= 0)
		fs_chown_like(to, fd);
	return fd;
}

static int
agent_git_write(int to, const char *name, const struct buf *b)
{
	AUTO_CLOSE int fd = openat(to, name, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return -1;
	fs_chown_like(to, fd);
	return fs_write_all(fd, buf_str(b), b->len);
}

/* A regular file; what is missing, or something else, isn't copied. */
static int
agent_git_file(int from, int to, const char *name, struct err *e)
{
	AUTO_CLOSE int there = fs_open_regular(from, name), fd = -1;

	if (there < 0)
		return 0;
	if (fs_copy_file(from, to, name, e) < 0)
		return -1;
	if ((fd = fs_open_beneath(to, name, O_PATH, 0)) >= 0)
		fs_chown_like(to, fd);
	return 0;
}

static int
agent_git_tree(struct agent_git_copy *c, int from, int to, const char *name,
    int depth)
{
	AUTO_DIR DIR *d = fs_dir_take(fs_open_beneath(from, name, O_RDONLY |
	    O_DIRECTORY, 0));
	AUTO_CLOSE int sub = -1;
	struct dirent *de;
	int rc = 0;

	if (d == NULL)
		return 0;
	if ((sub = agent_git_mkdir(to, name)) < 0)
		return err_sys(c->e, "cannot make %s", name);
	while (rc == 0 && (de = fs_dir_next(&d)) != NULL) {
		if (c->left-- <= 0 || depth == AGENT_GIT_DEPTH)
			return err_set(c->e, "it has too many refs");
		if (de->d_type != DT_REG)
			rc = agent_git_tree(c, dirfd(d), sub, de->d_name,
			    depth + 1);
		if (rc == 0 && de->d_type != DT_DIR)
			rc = agent_git_file(dirfd(d), sub, de->d_name, c->e);
	}
	return rc;
}

/* git needs a name for commits, and what must not be as the user has it: the
 * first counts less than the repository's, the last more. */
static int
agent_git_config(const struct core *c, int from, int to, const char *name,
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(AGENT_GIT_FILE), out = BUF_INIT(0);
	const char *p;

	if (agent_git_read(from, name, &b) < 0)
		return 0;
	buf_addf(&out, "[user]\n\tname = %s\n\temail = %s@localhost\n",
	    agent_name(c), agent_name(c));
	(void)git_redact_text(&out, buf_str(&b), b.len);
	buf_adds(&out, "\n[core]\n\tbare = false\n\tworktree = \"");
	for (p = c->root; *p != '\0'; p++)
		buf_addf(&out, *p == '\n' ? "\\n" : strchr("\\\"", *p) != NULL ?
		    "\\%c" : "%c", *p);
	buf_adds(&out, "\"\n\tcheckStat = minimal\n\ttrustctime = false\n"
	    "[commit]\n\tgpgSign = false\n[tag]\n\tgpgSign = false\n"
	    "[gc]\n\tauto = 0\n");
	return agent_git_write(to, name, &out) < 0 ?
	    err_sys(e, "cannot write %s", name) : 0;
}

/* Without the files that are hidden, so that they aren't called deleted; a split
 * one is copied with all of its parts. */
static int
agent_git_index(struct core *c, int from, int to, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(AGENT_GIT_FILE);
	AUTO_FREE char *path = ignore_index_hide(c->policy->ignore,
	    policy_secrets(c->policy), &b);
	DIR *d = path != NULL ? NULL : fs_dir_take(fcntl(from,
	    F_DUPFD_CLOEXEC, 3));
	struct dirent *de;
	int rc = 0;

	if (path != NULL)
		return agent_git_write(to, "index", &b) < 0 ?
		    err_sys(e, "cannot write its index") : 0;
	while ((de = fs_dir_next(&d)) != NULL)
		if (rc == 0 && (strcmp(de->d_name, "index") == 0 ||
		    strncmp(de->d_name, "sharedindex.", 12) == 0))
			rc = agent_git_file(from, to, de->d_name, e);
	return rc;
}

/* Refs first: one that is packed meanwhile is in the other file. */
static int
agent_git_fill(struct core *c, const struct agent_repository *r, int to,
    struct err *e)
{
	static const char *const files[] = { "packed-refs", "shallow" };
	static const char *const trees[] = { "refs", "reftable", "info" };
	AUTO_BUF struct buf objects = BUF_INIT(0);
	struct agent_git_copy copy = { AGENT_GIT_REFS, e };
	AUTO_CLOSE int sub = agent_git_mkdir(to, "objects"), at = -1;
	size_t i;

	buf_adds(&objects, SANDBOX_GIT_OBJECTS "\n");
	for (i = 0; i < MEM_COUNT(trees); i++)
		if (agent_git_tree(&copy, r->common_fd, to, trees[i], 0) < 0)
			return -1;
	if (agent_git_file(r->own_fd, to, "HEAD", e) < 0)
		return -1;
	for (i = 0; i < MEM_COUNT(files); i++)
		if (agent_git_file(r->common_fd, to, files[i], e) < 0)
			return -1;
	if (sub < 0 || (at = agent_git_mkdir(sub, "info")) < 0 ||
	    agent_git_write(at, "alternates", &objects) < 0)
		return err_sys(e, "cannot write it");
	return agent_git_config(c, r->common_fd, to, "config", e) < 0 ||
	    agent_git_config(c, r->own_fd, to, "config.worktree", e) < 0 ||
	    agent_git_index(c, r->own_fd, to, e) < 0 ? -1 : 0;
}

/* ---- the copy ---- */

void
agent_git_release(struct agent_git *g)
{
	FREE_ALL(g->dir, g->objects, g->head, g->old);
	*g = (struct agent_git){ 0 };
}

/* The folder, empty: the one that a sandbox shows, if it is there. */
static int
agent_git_empty(const struct stage *st, struct err *e)
{
	int made = mkdirat(st->dir_fd, AGENT_GIT_DIR, 0700);
	/* The agent may have closed it; what it is in isn't the agent's. */
	int fd = made < 0 && fchmodat(st->dir_fd, AGENT_GIT_DIR, 0700, 0) < 0 ?
	    -1 : agent_git_mkdir(st->dir_fd, AGENT_GIT_DIR);
	AUTO_DIR DIR *d = fd < 0 ? NULL : fs_dir_take(fcntl(fd,
	    F_DUPFD_CLOEXEC, 3));
	struct dirent *de;

	if (fd < 0)
		return err_sys(e, "cannot make its folder");
	/* Root's calls run as the project's owner. */
	fs_chown_like(st->root_fd, fd);
	while ((de = fs_dir_next(&d)) != NULL)
		if (fs_remove_tree(fd, de->d_name, e) < 0) {
			close(fd);
			return -1;
		}
	return fd;
}

int
agent_git_make(struct core *c, struct agent_git *g, const struct stage *st,
    struct err *e)
{
	AUTO(agent_repository_release) struct agent_repository r;
	AUTO_FREE char *head = NULL, *old = NULL;
	AUTO_FREE char *dir = fs_join(st->dir, AGENT_GIT_DIR);
	AUTO_CLOSE int fd = -1;
	struct stat sb;

	if (!agent_repository_open(&r, c->root) ||
	    (old = agent_git_head(&r, &head)) == NULL) {
		agent_git_release(g);
		return 0;
	}
	if (g->dir != NULL && strcmp(g->dir, dir) == 0 &&
	    fstatat(st->dir_fd, AGENT_GIT_DIR, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    strcmp(g->head, head) == 0 && strcmp(g->old, old) == 0)
		return 0;
	agent_git_release(g);
	if ((fd = agent_git_empty(st, e)) < 0 ||
	    agent_git_fill(c, &r, fd, e) < 0)
		return -1;
	xstrset(&g->dir, dir);
	xstrset(&g->head, head);
	xstrset(&g->old, old);
	g->objects = fs_join(r.common, "objects");
	return 0;
}
