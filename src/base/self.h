/*
 * self: finds the other programs and the data. In a build tree they are next to
 * the executable, installed in libexec and share. If an installed tree was
 * copied or unpacked elsewhere, they are found relative to the executable.
 */
#ifndef ASSENT_BASE_SELF_H
#define ASSENT_BASE_SELF_H

#include "base/err.h"

/* malloc'ed path of "assent-core", "assent-worker", "assent-net" or
 * "assent-fetch". NULL with *e. */
char	*self_program(const char *name, struct err *e);
/* malloc'ed path of a file or folder under share/, such as "prompts". */
char	*self_share(const char *name, struct err *e);

#endif
