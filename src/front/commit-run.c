#include "config.h"

#include "front/commit-run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "front/exit-summary.h"
#include "journal/event.h"
#include "journal/fold.h"

#define COMMIT_HEAD_MAX 4096	/* bytes of git's HEAD */
#define COMMIT_SHORT 8		/* digits of a commit */

static bool
commit_run_lacks_file(const struct fold *f, const struct fold_change *c,
    const struct fold_change_file *file)
{
	const struct fold_change *root, *of;
	const struct fold_change_file *first;

	/* A review commits the index, not the changes of its list. */
	if (ev_is(f->mode, "review") || file->commit != NULL ||
	    exit_summary_is_undone(f, c, file))
		return false;
	if (c->undoes == 0)
		return true;
	/* Undone again, as a whole. */
	root = c->is_redo ? fold_change_find(f, c->root) : NULL;
	first = root == NULL ? NULL : fold_change_file(root, file->path_bytes);
	if (first != NULL && exit_summary_is_undone(f, root, first))
		return false;
	/* Before that is committed, its undo or redo is part of what it is. */
	of = fold_change_find(f, c->undoes);
	first = of == NULL ? NULL : fold_change_file(of, file->path_bytes);
	return first != NULL && first->commit != NULL;
}

bool
commit_run_lacks(const struct fold *f, const struct fold_change *c)
{
	MEM_EACH(c, files, file)
		if (commit_run_lacks_file(f, c, file))
			return true;
	return false;
}

size_t
commit_run_count(const struct fold *f, const struct fold_change *of,
    size_t *files)
{
	AUTO(pathmap_release) struct pathmap paths = { 0 };
	size_t n = 0;

	MEM_EACH(f, changes, c) {
		if ((of != NULL && c->task_id != of->task_id) ||
		    !commit_run_lacks(f, c))
			continue;
		n++;
		MEM_EACH(c, files, file)
			if (!file->renamed_later &&
			    commit_run_lacks_file(f, c, file))
				(void)pathmap_add(&paths, file->path_bytes,
				    sizeof(char *));
	}
	if (files != NULL)
		*files = paths.len;
	return n;
}

void
commit_run_line(struct commit_run *r, const struct fold *f, enum event_type type)
{
	bool applied = type == EVENT_APPLIED;

	if (!f->live || r->when == COMMIT_NEVER)
		return;
	/* While no client was attached. */
	applied = applied || type == EVENT_LIVE;
	if (r->when == COMMIT_DECISION ? applied :
	    f->ended && (applied || type == EVENT_AGENT_END))
		r->due = commit_run_count(f, NULL, NULL) > 0;
}

static _Noreturn void
commit_run_exec(const struct commit_run *r, const char *session)
{
	/* What runs, also if its file was replaced. */
	const char *const argv[] = { "/proc/self/exe", "commit", "--json",
		"--no-edit", session, r->branch == NULL ? NULL : "--on",
		r->branch, NULL };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (null < 0 || setsid() < 0 || dup2(null, 0) < 0 ||
	    dup2(r->out, 1) < 0 || dup2(r->said, 2) < 0 ||
	    setenv("GIT_TERMINAL_PROMPT", "0", 1) < 0)
		_exit(127);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

void
commit_run_start(struct commit_run *r, const char *session)
{
	if (r->pid != 0)
		return;
	r->due = false;
	r->out = fs_memory(NULL, 0);
	r->said = fs_memory(NULL, 0);
	r->pid = r->out < 0 || r->said < 0 ? -1 : fork();
	if (r->pid == 0)
		commit_run_exec(r, session);
	if (r->pid < 0) {
		fs_close(r->out);
		fs_close(r->said);
		r->pid = 0;
	}
}

static void
commit_run_take(int fd, struct buf *b)
{
	if (fs_memory_read(fd, b) < 0)
		buf_clear(b);
	fs_close(fd);
}

char *
commit_run_end(struct commit_run *r, bool *made)
{
	AUTO_BUF struct buf out = BUF_INIT(1 << 16), said = BUF_INIT(1 << 20);
	int status;
	bool failed;

	if (r->pid == 0 || waitpid(r->pid, &status, WNOHANG) != r->pid)
		return NULL;
	r->pid = 0;
	commit_run_take(r->out, &out);
	commit_run_take(r->said, &said);
	return commit_run_words(buf_str(&out), out.len, buf_str(&said), made,
	    &failed);
}

/* The last line that isn't assent's own; malloc'ed, NULL if there is none. */
static char *
commit_run_last(const char *said)
{
	static const char own[] = "assent: ";
	const char *at, *last = NULL;

	for (at = said; *at != '\0'; at += *at == '\n') {
		if (*at != '\n' && strncmp(at, own, strlen(own)) != 0)
			last = at;
		at += strcspn(at, "\n");
	}
	return last == NULL ? NULL : xmemdup(last, strcspn(last, "\n"));
}

char *
commit_run_words(const char *text, size_t len, const char *said, bool *made,
    bool *failed)
{
	AUTO_JSON cJSON *o = json_parse(text, len, JSON_NUL_REFUSE, NULL);
	AUTO_FREE char *last = said == NULL ? NULL : commit_run_last(said);
	const char *why = json_str_or(o, "text", "");

	*made = json_str(o, "commit") != NULL;
	*failed = json_int(o, "git", 0) != 0;
	if (why[0] == '\0')
		why = "nothing was committed";
	return *failed && last != NULL ? xasprintf("%s: %s", why, last) :
	    xstrdup(why);
}

/* The first line of a small file. */
static char *
commit_run_line_of(const char *dir, const char *name)
{
	AUTO_FREE char *path = fs_join(dir, name);
	AUTO_BUF struct buf b = BUF_INIT(COMMIT_HEAD_MAX);

	return fs_read_file(AT_FDCWD, path, &b, NULL) < 0 ? NULL :
	    xmemdup(buf_str(&b), strcspn(buf_str(&b), "\n"));
}

char *
commit_run_branch(const char *root)
{
	static const char link[] = "gitdir: ", ref[] = "ref: refs/heads/";
	AUTO_FREE char *dir = xstrdup(root), *git = NULL, *at = NULL;
	AUTO_FREE char *head = NULL;

	do {
		FREE_SET(git, fs_join(dir, ".git"));
	} while (access(git, F_OK) < 0 && fs_up(dir));
	/* In another work tree, .git is a file that says where git's folder
	 * is. */
	at = commit_run_line_of(dir, ".git");
	if (at != NULL && strncmp(at, link, sizeof(link) - 1) == 0)
		FREE_SET(git, fs_normalize(dir, at + sizeof(link) - 1));
	head = commit_run_line_of(git, "HEAD");
	if (head == NULL)
		return NULL;
	if (strncmp(head, ref, sizeof(ref) - 1) != 0)
		return xmemdup(head, strnlen(head, COMMIT_SHORT));
	/* If refs aren't stored as files, git writes an impossible name
	 * here. */
	return head[sizeof(ref) - 1] == '.' ? NULL :
	    xstrdup(head + sizeof(ref) - 1);
}
