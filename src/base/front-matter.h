/*
 * front-matter: the "key: value" lines between two lines "---" at the beginning
 * of a Markdown file, as people write them for commands and skills. It reads
 * the part of YAML that such files use, as other agents do: also keys in
 * quotes, blank lines before it, and values that YAML doesn't allow, such as
 * "description: Use when: x". The time is linear in the text, which isn't
 * trusted; the caller limits its size.
 *
 *   - values: plain, in quotes, of several lines, and blocks ("|", ">"); without
 *     spaces and newlines at their ends
 *   - a list: as it is written, on one line; so "[file] [line]" stays what it is
 *   - a mapping: ""
 *
 * Values are valid UTF-8; they may have control characters.
 */
#ifndef ASSENT_BASE_FRONT_MATTER_H
#define ASSENT_BASE_FRONT_MATTER_H

#include <stddef.h>

#include "base/err.h"

struct front_matter {
	struct front_matter_field {
		char	*key, *value;
	} *fields;		/* in the file's order */
	size_t	 nfields;
	size_t	 body;		/* where the rest of the text begins */
};

/* 0, also if there is none; -1: a line is wrong, which *e says with its number,
 * or the text isn't UTF-8. The fields of the other lines and the body are there
 * all the same. Release it in any case. */
int	front_matter_parse(struct front_matter *, const char *text, size_t n,
	    struct err *e);
void	front_matter_release(struct front_matter *);
/* The value, borrowed; of keys that are equal, the last one's. NULL: none. */
const char *front_matter_get(const struct front_matter *, const char *key);

#endif
