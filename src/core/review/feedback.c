#include "config.h"

#include "core/review/feedback.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/kernel/core.h"
#include "core/review/comment.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "gate/hunk.h"
#include "journal/event.h"
#include "journal/fold.h"

#define FEEDBACK_MAX ((size_t)64 << 10)
#define FEEDBACK_TEXT ((size_t)4000)	/* bytes of the user's edit */
#define FEEDBACK_FIRST ((size_t)600)	/* of a rejected hunk */
#define FEEDBACK_NAMES 50
#define FEEDBACK_HEAD "[assent] Your changes were reviewed."

/* What was decided of this hunk, after what was said of it before. */
static void
feedback_word(struct core *c, const char *id, struct buf *text)
{
	struct core_feedback *fb = &c->feedback;
	size_t hunk = pathmap_number(&c->fold->facts.ids, id), n = 0;

	MEM_EACH(fb, words, word)
		if (hunk != 0 && word->hunk == hunk) {
			fb->words_size -= strlen(word->text);
			free(word->text);
		} else
			fb->words[n++] = *word;
	fb->words_len = n;
	fb->words_size += text->len;
	*GROW_ADD(fb->words, fb->words_len) =
	    (struct feedback_word){ hunk, buf_take(text) };
}

/* The first lines of a text, about `max` bytes; it begins with a new line. */
static void
feedback_first(struct buf *b, const char *p, size_t n, size_t max)
{
	const char *nl = n <= max ? NULL : memrchr(p, '\n', max);
	size_t len = nl != NULL ? (size_t)(nl + 1 - p) : n < max ? n : max;
	size_t rest = 0, i;

	for (i = len; i < n; i++)
		rest += p[i] == '\n' || i + 1 == n;
	buf_addf(b, "\n%.*s", (int)len, p);
	if (rest > 0)
		buf_addf(b, "%s[%zu more line%s]", nl == NULL ? "\n" : "", rest,
		    rest == 1 ? "" : "s");
}

/* The new lines of a hunk. */
static void
feedback_new_lines(struct buf *b, const char *p, size_t n)
{
	struct hunk_walk w = hunk_walk(p, n, 0, 0);

	while (hunk_walk_next(&w))
		if (w.sign == ' ' || w.sign == '+')
			buf_add(b, w.line + 1, w.n - 1);
}

/* How the user's text of this hunk differs from the model's. */
static void
feedback_difference(struct buf *b, const struct ev_decided_hunk *h,
    const struct fold_hunk *was)
{
	AUTO_BUF struct buf model = BUF_INIT(0), user = BUF_INIT(0);
	AUTO(hunk_list_release) struct hunk_list list = { 0 };
	struct err e = ERR_INIT;
	size_t i;

	feedback_new_lines(&model, was->text, was->text_len);
	feedback_new_lines(&user, h->edit.p, h->edit.len);
	buf_adds(b, "\nTheir difference to your text:");
	if (hunk_list_change(&list, "",
	    &(struct hunk_side){ true, 0100644, "model", &model },
	    &(struct hunk_side){ true, 0100644, "user", &user }, NULL,
	    HUNK_DIFF_MYERS, &e) == 0)
		for (i = 0; i < list.len; i++)
			feedback_first(b, list.v[i].text, list.v[i].len,
			    FEEDBACK_TEXT);
}

/* Describe a rejected or edited hunk, or one with comments, to the model. */
static void
feedback_hunk(struct core *c, const struct ev_decided_hunk *h,
    const struct fold_file *ff)
{
	AUTO_BUF struct buf text = BUF_INIT(0);
	struct buf *b = &text;
	bool edited = ev_is(h->decision, "edited");
	bool name = propose_is_renaming(ff, h->id);
	const struct fold_hunk *fh;

	if (c->feedback.words_size > FEEDBACK_MAX)
		return;
	if (ev_is(h->decision, "yes"))
		buf_addf(b, "\n\nAccepted in %s:", ff->path);
	else {
		buf_addf(b, "\n\n%s %s%s%s",
		    edited ? "Accepted as the user edited it, in" :
		    name   ? "Rejected: the renaming of" :
			     "Rejected in",
		    name ? ff->from : "", name ? " to " : "", ff->path);
		if (h->word != NULL)
			buf_addf(b, "%s: %s", edited ? "" : ", because",
			    h->word);
		if (fold_find_hunk(c->fold, h->id, &fh) == NULL)
			fh = NULL;
		if (fh != NULL && edited && h->edit.p != NULL)
			feedback_difference(b, h, fh);
		else if (fh != NULL && !edited && fh->text_len > 0)
			feedback_first(b, fh->text, fh->text_len,
			    FEEDBACK_FIRST);
	}
	(void)comment_tell(c, b, h, ff);
	if (c->feedback.words_size + b->len > FEEDBACK_MAX)
		buf_adds(b, "\n\n[... more rejected or edited hunks are not "
		    "shown ...]");
	feedback_word(c, h->id, b);
}

