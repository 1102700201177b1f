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
	struct fold_item *it;

	GROW(f->items, f->items_len);
	it = &f->items[f->items_len++];
	memset(it, 0, sizeof(*it));
	it->kind = kind;
	it->seq = f->seq;
	it->title = xstrdup_null(title);
	it->text = xstrdup_null(text);
	f->texts.len += text == NULL ? 0 : strlen(text);
	return it;
}

static void
fold_grants(struct fold *f, const cJSON *line)
{
	const cJSON *list = json_array(line, "grants"), *it;

	if (list == NULL)
		return;
	xfree_list(f->grants, f->grants_len);
	f->grants = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*f->grants));
	f->grants_len = 0;
	cJSON_ArrayForEach(it, list)
		f->grants[f->grants_len++] = xstrdup(json_str_or(it, "text",
		    "?"));
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
		n = it->text == NULL ? 0 : strlen(it->text);
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
	free(it->title);
	free(it->text);
	free(it->summary);
	free(it->name);
	free(it->call_id);
}

static void
fold_partial_clear(struct fold *f)
{
	buf_release(&f->partial.text);
	buf_release(&f->partial.thinking);
	f->partial.starts++;
}

/* "shot.png, PNG, 800x600, 12 kB" */
static char *
fold_image_text(const cJSON *image)
{
	int64_t size = json_int(image, "size", 0);
	AUTO_FREE char *words =
	    size < 10000 ? xasprintf("%lld bytes", (long long)size) :
			   xasprintf("%lld kB", (long long)(size + 500) / 1000);

	return xasprintf("%s, %s, %lldx%lld, %s", json_str_or(image, "path",
	    "?"), json_is(image, "kind", "png") ? "PNG" :
	    "JPEG", (long long)json_int(image, "width", 0),
	    (long long)json_int(image, "height", 0), words);
}

static void
fold_on_user_message(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	static const char own[] = "[assent] ";
	const char *text = json_str_or(line, "text", "");
	bool unread = !f->ended && f->turn > 0;
	/* It is about a hunk, and neither begins a task nor goes on with one. */
	bool question = json_get(line, "question") != NULL;
	struct fold_item *item;
	const cJSON *it;

	if (json_is(line, "by", "core")) {
		if (strncmp(text, own, sizeof(own) - 1) == 0)
			text += sizeof(own) - 1;
		fold_item_add(f, ITEM_NOTE, "assent told the model", text)->ok =
		    true;
		return;
	}
	if (!question)
		FREE_NULL(f->task.own);
	f->evidence.returned = 0;
	if (f->ended && f->spent.earlier.turns > 0)
		f->task.more_seq = json_int(line, "seq", 0);
	else if (f->ended) {
		f->task.more_seq = 0;
		f->task.seq = f->end.seq;
		f->evidence.past = true;
	}
	if (!question && (f->task.text == NULL || (f->ended &&
	    f->task.more_seq == 0 && text[0] != '\0'))) {
		xstrset(&f->task.text, text);
		f->task.id = f->seq;
	}
	if (f->ended)
		json_drop(&f->calls);
	if (text[0] == '\0' && json_bool(line, "again", false))
		fold_item_add(f, ITEM_NOTE, NULL, f->ended && f->end.outcome !=
		    NULL && strcmp(f->end.outcome, "interrupted") == 0 ?
		    "continued" : "retried")->ok = true;
	else {
		item = fold_item_add(f, ITEM_USER, NULL, text);
		item->ok = true;
		item->unread = unread;
		item->command = json_get(line, "command") != NULL;
		f->unread += unread;
	}
	if ((it = json_get(line, "command")) != NULL) {
		AUTO_FREE char *title = xasprintf("the text of %s (%s)",
		    json_str_or(it, "path", "?"), json_str_or(it, "origin",
		    "?"));

		fold_item_add(f, ITEM_NOTE, title, NULL)->ok = true;
	}
	cJSON_ArrayForEach(it, json_array(line, "images")) {
		AUTO_FREE char *said = fold_image_text(it);

		fold_item_add(f, ITEM_NOTE, "image", said)->ok = true;
	}
	/* It reopens an ended session. */
	f->ended = false;
	xstrset(&f->end.outcome, NULL);
	f->end.exit = 0;
}

