#include "config.h"

#include "core/context/compact.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/url.h"
#include "base/utf8.h"
#include "core/context/context-int.h"
#include "core/context/model.h"
#include "core/context/prompt.h"
#include "core/context/query.h"
#include "core/job/job.h"
#include "core/kernel/core.h"
#include "core/stage/changes.h"
#include "gate/stage.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/summary.h"
#include "provider/provider.h"

/* The window of a model of unknown size, and the smallest window we support. */
#define TOKENS_WINDOW_UNKNOWN	32768

/* The longest answer to request if the model's limit is unknown. */
#define TOKENS_OUTPUT_UNKNOWN	8192

#define COMPACT_ANSWERS_WINDOW	((int64_t)1 << 24)	/* never full */

/* The current model's window, and its source as a word. */
static const char *
compact_window(const struct core *c, int64_t *window)
{
	int64_t told = json_int(json_get(c->start, "model"), "window", 0);

	if (c->target.answers != NULL) {
		*window = COMPACT_ANSWERS_WINDOW;
		return "answers";
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
compact_room(const struct core *c, const struct core_target *t,
    struct tokens_room *r)
{
	int64_t window = t->window > 0 ? t->window : TOKENS_WINDOW_UNKNOWN;

	if (t == &c->target)
		(void)compact_window(c, &window);
	tokens_room(r, window, compact_output(c, t), t != &c->target ||
	    c->context == NULL ? 0 : recall_context(c)->scale *
	    c->request.overhead / 1000);
}

/*
 * Facts that must not depend on a summary's author: written files, staged ones,
 * hunks that the user rejected and why, the plan and the check.
 */

#define STATE_NAMES	20	/* files, or rejections */
#define STATE_REASON	300	/* bytes of one */
#define STATE_LINES	6	/* of a rejected hunk */
#define STATE_LINE	100	/* bytes of one */

/* The changed lines of a hunk, in a row below its name. */
static void
state_lines(struct buf *b, const struct fold_hunk *h)
{
	struct hunk_walk w = hunk_walk(h->text, h->text_len, 0, 0);
	size_t n = 0, len;

	while (n < STATE_LINES && hunk_walk_next(&w)) {
		if (w.sign != '+' && w.sign != '-')
			continue;
		len = w.n - (w.line[w.n - 1] == '\n');
		buf_addf(b, "\n    %.*s%s", (int)utf8_cut(w.line, len,
		    STATE_LINE), w.line, len > STATE_LINE ? "\xe2\x80\xa6" :
		    "");
		n++;
	}
	if (h->added + h->removed > (int)n)
		buf_adds(b, "\n    [...]");
}

static void
state_reason(struct buf *b, const char *text)
{
	AUTO_FREE char *cut = utf8_cut_dup(ev_str(text, ""), STATE_REASON);

	if (cut[0] != '\0')
		buf_addf(b, ": %s", cut);
}

/* Add the hunk with the reason and comments to those that are kept, the newest
 * last. */
static void
state_reject(struct core *c, const char *path, const struct ev_decided_hunk *d)
{
	cJSON *list = c->compact->rejected;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct fold_hunk *h;
	const cJSON *it;

	json_path_text(&b, path);
	state_reason(&b, d->word);
	MEM_EACH(d, comments, x)
		state_reason(&b, x->text);
	if (fold_find_hunk(c->fold, d->id, &h) != NULL)
		state_lines(&b, h);
	cJSON_ArrayForEach(it, list)
		if (strcmp(it->valuestring, buf_str(&b)) == 0) {
			cJSON_AddItemToArray(list,
			    cJSON_DetachItemViaPointer(list, (cJSON *)
			    (uintptr_t)it));
			return;
		}
	cJSON_AddItemToArray(list, cJSON_CreateString(buf_str(&b)));
	if (cJSON_GetArraySize(list) > STATE_NAMES)
		cJSON_DeleteItemFromArray(list, 0);
}

/* Rejected hunks and the reasons outlive a summary. */
static void
compact_line(struct core *c, const struct event *e)
{
	struct compact *k = c->compact;

	if (e->type == EVENT_COMPACTION && ev_is(e->compaction.why, "new"))
		json_drop(&k->rejected);
	/* Learned sizes of another model's window don't count. */
	if (e->type == EVENT_MODEL) {
		k->learned = 0;
		k->short_tools = false;
	} else if (c->resume != NULL && e->type == EVENT_COMPACTION &&
	    ev_is(e->compaction.window_from, "provider"))
		k->learned = e->compaction.window;
	/* An undo is between the user and their files. */
	if (e->type != EVENT_DECISION || c->fold->proposal == NULL ||
	    c->fold->proposal->undo != 0)
		return;
	if (k->rejected == NULL)
		k->rejected = cJSON_CreateArray();
	MEM_EACH(&e->decision, files, f)
		MEM_EACH(f, hunks, h)
			if (f->path_bytes != NULL && ev_is(h->decision, "no"))
				state_reject(c, f->path_bytes, h);
}

static void
state_name(struct buf *b, size_t *n, const char *name, const char *title)
{
	if ((*n)++ < STATE_NAMES)
		buf_addf(b, "%s%s", *n == 1 ? title : ", ", name);
}

static void
state_names_end(struct buf *b, size_t n)
{
	if (n > STATE_NAMES)
		buf_addf(b, " and %zu more", n - STATE_NAMES);
	if (n > 0)
		buf_addc(b, '\n');
}

static void
state_written(const struct core *c, struct buf *b)
{
	size_t len, i, n = 0;
	AUTO_FREE struct changes_op *ops = changes_ops(c, &len);

	for (i = 0; i < len; i++) {
		AUTO_BUF struct buf name = BUF_INIT(0);

		json_path_text(&name, ops[i].path);
		state_name(b, &n, buf_str(&name), "- Written to the user's "
		    "files in this task: ");
	}
	state_names_end(b, n);
}

static void
state_staged(const struct core *c, struct buf *b)
{
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };
	size_t n = 0;

	/* Don't read the copy while something may write there. In a session
	 * that only looks, nothing that it writes is kept. */
	if (c->stage == NULL || c->plan.mode == PLAN_LOOK ||
	    job_waits(c, JOB_COPY) || stage_scan(c->stage, &scan, NULL) < 0)
		return;
	MEM_EACH(&scan, changes, ch) {
		AUTO_BUF struct buf name = BUF_INIT(0);

		json_path_text(&name, ch->path);
		state_name(b, &n, buf_str(&name), "- To be reviewed, not written "
		    "yet: ");
	}
	state_names_end(b, n);
}

static void
state_rejected(const struct core *c, struct buf *b)
{
	const cJSON *it;
	bool any = false;

	cJSON_ArrayForEach(it, c->compact->rejected) {
		buf_addf(b, "%s  - %s\n", any ? "" : "- Rejected by the user, "
		    "and not wanted in another form either, unless the reason "
		    "says how:\n", it->valuestring);
		any = true;
	}
}

static void
compact_plan(const struct core *c, struct buf *b)
{
	const struct fold_plan *p = &c->fold->plan;
	size_t i;

	if (p->version == 0)
		return;
	buf_addf(b, "- The plan%s: %s\n", task_plans(c) ?
	    " that was last handed in" : "", p->goal == NULL ? "" : p->goal);
	for (i = 0; i < p->steps_len; i++)
		buf_addf(b, "  %zu. [%s] %s%s%s%s\n", i + 1,
		    p->steps[i].state != FOLD_STEP_OPEN ? "done" : "open",
		    p->steps[i].title == NULL ? "" : p->steps[i].title,
		    p->steps[i].held == NULL ? "" : " (only ",
		    ev_str(p->steps[i].held, ""),
		    p->steps[i].held == NULL ? "" : ")");
	for (i = 0; i < p->files_len; i++)
		buf_addf(b, "%s%s%s", i == 0 ? "  Files: " : ", ", p->files[i],
		    i + 1 == p->files_len ? "\n" : "");
	if (p->said != NULL)
		buf_addf(b, "  The user's notes on it:\n%s\n", p->said);
}

/* compact.c: about `max` bytes of the state, for the model. */
static void
compact_state(const struct core *c, struct buf *b, size_t max)
{
	if (c->plan.mode == PLAN_LOOK)
		buf_adds(b, "- Nothing is to be changed: look, and answer.\n");
	else if (task_runs(c) && task_plans(c))
		buf_adds(b, "- No plan is approved yet: explore, then hand in "
		    "a plan.\n");
	state_written(c, b);
	state_staged(c, b);
	state_rejected(c, b);
	compact_plan(c, b);
	if (c->check.command != NULL)
		buf_addf(b, "- Check: `%s`\n", c->check.command);
	MEM_EACH(c->fold, background, it)
		if (it->ended == NULL)
			buf_addf(b, "- Runs in the background: %s (%.*s)\n",
			    it->id, (int)utf8_cut(it->command,
			    strcspn(it->command, "\n"), STATE_LINE),
			    it->command);
	if (b->len > max) {
		b->len = utf8_cut(b->p, b->len, max);
		buf_adds(b, " [...]\n");
	}
}

#define COMPACT_BYTES		3	/* bytes of text per token */

static void compact_ask(struct core *c);

static void
compact_clear(struct compact *k)
{
	k->running = k->asked = k->apart = false;
	k->again = NULL;
	FREE_ALL(k->why, k->words, k->client);
	k->why = k->words = k->client = NULL;
}

static void
compact_init(struct core *c)
{
	c->compact = xcalloc(1, sizeof(*c->compact));
}

static void
compact_free(struct core *c)
{
	compact_clear(c->compact);
	cJSON_Delete(c->compact->rejected);
	free(c->compact->fresh);
	free(c->compact);
}

/* ---- the line ---- */

/* Journal this line, with the summary and what belongs to it. */
static void
compact_emit(struct core *c, const char *by, struct ev_compaction *line,
    cJSON *summary)
{
	struct context *context = recall_context(c);
	struct tokens_room room;
	AUTO_BUF struct buf state = BUF_INIT(0);
	struct ev_tokens_change tokens;
	int64_t overhead = c->main->overhead(c);
	char **said;
	size_t max;

	c->request.overhead = overhead;
	compact_room(c, &c->target, &room);
	max = (size_t)(room.rest / 10) * COMPACT_BYTES;
	summary_trim(summary, 2 * max);
	line->summary = summary;
	said = context_said(context, line->upto, max, &line->said_len);
	line->said = (const char **)said;
	compact_state(c, &state, max);
	line->state = state.len > 0 ? buf_str(&state) : NULL;
	tokens.before = context_tokens(context, overhead);
	tokens.after = context_tokens_after(context, line, overhead);
	line->tokens = &tokens;
	line->window_from = compact_window(c, &line->window);
	EMIT_THIS(c, by, compaction, line);
	xfree_list(said, line->said_len);
}

/* `told_take`: the summary, or NULL; `failed`: why it isn't the model's alone. */
static void
compact_over(struct core *c, const struct reply *r, cJSON *told_take,
    const char *failed)
{
	struct compact *k = c->compact;
	void (*again)(struct core *) = k->again;
	AUTO_JSON cJSON *summary = told_take != NULL ? told_take :
	    context_mechanical(recall_context(c), k->upto);
	struct query_cost cost;

	query_cost_of(c, r, &cost);
	compact_emit(c, failed == NULL ? "model" : "core",
	    &(struct ev_compaction){ .why = k->why, .upto = k->upto,
	    .words = k->words, .client = k->client, .model = &cost.asked,
	    .usage = &cost.usage, .guess = cost.guessed,
	    .cost_usd = cost.usd, .failed = failed }, summary);
	compact_clear(k);
	k->turn = c->fold->turn;
	if (again != NULL)
		again(c);
}

/* ---- the request ---- */

/* The summary in a reply, with the reason (malloc'ed) if it is text in another
 * form, which is kept beside what the journal says; NULL with the reason. */
static cJSON *
compact_read(const struct core *c, const struct reply *r, char **failed)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *declined = reply_declined(r, "write it");
	cJSON *o;

	if (declined != NULL) {
		*failed = xasprintf("the model %s", declined);
		return NULL;
	}
	o = summary_parse(r->text, strlen(r->text), &e);
	if (o != NULL || r->text[0] == '\0') {
		*failed = o == NULL ? xstrdup("the model's summary is empty") :
		    NULL;
		return o;
	}
	*failed = xasprintf("the model's summary is kept as text: %s", e.text);
	o = context_mechanical(recall_context(c), c->compact->upto);
	summary_add_lines(o, SUMMARY_DECISIONS, r->text);
	return o;
}

