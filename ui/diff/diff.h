/*
 * diff: how the changes are displayed. Only hunk-edit.c decides: an edited hunk,
 * or some of its lines.
 */
#ifndef ASSENT_UI_DIFF_DIFF_H
#define ASSENT_UI_DIFF_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "front/bindings.h"
#include "journal/event.h"
#include "ui/panes/ui-base.h"
#include "ui/text/page.h"

struct pair_line;
struct review_file;

#define DIFF_COLUMNS_MIN 120	/* minimum width in cells, to show both versions
				   side by side, or the tree of files */
#define DIFF_SIDE_COLS 160	/* from here on side by side by default */
#define DIFF_NOTE_INDENT 1	/* off the mark beside it */

extern const struct pane_ops pane_diff;
extern const struct ui_edit_ops edit_hunk;
/* The pane's part, and parts of it. */
extern const struct ui_part part_diff, diff_view, diff_hunks, diff_notes,
    diff_edit, diff_disk, diff_news;

enum diff_kind {
	DIFF_TEXT, DIFF_FILE, DIFF_HEAD, DIFF_LINE, DIFF_IGNORED,
	DIFF_LISTED,		/* a file, in the list at the top */
	DIFF_NOTE,		/* a note on a hunk, or on a line of it */
	DIFF_CONTEXT,		/* a line that is no part of the hunk */
	DIFF_ALIKE,		/* hunks that make the same change as the one
				   above, with this number from 1: `change` */
};

/* ---- keys, by the files that have their code: diff_do (pane-diff.c) ---- */
void	diff_go_tree(struct ui *);		/* or to the list of files */
/* A key while the tree has them; false: it is for the diff. */
bool	diff_tree_key(struct ui *, enum action_id);
/* Enter on a file's row, or in the list; false: it isn't there. */
bool	diff_open_row(struct ui *, bool listed);
/* To the first or last file of the list, if the cursor is there. */
bool	diff_list_end(struct ui *, bool last);
void	diff_context(struct ui *, enum action_id);
/* Are some hunks new, and others known? */
bool	diff_has_news(const struct ui *);
void	diff_news_switch(struct ui *);
void	diff_ignored(struct ui *, enum action_id);
void	diff_comment(struct ui *);
void	diff_view_columns(struct ui *);
void	diff_view_file(struct ui *);

/* ---- pane-diff.c: the pane, the cursor, its place ---- */
/* Make the page again now; the cursor stays on its line. */
void	diff_again(struct ui *);
/* Move the cursor to this row, with the rows after it in view. */
void	diff_goto_row(struct ui *, size_t row);
/* The number, from 1, of the changed line or ignored file under the cursor; 0:
 * it is on no such row. */
int	diff_numbered(const struct ui *, enum diff_kind);
/* To the next changed line of this hunk, if there is one. */
void	diff_next_change(struct ui *);
/* Move the cursor to a changed line of its hunk: the next one, else the
 * first. */
void	diff_goto_change(struct ui *);
/* The hunk of a row of the pane's page, as the proposal has it now, or NULL. */
const struct fold_hunk *diff_row_hunk(const struct ui *,
	    const struct page_row *);
/* The hunk under the cursor, or NULL. */
const struct fold_hunk *diff_hunk(const struct ui *,
	    const struct fold_file **);
void	diff_next_undecided(struct ui *);
/* Draw a row of text. */
void	diff_draw_text(const struct ui *, size_t row, int y, int x, int x_end);
/* The line that a row belongs to (the hunk's line, or the file's line if it is
 * around the hunk), and the row's index in the line. A note about a line
 * doesn't belong to it. */
struct diff_spot {
	int	 kind;			/* enum diff_kind */
	int	 line, number;		/* 0: none */
	size_t	 row;
	size_t	 into;			/* rows from the head of its hunk */
};
/* The row of a hunk's head; the page's length if there is none. */
size_t	diff_find_head(const struct ui *, const char *id);

/* ---- diff-header.c: the row above, and what changed on disk ---- */
/* Append "undoes change 3 (a.c)", of a proposal that undoes one; `files`: with
 * the file, if it is one. */
