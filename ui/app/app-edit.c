/*
 * Runs the user's editor or pager in place of the screen, and uses what was
 * saved.
 */
#include "config.h"

#include "ui/app/app-int.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "front/editor.h"
#include "ui/diff/diff.h"
#include "ui/panes/composer.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"
#include "ui/term/terminal.h"
#include "ui/text/input.h"

#define APP_EDITOR_TRIES 100	/* of 10 ms each, for the editor to end */

/* git or a hook has said in the terminal why it made no commit, or a provider
 * why it rejects a key: leave that there until it was read. */
static void
app_run_pause(struct app *a, bool failed)
{
	static const char *const pause[] = { "sh", "-c",
		"printf '\nPress Enter to go back: ' >&2; read -r line", NULL };

	if (!failed)
		return;
	a->editing = UI_RUN_PAUSE;
	(void)editor_run(&a->editor, pause, false, NULL);
}

/* Handle the saved text; NULL: there is none, for this reason. */
static void
app_edited(struct app *a, const struct buf *b, const char *why)
{
	const char *text = b == NULL ? NULL : buf_str(b);
	size_t len = b == NULL ? 0 : b->len;

	switch (a->editing) {
	case UI_EDIT_TEXT:
		composer_edited(&a->ui, text, len, why);
		break;
	case UI_EDIT_SUMMARY:
		summary_edit_done(&a->ui, text, len, a->summary_seq, why);
		break;
	case UI_LOOK_FILE:
	case UI_LOOK_TEXT:
		export_clear(&a->ui);
		if (b == NULL)
			ui_notice(&a->ui, "%s", why);
		break;
	case UI_RUN_DEMO:
	case UI_RUN_LOGIN:
		app_run_pause(a, welcome_ran(&a->ui, a->editing,
		    b == NULL ? why : NULL));
		break;
	case UI_RUN_COMMIT:
		app_run_pause(a, git_commit_ran(&a->ui, text, len));
		break;
	case UI_RUN_PAUSE:
		break;
	case UI_EDIT_PLAN:
		plan_edit_done(&a->ui, b, a->plan_version, why);
		break;
	default:
		hunk_edit_edited(&a->ui, text, len, why);
		break;
	}
}

void
app_editor_done(struct app *a)
{
	struct err e = ERR_INIT;
	struct buf b;
	int status, rc;

	if (a->editor.pid == 0 || waitpid(a->editor.pid, &status, WNOHANG |
	    WUNTRACED) != a->editor.pid)
		return;
	if (WIFSTOPPED(status)) {
		app_stop_job(a);
		/* Perhaps only we got the SIGCONT. */
		kill(a->editor.pid, SIGCONT);
		return;
	}
	rc = editor_finish(&a->editor, status, &b, &e);
	app_edited(a, rc < 0 ? NULL : &b, e.text);
	buf_release(&b);
	FREE_NULL(a->edit_given);
	app_draft_save(a);
	if (a->editor.pid == 0)
		app_back(a);
}

/* Open the plan, a hunk or a text in the user's editor. */
void
app_edit(struct app *a)
{
	struct err e = ERR_INIT;
	const char *name = "hunk.diff";
	char *text;
	size_t len = 0;

	a->editing = a->ui.want_edit;
	a->ui.want_edit = UI_EDIT_NONE;
	if (a->editing == UI_EDIT_TEXT) {
		name = "message.txt";
		text = composer_text(&a->ui, &len);
	} else if (a->editing == UI_EDIT_SUMMARY) {
		name = "summary.md";
		text = summary_edit_text(&a->ui, &len, &a->summary_seq);
	} else if (a->editing == UI_EDIT_PLAN) {
		name = "plan.md";
		text = plan_edit_text(&a->ui, &len, &a->plan_version, &e);
	} else
		text = hunk_edit_text(&a->ui, &len);
	if (text == NULL) {
		ui_notice(&a->ui, "%s",
		    err_is_set(&e)
			? e.text
			: "nothing left to edit: it was decided or replaced");
		return;
	}
	tty_leave(a->tty);
	if (editor_start(&a->editor, name, text, len, &e) < 0) {
		ui_notice(&a->ui, "%s", e.text);
		app_back(a);
		free(text);
		return;
	}
	if (a->editing == UI_EDIT_TEXT)
		a->editor.max = INPUT_MAX;
	a->edit_given = text;
}

