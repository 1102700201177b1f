#include "config.h"

#include "core/diagnose/diagnose.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/utf8.h"
#include "core/diagnose/linter.h"
#include "core/job/job.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/stage/stages.h"
#include "gate/gate.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "loop/loop.h"
#include "sandbox/sandbox.h"
#include "tool/tool.h"

#define DIAGNOSE_DIR	"diagnose"
#define DIAGNOSE_OLD	"old"
#define DIAGNOSE_WAIT_MS 2000
#define DIAGNOSE_JOBS	50		/* after an answer */
#define DIAGNOSE_LINES	20		/* that the model is told then, */
#define DIAGNOSE_OF_FILE 5		/* and of these about a file */
#define DIAGNOSE_FINDINGS 500		/* of a run */
#define DIAGNOSE_OUTPUT	((size_t)1 << 20)	/* bytes that are read */
#define DIAGNOSE_FILE	((size_t)4 << 20)	/* of a file, for its lines */
#define DIAGNOSE_LINE	((size_t)1000)		/* of a line that is looked at */
#define DIAGNOSE_SOURCE	((size_t)120)		/* of a line that is told */
#define DIAGNOSE_READ	((size_t)64 << 20)	/* of all files, for the lines of
						   a run's findings */

struct diagnose_job {
	char	*path;			/* the edited file */
	struct linter_job job;
};

/* What a script finds in the real tree. */
struct diagnose_base {
	char	*script;
	struct timespec time;		/* of its only file, then */
	uint64_t *v;			/* of each finding a hash */
	size_t	 v_len;
	bool	 cut;			/* and there are more */
};

struct diagnose {
	struct stage	*apart;		/* home, /tmp, caches; NULL: none yet */
	struct pathmap	 due;		/* edited files */
	struct pathmap	 off;		/* linters that don't run again */
	char		*call;		/* the result that the model gets next:
					   that of the last edit; or NULL */
	bool		 edited;	/* it is one */
	struct diagnose_job *jobs;
	size_t		 jobs_len, next;
	bool		 cut;		/* and not all of it was read */
	struct event	*found;		/* what it found in the copy; it
					   looks at the real tree now. Or NULL */
	struct diagnose_base *bases;
	size_t		 bases_len;
	struct loop_timer *timer;	/* until the model's turn waits no
					   more */
	bool		 waits;
	bool		 slow;		/* the last time it waited in vain */
	bool		 untold;	/* it was found before the model's turn
					   ended, and isn't sent yet */
	size_t		 lines;		/* that can still be told */
	struct pathmap	 told;		/* how many are about each file */
	bool		 broken;	/* nothing can run */
};

static void	diagnose_next(struct core *);
static int	diagnose_run(struct core *, bool real, struct err *);

static void
diagnose_init(struct core *c)
{
	c->review.diagnose = xcalloc(1, sizeof(*c->review.diagnose));
}

static bool
diagnose_is_on(const struct core *c)
{
	const cJSON *set = json_get(c->start, "diagnostics");

	return (cJSON_IsArray(set) || json_is(c->start, "diagnostics",
	    "auto")) && sandbox_levels[c->sandbox.level].holds &&
	    (c->mode == MODE_INTERACTIVE || c->mode == MODE_EXEC) &&
	    c->target.answers == NULL && !c->review.diagnose->broken;
}

static void
diagnose_forget_bases(struct diagnose *d)
{
	MEM_EACH(d, bases, b)
		FREE_ALL(b->script, b->v);
	FREE_NULL(d->bases);
	d->bases_len = 0;
}

static void
diagnose_clear_jobs(struct diagnose *d)
{
	MEM_EACH(d, jobs, j) {
		free(j->path);
		linter_job_release(&j->job);
	}
	FREE_NULL(d->jobs);
	d->jobs_len = d->next = 0;
	d->waits = false;
	loop_timer_free(&d->timer);
	event_drop(&d->found);
}

/* End what runs. `again`: its files are still to be looked at; core_soon follows
 * if there are any. */
static void
diagnose_end(struct core *c, bool again)
{
	struct diagnose *d = c->review.diagnose;
	size_t i;

	(void)job_stop(c, JOB_LINTER, NULL);
	for (i = d->next; again && i < d->jobs_len; i++) {
		pathmap_add(&d->due, d->jobs[i].path, sizeof(char *));
		core_soon(c);	/* the model's turn may wait for it */
	}
	if (!again)
		pathmap_release(&d->due);
	diagnose_clear_jobs(d);
}

