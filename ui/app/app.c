/*
 * The UI's loop: terminal, socket, signals.  Each round handles what came in,
 * and then draws if something changed (app-frame.c).  state.c holds the UI
 * logic; the core owns all data.
 */

#include "config.h"

#include "ui/app/app.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "client/client.h"
#include "front/bindings.h"
#include "front/editor.h"
#include "front/exit-summary.h"
#include "front/history.h"
#include "front/message.h"
#include "front/paste-image.h"
#include "front/print.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/reader.h"
#include "journal/session.h"
#include "ui/app/app-int.h"
#include "ui/app/state.h"
#include "ui/diff/diff.h"
#include "ui/keys/keys.h"
#include "ui/panes/composer.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/term/terminal.h"
#include "ui/text/input.h"

#define DRAFT_QUIET_MS 1000
#define DRAFT_LAST_MS 10000
#define DRAFT_MUCH ((size_t)256 << 10)	/* bytes */

/*
 * When unsent text is saved to the session's folder: after a pause in typing,
 * or a short time after it was typed, but not after each key; long texts less
 * often. Also when the UI is suspended or exits.
 */

/* When to save it; -1: it is saved. */
static int64_t
app_draft_at(const struct app *a)
{
	bool much = input_size(&a->ui.input) > DRAFT_MUCH;
	int64_t quiet, last;

	if (a->draft == NULL || a->typed_since < 0)
		return -1;
	quiet = a->typed_at + DRAFT_QUIET_MS;
	last = a->typed_since + DRAFT_LAST_MS;
	return much ? last : quiet < last ? quiet : last;
}

static bool
app_draft_save(struct app *a)
{
	a->typed_since = -1;
	return a->draft != NULL && draft_file_save(a->draft, &a->ui);
}

/* The session is known: offer the unsent text of it again. */
static void
app_draft_load(struct app *a)
{
	if (a->draft == NULL && a->ui.fold->dir != NULL)
		a->draft = draft_file_open(a->ui.fold->dir, &a->ui);
}

/* The UI ends. True if unsent text was kept. */
static bool
app_draft_end(struct app *a)
{
	bool told;

	/* A message that was sent to the core is kept until it is in the
	 * journal; as long as that core runs, there is no need to mention
	 * it. */
	told = a->end != UI_DETACHED ||
	    client_is_sending(a->options->client) ||
	    draft_is_own(&a->ui);
	return app_draft_save(a) && told;
}

/*
 * What was seen, and the place in the review, are saved with the next key. Both
 * are loaded at the beginning; what was seen also whenever the user goes to the
 * review, since another terminal may have shown more.
 */

/* The old lines have come, or all of them (`live`): load it. */
static void
app_seen_begin(struct app *a, bool live)
{
	const char *dir = a->ui.fold->dir;
	int64_t key;

	if (dir == NULL)
		return;
	if (a->review == NULL)
		a->review = review_file_new(dir);
	key = review_file_load(a->review, &a->ui, true);
	if (live)
		away_notice(&a->ui, key);
}

static bool
app_is_reviewing(const struct app *a)
{
	return a->ui.at == PANE_DIFF && !a->ui.typing;
}

/* It came; `reviewing`: before it, the keys were the review's. */
static void
app_seen_key(struct app *a, bool reviewing)
{
	if (!reviewing && a->review != NULL && app_is_reviewing(a))
		(void)review_file_load(a->review, &a->ui, false);
}

/*
 * View settings are saved shortly after a key changed one, once for several
 * keys, so that a killed UI doesn't lose them.
 */

#define VIEW_SETTINGS_VERSION 1
#define VIEW_SETTINGS_BYTES 4096

/* ---- the file: one JSON object on one line, with a version ---- */

/* Read the start of the file, if it is a regular one; -1 if there is none. */
static int
view_settings_read(const char *path, struct buf *b)
{
	AUTO_CLOSE int fd = open(
	    path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		(void)fs_read_all(fd, b);
	return 0;
}

static bool
view_settings_is_whole(const cJSON *o)
{
	return cJSON_IsObject(o) && json_int(o, "version", 0) ==
	    VIEW_SETTINGS_VERSION;
}

/* Read the file, if there is one; false, with nothing changed, if it is
 * damaged. */
static bool
view_settings_load(struct app *a, const char *path)
{
	AUTO_BUF struct buf b = BUF_INIT(VIEW_SETTINGS_BYTES);
	AUTO_JSON cJSON *o = NULL;
	bool good = false;

	if (view_settings_read(path, &b) < 0)
		return true;
	if (b.len > 0)
		o = json_parse(b.p, b.len, JSON_NUL_REFUSE, NULL);
	if ((good = view_settings_is_whole(o))) {
		a->ui.diff.columns = json_bool(o, "diff_side_by_side", false) ?
		    DIFF_ON : json_bool(o, "diff_side_by_side", true) ?
		    DIFF_BY_WIDTH : DIFF_OFF;
		xstrset(&a->told_type, json_str(o, "told_type"));
	}
	return good;
}

/* The file's text, to compare and save; malloc'ed. */
static char *
view_settings_text(const struct app *a)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *text = NULL;

	json_add_int(o, "version", VIEW_SETTINGS_VERSION);
	/* If this isn't written, the width decides. */
	if (a->ui.diff.columns != DIFF_BY_WIDTH)
		json_add_bool(o, "diff_side_by_side", a->ui.diff.columns ==
		    DIFF_ON);
	if (a->told_type != NULL)
		json_add_str(o, "told_type", a->told_type);
	text = json_print(o);
	return xasprintf("%s\n", text);
}

