/*
 * From a client's start object to a session that can work: settings (see
 * start.c), folder, journal, blobs, sandbox, stage, policy, context.
 * resume.c does the same from an old journal.
 */

#include "config.h"

#include "core/start.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "core/budget.h"
#include "core/call.h"
#include "core/compact.h"
#include "core/context.h"
#include "core/core.h"
#include "core/disk.h"
#include "core/driver.h"
#include "core/evidence.h"
#include "core/hook.h"
#include "core/model.h"
#include "core/net/network.h"
#include "core/plan.h"
#include "core/project/project.h"
#include "core/prompt.h"
#include "core/propose.h"
#include "core/say.h"
#include "core/seen.h"
#include "core/server.h"
#include "core/stages.h"
#include "core/turn.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "loop/loop.h"
#include "policy/approve.h"
#include "provider/provider.h"
#include "sandbox/cgroup.h"
#include "sandbox/toolchain.h"

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
	"interactive", "exec", "try", "demo", NULL
};
static const char *const plan_words[] = { "auto", "require", "skip",
	"look", NULL };

void
start_limits(const cJSON *start, struct sandbox_limits *l)
{
	sandbox_limits_usual(l, cgroup_memory(""));
	sandbox_limits_decode(json_get(start, "limits"), l);
}

static int
start_settings(struct core *c, struct err *e)
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
	start_limits(c->start, &c->sandbox.limits);
	return model_start(c, e);
}

/* NULL-terminated borrowed strings of a JSON array; free() the array. */
static const char **
start_strings(const cJSON *array)
{
	const char **v;
	const cJSON *it;
	size_t n = 0;

	v = xcalloc((size_t)cJSON_GetArraySize(array) + 1, sizeof(*v));
	cJSON_ArrayForEach(it, array)
		if (cJSON_IsString(it))
			v[n++] = it->valuestring;
	return v;
}

int
start_policy(struct core *c, struct err *e)
{
	struct policy_options o = { .root = c->root };
	AUTO_FREE const char **prot =
	    start_strings(json_array(c->start, "protected"));
	AUTO_FREE const char **allow =
	    start_strings(json_array(c->start, "allow_protected"));
	AUTO_FREE const char **secret =
	    start_strings(json_array(c->start, "secret"));
	AUTO_FREE const char **lift = xcalloc((size_t)cJSON_GetArraySize(
	    json_array(c->start, "secret")) + 1, sizeof(*lift));
	AUTO_FREE const char **products =
	    start_strings(json_array(c->start, "products"));
	size_t i, k, lifted = 0;

	for (i = 0; secret[i] != NULL;)
		if (secret[i][0] == '!') {
			lift[lifted++] = secret[i] + 1;
			for (k = i; secret[k] != NULL; k++)
				secret[k] = secret[k + 1];
		} else
			i++;
	o.protected_globs = prot;
	o.allow_globs = allow;
	o.secret_globs = secret;
	o.lift_globs = lift;
	o.product_globs = products;
	o.own_files = json_array(c->start, "own_files");
	c->policy = policy_new(&o, e);
	if (c->policy == NULL)
		return -1;
	include_start(c);
	return 0;
}

#define START_TIDY_MS 100

/* Resolve the setting toolchains. A folder that may not be visible in the
 * sandbox is an error. */
static int
start_toolchains(struct core *c, struct err *e)
{
	const cJSON *list = json_array(c->start, "toolchains"), *it;
	const char *home = json_str(c->start, "home");
	const char *own[] = { json_str(c->start, "state_dir"), c->dir, NULL };
	size_t n = 0;

	c->sandbox.toolchains = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*c->sandbox.toolchains));
	cJSON_ArrayForEach(it, list) {
		struct err why = ERR_INIT;

		if (!cJSON_IsString(it) || home == NULL || home[0] != '/')
			continue;
		c->sandbox.toolchains[n] = toolchain_resolve(home, own[0] == NULL ?
		    own + 1 : own, it->valuestring, &why);
		if (c->sandbox.toolchains[n++] == NULL)
			return err_set(e, "the setting toolchains: \"%s\" "
			    "can't be made visible in the sandbox: %s",
			    it->valuestring, why.text);
	}
	return 0;
}

