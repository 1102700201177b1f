/*
 * A commit under way: the plan as JSON, the temporary index that git commits
 * from, and the user's own, which gets the same lines after. As with git commit
 * -a, index.lock is there from before HEAD moves: no other program can commit or
 * stage meanwhile.
 */
#include "config.h"

#include "git/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
	    git_state_idle(p->top, e) < 0)
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
	free(p->files);
	free(p->blobs);
	free(p->needed);
	free(p->root);
	free(p->top);
	free(p->prefix);
	free(p->index);
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

/* In the scratch folder: the user's as it was, and as it will be. */
#define INDEX_BEFORE	"before"
#define INDEX_AFTER	"after"

#define INDEX_TRIES	10		/* for the lock ... */
#define INDEX_WAIT	100		/* ... with this pause, in ms */

/* ---- files ---- */

/* 1: read; 0: there is none. */
static int
index_read(const char *path, struct buf *b, struct err *e)
{
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	return fs_read_file(AT_FDCWD, path, b, e) < 0 ? -1 : 1;
}

/* Do both have the same bytes (or not exist)? */
static int
index_same(const char *a, const char *b, struct err *e)
{
	AUTO_BUF struct buf x = BUF_INIT(0), y = BUF_INIT(0);
	int is_x = index_read(a, &x, e), is_y = index_read(b, &y, e);

	if (is_x < 0 || is_y < 0)
		return -1;
	return is_x == is_y && x.len == y.len && (x.len == 0 ||
	    memcmp(x.p, y.p, x.len) == 0);
}

/* A new file with these bytes and mode, synced. */
static int
index_write(const char *path, const struct buf *b, mode_t mode, struct err *e)
{
	AUTO_CLOSE int fd = -1;

	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(e, "can't remove %s", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || fs_write_all(fd, buf_str(b), b->len) < 0 ||
	    fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return err_sys(e, "can't write %s", path);
	return 0;
}

/* The user's index, as a file of the scratch folder; malloc'ed path. */
static char *
index_copy(const struct commit_plan *p, const char *name, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	char *to = fs_join(p->scratch, name);
	int rc = index_read(p->index, &b, e);

	if (rc == 0 && unlink(to) < 0 && errno != ENOENT)
		rc = err_sys(e, "can't remove %s", to);
	if (rc > 0)
		rc = index_write(to, &b, 0600, e);
	if (rc < 0)
		FREE_NULL(to);
	return to;
}

static char *
index_lock_path(const struct commit_plan *p)
{
	return xasprintf("%s.lock", p->index);
}

/* The id of the session, whose folder has the scratch folder. */
static char *
index_session(const struct commit_plan *p)
{
	AUTO_FREE char *dir = xstrdup(p->scratch);
	char *end = strrchr(dir, '/'), *id;

	if (end != NULL)
		*end = '\0';
	id = strrchr(dir, '/');
	return xstrdup(id == NULL ? dir : id + 1);
}

/* Beside the index: two sessions may commit at once. */
static char *
index_place_path(const struct commit_plan *p)
{
	AUTO_FREE char *id = index_session(p);

	return xasprintf("%s.assent-%s", p->index, id);
}

/* ---- entries ---- */

static void
index_add_entry(struct buf *b, const char *name, const struct commit_side *s,
    const char *any_oid)
{
	/* As many digits as git's names have here. */
	if (s->mode == 0)
		buf_addf(b, "0 %0*d\t", (int)strlen(any_oid), 0);
	else
		buf_addf(b, "%o %s\t", s->mode, s->oid);
	(void)buf_add(b, name, strlen(name) + 1);
}

/* The files in the index file `index`, which has them as in HEAD, become what is
 * wanted: all that go first, so that a file can come where a folder was. */
static int
index_update(const struct commit_plan *p, const char *index, struct err *e)
{
	static const char *const args[] = { "update-index", "-z", "--index-info",
		NULL };
	AUTO_BUF struct buf in = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, index, &in, NULL);
	const struct commit_file *f;
	int adds;

	for (adds = 0; adds < 2; adds++)
		for (f = p->files; f < p->files + p->len; f++)
			if (!commit_side_equal(&f->want, &f->head) &&
			    (f->want.mode != 0) == adds)
				index_add_entry(&in, f->name, &f->want,
				    f->head.oid);
	return in.len == 0 ? 0 : git_run_ok(&g, args, e);
}

