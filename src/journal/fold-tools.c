/*
 * What ran and how it ended: tool calls, the check, and commands with
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
		"web_fetch" };	/* the last one in old journals */

	return MEM_FIND(names, tool) != NULL;
}

/* A command that the user typed; `assent try` records its own differently. */
static bool
fold_is_own(const struct event *e, const char *tool)
{
	return ev_is(e->by, "user") && strcmp(tool, "argv") != 0 &&
	    fold_is_command(tool);
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

/* An item of a call. */
static struct fold_item *
fold_tool_item(struct fold *f, const char *title, const char *name,
    const char *id, bool own)
{
	struct fold_item *it = fold_item_add(f, ITEM_TOOL, title, NULL);

	it->name = xstrdup(name);
	it->call_id = xstrdup(id);
	it->own = own;
	it->command = fold_is_command(name);
	return it;
}

/* The model ends its work; it may say why the check can't pass. */
static void
fold_on_done(struct fold *f, const cJSON *args)
{
	const char *why = json_str_or(args, "cannot_pass", "");
	AUTO_FREE char *text = NULL;

	FREE_NULL(f->evidence.cannot_pass);
	if (why[0] == '\0')
		return;
	f->evidence.cannot_pass = xstrdup(why);
	text = xasprintf("model says the check can't pass: %s", why);
	fold_item_add(f, ITEM_NOTE, NULL, text)->ok = true;
}

static void
fold_on_tool_call(struct fold *f, const struct event *e)
{
	const char *name = ev_str(e->tool_call.name, "?");
	const char *title = ev_str(e->tool_call.title, name);
	bool own = fold_is_own(e, name);

	if (!own) {
		if (f->calls == NULL)
			f->calls = cJSON_CreateObject();
		json_set_take(f->calls, name, cJSON_CreateNumber((double)(1 +
		    json_int(f->calls, name, 0))));
	}
	if (!own && strcmp(name, "done") == 0)
		fold_on_done(f, e->tool_call.args);
	if (fold_is_told(name))
		return;
	fold_tool_item(f, title, name, ev_str(e->tool_call.id, ""), own)
	    ->running = true;
	if (own)
		fold_own_task(f, title);
	if (fold_is_command(name))
		fold_output_start(f, title, own);
}

static struct fold_item *
fold_running_tool(const struct fold *f, const char *id, bool own)
{
	MEM_EACH_BACK(f, items, it)
		if (it->kind == ITEM_TOOL && it->running && it->own == own &&
		    strcmp(it->call_id, id) == 0)
			return it;
	return NULL;
}

/* How a command, tool or check ended, from its line. */
struct fold_how {
	const char	*killed, *limit, *error, *words, *met, *note;
	struct ev_number signal, exit;
	int64_t		 ms;
	const struct ev_kept_output *out;
	bool		 check, ok;
};

/* Fills struct fold_how from any line that has these members. */
#define FOLD_HOW(x, ...) \
	((struct fold_how){ .killed = (x)->killed, .limit = (x)->limit, \
	    .met = (x)->met, .signal = (x)->signal, .exit = (x)->exit, \
	    .ms = (x)->ms, .out = (x)->out, __VA_ARGS__ })

bool
fold_not_run(const char *killed)
{
	static const char *const why[] = { "sandbox", "no_sandbox", "refused",
		"stage" };

	return MEM_FIND(why, killed) != NULL;
}

static void
fold_add_exit(struct buf *b, int64_t code, bool check)
{
	if (check && code == 0)
		buf_adds(b, "passed");
	else
		buf_addf(b, "%sexit %lld", check ? "failed, " : "",
		    (long long)code);
}

/* Append what there is after the rest. */
static void
fold_add_after(struct buf *b, const char *sep, const char *text)
{
	if (text != NULL)
		buf_addf(b, "%s%s", b->len == 0 ? "" : sep, text);
}

/* "exit 2, 0.8 s: 1 failed, 8 passed": how it ended; for a check without the
 * last part. */
static char *
fold_result_summary(const struct fold_how *h)
{
	struct buf b = BUF_INIT(0);

	if (fold_not_run(h->killed))
		buf_addf(&b, "didn't run: %s", ev_str(h->limit, "no sandbox"));
	else if (h->killed != NULL)
		buf_addf(&b, "stopped at a limit: %s%s%s%s", h->killed,
		    h->limit == NULL ? "" : " (", ev_str(h->limit, ""),
		    h->limit == NULL ? "" : ")");
	else if (h->signal.n > 0)
		buf_addf(&b, "killed by signal %lld", (long long)h->signal.n);
	else if (h->exit.is)
		fold_add_exit(&b, h->exit.n, h->check);
	else if (!h->ok)
		buf_adds(&b, ev_str(h->error, "failed"));
	if (h->ms >= 100 && h->ms < 1000000000000)
		buf_addf(&b, "%s%.1f s", b.len == 0 ? "" : ", ",
		    (double)h->ms / 1000);
	fold_add_after(&b, ": ", h->words);
	fold_add_after(&b, ", ", h->met);
	fold_add_after(&b, ", ", h->note);
	return b.len == 0 ? NULL : buf_take(&b);
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

/* A client that wasn't there while it ran sees what the line says it printed. */
static void
fold_output_end(struct fold *f, const struct fold_how *h, const char *text)
{
	if (f->output.text.len == 0)
		fold_output_add(f, text, strlen(text));
	FREE_SET(f->output.end, fold_result_summary(h));
	f->output.running = false;
	f->output.seq = f->seq;
	xstrset(&f->output.hash, h->out == NULL ? NULL : h->out->sha256);
	f->output.bytes = h->out == NULL ? f->output.bytes : h->out->size;
	f->output.made++;
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
tools_on_delta(struct fold *f, const struct event *e)
{
	struct ev_bytes text = e->delta.text;
	int64_t have;

	if (!ev_is(e->delta.kind, "output") || text.p == NULL)
		return;
	have = fold_output_at(f, ev_int(e->delta.at, -1));
	if (have < (int64_t)text.len)
		fold_output_add(f, text.p + have, text.len - (size_t)have);
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
fold_result_text(const struct ev_tool_result *x)
{
	const char *text = ev_str(x->text, "");
	const char *note = ev_str(x->note, ""), *end;
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
fold_background_text(const struct ev_background *x, const char *text)
{
	const char *id = x == NULL ? NULL : x->id;

	if (id == NULL || x->ended != NULL)
		return NULL;
	return xasprintf("runs in the background as %s\n/background shows its "
	    "output and stops it\nits ports are in the sandbox: /background "
	    "opens one for your browser%s", id, strchrnul(text, '\n'));
}

/* A line that says that one runs, or has ended. */
static void
fold_background(struct fold *f, const struct event *e)
{
	const struct ev_background *x = e->type == EVENT_NOTE ?
	    e->note.background : e->type == EVENT_USER_MESSAGE ?
	    e->user_message.background : e->tool_result.background;
	struct fold_background *b;

	if (x == NULL || x->id == NULL)
		return;
	b = MEM_FIND_IN(f->background, f->background_len, x->id);
	if (b == NULL) {
		b = GROW_ADD(f->background, f->background_len);
		b->id = xstrdup(x->id);
		b->command = xstrdup(ev_str(x->command, "?"));
	}
	xstrset(&b->ended, x->ended);
	xstrset(&b->hash, x->out == NULL ? NULL : x->out->sha256);
}

size_t
fold_background_runs(const struct fold *f)
{
	size_t n = 0;

	MEM_EACH(f, background, b)
		n += b->ended == NULL;
	return n;
}

/* A port of one is open on this machine, or no longer. */
static void
fold_port(struct fold *f, const struct ev_port *x)
{
	struct fold_background *b = MEM_FIND_IN(f->background,
	    f->background_len, x->id);

	if (b == NULL)
		return;
	MEM_EACH_BACK(b, ports, it)
		if (it->port == x->port) {
			free(it->address);
			*it = b->ports[--b->ports_len];
		}
	if (x->closed == NULL)
		*GROW_ADD(b->ports, b->ports_len) = (struct fold_port){
		    .port = fold_int(x->port),
		    .address = xstrdup(ev_str(x->address, "?")) };
}

const char *
fold_result_rest(const struct fold_item *it, const char *text)
{
	if (it->result < RESULT_EXIT)
		return text;
	text = strchrnul(text, '\n');
	return *text == '\0' ? text : text + 1;
}

static void
fold_on_tool_result(struct fold *f, const struct event *e)
{
	const struct ev_tool_result *x = &e->tool_result;
	bool stopped = ev_is(x->error, "interrupted") &&
	    ev_str(x->text, "")[0] != '\0';
	AUTO_FREE char *why = stopped ? xmemdup(x->text,
	    strcspn(x->text, "\n")) : NULL;
	const struct fold_how how = FOLD_HOW(x, .words = x->words,
	    .error = stopped ? why : x->error, .note = x->note,
	    .ok = x->ok);
	const char *name = ev_str(x->name, "?"), *id = ev_str(x->id, "");
	AUTO_FREE char *all = fold_result_text(x);
	AUTO_FREE char *started = fold_background_text(x->background, all);
	const char *text = ev_str(started, all);
	bool own = fold_is_own(e, name);
	bool cut = json_get(e->cut, "diff") != NULL ||
	    json_get(e->cut, "diff_b64") != NULL;
	struct fold_item *it = fold_running_tool(f, id, own);

	fold_background(f, e);
	if (x->changed)
		f->task.own_changes = f->seq;
	/* In older journals a review came as a failed result. */
	if (it == NULL && fold_is_told(name) && (x->ok || strncmp(
	    ev_str(x->text, ""), "[assent] Your changes were reviewed.", 36) ==
	    0))
		return;
	if (it == NULL)
		it = fold_tool_item(f, name, name, id, own);
	it->running = false;
	it->result_seq = f->seq;
	it->kept = x->out != NULL;
	it->rev++;
	it->ok = x->ok;
	it->result = stopped ? RESULT_STOPPED : !it->command ? RESULT_OTHER :
	    x->killed != NULL || x->signal.n != 0 ? RESULT_KILLED :
	    x->exit.is ? RESULT_EXIT : RESULT_OTHER;
	it->diff = x->diff.p != NULL || cut;
	it->text_dropped = it->diff ? cut : json_get(e->cut, "text") != NULL;
	FREE_SET(it->text, it->text_dropped ? NULL :
	    fold_text_cut(it->diff ? x->diff.p : text));
	f->texts.len += it->text_dropped ? 0 : strlen(it->text);
	FREE_SET(it->summary, fold_result_summary(&how));
	if (it->command)
		fold_output_end(f, &how, fold_result_rest(it, text));
}

/* Append " with 1 of 2 hunks": what the check of an early choice ran on. */
static void
fold_check_add_choice(const struct fold *f, struct buf *b)
{
	const struct fold_proposal *p = f->proposal;
	size_t n = 0;

	MEM_EACH(p, hunks, at)
		n += at->hunk->mark == MARK_YES;
	buf_addf(b, " with %zu of %d hunk%s", n, fold_hunks(p),
	    fold_hunks(p) == 1 ? "" : "s");
}

static bool
fold_check_is_early(const struct fold *f)
{
	return f->evidence.partial && fold_undecided(f->proposal) > 0;
}

static void
fold_evidence_of(struct fold_evidence *ev, const struct ev_evidence *x)
{
	fold_set(&ev->command, x->command);
	fold_set(&ev->by, x->check_by);
	ev->partial = ev_is(x->where, "accepted");
}

static void
fold_evidence_done(struct fold *f, const struct event *e)
{
	const struct ev_evidence *x = &e->evidence;
	struct fold_evidence *ev = &f->evidence;
	const struct fold_how told = FOLD_HOW(x, .check = true,
	    .ok = x->exit.is && x->exit.n == 0);
	AUTO_BUF struct buf title = BUF_INIT(0);
	AUTO_FREE char *how = fold_result_summary(&told);
	bool early = fold_check_is_early(f);

	ev->known = true;
	ev->seq = e->seq;
	ev->stale = 0;
	ev->past = ev->running = false;
	/* After a signal as a shell has it. */
	ev->exit = fold_int(x->signal.is ? 128 + x->signal.n :
	    ev_int(x->exit, -1));
	ev->before = ev->before && ev->exit != 0;
	ev->returned = x->returned > 0 ? fold_int(x->returned) : ev->returned;
	xstrset(&ev->killed, x->killed);
	xstrset(&ev->limit, x->limit);
	xstrset(&ev->met, x->met);
	xstrset(&ev->words, x->words);
	if (!ev->partial) {
		xfree_list(ev->put_away, ev->put_away_len);
		ev->put_away = fold_strings(x->put_away, x->put_away_len);
		ev->put_away_len = x->put_away_len;
		xstrset(&ev->whole, fold_not_run(ev->killed) ? NULL :
		    ev->exit == 0 ? "passed" : "failed");
	}
	buf_adds(&title, "check");
	if (early)
		fold_check_add_choice(f, &title);
	buf_addf(&title, "%s: %s %s", !early && ev->partial ?
	    " of the accepted hunks" : "", ev_str(ev->command, "?"),
	    ev_str(how, ""));
	/* What fails may need the rest: no alarm. */
	if (ev->words != NULL && !(early && ev->exit != 0))
		buf_addf(&title, ": %s", ev->words);
	fold_item_add(f, ITEM_EVIDENCE, buf_str(&title), NULL)->ok =
	    ev->exit == 0 || early;
	fold_output_end(f, &told, ev_str(x->text, ""));
}

/* The result of another command says nothing about this one. */
static void
fold_check_becomes(struct fold *f, const char *command)
{
	if (f->evidence.command != NULL && command != NULL &&
	    strcmp(f->evidence.command, command) != 0) {
		f->evidence.known = f->evidence.before = false;
		FREE_NULL(f->evidence.whole);
	}
}

static void
fold_on_check(struct fold *f, const struct event *e)
{
	const char *command = ev_str(e->check.command, "");
	AUTO_FREE char *title = xasprintf("check: %s", command);

	xstrset(&f->test, command);
	fold_check_becomes(f, command);
	if (f->plan.version > 0) {
		xstrset(&f->plan.check, command);
		xstrset(&f->plan.check_by, e->check.check_by);
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

	if (f->evidence.stale == 0 || c == NULL || c->undoes == 0 ||
	    c->seq < f->evidence.seq)
		return "";
	for (at = c; at > f->changes && at->seq > f->evidence.stale; at--)
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
		.is = ran || e->running || f->test != NULL ||
		    f->plan.check != NULL,
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
	if (f->evidence.stale == 0)
		f->evidence.stale = f->seq;
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
	enum { NONE, DONE, RUNNING, STALE, VALID };
	static const char *const words[] = {
		[NONE] = NULL, [DONE] = "done", [RUNNING] = "running",
		[STALE] = "stale", [VALID] = "valid",
	};
	const struct ev_evidence *x = &e->evidence;
	struct fold_evidence *ev = &f->evidence;
	AUTO_FREE char *title = NULL;

	switch (MEM_WORD(words, x->status)) {
	case STALE:
		fold_check_stale(f);
		if (!ev_is(x->where, "accepted"))
			FREE_NULL(ev->whole);
		if (x->stopped)
			fold_check_stopped(f);
		break;
	case VALID:
		ev->stale = 0;
		break;
	case DONE:
		fold_evidence_of(ev, x);
		fold_evidence_done(f, e);
		break;
	case RUNNING:
		fold_evidence_of(ev, x);
		ev->running = true;
		if (!ev->partial)
			FREE_NULL(ev->whole);
		title = xasprintf("check: %s", ev_str(ev->command, "?"));
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
	const struct ev_require *x = &e->require;
	const struct fold_how told = FOLD_HOW(x, .check = true,
	    .ok = x->exit.is && x->exit.n == 0);
	const char *text = ev_str(x->text, "");
	bool running = ev_is(x->status, "running");
	AUTO_FREE char *how = running ? NULL : fold_result_summary(&told);
	AUTO_FREE char *title = xasprintf("required: %s%s%s",
	    ev_str(x->command, "?"), how == NULL ? "" : " ", ev_str(how, ""));

	if (running)
		fold_output_start(f, title, false);
	else if (ev_is(x->status, "done")) {
		fold_item_add(f, ITEM_EVIDENCE, title, told.ok ? NULL : text)
		    ->ok = told.ok;
		fold_output_end(f, &told, text);
	} else if (f->output.running)
		fold_output_stopped(f);
}

/* What ran when the core died. */
static void
tools_on_note(struct fold *f, const struct event *e)
{
	fold_background(f, e);
	if (e->note.port != NULL)
		fold_port(f, e->note.port);
	if (e->note.before)
		f->evidence.before = true;
	if (e->note.resumed)
		fold_check_stopped(f);
}

static void
tools_on_plan(struct fold *f, const struct event *e)
{
	if (fold_plan_status(e) == FOLD_PLAN_APPROVED)
		fold_check_becomes(f, f->plan.check);
}

static void
fold_tools_release(struct fold *f)
{
	struct fold_evidence *ev = &f->evidence;

	xfree_list(ev->put_away, ev->put_away_len);
	FREE_ALL(ev->command, ev->by, ev->killed, ev->limit, ev->met,
	    ev->words, ev->whole, ev->cannot_pass, f->output.title, f->output.end,
	    f->output.hash);
	buf_release(&f->output.text);
	MEM_EACH(f, background, b) {
		MEM_EACH(b, ports, port)
			free(port->address);
		FREE_ALL(b->id, b->command, b->ended, b->hash, b->ports);
	}
	free(f->background);
	cJSON_Delete(f->calls);
}

const struct fold_part fold_tools = {
	.on = {
		[EVENT_CHECK] = fold_on_check,
		[EVENT_DELTA] = tools_on_delta,
		[EVENT_EVIDENCE] = fold_on_evidence,
		[EVENT_NOTE] = tools_on_note,
		[EVENT_PLAN] = tools_on_plan,
		[EVENT_REQUIRE] = fold_on_require,
		[EVENT_TOOL_CALL] = fold_on_tool_call,
		[EVENT_TOOL_RESULT] = fold_on_tool_result,
		[EVENT_USER_MESSAGE] = fold_background,
	},
	.release = fold_tools_release,
};
