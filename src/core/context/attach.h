/*
 * attach: images that the user names in a message, as @FILE. Each is read once,
 * kept in the session's store, and named by hash in the message's line.
 */
#ifndef ASSENT_CORE_CONTEXT_ATTACH_H
#define ASSENT_CORE_CONTEXT_ATTACH_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

#define ATTACH_MAX 10	/* images per message */

/*
 * Find the words that begin with '@' (`@"..."` for names with spaces) and name
 * images of the project. *list is for the "images" of a user_message: an array
 * of {path, kind, hash, width, height, size}, which the caller deletes, or
 * NULL. -1 with a message if an image was meant and can't be sent: then send
 * nothing. Other words are left alone.
 */
int	attach_find(struct core *, const char *text, cJSON **list,
	    struct err *);

#endif
