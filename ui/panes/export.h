/*
 * export: shows what is on the screen elsewhere: a pane's text in the pager, a
 * part of it in the clipboard.  It fills ui.look; app_wants (ui/app/app.c) runs
 * the program, or sends the text to the terminal's clipboard.  Nothing of it
 * counts as seen, and nothing is decided there.
 */
#ifndef ASSENT_UI_PANES_EXPORT_H
#define ASSENT_UI_PANES_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "front/bindings.h"

#define EXPORT_COPY_MAX	24000	/* bytes: terminals take more, slow lines not */
#define EXPORT_OUTPUT_MAX	((size_t)16 << 20)	/* of one output, in a pager */

struct ui;

/* From a pane: all its text, sanitized, for the pager; or the bytes under the
 * cursor, for the clipboard. */
struct export {
	struct buf	 text;
	const char	*name;		/* pager: of the file */
	int		 line;		/* pager: to begin at, from 1 */
	const char	*what;		/* copy: for the notice, "the line" */
};

bool	export_key(struct ui *, enum action_id);
void	export_clear(struct ui *);

/* ---- for the panes ---- */
/* Append foreign text, and a newline if it does not end in one. */
void	export_add(struct export *, const struct ui *, const char *text,
	    size_t len);
/* Append one line: our words, then a foreign text. */
void	export_add_line(struct export *, const struct ui *, const char *before,
	    const char *text);
/* Newlines in a text. */
int	export_lines(const char *, size_t);

#endif
