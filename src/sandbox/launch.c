/*
 * The outer process of a call, outside the sandbox. It builds the sandbox as
 * soon as it has the setup and then sleeps until the call comes (possibly at
 * once); supervise.c does the rest. It must never run or read anything of the
 * project itself.
 *
 *   setup read -> folders readied -> (as real root: the mounts opened by
 *   root_take, then the identity of the project's owner taken) -> init_run
 *   cloned or forked -> filter built and sent while the root is mounted ->
 *   asleep -> call read -> sent inside, where the project is mounted and the
 *   payload started -> output passed on until the first process is dead and
 *   its pipe at its end -> the result sent (frame 'r', see sandbox.h)
 * A worker that stays sends the result when everything of the call is dead but
 * the first process, and sleeps again.
 *
 * The end of descriptor 0 at any time: the core is gone, kill everything.
 */

#include "config.h"

#include "sandbox/launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdpass.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "sandbox/filter.h"
#include "sandbox/init.h"
#include "sandbox/landlock.h"
#include "sandbox/root.h"
#include "sandbox/sandbox.h"
#include "sandbox/sys.h"
#include "sandbox/tasks.h"
#include "sandbox/watch.h"

#define GUARD_KILL_MS	3000

/* Its streams are the program's alone: their ends are to be seen. */
static void
guard_leave_streams(void)
{
	int fd, null = open("/dev/null", O_RDWR);

	for (fd = 0; fd <= 2; fd++)
		if (null >= 0 && null != fd)
			(void)dup2(null, fd);
	if (null > 2)
		close(null);
}

static _Noreturn void
guard_end_as(int status)
{
	const struct rlimit none = { 0, 0 };
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	sigset_t all;

	if (sig == 0)
		_exit(WEXITSTATUS(status));
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(sig, SIG_DFL);
	sigemptyset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)kill(getpid(), sig);
	_exit(128 + sig);
}

/* Until the program has ended (true, with its status), or it is told. */
static bool
guard_wait(pid_t pid, const sigset_t *mask, int *status)
{
	for (;;) {
		int st, sig = sigwaitinfo(mask, NULL);
		pid_t got;

		if (sig == SIGTERM)
			return false;
		while ((got = waitpid(-1, &st, WNOHANG)) > 0)
			if (got == pid) {
				*status = st;
				return true;
			}
	}
}

_Noreturn void
guard_run(const char *parent, char *const *argv)
{
	sigset_t mask, old;
	int status = 0;
	bool ended;
	pid_t pid;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &mask, &old);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	/* Until here it was SIGKILL, and nothing was started. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 ||
	    getppid() != (pid_t)strtol(parent, NULL, 10))
		_exit(126);
	pid = fork();
	if (pid == 0) {
		(void)setsid();
		(void)sigprocmask(SIG_SETMASK, &old, NULL);
		execvp(argv[0], argv);
		_exit(127);
	}
	guard_leave_streams();
	if (pid < 0)
		_exit(126);
	ended = guard_wait(pid, &mask, &status);
	(void)tasks_kill_below(GUARD_KILL_MS, pid, ended ? NULL : &status);
	guard_end_as(status);
}

/* A partly received message from the core. */
struct launch_message {
	unsigned char	 head[4];
	char		*text;		/* NULL: still at the head */
	size_t		 want, got;	/* of the head, then of the text */
	int		 io;		/* came with it, or -1 */
};

/* As read(2); a server's input comes with its call. */
static ssize_t
launch_receive(struct launch_message *m, void *p, size_t n)
{
	struct iovec iov = { p, n };
	int fds[FDPASS_MAX];
	ssize_t got = fdpass_receive(STDIN_FILENO, &iov, 1, fds);

	if (fds[0] >= 0) {
		fs_close(m->io);
		m->io = fds[0];
	}
	fs_close(fds[1]);
	return got;
}

/* Read what is available. 1: the message is complete, 0: not yet, -1: there
 * won't be one. */
static int
launch_read(struct launch_message *m)
{
	if (m->text == NULL)
		m->want = sizeof(m->head);
	for (;;) {
		ssize_t n;

		if (m->got == m->want && m->text != NULL)
			return 1;
		if (m->got == m->want) {
			m->want = (size_t)m->head[0] << 24 |
			    (size_t)m->head[1] << 16 |
			    (size_t)m->head[2] << 8 | (size_t)m->head[3];
			if (m->want == 0 || m->want > REQUEST_MAX)
				return -1;
			m->text = xmalloc(m->want + 1);
			m->got = 0;
		}
		n = launch_receive(m, m->text == NULL ?
		    (char *)m->head + m->got : m->text + m->got,
		    m->want - m->got);
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n == 0 || (n < 0 && errno != EINTR))
			return -1;
		if (n > 0)
			m->got += (size_t)n;
	}
}

