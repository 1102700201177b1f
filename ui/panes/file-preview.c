/* See file-preview.h. */
#include "config.h"

#include "ui/panes/file-preview.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/utf8.h"

/* What the list found isn't there, or can't be read. */
static char *
file_preview_failed(int error)
{
	if (error == ENOENT || error == ENOTDIR)
		return xstrdup("not in your tree: new from the agent, or "
		    "removed");
	if (error == ELOOP)
		return xstrdup("a symbolic link");
	return xasprintf("can't be read: %s", strerror(error));
}

char *
file_preview(const char *root, const char *path, bool *is_text)
{
	char head[FILE_PREVIEW_MAX];
	struct stat st;
	ssize_t n;
	size_t text;
	AUTO_CLOSE int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int at = -1;
	AUTO_CLOSE int fd = -1;

	*is_text = false;
	if (dir < 0)
		return xasprintf("%s can't be read: %s", root, strerror(errno));
	/* A FIFO isn't opened, not even for a moment: its writer would wake. */
	at = fs_open_beneath(dir, path, O_PATH, 0);
	if (at >= 0 && fstat(at, &st) == 0 && !S_ISREG(st.st_mode))
		return xstrdup("not a regular file");
	fd = at < 0 ? -1 : fs_open_regular(dir, path);
	if (fd < 0 || fstat(fd, &st) < 0 ||
	    (n = fs_read(fd, head, sizeof(head))) < 0)
		return file_preview_failed(errno);
	if (n == 0)
		return xstrdup("an empty file");
	text = utf8_text_head(head, (size_t)n, sizeof(head));
	if (text == 0)
		return xasprintf("not text, %jd bytes", (intmax_t)st.st_size);
	*is_text = true;
	return xmemdup(head, text);
}
