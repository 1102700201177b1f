/*
 * Where limits can be set, found or asked for; the folders that the core makes
 * there; and the worker's part: a process moves into one. We ask systemd through
 * busctl, which comes with it and speaks the bus for us. It runs outside the
 * sandbox with the user's rights, so we search the user's PATH only where no
 * project can have put a program, and give it three environment variables.
 */

#include "config.h"

#include "sandbox/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "sandbox/sandbox-limits.h"
#include "sandbox/toolchain.h"

#define CGROUP_FILE_MAX ((size_t)1 << 20)

const char *const cgroup_parts[CGROUP_PARTS] = {
	[CGROUP_MEMORY] = "memory",
	[CGROUP_CPU] = "cpu",
	[CGROUP_PIDS] = "pids",
};

static int
cgroup_open(const char *dir, const char *file, int flags)
{
	AUTO_FREE char *path = fs_join(dir, file);

	return open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

/* At most a few pages of text. -1 with errno. */
static int
cgroup_read(const char *dir, const char *file, struct buf *b)
{
	AUTO_CLOSE int fd = cgroup_open(dir, file, O_RDONLY);

	buf_init(b, CGROUP_FILE_MAX);
	return fd < 0 ? -1 : fs_read_all(fd, b);
}

/* -1 with errno. */
static int
cgroup_order(int fd, const char *text)
{
	size_t n = strlen(text);
	ssize_t rc;

	/* The kernel treats each write as one command. */
	do {
		rc = write(fd, text, n);
	} while (rc < 0 && errno == EINTR);
	return rc == (ssize_t)n ? 0 : -1;
}

static int
cgroup_write(const char *dir, const char *file, const char *text)
{
	AUTO_CLOSE int fd = cgroup_open(dir, file, O_WRONLY);

	return fd < 0 ? -1 : cgroup_order(fd, text);
}

/* The number at the start, INT64_MAX for "max"; -1 for anything else. */
static int64_t
cgroup_number(const char *text)
{
	unsigned long long v;
	char *end;

	if (strncmp(text, "max", 3) == 0)
		return INT64_MAX;
	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (strchr(" \t\n", *end) == NULL)
		return -1;
	return errno != 0 || v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

/* The number after `key` at the start of a line; -1 if there is none. */
static int64_t
cgroup_value(const char *text, const char *key)
{
	size_t n = strlen(key);

	while (text != NULL && *text != '\0') {
		if (strncmp(text, key, n) == 0 && text[n] == ' ')
			return cgroup_number(text + n + 1);
		text = strchr(text, '\n');
		text = text == NULL ? NULL : text + 1;
	}
	return -1;
}

/* Is `word` one of the words separated by spaces or commas? */
static bool
cgroup_has(const char *words, const char *word)
{
	size_t n = strlen(word);

	while (*words != '\0') {
		size_t len = strcspn(words, " ,\n");

		if (len == n && memcmp(words, word, n) == 0)
			return true;
		words += len + (words[len] != '\0');
	}
	return false;
}

/* The number in this file; -1 if there is none. */
static int64_t
cgroup_get(const char *dir, const char *file)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	return cgroup_read(dir, file, &b) < 0 ? -1 : cgroup_number(buf_str(&b));
}

/* The limit in this file, if it is lower than `most`. */
static int64_t
file_lower(const char *dir, const char *file, int64_t most)
{
	int64_t n = cgroup_get(dir, file);

	return n > 0 && n < most ? n : most;
}

int64_t
cgroup_memory(const char *root)
{
	AUTO_FREE char *proc = xasprintf("%s/proc/self", root);
	AUTO_FREE char *top = xasprintf("%s/sys/fs/cgroup", root);
	AUTO_FREE char *v1 = xasprintf("%s/memory", top);
	AUTO_FREE char *dir = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	int64_t most = file_lower(v1, "memory.limit_in_bytes", INT64_MAX);
	const char *own;

	if (cgroup_read(proc, "cgroup", &b) < 0)
		return most;
	/* v2; each folder above counts, too. */
	own = strstr(buf_str(&b), "0::/");
	if (own != NULL)
		dir = xasprintf("%s%.*s", top, (int)strcspn(own + 3, "\n"),
		    own + 3);
	while (dir != NULL && strlen(dir) >= strlen(top)) {
		most = file_lower(dir, "memory.max", most);
		*strrchr(dir, '/') = '\0';
	}
	return most;
}

#define SCOPE_MS	2000
#define SCOPE_SAID_MAX	((size_t)4096)

static char **
scope_environment(const struct cgroup_host *h)
{
	static const char *const names[] = {
		"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
	};
	char **env = xcalloc(MEM_COUNT(names) + 2, sizeof(*env));
	size_t i, n = 0;

	env[n++] = xasprintf("PATH=%s", h->path);
	for (i = 0; i < MEM_COUNT(names); i++)
		if (getenv(names[i]) != NULL)
			env[n++] = xasprintf("%s=%s", names[i],
			    getenv(names[i]));
	return env;
}

static int
scope_ask(const struct cgroup_host *h, const char *name, int64_t end,
    struct err *e)
{
	char pid_text[32];
	AUTO_FREE char *program =
	    host_program("busctl", h->path, h->project), **env = NULL;
	const char *argv[] = {
		"busctl", "--user", "--timeout=2", "call",
		"org.freedesktop.systemd1", "/org/freedesktop/systemd1",
		"org.freedesktop.systemd1.Manager", "StartTransientUnit",
		"ssa(sv)a(sa(sv))", name, "fail", "4",
		"Description", "s", "assent session",
		"Delegate", "b", "true",
		"CollectMode", "s", "inactive-or-failed",
		"PIDs", "au", "1", pid_text, "0", NULL,
	};
	AUTO_BUF struct buf said = BUF_INIT(SCOPE_SAID_MAX);
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int p[2], status, rc = -1;
	size_t i;
	pid_t pid;

	snprintf(pid_text, sizeof(pid_text), "%ld", (long)h->pid);
	if (program == NULL)
		return err_set(e, "there is no busctl to ask systemd with");
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, "busctl: pipe");
	env = scope_environment(h);
	pid = spawn_as_user(program, argv, "/", (const char *const *)env,
	    (const int[]){ null, null, p[1] });
	close(p[1]);
	status = pid < 0 ? -1 : spawn_wait(pid, p[0], end, &said);
	close(p[0]);
	if (status < 0)
		err_sys(e, "systemd gave no scope");
	else if (status != 0)
		err_set(e, "systemd gave no scope: %.*s",
		    (int)strcspn(buf_str(&said), "\n"), buf_str(&said));
	else
		rc = 0;
	for (i = 0; env[i] != NULL; i++)
		free(env[i]);
	return rc;
}