static int
launch_read_whole(struct launch_message *m)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	int rc;

	while ((rc = launch_read(m)) == 0)
		(void)poll(&p, 1, -1);
	return rc < 0 ? -1 : 0;
}

static int
launch_read_setup(struct launch *l, struct cgroup_leaf *leaf)
{
	struct launch_message first = { .io = -1 }, m = { .io = -1 };
	int rc = launch_read_whole(&first);

	if (rc == 0)
		rc = launch_read_whole(&m);
	if (rc == 0 && request_decode_leaf(first.text, first.want, leaf,
	    &l->filters, &l->error) == 0)
		(void)request_decode_setup(m.text, m.want, &l->r, &l->error);
	free(first.text);
	free(m.text);
	return rc;
}

/* Give files that root's core created in the staged copy to the user who will
 * write there. */
static void
launch_chown(int dirfd, const char *name, uid_t uid, gid_t gid)
{
	struct dirent *de;
	struct stat st;
	DIR *d;
	int fd;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (st.st_uid == 0)
		(void)!fchownat(dirfd, name, uid, gid, AT_SYMLINK_NOFOLLOW);
	if (!S_ISDIR(st.st_mode))
		return;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	d = fs_dir_take(fd);
	if (d == NULL)
		return;
	while ((de = readdir(d)) != NULL)
		if (!fs_is_dots(de->d_name))
			launch_chown(fd, de->d_name, uid, gid);
	closedir(d);
}

/* Create the overlay's work folder if it is missing; it is emptied when the
 * call comes. */
static int
launch_work(struct launch *l)
{
	if (!sandbox_levels[l->r.level].overlays)
		return 0;
	if (mkdir(l->r.work, 0700) < 0 && errno != EEXIST)
		return err_sys(&l->error, "overlay: cannot make %s",
		    l->r.work);
	return 0;
}

/*
 * The owner must be able to enter the folder that contains upper and work (its
 * parents stay closed: it is reached by descriptor).
 */
static void
launch_open_stage(const struct launch *l)
{
	char *dir = xstrdup(l->r.upper), *slash = strrchr(dir, '/');
	struct stat st;

	*slash = '\0';
	if (stat(dir, &st) == 0 && (st.st_mode & 0111) != 0111)
		(void)!chmod(dir, (st.st_mode & 07777) | 0111);
	free(dir);
}

/*
 * Real root becomes the project's owner, because neither file modes nor limits
 * restrict root. Root stays root, without capabilities (payload_drop), if it
 * owns the project itself, or if the copy isn't mounted and lies in a session
 * folder that the owner can't enter (see sandbox_stays_root).
 */
static int
launch_identity(struct launch *l)
{
	struct stat st;

	l->uid = geteuid();
	l->gid = getegid();
	if (l->uid != 0)
		return 0;
	/* Check the owner of, and show, the very same folder, whatever its
	 * owner replaces meanwhile. */
	l->root.place = root_place(l->r.root);
	if (l->root.place < 0 || fstat(l->root.place, &st) < 0)
		return err_sys(&l->error, "project: %s", l->r.root);
	if (sandbox_stays_root(l->r.level, l->r.root, l->r.copy))
		return 0;
	l->uid = st.st_uid;
	l->gid = st.st_uid == 0 ? l->gid : st.st_gid;
	if (l->uid != 0) {
		const char *own[] = {
			l->r.upper, l->r.work, l->r.copy, l->r.sandbox_home,
			l->r.sandbox_tmp,
		};
		size_t i;

		for (i = 0; i < MEM_COUNT(own); i++)
			if (own[i] != NULL)
				launch_chown(AT_FDCWD, own[i], l->uid,
				    l->gid);
		if (l->r.upper != NULL)
			launch_open_stage(l);
	}
	return 0;
}

