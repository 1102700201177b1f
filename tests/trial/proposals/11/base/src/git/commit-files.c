/*
 * With which content the files are in a commit: HEAD's, with the lines of applied
 * changes that are in the work tree, and nothing else.
 */
#include "config.h"

/* `index`: its file, NULL: the user's. `side`: of struct commit_file. */
static int
side_load(struct commit_plan *p, bool is_tree, const char *index, size_t side,
    struct err *e)
{
	static const char *const tree[] = { "ls-tree", "-r", "-z", "HEAD",
		"--" };
	static const char *const staged[] = { "ls-files", "-s", "-t", "-z",
		"--" };
	const char *args[LOAD_NAMES + MEM_COUNT(tree) + 1] = { NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, index, NULL, &out);
	size_t i, n = is_tree ? MEM_COUNT(tree) : MEM_COUNT(staged);
	const char *at, *end;

	memcpy(args, is_tree ? tree : staged, n * sizeof(*args));
	/* Git compares each file with each name. */
	for (i = 0; p->len <= LOAD_NAMES && i < p->len; i++)
		args[n + i] = p->files[i].name;
	if (git_run_ok(&g, args, e) < 0)
		return -1;
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1)
		if (side_take_entry(p, at, is_tree, side, e) < 0)
			return -1;
	return 0;
}

/* HEAD's and the index's sides. */
static int
side_load_both(struct commit_plan *p, struct err *e)
{
	return p->len > 0 && ((p->head != NULL && side_load(p, true, NULL,
	    offsetof(struct commit_file, head), e) < 0) || side_load(p, false,
	    NULL, offsetof(struct commit_file, index), e) < 0) ? -1 : 0;
}

/* What `git add` would make of the files: in an index that has no others. A
 * folder, a device or what is behind a link is no file. */
static int
side_load_work(struct commit_plan *p, struct err *e)
			    f->index.oid, f->name, '\0');
		(void)buf_add(&names, f->name, strlen(f->name) + 1);
	}
	if (names.len == 0)
		return 0;
	return (entries.len > 0 && git_run_ok(&have, info, e) < 0) ||
	    git_run_ok(&find, add, e) < 0 ? -1 : side_load(p, false, index,
	    offsetof(struct commit_file, work), e);
}

int
commit_files_find(struct commit_plan *p, struct err *e)
{
	return side_load_both(p, e) < 0 || side_load_work(p, e) < 0 ||
	    names_find_ignored(p, e) < 0 ? -1 : 0;
}

int
commit_files_after(struct commit_plan *p, struct commit_plan *now,
    struct err *e)
{
	const struct commit_file *planned;
	struct commit_file *f;
	size_t n = 0;

	if (now->len > 0 && side_load(now, false, NULL, offsetof(
	    struct commit_file, index), e) < 0)
		return -1;
	for (f = now->files; f < now->files + now->len; f++) {
		planned = MEM_SEARCH(p->files, p->len, f->name);
		if (planned == NULL || !commit_side_equal(&planned->want,
		    &f->want))
			hook_say(p, f, planned == NULL, ++n);
			f->want = f->work;
	return 0;
}
