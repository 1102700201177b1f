/*
 * attach: files and images that a message names with '@'. The user is asked
 * about images outside the project.
 */
#ifndef ASSENT_BASE_ATTACH_H
#define ASSENT_BASE_ATTACH_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

/* The next @word of the text (`@"..."` for names with spaces), malloc'ed and
 * without the '@'; *p moves past it. NULL: there is none. */
char	*attach_word(const char *text, const char **p, bool *quoted);
/* Is it an image's, by its ending? */
bool	attach_named_image(const char *path);
/* If the word, beginning with / or ~/, names an image outside the project in
 * `root`, and that is a file: its path without links, malloc'ed; else NULL.
 * Punctuation after it is left out. */
char	*attach_outside(const char *word, const char *root, const char *home);
/* All of them that the text names, a list of strings for the caller to delete;
 * NULL: none, or the project isn't known (`root` NULL). */
cJSON	*attach_outside_all(const char *text, const char *root,
	    const char *home);
/* What the user is asked about one of them, malloc'ed. */
char	*attach_question(const char *path);
/* A paste that is nothing but absolute paths of images, as terminals paste files
 * that are dropped on them (quoted, escaped, or as file: URLs): the text that
 * attaches them, malloc'ed; else NULL. */
char	*attach_pasted(const char *p, size_t n);

#endif
