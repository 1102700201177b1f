/*
 * stage-scan: the staged changes relative to the recorded contents. The walk of
 * the stage's view (overlay or copy, see stage-priv.h) calls a function here
 * for each path that may be staged. Its manifest entry is found or made, the
 * staged file is read if it changed since the last scan, and both sides are
 * compared.
 * What can't be proposed is listed, never skipped silently; build products are
 * counted.
 */

/* Does it begin like a program or library? If the user has that, it is a
 * product too, built before; a document or database that a command changes is a
 * change. */
static bool
product_is_built(int dirfd, const char *path)
{
	int fd = fs_open_beneath(dirfd, path, O_RDONLY | O_NONBLOCK |
	    O_NOCTTY | O_NOFOLLOW, 0);
	char head[8192];
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

	fs_close(fd);
	return n > 0 && memchr(head, '\0', (size_t)n) != NULL &&
	    filetype_is_built(head, (size_t)n);
}

