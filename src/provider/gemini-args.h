/*
 * gemini-args: the arguments of a call that come in pieces, each with the path
 * of the value it belongs to ("$.files[0].path").  The storage is the caller's,
 * zeroed at first: add, end once, release.
 */
#ifndef ASSENT_PROVIDER_GEMINI_ARGS_H
#define ASSENT_PROVIDER_GEMINI_ARGS_H

#include <cjson/cJSON.h>

#include "base/buf.h"

struct decoder;

struct gemini_args {
	cJSON		*root;		/* an object, or NULL: none came */
	char		*path;		/* of the string that grows, or NULL */
	struct buf	 text;
};

/* One entry of "partialArgs". What it holds counts for the answer's length; a
 * path that leads nowhere is an error of the decoder. */
void	gemini_args_add(struct gemini_args *, struct decoder *,
	    const cJSON *piece);
/* No more will come: the object, which the caller owns; NULL if none came. */
cJSON	*gemini_args_take(struct gemini_args *);
void	gemini_args_release(struct gemini_args *);

#endif
