/*
 * Colours are chosen for the terminal's background.  No frame waits for the
 * answer, and a slow line, which would get a frame twice, isn't asked.  The keys
 * leave the answer out themselves, whenever it comes.
 */
#include "config.h"

#include "ui/app/app-int.h"

#include <stdlib.h>

#include "ui/keys/keys.h"
#include "ui/term/draw.h"
#include "ui/term/ground.h"
#include "ui/term/rate-limit.h"
#include "ui/term/tty.h"

void
app_ground_feed(struct app *a, const char *p, size_t n)
{
	enum palette_ground ground;

	if (!a->ground_asked || !ground_feed(&a->ground, p, n, &ground))
		return;
	a->ground_asked = false;
	keys_await_answer(a->keys, false);
	tty_answered(a->tty);
	if (ground != PALETTE_UNKNOWN) {
		draw_ground(a->draw, ground);
		a->dirty = true;
	}
}

void
app_ground_ask(struct app *a)
{
	enum palette_ground ground = ground_by_environment(
	    getenv("COLORFGBG"), getenv("TERM"));

	if (!draw_wants_ground(a->draw))
		return;
	if (ground != PALETTE_UNKNOWN) {
		draw_ground(a->draw, ground);
	} else if (!rate_limit_is_slow(&a->pace)) {
		a->ground_asked = tty_ask_ground(a->tty);
		keys_await_answer(a->keys, a->ground_asked);
	}
}
