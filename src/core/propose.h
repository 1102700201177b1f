/*
 * propose: the way from the staged copy to the real tree, always in this order:
 * scan, proposal, marks, decision (journaled), apply_begin (journaled), apply,
 * applied (journaled), update the staged copy. The gate writes; this file keeps
 * the order and the record.
 */
#ifndef ASSENT_CORE_PROPOSE_H
#define ASSENT_CORE_PROPOSE_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

/* Scan, and propose what differs from the open proposal. */
void	propose_make(struct core *);
/* The same, also if nothing differs: a decision was applied, or failed. */
void	propose_anew(struct core *);
/* Contents of staged files are missing from the store: store again what still
 * exists (stage_restore), and report what is lost. */
int	propose_restore(struct core *, struct err *);
/* After a crash: the last line of the open proposal. */
void	propose_offered(struct core *, const cJSON *line);
/* Report how much is staged; `result` (or NULL) is the result of the call that
 * may have changed it. */
void	propose_count(struct core *, cJSON *result);
/* The last report, for a client that attaches later. The caller owns it. */
cJSON	*propose_staged_line(const struct core *);

#endif
