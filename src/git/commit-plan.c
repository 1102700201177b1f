/*
 * Plans a commit: which of the chosen changes and files have lines that HEAD
 * lacks, and why others are left out. The plan is in the journal, as JSON,
 * before anything changes.
 */
#include "config.h"

#include "git/commit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "git/git-run.h"
#include "journal/event.h"

/* ---- the repository ---- */

/* `dir`: the session's folder, whose name is its id. */
static int
plan_find(struct commit_plan *p, const char *dir, struct err *e)
{
	AUTO_FREE char *mode = NULL;

	if (git_state_repository(p->root, e) < 0 ||
	    (p->top = git_run_ask(p->root, "rev-parse", "--show-toplevel", NULL,
	    e)) == NULL || (p->prefix = git_run_ask(p->root, "rev-parse",
	    "--show-prefix", NULL, e)) == NULL || index_file_find(&p->index,
	    p->top, strrchr(dir, '/') + 1, e) < 0)
		return -1;
	mode = git_run_ask(p->root, "config", "--type=bool", "core.fileMode",
	    NULL);
	p->filemode = mode == NULL || strcmp(mode, "false") != 0;
	p->scratch = fs_join(dir, "commit");
	p->temp = fs_join(p->scratch, "index");
	return 0;
}

static int
plan_open(struct commit_plan *p, const char *root, const char *dir,
    const char *on, struct err *e)
{
	const char *is;

	memset(p, 0, sizeof(*p));
	p->root = xstrdup(root);
	if (plan_find(p, dir, e) < 0 ||
	    git_state_head(p->top, &p->head, &p->ref, e) < 0 ||
	    git_state_idle(p->top, e) < 0 ||
	    commit_git_entries(p, NULL, &p->index_was, e) < 0 ||
	    commit_index_begin(p, e) < 0)
		return -1;
	is = p->ref;
	if (is != NULL && strncmp(is, "refs/heads/", 11) == 0)
		is += 11;
	return on == NULL || (is != NULL && strcmp(is, on) == 0) ? 0 :
	    err_set(e, "nothing was committed: the checkout is on %s%s, not "
	    "on %s: git switch %s", is == NULL ? "" : "branch ", is == NULL ?
	    "no branch" : is, on, on);
}

static void
plan_release_file(struct commit_file *f)
{
	FREE_ALL(f->path, f->name, f->steps);
	buf_release(&f->lines);
}

struct commit_file *
commit_plan_add(struct commit_plan *p, char *path_take, char *name_take)
{
	GROW(p->files, p->len);
	p->files[p->len] = (struct commit_file){ .path = path_take,
		.name = name_take };
	return &p->files[p->len++];
}

void
commit_plan_drop(struct commit_plan *p)
{
	size_t i, to = 0;

	for (i = 0; i < p->len; i++)
		if (p->files[i].is_out)
			plan_release_file(&p->files[i]);
		else
			p->files[to++] = p->files[i];
	p->len = to;
}

void
commit_plan_release(struct commit_plan *p)
{
	size_t i;

	for (i = 0; i < p->len; i++)
		plan_release_file(&p->files[i]);
	FREE_ALL(p->files, p->needed, p->root, p->top, p->prefix,
	    p->scratch, p->temp, p->head, p->ref, p->tree, p->changes);
	index_file_release(&p->index);
	buf_release(&p->index_was);
	buf_release(&p->left);
	buf_release(&p->hooked);
	memset(p, 0, sizeof(*p));
}

/* ---- as JSON ---- */

cJSON *
commit_plan_json(const struct commit_plan *p)
{
	AUTO_EVENT struct event e = { .commit_begin = {
		.index_bytes = p->index.path, .head = p->head, .ref = p->ref,
		.tree = p->tree, .amend = p->amend, .changes = p->changes,
		.changes_len = p->changes_len,
		.left = p->left.len == 0 ? NULL : buf_str(&p->left),
	} };
	struct ev_commit_begin *x = &e.commit_begin;
	const struct commit_file *f;
	const struct commit_step *s;
	struct ev_commit_file *to;

	x->files = ev_alloc(&e, (p->len + 1) * sizeof(*x->files));
	for (f = p->files; f < p->files + p->len; f++) {
		to = &x->files[x->files_len++];
		to->path_bytes = f->path;
		if (f->want.mode != 0) {
			to->want = ev_alloc(&e, sizeof(*to->want));
			to->want->id = f->want.oid;
			to->want->mode = f->want.mode;
		}
		to->changes = ev_alloc(&e, (f->steps_len + 1) *
		    sizeof(*to->changes));
		for (s = f->steps; s < f->steps + f->steps_len; s++)
			if (s->is_in && !s->is_left)
				to->changes[to->changes_len++] = s->change->tx;
		to->part = to->changes_len == 0;
	}
	return event_write(EVENT_COMMIT_BEGIN, x);
}

