/* fold-plan: the plan, as fold.h has it. */
#ifndef ASSENT_JOURNAL_FOLD_PLAN_H
#define ASSENT_JOURNAL_FOLD_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct fold;

struct fold_step {
	char		*title;
	char		*held;		/* "edit, write; src/": the tools and
					   paths the step is restricted to; or
					   NULL */
	char		**tools, **paths;
	size_t		 tools_len, paths_len;
	bool		 done;
	bool		 settled;	/* its proposal was decided, too */
};

enum fold_step_at { STEP_OPEN, STEP_CURRENT, STEP_REVIEW, STEP_DONE };

struct fold_plan {
	int		 version;	/* 0: none yet */
	int		 before;	/* versions of earlier tasks */
	char		*json;		/* goal, steps, files, success check,
					   risks: the parts that the user may
					   edit */
	char		*word;		/* why it was returned, or NULL */
	char		*status;	/* "proposed" "approved" "returned" */
	char		*by;		/* who proposed or decided */
	bool		 edited;	/* this version is the user's */
	bool		 past;		/* of an earlier task */
	bool		 ahead;		/* for the task after the ended one */
	char		*goal;
	struct fold_step *steps;
	size_t		 steps_len;
	char		**files, **risks;
	size_t		 files_len, risks_len;
	char		*check;	/* command, or NULL */
	char		*check_by;
	/* Used by fold only: the steps, from 1, in which calls may have made
	 * what isn't applied yet; 0: none. */
	size_t		 work, work_to;
	bool		 mixed;		/* work on earlier steps may be in any
					   later change */
	bool		 mixing;	/* so it is once the proposal is closed */
};

/* The goal of the current task's plan, or NULL. */
const char *fold_plan_goal(const struct fold_plan *);
int	fold_plan_number(const struct fold_plan *);	/* its version in the task */
/* Where the task is: at the steps under review, which are done but not decided
 * on; without any, at the first one that isn't done. */
enum fold_step_at fold_step_at(const struct fold *, size_t step);
/* Append the plan below its goal: steps, files, check and risks, a row each. */
void	fold_plan_rows(const struct fold_plan *, struct buf *);

#endif
