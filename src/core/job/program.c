#include "config.h"

#include "core/job/program.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/job/agent-plan.h"
#include "core/kernel/core.h"
#include "core/kernel/disk.h"
#include "core/net/network.h"
#include "core/net/registry.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/session.h"
#include "loop/loop.h"
#include "sandbox/landlock.h"
#include "sandbox/mount-plan.h"
#include "tool/tool.h"

#define PROGRAM_INDEX_MAX ((size_t)8 << 20)	/* of git's index, which goes
						   with each call */

#define PROGRAM_SEARCH	512	/* names, and files, of a step */

/* What is the same for all tools; the strings are borrowed. */
static void
program_spec(struct core *c, struct stage *stage, struct sandbox_spec *s)
{
	int64_t own_ms = s->limits.timeout_ms;

	s->worker = c->worker;
	s->level = c->sandbox.level;
	s->limits = c->sandbox.limits;
	if (own_ms > 0 && (s->limits.timeout_ms <= 0 ||
	    own_ms < s->limits.timeout_ms))
		s->limits.timeout_ms = own_ms;
	s->root = c->root;
	s->alias = json_str(c->start, "alias");
	if (s->cwd == NULL)
		s->cwd = c->cwd;
	s->home = json_str(c->start, "home");
	s->path = json_str_or(c->start, "path", "/usr/bin:/bin");
	s->environment = c->sandbox.environment;
	s->out_dir = c->out_dir;
	s->state_dir = c->state_dir;
	s->certificates = c->sandbox.certificates;
	s->cgroup = c->sandbox.cgroup;
	s->toolchains = (const char *const *)c->sandbox.toolchains;
	s->devices = c->sandbox.devices;
	s->skills = (const char *const *)c->sandbox.skills;
	s->skills_hidden = (const char *const *)c->sandbox.skills_hidden;
	stage_fill_spec(stage, s);
}

/* Commands run in the user's image, if one is named; the git of `apply` doesn't. */
static void
program_image(const struct core *c, struct sandbox_spec *s)
{
	const struct image *im = &c->sandbox.image;

	if (im->layers == NULL || (c->mode == MODE_TRY && c->phase != PHASE_HOOK &&
	    strcmp(s->tool, "argv") == 0 &&
	    json_str(c->start, "patch_sha256") != NULL))
		return;
	s->image = im->layers;
	s->path = im->path;
	s->environment = (const char *const *)im->environment;
}

/* Git shall neither fail on a hidden file nor call it deleted. On level C the
 * index of a linked worktree can't be replaced. */
static void
program_cover_index(struct core *c)
{
	AUTO_BUF struct buf text = BUF_INIT(PROGRAM_INDEX_MAX);
	AUTO_FREE char *path = sandbox_levels[c->sandbox.level].holds ?
	    ignore_index_hide(c->policy->ignore,
	    (const char *const *)c->policy->secrets, &text) : NULL;

	if (path != NULL && (!sandbox_levels[c->sandbox.level].brokers ||
	    fs_is_below(path, c->root))) {
		size_t len = text.len;

		*GROW_ADD(c->sandbox.covers, c->sandbox.covers_len) =
		    (struct sandbox_cover){ xstrdup(path), buf_take(&text), len };
	}
}

/* The project's .git is a file: let it lead to the copy. */
static void
program_cover_link(struct core *c)
{
	static const char text[] = "gitdir: " SANDBOX_GIT_DIR "\n";

	*GROW_ADD(c->sandbox.covers, c->sandbox.covers_len) =
	    (struct sandbox_cover){
		fs_join(c->root, ".git"), xstrdup(text), strlen(text) };
}

/* Is the file in a .git of which a copy is shown? Not a submodule's. */
static bool
program_is_copied(const struct core *c, const struct sandbox_spec *s,
    const char *path)
{
	AUTO_FREE char *git = fs_join(c->root, ".git");
	AUTO_FREE char *modules = fs_join(git, "modules");

	return s->git != NULL && fs_is_below(path, git) &&
	    !fs_is_below(path, modules);
}

/* Hide credentials in git configurations: the project's and that of the
 * repository its .git file points to, unless a copy of it is shown; those of
 * nested repositories. They are looked through again once one has changed. */
