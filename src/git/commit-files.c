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

#define LOAD_NAMES	200	/* of more files, all are listed */
#define MERGE_MAX	((size_t)8 << 20)	/* bytes; larger ones are one
						   line */
#define INDEX_WORK	"work"	/* in the scratch folder: the work tree's files */

static bool
side_is_file(const struct commit_side *s)
{
	return s->mode == 0100644 || s->mode == 0100755;
}

/* ---- HEAD, index and work tree ---- */

/* "MODE TYPE ID\tNAME" of ls-tree, "TAG MODE ID STAGE\tNAME" of ls-files. */
static int
side_take_entry(struct commit_plan *p, const char *entry, bool is_tree,
    size_t side, struct err *e)
{
	const char *tab = strchr(entry, '\t');
	struct commit_side s = { 0 };
	struct commit_file *f;
	char tag = ' ';
	int stage = 0;

	if (tab == NULL || (is_tree ? sscanf(entry, "%o %*s %64[0-9a-f]",
	    &s.mode, s.oid) != 2 : sscanf(entry, "%c %o %64[0-9a-f] %d", &tag,
	    &s.mode, s.oid, &stage) != 4))
		return err_set(e, "can't understand what git printed");
	/* A submodule. */
	for (f = p->files; s.mode == 0160000 && f < p->files + p->len; f++)
		f->is_foreign = f->is_foreign || fs_is_below(f->name, tab + 1);
	f = MEM_SEARCH(p->files, p->len, tab + 1);
	if (f == NULL)
		return 0;
	if (stage != 0)
		return err_set(e, "%s has a merge conflict: resolve it first",
		    f->path);
	*(struct commit_side *)(void *)((char *)f + side) = s;
	/* What isn't checked out, as in a sparse checkout, isn't deleted. */
	if (tag == 'S')
		f->work = s;
	return 0;
}

/* Of all entries of a listing. `side`: of struct commit_file. */
static int
side_take(struct commit_plan *p, const struct buf *list, bool is_tree,
    size_t side, struct err *e)
{
	const char *at, *end = buf_str(list) + list->len;

	for (at = buf_str(list); at < end; at += strlen(at) + 1)
		if (side_take_entry(p, at, is_tree, side, e) < 0)
			return -1;
	return 0;
}

static int
side_load_head(struct commit_plan *p, struct err *e)
{
	static const char *const tree[] = { "ls-tree", "-r", "-z", "HEAD",
		"--" };
	const char *args[LOAD_NAMES + MEM_COUNT(tree) + 1] = { NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, NULL, &out);
	size_t i;

	memcpy(args, tree, sizeof(tree));
	/* Git compares each file with each name. */
	for (i = 0; p->len <= LOAD_NAMES && i < p->len; i++)
		args[MEM_COUNT(tree) + i] = p->files[i].name;
	return p->head == NULL ? 0 : git_run_ok(&g, args, e) < 0 ? -1 :
	    side_take(p, &out, true, offsetof(struct commit_file, head), e);
}

