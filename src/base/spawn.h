/*
 * spawn: run a program as a child with three descriptors and no other: our own
 * without arguments and environment, or the user's.
 */
#ifndef ASSENT_BASE_SPAWN_H
#define ASSENT_BASE_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

enum self_kind {
	SELF_PROGRAM,		/* "assent-core", "assent-worker" ... */
	SELF_SHARE,		/* a file or folder under share/: "prompts" */
};
/* Find one of our own programs: its path, malloc'ed; NULL with *e. */
char	*self_find(enum self_kind, const char *name, struct err *e);

/* The Python interpreters on this PATH, by absolute path and once each, with
 * a NULL at the end; none below `not_below`. */
char	**pythons_find(const char *path, const char *not_below);
void	pythons_free(char **);

/* Early in main: takes out of PATH what isn't absolute, as ./node_modules/.bin,
 * and with `project` what leads into the checkout we are in: its programs. -1 with
 * errno. */
int	spawn_clean_path(bool project);
/* The same for this project. */
int	spawn_path_without(const char *root);
/* PATH before that, as the user's shell has it; and without only what isn't
 * absolute, for commands in the sandbox. May be NULL. */
extern const char *spawn_shell_path, *spawn_commands_path;
/* The descriptors become its standard input, output and error; the caller keeps
 * its own. Each is 3 or higher, unless it already has the number that it gets
 * in the child. -1 with errno; a program that can't be run exits with 127. */
pid_t	spawn_bare(const char *path, const char *name, int in, int out,
	    int err);
/* Start the user's own program, in `dir`, with this environment (NULL: ours),
 * in a session of its own; it doesn't outlive us. -1 with errno. */
pid_t	spawn_as_user(const char *path, const char *const *argv,
	    const char *dir, const char *const *env, const int fds[3]);
/* Wait for this child to end: its wait status, or -1 with errno. */
int	spawn_reap(pid_t);
/* Run the user's program to its end, with /dev/null as all three: its exit
 * status, or -1. */
int	spawn_quiet(const char *path, const char *const *argv,
	    const char *dir, const char *const *env);
/* Wait for the child to end, collecting what it writes to the pipe `fd`; at
 * `end` (clock_mono_ms) it is killed. Returns its status, or -1 with errno. */
int	spawn_wait(pid_t, int fd, int64_t end, struct buf *said);

#endif
