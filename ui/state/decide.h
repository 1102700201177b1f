/*
 * decide: the keys that decide, and the rules against accidental decisions.
 */
#ifndef ASSENT_UI_STATE_DECIDE_H
#define ASSENT_UI_STATE_DECIDE_H

#include <stdbool.h>

#include "front/action.h"

struct ui;

bool	decide_key(struct ui *, const struct action *);
/* The user pressed the second key that confirms. */
void	decide_confirmed(struct ui *);
/* The user typed a reason for rejecting. */
void	decide_word(struct ui *, const char *word);

#endif
