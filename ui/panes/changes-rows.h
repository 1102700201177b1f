/*
 * changes-rows: the rows of the list of applied changes.
 */
#ifndef ASSENT_UI_PANES_CHANGES_ROWS_H
#define ASSENT_UI_PANES_CHANGES_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct fold;
struct fold_change;
struct page;
struct ui;

/* The cursor goes to tasks, heads, parts and lines. */
enum changes_kind {
	CHANGES_TEXT,
	CHANGES_TASK,		/* its heading: `file` is the index, in the fold,
				   of the first change below it */
	CHANGES_HEAD, CHANGES_FILE,
	CHANGES_PART,		/* a file, or a hunk of a change that is open:
				   `change` is its file's number, from 1,
				   `line` the hunk's or 0 */
	CHANGES_LINE		/* a line of a hunk that is open: likewise, and
				   `number` is the line's, from 1 */
};

/* The change that an undo or redo is listed under; NULL for what is neither. */
const struct fold_change *changes_rows_root(const struct fold *,
	    const struct fold_change *);
/* Are the hunks of this change listed? */
bool	changes_rows_open(const struct ui *, int64_t tx);
/* The last undo of a part of the change that touched this file (bytes) and
 * wasn't redone; or NULL. */
const struct fold_change *changes_rows_undo(const struct fold *,
	    const struct fold_change *, const char *path);
/* A hunk, by its number from 1, of this file (bytes) of the change that is open,
 * as the core listed it; without an ID it is undone with its file. NULL: none. */
const cJSON *changes_rows_hunk(const struct ui *, const char *path, int hunk);
/* Are lines of this file shown, or of this hunk if it isn't 0? */
bool	changes_rows_lines(const struct ui *, const char *path, int hunk);
/* Show or hide them. */
void	changes_rows_show(struct ui *, const char *path, int hunk, bool show);
/* The list has come: show the lines of this file (bytes), or for NULL of those
 * that have one hunk, up to a number of lines. */
void	changes_rows_listed(struct ui *, const char *path);
/* `hunk` of a row: the index of its change in the fold. */
void	changes_rows_build(const struct ui *, struct page *, int width);

#endif
