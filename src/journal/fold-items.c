/*
 * The transcript: one item for what was said, called, measured, and ended, with
 * the words that a person reads.  Texts come from models, tools and files and
 * are kept as they are; whoever shows them sanitizes them.
 */
#include "config.h"

#include "journal/fold-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "journal/cut.h"
#include "journal/summary.h"

struct fold_item *
fold_item_add(struct fold *f, enum fold_item_kind kind, const char *title,
    const char *text)
{
	struct fold_item *it;

	/* The capacity is the power of two at or above the length. */
	if ((f->items_len & (f->items_len - 1)) == 0)
		f->items = xreallocarray(f->items,
		    f->items_len == 0 ? 1 : 2 * f->items_len,
		    sizeof(*f->items));
	it = &f->items[f->items_len++];
	memset(it, 0, sizeof(*it));
	it->kind = kind;
	it->seq = f->seq;
	it->title = xstrdup_null(title);
	it->text = xstrdup_null(text);
	f->texts_len += text == NULL ? 0 : strlen(text);
	return it;
}

/* Can it be had from the journal again? */
static bool
fold_item_is_kept(const struct fold_item *it)
{
	return it->kind == ITEM_USER || it->kind == ITEM_ASSISTANT ||
	    it->kind == ITEM_THINKING || (it->kind == ITEM_TOOL &&
	    it->result_seq > 0);
}

