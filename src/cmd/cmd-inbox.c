/*
 * cmd-inbox: what waits for you in all sessions, as a list to choose from, as
 * lines or as JSON. Nothing can be decided here: a row opens its session.
 */
#include "config.h"

#include "cmd/cmd.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "cmd/inbox.h"
#include "cmd/setup.h"
#include "front/bindings.h"
#include "front/print.h"
#include "journal/session.h"
#include "ui/app/app.h"

#define INBOX_AGAIN_MS	30000	/* ages are said anew */

/* ---- the list on the screen ---- */

struct inbox_list {
	struct inbox	*inbox;
	enum inbox_order order;
	const struct inbox_row *rows;
	struct app_choice *choices;
	size_t		 len;
	size_t		 most;		/* that have waited since it opened */
	char		*what, *title;
	bool		 titles, statuses;	/* the user likes them */
};

static void
inbox_list_clear(struct inbox_list *l)
{
	size_t i;

	for (i = 0; i < l->len; i++) {
		free(l->choices[i].key);
		free(l->choices[i].text);
		free(l->choices[i].note);
		free(l->choices[i].more);
	}
	FREE_NULL(l->choices);
	l->len = 0;
}

static void
inbox_list_release(struct inbox_list *l)
{
	inbox_list_clear(l);
	free(l->what);
	free(l->title);
	inbox_free(l->inbox);
}

/* How long, cost, task: with the most important first, since it may be cut. */
static char *
inbox_note(const struct inbox_row *r)
{
	struct buf b = BUF_INIT(0);

	inbox_row_age(r, &b);
	if (r->cost > 0) {
		buf_adds(&b, "  ");
		money_text(&b, r->cost);
	}
	buf_addf(&b, "%s%s", b.len > 0 ? "  " : "", r->task);
	return buf_take(&b);
}

static bool
inbox_list_again(void *arg, struct app_choices *c, bool sort)
{
	static const char *const orders[INBOX_ORDERS] = {
		[INBOX_BY_AGE] = "longest first",
		[INBOX_BY_PROJECT] = "by project",
		[INBOX_BY_COST] = "by cost",
	};
	struct inbox_list *l = arg;
	size_t i, n;

	(void)inbox_read(l->inbox);
	inbox_list_clear(l);
	if (sort)
		l->order = (enum inbox_order)((l->order + 1) % INBOX_ORDERS);
	l->rows = inbox_rows(l->inbox, l->order, &n);
	l->choices = xcalloc(n + 1, sizeof(*l->choices));
	for (l->len = i = 0; i < n; i++)
		l->choices[l->len++] = (struct app_choice){
			.key = xstrdup(inbox_row_project(&l->rows[i])),
			.text = xstrdup(l->rows[i].words),
			.note = inbox_note(&l->rows[i]),
			.more = xasprintf("%s %s %s", l->rows[i].id,
			    l->rows[i].project == NULL ? "" :
			    l->rows[i].project, l->rows[i].waits),
			.id = l->rows[i].id,
		};
	FREE_SET(l->what, xasprintf("waiting for you: %zu, %s", n,
	    orders[l->order]));
	FREE_SET(l->title, xasprintf("assent: %zu session%s for you", n,
	    n == 1 ? " waits" : "s wait"));
	c->alert = c->rows != NULL && n > l->most;
	l->most = n;
	c->what = l->what;
	c->title = l->titles ? l->title : NULL;
	c->status = !l->statuses ? NULL : n > 0 ? "blocked:kind=permission" :
	    "idle";
	c->rows = l->choices;
	c->len = n;
	return true;
}

static char *
inbox_about(void *arg, size_t row)
{
	const struct inbox_list *l = arg;
	const struct inbox_row *r = &l->rows[row];
	struct buf b = BUF_INIT(0);

	buf_addf(&b, "%s, %s\n%s\n", r->id, r->words, r->project == NULL ?
	    "?" : r->project);
	if (r->since != NULL)
		buf_addf(&b, "since %.10s %.5sZ\n", r->since,
		    strlen(r->since) < 16 ? "" : r->since + 11);
	if (strcmp(r->waits, session_wait_name(SESSION_STOPPED)) == 0)
		buf_adds(&b, "its process was killed; opening it continues "
		    "where it was\n");
	buf_addf(&b, "\n%s\n", r->task);
	return buf_take(&b);
}

