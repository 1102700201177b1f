/*
 * The lines printed to the shell when the UI exits: how it ended, what was
 * written, what waits for review, how to reattach.
 */
#include "config.h"

#include "front/exit-summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/sanitize.h"
#include "front/print.h"
#include "journal/fold.h"
#include "journal/session.h"

#define LAST_NAMED 5	/* written files with their names */

/* The model's words, each line of them marked. */
static void
last_summary(FILE *out, const struct fold *f)
{
	AUTO_FREE char *says = xasprintf("%s says: ", fold_agent_or(f,
	    "the model"));

	if (f->end.summary != NULL && f->end.summary[0] != '\0')
		print_text(out, says, "  ", f->end.summary);
}

static void
last_check(FILE *out, const struct fold *f)
{
	const struct fold_evidence *e = &f->evidence;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (!e->known || e->command == NULL)
		return;
	buf_addf(&b, "check: %s: ", e->command);
	fold_add_check(&b, f);
	buf_adds(&b, e->past && !e->stale ? " earlier" : "");
	print_words(out, "%s", buf_str(&b));
}

static void
last_report(FILE *out, const struct fold *f)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	fold_add_rejected(&b, f->end.rejected,
	    fold_undecided(f->proposal) > 0 ? 0 : f->end.decided);
	print_words(out, "last task: %s%s", fold_outcome(f), buf_str(&b));
	buf_clear(&b);
	last_check(out, f);
	buf_adds(&b, "session: ");
	task_usage_line(&b, &f->facts.usage.session);
	if (f->turn > 0)
		print_words(out, "%s", buf_str(&b));
	/* The last words to a task that was stopped or only answered are
	 * chat. */
	if (!f->end.stopped && !f->end.answered)
		last_summary(out, f);
}

/* Is this file of the change as it was before, by a change that undid a part of
 * it? */
static bool
last_is_back(const struct fold *f, const struct fold_change *c,
    const struct fold_change_file *file)
{
	const struct fold_change_file *now;

	MEM_EACH(f, changes, by) {
		now = by->undoes != c->tx || by->undone != UNDONE_NOT ? NULL :
		    fold_change_file(by, file->path_bytes);
		if (now != NULL && fold_change_is_back(file, now))
			return true;
	}
	return false;
}

bool
exit_summary_is_undone(const struct fold *f, const struct fold_change *c,
    const struct fold_change_file *file)
{
	return c->undone == UNDONE_WHOLE || (c->undone == UNDONE_PART &&
	    last_is_back(f, c, file));
}

/* Does this file of the change count: not undone, and no undo itself? */
static bool
last_stands(const struct fold *f, const struct fold_change *c,
    const struct fold_change_file *file)
{
	return c->undoes == 0 && !c->index &&
	    !exit_summary_is_undone(f, c, file);
}

/* Print what was written and not undone, each path once. */
static void
last_applied(FILE *out, const struct fold *f)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO(pathmap_release) struct pathmap told = { 0 };
	AUTO_BUF struct buf wrote = BUF_INIT(0);
	size_t n = 0, gone = 0;
	const char *name = NULL;

	MEM_EACH(f, changes, c)
		MEM_EACH(c, files, file) {
			/* A file renamed later is printed with its new name. */
			if (!last_stands(f, c, file) || file->renamed_later ||
			    pathmap_find(&told, file->path) != NULL)
				continue;
			(void)pathmap_add(&told, file->path, sizeof(char *));
			if (fold_is_gone(f, file->path)) {
				gone++;
				name = file->path;
			}
			if (n++ >= LAST_NAMED)
				continue;
			if (b.len > 0)
				buf_adds(&b, ", ");
			fold_add_names(&b, file->from, file->path);
			buf_adds(&b, name == file->path ? " (deleted)" : "");
		}
	if (n == 0)
		return;
	fold_add_wrote(&wrote, (int)n, (int)gone, name);
	if (n > LAST_NAMED)
		buf_addf(&b, ", and %zu more", n - LAST_NAMED);
	if (n == 1 && gone == 1)
		print_words(out, "this session %s", buf_str(&wrote));
	else
		print_words(out, "this session %s: %s", buf_str(&wrote),
		    buf_str(&b));
}

/* Each command is on a line of its own, to be copied. */
static void
last_commands(FILE *out, enum ui_end end, const char *id)
{
	switch (end) {
	case UI_DETACHED:
		print_words(out, "detached: the session keeps running. "
		    "To go back (in this folder, assent resume is enough):");
		fprintf(out, "  assent resume %s\nTo end it:\n"
		    "  assent end %s\n", id, id);
		break;
	case UI_ENDED:
		print_words(out, "session ended. To go back to it, or "
		    "to see its log:");
		fprintf(out, "  assent resume %s\n  assent log %s\n", id, id);
		break;
	default:
		print_words(out, "the background process died. No "
		    "decision was lost; to go back to the session:");
		fprintf(out, "  assent resume %s\n", id);
		break;
	}
}

void
exit_summary(FILE *out, const struct fold *f,
    const char *session, enum ui_end end, bool draft)
{
	AUTO_FREE char *id = sanitize_dup(session, sanitize_locale());

	if (end == UI_DETACHED && id[0] == '\0') {
		print_words(out, "left before the session began; if it still does, "
		    "assent ls lists it");
		return;
	}
	if (end == UI_DETACHED && fold_is_over(f))
		end = UI_ENDED;
	if (end == UI_ENDED && !draft && fold_is_empty(f)) {
		fputs("session ended: nothing was said in it\n", out);
		return;
	}
	last_applied(out, f);
	if (f->ended)
		last_report(out, f);
	/* A review that only reads marks all of them, and stays. */
	if (f->proposal != NULL && fold_undecided(f->proposal) > 0)
		print_words(out, "to review: %d of %d hunk%s in %zu "
		    "file%s", fold_undecided(f->proposal),
		    fold_hunks(f->proposal),
		    fold_hunks(f->proposal) == 1 ? "" : "s",
		    f->proposal->files_len,
		    f->proposal->files_len == 1 ? "" : "s");
	if (f->mode != NULL && strcmp(f->mode, "demo") == 0) {
		print_words(out, "the demo is over and its folder is "
		    "removed. To see what was said and done:");
		fprintf(out, "  assent log %s\n", id);
		return;
	}
	if (draft)
		print_words(out, "Your unsent text is kept for when you "
		    "resume.");
	last_commands(out, end, id);
}
