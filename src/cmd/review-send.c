/*
 * review --send: the comments of a review session, with their hunks, to the model
 * of a session. They are read from the journal.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "client/client.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/session-client.h"
#include "cmd/setup.h"
#include "front/print.h"
#include "journal/command.h"
#include "journal/fold.h"
#include "journal/session.h"
#include "ui/app/app.h"

struct note {
	char		*id;		/* of the hunk, */
	int64_t		 line, end;	/* and lines of its text */
	int		 start;		/* the line of the file */
	bool		 decided;	/* with its hunk */
	char		*path, *hunk, *words, *text;
};

struct notes {
	struct fold	*fold;
	struct note	*list;
	size_t		 list_len;
};

static void
notes_release(struct notes *n)
{
	MEM_EACH(n, list, x)
		FREE_ALL(x->id, x->path, x->hunk, x->words, x->text);
	free(n->list);
	fold_free(n->fold);
}

/* Order notes by path and line. */
static int
note_compare(const void *a, const void *b)
{
	const struct note *x = a, *y = b;
	int rc = strcmp(x->path, y->path);

	return rc != 0 ? rc : x->start != y->start ?
	    (x->start > y->start) - (x->start < y->start) :
	    (x->line > y->line) - (x->line < y->line);
}

static struct note *
notes_find(const struct notes *n, const char *id, int64_t line, int64_t end)
{
	MEM_EACH(n, list, x)
		if (strcmp(x->id, id) == 0 && x->line == line && x->end == end)
			return x;
	return NULL;
}

/* Add a comment, or replace the one on the same lines; "" removes it. The hunk
 * is one of the current proposal. */
static void
notes_set(struct notes *n, const char *id, int64_t line, int64_t end,
    const char *text)
{
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(n->fold, id, &h);
	AUTO_BUF struct buf hunk = BUF_INIT(0), words = BUF_INIT(0);
	struct note *x = notes_find(n, id, line, end);
	const char *at;

	if (f == NULL)
		return;
	if (x == NULL) {
		x = GROW_ADD(n->list, n->list_len);
		*x = (struct note){ .id = xstrdup(id), .line = line,
			.end = end };
	}
	x->start = fold_hunk_line(h, line == 0 ? 1 : line, &at);
	fold_hunk_place(&words, h, line, end);
	fold_add_hunk(&hunk, n->fold, id);
	FREE_SET(x->path, xstrdup(f->path));
	FREE_SET(x->hunk, buf_take(&hunk));
	FREE_SET(x->words, buf_take(&words));
	FREE_SET(x->text, xstrdup(text));
}

/* A file that changed has taken its comments to new hunks; those of a hunk that
 * is gone without a decision went with it. All wait for the end of an undo. */
static void
notes_follow(struct notes *n)
{
	if (n->fold->below != NULL)
		return;
	MEM_EACH(n, list, x)
		if (!x->decided && fold_find_hunk(n->fold, x->id, NULL) == NULL)
			x->text[0] = '\0';
	if (n->fold->proposal != NULL)
		MEM_EACH(n->fold->proposal, hunks, at)
			MEM_EACH(at->hunk, comments, c)
				if (notes_find(n, at->hunk->id, c->line,
				    c->end) == NULL)
					notes_set(n, at->hunk->id, c->line,
					    c->end, c->text);
}

static void
notes_event(void *arg, const struct event *e)
{
	struct notes *n = arg;
	const struct ev_comment *c = &e->comment;
	const struct fold_hunk *h;

	if (e->type == EVENT_COMMENT && !ev_is(e->by, "model"))
		notes_set(n, ev_str(c->hunk, ""), c->line,
		    c->end_line > c->line ? c->end_line : c->line,
		    ev_str(c->text, ""));
	fold_event(n->fold, e);
	if (e->type == EVENT_DECISION)
		MEM_EACH(n, list, x)
			x->decided = x->decided || (fold_find_hunk(n->fold,
			    x->id, &h) != NULL && h->decided);
	if (e->type == EVENT_PROPOSAL)
		notes_follow(n);
}

/* What the model gets, and the user's own words in it. */
static void
notes_message(const struct notes *n, const char *of, struct buf *text,
    struct buf *typed)
{
	const struct note *was = NULL;

	buf_addf(text, "My comments, from a %s. Do what they ask for.\n",
	    of);
	MEM_EACH(n, list, x) {
		if (x->text[0] == '\0')
			continue;
		buf_addc(text, '\n');
		if (was == NULL || strcmp(was->hunk, x->hunk) != 0)
			fence_add(text, "A hunk", x->hunk, strlen(x->hunk), "");
		buf_addf(text, "I say of it%s: %s\n", x->words, x->text);
		buf_addf(typed, "%s\n", x->text);
		was = x;
	}
}

struct send {
	struct buf	 text, typed;
};

static int
send_say(struct client *c, const struct fold *f UNUSED, void *arg,
    struct err *e UNUSED)
{
	struct send *s = arg;
	cJSON *o = command_text("say", "text", buf_str(&s->text));

	json_add_str(o, "typed", buf_str(&s->typed));
	return client_send(c, o);
}

