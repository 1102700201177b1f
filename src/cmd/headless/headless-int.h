/*
 * headless-int: what headless.c (lines and the loop), headless-print.c,
 * headless-ask.c and headless-choice.c (what the command line has decided)
 * share; for these four only.
 */
#ifndef ASSENT_CMD_HEADLESS_HEADLESS_INT_H
#define ASSENT_CMD_HEADLESS_HEADLESS_INT_H

#include <stdio.h>

#include "base/buf.h"
#include "base/pathmap.h"
#include "cmd/headless/headless.h"
#include "cmd/stale.h"
#include "journal/fold.h"

#define HEADLESS_NEVER ((int64_t)1 << 50)	/* no journal has that line */

struct headless {
	struct client			*client;
	const struct headless_options	*o;
	struct headless_result		*r;
	struct fold			*fold;
	FILE				*report;	/* all but output, diff */
	int				 sig_fd;
	int				 interrupts;
	bool				 interrupted;	/* we sent it */
	bool				 refused;
	int				 code;
	/* The open proposal that was printed, and the last one asked about. */
	int64_t				 shown_id, asked_id;
	int				 shown_version, asked_version;
	int				 asked_plan;
	int64_t				 asked_pause;	/* its seq */
	char				*asked_command;
	struct buf			 tail;	/* output cut inside a letter */
	bool				 midline;	/* it ended there */
	struct pathmap			 printed;	/* files shown already */
	char				*told;		/* refused, told already */
	/* What --accept and its like have come to. */
	enum { CHOICE_OPEN, CHOICE_SPLIT, CHOICE_SENT, CHOICE_FAILED } choice;
	struct stale			 moved;	/* since o->version */
	int				 choice_version; /* with all parts */
	int64_t				 choice_id;
	struct pathmap			 chosen;	/* files it is about */
	int				 kept_open;	/* hunks that the choice leaves
							   open */
	bool				 told_open;	/* and that was said */
	int				 written;	/* files, by the choice */
	int				 unwritten;	/* those that were not */
	cJSON				*finished;	/* how an interrupted apply
							   ended */
	struct buf			 untold;	/* errors before `live` */
	int				 accepted, rejected;	/* hunks, by it */
	bool				 left_out;	/* some change cannot be
						   proposed */
	bool				 said;		/* the words, once more */
	bool				 begun;		/* o->first was sent */
	bool				 opened;	/* and has made it */
	bool				 left;		/* nothing more to see */
	bool				 told_products;
	bool				 included;	/* o->include was sent */
	bool				 commented;	/* o->comments were sent */
	bool				 includes;	/* one of the two is being
							   done */
	bool				 carried;	/* the core was at it */
	char				*why;		/* its last error */
	bool				 live;		/* what was, has been read */
	int				 looks;		/* in a row at a core
							   that said nothing */
	bool				 stuck;		/* it never will */
};

/* ---- headless.c ---- */
void	headless_send(struct headless *, cJSON *take);

/* ---- headless-print.c ---- */
/* The output of `try`'s command: every byte of it, but no letter in halves on
 * a terminal. */
void	headless_output(struct headless *, const cJSON *line);
void	headless_output_end(struct headless *);
/* A proposal line: what is new in the open proposal. */
void	headless_proposal(struct headless *, const cJSON *);
/* `try` has no model: only what its command and the gate did is of interest. */
void	headless_print_try(struct headless *, const cJSON *, const char *type);

/* ---- headless-ask.c ---- */
/* Something may wait for the person who sits here. */
void	headless_ask(struct headless *);

/* ---- headless-choice.c ---- */
/* Nothing was decided, and nothing will be. */
void	headless_choice_failed(struct headless *, const char *why);
/* A proposal is there and waits: split, then mark. */
void	headless_choose(struct headless *);
/* `decide` and its like: is it carried out, and the session at rest? */
void	headless_decided(struct headless *);
/* An `applied` line of what was chosen. */
void	headless_count_applied(struct headless *, const cJSON *);
/* A `decision` line. */
void	headless_count_decided(struct headless *, const cJSON *);
/* The exit status of a choice that was sent. */
int	headless_chosen(const struct headless *);

#endif
