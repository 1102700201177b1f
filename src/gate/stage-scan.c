/*
 * stage-scan: the staged changes relative to the recorded contents. The walk of
 * the stage's view (overlay or copy, see stage-priv.h) calls a function here
 * for each path that may be staged. Its manifest entry is found or made, the
 * staged file is read if it changed since the last scan, and both sides are
 * compared.
 * What can't be proposed is listed, never skipped silently; ignored files are
 * counted.
 */

#include "config.h"

#include "gate/stage-priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "gate/gate.h"

#define STAGE_IGNORED_NAMES	((size_t)4 << 20)	/* bytes of names
							   kept */

#define STAGE_TOO_MUCH "too large together with the other changes"

#define S(text) text, sizeof(text) - 1

/* clang-format off */
static const struct {
	const char	*name;
	bool		 built;
	size_t		 at;
	const char	*bytes;
	size_t		 len;
	size_t		 more_at;	/* a second position, or 0 */
	const char	*more;
	size_t		 more_len;
} filetype_table[] = {
	{ "PNG image", false, 0, S("\x89PNG\r\n\x1a\n"), 0, NULL, 0 },
	{ "JPEG image", false, 0, S("\xff\xd8\xff"), 0, NULL, 0 },
	{ "GIF image", false, 0, S("GIF8"), 0, NULL, 0 },
	{ "WebP image", false, 0, S("RIFF"), 8, S("WEBP") },
	{ "WAV sound", false, 0, S("RIFF"), 8, S("WAVE") },
	{ "PDF document", false, 0, S("%PDF-"), 0, NULL, 0 },
	{ "ELF program or library", true, 0, S("\x7f" "ELF"), 0, NULL, 0 },
	{ "Mach-O program or library", true, 0, S("\xcf\xfa\xed\xfe"), 0, NULL, 0 },
	{ "Windows program or library", true, 0, S("MZ"), 0, NULL, 0 },
	{ "WebAssembly module", true, 0, S("\0asm"), 0, NULL, 0 },
	{ "Java class", true, 0, S("\xca\xfe\xba\xbe\0\0"), 0, NULL, 0 },
	{ "library archive (ar)", true, 0, S("!<arch>\n"), 0, NULL, 0 },
	{ "zip archive, or a format made of one", false, 0, S("PK\x03\x04"), 0,
	    NULL, 0 },
	{ "gzip data", false, 0, S("\x1f\x8b"), 0, NULL, 0 },
	{ "bzip2 data", false, 0, S("BZh"), 0, NULL, 0 },
	{ "xz data", false, 0, S("\xfd" "7zXZ\0"), 0, NULL, 0 },
	{ "zstd data", false, 0, S("\x28\xb5\x2f\xfd"), 0, NULL, 0 },
	{ "tar archive", false, 257, S("ustar"), 0, NULL, 0 },
	{ "SQLite database", false, 0, S("SQLite format 3\0"), 0, NULL, 0 },
	{ "TrueType font", false, 0, S("\0\x01\0\0\0"), 0, NULL, 0 },
	{ "WOFF font", false, 0, S("wOFF"), 0, NULL, 0 },
	{ "WOFF font", false, 0, S("wOF2"), 0, NULL, 0 },
	{ "Ogg sound or film", false, 0, S("OggS"), 0, NULL, 0 },
	{ "MP3 sound", false, 0, S("ID3"), 0, NULL, 0 },
	{ "git pack", false, 0, S("PACK\0\0\0"), 0, NULL, 0 },
	{ "text in UTF-16", false, 0, S("\xff\xfe"), 0, NULL, 0 },
	{ "text in UTF-16", false, 0, S("\xfe\xff"), 0, NULL, 0 },
};
/* clang-format on */

static int
filetype_is(const void *p, size_t n, size_t at, const char *bytes, size_t len)
{
	return n >= at && n - at >= len &&
	    memcmp((const char *)p + at, bytes, len) == 0;
}

/* The row, or -1. */
static int
filetype_find(const void *p, size_t n)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(filetype_table); i++)
		if (filetype_is(p, n, filetype_table[i].at,
		    filetype_table[i].bytes, filetype_table[i].len) &&
		    (filetype_table[i].more == NULL ||
		    filetype_is(p, n, filetype_table[i].more_at,
		    filetype_table[i].more, filetype_table[i].more_len)))
			return (int)i;
	return -1;
}

const char *
filetype_name(const void *p, size_t n)
{
	int i = filetype_find(p, n);

	return i < 0 ? NULL : filetype_table[i].name;
}

/* Programs, libraries, objects: what compilers and linkers write, and people
 * don't. */
