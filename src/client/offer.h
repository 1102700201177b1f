/*
 * offer: what can be done now with the proposal, for every front end: whether an
 * action would do something, and what marking the last open hunks does besides.
 * The screen adds keys, its cursor's rows and the width, plain lines letters.
 */
#ifndef ASSENT_CLIENT_OFFER_H
#define ASSENT_CLIENT_OFFER_H

#include <stdbool.h>

#include "front/bindings.h"
#include "review/review.h"

struct buf;

/* What marking the last open hunks does besides. */
enum offer_then {
	THEN_NOTHING, THEN_WRITES, THEN_STAGES,
	THEN_RUNS_HOOK,		/* the one that blocked the write */
	THEN_TELLS,		/* the model */
	THEN_ENDS,		/* the review */
};

/* What a key or an answer that marks does. */
struct offer_effect {
	enum offer_then	 then;
	enum fold_mark	 mark;
	struct review_effect marks;	/* as they are then */
};

/* Would the action do something about the hunk (NULL: about none), or about the
 * proposal? True for actions that always can. */
bool	offer_can(const struct review *, const struct fold_file *,
	    const struct fold_hunk *, enum action_id);
/* Of a mark with a reason or without. */
struct offer_effect offer_effect(const struct review *,
	    const struct review_target *, bool reason);
/* Append " and write all 3"; nothing if it only marks. */
void	offer_effect_words(const struct offer_effect *, bool brief,
	    struct buf *);

#endif
