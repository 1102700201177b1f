/*
 * plan-markdown: a plan as Markdown for the user's editor, and back:
 *
 *	# Goal
 *
 *	Commas inside quotes belong to the field
 *
 *	# Steps
 *
 *	1. Teach parse_next about quotes
 *	   - paths: src/parse.c
 *
 *	# Expected files
 *
 *	- src/parse.c
 *
 *	# Check
 *
 *	    make check
 *
 *	# Risks
 *
 *	- callers that pass a negative index
 *
 * A line of the plan that would be read as one of these marks, or as a comment,
 * has a backslash before it. Nothing is dropped but our own comments. Invisible characters are written as in editor_mark().
 */
#ifndef ASSENT_FRONT_PLAN_MARKDOWN_H
#define ASSENT_FRONT_PLAN_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "journal/fold.h"

/* Begins the comment of one line that names what can't be read; "-->" ends
 * it. */
#define PLAN_MARKDOWN_NOTE "<!-- can't be read: "

/* The text to edit, malloc'ed. The plan has the members goal, steps, files,
 * check and risks, as the journal's `plan`. */
char	*plan_markdown(const cJSON *plan, size_t *len);
/* The same without the comments about the editor and without empty sections. */
char	*plan_markdown_shown(const cJSON *plan, size_t *len);
/* The item that a line is of. */
struct plan_item {
	enum fold_plan_part part;
	int		 n;		/* which of them, from 1; 0: none yet, or the
					   goal or the check */
	bool		 first;		/* it is the first line of this one */
};
/* Go on from the item of the line above, at first { 0 }, to that of this line of
 * plan_markdown_shown. */
void	plan_markdown_item(const char *line, size_t n, struct plan_item *);
/* The plan that the text describes. NULL with *e, and *line is the line where
 * it can't be read (from 1; 0: no single line). `before` is the plan that was
 * edited. */
cJSON	*plan_markdown_read(const char *text, size_t len, const cJSON *before,
	    int *line, struct err *);
/* Does the text say what the plan says? */
bool	plan_markdown_is(const char *text, size_t len, const cJSON *plan);

#endif