static bool
scope_is_ours(const struct cgroup_host *h, const char *name)
{
	AUTO_FREE char *path = xasprintf("%s/proc/self/cgroup", h->root);
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

	return fs_read_file(AT_FDCWD, path, &b, NULL) == 0 &&
	    strstr(buf_str(&b), name) != NULL;
}

/* Ask the user's manager for a scope around this process, with everything in it
 * delegated; wait up to two seconds until we are in it. 0, or -1 with *e. */
static int
cgroup_scope(const struct cgroup_host *h, struct err *e)
{
	const struct timespec tick = { .tv_nsec = 5000000 };
	int64_t end = clock_mono_ms() + SCOPE_MS;
	AUTO_FREE char *name = xasprintf("assent-%ld.scope", (long)h->pid);
	int rc = scope_ask(h, name, end, e);

	/* busctl's answer only says that the job has started. */
	while (rc == 0 && !scope_is_ours(h, name)) {
		if (clock_mono_ms() >= end) {
			rc = err_set(e, "systemd did not create the scope in "
			    "time");
			break;
		}
		(void)nanosleep(&tick, NULL);
	}
	return rc;
}

/*
 * The core's own folders, assent-PID-NUMBER, one for each worker. The core
 * creates and removes them, because a worker that became the project's owner
 * has no rights there any more. Only rmdir(2) removes anything, which the
 * kernel refuses while a process is inside.
 */

