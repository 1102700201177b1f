/*
 * We ask systemd through busctl, which comes with it and speaks the bus for us.
 * It runs outside the sandbox with the user's rights, so we search the user's
 * PATH only where no project can have put a program, and give it three
 * environment variables.
 */
#include "config.h"

#include "sandbox/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "sandbox/host-path.h"

#define SCOPE_MS	2000
#define SCOPE_SAID_MAX	((size_t)4096)

static char *
scope_program(const struct cgroup_host *h)
{
	char *copy = xstrdup(h->path), *save = NULL, *dir, *found = NULL;
	char *project = h->project == NULL ? NULL : fs_realpath(h->project);

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
	free(project);
	free(copy);
	return found;
}

static char **
scope_environment(const struct cgroup_host *h)
{
	static const char *const names[] = {
		"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
	};
	char **env = xcalloc(MEM_COUNT(names) + 2, sizeof(*env));
	size_t i, n = 0;

	env[n++] = xasprintf("PATH=%s", h->path);
	for (i = 0; i < MEM_COUNT(names); i++)
		if (getenv(names[i]) != NULL)
			env[n++] = xasprintf("%s=%s", names[i],
			    getenv(names[i]));
	return env;
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
		"Delegate", "b", "true",
		"CollectMode", "s", "inactive-or-failed",
		"PIDs", "au", "1", pid_text, "0", NULL,
	};
	AUTO_BUF struct buf said = BUF_INIT(SCOPE_SAID_MAX);
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int p[2], status, rc = -1;
	size_t i;
	pid_t pid;

	snprintf(pid_text, sizeof(pid_text), "%ld", (long)h->pid);
	if (program == NULL)
		return err_set(e, "there is no busctl to ask systemd with");
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
	else
		rc = 0;
	for (i = 0; env[i] != NULL; i++)
		free(env[i]);
	return rc;
}

static bool
scope_is_ours(const struct cgroup_host *h, const char *name)
{
	AUTO_FREE char *path = xasprintf("%s/proc/self/cgroup", h->root);
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

	return fs_read_file(AT_FDCWD, path, &b, NULL) == 0 &&
	    strstr(buf_str(&b), name) != NULL;
}

int
cgroup_scope(const struct cgroup_host *h, struct err *e)
{
	const struct timespec tick = { .tv_nsec = 5000000 };
	int64_t end = clock_mono_ms() + SCOPE_MS;
	AUTO_FREE char *name = xasprintf("assent-%ld.scope", (long)h->pid);
	int rc = scope_ask(h, name, end, e);

	/* busctl's answer only says that the job has started. */
	while (rc == 0 && !scope_is_ours(h, name)) {
		if (clock_mono_ms() >= end) {
			rc = err_set(e, "systemd did not create the scope in "
			    "time");
			break;
		}
		(void)nanosleep(&tick, NULL);
	}
	return rc;
}
