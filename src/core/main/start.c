/*
 * From a client's start object, or an old journal, to a session that can work:
 * settings, folder, journal, blobs, sandbox, stage, policy, context.
 */
#include "config.h"

#include "core/main/start.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/agent/aside.h"
#include "core/agent/attachment.h"
#include "core/agent/background.h"
#include "core/agent/call.h"
#include "core/agent/run.h"
#include "core/agent/say.h"
#include "core/agent/slash.h"
#include "core/context/context.h"
#include "core/context/model.h"
#include "core/context/prompt.h"
#include "core/kernel/core.h"
#include "core/kernel/server.h"
#include "core/main/parts.h"
#include "core/main/start-int.h"
#include "core/mcp/mcp.h"
#include "core/net/network.h"
#include "core/project/project.h"
#include "core/review/decision.h"
#include "core/review/propose.h"
#include "core/stage/program.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "policy/approve.h"
#include "provider/provider.h"
#include "sandbox/cgroup.h"

/* First those in which something may run. */
const struct core_part *const core_parts[] = {
	&aside_part, &turn_part, &query_part, &sandbox_part, &network_part, &call_part,
	&diagnose_part, &program_part, &mcp_part, &background_part,
	&hook_part, &syntax_part,
	&inspect_part, &run_part, &clean_part, &approval_part, &status_part,
	&emit_part,
	&propose_part, &model_part, &context_part, &compact_part, &rule_part,
	&undo_part, &again_part, &seen_part, &tools_part, &plan_part, &project_part,
	&paths_part, &feedback_part, &say_part, &slash_part, &comment_part,
	/* Of a command the first row that fits counts: one of proof's has a
	 * member. */
	&fork_part, &recover_part, &source_part, &proof_part, &evidence_part, &baseline_part,
	&budget_part, &driver_part,
	&dispatch_part, &prompt_part, &undeclared_part, NULL
};

/* The index of the word in `words`; -1 with a message if it isn't there. */
static int
start_word(const cJSON *o, const char *key, const char *const *words, int def,
    struct err *e)
{
	const char *s = json_str(o, key);
	int i;

	if (s == NULL)
		return def;
	for (i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], s) == 0)
			return i;
	return err_set(e, "unknown %s \"%s\"", key, s);
}

static const char *const mode_words[] = {
	"interactive", "exec", "try", "demo", "review", NULL
};
static const char *const plan_words[] = { "auto", "require", "skip",
	"look", NULL };

static int
start_read_settings(struct core *c, const char *key, struct err *e)
{
	int mode, plan;
	const char *approve = json_str_or(c->start, "approve", "ask");

	mode = start_word(c->start, "mode", mode_words, MODE_INTERACTIVE, e);
	plan = start_word(c->start, "plan", plan_words, PLAN_REQUIRE, e);
	if (mode < 0 || plan < 0)
		return -1;
	c->approve = approve_find(approve);
	if (c->approve == NULL)
		return err_set(e, "unknown approve \"%s\"", approve);
	c->mode = (enum core_mode)mode;
	c->plan.mode = (enum core_plan_mode)plan;
	c->person = json_bool(c->start, "person", false);
	c->diff = hunk_diff_find(json_str(c->start, "diff"));
	c->check.require = xstrdup_null(json_str(c->start, "require"));
	c->rollback.on = json_bool(c->start, "rollback", false);
	c->retry.base_ms = json_int(c->start, "retry_base_ms", 500);
	c->retry.time_ms = json_int(c->start, "retry_time_ms", 120000);
	c->root = xstrdup_null(json_str(c->start, "root"));
	c->cwd = xstrdup(json_str_or(c->start, "cwd",
	    c->root == NULL ? "/" : c->root));
	if (c->root == NULL || c->root[0] != '/')
		return err_set(e, "no project folder is given");
	if (!fs_is_below(c->cwd, c->root))
		xstrset(&c->cwd, c->root);
	if (json_str(c->start, "test") != NULL) {
		c->check.command = xstrdup(json_str(c->start, "test"));
		c->check.by = xstrdup(json_str_or(c->start, "test_by",
		    "config"));
	}
	sandbox_limits_usual(&c->sandbox.limits, cgroup_memory(""));
	sandbox_limits_decode(json_get(c->start, "limits"),
	    &c->sandbox.limits);
	return model_start(c, key, e);
}

int
start_policy(struct core *c, struct err *e)
{
	c->policy = stages_policy(c, c->root, e);
	if (c->policy == NULL)
		return -1;
	include_start(c);
	return 0;
}

