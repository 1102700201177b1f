#include "config.h"

#include "cmd/branch.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd/base/git-run.h"
#include "cmd/base/git-state.h"

static const char *const branch_words[] = {
	[COMMIT_TASK] = "task", [COMMIT_DECISION] = "decision",
};

/* COMMIT_NEVER: it is none of them. */
static enum commit_when
branch_when(const char *word)
{
	size_t i;

	for (i = MEM_COUNT(branch_words); word != NULL && i-- > COMMIT_TASK;)
		if (strcmp(branch_words[i], word) == 0)
			return (enum commit_when)i;
	return COMMIT_NEVER;
}

int
branch_parse(struct branch *b, const struct cmd_args *a)
{
	b->name = a->branch;
	b->when = a->commit != NULL ? branch_when(a->commit) :
	    a->branch != NULL ? COMMIT_TASK : COMMIT_NEVER;
	return a->commit == NULL || b->when != COMMIT_NEVER ? 0 :
	    cmd_fail(EXIT_USAGE, "--commit %s: decision or task", a->commit);
}

int
branch_switch(struct branch *b, const struct cmd_args *a, const char *root,
    const struct worktree_made *made)
{
	const char *const args[] = { "switch", "-q", "-c", a->branch, NULL };
	const struct git_run g = { .dir = root };
	struct err e = ERR_INIT;
	int code = branch_parse(b, a);

	if (code != 0 || a->branch == NULL || (made->branch != NULL &&
	    strcmp(made->branch, a->branch) == 0))
		return code;
	return git_state_repository(root, &e) == 0 &&
	    git_run_ok(&g, args, &e) == 0 ? 0 : cmd_fail(EXIT_USAGE,
	    "--branch %s: %s", a->branch, e.text);
}

void
branch_add(const struct branch *b, cJSON *start)
{
	if (b->when != COMMIT_NEVER)
		json_add_str(start, "commit", branch_words[b->when]);
	json_add_str(start, "branch", b->name);
}

void
branch_read(struct branch *b, const cJSON *start)
{
	b->when = branch_when(json_str(start, "commit"));
	b->name = json_str(start, "branch");
}
