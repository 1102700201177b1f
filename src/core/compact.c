/* See compact.h. */
#include "config.h"

#include "core/compact-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"
#include "base/utf8.h"
#include "core/context.h"
#include "core/recall.h"
#include "core/core.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/prompt.h"
#include "core/failover.h"
#include "core/retry.h"
#include "core/target.h"
#include "core/tokens.h"
#include "core/turn-ask.h"
#include "core/turn-asked.h"
#include "core/turn-body.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/summary.h"
#include "provider/provider.h"

#define COMPACT_BYTES		3	/* bytes of text per token */
#define COMPACT_PIECES		8

struct compact *
compact_new(void)
{
	return xcalloc(1, sizeof(struct compact));
}

static void
compact_clear(struct compact *k)
{
	k->running = false;
	k->again = NULL;
	free(k->why);
	free(k->words);
	free(k->client);
	k->why = k->words = k->client = NULL;
	json_drop(&k->partial);
}

void
compact_clear_asked(struct compact *k)
{
	k->asked = false;
	free(k->asked_words);
	free(k->asked_client);
	k->asked_words = k->asked_client = NULL;
}

void
compact_free(struct compact *k)
{
	if (k == NULL)
		return;
	compact_clear(k);
	compact_clear_asked(k);
	cJSON_Delete(k->rejected);
	free(k);
}

void
compact_recall(struct core *c, const cJSON *event)
{
	enum event_type type = event_type(event);

	if (type == EVENT_MODEL)
		c->compact->learned = 0;
	else if (type == EVENT_COMPACTION && json_is(event,
	    "window_from", "provider"))
		c->compact->learned = json_int(event, "window", 0);
}

/* ---- the line ---- */

static size_t
compact_summary_max(const struct tokens_room *r)
{
	return (size_t)(r->rest / 5) * COMPACT_BYTES;
}

cJSON *
compact_fields(struct core *c, const char *why, int64_t upto,
    cJSON *summary_take)
{
	struct tokens_room room;
	AUTO_BUF struct buf state = BUF_INIT(0);
	cJSON *o = cJSON_CreateObject(), *tokens;
	int64_t overhead = turn_overhead(c), window;
	const char *from = compact_window(c, &window);
	size_t max;

	c->overhead = overhead;
	compact_room(c, &room);
	max = (size_t)(room.rest / 10) * COMPACT_BYTES;
	json_add_str(o, "why", why);
	json_add_int(o, "upto", upto);
	summary_trim(summary_take, compact_summary_max(&room));
	json_set_take(o, "summary", summary_take);
	json_set_take(o, "said", context_said(recall_context(c), upto, max));
	compact_state(c, &state, max);
	if (state.len > 0)
		json_add_str(o, "state", buf_str(&state));
	tokens = cJSON_CreateObject();
	json_add_int(tokens, "before", context_tokens(recall_context(c), overhead));
	json_add_int(tokens, "after", context_tokens_after(recall_context(c), upto, o,
	    overhead));
	json_set_take(o, "tokens", tokens);
	json_add_int(o, "window", window);
	json_add_str(o, "window_from", from);
	return o;
}

static void
compact_emit(struct core *c, cJSON *summary_take, const char *failed)
{
	struct compact *k = c->compact;
	bool by_model = summary_take != NULL;
	void (*again)(struct core *) = k->again;
	cJSON *o;

	if (summary_take == NULL)
		summary_take = context_mechanical(recall_context(c), k->partial,
		    k->from, k->upto);
	o = compact_fields(c, k->why, k->upto, summary_take);
	json_add_str(o, "words", k->words);
	json_add_str(o, "client", k->client);
	turn_add_asked(c, o);
	c->request.bytes = k->asked_bytes;
	turn_add_spent(c, o, &k->spent, k->answered_bytes);
	if (failed != NULL)
		json_add_str(o, "failed", failed);
	compact_clear(k);
	k->turn = c->fold->turn;
	emit_event(c, EVENT_COMPACTION, by_model ? "model" : "core", o);
	if (again != NULL)
		again(c);
}

/* ---- the request ---- */

static void compact_ask(struct core *c);

