#include "config.h"

#include "core/call/call-answer.h"

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/session/emit.h"
#include "journal/fold.h"

void
call_result(struct core *c, const char *id, const char *name, bool ok,
    const char *kind, const char *text)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "id", id);
	json_add_str(o, "name", name);
	json_add_bool(o, "ok", ok);
	json_add_str(o, "error", ok ? NULL : kind);
	json_add_str(o, "text", text);
	emit_event(c, "tool_result", "core", o);
}

bool
call_done_result(struct core *c, bool ok, const char *kind, const char *text)
{
	AUTO_FREE char *id = c->task.done_call_id;

	if (id == NULL)
		return false;
	c->task.done_call_id = NULL;
	call_result(c, id, "done", ok, kind, text);
	return true;
}

void
call_stage_notes(struct core *c, const struct buf *notes)
{
	if (notes->len == 0)
		return;
	emit_note(c, "%s", buf_str(notes));
	buf_add(&c->model_notes, buf_str(notes), notes->len);
}

void
call_add_notes(struct core *c, cJSON *o)
{
	struct buf *b = &c->model_notes;
	AUTO_FREE char *text = NULL;

	if (b->len == 0)
		return;
	while (b->len > 0 && b->p[b->len - 1] == '\n')
		b->p[--b->len] = '\0';
	text = xasprintf("%s" FOLD_NOTES "%s", json_str_or(o, "text", ""),
	    buf_str(b));
	json_add_str(o, "text", text);
	buf_clear(b);
}
