/*
 * Notes: what is told of a file of the open proposal, of a hunk or a line. What
 * the proposal's line says is noted when it is read; the rest again after each
 * line that it comes from. Front ends draw the list, and rules ask it what they
 * mustn't accept.
 */
#include "config.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "journal/event.h"
#include "journal/fold-int.h"
#include "journal/fold.h"
#include "journal/session.h"

#define NOTE_NAMES_MAX	3	/* of one line; sessions that change a file, too */

const struct fold_note_row fold_note_rows[NOTE_KINDS] = {
	[NOTE_WEAKER] = { .name = "weakened", .level = NOTE_WARNS,
	    .lead = "test weakened: ", .badge = "weakened",
	    .all = "tests weakened",
	    .stops = NOTE_STOPS_YES, .why = "it weakens tests" },
	[NOTE_ADDS] = { .name = "adds", .level = NOTE_LOOK, .lead = "adds: ",
	    .badge = "adds", .all = "adds",
	    .stops = NOTE_STOPS_SMALL, .why = "it adds something",
	    .later = true },
	[NOTE_PROTECTED] = { .name = "protected", .level = NOTE_LOOK,
	    .lead = "protected: ", .badge = "protected", .alone = true,
	    .stops = NOTE_STOPS_YES, .why = "its path is protected" },
	[NOTE_CHECK] = { .name = "check", .lead = "affects the ",
	    .badge = "check",
	    .stops = NOTE_STOPS_SMALL, .why = "it affects the check",
	    .later = true },
	[NOTE_TEST] = { .name = "test", .lead = "a ", .badge = "test",
	    .stops = NOTE_STOPS_SMALL, .why = "it is a test", .later = true },
	[NOTE_UNPLANNED] = { .name = "unplanned", .badge = "not in plan",
	    .later = true },
	[NOTE_ALSO] = { .name = "also", .level = NOTE_TELLS,
	    .lead = "also changed in ", .badge = "also changed",
	    .later = true },
	[NOTE_GENERATED] = { .name = "generated", .badge = "generated" },
	[NOTE_MIXES] = { .name = "encodings",
	    .stops = NOTE_STOPS_ALL, .why = "it would get two encodings" },
	[NOTE_MISREAD] = { .name = "misread",
	    .stops = NOTE_STOPS_ALL,
	    .why = "a program may read its bytes otherwise" },
	[NOTE_REMARK] = { .name = "note", .level = NOTE_LOOK,
	    .lead = "note: " },
	[NOTE_OVERWRITES] = { .name = "overwrites", .level = NOTE_LOOK },
	[NOTE_NAME] = { .name = "name", .level = NOTE_LOOK },
	[NOTE_DISPROOF] = { .name = "disproof", .level = NOTE_WARNS,
	    .later = true },
	[NOTE_PROOF] = { .name = "proof", .level = NOTE_TELLS, .later = true },
	[NOTE_UNNOTICED] = { .name = "unnoticed", .level = NOTE_TELLS,
	    .later = true },
	[NOTE_VALUE] = { .name = "value", .level = NOTE_TELLS },
	[NOTE_WRITER] = { .name = "writer", .level = NOTE_TELLS,
	    .lead = "written by " },
	[NOTE_HOOK] = { .name = "hook", .level = NOTE_TELLS,
	    .lead = "changed by your hook ", .later = true },
	[NOTE_REASON] = { .name = "reason", .level = NOTE_SAYS,
	    .lead = "model says: " },
	[NOTE_ERROR] = { .name = "error", .level = NOTE_WARNS, .later = true },
	[NOTE_FINDING] = { .name = "finding", .level = NOTE_SAYS,
	    .later = true },
};

/* `hunk`: its index, or FOLD_NOTE_FILE. `line`: in the old or the new file; 0:
 * none. */
static void
note_add(struct fold_file *f, enum fold_note_kind kind, int hunk, bool old,
    int line, const char *text)
{
	*GROW_ADD(f->notes, f->notes_len) = (struct fold_note){
		.row = &fold_note_rows[kind], .hunk = hunk, .old = old,
		.line = line, .text = xstrdup(text) };
}

/* Add a note about the whole file; NULL: nothing. */
static void
note_add_file(struct fold_file *f, enum fold_note_kind kind, const char *text)
{
	if (text != NULL)
		note_add(f, kind, FOLD_NOTE_FILE, false, 0, text);
}

