/*
 * self: where this program's companions and data are.  In a build tree they lie
 * beside the executable, installed in libexec and share.  An installed tree that
 * was copied or unpacked elsewhere is found by where the executable is in it.
 */
#ifndef ASSENT_BASE_SELF_H
#define ASSENT_BASE_SELF_H

#include "base/err.h"

/* malloc'ed path of "assent-core" or "assent-worker". NULL with *e. */
char	*self_program(const char *name, struct err *e);
/* malloc'ed path of a file or folder under share/, such as "prompts". */
char	*self_share(const char *name, struct err *e);

#endif
