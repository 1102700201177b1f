/* The table of levels: what a level is, and what people and the model read. */
#include "config.h"

#include "sandbox/sandbox-level.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

/* Best first, as in the enum. */
const struct sandbox_level_row sandbox_levels[] = {
	[SANDBOX_A] = {
		.name = "A", .overlays = true, .encloses = true,
		.line = "sandbox A (full) · " SANDBOX_NO_NETWORK,
		.model = "no network but the proxy in HTTPS_PROXY, which connects "
		    "only to hosts that the user allows; it sees "
		    "the staged copy of the project and the system's "
		    "programs, not the user's home",
	},
	[SANDBOX_B] = {
		.name = "B", .encloses = true,
		.line = "sandbox B · project copied · " SANDBOX_NO_NETWORK,
		.model = "no network but the proxy in HTTPS_PROXY, which connects "
		    "only to hosts that the user allows; it sees "
		    "the staged copy of the project and the system's "
		    "programs, not the user's home",
	},
	[SANDBOX_C] = {
		.name = "C", .brokers = true,
		.line = "sandbox C · no namespaces · project copied · "
		    SANDBOX_NO_NETWORK,
		.sees = "names, sizes and times of files by their path, "
		    "processes and their arguments, network interfaces",
		.model = "no network but the proxy in HTTPS_PROXY, which connects "
		    "only to hosts that the user allows (servers on 127.0.0.1 "
		    "work, UDP doesn't); it sees a copy of the "
		    "project in another folder (use relative paths or $PWD) "
		    "and the system's programs, not the user's home; "
		    "temporary files go to $TMPDIR, not to /tmp",
	},
	[SANDBOX_D] = {
		.name = "D",
		.line = "sandbox D · this container · network open",
		.model = "this container, with its network",
	},
	[SANDBOX_NONE] = {
		.name = "none",
		.line = "no sandbox · project copied · network open",
		.model = "none here: the user is asked before each command",
	},
};

bool
sandbox_stays_root(enum sandbox_level level, const char *root, const char *copy)
{
	struct stat st;

	return geteuid() == 0 && !sandbox_levels[level].encloses &&
	    copy != NULL && stat(root, &st) == 0 && st.st_uid != 0 &&
	    !fs_lets_pass(copy, st.st_uid, st.st_gid);
}

const char *
sandbox_level_name(enum sandbox_level level)
{
	return sandbox_levels[level].name;
}

bool
sandbox_level_holds(enum sandbox_level level)
{
	return sandbox_levels[level].encloses ||
	    sandbox_levels[level].brokers;
}

int
sandbox_level_find(const char *name)
{
	const struct sandbox_level_row *row = MEM_FIND(sandbox_levels, name);

	return row == NULL ? -1 : (int)(row - sandbox_levels);
}
