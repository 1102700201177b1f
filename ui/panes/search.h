/*
 * search: its matches are marked in one pane, until the user goes to another;
 * its text can be searched for again there.
 */
#ifndef ASSENT_UI_PANES_SEARCH_H
#define ASSENT_UI_PANES_SEARCH_H

#include <stdbool.h>

#include "front/bindings.h"

struct ui;

void	search_set(struct ui *, const char *text);	/* and go there */
/* What is searched for in the help is marked there only: meanwhile the text from
 * before is set aside. */
void	search_help_open(struct ui *);
void	search_help_close(struct ui *);
/* True if the action belongs to the search. */
bool	search_key(struct ui *, enum action_id);
/* A long search runs in pieces: is the next piece due? */
bool	search_is_busy(const struct ui *);
/* Search the next piece; true if the screen changes. */
bool	search_step(struct ui *);
/* Cancel the search. */
void	search_stop(struct ui *);

#endif
