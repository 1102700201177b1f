/*
 * With which content the files are in a commit: HEAD's, with the lines of applied
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
	char *slash;
	struct stat st;

	while ((slash = strrchr(dir, '/')) != NULL) {
		AUTO_FREE char *git = NULL;

		*slash = '\0';
		git = xasprintf("%s/%s/.git", p->top, dir);
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
			/* Not the magic of a pathspec. */
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

/* ---- contents in the scratch folder ---- */

/* One, by its name there. */
struct files_blob {
	char		*name;
	char		 oid[65];	/* without any conversion */
};

/* Store them in the repository as they are. */
static int
blobs_store(const struct commit_plan *p, const struct pathmap *blobs,
    struct err *e)
{
	AUTO_BUF struct buf in = BUF_INIT(0), out = BUF_INIT(0);
	AUTO_FREE void **all = pathmap_list(blobs);
	struct files_blob *b;
	const char *at;
	size_t i;

	for (i = 0; i < blobs->len; i++) {
		b = all[i];
		buf_addc(&in, '"');
		for (at = p->scratch; *at != '\0'; at++)
			buf_addf(&in, strchr("\"\\\n", *at) == NULL ? "%c" :
			    "\\%03o", *at);
		buf_addf(&in, "/%s\"\n", b->name);
	}
	if (in.len > 0 && commit_git(p, NULL, &in, &out,
	    GIT_WORDS("hash-object", "-w", "--no-filters", "--stdin-paths"),
	    e) < 0)
		return -1;
	for (i = 0, at = buf_str(&out); i < blobs->len; i++) {
		b = all[i];
		if (sscanf(at, "%64[0-9a-f]", b->oid) != 1)
			return err_set(e, "can't understand what git printed");
		at += strlen(b->oid) + 1;
	}
	return 0;
}

/* The contents of all steps. */
static int
blobs_load(struct commit_plan *p, struct pathmap *blobs, const char *dir,
    struct err *e)
{
	const char *args[] = { "contents", dir, p->scratch, NULL };
	AUTO_JSON cJSON *answer = NULL;
	cJSON *asked = cJSON_CreateObject(), *list = cJSON_CreateArray();
	const struct fold_side *s;
	const struct commit_file *f;
	size_t i;

	for (f = p->files; f < p->files + p->len; f++)
		for (i = 0; i < 2 * f->steps_len; i++) {
			s = i % 2 == 0 ? &f->steps[i / 2].file->before :
			    &f->steps[i / 2].file->after;
			if (!s->exists || s->hash == NULL ||
			    pathmap_find(blobs, s->hash) != NULL)
				continue;
			pathmap_add(blobs, s->hash, sizeof(struct files_blob));
			cJSON_AddItemToArray(list, cJSON_CreateString(s->hash));
		}
	json_set_take(asked, "hashes", list);
	answer = client_ask_core(args, asked, 1 << 16, e);
	return answer != NULL ? blobs_store(p, blobs, e) :
	    err_set(e, "can't read the session's contents");
}

/* ---- the sides of the steps ---- */

/* Without core.fileMode git keeps the mode that it knows. */
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

/* As `git add` would store it, but for line endings. */
static int
step_side(const struct commit_plan *p, const struct pathmap *blobs,
    const struct commit_file *f, const struct fold_side *from,
    struct index_side *s, struct err *e)
{
	AUTO_FREE char *path = xasprintf("--path=%s", f->name), *id = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct git_run g = { .dir = p->top, .trusts_repo = true,
	    .in = &b };
	const struct files_blob *blob = from->exists && from->hash != NULL ?
	    pathmap_find(blobs, from->hash) : NULL;
	AUTO_FREE char *at = NULL;

