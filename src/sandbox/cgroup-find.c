/*
 * Where we may create folders. Read from /proc/self/cgroup and mountinfo, which
 * the kernel writes but which contain names that anybody may have chosen:
 * ignore a path with ".." (outside our cgroup namespace) and a mount that
 * doesn't show our own folder.
 *
 * v2 has two rules that matter here. A folder with processes can't delegate
 * controllers to its subfolders, so if we are alone in a folder of ours we move
 * one level down. And moving a process requires access to the common parent
 * folder: an ordinary user has that only by delegation; root may go up to where
 * controllers are delegated, but never past a limit.
 */
#include "config.h"

#include "sandbox/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

#define FIND_MOUNTS_MAX ((size_t)16 << 20)

struct find_mount {
	char	*point;		/* prefixed with the host's root */
	char	*top;		/* the part of the hierarchy it shows */
	char	*options;	/* of the superblock: controllers */
	bool	 v2;
};

struct find {
	const struct cgroup_host *host;
	struct cgroup		*c;
	struct find_mount	*mounts;
	size_t			 mounts_len;
	char			*self;		/* /proc/self/cgroup */
};

void
cgroup_host_this(struct cgroup_host *h, const char *project)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	AUTO_FREE char *bus = run == NULL ? NULL : fs_join(run, "bus");

	memset(h, 0, sizeof(*h));
	h->root = "";
	h->uid = geteuid();
	h->pid = getpid();
	h->parent = getppid();
	h->project = project;
	h->path = getenv("PATH");
	h->bus = getenv("DBUS_SESSION_BUS_ADDRESS") != NULL ||
	    (bus != NULL && access(bus, F_OK) == 0);
}

static char *
find_file(const struct find *f, const char *path, size_t max)
{
	AUTO_BUF struct buf b = BUF_INIT(max);
	AUTO_FREE char *full = xasprintf("%s%s", f->host->root, path);
	char *text = NULL;

	if (fs_read_file(AT_FDCWD, full, &b, NULL) == 0)
		text = buf_take(&b);
	return text;
}

/* ---- mounts ---- */

/* One line: id parent dev top point flags [tags] - type source options */
static void
find_mount(struct find *f, char *line)
{
	char *field[6], *save = NULL, *rest = strstr(line, " - ");
	char *type, *options;
	struct find_mount *m;
	size_t i;

	if (rest == NULL)
		return;
	*rest = '\0';
	for (i = 0; i < MEM_COUNT(field); i++)
		if ((field[i] = strtok_r(i == 0 ? line : NULL, " ",
		    &save)) == NULL)
			return;
	type = strtok_r(rest + 3, " ", &save);
	if (type == NULL || strtok_r(NULL, " ", &save) == NULL ||
	    (options = strtok_r(NULL, " ", &save)) == NULL)
		return;
	if ((strcmp(type, "cgroup") != 0 && strcmp(type, "cgroup2") != 0) ||
	    cgroup_has(field[5], "ro") || cgroup_has(options, "ro"))
		return;
	fs_unescape_mount(field[3]);
	fs_unescape_mount(field[4]);
	GROW(f->mounts, f->mounts_len);
	m = &f->mounts[f->mounts_len++];
	m->top = xstrdup(field[3]);
	m->point = xasprintf("%s%s", f->host->root, field[4]);
	m->options = xstrdup(options);
	m->v2 = strcmp(type, "cgroup2") == 0;
}

static void
find_mounts(struct find *f)
{
	AUTO_FREE char *text =
	    find_file(f, "/proc/self/mountinfo", FIND_MOUNTS_MAX);
	char *line, *save = NULL;

	if (text == NULL)
		return;
	for (line = strtok_r(text, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save))
		find_mount(f, line);
}

static void
find_read(struct find *f)
{
	size_t i;

	free(f->self);
	for (i = 0; i < f->mounts_len; i++) {
		free(f->mounts[i].point);
		free(f->mounts[i].top);
		free(f->mounts[i].options);
	}
	f->mounts_len = 0;
	f->self = find_file(f, "/proc/self/cgroup", (size_t)1 << 20);
	find_mounts(f);
}

/* ---- our own folder ---- */

/* Our path in the hierarchy of this controller, or in v2's (NULL). A copy. */
static char *
find_path(const struct find *f, const char *controller)
{
	char *copy, *line, *save = NULL, *found = NULL;

	if (f->self == NULL)
		return NULL;
	copy = xstrdup(f->self);
	for (line = strtok_r(copy, "\n", &save); line != NULL && found == NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		char *names = strchr(line, ':'), *path;

		path = names == NULL ? NULL : strchr(names + 1, ':');
		if (path == NULL || path[1] != '/')
			continue;
		*path++ = '\0';
		names++;
		if (controller == NULL ? strncmp(line, "0:", 2) == 0 &&
		    *names == '\0' : cgroup_has(names, controller))
			found = xstrdup(path);
	}
	free(copy);
	return found;
}

