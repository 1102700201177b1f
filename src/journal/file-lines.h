/*
 * file-lines: which lines of a file come from which change of a session, as far as
 * its journal tells: the file as runs of lines, in order, each with the change
 * that added it; and the lines that changes removed, so that an undo gives them
 * back to where they came from. Pure.
 */
#ifndef ASSENT_JOURNAL_FILE_LINES_H
#define ASSENT_JOURNAL_FILE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file_run {
	int64_t	 n;		/* lines */
	int64_t	 tx;		/* the change that added them; 0: none.
				   Negative: the user's, in a hunk of it that
				   they edited */
};

struct file_gone {
	int64_t	 by;		/* the change that removed the line; sorted */
	int64_t	 tx;		/* the one that had added it, or 0 */
	uint64_t hash;		/* of its text */
};

/* After the last run come only lines of no change. Zeroed: an unknown file. */
struct file_lines {
	struct file_run	*v;
	size_t		 len;
	struct file_gone *gone;
	size_t		 gone_len;
};

/* An accepted hunk: its place in the file before the change, and its lines, each
 * with its sign, as in a proposal or as the user edited them. */
struct file_hunk {
	int64_t		 old_start, old_lines;
	char		*text;
	size_t		 len;
	size_t		*proposed;	/* of one that the user edited: for each
					   line its number as it was proposed, or
					   0; else NULL */
};

void	file_lines_release(struct file_lines *);
/* Others changed the file. */
void	file_lines_forget(struct file_lines *);
/* Change `tx` writes these hunks; it reverses `undoes`, or 0. They are sorted. */
void	file_lines_apply(struct file_lines *, struct file_hunk *, size_t n,
	    int64_t tx, int64_t undoes);
/* Add how many lines such a text adds and removes. */
void	file_hunk_count(const char *text, size_t len, int *added, int *removed);

/* Begin with zeroes. */
struct file_range {
	int64_t	 from, to;	/* lines, from 1 */
	int64_t	 line;		/* before the next run */
	size_t	 i;
};

/* The next lines of this change that are side by side; false: there are no
 * more. */
bool	file_lines_next(const struct file_lines *, int64_t tx,
	    struct file_range *);

#endif
