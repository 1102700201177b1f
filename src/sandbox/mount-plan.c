/*
 * The allow list. /etc is included piece by piece: as a whole, it would contain
 * secrets readable by real root and privileged groups. System folders that a
 * user may fill (/opt, toolchains) are shielded: a read-only bind doesn't
 * prevent connecting to a socket inside.
 */

#include "config.h"

#include "sandbox/mount-plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/encoding.h"
#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/devices.h"
#include "sandbox/toolchain.h"

#define GITLINK_MAX 65536

/* A small regular file as text, without its trailing newline; NULL if it is
 * anything else. */
static char *
gitlink_read(const char *dir, const char *name)
{
	AUTO_BUF struct buf b = BUF_INIT(GITLINK_MAX);
	AUTO_FREE char *path = fs_join(dir, name);
	char *text = NULL;
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    fs_read_all(fd, &b) == 0 && b.len > 0 &&
	    memchr(b.p, '\0', b.len) == NULL) {
		while (b.len > 0 &&
		    (b.p[b.len - 1] == '\n' || b.p[b.len - 1] == '\r'))
			b.p[--b.len] = '\0';
		text = buf_take(&b);
	}
	if (fd >= 0)
		close(fd);
	return text;
}

/* The real path of `text` as seen from `dir`, malloc'ed, or NULL. */
static char *
gitlink_resolve(const char *dir, const char *text)
{
	AUTO_FREE char *full =
	    text[0] == '/' ? xstrdup(text) : fs_join(dir, text);

	return fs_realpath(full);
}

static bool
gitlink_has(const char *dir, const char *name)
{
	AUTO_FREE char *path = fs_join(dir, name);

	return access(path, F_OK) == 0;
}

/* A worktree's git folder has a file "gitdir" with the path of our .git. */
static bool
gitlink_is_worktree(const char *gitdir, const char *root)
{
	AUTO_FREE char *back = gitlink_read(gitdir, "gitdir");
	AUTO_FREE char *real = NULL;
	AUTO_FREE char *ours = NULL;

	if (back == NULL)
		return false;
	real = gitlink_resolve(gitdir, back);
	ours = fs_join(root, ".git");
	return real != NULL && strcmp(real, ours) == 0;
}

/* The repository must list this folder as one of its worktrees. Otherwise two
 * folders made by anybody could expose any repository. */
static bool
gitlink_is_of(const char *gitdir, const char *common)
{
	AUTO_FREE char *all = fs_join(common, "worktrees");
	size_t n = strlen(all);

	return fs_is_below(gitdir, all) && gitdir[n] == '/' &&
	    strchr(gitdir + n + 1, '/') == NULL;
}

/* A submodule's git folder has core.worktree set to us. */
static bool
gitlink_is_submodule(const char *gitdir, const char *root)
{
	AUTO_FREE char *config = gitlink_read(gitdir, "config");
	char *line, *save = NULL;
	bool is = false;

	if (config == NULL)
		return false;
	for (line = strtok_r(config, "\n", &save); line != NULL && !is;
	    line = strtok_r(NULL, "\n", &save)) {
		AUTO_FREE char *real = NULL;

		line += strspn(line, " \t");
		if (strncmp(line, "worktree", 8) != 0)
			continue;
		line += 8;
		line += strspn(line, " \t");
		if (*line++ != '=')
			continue;
		line += strspn(line, " \t");
		real = gitlink_resolve(gitdir, line);
		is = real != NULL && strcmp(real, root) == 0;
	}
	return is;
}

char *
gitlink_find(const char *root, char **own)
{
	/* Mostly it is a folder. */
	AUTO_FREE char *text = gitlink_has(root, ".git/HEAD") ? NULL :
	    gitlink_read(root, ".git");
	AUTO_FREE char *gitdir = NULL, *rel = NULL;
	char *common = NULL;

	if (text == NULL || strncmp(text, "gitdir: ", 8) != 0)
		return NULL;
	gitdir = gitlink_resolve(root, text + 8);
	if (gitdir == NULL || fs_is_below(gitdir, root) ||
	    fs_is_below(root, gitdir) || !gitlink_has(gitdir, "HEAD"))
		return NULL;
	if (gitlink_is_worktree(gitdir, root)) {
		rel = gitlink_read(gitdir, "commondir");
		if (rel != NULL)
			common = gitlink_resolve(gitdir, rel);
		if (common == NULL || fs_is_below(root, common) ||
		    !gitlink_is_of(gitdir, common) ||
		    !gitlink_has(common, "objects") ||
		    !gitlink_has(common, "refs"))
			FREE_NULL(common);
	} else if (gitlink_is_submodule(gitdir, root) &&
	    gitlink_has(gitdir, "objects"))
		common = xstrdup(gitdir);
	if (common != NULL && own != NULL) {
		*own = gitdir;
		gitdir = NULL;
	}
	return common;
}

