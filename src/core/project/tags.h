/*
 * tags: the main names that a project's files define, in a few lines, with
 * those related to the task first. It reads the plain output of universal ctags
 * (NAME TAB FILE TAB LINE;" TAB KIND) about files that anyone may have written:
 * a line of another form, or about a file that wasn't requested, is skipped.
 * The same files, words and output give the same text.
 *
 * Source of the format: ctags(1) and tags(5) of universal-ctags.
 */
#ifndef ASSENT_CORE_PROJECT_TAGS_H
#define ASSENT_CORE_PROJECT_TAGS_H

#include <stddef.h>

struct tags;

/* `task`: text that files and names are ranked by. */
struct tags *tags_new(const char *task);
void	tags_free(struct tags *);	/* NULL is fine */
/* Add a file that may be searched, the nearer ones first. */
void	tags_add(struct tags *, const char *path);
size_t	tags_added(const struct tags *);
/*
 * Rank the added files, once, and choose as many as allowed: at most `files`,
 * with paths of at most `bytes`. Returns how many.
 */
size_t	tags_choose(struct tags *, size_t files, size_t bytes);
/* A chosen file, as it was added; borrowed. */
const char *tags_path(const struct tags *, size_t i);
/* Read the output for the chosen files, each named by its path with "./" before
 * it. */
void	tags_read(struct tags *, const char *p, size_t n);
/* "src/a.c: name name (and 2 more)", one line per file, at most `max` bytes;
 * malloc'ed, "" if there are none. */
char	*tags_text(const struct tags *, size_t max);

#endif