void
fold_texts_trim(struct fold *f)
{
	struct fold_item *it;
	size_t n;

	for (; f->texts_len > f->texts_max && f->texts_from < f->items_len &&
	    !f->items[f->texts_from].running; f->texts_from++) {
		it = &f->items[f->texts_from];
		n = it->text == NULL ? 0 : strlen(it->text);
		f->texts_len -= n < f->texts_len ? n : f->texts_len;
		if (n < FOLD_TEXT_LITTLE || !fold_item_is_kept(it))
			continue;
		fold_set(&it->text, NULL);
		it->away = true;
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

void
fold_evidence_release(struct fold_evidence *ev)
{
	free(ev->command);
	free(ev->by);
	free(ev->killed);
	free(ev->limit);
	free(ev->met);
	free(ev->words);
	free(ev->where);
	memset(ev, 0, sizeof(*ev));
}

char *
fold_image_text(const cJSON *image)
{
	int64_t size = json_int(image, "size", 0);
	char *words = size < 10000 ? xasprintf("%lld bytes", (long long)size) :
	    xasprintf("%lld kB", (long long)(size + 500) / 1000), *text;

	text = xasprintf("%s, %s, %lldx%lld, %s", json_str_or(image, "path",
	    "?"), strcmp(json_str_or(image, "kind", ""), "png") == 0 ? "PNG" :
	    "JPEG", (long long)json_int(image, "width", 0),
	    (long long)json_int(image, "height", 0), words);
	free(words);
	return text;
}

void
fold_on_user_message(struct fold *f, const cJSON *line)
{
	const char *text = json_str_or(line, "text", "");
	const cJSON *it;
	char *said;

	if (strcmp(json_str_or(line, "by", "user"), "core") == 0) {
		fold_item_add(f, ITEM_NOTE, "told to the model", text)->ok =
		    true;
		return;
	}
	fold_item_add(f, ITEM_USER, NULL, text)->ok = true;
	cJSON_ArrayForEach(it, json_array(line, "images")) {
		said = fold_image_text(it);
		fold_item_add(f, ITEM_NOTE, "image", said)->ok = true;
		free(said);
	}
	/* It opens an ended session again. */
	f->ended = false;
	fold_set(&f->outcome, NULL);
	f->exit_code = 0;
}

void
fold_on_assistant_message(struct fold *f, const cJSON *line)
{
	const char *thinking = json_str(line, "thinking");
	const char *text = json_str(line, "text");
	const char *refusal = json_str(line, "refusal");
	bool broken = json_bool(line, "broken", false);
	struct fold_item *it;

	fold_partial_clear(f);
	if (cut_has(line, "thinking")) {
		it = fold_item_add(f, ITEM_THINKING, NULL, NULL);
		it->ok = !broken;
		it->away = true;
	} else if (thinking != NULL && thinking[0] != '\0')
		fold_item_add(f, ITEM_THINKING, NULL, thinking)->ok = !broken;
	if (text != NULL && text[0] != '\0')
		fold_item_add(f, ITEM_ASSISTANT, broken ? "cut off" : NULL,
		    text)->ok = !broken;
	if (refusal != NULL && refusal[0] != '\0')
		fold_item_add(f, ITEM_ASSISTANT, "refused", refusal);
}

static bool
fold_is_command(const char *tool)
{
	return strcmp(tool, "bash") == 0 || strcmp(tool, "run_tests") == 0;
}

/* A command that the user typed; `assent try` has another one of theirs. */
static bool
fold_is_own(const cJSON *line)
{
	return strcmp(json_str_or(line, "by", ""), "user") == 0 &&
	    fold_is_command(json_str_or(line, "name", ""));
}

void
fold_on_tool_call(struct fold *f, const cJSON *line)
{
	const char *name = json_str_or(line, "name", "?");
	const char *title = json_str_or(line, "title", name);
	struct fold_item *it;

	it = fold_item_add(f, ITEM_TOOL, title, NULL);
	it->name = xstrdup(name);
	it->call_id = xstrdup(json_str_or(line, "id", ""));
	it->running = true;
	it->own = fold_is_own(line);
	if (fold_is_command(name))
		fold_output_start(f, title, it->own);
}

static struct fold_item *
fold_running_tool(struct fold *f, const char *id, bool own)
{
	size_t i;

	for (i = f->items_len; i > 0; i--)
		if (f->items[i - 1].kind == ITEM_TOOL &&
		    f->items[i - 1].running && f->items[i - 1].own == own &&
		    strcmp(f->items[i - 1].call_id, id) == 0)
			return &f->items[i - 1];
	return NULL;
}

static void
fold_add_time(struct buf *b, const cJSON *line)
{
	double ms = json_num(line, "ms", -1);

	if (ms >= 100 && ms < 1e12)
		buf_addf(b, "%s%.1f s", b->len == 0 ? "" : ", ", ms / 1000);
}

bool
fold_not_run(const char *killed)
{
	static const char *const why[] = { "cage", "no_cage", "refused",
		"stage" };
	size_t i;

	for (i = 0; killed != NULL && i < MEM_COUNT(why); i++)
		if (strcmp(killed, why[i]) == 0)
			return true;
	return false;
}

/* "exit 2, 0.8 s"; how a command or a tool came to its end. */
char *
fold_result_summary(const cJSON *line, bool ok)
{
	struct buf b = BUF_INIT(0);
	const char *killed = json_str(line, "killed");
	const char *limit = json_str(line, "limit");

	if (fold_not_run(killed))
		buf_addf(&b, "did not run: %s",
		    limit == NULL ? "there is no cage" : limit);
	else if (killed != NULL)
		buf_addf(&b, "killed by its limit: %s%s%s%s", killed,
		    limit == NULL ? "" : " (",
		    limit == NULL ? "" : limit, limit == NULL ? "" : ")");
	else if (json_int(line, "signal", 0) > 0)
		buf_addf(&b, "signal %d", fold_int(line, "signal", 0));
	else if (cJSON_IsNumber(json_get(line, "exit")))
		buf_addf(&b, "exit %d", fold_int(line, "exit", 0));
	else if (!ok)
		buf_adds(&b, json_str_or(line, "error", "failed"));
	fold_add_time(&b, line);
	if (json_str(line, "met") != NULL)
		buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ",
		    json_str(line, "met"));
	if (json_str(line, "note") != NULL)
		buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ",
		    json_str(line, "note"));
	return b.len == 0 ? NULL : buf_take(&b);
}