static bool
find_climbs(const char *path)
{
	const char *p;

	for (p = strstr(path, "/.."); p != NULL; p = strstr(p + 1, "/.."))
		if (p[3] == '/' || p[3] == '\0')
			return true;
	return false;
}

/* The folder we are in, and where its hierarchy starts for us (borrowed). NULL
 * if it isn't visible. */
static char *
find_own(const struct find *f, const char *controller, const char **top)
{
	char *path = find_path(f, controller), *own = NULL;
	struct stat st;
	size_t i;

	for (i = 0; path != NULL && own == NULL && i < f->mounts_len; i++) {
		const struct find_mount *m = &f->mounts[i];
		const char *below = path;

		if (m->v2 != (controller == NULL) || (controller != NULL &&
		    !cgroup_has(m->options, controller)))
			continue;
		if (find_climbs(path) || find_climbs(m->top) ||
		    !fs_is_below(path, m->top))
			continue;
		if (strcmp(m->top, "/") != 0)
			below = path + strlen(m->top);
		own = strcmp(below, "/") == 0 || *below == '\0' ?
		    xstrdup(m->point) : xasprintf("%s%s", m->point, below);
		*top = m->point;
		if (stat(own, &st) < 0 || !S_ISDIR(st.st_mode))
			FREE_NULL(own);
	}
	free(path);
	return own;
}

/* ---- v1 ---- */

static bool
find_v1(struct find *f)
{
	bool any = false;
	int i;

	for (i = 0; i < CGROUP_PARTS; i++) {
		const char *top;
		char *own = find_own(f, cgroup_parts[i], &top);

		if (own != NULL && faccessat(AT_FDCWD, own, W_OK,
		    AT_EACCESS) == 0) {
			f->c->base[i] = own;
			any = true;
		} else
			free(own);
	}
	if (any)
		f->c->kind = CGROUP_V1;
	return any;
}

/* ---- v2 ---- */

static bool
find_may_write(const char *dir, const char *file)
{
	AUTO_FREE char *p = fs_join(dir, file);

	return faccessat(AT_FDCWD, p, W_OK, AT_EACCESS) == 0;
}

/* Which resources a folder delegates to its subfolders. */
static bool
find_hands_down(const char *dir, bool has[CGROUP_PARTS])
{
	struct buf b;
	bool any = false;
	int i;

	memset(has, 0, CGROUP_PARTS * sizeof(has[0]));
	if (cgroup_read(dir, "cgroup.subtree_control", &b) < 0)
		return false;
	for (i = 0; i < CGROUP_PARTS; i++) {
		has[i] = cgroup_has(buf_str(&b), cgroup_parts[i]);
		any = any || has[i];
	}
	buf_release(&b);
	return any;
}

static bool
find_take_v2(struct find *f, const char *dir)
{
	bool has[CGROUP_PARTS];
	int i;

	if (!find_hands_down(dir, has) ||
	    faccessat(AT_FDCWD, dir, W_OK, AT_EACCESS) < 0)
		return false;
	for (i = 0; i < CGROUP_PARTS; i++)
		if (has[i])
			f->c->base[i] = xstrdup(dir);
	f->c->kind = CGROUP_V2;
	return true;
}

/* Is this process alone in the folder, except perhaps for its client? */
static bool
find_is_alone(const struct find *f, const char *dir, bool *parent)
{
	struct buf b;
	bool alone = true, self = false;
	const char *p;

	*parent = false;
	if (cgroup_read(dir, "cgroup.procs", &b) < 0)
		return false;
	for (p = buf_str(&b); *p != '\0';) {
		int64_t pid = cgroup_number(p);

		if (pid == f->host->pid)
			self = true;
		else if (pid == f->host->parent)
			*parent = true;
		else
			alone = false;
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	buf_release(&b);
	return alone && self;
}

static bool
find_move(const char *dir, pid_t pid)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", (long)pid);
	return cgroup_write(dir, "cgroup.procs", text) == 0;
}

/* Our own folder is delegated and we are alone: move one level down, so that it
 * can delegate its controllers. */
