/*
 * Proofs: what the check said when it ran again with only a part of the
 * changes. They hold for the contents of a proposal, however it is cut into
 * hunks, until others are proposed.
 */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal/event.h"
#include "journal/fold-int.h"
#include "journal/fold.h"

const char *const fold_proof_names[] = {
	[FOLD_YOUR_TESTS] = "your_tests", [FOLD_ITS_TESTS] = "its_tests",
};

static const struct fold_proof_row {
	const char	*status;
	const char	*words[FOLD_PROOFS];
	bool		 warns[FOLD_PROOFS];
	const char	*file[FOLD_PROOFS];	/* of one file, or NULL */
} fold_proof_rows[] = {
	{ "passed", { "passed with your tests as they are",
	    "the new tests also passed without the change" }, { false, true },
	    { "passes with your version of this test",
	    "passes without the change, too" } },
	{ "failed", { "failed once with your tests as they are",
	    "the new tests failed once without the change, and passed with it" },
	    { true, false }, { "failed once with your version of this test",
	    "fails without the change" } },
	{ "unbuilt", { "your tests no longer build with this change",
	    "the new tests don't build without the change" },
	    { false, false }, { "no longer builds with your version of this test",
	    "doesn't build without the change" } },
	{ "changed", { "the check itself was changed", "" }, { true, false },
	    { "changes the check itself", NULL } },
	{ "none", { "your tests, as they were, weren't run",
	    "the new tests weren't run without the change" }, { false, false },
	    { NULL, NULL } },
	/* Older releases wrote this. */
	{ "flaky", { "the check is flaky: with your tests as they are "
	    "it failed, then passed", "the check is flaky: without the "
	    "change it passed, then failed" }, { true, true }, { NULL, NULL } },
	{ "running", { "running your tests as they are on this change",
	    "running the new tests without the change" }, { false, false },
	    { "running with your version of this test",
	    "running without the change" } },
	{ "stopped", { "your tests as they are: stopped",
	    "the new tests without the change: stopped" }, { false, false },
	    { NULL, NULL } },
};

bool
fold_proof_words(struct buf *b, const struct fold *f, enum fold_proof_which of)
{
	const struct fold_proof *p = &f->proofs[of];
	const struct fold_proof_row *row = MEM_FIND(fold_proof_rows, p->status);
	const struct ev_proof *x;
	bool ran;

	if (row == NULL)
		return false;
	x = &p->line->proof;
	ran = ev_is(x->status, "none") && x->exit.is;
	buf_adds(b, !ran ? row->words[of] : of == FOLD_YOUR_TESTS ?
	    "no result with your tests as they were" :
	    "no result of the new tests without the change");
	if (x->reason != NULL)
		buf_addf(b, ": %s", x->reason);
	else if (x->words != NULL)
		buf_addf(b, " (%s)", x->words);
	/* One that names files ran with them, and contradicts itself. */
	return row->warns[of] || (of == FOLD_YOUR_TESTS && x->files_len > 0 &&
	    ev_is(x->status, "none"));
}

const char *
fold_proof_of_files(const struct fold *f, enum fold_proof_which of, bool *warns)
{
	const struct fold_proof_row *row = MEM_FIND(fold_proof_rows,
	    f->proofs[of].status);

	*warns = row != NULL && row->warns[of];
	return row == NULL ? NULL : row->file[of];
}

const char *
fold_unproven(const struct fold *f, size_t accepted)
{
	const struct fold_proof *p = &f->proofs[FOLD_YOUR_TESTS];
	bool tests = false;
	size_t all = 0;

	if (f->proposal != NULL && f->proposal->undo == 0)
		MEM_EACH(f->proposal, files, file) {
			tests = tests || file->tests;
			all += file->hunks_len;
		}
	if (tests && ev_is(f->evidence.by, "model"))
		return "the check is one that the model suggested";
	if (!tests || (ev_is(p->status, "passed") && accepted >= all))
		return NULL;
	if (ev_is(p->status, "passed"))
		return "the check passed with your tests as they are on "
		    "all changes together; accept all of them";
	if (ev_is(p->status, "failed"))
		return "the check failed with your tests as they are";
	if (ev_is(p->status, "changed"))
		return "the check itself was changed";
	return ev_str(p->line == NULL ? NULL : p->line->proof.reason,
	    "the check hasn't run with your tests as they are");
}

static void
fold_proof_clear(struct fold_proof *p)
{
	event_drop(&p->line);
	p->status = NULL;
}

static void
fold_proofs_clear(struct fold *f)
{
	size_t i;

	for (i = 0; i < FOLD_PROOFS; i++)
		fold_proof_clear(&f->proofs[i]);
	event_drop(&f->notice);
}

static bool
fold_proof_side_is(const struct fold_side *s, const struct ev_side *to)
{
	return to == NULL ? !s->exists : s->exists && s->mode == to->mode &&
	    ev_is(s->hash, ev_str(to->hash, ""));
}

