/*
 * The outer process of a call, outside the cage: it starts the first process
 * inside, passes the output on, keeps deadline and limits, and says how it
 * ended.  What it must never do: run or read anything of the project itself,
 * or wait for a reader while a limit is due.
 *
 *   request read -> folders readied -> (as real root: trees taken, owner
 *   become) -> inside_run cloned or forked -> filter built and sent while the
 *   root is mounted -> output pumped until the first process is dead and its
 *   pipe at its end -> 'r'
 *
 * The end of descriptor 0 at any time: the core is gone, kill everything.
 */
#include "config.h"

#include "cage/launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cage/filter.h"
#include "cage/inside.h"
#include "cage/ns.h"
#include "cage/plan.h"
#include "cage/report.h"
#include "cage/request.h"
#include "cage/sys.h"
#include "cage/tasks.h"
#include "cage/watch.h"

#define LAUNCH_CHUNK	65536
#define LAUNCH_DRAIN_MS	2000	/* for the pipe's end after the last death */
#define LAUNCH_GUARD_MS	6000	/* for the guard to kill everything */

struct launch {
	struct request	 r;
	struct plan	 plan;
	struct ns	 ns;
	bool		 has_ns;
	struct watch	*watch;
	int		 report, out;	/* ours; -1 when at their end */
	int		 pidfd;		/* of the first process; -1: dead */
	pid_t		 pid;
	struct buf	 queue;		/* frames not written yet */
	size_t		 queue_at;
	int64_t		 start, deadline, look_due, give_up;
	bool		 own_timeout;
	bool		 built, core_gone, killing;
	bool		 have_status;
	int		 status;
	int64_t		 printed;
	const char	*killed;	/* which limit */
	char		*limit;		/* words */
	struct err	 error;
};

