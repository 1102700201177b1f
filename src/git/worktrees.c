#include "config.h"

#include "git/worktrees.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/glob.h"
#include "base/hash.h"
#include "base/mem.h"
#include "front/message.h"
#include "git/git-run.h"
#include "journal/session.h"

#define WORKTREES_BRANCH	"assent/"	/* before NAME */
#define WORKTREES_NAME_MAX	100
#define WORKTREES_NAMED		5	/* files in a message */

/* NAME-HASH: projects may have the same name. */
static char *
worktrees_name(const char *main)
{
	return xasprintf("%s-%08" PRIx32, strrchr(main, '/') + 1,
	    (uint32_t)hash_bytes(HASH_BEGIN, main, strlen(main)));
}

static char *
worktrees_folder(const char *main, struct err *e)
{
	AUTO_FREE char *data = data_dir("worktrees", e), *name = NULL;

	if (data == NULL)
		return NULL;
	name = worktrees_name(main);
	return fs_join(data, name);
}

/* The mark: it is being made or removed, or that was interrupted. */
static char *
worktrees_mark(const char *folder, const char *name)
{
	return xasprintf("%s/.%s", folder, name);
}

/* Was it being made or removed? */
static bool
worktrees_is_cut(const struct worktrees *l, const struct worktree *w)
{
	AUTO_FREE char *mark = worktrees_mark(l->folder, w->name);

	return access(mark, F_OK) == 0;
}

/* Is the worktree complete? Looks at files only, without running git, since
 * this is asked before each session. */
static bool
worktrees_is_whole(const char *folder, const char *name)
{
	static const char head[] = "gitdir: ";
	AUTO_FREE char *mark = worktrees_mark(folder, name);
	AUTO_FREE char *link = xasprintf("%s/%s/.git", folder, name);
	AUTO_FREE char *to = NULL;
	AUTO_BUF struct buf b = BUF_INIT(1 << 13);

	if (access(mark, F_OK) == 0 || fs_read_file(AT_FDCWD, link, &b, NULL) <
	    0 || strncmp(buf_str(&b), head, strlen(head)) != 0)
		return false;
	b.p[strcspn(b.p, "\n")] = '\0';
	to = fs_join(b.p + strlen(head), "HEAD");
	return access(to, F_OK) == 0;
}

static int
worktrees_check(const char *folder, const char *name, struct err *e)
{
	return worktrees_is_whole(folder, name) ? 0 : err_set(e, "worktree %s "
	    "is unfinished: if only its .git is gone, git worktree repair "
	    "restores it; else remove %s/%s, and git worktree prune ends it",
	    name, folder, name);
}

/* The name of the worktree that contains this project's root; malloc'ed, as
 * *folder is. */
static char *
worktrees_of_root(const char *root, char **folder)
{
	AUTO_FREE char *dir = data_dir("worktrees", NULL);
	AUTO_FREE char *top = dir == NULL ? NULL : fs_realpath(dir);
	AUTO_FREE char *in = top == NULL ? NULL : fs_inside(top, top, root);
	char *name = in == NULL ? NULL : strchr(in, '/');

	if (name == NULL)
		return NULL;
	*name++ = '\0';
	*folder = fs_join(top, in);
	return xmemdup(name, strcspn(name, "/"));
}

char *
worktrees_project(const char *root)
{
	AUTO_FREE char *folder = NULL;
	AUTO_FREE char *name = worktrees_of_root(root, &folder);

	return name == NULL ? worktrees_name(root) :
	    xstrdup(strrchr(folder, '/') + 1);
}

int
worktrees_check_root(const char *root, struct err *e)
{
	AUTO_FREE char *folder = NULL;
	AUTO_FREE char *name = worktrees_of_root(root, &folder);

	return name == NULL ? 0 : worktrees_check(folder, name, e);
}

static struct worktree *
worktrees_add(struct worktrees *l, const char *name)
{
	struct worktree *w;

	w = GROW_ADD(l->v, l->len);
	w->dir = fs_join(l->folder, name);
	w->name = xstrdup(name);
	w->is_unfinished = !worktrees_is_whole(l->folder, name);
	return w;
}

/* A line of `git worktree list --porcelain`, which begins with "worktree "
 * for each, the user's checkout first. */
