/*
 * reader: random access to a session's journal lines and stored contents, for
 * showing a session too long to hold in memory. Only reads; a core may be
 * writing at the same time. Line N has the seq N.
 */
#ifndef ASSENT_JOURNAL_READER_H
#define ASSENT_JOURNAL_READER_H

#include <stddef.h>
#include <stdint.h>

struct reader;

/* `dir` is the session's folder. Opens nothing until needed. */
struct reader *reader_new(const char *dir);
void	reader_free(struct reader *);
/* The line, valid until the next call; NULL if there is none (any more). */
const char *reader_line(struct reader *, int64_t seq, size_t *n);
/* The start and end of a content in out/, at most `max` bytes, with a line
 * between them that says how much is missing and where the whole is; malloc'ed.
 * NULL if it can't be read. */
char	*reader_content(struct reader *, const char *sha256, size_t max,
	    size_t *len);
/* At most n bytes of it from byte `at` on, with *len, and the total size;
 * malloc'ed, NULL if it can't be read. */
char	*reader_piece(struct reader *, const char *sha256, int64_t at, size_t n,
	    size_t *len, int64_t *size);

#endif