static void
launch_frame(struct launch *l, char type, const void *p, size_t n)
{
	unsigned char head[5] = {
		(unsigned char)type, (unsigned char)(n >> 24),
		(unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n,
	};

	buf_add(&l->queue, head, sizeof(head));
	buf_add(&l->queue, p, n);
}

/* Write what can be written. */
static void
launch_flush(struct launch *l)
{
	while (l->queue_at < l->queue.len) {
		ssize_t n = write(STDOUT_FILENO, l->queue.p + l->queue_at,
		    l->queue.len - l->queue_at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			l->core_gone = true;
			break;
		}
		l->queue_at += (size_t)n;
	}
	buf_clear(&l->queue);
	l->queue_at = 0;
}

/* ---- before the call ---- */

static int
launch_read(struct launch *l)
{
	unsigned char head[4];
	size_t want = sizeof(head), got = 0;
	char *text = NULL;
	int rc = -1;

	while (got < want) {
		ssize_t n = read(STDIN_FILENO, text == NULL ?
		    (char *)head + got : text + got, want - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			goto out;
		got += (size_t)n;
		if (got == want && text == NULL) {
			want = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
			    (size_t)head[2] << 8 | (size_t)head[3];
			if (want == 0 || want > REQUEST_MAX)
				goto out;
			text = xmalloc(want + 1);
			got = 0;
		}
	}
	rc = 0;
	(void)request_decode(text, want, &l->r, &l->error);
out:
	free(text);
	return rc;
}

/* Give what root's core made in the stage to who will write there. */
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

/* An overlay with `volatile` refuses a work folder that was used before. */
static int
launch_work(struct launch *l)
{
	if (l->r.rung != CAGE_A)
		return 0;
	if (fs_remove_tree(AT_FDCWD, l->r.work, &l->error) < 0)
		return -1;
	if (mkdir(l->r.work, 0700) < 0)
		return err_sys(&l->error, "overlay: cannot make %s",
		    l->r.work);
	return 0;
}

/*
 * The owner must be able to pass through the folder that holds upper and work
 * (its parents stay shut: it is reached by descriptor).
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
 * Real root becomes the project's owner: root outside is root to the kernel,
 * and its files and limits do not bind it. A project that root owns leaves root
 * as it is, without capabilities (payload_drop); so does a copy without a mount
 * in a session's folder that is shut to the owner (see cage_stays_root).
 */
static int
launch_identity(struct launch *l)
{
	struct stat st;

	l->ns.uid = geteuid();
	l->ns.gid = getegid();
	if (l->ns.uid != 0)
		return 0;
	if (stat(l->r.root, &st) < 0)
		return err_sys(&l->error, "project: %s", l->r.root);
	if (cage_stays_root(l->r.rung, l->r.root, l->r.copy))
		return 0;
	l->ns.uid = st.st_uid;
	l->ns.gid = st.st_uid == 0 ? l->ns.gid : st.st_gid;
	if (l->ns.uid != 0) {
		const char *own[] = {
			l->r.upper, l->r.work, l->r.copy, l->r.cage_home,
			l->r.cage_tmp,
		};
		size_t i;

		for (i = 0; i < MEM_COUNT(own); i++)
			if (own[i] != NULL)
				launch_chown(AT_FDCWD, own[i], l->ns.uid,
				    l->ns.gid);
		if (l->r.upper != NULL)
			launch_open_stage(l);
	}
	return 0;
}

static int
launch_become(struct launch *l)
{
	if (geteuid() != 0)
		return 0;
	if (l->has_ns && ns_take(&l->ns, &l->error) < 0) {
		if (l->error.sys != EPERM)
			return -1;
		/* Root of a container: no mounts out here, perhaps inside. */
		err_clear(&l->error);
	}
	(void)setgroups(0, NULL);
	if (l->ns.uid == 0)
		return 0;
	if (setresgid(l->ns.gid, l->ns.gid, l->ns.gid) < 0 ||
	    setresuid(l->ns.uid, l->ns.uid, l->ns.uid) < 0)
		return err_sys(&l->error, "owner: cannot become uid %u",
		    l->ns.uid);
	/* Changing uid made our own /proc entries root's; the child must
	 * write its maps. */
	prctl(PR_SET_DUMPABLE, 1);
	return 0;
}

static int
launch_start(struct launch *l)
{
	int pair[2], out[2];
	struct inside in = { .r = &l->r };

	if (report_pair(pair, &l->error) < 0)
		return -1;
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(pair[0]);
		close(pair[1]);
		return err_sys(&l->error, "worker: pipe");
	}
	in.ns = l->has_ns ? &l->ns : NULL;
	in.report_fd = pair[1];
	in.out_fd = out[1];
	if (l->has_ns)
		l->pid = ns_clone(&l->pidfd, &l->error);
	else if ((l->pid = fork()) < 0)
		err_sys(&l->error, "guard: fork");
	if (l->pid == 0)
		inside_run(&in);
	close(pair[1]);
	close(out[1]);
	l->report = pair[0];
	l->out = out[0];
	if (l->pid < 0)
		return -1;
	if (!l->has_ns && (l->pidfd = sys_pidfd_open(l->pid)) < 0)
		return err_sys(&l->error, "guard: pidfd");
	(void)fcntl(l->pidfd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(l->report, F_SETFL, O_NONBLOCK);
	(void)fcntl(l->out, F_SETFL, O_NONBLOCK);
	return 0;
}

static int
launch_send_filter(struct launch *l)
{
	pid_t spared[3] = { getpid(), l->pid, l->r.core_pid };
	struct filter_options o = {
		.pinned = l->r.limits.cpus == 1,
		.spared = spared,
		.spared_len = l->has_ns ? 0 : l->r.core_pid > 0 ? 3 : 2,
	};
	struct buf b = BUF_INIT(REPORT_MAX - 16);
	int rc = filter_build(&o, &b, &l->error);

	/* EPIPE: it has failed already and said why. */
	if (rc == 0)
		(void)report_send(l->report, 'F', 0, b.p, b.len, NULL, 0);
	buf_release(&b);
	return rc;
}

/* ---- during the call ---- */

static void
launch_kill(struct launch *l)
{
	if (!l->killing)
		l->give_up = clock_mono_ms() + LAUNCH_GUARD_MS;
	l->killing = true;
	if (l->pidfd < 0)
		return;
	if (l->has_ns)
		(void)sys_pidfd_kill(l->pidfd, SIGKILL);
	else if (l->report >= 0)
		(void)shutdown(l->report, SHUT_WR);
}

static char *
launch_bytes(int64_t n)
{
	if (n >= (int64_t)1 << 30 && n % ((int64_t)1 << 30) == 0)
		return xasprintf("%lld GiB", (long long)(n >> 30));
	if (n >= (int64_t)1 << 20)
		return xasprintf("%lld MiB", (long long)(n >> 20));
	return xasprintf("%lld bytes", (long long)n);
}

static char *
launch_duration(int64_t ms)
{
	if (ms % 60000 == 0)
		return xasprintf("%lld min", (long long)(ms / 60000));
	if (ms % 1000 == 0)
		return xasprintf("%lld s", (long long)(ms / 1000));
	return xasprintf("%lld ms", (long long)ms);
}

/* `limit` is taken. The first limit wins. */
static void
launch_limit_take(struct launch *l, const char *killed, char *limit)
{
	if (l->killed == NULL && !l->have_status) {
		l->killed = killed;
		l->limit = limit;
	} else
		free(limit);
	launch_kill(l);
}

static void
launch_timeout(struct launch *l)
{
	char *d = launch_duration(request_timeout_ms(&l->r, &l->own_timeout));

	launch_limit_take(l, "timeout", xasprintf(l->own_timeout ?
	    "it ran longer than its timeout_s of %s" :
	    "it ran longer than %s; --timeout raises it", d));
	free(d);
}

static void
launch_verdict(struct launch *l, enum watch_verdict v)
{
	const struct cage_limits *lim = &l->r.limits;
	char *n;

	switch (v) {
	case WATCH_FINE:
		break;
	case WATCH_MEMORY:
		n = launch_bytes(lim->memory_bytes);
		launch_limit_take(l, "memory", xasprintf(
		    "it used more than %s of memory; --memory raises it", n));
		free(n);
		break;
	case WATCH_DISK:
		n = launch_bytes(lim->disk_bytes);
		launch_limit_take(l, "disk", xasprintf(
		    "it wrote more than %s; --disk raises it", n));
		free(n);
		break;
	case WATCH_INODES:
		launch_limit_take(l, "disk", xasprintf("it wrote more than "
		    "%lld files; a larger --disk allows more",
		    (long long)lim->disk_inodes));
		break;
	case WATCH_FULL:
		launch_limit_take(l, "disk", xstrdup("the disk that holds the "
		    "session is almost full; free some space"));
		break;
	case WATCH_PIDS:
		launch_limit_take(l, "pids", xasprintf("it had more than %d "
		    "processes and threads; --pids raises it", lim->pids));
		break;
	}
}

static void
launch_report(struct launch *l)
{
	struct report m;

	if (report_receive(l->report, &m) < 0) {
		if (errno == EAGAIN)
			return;
		m.kind = 0;
	}
	switch (m.kind) {
	case 'P':
		watch_attach_take(l->watch, m.fds[0], m.fds[1], 0);
		m.fds[0] = m.fds[1] = -1;
		break;
	case 'B':
		l->built = true;
		l->look_due = clock_mono_ms() + 20;
		break;
	case 'E':
		if (!err_is_set(&l->error)) {
			err_set(&l->error, "%s", m.text);
			l->error.sys = m.value;
		}
		break;
	case 'S':
		l->have_status = true;
		l->status = m.value;
		break;
	default:
		close(l->report);
		l->report = -1;
	}
	if (m.fds[0] >= 0)
		close(m.fds[0]);
	if (m.fds[1] >= 0)
		close(m.fds[1]);
	free(m.text);
}

static void
launch_output(struct launch *l)
{
	char chunk[LAUNCH_CHUNK];
	ssize_t n = read(l->out, chunk, sizeof(chunk));
	int64_t room = l->r.limits.output_bytes - l->printed;
	char *words;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(l->out);
		l->out = -1;
		return;
	}
	l->printed += n;
	if (room > 0)
		launch_frame(l, 'o', chunk, (size_t)(n < room ? n : room));
	if (l->printed > l->r.limits.output_bytes) {
		words = launch_bytes(l->r.limits.output_bytes);
		launch_limit_take(l, "output", xasprintf("it printed more "
		    "than %s; send its output into a file", words));
		free(words);
	}
	launch_flush(l);
}

/* The first process is dead. What it left is read until its end. */
static void
launch_reaped(struct launch *l)
{
	int st;

	while (waitpid(l->pid, &st, 0) < 0 && errno == EINTR)
		;
	close(l->pidfd);
	l->pidfd = -1;
	while (l->report >= 0) {
		struct pollfd p = { .fd = l->report, .events = POLLIN };

		if (poll(&p, 1, 0) <= 0)
			break;
		launch_report(l);
	}
	/* A guard that was killed leaves its orphans to us. */
	if (!l->has_ns)
		(void)tasks_kill_below(LAUNCH_GUARD_MS, 0, NULL);
	l->give_up = clock_mono_ms() + LAUNCH_DRAIN_MS;
}

static void
launch_stdin(struct launch *l)
{
	char junk[512];
	ssize_t n = read(STDIN_FILENO, junk, sizeof(junk));

	if (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)))
		return;
	l->core_gone = true;
}

