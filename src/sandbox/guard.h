/*
 * guard: runs the user's program as the user, without a sandbox, and kills all
 * of its descendants, daemons included, when it ends, on SIGTERM, and when the
 * core is gone. Only a program that kills its guard outlives it.
 */
#ifndef ASSENT_SANDBOX_GUARD_H
#define ASSENT_SANDBOX_GUARD_H

/* The first argument of assent-worker for it; the process id of the one that
 * starts it, the program and its arguments follow. */
#define GUARD_WORD "guard"

/* With our environment and standard streams. Ends as the program does. */
_Noreturn void guard_run(const char *parent, char *const *argv);

#endif
