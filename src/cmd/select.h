/*
 * select: decisions on the command line.  Turns --accept, --split, --lines and
 * --edit, with the open proposal, into commands.  Pure, except that it reads
 * the files of --edit.
 *
 * Hunks are numbered from 1 in the order of the patch, or with PATH= within
 * that file. A mode change has no number; it is called `mode`. Nor has the
 * renaming of a file whose content changes (`rename`): any of the file's hunks
 * includes it. Numbers in --accept, --lines, --edit and --overwrite count the
 * parts made by --split. A hunk that overwrites the user's newer lines is accepted only by
 * --overwrite; else it stays open. --overwrite alone decides nothing else, and
 * with --reject no hunk that isn't named is decided.
 */
#ifndef ASSENT_CMD_SELECT_H
#define ASSENT_CMD_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

struct fold;
struct fold_hunk;
struct fold_proposal;
struct select;

enum select_kind {
	SELECT_NONE, SELECT_ACCEPT, SELECT_SPLIT, SELECT_LINES, SELECT_EDIT,
	SELECT_OVERWRITE, SELECT_REJECT,
	SELECT_PATCH,	/* a file: the proposal's patch, edited */
};

struct select_option {
	enum select_kind	 kind;
	const char		*text;	/* as it was typed */
};

/* NULL with an error in an argument, or in a file of --edit. */
struct select *select_new(const struct select_option *, size_t n,
	    struct err *);
void	select_free(struct select *);
AUTO_AT(select_free, struct select)

/* The text of the i-th --patch, or NULL. */
const struct buf *select_patch(const struct select *, size_t i);
/* {"type":"split",...} for each hunk to split: an array, the caller deletes;
 * NULL with the number or path that doesn't exist. */
cJSON	*select_splits(const struct select *, const struct fold_proposal *,
	    struct err *);
/* {"type":"mark",...} as a list for command_marks. *open: the number of hunks
 * without a mark, which stay open. NULL as above. */
cJSON	*select_marks(const struct select *, const struct fold_proposal *,
	    int *open, struct err *);

/* Does it leave hunks open that it doesn't name, instead of rejecting them? */
bool	select_leaves_rest(const struct select *);

/* A line for each open hunk that overwrites newer text, with the option that
 * accepts it. Returns whether all open hunks are of that kind. */
bool	select_left_open(const struct fold_proposal *, struct buf *);
/* {"type":"comment",...} for each "FILE:LINE TEXT": an array, the caller deletes;
 * NULL with the one that is something else, or whose file or line isn't in the
 * open proposal; without a fold only the form is checked. */
cJSON	*select_comments(const char *const *, size_t n,
	    const struct fold *, struct err *);

/* The hunk's text with these of its + and - lines alone, numbered from 1: 1, or 0 if
 * that is all of it; -1 with *e. */
int	select_lines(const struct fold_hunk *, const int *numbers, size_t n,
	    struct buf *, struct err *);
/* "1,3,5-7": numbers from 1, appended to *numbers (malloc'ed; the caller frees
 * it, also after an error). -1 if invalid or far too many. */
int	select_numbers(const char *, int **numbers, size_t *len);

#endif