void	diff_undo_text(const struct ui *, bool files, struct buf *);
/* Append where the cursor is, and how much is decided. */
void	diff_header(const struct ui *, int room, struct buf *);
/* Append what the check and the proofs say, each in full or not; its style. */
enum style diff_check(const struct ui *, int room, struct buf *);
/* Make the rows of the note, if there is one: diff.note. */
void	disk_note_make(struct ui *, int cols);

/* ---- diff-page.c: all rows; the same as text ---- */
/* Make the page of the open proposal; its rows have a diff_kind. */
void	diff_build(struct ui *, struct page *, int width);
/* About how many rows the proposal has, if none is wrapped; 0: there is none. */
int	diff_rows(const struct ui *);
/* The pane's look, see pane_ops. */
bool	diff_look(struct ui *, bool all, struct export *);

/* ---- diff-files.c: rows of files, and their tree ---- */
struct diff_tally { size_t yes, no, open, all, unseen; };
struct diff_tally diff_tally(const struct ui *, const struct fold_file *);
/* Count one more hunk. */
void	diff_tally_add(const struct ui *, const struct fold_hunk *,
	    struct diff_tally *);
/* Draw the marks of a row's hunks before its text, and how much is unread and
 * decided after so many cells, or after its text. */
void	diff_draw_tally(const struct ui *, const struct page_row *,
	    struct diff_tally, int cols, int y, int x, int x_end);
/* Move it to the head of a hunk, or the row of its folded file; `list`: to its
 * file in the list or tree, where the cursor is. */
void	diff_goto_hunk(struct ui *, const char *id, bool list);
/* The file whose row the cursor is on, in the list or above its hunks, the first
 * file of the folder there, or that of the first of several hunks (alike); NULL:
 * none. Sets all of the target but what a key says. */
const struct fold_file *diff_row(const struct ui *, struct review_target *);
bool	diff_row_is_open(const struct ui *);	/* has it an undecided hunk? */
/* Is the cursor on the row of a file that keys unfold and switch? The row above
 * a usual file's hunks isn't one: Space is for a page there. */
bool	diff_is_file_row(const struct ui *);
/* The file of a row that stands for all of its hunks, since they are folded;
 * NULL: it is no such row. */
const struct fold_file *diff_row_folded(const struct ui *,
	    const struct page_row *);
/* Is it generated, and not unfolded by the user? */
bool	diff_is_folded(const struct ui *, const struct fold_file *);
/* From a file's row to the next one with an undecided hunk; else to the next
 * such hunk. */
void	diff_advance(struct ui *);
/* Go to the file's first undecided hunk, or its last one; a generated file is
 * unfolded. */
const struct fold_hunk *diff_goto_open(struct ui *, const struct fold_file *);
/* Is the cursor on the list of files, or in the tree? */
bool	diff_is_on_list(const struct ui *);
/* What is under the cursor, as numbers that are only compared: those of the file
 * and hunk in this version, and whether its row is a hunk's, a file's or a
 * folder's. */
void	diff_under_cursor(const struct ui *, int64_t row[4]);
/* Decide whether a pane of so many cells shows the tree, and whether it shows
 * two columns. Returns the tree's width, with the line beside it; 0: no
 * tree. */
void	diff_settle(struct ui *, int cols);
/* Before it is drawn: its cursor follows. */
void	diff_tree_place(struct ui *);
/* Is the folder under its cursor folded? */
bool	diff_tree_is_folded(const struct ui *);
void	diff_tree_draw(const struct ui *, const struct rect *);

/* ---- diff-alike.c: hunks that make the same change ---- */
/* The hunk that stands for those that make the same change as this one; NULL if
 * none does, or it is edited or hidden. */
const struct fold_hunk *diff_alike_first(const struct ui *,
	    const struct fold_hunk *);
/* Is it folded, since a row stands for it? */
bool	diff_alike_folds(const struct ui *, const struct fold_file *,
	    const struct fold_hunk *);
/* Below the first of them, add the row that stands for the others. */
void	diff_alike_add(struct ui *, struct page *, int file, int hunk);
void	diff_alike_draw(const struct ui *, size_t row, int y, int x, int x_end);
/* The first of them, if it is their row; else NULL. */
const struct fold_hunk *diff_alike_row(const struct ui *,
	    const struct page_row *, const struct fold_file **);
/* The same of the cursor's row. */
const struct fold_hunk *diff_alike_here(const struct ui *,
	    const struct fold_file **);
