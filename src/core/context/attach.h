/*
 * attach: images that a person names in a message, as @FILE.  Each is read once,
 * kept in the session's store, and told in the message's line by its hash.
 */
#ifndef ASSENT_CORE_CONTEXT_ATTACH_H
#define ASSENT_CORE_CONTEXT_ATTACH_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

#define ATTACH_MAX 10	/* images of one message */

/*
 * The words that begin with '@' (`@"..."` if there are blanks in the name) and
 * are images of the project, for the "images" of a user_message: an array of
 * {path, kind, hash, width, height, size}, which the caller deletes; *list is
 * NULL if there are none.  -1 with the sentence if one is meant as an image and
 * cannot be sent: then nothing is to be sent.  Other words are only words.
 */
int	attach_find(struct core *, const char *text, cJSON **list,
	    struct err *);

#endif
