/*
 * task-usage: what a session and its current task have used, and the limits, as
 * a pure function of the journal's lines: turns, tokens, money, working time,
 * repeated calls. The fold keeps one; the core asks it whether a limit is
 * reached, so a resumed session continues its counts.
 *
 * Tokens are the provider's counts; for a turn without any (the answer was cut
 * off, or the provider never reports them) they are the core's guess, and
 * `guessed` is set.
 */
#ifndef ASSENT_JOURNAL_TASK_USAGE_H
#define ASSENT_JOURNAL_TASK_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "journal/event.h"

struct task_usage;

enum limit_kind {
	LIMIT_NONE = -1,
	LIMIT_TURNS, LIMIT_TOKENS, LIMIT_MONEY, LIMIT_TIME, LIMIT_REPEAT,
	LIMIT_DAY,		/* of all sessions; the core knows what they
				   used (budget.c) */
	LIMIT_SERVICE,	/* not a setting: the service's own */
};
#define LIMIT_KINDS 7

extern const struct limit_row {
	const char	*word;		/* as in a `budget` line */
	const char	*flag;		/* the option that sets it; NULL: none */
	const char	*setting;	/* in the start object; NULL: none */
	int64_t		 unit;		/* our units per one of the journal's */
	int64_t		 def;
} limit_rows[LIMIT_KINDS];

/* LIMIT_NONE if it is none of them. */
int	limit_find(const char *word);
/* What the task has used: turns, tokens, millionths of a dollar, ms,
 * calls. */
int64_t	limit_used(const struct task_usage *, enum limit_kind);
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

/* "1,234,567". */
void	limit_count_text(struct buf *, int64_t);

#define TASK_USAGE_MAX ((int64_t)1 << 52)	/* exact in a JSON number */

struct task_usage_sum {
	int64_t	 turns;
	int64_t	 in, out, cached;	/* tokens; `in` includes the cached
					   ones */
	int64_t	 counted, counted_out;	/* parts of `in` and `out` that aren't
					   guessed */
	bool	 cached_told;		/* the provider reported it at least
					   once */
	int64_t	 cost;			/* of the turns with a price, in
					   millionths of a dollar */
	int64_t	 unpriced;		/* turns without one */
	int64_t	 worked_ms;		/* not counting the wait for a person */
	bool	 guessed;		/* some tokens are guessed, */
	bool	 uncounted, uncached;	/* and of whole answers, too; of some the
					   provider didn't tell what was cached */
};

struct task_usage {
	struct task_usage_sum task, session;
	struct task_usage_sum earlier;	/* of the task, before the message that
					   continued it: limits start again */
	bool	 asked;			/* the model's last text is a question */
	/* A message of the user's opens a task, its end closes it; a new
	 * conversation doesn't continue it. */
	enum {
		USAGE_CLOSED,
		USAGE_UNFINISHED,	/* and the next message continues it */
		USAGE_OPEN,		/* it is being worked on */
	}	 state;
	bool	 in_turn;		/* a request is out and not paid for
					   yet */
	bool	 wrapped;		/* it is to finish with what there is */
	int64_t	 limit[LIMIT_KINDS];	/* in the units of limit_used; 0:
					   none */
	int64_t	 now[LIMIT_KINDS];	/* with what a person added for the
					   task */
	int64_t	 unpriced_known;	/* unpriced turns a person was asked
					   about */
	int64_t	 repeats;		/* how often the last call came in a
					   row */
	char	*last_call;		/* malloc'ed */
	int64_t	 context;		/* tokens of the next request */
	bool	 context_guessed;	/* part of it, since the last answer, is
					   guessed */
	int64_t	 window;		/* the model's; 0: unknown */
	int64_t	 context_seq;		/* seq of the line that gave its size
					   last */
	int64_t	 call_seq;		/* seq of the first of the last call's
					   repeats; 0: none */
};

/* The usage of the whole task. */
struct task_usage_sum task_usage_whole(const struct task_usage *);
void	task_usage_add_sum(struct task_usage_sum *,
	    const struct task_usage_sum *);
/* Fold a journal line; other types change nothing. */
void	task_usage_event(struct task_usage *, const struct event *);
/* Add the line if it pays for a request. */
bool	task_usage_paid(struct task_usage_sum *, const struct event *);
/* Does a message of the user, while no task is open, go on with the last one? */
bool	task_usage_continues(const struct task_usage *,
	    const struct ev_user_message *);
/* What it cost; MONEY_UNKNOWN if a request has no price. */
int64_t	task_usage_cost(const struct task_usage_sum *);
/* "3 turns, 1,200 tokens in, 300 out, $0.0359, cache 87%": the share of the
 * input that came from the provider's cache; "-": unknown. */
void	task_usage_line(struct buf *, const struct task_usage_sum *);
/* From this line on, texts are measured or compared; lines before it may be
 * trimmed (trim_line). */
int64_t	task_usage_whole_from(const struct task_usage *);
/* Would this repeat the model's last call? args: NULL if they aren't an
 * object. */
bool	task_usage_is_again(const struct task_usage *, const char *name,
	    const cJSON *args, const char *args_text);

#endif