#define LEAF_PERIOD_US	100000
#define LEAF_TRIES	20	/* of a millisecond */
#define LEAF_OLD_S	10

/* Write the limit, and read it back from the kernel. */
static bool
leaf_put(const char *dir, const char *file, int64_t v, int64_t slack)
{
	AUTO_CLOSE int fd = cgroup_open(dir, file, O_RDWR);
	char text[32];
	ssize_t n = -1;
	int64_t now;

	snprintf(text, sizeof(text), "%lld", (long long)v);
	if (fd >= 0 && cgroup_order(fd, text) == 0)
		n = pread(fd, text, sizeof(text) - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
	now = cgroup_number(text);
	return now >= 0 && now <= v && v - now <= slack;
}

static bool
leaf_memory(enum cgroup_kind kind, const char *dir, int64_t bytes)
{
	int64_t page = sysconf(_SC_PAGESIZE);

	/* Swap must not bypass it. Without swap the file may not exist. */
	if (kind == CGROUP_V1) {
		if (!leaf_put(dir, "memory.limit_in_bytes", bytes, page))
			return false;
		(void)leaf_put(dir, "memory.memsw.limit_in_bytes", bytes,
		    page);
		return true;
	}
	if (!leaf_put(dir, "memory.max", bytes, page))
		return false;
	(void)leaf_put(dir, "memory.swap.max", 0, 0);
	/* Kill all processes or none: half a build is worse than none. */
	(void)leaf_put(dir, "memory.oom.group", 1, 0);
	return true;
}

static bool
leaf_cpu(enum cgroup_kind kind, const char *dir, int64_t percent)
{
	int64_t quota = percent * (LEAF_PERIOD_US / 100);
	AUTO_BUF struct buf b = BUF_INIT(0);
	char text[64];

	if (kind == CGROUP_V1)
		return leaf_put(dir, "cpu.cfs_period_us", LEAF_PERIOD_US,
		    0) && leaf_put(dir, "cpu.cfs_quota_us", quota, 0);
	snprintf(text, sizeof(text), "%lld %d", (long long)quota,
	    LEAF_PERIOD_US);
	return cgroup_write(dir, "cpu.max", text) == 0 &&
	    cgroup_read(dir, "cpu.max", &b) == 0 &&
	    strncmp(buf_str(&b), text, strlen(text)) == 0;
}

/* Does this limit apply there now? */
static bool
leaf_limit(enum cgroup_kind kind, enum cgroup_part part, const char *dir,
    const struct sandbox_limits *l)
{
	switch (part) {
	case CGROUP_MEMORY:
		return leaf_memory(kind, dir, l->memory_bytes);
	case CGROUP_CPU:
		return l->cpu > 0 && leaf_cpu(kind, dir, l->cpu);
	case CGROUP_PIDS:
		/* The first process, which is ours, counts as one. */
		return leaf_put(dir, "pids.max", l->pids + 1, 0);
	case CGROUP_PARTS:
		break;
	}
	return false;
}

/* Create the folder, instead of a leftover of that name without processes. */
static int
leaf_mkdir(const char *dir)
{
	if (mkdir(dir, 0755) < 0 && (errno != EEXIST || rmdir(dir) < 0 ||
	    mkdir(dir, 0755) < 0))
		return -1;
	return 0;
}

/* Remove the folder; false: keep the name and try again later. */
static bool
leaf_rmdir(const char *dir)
{
	const struct timespec tick = { .tv_nsec = 1000000 };
	int i;

	for (i = 0; i < LEAF_TRIES; i++) {
		if (rmdir(dir) == 0 || errno != EBUSY)
			return true;
		/* A process in it is still exiting. */
		(void)nanosleep(&tick, NULL);
	}
	return false;
}

static void
leaf_try_again(struct cgroup *c)
{
	size_t i, n = 0;

	for (i = 0; i < c->left_len; i++)
		if (rmdir(c->left[i]) < 0 && errno == EBUSY)
			c->left[n++] = c->left[i];
		else
			free(c->left[i]);
	c->left_len = n;
}

/* Create the folder, unless it is also that of another resource: on v2, or if
 * v1 has two controllers in one place. */
static bool
leaf_make(struct cgroup_leaf *l, const char *dir)
{
	if (MEM_FIND_IN(l->made, l->made_len, dir) != NULL)
		return true;
	if (leaf_mkdir(dir) < 0)
		return false;
	l->made[l->made_len++] = xstrdup(dir);
	return true;
}

struct cgroup_leaf *
cgroup_leaf_new(struct cgroup *c, const struct sandbox_limits *limits)
{
	struct cgroup_leaf *l;
	bool any = false;
	int i;

	if (c == NULL || c->kind == CGROUP_NONE)
		return NULL;
	leaf_try_again(c);
	l = xcalloc(1, sizeof(*l));
	l->kind = c->kind;
	c->count++;
	for (i = 0; i < CGROUP_PARTS; i++) {
		char *dir;

		if (c->base[i] == NULL)
			continue;
		dir = xasprintf("%s/assent-%ld-%ld", c->base[i],
		    (long)getpid(), c->count);
		if (leaf_make(l, dir) && leaf_limit(l->kind,
		    (enum cgroup_part)i, dir, limits)) {
			l->dir[i] = dir;
			any = true;
		} else
			free(dir);
	}
	if (any)
		return l;
	cgroup_leaf_free(c, l);
	return NULL;
}

void
cgroup_leaf_free(struct cgroup *c, struct cgroup_leaf *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->made_len; i++) {
		if (leaf_rmdir(l->made[i])) {
			free(l->made[i]);
			continue;
		}
		GROW(c->left, c->left_len);
		c->left[c->left_len++] = l->made[i];
	}
	for (i = 0; i < CGROUP_PARTS; i++)
		free(l->dir[i]);
	free(l);
}

