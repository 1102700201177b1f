/*
 * summary: what takes the place of older turns in a model's context.  One form
 * for all: sections with a heading of a table, each a list of short texts.  A
 * model writes it, a person may edit it, and the journal keeps it as
 *     {"goals": ["..."], "progress": [...], "decisions": [...],
 *      "files": [...], "questions": [...]}
 */
#ifndef ASSENT_JOURNAL_SUMMARY_H
#define ASSENT_JOURNAL_SUMMARY_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

enum summary_section {
	SUMMARY_GOALS, SUMMARY_PROGRESS, SUMMARY_DECISIONS, SUMMARY_FILES,
	SUMMARY_QUESTIONS, SUMMARY_SECTIONS,
};

/* The member's name, and the heading in the text. */
const char *summary_name(enum summary_section);
const char *summary_heading(enum summary_section);

/* An empty one; the caller deletes. */
cJSON	*summary_new(void);
void	summary_add(cJSON *, enum summary_section, const char *text);

/*
 * From what a model or a person wrote: Markdown with these headings (or words
 * like them, in any order, in a code fence or behind other words), or the JSON
 * object.  What comes before the first heading is left out.  NULL with *e when
 * there is nothing in it that could be used.
 */
cJSON	*summary_parse(const char *text, size_t n, struct err *);
/* As Markdown; sections without anything in them are left out. */
void	summary_text(struct buf *, const cJSON *summary);
/*
 * No text longer than a few lines, and no more than `max` bytes in all: what was
 * done longest ago goes first, what is wanted last.
 */
void	summary_trim(cJSON *, size_t max);

/* A `compaction` line as the model is told it; nothing if it has no summary. */
void	summary_message(struct buf *, const cJSON *line);

#endif
