/*
 * format: what the formats share: the rows of FORMAT_TABLE, one per file, and the
 * decoder.
 */
#ifndef ASSENT_PROVIDER_FORMAT_H
#define ASSENT_PROVIDER_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "provider/dialect.h"
#include "provider/provider.h"
#include "provider/sse.h"

#define FORMAT_EXTERN(format, name, then) \
	extern const struct provider_format format;
FORMAT_TABLE(FORMAT_EXTERN)

/* Is `raw` of this format, and bound to this model? Then it is sent back. */
bool	provider_raw_fits(const struct message *,
	    const struct provider_format *, const char *model);
/* Append a part of a message's content: its type and text. */
void	provider_add_text(cJSON *list, const char *type, const char *text);

/* The beginning of a tool's declaration: name and description. */
void	provider_open_tool(struct buf *, const char *head,
	    const struct tool_schema *);
/* The messages, with commas between them; without what some begin with, from
 * `mark` to `mark_end` and a comma (NULL: nothing is left out). */
void	provider_add_messages(struct buf *, const struct request *,
	    const char *mark, const char *mark_end);
/* A count of an answer's usage, for JSON_READ. */
#define USAGE_FIELD(member, name) \
	JSON_FIELD(usage, member, JSON_INT64, name, NULL)

/* ---- to assemble a reply ---- */

/* An API may omit the ids of calls. Such a call gets an id that begins with
 * this, for us, and is sent back without it. */
#define REPLY_OWN_ID "own-"

/* Empty texts, unknown usage, no error. */
struct reply *reply_new(void);
/* A reply with just this error. */
struct reply *reply_new_error(const struct provider_error *);
/*
 * Add a call. `whole`: the server said that the arguments are complete.
 * Otherwise the call is complete only if they parse. Cut JSON is never
 * repaired: half a file written is worse than no file.
 */
void	reply_add_call(struct reply *, const char *id, const char *name,
	    const char *args, bool whole);
/* If calls share an id, all but the first get a new one: each has a result of
 * its own, and services reject a history with duplicates. The raw blocks, which
 * have the old ids, are then dropped. */
void	reply_part_ids(struct reply *);
/* `args` if it is the text of a JSON object, else "{}"; malloc'ed. Servers that
 * parse the history reject anything else. */
char	*reply_echo_args(const char *args);
/* `name`, or "unknown" for a call without one, because servers reject a history
 * with nameless calls. Borrowed. */
static inline const char *
reply_echo_name(const char *name)
{
	return name == NULL || name[0] == '\0' ? "unknown" : name;
}
/* An id for a call that came without a usable one, malloc'ed: nine letters and
 * digits, a form that every server accepts. */
char	*reply_make_id(void);

/*
 * The part of reading an answer that all formats share: a stream of server-sent
 * events, each with JSON data, until the answer is complete or invalid.
 *
 * A format embeds struct decoder as its first member and fills in decoder_ops.
 * Order of calls: decoder_new, decoder_feed any number of times,
 * decoder_end_free once.
 */
struct decoder_ops {
	size_t	size;		/* of the format's own struct; zeroed at first */
	/* [DONE] ends an answer of this format; otherwise it is ignored. */
	bool	done_mark;
	/* Bare JSON between the events may be an error. */
	bool	bare_errors;
	/* One event; never called after `done` or an error is set. */
	void	(*take)(struct decoder *, const char *event, const cJSON *root);
	/* The stream is over: fill in the reply, which has the usage. If the
	 * answer failed, its calls are broken and its raw is dropped then. */
	void	(*end)(struct decoder *, struct reply *);
	/* Free the format's own members, but not the decoder. */
	void	(*release)(struct decoder *);
};

struct decoder {
	const struct decoder_ops	*ops;
	struct sse			 sse;
	delta_cb			*delta;
	void				*arg;
	struct provider_error		 error;
	struct usage			 usage;	/* -1: not said */
	size_t				 calls;	/* shown so far */
	size_t				 kept;	/* of DECODER_KEEP_MAX */
	bool				 counted; /* the current event, with its
						     whole size: its parts
						     aren't counted again */
	bool				 whole;	/* the event is the answer, of
						   a server without streams */
	bool				 nul;	/* the current event contains
						   \u0000 */
	bool				 seen;	/* an event of the format was
						   seen */
	bool				 done;	/* the end mark was seen */
};

/* Pass the text to the display, if there is one. */
void	decoder_emit(struct decoder *, enum delta_kind, const char *, size_t);
/* Show that a call begins. */
void	decoder_emit_call(struct decoder *, const char *name);
/* Append to `to` and display; NULL is ignored, an answer that grows too long is
 * an error. */
void	decoder_append(struct decoder *, struct buf *to, enum delta_kind,
	    const char *);
/* Replace a word that several events may have; NULL and "" are ignored. */
void	decoder_set(char **word, const char *);
/*
 * For ops.end: set the reply's error, and its stop if the answer failed or was
 * cut off. `whole`: the format's own end mark was seen. False if the reply is
 * incomplete; otherwise the format sets the stop.
 */
bool	decoder_end_stop(struct decoder *, bool whole, struct reply *);

#endif