/* Head and tail of a long text. */
static char *
fold_text_cut(const char *text)
{
	size_t n = strlen(text), head, tail;

	if (n <= FOLD_TEXT_MAX)
		return xstrdup(text);
	head = utf8_cut(text, n, FOLD_TEXT_MAX / 2);
	tail = utf8_tail(text, n, FOLD_TEXT_MAX / 2);
	return xasprintf("%.*s\n[%zu bytes are left out here]\n%s", (int)head,
	    text, tail - head, text + tail);
}

void
fold_on_tool_result(struct fold *f, const cJSON *line)
{
	const char *id = json_str_or(line, "id", "");
	const char *name = json_str_or(line, "name", "?");
	const char *text = json_str_or(line, "text", "");
	bool own = fold_is_own(line);
	struct fold_item *it = fold_running_tool(f, id, own);

	if (it == NULL) {
		it = fold_item_add(f, ITEM_TOOL, name, NULL);
		it->name = xstrdup(name);
		it->call_id = xstrdup(id);
		it->own = own;
	}
	it->running = false;
	it->result_seq = f->seq;
	it->kept = json_get(line, "out") != NULL;
	it->rev++;
	it->ok = json_bool(line, "ok", false);
	free(it->text);
	it->away = cut_has(line, "text");
	it->text = it->away ? NULL : fold_text_cut(text);
	f->texts_len += it->away ? 0 : strlen(it->text);
	free(it->summary);
	it->summary = fold_result_summary(line, it->ok);
	/* Who was not there while it ran sees what the model was told. */
	if (fold_is_command(it->name) && f->output_len == 0)
		fold_output_add(f, text, strlen(text));
	if (fold_is_command(it->name))
		fold_output_end(f, line, it->ok);
}

static void
fold_evidence_done(struct fold *f, const cJSON *line)
{
	struct fold_evidence *ev = &f->evidence;
	struct buf title = BUF_INIT(0);
	const cJSON *unproposed = json_get(line, "unproposed");
	const char *text = json_str_or(line, "text", "");
	char *how;

	ev->known = true;
	ev->stale = false;
	ev->running = false;
	ev->exit = fold_int(line, "exit", -1);
	fold_set(&ev->killed, json_str(line, "killed"));
	fold_set(&ev->limit, json_str(line, "limit"));
	fold_set(&ev->met, json_str(line, "met"));
	fold_set(&ev->words, json_str(line, "words"));
	ev->unproposed = cJSON_IsArray(unproposed) ?
	    cJSON_GetArraySize(unproposed) : json_int(line, "unproposed", 0);
	how = fold_result_summary(line, ev->exit == 0);
	buf_addf(&title, "evidence: `%s` %s",
	    ev->command == NULL ? "?" : ev->command, how == NULL ? "" : how);
	if (ev->words != NULL)
		buf_addf(&title, ": %s", ev->words);
	if (ev->unproposed > 0)
		buf_addf(&title, ", with %lld unproposed file%s",
		    (long long)ev->unproposed, ev->unproposed == 1 ? "" : "s");
	fold_item_add(f, ITEM_EVIDENCE, buf_str(&title), NULL)->ok =
	    ev->exit == 0;
	if (f->output_len == 0)
		fold_output_add(f, text, strlen(text));
	fold_output_end(f, line, ev->exit == 0);
	free(how);
	buf_release(&title);
}

void
fold_on_evidence(struct fold *f, const cJSON *line)
{
	const char *status = json_str_or(line, "status", "");
	struct fold_evidence *ev = &f->evidence;
	char *title;

	if (strcmp(status, "stale") == 0) {
		ev->stale = true;
		return;
	}
	if (strcmp(status, "running") != 0 && strcmp(status, "done") != 0)
		return;
	if (json_str(line, "command") != NULL)
		fold_set(&ev->command, json_str(line, "command"));
	if (json_str(line, "criterion_by") != NULL)
		fold_set(&ev->by, json_str(line, "criterion_by"));
	if (json_str(line, "where") != NULL)
		fold_set(&ev->where, json_str(line, "where"));
	if (strcmp(status, "done") == 0) {
		fold_evidence_done(f, line);
		return;
	}
	ev->running = true;
	title = xasprintf("evidence: %s",
	    ev->command == NULL ? "?" : ev->command);
	fold_output_start(f, title, false);
	free(title);
}