/* At the start of a session: report everything unusual. */
static void
start_begin_notes(struct core *c)
{
	const cJSON *profile = json_get(c->start, "profile");

	if (json_str(profile, "name") != NULL)
		emit_note(c, "Profile %s%s%s", json_str(profile, "name"),
		    json_str(profile, "about") == NULL ? "" : ": ",
		    json_str_or(profile, "about", ""));
}

/* With the start object, which a resume needs. */
static void
start_session_emit(struct core *c)
{
	const char *command = json_str(c->start, "command");
	const char *task = json_str_or(c->start, "task",
	    json_str(json_get(c->start, "review"), "words"));
	const cJSON *m = json_get(c->start, "model");
	AUTO_FREE char *text = command == NULL ? NULL : xasprintf("/%s %s",
	    command, task == NULL ? "" : task);
	AUTO(grants_release) struct grants grants = grant_list(c->start);
	AUTO_JSON cJSON *limits = cJSON_CreateObject();
	AUTO_JSON cJSON *prompts = c->prompts == NULL ?
	    cJSON_CreateObject() : prompts_hashes(c->prompts);

	sandbox_limits_json(&c->sandbox.limits, limits);
	EMIT(c, "core", session_start, .version = CORE_VERSION,
	    .format = EVENT_FORMAT, .session = c->id, .root = c->root,
	    .cwd = c->cwd, .mode = mode_words[c->mode],
	    .task = text == NULL ? task : text,
	    .model = cJSON_IsObject(m) ? m : NULL, .settings = c->start,
	    .grants = grants.v, .grants_len = grants.len, .prompts = prompts,
	    .limits = limits, .sandbox = c->sandbox.info,
	    .head = c->policy->head);
}

static int
start_folder(struct core *c, bool resume, struct err *e)
{
	struct err why = ERR_INIT;

	if (resume) {
		c->dir = session_check(c->id, e) < 0 ? NULL :
		    session_dir(c->id, e);
		if (c->dir == NULL)
			return -1;
		if (access(c->dir, F_OK) != 0)
			return err_set(e, "no session %s (see assent ls)", c->id);
	} else if (session_check_disk(json_int(c->start, "sessions_disk", 0),
	    e) < 0) {
		return -1;
	} else if (session_make_dir(&c->id, &c->dir, false, &why) < 0) {
		e->sys = why.sys;
		return err_set(e, "can't store the session: %s (set XDG_STATE_"
		    "HOME to a folder that you can write to)", why.text);
	}
	c->out_dir = fs_join(c->dir, "out");
	c->state_dir = session_state_dir(NULL);
	c->undo_dir = fs_join(c->dir, "undo");
	if (fs_mkdirs(c->out_dir, geteuid() == 0 ? 0755 : 0700, e) < 0 ||
	    fs_mkdirs(c->undo_dir, 0700, e) < 0)
		return -1;
	return 0;
}

void
start_line(struct core *c, const struct event *e)
{
	fold_event(c->fold, e);
	PART_EACH(c, p)
		if (((*p)->lines & OF(e->type)) != 0)
			(*p)->line(c, e);
}

void
start_begun(struct core *c)
{
	PART_EACH(c, p)
		if ((*p)->begun != NULL)
			(*p)->begun(c);
}

/* The state is written after so many bytes of the journal, so that a reader of
 * it needn't read more. */
#define START_STATE_EVERY (256 << 10)

static void
start_state(struct core *c)
{
	struct facts *f = &c->fold->facts;
	int64_t at = f->state.at;

	f->state.at = c->journal->chain.end;
	if (f->news || at / START_STATE_EVERY != f->state.at / START_STATE_EVERY)
		session_state_write(c->journal->dirfd, &f->state);
	f->news = false;
}

/* Every line of the journal passes here once, when read or appended. */
static void
start_on_line(void *arg, struct event *e, const char *line, size_t n)
{
	struct core *c = arg;

	if (c->resume != NULL) {
		resume_line(c->resume, e);
		return;
	}
	start_line(c, e);
	start_state(c);
	/* Sending copies the line, which may be long. */
	event_release(e);
	server_send(c->server, line, n, e->seq, true);
}

/* Make the journal, or read an old one. */
static int
start_journal(struct core *c, struct resume *r, struct err *e)
{
	char *note = NULL;

	if (start_folder(c, r != NULL, e) < 0)
		return -1;
	c->resume = r;
	c->journal = journal_open(c->dir, r == NULL, start_on_line, c, &note,
	    e);
	c->resume = NULL;
	if (c->journal != NULL && r != NULL) {
		c->fold->facts.state.at = c->journal->chain.end;
		session_state_write(c->journal->dirfd,
		    &c->fold->facts.state);
		return resume_settings(r, note, e);
	}
	free(note);
	return c->journal == NULL ? -1 : 0;
}

