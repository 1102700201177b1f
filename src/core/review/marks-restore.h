/*
 * marks-restore: marks of a decision that could not be written, on the version
 * of the proposal that is open now.  They never make a decision by themselves:
 * one is left for a person to give again.
 */
#ifndef ASSENT_CORE_REVIEW_MARKS_RESTORE_H
#define ASSENT_CORE_REVIEW_MARKS_RESTORE_H

#include <cjson/cJSON.h>

struct core;

/* Offer the decided hunks in `kept` (changed here) with their marks, words and
 * comments again; "none" for one that keeps its comments only. */
void	marks_restore_marks(struct core *, cJSON *kept, const char *client);

#endif