/* Does it propose the same contents as the open proposal? */
static bool
fold_proof_is_of(const struct fold *f, const struct ev_proposal *to)
{
	const struct fold_file *file;

	if (f->proposal == NULL || f->proposal->files_len != to->files_len)
		return false;
	MEM_EACH(to, files, it) {
		file = fold_find_file(f, it->path_bytes);
		if (file == NULL ||
		    !fold_proof_side_is(&file->before, it->before) ||
		    !fold_proof_side_is(&file->after, it->after))
			return false;
	}
	return true;
}

/* What runs is over without a result. */
static void
fold_proofs_end(struct fold *f)
{
	size_t i;

	for (i = 0; i < FOLD_PROOFS; i++)
		if (ev_is(f->proofs[i].status, "running"))
			fold_proof_clear(&f->proofs[i]);
	if (fold_tries(f))
		event_drop(&f->notice);
}

static void
proof_on_proposal(struct fold *f, const struct event *e)
{
	/* One that is closed was decided: they are about that. */
	if (e->proposal.files_len == 0)
		fold_proofs_end(f);
	else if (!fold_proof_is_of(f, &e->proposal))
		fold_proofs_clear(f);
}

static void
fold_on_proof(struct fold *f, const struct event *e)
{
	const struct ev_proof *x = &e->proof;
	AUTO_BUF struct buf title = BUF_INIT(0);
	size_t which = mem_word(fold_proof_names, FOLD_PROOFS, x->which);
	struct fold_proof *p;
	bool warns;

	if (!ev_is(x->which, fold_proof_names[which]))
		return;
	p = &f->proofs[which];
	event_keep_line(&p->line, e);
	p->status = p->line->proof.status;
	if (ev_is(x->status, "running"))
		return;
	buf_adds(&title, "proof: ");
	warns = fold_proof_words(&title, f, (enum fold_proof_which)which);
	fold_item_add(f, ITEM_EVIDENCE, buf_str(&title), warns ? x->text :
	    NULL)->ok = !warns;
}

void
fold_notice_words(struct buf *b, const struct fold *f)
{
	const struct ev_notice_result *x = f->notice == NULL ? NULL :
	    f->notice->notice.result;

	if (x != NULL && x->of > 0)
		buf_addf(b, "%lld of %lld small change%s noticed by your "
		    "check", (long long)x->noticed, (long long)x->of,
		    x->of == 1 ? " is" : "s are");
}

bool
fold_tries(const struct fold *f)
{
	return f->notice != NULL && ev_is(f->notice->notice.status, "running");
}

void
fold_unnoticed_text(struct buf *b, const struct ev_unnoticed *it)
{
	if (it->words != NULL)
		buf_addf(b, "no test notices %s here", it->words);
	else
		buf_adds(b, "the check passes without this hunk");
}

static void
fold_on_notice(struct fold *f, const struct event *e)
{
	const struct ev_notice *x = &e->notice;
	AUTO_BUF struct buf title = BUF_INIT(0), text = BUF_INIT(0);

	event_keep_line(&f->notice, e);
	fold_notice_words(&title, f);
	if (ev_is(x->status, "none"))
		buf_addf(&title, "no result of small changes: %s",
		    ev_str(x->reason, "?"));
	if (x->result != NULL)
		MEM_EACH(x->result, unnoticed, it) {
			fold_add_name(&text, it->path_bytes);
			buf_addf(&text, ":%lld: ", (long long)it->line);
			fold_unnoticed_text(&text, it);
			buf_addc(&text, '\n');
		}
	if (title.len > 0)
		fold_item_add(f, ITEM_EVIDENCE, buf_str(&title), text.len > 0 ?
		    buf_str(&text) : NULL)->ok = true;
}

/* The core died. */
static void
proof_on_note(struct fold *f, const struct event *e)
{
	if (e->note.resumed)
		fold_proofs_end(f);
}

static void
proof_on_user_message(struct fold *f, const struct event *e)
{
	if (!ev_is(e->by, "core") && f->proposal == NULL)
		fold_proofs_clear(f);
}

/* Its figures are those of all hunks together. */
static void
proof_on_decision(struct fold *f, const struct event *e)
{
	MEM_EACH(&e->decision, files, file)
		MEM_EACH(file, hunks, h)
			if (!ev_is(h->decision, "yes"))
				event_drop(&f->notice);
}

/* They are about another check. */
static void
proof_on_check(struct fold *f, const struct event *e UNUSED)
{
	fold_proofs_clear(f);
}

const struct fold_part fold_proofs = {
	.on = {
		[EVENT_CHECK] = proof_on_check,
		[EVENT_DECISION] = proof_on_decision,
		[EVENT_NOTE] = proof_on_note,
		[EVENT_NOTICE] = fold_on_notice,
		[EVENT_PROOF] = fold_on_proof,
		[EVENT_PROPOSAL] = proof_on_proposal,
		[EVENT_USER_MESSAGE] = proof_on_user_message,
	},
	.release = fold_proofs_clear,
};
