/*
 * What doesn't scroll: in the bar above the pane, where the cursor is and how much
 * is decided; in a row below it, whether the check passed on the text as it will
 * be written, and what proves it.
 */

#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "front/history.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define DISK_ROWS 3		/* of the note, at most */
#define DISK_NAMED 2		/* files that were written, by name */

/*
 * Files that a decision didn't write since they changed on disk meanwhile: the
 * header says so until the next decision or version, and the cursor goes to the
 * hunk that overlaps the user's lines.
 */

static bool
header_disk_is_changed(const struct ev_applied_op *op)
{
	return !op->ok && ev_is(op->error, "changed");
}

/* "beta.py written" */
static void
disk_add_written(const struct ev_applied *a, struct buf *b)
{
	AUTO_BUF struct buf names = BUF_INIT(0);
	size_t n = 0;

	MEM_EACH(a, ops, op)
		if (op->ok && op->to == NULL) {
			buf_adds(&names, n++ > 0 ? ", " : "");
			sanitize_name(&names, ev_str(op->path, "?"));
		}
	if (n > DISK_NAMED)
		buf_addf(b, "%zu files", n);
	else
		buf_adds(b, buf_str(&names));
	buf_adds(b, n > 0 ? " written; " : "");
}

static void
disk_make(struct ui *ui)
{
	const char *before = "changed on disk, not written: ";
	AUTO_BUF struct buf b = BUF_INIT(0);

	disk_add_written(&ui->diff.unwritten->applied, &b);
	MEM_EACH(&ui->diff.unwritten->applied, ops, op)
		if (header_disk_is_changed(op)) {
			buf_adds(&b, before);
			before = ", ";
			sanitize_name(&b, ev_str(op->path, "?"));
		}
	FREE_SET(ui->diff.disk, buf_take(&b));
	/* There is no room for it above the hunks. */
	if (ui->fold->live && !ui->diff.header) {
		ui_notice_as(ui, NOTICE_STAYS, "%s", ui->diff.disk);
	}
}

/* To the hunk that overlaps, or else one of the same file that is open, or the
 * next one that is. */
static void
disk_go(struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_hunk *to = NULL;
	const struct fold_file *f;
	bool over = false;

	MEM_EACH(&ui->diff.unwritten->applied, ops, op) {
		f = header_disk_is_changed(op) ? fold_find_file(ui->fold,
		    op->path_bytes) : NULL;
		if (f == NULL)
			continue;
		MEM_EACH(f, hunks, h)
			if (h->mark == MARK_NONE && (to == NULL ||
			    (h->overwrites && !over))) {
				over = h->overwrites;
				to = h;
			}
	}
	if (pane->height <= 0 || pane->page.width <= 0)
		return;
	diff_again(ui);
	if (to == NULL)
		diff_next_undecided(ui);
	else
		diff_goto_hunk(ui, to->id, false);
}

static void
disk_drop(struct ui *ui)
{
	event_drop(&ui->diff.unwritten);
	FREE_NULL(ui->diff.disk);
}

static void
disk_note_line(struct ui *ui, const struct event *e)
{
	enum event_type type = e->type;
	bool again = type == EVENT_PROPOSAL;

	if (again || type == EVENT_DECISION)
		xstrset(&ui->diff.made, again && e->t[0] != '\0' ? e->t : NULL);
	if (type == EVENT_DECISION || ui->fold->proposal == NULL ||
	    (again && ui->diff.disk != NULL && !ui->review.news.split))
		disk_drop(ui);
	if (type == EVENT_APPLIED)
		MEM_EACH(&e->applied, ops, op)
			if (header_disk_is_changed(op)) {
				disk_drop(ui);
				event_keep(&ui->diff.unwritten, e);
				return;
			}
	if (ui->diff.unwritten == NULL || (!again &&
	    (type != EVENT_DRAFT || strcmp(e->by, "core") != 0)))
		return;
	disk_make(ui);
	disk_go(ui);
}

