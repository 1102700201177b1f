/*
 * reason: assigns the model's reasons for its edits to hunks. Pure.
 */
#ifndef ASSENT_GATE_REASON_H
#define ASSENT_GATE_REASON_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "gate/hunk.h"

/* `reasons` is an array of {text, old, new, all}: the reason, the old and new
 * text of the edit, and whether it replaced all occurrences; without old and
 * new it is about the file. words[] has one entry per hunk, initially NULL;
 * they and *file are malloc'ed, or stay NULL. Edits with nothing left are
 * skipped. */
void	reason_place(const struct hunk_list *, const struct buf *before,
	    const struct buf *after, const cJSON *reasons, char **words,
	    char **file);

#endif
