#include "config.h"

#include "sandbox/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

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
