/*
 * call: the tool calls of one assistant message, answered one after the other.
 * Here a call is checked, and refused, asked about, answered (plan, done and
 * step_done) or handed to call-run.c, which runs it in the cage.
 */
#include "config.h"

#include "core/core.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/plan-step.h"
#include "core/run.h"
#include "core/seen.h"
#include "core/shell.h"
#include "core/tally.h"

void
call_queue_clear(struct core *c)
{
	size_t i;

	for (i = 0; i < c->calls_len; i++) {
		free(c->calls[i].id);
		free(c->calls[i].name);
		free(c->calls[i].args_text);
		seen_release(&c->calls[i]);
		tool_targets_free(c->calls[i].targets,
		    c->calls[i].targets_len);
	}
	free(c->calls);
	c->calls = NULL;
	c->calls_len = c->calls_next = 0;
}

void
call_queue(struct core *c, const struct reply *r)
{
	size_t i;

	call_queue_clear(c);
	c->calls = xcalloc(r->calls_len, sizeof(*c->calls));
	c->calls_len = r->calls_len;
	for (i = 0; i < r->calls_len; i++) {
		c->calls[i].id = xstrdup(r->calls[i].id);
		c->calls[i].name = xstrdup(r->calls[i].name);
		c->calls[i].args_text = xstrdup(r->calls[i].arguments);
		c->calls[i].complete = r->calls[i].complete;
	}
}

/* Is this tool switched on, by the user's list (all if there is none)? */
bool
call_is_on(const struct core *c, const char *name)
{
	const cJSON *list = json_array(c->start, "tools"), *it;

	if (list == NULL)
		return true;
	cJSON_ArrayForEach(it, list)
		if (cJSON_IsString(it) && strcmp(it->valuestring, name) == 0)
			return true;
	/* It does what these two do. */
	return strcmp(name, "apply_patch") == 0 && call_is_on(c, "edit") &&
	    call_is_on(c, "write");
}

static bool
call_tool_exists(const struct core *c, const struct tool_entry *t)
{
	if ((t->effects & TOOL_NAMED) != 0 &&
	    json_array(c->start, "tools") == NULL)
		return false;
	if (strcmp(t->name, "plan") == 0)
		return c->planning && c->plan_mode != PLAN_LOOK;
	if (strcmp(t->name, "done") == 0)
		return true;
	if (strcmp(t->name, "step_done") == 0)
		return !c->planning && c->plan_mode != PLAN_SKIP;
	if (c->planning && (t->effects & TOOL_WRITES) != 0)
		return false;
	if (strcmp(t->name, "run_tests") == 0 && c->criterion == NULL)
		return false;
	return call_is_on(c, t->name);
}

struct tool_schema *
call_tools(struct core *c, size_t *n)
{
	struct tool_schema *v = xcalloc(tool_table_len, sizeof(*v));
	size_t i;

	*n = 0;
	for (i = 0; i < tool_table_len; i++) {
		if (!call_tool_exists(c, &tool_table[i]) ||
		    !edit_tools_offered(c, &tool_table[i]))
			continue;
		v[*n].name = tool_table[i].name;
		v[*n].description = tool_table[i].description;
		v[*n].parameters = tool_table[i].schema;
		v[*n].grammar = tool_table[i].grammar;
		v[*n].strict = (tool_table[i].effects & TOOL_STRICT) != 0;
		(*n)++;
	}
	short_tools(c, v, *n);
	return v;
}

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
	core_emit(c, "tool_result", "core", o);
}

/* What a person reads in a line: the tool and what it is about. */
static char *
call_title(const char *name, const cJSON *args)
{
	static const char *const subjects[] = {
		"command", "path", "pattern", "goal", "summary", "step"
	};
	const struct tool_entry *t = tool_find(name);
	struct tool_target *files;
	char *title;
	size_t i;

	for (i = 0; i < MEM_COUNT(subjects); i++) {
		const cJSON *v = json_get(args, subjects[i]);

		if (cJSON_IsString(v))
			return xasprintf("%s %s", name, v->valuestring);
		if (cJSON_IsNumber(v))
			return xasprintf("%s %d", name, v->valueint);
	}
	files = t == NULL ? NULL : tool_targets(t, args, &i);
	title = files == NULL ? xstrdup(name) : i == 1 ?
	    xasprintf("%s %s", name, files[0].path) :
	    xasprintf("%s %s and %zu more", name, files[0].path, i - 1);
	if (files != NULL)
		tool_targets_free(files, i);
	return title;
}

