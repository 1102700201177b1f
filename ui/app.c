/*
 * The loop of the screen: terminal, socket, signals.  It paints before it talks
 * to anyone, at most 30 times a second, and not at all when nothing changed.
 * All thought is in state.c; all truth is in the core.
 */
#include "config.h"

#include "ui/ui.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "ui/draw.h"
#include "ui/editor.h"
#include "ui/keys.h"
#include "ui/state.h"
#include "ui/tty.h"

#define APP_FRAME_MS 33

struct app {
	const struct ui_options *options;
	struct ui	 ui;
	struct tty	*tty;
	struct draw	*draw;
	struct keys	*keys;
	struct editor	 editor;
	int		 signals;
	bool		 dirty;
	bool		 draining;	/* keys from before the frame */
	bool		 ending;	/* `end` was sent */
	bool		 stopped;	/* by ourselves: a SIGCONT is due */
	bool		 done;
	int64_t		 last_frame;
	enum ui_end	 end;
	int		 code;
	char		*refused;	/* why the core would not start */
	char		**applied;	/* paths, for the last words */
	size_t		 applied_len;
};

static void
app_send(void *arg, cJSON *take)
{
	struct app *a = arg;

	if (lineio_send_take(a->options->io, take) < 0)
		ui_notice(&a->ui, "the core does not read: not sent");
	(void)lineio_flush(a->options->io);
}

static void
app_key(void *arg, const struct key_event *ev)
{
	struct app *a = arg;

	if (a->draining)
		ui_key_old(&a->ui, ev);
	else
		ui_key(&a->ui, ev);
	a->dirty = true;
}

static int
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
app_resize(struct app *a)
{
	int rows, cols;

	tty_size(&rows, &cols);
	screen_resize(&a->ui.screen, rows, cols);
	draw_reset(a->draw, rows, cols);
	a->dirty = true;
}

static bool
app_tty_ready(void)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };

	return poll(&p, 1, 0) > 0 && p.revents != 0;
}

/* One read; false at the end of the terminal. */
static bool
app_read_tty(struct app *a)
{
	char chunk[4096];
	ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	keys_feed(a->keys, chunk, (size_t)n, a->ui.now);
	return true;
}

static void
app_paint(struct app *a)
{
	int rounds;

	a->dirty = false;
	ui_draw(&a->ui);
	draw_push(a->draw, &a->ui.screen);
	a->last_frame = a->ui.now = clock_mono_ms();
	if (!ui_written(&a->ui))
		return;
	a->dirty = true;	/* to show the keys that are alive now */
	a->draining = true;
	for (rounds = 0; rounds < 64 && app_tty_ready(); rounds++)
		if (!app_read_tty(a))
			break;
	a->draining = false;
}

static void
app_hang_up(struct app *a)
{
	a->done = true;
	if (a->ui.fold->ended || a->ending) {
		a->end = UI_ENDED;
		a->code = a->ui.fold->ended ? a->ui.fold->exit_code : 0;
	} else {
		a->end = UI_CORE_GONE;
		a->code = a->refused == NULL ? 1 : a->code;
	}
}

/* A core that cannot start says why and with which exit code, and goes. */
static void
app_note_refused(struct app *a, const cJSON *line)
{
	int64_t code = json_int(line, "exit", 0);

	if (strcmp(json_str_or(line, "type", ""), "refused") != 0 ||
	    code <= 0 || code > 255)
		return;
	free(a->refused);
	a->refused = xstrdup(json_str_or(line, "text", "refused"));
	a->code = (int)code;
}

/* Remember what was written to the tree, for the summary. */
static void
app_note_applied(struct app *a, const cJSON *line)
{
	const cJSON *op;
	const char *path;
	size_t i;

	if (strcmp(json_str_or(line, "type", ""), "applied") != 0)
		return;
	cJSON_ArrayForEach(op, json_array(line, "ops")) {
		path = json_str(op, "path");
		if (path == NULL || !json_bool(op, "ok", false))
			continue;
		for (i = 0; i < a->applied_len; i++)
			if (strcmp(a->applied[i], path) == 0)
				break;
		if (i < a->applied_len)
			continue;
		a->applied = xreallocarray(a->applied, a->applied_len + 1,
		    sizeof(*a->applied));
		a->applied[a->applied_len++] = xstrdup(path);
	}
}

static void
app_read_core(struct app *a)
{
	struct lineio *io = a->options->io;
	struct err e = ERR_INIT;
	const char *line;
	cJSON *o;
	size_t n;
	int rc = lineio_read(io);

	while ((line = lineio_next(io, &n)) != NULL) {
		o = json_parse(line, n, JSON_NUL_REPLACE, &e);
		if (o == NULL) {
			ui_notice(&a->ui, "the core sent a line that cannot "
			    "be read: %s", e.text);
			err_clear(&e);
			continue;
		}
		ui_line(&a->ui, o);
		app_note_applied(a, o);
		app_note_refused(a, o);
		cJSON_Delete(o);
		a->dirty = true;
	}
	if (rc < 0)
		app_hang_up(a);
}

