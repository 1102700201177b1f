/*
 * blob: git objects by SHA-256. Contents are plain loose objects of a bare
 * repository, so that git itself can read a session's history. The map from our
 * keys to git's ids is a text file of "sha256 oid" lines next to them. The map
 * is a cache: it isn't fsynced, torn or foreign lines are ignored, and missing
 * entries are restored by reading all objects once. Each read verifies a
 * content against its key.
 */

#include "config.h"

#include "store/blob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include <git2.h>
#include <git2/sys/repository.h>

#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "store/gitlib.h"

#define BLOB_REF	"refs/heads/applied"

struct blob_id {
	char	hex[SHA256_HEX_SIZE];
	git_oid	oid;
	int64_t	stored;		/* bytes, if it is; 0: it isn't; -1: unknown */
};

/* Above this many contents in a batch, sync the whole file system instead of
 * each file: that cost doesn't grow with their number. */
#define BLOB_BATCH_EACH 16

struct blob_store {
	git_repository	*repo;
	git_odb		*odb;		/* also the repository's */
	git_index	*index;		/* of the last commit, NULL until needed */
	struct blob_id	*ids;		/* by hash; size is a power of two */
	size_t		 ids_len, ids_cap;
	int		 map_fd;
	off_t		 map_at;	/* what was read of it */
	int		 objects_fd;
	bool		 fan[256];	/* folders known to be durable */
	bool		 rebuilt;	/* all objects were read once */
	/* Stored since the batch began, not yet durable. */
	bool		 batch;
	size_t		 batch_len;
	git_oid		 batch_oids[BLOB_BATCH_EACH];
	bool		 batch_fan;	/* objects/ has a new folder */
	struct buf	 batch_map;	/* lines of the map, of what is durable
					   at its end */
	bool		 owns;		/* no other process stores in it but by
					   a name of its own */
	bool		 keeps;		/* see blob_keep */
	struct pathmap	 kept;		/* struct blob_kept */
	size_t		 kept_bytes;
};

#define BLOB_KEPT_ONE	((size_t)64 << 10)
#define BLOB_KEPT_ALL	((size_t)4 << 20)

/* A content in memory, which has this hash. */
struct blob_kept {
	char	*hex;			/* the key; must stay first */
	size_t	 n;
	char	 bytes[];
};

void
blob_keep(struct blob_store *s, bool keep)
{
	if (!keep || s->kept_bytes > BLOB_KEPT_ALL) {
		pathmap_release(&s->kept);
		s->kept_bytes = 0;
	}
	s->keeps = keep;
}

static void
blob_keep_one(struct blob_store *s, const char *hex, const void *p, size_t n)
{
	struct blob_kept *k;

	if (!s->keeps || n == 0 || n > BLOB_KEPT_ONE ||
	    pathmap_find(&s->kept, hex) != NULL)
		return;
	blob_keep(s, true);
	k = pathmap_add(&s->kept, hex, sizeof(*k) + n);
	k->n = n;
	memcpy(k->bytes, p, n);
	s->kept_bytes += n;
}

/* "ab/cdef...": its file; the first two are the folder. */
#define BLOB_NAME_SIZE	(GIT_OID_HEXSZ + 2)

static void
blob_name(char name[BLOB_NAME_SIZE], char dir[3], const git_oid *oid)
{
	char hex[GIT_OID_HEXSZ + 1];

	git_oid_tostr(hex, sizeof(hex), oid);
	snprintf(dir, 3, "%.2s", hex);
	snprintf(name, BLOB_NAME_SIZE, "%s/%s", dir, hex + 2);
}

/* ---- stored contents ---- */

/*
 * Large and small contents aren't compressed, which git allows: two bytes,
 * blocks (the first has git's "blob SIZE"), and a sum. So large ones are written
 * and read in pieces, and small ones in less time; they take a block of the disk
 * in any case.
 */

#define BLOB_SMALL	4000u
#define BLOB_STORED_MAX 65535u
#define BLOB_BLOCK	5		/* bytes before those of a block */
#define BLOB_TITLE	40		/* more than "blob SIZE" has */

/* What is before the bytes of a stored deflate block: last or not, their number,
 * its complement. */
static void
blob_block_head(char head[BLOB_BLOCK], size_t n, bool last)
{
	head[0] = last ? 1 : 0;
	head[1] = (char)(n & 0xff);
	head[2] = (char)(n >> 8);
	head[3] = (char)~head[1];
	head[4] = (char)~head[2];
}

