/*
 * stage-file: single files of the stage and of the real tree. Everything is
 * reached through a folder's descriptor, and no link is followed: hostile code
 * wrote the upper folder, and the real tree isn't ours.
 */

bool
stage_hides(struct stage *st, const char *path)
{
	char *copy, *slash;
	struct stat sb;
	bool yes = false;

	if (st->view != &stage_copy)
		return false;
	copy = xstrdup(path);
	for (;;) {
		if (stage_stat(st->root_fd, copy, &sb) == 0) {
			yes = S_ISREG(sb.st_mode) &&
			    st->o.is_secret(st->o.policy, copy);
			break;		/* there are only folders above it */
		}
		slash = strrchr(copy, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
	}
	free(copy);
	return yes;
}

int
stage_stat(int dirfd, const char *path, struct stat *sb)
{
	int fd, rc, error;

	if (strchr(path, '/') == NULL)
		return fstatat(dirfd, path, sb, AT_SYMLINK_NOFOLLOW);
	fd = fs_open_beneath(dirfd, path, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0)
		return -1;
	rc = fstat(fd, sb);
	error = errno;
	close(fd);
	errno = error;
	return rc;
}

static enum stage_got
stage_read_link(struct stage *st, int dirfd, const char *path,
    struct stage_side *side, struct stage_id *id, const char **why,
    struct err *e)
{
	char target[PATH_MAX + 1];
	enum stage_got got = STAGE_FAILED;
	struct stat sb;
	ssize_t n;
	AUTO_CLOSE int fd =
	    fs_open_beneath(dirfd, path, O_PATH | O_NOFOLLOW, 0);

	if (fd < 0)
		return stage_is_missing(errno) ? STAGE_GOT :
		    (enum stage_got)err_sys(e, "cannot read %s", path);
	if (fstat(fd, &sb) < 0) {
		err_sys(e, "cannot read %s", path);
		return got;
	}
	if (!S_ISLNK(sb.st_mode)) {
		/* A parent can't be a link: we hold the entry. */
		*why = "changes while it is being read";
		return STAGE_REFUSED;
	}
	n = readlinkat(fd, "", target, sizeof(target));
	if (n < 0) {
		err_sys(e, "cannot read %s", path);
		return got;
	}
	if (blob_put(st->blobs, target, (size_t)n, side->hash, e) < 0)
		return got;
	side->exists = true;
	side->mode = 0120000;
	side->size = n;
	stage_id_make(id, &sb);
	return STAGE_GOT;
}

static enum stage_got
stage_read_fd(struct stage *st, int fd, const char *path, bool staged,
    struct stage_side *side, struct stage_id *id, const char **why,
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)st->o.max_bytes);
	enum stage_got got = STAGE_FAILED;
	struct stat sb;
	struct stage_id then;
	int tries;

	for (tries = 0; tries < STAGE_READ_TRIES; tries++) {
		if (fstat(fd, &sb) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
			err_sys(e, "cannot read %s", path);
			return got;
		}
		*why = staged && stage_new_bits(st, path, sb.st_mode) != 0 ?
		    "set-user-id or set-group-id bit" :
		    sb.st_size > st->o.max_bytes ? "too large" : NULL;
		if (*why != NULL)
			return STAGE_REFUSED;
		stage_id_make(&then, &sb);
		buf_clear(&b);
		if (fs_read_all(fd, &b) < 0 && errno != EFBIG) {
			err_sys(e, "cannot read %s", path);
			return got;
		}
		if (fstat(fd, &sb) < 0) {
			err_sys(e, "cannot read %s", path);
			return got;
		}
		stage_id_make(id, &sb);
		if (b.len == (size_t)sb.st_size && stage_id_equal(&then, id))
			break;
	}
	if (tries == STAGE_READ_TRIES) {
		*why = "changes while it is being read";
		return STAGE_REFUSED;
	}
	/* Settled by the earlier check: the later one may have waited. */
	id->settled = then.settled;
	if (blob_put(st->blobs, b.p, b.len, side->hash, e) < 0)
		return got;
	side->exists = true;
	side->mode = (sb.st_mode & 0100) != 0 ? 0100755 : 0100644;
	side->size = sb.st_size;
	return STAGE_GOT;
}

enum stage_got
stage_read(struct stage *st, const char *path, bool staged,
    struct stage_side *side, struct stage_id *id, const char **why,
    struct err *e)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
	int dirfd = staged ? st->staged_fd : st->root_fd;
	const char *unasked;
	enum stage_got got;
	struct stat sb;
	AUTO_CLOSE int fd = -1;

	if (why == NULL)
		why = &unasked;
	memset(side, 0, sizeof(*side));
		return STAGE_GOT;
	if (fd < 0) {
		*why = errno == ENXIO || errno == ENODEV ?
		    "a socket or device" : "cannot be read";
		return STAGE_REFUSED;
	}
	if (fstat(fd, &sb) < 0) {
		got = (enum stage_got)err_sys(e, "cannot read %s", path);
	} else if (!S_ISREG(sb.st_mode)) {
		*why = stage_type_name(sb.st_mode);
		stage_id_make(id, &sb);
		got = STAGE_REFUSED;
	} else {
		got = stage_read_fd(st, fd, path, staged, side, id, why, e);
	}
	return got;
}

int
stage_open_parent(struct stage *st, const char *path, const char **name,
    struct err *e)
{
	int next, error;

	while (fd >= 0 && (slash = strchr(p, '/')) != NULL) {
		*slash = '\0';
		next = stage_open_dir(fd, p);
		error = errno;
		if (next < 0 && errno == ENOENT) {
			next = stage_make_dir(st, fd, p, copy, false);
		} else if (next < 0 && fstatat(fd, p, &sb,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(sb.st_mode) &&
		    unlinkat(fd, p, 0) == 0) {
			next = stage_make_dir(st, fd, p, copy, true);
		} else {
			errno = error;
		}
		error = errno;
		close(fd);
		errno = error;
		fd = next;
		*slash = '/';
		p = slash + 1;
	}
	error = errno;
	*name = path + (p - copy);
	return fd;
}

int
stage_write(struct stage *st, const char *path, const struct stage_side *side,
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *name;
	AUTO_CLOSE int fd = -1;
	int rc = -1;

	if (blob_get(st->blobs, side->hash, &b, e) < 0)
		return rc;
	fd = stage_open_parent(st, path, &name, e);
	if (fd < 0)
		return rc;
	if (unlinkat(st->dir_fd, STAGE_NEW, 0) < 0 && errno != ENOENT) {
		err_sys(e, "can't write %s in the staged copy", path);
		return rc;
	}
	if (stage_write_new(st, path, side, &b, e) < 0)
		return rc;
	rc = renameat(st->dir_fd, STAGE_NEW, fd, name);
	if (rc < 0 && (errno == EISDIR || errno == ENOTEMPTY ||
	    errno == EEXIST) && fs_remove_tree(fd, name, e) == 0)
		rc = renameat(st->dir_fd, STAGE_NEW, fd, name);
	if (rc < 0)
		err_sys(e, "can't write %s in the staged copy", path);
	return rc;
}

bool
stage_hidden_in(const struct pathmap *m, const char *path)
{
	char *copy, *slash;
	bool is;

	if (m->len == 0)
		return false;
	copy = xstrdup(path);
	is = pathmap_find(m, copy) != NULL;
	while (!is && (slash = strrchr(copy, '/')) != NULL) {
		*slash = '\0';
		is = pathmap_find(m, copy) != NULL;
	}
	free(copy);
	return is;
}
