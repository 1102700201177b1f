/*
 * select-int: shared only by select.c (applying rules to a proposal),
 * select-rules.c (parsing them) and select-patch.c (edited patches).
 */
#ifndef ASSENT_CMD_SELECT_INT_H
#define ASSENT_CMD_SELECT_INT_H

#include <stdbool.h>

#include "base/buf.h"
#include "cmd/select.h"

enum choose_what { WHAT_NUMBERS, WHAT_ALL, WHAT_NONE, WHAT_MODE,
	WHAT_RENAME };

struct choose_rule {
	enum select_kind	 kind;
	const char		*text;		/* as it was typed */
	char			*shown;		/* the same, for messages */
	char			*path;		/* NULL: of the whole patch */
	enum choose_what	 what;
	int			 hunk;		/* --split, --lines, --edit */
	int			*numbers;
	size_t			 numbers_len;
	struct buf		 edit;
};

struct select {
	struct choose_rule	*rules;
	size_t			 len;
};

/* A hunk and the decision on it. */
struct choose_hunk {
	const struct fold_file	*file;
	const struct fold_hunk	*hunk;
	const char		*word;		/* its word; or NULL */
	bool			 renames;	/* its file's new name */
	int			 number;	/* in the whole patch */
	int			 in_file;
	bool			 yes;
	bool			 over;		/* named by --overwrite */
	struct buf		 edit;
	bool			 edited;
};

/* "--accept" */
const char *select_flag(enum select_kind);
/* The number at *p, moving *p after it; 0 if there is none. */
int	select_number(const char **p);
/* Accept these hunks as they are in the edited patch. */
int	select_apply_patch(const struct choose_rule *, struct choose_hunk *,
	    size_t n, struct err *);

#endif
