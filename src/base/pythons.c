#include "config.h"

#include "base/pythons.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

/* What each sandbox shows. */
static bool
pythons_is_system(const char *dir)
{
	static const char *const places[] = { "/usr", "/bin", "/nix", "/gnu",
		"/opt", "/run/current-system" };
	size_t i;

	for (i = 0; i < MEM_COUNT(places); i++)
		if (fs_is_below(dir, places[i]))
			return true;
	return false;
}

static bool
pythons_has(char **v, size_t len, const char *full)
{
	struct stat st, other;
	size_t i;

	if (stat(full, &st) < 0)
		return false;
	for (i = 0; i < len; i++)
		if (stat(v[i], &other) == 0 && other.st_ino == st.st_ino &&
		    other.st_dev == st.st_dev)
			return true;
	return false;
}

char **
pythons_find(const char *path, const char *not_below)
{
	char **v = NULL, *dir, *full;
	const char *end;
	size_t len = 0;

	GROW(v, len);
	v[0] = NULL;
	for (; *path != '\0'; path = *end == '\0' ? end : end + 1) {
		end = strchrnul(path, ':');
		dir = xmemdup(path, (size_t)(end - path));
		full = fs_join(dir, "python3");
		if (pythons_is_system(dir) && !fs_is_below(dir, not_below) &&
		    access(full, X_OK) == 0 && !pythons_has(v, len, full)) {
			GROW_BY(v, len, 2);
			v[len++] = full;
			v[len] = NULL;
		} else
			free(full);
		free(dir);
	}
	return v;
}

void
pythons_free(char **v)
{
	size_t i;

	for (i = 0; v != NULL && v[i] != NULL; i++)
		free(v[i]);
	free(v);
}
