/*
 * spawn: a program of ours as a child that gets three descriptors and nothing
 * else: no arguments, no environment, no other descriptor.
 */
#ifndef ASSENT_BASE_SPAWN_H
#define ASSENT_BASE_SPAWN_H

#include <sys/types.h>

/* The descriptors become its standard input, output and error; the caller keeps
 * them, and none is below 3 but where it stays. -1 with errno; a program that
 * can't be run exits with 127. */
pid_t	spawn_bare(const char *path, const char *name, int in, int out,
	    int err);

#endif
