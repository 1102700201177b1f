#include "config.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/agent/background.h"
#include "core/agent/call.h"
#include "core/agent/driver.h"
#include "core/agent/hook.h"
#include "core/agent/plan.h"
#include "core/agent/run.h"
#include "core/kernel/core.h"
#include "core/kernel/disk.h"
#include "core/mcp/mcp.h"
#include "core/net/network.h"
#include "core/project/project.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "core/review/seen.h"
#include "core/review/stages.h"
#include "core/review/undeclared.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"
#include "sandbox/landlock.h"
#include "sandbox/mount-plan.h"
#include "tool/tool.h"

#define CALL_INDEX_MAX	((size_t)8 << 20)	/* of git's index, which goes
						   with each call */

/* What is the same for all tools; the strings are borrowed. */
static void
call_spec(struct core *c, struct stage *stage, struct sandbox_spec *s)
{
	memset(s, 0, sizeof(*s));
	s->level = c->sandbox.level;
	s->root = c->root;
	s->cwd = c->cwd;
	s->home = json_str(c->start, "home");
	s->path = json_str_or(c->start, "path", "/usr/bin:/bin");
	s->environment = c->sandbox.environment;
	s->out_dir = c->out_dir;
	s->state_dir = c->state_dir;
	s->certificates = c->sandbox.certificates;
	s->cgroup = c->sandbox.cgroup;
	s->toolchains = (const char *const *)c->sandbox.toolchains;
	s->skills = (const char *const *)c->sandbox.skills;
	s->skills_hidden = (const char *const *)c->sandbox.skills_hidden;
	s->encodings = json_get(c->start, "encodings");
	stage_fill_spec(stage, s);
}

/* Commands run in the user's image, if one is named; what runs a program for
 * ourselves doesn't. */
static void
call_image(const struct core *c, const char *tool, struct sandbox_spec *s)
{
	const struct image *im = &c->sandbox.image;

	if (im->layers == NULL || strcmp(tool, "web_fetch") == 0 ||
	    (c->mode == MODE_TRY && c->phase != PHASE_HOOK &&
	    strcmp(tool, "argv") == 0 &&
	    json_str(c->start, "patch_sha256") != NULL))
		return;
	s->image = im->layers;
	s->path = im->path;
	s->environment = (const char *const *)im->environment;
}

/* Git shall neither fail on a hidden file nor call it deleted. On level C the
 * index of a linked worktree can't be replaced. */
static void
call_cover_index(struct core *c)
{
	AUTO_BUF struct buf text = BUF_INIT(CALL_INDEX_MAX);
	AUTO_FREE char *path = sandbox_levels[c->sandbox.level].holds ?
	    ignore_index_hide(c->policy->ignore,
	    (const char *const *)c->policy->secrets, &text) : NULL;

	if (path != NULL && (!sandbox_levels[c->sandbox.level].brokers ||
	    fs_is_below(path, c->root))) {
		GROW(c->sandbox.covers, c->sandbox.covers_len);
		c->sandbox.covers[c->sandbox.covers_len].path = xstrdup(path);
		c->sandbox.covers[c->sandbox.covers_len].len = text.len;
		c->sandbox.covers[c->sandbox.covers_len++].text = buf_take(&text);
	}
}

/* Hide credentials in git configurations: the project's, those of nested
 * repositories, and that of the repository its .git file points to. */
static void
call_covers(struct core *c)
{
	char *const *nested = c->policy->gits;
	char *dirs[2], *path = fs_join(c->root, ".git"), *real;
	struct stat st;
	size_t n, i, kept = 0;

	git_redact_free(c->sandbox.covers, c->sandbox.covers_len);
	c->sandbox.covers = NULL;
	c->sandbox.covers_len = 0;
	/* The file may be a link to another place in the project. */
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) &&
	    (real = fs_realpath(path)) != NULL) {
		free(path);
		path = real;
	}
	if (fs_is_below(path, c->root))
		git_redact_add(path, &c->sandbox.covers, &c->sandbox.covers_len);
	free(path);
	for (i = 0; nested != NULL && nested[i] != NULL; i++) {
		path = fs_join(c->root, nested[i]);
		git_redact_add(path, &c->sandbox.covers, &c->sandbox.covers_len);
		free(path);
	}
	EV_EACH(&c->sandbox, covers, one) {
		if (policy_lifts(c->policy, one->path +
		    strlen(c->root) + 1)) {
			free(one->path);
			free(one->text);
		} else
			c->sandbox.covers[kept++] = *one;
	}
	c->sandbox.covers_len = kept;
	n = gitlink_find(c->root, dirs);
	for (i = 0; i < n; i++) {
		git_redact_add(dirs[i], &c->sandbox.covers, &c->sandbox.covers_len);
		free(dirs[i]);
	}
}