static int
index_make_temp(struct commit_plan *p, struct err *e)
{
	static const char *const head[] = { "read-tree", "-i", "-m", "HEAD",
		NULL };
	static const char *const empty[] = { "read-tree", "--empty", NULL };
	static const char *const write[] = { "write-tree", NULL };
	AUTO_FREE char *path = index_copy(p, COMMIT_INDEX, e);
	const struct git_run g = commit_plan_git(p, path, NULL, NULL);

	if (path == NULL ||
	    git_run_ok(&g, p->head == NULL ? empty : head, e) < 0 ||
	    index_update(p, path, e) < 0)
		return -1;
	FREE_SET(p->tree, git_run_line(&g, write, e));
	return p->tree == NULL ? -1 : 0;
}

static char *
index_tree_of(const struct commit_plan *p, const char *commit, struct err *e)
{
	AUTO_FREE char *name = xasprintf("%s^{tree}", commit);
	const char *args[] = { "rev-parse", "--verify", "-q", name, NULL };
	const struct git_run g = commit_plan_git(p, NULL, NULL, NULL);

	return git_run_line(&g, args, e);
}

int
commit_index_build(struct commit_plan *p, struct err *e)
{
	AUTO_FREE char *before = index_copy(p, INDEX_BEFORE, e), *tree = NULL;

	if (before == NULL || index_make_temp(p, e) < 0)
		return -1;
	if (p->head != NULL && (tree = index_tree_of(p, p->head, e)) == NULL)
		return -1;
	return tree == NULL || strcmp(tree, p->tree) != 0;
}

/* ---- the lock ---- */

/* Both may be NULL. */
static bool
index_is(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Nothing may have changed since the plan was made. */
static int
index_check(const struct commit_plan *p, struct err *e)
{
	AUTO_FREE char *before = fs_join(p->scratch, INDEX_BEFORE);
	AUTO_FREE char *head = NULL, *ref = NULL;
	int same = index_same(before, p->index, e);

	if (same < 0 || git_state_head(p->top, &head, &ref, e) < 0)
		return -1;
	if (same && index_is(head, p->head) && index_is(ref, p->ref))
		return 0;
	return err_set(e, "somebody used git here meanwhile; try again");
}

/* Take index.lock. Another git may just be staging something. */
static int
index_take(const struct commit_plan *p, struct err *e)
{
	AUTO_FREE char *lock = index_lock_path(p), *path = index_place_path(p);
	AUTO_FREE char *id = index_session(p);
	AUTO_BUF struct buf mark = BUF_INIT(0);
	int rc, tries = INDEX_TRIES;

	/* The session's id in it is ours alone. Unlike open and write, a link
	 * is there as a whole or not at all, so that a dead assent's lock
	 * differs from another program's. */
	buf_adds(&mark, id);
	if (index_write(path, &mark, 0600, e) < 0)
		return -1;
	while ((rc = link(path, lock)) < 0 && errno == EEXIST && tries-- > 0)
		(void)poll(NULL, 0, INDEX_WAIT);
	if (rc < 0 && errno == EEXIST)
		err_set(e, "another git is using the index, or has died "
		    "(%s exists)", lock);
	else if (rc < 0)
		err_sys(e, "can't create %s", lock);
	(void)unlink(path);
	return rc;
}

int
commit_index_lock(const struct commit_plan *p, struct err *e)
{
	AUTO_FREE char *lock = index_lock_path(p);
	int rc = index_take(p, e);

	if (rc == 0 && (rc = index_check(p, e)) < 0)
		(void)unlink(lock);
	return rc;
}

/* ---- after git ---- */

/* What git committed from, with what hooks have staged there; NULL if it is
 * gone. */
static char *
index_temp_tree(const struct commit_plan *p)
{
	static const char *const args[] = { "write-tree", NULL };
	AUTO_FREE char *path = fs_join(p->scratch, COMMIT_INDEX);
	const struct git_run g = commit_plan_git(p, path, NULL, NULL);

	return access(path, F_OK) < 0 ? NULL : git_run_line(&g, args, NULL);
}

/* The first commit of this branch (or commit) after the old HEAD, if it is this
 * plan's: if that is sure, or if it has the tree. */
static int
index_find_on(const struct commit_plan *p, const char *tip, bool is_sure,
    bool is_locked, char **commit, struct err *e)
{
	AUTO_FREE char *range = p->head == NULL ? xstrdup_null(tip) :
	    xasprintf("%s..%s", p->head, tip == NULL ? "" : tip);
	const char *args[] = { "rev-list", "--first-parent", "--reverse",
		range, "--", NULL };
	AUTO_FREE char *with_hooks = NULL, *tree = NULL;
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, NULL, &out);

	if (tip == NULL)
		return 0;
	if (git_run_ok(&g, args, e) < 0)
		return -1;
	if (out.len == 0)
		return 0;
	*commit = xmemdup(out.p, strcspn(out.p, "\n"));
	if (is_sure || (is_locked && strcmp(*commit, tip) == 0))
		return 0;
	if ((tree = index_tree_of(p, *commit, e)) == NULL)
		return -1;
	if (strcmp(tree, p->tree) != 0 &&
	    ((with_hooks = index_temp_tree(p)) == NULL ||
	    strcmp(tree, with_hooks) != 0))
		FREE_NULL(*commit);
	return 0;
}

