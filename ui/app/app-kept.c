/*
 * When view settings are saved: shortly after a key changed one, once for
 * several keys, so that a killed UI doesn't lose them.
 */
#include "config.h"

#include "ui/app/app-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/app/view-settings.h"
#include "ui/base/ui-base.h"

#define KEPT_QUIET_MS 1000

void
app_kept_load(struct app *a)
{
	const char *path = a->options->kept;

	if (path == NULL)
		return;
	if (view_settings_load(&a->ui, path)) {
		a->kept = view_settings_text(&a->ui, a->options->likes.columns);
		return;
	}
	a->kept = xstrdup("");		/* differs: it will be saved */
	ui_notice(&a->ui, "%s is damaged: sizes and views are as the settings "
	    "say", path);
}

void
app_kept_key(struct app *a)
{
	if (a->options->kept != NULL && a->kept_at < 0)
		a->kept_at = a->ui.now + KEPT_QUIET_MS;
}

/* Save only what keys changed in this UI: another one may have saved, too. */
void
app_kept_save(struct app *a)
{
	char *now;

	a->kept_at = -1;
	if (a->options->kept == NULL)
		return;
	now = view_settings_text(&a->ui, a->options->likes.columns);
	if (strcmp(now, a->kept) != 0) {
		view_settings_save(a->options->kept, now);
		free(a->kept);
		a->kept = now;
		return;
	}
	free(now);
}
