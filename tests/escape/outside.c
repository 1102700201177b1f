#include "config.h"

#include "tests/escape/outside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"

#define OUTSIDE_SOCKETS 7
#define OUTSIDE_KEY 0x61730000	/* of shared memory, with the pid */

struct outside {
	struct world	*w;
	int		 socks[OUTSIDE_SOCKETS];
	int		 accepted[OUTSIDE_SOCKETS];
	int		 udp, datagrams, fifo, written;
	int		 left;
	pid_t		 victim;
	int		 segment;
	key_t		 key;
	char		*counter, *queue;
	mqd_t		 mq;
};

static _Noreturn void
outside_bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(99);
}

static int
outside_listen(struct world *w, const char *below)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *path = world_path(w, below);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	memcpy(a.sun_path, path, strlen(path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(fd, 64) < 0)
		outside_bail(path);
	return fd;
}

static int
outside_port(int type, int *port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
	};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 64) < 0) ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		outside_bail("a port on the loopback");
	*port = ntohs(a.sin_port);
	return fd;
}

static int
outside_abstract(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	memcpy(a.sun_path + 1, name, strlen(name));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, (socklen_t)
	    (offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) < 0 ||
	    listen(fd, 64) < 0)
		outside_bail("an abstract socket");
	return fd;
}

