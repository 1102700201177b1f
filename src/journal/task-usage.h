/*
 * task-usage: what a session and its present task have used, and the limits on
 * it,
 * as a pure function of the journal's lines: turns, tokens, money, working
 * time, the same call again and again.  The fold keeps one; the core asks it
 * whether a limit is reached, so that a resumed session counts on where it was.
 *
 * Tokens are the provider's; of a turn for which it told none (its answer was
 * cut off, or it never tells) they are the core's guess, and `guessed` says so.
 */
#ifndef ASSENT_JOURNAL_TASK_USAGE_H
#define ASSENT_JOURNAL_TASK_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

enum limit_kind {
	LIMIT_TURNS, LIMIT_TOKENS, LIMIT_MONEY, LIMIT_TIME, LIMIT_REPEAT,
};
#define LIMIT_KINDS 5
#define LIMIT_NONE (-1)

struct task_usage_sum {
	int64_t	 turns;
	int64_t	 in, out, cached;	/* tokens; `in` has those cached */
	int64_t	 counted;		/* of `in`: without what is guessed */
	bool	 cached_told;		/* by a provider, at least once */
	int64_t	 cost;			/* micro, of the turns with a price */
	int64_t	 unpriced;		/* turns without one */
	int64_t	 worked_ms;		/* without what waited for a person */
	bool	 guessed;		/* some of the tokens */
};

struct task_usage {
	struct task_usage_sum task, session;
	bool	 open;			/* a task is being worked on */
	bool	 in_turn;		/* a request is out, not yet paid for */
	bool	 wrapped;		/* it is to end with what there is */
	int64_t	 limit[LIMIT_KINDS];	/* in the units of limit_used; 0: none */
	int64_t	 more[LIMIT_KINDS];	/* that a person has added for the task */
	int64_t	 unpriced_known;	/* that a person has been asked about */
	int64_t	 repeats;		/* of the last call, in a row */
	char	*last_call;
	int64_t	 context;		/* tokens of the next request */
	bool	 context_guessed;	/* what came since the last answer */
	int64_t	 window;		/* of the model; 0: not known */
	int64_t	 context_seq;		/* of the line that told its size last */
	int64_t	 call_seq;		/* of the first of the last call, in a
					   row; 0: there was none */
};

void	task_usage_release(struct task_usage *);
/* A line of the journal; others change nothing. */
void	task_usage_event(struct task_usage *, const cJSON *line);
/* If a request is paid for by this line: adds it. */
bool	task_usage_paid(struct task_usage_sum *, const cJSON *line);
/* "87%": how much of the input came from the provider's cache; "-": it says
 * nothing of that. */
void	task_usage_cache_text(struct buf *, const struct task_usage_sum *);
/* From this line on texts count that are measured or compared; the lines before
 * it may come without (see trim.h). */
int64_t	task_usage_whole_from(const struct task_usage *);
/* Would this be the last call of the model once more? args: NULL if its text is
 * no object. */
bool	task_usage_is_again(const struct task_usage *, const char *name,
	    const cJSON *args, const char *args_text);

/* ---- limits ---- */

/* "turns", "tokens", "money", "time", "repeat": as in a `budget` line. */
const char *limit_word(enum limit_kind);
/* LIMIT_NONE if it is none of them. */
int	limit_find(const char *word);
/* "--max-turns", that sets it. */
const char *limit_flag(enum limit_kind);
/* What the task has used: turns, tokens, micro, ms, calls. */
int64_t	limit_used(const struct task_usage *, enum limit_kind);
/* What it may, with what was added; 0: it has no limit. */
int64_t	limit_now(const struct task_usage *, enum limit_kind);
/* One that is reached, or LIMIT_NONE. That of money is, too, when something was
 * spent whose price is not known. */
int	limit_reached(const struct task_usage *);
/* Between these units and those of the journal: dollars, seconds. Less than 0
 * and what is no number is -1. */
double	limit_to_json(enum limit_kind, int64_t);
int64_t	limit_from_json(enum limit_kind, double);
/* "30 turns", "$2.50", "12:30", "1,200,000 tokens", "5 times". */
void	limit_text(struct buf *, enum limit_kind, int64_t);
/* What a person types as an amount: "20", "2.50", "10m", "500k"; -1 if it is
 * none, or nothing. */
int64_t	limit_from_text(enum limit_kind, const char *);
/* How much more `extend` gives if it does not say: as much as there was. */
int64_t	limit_step(const struct task_usage *, enum limit_kind);

/* "1,234,567". */
void	count_text(struct buf *, int64_t);

#endif
