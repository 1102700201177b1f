#include "config.h"

#include "record/session-markdown.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "client/client.h"
#include "front/print.h"
#include "git/commit.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "record/recording.h"

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

/* Without names and secrets, and without control characters. */
static char *
markdown_clean(const struct markdown *m, const char *s, unsigned flags)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct buf clean = BUF_INIT(0);

	scrub_text(m->scrub, s, strlen(s), &b);
	sanitize_add(&clean, buf_str(&b), b.len, flags);
	return buf_take(&clean);
}

/* In a line of ours. */
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
markdown_block(struct buf *b, const char *clean, const char *kind, int indent)
{
	int fence = markdown_fence(clean);
	const char *end;

	buf_addf(b, "\n%*s", indent, "");
	markdown_ticks(b, fence);
	buf_addf(b, "%s\n", kind);
	for (; *clean != '\0'; clean = end + (*end == '\n')) {
		end = strchrnul(clean, '\n');
		if (end > clean)
			buf_addf(b, "%*s", indent, "");
		buf_add(b, clean, (size_t)(end - clean));
		buf_addc(b, '\n');
	}
	buf_addf(b, "%*s", indent, "");
	markdown_ticks(b, fence);
	buf_addc(b, '\n');
}

static void
markdown_text(const struct markdown *m, struct buf *b, const char *s,
    int indent)
{
	AUTO_FREE char *clean = markdown_clean(m, s, SANITIZE_LINES);
	AUTO_BUF struct buf quoted = BUF_INIT(0);

	commit_quote(&quoted, clean, m->fold, false);
	markdown_block(b, buf_str(&quoted), "text", indent);
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
	const char *text;
	size_t i;

	for (i = from; i < m->fold->items_len; i++) {
		const struct fold_item *it = &m->fold->items[i];

		text = it->text;
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

static int
markdown_take(void *arg, const struct event *l, struct err *e)
{
	static const uint64_t shown = (uint64_t)1 << EVENT_AGENT_END |
	    (uint64_t)1 << EVENT_ANSWER | (uint64_t)1 << EVENT_APPLIED |
	    (uint64_t)1 << EVENT_BUDGET | (uint64_t)1 << EVENT_COMMENT |
	    (uint64_t)1 << EVENT_COMMITTED | (uint64_t)1 << EVENT_DECISION |
	    (uint64_t)1 << EVENT_EVIDENCE | (uint64_t)1 << EVENT_FINDING |
	    (uint64_t)1 << EVENT_PLAN;
	struct markdown *m = arg;
	size_t from = m->fold->items_len;

	fold_event(m->fold, l);
	if (l->type == EVENT_SESSION_START && m->scrub == NULL) {
		m->scrub = scrub_session(m->dir, ev_str(l->session_start.root,
		    "/"));
		m->begun = xstrdup(l->t);
	}
	if (m->scrub == NULL)
		return err_set(e, "it doesn't begin with session_start");
	if (l->type == EVENT_USER_MESSAGE)
		markdown_message(m, l);
	else if (l->type == EVENT_ASSISTANT_MESSAGE) {
		if (!ev_is(l->assistant_message.text, ""))
			xstrset(&m->answer, l->assistant_message.text);
	} else if ((shown >> l->type & 1) != 0 && (l->type != EVENT_PLAN ||
	    fold_plan_status(l) != FOLD_PLAN_STEP))
		markdown_items(m, l, from);
	fold_drop_texts(m->fold, 0);
	return 0;
}

/* ---- the diff ---- */

/* What is between two changes of the user's own is in no diff: each file has as
 * many parts as it takes. */
struct markdown_part {
	const char		*path;		/* bytes */
	const struct fold_side	*before, *after;
};

static bool
markdown_same(const struct fold_side *a, const struct fold_side *b)
{
	return a->exists == b->exists && (!a->exists || (a->mode == b->mode &&
	    strcmp(a->hash, b->hash) == 0));
}

static size_t
markdown_parts(const struct fold *f, struct markdown_part **v)
{
	AUTO(pathmap_release) struct pathmap last = { 0 };
	size_t part, n = 0;

	EV_EACH(f, changes, c)
		EV_EACH(c, files, file) {
			part = pathmap_number(&last, file->path_bytes);
			if (part > 0 && markdown_same((*v)[part - 1].after,
			    &file->before)) {
				(*v)[part - 1].after = &file->after;
				continue;
			}
			GROW(*v, n);
			(*v)[n++] = (struct markdown_part){ file->path_bytes,
				&file->before, &file->after };
			pathmap_set_number(&last, file->path_bytes, n);
		}
	return n;
}

static void
markdown_side(cJSON *o, const char *name, const struct fold_side *s)
{
	cJSON *side = s->exists ? cJSON_CreateObject() : cJSON_CreateNull();

	if (s->exists) {
		json_add_str(side, "hash", s->hash);
		json_add_int(side, "mode", s->mode);
	}
	json_set_take(o, name, side);
}

/* A row for each change that has lines in a file now. */
static void
markdown_lines(const struct markdown *m, struct buf *out)
{
	const struct fold *f = m->fold;
	AUTO_BUF struct buf name = BUF_INIT(0), lines = BUF_INIT(0);

	buf_addc(out, '\n');
	EV_EACH(f, changes, c)
		EV_EACH(c, files, file) {
			buf_clear(&lines);
			fold_add_lines(&lines, ", ", f, c, file);
			if (lines.len == 0 || file->renamed_later)
				continue;
			buf_clear(&name);
			fold_add_names(&name, NULL, fold_change_now(f,
			    file)->path);
			buf_addf(out, "- change %lld: ", (long long)c->tx);
			markdown_line(m, out, buf_str(&name));
			buf_addf(out, "%s\n", buf_str(&lines));
		}
}

static int
markdown_diff(const struct markdown *m, struct buf *out, struct err *e)
{
	const char *const args[] = { "patch", m->dir, NULL };
	AUTO_FREE struct markdown_part *v = NULL;
	size_t i, len = 0, n = markdown_parts(m->fold, &v);
	cJSON *asked = cJSON_CreateObject(), *o;
	cJSON *files = cJSON_AddArrayToObject(asked, "files");
	AUTO_JSON cJSON *made = NULL;
	AUTO_FREE char *patch = NULL, *clean = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0), lines = BUF_INIT(0);

	json_add_bool(asked, "binary", false);
	for (i = 0; i < n; i++) {
		if (markdown_same(v[i].before, v[i].after))
			continue;
		o = cJSON_CreateObject();
		json_add_path(o, "path", v[i].path);
		markdown_side(o, "before", v[i].before);
		markdown_side(o, "after", v[i].after);
		cJSON_AddItemToArray(files, o);
	}
	buf_adds(out, "\n## Diff\n");
	if (files->child == NULL) {
		cJSON_Delete(asked);
		buf_adds(out, "\nNothing is written.\n");
		return 0;
	}
	markdown_lines(m, out);
	made = client_ask_core(args, asked, 0, e);
	if (made == NULL)
		return err_is_set(e) ? -1 : err_set(e, "the diff can't be made");
	patch = json_get_bytes(made, "patch", &len);
	scrub_text(m->scrub, patch == NULL ? "" : patch, len, &b);
	sanitize_add(&lines, buf_str(&b), b.len, SANITIZE_LINES);
	markdown_block(out, buf_str(&lines), "diff", 0);
	return 0;
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
	EV_EACH(p, steps, s) {
		buf_addf(out, "- [%s] ", s->done ? "x" : " ");
		markdown_line(m, out, s->title);
		buf_addc(out, '\n');
	}
	if (p->check != NULL) {
		buf_adds(out, "\nSuccess check:\n");
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
		rc = markdown_diff(&m, out, e);
	}
	buf_release(&m.events);
	scrub_free(m.scrub);
	fold_free(m.fold);
	FREE_ALL(m.begun, m.task, m.answer);
	return rc;
}