/* The message went back into the user's line. */
static void
fold_on_unqueued(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	int64_t seq = json_int(line, "message", 0);
	struct fold_item *it = f->items + f->items_len;

	while (it-- > f->items && it->seq >= seq)
		if (it->seq == seq) {
			f->unread -= it->unread;
			it->unread = false;
			it->hidden = true;
			it->rev++;
		}
	fold_item_add(f, ITEM_NOTE, NULL, "message taken back")->ok = true;
}

static void
fold_items_read(struct fold *f)
{
	struct fold_item *it = f->items + f->items_len;

	while (f->unread > 0 && it-- > f->items)
		if (it->unread) {
			it->unread = false;
			it->rev++;
			f->unread--;
		}
	f->unread = 0;
}

/* What thinking used, if known; malloc'ed or NULL. */
static char *
fold_thought_title(const cJSON *line)
{
	int64_t tokens = json_int(json_get(line, "usage"), "reasoning", 0);
	int64_t cost = money_from_json(json_get(line, "thinking_usd"));
	struct buf b = BUF_INIT(0);

	if (tokens <= 0)
		return NULL;
	buf_adds(&b, "thinking: ");
	limit_count_text(&b, tokens);
	buf_adds(&b, " tokens");
	if (cost != MONEY_UNKNOWN) {
		buf_adds(&b, ", ");
		money_text(&b, cost);
	}
	return buf_take(&b);
}

static void
fold_on_assistant_message(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	const char *thinking = json_str(line, "thinking");
	const char *text = json_str(line, "text");
	const char *refusal = json_str(line, "refusal");
	bool broken = json_bool(line, "broken", false);
	struct fold_item *it;
	AUTO_FREE char *title = fold_thought_title(line);

	fold_partial_clear(f);
	xstrset(&f->effort, json_str(line, "effort"));
	if (json_get(json_get(line, "cut"), "thinking") != NULL) {
		it = fold_item_add(f, ITEM_THINKING, title, NULL);
		it->ok = !broken;
		it->text_dropped = true;
	} else if (thinking != NULL && thinking[0] != '\0')
		fold_item_add(f, ITEM_THINKING, title, thinking)->ok = !broken;
	if (text != NULL && text[0] != '\0')
		fold_item_add(f, ITEM_ASSISTANT, broken ? "cut off" : NULL,
		    text)->ok = !broken;
	if (refusal != NULL && refusal[0] != '\0')
		fold_item_add(f, ITEM_ASSISTANT, "refused", refusal);
}

static char *
fold_retry_text(const cJSON *line)
{
	struct buf b = BUF_INIT(0);
	const char *provider = json_str(line, "provider");
	const char *id = json_str(line, "request_id");
	int status = fold_int(line, "status", 0);
	int64_t wait = json_int(line, "wait_ms", 0);
	int64_t left = json_int(line, "left_ms", -1);

	if (provider != NULL)
		buf_addf(&b, "%s: ", provider);
	buf_adds(&b, json_str_or(line, "text", ""));
	if (json_str_or(line, "text", "")[0] == '\0')
		buf_adds(&b, json_str_or(line, "kind", ""));
	if (status > 0)
		buf_addf(&b, " (HTTP %d%s%s)", status, id == NULL ? "" :
		    ", request ", id == NULL ? "" : id);
	if (json_get(line, "of") != NULL || left >= 0) {
		buf_adds(&b, "; retrying");
		if (wait >= 1000)
			buf_addf(&b, " in %lld s", (long long)((wait + 999) /
			    1000));
		/* The next one, out of all. */
		buf_addf(&b, " (attempt %d", fold_int(line, "attempt", 1) + 1);
		if (json_get(line, "of") != NULL)
			buf_addf(&b, " of %d", fold_int(line, "of", 1) + 1);
		if (left >= 0)
			buf_addf(&b, ", %lld s left", (long long)(left / 1000));
		buf_addc(&b, ')');
	}
	return buf_take(&b);
}

static void
fold_on_retry(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	AUTO_FREE char *title =
	    xasprintf("attempt %d", fold_int(line, "attempt", 1));
	AUTO_FREE char *text = NULL;

	/* Drop the dead stream's text: the retry sends it again. */
	fold_partial_clear(f);
	text = fold_retry_text(line);
	fold_item_add(f, ITEM_RETRY, title, text);
}

