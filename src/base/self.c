#include "config.h"

#include "base/self.h"

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
		err_sys(e, "cannot read /proc/self/exe");
		return NULL;
	}
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL && slash != path)
		*slash = '\0';
	return xstrdup(path);
}

static char *
self_find(const char *beside, const char *installed, const char *name, int how,
    struct err *e)
{
	char *dir = self_dir(e), *base, *p;

	if (dir == NULL)
		return NULL;
	base = beside[0] == '\0' ? xstrdup(dir) : fs_join(dir, beside);
	free(dir);
	p = fs_join(base, name);
	free(base);
	if (access(p, how) == 0)
		return p;
	free(p);
	p = fs_join(installed, name);
	if (access(p, how) == 0)
		return p;
	err_sys(e, "cannot find %s beside this program or in %s", name,
	    installed);
	free(p);
	return NULL;
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