/* Add the files to hide or protect in a call, for the current tree. */
static void
call_hide(struct core *c, struct sandbox_spec *s)
{
	struct buf *note = &c->policy->cut_note;

	s->masked = policy_secrets(c->policy);
	if (note->len > 0)
		emit_note(c, "%s", buf_str(note));
	buf_clear(note);
	s->shut = (const char *const *)c->policy->gits;
	call_covers(c);
	if (!s->bare && !s->no_git)
		call_cover_index(c);
	s->covers = c->sandbox.covers;
	s->covers_len = c->sandbox.covers_len;
}

/* Is a program kept from writing outside the staged copy? */
static bool
call_is_walled(const struct core *c)
{
	return sandbox_levels[c->sandbox.level].holds || landlock_version(NULL) > 0;
}

/* Without a separate root or Landlock, a command could read another session's
 * secret and make the user's decisions there. */
int
call_others_wait(const struct core *c, struct err *e)
{
	struct session_info *list = NULL;
	size_t n = 0, i;
	int rc = 0;

	if (call_is_walled(c))
		return 0;
	if (session_list(NULL, SESSION_ALL, &list, &n, e) < 0)
		return -1;
	for (i = 0; rc == 0 && i < n; i++)
		if (list[i].open != SESSION_NOTHING && strcmp(list[i].id, c->id) != 0)
			rc = err_set(e,
			    "session %s has hunks to review, and without "
			    "Landlock a command here could decide for you: "
			    "decide them first (assent decide %s)",
			    list[i].id, list[i].id);
	session_list_free(list, n);
	return rc;
}

struct stage *
call_stage(struct core *c)
{
	return task_plans(c) ? c->plan.stage : c->stage;
}

static bool
call_is_of_files(const char *tool)
{
	const struct tool_entry *t = tool_find(tool);

	return t != NULL ? (t->effects & TOOL_COMMAND) == 0 :
	    strcmp(tool, TOOL_PARALLEL) == 0;
}

/* Is this the copy that the agent works on? Others are thrown away. */
static bool
call_is_kept(const struct core *c, const struct stage *stage)
{
	return stage == c->stage || stage == c->plan.stage;
}

struct sandbox_ready **
call_setup(struct core *c, struct stage *stage, const char *tool,
    struct sandbox_spec *s, struct sandbox_limits *l)
{
	call_spec(c, stage, s);
	*l = c->sandbox.limits;
	if (strcmp(tool, TOOL_INSPECT) == 0) {
		call_image(c, tool, s);
		s->cwd = c->root;
		l->cpu = 0;
		return &c->sandbox.ready.inspection;
	}
	s->stays = sandbox_levels[s->level].encloses;
	if (!call_is_of_files(tool)) {
		call_image(c, tool, s);
		/* What is checked on its own answers for itself. */
		if (call_is_kept(c, stage))
			background_spec(c, s);
		network_spec(c->network, s);
		if (c->sandbox.search != NULL &&
		    c->sandbox.ready.command == NULL)
			c->sandbox.ready.command = sandbox_find_take(
			    c->sandbox.search, c->loop);
		return &c->sandbox.ready.command;
	}
	s->bare = true;
	l->cpu = 0;
	return &c->sandbox.ready.files;
}

/* Over such a time a program isn't watched: poll(2) can wait so long. */
#define CALL_LASTS_MS	((int64_t)20 * 24 * 3600 * 1000)
#define CALL_PRINTS	((int64_t)1 << 50)