static bool
filetype_is_built(const void *p, size_t n)
{
	int i = filetype_find(p, n);

	return i >= 0 && filetype_table[i].built;
}

/* The scan is incomplete; reported once. */
static void
stage_cut(struct stage_scan_state *s)
{
	size_t len = s->path.len;

	if (s->cut)
		return;
	s->cut = true;
	s->path.len = 0;	/* of the whole */
	stage_leave_out(s, "too many entries: the rest was not scanned");
	s->path.len = len;
}

/* One more change. False: beyond the limit, which is reported. */
static bool
stage_bound_change(struct stage_scan_state *s)
{
	if (++s->changes <= s->st->o.max_changes)
		return true;
	stage_cut(s);
	return false;
}

/* This many more bytes to read and store, now or in an earlier scan. False:
 * beyond the limit; a smaller file may still fit. */
static bool
stage_bound_bytes(struct stage_scan_state *s, int64_t size)
{
	if (size > s->st->o.max_bytes)
		return true;	/* refused on its own, unread */
	if (size > s->st->o.max_scan - s->bytes)
		return false;
	s->bytes += size;
	return true;
}

static void
scan_name(struct stage_named **v, size_t *n, const char *path, const char *why)
{
	*GROW_ADD(*v, *n) = (struct stage_named){ xstrdup(path), xstrdup(why) };
}

void
stage_leave_out(struct stage_scan_state *s, const char *why)
{
	scan_name(&s->out->refused, &s->out->refused_len,
	    s->path.len == 0 ? "." : buf_str(&s->path), why);
}

bool
stage_is_repo_part(const char *name)
{
	/* git runs programs that config and hooks name. */
	static const char *const parts[] = { "HEAD", "objects", "refs",
		"commondir", "config", "config.worktree", "hooks" };
	size_t i;

	for (i = 0; i < MEM_COUNT(parts); i++)
		if (strcasecmp(name, parts[i]) == 0)
			return true;
	return false;
}

/* A hash of an ignored file, whose content isn't read. stage_digest() covers the
 * sum of them, in which their order doesn't count. A command, which doesn't know
 * the key, can't choose names and times that leave the sum as it was. */
static uint64_t
stage_ignored_mix(const char *path, const struct stat *sb)
{
	static uint64_t key[2];
	struct sha256 *h = sha256_new();
	uint64_t numbers[4] = { 0 };
	char hex[SHA256_HEX_SIZE];

	/* Fewer than 256 bytes are never read short. */
	if (key[0] == 0)
		(void)!getrandom(key, sizeof(key), 0);
	if (sb != NULL) {
		numbers[0] = (uint64_t)sb->st_mtim.tv_sec;
		numbers[1] = (uint64_t)sb->st_mtim.tv_nsec;
		numbers[2] = (uint64_t)sb->st_size;
		numbers[3] = (uint64_t)sb->st_ino;
	}
	sha256_add(h, key, sizeof(key));
	sha256_add(h, numbers, sizeof(numbers));
	sha256_add(h, path, strlen(path));
	sha256_end_free(h, hex);
	hex[16] = '\0';
	return strtoull(hex, NULL, 16);
}

static void
stage_ignore(struct stage_scan_state *s, const struct stat *sb)
{
	struct stage_scan *o = s->out;

	if (sb != NULL && time_before(&s->product, &sb->st_mtim))
		s->product = sb->st_mtim;
	o->ignored_all++;
	o->ignored_mix += stage_ignored_mix(buf_str(&s->path), sb);
	if (s->ignored_bytes + s->path.len >= STAGE_IGNORED_NAMES)
		return;
	s->ignored_bytes += s->path.len + 1;
	*GROW_ADD(o->ignored, o->ignored_len) = xstrdup(buf_str(&s->path));
}

void
stage_scan_fail(struct stage_scan_state *s)
{
	s->rc = err_sys(s->e, "cannot read the copy%s%s",
	    s->path.len == 0 ? "" : " at ", buf_str(&s->path));
}

struct dirent *
stage_scan_next(struct stage_scan_state *s, DIR *d)
{
	struct dirent *de;

	do {
		errno = 0;
		de = readdir(d);
	} while (de != NULL && fs_is_dots(de->d_name));
	if (de == NULL && errno != 0)
		stage_scan_fail(s);
	return de;
}

bool
stage_scan_push(struct stage_scan_state *s, const char *name, size_t *old_len)
{
	*old_len = s->path.len;
	if (s->rc < 0)
		return false;
	if (++s->entries > STAGE_MAX_WALK) {
		stage_cut(s);
		return false;
	}
	if (s->path.len > 0)
		buf_addc(&s->path, '/');
	buf_adds(&s->path, name);
	if (s->path.len > STAGE_MAX_PATH) {
		stage_leave_out(s, "its path is too long");
		buf_cut(&s->path, *old_len);
		return false;
	}
	return true;
}

