/*
 * reverse: which content undoing an applied change should restore. It decides
 * what to stage, from the two sides of the change and the current file; the
 * result reaches the real tree like any other change.
 */
#include "config.h"

#include "gate/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"
#include "gate/apply.h"

#define REVERSE_DEPTH 100
#define REVERSE_EDITED "the same lines were edited after this change"

static bool
reverse_is_folder(const struct stage_side *s)
{
	return s->exists && S_ISDIR(s->mode);
}

/* The number of the hunk's first line that changes, in the current file. */
static int
reverse_line(const struct hunk *h)
{
	const char *p = h->text, *end = h->text + h->len;
	int line = h->old_start;

	for (; p < end && *p == ' '; line++)
		p = mem_line_after(p, end);
	return line;
}

/* The user edited the same lines: reverse only the hunks that overwrite none of
 * them. The others' lines go to `part`. 1, or 0: there is none. */
static int
reverse_part(struct blob_store *store, const struct stage_side *after,
    struct gate_choice *c, struct stage_side *want, struct buf *part,
    struct err *e)
{
	AUTO(hunk_list_release) struct hunk_list l = { 0 };
	AUTO_FREE const char **yes = NULL, **no = NULL;
	AUTO_FREE bool *over = NULL;
	struct stage_side rest;
	size_t i;

	if (gate_hunks(&l, store, c->path, &c->before, &c->after, NULL, NULL,
	    e) < 0)
		return -1;
	over = xcalloc(l.len + 1, sizeof(*over));
	yes = xcalloc(l.len + 1, sizeof(*yes));
	no = xcalloc(l.len + 1, sizeof(*no));
	if (gate_overwrites(store, c->path, after, &c->before, &l, over,
	    e) < 0)
		return -1;
	for (i = 0; i < l.len; i++) {
		if (!over[i]) {
			yes[c->yes_len++] = l.v[i].id;
			continue;
		}
		no[c->no_len++] = l.v[i].id;
		buf_addf(part, "%s%d", c->no_len > 1 ? ", " :
		    REVERSE_EDITED ": line ", reverse_line(&l.v[i]));
	}
	buf_adds(part, "; the rest is proposed");
	c->yes = yes;
	c->no = no;
	if (c->yes_len == 0)
		return 0;
	return gate_compose(store, c, want, &rest, e) < 0 ? -1 : 1;
}

static int
reverse_is_done(struct err *e, const char *text)
{
	err_set(e, "%s", text);
	e->sys = EALREADY;
	return -1;
}

int
gate_reverse(struct blob_store *store, const char *path,
    const struct stage_side *before, const struct stage_side *after,
    struct stage_side *now, struct stage_side *want, struct buf *part,
    struct err *e)
{
	struct gate_choice c = { .path = path, .before = *now };
	int rc;

	/* The change deleted the file: a folder at its path counts as
	 * nothing. */
	if (!after->exists && reverse_is_folder(now))
		memset(now, 0, sizeof(*now));
	if (stage_side_equal(now, after)) {
		*want = *before;
		return 0;
	}
	if (stage_side_equal(now, before))
		return reverse_is_done(e, "it is already as it was before");
	if (!before->exists)
		return err_set(e, "it was edited after this change; delete it "
		    "yourself if you want to");
	if (!now->exists)
		return err_set(e, "it no longer exists");
	if (!after->exists)
		return err_set(e, "there is another file now");
	rc = stage_merge_sides(store, path, after, now, before, false,
	    want, e);
	if (rc == 0 && part != NULL && (rc = stage_merge_sides(store, path,
	    after, now, before, true, &c.after, e)) == 1)
		rc = reverse_part(store, after, &c, want, part, e);
	if (rc == 0)
		err_set(e, REVERSE_EDITED);
	if (rc == 1 && stage_side_equal(want, now))
		return reverse_is_done(e, "nothing is left of the change");
	return rc == 1 ? 0 : -1;
}

/* Takes ownership of fd. */
static bool
reverse_goes(int fd, const char *path, int depth,
    bool (*goes)(void *arg, const char *path), void *arg)
{
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stat st;
	bool ok = d != NULL && depth < REVERSE_DEPTH;

	while (ok && (de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *sub = fs_join(path, de->d_name);

		if (fstatat(dirfd(d), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0)
			ok = errno == ENOENT;
		else if (S_ISDIR(st.st_mode))
			ok = reverse_goes(openat(dirfd(d), de->d_name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			    sub, depth + 1, goes, arg);
		else
			ok = goes(arg, sub);
	}
	return ok;
}

/* Is the path free? A file above it, where it needs a folder, must be removed
 * too. */
static bool
reverse_is_free(int root_fd, const char *path,
    bool (*goes)(void *arg, const char *path), void *arg)
{
	AUTO_FREE char *copy = xstrdup(path);
	struct stat st;

	while (fs_up(copy)) {
		AUTO_CLOSE int fd = fs_open_beneath(root_fd, copy,
		    O_PATH | O_NOFOLLOW, 0);

		/* If it can't be opened, the folder doesn't exist, or a file is
		 * above it. */
		if (fd >= 0)
			return fstat(fd, &st) < 0 || S_ISDIR(st.st_mode) ||
			    goes(arg, copy);
	}
	return true;
}

bool
gate_reverse_fits(int root_fd, const char *path, const struct stage_side *now,
    bool (*goes)(void *arg, const char *path), void *arg)
{
	if (!now->exists)
		return reverse_is_free(root_fd, path, goes, arg);
	return !reverse_is_folder(now) || reverse_goes(fs_open_beneath(root_fd,
	    path, O_RDONLY | O_DIRECTORY, 0), path, 0, goes, arg);
}

int
gate_look(int root_fd, const char *path, int64_t most, struct stage_side *now)
{
	const char *name;
	struct worktree_state s;
	AUTO_CLOSE int fd = fs_open_parent(root_fd, path, false, &name);

	memset(now, 0, sizeof(*now));
	/* If there is no folder, the file doesn't exist either. */
	if (fd < 0)
		return stage_is_missing(errno) ? 0 : -1;
	if (fstatat(fd, name, &s.st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(s.st.st_mode) && s.st.st_size > most)
		return 1;
	if (worktree_read(fd, name, false, &s) < 0)
		return -1;
	*now = s.side;
	if (s.other)
		now->mode = s.st.st_mode & S_IFMT;
	return 0;
}
