/*
 * By number and with names of our own: the kernel's header is as old as the C
 * library's package, the kernel itself is often newer. Rights that this kernel
 * doesn't know are left out.
 *
 * Landlock only allows. If most of the host stays readable (D, none), a
 * forbidden path is excluded by allowing its neighbors, folder by folder.
 */
#include "config.h"

#include "sandbox/landlock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/devices.h"
#include "sandbox/mount-plan.h"
#include "sandbox/toolchain.h"

/* The same on every machine. */
#define LANDLOCK_NR_CREATE	444
#define LANDLOCK_NR_ADD		445
#define LANDLOCK_NR_RESTRICT	446
#define LANDLOCK_GIVE_VERSION	1u
#define LANDLOCK_BENEATH	1

#define LANDLOCK_EXECUTE	((uint64_t)1 << 0)
#define LANDLOCK_WRITE_FILE	((uint64_t)1 << 1)
#define LANDLOCK_READ_FILE	((uint64_t)1 << 2)
#define LANDLOCK_READ_DIR	((uint64_t)1 << 3)
#define LANDLOCK_REMOVE_DIR	((uint64_t)1 << 4)
#define LANDLOCK_REMOVE_FILE	((uint64_t)1 << 5)
#define LANDLOCK_MAKE_CHAR	((uint64_t)1 << 6)
#define LANDLOCK_MAKE_DIR	((uint64_t)1 << 7)
#define LANDLOCK_MAKE_REG	((uint64_t)1 << 8)
#define LANDLOCK_MAKE_SOCK	((uint64_t)1 << 9)
#define LANDLOCK_MAKE_FIFO	((uint64_t)1 << 10)
#define LANDLOCK_MAKE_BLOCK	((uint64_t)1 << 11)
#define LANDLOCK_MAKE_SYM	((uint64_t)1 << 12)
#define LANDLOCK_REFER		((uint64_t)1 << 13)	/* version 2 */
#define LANDLOCK_TRUNCATE	((uint64_t)1 << 14)	/* 3 */
#define LANDLOCK_IOCTL_DEV	((uint64_t)1 << 15)	/* 5 */

#define LANDLOCK_SCOPE_ABSTRACT	((uint64_t)1 << 0)	/* 6 */
#define LANDLOCK_SCOPE_SIGNAL	((uint64_t)1 << 1)

/* Rights that apply to files; the rest apply to folders. */
#define LANDLOCK_OF_FILES (LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | \
	LANDLOCK_READ_FILE | LANDLOCK_TRUNCATE | LANDLOCK_IOCTL_DEV)
#define LANDLOCK_READ (LANDLOCK_EXECUTE | LANDLOCK_READ_FILE | \
	LANDLOCK_READ_DIR)
#define LANDLOCK_DEVICE (LANDLOCK_READ_FILE | LANDLOCK_READ_DIR | \
	LANDLOCK_WRITE_FILE | LANDLOCK_TRUNCATE | LANDLOCK_IOCTL_DEV)
/* Everything but creating devices and ioctls on them. */
#define LANDLOCK_WRITE (LANDLOCK_READ | LANDLOCK_WRITE_FILE | \
	LANDLOCK_REMOVE_DIR | LANDLOCK_REMOVE_FILE | LANDLOCK_MAKE_DIR | \
	LANDLOCK_MAKE_REG | LANDLOCK_MAKE_SOCK | LANDLOCK_MAKE_FIFO | \
	LANDLOCK_MAKE_SYM | LANDLOCK_REFER | LANDLOCK_TRUNCATE)

struct landlock_ruleset {
	uint64_t	 fs, net, scoped;
};

struct landlock_beneath {
	uint64_t	 allowed;
	int32_t		 fd;
} __attribute__((packed));

struct landlock {
	int		 fd;
	uint64_t	 handled;
	char		**hidden;	/* not readable, even if a folder above
					   is */
	size_t		 hidden_len;
	int		 run[2];	/* fs_close_run */
};

int
landlock_version(const struct sandbox_spec *r)
{
	long offered = syscall(LANDLOCK_NR_CREATE, NULL, 0,
	    LANDLOCK_GIVE_VERSION);
	int v = offered < 0 ? 0 : (int)offered;

	if (r != NULL && r->landlock > 0 && r->landlock < v)
		v = (int)r->landlock;
	return v < 2 && (r == NULL || !sandbox_levels[r->level].brokers) ? 0 :
	    v;
}

/* For the file or folder, of which O_PATH is enough; one that can't be allowed
 * stays closed. The descriptor is closed later. */
