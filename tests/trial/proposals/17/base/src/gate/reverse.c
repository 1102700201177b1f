/*
 * reverse: which content undoing an applied change should restore. It decides
 * what to stage, from the two sides of the change and the current file; the
 * result reaches the real tree like any other change.
 */
#include "config.h"

/* Is the path free? A file above it, where it needs a folder, must be removed
 * too. */
static bool
reverse_is_free(int root_fd, const char *path,
    bool (*goes)(void *arg, const char *path), void *arg)
{
	char *copy = xstrdup(path), *slash;
	struct stat st;
	bool ok = true;
	int fd;

	while ((slash = strrchr(copy, '/')) != NULL) {
		*slash = '\0';
		fd = fs_open_beneath(root_fd, copy, O_PATH | O_NOFOLLOW, 0);
		if (fd < 0)
			continue;	/* the folder doesn't exist, or a file
					   is above it */
		if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
			ok = goes(arg, copy);
		close(fd);
		break;
	}
	free(copy);
	return ok;
}

int
gate_look(int root_fd, const char *path, int64_t most, struct stage_side *now)
{
	char *copy = xstrdup(path), *slash = strrchr(copy, '/');
	const char *name = slash == NULL ? copy : slash + 1;
	struct worktree_state s;
	int fd, error, rc = -1;

	memset(now, 0, sizeof(*now));
	if (slash != NULL)
		*slash = '\0';
	fd = slash == NULL ? fcntl(root_fd, F_DUPFD_CLOEXEC, 0) :
	    fs_open_beneath(root_fd, copy, O_PATH | O_DIRECTORY | O_NOFOLLOW,
	    0);
	if (fd < 0) {
		/* Without its folder the file doesn't exist either. */
		rc = errno == ENOENT || errno == ENOTDIR || errno == ELOOP ?
		    0 : -1;
		goto out;
	}
	if (fstatat(fd, name, &s.st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(s.st.st_mode) && s.st.st_size > most)
		rc = 1;
	else if (worktree_read(fd, name, &s) == 0) {
		*now = s.side;
		if (s.other)
			now->mode = s.st.st_mode & S_IFMT;
		rc = 0;
	}
out:
	error = errno;
	fs_close(fd);
	free(copy);
	errno = error;
	return rc;
}
