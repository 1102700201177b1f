/* Hunks for tests: of two contents, and the parts of one; any contents. */
#ifndef ASSENT_TESTS_UNIT_HUNK_ANY_H
#define ASSENT_TESTS_UNIT_HUNK_ANY_H

#include <stdlib.h>

#include "base/mem.h"
#include "base/sha.h"
#include "gate/hunk.h"
#include "tests/unit/rounds.h"

/* Of two ordinary contents; either may be NULL (doesn't exist). */
static inline int
hunk_list_make(struct hunk_list *l, const char *path,
    const struct buf *before, const struct buf *after, struct err *e)
{
	char bh[SHA256_HEX_SIZE] = "", ah[SHA256_HEX_SIZE] = "";
	struct hunk_side b = { before != NULL, 0100644, bh, before };
	struct hunk_side a = { after != NULL, 0100644, ah, after };

	if (before != NULL)
		sha256_hex(buf_str(before), before->len, bh);
	if (after != NULL)
		sha256_hex(buf_str(after), after->len, ah);
	return hunk_list_change(l, path, &b, &a, NULL, HUNK_DIFF_MYERS, e);
}

/* Returns the number of parts of hunk `at`; 0 if it has only one. */
static inline size_t
hunk_split(struct hunk_list *l, size_t at, const char *path,
    const struct buf *before)
{
	char *id = xstrdup(l->v[at].id);
	const char *const ids[] = { id };
	size_t had = l->len;

	hunk_split_ids(l, ids, 1, path, before);
	free(id);
	return l->len == had ? 0 : l->len - had + 1;
}

#endif
