/*
 * undo: proposes the reverse of a session's applied change, to be decided like
 * any other proposal. An undo is a change, too: its reverse is a redo.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "client/client.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/select.h"
#include "cmd/session-client.h"
#include "front/editor.h"
#include "front/message.h"
#include "front/print.h"
#include "journal/command.h"
#include "journal/fold.h"
#include "journal/session.h"

#define UNDO_LIST_TASK	60	/* bytes of its text */

/* ---- --list ---- */

/* Append " (undone in part by 3, 2)", the last one first. */
static void
undo_list_undone(struct buf *b, const struct fold *f,
    const struct fold_change *c)
{
	const struct fold_change *by = NULL;
	const char *before = c->undone == UNDONE_PART ? " (undone in part by " :
	    " (undone by ";

	while ((by = fold_change_reverser(f, c, by)) != NULL) {
		buf_addf(b, "%s%lld", before, (long long)by->tx);
		before = ", ";
	}
	buf_adds(b, c->undone == UNDONE_NOT ? "" : ")");
}

static void
undo_list_change(const struct fold *f, const struct fold_change *c)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *commit = NULL, *task = c->task == NULL ? "" : c->task;
	size_t i, n = 0;

	MEM_EACH(c, files, it) {
		if (it->commit != NULL)
			commit = it->commit;
		/* A renamed file is listed with its new name. */
		if (it->renamed_later || n++ >= 8)
			continue;
		buf_adds(&b, n > 1 ? ", " : "");
		fold_add_names(&b, it->from, it->path_bytes);
	}
	if (n > 8)
		buf_addf(&b, " and %zu more", n - 8);
	buf_adds(&b, c->index ? " (staged)" : "");
	if (c->undoes != 0)
		buf_addf(&b, " (undoes %lld)", (long long)c->undoes);
	undo_list_undone(&b, f, c);
	if (commit != NULL)
		buf_addf(&b, ", commit %.12s", commit);
	task += strspn(task, " \t\n");
	if (task[0] != '\0')
		buf_adds(&b, ": ");
	n = strcspn(task, "\n");
	i = utf8_cut(task, n, UNDO_LIST_TASK);
	(void)buf_add(&b, task, i);
	if (i < n)
		buf_adds(&b, "...");
	print_words(stdout, "%lld  %.19s  %s", (long long)c->tx, c->time ==
	    NULL ? "" : c->time, buf_str(&b));
}

static cJSON *
undo_json_change(const struct fold *f, const struct fold_change *c)
{
	cJSON *o = cJSON_CreateObject(), *list, *one;
	const struct fold_change *by = NULL;

	json_add_int(o, "change", c->tx);
	JSON_ADD_TEXTS(o, "time", c->time, "task", c->task, "by", c->who);
	json_add_bool(o, "staged", c->index);
	if (c->undoes != 0)
		json_add_int(o, "undoes", c->undoes);
	json_add_bool(o, "undone", c->undone == UNDONE_WHOLE);
	list = cJSON_AddArrayToObject(o, "undone_by");
	while ((by = fold_change_reverser(f, c, by)) != NULL)
		cJSON_AddItemToArray(list, cJSON_CreateNumber((double)by->tx));
	list = cJSON_AddArrayToObject(o, "files");
	MEM_EACH(c, files, it) {
		if (it->renamed_later)
			continue;
		one = cJSON_CreateObject();
		json_add_path(one, "path", it->path_bytes);
		if (it->from != NULL)
			json_add_path(one, "from", it->from);
		json_add_str(one, "commit", it->commit);
		cJSON_AddItemToArray(list, one);
	}
	return o;
}

static void
undo_json(const struct fold *f, const char *id)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	cJSON *list;

	json_add_str(o, "session", id);
	list = cJSON_AddArrayToObject(o, "changes");
	MEM_EACH(f, changes, c)
		cJSON_AddItemToArray(list, undo_json_change(f, c));
	print_object(o);
}

static int
undo_list(const struct session_client *r, bool json)
{
	struct fold *f = fold_new();
	struct err e = ERR_INIT;
	int rc = session_fold(r->id, f, &e);

	if (json && rc == 0) {
		undo_json(f, r->id);
		fold_free(f);
		return EXIT_DONE;
	}
	if (f->changes_len > 0 && pager_columns(stdout) > 0)
		print_words(stdout, "change  time, files: task");
	MEM_EACH(f, changes, c)
		undo_list_change(f, c);
	fold_free(f);
	return rc < 0 ? cmd_fail_err(&e) : EXIT_DONE;
}