/* A file with a manifest entry is beyond the limits of a scan: list it as
 * refused, unread. */
static void
scan_too_much(struct stage_scan_state *s, struct manifest_entry *m)
{
	m->seen = s->st->serial;
	m->refused = STAGE_TOO_MUCH;
	memset(&m->after_id, 0, sizeof(m->after_id));
}

/* What an earlier scan found comes first: new changes, which the walk may meet
 * before, must not take its place. */
static void
scan_reserve(struct stage_scan_state *s)
{
	STAGE_EACH(s->st, m) {
		m->shown = m->refused == NULL &&
		    !stage_side_equal(&m->base, &m->after);
		if (!m->shown)
			continue;
		s->changes++;
		s->bytes += m->base.size + m->after.size;
	}
}

/* How many bytes the base of s->path counts: its recorded size, or, without a
 * manifest entry, that of the real file. 0 if there is no base, or if the
 * staged file equals it. */
static int64_t
scan_base_size(struct stage_scan_state *s, const struct manifest_entry *m)
{
	struct stat sb;

	if (m != NULL)
		return !m->base.exists || stage_side_equal(&m->base, &m->after) ?
		    0 : m->base.size;
	return stage_stat_real(s->st, buf_str(&s->path), &sb) == 0 &&
	    S_ISREG(sb.st_mode) ? sb.st_size : 0;
}

/* The entry for s->path, with its original content. NULL if there can't be one
 * (then refused, or s->rc is set). */
static struct manifest_entry *
scan_entry(struct stage_scan_state *s, const struct timespec *since)
{
	const char *path = buf_str(&s->path), *why = NULL;
	struct manifest_entry *m = pathmap_find(&s->st->manifest->files, path);
	struct stage_side base;
	struct stage_id id;
	enum stage_got got;

	if (m != NULL && m->shown)
		return m;
	if (!stage_bound_change(s))
		return NULL;
	if (!stage_bound_bytes(s, scan_base_size(s, m))) {
		if (m == NULL)
			stage_leave_out(s, STAGE_TOO_MUCH);
		else
			scan_too_much(s, m);
		return NULL;
	}
	if (m != NULL)
		return m;
	got = stage_read(s->st, path, false, &base, &id, &why,
	    s->e);
	if (got == STAGE_FAILED) {
		s->rc = -1;
		return NULL;
	}
	if (got == STAGE_REFUSED && !S_ISDIR(id.mode)) {
		AUTO_BUF struct buf text = BUF_INIT(0);
		struct stat sb;

		buf_addf(&text, "the project's file of that name: %s", why);
		if (stage_stat(s->st->staged_fd, path, &sb) == 0 &&
		    sb.st_size > s->st->o.max_bytes) {
			buf_adds(&text, "; its changed copy takes ");
			buf_add_size(&text, (uint64_t)sb.st_blocks * 512);
			buf_adds(&text, " (assent try --clean removes it)");
		}
		stage_leave_out(s, buf_str(&text));
		return NULL;
	}
	if (got == STAGE_REFUSED)	/* its files are deletions */
		memset(&id, 0, sizeof(id));
	m = pathmap_add(&s->st->manifest->files, path, sizeof(*m));
	m->base = base;
	m->base_id = id;
	m->during = base.exists ? s->moved_in ||
	    s->st->view->suspect(s->st, path, &id, since) :
	    s->st->view->lost(s->st, path);
	m->during_now = m->during;
	s->st->dirty = true;
	return m;
}

/* Record all that the real tree has below s->path as deleted: the view lacks
 * it. Takes over fd. */
