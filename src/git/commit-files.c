/*
 * Makes the files of a commit: HEAD's content, plus the lines of applied
 * changes that are in the work tree, and nothing else.
 */
#include "config.h"

#include "git/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "client/client.h"

#define MERGE_MAX	((size_t)8 << 20)	/* bytes; larger ones are one
						   line */

/* ---- HEAD, index and work tree ---- */

/* An entry that only says that the file will be added doesn't count. */
static bool
side_is_none(const struct commit_file *f)
{
	return f->head.mode == 0 && index_side_is_empty(f->index.oid);
}

/* Read such a list of commit_git_entries into the files. `side`: of struct
 * commit_file. */
static int
side_take(struct commit_plan *p, const struct buf *list, size_t side,
    struct err *e)
{
	const char *at, *tab, *end = buf_str(list) + list->len;
	struct commit_file *f;
	int stage;
	char tag;

	for (at = buf_str(list); at < end; at += strlen(at) + 1) {
		struct index_side s = { 0 };

		tab = strchr(at, '\t');
		if (tab == NULL || sscanf(at, "%c %o %64[0-9a-f] %d", &tag,
		    &s.mode, s.oid, &stage) != 4)
			return err_set(e, "can't understand what git printed");
		/* A submodule. */
		for (f = p->files; s.mode == 0160000 &&
		    f < p->files + p->len; f++)
			f->is_foreign = f->is_foreign ||
			    fs_is_below(f->name, tab + 1);
		if ((f = MEM_SEARCH(p->files, p->len, tab + 1)) == NULL)
			continue;
		if (stage != 0)
			return err_set(e, "%s has a merge conflict: resolve "
			    "it first", f->path);
		*(struct index_side *)(void *)((char *)f + side) = s;
		/* A file outside a sparse checkout isn't deleted. */
		if (tag == 'S')
			f->work = s;
	}
	return 0;
}

/* `index`: its file, NULL: the user's. */
static int
side_load(struct commit_plan *p, const char *index, size_t side, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(0);

	return commit_git_entries(p, index, &out, e) < 0 ? -1 :
	    side_take(p, &out, side, e);
}

/* Is a folder above it a repository of its own, which git doesn't know? */
static bool
side_is_foreign(const struct commit_plan *p, const struct commit_file *f)
{
	AUTO_FREE char *dir = xstrdup(f->name);
	struct stat st;

	while (fs_up(dir)) {
		AUTO_FREE char *git = xasprintf("%s/%s/.git", p->top, dir);

		if (lstat(git, &st) == 0)
			return true;
	}
	return false;
}

/* The files as `git add` would store them: in an index without others. A
 * folder, a device or a path through a link is no file. */
