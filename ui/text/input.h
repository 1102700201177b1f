/*
 * input: a text of several lines that is being typed.  Any bytes can be pasted;
 * line ends become newlines.  What is large is kept beside the text and stands
 * in it as one character (an attachment), shown by its label.  The cursor never
 * stands within a character (a grapheme).  No key costs more than a look
 * for the ends of its line.
 */
#ifndef ASSENT_UI_TEXT_INPUT_H
#define ASSENT_UI_TEXT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "front/action.h"
#include "ui/term/screen.h"

#define INPUT_MAX ((size_t)8 << 20)	/* with all attachments */
#define INPUT_PASTE_BYTES ((size_t)64 << 10)	/* more is an attachment */
#define INPUT_PASTE_LINES 200
#define INPUT_ATTACH_MAX 64
#define INPUT_ROWS_MAX 64	/* of input_rows */
#define INPUT_KILLS_MAX 16

/* In the text: this byte, and one of 0x80 to 0xbf, its number. It is part of
 * no UTF-8; pasted, it becomes U+FFFD. */
#define INPUT_ATOM '\xff'

struct input_attach {
	struct buf	text;
	size_t		lines;
	char		*label;
	unsigned	kept;	/* number of its file (draft-file.c); 0: none */
};

struct input_edit {			/* to be undone */
	size_t	 at, put;
	char	*cut;
	size_t	 cut_len, cursor;
};

struct input {
	struct buf	text;
	size_t		cursor;		/* byte offset */
	bool		cr;		/* the last pasted byte was CR */
	struct input_attach *attach;
	size_t		attach_len;
	bool		pasted_first;	/* the first byte came with a paste */
	size_t		paste_from;	/* where the last paste began */
	size_t		paste_lines;
	int		paste_attach;	/* it is this one, or -1 */
	struct input_kills {
		struct input_kill {
			char	*p;
			size_t	 len;
		}	of[INPUT_KILLS_MAX];	/* what was cut last: the last */
		size_t	len, at;	/* at: the one that was put in */
	}		kills;
	bool		killing;	/* the last key cut: the next adds */
	bool		yanked;		/* the last key put in what was cut: */
	size_t		yank_from;	/* from there to the cursor */
	bool		typing;		/* the last key wrote: one undo */
	struct input_edit *edits;
	size_t		edits_len, edits_bytes;
};

void	input_init(struct input *);
void	input_release(struct input *);
/* Another text: nothing of the old one is kept but what was cut. */
void	input_set(struct input *, const char *);
/* The same for bytes that may hold attachments of this input; can be undone. */
void	input_load(struct input *, const char *, size_t);
/* What there is cannot be undone from here on. */
void	input_forget(struct input *);
/* The other's text, with all that belongs to it, takes the place of this one's;
 * what was cut stays, and the other one is as after init. */
void	input_move(struct input *, struct input *from);
bool	input_is_empty(const struct input *);
/* False if it does not fit any more. */
bool	input_insert(struct input *, const char *, size_t);
void	input_put(struct input *, uint32_t cp);
/* Put these bytes instead of [from, to), cursor behind them; false if
 * they do not fit. */
bool	input_replace(struct input *, size_t from, size_t to, const char *,
	    size_t);
/* Moves and deletions; false if it is none of them. */
bool	input_key(struct input *, enum action_id);
/* Is it one that changes nothing? */
bool	input_only_moves(enum action_id);
/* Is there no line to go to with this key (up or down)? */
bool	input_at_edge(const struct input *, enum action_id);
/* Append bytes as the text has them: newlines for line ends, no INPUT_ATOM. */
void	input_clean(struct input *, struct buf *out, const char *, size_t);
/* Ends of the character at or before a place. */
size_t	input_after(const struct input *, size_t at);
size_t	input_before(const struct input *, size_t at);

/* Ends of the line, and of the word before or behind a place; `blanks`: a word is
 * what stands between blanks. */
size_t	input_line_start(const struct input *, size_t at);
size_t	input_line_end(const struct input *, size_t at);
bool	input_is_word(const struct input *, size_t at);
size_t	input_word_before(const struct input *, size_t at, bool blanks);
size_t	input_word_after(const struct input *, size_t at);

/* ---- input-kill.c ---- */
void	kills_release(struct input_kills *);
/* What was cut may hold attachments that are no more. */
void	kills_disarm(struct input_kills *);
/* Cut [from, to) for C-y; what is cut in a row comes back in one piece: `adds`
 * to the last one, `before` it. */
void	input_kill(struct input *, size_t from, size_t to, bool before,
	    bool adds);
void	input_yank(struct input *);
/* In its place what was cut before that; round and round. */
void	input_yank_next(struct input *);
void	input_transpose(struct input *);
void	input_transpose_words(struct input *);
/* The letters of the word after the cursor, which goes to its end. */
void	input_case(struct input *, enum action_id);

/* ---- input-paste.c ---- */
/* A piece of pasted text; `goes_on`: of the same paste as the last one. */
bool	input_paste(struct input *, const char *, size_t, bool goes_on);
/* All of it at once, as an attachment; false if it does not fit. */
bool	input_attach_put(struct input *, const char *, size_t);
/* The number of the attachment that begins or ends at the cursor, or -1. */
int	input_attach_at(const struct input *);
/* Its text is another one now: a small one becomes plain text. */
bool	input_attach_set(struct input *, int, const char *, size_t);
/* All that is to be sent, attachments in their places; malloc'ed. */
char	*input_whole(const struct input *, size_t *len);
/* The text with labels instead of attachments; malloc'ed. */
char	*input_labelled(const struct input *, size_t *len);
/* The reverse: labels that stand there are their attachments again. False if it
 * does not fit. */
bool	input_unlabel(struct input *, const char *, size_t);
/* Bytes that input_whole would give, about. */
size_t	input_size(const struct input *);

/* ---- input-draw.c ---- */
/* Rows it wants at this width, up to INPUT_ROWS_MAX. */
int	input_rows(const struct input *, const char *prompt, int cols,
	    unsigned flags);
/* Draws, and sets the screen's cursor. */
void	input_draw(const struct input *, struct screen *, const char *prompt,
	    const struct rect *);

#endif