void
feedback_again(struct core *c, const struct fold_file *file,
    const struct fold_hunk *h)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (!core_has_model(c))
		return;
	buf_addf(&b, "\n\nThe user has proposed it again: what was rejected in "
	    "%s, line %d. It is in your copy, and the reason no longer holds.",
	    file->path, h->new_start);
	feedback_word(c, h->id, &b);
	c->feedback.again++;
}

/* A name of a list; of a file in part how many hunks. */
static void
feedback_name(struct buf *b, size_t *names, const struct fold_file *ff,
    size_t hunks)
{
	if ((*names)++ >= FEEDBACK_NAMES)
		return;
	buf_addf(b, "%s%s", *names > 1 ? ", " : "", ff->path);
	if (hunks < ff->hunks_len)
		buf_addf(b, " (%zu of %zu hunks)", hunks, ff->hunks_len);
	else if (!ff->after.exists)
		buf_adds(b, " (deleted)");
	else if (ff->from != NULL)
		buf_addf(b, " (was %s)", ff->from);
}

static void
feedback_names(struct buf *out, const char *head, const struct buf *list,
    size_t names)
{
	if (names == 0)
		return;
	buf_addf(out, "\n%s: %s", head, buf_str(list));
	if (names > FEEDBACK_NAMES)
		buf_addf(out, " and %zu more files", names - FEEDBACK_NAMES);
}

/* What was decided of hunks of tests, and of others. */
struct feedback_tests { bool yes, no, code; };

static struct feedback_tests
feedback_decided(const struct fold *f, const struct ev_decision *d)
{
	struct feedback_tests t = { false, false, false };

	MEM_EACH(d, files, file) {
		const struct fold_file *ff = fold_find_file(f,
		    file->path_bytes);

		MEM_EACH(file, hunks, h) {
			bool no = ev_is(h->decision, "no");
			bool test = ff != NULL && ff->tests;

			t.yes = t.yes || (test && !no);
			t.no = t.no || (test && no);
			t.code = t.code || (!test && !no);
		}
	}
	return t;
}

void
feedback_proofs(struct core *c, const struct ev_decision *d)
{
	const struct fold *f = c->fold;
	const struct fold_proof *yours = &f->proofs[FOLD_YOUR_TESTS];
	struct buf *to = &c->feedback.proof;
	const char *text, *words;
	struct feedback_tests t;
	bool replaced;

	if (f->proposal == NULL || f->proposal->undo != 0 ||
	    !core_has_model(c))
		return;
	t = feedback_decided(f, d);
	if (!t.yes && !t.code)
		return;
	replaced = t.yes && !t.no;
	buf_clear(to);
	if (ev_is(yours->status, "failed")) {
		text = ev_str(yours->line->proof.text, "");
		words = yours->line->proof.words;
		buf_addf(to, "\nWith the user's tests as they %s the "
		    "check failed%s%s. %s", replaced ? "were" : "are",
		    words == NULL ? "" : ": ", ev_str(words, ""),
		    replaced ? "The user accepted yours in their place: "
		    "nothing to do." : "Change the code so that these tests "
		    "pass.");
		if (!replaced && !yours->line->proof.returned)
			buf_addf(to, " Its output ends:\n%s", text +
			    utf8_tail(text, strlen(text), FEEDBACK_FIRST));
	}
	if (t.code && ev_is(f->proofs[FOLD_ITS_TESTS].status, "passed"))
		buf_adds(to, "\nThe tests that you added or changed also passed "
		    "without your other changes: if they are to show those, let "
		    "them fail without.");
}