static const char *const mount_plan_system[] = {
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
	"/nix/store", "/gnu", "/snap",
};

/* Shielded, because daemons' sockets are next to them. */
static const char *const mount_plan_profiles[] = {
	"/nix/var/nix/profiles", "/var/guix/profiles",
};

static const char *const mount_plan_etc[] = {
	"ImageMagick-6", "ImageMagick-7", "R", "alpine-release",
	"alternatives", "ant", "arch-release", "asciidoc", "bash.bashrc",
	"bashrc", "ca-certificates", "ca-certificates.conf",
	"crypto-policies", "debian_version",
	"dictionaries-common", "emacs", "erlang", "ethertypes",
	"fedora-release", "fonts", "gai.conf", "gdb", "ghc", "groff", "group",
	"host.conf", "inputrc", "java", "java-8-openjdk", "java-11-openjdk",
	"java-17-openjdk", "java-21-openjdk", "java-25-openjdk", "jvm",
	"ld.so.cache", "ld.so.conf", "ld.so.conf.d", "locale.alias",
	"locale.conf", "locale.gen", "localtime", "login.defs", "lsb-release",
	"magic", "magic.mime", "mailcap", "manpath.config", "maven",
	"mime.types", "mono", "networks", "nsswitch.conf", "os-release",
	"papersize", "passwd", "perl", "php", "pki/ca-trust/extracted",
	"pki/java", "pki/tls/cert.pem", "pki/tls/certs", "pki/tls/openssl.cnf",
	"postgresql-common", "profile", "profiles", "protocols", "python",
	"python3", "python3.9", "python3.10", "python3.11", "python3.12",
	"python3.13", "python3.14", "redhat-release", "rpc", "services", "sgml",
	"shells", "ssl/cert.pem", "ssl/certs", "ssl/openssl.cnf", "terminfo",
	"texmf", "timezone", "vulkan", "xml",
};

static const char *const mount_plan_devices[] = {
	"null", "zero", "full", "random", "urandom", "tty",
};

/* Files in /proc that real root may read or write without any capability. */
static const char *const mount_plan_proc_masked[] = {
	"/proc/kallsyms", "/proc/kcore", "/proc/key-users", "/proc/keys",
	"/proc/kmsg", "/proc/kpagecgroup", "/proc/kpagecount",
	"/proc/kpageflags", "/proc/sched_debug", "/proc/slabinfo",
	"/proc/sysrq-trigger", "/proc/timer_list", "/proc/vmallocinfo",
};

static const char mount_plan_hosts[] =
    "127.0.0.1\tlocalhost sandbox\n::1\tlocalhost ip6-localhost\n";

static void
mount_plan_add(struct mount_plan *p, enum mount_plan_kind kind,
    const char *source, const char *target, bool optional)
{
	struct mount_plan_step *s;

	s = GROW_ADD(p->steps, p->len);
	s->kind = kind;
	s->source = xstrdup_null(source);
	s->target = xstrdup(target);
	s->layers = NULL;
	s->optional = optional;
	s->exact = false;
	s->own = s->kept = false;
	s->type = kind == MOUNT_PLAN_DEVICE ? DT_CHR : DT_UNKNOWN;
	s->ino = 0;
	s->fd = s->layers_fd = -1;
}

/*
 * The names in a folder, each between "\n" and "/", and then its type and inode,
 * as text; NULL if it can't be listed. The plan is made anew for each command:
 * one list costs less than a look-up of each name in a table.
 */
