/* clean: removes what a session's copy can do without. */
#ifndef ASSENT_CORE_CLEAN_H
#define ASSENT_CORE_CLEAN_H

#include <cjson/cJSON.h>

#include "base/err.h"

/* Remove build products, and the sandbox's home, /tmp and caches, in the folder
 * of a session that has no core; `start` has the user's setting `products`. */
cJSON	*clean_folder(const char *dir, const cJSON *start, struct err *);

#endif
