/*
 * approve: when a person reviews changes, and what is accepted without one. One
 * table: the driver asks it what comes next, configuration and help list it,
 * and the texts about grants come from it. A new mode is a row, and must not
 * need a condition elsewhere.
 */
#ifndef ASSENT_POLICY_APPROVE_H
#define ASSENT_POLICY_APPROVE_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "journal/event.h"

/* Commands that allow a mode. */
#define APPROVE_SCREEN	(1u << 0)
#define APPROVE_EXEC	(1u << 1)
#define APPROVE_TRY	(1u << 2)	/* and apply */
#define APPROVE_ANY	(APPROVE_SCREEN | APPROVE_EXEC | APPROVE_TRY)

struct approve {
	const char	*name;
	bool		 rule;		/* the rule of this name decides first
					   (core/review/propose-mark.c) */
	bool		 at_end;	/* only after the model has finished;
					   a resumed session is back at ask */
	unsigned	 where;
	const char	*scope;		/* what the rule accepts; or NULL */
	const char	*brief;		/* the mode in half a row */
};

extern const struct approve approve_table[];
extern const size_t approve_table_len;

/* Limits of the rule "small" in changed lines, added plus removed. */
#define APPROVE_SMALL_FILE	50	/* since a person last decided on it */
#define APPROVE_SMALL_SESSION	200

/* NULL if there is no such mode. */
const struct approve *approve_find(const char *name);
/* The same, or what the machine's file allows at most, if that is narrower. */
const struct approve *approve_within(const cJSON *start, const char *name);
/* The modes allowed there: "ask, small". */
void	approve_names(struct buf *, unsigned where, const char *between);
/* "at the end" */
const char *approve_when(const struct approve *);
/* When you review in this mode there, as a sentence without full stop: "you
 * review after each plan step and at the end; the model waits". */
void	approve_words(struct buf *, const struct approve *, unsigned where);

struct grants {
	struct ev_grant	*v;
	size_t		 len;
};

/* The auto-approvals of a start object, for the journal. Its `origins` says
 * where a setting comes from ("--approve", "ASSENT_APPROVE", a file's path). The
 * list borrows from it; the caller releases. */
struct grants grant_list(const cJSON *start);
void	grants_release(struct grants *);
/* The hosts that the `agent` of a start object may reach, or nothing if it is NULL;
 * the caller deletes. */
cJSON	*grant_agent_hosts(const cJSON *agent);

#endif