/* Replace the private file; false: it can't be. */
static bool
view_settings_save(const char *path, const char *text)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *dir = NULL;
	AUTO_CLOSE int fd = -1;

	if (slash == NULL)
		return false;
	dir = xmemdup(path, (size_t)(slash - path));
	if (fs_mkdirs(dir, 0700, NULL) == 0)
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && fs_replace(fd, slash + 1, text, strlen(text), 0600,
	    NULL) == 0;
}

static void
app_view_load(struct app *a)
{
	const char *path = a->options->view_file;

	if (path == NULL)
		return;
	if (view_settings_load(a, path)) {
		a->view_saved = view_settings_text(a);
		return;
	}
	a->view_saved = xstrdup("");		/* differs: it will be saved */
	ui_notice(&a->ui, "%s is damaged: the views are as the settings "
	    "say", path);
}

/* Save only what keys changed in this UI: another one may have saved, too. */
static void
app_view_save(struct app *a)
{
	AUTO_FREE char *now = NULL;

	a->view_at = -1;
	if (a->options->view_file == NULL)
		return;
	now = view_settings_text(a);
	/* What can't be saved now is tried again later, and at the end. */
	if (strcmp(now, a->view_saved) != 0 &&
	    view_settings_save(a->options->view_file, now))
		xstrset(&a->view_saved, now);
}

#define APP_TYPE_MAX 64

/* The host doesn't know this type of terminal: say so, once for a type. */
static void
app_tell_type(struct app *a)
{
	const char *used = tty_stand_in(a->tty), *type = getenv("TERM");

	/* Something else is said first. */
	if (used == NULL || type == NULL || a->ui.notice != NULL ||
	    (a->told_type != NULL && strcmp(a->told_type, type) == 0))
		return;
	ui_notice_as(&a->ui, NOTICE_STAYS, "terminfo has no \"%.*s\" here: "
	    "using the entry of %s", APP_TYPE_MAX, type, used);
	if (strlen(type) <= APP_TYPE_MAX && utf8_is_valid(type, strlen(type)))
		xstrset(&a->told_type, type);
}

/* Bytes of the newest texts of the transcript that stay in memory; older ones
 * are read from the journal again. */
#define APP_VIEW_QUIET_MS 1000
#define APP_TEXTS_MAX ((size_t)32 << 20)

static void
app_send(void *arg, cJSON *take)
{
	struct app *a = arg;

	/* Save the draft first: a killed screen loses no message. */
	if (json_is(take, "type", "unqueue"))
		(void)app_draft_save(a);
	if (client_send(a->options->client, take) < 0)
		ui_notice(&a->ui,
		    "not sent: the background process is not responding");
}

static struct reader *
app_reader(struct app *a)
{
	if (a->reader == NULL && a->ui.fold->dir != NULL)
		a->reader = reader_new(a->ui.fold->dir);
	return a->reader;
}

static const char *
app_line(void *arg, int64_t seq, size_t *n)
{
	struct reader *p = app_reader(arg);

	return p == NULL ? NULL : reader_line(p, seq, n);
}

static char *
app_content(void *arg, const char *sha256, size_t max, size_t *len)
{
	struct reader *p = app_reader(arg);

	return p == NULL ? NULL : reader_content(p, sha256, max, len);
}

static char *
app_piece(void *arg, const char *sha256, int64_t at, size_t n, size_t *len,
    int64_t *size)
{
	struct reader *p = app_reader(arg);

	return p == NULL ? NULL : reader_piece(p, sha256, at, n, len, size);
}