static int
launch_wait_ms(const struct launch *l)
{
	int64_t now = clock_mono_ms(), due = l->deadline;

	/* A slow reader may take its time. */
	if (l->pidfd < 0 && l->queue.len > 0)
		return -1;
	if (l->pidfd < 0 || l->killing)
		due = l->give_up;
	else if (l->built && l->look_due < due)
		due = l->look_due;
	return due <= now ? 0 : (int)(due - now);
}

static void
launch_pump(struct launch *l)
{
	while (l->pidfd >= 0 || (l->out >= 0 && !l->core_gone) ||
	    (l->queue.len > 0 && !l->core_gone)) {
		struct pollfd p[5] = {
			{ .fd = l->core_gone ? -1 : STDIN_FILENO,
			  .events = POLLIN },
			{ .fd = l->core_gone || l->queue.len == 0 ? -1 :
			  STDOUT_FILENO, .events = POLLOUT },
			{ .fd = l->queue.len > 0 && !l->core_gone ? -1 :
			  l->out, .events = POLLIN },
			{ .fd = l->report, .events = POLLIN },
			{ .fd = l->pidfd, .events = POLLIN },
		};
		int64_t now;
		int next;

		if (poll(p, 5, launch_wait_ms(l)) < 0 && errno != EINTR)
			break;
		if (p[0].revents != 0)
			launch_stdin(l);
		if (p[1].revents != 0)
			launch_flush(l);
		if (p[2].revents != 0)
			launch_output(l);
		if (p[3].revents != 0)
			launch_report(l);
		if (p[4].revents != 0)
			launch_reaped(l);
		if (l->core_gone && !l->killing)
			launch_kill(l);
		now = clock_mono_ms();
		if (l->pidfd >= 0 && !l->killing && now >= l->deadline)
			launch_timeout(l);
		if (l->pidfd >= 0 && !l->killing && l->built &&
		    now >= l->look_due) {
			launch_verdict(l, watch_look(l->watch, &next));
			l->look_due = clock_mono_ms() + next;
		}
		if (now < l->give_up || (!l->killing && l->pidfd >= 0) ||
		    (l->pidfd < 0 && l->queue.len > 0))
			continue;
		/* The guard does not come to an end, or the pipe does not. */
		if (l->pidfd >= 0) {
			(void)sys_pidfd_kill(l->pidfd, SIGKILL);
			l->give_up = now + LAUNCH_GUARD_MS;
		} else if (l->out >= 0) {
			close(l->out);
			l->out = -1;
		}
	}
}

