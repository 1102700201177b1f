/*
 * Other processes, the first one of the sandbox above all; rights, limits and
 * priorities.
 */
#include "config.h"

#include "base/fdpass.h"
#include "tests/escape/attempt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t
process_id(const char *text)
{
	return (pid_t)strtol(text, NULL, 10);
}

ATTEMPT(kill, pid)
{
	return attempt_sys(kill(process_id(pid), 0));
}

/* PID/SIGNAL. Only for what is to survive it. */
ATTEMPT(signal, text)
{
	char *end;
	pid_t pid = (pid_t)strtol(text, &end, 10);

	return attempt_sys(kill(pid, (int)strtol(end + 1, NULL, 10)));
}

/* A worker of any call, including ours, but not pid 1 here. */
ATTEMPT(kill_worker, v)
{
	DIR *d = opendir("/proc");
	struct dirent *de;
	bool found = false;

	(void)v;
	while (d != NULL && !found && (de = readdir(d)) != NULL) {
		pid_t pid = process_id(de->d_name);
		char path[300], name[16] = "";
		int fd;

		if (pid <= 1)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", de->d_name);
		fd = open(path, O_RDONLY);
		if (fd >= 0) {
			(void)!read(fd, name, sizeof(name) - 1);
			close(fd);
		}
		found = strncmp(name, "assent-", 7) == 0 && kill(pid, 0) == 0;
	}
	if (d != NULL)
		closedir(d);
	return found ? ATTEMPT_LEAK : ATTEMPT_CLEAN;
}

ATTEMPT(pidfd, pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s", pid);
	return attempt_sys(syscall(SYS_pidfd_send_signal, open(path,
	    O_RDONLY | O_DIRECTORY), 0, NULL, 0));
}

ATTEMPT(pidfd_getfd, pid)
{
	int fd = (int)syscall(SYS_pidfd_open, process_id(pid), 0);

	return fd < 0 ? errno :
	    attempt_sys(syscall(SYS_pidfd_getfd, fd, 1, 0));
}

/* SIGIO, or what F_SETSIG makes of it, goes to any process of this user. */
ATTEMPT(setown, pid)
{
	return attempt_sys(fcntl(socket(AF_UNIX, SOCK_STREAM, 0), F_SETOWN,
	    process_id(pid)));
}

/* Signal 0 only asks whether it may. */
ATTEMPT(sigqueue, pid)
{
	const union sigval v = { .sival_int = 0 };

	return attempt_sys(sigqueue(process_id(pid), 0, v));
}

ATTEMPT(ptrace, pid)
{
	pid_t p = process_id(pid);

	if (ptrace(PTRACE_SEIZE, p, NULL, NULL) < 0)
		return errno;
	(void)ptrace(PTRACE_DETACH, p, NULL, NULL);
	return 0;
}

ATTEMPT(peek, pid)
{
	char c;
	struct iovec here = { &c, 1 }, there = { &c, 1 };

	return attempt_sys(process_vm_readv(process_id(pid), &here, 1, &there,
	    1, 0));
}

ATTEMPT(poke, pid)
{
	char c = 0;
	struct iovec here = { &c, 1 }, there = { &c, 1 };

	return attempt_sys(process_vm_writev(process_id(pid), &here, 1,
	    &there, 1, 0));
}

ATTEMPT(prlimit, pid)
{
	struct rlimit l = { 3, 3 };

	return attempt_sys(prlimit(process_id(pid), RLIMIT_NOFILE, &l, NULL));
}

ATTEMPT(renice, pid)
{
	return attempt_sys(setpriority(PRIO_PROCESS,
	    (id_t)strtol(pid, NULL, 10), 1));
}

ATTEMPT(idle, pid)
{
	struct sched_param p = { 0 };

	/* musl's function calls nothing. */
	return attempt_sys((int)syscall(SYS_sched_setscheduler,
	    process_id(pid), SCHED_IDLE, &p));
}

/* Of another process, or of this one. */
ATTEMPT(affinity, pid)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	return attempt_sys(sched_setaffinity(process_id(pid), sizeof(all),
	    &all));
}

ATTEMPT(move_pages, pid)
{
	void *page = &page;
	int status;

	return attempt_sys(syscall(SYS_move_pages, process_id(pid), 1l, &page,
	    NULL, &status, 0));
}

ATTEMPT(setuid, uid)
{
	return attempt_sys(setuid((uid_t)strtol(uid, NULL, 10)));
}

ATTEMPT(setgroups, v)
{
	gid_t none = 0;

	(void)v;
	return attempt_sys(setgroups(1, &none));
}

/* Groups beyond the first one. */
ATTEMPT(groups, v)
{
	gid_t list[64];
	int n = getgroups(64, list), i;

	(void)v;
	for (i = 0; i < n; i++)
		if (list[i] != getgid())
			return ATTEMPT_LEAK;
	return ATTEMPT_CLEAN;
}