void
feedback_file(struct core *c, const struct ev_decision *d,
    const struct ev_decided_file *file, const struct fold_file *ff)
{
	struct core_feedback *fb = &c->feedback;
	size_t yes = 0;

	/* An undo is between the user and their files; try has no model. */
	if (c->fold->proposal->undo != 0 || !core_has_model(c))
		return;
	MEM_EACH(file, hunks, h) {
		bool edited = ev_is(h->decision, "edited");
		bool no = ev_is(h->decision, "no");
		bool news = comment_tell(c, NULL, h, ff);

		yes += edited || ev_is(h->decision, "yes");
		fb->edits = fb->edits || edited;
		fb->rejects = fb->rejects || no;
		if (!no && !edited && !news)
			continue;
		feedback_hunk(c, h, ff);
		/* A plain rejection at the end needs no answer. */
		fb->turn = fb->turn || !c->fold->proposal->final ||
		    h->word != NULL || news;
	}
	if (yes == 0)
		return;
	fb->check = ev_is(d->check, "passed") ? "passed" :
	    ev_is(d->check, "failed") ? "failed" : NULL;
	feedback_name(&fb->written, &fb->names, ff, yes);
}

static void
feedback_clear(struct core *c)
{
	struct core_feedback *fb = &c->feedback;

	buf_clear(&fb->written);
	buf_clear(&fb->changed);
	buf_clear(&fb->proof);
	MEM_EACH(fb, words, word)
		free(word->text);
	fb->words_len = fb->words_size = 0;
	fb->names = fb->again = 0;
	fb->check = NULL;
	fb->rejects = fb->edits = fb->turn = false;
}

char *
feedback_take(struct core *c)
{
	const struct fold_proposal *p = c->fold->proposal;
	const struct fold_evidence *ev = &c->fold->evidence;
	const char *ended = ev->exit == 0 ? "passed" : "failed";
	struct core_feedback *fb = &c->feedback;
	AUTO_BUF struct buf b = BUF_INIT(0), open = BUF_INIT(0);
	size_t i, names = 0;
	bool has_words;

	if (fb->names == 0 && fb->words_len == 0 && fb->changed.len == 0)
		return NULL;
	for (i = 0; p != NULL && p->undo == 0 && i < p->files_len; i++)
		feedback_name(&open, &names, &p->files[i],
		    p->files[i].hunks_len);
	/* It may have run only after the decision. */
	if (fb->check == NULL && names == 0 && evidence_counts(c) &&
	    ev->killed == NULL)
		fb->check = ended;
	buf_adds(&b, FEEDBACK_HEAD);
	feedback_names(&b, "Accepted, and written to the user's files",
	    &fb->written, fb->names);
	has_words = ev->words != NULL && !ev->partial && ev_is(fb->check, ended);
	if (fb->names > 0 && fb->check != NULL)
		buf_addf(&b, "\nThe check %s on it%s%s.", fb->check,
		    has_words ? ": " : "", has_words ? ev->words : "");
	buf_add(&b, fb->proof.p, fb->proof.len);
	feedback_names(&b, "Not decided yet", &open, names);
	if (fb->rejects)
		buf_adds(&b, "\nRejected, and not in the copy any more, see below: "
		    "don't put it back unchanged.");
	if (fb->edits)
		buf_adds(&b, "\nThe user edited some hunks: that text is in "
		    "the user's files and in your copy.");
	if (fb->words_len > fb->again && !fb->rejects && !fb->edits)
		buf_adds(&b, "\nThe user has comments. Do what they ask for.");
	if (fb->changed.len > 0)
		buf_addf(&b, "\nMeanwhile others, such as the user, changed "
		    "the same files.\n%s", buf_str(&fb->changed));
	MEM_EACH(fb, words, word)
		buf_adds(&b, word->text);
	if (fb->rejects && fb->turn && c->review.final)
		buf_addf(&b, "\nIf nothing is left to do, %s.", c->peer != NULL ?
		    "say so" : "call done again");
	feedback_clear(c);
	return buf_take(&b);
}

