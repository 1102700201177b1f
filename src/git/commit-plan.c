/*
 * What is to be committed: of the changes and files that are chosen, all that has
 * lines which HEAD hasn't, and a word for what is left out. As JSON it is in the
 * journal before anything changes.
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

/* ---- the repository ---- */

static int
plan_find(struct commit_plan *p, struct err *e)
{
	static const char *const top[] = { "rev-parse", "--show-toplevel", NULL };
	static const char *const prefix[] = { "rev-parse", "--show-prefix",
		NULL };
	static const char *const mode[] = { "config", "--type=bool",
		"core.fileMode", NULL };
	AUTO_BUF struct buf b = BUF_INIT(4096);
	struct git_run g = { .dir = p->root };
	int rc;

	if (git_state_repository(p->root, e) < 0 ||
	    (p->top = git_run_line(&g, top, e)) == NULL ||
	    (p->prefix = git_run_line(&g, prefix, e)) == NULL)
		return -1;
	/* git follows a symlinked .git or index, and so must the lock. */
	FREE_SET(p->index, git_state_path(p->top, "index", e));
	if (p->index == NULL)
		return -1;
	g.out = &b;
	if ((rc = git_run(&g, mode, NULL, e)) < 0)
		return -1;
	p->filemode = rc != 0 || strcmp(buf_str(&b), "false\n") != 0;
	return 0;
}

static int
plan_open(struct commit_plan *p, const char *root, const char *dir,
    const char *on, struct err *e)
{
	const char *is;
	char *real;

	memset(p, 0, sizeof(*p));
	p->root = xstrdup(root);
	p->scratch = fs_join(dir, "commit");
	if (plan_find(p, e) < 0)
		return -1;
	if ((real = fs_realpath(p->index)) != NULL)
		FREE_SET(p->index, real);
	if (git_state_head(p->top, &p->head, &p->ref, e) < 0 ||
	    git_state_idle(p->top, e) < 0 ||
	    commit_index_list(p, NULL, &p->index_was, e) < 0)
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
	free(f->path);
	free(f->name);
	free(f->steps);
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

/* Those that are out leave the plan. */
static void
plan_drop(struct commit_plan *p)
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
	free(p->files);
	free(p->blobs);
	free(p->needed);
	free(p->root);
	free(p->top);
	free(p->prefix);
	free(p->index);
	buf_release(&p->index_was);
	free(p->scratch);
	free(p->head);
	free(p->ref);
	free(p->tree);
	free(p->changes);
	buf_release(&p->left);
	buf_release(&p->hooked);
	memset(p, 0, sizeof(*p));
}

/* ---- as JSON ---- */

static void
plan_add_side(cJSON *o, const char *key, const struct commit_side *s)
{
	cJSON *side;

	if (s->mode == 0) {
		json_set_take(o, key, cJSON_CreateNull());
		return;
	}
	side = cJSON_CreateObject();
	json_add_str(side, "id", s->oid);
	json_add_int(side, "mode", s->mode);
	json_set_take(o, key, side);
}

static void
plan_read_side(struct commit_side *s, const cJSON *o)
{
	const char *id = json_str_or(o, "id", "");

	memset(s, 0, sizeof(*s));
	if (!git_is_hash(id))
		return;
	s->mode = (unsigned)json_int(o, "mode", 0);
	memcpy(s->oid, id, strlen(id));
}

cJSON *
commit_plan_json(const struct commit_plan *p)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray(), *it, *txs;
	size_t i, k;

	json_add_path(o, "index", p->index);
	json_add_str(o, "head", p->head);
	json_add_str(o, "ref", p->ref);
	json_add_str(o, "tree", p->tree);
	json_add_bool(o, "amend", p->amend);
	txs = cJSON_CreateArray();
	for (i = 0; i < p->changes_len; i++)
		cJSON_AddItemToArray(txs, cJSON_CreateNumber((double)
		    p->changes[i]));
	json_set_take(o, "changes", txs);
	json_add_str(o, "left", p->left.len == 0 ? NULL : buf_str(&p->left));
	for (i = 0; i < p->len; i++) {
		const struct commit_file *f = &p->files[i];

		it = cJSON_CreateObject();
		json_add_path(it, "path", f->path);
		plan_add_side(it, "want", &f->want);
		txs = cJSON_CreateArray();
		for (k = 0; k < f->steps_len; k++)
			if (f->steps[k].is_in && !f->steps[k].is_left)
				cJSON_AddItemToArray(txs, cJSON_CreateNumber(
				    (double)f->steps[k].change->tx));
		if (cJSON_GetArraySize(txs) == 0)
			json_add_bool(it, "part", true);
		json_set_take(it, "changes", txs);
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "files", list);
	return o;
}

int
commit_plan_read(struct commit_plan *p, const cJSON *line, const char *dir,
    struct err *e)
{
	const cJSON *it;

	p->scratch = fs_join(dir, "commit");
	p->head = xstrdup_null(json_str(line, "head"));
	p->ref = xstrdup_null(json_str(line, "ref"));
	p->tree = xstrdup_null(json_str(line, "tree"));
	p->amend = json_bool(line, "amend", false);
	if (plan_find(p, e) < 0)
		return -1;
	/* The one that it was about, though the repository may have another
	 * now. */
	FREE_SET(p->index, json_get_bytes(line, "index", NULL));
	if (p->index == NULL || !git_is_hash(p->tree) ||
	    (p->head != NULL && !git_is_hash(p->head)))
		return err_set(e, "the journal doesn't say what was to be "
		    "committed");
	cJSON_ArrayForEach(it, json_array(line, "files")) {
		struct commit_file *f;
		char *path = json_get_bytes(it, "path", NULL);

		if (path == NULL)
			continue;
		f = commit_plan_add(p, path, xasprintf("%s%s", p->prefix, path));
		plan_read_side(&f->want, json_get(it, "want"));
	}
	return 0;
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
	for (i = 0; i < c->changes_len; i++)
		if (choose_range(f, c->changes[i], chosen, e) < 0)
			return -1;
	return 0;
}