static void
app_key(void *arg, const struct key_event *ev)
{
	struct app *a = arg;
	bool typed = a->ui.typing, reviewing = app_is_reviewing(a);

	/* Typed for the program or the session that gets the terminal now. */
	if (a->ui.want_edit != UI_EDIT_NONE ||
	    a->ui.want.loop == UI_WANT_SUSPEND ||
	    a->ui.want.loop == UI_WANT_OTHER || a->editor.pid != 0)
		return;
	if (a->review != NULL)
		review_file_key(a->review, &a->ui, true);
	state_key(&a->ui, ev);
	a->keyed = true;
	app_seen_key(a, reviewing);
	/* The key changed unsent text, or it may have changed the view. */
	if (typed || a->ui.typing) {
		a->typed_at = a->ui.now;
		if (a->typed_since < 0)
			a->typed_since = a->ui.now;
	} else if (a->options->view_file != NULL && a->view_at < 0)
		a->view_at = a->ui.now + APP_VIEW_QUIET_MS;
}

int
app_signals(void)
{
	static const int wanted[] = { SIGWINCH, SIGTERM, SIGHUP, SIGINT,
		SIGQUIT, SIGCONT, SIGCHLD, SIGTSTP };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < MEM_COUNT(wanted); i++)
		sigaddset(&set, wanted[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
app_leave(struct app *a, enum ui_end end, int code)
{
	a->done = true;
	a->end = end;
	a->code = code;
}

static void
app_resize(struct app *a)
{
	int rows, cols;

	tty_size(&rows, &cols);
	screen_resize(a->ui.screen, rows, cols);
	/* Another row may be under the cursor now. */
	a->ui.review.came = true;
	a->full = a->leaving = false;
	draw_reset(a->draw, rows, cols);
	ui_draws(&a->ui, FRAME_ALL);
}

bool
app_tty_ready(void)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };

	return poll(&p, 1, 0) > 0 && p.revents != 0;
}

/* Read once; false if the terminal is closed. */
static bool
app_read_tty(struct app *a)
{
	char chunk[4096];
	ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	keys_expect(a->keys, a->ground_asked);
	keys_feed(a->keys, chunk, (size_t)n, a->ui.now);
	/* Only after keys_feed: the keys drop the terminal's answer only as
	 * long as it is awaited. */
	if (a->ground_asked && draw_read_ground(a->draw, chunk, (size_t)n)) {
		a->ground_asked = false;
		ui_draws(&a->ui, FRAME_ALL);
	}
	return true;
}

static void
app_hang_up(struct app *a)
{
	const struct client *c = a->options->client;

	a->done = true;
	a->end = c->end == CLIENT_ENDED ? UI_ENDED : UI_CORE_GONE;
	a->code = c->end == CLIENT_GONE ? 1 : c->code;
}

/* The session is known: prepare the line that says how to reattach, in case
 * this process dies. */
static void
app_crash_words(struct app *a)
{
	AUTO_FREE char *id = NULL, *text = NULL;

	if (a->crash_told || a->ui.fold->session == NULL)
		return;
	a->crash_told = true;
	id = sanitize_dup(a->ui.fold->session, sanitize_locale());
	text = xasprintf("assent: the screen crashed. No decision was "
			 "lost.\nReattach: assent resume %s\n",
	    id);
	tty_crash_words(text);
}

static void
app_line_in(void *arg, const struct event *l)
{
	struct app *a = arg;

	state_line(&a->ui, l);
	app_draft_load(a);
	/* The end of a text doesn't wait for more of it. */
	if (l->type == EVENT_ASSISTANT_MESSAGE)
		a->frames_until[false] = 0;
	if (l->type != EVENT_LIVE)
		return;
	app_seen_begin(a, true);
	if (a->watch == NULL && a->ui.fold->session != NULL) {
		a->watch = session_watch_new();
		a->watching = true;
	}
}

/* The lines that the core doesn't send. */
static void
app_read_past(struct app *a)
{
	struct past **past = a->options->past;

	if (past == NULL || *past == NULL)
		return;
	client_read_past(a->options->client, *past, a->options->session);
	state_checking(&a->ui);
	app_seen_begin(a, false);
	past_free(*past);
	*past = NULL;
#ifdef __GLIBC__
	(void)malloc_trim(0);	/* what the old lines took */
#endif
	app_crash_words(a);
}

static void
app_read_core(struct app *a)
{
	size_t pending = a->ui.say.pending;
	int64_t seq = a->ui.fold->seq;
	int rc = client_read(a->options->client);

	app_crash_words(a);
	if (a->ui.fold->seq != seq && a->ui.git.here &&
	    a->ui.fold->root != NULL)
		FREE_SET(a->ui.git.branch, commit_run_branch(a->ui.fold->root));
	/* Messages that the core has journaled are no longer unsent. */
	if (a->ui.say.pending < pending)
		app_draft_save(a);
	if (rc < 0)
		app_hang_up(a);
	else if (a->options->asks && a->ui.fold->live &&
	    a->ui.fold->ask.kind == ASK_NONE && ui_leaves_to_command(&a->ui))
		app_leave(a, UI_DETACHED, 0);
}

