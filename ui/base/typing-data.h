/*
 * typing-data: what the screen keeps of texts that are typed.
 */
#ifndef ASSENT_UI_BASE_TYPING_DATA_H
#define ASSENT_UI_BASE_TYPING_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "front/history.h"
#include "ui/text/input.h"

enum ui_purpose { UI_SAY, UI_REJECT, UI_RETURN, UI_HIDE, UI_SEARCH, UI_COMMENT,
	UI_EXTEND,
	/* Never in the line: written in the editor; sent by a screen that is
	 * gone, and in no line of the journal yet. */
	UI_PLAN_TEXT, UI_SENT };

struct draft {
	int		 purpose;	/* enum ui_purpose */
	char		*id;		/* what it is about, or NULL */
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
	size_t		 from, to;	/* in the text: what is replaced */
	char		**items, **notes;	/* notes: beside them, or NULL */
	size_t		 len, at;
	size_t		 more;		/* that the core has not listed */
	char		*asked;		/* path: what the core was asked for */
	bool		 answered;
	bool		 chosen;	/* with the arrows */
	bool		 tab_due;	/* pick when the answer comes */
};

struct ui_say {
	struct history	 history;
	size_t		 at;		/* shown now; history.len: none */
	bool		 walking;	/* draft holds what was typed */
	struct buf	 draft;		/* text as the input has it */
	bool		 searching, missing;
	struct buf	 needle;
	char		*prompt;	/* while searching */
	bool		 quoting;	/* the next key is text */
	bool		 wording;	/* the last key put in the last word: */
	size_t		 word_of;	/* of this one of the history, */
	size_t		 word_from;	/* from there to the cursor */
	struct complete	 complete;
	unsigned	 queued;	/* said, and not yet asked of the model */
	int		 editing;	/* attachment in the editor, or -1 */
	struct input	*sent;		/* messages, oldest first, that the core */
	size_t		 pending;	/* has not told of yet: so many; */
	int64_t		 sent_after;	/* all of them after this line */
};

#endif
