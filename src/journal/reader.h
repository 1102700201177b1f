/*
 * reader: single lines of a session's journal, and contents that it keeps
 * beside
 * it, for who shows a session that is too long to be held in memory.  Only
 * reads; a core may be writing at the same time.  Line N is the one with the
 * seq N.
 */
#ifndef ASSENT_JOURNAL_READER_H
#define ASSENT_JOURNAL_READER_H

#include <stddef.h>
#include <stdint.h>

struct reader;

/* `dir` is the session's folder. Nothing is opened before it is needed. */
struct reader *reader_new(const char *dir);
void	reader_free(struct reader *);
/* The line as it stands, borrowed until the next call; NULL if there is none
 * (any more). */
const char *reader_line(struct reader *, int64_t seq, size_t *n);
/* The beginning and the end of a content in out/, `max` bytes at most, with a
 * line between them that says what is left out and where all of it is;
 * malloc'ed. NULL if it cannot be read. */
char	*reader_kept(struct reader *, const char *sha256, size_t max,
	    size_t *len);
/* At most n bytes of it from byte `at` on, *len of them, and the size of all;
 * malloc'ed, NULL if it cannot be read. */
char	*reader_piece(struct reader *, const char *sha256, int64_t at, size_t n,
	    size_t *len, int64_t *size);

#endif