static void
program_covers(struct core *c, const struct sandbox_spec *s)
{
	struct core_sandbox *to = &c->sandbox;
	AUTO_BUF struct buf of = BUF_INIT(0);
	AUTO_FREE char *path = fs_join(c->root, ".git");
	AUTO_FREE char *linked = gitlink_find(c->root, NULL);
	char *const *nested = c->policy->gits, *real;
	struct stat st;
	size_t at, kept = 0;

	/* The file may be a link to another place in the project. */
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) &&
	    (real = fs_realpath(path)) != NULL)
		FREE_SET(path, real);
	if (fs_is_below(path, c->root))
		buf_add(&of, path, strlen(path) + 1);
	for (; nested != NULL && *nested != NULL; nested++)
		buf_addf(&of, "%s/%s%c", c->root, *nested, '\0');
	if (linked != NULL)
		buf_add(&of, linked, strlen(linked) + 1);
	buf_addc(&of, s->git != NULL ? 'c' : '-');
	while (to->covers_len > to->covers_git) {
		FREE_ALL(to->covers[to->covers_len - 1].path,
		    to->covers[to->covers_len - 1].text);
		to->covers_len--;
	}
	if (of.len == to->covers_of.len && memcmp(of.p, to->covers_of.p,
	    of.len) == 0 && git_redact_holds(&to->covers_looks))
		return;
	git_redact_free(to->covers, to->covers_len);
	to->covers = NULL;
	to->covers_len = 0;
	buf_clear(&to->covers_looks);
	for (at = 0; at + 1 < of.len; at += strlen(of.p + at) + 1)
		git_redact_add(of.p + at, &to->covers, &to->covers_len,
		    &to->covers_looks);
	MEM_EACH(to, covers, one) {
		if (fs_is_below(one->path, c->root) && (program_is_copied(c, s,
		    one->path) || policy_lifts(c->policy, one->path +
		    strlen(c->root) + 1))) {
			FREE_ALL(one->path, one->text);
		} else
			to->covers[kept++] = *one;
	}
	to->covers_len = to->covers_git = kept;
	buf_clear(&to->covers_of);
	buf_add(&to->covers_of, of.p, of.len);
}

/* Does it read nothing but files that are clear (policy_is_clear), as the user or
 * the agent has them? Then no other file has to be looked at before it. */
static bool
program_is_clear(struct core *c, const struct stage *stage, const char *tool,
    const cJSON *args)
{
	const cJSON *calls = json_array(args, "calls"), *it;
	struct tool_target *v;
	bool is = strcmp(tool, "read") == 0;
	size_t n, i;

	if (strcmp(tool, TOOL_PARALLEL) == 0) {
		cJSON_ArrayForEach(it, calls)
			if (!program_is_clear(c, stage, json_str(it, "name"),
			    json_get(it, "args")))
				return false;
		return calls != NULL;
	}
	v = tool_targets(tool_find("read"), is ? args : NULL, &n);
	for (i = 0; i < n && is; i++) {
		AUTO_FREE char *path = fs_inside(c->root, c->cwd, v[i].path);
		AUTO_CLOSE int fd = -1;

		is = path != NULL && policy_is_clear(c->policy, path) &&
		    ((fd = fs_open_regular(stage->staged_fd, path)) >= 0 ||
		    errno == ENOENT);
	}
	tool_targets_free(v, n);
	return is && n > 0;
}

static void
program_search(void *arg)
{
	struct core *c = arg;

	c->sandbox.search_goes_on = NULL;
	(void)program_masks(c);
	core_soon(c);
}

bool
program_masks(struct core *c)
{
	if (c->sandbox.search_goes_on != NULL)
		return false;
	if (policy_search(c->policy, PROGRAM_SEARCH))
		return c->sandbox.untested == NULL;
	c->sandbox.search_goes_on = loop_timer_new(c->loop, LOOP_IDLE,
	    program_search, c);
	return false;
}

/* Add the files to hide or protect in a call, for the current tree. */
static void
program_hide(struct core *c, const struct stage *stage, struct sandbox_spec *s)
{
	struct buf *note = &c->policy->cut_note;

	s->masked = program_is_clear(c, stage, s->tool, s->args) ?
	    (const char *const *)c->policy->secrets :
	    policy_secrets(c->policy);
	if (note->len > 0)
		emit_note(c, "%s", buf_str(note));
	buf_clear(note);
	s->shut = (const char *const *)c->policy->gits;
	program_covers(c, s);
	if (!s->bare && !s->no_git)
		program_cover_index(c);
	if (mount_plan_links_git(s))
		program_cover_link(c);
	s->covers = c->sandbox.covers;
	s->covers_len = c->sandbox.covers_len;
}