void
diagnose_drop(struct core *c)
{
	diagnose_end(c, false);
}

static void
diagnose_yield(struct core *c)
{
	if (job_runs(c, JOB_LINTER))
		diagnose_end(c, true);
}

static void
diagnose_free(struct core *c)
{
	struct diagnose *d = c->review.diagnose;

	diagnose_drop(c);
	diagnose_forget_bases(d);
	if (d->apart != NULL) {
		stage_free(d->apart);
		(void)stages_remove(c, DIAGNOSE_DIR, NULL);
	}
	pathmap_release(&d->off);
	pathmap_release(&d->told);
	FREE_ALL(d->call, d);
}

/* ---- files, as a linter sees them ---- */

/* A regular file of the copy or the real tree, or -1. */
static int
diagnose_open(const struct core *c, bool real, const char *path)
{
	int fd = real ? -1 : fs_open_regular(c->stage->staged_fd, path);

	return fd >= 0 || (!real &&
	    !sandbox_levels[c->sandbox.level].overlays) ? fd :
	    fs_open_regular(c->stage->root_fd, path);
}

static bool
diagnose_has(void *arg, const char *folder, const char *name)
{
	AUTO_FREE char *path = folder[0] == '\0' ? xstrdup(name) :
	    fs_join(folder, name);
	AUTO_CLOSE int fd = diagnose_open(arg, false, path);

	return fd >= 0;
}

/* A file's text, if it isn't too large; false: it has none. */
static bool
diagnose_text(struct core *c, bool real, const char *path, struct buf *b)
{
	AUTO_CLOSE int fd = policy_hides(c->policy, path) ? -1 :
	    diagnose_open(c, real, path);

	return fd >= 0 && fs_read_all(fd, b) == 0;
}

/* A file in which lines are looked up. */
struct diagnose_lines {
	char		*path;		/* NULL: none yet */
	bool		 readable;
	struct buf	 text;
	struct lines	 lines;
	size_t		 left;		/* of DIAGNOSE_READ */
};

/* Look up in this file from now on. */
static void
diagnose_lines_of(struct core *c, bool real, const char *path,
    struct diagnose_lines *f)
{
	if (f->path != NULL && strcmp(f->path, path) == 0)
		return;
	xstrset(&f->path, path);
	buf_clear(&f->text);
	f->readable = diagnose_text(c, real, path, &f->text);
	f->lines.len = 0;
	lines_cut(&f->lines, buf_str(&f->text), f->text.len);
	f->left -= MIN(f->left, f->text.len);
}

