#include "config.h"

#include "core/stage/stages.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "core/stage/program.h"
#include "journal/event.h"
#include "journal/fold.h"

void
stages_side(struct stage_side *to, const struct fold_side *from)
{
	memset(to, 0, sizeof(*to));
	to->exists = from->exists;
	if (from->hash != NULL)
		snprintf(to->hash, sizeof(to->hash), "%s", from->hash);
	to->mode = from->mode;
	to->size = from->size;
}

void
stages_side_read(struct stage_side *s, const cJSON *side)
{
	memset(s, 0, sizeof(*s));
	s->exists = cJSON_IsObject(side);
	if (!s->exists)
		return;
	snprintf(s->hash, sizeof(s->hash), "%s", json_str_or(side, "hash",
	    ""));
	s->mode = (unsigned)json_int(side, "mode", 0100644);
	s->size = json_int(side, "size", 0);
}

struct policy *
stages_policy(const struct core *c, const char *root, struct err *e)
{
	struct policy_options o = { .root = root };
	const cJSON *machine = json_get(c->start, "machine");
	const cJSON *own_prot = json_array(machine, "protected");
	const cJSON *own_secret = json_array(machine, "secret");
	AUTO_FREE const char **prot =
	    json_strings(json_array(c->start, "protected"), own_prot);
	AUTO_FREE const char **allow =
	    json_strings(json_array(c->start, "allow_protected"), NULL);
	AUTO_FREE const char **secret =
	    json_strings(json_array(c->start, "secret"), own_secret);
	AUTO_FREE const char **lift = xcalloc((size_t)cJSON_GetArraySize(
	    json_array(c->start, "secret")) + 1, sizeof(*lift));
	AUTO_FREE const char **machine_prot = json_strings(own_prot, NULL);
	AUTO_FREE const char **machine_secret = json_strings(own_secret, NULL);
	AUTO_FREE const char **products =
	    json_strings(json_array(c->start, "products"), NULL);
	size_t i, k, lifted = 0;

	for (i = k = 0; secret[i] != NULL; i++)
		if (secret[i][0] == '!')
			lift[lifted++] = secret[i] + 1;
		else
			secret[k++] = secret[i];
	secret[k] = NULL;
	o.protected_globs = prot;
	o.allow_globs = allow;
	o.secret_globs = secret;
	o.lift_globs = lift;
	o.machine_protected = machine_prot;
	o.machine_secret = machine_secret;
	o.product_globs = products;
	o.own_files = json_array(c->start, "own_files");
	return policy_new(&o, e);
}

struct stage *
stages_open_as(struct core *c, const char *name, enum sandbox_view_kind view,
    struct err *e)
{
	struct stage_options o = { 0 };
	struct stage *s;
	AUTO_FREE char *dir = fs_join(c->dir, name);

	o.dir = dir;
	o.root = c->root;
	o.view = view;
	o.blobs = c->blobs;
	o.product = policy_product;
	o.is_tracked = policy_is_tracked;
	o.is_secret = policy_hides;
	o.hold = policy_hold;
	o.policy = c->policy;
	o.keep_owner = sandbox_stays_root(c->sandbox.level, c->root, dir);
	s = stage_open(&o, e);
	if (s != NULL && strcmp(name, "stage") == 0)
		c->policy->staged = s->staged_fd;
	return s;
}

/* In the view of this host. */
static struct stage *
stages_open(struct core *c, const char *name, struct err *e)
{
	return stages_open_as(c, name, sandbox_levels[c->sandbox.level].overlays ?
	    SANDBOX_VIEW_OVERLAY : SANDBOX_VIEW_COPY, e);
}

int
stages_remove(struct core *c, const char *name, struct err *e)
{
	AUTO_CLOSE int fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	return fs_remove_tree(fd, name, e);
}

struct stage *
stages_scratch(struct core *c, const char *name, struct err *e)
{
	/* Remove what an earlier run left behind. */
	(void)stages_remove(c, name, NULL);
	return stages_open(c, name, e);
}

