/*
 * brief: the file `brief` in a session's folder: old lines of the journal
 * without their large members (trim.h), so that a screen needn't read the whole
 * journal of a long session. The core writes it, a batch of lines at a time; who
 * deletes it loses nothing.
 *
 * After each batch comes a mark: the batch's last line, where that ends in the
 * journal, its hash, and a checksum of the file up to there. The hash ties the
 * file to the journal: a journal with that line has no other lines before it, or
 * the core finds it damaged.
 */
#ifndef ASSENT_JOURNAL_BRIEF_H
#define ASSENT_JOURNAL_BRIEF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define BRIEF_FILE "brief"
#define BRIEF_HEX 64
#define BRIEF_MAX ((size_t)16 << 20)	/* bytes: a screen reads them before its
					   first frame, in half a second */

/* A position: the line of the journal up to which `brief` has the lines; all
 * zero: none. */
struct brief {
	int64_t		 seq, end;	/* of that line */
	char		 h[BRIEF_HEX + 1];
	uint64_t	 sum;
};

/* Does the line with this seq, end and hash end there in the journal `fd`? */
bool	brief_is_end(int fd, const struct brief *);
/* Add the mark to a batch whose last line the brief names. */
void	brief_mark(struct brief *, struct buf *batch);
/* The file's sound beginning, if it fits the journal `fd`, else nothing. */
void	brief_load(struct brief *, int dirfd, int fd, struct buf *text);
/* Is this line of the text a mark? */
bool	brief_is_mark(const char *line, size_t n);

#endif
