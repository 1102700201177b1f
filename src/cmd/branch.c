#include "config.h"

#include "cmd/branch.h"

#include <string.h>

#include "cmd/base/git-run.h"

int
branch_when(const struct cmd_args *a, enum commit_when *when)
{
	*when = a->branch != NULL ? COMMIT_TASK : COMMIT_NEVER;
	if (a->commit != NULL && strcmp(a->commit, "decision") == 0)
		*when = COMMIT_DECISION;
	else if (a->commit != NULL && strcmp(a->commit, "task") == 0)
		*when = COMMIT_TASK;
	else if (a->commit != NULL)
		return cmd_fail(EXIT_USAGE, "--commit %s: decision or task",
		    a->commit);
	return 0;
}

int
branch_switch(const struct cmd_args *a, const char *root,
    enum commit_when *when)
{
	const char *const args[] = { "switch", "-q", "-c", a->branch, NULL };
	const struct git_run g = { .dir = root };
	struct err e = ERR_INIT;
	int code = branch_when(a, when);

	if (code != 0 || a->branch == NULL)
		return code;
	return git_run_ok(&g, args, &e) == 0 ? 0 : cmd_fail(EXIT_USAGE,
	    "--branch %s: %s", a->branch, e.text);
}
