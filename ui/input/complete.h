/*
 * complete: the list under the status line, while a /command, its word or an
 * @path is typed.  It takes Tab, the arrows and Esc, and Enter once a row was
 * chosen with the arrows; it never takes a key that decides, because nothing
 * can be decided while text is typed.
 */
#ifndef ASSENT_UI_INPUT_COMPLETE_H
#define ASSENT_UI_INPUT_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "front/action.h"
#include "ui/term/screen.h"

#define COMPLETE_ROWS 6
#define COMPLETE_MAX 50
#define COMPLETE_NEEDLE_MAX 200

struct complete;
struct ui;

void	complete_close(struct complete *);
/* What is typed has changed: open, change or close the list. */
void	complete_update(struct ui *);
/* True if the list takes the key. */
bool	complete_key(struct ui *, enum action_id);
/* The core's answer to `paths`. */
void	complete_line(struct ui *, const cJSON *line);
/* Rows that it wants; 0: there is none. */
int	complete_rows(const struct ui *);
void	complete_draw(struct ui *, const struct rect *);

#endif