/* The model failed for good. True if another one is asked. */
static bool
compact_ask_another(struct core *c, const char *why)
{
	if (!model_next(c, why))
		return false;
	c->request.attempt = 0;
	compact_ask(c);
	return true;
}

/* There was no room behind the conversation. True if the model is asked apart from
 * it. */
static bool
compact_ask_apart(struct core *c, const struct provider_error *pe)
{
	if (c->compact->apart || (pe->kind != PROVIDER_CONTEXT_FULL &&
	    pe->kind != PROVIDER_TOO_LARGE))
		return false;
	c->compact->apart = true;
	c->request.attempt = 0;
	compact_ask(c);
	return true;
}

static void
compact_done(struct core *c, struct reply *r, const char *failed)
{
	AUTO_FREE char *why = NULL;
	cJSON *summary = failed == NULL ? compact_read(c, r, &why) : NULL;

	if (failed == NULL || (!compact_ask_apart(c, &r->error) &&
	    !compact_ask_another(c, failed))) {
		c->request.attempt = 0;
		compact_over(c, r, summary, failed != NULL ? failed : why);
		core_soon(c);
	}
	reply_free(r);
}

static void
compact_cancelled(struct core *c)
{
	compact_clear(c->compact);
	emit_note(c, "the summary was not finished: the conversation is "
	    "unchanged");
}

