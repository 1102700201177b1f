#include "config.h"

#include "tests/escape/world.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "sandbox/cgroup.h"

/* Shared by the processes of one program: how many lines, how many failed. */
static struct {
	int	lines, failed;
} *tap;
static char tap_prefix[64];
static const char *world_bin;	/* the folder of the programs */

static _Noreturn void
world_bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(99);
}

void
world_programs(const char *dir)
{
	world_bin = dir;
}

void
tap_begin(void)
{
	tap = mmap(NULL, sizeof(*tap), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tap == MAP_FAILED)
		world_bail("mmap");
	setvbuf(stdout, NULL, _IOLBF, 0);
}

void
tap_label(const char *label)
{
	snprintf(tap_prefix, sizeof(tap_prefix), "%s", label);
}

void
tap_ok(struct world *w, bool ok, const char *fmt, ...)
{
	va_list ap;
	char text[256];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* No number: two processes may be at it, each line in one write. */
	(void)__atomic_add_fetch(&tap->lines, 1, __ATOMIC_RELAXED);
	printf("%sok - %s: %s\n", ok ? "" : "not ", tap_prefix, text);
	if (ok)
		return;
	(void)__atomic_add_fetch(&tap->failed, 1, __ATOMIC_RELAXED);
	if (w == NULL)
		return;
	printf("# built %d exit %d signal %d killed %s limit %s error %s\n",
	    w->result.built, w->result.exit, w->result.signal,
	    w->result.killed == NULL ? "-" : w->result.killed,
	    w->result.limit == NULL ? "-" : w->result.limit,
	    w->result.error == NULL ? "-" : w->result.error);
	printf("# output: ");
	for (size_t i = 0; i < w->output.len && i < 4000; i++) {
		putchar(w->output.p[i]);
		if (w->output.p[i] == '\n')
			printf("# ");
	}
	printf("\n");
}

void
tap_skip(const char *what, const char *why)
{
	(void)__atomic_add_fetch(&tap->lines, 1, __ATOMIC_RELAXED);
	printf("ok - %s: %s # SKIP %s\n", tap_prefix, what, why);
}

int
tap_end(void)
{
	printf("1..%d\n", tap->lines);
	return tap->failed == 0 ? 0 : 1;
}

void
world_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || fs_write_all(fd, text, strlen(text)) < 0)
		world_bail(path);
	close(fd);
}

void
world_copy(const char *from, const char *to)
{
	struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;
	int fd;

	if (fs_read_file(AT_FDCWD, from, &b, &e) < 0)
		world_bail(from);
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (fd < 0 || fs_write_all(fd, b.p, b.len) < 0)
		world_bail(to);
	close(fd);
	buf_release(&b);
}

/* The build folder may be unreachable for an ordinary user. */
char *
world_public_programs(void)
{
	static const char *const names[] = {
		"assent-worker", "tests/escape/attempt", "tests/escape/hog",
	};
	const char *builddir = getenv("builddir");
	char *dir = xstrdup("/tmp/assent-sandbox-bin-XXXXXX");
	size_t i;

	if (mkdtemp(dir) == NULL || chmod(dir, 0755) < 0)
		world_bail("mkdtemp");
	for (i = 0; i < MEM_COUNT(names); i++) {
		char *from = fs_join(builddir == NULL ? "." : builddir,
		    names[i]);
		char *to = fs_join(dir, strrchr(from, '/') + 1);

		world_copy(from, to);
		free(from);
		free(to);
	}
	world_programs(dir);
	return dir;
}

/* A string of the world's: it goes with it. */
static const char *
world_keep(struct world *w, char *text)
{
	w->kept = xreallocarray(w->kept, w->kept_len + 1, sizeof(*w->kept));
	return w->kept[w->kept_len++] = text;
}

const char *
world_path(struct world *w, const char *below)
{
	return world_keep(w, fs_join(w->dir, below));
}

const char *
world_read(struct world *w, const char *path)
{
	struct buf b = BUF_INIT(1 << 20);

	if (fs_read_file(AT_FDCWD, path, &b, NULL) < 0) {
		buf_release(&b);
		return NULL;
	}
	return world_keep(w, buf_take(&b));
}