/* If there is neither a separate root nor Landlock, a command could read
 * another session's secret and make the user's decisions there. */
int
program_others_wait(const struct core *c, struct err *e)
{
	struct session_info *list = NULL;
	size_t n = 0, i;
	int rc = 0;

	if (sandbox_levels[c->sandbox.level].holds || landlock_version(NULL) > 0)
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

/* What it writes is seen by nobody else. */
static void
program_plan_apart(struct program_plan *p)
{
	struct sandbox_spec *s = &p->spec, its = { 0 };

	stage_fill_spec(p->apart, &its);
	s->sandbox_home = its.sandbox_home;
	s->sandbox_tmp = its.sandbox_tmp;
	s->quota_dir = its.quota_dir;
	if (p->view != NULL)
		s->copy = p->view;
	s->reads = p->reads = true;
	s->stays = false;
}

#define PROGRAM_PRINTS	((int64_t)1 << 50)

void
program_plan_make(struct core *c, struct program_plan *p)
{
	struct sandbox_spec *s = &p->spec;
	const struct tool_entry *t = tool_find(s->tool);

	p->of_files = t != NULL ? (t->effects & TOOL_COMMAND) == 0 :
	    strcmp(s->tool, TOOL_PARALLEL) == 0 ||
	    strcmp(s->tool, TOOL_WORDS) == 0;
	p->reads = tool_only_reads(s->tool);
	p->kept = p->stage == c->stage || p->stage == c->plan.stage;
	program_spec(c, p->stage, s);
	if (strcmp(s->tool, TOOL_INSPECT) == 0) {
		program_image(c, s);
		s->cwd = c->root;
		s->limits.cpu = 0;
		p->ready = &c->sandbox.ready.inspection;
		return;
	}
	s->stays = p->kept && sandbox_levels[s->level].encloses &&
	    p->kind != JOB_SEARCH;
	if (p->of_files) {
		s->encodings = json_get(c->start, "encodings");
		s->bare = true;
		s->limits.cpu = 0;
		/* A call may run beside it. */
		if (p->kind != JOB_SEARCH)
			p->ready = &c->sandbox.ready.files;
		return;
	}
	program_image(c, s);
	if (p->apart != NULL) {
		program_plan_apart(p);
		return;
	}
	/* What is checked on its own answers for itself. */
	if (p->kept)
		s->joins = MAX(c->sandbox.joins, 0);
	registry_add(c, job_is_beside(p->kind) ? p->network : c->network);
	if (!job_is_beside(p->kind)) {
		network_spec(c->network, s);
		p->ready = &c->sandbox.ready.command;
		if (c->sandbox.search != NULL && *p->ready == NULL)
			*p->ready = sandbox_find_take(c->sandbox.search,
			    c->loop);
		return;
	}
	network_spec(p->network, s);
	s->low = p->kind != JOB_LASTING;
	if (s->low)
		return;
	if (sandbox_levels[s->level].overlays)
		s->level = SANDBOX_B;
	s->out_dir = NULL;
	s->no_git = true;
	/* These count for a call. */
	s->limits.timeout_ms = PROGRAM_LASTS_MS;
	s->limits.output_bytes = PROGRAM_PRINTS;
}

void
program_view(struct core *c, struct mount_plan *plan)
{
	struct program_plan p = { .stage = c->stage, .spec.tool = "argv" };

	program_plan_make(c, &p);
	if (c->mode == MODE_TRY && agent_name(c) != NULL)
		agent_show(c, &p.spec);
	mount_plan_build(&p.spec, plan);
}

static void
program_prepare_one(struct core *c, struct stage *stage, const char *tool)
{
	struct program_plan p = { .stage = stage, .spec.tool = tool };

	program_plan_make(c, &p);
	sandbox_prepare(p.ready, c->loop, &p.spec);
}

void
program_prepare_inspection(struct core *c)
{
	program_prepare_one(c, c->stage, TOOL_INSPECT);
}

/*
 * Prepare the next sandboxes while the model thinks. The planning copy may not
 * exist yet: if it is a copy of the tree, its first call makes it.
 */
void
program_prepare(struct core *c)
{
	struct err e = ERR_INIT;

	job_wait(c);
	if (c->sandbox.untested != NULL || job_waits(c, JOB_COPY) ||
	    (task_plans(c) && c->plan.stage == NULL &&
	    (!sandbox_levels[c->sandbox.level].overlays ||
	    stages_open_plan(c, &e) < 0)))
		return;
	program_prepare_one(c, stages_current(c), TOOL_PARALLEL);
	/* Both would mount the layers of the caches. */
	if (c->sandbox.ready.inspection == NULL)
		program_prepare_one(c, stages_current(c), "bash");
}

/* A command or inspection is to run in this prepared sandbox: end the other's,
 * since both would mount the layers of the caches. */
static void
program_alone(struct core *c, struct sandbox_ready **ready)
{
	struct sandbox_ready **other = ready == &c->sandbox.ready.command ?
	    &c->sandbox.ready.inspection : &c->sandbox.ready.command;

	sandbox_ready_free(*other);
	*other = NULL;
}

void
program_unprepare(struct core *c)
{
	sandbox_ready_free(c->sandbox.ready.command);
	sandbox_ready_free(c->sandbox.ready.files);
	sandbox_ready_free(c->sandbox.ready.inspection);
	memset(&c->sandbox.ready, 0, sizeof(c->sandbox.ready));
}

void
program_drop_plan(struct core *c)
{
	/* A worker that is still building its sandbox would create new folders
	 * in the one being removed. */
	if (c->plan.stage != NULL)
		program_unprepare(c);
	c->plan.dropped = 0;
	stages_drop(c, &c->plan.stage, "plan");
}

int
program_ready(struct core *c, struct program_plan *p, struct err *e)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	struct sandbox_spec *s = &p->spec;
	int rc;

	program_plan_make(c, p);
	if (p->agent && program_plan_agent(c, p, e) < 0)
		return -1;
	if (!p->of_files && program_others_wait(c, e) < 0)
		return -1;
	rc = p->kind == JOB_LASTING ? 0 :
	    stage_before_call(p->stage, p->reads, &notes, e);
	if (p->kept)
		emit_stage_notes(c, &notes);
	if (rc < 0)
		return -1;
	if (!p->reads && !p->of_files && (!job_is_beside(p->kind) ||
	    p->kind == JOB_NOTICE))
		stage_freshen(p->stage);
	if (!p->of_files && disk_before(c, p->apart != NULL ? p->apart :
	    p->stage, &s->disk, e) < 0)
		return -1;
	program_hide(c, p->stage, s);
	if (!p->of_files && p->ready != NULL)
		program_alone(c, p->ready);
	return 0;
}

