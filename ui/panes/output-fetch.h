/*
 * output-fetch: fetches the output that the running command has printed so far.
 * The fold has only its end; if a key needs more, the rest is requested from
 * the core, and the key is handled when the answer is here.
 */
#ifndef ASSENT_UI_PANES_OUTPUT_FETCH_H
#define ASSENT_UI_PANES_OUTPUT_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "front/bindings.h"

struct ui;

/* Does this key need more output than is here? Then it is handled later. */
bool	output_fetch_waits(struct ui *, enum action_id);
/* The bytes of the last command's output that are here, from its beginning;
 * NULL: none. */
const char *output_fetch_bytes(const struct ui *, size_t *len);
/* Handle the core's answer. */
void	output_fetch_line(struct ui *, const cJSON *line);
void	output_fetch_refused(struct ui *, const cJSON *line);
/* Forget the key that waits. */
void	output_fetch_stop(struct ui *);

#endif