static char *
world_mkdir(struct world *w, const char *below)
{
	char *path = fs_join(w->dir, below);

	if (fs_mkdirs(path, 0755, NULL) < 0)
		world_bail(path);
	return path;
}

static int
world_listen(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(un.sun_path))
		world_bail("the temporary folder's name is too long");
	memcpy(un.sun_path, path, strlen(path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof(un)) < 0 ||
	    listen(fd, 4) < 0)
		world_bail(path);
	return fd;
}

static void
world_network(struct world *w)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
	};
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&in, sizeof(in)) < 0 ||
	    listen(fd, 4) < 0 ||
	    getsockname(fd, (struct sockaddr *)&in, &n) < 0)
		world_bail("listen");
	w->port = ntohs(in.sin_port);
	w->abstract = xasprintf("assent-%s", w->mark);
	memcpy(un.sun_path + 1, w->abstract, strlen(w->abstract));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, (socklen_t)
	    (offsetof(struct sockaddr_un, sun_path) + 1 +
	    strlen(w->abstract))) < 0 || listen(fd, 4) < 0)
		world_bail("abstract socket");
}

static void
world_fill(struct world *w)
{
	char *p;

	world_write(world_path(w, "home/u/p/hello.txt"), "hello\n");
	world_write(world_path(w, "home/u/p/gone.txt"), "gone\n");
	world_write(world_path(w, "home/u/p/.env"), "TOKEN=secret\n");
	world_write(world_path(w, "home/u/p/sub/deep.txt"), "deep\n");
	world_write(world_path(w, "home/u/p/.git/HEAD"),
	    "ref: refs/heads/main\n");
	world_write(world_path(w, "home/u/p/.git/config"), "[core]\n");
	world_write(world_path(w, "home/u/.ssh/id_rsa"), "private\n");
	world_write(world_path(w, "home/u/.cargo/credentials.toml"),
	    "token\n");
	world_write(world_path(w, "home/u/.cargo/bin/tool"),
	    "#!/bin/sh\necho tool ran\n");
	if (chmod(world_path(w, "home/u/.cargo/bin/tool"), 0755) < 0)
		world_bail("chmod");
	world_write(world_path(w, "state/out/whole"), "whole output\n");
	w->socks[0] = world_listen(world_path(w, "home/u/p/s"));
	w->socks[1] = world_listen(world_path(w, "home/u/p/.git/s"));
	w->socks[2] = world_listen(world_path(w, "home/u/.cargo/s"));
	p = fs_join(world_bin, "assent-worker");
	world_copy(p, w->worker);
	free(p);
	p = fs_join(world_bin, "attempt");
	world_copy(p, world_path(w, "home/u/p/attempt"));
	/* The copy as the stage would have made it. */
	world_copy(p, world_path(w, "state/copy/attempt"));
	free(p);
	world_write(world_path(w, "state/copy/hello.txt"), "hello\n");
	if (mkdir(world_path(w, "state/copy/sub"), 0755) < 0)
		world_bail("mkdir");
}

struct world *
world_new(enum sandbox_level level)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->dir = xstrdup("/tmp/assent-sandbox-XXXXXX");
	if (mkdtemp(w->dir) == NULL || chmod(w->dir, 0755) < 0)
		world_bail("mkdtemp");
	w->level = level;
	w->root = world_mkdir(w, "home/u/p");
	free(world_mkdir(w, "home/u/p/.git/hooks"));
	free(world_mkdir(w, "home/u/p/sub"));
	free(world_mkdir(w, "home/u/.ssh"));
	free(world_mkdir(w, "home/u/.cargo/bin"));
	w->home = fs_join(w->dir, "home/u");
	w->state = world_mkdir(w, "state");
	w->upper = world_mkdir(w, "state/upper");
	w->work = fs_join(w->dir, "state/work");
	w->copy = world_mkdir(w, "state/copy");
	w->sandbox_home = world_mkdir(w, "state/home");
	w->sandbox_tmp = world_mkdir(w, "state/tmp");
	w->out = world_mkdir(w, "state/out");
	w->worker = fs_join(w->dir, "assent-worker");
	w->path = xasprintf("%s/.cargo/bin:/usr/local/bin:/usr/bin:/bin",
	    w->home);
	w->mark = xasprintf("mark-%s", strrchr(w->dir, '-') + 1);
	world_fill(w);
	world_network(w);
	w->limits = (struct sandbox_limits){
		.timeout_ms = 120000, .memory_bytes = (int64_t)512 << 20,
		.cpu = 25, .pids = 50, .disk_bytes = (int64_t)1 << 30,
		.disk_inodes = 100000, .output_bytes = (int64_t)64 << 20,
	};
	buf_init(&w->output, 64 << 20);
	return w;
}