void
fold_on_answer(struct fold *f, const cJSON *line)
{
	bool allow = json_bool(line, "allow", false);
	char *title;

	title = xasprintf("%s: `%s`", allow ? "allowed" : "not allowed",
	    f->ask_command == NULL ? "?" : f->ask_command);
	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = allow;
	free(title);
	fold_set(&f->ask_command, NULL);
	fold_set(&f->ask_id, NULL);
}

static void
fold_pause_free(struct fold *f)
{
	if (f->pause != NULL)
		free(f->pause->what);
	free(f->pause);
	f->pause = NULL;
}

/* "turns: 30 turns of 30 turns", by the kind of limit. */
static char *
fold_budget_amount(const char *what, double v)
{
	struct buf b = BUF_INIT(0);
	int kind = limit_find(what);

	if (kind == LIMIT_NONE || !(v >= 0))
		buf_addf(&b, "%g", v);
	else
		limit_text(&b, (enum limit_kind)kind,
		    limit_from_json((enum limit_kind)kind, v));
	return buf_take(&b);
}

void
fold_on_budget(struct fold *f, const cJSON *line)
{
	const char *what = json_str_or(line, "what", "?");
	const char *action = json_str(line, "action");
	char *title, *used, *limit;

	fold_pause_free(f);
	if (action == NULL) {
		f->pause = xcalloc(1, sizeof(*f->pause));
		f->pause->seq = json_int(line, "seq", 0);
		f->pause->what = xstrdup(what);
		f->pause->used = json_num(line, "used", 0);
		f->pause->limit = json_num(line, "limit", 0);
		f->pause->unpriced = json_bool(line, "unpriced", false);
		used = fold_budget_amount(what, f->pause->used);
		limit = fold_budget_amount(what, f->pause->limit);
		title = xasprintf("limit reached: %s, %s of %s%s", what, used,
		    limit, f->pause->unpriced ? ", and turns whose price is "
		    "not known" : "");
		free(used);
		free(limit);
	} else if (cJSON_IsNumber(json_get(line, "more"))) {
		used = fold_budget_amount(what, json_num(line, "more", 0));
		title = xasprintf("limit of %s: %s by %s", what, action, used);
		free(used);
	} else
		title = xasprintf("limit of %s: %s", what, action);
	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = action != NULL;
	free(title);
}

char *
fold_retry_text(const cJSON *line)
{
	struct buf b = BUF_INIT(0);
	const char *provider = json_str(line, "provider");
	const char *id = json_str(line, "request_id");
	int status = fold_int(line, "status", 0);
	int64_t wait = json_int(line, "wait_ms", 0);

	if (provider != NULL)
		buf_addf(&b, "%s: ", provider);
	buf_adds(&b, json_str_or(line, "text", ""));
	if (json_str_or(line, "text", "")[0] == '\0')
		buf_adds(&b, json_str_or(line, "kind", ""));
	if (status > 0)
		buf_addf(&b, " (HTTP %d%s%s)", status, id == NULL ? "" :
		    ", request ", id == NULL ? "" : id);
	if (json_get(line, "of") != NULL) {
		buf_adds(&b, "; asked again");
		if (wait >= 1000)
			buf_addf(&b, " in %lld s", (long long)((wait + 999) /
			    1000));
		buf_addf(&b, " (%d of %d)", fold_int(line, "attempt", 1),
		    fold_int(line, "of", 1));
	}
	return buf_take(&b);
}

void
fold_on_retry(struct fold *f, const cJSON *line)
{
	char *title = xasprintf("attempt %d", fold_int(line, "attempt", 1));
	char *text;

	/* What the dead stream had told is told again. */
	fold_partial_clear(f);
	text = fold_retry_text(line);
	fold_item_add(f, ITEM_RETRY, title, text);
	free(text);
	free(title);
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
	const cJSON *cage = json_get(line, "cage");

	if (!json_bool(line, "idle", false))
		fold_item_add(f, ITEM_NOTE, NULL,
		    json_str_or(line, "text", ""))->ok = true;
	/* A resumed session may run on another host, in another cage. */
	if (json_str(cage, "rung") != NULL) {
		fold_set(&f->rung, json_str(cage, "rung"));
		fold_set(&f->cage, json_str(cage, "line"));
		fold_set(&f->cage_why, json_str(cage, "why"));
		fold_set(&f->cage_open, json_str(cage, "open"));
	}
}

