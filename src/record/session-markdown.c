#include "config.h"

#include "record/session-markdown.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/exit-summary.h"
#include "front/print.h"
#include "git/commit.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "record/scrub.h"

#define MARKDOWN_TITLE	80	/* bytes of the task in the heading */
#define MARKDOWN_FENCE	3

struct markdown {
	const char	*dir;
	struct scrub	*scrub;
	struct fold	*fold;
	char		*begun;		/* time stamp */
	char		*task;		/* first message */
	char		*answer;	/* last text of the model, since the
					   last message */
	struct buf	 events;
};

/* ---- foreign text ---- */

/* The text without names, secrets and control characters. */
static char *
markdown_clean(const struct markdown *m, const char *s, unsigned flags)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct buf clean = BUF_INIT(0);

	scrub_text(m->scrub, s, strlen(s), &b);
	sanitize_add(&clean, buf_str(&b), b.len, flags);
	return buf_take(&clean);
}

/* Append a text to a line of our own. */
static void
markdown_line(const struct markdown *m, struct buf *b, const char *s)
{
	AUTO_FREE char *clean = markdown_clean(m, s, 0);
	AUTO_BUF struct buf quoted = BUF_INIT(0);
	const char *p;

	commit_quote(&quoted, clean, m->fold, true);
	for (p = buf_str(&quoted); *p != '\0'; p++) {
		if (strchr("\\`*_{}[]<>#|~!&$", *p) != NULL ||
		    (p == quoted.p && strchr("-+=", *p) != NULL))
			buf_addc(b, '\\');
		buf_addc(b, *p);
	}
}

/* How many backticks end no part of the text. */
static int
markdown_fence(const char *s)
{
	size_t n, longest = MARKDOWN_FENCE - 1;

	for (; *(s += strcspn(s, "`")) != '\0'; s += n) {
		n = strspn(s, "`");
		longest = n > longest ? n : longest;
	}
	return (int)longest + 1;
}

static void
markdown_ticks(struct buf *b, int n)
{
	while (n-- > 0)
		buf_addc(b, '`');
}

/* Lines of their own, indented as the list item that they are in. */
static void
markdown_text(const struct markdown *m, struct buf *b, const char *s,
    int indent)
{
	AUTO_FREE char *clean = markdown_clean(m, s, SANITIZE_LINES);
	AUTO_BUF struct buf quoted = BUF_INIT(0);
	const char *p, *end;
	int fence;

	commit_quote(&quoted, clean, m->fold, false);
	p = buf_str(&quoted);
	fence = markdown_fence(p);
	buf_addf(b, "\n%*s", indent, "");
	markdown_ticks(b, fence);
	buf_adds(b, "text\n");
	for (; *p != '\0'; p = end + (*end == '\n')) {
		end = strchrnul(p, '\n');
		if (end > p)
			buf_addf(b, "%*s", indent, "");
		buf_add(b, p, (size_t)(end - p));
		buf_addc(b, '\n');
	}
	buf_addf(b, "%*s", indent, "");
	markdown_ticks(b, fence);
	buf_addc(b, '\n');
}

/* ---- what was asked and decided ---- */

#define MARKDOWN_INDENT	2

static void
markdown_event(struct markdown *m, const struct event *l, const char *what,
    const char *text)
{
	struct buf *b = &m->events;

	buf_addf(b, "\n- %.5s ", strlen(l->t) >= 19 ? l->t + 11 : "--:--");
	markdown_line(m, b, what);
	buf_addc(b, '\n');
	if (text != NULL && text[0] != '\0')
		markdown_text(m, b, text, MARKDOWN_INDENT);
}

static void
markdown_message(struct markdown *m, const struct event *l)
{
	const char *text = l->user_message.text;

	FREE_NULL(m->answer);
	if (!ev_is(l->by, "user") || text == NULL || text[0] == '\0')
		return;
	if (m->task == NULL)
		m->task = xstrdup(text);
	else
		markdown_event(m, l, "message", text);
}

/* The items that this line has made. */
static void
markdown_items(struct markdown *m, const struct event *l, size_t from)
{
	AUTO_BUF struct buf decided = BUF_INIT(0);
	const char *text;
	size_t i;

	for (i = from; i < m->fold->items_len; i++) {
		const struct fold_item *it = &m->fold->items[i];

		text = it->text;
		if (it->kind == ITEM_DECISION && !it->ok) {
			fold_decision_text(&decided, m->fold, &l->decision);
			text = buf_str(&decided);
		}
		if (l->type == EVENT_PLAN && fold_plan_status(l) !=
		    FOLD_PLAN_RETURNED)
			text = NULL;	/* the last one has its part */
		else if (l->type == EVENT_AGENT_END) {
			text = l->agent_end.summary;
			if (text == NULL || text[0] == '\0')
				text = m->answer;
		}
		markdown_event(m, l, it->title == NULL ? "note" : it->title,
		    text);
	}
}

