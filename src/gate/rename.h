/*
 * rename: which deleted and which created file of a scan are one renamed file.
 * Compares only names and contents, with a limit so that hundreds of changed
 * files take less than a second. An unpaired file just stays two changes.
 *
 * A pair is one entry of the proposal. Its first hunk is the name; the others
 * are changes of the old content, each decided for itself once the name is. If
 * the name is accepted, accepted hunks go to the new file and the old one is
 * removed; if it is rejected, they go to the old file. A change that is
 * protected under either name, or whose file changed meanwhile, stays two
 * entries.
 */
#ifndef ASSENT_GATE_RENAME_H
#define ASSENT_GATE_RENAME_H

#include <stdbool.h>
#include <stddef.h>

#include "gate/gate.h"

#define RENAME_SAME_MIN		50	/* percent, as in git */
/* With more pairs than this, compare only files with the same last name. */
#define RENAME_PAIRS_MAX	((size_t)250000)
#define RENAME_FILE_MAX		((int64_t)1 << 20)	/* a larger file isn't
						   compared */
#define RENAME_BYTES_MAX	((size_t)32 << 20)	/* bytes to compare */

struct rename_half {
	ptrdiff_t	 other;		/* index of the other half, or -1 */
	int		 same;		/* percent; 100: the same content */
};

/*
 * One entry per change of the scan; malloc'ed. Pairs equal contents first
 * (those with the same last name before others), then the most similar; ties go
 * in the order of paths. Never paired: empty files, different symbolic links,
 * protected files and those that changed under a call, and a file that must be
 * removed before something else can be created.
 */
struct rename_half *rename_find(const struct stage_scan *, struct policy *,
	    struct blob_store *);

#endif
