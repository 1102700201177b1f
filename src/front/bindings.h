/*
 * bindings: which key does what: the defaults of action_table, replaced by the
 * user's keys.  Keys that could decide by accident are refused: a key that
 * decides is a plain character, and no key means two things in one place.  If
 * the user binds another action's default key, that action loses it.
 */
#ifndef ASSENT_FRONT_BINDINGS_H
#define ASSENT_FRONT_BINDINGS_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

struct bindings;

#define ACTION_CTX_CONFIRM	(1u << 0)	/* a second key is needed */
#define ACTION_CTX_QUIT		(1u << 1)	/* quit: detach or end? */
#define ACTION_CTX_HELP		(1u << 2)
#define ACTION_CTX_PICK		(1u << 3)	/* a list to choose from; the
						   other keys are text */
#define ACTION_CTX_INPUT	(1u << 4)	/* text is being typed */
#define ACTION_CTX_ROW		(1u << 5)	/* a row says what Enter does,
						   or Y */
#define ACTION_CTX_SEARCH	(1u << 6)	/* matches of a search are
						   marked */
#define ACTION_CTX_ASK		(1u << 7)	/* a command waits for
						   permission */
#define ACTION_CTX_NET		(1u << 8)	/* a connection waits for
						   permission */
#define ACTION_CTX_PAUSE	(1u << 9)	/* a limit was reached */
#define ACTION_CTX_SERVICE	(1u << 10)	/* the service's own */
#define ACTION_CTX_PAUSES	(ACTION_CTX_PAUSE | ACTION_CTX_SERVICE)
#define ACTION_CTX_PLAN		(1u << 11)	/* a plan waits for review */
#define ACTION_CTX_LINES	(1u << 12)	/* lines of a hunk are picked */
#define ACTION_CTX_FILES	(1u << 13)	/* the cursor is on a file of
						   the proposal */
#define ACTION_CTX_DIFF		(1u << 14)	/* a proposal is shown */
#define ACTION_CTX_CHANGES	(1u << 15)	/* the list of applied
						   changes */
#define ACTION_CTX_PANE		(1u << 16)	/* any pane */

