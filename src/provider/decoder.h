/*
 * decoder: the part of reading an answer that all formats share: a stream of
 * server-sent events, each with JSON data, until the answer is complete or
 * invalid.
 *
 * A format embeds struct decoder as its first member and fills in decoder_ops.
 * Order of calls: decoder_new, decoder_feed any number of times,
 * decoder_end_free once.
 */
#ifndef ASSENT_PROVIDER_DECODER_H
#define ASSENT_PROVIDER_DECODER_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "provider/provider.h"
#include "provider/sse.h"

/*
 * Maximum size of an answer, so that its journal line stays below the limit
 * even if every byte is escaped and stored twice (text and raw blocks). Events
 * up to DECODER_FRAME bytes count for what they add, longer ones in full.
 */
#define DECODER_KEEP_MAX	((size_t)4 << 20)
#define DECODER_FRAME		((size_t)1024)

struct decoder_ops {
	size_t	size;		/* of the format's own struct; zeroed at first */
	/* [DONE] ends an answer of this format; otherwise it is ignored. */
	bool	done_mark;
	/* Bare JSON between the events may be an error. */
	bool	bare_errors;
	/* One event; never called after `done` or an error is set. */
	void	(*take)(struct decoder *, const char *event, const cJSON *root);
	/* A whole answer, from a server that doesn't stream. False: it is none,
	 * and nothing was taken. */
	bool	(*whole)(struct decoder *, const cJSON *root);
	/* The stream is over: fill in the reply, which has the usage. */
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
	size_t				 kept;	/* of DECODER_KEEP_MAX */
	bool				 counted; /* the current event, with its
						     whole size: its parts
						     aren't counted again */
	bool				 nul;	/* the current event contains
						   \u0000 */
	bool				 seen;	/* an event of the format was
						   seen */
	bool				 done;	/* the end mark was seen */
};

/* Pass the text to the display, if there is one. */
void	decoder_emit(struct decoder *, enum delta_kind, const char *, size_t);
/* Append to `to`; an answer that grows too long is an error. */
int	decoder_keep(struct decoder *, struct buf *to, const char *);
/* Append and display; NULL is ignored. */
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
