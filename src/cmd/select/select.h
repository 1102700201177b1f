/*
 * select: decisions that are written on the command line.  From --accept,
 * --split, --lines and --edit, and the open proposal, to the commands that make
 * it so.  Pure but for the files that --edit names.
 *
 * Hunks are numbered from 1 in the order of the patch; with PATH= before the
 * number, within that file. A change of mode has no number: its name is `mode`.
 * Nor has a renaming beside changed content (`rename`): it comes with any of the
 * file's hunks.
 * Numbers of --accept, --lines, --edit and --overwrite count the parts of what
 * --split named. A hunk that overwrites what the user wrote meanwhile is accepted
 * only if --overwrite names it; else it stays open. --overwrite by itself decides
 * about nothing else.
 */
#ifndef ASSENT_CMD_SELECT_SELECT_H
#define ASSENT_CMD_SELECT_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "journal/fold.h"

enum select_kind {
	SELECT_NONE, SELECT_ACCEPT, SELECT_SPLIT, SELECT_LINES, SELECT_EDIT,
	SELECT_OVERWRITE,
	SELECT_PATCH,	/* a file: the proposal's patch, amended */
};

struct select_option {
	enum select_kind	 kind;
	const char		*text;	/* as it was typed */
};

struct select;

/* The word for this hunk, the i-th of its file, if it has one and no number:
 * "mode" for the change of the mode, "rename" for the new name of a file whose
 * content changes too. Else NULL. */
const char *select_word(const struct fold_file *, size_t i);

/* NULL with what is wrong with the words, or with a file that --edit names. */
struct select *select_new(const struct select_option *, size_t n,
	    struct err *);
void	select_free(struct select *);

/* The text of the i-th --patch, or NULL. */
const struct buf *select_patch(const struct select *, size_t i);

/* {"type":"split",...} for each hunk to be split: an array, the caller deletes;
 * NULL with which number or path is not there. */
cJSON	*select_splits(const struct select *, const struct fold_proposal *,
	    struct err *);
/* {"type":"mark",...} as a list for command_decide; `word` (may be NULL) goes
 * with those that are refused. *open: how many hunks have none and stay open.
 * NULL as above. */
cJSON	*select_marks(const struct select *, const struct fold_proposal *,
	    const char *word, int *open, struct err *);

/* Does it say nothing about hunks that it does not name?  Else those are
 * refused. */
bool	select_leaves_rest(const struct select *);

/* A line for each open hunk that overwrites newer text, with what accepts it.
 * Are all that are open of that kind? */
bool	select_left_open(const struct fold_proposal *, struct buf *);

/* ---- select-comment.c ---- */
/* Is it "FILE:LINE TEXT"? -1 with what is wrong. */
int	select_comment_check(const char *, struct err *);
/* {"type":"comment",...} for each of them: an array, the caller deletes; NULL
 * with which file or line is not in the proposal. */
cJSON	*select_comments(const char *const *, size_t n,
	    const struct fold_proposal *, struct err *);

/* "1,3,5-7": numbers from 1, added to *numbers (malloc'ed, the caller frees it
 * also after an error). -1 if it is not that, or far too many. */
int	select_numbers(const char *, int **numbers, size_t *len);

#endif
