/*
 * Which rung holds here is found out by running whole cages with the self-test
 * inside and baits outside, never by guessing from versions.  A rung whose
 * self-test names anything that did not hold is refused, with the name.
 */
#include "config.h"

#include "cage/cage.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cage/selftest.h"
#include "loop/loop.h"

#define PROBE_OUTPUT_MAX 65536
#define PROBE_LOOK 256		/* entries looked at for their group */

struct probe {
	struct loop		*loop;
	struct buf		 out;
	struct cage_result	 result;
	char			*dir;		/* below state_dir */
	char			*upper, *work, *copy, *home, *tmp;
	char			*file, *sock, *abstract;
	char			*masked;	/* a file of the project */
	int			 listen_in, listen_un, listen_abs;
	int			 port;
};

static void
probe_output(void *arg, const char *p, size_t n)
{
	struct probe *pr = arg;

	(void)buf_add(&pr->out, p, n);
}

static void
probe_done(void *arg, const struct cage_result *r)
{
	struct probe *pr = arg;

	pr->result = *r;
	pr->result.error = xstrdup_null(r->error);
	pr->result.killed = xstrdup_null(r->killed);
	pr->result.limit = xstrdup_null(r->limit);
	loop_stop(pr->loop, 0);
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

/* Something outside to reach for: a file, sockets. What cannot be laid out is
 * left out of the test. */
static void
probe_baits(struct probe *p)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
	};
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(in);
	int fd;

	p->file = fs_join(p->dir, "secret");
	fd = open(p->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd >= 0) {
		(void)fs_write_all(fd, "bait\n", 5);
		close(fd);
	}
	p->listen_in = probe_listen((struct sockaddr *)&in, sizeof(in));
	if (p->listen_in >= 0 &&
	    getsockname(p->listen_in, (struct sockaddr *)&in, &n) == 0)
		p->port = ntohs(in.sin_port);
	p->sock = fs_join(p->dir, "s");
	if (strlen(p->sock) < sizeof(un.sun_path)) {
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

/* A file of the project that has something to hide; read by nobody. */
static char *
probe_pick_masked(const char *root)
{
	DIR *d = opendir(root);
	struct dirent *de;
	char *name = NULL;

	while (d != NULL && name == NULL && (de = readdir(d)) != NULL) {
		struct stat st;

		if (fstatat(dirfd(d), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    st.st_size > 0 && strcmp(de->d_name, ".git") != 0)
			name = xstrdup(de->d_name);
	}
	if (d != NULL)
		closedir(d);
	return name;
}

static char *
probe_mkdir(const struct probe *p, const char *name)
{
	char *path = fs_join(p->dir, name);

	(void)mkdir(path, 0700);
	return path;
}

static int
probe_open(struct probe *p, const char *root, const char *state,
    struct err *e)
{
	p->listen_in = p->listen_un = p->listen_abs = -1;
	buf_init(&p->out, PROBE_OUTPUT_MAX);
	if (fs_mkdirs(state, 0700, e) < 0)
		return -1;
	p->dir = fs_join(state, "probe-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		return err_sys(e, "state folder: cannot write in %s", state);
	p->upper = probe_mkdir(p, "upper");
	p->work = probe_mkdir(p, "work");
	p->copy = probe_mkdir(p, "copy");
	p->home = probe_mkdir(p, "home");
	p->tmp = probe_mkdir(p, "tmp");
	p->masked = probe_pick_masked(root);
	probe_baits(p);
	p->loop = loop_new();
	return 0;
}

static void
probe_close(struct probe *p)
{
	if (p->dir != NULL)
		(void)fs_remove_tree(AT_FDCWD, p->dir, NULL);
	if (p->listen_in >= 0)
		close(p->listen_in);
	if (p->listen_un >= 0)
		close(p->listen_un);
	if (p->listen_abs >= 0)
		close(p->listen_abs);
	free(p->dir);
	free(p->upper);
	free(p->work);
	free(p->copy);
	free(p->home);
	free(p->tmp);
	free(p->file);
	free(p->sock);
	free(p->abstract);
	free(p->masked);
	buf_release(&p->out);
	cage_result_release(&p->result);
	loop_free(p->loop);
}

/* Forged overlay marks must not have reached the layer itself. */
static bool
probe_is_forged(const struct probe *p)
{
	char *dir = fs_join(p->upper, SELFTEST_SCRATCH), c;
	bool forged = lgetxattr(dir, "user.overlay.opaque", &c, 1) > 0;

	free(dir);
	return forged;
}

/*
 * Only one user and one group have a name inside. A file of ours in another of
 * our groups could be read there but not changed (EOVERFLOW); a tree that is
 * shared so shows it at its top.
 */
static int
probe_groups(const char *root, struct err *e)
{
	gid_t gid = getegid();
	uid_t uid = geteuid();
	DIR *d = opendir(root);
	struct dirent *de;
	struct stat st;
	int left = PROBE_LOOK, rc = 0;

	if (uid == 0 && d != NULL && fstat(dirfd(d), &st) == 0 &&
	    st.st_uid != 0) {
		uid = st.st_uid;
		gid = st.st_gid;
	}
	while (rc == 0 && d != NULL && left-- > 0 &&
	    (de = readdir(d)) != NULL)
		if (strcmp(de->d_name, "..") != 0 &&
		    fstatat(dirfd(d), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid == uid &&
		    st.st_gid != gid) {
			errno = EOVERFLOW;
			rc = err_sys(e, "overlay: %.200s belongs to another "
			    "group than yours", de->d_name);
		}
	if (d != NULL)
		closedir(d);
	return rc;
}

/* One whole cage. 0, or -1 with the reason. */
static int
probe_try(struct probe *p, const char *worker, enum cage_rung rung,
    const char *root, const struct cage_limits *limits, struct err *e)
{
	const char *masks[] = { p->masked, NULL };
	struct cage_spec s = {
		.rung = rung, .root = root, .cwd = root,
		.home = getenv("HOME"), .path = getenv("PATH"),
		.cage_home = p->home, .cage_tmp = p->tmp,
		.quota_dir = p->dir,
	};
	const struct cage_callbacks cb = { probe_output, probe_done };
	cJSON *args = cJSON_CreateObject(), *reply = NULL;
	struct cage_limits lim = *limits;
	const cJSON *it;
	int rc = -1;

	if (rung == CAGE_A && probe_groups(root, e) < 0)
		goto out;
	if (rung == CAGE_A) {
		s.upper = p->upper;
		s.work = p->work;
		s.masked = masks;
		json_add_str(args, "masked", p->masked);
	} else
		s.copy = p->copy;
	if (s.home != NULL && s.home[0] != '/')
		s.home = NULL;
	if (lim.timeout_ms > 20000)
		lim.timeout_ms = 20000;
	json_add_str(args, "file", p->file);
	if (p->listen_un >= 0)
		json_add_str(args, "socket", p->sock);
	if (p->listen_abs >= 0)
		json_add_str(args, "abstract", p->abstract);
	if (p->port > 0)
		json_add_int(args, "port", p->port);
	buf_clear(&p->out);
	cage_result_release(&p->result);
	cage_call_start(p->loop, worker, &s, &lim, "selftest", args, &cb, p);
	loop_run(p->loop);
	if (!p->result.built) {
		errno = p->result.error_errno;
		err_set(e, "%s", p->result.error);
		if (e->sys == 0)
			e->sys = p->result.error_errno;
		goto out;
	}
	reply = json_parse(buf_str(&p->out), p->out.len, JSON_NUL_REPLACE,
	    NULL);
	if (p->result.exit != 0 || json_get(reply, "held") == NULL) {
		err_set(e, "self-test: it ended with status %d, signal %d%s%s",
		    p->result.exit, p->result.signal,
		    p->result.limit != NULL ? ", " : "",
		    p->result.limit != NULL ? p->result.limit : "");
		goto out;
	}
	/* Without namespaces nobody claims that these walls stand. */
	if (rung == CAGE_A || rung == CAGE_B)
		cJSON_ArrayForEach(it, json_get(reply, "held"))
			if (!cJSON_IsTrue(it)) {
				err_set(e, "self-test: %s did not hold",
				    it->string);
				goto out;
			}
	if (rung == CAGE_A && probe_is_forged(p)) {
		err_set(e, "self-test: overlay marks can be forged; a newer "
		    "kernel is needed");
		goto out;
	}
	rc = 0;
out:
	cJSON_Delete(args);
	cJSON_Delete(reply);
	return rc;
}

static bool
probe_sysctl(const char *path, char want)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c = '\0';

	if (fd < 0)
		return false;
	(void)!read(fd, &c, 1);
	close(fd);
	return c == want;
}

/* AppArmor takes the capabilities of a new user namespace away, unless the
 * program has a profile that allows it. */
static bool
probe_is_apparmor(const struct err *e)
{
	return (e->sys == EPERM || e->sys == EACCES) && probe_sysctl(
	    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1');
}

/* What a person can do about it. */
static const char *
probe_help(const struct err *e)
{
	if (probe_sysctl("/proc/sys/kernel/unprivileged_userns_clone", '0'))
		return "sudo sysctl kernel.unprivileged_userns_clone=1 "
		    "allows them";
	if (probe_sysctl("/proc/sys/user/max_user_namespaces", '0'))
		return "sudo sysctl user.max_user_namespaces=10000 allows "
		    "them";
	if (strncmp(e->text, "namespaces:", 11) == 0 ||
	    strncmp(e->text, "user namespace:", 15) == 0 ||
	    strncmp(e->text, "mounts:", 7) == 0)
		return "inside a container, allow it user namespaces and "
		    "mounts, or say --cage container if the container itself "
		    "is the cage";
	if (strncmp(e->text, "proc:", 5) == 0)
		return "the container hides parts of /proc: start it with "
		    "--security-opt systempaths=unconfined";
	if (strncmp(e->text, "overlay:", 8) == 0 &&
	    (strstr(e->text, "mounted below") != NULL ||
	    e->sys == EOVERFLOW))
		return "the project is copied instead";
	if (strncmp(e->text, "overlay:", 8) == 0)
		return "the state folder needs a file system that can be an "
		    "overlay's upper layer: set XDG_STATE_HOME to one, such "
		    "as ext4, xfs, btrfs or tmpfs";
	return NULL;
}

static char *
probe_why(const struct err *e, const char *worker)
{
	const char *help = probe_help(e);

	if (probe_is_apparmor(e))
		return xasprintf("%s (AppArmor restricts user namespaces; "
		    "this allows them to assent alone: echo 'abi <abi/4.0>, "
		    "profile assent-worker \"%s\" flags=(unconfined) "
		    "{ userns, }' | sudo tee /etc/apparmor.d/assent-worker && "
		    "sudo apparmor_parser -r /etc/apparmor.d/assent-worker)",
		    e->text, worker);
	return help == NULL ? xstrdup(e->text) :
	    xasprintf("%s (%s)", e->text, help);
}

/* RLIMIT_NPROC does not bind uid 0, which is what the payload stays when root
 * works on root's project, and may stay where there are no mounts. */
static bool
probe_pids_by_kernel(enum cage_rung rung, const char *root)
{
	struct stat st;

	return geteuid() != 0 || ((rung == CAGE_A || rung == CAGE_B) &&
	    stat(root, &st) == 0 && st.st_uid != 0);
}

static char *
probe_line(enum cage_rung rung, const char *root,
    const struct cage_limits *l)
{
	struct buf b = BUF_INIT(1024);

	switch (rung) {
	case CAGE_A:
		buf_adds(&b, "cage A · net none");
		break;
	case CAGE_B:
		buf_adds(&b, "cage B · project copied · net none");
		break;
	case CAGE_D:
		buf_adds(&b, "cage D · this container · net as its own");
		break;
	case CAGE_NONE:
		buf_adds(&b, "no cage · project copied · net open");
		break;
	}
	buf_addf(&b, " · mem %lldM sampled", (long long)
	    (l->memory_bytes >> 20));
	if (l->cpus == 1)
		buf_adds(&b, " · cpu 1 pinned");
	else
		buf_adds(&b, " · cpu off");
	buf_addf(&b, " · pids %d %s", l->pids,
	    probe_pids_by_kernel(rung, root) ? "kernel" : "sampled");
	return buf_take(&b);
}

enum cage_rung
cage_probe(const char *worker, const char *root, const char *state_dir,
    const struct cage_limits *limits, bool container, char **line, char **why)
{
	static const enum cage_rung order[] = { CAGE_A, CAGE_B };
	enum cage_rung rung = container ? CAGE_D : CAGE_NONE;
	struct err first = ERR_INIT, e = ERR_INIT;
	struct probe p = { 0 };
	size_t i;

	*line = *why = NULL;
	if (probe_open(&p, root, state_dir, &first) < 0) {
		rung = CAGE_NONE;
		goto out;
	}
	for (i = 0; !container && i < MEM_COUNT(order); i++) {
		err_clear(&e);
		if (probe_try(&p, worker, order[i], root, limits, &e) == 0) {
			rung = order[i];
			break;
		}
		if (!err_is_set(&first))
			first = e;
	}
	/* Does a worker run here at all? */
	err_clear(&e);
	if ((rung == CAGE_D || rung == CAGE_NONE) &&
	    probe_try(&p, worker, rung, root, limits, &e) < 0) {
		rung = CAGE_NONE;
		first = e;
	}
out:
	if (err_is_set(&first))
		*why = probe_why(&first, worker);
	*line = probe_line(rung, root, limits);
	probe_close(&p);
	return rung;
}
