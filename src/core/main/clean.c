/*
 * clean: `assent try --clean` removes ignored files, and the contents of the
 * sandbox's home, /tmp and caches, from a session's copy, but never a
 * change. It needs no free disk space.
 */
#include "config.h"

#include "core/main/clean.h"

#include <assert.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/job/job.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/main/parts.h"
#include "core/main/start.h"
#include "core/review/propose.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/reader.h"
#include "journal/session.h"

/* Clear a copy: the line about it, with *u; or NULL with *e. */
static cJSON *
clean_stage(struct stage *stage, struct stage_usage *u, struct err *e)
{
	if (stage_usage(stage, STAGE_CLEAR, u, e) < 0)
		return NULL;
	return EVENT_LINE(cleaned, .bytes = u->bytes, .files = u->files,
	    .names = buf_str(&u->names));
}

/* The answer for the client, or NULL with *e while the copy is in use. */
static cJSON *
clean_command(struct core *c, const cJSON *command UNUSED, struct err *e)
{
	struct stage *stage = task_plans(c) && c->plan.stage != NULL ?
	    c->plan.stage : c->stage;
	AUTO_BUF struct buf size = BUF_INIT(0);
	struct stage_usage u = { 0 };
	cJSON *o;

	/* commands: never remove files while a worker uses them. */
	assert(!job_waits(c, JOB_COPY) && c->decision.line == NULL);
	program_unprepare(c);
	job_yield(c, JOB_COPY);
	o = clean_stage(stage, &u, e);
	if (o != NULL && u.files > 0) {
		buf_add_size(&size, (uint64_t)u.bytes);
		if (u.names.len > 0)
			buf_addf(&size, " (%s)", buf_str(&u.names));
		emit_note(c, "removed from the copy: %s",
		    buf_str(&size));
		c->review.scan_due = c->review.undoing == 0;
		core_soon(c);
	}
	buf_release(&u.names);
	if (c->phase == PHASE_MODEL)
		program_prepare(c);
	return o;
}

/* ---- without a core ---- */

/* The session's project folder, and the files the model wrote with its own
 * tools, which are never ignored. */
static int
clean_recall(struct core *c, struct err *e)
{
	AUTO_FREE char *path = fs_join(c->dir, "journal.jsonl");
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	AUTO(linefile_release) struct linefile r = { .fd = fd };
	const char *line;
	size_t n;

	if (fd < 0)
		return err_sys(e, "cannot open %s", path);
	while (linefile_next(&r, &line, &n, NULL) == LINEFILE_LINE) {
		AUTO_JSON cJSON *o = json_parse(line, n, JSON_OWN, NULL);
		AUTO_EVENT struct event ev = { 0 };

		event_read(&ev, o);
		if (c->root == NULL && ev.type == EVENT_SESSION_START)
			xstrset(&c->root, ev.session_start.root);
		include_recall(c, &ev);
	}
	return c->root != NULL ? 0 :
	    err_set(e, "the journal doesn't name the project");
}

static bool
clean_has(const struct core *c, const char *folder)
{
	AUTO_FREE char *path = fs_join(c->dir, folder);
	struct stat st;

	return lstat(path, &st) == 0;
}

static int
clean_open(struct core *c, struct err *e)
{
	static const char *const left[] = { "diagnose", "hook", "plan",
		"restage" };
	bool copied = clean_has(c, "stage/copy");
	size_t i;

	/* An empty copy would look as if everything was deleted. */
	if (!copied && !clean_has(c, "stage/up"))
		return err_set(e, "its copy is gone (when the session "
		    "is resumed, its open changes are in the copy again)");
	if (clean_recall(c, e) < 0 || start_policy(c, e) < 0 ||
	    (c->blobs = blob_store_open(c->dir, false, e)) == NULL)
		return -1;
	/* Remove what an earlier core left half-made. */
	job_part.begun(c);
	for (i = 0; i < MEM_COUNT(left); i++)
		(void)stages_remove(c, left[i], NULL);
	stages_sweep(c);
	c->stage = stages_open_as(c, "stage", copied ? SANDBOX_VIEW_COPY :
	    SANDBOX_VIEW_OVERLAY, e);
	return c->stage == NULL ? -1 : 0;
}

cJSON *
clean_folder(const char *dir, struct err *e)
{
	struct core c = { .parts = core_parts, .dir = xstrdup(dir) };
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int lock = -1;
	struct stage_usage u = { 0 };
	cJSON *o = NULL;

	propose_part.init(&c);
	if (fd < 0)
		err_sys(e, "cannot open %s", dir);
	else if ((lock = session_lock(fd, dir, e)) >= 0 &&
	    clean_open(&c, e) == 0)
		o = clean_stage(c.stage, &u, e);
	buf_release(&u.names);
	stage_free(c.stage);
	policy_free(c.policy);
	blob_store_free(c.blobs);
	propose_part.free(&c);
	FREE_ALL(c.dir, c.root);
	return o;
}

static const struct core_command clean_commands[] = {
	{ "clean", NO_WORKER, 0, HAS_RUN | HAS_DECISION, NOBODY,
	    .answer = clean_command },
	{ 0 }
};

const struct core_part clean_part = {
	.commands = clean_commands,
};
