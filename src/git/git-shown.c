/*
 * git_run_shown: git with the terminal, or beside it, so that the user sees what
 * it prints and can stop it.
 */
#include "config.h"

#include "git/git-run-int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/editor.h"

/* The lock belongs to the process, also after its exec; what git starts doesn't
 * have it. */
static void
git_hold(int lock)
{
	struct flock l = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	if (fcntl(lock, F_SETFD, 0) < 0 || fcntl(lock, F_SETLK, &l) < 0)
		_exit(126);
}

/* A signal that would end us ends git, and we put the index in order. On our
 * terminal, Ctrl-C is for git and its editor. */
static const struct { int sig; bool passed; } git_signals[] = {
	{ SIGINT, false }, { SIGQUIT, false }, { SIGHUP, true },
	{ SIGTERM, true },
};
static volatile pid_t git_pid;		/* negative: a group */
static volatile sig_atomic_t git_stopped;	/* by this signal, which we
						   passed on */

static void
git_pass(int sig)
{
	int error = errno;

	git_stopped = sig;
	if (git_pid != 0)
		(void)kill(git_pid, sig);
	errno = error;
}

static void
git_restore(const struct sigaction *before)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(git_signals); i++)
		(void)sigaction(git_signals[i].sig, &before[i], NULL);
}

static void
git_print_part(struct buf *part, FILE *to)
{
	AUTO_BUF struct buf clean = BUF_INIT(0);
	/* Clears the line that it overwrites. */
	size_t skip = strncmp(buf_str(part), "\033[K", 3) == 0 ? 3 : 0;

	sanitize_add(&clean, buf_str(part) + skip, part->len - skip,
	    pager_is_terminal(to) ? sanitize_locale() : 0);
	fputs(buf_str(&clean), to);
	buf_clear(part);
}

/* How long it may still run, for poll. Then it is ended: SIGALRM alone doesn't
 * end a program in Go. */
static int
git_left(int64_t end)
{
	int64_t left = end - clock_mono_ms();

	if (end == 0 || git_stopped == SIGALRM)
		return -1;
	if (left > 0)
		return left > 60000 ? 60000 : (int)left;
	git_pass(SIGALRM);
	(void)kill(git_pid, SIGKILL);
	return -1;
}

/* Print its output until it ends; its children may live on. A server's text may
 * be in it, and names of the project: no control character but line ends, and
 * those by which progress overwrites itself. */
static void
git_print(const struct git_run *g, int fd, FILE *to, pid_t pid)
{
	AUTO_CLOSE int ends = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p[] = { { fd, POLLIN, 0 }, { ends, POLLIN, 0 } };
	int64_t end = g->seconds == 0 ? 0 : clock_mono_ms() +
	    (int64_t)g->seconds * 1000;
	AUTO_BUF struct buf line = BUF_INIT(0);
	char chunk[4096];
	ssize_t n = 1, i;

	while ((n > 0 || ends >= 0) &&
	    (poll(p, 2, git_left(end)) >= 0 || errno == EINTR)) {
		if (p[0].revents == 0 && p[1].revents != 0)
			break;
		if (p[0].revents == 0)
			continue;
		n = fs_read(fd, chunk, sizeof(chunk));
		p[0].fd = n > 0 ? fd : -1;
		if (g->said != NULL) {
			(void)buf_add(g->said, chunk, n > 0 ? (size_t)n : 0);
			continue;
		}
		for (i = 0; i < n; i++)
			if (chunk[i] == '\n' || chunk[i] == '\r') {
				git_print_part(&line, to);
				fputc(chunk[i], to);
			} else
				buf_addc(&line, chunk[i]);
		/* A question, perhaps; but no half of a character. */
		if (n <= 0 || (unsigned char)chunk[n - 1] < 0x80)
			git_print_part(&line, to);
		fflush(to);
	}
}

/* The user's, with the terminal; malloc'ed, or NULL. */
static char *
git_editor(const struct git_run *g)
{
	AUTO_FREE char *editor = git_run_line(g, GIT_WORDS("var",
	    "GIT_EDITOR"), NULL);

	/* Decide like git whether a shell is needed. */
	return editor == NULL || editor[0] == '\0' ? NULL :
	    xasprintf("%s%s >/dev/tty 2>&1", strpbrk(editor,
	    ":|&;<>()$`\\\"' \t\n*?[#~=%") == NULL ? "exec " : "", editor);
}

