/*
 * alike: hunks that make the same change. Either they replace the same words by
 * the same new ones, and nothing else; or their removed and added lines are the
 * same but for names, numbers, strings and indentation that stand on both sides,
 * where the same one differs everywhere. So what a hunk adds and didn't have
 * before is the same in all. Lines that stay don't matter. Pure; takes time in
 * proportion to the hunks.
 */
#ifndef ASSENT_REVIEW_ALIKE_H
#define ASSENT_REVIEW_ALIKE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define ALIKE_LEAST	10		/* hunks of a group: fewer are read as
					   quickly one by one */
#define ALIKE_TEXT_MAX	((size_t)16 << 10)	/* bytes; a longer hunk is in
						   no group */

struct alike_hunk {
	const char	*why, *text;
	size_t		 text_len;
	size_t		 key, key_len;	/* what it does, in `keys` */
	size_t		 group;		/* from 1; 0: none */
	bool		 named;
};

struct alike_group {
	size_t		 from, len;	/* of the members: hunks, from 0 */
};

struct alike {
	struct alike_hunk *hunks;
	size_t		 len;
	struct alike_group *groups;
	size_t		 groups_len;
	size_t		*members;	/* of all groups */
	struct buf	 keys;
	size_t		 work;		/* tokens that were looked at */
};

/* Add a hunk, whose text stays until the groups are found; without any it is in
 * no group. What is said of them, or NULL, is the same in a group. */
void	alike_add(struct alike *, const char *why, const char *text, size_t n);
/* Add one that is in the group of that name, however small that is. */
void	alike_add_named(struct alike *, const char *name);
/* After all hunks: find the groups. */
void	alike_find(struct alike *);
void	alike_release(struct alike *);

#endif
