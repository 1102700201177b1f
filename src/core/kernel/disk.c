#include "config.h"

#include "core/kernel/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "core/kernel/core.h"

/* The files whose names begin so; of a file with a second name, that one counts. */
static void
disk_files(const char *path, const char *begins, struct sandbox_disk *d)
{
	DIR *dir = fs_opendir(path);
	struct dirent *de;
	struct stat st;

	while ((de = fs_dir_next(&dir)) != NULL) {
		if (strncmp(de->d_name, begins, strlen(begins)) != 0 ||
		    fstatat(dirfd(dir), de->d_name,
		    &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    (begins[0] != '\0' && st.st_nlink > 1))
			continue;
		d->bytes += (int64_t)st.st_blocks * 512;
		d->files++;
	}
}

static void
disk_out(const struct core *c, struct sandbox_disk *d)
{
	disk_files(c->out_dir, "", d);
	/* output-file.h: those that grow */
	disk_files(c->dir, "output-", d);
}

size_t
disk_room(struct core *c, int64_t share)
{
	struct sandbox_disk d = { 0 };
	int64_t most = c->sandbox.limits.disk_bytes / share;

	disk_out(c, &d);
	return d.bytes < most ? (size_t)(most - d.bytes) : 0;
}

static bool
disk_is_full(const struct core *c, const struct sandbox_disk *d)
{
	return d->bytes >= c->sandbox.limits.disk_bytes ||
	    d->files >= sandbox_limits_inodes(&c->sandbox.limits);
}

static int
disk_look(struct core *c, struct stage *stage, struct sandbox_disk *d,
    struct buf *names, struct err *e)
{
	struct stage_usage u = { 0 };
	int rc = stage_usage(stage, STAGE_KEEP, &u, e);
	int64_t share = c->sandbox.limits.disk_bytes / DISK_OUT_SHARE;

	memset(d, 0, sizeof(*d));
	if (rc == 0) {
		disk_out(c, d);
		/* Everything above the outputs' share is patches; they must not
		 * stop a command. */
		if (d->bytes > share)
			d->bytes = share;
		if (names != NULL) {
			buf_adds(names, buf_str(&u.names));
			if (d->bytes >= c->sandbox.limits.disk_bytes / 8) {
				buf_adds(names, ", kept outputs ");
				buf_add_size(names, (uint64_t)d->bytes);
			}
		}
		d->bytes += u.bytes;
		d->files += u.files;
		d->free_bytes = u.all_bytes - d->bytes;
		d->free_files = u.all_files - d->files;
	}
	buf_release(&u.names);
	return rc;
}

int
disk_before(struct core *c, struct stage *stage, struct sandbox_disk *d,
    struct err *e)
{
	AUTO_BUF struct buf names = BUF_INIT(0), size = BUF_INIT(0);
	int rc = disk_look(c, stage, d, &names, e);

	if (rc < 0 || !disk_is_full(c, d))
		return rc;
	if (d->bytes >= c->sandbox.limits.disk_bytes) {
		buf_add_size(&size, (uint64_t)d->bytes);
		buf_adds(&size, " of ");
		buf_add_size(&size, (uint64_t)c->sandbox.limits.disk_bytes);
	} else
		buf_addf(&size, "%lld of %lld files", (long long)d->files,
		    (long long)sandbox_limits_inodes(&c->sandbox.limits));
	return err_set(e, "the copy is full (%s): %s; nothing was run. "
	    "Accept or reject the proposed changes, remove ignored files "
	    "(assent try --clean %s), or raise the limit (--disk)",
	    buf_str(&size), buf_str(&names), c->id);
}