/* The files that git lists are in, also those that only HEAD has. */
static int
choose_match(struct commit_plan *p, const char *const *paths, size_t n,
    struct err *e)
{
	static const char *const head[] = { "--no-literal-pathspecs",
		"ls-files", "-z", "--full-name", "--cached", "--others" };
	size_t at_paths = MEM_COUNT(head);
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	AUTO_FREE const char **args = xcalloc(MEM_COUNT(head) + n + 3,
	    sizeof(*args));
	AUTO_BUF struct buf out = BUF_INIT(0);
	struct git_run g = commit_plan_git(p, NULL, NULL, &out);
	const char *at, *end;
	struct commit_file *f;

	memcpy(args, head, sizeof(head));
	if (p->head != NULL)
		args[at_paths++] = "--with-tree=HEAD";
	args[at_paths++] = "--";
	memcpy(args + at_paths, paths, n * sizeof(*paths));
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
	plan_drop(p);
	return p->len > 0 ? 0 : err_set(e, "no change that isn't committed yet "
	    "matches %s%s", paths[0], n > 1 ? " and the others" : "");
}

/* Where in the plan a file is. */
struct choose_place {
	char		*path;
	size_t		 at;
};

/* The files of all changes, with those of chosen ones in. */
static void
choose_files(struct commit_plan *p, const struct fold *f, const bool *chosen)
{
	struct pathmap places = { 0 };
	const struct fold_change *c;
	const struct fold_change_file *of;
	struct choose_place *place;
	struct commit_file *file;
	size_t k;

	for (c = f->changes; c < f->changes + f->changes_len; c++)
		for (of = c->files; of < c->files + c->files_len; of++) {
			if ((place = pathmap_find(&places,
			    of->path_bytes)) == NULL) {
				place = pathmap_add(&places, of->path_bytes,
				    sizeof(*place));
				place->at = p->len;
				commit_plan_add(p, xstrdup(of->path_bytes),
				    xasprintf("%s%s", p->prefix,
				    of->path_bytes));
			}
			file = &p->files[place->at];
			file->is_renamed = file->is_renamed ||
			    of->from != NULL || of->renamed_later;
			GROW(file->steps, file->steps_len);
			file->steps[file->steps_len++] = (struct commit_step){
			    .change = c, .file = of,
			    .is_chosen = chosen[c - f->changes] };
		}
	for (file = p->files; file < p->files + p->len; file++)
		for (k = 0, file->is_out = true; k < file->steps_len; k++)
			if (file->steps[k].is_chosen)
				file->is_out = false;
	MEM_SORT(p->files, p->len);
	plan_drop(p);
	pathmap_release(&places);
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

/* "what you chose with changes 1 and 4" */
static void
left_needed(struct commit_plan *p, const struct commit_file *f,
    struct buf *why)
{
	size_t i, k = 0, n = 0;

	for (i = 0; i < f->steps_len; i++)
		n += f->steps[i].is_needed;
	buf_addf(why, "what you chose with change%s ", n > 1 ? "s" : "");
	for (i = 0; i < f->steps_len; i++) {
		if (!f->steps[i].is_needed)
			continue;
		buf_addf(why, "%s%lld", k == 0 ? "" : k + 1 == n ? " and " :
		    ", ", (long long)f->steps[i].change->tx);
		k++;
		left_add(&p->needed, &p->needed_len, f->steps[i].change->tx);
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
	plan_drop(p);
}

/* Git takes it out of the commit, since a chosen file is where it was: a folder
 * where a file was, or the other way round. */
static void
left_replaced(struct commit_plan *p, const struct fold *f,
    const struct commit_file *gone, bool whole)
{
	const struct fold_change_file *of;
	size_t i, at = strlen(p->prefix);
	bool is_known = false;
	const char *path = strncmp(gone->name, p->prefix, at) == 0 ?
	    gone->name + at : gone->name;

	if (whole) {
		commit_plan_add(p, xstrdup(path), xstrdup(gone->name));
		return;
	}
	left_say(p, gone, "", ": its removal isn't chosen, but a file that "
	    "takes its place is");
	for (i = 0; i < f->changes_len; i++)
		if ((of = fold_change_file(&f->changes[i], path)) != NULL &&
		    !of->after.exists) {
			left_add(&p->needed, &p->needed_len, f->changes[i].tx);
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
	    fs_mkdirs(p->scratch, 0700, e) < 0 ||
	    choose_changes(f, c, chosen, e) < 0)
		return -1;
	p->amend = c->amend;
	choose_files(p, f, chosen);
	if (c->paths_len > 0 && p->len > 0 &&
	    choose_match(p, c->paths, c->paths_len, e) < 0)
		return -1;
	if (p->len == 0)
		return 0;
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
	plan_drop(p);
	/* No half of a rename, and nothing before other changes are chosen. */
	return p->len == 0 || (p->is_mixed && (p->is_held || !p->is_stuck)) ?
	    0 : plan_build(p, f, c->whole, e);
}
