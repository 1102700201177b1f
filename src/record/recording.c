/* See recording.h. */
#include "config.h"

#include "record/recording.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/print.h"
#include "journal/command.h"
#include "journal/event.h"

/* ---- what is compared ---- */

bool
recording_is_timed(const cJSON *limit)
{
	return json_is(limit, "what", "time") ||
	    json_is(limit, "what", "money");
}

/* Each file, with its hunks or the verdicts on them. */
static void
recording_files(cJSON *to, const cJSON *list)
{
	static const char *const same[] = { "path", "path_b64", "status",
		"from", "binary", "kind", "ok", "error" };
	const cJSON *f, *h;
	cJSON *o, *hunks;

	cJSON_ArrayForEach(f, list) {
		cJSON_AddItemToArray(to, o = cJSON_CreateObject());
		JSON_COPY(o, f, same);
		if (json_array(f, "hunks") == NULL)
			continue;
		hunks = cJSON_AddArrayToObject(o, "hunks");
		cJSON_ArrayForEach(h, json_array(f, "hunks"))
			cJSON_AddItemToArray(hunks, cJSON_CreateString(
			    json_str_or(h, "decision", json_str_or(h, "text",
			    "?"))));
	}
}

static const struct recording_row {
	enum event_type	 type;
	const char	*members[8];	/* that are copied */
	const char	*files;		/* a list of files, or NULL */
	const char	*if_member, *if_value;	/* only such lines; or NULL */
} recording_rows[] = {
	{ EVENT_AGENT_END, { "outcome", "exit", "summary" }, NULL, NULL, NULL },
	{ EVENT_APPLIED, { NULL }, "ops", NULL, NULL },
	{ EVENT_BUDGET, { "what", "action" }, NULL, NULL, NULL },
	{ EVENT_DECISION, { "by" }, "files", NULL, NULL },
	{ EVENT_ERROR, { "kind", "text" }, NULL, NULL, NULL },
	{ EVENT_EVIDENCE, { "exit", "signal", "killed", "where" }, NULL, "status",
	  "done" },
	{ EVENT_FINDING, { "path", "line", "severity", "message" }, NULL, NULL,
	  NULL },
	{ EVENT_PLAN, { "by", "status", "goal", "steps", "files", "word", "step" },
	  NULL, NULL, NULL },
	{ EVENT_PROPOSAL, { "version", "final" }, "files", NULL, NULL },
	{ EVENT_REQUIRE, { "exit", "signal", "killed" }, NULL, "status", "done" },
	{ EVENT_TOOL_CALL, { "name", "args", "args_text" }, NULL, "by", "model" },
	{ EVENT_TOOL_RESULT, { "name", "ok", "error", "exit", "signal", "killed",
	  "text", "diff" }, NULL, "by", "core" },
};

/* The list ends with NULL, or after `most`. */
static void
recording_copy(cJSON *o, const cJSON *line, const char *const *members,
    size_t most)
{
	size_t n = 0;

	while (n < most && members[n] != NULL)
		n++;
	json_copy_names(o, line, members, n);
}

cJSON *
recording_event(const cJSON *line)
{
	enum event_type type = event_type(line);
	const struct recording_row *r = NULL;
	size_t i;
	cJSON *o;

	for (i = 0; i < MEM_COUNT(recording_rows); i++)
		if (recording_rows[i].type == type)
			r = &recording_rows[i];
	if (r == NULL || !cJSON_IsNumber(json_get(line, "seq")) ||
	    (r->if_member != NULL &&
	    !json_is(line, r->if_member, r->if_value)))
		return NULL;
	/* Runs while you decide: how many depends on how fast you are. */
	if (recording_is_timed(line) || (type == EVENT_EVIDENCE &&
	    json_is(line, "where", "accepted")))
		return NULL;
	o = cJSON_CreateObject();
	json_add_str(o, "type", event_name(type));
	recording_copy(o, line, r->members, MEM_COUNT(r->members));
	if (r->files != NULL)
		recording_files(cJSON_AddArrayToObject(o, r->files),
		    json_array(line, r->files));
	return o;
}

cJSON *
recording_start(const cJSON *start)
{
	static const char *const same[] = {
		"mode", "task", "typed", "require", "approve", "allow_protected",
		"plan", "max_turns", "max_total_tokens", "test",
		"test_by", "test_first", "check_retries",
		"rollback", "include", "products", "protected", "secret",
		"tools", "profile", "person", "diff",
	};
	/* The tools that it is given for edits depend on it. */
	const char *edit = json_str(json_get(json_get(start, "model"),
	    "facts"), "edit");
	cJSON *o = cJSON_CreateObject(), *model, *facts;

	JSON_COPY(o, start, same);
	if (edit != NULL) {
		model = cJSON_AddObjectToObject(o, "model");
		facts = cJSON_AddObjectToObject(model, "facts");
		json_add_str(facts, "edit", edit);
	}
	return o;
}

/* ---- what the user did ---- */

static cJSON *
recording_plan(const cJSON *line)
{
	static const char *const same[] = { "goal", "steps", "files", "check",
		"risks" };
	const char *status = json_str_or(line, "status", "");
	cJSON *o, *plan;

	if (strcmp(status, "step") == 0)
		return NULL;
	o = command_text("plan", "action", strcmp(status, "approved") == 0 ?
	    "approve" : strcmp(status, "returned") == 0 ? "return" : "edit");
	json_add_str(o, "word", json_str(line, "word"));
	if (strcmp(status, "proposed") == 0) {
		plan = cJSON_AddObjectToObject(o, "plan");
		JSON_COPY(plan, line, same);
	}
	return o;
}

