/*
 * One item of the transcript as rows. Only our own text begins at the margin;
 * the text of a model, a tool or a file never does, so that it can't pass for
 * ours.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "gate/patch.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/panes/panes.h"
#include "ui/panes/transcript.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/markdown.h"
#include "ui/text/page.h"

#define TRANSCRIPT_OUTPUT_MAX ((size_t)1 << 20)	/* bytes of one output */

#define ITEM_RESULT_ROWS 5
#define ITEM_FAILURES 2		/* of them, if they were omitted */
#define ITEM_DIFF_ROWS 14
#define ITEM_LIVE_LINES 3	/* of a running command's output */
#define ITEM_THOUGHT_ROWS 6
#define ITEM_TITLE_ROWS 3
/* Before each further row of a title and of arguments, and no other: a
 * command's own text can't pass for its result or output. */
#define ITEM_MORE "  : "
#define ITEM_UNREADABLE "[can't read this from the session's journal]"

/* Add at most `max` rows, the first or the last ones, and say how many are
 * omitted. */
static void
item_fold(struct page *p, size_t from, size_t max, bool last)
{
	size_t n = p->len - from, drop;
	struct page_row *r;

	if (n <= max + 1)
		return;
	drop = n - max;
	/* Rows omitted just before them are of the same item. */
	if (last && from > 0 && p->rows[from - 1].kind == TRANSCRIPT_FOLDED) {
		drop += (size_t)p->rows[from - 1].number;
		memmove(&p->rows[from], &p->rows[p->len - max],
		    max * sizeof(*p->rows));
		p->rows[from].joins = false;
		r = &p->rows[--from];
	} else if (last) {
		memmove(&p->rows[from + 1], &p->rows[from + drop],
		    max * sizeof(*p->rows));
		p->rows[from + 1].joins = false;
		r = &p->rows[from];
	} else
		r = &p->rows[from + max];
	p->len = from + max + 1;
	memset(r, 0, sizeof(*r));
	r->style = STYLE_DIM;
	r->file = r->hunk = -1;
	r->kind = TRANSCRIPT_FOLDED;
	r->number = (int)drop;
	r->p = page_keep_take(p, xasprintf("    (%zu more rows)", drop));
	r->len = strlen(r->p);
}

/* The line of this number, for the caller to delete, as *e; EVENT_OTHER: the
 * journal hasn't got it. */
static cJSON *
item_line(const struct ui *ui, int64_t seq, struct event *e)
{
	const struct transcript_source *s = &ui->transcript.source;
	size_t n = 0;
	const char *line = s->line == NULL || seq <= 0 ? NULL :
	    s->line(s->arg, seq, &n);
	cJSON *o = line == NULL ? NULL : json_parse(line, n, JSON_OWN, NULL);

	event_read(e, o);
	if (e->seq != seq)
		e->type = EVENT_OTHER;
	return o;
}

/* The text of an item that the fold has dropped (`text_dropped`); malloc'ed. */
static char *
transcript_item_text(const struct ui *ui, const struct fold_item *it)
{
	AUTO_EVENT struct event e;
	AUTO_JSON cJSON *line = item_line(ui, it->kind == ITEM_TOOL ?
	    it->result_seq : it->seq, &e);
	const struct ev_assistant_message *a = &e.assistant_message;
	const char *s = e.type == EVENT_TOOL_RESULT ? (it->diff ? e.tool_result.diff.p :
	    e.tool_result.text) : e.type == EVENT_USER_MESSAGE ?
	    e.user_message.text : e.type != EVENT_ASSISTANT_MESSAGE ? NULL :
	    it->kind == ITEM_THINKING ? a->thinking :
	    it->refusal ? a->refusal : a->text;

	return xstrdup(ev_str(s, ITEM_UNREADABLE));
}

/* A fold with nothing but the proposal of that line, for the caller to free. */
static struct fold *
item_proposal(const struct ui *ui, int64_t seq)
{
	AUTO_EVENT struct event e;
	AUTO_JSON cJSON *line = item_line(ui, seq, &e);
	struct fold *f = fold_new();

	fold_event(f, &e);
	return f;
}

void
transcript_add_hunk(const struct ui *ui, int64_t seq, const char *id,
    struct buf *b)
{
	struct fold *f = item_proposal(ui, seq);

