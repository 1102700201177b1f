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
#ifndef ASSENT_CORE_CONTEXT_CONTEXT_H
#define ASSENT_CORE_CONTEXT_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "core/turn/tokens.h"
#include "provider/provider.h"

struct context;

#define CONTEXT_IMAGES_MAX 20	/* in a request, whatever the provider takes */

/* Appends the content of this hash; -1 if there is none. */
typedef int context_load(void *arg, const char *hash, struct buf *);

/* `dialect` is borrowed, or NULL. */
struct context *context_new(const struct provider_format *, const char *model,
	    const struct dialect *dialect);
/* What is known of the model (borrowed, and it may change with it): whether its
 * thinking is bound to the history, and is told its effort in place. */
void	context_set_facts(struct context *, const struct model_facts *);
/* Does it give back thinking of the model's own? */
bool	context_has_thinking(const struct context *);
/* Where the images of messages are; without it they are only named. */
void	context_set_load(struct context *, context_load *, void *arg);
/* The word of calls in text, for a dialect that has them so. */
void	context_set_word(struct context *, const char *word);
void	context_free(struct context *);
/* Is the last message the model's own, and not one that waits for results? */
bool	context_is_answered(const struct context *);
/* Does the context depend on events of this type? */
bool	context_is_event(const char *type);
/* Others are skipped. */
void	context_event(struct context *, const cJSON *event);
/* After a `model` line. */
void	context_set_model(struct context *, const struct provider_format *,
	    const char *model, const struct dialect *);
/*
 * Before a request: calls that never got a result (the core died, the user
 * interrupted) are answered, since a provider refuses unanswered calls.
 * Messages are borrowed until the next event.
 */
const char *const *context_messages(struct context *, size_t *n);
/* How many of these were the whole of the request before the last turn_start:
 * where a provider's cache ends. */
size_t	context_stable(const struct context *);
/* Does the user let minutes pass before they answer: longer than a cache lives if
 * nobody asks for more, and less than an hour? True from the first time on, until
 * they answer faster five times in a row. Time that was worked does not count. */
bool	context_waits(const struct context *);
/* Of a request with all of it and `overhead` tokens of prompt and tools. */
int64_t	context_tokens(const struct context *, int64_t overhead);
/* The server would not take so many: estimates were too low. */
void	context_too_low(struct context *, int64_t overhead, int64_t window);
/* What an estimate is multiplied by, in thousandths; 1000 at least. */
int64_t	context_scaled_of(const struct context *);
/* The last `compaction` line that the context begins with, or NULL. */
const cJSON *context_summary(const struct context *);

/* ---- context-cut.c: what can go ---- */

/*
 * Results to be shortened, for a line of type shortened: [{"seq", "bytes",
 * "keep"}], or NULL if nothing is to be; then *images is NULL too, else the
 * images that go: [{"seq", "path"}], or NULL.  Results too large for the window
 * are cut; and if `all` exceeds r->shorten_at, the oldest images go, and the
 * oldest results that the model has seen lose their middle, until it is below
 * r->shorten_to.
 */
cJSON	*context_shorten(const struct context *, const struct tokens_room *,
	    int64_t all, cJSON **images);
/* Of a request, what are images and cannot be counted as text. */
size_t	context_image_bytes(const struct context *);
/* The images that are sent: [{"seq", "path"}], or NULL if there are none. */
cJSON	*context_images(const struct context *);
/*
 * Where a summary's reach would end, as a seq: no further than that r->keep
 * tokens of the newest messages stay, never between a call and its result, and
 * the last answer stays with what follows it unless it is too long itself.  0:
 * there is nothing worth it.
 */
int64_t	context_cut(const struct context *, const struct tokens_room *);
/* What the messages after `upto` and the summary of `line` take. */
int64_t	context_tokens_after(const struct context *, int64_t upto,
	    const cJSON *line, int64_t overhead);
/* The person's own words up to there, the newest first to be kept, at most
 * `max` bytes: an array of texts in their order. */
cJSON	*context_said(const struct context *, int64_t upto, size_t max);

/* ---- context-transcript.c: what is to be summed up ---- */

/*
 * The messages up to there, from part `from` on (0 is the first; each result is
 * a part), as text for a model to sum up: as much as fits into `max` bytes; the
 * first part that is left, or 0. Results are told as they came, also where they were shortened
 * since. Where it would take more than `pieces` calls to tell all, long results
 * are cut, then the oldest messages.
 */
size_t	context_tell(const struct context *, size_t from, int64_t upto,
	    size_t max, size_t pieces, struct buf *);
/* A summary of them that needs no model, after that of those before (NULL: the
 * one that the context begins with). */
cJSON	*context_mechanical(const struct context *, const cJSON *before,
	    size_t from, int64_t upto);

#endif