static void
blob_slice_add(struct buf *out, uint32_t adler[2], const unsigned char *p,
    size_t n, bool last)
{
	char head[BLOB_BLOCK];
	size_t i = 0;

	blob_block_head(head, n, last);
	buf_add(out, head, sizeof(head));
	buf_add(out, p, n);
	while (i < n) {
		/* For up to this many bytes, the sums stay below 2^32. */
		size_t stop = n - i > 5552 ? i + 5552 : n;

		for (; i < stop; i++) {
			adler[0] += p[i];
			adler[1] += adler[0];
		}
		adler[0] %= 65521;
		adler[1] %= 65521;
	}
}

/* What is stored: bytes, or the first ones of a file. */
struct blob_source {
	const void	*p;
	int		 fd;		/* if p is NULL */
	int64_t		 size;
};

/* n of its bytes, perhaps in `space`. NULL: there are fewer (errno 0), or they
 * can't be read. */
static const unsigned char *
blob_source_at(const struct blob_source *from, int64_t at, size_t n,
    unsigned char *space)
{
	ssize_t got = 1;
	size_t have;

	if (from->p != NULL)
		return (const unsigned char *)from->p + at;
	errno = 0;
	for (have = 0; have < n && got > 0; have += got > 0 ? (size_t)got : 0)
		got = pread(from->fd, space + have, n - have,
		    at + (int64_t)have);
	return have == n ? space : NULL;
}

/* 1: the file is shorter; -1 with errno. */
static int
blob_write_stored(int fd, const struct blob_source *from, git_oid *oid,
    char hex[SHA256_HEX_SIZE])
{
	AUTO_BUF struct buf out = BUF_INIT(0);
	AUTO_FREE unsigned char *space = from->p != NULL ? NULL :
	    xmalloc(BLOB_STORED_MAX);
	struct sha256 *content = sha256_new();
	struct sha1 *name = sha1_new();
	uint32_t adler[2] = { 1, 0 };
	char title[BLOB_TITLE];
	int64_t at = 0;
	int rc = 0, len = snprintf(title, sizeof(title), "blob %lld",
	    (long long)from->size) + 1;

	buf_add(&out, "\x78\x01", 2);
	blob_slice_add(&out, adler, (const unsigned char *)title, (size_t)len,
	    false);
	sha1_add(name, title, (size_t)len);
	while (rc == 0 && at < from->size) {
		int64_t left = from->size - at;
		size_t n = left > BLOB_STORED_MAX ? BLOB_STORED_MAX :
		    (size_t)left;
		const unsigned char *p = blob_source_at(from, at, n, space);

		if (p == NULL) {
			rc = errno == 0 ? 1 : -1;
			break;
		}
		at += (int64_t)n;
		blob_slice_add(&out, adler, p, n, at == from->size);
		sha1_add(name, p, n);
		sha256_add(content, p, n);
		if (at == from->size) {
			const char tail[4] = {
				(char)(adler[1] >> 8), (char)adler[1],
				(char)(adler[0] >> 8), (char)adler[0],
			};

			buf_add(&out, tail, sizeof(tail));
		}
		if (out.len > BLOB_LARGE || at == from->size) {
			rc = fs_write_all(fd, out.p, out.len);
			buf_clear(&out);
		}
	}
	sha1_end_free(name, oid->id);
	sha256_end_free(content, hex);
	return rc;
}

/* The folder may not be there: git removes those that are empty. */
static int
blob_rename(struct blob_store *s, const char *tmp, const char *dir,
    const char *name, const git_oid *oid)
{
	int rc = renameat(s->objects_fd, tmp, s->objects_fd, name);

	if (rc < 0 && errno == ENOENT &&
	    (mkdirat(s->objects_fd, dir, 0777) == 0 || errno == EEXIST)) {
		s->fan[oid->id[0]] = false;
		rc = renameat(s->objects_fd, tmp, s->objects_fd, name);
	}
	return rc;
}

/* Write the content. It is durable when this returns 0, except for the
 * directory entry of a new folder, or if a batch is open. 1: the file is
 * shorter. */
