#include "config.h"

#include "git/commit-plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "git/git-state.h"

bool
commit_side_equal(const struct commit_side *a, const struct commit_side *b)
{
	return a->mode == b->mode && (a->mode == 0 ||
	    strcmp(a->oid, b->oid) == 0);
}

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
	    git_state_at_edit(p->top) ? 0 : git_state_idle(p->top, e);
}

static void
plan_release_file(struct commit_file *f)
{
	free(f->path);
	free(f->name);
	free(f->steps);
	free(f->work.hash);
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

struct commit_file *
commit_plan_file(const struct commit_plan *p, const char *name)
{
	return MEM_SEARCH(p->files, p->len, name);
}

void
commit_plan_release_files(struct commit_plan *p)
{
	size_t i;

	for (i = 0; i < p->len; i++)
		plan_release_file(&p->files[i]);
	free(p->files);
}

void
commit_plan_release(struct commit_plan *p)
{
	commit_plan_release_files(p);
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