static void
call_journal(struct core *c, const char *id, const char *name,
    const char *args_text, const cJSON *args, const char *by)
{
	cJSON *o = cJSON_CreateObject();
	char *title = call_title(name, args);

	json_add_str(o, "id", id);
	json_add_int(o, "turn", c->turn);
	json_add_str(o, "name", name);
	if (cJSON_IsObject(args))
		json_set_take(o, "args", cJSON_Duplicate(args, 1));
	else
		json_add_str(o, "args_text", args_text);
	json_add_str(o, "title", title);
	free(title);
	core_emit(c, "tool_call", by, o);
}

static void
call_step_done(struct core *c, const struct core_call *call, const cJSON *args)
{
	int step = (int)json_int(args, "step", 0);
	cJSON *o;

	if (step < 1 || (size_t)step > c->fold->plan.steps_len) {
		char *text = xasprintf("the plan has %zu steps",
		    c->fold->plan.steps_len);

		call_result(c, call->id, call->name, false, "bad_arguments",
		    text);
		free(text);
		return;
	}
	o = cJSON_CreateObject();
	json_add_int(o, "version", c->fold->plan.version);
	json_add_str(o, "status", "step");
	json_add_int(o, "step", step - 1);
	core_emit(c, "plan", "model", o);
	call_result(c, call->id, call->name, true, NULL, "noted");
	/* The end of a step is when a person is asked, by default. */
	if ((c->approve->opens & APPROVE_AT_STEP) != 0)
		c->propose_due = true;
}

/* Where a test is to fail first, `done` waits for that, once: then what was done
 * counts as unproven. */
static bool
call_done_too_early(struct core *c, const struct core_call *call)
{
	if (strcmp(json_str_or(c->start, "test_first", "off"), "on") != 0 ||
	    c->planning || c->test_first_told || tally_has_failed(c->tally) ||
	    c->staged_files == 0)
		return false;
	c->test_first_told = true;
	call_result(c, call->id, call->name, false, "test_first",
	    "not yet: no test was seen to fail in this task. Write a test that "
	    "shows the fault, run it on the code as it was (undo the mend in "
	    "the stage for that), then put the mend back and run it again");
	return true;
}

static void
call_core_tool(struct core *c, const struct core_call *call, const cJSON *args)
{
	if (strcmp(call->name, "plan") == 0) {
		plan_propose(c, call, args);
	} else if (strcmp(call->name, "finding") == 0) {
		finding_note(c, call, args);
	} else if (strcmp(call->name, "done") == 0 &&
	    call_done_too_early(c, call)) {
		/* It is answered. */
	} else if (strcmp(call->name, "done") == 0) {
		c->done_called = true;
		free(c->done_call_id);
		c->done_call_id = xstrdup(call->id);
		free(c->summary);
		c->summary = xstrdup(json_str_or(args, "summary", ""));
	} else
		call_step_done(c, call, args);
	c->calls_next++;
	core_step_soon(c);
}

/* Rung none: ask a person, or refuse. True if the call may run now. */
static bool
call_may_run(struct core *c, struct core_call *call, const char *command)
{
	struct err e = ERR_INIT;
	cJSON *o;

	if (call_others_wait(c, &e) < 0) {
		call_result(c, call->id, call->name, false, "no_cage", e.text);
		c->calls_next++;
		c->no_cage_refused = true;
		if (c->mode == MODE_TRY)
			c->model_ended = true;
		core_step_soon(c);
		return false;
	}
	if (c->rung != CAGE_NONE || c->mode == MODE_DEMO || call->allowed)
		return true;
	if (!c->person) {
		call_result(c, call->id, call->name, false, "no_cage",
		    "there is no cage on this host and nobody to ask: commands "
		    "cannot run (the person can say --cage container if this "
		    "machine is a container that may be the cage)");
		c->calls_next++;
		c->no_cage_refused = c->no_cage_command = true;
		if (c->mode == MODE_TRY)
			c->model_ended = true;
		core_step_soon(c);
		return false;
	}
	o = cJSON_CreateObject();
	json_add_str(o, "id", call->id);
	json_add_str(o, "command", command);
	json_add_str(o, "why", "there is no cage on this host");
	core_emit(c, "ask", "core", o);
	c->wait_ask = true;
	core_step_soon(c);
	return false;
}