/* Has the session applied the change of --change? */
static int
undo_known(const struct session_client *r, const char *change)
{
	struct fold *f = fold_new();
	struct err e = ERR_INIT;
	int code = EXIT_DONE;

	if (session_fold(r->id, f, &e) < 0)
		code = cmd_fail_err(&e);
	else if (fold_change_find(f, strtoll(change, NULL, 10)) == NULL)
		code = cmd_fail(EXIT_USAGE, "--change %s: no such change; see "
		    "assent undo --list %s", change, r->id);
	fold_free(f);
	return code;
}

/* ---- the reverse ---- */

/* The core died between the decision on an undo and its end: the change that it
 * reverses; or 0. *begun: it had begun to write. */
static int64_t
undo_interrupted(const struct session_client *r, bool *begun)
{
	struct fold *f = fold_new();
	struct err e = ERR_INIT;
	int64_t tx = 0;

	if (!session_is_alive(r->id) && session_fold(r->id, f, &e) == 0 &&
	    f->open.decision != NULL && f->proposal != NULL)
		tx = f->proposal->undo;
	*begun = tx != 0 && f->open.begin != NULL;
	fold_free(f);
	return tx;
}

/* The command for the core, or NULL with the error. */
static cJSON *
undo_command(const struct cmd_args *a, struct err *e)
{
	char *end;
	long n = 0;

	if (a->change != NULL) {
		n = strtol(a->change, &end, 10);
		if (a->change[0] < '0' || a->change[0] > '9' ||
		    *end != '\0' || n <= 0 || n > 1000000000) {
			err_set(e, "--change %.40s: must be a number "
			    "from --list", a->change);
			return NULL;
		}
	}
	return command_undo(n, NULL, NULL);
}

int
cmd_undo(const struct cmd_args *a)
{
	struct headless_options o = { .decide = true };
	AUTO(headless_result_release) struct headless_result result = { 0 };
	AUTO(select_free_at) struct select *choose = NULL;
	struct client c = { 0 };
	AUTO(session_client_release) struct session_client r = { 0 };
	struct err e = ERR_INIT;
	struct session_info info = { 0 };
	AUTO_JSON cJSON *command = undo_command(a, &e);
	unsigned what = SESSION_RECOVER;
	int64_t tx;
	bool begun;
	int code;

	if (command == NULL || (a->choices_len > 0 && (choose =
	    select_new(a->choices, a->choices_len, &e)) == NULL))
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if ((code = session_client_find(&r, a)) != 0)
		return code;
	if (a->list)
		return undo_list(&r, a->json);
	if (a->change != NULL && (code = undo_known(&r, a->change)) != 0)
		return code;
	/* Asked for again, it is that undo, and not the one of the change
	 * before. */
	tx = undo_interrupted(&r, &begun);
	if (tx != 0 && a->change == NULL) {
		cJSON_Delete(command);
		command = command_undo(tx, NULL, NULL);
	}
	if (tx != 0 && json_int(command, "tx", 0) == tx) {
		r.redecide = !begun;
		o.recovered = begun;
		o.undoes = begun ? tx : 0;
	}
	o.choose = choose;
	o.first = command;
	o.person = choose == NULL && headless_person();
	o.screen = o.person && cmd_has_screen(a);
	/* A task that was killed goes on for the screen, once that is decided. */
	if (o.screen && session_look(r.id, &info) &&
	    info.state.work != SESSION_ENDED)
		what |= SESSION_MODEL;
	session_info_release(&info);
	r.rests = true;
	if ((code = session_client_setup(&r, a, what)) != 0)
		return code;
	if (session_client_connect(&c, &r, a, o.screen, &e) < 0)
		return cmd_fail_err(&e);
	code = headless_run(&c, &o, &result);
	if (result.screen)
		return cmd_review(&c, &result);
	if (code == EXIT_WAITS)
		cmd_say("not applied; decide with assent decide %s --accept "
		    "all, or review with assent resume %s", r.id, r.id);
	return code;
}
