/*
 * action: all that a key can do, in one table: it dispatches, draws the help
 * and the live keys, and is printed for the manual.  An action that decides
 * can only be bound to a plain character, so that no escape sequence reaches
 * it.
 */
#ifndef ASSENT_UI_ACTION_H
#define ASSENT_UI_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define ACTION_CTX_CONFIRM	(1u << 0)	/* a second key is wanted */
#define ACTION_CTX_QUIT		(1u << 1)	/* detach or end? */
#define ACTION_CTX_HELP		(1u << 2)
#define ACTION_CTX_INPUT	(1u << 3)	/* text is typed */
#define ACTION_CTX_ASK		(1u << 4)	/* a command waits */
#define ACTION_CTX_PAUSE	(1u << 5)	/* a limit was reached */
#define ACTION_CTX_PLAN		(1u << 6)	/* a plan waits */
#define ACTION_CTX_DIFF		(1u << 7)	/* a proposal is shown */
#define ACTION_CTX_PANE		(1u << 8)	/* any pane */

enum action_id {
	ACTION_NONE,
	/* confirm */
	ACTION_CONFIRM,
	/* quit */
	ACTION_DETACH, ACTION_END, ACTION_STAY,
	/* ask */
	ACTION_ALLOW, ACTION_FORBID,
	/* pause */
	ACTION_EXTEND, ACTION_WRAP, ACTION_STOP,
	/* plan */
	ACTION_PLAN_APPROVE, ACTION_PLAN_EDIT, ACTION_PLAN_RETURN,
	/* diff */
	ACTION_YES, ACTION_NO, ACTION_REST_YES, ACTION_REST_NO, ACTION_ALL_YES,
	ACTION_TAKE_BACK, ACTION_SEND, ACTION_REFUSE_WORD, ACTION_HUNK_NEXT,
	ACTION_HUNK_PREV,
	/* panes */
	ACTION_LINE_DOWN, ACTION_LINE_UP, ACTION_PAGE_DOWN, ACTION_PAGE_UP,
	ACTION_TOP, ACTION_BOTTOM, ACTION_PANE_NEXT, ACTION_PANE_PREV,
	ACTION_PANE_PLAN, ACTION_PANE_TRANSCRIPT, ACTION_PANE_OUTPUT,
	ACTION_PANE_DIFF, ACTION_ZOOM, ACTION_TYPE, ACTION_HELP, ACTION_QUIT,
	ACTION_INTERRUPT, ACTION_SUSPEND, ACTION_REDRAW,
	/* input */
	ACTION_INPUT_SEND, ACTION_INPUT_NEWLINE, ACTION_INPUT_LEAVE,
	ACTION_INPUT_LEFT, ACTION_INPUT_RIGHT, ACTION_INPUT_UP,
	ACTION_INPUT_DOWN, ACTION_INPUT_HOME, ACTION_INPUT_END,
	ACTION_INPUT_BACKSPACE, ACTION_INPUT_DELETE, ACTION_INPUT_KILL_END,
	ACTION_INPUT_KILL_START, ACTION_INPUT_KILL_WORD,
};

#define ACTION_DECIDES	(1u << 0)	/* says yes or no to something */

struct action {
	enum action_id	 id;
	const char	*name;		/* "hunk-yes" */
	const char	*keys;		/* defaults, apart by blanks; the first
					   is shown */
	unsigned	 contexts;
	unsigned	 flags;
	const char	*hint;		/* word for the status line, or NULL */
	const char	*help;		/* sentence for help and manual */
};

extern const struct action action_table[];
extern const size_t action_table_len;

/* The action of this key, looking in the contexts from the first bit to the
 * last; NULL if it has none. */
const struct action *action_find(unsigned contexts, uint32_t key);
/* The first default key of an action in words. */
void	action_key(const struct action *, char *out, size_t size);
/* "hunk-yes\ty\tdiff\ttake this hunk\n" for each action: for the manual. */
void	action_list(struct buf *);

#endif
