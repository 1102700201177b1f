/*
 * Files that a decision didn't write since they changed on disk meanwhile: the
 * header says so until the next decision or version, and the cursor goes to the
 * hunk that overlaps the user's lines.
 */
#include "config.h"

#include "ui/diff/disk-note.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/ui-base.h"
#include "ui/diff/diff.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define DISK_ROWS 3		/* of the note, at most */
#define DISK_NAMED 2		/* files that were written, by name */

static bool
disk_is_changed(const cJSON *op)
{
	return !json_bool(op, "ok", false) && json_is(op, "error", "changed");
}

static const struct fold_file *
disk_file(const struct ui *ui, const cJSON *op)
{
	size_t n;
	AUTO_FREE char *path = json_get_bytes(op, "path", &n);

	return fold_find_file(ui->fold, path);
}

static void
disk_add_count(struct buf *b, size_t n, size_t *said, const char *one,
    const char *many)
{
	if (n > 0)
		buf_addf(b, "%s%zu %s%s", *said == 0 ? "" : ", ", n,
		    *said > 0 ? "" : n == 1 ? "hunk " : "hunks ",
		    n == 1 ? one : many);
	*said += n;
}

static void
disk_add_file(const struct ui *ui, const cJSON *op, struct buf *b)
{
	const struct fold_file *f = disk_file(ui, op);
	size_t i, over = 0, open = 0, kept = 0, said = 0;

	sanitize_name(b, json_str_or(op, "path", "?"));
	buf_adds(b, " changed on disk, not written: ");
	for (i = 0; f != NULL && i < f->hunks_len; i++) {
		over += f->hunks[i].overwrites;
		kept += f->hunks[i].mark != MARK_NONE;
		open += f->hunks[i].mark == MARK_NONE &&
		    !f->hunks[i].overwrites;
	}
	disk_add_count(b, over, &said, "overlaps your lines",
	    "overlap your lines");
	disk_add_count(b, open, &said, "to review again", "to review again");
	disk_add_count(b, kept, &said, "keeps its mark", "keep their marks");
	buf_adds(b, said == 0 ? "nothing is left of it to review" : "");
}

/* "beta.py written" */
static void
disk_add_written(const struct ui *ui, struct buf *b)
{
	const cJSON *op;
	size_t n = 0;

	cJSON_ArrayForEach(op, json_array(ui->diff.unwritten, "ops"))
		n += json_bool(op, "ok", false) && json_str(op, "to") == NULL;
	if (n == 0)
		return;
	buf_adds(b, "; ");
	if (n > DISK_NAMED)
		buf_addf(b, "%zu files", n);
	else
		cJSON_ArrayForEach(op, json_array(ui->diff.unwritten, "ops"))
			if (json_bool(op, "ok", false) &&
			    json_str(op, "to") == NULL) {
				sanitize_name(b, json_str_or(op, "path", "?"));
				buf_adds(b, --n > 0 ? ", " : "");
			}
	buf_adds(b, " written");
}

static void
disk_make(struct ui *ui)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *op;

	cJSON_ArrayForEach(op, json_array(ui->diff.unwritten, "ops"))
		if (disk_is_changed(op)) {
			buf_adds(&b, b.len > 0 ? "; " : "");
			disk_add_file(ui, op, &b);
		}
	disk_add_written(ui, &b);
	FREE_SET(ui->diff.disk, buf_take(&b));
	/* There is no room for it above the hunks. */
	if (ui->fold->live && !ui->diff.header) {
		ui_notice(ui, "%s", ui->diff.disk);
		ui_notice_stay(ui);
	}
}

/* To the hunk that overlaps, or else one of the same file that is open, or the
 * next one that is. */
static void
disk_go(struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_hunk *h, *to = NULL;
	const struct fold_file *f;
	const cJSON *op;
	bool over = false;
	size_t i;

	cJSON_ArrayForEach(op, json_array(ui->diff.unwritten, "ops")) {
		f = disk_is_changed(op) ? disk_file(ui, op) : NULL;
		for (i = 0; f != NULL && i < f->hunks_len; i++) {
			h = &f->hunks[i];
			if (h->mark == MARK_NONE && (to == NULL ||
			    (h->overwrites && !over))) {
				over = h->overwrites;
				to = h;
			}
		}
	}
	if (pane->height <= 0 || pane->page.width <= 0)
		return;
	diff_again(ui);
	if (to == NULL)
		diff_next_undecided(ui);
	else
		diff_goto_hunk(ui, to->id);
}

static void
disk_drop(struct ui *ui)
{
	json_drop(&ui->diff.unwritten);
	FREE_NULL(ui->diff.disk);
}

void
disk_note_line(struct ui *ui, enum event_type type, const cJSON *line)
{
	bool again = type == EVENT_PROPOSAL;
	const cJSON *op;

	if (again || type == EVENT_DECISION)
		xstrset(&ui->diff.made, again ? json_str(line, "t") : NULL);
	if (type == EVENT_DECISION || ui->fold->proposal == NULL ||
	    (again && ui->diff.disk != NULL && !ui->diff.split))
		disk_drop(ui);
	if (type == EVENT_APPLIED)
		cJSON_ArrayForEach(op, json_array(line, "ops"))
			if (disk_is_changed(op)) {
				disk_drop(ui);
				ui->diff.unwritten = cJSON_Duplicate(line, 1);
				return;
			}
	if (ui->diff.unwritten == NULL || (!again &&
	    (type != EVENT_DRAFT || !json_is(line, "by", "core"))))
		return;
	disk_make(ui);
	disk_go(ui);
}

/* Before a write, nothing tells us: each frame looks at the file it shows. */
static void
disk_look(struct ui *ui)
{
	const struct fold_file *f;
	AUTO_FREE char *path = NULL, *now = NULL;
	char saved[32];
	struct stat st;
	struct tm *tm;

	if (ui->diff.made == NULL || ui->diff.unwritten != NULL)
		return;
	if (diff_hunk(ui, &f) == NULL) {
		FREE_NULL(ui->diff.disk);
		return;
	}
	path = fs_join(ui->fold->root, f->path_bytes);
	if (lstat(path, &st) == 0 && (tm = gmtime(&st.st_mtime)) != NULL &&
	    strftime(saved, sizeof(saved), "%Y-%m-%dT%H:%M:%S", tm) > 0 &&
	    strcmp(saved, ui->diff.made) > 0)
		now = xasprintf("%s was saved on disk since: a write "
		    "keeps that, and asks again where hunks overlap it",
		    f->path);
	/* It comes by itself, and moves the rows. */
	if (now != NULL && (ui->diff.disk == NULL || strcmp(now,
	    ui->diff.disk) != 0))
		ui->verdict.came = true;
	FREE_SET(ui->diff.disk, xstrdup_null(now));
}

int
disk_note_draw(struct ui *ui, int y, int x, int x_end)
{
	AUTO(page_release) struct page p = { 0 };
	int i;

	disk_look(ui);
	if (ui->diff.disk == NULL)
		return 0;
	page_clear(&p, x_end - x, ui->screen.flags);
	page_add(&p, STYLE_BADGE, "", "", ui->diff.disk,
	    strlen(ui->diff.disk), true);
	for (i = 0; i < DISK_ROWS && i < (int)p.len; i++)
		page_draw_row(&ui->screen, &p, (size_t)i, NULL, y + i, x,
		    x_end);
	return i;
}
