/* event: a line of the journal, or of the socket, as an object; and the table of
 * their types. */
#ifndef ASSENT_JOURNAL_EVENT_H
#define ASSENT_JOURNAL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

/* "format" in session_start, and in the note about a resume for the lines after
 * it. */
#define EVENT_FORMAT 2

#define EVENT_DURABLE	(1u << 0)	/* on disk before anyone sees it */
#define EVENT_ASIDE	(1u << 1)	/* changes at most the marks of a
					   proposal, and not its context: the
					   diff pane isn't rebuilt for it */
#define EVENT_NO_SEQ	(1u << 2)	/* to clients only, without a seq of
					   its own */
#define EVENT_SHOWN	(1u << 3)	/* in plain lines, as the items that
					   it makes */
#define EVENT_OLD	(1u << 4)	/* read in journals of earlier releases,
					   not written any more */

/*
 * The structs of events.def: `struct ev_decision` has the members of a line
 * `decision`. What was read borrows from the line and from its struct event;
 * what is to be written borrows whatever it was given.
 */
struct ev_bytes {
	const char	*p;		/* NULL: missing; it ends with a NUL */
	size_t		 len;
};

struct ev_number {
	bool		 is;		/* false: missing, or null */
	int64_t		 n;
};

struct ev_flag {
	bool		 is, on;
};

#define EV_TEXT(name)		const char *name;
#define EV_WORD(name)		const char *name;
#define EV_HASH(name)		const char *name;
#define EV_HUNK_ID(name)	const char *name;
#define EV_GIT_ID(name)		const char *name;
#define EV_PATH(name)		const char *name, *name##_bytes;
#define EV_BYTES(name)		struct ev_bytes name;
#define EV_COUNT(name)		int64_t name;
#define EV_SEQ(name)		int64_t name;
#define EV_PORT(name)		int64_t name;
#define EV_MODE(name)		unsigned name;
#define EV_NUMBER(name)		struct ev_number name;
#define EV_MONEY(name)		struct ev_number name;
#define EV_REAL(name)		double name;
#define EV_FLAG(name)		bool name;
#define EV_YESNO(name)		struct ev_flag name;
#define EV_TEXTS(name)		const char **name; size_t name##_len;
#define EV_NUMBERS(name)	int64_t *name; size_t name##_len;
#define EV_RAW(name)		const cJSON *name;
#define EV_OBJECT(of, name)	struct ev_##of *name;
#define EV_LIST(of, name)	struct ev_##of *name; size_t name##_len;
#define EV_ONE_OR_LIST(of, name) EV_LIST(of, name)
#define EV_RAW_OF(of, name)	const cJSON *name;

#define SHAPE(name)	struct ev_##name {
#define EVENT(constant, name, flags, text)	struct ev_##name {
#define MEMBER(kind, need, name, words, text)	EV_##kind(name)
#define NESTED(kind, need, of, name, text)	EV_##kind(of, name)
#define END(name)	};
#include "journal/events.def"

/* A number, a flag to write; a number that is negative if it is unknown. */
#define EV_IS(v)	((struct ev_number){ true, (v) })
#define EV_KNOWN(v)	((struct ev_number){ (v) >= 0, (v) })
#define EV_ON(v)	((struct ev_flag){ true, (v) })

enum event_type {
	EVENT_OTHER,		/* a newer version's, or none */
#define SHAPE(name)
#define EVENT(constant, name, flags, text)	EVENT_##constant,
#define MEMBER(kind, need, name, words, text)
#define NESTED(kind, need, of, name, text)
#define END(name)
#include "journal/events.def"
	EVENT_TYPES_LEN
};

/* A set of types, without EVENT_OTHER. */
typedef unsigned __int128 event_set;
#define EVENT_SET(type) ((type) == EVENT_OTHER ? 0 : \
	    (event_set)1 << ((type) - 1))
_Static_assert(EVENT_TYPES_LEN <= 129, "a bit for each type");

/* The same by name, for macros that have it: EVENT_IS_decision. */
enum {
#define SHAPE(name)
#define EVENT(constant, name, flags, text)	EVENT_IS_##name = EVENT_##constant,
#define MEMBER(kind, need, name, words, text)
#define NESTED(kind, need, of, name, text)
#define END(name)
#include "journal/events.def"
	EVENT_IS_other
};

extern const struct event_row {
	const char	*name;
	unsigned	 flags;
} event_rows[EVENT_TYPES_LEN];			/* sorted by name */

