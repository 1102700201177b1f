/*
 * stage: the session's changes, laid over the real tree.  Owns the stage folder
 * (upper or copy, sandbox home, sandbox tmp) and the manifest: for every staged
 * path
 * the content it was copied from.  It reads the real tree and writes only below
 * its own folder.  The lower tree is live, the mtimes that a build sees never go
 * backwards, and a staged file that equals the real one stays as a clean copy.
 *
 * Order: before_call, the call, after_call, scan; a decision's apply, settle for
 * each of its paths, and a scan that shows what is left.  Nothing here may run
 * while a view is mounted.
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
	const char		*dir;	/* the stage folder, made if missing */
	const char		*root;	/* real path of the project */
	enum sandbox_view_kind	 view;
	struct blob_store	*blobs;	/* borrowed for the stage's life */
	int64_t			 max_bytes;	/* of one file read; 0: 256 MB */
	int64_t			 max_scan;	/* of all changes, both sides;
						   0: 512 MB */
	size_t			 max_changes;	/* 0: 300,000 */
	/* Build products, which stay staged and are not proposed (see
	 * policy_product); NULL: nothing is ignored. */
	bool			(*is_ignored)(void *arg, const char *path,
				    bool is_dir);
	/* Is it one if a command made it, and it is no text? NULL: none is. */
	bool			(*may_be_product)(void *arg, const char *path);
	/* Files that git knows: one that is not there when a call ends was
	 * when it began. NULL: that is not known. */
	bool			(*is_tracked)(void *arg, const char *path);
	/* From here on (or not any more) all three answer as of now. NULL: they
	 * always do. */
	void			(*hold)(void *arg, bool hold);
	void			*ignored_arg;
	/* What is staged is not given to the project's owner, when we are
	 * root (see sandbox_stays_root). */
	bool			 keep_owner;
	/* Secret files (see policy_hides). A copied view is without them: no
	 * sandbox masks what lies in a copy. NULL: there are none. */
	bool			(*is_secret)(void *arg, const char *path);
	void			*secret_arg;
};

/* For the copy view this copies the tree (a note says how much). */
struct stage *stage_open(const struct stage_options *, struct err *);
void	stage_free(struct stage *);		/* keeps the folder */
/* What the person should know of the opening (how much was copied, what was
 * left out), or NULL. Borrowed. */
const char *stage_note(const struct stage *);
/* The descriptor of the real root, held since open; borrowed. */
int	stage_root_fd(const struct stage *);
/* What is staged, as files below it (an overlay's upper, or the copy). */
int	stage_view_fd(const struct stage *);
/* Fill in the stage's folders of a sandbox_spec (borrowed strings). */
void	stage_fill_spec(const struct stage *, struct sandbox_spec *);

/* Before a call: a staged file whose real one moved on is merged three ways
 * (clean copies just go, or are refreshed); one line for each file that was
 * merged, or could not be, is appended to notes. What an earlier call left
 * without a scan is recorded first. After a call: entries that may never stay
 * (.git, devices) are removed and named in notes. */
int	stage_before_call(struct stage *, struct buf *notes, struct err *);
/* Between before_call and a command: if the user has built since, what a tool,
 * a merge or a decision wrote becomes newer than that; no order that commands
 * made is changed. */
void	stage_freshen(struct stage *);
int	stage_after_call(struct stage *, struct buf *notes, struct err *);
/* Contents of what is staged were not in the store: store again what the stage
 * or the project still has (a line in notes where what a change began with is
 * lost). -1 with *e; where all went well, it is to be scanned again. */
int	stage_restore(struct stage *, struct buf *notes, struct err *);

#define STAGE_USAGE_NAMES 3
struct stage_usage {
	int64_t		 bytes, files;	/* on the disk, folders too; without
					   what is the user's own: taken, or
					   in a copied view */
	int64_t		 all_bytes, all_files;
	struct buf	 names;		/* "node_modules 800 MB, ...": the
					   largest */
	struct buf	 back;		/* what the call had moved, deleted or
					   changed */
};
/* What the stage takes, its home, /tmp and caches included; -1 if it can't be
 * read. Release it either way. */
