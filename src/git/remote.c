#include "config.h"

#include "git/remote.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "git/git-run.h"

char *
git_remote_find(const char *dir, const char *branch, struct err *e)
{
	AUTO_FREE char *ref = xasprintf("refs/heads/%s", branch == NULL ? "" :
	    branch);
	AUTO_FREE char *all = NULL, *origin = NULL;
	char *name = branch == NULL ? NULL : git_run_ask(dir, "for-each-ref",
	    "--format=%(push:remotename)", ref, NULL);

	if (name != NULL && name[0] != '\0' && strcmp(name, ".") != 0)
		return name;
	free(name);
	all = git_run_ask(dir, "remote", NULL, NULL, e);
	if (all == NULL)
		return NULL;
	if (all[0] == '\0') {
		err_set(e, "no remote to push to: git remote add origin URL");
		return NULL;
	}
	if (strchr(all, '\n') == NULL)
		return xstrdup(all);
	origin = git_run_ask(dir, "config", "--get", "remote.origin.url", NULL);
	if (origin == NULL)
		err_set(e, "which remote? Set it: git config "
		    "remote.pushDefault NAME");
	return origin == NULL ? NULL : xstrdup("origin");
}

const char *
git_remote_branch(const char *ref, const char *remote)
{
	return ref + strlen("refs/remotes/") + strlen(remote) + 1;
}

char *
git_remote_head(const char *dir, const char *remote)
{
	static const char *const usual[] = { "main", "master" };
	AUTO_FREE char *prefix = xasprintf("refs/remotes/%s/", remote);
	AUTO_FREE char *head = xasprintf("%sHEAD", prefix);
	char *ref = git_run_ask(dir, "symbolic-ref", "-q", head, NULL);
	size_t i;

	for (i = 0; ref == NULL && i < MEM_COUNT(usual); i++) {
		AUTO_FREE char *at = xasprintf("%s%s", prefix, usual[i]);

		ref = git_run_ask(dir, "rev-parse", "--symbolic-full-name", at,
		    NULL);
	}
	if (ref != NULL && strncmp(ref, prefix, strlen(prefix)) != 0)
		FREE_NULL(ref);
	return ref;
}
