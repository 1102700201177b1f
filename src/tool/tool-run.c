/*
 * Shared by all file tools: bytes as text, paths, both forms of reply (tool.h),
 * and running one by its name, or several at the same time.
 */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utf8proc.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/spawn.h"
#include "base/utf8.h"
#include "tool/edit-match.h"
#include "tool/impl.h"
#include "tool/tool.h"

static bool
show_is_plain(uint32_t cp)
{
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	default:
		return true;
	}
}

void
show_name(struct buf *b, const char *p, size_t n)
{
	size_t i, used;
	uint32_t cp;

	for (i = 0; i < n; i += used) {
		unsigned char c = (unsigned char)p[i];

		used = c < 0x80 ? 1 : utf8_next(p + i, n - i, &cp);
		if (used == 0) {
			used = 1;
			buf_addf(b, "\\x%02x", c);
		} else if (c == '\n') {
			buf_adds(b, "\\n");
		} else if (c == '\t') {
			buf_adds(b, "\\t");
		} else if (c == '\r') {
			buf_adds(b, "\\r");
		} else if (c < 0x20 || c == 0x7f) {
			buf_addf(b, "\\x%02x", c);
		} else if (c >= 0x80 && !show_is_plain(cp)) {
			buf_addf(b, "\\u{%04x}", (unsigned)cp);
		} else {
			buf_add(b, p + i, used);
		}
	}
}

size_t
tool_show_text(struct buf *b, const char *p, size_t n)
{
	size_t i, start, used, marks = 0;
	uint32_t cp;

	for (i = start = 0; i < n; i += used) {
		unsigned char c = (unsigned char)p[i];

		used = 1;
		if (c != 0 && c < 0x80)
			continue;
		if (c != 0 && (used = utf8_next(p + i, n - i, &cp)) != 0)
			continue;
		buf_add(b, p + start, i - start);
		buf_addf(b, "\\x%02X", c);
		marks++;
		used = 1;
		start = i + 1;
	}
	buf_add(b, p + start, n - start);
	return marks;
}

char *
show_dup(const char *p, size_t n, size_t max)
{
	struct buf b = BUF_INIT(0);
	size_t keep = utf8_cut(p, n, max);

	show_name(&b, p, keep);
	if (keep < n)
		buf_adds(&b, "\xe2\x80\xa6");
	return buf_take(&b);
}

static const struct {
	const char *name;
	void (*run)(const struct tool_env *, const cJSON *, cJSON *);
} tool_runs[] = {
#define TOOL_ROW(name) { #name, tool_##name },
	TOOL_FILES(TOOL_ROW)
};

int
tool_fail(cJSON *reply, const char *kind, const char *fmt, ...)
{
	AUTO_BUF struct buf b = BUF_INIT(TOOL_TEXT_MAX);
	char text[8192];
	va_list ap;

	if (json_get(reply, "error") != NULL)
		return -1;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tool_show_text(&b, text, utf8_cut(text, strlen(text), sizeof(text) - 4));
	json_add_bool(reply, "ok", false);
	JSON_ADD_TEXTS(reply, "error", buf_str(&b), "kind", kind);
	return -1;
}

void
tool_ok(cJSON *reply, const struct buf *text)
{
	static const char cut[] = "\n[truncated: the answer is limited]";
	const char *named = json_str_or(reply, "named", "");
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t n = utf8_cut(buf_str(text), text->len, TOOL_TEXT_MAX -
	    sizeof(cut) - strlen(named));

	buf_add(&b, buf_str(text), n);
	if (n < text->len)
		buf_adds(&b, cut);
	buf_adds(&b, named);
	json_add_bool(reply, "ok", true);
	json_add_strn(reply, "text", buf_str(&b), b.len);
}

size_t
tool_room(const struct tool_env *env)
{
	return env->room > 0 && env->room < TOOL_SHOW_MAX ? env->room :
	    TOOL_SHOW_MAX;
}

const char *
tool_room_why(const struct tool_env *env)
{
	return tool_room(env) < TOOL_SHOW_MAX ? TOOL_SHARE_FULL "; " : "";
}