void
stages_drop(struct core *c, struct stage **stage, const char *name)
{
	struct err e = ERR_INIT;

	if (*stage == NULL)
		return;
	stage_free(*stage);
	*stage = NULL;
	if (stages_remove(c, name, &e) < 0)
		emit_note(c, "the staged copy \"%s\" was not removed: %s", name,
		    e.text);
}

/* What worktree_setup built, if it is all that is staged: it was made from the
 * files that are in this copy, too. */
static int
stages_plan_products(struct core *c, struct err *e)
{
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };

	if (json_str(c->start, "worktree_setup") == NULL)
		return 0;
	return stage_scan(c->stage, &scan, e) < 0 || (scan.changes_len == 0 &&
	    stage_take_products(c->plan.stage, c->stage, &scan, NULL, e) < 0) ?
	    -1 : 0;
}

int
stages_open_plan(struct core *c, struct err *e)
{
	struct err why = ERR_INIT;

	if (c->plan.stage != NULL)
		return 0;
	c->plan.stage = stages_scratch(c, "plan", e);
	if (c->plan.stage == NULL)
		return -1;
	if (stages_plan_products(c, &why) < 0)
		emit_note(c, "the planning copy lacks what worktree_setup "
		    "built: %s", why.text);
	return 0;
}

void
stages_drop_plan(struct core *c)
{
	/* A worker that is still building its sandbox would create new folders
	 * in the one being removed. */
	if (c->plan.stage != NULL)
		program_unprepare(c);
	c->plan.dropped = 0;
	stages_drop(c, &c->plan.stage, "plan");
}

int
own_copy_open(struct core *c, struct own_copy *o, const char *dir,
    struct err *e)
{
	if (o->stage != NULL)
		return 0;
	/* What an earlier core left there was merged, or it was lost with the
	 * call. */
	if (stages_remove(c, dir, e) < 0)
		return -1;
	xstrset(&o->dir, dir);
	o->stage = stages_open_as(c, dir, SANDBOX_VIEW_COPY, e);
	return o->stage == NULL ? -1 : 0;
}

void
own_copy_clear(struct own_copy *o)
{
	stage_scan_release(&o->before);
	o->copied = false;
}

void
own_copy_drop(struct core *c, struct own_copy *o)
{
	own_copy_clear(o);
	if (o->stage != NULL) {
		stage_free(o->stage);
		o->stage = NULL;
		(void)stages_remove(c, o->dir, NULL);
	}
	FREE_NULL(o->dir);
}

/* The build products that this scan of `from` found, if they have changed since:
 * `mix` is that of then. */
static int
own_copy_products(const struct own_copy *o, struct stage *to,
    const struct stage *from, const struct stage_scan *scan, uint64_t *mix,
    const struct timespec *latest, struct err *e)
{
	if (!o->products || *mix == scan->ignored_mix)
		return 0;
	*mix = scan->ignored_mix;
	return stage_take_products(to, from, scan, latest, e);
}

int
own_copy_update(struct own_copy *o, struct stage *session,
    struct buf *notes, struct err *e)
{
	AUTO_BUF struct buf unsaid = BUF_INIT(1 << 16);
	AUTO(stage_scan_release) struct stage_scan own = { 0 };
	int rc;

	own_copy_clear(o);
	(void)clock_gettime(CLOCK_REALTIME, &o->updated);
	if (stage_before_call(session, false, notes, e) < 0 ||
	    stage_scan(session, &o->before, e) < 0)
		return -1;
	o->copied = true;
	if (stage_scan(o->stage, &own, e) < 0)
		return -1;
	rc = stage_level(o->stage, &own, &o->before, true, e) < 0 ? -1 : 0;
	if (rc == 0)
		rc = own_copy_products(o, o->stage, session, &o->before,
		    &o->mix[0], NULL, e);
	/* What the user edited meanwhile was said of the session's. */
	if (rc == 0)
		rc = stage_before_call(o->stage, false, &unsaid, e);
	return rc;
}