static char *
mount_plan_names(const char *dir)
{
	AUTO_DIR DIR *d = fs_opendir(dir);
	struct buf names = BUF_INIT(0);
	struct dirent *de;

	if (d == NULL && errno != ENOENT && errno != ENOTDIR)
		return NULL;
	buf_adds(&names, "\n");
	while (d != NULL && (de = readdir(d)) != NULL)
		buf_addf(&names, "%s/%d %llu\n", de->d_name, de->d_type,
		    (unsigned long long)de->d_ino);
	return buf_take(&names);
}

/* May there be something at `path`, which is relative to that folder? Then its
 * type and inode, "" if they aren't known; else NULL. */
static const char *
mount_plan_names_find(const char *names, const char *path)
{
	size_t n = strcspn(path, "/");
	char line[NAME_MAX + 3];
	const char *at;

	if (names == NULL)
		return "";
	(void)!snprintf(line, sizeof(line), "\n%.*s/", (int)n, path);
	at = strstr(names, line);
	return at == NULL ? NULL : path[n] == '/' ? "" : at + strlen(line);
}

/* A symlink stays one if it leads into /usr (as /bin does today), else what it
 * leads to is bound. */
static void
mount_plan_add_link(struct mount_plan *p, const char *path,
    enum mount_plan_kind kind)
{
	char text[PATH_MAX];
	ssize_t n = readlink(path, text, sizeof(text) - 1);
	AUTO_FREE char *dir = NULL, *full = NULL, *real = NULL;

	if (n <= 0)
		return;
	text[n] = '\0';
	dir = xmemdup(path, (size_t)(strrchr(path, '/') - path));
	full = fs_normalize(dir[0] == '\0' ? "/" : dir, text);
	if (fs_is_below(full, "/usr"))
		mount_plan_add(p, MOUNT_PLAN_LINK, text, path, true);
	else if ((real = fs_realpath(path)) != NULL)
		mount_plan_add(p, kind, real, path, true);
}

/* A system path, which is bound. `known` is mount_plan_names_find's. */
static void
mount_plan_add_system(struct mount_plan *p, const char *path,
    enum mount_plan_kind kind, const char *known)
{
	unsigned long long ino;
	struct stat st;
	int type;

	if (known == NULL)
		return;
	if (sscanf(known, "%d %llu", &type, &ino) < 2 || type == DT_UNKNOWN) {
		if (lstat(path, &st) < 0)
			return;
		type = (int)IFTODT(st.st_mode);
		ino = st.st_ino;
	}
	if (type == DT_LNK) {
		mount_plan_add_link(p, path, kind);
		return;
	}
	mount_plan_add(p, kind, path, path, true);
	p->steps[p->len - 1].type = type;
	p->steps[p->len - 1].ino = (ino_t)ino;
}

/* A symlink into the nix store stays a symlink. */
static void
mount_plan_add_store_link(struct mount_plan *p, const char *path)
{
	AUTO_FREE char *real = fs_realpath(path);

	if (real != NULL && fs_is_below(real, "/nix/store"))
		mount_plan_add(p, MOUNT_PLAN_LINK, real, path, true);
}

static bool
mount_plan_dir_is_empty(const char *path)
{
	DIR *d = fs_opendir(path);
	struct dirent *de;
	int n = 0;

	if (d == NULL)
		return true;
	while (n <= 2 && (de = readdir(d)) != NULL)
		n++;
	closedir(d);
	return n <= 2;
}

