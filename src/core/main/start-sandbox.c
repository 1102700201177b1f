/* The session's sandbox: what it may see, and its level. */
#include "config.h"

#include "core/main/start.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/certificates.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "core/agent/call.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/main/start-int.h"
#include "core/net/network.h"
#include "core/net/registry.h"
#include "core/project/project.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "loop/loop.h"
#include "sandbox/cgroup.h"
#include "sandbox/toolchain.h"

#define START_TIDY_MS 100
#define START_LOOK_MS 1000

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

static int
start_find_certificates(struct core *c, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE const char **files = json_strings(json_array(c->start,
	    "certificates"), NULL);
	size_t i;

	for (i = 0; files[i] != NULL; i++)
		(void)certificates_read(files[i], c->root, &b, NULL);
	FREE_NULL(c->sandbox.certificates);
	if (b.len == 0)
		return 0;
	c->sandbox.certificates = fs_join(c->dir, "certificates.pem");
	return fs_replace(AT_FDCWD, c->sandbox.certificates, b.p, b.len, 0644,
	    e);
}

bool
start_in_container(const struct core *c)
{
	return json_is(c->start, "sandbox", "container");
}

/* The image that commands run in: 1, or 0 if there is none. A session that is
 * resumed (`gone` isn't NULL) does without an image that is gone: there may be
 * hunks to review. *gone says so then. */
static int
start_image(struct core *c, char **gone, struct err *e)
{
	struct err why = ERR_INIT;
	int found;

	image_release(&c->sandbox.image);
	found = image_find(json_str(c->start, "sandbox"), c->root,
	    &c->sandbox.image, &why);
	if (found >= 0)
		return found;
	if (gone == NULL) {
		*e = why;
		c->exit_code = CORE_EXIT_SANDBOX;
		return -1;
	}
	image_release(&c->sandbox.image);
	*gone = xasprintf("Commands run with the programs of the host now: "
	    "%s", why.text);
	return 0;
}

int
start_sandbox_begin(struct core *c, char **gone, struct err *e)
{
	AUTO_FREE char *control = fs_join(c->dir, "sock");
	struct sandbox_ask ask = {
		.root = c->root, .state_dir = c->dir, .limits = &c->sandbox.limits,
		.container = start_in_container(c), .control = control,
	};
	int image;
	const struct cgroup_host host = { .project = c->root };
	struct program_plan commands = { .stage = c->stage, .spec.tool = "argv" };

	if (network_init(c, gone != NULL, e) < 0 ||
	    start_toolchains(c, e) < 0 || start_find_certificates(c, e) < 0)
		return -1;
	skills_folders(c);
	free(c->sandbox.environment);
	c->sandbox.environment = json_strings(json_array(c->start,
	    "environment"), NULL);
	free(c->sandbox.devices);
	ask.devices = c->sandbox.devices = json_strings(json_array(c->start,
	    "devices"), NULL);
	c->worker = self_find(SELF_PROGRAM, "assent-worker", e);
	if (c->worker == NULL)
		return -1;
	image = start_image(c, gone, e);
	if (image < 0)
		return -1;
	ask.image = image == 0 ? NULL : &c->sandbox.image;
	if (c->sandbox.cgroup == NULL)
		c->sandbox.cgroup = cgroup_find(&host);
	ask.cgroup = c->sandbox.cgroup;
	ask.worker = c->worker;
	if (c->stage != NULL && image == 0) {
		program_plan_make(c, &commands);
		ask.commands = &commands.spec;
	}
	c->sandbox.search = sandbox_find_begin(&ask);
	return 0;
}

/* What the level depends on; a change within a boot that isn't here is found by
 * the self-test. */
static cJSON *
start_depends(const struct core *c)
{
	static const char *const settings[] = { "root", "sandbox", "devices",
		"limits" };
	AUTO_FREE char *boot = fs_boot_id();
	AUTO_FREE char *host = xasprintf("%s %ld %s %s", boot == NULL ? c->id :
	    boot, (long)geteuid(), CORE_VERSION, c->worker);
	cJSON *o = JSON_TEXTS("host", host);

	JSON_COPY(o, c->start, settings);
	return o;
}

/* When a first request is on its way, what the self-test found is kept for the next
 * start, and its files are removed. */