static void
fold_on_error(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	fold_item_add(f, ITEM_ERROR, json_str(line, "kind"),
	    json_str_or(line, "text", ""));
}

static void
fold_on_note(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	struct fold_item *it;
	const struct fold_item *last = f->items_len == 0 ? NULL :
	    &f->items[f->items_len - 1];
	/* Who only looked at an ended session has ended it again. */
	bool again = json_bool(line, "ended", false) && last != NULL &&
	    last->kind == ITEM_NOTE && last->text != NULL &&
	    json_is(line, "text", last->text);

	/* The offer of a check is shown in the hints, not in the transcript. */
	if (json_str(line, "check") != NULL)
		xstrset(&f->check_found, json_str(line, "check"));
	if (!json_bool(line, "idle", false) && !again &&
	    json_str(line, "check") == NULL) {
		it = fold_item_add(f, ITEM_NOTE, NULL,
		    json_str_or(line, "text", ""));
		it->ok = true;
		it->no_model = json_bool(line, "no_model", false);
	}
	fold_grants(f, line);
}

/* " (PROVIDER/MODEL)" if the answer comes from another model than the turns'. */
static char *
fold_other_model(const struct fold *f, const cJSON *line)
{
	const cJSON *m = json_get(line, "model");
	AUTO_FREE char *name = xasprintf("%s/%s",
	    json_str_or(m, "provider", "?"), json_str_or(m, "name", "?"));

	return !cJSON_IsObject(m) || (f->model != NULL &&
	    strcmp(f->model, name) == 0) ? xstrdup("") :
	    xasprintf(" (%s)", name);
}

static char *
fold_compaction_title(const struct fold *f, const cJSON *line)
{
	const cJSON *tokens = json_get(line, "tokens");
	const char *failed = json_str(line, "failed");
	AUTO_FREE char *other = NULL;
	struct buf b = BUF_INIT(0);

	if (json_is(line, "why", "new"))
		return xstrdup("a new task: the model doesn't get the earlier "
		    "conversation");
	if (json_is(line, "why", "edit"))
		buf_adds(&b, "summary, edited by you");
	else
		buf_adds(&b, json_is(line, "by", "model") ? "older messages "
		    "summarized" : "older messages summarized (without the "
		    "model)");
	other = fold_other_model(f, line);
	buf_adds(&b, other);
	if (json_int(tokens, "before", -1) >= 0) {
		buf_adds(&b, ": about ");
		limit_count_text(&b, json_int(tokens, "before", 0));
		buf_adds(&b, " tokens, now ");
		limit_count_text(&b, json_int(tokens, "after", 0));
	}
	if (failed != NULL)
		buf_addf(&b, " (%s)", failed);
	return buf_take(&b);
}

static void
fold_on_compaction(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	const cJSON *summary = json_get(line, "summary");
	AUTO_BUF struct buf text = BUF_INIT(0);
	AUTO_FREE char *title = fold_compaction_title(f, line);

	if (json_is(line, "why", "new"))
		f->end.left = true;
	xstrset(&f->summarized.text, NULL);
	if (cJSON_IsObject(summary)) {
		summary_text(&text, summary);
		xstrset(&f->summarized.text, buf_str(&text));
		f->summarized.seq = f->seq;
	}
	fold_item_add(f, ITEM_SUMMARY, title, text.p)->ok =
	    json_str(line, "failed") == NULL;
}

static char *
fold_review_text(const cJSON *line)
{
	const char *failed = json_str(line, "failed");
	struct buf b = BUF_INIT(0);
	const cJSON *it;

	if (failed != NULL)
		buf_addf(&b, "request failed: %s\n", failed);
	else
		cJSON_ArrayForEach(it, json_array(line, "files"))
			buf_addf(&b, "%s %s: %s\n", json_is(it,
			    "verdict", "accept") ? "accepts" :
			    "asks you about", json_str_or(it, "path", "?"),
			    json_str_or(it, "reason", ""));
	if (b.len > 0)
		b.p[--b.len] = '\0';
	return buf_take(&b);
}

static void
fold_on_review(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	AUTO_FREE char *text = fold_review_text(line);
	AUTO_FREE char *other = fold_other_model(f, line);
	AUTO_FREE char *title = xasprintf("reviewer%s", other);

	fold_item_add(f, ITEM_NOTE, title, text)->ok =
	    json_str(line, "failed") == NULL;
}

