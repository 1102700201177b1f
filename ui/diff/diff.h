/*
 * diff: how the changes are shown, apart from what they are.  Nothing here
 * decides; what is hidden by it (a cut line) is not counted as seen.
 */
#ifndef ASSENT_UI_DIFF_DIFF_H
#define ASSENT_UI_DIFF_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "journal/fold.h"
#include "front/action.h"
#include "ui/panes/export.h"
#include "ui/text/page.h"
#include "ui/diff/pairs.h"

#define DIFF_COLUMNS_MIN 120	/* cells, to show two versions side by side */

struct ui;

/* Unchanged lines around a hunk, as the core has told them. */
struct diff_around {
	char	*hunk;			/* id, */
	char	*before;		/* hash of the file, and where the */
	int	 start;			/* hunk is, when they were told */
	int	 lines;			/* wanted on each side */
	char	*above, *below;		/* raw; whole lines */
	size_t	 above_len, below_len;
	int	 above_from;		/* number of its first line, before */
	bool	 all;			/* there is no more */
};

struct ui_diff {
	bool	 plain;			/* no words are marked */
	bool	 blanks;		/* all of them are shown */
	bool	 unwrapped;
	bool	 columns;		/* wished */
	bool	 beside;		/* the page was made so */
	int	 left;			/* first column, unwrapped */
	bool	 cut;			/* the last frame had a line that goes
					   on to the right */
	bool	 numbers;		/* of lines that stand one below the
					   other */
	int	 digits;		/* of the largest line number */
	unsigned built;			/* how often the page was made, and */
	int64_t	 content;		/* how often not for its width alone */
	char	*path;			/* without a hunk: the row is `below` */
	int	 kind;			/* the first one of this kind and */
	long	 below;			/* file; NULL: of no file's */
	struct page right;		/* new lines, row by row beside those
					   of the pane's page */
	struct diff_around *around;
	size_t	 around_len;
};

/* ---- diff-hunk.c: the rows of a hunk ---- */
void	diff_add_hunk(struct ui *, struct page *, int file, int hunk);
void	diff_add_reason(struct page *, const char *);
/* The lines of the hunk as it is shown (edited or not). */
const struct pairs *diff_pairs(struct ui *, const struct fold_hunk *);
const char *diff_text(const struct fold_hunk *, size_t *len);
/* Is it a row of a line, of the hunk or around it? */
bool	diff_is_line(const struct page_row *);
/* A row below the head of a hunk. */
bool	diff_is_inside(const struct page_row *);

/* ---- diff-view.c: what is drawn of them, and the keys for it ---- */
void	diff_draw_line(struct ui *, size_t row, int y, int x, int x_end);
/* Side by side, in a pane of this width? */
bool	diff_is_beside(const struct ui *, int cols);
/* Cells of the line numbers, if there are any. */
int	diff_gutter(const struct ui *);
/* Cells of one side, with its line numbers. */
int	diff_half(int cols);
bool	diff_view_key(struct ui *, enum action_id);
/* Have the match in row i in sight. */
void	diff_view_found(struct ui *, size_t row, const char *text);
void	diff_view_release(struct ui *);

/* Number, from 1, of the hunk's line under the cursor; 0: none. */
int	diff_line_here(const struct ui *);
/* Number of that line in the file as it is proposed. */
int	diff_number_here(struct ui *);

/* ---- diff-spot.c: where the cursor is, in a page made anew ---- */
/* Which line a row is of: the hunk's, or the file's where it stands around the
 * hunk; and the how-manieth row of it.  A note about a line is not the line. */
struct diff_spot {
	int	 kind;			/* enum diff_kind */
	int	 line, number;		/* 0: none */
	size_t	 row;
	size_t	 into;			/* rows from the head of its hunk */
};

struct diff_spot diff_spot_get(const struct ui *);
void	diff_spot_put(struct ui *, const struct diff_spot *);
/* The cursor is on a row of no hunk: what is near it. */
void	diff_spot_remember(struct ui *);
/* The row of the head of a hunk; the page's length if it is not there. */
size_t	diff_find_head(const struct ui *, const char *id);

/* ---- context-lines.c ---- */
/* What is known to stand around the hunk, or NULL. */
const struct diff_around *context_lines_find(const struct ui *,
	    const struct fold_file *, const struct fold_hunk *);
/* How many lines of it are below. */
int	context_lines_below(const struct ui *, const struct fold_file *,
	    const struct fold_hunk *);
void	context_lines_line(struct ui *,
	    const cJSON *line);	/* the core's answer */
bool	context_lines_key(struct ui *, enum action_id);
void	context_lines_drop(struct ui *);

/* ---- line-comment.c ---- */
/* The rows of the comment on this line, if there is one. */
void	line_comment_add(struct ui *, struct page *, const struct fold_hunk *,
	    int line);
bool	line_comment_key(struct ui *, enum action_id);
void	line_comment_send(struct ui *, const char *text);

/* ---- diff-text.c ---- */
/* The pane's, see pane_ops. */
bool	diff_look(struct ui *, bool all, struct export *);

/* ---- diff-jump.c: to the next of something ---- */
bool	diff_jump_key(struct ui *, enum action_id);
/* The mark of a file in the list, from those of its hunks. */
void	diff_draw_listed(struct ui *, const struct page_row *, int y, int x,
	    int x_end);

#endif
