/*
 * tree-hash: one hash of a folder's files: names, kinds, executable bits and
 * contents. Not of times, so a fresh clone has the hash of an old one.
 */
#ifndef ASSENT_CORE_TREE_HASH_H
#define ASSENT_CORE_TREE_HASH_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"

/* Of these files, each name ended by a NUL; of all but .git if there are none.
 * -1 with *e. */
int	tree_hash(const char *root, const struct buf *names,
	    char hex[SHA256_HEX_SIZE], struct err *e);
/* What each of these files (a list of objects with a path) is now, as a side of
 * a proposal: hash and mode, or null if there is none. Another kind of thing, or
 * a path that leads out of the root, has no hash. The caller deletes; NULL with
 * *e. */
cJSON	*tree_sides(const char *root, const cJSON *files, struct err *e);

#endif