	fold_add_hunk(b, f, id);
	fold_free(f);
}

/* Does it say more when it is open? One that accepted all that was seen needs no
 * more words. */
static bool
item_decides(const struct fold_item *it)
{
	return it->kind == ITEM_DECISION && !it->ok && it->result_seq > 0;
}

/* What such a decision was, file by file; malloc'ed. */
static char *
transcript_item_decision(const struct ui *ui, const struct fold_item *it)
{
	AUTO_EVENT struct event e;
	AUTO_JSON cJSON *line = item_line(ui, it->seq, &e);
	struct fold *f = item_proposal(ui, it->result_seq);
	struct buf b = BUF_INIT(0);

	if (e.type == EVENT_DECISION)
		fold_decision_text(&b, f, &e.decision);
	else
		buf_adds(&b, ITEM_UNREADABLE);
	fold_free(f);
	return buf_take(&b);
}

/* The arguments of a tool call: calls fn with each argument as text. */
static void
transcript_item_arguments(const struct ui *ui, const struct fold_item *it,
    void (*fn)(void *arg, char *take), void *fn_arg)
{
	AUTO_EVENT struct event e;
	AUTO_JSON cJSON *line = item_line(ui, it->seq, &e);
	const cJSON *arg;
	char *value;

	if (e.type != EVENT_TOOL_CALL)
		return;
	if (e.tool_call.args_text != NULL)
		fn(fn_arg, xstrdup(e.tool_call.args_text));
	cJSON_ArrayForEach(arg, e.tool_call.args) {
		value = cJSON_IsString(arg) ? xstrdup(arg->valuestring) :
		    json_print(arg);
		fn(fn_arg, xasprintf("%s: %s%s", arg->string == NULL ? "" :
		    arg->string, strchr(value, '\n') == NULL ? "" : "\n",
		    value));
		free(value);
	}
}

/* Add one row per name, and texts unchanged. */
static void
item_argument(void *arg, char *take)
{
	struct page *p = arg;

	page_theirs(p, STYLE_DIM, ITEM_MORE, ITEM_MORE, page_keep_take(p, take),
	    strlen(take), false);
}

/* A tool's complete output, or at most `max` bytes of it; malloc'ed. NULL if
 * there is no more of it than the item has. */
static char *
transcript_item_output(const struct ui *ui, const struct fold_item *it,
    size_t max, size_t *len)
{
	const struct transcript_source *s = &ui->transcript.source;
	AUTO_EVENT struct event e;
	AUTO_JSON cJSON *line = item_line(ui, it->result_seq, &e);
	const struct ev_tool_result *r = &e.tool_result;
	char *text = NULL;

	*len = 0;
	if (e.type != EVENT_TOOL_RESULT)
		return NULL;
	if (r->out != NULL && r->out->sha256 != NULL && s->content != NULL)
		text = s->content(s->arg, r->out->sha256, max, len);
	/* The fold has cut a long text. */
	if (text == NULL && r->text != NULL) {
		text = xstrdup(r->text);
		*len = strlen(r->text);
	}
	if (*len == 0) {
		free(text);
		return NULL;
	}
	return text;
}

static bool
item_line_may(const struct ui *ui, int64_t seq, const char *text,
    size_t *looked)
{
	const struct transcript_source *s = &ui->transcript.source;
	const char *line;
	size_t n;

	if (seq <= 0 || s->line == NULL ||
	    (line = s->line(s->arg, seq, &n)) == NULL)
		return false;
	*looked += n;
	return page_find_may(line, n, text, true);
}

bool
transcript_item_may(const struct ui *ui, const struct fold_item *it,
    bool open, const char *text, size_t *looked)
{
	size_t n;
	AUTO_FREE char *s = NULL;

	if (it->kind != ITEM_TOOL)
		return it->text_dropped &&
		    item_line_may(ui, it->seq, text, looked);
	if (it->kept) {
		s = transcript_item_output(ui, it, TRANSCRIPT_OUTPUT_MAX, &n);
		*looked += n;
		if (s != NULL && page_find_in(s, n, text, NULL))
			return true;
	}
	return (open && item_line_may(ui, it->seq, text, looked)) ||
	    ((open || it->text_dropped) &&
	    item_line_may(ui, it->result_seq, text,
	    looked));
}

