/*
 * decision-lines: the journal lines around the writes of a decision:
 * apply_begin before, applied after.
 */
#include "config.h"

#include "core/decision-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/hook-review.h"
#include "core/emit.h"
#include "core/recover.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"

static cJSON *
decision_side_json(const struct stage_side *s)
{
	cJSON *o;

	if (!s->exists)
		return cJSON_CreateNull();
	o = cJSON_CreateObject();
	json_add_str(o, "hash", s->hash);
	json_add_int(o, "mode", s->mode);
	return o;
}

static const char *
decision_op_name(const struct apply_op *op)
{
	if (!op->after.exists)
		return "delete";
	if (op->after.mode == 0120000)
		return "symlink";
	if (!op->before.exists)
		return "create";
	return strcmp(op->before.hash, op->after.hash) == 0 ? "mode" :
	    "replace";
}

void
decision_emit_begin(struct core *c, const struct apply_op *ops, size_t n)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
	size_t i;

	json_add_int(o, "tx", ++c->decision.tx);
	json_add_int(o, "decision", c->decision.seq);
	if (c->review.undoing != 0)
		json_add_int(o, "undoes", c->review.undoing);
	for (i = 0; i < n; i++) {
		cJSON *it;

		it = cJSON_CreateObject();
		json_add_path(it, "path", ops[i].path);
		json_add_str(it, "op", decision_op_name(&ops[i]));
		json_set_take(it, "before", decision_side_json(&ops[i].before));
		json_set_take(it, "after", decision_side_json(&ops[i].after));
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "ops", list);
	emit_event(c, EVENT_APPLY_BEGIN, "core", o);
	emit_sync(c);
}

/* What accepted this file: the user, or a rule; for a protected file, what
 * protects it, and the flag that let the rule accept it. */
static void
decision_add_rule(const struct core *c, cJSON *op, const char *path)
{
	const char *rule = json_str(c->decision.line, "rule");
	const struct fold_file *f = fold_find_file(c->fold, path);

	json_add_str(op, "rule", rule == NULL ? "person" : rule);
	if (f == NULL || f->protected_by == NULL)
		return;
	json_add_str(op, "protected", f->protected_by);
	if (rule != NULL && strcmp(rule, "yes") == 0)
		json_add_str(op, "grant", "allow_protected");
}

void
decision_emit_applied(struct core *c, const struct apply_op *ops, size_t n)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
	struct blob_entry *entries = xcalloc(n + 1, sizeof(*entries));
	struct err e = ERR_INIT;
	char id[41];
	size_t i, done = 0;

	json_add_int(o, "tx", c->decision.tx);
	json_add_str(o, "client", json_str(c->decision.line, "client"));
	if (c->review.undoing != 0)
		json_add_int(o, "undoes", c->review.undoing);
	json_add_str(o, "recovered", c->decision.recovered);
	for (i = 0; i < n; i++) {
		cJSON *it = cJSON_CreateObject();

		json_add_path(it, "path", ops[i].path);
		json_add_bool(it, "ok", ops[i].done);
		if (!ops[i].done) {
			json_add_str(it, "error",
			    ops[i].changed_on_disk ? "changed" :
			    ops[i].error != 0 ? "failed" : "stopped");
		} else {
			decision_add_rule(c, it, ops[i].path);
			if (ops[i].pair != NULL && ops[i].pair->done)
				json_add_path(it, ops[i].after.exists ?
				    "from" : "to", ops[i].pair->path);
			entries[done].path = ops[i].path;
			entries[done].hash = ops[i].after.exists ?
			    ops[i].after.hash : NULL;
			entries[done++].mode = ops[i].after.mode;
		}
		json_add_str(it, "text", ops[i].text);
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "ops", list);
	if (done > 0 && blob_commit(c->blobs, entries, done, "applied", id,
	    &e) == 0)
		json_add_str(o, "commit", id);
	free(entries);
	hook_review_applied(c, o);
	emit_event(c, EVENT_APPLIED, "core", o);
	emit_sync(c);
	recover_mark(c, false);
}
