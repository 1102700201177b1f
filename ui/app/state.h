/*
 * state: the UI without a terminal. Lines from the core and keys go in,
 * commands for the core come out through a callback; frame_draw draws. No clock,
 * no I/O: the caller passes the time.
 */
#ifndef ASSENT_UI_APP_STATE_H
#define ASSENT_UI_APP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "front/bindings.h"
#include "front/slash-command.h"
#include "ui/keys/keys.h"
#include "ui/panes/ui-base.h"

/* All parts of the screen; NULL: the end. */
extern const struct ui_part *const state_parts[];

/* The bindings are borrowed. */
void	state_init(struct ui *, const struct bindings *, ui_send_cb *,
	    void *arg);
void	state_release(struct ui *);
/* Handle a line from the core. */
void	state_line(struct ui *, const struct event *);
/* The journal's lines are read, and the core that checks them isn't live yet:
 * show what waits, but no key decides. */
void	state_checking(struct ui *);
void	state_key(struct ui *, const struct key_event *);
/* The same for one that was kept: see staging_takes(). */
void	state_key_now(struct ui *, const struct key_event *);
/* The user has decided something: keys from now on are for what follows. */
void	state_decided(struct ui *);
/* Does its key do anything yet? On a page that came by itself it may be typed for
 * something else. */
bool	state_takes(const struct ui *, const struct action *);
/* Do what the key of this action does in the pane in front. */
void	state_action(struct ui *, const struct action *);
/* When state_tick has something to do (elapsed time, a focus that may move);
 * -1: never. */
int64_t	state_deadline(const struct ui *);
/* The earlier of two times; -1: never. */
int64_t	state_sooner(int64_t a, int64_t b);
/* True if the screen may have changed. */
bool	state_tick(struct ui *);

/* Is an Enter held whose row has stood now? One whose row has changed is
 * dropped. */
bool	held_is_due(struct ui *);
void	held_act(struct ui *);

/* ---- state-line.c ---- */
/* All lines are folded. `seq`: the journal's last line at that key; 0: unknown. */
void	away_notice(struct ui *, int64_t seq);

/* Go to what waits; false if nothing does, or it has the keys. */
bool	state_to_waiting(struct ui *);

/* ---- frame.c: draws the screen ---- */

/* Draw into ui->screen, whose size the caller has set: all of it, or what of it
 * differs from the last frame. */
void	frame_draw(struct ui *, enum frame);
/* The same, with words that count what it shows as seen: they reach the screen
 * together. Until it settles, keys are still judged by what was there before. */
void	frame_draw_told(struct ui *, enum frame);
/* Do the rows of hints have room for the whole question? */
bool	frame_has_room(struct ui *);

/* ---- status-line.c: the status line, and below it the available keys ---- */
void	status_draw(const struct ui *, const struct layout *);
int	status_rows(const struct ui *, int cols);
/* Is there room for some keys after the notice? */
bool	status_has_both(const struct ui *, int cols);

/* ---- offers.c: what can be done now ---- */
/* Make ui->offers: those of the contexts that have the keys, in the order of
 * hints, and then those of the pane. */
void	offers_make(struct ui *);
/* What the text in the message line is: all that offers depend on of it. */
enum offer_typed { TYPED_NOTHING, TYPED_TEXT, TYPED_COMMAND, TYPED_RUN,
	TYPED_QUESTION };
enum offer_typed offers_typed(const struct ui *);
void	offers_release(struct offers *);
const char *offer_words(const struct offer *, bool brief);

/*
 * pick-command: the list of all commands: keys by their names, and /commands.
 * A row does exactly what its key does: one that decides marks or chooses, and
 * the row of Enter is read with the hunk on the screen again.
 */

/* What Enter makes of the box's text: the command line that it runs, or puts in
 * the message line; malloc'ed. NULL: it searches. */
char	*pick_command_box(const struct ui *, bool *runs);
/* Do that. */
void	pick_command_do(struct ui *, const char *line, bool runs);
/* A key while a list is open. */
void	pick_command_key(struct ui *, const struct action *, uint32_t key);
/* The keys that open the lists. */
extern const struct ui_part part_pick;

#endif