static void
outside_victim(struct outside *o)
{
	o->victim = fork();
	if (o->victim == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	if (o->victim < 0)
		outside_bail("fork");
}

static void
outside_files(struct outside *o)
{
	struct world *w = o->w;

	if (fs_mkdirs(world_path(w, WORLD_STATE_DIR), 0755, NULL) < 0 ||
	    fs_mkdirs(world_path(w, "home/u/.config/assent"), 0755, NULL) < 0)
		outside_bail("mkdir");
	if (fs_mkdirs(world_path(w, "home/u/p/nested/.git/hooks"), 0755,
	    NULL) < 0)
		outside_bail("mkdir");
	world_write(world_path(w, "home/u/p/nested/.git/HEAD"),
	    "ref: refs/heads/main\n");
	if (mkfifo(world_path(w, "home/u/p/fifo"), 0600) < 0)
		outside_bail("mkfifo");
	/* A reader that is there. */
	o->fifo = open(world_path(w, "home/u/p/fifo"), O_RDWR | O_NONBLOCK |
	    O_CLOEXEC);
	world_write(world_path(w, "home/u/bait"), "bait\n");
	world_write(world_path(w, WORLD_STATE_DIR "/journal.jsonl"), "{}\n");
	world_write(world_path(w, "home/u/.config/assent/config.json"),
	    "{}\n");
}

static void
outside_tell(struct outside *o, int tcp, int udp, const char *abstract)
{
	struct world *w = o->w;
	char *text = xasprintf("h %s\np %s\ns %s\nn %d\nu %d\na %s\nq %s\n"
	    "m %d\ny %d\ni %ld\nv %ld\nk %s\n", w->home, w->root,
	    world_path(w, WORLD_STATE_DIR), tcp, udp, abstract,
	    o->queue, o->segment, o->key, (long)getpid(), (long)o->victim, w->mark);

	world_write(world_path(w, "home/u/p/baits"), text);
	world_write(world_path(w, "state/copy/baits"), text);
	free(text);
}

struct outside *
outside_new(struct world *w)
{
	struct outside *o = xcalloc(1, sizeof(*o));
	char *abstract = xasprintf("outside-%s", w->mark);
	struct mq_attr attr = { .mq_maxmsg = 8, .mq_msgsize = 8 };
	int tcp, udp;

	o->w = w;
	o->key = OUTSIDE_KEY | (getpid() & 0xffff);
	outside_files(o);
	o->socks[0] = outside_listen(w, "home/u/agent.sock");
	o->socks[1] = outside_listen(w, WORLD_STATE_DIR "/sock");
	o->socks[2] = outside_port(SOCK_STREAM, &tcp);
	o->socks[3] = outside_abstract(abstract);
	memcpy(o->socks + 4, w->socks, sizeof(w->socks));
	o->udp = outside_port(SOCK_DGRAM, &udp);
	outside_victim(o);
	o->queue = xasprintf("/%s", w->mark);
	o->mq = mq_open(o->queue, O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC,
	    0600, &attr);
	o->segment = shmget(IPC_PRIVATE, 4096, 0600);
	if (o->mq < 0 || o->segment < 0)
		outside_bail("a queue, or shared memory");
	o->counter = shmat(o->segment, NULL, 0);
	if (o->counter == (char *)-1)
		outside_bail("shmat");
	outside_tell(o, tcp, udp, abstract);
	free(abstract);
	return o;
}

void
outside_free(struct outside *o)
{
	size_t i;

	(void)kill(o->victim, SIGKILL);
	(void)waitpid(o->victim, NULL, 0);
	(void)mq_close(o->mq);
	(void)mq_unlink(o->queue);
	(void)shmdt(o->counter);
	(void)shmctl(o->segment, IPC_RMID, NULL);
	for (i = 0; i < OUTSIDE_SOCKETS; i++)
		close(o->socks[i]);
	close(o->udp);
	close(o->fifo);
	free(o->queue);
	free(o);
}

static uint64_t
outside_hash(int dirfd, const char *name)
{
	struct buf b = BUF_INIT(16 << 20);
	uint64_t h = HASH_BEGIN;

	if (fs_read_file(dirfd, name, &b, NULL) == 0)
		h = hash_bytes(h, b.p, b.len);
	buf_release(&b);
	return h;
}

static void
outside_line(struct buf *b, int dirfd, const char *name, const char *path)
{
	struct stat st;
	char xattrs[1024];
	ssize_t n = 0;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		buf_addf(b, "%s: %s\n", path, strerror(errno));
		return;
	}
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		n = llistxattr(path, xattrs, sizeof(xattrs));
	/* Also changes that were undone: they show in ctime. */
	buf_addf(b, "%s: mode %o links %ld owner %u:%u size %lld mtime %lld.%ld "
	    "ctime %lld.%ld xattrs %zd", path, st.st_mode, (long)st.st_nlink,
	    st.st_uid, st.st_gid, (long long)st.st_size,
	    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
	    (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec, n);
	if (S_ISREG(st.st_mode) && strcmp(name, "attempt") != 0 &&
	    strcmp(name, "assent-worker") != 0)
		buf_addf(b, " content %llx", (unsigned long long)
		    outside_hash(dirfd, name));
	buf_addc(b, '\n');
}

static int
outside_sort(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
outside_tree(struct buf *b, const char *path)
{
	char **names = NULL;
	size_t n = 0, i;
	struct dirent *de;
	DIR *d = opendir(path);

	outside_line(b, AT_FDCWD, path, path);
	while (d != NULL && (de = readdir(d)) != NULL) {
		if (fs_is_dots(de->d_name))
			continue;
		names = xreallocarray(names, n + 1, sizeof(*names));
		names[n++] = xstrdup(de->d_name);
	}
	if (n > 0)
		qsort(names, n, sizeof(*names), outside_sort);
	for (i = 0; i < n; i++) {
		char *sub = fs_join(path, names[i]);
		struct stat st;

		if (fstatat(dirfd(d), names[i], &st, AT_SYMLINK_NOFOLLOW) == 0
		    && S_ISDIR(st.st_mode))
			outside_tree(b, sub);
		else
			outside_line(b, dirfd(d), names[i], sub);
		free(sub);
		free(names[i]);
	}
	free(names);
	if (d != NULL)
		closedir(d);
}

/* Parts of the host that one of the cases tries to change. */
static void
outside_host(struct buf *b)
{
	static const char *const paths[] = {
		"/assent-escape", "/etc/assent-escape", "/usr/assent-escape",
		"/var/spool/cron/crontabs/assent-escape", "/etc/passwd",
		"/etc/shadow", "/etc/group", "/bin/sh",
	};
	static const char *const texts[] = {
		"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe",
		"/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname",
	};
	struct stat st;
	size_t i;

	for (i = 0; i < MEM_COUNT(paths); i++)
		outside_line(b, AT_FDCWD, paths[i], paths[i]);
	for (i = 0; i < MEM_COUNT(texts); i++)
		buf_addf(b, "%s: %llx\n", texts[i], (unsigned long long)
		    outside_hash(AT_FDCWD, texts[i]));
	/* Its times change with each use. */
	if (stat("/dev/null", &st) == 0)
		buf_addf(b, "/dev/null: mode %o owner %u:%u\n", st.st_mode,
		    st.st_uid, st.st_gid);
}

static void
outside_process(struct buf *b, pid_t pid)
{
	static const char *const files[] = { "status", "limits",
		"oom_score_adj", "stat" };
	char path[64], *line, *save = NULL;
	size_t i;

	for (i = 0; i < MEM_COUNT(files); i++) {
		struct buf t = BUF_INIT(1 << 16);

		snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid,
		    files[i]);
		if (fs_read_file(AT_FDCWD, path, &t, NULL) < 0 ||
		    t.len == 0) {
			buf_addf(b, "%s: gone\n", path);
			buf_release(&t);
			continue;
		}
		if (strcmp(files[i], "stat") == 0) {
			char *end = strrchr(buf_str(&t), ')');
			int k, field = 2;

			/* priority, nice; real-time priority, policy */
			for (k = 0; end != NULL && end[k] != '\0'; k++) {
				field += end[k] == ' ';
				if (field == 18 || field == 19 ||
				    field == 40 || field == 41)
					buf_addc(b, end[k]);
			}
			buf_addc(b, '\n');
		} else
			for (line = strtok_r(t.p, "\n", &save); line != NULL;
			    line = strtok_r(NULL, "\n", &save))
				if (strncmp(line, "State:\tT", 8) == 0 ||
				    strncmp(line, "TracerPid", 9) == 0 ||
				    strncmp(line, "Cpus_allowed", 12) == 0 ||
				    files[i][0] != 's')
					buf_addf(b, "%s: %s\n", path, line);
		buf_release(&t);
	}
}

/* Remove and count things in the host's memory that can outlive a call. */
static void
outside_left(struct outside *o, struct buf *b)
{
	char *path = xasprintf("/dev/shm/%s", o->w->mark);
	int id = shmget(o->key, 0, 0);

	if (unlink(path) == 0)
		o->left++;
	if (id >= 0 && shmctl(id, IPC_RMID, NULL) == 0)
		o->left++;
	buf_addf(b, "left in memory: %d\n", o->left);
	free(path);
}

char *
outside_print(struct outside *o)
{
	struct buf b = BUF_INIT(4 << 20);
	struct mq_attr attr;
	char byte;
	size_t i;
	int fd;

	outside_tree(&b, world_path(o->w, "home"));
	outside_tree(&b, o->w->out);
	outside_line(&b, AT_FDCWD, o->w->worker, o->w->worker);
	outside_host(&b);
	outside_process(&b, o->victim);
	for (i = 0; i < OUTSIDE_SOCKETS; i++) {
		(void)fcntl(o->socks[i], F_SETFL, O_NONBLOCK);
		while ((fd = accept4(o->socks[i], NULL, NULL,
		    SOCK_CLOEXEC)) >= 0) {
			o->accepted[i]++;
			close(fd);
		}
		buf_addf(&b, "socket %zu: %d connections\n", i,
		    o->accepted[i]);
	}
	while (recv(o->udp, &byte, 1, MSG_DONTWAIT) >= 0)
		o->datagrams++;
	buf_addf(&b, "udp: %d datagrams\n", o->datagrams);
	while (read(o->fifo, &byte, 1) == 1)
		o->written++;
	buf_addf(&b, "fifo: %d bytes\n", o->written);
	outside_left(o, &b);
	if (mq_getattr(o->mq, &attr) == 0)
		buf_addf(&b, "queue: %ld messages\n", attr.mq_curmsgs);
	buf_addf(&b, "shared memory: %d\n", *o->counter);
	return buf_take(&b);
}

char *
outside_compare(const char *before, const char *after)
{
	while (*before != '\0' || *after != '\0') {
		size_t n = strcspn(before, "\n"), m = strcspn(after, "\n");

		if (n != m || memcmp(before, after, n) != 0)
			return xasprintf("before: %.*s, after: %.*s", (int)n,
			    before, (int)m, after);
		before += n + (before[n] == '\n');
		after += m + (after[m] == '\n');
	}
	return NULL;
}