ATTEMPT(caps, v)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct has[2];
	int cap;

	(void)v;
	if (syscall(SYS_capget, &head, has) < 0)
		return errno;
	if ((has[0].permitted | has[1].permitted | has[0].effective |
	    has[1].effective | has[0].inheritable | has[1].inheritable) != 0)
		return ATTEMPT_LEAK;
	for (cap = 0; cap < 41; cap++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) ==
		    0)
			return ATTEMPT_LEAK;
	memset(has, 0xff, sizeof(has));
	return syscall(SYS_capset, &head, has) == 0 ? ATTEMPT_LEAK :
	    ATTEMPT_CLEAN;
}

/* With it no program with a setuid bit or capabilities gains from them. */
ATTEMPT(new_privs, v)
{
	(void)v;
	(void)prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? ATTEMPT_SANDBOXED :
	    ATTEMPT_LEAK;
}

/* A program of our own in this place, with a setuid bit. */
ATTEMPT(run_copy, path)
{
	char chunk[65536];
	int in = open("/proc/self/exe", O_RDONLY), out, status;
	ssize_t n;
	pid_t pid;

	out = open(path, O_WRONLY | O_CREAT | O_EXCL, 0700);
	if (in < 0 || out < 0)
		return errno;
	while ((n = read(in, chunk, sizeof(chunk))) > 0)
		if (write(out, chunk, (size_t)n) != n)
			return errno;
	(void)fchmod(out, 06755);
	close(out);
	pid = fork();
	if (pid == 0) {
		close(STDOUT_FILENO);
		execl(path, path, "-t", "caps", (char *)NULL);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return errno;
	(void)unlink(path);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return WEXITSTATUS(status);
	return ATTEMPT_SANDBOXED;
}

ATTEMPT(nice, v)
{
	(void)v;
	return attempt_sys(setpriority(PRIO_PROCESS, 0, -20));
}

ATTEMPT(realtime, v)
{
	struct sched_param p = { .sched_priority = 1 };

	(void)v;
	return attempt_sys((int)syscall(SYS_sched_setscheduler, 0, SCHED_FIFO,
	    &p));
}

ATTEMPT(deadline, v)
{
	struct {
		uint32_t	size, policy;
		uint64_t	flags;
		int32_t		nice;
		uint32_t	priority;
		uint64_t	runtime, deadline, period;
	} a = {
		.size = sizeof(a), .policy = 6, .runtime = 1000000,
		.deadline = 10000000, .period = 10000000,
	};

	(void)v;
	return attempt_sys(syscall(SYS_sched_setattr, 0, &a, 0));
}

/* The real-time class of disks. */
ATTEMPT(ionice, v)
{
	(void)v;
	return attempt_sys(syscall(SYS_ioprio_set, 1, 0, 1 << 13));
}

ATTEMPT(oom, score)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	return fd < 0 ? errno :
	    attempt_sys(write(fd, score, strlen(score)));
}

ATTEMPT(raise, what)
{
	struct rlimit l = { RLIM_INFINITY, RLIM_INFINITY };
	int which = strcmp(what, "core") == 0 ? RLIMIT_CORE :
	    strcmp(what, "processes") == 0 ? RLIMIT_NPROC :
	    strcmp(what, "files") == 0 ? RLIMIT_NOFILE : RLIMIT_FSIZE;

	if (setrlimit((unsigned)which, &l) < 0 ||
	    getrlimit((unsigned)which, &l) < 0)
		return errno;
	return l.rlim_max == RLIM_INFINITY ? 0 : ATTEMPT_SANDBOXED;
}

ATTEMPT(core, v)
{
	(void)v;
	return try_raise("core");
}

/* No file, and no handler that the kernel starts on the host: for that only a
 * limit of 1 does, which must not become 0. */
ATTEMPT(core_limit, v)
{
	struct rlimit none = { 0, 0 }, l;

	(void)v;
	if (setrlimit(RLIMIT_CORE, &none) < 0 ||
	    syscall(SYS_setrlimit, RLIMIT_CORE, &none) < 0 ||
	    getrlimit(RLIMIT_CORE, &l) < 0)
		return errno;
	/* 0: that is what this host gave us. */
	return l.rlim_cur == 1 && l.rlim_max == 1 ? ATTEMPT_SANDBOXED :
	    l.rlim_max == 0 ? ATTEMPT_NONE : ATTEMPT_LEAK;
}

ATTEMPT(shmget, size)
{
	return attempt_sys(shmget(IPC_PRIVATE,
	    (size_t)strtol(size, NULL, 10), 0600));
}

/* One that has a name. */
ATTEMPT(segment_key, key)
{
	return attempt_sys(shmget((key_t)strtol(key, NULL, 0), 4096,
	    IPC_CREAT | 0600));
}

