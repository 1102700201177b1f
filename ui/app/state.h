/*
 * state: the UI without a terminal. Lines from the core and keys go in,
 * commands for the core come out through a callback; frame.h draws. No clock,
 * no I/O: the caller passes the time.
 */
#ifndef ASSENT_UI_APP_STATE_H
#define ASSENT_UI_APP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "ui/panes/ui-base.h"
#include "ui/keys/keys.h"

/* How long a notice hides the keys: at least this, and longer for a long
 * text. */
#define STATE_NOTICE_MS 8000
#define STATE_NOTICE_BYTE_MS 50

#define STATE_INTERRUPT_SENT "interrupt sent"	/* so the notice begins */

/* The bindings are borrowed. */
void	state_init(struct ui *, const struct bindings *, ui_send_cb *,
	    void *arg);
void	state_release(struct ui *);
/* Handle a line from the core. */
void	state_line(struct ui *, const cJSON *);
/* The journal's lines are read, and the core that checks them isn't live yet:
 * show what waits, but no key decides. */
void	state_checking(struct ui *);
void	state_key(struct ui *, const struct key_event *);
/* Do what the key of this action does in the pane in front. */
void	state_action(struct ui *, const struct action *);
/* The same for what only shows, without its key; false: it isn't that. */
bool	state_pane_key(struct ui *, enum action_id);
/* Interrupt the agent's current step. */
void	state_interrupt(struct ui *);
/* When state_tick has something to do (elapsed time, a focus that may move);
 * -1: never. */
int64_t	state_deadline(const struct ui *);
/* True if the screen may have changed. */
bool	state_tick(struct ui *);

#endif
