/*
 * undeclared: files that aren't UTF-8, of an encoding that nobody declared. The
 * user is told once for a pattern how to declare it; nothing is converted
 * before they do.
 */
#ifndef ASSENT_CORE_UNDECLARED_H
#define ASSENT_CORE_UNDECLARED_H

#include <cjson/cJSON.h>

struct core;
struct stage_scan;

/* A file tool met one: {path, about}; or NULL. */
void	undeclared_tell(struct core *, const cJSON *file);
/* A file that was moved as it is, to a name for which something else is
 * declared, keeps its encoding for this session. */
void	undeclared_moved(struct core *, const struct stage_scan *);

#endif
