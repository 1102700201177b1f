/*
 * Where limits can be set, found or asked for; the folders that the core makes
 * there; and the worker's part: a process moves into one. We ask systemd through
 * busctl, which comes with it and speaks the bus for us. It runs outside the
 * sandbox with the user's rights, so we search the user's PATH only where no
 * project can have put a program, and give it three environment variables.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *
scope_program(const struct cgroup_host *h)
{
	char *copy = xstrdup(h->path), *save = NULL, *dir, *found = NULL;
	AUTO_FREE char *project = h->project == NULL ? NULL : fs_realpath(h->project);

	for (dir = strtok_r(copy, ":", &save); dir != NULL && found == NULL;
	    dir = strtok_r(NULL, ":", &save)) {
		char *full, *real;

		if (dir[0] != '/' || (h->project != NULL &&
		    fs_is_below(dir, h->project)))
			continue;
		full = fs_join(dir, "busctl");
		real = access(full, X_OK) == 0 ? host_path_real(full, project) :
		    NULL;
		if (real != NULL)
			found = full;
		else
			free(full);
		free(real);
	}
	free(copy);
	return found;
}

/* Wait for the program to end, collecting its stderr; kill it at `end`. */
static int
scope_wait(pid_t pid, int fd, int64_t end, struct buf *said)
{
	int status;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = end - clock_mono_ms();
		char chunk[512];
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			(void)kill(pid, SIGKILL);
			(void)waitpid(pid, &status, 0);
			errno = ETIMEDOUT;
			return -1;
		}
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			break;
		if (n > 0)
			(void)buf_add(said, chunk, (size_t)n);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

static int
scope_ask(const struct cgroup_host *h, const char *name, int64_t end,
    struct err *e)
{
	char pid_text[32];
	AUTO_FREE char *program = scope_program(h), **env = NULL;
	const char *argv[] = {
		"busctl", "--user", "--timeout=2", "call",
		"org.freedesktop.systemd1", "/org/freedesktop/systemd1",
		"org.freedesktop.systemd1.Manager", "StartTransientUnit",
		"ssa(sv)a(sa(sv))", name, "fail", "4",
		"Description", "s", "assent session",
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, "busctl: pipe");
	env = scope_environment(h);
	pid = spawn_as_user(program, argv, "/", (const char *const *)env,
	    (const int[]){ null, null, p[1] });
	close(p[1]);
	status = pid < 0 ? -1 : scope_wait(pid, p[0], end, &said);
	close(p[0]);
	if (status < 0)
		err_sys(e, "systemd gave no scope");
	else if (status != 0)
		err_set(e, "systemd gave no scope: %.*s",
		    (int)strcspn(buf_str(&said), "\n"), buf_str(&said));
	return rc;
}

