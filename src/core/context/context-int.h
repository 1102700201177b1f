/* context-int: shared by the files of context. */
#ifndef ASSENT_CORE_CONTEXT_INT_H
#define ASSENT_CORE_CONTEXT_INT_H

#include "core/context/context.h"
#include "journal/event.h"

/* The origin of a tool's result. */
struct context_origin {
	int64_t	 seq;		/* of its own line; 0: none */
	int64_t	 bytes;		/* original size */
	char	*out;		/* path of the whole output in the sandbox;
				   NULL: the result has all of it, or it wasn't
				   kept */
	char	*whole;		/* text before trimming; NULL: not trimmed */
};

enum context_hold {
	CONTEXT_SAID,		/* by the user */
	CONTEXT_TOLD,		/* by assent */
	CONTEXT_RAN,		/* output of the user's own command */
};

/* An image in a user's message. */
struct context_image {
	char		*path, *hash;
	bool		 png;		/* else JPEG */
	int64_t		 width, height, size;
	int64_t		 seq;		/* of the user_message */
	bool		 gone;		/* no longer sent */
};

struct context_images {
	struct context_image *v;
	size_t		 v_len;
};

struct context_pending {
	char		*text;
	char		*said;		/* the user's part of it; NULL: all */
	enum context_hold kind;
	int64_t		 seq;		/* of the user_message */
	struct context_images images;
};

/* One message, in its neutral form and serialized. */
struct context_entry {
	struct message	 m;		/* strings are owned; raw is
					   `own_raw` */
	cJSON		*own_raw;
	char		*raw_format, *raw_model;
	char		*said;		/* the user's part of its text, or
					   NULL */
	struct context_images images;
	bool		 summary;	/* the summary of a compaction */
	enum effort	 effort;	/* of an answer, if recorded */
	bool		 unbound;	/* the messages before it changed */
	bool		 refused;	/* its thinking was rejected: don't send
					   it back */
	bool		 seen;		/* the model has answered it */
	int64_t		 seq;		/* of the line that completed it */
	struct context_origin *origins;	/* of each result */
	char		*wire;		/* serialized */
	int64_t		 tokens;	/* estimate of its size */
};

struct context {
	const struct provider_format *format;
	char		*model;
	const struct dialect *dialect;
	const struct model_facts *facts;	/* or NULL */
	struct context_entry *entries;
	const char	**wires;	/* of the entries, as an array */
	size_t		 entries_len;
	int64_t		 seq;		/* of the last event */
	/* Calls of the last assistant message and the results so far. */
	struct message_result *results;
	struct context_origin *origins;
	size_t		 results_len, results_have;
	struct context_pending *pending;	/* see context.c */
	size_t		 pending_len;
	size_t		 ran_bytes, ran_dropped;
	char		*ran_id, *ran_command;	/* still without a result */
	char		*prefix;	/* hash of the last request's
					   instructions and tools; or NULL */
	context_load	*load;
	void		*load_arg;
	int64_t		 answered_ms;	/* time of the last answer; 0: none */
	int64_t		 worked_ms;	/* working time, at the last line that
					   has it */
	int64_t		 busy_ms;	/* of that, since the last answer */
	int		 quick;		/* consecutive waits for the user that a
					   short-lived cache survived */
	bool		 waits;		/* see context_messages */
	bool		 asking;	/* a turn has begun, no answer yet */
	size_t		 asked, asked_before;	/* messages of the last request
						   and of the one before */
	int64_t		 asked_tokens;	/* as in the turn_start line */
	int64_t		 known;		/* tokens up to known_len, from the
					   provider; -1: unknown */
	size_t		 known_len;
	int64_t		 scale;		/* factor for estimates, in
					   thousandths */
	struct event	*compaction;	/* the last line, or NULL */
};

/* The first entry after `upto`. */
size_t	context_after(const struct context *, int64_t upto);
/* Trim a result to about `keep` bytes by removing its middle; 0: keep nothing
 * but the note that says so. `bytes` is its original size; `out` as in struct
 * context_origin. malloc'ed. */
char	*context_cut_text(const char *text, int64_t keep, int64_t bytes,
	    const char *out);

/* Their size, as an estimate that isn't too low. */
int64_t	context_images_tokens(const struct context_images *);
/* A line for each image, for models that don't get it. */
void	context_images_tell(struct buf *, const struct context_images *);

#endif