/* A new conversation begins; or, in an old journal: the model knows it. */
static void
feedback_line(struct core *c, const struct event *e)
{
	const char *text = e->type == EVENT_USER_MESSAGE ?
	    e->user_message.text : e->type == EVENT_TOOL_RESULT &&
	    ev_is(e->tool_result.name, "done") ? e->tool_result.text : NULL;

	if (e->type == EVENT_COMPACTION ? ev_is(e->compaction.why, "new") :
	    c->resume != NULL && strcmp(e->by, "core") == 0 &&
	    strncmp(ev_str(text, ""), FEEDBACK_HEAD,
	    strlen(FEEDBACK_HEAD)) == 0)
		feedback_clear(c);
}

/* What an old journal says of it is for nobody. */
static void
feedback_resumed(struct core *c)
{
	if (!core_has_model(c))
		feedback_clear(c);
}

static void
feedback_free(struct core *c)
{
	feedback_clear(c);
	buf_release(&c->feedback.written);
	free(c->feedback.words);
	buf_release(&c->feedback.changed);
	buf_release(&c->feedback.proof);
	buf_release(&c->feedback.notes);
}

struct feedback_op {	/* of an `applied` line, in a pathmap */
	char	*path;
	bool	 failed;
};

/* Is this one of the files that the journal lists as unwritten? Either name of
 * a renaming counts. */
static bool
feedback_failed(const struct ev_decided_file *file,
    const struct fold_file *ff, const struct pathmap *applied)
{
	const struct feedback_op *a = pathmap_find(applied, ff->path_bytes);
	const struct feedback_op *b = ff->from == NULL ? NULL :
	    pathmap_find(applied, ff->from_bytes);
	bool takes = false;

	MEM_EACH(file, hunks, h)
		takes = takes || !ev_is(h->decision, "no");
	if ((a != NULL && a->failed) || (b != NULL && b->failed))
		return true;
	return takes && a == NULL && b == NULL;
}

/* Is a hunk that was rejected proposed again, since it couldn't be put back? */
static bool
feedback_is_open(const struct ev_decided_file *file,
    const struct pathmap *open)
{
	MEM_EACH(file, hunks, h)
		if (ev_is(h->decision, "no") && h->id != NULL &&
		    pathmap_find(open, h->id) != NULL)
			return true;
	return false;
}

bool
feedback_recall(struct core *c, const struct ev_decision *d,
    const struct event *applied, const struct ev_proposal *next)
{
	AUTO(pathmap_release) struct pathmap ops = { 0 };
	AUTO(pathmap_release) struct pathmap open = { 0 };	/* hunks' ids */
	struct feedback_op *seen;

	/* Nothing was applied: the user is asked about all of it again. */
	if (applied == NULL)
		MEM_EACH(d, files, file)
			MEM_EACH(file, hunks, h)
				if (!ev_is(h->decision, "no"))
					return false;
	if (applied != NULL)
		MEM_EACH(&applied->applied, ops, op)
			if (op->path_bytes != NULL) {
				seen = pathmap_add(&ops, op->path_bytes,
				    sizeof(*seen));
				seen->failed = seen->failed || !op->ok;
			}
	MEM_EACH(next, files, f)
		MEM_EACH(f, hunks, h)
			if (h->id != NULL)
				(void)pathmap_add(&open, h->id, sizeof(char *));
	MEM_EACH(d, files, file) {
		const struct fold_file *ff = file->path_bytes == NULL ? NULL :
		    fold_find_file(c->fold, file->path_bytes);

		if (ff != NULL && !feedback_failed(file, ff, &ops) &&
		    !feedback_is_open(file, &open))
			feedback_file(c, d, file, ff);
	}
	feedback_proofs(c, d);
	return true;
}

const struct core_part feedback_part = {
	.line = feedback_line, .lines = OF(EVENT_TOOL_RESULT) |
	    OF(EVENT_USER_MESSAGE) | OF(EVENT_COMPACTION),
	.resumed = feedback_resumed, .free = feedback_free,
};
