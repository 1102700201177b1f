#include "config.h"

#include "core/kernel/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/agent/call.h"
#include "core/agent/driver.h"
#include "core/agent/run.h"
#include "core/kernel/core.h"
#include "core/main/parts.h"
#include "core/main/start.h"
#include "core/review/propose.h"
#include "core/review/stages.h"
#include "journal/event.h"
#include "journal/reader.h"
#include "journal/session.h"

static void
disk_out(const struct core *c, struct sandbox_disk *d)
{
	DIR *dir = fs_opendir(c->out_dir);
	struct dirent *de;
	struct stat st;

	while ((de = fs_dir_next(&dir)) != NULL) {
		if (fstatat(dirfd(dir), de->d_name,
		    &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		d->bytes += (int64_t)st.st_blocks * 512;
		d->files++;
	}
}

size_t
disk_room(struct core *c, int64_t share)
{
	struct sandbox_disk d = { 0 };
	int64_t most = c->sandbox.limits.disk_bytes / share;

	disk_out(c, &d);
	return d.bytes < most ? (size_t)(most - d.bytes) : 0;
}

static bool
disk_is_full(const struct core *c, const struct sandbox_disk *d)
{
	return d->bytes >= c->sandbox.limits.disk_bytes ||
	    d->files >= sandbox_limits_inodes(&c->sandbox.limits);
}

static int
disk_look(struct core *c, struct stage *stage, struct sandbox_disk *d,
    struct buf *names, struct err *e)
{
	struct stage_usage u = { 0 };
	int rc = stage_usage(stage, STAGE_KEEP, &u, e);
	int64_t share = c->sandbox.limits.disk_bytes / DISK_OUT_SHARE;

	memset(d, 0, sizeof(*d));
	if (rc == 0) {
		disk_out(c, d);
		/* Everything above the outputs' share is patches; they must not
		 * stop a command. */
		if (d->bytes > share)
			d->bytes = share;
		if (names != NULL) {
			buf_adds(names, buf_str(&u.names));
			if (d->bytes >= c->sandbox.limits.disk_bytes / 8) {
				buf_adds(names, ", kept outputs ");
				buf_add_size(names, (uint64_t)d->bytes);
			}
		}
		d->bytes += u.bytes;
		d->files += u.files;
		d->free_bytes = u.all_bytes - d->bytes;
		d->free_files = u.all_files - d->files;
	}
	buf_release(&u.names);
	return rc;
}

int
disk_before(struct core *c, struct stage *stage, struct sandbox_disk *d,
    struct err *e)
{
	AUTO_BUF struct buf names = BUF_INIT(0), size = BUF_INIT(0);
	int rc = disk_look(c, stage, d, &names, e);

	if (rc < 0 || !disk_is_full(c, d))
		return rc;
	if (d->bytes >= c->sandbox.limits.disk_bytes) {
		buf_add_size(&size, (uint64_t)d->bytes);
		buf_adds(&size, " of ");
		buf_add_size(&size, (uint64_t)c->sandbox.limits.disk_bytes);
	} else
		buf_addf(&size, "%lld of %lld files", (long long)d->files,
		    (long long)sandbox_limits_inodes(&c->sandbox.limits));
	return err_set(e, "the staged copy is full (%s): %s; nothing was run. "
	    "Accept or reject the proposed changes, remove build products "
	    "(assent try --clean %s), or raise the limit (--disk)",
	    buf_str(&size), buf_str(&names), c->id);
}

/*
 * clean: `assent try --clean` removes build products, and the contents of the
 * sandbox's home, /tmp and caches, from a session's staged copy, but never a
 * change. It needs no free disk space.
 */

/* Its line, with *u; or NULL with *e. */
static cJSON *
clean_stage(struct stage *stage, struct stage_usage *u, struct err *e)
{
	if (stage_usage(stage, STAGE_CLEAR, u, e) < 0)
		return NULL;
	return EVENT_LINE(cleaned, .bytes = u->bytes, .files = u->files,
	    .names = buf_str(&u->names));
}

/* The answer for the client, or NULL with *e while the staged copy is in use. */
static cJSON *
clean_command(struct core *c, const cJSON *command, struct err *e)
{
	struct stage *stage = task_plans(c) && c->plan.stage != NULL ?
	    c->plan.stage : c->stage;
	AUTO_BUF struct buf size = BUF_INIT(0);
	struct stage_usage u = { 0 };
	cJSON *o;

	(void)command;
	/* commands: never remove files while a worker uses them. */
	assert(c->calls.worker == NULL && c->project.look == NULL &&
	    c->runs->state == RUN_NONE && c->decision.line == NULL);
	call_unprepare(c);
	o = clean_stage(stage, &u, e);
	if (o != NULL && u.files > 0) {
		buf_add_size(&size, (uint64_t)u.bytes);
		if (u.names.len > 0)
			buf_addf(&size, " (%s)", buf_str(&u.names));
		emit_note(c, "removed build products from the staged copy: %s",
		    buf_str(&size));
		c->review.product_due = c->review.undoing == 0;
		core_soon(c);
	}
	buf_release(&u.names);
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
	bool copied = clean_has(c, "stage/copy");

	/* An empty staged copy would look as if everything was deleted. */
	if (!copied && !clean_has(c, "stage/up"))
		return err_set(e, "its staged copy is gone (when the session "
		    "is resumed, its open changes are staged again)");
	if (clean_recall(c, e) < 0 || start_policy(c, e) < 0 ||
	    (c->blobs = blob_store_open(c->dir, false, e)) == NULL)
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
		.dir = xstrdup(dir) };
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
	cJSON_Delete(c.start);
	free(c.dir);
	free(c.root);
	return o;
}

static const struct core_command disk_commands[] = {
	{ "clean", NO_WORKER, 0, HAS_RUN | HAS_DECISION, NOBODY,
	    .answer = clean_command },
	{ 0 }
};

const struct core_part disk_part = {
	.commands = disk_commands,
};
