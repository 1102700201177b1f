/*
 * input: the text being typed, of several lines. Any bytes can be pasted; line
 * ends become newlines. A large paste is stored beside the text, which has one
 * character for it (an attachment), displayed as a label. The cursor is never
 * within a grapheme. No key costs more than finding the ends of its line.
 */
#ifndef ASSENT_UI_TEXT_INPUT_H
#define ASSENT_UI_TEXT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "front/bindings.h"
#include "ui/term/screen.h"

#define INPUT_MAX ((size_t)8 << 20)	/* with all attachments */
#define INPUT_PASTE_BYTES ((size_t)64 << 10)	/* a larger paste becomes an
						   attachment */

/* An attachment in the text: this byte, then its number as 0x80 to 0xbf. Not
 * part of UTF-8; if pasted, it becomes U+FFFD. */
#define INPUT_ATOM '\xff'

struct input_attach {
	struct buf	text;
	size_t		lines;
	char		*label;
};

struct input_edit {			/* an edit, for undo */
	size_t	 at, put;
	char	*cut;
	size_t	 cut_len, cursor;
};

/* The last key, if the next of its kind adds to it. */
enum input_last { LAST_OTHER,
	LAST_TYPED,			/* one undo */
	LAST_KILLED,
	LAST_CLEARED };			/* all of it at once */

struct input {
	struct buf	text;
	size_t		cursor;		/* byte offset */
	bool		cr;		/* the last pasted byte was CR */
	struct input_attach *attach;
	size_t		attach_len;
	bool		pasted_first;	/* the text began with a paste */
	size_t		paste_from;	/* where the last paste began */
	size_t		paste_lines;
	int		paste_attach;	/* the last paste is this attachment;
					   -1: none */
	struct buf	kill;		/* what was cut last, for C-y */
	enum input_last	last;
	struct input_edit *edits;
	size_t		edits_len, edits_bytes;
};

void	input_init(struct input *);
void	input_release(struct input *);
/* Replace the text; only the kill is kept. */
void	input_set(struct input *, const char *);
/* Replace [from, to) by bytes that may contain attachments of this input; the
 * cursor is after it. Can be undone. False if it doesn't fit. */
bool	input_load(struct input *, size_t from, size_t to, const char *,
	    size_t);
/* Forget all undo. */
void	input_forget(struct input *);
/* Take over the other's text and all that belongs to it; the other is empty.
 * What was cut stays where it is. */
void	input_move(struct input *, struct input *from);
bool	input_is_empty(const struct input *);
/* False if it doesn't fit. */
bool	input_insert(struct input *, const char *, size_t);
void	input_put(struct input *, uint32_t cp);
enum input_did { INPUT_NOTHING, INPUT_MOVED, INPUT_CHANGED };
/* Moves and deletions; nothing for any other action. That which interrupts cuts
 * the whole text. */
enum input_did input_key(struct input *, enum action_id);
/* A piece of pasted text; `goes_on`: of the same paste as the last piece. */
bool	input_paste(struct input *, const char *, size_t, bool goes_on);
/* All of it at once, as an attachment; false if it does not fit. */
bool	input_attach_put(struct input *, const char *, size_t);
/* An attachment was edited elsewhere (a small one becomes plain text), or (-1)
 * the whole text, with labels, which become their attachments again. False if
 * it doesn't fit. */
bool	input_edited(struct input *, int, const char *, size_t);
/* The text with its attachments as they are sent, or (`labels`) their labels
 * instead; malloc'ed. */
char	*input_whole(const struct input *, bool labels, size_t *len);
/* Size of input_whole's result, about. */
size_t	input_size(const struct input *);
/* Rows it needs at this width, up to INPUT_ROWS_MAX. */
int	input_rows(const struct input *, const char *prompt, int cols,
	    unsigned flags);
/* Draws, and sets the screen's cursor. */
void	input_draw(const struct input *, struct screen *, const char *prompt,
	    const struct rect *);

#endif
