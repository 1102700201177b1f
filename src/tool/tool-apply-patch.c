/*
 * apply_patch {input, reason?}: a patch in V4A format (v4a.h) for one or more
 * files. Every chunk of every file is found, and every new content written to
 * disk, before any file changes. The reply has "fuzzy" if spaces or typography
 * differed; a failure has "file", the path it is about.
 */
#include "config.h"

#include "tool/impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/line-diff.h"
#include "base/mem.h"
#include "tool/tool-edit.h"
#include "tool/v4a.h"

/* A file's state after the patch. */
struct patch_file {
	struct tool_path path;
	struct buf	 content;
	struct stat	 st;		/* if it was there */
	bool		 was;		/* existed before the patch */
	bool		 is;		/* exists after it */
	bool		 same;		/* and isn't changed by it */
	struct file_new	 made;
};

struct patch {
	const struct tool_env *env;
	cJSON		*reply;
	struct patch_file *files;
	size_t		 len;
	struct buf	 told;		/* "M a.c (lines 3, 9)" */
	struct buf	 notes;
	struct buf	 diff;
	bool		 fuzzy;
};

/* "a.c: chunk 2 (line 7 of the patch)". */
static void
patch_where(struct buf *b, const struct v4a_file *f, const char *shown,
    size_t chunk)
{
	buf_addf(b, "%s, ", shown);
	if (f->len > 1)
		buf_addf(b, "chunk %zu of %zu, ", chunk + 1, f->len);
	buf_addf(b, "line %zu of the patch", f->chunks[chunk].at);
}

/* Did links lead from the given name to this one? */
static bool
patch_is_link(const struct tool_env *env, const char *given, const char *rel)
{
	AUTO_FREE char *full = fs_normalize(env->cwd, given);
	AUTO_FREE char *real = fs_join(env->root, rel);

	return strcmp(full, real) != 0;
}

/* The state of a file so far; NULL with the failure set. `missing` files are
 * allowed, special files aren't. */
static struct patch_file *
patch_open(struct patch *p, const char *given, bool missing, bool no_link)
{
	struct patch_file *f;
	struct tool_path path;
	size_t i;
	int fd;

	if (path_resolve(&path, p->env, given, PATH_WRITE, p->reply) < 0)
		goto fail;
	if (no_link && patch_is_link(p->env, given, path.rel)) {
		tool_fail(p->reply, "denied", "%s goes through a symbolic "
		    "link: use bash to remove or rename it", path.shown);
		goto fail;
	}
	if (path.wants_dir || strcmp(path.rel, ".") == 0) {
		tool_fail(p->reply, "is_dir", "%s is a folder: name a file",
		    path.shown);
		goto fail;
	}
	for (i = 0; i < p->len; i++)
		if (strcmp(p->files[i].path.rel, path.rel) == 0) {
			f = &p->files[i];
			if (!f->is && !missing) {
				tool_fail(p->reply, "file_missing", "%s is "
				    "gone: an earlier part of the patch "
				    "removes it", path.shown);
				goto fail;
			}
			path_release(&path);
			return f;
		}
	f = &p->files[p->len];
	memset(f, 0, sizeof(*f));
	f->made.dir = -1;
	fd = fs_open_beneath(path.base_fd, path.rel, O_PATH, 0);
	fs_close(fd);
	if (fd < 0 && errno == ENOENT && missing) {
		f->same = true;
	} else {
		if (file_load(&path, &f->content, &f->st,
		    p->reply) < 0) {
			buf_release(&f->content);
			goto fail;
		}
		f->was = f->is = f->same = true;
	}
	f->path = path;
	p->len++;
	return f;
fail:
	if (json_get(p->reply, "file") == NULL)
		json_add_str(p->reply, "file", given);
	path_release(&path);
	return NULL;
}

