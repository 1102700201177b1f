/*
 * verdict: when a key that decides, grants, writes, sends, ends or starts a
 * program counts.  Such a key is a verdict.  It counts once what it would do has
 * stood unchanged on the screen for a time: REVIEW_MS, or REVIEW_OWN_MS if the
 * user's own key brought it.  The screen asks in one place (state.c).
 */
#ifndef ASSENT_UI_APP_VERDICT_H
#define ASSENT_UI_APP_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "front/bindings.h"

struct ui;

bool	verdict_is(const struct action *);
/* A frame is drawn; `whole`: with all of the question that it asks. */
void	verdict_drawn(struct ui *, bool whole);
/* Does what a verdict would do now stand on the screen? */
bool	verdict_stands(const struct ui *);
/* And for long enough: does a verdict count? */
bool	verdict_counts(const struct ui *);

#endif
