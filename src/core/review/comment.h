/*
 * comment: a person's words on lines of a hunk: journaled as they come, part
 * of the decision on the hunk, told to the model with it.
 */
#ifndef ASSENT_CORE_REVIEW_COMMENT_H
#define ASSENT_CORE_REVIEW_COMMENT_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct core;
struct fold_file;
struct fold_hunk;

/* Comments of a decision that was not carried out, on the open proposal. */
void	comment_keep(struct core *, const char *hunk, const cJSON *comments,
	    const char *client);
/* A client's command: words on a line of a hunk ("" takes them back). */
int	comment_command(struct core *, const cJSON *command,
	    const char *client, struct err *);
/* Those of the hunk, into what is decided of it. */
void	comment_add(cJSON *decided, const struct fold_hunk *);
/* In words for the model. */
void	comment_tell(struct buf *, const cJSON *decided,
	    const struct fold_file *);

#endif