int
inbox_choose(const struct cmd_args *a, char **id)
{
	AUTO(inbox_list_release) struct inbox_list l = { .order = INBOX_BY_AGE };
	AUTO(setup_release) struct setup s = { 0 };
	AUTO(bindings_free_at) struct bindings *bindings = NULL;
	struct app_choices c = { .none = "nothing waits for you",
		.about = inbox_about, .arg = &l, .again = inbox_list_again,
		.again_ms = INBOX_AGAIN_MS };
	struct ui_likes likes;
	struct err e = ERR_INIT;
	size_t row = 0;
	int code, chosen;

	*id = NULL;
	/* From anywhere: it is of no project. */
	if ((code = setup_config(&s, a, "interactive")) != 0)
		return code;
	if ((bindings = setup_bindings(&s)) == NULL)
		return EXIT_USAGE;
	if (session_check(NULL, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	setup_likes(&s, &likes);
	l.inbox = inbox_new();
	c.bindings = bindings;
	c.colour = likes.colour;
	l.titles = likes.title;
	l.statuses = likes.status;
	c.fd = inbox_fd(l.inbox);
	(void)inbox_list_again(&l, &c, false);
	chosen = app_pick(&c, &row, &e);
	if (chosen < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (chosen > 0)
		*id = xstrdup(l.rows[row].id);
	return EXIT_DONE;
}

/* ---- lines ---- */

/* "ID  PROJECT  3m  5 hunks in 3 files  TASK" */
static void
inbox_print_line(const struct inbox_row *r)
{
	AUTO_BUF struct buf age = BUF_INIT(0);

	inbox_row_age(r, &age);
	print_words(stdout, "%s  %-12s  %4s  %s  %s", r->id,
	    inbox_row_project(r), buf_str(&age), r->words, r->task);
}

static void
inbox_print_json(const cJSON *o)
{
	AUTO_FREE char *text = json_print(o);

	print_json(stdout, text, strlen(text));
}

/* What was printed of a session last. */
struct inbox_said {
	char	*id, *text;
	bool	 there;		/* it is still a row */
};

struct inbox_printer {
	bool	 json;
	struct inbox_said *said;
	size_t	 len;
};

static void
inbox_print_row(struct inbox_printer *p, const struct inbox_row *r)
{
	AUTO_JSON cJSON *o = inbox_row_json(r);
	AUTO_FREE char *text = json_print(o);
	struct inbox_said *s;

	for (s = p->said; s < p->said + p->len; s++)
		if (strcmp(s->id, r->id) == 0)
			break;
	if (s == p->said + p->len) {
		GROW(p->said, p->len);
		s = &p->said[p->len++];
		*s = (struct inbox_said){ .id = xstrdup(r->id) };
	}
	s->there = true;
	if (s->text != NULL && strcmp(s->text, text) == 0)
		return;
	if (p->json)
		inbox_print_json(o);
	else
		inbox_print_line(r);
	FREE_SET(s->text, xstrdup(text));
}

/* It no longer waits: decided, seen, or removed. */
static void
inbox_print_gone(struct inbox_printer *p, struct inbox_said *s)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();

	json_add_str(o, "id", s->id);
	cJSON_AddNullToObject(o, "waits");
	if (p->json)
		inbox_print_json(o);
	free(s->id);
	free(s->text);
	*s = p->said[--p->len];
}

static void
inbox_print(struct inbox_printer *p, struct inbox *b)
{
	size_t i, n;
	const struct inbox_row *rows = inbox_rows(b, INBOX_BY_AGE, &n);

	for (i = 0; i < p->len; i++)
		p->said[i].there = false;
	for (i = 0; i < n; i++)
		inbox_print_row(p, &rows[i]);
	for (i = p->len; i > 0; i--)
		if (!p->said[i - 1].there)
			inbox_print_gone(p, &p->said[i - 1]);
	(void)fflush(stdout);
}

static int
inbox_lines(const struct cmd_args *a)
{
	struct inbox_printer p = { .json = a->json };
	struct inbox *b = inbox_new();
	struct pollfd fds[2] = { { inbox_fd(b), POLLIN, 0 },
		{ STDOUT_FILENO, 0, 0 } };

	(void)inbox_read(b);
	inbox_print(&p, b);
	if (p.len == 0 && !a->json && !a->follow)
		cmd_say("nothing waits for you");
	/* Until the reader of the output is gone. */
	while (a->follow && (fds[1].revents & (POLLERR | POLLHUP |
	    POLLNVAL)) == 0) {
		(void)poll(fds, 2, -1);
		if (inbox_read(b))
			inbox_print(&p, b);
	}
	while (p.len > 0) {
		free(p.said[--p.len].id);
		free(p.said[p.len].text);
	}
	free(p.said);
	inbox_free(b);
	return EXIT_DONE;
}

int
cmd_inbox(const struct cmd_args *a)
{
	if (a->from != NULL)
		return inbox_from(a);
	if (a->json || a->follow || !cmd_has_screen(a))
		return inbox_lines(a);
	return screen_walk("", true);
}