void
commit_index_hold(const struct commit_plan *p, const char *on, struct err *e)
{
	AUTO_FREE char *head = NULL, *ref = NULL, *made = NULL, *was =
	    git_run_ask(p->top, "rev-parse", "--verify", p->ref, NULL);
	const struct git_run g = commit_plan_git(p, NULL, NULL, NULL);
	const char *args[] = { "update-ref", "-m", "assent commit: not on this "
		"branch", "HEAD", p->head, NULL, NULL };

	if (on == NULL || p->head == NULL ||
	    git_state_head(p->top, &head, &ref, e) < 0 ||
	    index_is(ref, p->ref) || !index_is(was, p->head) ||
	    index_find_on(p, head, true, false, &made, e) < 0 ||
	    !index_is(made, head))
		return;
	args[5] = head;
	if (git_run_ok(&g, args, e) == 0)
		err_set(e, "HEAD moved to %s meanwhile: git switch %s",
		    ref == NULL ? "no branch" : ref, on);
}

/* The commit that this plan became: if HEAD is where it was, the first one after
 * it, if nobody else could commit or git has made one (it makes none where HEAD
 * has moved). It is on the branch that HEAD had, or on that which it has now:
 * *is_here. */
static int
index_find_commit(const struct commit_plan *p, bool is_locked, int status,
    char **commit, bool *is_here, struct err *e)
{
	AUTO_FREE char *head = NULL, *ref = NULL, *was = NULL;
	bool same;

	*is_here = true;
	if (git_state_head(p->top, &head, &ref, e) < 0)
		return -1;
	same = index_is(ref, p->ref);
	if (index_find_on(p, head, same && status == 0, same && is_locked,
	    commit, e) < 0)
		return -1;
	if (*commit != NULL || same || p->ref == NULL)
		return 0;
	*is_here = false;
	was = git_run_ask(p->top, "rev-parse", "--verify", p->ref, NULL);
	return index_find_on(p, was, false, false, commit, e);
}

/* What has changed since HEAD in what git committed from, with what a hook has
 * staged there besides: ":MODE MODE ID ID X\0NAME\0". */
