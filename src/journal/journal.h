/*
 * journal: the session's append-only file, one JSON object per line,
 * hash-chained. It is the audit trail, the wire protocol, the resume state and
 * the test fixture; man/assent-journal.5 has the format.
 *
 * Invariants:
 *  J1  a line is written whole, with one write(2), before anyone is told of it
 *  J2  "h" is the SHA-256 of the line's bytes before ,"h":  and "prev" is the
 *      h of the line before ("" in the first)
 *  J3  an effect follows only after journal_sync of the line that announces it
 *  J4  `head` names a durable line; a journal shorter than its head is damaged,
 *      complete valid lines after that are sound
 *  J5  a torn last line is cut off at open, with a note; damage anywhere else
 *      is an error
 */
#ifndef ASSENT_JOURNAL_JOURNAL_H
#define ASSENT_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/sha.h"
#include "journal/event.h"

/* The position in the chain; all zeroes for an empty journal. */
struct chain {
	int64_t	 seq;			/* of the last line, 0 if none */
	char	 h[SHA256_HEX_SIZE];	/* its hash, "" if none */
	off_t	 end;			/* file offset after its newline */
};

/*
 * `head` has a fixed size and two slots, written in turn with pwrite(2) once
 * the line is durable: no rename and no extra fsync per record. A torn slot
 * fails its checksum and the other one counts. An old head is fine, because the
 * journal may be longer than it says.
 */
#define CHAIN_HEAD_SLOT 160
#define CHAIN_HEAD_SIZE (2 * CHAIN_HEAD_SLOT)

/* Called for each line in order: when it is appended, and while journal_open
 * reads an existing file. `line` has no newline and is borrowed, as the event,
 * which may be released to save memory. Must not append. While journal_open
 * reads, the event lacks the large texts that only a request or a screen needs
 * (TRIM_CORE), except in the last MB. NULL, for a new journal: nobody is told. */
typedef void journal_line_cb(void *arg, struct event *, const char *line,
	    size_t n);
/* True: continue. */
typedef bool journal_raw_cb(void *arg, const char *line, size_t n);

/* Only journal.c changes it. */
struct journal {
	char		*dir;
	int		 dirfd, fd, lockfd, headfd;
	journal_line_cb	*cb;
	void		*arg;
	struct chain	 chain;		/* up to the last line */
	int64_t		 synced;	/* seq of the last durable line */
	int		 slot;		/* slot of head to write next */
	bool		 fresh;		/* the folder's names aren't durable */
	bool		 begun;		/* ... but head and the folder are */
	bool		 broken;
	off_t		*offs;		/* offs[i]: where line i + 1 begins */
	size_t		 offs_len;
};

/* Create a journal in `dir` (0700), or open the existing one, check its chain
 * and head, and replay it through cb. Takes the session's lock (session_lock);
 * fails with a message if another core holds it. *note gets a malloc'ed
 * sentence if a torn line was cut off, else NULL. Replayed lines are durable
 * when this returns. */
struct journal *journal_open(const char *dir, bool create,
	    journal_line_cb *, void *arg, char **note, struct err *);
void	journal_free(struct journal *);		/* syncs */

/* Append an event (event_make), which gets its seq, t and by. The line has these
 * and type, then the members, then prev and h. `by` is "core", "model", "user",
 * "client:ID" or "rule:NAME", and is borrowed. Durable only after journal_sync,
 * which this calls itself for types that must be durable at once (EVENT_DURABLE).
 * Then the line goes to cb. Refused without writing: text that isn't UTF-8, and
 * lines beyond 64 MB. What came from outside was parsed with json_parse, so it
 * isn't too deep. A failed write is undone and can be retried; after a failed
 * sync nothing more can be appended until the journal is reopened. */
int	journal_append(struct journal *, struct event *, const char *by,
	    struct err *);
/* Append a line that journal_each has given, of another session: only its place
 * in the chain is another. It isn't synced, and cb doesn't get it. */
int	journal_copy(struct journal *, const char *line, size_t n,
	    struct err *);
int	journal_sync(struct journal *, struct err *);
/* For a new journal: do the part of its first sync that needs no line. */
int	journal_sync_begin(struct journal *, struct err *);
/* Bytes from the start of this line to the end; 0 beyond the last. */
int64_t	journal_bytes_from(const struct journal *, int64_t seq);
/* Pass lines with seq >= from, as they are, to cb until it returns false. */
int	journal_read(struct journal *, int64_t from, journal_raw_cb *,
	    void *arg, struct err *);

/* Read-only check of a session folder: chain, head, and that the contents
 * of all hashes exist (the caller passes has(), which is called once per
 * hash; it may be NULL). Counts lines. A last line still being written (no
 * newline yet, after head) isn't counted and is no error. The message in *e
 * names the line. */
int	journal_verify(const char *dir,
	    bool (*has)(void *arg, const char *hash), void *arg,
	    int64_t *lines, struct err *);
/* The same check, without the contents, that gives each line to cb. */
int	journal_each(const char *dir, journal_line_cb *cb, void *arg,
	    struct err *);

#endif