static void
landlock_add_take(struct landlock *l, int fd, uint64_t rights)
{
	struct landlock_beneath b = { rights & l->handled, fd };

	/* No file has a folder's rights. */
	if (syscall(LANDLOCK_NR_ADD, l->fd, LANDLOCK_BENEATH, &b, 0) < 0 &&
	    errno == EINVAL) {
		b.allowed &= LANDLOCK_OF_FILES;
		(void)syscall(LANDLOCK_NR_ADD, l->fd, LANDLOCK_BENEATH, &b, 0);
	}
	fs_close_run(l->run, fd);
}

/* A missing path needs no rule. */
static void
landlock_allow_open(struct landlock *l, const char *path, int flags,
    uint64_t rights)
{
	int fd = open(path, O_PATH | O_CLOEXEC | flags);

	if (fd >= 0)
		landlock_add_take(l, fd, rights);
}

static void
landlock_allow(struct landlock *l, const char *path, uint64_t rights)
{
	if (path != NULL)
		landlock_allow_open(l, path, 0, rights);
}

/* 1: `path` itself is hidden; 2: something below it is; 0: neither. */
static int
landlock_hides(const struct landlock *l, const char *path)
{
	int what = 0;
	size_t i;

	for (i = 0; i < l->hidden_len && what != 1; i++) {
		if (strcmp(l->hidden[i], path) == 0)
			what = 1;
		else if (fs_is_below(l->hidden[i], path))
			what = 2;
	}
	return what;
}

/* Make everything at and below `path` readable except hidden paths. Symlinks
 * are not followed: their targets are handled in their own place. */
static void
landlock_allow_reading(struct landlock *l, const char *path)
{
	int hidden = landlock_hides(l, path);
	struct dirent *de;
	DIR *d = hidden == 2 ? fs_opendir(path) : NULL;

	if (hidden == 0)
		landlock_allow_open(l, path, O_NOFOLLOW, LANDLOCK_READ);
	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *sub = fs_join(path, de->d_name);

		if (de->d_type != DT_LNK)
			landlock_allow_reading(l, sub);
	}
}

/* By its real path: a rule applies to the file, not to a name. */
static void
landlock_hide(struct landlock *l, const char *path)
{
	char *real = fs_realpath(path);

	if (real == NULL)
		return;
	*GROW_ADD(l->hidden, l->hidden_len) = real;
}

static void
landlock_toolchain_hide(void *arg, const char *path, bool is_mask)
{
	if (is_mask)
		landlock_hide(arg, path);
}

static void
landlock_toolchain_allow(void *arg, const char *path, bool is_mask)
{
	AUTO_FREE char *real = is_mask ? NULL : fs_realpath(path);

	if (real != NULL)
		landlock_allow_reading(arg, real);
}

/* The user's folders of skills. Names in them aren't secret; where mounts hide
 * what is, it need not be hidden here. */
static void
landlock_skills(struct landlock *l, const struct sandbox_spec *r)
{
	const char *const *v = r->skills_hidden;

	for (; v != NULL && *v != NULL && !sandbox_levels[r->level].encloses;
	    v++)
		landlock_hide(l, *v);
	for (v = r->skills; v != NULL && *v != NULL; v++) {
		landlock_allow(l, *v, LANDLOCK_READ_DIR);
		landlock_allow_reading(l, *v);
	}
}

/* The project's secret files, which the copy lacks. */
static void
landlock_secrets(struct landlock *l, const struct sandbox_spec *r)
{
	size_t i;

	for (i = 0; r->masked != NULL && r->masked[i] != NULL; i++) {
		AUTO_FREE char *path = fs_join(r->root, r->masked[i]);

		landlock_hide(l, path);
	}
	MEM_EACH(r, covers, cover)
		landlock_hide(l, cover->path);
}

/*
 * Without a root of its own: the host is readable, except the project's secret
 * files, which the copy lacks, assent's own folder, and on level none the home.
 */