static int
blob_write(struct blob_store *s, const struct blob_source *from,
    git_oid *oid, char hex[SHA256_HEX_SIZE], struct err *e)
{
	char dir[3], name[BLOB_NAME_SIZE], tmp[32] = "assent-new";
	AUTO_CLOSE int fd = -1;
	int rc;

	if (!s->owns)
		snprintf(tmp, sizeof(tmp), "assent-new-%ld", (long)getpid());
	fd = openat(s->objects_fd, tmp, O_WRONLY | O_CREAT |
	    O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0444);
	if (fd < 0 && errno == EACCES && unlinkat(s->objects_fd, tmp, 0) == 0)
		fd = openat(s->objects_fd, tmp, O_WRONLY | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0444);
	if (fd < 0)
		return err_sys(e, "cannot store a blob");
	rc = blob_write_stored(fd, from, oid, hex);
	blob_name(name, dir, oid);
	if (rc == 0 && ((!s->batch && fsync(fd) < 0) ||
	    blob_rename(s, tmp, dir, name, oid) < 0 ||
	    (!s->batch && fs_fsync_dir(s->objects_fd, dir) < 0)))
		rc = -1;
	if (rc < 0)
		err_sys(e, "cannot store a blob of %lld bytes",
		    (long long)from->size);
	if (rc != 0)
		unlinkat(s->objects_fd, tmp, 0);
	return rc;
}