const struct ui_part diff_disk = { .line = disk_note_line };

/* Before a write, nothing tells us: each frame looks at the file it shows. */
static void
header_disk_look(struct ui *ui)
{
	const struct fold_file *f;
	AUTO_FREE char *path = NULL, *now = NULL;
	struct stat st;

	if (ui->diff.made == NULL || ui->diff.unwritten != NULL)
		return;
	/* What is read from commits isn't of the disk. */
	if (diff_hunk(ui, &f) == NULL || ui->fold->reads) {
		FREE_NULL(ui->diff.disk);
		return;
	}
	path = fs_join(ui->fold->root, f->path_bytes);
	if (lstat(path, &st) == 0 && (int64_t)st.st_mtim.tv_sec * 1000 +
	    st.st_mtim.tv_nsec / 1000000 > clock_stamp_ms(ui->diff.made))
		now = fold_stages(ui->fold) ? xasprintf("%s was saved on disk "
		    "since: %s stages what is shown here, %s reads it again",
		    f->path, ui_key_of(ui, ACTION_SEND), ui_key_of(ui,
		    ACTION_REDRAW)) : xasprintf("%s was saved on disk since: "
		    "a write keeps that, and asks again where hunks overlap "
		    "it", f->path);
	/* It comes by itself, and moves the rows. */
	if (now != NULL && (ui->diff.disk == NULL || strcmp(now,
	    ui->diff.disk) != 0))
		ui->review.came = true;
	FREE_SET(ui->diff.disk, xstrdup_null(now));
}

void
disk_note_make(struct ui *ui, int cols)
{
	struct page *p = &ui->diff.note;

	header_disk_look(ui);
	page_clear(p, cols, ui->screen->flags);
	if (ui->diff.disk != NULL)
		page_add(p, STYLE_BADGE, NULL, NULL, ui->diff.disk,
		    strlen(ui->diff.disk));
	p->len = p->len < DISK_ROWS ? p->len : DISK_ROWS;
}

/*
 * What is new since the user last looked (review/review.c). One key hides what
 * is known. Keys that decide about several hunks leave hidden ones alone.
 */

static void
news_part(struct buf *b, size_t n, const char *word)
{
	bool first = buf_str(b)[b->len - 1] == ' ';

	if (n > 0)
		buf_addf(b, "%s%zu%s %s", first ? "" : ", ", n, !first ? "" :
		    n == 1 ? " hunk" : " hunks", word);
}

/* "a.py changed on disk: 1 hunk now overlaps those lines", of the first file with
 * such a hunk. */
static void
news_overlaps(const struct ui *ui, struct buf *b)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const struct fold_file *f;
	size_t n = 0;

	for (f = p->files; n == 0 && f < p->files + p->files_len; f++) {
		MEM_EACH(f, hunks, h)
			n += h->overwrites;
		if (n > 0) {
			fold_add_name(b, f->path_bytes);
			buf_addf(b, " changed on disk%s%s: %zu hunk%s now "
			    "overlap%s those lines", f->meanwhile_by == NULL ?
			    "" : " by your session ", f->meanwhile_by == NULL ?
			    "" : f->meanwhile_by, n, n == 1 ? "" : "s",
			    n == 1 ? "s" : "");
		}
	}
}

/* After the next version: "version 2: 2 hunks new, 1 gone". */
static void
news_line(struct ui *ui, const struct event *e)
{
	struct review_news *v = &ui->review.news;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	if (e->type != EVENT_PROPOSAL)
		return;
	v->split = false;
	for (i = 0; i < v->unsent_len && ui->fold->live; i++)
		history_add(&ui->say.history, v->unsent[i]);
	if (!ui->fold->live || ui->fold->proposal == NULL ||
	    ui->fold->proposal->undo != 0 || ui->diff.disk != NULL || ui_notice_stays(ui) ||
	    v->added + v->gone == 0 || (v->gone == 0 && ui->at != PANE_DIFF))
		return;
	news_overlaps(ui, &b);
	if (b.len == 0) {
		buf_addf(&b, "version %d: ", ui->fold->proposal->version);
		news_part(&b, v->added, "new");
		news_part(&b, v->gone, "gone");
	}
	if (v->unsent_len > 0)
		buf_addf(&b, " · %zu comment%s not sent", v->unsent_len,
		    v->unsent_len == 1 ? "" : "s");
	if (diff_has_news(ui))
		buf_addf(&b, " · %s shows it",
		    ui_key_of(ui, ACTION_NEWS));
	ui_notice_as(ui, NOTICE_STAYS, "%s", buf_str(&b));
}

