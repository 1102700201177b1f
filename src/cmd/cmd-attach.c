/*
 * Opens the full-screen UI or plain mode: for a new session, a running one, or
 * one whose core is started again from the journal.
 */
#include "config.h"

#include <stdlib.h>

#include "base/fs.h"
#include "cmd/base/client.h"
#include "cmd/cmd.h"
#include "cmd/headless/headless.h"
#include "cmd/plain/plain.h"
#include "cmd/session-client.h"
#include "cmd/setup.h"
#include "journal/session.h"
#include "ui/app/app.h"

/* Panes or plain lines? */
static bool
screen_is_plain(const struct cmd_args *a)
{
	return a->plain || plain_is_needed();
}

static int
screen_needed(const struct cmd_args *a)
{
	struct err e = ERR_INIT;

	if (!headless_person())
		return cmd_fail(EXIT_USAGE, "the full-screen UI needs a "
		    "terminal; use assent exec or assent log");
	if (screen_is_plain(a))
		return 0;
	/* Check before a core is started that nobody would watch. */
	if (!app_can_run(&e))
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	return 0;
}

struct screen_files { const struct setup *s; const struct cmd_args *a; };

static struct bindings *
screen_reload(void *arg, struct err *e)
{
	const struct screen_files *f = arg;

	return setup_reload(f->s, f->a, e);
}

/* Print the id of a session that outlives the UI. */
static int
screen_run(struct client *c, const struct cmd_args *a, bool task_given,
    const char *id, struct setup *s, const struct bindings *bindings,
    struct past **past)
{
	enum ui_end how = UI_NO_SCREEN;
	char *state = session_state_dir(NULL);
	char *history = state == NULL ? NULL : fs_join(state, "history");
	char *kept = state == NULL ? NULL : fs_join(state, "screen");
	struct screen_files files = { s, a };
	struct ui_options u = {
		.reload = screen_reload, .reload_arg = &files, .io = c->io, .session = id, .task_given = task_given,
		.past = past, .bindings = bindings, .history = history, .view_file = kept,
		.end = &how,
	};
	int code;

	setup_likes(s, &u.likes);
	setup_models(s, &u.models);
	code = screen_is_plain(a) ? plain_run(c, &u) : app_run(&u);
	client_release(c, how == UI_ENDED);
	free(kept);
	free(history);
	free(state);
	return code;
}

int
cmd_screen(const struct cmd_args *a)
{
	struct client c = { 0 };
	struct setup s = { 0 };
	struct bindings *bindings = NULL;
	struct err e = ERR_INIT;
	char *task = NULL;
	int code;

	if ((code = setup_project(&s, a)) != 0)
		goto out;
	/* The core loads its libraries while the configuration is read. */
	(void)client_spawn(&c, NULL);
	if ((code = setup_config(&s, a, "interactive")) != 0)
		goto out;
	if (cmd_task(a, false, &task, &e) < 0) {
		code = cmd_fail(EXIT_USAGE, "%s", e.text);
		goto out;
	}
	if ((bindings = setup_bindings(&s)) == NULL) {
		code = EXIT_USAGE;
		goto out;
	}
	s.may_ask = true;
	s.screen = !screen_is_plain(a);
	/* Only a task needs a model. */
	code = task != NULL ? setup_model(&s) : setup_model_if_any(&s);
	if (code != 0 || (code = screen_needed(a)) != 0)
		goto out;
	if (client_start(&c, setup_start(&s, "interactive", task, true, true),
	    setup_hello(&s), &e) < 0) {
		code = cmd_fail(EXIT_ERROR, "%s", e.text);
		goto out;
	}
	code = screen_run(&c, a, task != NULL, NULL, &s, bindings, NULL);
out:
	client_release(&c, true);
	bindings_free(bindings);
	free(task);
	setup_release(&s);
	return code;
}

/* Also `resume`: a dead core is started again. */
int
cmd_attach(const struct cmd_args *a)
{
	struct session_client r;
	struct bindings *bindings = NULL;
	struct client c = { 0 };
	struct err e = ERR_INIT;
	int code;

	if ((code = session_client_find(&r, a)) != 0 ||
	    (code = screen_needed(a)) != 0 ||
	    (code = session_client_recover(&r, a)) != 0)
		goto out;
	if (!session_is_alive(r.id))
		(void)client_spawn(&c, NULL);
	/* Plain mode prints whole lines, which the core sends. */
	if (!screen_is_plain(a))
		session_client_past(&r);
	if ((code = session_client_setup(&r, a, true)) != 0)
		goto out;
	if ((bindings = setup_bindings(&r.setup)) == NULL) {
		code = EXIT_USAGE;
		goto out;
	}
	if (session_client_connect(&c, &r, a, true, &e) < 0) {
		code = cmd_fail(EXIT_ERROR, "%s", e.text);
		goto out;
	}
	code = screen_run(&c, a, true, r.id, &r.setup, bindings, &r.past);
out:
	client_release(&c, true);
	bindings_free(bindings);
	session_client_release(&r);
	return code;
}
