/*
 * syntax: the colours of a proposal's files, and of code in the model's texts,
 * for a client that shows them: the commands `colours` and `code`.  The answer
 * comes when the lexer has read the file; it is for that client alone, never
 * journaled, and decides nothing.
 */
#ifndef ASSENT_CORE_SYNTAX_SYNTAX_H
#define ASSENT_CORE_SYNTAX_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"


#define SPANS_END	0xff

/*
 * The lexer's answer has for each file its records: offset and length (32 bits
 * each, big-endian) and class (8 bits), in rising order and without overlaps,
 * only an enum syntax_class; then an end record: the file's length, the
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

#endif
