/* A list to choose from before there is a session: the terminal is entered for
 * it and left again. */
#include "config.h"

#include "ui/app/app.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <sys/signalfd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "ui/app/app-int.h"
#include "ui/keys/keys.h"
#include "ui/pick/picker.h"
#include "ui/term/screen.h"
#include "ui/term/terminal.h"
#include "ui/text/page.h"

struct app_pick {
	const struct app_choices *choices;
	struct picker	*list;
	struct tty	*tty;
	struct draw	*draw;
	struct keys	*keys;
	struct screen	 screen;
	enum picker_end	 end;
	bool		 quit;		/* by a signal, or without a terminal */
};

static void
app_pick_preview(void *arg, size_t row, struct page *p)
{
	struct app_pick *a = arg;
	char *text = a->choices->about(a->choices->arg, row);

	page_keep_take(p, text);
	page_add(p, STYLE_PLAIN, NULL, NULL, text, strlen(text), true);
}

static void
app_pick_key(void *arg, const struct key_event *ev)
{
	struct app_pick *a = arg;

	if (a->end != PICKER_STAYS)
		return;
	if (ev->key == 0)
		picker_paste(a->list, ev->text, ev->len);
	else
		a->end = picker_key(a->list, bindings_find(a->choices->bindings,
		    ACTION_CTX_PICK | ACTION_CTX_INPUT, ev->key), ev->key);
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
	screen_own(s, 0, 0, s->cols, STYLE_TAB, buf_str(&b));
	picker_draw(a->list, s, &all);
	buf_clear(&b);
	buf_addf(&b, "%s choose  %s back  %s next  %s previous",
	    bindings_first(a->choices->bindings, ACTION_PICK_TAKE),
	    bindings_first(a->choices->bindings, ACTION_PICK_LEAVE),
	    bindings_first(a->choices->bindings, ACTION_PICK_NEXT),
	    bindings_first(a->choices->bindings, ACTION_PICK_PREV));
	screen_puts(s, s->rows - 1, 0, s->cols, STYLE_DIM, buf_str(&b));
	(void)draw_push(a->draw, s, NULL);
}

static void
app_pick_size(struct app_pick *a)
{
	int rows, cols;

	tty_size(&rows, &cols);
	screen_resize(&a->screen, rows, cols);
	draw_reset(a->draw, rows, cols);
}

static void
app_pick_signals(struct app_pick *a, int fd)
{
	struct signalfd_siginfo si;

	while (read(fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (si.ssi_signo == SIGWINCH || si.ssi_signo == SIGCONT)
			app_pick_size(a);
		else if (si.ssi_signo != SIGCHLD && si.ssi_signo != SIGTSTP)
			a->quit = true;
}

static void
app_pick_round(struct app_pick *a, int signals)
{
	struct pollfd fds[3] = { { STDIN_FILENO, POLLIN, 0 },
		{ signals, POLLIN, 0 },
		{ tty_push(a->tty, NULL) ? -1 : STDOUT_FILENO, POLLOUT, 0 } };
	int64_t due = keys_deadline(a->keys), now = clock_mono_ms();
	char chunk[4096];
	ssize_t n;

	if (poll(fds, 3, due < 0 ? -1 : due > now ? (int)(due - now) : 0) < 0)
		return;
	if (fds[1].revents != 0)
		app_pick_signals(a, signals);
	if (fds[0].revents != 0) {
		n = read(STDIN_FILENO, chunk, sizeof(chunk));
		if (n > 0)
			keys_feed(a->keys, chunk, (size_t)n, clock_mono_ms());
		a->quit = a->quit || n == 0;
	}
	keys_tick(a->keys, clock_mono_ms());
	if (fds[2].revents == 0)
		app_pick_draw(a);
}

int
app_pick(const struct app_choices *choices, size_t *row, struct err *e)
{
	struct app_pick a = { .choices = choices };
	sigset_t mask;
	int signals, rc = -1;
	size_t i;

	if ((a.tty = tty_new(false, e)) == NULL)
		return -1;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	signals = app_signals();
	a.screen.flags = sanitize_locale() | SANITIZE_WCWIDTH |
	    (tty_has_signs() ? 0 : SANITIZE_SIGNS);
	a.keys = keys_new(app_pick_key, &a);
	a.list = picker_new(&(struct picker_kind){ .what = choices->what,
	    .preview = app_pick_preview, .arg = &a });
	for (i = 0; i < choices->len; i++)
		picker_add(a.list, &(struct picker_entry){
		    .key = choices->rows[i].key, .text = choices->rows[i].text,
		    .note = choices->rows[i].note,
		    .more = choices->rows[i].more });
	picker_start(a.list, 0);
	if (tty_enter(a.tty, e) < 0)
		goto out;
	a.draw = draw_new(a.tty, choices->colour, false);
	app_pick_size(&a);
	app_pick_draw(&a);
	while (a.end == PICKER_STAYS && !a.quit)
		app_pick_round(&a, signals);
	rc = a.end == PICKER_TAKEN ? 1 : 0;
	*row = picker_row(a.list);
	tty_leave(a.tty);
out:
	draw_free(a.draw);
	tty_free(a.tty);
	keys_free(a.keys);
	picker_free(a.list);
	screen_release(&a.screen);
	close(signals);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return rc;
}
