/*
 * The entry point, and what no other part (fold-*.c) has: the session, its
 * messages and turns, streaming and the core's status. Each part has a table from
 * a line's type to the function that folds it; several may fold the same line.
 * Must stay pure, and must accept any line.
 */
#include "config.h"

#include "journal/fold.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "journal/event.h"
#include "journal/fold-int.h"
#include "journal/summary.h"
#include "journal/task-usage.h"

#define FOLD_TEXT_LITTLE 64	/* bytes; a shorter text is never dropped */

struct fold_item *
fold_item_add(struct fold *f, enum fold_item_kind kind, const char *title,
    const char *text)
{
	GROW(f->items, f->items_len);
	f->items[f->items_len] = (struct fold_item){
		.kind = kind, .seq = f->seq, .title = xstrdup_null(title),
		.text = xstrdup_null(text),
	};
	f->texts.len += strlen(ev_str(text, ""));
	return &f->items[f->items_len++];
}

struct fold_item *
fold_item_last(const struct fold *f, enum fold_item_kind kind)
{
	MEM_EACH_BACK(f, items, it)
		if (it->kind == kind)
			return it;
	return NULL;
}

char **
fold_strings(const char *const *texts, size_t n)
{
	char **list = n == 0 ? NULL : xcalloc(n, sizeof(*list));

	while (n-- > 0)
		list[n] = xstrdup(texts[n]);
	return list;
}

void
fold_set(char **to, const char *text)
{
	if (text != NULL)
		xstrset(to, text);
}

static void
fold_grants_release(struct fold *f)
{
	MEM_EACH(f, grants, g)
		FREE_ALL(g->setting, g->value, g->from, g->text);
	FREE_NULL(f->grants);
	f->grants_len = 0;
}

static void
fold_grants(struct fold *f, const struct ev_grant *list, size_t n)
{
	size_t i;

	if (list == NULL)
		return;
	fold_grants_release(f);
	f->grants = xcalloc(n + 1, sizeof(*f->grants));
	f->grants_len = n;
	for (i = 0; i < n; i++)
		f->grants[i] = (struct fold_grant){
			.setting = xstrdup(ev_str(list[i].grant, "")),
			.value = xstrdup(ev_str(list[i].value, "")),
			.from = xstrdup_null(list[i].from),
			.text = xstrdup(ev_str(list[i].text, "?")) };
}

/* Can the journal supply it again? */
static bool
fold_item_is_kept(const struct fold_item *it)
{
	return it->kind == ITEM_USER || it->kind == ITEM_ASSISTANT ||
	    it->kind == ITEM_THINKING || (it->kind == ITEM_TOOL &&
	    it->result_seq > 0);
}

void
fold_drop_texts(struct fold *f, size_t max)
{
	struct fold_item *it;
	size_t n;

	for (; f->texts.len > max && f->texts.from < f->items_len &&
	    !f->items[f->texts.from].running; f->texts.from++) {
		it = &f->items[f->texts.from];
		n = strlen(ev_str(it->text, ""));
		f->texts.len -= n < f->texts.len ? n : f->texts.len;
		if (n < FOLD_TEXT_LITTLE || !fold_item_is_kept(it))
			continue;
		xstrset(&it->text, NULL);
		it->text_dropped = true;
		it->rev++;
	}
}

static void
fold_item_release(struct fold_item *it)
{
	FREE_ALL(it->title, it->text, it->summary, it->name, it->call_id);
}

static void
fold_partial_clear(struct fold *f)
{
	buf_release(&f->partial.text);
	buf_release(&f->partial.thinking);
	f->partial.starts++;
}

void
fold_item_hide(struct fold_item *it)
{
	it->hidden = true;
	it->rev++;
}