/* The line without spaces around it; malloc'ed. */
static char *
diagnose_line(const struct diagnose_lines *f, int64_t line)
{
	const char *p, *end;

	if (line < 1 || (uint64_t)line > f->lines.len)
		return xstrdup("");
	p = f->lines.v[line - 1].p;
	end = p + MIN(f->lines.v[line - 1].n, DIAGNOSE_LINE);
	while (p < end && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	while (p < end && strchr(" \t", *p) != NULL)
		p++;
	return xmemdup(p, utf8_cut(p, (size_t)(end - p), DIAGNOSE_SOURCE));
}

/* The real tree's time of this file; zeroed: there is none. */
static struct timespec
diagnose_time(const struct core *c, const char *path)
{
	struct stat st = { 0 };

	if (path != NULL && fstatat(c->stage->root_fd, path, &st,
	    AT_SYMLINK_NOFOLLOW) != 0)
		memset(&st, 0, sizeof(st));
	return st.st_mtim;
}

/* ---- what it found ---- */

/* The place of a finding, relative to the project; malloc'ed, or NULL. */
static char *
diagnose_path(const struct core *c, const struct linter_job *j,
    const char *said)
{
	const char *copy = c->stage->staged_path;
	AUTO_FREE char *from = fs_normalize(c->root, j->folder);

	if (said == NULL)
		return xstrdup_null(j->file);
	return fs_is_below(said, copy) ? fs_inside(copy, copy, said) :
	    fs_inside(c->root, from, said);
}

/* Add the results in files of the project to the event, as findings with the
 * text of their lines. Only so many files are read for it. */
static void
diagnose_place(struct core *c, const struct linter_job *j, bool real,
    const struct linter_founds *all, bool cut, struct event *e)
{
	struct ev_diagnostics *to = &e->diagnostics;
	struct diagnose_lines lines = { .text = BUF_INIT(DIAGNOSE_FILE),
		.left = DIAGNOSE_READ };
	struct diagnose *d = c->review.diagnose;

	to->findings = ev_alloc(e, (all->v_len + 1) * sizeof(*to->findings));
	MEM_EACH(all, v, f) {
		AUTO_FREE char *path = diagnose_path(c, j, f->path);
		AUTO_FREE char *line = NULL, *clean = NULL;

		if (path == NULL || lines.left == 0)
			continue;
		diagnose_lines_of(c, real, path, &lines);
		if (!lines.readable)
			continue;
		line = diagnose_line(&lines, f->line);
		clean = core_masked(c, line);
		to->findings[to->findings_len++] = (struct ev_finding){
		    .path_bytes = ev_text(e, path), .line = f->line,
		    .severity = f->severity,
		    .message = ev_text(e, f->message),
		    .source = ev_text(e, clean) };
	}
	d->cut = cut || lines.left == 0 ||
	    all->v_len >= LINTER_FOUND_MAX;
	FREE_ALL(lines.path, lines.lines.v);
	buf_release(&lines.text);
}

/* The same fault at another line is the same. */
static uint64_t
diagnose_hash(const struct ev_finding *f)
{
	const char *const parts[] = { f->path_bytes, f->message, f->source };
	uint64_t h = HASH_BEGIN;
	size_t i;

	for (i = 0; i < MEM_COUNT(parts); i++)
		h = hash_bytes(h, parts[i], strlen(parts[i]) + 1);
	return h;
}

static void
diagnose_keep_base(struct core *c, const struct linter_job *j,
    const struct ev_diagnostics *found)
{
	struct diagnose *d = c->review.diagnose;
	struct diagnose_base *b;

	b = GROW_ADD(d->bases, d->bases_len);
	*b = (struct diagnose_base){ .script = xstrdup(j->script),
	    .time = diagnose_time(c, j->file),
	    .v = xcalloc(found->findings_len + 1, sizeof(*b->v)) };
	MEM_EACH(found, findings, f)
		b->v[b->v_len++] = diagnose_hash(f);
	b->cut = d->cut;
}

/* NULL: the real tree isn't looked at yet. */
static struct diagnose_base *
diagnose_base_of(const struct core *c, const struct linter_job *j)
{
	struct timespec now = diagnose_time(c, j->file);

	MEM_EACH_BACK(c->review.diagnose, bases, b)
		if (strcmp(b->script, j->script) == 0 &&
		    (j->file == NULL || (b->time.tv_sec == now.tv_sec &&
		    b->time.tv_nsec == now.tv_nsec)))
			return b;
	return NULL;
}

/* Drop the findings that were there before, each as often as it was; if not all
 * of those are known, any may have been. */
static void
diagnose_only_new(const struct diagnose_base *b, struct ev_diagnostics *to)
{
	AUTO_FREE uint64_t *had = xcalloc(b->v_len + 1, sizeof(*had));
	size_t n = to->findings_len, len = b->v_len, i, k;

	if (len > 0)
		memcpy(had, b->v, len * sizeof(*had));
	to->findings_len = 0;
	for (i = 0; i < n && !b->cut; i++) {
		uint64_t h = diagnose_hash(&to->findings[i]);

		for (k = 0; k < len && had[k] != h; k++)
			continue;
		if (k < len)
			had[k] = had[--len];
		else
			to->findings[to->findings_len++] = to->findings[i];
	}
}

/* ---- what is told ---- */

/* Does the model know this finding of the linter or, with NULL, has the fold
 * any about this file (NULL: all)? */
static bool
diagnose_is_known(const struct core *c, const char *linter, const char *about,
    const struct ev_finding *f)
{
	const struct fold_finding *g = c->fold->findings.list;
	const struct fold_finding *end = g + c->fold->findings.list_len;

	while (g < end && (!ev_is(g->by, linter) || (f == NULL ?
	    about != NULL && !ev_is(g->about, about) :
	    g->untold || strcmp(g->path, f->path_bytes) != 0 ||
	    strcmp(g->message, f->message) != 0 ||
	    !ev_is(g->source, f->source))))
		g++;
	return g < end;
}

/* May this new finding be told? The first of a run is; of the others few about a
 * file, and none in place of the first of a run that follows. */
static bool
diagnose_may_tell(const struct diagnose *d, const char *path, bool first)
{
	return d->lines > 0 && (first || (d->lines >= d->jobs_len - d->next &&
	    pathmap_number(&d->told, path) < DIAGNOSE_OF_FILE));
}

/* What the model doesn't know yet, behind bars: others wrote it. */
static void
diagnose_words(struct core *c, struct event *e)
{
	struct ev_diagnostics *x = &e->diagnostics;
	struct diagnose *d = c->review.diagnose;
	AUTO_BUF struct buf b = BUF_INIT(1 << 16);
	size_t more = 0, from;

	buf_addf(&b, "[assent] New with your edits, says %s:", x->checker);
	from = b.len;
	MEM_EACH(x, findings, f) {
		if (diagnose_is_known(c, x->checker, NULL, f))
			continue;
		f->untold = !diagnose_may_tell(d, f->path_bytes, b.len == from);
		if (f->untold) {
			more++;
			continue;
		}
		d->lines--;
		pathmap_set_number(&d->told, f->path_bytes,
		    pathmap_number(&d->told, f->path_bytes) + 1);
		buf_adds(&b, "\n| ");
		json_path_text(&b, f->path_bytes);
		buf_addf(&b, ":%lld: %s: %s", (long long)f->line, f->severity,
		    f->message);
		if (f->source[0] != '\0')
			buf_addf(&b, " [%s]", f->source);
	}
	if (more > 0)
		buf_addf(&b, "\n| (%zu more)", more);
	if (b.len > from)
		x->text = ev_text(e, buf_str(&b));
}

/* Has the model called done, so that no request follows by itself? */
static bool
diagnose_is_last(const struct core *c)
{
	return c->task.model == MODEL_CALLED_DONE ||
	    c->task.model == MODEL_CANNOT_PASS;
}

static void
diagnose_tell(struct core *c, const struct linter_job *j, struct event *e)
{
	struct ev_diagnostics *x = &e->diagnostics;
	struct diagnose *d = c->review.diagnose;

	if (x->off == NULL && x->findings_len == 0 &&
	    !diagnose_is_known(c, x->checker, j->file, NULL))
		return;
	x->about_bytes = j->file;
	if (x->findings_len > DIAGNOSE_FINDINGS)
		x->findings_len = DIAGNOSE_FINDINGS;
	diagnose_words(c, e);
	if (x->text != NULL && !diagnose_is_last(c))
		x->for_ = d->call;
	if (x->text != NULL && (d->waits || !diagnose_is_last(c)))
		d->untold = true;
	EMIT_THIS(c, "core", diagnostics, x);
}

/* ---- a run ---- */

/* The end of its output's first line, "=NAME", and the name, malloc'ed; NULL:
 * there is no linter for the file. */
static const char *
diagnose_name(const char *output, char **name)
{
	size_t n = strcspn(output, "\n");

	*name = output[0] == '=' ? xmemdup(output + 1, n - 1) : NULL;
	return output + n;
}

/* Why it is of no use here; malloc'ed, or NULL. `ms`: its limit; `ok`: it said
 * something, or may fail. */
static char *
diagnose_failure(const struct sandbox_result *r, int64_t ms,
    const char *output, bool ok)
{
	const char *line;
	size_t n;

	if (!r->built)
		return xasprintf("no sandbox for it: %s", r->error);
	if (r->killed != NULL && strcmp(r->killed, "timeout") == 0)
		return xasprintf("it took longer than %lld s", (long long)ms /
		    1000);
	if (r->killed != NULL)
		return xasprintf("it was ended at a limit (%s)", r->limit ==
		    NULL ? r->killed : r->limit);
	if (r->exit == 0 || ok)
		return NULL;
	/* The line that says why, if one does. */
	line = strcasestr(output, "error");
	while (line != NULL && line > output && line[-1] != '\n')
		line--;
	if (line == NULL)
		line = output + strspn(output, "\n");
	n = strcspn(line, "\n");
	return xasprintf("it failed (exit %d)%s%.*s", r->exit, n == 0 ? "" :
	    ": ", (int)utf8_cut(line, n, 200), line);
}

static void
diagnose_over(struct core *c)
{
	struct diagnose *d = c->review.diagnose;

	if (++d->next == d->jobs_len) {
		d->slow = d->timer == NULL;
		diagnose_clear_jobs(d);
	} else
		diagnose_next(c);
	core_soon(c);
}

/* Is there something to compare with? Of a new file all is new. */
static bool
diagnose_compares(const struct core *c, const struct linter_job *j)
{
	AUTO_CLOSE int fd = j->file == NULL ? -1 :
	    diagnose_open(c, true, j->file);

	return j->file == NULL || fd >= 0;
}

/* It found this in the copy. True if it goes on in the real tree, or begins
 * again. */
static bool
diagnose_staged(struct core *c, const struct linter_job *j, struct event *e)
{
	struct diagnose *d = c->review.diagnose;
	const struct diagnose_base *b = diagnose_base_of(c, j);

	if (e->diagnostics.findings_len > 0 && b == NULL &&
	    diagnose_compares(c, j)) {
		/* A call reads meanwhile: look at it again. */
		if (!job_may(c, JOB_LINTER)) {
			diagnose_end(c, true);
			return true;
		}
		event_keep(&d->found, e);
		if (diagnose_run(c, true, NULL) == 0)
			return true;
		event_drop(&d->found);
		return false;
	}
	if (b != NULL)
		diagnose_only_new(b, &e->diagnostics);
	diagnose_tell(c, j, e);
	return false;
}

/* Do the same in the real tree. */
static void
diagnose_real(struct core *c, const struct linter_job *j, struct event *e)
{
	struct diagnose *d = c->review.diagnose;

	diagnose_keep_base(c, j, &e->diagnostics);
	diagnose_only_new(&d->bases[d->bases_len - 1], &d->found->diagnostics);
	diagnose_tell(c, j, d->found);
	event_drop(&d->found);
}

static void
diagnose_ended(struct core *c, struct job *was,
    const struct sandbox_result *r)
{
	struct diagnose *d = c->review.diagnose;
	const struct linter_job *j = &d->jobs[d->next].job;
	bool real = d->found != NULL;
	AUTO_FREE char *output = NULL, *name = NULL, *why = NULL;
	const char *text;
	AUTO(linter_founds_release) struct linter_founds all = { 0 };
	AUTO_EVENT struct event e = { .type = EVENT_DIAGNOSTICS };

	if (r == NULL)
		return;
	output = output_keep(c, &was->out, SIZE_MAX, false, NULL);
	text = diagnose_name(output, &name);
	linter_read(text, &all);
	/* 126 and 127 are the shell's: it couldn't be started. */
	why = diagnose_failure(r, j->timeout_ms, text, real || (all.v_len > 0 &&
	    r->exit != 126 && r->exit != 127));
	e.diagnostics.checker = name == NULL ? "linter" : name;
	e.diagnostics.off = why;
	e.diagnostics.ms = r->ms;
	if (why == NULL)
		diagnose_place(c, j, real, &all,
		    was->out.len == DIAGNOSE_OUTPUT, &e);
	if (why != NULL) {
		d->broken = name == NULL;
		diagnose_tell(c, j, &e);
	} else if (real)
		diagnose_real(c, j, &e);
	else if (name != NULL && diagnose_staged(c, j, &e))
		return;
	diagnose_over(c);
}

static int
diagnose_open_apart(struct core *c, struct err *e)
{
	struct diagnose *d = c->review.diagnose;

	if (d->apart != NULL)
		return 0;
	(void)stages_remove(c, DIAGNOSE_DIR, NULL);
	/* Nothing is copied for its own view, which stays empty. */
	d->apart = stages_open_as(c, DIAGNOSE_DIR, SANDBOX_VIEW_OVERLAY, e);
	return d->apart == NULL ? -1 : 0;
}

/* Links in `at` to all that the copy has in this folder, which is "" or ends
 * with a slash, but for `name`. */
static int
diagnose_link(const struct core *c, int at, const char *folder,
    const char *name, struct err *e)
{
	bool mounted = sandbox_levels[c->sandbox.level].encloses;
	/* Never through a link, which may lead out of the copy. */
	AUTO_DIR DIR *d = fs_dir_take(fs_open_beneath(c->stage->staged_fd,
	    folder[0] == '\0' ? "." : folder, O_RDONLY | O_DIRECTORY, 0));
	struct dirent *de;

	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *to = xasprintf("%s/%s%s", mounted ?
		    SANDBOX_STAGED_DIR : c->stage->staged_path, folder,
		    de->d_name);

		if (strcmp(de->d_name, name) != 0 &&
		    symlinkat(to, at, de->d_name) < 0)
			return err_sys(e, "cannot link %s", to);
	}
	return 0;
}

