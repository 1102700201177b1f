/*
 * When view settings are saved: shortly after a key changed one, once for
 * several keys, so that a killed UI doesn't lose them.
 */

#include "config.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "ui/app/app-int.h"
#include "ui/panes/ui-base.h"

#define VIEW_SETTINGS_VERSION 1
#define VIEW_SETTINGS_BYTES 4096

static const struct {
	const char	*name;
	enum pane_id	 pane;
} kept_panes[] = {
	{ "plan", PANE_PLAN }, { "output", PANE_OUTPUT }, { "diff", PANE_DIFF },
};

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

/* Without the member, it is as the width says. */
static enum diff_wish
view_settings_wish(const cJSON *o, const char *name)
{
	return json_bool(o, name, false) ? DIFF_ON :
	    json_bool(o, name, true) ? DIFF_BY_WIDTH : DIFF_OFF;
}

static void
view_settings_add_wish(cJSON *o, const char *name, enum diff_wish wish)
{
	if (wish != DIFF_BY_WIDTH)
		json_add_bool(o, name, wish == DIFF_ON);
}

static void
view_settings_apply(struct ui *ui, const cJSON *o)
{
	struct view *v = &ui->view;
	const char *beside = json_str(o, "beside");

	v->strip_hidden = json_bool(o, "strip_hidden", false);
	ui->view.zoom = json_bool(o, "zoom", false);
	v->columns = json_bool(o, "columns", false);
	if (MEM_FIND(kept_panes, beside) != NULL)
		v->other = MEM_FIND(kept_panes, beside)->pane;
	ui->diff.columns = view_settings_wish(o, "diff_side_by_side");
	ui->diff.tree_wish = view_settings_wish(o, "diff_tree");
	ui->diff.numbers = json_bool(o, "diff_numbers", true);
}

/* Read the file, if there is one; false, with nothing changed, if it is
 * damaged. */
static bool
view_settings_load(struct ui *ui, const char *path)
{
	struct buf b = BUF_INIT(VIEW_SETTINGS_BYTES);
	AUTO_JSON cJSON *o = NULL;
	bool good = false;

	if (view_settings_read(path, &b) < 0)
		return true;
	if (b.len > 0)
		o = json_parse(b.p, b.len, JSON_NUL_REFUSE, NULL);
	if ((good = view_settings_is_whole(o)))
		view_settings_apply(ui, o);
	buf_release(&b);
	return good;
}

/* The file's text, to compare and save; malloc'ed. */
static char *
view_settings_text(const struct ui *ui)
{
	const struct view *v = &ui->view;
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *text = NULL;
	size_t i;

	json_add_int(o, "version", VIEW_SETTINGS_VERSION);
	json_add_bool(o, "strip_hidden", v->strip_hidden);
	json_add_bool(o, "zoom", ui->view.zoom);
	json_add_bool(o, "columns", v->columns);
	for (i = 0; i < MEM_COUNT(kept_panes); i++)
		if (kept_panes[i].pane == v->other)
			json_add_str(o, "beside", kept_panes[i].name);
	view_settings_add_wish(o, "diff_side_by_side", ui->diff.columns);
	view_settings_add_wish(o, "diff_tree", ui->diff.tree_wish);
	json_add_bool(o, "diff_numbers", ui->diff.numbers);
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
