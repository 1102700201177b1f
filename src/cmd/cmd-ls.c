/* cmd-ls: lists sessions, or worktrees. */
#include "config.h"

#include "cmd/cmd-ls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "cmd/cmd.h"
#include "front/print.h"
#include "cmd/setup.h"
#include "cmd/half-applied.h"
#include "journal/fold.h"
#include "journal/session.h"

#define LS_MIN	60	/* columns: narrower, rows are wrapped */

const char *
cmd_ls_state(const struct session_info *s)
{
	struct half_applied how = { 0 };
	struct err e = ERR_INIT;

	if (s->applying && !s->alive && half_applied_look(s->id, &how, &e) < 0)
		return "stopped while applying";
	if (how.known)
		return half_applied_words(&how);
	if (s->ended && !s->alive)
		return s->waits ? "ended, waiting" : "ended";
	if (s->works && !s->waits)
		return s->alive ? "running" : "stopped";
	return s->waits ? "waiting" : s->alive ? "ready" : "finished";
}

static void
ls_json(const struct session_info *v, size_t n)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	cJSON *list = cJSON_CreateArray(), *it;
	AUTO_FREE char *text = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		AUTO_FREE char *task = session_words(&v[i]);

		it = cJSON_CreateObject();
		json_add_str(it, "session", v[i].id);
		json_add_str(it, "state", cmd_ls_state(&v[i]));
		json_add_bool(it, "alive", v[i].alive);
		json_add_bool(it, "waits", v[i].waits);
		json_add_str(it, "mode", v[i].mode);
		json_add_str(it, "started", v[i].started);
		json_add_str(it, "root", v[i].root);
		json_add_str(it, "task", task);
		json_add_str(it, "name", v[i].name);
		json_add_str(it, "outcome", v[i].outcome);
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "sessions", list);
	text = json_print(o);
	print_json(stdout, text, strlen(text));
}

/* Cut the words so that a row of this width has room for them. */
static void
ls_cut(struct buf *b, int room)
{
	struct sanitize_unit u = { .used = 0 };
	size_t n = 0, fits = 0;
	int width = 0;

	for (; n < b->len && width <= room; n += u.used, width += u.width) {
		sanitize_next(b->p + n, b->len - n, sanitize_locale(), width,
		    &u);
		fits = width < room - 2 ? n : fits;
	}
	if (width > room) {
		b->len = fits;
		buf_adds(b, "...");
	}
}

static void
ls_row(const struct session_info *s, bool all)
{
	AUTO_FREE char *task = session_words(s), *how = NULL;
	AUTO_BUF struct buf row = BUF_INIT(0);
	int cols = print_columns(stdout);

	/* The id says when it began. */
	buf_addf(&row, "%s  %-8s  %-11s  ", s->id, cmd_ls_state(s),
	    s->mode == NULL ? "?" : s->mode);
	if (all)
		buf_addf(&row, "%s  ", s->root == NULL ? "?" : s->root);
	if (s->name != NULL)
		buf_addf(&row, "%s: ", s->name);
	buf_adds(&row, task);
	how = s->outcome == NULL || s->waits ||
	    strcmp(s->outcome, "waiting") == 0 ? xstrdup("") :
	    xasprintf("  [%s]", fold_outcome_words(s->outcome));
	if (!all && cols > LS_MIN)
		ls_cut(&row, cols - (int)strlen(how));
	print_words(stdout, "%s%s", buf_str(&row), how);
}

int
cmd_ls(const struct cmd_args *a)
{
	struct session_info *v = NULL;
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	size_t i, n = 0;
	int code = 0;

	if (!a->all && (code = setup_project(&s, a)) != 0)
		goto out;
	if (a->worktrees) {
		code = cmd_worktrees_list(s.root);
		goto out;
	}
	if (session_list(s.root, &v, &n, &e) < 0) {
		code = cmd_fail_err(&e);
		goto out;
	}
	session_list_shorten(v, &n);
	session_list_sort(v, n);
	if (a->json) {
		ls_json(v, n);
		goto out;
	}
	for (i = 0; i < n; i++)
		ls_row(&v[i], a->all);
	if (n == 0)
		cmd_say(a->all ? "no sessions" :
		    "no sessions of %s (--all lists those of all projects)",
		    s.root);
out:
	session_list_free(v, n);
	return code;
}
