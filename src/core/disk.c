#include "config.h"

#include "core/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sha.h"
#include "core/call.h"
#include "core/core.h"
#include "core/driver.h"
#include "core/propose.h"
#include "core/run.h"
#include "core/stages.h"
#include "core/start.h"
#include "journal/event.h"
#include "journal/reader.h"
#include "journal/session.h"
#include "sandbox/mount-plan.h"
#include "sandbox/toolchain.h"

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
 * The caches were written by commands: they are moved by their names beneath
 * folders that are open, never followed, and nothing here reads a file in them.
 */

#define KEPT_SHARE	2	/* divisor of the disk limit, and of its files */

struct kept_size {
	struct fs_size is;
	bool	 left;		/* where it is, or out */
};

/* The project's folder, locked until it is closed; -1 with *e. */
static int
kept_open(const struct core *c, bool make, struct err *e)
{
	AUTO_FREE char *state = session_state_dir(e);
	AUTO_FREE char *all = state == NULL ? NULL : fs_join(state, "caches");
	char hash[SHA256_HEX_SIZE];
	AUTO_FREE char *dir = NULL;
	int fd;

	if (all == NULL)
		return -1;
	sha256_hex(c->root, strlen(c->root), hash);
	dir = fs_join(all, hash);
	if (make && fs_mkdirs(dir, 0700, e) < 0)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open %s", dir);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			err_set(e, "another session of this project has the "
			    "kept ones");
		else
			err_sys(e, "cannot lock %s", dir);
		close(fd);
		return -1;
	}
	return fd;
}

/* -1: there is none, or none that can be kept. */
static int
kept_look(int kept, size_t row, struct kept_size *s)
{
	AUTO_FREE char *name = cachedir_layer(cachedirs[row].path);

	memset(s, 0, sizeof(*s));
	return fs_measure(kept, name, &s->is);
}

static void
kept_remove(int kept, size_t row)
{
	AUTO_FREE char *name = cachedir_layer(cachedirs[row].path);

	(void)fs_remove_tree(kept, name, NULL);
}

/* Where a session has it, below its staged copy's folder: in the sandbox's home,
 * or in the layer over the user's own. */
static char *
kept_place(const char *path, bool layer)
{
	AUTO_FREE char *name = layer ? cachedir_layer(path) : NULL;

	return layer ? xasprintf("cache/%s/up", name) : fs_join("home", path);
}

/* Is this cache of the user's own shown to commands, below a layer? */
static bool
kept_is_layer(const struct core *c, const char *path)
{
	const char *home = json_str(c->start, "home");

	return home != NULL && sandbox_levels[c->sandbox.level].encloses &&
	    mount_plan_has_cache(home, c->root, path);
}

/* Neither replaces a cache: what a session has it keeps, and what another one
 * has put there stays. */
