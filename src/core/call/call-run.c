/*
 * call-run: one call in the sandbox: what it is shown, on which stage it works,
 * how it is started and stopped, and what is recorded when it has ended.
 */
#include "config.h"

#include "core/core.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "sandbox/host/gitlink.h"
#include "sandbox/worker/landlock.h"
#include "core/call/call-result.h"
#include "core/call/capture.h"
#include "core/budget/disk.h"
#include "core/project/git-redact.h"
#include "core/project/instructions.h"
#include "core/call/run.h"
#include "core/call/seen.h"
#include "core/project/inspect.h"
#include "journal/session.h"


void
call_spec(struct core *c, struct stage *stage, struct sandbox_spec *s)
{
	memset(s, 0, sizeof(*s));
	s->level = c->level;
	s->root = c->root;
	s->cwd = c->cwd;
	s->home = json_str(c->start, "home");
	s->path = json_str_or(c->start, "path", "/usr/bin:/bin");
	s->out_dir = c->out_dir;
	s->state_dir = c->state_dir;
	s->cgroup = c->cgroup;
	s->toolchains = (const char *const *)c->toolchains;
	s->environment = c->environment;
	stage_fill_spec(stage, s);
}

/* Configurations that hold credentials: the project's, those of repositories
 * in it, and of the one that its .git file points to. */
static void
call_covers(struct core *c)
{
	const char *const *nested = policy_repositories(c->policy);
	char *dirs[2], *path = fs_join(c->root, ".git"), *real;
	struct stat st;
	size_t n, i, kept = 0;

	git_redact_free(c->covers, c->covers_len);
	c->covers = NULL;
	c->covers_len = 0;
	/* It may be a link to elsewhere in the project. */
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) &&
	    (real = fs_realpath(path)) != NULL) {
		free(path);
		path = real;
	}
	if (fs_is_below(path, c->root))
		git_redact_add(path, &c->covers, &c->covers_len);
	free(path);
	for (i = 0; nested != NULL && nested[i] != NULL; i++) {
		path = fs_join(c->root, nested[i]);
		git_redact_add(path, &c->covers, &c->covers_len);
		free(path);
	}
	for (i = 0; i < c->covers_len; i++) {
		struct sandbox_cover *one = &c->covers[i];

		if (policy_is_lifted(c->policy, one->path + strlen(c->root) +
		    1)) {
			free(one->path);
			free(one->text);
		} else
			c->covers[kept++] = *one;
	}
	c->covers_len = kept;
	n = gitlink_find(c->root, dirs);
	for (i = 0; i < n; i++) {
		git_redact_add(dirs[i], &c->covers, &c->covers_len);
		free(dirs[i]);
	}
}

void
call_hide(struct core *c, struct sandbox_spec *s)
{
	struct buf note = BUF_INIT(1 << 16);

	s->masked = policy_secrets(c->policy);
	if (policy_take_cut_note(c->policy, &note))
		core_note(c, "%s", buf_str(&note));
	buf_release(&note);
	s->shut = policy_repositories(c->policy);
	call_covers(c);
	s->covers = c->covers;
	s->covers_len = c->covers_len;
}

/* Where commands have neither a root of their own nor landlock, one could read
 * another session's secret and decide there what waits for a person. */
int
call_others_wait(const struct core *c, struct err *e)
{
	struct session_info *list = NULL;
	size_t n = 0, i;
	int rc = 0;

	if (c->level == SANDBOX_A || c->level == SANDBOX_B ||
	    landlock_version() > 0)
		return 0;
	if (session_list(NULL, &list, &n, e) < 0)
		return -1;
	for (i = 0; rc == 0 && i < n; i++)
		if (list[i].waits && strcmp(list[i].id, c->id) != 0)
			rc = err_set(e, "session %s waits for its review, and "
			    "without landlock a command here could answer for "
			    "you: decide it first (assent decide %s)",
			    list[i].id, list[i].id);
	session_list_free(list, n);
	return rc;
}

static struct stage *
call_stage(struct core *c)
{
	return c->planning ? c->plan_stage : c->stage;
}

/*
 * While the model thinks. The planning stage may not be there yet: where it
 * is a copy of the tree, its first call makes it.
 */
void
call_prepare(struct core *c)
{
	struct sandbox_spec spec;
	struct err e = ERR_INIT;

	if (c->worker_call != NULL || run_is_on(c) || (c->planning && c->plan_stage == NULL &&
	    (c->level != SANDBOX_A || core_open_plan_stage(c, &e) < 0)))
		return;
	call_spec(c, call_stage(c), &spec);
	if (sandbox_ready_fits(c->ready, &spec, &c->limits))
		return;
	call_unprepare(c);
	c->ready = sandbox_prepare(c->loop, c->worker, &spec, &c->limits);
}

