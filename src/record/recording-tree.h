/*
 * recording-tree: the files that a recorded session began with. They are in the
 * recording if there are few, else it names git's commit. Files that hold
 * secrets, by the gate's table, are empty there.
 */
#ifndef ASSENT_RECORD_RECORDING_TREE_H
#define ASSENT_RECORD_RECORDING_TREE_H

#include <cjson/cJSON.h>

#include "base/err.h"
#include "record/scrub.h"

/*
 * The tree of a session that began with this line (session_start). `before`: a
 * list of the files it wrote, with `path` and, unless they were new, the file
 * `content` and a `mode`. `scratch` is a folder of ours. NULL with *e.
 */
cJSON	*recording_tree_read(const cJSON *first, const cJSON *before,
	    const char *scratch, const struct scrub *, struct err *e);
/* Make it at `to`, which doesn't exist; `root` is a checkout with its commit. */
int	recording_tree_write(const cJSON *tree, const char *root,
	    const char *to, const struct scrub *, struct err *);

#endif
