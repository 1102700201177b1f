/*
 * The entry point: one table from a line's type to the function that folds it.
 * This file has the session, the turns, streaming and the core's status; the
 * other fold-*.c have the rest. Must stay pure, and must accept any line.
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
#include "base/utf8.h"
#include "journal/event.h"
#include "journal/fold-int.h"
#include "journal/summary.h"
#include "journal/task-usage.h"

#define FOLD_TEXT_LITTLE 64	/* bytes; a shorter text is never dropped */

static void	fold_grants(struct fold *f, const cJSON *line);
static void	fold_sandbox(struct fold *f, const cJSON *sandbox);
static void	fold_findings_clear(struct fold *f);

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

static void
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

static void
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
static void
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

static void
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

static void
fold_on_error(struct fold *f, const cJSON *line)
{
	fold_item_add(f, ITEM_ERROR, json_str(line, "kind"),
	    json_str_or(line, "text", ""));
}

static void
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

static void
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

static void
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

static void
fold_on_shortened(struct fold *f, const cJSON *line)
{
	AUTO_FREE char *text = fold_shortened_text(line);

	fold_item_add(f, ITEM_NOTE, NULL, text)->ok = true;
}

static void
fold_on_interrupt(struct fold *f, const cJSON *line)
{
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

char **
fold_strings(const cJSON *array, size_t *n)
{
	const cJSON *item;
	char **out = NULL;

	*n = 0;
	cJSON_ArrayForEach(item, array) {
		if (!cJSON_IsString(item))
			continue;
		GROW(out, *n);
		out[(*n)++] = xstrdup(item->valuestring);
	}
	return out;
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

void
fold_partial_clear(struct fold *f)
{
	buf_release(&f->partial.text);
	buf_release(&f->partial.thinking);
	f->partial.starts++;
}

void
fold_output_start(struct fold *f, const char *title, bool own)
{
	f->output.starts++;
	f->output.own = own;
	xstrset(&f->output.title, title);
	buf_clear(&f->output.text);
	f->output.running = true;
	f->output.bytes = 0;
	xstrset(&f->output.end, NULL);
	xstrset(&f->output.hash, NULL);
	f->output.made++;
}

void
fold_output_end(struct fold *f, const cJSON *line, bool good)
{
	const cJSON *out = json_get(line, "out");

	free(f->output.end);
	f->output.end = fold_result_summary(line, good);
	f->output.running = false;
	f->output.seq = f->seq;
	xstrset(&f->output.hash, json_str(out, "sha256"));
	f->output.bytes = json_int(out, "size", f->output.bytes);
	f->output.made++;
}

void
fold_output_add(struct fold *f, const char *p, size_t n)
{
	struct buf *b = &f->output.text;
	const size_t keep = FOLD_OUTPUT_MAX / 4 * 3;

	f->output.bytes += (int64_t)n;
	f->output.made++;
	if (n > keep) {
		const size_t drop = utf8_tail(p, n, keep);

		p += drop;
		n -= drop;
		buf_clear(b);
	} else if (b->len + n > FOLD_OUTPUT_MAX)
		buf_consume(b, utf8_tail(b->p, b->len, keep - n));
	buf_add(b, p, n);
}

/* The piece starts at `at`; unsent bytes before it are not part of the tail.
 * How much of it is there already. */
static int64_t
fold_output_at(struct fold *f, int64_t at)
{
	if (at < 0 || at == f->output.bytes)
		return 0;
	if (at < f->output.bytes)
		return f->output.bytes - at;
	buf_clear(&f->output.text);
	f->output.bytes = at;
	return 0;
}

static void
fold_partial_add(struct buf *b, const cJSON *line, const char *text)
{
	/* The complete text again, for a client that missed a part. */
	if (json_int(line, "at", -1) == 0)
		buf_clear(b);
	buf_adds(b, text);
}

static void
fold_on_delta(struct fold *f, const cJSON *line)
{
	const char *kind = json_str_or(line, "kind", "");
	const char *text = json_str_or(line, "text", "");

	if (strcmp(kind, "text") == 0)
		fold_partial_add(&f->partial.text, line, text);
	else if (strcmp(kind, "thinking") == 0)
		fold_partial_add(&f->partial.thinking, line, text);
	else if (strcmp(kind, "output") == 0) {
		/* Raw bytes, which may end inside a character. */
		size_t n = 0;
		AUTO_FREE char *p = json_get_bytes(line, "text", &n);

		if (p != NULL) {
			int64_t have = fold_output_at(f, json_int(line, "at",
			    -1));

			if (have < (int64_t)n)
				fold_output_add(f, p + have, n - (size_t)have);
		}
	}
}

/* The core's status; not in the journal. */

static void
fold_on_hello(struct fold *f, const cJSON *line)
{
	if (json_str(line, "session") != NULL)
		xstrset(&f->session, json_str(line, "session"));
	if (json_str(line, "dir") != NULL)
		xstrset(&f->dir, json_str(line, "dir"));
}

static void
fold_on_live(struct fold *f, const cJSON *line)
{
	(void)line;
	f->live = true;
}

static void
fold_on_status(struct fold *f, const cJSON *line)
{
	xstrset(&f->state, json_str(line, "state"));
	xstrset(&f->doing, json_str(line, "doing"));
	f->left_ms = json_int(line, "wait_ms", 0);
	f->for_ms = json_int(line, "for_ms", 0);
}

static void
fold_on_staged(struct fold *f, const cJSON *line)
{
	f->staged_files = fold_int(line, "files", 0);
}

static void
fold_on_queued(struct fold *f, const cJSON *line)
{
	f->queued = (size_t)cJSON_GetArraySize(json_array(line, "commands"));
}

/* The session and its turns. */

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

/* The member "sandbox" of a line. */
static void
fold_sandbox(struct fold *f, const cJSON *sandbox)
{
	xstrset(&f->level, json_str(sandbox, "level"));
	xstrset(&f->sandbox_why, json_str(sandbox, "why"));
	xstrset(&f->sandbox_open, json_str(sandbox, "open"));
	fold_net_settings(f, sandbox);
}

static void
fold_on_session_start(struct fold *f, const cJSON *line)
{
	const cJSON *model = json_get(line, "model");
	const cJSON *sandbox = json_get(line, "sandbox");
	const cJSON *settings = json_get(line, "settings");

	xstrset(&f->session, json_str(line, "session"));
	xstrset(&f->root, json_str(line, "root"));
	xstrset(&f->mode, json_str(line, "mode"));
	xstrset(&f->task.first, json_str(line, "task"));
	xstrset(&f->test, json_str(settings, "test"));
	xstrset(&f->approve, json_str(settings, "approve"));
	xstrset(&f->profile, json_str_or(json_get(settings, "profile"),
	    "name", "code"));
	fold_grants(f, line);
	fold_sandbox(f, sandbox);
	f->timeout_ms = json_int(json_get(line, "limits"), "timeout_ms", 0);
	fold_model(f, model);
}

static void
fold_on_turn_start(struct fold *f, const cJSON *line)
{
	fold_partial_clear(f);
	fold_items_read(f);
	f->turn = fold_int(line, "turn", f->turn);
	if (json_str(line, "phase") != NULL)
		xstrset(&f->phase, json_str(line, "phase"));
}

static void
fold_on_mode(struct fold *f, const cJSON *line)
{
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
fold_on_model(struct fold *f, const cJSON *line)
{
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
fold_on_check(struct fold *f, const cJSON *line)
{
	const char *command = json_str_or(line, "command", "");
	AUTO_FREE char *title = xasprintf("success check: %s", command);

	xstrset(&f->test, command);
	fold_check_becomes(f, command);
	if (f->plan.version > 0) {
		xstrset(&f->plan.check, command);
		xstrset(&f->plan.check_by, json_str(line,
		    "check_by"));
	}
	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = true;
}

static void
fold_finding_release(struct fold_finding *g)
{
	free(g->by);
	free(g->path);
	free(g->severity);
	free(g->message);
}

/* The findings of the task before. */
static void
fold_findings_clear(struct fold *f)
{
	while (f->findings_len > 0)
		fold_finding_release(&f->findings[--f->findings_len]);
}

static void
fold_finding_add(struct fold *f, const char *by, const cJSON *line)
{
	struct fold_finding *g;
	size_t len;

	GROW(f->findings, f->findings_len);
	g = &f->findings[f->findings_len++];
	g->by = xstrdup_null(by);
	g->path = json_get_bytes(line, "path", &len);
	if (g->path == NULL)
		g->path = xstrdup("");
	g->severity = xstrdup(json_str_or(line, "severity", "note"));
	g->message = xstrdup(json_str_or(line, "message", ""));
	g->line = fold_int(line, "line", 0);
}

void
fold_findings_of_hook(struct fold *f, const char *by, const cJSON *findings)
{
	const cJSON *it;
	size_t i, kept = 0;

	for (i = 0; i < f->findings_len; i++)
		if (f->findings[i].by != NULL &&
		    strcmp(f->findings[i].by, by) == 0)
			fold_finding_release(&f->findings[i]);
		else
			f->findings[kept++] = f->findings[i];
	f->findings_len = kept;
	cJSON_ArrayForEach(it, findings)
		fold_finding_add(f, by, it);
}

static void
fold_on_finding(struct fold *f, const cJSON *line)
{
	AUTO_FREE char *title =
	    xasprintf("%s:%lld: %s", json_str_or(line, "path", "?"),
		(long long)json_int(line, "line", 0),
		json_str_or(line, "severity", "note"));

	fold_item_add(f, ITEM_NOTE, title, json_str_or(line, "message", ""))
	    ->ok = true;
	fold_finding_add(f, NULL, line);
}

/* Types without a row change nothing but the seq. */
static fold_fn *const fold_types[EVENT_TYPES_LEN] = {
	[EVENT_AGENT_END] = fold_on_agent_end,
	[EVENT_ANSWER] = fold_on_answer,
	[EVENT_APPLIED] = fold_on_applied,
	[EVENT_APPLY_BEGIN] = fold_on_apply_begin,
	[EVENT_ASK] = fold_on_ask,
	[EVENT_ASSISTANT_MESSAGE] = fold_on_assistant_message,
	[EVENT_BUDGET] = fold_on_budget,
	[EVENT_CHANGES] = fold_on_changes,
	[EVENT_CHECK] = fold_on_check,
	[EVENT_COMMENT] = fold_on_comment,
	[EVENT_COMMIT_BEGIN] = fold_on_commit_begin,
	[EVENT_COMMITTED] = fold_on_committed,
	[EVENT_COMPACTION] = fold_on_compaction,
	[EVENT_DECISION] = fold_on_decision,
	[EVENT_DELTA] = fold_on_delta,
	[EVENT_DRAFT] = fold_on_draft,
	[EVENT_ERROR] = fold_on_error,
	[EVENT_EVIDENCE] = fold_on_evidence,
	[EVENT_FINDING] = fold_on_finding,
	[EVENT_GIT_BEGIN] = fold_on_git_begin,
	[EVENT_GIT_END] = fold_on_git_end,
	[EVENT_HELLO] = fold_on_hello,
	[EVENT_HOOK] = fold_on_hook,
	[EVENT_INTERRUPT] = fold_on_interrupt,
	[EVENT_LIVE] = fold_on_live,
	[EVENT_MODE] = fold_on_mode,
	[EVENT_MODEL] = fold_on_model,
	[EVENT_NET] = fold_on_net,
	[EVENT_NOTE] = fold_on_note,
	[EVENT_PLAN] = fold_on_plan,
	[EVENT_PRODUCTS] = fold_on_products,
	[EVENT_PROPOSAL] = fold_on_proposal,
	[EVENT_QUEUED] = fold_on_queued,
	[EVENT_REQUIRE] = fold_on_require,
	[EVENT_RETRY] = fold_on_retry,
	[EVENT_REVIEW] = fold_on_review,
	[EVENT_SESSION_START] = fold_on_session_start,
	[EVENT_SHORTENED] = fold_on_shortened,
	[EVENT_STAGED] = fold_on_staged,
	[EVENT_STATUS] = fold_on_status,
	[EVENT_TOOL_CALL] = fold_on_tool_call,
	[EVENT_TOOL_RESULT] = fold_on_tool_result,
	[EVENT_TURN_START] = fold_on_turn_start,
	[EVENT_UNQUEUED] = fold_on_unqueued,
	[EVENT_USER_MESSAGE] = fold_on_user_message,
};

void
fold_line(struct fold *f, const cJSON *line)
{
	enum event_type type = event_type(line);
	int64_t seq;

	if (!event_has(type, EVENT_NO_SEQ)) {
		seq = json_int(line, "seq", 0);
		if (seq <= f->seq)
			return;
		f->seq = seq;
		task_usage_event(&f->spent, line);
		if (!event_has(type, EVENT_ASIDE))
			f->shown_seq = seq;
	}
	if (fold_types[type] != NULL)
		fold_types[type](f, line);
	if (f->texts.max > 0)
		fold_drop_texts(f, f->texts.max);
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
	char *const texts[] = {
		f->session, f->root, f->mode, f->model, f->profile, f->effort,
		f->sandbox,
		f->sandbox_why, f->sandbox_open, f->dir, f->task.first, f->test,
		f->check_found, f->task.text, f->task.own, f->level, f->phase,
		f->approve, f->output.title, f->output.end, f->output.hash,
		f->context_summary,
		f->state, f->doing, f->outcome, f->summary,
	};

	for (i = 0; i < MEM_COUNT(texts); i++)
		free(texts[i]);
	fold_ask_clear(f);
	fold_net_release(&f->net);
	fold_hooks_release(&f->hooks);
	xfree_list(f->grants, f->grants_len);
	for (i = 0; i < f->items_len; i++)
		fold_item_release(&f->items[i]);
	free(f->items);
	fold_pause_free(f);
	fold_proposal_free(f->proposal);
	fold_changes_free(f);
	fold_plan_release(&f->plan);
	fold_findings_clear(f);
	free(f->findings);
	fold_evidence_release(&f->evidence);
	cJSON_Delete(f->calls);
	fold_partial_clear(f);
	buf_release(&f->output.text);
	task_usage_release(&f->spent);
	free(f);
}