/* The host's system. */
static void
mount_plan_add_host(struct mount_plan *p)
{
	AUTO_FREE char *top = mount_plan_names("/");
	AUTO_FREE char *etc = mount_plan_names("/etc");
	char path[128];
	size_t i;

	for (i = 0; i < MEM_COUNT(mount_plan_system); i++)
		mount_plan_add_system(p, mount_plan_system[i],
		    MOUNT_PLAN_BIND_RO,
		    mount_plan_names_find(top, &mount_plan_system[i][1]));
	for (i = 0; i < MEM_COUNT(mount_plan_profiles); i++)
		if (mount_plan_names_find(top, &mount_plan_profiles[i][1]) !=
		    NULL && access(mount_plan_profiles[i], F_OK) == 0)
			mount_plan_add(p, MOUNT_PLAN_SHIELD,
			    mount_plan_profiles[i], mount_plan_profiles[i],
			    true);
	if (!mount_plan_dir_is_empty("/opt"))
		mount_plan_add_system(p, "/opt", MOUNT_PLAN_SHIELD,
		    mount_plan_names_find(top, "opt"));
	for (i = 0; i < MEM_COUNT(mount_plan_etc); i++) {
		(void)!snprintf(
		    path, sizeof(path), "/etc/%s", mount_plan_etc[i]);
		mount_plan_add_system(p, path, MOUNT_PLAN_BIND_RO,
		    mount_plan_names_find(etc, mount_plan_etc[i]));
	}
	/* On NixOS, programs are links to this folder. */
	mount_plan_add_store_link(p, "/run/current-system");
	mount_plan_add(p, MOUNT_PLAN_LINK, "/tmp", "/var/tmp", true);
	mount_plan_add(p, MOUNT_PLAN_LINK, "/run", "/var/run", true);
}

/* An image's system instead, but for the names of users and groups: the user is
 * one of the host's. */
static void
mount_plan_add_image(struct mount_plan *p, const struct sandbox_spec *r)
{
	const char *layers = r->image;
	size_t i, n = 0;

	for (; *layers != '\0'; layers += i + (layers[i] == ':')) {
		AUTO_FREE char *one = xmemdup(layers, i = strcspn(layers, ":"));
		AUTO_FREE char *at = xasprintf("/assent/.image/%03zu", n++);

		mount_plan_add(p, MOUNT_PLAN_LAYER, one, at, false);
	}
	mount_plan_add_system(p, "/etc/passwd", MOUNT_PLAN_BIND_RO, "");
	mount_plan_add_system(p, "/etc/group", MOUNT_PLAN_BIND_RO, "");
	mount_plan_add(p, MOUNT_PLAN_MASK, NULL, "/etc/shadow", true);
	mount_plan_add(p, MOUNT_PLAN_BIND_RW, r->sandbox_tmp, "/var/tmp",
	    true);
}

/* What is always the same. In a bare sandbox /proc has processes alone
 * (root_step), so nothing to mask. */
static void
mount_plan_add_base(struct mount_plan *p, bool bare)
{
	char path[128];
	size_t i;

	mount_plan_add(p, MOUNT_PLAN_PROC, NULL, "/proc", false);
	if (bare) {
		mount_plan_add(p, MOUNT_PLAN_DEVICE, "/dev/null", "/dev/null",
		    false);
		return;
	}
	if (geteuid() == 0)
		for (i = 0; i < MEM_COUNT(mount_plan_proc_masked); i++)
			mount_plan_add(p, MOUNT_PLAN_MASK, NULL,
			    mount_plan_proc_masked[i], true);
	else	/* names of the user's keys */
		mount_plan_add(p, MOUNT_PLAN_MASK, NULL, "/proc/keys", true);
	mount_plan_add(
	    p, MOUNT_PLAN_TEXT, mount_plan_hosts, "/etc/hosts", false);
	mount_plan_add(p, MOUNT_PLAN_TEXT, "sandbox\n", "/etc/hostname", false);
	for (i = 0; i < MEM_COUNT(mount_plan_devices); i++) {
		(void)!snprintf(path, sizeof(path), "/dev/%s",
		    mount_plan_devices[i]);
		mount_plan_add(p, MOUNT_PLAN_DEVICE, path, path,
		    strcmp(mount_plan_devices[i], "tty") == 0);
	}
	mount_plan_add(p, MOUNT_PLAN_LINK, "/proc/self/fd", "/dev/fd", false);
	mount_plan_add(
	    p, MOUNT_PLAN_LINK, "/proc/self/fd/0", "/dev/stdin", false);
	mount_plan_add(
	    p, MOUNT_PLAN_LINK, "/proc/self/fd/1", "/dev/stdout", false);
	mount_plan_add(
	    p, MOUNT_PLAN_LINK, "/proc/self/fd/2", "/dev/stderr", false);
	mount_plan_add(p, MOUNT_PLAN_LINK, "pts/ptmx", "/dev/ptmx", false);
	mount_plan_add(p, MOUNT_PLAN_DEVPTS, NULL, "/dev/pts", true);
	mount_plan_add(p, MOUNT_PLAN_TMPFS, NULL, "/dev/shm", false);
	mount_plan_add(p, MOUNT_PLAN_DIR, NULL, "/run", false);
}

