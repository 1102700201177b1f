/*
 * input: a text of several lines that is being typed.  Any bytes can be pasted;
 * line ends become newlines.
 */
#ifndef ASSENT_UI_INPUT_H
#define ASSENT_UI_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ui/action.h"
#include "ui/screen.h"

#define INPUT_MAX ((size_t)8 << 20)

struct input {
	struct buf	text;
	size_t		cursor;		/* byte offset */
	bool		cr;		/* the last pasted byte was CR */
};

void	input_init(struct input *);
void	input_release(struct input *);
void	input_set(struct input *, const char *);
bool	input_is_empty(const struct input *);
/* False if it does not fit any more. */
bool	input_insert(struct input *, const char *, size_t);
void	input_put(struct input *, uint32_t cp);
/* Moves and deletions; false if it is none of them. */
bool	input_key(struct input *, enum action_id);
/* Rows it wants at this width. */
int	input_rows(const struct input *, const char *prompt, int cols,
	    unsigned flags);
/* Draws, and sets the screen's cursor. */
void	input_draw(const struct input *, struct screen *, const char *prompt,
	    const struct rect *);

#endif
