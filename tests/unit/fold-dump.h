/*
 * fold-dump: a state as text, to be compared; and the journals to fold, which
 * lie in tests/fixtures/journal.
 */
#ifndef ASSENT_TESTS_FOLD_DUMP_H
#define ASSENT_TESTS_FOLD_DUMP_H

#include "journal/event.h"
#include "journal/fold.h"
#include "tests/unit/unit.h"

static const char *const fixtures[] = { "demo", "open", "hostile", "run",
	"stops", "chosen", "commit", "hooks", "own", "require",
	"weaker", "adds" };

/* A string with its control bytes as \xNN, on one line. */
static void
dump_str(struct buf *b, const char *name, const char *s)
{
	if (s == NULL)
		return;
	buf_addf(b, " %s=\"", name);
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			buf_adds(b, "\\n");
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			buf_addf(b, "\\x%02x", (unsigned)*s);
		else
			buf_addc(b, *s);
	}
	buf_adds(b, "\"");
}

static void
dump_side(struct buf *b, const char *name, const struct fold_side *s)
{
	if (s->exists)
		buf_addf(b, " %s=%.8s,%o,%lld", name, s->hash, s->mode,
		    (long long)s->size);
}

static const char *
dump_note(const struct fold_file *f, enum fold_note_kind kind)
{
	return fold_note_text(f, FOLD_NOTE_FILE, kind);
}

static void
dump_proposal(struct buf *b, const struct fold_proposal *p)
{
	size_t i, k;

	if (p == NULL)
		return;
	buf_addf(b, "proposal %lld version %d final %d ignored %lld "
	    "hunks %d undecided %d\n", (long long)p->id, p->version, p->final,
	    (long long)p->ignored, fold_hunks(p), fold_undecided(p));
	for (i = 0; i < p->files_len; i++) {
		const struct fold_file *f = &p->files[i];

		buf_addf(b, " file %s binary=%d judges=%d", f->status,
		    f->binary, f->judges);
		dump_str(b, "path", f->path);
		if (strcmp(f->path, f->path_bytes) != 0)
			buf_adds(b, " bytes differ");
		dump_side(b, "before", &f->before);
		dump_side(b, "after", &f->after);
		dump_str(b, "protected", dump_note(f, NOTE_PROTECTED));
		dump_str(b, "reason", dump_note(f, NOTE_REASON));
		dump_str(b, "note", dump_note(f, NOTE_REMARK));
		if (dump_note(f, NOTE_WRITER) != NULL)
			dump_str(b, "by", dump_note(f, NOTE_WRITER));
		MEM_EACH(f, notes, n)
			if (n->row == &fold_note_rows[NOTE_WEAKER] ||
			    n->row == &fold_note_rows[NOTE_VALUE])
				buf_addf(b, " weaker %s %d counts=%d \"%s\"",
				    n->old ? "old" : "new", n->line, n->row ==
				    &fold_note_rows[NOTE_WEAKER], n->text);
			else if (n->row == &fold_note_rows[NOTE_ADDS])
				buf_addf(b, " adds %d \"%s\"", n->line,
				    n->text);
		buf_addc(b, '\n');
		for (k = 0; k < f->hunks_len; k++) {
			const struct fold_hunk *h = &f->hunks[k];

			buf_addf(b, "  hunk %s -%d,%d +%d,%d added %d removed "
			    "%d bytes %zu mark %d seen %d decided %d", h->id,
			    h->old_start, h->old_lines, h->new_start,
			    h->new_lines, h->added, h->removed, h->text_len,
			    (int)h->mark, h->seen, h->decided);
			dump_str(b, "word", h->word);
			dump_str(b, "client", h->client);
			MEM_EACH(h, comments, c)
				dump_str(b, "comment", c->text);
			buf_addc(b, '\n');
		}
	}
	for (i = 0; i < p->refused_len; i++) {
		buf_adds(b, " refused");
		dump_str(b, "path", p->refused[i].path);
		dump_str(b, "why", p->refused[i].why);
		buf_addc(b, '\n');
	}
}

static void
dump_items(struct buf *b, const struct fold *f)
{
	static const char *const kinds[] = {
		"user", "assistant", "thinking", "tool", "plan", "proposal",
		"decision", "applied", "evidence", "error", "retry", "note",
		"end", "summary", "aside",
	};
	size_t i;

	for (i = 0; i < f->items_len; i++) {
		const struct fold_item *it = &f->items[i];

		buf_addf(b, "item %lld %s ok=%d", (long long)it->seq,
		    kinds[it->kind], it->ok);
		if (it->own)
			buf_adds(b, " own");
		if (it->running)
			buf_adds(b, " running");
		if (it->hidden)
			buf_adds(b, " hidden");
		dump_str(b, "name", it->name);
		dump_str(b, "call", it->call_id);
		dump_str(b, "title", it->title);
		dump_str(b, "summary", it->summary);
		dump_str(b, "text", it->text);
		buf_addc(b, '\n');
	}
}