/*
 * The home keeps its real path: compilers, caches and toolchains contain it.
 * Not if that path is the system's, or the project's.
 */
static char *
mount_plan_home(const char *user, const char *root)
{
	static const char *const taken[] = {
		"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
		"/etc", "/dev", "/proc", "/sys", "/assent", "/nix", "/opt",
		"/snap", "/gnu",
	};
	char *home;
	size_t i;

	if (user == NULL)
		return xstrdup("/home/sandbox");
	home = fs_normalize("/", user);
	for (i = 0; i < MEM_COUNT(taken); i++)
		if (fs_is_below(home, taken[i]))
			break;
	if (i < MEM_COUNT(taken) || strcmp(home, "/") == 0 ||
	    strcmp(home, "/tmp") == 0 || fs_is_below(home, root)) {
		free(home);
		return xstrdup("/home/sandbox");
	}
	return home;
}

bool
mount_plan_shows(const struct mount_plan *p, const char *path)
{
	size_t i;

	for (i = 0; i < p->len; i++) {
		const struct mount_plan_step *s = &p->steps[i];

		switch (s->kind) {
		case MOUNT_PLAN_LINK:
			if (s->target[1] == '\0' ||
			    strchr(s->target + 1, '/') != NULL)
				break;
			/* FALLTHROUGH */
		case MOUNT_PLAN_BIND_RO:
		case MOUNT_PLAN_SHIELD:
		case MOUNT_PLAN_CACHE:
		case MOUNT_PLAN_PROJECT:
			if (fs_is_below(path, s->target))
				return true;
			break;
		default:
			break;
		}
	}
	return false;
}

/* As an entry of PATH is called inside, malloc'ed; NULL if it isn't there. */
static char *
mount_plan_path_entry(const struct mount_plan *p, const struct sandbox_spec *r,
    const char *entry)
{
	char *norm;

	if (entry[0] != '/')
		return NULL;
	norm = fs_normalize("/", entry);
	if (norm != NULL && sandbox_levels[r->level].brokers) {
		/* The copy isn't mounted in the project's place. A folder may be
		 * made later. */
		AUTO_FREE char *real = fs_realpath(entry);
		const char *path = norm;

		if (!fs_is_below(norm, r->root) && real != NULL)
			path = real;
		if (fs_is_below(path, r->root)) {
			char *copied = xasprintf("%s%s", r->copy,
			    path + strlen(r->root));

			free(norm);
			return copied;
		}
	}
	if (norm != NULL && r->image == NULL && !mount_plan_shows(p, norm)) {
		free(norm);
		return NULL;
	}
	return norm;
}

/* The entries of PATH that exist inside, once each; those of an image are its
 * own. */
static char *
mount_plan_path(const struct mount_plan *p, const struct sandbox_spec *r)
{
	struct buf b = BUF_INIT(1 << 16);
	const char *c = r->path == NULL ? "" : r->path;

	while (*c != '\0') {
		size_t n = strcspn(c, ":");
		AUTO_FREE char *one = xmemdup(c, n);
		AUTO_FREE char *norm = mount_plan_path_entry(p, r, one);

		if (norm != NULL) {
			AUTO_FREE char *seen = xasprintf(":%s:", norm);
			AUTO_FREE char *all = xasprintf(":%s:", buf_str(&b));

			if (strstr(all, seen) == NULL)
				buf_addf(&b, "%s%s", b.len > 0 ? ":" : "",
				    norm);
		}
		c += n + (c[n] == ':');
	}
	if (b.len == 0)
		buf_adds(&b, "/usr/local/sbin:/usr/local/bin:/usr/sbin:"
		    "/usr/bin:/sbin:/bin");
	return buf_take(&b);
}

static int
mount_plan_compare(const void *a, const void *b)
{
	const struct mount_plan_step *x = a, *y = b;
	int c = strcmp(x->target, y->target);

	/* The project wins over anything at the same path. */
	if (c != 0)
		return c;
	return (x->kind == MOUNT_PLAN_PROJECT) -
	       (y->kind == MOUNT_PLAN_PROJECT);
}