static void
app_back(struct app *a)
{
	struct err e = ERR_INIT;

	if (tty_enter(a->tty, &e) < 0) {
		a->done = true;
		a->end = UI_DETACHED;
		return;
	}
	app_resize(a);
	app_paint(a);
}

static void
app_editor_done(struct app *a)
{
	struct err e = ERR_INIT;
	int status, version = a->editor.version;
	cJSON *plan;

	if (a->editor.pid == 0 ||
	    waitpid(a->editor.pid, &status, WNOHANG) != a->editor.pid)
		return;
	plan = editor_finish(&a->editor, status, &e);
	if (version != a->ui.fold->plan.version)
		ui_plan_edited(&a->ui, NULL, "the plan has changed "
		    "meanwhile: what you wrote was not sent");
	else
		ui_plan_edited(&a->ui, plan, e.text);
	cJSON_Delete(plan);
	app_back(a);
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
			/* Stopped by somebody else: who knows what the
			 * terminal looks like now. */
			if (!a->stopped && a->editor.pid == 0) {
				tty_leave(a->tty);
				app_back(a);
			}
			a->stopped = false;
			break;
		case SIGCHLD:
			app_editor_done(a);
			break;
		case SIGTERM:
		case SIGHUP:
		case SIGQUIT:
			a->done = true;
			a->end = UI_DETACHED;
			a->code = 128 + (int)si.ssi_signo;
			break;
		default:
			break;
		}
	}
}

/* What the keys have asked for and only the loop can do. */
static void
app_wants(struct app *a)
{
	struct err e = ERR_INIT;
	cJSON *o;

	if (a->ui.want_redraw) {
		a->ui.want_redraw = false;
		app_resize(a);
	}
	if (a->ui.want_suspend) {
		a->ui.want_suspend = false;
		tty_leave(a->tty);
		a->stopped = true;
		raise(SIGSTOP);
		app_back(a);
	}
	if (a->ui.want_edit && a->editor.pid == 0) {
		a->ui.want_edit = false;
		if (a->ui.fold->plan.json == NULL)
			return;
		tty_leave(a->tty);
		if (editor_start(&a->editor, a->ui.fold->plan.json,
		    a->ui.fold->plan.version, &e) < 0) {
			ui_notice(&a->ui, "%s", e.text);
			app_back(a);
		}
	}
	if (a->ui.want == UI_WANT_DETACH) {
		a->done = true;
		a->end = UI_DETACHED;
		a->code = 0;
	} else if (a->ui.want == UI_WANT_END) {
		a->ui.want = UI_WANT_NONE;
		a->ending = true;
		o = cJSON_CreateObject();
		json_add_str(o, "type", "end");
		app_send(a, o);
		ui_notice(&a->ui, "ending · q, d leaves at once");
	}
}

static int
app_timeout(const struct app *a)
{
	int64_t at = -1, due;

	if (a->editor.pid != 0)
		return -1;
	if (a->dirty)
		at = a->last_frame + APP_FRAME_MS;
	due = keys_deadline(a->keys);
	if (due >= 0 && (at < 0 || due < at))
		at = due;
	due = ui_deadline(&a->ui);
	if (due >= 0 && (at < 0 || due < at))
		at = due;
	if (at < 0)
		return -1;
	at -= clock_mono_ms();
	return at < 0 ? 0 : at > 60000 ? 60000 : (int)at;
}

static void
app_round(struct app *a)
{
	struct pollfd fds[3] = {
		{ lineio_fd(a->options->io), POLLIN, 0 },
		{ a->signals, POLLIN, 0 },
		{ STDIN_FILENO, POLLIN, 0 },
	};
	int64_t tick = ui_deadline(&a->ui);

	if (lineio_wants_write(a->options->io))
		fds[0].events |= POLLOUT;
	if (a->editor.pid != 0)
		fds[2].fd = -1;
	if (poll(fds, 3, app_timeout(a)) < 0 && errno != EINTR) {
		a->done = true;
		a->end = UI_DETACHED;
		a->code = 1;
		return;
	}
	a->ui.now = clock_mono_ms();
	if (tick >= 0 && a->ui.now >= tick && a->editor.pid == 0)
		a->dirty = ui_tick(&a->ui) || a->dirty;
	if (fds[1].revents != 0)
		app_read_signals(a);
	/* A paint on the way here may have read it all. */
	if (fds[2].revents != 0 && app_tty_ready() && !app_read_tty(a)) {
		a->done = true;
		a->end = UI_DETACHED;
		a->code = 128 + SIGHUP;
	}
	keys_tick(a->keys, a->ui.now);
	app_wants(a);
	if ((fds[0].revents & POLLOUT) != 0 &&
	    lineio_flush(a->options->io) < 0)
		app_hang_up(a);
	if ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
		app_read_core(a);
	if (a->dirty && !a->done && a->editor.pid == 0 &&
	    a->ui.now >= a->last_frame + APP_FRAME_MS)
		app_paint(a);
}

