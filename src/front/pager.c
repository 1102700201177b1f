#include "config.h"

#include "front/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"

#define PAGER_PIPE 4096		/* bytes that a pager can read at once */

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
	/* So that it reads little ahead of what it shows: see pager_unread(). */
	(void)fcntl(ends[1], F_SETPIPE_SZ, PAGER_PIPE);
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

/* How much is in the pipe; -1: unknown. */
static int
pager_unread(int pipe_fd)
{
	int n;

	return pipe_fd < 0 || ioctl(pipe_fd, FIONREAD, &n) < 0 ? -1 : n;
}

enum pager_result
pager_end(void)
{
	const struct timespec now = { 0 };
	sigset_t keys;
	int fd, pipe_fd, status = 0;
	bool left;

	if (!pager_is_on())
		return PAGER_READ;
	left = fflush(stdout) != 0 || ferror(stdout);
	fflush(stderr);
	/* Its other end, to see what stays in it. Not earlier: as long as we
	 * can read it, too, writing doesn't fail but waits for ever. */
	pipe_fd = open("/proc/self/fd/1", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (pager.saved[fd] >= 0) {
			dup2(pager.saved[fd], fd);
			close(pager.saved[fd]);
		}
	while (waitpid(pager.pid, &status, 0) < 0 && errno == EINTR)
		;
	pager.pid = 0;
	left = pager_unread(pipe_fd) != 0 || left;
	fs_close(pipe_fd);
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
	return status != 0 ? PAGER_FAILED : left ? PAGER_LEFT : PAGER_READ;
}