int
call_setup_lasting(struct core *c, struct own_copy *own,
    struct sandbox_spec *s, struct sandbox_limits *l, struct err *e)
{
	if (call_others_wait(c, e) < 0)
		return -1;
	(void)call_setup(c, own->stage, "argv", s, l);
	if (sandbox_levels[s->level].overlays)
		s->level = SANDBOX_B;
	s->out_dir = NULL;
	s->stays = s->net = false;
	s->net_secret = NULL;
	s->forward = NULL;
	s->no_git = true;
	if (disk_before(c, own->stage, &s->disk, e) < 0)
		return -1;
	call_hide(c, s);
	/* These count for a call. */
	l->timeout_ms = CALL_LASTS_MS;
	l->output_bytes = CALL_PRINTS;
	return 0;
}

static void
call_prepare_one(struct core *c, struct stage *stage, const char *tool)
{
	struct sandbox_limits limits;
	struct sandbox_spec spec;
	struct sandbox_ready **ready = call_setup(c, stage, tool, &spec,
	    &limits);

	sandbox_prepare(ready, c->loop, c->worker, &spec, &limits);
}

void
call_prepare_inspection(struct core *c)
{
	call_prepare_one(c, c->stage, TOOL_INSPECT);
}

/*
 * Prepare the next sandboxes while the model thinks. The planning copy may not
 * exist yet: if it is a copy of the tree, its first call makes it.
 */
void
call_prepare(struct core *c)
{
	struct err e = ERR_INIT;

	inspect_settle(c);
	if (c->calls.worker != NULL || c->runs->state != RUN_NONE ||
	    (task_plans(c) && c->plan.stage == NULL &&
	    (!sandbox_levels[c->sandbox.level].overlays ||
	    stages_open_plan(c, &e) < 0)))
		return;
	call_prepare_one(c, call_stage(c), TOOL_PARALLEL);
	/* Both would mount the layers of the caches. */
	if (c->sandbox.ready.inspection == NULL)
		call_prepare_one(c, call_stage(c), "bash");
}

/* A command or inspection is to run in this prepared sandbox: end the other's,
 * since both would mount the layers of the caches. */
static void
call_alone(struct core *c, struct sandbox_ready **ready)
{
	struct sandbox_ready **other = ready == &c->sandbox.ready.command ?
	    &c->sandbox.ready.inspection : &c->sandbox.ready.command;

	sandbox_ready_free(*other);
	*other = NULL;
}

void
call_unprepare(struct core *c)
{
	sandbox_ready_free(c->sandbox.ready.command);
	sandbox_ready_free(c->sandbox.ready.files);
	sandbox_ready_free(c->sandbox.ready.inspection);
	memset(&c->sandbox.ready, 0, sizeof(c->sandbox.ready));
}

struct sandbox_call *
call_begin(struct core *c, const struct call_how *how, struct err *e)
{
	bool files = call_is_of_files(how->tool);
	bool reads = tool_only_reads(how->tool);
	struct sandbox_limits limits;
	struct sandbox_spec spec;
	struct sandbox_start start = { .worker = c->worker, .spec = &spec,
		.limits = &limits, .tool = how->tool, .args = how->args,
		.cb = how->callbacks, .arg = c };
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	int rc;

	/* phases: only one view of the project is mounted at a time. */
	assert(c->calls.worker == NULL && (IN(c->phase) & (IN(PHASE_TOOL) |
	    IN(PHASE_LOOK) | IN(PHASE_CHECK))) == 0);
	assert(c->phase != PHASE_HOOK || how->cwd != NULL);
	inspect_settle(c);
	if (!files && call_others_wait(c, e) < 0)
		return NULL;
	rc = stage_before_call(how->stage, reads, &notes, e);
	if (call_is_kept(c, how->stage))
		call_stage_notes(c, &notes);
	if (rc < 0)
		return NULL;
	if (!reads && !files)
		stage_freshen(how->stage);
	start.ready = call_setup(c, how->stage, how->tool, &spec, &limits);
	if (!files && disk_before(c, how->stage, &spec.disk, e) < 0)
		return NULL;
	spec.stays = spec.stays && call_is_kept(c, how->stage);
	spec.staged = how->staged;
	if (how->cwd != NULL)
		spec.cwd = how->cwd;
	if (how->timeout_ms > 0 && (limits.timeout_ms <= 0 ||
	    how->timeout_ms < limits.timeout_ms))
		limits.timeout_ms = how->timeout_ms;
	call_hide(c, &spec);
	if (!files)
		call_alone(c, start.ready);
	background_go_on(c);
	if (how->id != NULL)
		network_command(c, how->id, how->command, &spec);
	call_capture(c);
	return sandbox_call_start(c->loop, &start);
}