/* Add the tool's complete output, if more of it is kept than the model was
 * sent. */
static bool
item_output(const struct ui *ui, const struct fold_item *it, struct page *p)
{
	size_t n;
	char *text = transcript_item_output(ui, it, TRANSCRIPT_OUTPUT_MAX, &n);

	if (text != NULL)
		page_theirs(p, STYLE_DIM, page_bar(p), page_bar(p),
		    page_keep_take(p, text), n, false);
	return text != NULL;
}

/* What is ours has no sign: only it begins at the margin. */
static const struct item_look {
	const char	*first;
	enum style	 style;
} item_looks[] = {
	[ITEM_USER] = { "> ", STYLE_USER },
	[ITEM_ASSISTANT] = { "  ", STYLE_PLAIN },
	[ITEM_THINKING] = { "  thinking: ", STYLE_DIM },
	[ITEM_TOOL] = { "* ", STYLE_PLAIN },
	[ITEM_PLAN] = { "", STYLE_HUNK },
	[ITEM_PROPOSAL] = { "", STYLE_HUNK },
	[ITEM_DECISION] = { "", STYLE_HUNK },
	[ITEM_APPLIED] = { "", STYLE_GOOD },
	[ITEM_EVIDENCE] = { "", STYLE_HUNK },
	[ITEM_ERROR] = { "! ", STYLE_BAD },
	[ITEM_RETRY] = { "! ", STYLE_DIM },
	[ITEM_NOTE] = { "", STYLE_DIM },
	[ITEM_END] = { "", STYLE_BOLD },
	[ITEM_SUMMARY] = { "", STYLE_DIM },
	[ITEM_ASIDE] = { "", STYLE_DIM },
};

/* The mark in front of an item: "> ". */
static const char *
transcript_item_mark(const struct fold_item *it)
{
	return it->own ? "> " : it->kind == ITEM_TOOL && !it->running &&
	    !it->ok ? "! " : item_looks[it->kind].first;
}

/* Add a diff, each line in its colour. Returns the index of its first row. */
static size_t
item_diff(struct page *p, const char *text)
{
	static const enum style styles[] = {
		[DIFF_LINE_HEAD] = STYLE_FILE, [DIFF_LINE_HUNK] = STYLE_HUNK,
		[DIFF_LINE_OLD] = STYLE_DEL, [DIFF_LINE_NEW] = STYLE_ADD,
		[DIFF_LINE_SAME] = STYLE_DIM, [DIFF_LINE_NOTE] = STYLE_DIM,
	};
	struct diff_lines lines = { 0 };
	const char *end;
	size_t row = p->len, i, n;

	for (; *text != '\0'; text = *end == '\0' ? end : end + 1) {
		end = strchrnul(text, '\n');
		n = (size_t)(end - text);
		page_theirs(p, styles[diff_line(&lines, text, n)], page_bar(p),
		    page_bar(p), text, n, false);
	}
	/* A tint begins at the sign. */
	for (i = row; i < p->len; i++)
		p->rows[i].prefix_style = STYLE_DIM;
	return row;
}

/* Is what matters at the end: a command's errors, those of the check that a
 * refused done ran? */
static bool
item_ends(const struct fold_item *it)
{
	return it->command || (it->name != NULL && !it->ok &&
	    strcmp(it->name, "done") == 0);
}

static enum failure_line
item_failure(const struct page_row *r)
{
	return r->joins ? FAILURE_LINE_NONE : failure_line(r->p, r->len);
}

/* Above the last rows of a failed command, show the first ones that name a
 * failure and would be omitted. */
static void
item_failures(struct page *p, size_t from)
{
	size_t i, last = p->len - ITEM_RESULT_ROWS, n = 0;
	enum failure_line best = FAILURE_LINE_NONE, kind;
	struct page_row found[ITEM_FAILURES];

	for (i = from; i < p->len; i++) {
		kind = item_failure(&p->rows[i]);
		if (kind != FAILURE_LINE_NONE &&
		    (best == FAILURE_LINE_NONE || kind < best))
			best = kind;
	}
	for (i = from; best != FAILURE_LINE_NONE && n < ITEM_FAILURES &&
	    i < last + n; i++) {
		if (item_failure(&p->rows[i]) != best)
			continue;
		found[n] = p->rows[i];
		found[n].more = false;
		found[n++].style = STYLE_BAD;
	}
	for (i = 0; i < n; i++)
		p->rows[last + i] = found[i];
}

