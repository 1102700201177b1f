/*
 * hunk: unified diffs of two contents, as hunks that can be taken one by one.
 * Built on libgit2's buffer diff (context 3, lines end at LF only; CR and a
 * missing final newline are bytes of the hunk).
 */
#ifndef ASSENT_GATE_HUNK_H
#define ASSENT_GATE_HUNK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define HUNK_ID_SIZE 17
/* Above this, or with a NUL in it, a content is whole or not at all. */
#define HUNK_MAX_BYTES ((size_t)1 << 20)

struct hunk {
	char	 id[HUNK_ID_SIZE];
	int	 old_start, old_lines, new_start, new_lines;
	char	*text;		/* raw bytes: lines with ' ' '+' '-', and
				   "\ No newline at end of file" lines */
	size_t	 len;
	size_t	 old_off, old_len;	/* bytes of `before` it covers */
	char	*new_text;		/* what stands there afterwards */
	size_t	 new_len;
};

struct hunk_list {
	struct hunk	*v;
	size_t		 len;
	bool		 whole;	/* one hunk without text: all or nothing */
};

/* Hunks from `before` to `after`; either may be NULL (does not exist). */
int	hunk_list_make(struct hunk_list *, const char *path,
	    const struct buf *before, const struct buf *after, struct err *);
void	hunk_list_release(struct hunk_list *);
/* before with those hunks applied for which take[i] is set. */
int	hunk_compose(struct buf *out, const struct buf *before,
	    const struct hunk_list *, const bool *take);
/* Replace hunk i by its parts, cut where unchanged lines lie between its
 * changes; 0 if it has only one. Returns the number of new hunks. */
size_t	hunk_split(struct hunk_list *, size_t i, const char *path,
	    const struct buf *before);

#endif
