/*
 * propose: the way from the staged copy to the real tree, always in this order:
 * scan, proposal, marks, decision (journaled), apply_begin (journaled), apply,
 * applied (journaled), update the staged copy. The gate writes; this and
 * decision.c keep the order and the record.
 */
#ifndef ASSENT_CORE_PROPOSE_H
#define ASSENT_CORE_PROPOSE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct fold_file;
struct fold_side;
struct gate_choice;
struct stage_scan;
struct stage_side;

/* Scan, and propose what differs from the open proposal; `anew`: also if nothing
 * does, since a decision was applied, or failed. */
void	propose_make(struct core *, bool anew);
/* Contents of staged files are missing from the store: store again what still
 * exists (stage_restore), and report what is lost. */
int	propose_restore(struct core *, struct err *);
/* After a crash: the last line of the open proposal. */
void	propose_offered(struct core *, const cJSON *line);
/* Report how much is staged; `result` (or NULL) is the result of the call that
 * may have changed it. */
void	propose_count(struct core *, cJSON *result);

bool	propose_is_open(const struct core *);
void	propose_side(struct stage_side *to, const struct fold_side *from);
/* {"path":...,"before":HASH,"after":HASH}; the caller deletes. */
cJSON	*propose_names(const struct fold_file *);
/* Is this the hunk for the new name itself? */
bool	propose_is_renaming(const struct fold_file *, const char *id);
/* An empty choice for the proposed change; borrows from it. */
void	propose_choice(const struct core *, struct gate_choice *,
	    const struct fold_file *);
/* The content that the marks on this file would write; false if nothing is
 * accepted. -1 in *rc with *e if it can't be composed. *renames: write to the
 * new name, remove the old one. */
bool	propose_marked(struct core *, const struct fold_file *,
	    struct stage_side *write, bool *renames, int *rc, struct err *);

/* The model's own tool changed this file, named as in the call. */
void	include_written(struct core *, const char *path);
void	include_recall(struct core *, const cJSON *event);
/* Give the policy the rules of the start object and an old journal. */
void	include_start(struct core *);
/* Client commands "include" and "hide": propose what matches, or hide it. */
int	include_command(struct core *, const cJSON *command,
	    const char *client, struct err *);
void	include_refresh(struct core *);	/* only while no view is mounted */

/*
 * propose-mark: the marks of the user or a rule on the open proposal, the
 * decision they make, and split hunks.
 */

int	propose_mark(struct core *, const cJSON *command, const char *client,
	    struct err *);
int	propose_decide(struct core *, const cJSON *command, const char *client,
	    struct err *);
int	propose_split(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* Decide what this rule accepts (see rule.h). */
void	propose_decide_by_rule(struct core *, const char *rule);

/* Propose the decided hunks in `kept` (changed here) again with their marks,
 * reasons and comments; "none" keeps only the comments. */
void	marks_restore_marks(struct core *, cJSON *kept, const char *client);

/*
 * reasons: the model's reason for each edit, as given with the call. A pure
 * fold of the journal, so that a resumed session shows the same reasons.
 */

/* In the form that proposal_make takes; borrowed. */
const cJSON *reasons_list(const struct core *);

/* After a call: add all such files, old and new, to its result as `stopped`. */
void	stopped_look(struct core *, const struct stage_scan *, cJSON *result);
bool	stopped_has(const struct core *, const char *path);
/* Add a note about each of these files to the fields of a proposal. */
void	stopped_tell(const struct core *, cJSON *fields);

#endif