/* A new folder in `at`, open; -1 with *e. */
static int
diagnose_folder(int at, const char *name, struct err *e)
{
	int fd = mkdirat(at, name, 0755) < 0 ? -1 :
	    fs_open_beneath(at, name, O_RDONLY | O_DIRECTORY, 0);

	return fd < 0 ? err_sys(e, "cannot create %s", name) : fd;
}

/* Make a folder in a copy in which the file has its old text, beside links to
 * all other files. Returns the folder's path, malloc'ed; NULL with *e. */
static char *
diagnose_old(struct core *c, const char *file, struct err *e)
{
	const struct stage *apart = c->review.diagnose->apart;
	AUTO_BUF struct buf text = BUF_INIT(DIAGNOSE_FILE);
	AUTO_FREE char *folder = xcalloc(1, strlen(file) + 1);
	const char *name = file, *last = file;
	int at = -1, sub, rc;

	if (!diagnose_text(c, true, file, &text)) {
		err_set(e, "cannot read %s", file);
		return NULL;
	}
	rc = fs_remove_tree(apart->dir_fd, DIAGNOSE_OLD, e);
	if (rc == 0)
		rc = at = diagnose_folder(apart->dir_fd, DIAGNOSE_OLD, e);
	while (rc >= 0) {
		AUTO_FREE char *one = xmemdup(name, strcspn(name, "/"));

		last = name;
		memcpy(folder, file, (size_t)(name - file));
		rc = diagnose_link(c, at, folder, one, e);
		name += strlen(one);
		if (rc < 0 || *name == '\0')
			break;
		name++;
		rc = sub = diagnose_folder(at, one, e);
		close(at);
		at = sub;
	}
	if (rc == 0)
		rc = fs_replace(at, last, text.p, text.len, 0644, e);
	fs_close(at);
	return rc < 0 ? NULL : fs_join(apart->dir, DIAGNOSE_OLD);
}