/* What the session has at a path: its change, or none. */
static bool
own_copy_same(const struct stage_change *a, const struct stage_change *b)
{
	return a == NULL || b == NULL ? a == b :
	    stage_side_equal(&a->after, &b->after);
}

/* `after` is the copy's version of a file, made from `before`. */
static int
own_copy_take(const struct own_copy *o, struct stage *session,
    const struct stage_scan *now, const char *path,
    const struct stage_side *before, const struct stage_side *after,
    struct event *to, struct buf *notes, struct err *e)
{
	struct ev_tool_result *t = &to->tool_result;
	const struct stage_change *is = now == NULL ? NULL :
	    stage_scan_find(now, path);

	if (now != NULL && !own_copy_same(is, stage_scan_find(&o->before,
	    path))) {
		if (!stage_side_equal(is == NULL ? before : &is->after,
		    after)) {
			json_path_text(notes, path);
			buf_adds(notes, ": changed by a background command, "
			    "too; that version was dropped\n");
		}
		return 0;
	}
	t->wrote[t->wrote_len++].path_bytes = ev_text(to, path);
	return stage_rebase_file(session, path, before, after, false, e);
}

int
own_copy_merge(struct own_copy *o, struct stage *session,
    const struct stage_scan *now, struct event *to, struct buf *notes,
    struct err *e)
{
	AUTO(stage_scan_release) struct stage_scan own = { 0 };
	size_t i;
	int rc = 0;

	if (!o->copied)
		return 0;
	if (stage_after_call(o->stage, notes, e) < 0 ||
	    stage_scan(o->stage, &own, e) < 0)
		return -1;
	to->tool_result.wrote = ev_alloc(to, (own.changes_len +
	    o->before.changes_len + 1) * sizeof(*to->tool_result.wrote));
	EV_EACH(&own, changes, c) {
		const struct stage_change *had = stage_scan_find(&o->before,
		    c->path);

		if (rc < 0 || (had != NULL && stage_side_equal(&had->after,
		    &c->after)))
			continue;
		rc = own_copy_take(o, session, now, c->path, had != NULL ?
		    &had->before : &c->before, &c->after, to, notes, e);
		/* invariant 2: the user edited it meanwhile. */
		if (rc == 0 && had == NULL && c->changed_on_disk)
			stage_rebase_changed(session, c->path, c->conflict ?
			    &c->was : NULL);
	}
	/* A staged change that is missing from the copy was reverted there. */
	EV_EACH(&o->before, changes, c)
		if (rc == 0 && stage_scan_find(&own, c->path) == NULL)
			rc = own_copy_take(o, session, now, c->path,
			    &c->before, &c->before, to, notes, e);
	if (rc == 0)
		rc = own_copy_products(o, session, o->stage, &own, &o->mix[1],
		    &o->updated, e);
	for (i = 0; i < own.refused_len; i++) {
		json_path_text(notes, own.refused[i].path);
		buf_addf(notes, ": %s\n", own.refused[i].why);
	}
	own_copy_clear(o);
	return rc;
}

/*
 * Restores a resumed session's staged copy if it isn't as it was left: its
 * folder is gone, or the host gives another view (a mount below the project,
 * namespaces that are now denied), in which nothing is staged. An empty copy
 * would look as if the agent had reverted everything.
 */

#define RESTAGE "restage"	/* folder while being built */
#define RESTAGED "restaged"	/* folder once complete, until it replaces the
				   staged copy */
#define RESTAGE_NAMES 20

static bool
restage_has(const struct core *c, const char *folder)
{
	AUTO_FREE char *path = fs_join(c->dir, folder);

	return access(path, F_OK) == 0;
}

/* The changes staged in the other view; stores their contents. */
static int
restage_scan(struct core *c, enum sandbox_view_kind other,
    struct stage_scan *scan,
    struct err *e)
{
	struct stage *s = stages_open_as(c, "stage", other, e);
	int rc = s == NULL ? -1 : stage_scan(s, scan, e);

