/*
 * stage: the session's changes, laid over the real tree. Owns the stage folder
 * (upper or copy, sandbox home, sandbox tmp) and the manifest: for every staged
 * path, the content it was copied from. It reads the real tree and writes only
 * below its own folder. The lower tree is live, mtimes never go backwards for a
 * build, and a staged file that equals the real one stays as a clean copy.
 *
 * Order: stage_before_call, the call, stage_after_call, the scan; after a
 * decision is applied, stage_rebase_file for each of its paths, and a scan of
 * the remaining changes. Nothing here may run while a view is mounted.
 */
#ifndef ASSENT_GATE_STAGE_H
#define ASSENT_GATE_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/pathmap.h"
#include "base/sha.h"
#include "sandbox/sandbox.h"
#include "store/blob.h"

struct manifest;
struct policy;
struct stage_view;

/*
 * Which files of the copy are ignored: they stay in it and are counted, not
 * proposed. Never a tracked file, and never one that the model wrote on purpose.
 */
enum ignored {
	IGNORED_NOT,
	IGNORED_GIT,	/* git ignores it */
	IGNORED_STAGED,	/* git will, by a .gitignore that is staged, and a
			   command made it */
	IGNORED_CACHE,	/* policy_cache_rows has its name */
};

/* "PNG image"; NULL if unknown. */
const char *filetype_name(const void *p, size_t n);

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
	/* policy_ignores. */
	enum ignored		(*ignores)(struct policy *, const char *path,
				    bool is_dir);
	/* policy_is_tracked: a tracked file that is missing when a call ends
	 * existed when the call began. */
	bool			(*is_tracked)(struct policy *, const char *);
	/* policy_hides: a copied view leaves secret files out, because the
	 * sandbox can't mask files in a copy. */
	bool			(*is_secret)(struct policy *, const char *);
	/* policy_hold: freeze the answers of the first two. */
	void			(*hold)(struct policy *, bool hold);
	struct policy		*policy;	/* their argument; borrowed */
	/* Called again and again while the tree is copied; or NULL. */
	void			(*copied)(void *arg, size_t files);
	void			*copied_arg;
	/* Don't give staged files to the project's owner if we are root (see
	 * sandbox_stays_root). */
	bool			 keep_owner;
};

/* Others read root_fd, staged_fd and note, and may lower the limits of a copy of
 * theirs. */
struct stage {
	struct blob_store *blobs;
	const struct stage_view *view;
	struct stage_options o;		/* with the defaults filled in */
	char		*dir;
	char		*root;		/* its path, where calls look for it */
	char		*staged_path, *work_path, *home_path, *tmp_path;
	int		 dir_fd;
	int		 root_fd;	/* the real root, held since open */
	int		 staged_fd;	/* the folder of staged files: an
					   overlay's upper, or the copy */
	struct stat	 root_st;
	int		 whiteout_fd;	/* an overlay's last, and when it was
					   made; -1 */
	unsigned	 whiteout_serial;
	bool		 live;		/* a command works in it now: nothing
					   there is changed (stage_look) */
	bool		 passing;	/* see stage_pass */
	char		*near;		/* the folder of its last file; NULL */
	int		 near_fd;	/* -1: it can't be opened, because of */
	int		 near_error;	/* this */
	mode_t		 mask;		/* the umask */
	struct timespec	 call_start;	/* by the file system's clock */
	struct timespec	 call_known;	/* nothing before it has a later
					   stamp */
	int64_t		 call_boot_ns;	/* the call's start, since boot */
	bool		 unscanned;	/* a call began that hasn't been
					   scanned */
	struct timespec	 product;	/* mtime of the newest ignored file */
	bool		 has_git;	/* at .git a sandbox shows something that
					   isn't the project's: the folder
					   stays, and is looked into by nobody */
	bool		 command;	/* the last call was a command */
	bool		 uncovered;	/* a product of the user's may be
					   visible again, since the last
					   command */
	struct manifest	*manifest;
	bool		 dirty;		/* it has unsaved changes */
	unsigned	 serial;
	struct pathmap	 copied;	/* by a copied view, struct
					   copy_entry */
	unsigned	 copied_serial;	/* of the walk of the real tree */
	bool		 copied_dirty;
	struct buf	 note;		/* of the opening, for the user: how
					   much was copied, what was left out;
					   or empty */
};

