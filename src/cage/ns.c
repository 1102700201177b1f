/*
 * Everything here runs before any foreign code does, in a process that has all
 * capabilities inside its new user namespace and none outside.  Targets are
 * reached component by component without following symlinks, since the home,
 * /tmp and the stage inside hold what earlier calls left there.
 *
 * Real root (not root of a user namespace) takes the trees before it becomes
 * the project's owner; the kernel lets a detached tree be attached in another
 * user namespace by who holds its descriptor.
 */
#include "config.h"

#include "cage/ns.h"

#include <errno.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"
#include "cage/sys.h"

#define NS_QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
#define NS_FLAGS (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | \
	CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

/* Undo the \ooo of /proc/self/mountinfo in place. */
static void
ns_unescape(char *s)
{
	char *out = s;

	while (*s != '\0') {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*out++ = (char)((s[1] - '0') << 6 |
			    (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else
			*out++ = *s++;
	}
	*out = '\0';
}

/* An overlay shows the folder under a mount point, not what is mounted. */
int
ns_check(const struct ns *ns, struct err *e)
{
	struct buf b = BUF_INIT(16u << 20);
	char *line, *save = NULL;
	int rc = 0;

	if (ns->r->rung != CAGE_A)
		return 0;
	if (fs_read_file(AT_FDCWD, "/proc/self/mountinfo", &b, NULL) < 0 ||
	    b.p == NULL) {
		buf_release(&b);
		return 0;
	}
	for (line = strtok_r(b.p, "\n", &save); line != NULL && rc == 0;
	    line = strtok_r(NULL, "\n", &save)) {
		char *point = line;
		int i;

		for (i = 0; i < 4 && point != NULL; i++)
			if ((point = strchr(point, ' ')) != NULL)
				point++;
		if (point == NULL)
			continue;
		point[strcspn(point, " ")] = '\0';
		ns_unescape(point);
		if (fs_is_below(point, ns->r->root) &&
		    strcmp(point, ns->r->root) != 0) {
			errno = EINVAL;
			rc = err_sys(e, "overlay: %.200s is mounted below the "
			    "project", point);
		}
	}
	buf_release(&b);
	return rc;
}

static int
ns_take_tree(const char *path, unsigned flags, uint64_t attrs, const char *step,
    struct err *e)
{
	int fd = sys_open_tree(AT_FDCWD, path, flags);

	if (fd < 0)
		return err_sys(e, "%s: cannot take %s", step, path);
	if (attrs != 0 && sys_mount_setattr(fd, "",
	    AT_EMPTY_PATH | (flags & AT_RECURSIVE), attrs) < 0) {
		err_sys(e, "%s: cannot restrict %s", step, path);
		close(fd);
		return -1;
	}
	return fd;
}

static int
ns_take_project(struct ns *ns, struct plan_step *s, struct err *e)
{
	const struct request *r = ns->r;
	struct stat st;

	if (r->rung == CAGE_A) {
		char *dir = xstrdup(r->upper), *slash = strrchr(dir, '/');
		size_t n = (size_t)(slash - dir);

		if (n == 0 || strncmp(r->work, dir, n + 1) != 0 ||
		    strchr(r->work + n + 1, '/') != NULL) {
			free(dir);
			errno = EINVAL;
			return err_sys(e, "overlay: upper and work are not "
			    "in one folder");
		}
		*slash = '\0';
		ns->stage = ns_take_tree(dir, 0, NS_QUIET, "overlay", e);
		free(dir);
		if (ns->stage < 0)
			return -1;
		s->fd = ns_take_tree(r->root, 0,
		    NS_QUIET | MOUNT_ATTR_RDONLY, "overlay", e);
	} else {
		char *git = fs_join(r->root, ".git");

		ns->git = ns_take_tree(git, AT_RECURSIVE | AT_SYMLINK_NOFOLLOW,
		    NS_QUIET | MOUNT_ATTR_RDONLY, "git", NULL);
		free(git);
		if (ns->git >= 0 && (fstat(ns->git, &st) < 0 ||
		    S_ISLNK(st.st_mode))) {
			close(ns->git);
			ns->git = -1;
		}
		s->fd = ns_take_tree(r->copy, 0, NS_QUIET, "copy", e);
	}
	return s->fd < 0 ? -1 : 0;
}

int
ns_take(struct ns *ns, struct err *e)
{
	size_t i;

	for (i = 0; i < ns->plan->len; i++) {
		struct plan_step *s = &ns->plan->steps[i];
		uint64_t attrs = NS_QUIET;

		switch (s->kind) {
		case PLAN_PROJECT:
			if (ns_take_project(ns, s, e) < 0)
				return -1;
			break;
		case PLAN_DEVICE:
			attrs = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
			/* FALLTHROUGH */
		case PLAN_BIND_RO:
		case PLAN_SHIELD:
		case PLAN_BIND_RW:
			if (s->kind == PLAN_BIND_RO || s->kind == PLAN_SHIELD)
				attrs |= MOUNT_ATTR_RDONLY;
			s->fd = ns_take_tree(s->source, AT_RECURSIVE, attrs,
			    "root", s->optional ? NULL : e);
			if (s->fd < 0 && !s->optional)
				return -1;
			break;
		default:
			break;
		}
	}
	ns->taken = true;
	return 0;
}

pid_t
ns_clone(int *pidfd, struct err *e)
{
	struct clone_args a = {
		.flags = NS_FLAGS | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid = syscall(SYS_clone3, &a, sizeof(a));

	/* Some containers answer ENOSYS so that callers take the older call;
	 * its first three arguments are the same where we build. */
	if (pid < 0 && errno == ENOSYS)
		pid = syscall(SYS_clone, NS_FLAGS | CLONE_PIDFD | SIGCHLD,
		    NULL, pidfd, NULL, NULL);
	if (pid < 0)
		return err_sys(e, "namespaces: clone is refused");
	return (pid_t)pid;
}

static int
ns_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return -1;
	rc = fs_write_all(fd, text, strlen(text));
	close(fd);
	return rc;
}

int
ns_enter(struct ns *ns, struct err *e)
{
	struct ifreq ifr = { .ifr_flags = IFF_UP | IFF_RUNNING };
	char text[64];
	int fd;

	/* The first to be killed when the host runs out of memory. */
	(void)ns_write("/proc/self/oom_score_adj", "500");
	if (ns_write("/proc/self/setgroups", "deny") < 0)
		return err_sys(e, "user namespace: setgroups");
	snprintf(text, sizeof(text), "%u %u 1", ns->uid, ns->uid);
	if (ns_write("/proc/self/uid_map", text) < 0)
		return err_sys(e, "user namespace: uid_map");
	snprintf(text, sizeof(text), "%u %u 1", ns->gid, ns->gid);
	if (ns_write("/proc/self/gid_map", text) < 0)
		return err_sys(e, "user namespace: gid_map");
	if (sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(e, "mounts: cannot make them private");
	if (sethostname("cage", 4) < 0)
		return err_sys(e, "host name");
	memcpy(ifr.ifr_name, "lo", sizeof("lo"));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0) {
		err_sys(e, "network: cannot bring up the loopback");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

/*
 * The folder or file `path` below root, made if it is missing; O_PATH. What is
 * in the way in one of our own folders (a symlink that a command left in /tmp)
 * is removed.
 */
static int
ns_target(int root, const char *path, bool is_dir)
{
	char *copy = xstrdup(path), *save = NULL, *name, *next;
	int fd = fcntl(root, F_DUPFD_CLOEXEC, 0);

	for (name = strtok_r(copy, "/", &save); name != NULL && fd >= 0;
	    name = next) {
		int sub, tries, saved;
		bool dir;

		next = strtok_r(NULL, "/", &save);
		dir = next != NULL || is_dir;
		for (tries = 0, sub = -1; tries < 3 && sub < 0; tries++) {
			struct stat st;

			sub = openat(fd, name, O_PATH | O_NOFOLLOW |
			    O_CLOEXEC);
			if (sub < 0 && errno != ENOENT)
				break;
			if (sub >= 0 && fstat(sub, &st) == 0 &&
			    !S_ISLNK(st.st_mode) &&
			    S_ISDIR(st.st_mode) == dir)
				break;
			if (sub >= 0) {
				close(sub);
				sub = -1;
				if (unlinkat(fd, name, S_ISDIR(st.st_mode) ?
				    AT_REMOVEDIR : 0) < 0)
					break;
			}
			if ((dir ? mkdirat(fd, name, 0755) :
			    mknodat(fd, name, S_IFREG | 0644, 0)) < 0 &&
			    errno != EEXIST)
				break;
		}
		saved = errno;
		close(fd);
		errno = saved;
		fd = sub;
	}
	free(copy);
	return fd;
}

/* Attach the tree at `path`. Takes nothing; the tree's fd stays open. */
static int
ns_attach(int root, int tree, const char *path)
{
	struct stat st;
	int to, rc, saved;

	if (fstat(tree, &st) < 0)
		return -1;
	to = ns_target(root, path, S_ISDIR(st.st_mode));
	if (to < 0)
		return -1;
	rc = sys_move_mount(tree, to);
	saved = errno;
	close(to);
	errno = saved;
	return rc;
}

/* A new file system of this kind, detached. Options are key, value pairs with
 * a NULL key at the end; a NULL value is a flag. */
static int
ns_make(const char *type, const char *const *options, unsigned attrs)
{
	int fs = sys_fsopen(type), fd = -1, saved;

	if (fs < 0)
		return -1;
	for (; options[0] != NULL; options += 2)
		if (sys_fsconfig(fs, options[0], options[1]) < 0)
			goto out;
	if (sys_fscreate(fs) == 0)
		fd = sys_fsmount(fs, attrs);
out:
	saved = errno;
	close(fs);
	errno = saved;
	return fd;
}

static int
ns_make_at(int root, const char *type, const char *const *options,
    unsigned attrs, const char *target)
{
	int fd = ns_make(type, options, attrs), rc, saved;

	if (fd < 0)
		return -1;
	rc = ns_attach(root, fd, target);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

/* Read-only, and through an overlay: connect(2) to a socket inside then finds
 * another inode and is refused. */
static int
ns_shield(int root, int tree, const char *target)
{
	static const char *const options[] = {
		"source", "assent", "lowerdir", "assent/.lower:assent/empty",
		"userxattr", NULL,
		NULL, NULL,
	};
	struct stat st;

	if (fstat(tree, &st) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode) ||
	    ns_attach(root, tree, "/assent/.lower") < 0)
		return ns_attach(root, tree, target);
	if (ns_make_at(root, "overlay", options, NS_QUIET | MOUNT_ATTR_RDONLY,
	    target) == 0)
		return sys_umount("assent/.lower");
	/* It is moved on from there. */
	return ns_attach(root, tree, target);
}

/* Hide what is at fd behind an empty file or folder of mode 000. */
static int
ns_mask_fd(int root, int fd)
{
	struct stat st;
	int blank, rc, saved;

	if (fstat(fd, &st) < 0)
		return -1;
	blank = sys_open_tree(root, S_ISDIR(st.st_mode) ? "assent/masked-dir" :
	    "assent/masked-file", 0);
	if (blank < 0)
		return -1;
	rc = sys_mount_setattr(blank, "", AT_EMPTY_PATH,
	    NS_QUIET | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC);
	if (rc == 0)
		rc = sys_move_mount(blank, fd);
	saved = errno;
	close(blank);
	errno = saved;
	return rc;
}

/* Following symlinks, but never out of `top`; what is not there needs no
 * mask, and what leads out of the cage's sight neither. */
static int
ns_mask(int root, int top, const char *path, uint64_t resolve, struct err *e)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	int fd, rc;

	while (*path == '/')
		path++;
	fd = (int)syscall(SYS_openat2, top, path, &how, sizeof(how));
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR ||
	    errno == ELOOP || errno == EXDEV || errno == EACCES))
		return 0;
	if (fd < 0)
		return err_sys(e, "mask: %s", path);
	rc = ns_mask_fd(root, fd);
	if (rc < 0)
		err_sys(e, "mask: %s", path);
	close(fd);
	return rc;
}

/* The view's own .git, bound onto itself read-only; a bind of the real one
 * would leave sockets inside open to connections. */
static int
ns_protect_git(struct ns *ns, int root, int top, struct err *e)
{
	int fd, tree, rc = -1;

	fd = fs_open_beneath(top, ".git", O_PATH, 0);
	if (fd < 0 && errno == ENOENT && ns->git >= 0) {
		char *git = fs_join(ns->r->root, ".git");

		rc = ns_shield(root, ns->git, git);
		if (rc < 0)
			err_sys(e, "git: cannot show %s", git);
		free(git);
		return rc;
	}
	if (fd < 0 && (errno == ENOENT || errno == ELOOP))
		return 0;
	if (fd < 0)
		return err_sys(e, "git: cannot open .git");
	tree = sys_open_tree(fd, "", AT_EMPTY_PATH | AT_RECURSIVE);
	if (tree < 0 || sys_mount_setattr(tree, "",
	    AT_EMPTY_PATH | AT_RECURSIVE, NS_QUIET | MOUNT_ATTR_RDONLY) < 0 ||
	    sys_move_mount(tree, fd) < 0)
		err_sys(e, "git: cannot make .git read-only");
	else
		rc = 0;
	if (tree >= 0)
		close(tree);
	close(fd);
	return rc;
}

static int
ns_overlay(struct ns *ns, int root, struct plan_step *s, struct err *e)
{
	char *up = xasprintf("assent/.stage/%s",
	    strrchr(ns->r->upper, '/') + 1);
	char *wk = xasprintf("assent/.stage/%s",
	    strrchr(ns->r->work, '/') + 1);
	const char *options[] = {
		"source", "assent", "lowerdir", "assent/.lower", "upperdir",
		up, "workdir", wk, "userxattr", NULL, "volatile", NULL, NULL,
		NULL,
	};
	int rc = -1;

	if (ns_attach(root, s->fd, "/assent/.lower") < 0 ||
	    ns_attach(root, ns->stage, "/assent/.stage") < 0) {
		err_sys(e, "overlay: cannot place its layers");
		goto out;
	}
	rc = ns_make_at(root, "overlay", options, NS_QUIET, s->target);
	if (rc < 0)
		err_sys(e, "overlay: cannot mount it");
	/* The overlay holds its layers; nobody else shall see them. */
	else if (sys_umount("assent/.lower") < 0 ||
	    sys_umount("assent/.stage") < 0)
		rc = err_sys(e, "overlay: cannot hide its layers");
out:
	free(up);
	free(wk);
	return rc;
}

static int
ns_project(struct ns *ns, int root, struct plan_step *s, struct err *e)
{
	int top, rc = -1;
	size_t i;

	if (ns->r->rung == CAGE_A) {
		if (ns_overlay(ns, root, s, e) < 0)
			return -1;
	} else if (ns_attach(root, s->fd, s->target) < 0)
		return err_sys(e, "copy: cannot show it at %s", s->target);
	top = ns_target(root, s->target, true);
	if (top < 0)
		return err_sys(e, "project: cannot open %s", s->target);
	if (ns_protect_git(ns, root, top, e) < 0)
		goto out;
	for (i = 0; i < ns->r->masked_len; i++)
		if (ns_mask(root, top, ns->r->masked[i], RESOLVE_BENEATH,
		    e) < 0)
			goto out;
	rc = 0;
out:
	close(top);
	return rc;
}

static int
ns_text(int root, const struct plan_step *s)
{
	int fd = ns_target(root, s->target, false), rc;
	char path[64];

	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = ns_write(path, s->source);
	close(fd);
	return rc;
}

static int
ns_link(int root, const struct plan_step *s)
{
	char *dir = xstrdup(s->target), *slash = strrchr(dir, '/');
	int fd, rc;

	*slash = '\0';
	fd = ns_target(root, dir, true);
	rc = fd < 0 ? -1 : symlinkat(s->source, fd, slash + 1);
	if (rc < 0 && errno == EEXIST)
		rc = 0;
	if (fd >= 0)
		close(fd);
	free(dir);
	return rc;
}

static int
ns_step(struct ns *ns, int root, struct plan_step *s, struct err *e)
{
	static const char *const none[] = { NULL };
	static const char *const pts[] = { "ptmxmode", "0666", "mode", "0620",
		NULL };
	char size[32];
	const char *shm[] = { "size", size, "nr_inodes", "4096", "mode",
		"1777", NULL };
	int64_t bytes = ns->r->limits.memory_bytes / 4;
	int fd, rc = -1;

	switch (s->kind) {
	case PLAN_BIND_RO:
	case PLAN_BIND_RW:
	case PLAN_DEVICE:
		rc = s->fd < 0 ? 0 : ns_attach(root, s->fd, s->target);
		break;
	case PLAN_SHIELD:
		rc = s->fd < 0 ? 0 : ns_shield(root, s->fd, s->target);
		break;
	case PLAN_LINK:
		rc = ns_link(root, s);
		break;
	case PLAN_TEXT:
		rc = ns_text(root, s);
		break;
	case PLAN_DIR:
		fd = ns_target(root, s->target, true);
		rc = fd < 0 ? -1 : close(fd);
		break;
	case PLAN_TMPFS:
		snprintf(size, sizeof(size), "%lld",
		    (long long)(bytes > 256 << 20 ? 256 << 20 : bytes));
		rc = ns_make_at(root, "tmpfs", shm, NS_QUIET, s->target);
		break;
	case PLAN_PROC:
		/* Read-only: real root without a single capability could still
		 * write sysctls through the owner's bits. */
		rc = ns_make_at(root, "proc", none, NS_QUIET |
		    MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY, s->target);
		break;
	case PLAN_DEVPTS:
		rc = ns_make_at(root, "devpts", pts, MOUNT_ATTR_NOSUID |
		    MOUNT_ATTR_NOEXEC, s->target);
		break;
	case PLAN_MASK:
		return ns_mask(root, root, s->target, RESOLVE_IN_ROOT, e);
	case PLAN_PROJECT:
		return ns_project(ns, root, s, e);
	}
	if (rc < 0 && !s->optional)
		return err_sys(e, "%s: cannot mount it",
		    s->target + (s->target[0] == '/'));
	return 0;
}

static int
ns_root_tmpfs(struct err *e)
{
	static const char *const places[] = { "/tmp", "/usr", "/mnt" };
	size_t i;
	int fd;

	for (i = 0; i < MEM_COUNT(places); i++)
		if (sys_mount("assent", places[i], "tmpfs",
		    MS_NOSUID | MS_NODEV,
		    "size=16m,nr_inodes=16384,mode=755") == 0)
			break;
	if (i == MEM_COUNT(places))
		return err_sys(e, "root: cannot mount a tmpfs");
	fd = open(places[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fchdir(fd) < 0 || mkdir("assent", 0755) < 0 ||
	    mkdir("assent/empty", 0755) < 0 ||
	    mkdir("assent/masked-dir", 0) < 0 ||
	    mknod("assent/masked-file", S_IFREG, 0) < 0) {
		err_sys(e, "root: cannot prepare it");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

int
ns_build(struct ns *ns, struct err *e)
{
	int root, rc = -1;
	mode_t mask = umask(022);
	size_t i;

	if (!ns->taken && ns_take(ns, e) < 0)
		return -1;
	root = ns_root_tmpfs(e);
	if (root < 0)
		return -1;
	for (i = 0; i < ns->plan->len; i++)
		if (ns_step(ns, root, &ns->plan->steps[i], e) < 0)
			goto out;
	if (sys_pivot_root(".", ".") < 0 || sys_umount(".") < 0 ||
	    chdir("/") < 0) {
		err_sys(e, "root: cannot change to it");
		goto out;
	}
	if (sys_mount_setattr(AT_FDCWD, "/", 0, MOUNT_ATTR_RDONLY) < 0) {
		err_sys(e, "root: cannot make it read-only");
		goto out;
	}
	rc = 0;
out:
	close(root);
	umask(mask);
	return rc;
}