static void
start_tidy(void *arg)
{
	struct core *c = arg;
	AUTO_JSON cJSON *old = session_file_read(c->state_dir,
	    SESSION_SANDBOX_FILE);
	AUTO_JSON cJSON *now = start_depends(c);

	json_copy(now, "found", c->sandbox.info);
	if (c->sandbox.untested == NULL && !cJSON_Compare(old, now, 1))
		(void)session_file_write(c->state_dir, SESSION_SANDBOX_FILE,
		    now, NULL);
	sandbox_find_free(c->sandbox.search);
	c->sandbox.search = NULL;
}

/* The rest of the description, by the level. */
static void
start_sandbox_info(struct core *c)
{
	JSON_ADD_TEXTS(c->sandbox.info, "image", c->sandbox.image.id, "view",
	    sandbox_levels[c->sandbox.level].overlays ? "overlay" : "copy");
	registry_add(c, c->network);
	json_set_take(c->sandbox.info, "net", network_level(c));
	json_set_take(c->sandbox.info, "forward", network_forwards(c));
}

int
start_sandbox(struct core *c, bool resumed, struct err *e)
{
	/* In a review only Pygments runs there. */
	int least = sandbox_level_find(c->mode == MODE_REVIEW ? "none" :
	    json_str_or(c->start, "sandbox_require", "none"));
	bool machine = json_str(json_get(c->start, "machine"),
	    "sandbox_require") != NULL;
	struct err why = ERR_INIT;
	struct sandbox_found found;
	int rc;

	rc = sandbox_find_end(c->sandbox.search, least < 0 ? SANDBOX_A :
	    (enum sandbox_level)least, &found, &why);
	if (rc < 0) {
		err_set(e, "%s%s", why.text, machine ? "; the machine's "
		    "configuration limits it (assent doctor)" : "");
		e->sys = why.sys;
	} else if (resumed && found.enforced.cpu != ENFORCED_KERNEL)
		/* What is in it can be reviewed and undone everywhere. */
		c->sandbox.limits.cpu = 0;
	else if (c->mode != MODE_REVIEW)
		rc = sandbox_limits_check_cpu(&c->sandbox.limits,
		    &found.enforced, c->sandbox.cgroup->why, e);
	loop_timer_new(c->loop, START_TIDY_MS, start_tidy, c);
	c->sandbox.level = found.level;
	c->sandbox.enforced = found.enforced;
	JSON_ADD_TEXTS(c->sandbox.info, "level",
	    sandbox_levels[c->sandbox.level].name, "line", found.line, "why",
	    found.why, "open", found.open);
	start_sandbox_info(c);
	json_set_take(c->sandbox.info, "enforced",
	    sandbox_limits_enforced_json(&c->sandbox.enforced));
	if (rc < 0)
		c->exit_code = CORE_EXIT_SANDBOX;
	sandbox_found_release(&found);
	return rc;
}

/* Does the session begin with an inspection? Its sandbox is prepared. */
static bool
start_inspects(const struct core *c)
{
	return json_str_or(c->start, "task", "")[0] != '\0' &&
	    c->mode != MODE_TRY && c->target.answers == NULL;
}

