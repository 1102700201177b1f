/*
 * comment: the user's comments on lines of a hunk. They are journaled at once,
 * are part of the decision on the hunk, and reach the model with it.
 */
#ifndef ASSENT_CORE_REVIEW_COMMENT_H
#define ASSENT_CORE_REVIEW_COMMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct core;
struct fold_file;
struct fold_hunk;

/* Restore the comments of a decision that wasn't applied on the open
 * proposal. */
void	comment_keep(struct core *, const char *hunk, const cJSON *comments,
	    const char *client);
/* Client command: comment on a line of a hunk ("" deletes the comment). */
int	comment_command(struct core *, const cJSON *command,
	    const char *client, struct err *);
/* Add the hunk's comments to its decision. */
void	comment_add(cJSON *decided, const struct fold_hunk *);
/* Journal a comment; by "model": its answer. */
void	comment_emit(struct core *, const char *by, const char *hunk,
	    int64_t line, const char *text, const char *client);
/* Append where line n of the hunk's text is, and the line. */
void	comment_place(struct buf *, const struct fold_hunk *, int64_t n);
/* Has it comments that the model doesn't know? It does if it answered them. */
bool	comment_has_news(const cJSON *decided);
/* The comments as text for the model. */
void	comment_tell(struct buf *, const cJSON *decided,
	    const struct fold_file *);

#endif
