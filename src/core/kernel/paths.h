/*
 * paths: the project's files by name, for completion: what git tracks, what it
 * doesn't ignore, and what is staged as new.  Ignored folders aren't read, no
 * file is opened, and the time for one request is limited, however large the
 * tree is.
 */
#ifndef ASSENT_CORE_PATHS_H
#define ASSENT_CORE_PATHS_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct stage_scan;

/* Remember the staged files that aren't in the tree yet. */
void	paths_staged(struct core *, const struct stage_scan *);
/* How well a path matches, 0 is best; -1: not at all. A small letter of the
 * needle also matches a capital. */
int	paths_score(const char *path, const char *needle);

#endif
