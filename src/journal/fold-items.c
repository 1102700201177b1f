/*
 * The transcript: an item for each message, call, check and end, with its text
 * for people. fold-tools.c has the tools, fold-end.c the end of a task. Texts
 * from models, tools and files are stored as they are; the display sanitizes
 * them.
 */
#include "config.h"

#include "journal/fold-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/money.h"
#include "base/mem.h"
#include "journal/task-limit.h"
#include "journal/trim.h"
#include "journal/summary.h"

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

void
fold_item_release(struct fold_item *it)
{
	free(it->title);
	free(it->text);
	free(it->summary);
	free(it->name);
	free(it->call_id);
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

void
fold_on_user_message(struct fold *f, const cJSON *line)
{
	static const char own[] = "[assent] ";
	const char *text = json_str_or(line, "text", "");
	bool unread = !f->ended && f->turn > 0;
	/* It is about a hunk, and neither begins a task nor goes on with one. */
	bool question = json_get(line, "question") != NULL;
	struct fold_item *item;
	const cJSON *it;

	if (strcmp(json_str_or(line, "by", "user"), "core") == 0) {
		/* Not right after the user's message: that had them, or it is a
		 * question, which they aren't sent with. */
		if (f->items_len > 0 &&
		    f->items[f->items_len - 1].kind != ITEM_USER)
			fold_words_sent(f);
		if (strncmp(text, own, sizeof(own) - 1) == 0)
			text += sizeof(own) - 1;
		fold_item_add(f, ITEM_NOTE, "assent told the model", text)->ok =
		    true;
		return;
	}
	if (!question) {
		fold_words_sent(f);
		FREE_NULL(f->task.own);
		if (!f->plan.ahead)
			fold_plan_mix(&f->plan, true);
	}
	f->evidence.returned = 0;
	if (f->ended && f->spent.earlier.turns > 0)
		f->task.more_seq = json_int(line, "seq", 0);
	else if (f->ended) {
		f->task.more_seq = 0;
		f->task.seq = f->end_seq;
		f->evidence.past = true;
	}
	/* As in the core. */
	if (f->ended && !json_bool(line, "again", false) && !question &&
	    f->outcome != NULL) {
		if (!f->end.stopped)
			f->plan.past = !f->plan.ahead;
		f->plan.ahead = false;
	}
	if (!question && (f->task.text == NULL || (f->ended &&
	    f->task.more_seq == 0 && text[0] != '\0'))) {
		xstrset(&f->task.text, text);
		f->task.id = f->seq;
	}
	/* Their lines were those of the ended task's files. */
	if (f->ended) {
		fold_findings_clear(f);
		fold_hooks_clear(&f->hooks);
		json_drop(&f->calls);
	}
	if (text[0] == '\0' && json_bool(line, "again", false))
		fold_item_add(f, ITEM_NOTE, NULL, f->ended && f->outcome !=
		    NULL && strcmp(f->outcome, "interrupted") == 0 ?
		    "continued" : "retried")->ok = true;
	else {
		item = fold_item_add(f, ITEM_USER, NULL, text);
		item->ok = true;
		item->unread = unread;
		f->unread += unread;
	}
	cJSON_ArrayForEach(it, json_array(line, "images")) {
		AUTO_FREE char *said = fold_image_text(it);

		fold_item_add(f, ITEM_NOTE, "image", said)->ok = true;
	}
	/* It reopens an ended session. */
	f->ended = false;
	xstrset(&f->outcome, NULL);
	f->exit_code = 0;
}

/* The message went back into the user's line. */
void
fold_on_unqueued(struct fold *f, const cJSON *line)
{
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

void
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

void
fold_on_assistant_message(struct fold *f, const cJSON *line)
{
	const char *thinking = json_str(line, "thinking");
	const char *text = json_str(line, "text");
	const char *refusal = json_str(line, "refusal");
	bool broken = json_bool(line, "broken", false);
	struct fold_item *it;
	AUTO_FREE char *title = fold_thought_title(line);

	fold_partial_clear(f);
	xstrset(&f->effort, json_str(line, "effort"));
	if (trim_has(line, "thinking")) {
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

void
fold_on_retry(struct fold *f, const cJSON *line)
{
	AUTO_FREE char *title =
	    xasprintf("attempt %d", fold_int(line, "attempt", 1));
	AUTO_FREE char *text = NULL;

	/* Drop the dead stream's text: the retry sends it again. */
	fold_partial_clear(f);
	text = fold_retry_text(line);
	fold_item_add(f, ITEM_RETRY, title, text);
}

void
fold_on_error(struct fold *f, const cJSON *line)
{
	fold_item_add(f, ITEM_ERROR, json_str(line, "kind"),
	    json_str_or(line, "text", ""));
}

void
fold_on_note(struct fold *f, const cJSON *line)
{
	const cJSON *sandbox = json_get(line, "sandbox");
	struct fold_item *it;
	const struct fold_item *last = f->items_len == 0 ? NULL :
	    &f->items[f->items_len - 1];
	/* Who only looked at an ended session has ended it again. */
	bool again = json_bool(line, "ended", false) && last != NULL &&
	    last->kind == ITEM_NOTE && last->text != NULL &&
	    strcmp(last->text, json_str_or(line, "text", "")) == 0;

	/* The offer of a check stands in the hints, not among what happened. */
	if (json_str(line, "check") != NULL)
		xstrset(&f->check_found, json_str(line, "check"));
	if (!json_bool(line, "idle", false) && !again &&
	    json_str(line, "check") == NULL) {
		it = fold_item_add(f, ITEM_NOTE, NULL,
		    json_str_or(line, "text", ""));
		it->ok = true;
		it->no_model = json_bool(line, "no_model", false);
	}
	/* What ran when the core died. */
	if (json_bool(line, "resumed", false))
		fold_check_stopped(f);
	/* A resumed session may run on another host, in another sandbox. */
	if (json_str(sandbox, "level") != NULL)
		fold_sandbox(f, sandbox);
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
	const char *why = json_str_or(line, "why", ""), *by;
	const char *failed = json_str(line, "failed");
	AUTO_FREE char *other = NULL;
	struct buf b = BUF_INIT(0);

	if (strcmp(why, "new") == 0)
		return xstrdup("a new task: the model doesn't get the earlier "
		    "conversation");
	by = json_str_or(line, "by", "core");
	if (strcmp(why, "edit") == 0)
		buf_adds(&b, "summary, edited by you");
	else
		buf_adds(&b, strcmp(by, "model") == 0 ? "older messages "
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

void
fold_on_compaction(struct fold *f, const cJSON *line)
{
	const cJSON *summary = json_get(line, "summary");
	AUTO_BUF struct buf text = BUF_INIT(0);
	AUTO_FREE char *title = fold_compaction_title(f, line);

	if (json_is(line, "why", "new")) {
		f->end.left = true;
		f->plan.past = f->plan.version > 0;
		f->plan.ahead = false;
	}
	xstrset(&f->context_summary, NULL);
	if (cJSON_IsObject(summary)) {
		summary_text(&text, summary);
		xstrset(&f->context_summary, buf_str(&text));
		f->context_summary_seq = f->seq;
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

void
fold_on_review(struct fold *f, const cJSON *line)
{
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

void
fold_on_shortened(struct fold *f, const cJSON *line)
{
	AUTO_FREE char *text = fold_shortened_text(line);

	fold_item_add(f, ITEM_NOTE, NULL, text)->ok = true;
}

void
fold_on_interrupt(struct fold *f, const cJSON *line)
{
	(void)line;
	fold_partial_clear(f);
	fold_item_add(f, ITEM_NOTE, NULL, "interrupted");
}