int
commit_plan_read(struct commit_plan *p, const struct ev_commit_begin *x,
    const char *dir, struct err *e)
{
	/* The index, commit and branch of that plan; the repository may have
	 * others now. */
	p->index.path = xstrdup_null(x->index_bytes);
	p->head = xstrdup_null(x->head);
	p->ref = xstrdup_null(x->ref);
	p->tree = xstrdup_null(x->tree);
	if (p->index.path == NULL || !git_is_hash(p->tree) ||
	    (p->head != NULL && !git_is_hash(p->head)))
		return err_set(e, "the journal doesn't say what was to be "
		    "committed");
	return plan_find(p, dir, e);
}

/* ---- chosen by number and name ---- */

/* "3", or "3-5". */
static int
choose_range(const struct fold *f, const char *word, bool *chosen,
    struct err *e)
{
	long long from = 0, to = 0;
	int end = 0;
	size_t i;

	if (sscanf(word, "%9lld%n-%9lld%n", &from, &end, &to, &end) == 1)
		to = from;
	/* sscanf skips spaces and signs. */
	if (word[strspn(word, "0123456789-")] != '\0' || word[end] != '\0' ||
	    from <= 0 || to < from)
		return err_misuse(e, "--change %.40s: must be a number "
		    "from assent undo --list, or two of them: 3-5", word);
	if (fold_change_find(f, from) == NULL || fold_change_find(f, to) == NULL)
		return err_misuse(e, "--change %.40s: no such change; see "
		    "assent undo --list %s", word, f->session);
	for (i = 0; i < f->changes_len; i++)
		chosen[i] = chosen[i] || (from <= f->changes[i].tx &&
		    f->changes[i].tx <= to);
	return 0;
}

static int
choose_changes(const struct fold *f, const struct commit_choice *c,
    bool *chosen, struct err *e)
{
	size_t i;

	for (i = 0; i < f->changes_len; i++)
		chosen[i] = c->changes_len == 0;
	MEM_EACH(c, changes, change)
		if (choose_range(f, *change, chosen, e) < 0)
			return -1;
	return 0;
}

/* The files that git lists are in, also those that only HEAD has. */
static int
choose_match(struct commit_plan *p, const char *const *paths, size_t n,
    struct err *e)
{
	static const char *const list[] = { "--no-literal-pathspecs",
		"ls-files", "-z", "--full-name", "--cached", "--others", "--" };
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	AUTO_FREE const char **args = xcalloc(MEM_COUNT(list) + n + 1,
	    sizeof(*args));
	AUTO_BUF struct buf out = BUF_INIT(0);
	struct git_run g = { .dir = p->top, .trusts_repo = true,
	    .index = p->temp, .out = &out };
	const char *at, *end;
	struct commit_file *f;

	memcpy(args, list, sizeof(list));
	memcpy(args + MEM_COUNT(list), paths, n * sizeof(*paths));
	/* From elsewhere, relative to the top. */
	if (cwd != NULL && fs_is_below(cwd, p->top))
		g.dir = cwd;
	if (git_run_ok(&g, args, e) < 0)
		return -1;
	for (f = p->files; f < p->files + p->len; f++)
		f->is_out = true;
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1)
		if ((f = MEM_SEARCH(p->files, p->len, at)) != NULL)
			f->is_out = false;
	commit_plan_drop(p);
	return p->len > 0 ? 0 : err_set(e, "no change that isn't committed yet "
	    "matches %s%s", paths[0], n > 1 ? " and the others" : "");
}

/* By number, or as it reverses one of this file that is, and isn't committed. */
static bool
choose_step(const struct commit_file *f, const struct fold_change *c,
    bool chosen)
{
	const struct commit_step *s = f->steps, *end = s + f->steps_len;

	for (; !chosen && s < end; s++)
		chosen = s->is_chosen && s->change->tx == c->undoes &&
		    s->file->commit == NULL;
	return chosen;
}

