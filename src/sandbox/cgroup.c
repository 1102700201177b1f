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

/* The limit in this file, if it is lower than `most`. */
static int64_t
file_lower(const char *dir, const char *file, int64_t most)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int64_t n = cgroup_read(dir, file, &b) < 0 ? -1 :
	    cgroup_number(buf_str(&b));

	return n > 0 && n < most ? n : most;
}

/* The path of our folder in /proc/self/cgroup: of v2, or of v1's `part`;
 * malloc'ed, or NULL. */
static char *
cgroup_path(const char *root, const char *part)
{
	AUTO_FREE char *file = xasprintf("%s/proc/self/cgroup", root);
	AUTO_BUF struct buf b = BUF_INIT(CGROUP_FILE_MAX);
	const char *p;

	if (fs_read_file(AT_FDCWD, file, &b, NULL) < 0)
		return NULL;
	/* "8:pids:/PATH", "0::/PATH" */
	for (p = buf_str(&b); p != NULL; p = strchr(p, '\n')) {
		AUTO_FREE char *parts = NULL, *path = NULL;

		p += *p == '\n';
		if (part == NULL && strncmp(p, "0::/", 4) == 0)
			return xasprintf("%.*s", (int)strcspn(p + 3, "\n"),
			    p + 3);
		if (part != NULL && sscanf(p, "%*d:%m[^:\n]:%m[^\n]", &parts,
		    &path) == 2 && cgroup_has(parts, part))
			return xstrdup(path);
	}
	return NULL;
}

int64_t
cgroup_memory(const char *root)
{
	AUTO_FREE char *own = cgroup_path(root, NULL);
	AUTO_FREE char *top = xasprintf("%s/sys/fs/cgroup", root);
	AUTO_FREE char *v1 = xasprintf("%s/memory", top);
	AUTO_FREE char *dir = own == NULL ? NULL : xasprintf("%s%s", top, own);
	int64_t most = file_lower(v1, "memory.limit_in_bytes", INT64_MAX);

	/* Each folder above counts, too. */
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
	AUTO_FREE char *own = cgroup_path(h->root, NULL);

	return own != NULL && strstr(own, name) != NULL;
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
leaf_memory(const char *dir, int64_t bytes)
{
	if (!leaf_put(dir, "memory.max", bytes, sysconf(_SC_PAGESIZE)))
		return false;
	/* Swap must not bypass it. Without swap the file may not exist. */
	(void)leaf_put(dir, "memory.swap.max", 0, 0);
	/* Kill all processes or none: half a build is worse than none. */
	(void)leaf_put(dir, "memory.oom.group", 1, 0);
	return true;
}

static bool
leaf_cpu(const char *dir, int64_t percent)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	char text[64];

	snprintf(text, sizeof(text), "%lld %d",
	    (long long)percent * (LEAF_PERIOD_US / 100), LEAF_PERIOD_US);
	return cgroup_write(dir, "cpu.max", text) == 0 &&
	    cgroup_read(dir, "cpu.max", &b) == 0 &&
	    strncmp(buf_str(&b), text, strlen(text)) == 0;
}