static char *
fold_shortened_text(const cJSON *line)
{
	int n = cJSON_GetArraySize(json_array(line, "results"));
	struct buf b = BUF_INIT(0);
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(line, "images"))
		buf_addf(&b, "%s%s", b.len > 0 ? ", " : "", json_str_or(it,
		    "path", "?"));
	if (b.len > 0)
		buf_adds(&b, n > 0 ? ": no longer shown to the model; " :
		    ": no longer shown to the model (name it with @ to show "
		    "it again)");
	if (n > 0 || b.len == 0)
		buf_addf(&b, "%d output%s trimmed for the model, complete in "
		    "the journal", n, n == 1 ? " is" : "s are");
	return buf_take(&b);
}

static void
fold_on_shortened(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	AUTO_FREE char *text = fold_shortened_text(line);

	fold_item_add(f, ITEM_NOTE, NULL, text)->ok = true;
}

static void
fold_on_interrupt(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	(void)line;
	fold_partial_clear(f);
	fold_item_add(f, ITEM_NOTE, NULL, "interrupted");
}

#define FOLD_PARTIAL_MAX ((size_t)4 << 20)

int
fold_int(const cJSON *o, const char *key, int def)
{
	int64_t v = json_int(o, key, def);

	return v > INT_MAX ? INT_MAX : v < INT_MIN ? INT_MIN : (int)v;
}

char *
fold_who(const cJSON *line)
{
	const char *by = json_str_or(line, "by", "?");
	const char *client = json_str_or(line, "client", "");

	/* What an editor showed isn't known, unlike our own front ends. */
	if (strcmp(by, "user") == 0 && strncmp(client, "acp ", 4) == 0)
		return xasprintf("editor %s", client + 4);
	if (strncmp(by, "client:", 7) == 0)
		return xstrdup(by + 7);
	if (strncmp(by, "rule:", 5) == 0)
		return xasprintf("rule %s", by + 5);
	return xstrdup(strcmp(by, "user") == 0 ? "you" : by);
}

/* Streaming. */

static void
fold_partial_add(struct buf *b, const cJSON *line, const char *text)
{
	/* The complete text again, for a client that missed a part. */
	if (json_int(line, "at", -1) == 0)
		buf_clear(b);
	buf_adds(b, text);
}

static void
fold_on_delta(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	const char *text = json_str_or(line, "text", "");

	if (json_is(line, "kind", "text"))
		fold_partial_add(&f->partial.text, line, text);
	else if (json_is(line, "kind", "thinking"))
		fold_partial_add(&f->partial.thinking, line, text);
}

/* The core's status; not in the journal. */

static const struct json_field fold_hello_fields[] = {
	JSON_FIELD(fold, session, JSON_TEXT, "session", NULL),
	JSON_FIELD(fold, dir, JSON_TEXT, "dir", NULL),
}, fold_start_fields[] = {
	JSON_FIELD(fold, session, JSON_TEXT, "session", NULL),
	JSON_FIELD(fold, root, JSON_TEXT, "root", NULL),
	JSON_FIELD(fold, mode, JSON_TEXT, "mode", NULL),
	JSON_FIELD(fold, task.first, JSON_TEXT, "task", NULL),
}, fold_settings_fields[] = {
	JSON_FIELD(fold, test, JSON_TEXT, "test", NULL),
	JSON_FIELD(fold, approve, JSON_TEXT, "approve", NULL),
};

static void
fold_on_hello(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	JSON_READ(f, line, fold_hello_fields);
}

static void
fold_on_live(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	(void)line;
	f->live = true;
}

static void
fold_on_status(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	xstrset(&f->status.state, json_str(line, "state"));
	f->status.idle = json_is(line, "state", "idle");
	f->status.waits = json_is(line, "state", "waiting");
	xstrset(&f->status.doing, json_str(line, "doing"));
	f->status.left_ms = json_int(line, "wait_ms", 0);
	f->status.for_ms = json_int(line, "for_ms", 0);
}

static void
fold_on_staged(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	f->staged_files = fold_int(line, "files", 0);
}

static void
fold_on_queued(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	f->queued = (size_t)cJSON_GetArraySize(json_array(line, "commands"));
}

/* The session and its turns. */