	stage_free(s);
	return rc;
}

static size_t
restage_add(struct stage_change *v, size_t n, const char *path,
    const struct fold_side *before, const struct fold_side *after)
{
	v[n].path = xstrdup(path);
	if (before != NULL)
		stages_side(&v[n].before, before);
	if (after != NULL)
		stages_side(&v[n].after, after);
	return n + 1;
}

/* The user changed the file too: find the common base, if the line has it. */
static void
restage_changed(const struct core *c, const struct fold_file *f,
    struct stage_change *to)
{
	to->changed_on_disk = f->changed_on_disk;
	if (!f->changed_on_disk || c->review.offered == NULL)
		return;
	EV_EACH(&c->review.offered->proposal, files, file)
		if (ev_is(file->path_bytes, f->path_bytes) &&
		    file->was != NULL) {
			to->conflict = true;
			gate_side(&to->was, file->was);
		}
}

/* Is the content lost, too? */
static bool
restage_lacks(const struct core *c, const struct fold_side *after)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	return after->exists && blob_get(c->blobs, after->hash, &b,
	    NULL) < 0;
}

/* An apply wrote it before it was stopped: nothing is lost. */
static bool
restage_is_written(int root_fd, const struct fold_file *f)
{
	struct stage_side now, after;

	stages_side(&after, &f->after);
	return gate_look(root_fd, f->path_bytes, INT64_MAX, &now) == 0 &&
	    stage_side_equal(&now, &after);
}

static void
restage_lose(struct buf *lost, size_t n, const struct fold_file *f)
{
	if (n > RESTAGE_NAMES)
		return;
	buf_adds(lost, n > 1 ? ", " : "");
	if (n == RESTAGE_NAMES)
		buf_adds(lost, "...");
	else
		buf_adds(lost, f->path);
}

/* A file that was written after it was proposed, or instead, differs from what is
 * there now. */
static size_t
restage_since(struct stage_change *v, size_t n, const struct ev_note *since)
{
	size_t i;

	EV_EACH(since, files, f) {
		for (i = 0; i < n && strcmp(v[i].path, f->path_bytes) != 0; i++)
			;
		if (i == n) {
			v[n++].path = xstrdup(f->path_bytes);
			gate_side(&v[i].after, f->after);
		}
		gate_side(&v[i].before, f->before);
		v[i].changed_on_disk = v[i].conflict = false;
	}
	return n;
}

/* The proposed changes, in the form of a scan. Changes whose content is gone
 * are left out and named in `lost`. */
static int
restage_proposed(const struct core *c, const struct ev_note *since,
    struct stage_scan *scan, struct buf *lost, struct err *e)
{
	const struct fold_proposal *p = c->fold->proposal;
	size_t files = p == NULL ? 0 : p->files_len;
	AUTO_CLOSE int root = open(c->root,
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stage_change *v;
	size_t i, n = 0, lacks = 0;

	if (root < 0)
		return err_sys(e, "cannot open the project %s", c->root);
	v = xcalloc(2 * files + (since == NULL ? 0 : since->files_len) + 1,
	    sizeof(*v));
	for (i = 0; i < files; i++) {
		const struct fold_file *f = &p->files[i];

		if (restage_lacks(c, &f->after)) {
			if (!restage_is_written(root, f))
				restage_lose(lost, ++lacks, f);
			continue;
		}
		if (f->from_bytes != NULL)
			n = restage_add(v, n, f->from_bytes, &f->before, NULL);
		n = restage_add(v, n, f->path_bytes, f->from_bytes != NULL ?
		    NULL : &f->before, &f->after);
		restage_changed(c, f, &v[n - 1]);
	}
	scan->changes = v;
	scan->changes_len = since == NULL ? n : restage_since(v, n, since);
	return 0;
}

/* Drop them only if the user says so. */
static int
restage_drop(const struct core *c, const struct buf *lost, struct err *e)
{
	if (lost->len == 0 || json_is(c->start, "recover", "leave"))
		return 0;
	return err_set(e, "the staged copy is gone, and the content of these "
	    "changes is not in the session's store either: %s. --recover leave "
	    "drops them and continues with the project as it is", buf_str(lost));
}

/* Replace the old staged copy by the complete new one. A start after a kill
 * begins here: the old one may be half removed, and must not be scanned. */
static int
restage_finish(struct core *c, struct err *e)
{
	AUTO_FREE char *from = fs_join(c->dir, RESTAGED);
	AUTO_FREE char *to = fs_join(c->dir, "stage");
	int rc = stages_remove(c, "stage", e);

	if (rc == 0 && rename(from, to) < 0)
		rc = err_sys(e, "cannot rename %s", from);
	return rc;
}

/* Build a staged copy of these changes beside the old one, then swap: half of
 * it would look as if the agent had reverted the rest. */
static int
restage_put(struct core *c, const struct stage_scan *scan, struct err *e)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	struct stage *s = stages_scratch(c, RESTAGE, e);
	AUTO_FREE char *from = fs_join(c->dir, RESTAGE);
	AUTO_FREE char *to = fs_join(c->dir, RESTAGED);
	size_t i;
	int rc;