/* "shot.png, PNG, 800x600, 12 kB" */
static char *
fold_image_text(const struct ev_image *image)
{
	AUTO_FREE char *words = image->size < 10000 ?
	    xasprintf("%lld bytes", (long long)image->size) :
	    xasprintf("%lld kB", (long long)(image->size + 500) / 1000);

	return xasprintf("%s, %s, %lldx%lld, %s", ev_str(image->path, "?"),
	    ev_is(image->kind, "png") ? "PNG" : "JPEG",
	    (long long)image->width, (long long)image->height, words);
}

static void
fold_on_user_message(struct fold *f, const struct event *e)
{
	static const char own[] = "[assent] ";
	const struct ev_user_message *m = &e->user_message;
	const char *text = ev_str(m->text, "");
	bool unread = !f->ended && f->turn > 0;
	/* It is about a hunk, and neither begins a task nor goes on with one. */
	bool question = m->question != NULL;
	bool begins = f->ended && f->facts.since == e->seq;
	struct fold_item *item;
	AUTO_FREE char *title = NULL;

	if (ev_is(e->by, "core")) {
		if (strncmp(text, own, sizeof(own) - 1) == 0)
			text += sizeof(own) - 1;
		/* What was a note already is said once. */
		for (item = f->items + f->items_len; item > f->items &&
		    (--item)->kind != ITEM_USER &&
		    item->kind != ITEM_ASSISTANT;)
			if (item->kind == ITEM_NOTE && ev_is(item->text, text))
				fold_item_hide(item);
		title = xasprintf("assent told %s", fold_agent_or(f,
		    "the model"));
		fold_item_add(f, ITEM_NOTE, title, text)->ok = true;
		return;
	}
	if (!question)
		FREE_NULL(f->task.own);
	f->evidence.returned = 0;
	if (f->facts.since == e->seq && f->proposal == NULL)
		f->task.own_changes = 0;
	if (begins) {
		f->evidence.past = true;
		json_drop(&f->calls);
		FREE_NULL(f->evidence.cannot_pass);
		xfree_list(f->evidence.put_away, f->evidence.put_away_len);
		f->evidence.put_away = NULL;
		f->evidence.put_away_len = 0;
	}
	if (!question && (f->task.text == NULL || (begins && text[0] != '\0'))) {
		xstrset(&f->task.text, text);
		f->task.id = f->seq;
	}
	if (text[0] == '\0' && m->again)
		fold_item_add(f, ITEM_NOTE, NULL, f->ended && ev_is(
		    f->end.outcome, "interrupted") ? "continued" : "retried")
		    ->ok = true;
	else {
		item = fold_item_add(f, ITEM_USER, NULL, text);
		item->ok = true;
		item->unread = unread;
		item->command = m->command != NULL;
		f->unread += unread;
	}
	if (m->command != NULL) {
		title = xasprintf("the text of %s (%s)",
		    ev_str(m->command->path, "?"),
		    ev_str(m->command->origin, "?"));

		fold_item_add(f, ITEM_NOTE, title, NULL)->ok = true;
	}
	MEM_EACH(m, images, image) {
		AUTO_FREE char *said = fold_image_text(image);

		fold_item_add(f, ITEM_NOTE, "image", said)->ok = true;
	}
	/* It reopens an ended session. */
	f->ended = false;
	xstrset(&f->end.outcome, NULL);
	f->end.words = NULL;
	f->end.exit = 0;
}

/* The message went back into the user's line. */
static void
fold_on_unqueued(struct fold *f, const struct event *e)
{
	MEM_EACH_BACK(f, items, it)
		if (it->seq == e->unqueued.message) {
			f->unread -= it->unread;
			it->unread = false;
			fold_item_hide(it);
		}
	fold_item_add(f, ITEM_NOTE, NULL, "message taken back")->ok = true;
}

static void
fold_items_read(struct fold *f)
{
	MEM_EACH_BACK(f, items, it) {
		if (f->unread == 0)
			return;
		if (it->unread) {
			it->unread = false;
			it->rev++;
			f->unread--;
		}
	}
	f->unread = 0;
}