static bool
mount_plan_has(const struct mount_plan *p, enum mount_plan_kind kind,
    const char *target)
{
	size_t i;

	for (i = 0; i < p->len; i++)
		if (p->steps[i].kind == kind &&
		    strcmp(p->steps[i].target, target) == 0)
			return true;
	return false;
}

/* Toolchains are shielded, and their credential files masked. */
static void
mount_plan_toolchain(void *arg, const char *path, bool is_mask)
{
	struct mount_plan *p = arg;

	enum mount_plan_kind kind =
	    is_mask ? MOUNT_PLAN_MASK : MOUNT_PLAN_SHIELD;

	if (!mount_plan_has(p, kind, path))
		mount_plan_add(p, kind, is_mask ? NULL : path, path, !is_mask);
}

/* Cards share folders of /sys. */
static void
mount_plan_device(void *arg, const char *path, const char *to)
{
	enum mount_plan_kind kind = to == NULL ? MOUNT_PLAN_DEVICE :
	    strcmp(to, path) == 0 ? MOUNT_PLAN_BIND_RO : MOUNT_PLAN_LINK;

	if (!mount_plan_has(arg, kind, path))
		mount_plan_add(arg, kind, to == NULL ? path : to, path, true);
}

/* Is this cache, by its path in the user's home, shown to commands? */
static bool
mount_plan_has_cache(const char *home, const char *root,
    const char *path)
{
	AUTO_FREE char *inside = mount_plan_home(home, root);
	AUTO_FREE char *dir = fs_join(home, path);
	struct stat st;

	return strcmp(inside, home) == 0 && stat(dir, &st) == 0 &&
	    S_ISDIR(st.st_mode) && access(dir, R_OK | X_OK) == 0;
}

/* The user's caches are writable; writes stay in the stage. */
static void
mount_plan_add_cache(struct mount_plan *p, const struct sandbox_spec *r,
    const struct cachedir *c)
{
	AUTO_FREE char *path = fs_join(r->home, c->path);
	AUTO_FREE char *name = cachedir_layer(c->path), *dir = NULL;
	const char *slash = strrchr(r->sandbox_tmp, '/');
	size_t i;

	if (!mount_plan_has_cache(r->home, r->root, c->path))
		return;
	/* Of the session, beside its /tmp. */
	dir = xmemdup(r->sandbox_tmp, (size_t)(slash - r->sandbox_tmp));
	mount_plan_add(p, MOUNT_PLAN_CACHE, path, path, true);
	p->steps[p->len - 1].layers = xasprintf("%s/cache/%s", dir, name);
	for (i = 0; i < MEM_COUNT(c->mask) && c->mask[i] != NULL; i++) {
		AUTO_FREE char *mask = fs_join(r->home, c->mask[i]);

		mount_plan_add(p, MOUNT_PLAN_MASK, NULL, mask, true);
	}
}

static void
mount_plan_add_home(struct mount_plan *p, const struct sandbox_spec *r)
{
	const struct toolchain_where where = {
		.home = p->home, .root = r->root,
		.path = r->image == NULL ? r->path : NULL,
		.more = r->toolchains,
	};
	static const char top[] = ".cache/";
	AUTO_FREE char *dir = fs_join(r->home, top);
	AUTO_FREE char *home = mount_plan_names(r->home);
	AUTO_FREE char *cache = mount_plan_names(dir);
	const struct cachedir *c;

	toolchain_each(&where, mount_plan_toolchain, p);
	for (c = cachedirs; c->path != NULL; c++)
		if ((strncmp(c->path, top, strlen(top)) == 0 ?
		    mount_plan_names_find(cache, c->path + strlen(top)) :
		    mount_plan_names_find(home, c->path)) != NULL)
			mount_plan_add_cache(p, r, c);
}

/* A folder for the socket of a forward, unless there is one, or it would hide
 * something: of an image we don't know what it has elsewhere. */
