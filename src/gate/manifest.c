#include "config.h"

#include "gate/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

#define MANIFEST_VERSION 2
/* Longer than any kernel tick. */
#define MANIFEST_SETTLE_NS 20000000
/* Long enough also for file systems that store times in steps of one or two
 * seconds. */
#define MANIFEST_SETTLE_S 3

static const char *const manifest_names[2] = {
	"manifest.json", "manifest-2.json",
};

bool
time_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec :
	    a->tv_nsec < b->tv_nsec;
}

bool
time_equal(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

void
stage_id_make(struct stage_id *id, const struct stat *st)
{
	struct timespec now;
	int64_t age;

	*id = (struct stage_id){
		.mtime = st->st_mtim, .ctime = st->st_ctim,
		.size = st->st_size, .ino = st->st_ino, .mode = st->st_mode,
	};
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	age = now.tv_sec - id->ctime.tv_sec;
	/* A future time proves nothing either. */
	if (id->ctime.tv_nsec == 0)
		id->settled = age > MANIFEST_SETTLE_S;
	else
		id->settled = age > 1 || (age >= 0 && age * 1000000000 +
		    now.tv_nsec - id->ctime.tv_nsec > MANIFEST_SETTLE_NS);
}

bool
stage_id_equal(const struct stage_id *a, const struct stage_id *b)
{
	return a->ino != 0 && a->ino == b->ino && a->size == b->size &&
	    a->mode == b->mode && time_equal(&a->mtime, &b->mtime) &&
	    time_equal(&a->ctime, &b->ctime);
}

bool
stage_id_holds(const struct stage_id *then, const struct stage_id *now)
{
	return then->settled && stage_id_equal(then, now);
}

void
manifest_release(struct manifest *m)
{
	pathmap_release(&m->files);
	pathmap_release(&m->hidden);
	FREE_NULL(m->boot);
}

static void
manifest_side_load(struct stage_side *s, const cJSON *o)
{
	const char *hash = json_str(o, "hash");

	if (hash == NULL || strlen(hash) != SHA256_HEX_SIZE - 1)
		return;
	s->exists = true;
	memcpy(s->hash, hash, SHA256_HEX_SIZE);
	s->mode = (unsigned)json_int(o, "mode", 0100644);
	s->size = json_int(o, "size", 0);
}

static void
manifest_id_load(struct stage_id *id, const cJSON *a)
{
	int64_t v[8];
	size_t i;

	if (a == NULL || cJSON_GetArraySize(a) != 8)
		return;
	for (i = 0; i < 8; i++) {
		const cJSON *n = cJSON_GetArrayItem(a, (int)i);

		if (!cJSON_IsNumber(n) || n->valuedouble < -9e15 ||
		    n->valuedouble > 9e15)
			return;
		v[i] = (int64_t)n->valuedouble;
	}
	*id = (struct stage_id){ .mtime = { v[0], v[1] },
		.ctime = { v[2], v[3] }, .size = v[4],
		.ino = (uint64_t)v[5], .mode = (unsigned)v[6],
		.settled = v[7] != 0 };
}

static void
manifest_hidden_load(struct pathmap *m, const cJSON *list)
{
	const cJSON *x;

	cJSON_ArrayForEach(x, list) {
		size_t n;
		AUTO_FREE char *path = json_get_bytes(x, "path", &n);

		if (path != NULL && n > 0 && strlen(path) == n)
			pathmap_add(m, path, sizeof(struct manifest_hidden));
	}
}

static int
manifest_parse(struct manifest *m, const struct buf *b, struct err *e)
{
	AUTO_JSON cJSON *o = json_parse(b->p, b->len, JSON_NUL_REFUSE, e);
	int64_t version = json_int(o, "version", 0);
	const cJSON *x;

	if (o == NULL)
		return -1;
	if (version != 1 && version != MANIFEST_VERSION)
		return err_set(e, "the copy was made by another version "
		    "of assent");
	m->boot = xstrdup_null(json_str(o, "boot"));
	cJSON_ArrayForEach(x, json_array(o, "files")) {
		size_t n;
		AUTO_FREE char *path = json_get_bytes(x, "path", &n);
		struct manifest_entry *f;

		if (path == NULL || n == 0 || strlen(path) != n) {
			continue;
		}
		f = pathmap_add(&m->files, path, sizeof(*f));
		manifest_side_load(&f->base, json_get(x, "base"));
		manifest_side_load(&f->after, json_get(x, "after"));
		manifest_id_load(&f->base_id, json_array(x, "base_id"));
		manifest_id_load(&f->after_id, json_array(x, "after_id"));
		f->during = json_bool(x, "during", false);
		f->conflict = json_bool(x, "conflict", false);
		f->by_tool = json_bool(x, "by_tool", false);
		f->merging = json_bool(x, "merging", false);
		if (json_bool(x, "refused", false))
			f->refused = "can't be reviewed";
		manifest_side_load(&f->was, json_get(x, "was"));
	}
	manifest_hidden_load(&m->hidden, json_array(o, "hidden"));
	return 0;
}

/* The serial of a file's text, from which the hash is cut; 0 in version 1, which
 * has neither; -1: torn or missing. */
static int64_t
manifest_serial(struct buf *b)
{
	char hex[SHA256_HEX_SIZE];
	long long serial;

	if (b->len == 0)
		return -1;
	if (sscanf(buf_str(b), "{\"version\":2,\"serial\":%lld,", &serial) != 1)
		return 0;
	if (b->len < SHA256_HEX_SIZE || b->p[b->len - 1] != '\n')
		return -1;
	b->len -= SHA256_HEX_SIZE;
	sha256_hex(b->p, b->len, hex);
	return memcmp(b->p + b->len, hex, SHA256_HEX_SIZE - 1) == 0 ?
	    serial : -1;
}

/* Read one of the two files. A core that was killed may not have synced it, and
 * the next save overwrites the other one. */
static int
manifest_read(int dirfd, const char *name, struct buf *b, struct err *e)
{
	AUTO_CLOSE int fd = openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fs_read_all(fd, b) < 0 || fdatasync(fd) < 0)
		return err_sys(e, "cannot read %s", name);
	return 0;
}