/* context_load from a blob_store. */
static int
start_load(void *arg, const char *hash, struct buf *b)
{
	return blob_get(arg, hash, b, NULL);
}

/* An empty context; none without a model. */
static void
start_context(struct core *c)
{
	bool chosen = c->target.format != NULL;
	struct context_options o = {
		/* Until a model is chosen, any format will do. */
		.format = chosen ? c->target.format :
		    provider_format_find("openai-chat"),
		.model = chosen ? c->target.model : "",
		.dialect = c->target.dialect, .facts = &c->target.facts,
		.load = start_load, .load_arg = c->blobs,
	};

	if (core_has_model(c))
		c->context = context_new(&o);
}

/*
 * The sandbox's level, and the staged copy. What level A needs is made while
 * its self-test runs, with the sandbox of the inspection that a task begins
 * with; another level starts over.
 */
static int
start_stage(struct core *c, struct err *e)
{
	bool inspects = json_str_or(c->start, "task", "")[0] != '\0' &&
	    c->mode != MODE_TRY && c->target.answers == NULL;

	c->sandbox.level = SANDBOX_A;
	/* It loads its libraries meanwhile. */
	if (inspects)
		sandbox_worker_ahead(c->worker);
	if (c->stage == NULL && !start_in_container(c))
		c->stage = stages_scratch(c, "stage", NULL);
	if (c->stage != NULL && inspects) {
		/* Else both build the filter, at the same time. */
		sandbox_find_wait(c->sandbox.search);
		program_prepare_inspection(c);
	}
	if (journal_sync_begin(c->journal, e) < 0 || patch_keep(c, e) < 0 ||
	    start_sandbox(c, e) < 0)
		return -1;
	if (c->stage != NULL && !sandbox_levels[c->sandbox.level].overlays) {
		program_unprepare(c);
		stage_free(c->stage);
		/* All else in it is new, too. */
		(void)stages_remove(c, "stage/up", NULL);
		c->stage = stages_open_as(c, "stage", SANDBOX_VIEW_COPY, e);
	} else if (c->stage == NULL)
		c->stage = stages_scratch(c, "stage", e);
	return c->stage == NULL ? -1 : 0;
}

/* All that a session needs; `r` if it is resumed. */
static int
start_open(struct core *c, struct resume *r, const char *key, struct err *e)
{
	char **gone = r == NULL ? NULL : &r->image;
	bool lends;

	if (start_read_settings(c, key, e) < 0 || prompts_load(c, e) < 0 ||
	    recover_choose(c, e) < 0 ||
	    (r == NULL && start_journal(c, NULL, e) < 0) ||
	    /* The sandbox probe tests that commands can't reach this socket. */
	    server_listen(c->server, c->dir, e) < 0)
		return -1;
	/* The command is certain to come: it gets the worker of the self-
	 * test. */
	lends = r == NULL && c->mode == MODE_TRY && !start_in_container(c);
	if ((!lends && start_sandbox_begin(c, gone, e) < 0) ||
	    (c->blobs = blob_store_open(c->dir, false, e)) == NULL ||
	    start_policy(c, e) < 0)
		return -1;
	if (lends) {
		c->sandbox.level = SANDBOX_A;
		c->stage = stages_scratch(c, "stage", NULL);
		if (start_sandbox_begin(c, gone, e) < 0)
			return -1;
	}
	/* The self-test runs meanwhile. */
	if (r == NULL)
		return start_stage(c, e);
	return start_sandbox(c, e) < 0 ||
	    restage_open(c, resume_is_fork(c) ? &c->forked->note : NULL,
	    &r->restaged, e) == NULL ? -1 : 0;
}

/* Report that there is no model, if none could be chosen. */
static void
start_note_none(struct core *c)
{
	if (c->target.format == NULL && core_has_model(c))
		EMIT(c, "core", note, .text = "No model is configured, so a "
		    "message has nobody to answer it. Commands work: !COMMAND "
		    "runs one in the sandbox, /help lists those of assent. "
		    "/model PROVIDER/NAME chooses a model; assent login, in "
		    "another terminal, stores its key. For later sessions, set "
		    "\"model\" in config.json (assent-config(5)).",
		    .no_model = true);
}

