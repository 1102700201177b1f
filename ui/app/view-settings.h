/*
 * view-settings: how the room is shared out and how a diff is looked at, as the
 * keys have
 * set it, from one screen to the next.  A small file of this user's; without it
 * all is as the settings say, and so it is after one that cannot be read.
 */
#ifndef ASSENT_UI_APP_VIEW_SETTINGS_H
#define ASSENT_UI_APP_VIEW_SETTINGS_H

#include <stdbool.h>

struct ui;

/* Read the file, if there is one; false, with nothing changed, if it is
 * damaged.  The settings are in the ui: of what they say too, the file counts
 * as long as they are what they were when it was written. */
bool	view_settings_load(struct ui *, const char *path);
/* What is to be kept, as text to be compared and saved; malloc'ed. `columns` is
 * what the settings say. */
char	*view_settings_text(const struct ui *, bool columns);
/* Replace the file, private; one that cannot be written is no error. */
void	view_settings_save(const char *path, const char *text);

#endif