void
call_unprepare(struct core *c)
{
	sandbox_ready_free(c->ready);
	c->ready = NULL;
}

static void
call_output(void *arg, const char *p, size_t n)
{
	struct core *c = arg;
	const struct core_call *call = &c->calls[c->calls_next];
	const struct tool_entry *t = tool_find(call->name);

	capture_add(c->capture, p, n);
	/* "argv" is the command of `try` and no tool of a model. */
	if (t != NULL && (t->effects & TOOL_COMMAND) == 0)
		return;
	delta_output(c, p, n);
}

void
call_stage_notes(struct core *c, const struct buf *notes)
{
	if (notes->len == 0)
		return;
	core_note(c, "%s", buf_str(notes));
	buf_add(&c->model_notes, buf_str(notes), notes->len);
}

void
call_add_notes(struct core *c, cJSON *o)
{
	struct buf *b = &c->model_notes;
	char *text;

	if (b->len == 0)
		return;
	while (b->len > 0 && b->p[b->len - 1] == '\n')
		b->p[--b->len] = '\0';
	text = xasprintf("%s\n\nNote about the project's files:\n%s",
	    json_str_or(o, "text", ""), buf_str(b));
	json_set_take(o, "text", cJSON_CreateString(text));
	free(text);
	buf_clear(b);
}

/* What became of the stage in this call: for its line and for the model. */
static void
call_notes_join(struct core *c, const struct buf *notes, cJSON *o)
{
	if (notes->len == 0)
		return;
	json_add_str(o, "note", buf_str(notes));
	buf_add(&c->model_notes, buf_str(notes), notes->len);
	c->left_out = true;
}

/* What is proposed, that is. */
static bool
call_may_change(const struct core *c, const struct core_call *call)
{
	const struct tool_entry *t = tool_find(call->name);

	return !c->planning && (t == NULL ||
	    (t->effects & (TOOL_WRITES | TOOL_COMMAND)) != 0);
}

/* What it prints is for people and the model, not a worker's answer. */
static bool
call_is_command(const struct core_call *call)
{
	const struct tool_entry *t = tool_find(call->name);

	return t == NULL || (t->effects & TOOL_COMMAND) != 0;
}

/* One of those that ran: its result, from `reply` if a file tool's. */
static void
call_ended(struct core *c, const struct sandbox_result *r, const cJSON *reply,
    const struct buf *notes)
{
	struct core_call *call = &c->calls[c->calls_next];
	const struct tool_entry *t = tool_find(call->name);
	cJSON *o = cJSON_CreateObject();
	bool changed, ok;
	size_t i;

	json_add_str(o, "id", call->id);
	json_add_str(o, "name", call->name);
	if (!r->built) {
		call_setup_failed(r, o);
		c->command_failed = c->mode == MODE_TRY;
	} else if (call_is_command(call))
		call_command_result(c, call, r, o);
	else
		call_file_result(c, call, r, reply, o);
	call_notes_join(c, notes, o);
	changed = call_may_change(c, call);
	if (t != NULL && (t->effects & TOOL_WRITES) != 0 &&
	    json_bool(o, "ok", false))
		for (i = 0; i < call->targets_len; i++)
			include_written(c, call->targets[i].path);
	if (changed)
		propose_count(c, o);
	call_add_notes(c, o);
	if (test_first_failed(c, call_stage(c), call->name, call->args_text,
	    o))
		json_add_bool(o, "test_failed", true);
	ok = json_bool(o, "ok", false);
	if (ok)
		seen_done(call, o);
	core_emit(c, "tool_result", "core", o);
	for (i = 0; ok && call->seen != NULL && i < call->targets_len; i++)
		if (call->seen[i].path != NULL)
			instructions_below(c, call->seen[i].path);
	edit_tools_note(c);
	c->calls_next++;
	if (changed) {
		c->stage_touched = true;
		evidence_stale(c);
	}
}

static void
call_finished(void *arg, const struct sandbox_result *r)
{
	struct core *c = arg;
	bool command = call_is_command(&c->calls[c->calls_next]);
	struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	size_t n = c->calls_run, len, i;
	const char *out;
	cJSON *reply = NULL;

	c->worker_call = NULL;
	c->busy = BUSY_NONE;
	/* The next one's is built while this one is looked at. */
	if (c->calls_next + n < c->calls_len)
		call_prepare(c);
	delta_flush(c);
	if (stage_after_call(call_stage(c), &notes, &e) < 0)
		buf_addf(&notes, "%s", e.text);
	disk_after(c, call_stage(c), r, &notes);
	if (!command && r->built && r->exit == 0) {
		out = capture_bytes(c->capture, &len);
		reply = json_parse(out, len, JSON_NUL_REPLACE, &e);
	}
	for (i = 0; i < n; i++) {
		call_ended(c, r, n == 1 ? reply :
		    cJSON_GetArrayItem(reply, (int)i), &notes);
		buf_clear(&notes);
	}
	cJSON_Delete(reply);
	buf_release(&notes);
	capture_free(c->capture);
	c->capture = NULL;
	if (c->mode == MODE_TRY)
		c->model_ended = true;
	if (patch_is_wanted(c) && r->exit != 0)
		c->command_failed = true;
	core_step_soon(c);
}

