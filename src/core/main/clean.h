/* clean: removes what a session's copy can do without. */
#ifndef ASSENT_CORE_CLEAN_H
#define ASSENT_CORE_CLEAN_H

#include <cjson/cJSON.h>

#include "base/err.h"

/* Remove ignored files, and the sandbox's home, /tmp and caches, in the folder
 * of a session that has no core. */
cJSON	*clean_folder(const char *dir, struct err *);

#endif