/* Does it show the output of a command that still runs? */
static bool
transcript_item_lives(const struct ui *ui, const struct fold_item *it)
{
	return it->kind == ITEM_TOOL && it->running && it->command &&
	    ui->fold->output.running;
}

/* How long a command has been running, and its last lines. */
static void
item_live(const struct ui *ui, struct page *p)
{
	const struct fold *f = ui->fold;
	const char *end = f->output.text.p + f->output.text.len;
	const char *from = end, *at, *cr;
	int64_t s = (ui->now - ui->clocks.output.since) / 1000;
	int lines;

	if (s > 0)
		page_addf(p, STYLE_DIM, "  %lld:%02lld", (long long)(s / 60),
		    (long long)(s % 60));
	if (f->output.text.len == 0)
		return;
	if (end[-1] == '\n')
		end--;
	for (lines = 0, from = end; lines < ITEM_LIVE_LINES; lines++) {
		if (lines > 0 && from > f->output.text.p)
			from--;		/* the newline before */
		while (from > f->output.text.p && from[-1] != '\n')
			from--;
	}
	MEM_EACH_LINE(from, at, end) {
		/* A line that was overwritten, as it is now. */
		cr = memrchr(from, '\r', (size_t)(at - from));
		if (cr != NULL && cr + 1 < at)
			from = cr + 1;
		page_theirs(p, STYLE_DIM, page_bar(p), page_bar(p),
		    page_keep_take(p, xmemdup(from, (size_t)(at - from))),
		    (size_t)(at - from), false);
	}
}

static void
item_tool(const struct ui *ui, const struct fold_item *it, bool open,
    struct page *p)
{
	const char *title = it->title == NULL ? "" : it->title;
	const char *text = fold_result_rest(it, ev_str(it->text, ""));
	size_t row;

	row = page_theirs(p, it->own ? STYLE_USER : it->running ? STYLE_BOLD :
	    it->ok ? STYLE_PLAIN : STYLE_BAD, transcript_item_mark(it),
	    ITEM_MORE, title, strlen(title), true);
	if (open)
		transcript_item_arguments(ui, it, item_argument, p);
	else
		item_fold(p, row, ITEM_TITLE_ROWS, false);
	/* A fault that is one word has a sentence in the result. */
	if (it->summary != NULL && it->summary[0] != '\0' && (it->ok ||
	    it->diff || text[0] == '\0' || strchr(it->summary, ' ') != NULL))
		page_add(p, it->ok || it->running || (it->own &&
		    it->result == RESULT_STOPPED) ? STYLE_DIM : STYLE_BAD,
		    "  ", NULL, it->summary, strlen(it->summary));
	if (transcript_item_lives(ui, it))
		item_live(ui, p);
	if (open && item_output(ui, it, p))
		return;
	if (text[0] == '\0')
		return;
	row = it->diff ? item_diff(p, text) : page_theirs(p, STYLE_DIM,
	    page_bar(p), page_bar(p), text, strlen(text), false);
	if (open)
		return;
	if (!it->ok && !it->diff && item_ends(it) &&
	    p->len - row > ITEM_RESULT_ROWS + 1)
		item_failures(p, row);
	item_fold(p, row, it->diff ? ITEM_DIFF_ROWS :
	    ITEM_RESULT_ROWS, item_ends(it));
}

/* Add a plan as the fold has stored it. Returns the index of the first row below
 * the goal. */
static size_t
item_plan(struct page *p, const struct fold_item *it)
{
	const char *text = it->text, *s, *end;
	struct markdown goal = { 0 };
	size_t row;

	markdown_add(&goal, p, "  ", text, it->plan.goal);
	row = p->len;
	for (s = text + it->plan.goal; *s != '\0'; s = end + 1) {
		struct markdown md = { 0 };

		end = strchr(s, '\n');
		if (s >= text + it->plan.steps && s < text + it->plan.plain)
			page_add(p, STYLE_PLAIN, "  ", NULL, s,
			    (size_t)(end - s));
		else
			markdown_add(&md, p, "  ", s, (size_t)(end - s));
	}
	return row;
}

/* Is it the end of the last task, and no other has begun? *since: the line at
 * which that task began, or earlier. */
