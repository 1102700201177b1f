/*
 * reader: reads a session's journal lines and stored contents, in order or by
 * number, for showing a session too long to hold in memory. Only reads; a core
 * may be writing at the same time. Line N has the seq N.
 */
#ifndef ASSENT_JOURNAL_READER_H
#define ASSENT_JOURNAL_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct reader;

/* Reads a file as complete lines of bounded length from any offset: begin with
 * these two, and zeroes. */
struct linefile {
	int		 fd;		/* borrowed; read with pread */
	off_t		 off;		/* of the next byte to read */
	struct buf	 b;
	size_t		 used;		/* bytes of b handed out */
	size_t		 scanned;	/* no newline before this one */
};
enum linefile_kind { LINEFILE_END, LINEFILE_LINE, LINEFILE_TORN };

void	linefile_release(struct linefile *);
/* The next line without its newline, valid until the next call. Returns a
 * linefile_kind (LINEFILE_TORN: the file's last bytes, without a newline), or
 * -1 with *e on an error or for a line beyond the maximum. */
int	linefile_next(struct linefile *, const char **line, size_t *n,
	    struct err *);

/* Has this session begun to write a file with this content, as far as the end of
 * its journal says? */
bool	reader_wrote(const char *id, const char *sha256);

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

/* The file `brief` of a session's folder: old lines of the journal without their
 * large members. */
#define BRIEF_FILE "brief"
#define BRIEF_HEX 64
#define BRIEF_MAX ((size_t)16 << 20)	/* bytes: a screen reads them before its
					   first frame, in half a second */

/* A position: the line of the journal up to which `brief` has the lines; all
 * zero: none. */
struct brief {
	int64_t		 seq, end;	/* of that line */
	char		 h[BRIEF_HEX + 1];
};

/* Add the mark, which the file ends with. */
void	brief_mark(struct buf *lines, const struct brief *);
/* The lines of the file, if it is sound and fits the journal `fd`, else none. */
void	brief_load(struct brief *, int dirfd, int fd, struct buf *lines);

/* The lines that a session already has, before its core answers. */
struct past {
	char		*dir;
	int64_t		 last;		/* seq of the last line */
	/* The lines in the file `brief`, and the later ones of the journal. */
	struct buf	 brief, lines;
};
typedef void past_line_cb(void *arg, const char *line, size_t n);

/* `dir` is the session's folder. NULL if there is too much to read or something
 * isn't as it should be: then ask the core for all lines. */
struct past *past_open(const char *dir);
void	past_free(struct past *);
/* Each line in order, without its newline; borrowed. */
void	past_each(const struct past *, past_line_cb *, void *arg);

#endif
