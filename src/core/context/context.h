/*
 * context: what the model is sent, as a pure function of the journal's events,
 * the format and the model.  Each message is serialized once, by the format in
 * use, and kept; a request is their concatenation.  From one request to the next
 * messages are only added, but for three events, each a line of the journal:
 *
 *   shortened    old images become a mark, tool results lose their middle
 *   compaction   the oldest messages become a summary, or nothing
 *   model        another format or model is spoken to: all is written anew
 *
 * So a session that is resumed builds the same bytes.  Sizes are in tokens: what
 * the provider said of the last request, and an estimate of what came since.
 */
#ifndef ASSENT_CORE_CONTEXT_H
#define ASSENT_CORE_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "provider/provider.h"

struct context;
struct core;
struct ev_compaction;
struct ev_hook;
struct ev_shortened;
struct ev_tool_result;
struct event;
struct tokens_room;

#define CONTEXT_WHERE "[assent] Where you work:"	/* the environment */
#define CONTEXT_IMAGES_MAX 20	/* per request, whatever the provider allows */

/* Append the content of this hash; -1 if there is none. */
typedef int context_load(void *arg, const char *hash, struct buf *);

struct context_options {
	const struct provider_format *format;
	const char	*model;		/* copied; the others are borrowed */
	const struct dialect *dialect;	/* or NULL */
	/* They may change with the model: whether its thinking is bound to the
	 * history, and whether effort markers go into the messages; or NULL. */
	const struct model_facts *facts;
	context_load	*load;		/* where to find the images; NULL: they
					   are only named */
	void		*load_arg;
};
struct context *context_new(const struct context_options *);
/* Does it send back the model's own thinking? */
bool	context_has_thinking(const struct context *);
void	context_free(struct context *);
/* Is the last message the model's, with no calls waiting for results? */
bool	context_is_answered(const struct context *);
/* The line of the user's message `seq` (0: the newest) if no request has it yet;
 * else 0. */
int64_t	context_queued(const struct context *, int64_t seq);
/* Read an event; other types are skipped. */
void	context_event(struct context *, const struct event *);
/* After a `model` line. */
void	context_set_model(struct context *, const struct provider_format *,
	    const char *model, const struct dialect *);
/*
 * Before a request: answers calls that never got a result (the core died, the
 * user interrupted), since providers reject unanswered calls. Messages are
 * borrowed until the next event. The request asks for a long-lived cache once
 * the user took longer to answer than a short-lived one survives (but less than
 * an hour), until five faster answers in a row; working time doesn't count.
 */
void	context_messages(struct context *, struct request *);
/*
 * For a request beside the conversation: the messages up to the last answer whose
 * calls all have results, and this text, whose message is added to the buffer.
 * The list is the caller's to free. Nothing is changed.
 */
const char **context_aside(const struct context *, char *text,
	    struct buf *message, struct request *);
/* Append what came later as text: the calls of the last answer with the results
 * so far, and messages that wait for the next request. */
void	context_tell_later(const struct context *, struct buf *);
/* Size of a request with all messages and `overhead` tokens of prompt and
 * tools. */
int64_t	context_tokens(const struct context *, int64_t overhead);
/* An estimate of the messages without tools' results, and in *results of
 * those. */
int64_t	context_kinds(const struct context *, int64_t *results);
/* The server rejected the size: estimates were too low. */
void	context_too_low(struct context *, int64_t overhead, int64_t window);

/*
 * Add the results to trim, and the images to remove; the caller frees both
 * lists. False if there is nothing to do. Results too large for the window are
 * cut; and if `all` exceeds r->shorten_at, the oldest images are removed, and
 * the oldest results that the model has seen lose their middle, until it is
 * below r->shorten_to.
 */
bool	context_shorten(const struct context *, const struct tokens_room *,
	    int64_t all, struct ev_shortened *);
/* The bytes that a result may have, whatever they are, so that context_shorten
 * leaves it alone: `left` calls of the answer have none yet. */
int64_t	context_share(const struct context *, const struct tokens_room *,
	    size_t left);
/* Bytes of images in a request, which can't be counted as text. */
size_t	context_image_bytes(const struct context *);
/* Add all images that are sent; false if there are none. */
bool	context_images(const struct context *, struct ev_shortened *);
/*
 * Where a summary would end, as a seq: r->keep tokens of the newest messages
 * stay, a call stays with its result, and the last answer stays with the
 * messages after it unless it is too long itself. 0: not worth it.
 */
int64_t	context_cut(const struct context *, const struct tokens_room *);
/* Size of the messages after that and of its summary. */
int64_t	context_tokens_after(const struct context *,
	    const struct ev_compaction *, int64_t overhead);
/* The user's own messages up to there, about `max` bytes: the first one (the
 * task) and as many of the newest as fit, long ones without their middle; *n
 * texts in their order, malloc'ed. */
char	**context_said(const struct context *, int64_t upto, size_t max,
	    size_t *n);

/*
 * The messages up to there as text for a model to summarize, in `max` bytes:
 * results are complete, even if trimmed since. If that is too much, long results
 * are cut, then the oldest messages.
 */
void	context_tell(const struct context *, int64_t upto, size_t max,
	    struct buf *);
/* A summary of the messages up to there, made without a model; it begins with
 * the summary at the start of the context, if there is one. */
cJSON	*context_mechanical(const struct context *, int64_t upto);

/* The context with all events; NULL for `try`. */
struct context *recall_context(const struct core *);
/* What a model is told of the user's own command, and by a hook; malloc'ed, the
 * latter NULL: nothing. */
char	*context_ran_text(const char *command, const struct ev_tool_result *);
char	*context_hook_text(const struct ev_hook *);

/*
 * tokens: estimates how much of a model's window a text takes until the
 * provider reports it, and divides up the window. An estimate should be too
 * high rather than too low: letters and spaces count a third of a token each,
 * other ASCII half a token, digits two thirds (some vocabularies split them
 * all), a byte of any other character half a token.
 */

#define TOKENS_WINDOW_MIN	2048
#define TOKENS_SMALL		65536	/* up to this size, see tokens_room */

int64_t	tokens_estimate(const char *text, size_t n);

/* How a window is divided, in tokens. Prompt instructions and tools are part of
 * each request, so the shares apply to the rest. */
struct tokens_room {
	int64_t	window;		/* shared by prompt and answer */
	int64_t	output;		/* limit on the answer */
	int64_t	reserve;	/* part of the window that is always free for
				   the answer */
	int64_t	prompt;		/* the rest, for the prompt */
	int64_t	rest;		/* the prompt without the overhead */
	int64_t	shorten_at;	/* a larger prompt: drop old outputs ... */
	int64_t	shorten_to;	/* ... until the prompt is this small */
	int64_t	compact_at;	/* a larger prompt: replace old messages by a
				   summary */
	int64_t	keep;		/* newest messages to keep beside a summary */
	int64_t	results;	/* limit on all results of one message */
};

/* `max_output`: limit on the answer; `overhead`: tokens of instructions and
 * tools. */
void	tokens_room(struct tokens_room *, int64_t window, int64_t max_output,
	    int64_t overhead);

#endif