void
world_free(struct world *w)
{
	char *const own[] = { w->dir, w->root, w->home, w->state, w->worker,
	    w->path, w->upper, w->work, w->copy, w->sandbox_home,
	    w->sandbox_tmp,
	    w->out, w->mark, w->abstract };
	size_t i;

	sandbox_ready_free(w->ready);
	(void)fs_remove_tree(AT_FDCWD, w->dir, NULL);
	for (i = 0; i < MEM_COUNT(own); i++)
		free(own[i]);
	for (i = 0; i < w->kept_len; i++)
		free(w->kept[i]);
	free(w->kept);
	buf_release(&w->output);
	sandbox_result_release(&w->result);
	free(w);
}

struct world_call {
	struct world	*w;
	struct loop	*loop;
	struct loop_watch *watch;
	int		 net;		/* its socket; -1 */
};

static void
world_output(void *arg, const char *p, size_t n)
{
	struct world_call *c = arg;

	(void)buf_add(&c->w->output, p, n);
}

static void
world_done(void *arg, const struct sandbox_result *r)
{
	struct world_call *c = arg;

	c->w->result = *r;
	c->w->result.error = xstrdup_null(r->error);
	c->w->result.killed = xstrdup_null(r->killed);
	c->w->result.limit = xstrdup_null(r->limit);
	c->w->result.left = xstrdup_null(r->left);
	loop_stop(c->loop, 0);
}

void
world_spec(struct world *w, struct sandbox_spec *s)
{
	memset(s, 0, sizeof(*s));
	s->worker = w->worker;
	s->limits = w->limits;
	s->level = w->level;
	s->root = w->root;
	s->cwd = w->cwd == NULL ? w->root : w->cwd;
	s->home = w->home;
	s->path = w->path;
	s->sandbox_home = w->sandbox_home;
	s->sandbox_tmp = w->sandbox_tmp;
	s->out_dir = w->out;
	s->state_dir = world_path(w, WORLD_STATE_DIR);
	s->quota_dir = w->state;
	s->masked = w->masked;
	s->cgroup = w->cgroup;
	s->toolchains = w->toolchains;
	s->environment = w->environment;
	s->shut = w->shut;
	s->covers = w->covers;
	s->covers_len = w->covers_len;
	s->bare = w->bare;
	s->stays = w->stays && sandbox_levels[w->level].encloses;
	s->landlock = w->landlock;
	s->net = w->net;
	s->net_secret = w->net_secret;
	if (w->level == SANDBOX_A) {
		s->upper = w->upper;
		s->work = w->work;
	} else
		s->copy = w->copy;
}

struct sandbox_call *
world_start(struct world *w, struct loop *loop, const char *tool,
    const cJSON *args, const struct sandbox_callbacks *cb, void *arg)
{
	struct sandbox_spec s;

	world_spec(w, &s);
	s.tool = tool;
	s.args = args;
	return sandbox_call_start(loop, &s, &w->ready, cb, arg);
}

static void
command_output(void *arg, const char *p, size_t n)
{
	struct world_command *c = arg;

	(void)buf_add(&c->output, p, n);
	c->said = strstr(buf_str(&c->output), "said\n") != NULL;
	if (c->said)
		loop_stop(c->loop, 0);
}

static void
command_done(void *arg, const struct sandbox_result *r)
{
	struct world_command *c = arg;

	c->done = true;
	c->ran = r->error == NULL && r->signal == 0 && r->killed == NULL;
	loop_stop(c->loop, 0);
}

