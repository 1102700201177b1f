/*
 * submit: keys and pastes while text is typed, and the destination of each text
 * that is sent.
 */
#ifndef ASSENT_UI_APP_SUBMIT_H
#define ASSENT_UI_APP_SUBMIT_H

#include <stdint.h>

#include "front/bindings.h"
#include "ui/keys/keys.h"

struct ui;

/* Begin a message, or resume one, with this character. */
void	submit_begin(struct ui *, uint32_t key);
/* False if the key has no meaning in a text. `a` may be NULL. */
bool	submit_key(struct ui *, const struct action *a, uint32_t key);
void	submit_paste(struct ui *, const struct key_event *);

#endif