static void
markdown_take(void *arg, const struct event *l)
{
	static const event_set shown = EVENT_SET(EVENT_ADDS) |
	    EVENT_SET(EVENT_AGENT_END) | EVENT_SET(EVENT_ANSWER) |
	    EVENT_SET(EVENT_APPLIED) |
	    EVENT_SET(EVENT_BTW) | EVENT_SET(EVENT_BUDGET) |
	    EVENT_SET(EVENT_COMMENT) | EVENT_SET(EVENT_COMMITTED) |
	    EVENT_SET(EVENT_DECISION) | EVENT_SET(EVENT_EVIDENCE) |
	    EVENT_SET(EVENT_FINDING) | EVENT_SET(EVENT_PLAN) |
	    EVENT_SET(EVENT_NOTICE) | EVENT_SET(EVENT_PROOF);
	struct markdown *m = arg;
	size_t from = m->fold->items_len;

	fold_event(m->fold, l);
	if (l->type == EVENT_SESSION_START && m->scrub == NULL) {
		m->scrub = scrub_session(m->dir, ev_str(l->session_start.root,
		    "/"));
		m->begun = xstrdup(l->t);
	}
	if (m->scrub == NULL)
		return;
	if (l->type == EVENT_USER_MESSAGE)
		markdown_message(m, l);
	else if (l->type == EVENT_ASSISTANT_MESSAGE) {
		if (!ev_is(l->assistant_message.text, ""))
			xstrset(&m->answer, l->assistant_message.text);
	} else if ((shown & EVENT_SET(l->type)) != 0 && (l->type != EVENT_PLAN ||
	    fold_plan_status(l) < FOLD_PLAN_STEP))
		markdown_items(m, l, from);
	fold_drop_texts(m->fold, 0);
}

/* ---- changes ---- */

/* A row for each change of a file that wasn't undone, with the lines that it has
 * there now. */
static void
markdown_changes(const struct markdown *m, struct buf *out)
{
	const struct fold *f = m->fold;
	const struct fold_change *c;
	const struct fold_change_file *file;
	AUTO_BUF struct buf name = BUF_INIT(0);
	bool any = false;

	buf_adds(out, "\n## Changes\n\n");
	for (c = f->changes; c < f->changes + f->changes_len; c++)
		for (file = c->files; file < c->files + c->files_len; file++) {
			if (c->undoes != 0 || file->renamed_later ||
			    exit_summary_is_undone(f, c, file))
				continue;
			any = true;
			buf_clear(&name);
			fold_add_names(&name, NULL, file->path);
			buf_addf(out, "- change %lld: ", (long long)c->tx);
			markdown_line(m, out, buf_str(&name));
			buf_adds(out, file->after.exists ? "" : ", deleted");
			buf_adds(out, c->index ? ", staged" : "");
			fold_add_lines(out, ", ", f, c, file);
			buf_addc(out, '\n');
		}
	if (!any)
		buf_adds(out, "Nothing is written.\n");
}

/* ---- the parts ---- */

static void
markdown_head(const struct markdown *m, struct buf *out)
{
	const struct fold *f = m->fold;
	const char *task = m->task == NULL ? "" : m->task;
	size_t n = strcspn(task, "\n");
	size_t cut = utf8_cut(task, n, MARKDOWN_TITLE);
	AUTO_FREE char *title = xmemdup(task, cut);

	buf_adds(out, "# ");
	markdown_line(m, out, cut == 0 ? "Session without a task" : title);
	buf_addf(out, "%s\n\nSession %s of assent, %.10s", cut < n ? "..." : "",
	    f->session == NULL ? "?" : f->session, m->begun);
	if (f->model != NULL) {
		buf_adds(out, ", ");
		markdown_line(m, out, f->model);
	}
	buf_adds(out, "\n");
	if (task[0] != '\0') {
		buf_adds(out, "\n## Task\n");
		markdown_text(m, out, task, 0);
	}
}

static void
markdown_plan(const struct markdown *m, struct buf *out)
{
	const struct fold_plan *p = &m->fold->plan;

	if (p->version == 0)
		return;
	buf_addf(out, "\n## Plan (%s)\n\n", fold_plan_words[p->status]);
	if (p->goal != NULL) {
		markdown_line(m, out, p->goal);
		buf_adds(out, "\n\n");
	}
	MEM_EACH(p, steps, s) {
		buf_addf(out, "- [%c] ", s->state != FOLD_STEP_OPEN ?
		    'x' : ' ');
		markdown_line(m, out, s->title);
		buf_addc(out, '\n');
	}
	if (p->check != NULL) {
		buf_adds(out, "\nCheck:\n");
		markdown_text(m, out, p->check, 0);
	}
}

int
session_markdown(const char *dir, struct buf *out, struct err *e)
{
	struct markdown m = { .dir = dir, .fold = fold_new(),
		.events = BUF_INIT(0) };
	int rc = log_events(dir, markdown_take, &m, e);

	if (rc == 0 && m.scrub == NULL)
		rc = err_set(e, "the session recorded nothing");
	if (rc == 0) {
		markdown_head(&m, out);
		markdown_plan(&m, out);
		if (m.events.len > 0)
			buf_addf(out, "\n## What was asked and decided\n%s",
			    buf_str(&m.events));
		markdown_changes(&m, out);
	}
	buf_release(&m.events);
	scrub_free(m.scrub);
	fold_free(m.fold);
	FREE_ALL(m.begun, m.task, m.answer);
	return rc;
}