void
tool_run(const char *name, const struct tool_env *env, const cJSON *args,
    cJSON *reply)
{
	const struct tool_entry *t = tool_find(name);
	struct tool_env with = *env;
	struct err e = ERR_INIT;

	with.declared = encodings_new(env->root_fd, env->encodings);
	if (t == NULL || MEM_FIND(tool_runs, name) == NULL)
		tool_fail(reply, "bad_args", "no file tool \"%.60s\"",
		    name);
	else if (tool_check_args(t, args, &e) < 0)
		tool_fail(reply, "bad_args", "%s", e.text);
	else
		MEM_FIND(tool_runs, name)->run(&with, args, reply);
	encodings_free(with.declared);
}

/*
 * From a model's file name to an open descriptor. Every path must be
 * below the project (or, for reading, below the folder of complete outputs),
 * and is opened with openat2 without following symbolic links. In the sandbox,
 * where the kernel confines us anyway, links that stay inside the project are
 * resolved first; outside a sandbox no link is followed. Nothing here may block
 * or open a device.
 */

#define PATH_SHOWN 200		/* bytes of a path in a message */
#define PATH_LOOK 5000		/* names considered for a suggestion */

/* "." for dir itself. Points into path. */
static const char *
path_below(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	return path[n] == '\0' || path[n + 1] == '\0' ? "." : path + n + 1;
}

/*
 * The path below root with links resolved, as far as it exists there: where a
 * link leads out or nowhere, it stays, and opening it gives the error. A worker
 * that doesn't show the system's files must answer the same.
 */
static char *
path_canonical(const struct tool_env *env, const char *rel)
{
	AUTO_FREE char *full = fs_join(env->root, rel), *real = NULL;
	AUTO_FREE char *all = NULL;
	size_t root = strlen(env->root), end = strlen(full), at = end;

	while ((real = fs_realpath(full)) == NULL ||
	    !fs_is_below(real, env->root)) {
		FREE_NULL(real);
		if (at <= root)
			return xstrdup(rel);
		while (full[at] != '/')
			at--;
		full[at] = '\0';
	}
	/* Append the part that doesn't exist. */
	all = at == end ? xstrdup(real) : fs_join(real, rel + (at - root));
	return xstrdup(path_below(all, env->root));
}

/* `full` is in `named`, a folder outside the project. */
static int
path_resolve_in(struct tool_path *p, const struct tool_env *env,
    const char *named, const char *full, cJSON *reply)
{
	const char *dir = strcmp(named, TOOL_OUT_DIR) != 0 ? named :
	    env->out_dir != NULL ? env->out_dir :
	    env->sandboxed ? TOOL_OUT_DIR : NULL;

	p->base_fd = dir == NULL ? -1 :
	    open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->base_fd < 0)
		return tool_fail(reply, "not_found",
		    "there is no %s here", p->shown);
	p->own_fd = true;
	p->rel = xstrdup(path_below(full, named));
	return 0;
}

/* Can it be read, although it is outside the project? NULL: no; else the
 * folder that it is in. */
static const char *
path_outside(const struct tool_env *env, const char *full)
{
	size_t i;

	if (fs_is_below(full, env->root))
		return NULL;
	if (fs_is_below(full, TOOL_OUT_DIR))
		return TOOL_OUT_DIR;
	for (i = 0; env->skills != NULL && env->skills[i] != NULL; i++)
		if (fs_is_below(full, env->skills[i]))
			return env->skills[i];
	return NULL;
}

/* The only name in the folder (closed) that is this one, or differs from it only
 * in special spaces, quotes, dashes and accents; malloc'ed. NULL: there is none,
 * or there are several. */
static char *
path_alike(int dir, const char *name)
{
	AUTO_FREE char *plain = edit_plain(name, strlen(name));
	AUTO_DIR DIR *d = fs_dir_take(dir);
	const struct dirent *de;
	char *found = NULL;
	size_t n = 0;

	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *its = edit_plain(de->d_name,
		    strlen(de->d_name));

		if (strcmp(its, plain) == 0 && n++ == 0)
			found = xstrdup(de->d_name);
	}
	if (n > 1)
		FREE_NULL(found);
	return found;
}