/* Send the task, or the command with the task's words. */
static int
start_task(struct core *c, const char *task, const char *typed, struct err *e)
{
	const char *command = json_str(c->start, "command");
	AUTO_JSON cJSON *say = NULL;
	AUTO_FREE char *text = NULL, *unknown = NULL;

	if (command == NULL)
		return task[0] == '\0' ? 0 : say_message(c, task, typed, c->start,
		    "start", e);
	text = xasprintf("/%s %s", command, typed);
	unknown = xasprintf("there is no command %s.md in the folder commands "
	    "beside config.json, nor in the project's .agents/commands and "
	    ".claude/commands, and no skill with this name", command);
	say = cJSON_CreateObject();
	json_add_str(say, "text", text);
	json_add_str(say, "inputs", task + strlen(typed));
	json_add_str(say, "unknown", unknown);
	if (slash_say(c, say, "start", e) >= 0)
		return 0;
	/* A user has to look at it first. */
	c->exit_code = e->misuse ? CORE_EXIT_USAGE : CORE_EXIT_WAITS;
	return -1;
}

/* What the model found before this review began, in a session of its own. */
static void
start_findings(struct core *c, const cJSON *looked)
{
	AUTO_EVENT struct event e = { 0 };

	event_read_as(&e, EVENT_AGENT_END, looked);
	if (e.agent_end.summary != NULL)
		emit_note(c, "%s", e.agent_end.summary);
	EV_EACH(&e.agent_end, findings, it)
		if (it->by == NULL)
			EMIT_THIS(c, "model", finding, it);
}

/* A new session's first lines, and its task. */
static int
start_begin(struct core *c, struct err *e)
{
	const char *task = json_str_or(c->start, "task", "");
	const char *typed = json_str_or(c->start, "typed", task);
	AUTO_JSON cJSON *looked = cJSON_DetachItemFromObjectCaseSensitive(
	    c->start, "looked");

	if ((task[0] != '\0' && c->context != NULL && model_needed(c, e) < 0) ||
	    attach_check_all(c, typed, c->start, e) < 0) {
		c->exit_code = CORE_EXIT_USAGE;
		return -1;
	}
	if (json_str(c->start, "command") != NULL &&
	    start_task(c, task, typed, e) < 0)
		return -1;
	start_session_emit(c);
	/* Nothing runs in a review. */
	if (c->sandbox.level == SANDBOX_NONE && c->mode != MODE_REVIEW)
		emit_note(c, "There is no sandbox on this host: %s. Commands "
		    "run on a copy of the project%s.",
		    json_str_or(c->sandbox.info, "why",
		    "namespaces are refused"), c->mode == MODE_DEMO ?
		    "; the demo runs only commands that come with it" :
		    ", each one only after you allow it");
	start_begun(c);
	start_begin_notes(c);
	start_findings(c, looked);
	start_note_none(c);
	/* It runs while the message is written to the disk. */
	if (task[0] != '\0')
		inspect_begin(c, task);
	if (start_task(c, task, typed, e) < 0)
		return -1;
	c->task.owed = task[0] == '\0' && c->mode == MODE_TRY;
	/* No client has a line yet: sync a task's message and session_start
	 * together. */
	emit_sync(c);
	return 0;
}

int
start_session(struct core *c, cJSON *start, const char *key, int *exit_code,
    struct err *e)
{
	const char *id = json_str(start, "session");
	struct resume *r = id == NULL ? NULL : xcalloc(1, sizeof(*r));
	int rc;

	if (r != NULL)
		r->core = c;
	*exit_code = 1;
	c->start = start;
	c->clock.task_started_ms = clock_mono_ms();
	c->id = xstrdup_null(id);
	rc = r == NULL ? 0 : start_journal(c, r, e);
	if (rc == 0 && (rc = start_open(c, r, key, e)) == 0) {
		start_context(c);
		rc = r == NULL ? start_begin(c, e) : resume_go_on(r, e);
	}
	resume_free(r);
	if (rc == 0) {
		core_soon(c);
		return 0;
	}
	if (c->exit_code != 0)
		*exit_code = c->exit_code;
	sandbox_find_free(c->sandbox.search);
	c->sandbox.search = NULL;
	/* They would make folders in what is removed. */
	inspect_stop(c, false);
	program_unprepare(c);
	/* Keep nothing of a session that never began. */
	if (id == NULL && c->journal != NULL && c->journal->chain.seq == 0)
		(void)fs_remove_tree(AT_FDCWD, c->dir, NULL);
	return -1;
}
