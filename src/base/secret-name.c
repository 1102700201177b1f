#include "config.h"

#include "base/secret-name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/mem.h"

/* Is one of the words in the list of n, in any case? */
static bool
secret_name_has(const char *name, const char *const *words, size_t n)
{
	size_t i, len;

	for (; *name != '\0'; name += len + (name[len] != '\0')) {
		for (len = 0; isalnum((unsigned char)name[len]); len++)
			;
		for (i = 0; i < n; i++)
			if (strlen(words[i]) == len &&
			    strncasecmp(name, words[i], len) == 0)
				return true;
	}
	return false;
}

/* "db-passwords.yml", "apiKey.json"; but not "tokenizer.json", nor a program. */
static bool
secret_name_is_data(const char *path)
{
	static const char *const data[] = { ".cfg", ".conf", ".csv", ".ini",
		".json", ".properties", ".toml", ".txt", ".xml", ".yaml",
		".yml" };
	static const char *const words[] = { "apikey", "apikeys", "credential",
		"credentials", "password", "passwords", "secret", "secrets",
		"token" };
	static const char *const samples[] = { "example", "sample", "schema",
		"template" };
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	return fs_has_ending(name, data, MEM_COUNT(data)) &&
	    (secret_name_has(name, words, MEM_COUNT(words)) ||
	    strcasestr(name, "api-key") != NULL ||
	    strcasestr(name, "api_key") != NULL) &&
	    !secret_name_has(name, samples, MEM_COUNT(samples));
}

/* The file of which an editor or a person made this copy, or NULL; malloc'ed. */
static char *
secret_name_original(const char *path)
{
	static const char *const ends[] = { "~", ".backup", ".bak", ".old",
		".orig", ".save" };
	const char *slash = strrchr(path, '/');
	size_t dir = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	size_t n = strlen(path), i, len;

	for (i = 0; i < MEM_COUNT(ends); i++) {
		len = strlen(ends[i]);
		if (n > dir + len &&
		    strcasecmp(path + n - len, ends[i]) == 0)
			return xmemdup(path, n - len);
	}
	/* Vim's ".NAME.swp", Emacs' "#NAME#" and ".#NAME". */
	if (n > dir + 5 && path[dir] == '.' &&
	    strncmp(path + n - 4, ".sw", 3) == 0)
		return xasprintf("%.*s%.*s", (int)dir, path,
		    (int)(n - dir - 5), path + dir + 1);
	if (n > dir + 2 && path[dir] == '#' && path[n - 1] == '#')
		return xasprintf("%.*s%.*s", (int)dir, path,
		    (int)(n - dir - 2), path + dir + 1);
	return strncmp(path + dir, ".#", 2) != 0 ? NULL :
	    xasprintf("%.*s%s", (int)dir, path, path + dir + 2);
}

bool
secret_name(const struct glob_list *globs, const struct glob_list *more,
    const char *path)
{
	AUTO_FREE char *original = NULL;

	if (glob_list_covers(globs, path) || secret_name_is_data(path) ||
	    (more != NULL && glob_list_covers(more, path)))
		return true;
	original = secret_name_original(path);
	return original != NULL && secret_name(globs, more, original);
}
