/*
 * decide: the keys that decide, the rules against accidental decisions, and the
 * keys that take a decision back.
 */
#ifndef ASSENT_UI_APP_DECIDE_H
#define ASSENT_UI_APP_DECIDE_H

#include <stdbool.h>

#include "front/bindings.h"
#include "journal/event.h"

struct buf;
struct review_effect;
struct ui;

/* A key that decides, grants, writes, sends, ends or starts a program is a
 * verdict. It counts once what it would do has stood unchanged on the screen for
 * a time: REVIEW_MS, or REVIEW_OWN_MS if the user's own key brought it. */
bool	verdict_is(const struct action *);
/* A frame is drawn; `whole`: with all of the question that it asks. */
void	verdict_drawn(struct ui *, bool whole);
/* Does a verdict count? */
bool	verdict_counts(const struct ui *);

/* What the marks are after this key. Does it mark the last open hunks? Then the
 * decision is complete, and the core carries it out. */
bool	decide_effect(const struct ui *, enum action_id,
	    struct review_effect *);
/* Then append " and write 5 of 9"; brief: ", write". */
void	decide_effect_text(const struct ui *, enum action_id, bool brief,
	    struct buf *);

bool	decide_key(struct ui *, const struct action *);
/* The user pressed the second key that confirms. */
void	decide_confirmed(struct ui *);
/* The frame with the question was written. */
void	decide_settled(struct ui *);
/* The user typed a reason for rejecting. */
void	decide_word(struct ui *, const char *word);

bool	take_back_key(struct ui *, enum action_id);
/* Would it do something? */
bool	take_back_offers(const struct ui *, enum action_id);
/* A line of the core: the proposal may have come that the last key asked for. */
void	take_back_line(struct ui *, enum event_type type);

#endif
