/*
 * view-settings: views that the user switched, kept in a small file for the next
 * UI.  Without the file, or if it can't be
 * read, the configuration's settings apply.
 */
#ifndef ASSENT_UI_APP_VIEW_SETTINGS_H
#define ASSENT_UI_APP_VIEW_SETTINGS_H

#include <stdbool.h>

struct ui;

/* Read the file, if there is one; false, with nothing changed, if it is
 * damaged. */
bool	view_settings_load(struct ui *, const char *path);
/* The file's text, to compare and save; malloc'ed. */
char	*view_settings_text(const struct ui *);
/* Replace the private file; false: it can't be. */
bool	view_settings_save(const char *path, const char *text);

#endif