char *
fold_other_model(const struct fold *f, const cJSON *line)
{
	const cJSON *m = json_get(line, "model");
	char *name = xasprintf("%s/%s", json_str_or(m, "provider", "?"),
	    json_str_or(m, "name", "?")), *text;

	text = !cJSON_IsObject(m) || (f->model != NULL &&
	    strcmp(f->model, name) == 0) ? xstrdup("") :
	    xasprintf(" (%s)", name);
	free(name);
	return text;
}

char *
fold_compaction_title(const struct fold *f, const cJSON *line)
{
	const cJSON *tokens = json_get(line, "tokens");
	const char *why = json_str_or(line, "why", ""), *by;
	const char *failed = json_str(line, "failed");
	char *other;
	struct buf b = BUF_INIT(0);

	if (strcmp(why, "new") == 0)
		return xstrdup("a new task: the model is not told what was "
		    "said before");
	by = json_str_or(line, "by", "core");
	if (strcmp(why, "edit") == 0)
		buf_adds(&b, "the summary, as you edited it");
	else
		buf_adds(&b, strcmp(by, "model") == 0 ? "older messages are "
		    "summed up for the model" : "older messages are summed up "
		    "for the model, from the journal and without its help");
	other = fold_other_model(f, line);
	buf_adds(&b, other);
	free(other);
	if (json_int(tokens, "before", -1) >= 0)
		buf_addf(&b, ": about %lld tokens, now %lld",
		    (long long)json_int(tokens, "before", 0),
		    (long long)json_int(tokens, "after", 0));
	if (failed != NULL)
		buf_addf(&b, " (%s)", failed);
	return buf_take(&b);
}

void
fold_on_compaction(struct fold *f, const cJSON *line)
{
	const cJSON *summary = json_get(line, "summary");
	struct buf text = BUF_INIT(0);
	char *title = fold_compaction_title(f, line);

	fold_set(&f->context_summary, NULL);
	if (cJSON_IsObject(summary)) {
		summary_text(&text, summary);
		fold_set(&f->context_summary, buf_str(&text));
		f->context_summary_seq = f->seq;
	}
	fold_item_add(f, ITEM_SUMMARY, title, text.p)->ok =
	    json_str(line, "failed") == NULL;
	if (json_get(line, "usage") != NULL)
		fold_count_usage(f, line);
	free(title);
	buf_release(&text);
}

char *
fold_review_text(const cJSON *line)
{
	const char *failed = json_str(line, "failed");
	struct buf b = BUF_INIT(0);
	const cJSON *it;

	if (failed != NULL)
		buf_addf(&b, "could not be asked: %s\n", failed);
	else
		cJSON_ArrayForEach(it, json_array(line, "files"))
			buf_addf(&b, "%s %s: %s\n", strcmp(json_str_or(it,
			    "verdict", ""), "accept") == 0 ? "accepts" :
			    "asks you about", json_str_or(it, "path", "?"),
			    json_str_or(it, "reason", ""));
	if (b.len > 0)
		b.p[--b.len] = '\0';
	return buf_take(&b);
}

char *
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
		buf_addf(&b, "%d output%s shortened for the model, kept in "
		    "the journal", n, n == 1 ? " is" : "s are");
	return buf_take(&b);
}

void
fold_on_shortened(struct fold *f, const cJSON *line)
{
	char *text = fold_shortened_text(line);

	fold_item_add(f, ITEM_NOTE, NULL, text)->ok = true;
	free(text);
}

void
fold_on_interrupt(struct fold *f, const cJSON *line)
{
	(void)line;
	fold_partial_clear(f);
	fold_item_add(f, ITEM_NOTE, NULL, "interrupted");
}