static void
scan_gone_dir(struct stage_scan_state *s, int fd, const struct timespec *since,
    int depth)
{
	DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stage_id id;
	struct stat at;
	bool moved_in = s->moved_in;

	if (d == NULL)
		return;
	/* Files that the user moved into this folder keep their times: if the
	 * folder changed, they may be newer than these times say. */
	if (s->st->view == &stage_overlay && fstat(dirfd(d), &at) == 0) {
		stage_id_make(&id, &at);
		s->moved_in = moved_in ||
		    stage_real_is_newer(s->st, &id, since);
	}
	while ((de = fs_dir_next(&d)) != NULL) {
		struct stat sb;
		size_t len;

		if (dotgit_in_path(de->d_name))
			continue;
		if (!stage_scan_push(s, de->d_name, &len))
			continue;
		if (fstatat(dirfd(d), de->d_name, &sb,
		    AT_SYMLINK_NOFOLLOW) < 0)
			;
		else if (!S_ISDIR(sb.st_mode))
			stage_scan_add_gone(s, since);
		else if (stage_ignores(s->st, buf_str(&s->path), true))
			stage_ignore(s, NULL);
		else if (depth >= STAGE_MAX_DEPTH)
			stage_leave_out(s, "folders nested too deep");
		else
			scan_gone_dir(s, openat(dirfd(d), de->d_name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			    since, depth + 1);
		buf_cut(&s->path, len);
	}
	s->moved_in = moved_in;
}

/* The copy hides the real folder s->path. */
static void
scan_hide_dir(struct stage_scan_state *s, const struct timespec *since)
{
	const char *path = buf_str(&s->path);

	stage_hidden_add(&s->hidden, path);
	scan_gone_dir(s, fs_open_beneath(s->st->root_fd, path,
	    O_RDONLY | O_DIRECTORY, 0), since, 0);
}

/* Belongs to an apply, this session's or another's: temporary. */
static bool
scan_is_temp(const char *path)
{
	return gate_is_temp(basename(path));
}

/* Is the real file `sb`, which isn't on record, the user's new one? Else a call
 * has deleted it, and that could not be recorded. */
static bool
scan_came_later(struct stage_scan_state *s, bool hidden, const struct stat *sb,
    const struct timespec *since)
{
	const char *path = buf_str(&s->path);
	struct stage_id id;

	stage_id_make(&id, sb);
	return (hidden || !s->st->unscanned) && (s->moved_in ||
	    (since == NULL && (hidden || s->st->view == &stage_overlay)) ||
	    s->st->view->suspect(s->st, path, &id, since));
}

/* Count s->path, unless it is on record as it was. */
static void
scan_count(struct stage_scan_state *s, const struct stat *sb)
{
	struct manifest_entry *m = pathmap_find(&s->st->manifest->files,
	    buf_str(&s->path));
	struct stage_id id = { 0 };

	if (sb != NULL)
		stage_id_make(&id, sb);
	s->changes += m == NULL || !stage_side_equal(&m->base, &m->after) ||
	    (sb != NULL ? !stage_id_equal(&m->after_id, &id) :
	    m->after.exists);
	if (m != NULL)
		m->seen = s->st->serial;
}

void
stage_scan_add_gone(struct stage_scan_state *s, const struct timespec *since)
{
	const char *path = buf_str(&s->path);
	struct manifest_entry *m;
	struct stat sb;
	bool dir, known, hidden;

	if (s->rc < 0 || scan_is_temp(path))
		return;
	m = pathmap_find(&s->st->manifest->files, path);
	known = m != NULL && !m->after.exists;
	if (stage_stat_real(s->st, path, &sb) < 0) {
		/* Gone on both sides, unless its original is on record. */
		if (m == NULL || !m->base.exists)
			return;
		sb.st_mode = S_IFREG;
	}
	dir = S_ISDIR(sb.st_mode);
	if (stage_ignores(s->st, path, dir)) {
		stage_ignore(s, NULL);
		return;
	}
	if (!dir && stage_hides(s->st, path))
		return;		/* no command could have deleted it */
	if (dir && known) {
		/* The user created it where the stage had deleted a file. */
		stage_hidden_add(&s->hidden, path);
		s->came_later = true;
		return;
	}
	if (dir) {
		scan_hide_dir(s, since);
		return;
	}
	if (s->counts) {
		scan_count(s, NULL);
		return;
	}
	hidden = m == NULL && stage_hidden_in(&s->st->manifest->hidden, path);
	if (m == NULL && scan_came_later(s, hidden, &sb, since)) {
		s->came_later = true;	/* it becomes visible before the next
					   call */
		return;
	}
	m = scan_entry(s, since);
	if (m == NULL)
		return;
	/* Only the file's time says that it isn't the user's. */
	m->during = m->during || hidden;
	m->seen = s->st->serial;
	m->refused = NULL;
	if (m->after.exists)
		s->st->dirty = true;
	if (!known)
		m->changed = s->st->serial;
	memset(&m->after, 0, sizeof(m->after));
	memset(&m->after_id, 0, sizeof(m->after_id));
}

/* Does the folder `fd` contain a secret file that the view lacks? Takes
 * ownership of fd. */
static bool
scan_hides_below(struct stage_scan_state *s, int fd, int depth)
{
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;
	bool yes = false;

	while (!yes && depth < STAGE_MAX_DEPTH &&
	    (de = fs_dir_next(&d)) != NULL) {
		struct stat sb;
		size_t len = s->path.len;

		if (fstatat(dirfd(d), de->d_name, &sb,
		    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		buf_addf(&s->path, "/%s", de->d_name);
		if (S_ISDIR(sb.st_mode))
			yes = scan_hides_below(s, openat(dirfd(d), de->d_name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			    depth + 1);
		else
			yes = stage_hides(s->st, buf_str(&s->path));
		buf_cut(&s->path, len);
	}
	return yes;
}

/* The staged file at s->path would replace a secret file, or the folder of one:
 * list it, but never propose it, because the diff would show the secret. */
static bool
scan_on_secret(struct stage_scan_state *s)
{
	const char *path = buf_str(&s->path);
	struct manifest_entry *m = pathmap_find(&s->st->manifest->files, path);
	struct stage_side now;
	struct stage_id id;
	struct stat real;

	if (s->st->view != &stage_copy)
		return false;
	if (stage_stat_real(s->st, path, &real) == 0 &&
	    S_ISDIR(real.st_mode)) {
		if (!scan_hides_below(s, fs_open_beneath(s->st->root_fd, path,
		    O_RDONLY | O_DIRECTORY, 0), 0))
			return false;
		stage_leave_out(s, "the project has a folder with secret files "
		    "in its place, which are hidden here");
		return true;
	}
	if (!stage_hides(s->st, path))
		return false;
	if (m != NULL && m->base.exists && stage_read(s->st, path, true,
	    &now, &id, NULL, NULL) == STAGE_GOT &&
	    stage_side_equal(&m->base, &now)) {
		/* A secret file that this session made and that was applied:
		 * the staged file equals its base. */
		m->seen = s->st->serial;
		m->after = now;
		m->after_id = id;
		return true;
	}
	stage_leave_out(s, "the project has a secret file there, which is "
	    "hidden here and never overwritten");
	return true;
}

/* The same for a path that is a change with any content. */
static void
stage_scan_add_change(struct stage_scan_state *s, const struct stat *sb)
{
	const char *path = buf_str(&s->path), *why = NULL;
	struct manifest_entry *m;
	struct stat real;
	struct stage_id id, then;
	struct stage_side had;
	enum stage_got got;
	int64_t size;
	bool known;

	m = pathmap_find(&s->st->manifest->files, path);
	known = m != NULL && m->after.exists;
	m = scan_entry(s, NULL);
	if (m == NULL)
		return;
	m->seen = s->st->serial;
	m->refused = NULL;
	if (!m->base.exists && stage_stat_real(s->st, path, &real) == 0 &&
	    S_ISDIR(real.st_mode)) {
		s->came_later = false;
		if (known && !stage_hidden_in(&s->st->manifest->hidden, path)) {
			/* The user created it where the stage had the file. */
			stage_hidden_add(&s->hidden, path);
			s->came_later = true;
		} else {
			/* The folder's files are deleted. */
			scan_hide_dir(s, NULL);
		}
		m->during = m->during || s->came_later;
	}
	stage_id_make(&id, sb);
	known = m->after.exists && stage_id_holds(&m->after_id, &id);
	size = sb->st_size;
	if (m->shown)	/* the rest is reserved */
		size = size > m->after.size ? size - m->after.size : 0;
	if (!(known && stage_side_equal(&m->base, &m->after)) &&
	    !stage_bound_bytes(s, size)) {
		scan_too_much(s, m);
		return;
	}
	if (known)
		return;
	s->st->dirty = true;
	had = m->after;
	then = m->after_id;
	got = stage_read(s->st, path, true, &m->after,
	    &m->after_id, &why, s->e);
	/* Written since the last scan, by the last call or by us: with known
	 * stat data, a new time counts, too. */
	if (then.ino == 0 ? !stage_side_equal(&had, &m->after) :
	    !time_equal(&then.mtime, &id.mtime) ||
	    !stage_side_equal(&had, &m->after))
		m->by_tool = !s->st->command;
	if (!stage_side_equal(&had, &m->after))
		m->changed = s->st->serial;
	if (got == STAGE_FAILED)
		s->rc = -1;
	else if (got == STAGE_REFUSED)
		m->refused = why;
}

void
stage_scan_add(struct stage_scan_state *s, const struct stat *sb)
{
	if (s->rc < 0)
		return;
	if (scan_is_temp(buf_str(&s->path)))
		stage_leave_out(s, "a temporary file of assent");
	else if (stage_ignores(s->st, buf_str(&s->path), false))
		stage_ignore(s, sb);
	else if (s->counts)
		scan_count(s, sb);
	else if (!scan_on_secret(s))
		stage_scan_add_change(s, sb);
}

/* Did the user build it? It begins like a program or library, and git doesn't
 * track it. */
bool
stage_is_built(struct stage *st, const char *path)
{
	AUTO_CLOSE int fd = fs_open_beneath(st->root_fd, path, O_RDONLY |
	    O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0);
	char head[8192];
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

	return n > 0 && memchr(head, '\0', (size_t)n) != NULL &&
	    filetype_is_built(head, (size_t)n) &&
	    !st->o.is_tracked(st->o.policy, path);
}

static bool
scan_is_base(const struct manifest_entry *m, const struct stat *real)
{
	struct stage_id id;

	stage_id_make(&id, real);
	return m->base.exists ? stage_id_holds(&m->base_id, &id) :
	    S_ISDIR(real->st_mode);
}

bool
stage_is_at_base(struct stage *st, const struct manifest_entry *m)
{
	struct stat sb;

	return stage_stat_real(st, m->path, &sb) < 0 ?
	    stage_is_missing(errno) && !m->base.exists : scan_is_base(m, &sb);
}

/* Compare the real file, which is `sb` if that has a mode, with the entry's base.
 * 1: it changed. */
static int
scan_changed(struct stage *st, struct manifest_entry *m, const struct stat *sb,
    struct err *e)
{
	struct stage_side now;
	struct stage_id id;
	enum stage_got got;

	if (sb->st_mode != 0 ? scan_is_base(m, sb) : stage_is_at_base(st, m))
		return 0;
	got = stage_read(st, m->path, false, &now, &id, NULL, e);
	if (got == STAGE_FAILED)
		return -1;
	if (got == STAGE_REFUSED)
		return 1;
	if (stage_side_equal(&now, &m->base)) {
		m->base_id = id;
		st->dirty = true;
		return 0;
	}
	if (!stage_side_equal(&now, &m->after))
		return 1;
	/* The user made the same change, or it was applied. */
	m->base = now;
	m->base_id = id;
	st->dirty = true;
	return 0;
}

/* The walk was cut before it came to this change. */
static void
scan_look(struct stage_scan_state *s, const struct manifest_entry *m)
{
	struct stat sb = { 0 };

	buf_clear(&s->path);
	buf_adds(&s->path, m->path);
	if (stage_stat(s->st->staged_fd, m->path, &sb) == 0 &&
	    (S_ISREG(sb.st_mode) || S_ISLNK(sb.st_mode)))
		stage_scan_add_change(s, &sb);
	else if (S_ISCHR(sb.st_mode) || !s->st->view->shows_real(s->st,
	    m->path))
		stage_scan_add_gone(s, NULL);
}

static void
scan_look_all(struct stage_scan_state *s)
{
	STAGE_EACH(s->st, m)
		if (s->cut && s->rc == 0 && m->shown &&
		    m->seen != s->st->serial)
			scan_look(s, m);
}

void
stage_change_real(struct stage_change *c, const struct stat *real)
{
	c->is = S_ISREG(real->st_mode) ? real->st_mode : 0;
	c->linked = !S_ISDIR(real->st_mode) && real->st_nlink > 1;
}

static int
scan_finish(struct stage_scan_state *s)
{
	struct stage_scan *o = s->out;
	struct stage_change *c;
	struct stat real;
	int changed;
	bool mount;

	o->changes = xcalloc(s->st->manifest->files.len + 1,
	    sizeof(*o->changes));
	STAGE_EACH(s->st, m) {
		if (m->seen != s->st->serial) {
			/* Files that weren't visited aren't known to be
			 * gone. */
			if (!s->cut)
				pathmap_remove(&s->st->manifest->files,
				    m->path);
			s->st->dirty = true;
			continue;
		}
		if (m->refused != NULL) {
			scan_name(&o->refused, &o->refused_len, m->path,
			    m->refused);
			continue;
		}
		mount = stage_real_is_mount(s->st, m->path, &real);
		changed = scan_changed(s->st, m, &real, s->e);
		if (changed < 0)
			return -1;
		if (stage_side_equal(&m->base, &m->after)) {
			m->during = m->conflict = false;
			continue;
		}
		if (mount) {
			scan_name(&o->refused, &o->refused_len, m->path,
			    "a mount point, which can't be replaced: unmount "
			    "it, or change what is mounted there by hand");
			continue;
		}
		c = &o->changes[o->changes_len++];
		stage_change_real(c, &real);
		c->path = xstrdup(m->path);
		c->before = m->base;
		c->after = m->after;
		c->changed_on_disk = changed > 0 || m->during || m->conflict;
		c->conflict = m->conflict && m->was.exists;
		c->anywhere = changed > 0 || m->during || !c->conflict;
		c->was = m->was;
		c->changed_now = m->during_now;
		c->now = m->changed == s->st->serial;
		m->during_now = false;
	}
	return 0;
}

/* If the scan succeeded, its paths are now those on record. */
static void
scan_keep(struct stage_scan_state *s)
{
	struct pathmap *old = &s->st->manifest->hidden, *now = &s->hidden;
	bool same = old->len == now->len;

	PATHMAP_EACH(now, manifest_hidden, h)
		same = same && pathmap_find(old, h->path) != NULL;
	if (s->rc < 0) {
		pathmap_release(now);
		return;
	}
	pathmap_release(old);
	*old = *now;
	s->st->dirty = s->st->dirty || !same;
}

/* All of a scan but that it is saved. */
static int
scan_make(struct stage *st, struct stage_scan *out, bool counts, struct err *e)
{
	struct stage_scan_state s = { .st = st, .out = out, .counts = counts,
		.e = e };
	int rc = -1;

	memset(out, 0, sizeof(*out));
	st->serial++;
	st->o.hold(st->o.policy, true);
	stage_pass(st, true);
	(void)blob_batch(st->blobs, true, NULL);
	if (!counts)
		scan_reserve(&s);
	st->view->walk(&s);
	out->counted = s.changes;
	if (!counts)
		scan_look_all(&s);
	scan_keep(&s);
	if (s.rc == 0 && !counts)
		s.rc = scan_finish(&s);
	if (blob_batch(st->blobs, false, e) == 0)
		rc = s.rc;
	st->o.hold(st->o.policy, false);
	stage_pass(st, false);
	st->product = s.product;
	MEM_SORT(out->ignored, out->ignored_len);
	buf_release(&s.path);
	return rc;
}

static int
scan_save(struct stage *st, struct err *e)
{
	if (stage_save(st, e) < 0)
		return -1;
	if (st->unscanned)
		(void)unlinkat(st->dir_fd, STAGE_CALL, 0);
	st->unscanned = false;
	return 0;
}

int
stage_scan(struct stage *st, struct stage_scan *out, struct err *e)
{
	struct stat sb;

	/* Its descriptors would show an empty copy. */
	if (fstat(st->dir_fd, &sb) == 0 && sb.st_nlink == 0)
		return err_set(e, "the copy's folder was removed");
	if (scan_make(st, out, false, e) == 0 && scan_save(st, e) == 0)
		return 0;
	stage_scan_release(out);
	return -1;
}

int
stage_look(struct stage *st, struct stage_scan *out, bool counts,
    struct err *e)
{
	struct stage look = *st;
	struct manifest own = { .next = 0 };
	int rc = -1;

	/* As it was last saved; what the scan records is dropped. */
	look.manifest = &own;
	look.live = true;
	if (manifest_load(&own, st->dir_fd, e) == 0)
		rc = scan_make(&look, out, counts, e);
	manifest_release(&own);
	/* Copied entries have the serial of the scan that saw them. */
	st->serial = look.serial;
	if (rc < 0)
		stage_scan_release(out);
	return rc;
}

/* The changes on record, and the files of which no content is. */
static void
put_back_record(const struct stage *st, struct stage_scan *out)
{
	out->changes = xcalloc(st->manifest->files.len + 1,
	    sizeof(*out->changes));
	STAGE_EACH(st, m) {
		if (m->refused != NULL)
			scan_name(&out->refused, &out->refused_len, m->path,
			    m->refused);
		else if (!stage_side_equal(&m->base, &m->after))
			out->changes[out->changes_len++] = (struct stage_change){
				.path = xstrdup(m->path), .before = m->base,
				.after = m->after, .was = m->was,
				.conflict = m->conflict,
				.changed_on_disk = m->conflict || m->during,
				.anywhere = m->during };
	}
}

int
stage_take_change(struct stage *st, const struct stage_change *c,
    struct err *e)
{
	if (stage_rebase_file(st, c->path, &c->before, &c->after, false, e) < 0)
		return -1;
	if (c->conflict)
		stage_rebase_changed(st, c->path, &c->was);
	if (c->changed_on_disk && (!c->conflict || c->anywhere))
		stage_rebase_changed(st, c->path, NULL);
	return 0;
}

int
stage_level(struct stage *st, const struct stage_scan *has,
    const struct stage_scan *want, bool all, struct err *e)
{
	int n = 0, failed = 0;
	size_t i;

	for (i = 0; i < has->changes_len; i++) {
		const struct stage_change *c = &has->changes[i];

		if (stage_scan_find(want, c->path) != NULL)
			continue;
		n++;
		failed += stage_rebase_file(st, c->path, &c->before, &c->before,
		    false, failed == 0 ? e : NULL) < 0;
	}
	for (i = 0; all && i < want->changes_len; i++) {
		const struct stage_change *c = &want->changes[i];
		const struct stage_change *is = stage_scan_find(has, c->path);

		if (is != NULL && stage_side_equal(&is->after, &c->after))
			continue;
		n++;
		failed += stage_take_change(st, c, failed == 0 ? e : NULL) < 0;
	}
	return failed > 0 ? -1 : n;
}

/* A file that could not be proposed, and now can, stays as it is. */
static void
put_back_keep(struct stage_scan *now, const struct stage_scan *had)
{
	size_t i, n = now->changes_len;

	now->changes_len = 0;
	for (i = 0; i < n; i++)
		if (MEM_SEARCH(had->refused, had->refused_len,
		    now->changes[i].path) != NULL)
			free(now->changes[i].path);
		else
			now->changes[now->changes_len++] = now->changes[i];
}

/* Is a .gitignore among them? */
static bool
put_back_has_rules(const struct stage_scan *now)
{
	size_t i;

	for (i = 0; i < now->changes_len; i++)
		if (strcmp(basename(now->changes[i].path), ".gitignore") == 0)
			return true;
	return false;
}

/* Returns how many files became again what they were. */
static int
put_back_once(struct stage *st, const struct stage_scan *had,
    struct stage_scan *now, bool all, struct stage_paths *made, struct err *e)
{
	size_t i;

	if (scan_make(st, now, false, e) < 0)
		return -1;
	put_back_keep(now, had);
	for (i = 0; i < now->changes_len && made != NULL; i++)
		if (stage_scan_find(had, now->changes[i].path) == NULL) {
			*GROW_ADD(made->v, made->len) =
			    xstrdup(now->changes[i].path);
		}
	return stage_level(st, now, had, all, e);
}

/* Without a .gitignore that is put back, files appear that it hid. */
int
stage_put_back(struct stage *st, bool all, struct stage_paths *made,
    struct err *e)
{
	AUTO(stage_scan_release) struct stage_scan had = { 0 }, now = { 0 },
	    rest = { 0 };
	int n, more = 0;

	if (!st->unscanned)
		return 0;
	put_back_record(st, &had);
	if ((n = put_back_once(st, &had, &now, all, made, e)) < 0 ||
	    (n > 0 && put_back_has_rules(&now) && (more =
	    put_back_once(st, &had, &rest, all, made, e)) < 0) ||
	    scan_save(st, e) < 0)
		return -1;
	return n + more;
}

const struct stage_change *
stage_scan_find(const struct stage_scan *s, const char *path)
{
	return MEM_SEARCH(s->changes, s->changes_len, path);
}

void
stage_scan_release(struct stage_scan *s)
{
	size_t i;

	for (i = 0; i < s->changes_len; i++)
		free(s->changes[i].path);
	for (i = 0; i < s->refused_len; i++) {
		FREE_ALL(s->refused[i].path, s->refused[i].why);
	}
	FREE_ALL(s->changes, s->refused);
	xfree_list(s->ignored, s->ignored_len);
	memset(s, 0, sizeof(*s));
}

/* ---- digest ---- */

static void
sum_add(struct sha256 *h, const char *path, const char *hash,
    const int64_t *numbers, size_t n)
{
	sha256_add(h, path, strlen(path) + 1);
	sha256_add(h, hash, strlen(hash) + 1);
	sha256_add(h, numbers, n * sizeof(*numbers));
}

int
stage_digest(struct stage *s, bool ignored, char hex[SHA256_HEX_SIZE])
{
	struct stage_scan scan;
	struct sha256 *h;
	int64_t rest[2] = { 0 };
	size_t i;

	if (stage_scan(s, &scan, NULL) < 0)
		return -1;
	h = sha256_new();
	for (i = 0; i < scan.changes_len; i++) {
		const struct stage_side *after = &scan.changes[i].after;
		const int64_t numbers[] = { after->exists, after->mode };

		sum_add(h, scan.changes[i].path, after->exists ? after->hash :
		    "", numbers, MEM_COUNT(numbers));
	}
	for (i = 0; i < scan.refused_len; i++)
		sum_add(h, scan.refused[i].path, scan.refused[i].why, NULL, 0);
	if (ignored) {
		rest[0] = (int64_t)scan.ignored_all;
		rest[1] = (int64_t)scan.ignored_mix;
	}
	sum_add(h, "", "", rest, MEM_COUNT(rest));
	sha256_end_free(h, hex);
	stage_scan_release(&scan);
	return 0;
}