/* Start the next job's linter on the copy or, to know what isn't new, on
 * the real tree: without the staged files, or with the file's old text. */
static int
diagnose_run(struct core *c, bool real, struct err *e)
{
	struct diagnose *d = c->review.diagnose;
	const struct linter_job *j = &d->jobs[d->next].job;
	bool layers = sandbox_levels[c->sandbox.level].overlays;
	AUTO_FREE char *script = xasprintf("%s%s", real ? LINTER_REAL :
	    LINTER_STAGED, j->script), *view = NULL;
	struct program_plan plan = { .ended = diagnose_ended,
		.command = script, .first = DIAGNOSE_OUTPUT, .spec = { .cwd = c->root,
		.limits.timeout_ms = j->timeout_ms } };

	if (diagnose_open_apart(c, e) < 0 || (real && !layers &&
	    (view = diagnose_old(c, j->file, e)) == NULL))
		return -1;
	plan.apart = d->apart;
	plan.stage = real && layers ? d->apart : c->stage;
	plan.view = view;
	plan.spec.staged = view == NULL ? NULL : c->stage->staged_path;
	return job_start(&c->jobs[JOB_LINTER], &plan, e);
}

/* ---- after an answer ---- */

static void
diagnose_next(struct core *c)
{
	struct diagnose *d = c->review.diagnose;
	struct err e = ERR_INIT;

	if (d->next == d->jobs_len || !job_may(c, JOB_LINTER) ||
	    diagnose_run(c, false, &e) == 0)
		return;
	emit_note(c, "edited files are not checked: %s", e.text);
	d->broken = true;
	diagnose_clear_jobs(d);
}

