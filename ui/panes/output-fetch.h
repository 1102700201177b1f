/*
 * output-fetch: all that the running command has printed so far.  The fold has
 * its end;
 * the rest is asked of the core when a key is about more than that, and the key
 * is done when it is there.
 */
#ifndef ASSENT_UI_PANES_OUTPUT_FETCH_H
#define ASSENT_UI_PANES_OUTPUT_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "front/action.h"

struct ui;

/* Is this key about more than is here?  Then it is done later. */
bool	output_fetch_waits(struct ui *, enum action_id);
/* What is here of the last command, from its beginning; NULL: nothing. */
const char *output_fetch_bytes(const struct ui *, size_t *len);
/* The core's answer. */
void	output_fetch_line(struct ui *, const cJSON *line);
void	output_fetch_refused(struct ui *, const cJSON *line);
/* The key is not done. */
void	output_fetch_stop(struct ui *);
void	output_fetch_release(struct ui *);

#endif