/* Add a note that is only its kind, without a text. */
static void
note_add_is(struct fold_file *f, enum fold_note_kind kind, bool is)
{
	const struct fold_note_row *row = &fold_note_rows[kind];

	note_add_file(f, kind, !is ? NULL : row->badge != NULL ? row->badge :
	    row->why);
}

/* The hunk that has this line of the old or the new file; FOLD_NOTE_FILE: none. */
static int
note_hunk(const struct fold_file *f, bool old, int line)
{
	MEM_EACH(f, hunks, h)
		if (old ? line >= h->old_start && line < h->old_start +
		    h->old_lines : fold_hunk_has_line(h, line))
			return (int)(h - f->hunks);
	return FOLD_NOTE_FILE;
}

static bool
note_is_generated(const char *path)
{
	static const char *const names[] = {
		"?*.lock", "?*.lockb", "?*.lockfile", "?*.min.js", "?*.min.css",
		"?*.js.map", "?*.css.map", "?*.pb.go", "?*.pb.cc", "?*.pb.h",
		"?*_pb2.py", "?*_pb2.pyi", "?*.g.dart", "?*.freezed.dart",
		"package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml",
		"go.sum", "packages.lock.json", "Package.resolved",
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(names); i++)
		if (fnmatch(names[i], basename(path), 0) == 0)
			return true;
	return false;
}

/* Names in a line that mix scripts, or only look like ASCII. */
static void
note_names(struct fold_file *f, int hunk, int line, const char *s, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct lookalike w;
	size_t at = 0;
	int names = 0;

	while (lookalike_next(s, n, &at, &w) && names++ < NOTE_NAMES_MAX) {
		buf_adds(&b, b.len > 0 ? "; " : "");
		lookalike_words(&b, s, &w);
	}
	buf_adds(&b, names > NOTE_NAMES_MAX ? "; and more" : "");
	if (names > 0)
		note_add(f, NOTE_NAME, hunk, false, line, buf_str(&b));
}

/* Is the text in line `number` of the new file, which the hunk has? */
static bool
note_line_has(const struct fold_hunk *h, int number, const char *text)
{
	struct hunk_walk w = hunk_walk(h->text, h->text_len, 0, h->new_start);

	while (hunk_walk_next(&w))
		if ((w.sign == '+' || w.sign == ' ') && w.new == number)
			return memmem(w.line, w.n, text, strlen(text)) != NULL;
	return false;
}

static void
note_add_hunk(struct fold_file *f, int hunk, const struct ev_hunk *x)
{
	const struct fold_hunk *h = &f->hunks[hunk];
	struct hunk_walk w = hunk_walk(h->text, h->text_len, 0, h->new_start);

	if (h->overwrites)
		note_add(f, NOTE_OVERWRITES, hunk, false, 0, FOLD_OVERWRITES);
	if (x->reason != NULL)
		note_add(f, NOTE_REASON, hunk, false, 0, x->reason);
	if (utf8_is_ascii(h->text, h->text_len))
		return;
	while (hunk_walk_next(&w))
		if (w.sign == '+' || w.sign == ' ')
			note_names(f, hunk, w.new, w.line + 1, w.n - 1);
}

void
fold_notes_read(struct fold_file *f, const struct ev_proposed_file *x)
{
	MEM_EACH(x, weaker, w) {
		bool old = ev_is(w->side, "old");
		int line = fold_int(w->line);

		note_add(f, w->counts ? NOTE_WEAKER : NOTE_VALUE,
		    note_hunk(f, old, line), old, line, ev_str(w->what, "?"));
	}
	MEM_EACH(x, adds, a) {
		*GROW_ADD(f->adds, f->adds_len) = (struct fold_adding){
			.line = fold_int(a->line),
			.what = xstrdup(ev_str(a->what, "?")),
			.target = xstrdup_null(a->target) };
	}
	note_add_file(f, NOTE_PROTECTED, x->protected);
	note_add_is(f, NOTE_GENERATED, note_is_generated(f->path));
	note_add_is(f, NOTE_MIXES, x->mixes);
	note_add_is(f, NOTE_MISREAD, x->misread);
	note_add_file(f, NOTE_REMARK, x->note);
	note_add_file(f, NOTE_REASON, x->reason);
	note_add_file(f, NOTE_WRITER, x->written_by);
	MEM_EACH(x, hunks, h)
		note_add_hunk(f, (int)(h - x->hunks), h);
}