/* The files of all changes, with those of chosen ones in. */
static void
choose_files(struct commit_plan *p, const struct fold *f, const bool *chosen)
{
	AUTO(pathmap_release) struct pathmap places = { 0 };
	const struct fold_change *c;
	const struct fold_change_file *of;
	struct commit_file *file;
	bool is_chosen;

	for (c = f->changes; c < f->changes + f->changes_len; c++)
		for (of = c->files; of < c->files + c->files_len; of++) {
			if (pathmap_number(&places, of->path_bytes) == 0) {
				commit_plan_add(p, xstrdup(of->path_bytes),
				    xasprintf("%s%s", p->prefix,
				    of->path_bytes))->is_out = true;
				pathmap_set_number(&places, of->path_bytes,
				    p->len);
			}
			file = &p->files[pathmap_number(&places,
			    of->path_bytes) - 1];
			file->is_renamed = file->is_renamed ||
			    of->from != NULL || of->renamed_later;
			is_chosen = choose_step(file, c,
			    chosen[c - f->changes]);
			*GROW_ADD(file->steps, file->steps_len) =
			    (struct commit_step){
			    .change = c, .file = of, .is_chosen = is_chosen };
			file->is_out = file->is_out && !is_chosen;
		}
	MEM_SORT(p->files, p->len);
	commit_plan_drop(p);
}

/* ---- what is said of them ---- */

/* Lines of it, or all of it, aren't in the commit: ": why", or with what its
 * lines overlap. */
static void
left_say(struct commit_plan *p, const struct commit_file *f, const char *lines,
    const char *why)
{
	bool mixed = why[0] != ':', many = strpbrk(lines, "-,") != NULL;
	struct buf *b = &p->left;

	buf_addf(b, "%snot committed: ", b->len > 0 ? "\n" : "");
	if (lines[0] != '\0')
		buf_addf(b, "line%s %s of ", many ? "s" : "", lines);
	json_path_text(b, f->path);
	buf_addf(b, "%s%s", !mixed ? "" : many ? " mix " : " mixes ", why);
	p->is_mixed = p->is_mixed || mixed;
	p->is_held = p->is_held || (mixed && f->is_renamed);
}

/* Add a number to a sorted list. */
static void
left_add(int64_t **v, size_t *n, int64_t tx)
{
	size_t i = MEM_FIRST(*n, k, (*v)[k] >= tx);

	if (i < *n && (*v)[i] == tx)
		return;
	GROW(*v, *n);
	memmove(*v + i + 1, *v + i, ((*n)++ - i) * sizeof(**v));
	(*v)[i] = tx;
}

/* Append "what you chose with changes 1 and 4". */
static void
left_needed(struct commit_plan *p, const struct commit_file *f,
    struct buf *why)
{
	size_t k = 0, n = 0;

	MEM_EACH(f, steps, step)
		n += step->is_needed;
	buf_addf(why, "what you chose with change%s ", n > 1 ? "s" : "");
	MEM_EACH(f, steps, step) {
		if (!step->is_needed)
			continue;
		buf_addf(why, "%s%lld", k == 0 ? "" : k + 1 == n ? " and " :
		    ", ", (long long)step->change->tx);
		k++;
		left_add(&p->needed, &p->needed_len, step->change->tx);
	}
}

/* Is it in the commit? If not, or not all of it, say why. */
static bool
left_file(struct commit_plan *p, struct commit_file *f, bool whole)
{
	AUTO_BUF struct buf why = BUF_INIT(0);
	const char *lines = f->head.mode == 0 || f->work.mode == 0 ? "" :
	    buf_str(&f->lines);
	struct commit_step *s;

	if (f->mix == MIX_NONE && commit_side_equal(&f->want, &f->head))
		return false;
	if (whole) {
		f->has_own = !commit_side_equal(&f->want, &f->work);
		f->want = f->work;
		for (s = f->steps; s < f->steps + f->steps_len; s++) {
			s->is_in = s->is_in || s->is_left;
			s->is_left = false;
		}
		return true;
	}
	if (f->mix == MIX_EDIT && f->work.mode == 0 && f->index.mode == 0) {
		left_say(p, f, "", ": you have removed or renamed it; commit "
		    "that with git");
		return false;
	}
	if (f->mix == MIX_NEEDS)
		left_needed(p, f, &why);
	else if (f->mix == MIX_EDIT && f->head.mode != 0 &&
	    f->steps[0].before.mode == 0 && f->steps[0].file->commit == NULL) {
		lines = "";
		buf_adds(&why, "HEAD's file with an accepted new one");
	} else if (f->mix != MIX_NONE)
		buf_adds(&why, f->mix == MIX_EDIT ? "your edit with an accepted "
		    "one" : "what you have staged with an accepted edit");
	if (f->mix != MIX_NONE)
		left_say(p, f, lines, buf_str(&why));
	p->is_stuck = p->is_stuck || f->mix > MIX_NEEDS;
	return f->mix != MIX_NEEDS && !commit_side_equal(&f->want, &f->head);
}

