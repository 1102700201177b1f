#include "config.h"

#include "base/mine.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

#define MINE_LINKS 40

/* In a container "/" may belong to another uid, which can do what root can. */
static bool
mine_is_trusted(uid_t uid)
{
	struct stat top;

	return uid == geteuid() || uid == 0 ||
	    (stat("/", &top) == 0 && uid == top.st_uid);
}

/* Is the user alone in this group: the private one that Debian and others make
 * for each user, root's, or that of a container that has no names? */
static bool
mine_is_private(gid_t gid)
{
	const struct group *g = getgrgid(gid);
	const struct passwd *me = getpwuid(geteuid());
	size_t i;

	if (g == NULL)
		return me == NULL && gid == getegid();
	for (i = 0; g->gr_mem[i] != NULL; i++)
		if (me == NULL || strcmp(g->gr_mem[i], me->pw_name) != 0)
			return false;
	return gid == 0 || (me != NULL && me->pw_gid == gid &&
	    strcmp(g->gr_name, me->pw_name) == 0);
}

/* In a sticky folder, users can change only their own files. */
static bool
mine_others_write(const char *path, const struct stat *st, bool last)
{
	struct statvfs fs;

	if ((st->st_mode & 022) == 0 || S_ISLNK(st->st_mode) ||
	    (!last && S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0))
		return false;
	if ((st->st_mode & 002) == 0 && mine_is_private(st->st_gid) &&
	    getxattr(path, "system.posix_acl_access", NULL, 0) <= 0)
		return false;
	/* A volume of Kubernetes is open to all, but read-only. */
	return statvfs(path, &fs) < 0 || (fs.f_flag & ST_RDONLY) == 0;
}

static bool
mine_is_above_home(const char *path)
{
	const struct passwd *me = getpwuid(geteuid());
	AUTO_FREE char *home = me == NULL ? NULL : fs_realpath(me->pw_dir);

	return home != NULL && strcmp(home, path) != 0 &&
	    fs_is_below(home, path);
}

static int
mine_error(const char *path, const char *at, const struct stat *st,
    struct err *e)
{
	const struct passwd *pw = getpwuid(st->st_uid);
	unsigned mode = st->st_mode & 07777;

	if (strcmp(path, at) == 0)
		path = "it";
	if (mine_is_trusted(st->st_uid))
		return err_set(e, "other users can write to %s (mode %04o), so "
		    "%s isn't used. Run: chmod go-w %s", at, mode, path, at);
	return err_set(e, "%s belongs to another user, %s (uid %ld, mode %04o), "
	    "so %s isn't used. Use a folder of your own, or make it yours, "
	    "as root: chown %s%ld %s", at, pw == NULL ?
	    "without a name" : pw->pw_name, (long)st->st_uid, mode, path,
	    S_ISLNK(st->st_mode) ? "-h " : "", (long)geteuid(), at);
}

/* The path with the link `at` replaced by what it says; NULL with errno. */
static char *
mine_follow(const char *at, const char *rest)
{
	AUTO_FREE char *to = xmalloc(PATH_MAX + 1), *dir = NULL, *full = NULL;
	ssize_t n = readlink(at, to, PATH_MAX);

	if (n < 0)
		return NULL;
	to[n] = '\0';
	dir = xmemdup(at, (size_t)(strrchr(at, '/') - at) + 1);
	full = xasprintf("%s%s", to, rest);
	return fs_normalize(dir, full);
}

/* Others can't change what is safe, so its folders aren't looked at again. */
static int
mine_keep(char **safe, const char *path, size_t n)
{
	if (n > 1)
		FREE_SET(*safe, xmemdup(path, n));
	return 0;
}

int
mine_check(const char *path, struct err *e)
{
	AUTO_FREE char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
	AUTO_FREE char *full = fs_normalize(cwd == NULL ? "/" : cwd, path);
	AUTO_FREE char *all = xstrdup(full);
	static char *safe;	/* a folder without links that was looked at */
	size_t n = 1, above = 1, links = 0;

	if (path[0] != '/' && cwd == NULL)
		return err_sys(e, "can't find the current folder");
	if (safe != NULL && fs_is_below(full, safe))
		n = above = strlen(safe);
	for (;;) {
		AUTO_FREE char *at = xmemdup(all, n);
		bool last = all[n] == '\0';
		struct stat st;

		if (lstat(at, &st) < 0)
			return errno != ENOENT ? err_sys(e,
			    "cannot look at %s", at) : mine_keep(&safe, all,
			    links == 0 ? above : 0);
		if ((!mine_is_trusted(st.st_uid) ||
		    mine_others_write(at, &st, last)) &&
		    !mine_is_above_home(at))
			return mine_error(full, at, &st, e);
		if (S_ISLNK(st.st_mode)) {
			char *to = ++links > MINE_LINKS ? NULL :
			    mine_follow(at, all + n);

			if (to == NULL)
				return err_set(e, "cannot follow the link %s",
				    at);
			free(all);
			all = to;
			n = 1;
		} else if (last)
			return mine_keep(&safe, all, links == 0 ? above : 0);
		else {
			above = n;
			n += (n > 1) + strcspn(all + n + (n > 1), "/");
		}
	}
}

int
mine_check_entries(const char *dir, struct err *e)
{
	DIR *d = fs_opendir(dir);
	const struct dirent *de;
	int rc = d == NULL ? 0 : mine_check(dir, e);

	while (rc == 0 && (de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *path = fs_join(dir, de->d_name);

		rc = mine_check(path, e);
	}
	fs_close_dir_at(&d);
	return rc;
}
