/*
 * compact-room: the size of the model's window, as far as known.
 */
#include "config.h"

#include "core/compact-int.h"

#include "base/json.h"
#include "core/context.h"
#include "core/recall.h"
#include "core/core.h"
#include "core/amend.h"
#include "core/target.h"
#include "core/tokens.h"

#define COMPACT_REPLAY_WINDOW	((int64_t)1 << 24)	/* never full */
#define COMPACT_SHORT_WINDOW	10000	/* up to this size, tool descriptions
					   are short */

void
compact_forget(struct core *c)
{
	c->compact->learned = 0;
	c->compact->short_tools = false;
}

const char *
compact_window(const struct core *c, int64_t *window)
{
	int64_t told = json_int(json_get(c->start, "model"), "window", 0);

	if (c->target.replay_dir != NULL) {
		*window = COMPACT_REPLAY_WINDOW;
		return "replay";
	}
	if (c->compact->learned > 0) {
		*window = c->compact->learned;
		return "provider";
	}
	*window = told > 0 ? told : TOKENS_WINDOW_UNKNOWN;
	return told > 0 ? "config" : "default";
}

/* The longest answer of this model: the model table's (or that of the start
 * object), but never more than the server's limit. */
static int64_t
compact_output(const struct core *c, const struct core_target *t)
{
	int64_t most = amend_output(c, t);
	int64_t v = json_int(c->start, "max_tokens", t->facts.output);

	if (v <= 0)
		v = TOKENS_OUTPUT_UNKNOWN;
	return most > 0 && most < v ? most : v;
}

void
compact_room(const struct core *c, struct tokens_room *r)
{
	int64_t window;

	(void)compact_window(c, &window);
	tokens_room(r, window, compact_output(c, &c->target),
	    c->context == NULL ? 0 : context_scaled_of(recall_context(c)) *
	    c->overhead / 1000);
}

void
compact_room_of(const struct core *c, const struct core_target *t,
    struct tokens_room *r)
{
	if (t == &c->target)
		compact_room(c, r);
	else
		tokens_room(r, t->window > 0 ? t->window :
		    TOKENS_WINDOW_UNKNOWN, compact_output(c, t), 0);
}

bool
compact_short_tools(const struct core *c)
{
	struct tokens_room room;

	compact_room(c, &room);
	return c->compact->short_tools || room.window <= COMPACT_SHORT_WINDOW;
}

bool
compact_is_running(const struct core *c)
{
	return c->compact->running;
}
