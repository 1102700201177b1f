/*
 * inside: the first process of a call. On A and B it is pid 1 of the cage,
 * builds the root and dies with the launcher; on D and none it is a guard that
 * gathers every orphan below it and kills them all at the end. Both run the
 * payload as their child and report how it ended.
 */
#ifndef ASSENT_CAGE_INSIDE_H
#define ASSENT_CAGE_INSIDE_H

#include "cage/ns.h"

struct inside {
	const struct request	*r;
	struct ns		*ns;	/* NULL: no namespaces */
	int			 report_fd;
	int			 out_fd;	/* for the payload */
};

_Noreturn void inside_run(struct inside *);

#endif
