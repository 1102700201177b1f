#include "config.h"

#include "core/job/output-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/kernel/core.h"
#include "core/kernel/disk.h"
#include "core/kernel/secrets.h"
#include "policy/mask.h"

#define FILE_LINE	((size_t)64 << 10)	/* more of a line isn't waited for */
#define FILE_ROOM	((size_t)1 << 20)	/* before the room is looked at
						   again */
#define FILE_CUTS	8

/* No more of it is kept. */
static void
output_file_fails(struct output_file *f, const char *why)
{
	emit_note(f->core, "the whole output was not kept: %s", why);
	f->room = -1;
}

void
output_file_init(struct output_file *f, struct core *c, const char *id,
    bool begins)
{
	*f = (struct output_file){ .core = c, .path = xasprintf("%s/output-%s",
	    c->dir, id) };
	/* In root's session the user's command may read it, once it is in
	 * out/. */
	if (begins)
		output_file_remove(f);
	f->fd = open(f->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
	    (begins ? O_CREAT : 0), geteuid() == 0 ? 0644 : 0600);
	f->sha = begins ? sha256_new() : NULL;
	if (begins && f->fd < 0)
		output_file_fails(f, strerror(errno));
	buf_init(&f->rest, 0);
}

void
output_file_release(struct output_file *f)
{
	fs_close(f->fd);
	if (f->sha != NULL)
		sha256_end_free(f->sha, f->hash);
	buf_release(&f->rest);
	free(f->path);
}

void
output_file_write(struct output_file *f, const char *p, size_t n)
{
	const char *why = NULL;

	if (f->fd < 0)
		return;
	if (f->room < (int64_t)n)
		f->room = (int64_t)MIN(MAX(FILE_ROOM, n),
		    disk_room(f->core, DISK_OUT_SHARE));
	if (f->room < (int64_t)n)
		why = "outputs may take a quarter of --disk";
	else if (fs_write_all(f->fd, p, n) < 0)
		why = strerror(errno);
	if (why != NULL) {
		output_file_fails(f, why);
		return;
	}
	if (f->sha != NULL)
		sha256_add(f->sha, p, n);
	f->room -= (int64_t)n;
	f->size += (int64_t)n;
}

size_t
output_file_place(const struct buf *b, const struct mask_list *secrets)
{
	AUTO_BUF struct buf all = BUF_INIT(0), parts = BUF_INIT(0);
	size_t i, at;

	mask_secrets(&all, b->p, b->len, secrets);
	for (i = 0; i < FILE_CUTS; i++) {
		at = b->len - (i + 1) * b->len / (2 * FILE_CUTS);
		at = utf8_cut(b->p, b->len, at);
		buf_clear(&parts);
		mask_secrets(&parts, b->p, at, secrets);
		mask_secrets(&parts, b->p + at, b->len - at, secrets);
		if (parts.len == all.len && memcmp(parts.p, all.p, all.len) == 0)
			return at;
	}
	return b->len;
}

void
output_file_cut(struct buf *b, size_t n)
{
	struct buf tail = BUF_INIT(0);

	/* A private key may go on. */
	buf_add(&tail, b->p + n, b->len - n);
	b->len = n;
	mask_cut(b, n);
	buf_add(b, tail.p, tail.len);
	buf_release(&tail);
}

/* Write what can be masked; `all`: nothing follows. */
static void
output_file_flush(struct output_file *f, bool all)
{
	AUTO(mask_list_release) struct mask_list secrets = { 0 };
	AUTO_BUF struct buf masked = BUF_INIT(0);
	char *nl = f->rest.len == 0 ? NULL : memrchr(f->rest.p, '\n',
	    f->rest.len);
	size_t n = all ? f->rest.len : nl == NULL ? 0 :
	    (size_t)(nl + 1 - f->rest.p);

	core_secrets(f->core, &secrets);
	if (n == 0 && f->rest.len > FILE_LINE)
		n = output_file_place(&f->rest, &secrets);
	if (n == 0)
		return;
	mask_secrets(&masked, f->rest.p, n, &secrets);
	output_file_write(f, masked.p, masked.len);
	output_file_cut(&f->rest, n);
}

void
output_file_add(struct output_file *f, const char *p, size_t n)
{
	if (f->fd < 0 || f->room < 0)
		return;
	buf_add(&f->rest, p, n);
	if (f->rest.len > FILE_LINE || memchr(p, '\n', n) != NULL)
		output_file_flush(f, false);
}

struct ev_kept_output *
output_file_end(struct output_file *f)
{
	AUTO_CLOSE int out = open(f->core->out_dir, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);

	if (f->room >= 0 && f->fd >= 0)
		output_file_flush(f, true);
	if (f->sha != NULL)
		sha256_end_free(f->sha, f->hash);
	else if (f->fd >= 0)
		f->size = sha256_fd(f->fd, -1, f->hash);
	f->sha = NULL;
	if (f->fd < 0 || f->size == 0)
		return NULL;
	if (f->size < 0 || fsync(f->fd) < 0 || out < 0 ||
	    (linkat(AT_FDCWD, f->path, out, f->hash, 0) < 0 &&
	    errno != EEXIST) || fsync(out) < 0) {
		output_file_fails(f, strerror(errno));
		return NULL;
	}
	f->kept = (struct ev_kept_output){ f->hash, f->size };
	return &f->kept;
}

void
output_file_remove(struct output_file *f)
{
	(void)unlink(f->path);
}
