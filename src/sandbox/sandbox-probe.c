/*
 * Finds the level that works here by running complete sandboxes with the
 * self-test inside and baits outside, never by guessing from versions. A level
 * is refused if its self-test fails; the refusal names the check that did.
 */

#include "config.h"

#include "sandbox/sandbox.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/dotgit.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "loop/loop.h"
#include "sandbox/devices.h"
#include "sandbox/host-advice.h"
#include "sandbox/image.h"
#include "sandbox/landlock.h"
#include "sandbox/selftest.h"

static void
line_enforced(struct buf *b, enum limit_enforced how)
{
	if (how == ENFORCED_OFF)
		buf_adds(b, " (not held)");
}

/* The device's name, once it has a node. */
static void
line_device(void *arg, const char *path UNUSED, const char *to)
{
	*(bool *)arg = *(bool *)arg || to == NULL;
}

static void
line_devices(struct buf *b, const char *const *names)
{
	const char *before = "devices ";

	for (; names != NULL && *names != NULL; names++) {
		const char *const one[] = { *names, NULL };
		bool has = false;

		devices_each(one, line_device, &has);
		if (has)
			buf_addf(b, "%s%s", before, *names);
		before = has ? ", " : before;
	}
	if (before[0] == ',')
		buf_adds(b, " · ");
}

/* The status line's text, malloc'ed: "sandbox A · no network · 512M memory ·
 * 60% CPU (not held) · 50 processes". */
static char *
sandbox_line(enum sandbox_level level, const struct sandbox_ask *ask,
    const struct limit_enforcement *k, bool landlock)
{
	const struct sandbox_limits *l = ask->limits;
	struct buf b = BUF_INIT(1024);

	buf_addf(&b, "%s · ", sandbox_levels[level].line);
	if (ask->image != NULL && sandbox_levels[level].encloses)
		buf_addf(&b, "image %s · ", ask->image->name);
	line_devices(&b, ask->devices);
	sandbox_limits_memory(&b, l);
	line_enforced(&b, k->memory);
	if (l->cpu == 0)
		buf_adds(&b, " · no CPU limit");
	else {
		buf_addf(&b, " · %lld%% CPU", (long long)l->cpu);
		line_enforced(&b, k->cpu);
	}
	if (k->pids <= ENFORCED_SAMPLED)
		buf_adds(&b, " · processes not held");
	else
		buf_addf(&b, " · %lld processes",
		    (long long)sandbox_limits_pids(l, k));
	/* At these levels only Landlock confines writes to the copy. */
	if (!sandbox_levels[level].holds && !landlock)
		buf_adds(&b, " · no Landlock");
	return buf_take(&b);
}

#define PROBE_OUTPUT_MAX 65536
#define PROBE_MS	 20000
#define PROBE_LOOK 256		/* entries checked for their group */

struct sandbox_search {
	struct sandbox_ask	 ask;
	char			*control;
	struct loop		*loop;
	enum sandbox_level	 level;		/* that is being tried */
	struct sandbox_call	*call;		/* its self-test, until it has
						   ended */
	bool			 lends;		/* ask.commands */
	struct sandbox_ready	*ready;		/* their worker, or NULL */
	bool			 opened;
	struct err		 why;		/* it couldn't begin */
	struct buf		 out;
	struct sandbox_result	 result;
	char			*dir;		/* below state_dir */
	char			*upper, *work, *copy, *home, *tmp;
	char			*file, *sock, *abstract;
	char			*scratch;	/* the folder that the self-test
						   creates in the project */
	char			*masked;	/* a file of the project */
	char			*own;		/* a file of the real home */
	int			 listen_in, listen_un, listen_abs;
	int			 port;
};

static void
probe_output(void *arg, const char *p, size_t n)
{
	struct sandbox_search *pr = arg;

	(void)buf_add(&pr->out, p, n);
}