static char *
compact_body(struct core *c)
{
	return c->main->body(c, &c->request, c->request.aside_text);
}

static void
compact_ask(struct core *c)
{
	struct compact *k = c->compact;
	struct tokens_room room;
	AUTO_BUF struct buf text = BUF_INIT(0);
	const char *notes = prompt_aside(c->prompts, false);
	int64_t left;

	c->request.overhead = c->main->overhead(c);
	compact_room(c, &c->target, &room);
	left = room.prompt - tokens_estimate(notes, strlen(notes)) - 256 -
	    (k->words == NULL ? 0 : tokens_estimate(k->words,
	    strlen(k->words)));
	k->apart = k->apart || context_tokens(recall_context(c),
	    c->request.overhead) > left;
	if (!k->apart)
		buf_addf(&text, "[assent] The older messages above are removed "
		    "next, to make room, and you go on with your notes. %s\n",
		    notes);
	else {
		/* Two bytes per token is the lower bound of our estimates. */
		context_tell(recall_context(c), k->upto, left < 512 ? 1024 :
		    (size_t)left * 2 * 1000 /
		    (size_t)recall_context(c)->scale, &text);
		buf_adds(&text, "\n### assent\nThese are all of the messages "
		    "that will be removed. ");
	}
	buf_adds(&text, "Write the five sections now.");
	if (k->words != NULL)
		buf_addf(&text, " The user asks to keep in them: %s",
		    k->words);
	query_send(c, &(struct query){ .target = &c->target,
	    .system = k->apart ? notes : NULL, .text = buf_str(&text),
	    .body = k->apart ? NULL : compact_body, .doing = "summarizing",
	    .done = compact_done, .cancelled = compact_cancelled,
	    .again = compact_ask, .other = model_next(c, NULL) });
}