/* The summary in a reply; NULL with the reason (malloc'ed). */
static cJSON *
compact_read(struct core *c, const struct reply *r, char **failed)
{
	struct err e = ERR_INIT;
	cJSON *o;

	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED) {
		*failed = provider_error_explain(&r->error,
		    turn_asked(c)->provider, turn_asked(c)->base_url,
		    turn_key_from(c));
		return NULL;
	}
	if (r->stop == REPLY_REFUSAL || r->stop == REPLY_CONTENT_FILTER) {
		*failed = xasprintf("the model declined to write it%s%.300s",
		    r->refusal[0] == '\0' ? "" : ": ", r->refusal);
		return NULL;
	}
	o = summary_parse(r->text, strlen(r->text), &e);
	if (o == NULL)
		*failed = xasprintf("the model's summary could not be used: "
		    "%s", e.text);
	return o;
}

/* The model failed for good. True if another one is asked. */
static bool
compact_ask_another(struct core *c, const char *why)
{
	if (!failover_next(c, why))
		return false;
	c->overhead = turn_overhead(c);
	c->request.attempt = 0;
	compact_ask(c);
	return true;
}

/* Add the cost of a piece; -1: unknown. */
static void
compact_add_spent(struct core *c, const struct reply *r)
{
	struct compact *k = c->compact;
	const struct usage *u = &r->usage;
	int64_t *const sum[] = { &k->spent.input, &k->spent.cached,
		&k->spent.cache_write, &k->spent.output,
		&k->spent.reasoning, &k->spent.write_1h };
	const int64_t more[] = { u->input, u->cached, u->cache_write,
		u->output, u->reasoning, u->write_1h };
	size_t i;

	for (i = 0; i < MEM_COUNT(more); i++)
		*sum[i] = *sum[i] < 0 || more[i] < 0 ? -1 : *sum[i] + more[i];
	k->asked_bytes += c->request.bytes;
	k->answered_bytes += strlen(r->text) + strlen(r->thinking);
}

static void
compact_done(void *arg, struct reply *r)
{
	struct core *c = arg;
	struct compact *k = c->compact;
	struct tokens_room room;
	char *failed = NULL;
	cJSON *summary;
	bool broken = r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED;

	turn_over(c, r);
	if (broken && retry_begin(c, &r->error, failover_has_next(c),
	    compact_ask)) {
		reply_free(r);
		return;
	}
	summary = compact_read(c, r, &failed);
	if (broken && compact_ask_another(c, failed)) {
		free(failed);
		reply_free(r);
		return;
	}
	c->request.attempt = 0;
	compact_add_spent(c, r);
	reply_free(r);
	if (summary != NULL && k->next > 0) {
		compact_room(c, &room);
		summary_trim(summary, compact_summary_max(&room));
		cJSON_Delete(k->partial);
		k->partial = summary;
		k->from = k->next;
		k->part++;
		compact_ask(c);
		return;
	}
	compact_emit(c, summary, failed);
	free(failed);
	driver_soon(c);
}

static void
compact_ask(struct core *c)
{
	struct compact *k = c->compact;
	struct tokens_room room;
	AUTO_BUF struct buf text = BUF_INIT(0);
	const char *system = prompt_aside(c->prompts, false);
	size_t max;
	int64_t left;
	AUTO_FREE char *doing = NULL;

	compact_room(c, &room);
	left = room.prompt - tokens_estimate(system, strlen(system)) - 256 -
	    (k->words == NULL ? 0 : tokens_estimate(k->words,
	    strlen(k->words)));
	/* Two bytes per token is the lower bound of our estimates. */
	max = left < 512 ? 1024 : (size_t)left * 2 * 1000 /
	    (size_t)context_scaled_of(recall_context(c));
	if (k->partial != NULL) {
		buf_adds(&text, "\n### The summary so far\n");
		summary_text(&text, k->partial);
	}
	k->next = context_tell(recall_context(c), k->from, k->upto, text.len < max /
	    2 ? max - text.len : max / 2, k->part > COMPACT_PIECES ? 1 :
	    (size_t)(COMPACT_PIECES + 1 - k->part), &text);
	buf_adds(&text, k->next > 0 ? "\n### assent\nThese are not all of "
	    "the messages that will be removed: more follow in the next part. "
	    "Write the five sections now, with every fact that may be needed "
	    "again." : "\n### assent\nThese are all of the messages that will "
	    "be removed. Write the five sections now.");
	if (k->words != NULL)
		buf_addf(&text, " The user asks to keep in them: %s",
		    k->words);
	doing = k->part == 1 && k->next == 0 ? xstrdup("summarizing") :
	    xasprintf("summarizing, part %d", k->part);
	turn_ask(c, &c->target, system, buf_str(&text), doing, compact_done);
}

