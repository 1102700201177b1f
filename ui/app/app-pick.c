/* A list to choose from before there is a session: the terminal is entered for
 * it and left again. */
#include "config.h"

#include "ui/app/app.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sys/signalfd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "ui/app/app-int.h"
#include "ui/keys/keys.h"
#include "ui/pick/picker.h"
#include "ui/term/screen.h"
#include "ui/term/terminal.h"
#include "ui/text/page.h"

struct app_pick {
	struct app_choices *choices;
	struct picker	*list;
	struct tty	*tty;
	struct draw	*draw;
	struct keys	*keys;
	struct screen	 screen;
	enum picker_end	 end;
	int		 signal;	/* that ends us; 0: none */
	bool		 suspend;
	bool		 moved;		/* a key was pressed: until then the
					   cursor stays on the first row */
	char		*id;		/* of the current row, or NULL */
};

/* The rows as they are now: what is typed stays, and the cursor stays on its
 * row. */
static void
app_pick_list(struct app_pick *a)
{
	const struct app_choices *c = a->choices;
	size_t i, at = c->at;

	picker_clear(a->list, c->what);
	for (i = 0; i < c->len; i++) {
		picker_add(a->list, &(struct picker_entry){
		    .key = c->rows[i].key, .text = c->rows[i].text,
		    .note = c->rows[i].note, .more = c->rows[i].more });
		if (a->id != NULL && c->rows[i].id != NULL &&
		    strcmp(a->id, c->rows[i].id) == 0)
			at = i;
	}
	picker_start(a->list, at);
}

/* They may have changed. */
static void
app_pick_again(struct app_pick *a, bool sort)
{
	struct app_choices *c = a->choices;
	size_t row = a->moved ? picker_row(a->list) : SIZE_MAX;

	xstrset(&a->id, row == SIZE_MAX ? NULL : c->rows[row].id);
	/* The one after it, if it is gone. */
	c->at = row == SIZE_MAX ? 0 : row;
	c->query = picker_query(a->list);
	if (c->again != NULL && c->again(c->arg, c, sort))
		app_pick_list(a);
	if (c->alert)
		tty_notify(a->tty, NULL);
	c->alert = false;
}

static void
app_pick_preview(void *arg, size_t row, struct page *p)
{
	struct app_pick *a = arg;
	const char *text = page_keep_take(p, a->choices->about(
	    a->choices->arg, row));

	if (text[0] != '\0')
		page_lines(p, STYLE_PLAIN, "", "", text, strlen(text));
}

static void
app_pick_key(void *arg, const struct key_event *ev)
{
	struct app_pick *a = arg;
	const struct action *act = bindings_find(a->choices->bindings,
	    ACTION_CTX_PICK | ACTION_CTX_INPUT, ev->key);

	if (a->end != PICKER_STAYS)
		return;
	a->moved = true;
	if (ev->key == 0)
		picker_paste(a->list, ev->text, ev->len);
	else if (act != NULL && act->id == ACTION_PICK_SORT)
		app_pick_again(a, true);
	else if (act != NULL && act->id == ACTION_SUSPEND)
		a->suspend = !app_has_no_shell();
	else
		a->end = picker_key(a->list, act, ev->key);
}

static void
app_pick_draw(struct app_pick *a)
{
	struct screen *s = &a->screen;
	struct rect all = { 1, 0, s->rows - 2, s->cols };
	AUTO_BUF struct buf b = BUF_INIT(0);

	screen_clear(s);
	screen_fill(s, 0, 0, s->cols, STYLE_TAB);
	buf_addc(&b, ' ');
	picker_title(a->list, &b);
	if (a->choices->progress != NULL)
		buf_addf(&b, " \xc2\xb7 %s", a->choices->progress);
	screen_own(s, 0, 0, s->cols, STYLE_TAB, buf_str(&b));
	picker_place(a->list, &all, s->flags);
	picker_draw(a->list, s, &all);
	buf_clear(&b);
	buf_addf(&b, "%s choose  %s back  %s next  %s previous",
	    bindings_first(a->choices->bindings, ACTION_PICK_TAKE),
	    bindings_first(a->choices->bindings, ACTION_PICK_LEAVE),
	    bindings_first(a->choices->bindings, ACTION_PICK_NEXT),
	    bindings_first(a->choices->bindings, ACTION_PICK_PREV));
	if (a->choices->again != NULL && !a->choices->searches)
		buf_addf(&b, "  %s sort", bindings_first(a->choices->bindings,
		    ACTION_PICK_SORT));
	screen_puts(s, s->rows - 1, 0, s->cols, STYLE_DIM, buf_str(&b));
	if (a->choices->title != NULL)
		tty_title(a->tty, a->choices->title);
	draw_push(a->draw, s);
}