static bool
start_in_container(const struct core *c)
{
	return json_is(c->start, "sandbox", "container");
}

static int
start_sandbox_begin(struct core *c, struct err *e)
{
	char *control;
	struct sandbox_ask ask = {
		.root = c->root, .state_dir = c->dir, .limits = &c->sandbox.limits,
		.container = start_in_container(c),
	};
	struct cgroup_host host;

	if (start_toolchains(c, e) < 0)
		return -1;
	free(c->sandbox.environment);
	c->sandbox.environment = start_strings(json_array(c->start,
	    "environment"));
	c->worker = self_program("assent-worker", e);
	if (c->worker == NULL)
		return -1;
	cgroup_host_this(&host, c->root);
	if (c->sandbox.cgroup == NULL)
		c->sandbox.cgroup = cgroup_find(&host);
	ask.cgroup = c->sandbox.cgroup;
	ask.worker = c->worker;
	ask.control = control = fs_join(c->dir, "sock");
	c->sandbox.search = sandbox_find_begin(&ask);
	free(control);
	return 0;
}

/* The files of the self-test are removed when a first request is on its way. */
static void
start_tidy(void *arg)
{
	struct core *c = arg;

	sandbox_find_free(c->sandbox.search);
	c->sandbox.search = NULL;
}

static int
start_sandbox(struct core *c, struct err *e)
{
	int least = sandbox_level_find(json_str_or(c->start, "sandbox_require",
	    "none"));
	struct sandbox_found found;
	char *why;
	int rc;

	if (network_init(c, e) < 0)
		return -1;
	sandbox_find_end(c->sandbox.search, &found);
	loop_timer_new(c->loop, START_TIDY_MS, start_tidy, c);
	c->sandbox.level = found.level;
	c->sandbox.enforced = found.enforced;
	why = sandbox_found_why(&found);
	json_add_str(c->sandbox.info, "level",
	    sandbox_level_name(c->sandbox.level));
	json_add_str(c->sandbox.info, "line", found.line);
	json_add_str(c->sandbox.info, "why", why);
	json_add_str(c->sandbox.info, "open", found.open);
	network_level(c);
	json_set_take(c->sandbox.info, "net", network_list(c));
	json_add_str(c->sandbox.info, "view",
	    sandbox_levels[c->sandbox.level].overlays ? "overlay" : "copy");
	json_set_take(c->sandbox.info, "enforced",
	    sandbox_limits_enforced_json(&c->sandbox.enforced));
	free(why);
	rc = sandbox_found_check(&found, least < 0 ? SANDBOX_A :
	    (enum sandbox_level)least, e);
	if (rc < 0)
		c->exit_code = CORE_EXIT_SANDBOX;
	sandbox_found_release(&found);
	return rc;
}

static void
start_sandbox_free(struct core *c)
{
	size_t i;

	sandbox_find_free(c->sandbox.search);
	cgroup_free(c->sandbox.cgroup);
	for (i = 0; c->sandbox.toolchains != NULL &&
	    c->sandbox.toolchains[i] != NULL; i++)
		free(c->sandbox.toolchains[i]);
	free(c->sandbox.toolchains);
	free(c->sandbox.environment);
	free(c->worker);
	cJSON_Delete(c->sandbox.info);
}

static void
start_sandbox_init(struct core *c)
{
	c->sandbox.info = cJSON_CreateObject();
}

static void
start_sandbox_begun(struct core *c)
{
	if (stage_note(c->stage) != NULL)
		emit_note(c, "%s", stage_note(c->stage));
	if (policy_note(c->policy) != NULL)
		emit_note(c, "%s", policy_note(c->policy));
}

