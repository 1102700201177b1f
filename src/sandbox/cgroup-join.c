#include "config.h"

#include "base/fs.h"
#include "sandbox/cgroup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
join_open(const char *dir, const char *file, int flags)
{
	AUTO_CLOSE int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (at < 0)
		return -1;
	return openat(at, file, flags | O_NOFOLLOW | O_CLOEXEC);
}

/* The number after `key`; 0 if there is none. */
static int64_t
join_get(int fd, const char *key)
{
	char text[4096];
	ssize_t n;
	int64_t v;

	if (fd < 0)
		return 0;
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	v = cgroup_value(text, key);
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
		    join_open(l->dir[i], v1 ? "tasks" : "cgroup.procs",
		    O_WRONLY);
	if (j->procs[CGROUP_MEMORY] >= 0)
		j->events = join_open(l->dir[CGROUP_MEMORY],
		    v1 ? "memory.oom_control" : "memory.events", O_RDONLY);
	cgroup_join_begin(j);
}

void
cgroup_join_begin(struct cgroup_join *j)
{
	if (j->kind == CGROUP_NONE)
		return;
	j->kills0 = join_get(j->events, "oom_kill");
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

bool
cgroup_join_oom(const struct cgroup_join *j)
{
	return j->kind != CGROUP_NONE &&
	    join_get(j->events, "oom_kill") > j->kills0;
}

void
cgroup_join_close(struct cgroup_join *j)
{
	int fds[] = { j->events, j->dir };
	size_t i;

	if (j->kind == CGROUP_NONE)
		return;
	for (i = 0; i < CGROUP_PARTS; i++)
		if (j->procs[i] >= 0)
			close(j->procs[i]);
	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	j->kind = CGROUP_NONE;
}