/* In, out and error are a command's; the folder that is read is the fourth. */
ATTEMPT(three_fds, v)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *de;
	int n = 0;

	(void)v;
	if (d == NULL)
		return errno;
	while ((de = readdir(d)) != NULL)
		n += de->d_name[0] != '.';
	closedir(d);
	return n == 4 ? ATTEMPT_CLEAN : ATTEMPT_LEAK;
}

static int
process_count(void)
{
	DIR *d = opendir("/proc");
	struct dirent *de;
	int n = 0;

	while (d != NULL && (de = readdir(d)) != NULL)
		if (de->d_name[0] >= '1' && de->d_name[0] <= '9')
			n++;
	if (d != NULL)
		closedir(d);
	return n;
}

ATTEMPT(processes, v)
{
	(void)v;
	printf("processes %d\n", process_count());
	return ATTEMPT_SAID;
}

/* Ours: the first one, a shell, this program, and its child. */
ATTEMPT(see_processes, v)
{
	(void)v;
	return process_count() <= 4 ? ATTEMPT_CLEAN : ATTEMPT_LEAK;
}

/* Is any descriptor but the standard three there to be written to? */
ATTEMPT(write_fds, v)
{
	static const char frame[] = "r\0\0\0\x0a{\"exit\":0}";
	int fd;

	(void)v;
	for (fd = 3; fd < 4096; fd++)
		if (write(fd, frame, sizeof(frame) - 1) >= 0)
			return ATTEMPT_LEAK;
	return ATTEMPT_CLEAN;
}

ATTEMPT(setsig, sig)
{
	return attempt_sys(fcntl(STDOUT_FILENO, F_SETSIG,
	    (int)strtol(sig, NULL, 10)));
}

static void
goes_on_signal(int sig)
{
	(void)sig;
}

/* Continue whenever it is stopped, a minute long; a byte at a time shows it. */
ATTEMPT(goes_on, path)
{
	struct sigevent e = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT,
	};
	const struct timespec ms = { .tv_nsec = 1000000 };
	const struct itimerspec often = { ms, ms };
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600), i;
	timer_t t;

	(void)signal(SIGCONT, goes_on_signal);
	if (fd < 0 || timer_create(CLOCK_MONOTONIC, &e, &t) < 0 ||
	    timer_settime(t, 0, &often, NULL) < 0)
		return errno;
	for (i = 0; i < 60000; i++) {
		if (write(fd, "x", 1) < 0)
			return errno;
		(void)nanosleep(&ms, NULL);
	}
	return 0;
}

/* To be continued when the parent ends, or a child, or a terminal hangs up. */
ATTEMPT(wakes, value)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	long kid;

	(void)value;
	/* Of any descriptor if there is no terminal. */
	if (ioctl(fd < 0 ? 0 : fd, TIOCSCTTY, 0) == 0 || errno != EPERM)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, SIGCONT, 0, 0, 0) == 0 || errno != EPERM)
		return 0;
	kid = syscall(SYS_clone, SIGCONT, NULL, NULL, NULL, NULL);
	if (kid == 0)
		_exit(0);
	return attempt_sys(kid);
}

/* Continue when the kernel drops the other end of our terminal, whose session it
 * then hangs up: that is in the queue of a socket which only its own queue still
 * has, until a program anywhere closes one. Says so. */
ATTEMPT(hangs, path)
{
	const struct timespec ms = { 0, 1000000 };
	char byte = 'x', *slave;
	struct iovec iov = { &byte, 1 };
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600), pair[2], i;
	int fds[2];

	(void)signal(SIGHUP, SIG_IGN);
	if (fd < 0 || setsid() < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ||
	    (fds[0] = posix_openpt(O_RDWR | O_NOCTTY)) < 0 ||
	    grantpt(fds[0]) < 0 || (unlockpt(fds[0]) < 0 && errno != EPERM) ||
	    (slave = ptsname(fds[0])) == NULL ||
	    ioctl(open(slave, O_RDWR), TIOCSCTTY, 0) < 0)
		return errno;
	fds[1] = pair[1];
	if (fdpass_send(pair[0], &iov, 1, fds, 2) < 0)
		return errno;
	close(fds[0]);
	close(pair[1]);
	close(pair[0]);
	if (write(1, "hangs\n", 6) < 0)
		return errno;
	for (i = 0; i < 60000; i++) {
		if (write(fd, "x", 1) < 0)
			return errno;
		(void)nanosleep(&ms, NULL);
	}
	return 0;
}

/* Be in vfork, whose child says so and then takes its time. */
ATTEMPT(spawns, value)
{
	const struct timespec pause = { 0, 20000000 };
	pid_t pid = vfork();

	(void)value;
	if (pid == 0) {
		(void)!write(1, "spawns\n", 7);
		(void)nanosleep(&pause, NULL);
		_exit(0);
	}
	return attempt_sys(pid);
}
