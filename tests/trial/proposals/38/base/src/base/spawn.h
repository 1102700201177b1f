/*
 * spawn: a program as a child that gets three descriptors and no other: one of
 * ours without arguments and environment, or the user's own.
 */
#ifndef ASSENT_BASE_SPAWN_H
#define ASSENT_BASE_SPAWN_H

#include <sys/types.h>

#include "base/err.h"

/* Early in main: takes out of PATH what isn't absolute, as ./node_modules/.bin,
 * which would name programs of the project we are in. -1 with errno. */
int	spawn_clean_path(void);
/* PATH before that, as the user's shell has it. May be NULL. */
extern const char *spawn_shell_path;
/* The descriptors become its standard input, output and error; the caller keeps
 * its own. Each is 3 or higher, unless it already has the number that it gets
 * in the child. -1 with errno; a program that can't be run exits with 127. */
pid_t	spawn_bare(const char *path, const char *name, int in, int out,
	    int err);
/* The user's own program, in `dir`, with this environment (NULL: ours), in a
 * session of its own; it doesn't outlive us. -1 with errno. */
pid_t	spawn_as_user(const char *path, const char *const *argv,
	    const char *dir, const char *const *env, const int fds[3]);

