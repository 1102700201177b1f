/*
 * chain: what journal.c and verify.c share of the journal's files: the hash
 * chain over lines, and `head`.
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
/* The session was killed while its folder was made: head is not whole, and there
 * is no line. */
bool	chain_never_began(int dirfd);
int	chain_head_write(int fd, int slot, const struct chain *);

#endif