/* Permanently. From here on nobody can inspect this process. */
static int
launch_drop(struct launch *l)
{
	if (setresgid(l->gid, l->gid, l->gid) < 0 ||
	    setresuid(l->uid, l->uid, l->uid) < 0)
		return err_sys(&l->error, "owner: cannot become uid %u",
		    l->uid);
	prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

static int
launch_become(struct launch *l)
{
	l->root.uid = l->uid;
	l->root.gid = l->gid;
	if (geteuid() != 0)
		return 0;
	if (l->has_ns && root_take(&l->root, &l->error) < 0) {
		if (l->error.sys != EPERM)
			return -1;
		/* Root of a container may not mount here; root_build tries
		 * again inside. */
		err_clear(&l->error);
	}
	(void)setgroups(0, NULL);
	l->drops = l->uid != 0;
	return l->drops && !l->has_ns ? launch_drop(l) : 0;
}

/*
 * The namespaces belong to the owner, but root writes the maps: a process with
 * only the owner's identity must be dumpable to write its own, and then the
 * owner could trace it and get root's descriptors.
 */
static int
launch_clone(struct launch *l)
{
	struct err e = ERR_INIT;

	if (l->drops && (setegid(l->gid) < 0 || seteuid(l->uid) < 0))
		return err_sys(&l->error, "owner: cannot become uid %u",
		    l->uid);
	if (l->drops)
		prctl(PR_SET_DUMPABLE, 0);
	l->pid = ns_clone(&l->pidfd, l->join.dir, &l->join.born,
	    &l->error);
	if (l->pid == 0 || !l->drops)
		return 0;
	if (seteuid(0) < 0 || setegid(0) < 0)
		err_sys(&e, "owner: cannot go back to root");
	else if (l->pid > 0)
		(void)ns_map(l->pid, l->uid, l->gid, &e);
	if (launch_drop(l) < 0)
		return -1;
	if (err_is_set(&e) && !err_is_set(&l->error))
		l->error = e;
	return 0;
}

/* Put the first process under the limits. It builds the sandbox meanwhile, and
 * starts no process before it has the call, or 'L'. */
static void
launch_limit(struct launch *l)
{
	cgroup_join_enter(&l->join, l->pid, &l->enforced);
	if (l->r.stays)
		(void)report_tell(l->report, 'L', 0);
	watch_spare(l->watch, &l->enforced);
}

static int
launch_start(struct launch *l)
{
	int pair[2];
	struct init in = { .r = &l->r, .uid = l->uid, .gid = l->gid };

	if (report_pair(pair, &l->error) < 0)
		return -1;
	in.root = l->has_ns ? &l->root : NULL;
	in.plan = l->has_plan ? &l->plan : NULL;
	in.report_fd = pair[1];
	in.mapped = l->has_ns && l->drops;
	l->pid = -1;
	if (l->has_ns)
		(void)launch_clone(l);
	else if ((l->pid = fork()) < 0)
		err_sys(&l->error, "guard: fork");
	if (l->pid == 0)
		init_run(&in);
	close(pair[1]);
	l->report = pair[0];
	if (l->pid < 0)
		return -1;
	if (in.mapped && !err_is_set(&l->error))
		(void)report_tell(l->report, 'M', 0);
	if (!l->has_ns && (l->pidfd = sys_pidfd_open(l->pid)) < 0)
		return err_sys(&l->error, "guard: pidfd");
	(void)fcntl(l->pidfd, F_SETFD, FD_CLOEXEC);
	launch_limit(l);
	(void)fcntl(l->report, F_SETFL, O_NONBLOCK);
	return err_is_set(&l->error) ? -1 : 0;
}

/* What a filter depends on; NULL if no other worker can use it. */
static char *
launch_filter_key(const struct filter_options *o)
{
	struct stat st;

	if (o->spared_len > 0 || stat("/proc/self/exe", &st) < 0)
		return NULL;
	return xasprintf("%d%d%d%d%d%d %llx %llx %lld.%09ld", o->pinned,
	    o->counted, o->own_ipc, o->no_sockets, o->brokered, o->landlock,
	    (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino, (long long)st.st_mtim.tv_sec,
	    st.st_mtim.tv_nsec);
}

/* From an earlier worker, or built here, which costs more than all the rest. */
static int
launch_filter(struct launch *l, const struct filter_options *o)
{
	AUTO_FREE char *key = launch_filter_key(o);
	char *known;
	const cJSON *it;
	size_t n;
	int rc;

	cJSON_ArrayForEach(it, l->filters) {
		if (key == NULL || strcmp(json_str_or(it, "key", ""), key) != 0)
			continue;
		known = json_get_bytes(it, "program", &n);
		rc = known != NULL && buf_add(&l->filter, known, n) == 0 ? 0 :
		    err_set(&l->error, "seccomp: the filter is malformed");
		free(known);
		return rc;
	}
	rc = filter_build(o, &l->filter, &l->error);
	if (rc == 0 && key != NULL) {
		AUTO_JSON cJSON *made = cJSON_CreateObject();

		json_add_str(made, "key", key);
		json_add_bytes(made, "program", l->filter.p, l->filter.len);
		l->filter_made = json_print(made);
	}
	return rc;
}

/* Each first process inside needs it. EPIPE: it has already failed and reported
 * why. */
static void
launch_send_filter(struct launch *l)
{
	(void)report_send(l->report, 'F', 0, l->filter.p, l->filter.len, NULL,
	    0);
}

static int
launch_make_filter(struct launch *l)
{
	pid_t spared[3] = { getpid(), l->pid, l->r.core_pid };
	struct filter_options o = {
		.pinned = sandbox_limits_pinned(&l->r.limits),
		.counted = l->enforced.memory == ENFORCED_KERNEL,
		.own_ipc = l->has_ns,
		.no_sockets = l->r.bare,
		.brokered = sandbox_levels[l->r.level].brokers,
		.landlock = landlock_version_for(&l->r),
		.spared = spared,
		.spared_len = l->has_plan ? 0 : l->r.core_pid > 0 ? 3 : 2,
	};

	if (launch_filter(l, &o) < 0)
		return -1;
	launch_send_filter(l);
	return 0;
}

/* What was made for the real .git is not part of a copy. */
static void
launch_tidy(const struct launch *l)
{
	const struct sandbox_level_row *is = &sandbox_levels[l->r.level];
	AUTO_FREE char *git = NULL;
	struct stat st;

	/* Not beside what may be alive; and while a worker ends that no call
	 * came to, another's may run. */
	if (l->alive || !l->begun)
		return;
	if (is->brokers && !l->r.bare && l->r.copy != NULL)
		copy_git_remove(&l->r);
	if (!is->encloses || is->overlays || l->r.copy == NULL)
		return;
	git = fs_join(l->r.copy, ".git");
	if (lstat(git, &st) < 0)
		;
	else if (S_ISDIR(st.st_mode))
		(void)rmdir(git);
	else if (S_ISREG(st.st_mode) && st.st_size == 0)
		(void)unlink(git);
}

/* How each limit is enforced without a cgroup; cgroup_join_enter() improves on
 * it. */
static void
launch_enforcement(struct launch *l)
{
	l->enforced.memory = ENFORCED_SAMPLED;
	l->enforced.cpu = l->r.limits.cpu > 0 ? ENFORCED_SAMPLED :
	    ENFORCED_OFF;
	/* RLIMIT_NPROC doesn't limit real root. */
	l->enforced.pids = getuid() == 0 ? ENFORCED_SAMPLED : ENFORCED_KERNEL;
	l->enforced.disk = l->r.quota_dir == NULL ? ENFORCED_OFF :
	    ENFORCED_SAMPLED;
}

/* Everything that doesn't need the call. */
static int
launch_prepare(struct launch *l)
{
	l->has_ns = sandbox_levels[l->r.level].encloses;
	l->has_plan = l->has_ns || sandbox_levels[l->r.level].brokers;
	if (l->has_plan)
		mount_plan_build(&l->r, &l->plan);
	l->watch = watch_new(&l->r);
	if ((sandbox_levels[l->r.level].overlays &&
	    ns_check(l->r.root, &l->mounts, &l->error) < 0) ||
	    launch_work(l) < 0 || launch_identity(l) < 0 ||
	    launch_become(l) < 0)
		return -1;
	launch_enforcement(l);
	if (!l->has_ns)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (launch_start(l) < 0)
		return -1;
	/* The first process has its own copies of these descriptors. */
	root_release(&l->root);
	mount_plan_release(&l->plan);
	prctl(PR_SET_DUMPABLE, 0);
	if (!l->has_ns)
		watch_attach_take(l->watch, open("/proc", O_RDONLY |
		    O_DIRECTORY | O_CLOEXEC), -1, l->pid);
	return launch_make_filter(l);
}

/* Sleep until the call comes. -1: it won't come, or the sandbox built for it no
 * longer exists. */
static int
launch_await(struct launch *l, struct launch_message *m)
{
	int rc;

	while ((rc = launch_read(m)) == 0) {
		struct pollfd p[3] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = l->report, .events = POLLIN },
			{ .fd = l->pidfd, .events = POLLIN },
		};

		(void)poll(p, 3, -1);
		if (p[1].revents != 0)
			supervise_report(l);
		if (p[2].revents != 0 || err_is_set(&l->error))
			return -1;
	}
	if (rc < 0)
		l->core_gone = true;
	return rc < 0 ? -1 : 0;
}

