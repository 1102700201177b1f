/*
 * headless-int: shared only by headless.c (lines and the loop),
 * headless-print.c, headless-ask.c and headless-choice.c (decisions on the
 * command line).
 */
#ifndef ASSENT_CMD_HEADLESS_INT_H
#define ASSENT_CMD_HEADLESS_INT_H

#include <stdio.h>

#include "base/buf.h"
#include "base/pathmap.h"
#include "cmd/headless.h"
#include "cmd/plain-int.h"
#include "front/stale.h"
#include "journal/event.h"
#include "journal/fold.h"

#define HEADLESS_NEVER ((int64_t)1 << 50) /* larger than any line number */

struct headless {
	struct client			*client;
	const struct headless_options	*o;
	struct headless_result		*r;
	struct fold			*fold;
	FILE				*report;	/* everything but output
							   and diff */
	int				 sig_fd;
	int				 interrupts;
	bool				 interrupted;	/* we interrupted the
							   task */
	bool				 refused;
	int				 code;
	/* The proposal printed last. */
	int64_t				 shown_id;
	int				 shown_version;
	struct plain			 plain;		/* the questions */
	char				*asked_command;
	struct buf			 tail;	/* a partial character */
	bool				 midline;	/* the output ended
							   within a line */
	struct pathmap			 printed;	/* files shown
							   already */
	char				*told;		/* files that can't be
							   proposed, as printed
							   last */
	/* The state of --accept and the like. */
	enum { CHOICE_OPEN, CHOICE_SPLIT, CHOICE_SENT, CHOICE_FAILED } choice;
	enum { CHECK_NOT_RUN, CHECK_RUNS, CHECK_PASSED, CHECK_FAILED } check;
	int				 check_code;	/* the exit status if
							   it failed */
	struct stale			 stale;	/* changed since o->version */
	int				 choice_version; /* the version after
							    all splits */
	int64_t				 choice_id;
	struct pathmap			 chosen;	/* the files in its
							   proposal */
	int				 kept_open;	/* hunks left open */
	bool				 told_open;	/* the open hunks were
							   printed */
	int				 written;	/* files written for the
							   choice */
	int				 unwritten;	/* files not written */
	cJSON				*finished;	/* the `applied` line of
							   an interrupted
							   apply */
	struct buf			 untold;	/* errors before
							   `live` */
	int				 accepted, rejected;	/* hunks decided
								   by it */
	bool				 left_out;	/* a file can't be
							   proposed */
	bool				 begun;		/* o->first was sent */
	bool				 opened;	/* and its proposal
							   came */
	bool				 left;		/* nothing more to
							   print */
	bool				 told_products;
	bool				 included;	/* o->include was
							   sent */
	bool				 commented;	/* o->comments were
							   sent */
	bool				 barrier;	/* the core still works
							   on what was sent */
	bool				 carried;	/* the core worked on
							   the choice */
	char				*why;		/* the last error about
							   it */
	bool				 live;		/* the journal's old
							   lines were read */
	int				 looks;		/* checks of a silent
							   core */
	int64_t				 stop_ms;	/* when to leave after
							   SIGTERM; 0: none */
	bool				 progress;	/* on stderr, too */
	bool				 stuck;		/* the core doesn't
							   answer */
};

/* ---- headless.c ---- */
void	headless_send(struct headless *, cJSON *take);
/* Are the lines old ones of the session, which nobody waits for? */
bool	headless_is_past(const struct headless *);

/* ---- headless-print.c ---- */
/* The output of `try`'s command: every byte, but no partial characters on a
 * terminal. */
void	headless_output(struct headless *, const cJSON *line);
void	headless_output_end(struct headless *);
/* A proposal line: prints what is new in the open proposal. */
void	headless_proposal(struct headless *, const cJSON *);
/* `try` has no model: prints only what its command and the gate did. */
void	headless_print_try(struct headless *, const cJSON *, enum event_type type);

/* ---- headless-ask.c ---- */
/* Asks the user if something is waiting. */
void	headless_ask(struct headless *);
/* Reads what the user types at a question. */
void	headless_typed(struct headless *);

/* ---- headless-choice.c ---- */
/* Nothing is decided. */
void	headless_choice_failed(struct headless *, const char *why);
/* A proposal waits: split, then mark. */
void	headless_choose(struct headless *);
/* `decide` and the like: is it carried out, and the session idle? */
void	headless_decided(struct headless *);
/* An `applied` line of the choice. */
void	headless_count_applied(struct headless *, const cJSON *);
/* An `evidence` line: may the choice be sent? */
void	headless_checked(struct headless *, const cJSON *);
/* A `decision` line. */
void	headless_count_decided(struct headless *, const cJSON *);
/* The exit status of a choice that was sent. */
int	headless_chosen(const struct headless *);

#endif
