/*
 * Chooses the model, its server and its key: from --model and "model", else
 * from the available keys (key.c) and share/models.json.
 */

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/secret.h"
#include "base/spawn.h"
#include "config/settings.h"
#include "policy/price.h"
#include "provider/dialect.h"

static bool
endpoint_has_user(const char *url)
{
	const char *host = strstr(url, "://") + 3;

	return memchr(host, '@', strcspn(host, "/?#")) != NULL;
}

/* Checked, without trailing slashes, malloc'ed; `from` is for the message. */
static int
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
	return 0;
}

