/* context-int: what the files of context share. */
#ifndef ASSENT_CORE_CONTEXT_CONTEXT_INT_H
#define ASSENT_CORE_CONTEXT_CONTEXT_INT_H

#include "core/context/context.h"

/* Where a tool's result comes from. */
struct context_origin {
	int64_t	 seq;		/* of its own line; 0: it has none */
	int64_t	 bytes;		/* that it had */
	char	*whole;		/* its text before it was shortened; NULL: it
				   was not */
};

enum context_hold {
	CONTEXT_SAID,		/* by a person */
	CONTEXT_TOLD,		/* by us */
	CONTEXT_RAN,		/* what a person's own command printed */
};

/* What a person showed with their words. */
struct context_image {
	char		*path, *hash;
	bool		 png;		/* else JPEG */
	int64_t		 width, height, size;
	int64_t		 seq;		/* of the user_message */
	bool		 gone;		/* no longer sent */
};

struct context_images {
	struct context_image *v;
	size_t		 len;
};

struct context_held {
	char		*text;
	enum context_hold kind;
	struct context_images images;
};

/* One message, in its neutral form and as it is sent. */
struct context_entry {
	struct message	 m;		/* strings are ours; raw is `own_raw` */
	cJSON		*own_raw;
	char		*raw_format, *raw_model;
	char		*said;		/* of its text what a person said, or
					   NULL */
	struct context_images images;
	bool		 summary;	/* the one that a compaction made */
	enum effort	 effort;	/* an answer's, if it is on record */
	bool		 unbound;	/* what was before it has changed */
	bool		 refused;	/* thinking in it: not given back */
	bool		 seen;		/* the model has answered to it */
	int64_t		 seq;		/* of the line that completed it */
	struct context_origin *origins;	/* of each result */
	char		*wire;		/* serialized */
	int64_t		 tokens;	/* estimate of that */
};

struct context {
	const struct provider_format *format;
	char		*model;
	const struct dialect *dialect;
	const struct model_facts *facts;	/* or NULL */
	struct context_entry *entries;
	const char	**wires;	/* of the entries, beside each other */
	size_t		 len;
	int64_t		 seq;		/* of the last event */
	/* Calls of the last assistant message and the results so far. */
	struct message_result *results;
	struct context_origin *origins;
	size_t		 results_len, results_have;
	struct context_held *held;	/* see context-pending.c */
	size_t		 held_len;
	size_t		 ran_bytes, ran_dropped;
	char		*ran_id, *ran_command;	/* without a result yet */
	char		*word;		/* of calls in text, or NULL */
	char		*prefix;	/* of the last request: instructions and
					   tools, as a hash; or NULL */
	context_load	*load;
	void		*load_arg;
	int64_t		 answered_ms;	/* when the last answer came; 0: none */
	int64_t		 worked_ms;	/* on the task, at the last line that
					   says it */
	int64_t		 busy_ms;	/* of it, since the last answer */
	int		 quick;		/* waits for a person in a row that a
					   short-lived cache has survived */
	bool		 waits;		/* see context_waits */
	bool		 asking;	/* a turn has begun, no answer yet */
	size_t		 asked, asked_before;	/* messages of the last request
						   and of the one before */
	int64_t		 asked_tokens;	/* as the turn_start line has them */
	int64_t		 known;		/* tokens up to known_len, from the
					   provider; -1: not told */
	size_t		 known_len;
	int64_t		 scale;		/* of estimates, in thousandths */
	cJSON		*compaction;	/* the last line, or NULL */
};

/* ---- context-pending.c ---- */
void	context_hold_take(struct context *, char *text, enum context_hold,
	    struct context_images);
void	context_held_clear(struct context *);
/* All of it as one text, and in *said what a person said of it (or NULL), both
 * malloc'ed, and held no more; NULL: nothing. */
char	*context_held_take(struct context *, char **said,
	    struct context_images *);
bool	context_holds_words(const struct context *);
int64_t	context_held_tokens(const struct context *);
/* The call of a person's own command, or its result; false: it is none. */
bool	context_run(struct context *, const char *type, const cJSON *event);

/* ---- context-image.c ---- */
/* Those of a user_message. */
void	context_images_read(struct context_images *, const cJSON *event,
	    int64_t seq);
void	context_images_release(struct context_images *);
/* Those of `from` behind those of `to`; it has none then. */
void	context_images_move(struct context_images *to,
	    struct context_images *from);
/* What they take, as an estimate that is not too low. */
int64_t	context_images_tokens(const struct context_images *);
/* A line for each of them, for whom it is not sent to. */
void	context_images_tell(struct buf *, const struct context_images *);
/* The message `m` with what can be sent of them; the rest as words. */
void	context_images_serialize(const struct context *,
	    const struct context_images *, const struct message *,
	    struct buf *wire, int64_t *tokens);

/* ---- context-truncate.c ---- */
void	context_shortened(struct context *, const cJSON *event);
void	context_compaction(struct context *, const cJSON *event);
/* A result without its middle, of about `keep` bytes; 0: a mark alone. It once
 * had `bytes`. malloc'ed. */
char	*context_cut_text(const char *text, int64_t keep, int64_t bytes);

/* ---- context-size.c ---- */
int64_t	context_scaled(const struct context *, int64_t estimate);
/* What the provider counted, if it can be so: some count only what their cache
 * did not have. */
void	context_learn(struct context *, const cJSON *usage, size_t asked);

/* ---- context-wait.c ---- */
/* Of an event, in ms; 0: it has none. */
int64_t	context_time(const cJSON *event);
/* Notes what was worked on the task until this event, a new one's too. */
void	context_worked(struct context *, const cJSON *event);
/* How long was a person waited for since the last answer, before this request? */
void	context_person(struct context *, const cJSON *event);

/* ---- context.c ---- */
/* The first entry after `upto`. */
size_t	context_after(const struct context *, int64_t upto);
/* Room for one more at `at`; zeroed. */
struct context_entry *context_insert(struct context *, size_t at);
void	context_serialize(struct context *, struct context_entry *);
/* Thinking in the answers from here on was given to another history; or its
 * server has refused it. */
void	context_unbind(struct context *, size_t from, bool refused);
/* Messages from here on are no longer what was asked with. */
void	context_changed(struct context *, size_t from);
void	context_entry_release(struct context_entry *);
/* Calls that are open, and what has come for them. */
void	context_results_clear(struct context *);

#endif