void
call_answer_ask(struct core *c, const char *id, bool allow, const cJSON *seen,
    const char *client)
{
	struct core_call *call;

	if (run_answer(c, id, allow, seen, client))
		return;
	if (c->wait_ask && c->ask_evidence) {
		evidence_answer(c, id, allow, seen, client);
		return;
	}
	if (!c->wait_ask || c->calls_next >= c->calls_len)
		return;
	call = &c->calls[c->calls_next];
	if (strcmp(call->id, id) != 0)
		return;
	core_answered(c, id, allow, seen, client);
	c->wait_ask = false;
	if (allow)
		call->allowed = true;
	else {
		call_result(c, id, call->name, false, "refused",
		    "the person did not allow this command");
		c->refused_any = true;
		c->calls_next++;
		if (c->mode == MODE_TRY)
			c->model_ended = true;
	}
	core_step_soon(c);
}

/* run_tests: the configured command, with {path} narrowed if it takes one. */
static cJSON *
call_test_args(struct core *c, const cJSON *args)
{
	cJSON *o = cJSON_CreateObject();
	char *command = shell_fill(c->criterion, "{path}",
	    json_str_or(args, "path", ""));

	json_add_str(o, "command", command);
	free(command);
	return o;
}

/* False, with the answer given, if it is about something outside. */
static bool
call_test_is_inside(struct core *c, const struct core_call *call,
    const cJSON *args)
{
	const char *path = json_str_or(args, "path", "");
	char *full = fs_normalize(c->cwd, path), *text;
	bool inside = fs_is_below(full, c->root);

	free(full);
	if (inside)
		return true;
	text = xasprintf("%.200s is outside the project: nothing was run",
	    path);
	call_result(c, call->id, call->name, false, "outside", text);
	free(text);
	c->calls_next++;
	core_step_soon(c);
	return false;
}

static void
call_dispatch(struct core *c, struct core_call *call,
    const struct tool_entry *t, cJSON *args)
{
	if ((t->effects & TOOL_CORE) != 0) {
		call_core_tool(c, call, args);
		return;
	}
	if ((t->effects & (TOOL_READS | TOOL_WRITES)) != 0)
		seen_begin(c, call);
	if (strcmp(t->name, "run_tests") == 0) {
		cJSON *real;

		if (!call_test_is_inside(c, call, args))
			return;
		real = call_test_args(c, args);
		if (call_may_run(c, call, json_str_or(real, "command", "")))
			call_run(c, t->name, real);
		cJSON_Delete(real);
		return;
	}
	if ((t->effects & TOOL_COMMAND) != 0 &&
	    !call_may_run(c, call, json_str_or(args, "command", "")))
		return;
	call_run(c, t->name, args);
}

/* null is how a schema that must name all members, and many a model, says that
 * one is left out. */
static void
call_drop_nulls(cJSON *o)
{
	cJSON *it, *next;

	for (it = o == NULL ? NULL : o->child; it != NULL; it = next) {
		next = it->next;
		if (cJSON_IsNull(it) && cJSON_IsObject(o))
			cJSON_Delete(cJSON_DetachItemViaPointer(o, it));
		else
			call_drop_nulls(it);
	}
}

/* Why this call of a tool that exists may not run; malloc'ed, NULL if it may. */
static char *
call_refuses(struct core *c, struct core_call *call,
    const struct tool_entry *t, const cJSON *args, const char **kind)
{
	struct err e = ERR_INIT;
	char *text;
	size_t i;

	if (tool_check_args(t, args, &e) < 0)
		return t->form == NULL ? xstrdup(e.text) :
		    xasprintf("%s. Nothing was done.\n%s", e.text, t->form);
	if (call->targets == NULL)
		call->targets = tool_targets(t, args, &call->targets_len);
	*kind = "changed";
	for (i = 0; i < call->targets_len; i++)
		if (call->targets[i].whole &&
		    seen_is_old(c, call->targets[i].path))
			return xasprintf("%.200s was changed by somebody else "
			    "since you saw it, and this would replace that. "
			    "Nothing was written: read it again first",
			    call->targets[i].path);
	*kind = "plan_step";
	text = plan_step_refuses(c, t, NULL);
	for (i = 0; text == NULL && i < call->targets_len; i++)
		text = plan_step_refuses(c, t, call->targets[i].path);
	return text;
}