/* Does this limit apply there now? */
static bool
leaf_limit(enum cgroup_part part, const char *dir,
    const struct sandbox_limits *l)
{
	switch (part) {
	case CGROUP_MEMORY:
		return leaf_memory(dir, l->memory_bytes);
	case CGROUP_CPU:
		return l->cpu > 0 && leaf_cpu(dir, l->cpu);
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
	size_t n = 0;

	MEM_EACH(c, left, it)
		if (rmdir(*it) < 0 && errno == EBUSY)
			c->left[n++] = *it;
		else
			free(*it);
	c->left_len = n;
}

/* The next one below; NULL: there is no `base`, or it can't be made. */
static char *
leaf_make(const struct cgroup *c, const char *base)
{
	char *dir;

	if (base == NULL)
		return NULL;
	dir = xasprintf("%s/assent-%ld-%ld", base, (long)getpid(), c->count);
	if (leaf_mkdir(dir) == 0)
		return dir;
	free(dir);
	return NULL;
}

/* Now or later; to NULL. */
static void
leaf_free_take(struct cgroup *c, char **dir)
{
	if (*dir != NULL && !leaf_rmdir(*dir))
		*GROW_ADD(c->left, c->left_len) = *dir;
	else
		free(*dir);
	*dir = NULL;
}

struct cgroup_leaf *
cgroup_leaf_new(struct cgroup *c, const struct sandbox_limits *limits)
{
	struct cgroup_leaf *l;
	bool any = false;
	int i;

	if (c == NULL)
		return NULL;
	leaf_try_again(c);
	l = xcalloc(1, sizeof(*l));
	c->count++;
	l->dir = leaf_make(c, c->base);
	for (i = 0; i < CGROUP_PARTS && l->dir != NULL; i++) {
		l->has[i] = c->has[i] && leaf_limit((enum cgroup_part)i,
		    l->dir, limits);
		any = any || l->has[i];
	}
	if (!any)
		leaf_free_take(c, &l->dir);
	l->pids = leaf_make(c, c->pids);
	if (l->pids != NULL && !leaf_limit(CGROUP_PIDS, l->pids, limits))
		leaf_free_take(c, &l->pids);
	if (any || l->pids != NULL)
		return l;
	free(l);
	return NULL;
}

void
cgroup_leaf_free(struct cgroup *c, struct cgroup_leaf *l)
{
	if (l == NULL)
		return;
	leaf_free_take(c, &l->dir);
	leaf_free_take(c, &l->pids);
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
 * Two rules of the kernel matter here. A folder with processes can't delegate
 * controllers to its subfolders, so if we are alone in a folder of ours we move
 * one level down. And moving a process requires access to the common parent
 * folder: an ordinary user has that only by delegation; root may go up to where
 * controllers are delegated, but never past a limit.
 */

#define FIND_MOUNTS_MAX ((size_t)16 << 20)

struct find {
	const struct cgroup_host *host;
	struct cgroup		*c;
	char			*own;	/* the folder that we are in; NULL:
					   none that is visible */
	char			*top;	/* where its hierarchy starts for us */
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

static bool
find_climbs(const char *path)
{
	const char *p;

	for (p = strstr(path, "/.."); p != NULL; p = strstr(p + 1, "/.."))
		if (p[3] == '/' || p[3] == '\0')
			return true;
	return false;
}

/* One line: id parent dev top point flags [tags] - type source options. Does
 * this mount show our folder, of v2 or of v1's `part`? */
static bool
find_mount(struct find *f, const char *part, const char *path,
    const char *line)
{
	AUTO_FREE char *top = NULL, *point = NULL, *flags = NULL;
	AUTO_FREE char *type = NULL, *options = NULL;
	const char *rest = strstr(line, " - ");
	struct stat st;

	if (rest == NULL || sscanf(line, "%*s %*s %*s %ms %ms %ms", &top,
	    &point, &flags) != 3 || sscanf(rest, " - %ms %*s %ms", &type,
	    &options) != 2 || strcmp(type, part == NULL ? "cgroup2" :
	    "cgroup") != 0 || (part != NULL && !cgroup_has(options, part)) ||
	    cgroup_has(flags, "ro") || cgroup_has(options, "ro"))
		return false;
	fs_unescape_mount(top);
	fs_unescape_mount(point);
	if (find_climbs(path) || find_climbs(top) || !fs_is_below(path, top))
		return false;
	FREE_ALL(f->own, f->top);
	f->top = xasprintf("%s%s", f->host->root, point);
	path += strcmp(top, "/") == 0 ? 0 : strlen(top);
	f->own = xasprintf("%s%s", f->top, strcmp(path, "/") == 0 ? "" : path);
	if (stat(f->own, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	FREE_NULL(f->own);
	return false;
}

static void
find_own(struct find *f, const char *part)
{
	AUTO_FREE char *path = cgroup_path(f->host->root, part);
	AUTO_FREE char *file = xasprintf("%s/proc/self/mountinfo",
	    f->host->root);
	AUTO_BUF struct buf b = BUF_INIT(FIND_MOUNTS_MAX);
	AUTO_FREE char *text = NULL;
	char *line, *save = NULL;

	FREE_NULL(f->own);
	if (path == NULL || fs_read_file(AT_FDCWD, file, &b, NULL) < 0)
		return;
	text = buf_take(&b);
	for (line = strtok_r(text, "\n", &save); line != NULL &&
	    !find_mount(f, part, path, line); line = strtok_r(NULL, "\n", &save))
		;
}

static bool
find_may_write(const char *dir, const char *file)
{
	AUTO_FREE char *p = fs_join(dir, file);

	return faccessat(AT_FDCWD, p, W_OK, AT_EACCESS) == 0;
}

/* Which of our resources are listed in this file? */
static bool
find_lists(const char *dir, const char *file, bool has[CGROUP_PARTS])
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	bool any = false;
	int i;

	if (cgroup_read(dir, file, &b) < 0)
		return false;
	for (i = 0; i < CGROUP_PARTS; i++) {
		has[i] = cgroup_has(buf_str(&b), cgroup_parts[i]);
		any = any || has[i];
	}
	return any;
}

/* Does the folder delegate to its subfolders, and may we create some? */
static bool
find_use(struct find *f, const char *dir)
{
	if (!find_lists(dir, "cgroup.subtree_control", f->c->has) ||
	    faccessat(AT_FDCWD, dir, W_OK, AT_EACCESS) < 0)
		return false;
	f->c->base = xstrdup(dir);
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
find_step_down(struct find *f)
{
	const char *own = f->own;
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
	if (any && find_use(f, own)) {
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
find_above(struct find *f)
{
	AUTO_FREE char *dir = xstrdup(f->own);
	bool found = false;
	char *slash;

	while (!found && strcmp(dir, f->top) != 0 && !find_is_limited(dir) &&
	    (slash = strrchr(dir, '/')) != NULL && slash != dir) {
		*slash = '\0';
		if (!fs_is_below(dir, f->top))
			break;
		found = find_use(f, dir);
	}
	return found;
}

static bool
find_base(struct find *f)
{
	find_own(f, NULL);
	return f->own != NULL && (find_use(f, f->own) || find_step_down(f) ||
	    (f->host->uid == 0 && find_above(f)));
}

/* In v1 a folder with processes may have others below. */
static void
find_pids(struct find *f)
{
	const char *part = cgroup_parts[CGROUP_PIDS];

	find_own(f, part);
	if (f->own != NULL && find_may_write(f->own, "cgroup.procs") &&
	    faccessat(AT_FDCWD, f->own, W_OK, AT_EACCESS) == 0)
		f->c->pids = xstrdup(f->own);
}

struct cgroup *
cgroup_find(const struct cgroup_host *host)
{
	struct cgroup_host h = *host;
	struct find f = { .host = &h, .c = xcalloc(1, sizeof(*f.c)) };
	struct err scope = ERR_INIT;
	bool has[CGROUP_PARTS];

	if (h.root == NULL)
		find_host(&h);
	if (find_base(&f))
		;
	else if (f.own == NULL)
		f.c->why = xstrdup("no writable cgroup v2 is mounted here");
	else if (!find_lists(f.top, "cgroup.controllers", has))
		f.c->why = xstrdup("cgroup v2 has no controllers here");
	else if (!h.bus || h.path == NULL)
		f.c->why = xstrdup("no cgroup is delegated to you, and there "
		    "is no user systemd to ask for one (systemd-run --user "
		    "--scope -p Delegate=yes assent ... would)");
	else if (cgroup_scope(&h, &scope) < 0 || !find_base(&f))
		f.c->why = xasprintf("no cgroup is delegated to you%s%s",
		    err_is_set(&scope) ? ": " : "", scope.text);
	if (!f.c->has[CGROUP_PIDS])
		find_pids(&f);
	if (f.c->base != NULL)
		cgroup_sweep(f.c->base);
	if (f.c->pids != NULL)
		cgroup_sweep(f.c->pids);
	FREE_ALL(f.own, f.top);
	return f.c;
}

void
cgroup_free(struct cgroup *c)
{
	if (c == NULL)
		return;
	MEM_EACH(c, left, it) {
		(void)rmdir(*it);
		free(*it);
	}
	FREE_ALL(c->left, c->base, c->pids, c->why, c->core, c);
}

int64_t
cgroup_join_kills(const struct cgroup_join *j)
{
	char text[4096];
	ssize_t n = j->events < 0 ? -1 :
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
	*j = (struct cgroup_join){ .dir = -1, .procs = -1, .events = -1,
		.pids = -1 };
	if (l->pids != NULL)
		j->pids = cgroup_open(l->pids, "cgroup.procs", O_WRONLY);
	if (l->dir == NULL)
		return;
	memcpy(j->has, l->has, sizeof(j->has));
	j->dir = open(l->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	j->procs = cgroup_open(l->dir, "cgroup.procs", O_WRONLY);
	if (j->has[CGROUP_MEMORY])
		j->events = cgroup_open(l->dir, "memory.events", O_RDONLY);
}

void
cgroup_join_enter(const struct cgroup_join *j, pid_t pid,
    struct limit_enforcement *enforced)
{
	enum limit_enforced *how[CGROUP_PARTS] = {
		[CGROUP_MEMORY] = &enforced->memory,
		[CGROUP_CPU] = &enforced->cpu,
		[CGROUP_PIDS] = &enforced->pids,
	};
	char text[32];
	int i, n = snprintf(text, sizeof(text), "%ld", (long)pid);

	if (j->pids >= 0 && write(j->pids, text, (size_t)n) == n)
		enforced->pids = ENFORCED_KERNEL;
	if (!j->born && (j->procs < 0 ||
	    write(j->procs, text, (size_t)n) != n))
		return;
	for (i = 0; i < CGROUP_PARTS; i++)
		if (j->has[i])
			*how[i] = ENFORCED_KERNEL;
}
