#include "config.h"

#include "store/gitlib.h"

#include <stdarg.h>
#include <stdio.h>

#include <git2.h>

#include "base/mem.h"

/* Below a device nothing can ever be made. */
#define GITLIB_NOWHERE "/dev/null/none"

int
gitlib_init(struct err *e)
{
	static const int levels[] = {
		GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
		GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
	};
	size_t i;
	int n = git_libgit2_init();

	if (n < 0)
		return gitlib_error(e, "cannot start libgit2");
	if (n > 1)
		return 0;
	for (i = 0; i < MEM_COUNT(levels); i++) {
		if (git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i],
		    GITLIB_NOWHERE) < 0)
			goto fail;
	}
	if (git_libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, GITLIB_NOWHERE) < 0 ||
	    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1) < 0)
		goto fail;
#if LIBGIT2_VER_MAJOR > 1 || LIBGIT2_VER_MINOR >= 5
	/* The project may belong to someone else: we only read it. */
	if (git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0) < 0)
		goto fail;
#endif
	return 0;
fail:
	gitlib_error(e, "cannot set up libgit2");
	git_libgit2_shutdown();
	return -1;
}

void
gitlib_release(void)
{
	git_libgit2_shutdown();
}

int
gitlib_error(struct err *e, const char *fmt, ...)
{
	const git_error *g = git_error_last();
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, "%s: %s", text, g != NULL && g->message != NULL ?
	    g->message : "libgit2 does not say why");
}

int
gitlib_head(const char *root, char id[41])
{
	git_repository *repo = NULL;
	git_oid oid;
	int rc = -1;

	if (gitlib_init(NULL) < 0)
		return -1;
	if (git_repository_open_ext(&repo, root, 0, NULL) == 0 &&
	    git_reference_name_to_id(&oid, repo, "HEAD") == 0) {
		git_oid_tostr(id, 41, &oid);
		rc = 0;
	}
	git_repository_free(repo);
	gitlib_release();
	return rc;
}
