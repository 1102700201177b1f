/*
 * output-data: what the screen keeps of a command's output, and of what it
 * gives to other programs.
 */
#ifndef ASSENT_UI_BASE_OUTPUT_DATA_H
#define ASSENT_UI_BASE_OUTPUT_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "front/action.h"

struct ui_whole {
	char	*text;		/* the window: bytes [from, from + len); NULL:
				   the tail is shown, from the fold */
	unsigned of;		/* the command (output_starts) */
	size_t	 len;
	int64_t	 from, size;	/* size: of all */
	int64_t	 goes_to;	/* the byte to have in sight; -1: none */
	char	*find;		/* what is searched for; NULL: nothing */
	bool	 back;
	int64_t	 at, left;	/* where the search is, bytes still to go */
};

struct ui_live {
	unsigned	 of;		/* the command (output_starts) */
	struct buf	 b;		/* its first bytes */
	int64_t		 want;		/* so many, and then */
	enum action_id	 then;		/* this key is done; or ACTION_NONE */
	bool		 asked;		/* and not answered */
	bool		 doing;
};

struct ui_look {
	char	*wanted;		/* id of the hunk whose file was asked
					   for, */
	int64_t	 asked;			/* by the key of that time */
	char	*name, *text;		/* of the file for editor or pager */
	size_t	 len;
	int	 line;			/* to begin at, from 1 */
	bool	 pager;
	char	*copy;			/* for the terminal's clipboard */
	size_t	 copy_len;
};

#endif