static void
probe_take(struct sandbox_search *pr, const struct sandbox_result *r)
{
	sandbox_result_release(&pr->result);
	pr->result = *r;
	pr->result.error = xstrdup_null(r->error);
	pr->result.killed = xstrdup_null(r->killed);
	pr->result.limit = xstrdup_null(r->limit);
	pr->result.left = NULL;
}

static void
probe_done(void *arg, const struct sandbox_result *r)
{
	struct sandbox_search *pr = arg;

	pr->call = NULL;
	probe_take(pr, r);
}

static int
probe_listen(const struct sockaddr *a, socklen_t n)
{
	int fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && (bind(fd, a, n) < 0 || listen(fd, 4) < 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Baits outside: a file, sockets. Baits that can't be set up are left out of
 * the test. */
static void
probe_baits(struct sandbox_search *p)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
	};
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(in);
	AUTO_CLOSE int fd = -1;

	p->file = fs_join(p->dir, "secret");
	fd = open(p->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd >= 0)
		(void)fs_write_all(fd, "bait\n", 5);
	p->listen_in = probe_listen((struct sockaddr *)&in, sizeof(in));
	if (p->listen_in >= 0 &&
	    getsockname(p->listen_in, (struct sockaddr *)&in, &n) == 0)
		p->port = ntohs(in.sin_port);
	p->sock = fs_join(p->dir, "s");
	if (p->ask.control == NULL && strlen(p->sock) < sizeof(un.sun_path)) {
		memcpy(un.sun_path, p->sock, strlen(p->sock) + 1);
		p->listen_un = probe_listen((struct sockaddr *)&un,
		    sizeof(un));
	}
	p->abstract = xasprintf("assent-probe-%ld", (long)getpid());
	memset(un.sun_path, 0, sizeof(un.sun_path));
	memcpy(un.sun_path + 1, p->abstract, strlen(p->abstract));
	p->listen_abs = probe_listen((struct sockaddr *)&un,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    strlen(p->abstract)));
}