static size_t
note_count(const struct fold_file *f, enum fold_note_kind kind)
{
	size_t all = 0;

	MEM_EACH(f, notes, n)
		all += n->row == &fold_note_rows[kind];
	return all;
}

static void
note_release(struct fold_file *f, bool later)
{
	size_t kept = 0;

	MEM_EACH(f, notes, it)
		if (later && !it->row->later)
			f->notes[kept++] = *it;
		else
			free(it->text);
	f->notes_len = kept;
}

void
fold_notes_release(struct fold_file *f)
{
	note_release(f, false);
	FREE_NULL(f->notes);
	MEM_EACH(f, adds, a)
		FREE_ALL(a->what, a->target);
	FREE_NULL(f->adds);
}

/* ---- what later lines say ---- */

/* The file of this name, or that had it; NULL: none. */
static struct fold_file *
note_file(const struct fold *f, const char *path)
{
	const struct fold_file *found = fold_find_file(f, path);

	MEM_EACH(f->proposal, files, file)
		if (found == file || (found == NULL && file->from != NULL &&
		    ev_is(path, file->from_bytes)))
			return file;
	return NULL;
}

static void
note_proofs(struct fold *f)
{
	int i, k;

	/* What speaks against the change comes first. */
	for (k = 0; k < 2 * FOLD_PROOFS; k++) {
		bool warns;
		const char *words = fold_proof_of_files(f,
		    (enum fold_proof_which)(i = k % FOLD_PROOFS), &warns);

		if (words == NULL || warns != (k < FOLD_PROOFS))
			continue;
		MEM_EACH(&f->proofs[i].line->proof, files, it) {
			struct fold_file *file = note_file(f, it->path_bytes);

			if (file != NULL)
				note_add_file(file, warns ? NOTE_DISPROOF :
				    NOTE_PROOF, words);
		}
	}
}

/* What the check doesn't notice. */
static void
note_notice(struct fold *f)
{
	MEM_EACH(f->notice->notice.result, unnoticed, it) {
		struct fold_file *file = note_file(f, it->path_bytes);
		const struct fold_at *at = fold_proposal_find(f->proposal,
		    it->hunk);
		AUTO_BUF struct buf b = BUF_INIT(0);
		int line = fold_int(it->line);

		fold_unnoticed_text(&b, it);
		if (it->words != NULL && file != NULL)
			note_add(file, NOTE_UNNOTICED, note_hunk(file, false,
			    line), false, line, buf_str(&b));
		else if (at != NULL)
			note_add(at->file, NOTE_UNNOTICED, (int)(at->hunk -
			    at->file->hunks), false, 0, buf_str(&b));
	}
}

void
fold_finding_text(struct buf *b, const struct fold_finding *g,
    const char *says)
{
	buf_addf(b, "%s %s: %s: %s", g->by == NULL ? "model" : g->by, says,
	    g->severity, g->message);
}

/* At its line, which moves with the hunk that has it in the first proposal since;
 * once that hunk is another, at the file. Nothing if a linter's line has another
 * text now. `proposed`: the proposal is new. */
static void
note_finding(struct fold_proposal *p, struct fold_file *file,
    struct fold_finding *g, bool proposed)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct fold_at *at = fold_proposal_find(p, g->hunk);
	bool gone = g->hunk != NULL && at == NULL;
	int hunk = gone ? FOLD_NOTE_FILE : at != NULL ?
	    (int)(at->hunk - at->file->hunks) :
	    note_hunk(file, false, g->line);
	const struct fold_hunk *h = hunk < 0 ? NULL : &file->hunks[hunk];

	g->proposed = g->proposed || proposed;
	if (h != NULL && g->source != NULL && !note_line_has(h, g->line,
	    g->source))
		return;
	if (at != NULL) {
		g->line = fold_int((int64_t)g->line + h->new_start - g->from);
		g->end = g->end == 0 ? 0 : fold_int((int64_t)g->end +
		    h->new_start - g->from);
		g->from = h->new_start;
	} else if (proposed && h != NULL && g->source == NULL) {
		g->hunk = xstrdup(h->id);
		g->from = h->new_start;
	}
	fold_finding_text(&b, g, gone ? "said" : "says");
	note_add(file, ev_is(g->severity, "error") ? NOTE_ERROR : NOTE_FINDING,
	    hunk, false, g->line, buf_str(&b));
}

