#include "config.h"

#include "cmd/base/data-dir.h"

#include <stdlib.h>

#include "base/fs.h"
#include "base/mem.h"

char *
data_dir(const char *below, struct err *e)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	/* XDG: a relative path counts as unset. */
	if (data != NULL && data[0] == '/')
		return xasprintf("%s/assent/%s", data, below);
	if (home != NULL && home[0] == '/')
		return xasprintf("%s/.local/share/assent/%s", home, below);
	err_set(e, "no home directory for %s: set HOME or XDG_DATA_HOME",
	    below);
	return NULL;
}
