/*
 * linefile: reads a file as complete lines of bounded length from any offset.
 * For journals, both to check and to show them.
 */
#ifndef ASSENT_JOURNAL_LINEFILE_H
#define ASSENT_JOURNAL_LINEFILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct linefile {
	int		 fd;		/* borrowed; read with pread */
	off_t		 off;		/* of the next byte to read */
	struct buf	 b;
	size_t		 used;		/* bytes of b handed out */
	size_t		 scanned;	/* no newline before this one */
};
enum linefile_kind { LINEFILE_END, LINEFILE_LINE, LINEFILE_TORN };

void	linefile_init(struct linefile *, int fd, off_t from);
void	linefile_release(struct linefile *);
/* The next line without its newline, valid until the next call. Returns a
 * linefile_kind (LINEFILE_TORN: the file's last bytes, without a newline), or
 * -1 with *e on an error or for a line beyond the maximum. */
int	linefile_next(struct linefile *, const char **line, size_t *n,
	    struct err *);

#endif
