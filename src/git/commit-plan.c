#include "config.h"

#include "git/commit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "front/client.h"
#include "git/git-run.h"

struct git_run
commit_plan_git(const struct commit_plan *p, const char *index,
    const struct buf *in, struct buf *out)
{
	return (struct git_run){ .dir = p->top, .trusts_repo = true,
	    .index = index, .in = in, .out = out };
}

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

int
commit_plan_open(struct commit_plan *p, const char *root, const char *dir,
    struct err *e)
{
	char *real;

	memset(p, 0, sizeof(*p));
	p->root = xstrdup(root);
	p->scratch = fs_join(dir, "commit");
	p->changes = cJSON_CreateArray();
	if (plan_find(p, e) < 0)
		return -1;
	if ((real = fs_realpath(p->index)) != NULL)
		FREE_SET(p->index, real);
	return git_state_head(p->top, &p->head, &p->ref, e) < 0 ? -1 :
	    git_state_idle(p->top, e);
}

static void
plan_release_file(struct commit_file *f)
{
	free(f->path);
	free(f->name);
	free(f->steps);
	free(f->work.hash);
}

/* Those that are out leave the plan. */
static void
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
	free(p->files);
	free(p->blobs);
	free(p->chosen);
	free(p->needed);
	free(p->root);
	free(p->top);
	free(p->prefix);
	free(p->index);
	free(p->scratch);
	free(p->head);
	free(p->ref);
	free(p->tree);
	cJSON_Delete(p->changes);
	buf_release(&p->left);
	memset(p, 0, sizeof(*p));
}

/* ---- as JSON ---- */

static void
plan_add_side(cJSON *o, const char *key, const struct commit_side *s)
{
	cJSON *side;

	if (s->mode == 0) {
		json_add_null(o, key);
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
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray(), *it;
	size_t i;

	json_add_path(o, "index", p->index);
	json_add_str(o, "head", p->head);
	json_add_str(o, "ref", p->ref);
	json_add_str(o, "tree", p->tree);
	json_add_bool(o, "amend", p->amend);
	json_copy(o, "changes", p->changes);
	json_add_str(o, "left", p->left.len == 0 ? NULL : buf_str(&p->left));
	for (i = 0; i < p->len; i++) {
		const struct commit_file *f = &p->files[i];

		it = cJSON_CreateObject();
		json_add_path(it, "path", f->path);
		plan_add_side(it, "head", &f->head);
		plan_add_side(it, "index", &f->index);
		plan_add_side(it, "want", &f->want);
		plan_add_side(it, "after", &f->after);
		if (f->is_part)
			json_add_bool(it, "part", true);
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
	size_t n;

	p->scratch = fs_join(dir, "commit");
	p->head = xstrdup_null(json_str(line, "head"));
	p->ref = xstrdup_null(json_str(line, "ref"));
	p->tree = xstrdup_null(json_str(line, "tree"));
	p->amend = json_bool(line, "amend", false);
	if (plan_find(p, e) < 0)
		return -1;
	/* The one that it was about, though the repository may have another
	 * now. */
	FREE_SET(p->index, json_get_bytes(line, "index", &n));
	if (p->index == NULL || !git_is_hash(p->tree) ||
	    (p->head != NULL && !git_is_hash(p->head)))
		return err_set(e, "the journal doesn't say what was to be "
		    "committed");
	cJSON_ArrayForEach(it, json_array(line, "files")) {
		struct commit_file *f;
		char *path = json_get_bytes(it, "path", &n);

		if (path == NULL)
			continue;
		GROW(p->files, p->len);
		f = &p->files[p->len++];
		memset(f, 0, sizeof(*f));
		f->path = path;
		f->name = xasprintf("%s%s", p->prefix, path);
		plan_read_side(&f->head, json_get(it, "head"));
		plan_read_side(&f->index, json_get(it, "index"));
		plan_read_side(&f->want, json_get(it, "want"));
		plan_read_side(&f->after, json_get(it, "after"));
	}
	return 0;
}

/*
 * Which content each file gets in the commit: HEAD's with the
 * applied changes that are still in the work tree, and nothing else.
 */


/* ---- chosen by number ---- */

/* 0: it is no number of a change. */
static int64_t
choose_number(const char *s, const char **end)
{
	char *after;
	long n = s[0] < '0' || s[0] > '9' ? 0 : strtol(s, &after, 10);

	if (n <= 0 || n > 1000000000)
		return 0;
	*end = after;
	return n;
}

static int
choose_changes(struct commit_plan *p, const struct fold *f,
    const char *const *words, size_t n, struct err *e)
{
	const char *at;
	int64_t from, to;
	size_t i;

	for (i = 0; i < n; i++) {
		from = to = choose_number(words[i], &at);
		if (from != 0 && at[0] == '-')
			to = choose_number(at + 1, &at);
		if (from == 0 || to < from || at[0] != '\0')
			return err_misuse(e, "--change %.40s: must be a number "
			    "from assent undo --list, or two of them: 3-5",
			    words[i]);
		if (fold_change_find(f, from) == NULL ||
		    fold_change_find(f, to) == NULL)
			return err_misuse(e, "--change %.40s: no such change; see "
			    "assent undo --list %s", words[i], f->session);
		GROW(p->chosen, p->chosen_len);
		p->chosen[p->chosen_len].from = from;
		p->chosen[p->chosen_len++].to = to;
	}
	return 0;
}

static bool
select_has(const struct commit_plan *p, int64_t tx)
{
	size_t i;

	for (i = 0; i < p->chosen_len; i++)
		if (p->chosen[i].from <= tx && tx <= p->chosen[i].to)
			return true;
	return p->chosen_len == 0;
}

/* ---- chosen by name ---- */

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
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1)
		if ((f = MEM_SEARCH(p->files, p->len, at)) != NULL)
			f->is_out = false;
	return 0;
}