/* A shell with job control would have given us a process group. */
bool
app_has_no_shell(void)
{
	return getpgrp() == getsid(0);
}

bool
app_stop_job(void)
{
	sigset_t set;

	if (app_has_no_shell()) {
		/* If the shell has no job control, SIGTSTP is ignored. */
		raise(SIGSTOP);
	} else {
		/* Stop the whole job at once, a wrapper script's shell
		 * included. If that shell stopped first, the user could type
		 * fg before we have stopped, and nothing would continue us. */
		sigemptyset(&set);
		sigaddset(&set, SIGTSTP);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
		kill(0, SIGTSTP);
		sigprocmask(SIG_BLOCK, &set, NULL);
	}
	return sigpending(&set) == 0 && sigismember(&set, SIGCONT) > 0;
}

static void
app_back(struct app *a)
{
	tty_enter(a->tty, a->options->likes.mouse);
	keys_forget(a->keys);
	review_unsend(&a->ui.review);
	app_resize(a);
}

/* ---- the user's editor or pager in place of the screen, and what was saved
 * there ---- */

#define APP_EDITOR_TRIES 100	/* of 10 ms each, for the editor to end */

/* git or a hook has said in the terminal why it made no commit, or a provider
 * why it rejects a key: leave that there until it was read. */
static void
app_run_pause(struct app *a)
{
	static const char *const pause[] = { "sh", "-c",
		"printf '\nPress Enter to go back: ' >&2; read -r line", NULL };

	a->ui.want_edit = UI_EDIT_NONE;
	a->editing = UI_RUN_PAUSE;
	(void)editor_run(&a->editor, pause, false, NULL);
}

static const struct ui_edit_ops *const app_edits[] = {
	[UI_EDIT_PLAN] = &edit_plan, [UI_EDIT_HUNK] = &edit_hunk,
	[UI_EDIT_TEXT] = &edit_message,
	[UI_LOOK_FILE] = &edit_look, [UI_LOOK_TEXT] = &edit_look,
	[UI_RUN_LOGIN] = &run_login, [UI_RUN_COMMIT] = &run_commit,
	[UI_RUN_SEND] = &run_send,
	[UI_RUN_PAUSE] = NULL,
};

/* Handle the saved text; NULL: there is none, for this reason. */
static void
app_edited(struct app *a, const struct buf *b, const char *why)
{
	const struct ui_edit_ops *ops = app_edits[a->editing];

	if (ops != NULL)
		ops->done(&a->ui, b == NULL ? NULL : buf_str(b), b == NULL ? 0 :
		    b->len, a->edit_of, why);
	if (a->ui.want_edit == UI_RUN_PAUSE)
		app_run_pause(a);
}

static void
app_editor_done(struct app *a)
{
	struct err e = ERR_INIT;
	AUTO_BUF struct buf b = BUF_INIT(0);
	int status, rc;

	if (a->editor.pid == 0 || waitpid(a->editor.pid, &status, WNOHANG |
	    WUNTRACED) != a->editor.pid)
		return;
	if (WIFSTOPPED(status)) {
		a->stopped = app_stop_job();
		/* Perhaps only we got the SIGCONT. */
		kill(a->editor.pid, SIGCONT);
		return;
	}
	rc = editor_finish(&a->editor, status, &b, &e);
	app_edited(a, rc < 0 ? NULL : &b, e.text);
	FREE_NULL(a->edit_given);
	app_draft_save(a);
	if (a->editor.pid == 0)
		app_back(a);
}

/* Open the plan, a hunk or a text in the user's editor. */
static void
app_edit(struct app *a)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *text = NULL;
	size_t len = 0;

	text = app_edits[a->editing]->text(&a->ui, &len, &a->edit_of, &e);
	if (text == NULL) {
		ui_notice(&a->ui, "%s",
		    err_is_set(&e)
			? e.text
			: "nothing left to edit: it was written or replaced");
		return;
	}
	tty_leave(a->tty);
	if (editor_start(&a->editor, app_edits[a->editing]->name, text, len, 0,
	    &e) < 0) {
		ui_notice(&a->ui, "%s", e.text);
		app_back(a);
		return;
	}
	if (a->editing == UI_EDIT_TEXT)
		a->editor.max = INPUT_MAX;
	a->edit_given = text;
	text = NULL;
}