/* Hide what is known, with the cursor on a hunk that isn't. */
static void
news_begin(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);

	ui->review.news.on = true;
	diff_again(ui);
	if (h != NULL && !review_hides(&ui->review, h))
		return;
	for (pane->cur = 0; pane->cur + 1 < pane->page.len &&
	    pane->page.rows[pane->cur].kind != DIFF_HEAD; pane->cur++)
		;
	diff_next_undecided(ui);
}

bool
diff_has_news(const struct ui *ui)
{
	size_t known;

	return review_news_count(&ui->review, &known) > 0 && known > 0;
}

void
diff_news_switch(struct ui *ui)
{
	size_t known, n = review_news_count(&ui->review, &known);

	if (ui->review.news.on) {
		ui->review.news.on = false;
		diff_again(ui);
		ui_notice(ui, "all hunks shown");
	} else if (known == 0)
		ui_notice(ui, "all of it is new: you haven't looked through an "
		    "earlier version");
	else if (n == 0)
		ui_notice(ui, "no hunk changed since you last looked");
	else {
		news_begin(ui);
		ui_notice(ui, "only what changed since you looked · %s shows "
		    "all", ui_key_of(ui, ACTION_NEWS));
	}
}

const struct ui_part diff_news = { .line = news_line };

#define HEADER_NAME_COLS 24	/* of a name, at most */

/* How much of it there is room for: the same at each step of a review. */
enum header_form {
	HEADER_ALL,		/* "parse.c   2/5 · hunk  3/12 · 5 accepted,
				   0 rejected, 7 open" */
	HEADER_SHORT,		/* "parse.c   2/5 · 3/12 · 7 open" */
	HEADER_BARE,		/* "3/12 · 7 open" */
};

struct header {
	size_t	file, files;	/* from 1; 0: the cursor is on none */
	size_t	hunk, hunks;
	size_t	yes, no;
	bool	edited;
};

static struct header
header_count(const struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const struct pane *pane = &ui->panes[PANE_DIFF];
	struct header n = { .files = p->files_len, .hunks = p->hunks_len };
	const struct page_row *r = pane->cur >= pane->page.len ? NULL :
	    &pane->page.rows[pane->cur];
	const struct fold_hunk *here = r == NULL ? NULL : diff_row_hunk(ui, r);

	n.file = r == NULL || r->file < 0 ||
	    (size_t)r->file >= p->files_len ? 0 : (size_t)r->file + 1;
	n.hunk = here == NULL ? 0 : here->place + 1;
	MEM_EACH(p, hunks, at) {
		enum fold_mark m = review_mark_of(&ui->review, at->hunk).mark;

		n.yes += m == MARK_YES;
		n.no += m == MARK_NO;
		n.edited = n.edited || at->hunk->edit != NULL;
	}
	return n;
}

/* Is the result with all hunks known, and may all still be accepted? That
 * decision has it, whatever runs now. */
static bool
header_check_is_whole(const struct ui *ui, const struct header *n)
{
	return ui->fold->evidence.whole != NULL && n->no == 0 && !n->edited;
}