static void
worktrees_line(struct worktrees *l, const char *line, bool *ours)
{
	static const char head[] = "worktree ", branch[] = "branch refs/heads/";
	const char *dir = line + strlen(head);

	if (strncmp(line, head, strlen(head)) == 0) {
		if (l->main == NULL) {
			l->main = xstrdup(dir);
			*ours = false;
			return;
		}
		*ours = l->folder != NULL && fs_is_below(dir, l->folder) &&
		    strlen(dir) > strlen(l->folder) &&
		    strchr(dir + strlen(l->folder) + 1, '/') == NULL;
		if (*ours)
			worktrees_add(l, dir + strlen(l->folder) +
			    1)->is_known = true;
	} else if (*ours && strncmp(line, branch, strlen(branch)) == 0)
		l->v[l->len - 1].branch = xstrdup(line + strlen(branch));
}

static const struct worktree *
worktrees_find(const struct worktrees *l, const char *name)
{
	return MEM_FIND_IN(l->v, l->len, name);
}

/* Add the folders of unfinished worktrees, which git doesn't list yet, or no
 * longer lists. */
static void
worktrees_add_unknown(struct worktrees *l)
{
	AUTO_DIR DIR *d = fs_opendir(l->folder);
	struct dirent *de;

	while ((de = fs_dir_next(&d)) != NULL) {
		const char *name = de->d_name + (de->d_name[0] == '.');

		if (worktrees_find(l, name) == NULL)
			worktrees_add(l, name)->is_unfinished = true;
	}
}

int
worktrees_list(struct worktrees *l, const char *dir, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(0);
	char *line, *rest = NULL;
	bool ours = false;
	size_t i;

	memset(l, 0, sizeof(*l));
	if (git_state_repository(dir, e) < 0 || git_run_in(dir, &out,
	    GIT_WORDS("worktree", "list", "--porcelain"), e) < 0)
		return -1;
	(void)buf_str(&out);
	for (line = strtok_r(out.p, "\n", &rest); line != NULL;
	    line = strtok_r(NULL, "\n", &rest)) {
		worktrees_line(l, line, &ours);
		if (l->folder == NULL && l->main != NULL &&
		    (l->folder = worktrees_folder(l->main, e)) == NULL)
			return -1;
	}
	if (l->main == NULL)
		return err_set(e, "git names no work tree of %s", dir);
	worktrees_add_unknown(l);
	/* An unfinished one may have been on its own. */
	for (i = 0; i < l->len; i++) {
		AUTO_FREE char *own = xasprintf(WORKTREES_BRANCH "%s",
		    l->v[i].name);

		if (l->v[i].branch == NULL && l->v[i].is_unfinished &&
		    git_state_has_branch(l->main, own))
			l->v[i].branch = xstrdup(own);
	}
	MEM_SORT(l->v, l->len);
	return 0;
}

/* Take the lock: no other process makes or removes a worktree until the caller
 * closes *lock. */
static int
worktrees_lock(struct worktrees *l, const char *dir, int *lock, struct err *e)
{
	*lock = -1;
	if (worktrees_list(l, dir, e) < 0 ||
	    fs_mkdirs(l->folder, 0700, e) < 0)
		return -1;
	*lock = open(l->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*lock < 0)
		return err_sys(e, "can't open %s", l->folder);
	if (flock(*lock, LOCK_EX | LOCK_NB) < 0) {
		cmd_say("waiting for another assent, which makes a worktree "
		    "of %s", l->main);
		(void)flock(*lock, LOCK_EX);
	}
	worktrees_release(l);
	return worktrees_list(l, dir, e);
}

void
worktrees_release(struct worktrees *l)
{
	size_t i;

	for (i = 0; i < l->len; i++)
		FREE_ALL(l->v[i].name, l->v[i].dir, l->v[i].branch);
	FREE_ALL(l->v, l->main, l->folder);
	memset(l, 0, sizeof(*l));
}

static bool
worktrees_name_ok(const char *name)
{
	size_t i, n = strlen(name);

	for (i = 0; i < n && (isalnum((unsigned char)name[i]) != 0 ||
	    (i > 0 && strchr("._-", name[i]) != NULL)); i++)
		;
	return n > 0 && n <= WORKTREES_NAME_MAX && i == n;
}

