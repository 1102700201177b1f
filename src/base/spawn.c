#include "config.h"

#include "base/spawn.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

extern char **environ;

const char *spawn_shell_path;

int
spawn_clean_path(void)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *all = NULL;
	char *one, *next = NULL;

	if (getenv("PATH") == NULL)
		return 0;
	spawn_shell_path = xstrdup(getenv("PATH"));
	all = xstrdup(spawn_shell_path);
	for (one = strtok_r(all, ":", &next); one != NULL;
	    one = strtok_r(NULL, ":", &next))
		if (one[0] == '/')
			buf_addf(&b, ":%s", one);
	/* Empty, it would be the folder we are in. */
	return setenv("PATH", b.len > 0 ? b.p + 1 :
	    "/usr/local/bin:/usr/bin:/bin", 1);
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