	/* A copy gets the project's files only now. */
	rc = s == NULL ? -1 : stage_before_call(s, false, &notes, e);
	for (i = 0; i < scan->changes_len && rc == 0; i++)
		rc = stage_take_change(s, &scan->changes[i], e);
	stage_free(s);
	if (rc == 0 && rename(from, to) < 0)
		rc = err_sys(e, "cannot rename %s", from);
	if (rc < 0)
		(void)stages_remove(c, RESTAGE, NULL);
	else
		rc = restage_finish(c, e);
	return rc;
}

struct stage *
restage_open(struct core *c, const struct ev_note *since, char **note,
    struct err *e)
{
	const struct fold_proposal *p = c->fold->proposal;
	bool copy = !sandbox_levels[c->sandbox.level].overlays, moves, gone, late;
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };
	AUTO_BUF struct buf lost = BUF_INIT(0);
	int rc = 0;

	*note = NULL;
	late = restage_has(c, RESTAGED);
	if (late && restage_finish(c, e) < 0)
		return NULL;
	(void)stages_remove(c, RESTAGE, NULL);
	moves = !restage_has(c, copy ? "stage/copy" : "stage/up") &&
	    restage_has(c, copy ? "stage/up" : "stage/copy");
	gone = !restage_has(c, "stage/up") && !restage_has(c, "stage/copy") &&
	    (p != NULL || since != NULL);
	if (moves)
		rc = restage_scan(c, copy ? SANDBOX_VIEW_OVERLAY :
		    SANDBOX_VIEW_COPY, &scan, e);
	else if (gone && (rc = restage_proposed(c, since, &scan,
	    &lost, e)) == 0)
		rc = restage_drop(c, &lost, e);
	if (rc == 0 && (moves || gone))
		rc = restage_put(c, &scan, e);
	if (rc == 0)
		c->stage = stages_open(c, "stage", e);
	if (lost.len > 0)
		c->task.faults |= FAULT_LOST;
	if (c->stage != NULL && lost.len > 0)
		*note = xasprintf("The staged copy was gone. These changes "
		    "are lost, since their content is not in the session's "
		    "store: %s", buf_str(&lost));
	else if (c->stage == NULL)
		;
	else if (moves)
		*note = xasprintf("The staged copy was taken over into %s: "
		    "build products in it are gone", copy ?
		    "a copy of the project" : "an overlay of the project");
	else if (since != NULL)
		;
	else if (late)
		*note = xstrdup("The staged copy is restored after an "
		    "interruption: its build products are gone");
	else if (gone)
		*note = xstrdup("The staged copy was gone: the open changes "
		    "were staged again from the session's objects, build "
		    "products and what was not proposed yet are lost");
	return c->stage;
}
