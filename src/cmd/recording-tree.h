/*
 * recording-tree: the files that a recorded session began with. They are in the
 * recording if there are few, else it names git's commit. Files that hold
 * secrets, by the gate's table, are empty there.
 */
#ifndef ASSENT_CMD_RECORDING_TREE_H
#define ASSENT_CMD_RECORDING_TREE_H

#include <cjson/cJSON.h>

#include "base/err.h"
#include "cmd/scrub.h"

/*
 * The tree of a session in `root` that began at this commit (NULL: no git).
 * `before`: a list of the files it wrote, with `path` and, unless they were new,
 * the file `content` and a `mode`. `secret`: the user's globs of files that are.
 * `scratch` is a folder of ours.
 * NULL with *e.
 */
cJSON	*recording_tree_read(const char *root, const char *commit,
	    const cJSON *before, const cJSON *secret, const char *scratch,
	    const struct scrub *, struct err *e);
/* Make it at `to`, which doesn't exist; `root` is a checkout with its commit. */
int	recording_tree_write(const cJSON *tree, const char *root,
	    const char *to, const struct scrub *, struct err *);

#endif