/* ---- afterwards ---- */

/* The place where the real .git was shown is not part of the copy. */
static void
launch_tidy(const struct launch *l)
{
	char *git = fs_join(l->r.copy, ".git");
	struct stat st;

	if (lstat(git, &st) < 0)
		;
	else if (S_ISDIR(st.st_mode))
		(void)rmdir(git);
	else if (S_ISREG(st.st_mode) && st.st_size == 0)
		(void)unlink(git);
	free(git);
}

static void
launch_result(struct launch *l)
{
	cJSON *o = cJSON_CreateObject();
	int code = -1, sig = 0;
	char *text, *n;

	json_add_str(o, "rung", cage_rung_name(l->r.rung));
	json_add_int(o, "ms", clock_mono_ms() - l->start);
	if (!err_is_set(&l->error) && !l->built && l->killed == NULL) {
		errno = ECHILD;
		err_sys(&l->error, "worker: the first process died");
	}
	if (err_is_set(&l->error)) {
		json_add_str(o, "error", l->error.text);
		json_add_int(o, "errno", l->error.sys);
		goto out;
	}
	if (l->have_status && WIFEXITED(l->status))
		code = WEXITSTATUS(l->status);
	else if (l->have_status && WIFSIGNALED(l->status))
		sig = WTERMSIG(l->status);
	else if (l->killed == NULL)
		sig = SIGKILL;
	/* The kernel's own limit on one file. */
	if (l->killed == NULL && (sig == SIGXFSZ || code == 128 + SIGXFSZ)) {
		n = launch_bytes(l->r.limits.disk_bytes);
		l->killed = "disk";
		l->limit = xasprintf("it wrote a file of more than %s; --disk "
		    "raises it", n);
		free(n);
	}
	if (l->killed != NULL) {
		json_add_str(o, "killed", l->killed);
		json_add_str(o, "limit", l->limit);
	} else if (sig != 0)
		json_add_int(o, "signal", sig);
	else
		json_add_int(o, "exit", code);
out:
	text = json_print(o);
	launch_frame(l, 'r', text, strlen(text));
	free(text);
	cJSON_Delete(o);
}