/* Is the name assent-PID-NUMBER or assent-PID-core of a process that no longer
 * exists? */
static bool
leaf_is_stale(int base, const char *name)
{
	struct timespec now;
	struct stat st;
	char *end;
	long pid;

	if (strncmp(name, "assent-", 7) != 0)
		return false;
	pid = strtol(name + 7, &end, 10);
	if (pid <= 0 || pid > INT32_MAX || *end != '-' ||
	    (kill((pid_t)pid, 0) == 0 || errno != ESRCH))
		return false;
	/* It may be the pid of another namespace: a new folder may be about to
	 * be used. */
	return fstatat(base, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode) && clock_gettime(CLOCK_REALTIME, &now) == 0 &&
	    now.tv_sec - st.st_ctim.tv_sec > LEAF_OLD_S;
}

static void
cgroup_sweep(const char *base)
{
	AUTO_DIR DIR *d = fs_opendir(base);
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL)
		if (leaf_is_stale(dirfd(d), de->d_name))
			(void)unlinkat(dirfd(d), de->d_name, AT_REMOVEDIR);
}

/*
 * Where we may create folders. Read from /proc/self/cgroup and mountinfo, which
 * the kernel writes but which contain names that anybody may have chosen:
 * ignore a path with ".." (outside our cgroup namespace) and a mount that
 * doesn't show our own folder.
 *
 * v2 has two rules that matter here. A folder with processes can't delegate
 * controllers to its subfolders, so if we are alone in a folder of ours we move
 * one level down. And moving a process requires access to the common parent
 * folder: an ordinary user has that only by delegation; root may go up to where
 * controllers are delegated, but never past a limit.
 */

#define FIND_MOUNTS_MAX ((size_t)16 << 20)

