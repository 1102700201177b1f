/*
 * chain: shared by journal.c and verify.c: the hash chain over lines, and
 * `head`. Nothing here writes to the journal itself.
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

/* The position in the chain; all zeroes for an empty journal. */
struct chain {
	int64_t	 seq;			/* of the last line, 0 if none */
	char	 h[SHA256_HEX_SIZE];	/* its hash, "" if none */
	off_t	 end;			/* file offset after its newline */
};

/* Check one line (without newline) against the chain and advance. *event gets
 * the parsed line: if `cut` isn't NULL, without the members that the core
 * doesn't need (trim.h), with the buffer as scratch space. -1 if the line doesn't
 * follow. */
int	chain_check(struct chain *, const char *line, size_t n, struct buf *cut,
	    cJSON **event, struct err *);
/* `line` holds an object's text without its closing brace; append "h" and the
 * brace. The hash goes to h. */
void	chain_seal(struct buf *line, char h[SHA256_HEX_SIZE]);

/*
 * `head` has a fixed size and two slots, written in turn with pwrite(2) once
 * the line is durable: no rename and no extra fsync per record. A torn slot
 * fails its checksum and the other one counts. An old head is fine, because the
 * journal may be longer than it says.
 */
#define CHAIN_HEAD_SLOT 160
#define CHAIN_HEAD_SIZE (2 * CHAIN_HEAD_SLOT)

/* *slot gets the slot to write next. */
int	chain_head_read(int dirfd, struct chain *, int *slot, struct err *);
int	chain_head_write(int fd, int slot, const struct chain *);

#endif