	if (blob == NULL)
		return 0;
	s->mode = step_mode(p, f, from->mode);
	memcpy(s->oid, blob->oid, sizeof(s->oid));
	if (s->mode == 0120000 || !f->is_filtered)
		return 0;
	at = fs_join(p->scratch, blob->name);
	if (fs_read_file(AT_FDCWD, at, &b, e) < 0 ||
	    (id = git_run_line(&g, GIT_WORDS("hash-object", "-w", "--stdin",
	    path), e)) == NULL)
		return -1;
	snprintf(s->oid, sizeof(s->oid), "%s", id);
	return 0;
}

static int
step_sides(struct commit_plan *p, const char *dir, struct err *e)
{
	AUTO(pathmap_release) struct pathmap blobs = { 0 };
	const struct commit_file *f;
	struct commit_step *s;

	if (blobs_load(p, &blobs, dir, e) < 0)
		return -1;
	for (f = p->files; f < p->files + p->len; f++)
		for (s = f->steps; s < f->steps + f->steps_len; s++)
			if (step_side(p, &blobs, f, &s->file->before,
			    &s->before, e) < 0 || step_side(p, &blobs, f,
			    &s->file->after, &s->after, e) < 0)
				return -1;
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
	struct pathmap	 new;		/* struct files_blob, by number */
};

static void
merge_release(struct merge *m)
{
	pathmap_release(&m->contents);
	pathmap_release(&m->new);
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

/* The path of a file's new content in the scratch folder. */
static char *
merge_name(const struct merge *m, const struct commit_file *f)
{
	return xasprintf("new-%td", f - m->plan->files);
}

/* The id of a line, or of a whole file that is one line. */
static int
merge_file(struct merge *m, struct commit_file *f, bool whole, struct err *e)
{
	size_t i, n = 2 * f->steps_len + 3;
	AUTO_FREE struct commit_text *texts = xcalloc(n, sizeof(*texts));
	AUTO_FREE char *name = merge_name(m, f), *path = fs_join(
	    m->plan->scratch, name);
	AUTO_BUF struct buf text = BUF_INIT(0);
	const struct merge_content *c;
	const struct index_side *s;
	bool is_text = true;

	for (i = 0; i < n; i++) {
		s = merge_side(f, i);
		c = whole || s->mode == 0 ? NULL : pathmap_find(&m->contents,
		    s->oid);
		texts[i] = (struct commit_text){ .mode = s->mode,
			.p = c == NULL ? s->oid : c->p,
			.len = c == NULL ? strlen(s->oid) : c->len };
		is_text = is_text && texts[i].len <= MERGE_MAX &&
		    memchr(texts[i].p, '\0', texts[i].len) == NULL;
	}
	if (!is_text)
		return 0;
	f->want = (struct index_side){ .mode = commit_lines(f, texts, whole,
		&text) };
	if (f->want.mode == 0)
		return 0;
	if (whole) {
		snprintf(f->want.oid, sizeof(f->want.oid), "%s",
		    buf_str(&text));
		return 0;
	}
	pathmap_add(&m->new, name, sizeof(struct files_blob));
	return fs_replace(AT_FDCWD, path, buf_str(&text), text.len, 0600, e);
}

static int
merge_files(struct commit_plan *p, struct err *e)
{
	AUTO(merge_release) struct merge m = { .plan = p,
	    .printed = BUF_INIT(0) };
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
	if (blobs_store(p, &m.new, e) < 0)
		return -1;
	for (f = p->files; f < end; f++) {
		AUTO_FREE char *name = merge_name(&m, f);
		const struct files_blob *b = pathmap_find(&m.new, name);

		if (b != NULL)
			memcpy(f->want.oid, b->oid, sizeof(b->oid));
	}
	return 0;
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
		GROW(f->steps, f->steps_len);
		f->steps[f->steps_len++] = (struct commit_step){
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

int
commit_files_merge(struct commit_plan *p, const char *dir, struct err *e)
{
	/* Contents that only git can convert. */
	return names_ask(p, GIT_WORDS("check-attr", "-z", "--stdin", "ident",
	    "working-tree-encoding", "filter"), true, e) < 0 ||
	    step_sides(p, dir, e) < 0 || merge_files(p, e) < 0 ? -1 :
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