static bool
diagnose_is_queued(const struct diagnose *d, const struct linter_job *j)
{
	MEM_EACH(d, jobs, it)
		if (strcmp(it->job.script, j->script) == 0)
			return true;
	return false;
}

/* An edit may have mended other files, too, or uncovered faults in them. */
static void
diagnose_add_open(struct core *c)
{
	MEM_EACH(&c->fold->findings, list, g)
		if (g->about != NULL && diagnose_has(c, "", g->about))
			pathmap_add(&c->review.diagnose->due, g->about,
			    sizeof(char *));
}

/* A job for each edited file, but one for those that it sees together. */
static void
diagnose_plan(struct core *c)
{
	struct diagnose *d = c->review.diagnose;
	AUTO_FREE void **paths = pathmap_list(&d->due);
	size_t i;

	for (i = 0; paths[i] != NULL && d->jobs_len < DIAGNOSE_JOBS; i++) {
		const char *path = *(char *const *)paths[i];
		struct linter_job j;

		if (!linter_job(path, json_array(c->start, "diagnostics"),
		    &d->off, diagnose_has, c, &j))
			continue;
		/* Without layers there is no real tree to compare a whole
		 * project with. */
		if ((j.file == NULL &&
		    !sandbox_levels[c->sandbox.level].overlays) ||
		    diagnose_is_queued(d, &j)) {
			linter_job_release(&j);
			continue;
		}
		*GROW_ADD(d->jobs, d->jobs_len) =
		    (struct diagnose_job){ xstrdup(path),
		    j };
	}
	pathmap_release(&d->due);
}

