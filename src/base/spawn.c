#include "config.h"

#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"

/* The folder of the running executable; malloc'ed. */
static char *
self_dir(struct err *e)
{
	char path[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0) {
		err_sys(e, "cannot read /proc/self/exe (is /proc mounted?)");
		return NULL;
	}
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL && slash != path)
		*slash = '\0';
	return xstrdup(path);
}

/* `installed`, of the installation that the executable in `dir` belongs to: the
 * whole tree may have been moved to another prefix. NULL if `dir` is no bin or
 * libexec: what an installation has needn't be of the same version. */
static char *
self_installed(const char *dir, const char *installed)
{
	static const char *const homes[] = { ASSENT_BINDIR, ASSENT_LIBEXECDIR };
	size_t prefix = strlen(ASSENT_PREFIX), len = strlen(dir), n, i;

	for (i = 0; i < MEM_COUNT(homes); i++) {
		if (strcmp(dir, homes[i]) == 0)
			return xstrdup(installed);
		if (strncmp(installed, ASSENT_PREFIX "/", prefix + 1) != 0 ||
		    strncmp(homes[i], ASSENT_PREFIX "/", prefix + 1) != 0)
			continue;
		n = strlen(homes[i] + prefix);
		if (len >= n && strcmp(dir + len - n, homes[i] + prefix) == 0)
			return xasprintf("%.*s%s", (int)(len - n), dir,
			    installed + prefix);
	}
	return NULL;
}

char *
self_find(enum self_kind kind, const char *name, struct err *e)
{
	bool runs = kind == SELF_PROGRAM;
	const char *installed = runs ? ASSENT_LIBEXECDIR : ASSENT_SHAREDIR;
	AUTO_FREE char *dir = self_dir(e), *barred = NULL;
	char *places[2], *p = NULL;
	size_t i;

	if (dir == NULL)
		return NULL;
	places[0] = runs ? xstrdup(dir) : fs_join(dir, "share");
	places[1] = self_installed(dir, installed);
	for (i = 0; i < MEM_COUNT(places) && p == NULL; i++) {
		if (places[i] == NULL)
			continue;
		p = fs_join(places[i], name);
		if (access(p, runs ? X_OK : R_OK) == 0)
			continue;
		if (errno != ENOENT && barred == NULL)
			barred = xstrdup(p);
		FREE_NULL(p);
	}
	if (p == NULL && barred != NULL)
		err_set(e, "cannot %s %s: check its mode, or install assent "
		    "again", runs ? "run" : "read", barred);
	else if (p == NULL)
		err_set(e, "cannot find %s in %s: install assent again, with "
		    "all its files", name, places[1] == NULL ?
		    places[0] : places[1]);
	for (i = 0; i < MEM_COUNT(places); i++)
		free(places[i]);
	return p;
}

/*
 * Python interpreters of the system, which can run our program in a sandbox
 * that shows neither the project nor a home.
 */

/* Directories that every sandbox shows. */
static bool
pythons_is_system(const char *dir)
{
	static const char *const places[] = { "/usr", "/bin", "/nix", "/gnu",
		"/opt", "/run/current-system" };
	size_t i;

	for (i = 0; i < MEM_COUNT(places); i++)
		if (fs_is_below(dir, places[i]))
			return true;
	return false;
}

static bool
pythons_has(char **v, size_t len, const char *full)
{
	struct stat st, other;
	size_t i;

	if (stat(full, &st) < 0)
		return false;
	for (i = 0; i < len; i++)
		if (stat(v[i], &other) == 0 && other.st_ino == st.st_ino &&
		    other.st_dev == st.st_dev)
			return true;
	return false;
}

char **
pythons_find(const char *path, const char *not_below)
{
	char **v = NULL;
	const char *end;
	size_t len = 0;

	GROW(v, len);
	v[0] = NULL;
	for (; *path != '\0'; path = *end == '\0' ? end : end + 1) {
		AUTO_FREE char *dir = NULL, *full = NULL;

		end = strchrnul(path, ':');
		dir = xmemdup(path, (size_t)(end - path));
		full = fs_join(dir, "python3");
		if (!pythons_is_system(dir) || fs_is_below(dir, not_below) ||
		    access(full, X_OK) < 0 || pythons_has(v, len, full))
			continue;
		GROW_BY(v, len, 2);
		v[len++] = full;
		v[len] = full = NULL;
	}
	return v;
}

void
pythons_free(char **v)
{
	size_t i;

	for (i = 0; v != NULL && v[i] != NULL; i++)
		free(v[i]);
	free(v);
}

extern char **environ;

const char *spawn_shell_path, *spawn_commands_path;

#define SPAWN_PATH "/usr/local/bin:/usr/bin:/bin"

