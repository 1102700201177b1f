/*
 * proof-int: what proofs and small changes to lines (notice.h) share: what is
 * known of the check, and of the changes that it passed on.
 */
#ifndef ASSENT_CORE_PROOF_INT_H
#define ASSENT_CORE_PROOF_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "gate/gate.h"
#include "gate/stage.h"
#include "journal/fold.h"
#include "policy/test-report.h"

struct core;

#define PROOF_AUTO_MS	((int64_t)60 * 1000)
#define PROOF_MOST_MS	(2 * PROOF_AUTO_MS)	/* a run, then: it builds more */

struct proof {
	unsigned	 due;		/* BIT() of enum fold_proof_which */
	enum fold_proof_which at;	/* that runs, or ran last */
	struct event	*failed;	/* what it said, if the copy now has all
					   changes: does the check fail there,
					   too? Or NULL */
	bool		 returned;	/* it has sent the model back since the
					   user's last message */
	bool		 asked;		/* for: also after the task's end, and
					   what was stopped runs again */
	bool		 before;	/* the check failed on the user's files
					   as they are */
	int64_t		 begun_ms;	/* the model's first call; 0: none yet */
	/* Of the check's last run, which may have been run_tests. */
	bool		 connected;
	char		*tests;		/* the last call of run_tests */
	bool		 tests_connected;
	bool		 runs;		/* the check does */
	int64_t		 ms;
	char		*words;
	struct test_report report;	/* of what ran here last, */
	const struct buf *out;		/* and what that printed; or NULL */
	bool		 others;	/* it names files of tests that failed */
	bool		*unread;	/* by it, of the scan's changes: as far as
					   the copy's file system knows */
	/* The line that was looked at last: the proposal's or the check's. */
	int64_t		 looked;
	struct stage_scan scan;		/* the changes then */
	struct test_change *roles;	/* what each of them is */
	bool		 large;		/* they are more than can be copied at
					   once, with the ignored files */
};

/* Did the check pass on the open proposal, which isn't an undo, and hasn't it been
 * decided? */
bool	proof_is_wanted(const struct core *);
bool	proof_is_on(const struct core *);	/* the setting */
/* The same, as if it was asked for: also after the task's end. -1 with *e: it
 * didn't. */
int	proof_need(struct core *, struct err *);
/* Why the check can't run in such a copy, whatever is in it; NULL: it can. */
const char *proof_barred(const struct core *);
/* Put all changes there, and the ignored files that a copy has; NULL: -1. */
int	proof_fill(const struct core *, struct stage *, struct err *);
/* What a run says by itself: "passed", "failed", "unbuilt"; "killed" or "none"
 * with *reason. The output alone, which the model's code may have written, never
 * makes it pass or fail. */
const char *proof_outcome(const struct sandbox_result *,
	    const struct test_report *, const char **reason);
int64_t	proof_failures(const struct test_report *);	/* that it names */

#endif
