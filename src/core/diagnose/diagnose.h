/*
 * diagnose: after an answer in which the model edited files, linters
 * (linter.h) look at these, in the sandbox as a command does, and if they find
 * anything, at the real tree, too: the model is told only what is new. What is
 * known within two seconds comes with the result of the edit, what comes later
 * with the next one. `done` waits as long, and is sent back if there is anything
 * that the model hasn't been told. Findings are shown below their lines in the
 * review.
 *
 * A linter can't write the project, and has a home, a /tmp and caches that no
 * command sees. It runs beside the model's answer; whatever else runs on the
 * copy ends it, unless that only reads, and its files are looked at again
 * after the next answer. One that fails or takes too long is off for the
 * session.
 */
#ifndef ASSENT_CORE_DIAGNOSE_H
#define ASSENT_CORE_DIAGNOSE_H

#include <stdbool.h>

struct core;

/* All calls of an answer have their results: look at what they edited. True
 * while the model's turn has to wait for that; then core_soon follows. */
bool	diagnose_step(struct core *);
/* End what runs; nothing is looked at again. */
void	diagnose_drop(struct core *);

#endif