/* The payload may reopen its output as /dev/stdout: it belongs to whom we have
 * become. */
static int
launch_output(struct launch *l)
{
	int out[2];

	if (pipe2(out, O_CLOEXEC) < 0)
		return err_sys(&l->error, "worker: pipe");
	(void)fcntl(out[0], F_SETFL, O_NONBLOCK);
	l->out = out[0];
	l->out_inside = out[1];
	return 0;
}

/* l takes over the message. */
static int
launch_go(struct launch *l, struct launch_message *m)
{
	if (l->start == 0)
		l->start = clock_mono_ms();
	l->call = m->text;
	l->call_len = m->want;
	l->call_at = 0;
	l->io_inside = m->io;
	m->text = NULL;
	m->got = 0;
	m->io = -1;
	if (request_decode_call(l->call, l->call_len, &l->r, &l->error) < 0)
		return -1;
	l->deadline = l->start + request_timeout_ms(&l->r, &l->own_timeout);
	/* The host may have mounted something below the project meanwhile. */
	if (sandbox_levels[l->r.level].overlays &&
	    ns_check(l->r.root, &l->mounts, &l->error) < 0)
		return -1;
	if (launch_output(l) < 0)
		return -1;
	watch_begin(l->watch, &l->r);
	cgroup_join_begin(&l->join);
	if (l->filter_made != NULL)
		supervise_frame(l, 'f', l->filter_made,
		    strlen(l->filter_made));
	free(l->filter_made);
	l->filter_made = NULL;
	/* From here on the call may have run. */
	supervise_frame(l, 'b', NULL, 0);
	supervise_flush(l);
	l->begun = true;
	supervise_proxy(l);
	if (l->r.stays)
		(void)sys_pidfd_kill(l->pidfd, INIT_GO);
	supervise_call(l);
	return 0;
}

