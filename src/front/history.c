/* One JSON string per line: so any text is one line, and an incomplete line can
 * be skipped. */
#include "config.h"

#include "front/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

static void
history_push(struct history *h, const char *text)
{
	if (h->len == HISTORY_MAX) {
		free(h->texts[0]);
		memmove(h->texts, h->texts + 1,
		    (h->len - 1) * sizeof(*h->texts));
		h->len--;
		if (h->fresh > h->len)
			h->fresh = h->len;
	}
	*GROW_ADD(h->texts, h->len) = xstrdup(text);
}

/* ---- the file ---- */

/* Read the last complete lines. */
static int
history_read(int fd, struct buf *b, size_t max)
{
	struct stat st;
	size_t n, from;
	char *p;

	buf_init(b, 0);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	from = (size_t)st.st_size > max ? (size_t)st.st_size - max : 0;
	if (lseek(fd, (off_t)from, SEEK_SET) < 0)
		return -1;
	b->max = max + 1;
	if (fs_read_all(fd, b) < 0 && errno != EFBIG)
		return -1;
	b->max = 0;
	if (from > 0 && b->len > 0) {
		p = memchr(b->p, '\n', b->len);
		n = p == NULL ? b->len : (size_t)(p - b->p) + 1;
		buf_consume(b, n);
	}
	return 0;
}

void
history_open(struct history *h, const char *path)
{
	AUTO_CLOSE int fd = open(
	    path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *p, *end, *nl;

	xstrset(&h->path, path);
	if (fd < 0)
		return;
	if (history_read(fd, &b, HISTORY_FILE_MAX) == 0 && b.len > 0) {
		end = b.p + b.len;
		for (p = b.p; (nl = memchr(p, '\n', (size_t)(end - p))) !=
		    NULL; p = nl + 1) {
			AUTO_JSON cJSON *o = json_parse(
			    p, (size_t)(nl - p), JSON_NUL_REPLACE, NULL);

			if (cJSON_IsString(o))
				history_push(h, o->valuestring);
		}
	}
}

/* Open and lock the file; -1 if it can't be locked now. */
static int
history_lock(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);

	if (fd < 0 || (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) ==
	    0 && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	return -1;
}

/* The end of the file is read. */
static int
history_append(int fd, struct buf *add)
{
	struct stat st;
	char last = '\n';
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (fstat(fd, &st) < 0 || (st.st_size > 0 &&
	    pread(fd, &last, 1, st.st_size - 1) != 1))
		return -1;
	/* The last line is incomplete. */
	if (last != '\n')
		buf_addc(&b, '\n');
	buf_add(&b, add->p, add->len);
	return fs_write_all(fd, b.p, b.len);
}

/* While another process holds the lock nothing is saved: the next call does it,
 * at the latest history_release. */
static void
history_save(struct history *h)
{
	AUTO_BUF struct buf add = BUF_INIT(0);
	const char *slash;
	size_t i;
	AUTO_FREE char *dir = NULL;
	AUTO_CLOSE int fd = -1;

	if (h->path == NULL || h->fresh == 0 ||
	    (slash = strrchr(h->path, '/')) == NULL)
		return;
	dir = xmemdup(h->path, (size_t)(slash - h->path));
	if (fs_mkdirs(dir, 0700, NULL) < 0 ||
	    (fd = history_lock(h->path)) < 0)
		return;
	for (i = h->len - h->fresh; i < h->len; i++) {
		json_quote(&add, h->texts[i], strlen(h->texts[i]));
		buf_addc(&add, '\n');
	}
	if (history_append(fd, &add) == 0)
		h->fresh = 0;
}

void
history_add(struct history *h, const char *text)
{
	if (text[0] == '\0' || text[0] == ' ' ||
	    strlen(text) > HISTORY_TEXT_MAX || (h->len > 0 &&
	    strcmp(h->texts[h->len - 1], text) == 0))
		return;
	history_push(h, text);
	h->fresh++;
	history_save(h);
}

void
history_release(struct history *h)
{
	history_save(h);
	xfree_list(h->texts, h->len);
	free(h->path);
	memset(h, 0, sizeof(*h));
}
