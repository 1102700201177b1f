/* launch: assent-worker's outer process, see launch.c. */
#ifndef ASSENT_SANDBOX_LAUNCH_H
#define ASSENT_SANDBOX_LAUNCH_H

/* Reads one request from descriptor 0, answers on 1. Returns an exit status
 * when the call and everything below it has ended. */
int	launch_run(void);

#endif
