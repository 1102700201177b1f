/*
 * complete: the list under the status line, while the user types a /command,
 * its word or an @path; files have a preview. It handles Tab, the arrows and
 * Esc, and Enter once a row was chosen with the arrows; it never takes a
 * deciding key, because nothing can be decided while text is typed.
 */
#ifndef ASSENT_UI_PANES_COMPLETE_H
#define ASSENT_UI_PANES_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "front/bindings.h"
#include "ui/term/screen.h"

#define COMPLETE_ROWS 6		/* of commands and words */
#define COMPLETE_FILE_ROWS 7	/* least for files; else half of the screen */
#define COMPLETE_MAX 50
#define COMPLETE_NEEDLE_MAX 200

struct complete;
struct ui;

void	complete_close(struct complete *);
/* The input has changed: open, change or close the list. */
void	complete_update(struct ui *);
/* True if the list handles the key. */
bool	complete_key(struct ui *, enum action_id);
/* Handle the core's answer to `paths`. */
void	complete_line(struct ui *, const cJSON *line);
/* Number of rows of the list; 0: there is none. */
int	complete_rows(const struct ui *);
void	complete_draw(struct ui *, const struct rect *);

#endif
