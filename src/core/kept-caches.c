/*
 * The caches were written by commands: they are moved by their names beneath
 * folders that are open, never followed, and nothing here reads a file in them.
 */
#include "config.h"

#include "core/kept-caches.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "core/call-sandbox.h"
#include "core/core.h"
#include "core/emit.h"
#include "journal/session.h"
#include "sandbox/cachedir.h"
#include "sandbox/mount-plan.h"

#define KEPT_DEPTH	200	/* of a cache; a deeper one isn't kept */
#define KEPT_SHARE	2	/* divisor of the disk limit, and of its files */

struct kept_size {
	int64_t	 bytes, files;
	time_t	 changed;	/* the last change in it */
	bool	 left;		/* where it is, or out */
};

/* The project's folder, locked until it is closed; -1 with *e. */
static int
kept_open(const struct core *c, bool make, struct err *e)
{
	AUTO_FREE char *state = session_state_dir(e);
	AUTO_FREE char *all = state == NULL ? NULL : fs_join(state, "caches");
	char hash[SHA256_HEX_SIZE];
	AUTO_FREE char *dir = NULL;
	int fd;

	if (all == NULL)
		return -1;
	sha256_hex(c->root, strlen(c->root), hash);
	dir = fs_join(all, hash);
	if (make && fs_mkdirs(dir, 0700, e) < 0)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open %s", dir);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			err_set(e, "another session of this project has the "
			    "kept ones");
		else
			err_sys(e, "cannot lock %s", dir);
		close(fd);
		return -1;
	}
	return fd;
}

