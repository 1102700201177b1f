/*
 * endpoint: the URL and certificates of a model's server.  They are
 * recorded, so they must not contain a password.
 */
#include "config.h"

#include "config/config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/mine.h"
#include "base/json.h"
#include "config/config-int.h"

static bool
endpoint_has_user(const char *url)
{
	const char *host = strstr(url, "://") + 3;

	return memchr(host, '@', strcspn(host, "/?#")) != NULL;
}

int
config_endpoint_url(
    const char *url, const char *from, char **out, struct err *e)
{
	size_t n = strlen(url);

	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return err_set(e, "%s: \"%.120s\" isn't a URL; it must start "
		    "with https:// or http://", from, url);
	if (endpoint_has_user(url))
		return err_set(e, "%s: the URL can't contain a name or "
		    "password, because it is recorded; use api_key_env or "
		    "api_key_file", from);
	if (strpbrk(url, "?#") != NULL)
		return err_set(e, "%s: the URL can't have a query (?...): it "
		    "is recorded, and the API's path comes after it; for a "
		    "key use api_key_env or api_key_file", from);
	while (n > 0 && url[n - 1] == '/')
		n--;
	*out = xmemdup(url, n);
	return 0;
}

char *
config_endpoint_path(const struct config *c, const char *path)
{
	const char *home = config_env(c, "HOME");
	char *cwd, *whole;

	if (path[0] == '~' && path[1] == '/' && home != NULL)
		return fs_join(home, path + 2);
	if (path[0] == '/' || (cwd = getcwd(NULL, 0)) == NULL)
		return xstrdup(path);
	whole = fs_join(cwd, path);
	free(cwd);
	return whole;
}

int
config_endpoint_set(const struct config *c, const cJSON *provider,
    struct config_model *m, struct err *e)
{
	const char *file = json_str(provider, "ca_file");
	struct stat st;

	if (file == NULL)
		return 0;
	m->ca_file = config_endpoint_path(c, file);
	if (stat(m->ca_file, &st) < 0 || access(m->ca_file, R_OK) < 0)
		return err_sys(e, "%s: ca_file: can't read %s", c->path,
		    m->ca_file);
	if (!S_ISREG(st.st_mode))
		return err_set(e, "%s: ca_file: %s isn't a file", c->path,
		    m->ca_file);
	return mine_check(m->ca_file, e);
}