static void
fold_add_usage(struct buf *b, const cJSON *o)
{
	const cJSON *tokens = json_get(o, "tokens");
	int turns = fold_int(o, "turns", 0);
	int64_t in = json_int(tokens, "in", -1);
	int64_t out = json_int(tokens, "out", -1);

	buf_addf(b, "%d turn%s", turns, turns == 1 ? "" : "s");
	if (in >= 0 && out >= 0)
		buf_addf(b, ", %lld tokens in, %lld out", (long long)in,
		    (long long)out);
	else
		buf_adds(b, ", tokens unknown");
}

void
fold_add_cost(struct buf *b, const cJSON *line)
{
	const cJSON *tokens = json_get(line, "tokens");
	double cost = json_num(line, "cost_usd", -1);

	if (cost < 0)
		buf_adds(b, ", cost unknown");
	else if (cost > 0 || json_int(tokens, "in", 0) > 0 ||
	    json_int(tokens, "out", 0) > 0)
		buf_addf(b, ", $%.4f", cost);
}

/* Of the task; of the session, too, if it had other ones. */
static char *
fold_end_title(const struct fold *f, const cJSON *line)
{
	const cJSON *session = json_get(line, "session");
	struct buf b = BUF_INIT(0);

	buf_addf(&b, "%s, ", f->outcome);
	fold_add_usage(&b, line);
	fold_add_cost(&b, line);
	buf_addf(&b, ", exit %d", f->exit_code);
	if (json_int(session, "turns", 0) > json_int(line, "turns", 0)) {
		buf_adds(&b, " (session: ");
		fold_add_usage(&b, session);
		buf_addc(&b, ')');
	}
	return buf_take(&b);
}

/* Before there was `session`, the tokens were the session's and the turns the
 * last task's. */
static void
fold_end_usage(struct fold *f, const cJSON *line)
{
	const cJSON *session = json_get(line, "session");
	const cJSON *of = session != NULL ? session : line;
	const cJSON *tokens = json_get(of, "tokens");

	f->turns = fold_int(of, "turns", f->turns);
	if (cJSON_IsObject(tokens)) {
		f->tokens_in = json_int(tokens, "in", -1);
		f->tokens_out = json_int(tokens, "out", -1);
		f->tokens_cached = json_int(tokens, "cached", -1);
	}
	if (session == NULL)
		f->cost_usd = json_num(line, "cost_usd", -1);
}

/* Are these the words that the model said last in this task? */
static bool
fold_is_said(const struct fold *f, const char *text)
{
	const struct fold_item *it;
	size_t i;

	for (i = f->items_len; text != NULL && i > 0; i--) {
		it = &f->items[i - 1];
		if (it->kind == ITEM_ASSISTANT)
			return it->title == NULL && it->text != NULL &&
			    strcmp(it->text, text) == 0;
		if (it->kind == ITEM_USER || it->kind == ITEM_END)
			break;
	}
	return false;
}

void
fold_on_agent_end(struct fold *f, const cJSON *line)
{
	char *title;
	size_t i;

	fold_partial_clear(f);
	fold_pause_free(f);
	fold_set(&f->ask_command, NULL);
	fold_set(&f->ask_id, NULL);
	f->evidence.running = false;
	f->ended = true;
	fold_set(&f->outcome, json_str_or(line, "outcome", "ended"));
	fold_set(&f->summary, json_str(line, "summary"));
	f->exit_code = fold_int(line, "exit", 1);
	fold_end_usage(f, line);
	for (i = 0; i < f->items_len; i++)
		if (f->items[i].running) {
			f->items[i].running = false;
			/* "done" is answered with what is said next. */
			f->items[i].ok = f->items[i].title != NULL &&
			    strncmp(f->items[i].title, "done", 4) == 0;
			f->items[i].rev++;
		}
	title = fold_end_title(f, line);
	fold_item_add(f, ITEM_END, title, fold_is_said(f, f->summary) ? NULL :
	    f->summary)->ok = f->exit_code == 0;
	free(title);
}