static bool
item_is_last_end(const struct ui *ui, const struct fold_item *it,
    int64_t *since)
{
	const struct fold *f = ui->fold;
	size_t i;

	*since = 0;
	for (i = f->items_len; i > 0 && f->items[i - 1].seq > it->seq; i--)
		if (f->items[i - 1].kind == ITEM_END)
			return false;
	for (; i > 0 && *since == 0; i--)
		if (f->items[i - 1].kind == ITEM_END &&
		    f->items[i - 1].seq < it->seq)
			*since = f->items[i - 1].seq;
	return f->ended;
}

/* Which keys come next. */
static void
item_next(const struct ui *ui, const struct fold_item *it, struct page *p)
{
	const struct fold_change *c = fold_change_last(ui->fold, false);
	AUTO_BUF struct buf b = BUF_INIT(0);
	bool commits = ui->git.here && commit_run_count(ui->fold,
	    NULL, NULL) > 0;
	int64_t since;

	if (!item_is_last_end(ui, it, &since))
		return;
	if (ui_can_retry(ui))
		buf_addf(&b, "%s %s", ui_key_or(ui, ACTION_RETRY,
		    "/retry"), strcmp(ui->fold->end.outcome, "provider") == 0 ?
		    "asks again" : "continues the task, /new begins another");
	if (ui->fold->end.dropped > 0)
		buf_addf(&b, "%s%s changed %d file%s without a plan, so "
		    "nothing was kept: ask it for a plan, or /plan skip and ask "
		    "again", b.len > 0 ? " · " : "", fold_agent_or(ui->fold,
		    "the model"), ui->fold->end.dropped,
		    ui->fold->end.dropped == 1 ? "" : "s");
	/* What isn't committed may be of an earlier task. */
	if (c != NULL && (c->seq > since || commits))
		buf_addf(&b, "%s%s undoes the last change · %s lists all "
		    "changes", b.len > 0 ? " · " : "", ui_key_or(ui,
		    ACTION_UNDO, "/undo"), ui_key_or(ui,
		    ACTION_CHANGES, "/changes"));
	if (commits)
		buf_addf(&b, "%s%s/commit commits", b.len > 0 ? " · " : "",
		    ui_key_or(ui, ACTION_PALETTE, ""));
	if (b.len > 0)
		page_own(p, STYLE_DIM, "  ", "  ", buf_str(&b));
	if (ui->fold->mode != NULL && strcmp(ui->fold->mode, "demo") == 0)
		page_own(p, STYLE_BOLD, "  ", "  ", "This was a recording. Next, "
		    "in a project of yours: assent login, then assent \"fix the "
		    "failing test\"");
}

/* The model's summary, further right than the facts above it. */
static void
item_says(const struct ui *ui, const char *text, struct page *p,
    struct markdown *markdown)
{
	static const char margin[] = "              ";
	size_t row = p->len, n = sizeof(margin) - 1;
	struct page_row *first;

	markdown_add(markdown, p, margin, text, strlen(text));
	if (row >= p->len)
		return;
	first = &p->rows[row];
	if (first->prefix != NULL && strncmp(first->prefix, margin, n) == 0)
		first->prefix = page_keep_take(p, xasprintf("  %s says: %s",
		    ui->fold->agent == NULL ? "model" : "agent",
		    first->prefix + n));
}

/* The card at the end of a task. */
static void
item_end(const struct ui *ui, const struct fold_item *it, struct page *p,
    struct markdown *markdown)
{
	const char *s = it->summary == NULL ? "" : it->summary, *end;

	for (; *s != '\0'; s = *end == '\0' ? end : end + 1) {
		end = strchrnul(s, '\n');
		/* What it took is last. */
		if (*end == '\0' && it->text != NULL && it->text[0] != '\0')
			item_says(ui, it->text, p, markdown);
		page_add(p, *end == '\0' ? STYLE_DIM : STYLE_PLAIN, "  ",
		    NULL, s, (size_t)(end - s));
	}
	item_next(ui, it, p);
}

/* Is its last row empty? */
static bool
transcript_item_ends_apart(const struct fold_item *it)
{
	return it->kind == ITEM_USER || it->kind == ITEM_ASSISTANT ||
	    it->kind == ITEM_END;
}

/* What is below the heading, or of an item that has none. Returns the index of
 * the first row. */