int
manifest_load(struct manifest *m, int dirfd, struct err *e)
{
	struct buf b[2] = {
		BUF_INIT(JSON_MAX_BYTES), BUF_INIT(JSON_MAX_BYTES),
	};
	int64_t serials[2] = { -1, -1 };
	AUTO_FREE char *boot = fs_boot_id();
	int rc = 0, newer;
	size_t i;

	for (i = 0; i < 2 && rc == 0; i++) {
		rc = manifest_read(dirfd, manifest_names[i], &b[i], e);
		serials[i] = manifest_serial(&b[i]);
	}
	newer = serials[1] > serials[0];
	if (rc == 0 && serials[newer] >= 0) {
		m->serial = serials[newer];
		m->next = !newer;
		rc = manifest_parse(m, &b[newer], e);
	} else if (rc == 0 && b[0].len + b[1].len > 0)
		rc = err_set(e, "%s is damaged", manifest_names[0]);
	m->rebooted = m->boot != NULL && boot != NULL &&
	    strcmp(m->boot, boot) != 0;
	buf_release(&b[0]);
	buf_release(&b[1]);
	return rc;
}

static void
manifest_side_save(struct buf *b, const char *key, const struct stage_side *s)
{
	if (s->exists)
		buf_addf(b, ",\"%s\":{\"hash\":\"%s\",\"mode\":%u,"
		    "\"size\":%lld}", key, s->hash, s->mode,
		    (long long)s->size);
}

static void
manifest_id_save(struct buf *b, const char *key, const struct stage_id *id)
{
	if (id->ino != 0 && id->ino < (uint64_t)9e15)
		buf_addf(b, ",\"%s\":[%lld,%lld,%lld,%lld,%lld,%llu,%u,%d]",
		    key, (long long)id->mtime.tv_sec, (long long)id->mtime.tv_nsec,
		    (long long)id->ctime.tv_sec, (long long)id->ctime.tv_nsec,
		    (long long)id->size, (unsigned long long)id->ino,
		    id->mode, id->settled);
}

/* An unfinished object: the path may need base64, the rest is ours. */
static void
manifest_path_save(struct buf *b, const char *path)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *text = NULL;

	json_add_bytes(o, "path", path, strlen(path));
	text = json_print(o);
	buf_add(b, text, strlen(text) - 1);
}

static void
manifest_hidden_save(struct buf *b, const struct pathmap *m)
{
	const char *before = "\n";

	buf_adds(b, ",\"hidden\":[");
	PATHMAP_EACH(m, manifest_hidden, h) {
		buf_adds(b, before);
		manifest_path_save(b, h->path);
		buf_addc(b, '}');
		before = ",\n";
	}
	buf_addc(b, ']');
}

/* In place: one sync, and no new name. A file that is new gets its name when it
 * is whole. */
static int
manifest_write(int dirfd, const char *name, const struct buf *b, struct err *e)
{
	AUTO_CLOSE int fd = openat(dirfd, name,
	    O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return fs_replace(dirfd, name, b->p, b->len, 0600, e);
	if (fd < 0 || fs_write_all(fd, b->p, b->len) < 0 ||
	    ftruncate(fd, (off_t)b->len) < 0 || fdatasync(fd) < 0)
		return err_sys(e, "cannot write %s", name);
	return 0;
}

int
manifest_save(struct manifest *m, int dirfd, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX_BYTES);
	int64_t serial = m->serial + 1;
	char hex[SHA256_HEX_SIZE];
	const char *boot, *before = "\n";

	if (m->boot == NULL)
		m->boot = fs_boot_id();
	buf_addf(&b, "{\"version\":%d,\"serial\":%lld,\"boot\":",
	    MANIFEST_VERSION, (long long)serial);
	boot = m->boot == NULL ? "" : m->boot;
	json_quote(&b, boot, strlen(boot));
	buf_adds(&b, ",\"files\":[");
	PATHMAP_EACH(&m->files, manifest_entry, f) {
		buf_adds(&b, before);
		before = ",\n";
		manifest_path_save(&b, f->path);
		manifest_side_save(&b, "base", &f->base);
		manifest_id_save(&b, "base_id", &f->base_id);
		manifest_side_save(&b, "after", &f->after);
		manifest_id_save(&b, "after_id", &f->after_id);
		if (f->during)
			buf_adds(&b, ",\"during\":true");
		if (f->conflict)
			buf_adds(&b, ",\"conflict\":true");
		if (f->by_tool)
			buf_adds(&b, ",\"by_tool\":true");
		if (f->refused != NULL)
			buf_adds(&b, ",\"refused\":true");
		if (f->merging)
			buf_adds(&b, ",\"merging\":true");
		if (f->conflict)
			manifest_side_save(&b, "was", &f->was);
		buf_addc(&b, '}');
	}
	buf_addc(&b, ']');
	manifest_hidden_save(&b, &m->hidden);
	buf_adds(&b, "}\n");
	sha256_hex(b.p, b.len, hex);
	buf_addf(&b, "%s\n", hex);
	if (b.full)
		return err_set(e, "too many changed files (%zu)",
		    m->files.len);
	if (manifest_write(dirfd, manifest_names[m->next], &b, e) < 0)
		return -1;
	m->serial = serial;
	m->next = !m->next;
	return 0;
}