/* False if nothing can be removed. `hard`: if need be, remove even the newest
 * messages, which are otherwise kept (room.keep). */
static bool
compact_start(struct core *c, const char *why, bool hard)
{
	struct compact *k = c->compact;
	struct tokens_room room;
	int64_t upto;

	compact_room(c, &c->target, &room);
	upto = context_cut(recall_context(c), &room);
	if (upto == 0 && hard) {
		room.keep = 0;
		upto = context_cut(recall_context(c), &room);
	}
	if (upto == 0)
		return false;
	k->running = true;
	k->asked = false;
	k->why = xstrdup(why);
	k->upto = upto;
	c->request.attempt = 0;
	return true;
}

/* True if something was trimmed. */
static bool
compact_shorten(struct core *c, const struct tokens_room *room,
    int64_t overhead)
{
	struct ev_shortened line = { .window = room->window,
		.tokens = context_tokens(recall_context(c), overhead) };
	bool is = context_shorten(recall_context(c), room, line.tokens, &line);

	if (is)
		EMIT_THIS(c, "core", shortened, &line);
	FREE_ALL(line.results, line.images);
	return is;
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

/* Tell the user if not even the prompt fits into the window. */
static bool
compact_is_hopeless(struct core *c)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int64_t window, least;
	const char *from = compact_window(c, &window);

	/* Estimates are too high: this much is surely needed. */
	least = c->request.overhead * 6 / 10 + 256;
	if (strcmp(from, "default") == 0 || strcmp(from, "answers") == 0 ||
	    least <= window * 3 / 4)
		return false;
	buf_addf(&b, "the window of %s is too small: it has %lld tokens (%s), "
	    "and the instructions and tools alone take about %lld. ",
	    c->target.model, (long long)window,
	    strcmp(from, "provider") == 0 ? "as the provider said" :
	    "as set by context_window, or listed for this model or server", (long long)
	    c->request.overhead * 8 / 10);
	compact_advise(c, &b, c->request.overhead);
	emit_error(c, "window", "%s", buf_str(&b));
	phase_stop(c, STOP_PROVIDER);
	core_soon(c);
	return true;
}