/* What it adds that the project had not. */
static void
note_adds(struct fold_file *file, const struct ev_adds *of)
{
	MEM_EACH(file, adds, a) {
		bool whole = a->target == NULL || of->compared;
		AUTO_FREE char *text = xasprintf("%s%s", a->what, whole ? "" :
		    ", not compared with the rest");

		a->known = a->target != NULL && MEM_FIND_IN(of->known,
		    of->known_len, a->target) != NULL;
		if (!a->known)
			note_add(file, NOTE_ADDS, note_hunk(file, false,
			    a->line), false, a->line, text);
	}
}

static void
note_also(struct fold *f)
{
	const char *p = ev_str(f->also, ""), *end;

	for (; (end = strchr(p, '\n')) != NULL; p = end + 1) {
		AUTO_FREE char *id = xmemdup(p, (size_t)(end - p));
		char *path = strchr(id, ' ');
		AUTO_FREE char *text = NULL;
		const struct fold_file *file = path == NULL ? NULL :
		    fold_find_shown(f, path + 1);
		size_t n;

		if (file == NULL)
			continue;
		*path = '\0';
		n = note_count(file, NOTE_ALSO);
		text = n > NOTE_NAMES_MAX ? NULL : n == NOTE_NAMES_MAX ?
		    xstrdup("others, which wait") :
		    xasprintf("%s, which waits", session_short(id));
		note_add_file(&f->proposal->files[file -
		    f->proposal->files], NOTE_ALSO, text);
	}
}

static void
note_on_line(struct fold *f, const struct event *e)
{
	bool check = fold_check(f).is;
	const cJSON *hook;

	if (f->proposal == NULL)
		return;
	MEM_EACH(f->proposal, files, file) {
		note_release(file, true);
		if (f->proposal->adds != NULL)
			note_adds(file, &f->proposal->adds->adds);
		note_add_is(file, check ? NOTE_CHECK : NOTE_TEST,
		    file->judges && note_count(file, NOTE_WEAKER) == 0);
		note_add_is(file, NOTE_UNPLANNED,
		    !fold_plan_expects(f, file->path) ||
		    !fold_plan_expects(f, file->from));
	}
	note_also(f);
	note_proofs(f);
	if (f->notice != NULL && f->notice->notice.result != NULL)
		note_notice(f);
	cJSON_ArrayForEach(hook, f->hooks.changed) {
		struct fold_file *file = note_file(f, hook->string);

		if (file != NULL)
			note_add_file(file, NOTE_HOOK, hook->valuestring);
	}
	/* An undo's lines are others. */
	MEM_EACH(&f->findings, list, g) {
		struct fold_file *file = f->proposal->undo != 0 ? NULL :
		    note_file(f, g->path);

		if (file != NULL)
			note_finding(f->proposal, file, g,
			    e->type == EVENT_PROPOSAL);
	}
}

static void
note_on_adds(struct fold *f, const struct event *e)
{
	AUTO_BUF struct buf text = BUF_INIT(0);

	if (f->proposal == NULL || f->proposal->id != e->adds.proposal ||
	    f->proposal->version != e->adds.version)
		return;
	event_keep(&f->proposal->adds, e);
	note_on_line(f, e);
	MEM_EACH(f->proposal, files, file)
		MEM_EACH(file, notes, n) {
			if (n->row != &fold_note_rows[NOTE_ADDS])
				continue;
			buf_adds(&text, text.len > 0 ? "\n" : "");
			fold_add_name(&text, file->path_bytes);
			if (n->line > 0)
				buf_addf(&text, ":%d", n->line);
			buf_addf(&text, ": %s", n->text);
		}
	if (text.len > 0)
		fold_item_add(f, ITEM_NOTE, "adds", buf_str(&text));
}