static void
mount_plan_add_forward(struct mount_plan *p, const char *text, bool image)
{
	struct endpoint at;
	char *slash;
	size_t i;

	if (endpoint_parse(&at, text, NULL) < 0 || at.any.sa_family != AF_UNIX)
		return;
	slash = strrchr(at.un.sun_path, '/');
	*slash = '\0';
	if (image && !fs_is_below(at.un.sun_path, "/run") &&
	    !fs_is_below(at.un.sun_path, "/tmp"))
		return;
	for (i = 0; i < p->len; i++) {
		const struct mount_plan_step *s = &p->steps[i];

		if (s->kind != MOUNT_PLAN_DIR &&
		    (fs_is_below(s->target, at.un.sun_path) ||
		    (s->kind != MOUNT_PLAN_BIND_RW &&
		    fs_is_below(at.un.sun_path, s->target))))
			return;
	}
	mount_plan_add(p, MOUNT_PLAN_TMPFS, NULL, at.un.sun_path, true);
}

/* Files of the settings. */
static void
mount_plan_add_settings(struct mount_plan *p, const struct sandbox_spec *r)
{
	const char *const *v = r->settings;

	for (; v != NULL && *v != NULL; v++) {
		bool home = **v == '~';
		size_t n = strcspn(*v, "=");
		AUTO_FREE char *path = xasprintf("%s%.*s", home ? p->home : "",
		    (int)n - home, *v + home);

		if (home || **v == '/')
			mount_plan_add(p, MOUNT_PLAN_TEXT, *v + n + 1, path,
			    true);
	}
}

static void
mount_plan_add_system_and_home(struct mount_plan *p, const struct sandbox_spec *r)
{
	if (r->image == NULL)
		mount_plan_add_host(p);
	else
		mount_plan_add_image(p, r);
	devices_each(r->devices, mount_plan_device, p);
	if (r->certificates != NULL)
		mount_plan_add(p, MOUNT_PLAN_BIND_RO, r->certificates,
		    MOUNT_PLAN_CERTIFICATES, false);
	p->tmp = xstrdup(strcmp(r->root, "/tmp") == 0 ? "/assent/tmp" :
	    "/tmp");
	p->home = mount_plan_home(r->home, r->root);
	mount_plan_add(p, MOUNT_PLAN_BIND_RW, r->sandbox_tmp, p->tmp, false);
	mount_plan_add(p, MOUNT_PLAN_BIND_RW, r->sandbox_home, p->home, false);
	mount_plan_add_settings(p, r);
	if (r->alias != NULL)
		mount_plan_add(p, MOUNT_PLAN_LINK, r->root, r->alias, true);
	if (r->home != NULL && strcmp(p->home, r->home) == 0)
		mount_plan_add_home(p, r);
}

/* For file tools: iconv's tables, to convert encodings. */
static void
mount_plan_add_bare(struct mount_plan *p)
{
	AUTO_FREE char *tables = encoding_tables();

	if (tables != NULL)
		mount_plan_add(p, MOUNT_PLAN_BIND_RO, tables, tables, false);
}

/* The user's folders of skills, for commands and file tools. */
static void
mount_plan_add_skills(struct mount_plan *p, const struct sandbox_spec *r)
{
	size_t i;

	for (i = 0; r->skills != NULL && r->skills[i] != NULL; i++)
		mount_plan_toolchain(p, r->skills[i], false);
	for (i = 0; r->skills_hidden != NULL && r->skills_hidden[i] != NULL;
	    i++)
		mount_plan_toolchain(p, r->skills_hidden[i], true);
}

