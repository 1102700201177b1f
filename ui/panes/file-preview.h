/*
 * file-preview: what a list of files shows of one: the beginning of its text, or
 * what it is.
 */
#ifndef ASSENT_UI_PANES_FILE_PREVIEW_H
#define ASSENT_UI_PANES_FILE_PREVIEW_H

#include <stdbool.h>

#define FILE_PREVIEW_MAX 16384	/* bytes that are read */

/* Of the file `path` beneath the folder `root`; no link is followed. *is_text:
 * it is the file's own text, not ours. malloc'ed. */
char	*file_preview(const char *root, const char *path, bool *is_text);

#endif
