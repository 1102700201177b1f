/*
 * moved: blocks of removed lines that were added elsewhere, in the same file or
 * another one, perhaps with another indentation, and at most two thirds of them
 * changed. Pure; takes time in proportion to the hunks.
 */
#ifndef ASSENT_REVIEW_MOVED_H
#define ASSENT_REVIEW_MOVED_H

#include <stdbool.h>
#include <stddef.h>

struct moved_line;

/* A line of a hunk; hunks are in the order of their file and number. */
struct moved_at {
	int	 file, hunk;
	int	 line;			/* number, from 1, in the hunk's text */
	int	 number;		/* in its file */
	size_t	 off, len;		/* in the hunk's text, without sign and
					   indentation */
};

/* A block, as it is on one side. */
struct moved_block {
	struct moved_at	 at, other;	/* the first line, here and there */
	size_t		 len;		/* its lines on this side */
	size_t		 equal;		/* lines, but for the indentation */
	size_t		 changed;	/* lines, within the block */
	bool		 added;		/* these are the added lines */
	bool		 indented;	/* with another indentation; */
	bool		 uneven;	/* not each line by the same change */
};

/* A line of a block that isn't equal. */
enum moved_how {
	MOVED_GONE,			/* `other` was removed; it stood above
					   the added line `at` */
	MOVED_CHANGED,			/* these are two versions of it */
	MOVED_ONLY,			/* it is only on this side */
};
struct moved_change {
	struct moved_at	 at, other;
	enum moved_how	 how;
	bool		 added;		/* `at` is an added line */
};

struct moved {
	struct moved_block *blocks;	/* sorted, and so are the changes */
	size_t		 blocks_len;
	struct moved_change *changes;
	size_t		 changes_len;
	size_t		 runs;		/* of lines with one sign; 0: there is
					   no hunk */
	size_t		 work;		/* spent on comparing words */
	struct moved_lines {
		struct moved_line *v;
		size_t	 len;
	}		 lines[2];	/* removed, added; until moved_find */
};

/* Add the lines of a hunk, whose text stays until the blocks are found. The
 * numbers are those of its first line in the old and in the new file. */
void	moved_add(struct moved *, int file, int hunk, const char *text,
	    size_t n, int old_start, int new_start);
/* After all hunks: find the blocks. */
void	moved_find(struct moved *);
/* The block that begins in this line, or NULL. */
const struct moved_block *moved_block_at(const struct moved *, int file,
	    int hunk, int line);
/* How many lines from this one on are equal to those on the other side, if it is
 * in a block, *in, and isn't its first line. */
size_t	moved_equal_lines(const struct moved *, int file, int hunk, int line,
	    const struct moved_block **in);
/* The first of the changes at this line, and their number. */
const struct moved_change *moved_changes_at(const struct moved *, int file,
	    int hunk, int line, size_t *n);
void	moved_release(struct moved *);

#endif