/* The path doesn't exist: does one that looks the same? */
static void
path_mend(struct tool_path *p, bool take, cJSON *reply)
{
	AUTO_FREE char *rest = xstrdup(p->rel);
	AUTO_BUF struct buf real = BUF_INIT(0), text = BUF_INIT(0);
	char *at = rest, *name;

	while ((name = strsep(&at, "/")) != NULL) {
		AUTO_FREE char *alike = path_alike(fs_open_beneath(p->base_fd,
		    real.len == 0 ? "." : buf_str(&real),
		    O_RDONLY | O_DIRECTORY, 0), name);

		buf_addf(&real, "%s%s", real.len == 0 ? "" : "/",
		    alike != NULL ? alike : name);
	}
	if (strcmp(buf_str(&real), p->rel) == 0)
		return;
	buf_addf(&text, "%s\n[%s is %s", json_str_or(reply, "named", ""),
	    p->shown, take ? "" : "new, and looks like ");
	show_name(&text, real.p, real.len);
	buf_adds(&text, ": the two differ only in special spaces, quotes, "
	    "dashes or accents]");
	json_set_take(reply, "named", cJSON_CreateString(buf_str(&text)));
	if (take)
		FREE_SET(p->rel, buf_take(&real));
}

int
path_resolve(struct tool_path *p, const struct tool_env *env,
    const char *given, enum path_use use, cJSON *reply)
{
	AUTO_FREE char *full = NULL;
	const char *outside;
	char *real;
	size_t n = strlen(given);
	AUTO_CLOSE int there = -1;

	memset(p, 0, sizeof(*p));
	p->base_fd = env->root_fd;
	p->shown = show_dup(given, n, PATH_SHOWN);
	if (n == 0 || n >= PATH_MAX)
		return tool_fail(reply, "bad_args", n == 0 ?
		    "the path is empty" : "the path is too long");
	p->wants_dir = given[n - 1] == '/';
	if (given[0] == '~' && (given[1] == '\0' || given[1] == '/'))
		return tool_fail(reply, "outside", "%s is outside the project: "
		    "~ is not expanded. Give a path relative to the working "
		    "folder", p->shown);
	full = fs_normalize(env->cwd, given);
	outside = use == PATH_READ ? path_outside(env, full) : NULL;
	if (outside != NULL)
		return path_resolve_in(p, env, outside, full, reply);
	if (!fs_is_below(full, env->root)) {
		AUTO_FREE char *root = show_dup(env->root, strlen(env->root),
		    PATH_SHOWN);

		return tool_fail(reply, "outside", "%s is outside the project. "
		    "Only paths below %s can be used%s", p->shown, root,
		    use == PATH_READ ?
		    "; bash can read the system's files" : "");
	}
	p->rel = xstrdup(path_below(full, env->root));
	if (env->sandboxed) {
		real = path_canonical(env, p->rel);
		FREE_SET(p->rel, real);
	}
	there = fs_open_beneath(p->base_fd, p->rel, O_PATH | O_NOFOLLOW, 0);
	if (there < 0 && errno == ENOENT)
		path_mend(p, use != PATH_WRITE, reply);
	if (use != PATH_READ && dotgit_in_path(p->rel))
		return tool_fail(reply, "denied", "%s is part of the "
		    "repository's own data (.git), which is read-only here",
		    p->shown);
	return 0;
}

void
path_release(struct tool_path *p)
{
	if (p->own_fd)
		close(p->base_fd);
	FREE_ALL(p->rel, p->shown);
	memset(p, 0, sizeof(*p));
}

