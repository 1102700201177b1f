/*
 * assent-worker: runs one tool call.  No arguments, no environment; everything
 * comes over descriptor 0 and goes over descriptor 1 (see sandbox/sandbox.h).
 * With arguments it is the guard of a program without a sandbox.
 */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "sandbox/launch.h"
#include "sandbox/sandbox.h"

int
main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], GUARD_WORD) == 0)
		guard_run(argv[2], argv + 3);
	/* _exit: no exit handlers run, so nothing of the process is exposed. */
	_exit(launch_run());
}
