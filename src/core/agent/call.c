#include "config.h"

#include "core/agent/call.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "core/agent/background.h"
#include "core/agent/budget.h"
#include "core/agent/hook.h"
#include "core/agent/plan.h"
#include "core/agent/terminal.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/mcp/mcp.h"
#include "core/review/evidence.h"
#include "core/review/seen.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/task-usage.h"
#include "policy/approve.h"
#include "provider/provider.h"
#include "tool/tool.h"

void
call_deny(struct core *c, const struct core_call *call, const char *kind,
    const char *text, unsigned faults)
{
	emit_result(c, call->id, call->name, false, kind, text);
	c->calls.next++;
	c->task.faults |= faults;
	core_soon(c);
}

#define CALL_TITLE	100	/* bytes of it, for the model */
#define CALL_NAMES	20	/* calls named in one text */
#define FINDINGS_MAX	500	/* of a task: somebody reads them */
#define FINDING_MAX	4000	/* bytes of one, as the model sent it */

/* ---- faults that the model reports, at a place in a file ---- */

/* The tool `finding`: journal and answer it. What `assent review --find` looks at
 * may be files of another commit. */
static void
finding_note(struct core *c, const struct core_call *call, const cJSON *args)
{
	AUTO_FREE char *path =
	    fs_inside(c->root, c->cwd, json_str_or(args, "path", ""));
	AUTO_FREE char *text = NULL;
	struct stat st;
	int n = 0;

	if (path == NULL || (json_get(c->start, "review") == NULL &&
	    fstatat(c->stage->root_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)) {
		emit_result(c, call->id, call->name, false, "not_found",
		    "there is no such file in the project; the path is "
		    "relative to the working folder");
		return;
	}
	MEM_EACH(&c->fold->findings, list, it)
		n += it->by == NULL;
	if (n >= FINDINGS_MAX || strlen(call->args_text) > FINDING_MAX) {
		text = xasprintf("not noted: at most %d findings of %d bytes",
		    FINDINGS_MAX, FINDING_MAX);
		emit_result(c, call->id, call->name, false, "too_large", text);
		return;
	}
	EMIT(c, "model", finding, .path_bytes = path,
	    .line = json_int(args, "line", 0),
	    .end_line = json_int(args, "end_line", 0),
	    .severity = json_str(args, "severity"),
	    .rule = json_str(args, "rule"),
	    .message = json_str(args, "message"));
	text = xasprintf("noted as number %d", n + 1);
	emit_result(c, call->id, call->name, true, NULL, text);
}

void
call_queue_clear(struct core *c)
{
	size_t i;

	for (i = 0; i < c->calls.len; i++) {
		FREE_ALL(c->calls.list[i].id, c->calls.list[i].name,
		    c->calls.list[i].args_text);
		seen_release(&c->calls.list[i]);
		tool_targets_free(c->calls.list[i].targets,
		    c->calls.list[i].targets_len);
	}
	free(c->calls.list);
	/* phases: a running call keeps its place in the list. */
	assert(c->calls.running == 0);
	c->calls.list = NULL;
	c->calls.unheard = false;
	c->calls.len = c->calls.next = 0;
}

struct core_call *
call_add(struct core *c, const char *id, const char *name, const char *args,
    bool complete)
{
	const struct tool_entry *t = tool_meant(name);

	struct core_call *call = GROW_ADD(c->calls.list, c->calls.len);

	*call = (struct core_call){ .id = xstrdup(id),
		.name = xstrdup(t == NULL ? name : t->name),
		.args_text = xstrdup(args), .tool = t,
		.effects = t == NULL ? TOOL_WRITES | TOOL_COMMAND : t->effects,
		.complete = complete };
	return call;
}

void
call_queue(struct core *c, const struct reply *r)
{
	/* invariant 4: no call is dropped; each has its result. */
	assert(c->calls.next == c->calls.len && c->calls.running == 0);
	call_queue_clear(c);
	MEM_EACH(r, calls, it) {
		const cJSON *to = strcmp(it->name, "call_tool") == 0 ?
		    json_get(it->args, "arguments") : NULL;
		AUTO_FREE char *args = to == NULL ? NULL : json_print(to);
		const char *name = json_str_or(it->args, "name", "");

		/* From here on it is a call of that tool. */
		if (args != NULL && mcp_tool(c, name) != NULL)
			call_add(c, it->id, name, args, it->complete);
		else
			call_add(c, it->id, it->name, it->arguments,
			    it->complete);
	}
}

/* One line for the user: the tool and its target. */
static char *
call_title(const struct core_call *call, const cJSON *args)
{
	static const char *const subjects[] = {
		"command", "path", "pattern", "goal", "summary", "step",
		"url", "id"
	};
	const char *name = call->name;
	struct tool_target *files;
	char *title;
	size_t i;

	for (i = 0; i < MEM_COUNT(subjects); i++) {
		const cJSON *v = json_get(args, subjects[i]);

		if (cJSON_IsString(v))
			return xasprintf("%s %s", strcmp(name, "argv") == 0 ?
			    "$" : name, v->valuestring);
		if (cJSON_IsNumber(v))
			return xasprintf("%s %d", name, v->valueint);
	}
	files = call->tool == NULL ? NULL : tool_targets(call->tool, args, &i);
	title = files == NULL ? xstrdup(name) : i == 1 ?
	    xasprintf("%s %s", name, files[0].path) :
	    xasprintf("%s %s and %zu more", name, files[0].path, i - 1);
	if (files != NULL)
		tool_targets_free(files, i);
	return title;
}

static void
call_journal(struct core *c, const struct core_call *call, const cJSON *args,
    const char *by)
{
	AUTO_FREE char *title = call_title(call, args);
	bool object = cJSON_IsObject(args);

	EMIT(c, by, tool_call, .id = call->id, .turn = c->fold->turn,
	    .name = call->name, .args = object ? args : NULL,
	    .args_text = object ? NULL : call->args_text, .title = title);
}

static void
call_step_done(struct core *c, const struct core_call *call, const cJSON *args)
{
	int step = (int)json_int(args, "step", 0);
	AUTO_FREE char *next = NULL;

	if (step < 1 || (size_t)step > c->fold->plan.steps_len) {
		AUTO_FREE char *text = xasprintf("the plan has %zu step%s",
		    c->fold->plan.steps_len,
		    c->fold->plan.steps_len == 1 ? "" : "s");

		emit_result(c, call->id, call->name, false, "bad_arguments",
		    text);
		return;
	}
	plan_tick(c, (size_t)step);
	next = plan_next(c);
	emit_result(c, call->id, call->name, true, NULL, next);
	if (!c->approve->at_end && (c->person || c->approve->rule))
		c->review.step = true;
}

/* Did a call fail so that its work is missing? One that reads has none, and a
 * command may fail on purpose, or at its time limit: the check says whether the
 * work holds. */
static bool
call_failure_counts(const struct core *c, const struct fold_item *it)
{
	const struct tool_entry *t = tool_find(it->name);
	bool checked = c->check.command != NULL || c->plan.mode == PLAN_LOOK;

	return (t == NULL || t->effects != TOOL_READS) &&
	    (it->result == RESULT_OTHER ||
	    (it->result == RESULT_EXIT && !checked));
}

/* The calls of this answer that failed so, "a, b"; malloc'ed, NULL: none did. */
static char *
call_failed_before(const struct core *c, size_t *n)
{
	const struct fold *f = c->fold;
	struct buf b = BUF_INIT(0);
	size_t i = f->items_len;

	*n = 0;
	/* Those of this answer are the last ones. */
	while (i > 0 && f->items[i - 1].seq >= f->open.last[EVENT_TURN_START])
		i--;
	for (; i < f->items_len; i++) {
		const struct fold_item *it = &f->items[i];
		AUTO_FREE char *title = NULL;

		if (it->kind != ITEM_TOOL || it->own || it->running ||
		    it->ok || !call_failure_counts(c, it) ||
		    ++*n > CALL_NAMES)
			continue;
		title = utf8_cut_dup(it->title, CALL_TITLE);
		buf_addf(&b, "%s%s", *n > 1 ? ", " : "", title);
	}
	if (*n > CALL_NAMES)
		buf_addf(&b, " and %zu more", *n - CALL_NAMES);
	return *n > 0 ? buf_take(&b) : NULL;
}

/* `done` waits for a message or a failure that the model hasn't read; in
 * test-first mode also once for a failing test: after that the work counts as
 * unproven. */
static bool
call_done_too_early(struct core *c, const struct core_call *call)
{
	size_t n;
	AUTO_FREE char *failed = call_failed_before(c, &n);
	AUTO_FREE char *text = failed == NULL ? NULL : xasprintf("not yet: %s "
	    "failed before this call, see above. Mend %s, or call done again.",
	    failed, n == 1 ? "it" : "them");

	if (c->fold->unread > 0) {
		emit_result(c, call->id, call->name, true, NULL,
		    "not finished: the user sent another message");
		return true;
	}
	if (text != NULL) {
		emit_result(c, call->id, call->name, false, "failed_call",
		    text);
		return true;
	}
	if (!json_is(c->start, "test_first", "on") || task_plans(c) ||
	    c->fold->facts.test != FACTS_TEST_NONE || c->review.staged == 0)
		return false;
	emit_result(c, call->id, call->name, false, "test_first",
	    "not yet: no test was seen to fail in this task. Write a test that "
	    "shows the fault, run it on the old code (take your fix out of the "
	    "copy for that), then put the fix back and run it again");
	return true;
}

void
call_says_done(struct core *c, const cJSON *args)
{
	c->task.model = json_str_or(args, "cannot_pass", "")[0] == '\0' ?
	    MODEL_CALLED_DONE : MODEL_CANNOT_PASS;
	xstrset(&c->task.summary, json_str_or(args, "summary", ""));
	xstrset(&c->task.cannot_pass, json_str(args, "cannot_pass"));
}

static void
call_done(struct core *c, const struct core_call *call, const cJSON *args)
{
	if (!call_done_too_early(c, call) && !plan_refuses_done(c, call))
		call_says_done(c, args);
}

static void
call_core_tool(struct core *c, const struct core_call *call, const cJSON *args)
{
	static const struct answer {
		const char	*tool;
		void		(*run)(struct core *, const struct core_call *,
				    const cJSON *args);
	} answers[] = {
		{ "background", background_answer },
		{ "call_tool", mcp_tool_unknown },
		{ "done", call_done },
		{ "find_tool", mcp_tool_find },
		{ "finding", finding_note },
		{ "plan", plan_propose },
		{ "step_done", call_step_done },
	};

	c->calls.next++;
	MEM_FIND(answers, call->name)->run(c, call, args);
	core_soon(c);
}

/* May a command run now? Not while another session has hunks that it could
 * decide (program_others_wait). On level none ask the user, or reject the call if
 * nobody can be asked. */
static bool
call_may_run(struct core *c, struct core_call *call, const char *command)
{
	AUTO_FREE char *why = NULL;
	struct err e = ERR_INIT;

	if (program_others_wait(c, &e) < 0) {
		call_deny(c, call, "no_sandbox", e.text, FAULT_NO_SANDBOX);
		return false;
	}
	if (c->sandbox.level != SANDBOX_NONE || c->mode == MODE_DEMO ||
	    (call->allowed && call->asked == ASKED_OUTSIDE))
		return true;
	if (!c->person) {
		call_deny(c, call, "no_sandbox",
		    "there is no sandbox on this host and nobody to ask, so "
		    "commands can't run (if this machine is a container that "
		    "may be the sandbox, the user can start assent with "
		    "--sandbox container)",
		    FAULT_NO_SANDBOX | FAULT_NO_SANDBOX_CALL);
		return false;
	}
	why = program_outside_why(c->mode == MODE_TRY ? "your command" :
	    "the model's command");
	emit_ask(c, call, ASKED_OUTSIDE, &(struct ev_ask){
	    .command = command, .why = why });
	return false;
}

/* Client command: the user's answer to a question. */
static int
call_answer_ask(struct core *c, const cJSON *command, const char *client,
    struct err *e UNUSED)
{
	AUTO_FREE char *asked = NULL;
	struct core_call *call;

	PART_EACH(c, p)
		if ((*p)->answer != NULL && (*p)->answer(c, command, client))
			return 0;
	if ((c->waits & WAIT_CALL) == 0)
		return 0;
	call = &c->calls.list[c->calls.next];
	asked = emit_ask_id(call);
	if (!json_is(command, "id", asked))
		return 0;
	emit_answered(c, command, client);
	phase_answered(c, WAIT_CALL);
	if (json_bool(command, "allow", false))
		call->allowed = true;
	else
		call_deny(c, call, "refused", call->asked == ASKED_BY_HOOK ||
		    mcp_tool(c, call->name) != NULL ?
		    "the user did not allow this call" :
		    "the user did not allow this command", FAULT_REFUSED);
	core_soon(c);
	return 0;
}

/* run_tests: the configured command, limited to {path} if it takes one. */
static cJSON *
call_test_args(struct core *c, const cJSON *args)
{
	cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *command = shell_fill(c->check.command, "{path}",
	    json_str_or(args, "path", ""));

	json_add_str(o, "command", command);
	return o;
}

/* False, with the answer given, if the target is outside the project. */
static bool
call_test_is_inside(struct core *c, const struct core_call *call,
    const cJSON *args)
{
	const char *path = json_str_or(args, "path", "");
	AUTO_FREE char *full = fs_normalize(c->cwd, path), *text = NULL;
	bool inside = fs_is_below(full, c->root);

	if (inside)
		return true;
	text = xasprintf("%.200s is outside the project: nothing was run",
	    path);
	call_deny(c, call, "outside", text, 0);
	return false;
}

/* One call in the list for TOOL_PARALLEL. */
static cJSON *
call_together_take(const char *name, cJSON *args)
{
	cJSON *o = JSON_TEXTS("name", name);

	json_set_take(o, "args", args);
	return o;
}

/* If this call only reads and doesn't repeat an earlier one, journal it and
 * return the sandbox's arguments. Otherwise NULL: the budget has to see
 * repetitions. */
static cJSON *
call_join(struct core *c, struct core_call *call)
{
	const struct tool_entry *t;
	struct err e = ERR_INIT;
	cJSON *args = call_args(c, call, &e);
	const char *kind;
	AUTO_FREE char *fault = call_fault(c, call, args, &e, &t, &kind);

	if (fault != NULL || t->effects != TOOL_READS ||
	    hook_tool(c, call, args, false) ||
	    task_usage_is_again(&c->fold->facts.usage, call->name, args,
	    call->args_text)) {
		cJSON_Delete(args);
		return NULL;
	}
	call_journal(c, call, args, "model");
	seen_begin(c, call);
	return call_together_take(call->name, args);
}

/* The current call only reads: it runs in parallel with the reading calls right
 * after it, at most `most` in all. */
static void
call_run_looks(struct core *c, const cJSON *args, size_t most)
{
	struct core_call *call = &c->calls.list[c->calls.next];
	cJSON *o = cJSON_CreateObject(), *list, *it;
	size_t n = 1;

	seen_begin(c, call);
	list = cJSON_AddArrayToObject(o, "calls");
	cJSON_AddItemToArray(list, call_together_take(call->name,
	    cJSON_Duplicate(args, true)));
	while (n < most && c->calls.next + n < c->calls.len &&
	    (it = call_join(c, call + n)) != NULL) {
		cJSON_AddItemToArray(list, it);
		n++;
	}
	if (n == 1)
		call_run(c, call->name, args, 1);
	else
		call_run(c, TOOL_PARALLEL, o, n);
	cJSON_Delete(o);
}

static void
call_dispatch(struct core *c, struct core_call *call,
    const struct tool_entry *t, cJSON *args)
{
	size_t together;

	c->calls.room = call_room(c, &together);
	if (strcmp(t->name, "background") == 0 && background_wait(c, args))
		return;
	if ((t->effects & TOOL_CORE) != 0) {
		call_core_tool(c, call, args);
		return;
	}
	if ((t->effects & TOOL_SERVER) != 0) {
		mcp_call_run(c, call, args);
		return;
	}
	if (strcmp(t->name, "bash") == 0 &&
	    json_bool(args, "background", false)) {
		background_start(c, call, args);
		return;
	}
	if (t->effects == TOOL_READS) {
		call_run_looks(c, args, together);
		return;
	}
	if ((t->effects & TOOL_WRITES) != 0)
		seen_begin(c, call);
	if (strcmp(t->name, "run_tests") == 0) {
		AUTO_JSON cJSON *real = NULL;

		if (!call_test_is_inside(c, call, args))
			return;
		real = call_test_args(c, args);
		if (!call_may_run(c, call, json_str_or(real, "command", "")))
			return;
		evidence_tests_begin(c);
		call_run(c, t->name, real, 1);
		return;
	}
	if ((t->effects & TOOL_COMMAND) != 0 &&
	    !call_may_run(c, call, json_str_or(args, "command", "")))
		return;
	call_run(c, t->name, args, 1);
}

/* Run the command of `try`. */
static void
call_try(struct core *c)
{
	AUTO_BUF struct buf words = BUF_INIT(0);
	bool patch = json_str(c->start, "patch_sha256") != NULL;
	AUTO_FREE char *why = NULL;
	cJSON *argv;
	const cJSON *agent = json_get(c->start, "agent"), *shown, *it;
	struct core_call *call;
	AUTO_JSON cJSON *args = cJSON_CreateObject();

	argv = patch ? patch_argv(c) : cJSON_Duplicate(agent != NULL ?
	    json_array(agent, "argv") : json_array(c->start, "command"), 1);
	json_set_take(args, "argv", argv);
	/* What the user typed, not how git is called for it. */
	if (patch)
		buf_addf(&words, "review %s", json_str_or(c->start,
		    "patch_name", "a patch"));
	shown = patch ? NULL : json_array(c->start, "command");
	cJSON_ArrayForEach(it, shown) {
		if (words.len > 0)
			buf_addc(&words, ' ');
		shell_quote(&words, it->valuestring);
	}
	call = c->calls.list;
	if (!patch)
		terminal_add(c, args);
	if (call == NULL) {
		call = call_add(c, "try", "argv", buf_str(&words), true);
		json_add_str(args, "command", buf_str(&words));
		call_journal(c, call, args, "user");
	}
	/* git applies the user's own patch to the copy, so no
	 * question. */
	if (patch) {
		call->asked = ASKED_OUTSIDE;
		call->allowed = true;
	}
	why = patch ? NULL : hidden_command(c, argv->child->valuestring);
	if (why != NULL)
		call_deny(c, call, "sandbox", why, FAULT_NO_START);
	else if (call_may_run(c, call, buf_str(&words)))
		call_run(c, "argv", args, 1);
}

/* Is the call repeated too often, in this answer or before? Then the task
 * pauses. */
static bool
call_repeats(struct core *c, const struct core_call *call, const cJSON *args)
{
	const struct task_usage *s = &c->fold->facts.usage;
	int64_t most = s->now[LIMIT_REPEAT];

	/* A call that the user allowed, or that hooks have heard of, is in the
	 * journal and counted already. */
	if (most <= 0 || s->repeats < most || call->allowed || call->hooked ||
	    !task_usage_is_again(s, call->name, cJSON_IsObject(args) ? args :
	    NULL, call->args_text))
		return false;
	budget_pause(c, LIMIT_REPEAT);
	return true;
}

void
call_next(struct core *c)
{
	struct core_call *call;
	const struct tool_entry *t;
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *args = NULL;
	AUTO_FREE char *text = NULL;
	const char *kind;

	if (c->mode == MODE_TRY) {
		call_try(c);
		return;
	}
	call = &c->calls.list[c->calls.next];
	/* phases: a call starts in IDLE, and only while no question is open. */
	assert(c->phase == PHASE_IDLE && c->waits == 0);
	assert(task_runs(c));
	args = call_args(c, call, &e);
	if (call_repeats(c, call, args)) {
		core_soon(c);
		return;
	}
	if (!call->allowed && !call->hooked)
		call_journal(c, call, args, "model");
	text = call_fault(c, call, args, &e, &t, &kind);
	if (text != NULL) {
		AUTO_FREE char *advice = edit_tools_advice(c, call, kind);
		AUTO_FREE char *names = call_tools_advice(c, t);
		AUTO_FREE char *both = xasprintf("%s%s%s", text,
		    names == NULL ? "" : names, advice == NULL ? "" : advice);

		call_deny(c, call, kind, both, 0);
		edit_tools_note(c);
	} else if (!hook_tool(c, call, args, true))
		call_dispatch(c, call, t, args);
}

static const struct core_command call_commands[] = {
	{ "answer", IN_ANY, HAS_ASK, 0, WITH_USER, .act = call_answer_ask },
	{ 0 }
};

static void
call_free(struct core *c)
{
	call_stop_worker(c, NULL);
	call_queue_clear(c);
}

static unsigned
call_facts(const struct core *c)
{
	return (c->waits & WAIT_COMMAND) != 0 ? HAS_ASK : 0;
}

const struct core_part call_part = {
	.facts = call_facts, .has = HAS_ASK,
	.free = call_free, .commands = call_commands,
};