/* The marks of those that the row stands for. */
struct diff_tally diff_alike_tally(const struct ui *, const struct page_row *);
/* Unfold those that make the same change as this hunk, or fold them again. */
void	diff_alike_open(struct ui *, const struct fold_hunk *);
/* Are those folded whose row the cursor is on? */
bool	diff_alike_is_folded(const struct ui *);
/* Unfold those in which the text is found. */
void	diff_alike_reveal(struct ui *, const char *text);

/* ---- diff-hunk.c: rows of a hunk, and of the lines around it ---- */
void	diff_add_hunk(struct ui *, struct page *, int file, int hunk);
/* Does a row stand for equal lines in this hunk? If so, show these. */
bool	diff_show_moved(struct ui *, const struct fold_hunk *);
/* The lines of the hunk as displayed (edited or not). */
const struct pairs *diff_pairs(struct ui *, const struct fold_hunk *);
/* The same, if the hunk is in the page; else NULL. */
const struct pairs *diff_pairs_made(const struct ui *,
	    const struct fold_hunk *);
const char *diff_text(const struct fold_hunk *, size_t *len);

/* ---- diff-view.c: how these are drawn ---- */
/* Before the row is drawn: its words are compared, and colours asked for. */
void	diff_line_place(struct ui *, size_t row);
/* Draw a line with its number in this style, or a note, side by side in the column
 * of its line. */
void	diff_draw_line(const struct ui *, size_t row, enum style number, int y,
	    int x, int x_end);
/* Number of cells for the line numbers, if there are any. */
int	diff_gutter(const struct ui *);
/* Number of cells for one side, with its line numbers. */
#define DIFF_HALF(cols) (((cols) - 2) / 2)
/* Number, from 1, of the hunk's line under the cursor; 0: none. */
int	diff_line_here(const struct ui *);

/* How many rows of the hunk under the cursor are below the window and
 * unread. */
size_t	diff_rows_below(const struct ui *);
/* Go to this hunk, and there to what isn't seen. */
void	diff_goto_unseen(struct ui *, const char *id);
/* Draw a row of the list, with the marks of the file's hunks. */
void	diff_draw_listed(const struct ui *, size_t row, int y, int x, int x_end);

/* ---- line-notes.c: rows below a line that say something about it ---- */
/* If a block that moved begins in this line of the hunk, add a note; also if the
 * line was changed in such a block, or one above it left out. */
void	moved_blocks_add(struct ui *, struct page *, int file, int hunk,
	    int line);
/* Is the line changed, or new, within a block that moved? */
bool	moved_line_changed(struct ui *, int file, int hunk, int line);
/* How many lines from this one on are equal to those that a block moved from or
 * to, so that one row can stand for them; never the block's first line. */
size_t	moved_lines_equal(struct ui *, int file, int hunk, int line);
/* The notes and comments on a line; NULL: on the hunk. */
void	line_notes_below(const struct ui *, struct page *,
	    const struct fold_file *,
	    const struct fold_hunk *, const struct pair_line *, int line);
/* How many findings the model has, and the first of those in unchanged files. */
void	line_notes_model(struct ui *, struct page *);
/* The notes on the file, above its hunks; `listed`: those that the list of files
 * has on a low screen. */
void	line_notes_file(const struct ui *, struct page *,
	    const struct fold_file *, bool listed);

/* ---- hunk-edit.c: parts of a hunk, or an edited hunk ---- */
/* Split, edit and pick lines; true if the key was handled. `h` is the hunk
 * under the cursor. */
bool	hunk_edit_key(struct ui *, enum action_id, const struct fold_hunk *h);

/* ---- review-file.c: what was seen, kept in the session's folder ---- */
/* For the session in this folder; opens no file yet. */
struct review_file *review_file_new(const char *dir);
void	review_file_free(struct review_file *);
/* Load what was seen, here or at another terminal. `back`: the UI begins: also
 * go to the place, unless the user has gone to the review already. The journal's
 * last line when the last key came in any UI, before those of this one; 0:
 * unknown. */
int64_t	review_file_load(struct review_file *, struct ui *, bool back);
/* Record that the user is there, since a key came that can answer the screen.
 * `seen`: also save what was seen, and the place in the review. */
void	review_file_key(struct review_file *, struct ui *, bool seen);

#endif