/* A file in this folder that should be hidden; not read here. */
static char *
probe_pick(const char *dir)
{
	AUTO_DIR DIR *d = fs_opendir(dir);
	struct dirent *de;

	while ((de = fs_dir_next(&d)) != NULL) {
		struct stat st;

		if (de->d_type != DT_UNKNOWN && de->d_type != DT_REG)
			continue;
		if (fstatat(dirfd(d), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    st.st_size > 0 && !dotgit_in_path(de->d_name) &&
		    utf8_is_valid(de->d_name, strlen(de->d_name)) &&
		    faccessat(dirfd(d), de->d_name, R_OK, AT_EACCESS) == 0)
			return xstrdup(de->d_name);
	}
	return NULL;
}

/* One of the user's own files at the top of the home. */
static char *
probe_pick_own(const char *root)
{
	const char *home = getenv("HOME");
	AUTO_FREE char *name = NULL;

	if (home == NULL || home[0] != '/' || fs_is_below(home, root) ||
	    !utf8_is_valid(home, strlen(home)))
		return NULL;
	name = probe_pick(home);
	return name == NULL ? NULL : fs_join(home, name);
}

static char *
probe_mkdir(const struct sandbox_search *p, const char *name)
{
	char *path = fs_join(p->dir, name);

	(void)mkdir(path, 0700);
	return path;
}

static int
probe_open(struct sandbox_search *p, struct err *e)
{
	const char *root = p->ask.root, *state = p->ask.state_dir;

	p->listen_in = p->listen_un = p->listen_abs = -1;
	buf_init(&p->out, PROBE_OUTPUT_MAX);
	if (fs_mkdirs(state, 0700, NULL) < 0)
		return err_sys(e, "state folder: cannot make %s", state);
	p->dir = fs_join(state, "probe-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		return err_sys(e, "state folder: cannot write in %s", state);
	p->upper = p->lends ? xstrdup(p->ask.commands->upper) :
	    probe_mkdir(p, "upper");
	/* The worker creates the work folder; probe_start() creates the copy if
	 * the level needs one. */
	p->work = fs_join(p->dir, "work");
	p->scratch = xasprintf(".assent-%s", strrchr(p->dir, '/') + 1);
	p->masked = probe_pick(root);
	p->own = probe_pick_own(root);
	probe_baits(p);
	p->loop = loop_new();
	return 0;
}

static void
probe_deafen(struct sandbox_search *p)
{
	int *fds[] = { &p->listen_in, &p->listen_un, &p->listen_abs };
	size_t i;

	for (i = 0; i < MEM_COUNT(fds); i++) {
		fs_close(*fds[i]);
		*fds[i] = -1;
	}
}

static void
probe_close(struct sandbox_search *p)
{
	if (p->dir != NULL)
		(void)fs_remove_tree(AT_FDCWD, p->dir, NULL);
	probe_deafen(p);
	FREE_ALL(p->dir, p->upper, p->work, p->copy, p->home, p->tmp, p->file,
	    p->sock, p->abstract, p->scratch, p->masked, p->own);
	buf_release(&p->out);
	sandbox_result_release(&p->result);
	loop_free(p->loop);
}

/*
 * The self-test tries to set the extended attributes by which overlayfs marks
 * opaque and redirected folders. Does its folder in upper have any? The kernel
 * sets none there itself, since the folder's parent isn't in the real tree.
 */
static bool
probe_is_forged(const struct sandbox_search *p)
{
	static const char *const marks[] = { SELFTEST_MARKS };
	AUTO_FREE char *dir = xasprintf("%s/%s/" SELFTEST_INNER, p->upper, p->scratch);
	char c[16];
	size_t i;

	for (i = 0; i < MEM_COUNT(marks); i++)
		if (lgetxattr(dir, marks[i], c, sizeof(c)) > 0)
			return true;
	return false;
}

/* Check that files which the self-test created in the project are in the layer
 * or the copy, not in the real tree. */
static int
probe_tree(const struct sandbox_search *p, enum sandbox_level level,
    struct err *e)
{
	AUTO_FREE char *real = fs_join(p->ask.root, p->scratch);
	AUTO_FREE char *staged = fs_join(sandbox_levels[level].overlays ?
	    p->upper : p->copy, p->scratch);
	struct stat st;

	if (lstat(real, &st) == 0) {
		(void)fs_remove_tree(AT_FDCWD, real, NULL);
		return err_set(e, "self-test: the real project was written");
	}
	if (lstat(staged, &st) < 0)
		return err_set(e, "self-test: its file is not in the "
		    "copy");
	if (p->lends)
		(void)fs_remove_tree(AT_FDCWD, staged, NULL);
	return 0;
}

/*
 * Only one user and one group are mapped inside. A file of ours in another of
 * our groups would be readable there but not writable (EOVERFLOW). Only the top
 * folder is checked: in a tree that is shared with a group, its entries have
 * that group.
 */
static int
probe_groups(const char *root, struct err *e)
{
	gid_t gid = getegid();
	uid_t uid = geteuid();
	AUTO_DIR DIR *d = fs_opendir(root);
	struct dirent *de;
	struct stat st;
	int left = PROBE_LOOK;

	if (uid == 0 && d != NULL && fstat(dirfd(d), &st) == 0 &&
	    st.st_uid != 0) {
		uid = st.st_uid;
		gid = st.st_gid;
	}
	while (d != NULL && left-- > 0 &&
	    (de = readdir(d)) != NULL)
		if (strcmp(de->d_name, "..") != 0 &&
		    fstatat(dirfd(d), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid == uid &&
		    st.st_gid != gid) {
			errno = EOVERFLOW;
			return err_sys(e, "overlay: %.200s belongs to another "
			    "group than yours", de->d_name);
		}
	return 0;
}

static void
probe_args(const struct sandbox_search *p, enum sandbox_level level, cJSON *args)
{
	JSON_ADD_TEXTS(args, "scratch", p->scratch, "file", p->file,
	    "own", p->own);
	json_add_bool(args, "stays", p->lends && level == SANDBOX_A);
	if (sandbox_levels[level].overlays)
		json_add_str(args, "masked", p->masked);
	json_add_str(args, "socket", p->listen_un >= 0 ? p->sock :
	    p->ask.control);
	if (p->listen_abs >= 0)
		json_add_str(args, "abstract", p->abstract);
	if (p->port > 0)
		json_add_int(args, "port", p->port);
}

/* The walls that failed, as text; malloc'ed, or NULL. */
static char *
probe_open_walls(const cJSON *held)
{
	static const char *const words[][2] = {
		{ "tree", "the real files by their path" },
		{ "own", "your home" }, { "home", "assent's state" },
		{ "network", "the network" }, { "socket", "unix sockets" },
		{ "abstract_socket", "abstract sockets" },
		{ "processes", "other processes" },
	};
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < MEM_COUNT(words); i++)
		if (cJSON_IsFalse(json_get(held, words[i][0])))
			buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ",
			    words[i][1]);
	return b.len == 0 ? NULL : buf_take(&b);
}

/* Start one complete sandbox; -1 with the reason. */
static int
probe_start(struct sandbox_search *p, enum sandbox_level level, struct err *e)
{
	const char *root = p->ask.root;
	const char *masks[] = { p->masked, NULL };
	bool lends = p->lends && level == SANDBOX_A;
	struct sandbox_spec s = lends ? *p->ask.commands :
	    (struct sandbox_spec){
		.level = level, .root = root, .cwd = root,
		.home = getenv("HOME"), .path = getenv("PATH"),
		.quota_dir = p->dir, .state_dir = p->ask.state_dir,
		.cgroup = p->ask.cgroup,
		/* As for commands. */
		.stays = sandbox_levels[level].encloses,
	};
	const struct sandbox_callbacks cb = { .output = probe_output,
	    .done = probe_done };
	AUTO_JSON cJSON *args = cJSON_CreateObject();

	/* Release the prepared worker of the level that failed. */
	while (p->call != NULL)
		loop_once(p->loop, -1);
	sandbox_ready_free(p->ready);
	p->ready = NULL;
	if (!lends && p->home == NULL) {
		p->home = probe_mkdir(p, "home");
		p->tmp = probe_mkdir(p, "tmp");
	}
	if (!lends) {
		s.sandbox_home = p->home;
		s.sandbox_tmp = p->tmp;
	}
	p->level = level;
	if (sandbox_levels[level].overlays && probe_groups(root, e) < 0)
		return -1;
	if (sandbox_levels[level].overlays)
		s.masked = masks;
	if (lends)
		;
	else if (sandbox_levels[level].overlays) {
		s.upper = p->upper;
		s.work = p->work;
	} else
		s.copy = p->copy = p->copy == NULL ? probe_mkdir(p, "copy") :
		    p->copy;
	if (p->ask.image != NULL) {
		s.image = p->ask.image->layers;
		s.path = p->ask.image->path;
	}
	if (s.home != NULL && s.home[0] != '/')
		s.home = NULL;
	s.worker = p->ask.worker;
	s.limits = *p->ask.limits;
	/* The user's is for commands: a short one must not fail the test. */
	s.limits.timeout_ms = PROBE_MS;
	s.tool = "selftest";
	s.args = args;
	probe_args(p, level, args);
	buf_clear(&p->out);
	sandbox_result_release(&p->result);
	p->call = sandbox_call_start(p->loop, &s, lends ? &p->ready : NULL, &cb,
	    p);
	return 0;
}

/* Wait for its result. 0, or -1 with the reason. *open gets the walls that
 * this level doesn't promise, and that failed. */
static int
probe_finish(struct sandbox_search *p, char **open, struct err *e)
{
	bool walls = sandbox_levels[p->level].holds;
	AUTO_JSON cJSON *reply = NULL;
	const cJSON *it;

	const struct sandbox_result *r = NULL;
	bool begun;
	int fd;

	while (p->call != NULL &&
	    (r = sandbox_call_result(p->call, &fd, &begun)) == NULL)
		loop_once(p->loop, -1);
	if (r != NULL)
		probe_take(p, r);
	if (!p->result.built) {
		errno = p->result.error_errno;
		err_set(e, "%s", p->result.error);
		if (e->sys == 0)
			e->sys = p->result.error_errno;
		return -1;
	}
	reply = json_parse(buf_str(&p->out), p->out.len, JSON_NUL_REPLACE,
	    NULL);
	if (p->result.exit != 0 || json_get(reply, "held") == NULL)
		return err_set(e, "self-test: it ended with status %d, signal "
		    "%d%s%s", p->result.exit, p->result.signal,
		    p->result.limit != NULL ? ", " : "",
		    p->result.limit != NULL ? p->result.limit : "");
	/* Levels D and none don't promise these walls. */
	if (!walls)
		*open = probe_open_walls(json_get(reply, "held"));
	else
		cJSON_ArrayForEach(it, json_get(reply, "held"))
			if (!cJSON_IsTrue(it))
				return err_set(e, "self-test: %s did not hold",
				    it->string);
	if (sandbox_levels[p->level].overlays && probe_is_forged(p))
		return err_set(e, "self-test: overlay marks can be forged; a "
		    "newer kernel is needed");
	return walls ? probe_tree(p, p->level, e) : 0;
}

static void
probe_refuse(struct sandbox_search *p, struct sandbox_found *f, enum sandbox_level level,
    const struct err *e)
{
	struct sandbox_refusal *r = &f->refusals[f->refusals_len++];
	struct utsname u;
	struct host_advice_ask a = {
		.step = e->text, .sys = e->sys, .worker = p->ask.worker,
		.top = "",
		.release = uname(&u) == 0 ? u.release : "",
	};

	r->level = level;
	r->step = xstrdup(e->text);
	r->sys = e->sys;
	r->help = host_advice_for(&a);
}

struct sandbox_search *
sandbox_find_begin(const struct sandbox_ask *ask)
{
	struct sandbox_search *p = xcalloc(1, sizeof(*p));

	p->ask = *ask;
	p->lends = ask->commands != NULL;
	p->ask.control = p->control = xstrdup_null(ask->control);
	p->opened = probe_open(p, &p->why) == 0;
	if (p->opened && !ask->container)
		(void)probe_start(p, SANDBOX_A, &p->why);
	return p;
}

bool
sandbox_find_step(struct sandbox_search *p, int wait_ms, int *fd, bool *begun)
{
	if (p->call != NULL)
		loop_once(p->loop, wait_ms);
	return p->call == NULL ||
	    sandbox_call_result(p->call, fd, begun) != NULL;
}

struct sandbox_ready *
sandbox_find_take(struct sandbox_search *p, struct loop *loop)
{
	struct sandbox_ready *r;

	while (p->lends && p->call != NULL)
		loop_once(p->loop, -1);
	r = p->ready;
	p->ready = NULL;
	if (r != NULL)
		sandbox_ready_watch(r, loop);
	return r;
}

void
sandbox_find_free(struct sandbox_search *p)
{
	if (p == NULL)
		return;
	if (p->call != NULL)
		sandbox_call_cancel(&p->call);
	sandbox_ready_free(p->ready);
	probe_close(p);
	FREE_ALL(p->control, p);
}

void
sandbox_found_release(struct sandbox_found *f)
{
	MEM_EACH(f, refusals, refusal)
		FREE_ALL(refusal->step, refusal->help);
	FREE_ALL(f->line, f->open, f->why);
	memset(f, 0, sizeof(*f));
}

/* If not even a worker runs, that is the reason that counts; else why there is
 * no namespace for it, A or B. */
static const struct sandbox_refusal *
found_refusal(const struct sandbox_found *f)
{
	size_t n = f->refusals_len;

	if (n == 0 || f->refusals[n - 1].level >= SANDBOX_D)
		return n == 0 ? NULL : &f->refusals[n - 1];
	while (n > 1 && f->refusals[n - 1].level >= SANDBOX_C)
		n--;
	return &f->refusals[n - 1];
}

/* Why it isn't this level. */
static const struct sandbox_refusal *
found_refusal_of(const struct sandbox_found *f, enum sandbox_level level)
{
	MEM_EACH(f, refusals, refusal)
		if (refusal->level == level)
			return refusal;
	return found_refusal(f);
}

static char *
found_refusal_text(const struct sandbox_refusal *r)
{
	return r->help == NULL ? xstrdup(r->step) :
	    xasprintf("%s (%s)", r->step, r->help);
}

/* Nothing to do where a sandbox holds: doctor has the remedies. */
static char *
found_why(const struct sandbox_found *f)
{
	const struct sandbox_refusal *r = found_refusal(f);
	const struct sandbox_refusal *c = found_refusal_of(f, SANDBOX_C);
	AUTO_FREE char *first = NULL, *last = NULL;

	if (r == NULL)
		return NULL;
	if (sandbox_levels[f->level].holds)
		return xasprintf("%s; see assent doctor", r->step);
	if (r->level >= SANDBOX_C || c->level != SANDBOX_C)
		return found_refusal_text(r);
	first = found_refusal_text(r);
	last = found_refusal_text(c);
	return xasprintf("%s; level C: %s", first, last);
}

static int
found_check(const struct sandbox_found *f, enum sandbox_level least,
    const struct image *image, struct err *e)
{
	const struct sandbox_refusal *r = found_refusal_of(f, least);
	AUTO_FREE char *why = NULL;

	if (f->level <= least)
		return 0;
	if (image != NULL && f->level > SANDBOX_B) {
		r = found_refusal(f);
		why = r == NULL ? NULL : found_refusal_text(r);
		return err_set(e, "the image %s needs sandbox A or B, and "
		    "neither works: %s", image->name,
		    why == NULL ? "?" : why);
	}
	why = r == NULL ? xstrdup(", as --sandbox says") :
	    found_refusal_text(r);
	e->sys = r == NULL ? 0 : r->sys;
	return err_set(e, "sandbox_require asks for sandbox %s, and this %s "
	    "%s%s%s%s", sandbox_levels[least].name, r == NULL ? "is" :
	    "host gives",
	    f->level == SANDBOX_NONE ? "no sandbox" : "sandbox ",
	    f->level == SANDBOX_NONE ? "" : sandbox_levels[f->level].name,
	    r == NULL ? "" : ": ", why);
}

int
sandbox_find_end(struct sandbox_search *p, enum sandbox_level least,
    struct sandbox_found *f, struct err *why)
{
	const struct sandbox_ask *ask = &p->ask;
	enum sandbox_level level = ask->container ? SANDBOX_D : SANDBOX_A;
	struct err e = p->why;

	memset(f, 0, sizeof(*f));
	/* The first is being tried, except in a container. */
	if (p->opened && ask->container)
		(void)probe_start(p, level, &e);
	while (p->opened && (err_is_set(&e) ||
	    probe_finish(p, &f->open, &e) < 0)) {
		probe_refuse(p, f, level, &e);
		/* B needs the same namespaces. */
		if (level == SANDBOX_A && strncmp(e.text, "namespaces:",
		    11) == 0)
			probe_refuse(p, f, level = SANDBOX_B, &e);
		e = (struct err)ERR_INIT;
		if (level == SANDBOX_NONE)
			break;
		level = level == SANDBOX_C ? SANDBOX_NONE : level + 1;
		(void)probe_start(p, level, &e);
	}
	if (!p->opened) {
		level = SANDBOX_NONE;
		probe_refuse(p, f, SANDBOX_A, &e);
	}
	f->level = level;
	/* From the last run, which is the selected level. */
	f->enforced = p->result.enforced;
	f->line = sandbox_line(f->level, ask, &f->enforced,
	    landlock_version(NULL) > 0);
	f->why = found_why(f);
	probe_deafen(p);
	return found_check(f, ask->image != NULL && least > SANDBOX_B ?
	    SANDBOX_B : least, ask->image, why);
}
