/*
 * reading-order: the order in which the files of a proposal are read: first
 * those that add something (adds.h), then those with something else to look at,
 * such as protected files, then the others by path, each followed by its tests. Pure.
 */
#ifndef ASSENT_CORE_READING_ORDER_H
#define ASSENT_CORE_READING_ORDER_H

#include <stddef.h>

struct ev_proposed_file;
struct fold;

/* `plan`: its plan may not expect a file; NULL: there is none. */
void	reading_order(struct ev_proposed_file *, size_t n,
	    const struct fold *plan);

#endif
