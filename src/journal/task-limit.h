/*
 * task-limit: the limits on a task: how they are named, reached, said and typed.
 */
#ifndef ASSENT_JOURNAL_TASK_LIMIT_H
#define ASSENT_JOURNAL_TASK_LIMIT_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

struct task_usage;

enum limit_kind {
	LIMIT_TURNS, LIMIT_TOKENS, LIMIT_MONEY, LIMIT_TIME, LIMIT_REPEAT,
};
#define LIMIT_KINDS 5
#define LIMIT_NONE (-1)

/* As the settings of the start object say; 0: none. */
int64_t	limit_setting(enum limit_kind, const cJSON *settings);
/* "turns", "tokens", "money", "time", "repeat": as in a `budget` line. */
const char *limit_word(enum limit_kind);
/* LIMIT_NONE if it is none of them. */
int	limit_find(const char *word);
/* "--max-turns": the option that sets it. */
const char *limit_flag(enum limit_kind);
/* What the task has used: turns, tokens, millionths of a dollar, ms,
 * calls. */
int64_t	limit_used(const struct task_usage *, enum limit_kind);
/* The limit with extensions; 0: none. */
int64_t	limit_now(const struct task_usage *, enum limit_kind);
/* A limit that is reached, or LIMIT_NONE. The cost limit is also reached when
 * something without a known price was used. */
int	limit_reached(const struct task_usage *);
/* Convert between these units and the journal's: dollars, seconds. Negative or
 * invalid gives -1. */
double	limit_to_json(enum limit_kind, int64_t);
int64_t	limit_from_json(enum limit_kind, double);
/* "30 turns", "$2.50", "12:30", "1,200,000 tokens", "5 times". */
void	limit_text(struct buf *, enum limit_kind, int64_t);
/* An amount as typed: "20", "2.50", "10m", "500k"; -1 if it is none, or
 * zero. */
int64_t	limit_from_text(enum limit_kind, const char *);
/* What `extend` adds by default: the limit itself. */
int64_t	limit_step(const struct task_usage *, enum limit_kind);

/* "1,234,567". */
void	limit_count_text(struct buf *, int64_t);

#endif