static bool
kept_take(const struct core *c, int stage, const char *path)
{
	AUTO_FREE char *name = cachedir_layer(path);
	AUTO_FREE char *to = kept_place(path, kept_is_layer(c, path));
	AUTO_CLOSE int parent = -1;
	const char *base;

	if (faccessat(c->sandbox.kept_caches, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	parent = fs_open_parent(stage, to, true, &base);
	if (parent < 0)
		return false;
	(void)unlinkat(parent, base, AT_REMOVEDIR);	/* an empty one */
	return renameat2(c->sandbox.kept_caches, name, parent, base,
	    RENAME_NOREPLACE) == 0;
}

static void
kept_put(int kept, int stage, const char *path, bool layer)
{
	AUTO_FREE char *name = cachedir_layer(path);
	AUTO_FREE char *from = kept_place(path, layer);
	const char *base;
	AUTO_CLOSE int parent = fs_open_parent(stage, from, false, &base);
	struct stat st;

	if (parent < 0 || fstatat(parent, base, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISDIR(st.st_mode) || unlinkat(parent, base, AT_REMOVEDIR) == 0)
		return;
	(void)renameat2(parent, base, kept, name, RENAME_NOREPLACE);
}

/* Each row's, malloc'ed; what they are together. */
static struct kept_size *
kept_measure_all(int kept, struct kept_size *all)
{
	struct kept_size *v = NULL;
	size_t n;

	memset(all, 0, sizeof(*all));
	for (n = 0; cachedirs[n].path != NULL; n++) {
		GROW(v, n);
		if (kept_look(kept, n, &v[n]) < 0) {
			kept_remove(kept, n);
			memset(&v[n], 0, sizeof(v[n]));
		}
		all->is.bytes += v[n].is.bytes;
		all->is.files += v[n].is.files;
	}
	return v;
}

/* A session needs room for more than its caches. */
static struct kept_size
kept_most(const struct core *c)
{
	return (struct kept_size){
		.is.bytes = c->sandbox.limits.disk_bytes / KEPT_SHARE,
		.is.files = sandbox_limits_inodes(&c->sandbox.limits) / KEPT_SHARE,
	};
}

/* Mark the oldest as left until the rest is no more than `most`. */
static void
kept_fit(struct kept_size *v, struct kept_size all, struct kept_size most)
{
	while (all.is.bytes > most.is.bytes || all.is.files > most.is.files) {
		struct kept_size *oldest = NULL;
		size_t i;

		for (i = 0; cachedirs[i].path != NULL; i++)
			if (v[i].is.files > 0 && !v[i].left && (oldest == NULL ||
			    v[i].is.changed < oldest->is.changed))
				oldest = &v[i];
		oldest->left = true;
		all.is.bytes -= oldest->is.bytes;
		all.is.files -= oldest->is.files;
	}
}

static int
kept_stage(const struct core *c)
{
	AUTO_FREE char *dir = fs_join(c->dir, "stage");

	return open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Ends workers that are prepared. Those that don't fit into half of the disk
 * limit and of its files, the ones that changed longest ago, stay where they
 * are. */
static void
kept_caches_take(struct core *c)
{
	AUTO_BUF struct buf names = BUF_INIT(0);
	AUTO_FREE struct kept_size *v = NULL;
	AUTO_CLOSE int stage = -1;
	struct kept_size all;
	struct err e = ERR_INIT;
	size_t i;

	if (!json_is(c->start, "cache_keep", "on") || c->mode == MODE_DEMO ||
	    !sandbox_levels[c->sandbox.level].holds)
		return;
	c->sandbox.kept_caches = kept_open(c, true, &e);
	if (c->sandbox.kept_caches < 0) {
		emit_note(c, "Caches of this session aren't kept: %s", e.text);
		return;
	}
	/* One may have mounted a layer that is replaced here. */
	call_unprepare(c);
	stage = kept_stage(c);
	v = kept_measure_all(c->sandbox.kept_caches, &all);
	kept_fit(v, all, kept_most(c));
	for (i = 0; cachedirs[i].path != NULL; i++)
		if (!v[i].left && kept_take(c, stage, cachedirs[i].path)) {
			buf_addf(&names, "%s%s ", names.len > 0 ? ", " : "",
			    cachedirs[i].path);
			buf_add_size(&names, (uint64_t)v[i].is.bytes);
		}
	if (names.len > 0)
		emit_note(c, "Commands find what earlier sessions cached: %s",
		    buf_str(&names));
}

/* When no process of a command is left. Those that don't fit are removed. */
static void
kept_caches_put(struct core *c)
{
	AUTO_FREE struct kept_size *v = NULL;
	AUTO_CLOSE int stage = -1;
	struct kept_size all;
	size_t i;

	if (c->sandbox.kept_caches < 0)
		return;
	stage = kept_stage(c);
	for (i = 0; stage >= 0 && cachedirs[i].path != NULL; i++) {
		kept_put(c->sandbox.kept_caches, stage, cachedirs[i].path, true);
		kept_put(c->sandbox.kept_caches, stage, cachedirs[i].path, false);
	}
	v = kept_measure_all(c->sandbox.kept_caches, &all);
	kept_fit(v, all, kept_most(c));
	for (i = 0; cachedirs[i].path != NULL; i++)
		if (v[i].left)
			kept_remove(c->sandbox.kept_caches, i);
	fs_close(c->sandbox.kept_caches);
	c->sandbox.kept_caches = -1;
}

static void
kept_caches_init(struct core *c)
{
	c->sandbox.kept_caches = -1;
}

/* Remove what isn't in a session; adds it to what was freed. */
static void
kept_caches_clear(struct core *c, struct stage_usage *u)
{
	int kept = c->sandbox.kept_caches >= 0 ? c->sandbox.kept_caches :
	    kept_open(c, false, NULL);
	struct kept_size s;
	int64_t bytes = 0;
	size_t i;

	for (i = 0; kept >= 0 && cachedirs[i].path != NULL; i++) {
		if (kept_look(kept, i, &s) == 0) {
			bytes += s.is.bytes;
			u->files += s.is.files;
		}
		kept_remove(kept, i);
	}
	u->bytes += bytes;
	if (bytes > 0) {
		buf_adds(&u->names, u->names.len > 0 ? ", " : "");
		buf_adds(&u->names, "kept caches ");
		buf_add_size(&u->names, (uint64_t)bytes);
	}
	if (kept != c->sandbox.kept_caches)
		fs_close(kept);
}

/*
 * clean: `assent try --clean` removes build products, and the contents of the
 * sandbox's home, /tmp and caches, from a session's staged copy, but never a
 * change. It needs no free disk space.
 */

/* Its line, with *u; or NULL with *e. */
static cJSON *
clean_stage(struct core *c, struct stage *stage, struct stage_usage *u,
    struct err *e)
{
	if (stage_usage(stage, STAGE_CLEAR, u, e) < 0)
		return NULL;
	kept_caches_clear(c, u);
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
	o = clean_stage(c, stage, &u, e);
	if (o != NULL && u.files > 0) {
		buf_add_size(&size, (uint64_t)u.bytes);
		if (u.names.len > 0)
			buf_addf(&size, " (%s)", buf_str(&u.names));
		emit_note(c, "removed build products from the staged copy: %s",
		    buf_str(&size));
		c->review.product_due = c->review.undoing == 0;
		driver_soon(c);
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
		.dir = xstrdup(dir), .sandbox.kept_caches = -1 };
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int lock = -1;
	struct stage_usage u = { 0 };
	cJSON *o = NULL;

	propose_part.init(&c);
	if (fd < 0)
		err_sys(e, "cannot open %s", dir);
	else if ((lock = session_lock(fd, dir, e)) >= 0 &&
	    clean_open(&c, e) == 0)
		o = clean_stage(&c, c.stage, &u, e);
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
	.init = kept_caches_init, .begun = kept_caches_take,
	.free = kept_caches_put, .commands = disk_commands,
};
