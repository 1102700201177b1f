/*
 * marks-restore: restores the marks of a decision that couldn't be written, on
 * the open version of the proposal. Restored marks never complete a decision:
 * one is left for the user.
 */
#ifndef ASSENT_CORE_MARKS_RESTORE_H
#define ASSENT_CORE_MARKS_RESTORE_H

#include <cjson/cJSON.h>

struct core;

/* Propose the decided hunks in `kept` (changed here) again with their marks,
 * reasons and comments; "none" keeps only the comments. */
void	marks_restore_marks(struct core *, cJSON *kept, const char *client);

#endif