void
world_command(struct world *w, struct world_command *c, const char *command)
{
	static const struct sandbox_callbacks cb = {
		.output = command_output, .done = command_done,
	};
	AUTO_JSON cJSON *args = cJSON_CreateObject();

	memset(c, 0, sizeof(*c));
	c->own = w->loop == NULL;
	c->loop = c->own ? loop_new() : w->loop;
	json_add_str(args, "command", command);
	c->call = world_start(w, c->loop, "bash", args, &cb, c);
}

void
world_command_end(struct world_command *c)
{
	if (!c->done)
		sandbox_call_cancel(&c->call);
	if (c->own)
		loop_free(c->loop);
	buf_release(&c->output);
}

/* ---- a limit of the test's own ---- */

#define BOUND_PIDS	400

struct world_bound {
	struct rlimit		 before;	/* of an ordinary user */
	struct cgroup		*cgroup;	/* of root */
	struct cgroup_leaf	*leaf;
	char			*worker;	/* the world's own */
};

/* A folder that takes the worker in, before it is what it is. */
static bool
bound_leaf(struct world *w, struct world_bound *b)
{
	const struct cgroup_host h = { 0 };
	struct sandbox_limits l = w->limits;
	AUTO_FREE char *script = NULL;

	l.pids = BOUND_PIDS;
	l.cpu = 0;
	l.memory_bytes = (int64_t)4 << 30;
	b->cgroup = cgroup_find(&h);
	/* Not the name of a folder of the world's cgroup. */
	b->cgroup->count = BOUND_PIDS;
	b->leaf = cgroup_leaf_new(b->cgroup, &l);
	if (b->leaf == NULL || (b->leaf->pids == NULL &&
	    !b->leaf->has[CGROUP_PIDS]))
		return false;
	script = xasprintf("#!/bin/sh\necho $$ > %s/cgroup.procs || exit 1\n"
	    "exec %s\n", b->leaf->pids != NULL ? b->leaf->pids : b->leaf->dir,
	    w->worker);
	b->worker = w->worker;
	w->worker = xasprintf("%s-bound", b->worker);
	world_write(w->worker, script);
	return chmod(w->worker, 0755) == 0;
}

bool
world_bound(struct world *w, const char *what)
{
	struct world_bound *b = xcalloc(1, sizeof(*b));
	struct rlimit l;

	w->bound = b;
	if (geteuid() != 0 && getrlimit(RLIMIT_NPROC, &b->before) == 0) {
		l = b->before;
		if (l.rlim_cur > BOUND_PIDS)
			l.rlim_cur = BOUND_PIDS;
		if (setrlimit(RLIMIT_NPROC, &l) == 0)
			return true;
	} else if (geteuid() == 0 && bound_leaf(w, b))
		return true;
	(void)world_unbound(w);
	tap_skip(what, "no cgroup keeps it from taking the machine");
	return false;
}

int64_t
world_unbound(struct world *w)
{
	struct world_bound *b = w->bound;
	AUTO_BUF struct buf text = BUF_INIT(64);
	AUTO_FREE char *file = NULL;
	int64_t most = -1;

	w->bound = NULL;
	if (geteuid() != 0)
		(void)setrlimit(RLIMIT_NPROC, &b->before);
	if (b->leaf != NULL) {
		file = fs_join(b->leaf->pids != NULL ? b->leaf->pids :
		    b->leaf->dir, "pids.peak");
		if (fs_read_file(AT_FDCWD, file, &text, NULL) == 0)
			most = strtoll(buf_str(&text), NULL, 10);
	}
	if (b->worker != NULL) {
		(void)unlink(w->worker);
		free(w->worker);
		w->worker = b->worker;
	}
	cgroup_leaf_free(b->cgroup, b->leaf);
	cgroup_free(b->cgroup);
	free(b);
	return most;
}

static void
world_serve(void *arg, int fd, unsigned events)
{
	struct world_call *c = arg;
	int client = accept(fd, NULL, NULL);

	(void)events;
	if (client < 0)
		return;
	c->w->served++;
	(void)fs_write_all(client, "served\n", 7);
	close(client);
}