static cJSON *
recording_marks(const cJSON *line)
{
	static const char *const same[] = { "edit", "edit_b64", "seen",
		"overwrite", "word" };
	cJSON *o = command_of("decide"), *m;
	cJSON *list = cJSON_AddArrayToObject(o, "marks");
	const cJSON *f, *h;

	cJSON_ArrayForEach(f, json_array(line, "files"))
		cJSON_ArrayForEach(h, json_array(f, "hunks")) {
			m = cJSON_CreateObject();
			json_add_str(m, "hunk", json_str(h, "id"));
			json_add_str(m, "mark", json_str(h, "decision"));
			JSON_COPY(m, h, same);
			cJSON_AddItemToArray(list, m);
		}
	return o;
}

static cJSON *
recording_said(const cJSON *line)
{
	bool again = json_bool(line, "again", false);

	/* The task is in the start object. */
	if (json_is(line, "client", "start") ||
	    (json_get(line, "question") != NULL && !again))
		return NULL;
	return again ? command_of("retry") : command_text("say", "text",
	    json_str(line, "text"));
}

static cJSON *
recording_check(const cJSON *line)
{
	return command_text("set", "check", json_str(line, "command"));
}

static cJSON *
recording_products(const cJSON *line)
{
	static const char *const same[] = { "glob", "glob_b64" };
	cJSON *o = command_of(json_str(line, "action"));

	JSON_COPY(o, line, same);
	return o;
}

/* A summary isn't needed: nobody reads the conversation. */
static cJSON *
recording_new(const cJSON *line)
{
	return json_is(line, "why", "new") ? command_of("new") : NULL;
}

/* Its first proposal says that an undo was asked for. */
static cJSON *
recording_undo(const cJSON *line)
{
	cJSON *o;

	if (json_get(line, "undo") == NULL || json_int(line, "proposal", 0) != 0)
		return NULL;
	o = command_of("undo");
	json_copy(o, "tx", json_get(line, "undo"));
	return o;
}

static const struct recording_did {
	const char	*type;
	const char	*command;	/* with these members; or it is made by */
	const char	*members[4];
	cJSON		*(*make)(const cJSON *line);
	bool		 anyone;	/* also lines of the core */
} recording_dids[] = {
	{ "budget", "budget", { "action", "more" }, NULL, false },
	{ "check", NULL, { NULL }, recording_check, false },
	{ "comment", "comment", { "hunk", "line", "end_line", "text" }, NULL,
	  false },
	{ "compaction", NULL, { NULL }, recording_new, false },
	{ "decision", NULL, { NULL }, recording_marks, false },
	{ "mode", "set", { "approve", "plan" }, NULL, true },
	{ "plan", NULL, { NULL }, recording_plan, false },
	{ "products", NULL, { NULL }, recording_products, false },
	{ "proposal", NULL, { NULL }, recording_undo, true },
	{ "unqueued", "unqueue", { NULL }, NULL, false },
	{ "user_message", NULL, { NULL }, recording_said, false },
};

cJSON *
recording_command(const cJSON *line)
{
	const struct recording_did *d = MEM_FIND(recording_dids,
	    json_str_or(line, "type", ""));
	cJSON *o;

	if (d == NULL || (!d->anyone && !json_is(line, "by", "user")) ||
	    recording_is_timed(line))
		return NULL;
	if (d->make != NULL)
		return d->make(line);
	o = command_of(d->command);
	recording_copy(o, line, d->members, MEM_COUNT(d->members));
	return o;
}

void
recording_follow(struct recording_at *at, const cJSON *line)
{
	if (event_type(line) == EVENT_TURN_START)
		at->thinking = true;
	else if (event_type(line) == EVENT_ASSISTANT_MESSAGE &&
	    !json_bool(line, "broken", false)) {
		at->answers++;
		at->thinking = false;
	}
}

/* ---- the file ---- */

static bool
recording_is_list(const cJSON *list)
{
	const cJSON *it;

	if (list == NULL)
		return false;
	cJSON_ArrayForEach(it, list)
		if (!cJSON_IsObject(it))
			return false;
	return true;
}

cJSON *
recording_parse(const char *text, size_t n, struct err *e)
{
	AUTO_JSON cJSON *o = json_parse(text, n, JSON_NUL_REFUSE, e);
	cJSON *out;

	if (o != NULL && json_int(o, "assent_recording", 0) !=
	    RECORDING_VERSION)
		err_set(e, json_get(o, "assent_recording") == NULL ?
		    "it isn't a recording" : "its version is another than %d",
		    RECORDING_VERSION);
	else if (o != NULL && (!cJSON_IsObject(json_get(o, "start")) ||
	    !cJSON_IsObject(json_get(o, "tree")) ||
	    !recording_is_list(json_array(o, "answers")) ||
	    !recording_is_list(json_array(o, "user")) ||
	    !recording_is_list(json_array(o, "events"))))
		err_set(e, "the recording lacks a member, or has a bad one");
	if (err_is_set(e))
		return NULL;
	out = o;
	o = NULL;
	return out;
}

cJSON *
recording_read(const char *path, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX_BYTES);

	return fs_read_file(AT_FDCWD, path, &b, e) < 0 ? NULL :
	    recording_parse(buf_str(&b), b.len, e);
}

int
recording_write(const char *path, const cJSON *o, struct err *e)
{
	AUTO_FREE char *text = cJSON_Print(o);

	if (text == NULL)
		mem_out();
	return print_file(path, text, strlen(text), print_foreign, e);
}
