#include "config.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"

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
