/*
 * adds-package: which packages the manifests and locks of a change newly name,
 * and what its workflows and containers newly are allowed and run. See adds.h.
 */
#ifndef ASSENT_CORE_ADDS_PACKAGE_H
#define ASSENT_CORE_ADDS_PACKAGE_H

#include <stddef.h>

struct adds_founds;
struct change_text;

/* Of all files: a manifest and its lock say the same once. */
void	adds_packages(const struct change_text *, size_t n,
	    struct adds_founds *);

#endif
