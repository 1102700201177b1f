/*
 * Other processes, the first one of the sandbox above all; rights, limits and
 * priorities.
 */
#include "config.h"

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

static int
try_kill(const char *pid)
{
	return attempt_sys(kill(process_id(pid), 0));
}

/* PID/SIGNAL. Only for what is to survive it. */
static int
try_signal(const char *text)
{
	char *end;
	pid_t pid = (pid_t)strtol(text, &end, 10);

	return attempt_sys(kill(pid, (int)strtol(end + 1, NULL, 10)));
}

/* A worker of any call, this one's too, but the one that is pid 1 here. */
static int
try_kill_worker(const char *v)
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

static int
try_pidfd(const char *pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s", pid);
	return attempt_sys(syscall(SYS_pidfd_send_signal, open(path,
	    O_RDONLY | O_DIRECTORY), 0, NULL, 0));
}

static int
try_pidfd_getfd(const char *pid)
{
	int fd = (int)syscall(SYS_pidfd_open, process_id(pid), 0);

	return fd < 0 ? errno :
	    attempt_sys(syscall(SYS_pidfd_getfd, fd, 1, 0));
}

/* SIGIO, or what F_SETSIG makes of it, goes to any process of this user. */
static int
try_setown(const char *pid)
{
	return attempt_sys(fcntl(socket(AF_UNIX, SOCK_STREAM, 0), F_SETOWN,
	    process_id(pid)));
}

/* Signal 0 only asks whether it may. */
static int
try_sigqueue(const char *pid)
{
	const union sigval v = { .sival_int = 0 };

	return attempt_sys(sigqueue(process_id(pid), 0, v));
}

static int
try_ptrace(const char *pid)
{
	pid_t p = process_id(pid);

	if (ptrace(PTRACE_SEIZE, p, NULL, NULL) < 0)
		return errno;
	(void)ptrace(PTRACE_DETACH, p, NULL, NULL);
	return 0;
}

static int
try_peek(const char *pid)
{
	char c;
	struct iovec here = { &c, 1 }, there = { &c, 1 };

	return attempt_sys(process_vm_readv(process_id(pid), &here, 1, &there,
	    1, 0));
}

static int
try_poke(const char *pid)
{
	char c = 0;
	struct iovec here = { &c, 1 }, there = { &c, 1 };

	return attempt_sys(process_vm_writev(process_id(pid), &here, 1,
	    &there, 1, 0));
}

static int
try_prlimit(const char *pid)
{
	struct rlimit l = { 3, 3 };

	return attempt_sys(prlimit(process_id(pid), RLIMIT_NOFILE, &l, NULL));
}

static int
try_renice(const char *pid)
{
	return attempt_sys(setpriority(PRIO_PROCESS,
	    (id_t)strtol(pid, NULL, 10), 1));
}

static int
try_idle(const char *pid)
{
	struct sched_param p = { 0 };

	return attempt_sys(sched_setscheduler(process_id(pid), SCHED_IDLE,
	    &p));
}

/* Of another process, or of this one. */
static int
try_affinity(const char *pid)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	return attempt_sys(sched_setaffinity(process_id(pid), sizeof(all),
	    &all));
}

static int
try_move_pages(const char *pid)
{
	void *page = &page;
	int status;

	return attempt_sys(syscall(SYS_move_pages, process_id(pid), 1l, &page,
	    NULL, &status, 0));
}

static int
try_setuid(const char *uid)
{
	return attempt_sys(setuid((uid_t)strtol(uid, NULL, 10)));
}

static int
try_setgroups(const char *v)
{
	gid_t none = 0;

	(void)v;
	return attempt_sys(setgroups(1, &none));
}

/* Groups beyond the first one. */
static int
try_groups(const char *v)
{
	gid_t list[64];
	int n = getgroups(64, list), i;

	(void)v;
	for (i = 0; i < n; i++)
		if (list[i] != getgid())
			return ATTEMPT_LEAK;
	return ATTEMPT_CLEAN;
}

static int
try_caps(const char *v)
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
static int
try_new_privs(const char *v)
{
	(void)v;
	(void)prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? ATTEMPT_SANDBOXED :
	    ATTEMPT_LEAK;
}

/* A program of our own in this place, with a setuid bit. */
static int
try_run_copy(const char *path)
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

static int
try_nice(const char *v)
{
	(void)v;
	return attempt_sys(setpriority(PRIO_PROCESS, 0, -20));
}

