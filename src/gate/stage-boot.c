/*
 * stage-boot: after a reboot. The overlay is mounted volatile, and a copy isn't
 * synced, so recent writes may be incomplete, and their times prove nothing.
 * Files in the manifest are restored from the store; the rest (build products,
 * a call that wasn't scanned) can't be checked and is dropped, with a note.
 */
#include "config.h"

#include "gate/stage-priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

#define BOOT_NAMES 5

struct boot {
	struct stage	*st;
	struct buf	 path;
	size_t		 dropped;
	struct buf	 names;		/* of the first */
	struct err	*e;
	int		 rc;
};

static void
boot_dropped(struct boot *b, const char *path)
{
	if (++b->dropped > BOOT_NAMES)
		return;
	buf_adds(&b->names, b->dropped == 1 ? "" : ", ");
	if (b->dropped == BOOT_NAMES)
		buf_adds(&b->names, "...");
	else
		json_path_text(&b->names, path);
}

int
stage_boot_check(struct stage *st, struct err *e)
{
	AUTO_FREE char *now = manifest_boot_id();

	st->rebooted = st->manifest.boot != NULL && now != NULL &&
	    strcmp(st->manifest.boot, now) != 0;
	/* The tools' caches are volatile overlays, too. An inspection writes to
	 * them and notes no boot. */
	if ((st->rebooted || st->manifest.boot == NULL) &&
	    fs_remove_tree(st->dir_fd, "cache", e) < 0)
		return -1;
	if (!st->rebooted)
		return 0;
	if (st->view != &stage_copy)
		return 0;
	/* Recreated, with the staged changes on top. */
	if (fs_remove_tree(st->dir_fd, STAGE_COPY_INDEX, e) < 0)
		return -1;
	return fs_remove_tree(st->dir_fd, st->view->folder, e);
}

void
stage_boot_note(struct stage *st)
{
	if (st->manifest.boot != NULL)
		return;
	st->manifest.boot = manifest_boot_id();
	st->dirty = true;
}

static void
boot_drop(struct boot *b, int fd, const char *name)
{
	if (fs_remove_tree(fd, name, b->e) < 0) {
		b->rc = -1;
		return;
	}
	boot_dropped(b, buf_str(&b->path));
}

/* Drop what isn't on record. Takes ownership of fd. */
static void
boot_drop_dir(struct boot *b, int fd, int depth)
{
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stat sb;
	size_t len = b->path.len;
	int sub;

	while (b->rc == 0 && (de = fs_dir_next(&d)) != NULL) {
		if (fstatat(fd, de->d_name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		buf_addf(&b->path, "%s%s", len > 0 ? "/" : "", de->d_name);
		if (S_ISDIR(sb.st_mode) && depth < STAGE_MAX_DEPTH &&
		    (sub = stage_open_dir(fd, de->d_name)) >= 0)
			boot_drop_dir(b, sub, depth + 1);
		else if (!S_ISCHR(sb.st_mode) && manifest_find(
		    &b->st->manifest, buf_str(&b->path)) == NULL)
			boot_drop(b, fd, de->d_name);
		b->path.len = len;
		b->path.p[len] = '\0';
	}
}

static int
boot_restore(struct boot *b, struct manifest_entry *m)
{
	struct stage *st = b->st;

	memset(&m->after_id, 0, sizeof(m->after_id));
	if (!m->after.exists)
		return st->view->erase(st, m->path, b->e);
	if (stage_has_staged(st, m->path, &m->after))
		return 0;
	if (!blob_has(st->blobs, m->after.hash)) {
		if (stage_remove(st, m->path, b->e) < 0)
			return -1;
		boot_dropped(b, m->path);
		manifest_remove(&st->manifest, m->path);
		return 0;
	}
	return stage_write(st, m->path, &m->after, b->e);
}

int
stage_boot_mend(struct stage *st, struct err *e)
{
	struct boot b = { .st = st, .e = e };
	AUTO_FREE void **v = NULL;
	size_t i;
	int fd;

	if (!st->rebooted)
		return 0;
	if (st->view == &stage_overlay) {
		fd = openat(st->staged_fd, ".", O_RDONLY | O_DIRECTORY |
		    O_CLOEXEC);
		if (fd < 0)
			return err_sys(e, "cannot read the staged copy");
		boot_drop_dir(&b, fd, 0);
	}
	v = pathmap_list(&st->manifest.files);
	for (i = 0; v[i] != NULL && b.rc == 0; i++)
		b.rc = boot_restore(&b, v[i]);
	if (b.rc == 0) {
		(void)unlinkat(st->dir_fd, STAGE_CALL, 0);
		buf_adds(&st->note, st->note.len > 0 ? "; " : "");
		buf_adds(&st->note, "the host rebooted since the last call");
		if (b.dropped > 0)
			buf_addf(&st->note, "; %zu staged file%s not on record "
			    "and impossible to check: dropped (%s)", b.dropped,
			    b.dropped == 1 ? " was" : "s were",
			    buf_str(&b.names));
		else if (st->view == &stage_copy)
			buf_adds(&st->note, "; build output in the copy is "
			    "gone");
		FREE_SET(st->manifest.boot, manifest_boot_id());
		st->dirty = true;
		b.rc = stage_save(st, e);
	}
	buf_release(&b.path);
	buf_release(&b.names);
	return b.rc;
}