/* Takes ownership of fd. -1: it can't be read, or is too deep. */
static int
kept_measure(int fd, int depth, struct kept_size *s)
{
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stat st;

	if (d == NULL || depth > KEPT_DEPTH)
		return -1;
	while ((de = fs_dir_next(&d)) != NULL) {
		if (fstatat(dirfd(d), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0)
			return -1;
		s->bytes += (int64_t)st.st_blocks * 512;
		s->files++;
		if (st.st_ctime > s->changed)
			s->changed = st.st_ctime;
		if (S_ISDIR(st.st_mode) && kept_measure(openat(dirfd(d),
		    de->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC), depth + 1, s) < 0)
			return -1;
	}
	return 0;
}

/* -1: there is none, or none that can be kept. */
static int
kept_look(int kept, size_t row, struct kept_size *s)
{
	AUTO_FREE char *name = cachedir_layer(cachedir_path(row));

	memset(s, 0, sizeof(*s));
	return kept_measure(openat(kept, name, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC), 0, s);
}

static void
kept_remove(int kept, size_t row)
{
	AUTO_FREE char *name = cachedir_layer(cachedir_path(row));

	(void)fs_remove_tree(kept, name, NULL);
}

/* Where a session has it, below its staged copy's folder: in the sandbox's home,
 * or in the layer over the user's own. */
static char *
kept_place(const char *path, bool layer)
{
	AUTO_FREE char *name = layer ? cachedir_layer(path) : NULL;

	return layer ? xasprintf("cache/%s/up", name) : fs_join("home", path);
}

/* Is this cache of the user's own shown to commands, below a layer? */
static bool
kept_is_layer(const struct core *c, const char *path)
{
	const char *home = json_str(c->start, "home");
	AUTO_FREE char *inside = NULL;

	if (home == NULL || !sandbox_levels[c->level].encloses)
		return false;
	inside = mount_plan_home(home, c->root);
	return strcmp(inside, home) == 0 && cachedir_exists(home, path);
}

/* Neither replaces a cache: what a session has it keeps, and what another one
 * has put there stays. */
static bool
kept_take(const struct core *c, int stage, const char *path)
{
	AUTO_FREE char *name = cachedir_layer(path);
	AUTO_FREE char *to = kept_place(path, kept_is_layer(c, path));
	AUTO_CLOSE int parent = -1;
	const char *base;

	if (faccessat(c->kept_caches, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	parent = fs_open_parent(stage, to, true, &base);
	if (parent < 0)
		return false;
	(void)unlinkat(parent, base, AT_REMOVEDIR);	/* an empty one */
	return renameat2(c->kept_caches, name, parent, base,
	    RENAME_NOREPLACE) == 0;
}

static void
kept_put(int kept, int stage, const char *path, bool layer)
{
	AUTO_FREE char *name = cachedir_layer(path);
	AUTO_FREE char *from = kept_place(path, layer);
	const char *base;
	AUTO_CLOSE int parent = fs_open_parent(stage, from, false, &base);
	struct stat st;

	if (parent < 0 || fstatat(parent, base, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISDIR(st.st_mode) || unlinkat(parent, base, AT_REMOVEDIR) == 0)
		return;
	(void)renameat2(parent, base, kept, name, RENAME_NOREPLACE);
}

/* Each row's, malloc'ed; what they are together. */
static struct kept_size *
kept_measure_all(int kept, struct kept_size *all)
{
	struct kept_size *v = NULL;
	size_t n;

	memset(all, 0, sizeof(*all));
	for (n = 0; cachedir_path(n) != NULL; n++) {
		GROW(v, n);
		if (kept_look(kept, n, &v[n]) < 0) {
			kept_remove(kept, n);
			memset(&v[n], 0, sizeof(v[n]));
		}
		all->bytes += v[n].bytes;
		all->files += v[n].files;
	}
	return v;
}

/* A session needs room for more than its caches. */
static struct kept_size
kept_most(const struct core *c)
{
	return (struct kept_size){
		.bytes = c->limits.disk_bytes / KEPT_SHARE,
		.files = sandbox_limits_inodes(&c->limits) / KEPT_SHARE,
	};
}

/* Mark the oldest as left until the rest is no more than `most`. */
static void
kept_fit(struct kept_size *v, struct kept_size all, struct kept_size most)
{
	while (all.bytes > most.bytes || all.files > most.files) {
		struct kept_size *oldest = NULL;
		size_t i;

		for (i = 0; cachedir_path(i) != NULL; i++)
			if (v[i].files > 0 && !v[i].left && (oldest == NULL ||
			    v[i].changed < oldest->changed))
				oldest = &v[i];
		oldest->left = true;
		all.bytes -= oldest->bytes;
		all.files -= oldest->files;
	}
}

static int
kept_stage(const struct core *c)
{
	AUTO_FREE char *dir = fs_join(c->dir, "stage");

	return open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void
kept_caches_take(struct core *c)
{
	AUTO_BUF struct buf names = BUF_INIT(0);
	AUTO_FREE struct kept_size *v = NULL;
	AUTO_CLOSE int stage = -1;
	struct kept_size all;
	struct err e = ERR_INIT;
	size_t i;

	if (!json_is(c->start, "cache_keep", "on") || c->mode == MODE_DEMO ||
	    !sandbox_level_holds(c->level))
		return;
	c->kept_caches = kept_open(c, true, &e);
	if (c->kept_caches < 0) {
		emit_note(c, "Caches of this session aren't kept: %s", e.text);
		return;
	}
	/* One may have mounted a layer that is replaced here. */
	call_unprepare(c);
	stage = kept_stage(c);
	v = kept_measure_all(c->kept_caches, &all);
	kept_fit(v, all, kept_most(c));
	for (i = 0; cachedir_path(i) != NULL; i++)
		if (!v[i].left && kept_take(c, stage, cachedir_path(i))) {
			buf_addf(&names, "%s%s ", names.len > 0 ? ", " : "",
			    cachedir_path(i));
			buf_add_size(&names, (uint64_t)v[i].bytes);
		}
	if (names.len > 0)
		emit_note(c, "Commands find what earlier sessions cached: %s",
		    buf_str(&names));
}

void
kept_caches_put(struct core *c)
{
	AUTO_FREE struct kept_size *v = NULL;
	AUTO_CLOSE int stage = -1;
	struct kept_size all;
	size_t i;

	if (c->kept_caches < 0)
		return;
	stage = kept_stage(c);
	for (i = 0; stage >= 0 && cachedir_path(i) != NULL; i++) {
		kept_put(c->kept_caches, stage, cachedir_path(i), true);
		kept_put(c->kept_caches, stage, cachedir_path(i), false);
	}
	v = kept_measure_all(c->kept_caches, &all);
	kept_fit(v, all, kept_most(c));
	for (i = 0; cachedir_path(i) != NULL; i++)
		if (v[i].left)
			kept_remove(c->kept_caches, i);
	fs_close(c->kept_caches);
	c->kept_caches = -1;
}

void
kept_caches_clear(struct core *c, struct stage_usage *u)
{
	int kept = c->kept_caches >= 0 ? c->kept_caches :
	    kept_open(c, false, NULL);
	struct kept_size s;
	int64_t bytes = 0;
	size_t i;

	for (i = 0; kept >= 0 && cachedir_path(i) != NULL; i++) {
		if (kept_look(kept, i, &s) == 0) {
			bytes += s.bytes;
			u->files += s.files;
		}
		kept_remove(kept, i);
	}
	u->bytes += bytes;
	if (bytes > 0) {
		buf_adds(&u->names, u->names.len > 0 ? ", " : "");
		buf_adds(&u->names, "kept caches ");
		buf_add_size(&u->names, (uint64_t)bytes);
	}
	if (kept != c->kept_caches)
		fs_close(kept);
}
