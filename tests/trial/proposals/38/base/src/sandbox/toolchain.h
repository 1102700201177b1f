/*
 * toolchain: which parts of the home are shown read-only: the table of
 * toolchains that people install there, and the user's own list. The worker
 * uses it to show them, the core to list them and to check the user's list.
 */
#ifndef ASSENT_SANDBOX_TOOLCHAIN_H
#define ASSENT_SANDBOX_TOOLCHAIN_H

/* As realpath(3), malloc'ed; also NULL if any step of the way is in `root`, a
 * real path (NULL: there is no project). */
char	*host_path_real(const char *path, const char *root);

