/*
 * stats: what a session used, and how its tasks went, counted from its journal;
 * the manual has the definitions (assent(1), Statistics). As a JSON object it
 * is in `stats --json` and `exec --output`, from which it can be read again.
 */
#ifndef ASSENT_CMD_STATS_H
#define ASSENT_CMD_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "journal/session.h"
#include "journal/task-usage.h"

enum stats_count {
	STATS_TASKS,
	STATS_CHECKED,		/* tasks whose success check ran */
	STATS_PASSED,		/* those whose first run of it passed */
	STATS_PLANS,		/* plans that a person answered */
	STATS_APPROVED,
	STATS_ACCEPTED,		/* hunks, with the edited ones */
	STATS_EDITED,
	STATS_REFUSED,
	STATS_PROMPTS,
	STATS_KEYS,
	STATS_REVIEW_MS,
	STATS_WAITED_MS,
	STATS_WALL_MS,
};
#define STATS_COUNTS 13

struct stats_sum {
	int64_t			 n[STATS_COUNTS];
	struct task_usage_sum	 used;
};

struct stats_row {
	char			*name;
	struct stats_sum	 sum;
};

enum stats_by { STATS_BY_MODEL, STATS_BY_PROFILE, STATS_BY_WEEK };
#define STATS_BY 3

struct stats {
	struct stats_sum sum;
	struct {
		struct stats_row *v;
		size_t		 len;
	}		 by[STATS_BY];	/* the tokens of a model: its requests */
	struct task_usage_sum first;	/* of the session's first task */
	cJSON		*estimate;	/* of it, or NULL */
	char		*model, *profile, *outcome;
	cJSON		*models;	/* the names of all models used */
	struct stats_fold *fold;	/* while a journal is read */
};

/* Reads that session's journal into a zeroed struct. -1 with *e; release it
 * anyway. */
int	stats_read(struct stats *, const char *id, struct err *);
void	stats_release(struct stats *);
/* Adds the figures of `s`, not what belongs to one session. */
void	stats_merge(struct stats *, const struct stats *s);

/* "2026-W47", of a time stamp; malloc'ed. */
char	*stats_week(const char *stamp);
/* MONEY_UNKNOWN if a turn has no price. */
int64_t	stats_cost(const struct stats_sum *);
/* The members of a session's object, and of a total's. */
cJSON	*stats_session(const struct stats *, const struct session_info *);
void	stats_add_total(cJSON *, const struct stats *);
/* Of a session, for `exec --output`; NULL with *e. */
cJSON	*stats_of_session(const char *id, struct err *);
/* The figures of such an object, into a zeroed struct. */
void	stats_from_json(struct stats *, const cJSON *);

#endif
