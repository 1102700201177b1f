/*
 * When what was seen is saved: with the next key; and the place in the review: a
 * second after it changed, so that a killed UI loses no more than that. Both are
 * loaded at the beginning; what was seen also whenever the user goes to the
 * review, since another terminal may have shown more.
 */
#include "config.h"

#include "ui/app/app-int.h"

#include <string.h>

#include "base/mem.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/panes/prompt-id.h"
#include "ui/panes/ui-base.h"
#include "ui/diff/review-file.h"
#include "ui/panes/pane-plan.h"
#include "ui/app/away-notice.h"

#define SEEN_MS 1000

static void
app_seen_plan(struct app *a)
{
	AUTO_FREE char *text = NULL;

	if (!prompt_id_has_plan(&a->ui))
		return;
	text = plan_text(a->ui.fold);
	review_file_plan(a->review, &a->ui, text);
}

void
app_seen_begin(struct app *a, enum event_type type)
{
	const char *dir = a->ui.fold->dir;

	if (dir == NULL || (type != EVENT_OTHER && type != EVENT_LIVE))
		return;
	if (a->review == NULL)
		a->review = review_file_new(dir);
	review_file_load(a->review, &a->ui, true);
	app_seen_plan(a);
	if (type != EVENT_OTHER)
		away_notice(&a->ui, review_file_last_key(a->review));
}

void
app_seen_answered(struct app *a)
{
	if (a->review == NULL)
		return;
	review_file_key(a->review, &a->ui);
	app_seen_plan(a);
}

bool
app_is_reviewing(const struct app *a)
{
	return a->ui.at == PANE_DIFF && !a->ui.typing;
}

void
app_seen_key(struct app *a, bool reviewing)
{
	if (!reviewing && a->review != NULL && app_is_reviewing(a))
		review_file_load(a->review, &a->ui, false);
}

void
app_seen_look(struct app *a)
{
	if (a->review != NULL && review_file_look(a->review, &a->ui) &&
	    a->seen_at < 0)
		a->seen_at = a->ui.now + SEEN_MS;
}

void
app_seen_save(struct app *a)
{
	a->seen_at = -1;
	if (a->review != NULL && review_file_look(a->review, &a->ui))
		review_file_save(a->review);
}

void
app_seen_end(struct app *a)
{
	app_seen_save(a);
	/* The user ended the session, and saw how. */
	if (a->review != NULL && a->end == UI_ENDED)
		review_file_here(a->review, &a->ui);
}