/* Open it, at its first bytes; -1: it is compressed. */
static int
blob_stored_open(struct blob_store *s, struct blob_id *id, off_t *at)
{
	char dir[3], name[BLOB_NAME_SIZE], head[BLOB_TITLE + 8] = "";
	const char *title = head + 2 + BLOB_BLOCK;
	long long size = 0;
	int fd, used = 0;

	if (id == NULL || id->stored == 0)
		return -1;
	blob_name(name, dir, &id->oid);
	fd = openat(s->objects_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	/* The title has a block of its own. */
	if (fd < 0 || pread(fd, head, sizeof(head) - 1, 0) < 0 ||
	    memcmp(head, "\x78\x01", 3) != 0 ||
	    sscanf(title, "blob %lld%n", &size, &used) != 1 ||
	    title[used] != '\0' || head[3] != used + 1 || size <= 0) {
		id->stored = 0;
		fs_close(fd);
		return -1;
	}
	id->stored = size;
	*at = title + used + 1 - head;
	return fd;
}

#define BLOB_MAP	"assent-map"
#define BLOB_MAP_LINE	(64 + 1 + 40 + 1)

/* The slot of a key in the hash table, or the empty one where it belongs. */
static struct blob_id *
blob_id_place(const struct blob_store *s, const char *hex)
{
	size_t i = hash_bytes(HASH_BEGIN, hex, SHA256_HEX_SIZE - 1);

	for (i &= s->ids_cap - 1; s->ids[i].hex[0] != '\0' &&
	    strcmp(s->ids[i].hex, hex) != 0; i = (i + 1) & (s->ids_cap - 1))
		;
	return &s->ids[i];
}

/* Valid until one is added. */
static struct blob_id *
blob_id_find(const struct blob_store *s, const char *hex)
{
	struct blob_id *id;

	if (s->ids_len == 0 || strlen(hex) != SHA256_HEX_SIZE - 1)
		return NULL;
	id = blob_id_place(s, hex);
	return id->hex[0] == '\0' ? NULL : id;
}

static void
blob_id_grow(struct blob_store *s)
{
	AUTO_FREE struct blob_id *old = s->ids;
	size_t n = s->ids_cap, i;

	s->ids_cap = n == 0 ? 64 : 2 * n;
	s->ids = xcalloc(s->ids_cap, sizeof(*s->ids));
	for (i = 0; i < n; i++)
		if (old[i].hex[0] != '\0')
			*blob_id_place(s, old[i].hex) = old[i];
}

/* A later line of the map wins: it was written after a repair. */
static void
blob_id_add(struct blob_store *s, const char *hex, const git_oid *oid,
    int64_t stored)
{
	struct blob_id *id;

	if (4 * s->ids_len >= 3 * s->ids_cap)
		blob_id_grow(s);
	id = blob_id_place(s, hex);
	s->ids_len += id->hex[0] == '\0';
	memcpy(id->hex, hex, SHA256_HEX_SIZE - 1);
	git_oid_cpy(&id->oid, oid);
	id->stored = stored;
}

static void
blob_map_append(struct blob_store *s, const char *hex, const git_oid *oid,
    int64_t stored)
{
	char line[BLOB_MAP_LINE + 1], o[GIT_OID_HEXSZ + 1];

	git_oid_tostr(o, sizeof(o), oid);
	snprintf(line, sizeof(line), "%s %s\n", hex, o);
	/* Failing to save the map only costs a rebuild. */
	if (s->batch)
		buf_add(&s->batch_map, line, BLOB_MAP_LINE);
	else
		(void)fs_write_all(s->map_fd, line, BLOB_MAP_LINE);
	blob_id_add(s, hex, oid, stored);
}

static bool
blob_hex_is_valid(const char *p, size_t n)
{
	return strspn(p, "0123456789abcdef") >= n;
}

static int
blob_map_load(struct blob_store *s, bool look, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t at = 0;

	if (lseek(s->map_fd, s->map_at, SEEK_SET) < 0 ||
	    fs_read_all(s->map_fd, &b) < 0)
		return err_sys(e, "cannot read %s", BLOB_MAP);
	while (at < b.len) {
		const char *line = b.p + at;
		const char *end = memchr(line, '\n', b.len - at);
		char hex[SHA256_HEX_SIZE];
		git_oid oid;

		if (end == NULL)
			break;
		at += (size_t)(end - line) + 1;
		s->map_at += end - line + 1;
		if (end - line != BLOB_MAP_LINE - 1 || line[64] != ' ' ||
		    !blob_hex_is_valid(line, 64) ||
		    !blob_hex_is_valid(line + 65, 40))
			continue;
		memcpy(hex, line, 64);
		hex[64] = '\0';
		if (git_oid_fromstrn(&oid, line + 65, 40) == 0)
			blob_id_add(s, hex, &oid, -1);
	}
	/* A torn last line must not swallow the next one. */
	if (!look && b.len > 0 && b.p[b.len - 1] != '\n' &&
	    fs_write_all(s->map_fd, "\n", 1) < 0)
		return err_sys(e, "cannot write %s", BLOB_MAP);
	return 0;
}

static int
blob_rebuild_one(const git_oid *oid, void *arg)
{
	struct blob_store *s = arg;
	git_odb_object *o = NULL;
	char hex[SHA256_HEX_SIZE];

	if (git_odb_read(&o, s->odb, oid) < 0)
		return 0;	/* damaged: treat as missing */
	if (git_odb_object_type(o) == GIT_OBJECT_BLOB) {
		sha256_hex(git_odb_object_data(o), git_odb_object_size(o),
		    hex);
		if (blob_id_find(s, hex) == NULL)
			blob_map_append(s, hex, oid, -1);
	}
	git_odb_object_free(o);
	return 0;
}

/* The git id for a key whose object is there, or (unless `looks`) was there when
 * its content was put or read and kept; else NULL. */
static const struct blob_id *
blob_id_stored(const struct blob_store *s, const char *hex, bool looks)
{
	const struct blob_id *id = blob_id_find(s, hex);

	return id != NULL && ((!looks && pathmap_find(&s->kept, hex) !=
	    NULL) || git_odb_exists(s->odb, &id->oid)) ? id : NULL;
}

/* The same, after another process of the session stored it, or by reading all
 * objects once. */
static const struct blob_id *
blob_find(struct blob_store *s, const char *hex, bool looks)
{
	const struct blob_id *id = blob_id_stored(s, hex, looks);

	if (id == NULL && s->map_fd >= 0 && blob_map_load(s, true, NULL) == 0)
		id = blob_id_stored(s, hex, looks);
	if (id != NULL)
		return id;
	if (s->rebuilt)
		return NULL;
	s->rebuilt = true;
	git_odb_foreach(s->odb, blob_rebuild_one, s);
	return blob_find(s, hex, looks);
}

/* It syncs each object while GIT_OPT_ENABLE_FSYNC_GITDIR is on. */
static git_odb *
blob_odb_new(const char *objects, struct err *e)
{
	git_odb *odb = NULL;
	git_odb_backend *backend = NULL;

	if (git_odb_new(&odb) < 0 ||
	    git_odb_backend_loose(&backend, objects, 1, 0, 0, 0) < 0 ||
	    git_odb_add_backend(odb, backend, 1) < 0) {
		gitlib_error(e, "cannot use %s", objects);
		git_odb_free(odb);
		return NULL;
	}
	return odb;
}

static void
blob_fan_load(struct blob_store *s)
{
	DIR *d = fs_dir_take(fcntl(s->objects_fd, F_DUPFD_CLOEXEC, 0));
	struct dirent *de;
	bool any = false;

	while ((de = fs_dir_next(&d)) != NULL)
		if (strlen(de->d_name) == 2 &&
		    blob_hex_is_valid(de->d_name, 2))
			any = s->fan[strtoul(de->d_name, NULL, 16) & 0xff] =
			    true;
	/* They may have been created just before a crash. */
	if (any)
		fsync(s->objects_fd);
}

static int
blob_file_write(int dirfd, const char *name, const char *text, struct err *e)
{
	AUTO_CLOSE int fd = openat(dirfd, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 || fs_write_all(fd, text, strlen(text)) < 0 ?
	    err_sys(e, "cannot write %s", name) : 0;
}

/* Create the bare repository by hand: each session makes one, and libgit2 needs
 * ten times the system calls and adds hooks. */
static int
blob_repo_make(const char *git, struct err *e)
{
	static const char *const dirs[] = {
		"objects", "refs", "refs/heads",
	};
	size_t i;
	AUTO_CLOSE int fd = -1;

	if (fs_mkdirs(git, 0700, e) < 0)
		return -1;
	fd = open(git, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot create %s", git);
	for (i = 0; i < MEM_COUNT(dirs); i++)
		if (mkdirat(fd, dirs[i], 0700) < 0 && errno != EEXIST)
			return err_sys(e, "cannot create %s/%s", git, dirs[i]);
	/* HEAD last: until then it isn't a repository. */
	return blob_file_write(fd, "config", "[core]\n"
	    "\trepositoryformatversion = 0\n\tfilemode = true\n"
	    "\tbare = true\n", e) < 0 ? -1 :
	    blob_file_write(fd, "HEAD", "ref: " BLOB_REF "\n", e);
}

static int
blob_repo_open(struct blob_store *s, const char *git, bool look, struct err *e)
{
	/* libgit2 looks at each folder above one that isn't there, too. */
	if (access(git, F_OK) == 0 &&
	    git_repository_open_bare(&s->repo, git) == 0)
		return 0;
	if (!look && blob_repo_make(git, e) < 0)
		return -1;
	if (git_repository_open_bare(&s->repo, git) < 0)
		return gitlib_error(e, "cannot use %s", git);
	return 0;
}

struct blob_store *
blob_store_open(const char *dir, bool look, struct err *e)
{
	struct blob_store *s = NULL;
	AUTO_FREE char *git = fs_join(dir, "objects.git");
	AUTO_FREE char *objects = fs_join(git, "objects");
	AUTO_FREE char *map = fs_join(git, BLOB_MAP);

	if (gitlib_init(e) < 0)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->map_fd = s->objects_fd = -1;
	if (blob_repo_open(s, git, look, e) < 0 ||
	    (s->odb = blob_odb_new(objects, e)) == NULL)
		goto fail;
	if (git_repository_set_odb(s->repo, s->odb) < 0) {
		gitlib_error(e, "cannot use %s", objects);
		goto fail;
	}
	s->objects_fd = open(objects, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->map_fd = open(map, (look ? O_RDONLY : O_RDWR | O_APPEND | O_CREAT) |
	    O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->objects_fd < 0 || (s->map_fd < 0 && !look)) {
		err_sys(e, "cannot open %s", map);
		goto fail;
	}
	/* Others may open it, too, which the first then doesn't see. */
	s->owns = !look && flock(s->objects_fd, LOCK_EX | LOCK_NB) == 0;
	blob_fan_load(s);
	if (s->map_fd < 0 || blob_map_load(s, look, e) == 0)
		return s;
fail:
	blob_store_free(s);
	return NULL;
}

static int
blob_link_objects(const char *from, const char *to, struct err *e)
{
	AUTO_DIR DIR *d = fs_opendir(from);
	struct dirent *de;
	int rc = 0;

	while (d != NULL && rc == 0 && (de = readdir(d)) != NULL) {
		AUTO_FREE char *dir = fs_join(from, de->d_name);
		AUTO_FREE char *new = fs_join(to, de->d_name);

		if (strlen(de->d_name) == 2 &&
		    blob_hex_is_valid(de->d_name, 2))
			rc = fs_link_files(dir, new, 0700, e);
	}
	return rc;
}

int
blob_store_link(const char *from, const char *to, const char *commit,
    struct err *e)
{
	AUTO_FREE char *git = fs_join(from, "objects.git");
	AUTO_FREE char *objects = fs_join(git, "objects");
	AUTO_FREE char *map = fs_join(git, BLOB_MAP);
	AUTO_FREE char *new = fs_join(to, "objects.git");
	AUTO_FREE char *new_objects = fs_join(new, "objects");
	AUTO_FREE char *line = xasprintf("%s\n", commit == NULL ? "" : commit);
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_CLOSE int fd = -1;

	if (blob_repo_make(new, e) < 0 ||
	    blob_link_objects(objects, new_objects, e) < 0)
		return -1;
	fd = open(new, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Each session adds to a map of its own. */
	if (fs_read_file(AT_FDCWD, map, &b, NULL) < 0)
		buf_clear(&b);
	return blob_file_write(fd, BLOB_MAP, buf_str(&b), e) < 0 ||
	    (commit != NULL && blob_file_write(fd, BLOB_REF, line, e) < 0) ?
	    -1 : 0;
}

void
blob_store_free(struct blob_store *s)
{
	if (s == NULL)
		return;
	free(s->ids);
	buf_release(&s->batch_map);
	pathmap_release(&s->kept);
	git_index_free(s->index);
	git_odb_free(s->odb);
	git_repository_free(s->repo);
	fs_close(s->map_fd);
	fs_close(s->objects_fd);
	free(s);
	gitlib_release();
}

/* It has an object now. */
static int
blob_note(struct blob_store *s, const char *hex, const git_oid *oid,
    int64_t stored, struct err *e)
{
	if (s->batch) {
		if (s->batch_len < BLOB_BATCH_EACH)
			s->batch_oids[s->batch_len] = *oid;
		s->batch_len++;
	}
	/* libgit2 fsyncs the file and its folder, but not a new folder's entry
	 * in its parent. */
	if (!s->fan[oid->id[0]]) {
		if (s->batch)
			s->batch_fan = true;
		else if (fsync(s->objects_fd) < 0)
			return err_sys(e, "cannot store a blob");
		s->fan[oid->id[0]] = true;
	}
	blob_map_append(s, hex, oid, stored);
	return 0;
}

static int
blob_put_stored(struct blob_store *s, const struct blob_source *from,
    char hex[SHA256_HEX_SIZE], struct err *e)
{
	git_oid oid;
	int rc = blob_write(s, from, &oid, hex, e);

	return rc != 0 ? rc : blob_note(s, hex, &oid, from->size, e);
}

/* It is none of the contents that are stored. */
static int
blob_put_new(struct blob_store *s, const void *p, size_t n,
    char hex[SHA256_HEX_SIZE], struct err *e)
{
	git_oid oid;

	if (n > BLOB_LARGE || (n > 0 && n <= BLOB_SMALL))
		return blob_put_stored(s, &(struct blob_source){ .p = p,
		    .fd = -1, .size = (int64_t)n }, hex, e);
	return git_odb_write(&oid, s->odb, p != NULL ? p : "", n,
	    GIT_OBJECT_BLOB) < 0 ?
	    gitlib_error(e, "cannot store a blob of %zu bytes", n) :
	    blob_note(s, hex, &oid, 0, e);
}

int
blob_put(struct blob_store *s, const void *p, size_t n,
    char hex[SHA256_HEX_SIZE], struct err *e)
{
	sha256_hex(p, n, hex);
	if (blob_id_stored(s, hex, false) == NULL && blob_put_new(s, p, n,
	    hex, e) < 0)
		return -1;
	blob_keep_one(s, hex, p, n);
	return 0;
}

int
blob_put_file(struct blob_store *s, int fd, int64_t n,
    char hex[SHA256_HEX_SIZE], struct err *e)
{
	const struct blob_source from = { .fd = fd, .size = n };
	AUTO_FREE unsigned char *space = NULL;
	ssize_t got;

	if (n > (int64_t)BLOB_LARGE)
		/* Most that are read again are stored. */
		return sha256_fd(fd, n, hex) == n &&
		    blob_id_stored(s, hex, true) != NULL ? 0 :
		    blob_put_stored(s, &from, hex, e);
	/* One byte more, to see that it has no more. */
	space = xmalloc((size_t)n + 1);
	got = pread(fd, space, (size_t)n + 1, 0);
	if (got != n)
		return got >= 0 ? 1 : err_sys(e, "cannot read a file");
	return blob_put(s, space, (size_t)n, hex, e);
}

/* The object's file and its folder. */
static int
blob_sync_one(struct blob_store *s, const git_oid *oid)
{
	char name[BLOB_NAME_SIZE], dir[3];
	AUTO_CLOSE int fd = -1;

	blob_name(name, dir, oid);
	fd = openat(s->objects_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -1 :
	    fs_fsync_dir(s->objects_fd, dir);
}

int
blob_batch(struct blob_store *s, bool begin, struct err *e)
{
	size_t i;
	int rc = 0;

	(void)git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, begin ? 0 : 1);
	s->batch = begin;
	if (s->batch_len > BLOB_BATCH_EACH)
		rc = syncfs(s->objects_fd);
	else
		for (i = 0; i < s->batch_len && rc == 0; i++)
			rc = blob_sync_one(s, &s->batch_oids[i]);
	if (rc == 0 && s->batch_fan)
		rc = fsync(s->objects_fd);
	if (rc == 0)
		(void)fs_write_all(s->map_fd, buf_str(&s->batch_map),
		    s->batch_map.len);
	else {
		err_sys(e, "cannot sync the stored contents to disk");
		/* It isn't known which are durable: who needs them puts them
		 * again. The map is read anew. */
		FREE_NULL(s->ids);
		s->ids_len = s->ids_cap = 0;
		s->map_at = 0;
		memset(s->fan, 0, sizeof(s->fan));
	}
	buf_clear(&s->batch_map);
	s->batch_len = 0;
	s->batch_fan = false;
	return rc == 0 ? 0 : -1;
}

static int
blob_is_damaged(const char *hex, struct err *e)
{
	err_set(e, "the content %s in the session's store is damaged", hex);
	errno = EIO;
	return -1;
}

/* Append the content to `out`, or (NULL) write it to `to`, if that isn't -1.
 * Returns 1 if it isn't stored in pieces, -1 as blob_copy. */
static int
blob_stored_read(struct blob_store *s, const char *hex, struct buf *out, int to,
    struct err *e)
{
	AUTO_FREE char *block = NULL;
	struct blob_id *id = blob_id_find(s, hex);
	off_t at;
	AUTO_CLOSE int fd = blob_stored_open(s, id, &at);
	int64_t left;
	struct sha256 *h;
	char is[SHA256_HEX_SIZE], head[BLOB_BLOCK];
	size_t n, len = out == NULL ? 0 : out->len;
	int rc = 0, saved;

	if (fd < 0)
		return 1;
	block = xmalloc(BLOB_BLOCK + MIN((size_t)id->stored,
	    BLOB_STORED_MAX));
	h = sha256_new();
	for (left = id->stored; rc == 0 && left > 0; left -= (int64_t)n) {
		n = left > BLOB_STORED_MAX ? BLOB_STORED_MAX : (size_t)left;
		blob_block_head(head, n, (int64_t)n == left);
		if (pread(fd, block, BLOB_BLOCK + n, at) !=
		    (ssize_t)(BLOB_BLOCK + n) ||
		    memcmp(block, head, sizeof(head)) != 0)
			break;
		at += (off_t)(BLOB_BLOCK + n);
		sha256_add(h, block + BLOB_BLOCK, n);
		if (out != NULL && buf_add(out, block + BLOB_BLOCK, n) < 0)
			rc = err_set(e, "the content %s is too large (%lld "
			    "bytes)", hex, (long long)id->stored);
		else if (out == NULL && to >= 0)
			rc = fs_write_all(to, block + BLOB_BLOCK, n);
	}
	saved = errno;
	sha256_end_free(h, is);
	errno = saved;
	if (rc == 0 && (left > 0 || strcmp(is, hex) != 0))
		rc = blob_is_damaged(hex, e);
	if (rc == 0 && id->stored <= BLOB_STORED_MAX)
		blob_keep_one(s, hex, block + BLOB_BLOCK, (size_t)id->stored);
	if (rc < 0 && out != NULL)
		buf_cut(out, len);
	return rc;
}

static const struct blob_id *
blob_find_object(struct blob_store *s, const char *hex, struct err *e)
{
	const struct blob_id *id = blob_find(s, hex, true);

	if (id == NULL)
		err_set(e, "the content %.64s is missing from the session's "
		    "store (objects.git): restore it from a backup, or make "
		    "the change again", hex);
	return id;
}

int
blob_git_name(struct blob_store *s, const char *hex, char name[BLOB_GIT_NAME],
    struct err *e)
{
	static const struct blob_id none;
	const struct blob_id *id = hex == NULL ? &none :
	    blob_find_object(s, hex, e);

	if (id == NULL)
		return -1;
	git_oid_tostr(name, BLOB_GIT_NAME, &id->oid);
	return 0;
}

static int
blob_read(struct blob_store *s, const char *hex, struct buf *out, struct err *e)
{
	const struct blob_id *id;
	git_odb_object *o = NULL;
	char is[SHA256_HEX_SIZE];
	int rc = blob_stored_read(s, hex, out, -1, e);

	if (rc <= 0)
		return rc;
	if ((id = blob_find_object(s, hex, e)) == NULL)
		return -1;
	if (git_odb_read(&o, s->odb, &id->oid) < 0)
		return gitlib_error(e, "cannot read the content %s", hex);
	rc = 0;
	sha256_hex(git_odb_object_data(o), git_odb_object_size(o), is);
	if (strcmp(is, hex) != 0)
		rc = blob_is_damaged(hex, e);
	else if (buf_add(out, git_odb_object_data(o),
	    git_odb_object_size(o)) < 0)
		rc = err_set(e, "the content %s is too large (%zu bytes)", hex,
		    git_odb_object_size(o));
	else
		blob_keep_one(s, hex, git_odb_object_data(o),
		    git_odb_object_size(o));
	git_odb_object_free(o);
	return rc;
}

int
blob_get(struct blob_store *s, const char *hex, struct buf *out, struct err *e)
{
	const struct blob_kept *kept = pathmap_find(&s->kept, hex);

	return kept != NULL && buf_add(out, kept->bytes, kept->n) == 0 ? 0 :
	    blob_read(s, hex, out, e);
}

int
blob_copy(struct blob_store *s, const char *hex, int fd, struct err *e)
{
	const struct blob_kept *kept = fd < 0 ? NULL :
	    pathmap_find(&s->kept, hex);
	AUTO_BUF struct buf b = BUF_INIT(0);
	int rc = kept != NULL ? fs_write_all(fd, kept->bytes, kept->n) :
	    blob_stored_read(s, hex, NULL, fd, e);

	if (rc <= 0)
		return rc;
	if (blob_read(s, hex, &b, e) < 0) {
		errno = EIO;
		return -1;
	}
	return fd < 0 ? 0 : fs_write_all(fd, buf_str(&b), b.len);
}

bool
blob_is_over(struct blob_store *s, const char *hex, size_t most)
{
	struct blob_id *id = blob_id_find(s, hex);
	off_t at;

	if (id != NULL && id->stored < 0)
		fs_close(blob_stored_open(s, id, &at));
	return id != NULL && id->stored > (int64_t)most;
}

bool
blob_has(struct blob_store *s, const char *hex)
{
	return blob_find(s, hex, true) != NULL;
}

/*
 * The history of applied changes, as commits on one branch of the
 * session's objects.git, readable with git.
 */

/* The index of the last commit, which is returned in *parent (or NULL). */
static int
blob_index_load(struct blob_store *s, git_commit **parent, struct err *e)
{
	git_tree *tree = NULL;
	git_oid id;
	int rc;

	rc = git_reference_name_to_id(&id, s->repo, BLOB_REF);
	if (rc < 0 && rc != GIT_ENOTFOUND)
		return gitlib_error(e, "cannot read the session's history");
	if (rc == 0 && git_commit_lookup(parent, s->repo, &id) < 0)
		return gitlib_error(e, "cannot read the session's history");
	if (s->index != NULL)
		return 0;
	if (git_index_new(&s->index) < 0)
		return gitlib_error(e, "cannot create an index");
	if (*parent == NULL)
		return 0;
	rc = git_commit_tree(&tree, *parent);
	if (rc == 0)
		rc = git_index_read_tree(s->index, tree);
	git_tree_free(tree);
	if (rc < 0) {
		git_index_free(s->index);
		s->index = NULL;
		return gitlib_error(e, "cannot read the session's history");
	}
	return 0;
}

static int
blob_index_apply(struct blob_store *s, const struct blob_entry *b,
    struct err *e)
{
	git_index_entry entry = { .path = b->path, .mode = b->mode };
	const struct blob_id *id;

	if (b->hash == NULL) {
		if (git_index_remove(s->index, b->path, 0) < 0 &&
		    git_index_find(NULL, s->index, b->path) == 0)
			return gitlib_error(e, "cannot record %s", b->path);
		return 0;
	}
	id = blob_find(s, b->hash, false);
	if (id == NULL)
		return err_set(e, "cannot record %s: its content is not in "
		    "the session's store", b->path);
	git_oid_cpy(&entry.id, &id->oid);
	if (git_index_add(s->index, &entry) < 0)
		return gitlib_error(e, "cannot record %s", b->path);
	return 0;
}

int
blob_commit(struct blob_store *s, const struct blob_entry *v, size_t n,
    const char *message, char id[41], struct err *e)
{
	git_commit *parent = NULL;
	git_signature *who = NULL;
	git_tree *tree = NULL;
	git_oid oid;
	size_t i;
	int rc = blob_index_load(s, &parent, e);

	for (i = 0; rc == 0 && i < n; i++)
		rc = blob_index_apply(s, &v[i], e);
	if (rc == 0 && (git_index_write_tree_to(&oid, s->index, s->repo) < 0 ||
	    git_tree_lookup(&tree, s->repo, &oid) < 0 ||
	    git_signature_now(&who, "assent", "assent@localhost") < 0 ||
	    git_commit_create(&oid, s->repo, BLOB_REF, who, who, "UTF-8",
	    message, tree, parent == NULL ? 0 : 1,
	    (const git_commit **)&parent) < 0))
		rc = gitlib_error(e, "cannot record the change in the "
		    "session's history");
	if (rc == 0)
		git_oid_tostr(id, 41, &oid);
	else {
		/* Half a change must not get into the next commit. */
		git_index_free(s->index);
		s->index = NULL;
	}
	git_tree_free(tree);
	git_signature_free(who);
	git_commit_free(parent);
	return rc;
}
