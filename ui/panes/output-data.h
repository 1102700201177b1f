/*
 * output-data: the UI's state of a command's output, and of texts that it
 * passes to other programs.
 */
#ifndef ASSENT_UI_PANES_OUTPUT_DATA_H
#define ASSENT_UI_PANES_OUTPUT_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "front/bindings.h"

struct ui_whole {
	char	*text;		/* the window: bytes [from, from + len); NULL:
				   the tail is shown, from the fold */
	unsigned of;		/* the command (output_starts) */
	size_t	 len;
	int64_t	 from, size;	/* size: of the whole output */
	int64_t	 goes_to;	/* the byte to scroll to; -1: none */
	char	*find;		/* the text to search for; NULL: none */
	bool	 back;
	int64_t	 at, left;	/* position of the search, bytes still to
				   search */
	int	 failure;	/* of the rows (page_row.kind): those of this
				   kind are its failures; 0: none */
	bool	 opens;		/* the pane was opened for a failed check */
	unsigned first_of;	/* the command at whose first failure it is
				   since; 0: none */
};

struct ui_live {
	unsigned	 of;		/* the command (output_starts) */
	struct buf	 b;		/* its first bytes */
	int64_t		 want;		/* bytes to fetch before */
	enum action_id	 then;		/* this key is handled; or
					   ACTION_NONE */
	bool		 asked;		/* requested and not answered */
	bool		 doing;
};

struct ui_look {
	char	*name, *text;		/* for the pager */
	size_t	 len;
	char	*path;			/* or the user's own file */
	int	 line;			/* line to start at, from 1 */
	char	*copy;			/* for the terminal's clipboard */
	size_t	 copy_len;
};

#endif
