/*
 * context-image: images in messages: is it one, what the model takes, and its place in
 * the session's store, by hash. An MCP server gives them, too.
 */
#ifndef ASSENT_CORE_CONTEXT_IMAGE_H
#define ASSENT_CORE_CONTEXT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct core;
struct event;

enum image_kind { IMAGE_NONE, IMAGE_PNG, IMAGE_JPEG };

struct image_info {
	enum image_kind	 kind;
	int64_t		 width, height;	/* 0: unknown */
};

/* False if it is neither, or damaged: no size, or cut off before it. */
bool	image_look(const void *p, size_t n, struct image_info *);
/* The kind of an image, by its first bytes alone, whatever its name. */
enum image_kind image_kind_of(const void *p, size_t n);

/* The bytes of its images. */
size_t	attach_total(const struct event *);
/* Add these bytes to such a message, under that name; -1: not an image that the
 * model takes, or too many. attach_add doesn't look at the size of all. */
int	attach_add(struct core *, const char *path, const struct buf *,
	    struct event *, struct err *);
int	attach_bytes(struct core *, const char *name, const struct buf *,
	    struct event *, struct err *);

#endif
