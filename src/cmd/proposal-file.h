/*
 * proposal-file: what a session proposes, read from its journal: for `show`,
 * and as the file of `exec --proposal-out` (share/proposal.schema.json), which
 * another machine reviews.
 */
#ifndef ASSENT_CMD_PROPOSAL_FILE_H
#define ASSENT_CMD_PROPOSAL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "journal/event.h"
#include "journal/fold.h"

#define PROPOSAL_VERSION 1


/* One hash of the files of `root`: with `git`, those that it tracks or would
 * add, else all. malloc'ed; NULL with *e. */
char	*tree_hash_of(const char *root, bool git, struct err *e);
/* Of a list of objects with a `path`, an array: each file's hash and mode, null
 * if there is none. The caller deletes; NULL with *e. */
cJSON	*tree_sides_of(const char *root, const cJSON *files, struct err *e);
/* Has each file of a proposal the content that it proposes? False without any. */
bool	tree_has(const char *root, const cJSON *files);

/* The line before a patch's first file that names the proposal: written by show,
 * read by decide, skipped by other readers of patches. */
#define STALE_HEAD	"# assent proposal "	/* "17.2" */
#define STALE_OF	" of session "		/* its id */

struct stale {
	int64_t	 id;		/* of the one the user saw; 0: none */
	int	 version;
	struct event *then, *now; /* its line, and the last one if that is
				   another one; or NULL */
};

/* Any line; skips all but proposals. */
void	stale_line(struct stale *, const struct event *);
/* Has it changed? Then *e says how. */
bool	stale_check(const struct stale *, struct err *e);
void	stale_release(struct stale *);

/* The file's object, of the session in the directory `dir` (NULL: of none); its
 * files and patch are empty if nothing is open. NULL with *e. */
cJSON	*proposal_file_make(const char *dir, const char *root,
	    const char *profile, struct err *e);

/* Was it made in the project at `root`, or in a copy of it? Git's commit says
 * so, or the files that it changes; without git also the folder's name, or the
 * user (`meant`), who named this root. -1 with *e. *expect (may be NULL) is for the
 * start object: the files that the patch must change, and what each must be
 * afterwards; the caller deletes. A file that has changed since the patch was made
 * may end up as anything (`any`); its name is appended to `changed`. */
int	proposal_fits(const cJSON *proposal, const char *root, bool meant,
	    cJSON **expect, struct buf *changed, struct err *e);

/* Call it when all hunks of the proposal file `name` are decided. If the
 * session that made it is on this machine and still proposes the same, update
 * that session: what its project's files already contain is no longer proposed,
 * and the rest is rejected if hunks were rejected here. */
void	proposal_settle(const cJSON *proposal, const char *name, int accepted,
	    int rejected);

#endif