static void
fold_model(struct fold *f, const cJSON *model)
{
	FREE_NULL(f->model);
	xstrset(&f->effort, NULL);
	if (json_str(model, "name") != NULL)
		f->model = xasprintf("%s/%s",
		    json_str_or(model, "provider", "?"),
		    json_str(model, "name"));
}

static void
fold_on_session_start(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	const cJSON *model = json_get(line, "model");
	const cJSON *settings = json_get(line, "settings");

	JSON_READ(f, line, fold_start_fields);
	JSON_READ(f, settings, fold_settings_fields);
	xstrset(&f->profile, json_str_or(json_get(settings, "profile"),
	    "name", "code"));
	fold_grants(f, line);
	f->timeout_ms = json_int(json_get(line, "limits"), "timeout_ms", 0);
	fold_model(f, model);
}

static void
fold_on_turn_start(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	fold_partial_clear(f);
	fold_items_read(f);
	f->turn = fold_int(line, "turn", f->turn);
	cJSON_Delete(f->turn_start);
	f->turn_start = cJSON_Duplicate(line, 1);
	if (json_str(line, "phase") != NULL)
		xstrset(&f->phase, json_str(line, "phase"));
}

static void
fold_on_mode(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (json_str(line, "approve") != NULL)
		xstrset(&f->approve, json_str(line, "approve"));
	if (json_str(line, "effort") != NULL || json_str(line, "plan") != NULL) {
		fold_item_add(f, ITEM_NOTE, NULL, json_str_or(line, "text",
		    ""))->ok = true;
		return;
	}
	fold_grants(f, line);
	if (json_str(line, "approve") == NULL)
		return;
	buf_addf(&b, "review mode: %s", f->approve);
	fold_item_add(f, ITEM_NOTE, buf_str(&b), NULL)->ok = true;
}

static void
fold_on_model(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < f->items_len; i++)
		if (f->items[i].no_model && !f->items[i].hidden) {
			f->items[i].hidden = true;
			f->items[i].rev++;
		}
	fold_model(f, json_get(line, "model"));
	buf_addf(&b, "model: %s", f->model == NULL ? "?" : f->model);
	if (json_str(line, "text") != NULL)
		buf_addf(&b, ": %s", json_str(line, "text"));
	fold_item_add(f, ITEM_NOTE, buf_str(&b), NULL)->ok = true;
}

static void
fold_on_agent_end(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	(void)line;
	fold_partial_clear(f);
}

static void
fold_release(struct fold *f)
{
	char *const texts[] = {
		f->model, f->profile, f->effort, f->check_found,
		f->task.text, f->task.own, f->phase,
		f->summarized.text, f->status.state, f->status.doing,
		f->end.outcome, f->end.summary,
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(texts); i++)
		free(texts[i]);
	cJSON_Delete(f->turn_start);
	JSON_RELEASE(f, fold_hello_fields);
	JSON_RELEASE(f, fold_start_fields);
	JSON_RELEASE(f, fold_settings_fields);
	xfree_list(f->grants, f->grants_len);
	for (i = 0; i < f->items_len; i++)
		fold_item_release(&f->items[i]);
	free(f->items);
	fold_partial_clear(f);
	free(f->spent.last_call);
}

static const struct fold_part fold_rest = {
	.on = {
		[EVENT_AGENT_END] = fold_on_agent_end,
		[EVENT_ASSISTANT_MESSAGE] = fold_on_assistant_message,
		[EVENT_COMPACTION] = fold_on_compaction,
		[EVENT_DELTA] = fold_on_delta,
		[EVENT_ERROR] = fold_on_error,
		[EVENT_HELLO] = fold_on_hello,
		[EVENT_INTERRUPT] = fold_on_interrupt,
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
 * check, and only the rest forgets that the task has ended. */
static const struct fold_part *const fold_parts[] = {
	&fold_plans, &fold_proposals, &fold_changes, &fold_tools, &fold_asks,
	&fold_ends, &fold_rest,
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
		task_usage_event(&f->spent, e);
		if ((flags & EVENT_ASIDE) == 0)
			f->shown_seq = e->seq;
	}
	for (i = 0; i < MEM_COUNT(fold_parts); i++)
		if (fold_parts[i]->on[e->type] != NULL)
			fold_parts[i]->on[e->type](f, e);
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
		fold_parts[i]->release(f);
	free(f);
}
