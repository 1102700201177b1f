/*
 * Signals, where landlock doesn't keep them in (before version 6): only to what
 * this process is an ancestor of.
 */
#include "config.h"

#include "sandbox/broker-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "sandbox/tasks.h"
#include "sandbox/sys.h"

/* The processes below this one. */
static void
signal_list(struct tasks *l)
{
	if (tasks_list_below(l) < 0)
		l->len = 0;
}

static bool
signal_is_below(const struct tasks *l, pid_t pid)
{
	size_t i;

	for (i = 0; i < l->len; i++)
		if (l->v[i].pid == pid)
			return l->v[i].below;
	return false;
}

static int64_t
signal_one(pid_t pid, int sig)
{
	AUTO(tasks_release) struct tasks l = { 0 };
	int fd = sys_pidfd_open(pid), rc;

	if (fd < 0)
		return errno == EINVAL ? -ESRCH : -errno;
	/* Whoever had this number when the list was made, has it still or is
	 * dead. */
	signal_list(&l);
	rc = !signal_is_below(&l, pid) ? -EPERM :
	    sys_pidfd_kill(fd, sig) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

static int64_t
signal_group(pid_t group, int sig)
{
	AUTO(tasks_release) struct tasks l = { 0 };
	int64_t rc = -ESRCH;
	size_t i;

	signal_list(&l);
	for (i = 0; i < l.len; i++)
		if (l.v[i].below && getpgid(l.v[i].pid) == group &&
		    kill(l.v[i].pid, sig) == 0)
			rc = 0;
	return rc;
}

int64_t
broker_kill(struct broker_call *c)
{
	pid_t pid = (pid_t)c->args[0];
	int sig = (int)c->args[1];

	if (pid > 0)
		return signal_one(pid, sig);
	if (pid == -1)
		return -EPERM;
	return signal_group(pid == 0 ? getpgid(c->pid) : -pid, sig);
}

/* A thread of a process below. */
static int64_t
signal_thread(struct broker_call *c, pid_t group, pid_t thread, int sig)
{
	AUTO(tasks_release) struct tasks l = { 0 };

	if (group <= 0 || thread <= 0)
		return -EINVAL;
	signal_list(&l);
	if (!signal_is_below(&l, group) || !broker_is_on(c))
		return -EPERM;
	return syscall(SYS_tgkill, group, thread, sig) < 0 ? -errno : 0;
}

int64_t
broker_tgkill(struct broker_call *c)
{
	return signal_thread(c, (pid_t)c->args[0], (pid_t)c->args[1],
	    (int)c->args[2]);
}

/* Only to a process's first thread: libc uses tgkill for the others. */
int64_t
broker_tkill(struct broker_call *c)
{
	return signal_thread(c, (pid_t)c->args[0], (pid_t)c->args[0],
	    (int)c->args[1]);
}