/* Run the demo, the login or a commit in the terminal. */
void
app_run_other(struct app *a)
{
	static char self[PATH_MAX];
	static const char *const demo[] = { self, "demo", NULL };
	static const char *const login[] = { self, "login", NULL };
	size_t i, len = a->ui.git.changes_len;
	AUTO_FREE const char **commit = xcalloc(4 + 2 * len + 1,
	    sizeof(*commit));
	AUTO_FREE char (*numbers)[24] = xcalloc(len + 1, sizeof(*numbers));
	const char *const *argv = demo;
	struct err e = ERR_INIT;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	a->editing = a->ui.want_edit;
	a->ui.want_edit = UI_EDIT_NONE;
	self[n < 0 ? 0 : n] = '\0';
	commit[0] = self;
	commit[1] = "commit";
	commit[2] = "--json";
	commit[3] = a->ui.fold->session;
	for (i = 0; i < len; i++) {
		(void)snprintf(numbers[i], sizeof(*numbers), "%lld",
		    (long long)a->ui.git.changes[i]);
		commit[4 + 2 * i] = "--change";
		commit[5 + 2 * i] = numbers[i];
	}
	if (a->editing != UI_RUN_DEMO)
		argv = a->editing == UI_RUN_LOGIN ? login : commit;
	tty_leave(a->tty);
	if (editor_run(&a->editor, argv, argv == commit, &e) < 0) {
		ui_notice(&a->ui, "%s", e.text);
		app_back(a);
	}
}

/* Open the user's own file in the editor: what they save there is their change,
 * which the next write finds and merges. */
static int
app_open(struct app *a, struct err *e)
{
	static char line[16];
	static const char *argv[] = { "sh", "-c",
		"eval \"exec ${VISUAL:-${EDITOR:-vi}} \\\"\\$@\\\"\"",
		"editor", line, NULL, NULL };

	snprintf(line, sizeof(line), "+%d", a->ui.look.line);
	argv[5] = a->ui.look.path;
	return editor_run(&a->editor, argv, false, e);
}

/* Open the user's file in the editor, or a text in the pager. */
void
app_look(struct app *a)
{
	const struct ui_look *l = &a->ui.look;
	struct err e = ERR_INIT;

	a->editing = a->ui.want_edit;
	a->ui.want_edit = UI_EDIT_NONE;
	tty_leave(a->tty);
	if ((l->path != NULL ? app_open(a, &e) : editor_look(&a->editor,
	    l->name, l->text, l->len, l->line, &e)) < 0) {
		export_clear(&a->ui);
		ui_notice(&a->ui, "%s", e.text);
		app_back(a);
	}
}

/* The UI ends while the editor runs: keep the saved text as a draft, unsent. */
static void
app_edit_rescue(struct app *a, const struct buf *b)
{
	if (a->edit_given == NULL || b->len == 0 ||
	    strcmp(buf_str(b), a->edit_given) == 0)
		return;
	if (a->editing == UI_EDIT_TEXT)
		composer_edited(&a->ui, buf_str(b), b->len, "");
	else if (a->editing == UI_EDIT_PLAN)
		plan_edit_keep(&a->ui, buf_str(b), b->len, a->plan_version);
	else
		(void)draft_text_to_line(&a->ui, buf_str(b), b->len);
}

/* End the editor: we have to restore the terminal. */
void
app_stop_editor(struct app *a)
{
	struct buf b;
	int status = 0, tries;

	if (a->editor.pid == 0)
		return;
	kill(a->editor.pid, SIGHUP);
	for (tries = 0; waitpid(a->editor.pid, &status, WNOHANG) == 0;
	    tries++) {
		if (tries == APP_EDITOR_TRIES)
			kill(a->editor.pid, SIGKILL);
		(void)poll(NULL, 0, 10);
	}
	/* Whatever its exit status. */
	if (editor_finish(&a->editor, 0, &b, NULL) == 0)
		app_edit_rescue(a, &b);
	buf_release(&b);
	FREE_NULL(a->edit_given);
	tty_restore(a->tty);
}