static void
landlock_host(struct landlock *l, const struct sandbox_spec *r)
{
	const struct toolchain_where where = {
		.home = r->home, .path = r->path, .root = r->root,
		.more = r->toolchains,
	};
	bool home = r->level == SANDBOX_NONE && r->home != NULL &&
	    strcmp(r->home, "/") != 0;

	landlock_secrets(l, r);
	landlock_skills(l, r);
	/* Other sessions' secrets, which could decide their changes. */
	if (r->state_dir != NULL)
		landlock_hide(l, r->state_dir);
	if (home) {
		toolchain_each(&where, landlock_toolchain_hide, l);
		landlock_hide(l, r->home);
	}
	/* Names in a folder aren't secret, and programs look up. */
	landlock_allow(l, "/", LANDLOCK_READ_DIR);
	landlock_allow_reading(l, "/");
	if (home) {
		char *real = fs_realpath(r->home);

		/* Parts of the home that are needed anyway. */
		MEM_EACH(l, hidden, it)
			if (real != NULL && strcmp(*it, real) == 0)
				**it = '\0';
		free(real);
		toolchain_each(&where, landlock_toolchain_allow, l);
		real = fs_realpath(r->root);
		if (real != NULL)
			landlock_allow_reading(l, real);
		free(real);
	}
	landlock_allow(l, r->out_dir, LANDLOCK_READ);
	landlock_allow(l, r->staged, LANDLOCK_READ);
	landlock_allow(l, r->certificates, LANDLOCK_READ);
	landlock_allow(l, r->copy,
	    r->reads ? LANDLOCK_READ : LANDLOCK_WRITE);
}

/* copy_git; names in it aren't secret where a part of it is. */
static void
landlock_git(struct landlock *l, const struct sandbox_spec *r, const char *path)
{
	AUTO_FREE char *git = fs_join(r->root, path);

	if (r->no_git)
		return;
	landlock_allow_open(l, git, O_NOFOLLOW, LANDLOCK_READ_DIR);
	landlock_allow_reading(l, git);
}

/* By its real path, except what is hidden in it. */
static void
landlock_show(struct landlock *l, const struct mount_plan_step *s)
{
	int fd = fs_open_plain(s->source);
	AUTO_FREE char *real = fd >= 0 ? fs_normalize("/", s->source) :
	    fs_realpath(s->source);

	if (fd >= 0 && landlock_hides(l, real) == 0) {
		landlock_add_take(l, fd, s->type == DT_REG ?
		    LANDLOCK_READ & LANDLOCK_OF_FILES : LANDLOCK_READ);
		return;
	}
	fs_close(fd);
	if (real != NULL)
		landlock_allow_reading(l, real);
}

/* Allow what the plan of a root shows, by its paths on the host (C). */
static void
landlock_planned(struct landlock *l, const struct sandbox_spec *r,
    const struct mount_plan *plan)
{
	AUTO_FREE char *git = r->no_git ? NULL : gitlink_find(r->root, NULL);
	size_t i;

	landlock_secrets(l, r);
	/* Wherever they are, even if parts of them are shown below. */
	landlock_hide(l, r->root);
	if (r->state_dir != NULL)
		landlock_hide(l, r->state_dir);
	if (r->home != NULL && strcmp(r->home, "/") != 0)
		landlock_hide(l, r->home);
	for (i = 0; i < plan->len; i++)
		/* /proc is shown as a whole. */
		if (plan->steps[i].kind == MOUNT_PLAN_MASK &&
		    !fs_is_below(plan->steps[i].target, "/proc"))
			landlock_hide(l, plan->steps[i].target);
	for (i = 0; i < plan->len; i++) {
		const struct mount_plan_step *s = &plan->steps[i];

		switch (s->kind) {
		case MOUNT_PLAN_BIND_RO:
		case MOUNT_PLAN_CACHE:
		case MOUNT_PLAN_SHIELD:
			landlock_show(l, s);
			break;
		/* Landlock has a rule of its own for other processes' private
		 * files there. */
		case MOUNT_PLAN_PROC:
		/* /etc/hosts and the like: the host's instead of ours. */
		case MOUNT_PLAN_TEXT:
			landlock_allow(l, s->target, LANDLOCK_READ);
			break;
		default:
			break;
		}
	}
	landlock_skills(l, r);
	landlock_git(l, r, ".git");
	for (i = 0; r->shut != NULL && r->shut[i] != NULL; i++)
		landlock_git(l, r, r->shut[i]);
	if (git != NULL)
		landlock_allow(l, git, LANDLOCK_READ_DIR);
	landlock_allow(l, r->copy,
	    r->reads ? LANDLOCK_READ : LANDLOCK_WRITE);
}

/* The user's, and to list the folder of its own that it is in. */
static void
landlock_device(void *arg, const char *path, const char *to)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *dir = xmemdup(path, (size_t)(slash - path));

	if (to != NULL)
		return;
	landlock_allow(arg, path, LANDLOCK_DEVICE & LANDLOCK_OF_FILES);
	if (strcmp(dir, "/dev") != 0)
		landlock_allow(arg, dir, LANDLOCK_READ_DIR);
}

