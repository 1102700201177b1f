/*
 * stage: the session's changes, laid over the real tree. Owns the stage folder
 * (upper or copy, sandbox home, sandbox tmp) and the manifest: for every staged
 * path, the content it was copied from. It reads the real tree and writes only
 * below its own folder. The lower tree is live, mtimes never go backwards for a
 * build, and a staged file that equals the real one stays as a clean copy.
 *
 * Order: before_call, the call, after_call, scan; a decision's apply, settle
 * for each of its paths, and a scan of what remains. Nothing here may run while
 * a view is mounted.
 */
#ifndef ASSENT_GATE_STAGE_STAGE_H
#define ASSENT_GATE_STAGE_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"
#include "sandbox/sandbox.h"
#include "store/blob.h"

struct stage;

struct stage_options {
	const char		*dir;	/* the stage folder, created if
					   missing */
	const char		*root;	/* real path of the project */
	enum sandbox_view_kind	 view;
	struct blob_store	*blobs;	/* borrowed for the stage's life */
	int64_t			 max_bytes;	/* per file read; 0: 256 MB */
	int64_t			 max_scan;	/* for all changes, both sides;
						   0: 512 MB */
	size_t			 max_changes;	/* 0: 300,000 */
	/* Build products, which stay staged and are not proposed (see
	 * policy_product); NULL: nothing is ignored. */
	bool			(*is_ignored)(void *arg, const char *path,
				    bool is_dir);
	/* Is it one if a command made it and it isn't text? NULL: never. */
	bool			(*may_be_product)(void *arg, const char *path);
	/* Files that git tracks: one that is missing when a call ends existed
	 * when it began. NULL: unknown. */
	bool			(*is_tracked)(void *arg, const char *path);
	/* Freeze the answers of all three as of now (or release them). NULL:
	 * they never change. */
	void			(*hold)(void *arg, bool hold);
	void			*ignored_arg;
	/* Don't give staged files to the project's owner if we are root (see
	 * sandbox_stays_root). */
	bool			 keep_owner;
	/* Secret files (see policy_hides). A copied view leaves them out,
	 * because the sandbox can't mask files in a copy. NULL: none. */
	bool			(*is_secret)(void *arg, const char *path);
	void			*secret_arg;
};

/* For the copy view this copies the tree (a note says how much). */
struct stage *stage_open(const struct stage_options *, struct err *);
void	stage_free(struct stage *);		/* keeps the folder */
/* What the user should know about the opening (how much was copied, what was
 * left out), or NULL. Borrowed. */
const char *stage_note(const struct stage *);
/* The descriptor of the real root, held since open; borrowed. */
int	stage_root_fd(const struct stage *);
/* The folder of staged files (an overlay's upper, or the copy). */
int	stage_view_fd(const struct stage *);
/* Fill in the stage's folders in a sandbox_spec (borrowed strings). */
void	stage_fill_spec(const struct stage *, struct sandbox_spec *);

/* Before a call: a staged file whose real one has changed is merged three ways
 * (clean copies are dropped, or refreshed); appends to notes one line for each
 * file that was merged or couldn't be. An earlier call's changes are recorded
 * first, if it wasn't scanned. After a call: removes entries that must not stay
 * (.git, devices) and names them in notes. */
int	stage_before_call(struct stage *, struct buf *notes, struct err *);
/* Between before_call and a command: if the user has built since, files written
 * by a tool, a merge or a decision become newer than that; the order of files
 * that commands made doesn't change. */
void	stage_freshen(struct stage *);
int	stage_after_call(struct stage *, struct buf *notes, struct err *);
/* Staged contents were missing in the store: store again what the stage or the
 * project still has (notes get a line for each lost original). -1 with *e; scan
 * again after success. */
int	stage_restore(struct stage *, struct buf *notes, struct err *);

#define STAGE_USAGE_NAMES 3
struct stage_usage {
	int64_t		 bytes, files;	/* on the disk, including folders, but
					   without the user's own files:
					   accepted, or in a copied view */
	int64_t		 all_bytes, all_files;
	struct buf	 names;		/* the largest: "node_modules 800 MB,
					   ..." */
	struct buf	 back;		/* what the call moved, deleted or
					   changed */
};
/* What the stage uses, including its home, /tmp and caches; -1 if it can't be
 * read. Release it either way. */
