/*
 * The core's own folders, assent-PID-NUMBER, one for each worker. The core
 * creates and removes them, because a worker that became the project's owner
 * has no rights there any more. Only rmdir(2) removes anything, which the
 * kernel refuses while a process is inside.
 */
#include "config.h"

#include "sandbox/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

#define LEAF_PERIOD_US	100000
#define LEAF_TRIES	20	/* of a millisecond */
#define LEAF_OLD_S	10

static int64_t
leaf_get(const char *dir, const char *file)
{
	struct buf b;
	int64_t v;

	if (cgroup_read(dir, file, &b) < 0)
		return -1;
	v = cgroup_number(buf_str(&b));
	buf_release(&b);
	return v;
}

/* Write the limit, and read it back from the kernel. */
static bool
leaf_put(const char *dir, const char *file, int64_t v, int64_t slack)
{
	char text[32];
	int64_t now;

	snprintf(text, sizeof(text), "%lld", (long long)v);
	if (cgroup_write(dir, file, text) < 0)
		return false;
	now = leaf_get(dir, file);
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
	char text[64];
	struct buf b;
	bool same;

	if (kind == CGROUP_V1)
		return leaf_put(dir, "cpu.cfs_period_us", LEAF_PERIOD_US,
		    0) && leaf_put(dir, "cpu.cfs_quota_us", quota, 0);
	snprintf(text, sizeof(text), "%lld %d", (long long)quota,
	    LEAF_PERIOD_US);
	if (cgroup_write(dir, "cpu.max", text) < 0 ||
	    cgroup_read(dir, "cpu.max", &b) < 0)
		return false;
	same = strncmp(buf_str(&b), text, strlen(text)) == 0;
	buf_release(&b);
	return same;
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

void
cgroup_sweep(const char *base)
{
	AUTO_DIR DIR *d = fs_opendir(base);
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL)
		if (leaf_is_stale(dirfd(d), de->d_name))
			(void)unlinkat(dirfd(d), de->d_name, AT_REMOVEDIR);
}
