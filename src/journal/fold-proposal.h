/*
 * fold-proposal: the open proposal, built from the journal's lines.
 */
#ifndef ASSENT_JOURNAL_FOLD_PROPOSAL_H
#define ASSENT_JOURNAL_FOLD_PROPOSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "journal/fold.h"

/* Shown at a hunk that overwrites newer lines, and for several such hunks. */
#define FOLD_OVERWRITES "These lines were changed on disk. " \
	"Accepting this hunk overwrites them."
#define FOLD_OVERWRITES_ALONE "this overwrites newer lines: only y accepts " \
	"it"

/* A larger file isn't looked at for lines. */
#define FOLD_FILE_MAX ((int64_t)64 << 20)

enum fold_mark { MARK_NONE, MARK_YES, MARK_NO };

struct fold_finding {			/* a fault that was reported */
	char		*by;		/* by this hook; NULL: by the model */
	char		*path;		/* as on disk */
	char		*severity;	/* "error" "warning" "note" */
	char		*message;
	int		 line;		/* in the staged file, then */
};

struct fold_comment {
	int	 line, end;	/* lines of the hunk's text, from 1; 0: all of
				   it */
	char	*text;
	char	*answer;	/* the model's, to a question; or NULL */
};

/* Is this comment a question, which is asked at once? It ends in ?, spaces
 * apart. */
bool	 fold_comment_asks(const char *text);

struct fold_words {		/* of the user, for the model */
	size_t	 reasons, comments;	/* comments: without an answer */
};

struct fold_hunk {
	char		*id;
	int		 old_start, old_lines, new_start, new_lines;
	char		*text;		/* unified diff lines, each starting
					   with ' ' '+' '-' or '\\'; raw
					   bytes */
	size_t		 text_len;
	int		 added, removed;
	enum fold_mark	 mark;		/* the draft's, or undecided */
	bool		 seen;		/* as reported by the client that marked
					   it */
	char		*function;	/* that it is in, or NULL */
	char		*reason;	/* the model's reason, or NULL */
	bool		 overwrites;	/* overwrites newer lines of the user:
					   accepted only by an answer about this
					   hunk alone */
	bool		 decided;	/* in a decision not applied yet: can't
					   be marked */
	struct fold_words words;	/* of that decision */
	char		*edit;		/* accepted as edited, with MARK_YES; or
					   NULL (see hunk_text_amend) */
	size_t		 edit_len;
	char		*word;		/* the reason for rejecting it, or
					   NULL */
	char		*client;	/* who marked it */
	struct fold_comment *comments;	/* a user's comment, not yet
					   submitted */
	size_t		 comments_len;
};

struct fold_file {
	char		*path;		/* for display: UTF-8 */
	char		*path_bytes;	/* as on disk */
	char		*from, *from_bytes;	/* "renamed": the old name,
						   which `before` refers to; or
						   NULL. The first hunk is the
						   rename itself */
	int		 similarity;	/* of the contents of a renamed file, in
					   percent */
	char		*status;	/* "added" "modified" "deleted" "mode"
					   "symlink" "type" "renamed" */
	struct fold_side before, after;
	bool		 binary;	/* one hunk, with text "" */
	char		*kind;		/* "PNG image"; "text": too large to
					   show; NULL: unknown */
	char		*protected_by;	/* rule, or NULL */
	bool		 judges;	/* affects the success check */
	bool		 changed_on_disk; /* since: some hunks overwrite newer
					   lines */
	char		*reason;	/* the model's reason for the file, or
					   NULL */
	char		*written_by;	/* "MCP server t (its tool x)"; NULL */
	char		*note;		/* a note by assent: "changed during a
					   call" */
	char		*not_small, *not_yes;	/* why that rule doesn't accept
						   it; NULL: it does, or the
						   line doesn't say */
	char		*meanwhile;	/* of a conflict: a patch of the user's
					   changes meanwhile; raw, or NULL */
	size_t		 meanwhile_len;
	struct fold_hunk *hunks;	/* at least one */
	size_t		 hunks_len;
	char		**split;	/* ids of hunks that are shown split */
	size_t		 split_len;
};

struct fold_named { char *path; char *why; };	/* path: as on disk */

struct fold_product {			/* staged, but not proposed */
	char		*path;		/* for display; a folder ends in '/' */
	char		*path_bytes;
	int64_t		 files;
	char		*why;		/* "git" "cache" "hidden"
					   "binary" */
};

struct fold_at {			/* where to find a hunk */
	struct fold_hunk *hunk;
	struct fold_file *file;
};

struct fold_proposal {
	int64_t		 id;		/* seq of its first line */
	int		 version;	/* 1, 2, ... with each new list */
	struct fold_file *files;
	size_t		 files_len;
	struct fold_at	*hunks;		/* all of them, sorted by id */
	size_t		 hunks_len;
	struct fold_file **paths;	/* files, sorted by path_bytes */
	size_t		 undecided;	/* hunks with neither mark nor
					   decision */
	struct fold_named *refused;	/* changes that can't be proposed */
	size_t		 refused_len;
	int64_t		 ignored;	/* build products, not proposed */
	struct fold_product *products;	/* the first of them, by folder */
	size_t		 product_len;
	int64_t		 undo;		/* the change that it reverses; 0:
					   none */
	bool		 undo_part;	/* and not all of that change */
	struct fold_named *left;	/* files of that change that can't be
					   undone */
	size_t		 left_len;
	bool		 final;		/* made when the model finished */
	struct fold_words words;	/* of applied decisions: not sent yet */
};

/* Find a hunk by its id, by binary search; NULL if there is none. `id` may be
 * NULL. */
const struct fold_file *fold_find_hunk(const struct fold *, const char *id,
	    const struct fold_hunk **);
/* Find a file of the open proposal by its name in bytes, by binary search; NULL
 * if there is none. */
const struct fold_file *fold_find_file(const struct fold *, const char *path);
/* "14 build products, not proposed: build/ (12), a.out, ...", if there are any,
 * with at most `names` names. */
void	fold_product_text(struct buf *, const struct fold_proposal *,
	    size_t names);
/* How many hunks have neither mark nor decision. NULL: 0. */
int	fold_undecided(const struct fold_proposal *);
int	fold_hunks(const struct fold_proposal *);
/* The reasons and comments that the model gets when no hunk is open any more:
 * those of decisions, and those of the hunks. NULL: none. */
struct fold_words fold_words(const struct fold_proposal *);
/* For a file with `binary`: why its lines aren't displayed ("binary" or "too
 * large to show") and its kind, or "". */
const char *fold_file_lacks(const struct fold_file *);
const char *fold_file_kind(const struct fold_file *);

#endif