/* Up to three names in the folder `fd` that may have been meant. */
static void
path_suggest(struct buf *b, int fd, const char *name)
{
	char *best[3] = { NULL, NULL, NULL };
	size_t score[3] = { NEAR_NONE, NEAR_NONE, NEAR_NONE }, i, k, seen = 0;
	struct dirent *de;
	AUTO_DIR DIR *d = fs_dir_take(fd);

	while ((de = fs_dir_next(&d)) != NULL && seen++ < PATH_LOOK) {
		size_t s = near_score(name, de->d_name);

		for (i = 0; i < 3 && s >= score[i]; i++)
			;
		if (i == 3)
			continue;
		free(best[2]);
		for (k = 2; k > i; k--) {
			best[k] = best[k - 1];
			score[k] = score[k - 1];
		}
		best[i] = xstrdup(de->d_name);
		score[i] = s;
	}
	for (i = 0; i < 3 && best[i] != NULL; i++) {
		buf_adds(b, i == 0 ? " Similar names: " : ", ");
		show_name(b, best[i], strlen(best[i]));
	}
	for (i = 0; i < 3; i++)
		free(best[i]);
}

/* ENOENT: which part is missing, and what may have been meant. */
static int
path_fail_missing(const struct tool_path *p, const char *kind, cJSON *reply)
{
	AUTO_BUF struct buf b = BUF_INIT(2048);
	AUTO_FREE char *dir = xstrdup(p->rel);
	char *slash;
	const char *name = dir;
	int fd = -1;

	while (fd < 0 && (slash = strrchr(dir, '/')) != NULL) {
		*slash = '\0';
		name = slash + 1;
		fd = fs_open_beneath(p->base_fd, dir,
		    O_RDONLY | O_DIRECTORY, 0);
	}
	if (fd < 0) {
		name = dir;
		fd = fs_open_beneath(p->base_fd, ".",
		    O_RDONLY | O_DIRECTORY, 0);
	}
	if (strchr(p->rel, '/') != NULL &&
	    name - dir + (ptrdiff_t)strlen(name) <
	    (ptrdiff_t)strlen(p->rel)) {
		buf_adds(&b, " (there is no folder ");
		if (name != dir) {
			show_name(&b, dir, strlen(dir));
			buf_addc(&b, '/');
		}
		show_name(&b, name, strlen(name));
		buf_adds(&b, ").");
	} else {
		buf_addc(&b, '.');
	}
	if (fd >= 0)
		path_suggest(&b, fd, name);
	return tool_fail(reply, kind, "%s does not exist%s", p->shown,
	    buf_str(&b));
}

/* The first link in the path, for a message; malloc'ed. */
static char *
path_link(const struct tool_path *p)
{
	AUTO_FREE char *link = xstrdup(p->rel);
	char *end = link, was;
	struct stat st;
	bool found;

	do {
		AUTO_CLOSE int fd = -1;

		end = strchrnul(end + 1, '/');
		was = *end;
		*end = '\0';
		fd = fs_open_beneath(p->base_fd, link, O_PATH | O_NOFOLLOW, 0);
		found = fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
		*end = found ? '\0' : was;
	} while (!found && was != '\0');
	return show_dup(link, strlen(link), PATH_SHOWN);
}

int
path_fail(const struct tool_path *p, const char *doing, int error,
    cJSON *reply)
{
	AUTO_FREE char *link = error == ELOOP ? path_link(p) : NULL;

	switch (error) {
	case ENOENT:
		return path_fail_missing(p, "not_found", reply);
	case ENOTDIR:
		return tool_fail(reply, "not_dir", "cannot %s %s: part of the "
		    "path is a file, not a folder", doing, p->shown);
	case EISDIR:
		return tool_fail(reply, "is_dir", "%s is a folder", p->shown);
	case ELOOP:
		return tool_fail(reply, "denied", "%s goes through the symbolic "
		    "link %s, which leads out of the project or can't be "
		    "followed here", p->shown, link);
	case EXDEV:
		return tool_fail(reply, "outside", "%s leads outside the "
		    "project", p->shown);
	case EACCES:
	case EPERM:
	case EBUSY:	/* renaming over a mounted file */
		return tool_fail(reply, "denied", "cannot %s %s: it is hidden "
		    "or not accessible", doing, p->shown);
	case EROFS:
		return tool_fail(reply, "denied", "cannot %s %s: it is "
		    "read-only here", doing, p->shown);
	case ENXIO:
	case ENODEV:
		return tool_fail(reply, "not_regular", "%s isn't a regular "
		    "file",
		    p->shown);
	case ENAMETOOLONG:
		return tool_fail(reply, "bad_args", "cannot %s %s: the name is "
		    "too long", doing, p->shown);
	case EFBIG:
		return tool_fail(reply, "io", "cannot %s %s: it would be "
		    "larger than the limit on a file (--disk)", doing,
		    p->shown);
	case ENOSPC:
	case EDQUOT:
		return tool_fail(reply, "io", "cannot %s %s: no space left; "
		    "the disk limit may be reached", doing, p->shown);
	default:
		return tool_fail(reply, "io", "cannot %s %s: %s", doing,
		    p->shown, strerror(error));
	}
}

