#include "config.h"

#include "front/data-dir.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/mine.h"

char *
data_dir(const char *below, struct err *e)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	char *dir = NULL;

	/* XDG: a relative path counts as unset. */
	if (data != NULL && data[0] == '/')
		dir = xasprintf("%s/assent/%s", data, below);
	else if (home != NULL && home[0] == '/')
		dir = xasprintf("%s/.local/share/assent/%s", home, below);
	else
		err_set(e, "no home directory for %s: set HOME or "
		    "XDG_DATA_HOME", below);
	if (dir != NULL && mine_check(dir, e) < 0)
		FREE_NULL(dir);
	return dir;
}
