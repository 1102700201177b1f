/*
 * ask: questions on a terminal, each answered by a line, and what is printed of a
 * change before its question.
 */
#ifndef ASSENT_CMD_ASK_H
#define ASSENT_CMD_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

struct fold_file;
struct fold_hunk;

/* Print a question, whose last line stays open for the answer. What was typed before
 * it is dropped. */
void	ask_prompt(FILE *, const char *text);
/* Ask for one line on standard error; malloc'ed; NULL at the end of input. */
char	*ask_line(const char *question);
/* Ask for what can't be taken back: only a capital Y means yes; after a small one
 * the question stays open. */
#define ASK_CAPITAL "a capital Y confirms, anything else doesn't:"
bool	ask_yes(const char *question);

/* What a question is about, for its end: a name, an address or a command in one
 * line, cut; malloc'ed. */
char	*ask_about(const char *);

/* May the images outside the project that the text names be sent? Those that had
 * to be asked about are in *list, NULL: none. False: not all of them. */
bool	ask_images(const char *text, const char *root, cJSON **list);

/* Print the notes on the file and this hunk, or NULL: on all, and how it changed
 * on disk since. */
void	ask_notes(FILE *, const struct fold_file *, const struct fold_hunk *);
/* What a patch doesn't say of a file without lines: why, and its contents. */
void	ask_whole(struct buf *, const struct fold_file *);

/* Print the change of the file, or this hunk of it (NULL: all): the patch to `diff`,
 * and to `words` what a patch doesn't say, and the notes. */
void	ask_change(FILE *diff, FILE *words, const struct fold_file *,
	    struct fold_hunk *);

#endif
