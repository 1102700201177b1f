/*
 * gate: the only code that writes to the project. scan -> proposal (event) ->
 * decision -> re-check -> apply.
 */
#ifndef ASSENT_GATE_GATE_H
#define ASSENT_GATE_GATE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/pathmap.h"
#include "gate/hunk.h"
#include "gate/stage.h"
#include "store/blob.h"

struct apply_tx;
struct ev_proposed_file;
struct ev_side;
struct event;
struct fold;
struct glob_list;
struct ignore;

struct policy_options {
	const char		*root;
	const char *const	*protected_globs;	/* set by the user,
							   NULL-terminated */
	const char *const	*allow_globs;	/* --allow-protected */
	const char *const	*secret_globs;
	const char *const	*lift_globs;
	const char *const	*machine_protected;	/* not allowed by those */
	const char *const	*machine_secret;	/* not lifted by those */
	const cJSON		*own_files;	/* as in the start object */
};
struct policy_path {	/* in a pathmap */
	char		*path;
};

/* Others read root, head, secrets and gits, add to included and written, set
 * staged, and report cut_note. */
struct policy {
	int		 root;		/* the descriptor */
	const char	*head;		/* the repository's HEAD commit when
					   this was made, as hex; NULL: none, or
					   it couldn't be read */
	bool		 held;		/* see policy_hold */
	char		*root_path;	/* real; NULL: unknown */
	struct ignore	*ignore;
	struct ignore	*ignore_staged;	/* by files in `staged` */
	struct policy_globs *globs;
	struct glob_list *included;	/* proposed although ignored */
	struct pathmap	 written;	/* by the model's own tools, struct
					   policy_path: always proposed */
	int		 staged;	/* folder of staged files, in which
					   build files count too; borrowed; -1:
					   none */
	struct policy_own *own;		/* run or read by the user's programs */
	size_t		 own_len;
	struct glob_list *user_protected;
	struct glob_list *allow;	/* protected, but allowed */
	struct glob_list *secret;
	struct glob_list *user_secret;
	struct glob_list *lift;		/* the user says: not secret */
	struct glob_list *machine_protected, *machine_secret;
	struct glob_list *test, *source, *foreign;
	char		**secrets;	/* of the last policy_secrets, NULL-
					   terminated; NULL before that */
	size_t		 secrets_len;
	char		**linked;	/* of those: behind a link; known once all
					   names are */
	size_t		 linked_len;
	char		**gits;		/* each `.git` below the root's own,
					   NULL-terminated */
	size_t		 gits_len;
	struct policy_dir *top;		/* of what is searched; NULL: nothing yet */
	struct policy_dir **dirs;	/* the same in the order of the search */
	size_t		 dirs_len;
	size_t		 dirs_next;	/* whose names come next */
	DIR		*reading;	/* that one, or NULL */
	size_t		 entries;	/* names read */
	bool		 searching;	/* a search isn't at its end */
	bool		 changed;	/* it found something else than the last */
	bool		 rules_changed;	/* nothing of the last counts */
	size_t		 cut;		/* folders not searched: hidden */
	struct buf	 cut_names;
	struct policy_look *looks;	/* by hash; size is a power of two */
	size_t		 looks_len, looks_cap;
	size_t		 watched;	/* files that may become a key */
	size_t		 unlooked;	/* of them: not looked at yet */
	struct policy_at {
		size_t	 dir, at;
	}		 look, again;	/* the next of those, and of the others */
	struct buf	 cut_note;	/* which folders weren't searched; who
					   reports it clears it */
	bool		 cut_noted;
};

struct policy *policy_new(const struct policy_options *, struct err *);
void	policy_free(struct policy *);
/* The name of the rule that protects the path ("hooks and git configuration"),
 * or NULL. Ignores allow_globs. */
const char *policy_protected(struct policy *, const char *path,
	    const struct stage_side *before, const struct stage_side *after,
	    const char *link_target);
/* Does the user allow `approve: yes` to accept it although it is protected? */
bool	policy_allows(const struct policy *, const char *path);
/* Does the user say that it isn't secret? */
bool	policy_lifts(const struct policy *, const char *path);
/* Is the file secret: by its name (in the form `plain` too, or NULL), or by a
 * token or key in it? The second: by its name alone. */
bool	policy_is_secret(struct policy *, const char *path, const char *plain);
bool	policy_is_named(const struct policy *, const char *path);
/* Is it a secret file of the project itself? Secret files of dependencies, such
 * as keys for their own tests, don't count. policy_secrets lists exactly
 * these. */