/* `index`: its file, NULL: the user's. */
static int
side_load_index(struct commit_plan *p, const char *index, size_t side,
    struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(0);

	return commit_index_list(p, index, &out, e) < 0 ? -1 :
	    side_take(p, &out, false, side, e);
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

/* What `git add` would make of the files: in an index that has no others. A
 * folder, a device or what is behind a link is no file. */
static int
side_load_work(struct commit_plan *p, struct err *e)
{
	static const char *const info[] = { "update-index", "-z",
		"--index-info", NULL };
	static const char *const add[] = { "update-index", "-z", "--add",
		"--replace", "--stdin", NULL };
	AUTO_FREE char *index = fs_join(p->scratch, INDEX_WORK);
	AUTO_BUF struct buf entries = BUF_INIT(0), names = BUF_INIT(0);
	const struct git_run have = commit_plan_git(p, index, &entries, NULL);
	const struct git_run find = commit_plan_git(p, index, &names, NULL);
	AUTO_CLOSE int root = open(p->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct commit_file *f;
	struct stat st;

	if (unlink(index) < 0 && errno != ENOENT)
		return err_sys(e, "can't remove %s", index);
	for (f = p->files; f < p->files + p->len; f++) {
		const char *name;
		AUTO_CLOSE int dir = fs_open_parent(root, f->path, false, &name);

		f->is_there = dir >= 0 && fstatat(dir, name, &st,
		    AT_SYMLINK_NOFOLLOW) == 0 && (S_ISLNK(st.st_mode) ||
		    S_ISREG(st.st_mode));
		f->is_foreign = f->is_foreign || side_is_foreign(p, f);
		if (!f->is_there || f->is_foreign)
			continue;
		if (f->index.mode != 0)
			buf_addf(&entries, "%o %s\t%s%c", f->index.mode,
			    f->index.oid, f->name, '\0');
		(void)buf_add(&names, f->name, strlen(f->name) + 1);
	}
	if (names.len == 0)
		return 0;
	return (entries.len > 0 && git_run_ok(&have, info, e) < 0) ||
	    git_run_ok(&find, add, e) < 0 ? -1 : side_load_index(p, index,
	    offsetof(struct commit_file, work), e);
}

/* ---- what git knows of the names ---- */

/* Its exit status with the names of these files, or of the new ones among them,
 * by -z --stdin. */
static int
names_ask(const struct commit_plan *p, const char *const *args, bool new_only,
    struct buf *out, struct err *e)
{
	AUTO_BUF struct buf in = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, &in, out);
	const struct commit_file *f;

	for (f = p->files; f < p->files + p->len; f++)
		if (!new_only || (f->is_there && !f->is_foreign &&
		    f->head.mode == 0 && f->index.mode == 0))
			/* Not the magic of a pathspec. */
			buf_addf(&in, "./%s%c", f->name, '\0');
	return in.len == 0 ? 0 : git_run(&g, args, NULL, e);
}

/* What only git can convert. NAME, attribute, value. */
static int
names_find_attributes(struct commit_plan *p, struct err *e)
{
	static const char *const args[] = { "check-attr", "-z", "--stdin",
		"ident", "working-tree-encoding", "filter", NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	const char *at, *end, *v[3] = { "", "", "" };
	struct commit_file *f;
	size_t i;

	if (names_ask(p, args, false, &out, e) != 0)
		return err_is_set(e) ? -1 : err_set(e, "git check-attr: it "
		    "failed");
	for (i = 0, at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1, i++) {
		v[i % 3] = at;
		if (i % 3 == 2 && strcmp(at, "unspecified") != 0 &&
		    strcmp(at, "unset") != 0 && (f = MEM_SEARCH(p->files,
		    p->len, v[0] + strlen("./"))) != NULL)
			f->is_filtered = true;
	}
	return 0;
}

static int
names_find_ignored(struct commit_plan *p, struct err *e)
{
	static const char *const args[] = { "--no-literal-pathspecs",
		"check-ignore", "-z", "--stdin", NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	struct commit_file *f;
	const char *at, *end;
	/* 1: none is. */
	int rc = names_ask(p, args, true, &out, e);

	if (rc < 0 || rc > 1)
		return rc < 0 ? -1 : err_set(e, "git check-ignore: it failed");
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1)
		if ((f = MEM_SEARCH(p->files, p->len, at + strlen("./"))) != NULL)
			f->is_ignored = true;
	return 0;
}

/* ---- contents in the scratch folder ---- */

/* Store them in the repository as they are. */
static int
blobs_store(const struct commit_plan *p, struct commit_blob *v, size_t n,
    struct err *e)
{
	static const char *const args[] = { "hash-object", "-w",
		"--no-filters", "--stdin-paths", NULL };
	AUTO_BUF struct buf in = BUF_INIT(0), out = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, &in, &out);
	const char *at;
	size_t i, len;

	for (i = 0; i < n; i++)
		buf_addf(&in, "%s/%s\n", p->scratch, v[i].name);
	if (n == 0 || git_run_ok(&g, args, e) < 0)
		return n == 0 ? 0 : -1;
	for (i = 0, at = buf_str(&out); i < n; i++, at += len + 1) {
		len = strcspn(at, "\n");
		if (len == 0 || len >= sizeof(v[i].oid) || at[len] == '\0')
			return err_set(e, "can't understand what git printed");
		memcpy(v[i].oid, at, len);
	}
	return 0;
}

static void
blobs_add(struct commit_plan *p, const struct fold_side *s)
{
	if (!s->exists || s->hash == NULL)
		return;
	GROW(p->blobs, p->blobs_len);
	p->blobs[p->blobs_len++] = (struct commit_blob){ .name = s->hash };
}

/* The contents of all steps, each once. */
static int
blobs_load(struct commit_plan *p, const char *dir, struct err *e)
{
	const char *args[] = { "contents", dir, p->scratch, NULL };
	AUTO_JSON cJSON *answer = NULL;
	cJSON *asked = cJSON_CreateObject(), *list = cJSON_CreateArray();
	const struct commit_file *f;
	size_t i, to = 0;

	for (f = p->files; f < p->files + p->len; f++)
		for (i = 0; i < f->steps_len; i++) {
			blobs_add(p, &f->steps[i].file->before);
			blobs_add(p, &f->steps[i].file->after);
		}
	MEM_SORT(p->blobs, p->blobs_len);
	for (i = 0; i < p->blobs_len; i++)
		if (to == 0 || strcmp(p->blobs[to - 1].name,
		    p->blobs[i].name) != 0)
			p->blobs[to++] = p->blobs[i];
	p->blobs_len = to;
	for (i = 0; i < to; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(p->blobs[i].name));
	json_set_take(asked, "hashes", list);
	answer = client_ask_core(args, asked, 1 << 16, e);
	if (answer == NULL)
		return err_set(e, "can't read the session's contents");
	return blobs_store(p, p->blobs, to, e);
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
		return side_is_file(&f->index) ? f->index.mode : 0100644;
	return (mode & 0100) != 0 ? 0100755 : 0100644;
}

/* As `git add` would store it, but for line endings. */
static int
step_side(struct commit_plan *p, struct commit_file *f,
    const struct fold_side *from, struct commit_side *s, struct err *e)
{
	AUTO_FREE char *path = xasprintf("--path=%s", f->name), *id = NULL;
	const char *args[] = { "hash-object", "-w", "--stdin", path, NULL };
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, &b, NULL);
	const struct commit_blob *blob = from->exists && from->hash != NULL ?
	    MEM_SEARCH(p->blobs, p->blobs_len, from->hash) : NULL;
	AUTO_FREE char *at = NULL;

	memset(s, 0, sizeof(*s));
	if (blob == NULL)
		return 0;
	s->mode = step_mode(p, f, from->mode);
	memcpy(s->oid, blob->oid, sizeof(s->oid));
	if (s->mode == 0120000 || !f->is_filtered)
		return 0;
	at = fs_join(p->scratch, blob->name);
	if (fs_read_file(AT_FDCWD, at, &b, e) < 0 ||
	    (id = git_run_line(&g, args, e)) == NULL)
		return -1;
	snprintf(s->oid, sizeof(s->oid), "%s", id);
	return 0;
}