/* Check out its files, with a git that follows the configuration of this
 * worktree and its branch. */
static int
worktrees_checkout(const char *to, struct err *e)
{
	AUTO_BUF struct buf names = BUF_INIT(0), some = BUF_INIT(0);
	const char *at;
	size_t n = 0;

	if (git_run_in(to, NULL, GIT_WORDS("reset", "-q", "--hard"), e) < 0 ||
	    git_run_unfiltered(to, &names, e) < 0)
		return -1;
	/* Contents that git-lfs has here. */
	if (names.len > 0 && git_run_in(to, NULL, GIT_WORDS("lfs", "checkout"),
	    NULL) == 0) {
		buf_clear(&names);
		if (git_run_unfiltered(to, &names, e) < 0)
			return -1;
	}
	for (at = buf_str(&names); at < names.p + names.len;
	    at += strlen(at) + 1)
		if (n++ < WORKTREES_NAMED)
			buf_addf(&some, "%s%s", n > 1 ? ", " : "", at);
	if (n > WORKTREES_NAMED)
		buf_addf(&some, " and %zu more", n - WORKTREES_NAMED);
	if (n > 0)
		cmd_say("checked out without their filter, which only the "
		    "repository's configuration names, or which needs the "
		    "network: %s. To filter them, delete them in %s and run "
		    "git checkout -- FILE", buf_str(&some), to);
	return 0;
}

/* ---- submodules ---- */

#define SUBMODULE_MODE	"160000 "	/* before COMMIT 0<Tab>PATH */

static int
worktrees_index(const char *dir, struct buf *out, struct err *e)
{
	return git_run_in(dir, out, GIT_WORDS("ls-files", "-z", "-s"), e);
}

/* By the file: what it has of a password is no argument of a program. */
static void
worktrees_set_origin(int git, const char *url)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_CLOSE int fd = openat(git, "config", O_WRONLY | O_APPEND |
	    O_CLOEXEC);

	buf_adds(&b, "[remote \"origin\"]\n\turl = \"");
	for (; *url != '\0'; url++)
		buf_addf(&b, "%s%c", strchr("\"\\", *url) != NULL ? "\\" :
		    "", *url);
	buf_adds(&b, "\"\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n");
	if (fd >= 0)
		(void)fs_write_all(fd, b.p, b.len);
}

/* As git submodule update would, but with the objects of the checkout's, which is
 * at `from` and whose repository is `old`: a repository at `git`, without the
 * settings and hooks of that one. */