static int
index_changes(const struct commit_plan *p, const char *commit,
    struct commit_plan *now, struct err *e)
{
	static const char *const empty[] = { "mktree", NULL };
	AUTO_BUF struct buf none = BUF_INIT(0), out = BUF_INIT(0);
	const struct git_run make = commit_plan_git(p, NULL, &none, NULL);
	const struct git_run g = commit_plan_git(p, NULL, NULL, &out);
	AUTO_FREE char *to = index_temp_tree(p);
	AUTO_FREE char *from = p->head == NULL ? git_run_line(&make, empty, e) :
	    index_tree_of(p, p->head, e);
	const char *args[] = { "diff-tree", "-r", "-z", "--raw", "--no-renames",
		"--no-abbrev", "--no-ext-diff", "--end-of-options", from,
		NULL, NULL };
	const char *at, *end;
	struct commit_file *f;

	args[9] = to = to != NULL ? to : index_tree_of(p, commit, e);
	if (from == NULL || to == NULL || git_run_ok(&g, args, e) < 0)
		return -1;
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1) {
		f = commit_plan_add(now, NULL, NULL);
		if (sscanf(at, ":%o %o %64[0-9a-f] %64[0-9a-f]", &f->head.mode,
		    &f->want.mode, f->head.oid, f->want.oid) != 4)
			return err_set(e, "can't understand what git printed");
		at += strlen(at) + 1;
		f->path = xstrdup(at < end ? at : "");
		f->name = xstrdup(f->path);
	}
	MEM_SORT(now->files, now->len);
	return commit_files_load(now, e);
}

#define HOOK_NAMES	10	/* of files; of the others, the number */

/* It isn't in the commit as planned: the n-th such file. */
static void
index_say_hook(struct commit_plan *p, const struct commit_file *f, bool added,
    size_t n)
{
	if (n > HOOK_NAMES)
		return;
	buf_adds(&p->hooked, n == 1 ? "a hook " : ", ");
	buf_adds(&p->hooked, added ? "added " : "changed ");
	json_path_text(&p->hooked, f->path);
}

/* What the user's index gets: the commit's lines. Where they have staged the same
 * lines as a hook, the commit's version of the file goes into the index: with
 * another one the next commit would take the hook's lines back. */
static int
index_merge(struct commit_plan *p, struct commit_plan *now, struct err *e)
{
	static const struct fold_change change = { 0 };
	static const struct fold_change_file file = { 0 };
	const struct commit_file *planned;
	struct commit_file *f;
	size_t n = 0;

	for (f = now->files; f < now->files + now->len; f++) {
		planned = MEM_SEARCH(p->files, p->len, f->name);
		if (planned == NULL || !commit_side_equal(&planned->want,
		    &f->want))
			index_say_hook(p, f, planned == NULL, ++n);
		GROW(f->steps, f->steps_len);
		f->steps[f->steps_len++] = (struct commit_step){
		    .before = f->head, .after = f->want, .is_chosen = true,
		    .change = &change, .file = &file };
		f->work = f->want;
		f->head = f->index;
	}
	if (n > HOOK_NAMES)
		buf_addf(&p->hooked, " and %zu more", n - HOOK_NAMES);
	if (commit_files_merge(now, e) < 0)
		return -1;
	for (f = now->files; f < now->files + now->len; f++)
		if (f->mix != MIX_NONE)
			f->want = f->work;
	return 0;
}

/* The user's index gets what is in the commit: a new one beside it, whole and
 * synced, takes its place. */