static int
side_load_work(struct commit_plan *p, struct err *e)
{
	AUTO_FREE char *index = fs_join(p->scratch, "work");
	AUTO_BUF struct buf entries = BUF_INIT(0), names = BUF_INIT(0);
	AUTO_CLOSE int root = open(p->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct commit_file *f;
	struct stat st;

	for (f = p->files; f < p->files + p->len; f++) {
		const char *name;
		AUTO_CLOSE int dir = fs_open_parent(root, f->path, false, &name);

		f->is_foreign = f->is_foreign || side_is_foreign(p, f);
		if (f->is_foreign || dir < 0 || fstatat(dir, name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0 || (!S_ISLNK(st.st_mode) &&
		    !S_ISREG(st.st_mode)))
			continue;
		if (f->index.mode != 0)
			buf_addf(&entries, "%o %s\t%s%c", f->index.mode,
			    f->index.oid, f->name, '\0');
		(void)buf_add(&names, f->name, strlen(f->name) + 1);
	}
	if (names.len == 0)
		return 0;
	if (unlink(index) < 0 && errno != ENOENT)
		return err_sys(e, "can't remove %s", index);
	return (entries.len > 0 && commit_git(p, index, &entries, NULL,
	    GIT_WORDS("update-index", "-z", "--index-info"), e) < 0) ||
	    commit_git(p, index, &names, NULL, GIT_WORDS("update-index", "-z",
	    "--add", "--replace", "--stdin"), e) < 0 ? -1 : side_load(p, index,
	    offsetof(struct commit_file, work), e);
}

/* The files that git filters: NAME, attribute, value of each. Or, of new ones
 * that are there, those that it ignores: NAME; it says nothing of those that it
 * knows. */
static int
names_ask(struct commit_plan *p, const char *const *args, bool filters,
    struct err *e)
{
	AUTO_BUF struct buf in = BUF_INIT(0), out = BUF_INIT(0);
	const struct git_run g = { .dir = p->top, .trusts_repo = true,
	    .in = &in, .out = &out };
	struct commit_file *f = NULL;
	const char *at, *end;
	size_t i;
	int rc;

	for (f = p->files; f < p->files + p->len; f++)
		if (filters || (f->head.mode == 0 && f->work.mode != 0 &&
		    !f->is_foreign))
			/* "./" keeps git from reading a name as a pathspec with
			 * magic. */
			buf_addf(&in, "./%s%c", f->name, '\0');
	/* 1: none is ignored. */
	rc = in.len == 0 ? 0 : git_run(&g, args, NULL, e);
	if (rc < 0 || rc > 1)
		return rc < 0 ? -1 : err_set(e, "git can't say which files it "
		    "ignores or filters");
	for (i = 0, at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1, i++) {
		if (!filters || i % 3 == 0)
			f = MEM_SEARCH(p->files, p->len, at + strlen("./"));
		if (f != NULL && !filters)
			f->is_ignored = true;
		else if (f != NULL && i % 3 == 2)
			f->is_filtered = f->is_filtered ||
			    (strcmp(at, "unspecified") != 0 &&
			    strcmp(at, "unset") != 0);
	}
	return 0;
}

int
commit_files_find(struct commit_plan *p, struct err *e)
{
	struct commit_file *f;

	if (side_load(p, p->temp, offsetof(struct commit_file, head),
	    e) < 0 || side_take(p, &p->index_was, offsetof(struct commit_file,
	    index), e) < 0)
		return -1;
	for (f = p->files; f < p->files + p->len; f++)
		if (side_is_none(f))
			f->index = f->head;
	return side_load_work(p, e) < 0 ? -1 : names_ask(p,
	    GIT_WORDS("--no-literal-pathspecs", "check-ignore", "-z",
	    "--stdin"), false, e);
}

/* ---- the sides of the steps ---- */

/* If core.fileMode is off, git keeps the mode that it knows. */
static unsigned
step_mode(const struct commit_plan *p, const struct commit_file *f,
    unsigned mode)
{
	if (mode == 0120000)
		return mode;
	if (!p->filemode)
		return f->index.mode == 0100755 ? 0100755 : 0100644;
	return (mode & 0100) != 0 ? 0100755 : 0100644;
}

/* The object of this content as `git add` would store it, but for line endings;
 * it is stored as it is. */
static int
step_filter(const struct commit_plan *p, const struct commit_file *f,
    const char *hash, struct index_side *s, struct err *e)
{
	AUTO_FREE char *path = xasprintf("--path=%s", f->name), *id = NULL;
	AUTO_FREE char *at = fs_join(p->scratch, hash);
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct git_run g = { .dir = p->top, .trusts_repo = true,
	    .in = &b };

	if (fs_read_file(AT_FDCWD, at, &b, e) < 0 ||
	    (id = git_run_line(&g, GIT_WORDS("hash-object", "-w", "--stdin",
	    path), e)) == NULL)
		return -1;
	snprintf(s->oid, sizeof(s->oid), "%s", id);
	return 0;
}

/* Before and after of each step in turn, with its mode; *hash: in the store. */
static struct index_side *
step_side(const struct commit_plan *p, const struct commit_file *f, size_t i,
    const char **hash)
{
	struct commit_step *s = &f->steps[i / 2];
	const struct fold_side *from = i % 2 == 0 ? &s->file->before :
	    &s->file->after;
	struct index_side *to = i % 2 == 0 ? &s->before : &s->after;

	to->mode = !from->exists || from->hash == NULL ? 0 : step_mode(p, f,
	    from->mode);
	*hash = from->hash;
	return to;
}

/* Have the core write all contents into the scratch folder, and git store them. */
static int
step_sides(struct commit_plan *p, const char *dir, struct err *e)
{
	const char *args[] = { "contents", dir, p->scratch, NULL }, *hash;
	AUTO(index_contents_release) struct index_contents all = {
		.dir = p->scratch };
	AUTO_JSON cJSON *answer = NULL;
	cJSON *asked = cJSON_CreateObject(), *list = cJSON_CreateArray();
	const struct commit_file *f, *end = p->files + p->len;
	struct index_side *to;
	size_t i;

	for (f = p->files; f < end; f++)
		for (i = 0; i < 2 * f->steps_len; i++) {
			to = step_side(p, f, i, &hash);
			if (to->mode == 0)
				continue;
			cJSON_AddItemToArray(list, cJSON_CreateString(hash));
			index_contents_add(&all, hash, to);
		}
	json_set_take(asked, "hashes", list);
	answer = client_ask_core(args, asked, 1 << 16, e);
	if (answer == NULL)
		return err_set(e, "can't read the session's contents");
	if (index_contents_store(&all, p->top, e) < 0)
		return -1;
	for (f = p->files; f < end; f++)
		for (i = 0; f->is_filtered && i < 2 * f->steps_len; i++) {
			to = step_side(p, f, i, &hash);
			if (to->mode != 0 && to->mode != 0120000 &&
			    step_filter(p, f, hash, to, e) < 0)
				return -1;
		}
	return 0;
}

/* ---- merging ---- */

/* A content as git keeps it, by its id, in what git printed. */
struct merge_content {
	char		*oid;
	const char	*p;
	size_t		 len;
};

struct merge {
	struct commit_plan *plan;
	struct pathmap	 contents;	/* struct merge_content */
	struct buf	 printed;
	struct index_contents new;
};

static void
merge_release(struct merge *m)
{
	pathmap_release(&m->contents);
	index_contents_release(&m->new);
	buf_release(&m->printed);
}

/* In the order of commit_lines; NULL: there is none more. */
static const struct index_side *
merge_side(const struct commit_file *f, size_t i)
{
	if (i < 2)
		return i == 0 ? &f->head : &f->index;
	i -= 2;
	if (i == 2 * f->steps_len)
		return &f->work;
	return i > 2 * f->steps_len ? NULL : i % 2 == 0 ?
	    &f->steps[i / 2].before : &f->steps[i / 2].after;
}

/* Read those of the files that are to be compared by lines. */
static int
merge_read(struct merge *m, struct err *e)
{
	AUTO_BUF struct buf in = BUF_INIT(0);
	struct commit_plan *p = m->plan;
	const struct index_side *s;
	struct merge_content *c;
	size_t i, k, n;
	const char *at;
	char oid[65];

	for (i = 0; i < p->len; i++)
		for (k = 0; !commit_side_equal(&p->files[i].want,
		    &p->files[i].work) && (s = merge_side(&p->files[i],
		    k)) != NULL; k++)
			if (s->mode != 0 && pathmap_find(&m->contents,
			    s->oid) == NULL) {
				pathmap_add(&m->contents, s->oid, sizeof(*c));
				buf_addf(&in, "%s\n", s->oid);
			}
	if (in.len > 0 && commit_git(p, NULL, &in, &m->printed,
	    GIT_WORDS("cat-file", "--batch"), e) < 0)
		return -1;
	/* "ID blob SIZE\n", the bytes, a newline. */
	for (at = buf_str(&m->printed); *at != '\0'; at += n + 1) {
		if (sscanf(at, "%64[0-9a-f] blob %zu", oid, &n) != 2 ||
		    (c = pathmap_find(&m->contents, oid)) == NULL)
			return err_set(e, "git can't read a content: %.*s",
			    (int)strcspn(at, "\n"), at);
		at += strcspn(at, "\n") + 1;
		c->p = at;
		c->len = n;
	}
	return 0;
}

/* Its texts, malloc'ed; NULL: one is binary or very large. `whole`: its ids are
 * their only lines. */
static struct commit_text *
merge_texts(struct merge *m, const struct commit_file *f, bool whole)
{
	size_t i, n = 2 * f->steps_len + 3;
	struct commit_text *texts = xcalloc(n, sizeof(*texts));
	const struct merge_content *c;
	const struct index_side *s;

	for (i = 0; i < n; i++) {
		s = merge_side(f, i);
		c = whole || s->mode == 0 ? NULL : pathmap_find(&m->contents,
		    s->oid);
		texts[i] = (struct commit_text){ .mode = s->mode,
			.p = c == NULL ? s->oid : c->p,
			.len = c == NULL ? strlen(s->oid) : c->len };
		if (texts[i].len > MERGE_MAX || memchr(texts[i].p, '\0',
		    texts[i].len) != NULL) {
			free(texts);
			return NULL;
		}
	}
	return texts;
}

/* Make its content in the commit. */
static int
merge_file(struct merge *m, struct commit_file *f, bool whole, struct err *e)
{
	AUTO_FREE struct commit_text *texts = merge_texts(m, f, whole);
	AUTO_BUF struct buf text = BUF_INIT(0);

	if (texts == NULL)
		return 0;
	f->want = (struct index_side){ .mode = commit_lines(f, texts, &text) };
	if (!whole)
		return f->want.mode == 0 ? 0 : index_contents_write(&m->new,
		    &text, &f->want, e);
	buf_clear(&f->lines);
	snprintf(f->want.oid, sizeof(f->want.oid), "%s", buf_str(&text));
	return 0;
}

static int
merge_files(struct commit_plan *p, struct err *e)
{
	AUTO(merge_release) struct merge m = { .plan = p,
	    .printed = BUF_INIT(0), .new = { .dir = p->scratch } };
	struct commit_file *f, *end = p->files + p->len;

	for (f = p->files; f < end; f++)
		if (merge_file(&m, f, true, e) < 0)
			return -1;
	if (merge_read(&m, e) < 0)
		return -1;
	for (f = p->files; f < end; f++)
		if (!commit_side_equal(&f->want, &f->work) &&
		    merge_file(&m, f, false, e) < 0)
			return -1;
	return index_contents_store(&m.new, p->top, e);
}

/* ---- the user's index after the commit ---- */

/* Apply the step from HEAD to `want` to the index, as one change; its result
 * becomes `want`. */
static int
after_merge(struct commit_plan *now, struct err *e)
{
	static const struct fold_change change = { 0 };
	static const struct fold_change_file file = { 0 };
	struct commit_file *f;

	for (f = now->files; f < now->files + now->len; f++) {
		*GROW_ADD(f->steps, f->steps_len) = (struct commit_step){
			.before = f->head, .after = f->want,
			.is_chosen = true, .change = &change, .file = &file };
		f->head = f->index;
		f->work = f->want;
	}
	return merge_files(now, e);
}

/* Leave files out that can't be committed without losing what the user has
 * staged: the index after it is made of these three texts alone. */
static int
after_check(struct commit_plan *p, struct err *e)
{
	AUTO(commit_plan_release) struct commit_plan now = {
		.top = xstrdup(p->top), .scratch = xstrdup(p->scratch) };
	struct commit_file *f, *to;

	for (f = p->files; f < p->files + p->len; f++)
		if (!commit_side_equal(&f->index, &f->head) &&
		    !commit_side_equal(&f->want, &f->head)) {
			to = commit_plan_add(&now, xstrdup(f->path),
			    xstrdup(f->name));
			to->head = f->head;
			to->index = f->index;
			to->want = f->want;
		}
	if (after_merge(&now, e) < 0)
		return -1;
	for (to = now.files; to < now.files + now.len; to++)
		if (to->mix != MIX_NONE) {
			f = MEM_SEARCH(p->files, p->len, to->name);
			f->mix = MIX_STAGED;
			f->want = f->head;
		}
	return 0;
}

/* Also contents that only git can convert. */
static int
merge_sides(struct commit_plan *p, const char *dir, struct err *e)
{
	return names_ask(p, GIT_WORDS("check-attr", "-z", "--stdin", "ident",
	    "working-tree-encoding", "filter"), true, e) < 0 ? -1 :
	    step_sides(p, dir, e);
}

int
commit_files_texts(struct commit_plan *p, const char *dir,
    void (*each)(struct commit_file *, struct commit_text *, void *),
    void *arg, struct err *e)
{
	AUTO(merge_release) struct merge m = { .plan = p,
	    .printed = BUF_INIT(0) };
	struct commit_file *f;

	if (merge_sides(p, dir, e) < 0 || merge_read(&m, e) < 0)
		return -1;
	for (f = p->files; f < p->files + p->len; f++) {
		AUTO_FREE struct commit_text *texts = merge_texts(&m, f, false);

		if (texts != NULL)
			each(f, texts, arg);
	}
	return 0;
}

int
commit_files_merge(struct commit_plan *p, const char *dir, struct err *e)
{
	return merge_sides(p, dir, e) < 0 || merge_files(p, e) < 0 ? -1 :
	    after_check(p, e);
}

#define HOOK_NAMES	10	/* of files; of the others, the number */

int
commit_files_after(struct commit_plan *p, struct commit_plan *now,
    struct err *e)
{
	const struct commit_file *planned;
	struct commit_file *f;
	size_t n = 0;

	if (side_load(now, NULL, offsetof(struct commit_file, index), e) < 0)
		return -1;
	for (f = now->files; f < now->files + now->len; f++) {
		planned = MEM_SEARCH(p->files, p->len, f->name);
		/* It isn't in the commit as planned. */
		if ((planned != NULL && commit_side_equal(&planned->want,
		    &f->want)) || ++n > HOOK_NAMES)
			continue;
		buf_addf(&p->hooked, "%s%s ", n == 1 ? "a hook " : ", ",
		    planned == NULL ? "added" : "changed");
		json_path_text(&p->hooked, f->path);
	}
	if (n > HOOK_NAMES)
		buf_addf(&p->hooked, " and %zu more", n - HOOK_NAMES);
	if (after_merge(now, e) < 0)
		return -1;
	for (f = now->files; f < now->files + now->len; f++)
		/* With another version the next commit would take a hook's
		 * lines back. */
		if (f->mix != MIX_NONE)
			f->want = f->work;
	return 0;
}
