#include "config.h"

#include "core/call-answer.h"

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/driver.h"
#include "core/emit.h"
#include "journal/event.h"
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
	emit_event(c, EVENT_TOOL_RESULT, "core", o);
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

cJSON *
call_ask_outside(const char *id, const char *command, const char *what)
{
	cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *why = xasprintf("no sandbox on this host: %s would run "
	    "as you, with all your rights, on a copy of the project", what);

	json_add_str(o, "id", id);
	json_add_str(o, "command", command);
	json_add_str(o, "why", why);
	return o;
}

char *
call_ask_id(const struct core_call *call)
{
	return call->asks <= 1 ? xstrdup(call->id) : xasprintf("%s.%d",
	    call->id, call->asks);
}

void
call_ask_take(struct core *c, struct core_call *call, enum core_asked asked,
    cJSON *o)
{
	AUTO_FREE char *id = NULL;

	call->asks++;
	id = call_ask_id(call);
	json_add_str(o, "id", id);
	/* That answer was to another question. */
	call->allowed = false;
	call->asked = asked;
	emit_event(c, EVENT_ASK, c->mode == MODE_TRY ? "user" : "core", o);
	phase_wait(c, WAIT_CALL);
	driver_soon(c);
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
