/*
 * app-frame: when a frame is drawn, how much of it is sent at once, and when it
 * counts as displayed.  A slow line gets a frame in parts, the input line
 * first, and never more than it can transmit soon, so that an echo doesn't wait
 * behind outdated rows.  A terminal that accepts nothing gets nothing more;
 * later it gets the rest of that frame, and then a current one.
 */
#include "config.h"

#include "ui/app/app-int.h"

#include "base/clock.h"
#include "ui/app/frame.h"
#include "ui/term/draw.h"
#include "ui/term/rate-limit.h"
#include "ui/term/tty.h"

#define APP_FRAME_MS 33
#define APP_FRAMES_AHEAD 2		/* may be drawn at once after a pause */
#define APP_LOOK_MS 20		/* check again whether a frame arrived */

bool
app_wants_room(const struct app *a)
{
	return a->stuck || (a->full && (a->dirty || a->unsent ||
	    frame_settles(&a->ui) >= 0));
}

/* When the next frame may be drawn.  After a key it doesn't wait for the rest of
 * the old frame; after a line of the core it does.  After a pause a few frames
 * may follow at once: the first key, and what the core says of the session, come
 * just after the first frame. */
static int64_t
app_draws_at(const struct app *a)
{
	int64_t at, pace;

	if (!a->dirty || (a->unsent && !a->keyed))
		return -1;
	at = a->frames_until - APP_FRAMES_AHEAD * APP_FRAME_MS;
	pace = rate_limit_when(
	    &a->pace, a->keyed ? RATE_LIMIT_ECHO_MS : RATE_LIMIT_AHEAD_MS);
	return at > pace ? at : pace;
}

int64_t
app_frame_at(const struct app *a)
{
	int64_t at = app_draws_at(a), due;

	if (a->full || a->stuck)
		return -1;
	if (a->unsent) {
		due = rate_limit_when(&a->pace, RATE_LIMIT_AHEAD_MS);
		at = at < 0 || due < at ? due : at;
	}
	due = frame_settles(&a->ui);
	if (due >= 0 && due < a->look_at)
		due = a->look_at;
	return due >= 0 && (at < 0 || due < at) ? due : at;
}

static void
app_settle(struct app *a)
{
	int64_t due = frame_settles(&a->ui);

	/* The line had enough time; is everything transmitted? */
	if (due >= 0 && due <= a->ui.now && !tty_is_empty(a->tty)) {
		a->look_at = a->ui.now + APP_LOOK_MS;
		return;
	}
	frame_settle(&a->ui, a->ui.now);
	a->dirty = a->dirty || a->ui.want_frame;
}

/* Write the queue to the terminal; false if something is left. */
static bool
app_flush(struct app *a)
{
	a->stuck = !tty_push(a->tty);
	rate_limit_sent(&a->pace, tty_gone(a->tty), a->ui.now);
	if (a->stuck || !a->leaving)
		return !a->stuck;
	a->leaving = false;
	frame_sent(&a->ui, rate_limit_answered(&a->pace, a->ui.now));
	return true;
}

/* Send the frame, or as much as a slow line can transmit soon. */
static void
app_push(struct app *a)
{
	struct draw_share share = { .y = a->ui.layout.input.y,
		.rows = a->ui.layout.input.rows,
		.from = a->ui.layout.status.y };
	bool slow = rate_limit_is_slow(&a->pace);

	/* What is typed is in the list's first row. */
	if (a->ui.pick.list != NULL) {
		share.y = a->ui.layout.list.y;
		share.rows = 1;
	}
	if (rate_limit_when(&a->pace, RATE_LIMIT_AHEAD_MS) <= a->ui.now)
		share.room = rate_limit_piece(&a->pace);
	a->unsent = !draw_push(a->draw, &a->ui.screen, slow ? &share : NULL);
	a->ui.now = clock_mono_ms();
	a->leaving = !a->unsent;
	(void)app_flush(a);
}

void
app_frame(struct app *a)
{
	int64_t at;
	bool drawn, more;

	if ((a->stuck || tty_holds(a->tty)) && !app_flush(a))
		return;
	if (a->full)
		a->full = !tty_is_drained();
	if (rate_limit_is_slow(&a->pace) && (a->dirty || a->unsent))
		rate_limit_left(&a->pace, tty_left(), a->ui.now);
	at = app_frame_at(a);
	if (at < 0 || at > a->ui.now)
		return;
	/* The terminal hasn't accepted the last frame: this one would be old
	 * by the time it has. */
	if ((a->full = !tty_is_drained()))
		return;
	at = app_draws_at(a);
	drawn = at >= 0 && at <= a->ui.now;
	more = a->unsent &&
	       rate_limit_when(&a->pace, RATE_LIMIT_AHEAD_MS) <= a->ui.now;
	if (drawn) {
		frame_draw(&a->ui);
		a->dirty = a->ui.want_frame;
		a->keyed = false;
	}
	if (drawn || more)
		app_push(a);
	if (drawn)
		a->frames_until = (a->frames_until > a->ui.now ?
		    a->frames_until : a->ui.now) + APP_FRAME_MS;
	/* What the terminal didn't accept isn't displayed. */
	if (!a->stuck)
		app_settle(a);
}
