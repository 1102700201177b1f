/*
 * take-back: the keys that undo and redo what the user did: the marks of the open
 * proposal, and else a write. The core makes a proposal of the reverse, and one
 * question is asked about all of it.
 */
#ifndef ASSENT_UI_APP_TAKE_BACK_H
#define ASSENT_UI_APP_TAKE_BACK_H

#include <stdbool.h>

#include "front/bindings.h"
#include "journal/event.h"

struct fold_file;
struct ui;

bool	take_back_key(struct ui *, enum action_id);
/* Would it do something? */
bool	take_back_offers(const struct ui *, enum action_id);
/* A line of the core: the proposal may have come that the last key asked for. */
void	take_back_line(struct ui *, enum event_type type);

#endif
