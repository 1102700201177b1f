#include "config.h"

#include "git/gh.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define GH_EXIT_CANCEL	2	/* gh help exit-codes */

bool
gh_is_number(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && n < 10 && s[n] == '\0';
}

enum gh_end
gh_ended(int status, const struct buf *said, struct err *e)
{
	size_t n = strcspn(buf_str(said), "\n");

	if (status <= 0)
		return status == 0 ? GH_DONE : GH_FAILED;
	if (status == 128 + SIGALRM) {
		err_set(e, "gh had no answer after %u seconds", GH_SECONDS);
		return GH_FAILED;
	}
	if (status > 128 || status == GH_EXIT_CANCEL) {
		err_set(e, "interrupted");
		return GH_INTERRUPTED;
	}
	err_set(e, "gh failed (exit %d)%s%.*s; gh auth status says whether you "
	    "are logged in, gh repo set-default which repository is meant",
	    status, n > 0 ? ": " : "", (int)(n < 500 ? n : 500),
	    buf_str(said));
	return GH_FAILED;
}

bool
gh_ask(const char *dir, const char *const *args, struct buf *out)
{
	AUTO_BUF struct buf said = BUF_INIT(GH_SAID_MAX);
	const struct git_run g = { .dir = dir, .trusts_repo = true,
		.program = "gh", .out = out, .said = &said,
		.seconds = GH_SECONDS };

	return git_run_shown(&g, args, -1, NULL) == 0 && out->len < out->max;
}
