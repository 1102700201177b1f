/*
 * diff-data: the UI's state of how the changes are displayed.
 */
#ifndef ASSENT_UI_PANES_DIFF_DATA_H
#define ASSENT_UI_PANES_DIFF_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/pathmap.h"
#include "ui/text/page.h"

/* Unchanged lines around a hunk, as the core sent them. */
struct diff_around {
	char	*hunk;			/* id */
	char	*before;		/* hash of the file, and */
	int	 start;			/* the hunk's first line, then */
	int	 lines;			/* requested on each side */
	char	*above, *below;		/* raw; whole lines */
	size_t	 above_len, below_len;
	int	 above_from;		/* number of its first line, in
					   `before` */
	bool	 all;			/* there are no more lines */
};

/* A block of lines that moved. */
struct diff_moved {
	int	 file, hunk, line;	/* its first line */
	size_t	 len;
	int	 other_file, number;	/* and on the other side */
	bool	 added;			/* these are the added lines */
	bool	 indented;		/* with another indentation */
};

/* How a version differs from the one before: hunks, and comments on the gone
 * ones that weren't sent. */
struct diff_version { size_t added, gone, unsent; };

/* The widths of the tree of files, measured for this version. */
struct diff_tree_cols {
	int64_t	 proposal;
	int	 version;
	int	 open, added, removed;	/* columns right of the names, each
					   with its space */
	int	 all;
};

enum diff_wish { DIFF_BY_WIDTH, DIFF_ON, DIFF_OFF };


struct ui_diff {
	bool	 blanks;		/* show all spaces */
	bool	 spaceless;		/* hide lines that differ only in
					   spaces: */
	int	 space_lines;		/* so many of the page */
	enum diff_wish columns;		/* two columns: as the user wishes, */
	bool	 side;			/* and in the last frame */
	enum diff_wish tree_wish;	/* the tree of files */
	bool	 tree;
	bool	 tree_keys;		/* it has the keys */
	size_t	 tree_cur;		/* row */
	struct diff_tree_cols tree_cols;
	struct pathmap folded;		/* folders, each with its '/' */
	bool	 listed;		/* the page has the list of files, */
	int	 listed_cols;		/* so wide without the tallies */
	bool	 paged;			/* by the last key */
	bool	 on_file;		/* the cursor is on a file's row, and no
					   key for a page brought it there */
	struct pathmap open;		/* generated files that the user has
					   unfolded */
	bool	 header;		/* has its own row in the last frame */
	bool	 beside;		/* the page has two columns */
	bool	 numbers;		/* line numbers in a single column */
	int	 digits;		/* of the largest line number */
	unsigned built;			/* times that the page was made */
	char	*listed_from;		/* the hunk that was left for the list
					   of files; or NULL */
	char	*back;			/* the hunk to begin at, or NULL; */
	int	 back_line, back_above;	/* its line, and the rows above that */
	char	*path;			/* without a hunk: the row is `below` */
	int	 kind;			/* the first one of this kind and */
	long	 below;			/* file; NULL: of no file's */
	struct page right;		/* new lines, row by row beside those
					   of the pane's page */
	bool	 news;			/* hunks that are `known` are hidden */
	bool	 news_any;		/* the page names the key for that */
	struct diff_version version;
	cJSON	*unwritten;		/* a line `applied`, if a file changed on
					   disk; and what that means */
	char	*disk;
	char	*made;			/* when this version was, or NULL */
	bool	 split;			/* the user has split a hunk */
	uint64_t *known;		/* hunks of earlier versions, by hash */
	size_t	 known_len, known_room;
	struct diff_around *around;
	size_t	 around_len;
	struct diff_moved *moved;	/* sorted, of this version */
	size_t	 moved_len;
	int64_t	 moved_id;
	int	 moved_version;
};

/* The user picks single lines of a hunk. */
struct ui_lines {
	char		*hunk;		/* id; NULL: not picking */
	bool		*pick;		/* one for each '+' and '-' line */
	size_t		 len;
	bool		 warned;	/* of what the picked lines do */
};

#endif
