/*
 * chain: the parts of the journal's files that journal.c and verify.c share: the
 * hash chain over lines, the reader that cuts a file into lines, and `head`.
 * Nothing here writes to the journal itself.
 */
#ifndef ASSENT_JOURNAL_CHAIN_H
#define ASSENT_JOURNAL_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"

/* Where the chain stands: zero it for an empty journal. */
struct chain {
	int64_t	 seq;			/* of the last line, 0 if none */
	char	 h[SHA256_HEX_SIZE];	/* its hash, "" if none */
	off_t	 end;			/* file offset after its newline */
};

/* Check one line (no newline) against the chain and move on to it. *event gets
 * the parsed line if the pointer is not NULL. -1: not a line that follows. */
int	chain_check(struct chain *, const char *line, size_t n,
	    cJSON **event, struct err *);
/* `line` holds an object's text without its closing brace; appends "h" and the
 * brace. The hash goes to h. */
int	chain_seal(struct buf *line, char h[SHA256_HEX_SIZE]);

struct chain_reader {
	int		 fd;		/* borrowed; read with pread */
	off_t		 off;		/* of the next byte to read */
	struct buf	 b;
	size_t		 used;		/* bytes of b given out */
	size_t		 scanned;	/* no newline before this one */
};
enum chain_read { CHAIN_END, CHAIN_LINE, CHAIN_TORN };

void	chain_reader_init(struct chain_reader *, int fd, off_t from);
void	chain_reader_release(struct chain_reader *);
/* The next line without its newline, borrowed until the next call; CHAIN_TORN:
 * the file's last bytes have no newline. -1 with *e on an error, or on a line
 * beyond the maximum. */
int	chain_read(struct chain_reader *, const char **line, size_t *n,
	    struct err *);

/*
 * `head` is a file of fixed size with two slots, written in turn with pwrite(2)
 * after the line is durable: no rename and no fsync of its own a record.  A
 * slot that was torn fails its checksum, and the other one counts; an older
 * head is sound, since the journal may be longer than it says.
 */
#define CHAIN_HEAD_SLOT 160
#define CHAIN_HEAD_SIZE (2 * CHAIN_HEAD_SLOT)

/* *slot gets the one to write next. */
int	chain_head_read(int dirfd, struct chain *, int *slot, struct err *);
int	chain_head_write(int fd, int slot, const struct chain *);

#endif