/* A line that was read, or is about to be written (event_make). */
struct event {
	enum event_type	 type;
	int64_t		 seq;
	const char	*t, *by;	/* "" if missing */
	const cJSON	*cut;		/* members that were left out, with their
					   sizes (trim_line); NULL: none */
	const cJSON	*line;		/* all of it, to copy it; NULL if it was
					   made, or is a copy without */
	union {			/* by its type */
#define SHAPE(name)
#define EVENT(constant, name, flags, text)	struct ev_##name name;
#define MEMBER(kind, need, name, words, text)
#define NESTED(kind, need, of, name, text)
#define END(name)
#include "journal/events.def"
	};
	struct ev_mem	*mem;		/* its lists and objects; of what was
					   made or copied the texts, too, */
	cJSON		*owned;		/* and, in a list, its JSON; NULL: none */
};

#define AUTO_EVENT	AUTO(event_release)

/* Read a line: what is missing, or of another type, is zero. The event borrows
 * from the line. Release it in any case. */
void	event_read(struct event *, const cJSON *line);
/* The same of an object without a type. */
void	event_read_as(struct event *, enum event_type, const cJSON *);
void	event_release(struct event *);
/* Keep a copy of the event instead of *slot, without its line; NULL: none. */
void	event_keep(struct event **slot, const struct event *);
/* Keep the event together with its line, which takes more room. */
void	event_keep_line(struct event **slot, const struct event *);
void	event_drop(struct event **slot);
/* For an event that is being made: memory that it owns, zeroed; a copy of `n`
 * bytes, with a NUL; and of a text, or NULL. */
void	*ev_alloc(struct event *, size_t n);
const char *ev_copy(struct event *, const char *p, size_t n);
const char *ev_text(struct event *, const char *);
/* What event_read gets from the line of these members (event_append). All of it is
 * the event's own, but "seq", "t" and "by" are missing. Release it. */
void	event_make(struct event *, enum event_type, const void *members);
/* The members of a struct ev_* of this type in JSON, with a comma before each. */
void	event_append(struct buf *, enum event_type, const void *members);
/* The same as an object, for the caller to delete. */
cJSON	*event_write(enum event_type, const void *members);
/* Add them to an object that has none of these names, also those that are missing:
 * as 0, false, [], {} or, of a shape, null; a text that is missing isn't there. */
void	event_write_whole(cJSON *o, enum event_type, const void *members);
/* event_write as a line that isn't in the journal, with its type first. */
cJSON	*event_line(enum event_type, const void *members);
/* EVENT_LINE(status, .state = "idle", .doing = ""): event_line of these. */
#define EVENT_LINE(name, ...) event_line((enum event_type)EVENT_IS_##name, \
	    &(struct ev_##name){ __VA_ARGS__ })

enum event_type event_type(const cJSON *line);
/* Is this word that one? NULL is none. */
bool	ev_is(const char *word, const char *that);
/* Has a session of this mode a model? `try` and `review` have none. */
static inline bool
ev_mode_has_model(const char *mode)
{
	return mode == NULL || (strcmp(mode, "try") != 0 &&
	    strcmp(mode, "review") != 0);
}

/* The text, the number; the other if it is missing. */
const char *ev_str(const char *text, const char *other);
int64_t	ev_int(struct ev_number, int64_t other);

/*
 * A line without its large members, for clients that ask for the old lines of a
 * long session, and for the core that resumes one. It folds to the same state
 * except for texts of items, which are read from the journal when displayed.
 * Nothing that is still open is trimmed.
 *
 * Such a line has no "prev" and no "h", because they cover the whole line, but
 * "cut": the names of the missing members, each with the size of its value in
 * the journal.
 */
#define TRIM_MIN 1024	/* bytes of a value worth trimming */

enum trim_for {
	TRIM_SCREEN,
	TRIM_CORE,		/* it keeps the structure of calls, with empty
				   texts: the ids, the paths of written files */
};

/* Put the line into the buffer without values of at least `min` bytes. False if
 * there is nothing to trim, or if the line isn't in the journal's own form: then
 * discard the buffer and use the line as it is. */
bool	trim_line(struct buf *, const char *line, size_t n, enum trim_for,
	    size_t min);

/* What a part of a source file is, as the core tells clients (`colours`). */
enum syntax_class {
	SYNTAX_REST,		/* never sent */
	SYNTAX_COMMENT, SYNTAX_STRING, SYNTAX_NUMBER, SYNTAX_KEYWORD,
	SYNTAX_FUNCTION, SYNTAX_TYPE,
	SYNTAX_META,		/* preprocessor, decorators, labels */
	SYNTAX_COUNT
};

/* Their letters, in this order. */
#define SYNTAX_LETTERS	"-csnkftm"

#endif