/* Remove relative folders from PATH and, with `root`, folders below it. */
static int
spawn_filter_path(const char *root)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *all = xstrdup_null(getenv("PATH"));
	char *one, *next = NULL;

	for (one = strtok_r(all, ":", &next); one != NULL;
	    one = strtok_r(NULL, ":", &next)) {
		AUTO_FREE char *real = root == NULL ? NULL : fs_realpath(one);

		/* A folder that doesn't exist could become a link into root. */
		if (one[0] == '/' && (root == NULL || (real != NULL &&
		    !fs_is_below(one, root) && !fs_is_below(real, root))))
			buf_addf(&b, ":%s", one);
	}
	/* An empty PATH means the current folder. */
	return setenv("PATH", b.len > 0 ? b.p + 1 : SPAWN_PATH, 1);
}

int
spawn_path_without(const char *root)
{
	static char *done;
	const char *env = getenv("HOME");
	AUTO_FREE char *home = NULL;

	if (getenv("PATH") == NULL || (done != NULL && strcmp(done, root) == 0))
		return 0;
	xstrset(&done, root);
	home = env == NULL ? NULL : fs_realpath(env);
	/* If the project contains the home, its programs are the user's. */
	return home != NULL && fs_is_below(home, root) ? 0 :
	    spawn_filter_path(root);
}

/* The checkout that we are in, or the folder; malloc'ed. */
static char *
spawn_here(void)
{
	char *cwd = fs_realpath(".");
	AUTO_FREE char *dir = xstrdup_null(cwd);

	while (dir != NULL && dir[0] != '\0') {
		AUTO_FREE char *git = fs_join(dir, ".git");

		if (access(git, F_OK) == 0) {
			FREE_SET(cwd, xstrdup(dir));
			break;
		}
		*strrchr(dir, '/') = '\0';
	}
	return cwd;
}

int
spawn_clean_path(bool project)
{
	AUTO_FREE char *here = NULL;

	if (getenv("PATH") == NULL)
		return 0;
	spawn_shell_path = xstrdup(getenv("PATH"));
	if (spawn_filter_path(NULL) < 0)
		return -1;
	spawn_commands_path = xstrdup(getenv("PATH"));
	here = project ? spawn_here() : NULL;
	return here == NULL ? 0 : spawn_path_without(here);
}

/*
 * vfork shares memory until the exec and costs the same however big this
 * process is; the child touches only descriptors.
 */
pid_t __attribute__((noinline))
spawn_bare(const char *path, const char *name, int in, int out, int err)
{
	static const char *const envp[] = { NULL };
	const char *const argv[] = { name, NULL };
	pid_t pid = vfork();

	if (pid == 0) {
		if (dup2(in, 0) >= 0 && dup2(out, 1) >= 0 &&
		    dup2(err, 2) >= 0 &&
		    syscall(SYS_close_range, 3, ~0u, 0) == 0)
			execve(path, (char *const *)(uintptr_t)argv,
			    (char *const *)(uintptr_t)envp);
		_exit(127);
	}
	return pid;
}

/* After vfork: only what doesn't change our memory. */
static _Noreturn void
spawn_user_exec(const char *path, const char *const *argv, const char *dir,
    const char *const *env)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	sigemptyset(&none);
	(void)sigaction(SIGPIPE, &dfl, NULL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setsid();
	if (chdir(dir) == 0 && syscall(SYS_close_range, 3, ~0u, 0) == 0)
		execve(path, (char *const *)(uintptr_t)argv, env == NULL ?
		    environ : (char *const *)(uintptr_t)env);
	_exit(127);
}

pid_t __attribute__((noinline))
spawn_as_user(const char *path, const char *const *argv, const char *dir,
    const char *const *env, const int fds[3])
{
	pid_t pid = vfork();

	if (pid == 0) {
		if (dup2(fds[0], 0) >= 0 && dup2(fds[1], 1) >= 0 &&
		    dup2(fds[2], 2) >= 0)
			spawn_user_exec(path, argv, dir, env);
		_exit(127);
	}
	return pid;
}

int
spawn_reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* Does `fd` stay without anything to read until `end`? */
static bool
spawn_is_late(int fd, int64_t end)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left = end - clock_mono_ms();

	return left <= 0 || poll(&p, 1, (int)left) == 0;
}

int
spawn_quiet(const char *path, const char *const *argv, const char *dir,
    const char *const *env)
{
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = null < 0 ? -1 : spawn_as_user(path, argv, dir, env,
	    (const int[3]){ null, null, null });
	int status;

	while (pid < 0 || waitpid(pid, &status, 0) < 0)
		if (pid < 0 || errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
spawn_wait(pid_t pid, int fd, int64_t end, struct buf *said)
{
	AUTO_CLOSE int process = (int)syscall(SYS_pidfd_open, pid, 0);
	ssize_t n = 1;
	int status;
	bool late = false;

	while (n != 0 && !(late = spawn_is_late(fd, end))) {
		char chunk[4096];

		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			break;
		if (n > 0)
			(void)buf_add(said, chunk, (size_t)n);
	}
	/* It may still run after it closed its output. */
	late = late || (process >= 0 && spawn_is_late(process, end));
	/* Kill it with what it started, since its session is its own. */
	if (late && kill(-pid, SIGKILL) < 0)
		(void)kill(pid, SIGKILL);
	status = spawn_reap(pid);
	if (late && status >= 0)
		errno = ETIMEDOUT;
	return late ? -1 : status;
}
