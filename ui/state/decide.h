/*
 * decide: keys that decide, and the rules against accidents.
 */
#ifndef ASSENT_UI_STATE_DECIDE_H
#define ASSENT_UI_STATE_DECIDE_H

#include <stdbool.h>

#include "front/action.h"

struct ui;

bool	decide_key(struct ui *, const struct action *);
/* The second key. */
void	decide_confirmed(struct ui *);
/* Why not: what was typed. */
void	decide_word(struct ui *, const char *word);

#endif