static int
index_install(struct commit_plan *p, struct commit_plan *now,
    const char *commit, struct err *e)
{
	static const char *const refresh[] = { "update-index", "-q",
		"--refresh", NULL };
	static const char *const intended[] = { "diff-files", "--name-only",
		"-z", "--diff-filter=A", NULL };
	static const char *const intend[] = { "add", "-N",
		"--pathspec-from-file=-", "--pathspec-file-nul", NULL };
	AUTO_FREE char *temp = fs_join(p->scratch, COMMIT_INDEX);
	AUTO_FREE char *path = NULL, *place = index_place_path(p);
	AUTO_BUF struct buf b = BUF_INIT(0), names = BUF_INIT(0);
	mode_t mask = umask(0);
	struct git_run g;
	struct stat st;

	(void)umask(mask);
	if (index_changes(p, commit, now, e) < 0 || index_merge(p, now, e) < 0)
		return -1;
	/* The refresh saves the next git status some work; it fails where a
	 * file differs. */
	if ((path = index_copy(p, INDEX_AFTER, e)) == NULL ||
	    index_update(now, path, e) < 0)
		return -1;
	/* git add -N in the editor: it is in no tree. */
	g = commit_plan_git(p, temp, NULL, &names);
	(void)git_run(&g, intended, NULL, NULL);
	g = commit_plan_git(p, path, &names, NULL);
	if (names.len > 0)
		(void)git_run(&g, intend, NULL, NULL);
	if (git_run(&g, refresh, NULL, e) < 0 || index_read(path, &b, e) < 0 ||
	    index_write(place, &b, stat(p->index, &st) == 0 ?
	    st.st_mode & 0777 : 0666 & ~mask, e) < 0)
		return -1;
	return rename(place, p->index) == 0 ? 0 : err_sys(e, "can't replace %s",
	    p->index);
}

/* As index_install, but takes index.lock first unless is_locked, and removes it
 * at the end. */
static int
index_install_locked(struct commit_plan *p, const char *commit,
    bool is_locked, struct err *e)
{
	/* Of which only the index is read. */
	AUTO(commit_plan_release) struct commit_plan now = {
	    .top = xstrdup(p->top), .scratch = xstrdup(p->scratch) };
	AUTO_FREE char *lock = index_lock_path(p);
	struct err why = ERR_INIT;

	if ((!is_locked && index_take(p, &why) < 0) ||
	    index_install(p, &now, commit, &why) < 0)
		return err_set(e, "the commit is made, but not yet in the index: "
		    "%s; the next assent here updates it", why.text);
	return unlink(lock) == 0 ? 0 : err_sys(e, "can't remove %s", lock);
}

/* Is index.lock there, and the one that this plan took? */
static int
index_is_locked(const struct commit_plan *p, struct err *e)
{
	AUTO_FREE char *lock = index_lock_path(p), *id = index_session(p);
	AUTO_BUF struct buf b = BUF_INIT(0);
	int rc = index_read(lock, &b, e);

	return rc <= 0 ? rc : strcmp(buf_str(&b), id) == 0;
}

/* The files that git says are in the commit. */
static size_t
index_count(const struct commit_plan *p, const char *commit)
{
	const char *args[] = { "diff-tree", "-r", "-z", "-M", "--root",
		"--no-commit-id", "--name-only", "--no-ext-diff", commit,
		NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, NULL, &out);
	size_t i, n = 0;

	if (git_run(&g, args, NULL, NULL) == 0)
		for (i = 0; i < out.len; i++)
			n += out.p[i] == '\0';
	/* A merge that was amended shows none. */
	return n > 0 ? n : p->len;
}

int
commit_index_finish(struct commit_plan *p, int status, char **commit,
    size_t *files, struct err *e)
{
	AUTO_FREE char *lock = index_lock_path(p);
	AUTO_FREE char *place = index_place_path(p);
	int is_locked = index_is_locked(p, e), rc;
	bool is_here;

	*commit = NULL;
	*files = 0;
	if (is_locked < 0 || index_find_commit(p, is_locked > 0,
	    status, commit, &is_here, e) < 0)
		return -1;
	if (*commit != NULL && is_here)
		rc = index_install_locked(p, *commit, is_locked > 0, e);
	else
		rc = is_locked == 0 || unlink(lock) == 0 ? 0 :
		    err_sys(e, "can't remove %s", lock);
	(void)unlink(place);
	if (rc == 0 && *commit != NULL)
		*files = index_count(p, *commit);
	return rc;
}