/* The command has ended: if it filled the staged copy, make room. */
static void
call_disk_full(struct core *c, struct stage *stage, struct buf *notes)
{
	struct stage_usage freed;
	struct err e = ERR_INIT;

	/* The prepared sandbox may have mounted files that are removed here. */
	call_unprepare(c);
	buf_adds(notes, "the command filled the staged copy");
	if (stage_usage(stage, STAGE_RESET, &freed, &e) < 0)
		buf_addf(notes, ": %s", e.text);
	else
		buf_adds(notes, "; what it changed there is as it was before "
		    "it, without build products");
	if (freed.names.len > 0) {
		buf_adds(notes, "; removed ");
		buf_add_size(notes, (uint64_t)freed.bytes);
		buf_addf(notes, " (%s)", buf_str(&freed.names));
	}
	buf_addc(notes, '\n');
	buf_release(&freed.names);
}

void
call_after(struct core *c, struct stage *stage, const struct sandbox_result *r,
    struct buf *notes)
{
	struct err e = ERR_INIT;

	network_end(c->network);
	delta_flush(c);
	if (stage_after_call(stage, notes, &e) < 0)
		buf_addf(notes, "%s", e.text);
	if (r != NULL && r->killed != NULL && strcmp(r->killed, "disk") == 0)
		call_disk_full(c, stage, notes);
}

/* Add the notes about what was removed from the staged copy, or can't be
 * proposed, for the journal and the model. The task then isn't "done". */
static void
call_notes_join(struct core *c, const struct buf *notes, struct event *e)
{
	if (notes->len == 0)
		return;
	e->tool_result.note = ev_text(e, buf_str(notes));
	buf_add(&c->feedback.notes, buf_str(notes), notes->len);
	c->task.faults |= FAULT_LEFT_OUT;
}

/* May the call change anything that will be proposed? Without a sandbox, so may
 * a program that should only read, but parses foreign files. */
static bool
call_may_change(const struct core *c, const struct core_call *call)
{
	return !task_plans(c) && (call->effects & (TOOL_WRITES |
	    TOOL_COMMAND)) != 0 && ((call->effects & TOOL_READS) == 0 ||
	    !call_is_walled(c));
}

/* Is this a command, whose output is text for the user and the model? The
 * output of a file tool is a JSON reply for the core. */
static bool
call_is_command(const struct core_call *call)
{
	return (call->effects & TOOL_COMMAND) != 0;
}

static void
call_run_output(void *arg, const char *p, size_t n)
{
	struct core *c = arg;

	if (call_is_command(&c->calls.list[c->calls.next]))
		call_output(c, p, n);
	else
		capture_add(&c->calls.capture, p, n);
}

/*
 * test-first: did a test fail before the code was changed? Only the success
 * check counts, or a command named in the approved plan, and only while the
 * task has changed nothing but tests.
 */

/* Do the staged and applied changes of this task affect tests only? */
static bool
first_is_untouched(struct core *c, struct stage *stage)
{
	AUTO_FREE struct changes_op *ops = NULL;
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };
	bool is = true;
	size_t i, n;

	ops = changes_ops(c, &n);
	for (i = 0; i < n; i++)
		is = is && policy_is_test(c->policy, ops[i].path);
	if (!is || stage == NULL || stage_scan(stage, &scan, NULL) < 0)
		return false;
	EV_EACH(&scan, changes, ch)
		is = is && policy_is_test(c->policy, ch->path);
	return is;
}

/* Is "`command`" in one of the plan's sentences? */
static bool
first_plan_names(const cJSON *plan, const char *mark)
{
	const cJSON *it;

	if (cJSON_IsString(plan))
		return strstr(plan->valuestring, mark) != NULL;
	cJSON_ArrayForEach(it, plan)
		if (first_plan_names(it, mark))
			return true;
	return false;
}

