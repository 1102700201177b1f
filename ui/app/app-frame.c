/*
 * When a frame is drawn, and when it counts as displayed.  A serial line, whose
 * unsent bytes the kernel counts, gets the next frame when the last one has left.
 * A terminal that accepts nothing gets nothing more; later it gets the rest of
 * that frame, and then a current one.
 */

#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "journal/fold.h"
#include "ui/app/app-int.h"
#include "ui/app/app.h"
#include "ui/app/decide.h"
#include "ui/app/state.h"
#include "ui/panes/ui-base.h"
#include "ui/term/terminal.h"

#define APP_FRAME_MS 33
#define APP_FRAMES_AHEAD 2		/* may be drawn at once after a pause */
#define APP_ECHO_BYTES 200	/* a key's frame is free up to this size */
#define APP_LOOK_MS 20		/* check again what the line has transmitted */
/* Bytes on the line with which a frame may follow, and one after a key. */
#define APP_FRAME_LEFT 20
#define APP_TYPED_LEFT 240

/* Does the kernel accept more than a few bytes? */
static bool
app_is_drained(void)
{
	struct pollfd p = { STDOUT_FILENO, POLLOUT, 0 };

	/* This is also true if the line is gone: reading will report that. */
	return poll(&p, 1, 0) != 0;
}

/* How many bytes has the kernel not transmitted yet?  It counts them for serial
 * lines; of a pseudo-terminal it says 0. */
static void
app_line_look(struct app *a)
{
	int left = 0;

	if (ioctl(STDOUT_FILENO, TIOCOUTQ, &left) < 0 || left < 0)
		left = 0;
	a->left = left;
	a->serial = a->serial || left > 0;
	a->look_at = a->ui.now + APP_LOOK_MS;
}

/* When no more than so many bytes may be left, or when to look again. */
static int64_t
app_line_at(const struct app *a, int left)
{
	return a->left <= left ? a->ui.now : a->look_at;
}

/* When the next frame may be drawn: after a key at once, unless keys redraw much
 * too often; what the core sends is gathered.  After a pause a few frames may
 * follow at once: what the core says of the session comes just after the first
 * frame. */
static int64_t
app_draws_at(const struct app *a)
{
	int64_t at, line;

	if (a->ui.want.frame == FRAME_NONE)
		return -1;
	at = a->frames_until[a->keyed] - APP_FRAMES_AHEAD * APP_FRAME_MS;
	line = app_line_at(a, a->keyed ? APP_TYPED_LEFT : APP_FRAME_LEFT);
	return at > line ? at : line;
}

/* When the oldest frame settles; -1: there is none. */
static int64_t
app_settles(const struct app *a)
{
	const struct review *r = &a->ui.review;

	return r->frames_len > 0 ? r->frames[0].at : -1;
}

/* When app_frame_due has something to do; -1: only after input from the
 * terminal or the core, or when the terminal accepts output. */
static int64_t
app_frame_at(const struct app *a)
{
	int64_t at = app_draws_at(a), settles = app_settles(a);

	if (a->full || a->stuck)
		return -1;
	if (settles >= 0 && a->left > 0 && settles < a->look_at)
		settles = a->look_at;
	return state_sooner(at, settles);
}

static void
app_settle(struct app *a)
{
	int64_t due = app_settles(a);

	/* What the line hasn't transmitted isn't displayed. */
	if (due < 0 || due > a->ui.now || a->left == 0)
		verdict_settle(&a->ui, a->ui.now);
}

bool
app_flush(struct app *a)
{
	size_t gone;

	a->stuck = !tty_push(a->tty, &gone);
	a->sent = gone;
	app_line_look(a);
	if (a->stuck || !a->leaving)
		return !a->stuck;
	a->leaving = false;
	review_sent(&a->ui.review, a->ui.now);
	return true;
}

/* Draw a frame, send it, and record it as displayed, each if it is due. */
static void
app_frame_due(struct app *a)
{
	int64_t at, *until = &a->frames_until[a->keyed];
	bool drawn, key = a->keyed;
	bool wants = a->ui.want.frame != FRAME_NONE;

	/* If a frame is wanted, what is queued leaves with it. */
	if ((a->stuck || !wants) && !app_flush(a))
		return;
	if (a->full)
		a->full = !app_is_drained();
	app_line_look(a);
	at = app_frame_at(a);
	if (at < 0 || at > a->ui.now)
		return;
	/* The terminal hasn't accepted the last frame: this one would be old
	 * by the time it has. */
	if ((a->full = !app_is_drained()))
		return;
	at = app_draws_at(a);
	drawn = at >= 0 && at <= a->ui.now;
	if (drawn) {
		frame_draw_told(&a->ui, a->ui.want.frame);
		a->keyed = false;
		draw_push(a->draw, a->ui.screen);
		a->ui.now = clock_mono_ms();
		a->leaving = true;
		(void)app_flush(a);
	}
	if (drawn && !(key && a->sent <= APP_ECHO_BYTES))
		*until = (*until > a->ui.now ? *until : a->ui.now) +
		    APP_FRAME_MS;
	/* What the terminal didn't accept isn't displayed. */
	if (!a->stuck)
		app_settle(a);
}