/* What thinking used, if known; malloc'ed or NULL. */
static char *
fold_thought_title(const struct ev_assistant_message *m)
{
	struct buf b = BUF_INIT(0);

	if (m->usage == NULL || m->usage->reasoning.n <= 0)
		return NULL;
	buf_adds(&b, "thinking: ");
	limit_count_text(&b, m->usage->reasoning.n);
	buf_adds(&b, " tokens");
	if (m->thinking_usd.is) {
		buf_adds(&b, ", ");
		money_text(&b, m->thinking_usd.n);
	}
	return buf_take(&b);
}

static void
fold_on_assistant_message(struct fold *f, const struct event *e)
{
	const struct ev_assistant_message *m = &e->assistant_message;
	bool cut = json_get(e->cut, "thinking") != NULL;
	struct fold_item *it;
	AUTO_FREE char *title = fold_thought_title(m);

	fold_partial_clear(f);
	xstrset(&f->effort, m->effort);
	if (cut || ev_str(m->thinking, "")[0] != '\0') {
		it = fold_item_add(f, ITEM_THINKING, title, cut ? NULL :
		    m->thinking);
		it->ok = !m->broken;
		it->text_dropped = cut;
	}
	if (ev_str(m->text, "")[0] != '\0')
		fold_item_add(f, ITEM_ASSISTANT, m->broken ? "cut off" : NULL,
		    m->text)->ok = !m->broken;
	if (ev_str(m->refusal, "")[0] != '\0')
		fold_item_add(f, ITEM_ASSISTANT, "refused", m->refusal)
		    ->refusal = true;
}

static char *
fold_retry_text(const struct ev_retry *r)
{
	struct buf b = BUF_INIT(0);

	if (r->provider != NULL)
		buf_addf(&b, "%s: ", r->provider);
	buf_adds(&b, ev_str(r->text, "")[0] != '\0' ? r->text :
	    ev_str(r->kind, ""));
	if (r->status.n > 0)
		buf_addf(&b, " (HTTP %lld%s%s)", (long long)r->status.n,
		    r->request_id == NULL ? "" : ", request ",
		    ev_str(r->request_id, ""));
	if (r->of > 0 || r->left_ms.is) {
		buf_adds(&b, "; retrying");
		if (r->wait_ms >= 1000)
			buf_addf(&b, " in %lld s",
			    (long long)((r->wait_ms + 999) / 1000));
		/* The next one, out of all. */
		buf_addf(&b, " (attempt %lld", (long long)r->attempt + 1);
		if (r->of > 0)
			buf_addf(&b, " of %lld", (long long)r->of + 1);
		if (r->left_ms.is)
			buf_addf(&b, ", %lld s left",
			    (long long)(r->left_ms.n / 1000));
		buf_addc(&b, ')');
	}
	return buf_take(&b);
}

static void
fold_on_retry(struct fold *f, const struct event *e)
{
	AUTO_FREE char *title = xasprintf("attempt %lld",
	    (long long)e->retry.attempt);
	AUTO_FREE char *text = fold_retry_text(&e->retry);

	/* Drop the dead stream's text: the retry sends it again. */
	fold_partial_clear(f);
	/* One row, of the last attempt. */
	if (f->items_len > 0 && f->items[f->items_len - 1].kind == ITEM_RETRY)
		fold_item_hide(&f->items[f->items_len - 1]);
	fold_item_add(f, ITEM_RETRY, title, text);
}

static void
fold_on_error(struct fold *f, const struct event *e)
{
	fold_item_add(f, ITEM_ERROR, e->error.kind, ev_str(e->error.text, ""));
}