struct find_mount {
	char	*point;		/* prefixed with the host's root */
	char	*top;		/* the part of the hierarchy it shows */
	char	*options;	/* of the superblock: controllers */
	bool	 v2;
};

struct find {
	const struct cgroup_host *host;
	struct cgroup		*c;
	struct find_mount	*mounts;
	size_t			 mounts_len;
	char			*self;		/* /proc/self/cgroup */
};

/* The host we are on. Borrowed strings. */
static void
find_host(struct cgroup_host *h)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	AUTO_FREE char *bus = run == NULL ? NULL : fs_join(run, "bus");

	h->root = "";
	h->uid = geteuid();
	h->pid = getpid();
	h->parent = getppid();
	h->path = getenv("PATH");
	h->bus = getenv("DBUS_SESSION_BUS_ADDRESS") != NULL ||
	    (bus != NULL && access(bus, F_OK) == 0);
}

static char *
find_file(const struct find *f, const char *path, size_t max)
{
	AUTO_BUF struct buf b = BUF_INIT(max);
	AUTO_FREE char *full = xasprintf("%s%s", f->host->root, path);
	char *text = NULL;

	if (fs_read_file(AT_FDCWD, full, &b, NULL) == 0)
		text = buf_take(&b);
	return text;
}

/* ---- mounts ---- */

/* One line: id parent dev top point flags [tags] - type source options */
static void
find_mount(struct find *f, char *line)
{
	char *field[6], *save = NULL, *rest = strstr(line, " - ");
	char *type, *options;
	struct find_mount *m;
	size_t i;

	if (rest == NULL)
		return;
	*rest = '\0';
	for (i = 0; i < MEM_COUNT(field); i++)
		if ((field[i] = strtok_r(i == 0 ? line : NULL, " ",
		    &save)) == NULL)
			return;
	type = strtok_r(rest + 3, " ", &save);
	if (type == NULL || strtok_r(NULL, " ", &save) == NULL ||
	    (options = strtok_r(NULL, " ", &save)) == NULL)
		return;
	if ((strcmp(type, "cgroup") != 0 && strcmp(type, "cgroup2") != 0) ||
	    cgroup_has(field[5], "ro") || cgroup_has(options, "ro"))
		return;
	fs_unescape_mount(field[3]);
	fs_unescape_mount(field[4]);
	GROW(f->mounts, f->mounts_len);
	m = &f->mounts[f->mounts_len++];
	m->top = xstrdup(field[3]);
	m->point = xasprintf("%s%s", f->host->root, field[4]);
	m->options = xstrdup(options);
	m->v2 = strcmp(type, "cgroup2") == 0;
}

static void
find_mounts(struct find *f)
{
	AUTO_FREE char *text =
	    find_file(f, "/proc/self/mountinfo", FIND_MOUNTS_MAX);
	char *line, *save = NULL;

	if (text == NULL)
		return;
	for (line = strtok_r(text, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save))
		find_mount(f, line);
}

static void
find_read(struct find *f)
{
	size_t i;

	free(f->self);
	for (i = 0; i < f->mounts_len; i++) {
		free(f->mounts[i].point);
		free(f->mounts[i].top);
		free(f->mounts[i].options);
	}
	f->mounts_len = 0;
	f->self = find_file(f, "/proc/self/cgroup", (size_t)1 << 20);
	find_mounts(f);
}

/* ---- our own folder ---- */

/* Our path in the hierarchy of this controller, or in v2's (NULL). A copy. */
static char *
find_path(const struct find *f, const char *controller)
{
	char *copy, *line, *save = NULL, *found = NULL;

	if (f->self == NULL)
		return NULL;
	copy = xstrdup(f->self);
	for (line = strtok_r(copy, "\n", &save); line != NULL && found == NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		char *names = strchr(line, ':'), *path;

		path = names == NULL ? NULL : strchr(names + 1, ':');
		if (path == NULL || path[1] != '/')
			continue;
		*path++ = '\0';
		names++;
		if (controller == NULL ? strncmp(line, "0:", 2) == 0 &&
		    *names == '\0' : cgroup_has(names, controller))
			found = xstrdup(path);
	}
	free(copy);
	return found;
}

