/*
 * facts: what anybody says of a session, computed from the lines of its journal
 * in one place: what it cost and who caused that, what became of each hunk and
 * who decided, how its tasks and their checks went, and the short state
 * that lists show (session.h). Pure: no clock, no I/O. The fold keeps one for
 * core and front ends; `assent stats` makes one of each journal. A number that
 * is shown in two places comes from here in both.
 */
#ifndef ASSENT_JOURNAL_FACTS_H
#define ASSENT_JOURNAL_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/pathmap.h"
#include "journal/event.h"
#include "journal/session.h"
#include "journal/task-usage.h"

/* Who caused a request to a model. */
enum facts_payer {
	FACTS_TASK,
	FACTS_ASIDE,		/* a question about a hunk, or beside the
				   work */
	FACTS_REVIEWER,		/* the rule of that name */
	FACTS_COMPACTION,	/* a summary */
};
#define FACTS_PAYERS 4

enum facts_verdict {
	FACTS_UNDECIDED, FACTS_ACCEPTED, FACTS_EDITED, FACTS_REJECTED,
};
#define FACTS_VERDICTS 4

/* Who decided: a person, at a terminal or in an editor; a script of theirs,
 * without one; or a rule. */
enum facts_who {
	FACTS_PERSON, FACTS_SCRIPT,
	FACTS_BY_YES, FACTS_BY_SMALL, FACTS_BY_REVIEWER, FACTS_BY_ROLLBACK,
};
#define FACTS_WHOS 6

/*
 * A hunk over all its versions. Its id changes with its text; it is still the
 * same hunk if it adds and removes the same lines of the same file as one that is
 * open no more and wasn't written. Hunks of an undo aren't counted.
 */
struct facts_hunk {
	char		*id;		/* now, or last */
	char		*path;		/* as on disk */
	size_t		 older;		/* one more with the same lines, from 1;
					   0: none */
	int64_t		 proposal;	/* seq of the last line that has it: */
	int64_t		 line;
	int		 added, removed;	/* lines */
	char		*word;		/* why the user rejected it; or NULL */
	enum facts_verdict verdict;	/* the last */
	enum facts_who	 who;		/* of that */
	int64_t		 seq;		/* of that */
	int		 task;		/* its number, */
	int64_t		 turn;		/* and how many turns the session had */
	bool		 written;
};

/* A task counts from its message to its last end: a message that continues it, and
 * the ends before that, belong to it. */
enum facts_of { FACTS_OF_TASK, FACTS_OF_SESSION };

struct facts_hunks {
	int	 n[FACTS_VERDICTS];	/* each hunk once, by its last verdict */
	int	 decided;		/* all of those but FACTS_UNDECIDED */
	int	 replaced;		/* of those rejected in a task: a later
					   hunk of the file was accepted in it */
	struct { int hunks, files; } by[FACTS_WHOS];	/* accepted */
};

/* A test of the model's that is to fail before the work is done. */
enum facts_test { FACTS_TEST_NONE, FACTS_TEST_MISSED, FACTS_TEST_FAILED };

struct facts_model {
	char			*name;		/* "provider/name" */
	struct task_usage_sum	 used;		/* but for `worked_ms` */
};

struct facts {
	struct session_state	 state;		/* what lists show */
	bool			 news;		/* it has changed: reset by who
						   saves it */
	struct task_usage	 usage;
	struct task_usage_sum	 paid[FACTS_PAYERS];	/* of the session */
	struct facts_model	*models;	/* the same, by model */
	size_t			 models_len;
	cJSON			*misses;	/* of the session: tokens that
						   the cache didn't have, by
						   reason; or NULL */
	char			*model;		/* now in use; or NULL */
	char			*profile;	/* such as "code" */
	struct facts_hunk	*hunks;
	size_t			 hunks_len;
	struct pathmap		 ids, lines;	/* where they are in `hunks` */
	size_t			*decided;	/* hunks of the last decision */
	size_t			 decided_len;
	/* Tasks. One that failed and was asked again is the same. */
	int			 task;		/* number of the current one */
	int64_t			 since;		/* seq of the message that began
						   it */
	bool			 over;		/* it has ended */
	int			 answers;	/* the user's in it: decisions,
						   answers to plans, questions and
						   limits */
	int			 tasks;		/* with a turn, or an end */
	int			 checked, passed;	/* tasks whose check ran;
						   whose first run passed */
	int			 wrote[FACTS_WHOS];	/* files in this task */
	bool			 counted, was_checked;	/* this one, in those */
	enum facts_test		 test;		/* in this task */
	int64_t			 proposal;	/* seq of the last proposal line */
	enum {
		FACTS_FINAL,		/* or it is closed */
		FACTS_PARTIAL,		/* there will be more of this task */
		FACTS_UNDO,
	}			 open;
	bool			 asks;		/* a question about a hunk is open */
	enum facts_payer	 payer;		/* of the current request */
};

void	facts_event(struct facts *, const struct event *);
void	facts_release(struct facts *);
/* Linear in the hunks. */
struct facts_hunks facts_hunks(const struct facts *, enum facts_of);
/* Append "2 hunks in 1 file by you, 3 hunks in 2 files by rule small": who
 * accepted what; nothing if nothing was. */
void	facts_add_accepted(struct buf *, const struct facts_hunks *);
/* Append the lead and "the cache missed: the tools changed (12,400 tokens)" for
 * each reason that says something. */
void	facts_add_misses(struct buf *, const char *lead, const cJSON *misses);
/* The user rejected this hunk, and it isn't open again. */
bool	facts_is_rejected(const struct facts *, const struct facts_hunk *);
/* The hunk of that id, if the user has rejected it, open again or not; or NULL. */
const struct facts_hunk *facts_rejected(const struct facts *, const char *id);
/* The user, or a rule, decided hunks after this line, and rejected them all. */
bool	facts_all_rejected(const struct facts *, int64_t since);
/* Set the members of this agent_end that say what its task has used, and what was
 * decided in it. Returns `accepted_by`, for the caller to delete. */
cJSON	*facts_end(const struct facts *, struct event *);

#endif
