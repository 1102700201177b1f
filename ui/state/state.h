/*
 * state: the screen without a terminal.  Lines from the core and keys go in,
 * commands for the core come out of a callback; frame.h draws.  No clock, no
 * I/O: the caller says what time it is.
 */
#ifndef ASSENT_UI_STATE_STATE_H
#define ASSENT_UI_STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "ui/base/ui-base.h"
#include "ui/keys/keys.h"

/* How long a notice hides the keys: some seconds, and longer to read more. */
#define STATE_NOTICE_MS 8000
#define STATE_NOTICE_BYTE_MS 50

/* The bindings are borrowed. */
void	state_init(struct ui *, const struct bindings *, ui_send_cb *,
	    void *arg);
void	state_release(struct ui *);
/* A line of the core. */
void	state_line(struct ui *, const cJSON *);
void	state_key(struct ui *, const struct key_event *);
/* A key from before the frame that asks what is in front now: it may move and
 * write, not decide. */
void	state_key_old(struct ui *, const struct key_event *);
/* What the agent does now is to end. */
void	state_interrupt(struct ui *);
/* When state_tick has something to do (elapsed time, a focus that may move); -1:
 * never. */
int64_t	state_deadline(const struct ui *);
/* True if the picture may have changed. */
bool	state_tick(struct ui *);

#endif
