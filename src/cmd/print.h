/*
 * print: a session's lines as plain text, for those who read them in a log or
 * a terminal without the screen.  Foreign words never begin a line: a name or a
 * title is one line whatever is in it, and texts of more lines have a mark
 * before each.  Only a diff and the output of `try` are put out as they are,
 * and those go raw into a file or pipe.
 */
#ifndef ASSENT_CMD_PRINT_H
#define ASSENT_CMD_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "journal/fold.h"

void	print_foreign(FILE *, const char *p, size_t n);
/* A line of JSON; for a terminal all that could be more than text there is
 * escaped, which leaves it the same JSON. */
void	print_json(FILE *, const char *p, size_t n);
/* So escaped; malloc'ed. */
char	*print_json_escaped(const char *p, size_t n);
/* A line of ours with foreign words in it; a newline is added. Newlines at the
 * beginning of fmt are ours, all others are shown as marks. */
void	print_words(FILE *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* The line of the sandbox, whose words are ours, after others. */
void	print_sandbox(FILE *, const char *before, const char *line);
/* Foreign text: `first` before its first line, `rest` before the others. */
void	print_text(FILE *, const char *first, const char *rest,
	    const char *text);
/* All files of the open proposal as one diff, from column 1. */
void	print_proposal_diff(FILE *, const struct fold_proposal *);
/* A plan as it is put to a person. */
void	print_plan_of(FILE *, const struct fold_plan *);
/* What the line says, if it says anything to a person. `fold` has folded it
 * already. Proposals are left to the caller. */
void	print_line(FILE *, const struct fold *, const cJSON *line);
/* The report of agent_end; `said`: its summary was just printed. */
void	print_end(FILE *, const struct fold *, const cJSON *end, bool said);

#endif
