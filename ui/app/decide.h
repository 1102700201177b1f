/*
 * decide: the keys that decide, and the rules against accidental decisions.
 */
#ifndef ASSENT_UI_APP_DECIDE_H
#define ASSENT_UI_APP_DECIDE_H

#include <stdbool.h>

#include "front/bindings.h"

struct buf;
struct effect;
struct ui;

/* Would the key, pressed now, mark the last open hunks? Then the decision is
 * complete, and the core carries out *e. */
bool	decide_effect(const struct ui *, enum action_id, struct effect *);
/* Then append " and write 5 of 9"; brief: ", write". */
void	decide_effect_text(const struct ui *, enum action_id, bool brief,
	    struct buf *);

bool	decide_key(struct ui *, const struct action *);
/* The user pressed the second key that confirms. */
void	decide_confirmed(struct ui *);
/* Ask about all of the open undo or redo; `fresh`: it isn't displayed yet, so
 * what isn't seen of it is named once that frame is written. */
void	decide_undo(struct ui *, enum action_id, bool fresh);
/* The frame with the question was written. */
void	decide_settled(struct ui *);
/* The user typed a reason for rejecting. */
void	decide_word(struct ui *, const char *word);

#endif