static void
patch_miss(struct patch *p, const struct v4a_file *f, const char *shown,
    const struct patch_file *file, const struct v4a_result *r)
{
	const struct v4a_chunk *c = &f->chunks[r->chunk];
	AUTO_BUF struct buf where = BUF_INIT(0), old = BUF_INIT(0);
	AUTO_BUF struct buf near = BUF_INIT(TOOL_TEXT_MAX);

	patch_where(&where, f, shown, r->chunk);
	switch (r->miss) {
	case V4A_OVERLAP:
		tool_fail(p->reply, "overlap", "%s: its lines are also part of "
		    "another chunk. Nothing was changed", buf_str(&where));
		break;
	case V4A_NO_CHANGE:
		tool_fail(p->reply, "no_change", "%s would not change. Nothing "
		    "was changed", shown);
		break;
	case V4A_TOO_LARGE:
		tool_fail(p->reply, "too_large", "%s would become too large",
		    shown);
		break;
	default:
		v4a_chunk_text(c, false, &old);
		if (old.len == 0 && c->len > 0)
			buf_add(&old, c->lines[0].p, c->lines[0].n);
		edit_nearest(&near, buf_str(&file->content),
		    file->content.len, buf_str(&old), old.len);
		tool_fail(p->reply, "not_found", "%s: %s. Nothing was changed. "
		    "%s", buf_str(&where), r->miss == V4A_NO_ANCHOR ?
		    "the line after @@ isn't in the file, nor do the chunk's "
		    "lines match just one place" : "its kept and removed lines "
		    "aren't in the file", near.len > 0 ? buf_str(&near) :
		    "Nothing in the file is similar; read the file again.");
		break;
	}
}

static void
patch_told(struct patch *p, char letter, const char *shown,
    const struct v4a_result *r)
{
	size_t i;

	buf_addf(&p->told, "\n%c %s", letter, shown);
	for (i = 0; r != NULL && i < r->lines_len; i++)
		buf_addf(&p->told, "%s%zu", i > 0 ? ", " : r->lines_len > 1 ?
		    " (lines " : " (line ", r->lines[i]);
	if (r != NULL && r->lines_len > 0)
		buf_adds(&p->told, ")");
}

/* May the file have the new lines of the patch? */
static int
patch_may_get(struct patch *p, const struct patch_file *file,
    const struct v4a_file *f)
{
	AUTO_BUF struct buf added = BUF_INIT(0);
	size_t i;

	buf_add(&added, buf_str(&f->content), f->content.len);
	for (i = 0; i < f->len; i++)
		v4a_chunk_text(&f->chunks[i], true, &added);
	if (file_may_get(&file->path, &file->content, buf_str(&added),
	    added.len, p->reply) == 0)
		return 0;
	json_add_str(p->reply, "file", f->path);
	return -1;
}

/* Uses the patch's own names; patch_open may move the pointer. */
static int
patch_update(struct patch *p, const struct v4a_file *f)
{
	struct patch_file *file = patch_open(p, f->path, false,
	    f->move != NULL), *to;
	AUTO(v4a_result_release) struct v4a_result r = { .miss = V4A_OK };
	size_t from;

	if (file == NULL)
		return -1;
	from = (size_t)(file - p->files);
	if (f->len > 0) {
		if (patch_may_get(p, file, f) < 0)
			return -1;
		v4a_apply(&r, f, buf_str(&file->content), file->content.len,
		    TOOL_FILE_MAX);
		if (r.miss != V4A_OK) {
			json_add_str(p->reply, "file", f->path);
			json_add_int(p->reply, "size",
			    (int64_t)file->content.len);
			patch_miss(p, f, file->path.shown, file, &r);
			return -1;
		}
		buf_addf(&p->diff, "=== %s\n", file->path.shown);
		line_diff(&p->diff, buf_str(&file->content),
		    file->content.len, buf_str(&r.content), r.content.len);
		buf_release(&file->content);
		file->content = r.content;
		memset(&r.content, 0, sizeof(r.content));
		file->same = false;
		p->fuzzy = p->fuzzy || r.fuzzy;
		if (r.guessed > 0)
			buf_addf(&p->notes, "\n%s: %zu chunk%s fit%s more than "
			    "one place; the first was used. Check that it is "
			    "the right one.", file->path.shown,
			    r.guessed, r.guessed == 1 ? "" : "s",
			    r.guessed == 1 ? "s" : "");
	}
	patch_told(p, 'M', file->path.shown, &r);
	if (f->move == NULL)
		return 0;
	to = patch_open(p, f->move, true, true);
	file = &p->files[from];
	if (to == NULL)
		return -1;
	if (to->is) {
		json_add_str(p->reply, "file", f->move);
		tool_fail(p->reply, "exists", "%s already exists: %s cannot be "
		    "moved to it. Nothing was changed", to->path.shown,
		    file->path.shown);
		return -1;
	}
	buf_addf(&p->told, " -> %s", to->path.shown);
	buf_release(&to->content);
	to->content = file->content;
	memset(&file->content, 0, sizeof(file->content));
	if (!to->was)
		to->st = file->st;
	to->is = true;
	to->same = file->is = file->same = false;
	return 0;
}

