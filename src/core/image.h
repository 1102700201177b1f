/*
 * image: what a PNG or JPEG says of itself in its first bytes.  Only its kind
 * and its size are read, and nothing is decoded.
 *
 * Sources: PNG, third edition, 5.2 and 11.2.1; ITU-T T.81, B.1 and B.2.2.
 */
#ifndef ASSENT_CORE_IMAGE_H
#define ASSENT_CORE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum image_kind { IMAGE_NONE, IMAGE_PNG, IMAGE_JPEG };

struct image_info {
	enum image_kind	 kind;
	int64_t		 width, height;	/* 0: unknown */
};

/* By its first bytes alone, whatever its name. */
enum image_kind image_kind_of(const void *p, size_t n);
/* False if it is neither, or damaged: no size, or cut off before it. */
bool	image_look(const void *p, size_t n, struct image_info *);

#endif