static bool
find_climbs(const char *path)
{
	const char *p;

	for (p = strstr(path, "/.."); p != NULL; p = strstr(p + 1, "/.."))
		if (p[3] == '/' || p[3] == '\0')
			return true;
	return false;
}

/* The folder we are in, and where its hierarchy starts for us (borrowed). NULL
 * if it isn't visible. */
static char *
find_own(const struct find *f, const char *controller, const char **top)
{
	char *path = find_path(f, controller), *own = NULL;
	struct stat st;
	size_t i;

	for (i = 0; path != NULL && own == NULL && i < f->mounts_len; i++) {
		const struct find_mount *m = &f->mounts[i];
		const char *below = path;

		if (m->v2 != (controller == NULL) || (controller != NULL &&
		    !cgroup_has(m->options, controller)))
			continue;
		if (find_climbs(path) || find_climbs(m->top) ||
		    !fs_is_below(path, m->top))
			continue;
		if (strcmp(m->top, "/") != 0)
			below = path + strlen(m->top);
		own = strcmp(below, "/") == 0 || *below == '\0' ?
		    xstrdup(m->point) : xasprintf("%s%s", m->point, below);
		*top = m->point;
		if (stat(own, &st) < 0 || !S_ISDIR(st.st_mode))
			FREE_NULL(own);
	}
	free(path);
	return own;
}

/* ---- v1 ---- */

static bool
find_v1(struct find *f)
{
	bool any = false;
	int i;

	for (i = 0; i < CGROUP_PARTS; i++) {
		const char *top;
		char *own = find_own(f, cgroup_parts[i], &top);

		if (own != NULL && faccessat(AT_FDCWD, own, W_OK,
		    AT_EACCESS) == 0) {
			f->c->base[i] = own;
			any = true;
		} else
			free(own);
	}
	if (any)
		f->c->kind = CGROUP_V1;
	return any;
}

/* ---- v2 ---- */

static bool
find_may_write(const char *dir, const char *file)
{
	AUTO_FREE char *p = fs_join(dir, file);

	return faccessat(AT_FDCWD, p, W_OK, AT_EACCESS) == 0;
}

/* Which resources a folder delegates to its subfolders. */
static bool
find_hands_down(const char *dir, bool has[CGROUP_PARTS])
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	bool any = false;
	int i;

	memset(has, 0, CGROUP_PARTS * sizeof(has[0]));
	if (cgroup_read(dir, "cgroup.subtree_control", &b) < 0)
		return false;
	for (i = 0; i < CGROUP_PARTS; i++) {
		has[i] = cgroup_has(buf_str(&b), cgroup_parts[i]);
		any = any || has[i];
	}
	return any;
}

static bool
find_take_v2(struct find *f, const char *dir)
{
	bool has[CGROUP_PARTS];
	int i;

	if (!find_hands_down(dir, has) ||
	    faccessat(AT_FDCWD, dir, W_OK, AT_EACCESS) < 0)
		return false;
	for (i = 0; i < CGROUP_PARTS; i++)
		if (has[i])
			f->c->base[i] = xstrdup(dir);
	f->c->kind = CGROUP_V2;
	return true;
}

/* Is this process alone in the folder, except perhaps for its client? */
static bool
find_is_alone(const struct find *f, const char *dir, bool *parent)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	bool alone = true, self = false;
	const char *p;

	*parent = false;
	if (cgroup_read(dir, "cgroup.procs", &b) < 0)
		return false;
	for (p = buf_str(&b); *p != '\0';) {
		int64_t pid = cgroup_number(p);

		if (pid == f->host->pid)
			self = true;
		else if (pid == f->host->parent)
			*parent = true;
		else
			alone = false;
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	return alone && self;
}

static bool
find_move(const char *dir, pid_t pid)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", (long)pid);
	return cgroup_write(dir, "cgroup.procs", text) == 0;
}