/* The command has ended: if it filled the copy, make room. */
static void
program_disk_full(struct core *c, struct stage *stage, struct buf *notes)
{
	struct stage_usage freed;
	struct err e = ERR_INIT;

	/* The prepared sandbox may have mounted files that are removed here. */
	program_unprepare(c);
	buf_adds(notes, "the command filled the copy");
	if (stage_usage(stage, STAGE_RESET, &freed, &e) < 0)
		buf_addf(notes, ": %s", e.text);
	else
		buf_adds(notes, "; what it changed there is as it was before "
		    "it, without ignored files");
	if (freed.names.len > 0) {
		buf_adds(notes, "; removed ");
		buf_add_size(notes, (uint64_t)freed.bytes);
		buf_addf(notes, " (%s)", buf_str(&freed.names));
	}
	buf_addc(notes, '\n');
	buf_release(&freed.names);
}

void
program_after(struct core *c, struct stage *stage, const struct sandbox_result *r,
    struct buf *notes)
{
	struct err e = ERR_INIT;

	network_end(c->network);
	delta_flush(c);
	if (stage_after_call(stage, notes, &e) < 0)
		buf_addf(notes, "%s", e.text);
	if (r != NULL && r->killed != NULL && strcmp(r->killed, "disk") == 0)
		program_disk_full(c, stage, notes);
}

char *
program_outside_why(const char *what)
{
	return xasprintf("no sandbox on this host: %s would run as you, with "
	    "all your rights, on a copy of the project", what);
}

static void
program_free(struct core *c)
{
	loop_timer_free(&c->sandbox.search_goes_on);
	program_unprepare(c);
	git_redact_free(c->sandbox.covers, c->sandbox.covers_len);
	buf_release(&c->sandbox.covers_of);
	buf_release(&c->sandbox.covers_looks);
}

const struct core_part program_part = { .free = program_free };
