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
join_open(int dir, const char *file, int flags)
{
	return openat(dir, file, flags | O_NOFOLLOW | O_CLOEXEC);
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
	memset(j, 0, sizeof(*j));
	j->dir = j->procs = j->events = -1;
	if (l->dir == NULL)
		return;
	memcpy(j->has, l->has, sizeof(j->has));
	j->dir = open(l->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	j->procs = join_open(j->dir, "cgroup.procs", O_WRONLY);
	if (j->has[CGROUP_MEMORY])
		j->events = join_open(j->dir, "memory.events", O_RDONLY);
	cgroup_join_begin(j);
}

void
cgroup_join_begin(struct cgroup_join *j)
{
	j->kills0 = join_get(j->events, "oom_kill");
}

void
cgroup_join_enter(struct cgroup_join *j, pid_t pid,
    struct limit_enforcement *enforced)
{
	enum limit_enforced *how[CGROUP_PARTS] = {
		[CGROUP_MEMORY] = &enforced->memory,
		[CGROUP_CPU] = &enforced->cpu,
		[CGROUP_PIDS] = &enforced->pids,
	};
	char text[32];
	int i, n = snprintf(text, sizeof(text), "%ld", (long)pid);

	if (!j->born && (j->procs < 0 || write(j->procs, text, (size_t)n) != n))
		return;
	for (i = 0; i < CGROUP_PARTS; i++)
		if (j->has[i])
			*how[i] = ENFORCED_KERNEL;
}

bool
cgroup_join_oom(const struct cgroup_join *j)
{
	return join_get(j->events, "oom_kill") > j->kills0;
}

void
cgroup_join_close(struct cgroup_join *j)
{
	fs_close(j->dir);
	fs_close(j->procs);
	fs_close(j->events);
}