bool
fold_also(struct fold *f, const char *text)
{
	/* What is read from commits is written by nobody. */
	if (f->reads != NULL || strcmp(ev_str(f->also, ""), text) == 0)
		return false;
	xstrset(&f->also, text);
	note_on_line(f, &(struct event){ .type = EVENT_NOTE });
	return true;
}

/* The lines that say something new about the proposal: its own, and those about
 * what it adds, the check, the plan, hooks and findings. This part is the last
 * one, so the others know the line already. */
const struct fold_part fold_notes = {
	.on = {
		[EVENT_ADDS] = note_on_adds,
		[EVENT_CHECK] = note_on_line,
		[EVENT_COMPACTION] = note_on_line,
		[EVENT_DIAGNOSTICS] = note_on_line,
		[EVENT_EVIDENCE] = note_on_line,
		[EVENT_FINDING] = note_on_line,
		[EVENT_HOOK] = note_on_line,
		[EVENT_NOTE] = note_on_line,
		[EVENT_NOTICE] = note_on_line,
		[EVENT_PLAN] = note_on_line,
		[EVENT_PROOF] = note_on_line,
		[EVENT_PROPOSAL] = note_on_line,
		[EVENT_USER_MESSAGE] = note_on_line,
	},
};

/* ---- what is asked of them ---- */

const char *
fold_note_text(const struct fold_file *f, int hunk, enum fold_note_kind kind)
{
	MEM_EACH(f, notes, n)
		if (n->row == &fold_note_rows[kind] &&
		    n->hunk == hunk)
			return n->text;
	return NULL;
}

void
fold_add_note(struct buf *b, const struct fold_note *n)
{
	if (n->line > 0)
		buf_addf(b, "%sline %d: ", n->old ? "old " : "", n->line);
	buf_addf(b, "%s%s", ev_str(n->row->lead, ""), n->text);
}

const char *
fold_note_stops(const struct fold_file *f)
{
	MEM_EACH(f, notes, n)
		if (n->row->stops != NOTE_STOPS_NONE)
			return n->row->why;
	return NULL;
}

const char *
fold_note_alone(const struct fold_file *f)
{
	MEM_EACH(f, notes, n)
		if (n->row->alone)
			return n->row->name;
	return NULL;
}

bool
fold_adds_wait(const struct fold *f)
{
	if (f->proposal != NULL && f->proposal->adds == NULL)
		MEM_EACH(f->proposal, files, file)
			if (file->adds_len > 0)
				return true;
	return false;
}

bool
fold_note_warns(const struct fold_file *f, int hunk)
{
	MEM_EACH(f, adds, a)
		if (!a->known && note_hunk(f, false, a->line) == hunk)
			return true;
	MEM_EACH(f, notes, n)
		if ((n->hunk == hunk || n->hunk == FOLD_NOTE_FILE) &&
		    (n->row->level >= NOTE_LOOK ||
		    n->row->stops >= NOTE_STOPS_YES))
			return true;
	return false;
}

const struct fold_note_row *
fold_badge(const struct fold_file *f)
{
	int i = 0;

	while (i < NOTE_KINDS && (fold_note_rows[i].badge == NULL ||
	    note_count(f, i) == 0))
		i++;
	return i == NOTE_KINDS ? NULL : &fold_note_rows[i];
}

size_t
fold_badges(struct buf *b, const struct fold_file *f)
{
	size_t n, stops = b->len;
	int i;

	for (i = 0; i < NOTE_KINDS; i++) {
		const struct fold_note_row *row = &fold_note_rows[i];

		if (row->badge == NULL || (n = note_count(f, i)) == 0)
			continue;
		buf_addf(b, "  [%s", row->badge);
		if (row->all != NULL)
			buf_addf(b, ": %zu", n);
		buf_addc(b, ']');
		stops = row->stops != NOTE_STOPS_NONE ? b->len : stops;
	}
	return stops;
}

bool
fold_notes_all(struct buf *b, const struct fold_file *files, size_t files_len,
    const char *before)
{
	size_t k, n, had = b->len;
	int i;

	for (i = 0; i < NOTE_KINDS; i++) {
		for (n = k = 0; fold_note_rows[i].all != NULL && k < files_len;
		    k++)
			n += note_count(&files[k], i);
		if (n > 0)
			buf_addf(b, "%s%s: %zu", before, fold_note_rows[i].all,
			    n);
	}
	return b->len > had;
}
