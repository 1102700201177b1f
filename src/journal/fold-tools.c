/*
 * What ran and how it ended: tool calls, the success check, and commands with
 * their output.
 */
#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "journal/event.h"
#include "journal/fold-int.h"
#include "journal/fold.h"

#define FOLD_TEXT_MAX 65536	/* bytes of a tool's result in an item */

static bool
fold_is_command(const char *tool)
{
	static const char *const names[] = { "argv", "bash", "run_tests",
		"web_fetch" };

	return MEM_FIND(names, tool) != NULL;
}

/* A command that the user typed; `assent try` records its own differently. */
static bool
fold_is_own(const cJSON *line)
{
	return json_is(line, "by", "user") && !json_is(line, "name", "argv") &&
	    fold_is_command(json_str_or(line, "name", ""));
}

/* Calls whose success is an item of its own: a plan, a step, the end. */
static bool
fold_is_told(const char *tool)
{
	static const char *const names[] = { "done", "plan", "step_done" };

	return MEM_FIND(names, tool) != NULL;
}

/* Changes of a command that the user runs between two tasks are of neither,
 * unless some of the last one's are open. */
static void
fold_own_task(struct fold *f, const char *title)
{
	if (f->task.own == NULL && (f->proposal != NULL ||
	    (f->task.text != NULL && !f->ended)))
		return;
	free(f->task.own);
	f->task.own = xasprintf("Run %s", title + (strncmp(title, "! ", 2) ==
	    0 ? 2 : 0));
	f->task.own_id = f->seq;
}

static void
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

static void
fold_on_tool_call(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	const char *name = json_str_or(line, "name", "?");
	const char *title = json_str_or(line, "title", name);
	struct fold_item *it;

	if (!fold_is_own(line)) {
		if (f->calls == NULL)
			f->calls = cJSON_CreateObject();
		json_set_take(f->calls, name, cJSON_CreateNumber((double)(1 +
		    json_int(f->calls, name, 0))));
	}
	if (fold_is_told(name))
		return;
	it = fold_item_add(f, ITEM_TOOL, title, NULL);
	it->name = xstrdup(name);
	it->call_id = xstrdup(json_str_or(line, "id", ""));
	it->running = true;
	it->own = fold_is_own(line);
	if (it->own)
		fold_own_task(f, title);
	if (fold_is_command(name))
		fold_output_start(f, title, it->own);
}

static struct fold_item *
fold_running_tool(const struct fold *f, const char *id, bool own)
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
	static const char *const why[] = { "sandbox", "no_sandbox", "refused",
		"stage" };

	return MEM_FIND(why, killed) != NULL;
}

static void
fold_add_exit(struct buf *b, int code, bool check)
{
	if (check && code == 0)
		buf_adds(b, "passed");
	else
		buf_addf(b, "%sexit %d", check ? "failed, " : "", code);
}

/* "exit 2, 0.8 s: 1 failed, 8 passed": how a command, tool or check ended; for a
 * check without the last part. */
static char *
fold_result_summary(const cJSON *line, bool ok)
{
	struct buf b = BUF_INIT(0);
	const char *killed = json_str(line, "killed");
	const char *limit = json_str(line, "limit");

	if (fold_not_run(killed))
		buf_addf(
		    &b, "didn't run: %s", limit == NULL ? "no sandbox" : limit);
	else if (killed != NULL)
		buf_addf(&b, "stopped at a limit: %s%s%s%s", killed,
		    limit == NULL ? "" : " (", limit == NULL ? "" : limit,
		    limit == NULL ? "" : ")");
	else if (json_int(line, "signal", 0) > 0)
		buf_addf(&b, "killed by signal %d", fold_int(line, "signal", 0));
	else if (cJSON_IsNumber(json_get(line, "exit")))
		fold_add_exit(&b, fold_int(line, "exit", 0),
		    event_type(line) != EVENT_TOOL_RESULT);
	else if (!ok)
		buf_adds(&b, json_str_or(line, "error", "failed"));
	fold_add_time(&b, line);
	if (event_type(line) == EVENT_TOOL_RESULT &&
	    json_str(line, "words") != NULL)
		buf_addf(&b, "%s%s", b.len == 0 ? "" : ": ",
		    json_str(line, "words"));
	if (json_str(line, "met") != NULL)
		buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ",
		    json_str(line, "met"));
	if (json_str(line, "note") != NULL)
		buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ",
		    json_str(line, "note"));
	return b.len == 0 ? NULL : buf_take(&b);
}

static void
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

static void
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

/* Raw bytes, which may end inside a character. */
static void
fold_on_delta(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	size_t n = 0;
	AUTO_FREE char *p = json_is(line, "kind", "output") ?
	    json_get_bytes(line, "text", &n) : NULL;
	int64_t have = p == NULL ? 0 :
	    fold_output_at(f, json_int(line, "at", -1));

	if (have < (int64_t)n)
		fold_output_add(f, p + have, n - (size_t)have);
}

