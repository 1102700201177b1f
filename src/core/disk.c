#include "config.h"

#include "core/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"
#include "core/call-sandbox.h"
#include "core/core.h"

/* Divisors of the limit: stored outputs get a quarter of it, outputs and
 * patches together a half. */
#define DISK_OUT_SHARE 4
#define DISK_PATCH_SHARE 2

static void
disk_out(const struct core *c, struct sandbox_disk *d)
{
	DIR *dir = fs_opendir(c->out_dir);
	struct dirent *de;
	struct stat st;

	while ((de = fs_dir_next(&dir)) != NULL) {
		if (fstatat(dirfd(dir), de->d_name,
		    &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		d->bytes += (int64_t)st.st_blocks * 512;
		d->files++;
	}
}

bool
disk_keeps(struct core *c, size_t size)
{
	struct sandbox_disk d = { 0 };

	disk_out(c, &d);
	return d.bytes + (int64_t)size <= c->limits.disk_bytes /
	    DISK_OUT_SHARE;
}

size_t
disk_patch_room(struct core *c)
{
	struct sandbox_disk d = { 0 };
	int64_t share = c->limits.disk_bytes / DISK_PATCH_SHARE;

	disk_out(c, &d);
	return d.bytes < share ? (size_t)(share - d.bytes) : 0;
}

static bool
disk_is_full(const struct core *c, const struct sandbox_disk *d)
{
	return d->bytes >= c->limits.disk_bytes ||
	    d->files >= sandbox_limits_inodes(&c->limits);
}

static int
disk_look(struct core *c, struct stage *stage, struct sandbox_disk *d,
    struct buf *names, struct err *e)
{
	AUTO(stage_usage_release) struct stage_usage u = { 0 };
	int rc = stage_usage(stage, &u, e);
	int64_t share = c->limits.disk_bytes / DISK_OUT_SHARE;

	memset(d, 0, sizeof(*d));
	if (rc == 0) {
		disk_out(c, d);
		/* Everything above the outputs' share is patches; they must not
		 * stop a command. */
		if (d->bytes > share)
			d->bytes = share;
		if (names != NULL) {
			buf_adds(names, buf_str(&u.names));
			if (d->bytes >= c->limits.disk_bytes / 8) {
				buf_adds(names, ", kept outputs ");
				buf_add_size(names, (uint64_t)d->bytes);
			}
		}
		d->bytes += u.bytes;
		d->files += u.files;
		d->free_bytes = u.all_bytes - d->bytes;
		d->free_files = u.all_files - d->files;
	}
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
	if (d->bytes >= c->limits.disk_bytes) {
		buf_add_size(&size, (uint64_t)d->bytes);
		buf_adds(&size, " of ");
		buf_add_size(&size, (uint64_t)c->limits.disk_bytes);
	} else
		buf_addf(&size, "%lld of %lld files", (long long)d->files,
		    (long long)sandbox_limits_inodes(&c->limits));
	return err_set(e, "the staged copy is full (%s): %s; nothing was run. "
	    "Accept or reject the proposed changes, remove build products "
	    "(assent try --clean %s), or raise the limit (--disk)",
	    buf_str(&size), buf_str(&names), c->id);
}

void
disk_after(struct core *c, struct stage *stage, const struct sandbox_result *r,
    struct buf *notes)
{
	struct stage_usage freed;
	struct sandbox_disk d;
	struct err e = ERR_INIT;
	AUTO_BUF struct buf names = BUF_INIT(0), back = BUF_INIT(0);
	bool made = false;

	if (r->killed == NULL || strcmp(r->killed, "disk") != 0)
		return;
	/* The prepared sandbox may have mounted files that are removed here. */
	call_unprepare(c);
	if (stage_clear(stage, STAGE_CLEAR_CALL, &freed, &e) == 0 &&
	    disk_look(c, stage, &d, NULL, &e) == 0 && disk_is_full(c, &d)) {
		int64_t bytes = freed.bytes, files = freed.files;

		made = true;
		buf_adds(&names, buf_str(&freed.names));
		buf_adds(&back, buf_str(&freed.back));
		stage_usage_release(&freed);
		(void)stage_clear(stage, STAGE_CLEAR_MADE, &freed, &e);
		freed.bytes += bytes;
		freed.files += files;
	}
	if (names.len > 0 && freed.names.len > 0)
		buf_adds(&names, ", ");
	buf_adds(&names, buf_str(&freed.names));
	if (back.len > 0 && freed.back.len > 0)
		buf_adds(&back, ", ");
	buf_adds(&back, buf_str(&freed.back));
	if (err_is_set(&e))
		buf_addf(notes, "%s\n", e.text);
	if (freed.files > 0 || back.len > 0) {
		buf_addf(notes, "the command filled the staged copy; removed "
		    "%s that it wrote: ", made ? "the new files" :
		    "the build products");
		buf_add_size(notes, (uint64_t)freed.bytes);
		if (names.len > 0)
			buf_addf(notes, " (%s)", buf_str(&names));
		if (back.len > 0)
			buf_addf(notes, "; what it moved, deleted or "
			    "changed is as it was: %s", buf_str(&back));
		buf_addc(notes, '\n');
	}
	stage_usage_release(&freed);
}
