/*
 * tags: the main names that a project's files define, in few lines, those first
 * that a task's words are about.  What is read is the plain output of universal
 * ctags (NAME TAB FILE TAB LINE;" TAB KIND), which speaks of files that anybody
 * may have written: a line that is not of this form, or of no file that was
 * asked for, is skipped.  The same files, words and output give the same text.
 *
 * Source of the format: ctags(1) and tags(5) of universal-ctags.
 */
#ifndef ASSENT_CORE_PROJECT_TAGS_H
#define ASSENT_CORE_PROJECT_TAGS_H

#include <stddef.h>

struct tags;

/* `task`: the words that files and names are ranked by. */
struct tags *tags_new(const char *task);
void	tags_free(struct tags *);	/* NULL is fine */
/* A file that may be looked into, the nearer ones first. */
void	tags_add(struct tags *, const char *path);
/*
 * Rank what was added, once, and keep as many as there is room for: so many
 * files, whose paths have so many bytes.  How many that are.
 */
size_t	tags_choose(struct tags *, size_t files, size_t bytes);
/* One of the chosen, as it was added; borrowed. */
const char *tags_path(const struct tags *, size_t i);
/* The output for the chosen files, each named by its path with "./" before it. */
void	tags_read(struct tags *, const char *p, size_t n);
/* "src/a.c: name name (and 2 more)", a line a file, at most `max` bytes;
 * malloc'ed, "" if there are none. */
char	*tags_text(const struct tags *, size_t max);

#endif