/* Append the check's state, if there is a check; its style. */
static enum style
header_check(const struct ui *ui, const struct header *n, struct buf *b)
{
	const struct fold_evidence *e = &ui->fold->evidence;
	bool accepted = e->partial, ok = e->exit == 0;
	const struct fold_check check = fold_check(ui->fold);
	bool early = check.early;
	bool whole = header_check_is_whole(ui, n);

	if (fold_hook_blocks(ui->fold) != NULL) {
		buf_addf(b, "blocked by %s", fold_hook_blocks(ui->fold)->name);
		return STYLE_BAD;
	}
	if (ui->fold->reads)
		buf_adds(b, "marks are for you alone, and stay until it changes");
	else if (!check.is)
		;
	else if (whole && (e->running || e->stale || early)) {
		/* What is accepted so far may need the rest: no alarm. */
		ok = strcmp(e->whole, "passed") == 0;
		buf_addf(b, "check %s with all %zu", ok ? "passes" : "fails",
		    n->hunks);
		return ok ? STYLE_GOOD : STYLE_BAD;
	} else if (e->running)
		buf_adds(b, "check running");
	else if (!check.ran || fold_not_run(e->killed) ||
	    (early && n->yes == 0) || review_facts(&ui->review).check_is_old)
		buf_adds(b, "check not run");
	else if (e->stale || (n->edited && !accepted))
		buf_adds(b, "check not run with these hunks");
	else if (early)
		buf_addf(b, "check %s without the rest", ok ? "passes" :
		    "fails");
	else if (review_is_unchecked(&ui->review))
		buf_addf(b, "check %s with all %zu", ok ? "passes" : "fails",
		    n->hunks);
	else {
		buf_addf(b, "check %s%s", fold_check_result(e), accepted &&
		    n->no > 0 ? fold_stages(ui->fold) ? " without what you leave" :
		    " without what you rejected" : "");
		if (check.shows_why)
			buf_addf(b, " · %s shows why", ui_key_of(ui,
			    ACTION_PANE_OUTPUT));
		return ok ? STYLE_GOOD : STYLE_BAD;
	}
	return STYLE_DIM;
}

void
diff_undo_text(const struct ui *ui, bool files, struct buf *b)
{
	const struct fold_proposal *p = ui->fold->proposal;
	bool redo;
	int64_t tx = fold_change_named(ui->fold, p->undo, &redo);

	buf_addf(b, "%s %schange %lld", redo ? "redoes" : "undoes",
	    p->undo_part ? "part of " : "", (long long)tx);
	if (files && p->files_len == 1) {
		buf_adds(b, " (");
		sanitize_name(b, p->files[0].name);
		buf_addc(b, ')');
	}
}

static int
header_digits(size_t n)
{
	int digits = 1;

	for (; n >= 10; n /= 10)
		digits++;
	return digits;
}

/* Add the file's name, padded to the longest one, and its number. An undo says
 * that it is one: it must not look like a review that makes changes. */
static void
header_add_file(const struct ui *ui, const struct header *n, struct buf *b)
{
	const struct fold_proposal *p = ui->fold->proposal;
	int cols, most = 0, own = 0, digits = header_digits(n->files);

	MEM_EACH(p, files, f) {
		AUTO_BUF struct buf name = BUF_INIT(0);
		AUTO_FREE char *cut = NULL;

		sanitize_name(&name, f->name);
		cut = utf8_cut_dup(buf_str(&name), HEADER_NAME_COLS);
		cols = sanitize_width(cut, strlen(cut), 0);
		most = cols > most ? cols : most;
		if (n->file == (size_t)(f - p->files) + 1) {
			own = cols;
			buf_adds(b, cut);
		}
	}
	if (p->files_len > 1 && n->file == 0)
		buf_addf(b, "%*s %*s/%zu", most, "", digits, "-", n->files);
	else if (p->files_len > 1)
		buf_addf(b, "%*s %*zu/%zu", most - own, "", digits, n->file,
		    n->files);
	buf_adds(b, b->len > 0 ? " · " : "");
}

static void
header_place(const struct ui *ui, const struct header *n,
    enum header_form form, struct buf *b)
{
	int digits = header_digits(n->hunks);
	size_t open = n->hunks - n->yes - n->no;