static void
landlock_devices(struct landlock *l, const struct sandbox_spec *r)
{
	static const char *const files[] = {
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
		"/dev/urandom", "/dev/tty",
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(files); i++)
		landlock_allow(l, files[i],
		    LANDLOCK_DEVICE & LANDLOCK_OF_FILES);
	devices_each(r->devices, landlock_device, l);
	/* On C the rest is the host's. */
	if (sandbox_levels[r->level].brokers)
		return;
	landlock_allow(l, "/dev/ptmx", LANDLOCK_DEVICE & LANDLOCK_OF_FILES);
	landlock_allow(l, "/dev/pts", LANDLOCK_DEVICE);
	if (landlock_hides(l, "/dev/shm") == 0)
		landlock_allow(l, "/dev/shm", LANDLOCK_WRITE);
}

static uint64_t
landlock_rights(int version)
{
	uint64_t all = LANDLOCK_WRITE | LANDLOCK_MAKE_CHAR |
	    LANDLOCK_MAKE_BLOCK | LANDLOCK_IOCTL_DEV;

	if (version < 5)
		all &= ~LANDLOCK_IOCTL_DEV;
	if (version < 3)
		all &= ~LANDLOCK_TRUNCATE;
	if (version < 2)
		all &= ~LANDLOCK_REFER;
	return all;
}

static void
landlock_allow_all(struct landlock *l, const struct sandbox_spec *r,
    const struct mount_plan *plan, enum landlock_whose whose)
{
	bool inside = sandbox_levels[r->level].encloses;

	/* The broker's rules, which hide the rest, are in force; this is a
	 * domain of its own, and no more. */
	if (sandbox_levels[r->level].brokers && !r->bare &&
	    whose == LANDLOCK_PAYLOAD) {
		landlock_allow(l, "/", l->handled);
		return;
	}
	if (r->bare) {
		AUTO_FREE char *tables = encoding_tables();

		if (tables != NULL)
			landlock_allow(l, tables, LANDLOCK_READ);
		landlock_allow(l, r->out_dir == NULL || !inside ? r->out_dir :
		    SANDBOX_OUT_DIR, LANDLOCK_READ);
		landlock_allow(l, inside ? r->root : r->copy,
		    r->reads ? LANDLOCK_READ : LANDLOCK_WRITE);
		landlock_skills(l, r);
		return;
	}
	if (inside) {
		landlock_allow(l, "/", LANDLOCK_READ);
		landlock_allow(l, r->root,
		    r->reads ? LANDLOCK_READ : LANDLOCK_WRITE);
		if (mount_plan_links_git(r))
			landlock_allow(l, SANDBOX_GIT_DIR, LANDLOCK_WRITE);
	} else if (sandbox_levels[r->level].brokers)
		landlock_planned(l, r, plan);
	else
		landlock_host(l, r);
	landlock_allow(l, inside ? plan->home : r->sandbox_home, LANDLOCK_WRITE);
	landlock_allow(l, inside ? plan->tmp : r->sandbox_tmp, LANDLOCK_WRITE);
	landlock_devices(l, r);
}

int
landlock_confine(const struct sandbox_spec *r, const struct mount_plan *plan,
    enum landlock_whose whose, struct err *e)
{
	int version = landlock_version(r);
	struct landlock l = { .fd = -1, .run = FS_RUN };
	AUTO_CLOSE int fd = -1;
	struct landlock_ruleset set = { 0 };
	bool forced;

	if (version == 0)
		return !sandbox_levels[r->level].brokers ? 0 :
		    err_set(e, "landlock: this kernel has none");
	set.fs = l.handled = landlock_rights(version);
	if (version >= 6)
		set.scoped = LANDLOCK_SCOPE_ABSTRACT | LANDLOCK_SCOPE_SIGNAL;
	l.fd = fd = (int)syscall(LANDLOCK_NR_CREATE, &set, version >= 6 ?
	    sizeof(set) : sizeof(set.fs), 0);
	if (l.fd < 0)
		return err_sys(e, "landlock: cannot make the rules");
	landlock_allow_all(&l, r, plan, whose);
	/* Files of the payload, and lists of processes and sockets; others'
	 * processes are kept apart by landlock's own rule. */
	if (whose == LANDLOCK_BROKER) {
		landlock_allow(&l, "/proc", LANDLOCK_READ);
		/* The payload's input, which it opens before its own rules. */
		landlock_allow(&l, "/dev/null", LANDLOCK_READ);
	}
	fs_close_run(l.run, -1);
	forced = syscall(LANDLOCK_NR_RESTRICT, fd, 0) == 0;
	xfree_list(l.hidden, l.hidden_len);
	return forced ? 0 :
	    err_sys(e, "landlock: cannot put the rules in force");
}