static bool
first_is_named(const struct core *c, const char *command)
{
	const struct fold_plan *p = &c->fold->plan;
	AUTO_JSON cJSON *plan = NULL;
	AUTO_FREE char *mark = NULL;

	if (c->check.command != NULL && strcmp(command, c->check.command) == 0)
		return true;
	if (p->json == NULL || p->status != FOLD_PLAN_APPROVED)
		return false;
	plan = json_parse(p->json, strlen(p->json), JSON_NUL_REPLACE, NULL);
	mark = xasprintf("`%s`", command);
	return first_plan_names(plan, mark);
}

/* Does this result show a failing test on the old code? */
static bool
test_first_failed(struct core *c, struct stage *stage, const char *tool,
    const char *args_text, const struct ev_tool_result *result)
{
	AUTO_JSON cJSON *args = NULL;
	bool named;

	if (!json_is(c->start, "test_first", "on") ||
	    !ev_is(result->error, "exit"))
		return false;
	args = json_parse(args_text, strlen(args_text), JSON_NUL_REPLACE, NULL);
	named = strcmp(tool, "run_tests") == 0 || (strcmp(tool, "bash") == 0 &&
	    first_is_named(c, json_str_or(args, "command", "")));
	return named && first_is_untouched(c, stage);
}

/* Count what the call changed, and add all notes to its result. True if it may
 * have changed what is proposed. */
static bool
call_settle(struct core *c, const struct core_call *call,
    const struct buf *notes, struct event *e)
{
	bool changed = call_may_change(c, call);

	call_notes_join(c, notes, e);
	if (changed || (task_plans(c) && call_is_command(call)))
		propose_count(c, e);
	call_add_notes(c, e);
	c->review.touched = c->review.touched || changed;
	return changed;
}

/* Journal the result of one call, from `reply` if it was a file tool. */
static void
call_ended(struct core *c, const struct sandbox_result *r, const cJSON *reply,
    const struct buf *notes)
{
	struct core_call *call = &c->calls.list[c->calls.next];
	AUTO_EVENT struct event e = CALL_RESULT(call->id, call->name);
	bool changed;

	if (!r->built && c->mode == MODE_TRY)
		c->task.faults |= FAULT_NO_START;
	if (call_is_command(call))
		call_command_result(c, call->name, call->args_text, r, &e);
	else
		call_file_result(c, call, r, reply, &e);
	if ((call->effects & TOOL_WRITES) != 0 && e.tool_result.ok)
		EV_EACH(call, seen, s)
			include_written(c, s->path);
	changed = call_settle(c, call, notes, &e);
	e.tool_result.test_failed = test_first_failed(c, call_stage(c),
	    call->name, call->args_text, &e.tool_result);
	if (e.tool_result.ok)
		seen_done(call, reply, &e);
	hook_tool_after(c, call, &e.tool_result);
	/* First: a core that is killed in between would resume with a result of
	 * the check that is of older text. */
	if (changed)
		evidence_stale(c);
	EMIT_THIS(c, "core", tool_result, &e.tool_result);
	undeclared_tell(c, json_get(reply, "undeclared"));
	EV_EACH(call, seen, s)
		if (e.tool_result.ok && s->path != NULL)
			instructions_below(c, s->path);
	edit_tools_note(c);
	c->calls.next++;
}

static void
call_finished(void *arg, const struct sandbox_result *r)
{
	struct core *c = arg;
	bool command = call_is_command(&c->calls.list[c->calls.next]);
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	size_t n = c->calls.running, i;
	AUTO_JSON cJSON *reply = NULL;

	/* phases: a worker's result can arrive in TOOL only. */
	assert(c->phase == PHASE_TOOL && n > 0);
	c->calls.worker = NULL;
	c->calls.running = 0;
	phase_set(c, PHASE_IDLE);
	/* Build the next call's sandbox while this result is processed, unless
	 * its worker has stayed. Not before: a command could move what is
	 * mounted in its home. */
	if (c->mode != MODE_TRY && (c->sandbox.ready.files == NULL ||
	    c->sandbox.ready.command == NULL))
		call_prepare(c);
	call_after(c, call_stage(c), r, &notes);
	if (!command && r->built && r->exit == 0) {
		reply = json_parse(buf_str(&c->calls.capture),
		    c->calls.capture.len, JSON_NUL_REPLACE, &e);
	}
	for (i = 0; i < n; i++) {
		call_ended(c, r, n == 1 ? reply :
		    cJSON_GetArrayItem(reply, (int)i), &notes);
		buf_clear(&notes);
	}
	buf_release(&c->calls.capture);
	if (json_str(c->start, "patch_sha256") != NULL && r->exit != 0)
		c->task.faults |= FAULT_NO_START;
	core_soon(c);
}

