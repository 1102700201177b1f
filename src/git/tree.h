/*
 * tree: what a project's files are now, by their contents. The core reads and
 * hashes them.
 */
#ifndef ASSENT_GIT_TREE_H
#define ASSENT_GIT_TREE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

/* One hash of the files of `root`: with `git`, those that it tracks or would
 * add, else all. malloc'ed; NULL with *e. */
char	*tree_hash_of(const char *root, bool git, struct err *e);
/* Of a list of objects with a `path`, an array: each file's hash and mode, null
 * if there is none. The caller deletes; NULL with *e. */
cJSON	*tree_sides_of(const char *root, const cJSON *files, struct err *e);
/* Are these the same content and mode, or both nothing? */
bool	tree_side_is(const cJSON *a, const cJSON *b);
/* Has each file of a proposal the content that it proposes? False without any. */
bool	tree_has(const char *root, const cJSON *files);

#endif
