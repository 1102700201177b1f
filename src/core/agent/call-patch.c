#include "config.h"

#include "core/agent/call.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/job/output.h"
#include "core/kernel/core.h"

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

/* Make the minimum that git accepts as a repository. The object format is the
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
	if (rc == 0)
		rc = patch_repository(c, e);
	if (rc == 0)
		json_add_str(c->start, "patch_sha256", hex);
	return rc;
}

cJSON *
patch_argv(const struct core *c)
{
	const char *out = sandbox_levels[c->sandbox.level].encloses ?
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
