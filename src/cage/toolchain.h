/*
 * toolchain: the table of toolchains that people install under their home.
 * Used by the worker to show them, and by the core to name them.
 */
#ifndef ASSENT_CAGE_TOOLCHAIN_H
#define ASSENT_CAGE_TOOLCHAIN_H

#include <stdbool.h>

/* One folder that is shown read-only, or one file in it that is masked; the
 * path is borrowed. */
typedef void toolchain_cb(void *arg, const char *path, bool is_mask);

/* For each toolchain of which an entry of `path` (a PATH) lies under `home`. */
void	toolchain_each(const char *home, const char *path, toolchain_cb *,
	    void *arg);

#endif