bool	policy_hides(struct policy *, const char *path);
/* All secret files of the tree, relative, NULL-terminated; malloc'ed, freed
 * by policy_free. The search is limited and doesn't enter .git or ignored
 * folders. What changed since the last time is searched again. */
const char *const *policy_secrets(struct policy *);
/* The first search for them, or as much as `n` names and files of it: true once
 * it is at its end. */
bool	policy_search(struct policy *, size_t n);
/* Were all of the tree's files looked at? Else the thousands that were. */
bool	policy_is_whole(const struct policy *);
size_t	policy_searched(const struct policy *);
/* Whatever has changed in other folders since the last policy_secrets: is this a
 * file that git tracks, with no link on the way to it, and not a secret one? */
bool	policy_is_clear(struct policy *, const char *path);
/* By the real tree's ignore rules; tracked files are never ignored. */
bool	policy_is_tracked(struct policy *, const char *path);
/* Tracked, but outside the sparse checkout. */
bool	policy_is_sparse(struct policy *, const char *path);
/* Why a staged change of this path isn't proposed (see stage.h). */
enum ignored policy_ignores(struct policy *, const char *path, bool is_dir);
/* Append the rule of a staged .gitignore that makes this file IGNORED_STAGED, as
 * "tests/.gitignore: *.log"; the length of the folder that it is about, 0: the
 * file. */
size_t	policy_staged_rule(struct policy *, const char *path, struct buf *);
/* Append the pattern that matches this path and everything below it, and
 * nothing else. */
void	policy_path_glob(struct buf *, const char *path);
/* Freeze ignore rules and the list of tracked files until released. */
void	policy_hold(struct policy *, bool hold);
bool	policy_is_test(struct policy *, const char *path);
/* Why it is no source or document among others of the project's; NULL: it is. Of
 * its kind git tracks files in its folder that are no programs; a `new` one is
 * neither in the top folder nor beside a build file, where tools look for names. */
const char *policy_not_own(struct policy *, const char *path, bool new);
/* What reads or runs it later, such as "make" or "npm install"; or NULL. */
const char *policy_runs_at(struct policy *, const char *path);

/* What reads a file. The last two read bytes, whatever is declared. */
enum policy_reader {
	POLICY_READER_UNKNOWN,
	POLICY_READER_OTHER,	/* a program of another system, or one that
				   knows UTF-16 */
	POLICY_READER_SCRIPT,	/* an interpreter */
	POLICY_READER_SHELL,	/* a shell, make, or what gives them commands */
};
/* By its name. */
enum policy_reader policy_reader(struct policy *, const char *path);
/* The failure, if any (of git's own ignore rules), as a message for the user;
 * NULL if there was none. Valid until the next call. */
const char *policy_note(struct policy *);

/*
 * What git ignores, without a policy. The user's repository is only read.
 */
struct ignore *ignore_new(const char *root, struct err *);
void	ignore_free(struct ignore *);
/* Tracked files are never ignored. */
bool	ignore_match(struct ignore *, const char *path, bool is_dir);
/* Freeze the rules and the index as they are now; or (false) read them on each
 * request again. */
void	ignore_hold(struct ignore *, bool hold);
/* Append git's index as the sandbox shows it, with these files
 * (NULL-terminated) hidden. Returns the index's path, malloc'ed; NULL if none
 * of them is tracked, or the buffer is too small. */
char	*ignore_index_hide(struct ignore *, const char *const *paths,
	    struct buf *);

/* Does the command (NULL: none) name this file, or read it to know what to
 * do? */
bool	test_input_names(const char *command, const char *path);

struct test_change {
	enum {
		TEST_CODE,
		TEST_TEST,	/* a test file */
		TEST_BOTH,	/* tests change that are in one file with code */
		TEST_CHECK,	/* the check reads it to know what to
				   run, and that may change */
	}	 role;
	bool	 existed;	/* what is tested, or how, existed before it */
};
/* What this change is to the tests; `check`: the check, or NULL. */
struct test_change test_change(struct policy *, struct blob_store *,
	    const char *check, const struct stage_change *);

/* If one proposal has more text than this (as JSON), the remaining files are
 * shown as whole changes, with a note. The complete line must stay below
 * JSON_MAX_BYTES. */
#define PROPOSAL_TEXT_MAX ((size_t)32 << 20)

/* Make the event a proposal with `files`, `refused`, `ignored`, `ignored_some`
 * and `products` of this scan; it owns them. `declared` is of the real tree, or
 * NULL; `reasons` maps a path to the model's reasons (object of arrays, see
 * proposal.c; may be NULL); hunks that the `open` proposal (NULL: none) shows
 * split stay so; `check` is the check, or NULL. */
