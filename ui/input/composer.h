/*
 * composer: what is typed for the model: sent, queued, looked up in the
 * history,
 * completed, opened in the editor; and lines that are commands.  Nothing here
 * decides anything.
 */
#ifndef ASSENT_UI_INPUT_COMPOSER_H
#define ASSENT_UI_INPUT_COMPOSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "front/action.h"

struct ui;

void	composer_release(struct ui *);
/* A key while text is typed; true if it was taken. `a` may be NULL. */
bool	composer_key(struct ui *, const struct action *a, uint32_t key);
/* The text was changed by typing or pasting, or the cursor moved. */
void	composer_changed(struct ui *, bool typed);
/* Enter: the whole input, as a message or a command. */
void	composer_submit(struct ui *, bool interrupt);
/* What stands before the text; NULL: the usual. */
const char *composer_prompt(const struct ui *);
/* A line of the core. */
void	composer_line(struct ui *, const char *type, const cJSON *line);
/* What goes into the editor, malloc'ed; and what came out of it, or NULL with
 * the reason. */
char	*composer_text(struct ui *, size_t *len);
void	composer_edited(struct ui *, const char *text, size_t len,
	    const char *why);

/* ---- composer-history.c ---- */
/* Up or down, beyond the ends of the text; false if that leads nowhere. */
bool	composer_walk(struct ui *, enum action_id);
void	composer_search_begin(struct ui *);
/* Keys of the incremental search; any other key takes what it has found. */
bool	composer_search_key(struct ui *, const struct action *, uint32_t key);
/* The last word of what was said before, instead of that of the key before
 * if it was the same (`again`). */
void	composer_last_word(struct ui *, bool again);

#endif
