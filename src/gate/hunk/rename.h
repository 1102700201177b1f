/*
 * rename: which deleted and which created file of a scan are one file with
 * another name.  Only names and contents are compared, and only so much of them
 * that hundreds of changed files take no second.  Whoever is not paired stays
 * two changes, which is never wrong.
 */
#ifndef ASSENT_GATE_HUNK_RENAME_H
#define ASSENT_GATE_HUNK_RENAME_H

#include <stdbool.h>
#include <stddef.h>

#include "gate/gate.h"

#define RENAME_SAME_MIN		50	/* percent, as git has it */
/* More pairs than this: only files with the same last name are compared. */
#define RENAME_PAIRS_MAX	((size_t)250000)
#define RENAME_BYTES_MAX	((size_t)32 << 20)	/* that are looked at */

struct rename_half {
	ptrdiff_t	 other;		/* index of the other half, or -1 */
	int		 same;		/* percent; 100: the same content */
};

/*
 * One for each change of the scan; malloc'ed. Equal contents come first (those
 * with the same last name before others), then the most alike; what is as good
 * is taken in the order of paths. Never paired: empty files, different symbolic
 * links, what is protected or has moved under a call, and one that must go
 * before something else can come.
 */
struct rename_half *rename_find(const struct stage_scan *, struct policy *,
	    struct blob_store *);

/* Has the name a character that is drawn over the one before it? Then there may
 * be another that looks the same (composed, in Unicode's words). */
bool	rename_combines(const char *path);

#endif