/* In the child, with the terminal. */
static void
git_take_terminal(const struct git_run *g, const char *editor, bool out,
    int ends, int lock)
{
	bool err = !g->hooks && pager_is_terminal(stderr);

	git_hold(lock);
	if ((g->to_err && dup2(2, 1) < 0) || (out && dup2(ends, 1) < 0) ||
	    (err && dup2(ends, 2) < 0) || (editor != NULL &&
	    setenv("GIT_EDITOR", editor, 1) < 0))
		_exit(126);
}

/* In the child, without one: a question fails, and what it prints comes to us. */
static void
git_take_none(const struct git_run *g, int in, int out, int ends)
{
	static const char *const forced[] = { "GH_FORCE_TTY", "CLICOLOR_FORCE",
		"GH_DEBUG", "DEBUG" };
	struct rlimit most;
	size_t i;

	for (i = 0; g->program != NULL && i < MEM_COUNT(forced); i++)
		(void)unsetenv(forced[i]);
	if (g->program != NULL && g->out != NULL && g->out->max > 0 &&
	    getrlimit(RLIMIT_FSIZE, &most) == 0) {
		most.rlim_cur = most.rlim_cur < g->out->max ?
		    most.rlim_cur : g->out->max;
		(void)setrlimit(RLIMIT_FSIZE, &most);
	}
	if (setsid() < 0 || dup2(in, 0) < 0 ||
	    dup2(g->out != NULL ? out : ends, 1) < 0 || dup2(ends, 2) < 0 ||
	    setenv("GIT_TERMINAL_PROMPT", "0", 1) < 0 ||
	    setenv("GH_PROMPT_DISABLED", "1", 1) < 0)
		_exit(126);
}

int
git_run_shown(const struct git_run *g, const char *const *args, int lock,
    struct err *e)
{
	struct sigaction before[MEM_COUNT(git_signals)];
	AUTO(git_keys_release) struct git_keys off = { .len = 0 };
	bool alone = lock < 0, terminal = !alone &&
	    pager_is_terminal(g->to_err ? stderr : stdout);
	AUTO_FREE char *editor = terminal ? git_editor(g) : NULL;
	AUTO_CLOSE int in = git_input(g), out = fs_memory(NULL, 0);
	pid_t parent = getpid(), pid;
	sigset_t block, mask;
	int ends[2], rc;
	size_t i;

	if (git_find_keys(g, &off, e) < 0)
		return -1;
	if (in < 0 || out < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "can't start git");
	fflush(NULL);
	git_stopped = 0;
	sigemptyset(&block);
	for (i = 0; i < MEM_COUNT(git_signals); i++) {
		const struct sigaction now = { .sa_handler = alone ||
		    git_signals[i].passed ? git_pass : SIG_IGN,
		    .sa_flags = SA_RESTART };

		(void)sigaddset(&block, git_signals[i].sig);
		(void)sigaction(git_signals[i].sig, &now, &before[i]);
	}
	/* None is lost before git is known. */
	(void)sigprocmask(SIG_BLOCK, &block, &mask);
	pid = fork();
	if (pid == 0) {
		git_restore(before);
		(void)sigprocmask(SIG_SETMASK, &mask, NULL);
		if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 ||
		    getppid() != parent)
			_exit(126);
		if (alone)
			git_take_none(g, in, out, ends[1]);
		else
			git_take_terminal(g, editor, terminal, ends[1], lock);
		git_exec(g, &off, args, false);
	}
	close(ends[1]);
	git_pid = pid < 0 ? 0 : alone ? -pid : pid;
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	if (pid > 0)
		git_print(g, ends[0], terminal && !g->to_err ? stdout : stderr,
		    pid);
	close(ends[0]);
	rc = pid < 0 ? err_sys(e, "can't start git") : git_wait(g, pid, e);
	git_pid = 0;
	git_restore(before);
	/* Git exits by itself if the signal ends its helper first. */
	if (rc > 0 && alone && git_stopped != 0)
		rc = 128 + (int)git_stopped;
	if (rc >= 0 && g->out != NULL && fs_memory_read(out, g->out) < 0)
		rc = err_sys(e, "can't read what %s printed", args[0]);
	return rc;
}