static void
world_net(void *arg, unsigned which, int fd)
{
	struct world_call *c = arg;
	struct sockaddr_in a = { 0 };
	socklen_t n = sizeof(a);
	struct stat st;

	if (which != 0 || c->net >= 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0 || fstat(fd, &st) < 0)
		abort();
	c->w->net_inode = (unsigned long)st.st_ino;
	c->net = fd;
	c->w->net_port = ntohs(a.sin_port);
	c->watch = loop_watch_new(c->loop, fd, LOOP_READ, world_serve, c);
}

static void
world_run(struct world *w, const char *tool, cJSON *args)
{
	const struct sandbox_callbacks cb = { .output = world_output,
	    .done = world_done, .net = world_net };
	struct world_call c = { w, w->loop == NULL ? loop_new() : w->loop,
	    NULL, -1 };

	w->net_port = 0;
	buf_clear(&w->output);
	sandbox_result_release(&w->result);
	world_start(w, c.loop, tool, args, &cb, &c);
	loop_run(c.loop);
	loop_watch_free(&c.watch);
	fs_close(c.net);
	if (w->loop == NULL)
		loop_free(c.loop);
	cJSON_Delete(args);
}

void
world_bash(struct world *w, const char *command)
{
	cJSON *args = cJSON_CreateObject();

	json_add_str(args, "command", command);
	world_run(w, "bash", args);
}

void
world_call(struct world *w, const char *tool, const char *json)
{
	world_run(w, tool, json_parse(json, strlen(json), JSON_NUL_REFUSE,
	    NULL));
}

bool
world_said(const struct world *w, const char *line)
{
	const char *p = buf_str(&w->output);
	size_t n = strlen(line);

	while (p != NULL && *p != '\0') {
		if (strncmp(p, line, n) == 0 &&
		    (p[n] == '\n' || p[n] == '\0'))
			return true;
		p = strchr(p, '\n');
		p = p == NULL ? NULL : p + 1;
	}
	return false;
}

int
world_marked(const struct world *w)
{
	DIR *d = opendir("/proc");
	struct dirent *de;
	int n = 0;

	while (d != NULL && (de = readdir(d)) != NULL) {
		char path[300];
		struct buf b = BUF_INIT(65536);

		if (de->d_name[0] < '1' || de->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/cmdline", de->d_name);
		if (fs_read_file(AT_FDCWD, path, &b, NULL) == 0 &&
		    b.p != NULL &&
		    memmem(b.p, b.len, w->mark, strlen(w->mark)) != NULL)
			n++;
		buf_release(&b);
	}
	if (d != NULL)
		closedir(d);
	return n;
}

bool
world_wait_gone(const struct world *w)
{
	const struct timespec tick = { .tv_nsec = 2000000 };
	int64_t end = clock_mono_ms() + 60000;

	while (world_marked(w) > 0) {
		if (clock_mono_ms() >= end)
			return false;
		(void)nanosleep(&tick, NULL);
	}
	return true;
}

pid_t
world_worker_find(pid_t parent, char *state)
{
	DIR *d = opendir("/proc");
	struct dirent *de;
	pid_t found = -1;

	while (d != NULL && (de = readdir(d)) != NULL) {
		struct buf b = BUF_INIT(4096);
		char path[300], *p;

		snprintf(path, sizeof(path), "/proc/%s/stat", de->d_name);
		if (fs_read_file(AT_FDCWD, path, &b, NULL) == 0 &&
		    (p = strrchr(buf_str(&b), ')')) != NULL &&
		    strstr(buf_str(&b), "(assent-worker)") != NULL &&
		    strtol(p + 4, NULL, 10) == parent &&
		    (found < 0 || p[2] != 'Z')) {
			found = (pid_t)strtol(de->d_name, NULL, 10);
			if (state != NULL)
				*state = p[2];
		}
		buf_release(&b);
	}
	if (d != NULL)
		closedir(d);
	return found;
}

int
world_kill(pid_t pid, int sig)
{
	if (pid > 1)
		return kill(pid, sig);
	errno = ESRCH;
	return -1;
}

pid_t
world_worker_of(pid_t parent)
{
	return world_worker_find(parent, NULL);
}

bool
world_none_stays(void)
{
	alarm(60);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	alarm(0);
	return errno == ECHILD;
}

uid_t
world_ordinary(void)
{
	const char *p = program_invocation_short_name;
	unsigned h = 0;

	while (*p != '\0')
		h = h * 31 + (unsigned char)*p++;
	return 20000 + h % 10000;
}

void
world_give(struct world *w)
{
	char *command = xasprintf("chown -hR %u:%u %s/home", ORDINARY,
	    ORDINARY, w->dir);
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
	free(command);
	if (chmod(w->state, 0700) < 0)
		abort();
}

pid_t
world_begin_as(uid_t uid, void (*run)(const char *who), const char *who)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (uid != 0 && (setgroups(0, NULL) < 0 ||
		    setresgid(uid, uid, uid) < 0 ||
		    setresuid(uid, uid, uid) < 0))
			_exit(98);
		run(who);
		fflush(stdout);
		_exit(0);
	}
	return pid;
}