static int
step_sides(struct commit_plan *p, struct err *e)
{
	struct commit_file *f;
	struct commit_step *s;

	for (f = p->files; f < p->files + p->len; f++)
		for (s = f->steps; s < f->steps + f->steps_len; s++)
			if (step_side(p, f, &s->file->before, &s->before,
			    e) < 0 || step_side(p, f, &s->file->after,
			    &s->after, e) < 0)
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
	struct commit_blob *new;	/* to be stored, */
	struct commit_side **sides;	/* for these */
	size_t		 len;
};

static void
merge_release(struct merge *m)
{
	size_t i;

	for (i = 0; i < m->len; i++)
		free((char *)(uintptr_t)m->new[i].name);
	free(m->new);
	free(m->sides);
	pathmap_release(&m->contents);
	buf_release(&m->printed);
}

/* An entry that only says that the file will be added counts as none. */
static const struct commit_side *
merge_staged(const struct commit_file *f)
{
	return f->head.mode == 0 && f->index.mode != 0 &&
	    (strncmp(f->index.oid, "e69de29bb2d1", 12) == 0 ||
	    strncmp(f->index.oid, "473a0f4c3be8", 12) == 0) ? &f->head :
	    &f->index;
}

/* In the order of commit_lines; 0: there is none more. */
static const struct commit_side *
merge_side(const struct commit_file *f, size_t i)
{
	if (i < 2)
		return i == 0 ? &f->head : merge_staged(f);
	i -= 2;
	if (i == 2 * f->steps_len)
		return &f->work;
	return i > 2 * f->steps_len ? NULL : i % 2 == 0 ?
	    &f->steps[i / 2].before : &f->steps[i / 2].after;
}

