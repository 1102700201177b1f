/*
 * verdict: when a key that decides, grants, writes, sends, ends or starts a
 * program counts.  Such a key is a verdict.  It counts once what it would do has
 * stood unchanged on the screen for a time: VERDICT_MS, or VERDICT_OWN_MS if the
 * user's own key brought it.  The screen asks in one place (state.c).
 */
#ifndef ASSENT_UI_APP_VERDICT_H
#define ASSENT_UI_APP_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "front/bindings.h"

#define VERDICT_MS 700
#define VERDICT_OWN_MS 150

struct ui;

bool	verdict_is(const struct action *);
/* What came by itself since the last frame may have changed what a verdict
 * would do. */
void	verdict_came(struct ui *);
/* A frame is drawn; `whole`: with all of the question that it asks. */
void	verdict_drawn(struct ui *, bool whole);
/* That frame is on the screen: what was drawn, by whom. Takes the text. */
void	verdict_settle(struct ui *, char *drawn_take, bool came);
/* Another program had the terminal: the time starts anew. */
void	verdict_forget(struct ui *);
/* Does what a verdict would do now stand on the screen? */
bool	verdict_stands(const struct ui *);
/* And for long enough: does a verdict count? */
bool	verdict_counts(const struct ui *);
/* When a verdict begins to count; -1: not. */
int64_t	verdict_due(const struct ui *);
/* The time went by, and nothing that was typed before is still to be read. True
 * if a verdict begins to count: its key is shown from now on. */
bool	verdict_tick(struct ui *);

#endif