static void
fold_on_note(struct fold *f, const struct event *e)
{
	const struct ev_note *n = &e->note;
	struct fold_item *it;
	const struct fold_item *last = f->items_len == 0 ? NULL :
	    &f->items[f->items_len - 1];
	/* Who only looked at an ended session has ended it again. */
	bool again = n->ended && last != NULL && last->kind == ITEM_NOTE &&
	    n->text != NULL && ev_is(last->text, n->text);

	/* The offer of a check is shown in the hints, not in the transcript. */
	fold_set(&f->check_found, n->check);
	/* The other session gets its answer. */
	if (n->forked != NULL)
		event_drop(&f->aside.asked);
	/* The command's own end is said. */
	if (!n->idle && !again && n->check == NULL && (n->port == NULL ||
	    !ev_is(n->port->closed, "the command ended"))) {
		it = fold_item_add(f, ITEM_NOTE, NULL, ev_str(n->text, ""));
		it->ok = true;
		it->no_model = n->no_model;
	}
	fold_grants(f, n->grants, n->grants_len);
}

/* " (PROVIDER/MODEL)" if the answer comes from another model than the turns'. */
static char *
fold_other_model(const struct fold *f, const struct ev_asked *m)
{
	AUTO_FREE char *name = m == NULL ? NULL : xasprintf("%s/%s",
	    ev_str(m->provider, "?"), ev_str(m->name, "?"));

	return name == NULL || ev_is(f->model, name) ? xstrdup("") :
	    xasprintf(" (%s)", name);
}

static char *
fold_compaction_title(const struct fold *f, const struct event *e)
{
	const struct ev_compaction *c = &e->compaction;
	AUTO_FREE char *other = fold_other_model(f, c->model);
	struct buf b = BUF_INIT(0);

	if (ev_is(c->why, "new"))
		return xasprintf("a new task: %s doesn't get the earlier "
		    "conversation", fold_agent_or(f, "the model"));
	buf_addf(&b, "%s%s", ev_is(c->why, "edit") ? "summary, edited by you" :
	    ev_is(c->why, "plan") ? "the work begins without what led to the plan" :
	    ev_is(e->by, "model") ? "older messages summarized" :
	    "older messages summarized (without the model)", other);
	if (c->tokens != NULL) {
		buf_adds(&b, ": about ");
		limit_count_text(&b, c->tokens->before);
		buf_adds(&b, " tokens, now ");
		limit_count_text(&b, c->tokens->after);
	}
	if (c->failed != NULL)
		buf_addf(&b, " (%s)", c->failed);
	return buf_take(&b);
}

static void
fold_on_compaction(struct fold *f, const struct event *e)
{
	const struct ev_compaction *c = &e->compaction;
	AUTO_BUF struct buf text = BUF_INIT(0);
	AUTO_FREE char *title = fold_compaction_title(f, e);

	f->end.left = f->end.left || ev_is(c->why, "new");
	if (cJSON_IsObject(c->summary))
		summary_text(&text, c->summary);
	fold_item_add(f, ITEM_SUMMARY, title, text.p)->ok = c->failed == NULL;
}

static void
fold_on_btw(struct fold *f, const struct event *e)
{
	const struct ev_btw *b = &e->btw;
	AUTO_EVENT struct event none = { 0 };
	const struct ev_btw *asked = f->aside.asked == NULL ? &none.btw :
	    &f->aside.asked->btw;
	AUTO_BUF struct buf title = BUF_INIT(0), text = BUF_INIT(0);

	buf_release(&f->aside.text);
	if (b->question != NULL) {
		event_keep(&f->aside.asked, e);
		return;
	}
	buf_addf(&title, "btw: %s", ev_str(asked->question, "?"));
	if (asked->path != NULL)
		buf_addf(&title, " (%s)", asked->path);
	buf_adds(&text, ev_str(b->text, ""));
	if (b->why != NULL)
		buf_addf(&text, "%s(%s)", text.len > 0 ? "\n\n" : "", b->why);
	fold_item_add(f, ITEM_ASIDE, buf_str(&title), buf_str(&text))->ok =
	    b->why == NULL;
	event_drop(&f->aside.asked);
}

