/*
 * decoder: reading an answer, as far as it is the same in every format: a
 * stream of server-sent events, each of them a JSON text, until the answer is
 * over or something is wrong with it.
 *
 * A format embeds struct decoder as the first member of its own and fills in
 * decoder_ops.  Order of calls: the format's decoder_new (which calls
 * decoder_init), decoder_feed any number of times, decoder_end_free once.
 */
#ifndef ASSENT_PROVIDER_DECODER_H
#define ASSENT_PROVIDER_DECODER_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "provider/provider.h"
#include "provider/sse.h"

/*
 * What an answer may hold, so that its journal line stays below the limit of a
 * line even if each byte is escaped and it is kept twice (text and raw blocks).
 * Events up to DECODER_FRAME bytes count for what they add, longer ones whole.
 */
#define DECODER_KEEP_MAX	((size_t)4 << 20)
#define DECODER_FRAME		((size_t)1024)

struct decoder_ops {
	/* [DONE] ends an answer of this format; else it says nothing. */
	bool	done_mark;
	/* JSON between the events, as it is, may be an error. */
	bool	bare_errors;
	/* One event; never called after `done` or an error is set. */
	void	(*take)(struct decoder *, const char *event, const cJSON *root);
	/* The stream is over: fill in the reply. */
	void	(*end)(struct decoder *, struct reply *);
	/* Free what the format holds, but not the decoder. */
	void	(*release)(struct decoder *);
};

struct decoder {
	const struct decoder_ops	*ops;
	struct sse			 sse;
	delta_cb			*delta;
	void				*arg;
	struct provider_error		 error;
	size_t				 kept;	/* of DECODER_KEEP_MAX */
	bool				 counted; /* the present event, whole */
	bool				 nul;	/* the present event has \u0000 */
	bool				 seen;	/* an event of the format */
	bool				 done;	/* the mark of the end */
};

void	decoder_init(struct decoder *, const struct decoder_ops *, delta_cb *,
	    void *arg);
/* Show the text as it comes, if somebody looks. */
void	decoder_emit(struct decoder *, enum delta_kind, const char *, size_t);
/* Keep it in `to`; an answer that grows too long is an error. */
int	decoder_keep(struct decoder *, struct buf *to, const char *);
/* Keep it and show it; NULL is nothing. */
void	decoder_append(struct decoder *, struct buf *to, enum delta_kind,
	    const char *);
/*
 * For ops.end: set the reply's error, and its stop where the answer failed or
 * is cut.  `whole`: the format's own mark of an end came.  False if the reply
 * is not whole; else the stop is the format's to set.
 */
bool	decoder_end_stop(struct decoder *, bool whole, struct reply *);

#endif