int	stage_usage(struct stage *, struct stage_usage *, struct err *);
void	stage_usage_release(struct stage_usage *);
/* Remove build products, and what is in home, /tmp and caches: */
enum stage_clear {
	STAGE_CLEAR_PRODUCTS,	/* all of them */
	/* The next two are for a call that was stopped, before a scan has
	 * recorded it: what it moved or deleted is as it was. */
	STAGE_CLEAR_CALL,	/* those that it wrote */
	STAGE_CLEAR_MADE,	/* everything that it made or changed */
};
/* *freed is what went. What is staged becomes newer than what was built from
 * it, so that it is built again. */
int	stage_clear(struct stage *, enum stage_clear,
	    struct stage_usage *freed, struct err *);

struct stage_side {
	bool		 exists;
	char		 hash[SHA256_HEX_SIZE];	/* blob in the store; of the
						   target for a symlink */
	unsigned	 mode;	/* 0100644 0100755 0120000 */
	int64_t		 size;
};

/* Both do not exist, or the same content and mode. */
bool	stage_side_equal(const struct stage_side *, const struct stage_side *);

struct stage_change {
	char			*path;	/* raw bytes, relative */
	struct stage_side	 before, after;
	bool			 moved_under;	/* the real file is not
						   `before` any more, changed
						   during a call, or cannot be
						   merged: never to be applied
						   without asking again */
	bool			 conflict;	/* both changed it; then this
						   is what both began with */
	struct stage_side	 was;
	bool			 anywhere;	/* if moved_under: it is not
						   known which lines changed */
	bool			 moved_now;	/* it did so under the last
						   call, and is new here */
	bool			 now;	/* this scan found it so first */
};

struct stage_named { char *path; char *why; };

struct stage_scan {
	struct stage_change	*changes;	/* sorted by path */
	size_t			 changes_len;
	struct stage_named	*refused;	/* fifo, device, .git, ... */
	size_t			 refused_len;
	char			**ignored;	/* build products, sorted; of */
	size_t			 ignored_len;	/* very many not all */
	size_t			 ignored_all;	/* how many there are */
	uint64_t		 ignored_mix;	/* changes with those that are
						   not named */
};

int	stage_scan(struct stage *, struct stage_scan *, struct err *);
void	stage_scan_release(struct stage_scan *);
/* The change of this path, or NULL; they are sorted. */
const struct stage_change *stage_scan_find(const struct stage_scan *,
	    const char *path);
/* What a scan shows as one hash: another one when a staged file has another
 * content or mode, or a build product came, went, or was written. */
int	stage_digest(struct stage *, char hex[SHA256_HEX_SIZE], struct err *);

/*
 * After a decision: the staged `path` becomes `want` (a blob hash and mode, or
 * does not exist). `base` is what the real file now is. If both are equal the
 * file stays as a clean copy: with its mtime when `keep_mtime` (an apply that
 * took everything), else with a fresh one.
 */
int	stage_rebase_file(struct stage *, const char *path,
	    const struct stage_side *base, const struct stage_side *want,
	    bool keep_mtime, struct err *);
/* Then, where the user changed the file too: both sides began with `was`. With
 * NULL that is not known, and all of the change overwrites newer text. */
void	stage_rebase_moved(struct stage *, const char *path,
	    const struct stage_side *was);

/*
 * What `theirs` changed in `base`, done to `ours`: 1 with *out (its mode that of
 * ours, unless theirs changed it), 0 if both changed the same place (unless
 * `insist`: then theirs wins there) or one side is no text that can be merged,
 * -1 with *e.
 */
int	stage_merge_sides(struct blob_store *, const char *path,
	    const struct stage_side *base, const struct stage_side *ours,
	    const struct stage_side *theirs, bool insist,
	    struct stage_side *out, struct err *);

/* The real file now, content put into the blob store; following nothing. What
 * is neither file nor link exists with its type as mode and no hash. */
int	stage_read_real(struct stage *, const char *path,
	    struct stage_side *, struct err *);

#endif
