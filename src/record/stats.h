/*
 * stats: what a session used, and how its tasks went, counted from its journal;
 * the manual has the definitions (assent(1), Statistics). As a JSON object it
 * is in `stats --json` and `exec --output`, from which it can be read again.
 */
#ifndef ASSENT_RECORD_STATS_H
#define ASSENT_RECORD_STATS_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "journal/task-usage.h"

enum stats_word {
	STATS_SESSION,
	STATS_NAME,		/* of exec --name */
	STATS_FILE,		/* of stats --from */
	STATS_PROJECT,
	STATS_STARTED,
	STATS_PROFILE,
	STATS_OUTCOME,		/* of the last task */
};
#define STATS_WORDS 7

enum stats_count {
	STATS_TASKS,
	STATS_CHECKED,		/* tasks whose success check ran */
	STATS_PASSED,		/* those whose first run of it passed */
	STATS_ACCEPTED,		/* hunks, without the edited ones */
	STATS_EDITED,
	STATS_REJECTED,
};
#define STATS_COUNTS 6

struct stats_model {
	char			*name;
	struct task_usage_sum	 used;	/* but for `worked_ms` */
};

struct stats {
	char			*word[STATS_WORDS];	/* NULL: none */
	int64_t			 n[STATS_COUNTS];
	struct task_usage_sum	 used;
	struct stats_model	*models;
	size_t			 models_len;
};

/* Reads that session's journal into a zeroed struct. -1 with *e; release it
 * anyway. */
int	stats_read(struct stats *, const char *id, struct err *);
void	stats_release(struct stats *);
/* Adds the figures of `s`, not what belongs to one session. */
void	stats_merge(struct stats *, const struct stats *s);
/* MONEY_UNKNOWN if a turn has no price. */
int64_t	stats_cost(const struct task_usage_sum *);

void	stats_to_json(cJSON *, const struct stats *);
/* Of a session, for `exec --output`; NULL with *e. */
cJSON	*stats_of_session(const char *id, struct err *);
/* Such an object, or NULL, into a zeroed struct. */
void	stats_from_json(struct stats *, const cJSON *);

#endif
