#include "config.h"

#include "cmd/base/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


static struct {
	pid_t	pid;			/* 0: none */
	int	saved[3];		/* copies of 1 and 2; -1: untouched */
	struct sigaction interrupt, quit;
} pager;

bool
pager_is_on(void)
{
	return pager.pid != 0;
}

/* As git: without a shell if the command is only a name, so that one that
 * doesn't exist is noticed. */
static int
pager_spawn(const char *command, int input)
{
	const char *const words[] = { "/bin/sh", "-c", command, NULL };
	bool shell = strpbrk(command, " \t\n|&;<>()$`\\\"'*?[#~=%") != NULL;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t set;
	int rc;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
	posix_spawnattr_init(&attr);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	posix_spawnattr_setsigdefault(&attr, &set);
	posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawnp(&pager.pid, shell ? words[0] : command, &files,
	    &attr, (char *const *)(shell ? words : words + 2), environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	if (rc != 0)
		pager.pid = 0;
	return rc == 0 ? 0 : -1;
}

bool
pager_has(int fd)
{
	return pager_is_on() && (fd == STDOUT_FILENO || fd == STDERR_FILENO) &&
	    pager.saved[fd] >= 0;
}

void
pager_begin(void)
{
	const char *command = getenv("PAGER");
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	int ends[2], fd;

	command = command == NULL ? "less" : command;
	if (!isatty(STDOUT_FILENO) || command[0] == '\0' ||
	    strcmp(command, "cat") == 0 || pipe2(ends, O_CLOEXEC) < 0)
		return;
	setenv("LESS", "FRX", 0);
	fflush(stdout);
	fflush(stderr);
	/* Ctrl-C is for the pager. */
	sigaction(SIGINT, &ignore, &pager.interrupt);
	sigaction(SIGQUIT, &ignore, &pager.quit);
	if (pager_spawn(command, ends[0]) < 0) {
		sigaction(SIGINT, &pager.interrupt, NULL);
		sigaction(SIGQUIT, &pager.quit, NULL);
		close(ends[0]);
		close(ends[1]);
		return;
	}
	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		pager.saved[fd] = -1;
		if (fd == STDERR_FILENO && !isatty(fd))
			continue;
		pager.saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		dup2(ends[1], fd);
	}
	close(ends[0]);
	close(ends[1]);
}

bool
pager_end(void)
{
	const struct timespec now = { 0 };
	sigset_t keys;
	int fd, status = 0;

	if (!pager_is_on())
		return true;
	fflush(stdout);
	fflush(stderr);
	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (pager.saved[fd] >= 0) {
			dup2(pager.saved[fd], fd);
			close(pager.saved[fd]);
		}
	while (waitpid(pager.pid, &status, 0) < 0 && errno == EINTR)
		;
	pager.pid = 0;
	/* It may have left before it had read everything. */
	clearerr(stdout);
	clearerr(stderr);
	/* Where they are blocked, they wait although they are ignored. */
	sigemptyset(&keys);
	sigaddset(&keys, SIGINT);
	sigaddset(&keys, SIGQUIT);
	while (sigtimedwait(&keys, NULL, &now) > 0)
		;
	sigaction(SIGINT, &pager.interrupt, NULL);
	sigaction(SIGQUIT, &pager.quit, NULL);
	return status == 0;
}
