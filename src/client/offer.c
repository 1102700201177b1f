/* See offer.h. */
#include "config.h"

#include "client/offer.h"

#include "base/buf.h"
#include "gate/patch.h"
#include "journal/fold.h"
#include "review/review.h"

/* Does its file have another open hunk below this one? */
static bool
offer_has_rest(const struct review *r, const struct fold_file *file,
    const struct fold_hunk *h)
{
	while (h != NULL && ++h < file->hunks + file->hunks_len)
		if (review_is_open(r, h))
			return true;
	return false;
}

bool
offer_can(const struct review *r, const struct fold_file *file,
    const struct fold_hunk *h, enum action_id id)
{
	const struct fold *f = r->fold;
	struct review_effect marks;

	switch (id) {
	case ACTION_ACCEPT:
		return h != NULL && review_mark_of(r, h).mark != MARK_YES;
	case ACTION_REJECT:
	case ACTION_CONTEXT_MORE:
	case ACTION_CONTEXT_ALL:
		return h != NULL;
	case ACTION_REJECT_WORD:
	case ACTION_LINE_COMMENT:
		return h != NULL && (review_facts(r).has_model ||
		    ev_is(f->mode, "review"));
	case ACTION_REST_ACCEPT:
	case ACTION_REST_REJECT:
		return offer_has_rest(r, file, h);
	case ACTION_ALL_ACCEPT:
		return review_effect(r).open > 1;
	case ACTION_ALL_REJECT:
		return review_effect(r).open > 0;
	case ACTION_SEND:
		marks = review_effect(r);
		return marks.open < marks.all && !f->reads;
	case ACTION_DISCARD:
		return h != NULL && fold_stages(f);
	case ACTION_SPLIT:
		return h != NULL && hunk_text_has_parts(h->text, h->text_len);
	case ACTION_LINES:
	case ACTION_HUNK_EDIT:
		return h != NULL && (id == ACTION_LINES || !f->reads) &&
		    !file->binary && hunk_text_changes(
		    h->text, h->text_len) > 0;
	case ACTION_UNDO:
		return r->step_at > 0;
	case ACTION_HUNK_NEXT:
	case ACTION_HUNK_PREV:
		return fold_hunks(f->proposal) > 1;
	case ACTION_CHECK:
		return f->test != NULL || f->plan.check != NULL ||
		    f->evidence.command != NULL;
	default:
		return true;
	}
}

/* If none is open then, the decision is complete, and the core carries it
 * out. */
struct offer_effect
offer_effect(const struct review *r, const struct review_target *t,
    bool reason)
{
	AUTO(review_choice_release) struct review_choice c =
	    review_choose(r, t);
	struct review_facts facts = review_facts(r);
	struct offer_effect e = { .then = THEN_NOTHING, .mark = t->mark,
		.marks = c.effect };

	/* An undo that is rejected goes to nobody; what isn't staged stays in
	 * your file, and open. */
	if (!c.completes || (e.marks.yes == 0 &&
	    (r->fold->proposal->undo != 0 || fold_stages(r->fold))))
		return e;
	if (e.marks.yes == 0)
		e.then = facts.tells || (facts.has_model && reason) ?
		    THEN_TELLS : THEN_ENDS;
	else
		e.then = fold_hook_blocks(r->fold) != NULL ?
		    THEN_RUNS_HOOK : fold_stages(r->fold) ? THEN_STAGES :
		    THEN_WRITES;
	return e;
}

void
offer_effect_words(const struct offer_effect *e, bool brief, struct buf *b)
{
	const char *verb;

	switch (e->then) {
	case THEN_NOTHING:
		break;
	case THEN_TELLS:
		buf_adds(b, brief ? ", tell model" : " and tell the model");
		break;
	case THEN_ENDS:
		buf_adds(b, brief ? ", end review" : " and end the review");
		break;
	case THEN_RUNS_HOOK:
		buf_adds(b, " and run the hook again");
		break;
	case THEN_WRITES:
	case THEN_STAGES:
		verb = e->then == THEN_STAGES ? "stage" : "write";
		buf_adds(b, brief ? ", " : " and ");
		if (brief && e->mark == MARK_NO)
			buf_addf(b, "%s %zu", verb, e->marks.yes);
		else
			review_effect_words(&e->marks, verb, b);
		break;
	}
}