static void
fold_on_review(struct fold *f, const struct event *e)
{
	const struct ev_review *r = &e->review;
	AUTO_BUF struct buf text = BUF_INIT(0);
	AUTO_FREE char *other = fold_other_model(f, r->model);
	AUTO_FREE char *title = xasprintf("reviewer%s", other);

	if (r->failed != NULL)
		buf_addf(&text, "request failed: %s", r->failed);
	else
		MEM_EACH(r, files, v)
			buf_addf(&text, "%s%s %s: %s", text.len > 0 ? "\n" : "",
			    ev_is(v->verdict, "accept") ? "accepts" :
			    "asks you about", ev_str(v->path, "?"),
			    ev_str(v->reason, ""));
	fold_item_add(f, ITEM_NOTE, title, buf_str(&text))->ok =
	    r->failed == NULL;
}

static void
fold_on_shortened(struct fold *f, const struct event *e)
{
	const struct ev_shortened *s = &e->shortened;
	AUTO_BUF struct buf b = BUF_INIT(0);

	MEM_EACH(s, images, image)
		buf_addf(&b, "%s%s", b.len > 0 ? ", " : "",
		    ev_str(image->path, "?"));
	if (b.len > 0)
		buf_adds(&b, s->results_len > 0 ?
		    ": no longer shown to the model; " :
		    ": no longer shown to the model (name it with @ to show "
		    "it again)");
	if (s->results_len > 0 || b.len == 0)
		buf_addf(&b, "%zu output%s trimmed for the model, complete in "
		    "the journal", s->results_len,
		    s->results_len == 1 ? " is" : "s are");
	fold_item_add(f, ITEM_NOTE, NULL, buf_str(&b))->ok = true;
}

/* The end of the task, or an interruption. */
static void
fold_on_stop(struct fold *f, const struct event *e)
{
	fold_partial_clear(f);
	if (e->type == EVENT_INTERRUPT)
		fold_item_add(f, ITEM_NOTE, NULL, "interrupted");
}

#define FOLD_PARTIAL_MAX ((size_t)4 << 20)

int
fold_int(int64_t v)
{
	return v > INT_MAX ? INT_MAX : v < INT_MIN ? INT_MIN : (int)v;
}

char *
fold_who(const char *by, const char *client)
{
	/* What an editor showed isn't known, unlike our own front ends. */
	if (strcmp(by, "user") == 0 &&
	    strncmp(ev_str(client, ""), "acp ", 4) == 0)
		return xasprintf("editor %s", client + 4);
	if (strncmp(by, "client:", 7) == 0)
		return xstrdup(by + 7);
	if (strncmp(by, "rule:", 5) == 0)
		return xasprintf("rule %s", by + 5);
	return xstrdup(strcmp(by, "user") == 0 ? "you" : by[0] == '\0' ? "?" :
	    by);
}

/* Streaming. */

static void
fold_on_delta(struct fold *f, const struct event *e)
{
	const struct ev_delta *d = &e->delta;
	struct buf *b = ev_is(d->kind, "text") ? &f->partial.text :
	    ev_is(d->kind, "thinking") ? &f->partial.thinking :
	    ev_is(d->kind, "btw") ? &f->aside.text : NULL;

	if (b == NULL)
		return;
	/* The complete text again, for a client that missed a part. */
	if (d->at.is && d->at.n == 0)
		buf_clear(b);
	buf_adds(b, ev_str(d->text.p, ""));
}

/* The core's status; not in the journal. */

static void
fold_on_hello(struct fold *f, const struct event *e)
{
	fold_set(&f->session, e->hello.session);
	fold_set(&f->dir, e->hello.dir);
}

static void
fold_on_live(struct fold *f, const struct event *e)
{
	f->live = e->type == EVENT_LIVE;
}

static void
fold_on_status(struct fold *f, const struct event *e)
{
	xstrset(&f->status.state, e->status.state);
	xstrset(&f->status.doing, e->status.doing);
	f->status.left_ms = e->status.wait_ms;
	f->status.for_ms = e->status.for_ms;
}