static int
send_to(const struct cmd_args *a, char *id, struct send *s)
{
	AUTO(session_client_release) struct session_client r = { 0 };
	AUTO(client_release) struct client c = { 0 };
	struct cmd_args to = *a;
	struct err e = ERR_INIT;
	int code;

	to.operands = &id;
	to.operands_len = 1;
	if ((code = session_client_find(&r, &to)) != 0 ||
	    (code = session_client_setup(&r, &to, SESSION_MODEL |
	    SESSION_RECOVER)) != 0)
		return code;
	r.setup.cut = true;
	if (session_client_connect(&c, &r, &to, true, &e) < 0)
		return cmd_fail_err(&e);
	if ((code = cmd_send(&c, send_say, s)) == EXIT_DONE)
		cmd_say("sent to session %s: assent resume %s", r.id, r.id);
	return code;
}

/* It works beside the review. */
static int
send_new(const struct cmd_args *a, struct send *s)
{
	AUTO(setup_release) struct setup setup = { 0 };
	struct cmd_args to = *a;
	cJSON *start;
	int code;

	to.detach = true;
	if ((code = setup_project(&setup, a)) != 0 ||
	    (code = setup_config(&setup, a, "interactive")) != 0 ||
	    (code = setup_model(&setup, true)) != 0 ||
	    (code = setup_processes(&setup)) != 0)
		return code;
	start = setup_start(&setup, "interactive", &(struct setup_task){
	    .text = buf_str(&s->text), .person = true, .keep_alive = true,
	    .later = true });
	json_add_str(start, "typed", buf_str(&s->typed));
	return cmd_begin(&to, &setup, start);
}

static char *
send_about(void *arg, size_t row)
{
	const struct app_choices *c = arg;

	return xstrdup(ev_str(c->rows[row].id, ""));
}

/* A new session, or one of this project, chosen from a list; *to stays NULL if the
 * user goes back. 0, or the exit code. */
static int
send_pick(const struct cmd_args *a, char **to)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct app_choices c = { .what = "send the comments to", .fd = -1,
		.about = send_about, .arg = &c,
		.again_ms = -1 };
	struct session_info *v = NULL;
	struct app_choice *rows;
	struct err e = ERR_INIT;
	size_t n = 0, i, row = 0;
	int code;

	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "interactive")) != 0)
		return code;
	if (session_list(s.root, SESSION_RANKED, &v, &n, &e) < 0)
		return cmd_fail_err(&e);
	rows = xcalloc(n + 1, sizeof(*rows));
	rows[c.len++] = (struct app_choice){ .id = "new",
		.text = xstrdup("a new session") };
	for (i = 0; i < n; i++)
		if (!ev_is(v[i].state.mode, "review"))
			rows[c.len++] = (struct app_choice){ .id = v[i].id,
				.key = xstrdup(session_word(&v[i])),
				.text = v[i].state.task == NULL ?
				    xstrdup("(nothing said)") :
				    session_words(&v[i]) };
	c.rows = rows;
	if ((code = pick_row(&s, &c, &row)) == 0)
		*to = xstrdup(rows[row].id);
	pick_free(rows, c.len);
	session_list_free(v, n);
	return code == EXIT_INTERRUPTED ? 0 : code;
}

static int
send_all(const struct session_client *from, const struct cmd_args *a,
    struct notes *n)
{
	const cJSON *review = json_get(from->first->session_start.settings,
	    "review");
	AUTO_FREE char *to = xstrdup(a->send);
	struct send s = { BUF_INIT(0), BUF_INIT(0) };
	size_t any = 0;
	int code;

	MEM_EACH(n, list, x)
		any += x->text[0] != '\0';
	if (review == NULL || any == 0)
		return cmd_fail(EXIT_USAGE, "session %s %s", from->id,
		    review == NULL ? "isn't one of assent review" :
		    "has no comments: c writes one");
	if (strcmp(to, "ask") == 0) {
		FREE_SET(to, a->plain ? ask_line("Send the comments to: new (a "
		    "session), or the id of a session?") : NULL);
		if (!a->plain && (code = send_pick(a, &to)) != 0)
			return code;
	}
	if (to != NULL && strcmp(to, "pr") == 0)
		return cmd_fail(EXIT_USAGE, "assent sends nothing to GitHub: gh "
		    "pr review does");
	notes_message(n, json_str_or(review, "words", "review"),
	    &s.text, &s.typed);
	if (to == NULL || to[0] == '\0')
		code = cmd_fail(EXIT_DONE, "nothing was sent");
	else
		code = strcmp(to, "new") == 0 ? send_new(a, &s) : send_to(a, to,
		    &s);
	buf_release(&s.text);
	buf_release(&s.typed);
	return code;
}

int
notes_send(const struct cmd_args *a)
{
	AUTO(notes_release) struct notes n = { .fold = fold_new() };
	AUTO(session_client_release) struct session_client from = { 0 };
	AUTO_FREE char *dir = NULL;
	struct err e = ERR_INIT;
	int code;

	if (strcmp(a->send, "ask") == 0 && !headless_person())
		return cmd_fail(EXIT_USAGE, "nothing was sent: there is no "
		    "terminal to ask on");
	if ((code = session_client_find(&from, a)) != 0)
		return code;
	if ((dir = session_dir(from.id, &e)) == NULL ||
	    log_events(dir, notes_event, &n, &e) < 0)
		return cmd_fail_err(&e);
	MEM_SORT_BY(n.list, n.list_len, note_compare);
	return send_all(&from, a, &n);
}