static int
try_realtime(const char *v)
{
	struct sched_param p = { .sched_priority = 1 };

	(void)v;
	return attempt_sys(sched_setscheduler(0, SCHED_FIFO, &p));
}

static int
try_deadline(const char *v)
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
static int
try_ionice(const char *v)
{
	(void)v;
	return attempt_sys(syscall(SYS_ioprio_set, 1, 0, 1 << 13));
}

static int
try_oom(const char *score)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	return fd < 0 ? errno :
	    attempt_sys(write(fd, score, strlen(score)));
}

static int
try_raise(const char *what)
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

static int
try_core(const char *v)
{
	(void)v;
	return try_raise("core");
}

/* No file, and no handler that the kernel starts on the host: for that only a
 * limit of 1 does, which must not become 0. */
static int
try_core_limit(const char *v)
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

static int
try_shmget(const char *size)
{
	return attempt_sys(shmget(IPC_PRIVATE,
	    (size_t)strtol(size, NULL, 10), 0600));
}

/* One that has a name. */
static int
try_segment_key(const char *key)
{
	return attempt_sys(shmget((key_t)strtol(key, NULL, 0), 4096,
	    IPC_CREAT | 0600));
}

/* In, out and error are a command's; the folder that is read is the fourth. */
static int
try_three_fds(const char *v)
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

static int
count_processes(const char *v)
{
	(void)v;
	printf("processes %d\n", process_count());
	return ATTEMPT_SAID;
}

/* Ours: the first one, a shell, this program, and its child. */
static int
try_see_processes(const char *v)
{
	(void)v;
	return process_count() <= 4 ? ATTEMPT_CLEAN : ATTEMPT_LEAK;
}

/* Is any descriptor but the standard three there to be written to? */
static int
try_write_fds(const char *v)
{
	static const char frame[] = "r\0\0\0\x0a{\"exit\":0}";
	int fd;

	(void)v;
	for (fd = 3; fd < 4096; fd++)
		if (write(fd, frame, sizeof(frame) - 1) >= 0)
			return ATTEMPT_LEAK;
	return ATTEMPT_CLEAN;
}

static int
try_setsig(const char *sig)
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
static int
try_goes_on(const char *path)
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

/* Continue when a child ends, of which there is always one, a minute long. */
static int
try_wakes(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
	time_t end = time(NULL) + 60;
	long kid;

	(void)signal(SIGCONT, goes_on_signal);
	while (fd >= 0 && time(NULL) < end) {
		kid = syscall(SYS_clone, SIGCONT, NULL, NULL, NULL, NULL);
		if (kid == 0)
			_exit(0);
		if (kid < 0 || write(fd, "x", 1) < 0)
			return errno;
		while (waitpid((pid_t)kid, NULL, __WALL) < 0 && errno == EINTR)
			continue;
	}
	return fd < 0 ? errno : 0;
}

const struct attempt attempt_processes[] = {
	{ "affinity", try_affinity }, { "caps", try_caps },
	{ "core", try_core }, { "core_limit", try_core_limit },
	{ "deadline", try_deadline }, { "goes_on", try_goes_on },
	{ "groups", try_groups },
	{ "idle", try_idle },
	{ "ionice", try_ionice }, { "kill", try_kill },
	{ "kill_worker", try_kill_worker },
	{ "move_pages", try_move_pages }, { "new_privs", try_new_privs },
	{ "nice", try_nice }, { "oom", try_oom }, { "peek", try_peek },
	{ "pidfd", try_pidfd }, { "pidfd_getfd", try_pidfd_getfd },
	{ "poke", try_poke }, { "prlimit", try_prlimit },
	{ "processes", count_processes }, { "ptrace", try_ptrace },
	{ "raise", try_raise }, { "realtime", try_realtime },
	{ "renice", try_renice }, { "run_copy", try_run_copy },
	{ "see_processes", try_see_processes },
	{ "segment_key", try_segment_key }, { "setgroups", try_setgroups },
	{ "setown", try_setown }, { "setsig", try_setsig },
	{ "setuid", try_setuid }, { "shmget", try_shmget },
	{ "sigqueue", try_sigqueue }, { "signal", try_signal },
	 { "three_fds", try_three_fds },
	{ "wakes", try_wakes }, { "write_fds", try_write_fds },
	{ NULL, NULL },
};
