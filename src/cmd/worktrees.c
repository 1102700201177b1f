#include "config.h"

#include "cmd/worktrees.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "cmd/base/cmd-exit.h"
#include "cmd/base/data-dir.h"
#include "cmd/base/git-run.h"
#include "cmd/base/git-state.h"
#include "journal/session.h"

#define WORKTREES_NAME_MAX	100
#define WORKTREES_TRIES		1000	/* for a free name */

/* .../worktrees/NAME-HASH: projects may have the same name. */
static char *
worktrees_folder(const char *main, struct err *e)
{
	AUTO_FREE char *data = data_dir("worktrees", e), *name = NULL;

	if (data == NULL)
		return NULL;
	name = xasprintf("%s-%08" PRIx32, strrchr(main, '/') + 1,
	    (uint32_t)hash_bytes(HASH_BEGIN, main, strlen(main)));
	return fs_join(data, name);
}

/* A line of `git worktree list --porcelain`, which begins with "worktree "
 * for each, the user's checkout first. */
static void
worktrees_line(struct worktrees *l, const char *line, bool *ours)
{
	static const char head[] = "worktree ", branch[] = "branch refs/heads/";
	const char *dir = line + strlen(head);
	struct worktree *w;
	struct stat st;

	if (strncmp(line, head, strlen(head)) == 0) {
		if (l->main == NULL) {
			l->main = xstrdup(dir);
			*ours = false;
			return;
		}
		*ours = l->folder != NULL && fs_is_below(dir, l->folder) &&
		    strlen(dir) > strlen(l->folder) &&
		    strchr(dir + strlen(l->folder) + 1, '/') == NULL;
		if (!*ours) {
			GROW(l->others, l->others_len);
			l->others[l->others_len++] = xstrdup(dir);
			return;
		}
		GROW(l->v, l->len);
		w = &l->v[l->len++];
		memset(w, 0, sizeof(*w));
		w->dir = xstrdup(dir);
		w->name = xstrdup(dir + strlen(l->folder) + 1);
		w->missing = stat(dir, &st) < 0;
	} else if (*ours) {
		w = &l->v[l->len - 1];
		if (strncmp(line, branch, strlen(branch)) == 0)
			w->branch = xstrdup(line + strlen(branch));
	}
}

/* The branch that git rebases there, or NULL. */
static char *
worktrees_rebased(const char *dir)
{
	static const char *const files[] = { "rebase-merge/head-name",
		"rebase-apply/head-name" };
	static const char heads[] = "refs/heads/";
	size_t i;

	for (i = 0; i < MEM_COUNT(files); i++) {
		AUTO_FREE char *path = git_state_path(dir, files[i], NULL);
		AUTO_BUF struct buf b = BUF_INIT(4096);

		if (path != NULL && fs_read_file(AT_FDCWD, path, &b, NULL) ==
		    0 && strncmp(buf_str(&b), heads, strlen(heads)) == 0)
			return xmemdup(b.p + strlen(heads), strcspn(b.p +
			    strlen(heads), "\n"));
	}
	return NULL;
}

static int
worktrees_cmp(const void *a, const void *b)
{
	return strcmp(((const struct worktree *)a)->name,
	    ((const struct worktree *)b)->name);
}

int
worktrees_list(struct worktrees *l, const char *dir, struct err *e)
{
	static const char *const args[] = { "worktree", "list", "--porcelain",
		NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = { .dir = dir, .out = &out };
	char *line, *next;
	bool ours = false;
	size_t i;

	memset(l, 0, sizeof(*l));
	if (git_state_repository(dir, e) < 0 || git_run_ok(&g, args, e) < 0)
		return -1;
	(void)buf_str(&out);
	for (line = out.p; line != NULL && *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		if (*next != '\0')
			*next++ = '\0';
		worktrees_line(l, line, &ours);
		if (l->folder == NULL && l->main != NULL &&
		    (l->folder = worktrees_folder(l->main, e)) == NULL)
			return -1;
	}
	if (l->main == NULL)
		return err_set(e, "git names no work tree of %s", dir);
	for (i = 0; i < l->len; i++)
		if (l->v[i].branch == NULL && !l->v[i].missing)
			l->v[i].branch = worktrees_rebased(l->v[i].dir);
	if (l->len > 0)
		qsort(l->v, l->len, sizeof(*l->v), worktrees_cmp);
	return 0;
}

void
worktrees_release(struct worktrees *l)
{
	size_t i;

	for (i = 0; i < l->len; i++) {
		free(l->v[i].name);
		free(l->v[i].dir);
		free(l->v[i].branch);
	}
	xfree_list(l->others, l->others_len);
	free(l->v);
	free(l->main);
	free(l->folder);
	memset(l, 0, sizeof(*l));
}

static const struct worktree *
worktrees_find(const struct worktrees *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->len; i++)
		if (strcmp(l->v[i].name, name) == 0)
			return &l->v[i];
	return NULL;
}

const struct worktree *
worktrees_find_any(const struct worktrees *l, const char *name)
{
	const struct worktree *w = worktrees_find(l, name);
	size_t i;

	for (i = 0; i < l->len && w == NULL; i++)
		if (l->v[i].branch != NULL &&
		    strcmp(l->v[i].branch, name) == 0)
			w = &l->v[i];
	return w;
}

const struct session_info *
worktrees_session(const struct worktree *w, const struct session_info *v,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].root != NULL && fs_is_below(v[i].root, w->dir))
			return &v[i];
	return NULL;
}