int	proposal_make(struct event *, const struct stage_scan *,
	    struct policy *, struct blob_store *, enum hunk_diff,
	    struct encodings *declared, const cJSON *reasons,
	    const struct fold *open, const char *check, struct err *);
/* Recompute the hunks of one of its files, after a change of its `split`. What
 * is new belongs to the event. */
int	proposal_resplit(struct event *, struct ev_proposed_file *,
	    struct blob_store *, const struct stage_change *, enum hunk_diff,
	    const cJSON *reasons, struct err *);
/* A side in an event; NULL: there is no file. */
void	gate_side(struct stage_side *, const struct ev_side *);

/* How a change is cut into hunks: by which diff, ids of the hunks that the user
 * split, and what is declared about encodings, or the one that was found. */
struct gate_split {
	const char *const	*ids;
	size_t			 len;
	enum hunk_diff		 diff;
	struct encodings	*declared;	/* NULL: see encoding */
	struct policy		*policy;	/* with declared: what reads the
						   file; or NULL */
	const char		*encoding;	/* NULL, or no name: none */
};

/* Cut a change into hunks: the same two sides, diff, splits and encoding (NULL:
 * Myers and none) always give the same hunks. Contents above HUNK_MAX_BYTES are
 * not loaded. `before_text` (may be NULL) gets what the hunks' offsets are of:
 * the content of `before`, converted if the list has an encoding; empty if
 * there is none or it wasn't loaded. */
int	gate_hunks(struct hunk_list *, struct blob_store *, const char *path,
	    const struct stage_side *before, const struct stage_side *after,
	    const struct gate_split *, struct buf *before_text,
	    struct err *);
/* Append the content of this hash (NULL: there is none), converted from this
 * encoding (NULL or an empty name: none) if it can be. */
int	gate_text(struct blob_store *, const char *hash, const char *encoding,
	    struct buf *, struct err *);
/* Append the change in git's patch format (see patch.h). `most`: with git's names
 * of both contents and, of a file that isn't shown as lines, the contents, if
 * neither has more than so many bytes; 1 if that is why they are missing. 0:
 * without both. e->sys is EFBIG if it doesn't fit. */
int	gate_patch(struct buf *out, struct blob_store *, const char *path,
	    const struct stage_side *before, const struct stage_side *after,
	    const struct gate_split *, size_t most, struct err *);

/*
 * Which hunks of a change of `before` overwrite changes from `was` to `before`:
 * overwrites[] has one entry per hunk. If this is unknown, or one of the two
 * doesn't exist, all hunks do.
 */
int	gate_overwrites(struct blob_store *, const char *path,
	    const struct stage_side *was, const struct stage_side *before,
	    const struct hunk_list *, bool *overwrites, struct err *);

struct gate_edit {
	const char	*id;		/* of the hunk that the text replaces */
	const char	*text;		/* see hunk_amend */
	size_t		 len;
};
struct gate_choice {
	const char	*path;
	struct stage_side before, after;	/* as displayed */
	struct gate_split split;	/* as displayed */
	const char *const *yes;		/* hunk ids */
	size_t		 yes_len;
	const char *const *no;
	size_t		 no_len;
	const struct gate_edit *edits;	/* accepted as edited */
	size_t		 edits_len;
};
/*
 * Compute from the open proposal's file (as folded) and the accepted ids the
 * content to write (`write`), and the content that must be staged afterwards
 * (`rest`): real + accepted (as edited) + open hunks. An id that isn't a hunk
 * of this change, or is in two lists, is an error, and so is an edit that
 * doesn't fit: the whole choice is dropped then. New contents go into the
 * store.
 */
int	gate_compose(struct blob_store *, const struct gate_choice *,
	    struct stage_side *write, struct stage_side *rest, struct err *);

/*
 * Compute the content that the file `now` (from stage_read_real) gets when the
 * change is undone and later changes stay. A folder where the change deleted a
 * file counts as nothing, also in *now. -1 with the reason for leaving the file
 * alone; the errno EALREADY says that none is needed. Where the same lines were
 * edited since, hunks are left out, and part (NULL: the file is) says which.
 */
int	gate_reverse(struct blob_store *, const char *path,
	    const struct stage_side *before, const struct stage_side *after,
	    struct stage_side *now, struct stage_side *want, struct buf *part,
	    struct err *);
/* Can the undo write `path`? If a folder is in its place now, or a file in the
 * place of one of its folders, the undo must remove all of that, too; goes()
 * says which paths it removes. */
