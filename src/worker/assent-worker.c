/*
 * assent-worker: runs one tool call.  No arguments, no environment; everything
 * comes over descriptor 0 and goes over descriptor 1 (see sandbox/sandbox.h).
 */
#include "config.h"

#include <unistd.h>

#include "sandbox/worker/launch.h"

int
main(void)
{
	/* _exit: no exit handlers run, so nothing of the process is exposed. */
	_exit(launch_run());
}