static void
dump_plan(struct buf *b, const struct fold_plan *p)
{
	size_t i;

	if (p->version == 0)
		return;
	buf_addf(b, "plan %d", p->version);
	dump_str(b, "status", fold_plan_words[p->status]);
	dump_str(b, "by", p->by);
	dump_str(b, "word", p->word);
	dump_str(b, "check", p->check);
	dump_str(b, "check_by", p->check_by);
	dump_str(b, "json", p->json);
	buf_addc(b, '\n');
	for (i = 0; i < p->steps_len; i++) {
		buf_addf(b, " step done=%d", p->steps[i].state !=
		    FOLD_STEP_OPEN);
		dump_str(b, "title", p->steps[i].title);
		buf_addc(b, '\n');
	}
}

static void
dump(struct buf *b, const struct fold *f)
{
	const struct fold_evidence *ev = &f->evidence;
	size_t i;

	buf_addf(b, "session seq=%lld", (long long)f->seq);
	dump_str(b, "session", f->session);
	dump_str(b, "root", f->root);
	dump_str(b, "mode", f->mode);
	dump_str(b, "model", f->model);
	dump_str(b, "level", f->sandbox.level);
	dump_str(b, "sandbox", f->sandbox.line);
	dump_str(b, "why", f->sandbox.why);
	dump_str(b, "task", f->task.first);
	dump_str(b, "test", f->test);
	buf_addf(b, "\nstate turn=%d in=%lld out=%lld cached=%lld "
	    "cost=%lld ended=%d exit=%d", f->turn,
	    (long long)f->facts.usage.session.in, (long long)f->facts.usage.session.out,
	    (long long)f->facts.usage.session.cached,
	    (long long)f->facts.usage.session.cost, f->ended,
	    f->end.exit);
	dump_str(b, "phase", f->turn_start == NULL ? NULL :
	    f->turn_start->turn_start.phase);
	dump_str(b, "approve", f->approve);
	dump_str(b, "outcome", f->end.outcome);
	dump_str(b, "summary", f->end.summary);
	dump_str(b, "ask", f->ask.command);
	dump_str(b, "state", f->status.state);
	dump_str(b, "doing", f->status.doing);
	if (f->pause != NULL)
		buf_addf(b, " pause=%s,%g,%g",
		    f->pause->budget.what, f->pause->budget.used,
		    f->pause->budget.limit);
	dump_str(b, "partial", f->partial.text.p);
	dump_str(b, "output_title", f->output.title);
	dump_str(b, "output", f->output.text.p);
	buf_addf(b, "\nevidence known=%d stale=%d running=%d exit=%d",
	    ev->known, ev->stale != 0, ev->running, ev->exit);
	dump_str(b, "command", ev->command);
	dump_str(b, "by", ev->by);
	dump_str(b, "killed", ev->killed);
	dump_str(b, "words", ev->words);
	dump_str(b, "where", ev->command == NULL ? NULL : ev->partial ?
	    "accepted" : "stage");
	buf_addc(b, '\n');
	for (i = 0; i < FOLD_PROOFS; i++)
		if (f->proofs[i].status != NULL) {
			buf_addf(b, "proof %s", fold_proof_names[i]);
			dump_str(b, "status", f->proofs[i].status);
			dump_str(b, "reason", f->proofs[i].line->proof.reason);
			dump_str(b, "words", f->proofs[i].line->proof.words);
			dump_str(b, "text", f->proofs[i].line->proof.text);
			buf_addc(b, '\n');
		}
	dump_plan(b, &f->plan);
	dump_proposal(b, f->proposal);
	dump_items(b, f);
}

static void
fixture_get(const char *name, const char *end, struct buf *b)
{
	const char *src = getenv("srcdir");
	char *path = xasprintf("%s/tests/fixtures/journal/%s%s",
	    src == NULL ? "." : src, name, end);
	struct err e = ERR_INIT;

	if (fs_read_file(AT_FDCWD, path, b, &e) < 0)
		fail_msg("%s", e.text);
	free(path);
}

static void
fold_text(struct fold *f, const char *line)
{
	struct err e = ERR_INIT;
	cJSON *o = json_parse(line, strlen(line), JSON_OWN, &e);

	if (o == NULL)
		fail_msg("%s: %s", line, e.text);
	fold_line(f, o);
	cJSON_Delete(o);
}

/* Each line of `text` in order; the text is changed. */
static void
fold_lines(struct fold *f, char *text)
{
	char *line, *save = NULL;

	for (line = strtok_r(text, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save))
		fold_text(f, line);
}

#endif