static int
choose_files(struct commit_plan *p, const char *const *paths, size_t n,
    struct err *e)
{
	size_t i;

	if (n == 0 || p->len == 0)
		return 0;
	for (i = 0; i < p->len; i++)
		p->files[i].is_out = true;
	if (choose_match(p, paths, n, e) < 0)
		return -1;
	commit_plan_drop(p);
	return p->len > 0 ? 0 : err_set(e, "no change that isn't committed yet "
	    "matches %s%s", paths[0], n > 1 ? " and the others" : "");
}

/* ---- which files ---- */

/* Where in the plan a file is. */
struct select_place {
	char		*path;
	size_t		 at;
};

static struct commit_file *
select_get(struct commit_plan *p, struct pathmap *places, const char *path)
{
	struct select_place *place = pathmap_find(places, path);
	struct commit_file *f;

	if (place != NULL)
		return &p->files[place->at];
	place = pathmap_add(places, path, sizeof(*place));
	place->at = p->len;
	GROW(p->files, p->len);
	f = &p->files[p->len++];
	memset(f, 0, sizeof(*f));
	f->path = xstrdup(path);
	f->name = xasprintf("%s%s", p->prefix, path);
	f->is_out = true;	/* only other changes have it */
	return f;
}

/* Is it an undo or redo of what is committed of this file? */
static bool
select_follows(const struct commit_file *f, const struct fold_change *c)
{
	size_t i;

	for (i = 0; i < f->steps_len; i++)
		if (f->steps[i].is_in && f->steps[i].tx == c->undoes)
			return true;
	return false;
}

/* Is it, or the commit in its place, in the history of HEAD? NULL isn't. */
static bool
select_is_here(struct git_follow *f, const char *commit)
{
	return commit != NULL && git_follow(f, commit)->end <= FOLLOW_MOVED;
}

/* Is it of a chain of undo and redo that left nothing, in the file or in
 * HEAD? */
static bool
select_is_undone(struct git_follow *follow, const struct fold *f,
    const struct fold_change *c, const char *path)
{
	const struct fold_change *root = fold_change_find(f,
	    fold_change_root(f, c)), *by;
	const struct fold_change_file *file = root == NULL || !root->undone ||
	    root->undone_part ? NULL : fold_change_file(root, path);

	if (file == NULL || select_is_here(follow, file->commit))
		return false;
	by = fold_change_find(f, root->undone_by);
	return by != NULL && by->edited == 0;
}

static void
select_files(struct commit_plan *p, const struct fold *f)
{
	struct git_follow follow = { .dir = p->top };
	struct pathmap places = { 0 };
	const struct fold_change *c;
	struct commit_file *file;
	bool any, chosen, in;
	size_t i, k;

	for (i = 0; i < f->changes_len; i++) {
		c = &f->changes[i];
		chosen = select_has(p, c->tx);
		any = false;
		for (k = 0; k < c->files_len; k++) {
			/* HEAD has it, or there is nothing left of it. */
			if (select_is_here(&follow, c->files[k].commit) ||
			    select_is_undone(&follow, f, c,
			    c->files[k].path_bytes))
				continue;
			file = select_get(p, &places, c->files[k].path_bytes);
			/* A change is committed as it is now. */
			in = chosen || select_follows(file, c);
			any = any || in;
			file->is_out = file->is_out && !in;
			file->is_renamed = file->is_renamed ||
			    c->files[k].from != NULL ||
			    c->files[k].renamed_later;
			GROW(file->steps, file->steps_len);
			file->steps[file->steps_len++] = (struct commit_step){
			    .before = &c->files[k].before,
			    .after = &c->files[k].after, .tx = c->tx,
			    .is_in = in };
		}
		if (any)
			cJSON_AddItemToArray(p->changes,
			    cJSON_CreateNumber((double)c->tx));
	}
	MEM_SORT(p->files, p->len);
	commit_plan_drop(p);
	pathmap_release(&places);
	git_follow_release(&follow);
}

static void
commit_add_hash(cJSON *list, const struct fold_side *s)
{
	if (s->exists && s->hash != NULL)
		cJSON_AddItemToArray(list, cJSON_CreateString(s->hash));
}

/* For `assent-core contents`. */
static cJSON *
commit_hashes(const struct commit_plan *p)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
	size_t i, k;

	for (i = 0; i < p->len; i++)
		for (k = 0; k < p->files[i].steps_len; k++) {
			commit_add_hash(list, p->files[i].steps[k].before);
			commit_add_hash(list, p->files[i].steps[k].after);
		}
	json_set_take(o, "hashes", list);
	return o;
}

static int
commit_contents(const struct commit_plan *p, const char *dir, struct err *e)
{
	const char *args[] = { "contents", dir, p->scratch, NULL };
	AUTO_JSON cJSON *answer = NULL;

	if (fs_mkdirs(p->scratch, 0700, e) < 0)
		return -1;
	answer = client_ask_core(args, commit_hashes(p), 1 << 16, e);
	return answer != NULL ? 0 : err_set(e, "can't read the session's "
	    "contents");
}

int
commit_plan_select(struct commit_plan *p, const struct fold *f,
    const char *dir, const struct commit_choice *c, struct err *e)
{
	if (choose_changes(p, f, c->changes, c->changes_len, e) < 0)
		return -1;
	select_files(p, f);
	if (choose_files(p, c->paths, c->paths_len, e) < 0)
		return -1;
	if (p->len == 0)
		return 0;
	if (commit_contents(p, dir, e) < 0 ||
	    commit_side_select(p, c->whole, e) < 0)
		return -1;
	commit_plan_drop(p);
	return 0;
}
