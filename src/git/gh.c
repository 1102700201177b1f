#include "config.h"

#include "git/gh.h"

#include "git/git-run.h"

bool
gh_ask(const char *dir, const char *const *args, struct buf *out)
{
	AUTO_BUF struct buf said = BUF_INIT(GH_SAID_MAX);
	const struct git_run g = { .dir = dir, .trusts_repo = true,
		.program = "gh", .out = out, .said = &said,
		.seconds = GH_SECONDS };

	return git_run_shown(&g, args, -1, NULL) == 0 && out->len < out->max;
}
