/*
 * typing-data: the UI's state of the texts that the user types.
 */
#ifndef ASSENT_UI_PANES_TYPING_DATA_H
#define ASSENT_UI_PANES_TYPING_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "front/history.h"
#include "ui/text/input.h"

struct picker;

enum ui_purpose { UI_SAY, UI_REJECT, UI_RETURN, UI_HIDE, UI_SEARCH, UI_COMMENT,
	UI_EXTEND,
	/* Never in the input line: written in the editor; or sent by a UI that
	 * has ended, and not yet in the journal. */
	UI_PLAN_TEXT, UI_SENT };

struct draft {
	int		 purpose;	/* enum ui_purpose */
	char		*id;		/* the object of the text, or NULL */
	struct input	 input;
};

struct drafts {
	struct draft	*list;		/* oldest first */
	size_t		 len;
};

enum complete_kind {
	COMPLETE_NONE, COMPLETE_COMMAND, COMPLETE_ARGUMENT, COMPLETE_PATH,
};

struct complete {
	enum complete_kind kind;
	size_t		 from, to;	/* the part of the text to replace */
	bool		 bare;		/* a path without its '@', by Tab */
	struct picker	*list;		/* NULL: none is shown */
	size_t		 len;		/* its rows */
	size_t		 more;		/* files that the core has not listed */
	char		*asked;		/* path: the request sent to the core */
	bool		 answered;
	bool		 chosen;	/* chosen with the arrows */
	bool		 tab_due;	/* complete when the answer comes */
};

struct ui_say {
	struct history	 history;
	size_t		 at;		/* entry shown now; history.len: none */
	bool		 walking;	/* `draft` has the user's own text */
	struct buf	 draft;		/* that text, as the input has it */
	bool		 searching, missing;
	struct buf	 needle;
	char		*prompt;	/* while searching */
	int64_t		 told_ms;	/* when the core was told of it; 0: it
					   wasn't */
	struct complete	 complete;
	int		 told_answer;	/* > 0: the last key didn't send "y", the
					   next one may */
	int64_t		 taking;	/* line of the message that the core is
					   asked to give back; 0: none */
	size_t		 kept;		/* messages that an ended task hasn't
					   sent, until the next key */
	int		 editing;	/* attachment in the editor, or -1 */
	struct input	*sent;		/* messages, oldest first, that are
					   not */
	size_t		 pending;	/* yet in the journal: this many; */
	int64_t		 sent_after;	/* all of them after this line */
};

#endif
