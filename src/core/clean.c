#include "config.h"

#include "core/clean.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/call-sandbox.h"
#include "core/run.h"
#include "core/core.h"
#include "core/include.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/kept-caches.h"
#include "core/stages.h"
#include "core/start.h"
#include "journal/event.h"
#include "journal/linefile.h"
#include "journal/session.h"

static cJSON *
clean_answer(const struct stage_usage *u)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", "cleaned");
	json_add_int(o, "bytes", u->bytes);
	json_add_int(o, "files", u->files);
	json_add_str(o, "names", buf_str(&u->names));
	return o;
}

cJSON *
clean_command(struct core *c, const cJSON *command, struct err *e)
{
	struct stage *stage = c->task.planning && c->plan.stage != NULL ?
	    c->plan.stage : c->stage;
	AUTO_BUF struct buf size = BUF_INIT(0);
	AUTO(stage_usage_release) struct stage_usage u = { 0 };
	cJSON *o = NULL;

	(void)command;
	/* commands: never remove files while a worker uses them. */
	assert(c->worker_call == NULL && c->project.look == NULL &&
	    !run_is_on(c) && c->decision.line == NULL);
	call_unprepare(c);
	if (stage_clear(stage, STAGE_CLEAR_PRODUCTS, &u, e) == 0) {
		kept_caches_clear(c, &u);
		o = clean_answer(&u);
	}
	if (o != NULL && u.files > 0) {
		buf_add_size(&size, (uint64_t)u.bytes);
		if (u.names.len > 0)
			buf_addf(&size, " (%s)", buf_str(&u.names));
		emit_note(c, "removed build products from the staged copy: %s",
		    buf_str(&size));
		c->review.product_due = c->review.undoing == 0;
		driver_soon(c);
	}
	if (c->phase == PHASE_MODEL)
		call_prepare(c);
	return o;
}

/* ---- without a core ---- */

/* The session's project folder, and the files the model wrote with its own
 * tools, which are never build products. */
static int
clean_recall(struct core *c, struct err *e)
{
	AUTO_FREE char *path = fs_join(c->dir, "journal.jsonl");
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct linefile r;
	const char *line;
	size_t n;

	if (fd < 0)
		err_sys(e, "cannot open %s", path);
	if (fd < 0)
		return -1;
	linefile_init(&r, fd, 0);
	while (linefile_next(&r, &line, &n, NULL) == LINEFILE_LINE) {
		AUTO_JSON cJSON *o = event_parse(line, n, NULL);
		enum event_type type = event_type(o);

		if (c->root == NULL && type == EVENT_SESSION_START) {
			c->root = xstrdup_null(json_str(o, "root"));
			c->cwd = xstrdup(json_str_or(o, "cwd", ""));
		}
		include_recall(c, o);
	}
	linefile_release(&r);
	close(fd);
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
	bool copied = clean_has(c, "stage/copy");

	/* An empty staged copy would look as if everything was deleted. */
	if (!copied && !clean_has(c, "stage/up"))
		return err_set(e, "its staged copy is gone (when the session "
		    "is resumed, its open changes are staged again)");
	if (clean_recall(c, e) < 0 || start_policy(c, e) < 0 ||
	    (c->blobs = blob_store_open(c->dir, e)) == NULL)
		return -1;
	/* Remove what an earlier core left half-made. */
	(void)stages_remove(c, "restage", NULL);
	(void)stages_remove(c, "accepted", NULL);
	(void)stages_remove(c, "plan", NULL);
	c->stage = stages_open_as(c, "stage", copied ? SANDBOX_VIEW_COPY :
	    SANDBOX_VIEW_OVERLAY, e);
	return c->stage == NULL ? -1 : 0;
}

cJSON *
clean_folder(const char *dir, const cJSON *start, struct err *e)
{
	struct core c = { .start = cJSON_Duplicate(start, 1),
		.dir = xstrdup(dir), .kept_caches = -1 };
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int lock = -1;
	struct stage_usage u;
	cJSON *o = NULL;

	if (fd < 0)
		err_sys(e, "cannot open %s", dir);
	else if ((lock = session_lock(fd, dir, e)) >= 0 &&
	    clean_open(&c, e) == 0) {
		if (stage_clear(c.stage, STAGE_CLEAR_PRODUCTS, &u, e) == 0) {
			kept_caches_clear(&c, &u);
			o = clean_answer(&u);
		}
		stage_usage_release(&u);
	}
	stage_free(c.stage);
	policy_free(c.policy);
	blob_store_free(c.blobs);
	include_release(&c);
	cJSON_Delete(c.start);
	free(c.dir);
	free(c.root);
	free(c.cwd);
	return o;
}
