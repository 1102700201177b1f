/*
 * disk-note: says that files changed on disk, so that a decision didn't write
 * them.
 */
#ifndef ASSENT_UI_DIFF_DISK_NOTE_H
#define ASSENT_UI_DIFF_DISK_NOTE_H

#include <cjson/cJSON.h>

#include "journal/event.h"

struct ui;

/* After a line was folded. */
void	disk_note_line(struct ui *, enum event_type type, const cJSON *line);
/* Draw the note, if there is one; returns its rows. */
int	disk_note_draw(struct ui *, int y, int x, int x_end);

#endif
