/*
 * comment: the user's comments on lines of a hunk. They are journaled at once,
 * are part of the decision on the hunk, and reach the model with it.
 */
#ifndef ASSENT_CORE_COMMENT_H
#define ASSENT_CORE_COMMENT_H

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
/* Client command: comment on lines of a hunk ("" deletes the comment). */
int	comment_command(struct core *, const cJSON *command,
	    const char *client, struct err *);
/* Add the hunk's comments to its decision. */
void	comment_add(cJSON *decided, const struct fold_hunk *);
/* Add line and end_line of `place`, which is another comment or its command. */
void	comment_add_place(cJSON *, const cJSON *place);
/* Are both on the same lines of the same hunk? */
bool	comment_same_place(const cJSON *, const cJSON *);
/* Journal a comment there; by "model": its answer. */
void	comment_emit(struct core *, const char *by, const char *hunk,
	    const cJSON *place, const char *text, const char *client);
/* Append where that is in the file, and the line or the first and the last;
 * nothing if it is the whole hunk. */
void	comment_place(struct buf *, const struct fold_hunk *,
	    const cJSON *place);
/* Has it comments that the model doesn't know? It does if it answered them. */
bool	comment_has_news(const cJSON *decided);
/* The comments as text for the model. */
void	comment_tell(struct buf *, const cJSON *decided,
	    const struct fold_file *);

#endif
