/*
 * attach: images that the user names in a message, as @FILE, or that the front
 * end sends along, and those that an MCP server gives. Each is read once, kept in
 * the session's store, and named by hash in the message's line.
 */
#ifndef ASSENT_CORE_ATTACH_H
#define ASSENT_CORE_ATTACH_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct core;

#define ATTACH_MAX 10	/* images per message */

/*
 * Find the words that begin with '@' (`@"..."` for names with spaces) and name
 * images of the project; add those of `sent` (an array of {name, data}, or NULL).
 * *list is for the "images" of a user_message: an array of {path, kind, hash, width, height, size}, which the caller deletes, or
 * NULL. -1 with a message if an image was meant and can't be sent: then send
 * nothing. Other words are left alone.
 */
int	attach_find(struct core *, const char *text, const cJSON *sent,
	    cJSON **list, struct err *);
/* Append the texts of `unsaved`, an array of {path, text}, or NULL: what the
 * user's editor has of files in the project and hasn't saved. Those that are as
 * on disk are left out, and so are secret files. */
void	attach_unsaved(struct core *, const cJSON *unsaved, struct buf *);

/* The next @word of the text, malloc'ed and without the '@'; *p moves past it.
 * NULL: there is none. */
char	*attach_word(const char *text, const char **p, bool *quoted);
/* The length of NAME if the word is NAME:URI, a resource of the user's MCP
 * server of that name; else 0. */
size_t	attach_resource(const struct core *, const char *word);
/* Add these bytes to such a list, under that name; -1: not an image that the
 * model takes, or too many. */
int	attach_bytes(struct core *, const char *name, const struct buf *,
	    cJSON *list, struct err *);

#endif
