/*
 * journal: the session's append-only file, one JSON object a line, hash-chained.
 * It is the audit trail, the wire protocol, the resume state and the test
 * fixture; man/assent-journal.5 has the format.
 *
 * Invariants:
 *  J1  a line is written whole, with one write(2), before anyone is told of it
 *  J2  "h" is the SHA-256 of the line's bytes before ,"h":  and "prev" is the
 *      h of the line before ("" in the first)
 *  J3  an effect follows only after journal_sync of the line that announces it
 *  J4  `head` names a line that is durable; a journal shorter than its head is
 *      damaged, whole valid lines beyond it are sound
 *  J5  a torn last line is cut off at open, with a note; damage anywhere else
 *      stops
 */
#ifndef ASSENT_JOURNAL_JOURNAL_H
#define ASSENT_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct journal;

/* Is called for each line, in order: when it was appended, and while
 * journal_open reads an old file. `line` has no newline. Borrowed. It must not
 * append. */
typedef void journal_line_cb(void *arg, const cJSON *event, const char *line,
	    size_t n);
/* True: go on. */
typedef bool journal_raw_cb(void *arg, const char *line, size_t n);

/* Make a new journal in `dir` (0700), or open the one that is there, check its
 * chain and head, and replay it through cb. Takes the session's lock
 * (session_lock); in use by another core is an error that says so. *note gets
 * a malloc'ed sentence if a torn line was cut off, else NULL. What is replayed
 * is durable when this returns. */
struct journal *journal_open(const char *dir, bool create,
	    journal_line_cb *, void *arg, char **note, struct err *);
void	journal_free(struct journal *);		/* syncs */

/* Append an event. `fields` is taken; seq, t, type and by come first in the
 * line, then its members in order, then prev and h. `by` is "core", "model",
 * "user", "client:ID" or "rule:NAME". Durable only after journal_sync, which
 * the call does itself for the types that must be durable at once:
 * session_start, user_message, tool_call, plan, answer, decision, apply_begin,
 * agent_end.  The line reaches cb then.
 * Refused, with nothing written: fields that are named as a member of the
 * journal's own (so that evidence has "check_by", and a plan's "by" is the
 * line's), text that is not UTF-8, a line beyond 64 MB.  A field that is nested
 * too deep to be read back becomes a string of its JSON text.  A failed write
 * is taken back and may be tried again; after a failed sync nothing more can be
 * appended until the journal is opened anew. */
int	journal_append(struct journal *, const char *type, const char *by,
	    cJSON *fields, int64_t *seq, struct err *);
int	journal_sync(struct journal *, struct err *);
int64_t	journal_seq(const struct journal *);	/* last one, 0 if none */
/* Bytes from where the line begins to the end; 0 beyond the last. */
int64_t	journal_bytes_from(const struct journal *, int64_t seq);
/* The first of the last lines that come to at most so many bytes; one more than
 * the last if none does. */
int64_t	journal_seq_of_last(const struct journal *, int64_t bytes);
/* Send lines with seq >= from through cb; journal_read does not parse them (for
 * a client that attaches), and stops where cb says so. */
int	journal_read(struct journal *, int64_t from, journal_raw_cb *,
	    void *arg, struct err *);
int	journal_replay(struct journal *, int64_t from, journal_line_cb *,
	    void *arg, struct err *);

/* Read-only check of a session folder: chain, head, and that each hash named
 * by a line is there (the caller passes has(), which is asked once a hash; it
 * may be NULL). Counts lines. A last line that is being written (no newline
 * yet, beyond head) is not counted and no error. The sentence in *e names the
 * line. */
int	journal_verify(const char *dir,
	    bool (*has)(void *arg, const char *hash), void *arg,
	    int64_t *lines, struct err *);

#endif
