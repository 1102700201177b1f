#include "config.h"

#include "cmd/branch.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "git/git-run.h"

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

/* Did the last run make it? A worktree is made on its branch. */
static bool
branch_is_made(const struct cmd_args *a, const char *root, const char *made)
{
	AUTO_FREE char *is = a->worktree == NULL ? NULL : git_run_ask(root,
	    "branch", "--show-current", NULL, NULL);

	return (made != NULL && strcmp(made, a->branch) == 0) ||
	    (is != NULL && strcmp(is, a->branch) == 0);
}

int
branch_check(const struct cmd_args *a, const char *root, const char *made)
{
	struct err e = ERR_INIT;

	if (a->branch != NULL && git_state_repository(root, &e) == 0 &&
	    git_state_has_branch(root, a->branch) && !branch_is_made(a, root, made))
		err_set(&e, "a branch of this name already exists");
	return !err_is_set(&e) ? 0 : cmd_fail(EXIT_USAGE, "--branch %s: %s",
	    a->branch, e.text);
}

int
branch_switch(const struct cmd_args *a, const char *root)
{
	bool is = a->branch != NULL && git_state_has_branch(root, a->branch);
	const char *const args[] = { "switch", "-q", is ? a->branch : "-c",
		is ? NULL : a->branch, NULL };
	const struct git_run g = { .dir = root };
	struct err e = ERR_INIT;

	return a->branch == NULL || git_run_ok(&g, args, &e) == 0 ? 0 :
	    cmd_fail(EXIT_USAGE, "--branch %s: %s", a->branch, e.text);
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