/* The call is over, and everything of it is dead. */
static void
launch_next(struct launch *l)
{
	request_release_call(&l->r);
	l->built = l->have_status = l->stopped = l->gone = l->answered = false;
	l->begun = false;
	FREE_NULL(l->left);
	l->printed = l->start = 0;
}

int
launch_run(void)
{
	struct launch l = { 0 };
	struct cgroup_leaf leaf = { 0 };
	struct launch_message m = { .io = -1 };
	sigset_t mask;
	bool ready, stays;

	/* Filled by one read at a time. */
	buf_init(&l.queue, 0);
	buf_init(&l.held, 0);
	buf_init(&l.filter, REPORT_MAX - 16);
	l.report = l.out = l.out_inside = l.io_inside = l.pidfd = l.mounts = l.proxy = -1;
	root_init(&l.root, &l.r, &l.plan);
	/* The first process must have it blocked before it can be sent. */
	sigemptyset(&mask);
	sigaddset(&mask, INIT_GO);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	(void)setsid();
	(void)fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	(void)fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
	if (launch_read_setup(&l, &leaf) < 0)
		return 1;
	/* If the call is already waiting, the time to build its sandbox counts
	 * towards its time limit. */
	if (launch_read(&m) != 0)
		l.start = clock_mono_ms();
	cgroup_join_open(&l.join, &leaf);
	ready = !err_is_set(&l.error) && launch_prepare(&l) == 0;
	do {
		if (!ready || launch_await(&l, &m) < 0 ||
		    launch_go(&l, &m) < 0)
			supervise_kill(&l);
		supervise_run(&l);
		if (supervise_has_verdict(&l)) {
			supervise_result(&l);
			supervise_run(&l);
		}
		launch_tidy(&l);
		if (!l.answered)
			supervise_result(&l);
		stays = supervise_stays(&l);
		launch_next(&l);
		if (stays)
			launch_send_filter(&l);
	} while (stays);
	cgroup_join_close(&l.join);
	watch_free(l.watch);
	root_release(&l.root);
	mount_plan_release(&l.plan);
	request_release(&l.r);
	buf_release(&l.held);
	buf_release(&l.queue);
	buf_release(&l.filter);
	free(m.text);
	free(l.call);
	free(l.limit_text);
	free(l.left);
	free(l.filter_made);
	cJSON_Delete(l.filters);
	return 0;
}
