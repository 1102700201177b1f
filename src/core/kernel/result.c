/*
 * result: what a tool call prints meanwhile, its result, and questions about it.
 */
#include "config.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "tool/tool.h"

void
capture_add(struct buf *b, const char *p, size_t n)
{
	size_t left = b->max - b->len;

	assert(b->max != 0);
	/* The worker kills a command that prints too much; drop everything
	 * above the maximum. */
	buf_add(b, p, n < left ? n : left);
}

void
emit_result(struct core *c, const char *id, const char *name, bool ok,
    const char *kind, const char *text)
{
	EMIT(c, "core", tool_result, .id = id, .name = name, .ok = ok,
	    .error = ok ? NULL : kind, .text = text);
}

bool
emit_owed_result(struct core *c, const char *name, bool ok, const char *kind,
    const char *text)
{
	const struct ev_call *call;
	size_t i;

	for (i = 0; (call = fold_open_call(c->fold, i)) != NULL; i++)
		/* The next one may still be refused. */
		if (c->fold->open.calls[i] == CALL_BEGUN &&
		    tool_is(call->name, name) && (c->calls.next ==
		    c->calls.len || strcmp(call->id,
		    c->calls.list[c->calls.next].id) != 0)) {
			emit_result(c, call->id, name, ok, kind, text);
			return true;
		}
	return false;
}

void
emit_not_done(struct core *c, const char *kind, const char *why)
{
	static const char lead[] = "[assent] ";
	AUTO_FREE char *text = xasprintf("%snot done yet: %s", lead, why);

	if (!emit_owed_result(c, "done", false, kind, text + strlen(lead)))
		emit_tell_model(c, text);
	FREE_NULL(c->task.summary);
	c->task.model = MODEL_GOES_ON;
	/* A step that the model ended in the same message isn't done either. */
	c->review.step = false;
}

/* The id of this question, so that a late answer doesn't answer the next one:
 * the call's id, from the second question on with a number. */
char *
emit_ask_id(const struct core_call *call)
{
	return call->asks <= 1 ? xstrdup(call->id) : xasprintf("%s.%d",
	    call->id, call->asks);
}

void
emit_ask(struct core *c, struct core_call *call, enum core_asked asked,
    struct ev_ask *ask)
{
	AUTO_FREE char *id = NULL;

	call->asks++;
	ask->id = id = emit_ask_id(call);
	/* An earlier answer was to another question. */
	call->allowed = false;
	call->asked = asked;
	EMIT_THIS(c, c->mode == MODE_TRY ? "user" : "core", ask, ask);
	phase_wait(c, WAIT_CALL);
	core_soon(c);
}

void
emit_stage_notes(struct core *c, const struct buf *notes)
{
	if (notes->len == 0)
		return;
	emit_note(c, "%s", buf_str(notes));
	buf_add(&c->feedback.notes, buf_str(notes), notes->len);
}

void
emit_add_notes(struct core *c, struct event *e)
{
	struct ev_tool_result *t = &e->tool_result;
	struct buf *b = &c->feedback.notes;
	AUTO_FREE char *text = NULL;

	if (b->len == 0)
		return;
	while (b->len > 0 && b->p[b->len - 1] == '\n')
		b->p[--b->len] = '\0';
	text = xasprintf("%s" FOLD_NOTES "%s", t->text == NULL ? "" : t->text,
	    buf_str(b));
	t->text = ev_text(e, text);
	buf_clear(b);
}

void
emit_result_made(struct core *c, const struct core_call *call,
    const struct ev_tool_result *t)
{
	PART_EACH(c, p)
		if ((*p)->result != NULL)
			(*p)->result(c, call, t);
}