static size_t
item_text(struct page *p, const struct fold_item *it, enum style style)
{
	const char *text = it->text;
	const char *first = it->title != NULL ? "  " :
	    item_looks[it->kind].first;
	size_t n = strlen(text);

	if (it->kind == ITEM_PROPOSAL || it->kind == ITEM_DECISION ||
	    it->kind == ITEM_APPLIED)
		return page_lines(p, style, first, "  ", text, n);
	if (it->kind == ITEM_USER || it->kind == ITEM_THINKING ||
	    it->kind == ITEM_SUMMARY)
		return page_theirs(p, style, first, "  ", text, n, true);
	if (it->kind == ITEM_EVIDENCE || (it->kind == ITEM_NOTE &&
	    it->title != NULL))
		return page_theirs(p, style, page_bar(p), page_bar(p), text,
		    n, true);
	return page_add(p, style, first, "  ", text, n);
}

static void
item_rows(const struct ui *ui, const struct fold_item *it, bool open,
    struct page *p, struct markdown *markdown)
{
	const char *first = item_looks[it->kind].first, *title = it->title;
	enum style style = item_looks[it->kind].style;
	size_t row, n = it->text == NULL ? 0 : strlen(it->text);

	if (it->kind == ITEM_TOOL) {
		item_tool(ui, it, open, p);
		return;
	}
	if (it->kind == ITEM_EVIDENCE && !it->ok)
		style = STYLE_BAD;
	if (it->finished)
		title = page_keep_take(p, plan_words(ui, title));
	/* Streamed text has no title: more text may follow. */
	if (title != NULL)
		page_theirs(p, style, first, ITEM_MORE, title, strlen(title),
		    true);
	if (it->kind == ITEM_END) {
		item_end(ui, it, p, markdown);
	} else if (n > 0 && it->kind == ITEM_ASSISTANT) {
		markdown_add(markdown, p, "  ", it->text, n);
	} else if (n > 0 && it->kind == ITEM_ASIDE) {
		struct markdown answer = { 0 };

		row = p->len;
		markdown_add(&answer, p, "  ", it->text, n);
		if (!open)
			item_fold(p, row, 0, false);
	} else if (n > 0 && it->kind == ITEM_PLAN && it->plan.steps > 0) {
		/* The plan's pane shows it. */
		row = item_plan(p, it);
		if (!open)
			item_fold(p, row, 0, false);
	} else if (open && item_decides(it)) {
		item_diff(p, page_keep_take(p,
		    transcript_item_decision(ui, it)));
	} else if (n > 0) {
		/* Below a heading is text. */
		row = item_text(p, it, title != NULL && style == STYLE_HUNK ?
		    STYLE_PLAIN : style);
		if ((it->kind == ITEM_THINKING || it->kind == ITEM_SUMMARY) &&
		    !open)
			item_fold(p, row, ITEM_THOUGHT_ROWS, it->running);
	}
	if (!open && item_decides(it)) {
		page_adds(p, STYLE_DIM, "    (file by file)");
		p->rows[p->len - 1].kind = TRANSCRIPT_FOLDED;
	}
	if (it->unread)
		page_addf(p, STYLE_DIM, "  queued: %s hasn't read it yet",
		    fold_agent_or(ui->fold, "the model"));
	if (transcript_item_ends_apart(it))
		page_row_add(p);
}

/* Is the item a message of the model whose text would run into the item above
 * it, which doesn't end with an empty row? */
static bool
transcript_is_apart(const struct ui *ui, size_t i)
{
	struct fold_item it;

	transcript_item(ui, i, &it);
	if (it.kind != ITEM_ASSISTANT || it.hidden)
		return false;
	do {
		if (i == 0)
			return false;
		transcript_item(ui, --i, &it);
	} while (it.hidden);
	return !transcript_item_ends_apart(&it);
}

