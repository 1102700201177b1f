/*
 * gemini-args: a call's arguments that arrive in pieces, each with the path of
 * its value ("$.files[0].path"). The caller owns the storage, zeroed at first:
 * add, end once, release.
 */
#ifndef ASSENT_PROVIDER_GEMINI_ARGS_H
#define ASSENT_PROVIDER_GEMINI_ARGS_H

#include <cjson/cJSON.h>

#include "base/buf.h"

struct decoder;

struct gemini_args {
	cJSON		*root;		/* an object, or NULL: none came */
	char		*path;		/* path of the string that is growing,
					   or NULL */
	struct buf	 text;
};

/* One entry of "partialArgs". Its contents count for the answer's length; an
 * invalid path is an error of the decoder. */
void	gemini_args_add(struct gemini_args *, struct decoder *,
	    const cJSON *piece);
/* No more will come: the object, which the caller owns; NULL if none came. */
cJSON	*gemini_args_take(struct gemini_args *);
void	gemini_args_release(struct gemini_args *);

#endif