static bool
find_step_down(struct find *f, const char *own)
{
	bool parent, any = false;
	char *core, order[32];
	int i;

	if (!find_may_write(own, "cgroup.subtree_control") ||
	    !find_may_write(own, "cgroup.procs") ||
	    !find_is_alone(f, own, &parent))
		return false;
	core = xasprintf("%s/assent-%ld-core", own, (long)f->host->pid);
	if (mkdir(core, 0755) < 0 && errno != EEXIST) {
		free(core);
		return false;
	}
	if (!find_move(core, f->host->pid) ||
	    (parent && !find_move(core, f->host->parent)))
		goto back;
	for (i = 0; i < CGROUP_PARTS; i++) {
		snprintf(order, sizeof(order), "+%s", cgroup_parts[i]);
		if (cgroup_write(own, "cgroup.subtree_control", order) == 0)
			any = true;
	}
	if (any && find_take_v2(f, own)) {
		f->c->core = core;
		return true;
	}
back:
	(void)find_move(own, f->host->pid);
	if (parent)
		(void)find_move(own, f->host->parent);
	(void)rmdir(core);
	free(core);
	return false;
}

/* Does the folder have limits that somebody has set? We must never leave
 * them. */
static bool
find_is_limited(const char *dir)
{
	static const char *const files[] = {
		"memory.max", "memory.high", "memory.swap.max", "pids.max",
		"cpu.max",
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(files); i++) {
		struct buf b;
		bool max;

		if (cgroup_read(dir, files[i], &b) < 0)
			continue;
		max = cgroup_number(buf_str(&b)) == INT64_MAX;
		buf_release(&b);
		if (!max)
			return true;
	}
	return false;
}

static bool
find_above(struct find *f, const char *own, const char *top)
{
	char *dir = xstrdup(own), *slash;
	bool found = false;

	while (!found && strcmp(dir, top) != 0 && !find_is_limited(dir) &&
	    (slash = strrchr(dir, '/')) != NULL && slash != dir) {
		*slash = '\0';
		if (!fs_is_below(dir, top))
			break;
		found = find_take_v2(f, dir);
	}
	free(dir);
	return found;
}

static bool
find_v2(struct find *f)
{
	const char *top;
	AUTO_FREE char *own = find_own(f, NULL, &top);

	if (own == NULL)
		return false;
	return find_take_v2(f, own) || find_step_down(f, own) ||
	    (f->host->uid == 0 && find_above(f, own, top));
}

/* Does the machine have controllers in v2 at all? */
static bool
find_has_v2(const struct find *f)
{
	size_t i;

	for (i = 0; i < f->mounts_len; i++) {
		struct buf b;
		bool has = false;
		int k;

		if (!f->mounts[i].v2 || cgroup_read(f->mounts[i].point,
		    "cgroup.controllers", &b) < 0)
			continue;
		for (k = 0; k < CGROUP_PARTS; k++)
			has = has || cgroup_has(buf_str(&b), cgroup_parts[k]);
		buf_release(&b);
		if (has)
			return true;
	}
	return false;
}

static void
find_why(struct find *f, bool v2, const struct err *scope)
{
	if (f->mounts_len == 0)
		f->c->why = xstrdup("no writable cgroup is mounted here");
	else if (!v2)
		f->c->why = xstrdup("the cgroups here belong to somebody else");
	else if (err_is_set(scope))
		f->c->why = xasprintf("no cgroup is delegated to you: %s",
		    scope->text);
	else
		f->c->why = xstrdup("no cgroup is delegated to you, and there "
		    "is no user systemd to ask for one (systemd-run --user "
		    "--scope -p Delegate=yes assent ... would)");
}

struct cgroup *
cgroup_find(const struct cgroup_host *h)
{
	struct find f = { .host = h, .c = xcalloc(1, sizeof(*f.c)) };
	struct err scope = ERR_INIT;
	bool v2;
	int i;

	find_read(&f);
	v2 = find_has_v2(&f);
	if (!(v2 && find_v2(&f)) && !find_v1(&f)) {
		if (v2 && h->bus && h->path != NULL &&
		    cgroup_scope(h, &scope) == 0) {
			find_read(&f);
			(void)find_v2(&f);
		}
		if (f.c->kind == CGROUP_NONE)
			find_why(&f, v2, &scope);
	}
	for (i = 0; i < CGROUP_PARTS; i++)
		if (f.c->base[i] != NULL)
			cgroup_sweep(f.c->base[i]);
	FREE_NULL(f.self);
	while (f.mounts_len > 0) {
		struct find_mount *m = &f.mounts[--f.mounts_len];

		free(m->point);
		free(m->top);
		free(m->options);
	}
	free(f.mounts);
	return f.c;
}

void
cgroup_free(struct cgroup *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->left_len; i++) {
		(void)rmdir(c->left[i]);
		free(c->left[i]);
	}
	free(c->left);
	for (i = 0; i < CGROUP_PARTS; i++)
		free(c->base[i]);
	free(c->why);
	free(c->core);
	free(c);
}