/* Run the demo, the login, a commit or /send in the terminal. */
static void
app_run_other(struct app *a)
{
	/* What runs, also if its file was replaced. */
	static const char self[] = "/proc/self/exe";
	static const char *const demo[] = { self, "demo", NULL };
	static const char *const login[] = { self, "login", "-", NULL };
	static const char *send[] = { self, "review", "--send", "ask", NULL,
		NULL };
	size_t i, len = a->ui.git.changes_len;
	AUTO_FREE const char **commit = xcalloc(6 + 2 * len + 1,
	    sizeof(*commit));
	AUTO_FREE char (*numbers)[24] = xcalloc(len + 1, sizeof(*numbers));
	const char *const *argv = demo;
	struct err e = ERR_INIT;

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
	commit[4 + 2 * len] = a->ui.git.title == NULL ? NULL : "-m";
	commit[5 + 2 * len] = a->ui.git.title;
	send[4] = a->ui.fold->session;
	if (a->editing != UI_RUN_DEMO)
		argv = a->editing == UI_RUN_LOGIN ? login : a->editing ==
		    UI_RUN_SEND ? send : commit;
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
static void
app_look(struct app *a)
{
	const struct ui_look *l = &a->ui.look;
	struct err e = ERR_INIT;

	tty_leave(a->tty);
	if ((l->path != NULL ? app_open(a, &e) : editor_start(&a->editor,
	    l->name, l->text, l->len, l->line > 0 ? l->line : 1, &e)) < 0) {
		edit_look.done(&a->ui, NULL, 0, 0, e.text);
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
	if (app_edits[a->editing]->keep != NULL)
		app_edits[a->editing]->keep(&a->ui, buf_str(b), b->len,
		    a->edit_of);
	else
		(void)draft_text_to_line(&a->ui, buf_str(b), b->len);
}

/* End the editor: we have to restore the terminal. */
static void
app_stop_editor(struct app *a)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
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
	FREE_NULL(a->edit_given);
}

/* The first frame is drawn, or something that was begun then has ended. */
static void
app_begin(struct app *a, bool wait)
{
	a->begun = a->begun || a->options->begin == NULL ||
	    a->options->begin(a->options->begin_arg, wait);
}

/* A commit beside the screen may have ended. */
static void
app_commit_end(struct app *a)
{
	struct ui *ui = &a->ui;
	bool made;
	AUTO_FREE char *words = commit_run_end(&ui->git.run, &made);

	if (words == NULL)
		return;
	ui_notice_as(ui, NOTICE_STAYS, "%s%s", words, made ? "" :
	    " · /commit tries again");
	ui_draws(&a->ui, FRAME_ALL);
}

static void
app_read_signals(struct app *a)
{
	struct signalfd_siginfo si;

	while (read(a->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		switch (si.ssi_signo) {
		case SIGWINCH:
			if (a->editor.pid == 0)
				app_resize(a);
			break;
		case SIGCONT:
			/* Stopped from outside: the terminal may look
			 * different now. */
			if (!a->stopped && a->editor.pid == 0) {
				tty_leave(a->tty);
				app_back(a);
			}
			a->stopped = false;
			break;
		case SIGCHLD:
			app_editor_done(a);
			app_commit_end(a);
			app_begin(a, false);
			break;
		case SIGINT:
			/* While the editor runs, the key was for the editor. */
			if (a->editor.pid == 0) {
				state_action(&a->ui,
				    action_find(ACTION_INTERRUPT));
				ui_draws(&a->ui, FRAME_ALL);
			}
			break;
		case SIGTSTP:
			/* The editor stops first; then we follow it. */
			if (a->editor.pid == 0)
				ui_asks(&a->ui, UI_WANT_SUSPEND);
			break;
		case SIGQUIT:
			if (a->editor.pid != 0)
				break;
			/* FALLTHROUGH */
		case SIGTERM:
		case SIGHUP:
			app_leave(a, UI_DETACHED, 128 + (int)si.ssi_signo);
			break;
		default:
			break;
		}
	}
}

/* Leave this session, which goes on, for that one. */
static void
app_go(struct app *a, const char *id)
{
	app_leave(a, UI_OTHER, 0);
	*a->options->other = xstrdup(id);
	/* Before the core's hello it has no name. */
	*a->options->left = xstrdup_null(a->ui.fold->session);
}

static char *
app_paste_image(void *arg, struct err *e)
{
	const struct app *a = arg;
	const char *id = a->ui.fold->session;
	AUTO_FREE char *dir = id == NULL ? NULL : session_dir(id, e);

	return dir == NULL ? NULL : paste_image(a->options->likes.paste_image,
	    dir, e);
}

/* To a new session from the message. */
static void
app_fork(struct app *a)
{
	AUTO_FREE char *at = xasprintf("%lld", a->ui.want.fork < 0 ? 0LL :
	    (long long)a->ui.want.fork);
	struct err e = ERR_INIT;
	AUTO_FREE char *id = a->ui.fold->session == NULL ? NULL :
	    client_fork(a->ui.fold->session, at, &e);

	a->ui.want.fork = 0;
	if (id == NULL)
		ui_notice(&a->ui, "%s", err_is_set(&e) ? e.text :
		    "the session hasn't begun yet");
	else if (a->options->other == NULL) {
		ui_notice_as(&a->ui, NOTICE_STAYS,
		    "assent resume %s goes on from that message", id);
	} else
		app_go(a, id);
}

static void
app_suspend(struct app *a)
{
	app_draft_save(a);
	app_view_save(a);
	tty_leave(a->tty);
	a->stopped = app_stop_job();
	app_back(a);
}

/* Do what keys asked for and only the loop can do. */
static void
app_wants(struct app *a)
{
	enum ui_want what = a->ui.want.loop;

	a->ui.want.loop = UI_WANT_NONE;
	if (what == UI_WANT_REDRAW)
		app_resize(a);
	else if (what == UI_WANT_SUSPEND)
		app_suspend(a);
	if (a->ui.look.copy != NULL) {
		if (!tty_copy(a->tty, a->ui.look.copy, a->ui.look.copy_len))
			ui_notice(&a->ui,
			    a->stuck
				? "not copied: the terminal is not responding"
				: "not copied: this terminal type (TERM) has "
				  "no known clipboard");
		export_clear(&a->ui);
	}
	if (a->ui.want_edit != UI_EDIT_NONE && a->editor.pid == 0) {
		app_draft_save(a);
		a->editing = a->ui.want_edit;
		a->ui.want_edit = UI_EDIT_NONE;
		if (a->editing >= UI_RUN_DEMO)
			app_run_other(a);
		else if (a->editing >= UI_LOOK_FILE)
			app_look(a);
		else
			app_edit(a);
	}
	if (a->ui.want.fork != 0)
		app_fork(a);
	if (what == UI_WANT_DETACH)
		app_leave(a, UI_DETACHED, 0);
	else if (what == UI_WANT_END) {
		app_send(a, command_of("end"));
		ui_notice(&a->ui, "ending · %s leaves without waiting",
		    ui_leave_key(&a->ui));
	} else if (what == UI_WANT_OTHER) {
		*a->options->walks = a->ui.other.go != a->ui.other.id;
		app_go(a, a->ui.other.go);
	}
}

static int
app_timeout(const struct app *a)
{
	int64_t at;

	if (a->editor.pid != 0)
		return -1;
	if (a->watching)
		return 0;
	at = state_sooner(a->frame_at, keys_deadline(a->keys));
	at = state_sooner(at, state_deadline(&a->ui));
	at = state_sooner(at, app_draft_at(a));
	at = state_sooner(at, a->view_at);
	if (at < 0)
		return -1;
	at -= clock_mono_ms();
	return at < 0 ? 0 : at > 60000 ? 60000 : (int)at;
}

/* One of this project that is open, else the last one in which something was
 * asked. */
static void
app_offer_other(struct app *a, const struct session_info *s)
{
	AUTO_FREE char *words = NULL;

	if (s == NULL)
		return;
	a->ui.other.is = !s->alive && s->open == SESSION_NOTHING ?
	    OTHER_OVER : OTHER_OPEN;
	if (a->options->other != NULL && fold_is_empty(a->ui.fold)) {
		a->ui.other.id = xstrdup(s->id);
		words = session_words(s);
		a->ui.other.words = xasprintf("%s: %s",
		    s->open != SESSION_NOTHING || s->state.outcome == NULL ||
		    s->says == SESSION_WORKS ? session_word(s) :
		    fold_outcome_words(s->state.outcome), words);
	} else if (s->alive && a->ui.notice == NULL) {
		ui_notice_as(&a->ui, NOTICE_STAYS, SESSION_RUNNING, s->id);
	}
}

/* How many others want a person, and the one after this. */
static void
app_count_others(struct app *a)
{
	size_t i, n, was = a->ui.other.waiting;
	AUTO_FREE char *before = a->ui.other.next_words;
	AUTO_FREE const struct session_info **v = session_watch_waiting(
	    a->watch, &n);
	const char *own = a->ui.fold->session, *since = NULL;
	const struct session_info *next = NULL, *after = NULL;
	AUTO_BUF struct buf words = BUF_INIT(0), also = BUF_INIT(0);

	a->ui.other.next_words = NULL;
	a->ui.other.waiting = 0;
	for (i = 0; i < n; i++)
		if (strcmp(v[i]->id, own) == 0)
			since = v[i]->state.since;
	for (i = 0; i < n; i++) {
		if (strcmp(v[i]->id, own) == 0)
			continue;
		session_also_add(&also, v[i], a->ui.fold);
		a->ui.other.waiting++;
		/* One that was killed works on when it is opened: only the list
		 * says so before. */
		if (session_wants(v[i]) == SESSION_STOPPED)
			continue;
		if (next == NULL)
			next = v[i];
		if (after == NULL && since != NULL && v[i]->state.since !=
		    NULL && strcmp(v[i]->state.since, since) > 0)
			after = v[i];
	}
	next = after != NULL ? after : next;
	if (a->watched == 0)
		a->told_others = a->ui.other.waiting;
	FREE_NULL(a->ui.other.next);
	if (next != NULL) {
		a->ui.other.next = xstrdup(next->id);
		session_wait_words(next, &words);
		a->ui.other.next_words = xasprintf("next: %s: %s",
		    session_project(next), buf_str(&words));
		a->ui.other.project = strlen("next: ") +
		    strlen(session_project(next));
	}
	/* It comes by itself, and moves the rows. */
	if (fold_also(a->ui.fold, buf_str(&also))) {
		a->ui.panes[PANE_DIFF].stale = a->ui.review.came = true;
		ui_draws(&a->ui, FRAME_ALL);
	}
	if (a->ui.other.waiting != was || strcmp(before == NULL ? "" : before,
	    next == NULL ? "" : a->ui.other.next_words) != 0)
		ui_draws(&a->ui, FRAME_ALL);
}

/* Other sessions: what was read of them has changed, or all were read. */
static void
app_look_for_others(struct app *a)
{
	bool first = a->watched == 0;

	a->watching = session_watch_step(a->watch);
	if (a->watching || a->watched == session_watch_changes(a->watch))
		return;
	app_count_others(a);
	a->watched = session_watch_changes(a->watch);
	if (!first || a->options->root == NULL)
		return;
	app_offer_other(a, session_watch_of(a->watch, a->options->root,
	    a->ui.fold->session));
	ui_draws(&a->ui, FRAME_ALL);
}

static void
app_round(struct app *a)
{
	/* Wait until the terminal accepts output. */
	bool room = a->stuck || (a->full && (a->ui.want.frame != FRAME_NONE ||
	    a->ui.review.frames_len > 0));
	struct pollfd fds[5] = {
		{ client_fd(a->options->client),
		    client_events(a->options->client), 0 },
		{ a->signals, POLLIN, 0 },
		{ STDIN_FILENO, POLLIN, 0 },
		{ room ? STDOUT_FILENO : -1, POLLOUT, 0 },
		{ a->watch == NULL ? -1 : session_watch_fd(a->watch), POLLIN,
		    0 },
	};
	int64_t tick = state_deadline(&a->ui), draft = app_draft_at(a);
	int ready;

	if (a->editor.pid != 0)
		fds[2].fd = -1;
	ready = poll(fds, MEM_COUNT(fds), app_timeout(a));
	if (ready < 0 && errno != EINTR) {
		app_leave(a, UI_DETACHED, 1);
		return;
	}
	a->ui.now = clock_mono_ms();
	if ((fds[4].revents != 0 || (ready == 0 && a->watching)) &&
	    a->editor.pid == 0)
		app_look_for_others(a);
	if (fds[1].revents != 0)
		app_read_signals(a);
	/* After a signal, app_back may have thrown it away. */
	if (fds[2].revents != 0 && (fds[1].revents == 0 || app_tty_ready()) &&
	    !app_read_tty(a))
		app_leave(a, UI_DETACHED, 128 + SIGHUP);
	keys_tick(a->keys, a->ui.now);
	/* What was typed before comes first, however late it is read. */
	if (tick >= 0 && a->ui.now >= tick && a->editor.pid == 0 &&
	    !app_tty_ready())
		(void)state_tick(&a->ui);
	/* Keys that came meanwhile postpone it. */
	if (draft >= 0 && a->ui.now >= draft &&
	    a->ui.now >= app_draft_at(a))
		app_draft_save(a);
	if (a->view_at >= 0 && a->ui.now >= a->view_at)
		app_view_save(a);
	app_wants(a);
	if (fds[0].revents != 0)
		app_read_core(a);
	if (a->ui.git.run.due && a->editor.pid == 0)
		commit_run_start(&a->ui.git.run, a->ui.fold->session);
	app_frame(a);
}

static void
app_last_words(const struct app *a, bool has_draft)
{
	const struct fold *f = a->ui.fold;
	const char *session = f->session != NULL ? f->session :
	    a->options->session == NULL ? "" : a->options->session;
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	FILE *out;

	if ((out = open_memstream(&text, &len)) == NULL)
		return;
	print_as(out, a->ui.screen->cols);
	if (a->options->client->end == CLIENT_REFUSED)
		cmd_say("%s", a->options->client->why);
	else if (a->end != UI_OTHER && !(a->end == UI_DETACHED &&
	    ui_leaves_to_command(&a->ui)))
		exit_summary(out, f, session, a->end, has_draft);
	print_as(NULL, 0);
	if (fclose(out) == 0)
		tty_say(a->tty, text, len);
}

static void
app_release(struct app *a)
{
	draw_free(a->draw);
	tty_free(a->tty);
	keys_free(a->keys);
	state_release(&a->ui);
	bindings_free(a->own_bindings);
	fs_close(a->signals);
	FREE_ALL(a->view_saved, a->told_type, a->told, a->edit_given);
	reader_free(a->reader);
	session_watch_free(a->watch);
	draft_file_free(a->draft);
	review_file_free(a->review);
}

/* For app_run, found to be usable. */
static struct tty *app_tty;

bool
app_can_run(struct err *e)
{
	return app_tty != NULL || (app_tty = tty_new(e)) != NULL;
}

int
app_run(const struct ui_options *options)
{
	static const struct client_ops ops = { .line = app_line_in,
		.folds = true };
	struct app a = { .options = options, .signals = -1, .typed_since = -1,
		.view_at = -1,
		.end = UI_NO_SCREEN, .code = 2 };
	struct err e = ERR_INIT;
	sigset_t mask;
	bool has_draft;

	sanitize_set_locale();
	sigprocmask(SIG_SETMASK, NULL, &mask);
	if (!app_can_run(&e)) {
		cmd_say("%s", e.text);
		if (options->end != NULL)
			*options->end = a.end;
		return a.code;
	}
	a.tty = app_tty;
	app_tty = NULL;
	if (options->bindings == NULL)
		a.own_bindings = bindings_new(NULL, "", NULL);
	state_init(&a.ui, options->bindings != NULL ? options->bindings :
	    a.own_bindings, app_send, &a);
	client_open(options->client, a.ui.fold, &ops, &a);
	a.ui.no_shell = app_has_no_shell();
	a.ui.fold->texts.max = APP_TEXTS_MAX;
	a.ui.models = options->models;
	if (ttyname(STDIN_FILENO) != NULL)
		a.ui.client = ttyname(STDIN_FILENO);
	a.ui.git.here = options->in_git;
	a.ui.git.run.when = options->commits;
	a.ui.git.run.branch = options->branch;
	a.ui.save_host = options->save_host;
	a.ui.paste = app_paste_image;
	a.ui.paste_arg = &a;
	a.ui.save_arg = options->save_arg;
	a.ui.looks = options->looks;
	if (options->after_command)
		a.ui.waits.until = UNTIL_GUEST_KEY;
	a.ui.other.way = options->other == NULL ? OTHER_NO_WAY :
	    options->inbox ? OTHER_FROM_LIST : OTHER_GOES;
	if (getenv("SSH_CONNECTION") != NULL)
		(void)gethostname(a.ui.other.host, sizeof(a.ui.other.host) - 1);
	a.ui.transcript.source = (struct transcript_source){ app_line,
		app_content, app_piece, &a };
	a.ui.screen->flags = sanitize_locale() | SANITIZE_WCWIDTH |
	    (tty_has_signs() ? 0 : SANITIZE_SIGNS);
	a.ui.now = a.started = clock_mono_ms();
	a.ui.typing = !options->keys && !options->after_command;
	if (options->ended) {
		ui_notice_as(&a.ui, NOTICE_STAYS,
		    "session %s had ended; it is open again", options->session);
	}
	app_view_load(&a);
	app_tell_type(&a);
	if (options->history != NULL)
		history_open(&a.ui.say.history, options->history);
	a.keys = keys_new(app_key, &a);
	a.signals = app_signals();
	tty_enter(a.tty, options->likes.mouse);
	/* A serial line is known by what it hasn't transmitted yet. */
	(void)app_flush(&a);
	a.draw = draw_new(a.tty, options->likes.colour, a.serial);
	a.ui.colours.wanted = !options->likes.no_syntax && draw_has_ink(a.draw);
	a.ground_asked = draw_ask_ground(a.draw, a.serial);
	app_resize(&a);
	app_read_past(&a);
	app_frame(&a);
	app_begin(&a, false);
	while (!a.done)
		app_round(&a);
	app_view_save(&a);
	/* The user ended the session, and saw how. */
	if (a.review != NULL && a.end == UI_ENDED)
		review_file_key(a.review, &a.ui, false);
	app_stop_editor(&a);
	has_draft = app_draft_end(&a);
	tty_leave(a.tty);
	/* From here on a signal ends us, even if the terminal accepts
	 * nothing. */
	sigprocmask(SIG_SETMASK, &mask, NULL);
	app_begin(&a, true);
	app_last_words(&a, has_draft);
	if (options->end != NULL)
		*options->end = a.end;
	app_release(&a);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return a.code;
}
