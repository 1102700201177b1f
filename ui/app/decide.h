/*
 * decide: the keys that decide, the rules against accidental decisions, and the
 * keys that take a decision back.
 */
#ifndef ASSENT_UI_APP_DECIDE_H
#define ASSENT_UI_APP_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "front/bindings.h"
#include "journal/event.h"
#include "ui/keys/keys.h"
#include "ui/panes/ui-base.h"

/* A frame is drawn; `whole`: with all of the question that it asks. */
void	verdict_drawn(struct ui *, bool whole);
/* What keys would do now. */
struct review_act verdict_act(const struct ui *);
/* Record what the frames up to `now` have displayed and asked as seen and
 * asked. */
void	verdict_settle(struct ui *, int64_t now);
/* Does a key count that writes, approves or permits; one that marks or chooses? */
bool	verdict_counts(const struct ui *);
bool	verdict_marks(const struct ui *);

/* Is this key kept, since marks of your own tree are being staged? */
bool	staging_takes(struct ui *, const struct key_event *);
/* A line of the core: what is left may be there. */
void	staging_line(struct ui *, const struct event *);
/* When keys that were kept can be done, -1: there are none; and do them: false if
 * there were none. */
int64_t	staging_due(const struct ui *);
bool	staging_replay(struct ui *);

/* Isn't all of it read that the key which accepts would mark? */
bool	decide_is_unread(const struct ui *);

/* The keys that undo and redo, and the reasons that are typed. */
extern const struct ui_part part_decide;
bool	decide_key(struct ui *, const struct action *);
/* Enter, or (`capital`) the key that confirms. */
void	decide_confirmed(struct ui *, bool capital);
/* Would it do something? */
bool	take_back_offers(const struct ui *, enum action_id);
/* A line of the core: the proposal may have come that the last key asked for. */
void	take_back_line(struct ui *, enum event_type type);

#endif
