#include "config.h"

#include "base/self.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

/* The folder of the running executable; malloc'ed. */
static char *
self_dir(struct err *e)
{
	char path[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0) {
		err_sys(e, "cannot read /proc/self/exe (is /proc mounted?)");
		return NULL;
	}
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL && slash != path)
		*slash = '\0';
	return xstrdup(path);
}

/* `installed`, if the whole tree was moved: the executable is in another
 * prefix's bin or libexec. NULL if it is in neither. */
static char *
self_moved(const char *dir, const char *installed)
{
	static const char *const homes[] = { ASSENT_BINDIR, ASSENT_LIBEXECDIR };
	size_t prefix = strlen(ASSENT_PREFIX), len = strlen(dir), n, i;

	if (strncmp(installed, ASSENT_PREFIX "/", prefix + 1) != 0)
		return NULL;
	for (i = 0; i < MEM_COUNT(homes); i++) {
		if (strncmp(homes[i], ASSENT_PREFIX "/", prefix + 1) != 0)
			continue;
		n = strlen(homes[i] + prefix);
		if (len >= n && strcmp(dir + len - n, homes[i] + prefix) == 0)
			return xasprintf("%.*s%s", (int)(len - n), dir,
			    installed + prefix);
	}
	return NULL;
}

static char *
self_find(const char *beside, const char *installed, const char *name, int how,
    struct err *e)
{
	char *dir = self_dir(e), *places[3], *p = NULL;
	AUTO_FREE char *barred = NULL;
	size_t i;

	if (dir == NULL)
		return NULL;
	places[0] = beside[0] == '\0' ? xstrdup(dir) : fs_join(dir, beside);
	places[1] = self_moved(dir, installed);
	places[2] = xstrdup(installed);
	for (i = 0; i < MEM_COUNT(places) && p == NULL; i++) {
		if (places[i] == NULL)
			continue;
		p = fs_join(places[i], name);
		if (access(p, how) == 0)
			continue;
		if (errno != ENOENT && barred == NULL)
			barred = xstrdup(p);
		FREE_NULL(p);
	}
	if (p == NULL && barred != NULL)
		err_set(e, "cannot %s %s: check its mode, or install assent "
		    "again", how == X_OK ? "run" : "read", barred);
	else if (p == NULL)
		err_set(e, "cannot find %s beside this program or in %s: "
		    "install assent again, with all its files", name,
		    places[1] == NULL ? installed : places[1]);
	for (i = 0; i < MEM_COUNT(places); i++)
		free(places[i]);
	free(dir);
	return p;
}

char *
self_program(const char *name, struct err *e)
{
	return self_find("", ASSENT_LIBEXECDIR, name, X_OK, e);
}

char *
self_share(const char *name, struct err *e)
{
	return self_find("share", ASSENT_SHAREDIR, name, R_OK, e);
}
