/*
 * inspection: the payload that collects facts about the project for the model
 * (core/project/project.h): it runs git, programs that print their versions, and
 * ctags, all at the same time, and kills those that take too long.
 */
#ifndef ASSENT_SANDBOX_INSPECTION_H
#define ASSENT_SANDBOX_INSPECTION_H

#include "sandbox/request.h"

/*
 * args: {"git":bool, "programs":[NAME,...], "ctags":[ARG,...]}, each optional.
 * Prints one line for each fact, with a letter before it: "b BRANCH", "l COMMIT",
 * "t PROGRAM: VERSION", "m PROGRAM" (missing), "s FILE" (a line of git status)
 * and "c N" (how many of those there are); then ".", then the output of ctags,
 * whose exit status is that of the inspection. They run in `top`, which is the
 * project or its copy.
 */
_Noreturn void inspection_run(const struct request *, const char *top);

#endif
