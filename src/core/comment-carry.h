/*
 * comment-carry: comments that the model doesn't have yet stay with their lines
 * when a hunk is proposed anew and is another one.
 */
#ifndef ASSENT_CORE_COMMENT_CARRY_H
#define ASSENT_CORE_COMMENT_CARRY_H

#include <cjson/cJSON.h>

struct fold;

/* Before a `proposal` with these files is journaled: its hunks get the comments
 * of those of the open proposal that it no longer has. */
void	comment_carry(const struct fold *was, const cJSON *files);

#endif