bool
mount_plan_links_git(const struct sandbox_spec *r)
{
	AUTO_FREE char *path = fs_join(r->root, ".git");
	struct stat st;

	return r->git != NULL && sandbox_levels[r->level].overlays &&
	    lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void
mount_plan_add_exact(struct mount_plan *p, const char *source,
    const char *target)
{
	mount_plan_add(p, MOUNT_PLAN_SHIELD, source, target, true);
	p->steps[p->len - 1].exact = true;
}

/* A copy of .git: nothing but a file can cover a file. Its submodules
 * lead to the real one, where they are under the overlay. */
static void
mount_plan_add_git(struct mount_plan *p, const struct sandbox_spec *r)
{
	AUTO_FREE char *path = fs_join(r->root, ".git"), *own = NULL;
	AUTO_FREE char *linked = NULL, *modules = NULL;

	if (r->git == NULL)
		return;
	mount_plan_add(p, r->reads ? MOUNT_PLAN_BIND_RO : MOUNT_PLAN_BIND_RW,
	    r->git, mount_plan_links_git(r) ? SANDBOX_GIT_DIR : path, false);
	/* Your next commits are seen in it: no overlay. */
	mount_plan_add(p, MOUNT_PLAN_BIND_RO, r->git_objects,
	    SANDBOX_GIT_OBJECTS, true);
	p->steps[p->len - 1].exact = true;
	linked = gitlink_find(r->root, &own);
	modules = fs_join(own != NULL ? own : path, "modules");
	if (sandbox_levels[r->level].overlays && access(modules, F_OK) == 0)
		mount_plan_add_exact(p, modules, modules);
}

/* What may change on the host. */
static void
mount_plan_add_shown(struct mount_plan *p, const struct sandbox_spec *r)
{
	AUTO_FREE char *git = r->no_git ? NULL : gitlink_find(r->root, NULL);

	if (r->bare)
		mount_plan_add_bare(p);
	else
		mount_plan_add_system_and_home(p, r);
	mount_plan_add_skills(p, r);
	if (r->out_dir != NULL)
		mount_plan_add(
		    p, MOUNT_PLAN_BIND_RO, r->out_dir, SANDBOX_OUT_DIR, false);
	if (r->staged != NULL && sandbox_levels[r->level].overlays) {
		mount_plan_add(p, MOUNT_PLAN_DIR, NULL, SANDBOX_STAGED_DIR,
		    false);
		mount_plan_add(p, MOUNT_PLAN_BIND_RO, r->staged,
		    MOUNT_PLAN_STAGED, false);
	} else if (r->staged != NULL)
		mount_plan_add(p, MOUNT_PLAN_BIND_RO, r->staged,
		    SANDBOX_STAGED_DIR, false);
	if (git != NULL && (!r->bare || fs_is_below(git, r->root)))
		mount_plan_add_exact(p, git, git);
	mount_plan_add_git(p, r);
}

void
mount_plan_build(const struct sandbox_spec *r, struct mount_plan *p)
{
	size_t i;

	memset(p, 0, sizeof(*p));
	mount_plan_add_shown(p, r);
	mount_plan_add_base(p, r->bare);
	mount_plan_add(p, MOUNT_PLAN_PROJECT, NULL, r->root, false);
	for (i = 0; r->forward != NULL && r->forward[i] != NULL; i++)
		mount_plan_add_forward(p, r->forward[i], r->image != NULL);
	qsort(p->steps, p->len, sizeof(*p->steps), mount_plan_compare);
	p->path = mount_plan_path(p, r);
}

/* Print a step with its source's inode, since a folder that was replaced is
 * another one. */
static void
mount_plan_print_step(const struct mount_plan_step *s, struct buf *b)
{
	struct stat st = { .st_ino = s->ino };
	const char *source = s->source == NULL ? "" : s->source;

	if (s->ino == 0 && s->kind != MOUNT_PLAN_LINK && s->source != NULL &&
	    stat(s->source, &st) < 0)
		memset(&st, 0, sizeof(st));
	buf_addf(b, "%d %d %llx %llx %zu:%s %zu:%s\n", (int)s->kind, s->optional,
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
	    strlen(source), source, strlen(s->target), s->target);
}

void
mount_plan_print(const struct sandbox_spec *r, struct buf *b)
{
	AUTO(mount_plan_release) struct mount_plan p = { 0 };
	size_t i;

	mount_plan_add_shown(&p, r);
	for (i = 0; i < p.len; i++)
		mount_plan_print_step(&p.steps[i], b);
}

void
mount_plan_release(struct mount_plan *p)
{
	int run[2] = FS_RUN;
	size_t i;

	for (i = 0; i < p->len; i++) {
		FREE_ALL(p->steps[i].source, p->steps[i].target,
		    p->steps[i].layers);
		if (p->steps[i].fd >= 0)
			fs_close_run(run, p->steps[i].fd);
		if (p->steps[i].layers_fd >= 0)
			fs_close_run(run, p->steps[i].layers_fd);
	}
	fs_close_run(run, -1);
	FREE_ALL(p->steps, p->home, p->tmp, p->path);
	memset(p, 0, sizeof(*p));
}