static int
patch_plan(struct patch *p, const struct v4a_file *f)
{
	AUTO_BUF struct buf new = BUF_INIT(0), kept = BUF_INIT(0);
	struct patch_file *file;

	if (f->kind == V4A_UPDATE)
		return patch_update(p, f);
	file = patch_open(p, f->path, f->kind == V4A_ADD,
	    f->kind == V4A_DELETE);
	if (file == NULL)
		return -1;
	if (f->kind == V4A_ADD) {
		if (patch_may_get(p, file, f) < 0)
			return -1;
		buf_add(&new, buf_str(&f->content), f->content.len);
		file_keep_form(&file->content, &new, &kept);
		if (kept.len > 0)
			buf_addf(&p->notes, "\n%s:%s", file->path.shown,
			    buf_str(&kept));
	}
	file->same = false;
	buf_release(&file->content);
	file->content = new;
	buf_init(&new, 0);
	buf_addf(&p->diff, "=== %s\n", file->path.shown);
	line_diff(&p->diff, "", 0, buf_str(&file->content),
	    file->content.len);
	file->is = f->kind == V4A_ADD;
	patch_told(p, f->kind == V4A_ADD ? 'A' : 'D', file->path.shown, NULL);
	return 0;
}

/* First write all contents to disk, then rename. */
static int
patch_write(struct patch *p)
{
	size_t i;

	for (i = 0; i < p->len; i++) {
		struct patch_file *f = &p->files[i];
		bool mode = f->was || f->st.st_mode != 0;

		if (!f->same && f->is && file_prepare(&f->made, &f->path,
		    buf_str(&f->content), f->content.len, mode ? &f->st : NULL,
		    p->reply) < 0)
			return -1;
	}
	for (i = 0; i < p->len; i++) {
		struct patch_file *f = &p->files[i];

		if (!f->same && f->is && file_commit(&f->made, &f->path,
		    p->reply) < 0)
			return -1;
	}
	for (i = 0; i < p->len; i++) {
		struct patch_file *f = &p->files[i];

		if (f->was && !f->is && file_remove(&f->path, p->reply) < 0)
			return -1;
	}
	return 0;
}

void
tool_apply_patch(const struct tool_env *env, const cJSON *args, cJSON *reply)
{
	const char *text = json_str_or(args, "input", "");
	struct patch p = { .env = env, .reply = reply };
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;
	AUTO(v4a_release) struct v4a v = { 0 };
	size_t i;

	if (v4a_parse(&v, text, strlen(text), &e) < 0) {
		tool_fail(reply, "bad_patch", "%s. Nothing was changed.\n%s",
		    e.text, tool_find("apply_patch")->form);
		goto out;
	}
	p.files = xcalloc(2 * v.len + 1, sizeof(*p.files));
	for (i = 0; i < v.len; i++)
		if (patch_plan(&p, &v.files[i]) < 0)
			goto out;
	if (patch_write(&p) < 0)
		goto out;
	buf_addf(&b, "Success. Updated the following files:%s",
	    buf_str(&p.told));
	if (p.fuzzy) {
		json_add_bool(reply, "fuzzy", true);
		buf_adds(&b, "\nThe patch and the file differ in spaces or "
		    "typography: kept lines stay as in the file, and added "
		    "ones get its indentation.");
	}
	buf_adds(&b, buf_str(&p.notes));
	tool_ok(reply, &b);
	json_add_bytes(reply, "diff", p.diff.p, p.diff.len);
out:
	for (i = 0; i < p.len; i++) {
		file_drop(&p.files[i].made);
		path_release(&p.files[i].path);
		buf_release(&p.files[i].content);
	}
	free(p.files);
	buf_release(&p.told);
	buf_release(&p.notes);
	buf_release(&p.diff);
}
