/*
 * The commands of all front ends in one place: the screen, plain text, prompts
 * on a terminal, scripts.
 */
#include "config.h"

#include "journal/command.h"

#include <string.h>

#include "base/json.h"
#include "journal/fold-int.h"
#include "journal/fold.h"

cJSON *
command_of(const char *type)
{
	return JSON_TEXTS("type", type);
}

cJSON *
command_text(const char *type, const char *member, const char *text)
{
	return JSON_TEXTS("type", type, member, text);
}

cJSON *
command_int(const char *type, const char *member, int64_t n)
{
	cJSON *o = command_of(type);

	json_add_int(o, member, n);
	return o;
}

cJSON *
command_model(cJSON *model_take, const char *key, const cJSON *headers)
{
	cJSON *o = command_of("model");

	if (headers != NULL)
		json_copy(cJSON_AddObjectToObject(o, "headers"),
		    json_str_or(model_take, "provider", ""), headers);
	json_set_take(o, "model", model_take);
	json_add_str(o, "key", key);
	return o;
}

cJSON *
command_plan(const struct fold *f, const char *action, const char *comment)
{
	cJSON *o = command_int("plan", "version", f->plan.version);

	JSON_ADD_TEXTS(o, "action", action, "word", comment);
	return o;
}

cJSON *
command_plan_note(const struct fold *f, const char *at, const char *text)
{
	cJSON *o = command_plan(f, "note", text);

	json_add_str(o, "at", at);
	return o;
}

cJSON *
command_answer(const struct fold *f, bool allow, const char *scope)
{
	cJSON *o = command_text("answer", "id", f->ask.id);

	json_add_bool(o, "allow", allow);
	json_add_str(o, "scope", scope);
	return o;
}

cJSON *
command_undo(int64_t tx, const char *path, const char *hunk)
{
	cJSON *o = command_of("undo");

	if (tx > 0)
		json_add_int(o, "tx", tx);
	if (path != NULL)
		json_add_path(o, "path", path);
	json_add_str(o, "hunk", hunk);
	return o;
}

cJSON *
command_comment(const struct fold_proposal *p, const char *hunk, int line,
    int end, const char *text)
{
	cJSON *o = command_about(p, "comment", hunk);

	json_add_int(o, "line", line);
	if (end > line)
		json_add_int(o, "end_line", end);
	json_add_str(o, "text", text);
	return o;
}

cJSON *
command_about(const struct fold_proposal *p, const char *type,
    const char *hunk)
{
	cJSON *o = command_of(type);

	json_add_int(o, "proposal", p->id);
	if (hunk == NULL)
		json_add_int(o, "version", p->version);
	json_add_str(o, "hunk", hunk);
	return o;
}

cJSON *
command_decide(const struct fold *f)
{
	cJSON *o = command_about(f->proposal, "decide", NULL);

	json_add_int(o, "after", f->seq);
	return o;
}

cJSON *
command_mark(const struct fold_proposal *p, const char *hunk, const char *mark,
    bool seen, const char *reason)
{
	cJSON *o = command_about(p, "mark", NULL);

	JSON_ADD_TEXTS(o, "hunk", hunk, "mark", mark);
	json_add_bool(o, "seen", seen);
	if (reason != NULL && *reason != '\0')
		json_add_str(o, "word", reason);
	return o;
}

/* Have both the same mark and the same reason? */
static bool
command_is_like(const cJSON *first, const cJSON *o)
{
	return json_is(o, "mark", json_str_or(first, "mark", "")) &&
	    json_is(o, "word", json_str_or(first, "word", ""));
}

/* Set "seen": true if all hunks were seen, false if none was, else the ids of
 * those that were. */
static void
command_add_seen(cJSON *o, const cJSON *list)
{
	cJSON *seen = cJSON_CreateArray();
	const cJSON *it;
	bool all = true;

	cJSON_ArrayForEach(it, list)
		if (json_bool(it, "seen", false))
			cJSON_AddItemToArray(seen, cJSON_CreateString(
			    json_str_or(it, "hunk", "")));
		else
			all = false;
	if (!all && seen->child != NULL) {
		json_set_take(o, "seen", seen);
		return;
	}
	cJSON_Delete(seen);
	json_add_bool(o, "seen", all);
}

/* The command "decide" with "all", if the list has the same yes or no for every
 * open hunk; else NULL. */
static cJSON *
command_all(const struct fold_proposal *p, const cJSON *list)
{
	const cJSON *first = list->child, *it;
	const char *mark = json_str_or(first, "mark", "");
	size_t n = 0;
	cJSON *o;

	if (!json_is(first, "mark", "yes") && !json_is(first, "mark", "no"))
		return NULL;
	cJSON_ArrayForEach(it, list) {
		const struct fold_at *at = fold_proposal_find(p,
		    json_str(it, "hunk"));

		if (at == NULL || at->hunk->mark != MARK_NONE ||
		    at->hunk->decided ||
		    json_bool(it, "overwrite", false) ||
		    !command_is_like(first, it))
			return NULL;
		n++;
	}
	if (n != p->undecided)
		return NULL;
	o = command_about(p, "decide", NULL);
	JSON_ADD_TEXTS(o, "all", mark, "word", json_str(first, "word"));
	command_add_seen(o, list);
	return o;
}

/* Set "marks" to the list, without the members that the command itself has. */
static void
command_add_list(cJSON *o, cJSON *list_take)
{
	cJSON *it;

	cJSON_ArrayForEach(it, list_take) {
		cJSON_DeleteItemFromObjectCaseSensitive(it, "type");
		cJSON_DeleteItemFromObjectCaseSensitive(it, "proposal");
		cJSON_DeleteItemFromObjectCaseSensitive(it, "version");
	}
	json_set_take(o, "marks", list_take);
}

cJSON *
command_marks(const struct fold_proposal *p, enum command_how how,
    cJSON *list)
{
	bool many = list->child != NULL && list->child->next != NULL;
	cJSON *o = how == COMMAND_DECISION ? command_all(p, list) : NULL;

	if (o != NULL) {
		cJSON_Delete(list);
		return o;
	}
	if (how == COMMAND_MARKS && !many) {
		o = cJSON_DetachItemFromArray(list, 0);
		cJSON_Delete(list);
	} else {
		o = command_about(p, how == COMMAND_DECISION ? "decide" :
		    "mark", NULL);
		command_add_list(o, list);
	}
	if (how == COMMAND_EXACT)
		json_add_bool(o, "exact", true);
	return o;
}

cJSON *
command_budget(const struct fold *f, const char *action, const char *amount)
{
	int kind = fold_pause_kind(f);
	bool has = amount != NULL && amount[0] != '\0';
	int64_t more = !has ? 0 : kind == LIMIT_NONE || kind == LIMIT_REPEAT ||
	    kind == LIMIT_SERVICE || strcmp(action, "extend") != 0 ? -1 :
	    limit_from_text((enum limit_kind)kind, amount);
	cJSON *o;

	if (more < 0)
		return NULL;
	o = command_text("budget", "action", action);
	if (f->pause != NULL)
		json_add_int(o, "pause", f->pause->seq);
	if (more > 0)
		json_set_take(o, "more", cJSON_CreateNumber(
		    limit_to_json((enum limit_kind)kind, more)));
	return o;
}