	if (ui->fold->proposal->undo != 0) {
		diff_undo_text(ui, form == HEADER_ALL, b);
		buf_adds(b, " · ");
	} else if (form <= HEADER_SHORT)
		header_add_file(ui, n, b);
	buf_adds(b, form == HEADER_ALL ? "hunk " : "");
	if (n->hunk > 0)
		buf_addf(b, "%*zu", digits, n->hunk);
	else
		buf_addf(b, "%*s", digits, "-");
	buf_addf(b, "/%zu · ", n->hunks);
	if (form == HEADER_ALL)
		buf_addf(b, "%*zu %s, %*zu %s, %*zu open", digits, n->yes,
		    fold_word(ui->fold, "accepted"), digits, n->no,
		    ui->fold->proposal->undo != 0 ? "kept" :
		    fold_word(ui->fold, "rejected"), digits, open);
	else
		buf_addf(b, "%*zu open", digits, open);
}

/* In cells; on an ASCII terminal, too, a dot of ours takes one. */
static int
header_width(const struct buf *b)
{
	return sanitize_width(buf_str(b), b->len, 0);
}

void
diff_header(const struct ui *ui, int room, struct buf *place)
{
	struct header n = header_count(ui);
	enum header_form form = HEADER_ALL;

	do {
		buf_clear(place);
		header_place(ui, &n, form, place);
	} while (header_width(place) > room && form++ < HEADER_BARE);
}

/* Append a fact, if there is room for all of it. */
static void
header_fact(struct buf *b, const char *fact, int room)
{
	AUTO_BUF struct buf whole = BUF_INIT(0);

	buf_addf(&whole, "%s%s%s", buf_str(b), b->len > 0 ? " · " : "", fact);
	if (header_width(&whole) > room)
		return;
	buf_clear(b);
	buf_adds(b, buf_str(&whole));
}

/* Append what the proofs say that warn, or of those that don't; did one? */
static bool
header_proofs(const struct ui *ui, bool warns, int room, struct buf *b)
{
	bool any = false;
	int i;

	for (i = 0; i < FOLD_PROOFS; i++) {
		AUTO_BUF struct buf proof = BUF_INIT(0), clean = BUF_INIT(0);

		if (fold_proof_words(&proof, ui->fold,
		    (enum fold_proof_which)i) != warns || proof.len == 0)
			continue;
		sanitize_name(&clean, buf_str(&proof));
		header_fact(b, buf_str(&clean), room);
		any = true;
	}
	return any;
}

enum style
diff_check(const struct ui *ui, int room, struct buf *b)
{
	struct header n = header_count(ui);
	enum style style = header_check(ui, &n, b);
	const struct fold_evidence *e = &ui->fold->evidence;
	const struct fold_proposal *p = ui->fold->proposal;
	AUTO_BUF struct buf command = BUF_INIT(0), notes = BUF_INIT(0),
	    tried = BUF_INIT(0);

	if (p->only_tests)
		header_fact(b, FOLD_ONLY_TESTS, room);
	if (fold_notes_all(&notes, p->files, p->files_len, " · "))
		header_fact(b, buf_str(&notes) + strlen(" · "), room);
	if (header_proofs(ui, true, room, b))
		style = STYLE_BAD;
	fold_notice_words(&tried, ui->fold);
	if (tried.len > 0)
		header_fact(b, buf_str(&tried), room);
	(void)header_proofs(ui, false, room, b);
	if (e->command == NULL || ui->fold->reads)
		return style;
	sanitize_name(&command, e->command);
	if (!e->running && !e->stale && !fold_check(ui->fold).early &&
	    e->words != NULL) {
		buf_adds(&command, ": ");
		sanitize_name(&command, e->words);
	}
	header_fact(b, buf_str(&command), room);
	if (fold_tries(ui->fold) && ui->clocks.state.name != NULL)
		header_fact(b, "trying small changes", room);
	return style;
}