/* Start and end of a long text. */
static char *
fold_text_cut(const char *text)
{
	size_t n = strlen(text), head, tail;

	if (n <= FOLD_TEXT_MAX)
		return xstrdup(text);
	head = utf8_cut(text, n, FOLD_TEXT_MAX / 2);
	tail = utf8_tail(text, n, FOLD_TEXT_MAX / 2);
	return xasprintf("%.*s\n[%zu bytes omitted]\n%s", (int)head,
	    text, tail - head, text + tail);
}

/* What the model got, without the notes at its end if the summary has them;
 * malloc'ed. */
static char *
fold_result_text(const cJSON *line)
{
	const char *text = json_str_or(line, "text", "");
	const char *note = json_str_or(line, "note", ""), *end;
	size_t n = strlen(note);

	while (n > 0 && note[n - 1] == '\n')
		n--;
	end = n == 0 ? NULL : strstr(text, FOLD_NOTES);
	if (end == NULL || strncmp(end + strlen(FOLD_NOTES), note, n) != 0 ||
	    end[strlen(FOLD_NOTES) + n] != '\0')
		return xstrdup(text);
	return xasprintf("%.*s", (int)(end - text), text);
}

/* The sentence about a background command that has started is for the model:
 * users have their own. malloc'ed, or NULL: it is none. */
static char *
fold_background_text(const cJSON *line, const char *text)
{
	const cJSON *o = json_get(line, "background");
	const char *id = json_str(o, "id");

	if (id == NULL || json_get(o, "ended") != NULL)
		return NULL;
	return xasprintf("runs in the background as %s\n/output %s shows what "
	    "it prints, /stop %s stops it\nits ports are in the sandbox, where "
	    "your browser can't reach them%s", id, id, id,
	    strchrnul(text, '\n'));
}

static void
fold_background_free(struct fold *f, size_t i)
{
	free(f->background[i].id);
	free(f->background[i].command);
	f->background[i] = f->background[--f->background_len];
}

/* A line that says that one runs, or has ended. */
static void
fold_background(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	const cJSON *o = json_get(line, "background");
	const char *id = json_str(o, "id");
	size_t i = 0;

	if (id == NULL)
		return;
	while (i < f->background_len && strcmp(f->background[i].id, id) != 0)
		i++;
	if (i < f->background_len)
		fold_background_free(f, i);
	else
		f->background_count++;
	if (json_get(o, "ended") != NULL)
		return;
	GROW(f->background, f->background_len);
	f->background[f->background_len].id = xstrdup(id);
	f->background[f->background_len++].command =
	    xstrdup(json_str_or(o, "command", "?"));
}

static void
fold_on_tool_result(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	const char *id = json_str_or(line, "id", "");
	const char *name = json_str_or(line, "name", "?");
	AUTO_FREE char *all = fold_result_text(line);
	AUTO_FREE char *started = fold_background_text(line, all);
	const char *text = started != NULL ? started : all;
	bool own = fold_is_own(line), cut;
	struct fold_item *it = fold_running_tool(f, id, own);
	const cJSON *dropped = json_get(line, "cut");
	AUTO_FREE char *diff = NULL;
	size_t n;

	fold_background(f, e);
	/* That a review came instead is told to the model. */
	if (it == NULL && fold_is_told(name) && (json_bool(line, "ok", false) ||
	    strncmp(json_str_or(line, "text", ""), "[assent] Your changes were "
	    "reviewed.", 36) == 0))
		return;
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
	diff = json_get_bytes(line, "diff", &n);
	cut = json_get(dropped, "diff") != NULL ||
	    json_get(dropped, "diff_b64") != NULL;
	it->diff = diff != NULL || cut;
	it->text_dropped = it->diff ? cut : json_get(dropped, "text") != NULL;
	it->text = it->text_dropped ? NULL : fold_text_cut(it->diff ? diff :
	    text);
	f->texts.len += it->text_dropped ? 0 : strlen(it->text);
	FREE_SET(it->summary, fold_result_summary(line, it->ok));
	/* A client that wasn't there while it ran sees what the model got, but
	 * for the line that the summary is about. */
	if (strncmp(text, "exit status ", 12) == 0)
		text += strcspn(text, "\n") + (strchr(text, '\n') != NULL);
	if (fold_is_command(it->name) && f->output.text.len == 0)
		fold_output_add(f, text, strlen(text));
	if (fold_is_command(it->name))
		fold_output_end(f, line, it->ok);
}