cJSON *
call_args(const struct core_call *call, struct err *e)
{
	const struct tool_entry *t = tool_find(call->name);
	size_t n = strlen(call->args_text);
	cJSON *args;

	if (!call->complete)
		return NULL;
	args = json_parse(call->args_text, n, JSON_NUL_REFUSE, e);
	/* The one string that the tool takes, without JSON around it. */
	if (t != NULL && t->grammar != NULL && (cJSON_IsString(args) ||
	    (args == NULL && strstr(call->args_text, "*** ") != NULL))) {
		cJSON *o = cJSON_CreateObject();

		json_add_str(o, "input", args == NULL ? call->args_text :
		    args->valuestring);
		cJSON_Delete(args);
		args = o;
	}
	/* Some models quote the object once more. */
	if (cJSON_IsString(args)) {
		cJSON *inner = json_parse(args->valuestring,
		    strlen(args->valuestring), JSON_NUL_REFUSE, NULL);

		if (cJSON_IsObject(inner)) {
			cJSON_Delete(args);
			args = inner;
		} else
			cJSON_Delete(inner);
	}
	call_drop_nulls(args);
	if (t != NULL && cJSON_IsObject(args))
		tool_mend_args(t, args);
	return args;
}

void
call_next(struct core *c)
{
	struct core_call *call = &c->calls[c->calls_next];
	const struct tool_entry *t = tool_find(call->name);
	struct err e = ERR_INIT;
	cJSON *args;
	const char *kind = "bad_call";
	char *text = NULL, *advice, *both;

	if (c->mode == MODE_TRY) {
		call_try(c);
		return;
	}
	args = call_args(call, &e);
	if (!call->allowed)
		call_journal(c, call->id, call->name, call->args_text, args,
		    "model");
	if (!call->complete)
		text = xstrdup("this call was cut off at the output limit and "
		    "was not run: nothing was written. Send it again in "
		    "smaller pieces: of a new file write the first part, then "
		    "add the rest with edits; of a change send a few lines in "
		    "each edit");
	else if (args == NULL)
		text = xasprintf("the arguments are not usable: %s", e.text);
	else if (t == NULL)
		text = (t = tool_meant(call->name)) == NULL ||
		    !call_tool_exists(c, t) ?
		    xasprintf("there is no tool \"%.100s\"", call->name) :
		    xasprintf("there is no tool \"%.100s\": use %s, with the "
		    "arguments that it takes", call->name, t->name);
	else if (!call_tool_exists(c, t))
		text = c->plan_mode == PLAN_LOOK &&
		    (t->effects & TOOL_WRITES) != 0 ?
		    xasprintf("%s does not exist here: you are asked to look, "
		    "nothing is to be changed", call->name) :
		    c->planning && (t->effects & TOOL_WRITES) != 0 ?
		    xasprintf("%s does not exist before the plan is approved; "
		    "hand in the plan first", call->name) :
		    xasprintf("the tool %s is not available now", call->name);
	else
		text = call_refuses(c, call, t, args, &kind);
	if (text != NULL) {
		advice = edit_tools_advice(c, call);
		both = xasprintf("%s%s", text, advice == NULL ? "" : advice);
		call_result(c, call->id, call->name, false, kind, both);
		edit_tools_note(c);
		free(both);
		free(advice);
		free(text);
		c->calls_next++;
		core_step_soon(c);
	} else
		call_dispatch(c, call, t, args);
	cJSON_Delete(args);
}

void
call_try(struct core *c)
{
	struct buf words = BUF_INIT(0);
	cJSON *args, *argv;
	const cJSON *it;
	struct core_call *call;

	args = cJSON_CreateObject();
	argv = patch_is_wanted(c) ? patch_argv(c) :
	    cJSON_Duplicate(json_array(c->start, "command"), 1);
	json_set_take(args, "argv", argv);
	cJSON_ArrayForEach(it, argv) {
		if (words.len > 0)
			buf_addc(&words, ' ');
		shell_quote(&words, it->valuestring);
	}
	if (c->calls_len == 0) {
		c->calls = xcalloc(1, sizeof(*c->calls));
		c->calls_len = 1;
		c->calls[0].id = xstrdup("try");
		c->calls[0].name = xstrdup("argv");
		c->calls[0].args_text = xstrdup(buf_str(&words));
		c->calls[0].complete = true;
		json_add_str(args, "command", buf_str(&words));
		call_journal(c, "try", "argv", "", args, "user");
	}
	call = &c->calls[0];
	/* git on a copy, in nobody's name but the user's. */
	call->allowed = call->allowed || patch_is_wanted(c);
	if (call_may_run(c, call, buf_str(&words)))
		call_run(c, "argv", args);
	cJSON_Delete(args);
	buf_release(&words);
}