/* These calls can't run: their results say why. */
static void
call_not_run(struct core *c, const struct err *e)
{
	const struct core_call *call;

	for (; c->calls.running > 0; c->calls.running--) {
		call = &c->calls.list[c->calls.next++];
		call_result(c, call->id, call->name, false, "stage", e->text);
	}
	if (c->mode == MODE_TRY)
		c->task.faults |= FAULT_NO_START;
	core_soon(c);
}

void
call_run(struct core *c, const char *tool, const cJSON *args, size_t n)
{
	static const struct sandbox_callbacks callbacks = {
		.output = call_run_output, .done = call_finished,
		.net = network_begin,
	};
	struct call_how how = { .tool = tool, .args = args,
		.callbacks = &callbacks, .id = c->calls.list[c->calls.next].id,
		.command = json_str(args, "command") };
	struct err e = ERR_INIT;

	/* phases: TOOL runs the next calls, and no others. */
	assert(n > 0 && c->calls.next + n <= c->calls.len);
	/* phases: no call runs while a user's command uses the staged copy. */
	assert(c->runs->state == RUN_NONE);
	/* invariant 6: without a sandbox the user allows each command. */
	assert(c->sandbox.level != SANDBOX_NONE || c->mode == MODE_DEMO ||
	    !call_is_command(&c->calls.list[c->calls.next]) ||
	    (c->calls.list[c->calls.next].allowed &&
	    c->calls.list[c->calls.next].asked == ASKED_OUTSIDE));
	c->calls.running = n;
	if (task_plans(c) && stages_open_plan(c, &e) < 0) {
		call_not_run(c, &e);
		return;
	}
	how.stage = call_stage(c);
	c->calls.worker = call_begin(c, &how, &e);
	if (c->calls.worker == NULL) {
		call_not_run(c, &e);
		return;
	}
	phase_set(c, PHASE_TOOL);
	status_tell(c, "tool", "running `%s`",
	    c->calls.list[c->calls.next].name);
}

/* A stopped call gets a result, too. */
static void
call_stopped(struct core *c, const char *why)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);

	call_after(c, call_stage(c), NULL, &notes);
	for (; c->calls.running > 0; c->calls.running--) {
		const struct core_call *call = &c->calls.list[c->calls.next++];
		AUTO_EVENT struct event e = CALL_RESULT(call->id, call->name);

		call_stopped_result(c, why, call_is_command(call), &e);
		if (call_settle(c, call, &notes, &e))
			evidence_stale(c);
		buf_clear(&notes);
		EMIT_THIS(c, "core", tool_result, &e.tool_result);
	}
	c->review.touched = true;
}

void
call_stop_worker(struct core *c, const char *why)
{
	inspect_stop(c, false);
	(void)evidence_stop(c, CHECK_ANY);
	hook_stop(c, why);
	if (mcp_call_stop(c, why) || background_stop_start(c, why) ||
	    c->calls.worker == NULL)
		return;
	sandbox_call_cancel(&c->calls.worker);
	network_end(c->network);
	if (c->phase == PHASE_TOOL) {
		phase_set(c, PHASE_IDLE);
		if (why != NULL)
			call_stopped(c, why);
	}
	buf_release(&c->calls.capture);
}

void
call_recover(struct core *c, struct event *result)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);

	if (!task_plans(c)) {
		(void)stage_after_call(c->stage, &notes, NULL);
		call_stage_notes(c, &notes);
		propose_count(c, result);
		call_add_notes(c, result);
		evidence_stale(c);
	}
}

static void
call_free(struct core *c)
{
	call_stop_worker(c, NULL);
	call_unprepare(c);
	call_queue_clear(c);
	git_redact_free(c->sandbox.covers, c->sandbox.covers_len);
}

const struct core_part call_part = { .free = call_free };
