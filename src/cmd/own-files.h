/*
 * own-files: files of the project that the user's own programs run or read,
 * outside the sandbox: their git, shell, and assent by its configuration; and
 * programs that protected files of the project name.
 * Changing one changes what runs next. Made when a session starts; the gate
 * protects them.
 */
#ifndef ASSENT_CMD_OWN_FILES_H
#define ASSENT_CMD_OWN_FILES_H

#include <cjson/cJSON.h>

struct config;

/* As in the start object: [{path, by}]. A path covers all below it; "." is the
 * whole project. The caller deletes. Since git's settings are read here, also its
 * diff.algorithm: malloc'ed, or NULL. */
cJSON	*own_files(const char *root, const struct config *, char **diff);

#endif
