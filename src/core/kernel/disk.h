/*
 * disk: the disk limit of a session (`--disk`): one limit on everything its
 * calls stage, and on the whole outputs, which get a quarter of it. Patches of
 * applied changes are stored beside the outputs, and fill that share up to a
 * half: programs read the patches, but no command needs them.
 */
#ifndef ASSENT_CORE_DISK_H
#define ASSENT_CORE_DISK_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "gate/stage.h"
#include "sandbox/sandbox.h"

struct core;

/* Divisors of the limit: stored outputs get a quarter of it, outputs and
 * patches together a half. */
#define DISK_OUT_SHARE 4
#define DISK_PATCH_SHARE 2

/* Before a command: the usage, for the worker. If no space is left, -1 with a
 * message that says what uses it. */
int	disk_before(struct core *, struct stage *, struct sandbox_disk *,
	    struct err *);
/* Bytes that may still be stored of this part of the limit. */
size_t	disk_room(struct core *, int64_t share);

#endif
