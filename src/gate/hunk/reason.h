/*
 * reason: the model's words about its edits, put to the hunks that they are
 * about.  Pure.
 */
#ifndef ASSENT_GATE_HUNK_REASON_H
#define ASSENT_GATE_HUNK_REASON_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "gate/hunk/hunk.h"

/* `reasons` is an array of {text, old, new, all}: what an edit replaced by what,
 * and whether everywhere; without old and new it is about the file. words[] has
 * one place for each hunk, NULL before; they and *file are malloc'ed, or stay
 * NULL. An edit of which nothing is left has no words. */
void	reason_place(const struct hunk_list *, const struct buf *before,
	    const struct buf *after, const cJSON *reasons, char **words,
	    char **file);

#endif
