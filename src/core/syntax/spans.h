/*
 * spans: where the comments, strings, keywords and so on of a file are, as
 * the lexer found them.  The lexer has read hostile text: nothing that it says
 * is believed unless it fits the file.  Pure.
 */
#ifndef ASSENT_CORE_SYNTAX_SPANS_H
#define ASSENT_CORE_SYNTAX_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define SPANS_FILE_MAX	((size_t)1 << 20)	/* of a file that is read */
#define SPANS_RECORD	9			/* bytes */
#define SPANS_END	0xff

/*
 * The lexer's answer has for each file its records: offset and length (32 bits
 * each, big-endian) and class (8 bits), in rising order and without overlaps,
 * only classes of syntax-class.h; then an end record: the file's length, the
 * number of records, SPANS_END.
 */
struct span {
	uint32_t	 from, to;	/* bytes of the file */
	uint8_t		 class;
};

struct spans {
	struct span	*v;
	size_t		 len;
	uint32_t	*lines;		/* where each line begins */
	size_t		 lines_len;
	size_t		 size;		/* of the file */
	bool		 ends;		/* with a newline */
};

/*
 * Read the records of one file, whose text is given, from *p on; *p is then
 * after them.  -1 if anything is wrong; *t is then empty.
 */
int	spans_read(struct spans *t, const char *text, size_t size,
	    const char **p, const char *end, struct err *);
void	spans_release(struct spans *);
/* Memory that they take. */
size_t	spans_bytes(const struct spans *);
/*
 * Line n, from 0, as text: its length, then of each part in it " AT+LENGTH"
 * and the letter of its class: "14 0+3k 8+6s".
 */
void	spans_line(const struct spans *, size_t n, struct buf *);

#endif