static const char *
app_session(const struct app *a)
{
	if (a->ui.fold->session != NULL)
		return a->ui.fold->session;
	return a->options->session == NULL ? "" : a->options->session;
}

static void
app_report(const struct fold *f, unsigned flags)
{
	char *s;

	if (f->summary != NULL && f->summary[0] != '\0') {
		s = sanitize_dup(f->summary, flags | SANITIZE_LINES);
		printf("%s\n", s);
		free(s);
	}
	if (f->evidence.known && f->evidence.command != NULL) {
		s = sanitize_dup(f->evidence.command, flags);
		printf("criterion: %s: %s%s\n", s, f->evidence.killed != NULL ?
		    "killed by a limit" : f->evidence.exit == 0 ? "passed" :
		    "not passed", f->evidence.stale ? " (stale)" : "");
		free(s);
	}
	printf("%d turns", f->turns > 0 ? f->turns : f->turn);
	if (f->tokens_in > 0 || f->tokens_out > 0)
		printf(", %lld tokens in, %lld out",
		    (long long)f->tokens_in, (long long)f->tokens_out);
	if (f->cost_usd > 0)
		printf(", $%.4f", f->cost_usd);
	printf("\n");
}

/* What stays in the shell's scrollback. */
static void
app_last_words(const struct app *a)
{
	const struct fold *f = a->ui.fold;
	unsigned flags = sanitize_locale();
	char *path, *id = sanitize_dup(app_session(a), flags);
	size_t i;

	if (a->end == UI_CORE_GONE && a->refused != NULL) {
		path = sanitize_dup(a->refused, flags);
		fprintf(stderr, "assent: %s\n", path);
		free(path);
		free(id);
		return;
	}
	if (f->ended)
		app_report(f, flags);
	for (i = 0; i < a->applied_len; i++) {
		path = sanitize_dup(a->applied[i], flags);
		printf("applied: %s\n", path);
		free(path);
	}
	if (f->proposal != NULL && f->proposal->files_len > 0)
		printf("waits for a decision: %d of %d hunks in %zu files\n",
		    fold_undecided(f->proposal), fold_hunks(f->proposal),
		    f->proposal->files_len);
	switch (a->end) {
	case UI_DETACHED:
		printf("session %s: detached; `assent attach %s` comes "
		    "back, `assent end %s` ends it\n", id, id, id);
		break;
	case UI_ENDED:
		path = sanitize_dup(f->outcome == NULL ? "ended" :
		    f->outcome, flags);
		printf("session %s: %s; `assent log %s` shows it, `assent "
		    "resume %s` goes on\n", id, path, id, id);
		free(path);
		break;
	default:
		printf("session %s: the core is gone; nothing that was "
		    "decided is lost, `assent resume %s` goes on\n", id, id);
		break;
	}
	fflush(stdout);
	free(id);
}

static void
app_release(struct app *a)
{
	int status;
	size_t i;

	if (a->editor.pid != 0) {
		/* The terminal is ours to give back, the editor's no more. */
		kill(a->editor.pid, SIGHUP);
		while (waitpid(a->editor.pid, &status, 0) < 0 &&
		    errno == EINTR)
			;
		cJSON_Delete(editor_finish(&a->editor, status, NULL));
	}
	draw_free(a->draw);
	tty_free(a->tty);
	keys_free(a->keys);
	ui_release(&a->ui);
	if (a->signals >= 0)
		close(a->signals);
	for (i = 0; i < a->applied_len; i++)
		free(a->applied[i]);
	free(a->applied);
	free(a->refused);
}

bool
ui_can_run(struct err *e)
{
	struct tty *t = tty_new(e);

	if (t == NULL)
		return false;
	tty_free(t);
	return true;
}

int
ui_run(const struct ui_options *options)
{
	struct app a = { .options = options, .signals = -1,
		.end = UI_NO_SCREEN, .code = 2 };
	struct err e = ERR_INIT;
	sigset_t mask;

	setlocale(LC_CTYPE, "");
	sigprocmask(SIG_SETMASK, NULL, &mask);
	if ((a.tty = tty_new(&e)) == NULL) {
		fprintf(stderr, "assent: %s\n", e.text);
		if (options->end != NULL)
			*options->end = a.end;
		return a.code;
	}
	ui_init(&a.ui, app_send, &a);
	a.ui.screen.flags = sanitize_locale() | SANITIZE_WCWIDTH;
	a.ui.now = clock_mono_ms();
	a.ui.typing = !options->task_given;
	a.keys = keys_new(app_key, &a);
	if (!tty_marks_pastes(a.tty))
		keys_guess_pastes(a.keys);
	a.signals = app_signals();
	if (tty_enter(a.tty, &e) < 0) {
		fprintf(stderr, "assent: %s\n", e.text);
		goto out;
	}
	a.draw = draw_new();
	app_resize(&a);
	app_paint(&a);
	while (!a.done)
		app_round(&a);
	(void)lineio_flush(options->io);
	tty_leave(a.tty);
	app_last_words(&a);
out:
	if (options->end != NULL)
		*options->end = a.end;
	app_release(&a);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return a.code;
}