static bool
path_is_plain(const struct stat *st)
{
	return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode);
}

/* Open for reading what is a regular file or a folder, below dir: looks at its
 * type first, and opens a FIFO only if somebody puts one there meanwhile; never
 * blocks. -1 with errno; *st has its type, or zeroes if that is unknown. */
static int
path_open_plain(int dir, const char *rel, struct stat *st)
{
	int fd = fs_open_beneath(dir, rel, O_PATH, 0), error;

	memset(st, 0, sizeof(*st));
	/* Check before opening: opening a device or a pipe has effects. */
	if (fd >= 0 && fstat(fd, st) == 0 && path_is_plain(st)) {
		close(fd);
		fd = fs_open_beneath(dir, rel,
		    O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
		if (fd < 0 || (fstat(fd, st) == 0 && path_is_plain(st)))
			return fd;
	}
	error = path_is_plain(st) || st->st_mode == 0 ? errno : EINVAL;
	fs_close(fd);
	errno = error;
	return -1;
}

int
path_open(const struct tool_path *p, const char *missing, struct stat *st,
    cJSON *reply)
{
	int fd = path_open_plain(p->base_fd, p->rel, st), error = errno;

	if (fd < 0 && st->st_mode == 0)
		return error == ENOENT ? path_fail_missing(p, missing, reply) :
		    path_fail(p, "open", error, reply);
	if (!path_is_plain(st))
		return path_fail(p, "open", ENXIO, reply);
	if (p->wants_dir && !S_ISDIR(st->st_mode)) {
		fs_close(fd);
		return tool_fail(reply, "not_dir", "%s is a file, not a folder",
		    p->shown);
	}
	return fd < 0 ? path_fail(p, "read", error, reply) : fd;
}

bool
file_decode(const struct encoding *c, const struct buf *bytes,
    struct buf *text, struct buf *about)
{
	struct err e = ERR_INIT;

	buf_init(text, TOOL_FILE_MAX);
	if (!bytes->full && encoding_decode(c, buf_str(bytes), bytes->len,
	    text, &e) == 0)
		return true;
	buf_addf(about, "declared as %s (%s), but not converted: %s", c->name,
	    c->from, bytes->full ? "it is too large" : e.text);
	return false;
}

void
file_text(const struct tool_env *env, const char *rel, const char *p, size_t n,
    struct file_source *f, struct stat *st, struct buf *about)
{
	AUTO_BUF struct buf b = BUF_INIT(TOOL_FILE_MAX);
	struct encoding c;

	encodings_find(env->declared, rel, p, n, &c);
	/* If it can't be read, the code that reads it next reports that. */
	if (n == 0 || c.name[0] == '\0' || strcmp(c.name, "UTF-8") == 0 ||
	    (fs_read_all(f->fd, &b) < 0 && !b.full) ||
	    !file_decode(&c, &b, &f->text, about))
		return;
	f->converted = f->text.len != b.len ||
	    memcmp(buf_str(&f->text), b.p, b.len) != 0;
	if (!f->converted)
		return;
	buf_consume(&f->text, utf8_bom(buf_str(&f->text), f->text.len));
	st->st_size = (off_t)f->text.len;
	buf_addf(about, "in %s (%s), which edits keep; bash gets its bytes",
	    c.name, c.from);
}

void
file_undeclared(const struct tool_path *p, const struct buf *b,
    const struct buf *about, bool cut, cJSON *reply)
{
	size_t n = b->len > TOOL_SHOW_MAX ? TOOL_SHOW_MAX : b->len;
	const char *end = memrchr(buf_str(b), '\n', n);
	cJSON *o;

	/* The cut may be inside a character. */
	if (end != NULL && (cut || n < b->len))
		n = (size_t)(end - b->p) + 1;
	if (p->own_fd || utf8_is_valid(buf_str(b), n))
		return;
	o = cJSON_CreateObject();
	json_add_bytes(o, "path", p->rel, strlen(p->rel));
	json_add_str(o, "about", buf_str(about));
	json_set_take(reply, "undeclared", o);
}

ssize_t
file_pread(const struct file_source *f, char *p, size_t n, int64_t at)
{
	size_t left = (size_t)at < f->text.len ? f->text.len - (size_t)at : 0;

	if (!f->converted)
		return pread(f->fd, p, n, (off_t)at);
	if (n > left)
		n = left;
	if (n > 0)
		memcpy(p, f->text.p + at, n);
	return (ssize_t)n;
}

void
file_source_release(struct file_source *f)
{
	fs_close(f->fd);
	buf_release(&f->text);
}

/*
 * Runs several read-only calls in parallel, each in a process of
 * its own with a pipe for its reply; the replies are in the order of the calls.
 */

struct together_call {
	pid_t	 pid;
	int	 from;		/* its reply */
};

/* The reply as text, malloc'ed. */
static char *
together_answer(const struct tool_env *env, const cJSON *call)
{
	const char *name = json_str_or(call, "name", "");
	const struct tool_entry *t = tool_find(name);
	AUTO_JSON cJSON *reply = cJSON_CreateObject();

	/* Two calls that write could conflict. */
	if (t != NULL && t->effects != TOOL_READS)
		tool_fail(reply, "bad_args", "%s is not read-only", name);
	else
		tool_run(name, env, json_get(call, "args"), reply);
	return json_print(reply);
}

/* tc->pid is 0 or less if it has no process. */
static void
together_start(const struct tool_env *env, const cJSON *call,
    struct together_call *tc)
{
	int p[2];
	char *text;

	if (pipe(p) < 0)
		return;
	tc->pid = fork();
	if (tc->pid == 0) {
		close(p[0]);
		text = together_answer(env, call);
		_exit(fs_write_all(p[1], text, strlen(text)) == 0 ? 0 : 1);
	}
	close(p[1]);
	if (tc->pid < 0)
		close(p[0]);
	tc->from = p[0];
}

/* Append the call's reply, or how it ended. False if it was killed. */
static bool
together_end(struct together_call *tc, struct buf *out)
{
	AUTO_BUF struct buf text = BUF_INIT(BUF_MAX);
	int status;
	bool whole = fs_read_all(tc->from, &text) == 0;

	close(tc->from);
	status = spawn_reap(tc->pid);
	whole = whole && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (whole)
		buf_add(out, buf_str(&text), text.len);
	else if (WIFSIGNALED(status))
		buf_addf(out, "{\"killed\":%d}", WTERMSIG(status));
	else
		buf_adds(out, "null");
	return !WIFSIGNALED(status);
}

bool
tool_parallel(const struct tool_env *env, const cJSON *calls, struct buf *out)
{
	struct together_call v[TOOL_TOGETHER_MOST];
	const cJSON *it;
	size_t n = 0, i = 0;
	bool all_ended = true;

	buf_adds(out, "[");
	cJSON_ArrayForEach(it, calls) {
		if (n == TOOL_TOGETHER_MOST)
			break;
		v[n].pid = 0;
		together_start(env, it, &v[n++]);
	}
	cJSON_ArrayForEach(it, calls) {
		if (i == n)
			break;
		buf_adds(out, i == 0 ? "" : ",");
		if (v[i].pid > 0) {
			all_ended = together_end(&v[i], out) && all_ended;
		} else {
			/* No process available: run it here. */
			AUTO_FREE char *text = together_answer(env, it);

			buf_adds(out, text);
		}
		i++;
	}
	buf_adds(out, "]");
	return all_ended;
}