static void
fold_on_staged(struct fold *f, const struct event *e)
{
	f->staged_files = fold_int(e->staged.files);
}

static void
fold_on_queued(struct fold *f, const struct event *e)
{
	f->queued = e->queued.commands_len;
}

/* The session and its turns. */

static void
fold_model(struct fold *f, const cJSON *model)
{
	FREE_NULL(f->effort);
	FREE_SET(f->model, json_str(model, "name") == NULL ? NULL :
	    xasprintf("%s/%s", json_str_or(model, "provider", "?"),
	    json_str(model, "name")));
}

static void
fold_on_session_start(struct fold *f, const struct event *e)
{
	const struct ev_session_start *s = &e->session_start;

	fold_set(&f->session, s->session);
	fold_set(&f->root, s->root);
	fold_set(&f->mode, s->mode);
	fold_set(&f->task.first, s->task);
	fold_set(&f->reads, json_str(json_get(s->settings, "review"), "from"));
	fold_set(&f->test, json_str(s->settings, "test"));
	fold_set(&f->approve, json_str(s->settings, "approve"));
	fold_grants(f, s->grants, s->grants_len);
	f->timeout_ms = json_int(s->limits, "timeout_ms", 0);
	fold_model(f, s->model);
	fold_set(&f->agent, json_str(json_get(s->settings, "agent"), "name"));
	if (f->agent != NULL)
		fold_set(&f->model, f->agent);
}

const char *
fold_agent_or(const struct fold *f, const char *own)
{
	return f->agent == NULL ? own : f->agent;
}

static void
fold_on_commands(struct fold *f, const struct event *e)
{
	event_keep(&f->commands, e);
}

bool
fold_agent_command(const struct fold *f, const char *text)
{
	size_t n = strcspn(text + 1, " \t\n");

	if (f == NULL || f->commands == NULL || text[0] != '/')
		return false;
	MEM_EACH(&f->commands->commands, commands, it)
		if (ev_is(it->origin, "agent") && strlen(it->name) == n &&
		    memcmp(it->name, text + 1, n) == 0)
			return true;
	return false;
}

static void
fold_on_turn_start(struct fold *f, const struct event *e)
{
	fold_partial_clear(f);
	fold_items_read(f);
	f->turn = e->turn_start.turn > 0 ? fold_int(e->turn_start.turn) :
	    f->turn;
	event_keep(&f->turn_start, e);
}

static void
fold_on_mode(struct fold *f, const struct event *e)
{
	const struct ev_mode *m = &e->mode;
	AUTO_FREE char *title = NULL;

	fold_set(&f->approve, m->approve);
	if (m->effort != NULL || m->plan != NULL) {
		fold_item_add(f, ITEM_NOTE, NULL, ev_str(m->text, ""))->ok =
		    true;
		return;
	}
	fold_grants(f, m->grants, m->grants_len);
	if (m->approve == NULL)
		return;
	title = xasprintf("review mode: %s", f->approve);
	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = true;
}

static void
fold_on_model(struct fold *f, const struct event *e)
{
	AUTO_FREE char *title = NULL;

	MEM_EACH(f, items, it)
		if (it->no_model && !it->hidden)
			fold_item_hide(it);
	fold_model(f, e->model.model);
	title = xasprintf("model: %s%s%s", ev_str(f->model, "?"),
	    e->model.text == NULL ? "" : ": ", ev_str(e->model.text, ""));
	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = true;
}

static void
fold_release(struct fold *f)
{
	FREE_ALL(f->also, f->session, f->dir, f->root, f->mode, f->reads,
	    f->task.first, f->test, f->approve, f->model, f->agent, f->effort,
	    f->check_found,
	    f->task.text, f->task.own,
	    f->status.state, f->status.doing, f->end.outcome, f->end.summary);
	facts_release(&f->facts);
	event_drop(&f->turn_start);
	event_drop(&f->commands);
	event_drop(&f->aside.asked);
	buf_release(&f->aside.text);
	fold_grants_release(f);
	MEM_EACH(f, items, it)
		fold_item_release(it);
	free(f->items);
	fold_partial_clear(f);
}