int
launch_run(void)
{
	struct launch l = { 0 };
	sigset_t none;

	buf_init(&l.queue, CAGE_FRAME_MAX * 2);
	l.report = l.out = l.pidfd = l.ns.stage = l.ns.git = -1;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_IGN);
	(void)setsid();
	if (launch_read(&l) < 0)
		return 1;
	(void)fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
	l.start = clock_mono_ms();
	l.ns.r = &l.r;
	l.ns.plan = &l.plan;
	if (err_is_set(&l.error))
		goto out;
	l.deadline = l.start + request_timeout_ms(&l.r, &l.own_timeout);
	l.has_ns = l.r.rung == CAGE_A || l.r.rung == CAGE_B;
	if (l.has_ns)
		plan_build(&l.r, &l.plan);
	l.watch = watch_new(&l.r);
	if (ns_check(&l.ns, &l.error) < 0 || launch_work(&l) < 0 ||
	    launch_identity(&l) < 0 || launch_become(&l) < 0)
		goto out;
	if (!l.has_ns)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (launch_start(&l) < 0)
		goto out;
	prctl(PR_SET_DUMPABLE, 0);
	if (!l.has_ns)
		watch_attach_take(l.watch, open("/proc", O_RDONLY |
		    O_DIRECTORY | O_CLOEXEC), -1, l.pid);
	if (launch_send_filter(&l) < 0)
		launch_kill(&l);
	launch_pump(&l);
	if (l.r.rung == CAGE_B)
		launch_tidy(&l);
out:
	launch_result(&l);
	/* Nothing else is left to be done: wait for the reader. */
	while (!l.core_gone && l.queue.len > 0) {
		struct pollfd p[2] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = STDOUT_FILENO, .events = POLLOUT },
		};

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[0].revents != 0)
			launch_stdin(&l);
		launch_flush(&l);
	}
	watch_free(l.watch);
	plan_release(&l.plan);
	request_release(&l.r);
	buf_release(&l.queue);
	free(l.limit);
	return 0;
}
