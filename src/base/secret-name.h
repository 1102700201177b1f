/*
 * secret-name: does a file hold secrets, by its name?
 */
#ifndef ASSENT_BASE_SECRET_NAME_H
#define ASSENT_BASE_SECRET_NAME_H

#include <stdbool.h>

#include "base/glob.h"

/* The globs or `more` (may be NULL) cover it; or it is data whose name has a
 * whole word such as "secrets" or "token"; or it is a backup of such a file. The
 * path is relative. */
bool	secret_name(const struct glob_list *, const struct glob_list *more,
	    const char *path);

#endif
