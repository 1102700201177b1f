/*
 * log-net: the hosts in a session's journal, one a line.
 */
#ifndef ASSENT_FRONT_LOG_NET_H
#define ASSENT_FRONT_LOG_NET_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

/* As log_print_to; with `json` the journal's lines about hosts. */
int	log_net_print(FILE *out, const char *dir, bool json, bool is_terminal,
	    unsigned sanitize_flags, struct err *e);

#endif
