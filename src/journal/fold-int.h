/* fold-int: shared by the files of fold. */
#ifndef ASSENT_JOURNAL_FOLD_INT_H
#define ASSENT_JOURNAL_FOLD_INT_H

#include "journal/fold.h"

struct fold_decided;

/* Folds one line. `f->seq` is already that line's seq. */
typedef void fold_fn(struct fold *, const cJSON *line);

/* A number as int, clamped to its range; def if there is none. */
int	fold_int(const cJSON *o, const char *key, int def);
/* A copy of the array's strings; other elements are left out. */
char	**fold_strings(const cJSON *array, size_t *n);
/* "user", "client:tty" and "rule:small" as "you", "tty" and "rule small", a
 * decision made in an editor as "editor NAME". malloc'ed. */
char	*fold_who(const cJSON *line);

/* fold-proposal.c */
fold_fn	fold_on_proposal, fold_on_products;
void	fold_proposal_free(struct fold_proposal *);
/* The hunk with this id; NULL if there is none, or no proposal. */
struct fold_at *fold_proposal_find(const struct fold_proposal *,
	    const char *id);
void	fold_side_parse(struct fold_side *, const cJSON *);
/* Add its '+' and '-' lines. */
void	fold_hunk_count(struct fold_hunk *);

fold_fn	fold_on_draft, fold_on_decision, fold_on_comment;
/* Does the hunk have neither mark nor decision? */
bool	fold_hunk_is_open(const struct fold_hunk *);
/* The model got the reasons and comments of what was decided. */
void	fold_words_sent(struct fold *);

/* fold-changes.c */
fold_fn	fold_on_apply_begin, fold_on_applied, fold_on_changes,
	fold_on_commit_begin, fold_on_committed, fold_on_git_begin,
	fold_on_git_end;
void	fold_changes_free(struct fold *);
/* A decision: record each hunk's verdict before its mark is removed, then count
 * the hunks accepted unchanged. */
struct fold_decided *fold_decided_new(const struct fold *, const cJSON *line);
void	fold_decided_hunk(struct fold_decided *, const char *path,
	    const struct fold_hunk *, const char *decision);
void	fold_decided_take(struct fold *, struct fold_decided *take, int whole);

/* Append a file's name, sanitized: a newline in it must not begin another
 * row. */
void	fold_add_path(struct buf *, const char *path);

/* fold-plan.c */
fold_fn	fold_on_plan;
void	fold_plan_release(struct fold_plan *);
void	fold_plan_settle(struct fold_plan *);	/* the proposal is closed */
/* A call may change files; by the user: for any step. */
void	fold_plan_worked(struct fold_plan *, bool own);
/* The title of the step that all of a change is from that is applied now; NULL:
 * it isn't known to be from one. */
const char *fold_plan_step_of(const struct fold *);
/* The user has asked for something else: now, or with what they decide. */
void	fold_plan_mix(struct fold_plan *, bool now);

/* fold-tools.c */
fold_fn	fold_on_tool_call, fold_on_tool_result, fold_on_evidence,
	fold_on_require, fold_on_answer, fold_on_ask, fold_on_hook, fold_on_net;
void	fold_ask_clear(struct fold *);
void	fold_hooks_release(struct fold_hooks *);
/* A new task: what ran for the one before is no longer known. */
void	fold_hooks_clear(struct fold_hooks *);
/* The file was written. */
void	fold_hook_applied(struct fold *, const char *path);
void	fold_net_release(struct fold_net *);
/* Of the member "sandbox". fold.sandbox is its line, in which "network:
 * registry.npmjs.org and 2 more" stands for "no network". */
void	fold_net_settings(struct fold *, const cJSON *sandbox);
void	fold_evidence_release(struct fold_evidence *);
/* The success check is this command now; NULL: as it was. */
void	fold_check_becomes(struct fold *, const char *command);
/* "exit 1, 2.3 s"; malloc'ed or NULL. */
char	*fold_result_summary(const cJSON *line, bool ok);

/* fold-end.c */
fold_fn	fold_on_budget;
void	fold_pause_free(struct fold *);
fold_fn	fold_on_agent_end;

/* fold.c */
/* A hook's findings replace those that it had. */
void	 fold_findings_of_hook(struct fold *, const char *by,
	    const cJSON *findings);
/* Append an item. Texts are copied and may be NULL. Valid until the next item
 * is added. */
struct fold_item *fold_item_add(struct fold *, enum fold_item_kind,
	    const char *title, const char *text);
void	fold_partial_clear(struct fold *);
/* The output of a new command begins; `own`: the user typed the command. */
void	fold_output_start(struct fold *, const char *title, bool own);
void	fold_output_end(struct fold *, const cJSON *line, bool good);
/* The success check that runs is stopped, without a result. */
void	fold_check_stopped(struct fold *);
void	fold_output_add(struct fold *, const char *p, size_t n);

#endif