uint64_t
transcript_item_version(const struct ui *ui, size_t i, bool is_open)
{
	const struct fold *f = ui->fold;
	uint64_t open = is_open, live = 0;
	uint64_t apart = transcript_is_apart(ui, i);

	if (i < f->items_len && transcript_item_lives(ui, &f->items[i]))
		live = (uint64_t)f->output.made << 10 ^
		    (uint64_t)((ui->now - ui->clocks.output.since) / 1000) << 2;
	/* The row of an end has keys. */
	if (i < f->items_len && f->items[i].kind == ITEM_END)
		live = (uint64_t)(ui->git.here && commit_run_count(f, NULL,
		    NULL) > 0) << 31 ^
		    (uint64_t)f->changes_len << 5 ^
		    (uint64_t)ui->typing << 4 ^
		    (uint64_t)ui_can_retry(ui) << 3 ^ (uint64_t)f->ended << 2;
	if (i < f->items_len)
		return ((uint64_t)f->items[i].rev << 32 ^ live ^ apart << 2) |
		    open << 1 | 1;
	/* Streaming items have no revision: their text only grows. */
	return (uint64_t)f->partial.starts << 40 |
	    (uint64_t)(f->partial.text.len + f->partial.thinking.len) << 8 |
	    open << 1 | apart << 2 | 1 << 7;
}

void
transcript_item_rows(const struct ui *ui, size_t i, bool open, struct page *p,
    struct markdown *markdown)
{
	struct fold_item it;

	if (p->len == 0 && transcript_is_apart(ui, i))
		page_row_add(p);
	transcript_item(ui, i, &it);
	if (it.hidden)
		return;
	if (it.text_dropped) {
		it.text = transcript_item_text(ui, &it);
		page_keep_take(p, it.text);
	}
	item_rows(ui, &it, open, p, markdown);
}

/*
 * The transcript as text: for the pager, all of it, or the entry under the
 * cursor with its arguments and complete output; for the clipboard, the text of
 * one entry. As on the screen, only our own text begins at the margin.
 */

#define TRANSCRIPT_LOOK_MAX ((size_t)16 << 20)	/* of all entries, about */
#define TRANSCRIPT_DROPPED_LOOK 4096	/* of one text in the journal */

struct transcript_look {
	const struct ui	*ui;
	struct export	*look;
};

/* Add the text's lines, each with `before` in front. */
static void
transcript_look_lines(struct export *l, const struct ui *ui, const char *before,
    const char *p, size_t n)
{
	const char *end = p + n, *nl;

	MEM_EACH_LINE(p, nl, end) {
		buf_adds(&l->text, before);
		export_add(l, ui, p, (size_t)(nl - p));
		if (p == nl)
			buf_addc(&l->text, '\n');
	}
}

static void
transcript_look_argument(void *arg, char *take)
{
	struct transcript_look *tl = arg;

	transcript_look_lines(tl->look, tl->ui, ITEM_MORE, take, strlen(take));
	free(take);
}

static void
transcript_look_item(const struct ui *ui, const struct fold_item *it,
    bool whole, struct export *l)
{
	struct transcript_look tl = { ui, l };
	const char *text = it->text == NULL ? "" : it->text;
	bool tool = it->kind == ITEM_TOOL;
	AUTO_FREE char *kept = NULL;
	size_t n = 0;

	buf_adds(&l->text, transcript_item_mark(it));
	if (it->title != NULL)
		export_add_line(l, ui, "", it->title);
	else
		buf_addc(&l->text, '\n');
	if (whole && tool)
		transcript_item_arguments(ui, it, transcript_look_argument,
		    &tl);
	if (it->summary != NULL && it->summary[0] != '\0')
		transcript_look_lines(l, ui, "  ", it->summary,
		    strlen(it->summary));
	if (whole && tool)
		kept = transcript_item_output(ui, it, EXPORT_OUTPUT_MAX, &n);
	else if (whole && item_decides(it))
		kept = transcript_item_decision(ui, it);
	if (kept == NULL && it->text_dropped)
		kept = transcript_item_text(ui, it);
	if (kept != NULL && n == 0)
		n = strlen(kept);
	if (kept != NULL)
		text = kept;
	else
		n = strlen(text);
	transcript_look_lines(l, ui, tool ? "  | " : "  ", text, n);
	buf_addc(&l->text, '\n');
}

static size_t
transcript_look_size(const struct fold_item *it)
{
	return 64 + (it->title == NULL ? 0 : strlen(it->title)) +
	    (it->text_dropped ? TRANSCRIPT_DROPPED_LOOK :
	    it->text == NULL ? 0 : strlen(it->text));
}

/* Add all entries; in a session that is too long for that, those around the
 * current position. */
