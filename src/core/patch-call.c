#include "config.h"

#include "core/patch-call.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "core/capture.h"
#include "core/core.h"

#define PATCH_REPOSITORY "apply.git"

/* These attributes turn off all attributes of the tree. */
static const char patch_attributes[] =
    "* -text -crlf -ident !eol !filter !working-tree-encoding !whitespace\n";

static int
patch_put(const char *dir, const char *name, const char *text, struct err *e)
{
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "cannot open %s", dir);
	return fs_replace(fd, name, text, strlen(text), 0644, e);
}

/* The minimum that git accepts as a repository. Its object format is the
 * patch's, since git checks binary patches by object name. */
static int
patch_repository(struct core *c, struct err *e)
{
	static const char *const folders[] = { "info", "objects", "refs" };
	bool sha256 = json_is(c->start, "object_format", "sha256");
	AUTO_FREE char *dir = fs_join(c->out_dir, PATCH_REPOSITORY);
	AUTO_FREE char *info = fs_join(dir, "info");
	AUTO_FREE char *config = xasprintf(
	    "[core]\n\trepositoryformatversion = %d\n"
	    "\tbare = false\n\tautocrlf = false\n\tsafecrlf = false\n"
	    "[apply]\n\tignoreWhitespace = no\n%s",
	    sha256, sha256 ? "[extensions]\n\tobjectFormat = sha256\n" : "");
	int rc = 0;
	size_t i;

	for (i = 0; i < MEM_COUNT(folders) && rc == 0; i++) {
		AUTO_FREE char *path = fs_join(dir, folders[i]);

		rc = fs_mkdirs(path, geteuid() == 0 ? 0755 : 0700, e);
	}
	if (rc == 0)
		rc = patch_put(info, "attributes", patch_attributes, e);
	if (rc == 0)
		rc = patch_put(dir, "config", config, e);
	if (rc == 0)
		rc = patch_put(dir, "HEAD", "ref: refs/heads/none\n", e);
	return rc;
}

int
patch_keep(struct core *c, struct err *e)
{
	char hex[SHA256_HEX_SIZE];
	size_t n;
	int rc;
	AUTO_FREE char *patch = json_get_bytes(c->start, "patch", &n);

	if (patch == NULL)
		return 0;
	rc = capture_keep_out(c->out_dir, patch, n, hex, e);
	/* The journal has the name; the bytes are in out/. */
	cJSON_DeleteItemFromObjectCaseSensitive(c->start, "patch");
	cJSON_DeleteItemFromObjectCaseSensitive(c->start, "patch_b64");
	c->review.expected = cJSON_DetachItemFromObjectCaseSensitive(c->start,
	    "patch_files");
	if (rc == 0)
		rc = patch_repository(c, e);
	if (rc == 0)
		json_add_str(c->start, "patch_sha256", hex);
	return rc;
}

/* ---- what it must make ---- */

struct patch_want {
	char		*path;
	const cJSON	*after;
	bool		 any;	/* whatever it is then */
	bool		 met;
};

static bool
patch_side_is(const cJSON *side, const cJSON *want)
{
	return cJSON_IsObject(side) && cJSON_IsObject(want) ?
	    json_int(side, "mode", 0) == json_int(want, "mode", 0) &&
	    json_is(side, "hash", json_str_or(want, "hash", "")) :
	    !cJSON_IsObject(side) && !cJSON_IsObject(want);
}

static int
patch_made(const struct pathmap *wants, const cJSON *file, const char *key,
    const cJSON *side, struct err *e)
{
	size_t n;
	AUTO_FREE char *path = json_get_bytes(file, key, &n);
	struct patch_want *w = path == NULL ? NULL : pathmap_find(wants, path);

	if (path == NULL)
		return 0;
	if (w != NULL)
		w->met = true;
	if (w != NULL && (w->any || patch_side_is(side, w->after)))
		return 0;
	return err_set(e, "the patch %s %.200s, but the proposal %s; nothing "
	    "is proposed", cJSON_IsObject(side) ? "changes" : "deletes",
	    json_str_or(file, key, "?"), w == NULL ? "doesn't name that file" :
	    "says that it has other content then");
}

int
patch_check(struct core *c, const cJSON *files, struct err *e)
{
	AUTO(pathmap_release) struct pathmap wants = { 0 };
	AUTO_FREE void **list = NULL;
	const cJSON *it;
	size_t i, n;
	int rc = 0;

	if (c->review.expected == NULL)
		return 0;
	cJSON_ArrayForEach(it, c->review.expected) {
		AUTO_FREE char *path = json_get_bytes(it, "path", &n);
		struct patch_want *w = path == NULL ? NULL :
		    pathmap_add(&wants, path, sizeof(*w));

		if (w != NULL) {
			w->after = json_get(it, "after");
			w->any = json_bool(it, "any", false);
		}
	}
	cJSON_ArrayForEach(it, files)
		if (rc == 0 && (rc = patch_made(&wants, it, "path",
		    json_get(it, "after"), e)) == 0)
			rc = patch_made(&wants, it, "from", NULL, e);
	list = pathmap_list(&wants);
	for (i = 0; rc == 0 && list[i] != NULL; i++) {
		const struct patch_want *w = list[i];

		if (!w->met && !w->any)
			rc = err_set(e, "the patch doesn't change %.200s, but "
			    "the proposal does; nothing is proposed", w->path);
	}
	if (rc == 0)
		json_drop(&c->review.expected);
	return rc;
}

bool
patch_is_wanted(const struct core *c)
{
	return json_str(c->start, "patch_sha256") != NULL;
}

cJSON *
patch_argv(const struct core *c)
{
	const char *out = sandbox_levels[c->level].encloses ?
	    SANDBOX_OUT_DIR : c->out_dir;
	char *words[] = {
		xstrdup("git"),
		xasprintf("--git-dir=%s/" PATCH_REPOSITORY, out),
		xstrdup("--work-tree=."),
		xstrdup("apply"), xstrdup("--whitespace=nowarn"),
		xstrdup("--no-unidiff-zero"),
		xasprintf("-p%d", json_int(c->start, "strip", 1) != 0),
		xasprintf("%s/%s", out,
		    json_str_or(c->start, "patch_sha256", "")),
	};
	cJSON *argv = cJSON_CreateStringArray((const char *const *)words,
	    (int)MEM_COUNT(words));
	size_t i;

	for (i = 0; i < MEM_COUNT(words); i++)
		free(words[i]);
	return argv;
}
