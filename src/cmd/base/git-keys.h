/*
 * git-keys: the settings of a repository that name a program. Its own
 * configuration (.git/config, config.worktree, and what they include) isn't the
 * user's word; what they set for all repositories is.
 */
#ifndef ASSENT_CMD_BASE_GIT_KEYS_H
#define ASSENT_CMD_BASE_GIT_KEYS_H

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
 * overridden? NULL: any. */
bool	git_keys_filter(const struct git_keys *, const char *name);
void	git_keys_release(struct git_keys *);

#endif