static void
transcript_look_all(struct ui *ui, struct export *l)
{
	size_t n = transcript_len(ui), from, to, i, size = 0;
	size_t here = ui->transcript.item < n ? ui->transcript.item : n - 1;
	struct fold_item it;

	for (from = here; from > 0 && size < TRANSCRIPT_LOOK_MAX / 2; from--) {
		transcript_item(ui, from - 1, &it);
		size += transcript_look_size(&it);
	}
	for (to = here; to < n && size < TRANSCRIPT_LOOK_MAX; to++) {
		transcript_item(ui, to, &it);
		size += transcript_look_size(&it);
	}
	if (from > 0)
		buf_addf(&l->text,
		    "[%zu earlier entries left out; see assent log]\n\n", from);
	for (i = from; i < to && l->text.len < 4 * TRANSCRIPT_LOOK_MAX; i++) {
		transcript_item(ui, i, &it);
		if (it.hidden)
			continue;
		if (i == here)
			l->line = 1 + (int)mem_lines(buf_str(&l->text),
			    l->text.len);
		transcript_look_item(ui, &it, false, l);
	}
	if (i < n)
		buf_addf(&l->text, "[%zu later entries left out]\n", n - i);
}

/* Find the entry to use if the user chose none: the model's last message. */
static bool
transcript_look_last(const struct ui *ui, struct fold_item *it)
{
	size_t i;

	for (i = transcript_len(ui); i > 0; i--) {
		transcript_item(ui, i - 1, it);
		if (it->kind == ITEM_ASSISTANT && (it->text_dropped ||
		    (it->text != NULL && it->text[0] != '\0')))
			return true;
	}
	return false;
}

/* The command of an item, all of it; malloc'ed, or NULL. */
static char *
transcript_item_command(const struct ui *ui, const struct fold_item *it)
{
	AUTO_EVENT struct event e;
	AUTO_JSON cJSON *line = item_line(ui, it->seq, &e);

	return e.type != EVENT_TOOL_CALL ? NULL :
	    xstrdup_null(json_str(e.tool_call.args, "command"));
}

static bool
transcript_look_copy(struct ui *ui, struct export *l)
{
	struct transcript *t = &ui->transcript;
	struct fold_item it;
	AUTO_FREE char *kept = NULL;
	size_t n = 0;

	if (t->marked && t->cursor < transcript_len(ui)) {
		transcript_item(ui, t->cursor, &it);
		kept = t->copied == it.seq ? NULL :
		    transcript_item_command(ui, &it);
		t->copied = kept == NULL ? 0 : it.seq;
		if (kept != NULL) {
			buf_adds(&l->text, kept);
			l->what = "the command (again: its output)";
			return true;
		}
		l->what = it.kind == ITEM_TOOL ? "its output" :
		    it.kind == ITEM_USER || it.kind == ITEM_ASSISTANT ?
		    "the message" : "this entry";
	} else if (transcript_look_last(ui, &it)) {
		l->what = "the last answer";
	} else {
		ui_notice(ui, "no entry selected · %s %s select one",
		    ui_key_of(ui, ACTION_ITEM_PREV),
		    ui_key_of(ui, ACTION_ITEM_NEXT));
		return false;
	}
	if (it.kind == ITEM_TOOL)
		kept = transcript_item_output(ui, &it, EXPORT_OUTPUT_MAX, &n);
	if (kept == NULL && it.text_dropped) {
		kept = transcript_item_text(ui, &it);
		n = strlen(kept);
	}
	if (kept != NULL)
		buf_add(&l->text, kept, n);
	else if (it.text != NULL && it.text[0] != '\0')
		buf_adds(&l->text, it.text);
	else if (it.title != NULL)
		buf_adds(&l->text, it.title);
	return true;
}

bool
transcript_look(struct ui *ui, bool all, struct export *l)
{
	const struct transcript *t = &ui->transcript;
	struct fold_item it;

	if (transcript_len(ui) == 0)
		return false;
	if (!all)
		return transcript_look_copy(ui, l);
	if (t->marked && t->cursor < transcript_len(ui)) {
		l->name = "entry.txt";
		transcript_item(ui, t->cursor, &it);
		transcript_look_item(ui, &it, true, l);
	} else {
		l->name = "transcript.txt";
		transcript_look_all(ui, l);
	}
	return true;
}
