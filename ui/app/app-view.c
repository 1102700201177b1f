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
#include "ui/panes/ui-base.h"

void
app_view_load(struct app *a)
{
	const char *path = a->options->view_file;

	if (path == NULL)
		return;
	if (view_settings_load(&a->ui, path)) {
		a->view_saved = view_settings_text(&a->ui);
		return;
	}
	a->view_saved = xstrdup("");		/* differs: it will be saved */
	ui_notice(&a->ui, "%s is damaged: the views are as the settings "
	    "say", path);
}

/* Save only what keys changed in this UI: another one may have saved, too. */
void
app_view_save(struct app *a)
{
	char *now;

	a->view_at = -1;
	if (a->options->view_file == NULL)
		return;
	now = view_settings_text(&a->ui);
	/* What can't be saved now is tried again later, and at the end. */
	if (strcmp(now, a->view_saved) != 0 &&
	    view_settings_save(a->options->view_file, now))
		FREE_SET(a->view_saved, now);
	else
		free(now);
}
