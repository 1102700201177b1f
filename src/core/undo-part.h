/*
 * undo-part: the files and hunks of an applied change, and undoing one of them.
 */
#ifndef ASSENT_CORE_UNDO_PART_H
#define ASSENT_CORE_UNDO_PART_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "core/changes.h"

struct core;
struct fold_change;

/* A line "change": its files with their hunks; NULL with *e. Only a hunk that
 * can be undone without the rest of its file has an `id`. */
cJSON	*undo_part_list(struct core *, int64_t tx, struct err *);
/* Leave of these ops what the command names by `path` and `hunk`: all of it, if
 * it names nothing. */
int	undo_part_narrow(struct core *, const struct fold_change *,
	    struct changes_op *, size_t *n, const cJSON *command, struct err *);

#endif
