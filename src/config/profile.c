/*
 * Profiles: settings for a kind of work in NAME.json, with instructions for the
 * model in NAME.md or a complete system prompt in NAME.system.md.  The built-in
 * ones are in share/profiles; the user's, in profiles/ next to config.json,
 * replace built-in ones of the same name.
 */
#include "config.h"

#include "config/config.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/utf8.h"
#include "config/config-int.h"

#define PROFILE_DEFAULT	"code"
#define PROFILE_NAME_MAX 40
#define PROFILE_TEXT_MAX ((size_t)64 << 10)

static bool
profile_name_ok(const char *name)
{
	const char *s;

	for (s = name; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_')
			return false;
	return s > name && s - name <= PROFILE_NAME_MAX;
}

/* The name from the flag, the variable or the user's file; borrowed. */
static const char *
profile_named(const struct config *c, const struct config_request *r,
    const char **from)
{
	const char *name;
	size_t i;

	for (i = r->flags_len; i > 0; i--)
		if (strcmp(r->flags[i - 1].setting, "profile") == 0) {
			*from = r->flags[i - 1].flag;
			return r->flags[i - 1].text;
		}
	*from = "ASSENT_PROFILE";
	name = config_env(c, *from);
	if (name != NULL)
		return name;
	*from = config_origin(c, "profile");
	return config_str(c, "profile");
}

/* The instructions for the model: *text malloc'ed, or NULL. */
static int
profile_text(int dirfd, const char *name, const char *end, const char *dir,
    char **text, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(PROFILE_TEXT_MAX);
	AUTO_FREE char *file = xasprintf("%s%s", name, end);
	AUTO_FREE char *path = fs_join(dir, file);
	int rc = config_read(dirfd, file, path, false, &b, e);

	*text = NULL;
	if (rc > 0 && (!utf8_is_valid(buf_str(&b), b.len) ||
	    memchr(buf_str(&b), '\0', b.len) != NULL))
		rc = err_set(e, "%s isn't UTF-8 text", path);
	else if (rc > 0)
		*text = buf_take(&b);
	return rc < 0 ? -1 : 0;
}

/* Reads it from this directory: 1, or 0 if it isn't there. */
static int
profile_from(struct config *c, const char *dir, const char *name,
    struct err *e)
{
	AUTO_FREE char *file = xasprintf("%s.json", name);
	AUTO_FREE char *shown = fs_join(dir, file);
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;
	AUTO_JSON cJSON *o = NULL;

	if (fd >= 0)
		o = config_parse(fd, file, shown, false, e);
	if (o != NULL) {
		rc = 1;
		c->profile = xstrdup(name);
		c->profile_about = xstrdup_null(json_str(o, "about"));
		if (config_layer(c, o, shown, WHERE_PROFILE, e) < 0 ||
		    profile_text(fd, name, ".md", dir, &c->profile_text,
		    e) < 0 ||
		    profile_text(fd, name, ".system.md", dir,
		    &c->profile_system, e) < 0)
			rc = -1;
	} else if (err_is_set(e))
		rc = -1;
	return rc;
}

int
config_profile(struct config *c, const struct config_request *r,
    struct err *e)
{
	const char *from, *name = profile_named(c, r, &from);
	char *dirs[2] = { NULL, NULL };
	int rc = 0;
	size_t i;

	if (!profile_name_ok(name))
		return err_set(e, "%s: profile: invalid name \"%.60s\" (use "
		    "letters, digits, - and _)", from, name);
	dirs[0] = config_beside(c, "profiles");
	dirs[1] = r->profiles != NULL ? xstrdup(r->profiles) :
	    self_share("profiles", NULL);
	for (i = 0; i < MEM_COUNT(dirs) && rc == 0; i++)
		if (dirs[i] != NULL)
			rc = profile_from(c, dirs[i], name, e);
	if (rc == 0 && strcmp(name, PROFILE_DEFAULT) != 0)
		rc = err_set(e, "%s: unknown profile \"%s\" (assent config "
		    "profiles lists them)", from, name);
	free(dirs[0]);
	free(dirs[1]);
	return rc < 0 ? -1 : 0;
}

/* ---- for a list of them ---- */

static int
profile_is_one(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	AUTO_FREE char *name = n <= 5 ? NULL : xmemdup(d->d_name, n - 5);

	return name != NULL && strcmp(d->d_name + n - 5, ".json") == 0 &&
	    profile_name_ok(name);
}

/* A line for the file, unless one of the same name was in `over`. */
static void
profile_list_add(const char *dir, const char *over, const char *file,
    struct buf *b)
{
	AUTO_FREE char *path = fs_join(dir, file);
	AUTO_FREE char *first = over == NULL ? NULL : fs_join(over, file);
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *o = NULL;

	if (first != NULL && access(first, F_OK) == 0)
		return;
	o = config_parse(AT_FDCWD, path, path, false, &e);
	buf_addf(b, "%-11.*s %s\n", (int)strlen(file) - 5, file,
	    err_is_set(&e) ? e.text : json_str_or(o, "about", ""));
}

void
config_profile_list(const struct config *c, struct buf *b)
{
	AUTO_FREE char *mine = config_beside(c, "profiles");
	AUTO_FREE char *ours = self_share("profiles", NULL);
	const char *dirs[2] = { mine, ours };
	struct dirent **v;
	int i, k, n;

	buf_addf(b, "%-11s general work (the default)\n", PROFILE_DEFAULT);
	for (i = 0; i < 2; i++) {
		n = dirs[i] == NULL ? 0 : scandir(dirs[i], &v, profile_is_one,
		    alphasort);
		for (k = 0; k < n; k++) {
			profile_list_add(dirs[i], i == 0 ? NULL : mine,
			    v[k]->d_name, b);
			free(v[k]);
		}
		if (dirs[i] != NULL && n >= 0)
			free(v);
	}
}
