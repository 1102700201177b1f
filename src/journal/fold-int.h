/* fold-int: shared by the files of fold. */
#ifndef ASSENT_JOURNAL_FOLD_INT_H
#define ASSENT_JOURNAL_FOLD_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal/event.h"
#include "journal/file-lines.h"
#include "journal/fold.h"

/* Folds one line. `f->seq` is already its seq. */
typedef void fold_fn(struct fold *, const struct event *);

/* A part of the state. */
struct fold_part {
	fold_fn	*on[EVENT_TYPES_LEN];	/* by a line's type; NULL: ignored */
	void	(*release)(struct fold *);
};

extern const struct fold_part fold_asks, fold_changes, fold_ends, fold_notes,
	fold_opens, fold_plans, fold_proofs, fold_proposals, fold_tools;

struct fold_decided_file {
	char		*path, *from;	/* as on disk; from: the old name of a
					   renamed file, or NULL */
	struct file_hunk *hunks;	/* the accepted ones; their texts are
					   its own */
	size_t		 hunks_len;
	bool		 unknown;	/* one of them isn't */
};

/* A decision not applied yet: it has facts that the change's own lines lack. */
struct fold_decided {
	int64_t		 seq;
	char		*who;
	int		 rejected, edited;	/* hunks */
	bool		 whole;		/* the whole proposal, unchanged */
	bool		 check_running;
	bool		 discard;	/* its hunk goes out of the file */
	struct fold_decided_file *files;
	size_t		 files_len;
};

/* A number as int, clamped to its range. */
int	fold_int(int64_t);
/* Copies of these texts, for xfree_list; NULL: there are none. */
char	**fold_strings(const char *const *, size_t n);
/* Replace the text, unless the new one is NULL. */
void	fold_set(char **to, const char *text);
/* "user", "client:tty" and "rule:small" as "you", "tty" and "rule small", a
 * decision made in an editor as "editor NAME". malloc'ed. */
char	*fold_who(const char *by, const char *client);
/* Note what the proposal's line says of the file, which has its hunks. */
void	fold_notes_read(struct fold_file *, const struct ev_proposed_file *);
void	fold_notes_release(struct fold_file *);
/* "no test notices `<=` here", or that the check passes without a hunk. */
void	fold_unnoticed_text(struct buf *, const struct ev_unnoticed *);
/* What a proof says of each file that it names; NULL: nothing. *warns: it speaks
 * against the change. */
const char *fold_proof_of_files(const struct fold *, enum fold_proof_which,
	    bool *warns);
/* Append an item. Texts are copied and may be NULL. The item is valid until the
 * next one is added. If it has no title, plain lines put "note: " before the
 * text, and the log puts the text on the next line. */
struct fold_item *fold_item_add(struct fold *, enum fold_item_kind,
	    const char *title, const char *text);
/* It isn't shown any more. */
void	fold_item_hide(struct fold_item *);
struct fold_side fold_side(const struct ev_side *);
/* The hunk with this id; NULL if there is none, or no proposal. */
struct fold_at *fold_proposal_find(const struct fold_proposal *,
	    const char *id);

#endif
