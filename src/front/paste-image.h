/*
 * paste-image: the image on the clipboard, which a program of the user's prints
 * (the setting paste_image), as a file.
 */
#ifndef ASSENT_FRONT_PASTE_IMAGE_H
#define ASSENT_FRONT_PASTE_IMAGE_H

#include <cjson/cJSON.h>

#include "base/err.h"

/* Runs the program (a list of words, or NULL), for 3 s at most, and writes what it
 * prints to a new file in `dir`: its path, malloc'ed. NULL with *e. */
char	*paste_image(const cJSON *program, const char *dir, struct err *e);

#endif