/* Those that were to run cannot: their results say why. */
static void
call_not_run(struct core *c, const struct err *e)
{
	const struct core_call *call;

	for (; c->calls_run > 0; c->calls_run--) {
		call = &c->calls[c->calls_next++];
		call_result(c, call->id, call->name, false, "stage", e->text);
	}
	if (c->mode == MODE_TRY)
		c->model_ended = c->command_failed = true;
	core_step_soon(c);
}

static struct sandbox_call *
call_begin_in(struct core *c, struct stage *stage, const char *cwd,
    const char *tool, const cJSON *args,
    const struct sandbox_callbacks *callbacks, struct err *e)
{
	const struct tool_entry *t = tool_find(tool);
	struct sandbox_spec spec;
	struct buf notes = BUF_INIT(1 << 16);
	bool command = t == NULL || (t->effects & TOOL_COMMAND) != 0;
	int rc;

	if (command && call_others_wait(c, e) < 0)
		return NULL;
	rc = stage_before_call(stage, &notes, e);
	call_stage_notes(c, &notes);
	buf_release(&notes);
	if (rc < 0)
		return NULL;
	if (command)
		stage_freshen(stage);
	call_spec(c, stage, &spec);
	if (command && disk_before(c, stage, &spec.disk, e) < 0)
		return NULL;
	spec.cwd = cwd;
	call_hide(c, &spec);
	capture_free(c->capture);
	c->capture = capture_new((size_t)c->limits.output_bytes + 65536);
	return sandbox_call_start_in(&c->ready, c->loop, c->worker, &spec,
	    &c->limits, tool, args, callbacks, c);
}

struct sandbox_call *
call_begin(struct core *c, struct stage *stage, const char *tool,
    const cJSON *args, const struct sandbox_callbacks *callbacks, struct err *e)
{
	return call_begin_in(c, stage, c->cwd, tool, args, callbacks, e);
}

struct sandbox_call *
call_begin_at_root(struct core *c, struct stage *stage, const char *tool,
    const cJSON *args, const struct sandbox_callbacks *callbacks, struct err *e)
{
	return call_begin_in(c, stage, c->root, tool, args, callbacks, e);
}

void
call_run(struct core *c, const char *tool, const cJSON *args, size_t n)
{
	static const struct sandbox_callbacks callbacks = {
		.output = call_output, .done = call_finished,
	};
	struct err e = ERR_INIT;

	c->calls_run = n;
	if (c->planning && core_open_plan_stage(c, &e) < 0) {
		call_not_run(c, &e);
		return;
	}
	c->worker_call = call_begin(c, call_stage(c), tool, args, &callbacks,
	    &e);
	if (c->worker_call == NULL) {
		call_not_run(c, &e);
		return;
	}
	c->busy = BUSY_TOOL;
	core_status(c, "tool", "%s", c->calls[c->calls_next].name);
}

/* What was stopped answers all the same. */
static void
call_stopped(struct core *c, const char *why)
{
	struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	const struct core_call *call;
	cJSON *o;

	delta_flush(c);
	(void)stage_after_call(call_stage(c), &notes, &e);
	for (; c->calls_run > 0; c->calls_run--) {
		call = &c->calls[c->calls_next++];
		o = cJSON_CreateObject();
		json_add_str(o, "id", call->id);
		json_add_str(o, "name", call->name);
		call_stopped_result(c, why, call_is_command(call), o);
		call_notes_join(c, &notes, o);
		buf_clear(&notes);
		if (call_may_change(c, call))
			propose_count(c, o);
		call_add_notes(c, o);
		core_emit(c, "tool_result", "core", o);
	}
	c->stage_touched = true;
	buf_release(&notes);
}

void
call_stop_worker(struct core *c, const char *why)
{
	inspect_stop(c);
	evidence_cancel(c);
	if (c->worker_call == NULL)
		return;
	sandbox_call_cancel(c->worker_call);
	c->worker_call = NULL;
	if (c->busy == BUSY_TOOL) {
		c->busy = BUSY_NONE;
		if (why != NULL)
			call_stopped(c, why);
	}
	capture_free(c->capture);
	c->capture = NULL;
}