/* Append " with 1 of 2 hunks": what the check of an early choice ran on. */
static void
fold_check_add_choice(const struct fold *f, struct buf *b)
{
	const struct fold_proposal *p = f->proposal;
	size_t i, j, n = 0;

	for (i = 0; i < p->files_len; i++)
		for (j = 0; j < p->files[i].hunks_len; j++)
			n += p->files[i].hunks[j].mark == MARK_YES;
	buf_addf(b, " with %zu of %d hunk%s", n, fold_hunks(p),
	    fold_hunks(p) == 1 ? "" : "s");
}

static bool
fold_check_is_early(const struct fold *f)
{
	return f->evidence.partial && fold_undecided(f->proposal) > 0;
}

static const struct json_field fold_evidence_fields[] = {
	JSON_FIELD(fold_evidence, command, JSON_TEXT, "command", NULL),
	JSON_FIELD(fold_evidence, by, JSON_TEXT, "check_by", NULL),
}, fold_evidence_results[] = {
	JSON_FIELD(fold_evidence, exit, JSON_INT, "exit", NULL),
	JSON_FIELD(fold_evidence, returned, JSON_INT, "returned", NULL),
	JSON_FIELD(fold_evidence, killed, JSON_TEXT, "killed", NULL),
	JSON_FIELD(fold_evidence, limit, JSON_TEXT, "limit", NULL),
	JSON_FIELD(fold_evidence, met, JSON_TEXT, "met", NULL),
	JSON_FIELD(fold_evidence, words, JSON_TEXT, "words", NULL),
};

static void
fold_evidence_of(struct fold_evidence *ev, const cJSON *line)
{
	JSON_READ(ev, line, fold_evidence_fields);
	ev->partial = json_is(line, "where", "accepted");
}

static void
fold_evidence_done(struct fold *f, const cJSON *line)
{
	struct fold_evidence *ev = &f->evidence;
	AUTO_BUF struct buf title = BUF_INIT(0);
	const char *text = json_str_or(line, "text", "");
	AUTO_FREE char *how = NULL;
	bool early = fold_check_is_early(f);

	ev->known = true;
	ev->seq = json_int(line, "seq", 0);
	ev->stale = ev->past = false;
	ev->decided = true;
	ev->running = false;
	ev->exit = -1;
	JSON_RELEASE(ev, fold_evidence_results);
	JSON_READ(ev, line, fold_evidence_results);
	if (!ev->partial)
		xstrset(&ev->whole, fold_not_run(ev->killed) ? NULL :
		    ev->exit == 0 ? "passed" : "failed");
	how = fold_result_summary(line, ev->exit == 0);
	buf_adds(&title, "check");
	if (early)
		fold_check_add_choice(f, &title);
	buf_addf(&title, "%s: %s %s", !early && ev->partial ?
	    " of the accepted hunks" : "",
	    ev->command == NULL ? "?" : ev->command, how == NULL ? "" : how);
	/* What fails may need the rest: no alarm. */
	if (ev->words != NULL && !(early && ev->exit != 0))
		buf_addf(&title, ": %s", ev->words);
	fold_item_add(f, ITEM_EVIDENCE, buf_str(&title), NULL)->ok =
	    ev->exit == 0 || early;
	if (f->output.text.len == 0)
		fold_output_add(f, text, strlen(text));
	fold_output_end(f, line, ev->exit == 0);
}

/* The result of another command says nothing about this one. */
static void
fold_check_becomes(struct fold *f, const char *command)
{
	if (f->evidence.command != NULL && command != NULL &&
	    strcmp(f->evidence.command, command) != 0) {
		f->evidence.known = false;
		FREE_NULL(f->evidence.whole);
	}
}

