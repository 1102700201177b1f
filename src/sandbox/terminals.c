/*
 * Nothing is kept of a terminal but its slave's O_PATH descriptor: an open master
 * would hide the programs' end from the other side, and so would an open slave.
 * Once the master is closed the kernel has removed that inode, and opening it
 * fails (EIO), whoever has a terminal with the same number now.
 */

#include "config.h"

#include "sandbox/terminals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"

/* Forget those whose master is closed. */
static void
terminals_sweep(struct terminals *t)
{
	struct stat st;
	size_t i, n = 0;

	for (i = 0; i < t->len; i++)
		if (fstat(t->v[i].fd, &st) == 0 && st.st_nlink > 0)
			t->v[n++] = t->v[i];
		else
			close(t->v[i].fd);
	t->len = n;
}

static long
terminals_count(const char *path)
{
	AUTO_BUF struct buf b = BUF_INIT(64);

	return fs_read_file(AT_FDCWD, path, &b, NULL) < 0 ? -1 :
	    strtol(buf_str(&b), NULL, 10);
}

/* Are half of the host's in use? A slave that is open after its master was closed
 * still takes one, and nobody can tell whose it is. */
static bool
terminals_are_scarce(void)
{
	long max = terminals_count("/proc/sys/kernel/pty/max");

	return terminals_count("/proc/sys/kernel/pty/nr") > max / 2;
}

static int
terminals_new(struct terminals *t)
{
	int master, slave = -1, number;

	if (t->len == TERMINALS_MAX || terminals_are_scarce())
		return -ENOSPC;
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0)
		return -errno;
	if (unlockpt(master) < 0 || ioctl(master, TIOCGPTN, &number) < 0 ||
	    (slave = ioctl(master, TIOCGPTPEER, O_PATH | O_NOCTTY |
	    O_CLOEXEC)) < 0) {
		number = -errno;
		close(master);
		return number;
	}
	t->v[t->len].number = number;
	t->v[t->len++].fd = slave;
	return master;
}

int
terminals_open(struct terminals *t, int number)
{
	char name[32];
	size_t i;
	int fd;

	terminals_sweep(t);
	if (number == TERMINALS_NEW)
		return terminals_new(t);
	for (i = 0; i < t->len; i++)
		if (t->v[i].number == number)
			break;
	/* As where another devpts is mounted. */
	if (i == t->len)
		return -ENOENT;
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", t->v[i].fd);
	fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