const struct core_part sandbox_part = {
	.init = start_sandbox_init, .begun = start_sandbox_begun,
	.free = start_sandbox_free,
};

static int
start_prompts(struct core *c, struct err *e)
{
	if (c->mode == MODE_TRY)
		return 0;
	c->prompts = prompts_load(json_str(c->start, "prompts_dir"),
	    json_str(json_get(c->start, "profile"), "system"), e);
	return c->prompts == NULL ? -1 : 0;
}

/* At the start of a session: report everything unusual. */
static void
start_begin_notes(struct core *c)
{
	const cJSON *profile = json_get(c->start, "profile");
	char *own = c->prompts == NULL ? NULL : prompts_own(c->prompts);

	if (json_str(profile, "name") != NULL)
		emit_note(c, "Profile %s%s%s", json_str(profile, "name"),
		    json_str(profile, "about") == NULL ? "" : ": ",
		    json_str_or(profile, "about", ""));
	if (own != NULL)
		emit_note(c, "Your own prompts replace assent's: %s", own);
	free(own);
}

static cJSON *
start_session_event(struct core *c)
{
	cJSON *o = cJSON_CreateObject(), *l = cJSON_CreateObject();
	const cJSON *m = json_get(c->start, "model");

	json_add_str(o, "version", CORE_VERSION);
	json_add_int(o, "format", EVENT_FORMAT);
	json_add_str(o, "session", c->id);
	json_add_str(o, "root", c->root);
	json_add_str(o, "cwd", c->cwd);
	json_add_str(o, "mode", mode_words[c->mode]);
	json_add_str(o, "task", json_str(c->start, "task"));
	if (cJSON_IsObject(m))
		json_set_take(o, "model", cJSON_Duplicate(m, 1));
	/* Record the start object, which resume needs. */
	json_set_take(o, "settings", cJSON_Duplicate(c->start, 1));
	json_set_take(o, "grants", grant_list(c->start));
	json_set_take(o, "prompts", c->prompts == NULL ?
	    cJSON_CreateObject() : prompts_hashes(c->prompts));
	sandbox_limits_json(&c->sandbox.limits, l);
	json_set_take(o, "limits", l);
	json_set_take(o, "sandbox", cJSON_Duplicate(c->sandbox.info, 1));
	json_add_str(o, "head", policy_head(c->policy));
	return o;
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
	} else if (session_make_dir(&c->id, &c->dir, &why) < 0) {
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

/* Every line of the journal passes here once, when read or appended. */
static void
start_on_line(void *arg, const cJSON *event, const char *line, size_t n)
{
	struct core *c = arg;

	if (c->resume != NULL) {
		resume_line(c->resume, event);
		return;
	}
	core_line(c, event);
	server_broadcast(c->server, line, n, json_int(event, "seq", 0));
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
	if (c->journal != NULL && r != NULL)
		return resume_settings(r, note, e);
	free(note);
	return c->journal == NULL ? -1 : 0;
}

/* context_load from a blob_store. */
static int
start_load(void *arg, const char *hash, struct buf *b)
{
	return blob_get(arg, hash, b, NULL);
}

/* An empty context; none in a try. */
static void
start_context(struct core *c)
{
	bool chosen = model_is_chosen(c);
	struct context_options o = {
		/* Until a model is chosen, any format will do. */
		.format = chosen ? c->target.format :
		    provider_format_find("openai-chat"),
		.model = chosen ? c->target.model : "",
		.dialect = c->target.dialect, .facts = &c->target.facts,
		.load = start_load, .load_arg = c->blobs,
	};

	if (c->mode != MODE_TRY)
		c->context = context_new(&o);
}

/*
 * The sandbox's level, and the staged copy. What level A needs is made while its
 * self-test runs, with the sandbox of the inspection that a task begins with;
 * another level starts anew.
 */
static int
start_stage(struct core *c, struct err *e)
{
	const char *task = json_str_or(c->start, "task", "");

	c->sandbox.level = SANDBOX_A;
	if (!start_in_container(c))
		c->stage = stages_open(c, "stage", NULL);
	if (c->stage != NULL && task[0] != '\0') {
		/* Else both build the filter, at the same time. */
		sandbox_find_wait(c->sandbox.search);
		inspect_prepare(c);
	}
	if (start_sandbox(c, e) < 0)
		return -1;
	if (c->stage != NULL && !sandbox_levels[c->sandbox.level].overlays) {
		call_unprepare(c);
		stage_free(c->stage);
		c->stage = NULL;
		(void)stages_remove(c, "stage", NULL);
	}
	if (c->stage == NULL)
		c->stage = stages_open(c, "stage", e);
	return c->stage == NULL ? -1 : 0;
}

/* All that a session needs; `r` if it is resumed. */
static int
start_open(struct core *c, struct resume *r, struct err *e)
{
	if (start_settings(c, e) < 0 || start_prompts(c, e) < 0 ||
	    (r == NULL && start_journal(c, NULL, e) < 0) ||
	    /* The sandbox probe tests that commands can't reach this socket. */
	    server_listen(c->server, c->dir, e) < 0 ||
	    start_sandbox_begin(c, e) < 0 ||
	    (c->blobs = blob_store_open(c->dir, e)) == NULL)
		return -1;
	/* The self-test runs meanwhile. */
	if (r == NULL && (journal_sync_begin(c->journal, e) < 0 ||
	    patch_keep(c, e) < 0))
		return -1;
	if (start_policy(c, e) < 0)
		return -1;
	if (r == NULL)
		return start_stage(c, e);
	return start_sandbox(c, e) < 0 ? -1 : resume_stage(r, e);
}

/* A new session's first lines, and its task. */
static int
start_begin(struct core *c, struct err *e)
{
	const char *task = json_str_or(c->start, "task", "");
	const char *typed = json_str_or(c->start, "typed", task);
	const struct core_part *const *p;
	cJSON *images;

	if ((task[0] != '\0' && c->context != NULL && model_needed(c, e) < 0) ||
	    attach_find(c, typed, NULL, &images, e) < 0) {
		c->exit_code = CORE_EXIT_USAGE;
		return -1;
	}
	cJSON_Delete(images);
	emit_event(c, EVENT_SESSION_START, "core", start_session_event(c));
	if (c->sandbox.level == SANDBOX_NONE)
		emit_note(c, "There is no sandbox on this host: %s. Commands "
		    "run on a copy of the project%s.",
		    json_str_or(c->sandbox.info, "why",
		    "namespaces are refused"), c->mode == MODE_DEMO ?
		    "; the demo runs only commands that come with it" :
		    ", each one only after you allow it");
	for (p = core_parts; *p != NULL; p++)
		if ((*p)->begun != NULL)
			(*p)->begun(c);
	start_begin_notes(c);
	model_note_none(c);
	if (task[0] != '\0' && say_message(c, task, typed, NULL, "start", e) < 0)
		return -1;
	if (task[0] == '\0' && c->mode == MODE_TRY)
		phase_task(c, TASK_RUNS);
	/* No client has been told of a line yet: a task's message and
	 * session_start are made durable at once. */
	emit_sync(c);
	return 0;
}

int
start_session(struct core *c, cJSON *start, const char *key, int *exit_code,
    struct err *e)
{
	const char *id = json_str(start, "session");
	struct resume *r = id == NULL ? NULL : resume_new(c);
	int rc;

	*exit_code = 1;
	c->start = start;
	c->clock.task_started_ms = clock_mono_ms();
	c->id = id == NULL ? session_new_id() : xstrdup(id);
	rc = r == NULL ? 0 : start_journal(c, r, e);
	model_set_key(c, key);
	if (rc == 0 && (rc = start_open(c, r, e)) == 0) {
		start_context(c);
		rc = r == NULL ? start_begin(c, e) : resume_go_on(r, e);
	}
	resume_free(r);
	if (rc == 0) {
		hook_session_start(c, id != NULL);
		return 0;
	}
	if (c->exit_code != 0)
		*exit_code = c->exit_code;
	sandbox_find_free(c->sandbox.search);
	c->sandbox.search = NULL;
	/* It would make folders in what is removed. */
	call_unprepare(c);
	/* Keep nothing of a session that never began. */
	if (id == NULL && c->journal != NULL && journal_seq(c->journal) == 0)
		(void)fs_remove_tree(AT_FDCWD, c->dir, NULL);
	return -1;
}

/*
 * set: settings that the user changes during a session: approval mode, success
 * check, effort.
 */

void
set_mode(struct core *c, const struct approve *mode, const char *by,
    const char *client)
{
	cJSON *o = cJSON_CreateObject(), *origins;
	AUTO_FREE char *from = NULL;

	c->approve = mode;
	/* The record of auto-approval includes where the mode comes from. */
	json_add_str(c->start, "approve", mode->name);
	origins = cJSON_GetObjectItemCaseSensitive(c->start, "origins");
	if (origins == NULL) {
		origins = cJSON_CreateObject();
		json_set_take(c->start, "origins", origins);
	}
	from = client == NULL ? NULL : xasprintf("set by %s", client);
	json_add_str(origins, "approve", from == NULL ? "default" : from);
	json_add_str(o, "approve", mode->name);
	json_set_take(o, "grants", grant_list(c->start));
	json_add_str(o, "client", client);
	emit_event(c, EVENT_MODE, by, o);
}

/* Use this command as the success check; `by` as in the start object. */
static void
set_check(struct core *c, const char *command, const char *by)
{
	AUTO_FREE char *old = c->check.command;

	c->check.command = xstrdup(command);
	xstrset(&c->check.by, by);
}

/* Alone, the command shows the success check, or the one that could be set. */
static int
set_check_show(struct core *c, struct err *e)
{
	const char *found;

	if (c->check.command != NULL)
		return err_set(e, "success check: %s (%s); /check COMMAND sets "
		    "another", c->check.command,
		    fold_check_source(c->check.by));
	if (c->project.context == NULL)
		project_context_take(c);
	found = json_str(json_get(c->project.context, "check"), "command");
	if (found == NULL)
		return err_set(e, "no success check is set: set one with "
		    "/check COMMAND");
	return err_set(e, "no success check is set; /check %s sets the project's",
	    found);
}

/* The user sets the success check, which overrides a plan's. */
static int
set_check_named(struct core *c, const char *command, const char *client,
    struct err *e)
{
	cJSON *o;

	if (command[0] == '\0')
		return set_check_show(c, e);
	if (c->phase == PHASE_CHECK)
		(void)evidence_stop(c, CHECK_ANY);
	o = cJSON_CreateObject();
	json_add_str(o, "command", command);
	json_add_str(o, "check_by", "person");
	json_add_str(o, "client", client);
	set_check(c, command, "person");
	emit_event(c, EVENT_CHECK, "user", o);
	evidence_stale(c);
	c->check.due = propose_is_open(c);
	driver_soon(c);
	return 0;
}

int
set_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *word = json_str_or(command, "approve", "");
	const struct approve *mode = approve_find(word);

	if (json_str(command, "check") != NULL)
		return set_check_named(c, json_str(command, "check"),
		    client, e);
	if (json_str(command, "effort") != NULL)
		return effort_say(c, json_str(command, "effort"), client, e);
	if (json_str(command, "plan") != NULL)
		return plan_set(c, json_str(command, "plan"), client, e);
	if (mode == NULL)
		return err_set(e, "unknown mode \"%s\"", word);
	if ((mode->where & APPROVE_SCREEN) == 0)
		return err_set(e, "\"%s\" is for unattended runs only", word);
	set_mode(c, mode, "user", client);
	driver_soon(c);
	return 0;
}