/* Our own folder is delegated and we are alone: move one level down, so that it
 * can delegate its controllers. */
static bool
find_step_down(struct find *f, const char *own)
{
	bool parent, any = false;
	char *core, order[32];
	int i;

	if (!find_may_write(own, "cgroup.subtree_control") ||
	    !find_may_write(own, "cgroup.procs") ||
	    !find_is_alone(f, own, &parent))
		return false;
	core = xasprintf("%s/assent-%ld-core", own, (long)f->host->pid);
	if (mkdir(core, 0755) < 0 && errno != EEXIST) {
		free(core);
		return false;
	}
	if (!find_move(core, f->host->pid) ||
	    (parent && !find_move(core, f->host->parent)))
		goto back;
	for (i = 0; i < CGROUP_PARTS; i++) {
		snprintf(order, sizeof(order), "+%s", cgroup_parts[i]);
		if (cgroup_write(own, "cgroup.subtree_control", order) == 0)
			any = true;
	}
	if (any && find_take_v2(f, own)) {
		f->c->core = core;
		return true;
	}
back:
	(void)find_move(own, f->host->pid);
	if (parent)
		(void)find_move(own, f->host->parent);
	(void)rmdir(core);
	free(core);
	return false;
}

/* Does the folder have limits that somebody has set? We must never leave
 * them. */
static bool
find_is_limited(const char *dir)
{
	static const char *const files[] = {
		"memory.max", "memory.high", "memory.swap.max", "pids.max",
		"cpu.max",
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(files); i++) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		if (cgroup_read(dir, files[i], &b) == 0 &&
		    cgroup_number(buf_str(&b)) != INT64_MAX)
			return true;
	}
	return false;
}

static bool
find_above(struct find *f, const char *own, const char *top)
{
	char *dir = xstrdup(own), *slash;
	bool found = false;

	while (!found && strcmp(dir, top) != 0 && !find_is_limited(dir) &&
	    (slash = strrchr(dir, '/')) != NULL && slash != dir) {
		*slash = '\0';
		if (!fs_is_below(dir, top))
			break;
		found = find_take_v2(f, dir);
	}
	free(dir);
	return found;
}

static bool
find_v2(struct find *f)
{
	const char *top;
	AUTO_FREE char *own = find_own(f, NULL, &top);

	if (own == NULL)
		return false;
	return find_take_v2(f, own) || find_step_down(f, own) ||
	    (f->host->uid == 0 && find_above(f, own, top));
}

/* Does the machine have controllers in v2 at all? */
static bool
find_has_v2(const struct find *f)
{
	bool has = false;
	size_t i;
	int k;

	for (i = 0; i < f->mounts_len && !has; i++) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		if (!f->mounts[i].v2 || cgroup_read(f->mounts[i].point,
		    "cgroup.controllers", &b) < 0)
			continue;
		for (k = 0; k < CGROUP_PARTS; k++)
			has = has || cgroup_has(buf_str(&b), cgroup_parts[k]);
	}
	return has;
}

static void
find_why(struct find *f, bool v2, const struct err *scope)
{
	if (f->mounts_len == 0)
		f->c->why = xstrdup("no writable cgroup is mounted here");
	else if (!v2)
		f->c->why = xstrdup("the cgroups here belong to somebody else");
	else if (err_is_set(scope))
		f->c->why = xasprintf("no cgroup is delegated to you: %s",
		    scope->text);
	else
		f->c->why = xstrdup("no cgroup is delegated to you, and there "
		    "is no user systemd to ask for one (systemd-run --user "
		    "--scope -p Delegate=yes assent ... would)");
}

