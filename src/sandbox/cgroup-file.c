/*
 * The kernel's small files, and the worker's part: a process moves into the
 * folder that the core has made.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/cgroup.h"
#include "sandbox/sandbox-limits.h"

#define CGROUP_FILE_MAX ((size_t)1 << 20)

const char *const cgroup_parts[CGROUP_PARTS] = {
	[CGROUP_MEMORY] = "memory",
	[CGROUP_CPU] = "cpu",
	[CGROUP_PIDS] = "pids",
};

static int
cgroup_open(const char *dir, const char *file, int flags)
{
	int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), fd, saved;

	if (at < 0)
		return -1;
	fd = openat(at, file, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	saved = errno;
	close(at);
	errno = saved;
	return fd;
}

int
cgroup_read(const char *dir, const char *file, struct buf *b)
{
	int fd = cgroup_open(dir, file, O_RDONLY), rc, saved;

	if (fd < 0)
		return -1;
	buf_init(b, CGROUP_FILE_MAX);
	rc = fs_read_all(fd, b);
	saved = errno;
	close(fd);
	if (rc < 0)
		buf_release(b);
	errno = saved;
	return rc;
}

int
cgroup_write(const char *dir, const char *file, const char *text)
{
	int fd = cgroup_open(dir, file, O_WRONLY), saved;
	size_t n = strlen(text);
	ssize_t rc;

	if (fd < 0)
		return -1;
	/* The kernel treats each write as one command. */
	do {
		rc = write(fd, text, n);
	} while (rc < 0 && errno == EINTR);
	saved = errno;
	close(fd);
	errno = saved;
	return rc == (ssize_t)n ? 0 : -1;
}

int64_t
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

int64_t
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

bool
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
	struct buf b;
	int64_t n;

	if (cgroup_read(dir, file, &b) < 0)
		return most;
	n = cgroup_number(buf_str(&b));
	buf_release(&b);
	return n > 0 && n < most ? n : most;
}

int64_t
cgroup_memory(const char *root)
{
	AUTO_FREE char *proc = xasprintf("%s/proc/self", root);
	AUTO_FREE char *top = xasprintf("%s/sys/fs/cgroup", root);
	AUTO_FREE char *v1 = xasprintf("%s/memory", top);
	AUTO_FREE char *dir = NULL;
	struct buf b;
	int64_t most = file_lower(v1, "memory.limit_in_bytes", INT64_MAX);
	const char *own;

	if (cgroup_read(proc, "cgroup", &b) < 0)
		return most;
	/* v2; each folder above counts, too. */
	own = strstr(buf_str(&b), "0::/");
	if (own != NULL)
		dir = xasprintf("%s%.*s", top, (int)strcspn(own + 3, "\n"),
		    own + 3);
	buf_release(&b);
	while (dir != NULL && strlen(dir) >= strlen(top)) {
		most = file_lower(dir, "memory.max", most);
		*strrchr(dir, '/') = '\0';
	}
	return most;
}

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
