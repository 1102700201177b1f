/*
 * pick-command: the list of all commands: keys by their names, and /commands.
 * A row does exactly what its key does.  One that decides about what is on the
 * screen asks first, with that on the screen again: a choice in a list that
 * covers a hunk accepts nothing by itself.
 */
#ifndef ASSENT_UI_APP_PICK_COMMAND_H
#define ASSENT_UI_APP_PICK_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "front/bindings.h"
#include "front/slash-command.h"

struct ui;

/* An empty list with this title; `preview`: of commands. */
void	pick_command_begin(struct ui *, const char *what, bool preview);
void	pick_command_open(struct ui *);
/* The list of the words of a /command. */
void	pick_command_words(struct ui *, const struct slash_command *);
/* A key while a list is open. */
void	pick_command_key(struct ui *, const struct action *, uint32_t key);
/* The user pressed the second key that confirms a row. */
void	pick_command_confirmed(struct ui *);
void	pick_command_close(struct ui *);

#endif