bool	gate_reverse_fits(int root_fd, const char *path,
	    const struct stage_side *now,
	    bool (*goes)(void *arg, const char *path), void *arg);

/* The hash and mode of the file at a path of the tree, without following links
 * or storing anything. Anything but a file or link has its type as mode and no
 * hash. 1 without reading a file of more than `most` bytes, -1 with errno. */
int	gate_look(int root_fd, const char *path, int64_t most,
	    struct stage_side *now);

struct apply_op {
	char			*path;
	struct stage_side	 before, after;	/* after: the content to write;
						   sizes are ignored */
	/* The other half of a rename, in the same array; or NULL. If one is
	 * marked as changed on disk, so is the other, and the old name is
	 * removed once the new one exists. */
	struct apply_op		*pair;
	/* When the staged file was written, if it is written unchanged: the
	 * files of one apply keep that order, and all others are newer. */
	struct timespec		 staged;
	/* Bits of 077, by path, that a new file or folder doesn't get, though
	 * the umask allows them; or NULL. */
	const struct pathmap	*hidden;
	int			 error;		/* errno, 0 for success */
	bool			 changed_on_disk;	/* the real file isn't
							   `before` */
	bool			 done;
	char			*text;		/* error message, or a warning
						   if done */
};
/*
 * Re-check every `before`, write and fsync all temporary files. Nothing is
 * visible yet. An op whose file is no longer `before` is marked as changed on
 * disk and left out of the transaction. Any other failure (no space, no
 * permission, a path outside) fails the whole transaction: NULL, the message in
 * *e and at its op, no temporary file left, no op marked as changed or done
 * because of it. undo_dir (absolute, private, exists) keeps displaced files;
 * NULL: only the blob store keeps them.
 */
struct apply_tx *apply_prepare(int root_fd, const char *undo_dir,
	    struct blob_store *, struct apply_op *ops, size_t n, struct err *);
/* Exchange each file, verify that the displaced file is the one that was
 * displayed, fsync folders. The caller has journaled apply_begin (with the ops
 * that aren't changed on disk). Every op ends as done, as changed or with an
 * error. Frees the tx. */
void	apply_commit_free(struct apply_tx *);
/*
 * After a crash between apply_begin and applied: the state of each file, by
 * hash. Only reads.
 */
struct apply_stand {
	size_t			 written;	/* files with the new content */
	size_t			 open;		/* files with the old content */
	size_t			 other;		/* files with any other
						   content */
};
void	apply_look_all(int root_fd, struct apply_op *ops, size_t n,
	    struct apply_stand *);
/* How to recover: write the rest, undo the written files, leave everything as it
 * is, or don't even look at the ops. */
enum apply_recovery { APPLY_FINISH, APPLY_UNDO, APPLY_LEAVE, APPLY_SWEEP };
/* After a crash. Each op ends as done (its file has the new content) or not.
 * Before that leftover temporary files are removed, or moved back if they
 * contain a version that the user saved; returns how many. */
size_t	apply_recover(int root_fd, const char *undo_dir, struct blob_store *,
	    struct apply_op *ops, size_t n, enum apply_recovery);
/* Does this file system replace a file atomically, or is its name missing for a
 * moment? If the kind of file system doesn't tell, test it in a folder of ours
 * on the same file system; never in the tree, where a program that watches it
 * would notice. */
enum apply_atomic { ATOMIC_NOT_ASKED, ATOMIC_YES, ATOMIC_NO, ATOMIC_UNKNOWN };
enum apply_atomic apply_atomic(int root_fd, const char *own_dir);
/* Release path and text of each. */
void	apply_ops_release(struct apply_op *, size_t n);
/* Is the name that of a temporary file of an apply, of any session? */
bool	gate_is_temp(const char *name);
/* May the gate write to this path below the root? It must be relative, without
 * empty components, "." and "..", and without ".git" in any spelling. */
int	apply_path_check(const char *path, struct err *);

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
 * entries; in the first case no rule accepts either of them.
 */

#define RENAME_SAME_MIN		50	/* percent, as in git */
/* If there are more pairs than this, only files with the same last name are
 * compared. */
#define RENAME_PAIRS_MAX	((size_t)250000)
#define RENAME_FILE_MAX		((int64_t)1 << 20)	/* a larger file isn't
						   compared */
#define RENAME_BYTES_MAX	((size_t)32 << 20)	/* bytes to compare */

struct rename_half {
	ptrdiff_t	 other;		/* index of the other half, or -1 */
	bool		 held;		/* that one is protected: both wait */
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