/* The copy, as the level needs it. */
static int
start_view(struct core *c, struct err *e)
{
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

static void
start_sandbox_begun(struct core *c)
{
	if (c->stage->note.len > 0)
		emit_note(c, "%s", buf_str(&c->stage->note));
	if (policy_note(c->policy) != NULL)
		emit_note(c, "%s", policy_note(c->policy));
}

void
start_settle(struct core *c)
{
	const char *model = sandbox_levels[c->sandbox.level].model;
	AUTO_JSON cJSON *told = cJSON_Duplicate(c->sandbox.info, 1);
	AUTO_FREE char *text = NULL;
	struct err e = ERR_INIT;

	loop_watch_free(&c->sandbox.untested);
	if (start_sandbox(c, false, &e) < 0 || start_view(c, &e) < 0)
		emit_failed(c, "set up the sandbox", &e);
	c->sandbox.changed = strcmp(model,
	    sandbox_levels[c->sandbox.level].model) == 0 ? 0 : c->fold->turn;
	if (!cJSON_Compare(told, c->sandbox.info, 1)) {
		text = xasprintf("The sandbox isn't the one that this session "
		    "began with: %s", json_str_or(c->sandbox.info, "line", ""));
		EMIT(c, "core", note, .text = text,
		    .sandbox = c->sandbox.info);
		start_sandbox_begun(c);
	}
	core_soon(c);
}

/* The self-test has come further: its result may be known. */
static void
start_look(void *arg, int fd, unsigned events UNUSED)
{
	struct core *c = arg;
	bool begun = false;

	if (sandbox_find_step(c->sandbox.search, 0, &fd, &begun))
		start_settle(c);
	else if (begun && start_inspects(c) &&
	    c->sandbox.ready.inspection == NULL)
		program_prepare_inspection(c);
}

/* A worker that hangs says nothing: what ends it is a timer of the search. */
static void
start_look_again(void *arg)
{
	struct core *c = arg;

	if (c->sandbox.untested == NULL)
		return;
	loop_timer_new(c->loop, START_LOOK_MS, start_look_again, c);
	start_look(c, -1, 0);
}

/*
 * If the last start on this boot found level A, and nothing is required, go on as
 * if it were A, beside the self-test. A request may be sent meanwhile; no program
 * runs (program_masks, job_start).
 */
static void
start_presume(struct core *c)
{
	static const char *const kept[] = { "level", "line", "why", "open",
		"enforced" };
	AUTO_JSON cJSON *last = session_file_read(c->state_dir,
	    SESSION_SANDBOX_FILE);
	AUTO_JSON cJSON *found = cJSON_DetachItemFromObjectCaseSensitive(last,
	    "found");
	AUTO_JSON cJSON *now = start_depends(c);
	bool begun;
	int fd;

	/* Where it may end the session, nothing goes before it. */
	if ((c->mode != MODE_EXEC && c->mode != MODE_INTERACTIVE) ||
	    sandbox_level_find(json_str_or(c->start, "sandbox_require",
	    "none")) != SANDBOX_NONE || c->sandbox.image.name != NULL ||
	    c->sandbox.limits.cpu != 0 || !json_is(found, "level", "A") ||
	    !cJSON_Compare(last, now, 1) ||
	    sandbox_find_step(c->sandbox.search, 0, &fd, &begun))
		return;
	JSON_COPY(c->sandbox.info, found, kept);
	sandbox_limits_enforced_decode(json_get(found, "enforced"),
	    &c->sandbox.enforced);
	start_sandbox_info(c);
	c->sandbox.untested = loop_watch_new(c->loop, fd, LOOP_READ, start_look,
	    c);
	loop_timer_new(c->loop, START_LOOK_MS, start_look_again, c);
}

/*
 * What level A needs is made while its self-test runs, with the sandbox of the
 * inspection that a task begins with; another level starts over.
 */
int
start_stage(struct core *c, struct err *e)
{
	bool begun = false;
	int fd;

	c->sandbox.level = SANDBOX_A;
	/* It loads its libraries meanwhile. */
	if (start_inspects(c))
		sandbox_worker_ahead(c->worker);
	if (c->stage == NULL && !start_in_container(c))
		c->stage = stages_scratch(c, "stage", NULL);
	if (c->stage != NULL)
		start_presume(c);
	if (c->stage != NULL && c->sandbox.untested == NULL &&
	    start_inspects(c)) {
		/* Wait, or both processes build the filter at the same time. */
		while (!sandbox_find_step(c->sandbox.search, -1, &fd, &begun) &&
		    !begun)
			;
		program_prepare_inspection(c);
	}
	if (journal_sync_begin(c->journal, e) < 0 || patch_keep(c, e) < 0 ||
	    (c->sandbox.untested == NULL && start_sandbox(c, false, e) < 0))
		return -1;
	return start_view(c, e);
}

static void
start_sandbox_free(struct core *c)
{
	size_t i;

	if (c->sandbox.search != NULL)
		start_tidy(c);
	loop_watch_free(&c->sandbox.untested);
	cgroup_free(c->sandbox.cgroup);
	for (i = 0; c->sandbox.toolchains != NULL &&
	    c->sandbox.toolchains[i] != NULL; i++)
		free(c->sandbox.toolchains[i]);
	free(c->sandbox.toolchains);
	skills_folders_free(c);
	image_release(&c->sandbox.image);
	FREE_ALL(c->sandbox.environment, c->sandbox.devices,
	    c->sandbox.certificates, c->worker);
	cJSON_Delete(c->sandbox.info);
}

static void
start_sandbox_init(struct core *c)
{
	c->sandbox.info = cJSON_CreateObject();
}

const struct core_part sandbox_part = {
	.init = start_sandbox_init, .begun = start_sandbox_begun,
	.free = start_sandbox_free,
};
