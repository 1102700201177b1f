/*
 * assent-worker: runs one tool call. It takes no arguments and no environment:
 * everything comes over descriptor 0 and goes over descriptor 1 (see
 * sandbox/sandbox.h). If it has arguments, it is the guard of a program without
 * a sandbox; by the name REMOVER_WORD it removes the session's old copies.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "sandbox/init.h"
#include "sandbox/sandbox.h"
#include "sandbox/tasks.h"

#define GUARD_KILL_MS	3000
#define REMOVER_NICE	10

/* Close our copies of the program's streams, so that others notice their
 * end. */
static void
guard_leave_streams(void)
{
	int fd, null = open("/dev/null", O_RDWR);

	for (fd = 0; fd <= 2; fd++)
		if (null >= 0 && null != fd)
			(void)dup2(null, fd);
	if (null > 2)
		close(null);
}

static _Noreturn void
guard_end_as(int status)
{
	const struct rlimit none = { 0, 0 };
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	sigset_t all;

	if (sig == 0)
		_exit(WEXITSTATUS(status));
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(sig, SIG_DFL);
	sigemptyset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)kill(getpid(), sig);
	_exit(128 + sig);
}

/* Wait until the program has ended (true, with its status) or we get
 * SIGTERM. */
static bool
guard_wait(pid_t pid, const sigset_t *mask, int *status)
{
	for (;;) {
		int st, sig = sigwaitinfo(mask, NULL);
		pid_t got;

		if (sig == SIGTERM)
			return false;
		while ((got = waitpid(-1, &st, WNOHANG)) > 0)
			if (got == pid) {
				*status = st;
				return true;
			}
	}
}

/* Runs the user's program as the user, without a sandbox, with our environment
 * and standard streams, and kills all of its descendants, daemons included, when
 * it ends, on SIGTERM, and when the core is gone. Only a program that kills its
 * guard outlives it. Ends as the program does. */
static _Noreturn void
guard_run(const char *parent, char *const *argv)
{
	sigset_t mask, old;
	int status = 0;
	bool ended;
	pid_t pid;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &mask, &old);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	/* Until here the signal was SIGKILL, since nothing was started yet. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 ||
	    getppid() != (pid_t)strtol(parent, NULL, 10))
		_exit(126);
	pid = fork();
	if (pid == 0) {
		(void)setsid();
		(void)sigprocmask(SIG_SETMASK, &old, NULL);
		execvp(argv[0], argv);
		_exit(127);
	}
	guard_leave_streams();
	if (pid < 0)
		_exit(126);
	ended = guard_wait(pid, &mask, &status);
	(void)tasks_kill_below(GUARD_KILL_MS, pid, ended ? NULL : &status);
	guard_end_as(status);
}

/* The core waits until this process ends; a child does the work, and may outlive
 * the core. Signals that the core handles were blocked. */
static _Noreturn void
remover_run(void)
{
	sigset_t none;
	pid_t pid = fork();

	if (pid != 0)
		_exit(pid < 0);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)nice(REMOVER_NICE);
	_exit(fs_remove_aside(0) < 0);
}

int
main(int argc, char **argv)
{
	if (argc > 0 && strcmp(argv[0], REMOVER_WORD) == 0)
		remover_run();
	if (argc > 3 && strcmp(argv[1], GUARD_WORD) == 0)
		guard_run(argv[2], argv + 3);
	/* _exit: no exit handlers run, so nothing of the process is exposed. */
	_exit(launch_run());
}