/* What led to the approved plan is no longer sent; calls have their results. */
static void
compact_fresh(struct core *c)
{
	AUTO_FREE char *text = c->compact->fresh;
	AUTO_JSON cJSON *none = cJSON_CreateObject();

	c->compact->fresh = NULL;
	compact_emit(c, "user", &(struct ev_compaction){ .why = "plan",
	    .upto = c->journal->chain.seq }, none);
	emit_tell_model(c, text);
}

bool
compact_before_turn(struct core *c)
{
	struct compact *k = c->compact;
	struct tokens_room room;
	int64_t window;

	k->retried = false;
	if (k->fresh != NULL) {
		compact_fresh(c);
		/* The environment is told again. */
		core_soon(c);
		return true;
	}
	c->request.overhead = c->main->overhead(c);
	compact_room(c, &c->target, &room);
	(void)compact_shorten(c, &room, c->request.overhead);
	/* Once is enough: the rest has to stay. */
	if ((k->turn == c->fold->turn && c->fold->turn > 0) ||
	    context_tokens(recall_context(c), c->request.overhead) <=
	    room.compact_at || !compact_start(c, "window", false))
		return compact_is_hopeless(c);
	if (recall_context(c)->compaction == NULL &&
	    strcmp(compact_window(c, &window), "default") == 0)
		emit_note(c, "the window of %s isn't known: %d tokens are "
		    "assumed; if it has more, set context_window",
		    c->target.model, TOKENS_WINDOW_UNKNOWN);
	compact_ask(c);
	return c->compact->running || compact_is_hopeless(c);
}