/*
 * Tells the user that something waits: bell, window title, a program of theirs;
 * not while they are typing. None of these contains text from a model, a file
 * or a server.
 */

#define OTHER_WAITS "another session waits for you"
#define ATTENTION_HERE_MS 3000	/* since the last key: the user is here */

static const char *
attention_words(const struct app *a)
{
	return review_wait_words(&a->ui.review, a->ui.review.first);
}

static void
attention_exec(char *const argv[])
{
	struct sigaction sa;
	sigset_t none;
	int fd, i;

	/* In its own session it gets no signals from our terminal. */
	setsid();
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_DFL;
	for (i = 1; i < NSIG; i++)
		sigaction(i, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		_exit(127);
	for (i = 0; i < 3; i++)
		if (dup2(fd, i) < 0)
			_exit(127);
	if (chdir("/") < 0)
		_exit(127);
	execvp(argv[0], argv);
	_exit(127);
}

static void
attention_run(struct app *a, const char *words)
{
	const cJSON *list = a->options->likes.notify, *it;
	int n = cJSON_GetArraySize(list);
	AUTO_FREE char **argv = NULL;
	size_t i = 0;

	/* One at a time: don't start it again before it has ended. */
	if (n < 1 || a->notify != 0)
		return;
	argv = xcalloc((size_t)n + 2, sizeof(*argv));
	cJSON_ArrayForEach(it, list)
		argv[i++] = xstrdup(cJSON_IsString(it) ? it->valuestring :
		    "");
	argv[i] = xstrdup(words);
	a->notify = fork();
	if (a->notify == 0)
		attention_exec(argv);
	if (a->notify < 0) {
		a->notify = 0;
		ui_notice(&a->ui, "notify: can't start the program");
	}
	for (i = 0; argv[i] != NULL; i++)
		free(argv[i]);
}

/* The title: what waits, else whether the agent works. */
static void
attention_title(struct app *a)
{
	int n;
	AUTO_FREE char *words = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);

	/* A slow line has no time for it. */
	if (!a->options->likes.title || a->editor.pid != 0 || a->serial)
		return;
	if (a->ui.waits.id != NULL && a->ui.waits.pane == PANE_DIFF) {
		n = fold_undecided(a->ui.fold->proposal);
		words = xasprintf("assent: %d hunk%s to review", n,
		    n == 1 ? "" : "s");
	} else
		words = xasprintf("assent: %s", a->ui.waits.id != NULL ?
		    attention_words(a) : ui_is_working(&a->ui) ? "working" :
		    "ready");
	buf_adds(&b, words);
	if (a->ui.other.waiting > 0)
		buf_addf(&b, " (%zu other%s)", a->ui.other.waiting,
		    a->ui.other.waiting == 1 ? " waits" : "s wait");
	tty_title(a->tty, buf_str(&b));
}

/* Is the list of the setting this word alone? */
static bool
attention_is(const cJSON *list, const char *word)
{
	const cJSON *it = cJSON_GetArrayItem(list, 0);

	return cJSON_GetArraySize(list) == 1 && cJSON_IsString(it) &&
	    strcmp(it->valuestring, word) == 0;
}

/* The program has ended. */
static void
attention_end(struct app *a)
{
	int status;

	if (a->notify == 0 || waitpid(a->notify, &status, WNOHANG) !=
	    a->notify)
		return;
	a->notify = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		ui_notice(
		    &a->ui, "notify: can't run the program set in config.json");
		ui_draws(&a->ui, FRAME_ALL);
	}
}

/* Notify the user if something began to wait. */
static void
attention(struct app *a)
{
	const struct ui_likes *likes = &a->options->likes;
	AUTO_FREE char *words = NULL;
	bool here = a->ui.now - a->ui.last_key < ATTENTION_HERE_MS ||
	    a->ui.now - a->started < ATTENTION_HERE_MS, own, others;

	attention_end(a);
	attention_title(a);
	own = a->ui.waits.id != NULL && (a->told == NULL ||
	    strcmp(a->told, a->ui.waits.id) != 0);
	others = a->ui.other.waiting > a->told_others;
	xstrset(&a->told, a->ui.waits.id);
	a->told_others = a->ui.other.waiting;
	if ((!own && !others) || a->editor.pid != 0 || here)
		return;
	words = xasprintf("assent: %s", own ? attention_words(a) : OTHER_WAITS);
	if (attention_is(likes->notify, "bell"))
		tty_notify(a->tty, NULL);
	else if (attention_is(likes->notify, "osc9"))
		tty_notify(a->tty, words);
	else
		attention_run(a, words);
}

void
app_frame(struct app *a)
{
	attention(a);
	if (a->done || a->editor.pid != 0)
		return;
	app_frame_due(a);
	a->frame_at = app_frame_at(a);
}
