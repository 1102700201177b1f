/*
 * propose: from the stage to the real tree, always in this order: scan, offer,
 * marks, decision (journaled), apply_begin (journaled), apply, applied
 * (journaled), settle the stage.  The gate does the writing; this keeps the
 * order and the record.
 */
#ifndef ASSENT_CORE_REVIEW_PROPOSE_H
#define ASSENT_CORE_REVIEW_PROPOSE_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

void	propose_make(struct core *);	/* scan and offer */
/* Contents of what is staged are not in the store: store again what there is
 * of them (stage_restore), and say what is lost. */
int	propose_restore(struct core *, struct err *);
/* After a crash: this was the last line of the open proposal. */
void	propose_offered(struct core *, const cJSON *line);
/* Tell what is staged; `result` (or NULL) is that of the model's call which
 * may have staged it. */
void	propose_count(struct core *, cJSON *result);

#endif