enum action_id {
	ACTION_NONE,
	/* confirm */
	ACTION_CONFIRM,
	/* the row that says what Enter does */
	ACTION_DO, ACTION_ROW_LEAVE,
	/* quit */
	ACTION_DETACH, ACTION_END,
	/* ask */
	ACTION_ALLOW, ACTION_FORBID,
	/* a host */
	ACTION_NET_ONCE, ACTION_NET_SESSION, ACTION_NET_ALWAYS,
	ACTION_NET_REJECT,
	/* pause */
	ACTION_EXTEND, ACTION_EXTEND_BY, ACTION_WRAP, ACTION_WAIT,
	ACTION_STOP,
	/* plan */
	ACTION_PLAN_APPROVE, ACTION_PLAN_EDIT, ACTION_PLAN_RETURN, ACTION_PLAN_FRESH,
	ACTION_PLAN_NOTE,
	/* diff */
	ACTION_ACCEPT, ACTION_ACCEPT_UNREAD, ACTION_REJECT, ACTION_REST_ACCEPT,
	ACTION_REST_REJECT, ACTION_ALL_ACCEPT, ACTION_ALL_REJECT,
	ACTION_SEND, ACTION_REJECT_WORD, ACTION_HUNK_NEXT,
	ACTION_HUNK_PREV, ACTION_SPLIT, ACTION_DISCARD, ACTION_HUNK_EDIT, ACTION_LINES,
	ACTION_CHECK,
	ACTION_IGNORED, ACTION_INCLUDE,
	/* how the diff is displayed */
	ACTION_NEWS, ACTION_FILE_NEXT,
	ACTION_FILE_PREV, ACTION_DIFF_LEFT, ACTION_DIFF_RIGHT,
	ACTION_DIFF_COLUMNS, ACTION_TREE_GO,
	ACTION_CONTEXT_MORE, ACTION_CONTEXT_LESS,
	ACTION_CONTEXT_ALL,
	ACTION_LINE_COMMENT, ACTION_LOOK_FILE, ACTION_LOOK_PAGER,
	ACTION_LOOK_COPY,
	/* files */
	ACTION_FILE_OPEN,
	/* lines */
	ACTION_LINE_PICK, ACTION_LINES_ACCEPT, ACTION_LINES_LEAVE,
	/* the list of applied changes */
	ACTION_CHANGE_OPEN, ACTION_CHANGES_COMMIT,
	/* panes */
	ACTION_CHANGES, ACTION_UNDO, ACTION_REDO,
	ACTION_LINE_DOWN, ACTION_LINE_UP, ACTION_PAGE_DOWN, ACTION_PAGE_UP,
	ACTION_HALF_DOWN, ACTION_HALF_UP,
	ACTION_TOP, ACTION_BOTTOM, ACTION_PANE_NEXT, ACTION_PANE_PREV,
	ACTION_PANE_BACK,
	ACTION_PANE_PLAN, ACTION_PANE_TRANSCRIPT, ACTION_PANE_OUTPUT,
	ACTION_PANE_DIFF, ACTION_SEARCH, ACTION_SEARCH_NEXT,
	ACTION_SEARCH_PREV, ACTION_SEARCH_END,
	ACTION_ITEM_NEXT, ACTION_ITEM_PREV, ACTION_ITEM_OPEN,
	ACTION_SAID_NEXT, ACTION_SAID_PREV,
	ACTION_BACKGROUND,
	ACTION_FORK,
	ACTION_PROPOSE, ACTION_RETRY,
	ACTION_INBOX, ACTION_SESSION_NEXT,
	ACTION_TYPE, ACTION_RUN, ACTION_PALETTE, ACTION_HELP, ACTION_HELP_LEAVE,
	ACTION_QUIT, ACTION_INTERRUPT, ACTION_SUSPEND, ACTION_REDRAW,
	/* a list to choose from */
	ACTION_PICK_TAKE, ACTION_BACKGROUND_STOP, ACTION_BACKGROUND_PORT,
	ACTION_PICK_LEAVE, ACTION_PICK_NEXT,
	ACTION_PICK_PREV, ACTION_PICK_DOWN, ACTION_PICK_UP,
	ACTION_PICK_SORT,
	/* input */
	ACTION_INPUT_SEND, ACTION_INPUT_NEWLINE, ACTION_INPUT_LEAVE,
	ACTION_INPUT_LEFT, ACTION_INPUT_RIGHT, ACTION_INPUT_UP,
	ACTION_INPUT_DOWN, ACTION_INPUT_HOME, ACTION_INPUT_END,
	ACTION_INPUT_BACKSPACE, ACTION_INPUT_DELETE, ACTION_INPUT_KILL_END,
	ACTION_INPUT_KILL_START, ACTION_INPUT_KILL_WORD,
	ACTION_INPUT_KILL_WORD_NEXT, ACTION_INPUT_WORD_LEFT,
	ACTION_INPUT_WORD_RIGHT, ACTION_INPUT_YANK, ACTION_INPUT_UNDO,
	ACTION_INPUT_COMPLETE, ACTION_INPUT_HISTORY, ACTION_INPUT_EDITOR,
	ACTION_INPUT_SEND_NOW, ACTION_INPUT_IMAGE,
};

#define ACTION_DECIDES	(1u << 0)	/* accepts, rejects or answers */
#define ACTION_NEEDED	(1u << 1)	/* the context can't be left without
					   such a key */
#define ACTION_OF_PANE	(1u << 2)	/* the pane's key function handles it,
					   and it decides nothing */
#define ACTION_FRESH	(1u << 3)	/* sends something, or starts a program:
					   not in one read with other keys */