static void
fold_on_check(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
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

const char *
fold_check_result(const struct fold_evidence *e)
{
	return !e->known || fold_not_run(e->killed) ? "not run" :
	    e->killed != NULL ? "stopped at a limit" :
	    e->exit == 0 ? "passed" :
	    e->met != NULL ? "failed at a limit" : "failed";
}

/* The last result is of the text before the undo: the check hasn't run since, nor
 * on what else was written. */
static const char *
fold_check_since(const struct fold *f)
{
	const struct fold_change *c = f->changes_len == 0 ? NULL :
	    &f->changes[f->changes_len - 1], *at;

	if (!f->evidence.stale || c == NULL || c->undoes == 0 ||
	    c->seq < f->evidence.seq)
		return "";
	for (at = c; at > f->changes && at->seq > f->evidence.stale_seq; at--)
		if (at->undoes == 0)
			return " on what was written since";
	return c->is_redo ? " since the redo" : " since the undo";
}

struct fold_check
fold_check(const struct fold *f)
{
	const struct fold_evidence *e = &f->evidence;
	bool ran = e->known && !e->past;

	return (struct fold_check){
		.ran = ran,
		.early = fold_check_is_early(f),
		.shows_why = ran && !e->running && !e->stale && e->exit != 0 &&
		    f->output.seq == e->seq && !f->output.running &&
		    f->output.text.len > 0,
		.state = e->running ? "running" : e->known && e->stale ?
		    "stale" : fold_check_result(e),
		.since = fold_check_since(f),
	};
}

void
fold_add_check(struct buf *b, const struct fold *f)
{
	const struct fold_evidence *e = &f->evidence;
	const char *since = fold_check_since(f);

	buf_adds(b, fold_check_result(e));
	if (e->stale && e->known && !fold_not_run(e->killed))
		buf_addf(b, " before; not run%s", since[0] == '\0' ?
		    " since" : since);
}

static void
fold_check_stale(struct fold *f)
{
	if (!f->evidence.stale)
		f->evidence.stale_seq = f->seq;
	f->evidence.stale = true;
}

static void
fold_output_stopped(struct fold *f)
{
	f->output.running = false;
	xstrset(&f->output.end, "stopped");
	f->output.made++;
}

static void
fold_check_stopped(struct fold *f)
{
	if (!f->evidence.running)
		return;
	fold_check_stale(f);
	f->shown_seq = f->seq;	/* a note is otherwise aside */
	f->evidence.running = false;
	fold_output_stopped(f);
}

static void
fold_on_evidence(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	enum { NONE, DONE, RUNNING, STALE, VALID };
	static const char *const words[] = {
		[NONE] = NULL, [DONE] = "done", [RUNNING] = "running",
		[STALE] = "stale", [VALID] = "valid",
	};
	struct fold_evidence *ev = &f->evidence;
	AUTO_FREE char *title = NULL;

	switch (MEM_WORD(words, json_str(line, "status"))) {
	case STALE:
		fold_check_stale(f);
		if (!json_is(line, "where", "accepted"))
			FREE_NULL(ev->whole);
		if (json_bool(line, "stopped", false))
			fold_check_stopped(f);
		break;
	case VALID:
		ev->stale = false;
		break;
	case DONE:
		fold_evidence_of(ev, line);
		fold_evidence_done(f, line);
		break;
	case RUNNING:
		fold_evidence_of(ev, line);
		ev->running = true;
		if (!ev->partial)
			FREE_NULL(ev->whole);
		title = xasprintf("check: %s", ev->command == NULL ? "?" :
		    ev->command);
		fold_output_start(f, title, false);
		break;
	default:
		break;
	}
}

/* The command of --require. */
static void
fold_on_require(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	bool ok = fold_int(line, "exit", -1) == 0;
	const char *text = json_str_or(line, "text", "");
	bool running = json_is(line, "status", "running");
	AUTO_FREE char *how = running ? NULL : fold_result_summary(line, ok);
	AUTO_FREE char *title = xasprintf("required: %s%s%s", json_str_or(line,
	    "command", "?"), how == NULL ? "" : " ", how == NULL ? "" : how);

	if (running)
		fold_output_start(f, title, false);
	else if (json_is(line, "status", "done")) {
		fold_item_add(f, ITEM_EVIDENCE, title, ok ? NULL : text)->ok =
		    ok;
		if (f->output.text.len == 0)
			fold_output_add(f, text, strlen(text));
		fold_output_end(f, line, ok);
	} else if (f->output.running)
		fold_output_stopped(f);
}

/* What ran when the core died. */
static void
fold_on_note(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	fold_background(f, e);
	if (json_bool(line, "resumed", false))
		fold_check_stopped(f);
}

static void
fold_on_plan(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	if (fold_plan_status(line) == FOLD_PLAN_APPROVED)
		fold_check_becomes(f, f->plan.check);
}

static void
fold_tools_release(struct fold *f)
{
	JSON_RELEASE(&f->evidence, fold_evidence_fields);
	JSON_RELEASE(&f->evidence, fold_evidence_results);
	free(f->evidence.whole);
	free(f->output.title);
	free(f->output.end);
	free(f->output.hash);
	buf_release(&f->output.text);
	while (f->background_len > 0)
		fold_background_free(f, f->background_len - 1);
	free(f->background);
	cJSON_Delete(f->calls);
}

const struct fold_part fold_tools = {
	.on = {
		[EVENT_CHECK] = fold_on_check,
		[EVENT_DELTA] = fold_on_delta,
		[EVENT_EVIDENCE] = fold_on_evidence,
		[EVENT_NOTE] = fold_on_note,
		[EVENT_PLAN] = fold_on_plan,
		[EVENT_REQUIRE] = fold_on_require,
		[EVENT_TOOL_CALL] = fold_on_tool_call,
		[EVENT_TOOL_RESULT] = fold_on_tool_result,
		[EVENT_USER_MESSAGE] = fold_background,
	},
	.release = fold_tools_release,
};
