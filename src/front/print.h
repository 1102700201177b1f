/*
 * print: prints a session's lines as plain text, for logs and terminals without
 * the UI.  Foreign text never starts a row of a terminal: a name or title is
 * always one line, each line of a longer text gets a prefix, and what doesn't fit
 * is cut into rows here, each with the prefix (bar, sign, indentation) and a mark
 * in front.  So the terminal never wraps, whose idea of a character's width may
 * differ.  Only the output of a program that the user started (`try`, git) is
 * printed as it comes.  Into a file or pipe, all bytes stay, and so do lines.
 */
#ifndef ASSENT_FRONT_PRINT_H
#define ASSENT_FRONT_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "gate/patch.h"
#include "journal/event.h"
#include "journal/fold.h"

/* The output of a program, as it comes. */
void	print_foreign(FILE *, const char *p, size_t n);
/* Whole lines of any text. */
void	print_lines(FILE *, const char *p, size_t n);
/* Ask a question; its last line stays open for the answer. */
void	print_question(FILE *, const char *text);
/* Our own text, of ASCII: cut between words, indented from the second row on. */
void	print_wrap(FILE *, int columns, int indent, const char *text);
/* Print to this file as on a terminal of so many columns; NULL: to none. */
void	print_as(FILE *, int columns);
/* Write the file that the user names: replaced as a whole, or, a pipe or a
 * device, written to by `print`. */
int	print_file(const char *path, const char *p, size_t n,
	    void print(FILE *, const char *, size_t), struct err *);
/* Could it be written, to say so before the work starts? Not by a symlink to a
 * folder that is below the one where we are. NULL: no file. */
int	print_file_check(const char *path, struct err *);
/* A unified diff; in colours, where they are wanted. */
void	print_diff(FILE *, const char *p, size_t n);
/* The text of a hunk, without its "@@" line. */
void	print_hunk(FILE *, const char *p, size_t n);
/* A line of JSON; on a terminal, control characters are escaped, which doesn't
 * change its meaning. */
void	print_json(FILE *, const char *p, size_t n);
/* The same of an object, on standard output. */
void	print_object(const cJSON *);
/* Prints our own line, which may contain foreign text, with a newline. Newlines
 * at the start of fmt are printed, all others appear as marks. */
void	print_words(FILE *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* Our own line, dim where colours are wanted; nothing if it is empty. */
void	print_dim(FILE *, const char *text);
/* The line of the sandbox, whose words are ours, after others. */
void	print_sandbox(FILE *, const char *before, const char *line);
/* Foreign text: `first` before its first line, `rest` before the others. */
void	print_text(FILE *, const char *first, const char *rest,
	    const char *text);
/* A plan for review. */
void	print_plan_of(FILE *, const struct fold_plan *);
/* Print a journal line, if users need it. `fold` already includes it. */
#define PRINT_FILES	(1u << 0)	/* a line for each that is proposed */
#define PRINT_SAID	(1u << 1)	/* the summary was already printed */
void	print_line(FILE *, const struct fold *, const struct event *,
	    unsigned flags);
/* What linters found in the task and is still so, in a line. */
void	print_findings(FILE *, const struct fold *);
/* Appends the limit that ended a task; false if none did. */
bool	print_end_limit(struct buf *, const struct ev_limit_met *);

/*
 * Calls `fn` for each complete line of the journal in the session's directory
 * `dir`; it returns -1 with *e if it can't use one. *torn (may be NULL) is the
 * size of an incomplete last line.
 */
int	log_lines(const char *dir, int (*fn)(void *, const char *, size_t,
	    struct err *), void *arg, size_t *torn, struct err *e);
/* The same with what each line says. */
int	log_events(const char *dir, void (*fn)(void *, const struct event *),
	    void *arg, struct err *e);

/* Print the journal in the session's directory `dir`. With `json` lines are copied
 * unchanged, except that on a terminal unsafe characters become \u escapes. -1
 * with *e if a line can't be read (after printing those before it) or on a write
 * error. Omits and reports an incomplete last line. */
int	log_print(FILE *out, const char *dir, bool json, struct err *);

#endif