static bool
worktrees_name_ok(const char *name)
{
	size_t i, n = strlen(name);

	if (n == 0 || n > WORKTREES_NAME_MAX ||
	    isalnum((unsigned char)name[0]) == 0)
		return false;
	for (i = 0; i < n; i++)
		if (isalnum((unsigned char)name[i]) == 0 &&
		    strchr("._-", name[i]) == NULL)
			return false;
	return true;
}

static bool
worktrees_has_branch(const char *dir, const char *name)
{
	AUTO_FREE char *ref = xasprintf("refs/heads/%s", name);
	AUTO_FREE char *hash = git_run_ask(dir, "rev-parse", "--verify", ref,
	    NULL);

	return hash != NULL;
}

/* At HEAD of `dir`, on that new branch; or else where its own already is. */
static int
worktrees_make(const struct worktrees *l, const char *dir, const char *name,
    const char *branch, struct worktree_made *made, struct err *e)
{
	AUTO_FREE char *to = fs_join(l->folder, name);
	AUTO_FREE char *own = xasprintf(WORKTREES_BRANCH "%s", name);
	const struct git_run g = { .dir = dir };
	const char *const new[] = { "worktree", "add", "-q", "-b",
		branch != NULL ? branch : own, "--", to, "HEAD", NULL };
	const char *const old[] = { "worktree", "add", "-q", "--", to, own,
		NULL };
	bool is_old = branch == NULL && worktrees_has_branch(dir, own);
	AUTO_CLOSE int lock = -1;

	if (fs_mkdirs(l->folder, 0700, e) < 0)
		return -1;
	/* One at a time: git that meets another's half-made worktree fails, and
	 * leaves its branch. */
	lock = open(l->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock >= 0)
		(void)flock(lock, LOCK_EX);
	if (git_run_ok(&g, is_old ? old : new, e) < 0)
		return -1;
	made->main = xstrdup(l->main);
	made->dir = fs_join(l->folder, name);
	if (!is_old)
		made->branch = xstrdup(branch != NULL ? branch : own);
	return 0;
}

/* As the first of work-1, work-2, ... that neither is nor was in use. Another
 * assent may look for one, too: it is that one's whose folder is new, since git
 * takes one that is there, and two may find the same branch missing. */
static char *
worktrees_make_any(const struct worktrees *l, const char *dir,
    const char *branch, struct worktree_made *made, struct err *e)
{
	int i;

	for (i = 1; i <= WORKTREES_TRIES; i++) {
		AUTO_FREE char *name = xasprintf("work-%d", i);
		AUTO_FREE char *own = xasprintf(WORKTREES_BRANCH "%s", name);
		AUTO_FREE char *to = fs_join(l->folder, name);

		if (worktrees_find(l, name) != NULL ||
		    worktrees_has_branch(dir, own))
			continue;
		err_clear(e);
		if (fs_mkdirs(l->folder, 0700, e) < 0)
			return NULL;
		if (mkdir(to, 0777) < 0) {
			if (errno == EEXIST)
				continue;
			err_sys(e, "cannot make %s", to);
			return NULL;
		}
		if (worktrees_make(l, dir, name, branch, made, e) == 0)
			return xstrdup(name);
		(void)rmdir(to);
		/* Nobody else took the name meanwhile. */
		if (!worktrees_has_branch(dir, own))
			return NULL;
	}
	err_set(e, "no free name for a worktree: give one, --worktree=NAME");
	return NULL;
}

int
worktrees_open(const char *dir, const char *name, const char *branch,
    char **at, struct worktree_made *made, struct err *e)
{
	AUTO(worktrees_release) struct worktrees l = { 0 };
	AUTO_FREE char *prefix = NULL, *to = NULL, *any = NULL;
	const struct worktree *w;

	*at = NULL;
	memset(made, 0, sizeof(*made));
	if (name[0] != '\0' && !worktrees_name_ok(name))
		return err_set(e, "--worktree=%s: a name has letters, digits, "
		    "'.', '_' and '-', and begins with a letter or digit",
		    name);
	if (worktrees_list(&l, dir, e) < 0 || (prefix = git_run_ask(dir,
	    "rev-parse", "--show-prefix", NULL, e)) == NULL)
		return -1;
	if (name[0] == '\0')
		name = any = worktrees_make_any(&l, dir, branch, made, e);
	else if ((w = worktrees_find(&l, name)) == NULL) {
		if (worktrees_make(&l, dir, name, branch, made, e) < 0)
			return -1;
	} else if (w->missing)
		return err_set(e, "the folder of worktree %s is gone: assent "
		    "worktrees --remove %s", name, name);
	if (name == NULL)
		return -1;
	to = fs_join(l.folder, name);
	*at = fs_join(to, prefix);
	return 0;
}

void
worktrees_settle(struct worktree_made *made)
{
	const struct git_run g = { .dir = made->main };
	const char *const remove[] = { "worktree", "remove", "--", made->dir,
		NULL };
	const char *const branch[] = { "branch", "-q", "-d", "--",
		made->branch, NULL };
	struct session_info *v = NULL;
	bool used = made->main == NULL;
	size_t i, n = 0;

	used = used || session_list(NULL, &v, &n, NULL) < 0;
	for (i = 0; i < n && !used; i++)
		used = v[i].root != NULL && fs_is_below(v[i].root, made->dir);
	session_list_free(v, n);
	/* git keeps it if there are files of somebody's. */
	if (!used && git_run(&g, remove, NULL, NULL) == 0) {
		if (made->branch != NULL)
			(void)git_run(&g, branch, NULL, NULL);
		cmd_say("removed the worktree again: no session began in it");
	}
	free(made->main);
	free(made->dir);
	free(made->branch);
	memset(made, 0, sizeof(*made));
}