static int
worktrees_fill_one(const char *from, const char *old, const char *git,
    const char *to, const char *commit)
{
	AUTO_FREE char *url = git_run_ask(from, "config", "remote.origin.url",
	    NULL, NULL);
	AUTO_FREE char *objects = xasprintf("%s/objects\n", old);
	AUTO_CLOSE int its = open(old, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int at = -1;

	if (fs_mkdirs(git, 0777, NULL) < 0 || git_run_in(to, NULL,
	    GIT_WORDS("init", "-q", "--template=", strlen(commit) == 64 ?
	    "--object-format=sha256" : "--object-format=sha1",
	    "--separate-git-dir", git), NULL) < 0)
		return -1;
	at = open(git, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Few have this file. */
	(void)fs_copy_file(its, at, "shallow", NULL);
	if (url != NULL)
		worktrees_set_origin(at, url);
	return fs_replace(at, "objects/info/alternates", objects,
	    strlen(objects), 0666, NULL) < 0 || git_run_in(to, NULL,
	    GIT_WORDS("update-ref", "--no-deref", "HEAD", commit), NULL) <
	    0 ? -1 : worktrees_checkout(to, NULL);
}

/* Fill the submodules of `to` from the checkout `from`, and their submodules.
 * Those that `from` lacks are added to `empty`, with paths from `top` on. */
static int
worktrees_fill(const char *from, const char *to, size_t top, struct buf *empty,
    struct err *e)
{
	static const char what[] = "--absolute-git-dir";
	AUTO_FREE char *git = git_run_ask(from, "rev-parse", what, NULL, e);
	AUTO_FREE char *modules = NULL;
	AUTO_FREE char *into = git_state_path(to, "modules", e);
	AUTO_BUF struct buf all = BUF_INIT(0);
	const char *at;

	if (git == NULL || into == NULL || worktrees_index(to, &all, e) < 0)
		return -1;
	modules = fs_join(git, "modules");
	for (at = all.p; at < all.p + all.len; at += strlen(at) + 1) {
		const char *path = strchr(at, '\t') + 1;
		AUTO_FREE char *old = fs_join(from, path);
		AUTO_FREE char *new = fs_join(to, path);
		AUTO_FREE char *commit = NULL, *its = NULL, *own = NULL;

		/* Outside a sparse checkout there is no folder. */
		if (strncmp(at, SUBMODULE_MODE, strlen(SUBMODULE_MODE)) != 0 ||
		    access(new, F_OK) < 0)
			continue;
		at += strlen(SUBMODULE_MODE);
		commit = xmemdup(at, strcspn(at, " "));
		its = git_run_ask(old, "rev-parse", what, NULL, NULL);
		/* Otherwise it isn't checked out, or is elsewhere. */
		if (its != NULL && fs_is_below(its, modules))
			own = fs_join(into, its + strlen(modules) + 1);
		if (its != NULL && own != NULL && worktrees_fill_one(old, its,
		    own, new, commit) == 0) {
			if (worktrees_fill(old, new, top, empty, e) < 0)
				return -1;
			continue;
		}
		buf_addf(empty, "%s%s", empty->len > 0 ? ", " : "", new + top);
		if (own != NULL && (fs_remove_tree(AT_FDCWD, own, e) < 0 ||
		    fs_remove_tree(AT_FDCWD, new, e) < 0 ||
		    fs_mkdirs(new, 0777, e) < 0))
			return -1;
	}
	return 0;
}

/* ---- worktree_copy ---- */

struct worktrees_copy {
	int		 from, to;	/* the checkout of `dir`, the new one */
	struct buf	 names;		/* untracked files, by ls-files -z */
};

static void
worktrees_copy_release(struct worktrees_copy *w)
{
	fs_close(w->from);
	fs_close(w->to);
	buf_release(&w->names);
}

/* A file of the commit isn't overwritten. -1 with *e. */
static int
worktrees_copy_file(const struct worktrees_copy *w, const char *path,
    struct err *e)
{
	const char *name;
	AUTO_CLOSE int from = fs_open_parent(w->from, path, false, &name);
	AUTO_CLOSE int to = from < 0 ? -1 :
	    fs_open_parent(w->to, path, true, &name);
	struct err why = ERR_INIT;

	if (path[strlen(path) - 1] == '/')
		return err_set(e, "%s is a repository of its own", path);
	if (to < 0)
		return err_sys(e, "cannot copy %s", path);
	if (fs_copy_file(from, to, name, &why) == 0 || why.sys == EEXIST ||
	    why.sys == ENOENT)
		return 0;
	errno = why.sys;
	return err_sys(e, "cannot copy %s", path);
}

/* A file that can't be copied is said, once for each pattern; but nothing works
 * on a full disk. */
static int
worktrees_copy_of(const struct worktrees_copy *w, const char *pattern,
    const char *top, struct err *e)
{
	AUTO(glob_list_free_at) struct glob_list *globs = glob_list_new(false);
	struct err why = ERR_INIT, one;
	const char *at = w->names.p;
	size_t n = 0, failed = 0;

	glob_list_add(globs, pattern, strlen(pattern));
	for (; at < w->names.p + w->names.len; at += strlen(at) + 1) {
		if (!glob_list_covers(globs, at))
			continue;
		if (n++ == 0)
			cmd_say("copying %s", pattern);
		one = (struct err)ERR_INIT;
		if (worktrees_copy_file(w, at, &one) == 0)
			continue;
		if (one.sys == ENOSPC || one.sys == EDQUOT)
			return err_set(e, "%s", one.text);
		if (failed++ == 0)
			why = one;
	}
	if (n == 0)
		cmd_say("worktree_copy: %s matches no file or link in %s "
		    "that git doesn't track", pattern, top);
	else if (failed > 0)
		cmd_say("worktree_copy: %zu file%s not copied: %s", failed,
		    failed == 1 ? "" : "s", why.text);
	return 0;
}

static int
worktrees_copy(const char *top, const char *to, const cJSON *patterns,
    struct err *e)
{
	AUTO(worktrees_copy_release) struct worktrees_copy w = {
		.from = -1, .to = -1, .names = BUF_INIT(0),
	};
	const cJSON *it;

	if (patterns == NULL || patterns->child == NULL)
		return 0;
	if (git_run_in(top, &w.names, GIT_WORDS("ls-files", "-z", "--others"),
	    e) < 0)
		return -1;
	(void)buf_str(&w.names);
	w.from = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	w.to = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cJSON_ArrayForEach(it, patterns)
		if (worktrees_copy_of(&w, it->valuestring, top, e) < 0)
			return -1;
	return 0;
}

/* Make a worktree: on the new branch at HEAD of `dir`, or where its own branch
 * already is. Copies the files in `copy` to it. */
static int
worktrees_make(const struct worktrees *l, const char *dir, const char *name,
    const char *branch, const cJSON *copy, struct worktree_made *made,
    struct err *e)
{
	AUTO_FREE char *to = fs_join(l->folder, name);
	AUTO_FREE char *own = xasprintf(WORKTREES_BRANCH "%s", name);
	AUTO_FREE char *mark = worktrees_mark(l->folder, name);
	bool is_old = branch == NULL && git_state_has_branch(dir, own);
	AUTO_FREE char *top = git_run_ask(dir, "rev-parse", "--show-toplevel",
	    NULL, e);
	AUTO_BUF struct buf empty = BUF_INIT(0);
	AUTO_CLOSE int fd = -1;

	if (top == NULL)
		return -1;

	fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "can't create %s", mark);
	if (git_run_in(dir, NULL, is_old ? GIT_WORDS("worktree", "add", "-q",
	    "--no-checkout", "--", to, own) : GIT_WORDS("worktree", "add", "-q",
	    "--no-checkout", "-b", branch != NULL ? branch : own, "--", to,
	    "HEAD"), e) < 0 ||
	    worktrees_checkout(to, e) < 0 ||
	    worktrees_fill(top, to, strlen(to) + 1, &empty, e) < 0 ||
	    worktrees_copy(top, to, copy, e) < 0) {
		(void)git_run_in(dir, NULL, GIT_WORDS("worktree", "remove",
		    "-f", "--", to), NULL);
		/* Git takes its part back, if it can. */
		if (access(to, F_OK) < 0)
			(void)unlink(mark);
		return -1;
	}
	if (unlink(mark) < 0)
		return err_sys(e, "can't remove %s", mark);
	if (empty.len > 0)
		cmd_say("empty submodules, which aren't checked out in %s: "
		    "%s. To fetch them, run git submodule update --init in %s",
		    top, buf_str(&empty), to);
	made->main = xstrdup(l->main);
	made->dir = fs_join(l->folder, name);
	if (!is_old)
		made->branch = xstrdup(branch != NULL ? branch : own);
	return 0;
}

/* The first of work-1, work-2, ... that neither is nor was in use. */
static char *
worktrees_free_name(const struct worktrees *l, const char *dir)
{
	int i;

	for (i = 1;; i++) {
		AUTO_FREE char *name = xasprintf("work-%d", i);
		AUTO_FREE char *own = xasprintf(WORKTREES_BRANCH "%s", name);
		AUTO_FREE char *to = fs_join(l->folder, name);

		if (worktrees_find(l, name) == NULL && access(to, F_OK) < 0 &&
		    !git_state_has_branch(dir, own))
			return xstrdup(name);
	}
}

/* Are there files that aren't committed? -1 with *e. */
static int
worktrees_uncommitted(const struct worktree *w, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(0);

	/* A submodule's status would be by its own configuration. */
	if (git_run_in(w->dir, &out, GIT_WORDS("status", "--porcelain",
	    "--ignore-submodules=dirty"), e) < 0)
		return -1;
	return out.len > 0;
}

/* Call it with the lock held. If it fails or is killed, the next call removes
 * the rest. The branch stays. */
static int
worktrees_delete(const struct worktrees *l, const struct worktree *w,
    struct err *e)
{
	AUTO_FREE char *mark = worktrees_mark(l->folder, w->name);
	AUTO_CLOSE int dir = open(l->folder,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, "can't create %s", mark);
	if (fs_remove_tree(dir, w->name, e) < 0) {
		/* If nothing is gone, it is asked again. */
		if (!w->is_unfinished && worktrees_uncommitted(w, NULL) == 0)
			(void)unlink(mark);
		return -1;
	}
	if (w->is_known && git_run_in(l->main, NULL, GIT_WORDS("worktree",
	    "remove", "-f", "-f", "--", w->dir), e) < 0)
		return -1;
	return unlink(mark) == 0 ? 0 : err_sys(e, "can't remove %s", mark);
}

/* Git keeps what isn't merged. */
static int
worktrees_drop_branch(const char *main, const char *branch, struct err *e)
{
	return git_run_in(main, NULL, GIT_WORDS("branch", "-q", "-d", "--",
	    branch), e);
}

int
worktrees_open(const char *dir, const char *name, const char *branch,
    const cJSON *copy, char **at, struct worktree_made *made, struct err *e)
{
	AUTO(worktrees_release) struct worktrees l = { 0 };
	AUTO_FREE char *prefix = NULL, *to = NULL, *any = NULL;
	const struct worktree *w;
	AUTO_CLOSE int lock = -1;

	*at = NULL;
	memset(made, 0, sizeof(*made));
	if (name[0] != '\0' && !worktrees_name_ok(name))
		return err_set(e, "--worktree=%s: a name has letters, digits, "
		    "'.', '_' and '-', and begins with a letter or digit",
		    name);
	if (worktrees_lock(&l, dir, &lock, e) < 0 || (prefix = git_run_ask(dir,
	    "rev-parse", "--show-prefix", NULL, e)) == NULL)
		return -1;
	if (name[0] == '\0')
		name = any = worktrees_free_name(&l, dir);
	w = worktrees_find(&l, name);
	/* Nobody worked there. */
	if (w != NULL && worktrees_is_cut(&l, w)) {
		cmd_say("worktree %s is unfinished: making it anew", name);
		if (worktrees_delete(&l, w, e) < 0)
			return -1;
		/* It may be the user's. */
		if (w->branch != NULL && (branch != NULL ? strcmp(w->branch,
		    branch) : strncmp(w->branch, WORKTREES_BRANCH,
		    strlen(WORKTREES_BRANCH))) == 0)
			(void)worktrees_drop_branch(l.main, w->branch, NULL);
		w = NULL;
	}
	if ((w != NULL ? worktrees_check(l.folder, name, e) :
	    worktrees_make(&l, dir, name, branch, copy, made, e)) < 0)
		return -1;
	to = fs_join(l.folder, name);
	*at = fs_join(to, prefix);
	return 0;
}

static bool
worktrees_has_session(const struct worktree *w, const struct session_info *v,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].state.root != NULL &&
		    fs_is_below(v[i].state.root, w->dir))
			return true;
	return false;
}

void
worktrees_settle(struct worktree_made *made)
{
	AUTO(worktrees_release) struct worktrees l = { 0 };
	struct session_info *v = NULL;
	const struct worktree *w;
	AUTO_CLOSE int lock = -1;
	struct err e = ERR_INIT;
	size_t n = 0;

	/* Remove it, unless it has files of somebody's. */
	if (made->main != NULL && session_list(NULL, SESSION_ALL, &v,
	    &n, &e) == 0 &&
	    worktrees_lock(&l, made->main, &lock, &e) == 0 &&
	    (w = worktrees_find(&l, strrchr(made->dir, '/') + 1)) != NULL &&
	    !worktrees_has_session(w, v, n) &&
	    worktrees_uncommitted(w, &e) == 0 &&
	    worktrees_delete(&l, w, &e) == 0) {
		if (made->branch != NULL)
			(void)worktrees_drop_branch(made->main, made->branch,
			    NULL);
		cmd_say("removed the worktree again: no session began in it");
	}
	session_list_free(v, n);
	FREE_ALL(made->main, made->dir, made->branch);
	memset(made, 0, sizeof(*made));
}