struct cgroup *
cgroup_find(const struct cgroup_host *host)
{
	struct cgroup_host h = *host;
	struct find f = { .host = &h, .c = xcalloc(1, sizeof(*f.c)) };
	struct err scope = ERR_INIT;
	bool v2;
	int i;

	if (h.root == NULL)
		find_host(&h);
	find_read(&f);
	v2 = find_has_v2(&f);
	if (!(v2 && find_v2(&f)) && !find_v1(&f)) {
		if (v2 && h.bus && h.path != NULL &&
		    cgroup_scope(&h, &scope) == 0) {
			find_read(&f);
			(void)find_v2(&f);
		}
		if (f.c->kind == CGROUP_NONE)
			find_why(&f, v2, &scope);
	}
	for (i = 0; i < CGROUP_PARTS; i++)
		if (f.c->base[i] != NULL)
			cgroup_sweep(f.c->base[i]);
	FREE_NULL(f.self);
	while (f.mounts_len > 0) {
		struct find_mount *m = &f.mounts[--f.mounts_len];

		free(m->point);
		free(m->top);
		free(m->options);
	}
	free(f.mounts);
	return f.c;
}

void
cgroup_free(struct cgroup *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->left_len; i++) {
		(void)rmdir(c->left[i]);
		free(c->left[i]);
	}
	free(c->left);
	for (i = 0; i < CGROUP_PARTS; i++)
		free(c->base[i]);
	free(c->why);
	free(c->core);
	free(c);
}

int64_t
cgroup_join_kills(const struct cgroup_join *j)
{
	char text[4096];
	ssize_t n = j->kind == CGROUP_NONE || j->events < 0 ? -1 :
	    pread(j->events, text, sizeof(text) - 1, 0);
	int64_t v;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	v = cgroup_value(text, "oom_kill");
	return v < 0 ? 0 : v;
}

void
cgroup_join_open(struct cgroup_join *j, const struct cgroup_leaf *l)
{
	bool v1 = l->kind == CGROUP_V1;
	int i;

	j->kind = l->kind;
	j->dir = -1;
	j->born = false;
	if (j->kind == CGROUP_NONE)
		return;
	/* All parts are in one folder. */
	for (i = 0; i < CGROUP_PARTS && !v1 && j->dir < 0; i++)
		if (l->dir[i] != NULL)
			j->dir = open(l->dir[i], O_RDONLY | O_DIRECTORY |
			    O_CLOEXEC);
	j->events = -1;
	for (i = 0; i < CGROUP_PARTS; i++)
		j->procs[i] = l->dir[i] == NULL ? -1 :
		    cgroup_open(l->dir[i], v1 ? "tasks" : "cgroup.procs",
		    O_WRONLY);
	if (j->procs[CGROUP_MEMORY] >= 0)
		j->events = cgroup_open(l->dir[CGROUP_MEMORY],
		    v1 ? "memory.oom_control" : "memory.events", O_RDONLY);
}

unsigned
cgroup_join_self(const struct cgroup_join *j)
{
	unsigned in = 0;
	int i;

	for (i = 0; i < CGROUP_PARTS; i++)
		if (j->procs[i] >= 0 && write(j->procs[i], "0", 1) == 1)
			in |= 1u << i;
	return in;
}

void
cgroup_join_enter(struct cgroup_join *j, pid_t pid, unsigned in,
    struct limit_enforcement *enforced)
{
	enum limit_enforced *how[CGROUP_PARTS] = {
		[CGROUP_MEMORY] = &enforced->memory,
		[CGROUP_CPU] = &enforced->cpu,
		[CGROUP_PIDS] = &enforced->pids,
	};
	char text[32];
	int i, n = snprintf(text, sizeof(text), "%ld", (long)pid);
	bool is = j->born;

	if (j->kind == CGROUP_NONE)
		return;
	/* On v2 all resources are in one folder, and each write costs
	 * milliseconds. */
	for (i = 0; i < CGROUP_PARTS; i++) {
		if (j->procs[i] < 0)
			continue;
		if (j->kind == CGROUP_V1)
			is = in >> i & 1;
		else if (!is)
			is = write(j->procs[i], text, (size_t)n) == n;
		if (is)
			*how[i] = ENFORCED_KERNEL;
	}
}
