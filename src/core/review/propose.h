/*
 * propose: the way from the copy to the real tree, always in this order:
 * scan, proposal, marks, decision (journaled), apply_begin (journaled), apply,
 * applied (journaled), update the copy. The gate writes; this and
 * decision.c keep the order and the record.
 */
#ifndef ASSENT_CORE_PROPOSE_H
#define ASSENT_CORE_PROPOSE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/pathmap.h"

struct buf;
struct core;
struct core_rules;
struct ev_decided_hunk;
struct event;
struct fold_file;
struct gate_choice;
struct propose_all;
struct stage_scan;

/* Scan, and propose what differs from the open proposal; `anew`: also if
 * nothing differs, since a decision was applied, or failed. In `assent review` a
 * process reads the changes; they are proposed when it has ended. */
void	propose_make(struct core *, bool anew);
/* These changes as the event; of `assent review` in the process of source.h. */
int	propose_changes(struct core *, const struct stage_scan *,
	    struct event *made, struct err *);
/* Contents of staged files are missing from the store: store again what still
 * exists (stage_restore), and report what is lost. */
int	propose_restore(struct core *, struct err *);
/* Report how much is staged; `result` (or NULL) is the result of the call that
 * may have changed it. */
void	propose_count(struct core *, struct event *result);
/* The same while a command works in the copy: about so much. */
void	propose_count_live(struct core *);

/* What the real tree and the user declare about encodings now. The caller
 * frees. */
struct encodings *propose_declared(const struct core *);
/* Is this the hunk for the new name itself? */
bool	propose_is_renaming(const struct fold_file *, const char *id);
/* An empty choice for the proposed change; borrows from it. */
void	propose_choice(const struct core *, struct gate_choice *,
	    const struct fold_file *);

/* The model's own tool changed this file (from the root); NULL: it isn't in the
 * project. */
void	include_written(struct core *, const char *path);
void	include_recall(struct core *, const struct event *);
/* Give the policy the rules of the start object and an old journal. */
void	include_start(struct core *);
void	include_refresh(struct core *);	/* only while no view is mounted */

/*
 * propose-mark: the marks of the user or a rule on the open proposal, the
 * decision they make, and split hunks.
 */

/* Decide what this rule accepts. True if something has to be applied now, or the
 * reviewer is asked. */
bool	propose_decide_by_rule(struct core *, const char *rule);
/* Make the event the decision from the marks, with `all` for unmarked hunks
 * (NULL: they stay open); or, for a rule, all hunks that it accepts. It borrows
 * from the fold. */
void	propose_decision(struct core *, struct event *, const char *rule,
	    const struct propose_all *all);

/*
 * rule: decides which changes are accepted without the user, and by which rule.
 * A rule is a function and a row in one table. The journal names the rule with
 * each acceptance ("by": "rule:small"). The rule "reviewer" asks a model.
 */

/* May this file have so many more lines accepted, besides those of other
 * files? */
bool	rule_small_allows(const struct core_rules *, const char *path,
	    int lines, int others);
/* Append ": " and why the mode's rule leaves the file, by its line or what was
 * noted since, if it does. */
void	rule_leaves(struct core *, const struct fold_file *, struct buf *);
/* Add to each file of a proposal what the rules would do: `rules`. */
void	rule_tell(struct core *, struct event *made);

/* Keep these decided hunks (changed here) of the decision, until they are proposed
 * again. */
void	marks_keep_take(struct core *, struct event *decided,
	    struct ev_decided_hunk *, size_t n);
/* They are: restore their marks, reasons and comments; "none" keeps only the
 * comments. */
void	marks_restore(struct core *);

/*
 * reasons: the model's reason for each edit, as given with the call. A pure
 * fold of the journal, so that a resumed session shows the same reasons.
 */

struct reasons {
	cJSON	*calls;		/* by id: edits of unanswered calls */
	cJSON	*paths;		/* by path: arrays of {text, old, new, all}, in the
				   form that proposal_make takes */
	struct pathmap stopped;		/* files that a stopped call changed */
	struct pathmap refused;		/* those that the last scan did */
	char	*root, *cwd;
};

#endif