/* False if nothing can be removed. `hard`: if need be, remove even the newest
 * messages, which are otherwise kept (room.keep). words and client are
 * copied. */
static bool
compact_start(struct core *c, const char *why, const char *words,
    const char *client, bool hard)
{
	struct compact *k = c->compact;
	struct tokens_room room;
	int64_t upto;

	compact_room(c, &room);
	upto = context_cut(recall_context(c), &room);
	if (upto == 0 && hard) {
		room.keep = 0;
		upto = context_cut(recall_context(c), &room);
	}
	if (upto == 0)
		return false;
	k->running = true;
	k->why = xstrdup(why);
	k->words = xstrdup_null(words);
	k->client = xstrdup_null(client);
	k->upto = upto;
	k->part = 1;
	k->from = k->next = 0;
	memset(&k->spent, 0, sizeof(k->spent));
	k->asked_bytes = k->answered_bytes = 0;
	c->request.attempt = 0;
	return true;
}

/* Takes both; images may be NULL. */
static void
compact_emit_shortened(struct core *c, cJSON *results, cJSON *images,
    int64_t tokens, int64_t window)
{
	cJSON *o = cJSON_CreateObject();

	json_set_take(o, "results", results);
	if (images != NULL)
		json_set_take(o, "images", images);
	json_add_int(o, "tokens", tokens);
	json_add_int(o, "window", window);
	emit_event(c, EVENT_SHORTENED, "core", o);
}

/* True if something was trimmed. */
static bool
compact_shorten(struct core *c, const struct tokens_room *room,
    int64_t overhead)
{
	int64_t before = context_tokens(recall_context(c), overhead);
	cJSON *images = NULL;
	cJSON *list = context_shorten(recall_context(c), room, before, &images);

	if (list == NULL)
		return false;
	compact_emit_shortened(c, list, images, before, room->window);
	return true;
}

bool
compact_no_images(struct core *c, const struct provider_error *pe)
{
	struct tokens_room room;
	cJSON *images;

	if ((pe->status != 400 && pe->status != 415 && pe->status != 422 &&
	    pe->status != 500) || (strcasestr(pe->message, "image") == NULL &&
	    strcasestr(pe->message, "vision") == NULL &&
	    strcasestr(pe->message, "multimodal") == NULL) ||
	    (images = context_images(recall_context(c))) == NULL)
		return false;
	compact_room(c, &room);
	emit_note(c, "%s rejects the images (%s): resent without them", c->target.model, pe->message);
	compact_emit_shortened(c, cJSON_CreateArray(), images,
	    context_tokens(recall_context(c), c->overhead), room.window);
	return true;
}

bool
compact_before_turn(struct core *c)
{
	struct compact *k = c->compact;
	struct tokens_room room;

	k->retried = false;
	c->overhead = turn_overhead(c);
	compact_room(c, &room);
	(void)compact_shorten(c, &room, c->overhead);
	/* Once is enough: the rest has to stay. */
	if (k->turn == c->fold->turn && c->fold->turn > 0)
		return false;
	if (context_tokens(recall_context(c), c->overhead) <= room.compact_at ||
	    !compact_start(c, "window", NULL, NULL, false))
		return false;
	compact_ask(c);
	return c->compact->running;
}

/* Advise how to get a larger window. The suggested size is a round number with
 * a third to spare. */
static void
compact_advise(const struct core *c, struct buf *b, int64_t needed)
{
	int64_t window = 16384;

	while (window * 3 / 4 < needed && window < ((int64_t)1 << 24))
		window *= 2;
	if (url_is_local(c->target.base_url))
		buf_addf(b, "Give the server a larger one (llama-server -c "
		    "%lld, OLLAMA_CONTEXT_LENGTH=%lld, vllm --max-model-len "
		    "%lld), or choose another model.", (long long)window,
		    (long long)window, (long long)window);
	else
		buf_adds(b, "Choose a model with a larger one.");
}