#define ACTION_SAME_ROW	(1u << 4)	/* shown in the row of the one above */
#define ACTION_OPENS	(1u << 6)	/* opens something, types, or runs a
					   program: nobody does in the middle of
					   a word */
#define ACTION_UNLISTED	(1u << 5)	/* not in the list of commands: it only
					   moves */

struct action {
	enum action_id	 id;
	const char	*name;		/* "hunk-accept" */
	const char	*keys;		/* defaults, separated by spaces; the
					   first is shown */
	unsigned	 contexts;
	unsigned	 flags;
	const char	*hint;		/* word for the status line, or NULL */
	const char	*help;		/* sentence for help and manual */
	const char	*none;		/* what is said if it can do nothing; NULL:
					   its own code says why */
	enum action_id	 instead;	/* and what helps then */
};

extern const struct action action_table[];
extern const size_t action_table_len;

/* NULL for ACTION_NONE. */
const struct action *action_find(enum action_id);
/* NULL: none has this name. */
const struct action *action_named(const char *name);
/* A short form of its sentence: the length. */
size_t	action_does(const struct action *);

/* A key is a code point or one of these, with modifiers or'ed in. */
enum {
	KEYS_UP = 0x110000, KEYS_DOWN, KEYS_LEFT, KEYS_RIGHT, KEYS_HOME,
	KEYS_END, KEYS_PAGEUP, KEYS_PAGEDOWN, KEYS_INSERT, KEYS_DELETE,
	KEYS_BACKSPACE, KEYS_ENTER, KEYS_TAB, KEYS_ESC, KEYS_F1,
	KEYS_F12 = KEYS_F1 + 11,
	/* Of a mouse; no binding names them. */
	KEYS_CLICK, KEYS_WHEEL_UP, KEYS_WHEEL_DOWN,
};
#define KEYS_ALT	(1u << 24)
#define KEYS_CTRL	(1u << 25)
#define KEYS_SHIFT	(1u << 26)

#define KEY_NAME_SIZE 24
/* "y" "C-c" "Alt-Enter" "PageDown" "Space". */
void	key_name_text(uint32_t key, char out[KEY_NAME_SIZE]);
/* The reverse, for a word of n bytes; 0 if it isn't a key. */
uint32_t key_name_parse(const char *, size_t n);

/*
 * `keys` (or NULL) is the object in the user's configuration: names of actions
 * with their keys, separated by spaces ("" removes all).  NULL with *e, which
 * begins with `from`, the file's name: an unknown action or key, a key that is
 * taken, or one that may not decide.  The caller frees.
 */
struct bindings *bindings_new(const cJSON *keys, const char *from,
	    struct err *);
void	bindings_free(struct bindings *);
AUTO_AT(bindings_free, struct bindings)
/* The action of this key, looking in the contexts from the first bit to the
 * last; NULL if it has none. */
const struct action *bindings_find(const struct bindings *, unsigned contexts,
	    uint32_t key);
/* The names of its keys, separated by spaces; valid as long as the bindings.
 * Appends where they are available, "diff lines", unless that is NULL. */
const char *bindings_of(const struct bindings *, const struct action *,
	    struct buf *places);
/* Is this one of them? */
bool	bindings_have(const struct bindings *, const struct action *,
	    uint32_t key);
/* The first of them, for hints; "" if it has none. */
const char *bindings_first(const struct bindings *, enum action_id);
/* That, or how to find it in the list of commands: ":fork". */
const char *bindings_way(const struct bindings *, enum action_id);
/* Does that key mean this action in these contexts? */
bool	bindings_first_works(const struct bindings *, enum action_id,
	    unsigned contexts);
/* The row of help that begins with the i-th action: names, keys and what they do
 * are appended. Returns how many actions it has; 0: another row has it. */
size_t	bindings_row(const struct bindings *, size_t i, struct buf *names,
	    struct buf *keys, struct buf *does);
/* A line for each row: keys, where they work, what they do, names. */
void	bindings_list(const struct bindings *, struct buf *);

#endif