int	stage_usage(struct stage *, struct stage_usage *, struct err *);
void	stage_usage_release(struct stage_usage *);
/* Remove build products, and everything in home, /tmp and caches: */
enum stage_clear {
	STAGE_CLEAR_PRODUCTS,	/* all of them */
	/* The next two are for a call that was stopped, before a scan has
	 * recorded it: restore what it moved or deleted. */
	STAGE_CLEAR_CALL,	/* those that it wrote */
	STAGE_CLEAR_MADE,	/* everything that it created or changed */
};
/* *freed is what was removed. Staged files become newer than products built
 * from them, so that they are built again. */
int	stage_clear(struct stage *, enum stage_clear,
	    struct stage_usage *freed, struct err *);

struct stage_side {
	bool		 exists;
	char		 hash[SHA256_HEX_SIZE];	/* blob in the store; a
						   symlink's target */
	unsigned	 mode;	/* 0100644 0100755 0120000 */
	int64_t		 size;
};

/* Both don't exist, or have the same content and mode. */
bool	stage_side_equal(const struct stage_side *, const struct stage_side *);

struct stage_change {
	char			*path;	/* raw bytes, relative */
	struct stage_side	 before, after;
	bool			 moved_under;	/* the real file isn't `before`
						   any more, changed during a
						   call, or can't be merged:
						   never apply without asking
						   again */
	bool			 conflict;	/* both changed it; then this is
						   the common ancestor */
	struct stage_side	 was;
	bool			 anywhere;	/* if moved_under: it is unknown
						   which lines changed */
	bool			 moved_now;	/* it happened under the last
						   call, and is new here */
	bool			 now;	/* this scan is the first to find it */
};

struct stage_named { char *path; char *why; };

struct stage_scan {
	struct stage_change	*changes;	/* sorted by path */
	size_t			 changes_len;
	struct stage_named	*refused;	/* fifo, device, .git, ... */
	size_t			 refused_len;
	char			**ignored;	/* build products, sorted; if
						   there */
	size_t			 ignored_len;	/* are very many, not all */
	size_t			 ignored_all;	/* how many there are */
	uint64_t		 ignored_mix;	/* changes, including those not
						   named */
};

int	stage_scan(struct stage *, struct stage_scan *, struct err *);
void	stage_scan_release(struct stage_scan *);
/* The change of this path, or NULL; they are sorted. */
const struct stage_change *stage_scan_find(const struct stage_scan *,
	    const char *path);
/* A hash over the scan: it differs if a staged file has a different content or
 * mode, or if a build product appeared, disappeared or was written. */
int	stage_digest(struct stage *, char hex[SHA256_HEX_SIZE], struct err *);

/*
 * After a decision: the staged `path` becomes `want` (a blob hash and mode, or
 * doesn't exist). `base` is the real file now. If both are equal the file stays
 * as a clean copy: with its mtime if `keep_mtime` (everything was accepted and
 * applied), else with a new one.
 */
int	stage_rebase_file(struct stage *, const char *path,
	    const struct stage_side *base, const struct stage_side *want,
	    bool keep_mtime, struct err *);
/* The same if the user changed the file too: `was` is the common ancestor.
 * NULL: unknown, so the whole change overwrites newer text. */
void	stage_rebase_moved(struct stage *, const char *path,
	    const struct stage_side *was);

/*
 * Apply to `ours` what `theirs` changed in `base`: 1 with *out (its mode is
 * ours, unless theirs changed it), 0 if both changed the same place (unless
 * `insist`: then theirs wins) or one side isn't text that can be merged, -1
 * with *e.
 */
int	stage_merge_sides(struct blob_store *, const char *path,
	    const struct stage_side *base, const struct stage_side *ours,
	    const struct stage_side *theirs, bool insist,
	    struct stage_side *out, struct err *);

/* The real file now, content stored in the blob store, following no links.
 * Anything but a file or link exists with its type as mode and no hash. */
int	stage_read_real(struct stage *, const char *path,
	    struct stage_side *, struct err *);

#endif