static void
app_pick_size(struct app_pick *a)
{
	int rows, cols;

	tty_size(&rows, &cols);
	screen_resize(&a->screen, rows, cols);
	draw_reset(a->draw, rows, cols);
}

/* We were stopped: the terminal may look different now. */
static void
app_pick_back(struct app_pick *a)
{
	tty_leave(a->tty);
	tty_enter(a->tty, false);
	keys_forget(a->keys);
	app_pick_size(a);
}

static void
app_pick_signals(struct app_pick *a, int fd)
{
	struct signalfd_siginfo si;

	while (read(fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (si.ssi_signo == SIGWINCH)
			app_pick_size(a);
		else if (si.ssi_signo == SIGCONT)
			app_pick_back(a);
		else if (si.ssi_signo == SIGTSTP)
			a->suspend = true;
		else if (si.ssi_signo != SIGCHLD)
			a->signal = (int)si.ssi_signo;
}

static void
app_pick_read(struct app_pick *a)
{
	char chunk[4096];
	ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

	if (n > 0)
		keys_feed(a->keys, chunk, (size_t)n, clock_mono_ms());
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		a->signal = SIGHUP;
}

static void
app_pick_round(struct app_pick *a, int signals)
{
	const struct app_choices *c = a->choices;
	struct pollfd fds[4] = { { STDIN_FILENO, POLLIN, 0 },
		{ signals, POLLIN, 0 },
		{ tty_push(a->tty, NULL) ? -1 : STDOUT_FILENO, POLLOUT, 0 },
		{ c->again == NULL ? -1 : c->fd, POLLIN, 0 } };
	int64_t due = keys_deadline(a->keys), now = clock_mono_ms();
	int ready = poll(fds, MEM_COUNT(fds), due > now ? (int)(due - now) :
	    due >= 0 ? 0 : c->again == NULL ? -1 : c->again_ms);

	if (ready < 0)
		return;
	if (fds[1].revents != 0)
		app_pick_signals(a, signals);
	/* app_pick_back may have thrown it away. */
	if (fds[0].revents != 0 && app_tty_ready())
		app_pick_read(a);
	keys_tick(a->keys, clock_mono_ms());
	if (a->suspend) {
		a->suspend = false;
		tty_leave(a->tty);
		(void)app_stop_job();
		app_pick_back(a);
	}
	/* The keys were about the rows that are on the screen. */
	if (a->end == PICKER_STAYS && (fds[3].revents != 0 ||
	    (ready == 0 && due < 0) || (c->searches && fds[0].revents != 0)))
		app_pick_again(a, false);
	if (fds[2].revents == 0)
		app_pick_draw(a);
}

void
app_reset_terminal(void)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	tty_add_reset(&b, true);
	(void)fs_write_all(STDOUT_FILENO, buf_str(&b), b.len);
	/* It was for that program. */
	(void)tcflush(STDIN_FILENO, TCIFLUSH);
}

int
app_pick(struct app_choices *choices, size_t *row, struct err *e)
{
	struct app_pick a = { .choices = choices, .moved = choices->at > 0 };
	sigset_t mask;
	int signals, rc;

	if ((a.tty = tty_new(e)) == NULL)
		return -1;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	signals = app_signals();
	a.screen.flags = sanitize_locale() | SANITIZE_WCWIDTH |
	    (tty_has_signs() ? 0 : SANITIZE_SIGNS);
	a.keys = keys_new(app_pick_key, &a);
	a.list = picker_new(&(struct picker_kind){ .what = choices->what,
	    .none = choices->none, .preview = app_pick_preview, .arg = &a });
	app_pick_list(&a);
	tty_enter(a.tty, false);
	a.draw = draw_new(a.tty, choices->colour, false);
	app_pick_size(&a);
	app_pick_draw(&a);
	while (a.end == PICKER_STAYS && a.signal == 0)
		app_pick_round(&a, signals);
	rc = a.end == PICKER_TAKEN ? 1 : 0;
	*row = picker_row(a.list);
	tty_leave(a.tty);
	draw_free(a.draw);
	tty_free(a.tty);
	keys_free(a.keys);
	picker_free(a.list);
	screen_release(&a.screen);
	free(a.id);
	close(signals);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (a.signal != 0) {
		/* End by the signal's default. */
		(void)signal(a.signal, SIG_DFL);
		(void)raise(a.signal);
	}
	return rc;
}
