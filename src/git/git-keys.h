/*
 * git-keys: the settings of a repository that name a program. Its own
 * configuration (.git/config, config.worktree, and what they include) isn't the
 * user's word; what they set for all repositories is, unless it is a relative
 * path, which leads to a file of the repository.
 */
#ifndef ASSENT_GIT_GIT_KEYS_H
#define ASSENT_GIT_GIT_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/pathmap.h"

struct git_keys {
	struct pathmap	 found;
	char		**words;	/* for git: -c KEY=VALUE, of each that is
					   overridden */
	size_t		 len;
};

/* Of what `git config --list -z --show-scope` printed. -1 with *e: one can't be
 * overridden. */
int	git_keys_read(struct git_keys *, const struct buf *listed, struct err *);
/* Is the filter of this name, which would change a file that is checked out,
 * overridden? Or has git-lfs, which is set, left its pointer there? */
bool	git_keys_filter(const struct git_keys *, const char *name,
	    bool pointer);
void	git_keys_release(struct git_keys *);

#endif
