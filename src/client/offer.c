/* See offer.h. */
#include "config.h"

#include "client/offer.h"

#include "base/json.h"
#include "gate/patch.h"
#include "journal/command.h"
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
	case ACTION_ACCEPT_UNREAD:
		return h != NULL && review_mark_of(r, h).mark != MARK_YES;
	case ACTION_REJECT:
	case ACTION_CONTEXT_MORE:
	case ACTION_CONTEXT_ALL:
		return h != NULL;
	case ACTION_REJECT_WORD:
	case ACTION_LINE_COMMENT:
		return h != NULL && (review_facts(r).has_model ||
		    ev_is(f->mode, "review"));
	case ACTION_PLAN_FRESH:
		/* Another agent keeps what it has read. */
		return f->agent == NULL;
	case ACTION_REST_ACCEPT:
	case ACTION_REST_REJECT:
		return offer_has_rest(r, file, h);
	case ACTION_ALL_ACCEPT:
		marks = review_effect(r);
		return marks.open > marks.binaries + 1;
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

cJSON *
offer_command(struct review *r, enum action_id id, const char *with)
{
	const struct fold *f = r->fold;
	cJSON *o;

	switch (id) {
	case ACTION_ALLOW:
		o = review_answer(r, true, NULL);
		json_add_str(o, "text", with != NULL ? with : f->ask.given);
		return o;
	case ACTION_NET_ONCE:
		return review_answer(r, true, "call");
	case ACTION_NET_SESSION:
		return review_answer(r, true, "session");
	case ACTION_NET_ALWAYS:
		return review_answer(r, true, "always");
	case ACTION_FORBID:
	case ACTION_NET_REJECT:
		return review_answer(r, false, NULL);
	case ACTION_PLAN_APPROVE:
		return review_plan(r, "approve", NULL, NULL);
	case ACTION_PLAN_FRESH:
		o = review_plan(r, "approve", NULL, NULL);
		json_add_bool(o, "fresh", true);
		return o;
	case ACTION_PLAN_RETURN:
		return review_plan(r, "return", with, NULL);
	case ACTION_EXTEND:
	case ACTION_EXTEND_BY:
		return command_budget(f, "extend", with);
	case ACTION_WRAP:
		return command_budget(f, "wrap", NULL);
	case ACTION_WAIT:
		return command_budget(f, "wait", NULL);
	case ACTION_STOP:
		return command_budget(f, "stop", NULL);
	case ACTION_DISCARD:
		return command_about(f->proposal, "discard", with);
	case ACTION_SEND:
		return review_decide(r, true);
	default:
		return NULL;
	}
}
