/* event: a line of the journal, or of the socket, as an object; and the table of
 * their types. */
#ifndef ASSENT_JOURNAL_EVENT_H
#define ASSENT_JOURNAL_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

/* "format" in session_start, and in the note about a resume for the lines after
 * it. */
#define EVENT_FORMAT 2

#define EVENT_DURABLE	(1u << 0)	/* on disk before anyone sees it */
#define EVENT_ASIDE	(1u << 1)	/* changes neither a proposal nor its
					   context: the diff pane isn't rebuilt
					   for it */
#define EVENT_NO_SEQ	(1u << 2)	/* to clients only, without a seq of
					   its own */
#define EVENT_SHOWN	(1u << 3)	/* in plain lines, as the items that
					   it makes */

/* All types, sorted by name: constant, name, flags. Their members are in
 * share/journal.schema.json. */
#define EVENT_TYPES(X) \
	X(AGENT_END, agent_end, EVENT_DURABLE) \
	X(ANSWER, answer, EVENT_DURABLE | EVENT_ASIDE) \
	X(APPLIED, applied, EVENT_SHOWN) \
	X(APPLY_BEGIN, apply_begin, EVENT_DURABLE) \
	X(AROUND, around, EVENT_NO_SEQ) \
	X(ASK, ask, EVENT_ASIDE) \
	X(ASSISTANT_MESSAGE, assistant_message, EVENT_ASIDE | EVENT_SHOWN) \
	X(BUDGET, budget, EVENT_ASIDE | EVENT_SHOWN) \
	X(CHANGE, change, EVENT_NO_SEQ) \
	X(CHANGES, changes, EVENT_NO_SEQ) \
	X(CHECK, check, EVENT_SHOWN) \
	X(CLEANED, cleaned, EVENT_NO_SEQ) \
	X(COLOURS, colours, EVENT_NO_SEQ) \
	X(COMMANDS, commands, EVENT_NO_SEQ) \
	X(COMMENT, comment, 0) \
	X(COMMIT_BEGIN, commit_begin, EVENT_DURABLE) \
	X(COMMITTED, committed, EVENT_DURABLE | EVENT_SHOWN) \
	X(COMPACTION, compaction, EVENT_DURABLE | EVENT_ASIDE | EVENT_SHOWN) \
	X(DECISION, decision, EVENT_DURABLE | EVENT_SHOWN) \
	X(DELTA, delta, EVENT_NO_SEQ) \
	X(DRAFT, draft, 0) \
	X(ENDED, ended, EVENT_NO_SEQ) \
	X(ENVIRONMENT, environment, EVENT_ASIDE) \
	X(ERROR, error, EVENT_ASIDE | EVENT_SHOWN) \
	X(EVIDENCE, evidence, 0) \
	X(FILE, file, EVENT_NO_SEQ) \
	X(FINDING, finding, EVENT_SHOWN) \
	X(GIT_BEGIN, git_begin, EVENT_DURABLE | EVENT_ASIDE | EVENT_SHOWN) \
	X(GIT_END, git_end, EVENT_DURABLE | EVENT_ASIDE | EVENT_SHOWN) \
	X(HELLO, hello, EVENT_NO_SEQ) \
	X(HOOK, hook, EVENT_ASIDE | EVENT_SHOWN) \
	X(INTERRUPT, interrupt, EVENT_ASIDE) \
	X(LIVE, live, EVENT_NO_SEQ) \
	X(MODE, mode, 0) \
	X(MODEL, model, EVENT_DURABLE | EVENT_ASIDE | EVENT_SHOWN) \
	X(NET, net, EVENT_ASIDE | EVENT_SHOWN) \
	X(NET_END, net_end, EVENT_ASIDE) \
	X(NOTE, note, EVENT_ASIDE | EVENT_SHOWN) \
	X(PATHS, paths, EVENT_NO_SEQ) \
	X(PLAN, plan, EVENT_DURABLE) \
	X(PRODUCTS, products, EVENT_SHOWN) \
	X(PROJECT, project, 0) \
	X(PROMPTS, prompts, 0) \
	X(PROPOSAL, proposal, 0) \
	X(QUEUED, queued, EVENT_NO_SEQ) \
	X(REFUSED, refused, EVENT_NO_SEQ) \
	X(REQUIRE, require, EVENT_ASIDE | EVENT_SHOWN) \
	X(RETRY, retry, EVENT_ASIDE | EVENT_SHOWN) \
	X(REVIEW, review, EVENT_SHOWN) \
	X(SESSION_START, session_start, 0) \
	X(SHORTENED, shortened, EVENT_DURABLE | EVENT_ASIDE | EVENT_SHOWN) \
	X(STAGED, staged, EVENT_NO_SEQ) \
	X(STATUS, status, EVENT_NO_SEQ) \
	X(TOOL_CALL, tool_call, EVENT_DURABLE | EVENT_ASIDE | EVENT_SHOWN) \
	X(TOOL_RESULT, tool_result, EVENT_ASIDE) \
	X(TURN_END, turn_end, EVENT_ASIDE) \
	X(TURN_START, turn_start, EVENT_ASIDE) \
	X(UNQUEUED, unqueued, EVENT_ASIDE | EVENT_SHOWN) \
	X(USER_MESSAGE, user_message, EVENT_DURABLE | EVENT_ASIDE)

enum event_type {
	EVENT_OTHER,		/* a newer version's, or none */
#define X(constant, name, flags) EVENT_##constant,
	EVENT_TYPES(X)
#undef X
	EVENT_TYPES_LEN
};

enum event_type event_type(const cJSON *line);
extern const struct event_row {
	const char	*name;
	unsigned	 flags;
} event_rows[EVENT_TYPES_LEN];			/* sorted by name */

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
