/*
 * summary: replaces older turns in a model's context.  There is one form:
 * sections, with headings from a table, each a list of short texts.  A model
 * writes it, and the journal stores it as
 *     {"goals": ["..."], "progress": [...], "decisions": [...],
 *      "files": [...], "questions": [...]}
 */
#ifndef ASSENT_JOURNAL_SUMMARY_H
#define ASSENT_JOURNAL_SUMMARY_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct ev_compaction;

enum summary_section {
	SUMMARY_GOALS, SUMMARY_PROGRESS, SUMMARY_DECISIONS, SUMMARY_FILES,
	SUMMARY_QUESTIONS, SUMMARY_SECTIONS,
};

/* Make a summary that begins with the content of `old`, unless that is NULL;
 * the caller deletes. */
cJSON	*summary_new(const cJSON *old);
void	summary_add(cJSON *, enum summary_section, const char *text);
/* Add each line of the text that isn't empty, without the mark of a list. */
void	summary_add_lines(cJSON *, enum summary_section, const char *text);

/*
 * Parse what a model wrote: Markdown with these headings (or similar
 * words, in any order, in a code fence or after other text), or the JSON
 * object. Text before the first heading is dropped. NULL with *e if nothing
 * usable is left.
 */
cJSON	*summary_parse(const char *text, size_t n, struct err *);
/* Append the summary as Markdown, without empty sections. */
void	summary_text(struct buf *, const cJSON *summary);
/*
 * Limit each text to a few lines and the whole to `max` bytes: the oldest
 * progress is dropped first, the goals last.
 */
void	summary_trim(cJSON *, size_t max);

/* A `compaction` line as text for the model; nothing if it has no summary. */
void	summary_message(struct buf *, const struct ev_compaction *);

#endif
