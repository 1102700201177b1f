/*
 * stage-copy: the stage as a copy of the project, for hosts without overlays.
 * For each copied file the index keeps the stat data of the real one and of the
 * copy: if the copy's is unchanged, no tool touched it; if the real file's is
 * unchanged, the user didn't. Leaves out folders named .git at every depth, and
 * secret files, which can't be masked here.
 */

static void
copy_id_save(struct buf *b, const struct stage_id *id)
{
	buf_addf(b, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
	    " %" PRIu64 " %u %d ", id->mtime_s, id->mtime_ns, id->ctime_s,
	    id->ctime_ns, id->size, id->ino, id->mode, id->settled);
}

static bool
copy_id_load(struct stage_id *id, char **p)
{
	int64_t v[8];
	size_t i;
	char *end;

	for (i = 0; i < 8; i++) {
		errno = 0;
		v[i] = strtoll(*p, &end, 10);
		if (errno != 0 || end == *p || *end != ' ')
			return false;
		*p = end + 1;
	}
	*id = (struct stage_id){ v[0], v[1], v[2], v[3], v[4],
		(uint64_t)v[5], (unsigned)v[6], v[7] != 0 };
	return true;
}

/* The file `name` in folder `from` to the new file "new" in the stage. 1: it
 * can't be read. */
static int
copy_file(struct copy_walk *w, int from, const char *name,
		return 1;
	if (copy_bytes(in, out, sb.st_size) < 0)
		goto fail;
	stage_own(w->st, out);
	times[0] = sb.st_atim;
	times[1] = sb.st_mtim;
	if (shown != NULL && (sb.st_mtim.tv_sec < shown->mtime_s ||
	    (sb.st_mtim.tv_sec == shown->mtime_s &&
	    sb.st_mtim.tv_nsec <= shown->mtime_ns)))
		clock_gettime(CLOCK_REALTIME, &times[1]);
	if (fchmod(out, sb.st_mode & 0777) < 0 || futimens(out, times) < 0)
		goto fail;
	w->bytes += (int64_t)sb.st_blocks * 512;
	return 0;
fail:
	return -1;
}

static bool
copy_is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec :
	    a->tv_nsec > b->tv_nsec;
}

/* What can't be there, since the other copy has a folder in its place, is left
 * out. */
static void
copy_product(struct copy_walk *w, const struct stage *from, const char *path,
    const struct timespec *latest)
{
	int rc;

	if (dir < 0 || fstatat(dir, name, &sb, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!S_ISREG(sb.st_mode) && !S_ISLNK(sb.st_mode)))
		return;
	if (stage_stat(st->staged_fd, path, &has) == 0 &&
	    !copy_is_later(&sb.st_mtim, &has.st_mtim))
		return;
	buf_clear(&w->path);
	buf_adds(&w->path, path);
	(void)unlinkat(st->dir_fd, STAGE_NEW, 0);
	rc = S_ISLNK(sb.st_mode) ? copy_link(w, dir, name) :
	    copy_file(w, dir, name, &id, NULL);
	w->rc = rc < 0 ? -1 : 0;
	if (rc != 0 || (fd = stage_open_parent(st, path, &last, NULL)) < 0)
		return;
	if (latest != NULL && copy_is_later(&sb.st_mtim, latest)) {
		const struct timespec times[2] = { *latest, *latest };

		(void)utimensat(st->dir_fd, STAGE_NEW, times,
		    AT_SYMLINK_NOFOLLOW);
	}
	(void)!renameat(st->dir_fd, STAGE_NEW, fd, last);
}

/* Is the copy's content the real file's? It is compared if the file was copied
 * so soon after a change that it may have changed again within the same tick, or
 * if only its mode or links did: a new copy would be newer than what was built
 * from the old one. */

	stage_id_make(&real, sb);
	equal = stage_id_equal(&c->real, &real);
	if (equal && (c->real.settled || S_ISLNK(real.mode)))
		return true;
	if (!equal && (!S_ISREG(real.mode) || !S_ISREG(c->real.mode) ||
	    real.size != c->real.size || real.mtime_s != c->real.mtime_s ||
	    real.mtime_ns != c->real.mtime_ns))
		return false;
	if (stage_stat(w->st->staged_fd, c->path, &copy) < 0 ||
	    !copy_is_own(w->st, c->path, &copy))
		return equal;	/* a tool's now: merged with care */
	a = openat(from, name, flags | O_CLOEXEC);
	b = fs_open_beneath(w->st->staged_fd, c->path, flags, 0);
	return same;
}

