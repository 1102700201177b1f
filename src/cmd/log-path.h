/*
 * log-path: who accepted which change of a file, when, in which session,
 * proposed by which model, and the commit that it is in.
 */
#ifndef ASSENT_CMD_LOG_PATH_H
#define ASSENT_CMD_LOG_PATH_H

#include <stdio.h>

#include "base/err.h"

/* Print the applied changes of this file, relative to the project, by all of
 * its sessions: newest first. How many there are, or -1 with *e. */
int	log_path_print(FILE *, const char *root, const char *path,
	    struct err *e);

#endif
