/*
 * Is a program at rest?  That it writes nothing says little on a busy machine:
 * it may have had no processor yet.  So the kernel is asked: at rest is who
 * sleeps, has used no processor since the last look, and has nothing left to
 * take: no key, no signal.  The processes below it, which it may wait for, have to
 * be at rest too.
 */
#include "config.h"

#include "vtdrive.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

/* So many looks with this between them must find the same: at least this long,
 * in which we had the processor ourselves as often. */
#define IDLE_ROUNDS 10
#define IDLE_ROUND_MS 10

struct idle_process {
	pid_t		 pid;
	bool		 sleeps;	/* all its threads do */
	uint64_t	 ran;		/* all its threads together */
};

struct idle_look {
	struct idle_process	*list;
	size_t			 len, cap;
};

/* A small file as a string; false if it doesn't exist. */
static bool
idle_read(const char *path, char *p, size_t size)
{
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	n = read(fd, p, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	p[n] = '\0';
	return true;
}

/* One thread: what proc(5) says of it.  It ran for so many nanoseconds; ticks
 * where the kernel does not count those. */
static bool
idle_stat(const char *folder, char *state, uint64_t *ran)
{
	char path[96], text[1024];
	const char *p;
	uint64_t user, system;

	(void)snprintf(path, sizeof(path), "%s/stat", folder);
	if (!idle_read(path, text, sizeof(text)) ||
	    (p = strrchr(text, ')')) == NULL ||
	    sscanf(p + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %"
	    SCNu64 " %" SCNu64, state, &user, &system) != 3)
		return false;
	*ran = user + system;
	(void)snprintf(path, sizeof(path), "%s/schedstat", folder);
	if (idle_read(path, text, sizeof(text)) &&
	    sscanf(text, "%" SCNu64, &user) == 1 && user > 0)
		*ran = user;
	return true;
}

static void
idle_add(struct idle_look *l, pid_t pid)
{
	struct idle_process *a;

	if (l->len == l->cap) {
		l->cap = l->cap == 0 ? 16 : l->cap * 2;
		l->list = xreallocarray(l->list, l->cap, sizeof(*l->list));
	}
	a = &l->list[l->len++];
	a->pid = pid;
	a->sleeps = true;
	a->ran = 0;
}

/* Look at the threads of one process, and add its children. */
static void
idle_look_at(struct idle_look *l, size_t at)
{
	char path[64], folder[80], file[96], text[4096], state, *p, *end;
	const struct dirent *ent;
	uint64_t ran;
	DIR *dir;
	long tid, pid;

	(void)snprintf(path, sizeof(path), "/proc/%d/task",
	    (int)l->list[at].pid);
	if ((dir = opendir(path)) == NULL)
		return;
	while ((ent = readdir(dir)) != NULL) {
		tid = strtol(ent->d_name, NULL, 10);
		(void)snprintf(folder, sizeof(folder), "%s/%ld", path, tid);
		if (tid <= 0 || !idle_stat(folder, &state, &ran))
			continue;
		if (strchr("STtZ", state) == NULL)
			l->list[at].sleeps = false;
		l->list[at].ran += ran;
		(void)snprintf(file, sizeof(file), "%s/children", folder);
		if (!idle_read(file, text, sizeof(text)))
			continue;
		for (p = text; (pid = strtol(p, &end, 10)) > 0; p = end)
			idle_add(l, (pid_t)pid);
	}
	closedir(dir);
}

/* The program and all processes below it. */
static void
idle_look(struct idle_look *l, pid_t program)
{
	size_t i;

	l->len = 0;
	idle_add(l, program);
	for (i = 0; i < l->len; i++)
		idle_look_at(l, i);
}

/* Do they all sleep, and did they all since the look before? */
static bool
idle_slept(const struct idle_look *was, const struct idle_look *is)
{
	size_t i;

	if (was->len != is->len)
		return false;
	for (i = 0; i < is->len; i++)
		if (!is->list[i].sleeps ||
		    is->list[i].pid != was->list[i].pid ||
		    is->list[i].ran != was->list[i].ran)
			return false;
	return true;
}

static bool
idle_has_signal(pid_t pid)
{
	static const char *const names[] = { "\nSigPnd:", "\nShdPnd:" };
	char path[64], text[8192];
	const char *p;
	size_t i;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (!idle_read(path, text, sizeof(text)))
		return false;
	for (i = 0; i < MEM_COUNT(names); i++) {
		p = strstr(text, names[i]);
		if (p != NULL && strtoull(p + strlen(names[i]), NULL, 16) != 0)
			return true;
	}
	return false;
}

/* Is there something in the terminal that nobody has read? */
static bool
idle_has_keys(const struct drive *d)
{
	int fd, n = 0;

	/* A program that has written has opened the terminal. */
	if (d->pty < 0 || d->bytes == 0)
		return false;
	fd = ioctl(d->pty, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (ioctl(fd, FIONREAD, &n) < 0)
		n = 0;
	close(fd);
	return n > 0;
}

bool
drive_sleeps(const struct drive *d)
{
	char folder[64], state;
	uint64_t ran;

	(void)snprintf(folder, sizeof(folder), "/proc/%d", (int)d->pid);
	return !idle_stat(folder, &state, &ran) ||
	    strchr("STtZ", state) != NULL;
}

void
drive_idle(struct drive *d, const char *args)
{
	int64_t due = clock_mono_ms() + strtol(args, NULL, 10), end, left;
	struct idle_look was = { 0 }, is = { 0 }, swap;
	size_t bytes = 0;
	int rounds = 0;

	while (rounds < IDLE_ROUNDS && clock_mono_ms() < due) {
		end = clock_mono_ms() + IDLE_ROUND_MS;
		while ((left = end - clock_mono_ms()) > 0)
			drive_round(d, false, (int)left);
		drive_reap(d, false);
		idle_look(&is, d->pid);
		if (d->bytes == bytes && idle_slept(&was, &is) &&
		    (d->ended || (!idle_has_signal(d->pid) &&
		    !idle_has_keys(d)))) {
			rounds++;
			continue;
		}
		rounds = 0;
		bytes = d->bytes;
		swap = was;
		was = is;
		is = swap;
	}
	free(was.list);
	free(is.list);
	puts(rounds == IDLE_ROUNDS ? "ok" : "timeout");
}