bool
compact_is_hopeless(struct core *c)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int64_t window, least;
	const char *from = compact_window(c, &window);

	/* Estimates are too high: this much is surely needed. */
	least = c->overhead * 6 / 10 + 256;
	if (strcmp(from, "default") == 0 || strcmp(from, "replay") == 0 ||
	    least <= window * 3 / 4)
		return false;
	buf_addf(&b, "the window of %s is too small: it has %lld tokens (%s), "
	    "and the instructions and tools alone take about %lld. ",
	    c->target.model, (long long)window,
	    strcmp(from, "provider") == 0 ? "as the provider said" :
	    "as set by context_window, or listed for this model or server", (long long)
	    c->overhead * 8 / 10);
	compact_advise(c, &b, c->overhead);
	emit_error(c, "window", "%s", buf_str(&b));
	phase_stop(c, STOP_PROVIDER);
	return true;
}

char *
compact_explain(struct core *c, const struct provider_error *pe)
{
	struct buf b = BUF_INIT(0);
	int64_t overhead = turn_overhead(c);
	int64_t all = context_tokens(recall_context(c), overhead);

	buf_addf(&b, "%s says that the request does not fit into the window "
	    "of %s", c->target.provider, c->target.model);
	if (pe->window > 0)
		buf_addf(&b, ", which has %lld tokens", (long long)pe->window);
	if (pe->status > 0)
		buf_addf(&b, " (HTTP %ld)", pe->status);
	if (pe->message[0] != '\0')
		buf_addf(&b, ": %s", pe->message);
	if (strchr(".!?", b.p[b.len - 1]) == NULL)
		buf_addc(&b, '.');
	/* Estimates are meant to be too high: show four fifths. */
	buf_addf(&b, " The instructions and tools of assent take about "
	    "%lld tokens, the conversation about %lld. ",
	    (long long)overhead * 8 / 10, (long long)(all - overhead) * 8 / 10);
	compact_advise(c, &b, all);
	return buf_take(&b);
}

bool
compact_if_asked(struct core *c)
{
	struct compact *k = c->compact;
	bool begun;

	if (!k->asked || k->running)
		return false;
	begun = compact_start(c, "user", k->asked_words, k->asked_client,
	    true);
	compact_clear_asked(k);
	if (!begun) {
		emit_note(c, "nothing was compacted: there is nothing yet that "
		    "a summary could replace");
		return false;
	}
	compact_ask(c);
	return k->running;
}

bool
compact_on_full(struct core *c, const struct provider_error *pe,
    void (*again)(struct core *))
{
	struct compact *k = c->compact;
	struct tokens_room room;
	int64_t overhead = turn_overhead(c), told, now, window;
	bool less;

	if (k->retried || c->target.replay_dir != NULL)
		return false;
	c->overhead = overhead;
	(void)compact_window(c, &window);
	now = context_tokens(recall_context(c), overhead);
	told = pe == NULL ? 0 : pe->window;
	/* No size was named: the window is smaller than this request, whose
	 * estimate is up to a fifth too high. */
	if (told <= 0 && now > 0 && now * 8 / 10 < window)
		told = now * 8 / 10;
	if (told > 0 && told < window)
		k->learned = told < TOKENS_WINDOW_MIN ? TOKENS_WINDOW_MIN :
		    told;
	compact_room(c, &room);
	if (pe != NULL && pe->window > 0)
		context_too_low(recall_context(c), overhead, room.window);
	less = compact_shorten(c, &room, overhead);
	if (!compact_start(c, "full", NULL, NULL, true)) {
		k->short_tools = true;
		if (!less && turn_overhead(c) >= overhead)
			return false;
		k->retried = true;
		again(c);
		return true;
	}
	k->retried = true;
	k->again = again;
	compact_ask(c);
	return true;
}

void
compact_cancelled(struct core *c)
{
	struct compact *k = c->compact;

	if (!k->running)
		return;
	compact_clear(k);
	emit_note(c, "the summary was not finished: the conversation is "
	    "unchanged");
}