/* With a copied view, this copies the tree (a note says how much). */
struct stage *stage_open(const struct stage_options *, struct err *);
void	stage_free(struct stage *);		/* keeps the folder */
/* Fill in the stage's folders in a sandbox_spec (borrowed strings). */
void	stage_fill_spec(const struct stage *, struct sandbox_spec *);

/* Before a call: a staged file whose real file has changed is merged three ways
 * (clean copies are dropped, or refreshed); appends one line to notes for each
 * file that was merged or couldn't be. An earlier call's changes are recorded
 * first, if it wasn't scanned. `reads`: where the view of a call that only reads
 * is mounted read-only (overlay), nothing needs recording or removing after
 * it. */
int	stage_before_call(struct stage *, bool reads, struct buf *notes,
	    struct err *);
/* Between stage_before_call and a command: if the user has built since, files
 * written by a tool, a merge or a decision become newer than the build; the
 * order of files that commands made doesn't change. */
void	stage_freshen(struct stage *);
/* After a call that may have written: removes entries that must not stay (.git,
 * devices) and names them in notes. */
int	stage_after_call(struct stage *, struct buf *notes, struct err *);

/* A call was cut off, or not scanned: record the files it staged while the start
 * of the call is still known. */
int	stage_catch_up(struct stage *, struct err *);
struct stage_paths { char **v; size_t len; };	/* for xfree_list */
/* After such a call: undo what it changed, but for ignored files and those that
 * could not be proposed before it; of the changes that were on record when it
 * began, only if `all`. How many files, and (unless NULL) those that only the
 * call had changed; -1: what is left of its changes will be proposed. After a
 * kill it can be called again. */
int	stage_put_back(struct stage *, bool all, struct stage_paths *made,
	    struct err *);

/* Call it if staged contents are missing in the store: stores again the
 * contents that the stage or the project still has (notes get a line for each
 * lost original). -1 with *e; scan again after success. */
int	stage_restore(struct stage *, struct buf *notes, struct err *);

#define STAGE_USAGE_NAMES 3
struct stage_usage {
	int64_t		 bytes, files;	/* on disk, including folders, but
					   without the user's own files:
					   accepted, or in a copied view */
	int64_t		 all_bytes, all_files;
	struct buf	 names;		/* the largest: "node_modules 800 MB,
					   ..." */
};
enum stage_clear {
	STAGE_KEEP,
	STAGE_CLEAR,	/* remove ignored files, copies of files that are too
			   large to be proposed, and everything in home, /tmp
			   and caches */
	/* After a call that was stopped, before a scan has recorded it: in
	 * home, /tmp and caches only what it wrote, in the view all that isn't
	 * on record; what is on record is staged again. */
	STAGE_RESET,
};
/* The space that the stage uses, including its home, /tmp and caches; or that
 * of the files that were removed. Staged files become newer than products that
 * were built from them and removed, so that these are built again. -1 if it
 * can't be read. Release its names either way. */
int	stage_usage(struct stage *, enum stage_clear, struct stage_usage *,
	    struct err *);

struct stage_side {
	bool		 exists;
	char		 hash[SHA256_HEX_SIZE];	/* blob in the store; a
						   symlink's target */
	unsigned	 mode;	/* 0100644 0100755 0120000 */
	int64_t		 size;
};

bool	stage_is_missing(int error);	/* ENOENT, or a missing parent */
/* True if both don't exist, or have the same content and mode. */
bool	stage_side_equal(const struct stage_side *, const struct stage_side *);

struct stage_change {
	char			*path;	/* raw bytes, relative */
	struct stage_side	 before, after;
	bool			 changed_on_disk; /* the real file isn't
						   `before` any more,
						   changed during a call, or
						   can't be merged: never apply
						   without asking again */
	bool			 conflict;	/* both changed it; then
						   `before` is the common
						   ancestor */
	struct stage_side	 was;
	bool			 anywhere;	/* if changed_on_disk: which
						   lines changed is unknown */
	bool			 changed_now;	/* changed on disk during the
						   last call, and new here */
	bool			 now;	/* this scan is the first to find it */
	mode_t			 is;		/* st_mode of the real file; 0:
						   there is none */
	bool			 linked;	/* it has other names */
};

struct stage_named { char *path; char *why; };

struct stage_scan {
	struct stage_change	*changes;	/* sorted by path */
	size_t			 changes_len;
	struct stage_named	*refused;	/* fifo, device, .git, ... */
	size_t			 refused_len;
	char			**ignored;	/* sorted; if there are very
						   many, not all */
	size_t			 ignored_len;
	size_t			 ignored_all;	/* how many there are */
	uint64_t		 ignored_mix;	/* differs if one is written */
	size_t			 counted;	/* changes, about */
};