void
world_end_as(pid_t pid, const char *who)
{
	int status = 0;

	if (pid > 0 && waitpid(pid, &status, 0) > 0 && status == 0)
		return;
	tap_label("all");
	tap_ok(NULL, false, "%s came to its end (status %x)", who,
	    (unsigned)status);
}

void
world_as_each(void (*run)(const char *who))
{
	bool root = geteuid() == 0;
	const char *who = root ? "root" : "user";
	pid_t pid = world_begin_as(0, run, who);

	if (root)
		world_end_as(world_begin_as(ORDINARY, run, "user"), "user");
	world_end_as(pid, who);
}

enum sandbox_level
sandbox_probe(const char *worker, const char *root, const char *state_dir,
    const struct sandbox_limits *limits, bool container, char **line,
    char **why)
{
	const struct sandbox_ask ask = {
		.worker = worker, .root = root, .state_dir = state_dir,
		.limits = limits, .container = container,
	};
	struct sandbox_search *search;
	struct sandbox_found f;
	enum sandbox_level level;

	search = sandbox_find_begin(&ask);
	(void)sandbox_find_end(search, SANDBOX_NONE, &f, NULL);
	sandbox_find_free(search);
	level = f.level;
	*line = xstrdup(f.line);
	*why = xstrdup_null(f.why);
	sandbox_found_release(&f);
	return level;
}

enum sandbox_level
world_each_level(const char *who, const char *what,
    void (*run)(enum sandbox_level))
{
	static const enum sandbox_level levels[] = { SANDBOX_A, SANDBOX_B,
	    SANDBOX_D };
	struct world *w = world_new(SANDBOX_A);
	char *line, *why;
	enum sandbox_level best = sandbox_probe(w->worker, w->root, w->state,
	    &w->limits, false, &line, &why);
	size_t i;

	world_free(w);
	/* Orphans of a killed core become our children. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (i = 0; i < MEM_COUNT(levels); i++) {
		char label[64];

		snprintf(label, sizeof(label), "%s, %s", who,
		    sandbox_levels[levels[i]].name);
		tap_label(label);
		if (levels[i] < best)
			tap_skip(what, why == NULL ? line : why);
		else
			run(levels[i]);
	}
	free(line);
	free(why);
	return best;
}

void
world_main(void (*run)(const char *who))
{
	char *programs;
	int rc;

	tap_begin();
	programs = world_public_programs();
	signal(SIGPIPE, SIG_IGN);
	world_as_each(run);
	(void)fs_remove_tree(AT_FDCWD, programs, NULL);
	rc = tap_end();
	fflush(stdout);
	/* Not exit: a world's strings live as long as the program. */
	_exit(rc);
}

void
world_reap(void)
{
	const struct timespec tick = { 0, 10 * 1000 * 1000 };
	int i;

	/* One that was started ahead waits for a call of ours. */
	sandbox_worker_ahead(NULL);
	for (i = 0; i < 6000; i++) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0)
			break;
		if (pid == 0)
			(void)nanosleep(&tick, NULL);
	}
}