static const struct fold_part fold_rest = {
	.on = {
		[EVENT_AGENT_END] = fold_on_stop,
		[EVENT_ASSISTANT_MESSAGE] = fold_on_assistant_message,
		[EVENT_BTW] = fold_on_btw,
		[EVENT_COMMANDS] = fold_on_commands,
		[EVENT_COMPACTION] = fold_on_compaction,
		[EVENT_DELTA] = fold_on_delta,
		[EVENT_ERROR] = fold_on_error,
		[EVENT_HELLO] = fold_on_hello,
		[EVENT_INTERRUPT] = fold_on_stop,
		[EVENT_LIVE] = fold_on_live,
		[EVENT_MODE] = fold_on_mode,
		[EVENT_MODEL] = fold_on_model,
		[EVENT_NOTE] = fold_on_note,
		[EVENT_QUEUED] = fold_on_queued,
		[EVENT_RETRY] = fold_on_retry,
		[EVENT_REVIEW] = fold_on_review,
		[EVENT_SESSION_START] = fold_on_session_start,
		[EVENT_SHORTENED] = fold_on_shortened,
		[EVENT_STAGED] = fold_on_staged,
		[EVENT_STATUS] = fold_on_status,
		[EVENT_TURN_START] = fold_on_turn_start,
		[EVENT_UNQUEUED] = fold_on_unqueued,
		[EVENT_USER_MESSAGE] = fold_on_user_message,
	},
	.release = fold_release,
};

/* In the order in which they get a line: the plan's status is known to the
 * check, proofs see which proposal was open, and only the rest forgets that the
 * task has ended. */
static const struct fold_part *const fold_parts[] = {
	&fold_plans, &fold_proofs, &fold_proposals, &fold_changes, &fold_tools,
	&fold_asks, &fold_ends, &fold_opens, &fold_rest, &fold_notes,
};

void
fold_event(struct fold *f, const struct event *e)
{
	unsigned flags = event_rows[e->type].flags;
	size_t i;

	if ((flags & EVENT_NO_SEQ) == 0) {
		if (e->seq <= f->seq)
			return;
		f->seq = e->seq;
		facts_event(&f->facts, e);
		if ((flags & EVENT_ASIDE) == 0)
			f->shown_seq = e->seq;
	}
	for (i = 0; i < MEM_COUNT(fold_parts); i++)
		if (fold_parts[i]->on[e->type] != NULL)
			fold_parts[i]->on[e->type](f, e);
	if ((flags & EVENT_NO_SEQ) == 0)
		f->open.last[e->type] = f->seq;
	if (f->texts.max > 0)
		fold_drop_texts(f, f->texts.max);
}

void
fold_line(struct fold *f, const cJSON *line)
{
	AUTO_EVENT struct event e = { 0 };

	event_read(&e, line);
	fold_event(f, &e);
}

struct fold *
fold_new(void)
{
	struct fold *f = xcalloc(1, sizeof(*f));

	f->evidence.exit = -1;
	buf_init(&f->partial.text, FOLD_PARTIAL_MAX);
	buf_init(&f->partial.thinking, FOLD_PARTIAL_MAX);
	buf_init(&f->aside.text, FOLD_PARTIAL_MAX);
	buf_init(&f->output.text, FOLD_OUTPUT_MAX);
	return f;
}

void
fold_free(struct fold *f)
{
	size_t i;

	if (f == NULL)
		return;
	for (i = 0; i < MEM_COUNT(fold_parts); i++)
		if (fold_parts[i]->release != NULL)
			fold_parts[i]->release(f);
	free(f);
}