int	stage_scan(struct stage *, struct stage_scan *, struct err *);
/* The same while a command works in the stage: what it is just writing may be half
 * of it. Nothing there is changed, and nothing recorded: the scan after the call
 * finds all of it. `counts`: nothing is read, and only `counted` is set. */
int	stage_look(struct stage *, struct stage_scan *, bool counts,
	    struct err *);
/* Give this copy the ignored files of another one (which this scan
 * found) that it lacks, or has an older version of. None gets a later time than
 * `latest` (NULL: any): they were made from files as they were then. */
int	stage_take_ignored(struct stage *, const struct stage *from,
	    const struct stage_scan *, const struct timespec *latest,
	    struct err *);
/* How many bytes this view has copied of the real tree, and *files; with an
 * overlay none. */
int64_t	stage_copied(struct stage *, size_t *files);
/* In a pass over files of the project, one folder after the other, each folder is
 * opened once. */
void	stage_pass(struct stage *, bool begins);
/* In a pass: is the project's file a mount point, which can't be replaced? Sets
 * the second; st_mode 0: there is nothing. */
bool	stage_real_is_mount(struct stage *, const char *path, struct stat *);
/* Set what a change says of the real file. */
void	stage_change_real(struct stage_change *, const struct stat *);
/* Mode bits of a file that gets the executable bit of `mode`. */
mode_t	stage_mode(mode_t old, unsigned mode);
void	stage_scan_release(struct stage_scan *);
/* Stage this change, with the question that it needs before it may overwrite. */
int	stage_take_change(struct stage *, const struct stage_change *,
	    struct err *);
/* The stage has these changes: it gets those of `want`, or, unless `all`, only
 * loses those that `want` lacks. How many files; -1: not all of them. */
int	stage_level(struct stage *, const struct stage_scan *has,
	    const struct stage_scan *want, bool all, struct err *);
/* The change of this path, or NULL; they are sorted. */
const struct stage_change *stage_scan_find(const struct stage_scan *,
	    const char *path);
/* A hash over the scan: it changes if a staged file gets a different content or
 * mode, or, with `ignored`, if an ignored file appears, disappears or is
 * written. */
int	stage_digest(struct stage *, bool ignored, char hex[SHA256_HEX_SIZE]);

/* Bits of 077 that its maker left out of the file or folder, staged or real, though
 * the umask allows them: such as of a key. */
unsigned stage_hidden_bits(struct stage *, const char *path, bool real);
/* When the staged file was written; left as it is if that is unknown. */
void	stage_staged_time(struct stage *, const char *path,
	    struct timespec *);
/*
 * After a decision: the staged `path` becomes `want` (a blob hash and mode, or
 * doesn't exist). `base` is the real file now. If both are equal the file stays
 * as a clean copy: with its mtime if `keep_mtime` (everything was accepted and
 * applied), otherwise with a new one.
 */
int	stage_rebase_file(struct stage *, const char *path,
	    const struct stage_side *base, const struct stage_side *want,
	    bool keep_mtime, struct err *);
/* What the copy has at the path by what is on record; false: no change. */
bool	stage_staged(const struct stage *, const char *path,
	    struct stage_side *);
/* A staged file below this path, where the copy has a folder; or NULL. Borrowed. */
const char *stage_below(const struct stage *, const char *path);
/* After a decision, if the user changed the file too: `was` is the common
 * ancestor. NULL: unknown, so the whole change overwrites newer text. */
void	stage_rebase_changed(struct stage *, const char *path,
	    const struct stage_side *was);

/*
 * Three-way merge: apply to `ours` the changes from `base` to `theirs`. 1:
 * merged into *out (with the mode of `ours`, unless `theirs` changed it); 0:
 * conflict (both changed the same lines, unless `insist`: then `theirs` wins),
 * or one side isn't text that can be merged; -1: error in *e.
 */
int	stage_merge_sides(struct blob_store *, const char *path,
	    const struct stage_side *base, const struct stage_side *ours,
	    const struct stage_side *theirs, bool insist,
	    struct stage_side *out, struct err *);

/* Read the real file, storing its content in the blob store and following no
 * links. Anything but a file or link exists with its type as mode and no
 * hash. `looked`: what stage_real_is_mount has just set, so that a file on record
 * isn't opened; or NULL. */
int	stage_read_real(struct stage *, const char *path,
	    const struct stat *looked, struct stage_side *, struct err *);

#endif