/* Why the request does not fit; malloc'ed. */
static char *
compact_explain(struct core *c, const struct provider_error *pe)
{
	struct buf b = BUF_INIT(0);
	int64_t overhead = c->main->overhead(c);
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

	if (!k->asked || k->running)
		return false;
	if (!compact_start(c, "user", true)) {
		compact_clear(k);
		emit_note(c, "nothing was compacted: there is nothing yet that "
		    "a summary could replace");
		return false;
	}
	compact_ask(c);
	return k->running;
}

/* The server rejects the images. True if they were removed from the
 * messages. */
static bool
compact_no_images(struct core *c, const struct provider_error *pe)
{
	struct ev_shortened line = { .tokens = 0 };
	struct tokens_room room;

	if ((pe->status != 400 && pe->status != 415 && pe->status != 422 &&
	    pe->status != 500) || (strcasestr(pe->message, "image") == NULL &&
	    strcasestr(pe->message, "vision") == NULL &&
	    strcasestr(pe->message, "multimodal") == NULL) ||
	    !context_images(recall_context(c), &line))
		return false;
	compact_room(c, &c->target, &room);
	emit_note(c, "%s rejects the images (%s): resent without them", c->target.model, pe->message);
	line.tokens = context_tokens(recall_context(c), c->request.overhead);
	line.window = room.window;
	EMIT_THIS(c, "core", shortened, &line);
	free(line.images);
	return true;
}

bool
compact_on_full(struct core *c, const struct provider_error *pe,
    void (*again)(struct core *), char **why)
{
	struct compact *k = c->compact;
	struct tokens_room room;
	int64_t overhead = c->main->overhead(c), told, now, window;
	bool less;

	if (pe != NULL && compact_no_images(c, pe)) {
		again(c);
		return true;
	}
	if (pe != NULL && pe->kind == PROVIDER_CONTEXT_FULL)
		*why = compact_explain(c, pe);
	if (k->retried || c->target.answers != NULL || (pe != NULL &&
	    pe->kind != PROVIDER_CONTEXT_FULL &&
	    pe->kind != PROVIDER_TOO_LARGE))
		return false;
	c->request.overhead = overhead;
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
	compact_room(c, &c->target, &room);
	if (pe != NULL && pe->window > 0)
		context_too_low(recall_context(c), overhead, room.window);
	less = compact_shorten(c, &room, overhead);
	if (!compact_start(c, "full", true)) {
		k->short_tools = true;
		if (!less && c->main->overhead(c) >= overhead)
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

/*
 * The user's commands for the conversation: summarize now, or start over.
 */

#define COMPACT_WORDS_MAX	((size_t)4 << 10)

static int
compact_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	struct compact *k = c->compact;
	const char *words = json_str_or(command, "words", "");

	if (model_needed(c, e) < 0)
		return -1;
	if (strlen(words) > COMPACT_WORDS_MAX)
		return err_set(e, "the text on what to keep is too long");
	k->asked = true;
	xstrset(&k->words, words[0] == '\0' ? NULL : words);
	xstrset(&k->client, client);
	core_soon(c);
	return 0;
}

void
compact_forget(struct core *c, const char *client)
{
	/* commands: between two tasks; the last plan may still be open. */
	assert(!task_runs(c) && c->phase == PHASE_IDLE &&
	    (c->waits & ~(unsigned)WAIT_PLAN) == 0);
	compact_clear(c->compact);
	c->project.due = true;
	EMIT(c, "user", compaction, .why = "new",
	    .upto = c->journal->chain.seq, .client = client);
}

static const struct core_command compact_commands[] = {
	{ "compact", IN_ANY, 0, HAS_SUMMARY, WITH_MODEL,
	    .act = compact_command },
	{ 0 }
};

static unsigned
compact_facts(const struct core *c)
{
	return c->compact->running ? HAS_SUMMARY : 0;
}

const struct core_part compact_part = {
	.facts = compact_facts, .has = HAS_SUMMARY,
	.init = compact_init,
	.line = compact_line, .lines = OF(EVENT_COMPACTION) | OF(EVENT_MODEL) |
	    OF(EVENT_DECISION),
	.free = compact_free, .commands = compact_commands,
};