/* Read those that the files have which are open. */
static int
merge_read(struct merge *m, struct err *e)
{
	static const char *const args[] = { "cat-file", "--batch", NULL };
	AUTO_BUF struct buf in = BUF_INIT(0);
	struct commit_plan *p = m->plan;
	const struct git_run g = commit_plan_git(p, NULL, &in, &m->printed);
	const struct commit_side *s;
	struct merge_content *c;
	size_t i, k, n;
	const char *at;
	char oid[65];

	for (i = 0; i < p->len; i++)
		for (k = 0; p->files[i].is_open && (s = merge_side(&p->files[i],
		    k)) != NULL; k++)
			if (s->mode != 0 && pathmap_find(&m->contents,
			    s->oid) == NULL) {
				pathmap_add(&m->contents, s->oid, sizeof(*c));
				buf_addf(&in, "%s\n", s->oid);
			}
	if (in.len > 0 && git_run_ok(&g, args, e) < 0)
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

/* Its text; `whole`: its id. */
static struct commit_text
merge_text(const struct merge *m, const struct commit_side *s, bool whole)
{
	const struct merge_content *c = whole || s->mode == 0 ? NULL :
	    pathmap_find(&m->contents, s->oid);

	return (struct commit_text){ .mode = s->mode, .whole = whole,
	    .p = c == NULL ? s->oid : c->p,
	    .len = c == NULL ? strlen(s->oid) : c->len };
}

static int
merge_set(struct merge *m, struct commit_file *f,
    const struct commit_merged *from, bool whole, struct err *e)
{
	struct commit_side *to = &f->want;
	const struct commit_side *const same[] = { &f->head, merge_staged(f),
		&f->work };
	AUTO_FREE char *path = NULL, *name = NULL;
	AUTO_CLOSE int fd = -1;

	*to = (struct commit_side){ .mode = from->mode };
	if (from->same < 3)
		*to = *same[from->same];
	if (from->same < 3 || from->mode == 0 || whole) {
		if (from->same == 3 && from->mode != 0)
			snprintf(to->oid, sizeof(to->oid), "%s",
			    buf_str(&from->text));
		return 0;
	}
	name = xasprintf("new-%zu", m->len);
	path = fs_join(m->plan->scratch, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd < 0 || fs_write_all(fd, buf_str(&from->text),
	    from->text.len) < 0)
		return err_sys(e, "can't write to %s", path);
	GROW(m->new, m->len);
	m->sides = xreallocarray(m->sides, m->len + 1, sizeof(*m->sides));
	m->new[m->len] = (struct commit_blob){ .name = name };
	m->sides[m->len++] = to;
	name = NULL;
	return 0;
}

static bool
merge_has(const struct commit_text *t, const char *s, size_t n)
{
	return t->mode != 0 && memmem(t->p, t->len, s, n) != NULL;
}

/* Where git keeps no CRLF, neither in HEAD nor of the work tree, it means LF. */
static void
merge_endings(struct commit_text *texts, size_t n, struct buf *own)
{
	const char *at, *nl, *end;
	size_t i;

	if (merge_has(&texts[0], "\r\n", 2) ||
	    merge_has(&texts[n - 1], "\r\n", 2))
		return;
	for (i = 2; i < n - 1; i++) {
		if (!merge_has(&texts[i], "\r\n", 2))
			continue;
		at = texts[i].p;
		for (end = at + texts[i].len; at < end; at = nl) {
			nl = memmem(at, (size_t)(end - at), "\r\n", 2);
			nl = nl == NULL ? end : nl;
			(void)buf_add(&own[i], at, (size_t)(nl - at));
			nl += nl < end;
		}
		texts[i].p = buf_str(&own[i]);
		texts[i].len = own[i].len;
	}
}

/* By lines, or as wholes. */
static int
merge_file(struct merge *m, struct commit_file *f, bool whole, struct err *e)
{
	size_t i, n = 2 * f->steps_len + 3;
	AUTO_FREE struct commit_text *texts = xcalloc(n, sizeof(*texts));
	AUTO_FREE struct buf *own = xcalloc(n, sizeof(*own));
	struct commit_merged want = { .text = BUF_INIT(0) };
	bool is_text = true;
	int rc = 0;

	for (i = 0; i < n; i++) {
		texts[i] = merge_text(m, merge_side(f, i), whole);
		is_text = is_text && (whole || (texts[i].len <= MERGE_MAX &&
		    !merge_has(&texts[i], "", 1)));
		buf_init(&own[i], 0);
	}
	if (!is_text) {
		/* Neither as it was nor as it is: there may be something of
		 * it. */
		if (f->mix == MIX_NONE && commit_side_equal(&f->want,
		    &f->head) && !commit_side_equal(&f->head,
		    &f->steps[f->steps_len - 1].after))
			f->mix = MIX_EDIT;
		return 0;
	}
	if (!whole)
		merge_endings(texts, n, own);
	f->is_open = !commit_lines(f, texts, &want);
	rc = merge_set(m, f, &want, whole, e);
	for (i = 0; i < n; i++)
		buf_release(&own[i]);
	buf_release(&want.text);
	return rc;
}

static int
merge_files(struct commit_plan *p, struct err *e)
{
	AUTO(merge_release) struct merge m = { .plan = p,
	    .printed = BUF_INIT(0) };
	struct commit_file *f, *end = p->files + p->len;
	size_t i;

	for (f = p->files; f < end; f++)
		if (merge_file(&m, f, true, e) < 0)
			return -1;
	if (merge_read(&m, e) < 0)
		return -1;
	for (f = p->files; f < end; f++)
		if (f->is_open && merge_file(&m, f, false, e) < 0)
			return -1;
	if (blobs_store(p, m.new, m.len, e) < 0)
		return -1;
	for (i = 0; i < m.len; i++)
		memcpy(m.sides[i]->oid, m.new[i].oid, sizeof(m.new[i].oid));
	return 0;
}

/* ---- */

int
commit_files_find(struct commit_plan *p, struct err *e)
{
	return side_load_head(p, e) < 0 || side_take(p, &p->index_was, false,
	    offsetof(struct commit_file, index), e) < 0 ||
	    side_load_work(p, e) < 0 || names_find_ignored(p, e) < 0 ? -1 : 0;
}

/* The one step of a file from HEAD to a commit of it, as the index takes it. */
static void
after_step(struct commit_file *f, const struct commit_side *head,
    const struct commit_side *want)
{
	static const struct fold_change change = { 0 };
	static const struct fold_change_file file = { 0 };

	GROW(f->steps, f->steps_len);
	f->steps[f->steps_len++] = (struct commit_step){ .before = *head,
	    .after = *want, .is_chosen = true, .change = &change,
	    .file = &file };
	f->head = f->index;
	f->work = *want;
}

/* What can't be committed without taking away what the user has staged of the
 * file stays out: the index after it is made of these three texts alone. */
static int
after_check(struct commit_plan *p, struct err *e)
{
	struct commit_plan now = *p;
	struct commit_file *f, *end = p->files + p->len;
	size_t *of = xcalloc(p->len + 1, sizeof(*of)), i, k;
	int rc;

	now.files = xcalloc(p->len + 1, sizeof(*now.files));
	now.len = 0;
	for (f = p->files; f < end; f++)
		if (!commit_side_equal(&f->index, &f->head) &&
		    !commit_side_equal(&f->index, &f->want) &&
		    !commit_side_equal(&f->want, &f->head)) {
			of[now.len] = (size_t)(f - p->files);
			now.files[now.len] = (struct commit_file){
			    .name = f->name, .path = f->path,
			    .index = *merge_staged(f),
			    .lines = BUF_INIT(0) };
			after_step(&now.files[now.len++], &f->head, &f->want);
		}
	rc = now.len == 0 ? 0 : merge_files(&now, e);
	for (i = 0; i < now.len; i++) {
		f = &p->files[of[i]];
		if (rc == 0 && now.files[i].mix != MIX_NONE) {
			f->mix = MIX_STAGED;
			f->want = f->head;
			for (k = 0; k < f->steps_len; k++) {
				f->steps[k].is_left = f->steps[k].is_left ||
				    f->steps[k].is_in;
				f->steps[k].is_in = false;
			}
		}
		buf_release(&now.files[i].lines);
		free(now.files[i].steps);
	}
	free(now.files);
	free(of);
	return rc;
}

int
commit_files_merge(struct commit_plan *p, const char *dir, struct err *e)
{
	return names_find_attributes(p, e) < 0 || blobs_load(p, dir, e) < 0 ||
	    step_sides(p, e) < 0 || merge_files(p, e) < 0 ? -1 :
	    after_check(p, e);
}

#define HOOK_NAMES	10	/* of files; of the others, the number */

/* It isn't in the commit as planned: the n-th such file. */
static void
hook_say(struct commit_plan *p, const struct commit_file *f, bool added,
    size_t n)
{
	if (n > HOOK_NAMES)
		return;
	buf_adds(&p->hooked, n == 1 ? "a hook " : ", ");
	buf_adds(&p->hooked, added ? "added " : "changed ");
	json_path_text(&p->hooked, f->path);
}

int
commit_files_after(struct commit_plan *p, struct commit_plan *now,
    struct err *e)
{
	const struct commit_file *planned;
	struct commit_file *f;
	size_t n = 0;

	if (side_load_index(now, NULL, offsetof(struct commit_file, index),
	    e) < 0)
		return -1;
	for (f = now->files; f < now->files + now->len; f++) {
		planned = MEM_SEARCH(p->files, p->len, f->name);
		if (planned == NULL || !commit_side_equal(&planned->want,
		    &f->want))
			hook_say(p, f, planned == NULL, ++n);
		after_step(f, &f->head, &f->want);
	}
	if (n > HOOK_NAMES)
		buf_addf(&p->hooked, " and %zu more", n - HOOK_NAMES);
	if (merge_files(now, e) < 0)
		return -1;
	for (f = now->files; f < now->files + now->len; f++)
		/* With another version the next commit would take a hook's
		 * lines back. */
		if (f->mix != MIX_NONE)
			f->want = f->work;
	return 0;
}