static void
diagnose_late(void *arg)
{
	struct core *c = arg;
	struct diagnose *d = c->review.diagnose;

	d->timer = NULL;
	d->waits = false;
	d->slow = true;
	core_soon(c);
}

bool
diagnose_step(struct core *c)
{
	struct diagnose *d = c->review.diagnose;

	if (d->jobs_len == 0 && d->due.len > 0) {
		diagnose_add_open(c);
		diagnose_plan(c);
		d->lines = DIAGNOSE_LINES;
		pathmap_release(&d->told);
		d->waits = d->jobs_len > 0 && (!d->slow || diagnose_is_last(c));
		if (d->jobs_len > 0)
			d->timer = loop_timer_new(c->loop, json_int(c->start,
			    "diagnostics_wait_ms", DIAGNOSE_WAIT_MS),
			    diagnose_late, c);
	}
	if (!job_runs(c, JOB_LINTER))
		diagnose_next(c);
	if (d->waits && job_runs(c, JOB_LINTER))
		return true;
	if (d->untold && diagnose_is_last(c) && !task_is_wrapped(c)) {
		d->untold = false;
		emit_not_done(c, "diagnostics", "see below what is new "
		    "with your edits. Fix it, or call done again.");
	}
	return false;
}

/* ---- the part ---- */

static void
diagnose_result(struct core *c, const struct core_call *call,
    const struct ev_tool_result *t)
{
	struct diagnose *d = c->review.diagnose;
	bool edits = t->ok && (call->effects & (TOOL_WRITES | TOOL_COMMAND)) ==
	    TOOL_WRITES;

	if (!diagnose_is_on(c) || task_plans(c))
		return;
	if (edits || !d->edited)
		xstrset(&d->call, call->id);
	if (!edits)
		return;
	d->edited = true;
	MEM_EACH(call, seen, s)
		if (s->path != NULL)
			pathmap_add(&d->due, s->path, sizeof(char *));
}

static void
diagnose_line_read(struct core *c, const struct event *e)
{
	struct diagnose *d = c->review.diagnose;

	if (e->type == EVENT_DIAGNOSTICS && e->diagnostics.off != NULL)
		pathmap_add(&d->off, ev_str(e->diagnostics.checker, ""),
		    sizeof(char *));
	else if (e->type == EVENT_APPLIED)
		diagnose_forget_bases(d);
	else if (e->type == EVENT_TURN_START) {
		FREE_NULL(d->call);
		d->edited = d->untold = false;
	}
}

static void
diagnose_task(struct core *c)
{
	diagnose_forget_bases(c->review.diagnose);
}

const struct core_part diagnose_part = {
	.init = diagnose_init, .task = diagnose_task,
	.job = JOB_LINTER, .yield = diagnose_yield, .result = diagnose_result,
	.line = diagnose_line_read, .lines = OF(EVENT_APPLIED) |
	    OF(EVENT_DIAGNOSTICS) | OF(EVENT_TURN_START),
	.free = diagnose_free,
};
