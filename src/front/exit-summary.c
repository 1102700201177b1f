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
#include "base/money.h"
#include "base/sanitize.h"
#include "journal/fold-proposal.h"
#include "journal/task-limit.h"

#define LAST_NAMED 5	/* written files with their names */

static void
last_report(FILE *out, const struct fold *f, unsigned flags)
{
	AUTO_BUF struct buf cost = BUF_INIT(0);
	char *s;

	if (f->summary != NULL && f->summary[0] != '\0') {
		s = sanitize_dup(f->summary, flags | SANITIZE_LINES);
		fprintf(out, "%s\n", s);
		free(s);
	}
	if (f->evidence.known && f->evidence.command != NULL) {
		s = sanitize_dup(f->evidence.command, flags);
		fprintf(out, "success check: %s: %s%s%s\n", s,
		    fold_not_run(f->evidence.killed) ? "not run" :
		    f->evidence.killed != NULL       ? "stopped at a limit" :
		    f->evidence.exit == 0            ? "passed" :
		    f->evidence.met != NULL          ? "failed at a limit" :
						       "failed",
		    !f->evidence.stale ? "" :
		    fold_check_since(f)[0] == '\0' ? " (stale)" :
		    ", not run again", fold_check_since(f));
		free(s);
	}
	fprintf(out, "session: %d turn%s", f->turn, f->turn == 1 ? "" : "s");
	if (f->tokens_in > 0 || f->tokens_out > 0) {
		limit_count_text(&cost, f->tokens_in);
		buf_adds(&cost, " tokens in, ");
		limit_count_text(&cost, f->tokens_out);
		fprintf(out, ", %s out", buf_str(&cost));
		buf_clear(&cost);
	}
	if (f->spent.session.cached_told) {
		task_usage_cache_text(&cost, &f->spent.session);
		fprintf(out, ", cache %s", buf_str(&cost));
		buf_clear(&cost);
	}
	if (f->spent.session.unpriced == 0 && f->spent.session.cost > 0) {
		money_text(&cost, f->spent.session.cost);
		fprintf(out, ", %s", buf_str(&cost));
	}
	fprintf(out, "\n");
}

/* Is this file of the change as it was before, by a change that undid a part of
 * it? */
static bool
last_is_back(const struct fold *f, const struct fold_change *c,
    const struct fold_change_file *file)
{
	const struct fold_change *by;
	const struct fold_change_file *now;
	size_t i, j;

	for (i = 0; i < f->changes_len; i++) {
		by = &f->changes[i];
		for (j = 0; by->undoes == c->tx && !by->undone &&
		    j < by->files_len; j++) {
			now = &by->files[j];
			if (strcmp(now->path_bytes, file->path_bytes) == 0 &&
			    now->after.exists == file->before.exists &&
			    (!file->before.exists || strcmp(now->after.hash,
			    file->before.hash) == 0))
				return true;
		}
	}
	return false;
}

bool
exit_summary_is_undone(const struct fold *f, const struct fold_change *c,
    const struct fold_change_file *file)
{
	return c->undone && (!c->undone_part || last_is_back(f, c, file));
}

/* Does this file of the change count: not undone, and no undo itself? */
static bool
last_stands(const struct fold *f, const struct fold_change *c,
    const struct fold_change_file *file)
{
	return c->undoes == 0 && !exit_summary_is_undone(f, c, file);
}

static bool
last_is_told(const struct fold *f, size_t before, const char *path)
{
	const struct fold_change *c;
	size_t i, j;

	for (i = 0; i < before; i++)
		for (c = &f->changes[i], j = 0; j < c->files_len; j++)
			if (strcmp(path, c->files[j].path) == 0 &&
			    last_stands(f, c, &c->files[j]))
				return true;
	return false;
}

/* Print what was written and not undone, each path once. */
static void
last_applied(FILE *out, const struct fold *f, unsigned flags)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *names = NULL;
	size_t i, j, n = 0;

	for (i = 0; i < f->changes_len; i++)
		for (j = 0; j < f->changes[i].files_len; j++) {
			const struct fold_change_file *c =
			    &f->changes[i].files[j];

			/* A file renamed later is printed with its new name. */
			if (!last_stands(f, &f->changes[i], c) ||
			    c->renamed_later || last_is_told(f, i, c->path) ||
			    n++ >= LAST_NAMED)
				continue;
			if (b.len > 0)
				buf_adds(&b, ", ");
			fold_add_names(&b, c->from, c->path);
		}
	if (n == 0)
		return;
	names = sanitize_dup(buf_str(&b), flags);
	fprintf(out, "this session wrote %zu file%s: %s", n, n == 1 ? "" : "s", names);
	if (n > LAST_NAMED)
		fprintf(out, ", and %zu more", n - LAST_NAMED);
	fprintf(out, "\n");
}

void
exit_summary(
    FILE *out, const struct fold *f, const char *session, enum ui_end end)
{
	unsigned flags = sanitize_locale();
	char *last, *id = sanitize_dup(session, flags);

	if (f->ended)
		last_report(out, f, flags);
	last_applied(out, f, flags);
	if (f->proposal != NULL && f->proposal->files_len > 0)
		fprintf(out, "to review: %d of %d hunk%s in %zu file%s\n",
		    fold_undecided(f->proposal), fold_hunks(f->proposal),
		    fold_hunks(f->proposal) == 1 ? "" : "s",
		    f->proposal->files_len,
		    f->proposal->files_len == 1 ? "" : "s");
	switch (end) {
	case UI_DETACHED:
		fprintf(out, "detached. Reattach: assent attach %s, also when "
		    "its work is done. End: assent end %s.\n", id, id);
		break;
	case UI_ENDED:
		last = sanitize_dup(f->outcome == NULL ? "" : f->outcome,
		    flags);
		fprintf(out, "session %s ended%s%s%s; `assent ls` lists "
		    "sessions, `assent log %s` shows this one, `assent resume "
		    "%s` continues it\n", id, *last == '\0' ? "" :
		    " (last task: ", last, *last == '\0' ? "" : ")", id, id);
		free(last);
		break;
	default:
		fprintf(out, "session %s: the background process died. No "
		    "decision was lost; continue with `assent resume "
		    "%s`.\n", id, id);
		break;
	}
	free(id);
}