/* The files that differ from HEAD. */
static void
left_differing(struct commit_plan *p)
{
	struct commit_file *f;

	for (f = p->files; f < p->files + p->len; f++) {
		f->is_out = f->is_foreign || f->is_ignored ||
		    commit_side_equal(&f->work, &f->head);
		if (f->is_foreign)
			left_say(p, f, "", ": in another repository; commit it "
			    "there");
		else if (f->is_ignored)
			left_say(p, f, "", ": git ignores it");
	}
	commit_plan_drop(p);
}

/* Git takes it out of the commit, since a chosen file is where it was: a folder
 * where a file was, or the other way round. */
static void
left_replaced(struct commit_plan *p, const struct fold *f,
    const struct commit_file *gone, bool whole)
{
	const struct fold_change_file *of;
	size_t at = strlen(p->prefix);
	bool is_known = false;
	const char *path = strncmp(gone->name, p->prefix, at) == 0 ?
	    gone->name + at : gone->name;

	if (whole) {
		commit_plan_add(p, xstrdup(path), xstrdup(gone->name));
		return;
	}
	left_say(p, gone, "", ": its removal isn't chosen, but a file that "
	    "takes its place is");
	MEM_EACH(f, changes, change)
		if ((of = fold_change_file(change, path)) != NULL &&
		    !of->after.exists) {
			left_add(&p->needed, &p->needed_len, change->tx);
			is_known = true;
		}
	p->is_mixed = p->is_held = true;
	p->is_stuck = p->is_stuck || !is_known;
}

/* 1; 0: as in HEAD, or something is in the way. */
static int
plan_build(struct commit_plan *p, const struct fold *f, bool whole,
    struct err *e)
{
	AUTO(commit_plan_release) struct commit_plan changed = { 0 };
	const struct commit_file *file;
	size_t n = p->len;

	if (commit_index_build(p, &changed, e) < 0)
		return -1;
	for (file = changed.files; file < changed.files + changed.len; file++)
		if (MEM_SEARCH(p->files, n, file->name) == NULL)
			left_replaced(p, f, file, whole);
	MEM_SORT(p->files, p->len);
	return changed.len > 0 && !p->is_held;
}

int
commit_plan_make(struct commit_plan *p, const char *root, const char *dir,
    const struct fold *f, const struct commit_choice *c, struct err *e)
{
	AUTO_FREE bool *chosen = xcalloc(f->changes_len + 1, sizeof(*chosen));
	struct commit_file *file;
	size_t i;

	if (plan_open(p, root, dir, c->on, e) < 0 ||
	    choose_changes(f, c, chosen, e) < 0)
		return -1;
	p->amend = c->amend;
	choose_files(p, f, chosen);
	if (c->paths_len > 0 && p->len > 0 &&
	    choose_match(p, c->paths, c->paths_len, e) < 0)
		return -1;
	if (commit_files_find(p, e) < 0)
		return -1;
	left_differing(p);
	if (p->len == 0)
		return 0;
	if (commit_files_merge(p, dir, e) < 0)
		return -1;
	for (file = p->files; file < p->files + p->len; file++) {
		file->is_out = !left_file(p, file, c->whole);
		for (i = 0; !file->is_out && i < file->steps_len; i++)
			if (file->steps[i].is_in)
				left_add(&p->changes, &p->changes_len,
				    file->steps[i].change->tx);
	}
	commit_plan_drop(p);
	/* No half of a rename, and nothing before other changes are chosen. */
	return p->len == 0 || (p->is_mixed && (p->is_held || !p->is_stuck)) ?
	    0 : plan_build(p, f, c->whole, e);
}
