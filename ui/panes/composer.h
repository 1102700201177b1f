/*
 * composer: text for the model, and command lines: sends, queues and completes
 * it, recalls it from the history, opens it in the editor. Nothing here decides
 * anything.
 */
#ifndef ASSENT_UI_PANES_COMPOSER_H
#define ASSENT_UI_PANES_COMPOSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "front/bindings.h"
#include "front/slash-command.h"
#include "journal/event.h"

struct ui;

void	composer_release(struct ui *);
/* Handle a key while text is typed; true if it was handled. `a` may be NULL. */
bool	composer_key(struct ui *, const struct action *a, uint32_t key);
/* Typing or pasting changed the text, or the cursor moved. */
void	composer_changed(struct ui *, bool typed);
/* Enter: send the whole input, as a message or a command. */
void	composer_submit(struct ui *, bool interrupt);
/* Carry out "/name rest". True if that is done; else there is a notice, and the
 * text stays. */
bool	composer_command(struct ui *, const struct slash_command *,
	    const char *rest);
/* The prompt before the text; NULL: the usual one. */
const char *composer_prompt(const struct ui *);
/* Handle a line from the core. */
void	composer_line(struct ui *, enum event_type type, const cJSON *line);
/* The text for the editor, malloc'ed; composer_edited gets the result, or NULL
 * with the reason. */
char	*composer_text(struct ui *, size_t *len);
void	composer_edited(struct ui *, const char *text, size_t len,
	    const char *why);

/* ---- composer-history.c ---- */
/* Up or down, beyond the ends of the text; false if there is no entry. In the
 * empty line, up takes back the newest message that the model hasn't got. */
bool	composer_walk(struct ui *, enum action_id);
/* A line "unqueued", of any screen, or "refused": the core's answer. */
void	composer_taken(struct ui *, const cJSON *line);
void	composer_search_begin(struct ui *);
/* Handle a key of the incremental search; any other key accepts the match. */
bool	composer_search_key(struct ui *, const struct action *, uint32_t key);

#endif
